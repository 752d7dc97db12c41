"""After a restore: what the engine knows and the store forgot, and the other way round.

All contact is held by a stop of its own until nothing differs. What cannot be made good without a person,
as a payment whose notice is lost, is put before one and holds its debt alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID, uuid4

from pydantic import Field, ValidationError
from sqlalchemy import select as columns
from sqlmodel import Session, col, select
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.contact import contact_id
from activities.office import Office
from activities.payment import relayed, set_aside, set_aside_before
from activities.preparation import prepare_debt
from activities.start import RUNNING, leave_in_doubt, renew
from models.base import Value, Wire
from models.case import Answer, Case, Contact, Fact, RawPayments, SendAsk, Wait
from models.contact import ContactState, Direction
from models.stop import Scope, StopKind
from models.tables import ContactRow, Debt, InboxItem, Stop
from runtime.clock import Clock, wall_now
from runtime.temporal import CONVERTER
from store import case as records
from store import contact as contacts
from store import debt as debts
from store import debtor as debtors
from store import stop as stops
from store.engine import Store

SOURCE = "restore"
"""Of the stop that holds all contact; only a clean comparison ends it."""

LOST_NOTICE = timedelta(days=30)
"""How long the debt of a lost notice is held at most: by then bank and provider have told again."""

ACTOR = "reconcile"

W = TypeVar("W", bound=Wire)


class Kind(StrEnum):
    """How the two can differ."""

    LOST_RUN = "lost_run"
    """Open in the store, and no run of the engine works on it."""
    ENDED = "ended"
    """Closed in the store, and still running in the engine."""
    AHEAD = "ahead"
    """The engine has had a later life of it than the store knows."""
    UNPREPARED = "unprepared"
    """The engine had it prepared, and the store knows of no preparation."""
    STRANGER = "stranger"
    """Running in the engine, and the store knows no such debt."""
    LOST_CONTACT = "lost_contact"
    """The engine told a provider to send, and the contact log does not know."""
    LOST_NOTICE = "lost_notice"
    """The engine was told of money, and the inbox does not know it."""
    UNREAD = "unread"
    """Money was typed into a run that ended before it read that."""
    IMPOSTOR = "impostor"
    """What runs under the id of a case is not that case."""


class Difference(Value):
    """One thing in which store and engine differ, in plain words."""

    kind: Kind
    case: str
    account: str = ""
    said: str
    epoch: int = 0
    ordinal: int = 0
    at: datetime | None = None
    """Business time of a contact, UTC."""
    contact: Contact | None = None
    notice: UUID | None = None
    typed: str = Field(default="", exclude=True, repr=False)
    """What was typed, in full; goes nowhere but into the sealed inbox."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a case."""

    debt: UUID
    account: str
    status: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Sending:
    """A message that a run of the engine handed to the sending worker."""

    ordinal: int
    at: datetime
    contact: Contact | None
    done: bool
    """Whether the worker answered."""


@dataclass(frozen=True, slots=True)
class Past:
    """What a history tells."""

    case: Case
    sendings: tuple[Sending, ...]
    notices: tuple[UUID, ...]
    typed: tuple[str, ...]
    prepared: bool
    """Whether the case was prepared, as the engine knows it."""


def hold(
    session: Session, now: datetime, observed_at: datetime, *, since: datetime, reason: str,
    actor: str = ACTOR,
) -> Stop:  # fmt: skip
    """Hold all contact until ``release`` finds nothing that differs.

    ``since`` is the wall time from which store or engine may have forgotten.
    """
    if (held := holding(session)) is not None:
        return held
    entered, _ = stops.enter(
        session,
        StopKind.KILL_SWITCH,
        Scope.EVERYTHING,
        now=now,
        observed_at=observed_at,
        reason=reason,
        actor=actor,
        source=SOURCE,
        external_id=str(uuid4()),
        facts={"since": since.isoformat()},
    )
    return entered


def holding(session: Session) -> Stop | None:
    """Answer the stop that holds all contact until store and engine agree, None without one."""
    return session.exec(
        select(Stop).where(col(Stop.source) == SOURCE, col(Stop.ended_at).is_(None))
    ).first()


def release(session: Session, now: datetime, actor: str) -> None:
    """End the hold: nothing differs any more."""
    if (held := holding(session)) is not None:
        stops.end(session, held.id, now=now, reason="reconciled", actor=actor)


