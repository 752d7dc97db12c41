"""The desk: take a work item under a lease, speak lawfully, report what came of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlmodel import Session, col, func, select

from activities import bank, complaint, fact, quality
from activities.arrangement import ArrangementRefusalError, decide
from activities.bank import PARKED
from activities.contact import ONCE_WITHIN, check, contact_id, record_decision
from activities.document import issue
from activities.hands import DeskRefusalError, fit_or_refused, here_or_refused
from activities.ledger import zone_of_debt
from activities.legal import judge
from activities.message import UnfitMessageError
from activities.office import Office
from activities.payment import book_inbox
from activities.preparation import assess, change_law
from activities.regard import vulnerability
from activities.standing import EARLIER_ASSIGNMENT, FORWARD, protected_until, time_barred
from models.case import FAR, CheckAsk, Contact, TaskKind, Wait
from models.contact import Channel, ContactState, Outcome, Purpose
from models.desk import Report, Result
from models.law import Known
from models.money import Money, MoneyError
from models.stop import Scope, StopKind
from models.tables import ContactRow, Debt, InboxItem, Promise, Stop, WorkItem
from models.wording import Judgement, WordingContext
from rules.place import countries_of_zone, laws_of_move, moved_to, parts_of, zones_of_move
from store import case as records
from store import contact as contacts
from store import debt as debts
from store import debtor as debtors
from store import payment as money
from store import staff, work
from store import stop as stops
from store.keys import PersonKey
from store.standing import stand

LEASE = timedelta(minutes=30)
"""An agent has the person to herself for this long; a call and its report fit well inside."""

ROUND = timedelta(hours=9)
"""A visit is taken in the morning for a round of the day; the door is checked anew."""

_SPOKEN: dict[TaskKind, Channel] = {TaskKind.CALL: Channel.PHONE, TaskKind.VISIT: Channel.VISIT}

PHONE_OUTCOMES = (
    Outcome.CONVERSATION, Outcome.NO_ANSWER, Outcome.BUSY, Outcome.NOT_IN_SERVICE,
    Outcome.VOICEMAIL_MSG, Outcome.VOICEMAIL_NO_MSG, Outcome.ANSWERED_DROPPED,
    Outcome.THIRD_PARTY, Outcome.WRONG_PARTY,
)  # fmt: skip
VISIT_OUTCOMES = (Outcome.MET, Outcome.NOT_MET, Outcome.THIRD_PARTY, Outcome.WRONG_PARTY)

_NOT_HERE = (Outcome.THIRD_PARTY, Result.STOP_CHANNEL)
"""Somebody else answered and said not to call there again."""

_TALKS = (
    Result.NONE, Result.PROMISE, Result.REFUSED, Result.CALLBACK, Result.DISPUTE,
    Result.STOP_CHANNEL, Result.CEASE, Result.ATTORNEY, Result.BANKRUPTCY, Result.DECEASED,
    Result.MINOR, Result.IDENTITY_THEFT, Result.VULNERABLE, Result.SELF_HARM, Result.MOVED,
    Result.WONT_PAY_BARRED, Result.COMPLAINT,
)  # fmt: skip

CHOICES: dict[TaskKind, tuple[Result, ...]] = {
    TaskKind.CALL: _TALKS,
    TaskKind.VISIT: _TALKS,
    TaskKind.LEGAL_REVIEW: (Result.ESCALATE, Result.RETURN, Result.END_CASE),
    TaskKind.VERIFICATION: (Result.VERIFIED, Result.PUTBACK, Result.RESOLVED),
    TaskKind.PAYMENT_REVIEW: (
        Result.CONFIRM_PAYMENT,
        Result.REJECT_PAYMENT,
        Result.FORWARDED,
        Result.RESOLVED,
    ),
    TaskKind.DOUBT_REVIEW: (Result.WAS_SENT, Result.NOT_SENT),
    TaskKind.APPROVAL: (Result.APPROVE, Result.DECLINE),
    TaskKind.REPLY_REVIEW: (Result.RESOLVED, Result.COMPLAINT, Result.END_CASE),
    TaskKind.COMPLAINT: (Result.UPHELD, Result.PARTLY_UPHELD, Result.NOT_UPHELD),
    TaskKind.CEASE_REVIEW: (Result.FINAL_NOTICE, Result.RESOLVED, Result.END_CASE),
    TaskKind.IDENTITY_REVIEW: (Result.RESOLVED, Result.PUTBACK, Result.END_CASE),
    TaskKind.CREDIT_REVIEW: (Result.RESOLVED,),
    TaskKind.PUTBACK_REVIEW: (Result.PUTBACK, Result.RETURN),
    TaskKind.OWNERSHIP_REVIEW: (Result.RESOLVED, Result.OTHER_OWNER, Result.END_CASE),
    TaskKind.VULNERABILITY_REVIEW: (Result.RESOLVED, Result.KEEP_PAUSE, Result.END_CASE),
}
"""What an item of each kind may be closed with; the others take resolved or end_case."""

ENDS: dict[TaskKind, tuple[StopKind, ...]] = {
    TaskKind.VERIFICATION: (StopKind.DISPUTE, StopKind.ORIGINAL_CREDITOR_REQUEST),
    TaskKind.CEASE_REVIEW: (StopKind.CEASE,),
    TaskKind.ATTORNEY_REVIEW: (StopKind.ATTORNEY,),
    TaskKind.CLAIM_FILING: (StopKind.BANKRUPTCY,),
    TaskKind.ESTATE_REVIEW: (StopKind.DECEASED,),
    TaskKind.GUARDIAN_REVIEW: (StopKind.MINOR,),
    TaskKind.IDENTITY_REVIEW: (StopKind.IDENTITY_THEFT,),
    TaskKind.PARTY_REVIEW: (StopKind.WRONG_PARTY,),
    TaskKind.VULNERABILITY_REVIEW: (StopKind.VULNERABILITY,),
    TaskKind.RELOCATION_REVIEW: (StopKind.RELOCATION,),
    TaskKind.REPLY_REVIEW: (StopKind.REPLY_REVIEW,),
    TaskKind.OWNERSHIP_REVIEW: (StopKind.COMPETING_ASSIGNMENT,),
}
"""Which stops a resolved review ends: each state has the exit of its own kind."""


_COUNTRY = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


class NoteRefusedError(DeskRefusalError):
    """A note holds wording that we neither keep nor use; ``refused_note`` puts that on record."""

    def __init__(self, item: UUID, rules: tuple[str, ...], why: str) -> None:
        super().__init__(f"the note holds wording we do not keep or use: {why}")
        self.item = item
        self.rules = rules


@dataclass(frozen=True, slots=True)
class NotNow:
    """The law does not allow a contact now. Nothing was sent; the refusal is on record."""

    rule: str
    until: datetime | None
    """When it will; None if it never will as things stand, and the item was taken back."""

    def __str__(self) -> str:
        ends = (
            f"the item comes back at {self.until:%a %Y-%m-%d %H:%M} UTC"
            if self.until
            else ("the item was taken back and the case goes on without this contact")
        )
        return f"not now, because of {self.rule}: {ends}"


def queue(session: Session, now: datetime, *, kind: TaskKind | None = None) -> list[WorkItem]:
    """Answer open items, the most overdue first."""
    asked = select(WorkItem).where(col(WorkItem.status).in_(("open", "taken")))
    if kind:
        asked = asked.where(col(WorkItem.kind) == kind)
    rows = session.exec(asked.order_by(col(WorkItem.due_at), col(WorkItem.opened_at))).all()
    return [
        row
        for row in rows
        if (row.not_before is None or row.not_before <= now) and not lapsed(row, now)
    ]


def take(
    session: Session, office: Office, item_id: UUID, agent: str, now: datetime
) -> NotNow | None:
    """Lease the person to the agent; a call or visit passes the legal check again first.

    None when the item is the agent's. Raises ``DeskRefusalError`` when another agent holds the
    person or the item is not to be done any more.
    """
    item = find(session, item_id)
    debtors.lock(session, item.debtor_id)
    session.refresh(item)
    if item.status == "done":
        raise DeskRefusalError(f"item {item.id} is done already, by {item.outcome_by}")
    if item.status == "cancelled" or lapsed(item, now):
        raise DeskRefusalError(f"item {item.id} is not to be done any more; the case moved on")
    if item.kind == TaskKind.QA_REVIEW:
        raise DeskRefusalError(f"item {item.id} is for a supervisor: cession desk reviewed")
    if item.facts.get("complained_of") == agent:
        raise DeskRefusalError(f"the complaint is about {agent}; somebody else answers it")
    here_or_refused(session, agent, now)
    fit_or_refused(session, item, agent)
    before, ends = item.lease_by, item.lease_until
    mine = before == agent and item.status == "taken" and ends is not None and ends > now
    held = work.lease(session, item, agent, now, handed_until(session, item, agent, now))
    if held is not None:
        raise DeskRefusalError(
            f"{held.lease_by} works this person until {held.lease_until:%H:%M} UTC; take another"
        )
    channel = _SPOKEN.get(TaskKind(item.kind))
    if channel is not None and not mine:
        if before == agent and talking(session, item):
            refused = _asked_again(session, office, item, channel, now)
        elif talking(session, item):
            # Nobody knows whether they talked: the same person is not called again so soon.
            refused = NotNow("HOUSE-ONCE", now + ONCE_WITHIN)
        else:
            refused = _reserve_talk(session, office, item, channel, agent, now)
        if refused is not None:
            close_talk(session, office, item, "unknown", "lease_ran_out", before or agent, now)
            _put_back(session, item, refused, now)
            return refused
    put_on_record(session, item, "work.taken", agent, now, {})
    return None


def handed_until(session: Session, item: WorkItem, agent: str, now: datetime) -> datetime:
    """Answer until when an item is an agent's who takes it now: not beyond their own absence."""
    until = now + (ROUND if item.kind == TaskKind.VISIT else LEASE)
    return min(until, staff.leaves(staff.of(session, agent), now) or until)


