"""What an agent has before their eyes: whom to reach and what to say, in the lawful order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, and_, col, or_, select

from activities import complaint
from activities.arrangement import of_debt, short, terms_of
from activities.desk import CHOICES, ENDS, notes
from activities.hands import DeskRefusalError
from activities.message import message_facts
from activities.office import Office
from activities.standing import balances, zone_name
from activities.support import local
from models.arrangement import ArrangementStatus
from models.case import Contact, TaskKind
from models.contact import Channel, ContactState, Direction, Mode, Purpose
from models.desk import Result, Sheet
from models.money import Money
from models.tables import Arrangement, ContactPoint, ContactRow, Debt, Portfolio, WorkItem
from models.wording import Address, MessageRefusedError
from rules.desk import in_words
from rules.message import IDENTITY, compose
from store import contact as contacts
from store import work
from store.standing import Standing, stand

SPOKEN = {TaskKind.CALL: Channel.PHONE, TaskKind.VISIT: Channel.VISIT}

BEFORE_IDENTITY = (
    "anything about a debt, an amount or a company, until two details confirmed who listens",
    "anything to another person: ask for a call back to your own number and say goodbye",
    "anything on an answering machine but the voicemail words",
)
"""Nothing reaches third parties (15 U.S.C. 1692c(b), GB/T 45251): the same in every pack."""

AFTER_IDENTITY = (
    "threats, hints, reproach or hurry; a consequence that has not happened",
    "that family, employer or neighbours will hear of it",
    "that they should borrow to pay",
)
"""What the house never says, whatever the law of the place allows."""

TRIAL = "a trial (shadow): nobody is called or visited"
"""Instead of a number or address: a trial is judged as if licence and recording were in order."""

LONGEST = 1000
"""Characters of a message that are shown; the whole of it is in the person's export."""

SAID = 5
"""Last contacts shown: enough to go on from, few enough to read while it rings."""


def sheet(
    session: Session,
    office: Office,
    item: WorkItem,
    agent: str,
    now: datetime,
    *,
    identified: bool = False,
) -> Sheet:
    """Answer what an agent may see of an item that they hold.

    A call or visit shows whom to reach and the opening words, and not one debt fact before
    ``identified``; of a trial it shows no number or address, for a person would reach with it whom
    a machine may not. Reviews speak to nobody and show the case at once.
    Raises ``DeskRefusalError`` when the agent does not hold the item.
    """
    if item.status != "taken" or item.lease_by != agent:
        raise DeskRefusalError(f"take item {item.id} first: cession desk take {item.id}")
    standing = stand(session, item.debt_id, now)
    channel = SPOKEN.get(TaskKind(item.kind))
    plain: dict[str, Any] = {
        "item": item.id,
        "kind": TaskKind(item.kind),
        "debt": item.debt_id,
        "language": standing.debtor.language,
        "local_time": f"{local(now, ZoneInfo(zone_name(standing)))} {zone_name(standing)}",
        "until": item.lease_until,
        "wishes": tuple(in_words(standing.debtor.preferences)),
        "choices": CHOICES.get(TaskKind(item.kind), (Result.RESOLVED, Result.END_CASE)),
    }
    if channel is None:
        return Sheet(
            **plain,
            name="",
            reach="",
            say_first=(),
            must_not_say=(),
            identified=True,
            about=tuple(_about(session, item, now)),
            **_debt_facts(session, office, standing),
        )
    (opening, rest), who = _script(session, office, standing, item, channel, agent, now)
    trial = standing.debt.mode != Mode.LIVE
    known: dict[str, Any] = {
        **plain,
        "name": who.name,
        "trial": trial,
        "reach": TRIAL
        if trial
        else ", ".join(who.lines[1:])
        if channel is Channel.VISIT
        else _number(session, office, item, standing),
    }
    if not identified:
        return Sheet(**known, say_first=opening, must_not_say=BEFORE_IDENTITY)
    return Sheet(
        **known,
        say_first=rest,
        must_not_say=AFTER_IDENTITY,
        identified=True,
        **_debt_facts(session, office, standing),
    )


