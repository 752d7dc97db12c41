"""A hostile hand at the engine itself: runs reset, replaced and ended with money unread."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlmodel import col, select
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import (
    WorkflowFailureError,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import CancelledError, WorkflowAlreadyStartedError

from activities import reconcile
from activities.preparation import prepare_debt
from activities.reconcile import Kind
from activities.start import impostors, lost, ready_case, start
from models.case import CASES, Case, Order
from models.tables import ContactRow, InboxItem, LedgerEntry, Stop
from tests.workflows.conftest import World
from tests.workflows.test_case_messages import DAY, rows, tell, typed

MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)


async def finished_tasks(world) -> list[int]:
    """The points to which a run can be reset."""
    return [
        event.event_id
        async for event in world.handle().fetch_history_events()
        if event.HasField("workflow_task_completed_event_attributes")
    ]


async def reset(world, point: int) -> None:
    """As `temporal workflow reset` does: signals and orders that came later are applied again."""
    described = await world.handle().describe()
    await world.sim.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=world.sim.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=described.id, run_id=described.run_id),
            reason="by a hostile hand",
            workflow_task_finish_event_id=point,
            request_id=str(uuid4()),
        )
    )


def done(world) -> dict[str, list]:
    """All that stands in the store and that no reset may double or take back."""
    with world.office.store.reading() as session:
        sent = session.exec(
            select(ContactRow.id, ContactRow.step, ContactRow.state).order_by(col(ContactRow.id))
        ).all()
    return {
        "contacts": [tuple(each) for each in sent],
        "money": [(row.id, row.minor) for row in rows(world, LedgerEntry)],
        "stops": [(row.id, row.ended_at) for row in rows(world, Stop)],
        "inbox": [(row.id, row.status) for row in rows(world, InboxItem)],
    }


async def test_a_run_reset_to_any_point_repeats_and_loses_nothing(world, shanghai):
    await world.open(shanghai)
    await world.sim.pay("A-1", "400.00", ident="p-1")
    await world.sim.settle("A-1")
    until = world.sim.now + 5 * DAY
    hold = Order(reason="hardship", actor="support-1", until=until)
    await world.handle().execute_update("hold", hold, id="h-1")
    await world.handle().execute_update("release", Order(reason="resumed"), id="r-1")
    await tell(world, "payment_received", typed('{"amount": "1.00", "currency": "CNY"}'))
    await world.sim.settle("A-1")
    before = done(world)
    assert {row.state for row in rows(world, ContactRow)} == {"sent"}
    assert len(await finished_tasks(world)) > 4
    first = (await world.handle().describe()).run_id
    for part in (0, 0.5, 0.9):
        points = await finished_tasks(world)
        await reset(world, points[int(len(points) * part)])
        await world.sim.settle("A-1")
        assert done(world) == before
        assert (await world.handle().query("status"))["stage"] == world.debt().stage
    assert (await world.handle().describe()).run_id != first
    await world.sim.pay("A-1", "770.00", ident="p-2")
    await world.sim.settle("A-1")
    assert world.debt().ending == "paid"


async def test_a_second_start_a_query_and_an_order_that_nobody_knows_change_nothing(
    world, shanghai
):
    debt = await world.open(shanghai)
    before = (await world.handle().describe()).history_length
    case = Case(debt=debt.id, seller="s1", currency="CNY")
    with pytest.raises(WorkflowAlreadyStartedError):
        await world.sim.client.start_workflow(
            "DebtCase", case, id=debt.workflow_id, task_queue=CASES
        )
    with pytest.raises(WorkflowQueryFailedError, match="not found"):
        await world.handle().query("no_such_query")
    with pytest.raises(WorkflowUpdateFailedError):
        await world.handle().execute_update("no_such_order")
    assert (await world.handle().describe()).history_length == before


@pytest.mark.parametrize("junk", [{"debt": "no-id"}, {}, None])
async def test_what_was_started_by_hand_under_the_id_of_a_case_is_named_and_the_case_comes_back(
    world, shanghai, junk
):
    debt = await world.open(shanghai)
    client, opened = world.sim.client, {debt.workflow_id: debt.id}
    assert await impostors(client, opened) == []
    if junk is None:
        other = await world.open(shanghai, account="A-2", phone="+8619900000002")
        junk = Case(debt=other.id, seller="s1", currency="CNY", shift=world.sim.lockstep.shift)
    handle = await client.start_workflow(
        "DebtCase",
        junk,
        id=debt.workflow_id,
        task_queue=CASES,
        id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING,
    )
    async with asyncio.timeout(20):
        while not await impostors(client, opened):
            await asyncio.sleep(0.05)
    found = await reconcile.compare(client, world.office.store, None, lambda _: None)
    assert {(each.kind, each.account) for each in found if each.case == debt.workflow_id} == {
        (Kind.IMPOSTOR, "A-1")
    }
    await handle.terminate("an impostor")
    async with asyncio.timeout(20):
        while await impostors(client, opened):
            await asyncio.sleep(0.05)
    found = await reconcile.compare(client, world.office.store, None, lambda _: None)
    reconcile.mend(
        world.office, [each for each in found if each.case == debt.workflow_id], "operator-1"
    )
    world.sim.adopt(debt, world.sim.lockstep.shift)
    await world.sim.settle("A-1")
    assert await lost(client, opened) == []
    assert (world.debt().epoch, world.debt().stage) == (2, "person")
    for account in ("A-1", "A-2") if isinstance(junk, Case) else ("A-1",):
        assert [row.step for row in world.contacts(account)] == ["notice"]


async def test_money_typed_into_a_run_that_was_ended_before_it_read_that_is_found_and_kept(
    make_world, client, shanghai
):
    async with make_world(MONDAY) as sim:
        world = World(sim)
        debt = world.store(shanghai)
        with sim.office.store.reading() as session:
            ready = ready_case(session, debt, sim.lockstep.shift)
        prepare_debt(sim.office, debt.id, 1, sim.now, sim.lockstep.shift)
    await start(client, ready)
    handle = client.get_workflow_handle(debt.workflow_id)
    secret = "Quimby Testperson told me"
    await handle.signal("payment_received", {"amount": "12.00", "currency": "CNY", "note": secret})
    await handle.terminate("by a hostile hand")
    async with make_world(MONDAY) as sim:
        world = World(sim)
        found = [
            each
            for each in await reconcile.compare(client, sim.office.store, None, lambda _: None)
            if each.case == debt.workflow_id
        ]
        assert {each.kind for each in found} == {Kind.UNREAD, Kind.LOST_RUN}
        assert secret not in str([each.model_dump_json() for each in found]) + repr(found)
        for _ in range(2):
            reconcile.mend(sim.office, found, "operator-1")
        [item] = rows(world, InboxItem)
        assert (item.status, item.problem) == ("suspense", "unverified")
        assert [stop.kind for stop in rows(world, Stop)] == ["unverified_payment"]
        found = await reconcile.compare(client, sim.office.store, None, lambda _: None)
        assert Kind.UNREAD not in {each.kind for each in found if each.case == debt.workflow_id}


async def test_a_case_that_is_cancelled_while_the_store_gives_no_answer_ends_all_the_same(
    world, shanghai
):
    await world.open(shanghai)
    await world.cancel_unanswered()
    with pytest.raises(WorkflowFailureError) as ended:
        await world.handle().result()
    assert isinstance(ended.value.cause, CancelledError)
    assert world.debt().status == "open"
