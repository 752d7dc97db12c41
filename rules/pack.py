"""The words of a jurisdiction pack: rules that can only forbid, put off or advise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Literal

from pydantic import Field, field_validator

from models.base import Value
from models.contact import Channel, Direction, Outcome, Party, Purpose
from models.law import CONTACTS, OUTSIDERS, SERVICE, Act, Order
from rules.conditions import clause
from rules.windows import window
from rules.zones import zone

Confidence = Literal["looked_up", "looked_up+policy", "memory_review", "policy"]
"""How well a rule is founded; only counsel's sign-off makes it usable."""

Exemption = Literal["consented_call", "agreed_call", "answer"]
"""``consented_call``: calls with consent neither count nor are stopped; ``agreed_call``: they are
not stopped but count; ``answer``: replies to the person."""

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHANNELS = frozenset(Channel)
_OUTCOMES = frozenset(Outcome)


class Rule(Value):
    """What every rule states: when it applies, why, on what authority, and since when."""

    rule: str = Field(pattern=r"^[A-Z][A-Z0-9.-]+$")
    order: Order
    why: str
    source: str
    confidence: Confidence
    channels: tuple[str, ...] = ("contact",)
    """Acts it applies to, or ``contact`` or ``any``."""
    purposes: tuple[str, ...] = ()
    """Purposes it applies to, or ``service``; empty is all."""
    parties: tuple[str, ...] = ()
    """Parties it applies to, ``outsider`` or ``consumer`` (everybody else); empty is all."""
    when: tuple[str, ...] = ()
    """Clauses that must all hold for it to apply (``rules.conditions``)."""
    allow: tuple[str, ...] = ()
    """Purposes it leaves open."""
    decision: Literal["block", "defer", "flag"] = "block"
    """``flag`` advises and never hinders."""
    flags: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    """Last day."""

    @field_validator("channels", "purposes", "parties", "allow")
    @classmethod
    def _words(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        known = {*Act, *Purpose, *Party, "contact", "any", "service", "outsider", "consumer"}
        for word in words:
            if word not in known:
                raise ValueError(f"there is no {word!r}")
        return words

    @field_validator("when")
    @classmethod
    def _clauses(cls, clauses: tuple[str, ...]) -> tuple[str, ...]:
        for text in clauses:
            clause(text)
        return clauses

    def concerns(self, channel: str, purpose: str, party: str) -> bool:
        """Whether the rule can apply to such a proposal at all."""
        return (
            ("any" in self.channels or channel in acts(self.channels))
            and (not self.purposes or purpose in purposes_of(self.purposes))
            and purpose not in self._left_open()
            and (not self.parties or party in parties_of(self.parties))
        )

    def _left_open(self) -> frozenset[str]:
        return purposes_of(self.allow)

    @property
    def generic(self) -> bool:
        """A house rule of all places; named after what the law of the place says."""
        return self.rule.startswith(("GEN-", "ETHICS-"))

    def in_force(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


class Gate(Rule):
    """Blocks while its condition holds, but for the purposes that the law leaves open."""

    each_max: int = 0
    """How often each of ``allow`` may be used; 0 is without limit."""

    def _left_open(self) -> frozenset[str]:
        return frozenset() if self.each_max else super()._left_open()


class Wait(Rule):
    """Puts off until some days after a dated fact."""

    decision: Literal["block", "defer", "flag"] = "defer"
    since: str
    """The dated fact."""
    days: int = 0
    """It opens at local midnight that many days after the date; 0 is an instant itself."""
    business_days: int = 0
    """It opens on the day after that many working days have passed."""
    months: int = 0
    """Calendar months before the days; the end of a month stays the end."""
    missing: Literal["block", "pass"] = "block"
    """What it means that the fact is none."""


class Hours(Rule):
    """A time of day in which contact is allowed; days without any line of the rule are closed."""

    order: Order = Order.TIME
    decision: Literal["block", "defer", "flag"] = "defer"
    days: tuple[str, ...] = WEEK
    opens: str
    """Local wall clock, inclusive: ``08:00``."""
    closes: str
    """Exclusive: ``21:00``; ``24:00`` is the end of the day."""
    override: Literal["recorded_consent", "none"] = "none"
    """Whether the person may agree to another time beforehand."""

    @field_validator("days")
    @classmethod
    def _weekdays(cls, days: tuple[str, ...]) -> tuple[str, ...]:
        for day in days:
            if day not in WEEK:
                raise ValueError(f"there is no weekday {day!r}")
        return days

    @field_validator("opens", "closes")
    @classmethod
    def _time(cls, text: str) -> str:
        seconds(text)
        return text


class Holidays(Rule):
    """Closes the public holidays of the place."""

    order: Order = Order.TIME
    decision: Literal["block", "defer", "flag"] = "defer"
    country: str
    national: bool = False
    """Only the holidays of the whole country."""


class Personal(Rule):
    """Closes the times that the person called inconvenient."""

    order: Order = Order.TIME
    decision: Literal["block", "defer", "flag"] = "defer"


class Cap(Rule):
    """At most ``n`` counted contacts in every one of its windows."""

    order: Order = Order.FREQUENCY
    decision: Literal["block", "defer", "flag"] = "defer"
    n: int = Field(ge=1)
    windows: tuple[str, ...] = Field(min_length=1)
    counts: tuple[str, ...] = Field(min_length=1)
    """``phone`` is every outbound call, ``phone:busy`` those with that outcome."""
    not_counted: tuple[str, ...] = ()
    counts_inbound: tuple[str, ...] = ()
    """What counts though the person began it: ``phone:conversation``."""
    scope: tuple[Literal["person", "debt", "number", "collector"], ...] = ()
    """What a counted contact must share with the proposal; nothing: all about the debtor."""
    counted_parties: Literal["consumer", "outsider", "any"] = "consumer"
    exempt: tuple[Exemption, ...] = ()

    @field_validator("windows")
    @classmethod
    def _windows(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            window(text)
        return texts

    @field_validator("counts", "not_counted", "counts_inbound")
    @classmethod
    def _atoms(cls, atoms: tuple[str, ...]) -> tuple[str, ...]:
        for atom in atoms:
            kinds([atom], [Direction.OUT])
        return atoms


class Cooldown(Rule):
    """No contact for some days after a conversation, whoever started it; its day is day 1."""

    order: Order = Order.FREQUENCY
    decision: Literal["block", "defer", "flag"] = "defer"
    days: int = Field(ge=1)
    triggers: tuple[str, ...] = Field(min_length=1)
    directions: tuple[Direction, ...] = (Direction.OUT, Direction.IN)
    scope: tuple[Literal["person", "debt", "number", "collector"], ...] = ()
    exempt: tuple[Exemption, ...] = ()


class Content(Rule):
    """Parts that a message must have."""

    order: Order = Order.CONTENT
    requires: tuple[str, ...] = Field(min_length=1)
    by_template: bool = False
    """The document is made so; a rendered message is not searched for the part again."""


class Note(Value):
    """A row of the law that no instant, channel or fact of a contact decides."""

    rule: str = Field(pattern=r"^[A-Z][A-Z0-9.-]+$")
    why: str
    """What it demands, with its numbers."""
    kept_by: str
    """Who sees to it instead, or why nobody can."""
    source: str
    confidence: Confidence
    valid_from: date | None = None
    valid_to: date | None = None


class Zones(Value):
    """Whose clock counts."""

    fixed: str | None = None
    """A legal zone that binds besides the debtor's own, and alone where days are counted."""
    replaces: tuple[str, ...] = ()
    """Zones of the country whose own clock the law does not know."""
    rule: str = "GEN-MULTI-TZ"
    """Named when a time suits some candidate zones and not others."""
    source: str = "house rule: intersect all candidate zones"

    @field_validator("fixed")
    @classmethod
    def _zone(cls, name: str | None) -> str | None:
        if name:
            zone(name)
        return name


class Limitation(Value):
    """How long the creditor may sue; the gate reads ``time_barred``."""

    years: int
    shortest_years: int | None = None
    """Where a part of the country that has no pack of its own knows a shorter period."""
    outer_years: int | None = None
    extinguishes: bool = False
    payment_revives: bool | None = None
    source: str
    confidence: Confidence


class Validation(Value):
    """The period in which the debtor may ask for proof."""

    days: int
    receipt_business_days: int
    notice_within_days: int
    source: str
    confidence: Confidence


class Retention(Value):
    """How long records are kept, in years after the last collection activity."""

    records_years: int
    recordings_years: int | None = None
    source: str
    confidence: Confidence


class Pack(Value):
    """One file of law."""

    pack: str
    jurisdiction: str
    sub: str | None = None
    parent: str | None = None
    title: str
    version: str
    valid_from: date
    valid_to: date | None = None
    local_law: bool = False
    """Parts of the country have rules of their own; one without a pack is flagged."""
    registers: tuple[str, ...] = ()
    """Registers that a live case of this place asks before each contact."""
    permitted_purposes: tuple[str, ...] = ()
    """Empty permits all."""
    tz: Zones = Zones()
    limitation: Limitation | None = None
    validation: Validation | None = None
    retention: Retention | None = None
    gates: tuple[Gate, ...] = ()
    waits: tuple[Wait, ...] = ()
    hours: tuple[Hours, ...] = ()
    holidays: tuple[Holidays, ...] = ()
    personal: tuple[Personal, ...] = ()
    caps: tuple[Cap, ...] = ()
    cooldowns: tuple[Cooldown, ...] = ()
    content: tuple[Content, ...] = ()
    notes: tuple[Note, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    """What nobody has confirmed about the law of the place, besides single rules."""

    def rules(self) -> Iterator[Rule]:
        """Every rule of the file."""
        yield from self.gates
        yield from self.waits
        yield from self.content
        yield from self.hours
        yield from self.holidays
        yield from self.personal
        yield from self.caps
        yield from self.cooldowns


def seconds(text: str) -> int:
    """Seconds of the day of a wall clock time; ``24:00`` is allowed."""
    hours, _, minutes = text.partition(":")
    if not (hours.isdigit() and minutes.isdigit() and len(text) == 5):
        raise ValueError(f"{text!r} is not a time like 08:00")
    total = int(hours) * 3600 + int(minutes) * 60
    if int(minutes) > 59 or total > 86_400:
        raise ValueError(f"{text!r} is not a time of day")
    return total


def acts(words: Sequence[str]) -> frozenset[str]:
    return frozenset(words) | (CONTACTS if "contact" in words else frozenset())


def purposes_of(words: Sequence[str]) -> frozenset[str]:
    return frozenset(words) | (SERVICE if "service" in words else frozenset())


def parties_of(words: Sequence[str]) -> frozenset[str]:
    outsiders = OUTSIDERS if "outsider" in words else frozenset[str]()
    consumers = frozenset(Party) - OUTSIDERS if "consumer" in words else frozenset[str]()
    return frozenset(words) | outsiders | consumers


def kinds(
    atoms: Sequence[str], directions: Sequence[str], without: Sequence[str] = ()
) -> frozenset[str]:
    """Log kinds that an atom counts; an unknown outcome is in whatever its channel counts."""
    found: set[str] = set()
    for atom in atoms:
        channel, _, outcome = atom.partition(":")
        if channel not in _CHANNELS or (outcome and outcome not in _OUTCOMES):
            raise ValueError(f"there is no contact {atom!r}")
        outcomes = [outcome, Outcome.UNKNOWN] if outcome else list(Outcome)
        found.update(f"{way}:{channel}:{came}" for way in directions for came in outcomes)
    for atom in without:
        found.difference_update(f"{way}:{atom}" for way in directions)
    return frozenset(found)
