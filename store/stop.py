"""Stops: written under the lock of everybody they cover, so that their commit is the word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, true
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from models.contact import Channel, ContactState, Direction
from models.stop import Scope, StopKind
from models.tables import ContactPoint, ContactRow, Debt, Debtor, DebtParty, Stop
from store import case as record
from store import debtor as debtors
from store.engine import insert_once

WIDE = (Scope.PORTFOLIO, Scope.SELLER, Scope.JURISDICTION, Scope.EVERYTHING)
"""Scopes that no debt, person or number is named in; there are few such rows at any time."""

RECENT = timedelta(days=400)
"""How long an ended stop is still read: days under it do not count for the schedule."""

_NEEDS = {
    Scope.DEBT: "debt_id",
    Scope.DEBTOR: "debtor_id",
    Scope.CONTACT_POINT: "point_token",
    Scope.CHANNEL: "channel",
    Scope.PORTFOLIO: "portfolio_id",
    Scope.SELLER: "seller_id",
    Scope.JURISDICTION: "jurisdiction",
}


class UnknownStopError(LookupError):
    """No stop has this id."""

    def __init__(self, stop_id: UUID) -> None:
        self.stop_id = stop_id
        super().__init__(f"no stop {stop_id} in the store")


def enter(
    session: Session,
    kind: StopKind,
    scope: Scope,
    *,
    now: datetime,
    reason: str,
    actor: str,
    source: str,
    external_id: str,
    observed_at: datetime,
    debt_id: UUID | None = None,
    debtor_id: UUID | None = None,
    portfolio_id: UUID | None = None,
    seller_id: UUID | None = None,
    jurisdiction: str | None = None,
    channel: Channel | str | None = None,
    point_token: str | None = None,
    until: datetime | None = None,
    effective_from: datetime | None = None,
    facts: dict[str, Any] | None = None,
    sealed: bytes | None = None,
) -> tuple[Stop, tuple[UUID, ...]]:
    """Write a stop and answer it with the contacts that it finds in the act of being sent.

    Everybody it covers is locked first: whoever decides on a contact either has finished, and is
    found as ``sending`` and marked ``crossed``, or will see the stop. Commit acknowledges it.
    Repeated with the same source and external id it answers the first one and writes nothing.
    A channel stop without ``debtor_id`` and ``debt_id`` closes the channel for everybody.
    Raises ``ValueError`` when the scope's own id is missing.
    """
    stop = Stop(
        id=uuid4(),
        kind=kind,
        scope=scope,
        debt_id=debt_id,
        debtor_id=debtor_id,
        portfolio_id=portfolio_id,
        seller_id=seller_id,
        jurisdiction=jurisdiction,
        channel=channel,
        point_token=point_token,
        entered_at=now,
        effective_from=effective_from,
        until=until,
        reason=reason,
        actor=actor,
        source=source,
        external_id=external_id,
        observed_at=observed_at,
        facts=facts or {},
        sealed=sealed,
    )
    needed = _NEEDS.get(scope)
    if needed and getattr(stop, needed) is None:
        raise ValueError(f"a stop of scope {scope} needs {needed}")
    debtors.lock_all(session, _people(stop))
    if insert_once(session, stop, "source", "external_id"):
        record.act(
            session,
            at=now,
            observed_at=observed_at,
            debt_id=debt_id,
            debtor_id=debtor_id,
            what="stop.entered",
            reason=reason,
            actor=actor,
            facts={"stop": str(stop.id), "kind": kind, "scope": scope},
        )
    else:
        stop = session.exec(
            select(Stop).where(col(Stop.source) == source, col(Stop.external_id) == external_id)
        ).one()
    return stop, _cross(session, stop)


def end(session: Session, stop_id: UUID, *, now: datetime, reason: str, actor: str) -> Stop:
    """End a stop once; a second end changes nothing. Raises ``UnknownStopError``."""
    stop = session.get(Stop, stop_id, with_for_update=True, populate_existing=True)
    if stop is None:
        raise UnknownStopError(stop_id)
    if stop.ended_at is None:
        stop.ended_at, stop.ended_by, stop.end_reason = now, actor, reason
        session.add(stop)
        record.act(
            session,
            at=now,
            debt_id=stop.debt_id,
            debtor_id=stop.debtor_id,
            what="stop.ended",
            reason=reason,
            actor=actor,
            facts={"stop": str(stop.id), "kind": stop.kind, "scope": stop.scope},
        )
    return stop


def open_for(session: Session, debt: Debt, now: datetime) -> list[Stop]:
    """Answer the stops that bear on a debt and its debtor, oldest first, in one query.

    Ended ones are among them for ``RECENT``, because the days under them do not count; look at
    ``ended_at`` and ``until``.
    """
    return list(
        session.exec(_OPEN, params={**touched(debt, debt.debtor_id), "since": now - RECENT})
    )


def touched(debt: Debt, debtor_id: UUID) -> dict[str, Any]:
    """Answer what ``TOUCHING`` asks for."""
    places = [debt.jurisdiction, *([f"{debt.jurisdiction}-{debt.sub}"] if debt.sub else [])]
    return {
        "touched_debt": debt.id,
        "touched_debtor": debtor_id,
        "touched_portfolio": debt.portfolio_id,
        "touched_seller": debt.seller_id,
        "touched_places": places,
    }


TOUCHING: ColumnElement[bool] = or_(
    col(Stop.debt_id) == bindparam("touched_debt"),
    and_(col(Stop.debtor_id) == bindparam("touched_debtor"), col(Stop.debt_id).is_(None)),
    col(Stop.point_token).in_(
        select(ContactPoint.token).where(col(ContactPoint.debtor_id) == bindparam("touched_debtor"))
    ),
    and_(
        col(Stop.scope).in_(WIDE),
        or_(
            col(Stop.portfolio_id) == bindparam("touched_portfolio"),
            col(Stop.seller_id) == bindparam("touched_seller"),
            col(Stop.jurisdiction).in_(bindparam("touched_places", expanding=True)),
            col(Stop.scope) == Scope.EVERYTHING,
        ),
    ),
    and_(
        col(Stop.scope) == Scope.CHANNEL,
        col(Stop.debtor_id).is_(None),
        col(Stop.debt_id).is_(None),
    ),
)
"""The condition that a stop bears on contacting this person about this debt.