def talking(session: Session, item: WorkItem) -> bool:
    """Whether a conversation was allowed for an item and nothing is known of it yet."""
    row = contacts.find(session, item.contact_id) if item.contact_id else None
    return row is not None and row.state == ContactState.SENDING


def close_talk(  # noqa: PLR0917
    session: Session,
    office: Office,
    item: WorkItem,
    state: str,
    reason: str,
    agent: str,
    now: datetime,
) -> bool:
    """End a conversation of which nothing was reported, as ``not_sent`` or ``unknown``.

    Answers whether there was one. The next one is checked anew. Call it under the debtor's lock.
    """
    open_still = talking(session, item)
    if item.contact_id is not None and open_still:
        row = contacts.by_id(session, item.contact_id)
        contacts.append(
            session,
            row,
            state,
            at=now,
            observed_at=office.clock.now(),
            reason=reason,
            actor=agent,
        )
    if TaskKind(item.kind) in _SPOKEN and item.status in work.LIVING:
        item.contact_id = None
        session.add(item)
    return open_still


def arrive(
    session: Session, office: Office, item_id: UUID, agent: str, now: datetime
) -> NotNow | None:
    """At the door, or right before dialling: ask the law again, as of this minute.

    None when it may go on. Otherwise the conversation did not take place, and the item comes back
    or was taken back. Raises ``DeskRefusalError`` when the agent does not hold it.
    """
    item = find(session, item_id)
    debtors.lock(session, item.debtor_id)
    session.refresh(item)
    channel = _SPOKEN.get(TaskKind(item.kind))
    if channel is None:
        raise DeskRefusalError(f"a {item.kind} speaks to nobody; there is nothing to check")
    if item.status == "cancelled" and item.lease_by == agent:
        close_talk(session, office, item, "not_sent", item.outcome or "cancelled", agent, now)
        item.lease_by = None
        put_on_record(session, item, "work.turned_back", agent, now, {"rule": item.outcome})
        return NotNow(item.outcome or "cancelled", None)
    _must_hold(item, agent)
    if not talking(session, item):
        raise DeskRefusalError(f"no conversation is open for item {item.id}; take it again")
    refused = _asked_again(session, office, item, channel, now)
    if refused is None:
        row = contacts.by_id(session, item.contact_id) if item.contact_id else None
        if row is not None:
            row.at = now
            session.add(row)
        put_on_record(session, item, "work.arrived", agent, now, {})
        return None
    close_talk(session, office, item, "not_sent", refused.rule, agent, now)
    _put_back(session, item, refused, now)
    put_on_record(session, item, "work.turned_back", agent, now, {"rule": refused.rule})
    return refused


