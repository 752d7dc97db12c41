"""Bank statements in ISO 20022 XML: camt.053, camt.054 and camt.052, of any version.

Elements are known by their local names, so that versions, namespaces and prefixes do not matter.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

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

_ROOTS = {
    "BkToCstmrStmt": ("camt.053", "Stmt", "statement"),
    "BkToCstmrDbtCdtNtfctn": ("camt.054", "Ntfctn", "notification"),
    "BkToCstmrAcctRpt": ("camt.052", "Rpt", "report"),
}
_NUMBERED = re.compile(r"V\d\d$")
"""The end of the message's name in the first version of each."""
_VERSION = re.compile(r"camt\.05[234]\.\d{3}\.\d{2}")
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_ENCODINGS = re.compile(
    r"utf-?8|utf-?16(?:le|be)?|us-ascii|ascii|iso-?8859-?\d{1,2}|windows-125\d|gbk|gb2312|gb18030",
    re.IGNORECASE,
)
"""Encodings of statements in the world; one that hides markup from a look at the bytes is none."""
_NOTHING = frozenset({"", "NOTPROVIDED", "NONREF", "NOTAVAILABLE", "NOT PROVIDED", "NONE"})
_STATUS = {
    "BOOK": EntryStatus.BOOKED,
    "PDNG": EntryStatus.PENDING,
    "FUTR": EntryStatus.PENDING,
    "INFO": EntryStatus.INFO,
}
_RETURNS = frozenset({"PRDD", "RPBC", "RPCR", "RRTN", "UPCQ", "UPCT", "UPDD", "CQRV"})
"""Subfamilies of transactions that are the way back of another: returns, and what was not paid."""
_OPENING = ("OPBD", "PRCD")
_CLOSING = ("CLBD",)

Element = Any


@dataclass
class _Reading:
    """What one file yields, and what is wrong with it."""

    problems: list[StatementProblem] = field(default_factory=list)

    def tell(self, code: str, where: str, message: str, doubt: Doubt = Doubt.ERROR) -> None:
        self.problems.append(
            StatementProblem(code=code, severity=doubt, where=where, message=message)
        )


def looks_like_xml(raw: bytes) -> bool:
    """Answer whether a file is XML, in whatever encoding."""
    start = raw[:400].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return start.startswith(b"<")


def read_camt(raw: bytes) -> StatementFile:
    """Read a file of any version. Raises ``UnreadableStatementError`` when nothing can be taken."""
    reading = _Reading()
    encoding, raw = _encoding(raw, reading)
    root = _parse(raw)
    found = [(e, *_ROOTS[name]) for e in _all(root) if (name := _root(e)) in _ROOTS]
    if not found:
        raise _refuse(
            "not_a_statement",
            f"line {root.sourceline or 1}",
            f"the XML is a {_name(root)[:40]} and holds no camt.053, camt.054 or camt.052 message",
        )
    version = _VERSION.search(str(etree.QName(found[0][0]).namespace or ""))
    statements: list[Statement] = []
    for message, _, part, kind in found:
        group = _text(message, "GrpHdr", "MsgId")
        parts = list(_children(message, part))
        if not parts:
            reading.tell(
                "empty", _line(message), "the message holds no statement: ask the bank for it"
            )
        for number, element in enumerate(parts, 1):
            statements.append(_statement(element, kind, f"{group or 'message'}#{number}", reading))
    return StatementFile(
        format=found[0][1],
        version=version[0] if version else "",
        encoding=encoding,
        statements=tuple(statements),
        problems=tuple(reading.problems),
    )


# The file


