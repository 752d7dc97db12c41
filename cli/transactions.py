"""A seller's transactions: how money of known debts changes after the transfer."""

from __future__ import annotations

import os
from collections.abc import Iterable
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import RenderableType

from cli.house import house
from cli.owning import found, not_recalled
from cli.progress import progress
from cli.reach import acting, tell
from cli.show import REFUSED, UNUSABLE, AsJson, amount, note, show, table
from cli.snapshot import SHOWN, Findings, Snapshot, show_json
from models.case import Fact
from models.transfer import Problem
from runtime.clock import wall_now
from runtime.settings import load

if TYPE_CHECKING:
    from activities.transaction import Booked
    from rules.transaction import TransactionManifest, TransactionSurvey

app = typer.Typer(
    no_args_is_help=True, help="A seller's payments, credits and charges: check, import."
)

File = Annotated[
    Path, typer.Argument(help="The seller's CSV or .xlsx; NAME.manifest.json lies beside it.")
]


@app.command()
def check(file: File, as_json: AsJson = False) -> None:
    """Read a file and report what would be booked or refused; writes nothing."""
    with Snapshot(file) as given, Findings() as read:
        seen, _ = _surveyed(given, file, load().clock().now(), read, quiet=as_json)
        _tell(seen, {"": read}, as_json, _page(seen, read))
    raise typer.Exit(_code(seen, 0))


@app.command("import")
def import_(file: File, as_json: AsJson = False) -> None:
    """Book a file's transactions; a row that is booked already is nothing, refused rows are set aside.

    Killed at any row, it is run again and goes on.
    """
    from activities.transaction import book_transactions, note_done
    from models.tables import Seller
    from rules.sheet import open_sheet
    from rules.transaction import Transaction, TransactionReading

    with Snapshot(file) as given, Findings() as read, Findings() as kept, house() as here:
        now = here.clock.now()
        seen, manifest = _surveyed(given, file, now, read, quiet=as_json)
        if manifest is None or seen.stopped:
            note("Nothing was written.")
            _tell({"survey": seen, "booked": None}, {"survey": read}, as_json, _page(seen, read))
            raise typer.Exit(UNUSABLE)
        with here.store.reading() as session:
            portfolio = found(session, manifest.portfolio_id, manifest.seller_code)
            not_recalled(session, portfolio)
            seller = session.get_one(Seller, portfolio.seller_id).code
        rows = TransactionReading(manifest, open_sheet(given), now)
        with progress("Booking", manifest.row_count, quiet=as_json) as beat:
            done = book_transactions(
                here.store,
                portfolio,
                seller,
                (item for item in rows if isinstance(item, Transaction)),
                now=now,
                observed_at=wall_now(),
                actor=acting().code,
                sha256=manifest.sha256,
                tell=kept,
                beat=beat,
            )
            beat(manifest.row_count)
        problems = merge(read, kept, key=lambda problem: problem.row or 0)
        aside = _set_aside(here.settings.var, file, given, manifest, problems)
        if done.cases:
            note(tell(here.settings, sorted(done.cases), Fact(kind="transaction")))
        note_done(here.store, portfolio, manifest.sha256, now=now, actor=acting().code)
        booked = {
            "new": done.new, "known": done.known, "refused": done.refused, "payments": done.payments,
            "problems": [],
        }  # fmt: skip
        _tell(
            {"survey": seen, "booked": booked, "quarantine": aside},
            {"survey": read, "booked": kept},
            as_json,
            [
                *_page(seen, read, kept),
                _said(done),
                *([f"Refused rows, to be mended and imported again: {aside}"] if aside else []),
            ],
        )
    raise typer.Exit(_code(seen, done.refused))


def _tell(
    value: TransactionSurvey | dict[str, Any],
    findings: dict[str, Findings],
    as_json: bool,
    parts: list[RenderableType],
) -> None:
    if as_json:
        show_json(value, findings)
    else:
        show(value, False, *parts)


