"""Money that a person paid without saying for which debt: the law says where it goes."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session

from activities.standing import balances
from models.ledger import Claim, Distribution
from models.money import Money
from models.stop import StopKind
from models.tables import Debt
from rules.ledger import distribute, policy_for
from store import debt as debts
from store.standing import Standing, stand


def spread(session: Session, debt: Debt, paid: Money, on: date, now: datetime) -> Distribution:
    """Spread a payment over all open debts of a debt's person, in the order of its law.

    In China 民法典 art. 560 orders them; each portion carries the criterion that decided. ``on``
    is the day of payment in the person's zone, ``now`` business time. Call it under the debtor's
    lock. What is beyond all debts is excess and goes to none silently.
    """
    claims = [
        _claim(stand(session, each.id, now))
        for each in debts.of_debtor(session, debt.debtor_id)
        if each.currency == paid.currency and each.status in ("new", "open")
    ]
    return distribute(paid, claims, policy_for(debt.contract_law), on)


def _claim(standing: Standing) -> Claim:
    facts = standing.debt.facts
    due = facts.get("due_date") or facts.get("delinquency_date")
    return Claim(
        debt_id=standing.debt.id,
        outstanding=balances(standing).outstanding,
        due_date=date.fromisoformat(due) if due else None,
        secured_rank=0 if facts.get("guarantee_type") in (None, "", "none") else 1,
        annual_rate=Decimal(str(facts.get("annual_rate") or 0)) * 100,
        disputed=any(
            stop.kind == StopKind.DISPUTE and stop.ended_at is None for stop in standing.stops
        ),
    )


def portions(found: Distribution, beyond: UUID) -> list[tuple[UUID, int, str]]:
    """Answer debt, minor units and reason of each part; the excess stays with ``beyond``."""
    parts = [(part.debt_id, part.minor, part.reason) for part in found.portions if part.minor]
    return [*parts, (beyond, found.excess, "excess")] if found.excess else parts
