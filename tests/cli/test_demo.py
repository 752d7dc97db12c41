"""The demo: everybody acts through the real doors, and each life comes to its end."""

from __future__ import annotations

import io
import re
from collections import Counter

import pytest
from rich.console import Console
from sqlmodel import select

from activities.desk import CHOICES
from activities.overview import Life, lives
from activities.standing import balances
from cli.demo import GRAIN, SAMPLES, SPREAD, START, Screen, play, report, sample_files, settings_for
from models.case import TaskKind
from models.desk import Result
from models.tables import ContactRow, Debt, InboxItem, WorkItem
from store.standing import stand
from worker.invariants import breaches
from worker.personas import read_cast
from worker.simulation import simulated
from worker.stack import Temporal


@pytest.mark.timeout(180)
async def test_the_second_portfolio_lives_half_a_year(client, tmp_path):
    settings = settings_for(tmp_path / "demo")
    settings.var.mkdir()
    console = Console(record=True, width=160)
    async with simulated(settings, client, START, spread=SPREAD, grain=GRAIN) as world:
        await play(world, [SAMPLES / "portfolio-second.csv"], Screen(console, world))
        with world.office.store.reading() as session:
            lived = {life.account: life for life in lives(session, world.now)}
            debts = session.exec(select(Debt)).all()
            folded = [balances(stand(session, debt.id, world.now)) for debt in debts]
            sent = session.exec(select(ContactRow).where(ContactRow.agent == "machine")).all()
            notices = session.exec(select(InboxItem)).all()
            reviews = session.exec(select(WorkItem).where(WorkItem.kind == "reopen_review")).all()
            assert breaches(session, world.office.law) == []
    assert {account: life.ending for account, life in lived.items()} == {
        "CF-0001": "paid",
        "CF-0002": "paid",
        "CF-0003": "paid",
        "CF-0004": "recalled",
    }
    assert [account for account, life in lived.items() if life.again] == ["CF-0002"]
    assert {(row.kind, row.outcome) for row in reviews} == {("reopen_review", "resolved")}
    assert all(each.charged == each.paid + each.waived + each.outstanding for each in folded)
    steps = Counter((row.debt_id, row.step) for row in sent if row.step and row.state == "sent")
    assert max(steps.values()) == 1
    assert {notice.provider for notice in notices} >= {"letter", "sms", "seller:copper-field"}
    assert "2026-03" in console.export_text()


def test_every_debt_of_the_sample_plays_a_character_that_exists():
    cast = read_cast(SAMPLES / "personas.toml")
    assert set(cast.debts.values()) <= set(cast.characters)
    accounts = [
        line.partition(",")[0]
        for file in sample_files()
        for line in file.read_text("utf-8").splitlines()[1:]
    ]
    assert sorted(accounts) == sorted(cast.debts)
    assert all(re.fullmatch(r"[A-Z]{2}-\d{4}", account) for account in accounts)


def test_no_character_is_left_without_a_part():
    cast = read_cast(SAMPLES / "personas.toml")
    assert set(cast.characters) - set(cast.debts.values()) == set()


def test_agents_of_the_sample_answer_every_review_with_what_the_desk_takes():
    answers = read_cast(SAMPLES / "personas.toml").reviews
    talked = {TaskKind.CALL, TaskKind.VISIT}
    second = {TaskKind.APPROVAL, TaskKind.COMPLAINT, TaskKind.QA_REVIEW}
    assert set(answers) == set(TaskKind) - talked - second
    either = (Result.RESOLVED, Result.END_CASE)
    assert all(result in CHOICES.get(kind, either) for kind, result in answers.items())


def life(**words) -> Life:
    return Life(
        **{
            "account": "US-0003",
            "case": "case-0123456789abcdef0123",
            "place": "US-NYC",
            "contacts": {"letter": 2, "email": 2, "sms": 12, "phone": 1},
            "deferred": 3,
            "blocked": 1,
            "reason": "US-FED-COOLDOWN-7D",
            "paid": 1234567,
            "currency": "USD",
            "stage": "contacting",
            "ending": "paid",
            **words,
        }
    )


def test_the_table_of_lives_can_be_read_on_the_smallest_terminal():
    console = Console(record=True, width=80, file=io.StringIO())
    told = [life(), life(ending=None, paid=0, reason="identity_theft"), life(again=True)]
    shown = report(console, told, Temporal("", "http://ui", 0))
    for part in shown:
        console.print(part, soft_wrap=False)
    text = console.export_text()
    assert all(len(line) <= 80 for line in text.splitlines())
    for whole in ("US-0003", "US-NYC", "12,345.67 USD", "12", "paid", "contacting…", "paid again"):
        assert whole in text


def test_each_life_has_the_address_of_its_history_where_there_is_room():
    address = "http://ui/namespaces/default/workflows/case-0123456789abcdef0123"
    console = Console(record=True, width=160, file=io.StringIO())
    for part in report(console, [life()], Temporal("", "http://ui", 0)):
        console.print(part)
    assert address in console.export_text()
