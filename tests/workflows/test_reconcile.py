"""A store put back from a copy, and an engine that went on without it: nothing is sent until they agree."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select
from temporalio.client import WorkflowExecutionStatus

from activities import reconcile
from activities.reconcile import Kind
from models.stop import StopKind
from models.tables import ContactRow, Stop, WorkItem
from runtime.clock import wall_now
from store.copy import put_back, take
from tests.workflows.conftest import World
from tests.workflows.test_case_reopening import delivers

DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)


async def differences(sim, names):
    """What differs about cases of this test; the server has others."""
    found = await reconcile.compare(sim.client, sim.office.store, None, lambda _: None)
    return [each for each in found if each.case in names]


def by_kind(found) -> Counter:
    return Counter((each.kind, each.account) for each in found)


@pytest.mark.timeout(240)
async def test_a_store_put_back_behind_the_engine_is_made_whole_before_anybody_is_contacted(
    make_world, shanghai, tmp_path
):
    copy, other = tmp_path / "copy.gz", f"sqlite:///{tmp_path / 'other.db'}"
    async with make_world(MONDAY) as sim:
        world = World(sim)
        delivers(sim)
        for n in (1, 2, 3):
            await world.open(shanghai, account=f"A-{n}", phone=f"+861990000000{n}")
        shift = sim.lockstep.shift
        await sim.run(until=sim.now + 7 * DAY)
        with sim.office.store.writing() as session:
            take(sim.settings.database, copy, wall_now())
            known = {row.id for row in session.exec(select(ContactRow))}
        # The engine lives on: texts are sent, one debt is paid, a new one comes in.
        await sim.run(until=sim.now + 20 * DAY)
        await sim.bring("A-2")
        await sim.pay("A-2", "1170.00", ident="p-2")
        await sim.settle("A-2")
        await world.open(shanghai, account="A-4", phone="+8619900000004")
        names = {world.debt(f"A-{n}").workflow_id: f"A-{n}" for n in (1, 2, 3, 4)}
        assert await differences(sim, names) == []
        sent = [row for row in world.contacts("A-1") if row.id not in known]
        sent += [row for row in world.contacts("A-3") if row.id not in known]
        now = sim.now
    assert sent
    put_back(other, copy)
    async with make_world(now, database_url=other) as sim:
        world = World(sim)
        office = sim.office
        with office.store.writing() as session:
            reconcile.hold(session, now, wall_now(), since=wall_now() - DAY, reason="restored")
        found = await differences(sim, names)
        counted = by_kind(found)
        assert counted[Kind.LOST_RUN, "A-2"] == 1
        assert counted[Kind.LOST_NOTICE, "A-2"] == 1
        assert counted[Kind.STRANGER, ""] == 1
        forgotten = {
            reconcile.contact_id(world.debt(each.account).id, each.epoch, each.ordinal)
            for each in found
            if each.kind is Kind.LOST_CONTACT
        }
        assert {row.id for row in sent} <= forgotten
        assert reconcile.mend(office, found, "tester")
        left = await differences(sim, names)
        assert by_kind(left) == {(Kind.STRANGER, ""): 1}
        reconcile.mend(office, found, "tester")
        assert await differences(sim, names) == left, "repeated, it changes nothing"
        with office.store.reading() as session:
            rows = {row.id: row for row in session.exec(select(ContactRow))}
            for row in sent:
                kept = rows[row.id]
                assert (kept.state, kept.step, kept.channel) == ("unknown", row.step, row.channel)
                assert abs(kept.at - row.at) < timedelta(minutes=5)
            doubts = session.exec(select(WorkItem).where(WorkItem.kind == "doubt_review")).all()
            assert {row.id for row in sent} <= {item.contact_id for item in doubts}
            held = session.exec(select(Stop).where(Stop.reason == "lost_notice")).one()
            assert (held.kind, held.debt_id) == (StopKind.HOLD, world.debt("A-2").id)
        stranger = next(name for name, account in names.items() if account == "A-4")
        await sim.client.get_workflow_handle(stranger).terminate("reconciled")
        assert await differences(sim, names) == []
        with office.store.writing() as session:
            reconcile.release(session, now, "tester")
            assert reconcile.holding(session) is None
        # Life goes on, and no step that went out before the restore comes again.
        for n in (1, 3):
            sim.adopt(world.debt(f"A-{n}"), shift)
        await sim.run(until=sim.now + 60 * DAY)
        for n in (1, 3):
            steps = Counter(row.step for row in world.contacts(f"A-{n}"))
            assert max(steps.values()) == 1
            assert steps.keys() > {"notice", "sms"}
        for name in names:
            handle = sim.client.get_workflow_handle(name)
            if (await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
                await handle.terminate("test over")


class Meanwhile:
    """The engine's client, before whose first answer something else happens."""

    def __init__(self, client, act):
        self.client, self.act = client, act

    def __getattr__(self, name):
        return getattr(self.client, name)

    async def list_workflows(self, query):
        act, self.act = self.act, None
        if act is not None:
            await act()
        async for run in self.client.list_workflows(query):
            yield run


async def test_a_case_that_comes_in_while_comparing_is_no_stranger(make_world, shanghai):
    async with make_world(MONDAY) as sim:
        world = World(sim)

        async def comes_in():
            await world.open(shanghai, account="A-1")

        found = await reconcile.compare(
            Meanwhile(sim.client, comes_in), sim.office.store, None, lambda _: None
        )
        name = world.debt("A-1").workflow_id
        assert [each for each in found if each.case == name] == []
        await sim.client.get_workflow_handle(name).terminate("test over")
