"""A big file: killed at a row and run again, imported whole again, and a third time with changes."""

import csv
import hashlib
import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from subprocess import run

import pytest
from sqlalchemy import func
from sqlmodel import select

from activities.intake import CHUNK, store_portfolio
from models.tables import Debt, LedgerEntry
from rules.intake import read_manifest, survey
from rules.invented import Portfolio
from rules.sheet import open_sheet
from store import chain
from store.engine import Store
from store.keys import Keys
from store.schema import upgrade

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from sqlalchemy import event
from sqlmodel import Session
from tests.activities.test_intake_at_scale import imported, opened
from activities import intake
from rules.sheet import open_sheet

url, var, path, row, where = sys.argv[1:]

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def dying(source):
    sheet = open_sheet(source)
    def records():
        for at, record in enumerate(sheet.records(), 1):
            if where == "reading" and at == int(row):
                die()
            yield record
    return replace(sheet, records=records)

if where == "writing":
    done = [0]
    @event.listens_for(Session, "before_commit")
    def stop(_session):
        done[0] += 1
        if done[0] * intake.CHUNK > int(row):
            die()
imported(opened(url, Path(var)), Path(path), dying)
"""


def opened(url, var):
    return Store.open(url, Keys.load_or_create(var / "keys"))


def imported(store, path, reading=open_sheet):
    manifest = read_manifest(path.with_suffix(".json").read_text("utf-8"))

    def source():
        return path.open("rb")

    assert not survey(source, manifest, NOW.date(), tell=lambda _: None).stopped
    return store_portfolio(store, manifest, reading(source), now=NOW, observed_at=NOW, actor="test")


def written(path, rows, made):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".json").write_text(json.dumps(made.manifest(digest)), "utf-8")


def counted(store):
    with store.reading() as session:
        return (
            session.exec(select(func.count()).select_from(Debt)).one(),
            session.exec(select(func.sum(LedgerEntry.minor))).one(),
        )


@pytest.mark.parametrize(
    ("rows", "at", "where"),
    [
        pytest.param(600, 264, "reading", marks=pytest.mark.timeout(300)),
        pytest.param(600, 264, "writing", marks=pytest.mark.long),
        pytest.param(
            100_000, 43_210, "reading", marks=[pytest.mark.long, pytest.mark.timeout(7200)]
        ),
    ],
)
def test_a_killed_import_goes_on_where_it_was_and_a_third_file_changes_no_money(
    tmp_path, database_url, rows, at, where
):
    upgrade(database_url)
    path = tmp_path / "first.csv"
    made = Portfolio(rows, 7, ("us", "cn", "gb"), name="BIG")
    written(path, made, made)
    store = opened(database_url, tmp_path)
    killed = run(
        [sys.executable, "-c", KILLED, database_url, tmp_path, path, str(at), where],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    before, _ = counted(store)
    assert 0 < before < at
    assert before % CHUNK == 0

    resumed = imported(store, path)
    assert (resumed.new, resumed.known, resumed.refused) == (rows - before, before, 0)
    assert counted(store) == (rows, sum(made.promised.values()))

    again = imported(store, path)
    assert (again.new, again.known, again.problems) == (0, rows, ())

    third = tmp_path / "third.csv"
    more = Portfolio(rows + 10, 7, ("us", "cn", "gb"), name="BIG")
    table = list(more)
    added = 0
    for row in table[1:11]:
        cells = dict(zip(table[0], row, strict=True))
        for name in ("principal", "total", "itemization_balance"):
            if cells[name]:
                row[table[0].index(name)] = f"{float(cells[name]) + 1:.2f}"
        more.promised[cells["currency"]] += 100
        added += 100
    written(third, table, more)
    changed = imported(store, third)
    assert (changed.new, changed.known) == (10, rows)
    assert {each.code for each in changed.problems} == {"balance_not_changed"}
    assert [each.row for each in changed.problems] == list(range(2, 12))
    assert all("an import never changes money" in each.message for each in changed.problems)
    assert counted(store) == (rows + 10, sum(more.promised.values()) - added)

    if rows <= 1_000:  # the whole record of a big file takes an hour to verify
        with store.reading() as session:
            assert list(chain.verify(session, store.keys)) == []
    store.close()
