"""A contact under fire: overtaken workers, stops and payments that cross it, a store that is busy."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import col, select
from temporalio.testing import ActivityEnvironment

from activities.case import CaseActivities
from activities.case import order as write
from activities.contact import ContactActivities, check
from activities.preparation import prepare_debt
from connectors.base import Connectors
from models.case import Answer, Ask, CheckAsk, Contact, Order, OrderKind, SendAsk
from models.message import Accepted, CannotTell, Doubt, NotFound
from models.tables import ContactRow, Decision, Promise, WorkItem
from store import debt as debts

DAY = timedelta(days=1)


class Carrier:
    """A provider on our side of the wire: counts what it is handed, and can be told to fail."""

    name = "carrier"

    def __init__(self) -> None:
        self.taken: list[object] = []
        self.before = lambda: None
        self.knows = True
        self.settles: timedelta | None = None
        self.lags = False
        self.answers = True

    async def deliver(self, message):
        self.before()
        self.taken.append(message.contact_id)
        if not self.answers:
            return Doubt(reason="http_500")
        return Accepted(provider_id=str(message.contact_id))

    async def lookup(self, contact_id):
        if not self.knows:
            return CannotTell(reason="silent")
        found = contact_id in self.taken and not self.lags
        return Accepted(provider_id=str(contact_id)) if found else NotFound()

    async def close(self) -> None: ...


@pytest.fixture
def bench(world, shanghai):
    """One prepared debt and the activities that act on it, without the engine."""
    carrier = Carrier()
    debt = world.store(shanghai)
    office = replace(world.office, connectors=Connectors(outbox=carrier))
    now = datetime.now(UTC)
    shift = world.sim.now - now
    prepare_debt(office, debt.id, 1, world.sim.now, shift)
    return Bench(world, office, carrier, debt.id, shift)


class Bench:
    def __init__(self, world, office, carrier, debt, shift) -> None:
        self.world, self.office, self.carrier = world, office, carrier
        self.debt, self.shift = debt, shift
        self.contacts = ContactActivities(office)
        self.contact: Contact = self.next().move

    def ask(self, ordinal=1, asked=1) -> dict:
        now = self.world.sim.now + timedelta(seconds=asked)
        return {
            "debt": self.debt,
            "epoch": 1,
            "now": now,
            "asked": asked,
            "ordinal": ordinal,
            "shift": now - datetime.now(UTC),
        }

    def errand(self, ordinal=1) -> dict:
        told = self.ask(ordinal)
        del told["now"]
        return told

    def next(self) -> Answer:
        return CaseActivities(self.office).next_move(Ask(**self.ask()))

    def check(self, ordinal=1, asked=1) -> Answer:
        with self.office.store.writing() as session:
            ask = CheckAsk(**self.ask(ordinal, asked), contact=self.contact)
            return check(session, self.office, ask, self.contact, "check")

    async def send(self, ordinal=1) -> Answer:
        ask = SendAsk(**self.errand(ordinal))
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, started_time=datetime.now(UTC))
        return await environment.run(self.contacts.send, ask)

    def rows(self, table=ContactRow):
        with self.office.store.reading() as session:
            return list(session.exec(select(table).where(col(table.debt_id) == self.debt)).all())


async def test_a_send_that_is_repeated_by_ten_workers_at_once_sends_once(bench):
    assert bench.check().go
    await asyncio.gather(*(bench.send() for _ in range(10)))
    assert len(bench.carrier.taken) == 1
    assert [row.state for row in bench.rows()] == ["sent"]


async def test_a_worker_that_stood_still_is_overtaken_and_does_not_send(bench):
    assert bench.check().go
    [row] = bench.rows()
    now = bench.world.sim.now + timedelta(seconds=1)
    ask = SendAsk(**bench.errand())
    await bench.send()
    # It had seen the reservation before it stood still.
    assert bench.contacts._leave(ask, row, now) is None
    assert len(bench.carrier.taken) == 1


async def test_an_interrupted_send_whose_provider_says_nothing_goes_to_a_person_once(bench):
    assert bench.check().go
    [row] = bench.rows()
    ask = SendAsk(**bench.errand())
    bench.contacts._leave(ask, row, bench.world.sim.now + timedelta(seconds=1))
    bench.carrier.knows = False
    for _ in range(3):
        await bench.send()
    assert bench.carrier.taken == []
    assert [each.state for each in bench.rows()] == ["unknown"]
    assert [item.kind for item in bench.rows(WorkItem)] == ["doubt_review"]


@pytest.mark.parametrize("settles", [None, timedelta(minutes=2)])
async def test_a_message_that_a_lagging_log_does_not_show_is_never_sent_again(bench, settles):
    bench.carrier.settles, bench.carrier.lags, bench.carrier.answers = settles, True, False
    assert bench.check().go
    for _ in range(3):
        await bench.send()
    assert [each.state for each in bench.rows()] == ["unknown"]
    assert bench.next().move.kind == "wait"
    assert len(bench.carrier.taken) == 1
    assert [item.kind for item in bench.rows(WorkItem)] == ["doubt_review"]


@pytest.mark.parametrize(
    ("settles", "state"),
    [(None, "unknown"), (timedelta(hours=1), "unknown"), (timedelta(0), "not_sent")],
)
async def test_an_interrupted_send_is_not_taken_only_when_the_log_is_complete_by_promise(
    bench, settles, state
):
    bench.carrier.settles = settles
    assert bench.check().go
    [row] = bench.rows()
    ask = SendAsk(**bench.errand())
    bench.contacts._leave(ask, row, bench.world.sim.now + timedelta(seconds=1))
    await bench.send()
    assert [each.state for each in bench.rows()] == [state]
    assert bench.carrier.taken == []


async def test_a_check_that_ran_twice_reserves_and_records_once(bench):
    assert [bench.check().go for _ in range(3)] == [True, True, True]
    assert [row.state for row in bench.rows()] == ["reserved"]
    assert len(bench.rows(Decision)) == 1


async def test_a_refusing_check_that_ran_twice_is_on_record_once(bench):
    hold = Order(kind=OrderKind.HOLD, reason="hardship", id="o-1", until=bench.world.sim.now + DAY)
    give(bench, hold)
    assert [bench.check().go for _ in range(3)] == [False] * 3
    assert len(bench.rows(Decision)) == 1


@pytest.mark.parametrize("kind", [OrderKind.HOLD, OrderKind.RECALL, OrderKind.CLOSE])
async def test_a_stop_between_reserving_and_sending_keeps_the_message_in(bench, kind):
    assert bench.check().go
    give(bench, Order(kind=kind, reason="stop", id="o-1", until=bench.world.sim.now + DAY))
    await bench.send()
    assert bench.carrier.taken == []
    assert [row.state for row in bench.rows()] == ["released"]


async def test_a_stop_that_meets_a_message_on_its_way_marks_it_as_crossed(bench):
    assert bench.check().go
    hold = Order(kind=OrderKind.HOLD, reason="stop", id="o-1", until=bench.world.sim.now + DAY)
    bench.carrier.before = lambda: give(bench, hold)
    await bench.send()
    assert [(row.state, row.crossed) for row in bench.rows()] == [("sent", True)]


async def test_four_threads_that_check_one_person_reserve_within_the_cap(bench):
    """A step of the same debt is reserved once, whoever asks, however many ask at once."""
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda n: bench.check(n, n), range(1, 9)))
    assert all(isinstance(answer, Answer) for answer in answers)
    assert [row.state for row in bench.rows()].count("reserved") == 1


async def test_a_message_that_queued_for_longer_than_its_reservation_is_sent_all_the_same(bench):
    """Else nothing would ever leave a queue that is longer than ten minutes."""
    assert bench.check().go
    expire(bench)
    await bench.send()
    assert len(bench.carrier.taken) == 1
    assert [row.state for row in bench.rows()] == ["sent"]


async def test_a_message_that_queued_too_long_is_not_sent_under_a_promise_made_meanwhile(bench):
    """A promise is no matter of law: only the case's own choice keeps the message in."""
    assert bench.check().go
    expire(bench)
    now = bench.world.sim.now
    with bench.office.store.writing() as session:
        debt = debts.get(session, bench.debt)
        debt.notice_reached_at = now
        session.add(debt)
        session.add(
            Promise(
                id=uuid4(), debt_id=debt.id, minor=1000, currency="CNY", made_at=now, actor="a",
                due_on=now.date() + 3 * DAY, grace_days=2,
            )
        )  # fmt: skip
    answer = await bench.send()
    assert bench.carrier.taken == []
    assert [row.state for row in bench.rows()] == ["released"]
    assert answer.move.why == "promise"


def expire(bench) -> None:
    with bench.office.store.writing() as session:
        row = session.get(ContactRow, bench.rows()[0].id)
        row.expires_at = bench.world.sim.now - timedelta(hours=1)
        session.add(row)


def give(bench, order: Order) -> None:
    now = bench.world.sim.now
    with bench.office.store.writing() as session:
        debt = debts.get(session, bench.debt)
        assert write(session, debt, order, now, observed_at=now) is None
