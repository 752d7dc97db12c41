"""What a person at the desk is shown, and what they report back."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from models.base import Value
from models.case import TaskKind
from models.contact import Outcome


class Result(StrEnum):
    """What a conversation or review came to. Each has its own consequence and none is merged."""

    NONE = "none"
    PROMISE = "promise"
    REFUSED = "refused"
    CALLBACK = "callback"
    DISPUTE = "dispute"
    STOP_CHANNEL = "stop_channel"
    CEASE = "cease"
    ATTORNEY = "attorney"
    BANKRUPTCY = "bankruptcy"
    DECEASED = "deceased"
    MINOR = "minor"
    IDENTITY_THEFT = "identity_theft"
    VULNERABLE = "vulnerable"
    SELF_HARM = "self_harm"
    MOVED = "moved"
    WONT_PAY_BARRED = "wont_pay_barred"
    """They will not pay because the debt is too old for court."""
    ESCALATE = "escalate"
    RETURN = "return"
    RESOLVED = "resolved"
    VERIFIED = "verified"
    FINAL_NOTICE = "final_notice"
    PUTBACK = "putback"
    OTHER_OWNER = "other_owner"
    FORWARDED = "forwarded"
    KEEP_PAUSE = "keep_pause"
    CONFIRM_PAYMENT = "confirm_payment"
    REJECT_PAYMENT = "reject_payment"
    WAS_SENT = "was_sent"
    NOT_SENT = "not_sent"
    END_CASE = "end_case"
    APPROVE = "approve"
    DECLINE = "decline"
    COMPLAINT = "complaint"
    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    NOT_UPHELD = "not_upheld"


class Report(Value):
    """What an agent reports when an item is done."""

    outcome: Outcome | None = None
    """Of a call or visit."""
    result: Result = Result.NONE
    amount: str | None = None
    """Of a promise, in decimal text of the debt's currency."""
    on: date | None = None
    """Due date of a promise or the day the state began, in the debtor's zone."""
    at: datetime | None = None
    """A callback the person agreed to, with offset."""
    understood: bool | None = None
    willing: bool | None = None
    misunderstanding: bool | None = None
    means_worked: bool | None = None
    zone: str | None = None
    """Where the person says they live now."""
    country: str | None = None
    """Two letters when they moved abroad, with the region where the law needs it: ``US-CA``."""
    party: int | None = None
    """Who moved: the number of another liable person; None is the debtor."""
    written: bool = False
    """Whether a dispute or stop came in writing."""
    note: str | None = None
    """Kept under the person's data key, never in a history."""


class Sheet(Value):
    """What the agent sees. Before identity is confirmed there is no debt fact on it."""

    item: UUID
    kind: TaskKind
    debt: UUID
    language: str | None
    name: str
    reach: str
    """The number or address of this contact; of a trial a sentence that nobody is reached."""
    trial: bool = False
    """A shadow case: whoever is rung up or visited all the same was reached outside the law."""
    local_time: str
    until: datetime | None
    """The lease ends then; the contact must have begun."""
    say_first: tuple[str, ...]
    must_not_say: tuple[str, ...]
    identified: bool = False
    owed: str | None = None
    owner: str | None = None
    due: str | None = None
    offers: tuple[str, ...] = ()
    last_said: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    """What the person wrote last, in their own words, after identity only."""
    notes: tuple[str, ...] = ()
    """What colleagues wrote down about this debt, after identity only."""
    about: tuple[str, ...] = ()
    """Of a review: what is asked for, by whom, and by when it must be answered."""
    wishes: tuple[str, ...] = ()
    """What the person asked for: times, ways of contact, no recording."""
    choices: tuple[str, ...] = ()
    """Results that this item can be closed with."""


class Hands(Value):
    """What an operator does; an empty list is no limit."""

    teams: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
