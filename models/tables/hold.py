# pyright: reportAssignmentType=false
"""What must be kept, whatever retention and erasure say."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from models.tables.base import Row, UtcDateTime


class LitigationHold(Row, table=True):
    """A duty to preserve all that is held on a person; entered and ended once."""

    __tablename__ = "litigation_hold"
    id: UUID = Field(primary_key=True)
    debtor_id: UUID = Field(foreign_key="debtor.id", index=True)
    reason: str
    entered_at: datetime = Field(sa_type=UtcDateTime)
    actor: str
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: str | None = None
    end_reason: str | None = None
