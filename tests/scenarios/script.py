"""The form of an acceptance script: what is given, what happens when, what must come of it.

A script is a TOML file that a collections manager can read. Its words are closed: an unknown one is
refused by name. Times are ``d14 10:00`` (day 14 after the start, on the debtor's clock) or an
instant with its offset; money is decimal text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from models.base import Value
from models.case import OrderKind, Stage, TaskKind
from models.contact import Channel, Outcome
from models.desk import Result
from models.operator import Role
from models.stop import Scope, StopKind

SCRIPTS = Path(__file__).parent / "scripts"

_DAY = re.compile(r"d(-?\d+) (\d\d):(\d\d)(?::(\d\d))?")


class Calendar(Value):
    """Reads the script's times: day 0 is the local date of the start."""

    start: datetime
    zone: str

    def instant(self, text: str) -> datetime:
        """Answer the UTC instant of ``d14 10:00`` or of an ISO instant with offset."""
        if found := _DAY.fullmatch(text):
            day, hour, minute, second = (int(part or 0) for part in found.groups())
            zone = ZoneInfo(self.zone)
            on = self.start.astimezone(zone).date() + timedelta(days=day)
            return datetime.combine(on, time(hour, minute, second), zone).astimezone(UTC)
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError(f"{text!r} is neither 'd14 10:00' nor an instant with its offset")
        return at.astimezone(UTC)

    def say(self, at: datetime) -> str:
        """Write an instant as the script does, to the minute."""
        there = at.astimezone(ZoneInfo(self.zone))
        day = (there.date() - self.start.astimezone(ZoneInfo(self.zone)).date()).days
        return f"d{day} {there:%H:%M}"


# What is given


class DebtGiven(Value):
    """One debt; ``like`` names the fixture that says everything else."""

    account: str
    like: Literal["US1", "CN1", "GB1"]
    seller: Literal["s1", "s2"] = "s1"
    person: str = ""
    """Debts with the same name here are the same person's; empty: a person of their own."""
    copies: int = 1
    """That many debts of as many people: ``U1`` becomes ``U1-1`` …"""
    due: dict[Literal["costs", "fees", "penalty", "interest", "principal"], str] | None = None
    zone: str | None = None
    sub: str | None = None
    language: str | None = None
    text_consent: date | None = None
    """Day of the consent to texts; the fixture's otherwise."""
    email: bool = True
    """Whether an e-mail address is known."""
    limitation_ends: date | None = None
    bears_interest: bool = False
    """Interest goes on to arise after the transfer, at the fixture's rate."""
    co_debtor: bool = False
    title_gap: bool = False
    email_notice_agreed: bool = False
    """The contract says that notices may come by e-mail."""
    credit_reported: bool | None = None
    recourse_until: date | None = None
    """The last day on which the seller must take its debts back."""


class Carrier(Value):
    """What becomes of letters."""

    letters: Literal["delivered", "returned", "silent"] = "delivered"
    days: int = 5


class Habit(Value):
    """What agents do with every open item of a kind."""

    item: TaskKind
    outcome: Outcome | None = None
    result: Result = Result.NONE


# What happens


class Event(Value):
    at: str = ""
    during: str = ""
    """Instead of a time: while the provider is taking the message of this step."""
    account: str = ""
    """Empty: the first debt."""
    refused: str = ""
    """The door must say no, in words that contain this."""


class Pay(Event):
    """A payment provider notifies the gateway."""

    do: Literal["pay"]
    amount: str
    id: str
    kind: Literal["payment", "refund", "chargeback"] = "payment"
    of: str | None = None
    payment: str | None = None
    """The provider's id of the payment, if several events tell of it."""
    times: int = 1
    at_once: bool = False
    """All notifications come at the same moment."""
    paid_at: str = ""
    """When the debtor paid, if the news of it comes later."""
    payer: str = ""
    """What the payer gave in another currency, as ``800.00 CNY``."""


class Cash(Event):
    """An operator enters a transfer whose payer named no debt, at the command line."""

    do: Literal["cash"]
    amount: str
    reference: str


class Quoted(Event):
    """An operator tells the debtor what money in another currency is worth."""

    do: Literal["quote"]
    amount: str
    currency: str
    rate: str
    minutes: int = 30


class Notified(Event):
    """A provider of Chinese wallets notifies the gateway in its own form, rightly signed."""

    do: Literal["alipay", "wechat"]
    changes: dict[str, str] = Field(default_factory=dict)
    """Fields that differ from the usual notice of 195.00 (Alipay) or 100.00 (WeChat)."""
    late_minutes: int = 0
    """How much later than signed it comes."""
    torn: bool = False
    """A byte is changed after signing."""


class Entry(Value):
    """One line of a bank statement, booked unless it says otherwise."""

    amount: str
    text: str = ""
    end: str = ""
    """The payer's reference, which a reversal names again."""
    reversal: bool = False
    pending: bool = False
    batch: tuple[str, ...] = ()
    """Amounts of its parts."""


