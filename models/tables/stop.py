# pyright: reportAssignmentType=false
"""What forbids or pauses contact, since when, until when, and by whose word."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, LargeBinary, UniqueConstraint
from sqlmodel import Field

from models.tables.base import Row, UtcDateTime, no_words


class Stop(Row, table=True):
    """One stop. Entered and ended once; a new reason is a new row."""

    __tablename__ = "stop"
    __table_args__ = (UniqueConstraint("source", "external_id"),)
    id: UUID = Field(primary_key=True)
    kind: str = Field(index=True)
    scope: str = Field(index=True)
    debt_id: UUID | None = Field(default=None, foreign_key="debt.id", index=True)
    debtor_id: UUID | None = Field(default=None, foreign_key="debtor.id", index=True)
    portfolio_id: UUID | None = Field(default=None, foreign_key="portfolio.id")
    seller_id: UUID | None = Field(default=None, foreign_key="seller.id")
    jurisdiction: str | None = None
    channel: str | None = None
    point_token: str | None = Field(default=None, index=True)
    """Keyed hash of a number or address; survives erasure of the person."""
    entered_at: datetime = Field(sa_type=UtcDateTime, index=True)
    """Commit of this row is the acknowledgement."""
    effective_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it began in law (filing, postmark), which may be earlier."""
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: str | None = None
    end_reason: str | None = None
    reason: str
    actor: str
    source: str
    external_id: str
    observed_at: datetime = Field(sa_type=UtcDateTime)
    facts: dict[str, Any] = Field(default_factory=no_words, sa_column=Column(JSON, nullable=False))
    """Impersonal facts the gate reads: written, submitted, verified_sent, type, place."""
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """Names and addresses, as of an attorney, under the person's data key."""
