"""Registers before a contact: asked when the last answer is old, put on record, and believed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlmodel import Session, col, select

from activities.ledger import REGISTERED
from activities.office import Office
from activities.person import hold_for_court
from activities.standing import usable
from models.case import Contact
from models.contact import Channel, Mode
from models.law import LegalFacts
from models.register import Register, RegisterKind, Subject, Told, Unreachable
from models.stop import Scope, StopKind
from models.tables import Act, ContactPoint, Debt
from rules.packs import MergedPack
from store import case as records
from store import debtor as debtors
from store import stop as stops
from store.standing import Standing

ASKED = "register.asked"
"""The act that keeps an answer: ``reason`` is the register, ``facts`` what it said."""

AHEAD = timedelta(minutes=15)
"""An answer that grows old within the life of a reservation is asked for again beforehand."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Known:
    """What the registers say about one contact."""

    gaps: tuple[str, ...] = ()
    """Registers that must be asked and have no answer young enough."""
    ages: tuple[str, ...] = ()
    """``register:insolvency:3600s``: how old each answer is."""
    reassigned_at: datetime | None = None
    """When the number was last found to be still the person's."""


def refresh(office: Office, debt_id: UUID, contact: Contact, now: datetime) -> None:
    """Ask every register whose answer is missing or old, outside of any transaction.

    A listing is written as a stop, so that all that a stop does follows. No answer writes nothing
    and leaves the gap, which blocks. Failures never raise.
    """
    if not office.registers:
        return
    with office.store.reading() as session:
        debt = session.get(Debt, debt_id)
        if debt is None:
            return
        person = contact.debtor or debt.debtor_id
        point = usable(debtors.points(session, person), contact.channel)
        due = [
            register
            for register in _concerned(office.registers, debt, contact.channel)
            if not _young(_last(session, debt, register.kind, person, point), register, now + AHEAD)
        ]
        if not due:
            return
        subject = _subject(session, office, debt, person, point)
    with ThreadPoolExecutor(len(due)) as threads:
        told = list(threads.map(lambda register: register.ask(subject, now), due))
    with office.store.writing() as session:
        for register, answer in zip(due, told, strict=True):
            _keep(session, debt, person, point, register.kind, answer, now)


def known(  # noqa: PLR0917
    session: Session,
    office: Office,
    standing: Standing,
    contact: Contact,
    point: ContactPoint,
    pack: MergedPack,
    now: datetime,
) -> Known:
    """What is on record of the registers that this contact needs.

    A register that the law of the place names and nobody set up is a gap of every live case.
    """
    debt = standing.debt
    wanted = _concerned(office.registers, debt, contact.channel)
    gaps: list[str] = []
    if debt.mode == Mode.LIVE:
        have = {register.kind for register in wanted}
        gaps += [name for name in pack.registers if name not in have]
    ages: list[str] = []
    checked: datetime | None = None
    for register in wanted:
        last = _last(session, debt, register.kind, standing.debtor.id, point)
        if last is None or not _young(last, register, now):
            gaps.append(register.kind)
            continue
        as_of = datetime.fromisoformat(last.facts["as_of"])
        ages.append(f"register:{register.kind}:{max(int((now - as_of).total_seconds()), 0)}s")
        if register.kind is RegisterKind.REASSIGNED and not last.facts["listed"]:
            checked = as_of
    return Known(tuple(gaps), tuple(ages), checked)


def as_facts(facts: LegalFacts, said: Known) -> LegalFacts:
    """The answers among the facts of the case."""
    if said.gaps == facts.register_gaps and said.reassigned_at is None:
        return facts
    changes: dict[str, Any] = {"register_gaps": said.gaps}
    if said.reassigned_at is not None:
        before = facts.reassigned_check_at
        newer = not isinstance(before, datetime) or said.reassigned_at > before
        changes |= {"reassigned_check_at": said.reassigned_at} if newer else {}
    return replace(facts, **changes)


def _concerned(registers: Iterable[Register], debt: Debt, channel: Channel) -> list[Register]:
    """Those of the place; whose number it is matters only to calls and texts."""
    return [
        register
        for register in registers
        if (not register.places or debt.jurisdiction in register.places)
        and (
            register.kind is not RegisterKind.REASSIGNED or channel in (Channel.PHONE, Channel.SMS)
        )
    ]


