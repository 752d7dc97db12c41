"""A seller's file of transactions: how money of known debts changes after the cut-off date.

Columns ``account_ref``, ``type`` (payment, credit, charge), ``amount_minor``, ``processed_at``, and if the
seller has them ``transaction_ref``, ``currency``, ``bucket``, ``description``. The manifest beside it has
row count, control totals and digest like that of a portfolio. Nothing here reads or writes anything.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import TextIO

from pydantic import ConfigDict, ValidationError

from models.base import Value
from models.json_text import JsonError, read_json
from models.ledger import Bucket
from models.money import MoneyError, exponent
from models.transfer import Problem, Severity
from rules.payment import FIRST_YEAR, LAST_YEAR
from rules.quarantine import REPORT, guarded
from rules.sheet import (
    GUARDED,
    RUN,
    Sheet,
    Source,
    UnreadableError,
    broken_promises,
    open_sheet,
    stop,
)

FORMAT = "cession-transactions-1"

COLUMNS = (
    "account_ref", "transaction_ref", "type", "amount_minor", "processed_at", "currency", "bucket",
    "description",
)  # fmt: skip

REQUIRED = ("account_ref", "type", "amount_minor", "processed_at")

TYPES = ("payment", "credit", "charge")

_BEAT = 100
"""Rows between two words of how far the reading is."""

_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}", re.ASCII)
_AMOUNT = re.compile(r"[1-9][0-9]{0,14}", re.ASCII)
_SHA = re.compile(r"[0-9a-f]{64}", re.ASCII)


class TransactionManifest(Value):
    """What the seller says about a file of transactions."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    portfolio_id: str
    seller_code: str | None = None
    row_count: int
    control_total_minor: Mapping[str, int]
    """Sum of ``amount_minor`` over all rows, whatever their type, for each currency."""
    sha256: str
    mends: str | None = None
    """Of refused rows: the file they stood in; then only rows and totals are compared."""


class Transaction(Value):
    """One row that may be booked, as far as the file can tell."""

    row: int
    account_ref: str
    ref: str
    """The seller's, or one that is made of the row: the same row is the same transaction."""
    type: str
    minor: int
    currency: str
    processed_at: datetime
    bucket: Bucket | None = None


def read_manifest(text: str) -> TransactionManifest:
    """Read the JSON beside the file. Raises ``UnreadableError``."""
    try:
        found = read_json(text)
    except JsonError as error:
        raise UnreadableError(
            stop("manifest_broken", f"the manifest is not JSON: {error}")
        ) from None
    if not isinstance(found, dict) or found.pop("format", None) != FORMAT:
        raise UnreadableError(stop("manifest_format", f"write format: {FORMAT!r}", "format"))
    try:
        manifest = TransactionManifest.model_validate(found)
    except ValidationError as error:
        raise UnreadableError(
            *(
                stop("manifest_broken", f"{name}: {each['msg'].lower()}", name)
                for each in error.errors(
                    include_input=False, include_context=False, include_url=False
                )
                for name in (".".join(map(str, each["loc"])),)
            )
        ) from None
    if not _SHA.fullmatch(manifest.sha256):
        raise UnreadableError(
            stop("manifest_broken", "write 64 hexadecimal digits, small", "sha256")
        )
    try:
        for currency in manifest.control_total_minor:
            exponent(currency)
    except MoneyError as error:
        raise UnreadableError(stop("manifest_broken", str(error), "control_total_minor")) from None
    return manifest


