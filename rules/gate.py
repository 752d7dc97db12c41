"""The legal check: may this contact be made now, later, or not at all?

Pure and deterministic: facts, contact log, instant and pack in, decision out. Every rule is
evaluated and every failing one is returned, in the order of ``models.law.Order``. A deferral is
found by a forward search: from each instant that fails, on to the latest of the first instants
at which each failing rule alone would pass, until everything passes at once. Nothing in between
can pass, so the answer is exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
    LegalFacts,
    Order,
    Unknown,
    Verdict,
)
from rules.clock import Fail, Judged, failing, house, shut, times, unknown
from rules.holiday import add_business_days
from rules.pack import Cap, Wait
from rules.packs import (
    GateLine,
    MergedPack,
    NoPackError,
    PackLibrary,
    Plan,
)
from rules.question import Question
from rules.written import read_case
from rules.zones import DAY, EPOCH, UnknownZoneError, Zone, calendar_date, instant

VALIDITY = timedelta(minutes=10)
"""How long an allowance stands at most: a queued contact is asked about again."""

HORIZON = timedelta(days=400)
"""How far ahead a lawful instant is searched: a year and its holidays."""

NEAR_CLOSE = 1800
"""Seconds before closing from which a call or visit is flagged: it might run over."""

_LATE = 1 << 62
_NEVER = datetime.min.replace(tzinfo=UTC)

_SPAN = int(VALIDITY.total_seconds())
_NO_ZONE = "GEN-ZONE"


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
        nowhere = _no_zone("the debtor's time zone is not known")
        return _answer(pack, None, Verdict.BLOCK, [nowhere], [])
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


def _allow(q: Question, plan: Plan, judged: Judged, now: datetime) -> Decision:
    ts = int(now.timestamp())
    end = min(ts + _SPAN, judged.closes)
    if _may_change(q, ts, end):
        end = _first_failure(q, ts, end)
    flags = judged.flags
    if q.facts.channel in (Act.PHONE, Act.VISIT) and judged.closes - ts <= NEAR_CLOSE:
        flags = [*flags, "near_close"]
    until = now + VALIDITY if end == ts + _SPAN else instant(end)
    return _answer(q.pack, plan, Verdict.ALLOW, [], flags, valid_until=until)


def _defer(q: Question, plan: Plan, judged: Judged, ts: int) -> Decision:
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
        fails = shut(q, then, at)
        if fails and all(fail.next and fail.decision is Verdict.DEFER for fail in fails):
            continue
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
            failed = probe
            while failed - passing > 1:
                middle = (failed + passing) // 2
                if _judge(q, _plan(q, middle), middle).fails:
                    failed = middle
                else:
                    passing = middle
            return failed
        passing = probe
    return end


def _plan(q: Question, ts: int) -> Plan:
    q.at(ts)
    facts = q.facts
    return q.pack.plan(facts.channel, facts.purpose, facts.party, q.today)


def _judge(q: Question, plan: Plan, ts: int, *, later: bool = False) -> Judged:
    """Every rule at one instant, where ``q`` already stands.

    ``later``: the gates passed at an earlier instant, so only those that move are asked again.
    """
    out = Judged([], [], ts + DAY)
    _standing(q, plan, out)
    if later:
        _gates(q, plan.moving, out)
    else:
        _gates(q, plan.gates, out)
        if any(plan.guards(q.facts)):
            _gates(q, plan.guarded, out)
        _content(q, plan, out)
    _waits(q, plan, out)
    times(q, plan, ts, out)
    _counts(q, plan, out, later=later)
    return out


def _standing(q: Question, plan: Plan, out: Judged) -> None:
    """What the merged pack itself asks: that it is in force, and permits the purpose."""
    pack = q.pack
    if not pack.first_day <= q.today <= pack.last_day:
        why = "the law of this place is not in force on this date"
        out.fails.append(house(-1, "GEN-PACK-DATES", Verdict.BLOCK, why, Order.AUTHORITY))
    if not plan.permitted:
        why = "contact for this purpose is not permitted here"
        out.fails.append(house(-1, "GEN-PURPOSE", Verdict.BLOCK, why, Order.PERSON))
    if not pack.covered:
        out.flags.append("no_local_pack")


def _gates(q: Question, lines: Sequence[GateLine], out: Judged) -> None:
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
            out.fails.append(unknown(line.rank, rule, q))
        else:
            out.fails.append(failing(line.rank, rule, None))


def _content(q: Question, plan: Plan, out: Judged) -> None:
    lacks = q.facts.lacks
    if not lacks:
        return
    for line in plan.content:
        if line.test is not None and line.test(q) is False:
            continue
        if isinstance(lacks, Unknown):
            out.fails.append(unknown(line.rank, line.rule, q, "lacks"))
        elif not lacks.isdisjoint(line.rule.requires):
            out.fails.append(failing(line.rank, line.rule, None))


def _waits(q: Question, plan: Plan, out: Judged) -> None:
    for line in plan.waits:
        rule = line.rule
        holds = True if line.test is None else line.test(q)
        if holds is False:
            continue
        since = getattr(q.facts, rule.since)
        if holds is UNKNOWN or since is UNKNOWN:
            out.fails.append(unknown(line.rank, rule, q, rule.since))
        elif since is None:
            if rule.missing == "block":
                out.fails.append(failing(line.rank, rule, None))
        else:
            if since.year == AGES_AGO.year:
                continue
            opens = max([_opens(rule, since, z, q) for z in q.zones])
            if opens > q.ts:
                out.fails.append(failing(line.rank, rule, opens))


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


# Frequency


def _counts(q: Question, plan: Plan, out: Judged, *, later: bool) -> None:
    """``later``: where there was room and nothing is to come, there is room at every later instant."""
    for line in plan.counts:
        if later and q.roomy.get(line.rank, _LATE) <= q.ts:
            continue
        idle = line.test is not None and line.test(q) is False
        if idle and line.settled:
            q.roomy[line.rank] = q.ts
            continue
        events = q.counted(line, max(plan.reach, line.reach))
        if not events:
            q.roomy[line.rank] = q.ts
            continue
        if idle:
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
                    q.roomy[line.rank] = q.ts
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
            if opens is None:
                if events[-1] <= q.ts:
                    q.roomy[line.rank] = q.ts
                continue
            if q.exempt(line):
                continue
        if events[-1] <= q.ts:
            q.roomy[line.rank] = opens
        out.fails.append(failing(line.rank, rule, opens))


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


def _no_zone(why: str) -> Fail:
    fail = house(-1, _NO_ZONE, Verdict.BLOCK, why, Order.TIME)
    return replace(fail, unknown=("zones",), flags=("human_review",))


_ORDERS = {order: position for position, order in enumerate(Order)}


def _answer(
    pack: MergedPack,
    plan: Plan | None,
    kind: Verdict,
    fails: list[Fail],
    flags: list[str],
    *,
    until: datetime | None = None,
    valid_until: datetime | None = None,
) -> Decision:
    fails = sorted(fails, key=lambda fail: (_ORDERS[fail.order], fail.rank))
    named: dict[str, Fail] = {}
    for fail in fails:
        known = named.get(fail.rule)
        if known is None or (
            fail.decision is Verdict.BLOCK and known.decision is not Verdict.BLOCK
        ):
            named[fail.rule] = fail
        elif known.next is not None and fail.next is not None and fail.next > known.next:
            named[fail.rule] = replace(known, next=fail.next)
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
