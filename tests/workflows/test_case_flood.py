"""More messages than any debt should cause, to a case whose worker is there, or was away."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from sqlmodel import col, select
from temporalio.service import RPCError, RPCStatusCode

from activities.start import ready_case, start
from models.tables import InboxItem, LedgerEntry
from tests.workflows.conftest import World

MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)

LIMIT = 500
"""Signals that the server takes of one run."""

TYPED = 10
"""Every so manieth signal is a payment that nobody has verified."""

AT_ONCE = 64


async def flood(handle, count: int) -> set[int]:
    """Send typed payments and names that mean nothing; answer which the server took."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(n: int) -> bool:
        said = {"amount": "1.00", "currency": "CNY", "reference": f"bank-{n}"}
        name = f"odd_{n % 7}" if n % TYPED else "payment_received"
        async with gate:
            try:
                await handle.signal(name, said)
            except RPCError as error:
                if error.status is not RPCStatusCode.INVALID_ARGUMENT:
                    raise
                return False
            return True

    took = await asyncio.gather(*(one(n) for n in range(count)))
    return {n for n in range(count) if took[n]}


def typed(took: set[int]) -> set[str]:
    return {f"bank-{n}" for n in took if n % TYPED == 0}


def references(world) -> set[str]:
    """What was typed and is set aside for a person."""
    with world.office.store.reading() as session:
        asked = select(InboxItem.external_id).where(col(InboxItem.provider) == "signal")
        return {each.partition(":")[2] for each in session.exec(asked).all()}


def payments(world) -> list[int]:
    with world.office.store.reading() as session:
        asked = select(LedgerEntry.minor).where(col(LedgerEntry.kind) == "payment")
        return list(session.exec(asked).all())


async def test_a_case_reads_all_that_came_while_its_worker_was_away_and_is_told_the_rest_later(
    make_world, client, shanghai
):
    async with make_world(MONDAY) as sim:
        world = World(sim)
        debt, shift = world.store(shanghai), sim.lockstep.shift
        with sim.office.store.reading() as session:
            ready = ready_case(session, debt, shift)
    await start(client, ready)
    handle = client.get_workflow_handle(debt.workflow_id)
    took = await flood(handle, LIMIT + 20)
    assert len(took) == LIMIT
    first = (await handle.describe()).run_id
    async with make_world(MONDAY) as sim:
        world = World(sim)
        await sim.pay("A-1", "100.00", ident="p-1")
        sim.adopt(debt, shift)
        await sim.settle("A-1")
        assert references(world) == typed(took)
        assert (await handle.describe()).run_id != first
        async with asyncio.timeout(30):
            while payments(world) != [10_000]:
                await sim.settle("A-1")
        await handle.terminate("test over")


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("count", [400, 10_000])
async def test_a_case_under_a_flood_begins_anew_and_goes_on(world, shanghai, count):
    await world.open(shanghai)
    handle = world.handle()
    took = await flood(handle, count)
    await world.sim.settle("A-1")
    assert references(world) == typed(took)
    described = await handle.describe()
    assert described.run_id != described.raw_info.first_run_id
    assert described.history_length < 10 * LIMIT
    await world.sim.pay("A-1", "1170.00", ident="p-1")
    await world.sim.settle("A-1")
    assert payments(world) == [117_000]
    assert world.debt().status == "closed"
