# pyright: reportAssignmentType=false
"""The contact log: what was planned, tried, sent and received."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from models.tables.base import Row, UtcDateTime, no_items, no_words


class ContactRow(Row, table=True):
    """One contact, in or out; ``state`` projects its appended events."""

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("debt_id", "epoch", "ordinal"),
        Index("ix_contact_debtor_at", "debtor_id", "at"),
    )
    id: UUID = Field(primary_key=True)
    """uuid5 of case, epoch and ordinal for what the case sends."""
    debtor_id: UUID = Field(foreign_key="debtor.id")
    debt_id: UUID = Field(foreign_key="debt.id", index=True)
    debts: list[str] = Field(default_factory=no_items, sa_column=Column(JSON, nullable=False))
    """All debts it was about; empty means ``debt_id`` alone."""
    epoch: int = 1
    ordinal: int | None = None
    step: str | None = None
    direction: str = "out"
    channel: str
    purpose: str = "collection"
    party: str = "debtor"
    point_id: UUID | None = Field(default=None, foreign_key="contact_point.id")
    number: str | None = None
    """Token of the number or address used; what per-number caps count."""
    mode: str = "shadow"
    state: str
    outcome: str | None = None
    at: datetime = Field(sa_type=UtcDateTime)
    """When it counts: the reservation, then the sending."""
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    caller: str = "assignee"
    agent: str = "machine"
    """machine, human or ai."""
    consented: bool = False
    crossed: bool = False
    """A stop or payment was acknowledged while it was being sent."""
    template: str | None = None
    template_version: str | None = None
    sha256: str | None = None
    provider: str | None = None
    provider_id: str | None = Field(default=None, index=True)
    decision_id: UUID | None = None
    strategy: str | None = None
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """The message as sent or received, under the person's data key."""
    owed_minor: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    """The balance the message stated."""
    answers: dict[str, Any] = Field(
        default_factory=no_words, sa_column=Column(JSON, nullable=False)
    )
    """Understood, willing, misunderstanding, means worked: the four recorded answers."""


class ContactEvent(Row, table=True):
    """Append-only life of a contact."""

    __tablename__ = "contact_event"
    __table_args__ = (UniqueConstraint("contact_id", "kind", "external_id"),)
    id: UUID = Field(primary_key=True)
    contact_id: UUID = Field(foreign_key="contact.id")
    kind: str
    """reserved (again), released, sending, sent, not_sent, unknown, delivered, bounced, returned; of a
    letter that is asked back: withdrawn, or gone."""
    at: datetime = Field(sa_type=UtcDateTime)
    observed_at: datetime = Field(sa_type=UtcDateTime)
    external_id: str | None = None
    """The provider's id of a receipt; None is our own act, which may come again."""
    reason: str = ""
    actor: str = "case"


class Document(Row, table=True):
    """A rendered document with its hash and the version of what rendered it."""

    __tablename__ = "document"
    id: UUID = Field(primary_key=True)
    debt_id: UUID = Field(foreign_key="debt.id", index=True)
    debtor_id: UUID = Field(foreign_key="debtor.id")
    kind: str
    template: str
    template_version: str
    sha256: str
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)
