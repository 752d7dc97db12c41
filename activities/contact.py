"""One contact: decided and reserved in one transaction, then sent at most once."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import structlog
from sqlmodel import Session
from temporalio import activity

from activities import quality, register
from activities.document import file_sent
from activities.legal import Judgement, judge
from activities.message import UnfitMessageError, Written, write
from activities.office import Office, business_now
from activities.standing import (
    advance,
    owed,
    own_contacts,
    project,
    sent_so_far,
    share,
    zone_name,
)
from connectors.base import Connector, NoConnectorError
from models.case import Answer, Ask, CheckAsk, Contact, SendAsk, Stage, TaskKind, Wait
from models.contact import Channel, ContactState, Mode, Purpose
from models.law import Decision
from models.message import (
    Accepted,
    CannotTell,
    Delivery,
    Doubt,
    NotFound,
    OutboundMessage,
    Refused,
    Sighting,
)
from models.tables import ContactRow
from models.tables import Decision as DecisionRow
from rules.next_move import CHANNELS
from rules.schedule import when
from store import case as records
from store import contact as contacts
from store import debt as debts
from store import debtor as debtors
from store import work
from store.engine import insert_once
from store.standing import Logged, Standing, stand

RESERVED_FOR = timedelta(minutes=10)
"""A reservation lives this long, or to the end of the allowed interval if that is earlier."""

ONCE_WITHIN = timedelta(days=1)
"""A step that was done less than this ago is refused outright: a last guard, beside the rules."""

DELIVERY = 60.0
"""Seconds for a provider to take a message; with ``LOOKUP`` below the activity's two minutes."""

LOOKUP = 20.0
"""Seconds for a provider to say whether it took one."""

PATIENCE = 4.0
"""Seconds a local activity waits for the store before the case asks again on a timer."""

GO = Answer(go=True)
"""Yes and nothing else: what follows is told by the sending."""

_CODE = re.compile(r"(?!.*[0-9]{4})[A-Za-z][A-Za-z0-9_.-]{0,63}")

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def contact_id(debt: UUID, epoch: int, ordinal: int) -> UUID:
    """Answer the id of a try, the same for every repetition of it."""
    return uuid5(debt, f"{epoch}:{ordinal}")