def _encoding(raw: bytes, reading: _Reading) -> tuple[str, bytes]:
    """Refuse what defines entities; mend text that is not in the encoding it claims."""
    declared = _DECLARED.search(raw[:400].replace(b"\x00", b""))
    name = declared[1].decode() if declared else "utf-8"
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        name = "utf-16"
    if not _ENCODINGS.fullmatch(name):
        raise _refuse(
            "wrong_encoding",
            "line 1",
            f"the encoding {name} is not used by banks: save it as UTF-8",
        )
    plain = raw.replace(b"\x00", b"").upper()
    for sign in (b"<!DOCTYPE", b"<!ENTITY", b"<!ELEMENT"):
        if sign in plain:
            line = plain.count(b"\n", 0, plain.index(sign)) + 1
            raise _refuse(
                "dtd_refused",
                f"line {line}",
                "the file brings a document type or entities of its own; no statement needs "
                "them and nothing was expanded. Ask the bank for the plain file",
            )
    try:
        raw.decode(name)
    except UnicodeDecodeError as error:
        if not name.lower().startswith("utf"):
            return name, raw
        if name.lower().startswith("utf-16") or name.lower().startswith("utf16"):
            raise _refuse(
                "wrong_encoding", f"byte {error.start}", f"the file is not in {name} as it says"
            ) from None
        line = raw.count(b"\n", 0, error.start) + 1
        reading.tell(
            "wrong_encoding",
            f"line {line}",
            f"the file says {name} but is not; it was read as windows-1252. Amounts and "
            "references are certain, letters with accents may not be",
            Doubt.WARNING,
        )
        mended = raw.decode("windows-1252", "replace")
        return "windows-1252", _undeclared(mended).encode()
    except LookupError:
        raise _refuse("wrong_encoding", "line 1", f"nobody knows the encoding {name}") from None
    return name.lower(), raw


def _undeclared(text: str) -> str:
    return re.sub(r"^\ufeff?\s*<\?xml[^>]*\?>", "", text)


def _parse(raw: bytes) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(raw.lstrip(b" \t\r\n"), parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        if re.search(r"[Hh]uge|[Ee]xcessive depth|HUGE", str(error.msg)):
            raise _refuse(
                "too_large",
                f"line {line}, column {column}",
                "one text is longer than 10 MB or elements lie more than 256 deep: no bank writes "
                "that; nothing of it was taken",
            ) from None
        torn = _torn(raw, str(error.msg))
        raise _refuse(
            "truncated" if torn else "not_well_formed",
            f"line {line}, column {column}",
            "the file ends in the middle: fetch it again; nothing of it was taken"
            if torn
            else "the XML is broken here: fetch the file again; nothing of it was taken",
        ) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _refuse("dtd_refused", "line 1", "the file brings a document type of its own")
    return root


def _torn(raw: bytes, message: str) -> bool:
    """Answer whether the file stops before its end, rather than being wrong in its middle."""
    ends = raw.replace(b"\x00", b"").rstrip().endswith(b">")
    return not ends or "Premature end" in message or "</' not found" in message


def _refuse(code: str, where: str, message: str) -> UnreadableStatementError:
    return UnreadableStatementError(StatementProblem(code=code, where=where, message=message))


# A statement


def _statement(element: Element, kind: str, fallback: str, reading: _Reading) -> Statement:
    name = _text(element, "Id")
    where = f"statement {name or fallback}"
    if not name:
        reading.tell("id_missing", _line(element), "the statement has no Id", Doubt.WARNING)
    account = _account(_child(element, "Acct"))
    if not account:
        reading.tell("account_missing", _line(element), f"{where} does not say of which account")
    page, last = _page(element)
    ident = (name or fallback) + (f"-p{page}" if page and page > 1 else "")
    stated = _text(element, "Acct", "Ccy").upper()
    currency = stated or _likely_currency(element)
    opening, closing = _balances(element, currency, where, reading)
    currency = stated or (opening or closing or _NO_BALANCE).currency or currency
    entries: list[StatementEntry] = []
    batches: list[EntryBatch] = []
    complete = True
    elements = list(_children(element, "Ntry"))
    own = Counter(_text(e, "AcctSvcrRef") for e in elements)
    for position, entry in enumerate(elements, 1):
        reader = _Entry(entry, ident, position, kind, currency, own, reading)
        try:
            entries += reader.read()
        except _UnusableError as error:
            complete = False
            reading.tell(error.code, f"{_line(entry)}, entry {position} of {where}", str(error))
        if reader.batch:
            batches.append(reader.batch)
    for repeated in sorted(ref for ref, times in own.items() if times > 1 and _given(ref)):
        reading.tell(
            "bank_reference_repeated",
            where,
            f"the bank's reference of {own[repeated]} entries is the same; each counts as a "
            "payment of its own, known by its position",
            Doubt.WARNING,
        )
    _count(element, len(elements), where, reading)
    if complete:
        _sums(element, entries, currency, where, reading)
    return Statement(
        account=account,
        id=ident,
        kind=kind,
        currency=currency,
        sequence=_sequence(element, where, reading),
        page=page,
        last_page=last,
        opening=opening,
        closing=closing,
        begins=_day(_text(element, "FrToDt", "FrDtTm") or _text(element, "FrToDt", "FrDt")),
        ends=_day(_text(element, "FrToDt", "ToDtTm") or _text(element, "FrToDt", "ToDt")),
        entries=tuple(entries),
        batches=tuple(batches),
        where=where,
        complete=complete,
    )


_NO_BALANCE = StatementBalance(minor=0, currency="")


def _account(acct: Element | None) -> str:
    if acct is None:
        return ""
    found = _text(acct, "Id", "IBAN") or _text(acct, "Id", "Othr", "Id")
    return re.sub(r"\s", "", found or _text(acct, "Id", "PrtryAcct", "Id"))


def _likely_currency(element: Element) -> str:
    said = Counter(
        str(amount.get("Ccy") or "").strip()
        for part in ("Bal", "Ntry")
        for each in _children(element, part)
        for amount in _children(each, "Amt")
    )
    return said.most_common(1)[0][0] if said else ""


def _page(element: Element) -> tuple[int | None, bool | None]:
    pages = _child(element, "StmtPgntn")
    pages = _child(element, "NtfctnPgntn") if pages is None else pages
    pages = _child(element, "RptPgntn") if pages is None else pages
    if pages is None:
        return None, None
    number = _text(pages, "PgNb")
    return int(number) if number.isdigit() else None, _text(pages, "LastPgInd") in ("true", "1")


def _sequence(element: Element, where: str, reading: _Reading) -> int | None:
    text = _text(element, "ElctrncSeqNb") or _text(element, "LglSeqNb")
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,18}(?:\.0*)?", text):
        reading.tell("sequence_unreadable", where, "the sequence number is not a whole number")
        return None
    return int(text.partition(".")[0])


