"""Working days and public holidays, and the periods of law that are counted in them."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from rules.zones import calendar_date

if TYPE_CHECKING:
    from holidays import HolidayBase

CALENDAR_LEAD = timedelta(days=30)
"""So long before the published days run out people are warned, and cases look again."""

PROCLAIMED = {"ZA": frozenset({date(2026, 11, 4)})}
"""Single election days, which close no counting of working days until counsel confirms them.

Contact still rests on them: ``public_holidays`` has them.
"""

_WEEKEND = frozenset({5, 6})


def _holidays(country: str, **asked: Any) -> HolidayBase:
    """Ask the calendar library of one country: its list of all of them loads hundreds of modules.

    Raises ``NotImplementedError`` for one it does not know.
    """
    import holidays  # noqa: PLC0415  # its hundreds of modules are for who counts days

    return holidays.country_holidays(country, **asked)


@cache
def china_published() -> int:
    """Last year whose working-day arrangement the State Council has published.

    As far as the calendar library knows: a newer release of it brings the next year, and every
    case computes anew.
    """
    return max(_holidays("CN").special_public_holidays)


@lru_cache(maxsize=4096)
def public_holidays(country: str, sub: str | None, year: int) -> frozenset[date]:
    """Public holidays of a place in a year; the country's alone if it has no list for ``sub``."""
    try:
        found = _holidays(country, years=year, observed=True)
    except NotImplementedError:
        return frozenset()
    if sub in found.subdivisions:
        found = _holidays(country, subdiv=sub, years=year, observed=True)
    return frozenset(found)


@lru_cache(maxsize=16384)
def holiday_on(country: str, sub: str | None, day: int) -> bool:
    """Whether a day (counted from 1970) is a public holiday of a place."""
    when = calendar_date(day)
    return when in public_holidays(country, sub, when.year)


@lru_cache(maxsize=64)
def _make_up_workdays(country: str, year: int) -> frozenset[date]:
    """Weekend days on which a country works in exchange for a bridge day."""
    calendar = _holidays(country, years=year)
    workdays: set[date] = getattr(calendar, "weekend_workdays", None) or set()
    return frozenset(day for day in workdays if day.year == year)


def place_of(jurisdiction: str, sub: str | None) -> tuple[str, str | None]:
    """Country and part whose public holidays hold in a jurisdiction of ours."""
    if jurisdiction == "EU":
        return (sub or "", None)
    if jurisdiction == "US":
        return ("US", None)
    return (jurisdiction, sub)


def business_day(day: date, jurisdiction: str, sub: str | None = None) -> bool:
    """Whether offices and banks of a place work on that date.

    In mainland China a make-up Saturday or Sunday is a working day. A year whose calendar is not
    published yet counts weekends and the holidays fixed by law as off: see ``calendar_known``.
    """
    country, part = place_of(jurisdiction, sub)
    if day in public_holidays(country, part, day.year) - PROCLAIMED.get(country, frozenset()):
        return False
    if day.weekday() not in _WEEKEND:
        return True
    return (
        country == "CN" and calendar_known(day, "CN") and day in _make_up_workdays("CN", day.year)
    )


def calendar_known(day: date, jurisdiction: str) -> bool:
    """False while the working days of that year are provisional and must be computed again."""
    return jurisdiction != "CN" or day.year <= china_published()


def calendar_ends(jurisdiction: str) -> date | None:
    """The last day whose working days are published; None where they follow from the law itself."""
    return date(china_published(), 12, 31) if jurisdiction == "CN" else None


def add_business_days(day: date, count: int, jurisdiction: str, sub: str | None = None) -> date:
    """The date of the n-th working day after a date, which itself is not counted."""
    while count:
        day += timedelta(days=1)
        count -= business_day(day, jurisdiction, sub)
    return day


def assumed_receipt(sent_on: date) -> date:
    """When a consumer is taken to have received a notice: five days after sending.

    Saturdays, Sundays and federal holidays are not counted: 12 CFR 1006.34(b)(5).
    """
    return add_business_days(sent_on, 5, "US")


def validation_period_end(sent_on: date) -> date:
    """Last day to dispute: 30 calendar days after assumed receipt, comments 34(b)(5)-1 and -2."""
    return assumed_receipt(sent_on) + timedelta(days=30)
