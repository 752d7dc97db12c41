"""The demo: a sample portfolio lives half a year in a minute, on the real engine."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Self

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from sqlmodel import Session, col, func, select

from activities.intake import store_portfolio
from activities.overview import Life, lives
from cli.portfolio import begin_import
from cli.show import REFUSED, RefusedError, amount, page, table
from cli.up import stopping
from cli.words import say
from models.contact import ContactState, Direction
from models.intake import Import, import_id
from models.tables import ContactRow, Debt, LedgerEntry
from rules.intake import latest_date, read_manifest, survey
from rules.sheet import UnreadableError, open_sheet
from runtime.clock import wall_now
from runtime.logs import configure
from runtime.settings import PACKS, Settings, load
from runtime.temporal import connect, telemetry
from worker.invariants import breaches
from worker.personas import Personas, read_cast
from worker.simulation import Simulation, simulated
from worker.stack import Temporal, embedded, sole_user

app = typer.Typer(help="Play a sample portfolio on the real engine, time skipped.")

START = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
"""A Monday morning in China, Sunday evening in America."""

LASTS = timedelta(days=150)
"""Long enough for every strategy to come to its end."""

SAMPLES = PACKS / "samples"

SPREAD = timedelta(minutes=30)

GRAIN = timedelta(hours=1)
"""People who have nothing to do with each other may wake in any order within it."""

SECRET = "demo-only-no-secret"  # noqa: S105  # signs the simulated bank's notices, on the loopback

LOOK = 0.25
"""Seconds between two looks of the live display at the store."""

COLLECTOR = {
    "collector_name": "Still Water Receivables Ltd",
    "collector_address": "1 Example Quay\nLondon EC1A 1AA",
    "collector_phone": "+44 20 7946 0100",
    "collector_email": "help@stillwater.example.com",
    "collector_pay_site": "https://pay.stillwater.example.com/",
    "collector_account": "GB00 EXAM 0000 0000 0000 00",
    "collector_bank": "Example Bank",
    "collector_registration": "00000000",
    "collector_licence": "EX-000000",
    "collector_envelope_name": "Still Water",
    "collector_hours": "Mon-Fri 9-17",
}


@app.command()
def demo(
    leave: Annotated[
        bool, typer.Option("--exit", help="End by itself instead of staying up.")
    ] = False,
) -> None:
    """Import the sample portfolio and let everybody act: debtors, banks, carriers and agents."""
    configure("console", "WARNING")
    asyncio.run(_demo(page(), leave=leave))


def settings_for(var: Path) -> Settings:
    """Answer the settings of a world of its own under ``var``, on free ports."""
    codes = [read_manifest(_manifest(file)).seller_code or "" for file in sample_files()]
    secret = (SecretStr(SECRET),)
    return load(
        {},
        var=var,
        temporal_port=0,
        ui_port=0,
        gateway_port=0,
        simulation=True,
        log_level="ERROR",
        payment_secrets=dict.fromkeys(codes, secret),
        receipt_secrets=dict.fromkeys(("sms", "email", "letter"), secret),
        **COLLECTOR,
    )


def sample_files() -> list[Path]:
    """The sample's good files; the refused one is for ``portfolio check``."""
    return [
        path
        for path in sorted(SAMPLES.glob("portfolio*.csv"))
        if not path.stem.endswith("-refused")
    ]


