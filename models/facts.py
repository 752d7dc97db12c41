"""What the next move of a case is made of: dated facts, without personal data.

Instants are aware UTC, dates are in the debtor's zone, amounts in minor units.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from models.case import Move, Stage, TaskKind
from models.contact import Channel, ContactState, Outcome, Purpose
from models.stop import Scope, StopKind
from models.strategy import Segment


class CaseStatus(StrEnum):
    OPEN = "open"
    REOPENING = "reopening"


class ReceiptKind(StrEnum):
    """A message that is owed to the debtor; also the name of its template."""

    THANKS = "thanks"
    PAID_IN_FULL = "paid_in_full"
    CORRECTION = "correction"
    OPTOUT_CONFIRMATION = "optout_confirmation"
    DISPUTE_RECEIPT = "dispute_receipt"
    VERIFICATION = "verification"
    HANDOVER_NOTICE = "handover_notice"


class PromiseStatus(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class BalanceFact:
    """What the ledger says now."""

    owed: int
    currency: str
    below_minimum: bool = False
    settled: bool = False
    """Nothing is owed because a part was waived for a settlement."""
    changed_at: datetime | None = None
    """When the last entry was booked."""


@dataclass(frozen=True, slots=True)
class ContactFact:
    """One outbound try about this debt."""

    step: str
    channel: Channel
    state: ContactState
    at: datetime
    purpose: Purpose = Purpose.COLLECTION
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class StopFact:
    """A stop that bears on this case, open or ended."""

    kind: StopKind
    scope: Scope
    entered_at: datetime
    channel: Channel | None = None
    until: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""
    permits: frozenset[Purpose] = frozenset()
    """Purposes that stay possible under it."""
    proven: bool = False
    """Papers came with it, as a police report."""
    last_day: date | None = None
    """Of a protection by law; it ends no stop by itself."""
    deadline: date | None = None
    """By which something is to be filed on it."""
    others_first: bool = False
    """Of a competing assignment: the other's notice reached the debtor before ours."""
    paid_since: bool = False
    """Of an insolvency: money was booked that came in after it began and before it was known."""


@dataclass(frozen=True, slots=True)
class NoticeFact:
    """The notice of assignment to this debtor."""

    required: bool = True
    reached_at: datetime | None = None
    returned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PromiseFact:
    """A single promise to pay; the day is in the debtor's zone."""

    minor: int
    made_at: datetime
    due_on: date
    grace_days: int
    status: PromiseStatus = PromiseStatus.OPEN
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DueFact:
    """One instalment of a plan; days are in the debtor's zone."""

    n: int
    on: date
    last_day: date
    """Of grace."""
    minor: int
    met: bool = False


@dataclass(frozen=True, slots=True)
class PlanFact:
    """A plan that was accepted: it runs, or ran until ``ended_at``."""

    code: str
    """Short name that steps about it carry."""
    accepted_at: datetime
    running: bool
    instalments: tuple[DueFact, ...]
    reminder_days: int = 3
    ended_at: datetime | None = None
    speaks: bool = True
    """Whether this case is the one that tells of it, of all debts that it covers."""


@dataclass(frozen=True, slots=True)
class WorkFact:
    """A work item of this life of the case."""

    kind: TaskKind
    step: str
    opened_at: datetime
    due_at: datetime
    reminded: bool = False
    escalated: bool = False
    closed_at: datetime | None = None
    outcome: str = ""
    """``cancelled`` when nobody did it because the case moved on."""


@dataclass(frozen=True, slots=True)
class BlockFact:
    """The latest blocking legal check of a step on a channel."""

    step: str
    channel: Channel
    rule: str
    at: datetime
    human: bool = False
    """A person could supply what is missing."""


@dataclass(frozen=True, slots=True)
class ReceiptFact:
    """A message owed since an event; ``key`` is unique, as ``thanks_3``."""

    kind: ReceiptKind
    key: str
    since: datetime
    channel: Channel | None = None
    """Where it must go, as the confirmation of an opt-out; None is the strategy's choice."""


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """Everything that the next move depends on, besides strategy, calendar and clock."""

    opened_at: datetime
    zone: str
    """IANA zone for local times."""
    jurisdiction: str
    balance: BalanceFact
    segment: Segment = field(default_factory=Segment)
    status: CaseStatus = CaseStatus.OPEN
    gaps: tuple[str, ...] = ()
    """Codes of blocking gaps of the readiness report."""
    litigated: bool = False
    credit_reported: bool | None = None
    """Whether the debt stands in a credit register; None if nobody said."""
    recourse_until: date | None = None
    """The last day on which the seller must take the debt back."""
    law_since: datetime | None = None
    """Since when another country's law of contact holds, because the debtor moved."""
    barred_payments: tuple[str, ...] = ()
    """Codes of payments booked after the limitation period ended."""
    reachable: frozenset[Channel] = frozenset(Channel)
    """Channels with a live number or address."""
    unserved: frozenset[Channel] = frozenset()
    """Channels by which nothing can leave: of a live case, those that no connector is set up for."""
    co_debtors: int = 0
    contacts: tuple[ContactFact, ...] = ()
    stops: tuple[StopFact, ...] = ()
    notice: NoticeFact = field(default_factory=NoticeFact)
    promises: tuple[PromiseFact, ...] = ()
    plans: tuple[PlanFact, ...] = ()
    work: tuple[WorkFact, ...] = ()
    blocks: tuple[BlockFact, ...] = ()
    receipts: tuple[ReceiptFact, ...] = ()
    """Owed messages; the letter that all is paid is added by the rule itself."""
    pending_payments: int = 0
    """Came in and are not booked yet."""
    passed: frozenset[str] = frozenset()
    """Steps that were behind the case when it went over to another version of its strategy."""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step of a strategy as it stands for a case."""

    key: str
    due: datetime
    state: str
    """``done``, ``skipped`` or ``pending``."""
    why: str = ""
    """Why it is skipped: ``condition``, ``passed_over``, ``opt_out``, ``unreachable``, ``no_connector``,
    ``blocked:RULE`` …"""


@dataclass(frozen=True, slots=True)
class Outlook:
    """The next move, and where the case stands meanwhile."""

    move: Move
    stage: Stage
    hold: StopKind | None = None
    """The gravest open stop over the whole case."""
