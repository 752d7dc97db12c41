"""Behaviour of the gate that the written cases do not show."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from models.contact import Channel, Direction, Outcome, Party, Purpose
from models.law import (
    NEUTRAL,
    UNKNOWN,
    CaseRefusedError,
    ContactRecord,
    LegalFacts,
    Order,
    Verdict,
)
from rules.gate import decide, decide_written_case
from rules.packs import NoPackError, load_packs

LIBRARY = load_packs(Path(__file__).parents[2] / "packs/jurisdictions")
NEW_YORK = ZoneInfo("America/New_York")
BEIJING = ZoneInfo("Asia/Shanghai")
TUESDAY = datetime(2026, 11, 10, 10, tzinfo=NEW_YORK)


def facts(**said):
    base = {"jurisdiction": "US", "zones": ("America/New_York",), "channel": "phone", "debt": "D1"}
    return LegalFacts(**{**NEUTRAL, **base, **said})


def china(**said):
    return facts(jurisdiction="CN", zones=("Asia/Shanghai",), **said)


def ask(question, log=(), now=TUESDAY):
    return decide(question, log, now, LIBRARY.merged(question.jurisdiction, question.sub))


def call(at, outcome=Outcome.NO_ANSWER, **said):
    return ContactRecord(at=at, channel="phone", outcome=outcome, debts=("D1",), **said)


# Order of evaluation


FAILING = {
    Order.KILL: ("GEN-SELFHARM", {"vulnerable": "self_harm_risk"}),
    Order.AUTHORITY: ("GEN-CHAIN", {"chain_ok": False}),
    Order.STAY: ("US-FED-BANKRUPTCY", {"bankrupt": "pending"}),
    Order.PERSON: ("US-FED-DECEASED", {"deceased": True}),
    Order.CHANNEL: ("US-FED-MEDIA", {"optouts": frozenset({"phone"})}),
    Order.CONTENT: ("ETHICS-THREAT", {"threat": True}),
    Order.TIME: ("US-FED-HOURS", {}),
    Order.FREQUENCY: ("US-FED-COOLDOWN", {}),
}


@pytest.mark.parametrize("first", list(Order))
def test_the_earliest_failing_category_leads_and_all_that_fail_are_named(first):
    later = list(Order)[list(Order).index(first) :]
    said = {key: value for order in later for key, value in FAILING[order][1].items()}
    now = TUESDAY.replace(hour=22) if Order.TIME in later else TUESDAY
    talk = call(TUESDAY - timedelta(days=1), Outcome.CONVERSATION)
    decision = ask(facts(**said), [talk], now)
    named = [failure.rule for failure in decision.failures]
    assert decision.rule == FAILING[first][0] if first is not Order.TIME else "US-FED-HOURS"
    assert {FAILING[order][0] for order in later if order is not Order.TIME} <= set(named)
    orders = [failure.order for failure in decision.failures]
    assert orders == sorted(orders, key=list(Order).index)


def test_a_rule_of_the_place_is_named_before_the_house_rule_of_all_places():
    decision = ask(facts(bankrupt="pending"))
    assert [failure.rule for failure in decision.failures] == ["US-FED-BANKRUPTCY", "GEN-BANKRUPT"]


def test_a_block_wins_over_deferrals_which_keep_their_own_instants():
    decision = ask(facts(attorney=True, attorney_responsive=True), now=TUESDAY.replace(hour=22))
    assert decision.kind is Verdict.BLOCK
    assert decision.until is None
    hours = next(f for f in decision.failures if f.rule == "US-FED-HOURS")
    assert hours.decision is Verdict.DEFER
    assert hours.until == datetime(2026, 11, 11, 8, tzinfo=NEW_YORK)


# Unknown facts


def test_facts_that_nobody_supplied_block_by_name():
    bare = LegalFacts(jurisdiction="US", zones=("America/New_York",), channel="phone", debt="D1")
    decision = ask(bare)
    assert decision.kind is Verdict.BLOCK
    assert "human_review" in decision.flags
    unknown = {name for failure in decision.failures for name in failure.unknown}
    assert {"vulnerable", "status", "optouts", "bankrupt", "attorney", "lacks"} <= unknown


def test_a_stated_fact_decides_whatever_else_of_the_rule_is_unknown():
    assert ask(facts(dispute=None, dispute_submitted=UNKNOWN)).kind is Verdict.ALLOW
    assert ask(facts(dispute="written", validation_end=UNKNOWN)).kind is Verdict.BLOCK


def test_without_a_zone_nothing_is_done():
    for zones in ((), ("Mars/Olympus",)):
        decision = ask(facts(zones=zones))
        assert (decision.kind, decision.rule) == (Verdict.BLOCK, "GEN-ZONE")
        assert decision.failures[0].unknown == ("zones",)


def test_a_place_without_a_pack_is_refused_by_name():
    with pytest.raises(NoPackError, match="'XX'"):
        LIBRARY.merged("XX")


def test_a_part_of_a_country_without_its_own_pack_is_flagged():
    assert "no_local_pack" in ask(facts(sub="OH")).flags
    assert "no_local_pack" not in ask(facts(sub="MA")).flags
    assert "no_local_pack" not in ask(china(sub="SH")).flags


@pytest.mark.parametrize("jurisdiction", sorted({place for place, _ in LIBRARY.places}))
@pytest.mark.parametrize("channel", list(Channel))
def test_neutral_facts_are_allowed_at_noon_on_a_working_day(jurisdiction, channel):
    zones = {"AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto",
             "CN": "Asia/Shanghai", "EU": "Europe/Berlin", "GB": "Europe/London",
             "HK": "Asia/Hong_Kong", "IN": "Asia/Kolkata", "SG": "Asia/Singapore",
             "US": "America/Chicago", "ZA": "Africa/Johannesburg"}  # fmt: skip
    noon = datetime(2026, 11, 25, 12, tzinfo=ZoneInfo(zones[jurisdiction]))
    question = facts(jurisdiction=jurisdiction, zones=(zones[jurisdiction],), channel=channel)
    assert ask(question, now=noon).kind is Verdict.ALLOW


# The floor


def test_even_agreed_contact_waits_for_morning():
    agreed = datetime(2026, 11, 10, 23, 30, tzinfo=BEIJING)
    question = china(
        callback_given_at=agreed - timedelta(hours=3),
        callback_for=agreed,
        callback_evidence="recording",
    )
    decision = ask(question, now=agreed)
    assert decision.kind is Verdict.DEFER
    assert decision.rule == "ETHICS-HOURS"
    assert decision.until == datetime(2026, 11, 11, 8, tzinfo=BEIJING)


def test_an_agreed_time_is_waited_for_and_serves_once():
    agreed = datetime(2026, 11, 10, 22, 30, tzinfo=BEIJING)
    question = china(
        callback_given_at=agreed - timedelta(hours=4),
        callback_for=agreed,
        callback_evidence="recording",
    )
    early = ask(question, now=agreed - timedelta(minutes=20))
    assert (early.kind, early.until) == (Verdict.DEFER, agreed)
    talk = call(agreed, Outcome.CONVERSATION)
    again = ask(question, [talk], agreed + timedelta(minutes=10))
    assert again.until == datetime(2026, 11, 11, 8, tzinfo=BEIJING)
    without_proof = replace(question, callback_evidence=None)
    assert ask(without_proof, now=agreed).kind is Verdict.DEFER


@pytest.mark.parametrize("jurisdiction", ["US", "CN", "GB", "EU", "AU", "IN"])
@pytest.mark.parametrize(
    "party", [Party.THIRD_PARTY, Party.CONTACT_PERSON, Party.REFEREE, Party.EMPLOYER]
)
def test_no_outsider_is_ever_told_of_a_debt_or_asked_to_pay(jurisdiction, party):
    asked = facts(jurisdiction=jurisdiction, zones=("UTC",), party=party)
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert ask(asked, now=noon).kind is Verdict.BLOCK
    telling = replace(asked, purpose=Purpose.LOCATE, discloses_debt=True, lost_contact="invalid")
    assert ask(telling, now=noon).kind is Verdict.BLOCK


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_threat_is_never_sent_for_any_purpose(purpose):
    assert ask(facts(channel="letter", threat=True, purpose=purpose)).kind is Verdict.BLOCK


@pytest.mark.parametrize(
    "said",
    [{"vulnerable": "self_harm_risk"}, {"wrong_party": True}],
)
def test_self_harm_and_wrong_party_stop_messages_of_every_purpose(said):
    for purpose in Purpose:
        assert ask(facts(channel="letter", purpose=purpose, **said)).kind is Verdict.BLOCK


def test_a_paid_debt_is_thanked_for_and_never_collected():
    assert ask(facts(channel="letter", status="paid")).rule == "GEN-PAID"
    receipt = facts(channel="letter", status="paid", purpose=Purpose.RECEIPT)
    assert ask(receipt).kind is Verdict.ALLOW


def test_a_hold_with_an_end_defers_to_that_very_minute_and_one_without_blocks():
    ends = TUESDAY + timedelta(minutes=37)
    assert ask(facts(held=("hold",), held_until=ends)).until == ends
    assert ask(facts(held=("recall",))).rule == "GEN-HOLD"
    assert ask(facts(held=("recall",))).kind is Verdict.BLOCK


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"age": 17, "own_income": True}, "allow"),
        ({"age": 17, "own_income": False}, "block"),
        ({"age": 15, "own_income": True}, "block"),
        ({"age": None, "own_income": False}, "block"),
    ],
)
def test_in_china_who_lives_on_own_wages_from_sixteen_counts_as_adult(said, kind):
    noon = datetime(2026, 11, 10, 12, tzinfo=BEIJING)
    assert ask(china(minor=True, **said), now=noon).kind == kind
    assert ask(facts(minor=True, **said)).kind is Verdict.BLOCK


def test_a_moratorium_without_its_last_day_lasts_sixty_days_from_its_start():
    start = datetime(2026, 11, 3).date()
    asked = facts(
        jurisdiction="GB", zones=("Europe/London",), breathing="standard", breathing_start=start
    )
    saturday_morning = datetime(2027, 1, 2, 9, tzinfo=UTC)
    assert ask(asked, now=datetime(2026, 11, 10, 12, tzinfo=UTC)).until == saturday_morning
    unknown = replace(asked, breathing_start=None)
    assert ask(unknown, now=saturday_morning).kind is Verdict.BLOCK


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({"dispute": "written"}, "US-FED-DISPUTE"),
        ({"dispute": "written", "dispute_received": TUESDAY.date()}, "US-FED-DISPUTE"),
        ({"origcred_request": True}, "US-FED-ORIGCRED"),
    ],
)
def test_a_right_exercised_without_a_date_counts_as_in_time(said, rule):
    assert ask(facts(validation_end=TUESDAY.date(), **said)).rule == rule


def test_a_private_rate_that_cannot_be_checked_is_not_demanded():
    noon = datetime(2026, 11, 10, 12, tzinfo=BEIJING)
    loan = china(creditor_type="private", rate=Decimal("0.10"))
    assert ask(loan, now=noon).rule == "CN-INTEREST-PRIVATE"
    checked = replace(loan, lpr_at_contract=Decimal("0.03"))
    assert ask(checked, now=noon).kind is Verdict.ALLOW


# Counting


def test_reservations_and_unknown_outcomes_count_and_so_do_future_ones():
    beijing_noon = datetime(2026, 11, 10, 12, tzinfo=BEIJING)
    log = [
        call(beijing_noon - timedelta(hours=2), Outcome.UNKNOWN),
        call(beijing_noon - timedelta(hours=1), Outcome.CONVERSATION),
        call(beijing_noon + timedelta(hours=3), None),
    ]
    decision = ask(china(), log, beijing_noon)
    assert decision.rule == "CN-CALLS-3D"
    assert decision.until == datetime(2026, 11, 11, 8, tzinfo=BEIJING)
    assert ask(china(), log[:2], beijing_noon).kind is Verdict.ALLOW


def test_an_allowance_ends_where_the_open_hours_end():
    decision = ask(facts(), now=TUESDAY.replace(hour=20, minute=55))
    assert decision.valid_until == TUESDAY.replace(hour=21)
    assert decision.flags == ("near_close",)
    assert ask(facts()).valid_until == TUESDAY + timedelta(minutes=10)


def test_calls_to_aliased_accounts_count_as_calls_about_one_debt():
    talk = ContactRecord(
        at=TUESDAY - timedelta(days=2), channel="phone", outcome="conversation", debts=("L2",)
    )
    loans = facts(debt="L1", aliases={"L1": "loans", "L2": "loans"})
    assert ask(loans, [talk]).rule == "US-FED-COOLDOWN"
    assert ask(facts(debt="L1"), [talk]).kind is Verdict.ALLOW


def test_a_consented_call_is_outside_the_caps_until_the_talk_happens():
    talk = call(TUESDAY - timedelta(days=3), Outcome.CONVERSATION)
    agreed = facts(callback_given_at=TUESDAY - timedelta(days=1))
    assert ask(agreed, [talk]).kind is Verdict.ALLOW
    later = call(TUESDAY - timedelta(hours=2), Outcome.CONVERSATION)
    assert ask(agreed, [talk, later]).rule == "US-FED-COOLDOWN"
    stale = facts(callback_given_at=TUESDAY - timedelta(days=7))
    assert ask(stale, [talk]).rule == "US-FED-COOLDOWN"


def test_the_cooldown_of_a_wednesday_talk_ends_on_the_next_wednesday():
    talk = call(datetime(2026, 7, 1, 15, tzinfo=NEW_YORK), Outcome.CONVERSATION)
    asked = ask(facts(), [talk], datetime(2026, 7, 2, 9, tzinfo=NEW_YORK))
    assert asked.until == datetime(2026, 7, 8, 8, tzinfo=NEW_YORK)


def test_an_eighth_daily_call_waits_until_the_window_slides():
    first = datetime(2026, 7, 1, 10, tzinfo=NEW_YORK)
    log = [call(first + timedelta(days=n)) for n in range(7)]
    asked = ask(facts(), log, datetime(2026, 7, 7, 15, tzinfo=NEW_YORK))
    assert asked.until == datetime(2026, 7, 8, 8, tzinfo=NEW_YORK)


# Zones and clock changes


def test_a_consumer_who_moved_to_honolulu_is_asked_about_in_their_own_morning():
    honolulu = facts(zones=("Pacific/Honolulu",))
    six = datetime(2026, 7, 1, 18, tzinfo=NEW_YORK)
    assert ask(honolulu, now=six).kind is Verdict.ALLOW
    morning = ask(honolulu, now=datetime(2026, 7, 2, 8, tzinfo=NEW_YORK))
    assert morning.until == datetime(2026, 7, 2, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        ("2027-03-13", "2027-03-13T13:00:00+00:00"),
        ("2027-03-14", "2027-03-14T12:00:00+00:00"),
        ("2026-11-01", "2026-11-01T13:00:00+00:00"),
    ],
)
def test_eight_in_the_morning_follows_the_clock_changes_of_new_york(day, opens):
    night = datetime.fromisoformat(day).replace(hour=1, tzinfo=NEW_YORK)
    assert ask(facts(), now=night).until == datetime.fromisoformat(opens)


def test_a_day_that_begins_at_one_in_cairo_has_one_daily_cap():
    cairo = ZoneInfo("Africa/Cairo")
    last_evening = datetime(2027, 4, 29, 20, tzinfo=cairo)
    question = facts(zones=("Africa/Cairo",), channel="sms", text_basis_at=last_evening)
    sms = ContactRecord(at=last_evening, channel="sms", outcome="delivered", debts=("D1",))
    asked = ask(question, [sms], last_evening + timedelta(minutes=5))
    assert asked.until == datetime(2027, 4, 30, 8, tzinfo=cairo)
    limits = {failure.rule: failure.until for failure in asked.failures}
    assert limits["US-FED-HARASS"] == datetime(2027, 4, 29, 22, tzinfo=UTC)


def test_a_basis_that_grows_stale_before_the_next_opening_blocks():
    night = datetime(2026, 11, 10, 23, tzinfo=NEW_YORK)
    consent = datetime(2026, 9, 11, 12, tzinfo=NEW_YORK)
    decision = ask(facts(channel="sms", text_basis="consent", text_basis_at=consent), now=night)
    assert decision.kind is Verdict.BLOCK
    assert [f.rule for f in decision.failures][:2] == ["US-FED-TEXT-PROC", "US-FED-HOURS"]


# Evidence


def test_a_decision_carries_versions_and_hash_of_all_packs():
    decision = ask(facts(sub="NYC"))
    assert set(decision.pack_versions) == {"FLOOR", "US-FED", "US-NY", "US-NYC"}
    assert decision.pack_sha == LIBRARY.merged("US", "NYC").sha256
    assert "US-NYC-3IN7" in decision.checked
    assert all(failure.source for failure in ask(facts(status="paid")).failures)


def test_a_rule_of_a_later_date_does_not_bind_before():
    log = [call(datetime(2026, 8, day, 12, tzinfo=NEW_YORK)) for day in (26, 27, 28)]
    before = ask(facts(sub="NYC"), log, datetime(2026, 8, 31, 12, tzinfo=NEW_YORK))
    after = ask(facts(sub="NYC"), log, datetime(2026, 9, 1, 12, tzinfo=NEW_YORK))
    assert before.kind is Verdict.ALLOW
    assert after.rule == "US-NYC-3IN7"


# Written cases


def written(**changes):
    case = json.loads(
        '{"jurisdiction": "US", "sub": null, "tz": "America/New_York",'
        ' "now": "2026-11-10T10:00:00-05:00", "channel": "phone", "contact_log": [],'
        ' "case_state": {}}'
    )
    return {**case, **changes}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"weather": "fine"}, "weather"),
        ({"case_state": {"mood": "bad"}}, "case_state.mood"),
        ({"case_state": {"attorney": {"tall": True}}}, "case_state.attorney.tall"),
        ({"case_state": {"minor": "yes"}}, "case_state.minor"),
        ({"case_state": {"rate": "high"}}, "case_state.rate"),
        ({"case_state": {"to": "postman"}}, "case_state.to"),
        ({"case_state": {"debtor_tzs": ["Mars/Olympus"]}}, "case_state.debtor_tzs[0]"),
        ({"case_state": {"message": {"has_glitter": True}}}, "case_state.message.has_glitter"),
        ({"case_state": {"visit": {"staff": -1}}}, "case_state.visit.staff"),
        ({"tz": "America/Gotham"}, "tz"),
        ({"now": "2026-11-10T10:00:00"}, "now"),
        ({"now": "2026-02-30T10:00:00-05:00"}, "now"),
        ({"channel": "pigeon"}, "channel"),
        ({"contact_log": [{"channel": "phone"}]}, "contact_log[0].at"),
        ({"contact_log": [{"at": "2026-11-10", "channel": "phone", "outcome": "fine"}]},
         "contact_log[0].outcome"),
        ({"contact_log": {}}, "contact_log"),
        ({"contact_log": 0}, "contact_log"),
        ({"case_state": False}, "case_state"),
        ({"case_state": {"status": ["paid"]}}, "case_state.status"),
        ({"case_state": {"age": 200}}, "case_state.age"),
        ({"case_state": {"paid": True, "status": "open", "wrong_number": True, "wrong_party": True}},
         "case_state.wrong_number"),
        ({"now": "2026-11-10"}, "now"),
        ({"id": {}}, "id"),
    ],
)  # fmt: skip
def test_a_written_case_with_a_mistake_is_refused_by_the_name_of_its_key(changes, key):
    with pytest.raises(CaseRefusedError) as refused:
        decide_written_case(written(**changes), LIBRARY)
    assert refused.value.key == key


def test_a_case_without_its_instant_is_refused():
    case = written()
    del case["now"]
    with pytest.raises(CaseRefusedError, match="now: is missing"):
        decide_written_case(case, LIBRARY)


def test_who_answers_the_call_is_whom_it_is_with():
    state = {"answered_by": "third_party"}
    assert decide_written_case(written(case_state=state), LIBRARY).rule == "US-FED-3P"


def test_every_fact_has_a_neutral_value_and_is_unknown_until_stated():
    for fact in fields(LegalFacts):
        if "neutral" in fact.metadata:
            assert fact.default is UNKNOWN
            assert NEUTRAL[fact.name] is not UNKNOWN


def test_an_inbound_question_may_be_answered_once_after_an_optout():
    heard = ContactRecord(
        at=TUESDAY - timedelta(minutes=20), channel="sms", direction=Direction.IN, debts=("D1",)
    )
    told = ContactRecord(at=TUESDAY - timedelta(minutes=5), channel="sms", outcome="sent")
    question = facts(channel="sms", optouts=frozenset({"sms"}), purpose=Purpose.REPLY)
    assert ask(question, [heard]).kind is Verdict.ALLOW
    assert ask(question, [heard, told]).rule == "US-FED-MEDIA"
    assert ask(question).rule == "US-FED-MEDIA"


def test_calls_to_the_attorney_or_to_the_spouse_leave_the_calls_to_the_debtor_alone():
    """12 CFR 1006.14(b)(2) counts calls to one person; (b)(3)(iii) leaves out the attorney."""
    days = [TUESDAY - timedelta(hours=20 * n) for n in range(1, 8)]
    for party in (Party.ATTORNEY, Party.SPOUSE):
        talks = [call(day, Outcome.CONVERSATION, party=party) for day in days]
        assert ask(facts(), talks).kind is Verdict.ALLOW
    barred = {failure.rule for failure in ask(facts(party=Party.SPOUSE), talks).failures}
    assert barred == {"US-FED-7IN7", "US-FED-COOLDOWN"}
    assert ask(facts(party=Party.ATTORNEY), [call(day) for day in days]).kind is Verdict.ALLOW
