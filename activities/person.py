"""All that is held on a person: hand it over, keep it for a court, destroy it when its time is over."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session, SQLModel, col, func, or_, select

from models.base import Value
from models.stop import Scope, StopKind
from models.tables import (
    Act,
    ContactEvent,
    ContactPoint,
    ContactRow,
    Debt,
    Debtor,
    DebtParty,
    Decision,
    Document,
    InboxItem,
    LedgerEntry,
    LitigationHold,
    OwnershipLink,
    Portfolio,
    Promise,
    Seller,
    Stop,
    WorkItem,
)
from rules.pack import Retention
from rules.packs import NoPackError, PackLibrary
from store import case as records
from store import debtor as debtors
from store import stop as stops
from store.keys import Keys, PersonErasedError, PersonKey, UnsealError

HOUSE_YEARS = 6
"""[HOUSE] Where no pack says how long: a claim on a contract lapses then in the slowest of the places
that we know (England and Wales, Limitation Act 1980 s 5)."""

HOUSE_SOURCE = "house rule: six years, as no pack of this place says how long"

ERASED = "erased"

UUID_LENGTH = 36
"""Of a contact's id, with which the name of each file about it begins."""

_HELD = (
    (ContactPoint, "contact_points"),
    (ContactRow, "contacts"),
    (Decision, "decisions"),
    (Document, "documents"),
    (Stop, "stops"),
    (WorkItem, "work"),
    (Act, "acts"),
    (InboxItem, "received"),
)
"""Tables that name the person themselves; those that name a debt are read debt by debt."""


class KeptError(Exception):
    """What is held must be kept for now; the text says why and until when."""


class Due(Value):
    """When what is held on a person may, and must, go."""

    debtor: UUID
    key: str
    place: str
    on: datetime | None
    """The first instant at which the duty to keep is over; None while a debt is open."""
    source: str
    debts: int
    held: str = ""
    """Why it stays beyond that: ``litigation_hold``, or ``open_debt``."""
    kind: str = "person"


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure destroyed."""

    debtor: UUID
    bodies: int
    """Raw messages that came in, which lay under the store's own key."""
    contacts: tuple[UUID, ...]
    """Contacts whose messages may lie as files in an outbox or print folder."""


def hold(
    session: Session, debtor_id: UUID, *, reason: str, actor: str, now: datetime
) -> LitigationHold:
    """Keep all that is held on a person, and stop contact; raises ``KeptError`` if it is so already."""
    debtors.lock(session, debtor_id)
    if holds(session, debtor_id):
        raise KeptError("a litigation hold is in force already")
    made = LitigationHold(
        id=uuid4(), debtor_id=debtor_id, reason=reason, entered_at=now, actor=actor
    )
    session.add(made)
    stops.enter(
        session,
        StopKind.HOLD,
        Scope.DEBTOR,
        now=now,
        observed_at=now,
        reason="litigation_hold",
        actor=actor,
        source="litigation_hold",
        external_id=str(made.id),
        debtor_id=debtor_id,
    )
    _act(session, "litigation_hold.entered", debtor_id, reason, actor, now)
    return made


def hold_for_court(session: Session, debtor_id: UUID, *, reason: str, now: datetime) -> None:
    """Hold as a register says, once for each of its listings; ``reason`` names the listing.

    Where a hold is in force nothing is added; a listing whose hold a person ended holds no more.
    """
    debtors.lock(session, debtor_id)
    seen = select(LitigationHold).where(
        col(LitigationHold.debtor_id) == debtor_id, col(LitigationHold.reason) == reason
    )
    if holds(session, debtor_id) or session.exec(seen).first() is not None:
        return
    hold(session, debtor_id, reason=reason, actor="register", now=now)


def release(session: Session, debtor_id: UUID, *, reason: str, actor: str, now: datetime) -> int:
    """End a person's litigation holds and the stops that came with them; answer how many."""
    debtors.lock(session, debtor_id)
    ended = holds(session, debtor_id)
    for one in ended:
        one.ended_at, one.ended_by, one.end_reason = now, actor, reason
        session.add(one)
        stop = session.exec(
            select(Stop).where(
                col(Stop.source) == "litigation_hold", col(Stop.external_id) == str(one.id)
            )
        ).one()
        stops.end(session, stop.id, now=now, reason=reason, actor=actor)
        _act(session, "litigation_hold.ended", debtor_id, reason, actor, now)
    return len(ended)