class Statement(Event):
    """The bank's file for a day is imported: camt.053."""

    do: Literal["bank"]
    entries: tuple[Entry, ...]
    number: int = 1
    """Of the statement; a number left out is a gap."""
    opening: str = "0.00"
    new: int
    """So many of its entries are not known yet."""


class Matched(Event):
    """A person says whose the money is that waits in suspense."""

    do: Literal["match"]


class PaidSeller(Event):
    """An operator records what the debtor paid to who owned the debt before."""

    do: Literal["paid_seller"]
    amount: str
    on: str
    """When the debtor paid."""
    reference: str


class Accrued(Event):
    """The interest that arose before today is booked."""

    do: Literal["accrue"]


class Agreed(Event):
    """An operator proposes a plan or settlement; what is approved is offered, and accepted."""

    do: Literal["agree"]
    kind: Literal["plan", "settlement"] = "plan"
    roles: tuple[Role, ...] = (Role.SUPERVISOR,)
    total: str = ""
    """Of a settlement."""
    instalments: int = 1
    first: date | None = None
    until: str = ""
    reward: str = ""
    reward_after: int = 3
    accept: bool = True
    """False: it is offered and nothing is heard."""


class Answered(Event):
    """The debtor writes back."""

    do: Literal["reply"]
    channel: Channel
    text: str


class Told(Event):
    """A carrier or provider says what became of a message."""

    do: Literal["receipt"]
    step: str
    event: Literal["sent", "delivered", "bounced", "returned"]
    times: int = 1


class AtDesk(Event):
    """An agent takes the open item of a kind and reports on it."""

    do: Literal["desk"]
    item: TaskKind
    agent: str = "agent-1"
    outcome: Outcome | None = None
    result: Result = Result.NONE
    amount: str | None = None
    on: date | None = None
    callback: str = ""
    zone: str | None = None
    country: str | None = None
    written: bool = False
    note: str | None = None


class Called(Event):
    """An agent calls on a list of her own; the desk checks the law as for every call."""

    do: Literal["call"]
    outcome: Outcome
    agents: tuple[str, ...] = ("agent-1",)
    """Several try at the same moment; those who may not are no problem unless all are."""


class Round(Event):
    """An agent takes a visit on a round, or checks in at the door."""

    do: Literal["take", "arrive"]
    item: TaskKind = TaskKind.VISIT
    agent: str = "agent-1"


class Taped(Event):
    """An agent takes a call, the telephone system records, and the person answers to that.

    The agent reports on the call later. Without an open call it is one on a list of her own.
    """

    do: Literal["recording"]
    says: Literal["", "refused", "agreed"] = ""
    asks: bool = True
    """Whether the script speaks of recording before the answer; after a refusal it never may."""
    begun: int = 1
    """So many files lie there when they answer."""
    late: int = 0
    """So many more come when the system closes them after the answer."""
    destroyed: int = 0
    may_go_on: bool = True
    agent: str = "agent-1"


class Retained(Event):
    """The daily round of retention destroys what is due."""

    do: Literal["retention"]
    recordings: int
    """So many of them."""


class Ordered(Event):
    """An operator gives an order."""

    do: Literal["order"]
    kind: OrderKind
    reason: str
    until: str = ""


class Recorded(Event):
    """An officer enters what came by post, as a court's or a lawyer's letter."""

    do: Literal["record"]
    stop: StopKind
    scope: Scope = Scope.DEBTOR
    effective: str = ""
    facts: dict[str, str | bool | int] = Field(default_factory=dict)


class Lifted(Event):
    """Stops of a kind end, and no case is told: each wakes by itself."""

    do: Literal["lift"]
    stop: StopKind


class Complained(Event):
    """The person complains, in their own words."""

    do: Literal["complain"]
    text: str
    about: str = "conduct"


class Erasing(Event):
    """The person asks for erasure of all that is held on them."""

    do: Literal["erase"]


class Provider(Event):
    """From now on the SMS provider behaves like this."""

    do: Literal["provider"]
    then: Literal["accept", "503", "429", "reject", "take_then_500", "take_then_drop"]
    log: bool | Literal["late"] = True
    """Whether it can be asked what it has taken; ``late``: its log does not show it yet."""


class Printed(Event):
    """The print house comes for the letters that lie in its folder, and takes them away."""

    do: Literal["printer"]
    letters: int
    """So many lie there."""


class Looked(Event):
    """Somebody looks how the case stands at that moment."""

    do: Literal["look"]
    stage: Stage | None = None
    hold: StopKind | Literal["none"] | None = None
    owed: str | None = None
    open: tuple[TaskKind, ...] | None = None
    """Exactly these items are open."""
    says: str = ""
    """What the case says of its next move contains this."""
    gaps: int | None = None
    """How many missing bank statements wait for a person."""
    suggested: str = ""
    """The account that is suggested first for the money that waits."""
    not_taken: int | None = None
    """At least so many messages were not taken within ten minutes, as the gauge of the alert shows."""
    calendar_days: int | None = None
    """How many days of China's published calendar are left, as the gauge shows it."""


