"""What must hold for every question put to the gate, whatever the facts."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from models.contact import Direction, Outcome, Party, Purpose
from models.law import NEUTRAL, UNKNOWN, ContactRecord, Inconvenient, LegalFacts, Verdict
from rules import clock
from rules.gate import VALIDITY, decide, decide_everywhere
from rules.packs import load_packs
from rules.question import Question
from rules.zones import zone

LIBRARY = load_packs(Path(__file__).parents[2] / "packs/jurisdictions")
QUARTER = timedelta(minutes=15)
ZONES = {
    "US": ["America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "America/Phoenix"],
    "CN": ["Asia/Shanghai", "Europe/Berlin"],
    "GB": ["Europe/London"],
    "EU": ["Europe/Berlin", "Europe/Athens", "Europe/Rome"],
    "AU": ["Australia/Sydney", "Australia/Perth", "Australia/Lord_Howe"],
    "CA": ["America/Toronto", "America/Vancouver", "America/St_Johns"],
}
PLACES = [place for place in LIBRARY.places if place[0] in ZONES]
BEGIN = datetime(2026, 10, 20, tzinfo=UTC)
"""Three weeks around the autumn changes of clocks, Veterans Day and Remembrance Day."""

instants = st.integers(0, 4 * 24 * 40).map(lambda n: BEGIN + n * QUARTER)
channels = st.sampled_from(["phone", "sms", "email", "visit", "letter"])
records = st.builds(
    ContactRecord,
    at=instants,
    channel=channels,
    direction=st.sampled_from([Direction.OUT, Direction.OUT, Direction.OUT, Direction.IN]),
    outcome=st.sampled_from(
        [
            None,
            Outcome.UNKNOWN,
            Outcome.CONVERSATION,
            Outcome.CONVERSATION,
            Outcome.NO_ANSWER,
            Outcome.BUSY,
            Outcome.VOICEMAIL_MSG,
            Outcome.DELIVERED,
            Outcome.MET,
        ]
    ),
    debts=st.sampled_from([(), ("D1",), ("D2",), ("D1", "D2")]),
    number=st.sampled_from([None, "A", "B"]),
    party=st.sampled_from([Party.DEBTOR, Party.DEBTOR, Party.THIRD_PARTY]),
    consented=st.booleans(),
)
logs = st.lists(records, max_size=25)
wishes = st.lists(
    st.builds(
        lambda hour, length, days: Inconvenient(
            opens=datetime(2026, 1, 1, hour).time(),
            closes=datetime(2026, 1, 1, min(hour + length, 23)).time(),
            weekdays=frozenset(days),
        ),
        st.integers(6, 18),
        st.integers(1, 5),
        st.sets(st.integers(0, 6), max_size=5),
    ),
    max_size=2,
).map(tuple)


@st.composite
def questions(draw, places=PLACES):
    jurisdiction, sub = draw(st.sampled_from(places))
    zones = draw(
        st.lists(st.sampled_from(ZONES[jurisdiction]), min_size=1, max_size=2, unique=True)
    )
    consent = draw(st.one_of(st.none(), instants))
    return LegalFacts(
        **{
            **NEUTRAL,
            "jurisdiction": jurisdiction,
            "sub": sub,
            "zones": tuple(zones),
            "channel": draw(channels),
            "purpose": draw(
                st.sampled_from([Purpose.COLLECTION, Purpose.COLLECTION, Purpose.REPLY])
            ),
            "debt": "D1",
            "number": draw(st.sampled_from([None, "A"])),
            "number_kind": draw(st.sampled_from([None, "cell", "work"])),
            "inconvenient": draw(wishes),
            "callback_for": consent,
            "callback_given_at": consent and consent - timedelta(hours=5),
            "callback_evidence": draw(st.sampled_from([None, "recording"])),
            "text_basis_at": draw(
                st.sampled_from([NEUTRAL["text_basis_at"], BEGIN - timedelta(50)])
            ),
        }
    )


def ask(facts, log, now, sub=...):
    place = facts.sub if sub is ... else sub
    return decide(facts, log, now, LIBRARY.merged(facts.jurisdiction, place))


@settings(max_examples=40, deadline=None)
@given(questions(), logs, instants)
def test_until_is_the_first_instant_that_brute_force_finds(facts, log, now):
    decision = ask(facts, log, now)
    assume(decision.kind is Verdict.DEFER)
    limit = now + timedelta(days=8)
    at = now
    while at < min(decision.until, limit):
        assert ask(facts, log, at).kind is not Verdict.ALLOW, at
        at += QUARTER
    assert ask(facts, log, decision.until).kind is Verdict.ALLOW
    assert ask(facts, log, decision.until - timedelta(seconds=1)).kind is not Verdict.ALLOW


@settings(max_examples=60, deadline=None)
@given(questions(), logs, instants, st.integers(0, 599))
def test_an_allowance_holds_until_it_says_and_not_a_second_longer(facts, log, now, second):
    now += timedelta(seconds=second)
    decision = ask(facts, log, now)
    assume(decision.kind is Verdict.ALLOW)
    assert now < decision.valid_until <= now + VALIDITY
    seconds = int((decision.valid_until - now).total_seconds())
    for part in range(0, seconds, max(1, seconds // 15)):
        assert ask(facts, log, now + timedelta(seconds=part)).kind is Verdict.ALLOW
    if decision.valid_until < now + VALIDITY:
        assert ask(facts, log, decision.valid_until).kind is not Verdict.ALLOW


HOURS = {"US": (8, 21), "CN": (8, 22), "GB": (8, 21), "AU": (7.5, 21)}


@settings(max_examples=80, deadline=None)
@given(questions([p for p in PLACES if p[0] in HOURS]), logs, instants)
def test_nothing_is_allowed_outside_the_hours_of_any_candidate_zone(facts, log, now):
    assume(facts.channel in {"phone", "sms", "email", "visit"})
    decision = ask(facts, log, now)
    opens, closes = HOURS[facts.jurisdiction]
    shut = False
    for name in facts.zones:
        local = now.astimezone(ZoneInfo(name))
        shut |= not opens <= local.hour + local.minute / 60 < closes
    agreed = facts.callback_for is not None and facts.callback_evidence is not None
    if shut and not agreed:
        assert decision.kind is not Verdict.ALLOW


@settings(max_examples=80, deadline=None)
@given(questions([("US", None)]), st.lists(records, min_size=5, max_size=40), instants)
def test_no_seven_days_ever_hold_more_than_seven_connected_calls_on_a_debt(facts, log, now):
    facts = replace(facts, channel="phone", callback_given_at=None, callback_for=None)
    assume(ask(facts, log, now).kind is Verdict.ALLOW)
    for name in facts.zones:
        days = [now.astimezone(ZoneInfo(name)).date()]
        days += [
            r.at.astimezone(ZoneInfo(name)).date()
            for r in log
            if r.direction == Direction.OUT
            and r.channel == "phone"
            and r.outcome != Outcome.BUSY
            and r.party == Party.DEBTOR
            and not r.consented
            and (not r.debts or "D1" in r.debts)
        ]
        for first in days:
            if first <= days[0] <= first + timedelta(6):
                assert sum(first <= day <= first + timedelta(6) for day in days) <= 7


@settings(max_examples=80, deadline=None)
@given(questions([("CN", None)]), st.lists(records, min_size=3, max_size=40), instants)
def test_no_beijing_day_ever_holds_a_fourth_effective_call(facts, log, now):
    facts = replace(facts, channel="phone")
    assume(ask(facts, log, now).kind is Verdict.ALLOW)
    beijing = ZoneInfo("Asia/Shanghai")
    talks = sum(
        r.at.astimezone(beijing).date() == now.astimezone(beijing).date()
        for r in log
        if r.direction == Direction.OUT
        and r.channel == "phone"
        and r.outcome in {None, Outcome.UNKNOWN, Outcome.CONVERSATION}
        and r.party == Party.DEBTOR
    )
    assert talks < 3


@settings(max_examples=80, deadline=None)
@given(questions([p for p in PLACES if p[1] is not None]), logs, instants)
def test_a_stricter_part_of_a_country_never_turns_no_into_yes(facts, log, now):
    if ask(facts, log, now).kind is Verdict.ALLOW:
        assert ask(facts, log, now, sub=None).kind is Verdict.ALLOW


FACTS = [f.name for f in fields(LegalFacts) if "neutral" in f.metadata]


@settings(max_examples=80, deadline=None)
@given(questions(), logs, instants, st.sampled_from(FACTS))
def test_forgetting_a_fact_never_turns_no_into_yes(facts, log, now, name):
    known = ask(facts, log, now)
    if name.startswith("callback"):
        return
    forgotten = ask(replace(facts, **{name: UNKNOWN}), log, now)
    if known.kind is not Verdict.ALLOW:
        assert forgotten.kind is not Verdict.ALLOW
    elif forgotten.kind is not Verdict.ALLOW:
        assert forgotten.kind is Verdict.BLOCK
        assert "human_review" in forgotten.flags
        assert any(name in failure.unknown for failure in forgotten.failures)


@settings(max_examples=60, deadline=None)
@given(questions(), logs, instants, records)
def test_one_more_outbound_contact_never_turns_no_into_yes(facts, log, now, record):
    record = replace(record, direction=Direction.OUT)
    assume(facts.purpose == Purpose.COLLECTION)
    if ask(facts, [*log, record], now).kind is Verdict.ALLOW:
        assert ask(facts, log, now).kind is Verdict.ALLOW


@settings(max_examples=100, deadline=None)
@given(questions(), logs, instants)
def test_the_order_of_the_log_does_not_matter(facts, log, now):
    assert ask(facts, log, now) == ask(facts, log[::-1], now)


CHANGES = [
    ("America/New_York", datetime(2027, 3, 14, 7, tzinfo=UTC)),
    ("Europe/London", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Africa/Cairo", datetime(2027, 4, 29, 22, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("America/St_Johns", datetime(2026, 11, 1, 4, 30, tzinfo=UTC)),
    ("Asia/Shanghai", datetime(2026, 5, 1, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(CHANGES), st.integers(-40 * 60, 40 * 60))
def test_wall_clocks_agree_with_the_zone_database_around_every_change(change, minutes):
    name, at = change
    at += timedelta(minutes=minutes)
    local = at.astimezone(ZoneInfo(name))
    day, second = zone(name).wall(int(at.timestamp()))
    assert day == (local.date() - datetime(1970, 1, 1).date()).days
    assert second == local.hour * 3600 + local.minute * 60


@settings(max_examples=150, deadline=None)
@example(CHANGES[2], 0, 0)
@given(st.sampled_from(CHANGES), st.integers(-1, 1), st.integers(0, 95))
def test_the_first_instant_of_a_stretch_is_found_over_clock_changes(change, ahead, quarter):
    name, at = change
    place = zone(name)
    after = int(at.timestamp()) - 36 * 3600
    day = place.day(int(at.timestamp())) + ahead
    opens, closes = quarter * 900, min(quarter * 900 + 7200, 86_400)
    brute = next(
        (
            ts
            for ts in range(after, after + 96 * 3600, 900)
            if place.wall(ts)[0] == day and opens <= place.wall(ts)[1] < closes
        ),
        None,
    )
    assert place.first(day, opens, closes, after) == brute


@settings(max_examples=40, deadline=None)
@given(questions(), st.sampled_from(PLACES), logs, instants)
def test_where_two_laws_may_bind_nothing_passes_that_one_of_them_stops(facts, other, log, now):
    there = replace(facts, jurisdiction=other[0], sub=other[1])
    both = [(told, LIBRARY.merged(told.jurisdiction, told.sub)) for told in (facts, there)]

    def at(instant):
        return [decide(told, log, instant, pack).kind for told, pack in both]

    decision = decide_everywhere(both, log, now)
    kinds = at(now)
    if Verdict.BLOCK in kinds:
        assert decision.kind is Verdict.BLOCK
    elif decision.kind is Verdict.ALLOW:
        assert set(kinds) == {Verdict.ALLOW}
    elif decision.kind is Verdict.DEFER:
        assert set(at(decision.until)) == {Verdict.ALLOW}
        assert set(at(decision.until - timedelta(seconds=1))) != {Verdict.ALLOW}
        probe = now
        while probe < min(decision.until, now + timedelta(days=5)):
            assert set(at(probe)) != {Verdict.ALLOW}, probe
            probe += 2 * QUARTER
    assert {rule.rule for rule in decision.failures} >= (
        {f.rule for told, pack in both for f in decide(told, log, now, pack).failures}
    )


@settings(max_examples=150, deadline=None)
@given(questions(), st.integers(0, 21 * 86_400))
def test_what_the_clock_said_of_a_stretch_holds_at_each_of_its_seconds(facts, seconds):
    pack = LIBRARY.merged(facts.jurisdiction, facts.sub)
    q = Question(facts, (), pack)
    ts = int(BEGIN.timestamp()) + seconds
    q.at(ts)
    plan = pack.plan(facts.channel, facts.purpose, facts.party, q.today)
    afresh = clock._clocked(q, plan, ts, None)
    afresh.flags.sort()
    remembered = clock._stretch(q, plan, ts)
    assert remembered.fails == afresh.fails
    assert (sorted(remembered.flags), remembered.closes) == (afresh.flags, afresh.closes)