def held_by(session: Session, agent: str, now: datetime) -> list[WorkItem]:
    """Answer the items that an agent holds now, the last one taken first."""
    return list(
        session.exec(
            select(WorkItem)
            .where(
                col(WorkItem.status) == "taken",
                col(WorkItem.lease_by) == agent,
                col(WorkItem.lease_until) > now,
            )
            .order_by(col(WorkItem.lease_until).desc())
        )
    )


def find(session: Session, beginning: str) -> WorkItem:
    """Answer the living item whose id begins so, or say why there is none."""
    wanted = beginning.lower()
    overtaken = and_(col(WorkItem.status) == "cancelled", col(WorkItem.lease_by).is_not(None))
    living = session.exec(
        select(WorkItem).where(or_(col(WorkItem.status).in_(work.LIVING), overtaken))
    ).all()
    found = [item for item in living if str(item.id).startswith(wanted)]
    if len(found) == 1 and wanted:
        return found[0]
    if not found:
        raise DeskRefusalError(f"no open item {beginning!r}; cession desk queue shows them")
    raise DeskRefusalError(f"{beginning!r} means {len(found)} items; give more of the id")


def _script(  # noqa: PLR0917
    session: Session,
    office: Office,
    standing: Standing,
    item: WorkItem,
    channel: Channel,
    agent: str,
    now: datetime,
) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], Address]:
    """Answer the pack's words before and after the person is known to be the right one, and who."""
    template = "call" if channel is Channel.PHONE else "visit"
    contact = Contact(
        step=item.step, channel=channel, purpose=Purpose.COLLECTION, template=template
    )
    facts = message_facts(session, office, standing, contact, now)
    try:
        pack = office.wordings.pack(facts.locale)
        # Operators are known by their code, which is what a person may ask for and complain about.
        body = compose(facts.model_copy(update={"agent": agent, "agent_number": agent}), pack).body
    except MessageRefusedError as refused:
        raise DeskRefusalError(
            f"there are no words for this conversation: {refused}. Do not speak without them"
        ) from None
    before, _, after = body.partition(IDENTITY)
    return (_paragraphs(before), _paragraphs(after)), facts.person


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("\n\n") if part.strip())


def _number(session: Session, office: Office, item: WorkItem, standing: Standing) -> str:
    assert item.contact_id is not None
    row = contacts.by_id(session, item.contact_id)
    point = session.get(ContactPoint, row.point_id) if row.point_id else None
    if point is None:
        return ""
    return office.store.keys.person_key(session, standing.debtor.id).open_text(point.sealed)


def _debt_facts(session: Session, office: Office, standing: Standing) -> dict[str, Any]:
    debt = standing.debt
    owed = balances(standing).outstanding
    due = debt.facts.get("due_date")
    return {
        "owed": str(Money(owed, debt.currency)),
        "owner": session.get_one(Portfolio, debt.portfolio_id).buyer_legal_name,
        "due": date.fromisoformat(due[:10]).isoformat() if due else None,
        "offers": (
            *(_offers(office, debt, owed) if debt.strategy and owed else ()),
            *_arranged(session, debt),
        ),
        "last_said": _last_said(session, standing),
        "written": tuple(_written(session, office, standing)),
        "notes": tuple(_notes(session, office, standing)),
    }


def _offers(office: Office, debt: Debt, owed: int) -> list[str]:
    """Answer what may be offered now, of what is owed now, and how far an agent may go alone."""
    strategy = office.strategies.get(debt.strategy or "", debt.strategy_version or 1)
    offers: list[str] = []
    for name, terms in strategy.offers.items():
        total = Money(int(owed * terms.pays_percent / 100), debt.currency)
        parts = f" in {terms.instalments} instalments" if terms.instalments > 1 else ""
        alone = Money(int(owed * Decimal(terms.agent_percent) / 100), debt.currency)
        waives = f"; alone you may waive up to {alone}" if alone.minor else ""
        offers.append(f"{name}: {total}{parts}, open {terms.valid_days} days{waives}")
    return offers


