"""What must hold after any life of any case: the standing invariants, checked over all of it.

Recomputed from rows and histories, beside the product's own reasoning and not through it, so that
a fault in a rule does not hide itself. A breach is a bug, never an event of business.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

from models.contact import ContactState, Direction, Purpose
from models.ledger import EntryKind
from models.stop import Scope, StopKind
from models.tables import (
    Act,
    ContactPoint,
    ContactRow,
    Debt,
    Debtor,
    Decision,
    LedgerEntry,
    Stop,
)
from rules.ledger import fold, policy_for
from rules.pack import WEEK, Cap, Cooldown, Hours, Rule
from rules.packs import MergedPack, PackLibrary
from rules.place import laws_of_move, zones_of_move
from runtime.temporal import CessionPlugin
from store import payment as money
from workflows.case import DebtCase
from workflows.intake import PortfolioImport

LEFT = (ContactState.SENDING, ContactState.SENT, ContactState.UNKNOWN)
"""States of a contact that reached a person or may have."""

_DEMANDS = frozenset({Purpose.COLLECTION, Purpose.PLAN_REMINDER})
"""What is asked of a debtor; answers, receipts and notices owed to them are not."""

_NO_BAR = frozenset({StopKind.RELOCATION, StopKind.VULNERABILITY})
"""Stops that change how a person is reached, not whether."""

_TIMED_STOPS = frozenset({StopKind.HOLD, StopKind.KILL_SWITCH})
"""Stops that end by themselves at their ``until``."""

_AGREED_CALL = timedelta(hours=1)
"""How long the time stays open that a person agreed to be called at."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One invariant that does not hold, and where."""

    invariant: str
    """I1 … I8, as the acceptance scripts number them."""
    where: str
    """Id of the contact, debt, act or workflow; never anything personal."""
    what: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.where}: {self.what}"


@dataclass
class _Person:
    """All that was done about one person."""

    debtor: Debtor
    points: dict[UUID, ContactPoint]
    contacts: list[ContactRow] = field(default_factory=list[ContactRow])
    """Outbound, that left or may have, oldest first."""
    stops: list[Stop] = field(default_factory=list[Stop])
    debts: dict[UUID, Debt] = field(default_factory=dict[UUID, Debt])


def breaches(session: Session, law: PackLibrary) -> list[Breach]:
    """Check I1 to I5 and I7 over the whole store; an empty list is the only good answer."""
    people = _people(session)
    found: list[Breach] = []
    for person in people:
        for row in person.contacts:
            debt = person.debts[row.debt_id]
            for pack in _laws(law, person, debt, row.at):
                found += _hours(person, row, pack)
                found += _counts(person, row, pack)
            found += _after_stop(person, row, debt)
        found += _once(person)
    found += _ledgers(session, people)
    found += _on_record(session)
    return found


def crossed(session: Session) -> list[UUID]:
    """Answer the contacts that a stop or payment met while they were being sent: reported, kept."""
    return list(
        session.exec(
            select(ContactRow.id)
            .where(col(ContactRow.crossed).is_(True), col(ContactRow.state).in_(LEFT))
            .order_by(col(ContactRow.at))
        )
    )


def before_knowledge(session: Session) -> list[UUID]:
    """Answer what was unknowable then: contacts made after a stop began in law, or demands made
    after the debtor had paid, and before anybody here knew of it. What crossed a payment on its way is
    reported as that.
    """
    found: list[UUID] = []
    late = [
        (entry.debt_id, datetime.fromisoformat(entry.facts["paid_at"]), entry.booked_at)
        for entry in session.exec(
            select(LedgerEntry).where(col(LedgerEntry.kind) == EntryKind.PAYMENT)
        )
        if entry.facts and entry.facts.get("paid_at")
    ]
    for person in _people(session):
        for row in person.contacts:
            debt = person.debts[row.debt_id]
            if any(
                stop.effective_from is not None
                and stop.effective_from <= row.at < stop.entered_at
                and _covers(stop, row, debt)
                and (_forbids(stop, row) or _pressed(stop, row))
                for stop in person.stops
            ) or any(
                of == row.debt_id
                and paid <= row.at < known
                and row.purpose in _DEMANDS
                and not row.crossed
                for of, paid, known in late
            ):
                found.append(row.id)
    return found


