from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from uuid import uuid4

import pytest
import structlog
from temporalio import activity, workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from runtime.settings import load
from runtime.temporal import (
    TemporalUnreachableError,
    connect,
    deployment,
    embedded_address,
    outside,
)

TABLES = """
from temporalio import workflow
import models.tables.debt
import store

@workflow.defn(name="Careless")
class Careless:
    @workflow.run
    async def run(self) -> None: ...
"""

CONTEXT: list[dict] = []


@activity.defn
async def look() -> None:
    CONTEXT.append(structlog.contextvars.get_contextvars())


@workflow.defn(name="Looker")
class Looker:
    @workflow.run
    async def run(self) -> None:
        from datetime import timedelta

        await workflow.execute_activity(look, start_to_close_timeout=timedelta(seconds=5))


@pytest.fixture
def settings(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("TEMPORAL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return load({}, var=tmp_path)


async def test_a_workflow_module_that_imports_the_store_is_refused_at_worker_start(
    client, tmp_path, monkeypatch
):
    (tmp_path / "careless.py").write_text(TABLES)
    monkeypatch.syspath_prepend(str(tmp_path))
    careless = importlib.import_module("careless")
    with pytest.raises(RuntimeError, match=r"(?s)Careless"):
        Worker(client, task_queue=uuid4().hex, workflows=[careless.Careless])
    sys.modules.pop("careless")


async def test_every_line_of_an_activity_names_its_case_and_attempt(client):
    queue, case = uuid4().hex, uuid4().hex
    async with Worker(
        client,
        task_queue=queue,
        workflows=[Looker],
        activities=[look],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        await client.execute_workflow("Looker", id=case, task_queue=queue)
    assert [{"workflow_id": case, "activity": "look", "attempt": 1}] == CONTEXT


async def test_the_identity_in_every_event_is_short(client):
    assert client.identity == f"t-{os.getpid()}"


@pytest.mark.parametrize("embedded", [True, False])
async def test_an_unreachable_server_is_reported_with_address_and_advice(
    settings, monkeypatch, embedded
):
    if not embedded:
        monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    settings = settings.model_copy(update={"temporal_port": 1})
    advice = "cession up" if embedded else "TEMPORAL_NAMESPACE"
    with pytest.raises(TemporalUnreachableError, match=rf"127\.0\.0\.1:1: .*{advice}"):
        await connect(settings)


async def test_a_broken_connection_profile_is_reported(settings, monkeypatch):
    monkeypatch.setenv("TEMPORAL_PROFILE", "nowhere")
    with pytest.raises(TemporalUnreachableError, match="nowhere"):
        await connect(settings)


def test_an_address_in_the_environment_means_the_operators_own_cluster(settings, monkeypatch):
    assert outside() == {}
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example:7233")
    assert outside()["target_host"] == "temporal.example:7233"


def test_a_running_stack_is_found_by_its_var(settings):
    assert embedded_address(settings) == "127.0.0.1:7233"
    (Path(settings.var) / "stack.json").write_text('{"temporal": "127.0.0.1:5"}')
    assert embedded_address(settings) == "127.0.0.1:5"


def test_workers_are_versioned_by_a_build_id_only():
    assert not deployment("").use_worker_versioning
    assert deployment("v7").use_worker_versioning
    assert deployment("v7").version.build_id == "v7"


def test_plain_workers_leave_no_hash_of_the_code_in_every_event():
    assert deployment("").version.build_id == ""
