"""Each state's entry, permitted purposes and exit, as written cases beyond those that are given."""

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.law import CaseRefusedError
from rules.gate import decide_written_case
from rules.packs import load_packs

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests/data/state_cases.json").read_text("utf-8"))
LIBRARY = load_packs(ROOT / "packs/jurisdictions")


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_state_is_decided_as_the_law_says(case):
    expect = case["expect"]
    decision = decide_written_case(case, LIBRARY)
    assert decision.kind == expect["decision"], decision.failures
    assert decision.rule == expect.get("rule") or "rule" not in expect
    if "until" in expect:
        assert decision.until == datetime.fromisoformat(expect["until"])


def test_every_jurisdiction_has_states_written_down():
    assert {case["jurisdiction"] for case in CASES} == {
        "AU", "BR", "CA", "CN", "EU", "GB", "HK", "IN", "SG", "US", "ZA",
    }  # fmt: skip


# Nothing that is written can break the reader: it decides, or it names the place


GIVEN = json.loads((ROOT / "tests/data/decision_cases.json").read_text("utf-8"))
MORE = json.loads((ROOT / "tests/data/decision_cases_more.json").read_text("utf-8"))
ODD = [
    None, True, False, 0, -1, 3, 10**30, 0.5, "", "x", "2026-02-30", "9999-12-31", "0001-01-01",
    "2026-11-10T10:00:00", "2026-11-10T10:00:00+99:00", "24:00", "25:00", [], [1], {}, {"a": 1},
    [None], "all", 1e308, "\0", "America/New_York",
]  # fmt: skip


def places_in(value, path=()):
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from places_in(inner, (*path, key))


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(GIVEN + CASES + MORE), st.data())
def test_whatever_is_written_is_decided_or_refused_by_its_place(case, data):
    spoilt = json.loads(json.dumps(case))
    path = data.draw(st.sampled_from(list(places_in(spoilt))))
    inner = spoilt
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = data.draw(st.sampled_from(ODD))
    with suppress(CaseRefusedError):
        decide_written_case(spoilt, LIBRARY)