def _balances(
    element: Element, currency: str, where: str, reading: _Reading
) -> tuple[StatementBalance | None, StatementBalance | None]:
    opening: list[StatementBalance] = []
    closing: list[StatementBalance] = []
    interim: list[StatementBalance] = []
    for each in _children(element, "Bal"):
        code = _text(each, "Tp", "CdOrPrtry", "Cd") or _text(each, "Tp", "Cd")
        if code not in (*_OPENING, *_CLOSING, "ITBD"):
            continue
        amount = _child(each, "Amt")
        sign = {"CRDT": 1, "DBIT": -1}.get(_text(each, "CdtDbtInd"))
        of = str(amount.get("Ccy") or currency).strip() if amount is not None else currency
        try:
            minor = exact(_own(amount), of)
        except MoneyError as error:
            reading.tell("balance_unreadable", f"{_line(each)}, {where}", f"{code}: {error}")
            continue
        if sign is None:
            reading.tell(
                "balance_unreadable", f"{_line(each)}, {where}", f"{code}: credit or debit?"
            )
            continue
        balance = StatementBalance(
            minor=sign * minor,
            currency=of,
            on=_day(_text(each, "Dt", "Dt") or _text(each, "Dt", "DtTm")),
            interim=code == "ITBD",
        )
        kept = interim if code == "ITBD" else closing if code in _CLOSING else opening
        if code == "OPBD":
            kept.insert(0, balance)
        else:
            kept.append(balance)
    first = opening[0] if opening else None
    last = closing[-1] if closing else None
    if first is None and interim and (last is not None or len(interim) > 1):
        first = interim.pop(0)
    if last is None and interim and first is not None:
        last = interim[-1]
    return first, last


