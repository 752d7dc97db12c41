"""What each law counts: every cell of the matrix. What is not settled counts."""

import csv
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from models.contact import Direction, Outcome, Party, Purpose
from models.law import NEUTRAL, ContactRecord, LegalFacts
from rules.gate import decide
from rules.packs import load_packs

ROOT = Path(__file__).parents[2]
LIBRARY = load_packs(ROOT / "packs/jurisdictions")
ROWS = list(
    csv.DictReader((ROOT / "tests/data/counting_matrix.csv").read_text("utf-8").splitlines())
)
CELLS = [
    (row["event"], rule, cell)
    for row in ROWS
    for rule, cell in row.items()
    if rule != "event" and cell
]

EVENTS = {
    "busy": {"outcome": Outcome.BUSY},
    "not in service": {"outcome": Outcome.NOT_IN_SERVICE},
    "no answer": {"outcome": Outcome.NO_ANSWER},
    "voicemail without message": {"outcome": Outcome.VOICEMAIL_NO_MSG},
    "voicemail left": {"outcome": Outcome.VOICEMAIL_MSG},
    "answered then dropped": {"outcome": Outcome.ANSWERED_DROPPED},
    "conversation": {"outcome": Outcome.CONVERSATION},
    "conversation begun by the debtor": {
        "outcome": Outcome.CONVERSATION,
        "direction": Direction.IN,
    },
    "machine that talks": {"outcome": Outcome.CONVERSATION, "agent": "ai"},
    "text": {"channel": "sms", "outcome": Outcome.DELIVERED},
    "e-mail": {"channel": "email", "outcome": Outcome.DELIVERED},
    "letter": {"channel": "letter", "outcome": Outcome.SENT},
    "visit that met the debtor": {"channel": "visit", "outcome": Outcome.MET},
    "call to a third party": {
        "outcome": Outcome.CONVERSATION,
        "party": Party.THIRD_PARTY,
        "purpose": Purpose.LOCATION_INFO,
    },
    "consented callback": {"outcome": Outcome.CONVERSATION, "consented": True},
    "unknown outcome of a call": {"outcome": Outcome.UNKNOWN},
    "reservation of a call": {"outcome": None},
}

PLACES = {
    "US-FED-7IN7": ("US", None, "America/New_York", 7),
    "US-FED-COOLDOWN": ("US", None, "America/New_York", 1),
    "US-MA-2IN7": ("US", "MA", "America/New_York", 2),
    "US-NYC-3IN7": ("US", "NYC", "America/New_York", 3),
    "US-WA-3WEEK": ("US", "WA", "America/Los_Angeles", 3),
    "CN-CALLS-3D": ("CN", None, "Asia/Shanghai", 3),
    "CN-ATTEMPTS-6D": ("CN", None, "Asia/Shanghai", 6),
    "AU-RG96-3W": ("AU", "VIC", "Australia/Melbourne", 3),
    "CA-ON-3IN7": ("CA", "ON", "America/Toronto", 3),
    "EU-IT-UNIREC": ("EU", "IT", "Europe/Rome", 1),
}


def failing(rule, event, count):
    """The rules that fail in the afternoon after so many such events of the same day."""
    jurisdiction, sub, zone, _ = PLACES[rule]
    now = datetime(2026, 11, 13, 16, tzinfo=ZoneInfo(zone))
    log = [
        ContactRecord(
            **{
                "at": now - timedelta(hours=1 + n),
                "channel": "phone",
                "debts": ("D1",),
                "number": "A",
                **EVENTS[event],
            }
        )
        for n in range(count)
    ]
    facts = LegalFacts(
        **{
            **NEUTRAL, "jurisdiction": jurisdiction, "sub": sub, "zones": (zone,),
            "channel": "phone", "debt": "D1", "number": "A", "talked": True,
        }
    )  # fmt: skip
    decision = decide(facts, log, now, LIBRARY.merged(jurisdiction, sub))
    return {failure.rule for failure in decision.failures}


@pytest.mark.parametrize(("event", "rule", "cell"), CELLS, ids=str)
def test_event_counts_as_the_matrix_says(event, rule, cell):
    most = PLACES[rule][3]
    counts = cell in {"Y", "?"}
    assert (rule in failing(rule, event, most)) is counts
    if counts:
        assert rule not in failing(rule, event, most - 1)


def test_the_matrix_has_every_event_and_every_counter():
    assert {row["event"] for row in ROWS} == set(EVENTS)
    assert set(ROWS[0]) - {"event"} == set(PLACES)
