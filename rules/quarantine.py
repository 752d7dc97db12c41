"""What was refused of a file, to be mended and imported again: rows, reasons and a manifest."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TextIO

from models.transfer import FORMAT, Manifest, Problem, Severity
from rules.row import known_column, total_of
from rules.sheet import RUN, Sheet

REPORT = ("cession_row", "cession_code", "cession_field", "cession_advice")
"""Columns that we add and that no import reads."""


def quarantine(
    sheet: Sheet, manifest: Manifest, problems: Iterable[Problem], out: TextIO
) -> str | None:
    """Write the refused rows as CSV under our columns, and answer their manifest; None without any.

    ``problems`` come in the order of their rows. The rows are as the seller wrote them, but for an
    apostrophe before text that a spreadsheet would run, which the next import takes away again. The
    total of a row may not change while it is mended: the control totals of the manifest are those of
    the refused rows. Holds personal data in the clear.
    """
    refused = groupby(
        (each for each in problems if each.severity is Severity.REFUSED and each.row is not None),
        key=lambda each: each.row,
    )
    row, reasons = next(refused, (None, iter(())))
    if row is None:
        return None
    count = 0
    writer = csv.writer(out)
    totals: Counter[str] = Counter(dict.fromkeys(manifest.currencies, 0))
    for number, columns, record in _numbered(sheet):
        if number == 1:
            writer.writerow([*_ours(columns, columns), *sheet.layout.constants, *REPORT])
        elif number == row:
            count += 1
            cells = {name: cell.strip() for name, cell in zip(columns, record, strict=False)}
            filled = {name: cell for name, cell in cells.items() if cell}
            filled |= dict(sheet.layout.constants)
            plain = {name: sheet.plain(name, cell, filled)[0] for name, cell in filled.items()}
            total = total_of(plain, manifest)
            if total is not None and total.currency in totals:
                totals[total.currency] += total.minor
            writer.writerow(
                [
                    *(guarded(cell) for cell in _ours(columns, _written(sheet, columns, record))),
                    *sheet.layout.constants.values(),
                    *_reported(number, list(reasons)),
                ]
            )
            row, reasons = next(refused, (None, iter(())))
            if row is None:
                break
    return _manifest(manifest, count, totals)


def guarded(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula."""
    return f"'{cell}" if cell[:1] in (*RUN, "\t") else cell


def _numbered(sheet: Sheet) -> Iterator[tuple[int, list[str], list[str]]]:
    """Count rows as the reading does: those without any cell are none."""
    columns: list[str] = []
    number = 0
    for _, record in sheet.records():
        if not columns:
            columns = [sheet.named(name.strip()) for name in record]
            number = 1
            yield number, columns, columns
        elif any(cell.strip() for cell in record):
            number += 1
            yield number, columns, record


def _ours(columns: list[str], cells: list[str]) -> list[str]:
    return [cell for name, cell in zip(columns, cells, strict=False) if known_column(name)]


def _written(sheet: Sheet, columns: list[str], record: list[str]) -> list[str]:
    """Answer the cells so that they mean the same without the seller's file and mapping around."""
    row = dict(zip(columns, record, strict=False))
    found = [sheet.plain(name, cell.strip(), row) for name, cell in row.items()]
    return [
        plain if code is None else row[name] for name, (plain, code) in zip(row, found, strict=True)
    ]


def _reported(number: int, problems: list[Problem]) -> list[str]:
    return [
        str(number),
        "; ".join(problem.code for problem in problems),
        "; ".join(problem.field or "" for problem in problems),
        "; ".join(problem.message for problem in problems),
    ]


def _manifest(manifest: Manifest, rows: int, totals: Counter[str]) -> str:
    entries = manifest.model_dump(mode="json", exclude_none=True) | {
        "row_count": rows,
        "control_total_minor": dict(totals),
        "mends": manifest.mends or manifest.sha256,
    }
    return json.dumps({"format": FORMAT, **entries}, ensure_ascii=False, indent=2) + "\n"
