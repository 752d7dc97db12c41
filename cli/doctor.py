"""Is this installation well? Each finding says what to do about it."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from email.utils import parseaddr
from enum import StrEnum
from errno import EACCES, ENOTDIR
from pathlib import Path
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.table import Table
from sqlmodel import col, func, select
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from activities.start import impostors, lost
from cli.keys import backup_of, is_backed_up
from cli.show import REFUSED, AsJson, instant, show
from cli.words import heard
from connectors.letter import typeset
from models.base import Value
from models.case import CASES, SENDING
from models.contact import Mode
from models.intake import IMPORTS
from models.letter import LetterContent, Paragraph
from models.overview import LATE
from models.tables import Debt, InboxItem
from models.visibility import SA
from rules.holiday import CALENDAR_LEAD, china_published
from rules.message import WordingPackError, load_wording
from rules.packs import PackError, PackLibrary, load_packs
from rules.strategy import load_strategies
from rules.wording import neutral
from runtime.clock import ClockNotSetError, wall_now
from runtime.settings import PACKS, Settings, SettingsError, load
from runtime.temporal import TemporalUnreachableError, connect
from store import case as records
from store.engine import Store, StoreError, keys_for, refuse_fresh_keys
from store.keys import NAMES, KeyFileError, Keys

app = typer.Typer(help="Check that everything this installation needs is there and well.")

T = TypeVar("T")

STUCK = timedelta(minutes=10)
"""A notice that nobody told its case of after this long needs a person."""

SLOW = timedelta(minutes=1)

UNPRINTED = timedelta(days=2)
"""A letter that nobody picked up after this long is printed by nobody."""

FAILING = "TemporalReportedProblems IS NOT NULL AND ExecutionStatus = 'Running'"
"""Cases whose workflow task fails again and again: each is a bug and none goes on by itself."""

QUEUES = (
    (CASES, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, "cases"),
    (SENDING, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY, "sending"),
    (IMPORTS, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, "imports"),
)


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(Value):
    """One thing that was looked at."""

    what: str
    state: State
    found: str
    advice: str = ""


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check settings, keys, store, engine, workers, inbox, cases, outbox, packs and letters."""
    findings = list(_examine())
    show(findings, as_json, _report(findings))
    if any(finding.state is State.FAIL for finding in findings):
        raise typer.Exit(REFUSED)


def _examine() -> Iterator[Finding]:
    try:
        settings = load()
    except SettingsError as error:
        yield _fail("settings", str(error), "mend them; nothing else can be looked at before")
        return
    yield from _settings(settings)
    yield _outbox(settings.outbox_directory)
    yield from _print_house(settings)
    yield _letters()
    law = _loaded("jurisdiction packs", lambda: load_packs(PACKS / "jurisdictions"))
    yield law if isinstance(law, Finding) else _ok("jurisdiction packs", _places(law))
    for what, read in (
        ("strategies", lambda: load_strategies(PACKS / "strategies")),
        ("wording packs", lambda: load_wording(PACKS / "wording")),
    ):
        loaded = _loaded(what, read)
        yield loaded if isinstance(loaded, Finding) else _ok(what, "readable")
    keys = _keys(settings)
    if isinstance(keys, Finding):
        yield keys
        return
    yield _ok("keys", f"{', '.join(NAMES)} in {settings.keys_directory}, readable by you alone")
    yield _copied(settings)
    opened: dict[str, tuple[str, UUID]] = {}
    try:
        store = Store.open(settings.database, keys)
    except StoreError as error:
        yield _fail("store", str(error), "cession up makes and upgrades it too")
    else:
        try:
            yield _written(store)
            yield from _store(settings, store, law)
            opened = _open_cases(store)
        finally:
            store.close()
    yield from asyncio.run(_engine(settings, opened))


def _written(store: Store) -> Finding:
    try:
        store.prove_writable()
    except StoreError as error:
        return _fail(
            "store", str(error), "until then nobody is contacted and no notice is taken in"
        )
    return _ok("store", f"{store.dialect}, schema as this release needs it, takes writes")


