"""Facts that the law reads and that nobody gave at intake: stated by a person, with evidence."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlmodel import Session

from activities.legal import law_given, person_facts
from activities.office import Office
from activities.preparation import assess
from models.contact import Party
from models.tables import Debt, Debtor, DebtParty
from rules.place import moved_to, parts_of, zones_of_move
from rules.row import OF_AGE, years_between
from store import case as records
from store import debt as debts
from store import debtor as debtors
from store.standing import stand

UNKNOWN = "unknown"
"""Takes back what was stated: nobody knows any more."""


class FactRefusedError(ValueError):
    """What was stated cannot be taken; the text says why and what to give."""


@dataclass(frozen=True, slots=True)
class Stateable:
    """One fact that a person may state."""

    read: Callable[[str], Any]
    what: str
    of_person: bool = False
    """It is about the one who is contacted, not about the debt: each liable person has their own."""


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise FactRefusedError(f"{text!r}: write yes or no, or unknown to take it back")
    return text == "yes"


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise FactRefusedError(f"{text!r}: write a day as 2026-03-31, or unknown") from None


def _rate(text: str) -> str:
    try:
        rate = Decimal(text)
    except InvalidOperation:
        rate = Decimal(-1)
    if not 0 <= rate < 1:
        raise FactRefusedError(f"{text!r}: write a yearly rate as a fraction: 0.03 is 3 %")
    return str(rate)


def _basis(text: str) -> str:
    known = ("separate_consent", "contract_necessity", "regulatory_exemption")
    if text not in known:
        raise FactRefusedError(f"{text!r}: write one of {', '.join(known)}, or unknown")
    return text


STATEABLE: dict[str, Stateable] = {
    "limitation_date": Stateable(_day, "the last day on which the debt can be sued for"),
    "last_payment_date": Stateable(_day, "the last payment by the debtor"),
    "acknowledged": Stateable(_yes, "the debt was acknowledged or claimed since then"),
    "contact_in_limitation": Stateable(_yes, "the creditor was in touch while it could sue"),
    "said_wont_pay_barred": Stateable(
        _yes, "the person said that they will not pay because it is barred", of_person=True
    ),
    "assignable": Stateable(_yes, "neither nature, contract nor law bars the assignment"),
    "debt_unlawful": Stateable(_yes, "usury or another debt that the law does not protect"),
    "lpr_at_contract": Stateable(_rate, "the one-year LPR on the day of the contract"),
    "transfer_basis": Stateable(_basis, "on what giving us the personal data rests (PIPL 23)"),
    "guarantee_bans_assignment": Stateable(_yes, "the guarantee bans an assignment"),
    "guarantor_consented": Stateable(_yes, "the guarantor agreed to it in writing"),
    "art10_sent": Stateable(_day, "the Article 10 communication left", of_person=True),
    "gdpr14_sent": Stateable(_day, "the information on personal data left", of_person=True),
    "agency_notice_sent": Stateable(_day, "the notice that an agency acts left", of_person=True),
    "notice_reached": Stateable(_day, "the notice of assignment reached them", of_person=True),
    "birth_date": Stateable(_day, "the person's birth date", of_person=True),
    "heir_renounced": Stateable(
        _yes, "the heir renounced the inheritance and owes nothing", of_person=True
    ),
    "law": Stateable(str, "where they live, as DE or US-CA: its law binds besides", of_person=True),
}
"""Every fact that may be stated, by the name under which the gate knows it."""

_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


def state(  # noqa: PLR0917
    session: Session,
    office: Office,
    debt_id: UUID,
    name: str,
    value: str,
    evidence: str,
    actor: str,
    now: datetime,
    *,
    party: int | None = None,
) -> str:
    """Put a fact on record, with who stated it and on what evidence; answer it in plain words.

    ``party`` is the number of another liable person in ``liable``; None is the debtor. It holds
    from the next check on, and until it is stated anew or taken back. Raises ``FactRefusedError``.
    """
    known = STATEABLE.get(name)
    if known is None:
        raise FactRefusedError(f"there is no fact {name!r}; there are: {', '.join(STATEABLE)}")
    debt = debts.get(session, debt_id)
    person = _person(session, debt, party)
    debtors.lock(session, person.id)
    session.refresh(debt)
    if party is not None and not known.of_person:
        raise FactRefusedError(
            f"{name} is about the debt and not about one person: without --party"
        )
    told = None if value == UNKNOWN else known.read(value)
    match name:
        case "limitation_date":
            debt.limitation_date = date.fromisoformat(told) if told else None
        case "notice_reached":
            _notice_reached(session, debt, party, person, told, evidence)
        case "birth_date":
            _born(session, office, debt, person, told, now)
        case "law":
            told = _law(debt, person, party, told)
        case "heir_renounced":
            _an_heir(session, debt, party, person)
            _of_person(debt, person, name, told)
        case _ if party is not None or known.of_person:
            _of_person(debt, person, name, told)
        case _:
            debt.facts = {**debt.facts, name: told}
    session.add(debt)
    session.flush()
    records.act(
        session,
        at=now,
        observed_at=office.clock.now(),
        debt_id=debt.id,
        debtor_id=person.id,
        what="fact.stated",
        reason=name,
        actor=actor,
        facts={
            "fact": name,
            # A birth date is nobody's business but the person's: only that it was given stands here.
            "value": UNKNOWN if told is None else "given" if name == "birth_date" else told,
            "evidence": evidence,
            "party": party,
        },
    )
    if debt.opened_at is not None and debt.status != "closed":
        assess(session, office, stand(session, debt.id, now), now)
    return f"{name.replace('_', ' ')}: {value}"


def liable(session: Session, debt: Debt) -> list[tuple[DebtParty, Debtor]]:
    """Who owes besides the debtor, in a lasting order; counted from one."""
    return [
        (row, session.get_one(Debtor, row.debtor_id))
        for row in debts.parties(session, debt.id)
        if row.debtor_id != debt.debtor_id
    ]


def stated(debt: Debt, person: UUID | None = None) -> dict[str, Any]:
    """What stands of the facts that may be stated; birth dates are not among them."""
    own = person_facts(debt, person or debt.debtor_id)
    found = {name: own[name] for name in STATEABLE if own.get(name) is not None}
    if debt.limitation_date:
        found["limitation_date"] = debt.limitation_date.isoformat()
    if person is not None and (place := law_given(debt, person)):
        found["law"] = "-".join(filter(None, place))
    return found


def _person(session: Session, debt: Debt, party: int | None) -> Debtor:
    if party is None:
        return debtors.get(session, debt.debtor_id)
    others = liable(session, debt)
    if not 1 <= party <= len(others):
        raise FactRefusedError(
            f"--party {party}: {len(others)} other persons are liable for this debt"
            + (f", numbered from 1 to {len(others)}" if others else "")
        )
    return others[party - 1][1]


def _of_person(debt: Debt, person: Debtor, name: str, told: Any) -> None:
    if person.id == debt.debtor_id:
        debt.facts = {**debt.facts, name: told}
        return
    every: dict[str, dict[str, Any]] = debt.facts.get("party_facts", {})
    own = {**every.get(str(person.id), {}), name: told}
    debt.facts = {**debt.facts, "party_facts": {**every, str(person.id): own}}


def _notice_reached(  # noqa: PLR0917
    session: Session,
    debt: Debt,
    party: int | None,
    person: Debtor,
    told: str | None,
    evidence: str,
) -> None:
    at = datetime.fromisoformat(f"{told}T00:00:00+00:00") if told else None
    if party is None:
        debt.notice_reached_at, debt.notice_evidence = at, evidence if at else None
        return
    row = session.get_one(DebtParty, (debt.id, person.id))
    row.notice_reached_at = at
    session.add(row)


def _born(  # noqa: PLR0917
    session: Session, office: Office, debt: Debt, person: Debtor, told: str | None, now: datetime
) -> None:
    """Keep a birth date sealed, and whether the person was under age when the debt began."""
    key = office.store.keys.person_key(session, person.id)
    held: dict[str, Any] = key.open_json(person.sealed)
    began = debt.facts.get("origination_date")
    if told and told >= now.date().isoformat():
        raise FactRefusedError("the birth date is still to come")
    if told and not began:
        raise FactRefusedError(
            "nobody knows when this debt began, so an age says nothing yet: ask the seller"
        )
    person.sealed = key.seal({**held, "dob": told})
    person.minor_at_origination = years_between(told, began) < OF_AGE if told and began else None
    session.add(person)


def _an_heir(session: Session, debt: Debt, party: int | None, person: Debtor) -> None:
    """Refuse to say of a debtor or guarantor that they inherit nothing: they owe of themselves."""
    row = session.get(DebtParty, (debt.id, person.id))
    if party is None or row is None or row.role != Party.HEIR:
        raise FactRefusedError(
            "only an heir can renounce: say which with --party; cession case fact lists who is liable"
        )


def _law(debt: Debt, person: Debtor, party: int | None, told: str | None) -> str | None:
    """Say by whose law somebody else who is liable is met, besides that of the debt."""
    if party is None:
        raise FactRefusedError(
            "the law of the debtor follows a move that is reported and confirmed at the desk: "
            "--result moved; with --party it is that of somebody else who is liable"
        )
    if told is None:
        _of_person(debt, person, "law", None)
        return None
    place = told.strip().upper()
    code, _, part = place.partition("-")
    if not _PLACE.fullmatch(place) or (part and parts_of(code) and part not in parts_of(code)):
        raise FactRefusedError(f"{told!r} is no place; write a country as DE, or a part as US-CA")
    if not part and parts_of(code):
        raise FactRefusedError(
            f"the law differs within {code}: name the part, one of {', '.join(sorted(parts_of(code)))}"
        )
    law = moved_to(place)
    if law is None:
        raise FactRefusedError(f"no law of {place} is held here, so nobody may be contacted there")
    person.jurisdiction, person.sub = law
    person.zones = [
        *person.zones,
        *(z for z in zones_of_move(place, None) if z not in person.zones),
    ]
    _of_person(debt, person, "law", list(law))
    return place
