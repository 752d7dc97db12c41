"""What anybody may send to a case, and what it makes of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import col, select
from temporalio.api.common.v1 import Payload, Payloads, WorkflowExecution
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError

from activities.case import order
from activities.start import ready_case, start
from models.case import Order, OrderKind
from models.contact import Channel
from models.tables import InboxItem, LedgerEntry, Stop

DAY = timedelta(days=1)


def typed(text: str | bytes, encoding: bytes = b"json/plain") -> Payload:
    raw = text.encode() if isinstance(text, str) else text
    return Payload(metadata={"encoding": encoding}, data=raw)


ODD = [
    (),
    (typed("null"),),
    (typed("", b"binary/null"),),
    (typed(b"\xff\x00\xfe", b"binary/plain"),),
    (typed(b"\x0a\x01", b"binary/protobuf"),),
    (typed(b"sealed", b"binary/encrypted"),),
    (Payload(),),
    (typed('"paid"'),),
    (typed("17"),),
    (typed("[1, 2]"),),
    (typed("[" * 2000),),
    (typed("{" + '"a":{' * 600),),
    (typed('{"amount": "12.00"}'),),
    (typed('{"amount": true, "currency": "CNY"}'),),
    (typed('{"amount": "12.001", "currency": "CNY"}'),),
    (typed('{"amount": "-12.00", "currency": "CNY"}'),),
    (typed('{"amount": 1e400, "currency": "CNY"}'),),
    (typed('{"amount": NaN, "currency": "CNY"}'),),
    (typed('{"amount": "12.00", "currency": "USD"}'),),
    (typed('{"amount": "12.00", "currency": ["CNY"]}'),),
    (typed('{"amount": "99999999999999999999", "currency": "CNY"}'),),
    (typed('{"inbox": "not-an-id"}'),),
    (typed('{"inbox": "00000000-0000-0000-0000-000000000000"}'),),
    (typed('{"inbox": {"a": []}}'),),
    (typed('{"amount": "1.00", "currency": "CNY", "reference": "%s"}' % ("9" * 60_000)),),
]
"""None of these is a payment notice, and none may stop a case."""


async def tell(world, name: str, *inputs: Payload) -> None:
    await world.sim.client.workflow_service.signal_workflow_execution(
        SignalWorkflowExecutionRequest(
            namespace=world.sim.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=world.debt().workflow_id),
            signal_name=name,
            input=Payloads(payloads=inputs) if inputs else None,
        )
    )


async def rested(world) -> None:
    """The case has dealt with everything: no activity waits for another try."""
    await world.sim.settle("A-1")
    pending = (await world.handle().describe()).raw_description.pending_activities
    assert [each.last_failure.message for each in pending] == []


def rows(world, table):
    with world.office.store.reading() as session:
        return list(session.exec(select(table).order_by(col(table.id))).all())


async def test_no_typed_signal_of_any_shape_stops_a_case(world, shanghai):
    await world.open(shanghai)
    for inputs in ODD:
        await tell(world, "payment_received", *inputs)
    await tell(world, "payment_received", typed('{"amount": "1.00"'), typed("2"))
    await rested(world)
    assert [row for row in rows(world, LedgerEntry) if row.kind == "payment"] == []
    assert rows(world, Stop) == []
    kept = rows(world, InboxItem)
    assert {row.status for row in kept} == {"suspense"}
    assert all(row.problem and row.problem != "unverified" for row in kept)


@pytest.mark.parametrize("inputs", [(), (typed("1"),), (typed("1"), typed("2"))])
@pytest.mark.parametrize("name", ["fact_recorded", "no_such_signal"])
async def test_a_signal_that_nobody_defined_only_makes_the_case_look_again(
    world, shanghai, name, inputs
):
    await world.open(shanghai)
    await tell(world, name, *inputs)
    await world.sim.settle("A-1")
    assert (await world.handle().query("status"))["stage"] == "notice"


async def test_a_typed_payment_stops_contact_once_however_often_it_is_typed(world, shanghai):
    await world.open(shanghai)
    said = '{"amount": "12.00", "currency": "CNY", "reference": "bank-7"}'
    for _ in range(3):
        await tell(world, "payment_received", typed(said))
    await tell(world, "payment_received", typed(said), typed(said))
    await world.sim.settle("A-1")
    assert [(stop.kind, stop.ended_at) for stop in rows(world, Stop)] == [
        ("unverified_payment", None)
    ]
    assert [row for row in rows(world, LedgerEntry) if row.kind == "payment"] == []
    assert world.debt().status == "open"


@pytest.mark.parametrize("reference", ["\\u0000", "\\ud800", "Quimby Testperson paid, call him"])
async def test_a_reference_that_is_no_code_is_not_kept_in_the_clear(world, shanghai, reference):
    await world.open(shanghai)
    said = f'{{"amount": "12.00", "currency": "CNY", "reference": "{reference}"}}'
    await tell(world, "payment_received", typed(said))
    await rested(world)
    [item] = rows(world, InboxItem)
    assert item.facts["payment_id"] == ""
    assert "Quimby" not in item.external_id
    assert [stop.kind for stop in rows(world, Stop)] == ["unverified_payment"]


async def test_a_typed_inbox_id_books_no_other_debts_money(world, shanghai):
    await world.open(shanghai)
    await world.open(shanghai, account="A-2")
    await world.sim.pay("A-2", "100.00", ident="p-2")
    [item] = rows(world, InboxItem)
    await tell(world, "payment_received", typed(f'{{"inbox": "{item.id}"}}'))
    await world.sim.lockstep.settle([world.debt().workflow_id])
    assert [row for row in rows(world, LedgerEntry) if row.kind == "payment"] == []
    await world.sim.settle("A-2")
    assert [row.minor for row in rows(world, LedgerEntry) if row.kind == "payment"] == [10_000]


async def test_a_repeated_order_is_one_order_and_a_closed_case_takes_none(world, shanghai):
    await world.open(shanghai)
    until = world.sim.now + 5 * DAY
    hold = Order(reason="hardship", actor="support-1", until=until)
    for _ in range(2):
        await world.handle().execute_update("hold", hold, id="order-1")
    release = Order(reason="resumed", actor="support-1")
    both = await asyncio.gather(
        *(world.handle().execute_update("release", release, id=f"r-{n}") for n in range(2)),
        return_exceptions=True,
    )
    assert sorted(isinstance(each, WorkflowUpdateFailedError) for each in both) == [False, True]
    # The same id for another order is another order.
    await world.handle().execute_update("recall", Order(reason="seller_recall"), id="order-2")
    assert [(row.kind, row.ended_at is None) for row in rows(world, Stop)].count(
        ("hold", False)
    ) == 1
    await world.sim.settle("A-1")
    assert world.debt().ending == "recalled"


@pytest.mark.parametrize("inputs", [(), ("text",), ({"reason": "hardship", "until": 7},)])
async def test_an_update_with_odd_input_is_refused_and_the_case_lives_on(world, shanghai, inputs):
    await world.open(shanghai)
    with pytest.raises(WorkflowUpdateFailedError):
        await world.handle().execute_update("hold", args=list(inputs))
    assert (await world.handle().query("status"))["stage"] == "notice"


@pytest.mark.parametrize("until", ["9999-12-31T23:59:59-10:00", "9999-12-31T23:59:59+00:00"])
async def test_a_hold_to_the_end_of_all_calendars_is_refused_and_holds_nothing_up(
    world, shanghai, until
):
    await world.open(shanghai)
    hold = Order(reason="hardship", actor="support-1", until=datetime.fromisoformat(until))
    with pytest.raises(WorkflowUpdateFailedError) as refusal:
        async with asyncio.timeout(20):
            await world.handle().execute_update("hold", hold)
    assert "within ten years" in str(refusal.value.cause)
    assert rows(world, Stop) == []
    await world.sim.pay("A-1", "100.00", ident="p-1")
    await rested(world)
    assert [row.minor for row in rows(world, LedgerEntry) if row.kind == "payment"] == [10_000]


async def test_two_orders_of_two_runs_under_one_id_are_both_obeyed(world, shanghai):
    """The engine knows an update's id for one run only."""
    debt = await world.open(shanghai)
    until = world.sim.now + 5 * DAY
    with world.office.store.writing() as session:
        for kind in (OrderKind.HOLD, OrderKind.RECALL):
            given = Order(reason="by_phone", actor="support-1", until=until, kind=kind, id="1")
            assert order(session, debt, given, world.sim.now, observed_at=world.sim.now) is None
    assert {stop.kind for stop in rows(world, Stop)} == {"hold", "recall"}