def _settings(settings: Settings) -> Iterator[Finding]:
    yield _ok("settings", f"state under {settings.var}, {settings.mode} mode")
    missing = [
        f"CESSION_{name.upper()}"
        for name in (
            "collector_name", "collector_address", "collector_phone", "collector_email",
        )
        if not getattr(settings, name)
    ]  # fmt: skip
    if missing:
        yield _warn(
            "who collects",
            f"not set: {', '.join(missing)}",
            "set them; a message that does not say who writes is never sent",
        )
    else:
        yield _ok("who collects", settings.collector_name)
    if not (settings.collector_pay_site or settings.collector_account):
        yield _warn(
            "how to pay",
            "not set: CESSION_COLLECTOR_PAY_SITE, CESSION_COLLECTOR_ACCOUNT",
            "set one or both; a letter that must say whom to pay, and how, cannot be written, and its "
            "case is not ready",
        )
    outside = {
        "collector_envelope_name": settings.collector_envelope_name,
        "smtp_sender": parseaddr(settings.smtp_sender)[0],
        "sms_sender": settings.sms_sender,
    }
    if telling := [f"CESSION_{key.upper()}" for key, name in outside.items() if not neutral(name)]:
        yield _warn(
            "names on the outside",
            f"{', '.join(telling)}: tells of a debt",
            "choose a name that tells others nothing (12 CFR 1006.22(f)(2))",
        )
    for name, here, setting in (
        ("e-mail", settings.smtp_host, "CESSION_SMTP_HOST"),
        ("SMS", settings.sms_url, "CESSION_SMS_URL"),
    ):
        if settings.mode is Mode.LIVE and not here:
            yield _warn(
                f"ways out: {name}",
                f"live mode without a connector for {name}",
                f"set {setting}; steps of live cases by {name} are skipped, or go another way",
            )


