"""Bank statements in SWIFT MT940 (and MT942), in the dialects that banks write.

Read here and not by a library: a reader that skips what it does not understand loses money
without a word. Every line is either read or told as a problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256

from models.base import Value
from models.money import MoneyError
from models.statement import (
    Counterparty,
    Doubt,
    EntryBatch,
    EntryStatus,
    Instructed,
    References,
    Statement,
    StatementBalance,
    StatementEntry,
    StatementFile,
    StatementProblem,
    UnreadableStatementError,
    exact,
    meaning_of,
)

_TAG = re.compile(r":(\d\d[A-Z]?|NS[A-Z]?):")
_TIME = re.compile(r":[0-5]\d:[0-5]\d(?!\d)")
"""The end of a time that text broke before, which looks like a field that there is not."""
_FIELDS = frozenset({"12", "13", "20", "21", "25", "28", "61", "64", "65", "86"})
"""Tags without a letter that begin with a digit pair of a time."""
_BLOCK = re.compile(r"\{[12356S]:(?:[^{}]|\{[^{}]*\})*\}")
_BALANCE = re.compile(r"([CD])\s*(\d{6})\s*([A-Z]{3})\s*([\d.,]+)")
_ENTRY = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4})?"
    r"(?P<mark>R[CD]|E[CD]|RE[CD]|[CD])(?P<funds>[A-Z])?\s?"
    r"(?P<amount>\d[\d.,]*|,\d+)"
    r"(?P<type>[A-Z][A-Z0-9]{3})?"
    r"(?P<refs>.*)",
    re.DOTALL,
)
_SEQUENCE = re.compile(r"\s*(\d{1,7})?(?:\s*/\s*(\d{1,7}))?\s*")
_STRUCTURED = re.compile(r"(\d{3})([^\w\s/])(?=\d\d)")
_SEPA = re.compile(
    r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|IBAN|BIC|COAM|OAMT|PURP|RREF|SQTP|ANAM)\+"
)
_CODEWORD = re.compile(
    r"/(EREF|REMI|MARF|CSID|NAME|IBAN|BIC|TRTP|TRCD|CNTP|PREF|KREF|BENM|ORDP|ID|ADDR|RTRN|ISDT|"
    r"ULTB|ULTD|ULTC|USTD|STRD|PURP|SVCL|OCMT|CHGS|EXCH|BUSP|INST|SVWZ|MREF|CRED|ORIG)/"
)
_NOTHING = frozenset({"", "NONREF", "NOTPROVIDED", "UNKNOWN", "NOTAVAILABLE"})
_BATCHED = frozenset({"191", "192", "193", "194", "195", "196", "197", "198", "199"})
"""German business transaction codes of collective entries (DK, Anlage 3: 19x)."""
_RETURNED = frozenset({"108", "109", "159"})
"""German business transaction codes of what comes back unpaid: cheques, direct debits, transfers
(DK, Anlage 3)."""
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_WIDTH = 65
"""Characters of a line of ``:86:``: a full one goes on in the next without a space."""
_PART = 27
"""Characters of a purpose subfield of a structured ``:86:``, likewise."""


_CONTROLS: dict[int, None] = {0x01: None, 0x03: None, 0x1A: None}
"""Signs of transmission and of the end of a file, which belong to no line."""


@dataclass
class _Field:
    tag: str
    lines: list[str]
    line: int

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip()

    @property
    def head(self) -> str:
        """The first line that says something: a balance or a number has one line only."""
        return next((line.strip() for line in self.lines if line.strip()), "")


@dataclass
class _Message:
    fields: list[_Field] = field(default_factory=list)
    open_end: bool = False

    def first(self, *tags: str) -> _Field | None:
        return next((f for f in self.fields if f.tag in tags), None)


def looks_like_mt940(text: str) -> bool:
    text = text.replace("\r", "\n").replace("@@", "\n")
    return bool(re.search(r"(?m)^\s*(?:\{4:\s*)?:(?:20|25|28C?):", text)) and bool(
        re.search(r"(?m)^:(?:60[FM]|61|62[FM]|34F|13D):", text)
    )


def read_mt940(text: str) -> StatementFile:
    """Read every statement of a file. Raises ``UnreadableStatementError`` when there is none."""
    problems: list[StatementProblem] = []
    messages = list(_messages(text, problems))
    if not messages:
        raise UnreadableStatementError(
            StatementProblem(
                code="not_a_statement", where="line 1", message="no field of a statement is here"
            )
        )
    statements = [_Reader(message, problems).statement() for message in messages]
    interim = all(statement.kind == "report" for statement in statements)
    return StatementFile(
        format="mt942" if interim else "mt940",
        statements=tuple(statements),
        problems=tuple(problems),
    )


def _messages(text: str, problems: list[StatementProblem]) -> Iterator[_Message]:
    """Take off the envelope and part the file at every ``:20:``."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("@@", "\n")
    message = _Message()
    current: _Field | None = None
    for number, written in enumerate(text.split("\n"), 1):
        line = _BLOCK.sub("", written) if written.lstrip().startswith(("{", "-}")) else written
        line = line.removeprefix("\ufeff").translate(_CONTROLS)
        line = line.removeprefix("{4:")
        if line.strip() in ("-", "-}", "--", "") or line.startswith("-}"):
            current = None if line.strip() else current
            continue
        match = _TAG.match(line)
        if match and not (current and current.tag == "86" and _broken_time(match[1], line)):
            if match[1] == "20" and message.fields:
                yield message
                message = _Message()
            current = _Field(match[1], [line[match.end() :]], number)
            message.fields.append(current)
        elif current is not None:
            current.lines.append(line)
        elif message.fields and not _trailer(line):
            problems.append(
                StatementProblem(
                    code="line_unreadable",
                    where=f"line {number}",
                    message="the line belongs to no field: is a part missing before it?",
                )
            )
    if message.fields:
        yield message