def _count(element: Element, found: int, where: str, reading: _Reading) -> None:
    said = _text(element, "TxsSummry", "TtlNtries", "NbOfNtries")
    if said.isdigit() and int(said) != found:
        reading.tell(
            "entries_missing",
            where,
            f"the bank counts {int(said)} entries and the file has {found}: fetch it again",
        )


def _sums(
    element: Element, entries: list[StatementEntry], currency: str, where: str, reading: _Reading
) -> None:
    """Compare what the bank added up itself with what the file has, booked or not."""
    if any(entry.currency != currency for entry in entries):
        return
    for name, sign in (("TtlCdtNtries", 1), ("TtlDbtNtries", -1)):
        said = _child(_at(element, "TxsSummry", name), "Sum")
        if said is None:
            continue
        stated = _minor(said, currency)
        ours = [entry for entry in entries if sign * entry.minor > 0]
        found = {sum(abs(e.minor) for e in ours)}
        found.add(sum(abs(e.minor) for e in ours if e.status is EntryStatus.BOOKED))
        if stated not in found:
            reading.tell(
                "entries_missing",
                where,
                f"the bank adds {'credits' if sign > 0 else 'debits'} up to {_own(said)}, the file's are "
                f"{max(found)} minor units: fetch it again",
            )


# An entry


