"""Words about words: what the guard is told about a text, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, ConfigDict, Field

from models.base import Value
from models.contact import Channel, Purpose
from models.ledger import Bucket, EntryKind
from models.letter import LetterContent


class Judgement(StrEnum):
    """What may become of a text: sent, read by a person first, or never sent."""

    PASS = "pass"  # noqa: S105
    REVIEW = "review"
    BLOCK = "block"


class LegalStep(StrEnum):
    """How far a suit has come: what only a judgment allows is not said of a mere filing."""

    FILED = "filed"
    JUDGMENT = "judgment"


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
    amounts: frozenset[int] | None = frozenset()
    """Other amounts of the ledger or of an approved offer that the text may state, minor units;
    None when only the balance was told: then parts of it that add up to it are true."""
    legal_event: str | None = None
    """Id of a stored legal event that happened; a consequence is named only if there is one."""
    legal_event_approved: bool = False
    legal_event_kind: LegalStep = LegalStep.FILED
    legal_event_on: date | None = None
    """The day of it; a text that names another beside it is untrue."""
    legal_event_court: str = ""
    """The court of it; a text that names another beside it is untrue."""
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
    approved: bool = False
    """The words are a pack's, which a person read as a whole: unusual sentences are no surprise."""
    note: bool = False
    """A note of an agent: the debtor's own words, quoted and attributed, are not ours."""
    by_form: bool = False
    """No name of a sender and no opt-out sentence was told: both are known by their form."""
    voicemail: bool = False
    """A limited-content voicemail, that must not be a communication at all."""
    opt_out: str = ""
    """The opt-out sentence that an electronic message must carry."""
    hosts: frozenset[str] = frozenset()
    """Host names of our own that links may point to."""
    names: tuple[str, ...] = ()
    """Names and addresses in the text, that may be in capitals or another script."""
    reference: str = ""
    """The case number that the text shows: letters drawn at random say nothing, whatever they spell."""
    public_numbers: tuple[str, ...] = ()
    """Long numbers that are not personal data: our account, registration, contract numbers."""
    subject: str = ""
    """Subject line or preview, that others may see."""
    required: tuple[Due, ...] = ()
    """Sentences that the template owes."""


# What a message is made of


class Title(StrEnum):
    """How a person wishes to be addressed, where it is known."""

    NONE = ""
    MR = "mr"
    MS = "ms"
    MRS = "mrs"
    MISS = "miss"
    MX = "mx"
    DR = "dr"


class Address(Value):
    """The person a message is for. Personal data: in memory only."""

    name: str = Field(repr=False)
    family_name: str = Field(default="", repr=False)
    title: Title = Title.NONE
    lines: tuple[str, ...] = Field(default=(), repr=False)
    """Postal address, in the order of the country."""
    id_last4: str = Field(default="", repr=False)


class Organisation(Value):
    """The collector, the owner of the debt or a former one."""

    legal_name: str
    address: tuple[str, ...] = ()
    phone: str = ""
    email: str = ""
    registration: str = ""
    """Registered number, in China the unified social credit code."""
    licence: str = ""
    contact: str = ""
    """A person or desk that confirms what is written."""


class Collector(Organisation):
    """Who writes, and how it is paid."""

    envelope_name: str = ""
    """Says nothing of debts; stands on envelopes and voicemails (12 CFR 1006.22(f)(2))."""
    hours: str = ""
    pay_site: str = ""
    """Page of our own, as ``https://pay.example/``."""
    account_holder: str = ""
    account_number: str = ""
    bank: str = ""
    privacy: str = ""
    """Where questions about personal data go."""


class Part(Value):
    bucket: Bucket
    minor: int


class ItemizationKind(StrEnum):
    """The five dates from which a US debt may be itemised (12 CFR 1006.34(b)(3))."""

    LAST_STATEMENT = "last_statement"
    CHARGE_OFF = "charge_off"
    LAST_PAYMENT = "last_payment"
    TRANSACTION = "transaction"
    JUDGMENT = "judgment"