class ContactActivities:
    """Collaborators are handed in, so that tests hand in others."""

    def __init__(self, office: Office) -> None:
        self.office = office

    @activity.defn(no_thread_cancel_exception=True)
    def legal_check(self, ask: CheckAsk) -> Answer:
        """Decide and reserve under the debtor's lock.

        Idempotent by the contact's id: a repeated run finds its own valid reservation and does
        not count itself; what is sending, sent or in doubt is left to ``send``.
        """
        register.refresh(self.office, ask.debt, ask.contact, ask.now)
        with self.office.store.writing(patience=PATIENCE) as session:
            return check(session, self.office, ask, ask.contact, "check")

    @activity.defn
    async def send(self, ask: SendAsk) -> Answer:
        """Send what is reserved, at most once.

        A retry that finds ``sending`` never sends again: it asks the provider by our contact id,
        else the doubt goes to a person. That the provider's record does not show the message
        proves nothing before that record is complete. Unknown counts toward every cap.
        """
        now = business_now(ask.shift)
        ident = contact_id(ask.debt, ask.epoch, ask.ordinal)
        begun = now
        found = await self.office.stored(lambda: self._begin(ask, ident, now))
        match found:
            case Answer():
                return found
            case Written(message=message):
                way = self._way(message.mode, message.channel)
                result = await _deliver(way, message)
            case ContactRow() as row:
                way = self._way(Mode(row.mode), Channel(row.channel))
                result, begun = Doubt(reason="interrupted"), row.at
        if isinstance(result, Doubt) and way is not None:
            seen = await _lookup(way, ident)
            settled = way.settles is not None and begun + way.settles <= now
            result = _cleared(result, seen, settled=settled)
        name = way.name if way else None
        return await self.office.stored(lambda: self._record(ask, ident, result, name, now))

    def _way(self, mode: Mode, channel: Channel) -> Connector | None:
        try:
            return self.office.connectors.choose(mode, channel)
        except NoConnectorError:
            return None

    def _begin(self, ask: SendAsk, ident: UUID, now: datetime) -> Answer | Written | ContactRow:
        """Move reserved to sending, or say what else is to be done."""
        with self.office.store.reading() as session:
            row = contacts.by_id(session, ident)
        match ContactState(row.state):
            case ContactState.RESERVED:
                return self._leave(ask, row, now) or self._begin(ask, ident, now)
            case ContactState.SENDING:
                return row
            case (
                ContactState.RELEASED
                | ContactState.SENT
                | ContactState.NOT_SENT
                | ContactState.UNKNOWN
            ):
                return self._advance(ask, now, f"{row.channel} {row.state}")

    def _leave(self, ask: SendAsk, seen: ContactRow, now: datetime) -> Answer | Written | None:
        """Write the message, repeat the whole gate under the lock, commit ``sending``.

        None when another attempt was faster: a worker that stood still is overtaken by its retry.
        """
        contact = reserved(seen)
        try:
            with self.office.store.reading() as session:
                standing = stand(session, ask.debt, now, debtor_id=contact.debtor)
                written = write(session, self.office, standing, contact, seen.id, now)
        except UnfitMessageError as unfit:
            return self._unfit(ask, seen, unfit, now)
        with self.office.store.writing() as session:
            standing = stand(session, ask.debt, now, debtor_id=contact.debtor)
            row = standing.row(seen.id)
            if row.state != ContactState.RESERVED:
                return None
            judged = judge(
                session,
                self.office,
                standing,
                contact,
                now,
                besides=row.id,
                said=written.said,
            )
            record_decision(session, judged, standing, contact, row.id, "send", row.decision_id)
            moved = standing.version != written.version
            if moved or judged.decision.kind != "allow":
                reason = "ledger_moved" if judged.decision.kind == "allow" else judged.decision.rule
                contacts.append(
                    session, row, "released", at=now, observed_at=self._wall(), reason=reason or ""
                )
                return again(standing, now, f"rechecked:{reason}")
            if late := self._overtaken(session, ask, row, now):
                return late
            row.at = now
            row.template, row.template_version = written.template, written.template_version
            row.sha256, row.sealed, row.owed_minor = written.sha256, written.sealed, written.owed
            file_sent(session, self.office, standing, row, written)
            contacts.append(session, row, "sending", at=now, observed_at=self._wall())
        return written

    def _overtaken(
        self, session: Session, ask: SendAsk, row: ContactRow, now: datetime
    ) -> Answer | None:
        """What the case does instead of a contact whose reservation ran out; None: it still wants it.

        Behind a provider's rate limit messages queue for longer than a reservation lives: were each
        sent back to the check, and so to the end of the queue, nothing would ever leave.
        """
        if row.expires_at is not None and row.expires_at > now:
            return None
        answer = advance(session, self.office, ask.debt, ask.epoch, now)
        owner = debts.get(session, row.debt_id).debtor_id
        match answer.move:
            case Contact() as wish if (wish.step, wish.channel, wish.debtor or owner) == (
                row.step,
                row.channel,
                row.debtor_id,
            ):
                return None
            case _:
                pass
        contacts.append(
            session, row, "released", at=now, observed_at=self._wall(), reason="expired"
        )
        return answer.model_copy(update={"did": f"{row.channel} not sent: its time ran out"})

    def _record(
        self, ask: SendAsk, ident: UUID, result: Delivery, provider: str | None, now: datetime
    ) -> Answer:
        with self.office.store.writing() as session:
            # Whoever it went to is in the log: stops and contacts are read of the person.
            sent_to = contacts.by_id(session, ident).debtor_id
            standing = stand(session, ask.debt, now, debtor_id=sent_to)
            row = standing.row(ident)
            current = standing if sent_to == standing.debt.debtor_id else None
            match result:
                case Accepted(provider_id=provider_id):
                    row.provider, row.provider_id = provider, provider_id
                    state, reason = "sent", ""
                case Refused(reason=reason, permanent=permanent):
                    state, reason = "not_sent", as_code(reason)
                    if permanent and row.number:
                        debtors.kill_point(session, row.number, "bounced", now)
                        current = None
                case Doubt(reason=reason):
                    state = "unknown"
            wall = self._wall()
            moved = contacts.append(session, row, state, at=now, observed_at=wall, reason=reason)
            if moved and state == "unknown":
                _open_doubt(session, self.office, row, now)
            row.crossed = row.crossed or standing.unposted > 0
            session.add(row)
            _note_notice(session, standing, row, now)
            self._say(session, standing, row, now)
            answer = advance(session, self.office, ask.debt, ask.epoch, now, current)
        log.info("contact.recorded", channel=row.channel, state=state)
        did = f"{row.channel} {state} ({row.step})"
        return answer.model_copy(update={"did": f"{did}: {reason}" if reason else did})

    def _unfit(
        self, ask: SendAsk, seen: ContactRow, unfit: UnfitMessageError, now: datetime
    ) -> Answer:
        """A message that must not be sent blocks its step and goes to a person."""
        contact = reserved(seen)
        with self.office.store.writing() as session:
            standing = stand(session, ask.debt, now, debtor_id=contact.debtor)
            row = standing.row(seen.id)
            contacts.append(
                session, row, "released", at=now, observed_at=self._wall(), reason=unfit.code
            )
            pack = self.office.law.merged(standing.debt.jurisdiction, standing.debt.sub)
            judged = Judgement.refused(pack, unfit.code, unfit.advice, now)
            record_decision(session, judged, standing, contact, row.id, "send", row.decision_id)
            if unfit.code.startswith("WORDING-"):
                quality.enter(
                    session,
                    standing.debt,
                    row.debtor_id,
                    f"message:{contact.template}",
                    rules=(unfit.code, *filter(None, unfit.what.split(", "))),
                    now=now,
                    what="message",
                    of=contact.template,
                )
            answer = advance(session, self.office, ask.debt, ask.epoch, now)
        return answer.model_copy(update={"did": f"message refused: {unfit.code}"})

    def _advance(self, ask: SendAsk, now: datetime, did: str) -> Answer:
        with self.office.store.writing() as session:
            answer = advance(session, self.office, ask.debt, ask.epoch, now)
        return answer.model_copy(update={"did": did})

    def _say(self, session: Session, standing: Standing, row: ContactRow, now: datetime) -> None:
        records.act(
            session,
            at=now,
            observed_at=self._wall(),
            debt_id=row.debt_id,
            debtor_id=row.debtor_id,
            what=f"contact.{row.state}",
            reason=row.step or row.purpose,
            actor="case",
            strategy=row.strategy,
            packs=standing.debt.facts.get("packs", {}),
            facts={"contact": str(row.id), "channel": row.channel},
        )

    def _wall(self) -> datetime:
        return self.office.clock.now()


