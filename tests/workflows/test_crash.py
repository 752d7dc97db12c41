"""Worker processes are killed everywhere between reservation and record; nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from sqlmodel import select

from activities.start import ready_case, start
from connectors.signature import sign
from gateway.main import create_app
from models.tables import ContactRow, Debt, InboxItem, LedgerEntry, WorkItem
from runtime.clock import wall_now
from runtime.settings import PACKS, load
from store import case as records
from store.engine import Store
from store.keys import Keys
from store.schema import upgrade
from tests.workflows.conftest import COLLECTOR, SHANGHAI, store_debt
from tests.workflows.mortal import AROUND, CONTACT, hasty_client
from worker.lockstep import Lockstep
from worker.stack import http_server

BEGIN = datetime(2026, 3, 2, 2, tzinfo=UTC)
"""Business time at the start: Monday, ten in the morning in Shanghai."""

LIFETIME = 60.0
"""Seconds, on a busy machine, within which a worker meets its point: else the test has lost it."""

MONEY = {
    f"{side} {what}"
    for side in ("before", "after")
    for what in ("claimed", "signal", "delivered", "booked")
} | {"answer book"}
"""Points that are passed when money comes in."""

DRAWN = ("before closed", "after closed")
"""Points that are passed when all is paid."""

FINAL = timedelta(days=30)
"""Business time for every case to end once the killing is over."""


HANGS = 6.0
"""Seconds of a provider's silence: longer than the engine's patience, so that a retry overtakes."""

LAG = 3.0
"""Seconds after which the provider's log shows a message, when it does so at all."""