Each branch has its own index, so that it costs the same in a store of any size. Made once: making it
costs more than asking it.
"""


_OPEN = (
    select(Stop)
    .where(TOUCHING, or_(col(Stop.ended_at).is_(None), col(Stop.ended_at) > bindparam("since")))
    .order_by(col(Stop.entered_at), col(Stop.id))
)


def cases_of(session: Session, stop: Stop) -> list[Debt]:
    """Answer the debts with a living case that a stop bears on: those who must be told."""
    alive = col(Debt.status).in_(("open", "reopening"))
    return list(session.exec(select(Debt).where(_covered(stop), alive).order_by(col(Debt.id))))


def ended_cases_of(session: Session, stop: Stop) -> list[Debt]:
    """Answer the debts with an ended case that a stop bears on."""
    ended = col(Debt.status) == "closed"
    return list(session.exec(select(Debt).where(_covered(stop), ended).order_by(col(Debt.id))))


def count(session: Session, stop: Stop) -> int:
    """Answer how many debts with a living case a stop bears on."""
    alive = col(Debt.status).in_(("open", "reopening", "new"))
    return session.exec(select(func.count()).select_from(Debt).where(_covered(stop), alive)).one()


def _covered(stop: Stop) -> ColumnElement[bool]:
    """The condition that a stop bears on a debt."""
    if stop.debt_id is not None:
        return col(Debt.id) == stop.debt_id
    if stop.debtor_id is not None:
        return _liable([stop.debtor_id])
    match Scope(stop.scope):
        case Scope.PORTFOLIO:
            return col(Debt.portfolio_id) == stop.portfolio_id
        case Scope.SELLER:
            return col(Debt.seller_id) == stop.seller_id
        case Scope.JURISDICTION:
            place, _, sub = (stop.jurisdiction or "").partition("-")
            whole = col(Debt.jurisdiction) == stop.jurisdiction
            return or_(whole, and_(col(Debt.jurisdiction) == place, col(Debt.sub) == sub))
        case Scope.CONTACT_POINT:
            return _liable(_having(stop.point_token))
        case Scope.EVERYTHING | Scope.CHANNEL | Scope.DEBT | Scope.DEBTOR:
            return true()


def _liable(people: Sequence[UUID] | SelectOfScalar[UUID]) -> ColumnElement[bool]:
    shared = select(DebtParty.debt_id).where(col(DebtParty.debtor_id).in_(people))
    return or_(col(Debt.debtor_id).in_(people), col(Debt.id).in_(shared))


def _having(token: str | None) -> SelectOfScalar[UUID]:
    return select(col(ContactPoint.debtor_id)).where(col(ContactPoint.token) == token)


def _people(stop: Stop) -> SelectOfScalar[UUID]:
    """Everybody whose contacts a stop forbids."""
    if stop.debt_id is None and stop.debtor_id is not None:
        return select(col(Debtor.id)).where(col(Debtor.id) == stop.debtor_id)
    if stop.scope == Scope.CONTACT_POINT:
        return _having(stop.point_token)
    if stop.debt_id is None and stop.scope in (Scope.EVERYTHING, Scope.CHANNEL):
        return select(col(Debtor.id))
    covered = select(col(Debt.id)).where(_covered(stop))
    named = select(col(Debt.debtor_id)).where(col(Debt.id).in_(covered))
    sharing = select(col(DebtParty.debtor_id)).where(col(DebtParty.debt_id).in_(covered))
    return select(col(Debtor.id)).where(or_(col(Debtor.id).in_(named), col(Debtor.id).in_(sharing)))


def _cross(session: Session, stop: Stop) -> tuple[UUID, ...]:
    """Mark the contacts in the act of being sent that the stop forbids."""
    if stop.ended_at is not None:
        return ()
    sending = select(ContactRow).where(
        col(ContactRow.state) == ContactState.SENDING,
        col(ContactRow.direction) == Direction.OUT,
    )
    if stop.scope in WIDE:
        covered = select(col(Debt.id)).where(_covered(stop))
        sending = sending.where(col(ContactRow.debt_id).in_(covered))
    else:
        sending = sending.where(col(ContactRow.debtor_id).in_(_people(stop)))
    crossed: list[UUID] = []
    for row in session.exec(sending.execution_options(populate_existing=True)):
        if _forbids(stop, row):
            row.crossed = True
            session.add(row)
            crossed.append(row.id)
    session.flush()
    return tuple(crossed)


def _forbids(stop: Stop, row: ContactRow) -> bool:
    """Whether a stop that covers the person forbids this very contact."""
    about = {str(row.debt_id), *row.debts}
    return (
        (stop.debt_id is None or str(stop.debt_id) in about)
        and (stop.channel is None or stop.channel == row.channel)
        and (stop.scope != Scope.CONTACT_POINT or stop.point_token == row.number)
    )