def _broken_time(tag: str, line: str) -> bool:
    """Answer whether a line of text goes on with ``:26:37`` of a time, and is no field."""
    return tag not in _FIELDS and _TIME.match(line) is not None


def _trailer(line: str) -> bool:
    """Answer whether a line between statements is a bank's own frame, as ``ABNANL2A`` or 940."""
    return bool(re.fullmatch(r"\s*(?:[A-Z0-9]{3,12}|\d{3}|\$|[{}].*|\x1a)\s*", line))


@dataclass
class _Reader:
    """One message."""

    message: _Message
    problems: list[StatementProblem]
    where: str = ""
    currency: str = ""
    complete: bool = True

    def statement(self) -> Statement:
        fields = self.message.fields
        reference = self._text("20")
        account = re.sub(r"\s", "", self._text("25", "25P").partition("\n")[0])
        balance = self.message.first("60F", "60M", "62F", "62M")
        if (code := _BALANCE.fullmatch(balance.head) if balance else None) is not None:
            account = re.sub(rf"(?<=\d){code[3]}$", "", account)
        self.where = f"statement {reference or '?'} at line {fields[0].line}"
        if not account:
            self._tell("account_missing", fields[0], "the statement names no account (:25:)")
        sequence, page = self._sequence()
        opening = self._balance("60F", "60M")
        closing = self._balance("62F", "62M")
        report = self.message.first("34F", "13D") is not None and opening is None
        limit = self.message.first("34F")
        currency = opening or closing
        self.currency = currency.currency if currency else (limit.text[:3] if limit else "")
        if not report:
            self._whole(opening, closing)
        ident = _ident(reference, sequence, page, opening, closing)
        entries, batches = self._entries(ident, closing)
        days = [entry.booked_on for entry in entries if entry.booked_on]
        return Statement(
            account=account,
            id=ident,
            kind="report" if report else "statement",
            currency=self.currency,
            sequence=sequence,
            page=page,
            last_page=self.message.first("62M") is None if closing else None,
            opening=opening,
            closing=closing,
            begins=opening.on if opening else min(days, default=None),
            ends=closing.on if closing else max(days, default=None),
            entries=tuple(entries),
            batches=tuple(batches),
            where=self.where,
            complete=self.complete,
        )

    def _whole(self, opening: StatementBalance | None, closing: StatementBalance | None) -> None:
        last = self.message.fields[-1]
        if closing is None and self.message.first("62F", "62M") is None:
            self._tell(
                "truncated", last,
                "the statement ends without a closing balance (:62F:): fetch it again",
            )  # fmt: skip
        if opening is None and self.message.first("60F", "60M") is None:
            self._tell(
                "balance_missing", self.message.fields[0],
                "the statement has no opening balance (:60F:), so nobody can say that it is whole",
            )  # fmt: skip

    def _sequence(self) -> tuple[int | None, int | None]:
        found = self.message.first("28C", "28")
        if found is None:
            return None, None
        match = _SEQUENCE.fullmatch(found.head)
        if not match or not found.head:
            self._tell("sequence_unreadable", found, ":28C: is no statement number")
            return None, None
        self._rest(found)
        return int(match[1] or 0) or None, int(match[2]) if match[2] else None

    def _balance(self, *tags: str) -> StatementBalance | None:
        found = self.message.first(*tags)
        if found is None:
            return None
        match = _BALANCE.fullmatch(found.head)
        day = self._day(found, match[2]) if match else None
        if not match or day is None:
            self._tell("balance_unreadable", found, f":{found.tag}: is no balance")
            return None
        try:
            minor = exact(_point(match[4]), match[3])
        except MoneyError as error:
            self._tell("balance_unreadable", found, f":{found.tag}: {error}")
            return None
        self._rest(found)
        return StatementBalance(
            minor=minor if match[1] == "C" else -minor,
            currency=match[3],
            on=day,
            interim=found.tag.endswith("M"),
        )

    def _entries(
        self, ident: str, closing: StatementBalance | None
    ) -> tuple[list[StatementEntry], list[EntryBatch]]:
        entries: list[StatementEntry] = []
        batches: list[EntryBatch] = []
        position = 0
        fields = self.message.fields
        for index, found in enumerate(fields):
            if found.tag != "61":
                continue
            position += 1
            about: list[str] = []
            for following in fields[index + 1 :]:
                if following.tag not in ("86", "NS"):
                    break
                about += following.lines if following.tag == "86" else []
            entry = self._entry(ident, position, found, about, closing)
            if entry is None:
                self.complete = False
                continue
            if entry.code[:3] in _BATCHED and entry.code[3:4] == " ":
                batches.append(
                    EntryBatch(
                        id=entry.id,
                        position=entry.position,
                        minor=entry.minor,
                        currency=entry.currency,
                        opened=False,
                    )
                )
                self._tell(
                    "batch_unopened", found,
                    "the entry carries several payments that MT940 does not list; match it by "
                    "hand, or import the bank's camt file",
                )  # fmt: skip
            entries.append(entry)
        return entries, batches

    def _entry(
        self,
        ident: str,
        position: int,
        found: _Field,
        about: list[str],
        closing: StatementBalance | None,
    ) -> StatementEntry | None:
        match = _ENTRY.fullmatch(found.lines[0].strip())
        if not match:
            self._tell("entry_unreadable", found, ":61: has another form than the standard's")
            return None
        value = self._day(found, match["value"])
        if value is None:
            self._tell("entry_unreadable", found, ":61: begins with no day of the calendar")
            return None
        try:
            minor = exact(_point(match["amount"]), self.currency)
        except MoneyError as error:
            self._tell("amount_unreadable", found, f":61: the amount cannot be taken: {error}")
            return None
        mark = match["mark"]
        minor = -minor if mark in ("D", "RC", "ED", "REC") else minor
        reversal = mark.startswith("R")
        refs, _, bank = match["refs"].partition("//")
        told = _about(about)
        status = EntryStatus.PENDING if "E" in mark else EntryStatus.BOOKED
        extra = " ".join(line.strip() for line in found.lines[1:] if line.strip())
        back = told.code in _RETURNED or match["type"] == "NRTI"
        returned = back or (not told.code and bool(told.return_reason))
        instructed, charges = _exchanged(f"{extra}\n{''.join(about)}", minor, self.currency)
        return StatementEntry(
            id=f"{ident}/{position}",
            position=str(position),
            booked_on=self._booked(match["entry"], value, closing),
            value_on=value,
            minor=minor,
            currency=self.currency,
            meaning=meaning_of(minor, reversal=reversal or returned),
            reversal=reversal,
            status=status,
            references=told.references.model_copy(
                update={
                    "customer": told.references.customer or _customer(refs),
                    "bank": _given(bank.strip()),
                }
            ),
            counterparty=told.counterparty
            if told.counterparty.account or not _IBAN.fullmatch(extra)
            else told.counterparty.model_copy(update={"account": extra}),
            remittance=told.remittance or extra,
            code=f"{told.code} {match['type'] or ''}".strip() if told.code else match["type"] or "",
            return_reason=told.return_reason if returned or reversal else "",
            instructed=instructed,
            charges=charges,
            where=f"line {found.line}",
        )

    def _booked(self, entry: str | None, value: date, closing: StatementBalance | None) -> date:
        """Answer the day of booking: its year is the one nearest to the value date."""
        if not entry:
            return value
        near = closing.on if closing and closing.on else value
        days: list[date] = []
        for year in (near.year - 1, near.year, near.year + 1):
            try:
                days.append(date(year, int(entry[:2]), int(entry[2:])))
            except ValueError:
                continue
        return min(days, key=lambda day: abs(day - near), default=value)

    def _day(self, found: _Field, text: str) -> date | None:
        """Read YYMMDD: a day that banks count and the month has not is the month's last.

        Under 30/360, which German banks reckon by, interest has its value on the 30th of February.
        """
        day = _day(text)
        if day is None and text[4:] in ("29", "30", "31") and (first := _day(f"{text[:4]}01")):
            day = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
            self._tell(
                "day_mended",
                found,
                f"the month has no day {text[4:]}; read as {day}",
                Doubt.WARNING,
            )
        return day

    def _rest(self, found: _Field) -> None:
        """Tell lines after a field that has one only: a bank's frame is nothing to tell."""
        said = [line for line in found.lines if line.strip()]
        for line in said[1:]:
            if not _trailer(line):
                self._tell(
                    "line_unreadable",
                    found,
                    "a line after the field belongs to none",
                    Doubt.WARNING,
                )
                return

    def _text(self, *tags: str) -> str:
        found = self.message.first(*tags)
        return found.text if found else ""

    def _tell(self, code: str, found: _Field, message: str, doubt: Doubt = Doubt.ERROR) -> None:
        self.problems.append(
            StatementProblem(
                code=code, severity=doubt, where=f"line {found.line}, {self.where}", message=message
            )
        )