class Provider:
    """Takes every text it is handed, by our id, and is unreliable in all else.

    In turn: it answers; answers 500 after taking; says nothing until nobody waits; reports the
    delivery before it answers; reports it twice. Its log lags, or answers 503.
    """

    HABITS = ("answers", "then_500", "hangs", "callback_first", "callback_twice")

    def __init__(self) -> None:
        self.taken: Counter[UUID] = Counter()
        self.met: Counter[str] = Counter()
        self.callback: Callable[[str], Awaitable[None]] | None = None
        self._habits = cycle(self.HABITS)
        self._at: dict[UUID, float] = {}
        self._reports: set[asyncio.Task[None]] = set()
        self.app = FastAPI()
        self.app.post("/sms/3/messages")(self.take)
        self.app.get("/sms/3/logs")(self.tell)

    async def take(self, request: Request) -> Response:
        text = (await request.json())["messages"][0]
        ident = text["destinations"][0]["messageId"]
        self.taken[UUID(ident)] += 1
        self._at[UUID(ident)] = asyncio.get_running_loop().time()
        habit = next(self._habits)
        self.met[habit] += 1
        answer = {"messages": [{"messageId": ident, "status": {"groupId": 1}}]}
        match habit:
            case "then_500":
                return JSONResponse({}, 500)
            case "hangs":
                await asyncio.sleep(HANGS)
            case "callback_first":
                await self.report(ident)
            case "callback_twice":
                self._later(self.report(ident))
                self._later(self.report(ident))
        return JSONResponse(answer)

    async def tell(self, messageId: UUID) -> Response:  # noqa: N803
        since = asyncio.get_running_loop().time() - self._at.get(messageId, 0.0)
        if messageId in self.taken and since < LAG and messageId.int % 2:
            return JSONResponse({}, 503)
        found = [{"messageId": str(messageId), "status": {"groupId": 3}}]
        shown = messageId in self.taken and since >= LAG
        return JSONResponse({"results": found if shown else []})

    async def report(self, ident: str) -> None:
        assert self.callback is not None
        await self.callback(ident)

    async def rest(self) -> None:
        """Wait for the reports that are on their way."""
        await asyncio.gather(*self._reports)

    def _later(self, report: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(report)
        self._reports.add(task)


@dataclass
class Launcher:
    """Makes workers that die."""

    process: asyncio.subprocess.Process
    lives: list[str] = field(default_factory=list)

    async def _say(self, **what) -> None:
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        await self.process.stdin.drain()

    async def hear(self) -> str:
        return (await self.process.stdout.readline()).decode().strip()

    async def live(self, point: str, lifetime: float) -> None:
        """Let a worker live until it meets its point, or its time is up."""
        await self._say(point=point, nth=1)
        worker = int(await self.hear())
        end = asyncio.ensure_future(self.hear())
        try:
            await asyncio.wait_for(asyncio.shield(end), lifetime)
            self.lives.append(point)
        except TimeoutError:
            os.kill(worker, signal.SIGKILL)
            self.lives.append("time")
        assert os.WTERMSIG(int(await end)) == signal.SIGKILL

    @asynccontextmanager
    async def immortal(self):
        """A worker that nobody kills."""
        await self._say(point="", nth=1)
        worker = int(await self.hear())
        try:
            yield
        finally:
            os.kill(worker, signal.SIGKILL)
            await self.hear()


@asynccontextmanager
async def launcher(where: dict, log: Path):
    script = Path(__file__).with_name("mortal.py")
    root = Path(__file__).parents[2]
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(script),
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    made = Launcher(process)
    try:
        process.stdin.write(json.dumps(where).encode() + b"\n")
        assert await made.hear() == "ready", log.read_text()
        yield made
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


@dataclass
class Town:
    """Debts that are opened and paid while workers die."""

    store: Store
    client: object
    http: httpx.AsyncClient
    distance: timedelta
    rng: random.Random
    debts: list[Debt] = field(default_factory=list)
    dues: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return wall_now() + self.distance

    async def open(self) -> None:
        account = f"A-{len(self.debts)}"
        with self.store.writing() as session:
            row = {**SHANGHAI, "phone": f"+86199{len(self.debts):08}"}
            debt = store_debt(session, self.store.keys, row, account, self.now)
            ready = ready_case(session, debt, self.distance)
        self.debts.append(debt)
        self.dues[account] = [("400.00", "part"), ("770.00", "rest")]
        assert await start(self.client, ready)

    async def provoke(self, point: str) -> None:
        """Give the newest case what makes it pass a point."""
        debt = self.debts[-1]
        left = {point in MONEY: 1, point in DRAWN: 0}.get(True, 2)
        while len(self.dues[debt.account_ref]) > left:
            await self.pay_next(debt)
        if point == "answer next_move":
            await self.client.get_workflow_handle(debt.workflow_id).signal("fact_recorded")

    async def live_on(self) -> None:
        """Whoever has been written to pays by and by; some pay before anybody writes."""
        with self.store.reading() as session:
            rows = session.exec(select(ContactRow).where(ContactRow.state == "sent")).all()
        written = Counter(row.debt_id for row in rows)
        for debt in self.debts:
            dues = self.dues[debt.account_ref]
            if dues and (written[debt.id] > 2 - len(dues) or self.rng.random() < 0.1):
                await self.pay_next(debt)

    async def pay_next(self, debt: Debt) -> None:
        await self.pay(debt, *self.dues[debt.account_ref].pop(0))

    async def pay_up(self) -> None:
        for debt in self.debts:
            for due in self.dues.pop(debt.account_ref):
                await self.pay(debt, *due)

    async def delivered(self, ident: str) -> None:
        """The provider of texts reports that one arrived."""
        body = {
            "id": f"{ident}:delivered",
            "contact": ident,
            "event": "delivered",
            "at": self.now.isoformat(),
        }
        head = {"Authorization": "Bearer rec"}
        answer = await self.http.post("/v1/receipts/sms", json=body, headers=head)
        assert answer.status_code in (200, 202), answer.text

    async def pay(self, debt: Debt, amount: str, part: str) -> None:
        """The provider notifies twice, as they do."""
        body = {
            "id": f"{debt.account_ref}-{part}",
            "debt": debt.account_ref,
            "amount": amount,
            "currency": "CNY",
            "paid_at": self.now.isoformat(),
            "method": "transfer",
            "kind": "payment",
        }
        raw, stamp = json.dumps(body).encode(), int(wall_now().timestamp())
        head = {
            "Content-Type": "application/json",
            "Cession-Timestamp": str(stamp),
            "Cession-Signature": f"v1={sign(raw, 'pay', stamp)}",
        }
        for _ in range(2):
            answer = await self.http.post("/v1/payments/s1", content=raw, headers=head)
            assert answer.status_code == 200, answer.text

    def unbooked(self) -> bool:
        with self.store.reading() as session:
            return (
                session.exec(select(InboxItem).where(InboxItem.status != "booked")).first()
                is not None
            )

    async def end(self) -> None:
        """Pay what is left, then skip time until every case has ended; one that is stuck says so."""
        # All wake at once at the end, on one worker: more debts need more patience.
        patience = timedelta(seconds=30 + 2 * len(self.debts))
        lockstep = Lockstep(self.client, self.now, patience=patience)
        for debt in self.debts:
            lockstep.adopt(debt.workflow_id, self.distance)
        horizon = lockstep.now + FINAL
        await lockstep.settle()
        await self.pay_up()
        async with asyncio.timeout(patience.total_seconds()):
            while self.unbooked():
                await asyncio.sleep(0.05)
        await lockstep.settle(debt.workflow_id for debt in self.debts)
        while lockstep.open and lockstep.now < horizon:
            await lockstep.step(horizon)
        assert not lockstep.open


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("way", ["outbox", "provider"])
@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
async def test_workers_killed_anywhere_contact_nobody_twice_and_lose_no_payment(
    temporal, database_url, way, kills, tmp_path
):
    rng = random.Random(f"{way} {database_url.split(':')[0]}")
    provider = Provider()
    distance = BEGIN - wall_now()
    upgrade(database_url)
    async with http_server(provider.app, host="127.0.0.1", port=0) as sms:
        given = {"var": str(tmp_path), "database_url": database_url, **COLLECTOR}
        if way == "provider":
            given |= {
                "mode": "live",
                "licensed_in": ["US", "CN"],
                "calls_recorded": True,
                "sms_url": sms,
                "sms_key": "k",
                "sms_sender": "Northlake",
            }
        settings = load(
            {}, payment_secrets={"s1": ["pay"]}, receipt_secrets={"sms": ["rec"]}, **given
        )
        store = Store.open(database_url, Keys.load_or_create(settings.keys_directory))
        if way == "provider":
            sign_off(store)
        clock = type("Clock", (), {"now": lambda _: wall_now() + distance})()
        where = {
            "address": temporal.address,
            "settings": given,
            "calls": str(tmp_path / "calls"),
            "distance": distance.total_seconds(),
            "begun": wall_now().isoformat(),
        }
        async with (
            http_server(create_app(settings, store, clock), host="127.0.0.1", port=0) as gateway,
            httpx.AsyncClient(base_url=gateway, timeout=30) as http,
            launcher(where, tmp_path / "workers.log") as workers,
        ):
            town = Town(store, await hasty_client(temporal.address), http, distance, rng)
            provider.callback = town.delivered
            deaths = list(schedule(rng, max(kills // 4, len(CONTACT) + 2)))
            for point in deaths:
                await town.open()
                if way == "provider":
                    # Thanks go by text, and first: so it is a text that meets its worker's death.
                    await town.pay_next(town.debts[-1])
                await town.provoke(point)
                lifetime = LIFETIME if point else rng.uniform(0.3, 2)
                living = asyncio.create_task(workers.live(point, lifetime))
                try:
                    await town.live_on()
                finally:
                    await living
            async with workers.immortal():
                if way == "provider":
                    # However many texts met a death before it left: each habit gets its turn.
                    for _ in Provider.HABITS:
                        await town.open()
                        await town.pay_next(town.debts[-1])
                await town.end()
            await provider.rest()
        figures = {
            "kills": len(workers.lives),
            "points": Counter(workers.lives),
            "provider": provider.met,
            **check(store, town, Counter(map(UUID, calls_of(tmp_path))), provider.taken),
        }
        (tmp_path / "figures.json").write_text(json.dumps(figures, indent=2))
        assert Counter(workers.lives) == Counter(point or "time" for point in deaths)
        assert set(CONTACT) <= set(workers.lives)
        if way == "provider":
            assert set(provider.met) == set(Provider.HABITS)
        store.close()


def schedule(rng: random.Random, kills: int) -> Iterator[str]:
    """Where workers die: at every point of a contact, then of the rest, then anywhere, anew."""
    while True:
        around = rng.sample(AROUND, len(AROUND))
        for point in (*rng.sample(CONTACT, len(CONTACT)), *around, "", "", ""):
            if kills == 0:
                return
            kills -= 1
            yield point


def calls_of(directory: Path) -> list[str]:
    return (directory / "calls").read_text("ascii").split()


def sign_off(store: Store) -> None:
    from rules.message import load_wording
    from rules.packs import load_packs

    pack = load_packs(PACKS / "jurisdictions").merged("CN", None)
    words = load_wording(PACKS / "wording").pack("zh-CN")
    with store.writing() as session:
        for name, sha256 in (("CN", pack.sha256), ("wording zh-CN", words.sha256)):
            records.sign(
                session,
                pack=name,
                sha256=sha256,
                approver="tester",
                note="test",
                at=BEGIN,
                test_only=True,
            )


def check(store: Store, town: Town, calls: Counter[UUID], taken: Counter[UUID]) -> dict[str, int]:
    """Hold what came of it against what must; answer the figures."""
    with store.reading() as session:
        contacts = session.exec(select(ContactRow)).all()
        ledger = session.exec(select(LedgerEntry)).all()
        inbox = session.exec(select(InboxItem)).all()
        debts = session.exec(select(Debt)).all()
        work = session.exec(select(WorkItem)).all()
    # No double contact: per try, and per step of a debt.
    assert not [ident for ident, count in (calls + taken).items() if calls[ident] > 1]
    assert not [ident for ident, count in taken.items() if count > 1]
    states = {row.id: row.state for row in contacts}
    assert {states[ident] for ident in taken} <= {"sent", "unknown"}
    reached = Counter(
        (row.debt_id, row.step) for row in contacts if row.state in ("sent", "unknown")
    )
    assert reached
    assert max(reached.values()) == 1
    # No open reservation for ever, nothing left in the air.
    assert {row.state for row in contacts} <= {"sent", "unknown", "not_sent", "released"}
    # No lost payment, none booked twice; what came in is what was paid off.
    paid = Counter((row.debt_id, row.minor) for row in ledger if row.kind == "payment")
    assert paid == Counter((debt.id, minor) for debt in debts for minor in (40000, 77000))
    assert {item.status for item in inbox} == {"booked"}
    assert {(debt.status, debt.ending) for debt in debts} == {("closed", "paid")}
    assert len(debts) == len(town.debts)
    # Whatever stays in doubt was put before a person.
    asked = {item.contact_id for item in work if item.kind == "doubt_review"}
    assert {row.id for row in contacts if row.state == "unknown"} <= asked
    return {
        "contacts": len(reached),
        "in doubt": sum(row.state == "unknown" for row in contacts),
        "contacted twice": sum(count > 1 for count in reached.values()),
        "payments": sum(paid.values()),
        "lost payments": 2 * len(debts) - sum(paid.values()),
        "open reservations": sum(row.state in ("reserved", "sending") for row in contacts),
    }