def _keys(settings: Settings) -> Keys | Finding:
    directory = settings.keys_directory
    try:
        refuse_fresh_keys(settings.database, directory)
        if not any((directory / f"{name}.key").exists() for name in NAMES):
            return _fail("keys", f"none in {directory}", "cession up makes them at first start")
        keys = keys_for(settings.database, directory)
    except (KeyFileError, StoreError) as error:
        return _fail("keys", str(error), "without them nothing personal can be read")
    loose = [
        path.name
        for path in sorted(directory.iterdir())
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    if loose:
        return _fail("keys", f"open to others: {', '.join(loose)}", f"chmod 600 {directory}/*")
    return keys


def _copied(settings: Settings) -> Finding:
    """Warn of keys that exist once: with them every backup of the database would be lost."""
    kept = backup_of(settings)
    cure = "cession keys backup FILE, to a place apart; without keys no backup can be read"
    if kept is None:
        return _warn("copy of keys", "no copy was ever made", cure)
    if not is_backed_up(settings):
        return _warn("copy of keys", f"keys changed since {instant(kept['at'])}", cure)
    return _ok("copy of keys", f"made {instant(kept['at'])}")


def _outbox(directory: Path) -> Finding:
    """Say whether messages can be written there; makes nothing, not even a directory."""
    there = next(place for place in (directory, *directory.absolute().parents) if place.exists())
    cure = "make it writable for this user"
    if not there.is_dir():
        return _fail("outbox", f"{directory}: {os.strerror(ENOTDIR)}", cure)
    if not os.access(there, os.W_OK | os.X_OK):
        return _fail("outbox", f"{directory}: {os.strerror(EACCES)}", cure)
    return _ok("outbox", str(directory))


def _print_house(settings: Settings) -> Iterator[Finding]:
    """Say how many live letters lie in the print folder, and how old the oldest is."""
    folder = settings.var / "print"
    waiting: list[float] = []
    gone = 0
    for file in folder.glob("[!.]*.pdf"):
        if (folder / "jobs" / f"{file.stem}.taken").exists():
            gone += 1
            continue
        with suppress(FileNotFoundError):  # picked up this moment
            waiting.append(file.stat().st_mtime)
    still = f"; {gone} picked up still there" if gone else ""
    if not waiting:
        if gone or settings.mode is Mode.LIVE:
            yield _ok("letters to print", f"no letter waits to be picked up{still}")
        return
    oldest = datetime.fromtimestamp(min(waiting), UTC)
    said = f"{len(waiting)} in {folder}, the oldest since {instant(oldest)}{still}"
    if wall_now() - oldest < UNPRINTED:
        yield _ok("letters to print", said)
        return
    yield _warn(
        "letters to print",
        said,
        "nobody picks them up to print them: move each PDF out of the folder, or write jobs/ID.taken "
        "and copy it; a letter that lies there reached nobody",
    )


def _letters() -> Finding:
    """Typeset a page in both scripts: shows a missing font before a debtor does."""
    page = LetterContent(
        locale="zh-CN",
        paper="a4",
        envelope_name="Cession",
        sender=("Cession",),
        recipient=("测试",),
        date="2026-01-01",
        reference=("编号", "1"),
        subject="测试 test",
        salutation="您好",
        blocks=(Paragraph(text="字体 fonts"),),
        closing="此致",
        signature=("Cession",),
        page="{n}/{of}",
    )
    try:
        typeset(page)
    except Exception as error:  # noqa: BLE001  # whatever it is, the typesetter does not work
        return _fail("letters", f"cannot be typeset: {type(error).__name__}", "run make again")
    return _ok("letters", "typesetter and fonts work, Chinese too")


def _loaded(what: str, read: Callable[[], T]) -> T | Finding:
    try:
        return read()
    except (PackError, ValueError, OSError) as error:
        return _fail(what, str(error).splitlines()[0], f"mend or restore it under {PACKS}")


def _places(law: PackLibrary) -> str:
    return ", ".join(
        f"{place}-{sub}" if sub else place for place, sub in sorted(law.places, key=str)
    )


def _store(settings: Settings, store: Store, law: PackLibrary | Finding) -> Iterator[Finding]:
    try:
        now = settings.clock().now()
    except ClockNotSetError as error:
        yield _fail("clock", str(error), "")
        return
    if isinstance(law, PackLibrary):
        yield _signed(settings, store, law)
    yield _inbox(store)
    yield _suspense(store)
    yield _overdue(store, now)
    yield _calendar(now)


def _calendar(now: datetime) -> Finding:
    """Warn before the working days that a State Council announces each year run out."""
    ends = date(china_published(), 12, 31)
    left = (ends - now.astimezone(ZoneInfo("Asia/Shanghai")).date()).days
    if left > CALENDAR_LEAD.days:
        return _ok("calendars", f"China's working days are published to {ends}")
    return _warn(
        "calendars",
        f"China's working days are published to {ends}"
        + (f", {left} days ahead" if left >= 0 else f", {-left} days ago"),
        "steps after it are provisional: weekends and fixed holidays are off; upgrade the package "
        "holidays once the next year is announced, and cases compute anew within a week",
    )


def _signed(settings: Settings, store: Store, law: PackLibrary) -> Finding:
    packs = {
        f"{place}-{sub}" if sub else place: law.merged(place, sub).sha256
        for place, sub in sorted(law.places, key=str)
    }
    with suppress(WordingPackError):
        words = load_wording(PACKS / "wording")
        packs |= {f"the wording of {name}": words.pack(name).sha256 for name in words.locales}
    with store.reading() as session:
        unsigned = [name for name, sha in packs.items() if not records.signoffs(session, sha)]
    if not unsigned:
        return _ok("sign-off", "every pack is signed")
    found = f"nobody signed {', '.join(unsigned)}"
    advice = (
        "their cases run in shadow: all goes to the outbox and reaches nobody. Counsel signs with cession "
        "law approve PLACE --note … and cession wording approve LOCALE --note …; a case that was opened "
        "before stays in shadow"
    )
    return (_warn if settings.mode is Mode.LIVE else _ok)("sign-off", found, advice)


def _inbox(store: Store) -> Finding:
    with store.reading() as session:
        oldest, waiting = session.exec(
            select(func.min(InboxItem.observed_at), func.count()).where(
                col(InboxItem.status) == "new"
            )
        ).one()
    if not waiting:
        return _ok("inbox", "every notice was delivered to its case")
    age = wall_now() - oldest
    found = f"{waiting} notices wait, the oldest since {instant(oldest)}"
    if age < SLOW:
        return _ok("inbox", found)
    return (_fail if age > STUCK else _warn)(
        "inbox", found, "the relay is not running or Temporal is away; start cession up or worker"
    )


def _suspense(store: Store) -> Finding:
    with store.reading() as session:
        waiting = session.exec(
            select(func.count()).where(col(InboxItem.status) == "suspense")
        ).one()
    if not waiting:
        return _ok("suspense", "no money waits for a person")
    return _warn(
        "suspense",
        f"{waiting} notices of money wait for a person: they fit no debt, or nobody confirmed them yet",
        "see cession desk queue",
    )


def _overdue(store: Store, now: datetime) -> Finding:
    with store.reading() as session:
        late = session.exec(
            select(Debt.account_ref)
            .where(col(Debt.status) == "open", col(Debt.next_action_at) < now - LATE)
            .order_by(col(Debt.next_action_at))
            .limit(100)
        ).all()
    if not late:
        return _ok("cases", "none is overdue for its next action")
    some = f"{'100 or more' if len(late) == 100 else len(late)} are overdue, first {late[0]}"
    return _warn("cases", some, "cession case list --overdue; are workers running?")


def _open_cases(store: Store) -> dict[str, tuple[str, UUID]]:
    """Answer the cases that should be running, with account and debt of each.

    One that is to begin again is the relay's, which starts it until it runs.
    """
    asked = select(Debt.workflow_id, Debt.account_ref, Debt.id).where(col(Debt.status) == "open")
    with store.reading() as session:
        return {name: (account, debt) for name, account, debt in session.exec(asked).all()}


async def _lost(client: Client, opened: dict[str, tuple[str, UUID]]) -> Finding:
    try:
        gone = [opened[name][0] for name in await lost(client, opened.keys())]
        feigned = await impostors(client, {name: debt for name, (_, debt) in opened.items()})
    except RPCError as error:
        return _warn("runs", f"cannot be compared: {error.message}", "look in the UI")
    if feigned:
        return _fail(
            "runs",
            f"under {len(feigned)} ids of open cases something else runs, started by hand: "
            f"{', '.join(opened[name][0] for name in feigned[:10])}",
            f"nobody works these debts. End each and bring the real one back: temporal workflow "
            f"terminate --workflow-id {feigned[0]}; then cession case restart "
            f"{opened[feigned[0]][0]} --reason lost_run",
        )
    if not gone:
        return _ok("runs", f"each of {len(opened)} open cases has its running workflow")
    some = f"{', '.join(gone[:10])}{' …' if len(gone) > 10 else ''}"
    return _fail(
        "runs",
        f"{len(gone)} open cases have no running workflow: {some}",
        f"somebody terminated or cancelled it, or the engine lost it; nothing is done for these "
        f"debts. Bring each back: cession case restart {gone[0]} --reason lost_run",
    )


async def _engine(settings: Settings, opened: dict[str, tuple[str, UUID]]) -> list[Finding]:
    try:
        client = await connect(settings)
    except TemporalUnreachableError as error:
        return [_fail("engine", str(error), "cases rest until it is back; nothing is lost")]
    return [
        _ok("engine", f"Temporal answers at {client.service_client.config.target_host}"),
        await _attributes(client),
        *[await _workers(client, *queue) for queue in QUEUES],
        await _failing(client),
        await _lost(client, opened),
    ]


async def _attributes(client: Client) -> Finding:
    answer = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = [key.name for key in SA.ALL if key.name not in answer.custom_attributes]
    if missing:
        return _fail(
            "search attributes",
            f"missing: {', '.join(missing)}",
            "temporal operator search-attribute create; without them no case can start",
        )
    return _ok("search attributes", "all there")


async def _workers(client: Client, name: str, kind: TaskQueueType.ValueType, label: str) -> Finding:
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=name), task_queue_type=kind
        )
    )
    if not answer.pollers:
        return _fail(f"workers: {label}", "none polls", "start cession up or cession worker")
    return _ok(f"workers: {label}", f"{len(answer.pollers)} poll")


