"""Ledgers at the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app

ROOT = Path(__file__).parents[2]


def examples() -> list[dict]:
    text = (ROOT / "docs" / "ledger.md").read_text("utf-8")
    return [
        json.loads(part)
        for part in re.findall(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def test_the_example_of_the_paper_folds_to_what_the_paper_says(tmp_path):
    table, told, totals = examples()
    (tmp_path / "table.json").write_text(json.dumps(table), "utf-8")
    done = CliRunner().invoke(app, ["ledger", "fold", str(tmp_path / "table.json"), "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    last = said["entries"][-1]
    assert {key: last[key] for key in told} == told
    assert said["totals"] == totals


def test_folding_reads_standard_input_and_needs_no_installation(tmp_path):
    table = examples()[0]
    done = subprocess.run(
        [sys.executable, "-c", "from cli.main import app; app()", "ledger", "fold", "--json"],
        input=json.dumps(table),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["totals"]["outstanding"] == "979.57"
    assert list(tmp_path.iterdir()) == []


def test_the_table_for_people_says_what_a_reversal_changed(tmp_path):
    table = examples()[0]
    done = CliRunner().invoke(app, ["ledger", "fold"], input=json.dumps(table))
    assert "P2 now stands for fees 50.00, interest 120.00, principal 30.00" in done.stdout
    assert "by negate the buckets would differ by fees 50.00" in done.stdout


@pytest.mark.parametrize("text", ["", "{", '{"currency": "USD", "entries": [{}]}', "\xff"])
def test_a_refused_table_ends_with_two_and_prints_nothing_on_standard_output(text):
    done = CliRunner().invoke(app, ["ledger", "fold", "--json"], input=text)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "the table was refused" in done.stderr


def test_a_file_that_is_not_there_is_said_so():
    done = CliRunner().invoke(app, ["ledger", "fold", "nowhere.json"])
    assert done.exit_code == 2
    assert "nowhere.json cannot be read" in done.stderr
