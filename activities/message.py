"""The message of one contact: facts read now, words of the pack, checked as rendered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from sqlmodel import Session, col, select

from activities.arrangement import missed
from activities.legal import Said, laws
from activities.office import Office
from activities.standing import balances, own_contacts, time_barred, usable, zone_name
from connectors.letter import typeset
from models.case import Contact
from models.contact import BY_PERSON, Channel, ContactState, Mode, Outcome, Purpose
from models.ledger import Balances, Bucket, EntryKind
from models.message import Attachment, OutboundMessage
from models.money import Money
from models.tables import ContactRow, Debt, Portfolio, Promise, Seller
from models.wording import (
    Address,
    Agreement,
    Composed,
    Correction,
    Instalment,
    Itemization,
    ItemizationKind,
    MessageFacts,
    MessageRefusedError,
    Offer,
    Organisation,
    Part,
    Statement,
    Title,
    Transfer,
)
from rules.desk import not_recorded
from rules.holiday import assumed_receipt, validation_period_end
from rules.ledger import LedgerError, policy_for
from rules.message import compose
from rules.money import allocate
from rules.statement import statement
from store import debt as debts
from store import payment as money
from store.standing import Logged, Standing

PLAN_EVERY = timedelta(days=30)
"""Between two instalments of an offered plan."""


@dataclass(frozen=True)
class Written:
    """A message ready to leave, and what the contact log keeps of it."""

    message: OutboundMessage
    template: str
    template_version: str
    sha256: str
    sealed: bytes
    page: bytes | None
    """Of a letter: the PDF."""
    owed: int
    version: int
    """Of the ledger the amounts were read from."""
    said: Said
    """For the legal check right before it leaves."""


class UnfitMessageError(Exception):
    """A message that must not be sent; ``code`` and ``advice`` quote nothing of it."""

    def __init__(self, code: str, advice: str, what: str = "") -> None:
        self.code, self.advice = code, advice
        self.what = what
        """The rules of the guard, or the part that is missing."""
        super().__init__(f"{code}: {advice}")


def write(  # noqa: PLR0917
    session: Session,
    office: Office,
    standing: Standing,
    contact: Contact,
    ident: UUID,
    now: datetime,
) -> Written:
    """Render one message from what the store says at ``now``; raises ``UnfitMessageError``."""
    point = usable(standing.points, contact.channel)
    if point is None:
        raise UnfitMessageError("HOUSE-NO-POINT", "no usable number or address")
    made, facts = composed(session, office, standing, contact, now)
    key = office.store.keys.person_key(session, standing.debtor.id)
    letter = made.letter
    pdf = typeset(letter) if letter is not None else None
    to = (
        "\n".join((facts.person.name, *facts.person.lines))
        if letter
        else key.open_text(point.sealed)
    )
    message = OutboundMessage(
        contact_id=ident,
        channel=contact.channel,
        mode=Mode(standing.debt.mode),
        at=now,
        locale=made.locale,
        to=to,
        subject=made.subject,
        body=made.body,
        attachments=()
        if pdf is None
        else (Attachment(name="letter.pdf", media_type="application/pdf", content=pdf),),
    )
    return Written(
        message=message,
        template=made.template,
        template_version=made.version,
        sha256=made.sha256,
        sealed=key.seal({"subject": made.subject, "body": made.body}),
        page=pdf,
        owed=made.owed,
        version=standing.version,
        said=Said(
            carries=made.carries,
            owed=made.owed,
            deadline=facts.offer.until if facts.offer else None,
        ),
    )


def composed(
    session: Session,
    office: Office,
    standing: Standing,
    contact: Contact,
    now: datetime,
    *,
    on: date | None = None,
    agreement: Agreement | None = None,
) -> tuple[Composed, MessageFacts]:
    """Render a message and check it; raises ``UnfitMessageError``.

    ``on`` is the day of a statement, in the debtor's zone; today if left out.
    """
    try:
        facts = message_facts(session, office, standing, contact, now)
        if on or _shows_account(office, facts):
            account = statement_of(standing, on or now.astimezone(ZoneInfo(facts.zone)).date())
            facts = facts.model_copy(update={"statement": account})
        if agreement:
            facts = facts.model_copy(update={"agreement": agreement})
        return compose(facts, office.wordings.pack(facts.locale)), facts
    except MessageRefusedError as refused:
        code = f"WORDING-{refused.why.upper()}"
        raise UnfitMessageError(code, str(refused), refused.what) from None
    except LedgerError as wrong:
        raise UnfitMessageError("LEDGER-STATEMENT", str(wrong)) from None


def _shows_account(office: Office, facts: MessageFacts) -> bool:
    words = office.wordings.pack(facts.locale).templates.get(facts.template)
    return words is not None and "statement" in words.needs


def statement_of(standing: Standing, on: date) -> Statement:
    """Answer the account of a debt at the end of a day in the debtor's zone.

    Raises ``LedgerError`` when it has no entry up to then.
    """
    policy = policy_for(standing.debt.contract_law)
    return statement(money.as_entries(standing.entries), policy, on)


def message_facts(
    session: Session, office: Office, standing: Standing, contact: Contact, now: datetime
) -> MessageFacts:
    """Gather all that a message may say about a case; personal data stays in memory."""
    debt, debtor = standing.debt, standing.debtor
    key = office.store.keys.person_key(session, debtor.id)
    person: dict[str, Any] = key.open_json(debtor.sealed)
    own = office.store.keys.person_key(session, debt.debtor_id)
    shown: dict[str, Any] = own.open_json(debt.sealed)
    facts = debt.facts
    folded = balances(standing)
    zone = zone_name(standing)
    today = now.astimezone(ZoneInfo(zone)).date()
    links = debts.links(session, debt.id)
    portfolio = session.get_one(Portfolio, debt.portfolio_id)
    seller = session.get_one(Seller, debt.seller_id)
    assignor = _organisation(seller.legal_name, seller.contact)
    sent = [row for row in own_contacts(standing) if row.state == ContactState.SENT]
    validation = next((row.at for row in sent if row.purpose == Purpose.VALIDATION), None)
    validation_until = (
        validation_period_end((validation or now).astimezone(ZoneInfo(zone)).date())
        if debt.jurisdiction == "US"
        else None
    )
    return MessageFacts(
        locale=debtor.language or "",
        country=country_of(debt),
        channel=contact.channel,
        purpose=contact.purpose,
        template=contact.template,
        collector=office.collector,
        owner=Organisation.model_validate(
            {
                **office.collector.model_dump(include=set(Organisation.model_fields)),
                "legal_name": portfolio.buyer_legal_name,
            }
        ),
        transfer=Transfer(
            assignor=assignor,
            on=portfolio.transfer_effective_date,
            agreement_ref=portfolio.agreement_ref,
            agreement_date=portfolio.agreement_date,
            cut_off=portfolio.cut_off_date,
        ),
        reference=debt.workflow_id,
        person=addressee(person, debtor.language or ""),
        currency=debt.currency,
        owed=folded.outstanding,
        parts=tuple(
            Part(bucket=Bucket(bucket), minor=minor)
            for bucket, minor in folded.buckets.items()
            if minor
        ),
        as_of=now,
        zone=zone,
        original_creditor=links[0].owner if links else "",
        account_masked=shown.get("account_number_masked") or "",
        contract_ref=shown.get("contract_ref") or "",
        contract_date=_date(facts.get("origination_date")),
        product=debt.product_type,
        lent=facts.get("lent"),
        rate=_rate(facts.get("annual_rate")),
        due_on=_date(facts.get("due_date")),
        itemization=_itemization(facts.get("itemization"), links[0].owner if links else "", folded),
        validation_until=validation_until,
        first=not arrived(sent, contact.channel, now.astimezone(ZoneInfo(zone)).date(), zone),
        time_barred=_too_old(office, standing, contact, today, now),
        credit_reporting=facts.get("credit_reported") is True
        and not facts.get("credit_reporting_off"),
        unrecorded=not_recorded(debtor.preferences),
        final_letters=sum(1 for row in sent if row.template == "final_letter"),
        offer=_offer(office, standing, contact, folded.outstanding, today, validation_until),
        promise=_instalment(session, debt.id, contact.step, now) or _promise(session, debt.id),
        received=_received(standing, zone),
        correction=_correction(standing, contact, zone),
        successor=assignor if contact.purpose == Purpose.HANDOVER_NOTICE else None,
    )


def arrived(
    sent: Iterable[ContactRow | Logged], channel: Channel, today: date, zone: str
) -> list[ContactRow | Logged]:
    """Those of our messages that the person must have by now; for a written one, those in writing.

    The first that reaches a person, and the first in writing, discloses all (15 U.S.C. 1692e(11)). An
    e-mail overtakes the letter of the same minute; a letter counts from its receipt, known or assumed.
    """

    def has(row: ContactRow | Logged) -> bool:
        match row.channel:
            case Channel.LETTER:
                left = row.at.astimezone(ZoneInfo(zone)).date()
                return row.outcome == Outcome.DELIVERED or (
                    row.outcome != Outcome.RETURNED and assumed_receipt(left) <= today
                )
            case Channel.EMAIL | Channel.SMS:
                return row.outcome != Outcome.BOUNCED
            case _:
                talked = row.outcome in (Outcome.CONVERSATION, Outcome.MET)
                return talked and channel in BY_PERSON

    return [row for row in sent if has(row)]


def _too_old(
    office: Office, standing: Standing, contact: Contact, today: date, now: datetime
) -> bool:
    """Whether a message tells that the debt may be too old for court: where it is, or where nobody
    knows and the law of the place wants it told.
    """
    return any(
        barred is True
        or (
            barred is not False
            and "time_barred_notice" in law.required_parts(contact.channel, contact.purpose)
        )
        for law in laws(office.law, standing, now)
        for barred in [time_barred(standing.debt, today, law.limitation)]
    )


def addressee(person: dict[str, Any], language: str) -> Address:
    """Answer whom a message is for, in the script of the message where the file has it."""
    native, full = person.get("native_name"), person.get("full_name")
    first, last = person.get("first_name") or "", person.get("last_name") or ""
    name = (native if language.startswith("zh") else full) or full or native
    name = name or " ".join(filter(None, (first, person.get("middle_name"), last)))
    title = (person.get("title") or "").lower().rstrip(".")
    where: dict[str, str] = person.get("address") or {}
    place = " ".join(where[part] for part in ("city", "region", "postcode") if where.get(part))
    country = named(where.get("country") or "", language)
    lines = (where.get("line1"), where.get("line2"), place, country)
    return Address(
        name=name,
        family_name=last or (name[0] if language.startswith("zh") else ""),
        title=Title(title) if title in set(Title) else Title.NONE,
        lines=tuple(line for line in lines if line),
        id_last4=person.get("id_last4") or "",
    )


def named(country: str, language: str) -> str:
    """Write a country by name in a language, as it stands on an envelope; else its two letters."""
    try:
        return Locale.parse(language, sep="-").territories.get(country, country)
    except (UnknownLocaleError, ValueError):
        return country


def country_of(debt: Debt) -> str:
    """Answer the country whose law a letter is under: of the Union, the member."""
    return debt.sub if debt.jurisdiction == "EU" and debt.sub else debt.jurisdiction


VALIDATION = timedelta(days=30)
"""Of the period to dispute a debt (12 CFR 1006.34(b)(5))."""


def _rate(annual: Any) -> str:
    """Write a yearly rate in percent: 0.1825 is 18.25%."""
    if annual in (None, ""):
        return ""
    percent = (Decimal(str(annual)) * 100).normalize()
    return f"{percent:f}%"


def _organisation(legal_name: str, contact: dict[str, Any]) -> Organisation:
    words: dict[str, str] = {
        name: str(contact[name])
        for name in ("phone", "email", "registration", "licence", "contact")
        if contact.get(name)
    }
    lines = tuple(str(contact.get("address") or "").splitlines())
    return Organisation.model_validate({"legal_name": legal_name, "address": lines, **words})


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _itemization(
    said: dict[str, Any] | None, creditor: str, folded: Balances
) -> Itemization | None:
    """The seller's itemisation, brought up to this moment by what our ledger booked since."""
    if not said:
        return None
    return Itemization(
        kind=ItemizationKind(said["type"]),
        on=date.fromisoformat(said["date"]),
        creditor=said.get("creditor") or creditor,
        balance=said["balance"],
        interest=said["interest"],
        fees=said["fees"],
        payments=said["payments"] + folded.paid,
        credits=said["credits"] + folded.waived,
    )


