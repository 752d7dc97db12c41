# pyright: reportAssignmentType=false
"""The record of decisions and acts."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column
from sqlmodel import Field

from models.tables.base import Row, UtcDateTime, no_items, no_words


class Decision(Row, table=True):
    """One legal check, with every failing rule and the versions that judged it."""

    __tablename__ = "decision"
    id: UUID = Field(primary_key=True)
    debt_id: UUID = Field(foreign_key="debt.id", index=True)
    debtor_id: UUID = Field(foreign_key="debtor.id", index=True)
    contact_id: UUID | None = None
    step: str | None = None
    channel: str
    purpose: str
    at: datetime = Field(sa_type=UtcDateTime)
    moment: str
    """check, send or take: where it was asked."""
    kind: str
    """allow, defer or block."""
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    rule: str | None = None
    failures: list[dict[str, Any]] = Field(
        default_factory=no_items, sa_column=Column(JSON, nullable=False)
    )
    flags: list[str] = Field(default_factory=no_items, sa_column=Column(JSON, nullable=False))
    packs: dict[str, Any] = Field(default_factory=no_words, sa_column=Column(JSON, nullable=False))
    pack_sha: str = ""
    owed_minor: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    ledger_seq: int = 0
    mode: str = "shadow"


class Act(Row, table=True):
    """What was done, by whom, why, under which strategy and packs; append-only."""

    __tablename__ = "act"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    observed_at: datetime = Field(sa_type=UtcDateTime)
    debt_id: UUID | None = Field(default=None, index=True)
    debtor_id: UUID | None = None
    what: str
    """``contact.sent``, ``stop.entered``, ``payment.booked``, ``case.closed`` …"""
    reason: str
    actor: str
    strategy: str | None = None
    packs: dict[str, Any] = Field(default_factory=no_words, sa_column=Column(JSON, nullable=False))
    facts: dict[str, Any] = Field(default_factory=no_words, sa_column=Column(JSON, nullable=False))


class Signoff(Row, table=True):
    """A person's approval of one merged pack, bound to its hash."""

    __tablename__ = "signoff"
    id: UUID = Field(primary_key=True)
    pack: str
    sha256: str = Field(index=True)
    approver: str
    note: str
    test_only: bool = False
    at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
