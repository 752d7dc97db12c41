"""No row of the law is silently missing from the packs, and its numbers are those of the packs."""

import csv
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from rules.floor import FLOOR
from rules.pack import WEEK, Cap, Cooldown, Hours, Pack, Wait
from rules.packs import load_packs, read_pack

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests/data"
ROWS = list(csv.DictReader((DATA / "law_rules.csv").read_text("utf-8").splitlines()))
NUMBERS = tomllib.loads((DATA / "law_numbers.toml").read_text("utf-8"))
PACKS = {
    path.stem: read_pack(path.read_bytes(), path.name)
    for path in (ROOT / "packs/jurisdictions").glob("*.toml")
} | {"FLOOR": FLOOR}
LIBRARY = load_packs(ROOT / "packs/jurisdictions")

FOUNDED = {
    "LU": {"looked_up", "looked_up+policy", "policy"},
    "MEM": {"memory_review", "policy"},
    "HOUSE": {"policy", "looked_up+policy"},
}
"""What a pack may say of a row that was looked up, remembered or set by the house."""


def rules_of(pack: Pack, name):
    return [rule for rule in pack.rules() if rule.rule == name]


@pytest.mark.parametrize("row", ROWS, ids=[row["rule"] for row in ROWS])
def test_row_of_the_law_stands_in_its_pack(row):
    name = row["rule"]
    gates = {pack.pack for pack in PACKS.values() if rules_of(pack, name) or pack.tz.rule == name}
    notes = {pack.pack for pack in PACKS.values() if any(note.rule == name for note in pack.notes)}
    assert gates | notes == set(row["packs"].split())
    assert bool(gates) is (row["decided_by"] == "gate")


@pytest.mark.parametrize("row", ROWS, ids=[row["rule"] for row in ROWS])
def test_no_row_claims_to_be_better_founded_than_it_is(row):
    allowed = set().union(*(FOUNDED[mark] for mark in row["marks"].split("+")))
    for pack in PACKS.values():
        for stated in [*rules_of(pack, row["rule"]), *pack.notes]:
            if stated.rule == row["rule"]:
                assert stated.confidence in allowed, (pack.pack, stated.why)


def test_every_note_says_who_keeps_it_instead_of_the_gate():
    noted = [note for pack in PACKS.values() for note in pack.notes]
    assert len(noted) > 50
    for note in noted:
        assert all(text.strip() for text in (note.why, note.kept_by, note.source)), note.rule


def spell_days(days):
    at = sorted(WEEK.index(day) for day in days)
    assert at == list(range(at[0], at[-1] + 1))
    return WEEK[at[0]] if len(at) == 1 else f"{WEEK[at[0]]}-{WEEK[at[-1]]}"


def spell(rule):
    match rule:
        case Hours():
            return "hours", f"{spell_days(rule.days)} {rule.opens}-{rule.closes}"
        case Cap():
            scope = f" of {' '.join(rule.scope)}" if rule.scope else ""
            flag = "flag " if rule.decision == "flag" else ""
            return "caps", f"{flag}{rule.n} in {' + '.join(rule.windows)}{scope}"
        case Cooldown():
            return "cooldowns", f"{rule.days} days of {' '.join(rule.scope)}"
        case Wait():
            if rule.months:
                span = f"{rule.months} months"
            elif rule.business_days:
                span = f"{rule.business_days} business days"
            else:
                span = f"{rule.days} days"
            return "waits", f"{span} after {rule.since}"
        case _:
            return None, None


def test_the_numbers_of_the_packs_are_those_of_the_law():
    found = defaultdict(lambda: defaultdict(set))
    for pack in PACKS.values():
        for rule in pack.rules():
            kind, words = spell(rule)
            if kind:
                found[kind][rule.rule].add(words)
    for kind in ("hours", "caps", "cooldowns", "waits"):
        for name, stated in NUMBERS[kind].items():
            assert found[kind][name] == set(stated), name
        silent = set(found[kind]) - set(NUMBERS[kind])
        house = {name for name in silent if "HOUSE" in name or name.startswith(("GEN-", "ETHICS-"))}
        assert silent - house == {"US-FL-HOURS"} & silent, "numbers that nobody wrote down"


def test_validity_dates_are_those_of_the_law():
    for name, stated in NUMBERS["validity"].items():
        rules = [rule for pack in PACKS.values() for rule in rules_of(pack, name)]
        for rule in rules:
            assert f"{rule.valid_from or ''}..{rule.valid_to or ''}" == stated


def test_limitation_years_are_those_of_the_law():
    for name, stated in NUMBERS["limitation"].items():
        limit = PACKS[name].limitation
        words = f"{limit.years} years"
        words += f", {limit.outer_years} at most" if limit.outer_years else ""
        words += ", extinguishes" if limit.extinguishes else ""
        assert words == stated, name


def test_all_places_of_the_law_have_a_pack():
    countries = {place for place, _ in LIBRARY.places}
    assert countries == {"AU", "BR", "CA", "CN", "EU", "GB", "HK", "IN", "SG", "US", "ZA"}
    states = {f"{place}-{sub}" for place, sub in LIBRARY.places if sub}
    assert states == {
        "BR-PR", "BR-SP", "CA-AB", "CA-BC", "CA-ON", "CA-QC", "EU-BE", "EU-DE", "EU-ES", "EU-GR",
        "EU-IE", "EU-IT", "GB-SCT", "US-CA", "US-DC", "US-FL", "US-MA", "US-NY", "US-NYC",
        "US-TX", "US-WA", "US-WV",
    }  # fmt: skip
