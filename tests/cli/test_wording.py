import json
import shutil

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.wording import PACKS

run = CliRunner()
COMPLETE = (
    "Northlake Recovery, LLC. This communication is from a debt collector. As of Nov 10, 2026 your "
    "balance is $6,120.00. Call (518) 555-0100. Reply STOP to stop texts to this number."
)


def judged(*lines, locale="en-US", more=()):
    said = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return run.invoke(app, ["wording", "check", "--locale", locale, *more], input=said)


def test_each_line_gets_a_verdict_and_its_offending_words():
    text = "Hello. You will be arrested tomorrow."
    answer = judged({"id": "a", "text": text}, {"id": 7, "text": "Good morning."}, more=["--json"])
    first, second = map(json.loads, answer.stdout.splitlines())
    assert answer.exit_code == 0
    assert (first["id"], first["verdict"]) == ("a", "block")
    assert set(first["findings"][0]) == {"category", "rule", "span", "advice"}
    assert "arrest" in text[slice(*first["findings"][0]["span"])]
    assert second == {"id": 7, "verdict": "pass", "findings": []}


def test_people_see_the_words_themselves():
    answer = judged({"id": "a", "text": "You will be arrested."})
    assert "arrest" in answer.stdout
    assert "civil matter" in answer.stdout


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("nonsense", "is no JSON"),
        ("[1]", "is no object"),
        ({"id": "1"}, "text: is missing"),
        ({"text": "x"}, "id: is missing"),
        ({"id": True, "text": "x"}, "id: is a text or a whole number"),
        ({"id": "1", "text": 5}, "text: input should be a valid string"),
        ({"id": "1", "text": "x", "tone": "x"}, "tone: is not known"),
        ({"id": "1", "text": "x", "channel": "fax"}, "channel: is one of 'sms'"),
        ({"id": "1", "text": "x", "case": {"age": 1}}, "case.age: is not known"),
        ({"id": "1", "text": "x", "case": {"time_barred": "yes"}}, "case.time_barred: "),
        ({"id": "1", "text": "x", "case": {"balance": "12"}}, "case.balance: is an amount"),
        ({"id": "1", "text": "x", "case": {"balance": "1.234 USD"}}, "USD has 2 decimals"),
        ({"id": "1", "text": "x", "case": {"balance": "-1.00 USD"}}, "is not below nothing"),
        (
            {"id": "1", "text": "x", "case": {"legal_event": {"type": "filed", "court": "C"}}},
            "case.legal_event.date: is missing",
        ),
        (
            {
                "id": "1",
                "text": "x",
                "case": {"legal_event": {"type": "sued", "court": "C", "date": "2026-02-30"}},
            },
            "case.legal_event.type: is one of 'filed', 'judgment'; case.legal_event.date: is a day",
        ),
        ('{"id": "1", "id": "2", "text": "x"}', "id stands twice"),
    ],
)
def test_a_wrong_line_is_refused_by_key_and_number(line, fault):
    answer = judged({"id": "0", "text": "Good morning."}, line, more=["--json"])
    assert answer.exit_code == 2
    assert answer.stdout == ""
    assert f"line 2: {fault}" in answer.stderr or (
        "line 2: " in answer.stderr and fault in answer.stderr
    )


def test_a_language_without_a_list_is_refused():
    answer = judged({"id": "0", "text": "Bonjour"}, locale="fr-FR")
    assert answer.exit_code == 2
    assert "--locale fr-FR" in answer.stderr


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    gone = run.invoke(app, ["wording", "check", "--locale", "zh-CN", str(tmp_path / "gone")])
    broken = tmp_path / "broken"
    broken.write_bytes(b'{"id": "1", "text": "x"}\n\xff')
    bad = run.invoke(app, ["wording", "check", "--locale", "zh-CN", str(broken)])
    assert (gone.exit_code, bad.exit_code) == (2, 2)
    assert "line 2: is not UTF-8" in bad.stderr
    assert judged("").exit_code == 2


def test_a_consequence_may_be_mentioned_where_it_is_true():
    event = {"type": "filed", "court": "Albany City Court", "date": "2026-11-03"}
    text = "A case was filed on 3 November 2026 in Albany City Court."
    answer = judged(
        {"id": "no", "text": text},
        {"id": "yes", "text": text, "case": {"legal_event": event}},
        {"id": "old", "text": text, "case": {"legal_event": event, "time_barred": True}},
        more=["--json"],
    )
    verdicts = [json.loads(line)["verdict"] for line in answer.stdout.splitlines()]
    assert verdicts == ["block", "pass", "block"]


@pytest.mark.parametrize(
    ("missing", "category"),
    [
        ("", None),
        ("Northlake Recovery, LLC. ", "S01"),
        ("This communication is from a debt collector. ", "S02"),
        ("As of Nov 10, 2026 ", "L05"),
        (" Reply STOP to stop texts to this number.", "S03"),
    ],
)
def test_a_whole_message_owes_its_mandatory_parts(missing, category):
    said = COMPLETE.replace(missing, "") if missing else COMPLETE
    line = {"id": "1", "text": said, "channel": "sms", "case": {"balance": "6120.00 USD"}}
    sentence = json.loads(judged(line, more=["--json"]).stdout)
    whole = json.loads(judged(line, more=["--json", "--complete"]).stdout)
    assert sentence["verdict"] == "pass"
    assert {f["category"] for f in whole["findings"]} == ({category} if category else set())


def test_our_own_packs_say_nothing_that_may_not_be_said():
    answer = run.invoke(app, ["wording", "lint", "--json"])
    assert answer.exit_code == 0
    assert json.loads(answer.stdout) == []


def test_a_pack_with_a_threat_in_it_is_refused(tmp_path):
    pack = tmp_path / "en-GB"
    shutil.copytree(PACKS / "en-GB", pack)
    shutil.copy(PACKS / "required.toml", tmp_path)
    words = (pack / "reminder.toml").read_text("utf-8")
    threat = "Next we will tell your family."
    (pack / "reminder.toml").write_text(words.replace("{{ say.help }}", threat), "utf-8")
    answer = run.invoke(app, ["wording", "lint", str(tmp_path), "--json"])
    assert answer.exit_code == 1
    assert {(row["place"], row["rule"][:3]) for row in json.loads(answer.stdout)} >= {
        ("reminder.toml", "L07")
    }