def still_lawful(session: Session, office: Office, item: WorkItem, now: datetime) -> str | None:
    """Answer the rule by which a conversation in progress must end now; None if it may go on."""
    channel = _SPOKEN.get(TaskKind(item.kind))
    if channel is None or not talking(session, item):
        return None
    refused = _asked_again(session, office, item, channel, now)
    return refused.rule if refused else None


def _asked_again(
    session: Session, office: Office, item: WorkItem, channel: Channel, now: datetime
) -> NotNow | None:
    """Judge a conversation that was allowed before by what is known now; it never counts itself."""
    assert item.contact_id is not None
    standing = stand(session, item.debt_id, now)
    contact = _talk(item, channel)
    judged = judge(session, office, standing, contact, now, besides=item.contact_id)
    record_decision(session, judged, standing, contact, item.contact_id, "arrive", now.isoformat())
    decision = judged.decision
    if decision.kind == "allow":
        return None
    return NotNow(decision.rule or "blocked", decision.until if decision.kind == "defer" else None)


def contact_of(session: Session, item_id: UUID) -> tuple[UUID, Contact] | None:
    """The debt and the conversation that taking an item would be; None of any other work."""
    item = find(session, item_id)
    channel = _SPOKEN.get(TaskKind(item.kind))
    return None if channel is None else (item.debt_id, _talk(item, channel))


def _talk(item: WorkItem, channel: Channel) -> Contact:
    return Contact(step=item.step, channel=channel, purpose=Purpose.COLLECTION, template="call")


def lapsed(item: WorkItem, now: datetime) -> bool:
    """Whether the case has given up waiting for a conversation; a review waits until it is done."""
    return (
        TaskKind(item.kind) in _SPOKEN
        and item.status == "open"
        and item.escalated_at is not None
        and item.due_at <= now
    )


def _reserve_talk(  # noqa: PLR0917
    session: Session, office: Office, item: WorkItem, channel: Channel, agent: str, now: datetime
) -> NotNow | None:
    debt = debts.get(session, item.debt_id)
    ordinal = _next_hand_ordinal(session, debt)
    contact = _talk(item, channel)
    ask = CheckAsk(debt=debt.id, epoch=debt.epoch, now=now, ordinal=ordinal, contact=contact)
    answer = check(session, office, ask, contact, "take")
    if not answer.go:
        assert isinstance(answer.move, Wait)
        _, _, rule = answer.move.why.partition(":")
        return NotNow(rule, answer.move.until if answer.move.then else None)
    row = contacts.by_id(session, contact_id(debt.id, debt.epoch, ordinal))
    row.agent, row.caller = "human", agent
    contacts.append(session, row, "sending", at=now, observed_at=office.clock.now(), actor=agent)
    item.contact_id = row.id
    session.add(item)
    return None


def _put_back(session: Session, item: WorkItem, refused: NotNow, now: datetime) -> None:
    """Keep an item out of the queue until the law allows it; take it back if nothing will."""
    item.lease_by = item.lease_until = None
    if refused.until is not None:
        item.status, item.not_before = "open", refused.until
    else:
        item.status, item.outcome, item.outcome_at = "cancelled", "cancelled", now
    session.add(item)


def _next_hand_ordinal(session: Session, debt: Debt) -> int:
    """Tries by people count from a million, apart from those of the case."""
    last = session.exec(
        select(func.max(ContactRow.ordinal)).where(
            col(ContactRow.debt_id) == debt.id, col(ContactRow.epoch) == debt.epoch
        )
    ).one()
    return max(last or 0, HAND_ORDINALS) + 1


HAND_ORDINALS = 1_000_000

LONGEST_NOTE = 4000


def find(session: Session, item_id: UUID) -> WorkItem:
    item = session.get(WorkItem, item_id, populate_existing=True)
    if item is None:
        raise DeskRefusalError(f"no work item {item_id}; see cession desk queue")
    return item


def done(  # noqa: PLR0917
    session: Session, office: Office, item_id: UUID, agent: str, report: Report, now: datetime
) -> list[str]:
    """Put a report on record with all its consequences; answer them in plain words.

    Everything is checked before anything is written. Raises ``DeskRefusalError``.
    """
    item = find(session, item_id)
    debtors.lock(session, item.debtor_id)
    session.refresh(item)
    debt = debts.get(session, item.debt_id)
    barred = time_barred(debt, now.astimezone(zone_of_debt(session, debt)).date())
    doubtful = _may_finish(item, debt, agent, report, now, barred)
    said = _record_talk(session, office, item, report, agent, now)
    said += _consequences(session, office, item, debt, report, agent, now)
    key = office.store.keys.person_key(session, item.debtor_id)
    finished = work.finish(
        session,
        item,
        outcome=report.result if report.result is not Result.NONE else (report.outcome or "done"),
        by=agent,
        now=now,
        sealed=_with_note(key, item, report.note),
    )
    if not finished:
        # The case moved on while they talked: what was said is on record all the same.
        item.sealed, item.lease_by = _with_note(key, item, report.note), None
        session.add(item)
    put_on_record(session, item, "work.done", agent, now, {"result": report.result})
    _look_at(session, item, agent, doubtful, now)
    return said


