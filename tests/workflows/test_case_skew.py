"""A worker whose clock is wrong decides by the workflow's time; its own stands beside it on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from models.contact import Channel
from models.tables import Act, ContactEvent, ContactRow, Decision
from tests.workflows.conftest import World
from worker import host, simulation
from worker.invariants import breaches

AHEAD = timedelta(minutes=10)
"""Of the worker's clock."""

LATELY = timedelta(minutes=2)
"""Real time that a test takes: how far a running calendar may be from where it was put."""


class Skewed:
    """The worker's own clock: the right one and ten minutes."""

    def __init__(self, right) -> None:
        self._right = right

    def now(self) -> datetime:
        return self._right.now() + AHEAD

    def shift(self) -> timedelta:
        return self._right.shift() + AHEAD


@pytest.fixture
def ahead(monkeypatch):
    """Workers read a clock that is ten minutes ahead; the engine and everybody else do not."""

    def hosting(client, office, settings):
        return host.hosting(client, replace(office, clock=Skewed(office.clock)), settings)

    monkeypatch.setattr(simulation, "hosting", hosting)


def emails(world, account: str) -> list[ContactRow]:
    return [row for row in world.contacts(account) if row.channel == Channel.EMAIL]


@pytest.mark.parametrize(
    ("begins", "sent"),
    [
        # Their clock says 21:05, and 21:00 is too late; it is five to nine.
        ("2026-06-16T00:55:00+00:00", "2026-06-16T00:55:00+00:00"),
        # Their clock says 08:02, and 08:00 is early enough; it is eight minutes to.
        ("2026-06-15T11:52:00+00:00", "2026-06-15T12:00:00+00:00"),
    ],
)
async def test_a_worker_that_is_ten_minutes_ahead_keeps_the_hours_of_the_law(
    make_world, new_york, ahead, begins, sent
):
    start, due = datetime.fromisoformat(begins), datetime.fromisoformat(sent)
    async with make_world(start) as sim:
        world = World(sim)
        await world.open(new_york)
        await sim.run(until=start + timedelta(minutes=20))
        row = emails(world, "A-1")[0]
        assert timedelta(0) <= row.at - due < LATELY
        with world.office.store.reading() as session:
            asked = select(ContactEvent).where(col(ContactEvent.contact_id) == row.id)
            events = session.exec(asked.order_by(col(ContactEvent.at))).all()
            decided = session.exec(select(Decision.at).order_by(col(Decision.at))).all()
            said = session.exec(select(Act).where(col(Act.what) == "contact.sent")).all()
            assert breaches(session, world.office.law) == []
        assert [event.kind for event in events] == ["sending", "sent"]
        # What happened when, by the workflow; what the worker's clock showed stands beside it.
        assert all(timedelta(0) <= event.at - due < LATELY for event in events)
        assert all(event.observed_at - event.at > AHEAD / 2 for event in events)
        assert all(start <= at < due + LATELY for at in decided)
        assert all(act.at < act.observed_at for act in said)
        await world.handle().terminate("test over")


@pytest.mark.start("2026-06-15T13:00:00+00:00")
async def test_what_a_provider_says_of_its_time_is_kept_and_moves_nothing(
    make_world, new_york, ahead
):
    """A carrier whose clock is a day ahead: its receipt counts from when it came in."""
    start = datetime(2026, 6, 15, 13, tzinfo=UTC)
    async with make_world(start) as sim:
        world = World(sim)
        await world.open(new_york)
        letter = next(row for row in world.contacts() if row.channel == Channel.LETTER)
        body = {
            "id": "r-1",
            "contact": str(letter.id),
            "event": "delivered",
            "at": (sim.now + timedelta(days=1)).isoformat(),
            "evidence": "EMS-1",
        }
        await sim.bring("A-1")
        await sim._post("/v1/receipts/carrier", body, sim.settings.receipt_secrets["carrier"])
        await sim.settle("A-1")
        assert world.debt().notice_reached_at <= sim.now
        await sim.run(until=start + timedelta(days=8))
        assert [f"{row.at:%d %H:%M}" for row in emails(world, "A-1")[1:]] == ["22 14:00"]
        await world.handle().terminate("test over")
