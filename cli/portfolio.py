"""Portfolios: check a seller's file, take it over, start its cases."""

from __future__ import annotations

import asyncio
import csv
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import merge
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich.console import RenderableType

from cli import owning
from cli.generate import generate
from cli.house import House, house
from cli.owning import found, not_recalled
from cli.progress import progress
from cli.reach import acting
from cli.show import REFUSED, UNUSABLE, AsJson, RefusedError, amount, note, show, table
from cli.snapshot import SHOWN, Findings, Snapshot, show_json
from cli.words import heard
from models.intake import IMPORTS, Import, Imported, import_id
from models.transfer import Layout, Manifest, Problem, Severity, Survey
from runtime.clock import wall_now
from runtime.secrets import provide
from runtime.settings import Settings, load

if TYPE_CHECKING:
    from temporalio.client import Client, WorkflowHandle

    from activities.intake import Stored
    from rules.sheet import Sheet

app = typer.Typer(no_args_is_help=True, help="Check, import and start the debts of a file.")

STATES = ("new", "open", "closed", "reopening")
"""Of a debt, as the store counts them."""

File = Annotated[
    Path,
    typer.Argument(help="The seller's CSV or .xlsx; NAME.manifest.json lies beside it."),
]

Said = Annotated[
    Path | None,
    typer.Option(
        "--mapping",
        help="What the table does not say of itself; NAME.mapping.toml beside it if left out.",
        show_default=False,
    ),
]


def _new(path: Path | None) -> Path | None:
    if path is not None and path.exists():
        raise RefusedError(f"--report {path} exists; it is left as it is, name another file")
    return path


Report = Annotated[
    Path | None,
    typer.Option(
        help="Write every finding to this new CSV, one a line.",
        callback=_new,
        show_default=False,
    ),
]

Wait = Annotated[bool, typer.Option("--wait", help="Return when every case is started.")]


@app.command()
def check(file: File, mapping: Said = None, report: Report = None, as_json: AsJson = False) -> None:
    """Read a file and report what would be taken, refused or doubted; writes nothing."""
    with Snapshot(file) as given, Findings() as findings:
        now = load().clock().now()
        found, _, _ = _surveyed(given, file, mapping, now, findings, quiet=as_json)
        if report:
            _write_report(report, chain(found.problems, findings))
        _tell(found, {"": findings}, as_json, _report(found, findings))
    raise typer.Exit(_code(found))


@app.command("import")
def import_(  # noqa: PLR0917
    file: File,
    mapping: Said = None,
    no_start: Annotated[
        bool, typer.Option("--no-start", help="Store the debts and start no case.")
    ] = False,
    wait: Wait = False,
    report: Report = None,
    as_json: AsJson = False,
) -> None:
    """Store a file's debts and start their cases; the same file again does neither.

    Killed at any row, it is run again and goes on.
    """
    from activities.intake import RefusedPortfolioError, store_portfolio
    from rules.sheet import open_sheet

    with Snapshot(file) as given, Findings() as read, Findings() as kept, house() as at:
        now = at.clock.now()
        found, manifest, layout = _surveyed(given, file, mapping, now, read, quiet=as_json)
        if manifest is None or found.stopped:
            note("Nothing was written.")
            if report:
                _write_report(report, chain(found.problems, read))
            whole = {"survey": found, "stored": None, "started": None}
            _tell(whole, {"survey": read}, as_json, _report(found, read))
            raise typer.Exit(UNUSABLE)
        try:
            with progress("Storing", manifest.row_count, quiet=as_json) as beat:
                stored = store_portfolio(
                    at.store,
                    manifest,
                    open_sheet(given, layout),
                    now=now,
                    observed_at=wall_now(),
                    actor=acting().code,
                    tell=kept,
                    beat=beat,
                )
        except RefusedPortfolioError as refused:
            raise RefusedError(str(refused)) from None
        secret = provide(at.settings, "payments", stored.seller)
        aside = _set_aside(at.settings, file, open_sheet(given, layout), manifest, _all(read, kept))
        started = None if no_start else _started(at, stored.portfolio, manifest, wait)
        if report:
            _write_report(report, chain(found.problems, _all(read, kept)))
        _tell(
            {"survey": found, "stored": stored, "started": started, "quarantine": aside},
            {"survey": read, "stored": kept},
            as_json,
            [
                *_report(found, read, kept),
                _outcome(stored, started, no_start),
                *([f"Refused rows, to be mended and imported again: {aside}"] if aside else []),
                *(
                    [f"Payment notices of {stored.seller} are signed with {secret}"]
                    if secret
                    else []
                ),
            ],
        )
    raise typer.Exit(_code(found) or (REFUSED if stored.refused else 0))