async def _demo(console: Console, *, leave: bool) -> None:
    began = time.monotonic()
    settings = settings_for(load().var / "demo")
    _fresh(settings.var)
    stop = stopping()
    async with embedded(settings, time_skipping=True) as temporal:
        client = await connect(settings, role="demo", runtime=telemetry())
        async with simulated(settings, client, START, spread=SPREAD, grain=GRAIN) as world:
            played = asyncio.create_task(play(world, sample_files(), Screen(console, world)))
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({played, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not played.done():
                played.cancel()
                console.print("Stopped before the end.")
                raise typer.Exit(REFUSED)
            played.result()
            with world.office.store.reading() as session:
                lived = lives(session, world.now)
            for part in report(console, lived, temporal):
                console.print(part)
            took = time.monotonic() - began
            days = (world.now - START).days
            console.print(f"{days} days lived in {took:.0f} seconds.")
            for name, place in _where(settings, temporal):
                console.print(f"{say(name):<10}{escape(place)}", soft_wrap=True)
            broken = _broken(world)
            for breach in broken:
                console.print(f"[red]{say('broken')}: {escape(breach)}[/red]", soft_wrap=True)
            if not leave:
                console.print("Look around; Ctrl-C ends it.")
                relaying = asyncio.create_task(world.relay.run())
                await stopped
                relaying.cancel()
            stopped.cancel()
            if broken:
                raise typer.Exit(REFUSED)


async def play(world: Simulation, files: Sequence[Path], screen: Screen) -> None:
    """Import files by the real way, and live until nothing is due any more."""
    with screen:
        for file in files:
            await take_over(world, file)
        personas = Personas(read_cast(SAMPLES / "personas.toml"), world)
        with world.office.store.reading() as session:
            personas.begin(session.exec(select(Debt.account_ref)).all())
        world.progress = screen.show
        await world.run(START + LASTS)


async def take_over(world: Simulation, file: Path) -> None:
    """Check and store a file, start its cases, and put them on the calendar."""
    raw = await asyncio.to_thread(file.read_bytes)
    now = world.office.clock.now()
    try:
        manifest = read_manifest(_manifest(file))
        found = survey(raw, manifest, latest_date(now))
    except UnreadableError as error:
        raise RefusedError("; ".join(problem.message for problem in error.problems)) from None
    if found.stopped:
        raise RefusedError(f"{file} is refused; see cession portfolio check {file}", REFUSED)
    stored = store_portfolio(
        world.office.store,
        manifest,
        open_sheet(raw),
        now=now,
        observed_at=wall_now(),
        actor="operations",
    )
    shift = world.lockstep.shift
    order = Import(portfolio=stored.portfolio, ref=manifest.portfolio_id, shift=shift)
    handle = await begin_import(world.client, order, import_id(manifest.sha256))
    await handle.result()
    with world.office.store.reading() as session:
        begun = session.exec(select(Debt).where(col(Debt.portfolio_id) == stored.portfolio)).all()
    for debt in begun:
        world.adopt(debt, shift)
    await world.lockstep.settle()


def _manifest(file: Path) -> str:
    return file.with_name(f"{file.stem}.manifest.json").read_text("utf-8")


def _fresh(var: Path) -> None:
    """Clear the last demo away, unless it still runs."""
    with sole_user(var):
        for path in var.iterdir():
            if path.name == "stack.lock":
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


# For the eyes


@dataclass(frozen=True)
class Glance:
    """The world at one moment."""

    at: datetime
    stages: Counter[str]
    messages: Counter[str]
    payments: int


def glance(session: Session, now: datetime) -> Glance:
    """Count cases by stage, messages by channel, and payments."""
    stages = session.exec(
        select(func.coalesce(Debt.ending, Debt.stage), func.count()).group_by(
            func.coalesce(Debt.ending, Debt.stage)
        )
    ).all()
    messages = session.exec(
        select(ContactRow.channel, func.count())
        .where(
            col(ContactRow.state) == ContactState.SENT,
            col(ContactRow.direction) == Direction.OUT,
        )
        .group_by(ContactRow.channel)
    ).all()
    payments = session.exec(select(func.count()).where(col(LedgerEntry.kind) == "payment")).one()
    return Glance(
        now,
        Counter(dict(stages)),
        Counter(dict(messages)),
        payments,
    )


class Screen:
    """Shows the world while it lives: in place on a terminal, a line a fortnight elsewhere."""

    def __init__(self, console: Console, world: Simulation) -> None:
        self.console, self.world = console, world
        self.live = Live(console=console, refresh_per_second=8) if console.is_terminal else None
        self.looked = 0.0
        self.said: datetime | None = None

    def __enter__(self) -> Self:
        self.console.print(
            "Playing the sample portfolio: real engine, simulated people, time skipped."
        )
        if self.live:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.live:
            self.live.stop()

    def show(self, now: datetime) -> None:
        """Show an instant, if it is time to."""
        if self.live:
            if time.monotonic() - self.looked < LOOK:
                return
            self.looked = time.monotonic()
            self.live.update(_glanced(self._glance(now)))
        elif self.said is None or now - self.said >= timedelta(days=14):
            self.said = now
            seen = self._glance(now)
            self.console.print(f"{now:%Y-%m-%d}  {_counts(seen.stages)}  {_counts(seen.messages)}")

    def _glance(self, now: datetime) -> Glance:
        with self.world.office.store.reading() as session:
            return glance(session, now)


def _glanced(seen: Glance) -> Table:
    made = Table(title=f"{seen.at:%a %Y-%m-%d %H:%M} UTC", title_style="bold", show_header=False)
    made.add_row(say("cases"), _counts(seen.stages))
    made.add_row(say("sent"), _counts(seen.messages))
    made.add_row(say("payments"), str(seen.payments))
    return made


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counted.most_common()) or "none"


_CHANNELS = {"letter": "L", "email": "E", "sms": "S", "phone": "P", "visit": "V"}

_ROOM_FOR_LINKS = 150
"""Columns from which a whole address fits beside a life."""


def report(console: Console, lived: Iterable[Life], temporal: Temporal) -> Iterable[Any]:
    """A line a life. It fits 80 columns; there the account is the link to the history."""
    wide = console.width >= _ROOM_FOR_LINKS
    made = table(
        "How they went",
        ("debt", "place", *(f"#{initial}" for initial in _CHANNELS.values()), "#wait", "#stop",
         "why", "#paid", "ending", *(("history",) if wide else ())),
        (),
    )  # fmt: skip
    made.padding = (0, 0)
    for column in made.columns:
        column.no_wrap = column.header != "why"
        column.overflow = "fold"
    for life in lived:
        made.add_row(*_row(life, temporal.history(life.case), wide=wide))
    yield made
    yield "L letter, E e-mail, S text, P phone, V visit: how many left."
    yield "wait, stop: how many a legal check put off or forbade."
    yield "why: the rule that did so most often, or what kept or ended the case;"
    yield "     `cession case explain DEBT` has all of it, each with its source."
    yield "ending: closed by a person, escalated to legal review; … lives on;"
    yield "     again: it had ended, and came back when a bank took money back."


def _row(life: Life, history: str, *, wide: bool) -> list[str]:
    return [
        f"[link={history}]{escape(life.account)}[/link]",
        life.place,
        *(str(life.contacts.get(channel, "")) for channel in _CHANNELS),
        str(life.deferred or ""),
        str(life.blocked or ""),
        escape(life.reason if life.reason.isupper() else life.reason.replace("_", " ")),
        f"{amount(life.paid, life.currency)}" if life.paid else "",
        escape((life.ending or f"{life.stage}…") + (" again" if life.again else "")),
        *([history] if wide else []),
    ]


def _broken(world: Simulation) -> list[str]:
    """What does not hold of all that was done; an empty list is the only good answer."""
    with world.office.store.reading() as session:
        return [str(breach) for breach in breaches(session, world.office.law)]


def _where(settings: Settings, temporal: Temporal) -> Iterable[tuple[str, str]]:
    # `make` calls us by path; without the environment's programs on PATH only that way works.
    cession = "cession" if shutil.which("cession") else sys.argv[0]
    here = f"CESSION_VAR={settings.var} CESSION_SIMULATION=true"
    yield "histories", f"{temporal.ui}/namespaces/default/workflows"
    yield "messages", str(settings.outbox_directory)
    yield "one life", f"{here} {cession} case timeline US-0002"