def as_code(reason: str) -> str:
    """Answer a provider's reason if it is a code; a sentence or a number might name a person."""
    return reason if _CODE.fullmatch(reason) else "unnamed"


def reserved(row: ContactRow) -> Contact:
    """Answer what was asked for when a contact was reserved."""
    return Contact(
        step=row.step or "",
        channel=Channel(row.channel),
        purpose=Purpose(row.purpose),
        template=row.template or "",
        debtor=row.debtor_id,
    )


def check(session: Session, office: Office, ask: Ask, contact: Contact, moment: str) -> Answer:
    """Decide about one contact and reserve it; the caller holds a writing transaction."""
    now = ask.now
    ident = contact_id(ask.debt, ask.epoch, ask.ordinal)
    standing = stand(session, ask.debt, now, debtor_id=contact.debtor, hurried=True)
    known = next((row for row in standing.log if row.id == ident), None)
    if known is not None and _stands(known, contact, now):
        return GO
    own = contacts.by_id(session, ident) if known is not None else None
    _release_others(session, office, standing, ident, now)
    pack = office.law.merged(standing.debt.jurisdiction, standing.debt.sub)
    judged = (
        Judgement.refused(pack, "HOUSE-ONCE", "this step has just been done", now)
        if _just_done(standing, contact, now)
        else judge(session, office, standing, contact, now, besides=ident)
    )
    asked = f"{ask.asked}:{ask.now.isoformat()}"
    on_record = record_decision(session, judged, standing, contact, ident, moment, asked)
    decision = judged.decision
    if decision.kind == "allow":
        _reserve(session, standing, contact, own, judged, ask, on_record)
        return GO
    if own is not None and own.state == ContactState.RESERVED:
        contacts.append(
            session, own, "released", at=now, observed_at=office.clock.now(), reason="expired"
        )
    if decision.kind == "defer" and decision.until is not None:
        answer = _deferred(office, standing, contact, decision, ident)
        if moment == "check":
            # Else lists would show the case as overdue until then.
            project(session, standing, answer, now)
        return answer
    return again(standing, now, f"blocked:{decision.rule}").model_copy(
        update={"did": f"blocked by {decision.rule}"}
    )


