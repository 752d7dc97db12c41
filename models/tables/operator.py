# pyright: reportAssignmentType=false
"""Those who work here, and how they prove it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Column
from sqlmodel import Field

from models.tables.base import Row, UtcDateTime, no_items


class OperatorRow(Row, table=True):
    """One person who works here; never deleted, because acts name the code for years."""

    __tablename__ = "operator"
    id: UUID = Field(primary_key=True)
    code: str = Field(unique=True)
    """Stands in histories and on records: no name of a person need be in it."""
    roles: list[str] = Field(default_factory=no_items, sa_column=Column(JSON, nullable=False))
    token: str | None = Field(default=None, unique=True)
    """Keyed hash of the token; None lets nobody in."""
    token_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    disabled_by: str | None = None


class Staff(Row, table=True):
    """Whom work is handed to: what an operator speaks and does, and when they are away.

    Whoever has no row, or nothing in a list, is given whatever comes.
    """

    __tablename__ = "staff"
    code: str = Field(primary_key=True)
    """The operator's."""
    teams: list[str] = Field(default_factory=no_items, sa_column=Column(JSON, nullable=False))
    """Sellers' codes and portfolios whose debts they work."""
    languages: list[str] = Field(default_factory=no_items, sa_column=Column(JSON, nullable=False))
    """BCP 47; ``zh`` speaks every Chinese, ``zh-HK`` only that."""
    skills: list[str] = Field(default_factory=no_items, sa_column=Column(JSON, nullable=False))
    """Kinds of work."""
    away_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    away_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    changed_by: str