async def engine_breaches(
    client: Client, names: Collection[str], marks: Collection[str]
) -> list[Breach]:
    """Check I6 and I8 over every run of the named workflows.

    ``marks`` are the personal words of the people in the store: names, numbers, addresses, texts.
    """
    kept = [history async for history in _histories(client, names)]
    return [*_leaks(kept, marks), *[breach async for breach in _unreplayable(kept)]]


def leaks(text: str, where: str, marks: Collection[str]) -> list[Breach]:
    """Check I6 over any other output, as logs."""
    return [Breach("I6", where, f"holds {_hint(mark)}") for mark in marks if mark in text]


# Rows


def _people(session: Session) -> list[_Person]:
    points: dict[UUID, dict[UUID, ContactPoint]] = defaultdict(dict)
    for point in session.exec(select(ContactPoint)):
        points[point.debtor_id][point.id] = point
    people = {
        debtor.id: _Person(debtor, points[debtor.id]) for debtor in session.exec(select(Debtor))
    }
    debts = {debt.id: debt for debt in session.exec(select(Debt))}
    for row in session.exec(
        select(ContactRow)
        .where(col(ContactRow.direction) == Direction.OUT, col(ContactRow.state).in_(LEFT))
        .order_by(col(ContactRow.at), col(ContactRow.id))
    ):
        person = people[row.debtor_id]
        person.contacts.append(row)
        person.debts[row.debt_id] = debts[row.debt_id]
    stops = session.exec(select(Stop)).all()
    for person in people.values():
        tokens = {point.token for point in person.points.values()}
        person.stops = [stop for stop in stops if _concerns(stop, person, tokens)]
    return list(people.values())


def _concerns(stop: Stop, person: _Person, tokens: Collection[str]) -> bool:
    if stop.debtor_id is not None:
        return stop.debtor_id == person.debtor.id
    if stop.point_token is not None:
        return stop.point_token in tokens
    return True


def _laws(law: PackLibrary, person: _Person, debt: Debt, at: datetime) -> Iterator[MergedPack]:
    """The law of the debt and, while a move was told and not confirmed, of where it may have led."""
    home = debt.law_at(at)
    places = [home]
    for move in person.stops:
        told = move.kind == StopKind.RELOCATION and move.entered_at < at
        if told and (move.ended_at is None or move.ended_at > at):
            places += laws_of_move(home, move.facts.get("country"), move.facts.get("zone")) or ()
    for place in dict.fromkeys(places):
        yield law.merged(*place)


# Hours


def _hours(person: _Person, row: ContactRow, pack: MergedPack) -> Iterator[Breach]:
    """No contact outside the window of every zone where the person may plausibly be."""
    if _agreed(person, row):
        return
    zones = _zones(person, row)
    for name, lines in _by_rule(pack, Hours, row).items():
        for zone in zones:
            there = row.at.astimezone(ZoneInfo(zone))
            clock = f"{there:%H:%M}"
            if not any(
                WEEK[there.weekday()] in line.days and line.opens <= clock < line.closes
                for line in lines
            ):
                yield Breach("I1", str(row.id), f"{row.channel} at {clock} in {zone}: {name}")


def _zones(person: _Person, row: ContactRow) -> list[str]:
    """Where the person might have been, as far as it was known when the contact was made."""
    debtor = person.debtor
    moves = [stop for stop in person.stops if stop.kind == StopKind.RELOCATION]
    confirmed = [move for move in moves if move.ended_at and move.ended_at <= row.at]
    if debtor.declared_zone and (confirmed or not moves):
        return [debtor.declared_zone]
    # What is heard in a call was not known before it, even if both bear the same instant.
    later = {zone for move in moves if move.entered_at >= row.at for zone in _new_zones(move)}
    earlier = [zone for move in moves if move.entered_at < row.at for zone in _new_zones(move)]
    known = [zone for zone in dict.fromkeys([*debtor.zones, *earlier]) if zone not in later]
    point = person.points.get(row.point_id) if row.point_id else None
    if point is not None and row.channel in ("phone", "sms"):
        known += [zone for zone in point.zones if zone not in known]
    return known


