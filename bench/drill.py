"""``python -m bench.drill``: a working day at once, on PostgreSQL, with workers killed all the while.

A gateway and several workers in processes of their own. For so many minutes sellers' files are imported by
the command line (the first import is killed and run again), debtors pay and write back, agents work the desk,
a supervisor throws and lifts the kill switch, and a worker is killed without warning every few seconds. Then
everything is let come to rest, and looked at as after a restore: nothing lost, nothing doubled, every
invariant holds, the record is whole, store and engine agree. The exit code is 1 if anything is not so.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import httpx
from sqlmodel import col, func, select
from temporalio.client import Client
from temporalio.service import RPCError

from activities import desk, reconcile, roster, sheet
from activities.hands import DeskRefusalError
from activities.office import Office
from activities.start import lost
from bench.__main__ import COLLECTOR
from bench.load import Paid, healthy, process, say
from bench.portfolio import copies
from connectors.signature import sign
from models.case import Fact
from models.desk import Report, Result
from models.operator import Role
from models.stop import Scope, StopKind
from models.tables import Debt, InboxItem, LedgerEntry, WorkItem
from runtime.clock import wall_now
from runtime.logs import configure
from runtime.settings import Settings, load
from runtime.temporal import connect
from store import chain
from store import operator as operators
from store import stop as stops
from store.schema import upgrade
from worker.invariants import breaches, engine_breaches
from worker.office import make_office
from worker.stack import free_port, postgres_server, temporal_server

SELLER = "harbour-lantern"
AGENTS = ("drill-ana", "drill-bo", "drill-cy")
REST = 600.0
"""Seconds without any progress after which what is left is left, once nothing new comes in."""

WORDS = (
    "stop by tomorrow and I'll pay",
    "please call me after six",
    "I paid this last month",
    "pls dont text me any more, email is ok",
    "who are you?",
)
"""What people write back: some of it stops contact, most of it a person must read."""


@dataclass
class Drill:
    """What was done, and what was found afterwards."""

    minutes: float
    workers: int
    imported: int = 0
    imports: int = 0
    import_kills: int = 0
    payments: int = 0
    requests: int = 0
    again: int = 0
    """Requests repeated because no answer came, as providers do."""
    replies: int = 0
    work_done: int = 0
    refused: int = 0
    """Items that an agent could not take or close as first tried; they went back."""
    kills: int = 0
    stops: int = 0
    stop_ms: list[float] = field(default_factory=list[float])
    """From throwing the kill switch to its acknowledgement."""
    rested_seconds: float = 0.0
    # Found afterwards: each must be nothing
    lost: int = 0
    twice: int = 0
    wrong: int = 0
    left: int = 0
    missing_debts: int = 0
    without_run: int = 0
    held_items: int = 0
    breaches: list[str] = field(default_factory=list[str])
    differences: list[str] = field(default_factory=list[str])
    faults: list[str] = field(default_factory=list[str])

    @property
    def sound(self) -> bool:
        counted = (self.lost, self.twice, self.wrong, self.left, self.missing_debts)
        return not any((*counted, self.without_run, self.breaches, self.differences, self.faults))

    def told(self) -> dict[str, Any]:
        """Answer the figures for people and programs."""
        times = sorted(self.stop_ms)
        middle = round(statistics.median(times)) if times else 0
        rest = {k: v for k, v in asdict(self).items() if k != "stop_ms"}
        return {**rest, "stop_ms_median": middle, "stop_ms_worst": round(max(times, default=0)),
                "sound": self.sound}  # fmt: skip


class Day:
    """The day itself: what everybody does until it is over."""

    def __init__(  # noqa: PLR0917
        self, drill: Drill, office: Office, client: Client, settings: Settings, env: dict[str, str],
        address: str, rows: int, files: int,
    ) -> None:  # fmt: skip
        self.drill, self.office, self.client, self.settings = drill, office, client, settings
        self.env, self.address, self.rows, self.files = env, address, rows, files
        self.chance = Random(7)  # the same day every time, as far as processes allow
        self.ends = 0.0
        self.paid: dict[str, tuple[int, str]] = {}

    @property
    def goes_on(self) -> bool:
        return perf_counter() < self.ends

    async def run(self, workers: list[Worker]) -> None:
        """Import once, so that there is somebody to pay and to write, then do all at once."""
        await self._import(killed=True)
        self.ends = perf_counter() + self.drill.minutes * 60
        async with httpx.AsyncClient(base_url=self.address, timeout=60) as http:
            await asyncio.gather(
                self._imports(),
                *(self._pay(http) for _ in range(4)),
                self._write(http),
                *(self._work(agent) for agent in AGENTS),
                self._stop(),
                self._kill(workers),
            )

    async def _pay(self, http: httpx.AsyncClient) -> None:
        """Pay a little, one payment in five told twice."""
        while self.goes_on:
            number = self.drill.payments
            self.drill.payments += 1
            paid = Paid(number, f"D1-{number % self.rows:06d}", 1 + number % 97)
            self.paid[f"pay-{number}"] = (paid.minor, paid.account)
            for event in (f"evt-{number}", *((f"evt-{number}-again",) if number % 5 == 0 else ())):
                await self._post(http, f"/v1/payments/{SELLER}", paid.body(event))
            await asyncio.sleep(0.1)

    async def _write(self, http: httpx.AsyncClient) -> None:
        while self.goes_on:
            number = self.drill.replies
            self.drill.replies += 1
            told = {
                "id": f"reply-{number}",
                "from": f"d1-{self.chance.randrange(self.rows)}@bench.example.com",
                "text": self.chance.choice(WORDS),
                "channel": "email",
                "at": wall_now().isoformat(),
            }
            await self._post(http, "/v1/replies/mail", json.dumps(told).encode())
            await asyncio.sleep(0.5)

    async def _post(self, http: httpx.AsyncClient, path: str, raw: bytes) -> None:
        self.drill.requests += 1
        while True:
            stamp = int(wall_now().timestamp())
            headers = {
                "Content-Type": "application/json",
                "Cession-Timestamp": str(stamp),
                "Cession-Signature": f"v1={sign(raw, 'bench', stamp)}",
            }
            try:
                answer = await http.post(path, content=raw, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code in (200, 202):
                return
            if answer is not None and answer.status_code not in (429, 503):
                raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text[:300]}")
            self.drill.again += 1
            await asyncio.sleep(0.2)

    async def _imports(self) -> None:
        """Import the further files of the day, evenly spread over it."""
        apart = self.drill.minutes * 60 / (self.files + 1)
        began = perf_counter()
        for number in range(1, self.files + 1):
            await asyncio.sleep(began + number * apart - perf_counter())
            await self._import()

    async def _import(self, *, killed: bool = False) -> None:
        """Import a file as operations do; a killed one is run again and goes on."""
        self.drill.imports += 1
        given = copies(self.rows, prefix=f"D{self.drill.imports}")
        path = self.settings.var / f"drill-{self.drill.imports}.csv"
        given.write(path)
        words = ("-c", "from cli.main import app; app()", "portfolio", "import", str(path))
        if killed:
            async with process(self.env, *words) as importing:
                while True:
                    if self._debts() or importing.returncode is not None:
                        break
                    await asyncio.sleep(0.05)
            self.drill.import_kills += 1
        async with process(self.env, *words) as importing:
            code = await importing.wait()
        if code:
            raise RuntimeError(f"the import of {path.name} ended with {code}")
        self.drill.imported += self.rows

    async def _work(self, agent: str) -> None:
        """Take what comes next and report on it, as an agent does all day."""
        while self.goes_on:
            case = await asyncio.to_thread(self._one_item, agent)
            if case is None:
                await asyncio.sleep(0.5)
                continue
            # The store has it, and a case that is not told reads the store.
            with suppress(RPCError):
                handle = self.client.get_workflow_handle(case)
                await handle.signal("fact_recorded", Fact(kind="work_done"))

    def _one_item(self, agent: str) -> str | None:
        now = self.office.clock.now()
        try:
            with self.office.store.writing() as session:
                item = roster.next_item(session, agent, now)
                if item is None:
                    return None
                ident = item.id
                if desk.take(session, self.office, ident, agent, now) is not None:
                    self.drill.refused += 1
                    return None
            with self.office.store.writing() as session:
                held = desk.find(session, ident)
                seen = sheet.sheet(session, self.office, held, agent, now)
                result = Result.RESOLVED if Result.RESOLVED in seen.choices else seen.choices[0]
                desk.done(session, self.office, ident, agent, Report(result=Result(result)), now)
                case = session.get_one(Debt, held.debt_id).workflow_id
        except DeskRefusalError:
            self.drill.refused += 1
            return None
        self.drill.work_done += 1
        return case

    async def _stop(self) -> None:
        """Throw the kill switch over everything, wait a moment, lift it."""
        while self.goes_on:
            await asyncio.sleep(10)
            began = perf_counter()
            stop = await asyncio.to_thread(self._throw)
            self.drill.stop_ms.append((perf_counter() - began) * 1000)
            self.drill.stops += 1
            await asyncio.sleep(2)
            await asyncio.to_thread(self._lift, stop)

    def _throw(self) -> Any:
        now = self.office.clock.now()
        with self.office.store.writing() as session:
            entered, _ = stops.enter(
                session, StopKind.KILL_SWITCH, Scope.EVERYTHING, now=now, observed_at=wall_now(),
                reason="drill", actor=AGENTS[0], source="switch",
                external_id=f"drill-{self.drill.stops}",
            )  # fmt: skip
            return entered.id

    def _lift(self, stop: Any) -> None:
        with self.office.store.writing() as session:
            stops.end(session, stop, now=self.office.clock.now(), reason="drill", actor=AGENTS[0])

    async def _kill(self, workers: list[Worker]) -> None:
        while self.goes_on:
            await asyncio.sleep(self.chance.uniform(4, 12))
            self.drill.kills += self.chance.choice(workers).kill()

    def _debts(self) -> int:
        with self.office.store.reading() as session:
            return session.exec(select(func.count()).select_from(Debt)).one()


class Worker:
    """A worker in a process of its own that is begun again whenever it is gone."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env
        self._process: asyncio.subprocess.Process | None = None

    async def live(self) -> None:
        while True:
            async with process(self._env, "-c", "from cli.main import app; app()", "worker") as one:
                self._process = one
                await one.wait()

    def kill(self) -> bool:
        """Kill it without warning; answer whether it lived."""
        if self._process is None or self._process.returncode is not None:
            return False
        self._process.send_signal(signal.SIGKILL)
        return True


