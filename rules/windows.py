"""Windows in which contacts are counted, on both sides of the instant in question."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from rules.zones import DAY, EPOCH, Zone, calendar_date


class Unit(StrEnum):
    CALENDAR_DAYS = "calendar_days"
    """Consecutive local dates, any that contain the day in question."""
    ROLLING_HOURS = "rolling_hours"
    ISO_WEEK = "iso_week"
    CALENDAR_MONTH = "calendar_month"


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time that may hold at most so many counted contacts."""

    unit: Unit
    length: int = 1
    reach: int = field(init=False, compare=False)
    """Seconds from an instant beyond which nothing shares a window with it, in any zone."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "reach", self._reach())

    def opens(self, events: Sequence[int], ts: int, n: int, zone: Zone) -> int | None:
        """None where one more contact at ``ts`` keeps every window around it at ``n`` or below.

        Else the first later instant at which there is room. ``events`` are in order.
        """
        if len(events) < n:
            return None
        if events[-1] > ts:
            return None if self.room(events, ts, n, zone) else self.next_room(events, ts, n, zone)
        # Nothing is to come, so that the windows that matter end here: the n-th last contact decides.
        oldest = events[-n]
        if oldest <= ts - self.reach:
            return None
        if self.unit is Unit.ROLLING_HOURS:
            return oldest + self.reach
        offset, since = zone.lasting(ts)
        first, after = self._around((ts + offset) // DAY)
        begins = first * DAY - offset
        if begins < since:
            return None if self.room(events, ts, n, zone) else self.next_room(events, ts, n, zone)
        if oldest < begins:
            return None
        return zone.start((oldest + offset) // DAY + self.length if after is None else after)

    def _around(self, today: int) -> tuple[int, int | None]:
        """First day of the window that ends with ``today``, and of the next if it is a fixed one."""
        if self.unit is Unit.CALENDAR_DAYS:
            return today - self.length + 1, None
        if self.unit is Unit.ISO_WEEK:
            monday = _week(today) * 7 - 3
            return monday, monday + 7
        month = _month(today)
        return _first_of_month(month), _first_of_month(month + 1)

    def room(self, events: Sequence[int], ts: int, n: int, zone: Zone) -> bool:
        """Whether one more contact at ``ts`` keeps every window around it at ``n`` or below.

        ``events`` are in order.
        """
        if len(events) < n:
            return True
        near = events[bisect_right(events, ts - self.reach) : bisect_left(events, ts + self.reach)]
        if len(near) < n:
            return True
        # By identity and not by match: this runs for every cap at every instant of a search.
        if self.unit is Unit.ROLLING_HOURS:
            return _fits(near, ts, self.reach, n)
        if self.unit is Unit.CALENDAR_DAYS:
            return _fits([zone.day(e) for e in near], zone.day(ts), self.length, n)
        of = _week if self.unit is Unit.ISO_WEEK else _month
        here = of(zone.day(ts))
        return sum(of(zone.day(e)) == here for e in near) < n

    def _reach(self) -> int:
        match self.unit:
            case Unit.CALENDAR_DAYS:
                return (self.length + 2) * DAY
            case Unit.ROLLING_HOURS:
                return self.length * 3600
            case Unit.ISO_WEEK:
                return 9 * DAY
            case Unit.CALENDAR_MONTH:
                return 33 * DAY

    def in_hours(self) -> Window:
        """As many times 24 hours as it has days."""
        return Window(Unit.ROLLING_HOURS, self.length * 24)

    def next_room(self, events: Sequence[int], ts: int, n: int, zone: Zone) -> int:
        """First instant after ``ts``, where there is no room, at which there is."""
        match self.unit:
            case Unit.CALENDAR_DAYS:
                today = zone.day(ts)
                ends = sorted({end for e in events if (end := zone.day(e) + self.length) > today})
                starts = (zone.start(day) for day in ends)
            case Unit.ROLLING_HOURS:
                starts = iter(sorted({e + self.length * 3600 for e in events}))
            case Unit.ISO_WEEK:
                weeks = sorted({_week(zone.day(e)) + 1 for e in events})
                starts = (zone.start(week * 7 - 3) for week in weeks)
            case Unit.CALENDAR_MONTH:
                months = sorted({_month(zone.day(e)) + 1 for e in events})
                starts = (zone.start(_first_of_month(month)) for month in months)
        return next(start for start in starts if start > ts and self.room(events, start, n, zone))


def window(text: str) -> Window:
    """The window that a pack names: ``calendar_day``, ``calendar_days 7``, ``rolling_hours 24``."""
    name, _, length = text.partition(" ")
    if name == "calendar_day" and not length:
        return Window(Unit.CALENDAR_DAYS)
    if name in {Unit.ISO_WEEK, Unit.CALENDAR_MONTH} and not length:
        return Window(Unit(name))
    if name in {Unit.CALENDAR_DAYS, Unit.ROLLING_HOURS} and length.isdigit() and int(length):
        return Window(Unit(name), int(length))
    raise ValueError(f"{text!r} is not a window")


def _fits(points: Sequence[int], here: int, span: int, n: int) -> bool:
    """Whether every half-open stretch of ``span`` that holds ``here`` keeps within ``n`` with it."""
    near = sorted([p for p in points if here - span < p < here + span])
    if len(near) < n:
        return True
    if near[-1] <= here:
        return False
    starts = [*near[: bisect_right(near, here)], here]
    return all(bisect_left(near, start + span) - bisect_left(near, start) < n for start in starts)


def _week(day: int) -> int:
    return (day + 3) // 7


def _month(day: int) -> int:
    when = calendar_date(day)
    return when.year * 12 + when.month - 1


def _first_of_month(month: int) -> int:
    return date(month // 12, month % 12 + 1, 1).toordinal() - EPOCH