async def _failing(client: Client) -> Finding:
    try:
        found = await client.count_workflows(FAILING)
    except RPCError as error:
        return _warn("workflow tasks", f"cannot be counted: {error.message}", "look in the UI")
    if found.count:
        return _fail(
            "workflow tasks",
            f"{found.count} cases fail again and again",
            f"in the UI filter by: {FAILING}; each is a bug: report it, nothing is lost",
        )
    return _ok("workflow tasks", "none fails")


def _ok(what: str, found: str, advice: str = "") -> Finding:
    return Finding(what=what, state=State.OK, found=found, advice=advice)


def _warn(what: str, found: str, advice: str) -> Finding:
    return Finding(what=what, state=State.WARN, found=found, advice=advice)


def _fail(what: str, found: str, advice: str) -> Finding:
    return Finding(what=what, state=State.FAIL, found=found, advice=advice)


_COLOURS = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}


def _report(findings: Iterable[Finding]) -> Table:
    made = Table(show_header=False, box=None)
    for finding in findings:
        colour = _COLOURS[finding.state]
        advice = f"\n[dim]{escape(heard(finding.advice))}[/dim]" if finding.advice else ""
        made.add_row(
            f"[{colour}]{finding.state}[/{colour}]",
            heard(finding.what),
            escape(heard(finding.found)) + advice,
        )
    return made