def _new_zones(move: Stop) -> tuple[str, ...]:
    return zones_of_move(move.facts.get("country"), move.facts.get("zone"))


def _agreed(person: _Person, row: ContactRow) -> bool:
    """Whether the person had asked to be called at that time."""
    wish: dict[str, Any] = person.debtor.preferences.get("callback", {})
    if row.consented:
        return True
    if not wish or row.channel != "phone":
        return False
    start = datetime.fromisoformat(wish["for"])
    return start <= row.at < start + _AGREED_CALL


def _by_rule(pack: MergedPack, kind: type[Hours], row: ContactRow) -> dict[str, list[Hours]]:
    lines: dict[str, list[Hours]] = defaultdict(list)
    for rule in pack.rules():
        if isinstance(rule, kind) and not rule.when and _applies(rule, row):
            lines[rule.rule].append(rule)
    return lines


def _applies(rule: Rule, row: ContactRow) -> bool:
    return (
        rule.decision != "flag"
        and rule.concerns(row.channel, row.purpose, row.party)
        and rule.in_force(row.at.date())
    )


# Caps


def _counts(person: _Person, row: ContactRow, pack: MergedPack) -> Iterator[Breach]:
    """In every sliding window that ends with this contact there was still room for it."""
    if _agreed(person, row):
        return
    zones = [pack.tz.fixed] if pack.tz.fixed else _zones(person, row)
    earlier = [other for other in person.contacts if other.at < row.at]
    for rule in pack.rules():
        if not isinstance(rule, Cap | Cooldown) or rule.when or not _applies(rule, row):
            continue
        same = [other for other in earlier if _shares(rule, other, row)]
        if isinstance(rule, Cooldown):
            same = [other for other in same if _matches(rule.triggers, other)]
            windows, room = (f"calendar_days {rule.days}",), 1
        else:
            same = [
                other
                for other in same
                if _matches(rule.counts, other) and not _matches(rule.not_counted, other)
            ]
            windows, room = rule.windows, rule.n
        for window in windows:
            for zone in zones:
                inside = sum(_within(window, other.at, row.at, ZoneInfo(zone)) for other in same)
                if inside >= room:
                    what = f"{row.channel} after {inside} in {window}: {rule.rule}"
                    yield Breach("I2", str(row.id), what)


def _shares(rule: Cap | Cooldown, other: ContactRow, row: ContactRow) -> bool:
    about = {str(row.debt_id), *row.debts} & {str(other.debt_id), *other.debts}
    return (
        ("debt" not in rule.scope or bool(about))
        and ("number" not in rule.scope or other.number == row.number)
        and ("collector" not in rule.scope or other.caller == row.caller)
        and not ("consented_call" in rule.exempt and other.consented)
    )


def _matches(atoms: Iterable[str], row: ContactRow) -> bool:
    return any(atom in (row.channel, f"{row.channel}:{row.outcome}") for atom in atoms)


def _within(window: str, earlier: datetime, now: datetime, zone: ZoneInfo) -> bool:
    name, _, length = window.partition(" ")
    if name == "rolling_hours":
        return now - earlier < timedelta(hours=int(length))
    days = (now.astimezone(zone).date() - earlier.astimezone(zone).date()).days
    return days < int(length or 1)


# Stops


def _after_stop(person: _Person, row: ContactRow, debt: Debt) -> Iterator[Breach]:
    """Nothing left after the commit of a stop that forbids it, unless it was on its way already."""
    if row.crossed:
        return
    for stop in person.stops:
        if _covers(stop, row, debt) and _forbids(stop, row) and _open_at(stop, row.at):
            what = f"{row.purpose} by {row.channel} under {stop.kind} since {stop.entered_at}"
            yield Breach("I3", str(row.id), what)