class _UnusableError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class _Entry:
    """One ``Ntry``, and the payments it carries."""

    element: Element
    statement: str
    position: int
    kind: str
    currency: str
    own: Counter[str]
    reading: _Reading
    batch: EntryBatch | None = None

    def read(self) -> list[StatementEntry]:
        minor, currency = self._amount()
        reversal = self._flag("RvslInd")
        bank = _text(self.element, "AcctSvcrRef")
        ident = f"{self.statement}/{self.position}"
        if _given(bank) and self.own[bank] == 1:
            ident = bank
        carried = [
            details
            for group in _children(self.element, "NtryDtls")
            for details in _children(group, "TxDtls")
        ]
        whole = self._entry(
            ident, str(self.position), minor, currency, reversal, bank,
            carried[0] if len(carried) == 1 else None,
        )  # fmt: skip
        stated = self._stated()
        if len(carried) <= 1 and (stated or 0) <= 1:
            self._agrees(carried, minor, currency)
            return [whole]
        parts = self._parts(carried, minor, currency)
        total = self._total(currency)
        opened = (
            parts is not None
            and sum(parts) == minor
            and stated in (None, len(carried))
            and total in (None, abs(minor))
        )
        self.batch = EntryBatch(
            id=ident,
            position=str(self.position),
            minor=minor,
            currency=currency,
            count=stated if stated is not None else len(carried),
            opened=opened,
        )
        if not opened or parts is None:
            self._closed(carried, parts, minor, stated, total)
            return [whole]
        return [
            self._entry(
                f"{ident}.{number}", f"{self.position}.{number}", part, currency, reversal, bank,
                details, ident,
            )
            for number, (details, part) in enumerate(zip(carried, parts, strict=True), 1)
        ]  # fmt: skip

    def _amount(self) -> tuple[int, str]:
        amount = _child(self.element, "Amt")
        if amount is None:
            raise _UnusableError("entry_unreadable", "the entry has no amount")
        currency = str(amount.get("Ccy") or "").strip()
        if not currency:
            self._tell(
                "currency_missing",
                f"the amount has no currency; taken as the account's, {self.currency or 'none'}",
                Doubt.WARNING if self.currency else Doubt.ERROR,
            )
            currency = self.currency
        try:
            minor = exact(_own(amount), currency)
        except MoneyError as error:
            raise _UnusableError(
                "amount_unreadable", f"the amount cannot be taken: {error}"
            ) from None
        if minor < 0:
            raise _UnusableError(
                "amount_negative", "the amount is below zero; debit or credit says the direction"
            )
        sign = {"CRDT": 1, "DBIT": -1}.get(_text(self.element, "CdtDbtInd"))
        if sign is None:
            raise _UnusableError("entry_unreadable", "the entry is neither credit nor debit")
        return sign * minor, currency

    def _flag(self, name: str) -> bool:
        text = _text(self.element, name)
        if text not in ("", "true", "false", "1", "0"):
            raise _UnusableError("entry_unreadable", f"{name} is neither true nor false")
        return text in ("true", "1")

    def _status(self) -> EntryStatus:
        element = _child(self.element, "Sts")
        code = (_own(element) or _text(element, "Cd") or _text(element, "Prtry")).upper()
        if not code and self.kind == "statement":
            self._tell(
                "status_missing",
                "the entry has no status; a statement holds booked entries, so it counts",
                Doubt.WARNING,
            )
            return EntryStatus.BOOKED
        status = _STATUS.get(code, EntryStatus.UNKNOWN)
        if status is EntryStatus.UNKNOWN:
            self._tell("status_unknown", "the entry does not say that it is booked: not counted")
        return status

    def _stated(self) -> int | None:
        """Answer how many payments the bank says the entry carries."""
        said = [
            int(text)
            for group in _children(self.element, "NtryDtls")
            for batch in _children(group, "Btch")
            if (text := _text(batch, "NbOfTxs")).isdigit()
        ]
        return sum(said) if said else None

    def _agrees(self, carried: list[Element], minor: int, currency: str) -> None:
        """A single payment's own amount, where given in the same currency, is the entry's."""
        said = _part(carried[0], currency) if carried else None
        if said is not None and said != abs(minor) and not _charged(carried[0], self.element):
            self._tell(
                "amounts_differ",
                "the payment inside has another amount than the entry; the entry's counts",
            )

    def _parts(self, carried: list[Element], minor: int, currency: str) -> list[int] | None:
        parts: list[int] = []
        for details in carried:
            amount = _part(details, currency)
            if amount is None:
                return None
            said = _text(details, "CdtDbtInd")
            sign = {"CRDT": 1, "DBIT": -1}.get(said, 1 if minor >= 0 else -1)
            parts.append(sign * amount)
        return parts

    def _total(self, currency: str) -> int | None:
        """Answer the sum that the bank says its batches have, if in the entry's currency."""
        said = [
            _minor(amount, currency)
            for group in _children(self.element, "NtryDtls")
            for batch in _children(group, "Btch")
            for amount in _children(batch, "TtlAmt")
        ]
        return sum(each or 0 for each in said) if said and None not in said else None

    def _closed(
        self,
        carried: list[Element],
        parts: list[int] | None,
        minor: int,
        stated: int | None,
        total: int | None,
    ) -> None:
        if not carried or (stated is not None and stated != len(carried)):
            self._tell(
                "batch_incomplete",
                f"the batch says it carries {stated} payments and the file has {len(carried)} of "
                "them: import the bank's detail file, or match it by hand; it stays one entry",
            )
        elif parts is None:
            self._tell(
                "batch_unreadable",
                "payments of the batch have no amount of their own in its currency; it stays one "
                "entry, to be matched by hand",
            )
        else:
            charges = self._charges(None, self.currency)
            said = "" if total is None else f", the bank's own total is {total}"
            said += f", charges are {charges}" if charges else ""
            self._tell(
                "batch_sum",
                f"the payments of the batch add up to {sum(parts)} minor units and it is {minor}"
                f"{said}; it stays one entry, to be matched by hand",
            )

    def _entry(  # noqa: PLR0917
        self,
        ident: str,
        position: str,
        minor: int,
        currency: str,
        reversal: bool,  # noqa: FBT001
        bank: str,
        details: Element | None,
        batch: str | None = None,
    ) -> StatementEntry:
        element = self.element
        code = _code(details) or _code(element)
        reason = _text(details, "RtrInf", "Rsn", "Cd") or _text(details, "RtrInf", "Rsn", "Prtry")
        returned = details is not None and _child(details, "RtrInf") is not None
        returned = returned or code.rpartition("-")[2] in _RETURNS
        meaning = meaning_of(minor, reversal=reversal or returned)
        inward = meaning.value.startswith("in")
        return StatementEntry(
            id=ident,
            position=position,
            batch=batch,
            booked_on=self._date("BookgDt"),
            value_on=self._date("ValDt"),
            minor=minor,
            currency=currency,
            meaning=meaning,
            reversal=reversal,
            status=self._status() if batch is None or position.endswith(".1") else self._known(),
            references=_references(element, details, bank),
            counterparty=_counterparty(details, inward=inward),
            remittance=_remittance(element, details),
            code=code,
            return_reason=reason,
            instructed=_instructed(element, details, minor, currency, alone=batch is None),
            charges=self._charges(details, currency, alone=batch is None),
            where=_line(element if details is None else details),
        )

    def _charges(self, details: Element | None, currency: str, *, alone: bool = True) -> int | None:
        """Answer what the bank says it took, of a payment or of the whole entry."""
        for place in (details, self.element if alone else None):
            charges = _child(place, "Chrgs")
            total = _child(charges, "TtlChrgsAndTaxAmt")
            if total is not None:
                return _minor(total, currency)
            records = [*_children(charges, "Rcrd")] or ([charges] if charges is not None else [])
            said = [_minor(_child(each, "Amt"), currency) for each in records]
            if said and None not in said:
                return sum(each or 0 for each in said)
        return None

    def _known(self) -> EntryStatus:
        """The status once more, for the next payment of a batch, without telling it again."""
        kept = len(self.reading.problems)
        status = self._status()
        del self.reading.problems[kept:]
        return status

    def _date(self, name: str) -> date | None:
        text = _text(self.element, name, "Dt") or _text(self.element, name, "DtTm")
        found = _day(text)
        if text and found is None:
            self._tell("date_unreadable", f"{name} is not a date", Doubt.WARNING)
        return found

    def _tell(self, code: str, message: str, doubt: Doubt = Doubt.ERROR) -> None:
        where = f"{_line(self.element)}, entry {self.position} of statement {self.statement}"
        told = StatementProblem(code=code, severity=doubt, where=where, message=message)
        if told not in self.reading.problems[-8:]:
            self.reading.problems.append(told)