class Itemization(Value):
    """How the amount came about since one date (12 CFR 1006.34(c)(2)(vi)-(viii))."""

    kind: ItemizationKind
    on: date
    creditor: str
    balance: int
    interest: int
    fees: int
    payments: int
    credits: int


class Transfer(Value):
    """How the debt came to its owner."""

    assignor: Organisation
    on: date
    """The day the owner acquired it."""
    agreement_ref: str = ""
    agreement_date: date | None = None
    cut_off: date | None = None


class Instalment(Value):
    minor: int
    on: date


class Offer(Value):
    """A settlement or plan that was approved for this debt."""

    total: int
    """All that is asked for, minor units."""
    until: date
    """Last day to take it up, in the debtor's zone."""
    instalments: tuple[Instalment, ...] = ()


class Agreement(Value):
    """A plan or settlement that was agreed with the person."""

    reference: str
    agreed_on: date
    """In the debtor's zone."""
    total: int
    """All that is to be paid, minor units; what is owed beyond it is waived in the end."""
    instalments: tuple[Instalment, ...]
    grace_days: int
    """Days after a due day before a payment counts as missed."""
    expires: AwareDatetime | None = None
    """Of a settlement: the instant by which all must be paid."""


class StatementLine(Value):
    """One entry as the person sees it."""

    on: date
    """Value date."""
    kind: EntryKind
    bucket: Bucket | None = None
    minor: int
    """What it changed, minor units: charges add, payments take away."""
    balance: int
    """Owed after it; below nothing, what was paid too much."""


class Statement(Value):
    """An account on one day: every entry up to then, and what they add up to."""

    on: date
    lines: tuple[StatementLine, ...]
    charged: int
    paid: int
    waived: int
    outstanding: int
    credit: int
    parts: tuple[Part, ...]
    """Outstanding by bucket."""


class LegalEvent(Value):
    """A legal step that happened, is stored, and was approved for mention."""

    id: str
    on: date
    court: str
    number: str
    approved: bool = False
    kind: LegalStep = LegalStep.FILED


class Correction(Value):
    """What an earlier message said wrongly."""

    said: int
    said_on: date


class MessageFacts(Value):
    """Everything a message may say about a case, read at the moment of sending."""

    model_config = ConfigDict(hide_input_in_errors=True)

    locale: str
    country: str
    """Two letters, of the law that applies to the debtor."""
    channel: Channel
    purpose: Purpose
    template: str
    collector: Collector
    owner: Organisation
    """The creditor now."""
    transfer: Transfer
    reference: str
    """Ours; the person can quote it and nobody can guess a debt from it."""
    person: Address
    currency: str
    owed: int
    """Of the ledger, minor units, at ``as_of``."""
    parts: tuple[Part, ...] = ()
    as_of: AwareDatetime
    zone: str
    """IANA name of the debtor's zone; all dates of the text are there."""
    original_creditor: str = ""
    account_masked: str = ""
    contract_ref: str = ""
    contract_date: date | None = None
    product: str = ""
    """Code of the kind of debt; the pack has the word for it."""
    lent: int | None = None
    """The amount once lent, minor units."""
    rate: str = ""
    """Interest a year by contract, as ``10.8%``."""
    due_on: date | None = None
    itemization: Itemization | None = None
    validation_until: date | None = None
    first: bool = False
    time_barred: bool = False
    credit_reporting: bool = False
    legal_event: LegalEvent | None = None
    final_letters: int = 0
    offer: Offer | None = None
    agreement: Agreement | None = None
    statement: Statement | None = None
    promise: Instalment | None = None
    received: Instalment | None = None
    correction: Correction | None = None
    successor: Organisation | None = None
    """Who the debt went back or on to."""
    agent: str = Field(default="", repr=False)
    agent_number: str = ""
    unrecorded: bool = False
    """The person refused recording: no conversation is recorded, and they are not asked again."""