def _surveyed(
    given: Snapshot, file: Path, now: Any, findings: Findings, *, quiet: bool
) -> tuple[TransactionSurvey, TransactionManifest | None]:
    from rules.sheet import UnreadableError, stop
    from rules.transaction import TransactionSurvey, read_manifest, survey_transactions

    beside = _beside(file)
    try:
        manifest = read_manifest(beside.read_text("utf-8"))
    except UnreadableError as error:
        return TransactionSurvey(problems=error.problems), None
    except FileNotFoundError:
        absent = f"there is no {beside.name} beside the file; ask the seller"
        return TransactionSurvey(problems=(stop("manifest_absent", absent),)), None
    except (OSError, UnicodeDecodeError):
        broken = f"{beside.name} cannot be read as UTF-8 text"
        return TransactionSurvey(problems=(stop("manifest_broken", broken),)), None
    with progress("Checking", manifest.row_count, quiet=quiet) as beat:
        return survey_transactions(given, manifest, now, tell=findings, beat=beat), manifest


def _beside(file: Path) -> Path:
    name = file.stem if file.suffix.lower() in (".csv", ".xlsx", ".txt") else file.name
    return file.with_name(f"{name}.manifest.json")


def _set_aside(
    var: Path,
    file: Path,
    given: Snapshot,
    manifest: TransactionManifest,
    problems: Iterable[Problem],
) -> Path | None:
    from rules.sheet import open_sheet
    from rules.transaction import set_aside

    kept = var / "quarantine"
    path = kept / f"{file.stem}-{manifest.sha256[:8]}.csv"
    fresh = path.with_suffix(".part")
    kept.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh.unlink(missing_ok=True)
    with open(fresh, "x", encoding="utf-8", newline="", opener=_private) as out:
        about = set_aside(open_sheet(given), manifest, problems, out)
    if about is None:
        fresh.unlink()
        return None
    beside = _beside(path)
    beside.unlink(missing_ok=True)
    with open(beside, "x", encoding="utf-8", opener=_private) as out:
        out.write(about)
    fresh.replace(path)
    return path


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _code(seen: TransactionSurvey, refused: int) -> int:
    if seen.stopped:
        return UNUSABLE
    return REFUSED if seen.refused or refused else 0


def _page(seen: TransactionSurvey, *findings: Findings) -> list[RenderableType]:
    parts: list[RenderableType] = []
    first = sorted(
        (p for each in findings for some in each.first.values() for p in some),
        key=lambda problem: problem.row or 0,
    )
    problems = [*seen.problems, *first][:SHOWN]
    if problems:
        parts.append(
            table(
                "Findings",
                ("", "row", "account", "field", "what"),
                (
                    (p.severity, p.row, p.account_ref, p.field, f"{p.code}: {p.message}")
                    for p in problems
                ),
            )
        )
        more = len(seen.problems) + sum(each.count for each in findings) - len(problems)
        if more:
            parts.append(f"… and {more:,} more; --json has all.")
    if seen.stopped:
        parts.append("The file is refused as a whole: see the findings marked stop.")
        return parts
    sums = ", ".join(
        f"{kind} {amount(minor, currency)}"
        for currency, kinds in seen.totals.items()
        for kind, minor in sorted(kinds.items())
    )
    parts.append(
        f"{seen.rows:,} rows of {seen.portfolio_id}: {seen.accepted:,} fit to be booked: {sums or 'nothing'}."
    )
    return parts


def _said(done: Booked) -> str:
    owed = ", ".join(amount(minor, currency) for currency, minor in done.payments.items())
    claim = f" The seller has {owed} of it and owes it to the owner." if owed else ""
    refused = f", {done.refused:,} refused by what the store knows" if done.refused else ""
    return f"Booked {done.new:,} new; {done.known:,} were known{refused}.{claim}"