async def compare(
    client: Client, store: Store, since: datetime | None, progress: Callable[[int], None]
) -> list[Difference]:
    """Answer everything in which the engine's cases and the store differ.

    Reads the history of each case that runs or has ended since ``since`` (wall time; all that the
    engine still has without one), because a store put back from a copy has forgotten what happened
    after it: contacts count toward caps, and money is money. ``progress`` hears how many were read.
    """
    known = _known(store)
    found: list[Difference] = []
    running: set[str] = set()
    seen = 0
    async for run in _runs(client, since):
        if run.status is WorkflowExecutionStatus.RUNNING:
            running.add(run.id)
        # A case that came in after the store was read stands there by now: rows come before runs.
        case = known.get(run.id) or _known(store, run.id).get(run.id)
        if case is None:
            if run.status is WorkflowExecutionStatus.RUNNING:
                found.append(_stranger(run.id))
            continue
        past = await _past(client, run)
        if run.status is WorkflowExecutionStatus.RUNNING and await _feigned(run, case):
            found.append(_impostor(run.id, case))
        elif past is not None and past.case.debt == case.debt:
            found += _forgotten(store, run, case, past)
        seen += 1
        progress(seen)
    for name, case in known.items():
        if case.status == "open" and name not in running and not await _lives(client, name):
            found.append(_lost(name, case))
    return found


def mend(office: Office, differences: Iterable[Difference], actor: str) -> int:
    """Make good what the store can make good by itself; answer how much that was.

    A lost contact is put on record as in doubt, so that it counts, and before a person. The debt of
    a lost notice is held. A lost run is begun again and waits for a person. Repeating it does
    nothing. Each under the lock of its person; contacts first, because what follows looks at them.
    """
    done = 0
    for each in sorted(differences, key=lambda one: _ORDER.index(one.kind)):
        now = office.clock.now()
        with office.store.writing() as session:
            debt = session.exec(
                select(Debt).where(col(Debt.workflow_id) == each.case)
            ).one_or_none()
            if debt is None:
                continue
            debtors.lock(session, debt.debtor_id)
            if each.kind is Kind.UNREAD:
                set_aside(session, office, debt, each.typed, now)
                done += 1
                continue
            done += _mended(session, office.clock, debt, each, now, actor)
        if each.kind is Kind.UNPREPARED:
            prepare_debt(office, debt.id, debt.epoch, now, office.clock.shift())
            done += 1
    return done


_ORDER = (
    Kind.LOST_CONTACT,
    Kind.LOST_NOTICE,
    Kind.UNREAD,
    Kind.AHEAD,
    Kind.UNPREPARED,
    Kind.LOST_RUN,
    Kind.ENDED,
    Kind.STRANGER,
    Kind.IMPOSTOR,
)


async def wake(client: Client, names: Iterable[str]) -> None:
    """Let cases look at the store again: those that it has ended, end."""
    for name in names:
        try:
            await client.get_workflow_handle(name).signal("fact_recorded", Fact(kind="reconciled"))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise


# Looking


def _known(store: Store, name: str | None = None) -> dict[str, Known]:
    asked = columns(
        col(Debt.workflow_id),
        col(Debt.id),
        col(Debt.account_ref),
        col(Debt.status),
        col(Debt.epoch),
    )
    if name is not None:
        asked = asked.where(col(Debt.workflow_id) == name)
    with store.reading() as session:
        return {
            name: Known(debt, account, status, epoch)
            for name, debt, account, status, epoch in session.connection().execute(asked)
        }


async def _runs(client: Client, since: datetime | None) -> AsyncIterator[WorkflowExecution]:
    """Yield the runs in which something may stand that the store forgot."""
    async for run in client.list_workflows(RUNNING):
        yield run
    ended = "WorkflowType = 'DebtCase' AND ExecutionStatus != 'Running'"
    if since is not None:
        ended += f" AND CloseTime >= '{since.astimezone(UTC).isoformat()}'"
    async for run in client.list_workflows(ended):
        yield run


async def _feigned(run: WorkflowExecution, case: Known) -> bool:
    """Whether somebody else's run has the id of a case: the memo of a case names its debt."""
    return await run.memo_value("debt", "") != str(case.debt)