def _offer(  # noqa: PLR0917
    office: Office,
    standing: Standing,
    contact: Contact,
    owed: int,
    today: date,
    validation_until: date | None,
) -> Offer | None:
    """The offer of a step, of what is owed today; it outlasts the time to dispute the debt.

    While that runs it also stands for as long as it lasts: 12 CFR 1006.38(b)(1).
    """
    debt = standing.debt
    strategy = office.strategies.get(debt.strategy or "", debt.strategy_version or 1)
    step = next(
        (step for step in strategy.section(debt.jurisdiction).steps if step.key == contact.step),
        None,
    )
    if step is None or step.offer is None:
        return None
    terms = strategy.offers[step.offer]
    total = int(owed * terms.pays_percent / 100)
    disputable = validation_until is not None and today <= validation_until
    parts = allocate(Money(total, debt.currency), [1] * terms.instalments)
    return Offer(
        total=total,
        until=max(
            today + timedelta(days=terms.valid_days),
            (validation_until or today) + timedelta(days=1),
            today + (VALIDATION if disputable else timedelta()),
        ),
        instalments=tuple(
            Instalment(minor=part.minor, on=today + PLAN_EVERY * (number + 1))
            for number, part in enumerate(parts)
        )
        if terms.instalments > 1
        else (),
    )


def _instalment(session: Session, debt_id: UUID, step: str, now: datetime) -> Instalment | None:
    """The instalment of a plan that a step is about: what is still to be paid of it."""
    found = missed(session, debt_id, step, now) if step.startswith(("due_", "missed_")) else None
    return Instalment(minor=found[0], on=found[1]) if found else None


def _promise(session: Session, debt_id: UUID) -> Instalment | None:
    last = session.exec(
        select(Promise).where(col(Promise.debt_id) == debt_id).order_by(col(Promise.made_at).desc())
    ).first()
    return Instalment(minor=last.minor, on=last.due_on) if last else None


def _received(standing: Standing, zone: str) -> Instalment | None:
    del zone
    for entry in reversed(standing.entries):
        if entry.kind == EntryKind.PAYMENT:
            return Instalment(minor=entry.minor, on=entry.value_date)
    return None


def _correction(standing: Standing, contact: Contact, zone: str) -> Correction | None:
    if contact.purpose != Purpose.CORRECTION:
        return None
    for row in reversed(list(own_contacts(standing))):
        if row.owed_minor is not None and row.state == ContactState.SENT:
            return Correction(said=row.owed_minor, said_on=row.at.astimezone(ZoneInfo(zone)).date())
    return None
