"""Wall clocks: from seconds since 1970 to local days and back, exact over clock changes.

Days are counted from 1970-01-01 (a Thursday), seconds of a day from local midnight. All zone
arithmetic of the gate goes through here; the zone database is read once per zone and UTC day.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = 86_400
EPOCH = date(1970, 1, 1).toordinal()


_BACK = 40
"""Days: longer than a month, the longest window in which contacts are counted by the calendar."""


class UnknownZoneError(ValueError):
    """A zone name that the zone database does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is not an IANA time zone")
        self.name = name


class Zone:
    """One IANA zone with a memory of its clock changes."""

    __slots__ = ("_days", "_info", "_runs", "_steady", "name")

    def __init__(self, name: str) -> None:
        try:
            self._info = ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise UnknownZoneError(name) from error
        self.name = name
        self._days: dict[int, tuple[int, int, int]] = {}
        self._steady: dict[int, int | None] = {}
        self._runs: dict[int, tuple[int, int]] = {}

    def offset(self, ts: int) -> int:
        """Seconds east of UTC at an instant."""
        known = self._days.get(ts // DAY)
        if known is None:
            known = self._learn(ts // DAY)
        return known[0] if ts < known[1] else known[2]

    def changes(self, utc_day: int) -> tuple[int, int, int]:
        """Offset at the start of a UTC day, when it changes (else the end), and the one after."""
        return self._days.get(utc_day) or self._learn(utc_day)

    def wall(self, ts: int) -> tuple[int, int]:
        """Local day and second of the day at an instant."""
        known = self._days.get(ts // DAY) or self._learn(ts // DAY)
        return divmod(ts + (known[0] if ts < known[1] else known[2]), DAY)

    def day(self, ts: int) -> int:
        """Local day at an instant."""
        # The offset as above, once more: the gate asks this more than anything else.
        known = self._days.get(ts // DAY) or self._learn(ts // DAY)
        return (ts + (known[0] if ts < known[1] else known[2])) // DAY

    def first(self, day: int, opens: int, closes: int, after: int) -> int | None:
        """First instant not before ``after`` whose wall clock shows ``day`` within [opens, closes).

        A clock change inside the window is honoured: skipped wall time opens at the change,
        repeated wall time counts both times. None if that day has no such instant left.
        """
        steady = self._steady[day] if day in self._steady else self._settle(day)
        if steady is not None:
            start = day * DAY - steady
            at = max(start + opens, after)
            return at if at < start + closes else None
        wall = day * DAY + opens
        instants = {after}
        for utc_day in (day - 1, day, day + 1):
            known = self._days.get(utc_day) or self._learn(utc_day)
            instants.update((wall - known[0], known[1], wall - known[2]))
        found = [ts for ts in instants if ts >= after and self._within(ts, day, opens, closes)]
        return min(found, default=None)

    def start(self, day: int) -> int:
        """First instant of a local day; of the next one if the place skipped it altogether."""
        instant = self.first(day, 0, DAY, (day - 2) * DAY)
        return self.start(day + 1) if instant is None else instant

    def lasting(self, ts: int) -> tuple[int, int]:
        """Offset at an instant, and an instant since when it has been the same.

        The second looks back some forty days at most, and not at all on a day of change.
        """
        return self._runs.get(ts // DAY) or self._run(ts)

    def day_of(self, when: date) -> int:
        """Local day of a date, or of an instant in this zone."""
        if isinstance(when, datetime) and 1900 < when.year < 9000:
            return self.day(int(when.timestamp()))
        return when.toordinal() - EPOCH

    def _run(self, ts: int) -> tuple[int, int]:
        today = ts // DAY
        offset, _, later = self._days.get(today) or self._learn(today)
        if offset != later:
            return self.offset(ts), ts
        first = today
        while today - first < _BACK:
            before, _, after = self._days.get(first - 1) or self._learn(first - 1)
            if (before, after) != (offset, offset):
                break
            first -= 1
        self._runs[today] = offset, first * DAY
        return self._runs[today]

    def _settle(self, day: int) -> int | None:
        """The one offset of a local day; None if a clock change is near."""
        offsets: set[int] = set()
        for utc_day in (day - 1, day, day + 1):
            before, _, after = self._days.get(utc_day) or self._learn(utc_day)
            offsets |= {before, after}
        self._steady[day] = offsets.pop() if len(offsets) == 1 else None
        return self._steady[day]

    def _within(self, ts: int, day: int, opens: int, closes: int) -> bool:
        there, second = self.wall(ts)
        return there == day and opens <= second < closes

    def _learn(self, utc_day: int) -> tuple[int, int, int]:
        """Offset before and after the change of a UTC day, and when it happens."""
        early, late = utc_day * DAY, (utc_day + 1) * DAY
        before, after = self._ask(early), self._ask(late - 1)
        if before == after:
            known = (before, late, after)
        else:
            while late - early > 1:
                middle = (early + late) // 2
                if self._ask(middle) == before:
                    early = middle
                else:
                    late = middle
            known = (before, late, after)
        self._days[utc_day] = known
        return known

    def _ask(self, ts: int) -> int:
        offset = datetime.fromtimestamp(ts, tz=self._info).utcoffset()
        assert offset is not None
        return int(offset.total_seconds())


@lru_cache(maxsize=1024)
def zone(name: str) -> Zone:
    """The zone of that name; ``UnknownZoneError`` if there is none."""
    return Zone(name)


def weekday(day: int) -> int:
    """Weekday of a day; Monday is 0."""
    return (day + 3) % 7


@lru_cache(maxsize=4096)
def calendar_date(day: int) -> date:
    """The date of a day count."""
    return date.fromordinal(day + EPOCH)


def instant(ts: int) -> datetime:
    """An aware UTC datetime."""
    return datetime.fromtimestamp(ts, tz=UTC)
