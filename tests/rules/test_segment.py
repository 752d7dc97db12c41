"""Segments are explainable, and vulnerability only ever lowers the pressure."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.strategy import Level
from rules.segment import REASONS, Profile, choose_strategy, segment
from rules.strategy import load_strategies

LIBRARY = load_strategies(Path(__file__).parents[2] / "packs" / "strategies")
SOFTNESS = {"standard": 0, "gentle": 1, "notice-only": 2}


@pytest.mark.parametrize(
    ("known", "willingness"),
    [
        ({}, Level.UNKNOWN),
        ({"replies": 2}, Level.MEDIUM),
        ({"willing": True}, Level.HIGH),
        ({"willing": False}, Level.LOW),
        ({"willing": False, "paid": 100}, Level.HIGH),
        ({"promises_broken": 1}, Level.UNKNOWN),
        ({"promises_broken": 2}, Level.LOW),
        ({"promises_broken": 2, "promises_kept": 1}, Level.HIGH),
    ],
)
def test_acts_speak_before_words(known, willingness):
    assert segment(Profile(owed=117000, **known)).willingness is willingness


@pytest.mark.parametrize(
    ("free_monthly", "hardship", "ability"),
    [
        (None, False, Level.UNKNOWN),
        (None, True, Level.LOW),
        (40000, False, Level.HIGH),
        (10000, False, Level.MEDIUM),
        (4000, False, Level.LOW),
        (-100, False, Level.LOW),
    ],
)
def test_ability_is_how_long_the_debt_would_take(free_monthly, hardship, ability):
    profile = Profile(owed=117000, free_monthly=free_monthly, hardship=hardship)
    assert segment(profile).ability is ability


@pytest.mark.parametrize(
    ("known", "ref", "reason"),
    [
        ({}, "standard-1", "ordinary"),
        ({"vulnerable": True}, "gentle-2", "vulnerable"),
        ({"hardship": True}, "gentle-2", "ability_low"),
        ({"military": True}, "gentle-2", "military"),
        ({"time_barred": True}, "gentle-2", "time_barred"),
        ({"below_minimum": True, "vulnerable": True}, "notice-only-1", "below_minimum"),
        ({"litigated": True}, "notice-only-1", "litigation_pending"),
    ],
)
def test_every_choice_has_a_recorded_reason(known, ref, reason):
    choice = choose_strategy(Profile(owed=117000, **known), LIBRARY)
    assert (f"{choice.name}-{choice.version}", choice.reason) == (ref, reason)
    assert REASONS[choice.reason]


profiles = st.builds(
    Profile,
    owed=st.integers(1, 10**7),
    paid=st.integers(0, 10**6),
    free_monthly=st.none() | st.integers(-(10**5), 10**6),
    hardship=st.booleans(),
    willing=st.none() | st.booleans(),
    promises_kept=st.integers(0, 3),
    promises_broken=st.integers(0, 3),
    replies=st.integers(0, 3),
    litigated=st.booleans(),
    time_barred=st.booleans(),
    below_minimum=st.booleans(),
    military=st.booleans(),
)


@given(profiles)
def test_vulnerability_never_raises_the_pressure(profile):
    without = choose_strategy(replace(profile, vulnerable=False), LIBRARY)
    within = choose_strategy(replace(profile, vulnerable=True), LIBRARY)
    assert SOFTNESS[within.name] >= SOFTNESS[without.name]
    assert SOFTNESS[within.name] >= 1
