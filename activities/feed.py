"""Whether we would know of a payment by now: the freshness of what banks and providers tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlmodel import Session, col, select

from models.tables import Debt, InboxItem, Seller

AGAIN = timedelta(hours=4)
"""Until a contact that waits for news of payments is asked about again."""

_LAST = 20
"""Statements of an account that are looked at for the latest day they reach to."""

_LONG = timedelta(days=30)
"""A source that said nothing for so long is as good as one that never did."""

_NEWS = 500
"""Payments whose way here is measured."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A source of payments that must not fall silent, as ``bank:DE89…`` or ``stripe``."""

    provider: str
    keeps: timedelta
    """How old its latest news may be."""
    sellers: frozenset[str] = frozenset()
    """Codes of sellers whose debts are paid through it; empty: of all."""

    @property
    def plain(self) -> str:
        """A name that shows no account number whole."""
        return (
            f"{self.provider[:9]}…{self.provider[-4:]}"
            if len(self.provider) > 16
            else self.provider
        )


def known_until(session: Session, feed: Feed, now: datetime) -> datetime | None:
    """Answer until when we know what came in by a feed; None if it said nothing for long.

    A statement speaks for its days and no later one, whenever it is imported; of other sources
    the latest payment counts.
    """
    of = col(InboxItem.provider) == feed.provider
    if not feed.provider.startswith("bank:"):
        return session.exec(
            select(InboxItem.received_at)
            .where(
                of,
                col(InboxItem.kind) == "payment",
                col(InboxItem.received_at) >= now - max(feed.keeps, _LONG),
            )
            .order_by(col(InboxItem.received_at).desc())
            .limit(1)
        ).first()
    rows = session.exec(
        select(InboxItem.facts, InboxItem.received_at)
        .where(of, col(InboxItem.kind) == "statement")
        .order_by(col(InboxItem.received_at).desc())
        .limit(_LAST)
    ).all()
    return max((min(_reaches(facts) or at, at) for facts, at in rows), default=None)


def _reaches(facts: Mapping[str, Any]) -> datetime | None:
    """Answer the end of the last day that a statement speaks for."""
    closing: Any = facts.get("closing")
    day = (closing or {}).get("on") or facts.get("ends")
    if day is None:
        return None
    return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), UTC)


def stale(session: Session, feeds: tuple[Feed, ...], debt: Debt, now: datetime) -> Feed | None:
    """Answer a feed of this debt whose news is older than it may be, or None."""
    if not feeds:
        return None
    named = any(feed.sellers for feed in feeds)
    code = session.get_one(Seller, debt.seller_id).code if named else ""
    for feed in feeds:
        if feed.sellers and code not in feed.sellers:
            continue
        known = known_until(session, feed, now)
        if known is None or now - known > feed.keeps:
            return feed
    return None


def ages(session: Session, feeds: tuple[Feed, ...], now: datetime) -> list[tuple[Feed, int | None]]:
    """Answer how many seconds old the latest news of each feed is; None: there never was any."""
    told = ((feed, known_until(session, feed, now)) for feed in feeds)
    return [(feed, known and max(int((now - known).total_seconds()), 0)) for feed, known in told]


def longest_way(session: Session) -> int:
    """Answer for how many seconds the slowest of the latest payments was unknown here."""
    rows = session.exec(
        select(InboxItem.facts, InboxItem.received_at)
        .where(col(InboxItem.kind) == "payment", col(InboxItem.status) == "booked")
        .order_by(col(InboxItem.received_at).desc())
        .limit(_NEWS)
    ).all()
    ways = (at - datetime.fromisoformat(facts["paid_at"]) for facts, at in rows)
    return max((int(way.total_seconds()) for way in ways), default=0)
