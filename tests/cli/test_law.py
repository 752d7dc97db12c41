"""The law at the command line: no store, no login, no settings."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from rules.explain import tell
from rules.packs import load_packs

CASES = Path(__file__).parents[2] / "tests/data/decision_cases.json"
KEYS = ["id", "decision", "until", "rule", "rules", "pack_versions", "why"]


def run(*words, given=None):
    return CliRunner().invoke(app, [str(word) for word in words], input=given)


def case(**changes):
    plain = {
        "id": "T-1",
        "jurisdiction": "US",
        "tz": "America/New_York",
        "now": "2026-11-10T21:00:00-05:00",
        "channel": "phone",
    }
    return {**plain, **changes}


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """A directory whose settings nobody can read, and no store."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "cession.toml").write_text("this is = = not TOML")


def test_the_written_cases_are_decided_as_they_expect():
    done = run("law", "decide", CASES, "--json")
    assert done.exit_code == 0, done.output
    answers = json.loads(done.stdout)
    cases = json.loads(CASES.read_text("utf-8"))
    assert len(answers) == len(cases)
    for asked, answer in zip(cases, answers, strict=True):
        expect = asked["expect"]
        assert list(answer) == KEYS
        assert (answer["id"], answer["decision"]) == (asked["id"], expect["decision"])
        assert answer["until"] == expect.get("until")
        if answer["decision"] == "allow":
            assert (answer["rule"], answer["rules"]) == (None, [])
        else:
            assert answer["rule"] == answer["rules"][0] == expect["rule"]


def test_answers_come_in_the_form_of_the_question():
    one = run("law", "decide", "--json", given=json.dumps(case()))
    assert json.loads(one.stdout)["rule"] == "US-FED-HOURS"
    rows = run("law", "decide", "-", "--json", given=json.dumps([case(), case(id="T-2")]))
    assert [answer["id"] for answer in json.loads(rows.stdout)] == ["T-1", "T-2"]
    wrapped = run("law", "decide", "--json", given=json.dumps({"cases": [case()]}))
    assert json.loads(wrapped.stdout)["cases"][0]["until"] == "2026-11-11T08:00:00-05:00"
    lines = "\n".join(json.dumps(case(id=f"T-{n}")) for n in range(3))
    told = run("law", "decide", "--json", given=lines)
    assert [json.loads(line)["id"] for line in told.stdout.splitlines()] == ["T-0", "T-1", "T-2"]
    none = run("law", "decide", "--json", given="[]")
    assert (json.loads(none.stdout), none.exit_code) == ([], 0)
    assert "nothing was decided" in none.stderr


def test_until_carries_the_offset_that_the_debtors_clock_will_have():
    night = case(now="2026-10-31T22:00:00-04:00")
    answer = json.loads(run("law", "decide", "--json", given=json.dumps(night)).stdout)
    assert answer["until"] == "2026-11-01T08:00:00-05:00"
    assert datetime.fromisoformat(answer["until"]).utcoffset() is not None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (json.dumps([case(), case(id="B", mood="bad")]), "case 2 (B): mood: is not known"),
        (json.dumps(case(jurisdiction="XX")), "jurisdiction: 'XX' has no pack"),
        (json.dumps(case(tz="America/Gotham")), "tz: 'America/Gotham'"),
        (json.dumps({"cases": [case()], "weather": 1}), "weather: is not known"),
        ('{"id": 1, "id": 2}', "id stands twice"),
        ('{"id": NaN}', "NaN is no number"),
        ("[1]", "case 1 is not an object"),
        ("{", "line 1, column 2 is not JSON"),
        (json.dumps(case()) + "\n{", "line 2, column 2 is not JSON"),
        ("  \n", "standard input is empty"),
        ("[" * 100_000, "nested too deeply"),
        ('{"id": ' + "9" * 5000 + "}", "too many digits"),
    ],
)
def test_what_cannot_be_read_is_named_and_nothing_is_printed(given, told):
    done = run("law", "decide", "--json", given=given)
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert told in done.stderr.replace("\n", " ")