def note(  # noqa: PLR0917
    session: Session, office: Office, item_id: UUID, agent: str, text: str, now: datetime
) -> None:
    """Add a note to an item that the agent holds; raises ``DeskRefusalError``."""
    item = find(session, item_id)
    _must_hold(item, agent)
    doubtful = _may_note(item, text)
    key = office.store.keys.person_key(session, item.debtor_id)
    item.sealed = _with_note(key, item, text)
    session.add(item)
    put_on_record(session, item, "work.noted", agent, now, {})
    _look_at(session, item, agent, doubtful, now)


def notes(key: PersonKey, item: WorkItem) -> str:
    """Answer the notes on an item, oldest first, a line each."""
    return key.open_text(item.sealed) if item.sealed else ""


def _with_note(key: PersonKey, item: WorkItem, text: str | None) -> bytes | None:
    """Seal an item's notes with one more line; what was noted before stays."""
    if not text:
        return item.sealed
    return key.seal("\n".join(filter(None, (notes(key, item), text))))


def _must_hold(item: WorkItem, agent: str) -> None:
    overtaken = item.status == "cancelled" and item.contact_id is not None
    if not (item.status == "taken" or overtaken) or item.lease_by != agent:
        raise DeskRefusalError(f"take item {item.id} first: cession desk take {item.id}")


def _may_note(item: WorkItem, text: str) -> tuple[str, ...]:
    """Refuse a note with words that we do not keep or use, and say which and why.

    Answers the rules by which a supervisor looks at it though it is kept.
    """
    if not text.strip():
        raise DeskRefusalError("the note is empty; write what the next colleague should know")
    if len(text) > LONGEST_NOTE:
        raise DeskRefusalError(f"the note is longer than {LONGEST_NOTE} characters; say it shorter")
    from rules import wording as guard  # noqa: PLC0415  # its phrases take long to read

    found: dict[str, str] = {}
    rules: dict[str, None] = {}
    doubtful: dict[str, None] = {}
    for locale in _note_locales(text):
        verdict = guard.check(text, locale, WordingContext(note=True))
        for finding in verdict.findings:
            if finding.judgement is Judgement.BLOCK:
                rules[finding.rule] = None
                found.setdefault(text[slice(*finding.span)], finding.advice)
            elif finding.category.startswith("L"):
                doubtful[finding.rule] = None
    if found:
        why = "; ".join(
            f"{words!r}: {advice}" if words else advice for words, advice in found.items()
        )
        raise NoteRefusedError(item.id, tuple(rules), why)
    return tuple(doubtful)


def refused_note(session: Session, refusal: NoteRefusedError, agent: str, now: datetime) -> None:
    """Put on record that a note was refused, for whoever watches quality: rules, and no word of it.

    Called in a transaction of its own, as the refusal took everything else back. The refusal is the
    floor's: no setting, pack or role lifts it.
    """
    item = work.get(session, refusal.item)
    facts = {"item": str(item.id), "rules": list(refusal.rules), "qa": True}
    put_on_record(session, item, "note.refused", agent, now, facts)
    _look_at(session, item, agent, refusal.rules, now, kept=False)


def _look_at(
    session: Session,
    item: WorkItem,
    agent: str,
    rules: tuple[str, ...],
    now: datetime,
    *,
    kept: bool = True,
) -> None:
    """Put a note in which the guard found something before the supervisors."""
    if rules:
        quality.enter(
            session,
            debts.get(session, item.debt_id),
            item.debtor_id,
            f"note:{item.id}",
            rules=rules,
            now=now,
            what="note",
            of=item.kind,
            agent=agent,
            kept=kept,
        )


def _may_finish(  # noqa: PLR0917
    item: WorkItem, debt: Debt, agent: str, report: Report, now: datetime, barred: Known[bool]
) -> tuple[str, ...]:
    kind = TaskKind(item.kind)
    _must_hold(item, agent)
    if item.facts.get("complained_of") == agent:
        raise DeskRefusalError(f"the complaint is about {agent}; somebody else answers it")
    allowed = PHONE_OUTCOMES if kind is TaskKind.CALL else VISIT_OUTCOMES
    if kind in _SPOKEN and report.outcome not in allowed:
        raise DeskRefusalError(f"a {kind} ends with --outcome, one of: {', '.join(allowed)}")
    if kind not in _SPOKEN and report.outcome is not None:
        raise DeskRefusalError(f"a {kind} has no outcome; give --result")
    choices = CHOICES.get(kind, (Result.RESOLVED, Result.END_CASE))
    if report.result not in choices:
        raise DeskRefusalError(f"a {kind} ends with --result, one of: {', '.join(choices)}")
    talked = report.outcome in (Outcome.CONVERSATION, Outcome.MET)
    refused_number = (report.outcome, report.result) == _NOT_HERE
    if kind in _SPOKEN and report.result is not Result.NONE and not talked and not refused_number:
        raise DeskRefusalError(f"nobody was spoken to, so there is no {report.result}")
    if (report.result is Result.FORWARDED) is not item.step.startswith(FORWARD) and (
        report.result in (Result.FORWARDED, Result.CONFIRM_PAYMENT, Result.REJECT_PAYMENT)
    ):
        raise DeskRefusalError(
            "money of a debt that is not ours any more is forwarded: --result forwarded"
            if item.step.startswith(FORWARD)
            else "only money of a debt that went back to its seller is forwarded"
        )
    if item.step.startswith(bank.GAP) and report.result is not Result.RESOLVED:
        raise DeskRefusalError(
            "a statement is missing, no payment is in question: import it, then --result resolved"
        )
    if report.result is Result.ESCALATE and barred is not False:
        why = (
            f"the limitation period ended on {debt.limitation_date}"
            if barred is True
            else "nobody has said when the limitation period ends (cession case fact limitation_date)"
        )
        raise DeskRefusalError(
            f"{why}: nothing is filed or handed on for suit; --result return or end_case"
        )
    if report.result is Result.PROMISE:
        _promised(debt, report, now)
    if report.result is Result.MOVED:
        _where(debt, report)
    elif report.party is not None:
        raise DeskRefusalError("--party says who moved: it goes with --result moved")
    return _may_note(item, report.note) if report.note else ()


