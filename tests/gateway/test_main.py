import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core import NotSet
from structlog.testing import capture_logs

from connectors.signature import sign
from gateway.door import TOLD, Told
from store.engine import StoreBusyError, StoreMissingError

WALL = datetime(2026, 11, 24, 9, tzinfo=UTC)


async def test_health_and_readiness(gateway):
    for path in ("/healthz", "/readyz"):
        answer = await gateway.http.get(path)
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")


async def test_the_ways_in_are_described(gateway):
    answer = await gateway.http.get("/openapi.json")
    paths = answer.json()["paths"]
    assert {"/v1/payments/{seller}", "/v1/stripe", "/v1/receipts/{provider}"} < set(paths)
    body = paths["/v1/payments/{seller}"]["post"]["requestBody"]["content"]["application/json"]
    assert set(body["schema"]["required"]) == {"id", "debt", "amount", "currency", "paid_at"}


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", "/v1/stripe", 405)]
)
async def test_a_wrong_address_is_said_in_the_same_form(gateway, method, path, status):
    answer = await gateway.http.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "what", "where", "advice"}


async def test_a_store_that_is_locked_out_is_503_with_a_time_to_come_back(
    gateway, notice, inbox, monkeypatch
):
    if gateway.store.dialect != "sqlite":
        pytest.skip("PostgreSQL has no lock on the whole store")
    monkeypatch.setattr("gateway.door.PATIENCE", 0.1)
    other = sqlite3.connect(gateway.store.engine.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        answer = await gateway.post("/v1/payments/north", notice())
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert (answer.status_code, answer.json()["error"]) == (503, "try_later")
    assert int(answer.headers["retry-after"]) > 0
    assert inbox() == []
    again = await gateway.post("/v1/payments/north", notice())
    assert again.json()["status"] == "new"


def test_a_store_that_gives_no_answer_is_said_once_in_a_while_with_what_to_do():
    at = [0.0]
    told = Told(lambda: at[0])
    with capture_logs() as lines:
        for _ in range(30):
            told.say(StoreBusyError(4.0))
        told.say(StoreMissingError("no database; run: cession db upgrade"))
        at[0] = TOLD
        told.say(StoreBusyError(4.0))
    assert [(line["event"], line["log_level"], line["turned_away"]) for line in lines] == [
        ("gateway.store_busy", "warning", 1),
        ("gateway.store_away", "error", 1),
        ("gateway.store_busy", "warning", 30),
    ]
    assert "waited 4 s; nothing was written" in lines[0]["why"]
    assert "cession db upgrade" in lines[1]["why"]


async def test_the_relay_is_woken_after_the_commit(store, serve, notice):
    woken = []
    async with serve(store, wake=lambda: woken.append(1)) as gateway:
        await gateway.post("/v1/payments/north", notice())
        assert woken == [1]
        await gateway.post("/v1/payments/north", notice(amount="x"))
        assert woken == [1]


async def test_whatever_the_description_allows_is_never_answered_500(gateway):
    described = (await gateway.http.get("/openapi.json")).json()
    operations = [
        result.ok() for result in schemathesis.openapi.from_dict(described).get_all_operations()
    ]
    assert len(operations) == 10
    wall = int(WALL.timestamp())
    answered = set()

    def ask(operation):
        @given(case=operation.as_strategy())
        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        def never_500(case):
            body = b"" if isinstance(case.body, NotSet) else case.body
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            path = operation.path.format(seller="north", provider="post")
            proof = sign(raw, "s1", wall)
            signed = {
                "Cession-Timestamp": str(wall),
                "Cession-Signature": f"v1={proof}",
                "Stripe-Signature": f"t={wall},v1={proof}",
            }
            answer = client.request(operation.method, path, content=raw, headers=signed)
            assert answer.status_code < 500
            answered.add(answer.status_code)

        with httpx.Client(base_url=gateway.url) as client:
            never_500()

    for operation in operations:
        await asyncio.to_thread(ask, operation)
    assert {200, 422} <= answered


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "run: cession db upgrade"),
        ({"CESSION_GATEWAY_PROT": "1"}, "did you mean CESSION_GATEWAY_PORT"),
    ],
)
def test_a_process_that_cannot_start_says_why_in_a_line_or_two(tmp_path, changes, says):
    done = subprocess.run(
        [sys.executable, "-m", "gateway.main"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "CESSION_VAR": str(tmp_path), **changes},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("cession gateway: ")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
