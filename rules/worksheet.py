"""Reading somebody else's table exactly or not at all, and folding it as a live ledger."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from models.json_text import JsonError, read_json
from models.ledger import (
    AllocationPolicy,
    Balances,
    Booked,
    Bucket,
    Entry,
    EntryKind,
    InterestStop,
    InterestTerms,
    Rate,
)
from models.money import LARGEST, Money, MoneyError
from models.worksheet import (
    CeilingTable,
    EntryPart,
    ExchangePart,
    InterestPart,
    PolicyPart,
    Worksheet,
)
from rules.exchange import Exchanged, exchanged
from rules.interest import ceilings
from rules.ledger import POLICIES, TAKING_BACK, LedgerError, below_minimum, book, fold

_DEBT = UUID(int=0)
_TICK = timedelta(microseconds=1)


class WorksheetError(ValueError):
    """A table that cannot be folded; each problem says where and what."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the table as booked, or as told again."""

    label: str
    booked: Booked
    duplicate: bool = False
    parked: bool = False
    """It was told ahead of the entry it is about, and waited for it."""
    exchange: Exchanged | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A folded table."""

    worksheet: Worksheet
    policy: AllocationPolicy
    lines: tuple[Line, ...]
    labels: Mapping[UUID, str]
    totals: Balances

    def below_minimum(self, balances: Balances) -> bool:
        return below_minimum(balances, self.policy)


def read(text: str | bytes) -> Worksheet:
    """Read JSON without a float anywhere; raises ``WorksheetError`` with every problem."""
    try:
        said = read_json(text, parse_float=Decimal)
    except JsonError as error:
        raise WorksheetError([f"this is not JSON: {error}"]) from None
    if not isinstance(said, dict):
        raise WorksheetError(["the table is one JSON object with currency and entries"])
    if found := _unshown(said):
        raise WorksheetError([f"{found[:100]!r} holds a character that cannot be shown"])
    try:
        return Worksheet.model_validate(said)
    except ValidationError as error:
        problems = [_problem(each) for each in error.errors(include_url=False, include_input=False)]
        raise WorksheetError(_deepest(problems)) from None


def work_out(sheet: Worksheet) -> Sheet:
    """Fold a table by the code of live ledgers; raises ``WorksheetError``."""
    return _Reader(sheet).work_out()


def _unshown(said: Any) -> str | None:
    """Answer a text that no file and no screen can take, if one stands anywhere."""
    within = [said]
    while within:
        match within.pop():
            case str() as text if _UNSHOWN.search(text):
                return text
            case dict() as parts:
                within += [*parts, *parts.values()]
            case list() as parts:
                within += parts
            case _:
                pass
    return None


_UNSHOWN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, which would steer a reader's terminal, and halves of a character."""


_UNIONS = frozenset({"str", "PolicyPart", "CeilingTable", "decimal", "constrained-decimal"})
"""Names that pydantic puts into a place for the members of a union."""


def _deepest(problems: Sequence[tuple[str, str]]) -> list[str]:
    """Leave out what the other members of a union say about a value that one nearly fits."""
    around = {
        where[: mark.start()] for where, _ in problems for mark in re.finditer(r"[.\[]", where)
    }
    return [f"{where}: {what}" for where, what in problems if where not in around]


def _problem(error: ErrorDetails) -> tuple[str, str]:
    """Say where and what; unknown keys with those that are known there."""
    where = ""
    for part in error["loc"]:
        if isinstance(part, int):
            where += f"[{part}]"
        elif part in _UNIONS or "[" in part:
            continue
        else:
            where += f".{part}" if where else part
    if error["type"] == "extra_forbidden":
        return where, f"unknown key; known here: {', '.join(_known(error['loc']))}"
    if wanted := _WANTED.get(error["type"]):
        return where or "table", wanted.format_map(error.get("ctx", {}))
    return where or "table", error["msg"].removeprefix("Value error, ")


_WANTED = {
    "missing": "this key is missing",
    "tuple_type": "a list is wanted",
    "dict_type": "an object with keys is wanted",
    "model_type": "an object with keys is wanted",
    "string_type": "text is wanted",
    "too_long": "at most {max_length} characters",
    "too_short": "at least {min_length} is wanted",
    "timezone_aware": "the instant needs an offset, as 2026-06-30T12:00:00Z",
}
"""What pydantic says in the words of a programmer, by its type of error."""