def _last(
    session: Session, debt: Debt, kind: RegisterKind, person: UUID, point: ContactPoint | None
) -> Act | None:
    """The latest answer about this person, and of numbers about this number."""
    rows = session.exec(
        select(Act)
        .where(
            col(Act.debt_id) == debt.id,
            col(Act.debtor_id) == person,
            col(Act.what) == ASKED,
            col(Act.reason) == kind,
        )
        .order_by(col(Act.at).desc(), col(Act.id).desc())
    )
    if kind is not RegisterKind.REASSIGNED:
        return rows.first()
    token = None if point is None else point.token
    return next((row for row in rows if row.facts.get("point") == token), None)


def _young(last: Act | None, register: Register, now: datetime) -> bool:
    if last is None:
        return False
    return now - datetime.fromisoformat(last.facts["as_of"]) <= register.keeps


def _subject(
    session: Session, office: Office, debt: Debt, person: UUID, point: ContactPoint | None
) -> Subject:
    row = debtors.get(session, person)
    key = office.store.keys.person_key(session, person)
    told: dict[str, Any] = key.open_json(row.sealed)
    name = told.get("full_name") or told.get("native_name") or " ".join(
        filter(None, (told.get("first_name"), told.get("last_name")))
    )  # fmt: skip
    born = told.get("dob")
    phone = key.open_text(point.sealed) if point is not None and point.kind == "phone" else ""
    return Subject(
        name=name,
        born=date.fromisoformat(born) if born else None,
        postcode=(told.get("address") or {}).get("postcode") or "",
        phone=phone,
        account=debt.account_ref,
    )


def _keep(  # noqa: PLR0917
    session: Session,
    debt: Debt,
    person: UUID,
    point: ContactPoint | None,
    kind: RegisterKind,
    answer: Told | Unreachable,
    now: datetime,
) -> None:
    if isinstance(answer, Unreachable):
        log.warning("register.unreachable", register=kind, reason=answer.reason)
        return
    facts: dict[str, Any] = {"listed": answer.listed, "as_of": answer.as_of.isoformat()}
    if kind is RegisterKind.REASSIGNED:
        facts["point"] = None if point is None else point.token
    records.act(
        session, at=now, what=ASKED, reason=kind, actor="register", debt_id=debt.id,
        debtor_id=person, facts=facts,
    )  # fmt: skip
    if answer.listed:
        _stop(session, person, point, kind, answer, now)


def _began(facts: Mapping[str, Any]) -> datetime | None:
    """The midnight, UTC, of the day from which a listing counts; None if it does not say one."""
    try:
        return datetime.combine(date.fromisoformat(str(facts["start"])), time(), UTC)
    except (KeyError, ValueError):
        return None


_STOPS = {
    RegisterKind.INSOLVENCY: (StopKind.BANKRUPTCY, Scope.DEBTOR),
    RegisterKind.MORATORIUM: (StopKind.MORATORIUM, Scope.DEBTOR),
    RegisterKind.REASSIGNED: (StopKind.OPT_OUT, Scope.CONTACT_POINT),
}
"""What a listing stops, and of whom; litigation holds more than contact."""


def _stop(  # noqa: PLR0917
    session: Session,
    person: UUID,
    point: ContactPoint | None,
    kind: RegisterKind,
    answer: Told,
    now: datetime,
) -> None:
    """Enter the stop once for each listing; who ended it knew of that one.

    A listing of litigation is the same litigation hold that a person enters: it stops contact and
    keeps all that is held on the person.
    """
    which = answer.facts.get("ref") or answer.facts.get("start") or "listed"
    if kind is RegisterKind.LITIGATION:
        hold_for_court(session, person, reason=f"register_litigation:{which}", now=now)
        return
    stop, scope = _STOPS[kind]
    of_number = scope is Scope.CONTACT_POINT
    about = str(point.token if of_number and point is not None else person)
    stops.enter(
        session,
        stop,
        scope,
        now=now,
        reason=f"register_{kind}",
        actor="register",
        source=f"{REGISTERED}{kind}",
        effective_from=_began(answer.facts),
        external_id=f"{about}:{which}",
        observed_at=now,
        debtor_id=person if scope is Scope.DEBTOR else None,
        point_token=point.token if of_number and point is not None else None,
        facts={key: value for key, value in answer.facts.items() if key != "ref"},
    )
