"""Whether an operator may be handed an item: who is here, and whose work it is."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from models.case import TaskKind
from models.tables import Debt, Debtor, Portfolio, Seller, WorkItem
from rules.desk import Need, unfit
from store import staff


class DeskRefusalError(Exception):
    """What was asked of the desk can't be done; the message says why and what to do."""


def need_of(session: Session, item: WorkItem) -> Need:
    """Answer what an item asks of whoever takes it."""
    debt = session.get_one(Debt, item.debt_id)
    return Need(
        kind=TaskKind(item.kind),
        language=session.get_one(Debtor, item.debtor_id).language,
        teams=frozenset(
            {
                session.get_one(Seller, debt.seller_id).code,
                session.get_one(Portfolio, debt.portfolio_id).ref,
            }
        ),
    )


def here_or_refused(session: Session, agent: str, now: datetime) -> None:
    """Raise ``DeskRefusalError`` while an operator is away."""
    until = staff.away(staff.of(session, agent), now)
    if until is not None:
        raise DeskRefusalError(
            f"{agent} is away until {until:%Y-%m-%d %H:%M} UTC; when back: cession desk back"
        )


def fit_or_refused(session: Session, item: WorkItem, agent: str) -> None:
    """Raise ``DeskRefusalError`` for work that is not this operator's."""
    need = need_of(session, item)
    why = unfit(staff.hands(staff.of(session, agent)), need)
    if not why:
        return
    asks = {
        "team": f"it is of {' and '.join(sorted(need.teams))}",
        "skill": f"its kind is {need.kind}",
        "language": f"the person speaks {need.language}",
    }[why]
    raise DeskRefusalError(
        f"item {str(item.id)[:8]} is not for {agent}: {asks}. A supervisor changes who does what: "
        f"cession desk staff {agent}"
    )
