"""Simulated debtors, carriers and agents, who behave as a file says and use the real doors."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from activities.standing import balances, zone_name
from models.base import Value
from models.case import OrderKind, TaskKind
from models.contact import Channel, Outcome, Purpose
from models.desk import Report, Result
from models.money import Money
from models.tables import WorkItem
from store import debt as debts
from store.standing import stand
from worker.simulation import Act, Sent, Simulation

_SPAN = re.compile(r"(\d+)(h|d)")

ASKS = frozenset({Purpose.COLLECTION, Purpose.PLAN_REMINDER})
"""Purposes of messages that ask for money."""


class Deed(StrEnum):
    """What a debtor, or their bank or seller, does."""

    PAY = "pay"
    REPLY = "reply"
    TAKE_BACK = "take_back"
    """The bank takes back what was paid last, as after a chargeback."""
    RECALL = "recall"


class Reaction(Value):
    """Something that is done some time after something happened."""

    to: str
    """``request``, ``notice``, ``promise``, ``paid``, ``start``, a channel, a step, or any purpose."""
    nth: int = Field(1, ge=1)
    after: timedelta
    do: Deed
    share: Decimal = Field(Decimal(1), gt=0, le=1)
    """Of what is owed at that moment."""
    less: int = Field(0, ge=0)
    """Minor units that are missing."""
    text: str = ""
    times: int = Field(1, ge=1)
    """How often the provider tells of it."""

    @field_validator("after", mode="before")
    @classmethod
    def _span(cls, text: str) -> timedelta:
        match = _SPAN.fullmatch(text)
        if not match:
            raise ValueError("write a span as 3d or 6h")
        return timedelta(**{"hours" if match[2] == "h" else "days": int(match[1])})


class Talk(Value):
    """How a call or visit goes."""

    outcome: Outcome
    result: Result = Result.NONE
    share: Decimal = Decimal(1)
    days: int = 0
    """Until the promise is due."""
    zone: str | None = None
    country: str | None = None
    """Where they say they moved, as US-HI."""
    understood: bool | None = None
    willing: bool | None = None
    misunderstanding: bool | None = None
    means_worked: bool | None = None


class Character(Value):
    """How somebody behaves."""

    about: str
    reactions: tuple[Reaction, ...] = ()
    calls: tuple[Talk, ...] = (Talk(outcome=Outcome.NO_ANSWER),)
    visits: tuple[Talk, ...] = (Talk(outcome=Outcome.NOT_MET),)
    letters: Literal["delivered", "first_returned", "returned"] = "delivered"
    reviews: Mapping[TaskKind, Result] = {}


class Cast(Value):
    """Who plays what."""

    seed: int
    reviews: Mapping[TaskKind, Result]
    characters: Mapping[str, Character]
    debts: Mapping[str, str]

    def of(self, account: str) -> Character:
        return self.characters[self.debts.get(account, "silent")]


def read_cast(path: Path) -> Cast:
    """Read ``personas.toml``; raises pydantic's error, for it is our own file."""
    return Cast.model_validate(tomllib.loads(path.read_text("utf-8")))


