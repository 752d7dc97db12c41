"""Arrangements: their instalments, how they stand, who may grant them."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from models.arrangement import (
    Authority,
    Due,
    Every,
    Instalment,
    Paid,
    Progress,
    Shift,
    Terms,
)
from models.ledger import Bucket
from models.money import Money
from models.operator import Role
from models.strategy import Strategy
from rules.money import Residue, allocate

MOST = 600
"""Instalments of one plan: fifty years of months."""

_DAYS = {Every.WEEK: 7, Every.FORTNIGHT: 14, Every.FOUR_WEEKS: 28}

_A_MONTH = {
    Every.MONTH: Decimal(1),
    Every.WEEK: Decimal(52) / 12,
    Every.FORTNIGHT: Decimal(26) / 12,
    Every.FOUR_WEEKS: Decimal(13) / 12,
}
"""How many instalments fall into a month, on average."""

_MONTHS: Mapping[Role, int] = {Role.AGENT: 12, Role.SUPERVISOR: 36, Role.COMPLIANCE: 120}
"""The longest plan that a role grants alone."""


class ArrangementError(ValueError):
    """Terms that cannot be agreed; the text says why and what would do."""


# Schedules


def days(
    first: date,
    count: int,
    every: Every,
    *,
    anchor: int | None = None,
    shift: Shift = Shift.NONE,
    working: Callable[[date], bool] = lambda _: True,
) -> tuple[date, ...]:
    """Answer the days of so many instalments from the first.

    Months keep their anchor day: the 31st becomes the last day of a shorter month and returns to
    the 31st. A day off moves one instalment and not those after it.
    """
    day = anchor or first.day
    if every is Every.MONTH:
        plain = [_in_month(first, ahead, day) for ahead in range(count)]
    else:
        plain = [first + timedelta(days=_DAYS[every] * ahead) for ahead in range(count)]
    return tuple(_shifted(each, shift, working) for each in plain)


def _in_month(first: date, ahead: int, anchor: int) -> date:
    months = first.year * 12 + first.month - 1 + ahead
    year, month = divmod(months, 12)
    return date(year, month + 1, min(anchor, calendar.monthrange(year, month + 1)[1]))


def _shifted(day: date, shift: Shift, working: Callable[[date], bool]) -> date:
    if shift is Shift.NONE:
        return day
    later = _walk(day, 1, working)
    if shift is Shift.MODIFIED and later.month != day.month:
        return _walk(day, -1, working)
    return later


def _walk(day: date, step: int, working: Callable[[date], bool]) -> date:
    steps = (day + timedelta(days=step * ahead) for ahead in range(60))
    return next(filter(working, steps), day)


def schedule(
    total: Money,
    first: date,
    every: Every,
    *,
    count: int | None = None,
    amount: Money | None = None,
    anchor: int | None = None,
    shift: Shift = Shift.NONE,
    working: Callable[[date], bool] = lambda _: True,
) -> tuple[Due, ...]:
    """Divide a total by number or by amount; by amount the last instalment is the rest.

    Raises ``ArrangementError``.
    """
    if (count is None) == (amount is None):
        raise ArrangementError("give either the number of instalments or the amount of one")
    if total.minor <= 0:
        raise ArrangementError("nothing is owed that a plan could divide")
    parts: list[int] = []
    if amount is not None:
        if amount.minor <= 0:
            raise ArrangementError("an instalment is more than nothing")
        count = -(-total.minor // amount.minor)
        if count <= MOST:
            rest = total.minor - amount.minor * (count - 1)
            parts = [amount.minor] * (count - 1) + [rest]
    assert count is not None
    if not 1 <= count <= MOST:
        raise ArrangementError(f"a plan has 1 to {MOST} instalments, this one {count}")
    if amount is None:
        if count > total.minor:
            raise ArrangementError("an instalment would be less than the smallest coin")
        parts = [part.minor for part in allocate(total, [1] * count, Residue.FIRST)]
    when = days(first, count, every, anchor=anchor, shift=shift, working=working)
    return tuple(Due(minor=minor, on=day) for minor, day in zip(parts, when, strict=True))


def monthly(instalments: Sequence[Due], every: Every) -> int:
    """Answer what a plan asks of a month, on average, of its highest instalment; rounded up."""
    highest = max((due.minor for due in instalments), default=0)
    exact = highest * _A_MONTH[every]
    return int(exact) + (exact != int(exact))


def affordable(income: int, outgoings: int, others: int = 0) -> int:
    """Answer what a month leaves after essential outgoings and the plans of other debts."""
    return max(income - outgoings - others, 0)


# Authority


def authority(strategy: Strategy, roles: Iterable[Role]) -> Authority:
    """Answer what somebody may grant alone: shares of the strategy's offers, months by role.

    Compliance grants whatever a strategy could; nobody may grant anything else alone.
    """
    known = set(roles)
    percents = [Decimal(0)]
    for offer in strategy.offers.values():
        if Role.AGENT in known:
            percents.append(offer.agent_percent)
        if Role.SUPERVISOR in known:
            percents.append(offer.supervisor_percent)
    if Role.COMPLIANCE in known:
        percents.append(Decimal(100))
    months = max((_MONTHS.get(role, 0) for role in known), default=0)
    return Authority(waive_percent=max(percents), months=months)


def exceeds(terms: Terms, owed: int, granted: Authority) -> str:
    """Say what of the terms is above an authority, or nothing."""
    waived = terms.waives + (terms.reward.minor if terms.reward else 0)
    if waived * 100 > owed * granted.waive_percent:
        return f"waives more than {granted.waive_percent.normalize():f} % of what is owed"
    if terms.instalments:
        first, last = terms.instalments[0].on, terms.instalments[-1].on
        if last > _in_month(first, granted.months, first.day):
            return f"runs for more than {granted.months} months"
    return ""


# Standing


def progress(terms: Terms, paid: Iterable[Paid], today: date, rewarded: int = 0) -> Progress:
    """Answer how a plan stands at the beginning of a day, from the money since it was accepted.

    Money meets the oldest instalment first, so what counts as missed is always recomputed: a late
    payment takes an instalment off the list. ``rewarded`` shortens the plan from its end.
    """
    money = sorted(paid, key=lambda each: each.on)
    instalments: list[Instalment] = []
    before = 0
    for n, (due, minor) in enumerate(_shortened(terms, rewarded), 1):
        met_on = _reached(money, before + minor)
        have = sum(each.minor for each in money)
        instalments.append(
            Instalment(
                n=n,
                on=due.on,
                minor=minor,
                paid=min(max(have - before, 0), minor),
                met_on=met_on,
                last_day=due.on + timedelta(days=terms.grace_days),
            )
        )
        before += minor
    unmet = [each for each in instalments if each.met_on is None]
    overdue = tuple(each for each in unmet if each.last_day < today)
    return Progress(
        instalments=tuple(instalments),
        overdue=overdue,
        kept=not unmet,
        broken=len(overdue) >= min(terms.break_after, len(instalments)) > 0,
        reward_earned_on=_earned(terms, instalments),
        days_overdue=max((today - unmet[0].on).days, 0) if unmet else 0,
    )


def _shortened(terms: Terms, rewarded: int) -> list[tuple[Due, int]]:
    parts = [due.minor for due in terms.instalments]
    for index in range(len(parts) - 1, -1, -1):
        off = min(parts[index], rewarded)
        parts[index] -= off
        rewarded -= off
    return [(due, minor) for due, minor in zip(terms.instalments, parts, strict=True) if minor > 0]


def _reached(money: Sequence[Paid], goal: int) -> date | None:
    """Answer when the money first came to a sum and stayed there."""
    if sum(each.minor for each in money) < goal:
        return None
    there = 0
    for each in money:
        there += each.minor
        if there >= goal:
            return each.on
    return None


def _earned(terms: Terms, instalments: Sequence[Instalment]) -> date | None:
    if terms.reward is None or len(instalments) < terms.reward.after:
        return None
    first = instalments[: terms.reward.after]
    if all(each.met_on is not None and each.met_on <= each.last_day for each in first):
        return max(each.met_on for each in first if each.met_on is not None)
    return None


# Waiving


def waived_parts(owed: Mapping[Bucket, int], minor: int, currency: str) -> dict[Bucket, int]:
    """Spread a waiver over what is owed, by largest remainder: each bucket keeps its share."""
    buckets = [bucket for bucket, part in owed.items() if part]
    total = sum(owed[bucket] for bucket in buckets)
    if not buckets or minor <= 0:
        return {}
    keeps = allocate(Money(total - min(minor, total), currency), [owed[b] for b in buckets])
    parts = {bucket: owed[bucket] - kept.minor for bucket, kept in zip(buckets, keeps, strict=True)}
    return {bucket: part for bucket, part in parts.items() if part}
