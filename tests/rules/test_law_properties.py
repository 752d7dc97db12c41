"""What must hold in every pack, seen by an oracle that reads the pack and not the gate."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.contact import Direction, Outcome, Party, Purpose
from models.law import NEUTRAL, OUTSIDERS, ContactRecord, Inconvenient, LegalFacts, Verdict
from rules.floor import FLOOR
from rules.gate import decide
from rules.pack import WEEK, Cap, Hours, kinds
from rules.packs import MergedPack, load_packs

LIBRARY = load_packs(Path(__file__).parents[2] / "packs/jurisdictions")
PLACES = sorted(LIBRARY.places, key=str)
ZONES = {
    "AU": ["Australia/Sydney", "Australia/Perth"],
    "BR": ["America/Sao_Paulo", "America/Manaus"],
    "CA": ["America/Toronto", "America/St_Johns"],
    "CN": ["Asia/Shanghai", "Europe/Berlin"],
    "EU": ["Europe/Berlin", "Europe/Athens"],
    "GB": ["Europe/London"],
    "HK": ["Asia/Hong_Kong"],
    "IN": ["Asia/Kolkata"],
    "SG": ["Asia/Singapore"],
    "US": ["America/New_York", "Pacific/Honolulu"],
    "ZA": ["Africa/Johannesburg"],
}
MINUTE = timedelta(minutes=1)
CHANGES = [
    datetime(2026, 10, 4, tzinfo=UTC),
    datetime(2026, 10, 25, tzinfo=UTC),
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2027, 3, 14, tzinfo=UTC),
    datetime(2027, 3, 28, tzinfo=UTC),
    datetime(2026, 12, 24, tzinfo=UTC),
    datetime(2028, 2, 28, tzinfo=UTC),
]
"""Clocks change, holidays come, February has 29 days."""

instants = st.builds(
    lambda begin, minutes: begin + minutes * MINUTE,
    st.sampled_from(CHANGES),
    st.integers(-3 * 1440, 6 * 1440),
)
records = st.builds(
    ContactRecord,
    at=instants,
    channel=st.sampled_from(["phone", "phone", "sms", "email", "visit", "letter"]),
    direction=st.sampled_from([Direction.OUT, Direction.OUT, Direction.IN]),
    outcome=st.sampled_from([None, *Outcome]),
    debts=st.sampled_from([(), ("D1",), ("D2",)]),
    number=st.sampled_from([None, "A", "B"]),
    party=st.sampled_from([Party.DEBTOR, Party.DEBTOR, Party.THIRD_PARTY]),
    consented=st.booleans(),
    agent=st.sampled_from(["human", "ai"]),
)


@st.composite
def questions(draw, place):
    jurisdiction, sub = place
    now = draw(instants)
    near = st.lists(records, max_size=14).map(
        lambda log: [r for r in log if abs(r.at - now) < timedelta(days=40)]
    )
    zones = draw(st.lists(st.sampled_from(ZONES[jurisdiction]), min_size=1, unique=True))
    facts = {
        "jurisdiction": jurisdiction,
        "sub": sub,
        "zones": tuple(zones),
        "channel": draw(st.sampled_from(["phone", "phone", "sms", "email", "visit"])),
        "debt": "D1",
        "number": draw(st.sampled_from([None, "A"])),
        "number_kind": draw(st.sampled_from([None, "cell", "work", "home"])),
        "inconvenient": draw(
            st.sampled_from([(), (Inconvenient(closes=datetime(2026, 1, 1, 9, 30).time()),)])
        ),
    }
    return LegalFacts(**{**NEUTRAL, **facts}), draw(near), now


def ask(facts, log, now):
    return decide(facts, log, now, LIBRARY.merged(facts.jurisdiction, facts.sub))


each_place = pytest.mark.parametrize(
    "place", PLACES, ids=[f"{place}-{sub}" if sub else place for place, sub in PLACES]
)


# An oracle of closed windows and full caps


def stated(pack, kind, facts, day):
    """Rules without conditions of their own, or on the kind of number alone, that concern this."""
    for rule in pack.rules():
        if (
            isinstance(rule, kind)
            and rule.decision != "flag"
            and rule.in_force(day)
            and rule.concerns(facts.channel, facts.purpose, facts.party)
            and all(
                clause == f"number_kind is {facts.number_kind}"
                or (
                    clause.startswith("sub not in ")
                    and facts.sub not in clause.removeprefix("sub not in ").split()
                )
                for clause in rule.when
            )
        ):
            yield rule


def closed(pack, facts, now):
    """Rules whose hours are shut somewhere."""
    for name in facts.zones:
        local = now.astimezone(ZoneInfo(name))
        weeks = {}
        for rule in stated(pack, Hours, facts, local.date()):
            open_now = (
                WEEK[local.weekday()] in rule.days and rule.opens <= f"{local:%H:%M}" < rule.closes
            )
            weeks[rule.rule, rule.when] = weeks.get((rule.rule, rule.when), False) or open_now
        yield from (name for (name, _), open_now in weeks.items() if not open_now)


def over(pack, facts, log, now):
    """Caps above which one more contact now would go, by counting in every window."""
    zones = [pack.tz.fixed] if pack.tz.fixed else facts.zones
    for name in zones:
        zone = ZoneInfo(name)
        today = now.astimezone(zone).date()
        for rule in stated(pack, Cap, facts, today):
            counted = kinds(rule.counts, [Direction.OUT], rule.not_counted) | kinds(
                rule.counts_inbound, [Direction.IN]
            )
            events = [
                r.at
                for r in log
                if r.kind in counted
                and (rule.counted_parties != "consumer" or r.party not in OUTSIDERS)
                and (rule.counted_parties != "outsider" or r.party in OUTSIDERS)
                and ("debt" not in rule.scope or not r.debts or "D1" in r.debts)
                and ("number" not in rule.scope or None in {r.number, facts.number}
                     or r.number == facts.number)
                and not (r.consented and "consented_call" in rule.exempt)
            ]  # fmt: skip
            days = [at.astimezone(zone).date() for at in events]
            for text in rule.windows:
                unit, _, length = text.partition(" ")
                if unit == "calendar_day":
                    full = days.count(today) >= rule.n
                elif unit == "calendar_days":
                    span = timedelta(days=int(length) - 1)
                    full = any(
                        sum(first <= day <= first + span for day in days) >= rule.n
                        for first in {today - timedelta(days=n) for n in range(int(length))}
                    )
                elif unit == "iso_week":
                    week = today.isocalendar()[:2]
                    full = sum(day.isocalendar()[:2] == week for day in days) >= rule.n
                elif unit == "calendar_month":
                    month = (today.year, today.month)
                    full = sum((day.year, day.month) == month for day in days) >= rule.n
                else:
                    span = timedelta(hours=int(length))
                    full = sum(abs(at - now) < span for at in events) >= rule.n
                if full:
                    yield rule.rule


@each_place
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_nothing_is_allowed_inside_a_closed_window_or_above_a_cap(place, data):
    facts, log, now = data.draw(questions(place))
    decision = ask(facts, log, now)
    pack = LIBRARY.merged(*place)
    shut, full = set(closed(pack, facts, now)), set(over(pack, facts, log, now))
    named = {failure.rule for failure in decision.failures}
    assert shut | full <= named
    if shut or full:
        assert decision.kind is not Verdict.ALLOW


@each_place
@settings(max_examples=2, deadline=None)
@given(data=st.data())
def test_until_is_the_first_minute_that_passes(place, data):
    facts, log, now = data.draw(questions(place))
    decision = ask(facts, log, now)
    assume(decision.kind is Verdict.DEFER)
    assume(decision.until - now < timedelta(days=1, hours=12))
    at = now
    while at < decision.until:
        assert ask(facts, log, at).kind is not Verdict.ALLOW, at
        at += MINUTE
    assert ask(facts, log, decision.until).kind is Verdict.ALLOW


PAIRS = list(permutations([pack for pack in LIBRARY.packs if pack.pack != "FLOOR"], 2))


def above(parent, child):
    """A merged pack of one on top of the other, whoever they are; ids are kept apart."""
    own = {
        name: tuple(
            rule.model_copy(update={"rule": f"{rule.rule}.CHILD"}) for rule in getattr(child, name)
        )
        for name in (
            "gates", "waits", "hours", "holidays", "personal", "caps", "cooldowns", "content",
        )
    }  # fmt: skip
    made = child.model_copy(
        update={**own, "parent": parent.pack, "jurisdiction": parent.jurisdiction, "sub": "ZZ"}
    )
    return MergedPack(parent.jurisdiction, "ZZ", [FLOOR, parent, made])


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(PAIRS), st.sampled_from(PLACES), st.data())
def test_no_pack_on_top_of_any_other_turns_no_into_yes(pair, place, data):
    parent, child = pair
    facts, log, now = data.draw(questions(place))
    alone = MergedPack(parent.jurisdiction, None, [FLOOR, parent])
    loose, strict = decide(facts, log, now, alone), decide(facts, log, now, above(parent, child))
    if loose.kind is not Verdict.ALLOW:
        assert strict.kind is not Verdict.ALLOW
    if loose.kind is Verdict.BLOCK:
        assert strict.kind is Verdict.BLOCK
    if loose.kind is strict.kind is Verdict.DEFER:
        assert strict.until >= loose.until


GRAVE = [
    {"vulnerable": "self_harm_risk"}, {"identity_theft_claim": True}, {"wrong_party": True},
    {"status": "paid"}, {"payment_pending": True}, {"plan_status": "current"},
    {"held": ("recall",)}, {"chain_ok": False}, {"licensed": False}, {"bankrupt": "pending"},
    {"cease": "written"}, {"attorney": True}, {"capacity_concern": True}, {"minor": True},
    {"deceased": True}, {"party": Party.THIRD_PARTY}, {"party": Party.EMPLOYER},
    {"threat": True}, {"misleading_legal": True}, {"amount_correct": False},
    {"optouts": frozenset({"phone", "sms", "email", "visit"})},
    {"register_gaps": ("insolvency",)}, {"visit_posting": True, "channel": "visit"},
    {"time_barred": True, "threatens_suit": True}, {"channel": "postcard"}, {"channel": "social"},
]  # fmt: skip


@each_place
@pytest.mark.parametrize("said", GRAVE, ids=[next(iter(said)) for said in GRAVE])
def test_no_pack_gets_around_the_floor(place, said):
    zone = ZONES[place[0]][0]
    noon = datetime(2026, 11, 25, 12, tzinfo=ZoneInfo(zone))
    facts = LegalFacts(
        **{
            **NEUTRAL, "jurisdiction": place[0], "sub": place[1], "zones": (zone,),
            "channel": "phone", "debt": "D1", **said,
        }
    )  # fmt: skip
    floor = decide(facts, [], noon, MergedPack(place[0], None, [FLOOR]))
    assert floor.kind is Verdict.BLOCK
    assert ask(facts, [], noon).kind is Verdict.BLOCK


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(PLACES), st.sampled_from(list(Purpose)), st.data())
def test_at_night_nobody_is_disturbed_for_any_purpose_or_consent(place, purpose, data):
    facts, log, now = data.draw(questions(place))
    local = [now.astimezone(ZoneInfo(name)).hour for name in facts.zones]
    assume(any(hour < 7 or hour >= 23 for hour in local))
    agreed = {
        "purpose": purpose,
        "callback_given_at": now - timedelta(hours=4),
        "callback_for": now,
        "callback_evidence": "recording",
    }
    asked = LegalFacts(**{**NEUTRAL, **{f: getattr(facts, f) for f in (
        "jurisdiction", "sub", "zones", "channel", "debt")}, **agreed})  # fmt: skip
    assert ask(asked, log, now).kind is not Verdict.ALLOW