def _surveyed(
    given: Snapshot,
    file: Path,
    mapping: Path | None,
    now: datetime,
    findings: Findings,
    *,
    quiet: bool,
) -> tuple[Survey, Manifest | None, Layout | None]:
    """Read manifest, mapping and file; what cannot be read at all is a survey that stops."""
    from rules.intake import latest_date, survey
    from rules.sheet import UnreadableError

    try:
        manifest = _manifest(file)
        layout = _layout(file, mapping)
    except UnreadableError as error:
        return Survey(problems=error.problems), None, None
    with progress("Checking", manifest.row_count, quiet=quiet) as beat:
        found = survey(given, manifest, latest_date(now), layout, tell=findings, beat=beat)
    return found, manifest, layout


def _all(read: Findings, kept: Findings) -> Iterator[Problem]:
    """What the file and what the store said of the rows, in the order of the rows."""
    return merge(read, kept, key=lambda problem: problem.row or 0)


def _tell(
    value: Survey | dict[str, Any],
    findings: dict[str, Findings],
    as_json: bool,
    parts: Iterable[RenderableType],
) -> None:
    if as_json:
        show_json(value, findings)
    else:
        show(value, False, *parts)


def _write_report(path: Path, problems: Iterable[Problem]) -> None:
    """Write one line for each finding, as a table that any program reads; never over a file."""
    names = ("row", "account_ref", "severity", "code", "field", "message")
    try:
        with open(path, "x", encoding="utf-8", newline="", opener=_private) as out:
            writer = csv.writer(out)
            writer.writerow(names)
            writer.writerows([getattr(problem, name) for name in names] for problem in problems)
    except FileExistsError:
        raise RefusedError(f"{path} exists; it was left as it is") from None
    except OSError as error:
        raise RefusedError(f"{path}: {error.strerror}") from None


@app.command("map")
def map_(
    file: File,
    write: Annotated[
        bool, typer.Option("--write", help="Write NAME.mapping.toml beside it; never over one.")
    ] = False,
) -> None:
    """Guess which of a seller's headings are which of our columns, for a person to confirm."""
    from rules.layout import draft
    from rules.sheet import UnreadableError

    try:
        with Snapshot(file) as given:
            guess = draft(given)
    except UnreadableError as error:
        raise RefusedError(
            "; ".join(problem.message for problem in error.problems), UNUSABLE
        ) from None
    if not write:
        typer.echo(guess, nl=False)
        return
    path = _beside(file, "mapping.toml")
    try:
        with path.open("x", encoding="utf-8") as made:
            made.write(guess)
    except FileExistsError:
        raise RefusedError(f"{path} exists; it was left as it is") from None
    except OSError as error:
        raise RefusedError(f"{path}: {error.strerror}", UNUSABLE) from None
    typer.echo(heard(f"{path} is a guess: look at every line, then write confirmed = true in it."))


