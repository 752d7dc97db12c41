"""Dividing money without losing a penny, and writing it for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from functools import cache

from babel import Locale
from babel.numbers import format_currency

from models.money import Money, MoneyError


class Residue(StrEnum):
    """Who gets what does not divide: the largest remainders, earliest first, or the last part."""

    FIRST = "first"
    LAST = "last"


def allocate(
    total: Money, weights: Sequence[int], residue: Residue = Residue.FIRST, unit: int = 1
) -> tuple[Money, ...]:
    """Split an amount by weights into multiples of ``unit`` minor units; the parts add up to it.

    ``FIRST`` suits plain splits, ``LAST`` schedules with interest. What is smaller than a unit
    always lands in one part: the first or the last.
    """
    weight = sum(weights)
    if total.minor < 0 or unit < 1 or weight <= 0 or min(weights) < 0:
        raise MoneyError("only amounts of zero or more divide, by weights of which one is positive")
    units, below = divmod(total.minor, unit)
    parts = [units * part // weight for part in weights]
    left = units - sum(parts)
    if residue is Residue.LAST:
        parts[-1] += left
    else:
        remainders = [-(units * part % weight) for part in weights]
        for index in sorted(range(len(parts)), key=remainders.__getitem__)[:left]:
            parts[index] += 1
    minors = [part * unit for part in parts]
    minors[-1 if residue is Residue.LAST else 0] += below
    return tuple(Money(minor, total.currency) for minor in minors)


def percent_of(money: Money, percent: Decimal) -> Money:
    """Answer a share of an amount, rounded down: the odd penny is the debtor's."""
    share = (money.minor * percent / 100).to_integral_value(ROUND_DOWN)
    return Money(int(share), money.currency)


def format_money(money: Money, locale: str) -> str:
    """Write an amount for a reader; ``locale`` as ``zh-CN`` or ``en_US``."""
    return format_currency(money.decimal, money.currency, locale=locale.replace("-", "_"))


@dataclass(frozen=True, slots=True)
class AmountShape:
    """How a locale writes amounts, after the Unicode CLDR."""

    number: str
    """Its digits before the mark, as a pattern: ``#,##0`` or, in India, ``#,##,##0``."""
    sign_follows: bool
    """Whether the currency stands behind: ``1.170,00 €``."""
    apart: bool
    """Whether a space stands between."""
    decimal: str
    """Before the minor units: ``.`` or ``,``."""


@cache
def standard_amount(locale: str) -> AmountShape:
    """Answer how a locale writes amounts; ``locale`` as ``zh-CN``, ``en_US`` or ``fr``."""
    told = Locale.parse(locale.replace("-", "_"))
    shape = told.currency_formats["standard"].pattern.partition(";")[0]
    return AmountShape(
        number="".join(sign for sign in shape.partition(".")[0] if sign in "#,0"),
        sign_follows=shape.endswith("¤"),
        apart=any(sign.isspace() for sign in shape),
        decimal=told.number_symbols["latn"]["decimal"],
    )
