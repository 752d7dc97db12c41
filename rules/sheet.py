"""A table as some program wrote it: encoding, delimiter, decimal comma, spreadsheets' dates.

Sellers send what their program exports. What has one meaning is read and what has two is refused;
a mapping file says what the table itself does not. Nothing here opens a file: it gets the bytes, or
what opens them at their beginning, and holds one row at a time.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, BinaryIO, Literal, Protocol

from models.transfer import Layout, Order, Problem, Severity
from rules.row import kind_of, known_column

DELIMITERS = ",;\t|"

Source = Callable[[], BinaryIO]
"""Opens the bytes of a table at their beginning, as often as it is asked."""

BLOCK = 1 << 20
"""Bytes that are looked at together."""

RUN = "=+-@\uff1d\uff0b\uff0d\uff20"
"""What begins a formula for spreadsheets; East Asian ones take the wide forms too."""

GUARDED = re.compile(rf"'[{re.escape(RUN)}\t]")
"""What our own reports put before text that a spreadsheet would run."""

_PLAIN = re.compile(r"-?[0-9]+")
_POINT = re.compile(
    r"-?[0-9]{1,3}(,[0-9]{3})+\.[0-9]+|-?[0-9]+\.([0-9]{1,2}|[0-9]{4,})|-?0\.[0-9]+|-?[0-9]{4,}\.[0-9]+"
)
_COMMA = re.compile(
    r"-?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+|-?[0-9]+,([0-9]{1,2}|[0-9]{4,})|-?0,[0-9]+|-?[0-9]{4,},[0-9]+"
)
_GROUPED = re.compile(r"-?[1-9][0-9]{0,2}([.,])[0-9]{3}(\1[0-9]{3})*")
"""1,234 and 1.234: thousands or thousandths, whichever the rest of the file says."""

_ISO = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_HAN = re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日")
_SOLID = re.compile(r"(19|20)([0-9]{2})([0-9]{2})([0-9]{2})")
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_SLASHED = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4})")
_MIDNIGHT = re.compile(r"[ T]00:00(:00(\.0+)?)?$")
_SERIAL = re.compile(r"([1-9][0-9]{4})(\.0+)?")
_POWER = re.compile(r"[0-9]+([.,][0-9]+)?[eE]\+[0-9]+")
_NUMERIC = re.compile(r"[0-9]+")

_DAY_ZERO = date(1899, 12, 30)
"""Of the spreadsheets' 1900 system, after their leap day that never was."""

_YES_NO = {
    **dict.fromkeys(("yes", "y", "true", "1", "是", "ja", "oui"), "yes"),
    **dict.fromkeys(("no", "n", "false", "0", "否", "nein", "non"), "no"),
    **dict.fromkeys(("unknown", "不详", "未知", "unbekannt"), "unknown"),
}

ZIP_DIGITS = {"US": 5, "DE": 5, "IT": 5, "FR": 5, "ES": 5, "CN": 6, "AU": 4}
"""Countries whose postcodes have so many digits, some with zeros in front."""


