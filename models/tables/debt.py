# pyright: reportAssignmentType=false
"""Debts, who sold them, who owned them when, and what was promised."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column, LargeBinary, UniqueConstraint
from sqlmodel import Field

from models.tables.base import Row, UtcDateTime, no_words


class Seller(Row, table=True):
    """An assignor: an organisation, not a person."""

    __tablename__ = "seller"
    id: UUID = Field(primary_key=True)
    code: str = Field(unique=True, index=True)
    """Opaque short code: search attribute and fairness key."""
    legal_name: str = Field(unique=True)
    contact: dict[str, Any] = Field(
        default_factory=no_words, sa_column=Column(JSON, nullable=False)
    )
    created_at: datetime = Field(sa_type=UtcDateTime)


class Portfolio(Row, table=True):
    """One transfer file that was accepted."""

    __tablename__ = "portfolio"
    __table_args__ = (UniqueConstraint("seller_id", "ref"),)
    id: UUID = Field(primary_key=True)
    ref: str = Field(index=True)
    seller_id: UUID = Field(foreign_key="seller.id")
    buyer_legal_name: str
    agreement_ref: str
    agreement_date: date
    cut_off_date: date
    transfer_effective_date: date
    currencies: list[str] = Field(sa_column=Column(JSON, nullable=False))
    row_count: int
    control_total_minor: int = Field(sa_column=Column(BigInteger, nullable=False))
    sha256: str = Field(index=True)
    recourse_until: date | None = None
    resale_allowed: bool | None = None
    facts: dict[str, Any] = Field(default_factory=no_words, sa_column=Column(JSON, nullable=False))
    """The rest of the manifest."""
    imported_at: datetime = Field(sa_type=UtcDateTime)
    imported_by: str


class Debt(Row, table=True):
    """One transferred debt and the projection of its case."""

    __tablename__ = "debt"
    __table_args__ = (UniqueConstraint("seller_id", "account_ref"),)
    id: UUID = Field(primary_key=True)
    portfolio_id: UUID = Field(foreign_key="portfolio.id", index=True)
    seller_id: UUID = Field(foreign_key="seller.id")
    account_ref: str = Field(index=True)
    debtor_id: UUID = Field(foreign_key="debtor.id", index=True)
    workflow_id: str = Field(unique=True, index=True)
    """``case-`` and a keyed hash of seller and account."""
    jurisdiction: str = Field(index=True)
    sub: str | None = None
    currency: str
    product_type: str
    facts: dict[str, Any] = Field(default_factory=no_words, sa_column=Column(JSON, nullable=False))
    """What the file said and the gate reads, impersonal: dates, itemisation, rates, flags."""
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """What the file said and only letters show: contract numbers, masked account, merchant."""
    mode: str = "shadow"
    strategy: str | None = None
    strategy_version: int | None = None
    strategy_reason: str | None = None
    strategy_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when, if the case began on another strategy or version."""
    strategy_next: str | None = Field(default=None, index=True)
    """The version it was told to go over to, as ``standard-2``, and has not yet."""
    strategy_passed: list[str] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    """Steps that were behind it when it went over; they are not done late."""
    segment: str | None = None
    readiness: dict[str, Any] = Field(
        default_factory=no_words, sa_column=Column(JSON, nullable=False)
    )
    """Report of preparation: gaps with code, blocking or not, and what to do."""
    status: str = Field(default="new", index=True)
    """new, open, closed, reopening."""
    epoch: int = 1
    stage: str = "preparing"
    ending: str | None = None
    ending_reason: str | None = None
    move: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    """The next move as last computed."""
    next_action_at: datetime | None = Field(default=None, index=True, sa_type=UtcDateTime)
    shift_seconds: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, default=0))
    notice_required: bool = True
    notice_sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    notice_reached_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    notice_evidence: str | None = None
    notice_returned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    limitation_date: date | None = None
    opened_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)

    @property
    def strategy_ref(self) -> str:
        """Name and version, as ``standard-1``; empty before preparation."""
        return f"{self.strategy}-{self.strategy_version}" if self.strategy else ""

    @property
    def contract_law(self) -> str:
        """The country whose rules its money follows; a debtor who moves changes nothing in it."""
        earlier: list[dict[str, Any]] = self.facts.get("earlier_laws", [])
        return earlier[0]["jurisdiction"] if earlier else self.jurisdiction

    @property
    def law_since(self) -> datetime | None:
        """Since when the law of contact asks for a notice of its own; None from the start.

        The law of another country always does, that of another part of the country rarely.
        """
        anew = [law for law in self.facts.get("earlier_laws", []) if law.get("notice") != "stands"]
        return datetime.fromisoformat(anew[-1]["until"]) if anew else None

    @property
    def law_changed(self) -> bool:
        """Whether the law of contact is another than at the start."""
        return bool(self.facts.get("earlier_laws"))

    def law_at(self, at: datetime) -> tuple[str, str | None]:
        """The country and part whose law of contact held at an instant."""
        for law in self.facts.get("earlier_laws", []):
            if at < datetime.fromisoformat(law["until"]):
                return law["jurisdiction"], law["sub"]
        return self.jurisdiction, self.sub


class DebtParty(Row, table=True):
    """Who is liable for a debt, and on what ground."""

    __tablename__ = "debt_party"
    debt_id: UUID = Field(foreign_key="debt.id", primary_key=True)
    debtor_id: UUID = Field(foreign_key="debtor.id", primary_key=True, index=True)
    role: str = "debtor"
    """debtor, or one of ``models.transfer.ROLES``."""
    notice_reached_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class OwnershipLink(Row, table=True):
    """One link of the chain of title, oldest first."""

    __tablename__ = "ownership_link"
    debt_id: UUID = Field(foreign_key="debt.id", primary_key=True)
    n: int = Field(primary_key=True)
    """0 is the original creditor."""
    owner: str
    assigned_on: date | None = None
    """The day this owner acquired; None for the original creditor."""
    doc_ref: str | None = None
    notice_sent_on: date | None = None
    notice_delivered_on: date | None = None
    notice_evidence: str | None = None


class Promise(Row, table=True):
    """A single promise to pay."""

    __tablename__ = "promise"
    id: UUID = Field(primary_key=True)
    debt_id: UUID = Field(foreign_key="debt.id", index=True)
    minor: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str
    due_on: date
    """In the debtor's zone."""
    grace_days: int
    status: str = "open"
    """open, kept, broken, cancelled."""
    made_at: datetime = Field(sa_type=UtcDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    actor: str
    contact_id: UUID | None = None