def again(standing: Standing, now: datetime, why: str) -> Answer:
    """Make the case ask for its next move at once."""
    return Answer(
        move=Wait(until=now, why=why),
        did=why,
        stage=Stage(standing.debt.stage),
        contacts=sent_so_far(standing),
        owed=owed(standing),
    )


def record_decision(  # noqa: PLR0917
    session: Session,
    judged: Judgement,
    standing: Standing,
    contact: Contact,
    ident: UUID,
    moment: str,
    asked: object,
) -> UUID:
    """Put on record what was decided, by which rules and versions, on which balance.

    Keyed by contact, moment and what it was ``asked`` for (a question, or the reservation that is
    judged again), so that a repeated run writes nothing new.
    """
    decision = judged.decision
    key = uuid5(ident, f"{moment}:{asked}")
    row = DecisionRow(
        id=key,
        debt_id=standing.debt.id,
        debtor_id=standing.debtor.id,
        contact_id=ident,
        step=contact.step,
        channel=contact.channel,
        purpose=contact.purpose,
        at=judged.at,
        moment=moment,
        kind=decision.kind,
        until=decision.until,
        rule=decision.rule,
        failures=[
            {
                "rule": failure.rule,
                "decision": failure.decision,
                "until": failure.until.isoformat() if failure.until else None,
                "why": failure.why,
                "source": failure.source,
            }
            for failure in decision.failures
        ],
        flags=list(decision.flags),
        packs=dict(decision.pack_versions),
        pack_sha=decision.pack_sha,
        owed_minor=owed(standing),
        ledger_seq=standing.version,
        mode=standing.debt.mode,
    )
    insert_once(session, row, "id")
    return key


def _stands(own: ContactRow | Logged, contact: Contact, now: datetime) -> bool:
    """Whether an earlier run of this very check already holds."""
    if own.state in (ContactState.SENDING, ContactState.SENT, ContactState.UNKNOWN):
        return True
    return (
        own.state == ContactState.RESERVED
        and own.step == contact.step
        and own.channel == contact.channel
        and own.expires_at is not None
        and own.expires_at > now
    )


def _just_done(standing: Standing, contact: Contact, now: datetime) -> bool:
    """Whatever the facts seem to say, no step goes out twice within a day."""
    return any(
        row.step == contact.step
        and row.state in (ContactState.SENDING, ContactState.SENT, ContactState.UNKNOWN)
        and abs(row.at - now) < ONCE_WITHIN
        for row in own_contacts(standing)
    )