class UnreadableError(ValueError):
    """The file as a whole cannot be read; the problems say why and what to do."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


def stop(code: str, message: str, field: str | None = None) -> Problem:
    return Problem(code=code, severity=Severity.STOP, message=message, field=field)


class Figure(str):
    """A cell of a workbook that holds a number and no text."""

    __slots__ = ()


@dataclass(frozen=True)
class Sheet:
    """A table that can be read again and again, and how its cells are to be understood."""

    records: Callable[[], Iterator[tuple[int, list[str]]]]
    """Line and cells; the header comes first. Raises ``UnreadableError`` on broken quoting."""
    layout: Layout = field(default_factory=Layout)
    decimal: Literal[".", ",", "?"] = "."
    """``?``: both marks are in use, so what could be either is refused."""
    order: Order | Literal["?"] | None = None
    """None: no cell shows which of day and month comes first."""
    digits: Mapping[str, int] = field(default_factory=dict)
    """Columns whose longest numbers begin with zeros, and how long those are."""

    def plain(self, name: str, value: str, row: Mapping[str, str]) -> tuple[str, str | None]:
        """Answer a cell as the format writes it, and a code if somebody should know.

        ``name`` is one of our columns, ``row`` the other cells under their columns. What cannot
        be understood comes back as it is, for the row's own checks to refuse.
        """
        if GUARDED.match(value):
            value = value[1:]
        value = self.layout.words.get(name, {}).get(value, value)
        match kind_of(name):
            case "money":
                return self._amount(value)
            case "rate":
                return _rate(value), None
            case "date":
                return self._day(value)
            case "yes_no":
                return _YES_NO.get(value.casefold(), value), None
            case "reference":
                return self._reference(name, value)
            case "postcode":
                country = row.get(name.removesuffix("postcode") + "country", "")
                digits = ZIP_DIGITS.get(country, 0)
                if _NUMERIC.fullmatch(value) and digits - 2 <= len(value) < digits:
                    return value.zfill(digits), "zeros_restored"
                return value, None
            case _:
                return value, None

    def _amount(self, value: str) -> tuple[str, str | None]:
        text = "".join(unicodedata.normalize("NFKC", value).split()).replace("'", "")
        text = text.replace("\u2019", "").replace("\u2212", "-")
        if _PLAIN.fullmatch(text):
            return text, None
        if _GROUPED.fullmatch(text):
            mark = "," if "," in text else "."
            if self.decimal == "?":
                return value, "ambiguous_amount"
            if mark != self.decimal:
                return text.replace(mark, ""), None
            return (text.replace(",", "."), None) if text.count(mark) == 1 else (value, None)
        if _POINT.fullmatch(text):
            return text.replace(",", ""), None
        if _COMMA.fullmatch(text):
            return text.replace(".", "").replace(",", "."), None
        return value, None

    def _day(self, value: str) -> tuple[str, str | None]:
        text = _MIDNIGHT.sub("", unicodedata.normalize("NFKC", value).strip())
        if found := _ISO.fullmatch(text) or _HAN.fullmatch(text):
            year, month, day = found.groups()
        elif found := _SOLID.fullmatch(text):
            year, month, day = found[1] + found[2], found[3], found[4]
        elif found := _DOTTED.fullmatch(text):
            day, month, year = found.groups()
        elif found := _SLASHED.fullmatch(text):
            if self.order not in ("dmy", "mdy"):
                return value, "ambiguous_date"
            first, second, year = found.groups()
            day, month = (first, second) if self.order == "dmy" else (second, first)
        elif found := _SERIAL.fullmatch(text):
            return (_DAY_ZERO + timedelta(days=int(found[1]))).isoformat(), "spreadsheet_date"
        else:
            return value, None
        return f"{year}-{int(month):02}-{int(day):02}", None

    def _reference(self, name: str, value: str) -> tuple[str, str | None]:
        if _POWER.fullmatch(value):
            return value, "number_mangled"
        if not _NUMERIC.fullmatch(value):
            return value, None
        if digits := self.layout.width.get(name):
            return value.zfill(digits), "zeros_restored" if len(value) < digits else None
        return value, "zeros_lost" if len(value) < self.digits.get(name, 0) else None

    def named(self, heading: str) -> str:
        """Answer our column for a heading; what nobody knows stays as it is."""
        return self.layout.columns.get(heading, heading)


FINDINGS = {
    "ambiguous_amount": "this may be thousands or thousandths, and the file uses both marks; write "
    "1234.00, or say decimal in a mapping file",
    "ambiguous_date": "day and month may be either way round; write 2026-01-31, or say date_order "
    "in a mapping file",
    "number_mangled": "a spreadsheet made a number of it and lost digits; ask for the column as text",
    "zeros_lost": "other rows begin with zeros and this one is shorter; a spreadsheet dropped them: "
    "ask for the column as text, or say width in a mapping file",
    "zeros_restored": "leading zeros that a spreadsheet dropped were put back",
    "spreadsheet_date": "a spreadsheet's day number was read as a date",
    "number_not_text": "this cell holds a number; leading zeros, if there were any, are gone",
}

DOUBTS = frozenset({"zeros_restored", "spreadsheet_date", "number_not_text"})
"""Findings that warn; the others refuse the row."""


def open_sheet(raw: bytes | Source, layout: Layout | None = None) -> Sheet:
    """Find out what wrote these bytes; raises ``UnreadableError`` when it cannot be told."""
    layout = layout or Layout()
    if not layout.confirmed:
        raise UnreadableError(
            stop(
                "mapping_unconfirmed",
                "the mapping file is a guess; look at every line, then write confirmed = true",
                "confirmed",
            )
        )
    source = opener(raw)
    with source() as file:
        start = file.read(4)
    if start == b"PK\x03\x04":
        records = _workbook(source, layout.sheet)
    elif start == b"\xd0\xcf\x11\xe0":
        raise UnreadableError(
            stop("not_text", "this is an old .xls workbook; save it as .xlsx or as 'CSV UTF-8'")
        )
    else:
        encoding = _encoding(source, layout.encoding)
        records = _separated(
            source, encoding, layout.delimiter or _delimiter(source, encoding, layout)
        )
    return _understood(Sheet(records, layout))


def opener(raw: bytes | Source) -> Source:
    """Answer what opens these bytes."""
    return (lambda: io.BytesIO(raw)) if isinstance(raw, bytes) else raw


def blocks(source: Source) -> Iterator[bytes]:
    """Give the bytes one block after the other."""
    with source() as file:
        while block := file.read(BLOCK):
            yield block


class Promised(Protocol):
    """What a manifest promises of the file beside it."""

    @property
    def row_count(self) -> int: ...
    @property
    def control_total_minor(self) -> Mapping[str, int]: ...
    @property
    def sha256(self) -> str: ...
    @property
    def mends(self) -> str | None: ...


def broken_promises(  # noqa: PLR0917
    manifest: Promised,
    raw: bytes | Source,
    rows: int,
    sums: Mapping[str, int],
    unread: Sequence[int],
    figure: str,
) -> Iterator[Problem]:
    """Say where a file is not what its manifest promised.

    ``unread`` are the rows without a legible ``figure``: with any, the sums are not compared.
    """
    if manifest.mends is None and _sha256(raw) != manifest.sha256:
        yield stop(
            "sha256_mismatch",
            "the file is not the one the manifest was made for; ask the seller for both again",
            "sha256",
        )
    if rows != manifest.row_count:
        yield stop(
            "row_count_mismatch",
            f"the manifest promises {manifest.row_count} rows, the file has {rows}",
            "row_count",
        )
    if unread:
        named = ", ".join(map(str, unread))
        yield stop(
            "control_total_unknown",
            f"the control total cannot be checked: no {figure} can be read in row {named}",
            "control_total_minor",
        )
        return
    for currency, promised in manifest.control_total_minor.items():
        if (found := sums[currency]) != promised:
            yield stop(
                "control_total_mismatch",
                f"{currency}: the manifest promises {promised} minor units, the rows add up to "
                f"{found}",
                "control_total_minor",
            )


def _sha256(raw: bytes | Source) -> str:
    found = hashlib.sha256()
    for block in blocks(opener(raw)):
        found.update(block)
    return found.hexdigest()


def _encoding(source: Source, said: str | None) -> str:
    """Answer what these bytes are: UTF-8 with or without a byte order mark, or GB18030."""
    for at, block in enumerate(blocks(source)):
        if at == 0 and block[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise UnreadableError(
                stop(
                    "encoding",
                    "this is UTF-16; save it again as 'CSV UTF-8' and renew the manifest",
                )
            )
        if b"\x00" in block:
            raise UnreadableError(
                stop("not_text", "this is not a text file; export the sheet as 'CSV UTF-8'")
            )
    encoding = "utf-8-sig" if said in (None, "utf-8") else said
    line = _broken_line(source, encoding)
    if line is None:
        return encoding
    if said is None and _chinese(source):
        return "gb18030"
    raise UnreadableError(
        stop(
            "encoding",
            f"line {line} is not {'UTF-8 or GB18030' if said is None else said}; save the "
            "file again as 'CSV UTF-8' and renew the manifest's sha256",
        )
    )


def _broken_line(source: Source, encoding: str) -> int | None:
    """Answer the first line that another encoding wrote; None if there is none."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    try:
        for block in blocks(source):
            decoder.decode(block)
            lines += block.count(b"\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return lines + error.object.count(b"\n", 0, error.start)
    return None


def _chinese(source: Source) -> bool:
    """Say whether GB18030 makes sense: Western text read so becomes characters nobody uses."""
    decoder = codecs.getincrementaldecoder("gb18030")()
    letters: Counter[str] = Counter()
    try:
        for block in blocks(source):
            letters.update(decoder.decode(block))
        letters.update(decoder.decode(b"", final=True))
    except UnicodeDecodeError:
        return False
    foreign = {letter: count for letter, count in letters.items() if ord(letter) > 127}
    usual = sum(count for letter, count in foreign.items() if _in_gb2312(letter))
    return usual >= 0.9 * sum(foreign.values())


def _in_gb2312(letter: str) -> bool:
    try:
        letter.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _separated(
    source: Source, encoding: str, delimiter: str
) -> Callable[[], Iterator[tuple[int, list[str]]]]:
    def records() -> Iterator[tuple[int, list[str]]]:
        with io.TextIOWrapper(source(), encoding=encoding, newline="") as text:
            found = csv.reader(text, strict=True, delimiter=delimiter)
            try:
                for record in found:
                    yield found.line_num, record
            except csv.Error as error:
                raise UnreadableError(
                    stop("csv", f"line {found.line_num} cannot be read as CSV: {error}")
                ) from None

    return records


def _delimiter(source: Source, encoding: str, layout: Layout) -> str:
    """Answer what separates the most columns that we know."""
    with io.TextIOWrapper(source(), encoding=encoding, newline="") as text:
        head = text.read(65_536)

    def known(delimiter: str) -> int:
        try:
            names = next(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), [])
        except csv.Error:
            return 0
        stripped = [name.strip() for name in names]
        return sum(known_column(layout.columns.get(name, name)) for name in stripped)

    return max(DELIMITERS, key=known)


