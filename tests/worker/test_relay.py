import asyncio
import json
import shutil
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import select
from temporalio.client import Client

from models.tables import Debt, Debtor, InboxItem, Portfolio, Seller
from store import debt as debts
from store import debtor as debtors
from store.engine import Store, StoreBusyError
from store.keys import Keys
from store.schema import upgrade
from worker import relay as module
from worker.relay import AT_WORK, LEASE, UNBOOKED, Relay

NOW = datetime(2026, 7, 3, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "cession.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def store(database_url, tmp_path, template):
    if database_url.startswith("sqlite"):
        shutil.copy(template, database_url.removeprefix("sqlite:///"))
    else:
        upgrade(database_url)
    opened = Store.open(database_url, Keys.load_or_create(tmp_path / "keys"))
    yield opened
    opened.close()


@pytest.fixture
def person(store):
    """One person with two debts, whose cases have ids of their own on the shared server."""
    ident, seller, portfolio = uuid4(), uuid4(), uuid4()
    with store.writing() as session:
        debts.add_seller(session, Seller(id=seller, code="n", legal_name="N", created_at=NOW))
        debts.add_portfolio(
            session,
            Portfolio(
                id=portfolio, ref="P", seller_id=seller, buyer_legal_name="B", agreement_ref="A",
                agreement_date=date(2026, 5, 1), cut_off_date=date(2026, 5, 1),
                transfer_effective_date=date(2026, 5, 1), currencies=["USD"], row_count=1,
                control_total_minor=1, sha256="0", imported_at=NOW, imported_by="tests",
            ),
        )  # fmt: skip
        store.keys.new_data_key(session, ident, NOW)
        debtors.add(
            session,
            Debtor(id=ident, key="k", identity="k", jurisdiction="US", sealed=b"-", created_at=NOW),
        )
        owed = [
            Debt(
                id=uuid4(), portfolio_id=portfolio, seller_id=seller, account_ref=f"A{n}",
                debtor_id=ident, workflow_id=f"case-{uuid4().hex}", jurisdiction="US",
                currency="USD", product_type="card", sealed=b"-", status="open", created_at=NOW,
            )
            for n in range(2)
        ]  # fmt: skip
        for debt in owed:
            debts.add(session, debt)
    return owed


@pytest.fixture
def came_in(store):
    """Put notices into the inbox."""

    def put(debt, kind="payment", n=1, **facts):
        rows = [
            InboxItem(
                id=uuid4(), provider="t", external_id=uuid4().hex, kind=kind, debt_id=debt.id,
                debtor_id=debt.debtor_id, facts=facts, sealed=b"-", received_at=NOW,
                observed_at=NOW,
            )
            for _ in range(n)
        ]  # fmt: skip
        with store.writing() as session:
            session.add_all(rows)
        return rows

    return put


@pytest.fixture
def started(client):
    """Start something to be told; no worker is needed for a signal to be on record."""

    async def start(debt):
        return await client.start_workflow("Nobody", id=debt.workflow_id, task_queue="nobody")

    return start


@pytest.fixture
def statuses(store):
    def look():
        with store.reading() as session:
            return sorted(session.exec(select(InboxItem.status)).all())

    return look


async def signals(client, debt):
    """Answer the signals in a case's history, as name and argument."""
    history = await client.get_workflow_handle(debt.workflow_id).fetch_history()
    told = [
        event.workflow_execution_signaled_event_attributes
        for event in history.events
        if event.HasField("workflow_execution_signaled_event_attributes")
    ]
    return [(one.signal_name, json.loads(one.input.payloads[0].data)) for one in told]


async def never(inbox_id):
    raise AssertionError(f"{inbox_id} was booked beside its case")


async def eventually(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_payment_is_signalled_by_its_id_and_marked(
    store, client, person, came_in, started, statuses
):
    await started(person[0])
    (item,) = came_in(person[0])
    assert await Relay(store, client, never, never).round() == 1
    assert await signals(client, person[0]) == [("payment_received", {"inbox": str(item.id)})]
    assert statuses() == ["delivered"]


async def test_a_reply_is_told_to_every_case_of_the_person(store, client, person, came_in, started):
    for debt in person:
        await started(debt)
    (item,) = came_in(person[0], "reply", debtors=[str(person[0].debtor_id)])
    await Relay(store, client, never, never).round()
    for debt in person:
        fact = {"kind": "reply", "id": str(item.id)}
        assert await signals(client, debt) == [("fact_recorded", fact)]


async def test_money_for_a_case_that_has_ended_is_booked_at_once(
    store, client, person, came_in, started
):
    handle = await started(person[0])
    await handle.terminate()
    (item,) = came_in(person[0])
    booked = []

    async def book(inbox_id):
        booked.append(inbox_id)

    await Relay(store, client, book, never).round()
    assert booked == [item.id]


async def test_a_receipt_for_a_case_that_has_ended_is_done(
    store, client, person, came_in, statuses
):
    came_in(person[0], "receipt")
    await Relay(store, client, never, never).round()
    assert statuses() == ["delivered"]


async def test_a_letter_is_asked_back_before_its_case_hears_of_it_and_again_after_a_failure(
    store, client, person, came_in, started, statuses
):
    await started(person[0])
    (item,) = came_in(person[0], "withdrawal")
    clock = datetime.now(UTC)
    asked = []

    async def withdraw(inbox_id):
        asked.append(await signals(client, person[0]))
        if len(asked) == 1:
            raise OSError("the folder is away")

    for wait in (0, 120):
        later = clock + timedelta(seconds=wait)
        relay = Relay(store, client, never, never, withdraw=withdraw, wall=lambda at=later: at)
        await relay.round()
    assert asked == [[], []]
    assert statuses() == ["delivered"]
    fact = {"kind": "withdrawal", "id": str(item.id)}
    assert await signals(client, person[0]) == [("fact_recorded", fact)]


async def test_what_the_booker_settled_stays_as_it_settled_it(
    store, client, person, came_in, statuses
):
    came_in(person[0])

    async def book(inbox_id):
        with store.writing() as session:
            session.get(InboxItem, inbox_id).status = "suspense"

    await Relay(store, client, book, never).round()
    assert statuses() == ["suspense"]


async def test_while_the_engine_is_away_nothing_is_lost_and_later_all_is_told(
    store, client, person, came_in, started, statuses, monkeypatch, unused_tcp_port
):
    monkeypatch.setattr(module, "PATIENCE", timedelta(seconds=0.2))
    away = await Client.connect(f"127.0.0.1:{unused_tcp_port}", lazy=True)
    came_in(person[0], n=3)
    clock = datetime.now(UTC)
    assert await Relay(store, away, never, never, wall=lambda: clock).round() == 0
    assert statuses() == ["new"] * 3
    await started(person[0])
    back = Relay(store, client, never, never, wall=lambda: clock)
    assert await back.round() == 0  # a pause, not a storm
    clock += timedelta(minutes=1)
    assert await back.round() == 3
    assert statuses() == ["delivered"] * 3
    assert len(await signals(client, person[0])) == 1


async def test_a_notice_that_cannot_be_booked_does_not_hold_up_the_others(
    store, client, person, came_in, started, statuses
):
    await started(person[0])
    came_in(person[0], n=2)
    came_in(person[1])

    async def book(_):
        raise ValueError("a bug")

    assert await Relay(store, client, book, never).round() == 2
    assert statuses() == ["delivered", "delivered", "new"]


@pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)],
    indirect=True,
)
async def test_several_relays_tell_each_notice_once(
    store, client, person, came_in, started, statuses
):
    await started(person[0])
    came_in(person[0], n=150)
    relays = [Relay(store, client, never, never) for _ in range(3)]
    while any(await asyncio.gather(*(relay.round() for relay in relays))):
        pass
    told = [argument["inbox"] for _, argument in await signals(client, person[0])]
    assert 0 < len(told) == len(set(told))
    assert statuses() == ["delivered"] * 150