def _part(details: Element, currency: str) -> int | None:
    """Answer the amount of one payment in its entry's currency, wherever the version has it."""
    places = (
        ("Amt",),
        ("AmtDtls", "TxAmt", "Amt"),
        ("AmtDtls", "CntrValAmt", "Amt"),
        ("AmtDtls", "InstdAmt", "Amt"),
    )
    for place in places:
        amount = _at(details, *place)
        if amount is None or str(amount.get("Ccy") or currency).strip() != currency:
            continue
        try:
            minor = exact(_own(amount), currency)
        except MoneyError:
            return None
        return minor if minor >= 0 else None
    return None


def _minor(amount: Element | None, currency: str) -> int | None:
    """Answer an amount in minor units, None if it is unreadable or in another currency."""
    if amount is None or str(amount.get("Ccy") or currency).strip() != currency:
        return None
    try:
        return exact(_own(amount), currency)
    except MoneyError:
        return None


def _instructed(
    entry: Element, details: Element | None, minor: int, currency: str, *, alone: bool
) -> Instructed | None:
    """Answer what the payer told their bank to pay, where that is not what was booked."""
    for place in (_child(details, "AmtDtls"), _child(entry, "AmtDtls") if alone else None):
        for name in ("InstdAmt", "TxAmt"):
            amount = _at(place, name, "Amt")
            of = str(amount.get("Ccy") or currency).strip() if amount is not None else ""
            said = _minor(amount, of) if of else None
            if said is None or (said, of) == (abs(minor), currency):
                continue
            rates = (_text(place, each, "CcyXchg", "XchgRate") for each in _AMOUNTS)
            return Instructed(minor=said, currency=of, rate=next(filter(None, rates), ""))
    return None


_AMOUNTS = ("TxAmt", "InstdAmt", "CntrValAmt", "AnncdPstngAmt", "PrtryAmt")


def _charged(details: Element, entry: Element) -> bool:
    """Answer whether charges stand between what was sent and what was booked."""
    return _child(details, "Chrgs") is not None or _child(entry, "Chrgs") is not None


