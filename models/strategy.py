"""The words of a strategy: dated steps, notice, offers, promises and what comes after the last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from models.base import Value
from models.case import TaskKind
from models.contact import BY_PERSON, Channel, Purpose

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
"""Name of a step in histories and logs; a dot would read as a repetition of it."""


Name = Annotated[str, Field(pattern=r"^[a-z][a-z-]{0,31}$")]
"""Name of a strategy, as ``notice-only``."""


class Level(StrEnum):
    """How much of something a person seems to have."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    UNKNOWN = "unknown"


class Segment(Value):
    """Where a debtor stands, explainably. Vulnerability only ever lowers the pressure."""

    willingness: Level = Level.UNKNOWN
    ability: Level = Level.UNKNOWN
    vulnerable: bool = False

    @property
    def code(self) -> str:
        """What the store and support see, as ``willing-high.able-low.vulnerable``."""
        tail = ".vulnerable" if self.vulnerable else ""
        return f"willing-{self.willingness}.able-{self.ability}{tail}"

    @classmethod
    def of(cls, code: str) -> Self:
        """Read back what ``code`` wrote."""
        willing, able, *rest = code.split(".")
        return cls(
            willingness=Level(willing.removeprefix("willing-")),
            ability=Level(able.removeprefix("able-")),
            vulnerable=rest == ["vulnerable"],
        )


class Condition(Value):
    """For whom a step is; what is not said does not matter."""

    willingness: frozenset[Level] | None = None
    ability: frozenset[Level] | None = None
    vulnerable: bool | None = None
    litigated: bool | None = None
    """Whether the debt is before a court or beyond."""


class Roll(StrEnum):
    """What happens to a step that falls on a day off."""

    NEXT_WORKING_DAY = "next_working_day"
    NONE = "none"


class After(StrEnum):
    """From where the days of a step count."""

    OPENING = "opening"
    NOTICE_REACHED = "notice_reached"


class Step(Value):
    """One dated step: a contact through a channel, or a task for a person."""

    key: Key
    day: int = Field(ge=0)
    """Days after the anchor, in the debtor's zone; the opening is day 0."""
    after: After = After.OPENING
    at: time | None = None
    """Local time of day; None is as soon as the day begins."""
    roll: Roll = Roll.NEXT_WORKING_DAY
    channel: Channel | None = None
    instead: tuple[Channel, ...] = ()
    """Other channels, in this order, when the first is closed or out of reach."""
    task: TaskKind | None = None
    purpose: Purpose = Purpose.COLLECTION
    template: str = ""
    offer: Key | None = None
    only: Condition = Condition()
    tries: int = Field(default=1, ge=1)
    """How often a call or visit that met nobody is made in all."""
    retry_days: int = Field(default=1, ge=1)
    window_days: int = Field(default=3, ge=1)
    """Working days in which a person is to do it."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.channel is None) == (self.task is None):
            raise ValueError(f"step {self.key}: give either a channel or a task")
        if self.channel is not None and not self.template:
            raise ValueError(f"step {self.key}: a contact needs a template")
        if self.tries > 1 and self.channel not in BY_PERSON:
            raise ValueError(f"step {self.key}: only calls and visits have several tries")
        return self


class NoticeGate(StrEnum):
    """What the notice of assignment must have done before anything is collected."""

    SENT = "sent"
    REACHED = "reached"


class Service(Value):
    """One way to serve the notice; the next is tried when this one came back."""

    key: Key
    channel: Channel
    purpose: Purpose = Purpose.ASSIGNMENT_NOTICE
    template: str


class Notice(Value):
    """How the notice of assignment is served."""

    gate: NoticeGate
    services: tuple[Service, ...] = Field(min_length=1)
    patience_days: int = Field(default=15, ge=1)
    """Without evidence of arrival for so long, the notice counts as lost."""
    lead_days: int = Field(default=7, ge=0)
    """Between arrival and the first step; a late arrival moves all steps."""


class Section(Value):
    """What a strategy does in one jurisdiction, or by default."""

    notice: Notice
    steps: tuple[Step, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = [step.day for step in self.steps]
        if days != sorted(days):
            raise ValueError("steps must stand in the order of their days")
        keys = [step.key for step in self.steps] + [way.key for way in self.notice.services]
        if len(keys) != len(set(keys)):
            raise ValueError("two steps have the same key")
        return self


class Offer(Value):
    """What may be offered, and by whom without asking further."""

    pays_percent: Decimal = Field(gt=0, le=100)
    """Share of what is owed that settles the debt."""
    valid_days: int = Field(ge=1)
    instalments: int = Field(default=1, ge=1)
    agent_percent: Decimal = Field(default=Decimal(0), ge=0, le=100)
    """The most an agent may waive alone."""
    supervisor_percent: Decimal = Field(default=Decimal(0), ge=0, le=100)
    """The most a supervisor may waive alone."""


class PromiseRules(Value):
    """How promises to pay are kept in mind."""

    grace_days: int = Field(ge=0)
    longest_days: int = Field(ge=1)
    """How far ahead a promise may be."""
    broken_limit: int = Field(ge=0)
    """So many broken promises are answered by a polite message; more are only recorded."""
    message_at: time = time(10)
    channels: tuple[Channel, ...] = (Channel.SMS, Channel.EMAIL, Channel.LETTER)


class Strategy(Value):
    """How cases are worked; pinned per case by name and version, never changed once used."""

    name: Name
    version: int = Field(ge=1)
    purpose: str
    """For whom and why, in a sentence."""
    gap_days: int = Field(ge=1)
    """The least number of days from one proactive contact of a case to the next."""
    quiet_days: int = Field(ge=1)
    """Without any answer for so long after the last step, the case is exhausted."""
    promise: PromiseRules
    receipts: tuple[Channel, ...] = (Channel.SMS, Channel.EMAIL, Channel.LETTER)
    """Ways to thank and confirm, the preferred first."""
    offers: Mapping[str, Offer] = {}
    jurisdiction: Mapping[str, Section]
    """By code, as ``CN`` or ``US``; ``default`` for all others."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if "default" not in self.jurisdiction:
            raise ValueError("a strategy needs a section jurisdiction.default")
        wanted = {
            step.offer for part in self.jurisdiction.values() for step in part.steps if step.offer
        }
        if missing := wanted - set(self.offers):
            raise ValueError(f"offers that no table describes: {', '.join(sorted(missing))}")
        return self

    @property
    def ref(self) -> str:
        """As cases and search attributes show it: ``standard-1``."""
        return f"{self.name}-{self.version}"

    def section(self, jurisdiction: str) -> Section:
        """Answer the section of a jurisdiction, of its country, or the default."""
        return self.jurisdiction[self.section_name(jurisdiction)]

    def section_name(self, jurisdiction: str) -> str:
        """Answer under which code that section stands: ``US-NY``, ``US`` or ``default``."""
        country = jurisdiction.partition("-")[0]
        return next(
            (code for code in (jurisdiction, country) if code in self.jurisdiction), "default"
        )
