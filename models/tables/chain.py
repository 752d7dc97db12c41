# pyright: reportAssignmentType=false
"""The record's own proof."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Integer, UniqueConstraint
from sqlmodel import Field

from models.tables.base import Row, UtcDateTime, no_items, no_words


class ChainLink(Row, table=True):
    """What one transaction wrote to one chain; see ``models.chain``. Never changed."""

    __tablename__ = "chain_link"
    __table_args__ = (UniqueConstraint("chain", "n"),)
    id: int | None = Field(
        default=None,
        sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    )
    chain: str
    """A debt's id, ``person:`` and a debtor's, or ``house``."""
    n: int
    at: datetime = Field(sa_type=UtcDateTime)
    marks: list[list[str]] = Field(default_factory=no_items, sa_column=Column(JSON, nullable=False))
    """Table, key and digest of each row."""
    link: str


class ChainSeal(Row, table=True):
    """Heads of the chains that grew since the last seal, under a key that the database has not."""

    __tablename__ = "chain_seal"
    n: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    at: datetime = Field(sa_type=UtcDateTime)
    upto: int = Field(sa_column=Column(BigInteger, nullable=False))
    """The highest link id that was seen."""
    heads: dict[str, Any] = Field(default_factory=no_words, sa_column=Column(JSON, nullable=False))
    """Chain to its highest number and hash."""
    mac: str
    """HMAC over the former seal's and all of this."""
