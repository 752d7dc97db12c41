"""Words of the legal check: what is asked, what is known about it, and the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, TypeAlias, TypeVar

from models.contact import Direction, Outcome, Party, Purpose

T = TypeVar("T")


class Unknown(Enum):
    """A fact that nobody supplied. It is neither true nor false, and it blocks."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN

Known: TypeAlias = T | Unknown
"""A fact, or the honest statement that we do not have it."""

AGES_AGO = datetime(1, 1, 2, tzinfo=UTC)
"""Neutral value of 'when was it done': so long ago that every waiting time is over."""

NEVER_STALE = datetime(9999, 12, 30, tzinfo=UTC)
"""Neutral value of 'when was it renewed': no age limit is ever reached."""


class Act(StrEnum):
    """What can be asked of the gate: a contact on a channel, or an act with legal effect."""

    LETTER = "letter"
    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    VISIT = "visit"
    POSTCARD = "postcard"
    LEGAL_FILING = "legal_filing"
    CREDIT_REPORT = "credit_report"
    DEBT_TRANSFER = "debt_transfer"
    SOCIAL = "social"
    """A post that the public or the person's contacts can see."""


CONTACTS = frozenset(
    {Act.LETTER, Act.EMAIL, Act.SMS, Act.PHONE, Act.VISIT, Act.POSTCARD, Act.SOCIAL}
)
"""Acts that reach a person."""

OUTSIDERS = frozenset(
    {
        Party.CONTACT_PERSON,
        Party.REFEREE,
        Party.RELATIVE_NOT_EXECUTOR,
        Party.THIRD_PARTY,
        Party.EMPLOYER,
    }
)
"""People who neither owe nor stand in the debtor's place; they never learn of the debt."""

SERVICE = frozenset(
    {
        Purpose.RECEIPT,
        Purpose.CORRECTION,
        Purpose.REPLY,
        Purpose.OPTOUT_CONFIRMATION,
        Purpose.DISPUTE_RECEIPT,
        Purpose.VERIFICATION,
        Purpose.HANDOVER_NOTICE,
        Purpose.STATUTORY_NOTICE,
    }
)
"""Messages owed to the debtor rather than asked of them; packs call the set ``service``."""


class Order(StrEnum):
    """The order in which failing rules are named; the first one leads."""

    KILL = "kill"
    AUTHORITY = "authority"
    STAY = "stay"
    PERSON = "person"
    CHANNEL = "channel"
    CONTENT = "content"
    TIME = "time"
    FREQUENCY = "frequency"


class Verdict(StrEnum):
    """``defer``: a clock will cure it. ``block``: only an event, a person or another act will."""

    ALLOW = "allow"
    DEFER = "defer"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """One entry of the contact log, as caps and cooldowns count it.

    A reservation is a record without outcome. Without outcome, or with ``unknown``, it counts in
    every counter of its channel. ``debts`` empty means that it may have been about any debt.
    """

    at: datetime
    """Aware; when it was or will be made."""
    channel: str
    direction: str = Direction.OUT
    outcome: str | None = None
    debts: tuple[str, ...] = ()
    party: str = Party.DEBTOR
    number: str | None = None
    """Token of the number or address; None may be any."""
    caller: str = "assignee"
    agent: str = "human"
    consented: bool = False
    """The person had agreed to this very contact beforehand."""
    purpose: str | None = None
    medium: str | None = None
    kind: str = field(init=False, default="")
    """``direction:channel:outcome``, the key by which packs count."""
    ts: int = field(init=False, default=0)
    """``at`` in seconds since 1970, UTC."""

    def __post_init__(self) -> None:
        outcome = self.outcome or Outcome.UNKNOWN
        object.__setattr__(self, "kind", f"{self.direction}:{self.channel}:{outcome}")
        object.__setattr__(self, "ts", int(self.at.timestamp()))


@dataclass(frozen=True, slots=True)
class Inconvenient:
    """A time that the person told us does not suit, in their own wall clock time."""

    opens: time = time(0)
    closes: time | None = None
    """Exclusive; None is the end of the day."""
    weekdays: frozenset[int] = frozenset(range(7))
    """Monday is 0."""
    channels: frozenset[str] = CONTACTS