_PARTS: dict[str, type[BaseModel]] = {
    "entries": EntryPart,
    "interest": InterestPart,
    "policy": PolicyPart,
    "exchange": ExchangePart,
    "ceiling": CeilingTable,
}


def _known(place: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Worksheet
    for part in place[:-1]:
        model = _PARTS.get(str(part), model)
    return [info.alias or name for name, info in model.model_fields.items()]


@dataclass
class _Reader:
    """Turns a table into entries; collects what is wrong on the way."""

    sheet: Worksheet
    problems: list[str] = field(default_factory=list)
    labels: dict[UUID, str] = field(default_factory=dict)
    by_label: dict[str, Entry] = field(default_factory=dict)
    exchanges: dict[UUID, Exchanged] = field(default_factory=dict)
    parked: set[UUID] = field(default_factory=set)

    def work_out(self) -> Sheet:
        policy = self._policy()
        terms = self._terms()
        entries, again = self._entries()
        if not entries and not self.problems:
            self.problems.append("table: no entry and no opening balance: there is nothing to fold")
        latest = max((entry.value_date for entry in entries), default=None)
        if self.sheet.as_of and latest and self.sheet.as_of < latest:
            self.problems.append(
                f"as_of: {self.sheet.as_of} lies before an entry valued {latest}; leave out what "
                "is later"
            )
        if self.problems or policy is None:
            raise WorksheetError(self.problems)
        try:
            told = book(sorted(entries, key=lambda entry: entry.booked_at), policy, terms)
            final = [each.entry for each in told]
            totals = fold(final, policy, terms, self.sheet.as_of)
        except LedgerError as error:
            raise WorksheetError([f"entries: {self._named(str(error))}"]) from None
        except MoneyError as error:
            raise WorksheetError([f"entries: {error}"]) from None
        if max(totals.charged, totals.paid + totals.credit) > LARGEST:
            raise WorksheetError([f"entries: together they are more than {LARGEST} minor units"])
        for each in told:
            if each.made:
                self.labels[each.entry.entry_id] = (
                    f"{self.labels.get(each.entry.of, 'tolerance')}:back"
                    if each.entry.of
                    else f"tolerance:{self.labels[UUID(each.entry.external_id)]}"
                )
        return Sheet(self.sheet, policy, self._lines(told, again), self.labels, totals)

    def _lines(
        self, told: Sequence[Booked], again: Mapping[UUID, Sequence[str]]
    ) -> tuple[Line, ...]:
        lines: list[Line] = []
        for each in told:
            entry = each.entry
            label = self.labels[entry.entry_id]
            lines.append(
                Line(
                    label,
                    each,
                    parked=entry.entry_id in self.parked,
                    exchange=self.exchanges.get(entry.entry_id),
                )
            )
            lines += [Line(name, each, duplicate=True) for name in again.get(entry.entry_id, ())]
        return tuple(lines)

    def _named(self, message: str) -> str:
        for entry_id, label in self.labels.items():
            message = message.replace(str(entry_id), label)
        return message

    # Policy and interest

    def _policy(self) -> AllocationPolicy | None:
        given, sheet = self.sheet.policy, self.sheet
        if isinstance(given, PolicyPart):
            policy = AllocationPolicy(
                id=given.id,
                version=1,
                effective_from=date.min,
                order=given.order,
                slots=given.slots,
                by_instalment=given.by_instalment,
                in_advance=given.in_advance,
                across=given.across,
                reversal=given.reversal,
                tolerance={"*": self._minor(given.tolerance, "policy.tolerance")},
                minimum={"*": self._minor(given.minimum, "policy.minimum")},
                citation=given.citation,
            )
        else:
            said = given.strip().lower().replace("_", "-")
            named = [p for p in POLICIES.values() if said in (p.id, p.ref)]
            if not named:
                known = ", ".join(sorted(p.id for p in POLICIES.values()))
                self.problems.append(
                    f"policy: {given!r} is unknown; known: {known}; or describe it"
                )
                return None
            policy = named[-1]
        changes: dict[str, Any] = {}
        if sheet.reversal is not None:
            changes["reversal"] = sheet.reversal
        if sheet.tolerance is not None:
            changes["tolerance"] = {"*": self._minor(sheet.tolerance, "tolerance")}
        if sheet.minimum is not None:
            changes["minimum"] = {"*": self._minor(sheet.minimum, "minimum")}
        return policy.model_copy(update=changes)

    def _terms(self) -> InterestTerms | None:
        part = self.sheet.interest
        if part is None:
            return None
        since = part.since or (part.rates[0].since if part.rates else self._opened())
        if (part.annual_rate is None) == (not part.rates):
            self.problems.append("interest: give either annual_rate or rates")
            return None
        if since is None:
            self.problems.append("interest.from: this key is missing")
            return None
        rates = tuple(
            Rate(since=rate.since, percent=rate.annual_rate, citation=rate.citation)
            for rate in part.rates
        ) or (Rate(since=since, percent=part.annual_rate or Decimal(0)),)
        stops = [
            InterestStop(first_day=stop.first, last_day=stop.last, reason=stop.reason)
            for stop in part.stops
        ]
        if part.stops_on:
            stops.append(InterestStop(first_day=part.stops_on, reason="interest_stops_on"))
        try:
            return InterestTerms(
                rates=rates,
                day_count=part.day_count,
                rounding=part.rounding,
                on=part.on,
                since=since,
                until=part.until,
                ceilings=self._ceilings(part, since),
                stops=tuple(stops),
                in_duplum=part.in_duplum,
            )
        except ValidationError as error:
            for each in error.errors(include_url=False, include_input=False):
                self.problems.append(f"interest: {each['msg'].removeprefix('Value error, ')}")
            return None

    def _ceilings(self, part: InterestPart, since: date) -> tuple[Rate, ...]:
        match part.ceiling:
            case None:
                return ()
            case Decimal():
                return (Rate(since=since, percent=part.ceiling),)
            case CeilingTable(table=table, contract_date=contract, lpr=lpr):
                kind = "private" if table == "cn-private" else "bank"
                return ceilings("CN", kind, contract, lpr)
            case rates:
                return tuple(
                    Rate(since=rate.since, percent=rate.annual_rate, citation=rate.citation)
                    for rate in rates
                )

    def _opened(self) -> date | None:
        days = [entry.value_date for entry in self.sheet.entries]
        return self.sheet.opened_on or min(days, default=None)

    # Entries

    def _entries(self) -> tuple[list[Entry], dict[UUID, list[str]]]:
        entries = list(self._opening())
        again: dict[UUID, list[str]] = {}
        keys: dict[tuple[str, str, EntryKind], tuple[EntryPart, Entry]] = {}
        booked = entries[-1].booked_at if entries else datetime.min.replace(tzinfo=UTC)
        for index, part in enumerate(self.sheet.entries):
            where = f"entries[{index}]"
            key = (part.source or "sheet", part.external_id or part.id, part.kind)
            if key in keys:
                before, kept = keys[key]
                if self._money(before) != self._money(part):
                    self.problems.append(
                        f"{where}: {key[1]!r} of source {key[0]!r} is used for another entry; the "
                        "same id is the same money"
                    )
                again.setdefault(kept.entry_id, []).append(part.id)
                self.by_label.setdefault(part.id, kept)
                continue
            if part.id in self.by_label:
                self.problems.append(f"{where}.id: {part.id!r} is the id of an entry before")
                continue
            entry = self._entry(where, part, len(self.labels) + 1, booked)
            if entry is None:
                continue
            booked = max(booked, entry.booked_at)
            entries.append(entry)
            keys[key] = part, entry
        return self._refer(entries), again

    def _money(self, part: EntryPart) -> tuple[object, ...]:
        """Answer what makes it the same money, however its amount is spelt and when it is told."""
        minor = part.minor
        if part.amount is not None:
            try:
                minor = Money.parse(part.amount, self.sheet.currency).minor
            except MoneyError:
                return ("unreadable", part.amount)
        return minor, part.currency or self.sheet.currency, part.bucket, part.of, part.exchange

    def _opening(self) -> Iterable[Entry]:
        day = self._opened()
        if not self.sheet.opening:
            return
        if day is None:
            self.problems.append("opened_on: this key is missing: the day of the opening balance")
            return
        first = min(
            (part.booked_at for part in self.sheet.entries if part.booked_at),
            default=datetime.combine(day, time(), UTC),
        )
        at = min(first, datetime.combine(day, time(), UTC))
        for bucket in Bucket:
            if bucket not in self.sheet.opening:
                continue
            minor = self._minor(self.sheet.opening[bucket], f"opening.{bucket}")
            number = len(self.labels) + 1
            label = f"opening:{bucket}"
            self.labels[UUID(int=number)] = label
            entry = Entry(
                entry_id=UUID(int=number),
                debt_id=_DEBT,
                kind=EntryKind.CHARGE,
                minor=minor,
                currency=self.sheet.currency,
                value_date=day,
                booked_at=at,
                bucket=bucket,
                source="sheet",
                external_id=label,
            )
            self.by_label[label] = entry
            yield entry

    def _entry(self, where: str, part: EntryPart, number: int, after: datetime) -> Entry | None:
        found = len(self.problems)
        minor = self._worth(where, part, number)
        for problem in _contradictions(part):
            self.problems.append(f"{where}.{problem}")
        if minor is None or len(self.problems) > found:
            return None
        midnight = datetime.combine(part.value_date, time(), UTC)
        entry = Entry(
            entry_id=UUID(int=number),
            debt_id=_DEBT,
            kind=part.kind,
            minor=minor,
            currency=self.sheet.currency,
            value_date=part.value_date,
            booked_at=part.booked_at or max(after + _TICK, midnight),
            bucket=part.bucket,
            source=part.source or "sheet",
            external_id=part.external_id or part.id,
            policy=part.policy,
            actor=part.actor,
            reason=part.reason,
            due=part.due,
        )
        self.labels[entry.entry_id] = part.id
        self.by_label[part.id] = entry
        return entry

    def _worth(self, where: str, part: EntryPart, number: int) -> int | None:
        """Answer an entry's minor units, zero for all of what it takes back, or None."""
        if part.amount is not None and part.minor is not None:
            self.problems.append(f"{where}: give amount or minor, not both")
            return None
        minor, found = part.minor, len(self.problems)
        if part.amount is not None:
            minor = self._minor(part.amount, f"{where}.amount", signed=True)
        elif minor is not None and abs(minor) > LARGEST:
            self.problems.append(f"{where}.minor: at most {LARGEST} minor units")
        if len(self.problems) > found:
            return None
        if part.exchange is not None:
            return self._exchange(where, part, part.exchange, minor, number)
        if part.currency not in (None, self.sheet.currency):
            self.problems.append(
                f"{where}.currency: {part.currency} and {self.sheet.currency} cannot be added; "
                "give exchange with the rate"
            )
            return None
        if minor is None and part.kind in TAKING_BACK and part.of is not None:
            return 0
        if minor is None:
            self.problems.append(f"{where}.amount: this key is missing")
            return None
        if part.kind is not EntryKind.CORRECTION and minor <= 0:
            self.problems.append(
                f"{where}.amount: only a correction may be zero or below; the kind says what the "
                "amount does"
            )
            return None
        return minor

    def _exchange(
        self, where: str, part: EntryPart, given: ExchangePart, minor: int | None, number: int
    ) -> int | None:
        try:
            paid = Money.parse(given.amount, given.currency)
            if paid.minor <= 0 or (minor is not None and minor < 0):
                self.problems.append(f"{where}.exchange.amount: more than nothing is wanted")
                return None
            received = None if minor is None else Money(minor, self.sheet.currency)
            found = exchanged(
                paid,
                received,
                self.sheet.currency,
                rate=given.rate,
                valid_until=given.valid_until,
                paid_at=given.paid_at or part.booked_at,
            )
        except ValueError as error:
            self.problems.append(f"{where}.exchange: {error}")
            return None
        if given.rate is not None and not given.source:
            self.problems.append(f"{where}.exchange.source: say whose rate this is")
            return None
        self.exchanges[UUID(int=number)] = found
        return found.credited.minor

    def _refer(self, entries: list[Entry]) -> list[Entry]:
        """Let each entry name the one it is about; told ahead of it, it waits for it."""
        parts = {part.id: part for part in self.sheet.entries}
        found: dict[UUID, Entry] = {}
        depth: dict[UUID, int] = {}

        def resolve(entry: Entry, above: frozenset[UUID]) -> Entry:
            if entry.entry_id in found:
                return found[entry.entry_id]
            label = self.labels[entry.entry_id]
            part = parts.get(label)
            if part is None or part.of is None:
                found[entry.entry_id] = entry
                return entry
            where = f"entry {label!r}"
            target = self.by_label.get(part.of)
            if target is None:
                self.problems.append(f"{where}: of: {part.of!r} is the id of no entry")
                return entry
            if entry.entry_id in above:
                self.problems.append(f"{where}: of: it takes itself back")
                return entry
            if max(len(above), depth.get(target.entry_id, 0)) >= _DEEPEST:
                self.problems.append(
                    f"{where}: of: more than {_DEEPEST} entries take back one another in a row"
                )
                found[entry.entry_id] = entry
                return entry
            if part.kind in _OF_PAYMENTS and target.kind is not EntryKind.PAYMENT:
                self.problems.append(
                    f"{where}: of: a {part.kind} takes back a payment, and {part.of!r} is a "
                    f"{target.kind}"
                )
            target = resolve(target, above | {entry.entry_id})
            depth[entry.entry_id] = depth.get(target.entry_id, 0) + 1
            if entry.booked_at < target.booked_at:
                self.parked.add(entry.entry_id)
            found[entry.entry_id] = replace(
                entry,
                of=target.entry_id,
                minor=entry.minor or (target.minor if entry.kind in TAKING_BACK else 0),
                booked_at=max(entry.booked_at, target.booked_at + _TICK),
            )
            return found[entry.entry_id]

        return [resolve(entry, frozenset()) for entry in entries]

    def _minor(self, text: str, where: str, *, signed: bool = False) -> int:
        try:
            minor = Money.parse(text, self.sheet.currency).minor
        except MoneyError as error:
            self.problems.append(f"{where}: {error}")
            return 0
        if minor < 0 and not signed:
            self.problems.append(f"{where}: an amount of zero or more is wanted")
            return 0
        return minor


_DEEPEST = 20
"""A chargeback that is won, lost, and won again is three deep; no life is as deep as this."""

_OF_PAYMENTS = frozenset({EntryKind.CHARGEBACK, EntryKind.REFUND})
_BUCKETED = frozenset(
    {
        EntryKind.CHARGE,
        EntryKind.INTEREST,
        EntryKind.TRANSFER_IN,
        EntryKind.WAIVER,
        EntryKind.WRITE_OFF,
    }
)
_DUE = frozenset({EntryKind.CHARGE, EntryKind.INTEREST, EntryKind.TRANSFER_IN})


def _contradictions(part: EntryPart) -> Iterable[str]:
    """Answer what a kind of entry cannot have or must have."""
    checks: tuple[tuple[Callable[[], bool], str], ...] = (
        (
            lambda: part.bucket is not None and part.kind not in _BUCKETED,
            f"bucket: a {part.kind} has none; the policy spreads it",
        ),
        (
            lambda: part.due is not None and part.kind not in _DUE,
            f"due: a {part.kind} is never due",
        ),
        (
            lambda: (
                part.of is not None
                and part.kind not in TAKING_BACK
                and part.kind is not EntryKind.CORRECTION
            ),
            f"of: a {part.kind} takes nothing back",
        ),
        (
            lambda: (
                part.of is None
                and part.kind in (EntryKind.REVERSAL, EntryKind.CHARGEBACK, EntryKind.CORRECTION)
            ),
            f"of: say which entry this {part.kind} is about",
        ),
        (
            lambda: part.exchange is not None and part.kind is not EntryKind.PAYMENT,
            "exchange: only a payment is exchanged",
        ),
    )
    return [what for wrong, what in checks if wrong()]
