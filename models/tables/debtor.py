# pyright: reportAssignmentType=false
"""People: who owes, how to reach them. Personal data stands only in ``sealed`` columns."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, LargeBinary, UniqueConstraint
from sqlmodel import Field

from models.tables.base import Row, UtcDateTime, no_items, no_words


class DataKey(Row, table=True):
    """A person's data key, wrapped by the master key. Destroying the row erases the person."""

    __tablename__ = "data_key"
    debtor_id: UUID = Field(primary_key=True)
    wrapped: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    master: str
    """Id of the master key that wraps it."""
    created_at: datetime = Field(sa_type=UtcDateTime)


class Debtor(Row, table=True):
    """A person or company that owes, co-owes or guarantees; one row over all debts and sellers."""

    __tablename__ = "debtor"
    id: UUID = Field(primary_key=True)
    key: str = Field(unique=True, index=True)
    """Opaque, printed in search attributes; not derived from anything personal."""
    identity: str = Field(unique=True, index=True)
    """Keyed hash that recognises the same person in another file."""
    kind: str = "person"
    jurisdiction: str
    sub: str | None = None
    language: str | None = None
    """BCP 47, as ``zh-CN``; None is unknown and blocks messages."""
    zones: list[str] = Field(default_factory=no_items, sa_column=Column(JSON, nullable=False))
    """Candidate IANA zones from address and phones."""
    declared_zone: str | None = None
    """What the debtor said; replaces guesses once confirmed."""
    minor_at_origination: bool | None = None
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """Names, birth date, address, employer, finances as supplied: JSON under the data key."""
    preferences: dict[str, Any] = Field(
        default_factory=no_words, sa_column=Column(JSON, nullable=False)
    )
    """Hours, channels and days the debtor asked for; codes only."""
    created_at: datetime = Field(sa_type=UtcDateTime)


class ContactPoint(Row, table=True):
    """A number or address of a person, with what allows its use."""

    __tablename__ = "contact_point"
    __table_args__ = (UniqueConstraint("debtor_id", "kind", "token"),)
    id: UUID = Field(primary_key=True)
    debtor_id: UUID = Field(foreign_key="debtor.id", index=True)
    kind: str
    """phone, email or address."""
    token: str = Field(index=True)
    """Keyed hash of the normalised value: matches replies and opt-outs, tells nobody anything."""
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    line: str = "unknown"
    """mobile, landline, work, home, unknown."""
    zones: list[str] = Field(default_factory=no_items, sa_column=Column(JSON, nullable=False))
    rank: int = 0
    """Preferred first."""
    source: str | None = None
    as_of: date | None = None
    consents: dict[str, Any] = Field(
        default_factory=no_words, sa_column=Column(JSON, nullable=False)
    )
    """Per channel: ``{"sms": {"consent": "yes", "kind": "text", "at": iso, "evidence": code}}``."""
    dead_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    dead_reason: str | None = None
    """bounced, returned, wrong_party, third_party_refused, not_in_service."""
    created_at: datetime = Field(sa_type=UtcDateTime)
