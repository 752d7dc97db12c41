"""``python -m bench.load``: many notices, some twice, in any order, while workers are killed.

A gateway and a worker of their own processes, on PostgreSQL or SQLite, one case for each debt.
Whatever happens to the workers, every distinct payment is booked once and none is lost; the exit
code is 1 if one is not, or if nothing moves any more.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import httpx
from sqlalchemy import make_url
from sqlmodel import col, func, select

from activities.intake import ready_cases, start_cases, store_portfolio
from bench.__main__ import COLLECTOR
from bench.caller import Caller
from bench.portfolio import copies
from connectors.signature import sign
from models.intake import Page
from models.tables import InboxItem, LedgerEntry
from runtime.clock import wall_now
from runtime.logs import configure
from runtime.settings import Settings, load
from runtime.temporal import connect
from store.engine import Store
from store.schema import upgrade
from worker.office import make_office
from worker.stack import free_port, postgres_server, temporal_server

SELLER = "harbour-lantern"
PATIENCE = 300.0
"""Seconds without a new entry after which what is not booked counts as lost."""

_STARTS = 60.0
"""Seconds that the gateway has to answer at first."""


@dataclass
class Run:
    """What was sent and what became of it."""

    database: str
    distinct: int
    sent: int
    debts: int
    connections: int
    accept_seconds: float = 0.0
    book_seconds: float = 0.0
    """From the first notice to the last entry."""
    again: int = 0
    """Requests that were repeated because no answer came, as providers do."""
    kills: int = 0
    booked: int = 0
    lost: int = 0
    twice: int = 0
    wrong: int = 0
    """Payments booked with another amount or to another debt than told."""
    left: int = 0
    """Notices that are neither booked nor known as the same again."""

    @property
    def sound(self) -> bool:
        return not (self.lost or self.twice or self.wrong or self.left)


@dataclass(frozen=True)
class Paid:
    """A payment as a provider tells of it."""

    number: int
    account: str
    minor: int

    def body(self, event: str) -> bytes:
        """The notice of it under an event id."""
        told = {
            "id": event,
            "payment": f"pay-{self.number}",
            "debt": self.account,
            "amount": f"{self.minor / 100:.2f}",
            "currency": "USD",
            "paid_at": f"2026-03-{1 + self.number % 28:02}T12:00:00+00:00",
            "method": "card",
        }
        return json.dumps(told).encode()


def plan(count: int, debts: int, duplicates: float, seed: int) -> list[tuple[Paid, str]]:
    """Answer payments and events in the order of sending: of the doubled half under a new event."""
    chance = Random(seed)  # the same run every time
    paid = [Paid(n, f"B-{n % debts:06d}", 1 + n % 97) for n in range(count)]
    events = [(one, f"evt-{one.number}") for one in paid]
    events += [
        (one, f"evt-{one.number}" + chance.choice(("", "-again")))
        for one in chance.sample(paid, int(count * duplicates))
    ]
    chance.shuffle(events)
    return events


async def run(
    url: str, count: int, *, debts: int, duplicates: float, connections: int, kills: int,
    seed: int = 7,
) -> Run:  # fmt: skip
    """Send everything, kill workers meanwhile, wait until all is booked, and compare."""
    events = plan(count, debts, duplicates, seed)
    told = Run(make_url(url).get_backend_name(), count, len(events), debts, connections)
    with tempfile.TemporaryDirectory() as directory:
        var = Path(directory)
        async with temporal_server(directory=var, ui_port=None) as server:
            upgrade(url)
            port, engine = free_port(), server.address.rpartition(":")[2]
            settings = load({}, var=var, database_url=url, temporal_port=int(engine), **COLLECTOR)
            office = make_office(settings)
            try:
                await _open(settings, office.store, debts)
                env = {
                    **os.environ,
                    "CESSION_VAR": directory,
                    "CESSION_DATABASE_URL": url,
                    "CESSION_TEMPORAL_PORT": engine,
                    "CESSION_GATEWAY_PORT": str(port),
                    "CESSION_GATEWAY_RATE": "100000",
                    "CESSION_LOG_LEVEL": "ERROR",
                    "CESSION_PAYMENT_SECRETS": json.dumps({SELLER: ["bench"]}),
                    **{f"CESSION_{k.upper()}": v for k, v in COLLECTOR.items()},
                }
                address = f"http://127.0.0.1:{port}"
                async with (
                    process(env, "-m", "gateway.main") as gateway,
                    _killing(env, office.store, count // (kills + 1), kills, told),
                ):
                    await healthy(address, gateway)
                    began = perf_counter()
                    await _send(address, events, connections, told, gateway)
                    told.accept_seconds = perf_counter() - began
                    await _booked(office.store, count)
                    told.book_seconds = perf_counter() - began
                _compare(office.store, events, told)
            finally:
                office.threads.shutdown()
                office.store.close()
    return told


async def _open(settings: Settings, store: Store, debts: int) -> None:
    given = copies(debts)
    now = wall_now()
    stored = store_portfolio(
        store, given.manifest, given.sheet, now=now, observed_at=now, actor="bench"
    )
    with store.reading() as session:
        page = Page(portfolio=stored.portfolio, after="", size=debts)
        ready = list(ready_cases(session, page))
    await start_cases(await connect(settings, role="bench"), ready)


@asynccontextmanager
async def process(env: dict[str, str], *words: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run a part of the product in a process of its own; leaving kills it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, env=env, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def _killing(
    env: dict[str, str], store: Store, after: int, kills: int, told: Run
) -> AsyncGenerator[None]:
    """Keep a worker running, and kill it without warning whenever it has booked so many."""

    async def live() -> None:
        while True:
            begun = _entries(store)
            async with process(env, "-c", "from cli.main import app; app()", "worker") as worker:
                while worker.returncode is None:
                    await asyncio.sleep(0.2)
                    if told.kills < kills and _entries(store) >= begun + after:
                        break
                if worker.returncode is None:
                    worker.send_signal(signal.SIGKILL)
                    told.kills += 1

    # Should it ever fail, the run fails with it, and does not count what nobody books as lost.
    async with asyncio.TaskGroup() as group:
        running = group.create_task(live())
        try:
            yield
        finally:
            running.cancel()


def _entries(store: Store) -> int:
    with store.reading() as session:
        return session.exec(
            select(func.count()).where(col(LedgerEntry.source) == f"seller:{SELLER}")
        ).one()


async def healthy(address: str, gateway: asyncio.subprocess.Process) -> None:
    """Wait until a gateway answers; raises when it ended instead."""
    async with asyncio.timeout(_STARTS), httpx.AsyncClient(base_url=address) as http:
        while _lives(gateway):
            with suppress(httpx.TransportError):
                if (await http.get("/healthz")).status_code == 200:
                    return
            await asyncio.sleep(0.1)


def _lives(gateway: asyncio.subprocess.Process) -> bool:
    if gateway.returncode is not None:
        raise RuntimeError(f"the gateway ended with exit code {gateway.returncode}")
    return True


async def _send(
    address: str,
    events: list[tuple[Paid, str]],
    connections: int,
    told: Run,
    gateway: asyncio.subprocess.Process,
) -> None:
    """Send as a provider does: what gets no answer, or is told to wait, is sent again."""
    queue = iter(events)

    async def sender() -> None:
        with Caller(address) as caller:
            for paid, event in queue:
                raw = paid.body(event)
                while not await _post(caller, raw) and _lives(gateway):
                    told.again += 1
                    await asyncio.sleep(0.2)

    await asyncio.gather(*(sender() for _ in range(connections)))


async def _post(caller: Caller, raw: bytes) -> bool:
    stamp = int(wall_now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "Cession-Timestamp": str(stamp),
        "Cession-Signature": f"v1={sign(raw, 'bench', stamp)}",
    }
    try:
        status, text = await caller.post(f"/v1/payments/{SELLER}", raw, headers)
    except (OSError, EOFError):
        return False
    if status in (429, 503):
        return False
    if status != 200:
        raise RuntimeError(f"the gateway answered {status}: {text[:300]}")
    return True


async def _booked(store: Store, count: int) -> None:
    """Wait until all is booked, or until nothing has moved for so long that it never will be."""
    moved, there = perf_counter(), -1
    while perf_counter() - moved < PATIENCE:
        with store.reading() as session:
            waiting = session.exec(
                select(func.count()).where(col(InboxItem.status).in_(("new", "delivered")))
            ).one()
        if not waiting and _entries(store) >= count:
            return
        if there != (there := _entries(store) - waiting):
            moved = perf_counter()
        await asyncio.sleep(0.5)


def _compare(store: Store, events: list[tuple[Paid, str]], told: Run) -> None:
    with store.reading() as session:
        rows = session.exec(
            select(LedgerEntry.external_id, LedgerEntry.minor, LedgerEntry.debt_id).where(
                col(LedgerEntry.source) == f"seller:{SELLER}", col(LedgerEntry.kind) == "payment"
            )
        ).all()
        known = dict(_accounts(session))
        states = session.exec(
            select(InboxItem.status, func.count())
            .where(col(InboxItem.kind) == "payment")
            .group_by(InboxItem.status)
        ).all()
    times = Counter(ident for ident, _, _ in rows)
    wanted = {f"pay-{paid.number}": (paid.minor, paid.account) for paid, _ in events}
    told.booked = len(rows)
    told.lost = len(wanted.keys() - times.keys())
    told.twice = sum(count > 1 for count in times.values())
    told.wrong = sum(wanted.get(ident) != (minor, known[debt]) for ident, minor, debt in rows)
    told.left = sum(count for status, count in states if status not in ("booked", "ignored"))


def _accounts(session: Any) -> list[tuple[Any, str]]:
    from models.tables import Debt  # noqa: PLC0415

    return list(session.exec(select(Debt.id, Debt.account_ref)).all())


def main() -> int:
    words = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    words.add_argument("--count", type=int, default=50_000, help="distinct payments")
    words.add_argument("--debts", type=int, default=500)
    words.add_argument("--duplicates", type=float, default=0.2, help="share that is sent twice")
    words.add_argument("--connections", type=int, default=32)
    words.add_argument("--kills", type=int, default=20, help="how often the worker is killed")
    words.add_argument("--database", choices=("postgres", "sqlite"), default="postgres")
    words.add_argument("--json", action="store_true")
    chosen = words.parse_args()
    configure("console", "ERROR")
    with ExitStack() as open_things:
        directory = Path(open_things.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{directory / 'cession.db'}"
        if chosen.database == "postgres":
            url = open_things.enter_context(postgres_server(directory / "pg"))
        told = asyncio.run(
            run(
                url, chosen.count, debts=chosen.debts, duplicates=chosen.duplicates,
                connections=chosen.connections, kills=chosen.kills,
            )
        )  # fmt: skip
    said = {**asdict(told), "accepted_per_second": round(told.sent / told.accept_seconds, 1),
            "booked_per_second": round(told.booked / told.book_seconds, 1), "sound": told.sound}  # fmt: skip
    say(said, as_json=chosen.json)
    return 0 if told.sound else 1


def say(figures: Mapping[str, Any], *, as_json: bool) -> None:
    """Print figures for a program or for a person."""
    lines = "\n".join(f"{name:22} {value}" for name, value in figures.items())
    print(json.dumps(figures, indent=2) if as_json else lines)


if __name__ == "__main__":
    sys.exit(main())