def _references(entry: Element, details: Element | None, bank: str) -> References:
    refs = _child(details, "Refs") if details is not None else None

    def said(*path: str) -> str:
        text = _text(refs, *path)
        return text if _given(text) else ""

    creditor = next(
        (
            text
            for strd in _all(details, "Strd")
            if (text := _text(strd, "CdtrRefInf", "Ref") or _text(strd, "CdtrRefInf", "CdtrRef"))
        ),
        "",
    )
    scheme = _at(details, "RltdPties", "Cdtr")
    identity = _text(scheme, "Pty", "Id", "PrvtId", "Othr", "Id") or _text(
        scheme, "Id", "PrvtId", "Othr", "Id"
    )
    own = _text(entry, "NtryRef")
    inner = said("AcctSvcrRef")
    return References(
        end_to_end=said("EndToEndId"),
        mandate=said("MndtId"),
        creditor=creditor,
        creditor_id=identity if said("MndtId") else "",
        instruction=said("InstrId"),
        transaction=said("TxId"),
        customer=own if _given(own) else "",
        bank=inner or (bank if _given(bank) else ""),
    )


def _counterparty(details: Element | None, *, inward: bool) -> Counterparty:
    parties = _child(details, "RltdPties")
    if parties is None:
        return Counterparty()
    first, second = ("Dbtr", "Cdtr") if inward else ("Cdtr", "Dbtr")
    side = first if _party(parties, first) or _acct(parties, first) else second
    agent = _at(details, "RltdAgts", f"{side}Agt", "FinInstnId")
    return Counterparty(
        name=_party(parties, side) or _party(parties, f"Ultmt{side}"),
        account=_acct(parties, side),
        bank=_text(agent, "BICFI") or _text(agent, "BIC"),
    )


def _party(parties: Element, side: str) -> str:
    return _text(parties, side, "Nm") or _text(parties, side, "Pty", "Nm")


def _acct(parties: Element, side: str) -> str:
    return _account(_child(parties, f"{side}Acct"))


def _remittance(entry: Element, details: Element | None) -> str:
    information = _child(details, "RmtInf")
    texts = [_own(e) for e in _children(information, "Ustrd")]
    texts += [_own(e) for strd in _children(information, "Strd") for e in _all(strd, "AddtlRmtInf")]
    texts = [text for text in texts if text] or [
        text for text in (_text(details, "AddtlTxInf"), _text(entry, "AddtlNtryInf")) if text
    ][:1]
    return " ".join(texts)


def _code(element: Element | None) -> str:
    code = _child(element, "BkTxCd")
    domain = _child(code, "Domn")
    if domain is not None:
        said = (
            _text(domain, "Cd"),
            _text(domain, "Fmly", "Cd"),
            _text(domain, "Fmly", "SubFmlyCd"),
        )
        return "-".join(part for part in said if part)
    return _text(code, "Prtry", "Cd")


# Elements


def _name(element: Element) -> str:
    tag = element.tag
    return tag[tag.find("}") + 1 :] if isinstance(tag, str) else ""


def _root(element: Element) -> str:
    return _NUMBERED.sub("", _name(element))


def _children(element: Element | None, name: str) -> Iterator[Element]:
    if element is not None:
        yield from element.iterchildren(f"{{*}}{name}")


def _child(element: Element | None, name: str) -> Element | None:
    return None if element is None else next(element.iterchildren(f"{{*}}{name}"), None)


def _all(element: Element | None, name: str | None = None) -> Iterator[Element]:
    if element is not None:
        yield from element.iter() if name is None else element.iter(f"{{*}}{name}")


def _at(element: Element | None, *path: str) -> Element | None:
    for name in path:
        element = _child(element, name)
    return element


def _text(element: Element | None, *path: str) -> str:
    return _own(_at(element, *path))


def _own(element: Element | None) -> str:
    if element is None or element.text is None:
        return ""
    return " ".join(str(element.text).split())


def _given(reference: str) -> bool:
    return reference.upper() not in _NOTHING


def _day(text: str) -> date | None:
    """Answer the calendar day that the bank wrote, in the bank's own zone."""
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None


def _line(element: Element) -> str:
    return f"line {element.sourceline or 0}"