def due(session: Session, law: PackLibrary, debtor: Debtor) -> Due:
    """Answer until when what is held on a person must be kept, by the longest of their debts."""
    owed = _debts(session, debtor.id)
    last = session.exec(
        select(func.max(ContactRow.at)).where(col(ContactRow.debtor_id) == debtor.id)
    ).one()
    ends: list[tuple[datetime, str]] = []
    for debt in owed:
        rule = kept(law, debt)
        years, source = (rule.records_years, rule.source) if rule else (HOUSE_YEARS, HOUSE_SOURCE)
        begins = [at for at in (debt.closed_at, debt.created_at, last) if at is not None]
        ends.append((years_on(max(begins), years), source))
    is_open = any(debt.status != "closed" for debt in owed)
    on, source = max(ends) if ends else (debtor.created_at, "no debt is held on this person")
    held = "litigation_hold" if holds(session, debtor.id) else "open_debt" if is_open else ""
    return Due(
        debtor=debtor.id,
        key=debtor.key,
        place=f"{debtor.jurisdiction}-{debtor.sub}" if debtor.sub else debtor.jurisdiction,
        on=None if is_open else on,
        source=source,
        debts=len(owed),
        held=held,
    )


def plan(
    session: Session, law: PackLibrary, keys: Keys, upto: datetime, limit: int = 10_000
) -> list[Due]:
    """Answer whose data is due by an instant, the most overdue first; changes nothing."""
    open_ = select(DebtParty.debtor_id).join(Debt, col(Debt.id) == col(DebtParty.debt_id))
    living = col(Debt.status) != "closed"
    busy = select(Debt.debtor_id).where(living)
    asked = select(Debtor).where(
        col(Debtor.id).not_in(busy), col(Debtor.id).not_in(open_.where(living))
    )
    found = [
        one
        for debtor in session.exec(asked.order_by(col(Debtor.created_at)))
        if keys.knows(session, debtor.id)
        and (one := due(session, law, debtor)).on is not None
        and one.on <= upto
    ]
    return sorted(found, key=lambda one: one.on or upto)[:limit]


def erase(
    session: Session,
    keys: Keys,
    law: PackLibrary,
    debtor_id: UUID,
    now: datetime,
    *,
    reason: str,
    actor: str,
) -> Erased:
    """Destroy a person's data key, and what came from them under the store's key.

    Opt-outs stay as keyed hashes, sums and the record as they are. Raises ``KeptError`` under a
    litigation hold, while a debt is open, or while the law of a debt's place asks to keep records;
    ``PersonErasedError`` when it was done before.
    """
    debtor = debtors.lock(session, debtor_id)
    if not keys.knows(session, debtor_id):
        raise PersonErasedError(debtor_id)
    until = due(session, law, debtor)
    if until.held == "litigation_hold":
        held = holds(session, debtor_id)[0]
        raise KeptError(
            f"a litigation hold is in force since {held.entered_at:%Y-%m-%d} ({held.reason}, by "
            f"{held.actor}); end it first: cession person release"
        )
    if until.on is None:
        raise KeptError("a debt of this person is open; it must be closed first")
    if until.on > now:
        raise KeptError(
            f"records must be kept until {until.on:%Y-%m-%d} ({until.source}); until then nothing "
            "is used for contact: the cases are closed"
        )
    about = [debt.id for debt in _debts(session, debtor_id)]
    bodies = session.exec(
        select(InboxItem).where(
            or_(
                col(InboxItem.debtor_id) == debtor_id,
                col(InboxItem.debt_id).in_([d.id for d in _own_debts(session, debtor_id)]),
            )
        )
    ).all()
    for item in bodies:
        item.sealed = keys.seal_store(ERASED.encode())
        session.add(item)
    contacts = session.exec(
        select(ContactRow.id).where(col(ContactRow.debtor_id) == debtor_id)
    ).all()
    keys.erase(session, debtor_id)
    _act(session, "person.erased", debtor_id, reason, actor, now, debts=len(about))
    return Erased(debtor_id, len(bodies), tuple(contacts))


def discard(directories: Iterable[Path], contacts: Iterable[UUID]) -> int:
    """Delete the messages of contacts that lie as files in an outbox or among prints."""
    wanted, gone = {str(contact) for contact in contacts}, 0
    for directory in directories:
        for path in directory.rglob("*") if directory.is_dir() else ():
            if path.is_file() and path.name.lstrip(".")[:UUID_LENGTH] in wanted:
                path.unlink()
                gone += 1
    return gone


