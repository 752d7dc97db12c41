"""What Prometheus is told, read over HTTP as Prometheus does."""

from __future__ import annotations

import asyncio
import urllib.request
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from activities.feed import Feed
from models.tables import ContactRow, Debt, InboxItem, WorkItem
from rules.holiday import china_published
from runtime.temporal import telemetry
from store import payment as payments
from tests.workflows.conftest import NEW_YORK, World, make_world
from worker.gauges import (
    CALENDAR,
    DOUBT,
    FEED_AGE,
    GAUGES,
    LATE_NEWS,
    OLDEST,
    OVERDUE,
    REFUSED,
    STALE,
    SUSPENSE,
    UNDELIVERED,
    WAITING,
    gauging,
    measure,
)
from worker.stack import free_port

__all__ = ["make_world"]

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
WALL = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
async def quiet(make_world):
    """A debt whose case has not begun: nothing moves but what the test moves."""
    async with make_world(NOW) as sim:
        world = World(sim)
        world.store(NEW_YORK)
        yield world


def days_left():
    return (date(china_published(), 12, 31) - NOW.date()).days


def test_of_a_quiet_installation_every_gauge_is_zero(quiet):
    with quiet.office.store.reading() as session:
        assert measure(session, NOW, WALL) == dict.fromkeys(GAUGES, 0) | {CALENDAR: days_left()}


def test_each_gauge_counts_what_waits_too_long(quiet):
    debt = quiet.debt()
    with quiet.office.store.writing() as session:
        notice(session, "old", WALL - timedelta(seconds=90))
        notice(session, "young", WALL - timedelta(seconds=5))
        notice(session, "stray", WALL, status="suspense")
        paid_at = (NOW - timedelta(hours=93)).isoformat()
        session.add(
            InboxItem(
                id=uuid4(), provider="s1", external_id="slow", kind="payment", status="booked",
                facts={"paid_at": paid_at}, sealed=b"-", received_at=NOW, observed_at=WALL,
            )
        )  # fmt: skip
        row = session.get(Debt, debt.id)
        row.status, row.next_action_at = "open", NOW - timedelta(minutes=16)
        session.add(row)
        session.add(work(debt, NOW - timedelta(minutes=1), "open"))
        session.add(work(debt, NOW - timedelta(minutes=1), "done"))
        session.add(work(debt, NOW + timedelta(minutes=1), "open"))
        session.add(contact(debt, "unknown", 1))
        session.add(contact(debt, "sent", 2))
        session.add(contact(debt, "not_sent", 3))
    with quiet.office.store.reading() as session:
        never, fresh = Feed("bank:X", timedelta(days=1)), Feed("s1", timedelta(hours=1))
        assert measure(session, NOW, WALL, (never, fresh)) == {
            FEED_AGE: 0,
            STALE: 1,
            LATE_NEWS: 93 * 3600,
            CALENDAR: days_left(),
            UNDELIVERED: 2,
            OLDEST: 90,
            SUSPENSE: 1,
            OVERDUE: 1,
            WAITING: 1,
            DOUBT: 1,
            REFUSED: 1,
        }


async def test_prometheus_reads_our_gauges_beside_those_of_the_engine(quiet):
    address = f"127.0.0.1:{free_port()}"
    runtime = telemetry(address)
    often = timedelta(milliseconds=10)
    async with gauging(quiet.office, runtime.metric_meter, wall=lambda: WALL, every=often):
        async with asyncio.timeout(20):
            while missing := [name for name in GAUGES if f"\n{name}" not in await page(address)]:
                assert missing
                await asyncio.sleep(0.01)


async def page(address: str) -> str:
    def read() -> str:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
            return "\n" + answer.read().decode()

    return await asyncio.to_thread(read)


def notice(session, name: str, observed: datetime, **words) -> None:
    payments.receive(
        session,
        provider="p",
        external_id=name,
        kind="receipt",
        facts={},
        sealed=b"-",
        received_at=observed,
        observed_at=observed,
        **words,
    )


def work(debt: Debt, due: datetime, status: str) -> WorkItem:
    return WorkItem(
        id=uuid4(),
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        epoch=1,
        kind="legal_review",
        step=uuid4().hex,
        status=status,
        opened_at=due,
        due_at=due,
    )


def contact(debt: Debt, state: str, ordinal: int) -> ContactRow:
    return ContactRow(
        id=uuid4(),
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        epoch=1,
        ordinal=ordinal,
        step=f"s{ordinal}",
        channel="sms",
        purpose="reminder",
        direction="out",
        state=state,
        at=NOW,
        created_at=NOW,
    )
