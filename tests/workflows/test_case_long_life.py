"""Five years of one case in fast time: thousands of events, begun anew while money comes in."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from sqlmodel import col, select

from models.case import OrderKind
from models.tables import InboxItem, LedgerEntry
from worker.invariants import breaches, engine_breaches

WEEK = timedelta(days=7)
YEARS = 5

MANY = 4096
"""Events after which the server itself would want a new run; a run that hears much ends earlier."""


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.start("2026-06-15T13:00:00+00:00")
async def test_a_case_of_five_years_begins_anew_while_money_comes_in_and_books_all_of_it_once(
    world, new_york
):
    sim = world.sim
    await world.open(new_york)
    name = world.debt().workflow_id
    begun = sim.now
    await sim.run(until=begun + WEEK + timedelta(days=1))
    contacted = [row.step for row in world.contacts()]
    over = begun + timedelta(days=365 * YEARS)
    assert await sim.order("A-1", OrderKind.HOLD, "court", until=over) is None
    paid: list[str] = []
    lengths: dict[str, int] = {}
    while sim.now < over - WEEK:
        await sim.run(until=sim.now + WEEK)
        await sim.bring("A-1")
        # Money and news at the same moment, told up to three times, whenever a new run may begin.
        paid.append(f"p-{len(paid)}")
        news = [sim.tell(name, f"news_{n}") for n in range(12)]
        await asyncio.gather(sim.pay("A-1", "1.00", ident=paid[-1], times=1 + len(paid) % 3), *news)
        await sim.settle("A-1")
        described = await world.handle().describe()
        lengths[described.run_id] = described.history_length
    assert len(paid) > 250
    assert len(lengths) >= 10
    assert sum(lengths.values()) >= MANY
    with world.office.store.reading() as session:
        booked = session.exec(
            select(LedgerEntry.external_id).where(col(LedgerEntry.kind) == "payment")
        ).all()
        came = session.exec(select(InboxItem).where(col(InboxItem.kind) == "payment")).all()
        assert breaches(session, world.office.law) == []
    assert Counter(ref.rpartition(":")[2] for ref in booked) == Counter(paid)
    assert {item.status for item in came} == {"booked"}
    assert await engine_breaches(sim.client, [name], set()) == []
    # Its day 0, its steps and its hold went with it; after five years it goes on where it was.
    assert [row.step for row in world.contacts()] == contacted
    assert world.debt().opened_at - begun < timedelta(minutes=5)
    await sim.run(until=over + 4 * WEEK)
    steps = [row.step for row in world.contacts()]
    assert len(steps) == len(set(steps))
    assert world.debt().next_action_at > sim.now