async def test_a_case_is_told_once_of_all_money_that_waits_for_its_debt(
    store, client, person, came_in, started, statuses
):
    for debt in person:
        await started(debt)
    came_in(person[0], n=3)
    came_in(person[0], "receipt")
    came_in(person[1])
    assert await Relay(store, client, never, never).round() == 5
    assert statuses() == ["delivered"] * 5
    told = [name for name, _ in await signals(client, person[0])]
    assert sorted(told) == ["fact_recorded", "payment_received"]
    assert len(await signals(client, person[1])) == 1


async def test_money_for_a_case_at_work_is_left_to_it_but_not_for_long(
    store, client, person, came_in, started, statuses
):
    await started(person[0])
    clock = datetime.now(UTC)
    relay = Relay(store, client, never, never, wall=lambda: clock)
    came_in(person[0])
    assert await relay.round() == 1
    came_in(person[0])
    assert await relay.round() == 0
    assert statuses() == ["delivered", "new"]
    clock += AT_WORK
    assert await relay.round() == 1
    assert statuses() == ["delivered"] * 2
    assert len(await signals(client, person[0])) == 2


async def test_money_for_a_case_that_booked_what_it_knew_is_told_at_once(
    store, client, person, came_in, started
):
    await started(person[0])
    relay = Relay(store, client, never, never)
    (item,) = came_in(person[0])
    assert await relay.round() == 1
    with store.writing() as session:
        session.get(InboxItem, item.id).status = "booked"
    came_in(person[0])
    assert await relay.round() == 1