async def _lives(client: Client, name: str) -> bool:
    """Whether a case runs, asked of the engine itself and not of its index, which lags."""
    try:
        told = await client.get_workflow_handle(name).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return told.status is WorkflowExecutionStatus.RUNNING


async def _past(client: Client, run: WorkflowExecution) -> Past | None:
    handle = client.get_workflow_handle(run.id, run_id=run.run_id)
    try:
        return _read([event async for event in handle.fetch_history_events()])
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None


def _read(events: Iterable[HistoryEvent]) -> Past | None:
    """Find in a history what was handed to the sending worker and what money was announced."""
    case: Case | None = None
    contact: Contact | None = None
    prepared = False
    sendings: dict[int, Sending] = {}
    notices: list[UUID] = []
    typed: list[str] = []
    for event in events:
        match event.event_type:
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
                case = _decoded(
                    Case, event.workflow_execution_started_event_attributes.input.payloads
                )
                contact = _wanted(case.progress.last if case else None, contact)
            case EventType.EVENT_TYPE_MARKER_RECORDED:
                told = event.marker_recorded_event_attributes.details.get("result")
                contact = _wanted(_decoded(Answer, told.payloads if told else ()), contact)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                asked = event.activity_task_scheduled_event_attributes
                ask = _decoded(SendAsk, asked.input.payloads)
                if asked.activity_type.name == "send" and ask is not None:
                    at = event.event_time.ToDatetime(UTC) + ask.shift
                    sendings[event.event_id] = Sending(ask.ordinal, at, contact, done=False)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                ended = event.activity_task_completed_event_attributes
                if (sent := sendings.get(ended.scheduled_event_id)) is not None:
                    sendings[ended.scheduled_event_id] = Sending(
                        sent.ordinal, sent.at, sent.contact, done=True
                    )
                contact = _wanted(_decoded(Answer, ended.result.payloads), contact)
                prepared = True
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
                signal = event.workflow_execution_signaled_event_attributes
                if signal.signal_name == "payment_received":
                    texts = RawPayments.of(each.data for each in signal.input.payloads).texts
                    for text in texts:
                        if (ident := relayed(text)) is not None:
                            notices.append(ident)
                        else:
                            typed.append(text)
            case _:
                pass
    if case is None:
        return None
    prepared = prepared or case.progress.last is not None
    return Past(case, tuple(sendings.values()), tuple(notices), tuple(typed), prepared)


def _wanted(answer: Answer | None, before: Contact | None) -> Contact | None:
    match answer.move if answer else None:
        case Contact() as contact:
            return contact
        case Wait(then=Contact() as contact):
            return contact
        case _:
            return before


def _decoded(kind: type[W], payloads: Iterable[Payload]) -> W | None:
    for payload in payloads:
        try:
            return CONVERTER.payload_converter.from_payload(payload, kind)
        except (ValidationError, ValueError, RuntimeError):
            return None
    return None


def _forgotten(
    store: Store, run: WorkflowExecution, case: Known, past: Past
) -> Iterator[Difference]:
    words: dict[str, Any] = {"case": run.id, "account": case.account}
    running = run.status is WorkflowExecutionStatus.RUNNING
    if past.case.epoch > case.epoch:
        yield Difference(
            kind=Kind.AHEAD,
            said=f"the engine has life {past.case.epoch} of it, the store only {case.epoch}",
            epoch=past.case.epoch,
            **words,
        )
    elif running and past.prepared and case.status == "new":
        yield Difference(
            kind=Kind.UNPREPARED, said="it runs, and the store has not prepared it", **words
        )
    elif running and case.status == "closed":
        yield Difference(kind=Kind.ENDED, said="closed in the store, still running", **words)
    with store.reading() as session:
        for sent in past.sendings:
            ident = contact_id(case.debt, past.case.epoch, sent.ordinal)
            row = contacts.find(session, ident)
            if row is not None and not (sent.done and _unfinished(row)):
                continue
            what = f"{sent.contact.channel} ({sent.contact.step})" if sent.contact else "a message"
            yield Difference(
                kind=Kind.LOST_CONTACT,
                said=f"{what} was handed over at {sent.at:%Y-%m-%d %H:%M} UTC and is not in the log",
                epoch=past.case.epoch,
                ordinal=sent.ordinal,
                at=sent.at,
                contact=sent.contact,
                **words,
            )
        for notice in past.notices:
            if session.get(InboxItem, notice) is None and not _told(session, notice):
                yield Difference(
                    kind=Kind.LOST_NOTICE,
                    said="money was announced, and its notice is not in the inbox",
                    notice=notice,
                    **words,
                )
        # A run that lives may still read what it was sent; what a dead one did not read, nobody will.
        for text in () if running else dict.fromkeys(past.typed):
            if not set_aside_before(session, debts.get(session, case.debt), text):
                yield Difference(
                    kind=Kind.UNREAD,
                    said="a payment was typed into its workflow, which ended before it read that",
                    typed=text,
                    **words,
                )