@app.command()
def start(
    ref: Annotated[str, typer.Argument(help="The portfolio_id of the manifest.")],
    seller: Annotated[
        str | None, typer.Option(help="The seller's code, if several use it.")
    ] = None,
    wait: Wait = False,
    as_json: AsJson = False,
) -> None:
    """Start those cases of a stored portfolio that are not open yet."""
    with house() as at:
        with at.store.reading() as session:
            portfolio = found(session, ref, seller)
            not_recalled(session, portfolio)
        started = _begun(at, portfolio.id, portfolio.sha256, wait=wait)
    show(started, as_json, _said(started))


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the portfolios with the states of their debts."""
    from store import debt as debts

    with house() as at, at.store.reading() as session:
        found = debts.portfolios(session)
    show(
        [
            {
                "portfolio": portfolio.ref,
                "seller": code,
                "imported_at": portfolio.imported_at,
                "transfer_effective_date": portfolio.transfer_effective_date,
                "rows": portfolio.row_count,
                **{state: counts.get(state, 0) for state in STATES},
            }
            for portfolio, code, counts in found
        ],
        as_json,
        table(
            "Portfolios",
            ("portfolio", "seller", "transferred", "#rows", *(f"#{state}" for state in STATES)),
            (
                (
                    portfolio.ref,
                    code,
                    portfolio.transfer_effective_date,
                    portfolio.row_count,
                    *(counts.get(state, 0) for state in STATES),
                )
                for portfolio, code, counts in found
            ),
        ),
    )


app.command()(generate)
app.command()(owning.status)
app.command()(owning.pause)
app.command()(owning.resume)
app.command()(owning.recall)
app.command("own-as-of")(owning.own_as_of)
app.command()(owning.putback)


# Files


def _manifest(file: Path) -> Manifest:
    from rules.intake import read_manifest
    from rules.sheet import UnreadableError, stop

    beside = _beside(file, "manifest.json")
    try:
        return read_manifest(beside.read_text("utf-8"))
    except FileNotFoundError:
        raise UnreadableError(
            stop("manifest_absent", f"there is no {beside.name} beside the file; ask the seller")
        ) from None
    except (OSError, UnicodeDecodeError):
        raise UnreadableError(
            stop("manifest_broken", f"{beside.name} cannot be read as UTF-8 text")
        ) from None


def _beside(file: Path, ending: str) -> Path:
    name = file.stem if file.suffix.lower() in (".csv", ".xlsx", ".txt") else file.name
    return file.with_name(f"{name}.{ending}")


def _layout(file: Path, named: Path | None) -> Layout | None:
    """Read the mapping file that is named, or the one beside the table if there is one."""
    from rules.intake import read_layout

    path = named or _beside(file, "mapping.toml")
    try:
        return read_layout(path.read_text("utf-8"), path.name)
    except FileNotFoundError:
        if named is None:
            return None
        raise RefusedError(f"{named}: there is no such mapping file", UNUSABLE) from None
    except OSError as error:
        raise RefusedError(f"{path}: {error.strerror}; name a mapping file", UNUSABLE) from None
    except UnicodeDecodeError:
        raise RefusedError(f"{path}: it cannot be read as UTF-8 text", UNUSABLE) from None


def _set_aside(
    settings: Settings, file: Path, sheet: Sheet, manifest: Manifest, problems: Iterable[Problem]
) -> Path | None:
    """Write the refused rows and their manifest under ``var``, for our own eyes only."""
    from rules.quarantine import quarantine

    kept = settings.var / "quarantine"
    path = kept / f"{file.stem}-{manifest.sha256[:8]}.csv"
    fresh = path.with_suffix(".part")
    try:
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        with open(fresh, "x", encoding="utf-8", newline="", opener=_private) as out:
            about = quarantine(sheet, manifest, problems, out)
        if about is None:
            fresh.unlink()
            return None
        beside = _beside(path, "manifest.json")
        beside.unlink(missing_ok=True)
        with open(beside, "x", encoding="utf-8", opener=_private) as out:
            out.write(about)
        fresh.replace(path)
    except OSError as error:
        note(f"The refused rows could not be set aside: {path}: {error.strerror}")
        return None
    return path


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


# Starting


def _started(at: House, portfolio: UUID, manifest: Manifest, wait: bool) -> dict[str, Any] | None:
    """Start the cases; without an engine the debts stand in the store and wait."""
    from runtime.temporal import TemporalUnreachableError

    try:
        return _begun(at, portfolio, manifest.sha256, wait=wait)
    except TemporalUnreachableError as error:
        note(f"The debts are stored, their cases are not started: {error}")
        note(f"Start them later with: cession portfolio start {manifest.portfolio_id}")
        return None


def _begun(at: House, portfolio: UUID, sha256: str, *, wait: bool) -> dict[str, Any]:
    from store import debt as debts

    with at.store.reading() as session:
        waiting = debts.to_start(session, portfolio, "", 1)
    if not waiting:
        return {"workflow": None, "started": 0, "refused": 0, "done": True}
    ref = waiting[0][3]
    order = Import(portfolio=portfolio, ref=ref, shift=at.clock.shift())
    return asyncio.run(_run(at, order, import_id(sha256), wait=wait))


async def _run(at: House, order: Import, ident: str, *, wait: bool) -> dict[str, Any]:
    from temporalio.client import WorkflowFailureError

    from runtime.temporal import connect

    client = await connect(at.settings)
    handle = await begin_import(client, order, ident)
    found: dict[str, Any] = {"workflow": ident, "started": None, "refused": None, "done": False}
    if wait and not await _served(client):
        note(
            "No worker serves imports, so this command does not wait; "
            "start one with `cession up` and the cases will start"
        )
    elif wait:
        try:
            done = await handle.result()
        except WorkflowFailureError as error:
            raise RefusedError(
                f"the import {ident} ended early ({error.cause or error}); run "
                f"`cession portfolio start {order.ref}` to go on"
            ) from None
        found |= {"started": done.started, "refused": done.refused, "done": True}
    return found


async def begin_import(client: Client, order: Import, ident: str) -> WorkflowHandle[Any, Imported]:
    """Start the import workflow, or take the one that runs; the store decides what it starts."""
    from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

    return await client.start_workflow(
        "PortfolioImport",
        order,
        id=ident,
        task_queue=IMPORTS,
        result_type=Imported,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"Start the cases of portfolio {order.ref}",
    )


async def _served(client: Client) -> bool:
    """Say whether any worker has asked for imports lately."""
    from temporalio.api.enums.v1 import TaskQueueType
    from temporalio.api.taskqueue.v1 import TaskQueue
    from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest

    found = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=IMPORTS),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
    )
    return bool(found.pollers)


# Reports


def _code(found: Survey) -> int:
    if found.stopped:
        return UNUSABLE
    return REFUSED if found.refused else 0


def _report(found: Survey, *findings: Findings) -> list[RenderableType]:
    parts: list[RenderableType] = []
    rank = tuple(Severity)
    first = [each for kept in findings for some in kept.first.values() for each in some]
    problems = sorted((*found.problems, *first), key=lambda p: (rank.index(p.severity), p.row or 0))
    count = len(found.problems) + sum(kept.count for kept in findings)
    if problems:
        parts.append(
            table(
                "Findings",
                ("", "where", "what"),
                ((p.severity, _where(p), f"{p.code}: {p.message}") for p in problems[:SHOWN]),
            )
        )
        if count > SHOWN:
            codes = ", ".join(f"{code} {times:,}" for code, times in found.codes.items())
            parts.append(
                f"… and {count - SHOWN:,} more; --report FILE and --json have all. In all: {codes}."
            )
    if found.stopped:
        parts.append("The file is refused as a whole: see the findings marked stop.")
        return parts
    totals = ", ".join(amount(minor, currency) for currency, minor in found.totals.items())
    places = ", ".join(f"{place} {count}" for place, count in found.jurisdictions.items())
    flags = ", ".join(f"{kind} {count}" for kind, count in found.flags.items()) or "none"
    parts.append(
        table(
            f"Portfolio {found.portfolio_id} of {found.seller}",
            ("", ""),
            [
                ("rows", f"{found.rows:,}"),
                ("to be taken", f"{found.accepted:,}"),
                ("refused", f"{found.refused:,}"),
                ("owed", totals),
                ("under the law of", places),
                ("stops from the first day", flags),
            ],
        )
    )
    return parts


def _where(problem: Problem) -> str:
    row = f"row {problem.row}" if problem.row else "manifest"
    return "\n".join(filter(None, (f"{row} {problem.account_ref or ''}".strip(), problem.field)))


def _outcome(stored: Stored, started: dict[str, Any] | None, no_start: bool) -> str:
    words = [f"Stored {stored.new:,} new debts; {stored.known:,} were known."]
    if same := stored.codes.get("balance_not_changed"):
        words.append(f"{same:,} came with another amount: balance not changed by import.")
    if stored.refused:
        words.append(f"{stored.refused} were refused because of what the store knows.")
    if no_start:
        words.append("No case was started.")
    elif started is not None:
        words.append(_said(started))
    return " ".join(words)


def _said(started: dict[str, Any]) -> str:
    if started["workflow"] is None:
        return "There was nothing to start."
    if started["done"]:
        return f"{started['started']} cases were started."
    return f"Their cases are being started by {started['workflow']}."