def _ident(
    reference: str,
    sequence: int | None,
    page: int | None,
    opening: StatementBalance | None,
    closing: StatementBalance | None,
) -> str:
    """Answer an id that is the same in every export of a statement and in no other statement.

    ``:20:`` is often a constant and ``:28C:`` begins anew every year, so the day belongs to it,
    and without a number the balances do.
    """
    number = "" if sequence is None else f"{sequence}" + (f".{page}" if page is not None else "")
    last = closing or opening
    day = f"{last.on:%Y%m%d}" if last and last.on else ""
    if number and day:
        return f"{day}-{number}"
    said = f"{reference}|{opening and opening.minor}|{closing and closing.minor}"
    return "-".join(filter(None, (day, number, sha256(said.encode()).hexdigest()[:10])))


# What :86: says


class _About(Value):
    references: References = References()
    counterparty: Counterparty = Counterparty()
    remittance: str = ""
    code: str = ""
    return_reason: str = ""


def _about(lines: list[str]) -> _About:
    text = _joined(lines, _WIDTH)
    match = _STRUCTURED.match("".join(lines).lstrip())
    if match:
        return _structured("".join(lines).lstrip(), match[1], match[2])
    joined = "".join(lines)
    if _CODEWORD.search(joined):
        return _codewords(joined)
    return _plain(text)