def _fact(neutral: object) -> Any:
    """A field that is unknown until stated; ``neutral`` is what a written case means by silence."""
    return field(default=UNKNOWN, metadata={"neutral": neutral})


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalFacts:
    """What is proposed, and all that is known about the case when it is proposed.

    The live path states every fact that it has and leaves the others unknown; a rule that needs
    an unknown fact blocks. Instants are aware, dates are local to the debtor. ``None`` says that
    there is no such thing: no dispute, no consent, no date.
    """

    # The proposal
    jurisdiction: str
    sub: str | None = None
    zones: tuple[str, ...] = ()
    """Candidate IANA zones of the debtor; empty is unknown and blocks."""
    channel: str
    """An ``Act``; every ``models.contact.Channel`` is one."""
    purpose: str = Purpose.COLLECTION
    party: str = Party.DEBTOR
    debt: str = ""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Debts that count as one, each to the name it counts under."""
    number: str | None = None
    """Token of the number or address to be used."""
    caller: str = "assignee"

    # Kill switches
    status: Known[str | None] = _fact(None)
    """open, paid, settled or discharged."""
    payment_pending: Known[bool] = _fact(False)
    plan_status: Known[str | None] = _fact(None)
    """current, missed or broken; None without an agreed plan."""
    wrong_party: Known[bool] = _fact(False)
    """Somebody said that this number or person is not the debtor."""
    identity_theft_claim: Known[bool] = _fact(False)
    vulnerable: Known[str | None] = _fact(None)
    """self_harm_risk, health, … None without any sign."""
    held: Known[tuple[str, ...]] = _fact(())
    """Kinds of open stops that have no fact of their own here: hold, recall, kill_switch, …"""
    held_until: Known[datetime | None] = _fact(None)
    """When all of ``held`` end by themselves; None: by a person only."""

    # Authority
    licensed: Known[bool] = _fact(True)
    acquired_debt: Known[bool] = _fact(True)
    chain_ok: Known[bool] = _fact(True)
    """The chain of title is complete and every link has its evidence."""
    regf_applies: Known[bool] = _fact(True)
    notice_sent_at: Known[datetime | None] = _fact(AGES_AGO)
    notice_reached_at: Known[datetime | None] = _fact(AGES_AGO)
    """Of the person to be contacted: a guarantor has a notice of their own."""
    notice_by: Known[str | None] = _fact("assignor")
    """assignor, assignee or joint."""
    notice_proof: Known[bool] = _fact(True)
    """The transfer was proven to the person with the notice."""
    notice_mailed: Known[datetime | None] = _fact(AGES_AGO)
    """Ordinary mail of the first written notice."""
    notice_medium: Known[str | None] = _fact("letter")
    notice_sms_agreed: Known[bool] = _fact(True)
    """The contract names text messages as a way to give notice."""
    assignable: Known[bool] = _fact(True)
    """Neither nature nor contract nor law bars the assignment."""
    guarantor_bound: Known[bool] = _fact(True)
    """No ban on assignment in the guarantee, or the guarantor agreed in writing."""
    transfer_basis: Known[str | None] = _fact("stated")
    """On what the seller's giving of personal data rests (PIPL 23)."""
    debt_unlawful: Known[bool] = _fact(False)
    """Usury or another debt that the law does not protect."""
    art10_sent: Known[datetime | None] = _fact(AGES_AGO)
    gdpr14_sent: Known[datetime | None] = _fact(AGES_AGO)
    agency_notice_sent: Known[datetime | None] = _fact(AGES_AGO)
    """Written word that a collection agency will be used (Hong Kong)."""
    s129_delivered: Known[datetime | None] = _fact(AGES_AGO)
    default_notice_at: Known[datetime | None] = _fact(AGES_AGO)
    """Service of the default notice under the Consumer Credit Act."""
    forbearance_considered: Known[bool] = _fact(True)
    venue_ok: Known[bool] = _fact(True)
    """The court is where the contract was signed or the consumer lives."""
    letter_mailed: Known[datetime | None] = _fact(AGES_AGO)
    """Letter or e-message about the debt before credit reporting."""
    letter_returned: Known[bool] = _fact(False)
    talked: Known[bool] = _fact(False)
    """Spoke with the debtor about the debt at least once; the log may show it too."""
    portfolio_kind: Known[str | None] = _fact(None)
    """bulk_personal_npl bars a further sale in China."""
    buyer_documents: Known[bool] = _fact(True)
    """The documents that a California debt buyer must hold before writing."""

    # Stays
    register_gaps: Known[tuple[str, ...]] = _fact(())
    """Registers that must be asked before this contact and gave no answer young enough."""
    bankrupt: Known[str | None] = _fact(None)
    """pending, discharged or dismissed."""
    bankrupt_place: Known[str | None] = _fact(None)
    breathing: Known[str | None] = _fact(None)
    """standard, mental_health or scottish; None without a moratorium."""
    breathing_start: Known[date | None] = _fact(None)
    breathing_last_day: Known[date | None] = _fact(None)
    capacity_concern: Known[bool] = _fact(False)
    dispute: Known[str | None] = _fact(None)
    """written or oral; None without one."""
    dispute_submitted: Known[date | None] = _fact(None)
    """The postmark; without one the day of receipt decides."""
    dispute_received: Known[date | None] = _fact(None)
    dispute_verified_sent: Known[date | None] = _fact(None)
    dispute_baseless: Known[bool] = _fact(False)
    """A person found that it has no valid grounds."""
    dispute_suggests_court: Known[bool] = _fact(False)
    validation_provided_at: Known[date | None] = _fact(AGES_AGO)
    validation_end: Known[date | None] = _fact(None)
    origcred_request: Known[bool] = _fact(False)
    """A written request for the original creditor's name."""
    origcred_submitted: Known[date | None] = _fact(None)
    origcred_answered: Known[date | None] = _fact(None)
    cease: Known[str | None] = _fact(None)
    """written or oral; None without one."""
    attorney: Known[bool] = _fact(False)
    attorney_responsive: Known[bool | None] = _fact(None)
    attorney_type: Known[str | None] = _fact(None)
    attorney_consents: Known[bool] = _fact(False)
    """The representative agreed to direct contact."""
    complaint: Known[str | None] = _fact(None)
    """open while an ombudsman considers it."""

    # Person
    deceased: Known[bool] = _fact(False)
    minor: Known[bool] = _fact(False)
    age: Known[int | None] = _fact(None)
    own_income: Known[bool] = _fact(False)
    liable: Known[bool] = _fact(False)
    """The person contacted owes by law or contract though not the debtor."""
    heir_renounced: Known[bool] = _fact(False)
    contact_refused: Known[bool] = _fact(False)
    """This outsider asked not to be contacted."""
    lost_contact: Known[str | None] = _fact(None)
    """invalid, three_days, death or incapacity; the log may show it too."""
    location_unknown: Known[bool] = _fact(True)
    location_doubt: Known[bool] = _fact(False)
    """An earlier answer is believed wrong and the person now knows, or asked for the contact."""
    script: Known[str | None] = _fact("no_debt_info")
    """What an outsider is told."""

    # Permission of the channel
    optouts: Known[frozenset[str]] = _fact(frozenset())
    """Channels or number tokens that the person closed."""
    allowed_channels: Known[frozenset[str] | None] = _fact(None)
    """The only channels the person wants, if they said so."""
    email_is_work: Known[bool] = _fact(False)
    email_basis: Known[str | None] = _fact("assumed")
    """consumer_used, consent, creditor_notice, prior_collector; None without any."""
    email_basis_sent: Known[date | None] = _fact(AGES_AGO)
    email_basis_optout_by: Known[date | None] = _fact(AGES_AGO)
    text_basis: Known[str | None] = _fact("assumed")
    """consumer_used or consent; None without any."""
    text_basis_at: Known[datetime | None] = _fact(NEVER_STALE)
    reassigned_check_at: Known[datetime | None] = _fact(None)
    number_kind: Known[str | None] = _fact(None)
    """home, cell, work or other."""
    number_source: Known[str | None] = _fact("contract")
    number_sole: Known[bool] = _fact(False)
    """It is the only number the person gave."""
    premium_number: Known[bool] = _fact(False)
    """The number to call back costs more than an ordinary call."""
    work_prohibited: Known[bool] = _fact(False)
    work_request_at: Known[datetime | None] = _fact(None)
    """Oral request not to be called at work."""
    work_request_confirmed: Known[bool] = _fact(False)
    voice: Known[str | None] = _fact("human")
    """human, ai or prerecorded."""
    voice_consent: Known[bool] = _fact(True)
    """Prior express consent to an artificial voice."""
    line: Known[str | None] = _fact("recorded_trunk")
    line_agreed: Known[bool] = _fact(False)
    """The owner of the debt agreed to this private line."""
    recording: Known[bool] = _fact(True)
    callback_given_at: Known[datetime | None] = _fact(None)
    """When the person agreed beforehand to a contact."""
    callback_for: Known[datetime | None] = _fact(None)
    """The time they agreed to."""
    callback_evidence: Known[str | None] = _fact(None)
    inconvenient: Known[tuple[Inconvenient, ...]] = _fact(())

    # Content
    lacks: Known[frozenset[str]] = _fact(frozenset())
    """Parts that ``MergedPack.required_parts`` asks for and the message, or before it is rendered
    its template, does not have: optout_notice, mini_miranda, …"""
    threat: Known[bool] = _fact(False)
    discloses_debt: Known[bool] = _fact(False)
    """The message shows an outsider that there is a debt."""
    misleading_legal: Known[bool] = _fact(False)
    threatens_suit: Known[bool] = _fact(False)
    remedy_intended: Known[bool] = _fact(True)
    deadline_days: Known[int | None] = _fact(None)
    """Days to pay that the message sets."""
    amount_correct: Known[bool] = _fact(True)
    first_demand: Known[bool] = _fact(False)
    gdpr14_attached: Known[bool] = _fact(False)
    time_barred: Known[bool] = _fact(False)
    contact_in_limitation: Known[bool] = _fact(True)
    said_wont_pay_barred: Known[bool] = _fact(False)
    last_payment: Known[date | None] = _fact(NEVER_STALE)
    acknowledged: Known[bool] = _fact(False)
    """A claim was raised or the debt acknowledged since the last payment."""
    creditor_type: Known[str | None] = _fact(None)
    """private, financial, … decides which interest ceiling applies."""
    rate: Known[Decimal | None] = _fact(None)
    """Yearly rate demanded, all charges together: 0.24 is 24 %."""
    lpr_at_contract: Known[Decimal | None] = _fact(None)
    overdue_since: Known[date | None] = _fact(AGES_AGO)
    """First day overdue is the day after."""
    bills_assignment: Known[bool] = _fact(False)
    """The cost of the assignment is asked of the debtor."""

    # Visits
    visit_staff: Known[int] = _fact(2)
    visit_recording: Known[bool] = _fact(True)
    visit_id_shown: Known[bool] = _fact(True)
    visit_enter_home: Known[bool] = _fact(False)
    visit_consent: Known[bool] = _fact(False)
    visit_notice: Known[bool] = _fact(True)
    visit_posting: Known[bool] = _fact(False)
    visit_sent_away: Known[bool] = _fact(False)
    """The person asked the visitors to leave."""
    visit_unfit: Known[bool] = _fact(False)
    """A place where the person would be shamed."""
    visit_at_home: Known[bool] = _fact(False)
    visit_elsewhere: Known[bool] = _fact(False)
    """Another reasonable place was offered."""


