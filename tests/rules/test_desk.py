"""Who is handed which work, and what a wish means."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.legal import _inconvenient
from models.case import TaskKind
from models.contact import Channel
from models.desk import Hands
from rules.desk import (
    Need,
    WishError,
    in_words,
    language,
    refused_at,
    unanswered,
    unfit,
    wished,
)

CALL = Need(kind=TaskKind.CALL, language="zh-CN", teams=frozenset({"SEA", "pf-1"}))


@pytest.mark.parametrize(
    ("hands", "why"),
    [
        ({}, ""),
        ({"teams": {"SEA"}}, ""),
        ({"teams": {"pf-1", "pf-9"}}, ""),
        ({"teams": {"LAKE"}}, "team"),
        ({"skills": {"visit"}}, "skill"),
        ({"skills": {"call", "visit"}}, ""),
        ({"languages": {"zh"}}, ""),
        ({"languages": {"zh-CN"}}, ""),
        ({"languages": {"zh-HK"}}, "language"),
        ({"languages": {"en"}}, "language"),
        ({"teams": {"LAKE"}, "languages": {"en"}}, "team"),
    ],
)
def test_work_goes_to_whoever_does_that_kind_for_that_seller_in_that_language(hands, why):
    made = Hands(**{name: frozenset(each) for name, each in hands.items()})
    assert unfit(made, CALL) == why


def test_a_review_that_speaks_to_nobody_needs_no_language():
    review = CALL.model_copy(update={"kind": TaskKind.LEGAL_REVIEW})
    assert unfit(Hands(languages=frozenset({"en"})), review) == ""


def test_a_person_whose_language_nobody_knows_is_kept_from_nobody():
    assert (
        unfit(Hands(languages=frozenset({"en"})), CALL.model_copy(update={"language": None})) == ""
    )


@pytest.mark.parametrize("text", ["english", "EN", "zh_CN", "", "z"])
def test_a_language_is_written_as_bcp_47(text):
    with pytest.raises(WishError, match="no language"):
        language(text)


def test_wishes_add_up_and_can_be_forgotten():
    first = wished({}, hours_wanted="18:00-21:00", channels=[Channel.PHONE])
    second = wished(first, inconvenient=["12:00-14:00"], days=["mon", "Friday"])
    assert in_words(second) == [
        "only by phone",
        "between 18:00 and 21:00",
        "never mon, fri 12:00-14:00",
    ]
    assert wished(second, inconvenient=["12:00-14:00"], days=["mon", "fri"]) == second
    assert wished({**second, "recording": "refused"}, forget=True) == {"recording": "refused"}


def test_a_day_without_a_time_is_the_whole_day():
    kept = wished({}, days=["sun"])
    assert in_words(kept) == ["never sun"]
    (told,) = _inconvenient(kept)
    assert (told.opens, told.closes, told.weekdays) == (time(), None, frozenset({6}))


@pytest.mark.parametrize(
    "given", [{"hours_wanted": "9-18"}, {"hours_wanted": "18:00-09:00"}, {"inconvenient": ["25:00-26:00"]},
              {"days": ["someday"]}, {"hours_wanted": "09:00-09:00"}],
)  # fmt: skip
def test_a_wish_that_says_nothing_is_refused(given):
    with pytest.raises(WishError):
        wished({}, **given)


@settings(max_examples=60)
@given(st.times(), st.times(), st.lists(st.sampled_from(["mon", "wed", "sun"]), max_size=2))
def test_the_gate_reads_every_wish_that_the_desk_takes(opens, closes, days):
    span = f"{opens:%H:%M}-{closes:%H:%M}"
    try:
        kept = wished({}, hours_wanted=span, inconvenient=[span], days=days)
    except WishError:
        assert f"{opens:%H:%M}" >= f"{closes:%H:%M}"
        return
    assert len(_inconvenient(kept)) >= 2
    assert in_words(kept)


def test_midnight_ends_a_day():
    kept = wished({}, hours_wanted="18:00-24:00", inconvenient=["20:00-24:00"])
    assert {told.closes for told in _inconvenient(kept)} == {None, time(18)}


def test_what_nobody_answers_goes_to_the_supervisor_a_day_after_it_was_due():
    due = datetime(2026, 3, 18, tzinfo=UTC)
    assert not unanswered(due, None, due + timedelta(hours=23))
    assert unanswered(due, None, due + timedelta(days=1))
    assert unanswered(due, due - timedelta(days=1), due - timedelta(hours=1))


@pytest.mark.parametrize(
    ("answers", "since"),
    [
        ([], None),
        ([(5, False, "this")], 5),  # in this conversation, five minutes into it
        ([(-9, False, "earlier")], 0),  # before it: none of it should have been recorded
        ([(9, False, "later")], None),  # of an earlier one nothing was said
        ([(-9, False, "earlier"), (-1, True, None)], None),
        ([(-9, False, "earlier"), (5, True, "this")], None),
        ([(5, False, "this"), (6, True, "this"), (7, False, "this")], 7),
        ([(5, False, "this"), (9, True, "later")], 5),
    ],
)
def test_a_recording_is_against_the_persons_will_by_their_last_word_on_that_conversation(
    answers, since
):
    began = datetime(2026, 7, 1, 19, tzinfo=UTC)
    said = [(began + timedelta(minutes=n), agreed, during) for n, agreed, during in answers]
    against = refused_at("this", began, said)
    assert against == (None if since is None else began + timedelta(minutes=since))