def _structured(text: str, code: str, separator: str) -> _About:
    parts: dict[str, str] = {}
    last = ""
    for part in text[3:].split(separator):
        if part[:2].isdigit():
            last, parts[part[:2]] = part[:2], part[2:]
        elif last:  # the sign stood in the text
            parts[last] += separator + part
    purpose = [
        parts[key]
        for key in (*(str(n) for n in range(20, 30)), *(str(n) for n in range(60, 64)))
        if key in parts
    ]
    told = _plain(_joined(purpose, _PART, _SEPA))
    name = " ".join(part for key in ("32", "33") if (part := parts.get(key, "").strip()))
    reason = parts.get("34", "").strip()
    return _About(
        references=told.references,
        counterparty=Counterparty(
            name=name or told.counterparty.name,
            account=parts.get("31", "").strip() or told.counterparty.account,
            bank=parts.get("30", "").strip() or told.counterparty.bank,
        ),
        remittance=told.remittance,
        code=code,
        return_reason="" if reason.strip("0") == "" else reason,
    )


def _plain(text: str) -> _About:
    """Read purpose text, with or without SEPA keywords."""
    marks = list(_SEPA.finditer(text))
    if not marks:
        return _About(remittance=_clean(text))
    said: dict[str, str] = {}
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    for mark, end in zip(marks, ends, strict=True):
        said[mark[1]] = f"{said.get(mark[1], '')} {text[mark.end() : end]}".strip()
    before = _clean(text[: marks[0].start()])
    return _About(
        references=References(
            end_to_end=_given(said.get("EREF", "")),
            mandate=_given(said.get("MREF", "")),
            creditor_id=_given(said.get("CRED", "")),
            customer=_given(said.get("KREF", "")),
        ),
        counterparty=Counterparty(
            name=_clean(said.get("ANAM", "")),
            account=said.get("IBAN", ""),
            bank=said.get("BIC", ""),
        ),
        remittance=_clean(" ".join(filter(None, (before, said.get("SVWZ", ""))))),
    )


