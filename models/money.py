"""Money: integer minor units and a currency; never a float, never two currencies in one sum."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

_EXPONENTS = {
    **dict.fromkeys(
        (
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND",
            "VUV", "XAF", "XOF", "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    "CLF": 4,
}  # fmt: skip
"""Decimals of the currencies that do not have two (ISO 4217)."""

LARGEST = 2**63 - 1
"""The store keeps minor units in 64-bit columns."""

_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_CODE = re.compile(r"[A-Z]{3}", re.ASCII)


class MoneyError(ValueError):
    """An amount that cannot be read or kept; the message says what to write instead."""


class CurrencyMismatchError(MoneyError):
    """Two currencies met in one sum."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} and {other} cannot be added or compared; convert at a stated rate")


def exponent(currency: str) -> int:
    """Answer how many decimals a currency has."""
    if not _CODE.fullmatch(currency):
        raise MoneyError("a currency is three capital letters, as CNY or USD")
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one currency."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        exponent(self.currency)
        if abs(self.minor) > LARGEST:
            raise MoneyError(f"amount too large: at most {LARGEST} minor units")

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """Read plain decimal text, as ``1170.00``: a point, no separators, no sign but minus."""
        decimals = exponent(currency)
        if not _PLAIN.fullmatch(text):
            raise MoneyError("an amount is digits with at most one decimal point, as 1170.00")
        fraction = text.partition(".")[2]
        if len(fraction) > decimals:
            raise MoneyError(f"{currency} has {decimals} decimals, the amount has {len(fraction)}")
        return cls(int(text.replace(".", "") + "0" * (decimals - len(fraction))), currency)

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        """Write it plainly, as ``1170.00 CNY``; for people's eyes use a locale."""
        return f"{self.decimal:f} {self.currency}"

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatchError(self.currency, other.currency)
        return other.minor