def test_a_file_that_is_not_there_is_named():
    done = run("law", "decide", "nowhere.json", "--json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "nowhere.json: No such file" in done.stderr


def test_people_get_a_table_and_the_curious_every_detail():
    page = run("law", "decide", given=json.dumps(case()))
    assert "1 case decided" in page.stdout
    assert "US-FED-HOURS" in page.stdout
    answer = json.loads(run("law", "decide", "--json", "--full", given=json.dumps(case())).stdout)
    assert answer["failures"][0]["source"].startswith("12 CFR 1006.6")
    assert "US-FED-7IN7" in answer["checked"]


def test_every_place_is_listed_and_without_a_store_nothing_is_said_of_signatures():
    rows = json.loads(run("law", "packs", "--json").stdout)
    places = {row["place"] for row in rows}
    assert {"CN", "US", "US-NYC", "GB-SCT", "EU-DE", "CA-ON", "BR-SP"} <= places
    assert all(row["signed_by"] is None and len(row["sha256"]) == 64 for row in rows)
    assert "no store here" in run("law", "packs").stdout


def test_a_rule_is_explained_with_numbers_source_and_where_it_holds():
    told = json.loads(run("law", "explain", "us-ma-2in7", "--json").stdout)
    assert told["rule"] == "US-MA-2IN7"
    assert told["places"] == ["US-MA"]
    numbers = told["entries"][0]["numbers"]
    assert "at most 2 in 7 consecutive local days for each debt" in numbers
    assert told["entries"][0]["source"].startswith("209 CMR 18.16")
    page = run("law", "explain", "UK-DIALLER").stdout
    assert "kept by: there is no automatic dialler" in page
    wrong = run("law", "explain", "US-FED-8IN7")
    assert wrong.exit_code == 2
    assert "did you mean US-FED-7IN7" in wrong.stderr.replace("\n", " ")


def test_two_versions_are_compared_over_written_cases(tmp_path):
    pack = CASES.parents[2] / "packs/jurisdictions/AU.toml"
    stricter = tmp_path / "AU.toml"
    stricter.write_text(pack.read_text("utf-8").replace("n = 3\n", "n = 2\n"), "utf-8")
    told = json.loads(run("law", "diff", "AU", stricter, "--cases", CASES, "--json").stdout)
    assert (told["judged"], told["otherwise"]) == (102, 1)
    (line,) = told["cases"]
    assert line["id"] == "AU-005"
    assert line["old"]["until"] < line["new"]["until"]
    same = json.loads(run("law", "diff", "AU", pack, "--cases", CASES, "--json").stdout)
    assert same["otherwise"] == 0
    assert run("law", "diff", "AU", "XX", "--cases", CASES).exit_code == 2


def test_the_pages_of_the_law_are_those_that_the_packs_make(tmp_path):
    made = tmp_path / "law"
    made.mkdir()
    assert run("law", "pages", made).exit_code == 0
    papers = CASES.parents[2] / "docs/law"
    assert {path.name for path in papers.glob("*.md")} == {path.name for path in made.iterdir()}
    for path in made.iterdir():
        written = (papers / path.name).read_text("utf-8")
        assert written == path.read_text("utf-8"), f"run: cession law pages docs/law ({path.name})"


def test_every_rule_that_a_decision_can_name_is_explained():
    """The gate names some of its own: its hours, zones, and what no pack permits."""
    told = json.loads(run("law", "explain", "ETHICS-HOURS", "--json").stdout)
    assert "07:00 to 23:00" in told["entries"][0]["numbers"]
    for name in ("GEN-ZONE", "GEN-PACK-DATES", "GEN-PURPOSE", "GEN-MULTI-TZ"):
        assert json.loads(run("law", "explain", name, "--json").stdout)["entries"]
    refused = run("law", "explain", "7in7")
    assert refused.exit_code == 2
    assert "US-FED-7IN7" in refused.stderr


def test_every_condition_of_a_pack_is_told_in_words_and_none_in_names_of_the_program():
    packs = load_packs(CASES.parents[2] / "packs/jurisdictions").packs
    told = [tell(pack, rule) for pack in packs for rule in pack.rules()]
    assert len(told) > 200
    assert [each.applies for each in told if "_" in each.applies + each.exceptions] == []


def test_what_is_not_known_and_what_is_refused_is_said_in_words_of_the_case():
    unknown = case(case_state={"bankrupt": "unknown", "reassigned_check": "unknown"}, channel="sms")
    told = json.loads(run("law", "decide", "--json", given=json.dumps(unknown)).stdout)["why"]
    assert told.count("not known: whether an insolvency is pending") == 1
    refused = run("law", "decide", "--json", given=json.dumps(case(channel=None)))
    assert refused.exit_code == 2
    assert "not null" in refused.stderr
