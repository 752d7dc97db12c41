"""Who of two buyers of one debt the debtor owes."""

from __future__ import annotations

from datetime import date


def prevails(ours: date | None, theirs: date) -> bool:
    """Whether our purchase comes before another's: whose notice reached the debtor first.

    Supreme People's Court, interpretation of the contract part (2023), art. 50: the debtor who
    pays the buyer first notified is free; the other has a claim against the seller. A notice of
    ours that never arrived is behind every other; of the same day, ours is not taken to be first.
    """
    return ours is not None and ours < theirs