def _note_locales(note: str) -> tuple[str, ...]:
    """Notes are in Chinese or English, or in both: then both lists judge them."""
    chinese = any("\u4e00" <= char <= "\u9fff" for char in note)
    latin = any(char.isascii() and char.isalpha() for char in note)
    return (*(("zh-CN",) if chinese else ()), *(("en-US",) if latin or not chinese else ()))


def _promised(debt: Debt, report: Report, now: datetime) -> Money:
    if report.amount is None or report.on is None:
        raise DeskRefusalError("a promise needs --amount and --on (the day it is due)")
    try:
        amount = Money.parse(report.amount, debt.currency)
    except MoneyError as wrong:
        raise DeskRefusalError(f"--amount: {wrong}") from None
    if amount.minor <= 0:
        raise DeskRefusalError("--amount must be more than nothing")
    if report.on < now.date():
        raise DeskRefusalError(f"--on {report.on} has passed; a promise is for a day to come")
    if report.on > (now + FAR).date():
        raise DeskRefusalError(f"--on {report.on} is too far ahead; give a day within ten years")
    return amount


def _zone(report: Report) -> str:
    try:
        return ZoneInfo(report.zone or "").key
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError):
        raise DeskRefusalError(
            "--zone must be an IANA time zone, as Pacific/Honolulu or Asia/Shanghai"
        ) from None


def _country(debt: Debt) -> str:
    return debt.sub if debt.jurisdiction == "EU" and debt.sub else debt.jurisdiction


def _name(place: tuple[str, str | None]) -> str:
    """Write a law's place as ``--country`` takes it."""
    jurisdiction, sub = place
    if jurisdiction == "EU" and sub:
        return sub
    return f"{jurisdiction}-{sub}" if sub else jurisdiction


def _told_place(report: Report) -> str | None:
    """The place to which the person moved, as ``DE`` or ``US-CA``; raises ``DeskRefusalError``."""
    if report.country is None:
        return None
    place = report.country.strip().upper()
    if not _COUNTRY.fullmatch(place):
        raise DeskRefusalError(
            "--country is two letters, with the region where the law needs it: DE or US-CA"
        )
    code, _, part = place.partition("-")
    if part and (known := parts_of(code)) and part not in known:
        raise DeskRefusalError(
            f"--country {place}: {code} has no part {part}; it has {', '.join(sorted(known))}"
        )
    return place


def _abroad(debt: Debt, place: str | None) -> bool:
    """Whether a move leads to another country than the one whose law holds now."""
    return place is not None and place.partition("-")[0] != _country(debt)


def _where(debt: Debt, report: Report) -> tuple[str | None, tuple[str, ...]]:
    """The place that was told and every zone that it may mean; raises ``DeskRefusalError``."""
    place = _told_place(report)
    if place is None:
        zone = _zone(report)
        used_in = countries_of_zone(zone)
        if used_in and _country(debt) not in used_in:
            raise DeskRefusalError(
                f"--zone {zone} lies in another country: say where they live, as --country "
                f"{min(used_in)}"
            )
        return None, (zone,)
    return place, (_zone(report),) if report.zone else zones_of_move(place, None)


def _record_talk(  # noqa: PLR0917
    session: Session, office: Office, item: WorkItem, report: Report, agent: str, now: datetime
) -> list[str]:
    if item.contact_id is None or report.outcome is None:
        return []
    row = contacts.by_id(session, item.contact_id)
    row.answers = {
        name: value
        for name in ("understood", "willing", "misunderstanding", "means_worked")
        if (value := getattr(report, name)) is not None
    }
    contacts.append(session, row, "sent", at=now, observed_at=office.clock.now(), actor=agent)
    row.outcome = report.outcome
    session.add(row)
    if report.outcome is Outcome.WRONG_PARTY and row.number:
        debtors.kill_point(session, row.number, "wrong_party", now, debtor_id=item.debtor_id)
        return ["number closed: not this person's"]
    if (report.outcome, report.result) == _NOT_HERE and row.number:
        reason = "third_party_refused"
        debtors.kill_point(session, row.number, reason, now, debtor_id=item.debtor_id)
        return ["number closed: whoever answers there wants no calls for this person"]
    if report.outcome is Outcome.NOT_IN_SERVICE and row.number:
        debtors.kill_point(session, row.number, "not_in_service", now)
        return ["number closed: not in service"]
    return [f"the outcome is {report.outcome}"]