def _unfinished(row: ContactRow) -> bool:
    """Whether the log still waits for a message of which the engine has had the answer."""
    return row.state in (ContactState.RESERVED, ContactState.SENDING)


def _told(session: Session, notice: UUID) -> bool:
    """Whether a lost notice holds its debt already, or did until a person released it."""
    asked = select(Stop.id).where(
        col(Stop.source) == SOURCE + ":notice", col(Stop.external_id) == str(notice)
    )
    return session.exec(asked).first() is not None


def _stranger(name: str) -> Difference:
    return Difference(
        kind=Kind.STRANGER,
        case=name,
        said="runs in the engine, and the store knows no such debt: import its file again, or end it",
    )


def _impostor(name: str, case: Known) -> Difference:
    return Difference(
        kind=Kind.IMPOSTOR,
        case=name,
        account=case.account,
        said="what runs under its id was started by hand and is not this case: nobody works the debt",
    )


def _lost(name: str, case: Known) -> Difference:
    return Difference(
        kind=Kind.LOST_RUN,
        case=name,
        account=case.account,
        said="open in the store, and nothing runs for it",
    )


# Making good


def _mended(  # noqa: PLR0917
    session: Session, clock: Clock, debt: Debt, each: Difference, now: datetime, actor: str
) -> bool:
    match each.kind:
        case Kind.LOST_CONTACT:
            return _remember(session, debt, each, now)
        case Kind.LOST_NOTICE:
            stops.enter(
                session,
                StopKind.HOLD,
                Scope.DEBT,
                now=now,
                observed_at=wall_now(),
                reason="lost_notice",
                actor=actor,
                source=SOURCE + ":notice",
                external_id=str(each.notice),
                debt_id=debt.id,
                until=now + LOST_NOTICE,
            )
            return True
        case Kind.AHEAD:
            if debt.epoch < each.epoch:
                debt.epoch = each.epoch
                debt.status = "open" if debt.status == "new" else debt.status
                session.add(debt)
                _say(session, debt, each, now, actor)
                return True
            return False
        case Kind.LOST_RUN:
            if debt.status == "open":
                renew(session, clock, debt, actor, "reconciled")
                return True
            return False
        case Kind.ENDED | Kind.STRANGER | Kind.UNPREPARED | Kind.UNREAD | Kind.IMPOSTOR:
            return False


def _remember(session: Session, debt: Debt, each: Difference, now: datetime) -> bool:
    """Put a message that the log forgot on record as in doubt, so that it counts toward every cap."""
    ident = contact_id(debt.id, each.epoch, each.ordinal)
    row = contacts.find(session, ident)
    if row is None:
        if each.contact is None or each.at is None:
            return False
        row = ContactRow(
            id=ident,
            debtor_id=each.contact.debtor or debt.debtor_id,
            debt_id=debt.id,
            epoch=each.epoch,
            ordinal=each.ordinal,
            step=each.contact.step,
            direction=Direction.OUT,
            channel=each.contact.channel,
            purpose=each.contact.purpose,
            template=each.contact.template,
            mode=debt.mode or "shadow",
            state=ContactState.SENDING,
            at=each.at,
        )
        session.add(row)
        session.flush()
    if row.state == ContactState.RESERVED:
        contacts.append(session, row, "sending", at=now, observed_at=wall_now(), reason=ACTOR)
    leave_in_doubt(session, debt, row, now, ACTOR)
    return True


def _say(session: Session, debt: Debt, each: Difference, now: datetime, actor: str) -> None:
    records.act(
        session,
        at=now,
        observed_at=wall_now(),
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        what=f"reconciled.{each.kind}",
        reason="reconciled",
        actor=actor,
        facts={"epoch": each.epoch},
    )
