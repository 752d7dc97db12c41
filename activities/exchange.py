"""Quotes of exchange: what a debtor was told that money in another currency is worth to a debt."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from models.money import Money
from models.tables import Act, Debt, InboxItem
from rules.exchange import Exchanged, exchanged
from rules.ledger import TAKING_BACK
from store import case as records
from store import payment as money

QUOTED = "exchange.quoted"


def quote(  # noqa: PLR0917
    session: Session,
    debt: Debt,
    paid: Money,
    rate: Decimal,
    source: str,
    holds: timedelta,
    actor: str,
    now: datetime,
) -> Money:
    """Put on record what so much of another currency is worth while it holds; answer the worth.

    ``rate`` is units of the debt's currency for one of the payer's. Call it under the debtor's lock.
    """
    worth = exchanged(paid, None, debt.currency, rate=rate).credited
    facts = {
        "minor": paid.minor,
        "currency": paid.currency,
        "rate": f"{rate:f}",
        "source": source,
        "valid_until": (now + holds).isoformat(),
        "worth": worth.minor,
    }
    records.act(
        session, at=now, what=QUOTED, reason="asked", actor=actor, debt_id=debt.id,
        debtor_id=debt.debtor_id, facts=facts,
    )  # fmt: skip
    return worth


def credited(session: Session, debt: Debt, item: InboxItem) -> tuple[Exchanged, dict[str, Any]]:
    """Answer what a payment is credited with, and what of it is kept beside the entry.

    The latest quote that was given by the instant of payment, for as much or more of that
    currency, binds us while it is valid: what arrived beyond or short of it is ours
    (``fx_difference``). It is for one sum: what was paid under it before counts against it.
    Without one the debtor is credited with what arrived.
    """
    received = Money(item.facts["minor"], item.facts["currency"])
    told = item.facts.get("paid")
    if not told:
        return Exchanged(received, 0, "no_quote"), {}
    paid = Money(told["minor"], told["currency"])
    paid_at = datetime.fromisoformat(item.facts["paid_at"])
    given = next(
        (
            act
            for act in session.exec(
                select(Act)
                .where(col(Act.debt_id) == debt.id, col(Act.what) == QUOTED, col(Act.at) <= paid_at)
                .order_by(col(Act.at).desc())
            )
            if act.facts
            and act.facts["currency"] == paid.currency
            and act.facts["minor"] >= paid.minor + _used(session, debt, act.at)
        ),
        None,
    )
    quoted: dict[str, Any] = (given.facts if given else None) or {}
    found = exchanged(
        paid,
        received,
        debt.currency,
        rate=Decimal(quoted["rate"]) if quoted else None,
        valid_until=datetime.fromisoformat(quoted["valid_until"]) if quoted else None,
        paid_at=paid_at,
    )
    kept: dict[str, Any] = {
        "paid": told,
        "received": received.minor,
        "fx_difference": found.difference,
        "exchange": found.reason,
    }
    if found.reason == "quoted_rate" and given is not None:
        kept |= {"rate": quoted["rate"], "rate_source": quoted["source"]}
        kept |= {"quoted_at": given.at.isoformat()}
    return found, kept


def _used(session: Session, debt: Debt, quoted_at: datetime) -> int:
    """Answer what was paid under a quote and stands, in the payer's minor units."""
    rows = money.entries(session, debt.id)
    undone = {row.of for row in rows if row.kind in TAKING_BACK}
    known = [row.facts or {} for row in rows if row.id not in undone]
    under = (facts for facts in known if facts.get("quoted_at") == quoted_at.isoformat())
    return sum(facts["paid"]["minor"] for facts in under)
