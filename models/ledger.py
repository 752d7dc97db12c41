"""The words of the ledger: entries, buckets, policies and what a fold of entries says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from models.base import Value


class EntryKind(StrEnum):
    """What one entry does. Only a correction's amount may be negative."""

    CHARGE = "charge"
    INTEREST = "interest"
    PAYMENT = "payment"
    WAIVER = "waiver"
    WRITE_OFF = "write_off"
    TRANSFER_IN = "transfer_in"
    TRANSFER_OUT = "transfer_out"
    REVERSAL = "reversal"
    CHARGEBACK = "chargeback"
    REFUND = "refund"
    CORRECTION = "correction"


class Bucket(StrEnum):
    """What a part of a debt is owed for."""

    COSTS = "costs"
    FEES = "fees"
    PENALTY = "penalty"
    INTEREST = "interest"
    PRINCIPAL = "principal"


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact about money, in minor units; ``of`` is the entry it takes back or corrects."""

    entry_id: UUID
    debt_id: UUID
    kind: EntryKind
    minor: int
    currency: str
    value_date: date
    booked_at: datetime
    bucket: Bucket | None = None
    of: UUID | None = None
    source: str = ""
    external_id: str = ""
    policy: str = ""
    actor: str = ""
    reason: str = ""
    due: date | None = None
    """Of a charge: when it is to be paid. Only policies with time slots ask; None is at once."""


class Reversal(StrEnum):
    """What taking back a payment does to the buckets.

    Totals agree; interest from then on may not. Negating never moves what later payments met, for
    where law or contract forbids to worsen the debtor's position.
    """

    REPLAY = "replay"
    """Everything after it is spread anew, as if it had never been (as Fineract does)."""
    NEGATE = "negate"
    """Its own parts are owed again, the last one it met first; nothing else moves."""


class Timing(StrEnum):
    """Where a due date stands on the day of a payment."""

    PAST_DUE = "past_due"
    DUE = "due"
    IN_ADVANCE = "in_advance"


class Advance(StrEnum):
    """Which instalment money meets first that comes before any is due."""

    NEXT = "next"
    LAST = "last"
    """It shortens the plan: the debtor still pays the next one on its day."""


class Slot(Value):
    """A place in an order of payment: a bucket, and when its parts are due."""

    timing: Timing
    bucket: Bucket

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, given: Any) -> Any:
        """Read ``past_due:penalty``."""
        if not isinstance(given, str):
            return given
        timing, _, bucket = given.partition(":")
        return {"timing": timing, "bucket": bucket}


class DayCount(StrEnum):
    """How many years lie between two days."""

    ACT_365 = "act/365"
    ACT_360 = "act/360"
    THIRTY_360 = "30/360"
    """Months of 30 days, the 31st counts as the 30th (30E/360, ISDA 2006 4.16(g))."""
    ACT_ACT = "act/act"
    """Days of leap years by 366, others by 365 (ISDA 2006 4.16(b))."""


class Rounding(StrEnum):
    """What becomes of parts of a minor unit when interest is posted."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"


class Rate(Value):
    """Percent a year from a day on."""

    since: date
    percent: Decimal = Field(ge=0, le=10_000, decimal_places=10)
    citation: str = ""


class InterestStop(Value):
    """Days without interest, both included; no last day is until further notice."""

    first_day: date
    last_day: date | None = None
    reason: str = ""