class Personas:
    """Plays a cast in a simulation."""

    def __init__(self, cast: Cast, world: Simulation) -> None:
        self.cast, self.world = cast, world
        self.got: Counter[tuple[str, str]] = Counter()
        self.talks: Counter[tuple[str, TaskKind]] = Counter()
        self.paid: dict[str, tuple[str, str]] = {}
        """The last payment of an account: its name at the bank, and its amount."""
        self.deeds = 0
        world.witness = self.notice
        world.agent = self.report
        world.reported = self.done

    def begin(self, accounts: Iterable[str]) -> None:
        """Let what does not wait for a message take its course."""
        for account in accounts:
            for after, act in self._reactions(account, ("start",)):
                self.world.at(self.world.now + after, account, act)

    # Messages

    def notice(self, sent: Sent) -> list[tuple[timedelta, Act]]:
        """Take a message: the carrier reports on it, then its reader acts."""
        acts = list(self._carried(sent))
        if sent.channel is Channel.LETTER and self._returned(sent):
            return acts
        return acts + self._reactions(sent.account, self._kinds(sent))

    def _kinds(self, sent: Sent) -> tuple[str, ...]:
        purpose = Purpose(sent.purpose)
        if purpose in ASKS:
            return ("request", sent.channel.value, sent.step)
        if purpose is Purpose.ASSIGNMENT_NOTICE:
            return ("notice",)
        return (purpose.value,)

    def _reactions(self, account: str, kinds: Iterable[str]) -> list[tuple[timedelta, Act]]:
        chosen: list[tuple[timedelta, Act]] = []
        for kind in kinds:
            self.got[account, kind] += 1
            chosen += [
                (reaction.after, self._act(account, reaction))
                for reaction in self.cast.of(account).reactions
                if reaction.to == kind and reaction.nth == self.got[account, kind]
            ]
        return chosen

    def _carried(self, sent: Sent) -> Iterable[tuple[timedelta, Act]]:
        """What the carrier reports: letters after days, texts after minutes."""
        luck = self._luck(sent.contact)
        if sent.channel is Channel.LETTER:
            event = "returned" if self._returned(sent, count=True) else "delivered"
            days = timedelta(days=2 + luck % 4, hours=luck % 7)
            evidence = f"PROOF-{sent.contact.hex[:10].upper()}" if event == "delivered" else ""
            yield days, self._receipt(sent.contact, "letter", event, evidence)
        if sent.channel is Channel.SMS:
            yield (
                timedelta(minutes=1 + luck % 5),
                self._receipt(sent.contact, "sms", "delivered", ""),
            )

    def _returned(self, sent: Sent, *, count: bool = False) -> bool:
        key = (sent.account, "letters")
        if count:
            self.got[key] += 1
        match self.cast.of(sent.account).letters:
            case "delivered":
                return False
            case "returned":
                return True
            case "first_returned":
                return self.got[key] == 1

    def _receipt(self, contact: UUID, provider: str, event: str, evidence: str) -> Act:
        async def tell(world: Simulation) -> None:
            await world.receipt(contact, provider, event, evidence=evidence)

        return tell

    def _luck(self, ident: UUID) -> int:
        """Answer a number that is the same in every run."""
        return int.from_bytes(hashlib.sha256(f"{self.cast.seed}:{ident}".encode()).digest()[:4])

    # Deeds

    def _act(self, account: str, reaction: Reaction) -> Act:
        match reaction.do:
            case Deed.PAY:
                return self._pays(account, reaction)
            case Deed.REPLY:
                return self._replies(account, reaction)
            case Deed.TAKE_BACK:
                return self._takes_back(account)
            case Deed.RECALL:

                async def recall(world: Simulation) -> None:
                    await world.order(account, OrderKind.RECALL, "seller_request")

                return recall

    def _pays(self, account: str, reaction: Reaction) -> Act:
        async def pay(world: Simulation) -> None:
            owed = self.owed(account)
            minor = int(owed.minor * reaction.share) - reaction.less
            if minor <= 0:
                return
            ident = self._ident(account, "pay")
            amount = f"{Money(minor, owed.currency).decimal:f}"
            self.paid[account] = (ident, amount)
            await world.pay(account, amount, ident=ident, times=reaction.times)
            for after, act in self._reactions(account, ("paid",)):
                world.at(world.now + after, account, act)

        return pay

    def _takes_back(self, account: str) -> Act:
        async def take_back(world: Simulation) -> None:
            of, amount = self.paid[account]
            ident = self._ident(account, "chargeback")
            await world.pay(account, amount, ident=ident, kind="chargeback", of=of)

        return take_back

    def _replies(self, account: str, reaction: Reaction) -> Act:
        channel = Channel(reaction.to)

        async def reply(world: Simulation) -> None:
            await world.reply(account, channel, reaction.text, self._ident(account, "reply"))

        return reply

    def _ident(self, account: str, what: str) -> str:
        self.deeds += 1
        return f"{what}-{account}-{self.deeds}"

    def owed(self, account: str) -> Money:
        """Answer what an account owes now."""
        with self.world.office.store.reading() as session:
            debt = debts.by_ref(session, account)[0]
            standing = stand(session, debt.id, self.world.now)
            return Money(balances(standing).outstanding, debt.currency)

    # Agents

    def report(self, item: WorkItem, account: str) -> Report | None:
        """What an agent reports of an item, as the person behind the account behaves."""
        kind = TaskKind(item.kind)
        character = self.cast.of(account)
        match kind:
            case TaskKind.CALL | TaskKind.VISIT:
                talks = character.calls if kind is TaskKind.CALL else character.visits
                talk = talks[min(self.talks[account, kind], len(talks) - 1)]
                return self._talked(item, account, talk)
            case _:
                result = character.reviews.get(kind) or self.cast.reviews.get(kind)
                return Report(result=result) if result else None

    def done(self, item: WorkItem, account: str, report: Report) -> None:
        """Remember that a talk took place: a refused one is tried again as it was."""
        self.talks[account, TaskKind(item.kind)] += 1
        if report.result is Result.PROMISE:
            for after, act in self._reactions(account, ("promise",)):
                self.world.at(self.world.now + after, account, act)

    def _talked(self, item: WorkItem, account: str, talk: Talk) -> Report:
        report = Report(
            outcome=talk.outcome,
            result=talk.result,
            understood=talk.understood,
            willing=talk.willing,
            misunderstanding=talk.misunderstanding,
            means_worked=talk.means_worked,
            zone=talk.zone,
            country=talk.country,
        )
        if talk.result is not Result.PROMISE:
            return report
        owed = self.owed(account)
        amount = Money(max(1, int(owed.minor * talk.share)), owed.currency)
        due = self._local(item, self.world.now) + timedelta(days=talk.days)
        return report.model_copy(update={"amount": f"{amount.decimal:f}", "on": due.date()})

    def _local(self, item: WorkItem, now: datetime) -> datetime:
        with self.world.office.store.reading() as session:
            return now.astimezone(ZoneInfo(zone_name(stand(session, item.debt_id, now))))
