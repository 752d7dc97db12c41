"""One seller's flood delays no other seller, and nothing in bulk delays money and orders."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

from temporalio import activity, workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from runtime.settings import load
from runtime.temporal import connect
from workflows.case import LATER, SOON, sending, storing

FLOOD, FEW = 80, 5


@workflow.defn
class Queued:
    """One call with the very options of a case, to a queue of this test."""

    @workflow.run
    async def run(self, seller: str, priority: int, queue: str) -> None:
        chosen = storing("", priority) if priority else sending("", seller)
        chosen["task_queue"] = queue
        await workflow.execute_activity("call", seller, **chosen)


async def called(temporal, client, told: list[tuple[str, int]]) -> list[str]:
    """Queue calls in this order while nobody works, then let workers in; answer who was called when."""
    queue, order = f"calls-{uuid4()}", []

    @activity.defn(name="call")
    async def call(seller: str) -> None:
        order.append(seller)

    async with Worker(
        client,
        task_queue=f"w-{queue}",
        workflows=[Queued],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        handles = []
        for seller, priority in told:
            name = f"fair-{uuid4()}"
            handles.append(
                await client.start_workflow(
                    "Queued", args=[seller, priority, queue], id=name, task_queue=f"w-{queue}"
                )
            )
        for handle in handles:
            while not (await handle.describe()).raw_description.pending_activities:
                await asyncio.sleep(0)
        port = int(temporal.address.rpartition(":")[2])
        settings = load({}, var=Path("nowhere"), temporal_port=port)
        hands = [
            Worker(
                await connect(settings, role="t"),
                task_queue=queue,
                activities=[call],
                max_concurrent_activities=1,
            )
            for _ in range(2)
        ]
        tasks = [asyncio.create_task(each.run()) for each in hands]
        await asyncio.gather(*(handle.result() for handle in handles))
        await asyncio.gather(*(each.shutdown() for each in hands))
        await asyncio.gather(*tasks)
    return order


async def test_the_messages_of_a_small_seller_do_not_wait_behind_a_flood_of_another(
    temporal, client
):
    order = await called(temporal, client, [*[("flood", 0)] * FLOOD, *[("small", 0)] * FEW])
    assert len(order) == FLOOD + FEW
    last = max(at for at, seller in enumerate(order) if seller == "small")
    assert last < 4 * FEW + 10, order


async def test_a_payment_and_an_order_do_not_wait_behind_the_preparation_of_a_portfolio(
    temporal, client
):
    order = await called(temporal, client, [*[("new", LATER)] * FLOOD, *[("paid", SOON)] * FEW])
    last = max(at for at, seller in enumerate(order) if seller == "paid")
    assert last < FEW + 10, order
