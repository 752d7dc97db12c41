"""Each state's entry, permitted purposes and exit, as written cases beyond those that are given."""

import json
from datetime import datetime
from pathlib import Path

import pytest

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