def held_on(session: Session, keys: Keys, debtor_id: UUID) -> dict[str, Any]:
    """Answer all that is held on a person, opened, in plain JSON values.

    What was sealed for a person whose key is destroyed is named as erased.
    """
    debtor = debtors.get(session, debtor_id)
    try:
        key = keys.person_key(session, debtor_id)
    except PersonErasedError:
        key = None
    owed = _debts(session, debtor_id)
    mine = {debt.id for debt in owed if debt.debtor_id == debtor_id}
    told: dict[str, Any] = {"person": _opened(debtor, key), "debts": []}
    for debt in owed:
        # What the file said about the debt lies under the key of who is named first.
        content = _opened(debt, key if debt.id in mine else None)
        seller = session.get_one(Seller, debt.seller_id)
        portfolio = session.get_one(Portfolio, debt.portfolio_id)
        told["debts"].append(
            {
                **content,
                "seller": seller.legal_name,
                "portfolio": portfolio.ref,
                "owners": [row.model_dump() for row in _of(session, OwnershipLink, debt.id)],
                "ledger": [row.model_dump() for row in _of(session, LedgerEntry, debt.id)],
                "promises": [row.model_dump() for row in _of(session, Promise, debt.id)],
            }
        )
    for table, name in _HELD:
        rows: Any = select(table).where(col(table.debtor_id) == debtor_id)
        if table is Act or table is InboxItem:
            rows = select(table).where(
                or_(col(table.debtor_id) == debtor_id, col(table.debt_id).in_(mine))
            )
        told[name] = [
            _opened(row, key) if table is not InboxItem else _body(row, keys)
            for row in session.exec(rows)
        ]
    contacts = [row["id"] for row in told["contacts"]]
    told["contact_events"] = [
        row.model_dump()
        for row in session.exec(
            select(ContactEvent).where(col(ContactEvent.contact_id).in_(contacts))
        )
    ]
    told["litigation_holds"] = [
        row.model_dump()
        for row in session.exec(
            select(LitigationHold).where(col(LitigationHold.debtor_id) == debtor_id)
        )
    ]
    return told


def _opened(row: SQLModel, key: PersonKey | None) -> dict[str, Any]:
    """Answer a row's values with what was sealed in the clear, as ``content``."""
    values = row.model_dump()
    sealed = values.pop("sealed", None)
    values.pop("token", None)
    if sealed is None:
        return values
    if key is None:
        return {**values, "content": ERASED}
    try:
        plain = key.open(sealed)
    except UnsealError:
        return {**values, "content": "cannot be opened"}
    return {**values, "content": _readable(plain)}


def _body(row: InboxItem, keys: Keys) -> dict[str, Any]:
    values = row.model_dump()
    return {**values, "sealed": None, "content": _readable(keys.open_store(row.sealed))}


def _readable(plain: bytes) -> Any:
    try:
        text = plain.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(plain).decode()}
    try:
        return json.loads(text)
    except ValueError:
        return text


def _own_debts(session: Session, debtor_id: UUID) -> Iterable[Debt]:
    return session.exec(select(Debt).where(col(Debt.debtor_id) == debtor_id)).all()


def _debts(session: Session, debtor_id: UUID) -> list[Debt]:
    """Every debt that a person is liable for."""
    shared = select(DebtParty.debt_id).where(col(DebtParty.debtor_id) == debtor_id)
    return list(
        session.exec(
            select(Debt)
            .where(or_(col(Debt.debtor_id) == debtor_id, col(Debt.id).in_(shared)))
            .order_by(col(Debt.created_at), col(Debt.id))
        )
    )


def _of(session: Session, table: Any, debt_id: UUID) -> list[Any]:
    return list(session.exec(select(table).where(col(table.debt_id) == debt_id)))


def holds(session: Session, debtor_id: UUID) -> list[LitigationHold]:
    """Answer the litigation holds in force on a person."""
    return list(
        session.exec(
            select(LitigationHold).where(
                col(LitigationHold.debtor_id) == debtor_id, col(LitigationHold.ended_at).is_(None)
            )
        )
    )


def kept(law: PackLibrary, debt: Debt) -> Retention | None:
    """Answer how long the law of a debt's place keeps records, None where no pack says."""
    try:
        return law.merged(debt.jurisdiction, debt.sub).retention
    except NoPackError:
        return None


def years_on(at: datetime, years: int) -> datetime:
    """The same day so many years later; 29 February becomes 1 March, which keeps longer."""
    try:
        return at.replace(year=at.year + years)
    except ValueError:
        return at.replace(year=at.year + years, month=3, day=1)


def _act(  # noqa: PLR0917
    session: Session,
    what: str,
    debtor_id: UUID,
    reason: str,
    actor: str,
    now: datetime,
    **facts: Any,
) -> None:
    records.act(
        session, at=now, debtor_id=debtor_id, what=what, reason=reason, actor=actor, facts=facts
    )
