"""The legal check: may this contact be made now, later, or not at all?

Pure and deterministic: facts, contact log, instant and pack in, decision out. Every rule is
evaluated and every failing one is returned, in the order of ``models.law.Order``. A deferral is
found by a forward search: from each instant that fails, on to the latest of the first instants
at which each failing rule alone would pass, until everything passes at once. Nothing in between
can pass, so the answer is exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any

from models.law import (
    AGES_AGO,
    UNKNOWN,
    Act,
    CaseRefusedError,
    ContactRecord,
    Decision,
    Failure,
    Inconvenient,
    LegalFacts,
    Order,
    Unknown,
    Verdict,
)
from rules.conditions import unknown_facts
from rules.explain import missing
from rules.floor import FLOOR_CLOSES, FLOOR_OPENS
from rules.holiday import add_business_days, holiday_on
from rules.pack import Cap, Rule, Wait
from rules.packs import (
    GateLine,
    HolidaysLine,
    HoursLine,
    MergedPack,
    NoPackError,
    PackLibrary,
    Plan,
)
from rules.question import Question
from rules.written import read_case
from rules.zones import DAY, EPOCH, UnknownZoneError, Zone, calendar_date, instant, weekday

VALIDITY = timedelta(minutes=10)
"""How long an allowance stands at most: a queued contact is asked about again."""

HORIZON = timedelta(days=400)
"""How far ahead a lawful instant is searched: a year and its holidays."""

NEAR_CLOSE = 1800
"""Seconds before closing from which a call or visit is flagged: it might run over."""

_NEVER = datetime.min.replace(tzinfo=UTC)

_SPAN = int(VALIDITY.total_seconds())
_NO_ZONE = "GEN-ZONE"
_FLOOR_HOURS = "ETHICS-HOURS"
_TIMED = frozenset({Act.EMAIL, Act.SMS, Act.PHONE, Act.VISIT})
"""Acts that reach the person at the moment they are done; a posted letter does not."""


@dataclass(slots=True)
class _Fail:
    rank: int
    rule: str
    decision: Verdict
    why: str
    source: str
    order: Order
    next: int | None = None
    unknown: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(slots=True)
class _Judged:
    fails: list[_Fail]
    flags: list[str]
    closes: int


def decide(
    facts: LegalFacts,
    log: Sequence[ContactRecord],
    now: datetime,
    pack: MergedPack,
    *,
    full_hours: bool = False,
) -> Decision:
    """Whether the proposal in ``facts`` may be carried out at ``now``.

    ``log`` holds every contact of the person over all debts that may count, reservations and
    future ones included, but not the contact asked about. ``now`` is aware. ``full_hours`` reads
    windows of several calendar days as so many times 24 hours besides: stricter than any pack.
    """
    ts = int(now.timestamp())
    if not facts.zones:
        unknown = _no_zone("the debtor's time zone is not known")
        return _answer(pack, None, Verdict.BLOCK, [unknown], [])
    try:
        q = Question(facts, log, pack, full_hours=full_hours)
    except UnknownZoneError as error:
        return _answer(pack, None, Verdict.BLOCK, [_no_zone(str(error))], [])
    plan = _plan(q, ts)
    judged = _judge(q, plan, ts)
    if not judged.fails:
        return _allow(q, plan, judged, now)
    if any(fail.decision is Verdict.BLOCK for fail in judged.fails):
        return _answer(pack, plan, Verdict.BLOCK, judged.fails, judged.flags)
    return _defer(q, plan, judged, ts)


def decide_everywhere(
    asked: Sequence[tuple[LegalFacts, MergedPack]], log: Sequence[ContactRecord], now: datetime
) -> Decision:
    """The decision where several laws may bind: the stricter of each, and all that they name.

    Each law comes with the facts as it reads them. ``until`` is the first instant that suits all
    of them: no law allows anything before its own, so the search goes on from the latest of these.
    """
    first = [decide(facts, log, now, pack) for facts, pack in asked]
    if len(first) == 1:
        return first[0]
    kind = max((each.kind for each in first), key=_SEVERITY.index)
    until, then = None, first
    horizon = now + HORIZON
    while kind is Verdict.DEFER:
        until = max(each.until for each in then if each.until is not None)
        then = [decide(facts, log, until, pack) for facts, pack in asked]
        if all(each.kind is Verdict.ALLOW for each in then):
            break
        if until >= horizon or any(each.kind is Verdict.BLOCK for each in then):
            kind, until = Verdict.BLOCK, None
            first = [*first, *(each for each in then if each.kind is Verdict.BLOCK)]
    return Decision(
        kind=kind,
        failures=_all_named(first),
        until=until,
        valid_until=min((each.valid_until for each in first if each.valid_until), default=None)
        if kind is Verdict.ALLOW
        else None,
        flags=tuple(dict.fromkeys(flag for each in first for flag in each.flags)),
        checked=tuple(dict.fromkeys(rule for each in first for rule in each.checked)),
        pack_versions={name: held for each in first for name, held in each.pack_versions.items()},
        pack_sha="+".join(dict.fromkeys(each.pack_sha for each in first)),
    )


_SEVERITY = (Verdict.ALLOW, Verdict.DEFER, Verdict.BLOCK)


def _all_named(decisions: Sequence[Decision]) -> tuple[Failure, ...]:
    """Each failing rule once, at its gravest, in the order of evaluation."""
    named: dict[str, Failure] = {}
    for failure in (failure for each in decisions for failure in each.failures):
        known = named.get(failure.rule)
        if known is None or (
            _SEVERITY.index(failure.decision), failure.until or _NEVER
        ) > (_SEVERITY.index(known.decision), known.until or _NEVER):  # fmt: skip
            named[failure.rule] = failure
    return tuple(sorted(named.values(), key=lambda failure: _ORDERS[failure.order]))


def decide_written_case(case: Mapping[str, Any], library: PackLibrary) -> Decision:
    """The decision on a case in writing (the form of ``decision_cases.json``).

    What the case does not mention is neutral. ``models.law.CaseRefusedError`` names an unknown
    key, an impossible value or a place whose law we do not hold.
    """
    facts, log, now = read_case(case)
    try:
        pack = library.merged(facts.jurisdiction, facts.sub)
    except NoPackError as error:
        known = ", ".join(sorted({place for place, _ in library.places}))
        raise CaseRefusedError(
            "jurisdiction", f"{facts.jurisdiction!r} has no pack; we hold {known}"
        ) from error
    decision = decide(facts, log, now, pack)
    if decision.kind is not Verdict.DEFER:
        return decision
    return replace(
        decision, until_conservative=decide(facts, log, now, pack, full_hours=True).until
    )


def _allow(q: Question, plan: Plan, judged: _Judged, now: datetime) -> Decision:
    ts = int(now.timestamp())
    end = min(ts + _SPAN, judged.closes)
    if _may_change(q, ts, end):
        end = _first_failure(q, ts, end)
    flags = judged.flags
    if q.facts.channel in (Act.PHONE, Act.VISIT) and judged.closes - ts <= NEAR_CLOSE:
        flags = [*flags, "near_close"]
    until = now + VALIDITY if end == ts + _SPAN else instant(end)
    return _answer(q.pack, plan, Verdict.ALLOW, [], flags, valid_until=until)


def _defer(q: Question, plan: Plan, judged: _Judged, ts: int) -> Decision:
    horizon = ts + int(HORIZON.total_seconds())
    fails = judged.fails
    at = ts
    while fails:
        at = max(fail.next or horizon for fail in fails)
        if at >= horizon:
            return _answer(
                q.pack, plan, Verdict.BLOCK, judged.fails, [*judged.flags, "human_review"]
            )
        then = _plan(q, at)
        fails = _judge(q, then, at, later=then is plan).fails
        blocks = [fail for fail in fails if fail.decision is Verdict.BLOCK]
        if blocks:
            return _answer(q.pack, plan, Verdict.BLOCK, [*judged.fails, *blocks], judged.flags)
    return _answer(q.pack, plan, Verdict.DEFER, judged.fails, judged.flags, until=instant(at))


def _may_change(q: Question, start: int, end: int) -> bool:
    """Whether something other than the closing hour could end the allowance before ``end``."""
    return (
        bool(q.facts.inconvenient)
        or any(z.day(start) != z.day(end) or z.offset(start) != z.offset(end) for z in q.zones)
        or q.counts_after(start)
    )


def _first_failure(q: Question, start: int, end: int) -> int:
    """First second after ``start`` that does not pass; looked for at every minute, then halved."""
    passing = start
    for probe in [*range(start + 60, end, 60), end - 1]:
        if _judge(q, _plan(q, probe), probe).fails:
            failing = probe
            while failing - passing > 1:
                middle = (failing + passing) // 2
                if _judge(q, _plan(q, middle), middle).fails:
                    failing = middle
                else:
                    passing = middle
            return failing
        passing = probe
    return end


def _plan(q: Question, ts: int) -> Plan:
    q.at(ts)
    facts = q.facts
    return q.pack.plan(facts.channel, facts.purpose, facts.party, q.today)


def _judge(q: Question, plan: Plan, ts: int, *, later: bool = False) -> _Judged:
    """Every rule at one instant, where ``q`` already stands.

    ``later``: the gates passed at an earlier instant, so only those that move are asked again.
    """
    out = _Judged([], [], ts + DAY)
    _standing(q, plan, out)
    if later:
        _gates(q, plan.moving, out)
    else:
        _gates(q, plan.gates, out)
        if any(plan.guards(q.facts)):
            _gates(q, plan.guarded, out)
        _content(q, plan, out)
    _waits(q, plan, out)
    _times(q, plan, ts, out)
    _counts(q, plan, out, later=later)
    return out


def _standing(q: Question, plan: Plan, out: _Judged) -> None:
    """What the merged pack itself asks: that it is in force, and permits the purpose."""
    pack = q.pack
    if not pack.first_day <= q.today <= pack.last_day:
        why = "the law of this place is not in force on this date"
        out.fails.append(_house(-1, "GEN-PACK-DATES", Verdict.BLOCK, why, Order.AUTHORITY))
    if not plan.permitted:
        why = "contact for this purpose is not permitted here"
        out.fails.append(_house(-1, "GEN-PURPOSE", Verdict.BLOCK, why, Order.PERSON))
    if not pack.covered:
        out.flags.append("no_local_pack")


def _gates(q: Question, lines: Sequence[GateLine], out: _Judged) -> None:
    for line in lines:
        holds = True if line.test is None else line.test(q)
        if holds is False:
            continue
        rule = line.rule
        if line.limited and q.purpose_contacts < rule.each_max:
            continue
        if rule.decision == "flag":
            out.flags.extend(rule.flags if holds is True else ())
        elif holds is UNKNOWN:
            out.fails.append(_unknown(line.rank, rule, q))
        else:
            out.fails.append(_fail(line.rank, rule, None))


def _content(q: Question, plan: Plan, out: _Judged) -> None:
    lacks = q.facts.lacks
    if not lacks:
        return
    for line in plan.content:
        if line.test is not None and line.test(q) is False:
            continue
        if isinstance(lacks, Unknown):
            out.fails.append(_unknown(line.rank, line.rule, q, "lacks"))
        elif not lacks.isdisjoint(line.rule.requires):
            out.fails.append(_fail(line.rank, line.rule, None))


def _waits(q: Question, plan: Plan, out: _Judged) -> None:
    for line in plan.waits:
        rule = line.rule
        holds = True if line.test is None else line.test(q)
        if holds is False:
            continue
        since = getattr(q.facts, rule.since)
        if holds is UNKNOWN or since is UNKNOWN:
            out.fails.append(_unknown(line.rank, rule, q, rule.since))
        elif since is None:
            if rule.missing == "block":
                out.fails.append(_fail(line.rank, rule, None))
        else:
            if since.year == AGES_AGO.year:
                continue
            opens = max([_opens(rule, since, z, q) for z in q.zones])
            if opens > q.ts:
                out.fails.append(_fail(line.rank, rule, opens))


def _opens(rule: Wait, since: date, place: Zone, q: Question) -> int:
    day = place.day_of(since)
    if rule.business_days:
        last = add_business_days(
            calendar_date(day), rule.business_days, q.pack.jurisdiction, q.pack.sub
        )
        return place.start(last.toordinal() - EPOCH + 1)
    if rule.months:
        day = q.months_after(calendar_date(day), rule.months)
    elif rule.days == 0 and isinstance(since, datetime):
        return ceil(since.timestamp())
    return place.start(day + rule.days)


# Time


def _times(q: Question, plan: Plan, ts: int, out: _Judged) -> None:
    clocks = [(z, *z.wall(ts)) for z in q.zones]
    if q.facts.channel in _TIMED:
        _floor_hours(clocks, ts, out)
    consent = q.consented_time() if plan.hours else None
    agreed = consent is not None and consent[0] <= ts < consent[1]
    shut: list[bool] = []
    for line in plan.hours:
        if line.test is not None and line.test(q) is False:
            continue
        if agreed and line.rule.override == "recorded_consent":
            assert consent is not None
            out.closes = min(out.closes, consent[1])
            continue
        ends = [_closing(line, day, second) for _, day, second in clocks]
        if None in ends:
            opens = [
                _opening(line, place, day, ts) if end is None else ts
                for end, (place, day, _) in zip(ends, clocks, strict=True)
            ]
            shut.extend(at != ts for at in opens)
            fail = _fail(line.rank, line.rule, _latest(opens))
            if consent and fail.next and ts < consent[0] and line.rule.override != "none":
                fail.next = min(fail.next, consent[0])
            out.fails.append(fail)
        else:
            for end, (_, _, second) in zip(ends, clocks, strict=True):
                assert end is not None
                if end < DAY:
                    out.closes = min(out.closes, ts + end - second)
    if any(shut) and not all(shut) and len(q.facts.zones) > 1:
        _name_zones(q, plan, out)
    for line in plan.holidays:
        rule = line.rule
        if line.test is not None and line.test(q) is False:
            continue
        if True in [holiday_on(line.country, line.part, day) for _, day, _ in clocks]:
            opens = [_holiday_next(line, place, day, ts) for place, day, _ in clocks]
            if rule.decision == "flag":
                out.flags.extend(rule.flags)
            else:
                out.fails.append(_fail(line.rank, rule, _latest(opens)))
    for line in plan.personal:
        wishes = q.facts.inconvenient
        if isinstance(wishes, Unknown):
            out.fails.append(_unknown(line.rank, line.rule, q, "inconvenient"))
        elif wishes and not agreed:
            opens = [_wish_next(wish, q.facts.channel, z, ts) for wish in wishes for z in q.zones]
            if any(at is None or at > ts for at in opens):
                out.fails.append(_fail(line.rank, line.rule, _latest(opens)))


def _floor_hours(clocks: Sequence[tuple[Zone, int, int]], ts: int, out: _Judged) -> None:
    shut = False
    for _, _, second in clocks:
        if FLOOR_OPENS <= second < FLOOR_CLOSES:
            out.closes = min(out.closes, ts + FLOOR_CLOSES - second)
        else:
            shut = True
    if not shut:
        return
    opens: list[int | None] = []
    for place, day, second in clocks:
        if FLOOR_OPENS <= second < FLOOR_CLOSES:
            opens.append(ts)
        else:
            opens.append(
                place.first(day, FLOOR_OPENS, FLOOR_CLOSES, ts)
                or place.first(day + 1, FLOOR_OPENS, FLOOR_CLOSES, ts)
            )
    latest = _latest(opens)
    if latest is None or latest > ts:
        why = "nobody is disturbed at night, whatever a pack or a consent says"
        fail = _house(1 << 20, _FLOOR_HOURS, Verdict.DEFER, why, Order.TIME)
        fail.next = latest
        out.fails.append(fail)


def _name_zones(q: Question, plan: Plan, out: _Judged) -> None:
    """Some zone is open and some is not: the rule on candidate zones leads."""
    timed = [fail for fail in out.fails if fail.order is Order.TIME and fail.rule != _FLOOR_HOURS]
    tz = q.pack.tz
    why = "it must suit the clock of every place where the person may be"
    fail = _Fail(plan.multi_zone_rank - 1, tz.rule, Verdict.DEFER, why, tz.source, Order.TIME)
    fail.next = max((f.next for f in timed if f.next is not None), default=None)
    out.fails.append(fail)


def _opening(line: HoursLine, place: Zone, today: int, ts: int) -> int | None:
    """The next opening after an instant of ``today`` that is not open; None if there is none."""
    for day in range(today, today + 9):
        found = [
            at
            for opens, closes in line.week[weekday(day)]
            if (at := place.first(day, opens, closes, ts)) is not None
        ]
        if found:
            return min(found)
    return None


def _closing(line: HoursLine, day: int, second: int) -> int | None:
    """The second of the day at which the open stretch ends; None where it is not open."""
    end: int | None = None
    for opens, closes in line.week[weekday(day)]:
        if opens <= second < closes and (end is None or closes > end):
            end = closes
    return end


def _holiday_next(line: HolidaysLine, place: Zone, today: int, ts: int) -> int | None:
    """``ts`` itself if no holiday, else the start of the next day that is none."""
    for day in range(today, today + 30):
        if not holiday_on(line.country, line.part, day):
            return ts if day == today else place.start(day)
    return None


def _wish_next(wish: Inconvenient, channel: str, place: Zone, ts: int) -> int | None:
    if channel not in wish.channels:
        return ts
    opens = wish.opens.hour * 3600 + wish.opens.minute * 60
    closes = DAY if wish.closes is None else wish.closes.hour * 3600 + wish.closes.minute * 60
    at = ts
    for _ in range(16):
        day, second = place.wall(at)
        if weekday(day) not in wish.weekdays or not opens <= second < closes:
            return at
        after = place.first(day, closes, DAY, at) if closes < DAY else None
        at = place.start(day + 1) if after is None else after
    return None


# Frequency


def _counts(q: Question, plan: Plan, out: _Judged, *, later: bool) -> None:
    """``later``: where there was room and nothing is to come, there is room at every later instant."""
    for line in plan.counts:
        if later and line.rank in q.roomy:
            continue
        events = q.counted(line, plan.reach)
        if not events:
            q.roomy.add(line.rank)
            continue
        if line.test is not None and line.test(q) is False:
            continue
        rule = line.rule
        opens: int | None = None
        if isinstance(rule, Cap):
            for window in line.strict_windows if q.full_hours else line.windows:
                for place in q.counting:
                    at = window.opens(events, q.ts, rule.n, place)
                    if at is not None and (opens is None or at > opens):
                        opens = at
            if opens is None:
                if events[-1] <= q.ts:
                    q.roomy.add(line.rank)
                continue
            if q.exempt(line):
                continue
            if rule.decision == "flag":
                out.flags.extend(rule.flags)
                continue
        else:
            opens = _cooled(rule.days, events, q)
            if q.full_hours:
                opens = _cooled_hours(rule.days, events, q.ts, opens)
            if opens is None or q.exempt(line):
                continue
        out.fails.append(_fail(line.rank, rule, opens))


def _cooled(days: int, events: list[int], q: Question) -> int | None:
    """None unless a conversation was so recent, else when its days are over in every zone."""
    opens: int | None = None
    for place in q.counting:
        today = place.day(q.ts)
        talks = [day for day in map(place.day, events) if day <= today < day + days]
        if talks:
            opens = max(opens or 0, place.start(max(talks) + days))
    return opens


def _cooled_hours(days: int, events: list[int], ts: int, opens: int | None) -> int | None:
    ends = [event + days * DAY for event in events if event <= ts < event + days * DAY]
    return max([*ends, *([opens] if opens else [])], default=None)


# Answers


def _no_zone(why: str) -> _Fail:
    fail = _house(-1, _NO_ZONE, Verdict.BLOCK, why, Order.TIME)
    fail.unknown, fail.flags = ("zones",), ("human_review",)
    return fail


def _fail(rank: int, rule: Rule, opens: int | None) -> _Fail:
    decision = Verdict.BLOCK if rule.decision == "block" or opens is None else Verdict.DEFER
    return _Fail(
        rank, rule.rule, decision, rule.why, rule.source, rule.order, opens, flags=rule.flags
    )


def _unknown(rank: int, rule: Rule, q: Question, *more: str) -> _Fail:
    names = unknown_facts(rule.when, q)
    names += tuple(n for n in more if n not in names and getattr(q.facts, n) is UNKNOWN)
    return _Fail(
        rank, rule.rule, Verdict.BLOCK, f"not known: {', '.join(map(missing, names))}", rule.source, rule.order,
        unknown=names, flags=("human_review",),
    )  # fmt: skip


def _house(rank: int, rule: str, decision: Verdict, why: str, order: Order) -> _Fail:
    return _Fail(rank, rule, decision, why, "house rule", order)


def _latest(instants: Sequence[int | None]) -> int | None:
    latest: int | None = None
    for at in instants:
        if at is None:
            return None
        if latest is None or at > latest:
            latest = at
    return latest


_ORDERS = {order: position for position, order in enumerate(Order)}


def _answer(
    pack: MergedPack,
    plan: Plan | None,
    kind: Verdict,
    fails: list[_Fail],
    flags: list[str],
    *,
    until: datetime | None = None,
    valid_until: datetime | None = None,
) -> Decision:
    fails = sorted(fails, key=lambda fail: (_ORDERS[fail.order], fail.rank))
    named: dict[str, _Fail] = {}
    for fail in fails:
        known = named.get(fail.rule)
        if known is None or (
            fail.decision is Verdict.BLOCK and known.decision is not Verdict.BLOCK
        ):
            named[fail.rule] = fail
        elif known.next is not None and fail.next is not None:
            known.next = max(known.next, fail.next)
    return Decision(
        kind=kind,
        failures=tuple(
            Failure(
                rule=fail.rule,
                decision=fail.decision,
                why=fail.why,
                source=fail.source,
                order=fail.order,
                until=instant(fail.next)
                if fail.next is not None and fail.decision is Verdict.DEFER
                else None,
                unknown=fail.unknown,
            )
            for fail in named.values()
        ),
        until=until,
        valid_until=valid_until,
        flags=tuple(dict.fromkeys([*flags, *(flag for fail in fails for flag in fail.flags)])),
        checked=plan.checked if plan else (),
        pack_versions=pack.versions,
        pack_sha=pack.sha256,
    )
