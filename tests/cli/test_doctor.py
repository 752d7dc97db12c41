"""The doctor: what is wrong, and what to do about it."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime, timedelta

import pytest
from typer.testing import CliRunner

from cli.doctor import _calendar
from cli.main import app
from cli.show import instant
from rules.holiday import china_published
from runtime.clock import wall_now
from store import payment as payments


def findings(done) -> dict[str, dict[str, str]]:
    return {each["what"]: each for each in json.loads(done.stdout)}


def test_everything_but_the_engine_is_well_in_a_fresh_installation(here):
    done = here("doctor", "--json")
    found = findings(done)
    assert done.exit_code == 1
    assert [what for what, each in found.items() if each["state"] == "fail"] == ["engine"]
    assert "cession up" in found["engine"]["found"]
    assert found["letters"]["state"] == "ok"
    assert "shadow" in found["sign-off"]["advice"]


def test_a_key_that_others_can_read_is_a_failure_with_its_cure(here, tmp_path):
    (tmp_path / "var" / "keys" / "ids.key").chmod(0o644)
    found = findings(here("doctor", "--json"))["keys"]
    assert found["state"] == "fail"
    assert "chmod 600" in found["found"] + found["advice"]


def test_a_notice_that_nobody_delivered_shows_with_its_age(here, tmp_path):
    with here.office.store.writing() as session:
        payments.receive(
            session,
            provider="test",
            external_id="1",
            kind="receipt",
            facts={},
            sealed=here.office.store.keys.seal_store(b"x"),
            received_at=here.clock.now(),
            observed_at=wall_now().replace(year=2025),
        )
    found = findings(here("doctor", "--json"))["inbox"]
    assert (found["state"], "relay" in found["advice"]) == ("fail", True)


def test_a_message_that_cannot_say_who_writes_is_foreseen(here, monkeypatch):
    monkeypatch.delenv("CESSION_COLLECTOR_NAME")
    found = findings(here("doctor", "--json"))["who collects"]
    assert (found["state"], "CESSION_COLLECTOR_NAME" in found["found"]) == ("warn", True)


@pytest.mark.parametrize("words", [("doctor",), ("doctor", "--json")])
def test_a_misspelt_setting_is_the_only_finding(tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CESSION_COLECTOR_NAME", "x")
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 1
    assert "CESSION_COLLECTOR_NAME" in done.stdout
    assert "Traceback" not in done.output


@pytest.mark.parametrize(("day", "state"), [("11-30", "ok"), ("12-02", "warn")])
def test_the_end_of_the_published_calendar_is_foreseen_thirty_days_before(day, state):
    found = _calendar(datetime.fromisoformat(f"{china_published()}-{day}T12:00:00+08:00"))
    assert found.state == state
    assert f"{china_published()}-12-31" in found.found


def test_a_name_on_the_outside_that_tells_of_a_debt_is_foreseen(here, monkeypatch):
    monkeypatch.setenv("CESSION_SMTP_SENDER", "Northlake Debt Collectors <post@example.com>")
    found = findings(here("doctor", "--json"))["names on the outside"]
    assert (found["state"], "CESSION_SMTP_SENDER" in found["found"]) == ("warn", True)


def test_in_live_mode_each_way_without_connector_is_named(here, monkeypatch):
    monkeypatch.setenv("CESSION_MODE", "live")
    monkeypatch.setenv("CESSION_SMS_URL", "https://sms.example.com")
    monkeypatch.setenv("CESSION_SMS_KEY", "key")
    monkeypatch.setenv("CESSION_SMS_SENDER", "Northlake")
    found = {one["what"]: one for one in json.loads(here("doctor", "--json").stdout)}
    assert "CESSION_SMTP_HOST" in found["ways out: e-mail"]["advice"]
    assert "ways out: SMS" not in found


def test_letters_that_nobody_prints_show_with_their_number_and_age(here, monkeypatch):
    assert "letters to print" not in findings(here("doctor", "--json"))
    monkeypatch.setenv("CESSION_MODE", "live")
    assert (
        findings(here("doctor", "--json"))["letters to print"]["found"]
        == "no letter waits to be picked up"
    )
    folder = here.var / "print"
    (folder / "jobs").mkdir(parents=True)
    for name, days in (("a", 5), ("b", 1), ("c", 9), (".d", 30)):
        (folder / f"{name}.pdf").write_bytes(b"%PDF")
        at = (wall_now() - timedelta(days=days)).timestamp()
        os.utime(folder / f"{name}.pdf", (at, at))
    (folder / "jobs" / "c.taken").touch()
    found = findings(here("doctor", "--json"))["letters to print"]
    assert found["state"] == "warn"
    assert found["found"].startswith(f"2 in {folder}, the oldest since ")
    assert instant(wall_now() - timedelta(days=5)).split()[1] in found["found"]
    assert found["found"].endswith("; 1 picked up still there")
    (folder / "a.pdf").unlink()
    found = findings(here("doctor", "--json"))["letters to print"]
    assert (found["state"], found["found"].split()[0]) == ("ok", "1")


def test_a_letter_that_cannot_say_how_to_pay_is_foreseen(here, monkeypatch):
    assert "how to pay" not in findings(here("doctor", "--json"))
    monkeypatch.delenv("CESSION_COLLECTOR_PAY_SITE")
    assert findings(here("doctor", "--json"))["how to pay"]["state"] == "warn"


@pytest.mark.parametrize("made", [(), ("var/keys",)])
def test_an_examination_writes_nothing(tmp_path, monkeypatch, made):
    monkeypatch.chdir(tmp_path)
    for name in made:
        (tmp_path / name).mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    found = findings(CliRunner().invoke(app, ["doctor", "--json"]))
    assert sorted(tmp_path.rglob("*")) == before
    assert found["outbox"]["state"] == "ok"
    assert "cession up" in found["keys"]["advice"]


def test_lost_keys_are_not_said_to_be_made_by_a_start(here):
    shutil.rmtree(here.var / "keys")
    found = findings(here("doctor", "--json"))["keys"]
    assert "put back your copy" in found["found"]
    assert not (here.var / "keys").exists()
