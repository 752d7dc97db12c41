"""Whether a debt may be too old for court, where the file gives no day for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from models.law import UNKNOWN, Known
from rules.pack import Limitation

STARTS = ("due_date", "delinquency_date", "charge_off_date", "last_payment_date")
"""Facts of a debt from which a limitation period may run."""


def time_barred(
    ends: date | None, starts: Iterable[date], today: date, law: Limitation | None = None
) -> Known[bool]:
    """Whether the limitation period has ended, on the debtor's calendar.

    A day that somebody gave decides. Without one a debt is surely not barred while the shortest
    period of the law, counted from the earliest day on which any could have begun, still runs:
    part payment, acknowledgement, suit and notice only lengthen it. After that nobody knows.
    """
    if ends is not None:
        return ends < today
    first = min(starts, default=None)
    if law is None or first is None:
        return UNKNOWN
    years = law.shortest_years or law.years
    return False if today <= _years_on(first, years) else UNKNOWN


def _years_on(day: date, years: int) -> date:
    """The day so many years later; 28 February for a leap day, which is the earlier reading."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
