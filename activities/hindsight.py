"""Contacts on record, judged again: what another version of the law would have said of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from sqlmodel import Session, SQLModel, col, select

from activities.legal import contact_records, laws, legal_facts
from activities.office import Office
from models.case import Contact
from models.contact import Channel, ContactState, Direction, Purpose
from models.law import Decision
from models.tables import ContactRow, Debt, Stop
from rules.gate import decide_everywhere
from rules.packs import PackLibrary
from store import debt as debts
from store.standing import Standing, stand

Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True, slots=True)
class Twice:
    """One contact and what two versions of the law say of it."""

    contact: str
    account: str
    """The seller's reference of the debt."""
    law: str
    """Whose law held then, as ``US-NY``."""
    at: datetime
    channel: str
    old: Decision
    new: Decision


def judged_again(
    session: Session,
    office: Office,
    old: PackLibrary,
    new: PackLibrary,
    portfolio: str | None = None,
) -> list[Twice] | None:
    """Judge every outbound contact that left or may have left by both versions.

    Each with what was known at its instant: later stops, payments, notices and contacts are not
    there, and what ended later still stands. Texts are not searched again. None if there is no
    such portfolio.
    """
    wanted = select(ContactRow, Debt).join(Debt, col(Debt.id) == col(ContactRow.debt_id))
    if portfolio is not None:
        meant = debts.portfolio(session, portfolio)
        if meant is None:
            return None
        wanted = wanted.where(col(Debt.portfolio_id) == meant.id)
    rows = session.exec(
        wanted.where(
            col(ContactRow.direction) == Direction.OUT,
            col(ContactRow.state).in_([ContactState.SENT, ContactState.UNKNOWN]),
        ).order_by(col(ContactRow.at), col(ContactRow.id))
    ).all()
    return list(_again(session, office, rows, old, new))


def _again(
    session: Session,
    office: Office,
    rows: Sequence[tuple[ContactRow, Debt]],
    old: PackLibrary,
    new: PackLibrary,
) -> Iterator[Twice]:
    for row, debt in rows:
        standing = _then(
            stand(session, debt.id, row.at, debtor_id=row.debtor_id, hurried=True), row.at
        )
        point = next((p for p in standing.points if p.id == row.point_id), None)
        if point is None:
            continue
        contact = Contact(
            step=row.step or "",
            channel=Channel(row.channel),
            purpose=Purpose(row.purpose),
            template=row.template or "",
            debtor=None if row.debtor_id == debt.debtor_id else row.debtor_id,
        )
        log = list(contact_records(standing.log, row.id))
        before, after = (
            [
                (legal_facts(office, standing, contact, point, row.at, None, pack), pack)
                for pack in laws(law, standing, row.at)
            ]
            for law in (old, new)
        )
        yield Twice(
            contact=str(row.id),
            account=debt.account_ref,
            law="-".join(filter(None, debt.law_at(row.at))),
            at=row.at,
            channel=row.channel,
            old=decide_everywhere(before, log, row.at),
            new=decide_everywhere(after, log, row.at),
        )


def _then(standing: Standing, at: datetime) -> Standing:
    """What was in the store at an instant, on copies that no session knows."""
    debt = _copy(standing.debt)
    for name in ("notice_sent_at", "notice_reached_at", "notice_returned_at"):
        told: datetime | None = getattr(debt, name)
        if told is not None and told > at:
            setattr(debt, name, None)
    stops: list[Stop] = []
    for stop in standing.stops:
        if stop.entered_at <= at:
            known = _copy(stop)
            if known.ended_at is not None and known.ended_at > at:
                known.ended_at = None
            stops.append(known)
    party = None if standing.party is None else _copy(standing.party)
    if party is not None and party.notice_reached_at is not None and party.notice_reached_at > at:
        party.notice_reached_at = None
    return replace(
        standing,
        debt=debt,
        stops=stops,
        log=[row for row in standing.log if row.at <= at],
        entries=[entry for entry in standing.entries if entry.booked_at <= at],
        unposted=0,
        party=party,
    )


def _copy(row: Row) -> Row:
    return type(row)(**row.model_dump())
