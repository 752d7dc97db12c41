"""The record at the command line: whole, readable, and loud when somebody changed it."""

from __future__ import annotations

import json
import stat

from sqlalchemy import text


def tamper(here, statement: str):
    with here.office.store.engine.begin() as connection:
        connection.execute(text(statement))


def test_the_record_of_an_import_is_whole_and_says_how_much_it_proves(here):
    here.prepare("US-0001")
    here.json("audit", "seal")
    seen = here.json("audit", "verify")
    assert seen["whole"]
    assert seen["links"] >= seen["chains"] > 30
    assert seen["seal"]["n"] == 1
    assert "The record is whole" in here("audit", "verify").stdout


def test_a_change_is_named_with_its_table_and_row_and_ends_with_trouble(here):
    here("case", "hold", "US-0001", "--until", "7d", "--reason", "call")
    tamper(here, "UPDATE stop SET reason = 'never' WHERE reason = 'call'")
    done = here("audit", "verify")
    assert done.exit_code == 1
    assert "row_changed" in done.stdout
    seen = json.loads(here("audit", "verify", "--ref", "US-0001", "--json").stdout)
    (fault,) = seen["faults"]
    assert (fault["what"], fault["table"]) == ("row_changed", "stop")
    assert here("audit", "verify", "--ref", "US-0002").exit_code == 0


def test_show_tells_who_did_what_on_which_when_and_why(here):
    here("case", "hold", "US-0001", "--until", "7d", "--reason", "call")
    (line,) = here.json("audit", "show", "--actor", "anna", "--what", "stop.")
    assert (line["who"], line["what"], line["account"], line["why"]) == (
        "anna", "stop.entered", "US-0001", "call",
    )  # fmt: skip
    assert "US-0001" in here("audit", "show", "--ref", "US-0001").stdout
    assert here.json("audit", "show", "--actor", "anna", "--since", "2026-03-19") == []


def test_an_export_can_be_checked_elsewhere_and_names_nobody(here, tmp_path):
    here.prepare("US-0001")
    file = tmp_path / "record.jsonl"
    seen = here.json("audit", "export", file, "--ref", "US-0001")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(lines) == seen["lines"]
    assert {"act", "link"} <= {line["kind"] for line in lines}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "Avery" not in file.read_text()
    again = here("audit", "export", file)
    assert again.exit_code == 2
    assert "already" in again.stderr
    assert here.json("audit", "show", "--what", "audit.")[0]["facts"] == {"lines": len(lines)}
