"""Copies of the database at the command line, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from activities import reconcile


@pytest.fixture
def copy(here, tmp_path) -> Path:
    made = here.json("db", "backup", tmp_path / "copy.gz")
    assert made["rows"]["debt"] > 20
    return tmp_path / "copy.gz"


@pytest.fixture
def elsewhere(here, copy, tmp_path, monkeypatch):
    """The same commands in another, empty installation that has the keys."""
    keys = tmp_path / "keys.json"
    assert here("keys", "backup", keys).exit_code == 0
    monkeypatch.setenv("CESSION_VAR", str(tmp_path / "second"))
    shutil.copytree(
        tmp_path / "var", tmp_path / "second", ignore=shutil.ignore_patterns("*.db*", "keys")
    )
    assert here("keys", "restore", keys).exit_code == 0
    return here


def test_a_copy_says_that_the_keys_are_not_in_it(here, copy, tmp_path):
    done = here("db", "backup", tmp_path / "second.gz")
    assert done.exit_code == 0
    assert "The keys are not in it" in done.output
    assert here("keys", "backup", tmp_path / "keys.json").exit_code == 0
    assert "The keys are not in it" not in here("db", "backup", tmp_path / "third.gz").output


def test_a_copy_that_was_put_back_reads_as_before_and_holds_all_contact(elsewhere, copy):
    back = elsewhere.json("db", "restore", copy)
    assert back["missing_keys"] == []
    assert elsewhere.json("case", "show", "US-0003")["account"] == "US-0003"
    (held,) = elsewhere.json("stop", "list")
    assert (held["covers"], held["reason"]) == ("everything", "restored")
    refused = elsewhere("stop", "lift", held["stop"], "--reason", "enough")
    assert refused.exit_code == 1
    assert "cession reconcile" in refused.output
    assert elsewhere.json("audit", "verify")["faults"] == []


def test_nothing_is_put_over_a_database(here, copy):
    before = here.json("db", "status")
    refused = here("db", "restore", copy)
    assert refused.exit_code == 2
    assert "not empty" in refused.output
    assert here.json("db", "status") == before
    assert here.json("stop", "list") == []


def test_a_copy_waits_for_its_keys(here, copy, tmp_path, monkeypatch):
    monkeypatch.setenv("CESSION_VAR", str(tmp_path / "bare"))
    refused = here("db", "restore", copy)
    assert refused.exit_code == 2
    assert "cession keys restore" in refused.output
    assert not (tmp_path / "bare" / "cession.db").exists()
    assert not (tmp_path / "bare" / "keys").exists()


def test_keys_of_another_installation_are_told_of(here, copy, tmp_path, monkeypatch):
    monkeypatch.setenv("CESSION_VAR", str(tmp_path / "strange"))
    (tmp_path / "strange").mkdir()
    shutil.copy(tmp_path / "var" / "clock", tmp_path / "strange" / "clock")
    assert here("db", "upgrade").exit_code == 0
    for file in (tmp_path / "strange").glob("cession.db*"):
        file.unlink()
    done = here("db", "restore", copy)
    assert done.exit_code == 1, done.output
    assert "Restore the keys that belong to this copy" in done.output.replace("\n", " ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("backup", "{tmp}/copy.gz"), "is there already"),
        (("backup", "{tmp}/no/such/copy.gz"), "cannot be written"),
        (("backup", "{tmp}"), "is there already"),
        (("restore", "{tmp}/nothing.gz"), "nothing.gz"),
        (("restore", "{tmp}"), "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_named(here, copy, tmp_path, monkeypatch, words, said):
    if words[0] == "restore":
        keys = tmp_path / "keys.json"
        assert here("keys", "backup", keys).exit_code == 0
        (tmp_path / "second").mkdir()
        shutil.copy(tmp_path / "var" / "clock", tmp_path / "second" / "clock")
        monkeypatch.setenv("CESSION_VAR", str(tmp_path / "second"))
        assert here("keys", "restore", keys).exit_code == 0
    done = here("db", *(word.format(tmp=tmp_path) for word in words))
    assert done.exit_code == 2
    assert said in done.output
    assert "Traceback" not in done.output


def test_without_the_engine_nothing_is_compared_and_contact_stays_held(elsewhere, copy):
    elsewhere.json("db", "restore", copy)
    done = elsewhere("reconcile")
    assert done.exit_code == 2
    assert "Temporal" in done.output
    assert len(elsewhere.json("stop", "list")) == 1


@pytest.mark.server
def test_what_agrees_lets_contact_go_on(elsewhere, copy, temporal, monkeypatch):
    elsewhere.json("db", "restore", copy)
    monkeypatch.setenv("CESSION_TEMPORAL_PORT", temporal.address.rpartition(":")[2])
    done = elsewhere("reconcile", "--json")
    found = json.loads(done.stdout)
    # The shared server runs cases of other tests; of these debts nothing differs.
    assert {each["kind"] for each in found["differences"]} <= {reconcile.Kind.STRANGER}
    assert done.exit_code == (0 if found["clean"] else 1)
    assert len(elsewhere.json("stop", "list")) == (0 if found["clean"] else 1)