def _about(session: Session, item: WorkItem, now: datetime) -> Iterable[str]:
    """Answer what a review is about: what is missing, the terms to approve, a complaint's clock."""
    if item.kind == TaskKind.READINESS:
        for gap in session.get_one(Debt, item.debt_id).readiness.get("gaps", ()):
            state = "blocks" if gap["blocking"] else "noted"
            yield f"{gap['code']} ({state}): {gap['advice']}"
    if ended := ENDS.get(TaskKind(item.kind)):
        stops = ", ".join(ended)
        yield f"resolved ends what stops the debt ({stops}), and contact goes on at once"
    if item.kind == TaskKind.APPROVAL and "arrangement" in item.facts:
        row = session.get_one(Arrangement, UUID(item.facts["arrangement"]))
        terms = terms_of(row)
        yield f"{row.kind} {short(row)} over {Money(terms.total, row.currency)}, {row.status}"
        if terms.waives:
            yield f"waives {Money(terms.waives, row.currency)}"
        if len(terms.instalments) > 1:
            yield f"in {len(terms.instalments)} instalments"
        yield f"proposed by {row.proposed_by} at {row.proposed_at:%Y-%m-%d %H:%M} UTC: {row.reason}"
        yield "a second person decides (four eyes): whoever proposed it can't"
    if item.kind == TaskKind.COMPLAINT:
        told = complaint.shown(session, item, now)
        zone = ZoneInfo(told.zone)
        yield f"about {told.about}, came by {told.channel} at {local(told.received_at, zone)}"
        heard = (
            f"acknowledged at {local(told.acknowledged_at, zone)}"
            if told.acknowledged_at
            else f"to acknowledge before {local(told.acknowledge_by, zone)}: cession desk acknowledge"
        )
        yield heard
        yield f"to answer before {local(told.answer_by, zone)} ({told.source})"
        if told.body:
            yield f"who is not content may go to {told.body}"


def _arranged(session: Session, debt: Debt) -> Iterable[str]:
    """Answer what was agreed, and what a second person approved and may be offered now.

    What still waits for an approval is not among them: it must not be shown to the debtor.
    """
    for row in of_debt(session, debt.id):
        total = Money(terms_of(row).total, row.currency)
        if row.status == ArrangementStatus.ACTIVE:
            yield f"a {row.kind} over {total} runs: cession plan show {short(row)}"
        elif row.status in (ArrangementStatus.APPROVED, ArrangementStatus.OFFERED):
            yield f"{row.kind} {short(row)} over {total}, {row.status}: cession plan offer or accept"


def _notes(session: Session, office: Office, standing: Standing) -> Iterable[str]:
    key = office.store.keys.person_key(session, standing.debtor.id)
    for item in work.of_debt(session, standing.debt.id):
        if noted := notes(key, item):
            yield f"{item.kind}, {item.outcome_by or item.lease_by}: {noted}"


def _last_said(session: Session, standing: Standing) -> tuple[str, ...]:
    zone = ZoneInfo(zone_name(standing))
    rows = session.exec(
        select(ContactRow)
        .where(
            col(ContactRow.debt_id) == standing.debt.id,
            col(ContactRow.state).in_((ContactState.SENT, ContactState.UNKNOWN, "received")),
        )
        .order_by(col(ContactRow.at).desc())
        .limit(SAID)
    ).all()
    return tuple(
        f"{local(row.at, zone)}  {row.channel} "
        f"{'from the debtor' if row.direction == Direction.IN else row.step or row.purpose}"
        f"{f': {row.outcome}' if row.outcome else ''}"
        for row in rows
    )


def _written(session: Session, office: Office, standing: Standing) -> Iterable[str]:
    """Answer the last messages of the person, about whichever of their debts, latest first."""
    zone = ZoneInfo(zone_name(standing))
    key = office.store.keys.person_key(session, standing.debtor.id)
    rows = session.exec(
        select(ContactRow)
        .where(
            col(ContactRow.debtor_id) == standing.debtor.id,
            col(ContactRow.direction) == Direction.IN,
            col(ContactRow.sealed).is_not(None),
        )
        .order_by(col(ContactRow.at).desc())
        .limit(SAID)
    ).all()
    for row in rows:
        text = str(key.open_json(row.sealed or b"").get("text", ""))
        shown = "".join(each if each.isprintable() else " " for each in text[:LONGEST]).strip()
        cut = " …" if len(text) > LONGEST else ""
        yield f"{local(row.at, zone)}  {row.channel}: {shown}{cut}"