class InterestTerms(Value):
    """How interest arises on what is owed.

    Exact fractions are added up and rounded only when posted, against the sum posted before, so
    many small periods never add up to more than one long one. The day of a payment bears none.
    """

    rates: tuple[Rate, ...] = Field(min_length=1)
    day_count: DayCount = DayCount.ACT_365
    rounding: Rounding = Rounding.HALF_UP
    on: tuple[Bucket, ...] = (Bucket.PRINCIPAL,)
    """Buckets that bear interest; interest itself among them compounds at each posting."""
    since: date
    until: date | None = None
    """The first day that bears none any more."""
    ceilings: tuple[Rate, ...] = ()
    """The lawful most, by day; the lower of rate and ceiling counts."""
    stops: tuple[InterestStop, ...] = ()
    in_duplum: bool = False
    """Interest, fees, penalty and costs owed never exceed the unpaid principal through interest
    (ZA: National Credit Act 103(5))."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for table in (self.rates, self.ceilings):
            days = [rate.since for rate in table]
            if days != sorted(set(days)):
                raise ValueError("rates stand in the order of their days, each day once")
        if self.rates[0].since > self.since:
            raise ValueError("the first rate begins after the interest does")
        for stop in self.stops:
            if stop.last_day and stop.last_day < stop.first_day:
                raise ValueError("a stop's last day lies before its first")
        return self


class Across(StrEnum):
    """How undirected money is spread over several debts of one person."""

    CN_560 = "cn_560"
    OLDEST_DUE = "oldest_due"


class AllocationPolicy(Value):
    """In which order money meets a debt: a matter of law, so data with a version and a source."""

    id: str
    version: int
    effective_from: date
    order: tuple[Bucket, ...]
    """The bucket that is met first stands first; those not named come last."""
    slots: tuple[Slot, ...] = ()
    """If given, the order of payment by due date; what no slot names follows in ``order``."""
    by_instalment: bool = False
    """Within one timing the oldest due date is met whole before the next (horizontal)."""
    in_advance: Advance = Advance.NEXT
    across: Across
    reversal: Reversal = Reversal.REPLAY
    skips_disputed: bool = False
    """Undirected money never goes to a disputed debt (15 U.S.C. 1692h)."""
    tolerance: Mapping[str, int] = {}
    """Gap in minor units that a waiver closes, by currency; ``*`` for the others."""
    minimum: Mapping[str, int] = {}
    """Least amount that is worth a person's attention, by currency; ``*`` for the others."""
    citation: str

    @property
    def ref(self) -> str:
        """What entries say they were booked under, as ``cn-561@1``."""
        return f"{self.id}@{self.version}"

    def tolerance_in(self, currency: str) -> int:
        return self.tolerance.get(currency, self.tolerance.get("*", 0))

    def minimum_in(self, currency: str) -> int:
        return self.minimum.get(currency, self.minimum.get("*", 0))


@dataclass(frozen=True, slots=True)
class Balances:
    """What the entries of one debt add up to; ``charged = paid + waived + outstanding``.

    All in minor units of ``currency``. ``charged`` is net of what was transferred out and includes
    interest, ``waived`` includes write-offs, ``credit`` is money beyond the debt and no part of
    ``paid``.
    """

    currency: str
    charged: int
    paid: int
    waived: int
    outstanding: int
    credit: int
    buckets: Mapping[Bucket, int]
    """Outstanding by bucket."""
    splits: Mapping[UUID, Mapping[Bucket, int]]
    """How each payment was allocated; what is missing of its amount is credit."""
    interest: int = 0
    """What the terms of interest posted; part of ``charged``."""
    overdrawn: int = 0
    """Money that went out beyond what had come in: a person decides what becomes of it."""


@dataclass(frozen=True, slots=True)
class Correction:
    """How booking one entry changed what another one had done."""

    entry_id: UUID
    before: Mapping[Bucket, int]
    after: Mapping[Bucket, int]


@dataclass(frozen=True, slots=True)
class Booked:
    """A ledger as it stood when one entry had been booked."""

    entry: Entry
    made: bool
    """The ledger made this entry itself, as the waiver of a gap within tolerance."""
    split: Mapping[Bucket, int]
    """What it did to the buckets: parts charged, met or waived; of taking back, owed again."""
    lapsed: int
    """Part of a waiver, write-off or transfer out that found nothing to take."""
    balances: Balances
    corrections: tuple[Correction, ...]
    otherwise: Mapping[Bucket, int] | None
    """Of taking back a payment: the buckets by the other method of reversal."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One debt of a person, as the rules for several debts see it."""

    debt_id: UUID
    outstanding: int
    due_date: date | None
    """None counts as due: a transferred debt without a date has been demanded."""
    secured_rank: int = 0
    """0 unsecured, higher is better secured."""
    annual_rate: Decimal = Decimal(0)
    """Percent a year: the burden on the debtor."""
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Portion:
    """What one debt gets of a payment, and the rule that decided."""

    debt_id: UUID
    minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """A payment over several debts; ``excess`` is credit and goes to no debt silently."""

    portions: tuple[Portion, ...]
    excess: int
