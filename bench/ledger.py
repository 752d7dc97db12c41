"""How long a long ledger takes to fold: ten years, 5,000 entries of every kind.

Run from the checkout: ``python -m bench.ledger``.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from time import process_time
from uuid import UUID

from models.ledger import Entry, EntryKind, InterestTerms, Rate
from rules.ledger import POLICIES, fold

BEGAN = date(2016, 1, 1)
YEARS, COUNT = 10, 5_000
_KINDS = (
    EntryKind.CHARGE, EntryKind.PAYMENT, EntryKind.PAYMENT, EntryKind.INTEREST, EntryKind.PAYMENT,
    EntryKind.WAIVER, EntryKind.CHARGE, EntryKind.PAYMENT, EntryKind.REVERSAL, EntryKind.PAYMENT,
)  # fmt: skip


def life() -> list[Entry]:
    """Answer a debt whose every tenth entry takes back the payment before it."""
    entries: list[Entry] = []
    for n in range(1, COUNT + 1):
        kind = _KINDS[n % len(_KINDS)]
        day = BEGAN + timedelta(days=n * 365 * YEARS // COUNT)
        entries.append(
            Entry(
                entry_id=UUID(int=n),
                debt_id=UUID(int=0),
                kind=kind,
                minor={EntryKind.CHARGE: 4_000, EntryKind.WAIVER: 10}.get(kind, 1_000 + n % 7),
                currency="USD",
                value_date=day,
                booked_at=datetime(2016, 1, 1, tzinfo=UTC) + timedelta(hours=n),
                of=UUID(int=n - 1) if kind is EntryKind.REVERSAL else None,
            )
        )
    return entries


def times(repeat: int = 5) -> dict[str, float]:
    """Answer milliseconds of CPU by policy, without and with six per cent of interest."""
    entries = life()
    terms = InterestTerms(rates=(Rate(since=BEGAN, percent=Decimal(6)),), since=BEGAN)
    found: dict[str, float] = {}
    for ref, policy in POLICIES.items():
        for name, agreed in (("", None), (" with interest", terms)):
            took: list[float] = []
            for _ in range(repeat):
                begun = process_time()
                fold(entries, policy, agreed)
                took.append(1000 * (process_time() - begun))
            found[f"{ref}{name}"] = min(took)
    return found


def main() -> None:
    for name, took in times().items():
        print(f"{name:56} {took:8.1f} ms")


if __name__ == "__main__":
    main()
