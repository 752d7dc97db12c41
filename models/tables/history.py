# pyright: reportAssignmentType=false
"""Histories of ended cases, kept for longer than the engine keeps them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field

from models.tables.base import Row, UtcDateTime


class History(Row, table=True):
    """One ended run of a case; ids, codes, amounts and instants only, like every history."""

    __tablename__ = "history"
    run_id: str = Field(primary_key=True)
    debt_id: UUID = Field(foreign_key="debt.id", index=True)
    status: str
    """How the run ended: completed, terminated, failed, continued_as_new …"""
    started_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime = Field(sa_type=UtcDateTime, index=True)
    """Both by the engine's clock."""
    events: int
    kept_at: datetime = Field(sa_type=UtcDateTime)
    packed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """JSON as the engine's UI imports it, with gzip."""
