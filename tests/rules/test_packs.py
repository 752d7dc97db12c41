"""Packs: what is refused, what merging does, what the hash is bound to."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contact import Purpose
from models.law import NEUTRAL, ContactRecord, LegalFacts, Verdict
from rules.conditions import ClauseError, clause
from rules.floor import FLOOR
from rules.gate import decide
from rules.pack import Cap, Gate, Hours, Pack, Wait
from rules.packs import MergedPack, PackError, PackLibrary, load_packs, read_pack
from rules.zones import instant

PACKS = Path(__file__).parents[2] / "packs/jurisdictions"
LIBRARY = load_packs(PACKS)

SMALL = """
pack = "XX"
jurisdiction = "XX"
title = "Nowhere"
version = "1"
valid_from = 2020-01-01

[[hours]]
rule = "XX-HOURS"
why = "nine to five"
source = "imagination"
confidence = "policy"
opens = "09:00"
closes = "17:00"
"""


@pytest.mark.parametrize("path", sorted(PACKS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_pack_cites_a_source_for_every_rule(path):
    pack = read_pack(path.read_bytes(), path.name)
    assert pack.pack == path.stem
    for rule in pack.rules():
        assert rule.source.strip()
        assert rule.why.strip()
        assert rule.generic or rule.rule.startswith(("UK-", "EU-", pack.jurisdiction + "-"))


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ('opens = "25:00"', r"hours.0.opens.*not a time"),
        ('opens = "9am"', "not a time"),
        ('days = ["someday"]', "no weekday 'someday'"),
        ('when = ["mood is bad"]', "no fact 'mood'"),
        ('when = ["status resembles paid"]', "cannot read the clause"),
        ('when = ["rate > high"]', "'high' is not a number"),
        ('channels = ["pigeon"]', "no 'pigeon'"),
        ('colour = "red"', "colour"),
        ("valid_from = 2020-13-01", "is not TOML"),
    ],
)
def test_a_mistake_in_a_pack_is_refused_with_its_place(mistake, message):
    key = mistake.split(" = ")[0]
    lines = [line for line in SMALL.splitlines() if not (key == "opens" and line.startswith(key))]
    with pytest.raises(PackError, match=message):
        read_pack("\n".join([*lines, mistake]), "XX.toml")


def test_a_child_that_reuses_a_rule_of_its_parent_is_refused():
    parent = read_pack(SMALL, "XX.toml")
    child = parent.model_copy(update={"pack": "XX-A", "sub": "A", "parent": "XX"})
    with pytest.raises(PackError, match="XX-HOURS belongs to its parent XX"):
        PackLibrary(FLOOR, [parent, child])


def test_a_missing_parent_and_two_packs_of_one_place_are_refused():
    pack = read_pack(SMALL, "XX.toml")
    with pytest.raises(PackError, match="parent 'YY'"):
        PackLibrary(FLOOR, [pack.model_copy(update={"parent": "YY"})])
    with pytest.raises(PackError, match="same place"):
        PackLibrary(FLOOR, [pack, pack.model_copy(update={"pack": "ZZ"})])


def test_an_empty_directory_is_refused(tmp_path):
    with pytest.raises(PackError, match="holds no packs"):
        load_packs(tmp_path)


def test_the_hash_is_stable_and_changes_with_every_word_of_the_law():
    again = load_packs(PACKS)
    for jurisdiction, sub in LIBRARY.places:
        assert again.merged(jurisdiction, sub).sha256 == LIBRARY.merged(jurisdiction, sub).sha256
    one = PackLibrary(FLOOR, [read_pack(SMALL, "XX")]).merged("XX")
    two = PackLibrary(FLOOR, [read_pack(SMALL.replace("17:00", "17:30"), "XX")]).merged("XX")
    spaced = PackLibrary(FLOOR, [read_pack(SMALL.replace(" = ", "   =  "), "XX")]).merged("XX")
    assert one.sha256 != two.sha256
    assert one.sha256 == spaced.sha256


def test_approval_of_a_country_does_not_cover_a_part_with_laws_of_its_own():
    assert LIBRARY.merged("US").sha256 != LIBRARY.merged("US", "OH").sha256
    assert LIBRARY.merged("CN").sha256 == LIBRARY.merged("CN", "SH").sha256
    assert not LIBRARY.merged("US", "OH").covered


def test_merged_packs_are_made_once():
    assert LIBRARY.merged("US", "MA") is LIBRARY.merged("US", "MA")


def test_the_floor_is_beneath_every_merged_pack():
    floor = {rule.rule for rule in FLOOR.rules()}
    for place in LIBRARY.places:
        assert floor <= {rule.rule for rule in LIBRARY.merged(*place).rules()}


def test_retention_is_the_longest_and_limitation_the_shortest_of_all_packs():
    assert LIBRARY.merged("CN").retention.records_years == 5
    assert LIBRARY.merged("US", "NYC").limitation.years == 3
    assert LIBRARY.merged("GB", "SCT").limitation.years == 5
    assert LIBRARY.merged("US", "MA").validation.days == 30


def test_the_parts_that_messages_must_have_can_be_asked_for():
    parts = LIBRARY.merged("US", "CA").required_parts("email", Purpose.COLLECTION)
    assert parts == {"optout_notice", "mini_miranda", "time_barred_notice"}
    confirmation = LIBRARY.merged("US").required_parts("sms", Purpose.OPTOUT_CONFIRMATION)
    assert confirmation == frozenset()


@pytest.mark.parametrize("text", ["", "not", "nothing at all", "status is", "not status is paid"])
def test_clauses_outside_the_vocabulary_are_refused(text):
    with pytest.raises(ClauseError):
        clause(text)


# Whatever rules a child brings, it only tightens.

hours = st.builds(
    lambda opens, length: Hours(
        rule="XX-MORE-HOURS", why="w", source="s", confidence="policy",
        opens=f"{opens:02}:00", closes=f"{min(opens + length, 24):02}:00",
    ),
    st.integers(0, 20), st.integers(1, 12),
)  # fmt: skip
caps = st.builds(
    lambda n, window: Cap(
        rule="XX-MORE-CAP", why="w", source="s", confidence="policy",
        n=n, windows=(window,), counts=("phone",),
    ),
    st.integers(1, 3),
    st.sampled_from(["calendar_day", "calendar_days 7", "rolling_hours 30", "iso_week"]),
)  # fmt: skip
gates = st.builds(
    lambda fact: Gate(
        rule="XX-MORE-GATE", order="stay", why="w", source="s", confidence="policy", when=(fact,)
    ),
    st.sampled_from(["minor", "not minor", "deceased", "time_barred"]),
)
waits = st.builds(
    lambda days: Wait(
        rule="XX-MORE-WAIT", order="authority", why="w", source="s", confidence="policy",
        since="notice_mailed", days=days,
    ),
    st.integers(0, 9),
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "hours": st.lists(hours, max_size=1).map(tuple),
            "caps": st.lists(caps, max_size=1).map(tuple),
            "gates": st.lists(gates, max_size=1).map(tuple),
            "waits": st.lists(waits, max_size=1).map(tuple),
        }
    ),
    st.lists(st.integers(0, 14 * 24), max_size=6),
    st.integers(0, 14 * 24),
)
def test_a_child_never_turns_no_into_yes(rules, calls, at):
    parent = read_pack(SMALL, "XX")
    child = Pack(
        pack="XX-A", jurisdiction="XX", sub="A", parent="XX", title="t", version="1",
        valid_from=date(2020, 1, 1),
        **rules,
    )  # fmt: skip
    library = PackLibrary(FLOOR, [parent, child])
    start = 1_767_225_600  # 2026-01-01
    log = [ContactRecord(at=instant(start + hour * 3600), channel="phone") for hour in calls]
    facts = LegalFacts(
        **{**NEUTRAL, "jurisdiction": "XX", "zones": ("UTC",), "channel": "phone",
           "notice_mailed": instant(start + 86_400)}
    )  # fmt: skip
    now = instant(start + at * 3600)
    strict = decide(facts, log, now, library.merged("XX", "A"))
    loose = decide(facts, log, now, library.merged("XX"))
    if strict.kind is Verdict.ALLOW:
        assert loose.kind is Verdict.ALLOW
    if strict.kind is Verdict.DEFER and loose.kind is Verdict.DEFER:
        assert strict.until >= loose.until
    assert {f.rule for f in loose.failures} <= {f.rule for f in strict.failures} | {"GEN-MULTI-TZ"}


def test_a_pack_outside_its_dates_blocks():
    ended = read_pack(SMALL.replace("[[hours]]", "valid_to = 2026-01-31\n\n[[hours]]"), "XX")
    pack = MergedPack("XX", None, [FLOOR, ended])
    facts = LegalFacts(**{**NEUTRAL, "jurisdiction": "XX", "zones": ("UTC",), "channel": "phone"})
    noon = 1_769_860_800  # 2026-01-31 12:00
    assert decide(facts, [], instant(noon), pack).kind is Verdict.ALLOW
    assert decide(facts, [], instant(noon + 86_400), pack).rule == "GEN-PACK-DATES"


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ('pack = "US-NV"', "US-FED holds here too"),
        ('pack = "US-NV"\nparent = "CN"', "the law of another place"),
        ('pack = "FLOOR"\nparent = "US-FED"', "in the code alone"),
    ],
)
def test_no_part_of_a_place_gets_around_the_law_of_the_whole(head: str, told: str):
    shipped = [one for one in LIBRARY.packs if one.pack != "FLOOR"]
    child = read_pack(
        f'{head}\njurisdiction = "US"\nsub = "NV"\ntitle = "Nevada"\nversion = "2026-11-24"\n'
        "valid_from = 2020-01-01\n",
        "US-NV.toml",
    )
    with pytest.raises(PackError, match=told):
        PackLibrary(FLOOR, [*shipped, child])