def _codewords(text: str) -> _About:
    """Read ``/EREF/…/REMI/…`` as SWIFT and the Dutch and Nordic banks write it."""
    marks = _overlapping(text)
    said: dict[str, str] = {}
    ends = [*(start for start, _, _ in marks[1:]), len(text)]
    for (_, begin, word), end in zip(marks, ends, strict=True):
        value = text[begin:end].strip("/").strip() if begin < end else ""
        if value and word not in said:
            said[word] = value
    remittance = said.get("REMI") or said.get("USTD") or said.get("SVWZ") or ""
    creditor = ""
    if strd := re.match(r"STRD/(?:CUR|ISO|RF)?/?(.+)", remittance):
        creditor = strd[1].strip("/ ")
    remittance = re.sub(r"^(?:USTD//|USTD/|STRD/)", "", remittance)
    name, account, bank = said.get("NAME", ""), said.get("IBAN", ""), said.get("BIC", "")
    if party := said.get("CNTP"):
        account, bank, name = (*(part.strip() for part in party.split("/")), "", "", "")[:3]
    if not name:
        name = re.sub(r"^/?(?:NAME/)", "", said.get("BENM", "") or said.get("ORDP", "")).strip("/")
    head = _clean(text[: marks[0][0]])
    return _About(
        references=References(
            end_to_end=_given(said.get("EREF", "")),
            mandate=_given(said.get("MARF", "") or said.get("MREF", "")),
            creditor_id=_given(said.get("CSID", "") or said.get("CRED", "")),
            customer=_given(said.get("KREF", "") or said.get("PREF", "")),
            creditor=creditor or _given(said.get("STRD", "").partition("/")[2]),
        ),
        counterparty=Counterparty(name=name, account=account, bank=bank),
        remittance=_clean(remittance or head),
        return_reason=said.get("RTRN", ""),
    )


def _overlapping(text: str) -> list[tuple[int, int, str]]:
    """Answer begin, end and word of every code word, also where two share a slash."""
    found: list[tuple[int, int, str]] = []
    place = 0
    while match := _CODEWORD.search(text, place):
        found.append((match.start(), match.end(), match[1]))
        place = match.end() - 1
    return found


_STATED = re.compile(r"(?:([A-Z]{3})\s*)?(\d[\d.,]*)\s*([A-Z]{3})?")


def _exchanged(text: str, minor: int, currency: str) -> tuple[Instructed | None, int | None]:
    """Answer what was instructed in the payer's currency, and what the bank took for itself."""
    stated = _stated(text, r"(?:/OCMT/|OAMT\+)", currency)
    charges = _stated(text, r"(?:/CHGS/|COAM\+)", currency)
    rate = re.search(r"/EXCH/(\d[\d.,]*)", text)
    instructed = None
    if stated and stated != (abs(minor), currency):
        said = _point(rate[1]) if rate else ""
        instructed = Instructed(minor=stated[0], currency=stated[1], rate=said)
    return instructed, charges[0] if charges and charges[1] == currency else None


def _stated(text: str, word: str, currency: str) -> tuple[int, str] | None:
    found = re.search(rf"{word}\s*{_STATED.pattern}", text)
    if not found:
        return None
    of = found[1] or found[3] or currency
    try:
        return exact(_point(found[2]), of), of
    except MoneyError:
        return None


def _joined(lines: list[str], width: int, keyword: re.Pattern[str] | None = None) -> str:
    """Join what was broken: a full line goes on in the next, a shorter one ended with a word."""
    text = ""
    for index, line in enumerate(lines):
        text += line
        following = lines[index + 1] if index + 1 < len(lines) else ""
        begins = keyword is not None and keyword.match(following) is not None
        if len(line) < width and following and not begins:
            text += " "
    return text


def _clean(text: str) -> str:
    return " ".join(text.split())


def _customer(text: str) -> str:
    """Answer the reference of ``:61:``; some banks only say there which one ``:86:`` has."""
    found = _given(text)
    return "" if found in ("EREF", "PREF", "MARF", "MREF", "KREF") else found


def _given(text: str) -> str:
    text = _clean(text)
    return "" if text.upper() in _NOTHING else text


def _point(text: str) -> str:
    """Answer a decimal with a point: the standard has a comma, some banks a point."""
    if "," in text and "." in text:
        whole, _, fraction = text.rpartition(",")
        if re.fullmatch(r"\d{1,3}(?:\.\d{3})+", whole):
            return f"{whole.replace('.', '')}.{fraction}"
        return text  # refused as an amount
    return text.replace(",", ".")


def _day(text: str) -> date | None:
    """Read YYMMDD: years 80 to 99 are of the last century, as SWIFT reads them."""
    try:
        year = int(text[:2])
        return date(year + (1900 if year >= 80 else 2000), int(text[2:4]), int(text[4:6]))
    except ValueError:
        return None
