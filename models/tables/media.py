# pyright: reportAssignmentType=false
"""Documents that a seller was asked for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from models.tables.base import Row, UtcDateTime


class MediaRequest(Row, table=True):
    """One document of one debt, asked of its seller; answered once."""

    __tablename__ = "media_request"
    id: UUID = Field(primary_key=True)
    debt_id: UUID = Field(foreign_key="debt.id", index=True)
    kind: str
    """As in the portfolio file: contract, statement, ledger, assignment, notice, …"""
    reason: str
    """A code: dispute, litigation, file_check."""
    status: str = Field(default="open", index=True)
    """open, received, refused, cancelled."""
    asked_at: datetime = Field(sa_type=UtcDateTime)
    asked_by: str
    due_at: datetime = Field(sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answered_by: str | None = None
    answer: str | None = None
    """Of a refusal or a cancellation: a code."""
    doc_ref: str | None = None
    sha256: str | None = None
