"""A new release takes over from an old one and is taken back, on the real server with two workers."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from temporalio.client import WorkflowHandle
from temporalio.worker import Replayer

from activities.start import ready_case, start
from cli.portfolio import begin_import
from models.case import Order
from models.intake import Import
from runtime.clock import wall_now
from runtime.settings import load
from runtime.temporal import DEPLOYMENT, CessionPlugin, connect
from store.schema import upgrade
from tests.workflows.conftest import COLLECTOR, SHANGHAI, store_debt
from worker.host import hosting
from worker.office import make_office
from worker.stack import temporal_server
from workflows.case import DebtCase

pytestmark = [pytest.mark.server, pytest.mark.long, pytest.mark.timeout(300)]

OLD, NEW = "1.0.0", "1.1.0"
PACE = timedelta(seconds=6)
"""Between two pages of the import: a release changes meanwhile."""

UNSEEN = ("not found", "no poller", "missing", "not exist")
"""What the server says of a version whose workers have not asked for work yet."""


async def promote(address: str, build: str) -> None:
    """The command of docs/deploying.md, again until the workers of the version are known."""
    words = ["worker", "deployment", "set-current-version"]
    words += ["--deployment-name", DEPLOYMENT, "--build-id", build, "--yes", "--address", address]
    async with asyncio.timeout(60):
        while True:
            done = await asyncio.create_subprocess_exec(
                str(Path(sys.executable).with_name("temporal")),
                *words,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            _, said = await done.communicate()
            if done.returncode == 0:
                return
            assert any(each in said.decode().lower() for each in UNSEEN), said


async def builds(handle: WorkflowHandle) -> list[str]:
    """The releases that worked on a run, task by task."""
    found = []
    async for event in handle.fetch_history_events():
        if event.HasField("workflow_task_completed_event_attributes"):
            task = event.workflow_task_completed_event_attributes
            found.append(task.deployment_version.build_id or task.worker_version.build_id)
    return found


async def told(handle: WorkflowHandle, reference: str) -> None:
    """Give a case something to do, and wait until a worker has answered."""
    said = {"amount": "1.00", "currency": "CNY", "reference": reference}
    before = len(await builds(handle))
    await handle.signal("payment_received", said)
    async for event in handle.fetch_history_events(wait_new_event=True):
        before -= event.HasField("workflow_task_completed_event_attributes")
        if before < 0:
            return


async def follows(handle: WorkflowHandle, build: str) -> None:
    """The case's tasks go to a release once the server has told its queues of it."""
    async with asyncio.timeout(60):
        n = 0
        while (await builds(handle))[-1:] != [build]:
            await told(handle, f"{build}-{n}")
            n += 1


@pytest.fixture
async def town(tmp_path):
    """A server and a store, and a way to run the workers of a release beside others."""
    async with temporal_server(directory=tmp_path / "t", durable=False, ui_port=None) as server:
        port = int(server.address.rpartition(":")[2])
        url = f"sqlite:///{tmp_path / 'cession.db'}"
        settings = load({}, var=tmp_path, temporal_port=port, database_url=url, **COLLECTOR)
        upgrade(settings.database)
        office = make_office(settings)

        @asynccontextmanager
        async def release(build: str):
            client = await connect(settings, role=build)
            chosen = settings.model_copy(update={"build_id": build})
            async with hosting(client, office, chosen):
                yield

        yield await connect(settings, role="t"), office, release, server.address
        office.threads.shutdown()
        office.store.close()


async def test_cases_follow_the_current_release_there_and_back_and_an_import_stays(town):
    client, office, release, address = town
    with office.store.writing() as session:
        stored = [
            store_debt(
                session,
                office.store.keys,
                {**SHANGHAI, "phone": f"+86199000000{n:02}"},
                f"A-{n}",
                wall_now(),
            )
            for n in range(6)
        ]
        cases = [ready_case(session, debt, timedelta(0)) for debt in stored[:3]]
        portfolio: UUID = stored[0].portfolio_id
    async with release(OLD):
        await promote(address, OLD)
        for ready in cases:
            await start(client, ready)
        handles = [client.get_workflow_handle(ready.workflow_id) for ready in cases]
        for handle in handles:
            await told(handle, "first")
            assert set(await builds(handle)) == {OLD}
        order = Import(portfolio=portfolio, ref="P-s1", page=1, pace=PACE, shift=timedelta(0))
        importing = await begin_import(client, order, "import-1")
        async with release(NEW):
            await promote(address, NEW)
            promoted = wall_now()
            for handle in handles:
                await follows(handle, NEW)
            done = await importing.result()
            assert done.started + done.refused >= 3
            assert set(await builds(importing)) == {OLD}
            assert (await importing.describe()).close_time > promoted
            begun = [client.get_workflow_handle(debt.workflow_id) for debt in stored[3:]]
            for handle in begun:
                await follows(handle, NEW)
            await promote(address, OLD)
            for handle in handles + begun:
                await follows(handle, OLD)
        for n, handle in enumerate(handles + begun):
            goodbye = Order(reason="goodwill", actor="support-1", id=f"close-{n}")
            await handle.execute_update("close", goodbye)
            await handle.result()
            assert (await builds(handle))[-1] == OLD
    replayer = Replayer(workflows=[DebtCase], plugins=[CessionPlugin()])
    for handle in handles + begun:
        await replayer.replay_workflow(await handle.fetch_history())
