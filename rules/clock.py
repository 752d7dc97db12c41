"""What the clock alone says of a contact: hours, holidays, nights, in every candidate zone.

Between two strokes of the clock that matter (an opening, a closing, midnight, a clock change)
nothing changes, so that the answer is worked out once for each such stretch, kind of proposal and
list of zones, and kept. The tables are pure memory: without them every answer is the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.law import UNKNOWN, Act, Inconvenient, Order, Unknown, Verdict
from rules.conditions import unknown_facts
from rules.explain import missing
from rules.floor import FLOOR_CLOSES, FLOOR_OPENS
from rules.holiday import holiday_on
from rules.pack import Rule
from rules.packs import HolidaysLine, HoursLine, Plan
from rules.question import Question
from rules.zones import DAY, Zone, weekday

_FLOOR_HOURS = "ETHICS-HOURS"
_TIMED = frozenset({Act.EMAIL, Act.SMS, Act.PHONE, Act.VISIT})
"""Acts that reach the person at the moment they are done; a posted letter does not."""

_KEPT = 512
"""Days of one kind of proposal that are remembered before all are forgotten."""

_NEVER_CLOSES = 1 << 62


@dataclass(frozen=True, slots=True)
class Fail:
    """One rule that does not pass; ``next`` is when it alone would, in seconds since 1970."""

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
class Judged:
    """What was found at an instant, and when the open stretch around it ends."""

    fails: list[Fail]
    flags: list[str]
    closes: int


class Day:
    """The stretches of one UTC day, each judged when it is first asked about."""

    __slots__ = ("judged", "starts")

    def __init__(self, starts: list[int]) -> None:
        self.starts = starts
        self.judged: list[Judged | None] = [None] * len(starts)


def times(q: Question, plan: Plan, ts: int, out: Judged) -> None:
    """Adds the rules on time that do not pass at ``ts``, where ``q`` already stands."""
    consent = q.consented_time() if plan.hours else None
    found = _stretch(q, plan, ts) if consent is None else _clocked(q, plan, ts, consent)
    out.fails += found.fails
    out.flags += found.flags
    out.closes = min(out.closes, found.closes)
    wishes = q.facts.inconvenient
    agreed = consent is not None and consent[0] <= ts < consent[1]
    if isinstance(wishes, Unknown) or (wishes and not agreed):
        _wishes(q, plan, ts, out)


def shut(q: Question, plan: Plan, ts: int) -> list[Fail]:
    """The rules on time alone that no consent lifts and that do not pass at ``ts``."""
    return [] if q.facts.callback_for else _stretch(q, plan, ts).fails


def _stretch(q: Question, plan: Plan, ts: int) -> Judged:
    """The answer that holds for the stretch around an instant, from memory if it is there."""
    holds = tuple([line.test(q) is not False for line in plan.timed if line.test is not None])
    key = (q.facts.zones, holds, ts // DAY)
    day = plan.days.get(key)
    if day is None:
        if len(plan.days) >= _KEPT:
            plan.days.clear()
        day = plan.days[key] = Day(_strokes(q, plan, ts // DAY))
    at = bisect_right(day.starts, ts) - 1
    found = day.judged[at]
    if found is None:
        found = day.judged[at] = _clocked(q, plan, day.starts[at], None)
    return found


def _strokes(q: Question, plan: Plan, utc_day: int) -> list[int]:
    """Every instant of a UTC day at which some clock strikes an hour that matters."""
    begin, end = utc_day * DAY, (utc_day + 1) * DAY
    strokes = {begin}
    for place in q.zones:
        before, change, after = place.changes(utc_day)
        strokes.add(change)
        for offset in {before, after}:
            for day in range((begin + offset) // DAY, (end - 1 + offset) // DAY + 1):
                strokes.update([day * DAY - offset + second for second in plan.strokes])
    return sorted([at for at in strokes if begin <= at < end])


def _clocked(q: Question, plan: Plan, ts: int, consent: tuple[int, int] | None) -> Judged:
    """Hours, zones and holidays at an instant; conditions are those of where ``q`` stands."""
    out = Judged([], [], _NEVER_CLOSES)
    clocks = [(z, *z.wall(ts)) for z in q.zones]
    if q.facts.channel in _TIMED:
        _floor_hours(clocks, ts, out)
    shut: list[bool] = []
    for line in plan.hours:
        if line.test is None or line.test(q) is not False:
            shut.extend(_hours(line, clocks, ts, consent, out))
    if any(shut) and not all(shut) and len(q.facts.zones) > 1:
        _name_zones(q, plan, out)
    for line in plan.holidays:
        if line.test is None or line.test(q) is not False:
            _holiday(line, clocks, ts, out)
    return out


def _hours(
    line: HoursLine,
    clocks: Sequence[tuple[Zone, int, int]],
    ts: int,
    consent: tuple[int, int] | None,
    out: Judged,
) -> list[bool]:
    """Which zones a rule on hours shuts, if it shuts any."""
    if consent and consent[0] <= ts < consent[1] and line.rule.override == "recorded_consent":
        out.closes = min(out.closes, consent[1])
        return []
    ends = [_closing(line, day, second) for _, day, second in clocks]
    if None not in ends:
        for end, (_, _, second) in zip(ends, clocks, strict=True):
            assert end is not None
            if end < DAY:
                out.closes = min(out.closes, ts + end - second)
        return []
    opens = [
        _opening(line, place, day, ts) if end is None else ts
        for end, (place, day, _) in zip(ends, clocks, strict=True)
    ]
    at = latest(opens)
    if consent and at and ts < consent[0] and line.rule.override != "none":
        at = min(at, consent[0])
    out.fails.append(failing(line.rank, line.rule, at))
    return [opening != ts for opening in opens]


def _holiday(
    line: HolidaysLine, clocks: Sequence[tuple[Zone, int, int]], ts: int, out: Judged
) -> None:
    if True not in [holiday_on(line.country, line.part, day) for _, day, _ in clocks]:
        return
    if line.rule.decision == "flag":
        out.flags.extend(line.rule.flags)
        return
    opens = [_holiday_next(line, place, day, ts) for place, day, _ in clocks]
    out.fails.append(failing(line.rank, line.rule, latest(opens)))


def _wishes(q: Question, plan: Plan, ts: int, out: Judged) -> None:
    """The times that the person asked us to keep free."""
    wishes = q.facts.inconvenient
    for line in plan.personal:
        if isinstance(wishes, Unknown):
            out.fails.append(unknown(line.rank, line.rule, q, "inconvenient"))
            continue
        opens = [_wish_next(wish, q.facts.channel, z, ts) for wish in wishes for z in q.zones]
        if any(at is None or at > ts for at in opens):
            out.fails.append(failing(line.rank, line.rule, latest(opens)))


def _floor_hours(clocks: Sequence[tuple[Zone, int, int]], ts: int, out: Judged) -> None:
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
    at = latest(opens)
    if at is None or at > ts:
        why = "nobody is disturbed at night, whatever a pack or a consent says"
        fail = house(1 << 20, _FLOOR_HOURS, Verdict.DEFER, why, Order.TIME)
        out.fails.append(replace(fail, next=at))


def _name_zones(q: Question, plan: Plan, out: Judged) -> None:
    """Some zone is open and some is not: the rule on candidate zones leads."""
    timed = [fail for fail in out.fails if fail.order is Order.TIME and fail.rule != _FLOOR_HOURS]
    tz = q.pack.tz
    why = "it must suit the clock of every place where the person may be"
    opens = max((f.next for f in timed if f.next is not None), default=None)
    rank = plan.multi_zone_rank - 1
    out.fails.append(Fail(rank, tz.rule, Verdict.DEFER, why, tz.source, Order.TIME, opens))


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


# Answers


def failing(rank: int, rule: Rule, opens: int | None) -> Fail:
    decision = Verdict.BLOCK if rule.decision == "block" or opens is None else Verdict.DEFER
    return Fail(
        rank, rule.rule, decision, rule.why, rule.source, rule.order, opens, flags=rule.flags
    )


def house(rank: int, rule: str, decision: Verdict, why: str, order: Order) -> Fail:
    return Fail(rank, rule, decision, why, "house rule", order)


def latest(instants: Sequence[int | None]) -> int | None:
    found: int | None = None
    for at in instants:
        if at is None:
            return None
        if found is None or at > found:
            found = at
    return found


def unknown(rank: int, rule: Rule, q: Question, *more: str) -> Fail:
    names = unknown_facts(rule.when, q)
    names += tuple(n for n in more if n not in names and getattr(q.facts, n) is UNKNOWN)
    return Fail(
        rank, rule.rule, Verdict.BLOCK, f"not known: {', '.join(map(missing, names))}", rule.source, rule.order,
        unknown=names, flags=("human_review",),
    )  # fmt: skip
