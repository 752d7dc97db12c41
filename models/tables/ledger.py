# pyright: reportAssignmentType=false
"""Money, append-only."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column, LargeBinary, UniqueConstraint
from sqlmodel import Field

from models.tables.base import Row, UtcDateTime, no_words


class LedgerEntry(Row, table=True):
    """One fact about money; never changed, only followed by others."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("source", "external_id", "kind"),
        UniqueConstraint("debt_id", "seq"),
    )
    id: UUID = Field(primary_key=True)
    debt_id: UUID = Field(foreign_key="debt.id")
    seq: int
    """Counts the entries of a debt; the highest is the ledger's version."""
    kind: str
    minor: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str
    bucket: str | None = None
    value_date: date
    booked_at: datetime = Field(sa_type=UtcDateTime)
    observed_at: datetime = Field(sa_type=UtcDateTime)
    source: str
    external_id: str
    policy: str
    of: UUID | None = None
    actor: str
    reason: str
    due_on: date | None = None
    """Of a charge: when it is to be paid; None is at once."""
    facts: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    """Impersonal: instant of payment, rate of exchange, what a correction corrects."""


class Arrangement(Row, table=True):
    """What was agreed, or is offered, for one debt: a plan, a settlement, a refund.

    Several debts of one person that share a ``group_id`` share one plan.
    """

    __tablename__ = "arrangement"
    id: UUID = Field(primary_key=True)
    group_id: UUID = Field(index=True)
    debt_id: UUID = Field(foreign_key="debt.id", index=True)
    debtor_id: UUID = Field(foreign_key="debtor.id", index=True)
    kind: str
    """plan, settlement, interest_waiver, hardship, refund."""
    status: str = Field(index=True)
    """pending, approved, offered, active, kept, broken, declined, lapsed, cancelled."""
    terms: dict[str, Any] = Field(default_factory=no_words, sa_column=Column(JSON, nullable=False))
    """Amounts in minor units, dates and rules as ``models.arrangement.Terms``; impersonal."""
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """The form of income and expenses, under the person's data key."""
    currency: str
    proposed_at: datetime = Field(sa_type=UtcDateTime)
    proposed_by: str
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Until then the offer can be taken; the instant of payment or acceptance decides."""
    approved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    approved_by: str | None = None
    offered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    offered_by: str | None = None
    accepted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    accepted_by: str | None = None
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it was kept, broken, declined, cancelled, or lapsed."""
    decided_by: str | None = None
    reason: str = ""
