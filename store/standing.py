"""What a legal check and a next move look at, read in few queries under the debtor's lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import bindparam, func, or_
from sqlalchemy import select as sql_select
from sqlalchemy.orm import InstrumentedAttribute, defer
from sqlmodel import Session, SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from models.contact import ContactState
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
from store.stop import TOUCHING, touched

_LONG: tuple[InstrumentedAttribute[Any], ...] = (
    cast("InstrumentedAttribute[Any]", ContactRow.sealed),
    cast("InstrumentedAttribute[Any]", ContactRow.answers),
)

MEMORY = timedelta(days=62)
"""How far back a person's contacts about other debts are read: beyond every pack's window."""


class Logged(NamedTuple):
    """What rules ask of a contact on record, without a row of the session: it cannot be changed."""

    id: UUID
    debt_id: UUID
    debts: list[str]
    ordinal: int | None
    step: str | None
    direction: str
    channel: str
    purpose: str
    party: str
    number: str | None
    mode: str
    state: str
    outcome: str | None
    at: datetime
    expires_at: datetime | None
    agent: str
    consented: bool
    owed_minor: int | None
    template: str | None


@dataclass(slots=True)
class Standing:
    """A debt, the person to contact about it, and all that bears on contact with that person."""

    debt: Debt
    debtor: Debtor
    points: Sequence[ContactPoint]
    stops: Sequence[Stop]
    log: Sequence[ContactRow | Logged]
    """By instant; to change one ask for its ``row``."""
    entries: Sequence[LedgerEntry]
    unposted: int
    """Payments that came in for this debt and are not booked."""
    version: int
    """Of the ledger: the highest entry's number."""
    party: DebtParty | None = None
    """The liability of a person other than the debtor; None of an outsider or the debtor."""

    def row(self, contact_id: UUID) -> ContactRow:
        """Answer a contact of the log to be changed: never of a hurried reading."""
        return next(
            each for each in self.log if isinstance(each, ContactRow) and each.id == contact_id
        )


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
    a reservation that is judged again before it is sent. Of the log it makes rows only of what this
    debt has reserved, which it may have to release; all else it has read, and does not change.
    ``now`` is business time, UTC. Raises ``UnknownDebtError``.
    """
    if not hurried:
        debtors.lock_all(session, _person(debt_id, debtor_id))
    asked: dict[str, Any] = {"debt": debt_id, "debtor": debtor_id}
    rows = session.exec(_OF_DEBTOR if debtor_id is None else _OF_OTHER, params=asked).all()
    if not rows:
        raise UnknownDebtError(debt_id)
    debt, debtor, _ = rows[0]
    stops = session.exec(_STOPS, params=asked | touched(debt, debtor.id)).all()
    since = {"debt": debt_id, "debtor": debtor.id, "since": now - MEMORY}
    log = _lean(session, since) if hurried else session.exec(_LOG, params=since).all()
    kept = session.exec(_ENTRIES, params=asked).all()
    return Standing(
        debt=debt,
        debtor=debtor,
        points=[point for _, _, point in rows if point is not None],  # pyright: ignore[reportUnnecessaryComparison]
        stops=[stop for stop, _ in stops if stop is not None],  # pyright: ignore[reportUnnecessaryComparison]
        log=log,
        entries=kept,
        unposted=stops[0][1],
        version=kept[-1].seq if kept else 0,
        party=session.get(DebtParty, (debt.id, debtor.id)) if debtor.id != debt.debtor_id else None,
    )


def _lean(session: Session, asked: dict[str, Any]) -> list[ContactRow | Logged]:
    # Statements of tables do not write out what the session still holds.
    session.flush()
    log = [Logged._make(row) for row in session.connection().execute(_LEAN, asked)]
    return [
        session.get_one(ContactRow, known.id, populate_existing=True)
        if known.state == ContactState.RESERVED and known.debt_id == asked["debt"]
        else known
        for known in log
    ]


# The questions, made once: making them costs more than asking.

_PEOPLE = (
    select(Debt, Debtor, ContactPoint)
    .select_from(Debt)
    .where(col(Debt.id) == bindparam("debt"))
    .order_by(col(ContactPoint.rank), col(ContactPoint.id))
    .with_for_update(of=Debtor)
    .execution_options(populate_existing=True)
)
_POINTS = col(ContactPoint.debtor_id) == col(Debtor.id)
_OF_DEBTOR = _PEOPLE.join(Debtor, col(Debtor.id) == col(Debt.debtor_id)).outerjoin(
    ContactPoint, _POINTS
)
_OF_OTHER = _PEOPLE.join(Debtor, col(Debtor.id) == bindparam("debtor")).outerjoin(
    ContactPoint, _POINTS
)
_PENDING = (
    sql_select(func.count())
    .select_from(InboxItem)
    .where(
        col(InboxItem.debt_id) == bindparam("debt"),
        col(InboxItem.kind) == "payment",
        col(InboxItem.status).in_(UNPOSTED),
    )
    .scalar_subquery()
)
_STOPS = (
    select(Stop, _PENDING)
    .select_from(Debt)
    .outerjoin(Stop, TOUCHING)
    .where(col(Debt.id) == bindparam("debt"))
    .order_by(col(Stop.entered_at), col(Stop.id))
)
_CONTACT = SQLModel.metadata.tables[str(ContactRow.__tablename__)]
_OF_PERSON = (
    col(ContactRow.debtor_id) == bindparam("debtor"),
    or_(col(ContactRow.at) > bindparam("since"), col(ContactRow.debt_id) == bindparam("debt")),
)
_BY_INSTANT = (col(ContactRow.at), col(ContactRow.id))
_LOG = (
    select(ContactRow)
    .where(*_OF_PERSON)
    .order_by(*_BY_INSTANT)
    # What was said is long and judged by nobody here.
    .options(*(defer(each) for each in _LONG))
    .execution_options(populate_existing=True)
)
_LEAN = (
    sql_select(*(_CONTACT.c[name] for name in Logged._fields))
    .where(*_OF_PERSON)
    .order_by(*_BY_INSTANT)
)
_ENTRIES = (
    select(LedgerEntry)
    .where(col(LedgerEntry.debt_id) == bindparam("debt"))
    .order_by(col(LedgerEntry.seq))
)


def _person(debt_id: UUID, debtor_id: UUID | None) -> SelectOfScalar[UUID]:
    if debtor_id is not None:
        return select(Debtor.id).where(col(Debtor.id) == debtor_id)
    of_case = sql_select(col(Debt.debtor_id)).where(col(Debt.id) == debt_id)
    return select(Debtor.id).where(col(Debtor.id).in_(of_case))


def remember(session: Session, debt: Debt) -> History:
    """Read promises, work items, blocks and parties of a debt's current life."""
    asked: dict[str, Any] = {"debt": debt.id, "epoch": debt.epoch}
    return History(
        arrangements=session.exec(_ARRANGEMENTS, params=asked).all(),
        promises=session.exec(_PROMISES, params=asked).all(),
        work=session.exec(_WORK, params=asked).all(),
        decisions=session.exec(_BLOCKS, params=asked).all(),
        parties=session.exec(_PARTIES, params=asked).all(),
    )


_PROMISES = (
    select(Promise).where(col(Promise.debt_id) == bindparam("debt")).order_by(col(Promise.made_at))
)
_WORK = (
    select(WorkItem)
    .where(col(WorkItem.debt_id) == bindparam("debt"), col(WorkItem.epoch) == bindparam("epoch"))
    .order_by(col(WorkItem.opened_at))
)
_BLOCKS = (
    select(Decision)
    .where(col(Decision.debt_id) == bindparam("debt"), col(Decision.kind) == "block")
    .order_by(col(Decision.at))
)
_PARTIES = select(DebtParty).where(col(DebtParty.debt_id) == bindparam("debt"))
_ARRANGEMENTS = (
    select(Arrangement)
    .where(col(Arrangement.debt_id) == bindparam("debt"))
    .order_by(col(Arrangement.proposed_at))
)
