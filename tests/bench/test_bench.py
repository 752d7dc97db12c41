"""Every part of the bench runs, with counts so small that nothing is measured."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bench import activities, decisions, drill, ledger, load
from bench.__main__ import checks, floors, half_years, imports, memory, notices, whole_cases
from models.law import Verdict


def test_the_pure_parts_of_the_bench_run():
    answers = decisions.rates(count=1)
    assert {kind for *_, kind in answers} == {Verdict.ALLOW, Verdict.DEFER}
    assert "us-default@1" in ledger.times(repeat=1)


def test_the_bench_of_the_legal_check_runs(sqlite_url):
    assert min(checks(sqlite_url, others=10, repeat=2)) > 0


def test_the_bench_of_the_activities_leads_a_case_through_every_message():
    spent = activities.measure(cases=1)
    assert {name: len(took) for name, took in spent.items()} == {
        "prepare": 1,
        "legal_check": 6,
        "send": 6,
        "next_move": 1,
    }


def test_the_load_is_the_same_every_time_and_holds_the_doubled_share():
    events = load.plan(1_000, 10, 0.2, seed=7)
    assert events == load.plan(1_000, 10, 0.2, seed=7)
    assert (len(events), len({paid for paid, _ in events})) == (1_200, 1_000)
    assert [event for _, event in events] != sorted(event for _, event in events)


@pytest.mark.long
@pytest.mark.timeout(540)
async def test_every_payment_is_booked_once_while_workers_are_killed(postgres_url):
    told = await load.run(postgres_url, 500, debts=10, duplicates=0.2, connections=32, kills=2)
    assert (told.sound, told.booked, told.kills) == (True, 500, 2), told


@pytest.mark.long
async def test_the_bench_of_the_gateway_accepts_every_notice(postgres_url):
    rate, spent = await notices(postgres_url, 40)
    assert min(rate, spent) > 0


@pytest.mark.long
async def test_the_bench_of_whole_cases_sends_every_message_and_closes_each_case(temporal, client):
    told = await whole_cases(temporal, client, 2)
    assert (told["sent"], told["closed"]) == (7, 1), (
        "six letters and mails, and one that says it is paid"
    )
    assert (await floors(temporal, client, 2)).worker > 0


@pytest.mark.long
async def test_the_bench_of_imports_starts_every_case(temporal, client):
    told = await imports(temporal, client, 3)
    assert min(told["import_s"], told["bare_start_s"]) > 0


@pytest.mark.long
async def test_the_bench_of_half_a_year_lives_it(temporal, client):
    assert await half_years(temporal, client, 2) > 0


def test_the_comparison_with_dbos_says_what_is_missing():
    """An interpreter without it is named, and how to get one that has it."""
    command = [sys.executable, "-m", "bench.dbos", "--python", "/nowhere/python"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "/nowhere/python has no DBOS" in done.stderr
    assert "pip install dbos" in done.stderr


@pytest.mark.long
async def test_the_bench_of_memory_starts_its_cases(temporal, client):
    assert await memory(temporal, client, 2)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_a_short_day_with_workers_killed_loses_and_doubles_nothing(postgres_url):
    done = await drill.drill(postgres_url, minutes=0.2, workers=2, rows=20, files=2)
    assert done.kills
    assert done.import_kills
    assert done.payments
    assert done.sound, done.told()
