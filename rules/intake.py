"""Reading a transfer file: the manifest, the header, the rows, and whether they agree.

The table is what ``rules.sheet`` can read; its manifest is JSON. Nothing here writes or reads anything.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from models.currency import is_tender
from models.json_text import JsonError, read_json
from models.money import MoneyError, exponent
from models.transfer import FORMAT, Layout, Manifest, Person, Problem, Row, Severity, Survey
from rules.row import DEBT, PERSON, REQUIRED, kind_of, known_column, read_row, total_of
from rules.sheet import (
    DOUBTS,
    FINDINGS,
    Figure,
    Sheet,
    Source,
    UnreadableError,
    broken_promises,
    open_sheet,
    stop,
)

LONGEST = 16_384
"""Characters a cell may have; more means a quote was never closed."""

OWN = "cession_"
"""Columns of our reports begin so; no import reads them."""

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,23}", re.ASCII)
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}", re.ASCII)
_SHA = re.compile(r"[0-9a-f]{64}", re.ASCII)

_ROWS = 32
"""Bits that count rows."""

_ROW = (1 << _ROWS) - 1
_WORD = (1 << 64) - 1

_NAMED = 10
"""Rows that a message about many names."""

_BEAT = 100
"""Rows after which somebody who waits hears of it."""


def latest_date(now: datetime) -> date:
    """Answer the latest date on Earth at an instant: what lies after it is the future anywhere."""
    return (now + timedelta(hours=14)).date()


# The manifest


def read_manifest(text: str) -> Manifest:
    """Read the JSON that stands beside the file. Raises ``UnreadableError``."""
    try:
        found = read_json(text)
    except JsonError as error:
        raise UnreadableError(
            stop("manifest_broken", f"the manifest is not JSON: {error}")
        ) from None
    if not isinstance(found, dict):
        raise UnreadableError(stop("manifest_broken", "the manifest must be one JSON object"))
    if (form := found.pop("format", None)) != FORMAT:
        raise UnreadableError(
            stop("manifest_format", f"write format: {FORMAT!r}", "format")
            if form is None
            else stop("manifest_format", f"this program reads {FORMAT!r} only", "format")
        )
    try:
        manifest = Manifest.model_validate(found)
    except ValidationError as error:
        raise UnreadableError(*_explained(error)) from None
    problems = tuple(_manifest_problems(manifest))
    if problems:
        raise UnreadableError(*problems)
    return manifest


def _explained(error: ValidationError) -> Iterator[Problem]:
    """Say in plain words what pydantic found, without the input it would quote."""
    for found in error.errors(include_input=False, include_context=False, include_url=False):
        name = ".".join(str(part) for part in found["loc"])
        match found["type"]:
            case "missing":
                yield stop("manifest_missing", f"the manifest must state {name}", name)
            case "extra_forbidden":
                near = get_close_matches(name, Manifest.model_fields, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                yield stop("manifest_unknown", f"unknown entry {name}{hint}", name)
            case _:
                yield stop("manifest_broken", f"{name}: {found['msg'].lower()}", name)


def _manifest_problems(manifest: Manifest) -> Iterator[Problem]:
    if not _REF.fullmatch(manifest.portfolio_id):
        yield stop("manifest_broken", "use letters, digits and . _ / -", "portfolio_id")
    if manifest.seller_code is not None and not _CODE.fullmatch(manifest.seller_code):
        yield stop(
            "manifest_broken", "use 2 to 24 small letters, digits and hyphens", "seller_code"
        )
    if not _SHA.fullmatch(manifest.sha256):
        yield stop("manifest_broken", "write 64 hexadecimal digits, small", "sha256")
    if not manifest.control_total_minor:
        yield stop("manifest_missing", "give one total per currency", "control_total_minor")
    for currency in manifest.currencies:
        try:
            exponent(currency)
        except MoneyError as error:
            yield stop("manifest_broken", str(error), "control_total_minor")
        else:
            if not is_tender(currency):
                told = f"{currency} is no currency (ISO 4217)"
                yield stop("manifest_broken", told, "control_total_minor")
    if manifest.transfer_effective_date < manifest.agreement_date:
        yield stop(
            "manifest_dates", "a claim cannot pass before it was sold", "transfer_effective_date"
        )


def read_layout(text: str, name: str) -> Layout:
    """Read a mapping file, ``name`` for people. Raises ``UnreadableError``."""
    try:
        layout = Layout.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UnreadableError(stop("mapping_broken", f"{name} is not TOML: {error}")) from None
    except ValidationError as error:
        raise UnreadableError(
            *(
                stop("mapping_broken", f"{name}: {where}: {found['msg'].lower()}", where)
                for found in error.errors(include_input=False, include_url=False)
                for where in (".".join(map(str, found["loc"])),)
            )
        ) from None
    ours = (*filter(None, layout.columns.values()), *layout.constants, *layout.words, *layout.width)
    if unknown := [column for column in ours if not known_column(column)]:
        raise UnreadableError(
            *(
                stop("mapping_unknown", f"{name} names a column {column} that is not ours", column)
                for column in unknown
            )
        )
    return layout


# The rows


@dataclass
class Reading:
    """One pass over a file's rows; holds what rows must not share, never the rows themselves.

    What it holds of a row is a few numbers: files have a hundred thousand.
    """

    manifest: Manifest
    sheet: Sheet
    today: date
    rows: int = 0
    refs: dict[int, int] = field(default_factory=dict)
    """Digest of an account reference to its row."""
    people: dict[int, int] = field(default_factory=dict)
    """Digest of a customer reference to one of who it was, and the row in the last ``_ROWS`` bits:
    two people must not become one."""
    names: dict[int, int] = field(default_factory=dict)
    """Digest of who somebody is to one of the customer reference, and the row likewise."""
    sums: Counter[str] = field(default_factory=Counter)
    unread: list[int] = field(default_factory=list)
    """The first rows whose total cannot be read."""
    header: list[Problem] = field(default_factory=list)

    def __iter__(self) -> Iterator[Row | Problem]:
        """Give each row's problems, then the row itself if it may be taken."""
        source = self.sheet.records()
        columns = self._columns(next(source, (0, []))[1])
        for line, record in source:
            if any(cell.strip() for cell in record):
                yield from self._row(line, columns, record)

    def _columns(self, header: list[str]) -> list[str]:
        """Read the header; a missing or repeated column stops the file, an unknown one is named."""
        columns = [self.sheet.named(name.strip()) for name in header]
        constants = self.sheet.layout.constants
        stops = [
            stop("column_missing", f"the header lacks {name}", name)
            for name in REQUIRED
            if name not in columns and name not in constants
        ]
        stops += [
            stop("column_twice", f"the header has {name} twice", name)
            for name, count in Counter([*columns, *constants]).items()
            if count > 1 and name
        ]
        if stops:
            raise UnreadableError(*stops)
        for name in columns:
            if name and not name.startswith(OWN) and not known_column(name):
                near = get_close_matches(name, (*DEBT, *PERSON), n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                shown = name if re.fullmatch(r"[a-z0-9_]{1,40}", name) else "a column"
                self.header.append(
                    Problem(
                        code="column_unknown",
                        severity=Severity.WARNING,
                        message=f"{shown} is not part of the format and is not read{hint}",
                        row=1,
                        field=shown,
                    )
                )
        return columns

    def _row(self, line: int, columns: list[str], record: list[str]) -> Iterator[Row | Problem]:
        self.rows += 1
        number = self.rows + 1
        if len(record) != len(columns) or max(map(len, record)) > LONGEST:
            self._note_unread(number)
            yield Problem(
                code="row_shape",
                severity=Severity.REFUSED,
                message=f"line {line} has {len(record)} cells, the header {len(columns)}; "
                "look for a stray comma or quote",
                row=number,
            )
            return
        cells, found = self._cells(number, columns, record)
        yield from found
        total = total_of(cells, self.manifest)
        if total is None:
            self._note_unread(number)
        else:
            self.sums[total.currency] += total.minor
        row, problems = read_row(number, cells, self.manifest, self.today)
        unclear = {each.field for each in found if each.severity is Severity.REFUSED}
        yield from (each for each in problems if each.field not in unclear)
        if unclear:
            row = None
        shared = list(self._shared(number, cells.get("account_ref", ""), row))
        yield from shared
        if row is not None and all(each.severity is Severity.WARNING for each in shared):
            yield row

    def _note_unread(self, number: int) -> None:
        if len(self.unread) < _NAMED:
            self.unread.append(number)

    def _cells(
        self, number: int, columns: list[str], record: list[str]
    ) -> tuple[dict[str, str], list[Problem]]:
        """Answer the filled cells by column as the format writes them, and what was odd of them."""
        sheet = self.sheet
        raw = {
            name: value
            for name, cell in zip(columns, record, strict=True)
            if name and not name.startswith(OWN) and (value := cell.strip())
        } | dict(sheet.layout.constants)
        cells: dict[str, str] = {}
        found: list[tuple[str, str]] = []
        for name, value in raw.items():
            cells[name], code = sheet.plain(name, value, raw)
            if code:
                found.append((name, code))
        for at, name in enumerate(columns):
            odd = kind_of(name) in ("reference", "phone", "postcode")
            if odd and isinstance(record[at], Figure):
                found.append((name, "number_not_text"))
        ref = cells.get("account_ref", "")
        return cells, [
            Problem(
                code=code,
                severity=Severity.WARNING if code in DOUBTS else Severity.REFUSED,
                message=FINDINGS[code],
                row=number,
                account_ref=ref if _REF.fullmatch(ref) else None,
                field=name,
            )
            for name, code in found
        ]

    def _shared(self, number: int, ref: str, row: Row | None) -> Iterator[Problem]:
        """Find what only the whole file shows: a reference used twice, for debts or for people."""
        first = self.refs.setdefault(hash(ref), number)
        if ref and first != number:
            yield _refused(
                "duplicate_ref",
                number,
                row,
                "account_ref",
                f"row {first} has the same account; a debt stands in a file once",
            )
        for person in _people(row):
            told = _who(person)
            mark = (told & _WORD) << _ROWS | number
            known = self.people.setdefault(hash(person.customer_ref), mark)
            if known >> _ROWS != mark >> _ROWS:
                yield _refused(
                    "customer_ref_reused",
                    number,
                    row,
                    "customer_ref",
                    f"row {known & _ROW} uses it with another name, birth date or id number; two people "
                    "must not become one",
                )
            elif person.dob is not None:
                mark = (hash(person.customer_ref) & _WORD) << _ROWS | number
                known = self.names.setdefault(told, mark)
                if known >> _ROWS != mark >> _ROWS:
                    yield Problem(
                        code="person_twice",
                        severity=Severity.WARNING,
                        message=f"row {known & _ROW} has the same name and birth date under another "
                        "reference; ask the seller, because limits of contact count people",
                        row=number,
                        account_ref=row.account_ref if row else None,
                        field="customer_ref",
                    )


def _who(person: Person) -> int:
    """Answer a digest of who somebody is; capitals, spaces and full width make nobody another."""
    names = (
        person.names.get(name) for name in ("full_name", "native_name", "first_name", "last_name")
    )
    plain = (
        " ".join(unicodedata.normalize("NFKC", name or "").casefold().split()) for name in names
    )
    return hash((*plain, person.dob, person.id_number_hash))


def _people(row: Row | None) -> list[Person]:
    return [] if row is None else [row.debtor, *(party.person for party in row.liable)]


def _refused(code: str, number: int, row: Row | None, name: str, message: str) -> Problem:
    return Problem(
        code=code,
        severity=Severity.REFUSED,
        message=message,
        row=number,
        account_ref=row.account_ref if row else None,
        field=name,
    )


# The whole file


def survey(
    raw: bytes | Source,
    manifest: Manifest,
    today: date,
    layout: Layout | None = None,
    *,
    tell: Callable[[Problem], object] | None = None,
    beat: Callable[[int], object] | None = None,
) -> Survey:
    """Read a whole file and compare it with its manifest; nothing is kept but counts.

    ``today`` is the latest date on Earth. A file whose bytes, row count or control totals differ
    from its manifest is stopped as a whole. ``tell`` is given what was found of each row, which
    the answer then has only as counts; ``beat`` is told from time to time how many rows were read.
    """
    problems: list[Problem] = []
    codes: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    places: Counter[str] = Counter()
    flags: Counter[str] = Counter()
    accepted = 0
    note = tell or problems.append
    try:
        reading = Reading(manifest, open_sheet(raw, layout), today)
        for item in reading:
            match item:
                case Problem():
                    codes[item.code] += 1
                    note(item)
                case Row():
                    accepted += 1
                    totals[item.currency] += item.total
                    places[_place(item.debtor)] += 1
                    flags.update(flag.kind.value for flag in item.flags)
            if beat and reading.rows % _BEAT == 0:
                beat(reading.rows)
    except UnreadableError as error:
        return _survey(manifest, problems=error.problems)
    if beat:
        beat(reading.rows)
    stops = [*_disagreements(raw, reading), *reading.header]
    codes.update(each.code for each in stops)
    return _survey(
        manifest,
        rows=reading.rows,
        accepted=accepted,
        refused=reading.rows - accepted,
        totals=dict(totals),
        jurisdictions=dict(sorted(places.items())),
        flags=dict(sorted(flags.items())),
        codes=dict(sorted(codes.items())),
        problems=(*stops, *problems),
    )


def _survey(manifest: Manifest, **found: Any) -> Survey:
    return Survey(portfolio_id=manifest.portfolio_id, seller=manifest.seller_legal_name, **found)


def _place(person: Person) -> str:
    return f"{person.jurisdiction}-{person.sub}" if person.sub else person.jurisdiction


def _disagreements(raw: bytes | Source, reading: Reading) -> Iterator[Problem]:
    """Say where the file is not what its manifest promised."""
    manifest = reading.manifest
    yield from broken_promises(manifest, raw, reading.rows, reading.sums, reading.unread, "total")
    if reading.unread:
        return
    if manifest.transfer_effective_date > reading.today:
        yield stop(
            "not_yet_transferred",
            f"the transfer takes effect on {manifest.transfer_effective_date}; import it then",
            "transfer_effective_date",
        )
