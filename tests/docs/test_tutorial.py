"""The tutorial does what it says: its blocks run for real, one after another, in one shell."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.warm import warm_cession
from worker.stack import free_port

ROOT = Path(__file__).parents[2]

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

MARK = "-- output of block {} --"


def lessons() -> list[tuple[str, list[str]]]:
    """Every shell block with the lines that its output must show."""
    found: list[tuple[str, list[str]]] = []
    for kind, body in BLOCK.findall((ROOT / "docs" / "tutorial.md").read_text("utf-8")):
        if kind == "sh":
            found.append((body, []))
        elif kind == "text":
            found[-1][1].extend(body.splitlines())
    return found


def loosely(text: str) -> str:
    """Leave out how a table is drawn and where a line is broken."""
    return " ".join(re.sub(r"[^\S ]|[│┃┌┐└┘─]", " ", text).split())


def shown(line: str, output: str) -> bool:
    parts = [re.escape(loosely(part)) for part in line.split("…")]
    return re.search(r"\s?.*?\s?".join(parts), output) is not None


@pytest.fixture
def shell(tmp_path):
    """Runs a script as a stranger would, in a checkout without any state."""
    (tmp_path / "packs").symlink_to(ROOT / "packs")
    ours = {
        "PATH": os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "160",
        "CESSION_TEMPORAL_PORT": str(free_port()),
        "CESSION_UI_PORT": "0",
        "CESSION_GATEWAY_PORT": "0",
    }
    theirs = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CESSION_", "TEMPORAL_"))
    }

    def run(script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env=theirs | ours,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )

    with warm_cession(tmp_path / "bin"):
        yield run


@pytest.mark.timeout(420)
def test_the_tutorial_shows_what_it_promises(shell):
    taught = lessons()
    script = ["set -e", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"]
    for number, (body, _) in enumerate(taught):
        script += [f"echo '{MARK.format(number)}'", body]
    done = shell("\n".join(script))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for number, (_, lines) in enumerate(taught):
        after = done.stdout.split(MARK.format(number), 1)[1]
        output = loosely(after.split(MARK.format(number + 1), 1)[0])
        for line in lines:
            assert shown(line, output), f"block {number} does not show {line!r}:\n{output}"
