"""Keys change hands without anybody losing a word."""

from __future__ import annotations

import json
import shutil
import stat

import pytest
from sqlmodel import select

from models.tables import Debtor
from store.keys import Keys


def names(here, keys: Keys) -> list[str]:
    """What every person's own key still opens."""
    with here.office.store.reading() as session:
        return [
            keys.person_key(session, debtor.id).open(debtor.sealed).decode()
            for debtor in session.exec(select(Debtor).order_by(Debtor.key))
        ]


def test_a_new_master_key_wraps_everything_and_running_processes_read_on(here):
    running = here.office.store.keys
    before = names(here, running)
    old = here.json("keys", "status")
    done = here.json("keys", "rotate")
    assert done["wrapped"] == len(before)
    assert f"master.{old['master']}.key" in here.json("keys", "status")["files"]
    assert names(here, running) == before
    assert here.json("keys", "rewrap") == {
        "master": done["master"], "wrapped": 0, "retired": [old["master"]],
    }  # fmt: skip
    now = here.json("keys", "status")
    assert now["master"] == done["master"] != old["master"]
    assert now["wraps"] == {done["master"]: len(before)}
    assert now["files"] == ["ids.key", "inbox.key", "master.key"]
    assert names(here, running) == before
    assert names(here, Keys.load_or_create(here.var / "keys")) == before
    assert here.json("whoami")["operator"] == "anna"


def test_a_running_process_wraps_new_people_with_the_new_key(here):
    running = here.office.store.keys
    made = here.json("keys", "rotate")["master"]
    with here.office.store.writing() as session:
        debtor = session.exec(select(Debtor)).first()
        assert running.erase(session, debtor.id)
        running.new_data_key(session, debtor.id, here.clock.now())
    assert set(here.json("keys", "status")["wraps"]) == {made}


def test_a_former_key_that_is_still_needed_and_lost_is_asked_for_by_name(here, tmp_path):
    old = here.json("keys", "status")["master"]
    (here.var / "keys" / "master.key").rename(tmp_path / "kept")
    fresh = Keys.load_or_create(tmp_path / "other")
    assert fresh.master_id != old
    shutil.copy(tmp_path / "other" / "master.key", here.var / "keys" / "master.key")
    done = here("keys", "rewrap")
    assert done.exit_code == 2
    assert f"as master.{old}.key" in done.stderr
    shutil.copy(tmp_path / "kept", here.var / "keys" / f"master.{old}.key")
    done = here.json("keys", "rewrap")
    assert (done["wrapped"] > 0, done["retired"]) == (True, [old])


def test_the_next_key_can_be_carried_to_other_machines_before(here):
    prepared = here.json("keys", "rotate", "--prepare")["prepared"]
    assert here.json("keys", "rotate", "--prepare")["prepared"] == prepared
    before = here.json("keys", "status")["master"]
    made = here.json("keys", "rotate")["master"]
    assert made != before
    assert "master.next.key" not in here.json("keys", "status")["files"]


def test_the_doctor_warns_until_the_keys_as_they_are_were_copied(here, tmp_path):
    def copied() -> str:
        found = json.loads(here("doctor", "--json").stdout)
        return next(each["state"] for each in found if each["what"] == "copy of keys")

    assert copied() == "warn"
    here.json("keys", "backup", tmp_path / "keys.json")
    assert copied() == "ok"
    here.json("keys", "rotate")
    assert copied() == "warn"


def test_a_copy_brings_everything_back_and_replaces_nothing(here, tmp_path):
    before = names(here, here.office.store.keys)
    copy = tmp_path / "keys.json"
    here.json("keys", "backup", copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    done = here("keys", "restore", copy)
    assert (done.exit_code, "has keys already" in done.stderr) == (1, True)
    shutil.rmtree(here.var / "keys")
    assert here("keys", "restore", copy).exit_code == 0
    assert names(here, Keys.load_or_create(here.var / "keys")) == before
    assert stat.S_IMODE((here.var / "keys" / "master.key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("content", "said"),
    [("{}", "no copy made"), ("[]", "no copy made"), ("x", "no copy made"),
     ('{"cession_keys": 1, "keys": {"../evil": "x"}}', "no copy made")],
)  # fmt: skip
def test_a_file_that_is_no_copy_is_refused(here, tmp_path, content, said):
    file = tmp_path / "x.json"
    file.write_text(content)
    done = here("keys", "restore", file)
    assert (done.exit_code, said in done.stderr) == (2, True)


def test_a_copy_beside_the_keys_is_none(here):
    done = here("keys", "backup", here.var / "copy.json")
    assert (done.exit_code, "place outside" in done.stderr) == (2, True)
    assert not (here.var / "copy.json").exists()


def test_a_copy_under_a_passphrase_opens_with_it_alone(here, tmp_path, monkeypatch):
    copy, words, other = (tmp_path / name for name in ("keys.json", "words", "other"))
    words.write_text("correct horse battery\n")
    other.write_text("wrong horse battery\n")
    short = here("keys", "backup", copy, "--passphrase-file", tmp_path / "none")
    assert (short.exit_code, copy.exists()) == (2, False)
    made = here.json("keys", "backup", copy, "--passphrase-file", words)
    assert made["sealed"] is True
    (before,) = here.var.glob("keys/master*.key")
    assert before.read_text().strip() not in copy.read_text()
    monkeypatch.setenv("CESSION_VAR", str(tmp_path / "elsewhere"))
    refused = here("keys", "restore", copy, "--passphrase-file", other)
    assert (refused.exit_code, "not its passphrase" in refused.stderr) == (1, True)
    here.json("keys", "restore", copy, "--passphrase-file", words)
    assert (tmp_path / "elsewhere" / "keys" / before.name).read_text() == before.read_text()
