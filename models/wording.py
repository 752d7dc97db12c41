"""Words about words: what the guard is told about a text, and what it answers."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from models.base import Value
from models.contact import Channel


class Judgement(StrEnum):
    """What may become of a text: sent, read by a person first, or never sent."""

    PASS = "pass"  # noqa: S105
    REVIEW = "review"
    BLOCK = "block"


class Finding(Value):
    """One thing that is wrong with a text."""

    category: str
    """L01-L20 for what is said, S01-S14 for how the message is built."""
    rule: str
    judgement: Judgement
    span: tuple[int, int]
    """Where, in characters of the text as handed in; (0, 0) when something is missing."""
    advice: str


class Verdict(Value):
    """The guard's answer; it quotes nothing of the text, so it may be logged."""

    judgement: Judgement
    findings: tuple[Finding, ...] = ()

    @property
    def passed(self) -> bool:
        return self.judgement is Judgement.PASS


class Due(Value):
    """Something that must stand in a complete message, word for word."""

    rule: str
    text: str


class WordingContext(Value):
    """What is true of the case a text is about.

    The defaults are the careful ones: no legal event, no credit reporting, no known amount.
    """

    channel: Channel | None = None
    country: str = ""
    """Two letters, of the law that applies: US adds its disclosures."""
    sender: str = ""
    """Full legal name of the collector."""
    balance: int | None = None
    """What the ledger says is owed at this moment, minor units; None when no ledger was asked."""
    currency: str = ""
    amounts: frozenset[int] = frozenset()
    """Other amounts of the ledger or of an approved offer that the text may state, minor units."""
    legal_event: str | None = None
    """Id of a stored legal event that happened; a consequence is named only if there is one."""
    legal_event_approved: bool = False
    credit_reporting: bool = False
    """The account is in fact reported to a credit bureau."""
    time_barred: bool = False
    today: date | None = None
    """In the debtor's zone."""
    deadline: date | None = None
    """The earliest day by which the text asks for something."""
    dispute_until: date | None = None
    """Last day of a validation period that was told to the debtor."""
    final_letters: int = 0
    """How many messages called final or last this person already got on this debt."""
    first: bool = False
    """The first communication with this person on this debt."""
    voicemail: bool = False
    """A limited-content voicemail, that must not be a communication at all."""
    opt_out: str = ""
    """The opt-out sentence that an electronic message must carry."""
    hosts: frozenset[str] = frozenset()
    """Host names of our own that links may point to."""
    names: tuple[str, ...] = ()
    """Names and addresses in the text, that may be in capitals or another script."""
    public_numbers: tuple[str, ...] = ()
    """Long numbers that are not personal data: our account, registration, contract numbers."""
    subject: str = ""
    """Subject line or preview, that others may see."""
    required: tuple[Due, ...] = ()
    """Sentences that the template owes."""