@dataclass
class TransactionReading:
    """One pass over a file of transactions."""

    manifest: TransactionManifest
    sheet: Sheet
    now: datetime
    rows: int = 0
    sums: Counter[str] = field(default_factory=Counter)
    unread: list[int] = field(default_factory=list)
    refs: dict[int, int] = field(default_factory=dict)
    alike: Counter[int] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[Transaction | Problem]:
        """Give each row's problems, or the transaction. Raises ``UnreadableError``."""
        source = self.sheet.records()
        columns = [name.strip() for name in next(source, (0, list[str]()))[1]]
        stops = [
            stop("column_missing", f"the header lacks {name}", name)
            for name in REQUIRED
            if name not in columns
        ]
        stops += [
            stop("column_twice", f"the header has {name} twice", name)
            for name, count in Counter(columns).items()
            if count > 1 and name
        ]
        if stops:
            raise UnreadableError(*stops)
        for _, record in source:
            if not any(cell.strip() for cell in record):
                continue
            self.rows += 1
            if len(record) != len(columns):
                self.unread.append(self.rows + 1)
                yield self._problem(
                    "row_shape", "", f"the row has {len(record)} cells, the header {len(columns)}"
                )
                continue
            cells = {
                name: value
                for name, cell in zip(columns, record, strict=True)
                if (value := _bare(cell))
            }
            yield from self._row(cells)

    def _row(self, cells: Mapping[str, str]) -> Iterator[Transaction | Problem]:
        wrong: list[Problem] = []

        def refuse(code: str, name: str, message: str) -> None:
            wrong.append(self._problem(code, name, message, cells.get("account_ref")))

        for name in REQUIRED:
            if name not in cells:
                refuse("missing", name, "this cell must not be empty; ask the seller")
        for name in ("account_ref", "transaction_ref"):
            if name in cells and not _REF.fullmatch(cells[name]):
                refuse("bad_reference", name, "use at most 64 letters, digits and . _ : / -")
        if cells.get("description", " ")[0] in RUN:
            refuse("formula", "description", "text must not begin with = + - or @")
        kind = cells.get("type", "")
        if kind and kind not in TYPES:
            refuse("unknown_word", "type", f"write one of: {', '.join(TYPES)}")
        listed = tuple(self.manifest.control_total_minor)
        currency = cells.get("currency") or (listed[0] if len(listed) == 1 else "")
        if currency not in listed:
            refuse(
                "currency_not_listed" if currency else "missing",
                "currency",
                f"the manifest has control totals for {', '.join(listed)}",
            )
        amount = cells.get("amount_minor", "")
        if _AMOUNT.fullmatch(amount):
            self.sums[currency] += int(amount)
        else:
            self.unread.append(self.rows + 1)
            if amount:
                refuse(
                    "bad_amount",
                    "amount_minor",
                    "write whole minor units above zero, as 1170 for 11.70; the type says which way",
                )
        at = self._instant(cells.get("processed_at"), refuse)
        bucket = cells.get("bucket")
        if kind == "charge" and bucket not in tuple(Bucket):
            refuse("missing" if bucket is None else "unknown_word", "bucket",
                   f"of a charge say what it is owed for: {', '.join(Bucket)}")  # fmt: skip
        if wrong or at is None:
            yield from wrong
            return
        row = (cells["account_ref"], kind, amount, currency, at.isoformat())
        told = hash((*row, bucket))
        self.alike[told] += 1
        made = hashlib.sha256("|".join((*row, str(self.alike[told]))).encode()).hexdigest()[:32]
        ref = cells.get("transaction_ref") or f"row:{made}"
        first = self.refs.setdefault(hash(ref), self.rows + 1)
        if first != self.rows + 1:
            yield self._problem(
                "duplicate_ref", "transaction_ref",
                f"row {first} has the same reference; a transaction stands in a file once",
                cells["account_ref"],
            )  # fmt: skip
            return
        yield Transaction(
            row=self.rows + 1,
            account_ref=cells["account_ref"],
            ref=ref,
            type=kind,
            minor=int(amount),
            currency=currency,
            processed_at=at,
            bucket=Bucket(bucket) if kind == "charge" and bucket else None,
        )

    def _instant(self, text: str | None, refuse: object) -> datetime | None:
        assert callable(refuse)
        if text is None:
            return None
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            at = None
        if at is None or at.tzinfo is None or not FIRST_YEAR <= at.year <= LAST_YEAR:
            refuse(
                "bad_date",
                "processed_at",
                "write an instant with its offset, as 2026-03-10T10:00:00Z",
            )
            return None
        if at > self.now:
            refuse("future_date", "processed_at", "this lies in the future; ask the seller")
            return None
        return at

    def _problem(self, code: str, name: str, message: str, ref: str | None = None) -> Problem:
        return Problem(
            code=code,
            severity=Severity.REFUSED,
            message=message,
            row=self.rows + 1,
            account_ref=ref if ref and _REF.fullmatch(ref) else None,
            field=name or None,
        )


