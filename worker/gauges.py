"""What a supervisor of machines watches: what waits too long, read from the store now and then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlmodel import Session, col, func, select
from temporalio.common import MetricMeter

from activities.feed import Feed, ages, longest_way
from activities.office import Office
from models.contact import ContactState
from models.overview import LATE
from models.tables import ContactRow, Debt, InboxItem, WorkItem
from rules.holiday import china_published
from runtime.clock import wall_now
from store.engine import StoreError

log = structlog.get_logger()

LATELY = timedelta(minutes=10)
"""Of business time: an outage shows within minutes, and is over as soon."""

EVERY = timedelta(seconds=15)
"""As often as Prometheus usually asks."""

UNDELIVERED = "cession_inbox_undelivered"
OLDEST = "cession_inbox_oldest_age_seconds"
SUSPENSE = "cession_inbox_suspense"
OVERDUE = "cession_cases_overdue"
WAITING = "cession_work_overdue"
DOUBT = "cession_contacts_in_doubt"
REFUSED = "cession_contacts_refused"
CALENDAR = "cession_calendar_days_left"

FEED_AGE = "cession_feed_age_seconds"
STALE = "cession_feeds_stale"
LATE_NEWS = "cession_payment_news_lag_seconds"

GAUGES = {
    UNDELIVERED: "Notices that no case has heard of yet.",
    OLDEST: "Age in seconds of the oldest of them.",
    SUSPENSE: "Notices of money that fit no debt and wait for a person.",
    OVERDUE: "Open cases whose next action is late by a quarter of an hour.",
    WAITING: "Work items past their day that nobody has finished.",
    DOUBT: "Messages of which nobody knows yet whether they left.",
    REFUSED: "Messages that a provider did not take within the last ten minutes.",
    FEED_AGE: "Age in seconds of the latest news of the stalest source of payments.",
    STALE: "Sources of payments whose news is older than it may be: contacts wait for them.",
    LATE_NEWS: "Seconds for which the slowest of the latest payments was unknown here.",
    CALENDAR: "Days until the published working days of China run out.",
}


def measure(
    session: Session, now: datetime, wall: datetime, feeds: tuple[Feed, ...] = ()
) -> dict[str, int]:
    """Count what waits, by gauge; ``now`` is business time, ``wall`` the time notices are kept by."""
    news = ages(session, feeds, now)
    oldest, undelivered = session.exec(
        select(func.min(InboxItem.observed_at), func.count()).where(col(InboxItem.status) == "new")
    ).one()
    return {
        UNDELIVERED: undelivered,
        OLDEST: max(int((wall - oldest).total_seconds()), 0) if oldest else 0,
        SUSPENSE: session.exec(
            select(func.count()).where(col(InboxItem.status) == "suspense")
        ).one(),
        OVERDUE: session.exec(
            select(func.count()).where(
                col(Debt.status) == "open", col(Debt.next_action_at) < now - LATE
            )
        ).one(),
        WAITING: session.exec(
            select(func.count()).where(
                col(WorkItem.status).in_(("open", "taken")), col(WorkItem.due_at) < now
            )
        ).one(),
        DOUBT: session.exec(
            select(func.count()).where(
                col(ContactRow.state).in_((ContactState.SENDING, ContactState.UNKNOWN))
            )
        ).one(),
        REFUSED: session.exec(
            select(func.count()).where(
                col(ContactRow.state) == ContactState.NOT_SENT,
                col(ContactRow.at) > now - LATELY,
                col(ContactRow.at) <= now,
            )
        ).one(),
        FEED_AGE: max((age for _, age in news if age is not None), default=0),
        STALE: sum(age is None or age > feed.keeps.total_seconds() for feed, age in news),
        LATE_NEWS: longest_way(session),
        CALENDAR: (
            date(china_published(), 12, 31) - now.astimezone(ZoneInfo("Asia/Shanghai")).date()
        ).days,
    }


@asynccontextmanager
async def gauging(
    office: Office,
    meter: MetricMeter,
    *,
    wall: Callable[[], datetime] = wall_now,
    every: timedelta = EVERY,
) -> AsyncGenerator[None]:
    """Keep the gauges true meanwhile; a store that is away leaves them as they were."""
    gauges = {name: meter.create_gauge(name, text) for name, text in GAUGES.items()}

    def look() -> dict[str, int]:
        with office.store.reading() as session:
            return measure(session, office.clock.now(), wall(), office.feeds)

    async def run() -> None:
        while True:
            try:
                for name, value in (await office.stored(look)).items():
                    gauges[name].set(value)
            except StoreError:
                log.warning("gauges.store_away")
            await asyncio.sleep(every.total_seconds())

    running = asyncio.create_task(run())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