def _reserve(  # noqa: PLR0917
    session: Session,
    standing: Standing,
    contact: Contact,
    own: ContactRow | None,
    judged: Judgement,
    ask: Ask,
    decision: UUID,
) -> None:
    debt = standing.debt
    row = own or ContactRow(
        id=contact_id(ask.debt, ask.epoch, ask.ordinal),
        debtor_id=standing.debtor.id,
        debt_id=debt.id,
        epoch=ask.epoch,
        ordinal=ask.ordinal,
        channel=contact.channel,
        state=ContactState.RESERVED,
        at=ask.now,
    )
    row.step, row.channel, row.purpose = contact.step, contact.channel, contact.purpose
    row.party = judged.party
    row.point_id, row.number = judged.point_id, judged.number
    row.mode, row.template = debt.mode, contact.template
    row.state = ContactState.RESERVED
    row.at = ask.now
    row.expires_at = min(
        judged.decision.valid_until or ask.now + RESERVED_FOR, ask.now + RESERVED_FOR
    )
    row.decision_id = decision
    row.strategy = debt.strategy_ref
    session.add(row)
    session.flush()


def _release_others(
    session: Session, office: Office, standing: Standing, ident: UUID, now: datetime
) -> None:
    """An older try of this debt that was reserved and never sent gives its place back."""
    for row in standing.log:
        if (
            isinstance(row, ContactRow)
            and row.debt_id == standing.debt.id
            and row.id != ident
            and row.ordinal is not None
            and row.state == ContactState.RESERVED
            and row.agent == "machine"
        ):
            contacts.append(
                session,
                row,
                "released",
                at=now,
                observed_at=office.clock.now(),
                reason="superseded",
            )


def _deferred(
    office: Office, standing: Standing, contact: Contact, decision: Decision, ident: UUID
) -> Answer:
    assert decision.until is not None
    until = decision.until + share(ident, office.spread)
    return Answer(
        move=Wait(
            until=until,
            why=f"law:{decision.rule}",
            text=f"{CHANNELS[contact.channel]}, {contact.template.replace('_', ' ')}: "
            f"{when(until, zone_name(standing))}, as {decision.rule} wants",
            then=contact,
        ),
        did=f"deferred by {decision.rule}",
        stage=Stage(standing.debt.stage),
        contacts=sent_so_far(standing),
        owed=owed(standing),
    )


async def _deliver(way: Connector | None, message: OutboundMessage) -> Delivery:
    """Hand a message over in bounded time, so that no retry begins while this still runs."""
    if way is None:
        return Refused(reason="no_connector", permanent=False)
    try:
        async with asyncio.timeout(DELIVERY):
            return await way.deliver(message)
    except TimeoutError:
        return Doubt(reason="timeout")


async def _lookup(way: Connector, ident: UUID) -> Sighting:
    try:
        async with asyncio.timeout(LOOKUP):
            return await way.lookup(ident)
    except TimeoutError:
        return CannotTell(reason="timeout")


def _cleared(doubt: Doubt, seen: Sighting, *, settled: bool) -> Delivery:
    """What the provider's record makes of a doubt; ``settled``: by now it shows all it ever will."""
    match seen:
        case Accepted():
            return seen
        case NotFound() if settled:
            return Refused(reason=doubt.reason, permanent=False)
        case NotFound() | CannotTell():
            return doubt


def _note_notice(session: Session, standing: Standing, row: ContactRow, now: datetime) -> None:
    """A notice of assignment that left is on record; that it arrived needs evidence.

    A validation notice names the new creditor and is one too (12 CFR 1006.34(c)(2)(v)).
    """
    notices = (Purpose.ASSIGNMENT_NOTICE, Purpose.VALIDATION)
    if row.purpose in notices and row.state == ContactState.SENT:
        standing.debt.notice_sent_at = standing.debt.notice_sent_at or now
        session.add(standing.debt)


def _open_doubt(session: Session, office: Office, row: ContactRow, now: datetime) -> None:
    work.open(
        session,
        debt_id=row.debt_id,
        debtor_id=row.debtor_id,
        epoch=row.epoch,
        kind=TaskKind.DOUBT_REVIEW,
        step=f"{row.ordinal}",
        now=now,
        due_at=now + office.review_time,
        contact_id=row.id,
    )
