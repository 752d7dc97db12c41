"""The words of arrangements: plans, settlements, refunds; who may grant what; how they stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from models.base import Value
from models.ledger import Bucket


class ArrangementKind(StrEnum):
    PLAN = "plan"
    """All that is owed, in instalments."""
    HARDSHIP = "hardship"
    """A plan that is never above what the person can afford."""
    SETTLEMENT = "settlement"
    """A part is waived once the rest is paid, at once or in instalments."""
    INTEREST_WAIVER = "interest_waiver"
    """A part of the interest is waived on acceptance."""
    REFUND = "refund"
    """Credit goes back to the person."""


class ArrangementStatus(StrEnum):
    PENDING = "pending"
    """Waits for a second person; nobody shows it to the debtor."""
    APPROVED = "approved"
    OFFERED = "offered"
    ACTIVE = "active"
    KEPT = "kept"
    BROKEN = "broken"
    DECLINED = "declined"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    FROZEN = "frozen"
    """The debt went back to its seller while it ran: nothing is waived, taken back or asked for."""


class Every(StrEnum):
    """The step from one instalment to the next."""

    WEEK = "week"
    FORTNIGHT = "fortnight"
    FOUR_WEEKS = "four_weeks"
    MONTH = "month"


class Shift(StrEnum):
    """What happens to an instalment whose day is a day off (ISDA 2006 4.12)."""

    NONE = "none"
    FOLLOWING = "following"
    MODIFIED = "modified"
    """The next working day, unless that is in another month: then the one before."""


class Due(Value):
    """One instalment."""

    minor: int = Field(gt=0)
    on: date
    """In the debtor's zone, after days off."""


class Reward(Value):
    """A waiver for instalments paid on time."""

    after: int = Field(ge=1)
    """Earned with this many instalments paid in time, in a row from the first."""
    minor: int = Field(gt=0)
    bucket: Bucket = Bucket.INTEREST
    returns_if_broken: bool = False
    """Broken or cancelled; only if the text of the offer says so."""


class Terms(Value):
    """What is agreed. Amounts in minor units of the debt's currency, over all debts of the group."""

    total: int = Field(ge=0)
    """To be paid under it; of a refund, to be paid out."""
    waives: int = Field(default=0, ge=0)
    """Waived when ``total`` is paid; of an interest waiver at once."""
    instalments: tuple[Due, ...] = ()
    grace_days: int = Field(default=5, ge=0)
    reminder_days: int = Field(default=3, ge=0)
    break_after: int = Field(default=2, ge=1)
    """So many instalments unpaid after their grace break it."""
    reward: Reward | None = None
    debts: tuple[UUID, ...] = ()
    """All debts of the group, this one included."""
    affordable: int | None = None
    """Of a hardship plan: what the form leaves a month."""


class Authority(Value):
    """What one role may grant without a second person."""

    waive_percent: Decimal
    """Of what is owed."""
    months: int
    """The longest plan."""


@dataclass(frozen=True, slots=True)
class Paid:
    """Money that counts towards an arrangement."""

    on: date
    """Value date."""
    minor: int


@dataclass(frozen=True, slots=True)
class Instalment:
    """How one instalment stands."""

    n: int
    """Counts from 1."""
    on: date
    minor: int
    paid: int
    met_on: date | None
    """The value date of the money that completed it."""
    last_day: date
    """Of grace."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How a plan stands at the beginning of a day."""

    instalments: tuple[Instalment, ...]
    overdue: tuple[Instalment, ...]
    """Unpaid beyond their grace, the oldest first."""
    kept: bool
    broken: bool
    reward_earned_on: date | None
    """When the reward was earned, if it was."""
    days_overdue: int
    """Of the oldest unpaid instalment; 0 within its grace too if it is not yet due."""