@asynccontextmanager
async def _living(worker: Worker) -> AsyncGenerator[None]:
    task = asyncio.create_task(worker.live())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def drill(url: str, *, minutes: float, workers: int, rows: int, files: int) -> Drill:
    """Live the day, let it come to rest, and look."""
    told = Drill(minutes=minutes, workers=workers)
    with tempfile.TemporaryDirectory() as directory:
        var = Path(directory)
        async with temporal_server(directory=var, ui_port=None) as server:
            upgrade(url)
            port, engine = free_port(), server.address.rpartition(":")[2]
            settings = load({}, var=var, database_url=url, temporal_port=int(engine), **COLLECTOR)
            office = make_office(settings)
            try:
                token = _staff(office)
                env = _environment(directory, url, engine, port, token)
                client = await connect(settings, role="bench")
                address = f"http://127.0.0.1:{port}"
                living = [Worker(env) for _ in range(workers)]
                async with AsyncExitStack() as stack:
                    gateway = await stack.enter_async_context(process(env, "-m", "gateway.main"))
                    for one in living:
                        await stack.enter_async_context(_living(one))
                    await healthy(address, gateway)
                    day = Day(told, office, client, settings, env, address, rows, files)
                    await day.run(living)
                    began = perf_counter()
                    await _rest(office, told, day)
                    told.rested_seconds = round(perf_counter() - began, 1)
                    await _look(office, client, told, day)
            finally:
                office.threads.shutdown()
                office.store.close()
    return told


