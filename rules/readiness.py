"""Is a case fit to be worked? The readiness report, with the gaps that block it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from models.base import Value
from models.money import Money


class Gap(Value):
    """One thing that is missing or wrong; a blocking one keeps the debtor from being contacted."""

    code: str
    blocking: bool
    advice: str


class Readiness(Value):
    """The report of preparation, without personal data."""

    gaps: tuple[Gap, ...]
    facts: dict[str, str]
    """What was checked and found, in plain words by code."""

    @property
    def blocking(self) -> tuple[str, ...]:
        return tuple(gap.code for gap in self.gaps if gap.blocking)


@dataclass(frozen=True, slots=True)
class TitleLink:
    """One owner in the chain of title; the first is the original creditor."""

    owner: str
    assigned_on: date | None
    document: str | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the store knows about a debt on the day of preparation."""

    charged: dict[str, int]
    total: int
    currency: str
    title: Sequence[TitleLink]
    owner: str
    notice_required: bool
    notice_sent: bool
    notice_reached: bool
    notice_evidence: bool
    limitation_date: date | None
    zones: Sequence[str]
    language: str | None
    wordings: frozenset[str]
    """Locales in which we can write."""
    channels: frozenset[str]
    """Channels for which the person has a usable number or address."""
    minor: bool | None
    finances: str
    """none, partial or full, as supplied."""
    credit_record: str
    """none or supplied."""
    itemised: bool | None
    """None where the law does not ask for an itemisation."""


def readiness(known: Prepared, today: date) -> Readiness:
    """Report what preparation found. ``today`` is the date in the debtor's zone."""
    gaps = [gap for gap in _gaps(known, today) if gap is not None]
    return Readiness(
        gaps=tuple(gaps),
        facts={
            "amount": f"{Money(known.total, known.currency)} in {len(known.charged)} buckets",
            "title": f"{len(known.title)} links",
            "notice": "reached"
            if known.notice_reached
            else "sent"
            if known.notice_sent
            else "to be sent",
            "limitation": known.limitation_date.isoformat() if known.limitation_date else "unknown",
            "zones": ", ".join(known.zones) or "unknown",
            "language": known.language or "unknown",
            "channels": ", ".join(sorted(known.channels)) or "none",
            "finances": known.finances,
            "credit_record": known.credit_record,
        },
    )


def _gaps(known: Prepared, today: date) -> list[Gap | None]:
    return [
        _amount(known),
        _title(known),
        _block("owner_mismatch", "the last owner in the chain is not the buyer of the portfolio")
        if known.title and known.title[-1].owner != known.owner
        else None,
        _note("notice_without_evidence", "the file says delivered; ask the seller for the receipt")
        if known.notice_reached and not known.notice_evidence
        else None,
        _note("limitation_unknown", "ask the seller for last payment or charge-off date")
        if known.limitation_date is None
        else None,
        _note("time_barred", "only neutral wording with the disclosure; never a legal step")
        if known.limitation_date is not None and known.limitation_date < today
        else None,
        _block("zone_unknown", "give an address with region, or a time zone") if not known.zones
        else None,
        _language(known),
        _block("unreachable", "no usable address or number; trace the debtor first")
        if not known.channels
        else None,
        _block("minor", "contact the guardian and review capacity; never the minor")
        if known.minor
        else None,
        _block("itemisation", "US validation needs date, balance and what was added since")
        if known.itemised is False
        else None,
        _note("finances_unknown", "ask about income and outgoings before offering a plan")
        if known.finances == "none"
        else None,
    ]  # fmt: skip


def _amount(known: Prepared) -> Gap | None:
    if sum(known.charged.values()) != known.total:
        return _block("amount_mismatch", "buckets do not add up to the total; ask the seller")
    if known.total <= 0:
        return _block("nothing_owed", "the balance is zero or negative; do not collect")
    return None


def _title(known: Prepared) -> Gap | None:
    if not known.title:
        return _block("title_empty", "no chain of title; ask the seller for every assignment")
    for earlier, later in zip(known.title, known.title[1:], strict=False):
        if later.assigned_on is None or not later.document:
            return _block("title_gap", "an assignment lacks its date or document")
        if earlier.assigned_on is not None and later.assigned_on < earlier.assigned_on:
            return _block("title_order", "assignments are out of order; ask the seller")
    return None


def _language(known: Prepared) -> Gap | None:
    if known.language is None:
        return _block("language_unknown", "ask the seller or the person; we never guess")
    if known.language not in known.wordings:
        return _block("language_untranslated", f"no wording pack for {known.language}")
    return None


def _block(code: str, advice: str) -> Gap:
    return Gap(code=code, blocking=True, advice=advice)


def _note(code: str, advice: str) -> Gap:
    return Gap(code=code, blocking=False, advice=advice)