class TransactionSurvey(Value):
    """What a file of transactions says, read without writing anything."""

    portfolio_id: str = ""
    rows: int = 0
    accepted: int = 0
    refused: int = 0
    totals: Mapping[str, Mapping[str, int]] = {}
    """Of the rows that may be booked: minor units by currency and type."""
    problems: tuple[Problem, ...] = ()
    """Of the file; those of its rows too, unless somebody was told of them one by one."""

    @property
    def stopped(self) -> bool:
        return any(problem.severity is Severity.STOP for problem in self.problems)


def survey_transactions(
    raw: bytes | Source,
    manifest: TransactionManifest,
    now: datetime,
    *,
    tell: Callable[[Problem], object] | None = None,
    beat: Callable[[int], object] | None = None,
) -> TransactionSurvey:
    """Read a whole file and compare it with its manifest. ``now`` is business time, UTC.

    ``tell`` is given what is found of a row; ``beat`` is told how many rows are read.
    """
    problems: list[Problem] = []
    totals: dict[str, Counter[str]] = {}
    accepted = 0
    try:
        reading = TransactionReading(manifest, open_sheet(raw), now)
        for item in reading:
            if beat and reading.rows % _BEAT == 0:
                beat(reading.rows)
            if isinstance(item, Problem):
                (tell or problems.append)(item)
            else:
                accepted += 1
                totals.setdefault(item.currency, Counter())[item.type] += item.minor
    except UnreadableError as error:
        return TransactionSurvey(portfolio_id=manifest.portfolio_id, problems=error.problems)
    return TransactionSurvey(
        portfolio_id=manifest.portfolio_id,
        rows=reading.rows,
        accepted=accepted,
        refused=reading.rows - accepted,
        totals=totals,
        problems=(
            *broken_promises(
                manifest, raw, reading.rows, reading.sums, reading.unread[:10], "amount"
            ),
            *problems,
        ),
    )


def set_aside(
    sheet: Sheet, manifest: TransactionManifest, problems: Iterable[Problem], out: TextIO
) -> str | None:
    """Write the refused rows with their reasons; answer their manifest, None without any.

    ``problems`` come in the order of their rows.
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
    totals: Counter[str] = Counter(dict.fromkeys(manifest.control_total_minor, 0))
    columns: list[str] = []
    kept: list[int] = []
    number = 0
    for _, record in sheet.records():
        if not columns:
            columns, number = [name.strip() for name in record], 1
            kept = [at for at, name in enumerate(columns) if name in COLUMNS]
            writer.writerow([*(columns[at] for at in kept), *REPORT])
            continue
        if not any(cell.strip() for cell in record):
            continue
        number += 1
        if number != row:
            continue
        count, found = count + 1, list(reasons)
        cells = dict(zip(columns, map(_bare, record), strict=False))
        listed = tuple(manifest.control_total_minor)
        currency = cells.get("currency") or listed[0]
        if currency in totals and _AMOUNT.fullmatch(cells.get("amount_minor", "")):
            totals[currency] += int(cells["amount_minor"])
        writer.writerow([
            *(guarded(cells.get(columns[at], "")) for at in kept),
            str(number),
            *("; ".join(getattr(each, name) or "" for each in found) for name in ("code", "field", "message")),
        ])  # fmt: skip
        row, reasons = next(refused, (None, iter(())))
        if row is None:
            break
    entries = manifest.model_dump(mode="json", exclude_none=True) | {
        "row_count": count,
        "control_total_minor": dict(totals),
        "mends": manifest.mends or manifest.sha256,
    }
    return json.dumps({"format": FORMAT, **entries}, indent=2) + "\n"


def _bare(cell: str) -> str:
    text = cell.strip()
    return text[1:] if GUARDED.match(text) else text
