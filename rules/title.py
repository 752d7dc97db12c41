"""Who owned a debt when, who of two buyers the debtor owes, and what the seller must take back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from models.stop import StopKind
from rules.readiness import TitleLink


def prevails(ours: date | None, theirs: date) -> bool:
    """Whether our purchase comes before another's: whose notice reached the debtor first.

    Supreme People's Court, interpretation of the contract part (2023), art. 50: the debtor who
    pays the buyer first notified is free; the other has a claim against the seller. A notice of
    ours that never arrived is behind every other; of the same day, ours is not taken to be first.
    """
    return ours is not None and ours < theirs


@dataclass(frozen=True, slots=True)
class Owned:
    """Who owned a debt on a day, and by what."""

    owner: str
    since: date | None
    document: str | None
    certain: bool
    """False where an assignment before that day bears no date."""


def owner_on(
    chain: Sequence[TitleLink], day: date, *, began: date | None, given_back: date | None
) -> Owned | None:
    """Answer who owned a debt on a day; None before it began, or without any chain.

    Whoever acquires on a day owns on that day. ``given_back`` is when the seller had the debt again.
    """
    if not chain or (began is not None and day < began):
        return None
    first = chain[0]
    owned = Owned(first.owner, began, first.document, certain=True)
    for link in chain[1:]:
        if link.assigned_on is None:
            owned = replace(owned, certain=False)
        elif link.assigned_on <= day:
            owned = Owned(link.owner, link.assigned_on, link.document, certain=True)
    if given_back is not None and given_back <= day and len(chain) > 1:
        return Owned(chain[-2].owner, given_back, None, certain=True)
    return owned


PUTBACK_STOPS = {
    StopKind.IDENTITY_THEFT: "identity_theft",
    StopKind.MINOR: "minor",
    StopKind.COMPETING_ASSIGNMENT: "sold_twice",
    StopKind.DISPUTE: "dispute_open",
    StopKind.ORIGINAL_CREDITOR_REQUEST: "dispute_open",
}
"""Stops that ground a return whenever they began, as long as they stand."""

PUTBACK_BEFORE = {StopKind.DECEASED: "deceased", StopKind.BANKRUPTCY: "insolvent"}
"""Stops that ground it when they began by the cut-off date."""

GROUNDING = frozenset({*PUTBACK_STOPS, *PUTBACK_BEFORE, StopKind.HOLD})
"""Kinds of stops of which any may ground a return."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What is known of a debt when it is asked whether its seller must take it back."""

    stops: Sequence[tuple[StopKind, str, date]]
    """Kind, reason and first day of those that stand."""
    gaps: Sequence[str]
    """Codes of blocking gaps of the readiness report."""
    limitation: date | None
    paid_before: bool
    """The debtor was freed by payments to a previous owner."""
    media_missing: bool
    """A document was refused, or did not come in time."""


def putback_grounds(known: Claimed, cut_off: date) -> tuple[str, ...]:
    """Answer on what grounds a debt may be given back, in codes; contracts may know fewer."""
    found: list[str] = []
    for kind, reason, began in known.stops:
        if ground := PUTBACK_STOPS.get(kind):
            found.append(ground)
        if (ground := PUTBACK_BEFORE.get(kind)) and began <= cut_off:
            found.append(f"{ground}_before_cut_off")
        if kind is StopKind.HOLD and reason == "fraud":
            found.append("fraud")
    if any(gap.startswith("title_") or gap == "owner_mismatch" for gap in known.gaps):
        found.append("title_unproved")
    if "amount_mismatch" in known.gaps:
        found.append("amount_wrong")
    if known.limitation is not None and known.limitation < cut_off:
        found.append("time_barred_before_cut_off")
    if known.paid_before:
        found.append("paid_to_previous_owner")
    if known.media_missing:
        found.append("documents_missing")
    return tuple(dict.fromkeys(found))
