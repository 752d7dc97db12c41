"""Ledgers: folded, shown, proved. ``fold`` needs no store, so it imports none."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from cli.show import AsJson, RefusedError, page, table
from models.ledger import Balances, Bucket
from models.money import Money
from rules.worksheet import Line, Sheet, WorksheetError, read, work_out

app = typer.Typer(help="Fold a table of entries; show, check and export ledgers.")

LARGEST_SHEET = 64 * 1024 * 1024
"""Bytes of a table that are read: a hundred thousand entries and more."""


@app.callback()
def ledger() -> None:
    """Show what a debt's entries add up to, and prove that nobody changed them."""


@app.command("fold")
def fold_table(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A JSON table as docs/ledger.md describes; standard input if left out."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Work out somebody's table of entries by the code of live ledgers, without a store."""
    try:
        sheet = work_out(read(_text(file)))
    except WorksheetError as error:
        raise RefusedError(
            "the table was refused:\n"
            + "\n".join(f"  {problem}" for problem in error.problems)
            + "\ndocs/ledger.md describes every key"
        ) from None
    if as_json:
        typer.echo(json.dumps(_as_json(sheet), ensure_ascii=False, indent=2))
        return
    console = page()
    console.print(_as_table(sheet))
    for line in sheet.lines:
        for text in _remarks(sheet, line):
            console.print(Text(f"{line.label}: {text}"))
    console.print(Text(f"Order of payment {sheet.policy.ref}: {sheet.policy.citation}"))


def _text(file: Path | None) -> bytes:
    try:
        if file is None or str(file) == "-":
            raw = sys.stdin.buffer.read(LARGEST_SHEET + 1)
        else:
            with file.open("rb") as opened:
                raw = opened.read(LARGEST_SHEET + 1)
    except OSError as error:
        raise RefusedError(f"{file} cannot be read: {error.strerror}") from None
    if len(raw) > LARGEST_SHEET:
        raise RefusedError("the table is larger than 64 MiB; fold one debt at a time")
    return raw


def _as_json(sheet: Sheet) -> dict[str, Any]:
    currency = sheet.worksheet.currency
    return {
        **({"debt": sheet.worksheet.debt} if sheet.worksheet.debt else {}),
        "currency": currency,
        "policy": sheet.policy.ref,
        "citation": sheet.policy.citation,
        "reversal": sheet.policy.reversal.value,
        "entries": [_line(sheet, line) for line in sheet.lines],
        "totals": {
            **_sums(sheet.totals, currency),
            "below_minimum": sheet.below_minimum(sheet.totals),
            "splits": {
                sheet.labels[entry]: _parts(split, currency)
                for entry, split in sheet.totals.splits.items()
            },
        },
    }


def _line(sheet: Sheet, line: Line) -> dict[str, Any]:
    booked, currency = line.booked, sheet.worksheet.currency
    entry = booked.entry
    told: dict[str, Any] = {
        "id": line.label,
        "kind": entry.kind.value,
        "amount": _plain(entry.minor, currency),
        "value_date": entry.value_date.isoformat(),
        "booked_at": entry.booked_at.isoformat(),
    }
    if entry.of is not None:
        told["of"] = sheet.labels[entry.of]
    if booked.made:
        told |= {"made_by_ledger": True, "reason": entry.reason}
    if line.duplicate:
        told["duplicate"] = True
    if line.parked:
        told["parked"] = True
    if line.exchange:
        told["exchange"] = {
            "credited": _plain(line.exchange.credited.minor, currency),
            "fx_difference": _plain(line.exchange.difference, currency),
            "reason": line.exchange.reason,
        }
    told["split"] = {} if line.duplicate else _parts(booked.split, currency)
    if booked.lapsed:
        told["lapsed"] = _plain(booked.lapsed, currency)
    told |= _sums(booked.balances, currency)
    told["corrections"] = [
        {
            "id": sheet.labels[each.entry_id],
            "before": _parts(each.before, currency),
            "after": _parts(each.after, currency),
        }
        for each in (() if line.duplicate else booked.corrections)
    ]
    if booked.otherwise is not None:
        told["otherwise"] = {
            "method": _other(sheet),
            "buckets": _parts(booked.otherwise, currency),
            "difference": _parts(_difference(booked.balances, booked.otherwise), currency),
        }
    return told


def _other(sheet: Sheet) -> str:
    return "negate" if sheet.policy.reversal == "replay" else "replay"


def _difference(balances: Balances, otherwise: Mapping[Bucket, int]) -> dict[Bucket, int]:
    gaps = {bucket: otherwise[bucket] - owed for bucket, owed in balances.buckets.items()}
    return {bucket: gap for bucket, gap in gaps.items() if gap}


def _sums(balances: Balances, currency: str) -> dict[str, Any]:
    return {
        "buckets": _parts(balances.buckets, currency),
        **{
            name: _plain(getattr(balances, name), currency)
            for name in (
                "charged", "interest", "paid", "waived", "outstanding", "credit", "overdrawn",
            )
        },
    }  # fmt: skip


def _parts(parts: Mapping[Bucket, int], currency: str) -> dict[str, str]:
    return {bucket.value: _plain(minor, currency) for bucket, minor in parts.items()}


def _plain(minor: int, currency: str) -> str:
    return f"{Money(minor, currency).decimal:f}"


def _as_table(sheet: Sheet) -> Any:
    currency = sheet.worksheet.currency
    buckets = list(sheet.totals.buckets)
    rows = [
        (
            line.booked.entry.value_date,
            line.label,
            f"{line.booked.entry.kind}{' (told again)' if line.duplicate else ''}",
            _plain(line.booked.entry.minor, currency),
            *(_plain(line.booked.balances.buckets[bucket], currency) for bucket in buckets),
            _plain(line.booked.balances.outstanding, currency),
            _plain(line.booked.balances.credit, currency),
        )
        for line in sheet.lines
    ]
    names = [f"#{bucket}" for bucket in buckets]
    return table(
        f"{sheet.worksheet.debt or 'Ledger'} in {currency}",
        ["valued", "id", "kind", "#amount", *names, "#outstanding", "#credit"],
        rows,
    )


def _remarks(sheet: Sheet, line: Line) -> list[str]:
    currency, booked = sheet.worksheet.currency, line.booked
    if line.duplicate:
        return []
    said = [
        f"{sheet.labels[each.entry_id]} now stands for {_words(each.after, currency)}, before for "
        f"{_words(each.before, currency)}"
        for each in booked.corrections
    ]
    if booked.lapsed:
        said.append(f"{_plain(booked.lapsed, currency)} found nothing to take")
    if booked.otherwise is not None and (gap := _difference(booked.balances, booked.otherwise)):
        said.append(f"by {_other(sheet)} the buckets would differ by {_words(gap, currency)}")
    if booked.balances.overdrawn:
        went = _plain(booked.balances.overdrawn, currency)
        said.append(f"{went} went out beyond what came in")
    return said


def _words(parts: Mapping[Bucket, int], currency: str) -> str:
    told = ", ".join(f"{bucket} {_plain(minor, currency)}" for bucket, minor in parts.items())
    return told or "nothing"