def _covers(stop: Stop, row: ContactRow, debt: Debt) -> bool:
    about = {str(row.debt_id), *row.debts}
    place = f"{debt.jurisdiction}-{debt.sub}" if debt.sub else debt.jurisdiction
    return (
        (stop.debt_id is None or str(stop.debt_id) in about)
        and (stop.channel is None or stop.channel == row.channel)
        and (stop.scope != Scope.CONTACT_POINT or stop.point_token == row.number)
        and (stop.portfolio_id is None or stop.portfolio_id == debt.portfolio_id)
        and (stop.seller_id is None or stop.seller_id == debt.seller_id)
        and (stop.jurisdiction is None or stop.jurisdiction in (debt.jurisdiction, place))
    )


def _forbids(stop: Stop, row: ContactRow) -> bool:
    kind = StopKind(stop.kind)
    if kind is StopKind.OPT_OUT:
        return row.purpose not in (Purpose.OPTOUT_CONFIRMATION, Purpose.REPLY)
    if kind is StopKind.VULNERABILITY and stop.facts.get("kind") == "self_harm_risk":
        return row.agent == "machine"
    return kind not in _NO_BAR and row.purpose in _DEMANDS


def _pressed(stop: Stop, row: ContactRow) -> bool:
    """Whether a demand met somebody vulnerable, whom one may go on to reach but not to press."""
    return stop.kind == StopKind.VULNERABILITY and row.purpose in _DEMANDS


def _open_at(stop: Stop, at: datetime) -> bool:
    ends = [stop.ended_at] if stop.ended_at else []
    if stop.until and stop.kind in _TIMED_STOPS:
        ends.append(stop.until)
    return stop.entered_at < at and all(at < end for end in ends)


# Money


def _ledgers(session: Session, people: Sequence[_Person]) -> Iterator[Breach]:
    """Charged is paid and waived and outstanding, in one currency; nobody is asked for nothing."""
    kept: dict[UUID, list[LedgerEntry]] = defaultdict(list)
    for entry in session.exec(select(LedgerEntry).order_by(col(LedgerEntry.seq))):
        kept[entry.debt_id].append(entry)
    for debt in session.exec(select(Debt)):
        yield from _ledger(debt, kept[debt.id])
    for person in people:
        for row in person.contacts:
            if row.purpose in _DEMANDS and not row.crossed:
                yield from _nothing_owed(person.debts[row.debt_id], kept[row.debt_id], row)


def _ledger(debt: Debt, entries: Sequence[LedgerEntry]) -> Iterator[Breach]:
    where = debt.workflow_id
    if [entry.seq for entry in entries] != list(range(1, len(entries) + 1)):
        yield Breach("I4", where, "the ledger's numbers have a gap")
    if any(entry.currency != debt.currency for entry in entries):
        yield Breach("I4", where, "an entry has another currency than the debt")
        return
    if not entries:
        yield Breach("I4", where, "there is no ledger")
        return
    said = fold(money.as_entries(entries), policy_for(debt.contract_law))
    if said.charged != said.paid + said.waived + said.outstanding:
        yield Breach("I4", where, f"{said.charged} charged is not paid, waived and outstanding")
    came = _came(entries)
    if said.paid + said.credit != came:
        yield Breach(
            "I4", where, f"{came} came in, {said.paid} and {said.credit} are accounted for"
        )


def _came(entries: Sequence[LedgerEntry]) -> int:
    """Add up the money that came and stayed; a waiver that goes back brings and takes none."""
    kinds = {entry.id: EntryKind(entry.kind) for entry in entries}
    moves = {EntryKind.PAYMENT: 1, EntryKind.CHARGEBACK: -1, EntryKind.REFUND: -1}
    total = 0
    for entry in entries:
        of = moves.get(kinds[entry.of], 0) if entry.of else 1
        match EntryKind(entry.kind):
            case EntryKind.REVERSAL:
                total -= of * entry.minor
            case EntryKind.CORRECTION:
                total += of * entry.minor
            case kind:
                total += moves.get(kind, 0) * entry.minor
    return total


