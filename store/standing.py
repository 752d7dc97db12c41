"""What a legal check and a next move look at, read in few queries under the debtor's lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import func, literal, or_
from sqlalchemy import select as sql_select
from sqlalchemy.orm import InstrumentedAttribute, defer
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from models.tables import (
    Arrangement,
    ContactPoint,
    ContactRow,
    Debt,
    Debtor,
    DebtParty,
    Decision,
    InboxItem,
    LedgerEntry,
    Promise,
    Stop,
    WorkItem,
)
from store import debtor as debtors
from store.debt import UnknownDebtError
from store.payment import UNPOSTED
from store.stop import touching

_LONG: tuple[InstrumentedAttribute[Any], ...] = (
    cast("InstrumentedAttribute[Any]", ContactRow.sealed),
    cast("InstrumentedAttribute[Any]", ContactRow.answers),
)

MEMORY = timedelta(days=62)
"""How far back a person's contacts about other debts are read: beyond every pack's window."""


@dataclass(slots=True)
class Standing:
    """A debt, the person to contact about it, and all that bears on contact with that person."""

    debt: Debt
    debtor: Debtor
    points: Sequence[ContactPoint]
    stops: Sequence[Stop]
    log: Sequence[ContactRow]
    entries: Sequence[LedgerEntry]
    unposted: int
    """Payments that came in for this debt and are not booked."""
    version: int
    """Of the ledger: the highest entry's number."""
    party: DebtParty | None = None
    """The liability of a person other than the debtor; None of an outsider or the debtor."""


@dataclass(slots=True)
class History:
    """What the next move needs beyond a standing."""

    promises: Sequence[Promise]
    work: Sequence[WorkItem]
    decisions: Sequence[Decision]
    """Blocks only, latest of each step and channel."""
    parties: Sequence[DebtParty]
    arrangements: Sequence[Arrangement] = ()


def stand(
    session: Session,
    debt_id: UUID,
    now: datetime,
    *,
    debtor_id: UUID | None = None,
    hurried: bool = False,
) -> Standing:
    """Read all that bears on contact, under the debtor's lock where the database has row locks.

    The lock is a statement of its own, because on PostgreSQL the statement that waited for it
    shows the other tables as they were before the wait. A ``hurried`` reader saves it and may see
    an old row of debt, address or number, never an old stop, contact or payment: good enough for
    a reservation that is judged again before it is sent.
    ``now`` is business time, UTC. Raises ``UnknownDebtError``.
    """
    if not hurried:
        debtors.lock_all(session, _person(debt_id, debtor_id))
    person = (
        col(Debtor.id) == col(Debt.debtor_id)
        if debtor_id is None
        else col(Debtor.id) == literal(debtor_id)
    )
    rows = session.exec(
        select(Debt, Debtor, ContactPoint)
        .select_from(Debt)
        .join(Debtor, person)
        .outerjoin(ContactPoint, col(ContactPoint.debtor_id) == col(Debtor.id))
        .where(col(Debt.id) == debt_id)
        .order_by(col(ContactPoint.rank), col(ContactPoint.id))
        .with_for_update(of=Debtor)
        .execution_options(populate_existing=True)
    ).all()
    if not rows:
        raise UnknownDebtError(debt_id)
    debt, debtor, _ = rows[0]
    pending = (
        sql_select(func.count())
        .select_from(InboxItem)
        .where(
            col(InboxItem.debt_id) == debt_id,
            col(InboxItem.kind) == "payment",
            col(InboxItem.status).in_(UNPOSTED),
        )
        .scalar_subquery()
    )
    stops = session.exec(
        select(Stop, pending)
        .select_from(Debt)
        .outerjoin(Stop, touching(debt, debtor.id))
        .where(col(Debt.id) == debt_id)
        .order_by(col(Stop.entered_at), col(Stop.id))
    ).all()
    log = session.exec(
        select(ContactRow)
        .where(
            col(ContactRow.debtor_id) == debtor.id,
            or_(col(ContactRow.at) > now - MEMORY, col(ContactRow.debt_id) == debt_id),
        )
        .order_by(col(ContactRow.at), col(ContactRow.id))
        # What was said is long and judged by nobody here.
        .options(*(defer(each) for each in _LONG))
        .execution_options(populate_existing=True)
    )
    entries = session.exec(
        select(LedgerEntry)
        .where(col(LedgerEntry.debt_id) == debt_id)
        .order_by(col(LedgerEntry.seq))
    )
    kept = entries.all()
    return Standing(
        debt=debt,
        debtor=debtor,
        points=[point for _, _, point in rows if point is not None],  # pyright: ignore[reportUnnecessaryComparison]
        stops=[stop for stop, _ in stops if stop is not None],  # pyright: ignore[reportUnnecessaryComparison]
        log=log.all(),
        entries=kept,
        unposted=stops[0][1],
        version=kept[-1].seq if kept else 0,
        party=session.get(DebtParty, (debt.id, debtor.id)) if debtor.id != debt.debtor_id else None,
    )


def _person(debt_id: UUID, debtor_id: UUID | None) -> SelectOfScalar[UUID]:
    if debtor_id is not None:
        return select(Debtor.id).where(col(Debtor.id) == debtor_id)
    of_case = sql_select(col(Debt.debtor_id)).where(col(Debt.id) == debt_id)
    return select(Debtor.id).where(col(Debtor.id).in_(of_case))


def remember(session: Session, debt: Debt) -> History:
    """Read promises, work items, blocks and parties of a debt's current life."""
    promises = session.exec(
        select(Promise).where(col(Promise.debt_id) == debt.id).order_by(col(Promise.made_at))
    )
    work = session.exec(
        select(WorkItem)
        .where(col(WorkItem.debt_id) == debt.id, col(WorkItem.epoch) == debt.epoch)
        .order_by(col(WorkItem.opened_at))
    )
    blocks = session.exec(
        select(Decision)
        .where(col(Decision.debt_id) == debt.id, col(Decision.kind) == "block")
        .order_by(col(Decision.at))
    )
    parties = session.exec(select(DebtParty).where(col(DebtParty.debt_id) == debt.id))
    arrangements = session.exec(
        select(Arrangement)
        .where(col(Arrangement.debt_id) == debt.id)
        .order_by(col(Arrangement.proposed_at))
    )
    return History(
        arrangements=arrangements.all(),
        promises=promises.all(),
        work=work.all(),
        decisions=blocks.all(),
        parties=parties.all(),
    )