def _staff(office: Office) -> str:
    now = office.clock.now()
    with office.store.writing() as session:
        for agent in AGENTS:
            operators.add(
                session, office.store.keys, agent, [Role.AGENT, Role.SUPERVISOR], now=now,
                actor="drill",
            )  # fmt: skip
        return operators.add(
            session, office.store.keys, "drill-ops", [Role.OPERATIONS], now=now, actor="drill"
        )


def _environment(directory: str, url: str, engine: str, port: int, token: str) -> dict[str, str]:
    return {
        **os.environ,
        "CESSION_VAR": directory,
        "CESSION_DATABASE_URL": url,
        "CESSION_TEMPORAL_PORT": engine,
        "CESSION_GATEWAY_PORT": str(port),
        "CESSION_GATEWAY_RATE": "100000",
        "CESSION_LOG_LEVEL": "ERROR",
        "CESSION_TOKEN": token,
        "CESSION_PAYMENT_SECRETS": json.dumps({SELLER: ["bench"]}),
        "CESSION_RECEIPT_SECRETS": json.dumps({"mail": ["bench"]}),
        **{f"CESSION_{name.upper()}": value for name, value in COLLECTOR.items()},
    }


async def _rest(office: Office, told: Drill, day: Day) -> None:
    """Wait until every notice is booked and every debt has its case, or say what is left."""
    began, waiting, least = perf_counter(), 0, (float("inf"), 0)
    while perf_counter() - began < REST:
        with office.store.reading() as session:
            waiting = (
                session.exec(
                    select(func.count()).where(
                        col(InboxItem.status).in_(("new", "delivered")),
                        col(InboxItem.kind) != "reply",  # a reply has done its work on arrival
                    )
                ).one()
                + session.exec(select(func.count()).where(col(Debt.status) == "new")).one()
            )
        booked = _booked(office)
        if not waiting and booked >= len(day.paid):
            break
        if (waiting, -booked) < least:
            began, least = perf_counter(), (waiting, -booked)
        await asyncio.sleep(0.5)
    told.left = waiting


