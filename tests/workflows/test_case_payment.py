"""Money through the real doors, in every order and form that a hostile payer can think of."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from sqlmodel import col, select

from activities import desk, payment
from models.desk import Report, Result
from models.ledger import Balances
from models.tables import InboxItem, Stop, WorkItem
from rules.ledger import fold, policy_for
from store import payment as payments
from worker.simulation import Refused

DAY = timedelta(days=1)
OWED = 117_000


def balances(world, account="A-1") -> Balances:
    with world.office.store.reading() as session:
        debt = world.debt(account)
        rows = payments.as_entries(payments.entries(session, debt.id))
        return fold(rows, policy_for(debt.jurisdiction))


def booked(world, account="A-1"):
    with world.office.store.reading() as session:
        rows = payments.entries(session, world.debt(account).id)
        return [(row.kind, row.minor) for row in rows if row.source != "import"]


def rows(world, table, **where):
    with world.office.store.reading() as session:
        return list(session.exec(select(table).filter_by(**where).order_by(col(table.id))).all())


def conserved(world, account="A-1") -> None:
    """Charged = paid + waived + outstanding, and no minor unit that came in is lost."""
    now = balances(world, account)
    assert now.charged == now.paid + now.waived + now.outstanding == OWED
    came = {"payment": 1, "reversal": 1}
    gone = {"refund": -1, "chargeback": -1}
    net = sum(minor * (came | gone).get(kind, 0) for kind, minor in booked(world, account))
    assert now.paid + now.credit == net


async def deliver(world) -> None:
    while await world.sim.relay.round():
        pass


PAY = {"amount": "500.00", "ident": "p-1"}
BACK = {"amount": "500.00", "ident": "c-1", "kind": "chargeback", "of": "p-1"}
WON = {"amount": "500.00", "ident": "w-1", "kind": "chargeback_reversed", "of": "p-1"}


@pytest.mark.parametrize("order", list(itertools.permutations((PAY, BACK, WON))))
@pytest.mark.parametrize("together", [True, False])
async def test_payment_chargeback_and_reversal_come_out_alike_in_any_order(
    world, shanghai, order, together
):
    world.store(shanghai)
    for notice in order:
        await world.sim.pay("A-1", times=2, **notice)
        if not together:
            await deliver(world)
    await deliver(world)
    assert sorted(booked(world)) == [
        ("chargeback", 50_000),
        ("payment", 50_000),
        ("reversal", 50_000),
    ]
    assert balances(world).outstanding == OWED - 50_000
    assert {row.status for row in rows(world, InboxItem)} == {"booked"}
    conserved(world)


@pytest.mark.parametrize(
    ("amount", "outstanding", "credit", "waived"),
    [
        ("1170.00", 0, 0, 0),
        ("1169.99", 0, 0, 1),
        ("1169.98", 2, 0, 0),
        ("1170.01", 0, 1, 0),
        ("0.01", 116_999, 0, 0),
        ("92233720368547758.07", 0, 2**63 - 1 - OWED, 0),
    ],
)
async def test_every_cent_is_accounted_for(world, shanghai, amount, outstanding, credit, waived):
    world.store(shanghai)
    await world.sim.pay("A-1", amount, ident="p-1")
    await deliver(world)
    now = balances(world)
    assert (now.outstanding, now.credit, now.waived) == (outstanding, credit, waived)
    conserved(world)
    reviews = [item.step for item in rows(world, WorkItem, kind="payment_review")]
    assert reviews == (["overpaid"] if credit else [])


async def test_two_payments_at_the_limit_of_the_columns_are_both_kept(world, shanghai):
    await world.open(shanghai)
    for n in (1, 2):
        await world.sim.pay("A-1", "92233720368547758.07", ident=f"p-{n}")
    await world.sim.settle("A-1")
    assert balances(world).credit == 2 * (2**63 - 1) - OWED
    await world.sim.run(until=world.sim.now + 2 * DAY)
    assert world.debt().ending == "paid"


@pytest.mark.parametrize(
    "amount",
    ["92233720368547758.08", "-5.00", "0.00", "0", "1.001", "1e3", "１.00", "", " 1", "NaN"],
)
async def test_an_amount_that_is_none_is_refused_at_the_door(world, shanghai, amount):
    world.store(shanghai)
    with pytest.raises(Refused) as refusal:
        await world.sim.pay("A-1", amount, ident="p-1")
    assert refusal.value.status == 422
    assert rows(world, InboxItem) == []


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
async def test_a_date_at_the_end_of_the_calendar_is_refused_at_the_door(world, shanghai, text):
    world.store(shanghai)

    class Odd:
        def isoformat(self):
            return text

    with pytest.raises(Refused) as refusal:
        await world.sim.pay("A-1", "1.00", ident="p-1", paid_at=Odd())
    assert refusal.value.status == 422


async def test_the_same_payment_under_another_event_counts_once(world, shanghai):
    world.store(shanghai)
    await world.sim.pay("A-1", "100.00", ident="p-1")
    await deliver(world)
    await post(world, id="ev-2", payment="p-1", amount="100.00")
    await post(world, id="ev-3", payment="p-1", amount="100.00")
    await deliver(world)
    assert booked(world) == [("payment", 10_000)]
    conserved(world)


async def test_other_money_under_a_used_id_is_neither_booked_nor_lost(world, shanghai):
    world.store(shanghai)
    world.store(shanghai, account="A-2")
    await world.sim.pay("A-1", "100.00", ident="p-1")
    await deliver(world)
    await post(world, id="ev-2", payment="p-1", amount="150.00")
    await post(world, id="ev-3", payment="p-1", amount="100.00", debt="A-2")
    await deliver(world)
    assert booked(world) == [("payment", 10_000)]
    assert booked(world, "A-2") == []
    odd = rows(world, InboxItem, status="suspense")
    assert {row.problem for row in odd} == {"id_used"}
    assert len(odd) == 2
    assert {stop.kind for stop in rows(world, Stop)} == {"unverified_payment"}
    assert len(rows(world, WorkItem, kind="payment_review")) == 2


async def test_money_in_another_currency_stops_contact_until_a_person_looked(world, shanghai):
    await world.open(shanghai)
    await world.sim.pay("A-1", "1170.00", ident="p-1", currency="USD")
    await world.sim.settle("A-1")
    assert booked(world) == []
    [item] = rows(world, InboxItem)
    assert (item.status, item.problem) == ("suspense", "currency")
    assert (await world.handle().query("status"))["hold"] == "unverified_payment"


async def test_a_refund_of_more_than_was_paid_takes_back_no_more_than_that(world, shanghai):
    world.store(shanghai)
    await world.sim.pay("A-1", "100.00", ident="p-1")
    await world.sim.pay("A-1", "900.00", ident="r-1", kind="refund", of="p-1")
    await deliver(world)
    now = balances(world)
    assert (now.paid, now.outstanding, now.credit) == (0, OWED, 0)
    assert now.charged == now.paid + now.waived + now.outstanding


async def test_a_payment_for_a_debt_not_yet_begun_is_there_when_it_begins(world, shanghai):
    debt = world.store(shanghai)
    await world.sim.pay("A-1", "1170.00", ident="p-1")
    await deliver(world)
    assert world.debt().status == "new"
    await world.begin(debt)
    await world.sim.run(until=world.sim.now + 2 * DAY)
    assert (world.debt().status, world.debt().ending) == ("closed", "paid")
    assert "sms" not in [row.step for row in world.contacts()]


async def test_a_seller_reaches_no_debt_of_another_seller(world, shanghai):
    world.store(shanghai)
    world.store(shanghai, account="A-2", seller="s2")
    await post(world, id="ev-1", amount="100.00", seller="s2")
    other = world.debt().workflow_id
    await post(world, id="ev-2", amount="100.00", debt=other, seller="s2")
    await post(world, id="ev-3", amount="100.00", debt=str(world.debt().id), seller="s2")
    await deliver(world)
    assert booked(world) == []
    assert {row.status for row in rows(world, InboxItem)} == {"suspense"}


async def test_the_same_id_of_two_sellers_is_two_payments(world, shanghai):
    world.store(shanghai)
    world.store(shanghai, account="A-2", seller="s2")
    await world.sim.pay("A-1", "100.00", ident="p-1")
    await world.sim.pay("A-2", "100.00", ident="p-1")
    await world.sim.pay("A-2", "40.00", ident="r-1", kind="refund", of="p-1")
    await deliver(world)
    assert booked(world) == [("payment", 10_000)]
    assert booked(world, "A-2") == [("payment", 10_000), ("refund", 4_000)]


async def post(world, *, seller="s1", **changes) -> None:
    body = {
        "debt": "A-1",
        "currency": "CNY",
        "paid_at": world.sim.now.isoformat(),
        **changes,
    }
    await world.sim._post(
        f"/v1/payments/{seller}", body, world.sim.settings.payment_secrets[seller]
    )


@pytest.mark.parametrize("comes", [True, False])
async def test_a_refund_whose_payment_never_comes_goes_to_a_person_once(world, shanghai, comes):
    await world.open(shanghai)
    await world.sim.pay("A-1", "50.00", ident="r-1", kind="refund", of="p-1")
    await world.sim.settle("A-1")
    await world.sim.run(until=world.sim.now + 6 * DAY)
    await deliver(world)
    assert rows(world, WorkItem, kind="payment_review") == []
    await world.sim.run(until=world.sim.now + 3 * DAY)
    for _ in range(2):
        await deliver(world)
    [item] = rows(world, WorkItem, kind="payment_review")
    assert item.step.startswith("parked_")
    if comes:
        await world.sim.pay("A-1", "200.00", ident="p-1")
        await world.sim.settle("A-1")
        assert booked(world) == [("payment", 20_000), ("refund", 5_000)]
        return
    office, now = world.office, world.sim.now
    with office.store.writing() as session:
        assert desk.take(session, office, item.id, "agent-1", now) is None
    with pytest.raises(desk.DeskRefusalError, match="send its notice again"):
        report_on(office, item, Result.CONFIRM_PAYMENT, now)
    report_on(office, item, Result.REJECT_PAYMENT, now)
    assert [row.status for row in rows(world, InboxItem, kind="refund")] == ["ignored"]


def report_on(office, item, result, now) -> None:
    with office.store.writing() as session:
        desk.done(session, office, item.id, "agent-1", Report(result=result), now)


async def test_much_money_for_one_debt_is_told_once_and_booked_whole(world, shanghai):
    await world.open(shanghai)
    for n in range(12):
        await world.sim.pay("A-1", f"{n + 1}.00", ident=f"p-{n}")
    await world.sim.settle("A-1")
    assert sorted(booked(world)) == [("payment", 100 * (n + 1)) for n in range(12)]
    assert {row.status for row in rows(world, InboxItem)} == {"booked"}
    conserved(world)
    events = (await world.handle().fetch_history()).events
    signals = [e.workflow_execution_signaled_event_attributes.signal_name for e in events]
    assert signals.count("payment_received") == 1


@pytest.mark.parametrize(("limit", "value"), [("AT_ONCE", 3), ("ENOUGH", 0.0)])
async def test_more_money_than_one_transaction_takes_is_booked_by_the_next(
    world, shanghai, monkeypatch, limit, value
):
    await world.open(shanghai)
    for n in range(7):
        await world.sim.pay("A-1", f"{n + 1}.00", ident=f"p-{n}")
    monkeypatch.setattr(payment, limit, value)
    await world.sim.settle("A-1")
    assert sorted(booked(world)) == [("payment", 100 * (n + 1)) for n in range(7)]
    assert {row.status for row in rows(world, InboxItem)} == {"booked"}
    conserved(world)
    events = (await world.handle().fetch_history()).events
    scheduled = [e.activity_task_scheduled_event_attributes.activity_type.name for e in events]
    assert scheduled.count("book") > 1
