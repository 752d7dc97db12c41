"""What crosses a Temporal boundary: the case's input, its moves and its messages.

Ids, codes, amounts and dates only; never a name, number, address, message text or note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from models.base import Wire
from models.contact import Channel, Purpose
from models.stop import StopKind

CASES = "cases"
"""Task queue of workflows and of activities that touch only our store."""

SENDING = "sending"
"""Task queue of provider calls; its dispatch rate is capped on the server."""


RAW_BYTES = 2048
"""Of a raw payment signal that are kept: ten times the documented form."""

FAR = timedelta(days=3653)
"""Ten years: whatever is set for later is a slip of the pen, or a number no calendar has."""

CODE = re.compile(r"[a-z0-9][a-z0-9_.@-]{0,63}")
"""What may stand in a history where people could be tempted to write text."""


class Stage(StrEnum):
    """Where a case stands, in the words that support filters by."""

    PREPARING = "preparing"
    NOTICE = "notice"
    CONTACTING = "contacting"
    PROMISED = "promised"
    PAUSED = "paused"
    PERSON = "person"
    CLOSING = "closing"
    CLOSED = "closed"


PLAINLY = {
    Stage.PREPARING: "Being prepared",
    Stage.NOTICE: "Notice of assignment under way",
    Stage.CONTACTING: "Being contacted",
    Stage.PROMISED: "Payment promised or planned",
    Stage.PAUSED: "Paused",
    Stage.PERSON: "Waits for a person's answer",
    Stage.CLOSING: "About to close",
    Stage.CLOSED: "Closed",
}
"""Stages for people who read a case in the engine's own screens."""


class Ending(StrEnum):
    """How a case ends. Escalated is always a person's decision; nothing is sued automatically."""

    PAID = "paid"
    SETTLED = "settled"
    ESCALATED = "escalated"
    RECALLED = "recalled"
    EXHAUSTED = "exhausted"
    CLOSED = "closed"


class TaskKind(StrEnum):
    """Work that only a person may do; the answer comes back as a fact in the store."""

    CALL = "call"
    VISIT = "visit"
    LEGAL_REVIEW = "legal_review"
    READINESS = "readiness"
    ADDRESS_TRACE = "address_trace"
    VERIFICATION = "verification"
    CEASE_REVIEW = "cease_review"
    ATTORNEY_REVIEW = "attorney_review"
    CLAIM_FILING = "claim_filing"
    ESTATE_REVIEW = "estate_review"
    GUARDIAN_REVIEW = "guardian_review"
    IDENTITY_REVIEW = "identity_review"
    CREDIT_REVIEW = "credit_review"
    PARTY_REVIEW = "party_review"
    VULNERABILITY_REVIEW = "vulnerability_review"
    AFFORDABILITY_REVIEW = "affordability_review"
    RELOCATION_REVIEW = "relocation_review"
    REPLY_REVIEW = "reply_review"
    PAYMENT_REVIEW = "payment_review"
    DOUBT_REVIEW = "doubt_review"
    FACT_REVIEW = "fact_review"
    REOPEN_REVIEW = "reopen_review"
    OWNERSHIP_REVIEW = "ownership_review"
    PUTBACK_REVIEW = "putback_review"
    CO_DEBTOR_REVIEW = "co_debtor_review"
    APPROVAL = "approval"
    COMPLAINT = "complaint"
    QA_REVIEW = "qa_review"


class Contact(Wire):
    """Contact this person, for this step, if the legal check allows it."""

    kind: Literal["contact"] = "contact"
    step: str
    channel: Channel
    purpose: Purpose = Purpose.COLLECTION
    template: str
    debtor: UUID | None = None
    """The liable party to contact; None is the debtor of the case."""


class Wait(Wire):
    """Sleep until an instant (business time, UTC); any message wakes earlier."""

    kind: Literal["wait"] = "wait"
    until: datetime
    why: str = "step_due"
    """A code, as ``step_due``, ``quiet_hours:CN-HOURS``, ``dispute``."""
    text: str = ""
    """The same in plain words without personal data, for timelines."""
    then: Contact | None = None
    """What follows when nothing happens meanwhile; saves asking again."""


class Task(Wire):
    """Open a work item for a person."""

    kind: Literal["task"] = "task"
    task: TaskKind
    due: datetime
    step: str = ""
    """The step of a call or visit, or a code that tells apart two items of one kind."""
    text: str = ""
    again: Literal["", "reminder", "supervisor"] = ""
    """Not a new item: the open one is overdue, is asked for again and is due later."""


class Close(Wire):
    """End the case."""

    kind: Literal["close"] = "close"
    ending: Ending
    reason: str = ""


Move = Annotated[Wait | Contact | Task | Close, Field(discriminator="kind")]


AS_ASKED = Wait(until=datetime(1970, 1, 1, tzinfo=UTC), why="as_asked")
"""No move of its own: what was asked about may be done. Taken for a wait, it asks at once."""


