"""A statement of account: what happened up to a day, and what was owed after each entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from models.ledger import AllocationPolicy, Entry, EntryKind
from models.wording import Part, Statement, StatementLine
from rules.ledger import LedgerError, fold

_ADDS = frozenset({EntryKind.CHARGE, EntryKind.INTEREST, EntryKind.TRANSFER_IN})

_Place = tuple[date, datetime, int, UUID]


def statement(entries: Sequence[Entry], policy: AllocationPolicy, on: date) -> Statement:
    """Answer the account at the end of a day, as it is known now.

    Entries count by value date: one that was booked later but is dated earlier is in, and an entry
    that takes another back stands on its own day, so that what was told before stays explainable.
    ``on`` is a day in the debtor's zone. Raises ``LedgerError`` when nothing had happened by then.
    """
    known = standing_on(entries, on)
    if not known:
        first = min((entry.value_date for entry in entries), default=None)
        since = f"; its first entry is of {first}" if first else ""
        raise LedgerError(f"the account has no entry up to {on}{since}")
    lines: list[StatementLine] = []
    before = 0
    for count, entry in enumerate(known, start=1):
        if entry.kind in _ADDS or entry.kind is EntryKind.PAYMENT:
            # Money and charges change the account by their own amount, whatever the order of buckets.
            after = before + (entry.minor if entry.kind in _ADDS else -entry.minor)
        else:
            folded = fold(known[:count], policy)
            after = folded.outstanding - folded.credit
        lines.append(
            StatementLine(
                on=entry.value_date,
                kind=entry.kind,
                bucket=entry.bucket,
                minor=after - before,
                balance=after,
            )
        )
        before = after
    whole = fold(known, policy)
    return Statement(
        on=on,
        lines=tuple(lines),
        charged=whole.charged,
        paid=whole.paid,
        waived=whole.waived,
        outstanding=whole.outstanding,
        credit=whole.credit,
        parts=tuple(Part(bucket=part, minor=owed) for part, owed in whole.buckets.items() if owed),
    )


def standing_on(entries: Sequence[Entry], on: date) -> list[Entry]:
    """Answer the entries of value dates up to a day, oldest first.

    None stands before the one that it takes back, whatever its own value date.
    """
    by_id = {entry.entry_id: entry for entry in entries}

    def place(entry: Entry, depth: int = 0) -> _Place:
        own = (entry.value_date, entry.booked_at)
        taken_back = by_id.get(entry.of) if entry.of else None
        if taken_back is None or depth > len(entries):
            return (*own, 0, entry.entry_id)
        before = place(taken_back, depth + 1)
        return (*max(own, before[:2]), before[2] + 1, entry.entry_id)

    return sorted((entry for entry in entries if place(entry)[0] <= on), key=place)