async def test_a_case_without_its_debt_fails_where_support_sees_it(world, shanghai):
    debt = await world.open(shanghai)
    with world.office.store.reading() as session:
        ready = ready_case(session, debt, world.sim.lockstep.shift)
    name = f"case-{uuid4().hex}"
    case = ready.case.model_copy(update={"debt": uuid4()})
    await start(world.sim.client, replace(ready, workflow_id=name, case=case))
    with pytest.raises(WorkflowFailureError) as failure:
        await world.sim.client.get_workflow_handle(name).result()
    assert failure.value.cause.cause.type == "UnknownDebtError"


async def test_a_reply_from_a_number_that_two_persons_have_reaches_both_in_the_present(
    world, shanghai
):
    """Where time is skipped, each case has a clock of its own, which stands at its last wake-up."""
    for account in ("A-1", "A-2"):
        await world.open(shanghai, account=account)
    said = world.sim.now + 3 * DAY

    async def stop(sim):
        await sim.reply("A-1", Channel.SMS, "TD", "r-1")

    world.sim.at(said, "A-1", stop)
    await world.sim.run(until=said)
    for account in ("A-1", "A-2"):
        shift = timedelta(seconds=world.debt(account).shift_seconds)
        history = await world.handle(account).fetch_history()
        heard = [
            event.event_time.ToDatetime(UTC) + shift
            for event in history.events
            if event.HasField("workflow_execution_signaled_event_attributes")
        ]
        assert abs(heard[-1] - said) < timedelta(minutes=5)