def _consequences(  # noqa: PLR0917
    session: Session,
    office: Office,
    item: WorkItem,
    debt: Debt,
    report: Report,
    agent: str,
    now: datetime,
) -> list[str]:
    """Each result has its own consequence; the person's word is written before it is answered."""
    entering = _Entering(session, office, item, debt, report, agent, now)
    match report.result:
        case (
            Result.NONE
            | Result.REFUSED
            | Result.RETURN
            | Result.ESCALATE
            | Result.FINAL_NOTICE
            | Result.KEEP_PAUSE
        ):
            return []
        case Result.PROMISE:
            amount = _promised(debt, report, now)
            assert report.on is not None
            session.add(
                Promise(
                    id=uuid4(),
                    debt_id=debt.id,
                    minor=amount.minor,
                    currency=amount.currency,
                    due_on=report.on,
                    grace_days=office.strategies.get(
                        debt.strategy or "", debt.strategy_version or 1
                    ).promise.grace_days,
                    made_at=now,
                    actor=agent,
                    contact_id=item.contact_id,
                )
            )
            return [f"promise of {amount} due {report.on}; ordinary steps rest until it is decided"]
        case Result.CALLBACK:
            return entering.callback()
        case Result.DISPUTE:
            return entering.stop(
                StopKind.DISPUTE,
                Scope.DEBT,
                {
                    "written": report.written,
                    "received": now.isoformat(),
                    "submitted": report.on.isoformat() if report.on else None,
                },
            )
        case Result.STOP_CHANNEL:
            return [] if report.outcome is Outcome.THIRD_PARTY else entering.opt_out()
        case Result.CEASE:
            return entering.stop(
                StopKind.CEASE,
                Scope.DEBTOR,
                {"written": report.written, "received_at": now.isoformat()},
            )
        case Result.ATTORNEY:
            return entering.stop(
                StopKind.ATTORNEY, Scope.DEBTOR, {"known": True, "responsive": True}
            )
        case Result.BANKRUPTCY:
            return entering.stop(
                StopKind.BANKRUPTCY,
                Scope.DEBTOR,
                {"status": "pending", "filed": (report.on or now.date()).isoformat()},
            )
        case Result.DECEASED:
            return entering.stop(StopKind.DECEASED, Scope.DEBTOR, {})
        case Result.MINOR:
            return entering.stop(StopKind.MINOR, Scope.DEBTOR, {})
        case Result.IDENTITY_THEFT:
            return entering.stop(StopKind.IDENTITY_THEFT, Scope.DEBT, {})
        case Result.VULNERABLE:
            return entering.vulnerable("reported")
        case Result.SELF_HARM:
            return entering.vulnerable("self_harm_risk")
        case Result.MOVED:
            return entering.moved() if report.party is None else entering.other_moved(report.party)
        case Result.WONT_PAY_BARRED:
            said = fact.state(
                session,
                office,
                debt.id,
                "said_wont_pay_barred",
                "yes",
                f"contact:{item.contact_id}",
                agent,
                now,
            )
            return [f"{said}; where the law has it so, nothing more is demanded"]
        case Result.VERIFIED | Result.RESOLVED:
            if item.kind == TaskKind.READINESS:
                return entering.reassess()
            if item.step.startswith(bank.GAP):
                bank.gap_closed(session, item, agent, now, office.clock.now())
            filed = entering.file_account() if report.result is Result.VERIFIED else []
            return [*filed, *entering.end_own(report.result)]
        case Result.OTHER_OWNER:
            return [
                *entering.stop(
                    StopKind.CLOSE_ORDER,
                    Scope.DEBT,
                    {"result": report.result},
                    reason=EARLIER_ASSIGNMENT,
                ),
                "our claim stops; what was paid for it is claimed from the seller (Interp. 50)",
            ]
        case Result.FORWARDED:
            return entering.forwarded()
        case Result.PUTBACK | Result.END_CASE:
            return entering.stop(StopKind.CLOSE_ORDER, Scope.DEBT, {"result": report.result})
        case Result.CONFIRM_PAYMENT | Result.REJECT_PAYMENT:
            return entering.payment(confirmed=report.result is Result.CONFIRM_PAYMENT)
        case Result.APPROVE | Result.DECLINE:
            return entering.approval(yes=report.result is Result.APPROVE)
        case Result.WAS_SENT | Result.NOT_SENT:
            return entering.doubt(sent=report.result is Result.WAS_SENT)
        case Result.COMPLAINT:
            return entering.complaint()
        case Result.UPHELD | Result.PARTLY_UPHELD | Result.NOT_UPHELD:
            return complaint.answered(session, item, report.result, agent, now)


