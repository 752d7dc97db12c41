"""Which codes are currencies: apart from ``money``, which workflows import without any library."""

from __future__ import annotations

from babel.numbers import is_currency

_NO_TENDER = frozenset(
    ("XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XFO", "XFU", "XPD", "XPT", "XRE", "XSU", "XTS",
     "XUA", "XXX")
)  # fmt: skip
"""Codes of ISO 4217 in which nobody pays a debt: metals, units of account, tests, none at all."""


def is_tender(code: str) -> bool:
    """Say whether a code of ISO 4217 is a currency in which somebody can pay."""
    return is_currency(code) and code not in _NO_TENDER