async def test_a_relay_that_dies_between_telling_and_marking_tells_again(
    store, client, person, came_in, started, statuses, monkeypatch
):
    await started(person[0])
    came_in(person[0])
    clock = datetime.now(UTC)
    with monkeypatch.context() as patch:

        def dies(*_, **__):
            raise StoreBusyError(0)

        patch.setattr(module.payments, "tell", dies)
        with pytest.raises(StoreBusyError):
            await Relay(store, client, never, never, wall=lambda: clock).round()
    second = Relay(store, client, never, never, wall=lambda: clock)
    assert await second.round() == 0  # still the first one's
    clock += LEASE
    assert await second.round() == 1
    first_signal, second_signal = await signals(client, person[0])
    assert first_signal == second_signal
    assert statuses() == ["delivered"]


async def test_a_relay_that_is_woken_looks_at_once(
    store, client, person, came_in, started, statuses, monkeypatch
):
    monkeypatch.setattr(module, "LOOK_AGAIN", 3600.0)
    for debt in person:
        await started(debt)
    relay = Relay(store, client, never, never)
    running = asyncio.create_task(relay.run())
    for n in range(1, 3):
        came_in(person[n - 1])
        await asyncio.to_thread(relay.wake)
        await eventually(lambda n=n: statuses() == ["delivered"] * n)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_money_told_to_a_case_that_died_before_booking_is_booked_without_it(
    store, client, person, came_in, started, statuses
):
    """Ended by force in the engine's UI, or failed, with the signal unread."""
    handle = await started(person[0])
    (item,) = came_in(person[0])
    clock = datetime.now(UTC)
    booked = []

    async def book(inbox_id):
        booked.append(inbox_id)
        with store.writing() as session:
            session.get(InboxItem, inbox_id).status = "booked"

    relay = Relay(store, client, book, never, wall=lambda: clock)
    assert await relay.round() == 1
    await handle.terminate()
    assert await relay.round() == 0
    assert statuses() == ["delivered"]
    clock += UNBOOKED
    assert await relay.round() == 1
    assert booked == [item.id]
    assert statuses() == ["booked"]
    clock += 9 * UNBOOKED
    assert await relay.round() == 0


async def test_a_case_that_does_not_book_is_told_again_less_and_less_often(
    store, client, person, came_in, started
):
    await started(person[0])
    came_in(person[0])
    came_in(person[0], "receipt")
    clock = datetime.now(UTC)
    relay = Relay(store, client, never, never, wall=lambda: clock)
    for _ in range(14 * 4):
        await relay.round()
        clock += timedelta(hours=6)
    told = [name for name, _ in await signals(client, person[0])]
    assert told.count("fact_recorded") == 1
    assert 14 <= told.count("payment_received") <= 22


async def test_a_debt_that_cannot_be_begun_again_does_not_hold_up_the_others(store, client, person):
    with store.writing() as session:
        for debt in person:
            session.get(Debt, debt.id).status = "reopening"
    begun = []

    async def revive(debt):
        begun.append(debt)
        raise ValueError("a bug")

    await Relay(store, client, never, revive).round()
    assert sorted(begun) == sorted(debt.id for debt in person)
