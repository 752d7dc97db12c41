"""Interest: exact between postings, rounded once, never above what the law of the place allows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from models.ledger import DayCount, InterestTerms, Rate, Rounding

_SCALE = 10**10
"""Rates have at most ten decimals, so percentages become whole numbers."""

_BASES = {
    DayCount.ACT_365: (365,),
    DayCount.ACT_360: (360,),
    DayCount.THIRTY_360: (360,),
    DayCount.ACT_ACT: (365, 366),
}

LPR = tuple(
    Rate(since=date.fromisoformat(day), percent=Decimal(percent))
    for day, percent in (
        ("2019-08-20", "4.25"),
        ("2019-09-20", "4.20"),
        ("2019-11-20", "4.15"),
        ("2020-02-20", "4.05"),
        ("2020-04-20", "3.85"),
        ("2021-12-20", "3.80"),
        ("2022-01-20", "3.70"),
        ("2022-08-22", "3.65"),
        ("2023-06-20", "3.55"),
        ("2023-08-21", "3.45"),
        ("2024-07-22", "3.35"),
        ("2024-10-21", "3.10"),
        ("2025-05-20", "3.00"),
    )
)
"""One-year loan prime rate, percent, as the National Interbank Funding Center published it.

From memory, not looked up: check a row against chinamoney.com.cn before relying on it, and add
the newer ones; a contract of its own states its rate in ``lpr_at_contract``.
"""

_CN_RULE = date(2020, 8, 20)
"""From this day private lending is capped by the LPR (民间借贷规定 art. 25, 31)."""

_CN_PRIVATE = "民间借贷规定 art. 25, 29, 31: four times the one-year LPR of the contract's day"
_CN_LICENSED = "SPC 2017 opinion on financial trials: courts reduce the total above 24 % on request"

_CN_LENDERS = frozenset({"individual", "private", "other", "company", "non_financial"})
"""Who lends privately; licensed lenders, seven local kinds included, are outside that rule
(最高法批复 of 2021-01-01)."""


def _days(begin: date, end: date, count: DayCount) -> tuple[int, ...]:
    """Answer the days between, for each basis of the count."""
    match count:
        case DayCount.ACT_365 | DayCount.ACT_360:
            return ((end - begin).days,)
        case DayCount.THIRTY_360:
            return (_thirty(end) - _thirty(begin),)
        case DayCount.ACT_ACT:
            leap = _leap_days(end) - _leap_days(begin)
            return ((end - begin).days - leap, leap)


def _thirty(day: date) -> int:
    return 360 * day.year + 30 * day.month + min(day.day, 30)


def _leap_days(day: date) -> int:
    """Count the days of leap years before a day."""
    before = day.year - 1
    full = before // 4 - before // 100 + before // 400
    leap = day.year % 4 == 0 and (day.year % 100 != 0 or day.year % 400 == 0)
    return 366 * full + ((day - date(day.year, 1, 1)).days if leap else 0)


class Accrual:
    """Interest of one debt, moved forward day by day; amounts in minor units."""

    def __init__(self, terms: InterestTerms) -> None:
        self.terms = terms
        self.day = terms.since
        self.posted = 0
        self._sums = [0] * len(_BASES[terms.day_count])
        self._breaks, self._rates = _timetable(terms)

    def move(self, to: date, base: int) -> None:
        """Let ``base`` bear interest from where it stands to the beginning of a day."""
        if to <= self.day:
            return
        if base:
            begin = self.day
            for end in (*self._between(begin, to), to):
                rate = self._rates[bisect_right(self._breaks, begin) - 1]
                if rate:
                    for index, days in enumerate(_days(begin, end, self.terms.day_count)):
                        self._sums[index] += base * rate * days
                begin = end
        self.day = to

    def post(self) -> int:
        """Answer what is to be posted now, so that all postings are the rounded exact sum."""
        scale = 100 * _SCALE
        bases = _BASES[self.terms.day_count]
        over, under = self._sums[0], bases[0] * scale
        for total, base in zip(self._sums[1:], bases[1:], strict=True):
            over, under = over * base * scale + total * under, under * base * scale
        due = rounded(over, under, self.terms.rounding) - self.posted
        self.posted += due
        return due

    def __copy__(self) -> Accrual:
        """Answer one that goes its own way from here."""
        other = object.__new__(Accrual)
        other.__dict__.update(self.__dict__, _sums=list(self._sums))
        return other

    def _between(self, begin: date, end: date) -> list[date]:
        first = bisect_right(self._breaks, begin)
        return [day for day in self._breaks[first:] if day < end]


def rounded(over: int, under: int, rounding: Rounding) -> int:
    """Round a fraction of minor units, zero or more, to whole ones."""
    whole, rest = divmod(over, under)
    twice = 2 * rest - under
    match rounding:
        case Rounding.DOWN:
            return whole
        case Rounding.HALF_UP:
            return whole + (twice >= 0)
        case Rounding.HALF_EVEN:
            return whole + (twice > 0 or (twice == 0 and whole % 2 == 1))


def _timetable(terms: InterestTerms) -> tuple[list[date], list[int]]:
    """Answer the days on which the effective rate changes, and the rate from each."""
    days = {terms.since, *(r.since for r in terms.rates), *(c.since for c in terms.ceilings)}
    for stop in terms.stops:
        days.add(stop.first_day)
        if stop.last_day and stop.last_day < date.max:
            days.add(stop.last_day + timedelta(days=1))
    if terms.until:
        days.add(terms.until)
    breaks = sorted(days)
    return breaks, [int(rate_on(terms, day) * _SCALE) for day in breaks]


def rate_on(terms: InterestTerms, day: date) -> Decimal:
    """Answer the percent a year that counts on a day: none while something stops it."""
    if day < terms.since or (terms.until and day >= terms.until):
        return Decimal(0)
    if any(
        stop.first_day <= day and (stop.last_day is None or day <= stop.last_day)
        for stop in terms.stops
    ):
        return Decimal(0)
    agreed = at(terms.rates, day) or Decimal(0)
    ceiling = at(terms.ceilings, day)
    return agreed if ceiling is None else min(agreed, ceiling)


def at(table: Iterable[Rate], day: date) -> Decimal | None:
    """Answer the rate of a dated table on a day; None before its first day."""
    found = [rate.percent for rate in table if rate.since <= day]
    return found[-1] if found else None


def ceilings(
    jurisdiction: str, creditor: str, contract: date | None, lpr: Decimal | None = None
) -> tuple[Rate, ...]:
    """Answer the lawful most a debt may bear, by day; nothing where we know of no such law.

    ``creditor`` is the kind of the lender at origination, ``lpr`` the one-year LPR in percent that
    the contract states. A private loan without a known day gets the lowest ceiling of the table.
    """
    if jurisdiction.partition("-")[0] != "CN":
        return ()
    beginning = date(2015, 9, 1)
    if creditor not in _CN_LENDERS:
        return (Rate(since=beginning, percent=Decimal(24), citation=_CN_LICENSED),)
    if lpr is None:
        known = at(LPR, max(contract, _CN_RULE)) if contract else None
        lpr = known or min(rate.percent for rate in LPR)
    since = contract if contract and contract >= _CN_RULE else _CN_RULE
    old = Rate(since=beginning, percent=Decimal(24), citation=f"{_CN_PRIVATE}; before that 24 %")
    return (
        *((old,) if since == _CN_RULE else ()),
        Rate(since=since, percent=4 * lpr, citation=_CN_PRIVATE),
    )
