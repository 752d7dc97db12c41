"""The words of the ledger: entries, buckets, policies and what a fold of entries says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

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
    across: Across
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

    All in minor units of ``currency``. ``charged`` is net of what was transferred out, ``waived``
    includes write-offs, ``credit`` is money beyond the debt and no part of ``paid``.
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
