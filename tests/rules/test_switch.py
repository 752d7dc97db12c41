"""Going over to another version of a strategy: when, what is behind then, and when it is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from models.case import Contact, TaskKind, Wait
from models.contact import Channel, ContactState, Purpose
from models.facts import (
    CaseStatus,
    ContactFact,
    PlanFact,
    PromiseFact,
    PromiseStatus,
    WorkFact,
)
from models.strategy import Condition, Service, Step
from rules.next_move import next_move
from rules.switch import behind, in_hand, lacking, read_ref
from tests.rules.test_next_move import NY, STANDARD, cn1, cn_day, local, us1, us_day

DAY = timedelta(days=1)
OPENED = local("2026-06-15T09:00", NY)
STEPS = STANDARD.section("US").steps


def version(steps=STEPS, place="US", number=2, **changes):
    """Another version, with other steps at one place."""
    section = STANDARD.section(place).model_copy(update={"steps": tuple(steps)})
    places = {**STANDARD.jurisdiction, place: section}
    return STANDARD.model_copy(update={"version": number, "jurisdiction": places, **changes})


def step(key, day, channel=Channel.EMAIL, **more):
    return Step(
        key=key, day=day, channel=channel, template=more.pop("template", "reminder"), **more
    )


def sent(key, channel=Channel.EMAIL, day=0, state=ContactState.SENT, purpose=Purpose.COLLECTION):
    return ContactFact(key, channel, state, OPENED + day * DAY + timedelta(hours=1), purpose)


NOTICE = (
    sent("notice", Channel.LETTER, purpose=Purpose.VALIDATION),
    sent("notice_email", purpose=Purpose.ASSIGNMENT_NOTICE),
)
MAILED = (*NOTICE, sent("first_email", day=7))


def call(closed=None, outcome="", due=3, key="phone"):
    opened = OPENED + 16 * DAY
    return WorkFact(
        TaskKind.CALL, key, opened, opened + due * DAY, closed_at=closed, outcome=outcome
    )


def over(facts, to, days, old=STANDARD, calendar=us_day):
    return behind(facts, old, to, calendar, OPENED + days * DAY) - {
        s.key for s in old.section(facts.jurisdiction).steps
    }


def ways(facts, to, days=8, *, arranging=False):
    return in_hand(facts, to, us_day, OPENED + days * DAY, arranging=arranging)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("standard-2", ("standard", 2)),
        ("standard-v2", ("standard", 2)),
        ("notice-only-1", ("notice-only", 1)),
        ("notice-only-v12", ("notice-only", 12)),
        ("standard", None),
        ("standard-", None),
        ("standard-0", None),
        ("Standard-2", None),
        ("../standard-2", None),
        ("standard-2\n", None),
    ],
)
def test_a_version_is_named_as_people_name_it(text, read):
    assert read_ref(text) == read


@pytest.mark.parametrize(
    ("place", "passed"), [(3, True), (7, True), (8, True), (10, False), (20, False)]
)
def test_a_step_that_is_new_and_whose_day_is_over_is_not_done_late(place, passed):
    """On day nine, with the e-mail of day seven sent; day eight is over and day ten is not."""
    at = next((n for n, each in enumerate(STEPS) if each.day > place), len(STEPS))
    to = version([*STEPS[:at], step("extra", place), *STEPS[at:]])
    facts = us1(contacts=(*MAILED, sent("sms", Channel.SMS, day=2)) if place == 3 else MAILED)
    assert ("extra" in over(facts, to, 9)) is passed


def test_a_step_that_is_new_and_stands_before_the_place_of_a_case_is_over_whatever_its_day():
    """The other version puts it later in the calendar, but before what is done already."""
    later = [each.model_copy(update={"day": each.day + 20}) for each in STEPS[1:]]
    to = version([STEPS[0], step("extra", 18), *later])
    assert "extra" in over(us1(contacts=MAILED), to, 8)


def test_without_its_last_step_there_the_place_of_a_case_is_found_by_the_day():
    to = version([STEPS[0], step("early", 5), step("same", 7), step("after", 12), *STEPS[2:]])
    assert over(us1(contacts=MAILED), to, 7.2) == {"early", "same"}


def test_what_is_done_stays_done_even_if_the_other_version_does_it_by_other_means():
    """Three tries met nobody; the other version would allow five, or make it a text."""
    closed = [call(OPENED + (17 + n) * DAY, "no_answer", key=f"phone.{n}") for n in (1, 2, 3)]
    facts = us1(contacts=(*MAILED, sent("sms", Channel.SMS, day=14)), work=tuple(closed))
    patient = STEPS[3].model_copy(update={"tries": 5})
    text = step("phone", 16, Channel.SMS)
    for changed in (patient, text):
        to = version([*STEPS[:3], changed, *STEPS[4:]])
        passed = behind(facts, STANDARD, to, us_day, OPENED + 22 * DAY)
        move = next_move(replace(facts, passed=passed), to, us_day, OPENED + 22 * DAY)
        assert isinstance(move, Wait)
        assert move.then is not None
        assert move.then.step == "settlement_letter"


def test_a_new_step_ahead_is_done_in_its_turn():
    to = version([*STEPS[:2], step("between", 10), *STEPS[2:]])
    now = OPENED + 8 * DAY
    facts = us1(contacts=MAILED)
    moved = replace(facts, passed=behind(facts, STANDARD, to, us_day, now))
    move = next_move(moved, to, us_day, now)
    assert isinstance(move, Wait)
    assert move.then == Contact(step="between", channel=Channel.EMAIL, template="reminder")


def test_steps_over_once_stay_over_there_and_back():
    to = version([*STEPS[:2], step("between", 8), *STEPS[2:]])
    facts = us1(contacts=MAILED)
    there = behind(facts, STANDARD, to, us_day, OPENED + 9 * DAY)
    back = behind(replace(facts, passed=there), to, STANDARD, us_day, OPENED + 10 * DAY)
    again = behind(replace(facts, passed=back), STANDARD, to, us_day, OPENED + 11 * DAY)
    assert "between" in there & back & again


def test_a_case_between_two_steps_goes_at_once():
    assert ways(us1(contacts=MAILED), STANDARD) == ""


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (us1(contacts=(*MAILED, sent("sms", state=ContactState.RESERVED))), "contact_under_way"),
        (us1(contacts=(*MAILED, sent("sms", state=ContactState.SENDING))), "contact_under_way"),
        (us1(contacts=MAILED, work=(call(),)), "work:call"),
        (us1(contacts=MAILED, work=(call(OPENED + 16 * DAY, "no_answer"),)), "step:phone"),
        (us1(contacts=MAILED, status=CaseStatus.REOPENING), "reopening"),
        (
            us1(
                contacts=MAILED,
                promises=(PromiseFact(100, OPENED + 7 * DAY, date(2026, 6, 25), 5),),
            ),
            "promise",
        ),
        (us1(contacts=MAILED, plans=(PlanFact("p", OPENED, running=True, instalments=()),)),
         "arrangement"),
        (
            us1(
                work=(
                    WorkFact(TaskKind.LEGAL_REVIEW, "legal_review", OPENED, OPENED + 10 * DAY),
                )
            ),
            "step:legal_review",
        ),
    ],
)  # fmt: skip
def test_what_is_begun_is_finished_on_the_version_it_was_begun_on(facts, why):
    assert ways(facts, STANDARD) == why


@pytest.mark.parametrize(
    "facts",
    [
        us1(contacts=(*MAILED, sent("sms", state=ContactState.RELEASED))),
        us1(contacts=(*MAILED, sent("sms", state=ContactState.NOT_SENT))),
        us1(contacts=MAILED, work=(call(OPENED + 16 * DAY, "cancelled"),)),
        us1(contacts=MAILED, work=(call(OPENED + 16 * DAY, "conversation"),)),
        us1(
            contacts=MAILED,
            promises=(
                PromiseFact(100, OPENED, date(2026, 6, 16), 5, PromiseStatus.BROKEN, OPENED),
            ),
        ),
        us1(contacts=MAILED, plans=(PlanFact("p", OPENED, running=False, instalments=()),)),
    ],
)
def test_what_is_over_holds_nothing_up(facts):
    assert ways(facts, STANDARD) == ""


def test_terms_that_were_offered_are_answered_first():
    assert ways(us1(contacts=MAILED), STANDARD, arranging=True) == "arrangement"


EVERYTHING = {s.template for part in STANDARD.jurisdiction.values() for s in part.steps}


def test_a_version_without_the_way_by_which_the_notice_was_served_is_refused():
    """It would serve the notice anew, or wait for the proof of a service it knows nothing of."""
    section = STANDARD.section("US")
    other = Service(key="letter", channel=Channel.LETTER, template="validation_notice")
    notice = section.notice.model_copy(update={"services": (other,)})
    places = {**STANDARD.jurisdiction, "US": section.model_copy(update={"notice": notice})}
    to = STANDARD.model_copy(update={"version": 2, "jurisdiction": places})
    assert lacking(us1(contacts=NOTICE), STANDARD, to, us_day, EVERYTHING) == "no_service:notice"
    assert lacking(us1(), STANDARD, to, us_day, EVERYTHING) == ""


def test_a_version_that_has_nothing_of_its_own_for_the_place_is_refused():
    places = {code: part for code, part in STANDARD.jurisdiction.items() if code != "CN"}
    to = STANDARD.model_copy(update={"version": 2, "jurisdiction": places})
    assert lacking(cn1(), STANDARD, to, cn_day, EVERYTHING) == "no_section:CN"
    assert lacking(us1(), STANDARD, to, us_day, EVERYTHING) == ""


def test_a_version_with_a_message_that_is_not_written_in_the_persons_language_is_refused():
    to = version([*STEPS, step("last", 90, template="farewell")])
    assert lacking(us1(), STANDARD, to, us_day, EVERYTHING) == "no_words:farewell"
    assert lacking(us1(), STANDARD, to, us_day, EVERYTHING | {"farewell"}) == ""
    assert lacking(us1(), STANDARD, to, us_day, None) == ""


def test_another_strategy_is_no_version_of_this_one():
    to = STANDARD.model_copy(update={"name": "gentle"})
    assert lacking(us1(), STANDARD, to, us_day, EVERYTHING) == "other_strategy:standard"


def test_a_step_for_others_is_over_like_any_other():
    only = Condition(vulnerable=True)
    to = version([STEPS[0], step("soft", 3, only=only), *STEPS[1:]])
    assert over(us1(contacts=MAILED), to, 9) == {"soft"}
