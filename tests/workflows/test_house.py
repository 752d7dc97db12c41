"""What the house does on a calendar: seals the record, counts or destroys what is due."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import select
from temporalio.client import Schedule, WorkflowHistory
from temporalio.worker import Worker

from activities.history import kept_of, unpacked
from activities.house import HouseActivities
from activities.retention import Places
from models.house import Chore, ChoreDone, ChoreKind
from models.tables import Act, ChainSeal, ContactRow, DataKey, Debtor
from runtime.settings import load
from store.schema import upgrade
from tests.workflows.conftest import NEW_YORK, store_debt
from worker.host import CHORES, keep_calendar
from worker.office import make_office
from workflows.house import Housekeeping

NOW = datetime(2030, 3, 2, 1, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Still:
    def now(self) -> datetime:
        return NOW


@pytest.fixture
def office(database_url, tmp_path):
    upgrade(database_url)
    made = replace(make_office(load({}, var=tmp_path, database_url=database_url)), clock=Still())
    yield made
    made.threads.shutdown()
    made.store.close()


@pytest.fixture
def store(office):
    opened = office.store
    with opened.writing() as session:
        ident = uuid4()
        key = opened.keys.new_data_key(session, ident, NOW)
        session.add(
            Debtor(
                id=ident,
                key="d1",
                identity="i1",
                jurisdiction="US",
                sealed=key.seal({"name": "x"}),
                created_at=datetime(2020, 1, 1, tzinfo=UTC),
            )
        )
        session.add(Act(at=NOW, observed_at=NOW, what="x", reason="x", actor="x"))
    return opened


async def keep(
    client, office, kind: ChoreKind, *, destroys: bool = False, places: Places | None = None
) -> ChoreDone:
    queue, house = f"house-{uuid4()}", HouseActivities(office, places or Places(), destroys)
    async with Worker(
        client,
        task_queue=queue,
        workflows=[Housekeeping],
        activities=[house.keep_house, house.keep_histories],
        activity_executor=office.threads,
    ):
        return await client.execute_workflow(
            Housekeeping.run, Chore(kind=kind), id=str(uuid4()), task_queue=queue
        )


async def test_the_record_is_sealed_once_and_again_only_when_it_grew(client, office, store):
    assert (await keep(client, office, ChoreKind.SEAL)).did == "seal 1"
    assert (await keep(client, office, ChoreKind.SEAL)).did == "nothing to seal"
    with store.reading() as session:
        assert len(session.exec(select(ChainSeal)).all()) == 1


async def test_retention_only_counts_until_it_may_destroy(client, office, store):
    dry = await keep(client, office, ChoreKind.RETENTION)
    assert (dry.due, dry.done) == (1, 0)
    with store.reading() as session:
        assert session.exec(select(DataKey)).first() is not None
    done = await keep(client, office, ChoreKind.RETENTION, destroys=True)
    assert (done.due, done.done) == (1, 1)
    with store.reading() as session:
        assert session.exec(select(DataKey)).first() is None
        act = session.exec(select(Act).where(Act.what == "person.erased")).one()
    assert (act.actor, act.reason) == ("house", "retention")
    assert (await keep(client, office, ChoreKind.RETENTION, destroys=True)).due == 0


async def test_what_a_person_refused_is_destroyed_even_where_retention_only_counts(
    client, office, store, tmp_path
):
    contact, at = uuid4(), NOW - timedelta(days=1)
    with store.writing() as session:
        debt = store_debt(session, store.keys, NEW_YORK | {"debtor": uuid4()}, "U1", at)
        row = ContactRow(
            id=contact, debtor_id=debt.debtor_id, debt_id=debt.id, channel="phone", state="sent",
            at=at,
        )  # fmt: skip
        said = Act(
            at=at, observed_at=at, debtor_id=debt.debtor_id, what="recording.refused",
            reason="asked", actor="anna", facts={"contact": str(contact)},
        )  # fmt: skip
        session.add_all([row, said])
    for ident in (contact, uuid4()):
        (tmp_path / f"{ident}.wav").write_bytes(b"RIFF")
    places = Places(recordings=tmp_path)
    assert (await keep(client, office, ChoreKind.RETENTION, places=places)).done == 1
    assert [path for path in tmp_path.glob("*.wav") if str(contact) in path.name] == []
    assert len(list(tmp_path.glob("*.wav"))) == 1
    with store.reading() as session:
        assert session.exec(select(DataKey).where(DataKey.debtor_id != debt.debtor_id)).first()


async def test_the_calendar_is_kept_once_however_many_processes_begin(client):
    for _ in range(2):
        await keep_calendar(client)
    try:
        for kind in CHORES:
            handle = client.get_schedule_handle(f"housekeeping-{kind}")
            kept: Schedule = (await handle.describe()).schedule
            assert kept.action.workflow == "Housekeeping"
    finally:
        for kind in CHORES:
            await client.get_schedule_handle(f"housekeeping-{kind}").delete()


async def test_histories_of_ended_cases_are_kept_once_and_can_be_imported(world, client, shanghai):
    await world.open(shanghai)
    await world.sim.pay("A-1", "1170.00", ident="p-1")
    await world.sim.settle("A-1")
    await world.sim.run(until=world.sim.now + timedelta(days=3))
    assert world.debt().status == "closed"
    office = world.office
    assert (await keep(client, office, ChoreKind.HISTORIES)).done == 1
    assert (await keep(client, office, ChoreKind.HISTORIES)).done == 0
    with office.store.reading() as session:
        (row,) = kept_of(session, world.debt())
    told = unpacked(row)
    live = await world.handle().fetch_history()
    assert told == json.loads(live.to_json())
    assert (row.status, row.events) == ("completed", len(live.events))
    again = WorkflowHistory.from_json(world.debt().workflow_id, told)
    assert [event.event_id for event in again.events] == list(range(1, row.events + 1))
