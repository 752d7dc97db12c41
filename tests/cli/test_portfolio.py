"""The commands of operations: what they print, what they write, and how they fail."""

import asyncio
import csv
import hashlib
import json
import shutil
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import run

import pytest
import typer
from temporalio.worker import Worker
from typer.testing import CliRunner

from activities.intake import IntakeActivities
from cli import main
from cli.main import COMMANDS, app
from cli.rights import FREE, RIGHTS
from cli.show import UNUSABLE, Known, in_plain_words
from cli.snapshot import Snapshot
from models.intake import IMPORTS, import_id
from rules.message import WordingPackError
from rules.packs import PackError
from rules.strategy import StrategyError
from store.engine import Store
from store.keys import Keys
from worker.stack import free_port
from workflows.intake import PortfolioImport

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "packs" / "samples"


@pytest.fixture
def cession(tmp_path, monkeypatch):
    """Runs a command in an installation of its own, with no Temporal server near."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CESSION_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("CESSION_TEMPORAL_PORT", str(free_port()))
    monkeypatch.setenv("COLUMNS", "120")
    for name in ("TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"):
        monkeypatch.delenv(name, raising=False)
    runner = CliRunner()
    return lambda *words: runner.invoke(app, [str(word) for word in words])


@pytest.fixture
def stored(cession):
    assert cession("db", "upgrade").exit_code == 0
    return cession


@pytest.fixture
def files(tmp_path):
    """Copies of the samples that a test may spoil."""
    shutil.copytree(SAMPLES, tmp_path / "files")
    return tmp_path / "files"


def spoil(files: Path, name: str, **changes) -> Path:
    path = files / f"{name}.manifest.json"
    manifest = json.loads(path.read_text("utf-8")) | changes
    path.write_text(json.dumps(manifest), "utf-8")
    return files / f"{name}.csv"


def test_check_reports_a_good_file_without_any_database(cession, tmp_path):
    done = cession("portfolio", "check", SAMPLES / "portfolio.csv")
    assert done.exit_code == 0
    assert "Portfolio HL-2026-02 of Harbour Lantern Bank" in done.stdout
    assert "40,721.70 CNY" in done.stdout
    assert not (tmp_path / "var").exists()


def test_check_names_row_field_and_advice_of_refused_rows(cession):
    done = cession("portfolio", "check", SAMPLES / "portfolio-refused.csv")
    assert done.exit_code == 1
    for words in ("row 3 PL-0002", "minor", "row 14 PL-0001", "duplicate_ref"):
        assert words in done.stdout


def test_check_speaks_json(cession):
    done = cession("portfolio", "check", SAMPLES / "portfolio-refused.csv", "--json")
    found = json.loads(done.stdout)
    assert (found["rows"], found["accepted"], found["refused"]) == (13, 1, 12)
    assert {"code", "row", "account_ref", "field", "message"} <= set(found["problems"][0])


def test_no_report_tells_who_anybody_is(cession):
    for name in ("portfolio", "portfolio-second", "portfolio-refused"):
        for form in ((), ("--json",)):
            done = cession("portfolio", "check", SAMPLES / f"{name}.csv", *form)
            for word in (
                "Avery",
                "Stone",
                "林青",
                "Sample Street",
                "55501",
                "example.com",
                "HYPER",
            ):
                assert word not in done.output


def test_a_wrong_control_total_stops_the_file_before_anything_is_written(stored, files):
    path = spoil(files, "portfolio-second", control_total_minor={"CNY": 194000, "USD": 373001})
    done = stored("portfolio", "import", path)
    assert done.exit_code == 2
    assert "control_total_mismatch" in done.stdout
    assert "Nothing was written." in done.stderr
    assert json.loads(stored("portfolio", "list", "--json").stdout) == []


def test_a_file_without_manifest_is_refused(stored, files):
    (files / "portfolio.manifest.json").unlink()
    for command in ("check", "import"):
        done = stored("portfolio", command, files / "portfolio.csv")
        assert done.exit_code == 2
        assert "portfolio.manifest.json" in done.stdout


def test_an_import_without_start_stores_and_the_second_one_changes_nothing(stored):
    first = stored("portfolio", "import", SAMPLES / "portfolio.csv", "--no-start")
    assert first.exit_code == 0
    assert "Stored 34 new debts; 0 were known. No case was started." in first.stdout
    again = stored("portfolio", "import", SAMPLES / "portfolio.csv", "--no-start")
    assert "Stored 0 new debts; 34 were known." in again.stdout
    (listed,) = json.loads(stored("portfolio", "list", "--json").stdout)
    assert (listed["portfolio"], listed["new"], listed["open"]) == ("HL-2026-02", 34, 0)


def test_a_seller_can_sign_payment_notices_as_soon_as_its_file_is_imported(stored, tmp_path):
    done = stored("portfolio", "import", SAMPLES / "portfolio.csv", "--no-start")
    secret = tmp_path / "var" / "keys" / "payments-harbour-lantern.secret"
    assert secret.name in done.stdout.replace("\n", "")
    assert secret.stat().st_mode & 0o777 == 0o600


def test_an_import_with_refused_rows_takes_the_others_and_says_so_by_its_exit_code(stored):
    done = stored("portfolio", "import", SAMPLES / "portfolio-refused.csv", "--no-start", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["stored"]["new"] == 1


def test_refused_rows_are_set_aside_for_our_eyes_only_and_come_in_once_they_are_mended(stored):
    done = stored("portfolio", "import", SAMPLES / "portfolio-refused.csv", "--no-start", "--json")
    aside = Path(json.loads(done.stdout)["quarantine"])
    assert aside.stat().st_mode & 0o777 == 0o600
    mended = aside.read_text("utf-8").replace("11/2025", "2025-11-07")
    aside.write_text(mended, "utf-8")
    again = json.loads(stored("portfolio", "import", aside, "--no-start", "--json").stdout)
    assert (again["stored"]["new"], again["stored"]["known"]) == (1, 1)
    assert stored("portfolio", "import", aside, "--no-start").exit_code == 1


def test_a_foreign_table_is_read_by_a_confirmed_mapping(stored, files):
    table = files / "portfolio-second.csv"
    foreign = table.read_text("utf-8").replace("account_ref,", "借据编号,", 1).encode("gb18030")
    table.write_bytes(foreign)
    spoil(files, "portfolio-second", sha256=hashlib.sha256(foreign).hexdigest())
    assert "column_missing" in stored("portfolio", "check", table).stdout
    assert "is a guess" in stored("portfolio", "map", table, "--write").stdout
    assert stored("portfolio", "map", table, "--write").exit_code == 2
    assert "mapping_unconfirmed" in stored("portfolio", "check", table).stdout
    mapping = files / "portfolio-second.mapping.toml"
    mapping.write_text(mapping.read_text("utf-8").replace("= false", "= true"), "utf-8")
    done = stored("portfolio", "import", table, "--no-start")
    assert done.exit_code == 0
    assert "Stored 4 new debts" in done.stdout


def test_a_mapping_that_is_not_there_is_refused_by_name(stored):
    done = stored("portfolio", "check", SAMPLES / "portfolio.csv", "--mapping", "nowhere.toml")
    assert done.exit_code == 2
    assert "nowhere.toml: there is no such mapping file" in done.stderr


def test_without_temporal_the_debts_are_stored_and_the_way_on_is_named(stored):
    done = stored("portfolio", "import", SAMPLES / "portfolio-second.csv")
    assert done.exit_code == 0
    assert "Stored 4 new debts" in done.stdout
    assert "no Temporal server answers" in done.stderr
    assert "cession portfolio start CF-2026-02" in done.stderr
    later = stored("portfolio", "start", "CF-2026-02")
    assert later.exit_code == 2
    assert "no Temporal server answers" in later.stderr


@asynccontextmanager
async def importing(client, tmp_path):
    """A worker that serves imports for the installation under test."""
    store = Store.open(
        f"sqlite:///{tmp_path / 'var' / 'cession.db'}",
        Keys.load_or_create(tmp_path / "var" / "keys"),
    )
    with ThreadPoolExecutor(2) as threads:
        activities = IntakeActivities(store, client, threads)
        async with Worker(
            client,
            task_queue=IMPORTS,
            workflows=[PortfolioImport],
            activities=[activities.open_page],
        ):
            yield
    store.close()


async def test_an_import_waits_until_every_case_is_started(
    stored, client, temporal, tmp_path, monkeypatch
):
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.address)
    async with importing(client, tmp_path):
        done = await asyncio.to_thread(
            stored, "portfolio", "import", SAMPLES / "portfolio-second.csv", "--wait"
        )
        assert done.exit_code == 0, done.output
        assert "Stored 4 new debts; 0 were known. 4 cases were started." in done.stdout
    manifest = json.loads((SAMPLES / "portfolio-second.manifest.json").read_text("utf-8"))
    ident = import_id(manifest["sha256"])
    history = await client.get_workflow_handle(ident).fetch_history()
    assert len(history.events) < 15


async def test_an_import_whose_cases_are_open_starts_nothing(
    stored, client, temporal, tmp_path, monkeypatch
):
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.address)
    stored("portfolio", "import", SAMPLES / "portfolio-second.csv", "--no-start")
    with sqlite3.connect(tmp_path / "var" / "cession.db") as database:
        database.execute("UPDATE debt SET status = 'open'")
    again = await asyncio.to_thread(
        stored, "portfolio", "import", SAMPLES / "portfolio-second.csv", "--wait"
    )
    assert "4 were known. There was nothing to start." in again.stdout


def test_a_portfolio_that_nobody_knows_is_named_as_such(stored):
    done = stored("portfolio", "start", "nowhere")
    assert done.exit_code == 2
    assert "no portfolio nowhere; see `cession portfolio list`" in done.stderr


def test_another_seller_code_for_a_known_seller_is_refused(stored, files):
    stored("portfolio", "import", SAMPLES / "portfolio-second.csv", "--no-start")
    done = stored(
        "portfolio", "import", spoil(files, "portfolio-second", seller_code="copper"), "--no-start"
    )
    assert done.exit_code == 2
    assert "is known under the code copper-field" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("portfolio", "check", "absent.csv"), "absent.csv: No such file or directory"),
        (("portfolio", "list"), "run: cession db upgrade"),
        (("portfolio", "chekc"), "Did you mean 'check'?"),
        (("portfolo",), "Did you mean 'portfolio'?"),
        (("portfolio", "check"), "Missing argument"),
    ],
)
def test_what_cannot_be_done_is_said_in_plain_words(cession, words, said):
    done = cession(*words)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.output


def test_an_unknown_setting_is_refused_by_name(cession, monkeypatch):
    monkeypatch.setenv("CESSION_OUTBOKS", "x")
    done = cession("db", "status")
    assert done.exit_code == 2
    assert "CESSION_OUTBOKS (did you mean CESSION_OUTBOX?)" in done.stderr


def test_a_database_of_another_schema_is_named_by_status(cession):
    absent = cession("db", "status", "--json")
    assert (absent.exit_code, json.loads(absent.stdout)["fits"]) == (1, False)
    cession("db", "upgrade")
    assert cession("db", "status").exit_code == 0


@pytest.mark.parametrize(
    "wrong",
    [
        PackError("CN", "a rule has no source"),
        StrategyError("gentle-1.toml: a step has no day"),
        WordingPackError("zh-CN/pack.toml: no closing"),
    ],
)
def test_a_pack_that_cannot_be_read_is_explained_and_no_bug(wrong):
    assert in_plain_words(wrong) == Known(str(wrong), UNUSABLE)


def test_a_bug_shows_no_stack_trace_unless_asked(cession, monkeypatch):
    broken = typer.Typer()

    @broken.command()
    def fail() -> None:
        raise ZeroDivisionError("personal detail")

    monkeypatch.setattr(main, "broken", broken, raising=False)
    monkeypatch.setitem(COMMANDS, "fail", ("cli.main:broken", "Fails."))
    monkeypatch.setitem(RIGHTS, "fail", FREE)
    done = cession("fail")
    assert done.exit_code == main.FAULT
    assert "ZeroDivisionError" in done.stderr
    assert "personal detail" not in done.output
    assert isinstance(cession("--trace", "fail").exception, ZeroDivisionError)


def test_the_version_is_that_of_the_project(cession):
    done = cession("--version")
    assert done.exit_code == 0
    assert f'version = "{done.stdout.split()[1]}"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_help_lists_every_command_and_loads_none():
    code = (
        "import sys; sys.argv = ['cession', '--help']\n"
        "from cli.main import app\n"
        "try: app()\n"
        "except SystemExit: pass\n"
        "loaded = {'temporalio', 'sqlalchemy', 'pydantic'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    done = run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in COMMANDS:
        assert name in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_is_for(cession, name):
    done = cession(name, "--help")
    assert done.exit_code == 0
    assert "Usage" in done.stdout


def test_a_report_has_one_line_for_each_finding_and_never_covers_a_file(stored, tmp_path):
    report = tmp_path / "report.csv"
    words = ("portfolio", "check", SAMPLES / "portfolio-refused.csv", "--report", report)
    assert stored(*words).exit_code == 1
    lines = list(csv.DictReader(report.read_text("utf-8").splitlines()))
    told = json.loads(stored(*words[:3], "--json").stdout)["problems"]
    assert [(line["row"], line["code"], line["field"]) for line in lines] == [
        (str(each["row"] or ""), each["code"], each["field"] or "") for each in told
    ]
    before = report.read_bytes()
    again = stored(*words)
    assert again.exit_code == 2
    assert "name another file" in again.stderr
    assert report.read_bytes() == before
    assert report.stat().st_mode & 0o777 == 0o600


def test_what_is_stored_is_what_was_checked_whatever_happens_to_the_file_meanwhile(tmp_path):
    file = tmp_path / "table.csv"
    file.write_bytes(b"account_ref,total\nA-1,1.00\n")
    with Snapshot(file) as given:
        file.write_bytes(b"account_ref,total\nA-2,9.00\n")
        with given() as first, given() as second:
            assert first.read(11) == b"account_ref"
            assert second.read() == b"account_ref,total\nA-1,1.00\n"
            assert first.readline() == b",total\n"
