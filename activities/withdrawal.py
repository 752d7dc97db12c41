"""Letters that the printer still has, and that must not go: asked back, and taken back if it can be."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from sqlmodel import Session, col, select

from activities.office import Office
from connectors.base import Recalling
from models.contact import Channel, ContactState, Mode, Purpose
from models.facts import StopFact
from models.message import Gone, Withdrawn
from models.tables import ContactEvent, ContactRow, InboxItem
from rules.withdrawal import reason
from store import case as records
from store import contact as contacts
from store import debt as debts
from store import debtor as debtors
from store.engine import insert_once
from store.standing import Logged

WITHDRAWAL = "withdrawal"
"""Kind of the notice by which one transaction asks for what is done outside of it."""

AT_THE_PRINTER = timedelta(days=14)
"""After so long no letter is asked back: it has arrived, or nobody prints it."""

IN_THE_POST = timedelta(days=7)
"""A letter that was handed over this long ago and is gone may still be under way: it crosses."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def ask_back(  # noqa: PLR0917
    session: Session,
    office: Office,
    contacted: Iterable[ContactRow | Logged],
    owed: int,
    stops: Iterable[StopFact],
    now: datetime,
) -> None:
    """Ask back, once each, the letters of a debt that were handed over and must not go now.

    In the transaction that learns why; the relay does it, so that a printer may be slow. ``owed`` is
    in minor units. Only what its connector can take back is asked.
    """
    way = office.connectors.live.get(Channel.LETTER)
    if not isinstance(way, Recalling):
        return
    for row in contacted:
        if (
            not isinstance(row, ContactRow)
            or (row.channel, row.state, row.mode) != (Channel.LETTER, ContactState.SENT, Mode.LIVE)
            or row.provider != way.name
            or row.outcome not in (None, "sent")
            or row.at + AT_THE_PRINTER < now
        ):
            continue
        since = [stop for stop in stops if stop.entered_at >= row.at]
        if why := reason(Purpose(row.purpose), row.owed_minor, owed, since):
            item = InboxItem(
                id=uuid4(),
                provider="house",
                external_id=f"{WITHDRAWAL}:{row.id}",
                kind=WITHDRAWAL,
                debt_id=row.debt_id,
                debtor_id=row.debtor_id,
                facts={"contact": str(row.id), "why": why},
                sealed=b"",
                received_at=now,
                observed_at=office.clock.now(),
            )
            insert_once(session, item, "provider", "external_id")


async def take_back(office: Office, inbox_id: UUID) -> None:
    """Take one letter back, if its printer still has it; safe to repeat.

    One that is gone goes: it says of which day it is and what who has paid need do, and is reported as
    crossed while it may be under way.
    """
    asked = await office.stored(lambda: _asked(office, inbox_id))
    if asked is None:
        return
    contact, why, posted = asked
    way = office.connectors.live.get(Channel.LETTER)
    answer = Gone(reason="no_connector")
    if posted:
        answer = Gone(reason="posted")
    elif isinstance(way, Recalling):
        answer = await way.withdraw(contact)
    await office.stored(lambda: _record(office, contact, why, answer))


def _asked(office: Office, inbox_id: UUID) -> tuple[UUID, str, bool] | None:
    with office.store.reading() as session:
        item = session.get_one(InboxItem, inbox_id)
        row = contacts.find(session, UUID(item.facts["contact"]))
        if row is None or row.state != ContactState.SENT:
            return None
        told = session.exec(
            select(ContactEvent.id).where(
                col(ContactEvent.contact_id) == row.id,
                col(ContactEvent.kind).in_(("sent", "delivered", "returned")),
                col(ContactEvent.external_id).is_not(None),
            )
        ).first()
        return row.id, item.facts["why"], told is not None


def _record(office: Office, contact: UUID, why: str, answer: Withdrawn | Gone) -> None:
    now = office.clock.now()
    with office.store.writing() as session:
        debtors.lock(session, contacts.by_id(session, contact).debtor_id)
        row = contacts.by_id(session, contact)
        back = isinstance(answer, Withdrawn)
        kind = "withdrawn" if back else "gone"
        new = contacts.append(
            session,
            row,
            kind,
            at=now,
            observed_at=office.clock.now(),
            external_id=WITHDRAWAL,
            reason=why if back else answer.reason,
        )
        if not new:
            return
        if back:
            _not_noticed(session, row)
        elif row.at + IN_THE_POST > now:
            row.crossed = True
        session.add(row)
        records.act(
            session,
            at=now,
            observed_at=office.clock.now(),
            debt_id=row.debt_id,
            debtor_id=row.debtor_id,
            what=f"contact.{kind}",
            reason=why,
            actor="case",
            strategy=row.strategy,
            packs=debts.get(session, row.debt_id).facts.get("packs", {}),
            facts={"contact": str(row.id), "channel": row.channel},
        )
    log.info("contact.withdrawal", taken_back=back, why=why)


def _not_noticed(session: Session, row: ContactRow) -> None:
    """A notice that was taken back was not sent; an earlier one stays what it is."""
    if row.purpose not in (Purpose.ASSIGNMENT_NOTICE, Purpose.VALIDATION):
        return
    debt = debts.get(session, row.debt_id)
    others = [
        each.at
        for each in contacts.of_debt(session, row.debt_id)
        if each.id != row.id
        and each.purpose in (Purpose.ASSIGNMENT_NOTICE, Purpose.VALIDATION)
        and each.state == ContactState.SENT
    ]
    debt.notice_sent_at = min(others, default=None)
    session.add(debt)