def _workbook(source: Source, name: str | None) -> Callable[[], Iterator[tuple[int, list[str]]]]:
    """Read one sheet of an .xlsx workbook: values and never formulas, as wide as its header."""

    def records() -> Iterator[tuple[int, list[str]]]:
        with source() as file:
            book = _book(file)
            try:
                table = book[name] if name else book.worksheets[0]
                width = 0
                for line, cells in enumerate(table.iter_rows(values_only=True), 1):
                    row = [_cell(cell) for cell in cells]
                    if line == 1:
                        width = max((n for n, cell in enumerate(row, 1) if cell), default=0)
                    yield line, (row + [""] * width)[:width]
            except (ValueError, KeyError, OSError, SyntaxError):
                raise UnreadableError(_BROKEN_BOOK) from None
            finally:
                book.close()

    with source() as file:
        book = _book(file)
        known = name is None or name in book.sheetnames
        book.close()
    if not known:
        raise UnreadableError(stop("workbook", f"there is no sheet {name}", "sheet"))
    return records


_BROKEN_BOOK = stop(
    "workbook", "this workbook is broken or locked; save it again, or as 'CSV UTF-8'"
)


def _book(file: BinaryIO) -> Any:
    from openpyxl import load_workbook  # noqa: PLC0415  # only who sends workbooks pays for it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load_workbook(file, read_only=True, data_only=True)
    except Exception:  # noqa: BLE001  # openpyxl lets whatever a broken archive raises through
        raise UnreadableError(_BROKEN_BOOK) from None


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.date().isoformat() if value.time() == datetime.min.time() else str(value)
        case date():
            return value.isoformat()
        case int():
            return Figure(value)
        case float() if value.is_integer():
            return Figure(int(value))
        case float():
            return Figure(f"{Decimal(repr(value)):f}")
        case _:
            return str(value)


