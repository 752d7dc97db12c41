# pyright: reportAssignmentType=false
"""Work for people."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, LargeBinary, UniqueConstraint
from sqlmodel import Field

from models.tables.base import Row, UtcDateTime, no_words


class WorkItem(Row, table=True):
    """A call, visit, review or task; taken under a lease on the debtor."""

    __tablename__ = "work_item"
    __table_args__ = (UniqueConstraint("debt_id", "epoch", "kind", "step", "n"),)
    id: UUID = Field(primary_key=True)
    debt_id: UUID = Field(foreign_key="debt.id")
    debtor_id: UUID = Field(foreign_key="debtor.id", index=True)
    epoch: int
    kind: str = Field(index=True)
    step: str = ""
    n: int = 1
    """Counts repetitions of the same item."""
    status: str = Field(default="open", index=True)
    """open, taken, done, cancelled."""
    opened_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    not_before: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    escalated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lease_by: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    contact_id: UUID | None = Field(default=None, foreign_key="contact.id")
    outcome: str | None = None
    outcome_by: str | None = None
    outcome_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    facts: dict[str, Any] = Field(default_factory=no_words, sa_column=Column(JSON, nullable=False))
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """The agent's note, under the person's data key."""
