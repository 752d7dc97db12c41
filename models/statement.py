"""Words about bank statements, whatever format they came in."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import Field

from models.base import Value
from models.money import Money, MoneyError, exponent


class Doubt(StrEnum):
    """How much a problem of a statement weighs."""

    WARNING = "warning"
    """Told, and nothing about the money is uncertain."""
    ERROR = "error"
    """Money may be missing, doubled or misread: a person looks."""


class StatementProblem(Value):
    """What is wrong with a statement file, where, and what follows from it."""

    code: str
    severity: Doubt = Doubt.ERROR
    where: str
    """Line, row or statement, as ``line 12`` or ``statement 7, entry 3``."""
    message: str


class UnreadableStatementError(Exception):
    """The file as a whole cannot be taken; the problems say why and what to do."""

    def __init__(self, *problems: StatementProblem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


class EntryMeaning(StrEnum):
    """What an entry says happened on our account."""

    IN = "in"
    """Money came."""
    IN_REVERSED = "in_reversed"
    """Money that had come was taken back."""
    OUT = "out"
    """Money left."""
    OUT_REVERSED = "out_reversed"
    """Money that had left is back."""


class EntryStatus(StrEnum):
    BOOKED = "booked"
    PENDING = "pending"
    """Announced by the bank; it may never come, and counts for nothing."""
    INFO = "info"
    UNKNOWN = "unknown"


class References(Value):
    """What both sides wrote so that the money may be found again; empty if they did not."""

    end_to_end: str = ""
    mandate: str = ""
    creditor: str = ""
    """Creditor reference of the remittance, ISO 11649 or the country's own."""
    creditor_id: str = ""
    instruction: str = ""
    transaction: str = ""
    customer: str = ""
    """What the account owner gave, as in ``:61:``."""
    bank: str = ""
    """The bank's own reference of the entry."""


class Counterparty(Value):
    """Who paid or was paid: a person's name and account, masked unless asked for."""

    name: str = Field(default="", repr=False)
    account: str = Field(default="", repr=False)
    bank: str = ""


class Instructed(Value):
    """What the payer told their bank to pay, where it is not what was booked."""

    minor: int
    currency: str
    rate: str = ""
    """Rate of exchange as the bank wrote it."""


class StatementEntry(Value):
    """One movement of money, batches opened."""

    id: str
    """The bank's reference, else statement id and position: the same in every export."""
    position: str
    """Place in the statement: ``3``, or ``3.2`` in a batch."""
    batch: str | None = None
    """Id of the entry that carried it with others."""
    booked_on: date | None
    value_on: date | None
    minor: int
    """Signed: above zero raises the balance."""
    currency: str
    meaning: EntryMeaning
    reversal: bool = False
    status: EntryStatus = EntryStatus.BOOKED
    references: References = References()
    counterparty: Counterparty = Counterparty()
    remittance: str = Field(default="", repr=False)
    code: str = ""
    """The bank's kind of transaction, as ``PMNT-RCDT-ESCT`` or ``NTRF``."""
    return_reason: str = ""
    instructed: Instructed | None = None
    charges: int | None = None
    """Minor units that the bank says it took for itself; the entry is after them."""
    where: str = ""


class EntryBatch(Value):
    """An entry that carries several payments."""

    id: str
    position: str
    minor: int
    currency: str
    count: int | None = None
    """How many payments the bank says it carries."""
    opened: bool
    """Its payments are in the file and add up to it."""


class StatementBalance(Value):
    minor: int
    currency: str
    on: date | None = None
    interim: bool = False
    """Of one page of several."""


class Statement(Value):
    """What a bank says of one account and period."""

    account: str
    id: str
    kind: str
    """statement, notification (single entries announced as booked) or report (of the day so far)."""
    currency: str
    sequence: int | None = None
    page: int | None = None
    last_page: bool | None = None
    opening: StatementBalance | None = None
    closing: StatementBalance | None = None
    begins: date | None = None
    ends: date | None = None
    entries: tuple[StatementEntry, ...] = ()
    batches: tuple[EntryBatch, ...] = ()
    where: str = ""
    complete: bool = True
    """Every entry of the statement could be read."""

    @property
    def booked(self) -> tuple[StatementEntry, ...]:
        return tuple(entry for entry in self.entries if entry.status is EntryStatus.BOOKED)

    @property
    def moved(self) -> int:
        """Sum of what was booked, in minor units of the statement's currency."""
        return sum(entry.minor for entry in self.booked if entry.currency == self.currency)


class StatementFile(Value):
    """A file as it was read."""

    format: str
    """camt.053, camt.054, camt.052, mt940, mt942 or csv."""
    version: str = ""
    encoding: str = ""
    sha256: str = ""
    statements: tuple[Statement, ...] = ()
    problems: tuple[StatementProblem, ...] = ()
    guesses: dict[str, Any] | None = None
    """Of a sheet read without a mapping: the mapping that was guessed, to be confirmed."""


_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)", re.ASCII)


def exact(text: str, currency: str) -> int:
    """Answer minor units of a decimal text with a point, without rounding.

    Zeros beyond the currency's decimals are fine, any other digit there is not: raises
    ``MoneyError``.
    """
    if not _DECIMAL.fullmatch(text):
        raise MoneyError("an amount is digits with at most one decimal point, as 1170.00")
    whole, _, fraction = text.lstrip("+").partition(".")
    decimals = exponent(currency)
    kept = fraction[:decimals] + fraction[decimals:].rstrip("0")
    sign = "-" if whole.startswith("-") else ""
    plain = f"{sign}{whole.lstrip('-') or '0'}{'.' + kept if kept else ''}"
    return Money.parse(plain, currency).minor


def meaning_of(minor: int, *, reversal: bool) -> EntryMeaning:
    """Answer what a signed amount means: a reversal is the way back of the other direction.

    So is a return: what leaves with a reason of return is money that had come.
    """
    if minor >= 0:
        return EntryMeaning.OUT_REVERSED if reversal else EntryMeaning.IN
    return EntryMeaning.IN_REVERSED if reversal else EntryMeaning.OUT