class Composed(Value):
    """A message that passed every check; what is sent is this and nothing else."""

    model_config = ConfigDict(hide_input_in_errors=True)

    locale: str
    channel: Channel
    template: str
    version: str
    """Of the wording pack, with the start of its hash."""
    subject: str = Field(repr=False)
    body: str = Field(repr=False)
    """Plain text; of a letter, the same words without layout."""
    letter: LetterContent | None = Field(default=None, repr=False)
    owed: int
    currency: str
    as_of: AwareDatetime
    sha256: str
    """Of channel, subject and body."""
    carries: frozenset[str] = frozenset()
    """Names of the pack's sentences that stand in it word for word, and ``collector`` if named."""


class Refusal(StrEnum):
    """Why no message came about."""

    LOCALE = "locale"
    COUNTRY = "country"
    TEMPLATE = "template"
    PURPOSE = "purpose"
    FIELD = "field"
    SENTENCE = "sentence"
    WORDING = "wording"


class MessageRefusedError(ValueError):
    """A message that may not be sent, with what to mend. Quotes nothing of the message."""

    def __init__(self, why: Refusal, template: str, what: str, advice: str) -> None:
        super().__init__(f"{template}: {what}; {advice}")
        self.why = why
        self.template = template
        self.what = what
        """The field, sentence, channel or rules."""
        self.advice = advice


class Template(Value):
    """One message in one language, for the channels it can go by."""

    purposes: tuple[Purpose, ...]
    needs: tuple[str, ...] = ()
    """Facts without which it is not sent, as ``offer.until``."""
    states: tuple[str, ...] = ()
    """Facts that must be read in the text, as ``owed``."""
    says: tuple[str, ...] = ()
    """Sentences of the pack that must be in the text."""
    collects: bool = False
    """Asks for money: owes the words about a debt that is too old."""
    nothing_owed: bool = False
    """Says that all is paid: sent only when it is."""
    form: bool = False
    """A letter of this is a form on one sheet, with a part to cut off."""
    terms: Mapping[str, str] = {}
    """Labels that only this message shows, beside those of the pack."""
    subject: str = ""
    sms: str = ""
    text: str = ""
    """Of letters and e-mails, with blocks in square brackets on a line of their own."""
    phone: str = ""
    visit: str = ""
    private: bool = False
    """A call or card that must not tell of a debt, as a limited-content voicemail."""


class RequiredField(Value):
    """One thing that a letter must carry, and the source that demands it."""

    n: str
    """Its number in the source's list."""
    what: str
    source: str
    needs: tuple[str, ...] = ()
    """Facts that may not be empty, as ``transfer.assignor.phone``."""
    states: tuple[str, ...] = ()
    """Facts that must also be read in the text."""
    shows: tuple[str, ...] = ()
    """Facts that must be read in the text if they are known."""
    says: tuple[str, ...] = ()
    """Sentences of the pack that must stand in the text."""


class RequiredLetter(Value):
    """What one letter must carry where one law applies."""

    template: str
    countries: tuple[str, ...]
    """Jurisdictions, as ``CN`` or ``EU``; ``*`` is each that has no table of its own."""
    title: str
    source: str
    at: Literal["start", "dispute", "agreement", "end", "asked"]
    """When in the life of a case it is made and put on record."""
    fields: tuple[RequiredField, ...]


class WordingPack(Value):
    """All messages of one language and place."""

    locale: str
    version: str
    countries: tuple[str, ...]
    paper: Literal["a4", "us-letter"]
    terms: dict[str, str]
    """Labels of blocks and layout."""
    titles: dict[Title, str]
    products: dict[str, str]
    """What a kind of debt is called."""
    salutation: str
    salutation_plain: str
    """For a person whose title is not known."""
    closing: str
    sentences: dict[str, str]
    templates: dict[str, Template]
    required: tuple[RequiredLetter, ...] = ()
    """What its letters must carry, of all places."""
    sha256: str = ""

    def required_of(self, template: str, country: str) -> RequiredLetter | None:
        """Answer what a letter must carry under the law of a place; None if no table says.

        A place has the fields of every table that names it, as Germany those of the Union too.
        """
        own = [letter for letter in self.required if letter.template == template]
        found = [letter for letter in own if country in letter.countries]
        found = found or [letter for letter in own if "*" in letter.countries]
        if not found:
            return None
        fields = tuple(field for letter in found for field in letter.fields)
        return found[0].model_copy(update={"fields": fields})
