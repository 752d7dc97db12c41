"""Money in another currency: converted once, at a rate that was stated, both amounts kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from models.money import Money, exponent


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What a payment in another currency is worth to the debt."""

    credited: Money
    """What the debtor is credited with."""
    difference: int
    """Minor units that arrived beyond it; below zero is our cost, never the debtor's."""
    reason: str
    """``quoted_rate``, ``quote_expired``, ``no_quote``, ``arrived_short``."""


MOST_LOST = Decimal("0.25")
"""Banks on the way may keep a part; who quoted bears it up to this share of what it was worth."""


def exchanged(
    paid: Money,
    received: Money | None,
    currency: str,
    *,
    rate: Decimal | None,
    valid_until: datetime | None = None,
    paid_at: datetime | None = None,
) -> Exchanged:
    """Answer what is credited: the quoted rate binds us while it is valid, else what arrived.

    ``rate`` is units of ``currency`` for one unit of the payer's. Half a minor unit counts up. The
    instant of payment decides, not that of arrival. What a payer's bank says was sent binds nobody
    when far less arrived. Raises ``ValueError`` when neither a valid quote nor a received amount
    says what it is worth.
    """
    if rate is not None and not (valid_until and paid_at and paid_at > valid_until):
        exact = (paid.decimal * rate).scaleb(exponent(currency))
        credited = Money(int(exact.to_integral_value(ROUND_HALF_UP)), currency)
        arrived = received.minor if received else credited.minor
        if received and arrived < credited.minor * (1 - MOST_LOST):
            return Exchanged(received, 0, "arrived_short")
        return Exchanged(credited, arrived - credited.minor, "quoted_rate")
    if received is None:
        raise ValueError("without a valid rate, say what was received in the debt's currency")
    return Exchanged(received, 0, "no_quote" if rate is None else "quote_expired")