Happening = Annotated[
    Pay
    | Cash
    | Notified
    | Statement
    | Matched
    | Quoted
    | PaidSeller
    | Accrued
    | Agreed
    | Answered
    | Told
    | AtDesk
    | Called
    | Round
    | Taped
    | Retained
    | Ordered
    | Recorded
    | Lifted
    | Complained
    | Erasing
    | Provider
    | Printed
    | Looked,
    Field(discriminator="do"),
]


# What must come of it


class ContactExpected(Value):
    step: str
    channel: Channel
    at: str
    account: str = ""
    """An account, or the name of a person: whichever of their debts."""
    crossed: bool = False


class StopExpected(Value):
    kind: StopKind
    scope: Scope | None = None
    channel: Channel | None = None
    account: str = ""
    open: bool = True


class TaskExpected(Value):
    kind: TaskKind
    account: str = ""
    at: str = ""
    due: str = ""
    step: str = ""
    """How its step begins."""
    outcome: str | None = None
    reminded: bool | None = None
    escalated: bool | None = None


class DecisionExpected(Value):
    step: str
    channel: Channel
    kind: Literal["defer", "block"]
    rule: str
    until: str = ""
    account: str = ""


class ActExpected(Value):
    """Something on record about an account."""

    what: str
    reason: str = ""
    account: str = ""
    times: int = 1


class Count(Value):
    """How often a step left, over all accounts, in a stretch of time."""

    step: str
    channel: Channel
    since: str
    before: str
    times: int
    a_minute: int = 0
    """No more than so many left within any minute."""


class Money(Value):
    """Of one account, in decimal text."""

    owed: str
    paid: str | None = None
    waived: str | None = None
    credit: str | None = None
    fx_difference: str | None = None
    payments: int | None = None
    """How many payment entries were booked."""


class Expected(Value):
    contacts: tuple[ContactExpected, ...] | None = None
    """All that left, oldest first: nothing else may have."""
    never: tuple[str, ...] = ()
    """Steps that must not have left."""
    money: dict[str, Money] = Field(default_factory=dict)
    stage: dict[str, Stage] = Field(default_factory=dict)
    ending: dict[str, str] = Field(default_factory=dict)
    """Ending by account; ``open`` for a case that lives."""
    stops: tuple[StopExpected, ...] = ()
    tasks: tuple[TaskExpected, ...] = ()
    no_tasks: tuple[TaskKind, ...] = ()
    decisions: tuple[DecisionExpected, ...] = ()
    counts: tuple[Count, ...] = ()
    acts: tuple[ActExpected, ...] = ()
    documents: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Templates of papers on file, by account; others may be there too."""
    suspense: dict[str, int] = Field(default_factory=dict)
    """How many notices of money wait for a person, by account."""
    arrangements: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """State of each plan and settlement, oldest first, by account."""
    never_of: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Steps that must not have left, by account."""
    calls: dict[str, int] = Field(default_factory=dict)
    """How many calls were made, by account."""
    before_knowledge: int = 0
    """Contacts made after a stop began in law and before anybody here knew: reported."""
    late_news: str = ""
    """For how long the slowest payment was unknown, as the metric says: ``93h``."""
    crossed: int = 0
    """Contacts that a stop or payment met on their way: reported, never hidden."""
    zone: dict[str, str] = Field(default_factory=dict)
    jurisdiction: dict[str, str] = Field(default_factory=dict)
    """Whose law of contact holds at the end, as ``US-NY``: in the store and in the engine."""


class Script(Value):
    """One life, or one variant of it."""

    id: str
    title: str
    start: datetime
    until: str
    spread_minutes: int = 0
    """Over which wake-ups are spread that a clock would bunch together."""
    live: bool = False
    """Messages go to a real provider on loopback, under a sign-off for tests only."""
    mail: bool = False
    """A mail server on loopback takes e-mail; without one a live script has no way out for it."""
    debt: tuple[DebtGiven, ...] = Field(min_length=1)
    carrier: Carrier = Carrier()
    agents: tuple[Habit, ...] = ()
    event: tuple[Happening, ...] = ()
    expect: Expected
    long: bool = False
    """Played by long runs only."""
    needs: str = ""
    """What of another issue is missing: the script must fail until it is there."""

    @field_validator("start")
    @classmethod
    def _aware(cls, start: datetime) -> datetime:
        if start.tzinfo is None:
            raise ValueError("start needs its offset")
        return start


def scripts() -> Iterator[Script]:
    """Read every script and its variants: a variant adds events and replaces the rest it names."""
    for path in sorted(SCRIPTS.glob("*.toml")):
        table = tomllib.loads(path.read_text("utf-8"))
        variants: list[dict[str, Any]] = table.pop("variant", [])
        if "expect" in table:
            yield Script(**table)
        for variant in variants:
            merged = table | variant
            merged["event"] = [*table.get("event", []), *variant.get("event", [])]
            merged["id"] = f"{table['id']}, {variant['title']}"
            yield Script(**merged)