NEUTRAL: Mapping[str, Any] = {
    f.name: f.metadata["neutral"] for f in fields(LegalFacts) if "neutral" in f.metadata
}
"""What silence means in a written case: false, none, or the requirement is already met."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One rule that does not pass now."""

    rule: str
    decision: Verdict
    why: str
    source: str
    order: Order
    until: datetime | None = None
    """UTC; when this rule alone would pass. None for a block."""
    unknown: tuple[str, ...] = ()
    """Facts that the rule needs and nobody supplied."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The gate's answer, with all that is needed to prove it later."""

    kind: Verdict
    failures: tuple[Failure, ...] = ()
    """Every failing rule, in order of evaluation."""
    until: datetime | None = None
    """Of a deferral: the first instant, UTC, at which everything passes."""
    until_conservative: datetime | None = None
    """Of a written case: the same with windows of days also read as full hours."""
    valid_until: datetime | None = None
    """Of an allowance: exclusive end, at most ten minutes away, UTC."""
    flags: tuple[str, ...] = ()
    """Advice without effect on the decision."""
    checked: tuple[str, ...] = ()
    """Every rule in force that could have spoken against it."""
    pack_versions: Mapping[str, str] = field(default_factory=dict)
    pack_sha: str = ""

    @property
    def rule(self) -> str | None:
        """The leading failing rule: the first in order of those that make it what it is.

        Beside a rule that blocks, one that a clock would cure explains nothing.
        """
        leading = (f for f in self.failures if f.decision is self.kind)
        first = next(leading, self.failures[0] if self.failures else None)
        return first.rule if first else None


class CaseRefusedError(ValueError):
    """A written case cannot be read: which key, and what is wrong with it."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: {problem}")
        self.key = key
        self.problem = problem
