"""What operations see of cases: one line each in a list, or all that stands about one."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from models.base import Value

LATE = timedelta(minutes=15)
"""A case that has not moved this long after it was due is overdue."""


class CaseLine(Value):
    """One case in a list. Impersonal."""

    account: str
    case: str
    """The workflow id."""
    portfolio: str
    place: str
    """Jurisdiction with its part, as ``US-MA``."""
    stage: str
    hold: str | None
    """The first of the stops that hold it."""
    owed: int
    currency: str
    contacts: int
    next: str
    next_at: datetime | None
    zone: str
    """IANA name; times of this line are shown in it."""
    ending: str | None


class GapLine(Value):
    code: str
    blocking: bool
    advice: str


class StopLine(Value):
    """A stop that is open, in plain words."""

    kind: str
    scope: str
    since: datetime
    until: datetime | None
    what: str
    ends: str
    """How it ends."""
    by: str


class ItemLine(Value):
    """An open work item of a case."""

    item: str
    kind: str
    step: str
    status: str
    due: datetime
    by: str | None


class ContactLine(Value):
    """One contact, and the version of the strategy that it was made under."""

    at: datetime
    channel: str
    step: str
    state: str
    outcome: str | None
    strategy: str | None
    by: str


class OwnerLine(Value):
    """One owner in the chain of title."""

    owner: str
    since: date | None
    doc_ref: str | None
    notice_delivered_on: date | None


class DocumentLine(Value):
    """A document made for a case."""

    document: str
    kind: str
    """filed, or sent as a letter."""
    template: str
    version: str
    """Of the words and of the layout."""
    sha256: str
    made: datetime


class PointLine(Value):
    kind: str
    value: str
    line: str
    dead: str | None


class Personal(Value):
    """Who the debtor is; opened only when asked for, and the opening is on record."""

    name: str
    address: tuple[str, ...]
    points: tuple[PointLine, ...]


class CaseView(Value):
    """All that operations need to know of one case."""

    account: str
    case: str
    debt: str
    epoch: int
    seller: str
    portfolio: str
    owner: str
    place: str
    currency: str
    zone: str
    language: str | None
    status: str
    stage: str
    mode: str
    strategy: str | None
    strategy_reason: str | None
    strategy_since: datetime | None
    """Since when, if the case began on another strategy or version."""
    strategy_next: str | None
    """The version it goes over to when it is between two steps."""
    segment: str | None
    opened: datetime | None
    closed: datetime | None
    ending: str | None
    ending_reason: str | None
    next: str
    """What comes next, in plain words."""
    why: str
    """Its code."""
    next_at: datetime | None
    charged: int
    paid: int
    waived: int
    owed: int
    credit: int
    buckets: dict[str, int]
    """What is owed, by bucket."""
    unposted: int
    """Payments that came in and are not booked yet."""
    contacts: int
    notice_sent: datetime | None
    notice_reached: datetime | None
    notice_evidence: str | None
    limitation: date | None
    gaps: tuple[GapLine, ...]
    found: dict[str, str]
    """What preparation checked and found, by code."""
    stops: tuple[StopLine, ...]
    items: tuple[ItemLine, ...]
    owners: tuple[OwnerLine, ...]
    documents: tuple[DocumentLine, ...] = ()
    made: tuple[ContactLine, ...] = ()
    """Every contact that left or may have left, oldest first."""
    personal: Personal | None = None
