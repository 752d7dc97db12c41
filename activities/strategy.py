"""Strategies in use: how many cases follow each version, and the order to go over to another."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, func, select

from activities.arrangement import plan_facts
from activities.office import Office
from activities.standing import arranging, case_facts, sayable, working_days
from models.strategy import Strategy
from models.tables import Debt
from rules.switch import Considered
from rules.switch import consider as weigh
from store import case as records
from store.standing import remember, stand

_LIVE = ("open", "reopening")


class Use(NamedTuple):
    """How many cases follow one version."""

    open: int = 0
    closed: int = 0
    coming: int = 0
    """Were told to go over to it and have not yet."""


def used(session: Session) -> dict[str, Use]:
    """Count the cases of every version that is followed, or is gone over to, by reference."""
    found: dict[str, Use] = {}
    rows = session.exec(
        select(Debt.strategy, Debt.strategy_version, Debt.status, func.count())
        .where(col(Debt.strategy).is_not(None))
        .group_by(col(Debt.strategy), col(Debt.strategy_version), col(Debt.status))
    )
    for name, version, status, count in rows:
        ref = f"{name}-{version}"
        known = found.get(ref, Use())
        found[ref] = (
            known._replace(open=known.open + count)
            if status in _LIVE
            else known._replace(closed=known.closed + count)
        )
    coming = session.exec(
        select(Debt.strategy_next, func.count())
        .where(col(Debt.strategy_next).is_not(None))
        .group_by(col(Debt.strategy_next))
    )
    for ref, count in coming:
        found[str(ref)] = found.get(str(ref), Use())._replace(coming=count)
    return found


def following(session: Session, strategy: Strategy, portfolio: UUID | None) -> list[UUID]:
    """Answer the open cases of one version, oldest first; ``portfolio``: only of that one."""
    asked = select(Debt.id).where(
        col(Debt.strategy) == strategy.name,
        col(Debt.strategy_version) == strategy.version,
        col(Debt.status).in_(_LIVE),
    )
    if portfolio is not None:
        asked = asked.where(col(Debt.portfolio_id) == portfolio)
    return list(session.exec(asked.order_by(col(Debt.opened_at), col(Debt.account_ref))))


def coming(session: Session, to: str) -> list[UUID]:
    """Answer the cases that were told to go over to a version and have not yet."""
    asked = select(Debt.id).where(col(Debt.strategy_next) == to)
    return list(session.exec(asked.order_by(col(Debt.opened_at), col(Debt.account_ref))))


def consider(
    session: Session, office: Office, debt_id: UUID, to: Strategy, now: datetime
) -> tuple[Debt, Considered]:
    """Say what going over to another version means for a case as it stands now.

    Read under the debtor's lock where the caller holds a writing transaction. ``now`` is business time.
    """
    standing = stand(session, debt_id, now)
    debt = standing.debt
    if debt.strategy_next == to.ref:
        return debt, Considered("ordered")
    history = remember(session, debt)
    plans = plan_facts(session, history.arrangements, now)
    facts = case_facts(standing, history, now, plans)
    strategy = office.strategies.get(debt.strategy or "", debt.strategy_version or 1)
    return debt, weigh(
        facts,
        strategy,
        to,
        working_days(debt),
        sayable(office, standing.debtor.language),
        now,
        arranging=arranging(history),
    )


def order(  # noqa: PLR0917
    session: Session,
    office: Office,
    debt: Debt,
    to: str | None,
    actor: str,
    reason: str,
    now: datetime,
) -> None:
    """Put on record that a case goes over to a version, or with None that it does not after all.

    The case does it itself when it is between two steps, and puts that on record too.
    """
    told, debt.strategy_next = debt.strategy_next, to
    session.add(debt)
    records.act(
        session,
        at=now,
        observed_at=office.clock.now(),
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        what="strategy.ordered" if to else "strategy.kept",
        reason=reason,
        actor=actor,
        facts={"from": debt.strategy_ref, "to": to or told},
    )
