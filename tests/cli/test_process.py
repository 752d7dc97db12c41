"""The command as a process: what only a process has, a terminal, an umask, streams."""

import json
import os
import signal
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CESSION = Path(sys.executable).with_name("cession")


def run(directory, *words, more=(), **environment):
    known = {"PATH": os.environ["PATH"], "CESSION_VAR": str(directory / "state" / "var")}
    done = subprocess.run(
        ["/bin/sh", "-c", 'umask 022; exec "$0" "$@" ' + " ".join(more), str(CESSION), *words],
        env=known | environment,
        cwd=directory,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert b"Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    directory = tmp_path_factory.mktemp("process")
    assert run(directory, "db", "upgrade").returncode == 0
    return directory


def test_what_a_command_makes_is_for_its_user_alone_whatever_the_umask(made):
    open_to_others = [
        path for path in (made / "state").rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert open_to_others == []


def test_a_terminal_without_unicode_gets_what_it_can_show(made):
    words = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    done = run(made, "whoami", CESSION_LANGUAGE="zh", **words)
    assert done.returncode == 0
    assert done.stdout.isascii()
    told = run(made, "law", "explain", "CN-HOURS", "--json", **words)
    assert (told.returncode, told.stdout.isascii()) == (0, True)
    assert json.loads(told.stdout)


def test_a_closed_standard_output_is_no_fault(made):
    assert run(made, "case", "list", more=[">&-"]).returncode in {0, 2}


def test_an_interrupted_command_says_what_stands(made):
    """It reads from a pipe, which opens here once it does, and in which nothing comes.

    The pipe ends right after the signal: a read that began in the very moment between the two would
    not be interrupted by it, and wait for ever.
    """
    os.mkfifo(made / "endless.csv")
    words = [str(CESSION), "ledger", "fold", "endless.csv"]
    known = {"PATH": os.environ["PATH"], "CESSION_VAR": str(made / "state" / "var")}
    with subprocess.Popen(
        words, env=known, cwd=made, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # Tests that run in the background inherit that Ctrl-C is ignored; who types it is not there.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as reading:  # fmt: skip
        with (made / "endless.csv").open("wb"):
            reading.send_signal(signal.SIGINT)
        _, said = reading.communicate(timeout=60)
    assert reading.returncode == 130
    assert said.decode().startswith("Interrupted. What was stored until then stands")
    assert b"Traceback" not in said


def test_what_is_logged_goes_to_standard_error_and_leaves_json_alone(made):
    done = run(made, "case", "list", "--json", CESSION_TOKEN="none-of-ours")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"access.refused" in done.stderr


def test_lost_keys_are_asked_for_and_never_made_anew(made):
    keys, aside = made / "state/var/keys", made / "state/var/aside"
    keys.rename(aside)
    try:
        for words in (["case", "list"], ["db", "upgrade"]):
            done = run(made, *words)
            assert done.returncode == 2
            assert b"cession keys restore FILE" in done.stderr
        assert not list(keys.glob("*.key"))
    finally:
        if keys.exists():
            keys.rmdir()
        aside.rename(keys)
    assert run(made, "case", "list").returncode == 0


@pytest.mark.parametrize("words", [["evidence", "verify"], ["keys", "restore"]])
def test_json_nested_without_end_is_refused_in_words(made, words):
    deep = made / "deep.json"
    deep.write_text("[" * 100_000, encoding="ascii")
    done = run(made, *words, str(deep))
    assert done.returncode == 2
    assert b"deep.json" in done.stderr


QUICK = (
    "portfolio", "transactions", "media", "case", "pay", "plan", "statement", "suspense", "db",
    "stop", "person", "audit", "keys",
)  # fmt: skip
HEAVY = ("sqlalchemy", "temporalio.client", "holidays", "jinja2", "httpx", "phonenumbers")


def test_the_help_of_a_group_waits_for_no_database_and_no_engine():
    asked = (
        "import sys, cli.main\n"
        f"for name in {QUICK}: cli.main.load(name)\n"
        f"print(*[name for name in {HEAVY} if name in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == []


def test_the_desk_starts_without_calendars_without_the_guards_phrases_and_without_the_engine():
    asked = (
        "import sys, cli.main, cli.office, worker.office, activities.overview\n"
        "for name in ('desk', 'operator'): cli.main.load(name)\n"
        "late = ('holidays', 'rules.denial', 'temporalio.client', 'temporalio.worker')\n"
        "print(*[name for name in late if name in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == []
