"""A closed debt that is owed again: one new life, which a person must confirm."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from sqlmodel import col, select
from temporalio.client import WorkflowFailureError

from activities.payment import reopen
from activities.start import lost, renew
from models.case import OrderKind, TaskKind
from models.desk import Report, Result
from models.tables import LedgerEntry, WorkItem
from store import work
from tests.workflows.conftest import attributes

DAY = timedelta(days=1)


def delivers(sim):
    def witness(sent):
        if sent.channel == "letter":

            async def arrive(sim, contact=sent.contact):
                await sim.receipt(contact, "carrier", "delivered", evidence="EMS-1")

            yield 5 * DAY, arrive

    sim.witness = witness


def steps(world):
    return [row.step for row in world.contacts()]


def money(world):
    with world.office.store.reading() as session:
        rows = session.exec(select(LedgerEntry).order_by(col(LedgerEntry.seq))).all()
        return [(row.kind, row.minor) for row in rows if row.source != "import"]


async def paid(world, shanghai):
    """A case that was contacted, paid and closed."""
    delivers(world.sim)
    await world.open(shanghai)
    await world.sim.run(until=world.sim.now + 16 * DAY)
    await world.sim.bring("A-1")
    await world.sim.pay("A-1", "1170.00", ident="p-1")
    await world.sim.settle("A-1")
    await world.sim.run(until=world.sim.now + 3 * DAY)
    assert (world.debt().status, world.debt().ending) == ("closed", "paid")


async def test_a_chargeback_after_the_end_begins_a_life_that_a_person_confirms(world, shanghai):
    await paid(world, shanghai)
    before = steps(world)
    await world.sim.pay("A-1", "1170.00", ident="c-1", kind="chargeback", of="p-1", times=3)
    await world.sim.settle("A-1")
    await world.sim.run(until=world.sim.now + 2 * DAY)
    debt = world.debt()
    assert (debt.status, debt.epoch, debt.ending) == ("open", 2, None)
    assert money(world) == [("payment", 117_000), ("chargeback", 117_000)]
    assert steps(world) == before, "nothing is sent before a person confirmed"
    item = await world.sim.open_item("A-1", TaskKind.REOPEN_REVIEW)
    await world.sim.bring("A-1")
    await world.sim.do_item(item, Report(result=Result.RESOLVED))
    await world.sim.settle("A-1")
    await world.sim.run(until=world.sim.now + 40 * DAY)
    after = steps(world)
    assert len(after) > len(before)
    assert len(after) == len(set(after)), "no step is repeated in another life"


async def test_a_review_that_was_taken_back_confirms_no_new_life(world, shanghai):
    await paid(world, shanghai)
    before = steps(world)
    await world.sim.pay("A-1", "1170.00", ident="c-1", kind="chargeback", of="p-1")
    await world.sim.settle("A-1")
    await world.sim.run(until=world.sim.now + 2 * DAY)
    first = await world.sim.open_item("A-1", TaskKind.REOPEN_REVIEW)
    with world.office.store.writing() as session:
        work.cancel_for(
            session, world.debt().id, now=world.sim.now, reason="sent_to_the_wrong_team"
        )
    await world.sim.tell(world.debt().workflow_id, "work_done")
    await world.sim.run(until=world.sim.now + 20 * DAY)
    assert steps(world) == before, "nobody has confirmed anything"
    again = await world.sim.open_item("A-1", TaskKind.REOPEN_REVIEW)
    assert again != first


async def test_a_debt_reopened_by_a_process_that_died_is_begun_again(world, shanghai):
    await paid(world, shanghai)
    with world.office.store.writing() as session:
        reopen(session, session.merge(world.debt()), "chargeback", world.sim.now)
    await world.sim.settle("A-1")
    assert world.debt().status == "closed", "nothing is owed, so the new life ends at once"
    assert world.debt().epoch == 2


async def test_money_that_is_returned_of_an_overpaid_debt_reopens_nothing(world, shanghai):
    await paid(world, shanghai)
    await world.sim.pay("A-1", "30.00", ident="p-2")
    await world.sim.settle("A-1")
    await world.sim.pay("A-1", "30.00", ident="r-2", kind="refund", of="p-2")
    await world.sim.settle("A-1")
    assert (world.debt().status, world.debt().epoch) == ("closed", 1)


async def test_money_for_a_recalled_debt_is_booked_and_goes_before_a_person(world, shanghai):
    await world.open(shanghai)
    assert await world.sim.order("A-1", OrderKind.RECALL, "seller_recall") is None
    assert world.debt().status == "closed"
    await world.sim.pay("A-1", "100.00", ident="p-1")
    await world.sim.settle("A-1")
    assert money(world) == [("payment", 10_000)]
    with world.office.store.reading() as session:
        found = session.exec(select(WorkItem).where(col(WorkItem.status) == "open")).all()
    assert [(item.kind, item.step) for item in found] == [("payment_review", "forward_to_seller_4")]


async def test_a_chargeback_while_the_case_ends_is_not_lost_between_two_lives(world, shanghai):
    await paid(world, shanghai)
    await world.sim.pay("A-1", "1170.00", ident="c-1", kind="chargeback", of="p-1")
    await world.sim.pay("A-1", "1170.00", ident="x-1", kind="chargeback_reversed", of="p-1")
    await world.sim.settle("A-1")
    await world.sim.run(until=world.sim.now + DAY)
    assert money(world) == [
        ("payment", 117_000),
        ("chargeback", 117_000),
        ("reversal", 117_000),
    ]
    assert (world.debt().status, world.debt().ending) == ("closed", "paid")


@pytest.mark.parametrize("end", ["terminate", "cancel"])
async def test_a_case_whose_run_was_ended_by_hand_is_found_and_brought_back(world, shanghai, end):
    delivers(world.sim)
    await world.open(shanghai)
    await world.sim.run(until=world.sim.now + 16 * DAY)
    before, debt, client = steps(world), world.debt(), world.sim.client
    assert await lost(client, [debt.workflow_id]) == []
    await getattr(client.get_workflow_handle(debt.workflow_id), end)()
    with suppress(WorkflowFailureError):
        await client.get_workflow_handle(debt.workflow_id).result()
    assert await lost(client, [debt.workflow_id]) == [debt.workflow_id]
    with world.office.store.writing() as session:
        renew(session, world.office.clock, session.merge(world.debt()), "operator-1", "lost_run")
    await world.sim.settle("A-1")
    await world.sim.run(until=world.sim.now + 20 * DAY)
    assert (world.debt().status, world.debt().epoch) == ("open", 2)
    assert world.debt().opened_at == debt.opened_at
    assert await lost(client, [debt.workflow_id]) == []
    assert steps(world) == before, "nothing is sent before a person confirmed"
    item = await world.sim.open_item("A-1", TaskKind.REOPEN_REVIEW)
    await world.sim.bring("A-1")
    await world.sim.do_item(item, Report(result=Result.RESOLVED))
    await world.sim.settle("A-1")
    await world.sim.run(until=world.sim.now + 30 * DAY)
    after = steps(world)
    assert len(after) > len(before)
    assert len(after) == len(set(after)), "no step is repeated in another life"


async def test_a_message_on_its_way_when_the_run_ended_stays_in_doubt_and_is_never_repeated(
    world, shanghai
):
    await world.open(shanghai)
    [row] = world.contacts()
    with world.office.store.writing() as session:
        session.merge(row).state = "sending"
    await client_of(world).terminate()
    with world.office.store.writing() as session:
        renew(session, world.office.clock, session.merge(world.debt()), "operator-1", "lost_run")
    with world.office.store.reading() as session:
        [item] = session.exec(select(WorkItem).where(col(WorkItem.kind) == "doubt_review")).all()
    assert [each.state for each in world.contacts()] == ["unknown"]
    assert item.contact_id == row.id


def client_of(world):
    return world.sim.client.get_workflow_handle(world.debt().workflow_id)


async def test_a_second_life_is_found_under_the_same_jurisdiction_as_the_first(world, new_york):
    """As an import writes it: support filters by state."""
    await world.open(new_york)
    described = await world.handle().describe()
    assert attributes(described)["Jurisdiction"] == "US-NY"
