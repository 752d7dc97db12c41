from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import fastapi
import httpx
import psycopg
import pytest
from temporalio import workflow
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from models.visibility import SA
from runtime.settings import load
from runtime.temporal import TemporalUnreachableError, connect
from worker import stack
from worker.stack import (
    RETENTION,
    StackError,
    embedded,
    http_server,
    postgres_server,
    sole_user,
    temporal_server,
)

ROOT = Path(__file__).parents[2]


@workflow.defn
class Sleeper:
    @workflow.run
    async def run(self) -> None:
        await workflow.sleep(timedelta(days=1))


@pytest.fixture
def settings(tmp_path):
    return load({}, var=tmp_path / "var", temporal_port=0, ui_port=0)


async def gone(pid: int) -> None:
    async with asyncio.timeout(20):
        while Path(f"/proc/{pid}").exists() and "Z" not in state_of(pid):
            await asyncio.sleep(0.02)


def state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"


async def test_a_killed_server_finds_everything_as_it_was(settings):
    marked = TypedSearchAttributes([SearchAttributePair(SA.SELLER, "acme")])
    async with embedded(settings) as temporal:
        client = await connect(settings)
        await client.start_workflow(
            Sleeper.run, id="case-a", task_queue="none", search_attributes=marked
        )
        os.kill(temporal.pid, signal.SIGKILL)
        await gone(temporal.pid)
        # It is started again where it was; the same client finds it.
        async with asyncio.timeout(30):
            await client.get_workflow_handle("case-a").describe(rpc_timeout=timedelta(seconds=25))
    async with embedded(settings):
        client = await connect(settings)
        found = await client.get_workflow_handle("case-a").describe()
        assert found.typed_search_attributes[SA.SELLER] == "acme"


async def test_histories_are_kept_for_ninety_days(client):
    answer = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=client.namespace)
    )
    assert answer.config.workflow_execution_retention_ttl.ToTimedelta() == RETENTION


async def test_every_search_attribute_of_a_case_is_known_to_the_server(client):
    answer = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    assert {key.name: int(key.indexed_value_type) for key in SA.ALL} == dict(
        answer.custom_attributes
    )


async def test_a_second_stack_on_the_same_var_is_refused(settings):
    with (
        sole_user(settings.var),
        pytest.raises(StackError, match=rf"already runs on .*process {os.getpid()}.*CESSION_VAR"),
    ):
        async with embedded(settings):
            pass


async def test_a_busy_port_is_named_with_the_setting_that_moves_it(tmp_path):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(StackError, match=rf"port {port} is in use.*CESSION_TEMPORAL_PORT"):
            async with temporal_server(directory=tmp_path, port=port):
                pass


async def test_the_web_ui_answers(settings):
    async with embedded(settings) as temporal, httpx.AsyncClient() as browser:
        assert (await browser.get(temporal.ui)).status_code == 200


async def test_a_stopped_stack_is_reported_with_what_to_do(settings):
    with pytest.raises(TemporalUnreachableError, match=r"127\.0\.0\.1:.*cession up"):
        await connect(settings.model_copy(update={"temporal_port": 1}))


STACK = """
import asyncio, sys
from pathlib import Path
from worker.stack import temporal_server

async def main():
    async with temporal_server(directory=Path(sys.argv[1]), ui_port=None) as temporal:
        print(temporal.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl")
async def test_the_server_dies_with_a_killed_parent(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", STACK, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    )
    with parent:
        pid = int(await asyncio.to_thread(parent.stdout.readline))
        assert Path(f"/proc/{pid}").exists()
        parent.kill()
    await gone(pid)


async def test_a_server_that_cannot_start_says_where_to_read_why(tmp_path):
    (tmp_path / "temporal.db").mkdir()
    with pytest.raises(StackError, match=r"ended at once; see .*temporal\.log"):
        async with temporal_server(directory=tmp_path, ui_port=None):
            pass


async def test_an_application_is_served_and_stopped():
    app = fastapi.FastAPI()
    app.get("/healthz")(lambda: "well")
    async with http_server(app, host="127.0.0.1", port=0) as address, httpx.AsyncClient() as caller:
        assert (await caller.get(f"{address}/healthz")).json() == "well"
    async with httpx.AsyncClient() as caller:
        with pytest.raises(httpx.ConnectError):
            await caller.get(f"{address}/healthz")


async def test_a_busy_gateway_port_is_named_with_the_settings_that_move_it():
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(StackError, match=rf"127\.0\.0\.1:{port}.*CESSION_GATEWAY_PORT"):
            async with http_server(fastapi.FastAPI(), host="127.0.0.1", port=port):
                pass


def test_every_test_has_a_database_of_its_own(postgres_url):
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as session:
        session.execute("CREATE TABLE one (id int)")
        assert session.execute("SELECT count(*) FROM one").fetchone() == (0,)


@pytest.mark.postgres
def test_postgres_finds_everything_as_it_was(tmp_path_factory):
    with tempfile.TemporaryDirectory(prefix="cession-pg-") as directory:
        with (
            postgres_server(Path(directory) / "pg") as url,
            psycopg.connect(url.replace("+psycopg", "")) as session,
        ):
            session.execute("CREATE TABLE one AS SELECT 7 AS id")
        with (
            postgres_server(Path(directory) / "pg") as url,
            psycopg.connect(url.replace("+psycopg", "")) as session,
        ):
            assert session.execute("SELECT id FROM one").fetchone() == (7,)


async def test_a_server_that_cannot_be_started_again_is_tried_on(tmp_path, monkeypatch):
    class Ended:
        async def wait(self):
            return 1

    class Lives(Ended):
        async def wait(self):
            await asyncio.Event().wait()

    tries = []
    up = asyncio.Event()

    async def start():
        tries.append(1)
        if len(tries) == 1:
            raise OSError("no memory")
        up.set()
        return Lives()

    monkeypatch.setattr(stack, "REST", 0.0)
    keeping = asyncio.create_task(stack._keep([Ended()], start, tmp_path / "log"))
    await asyncio.wait_for(up.wait(), 5)
    keeping.cancel()
    assert len(tries) == 2
