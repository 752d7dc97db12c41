"""The written decision cases that the gate is held to."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from rules.gate import decide_written_case
from rules.packs import load_packs

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests/data/decision_cases.json").read_text(encoding="utf-8"))
LIBRARY = load_packs(ROOT / "packs/jurisdictions")


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_written_case_is_decided_as_expected(case):
    decision = decide_written_case(case, LIBRARY)
    expect = case["expect"]
    assert decision.kind == expect["decision"], decision.failures
    if decision.kind == "allow":
        assert expect["rule"] in decision.checked
        assert decision.failures == ()
    else:
        assert decision.rule == expect["rule"]
    assert decision.until == (
        datetime.fromisoformat(expect["until"]) if "until" in expect else None
    )
    if "until_conservative" in expect:
        conservative = datetime.fromisoformat(expect["until_conservative"])
        assert decision.until_conservative == conservative
    assert set(expect.get("flags", ())) <= set(decision.flags)
    assert set(expect.get("also_rules", ())) <= set(decision.checked)


def test_there_are_102_written_cases():
    assert len(CASES) == 102
