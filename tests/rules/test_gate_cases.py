"""The written decision cases that the gate is held to."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from rules.gate import decide_written_case
from rules.packs import load_packs

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests/data/decision_cases.json").read_text(encoding="utf-8"))
MORE = json.loads((ROOT / "tests/data/decision_cases_more.json").read_text(encoding="utf-8"))
PLACES = sorted({(case["jurisdiction"], case["sub"] or "") for case in MORE if "sub" in case})
LIBRARY = load_packs(ROOT / "packs/jurisdictions")


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_written_case_is_decided_as_expected(case: dict[str, Any]):
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


@pytest.mark.parametrize("place", PLACES, ids=["-".join(place) for place in PLACES])
def test_cases_worked_out_by_hand_from_the_law_alone_are_decided_so(place: tuple[str, str]):
    """Each was written from the facts of the law before the packs were read."""
    wrong: list[str] = []
    for case in MORE:
        if (case["jurisdiction"], case.get("sub") or "") != place:
            continue
        expect, decision = case["expect"], decide_written_case(case, LIBRARY)
        until = datetime.fromisoformat(expect["until"]) if "until" in expect else None
        failing = [failure.rule for failure in decision.failures]
        named = (
            expect["rule"] not in failing
            if expect["decision"] == "allow"
            else decision.rule == expect["rule"]
            and set(expect.get("also_rules", ())) <= set(failing)
        )
        if (decision.kind, decision.until) != (expect["decision"], until) or not named:
            wrong.append(
                f"{case['id']} ({case['why']}): {decision.kind} {decision.until} {failing}"
            )
    assert wrong == []


def test_the_hand_worked_cases_reach_every_place_of_the_packs():
    told = {(case["jurisdiction"], case.get("sub")) for case in MORE}
    assert len(MORE) > 750
    assert {place for place in LIBRARY.places if place[1]} <= told
