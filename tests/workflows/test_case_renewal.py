"""A case that renews itself loses nothing that arrives meanwhile; the server's limit is lowered."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest_asyncio
from sqlmodel import col, select

from models.case import Order
from models.tables import InboxItem, Stop
from runtime.settings import load
from runtime.temporal import connect
from worker.stack import temporal_server

DAY = timedelta(days=1)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def client(tmp_path_factory):
    async with temporal_server(
        directory=tmp_path_factory.mktemp("renewal"),
        durable=False,
        ui_port=None,
        time_skipping=True,
        dynamic=["limit.historyCount.suggestContinueAsNew=24"],
    ) as server:
        port = int(server.address.rpartition(":")[2])
        yield await connect(load({}, var=Path("nowhere"), temporal_port=port), role="t")


def rows(world, table):
    with world.office.store.reading() as session:
        return list(session.exec(select(table).order_by(col(table.id))).all())


async def first_run(world) -> str:
    described = await world.handle().describe()
    return described.raw_info.first_run_id


async def test_payments_signalled_across_renewals_are_all_kept(world, shanghai):
    await world.open(shanghai)
    handle = world.handle()
    for n in range(40):
        said = {"amount": "1.00", "currency": "CNY", "reference": f"bank-{n}"}
        await handle.signal("payment_received", said)
    await world.sim.settle("A-1")
    assert len(rows(world, InboxItem)) == 40
    assert (await handle.describe()).run_id != await first_run(world)


async def test_orders_given_side_by_side_across_renewals_are_all_obeyed(world, shanghai):
    await world.open(shanghai)
    until = world.sim.now + 5 * DAY
    hold = Order(reason="hardship", actor="support-1", until=until)
    async with asyncio.timeout(40):
        told = await asyncio.gather(
            *(world.handle().execute_update("hold", hold, id=f"h-{n}") for n in range(8)),
            *(
                world.handle().signal("payment_received", json.loads(f'{{"amount": "{n}.00"}}'))
                for n in range(8)
            ),
        )
    assert [status["hold"] for status in told[:8]] == ["hold"] * 8
    await world.sim.settle("A-1")
    assert len(rows(world, Stop)) == 8
    assert len(rows(world, InboxItem)) == 8
    assert (await world.handle().describe()).run_id != await first_run(world)


async def test_an_order_repeated_in_the_next_run_is_the_same_order(world, shanghai):
    await world.open(shanghai)
    until = world.sim.now + 5 * DAY
    hold = Order(reason="hardship", actor="support-1", until=until)
    await world.handle().execute_update("hold", hold, id="h-1")
    for _ in range(12):
        await world.handle().signal("fact_recorded", {"kind": "nothing"})
        await world.sim.settle("A-1")
    assert (await world.handle().describe()).run_id != await first_run(world)
    await world.handle().execute_update("hold", hold, id="h-1")
    assert len(rows(world, Stop)) == 1
