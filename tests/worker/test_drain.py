"""A worker that is told to end: nothing is half-sent, in a known time, and it says how it went."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from sqlmodel import col, select

from activities.start import ready_case, start
from models.tables import ContactRow
from runtime.clock import SharedClock, wall_now
from runtime.settings import load
from runtime.temporal import connect
from store import payment as money
from store.engine import Store
from store.keys import Keys
from store.schema import upgrade
from tests.workflows.conftest import COLLECTOR, SHANGHAI, store_debt
from tests.workflows.test_crash import sign_off
from worker.stack import http_server

ROOT = Path(__file__).parents[2]

BEGIN = datetime(2026, 3, 2, 2, tzinfo=UTC)
"""Monday, ten in the morning in Shanghai."""

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]


class Provider:
    """Takes every text and answers when it is told to."""

    def __init__(self) -> None:
        self.taken: list[UUID] = []
        self.met, self.answers = asyncio.Event(), asyncio.Event()
        self.app = FastAPI()
        self.app.post("/sms/3/messages")(self.take)
        self.app.get("/sms/3/logs")(self.tell)

    async def take(self, request: Request) -> Response:
        text = (await request.json())["messages"][0]["destinations"][0]
        self.taken.append(UUID(text["messageId"]))
        self.met.set()
        await self.answers.wait()
        return JSONResponse(
            {"messages": [{"messageId": text["messageId"], "status": {"groupId": 1}}]}
        )

    async def tell(self, messageId: UUID) -> Response:  # noqa: N803
        found = [{"messageId": str(messageId), "status": {"groupId": 3}}]
        return JSONResponse({"results": found if messageId in self.taken else []})


class Worker:
    """A running ``cession worker`` and what it says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = ""

    async def says(self, word: str) -> None:
        assert self.process.stderr is not None
        async with asyncio.timeout(60):
            while word not in self.said:
                line = await self.process.stderr.readline()
                assert line, self.said
                self.said += line.decode()

    async def ends(self) -> tuple[int, float]:
        """Answer the exit code, and how many seconds it took."""
        assert self.process.stderr is not None
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout(60):
            self.said += (await self.process.stderr.read()).decode()
            code = await self.process.wait()
        return code, asyncio.get_running_loop().time() - began


class Town:
    """A store, an engine and a provider; one debt whose payment is thanked for by text."""

    def __init__(self, store: Store, surroundings: dict[str, str], provider: Provider) -> None:
        self.store, self.surroundings, self.provider = store, surroundings, provider

    @asynccontextmanager
    async def worker(self):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from cli.main import app; app()", "worker"),
            cwd=self.surroundings["CESSION_VAR"],
            env=self.surroundings,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield Worker(process)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    def texts(self) -> list[str]:
        with self.store.reading() as session:
            asked = select(ContactRow.state).where(col(ContactRow.channel) == "sms")
            return list(session.exec(asked).all())


@pytest.fixture
async def town(temporal, sqlite_url, tmp_path):
    provider = Provider()
    upgrade(sqlite_url)
    SharedClock(tmp_path / "clock").set(BEGIN)
    port = int(temporal.address.rpartition(":")[2])
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CESSION_", "TEMPORAL_"))}
    async with http_server(provider.app, host="127.0.0.1", port=0) as sms:
        given = {
            "var": str(tmp_path),
            "database_url": sqlite_url,
            "temporal_port": port,
            "simulation": "true",
            "mode": "live",
            "licensed_in": json.dumps(["CN"]),
            "calls_recorded": "true",
            "sms_url": sms,
            "sms_key": "k",
            "sms_sender": "Northlake",
            "drain_seconds": "1",
            **COLLECTOR,
        }
        surroundings = kept | {"PYTHONPATH": str(ROOT)}
        surroundings |= {f"CESSION_{name.upper()}": str(value) for name, value in given.items()}
        settings = load(surroundings)
        store = Store.open(sqlite_url, Keys.load_or_create(settings.keys_directory))
        sign_off(store)
        shift = BEGIN - wall_now()
        with store.writing() as session:
            debt = store_debt(session, store.keys, SHANGHAI, "A-1", BEGIN)
            money.receive(
                session,
                provider="s1",
                external_id="p-1",
                kind="payment",
                debt_id=debt.id,
                debtor_id=debt.debtor_id,
                facts={
                    "payment_id": "p-1",
                    "minor": 40000,
                    "currency": "CNY",
                    "paid_at": BEGIN.isoformat(),
                },
                sealed=b"",
                received_at=BEGIN,
                observed_at=wall_now(),
            )
            ready = ready_case(session, debt, shift)
        client = await connect(settings, role="t")
        await start(client, ready)
        yield Town(store, surroundings, provider)
        await client.get_workflow_handle(ready.workflow_id).terminate("test over")
        provider.answers.set()
        store.close()


async def test_a_worker_that_is_told_to_end_lets_a_message_under_way_be_finished(town):
    async with town.worker() as worker:
        await worker.says("worker.ready")
        async with asyncio.timeout(30):
            await town.provider.met.wait()
        worker.process.send_signal(signal.SIGTERM)
        await worker.says("Draining")
        town.provider.answers.set()
        code, took = await worker.ends()
    assert (code, town.texts(), len(town.provider.taken)) == (0, ["sent"], 1), worker.said
    assert re.search(r"under way: .*1 × send", worker.said)
    assert took < 10
    assert "Traceback" not in worker.said


@pytest.mark.long
async def test_a_message_that_outlasts_the_drain_is_cut_off_told_and_asked_after_by_the_next_worker(
    town,
):
    async with town.worker() as worker:
        async with asyncio.timeout(60):
            await town.provider.met.wait()
        worker.process.send_signal(signal.SIGTERM)
        code, took = await worker.ends()
    assert code == 1, worker.said
    assert "Cut off after 1 s: 1 × send" in worker.said
    assert took < 15
    assert town.texts() == ["sending"]
    async with town.worker() as worker:
        async with asyncio.timeout(60):
            while town.texts() != ["sent"]:
                await asyncio.sleep(0.1)
    assert len(town.provider.taken) == 1


@pytest.mark.long
async def test_a_worker_told_twice_ends_at_once(town):
    async with town.worker() as worker:
        async with asyncio.timeout(60):
            await town.provider.met.wait()
        worker.process.send_signal(signal.SIGTERM)
        await worker.says("Draining")
        worker.process.send_signal(signal.SIGTERM)
        code, _ = await worker.ends()
    assert code == 1
    assert "Ended at once" in worker.said
    assert town.texts() == ["sending"]