def _booked(office: Office) -> int:
    with office.store.reading() as session:
        return session.exec(
            select(func.count()).where(
                col(LedgerEntry.source) == f"seller:{SELLER}", col(LedgerEntry.kind) == "payment"
            )
        ).one()


async def _look(office: Office, client: Client, told: Drill, day: Day) -> None:
    with office.store.reading() as session:
        known = dict(session.exec(select(Debt.id, Debt.account_ref)).all())
        rows = session.exec(
            select(LedgerEntry.external_id, LedgerEntry.minor, LedgerEntry.debt_id).where(
                col(LedgerEntry.source) == f"seller:{SELLER}", col(LedgerEntry.kind) == "payment"
            )
        ).all()
        told.breaches = [str(one) for one in breaches(session, office.law)]
        told.held_items = session.exec(
            select(func.count()).where(
                col(WorkItem.status) == "taken", col(WorkItem.lease_by).in_(AGENTS)
            )
        ).one()
        open_ = session.exec(select(Debt.workflow_id).where(col(Debt.status) != "closed")).all()
    with office.store.reading() as session:  # one view of its own, as the audit has it
        told.faults = [
            f"{one.what} {one.table} {one.key} {one.detail}"
            for one in chain.verify(session, office.store.keys)
        ]
    booked = [ident for ident, _, _ in rows]
    told.lost = len(day.paid.keys() - set(booked))
    told.twice = len(booked) - len(set(booked))
    told.wrong = sum(
        day.paid.get(ident or "") != (minor, known[debt]) for ident, minor, debt in rows
    )
    told.missing_debts = told.imported - len(known)
    told.without_run = len(await lost(client, open_))
    found = await reconcile.compare(client, office.store, None, lambda _count: None)
    told.differences = [f"{one.kind} {one.account}: {one.said}" for one in found]
    told.breaches += [str(one) for one in await engine_breaches(client, list(open_)[:SAMPLE], ())]


SAMPLE = 50
"""Histories that are replayed whole: the rest are read by reconciliation."""


def main() -> int:
    words = argparse.ArgumentParser(prog="python -m bench.drill", description=__doc__)
    words.add_argument("--minutes", type=float, default=10)
    words.add_argument("--workers", type=int, default=3)
    words.add_argument("--rows", type=int, default=300, help="debts of each seller's file")
    words.add_argument("--files", type=int, default=4, help="files after the first one")
    words.add_argument("--json", action="store_true")
    chosen = words.parse_args()
    configure("console", "ERROR")
    with tempfile.TemporaryDirectory() as directory, postgres_server(Path(directory) / "pg") as url:
        done = asyncio.run(
            drill(
                url,
                minutes=chosen.minutes,
                workers=chosen.workers,
                rows=chosen.rows,
                files=chosen.files,
            )
        )
    say(done.told(), as_json=chosen.json)
    return 0 if done.sound else 1


if __name__ == "__main__":
    sys.exit(main())
