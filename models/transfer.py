"""The words of a transfer file: manifest, rows, people, and what is wrong with them.

These values hold personal data in clear. They live between the file and the store and never
enter a workflow, a log or a report.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Literal

from pydantic import ConfigDict

from models.base import Value
from models.contact import Channel
from models.ledger import Bucket
from models.stop import Scope, StopKind

FORMAT = "cession-portfolio-1"
"""What a manifest calls this form of file; a later form gets a later number."""


class Severity(StrEnum):
    """How much a finding weighs."""

    STOP = "stop"
    """Of the file: nothing is written."""
    REFUSED = "refused"
    """Of a row: the debt is not taken; the others are."""
    WARNING = "warning"
    """Taken; somebody should look."""


class Problem(Value):
    """One finding: where it is, what is wrong, and what to do. Quotes no value of the file."""

    code: str
    severity: Severity
    message: str
    row: int | None = None
    """Counted as a spreadsheet counts: the header is row 1."""
    account_ref: str | None = None
    field: str | None = None


class Manifest(Value):
    """What the seller says about the whole file."""

    portfolio_id: str
    seller_code: str | None = None
    seller_legal_name: str
    seller_registration: str | None = None
    """Registered number, in China the unified social credit code; the notice must state it."""
    seller_address: str | None = None
    seller_phone: str | None = None
    """Where the debtor can ask whether the transfer is true."""
    seller_email: str | None = None
    seller_contact: str | None = None
    """The desk that answers there."""
    buyer_legal_name: str
    agreement_ref: str
    agreement_date: date
    cut_off_date: date
    transfer_effective_date: date
    row_count: int
    control_total_minor: Mapping[str, int]
    """Sum of the column ``total``, in minor units, for each currency of the file."""
    sha256: str
    """Of the file's bytes, in hexadecimal."""
    mends: str | None = None
    """Of refused rows: the file they stood in. Its bytes change while it is mended, so that only
    rows and totals are compared; the totals still prove the money."""
    purchase_price_minor: Mapping[str, int] = {}
    recourse_until: date | None = None
    resale_allowed: bool | None = None
    forward_flow: bool | None = None
    document_set_ref: str | None = None

    @property
    def currencies(self) -> tuple[str, ...]:
        return tuple(self.control_total_minor)


Order = Literal["dmy", "mdy"]
"""Whether the day or the month comes first in 01/02/2026."""


class Layout(Value):
    """What a table does not say of itself: a mapping file, by the seller or confirmed by a person."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    confirmed: bool = True
    """A guess of ours is not, until a person has looked at it."""
    encoding: Literal["utf-8", "gb18030"] | None = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    decimal: Literal[".", ","] | None = None
    date_order: Order | None = None
    sheet: str | None = None
    """Of a workbook; its first if unset."""
    columns: Mapping[str, str] = {}
    """The seller's heading to our column; an empty one is left out."""
    constants: Mapping[str, str] = {}
    """What is true of every row and stands in none."""
    words: Mapping[str, Mapping[str, str]] = {}
    """For one of our columns: the seller's word to ours."""
    width: Mapping[str, int] = {}
    """Digits of a number whose leading zeros a spreadsheet dropped."""


class Address(Value):
    """A postal address as the seller wrote it; ``country`` is ISO 3166-1 alpha-2."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    region: str | None = None
    postcode: str | None = None
    country: str
    as_of: date | None = None


class Point(Value):
    """A number or e-mail address, with what allows its use."""

    kind: str
    """phone or email."""
    value: str
    line: str = "unknown"
    """mobile, landline, work, home or unknown."""
    zones: tuple[str, ...] = ()
    source: str | None = None
    as_of: date | None = None
    consents: Mapping[str, Mapping[str, str]] = {}


class Person(Value):
    """Somebody who owes, co-owes or guarantees."""

    customer_ref: str
    kind: str = "person"
    names: Mapping[str, str] = {}
    """title, first_name, middle_name, last_name, full_name, native_name, script: as supplied."""
    dob: date | None = None
    id_number_type: str | None = None
    id_number_hash: str | None = None
    language: str | None = None
    address: Address
    points: tuple[Point, ...] = ()
    jurisdiction: str
    sub: str | None = None
    zones: tuple[str, ...] = ()
    """Candidates: wherever the address or a phone may be."""
    declared_zone: str | None = None
    minor_at_origination: bool | None = None
    finances: Mapping[str, str | int] = {}
    preferred_hours: str | None = None


ROLES = ("co_debtor", "guarantor", "heir", "executor", "administrator")
"""On what ground somebody beside the debtor is met; the last three of a debtor who died."""


class Liable(Value):
    """Another person who is met about the debt, and on what ground: one of ``ROLES``."""

    role: str
    person: Person


class Link(Value):
    """One owner in the chain of title, and how the claim came to it."""

    owner: str
    assigned_on: date | None = None
    doc_ref: str | None = None
    notice_sent_on: date | None = None
    notice_delivered_on: date | None = None
    notice_evidence: str | None = None


class Flag(Value):
    """A state the seller reports that stops or pauses contact from the first day."""

    kind: StopKind
    scope: Scope
    reason: str
    channel: Channel | None = None
    effective_from: date | None = None
    until: date | None = None
    facts: Mapping[str, Any] = {}
    private: Mapping[str, str] = {}
    """Names and case numbers; sealed in the store."""


class Row(Value):
    """One debt that may be taken."""

    row: int
    account_ref: str
    product_type: str
    currency: str
    total: int
    buckets: Mapping[Bucket, int]
    """Opening charges in minor units; they add up to ``total``."""
    facts: Mapping[str, Any]
    """Impersonal: dates, itemisation, rates, flags, references of documents."""
    private: Mapping[str, str]
    """Contract number, masked account and the like; sealed in the store."""
    chain: tuple[Link, ...]
    limitation_date: date | None = None
    debtor: Person
    liable: tuple[Liable, ...] = ()
    flags: tuple[Flag, ...] = ()


class Survey(Value):
    """What a whole file says, read once and without writing anything."""

    portfolio_id: str = ""
    seller: str = ""
    rows: int = 0
    accepted: int = 0
    refused: int = 0
    totals: Mapping[str, int] = {}
    """Of the rows that may be taken, in minor units by currency."""
    jurisdictions: Mapping[str, int] = {}
    flags: Mapping[str, int] = {}
    codes: Mapping[str, int] = {}
    """How often each finding was made."""
    problems: tuple[Problem, ...] = ()
    """Of the file; those of its rows too, unless somebody was told of them one by one."""

    @property
    def stopped(self) -> bool:
        """Whether the file as a whole is refused."""
        return any(problem.severity is Severity.STOP for problem in self.problems)
