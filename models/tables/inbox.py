# pyright: reportAssignmentType=false
"""What came in from outside, stored before it is answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from models.tables.base import Row, UtcDateTime, no_words


class InboxItem(Row, table=True):
    """A payment notice, delivery receipt or reply; unique by provider and external id."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("provider", "external_id"),
        Index("ix_inbox_due", "status", "claimed_until"),
        Index("ix_inbox_news", "kind", "received_at"),
    )
    id: UUID = Field(primary_key=True)
    provider: str
    external_id: str
    kind: str
    """payment, refund, chargeback, receipt, reply, ignored; withdrawal: a letter that we ask back."""
    debt_id: UUID | None = Field(default=None, index=True)
    debtor_id: UUID | None = Field(default=None, index=True)
    facts: dict[str, Any] = Field(default_factory=no_words, sa_column=Column(JSON, nullable=False))
    """Parsed and impersonal: amount in minor units, currency, value date, payment id, contact id."""
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """The raw body under the store's own key."""
    received_at: datetime = Field(sa_type=UtcDateTime)
    observed_at: datetime = Field(sa_type=UtcDateTime)
    status: str = Field(default="new", index=True)
    """new, delivered (the case was told), booked, suspense, ignored, failed."""
    problem: str | None = None
    claimed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Until when nobody is told: it is one relay's, failed just now, or the case is to book it."""
    tries: int = 0
