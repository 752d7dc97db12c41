"""Words that the guard refused or doubted come before a supervisor; packs of words are signed off."""

from dataclasses import replace

import pytest
from sqlmodel import col, select

from models.operator import Role
from models.tables import Act, Signoff, WorkItem
from store import case as records


@pytest.fixture
def boss(here):
    return replace(here, token=here.hire("sue", Role.SUPERVISOR))


@pytest.fixture
def counsel(here):
    return replace(here, token=here.hire("carla", Role.COMPLIANCE))


def test_a_refused_note_comes_before_a_supervisor_and_not_before_its_author(here, call, boss):
    here.json("desk", "take", call)
    for words in ("We will tell his boss.", "再不还款就去他单位闹。"):
        assert here("desk", "note", call, words).exit_code == 1
    (entry,) = boss.json("desk", "qa")
    assert (entry["what"], entry["of"], entry["agent"]) == ("note", "call", "anna")
    assert (entry["times"], entry["kept"], entry["result"]) == (2, False, None)
    assert any(rule.startswith("L07") for rule in entry["rules"])
    assert "boss" not in str(entry).replace("bossy", "")
    assert entry["item"] not in str(here.json("desk", "queue", "--mine"))
    assert entry["item"] in str(boss.json("desk", "queue", "--supervisor"))
    refused = boss("desk", "take", entry["item"])
    assert refused.exit_code == 1
    assert "cession desk reviewed" in refused.stderr
    done = boss.json("desk", "reviewed", entry["item"], "--result", "coached")
    assert (done["result"], done["by"]) == ("coached", "sue")
    assert boss.json("desk", "qa") == []
    assert [each["result"] for each in boss.json("desk", "qa", "--all")] == ["coached"]
    assert boss("desk", "reviewed", entry["item"], "--result", "coached").exit_code == 1
    with here.office.store.reading() as session:
        (act,) = session.exec(select(Act).where(col(Act.what) == "qa.reviewed")).all()
    assert (act.actor, act.reason) == ("sue", "coached")


def test_a_doubtful_note_is_kept_and_looked_at(here, call, boss):
    here.json("desk", "take", call)
    assert here("desk", "note", call, "Could guarantee it disappears, must ask.").exit_code == 0
    (entry,) = boss.json("desk", "qa")
    assert entry["kept"]
    assert entry["rules"][0].startswith("L20")


def test_a_plain_note_makes_no_entry(here, call, boss):
    here.json("desk", "take", call)
    assert here("desk", "note", call, "Works nights, prefers mornings.").exit_code == 0
    assert boss.json("desk", "qa") == []
    assert "Nothing waits" in boss("desk", "qa").stdout


def test_nobody_reviews_their_own_words(here, call):
    here.json("desk", "take", call)
    assert here("desk", "note", call, "We will tell his boss.").exit_code == 1
    with here.office.store.reading() as session:
        item = session.exec(select(WorkItem).where(col(WorkItem.kind) == "qa_review")).one()
    both = here("desk", "reviewed", str(item.id), "--result", "no_fault")
    assert both.exit_code == 1
    assert both.stderr


def test_counsel_signs_the_words_of_a_language_and_takes_it_back(here, counsel):
    assert {row["signed_by"][0] if row["signed_by"] else None for row in
            counsel.json("wording", "packs")} == {None}  # fmt: skip
    signed = counsel.json("wording", "approve", "zh-CN", "--note", "read with a native speaker")
    pack = here.office.wordings.pack("zh-CN")
    assert (signed["sha256"], signed["approver"]) == (pack.sha256, "carla")
    rows = {row["locale"]: row["signed_by"] for row in counsel.json("wording", "packs")}
    assert rows["zh-CN"] == ["carla"]
    assert rows["en-US"] == []
    assert counsel("wording", "approve", "zh-CN", "--note", "again").exit_code == 1
    assert counsel.json("wording", "revoke", "zh-CN", "--note", "a term changed")["revoked"] == 1
    assert counsel("wording", "revoke", "zh-CN", "--note", "again").exit_code == 1
    with here.office.store.reading() as session:
        assert records.signoffs(session, pack.sha256) == []
        (row,) = session.exec(select(Signoff)).all()
    assert row.pack == "wording zh-CN"
    assert "revoked by carla: a term changed" in row.note


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("approve", "fr-FR", "--note", "x"), 2, "no wording pack 'fr-FR'; one of de-DE, en-AU"),
        (("approve", "zh-CN", "--note", " "), 2, "--note is empty"),
        (("revoke", "xx", "--note", "x"), 2, "no wording pack 'xx'"),
    ],
)
def test_what_cannot_be_signed_is_refused(counsel, words, code, told):
    done = counsel("wording", *words)
    assert done.exit_code == code
    assert told in done.stderr.replace("\n", " ")


def test_only_compliance_signs_words(here, boss):
    assert boss("wording", "approve", "zh-CN", "--note", "me too").exit_code != 0
    with here.office.store.reading() as session:
        assert session.exec(select(Signoff)).all() == []