class Answer(Wire):
    """What an activity did, where the case stands now, and the next move."""

    move: Move = AS_ASKED
    did: str = ""
    """In plain words: ``sms sent``, ``deferred by CN-HOURS``, ``paid 100.00 CNY``."""
    stage: Stage = Stage.CONTACTING
    hold: StopKind | None = None
    contacts: int = 0
    owed: int = 0
    """Outstanding, minor units of the case's currency."""
    go: bool = False
    """Of a legal check: the contact is reserved and may be sent now."""
    due: str = ""
    """The next instant in the debtor's own time, in words: ``Tue 2026-03-03 10:00 Asia/Shanghai``.
    Empty where the words of the move tell it."""
    strategy: str = ""
    """Of the preparation: name and version of what it chose, as ``standard-1``."""
    refused: str = ""
    """Of an order: why it was not obeyed, in plain words."""
    place: str = ""
    """Whose law of contact holds since the debtor moved; empty if it never changed."""


class Progress(Wire):
    """All that survives continue-as-new. Bounded by construction: no lists."""

    ordinal: int = 0
    """Of the last contact tried; the next one's id is made of it."""
    asked: int = 0
    """Of the last question put to the store; keys the decision on record."""
    last: Answer | None = None
    contacted: str = ""
    """The last contact that left, and when, in words."""


class Case(Wire):
    """Input of a ``DebtCase``."""

    debt: UUID
    epoch: int = 1
    """Counts the lives of a debt: 1, then one more with each reopening."""
    seller: str
    """Opaque code, also the fairness key."""
    portfolio: str = Field("", exclude=True)
    """Stands in the search attributes and not in the input, as do the next two."""
    debtor: str = Field("", exclude=True)
    """Opaque key of the person, the same over all debts."""
    jurisdiction: str = Field("", exclude=True)
    currency: str
    shift: timedelta = timedelta(0)
    """Business clock minus engine clock; zero outside simulation."""
    progress: Progress = Progress()


class Errand(Wire):
    """What every activity of a case is told. It begins when the engine says that it does."""

    debt: UUID
    epoch: int = 1
    ordinal: int = 0
    shift: timedelta = timedelta(0)


class Ask(Errand):
    """A question answered within the workflow's own task, as of the workflow's clock."""

    now: datetime
    """Business time, UTC."""
    asked: int = 0


class CheckAsk(Ask):
    contact: Contact


class SendAsk(Errand):
    """The contact that was reserved under this ordinal; the store knows the rest."""


class TaskAsk(Errand):
    task: Task


class OrderKind(StrEnum):
    """What a person may order of a running case."""

    HOLD = "hold"
    RELEASE = "release"
    RECALL = "recall"
    CLOSE = "close"


class Order(Wire):
    """An instruction to the case by a person; ``reason`` is a code, never free text."""

    reason: str
    actor: str = "temporal"
    until: datetime | None = None
    kind: OrderKind = OrderKind.HOLD
    """Set by the update that carries the order."""
    id: str = ""
    """The update's id; a repeated one is the same order."""


class OrderAsk(Errand):
    order: Order


class RawPayments(Wire):
    """Payment signals as they came, in text.

    ``{"inbox": id}`` comes from the relay and names a verified notice; anything else was typed
    into the engine's own CLI and is unverified until a provider, bank line or person confirms it.
    """

    texts: tuple[str, ...]

    @classmethod
    def of(cls, signals: Iterable[bytes]) -> RawPayments:
        """Cut each signal to ``RAW_BYTES``: what is longer is malformed and told so."""
        return cls(texts=tuple(raw[:RAW_BYTES].decode("utf-8", "replace") for raw in signals))


class BookAsk(Errand):
    notices: RawPayments


class Fact(Wire):
    """Something new stands in the store: kind and id, nothing else."""

    kind: str
    id: str = ""


class Status(Wire):
    """Answer of the ``status`` query."""

    stage: Stage
    hold: StopKind | None
    owed: int
    currency: str
    contacts: int
    next: Move | None


class Explained(Wire):
    """Answer of the ``explain`` query: why nothing is sent just now, in plain words."""

    answer: str
    last_contact: str
    lately: tuple[str, ...]
    """What this run did and decided, the latest first, each with its instant in UTC."""


class Ended(Wire):
    """Result of a case."""

    ending: Ending
    reason: str = ""
    owed: int = 0


def order_refusal(kind: OrderKind, order: Order, now: datetime) -> str | None:
    """Why an order can't be taken, in plain words, or None. ``now`` is business time."""
    if not CODE.fullmatch(order.reason):
        return (
            "reason must be a code of lower-case letters, digits, '_', '-' or '.', at most 64 "
            "characters: it stands in the history, where free text must not"
        )
    if not CODE.fullmatch(order.actor):
        return "actor must be an operator's code of lower-case letters, digits, '_', '-' or '.'"
    if kind is OrderKind.HOLD and order.until is None:
        return "a hold needs an end: give until as an instant with its offset"
    if order.until is not None and order.until.tzinfo is None:
        return "until must carry its offset, as 2026-03-02T10:00:00+08:00"
    if order.until is not None and order.until <= now:
        return f"until has passed: it is {now:%a %Y-%m-%d %H:%M} UTC now"
    if order.until is not None and order.until - now > FAR:
        return "until is too far ahead: give an instant within ten years"
    return None
