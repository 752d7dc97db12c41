"""A case lives on through a new version of its strategy, and a new rule of law binds it at once."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from activities import strategy as moves
from models.tables import Act
from models.visibility import SA
from rules.packs import load_packs
from runtime.settings import PACKS
from store import debt as debts
from tests.workflows.conftest import World
from worker.invariants import breaches, engine_breaches
from worker.lockstep import lived

DAY = timedelta(days=1)
MONDAY = datetime(2026, 6, 15, 13, tzinfo=UTC)
"""09:00 in New York."""

NEW_YORK = ZoneInfo("America/New_York")

EARLY = """
[[jurisdiction.US.steps]]
key = "early"
day = 3
at = 10:00:00
channel = "letter"
template = "reminder"

"""
BETWEEN = EARLY.replace("early", "between").replace("day = 3", "day = 10")
FIRST = '[[jurisdiction.US.steps]]\nkey = "first_email"'
TEXT = '[[jurisdiction.US.steps]]\nkey = "sms"'


@pytest.fixture
def next_release(tmp_path):
    """The packs of the next release: standard-2, and a legal hot fix against mornings."""
    packs = shutil.copytree(PACKS, tmp_path / "packs")
    old = (packs / "strategies" / "standard-1.toml").read_text("utf-8")
    new = old.replace("version = 1", "version = 2", 1)
    new = new.replace(FIRST, EARLY + FIRST, 1).replace(TEXT, BETWEEN + TEXT, 1)
    (packs / "strategies" / "standard-2.toml").write_text(new, "utf-8")
    law = packs / "jurisdictions" / "US-FED.toml"
    text = law.read_text("utf-8")
    assert 'opens = "08:00"' in text
    law.write_text(text.replace('opens = "08:00"', 'opens = "11:00"'), "utf-8")
    return packs


def told(world, account: str, to: str) -> str:
    """An operator orders a case to go over; answers what that means for it now."""
    office, now = world.office, world.sim.now
    strategy = office.strategies.find(to)
    with office.store.writing() as session:
        debt = debts.by_ref(session, account)[0]
        debt, said = moves.consider(session, office, debt.id, strategy, now)
        if said.outcome in ("goes", "waits"):
            moves.order(session, office, debt, to, "olga", "new_version", now)
    return said.why or said.outcome


def made(world, account: str) -> list[tuple[str, str, str]]:
    return [
        (row.step, row.strategy, f"{row.at.astimezone(NEW_YORK):%d %H:%M}")
        for row in world.contacts(account)
    ]


async def test_cases_go_over_between_two_steps_and_a_new_rule_binds_all_at_once(
    make_world, new_york, next_release, monkeypatch
):
    async with make_world(MONDAY) as sim:
        world = World(sim)
        for account in ("A-1", "A-2"):
            await world.open(new_york, account=account)
        await sim.run(until=MONDAY + 9 * DAY)
        shifts = {name: debt_shift(world, name) for name in ("A-1", "A-2")}
    monkeypatch.setattr("worker.office.PACKS", next_release)
    async with make_world(MONDAY + 9 * DAY) as sim:
        world = World(sim)
        for account, shift in shifts.items():
            sim.adopt(world.debt(account), shift)
        await sim.lockstep.settle()
        assert told(world, "A-1", "standard-2") == "goes"
        await sim.bring("A-1")
        await sim.tell(world.debt("A-1").workflow_id, "strategy")
        await sim.settle("A-1")
        described = await world.handle("A-1").describe()
        assert described.typed_search_attributes.get(SA.STRATEGY) == "standard-2"
        await sim.run(until=MONDAY + 17 * DAY)
        before = [("notice", "15"), ("notice_email", "15"), ("first_email", "22")]
        assert [(step, ref, at[:2]) for step, ref, at in made(world, "A-1")[:3]] == [
            (step, "standard-1", day) for step, day in before
        ]
        assert made(world, "A-1")[3:] == [
            ("between", "standard-2", "25 10:00"),
            ("sms", "standard-2", "29 11:00"),
        ]
        assert made(world, "A-2")[3:] == [("sms", "standard-1", "29 11:00")]
        # The call of day sixteen is with an agent: this one goes over when it is answered.
        assert told(world, "A-2", "standard-2") == "work:call"
        await sim.tell(world.debt("A-2").workflow_id, "strategy")
        await sim.settle("A-2")
        assert world.debt("A-2").strategy_ref == "standard-1"
        with world.office.store.reading() as session:
            acts = session.exec(select(Act).where(col(Act.what).startswith("strategy."))).all()
            assert [(act.what, act.actor, act.reason) for act in acts] == [
                ("strategy.ordered", "olga", "new_version"),
                ("strategy.moved", "case", "as_ordered"),
                ("strategy.ordered", "olga", "new_version"),
            ]
            # What was sent before the new rule was lawful then.
            assert breaches(session, load_packs(PACKS / "jurisdictions")) == []
        assert await engine_breaches(sim.client, [world.debt("A-1").workflow_id], set()) == []
        for name in sim.lockstep.open:
            await sim.client.get_workflow_handle(name).terminate("test over")


async def test_a_message_that_one_release_allows_and_the_next_sends_back_waits_and_does_not_spin(
    make_world, new_york, released_in_part
):
    async with make_world(MONDAY) as sim:
        world = World(sim)
        await world.open(new_york)
        await sim.run(until=MONDAY + timedelta(hours=3))
        history = await world.handle().fetch_history()
        assert len(lived(history.events)) < 80
        assert [at for step, _, at in made(world, "A-1") if step == "notice_email"] == ["15 11:00"]
        await world.handle().terminate("test over")


def debt_shift(world, account: str) -> timedelta:
    return timedelta(seconds=world.debt(account).shift_seconds)