class _Entering:
    """Writes the consequences of one report."""

    def __init__(  # noqa: PLR0917
        self,
        session: Session,
        office: Office,
        item: WorkItem,
        debt: Debt,
        report: Report,
        agent: str,
        now: datetime,
    ) -> None:
        self.session, self.office, self.item, self.debt = session, office, item, debt
        self.report, self.agent, self.now = report, agent, now

    def stop(
        self, kind: StopKind, scope: Scope, facts: dict[str, Any], *, reason: str = ""
    ) -> list[str]:
        _, crossed = stops.enter(
            self.session,
            kind,
            scope,
            now=self.now,
            observed_at=self.office.clock.now(),
            reason=reason or self.report.result,
            actor=self.agent,
            source="desk",
            external_id=f"{self.item.id}:{kind}",
            debt_id=self.debt.id if scope is Scope.DEBT else None,
            debtor_id=self.debt.debtor_id,
            facts=facts,
        )
        reach = "this debt" if scope is Scope.DEBT else "all debts of the person"
        return [f"{kind} recorded for {reach}", *(f"{c} was crossing" for c in crossed)]

    def vulnerable(self, kind: str) -> list[str]:
        return vulnerability(
            self.session,
            self.office,
            self.item,
            kind,
            self.agent,
            self.now,
            external_id=f"{self.item.id}:{StopKind.VULNERABILITY}",
        )

    def complaint(self) -> list[str]:
        ended = self.end_own(self.report.result)
        made = complaint.enter(
            self.session,
            self.office,
            self.debt,
            text=self.report.note or "",
            channel=_SPOKEN.get(TaskKind(self.item.kind), "written"),
            received=self.now,
            agent=self.agent,
            now=self.now,
            key=self.item.id.hex,
        )
        return [*ended, f"complaint {str(made.id)[:8]} recorded; contact about this debt rests"]

    def opt_out(self) -> list[str]:
        channel = _SPOKEN.get(TaskKind(self.item.kind), Channel.PHONE)
        stops.enter(
            self.session,
            StopKind.OPT_OUT,
            Scope.CHANNEL,
            now=self.now,
            observed_at=self.office.clock.now(),
            reason="asked",
            actor=self.agent,
            source="desk",
            external_id=f"{self.item.id}:opt_out",
            debtor_id=self.debt.debtor_id,
            channel=channel,
        )
        return [f"no more contact by {channel}, for all debts of the person"]

    def callback(self) -> list[str]:
        if self.report.at is None or self.report.at <= self.now:
            raise DeskRefusalError("a callback needs --at, an instant to come with its offset")
        debtor = debtors.get(self.session, self.debt.debtor_id)
        debtor.preferences = {
            **debtor.preferences,
            "callback": {
                "given_at": self.now.isoformat(),
                "for": self.report.at.isoformat(),
                "evidence": f"contact:{self.item.contact_id}",
            },
        }
        self.session.add(debtor)
        item = work.open(
            self.session,
            debt_id=self.debt.id,
            debtor_id=self.debt.debtor_id,
            epoch=self.debt.epoch,
            kind=TaskKind.CALL,
            step=f"callback_{self.item.n}",
            now=self.now,
            due_at=self.report.at + LEASE,
            not_before=self.report.at,
        )
        item.facts = {"for": self.agent}
        self.session.add(item)
        return [f"call back at {self.report.at.isoformat()}"]

    def moved(self) -> list[str]:
        place, zones = _where(self.debt, self.report)
        abroad = _abroad(self.debt, place)
        debtor = debtors.get(self.session, self.debt.debtor_id)
        debtor.zones = [*debtor.zones, *(zone for zone in zones if zone not in debtor.zones)]
        self.session.add(debtor)
        facts = {"zone": self.report.zone, "abroad": abroad, "country": place}
        self.stop(StopKind.RELOCATION, Scope.DEBTOR, facts)
        said = [
            f"{', '.join(zones)} counts too until the move is confirmed; hours of all zones hold"
        ]
        if abroad:
            return [*said, f"the case rests until a person has confirmed the move to {place}"]
        home = (self.debt.jurisdiction, self.debt.sub)
        others = laws_of_move(home, place, self.report.zone) or ()
        if others:
            names = ", ".join(map(_name, others))
            said.append(f"the law of {names} binds besides until the move is confirmed")
        return said

    def other_moved(self, party: int) -> list[str]:
        """Somebody else who is liable moved: the zones and the law of both places bind for them.

        The debt and its debtor are as they were. Where no law of the new place is held, nobody
        contacts that person.
        """
        others = fact.liable(self.session, self.debt)
        if not 1 <= party <= len(others):
            raise DeskRefusalError(f"--party {party}: {len(others)} other persons are liable")
        person = others[party - 1][1]
        debtors.lock(self.session, person.id)
        place = _told_place(self.report)
        zones = (_zone(self.report),) if self.report.zone else zones_of_move(place, None)
        person.zones = [*person.zones, *(zone for zone in zones if zone not in person.zones)]
        self.session.add(person)
        said = [f"{', '.join(zones)} counts for person {party} too; hours of all zones hold"]
        if place is None:
            return said
        if moved_to(place) is None:
            person.jurisdiction, person.sub = place.partition("-")[0], None
            return [f"no law of {place} is held here, so nobody contacts person {party}"]
        try:
            fact.state(
                self.session,
                self.office,
                self.debt.id,
                "law",
                place,
                f"contact:{self.item.contact_id}",
                self.agent,
                self.now,
                party=party,
            )
        except fact.FactRefusedError as refused:
            raise DeskRefusalError(f"--country {place}: {refused}") from None
        return [*said, f"the law of {place} binds besides for person {party}"]

    def forwarded(self) -> list[str]:
        """What came in for a debt that went back was paid on to its owner, with a statement."""
        seq = self.item.step.removeprefix(f"{FORWARD}_")
        entry = next(
            (row for row in money.entries(self.session, self.debt.id) if str(row.seq) == seq), None
        )
        assert entry is not None
        key = f"remittance:{entry.seq}"
        standing = stand(self.session, self.debt.id, self.now)
        try:
            made = issue(self.session, self.office, standing, "statement", self.now, key=key)
        except UnfitMessageError as unfit:
            raise DeskRefusalError(
                f"the statement of account that goes with it cannot be made: {unfit.advice}"
            ) from None
        records.act(
            self.session,
            at=self.now,
            debt_id=self.debt.id,
            debtor_id=self.debt.debtor_id,
            what="payment.forwarded",
            reason=FORWARD,
            actor=self.agent,
            facts={"entry": str(entry.id), "minor": entry.minor, "statement": made.sha256},
        )
        amount = Money(entry.minor, entry.currency)
        return [f"{amount} forwarded; statement of account on file, SHA-256 {made.sha256[:16]}…"]

    def end_own(self, result: Result) -> list[str]:
        kinds = ENDS.get(TaskKind(self.item.kind), ())
        if self.item.step.startswith(f"{StopKind.MORATORIUM}_"):
            kinds = (StopKind.MORATORIUM,)
        ended: list[str] = []
        for stop in stops.open_for(self.session, self.debt, self.now):
            if stop.kind in kinds and stop.ended_at is None:
                self._may_end(stop)
                stops.end(self.session, stop.id, now=self.now, reason=result, actor=self.agent)
                ended.append(f"{stop.kind} ended")
                if stop.kind == StopKind.RELOCATION:
                    ended += self._confirm_move(stop)
        return ended

    def _may_end(self, stop: Stop) -> None:
        """No moratorium ends before its last day, unless its end was notified."""
        if stop.kind != StopKind.MORATORIUM or self.report.on is not None:
            return
        last = protected_until(stop)
        today = self.now.astimezone(zone_of_debt(self.session, self.debt)).date()
        if last is None:
            raise DeskRefusalError("say when the protection ended: --on DAY, as it was notified")
        if today <= last:
            raise DeskRefusalError(
                f"the debtor is protected to the end of {last}; if it was notified that the "
                "protection ended earlier, give that day: --on DAY"
            )

    def file_account(self) -> list[str]:
        """Keep the statement of account that goes with the answer to a dispute."""
        standing = stand(self.session, self.debt.id, self.now)
        key = f"dispute:{self.item.id}"
        try:
            made = issue(self.session, self.office, standing, "statement", self.now, key=key)
        except UnfitMessageError as unfit:
            return [f"no statement of account could be made: {unfit.advice}"]
        return [f"statement of account on file, SHA-256 {made.sha256[:16]}…"]

    def reassess(self) -> list[str]:
        standing = stand(self.session, self.debt.id, self.now)
        report = assess(self.session, self.office, standing, self.now)
        return [f"still open: {gap}" for gap in report.blocking] or ["ready"]

    def _confirm_move(self, stop: Stop) -> list[str]:
        """A confirmed move replaces guesses about the zone, and the law of the new place holds."""
        country = _told_place(self.report) or stop.facts.get("country")
        zone = self.report.zone or stop.facts.get("zone")
        zones = zones_of_move(country, zone)
        if len(zones) != 1:
            raise DeskRefusalError(
                f"{country or 'the place'} has several time zones: say which with --zone"
            )
        debtor = debtors.get(self.session, self.debt.debtor_id)
        place = self._new_law(country, zone)
        debtor.declared_zone = zones[0]
        self.session.add(debtor)
        if place == (self.debt.jurisdiction, self.debt.sub):
            return [f"{zones[0]} counts alone now"]
        debtor.jurisdiction, debtor.sub = place
        self.session.flush()
        said = [f"the law of {_name(place)} holds now, in {zones[0]}"]
        for debt in debts.of_debtor(self.session, debtor.id):
            if debt.debtor_id != debtor.id or debt.status == "closed" or debt.opened_at is None:
                continue
            report, anew = change_law(self.session, self.office, debt, place, self.agent, self.now)
            said += [f"{debt.account_ref}: its notice comes first"] if anew else []
            said += [f"{debt.account_ref} is not ready: {gap}" for gap in report.blocking]
        return said

    def _new_law(self, country: str | None, zone: str | None) -> tuple[str, str | None]:
        """The one law that holds after a move; raises ``DeskRefusalError`` if it is not clear."""
        home = (self.debt.jurisdiction, self.debt.sub)
        code, _, part = (country or "").partition("-")
        if part and parts_of(code):
            found = moved_to(f"{code}-{part}")
            assert found is not None
            return found
        possible = laws_of_move(home, country, zone)
        if possible is None:
            raise DeskRefusalError(
                f"no law of {country} is held here, so nobody may be contacted there: end the case "
                "with --result end_case, or leave the item open"
            )
        if len(possible) > 1 or (possible and zone in zones_of_move(_name(home), None)):
            code = code or _country(self.debt)
            raise DeskRefusalError(
                f"the law differs within {code}: say where they live now with --country, as "
                f"{code}-{possible[0][1]}; where it is as before, --country {_name(home)}"
            )
        return possible[0] if possible else home

    def payment(self, *, confirmed: bool) -> list[str]:
        if self.item.step.startswith(PARKED):
            return self._parked(confirmed=confirmed)
        said: list[str] = []
        for stop in stops.open_for(self.session, self.debt, self.now):
            if stop.kind != StopKind.UNVERIFIED_PAYMENT or stop.ended_at is not None:
                continue
            notice = self.session.exec(
                select(InboxItem).where(
                    col(InboxItem.provider) == stop.source,
                    col(InboxItem.external_id) == stop.external_id,
                )
            ).one()
            if confirmed:
                notice.kind, notice.status = "payment", "new"
                notice.facts = {"paid_at": self.now.isoformat(), **notice.facts}
                if notice.problem == "id_used":
                    notice.facts = {**notice.facts, "payment_id": notice.external_id}
                self.session.add(notice)
                self.session.flush()
                said.append(book_inbox(self.session, self.office, notice.id, self.now))
            else:
                money.settle(self.session, notice, "ignored", "rejected")
                said.append("notice rejected")
            if stop.ended_at is None:
                stops.end(
                    self.session,
                    stop.id,
                    now=self.now,
                    reason="confirmed" if confirmed else "rejected",
                    actor=self.agent,
                )
        return said

    def _parked(self, *, confirmed: bool) -> list[str]:
        """Nothing can be taken back before it came; a notice that is wrong is put away."""
        if confirmed:
            raise DeskRefusalError(
                "the payment that this notice takes back is not here: have the provider send its "
                "notice again, and both are booked; if it was typed in, cession suspense match; if it "
                "never was ours, --result reject_payment"
            )
        for notice in money.parked(self.session, self.debt.id):
            if notice.id.hex.startswith(self.item.step.removeprefix(PARKED)):
                money.settle(self.session, notice, "ignored", "rejected")
        return ["notice rejected"]

    def approval(self, *, yes: bool) -> list[str]:
        try:
            return [
                decide(self.session, self.office, self.item, yes=yes, by=self.agent, now=self.now)
            ]
        except ArrangementRefusalError as refusal:
            raise DeskRefusalError(str(refusal)) from None

    def doubt(self, *, sent: bool) -> list[str]:
        assert self.item.contact_id is not None
        row = contacts.by_id(self.session, self.item.contact_id)
        contacts.append(
            self.session,
            row,
            "sent" if sent else "not_sent",
            at=self.now,
            observed_at=self.office.clock.now(),
            reason="decided by a person",
            actor=self.agent,
        )
        return [f"contact {row.id} recorded as {row.state}"]


def put_on_record(  # noqa: PLR0917
    session: Session, item: WorkItem, what: str, agent: str, now: datetime, facts: dict[str, Any]
) -> None:
    """Put an act about an item on record."""
    records.act(
        session,
        at=now,
        debt_id=item.debt_id,
        debtor_id=item.debtor_id,
        what=what,
        reason=item.kind,
        actor=agent,
        facts=facts,
    )
