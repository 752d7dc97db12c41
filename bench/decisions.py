"""Decisions per second of the legal check, with 50 contacts in the log.

Run from the checkout: ``python -m bench.decisions``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

from models.law import NEUTRAL, ContactRecord, LegalFacts
from rules.gate import decide
from rules.packs import load_packs

NOW = datetime(2026, 11, 10, 15, tzinfo=UTC)
PLACES = [
    ("US", None, ("America/New_York",)),
    ("US", "MA", ("America/New_York", "America/Los_Angeles")),
    ("US", "NYC", ("America/New_York",)),
    ("CN", None, ("Asia/Shanghai",)),
    ("GB", "ENG", ("Europe/London",)),
    ("AU", "NSW", ("Australia/Sydney",)),
]


def log(every: timedelta) -> list[ContactRecord]:
    outcomes = ("no_answer", "voicemail_msg", "busy", "conversation")
    channels = ("phone", "phone", "sms", "email", "letter")
    return [
        ContactRecord(
            at=NOW - every * n,
            channel=channels[n % len(channels)],
            outcome=outcomes[n % len(outcomes)] if n % len(channels) < 2 else "delivered",
            debts=(f"D{n % 3}",),
            number="A",
        )
        for n in range(1, 51)
    ]


def rates(count: int = 2000) -> dict[tuple[str, str, str, str], float]:
    """Answer decisions a second of CPU by place, channel, density of the log and answer."""
    library = load_packs(Path(__file__).parents[1] / "packs/jurisdictions")
    facts = LegalFacts(
        **{**NEUTRAL, "jurisdiction": "", "channel": "phone", "debt": "D1", "number": "A"}
    )
    found: dict[tuple[str, str, str, str], float] = {}
    for jurisdiction, sub, zones in PLACES:
        pack = library.merged(jurisdiction, sub)
        for channel in ("phone", "sms", "letter"):
            for every in (timedelta(hours=20), timedelta(days=9)):
                asked = replace(
                    facts, jurisdiction=jurisdiction, sub=sub, zones=zones, channel=channel
                )
                contacts = log(every)
                answer = decide(asked, contacts, NOW, pack)
                begun = process_time()
                for _ in range(count):
                    decide(asked, contacts, NOW, pack)
                rate = count / (process_time() - begun)
                found[sub or jurisdiction, channel, str(every), answer.kind] = rate
    return found


def main() -> None:
    print(
        f"{'place':8} {'channel':8} {'contacts every':16} {'answer':7} {'decisions/s of CPU':>20}"
    )
    for (place, channel, every, kind), rate in rates().items():
        print(f"{place:8} {channel:8} {every:16} {kind:7} {rate:20,.0f}")


if __name__ == "__main__":
    main()