def _understood(sheet: Sheet) -> Sheet:
    """Look through the table once for what a single cell cannot tell."""
    source = sheet.records()
    header = next(source, (0, []))[1]
    columns = [sheet.named(name.strip()) for name in header]
    kinds = [kind_of(name) for name in columns]
    money, days, refs = (
        [at for at, kind in enumerate(kinds) if kind == wanted]
        for wanted in ("money", "date", "reference")
    )
    marks: Counter[str] = Counter()
    orders: Counter[Order] = Counter()
    seen: dict[str, set[tuple[int, bool]]] = {columns[at]: set() for at in refs}
    for _, record in source:
        if len(record) != len(columns):
            continue
        marks.update(_marks(record[at] for at in money))
        orders.update(_orders(record[at] for at in days))
        for at in refs:
            value = record[at].strip()
            if _NUMERIC.fullmatch(value):
                seen[columns[at]].add((len(value), value[0] == "0"))
    decimal: Literal[".", ",", "?"] = "."
    if sheet.layout.decimal:
        decimal = sheet.layout.decimal
    elif marks:
        decimal = "?" if len(marks) > 1 else "," if "," in marks else "."
    order: Order | Literal["?"] | None = sheet.layout.date_order
    if order is None and orders:
        order = "?" if len(orders) > 1 else next(iter(orders))
    digits = {
        name: length
        for name, found in seen.items()
        if name not in sheet.layout.width and (length := _padded(found))
    }
    return replace(sheet, decimal=decimal, order=order, digits=digits)


def _padded(found: set[tuple[int, bool]]) -> int:
    """Answer the length of numbers that are padded with zeros; 0 if they are not all alike."""
    longest = max((length for length, _ in found), default=0)
    padded = {length for length, zero in found if zero}
    return longest if padded == {longest} else 0


def _rate(value: str) -> str:
    """Write a yearly rate as a fraction: 24 %, 24,0% and 0,24 are all 0.24."""
    text = "".join(unicodedata.normalize("NFKC", value).split()).replace(",", ".")
    if text.endswith("%") and re.fullmatch(r"[0-9]+(\.[0-9]+)?%", text):
        return f"{(Decimal(text[:-1]) / 100).normalize():f}"
    return text


def _marks(cells: Iterable[str]) -> Iterator[str]:
    for cell in cells:
        text = "".join(cell.split())
        if _POINT.fullmatch(text):
            yield "."
        elif _COMMA.fullmatch(text):
            yield ","


def _orders(cells: Iterable[str]) -> Iterator[Order]:
    for cell in cells:
        if found := _SLASHED.fullmatch(_MIDNIGHT.sub("", cell.strip())):
            if int(found[1]) > 12:
                yield "dmy"
            elif int(found[2]) > 12:
                yield "mdy"