def _nothing_owed(debt: Debt, entries: Sequence[LedgerEntry], row: ContactRow) -> Iterator[Breach]:
    known = [entry for entry in entries if entry.booked_at < row.at]
    if known and fold(money.as_entries(known), policy_for(debt.contract_law)).outstanding <= 0:
        yield Breach("I4", str(row.id), f"{row.step} asks for a debt that is paid")


# Steps


def _once(person: _Person) -> Iterator[Breach]:
    """Each step of a debt reaches a person at most once, over all its lives."""
    tries = Counter(
        (row.debt_id, row.step) for row in person.contacts if row.step and row.agent == "machine"
    )
    for (debt, step), count in tries.items():
        if count > 1:
            yield Breach("I5", person.debts[debt].workflow_id, f"step {step} {count} times")


# The record


def _on_record(session: Session) -> Iterator[Breach]:
    """Every act says why and by whom; what concerns a case, under which strategy and packs."""
    for act in session.exec(select(Act)):
        missing = [name for name in ("what", "reason", "actor") if not getattr(act, name)]
        if act.what.startswith(("contact.", "case.")):
            missing += [name for name in ("strategy", "packs") if not getattr(act, name)]
        if missing:
            yield Breach("I7", f"act {act.id} {act.what}", f"lacks {', '.join(missing)}")
    for decision in session.exec(select(Decision)):
        missing = [name for name in ("packs", "pack_sha") if not getattr(decision, name)]
        if decision.kind != "allow" and not decision.rule:
            missing.append("rule")
        if missing:
            yield Breach("I7", f"decision {decision.id}", f"lacks {', '.join(missing)}")
    for row in session.exec(select(ContactRow).where(col(ContactRow.state).in_(LEFT))):
        if row.direction == Direction.OUT and row.agent == "machine" and not row.decision_id:
            yield Breach("I7", str(row.id), "left without a decision on record")


# Histories


async def _histories(client: Client, names: Collection[str]) -> AsyncGenerator[WorkflowHistory]:
    """Fetch every run of each workflow: those it continued from, and its earlier lives."""
    for name in sorted(names):
        runs = {found.run_id async for found in client.list_workflows(f'WorkflowId = "{name}"')}
        newest = await client.get_workflow_handle(name).describe()
        for run in sorted(runs | {newest.run_id}):
            yield await client.get_workflow_handle(name, run_id=run).fetch_history()


def _leaks(kept: Sequence[WorkflowHistory], marks: Collection[str]) -> Iterator[Breach]:
    """No personal word in inputs, results, attributes, memos, summaries or failures."""
    for history in kept:
        for event in history.events:
            raw = event.SerializeToString()
            for mark in marks:
                if any(form in raw for form in _forms(mark)):
                    where = f"{history.workflow_id} event {event.event_id}"
                    yield Breach("I6", where, f"holds {_hint(mark)}")


def _forms(mark: str) -> tuple[bytes, ...]:
    escaped = mark.encode("unicode_escape")
    return (mark.encode(), escaped) if escaped != mark.encode() else (escaped,)


def _hint(mark: str) -> str:
    """Name a personal word without repeating it."""
    return f"a personal word of {len(mark)} characters that begins with {mark[0]!r}"


async def _unreplayable(kept: Sequence[WorkflowHistory]) -> AsyncGenerator[Breach]:
    async def each() -> AsyncGenerator[WorkflowHistory]:
        for history in kept:
            yield history

    replayer = Replayer(workflows=[DebtCase, PortfolioImport], plugins=[CessionPlugin()])
    results = await replayer.replay_workflows(each(), raise_on_replay_failure=False)
    names = {history.run_id: history.workflow_id for history in kept}
    for run, failure in results.replay_failures.items():
        yield Breach("I8", names.get(run, run), f"does not replay: {failure}"[:500])
