"""The stack in one process: killed at any moment, it finds everything as it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.warm import warm_cession

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "packs" / "samples"
CESSION = [sys.executable, "-c", "from cli.main import app; app()"]


@pytest.fixture
def surroundings(tmp_path):
    """Of a fresh installation on free ports."""
    ours = {
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "200",
        "CESSION_VAR": str(tmp_path / "var"),
        "CESSION_TEMPORAL_PORT": "0",
        "CESSION_UI_PORT": "0",
        "CESSION_GATEWAY_PORT": "0",
    }
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CESSION_", "TEMPORAL_"))}
    return kept | ours


@pytest.fixture
def warm(tmp_path):
    with warm_cession(tmp_path / "bin") as command:
        yield command


def up(surroundings, directory: Path) -> subprocess.Popen[str]:
    """Start the stack and wait until it greets."""
    process = subprocess.Popen(
        [*CESSION, "up"],
        cwd=directory,
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if "Ctrl-C" in line:
            return process
    raise AssertionError("".join(said))


def cession(command: Path, surroundings, directory: Path, *words: str):
    done = subprocess.run(
        [command, *words, "--json"],
        cwd=directory,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.server
@pytest.mark.timeout(420)
def test_after_a_kill_and_a_restart_the_cases_go_on(surroundings, warm, tmp_path):
    def ask(*words: str):
        return cession(warm, surroundings, tmp_path, *words)

    def paid() -> int:
        return ask("case", "show", "CF-0003")["paid"]

    first = up(surroundings, tmp_path)
    try:
        taken = ask("portfolio", "import", str(SAMPLES / "portfolio-second.csv"), "--wait")
        assert taken["started"]["started"] == 4
        # What a killed worker had in hand is begun again only when its time is over.
        ends = time.monotonic() + 60
        while {line["stage"] for line in ask("case", "list")} & {"not started", "preparing"}:
            assert time.monotonic() < ends, "the cases are not prepared"
    finally:
        first.kill()
        first.communicate()
    held = ask("case", "hold", "CF-0004", "--until", "7d", "--reason", "while_down")
    assert "does not answer" in held["told"]
    ask("pay", "CF-0003", "48.00", "--reference", "R-1")
    second = up(surroundings, tmp_path)
    try:
        ends = time.monotonic() + 60
        while paid() != 4800:
            assert time.monotonic() < ends, "the relay did not deliver what came in meanwhile"
        assert {line["account"] for line in ask("case", "list", "--hold", "hold")} == {"CF-0004"}
        assert {line["stage"] for line in ask("case", "list")}.isdisjoint({"not started"})
    finally:
        second.send_signal(signal.SIGTERM)
        rest, _ = second.communicate(timeout=60)
    assert second.returncode == 0
    assert "Stopped. Everything is kept" in rest
