"""Contacts on record, judged again: what another version of the law would have said of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, SQLModel, col, select

from activities.legal import contact_records, laws, legal_facts
from activities.office import Office
from activities.standing import usable
from models.case import Contact
from models.contact import Channel, ContactState, Direction, Purpose
from models.law import Decision
from models.tables import ContactPoint, ContactRow, Debt, Stop
from models.tables import Decision as DecisionRow
from rules.gate import decide_everywhere
from rules.packs import PackLibrary
from store import debt as debts
from store.standing import Standing, stand

Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True, slots=True)
class Twice:
    """One contact, made or refused, and what two versions of the law say of it."""

    contact: str
    account: str
    """The seller's reference of the debt."""
    law: str
    """Whose law held then, as ``US-NY``."""
    at: datetime
    """In the clock of the debtor."""
    channel: str
    then: str
    """What came of it: made, or put off or refused by the check."""
    old: Decision
    new: Decision


@dataclass(frozen=True, slots=True)
class Hindsight:
    """All that was judged again, in order of time."""

    lines: list[Twice]
    left_out: int
    """Contacts whose number or address is held no more."""
    unbooked: int
    """Contacts older than the first entry of their account: nothing was owed that could be judged."""


@dataclass(frozen=True, slots=True)
class _Asked:
    debt: Debt
    debtor: UUID
    contact: UUID
    channel: Channel
    purpose: Purpose
    step: str
    template: str
    at: datetime
    then: str
    point: UUID | None = None


def judged_again(
    session: Session,
    office: Office,
    old: PackLibrary,
    new: PackLibrary,
    portfolio: str | None = None,
) -> Hindsight | None:
    """Judge every contact on record by both versions: those made, and those the law kept back.

    Each with what was known at its instant: later stops, payments, notices and contacts are not
    there, and what ended later still stands. Zones, wishes and consents are those known today.
    Texts are not searched again. None if there is no such portfolio.
    """
    meant = None if portfolio is None else debts.portfolio(session, portfolio)
    if portfolio is not None and meant is None:
        return None
    made = select(ContactRow, Debt).join(Debt, col(Debt.id) == col(ContactRow.debt_id))
    kept = select(DecisionRow, Debt).join(Debt, col(Debt.id) == col(DecisionRow.debt_id))
    if meant is not None:
        made = made.where(col(Debt.portfolio_id) == meant.id)
        kept = kept.where(col(Debt.portfolio_id) == meant.id)
    asked = [
        _Asked(
            debt, row.debtor_id, row.id, Channel(row.channel), Purpose(row.purpose),
            row.step or "", row.template or "", row.at, "made", row.point_id,
        )
        for row, debt in session.exec(
            made.where(
                col(ContactRow.direction) == Direction.OUT,
                col(ContactRow.state).in_([ContactState.SENT, ContactState.UNKNOWN]),
            )
        )
    ]  # fmt: skip
    asked += [
        _Asked(
            debt, row.debtor_id, row.contact_id or row.id, Channel(row.channel),
            Purpose(row.purpose), row.step or "", "", row.at, _KEPT_BACK[row.kind],
        )
        for row, debt in session.exec(
            kept.where(
                col(DecisionRow.kind).in_(list(_KEPT_BACK)),
                ~col(DecisionRow.rule).startswith("HOUSE-"),
            )
        )
    ]  # fmt: skip
    asked.sort(key=lambda one: (one.at, one.contact))
    lines = [_again(session, office, one, old, new) for one in asked]
    return Hindsight(
        [line for line in lines if isinstance(line, Twice)],
        lines.count(_Why.NO_POINT),
        lines.count(_Why.UNBOOKED),
    )


class _Why(StrEnum):
    """Why a contact cannot be judged again."""

    NO_POINT = "its number or address is held no more"
    UNBOOKED = "it is older than the first entry of its account"


_KEPT_BACK = {"defer": "put off", "block": "refused"}


def _again(
    session: Session, office: Office, asked: _Asked, old: PackLibrary, new: PackLibrary
) -> Twice | _Why:
    debt, at = asked.debt, asked.at
    standing = _then(
        stand(session, debt.id, at, debtor_id=asked.debtor, hurried=True),
        at,
        made=asked.then == "made",
    )
    point = (
        next((p for p in standing.points if p.id == asked.point), None)
        if asked.point
        else usable(standing.points, asked.channel)
    )
    if point is None:
        return _Why.NO_POINT
    if not standing.entries:
        return _Why.UNBOOKED
    contact = Contact(
        step=asked.step,
        channel=asked.channel,
        purpose=asked.purpose,
        template=asked.template,
        debtor=None if asked.debtor == debt.debtor_id else asked.debtor,
    )
    log = list(contact_records(standing.log, asked.contact))
    before, after = (
        [
            (legal_facts(office, standing, contact, point, at, None, pack), pack)
            for pack in laws(law, standing, at)
        ]
        for law in (old, new)
    )
    return Twice(
        contact=str(asked.contact),
        account=debt.account_ref,
        law="-".join(filter(None, debt.law_at(at))),
        at=at.astimezone(ZoneInfo((before[0][0].zones or ("UTC",))[0])),
        channel=asked.channel,
        then=asked.then,
        old=decide_everywhere(before, log, at),
        new=decide_everywhere(after, log, at),
    )


def _then(standing: Standing, at: datetime, *, made: bool) -> Standing:
    """What was in the store at an instant, on copies that no session knows.

    A stop of the very instant of a contact that was made came of it, so it was not there before.
    """
    debt = _copy(standing.debt)
    for name in ("notice_sent_at", "notice_reached_at", "notice_returned_at"):
        told: datetime | None = getattr(debt, name)
        if told is not None and told > at:
            setattr(debt, name, None)
    stops: list[Stop] = []
    for stop in standing.stops:
        if stop.entered_at < at or (stop.entered_at == at and not made):
            known = _copy(stop)
            if known.ended_at is not None and known.ended_at > at:
                known.ended_at = None
            stops.append(known)
    points: list[ContactPoint] = []
    for point in standing.points:
        living = _copy(point)
        if living.dead_since is not None and living.dead_since >= at:
            living.dead_since = None
        points.append(living)
    party = None if standing.party is None else _copy(standing.party)
    if party is not None and party.notice_reached_at is not None and party.notice_reached_at > at:
        party.notice_reached_at = None
    return replace(
        standing,
        debt=debt,
        stops=stops,
        points=points,
        log=[row for row in standing.log if row.at <= at],
        entries=[entry for entry in standing.entries if entry.booked_at <= at],
        unposted=0,
        party=party,
    )


def _copy(row: Row) -> Row:
    return type(row)(**row.model_dump())
