# pyright: reportAssignmentType=false
"""Money, append-only."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.tables.base import UtcDateTime


class LedgerEntry(SQLModel, table=True):
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
