from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from store import work

HOUR = timedelta(hours=1)


@pytest.fixture
def item(store, world):
    def item(debt, kind="call", **words):
        with store.writing() as session:
            return work.open(
                session,
                **{
                    "debt_id": debt.id,
                    "debtor_id": debt.debtor_id,
                    "epoch": 1,
                    "kind": kind,
                    "now": world.now,
                    "due_at": world.now + HOUR,
                    **words,
                },
            )

    return item


def take(store, world, row, agent, at=timedelta(0)):
    with store.writing() as session:
        now = world.now + at
        return work.lease(session, work.get(session, row.id), agent, now, now + HOUR)


def test_an_item_is_opened_once_however_often_it_is_asked_for(store, world, item):
    debt = world.debt(world.debtor())
    assert item(debt).id == item(debt).id
    assert item(debt, n=2).id != item(debt).id
    assert item(debt, epoch=2).id != item(debt).id


def test_no_two_agents_work_one_person_whichever_debt_it_is_about(store, world, item):
    person = world.debtor()
    first, second = item(world.debt(person)), item(world.debt(person))
    assert take(store, world, first, "ann") is None
    held = take(store, world, second, "bob")
    assert held is not None
    assert (held.id, held.lease_by, held.lease_until) == (first.id, "ann", world.now + HOUR)
    assert take(store, world, second, "ann") is None


def test_a_lease_that_ran_out_lets_the_next_agent_in(store, world, item):
    row = item(world.debt(world.debtor()))
    assert take(store, world, row, "ann") is None
    assert take(store, world, row, "bob", HOUR - timedelta(seconds=1)) is not None
    assert take(store, world, row, "bob", HOUR) is None


def test_the_next_item_is_the_most_urgent_whose_person_is_free(store, world, item):
    busy, free = world.debtor(), world.debtor("Li Hua")
    taken = item(world.debt(busy), due_at=world.now - HOUR)
    item(world.debt(busy), due_at=world.now - 2 * HOUR)
    later, urgent = item(world.debt(free)), item(world.debt(free), due_at=world.now)
    item(world.debt(free), due_at=world.now - HOUR, not_before=world.now + HOUR)
    review = item(world.debt(free), "legal_review", due_at=world.now + 9 * HOUR)
    assert take(store, world, taken, "ann") is None
    with store.reading() as session:
        assert work.next_open(session, "bob", world.now).id == urgent.id
        assert work.next_open(session, "bob", world.now, ["legal_review"]).id == review.id
        assert work.next_open(session, "bob", world.now, ["visit"]) is None
    assert later.id != urgent.id


def test_an_item_is_finished_once(store, world, item):
    row = item(world.debt(world.debtor()))
    with store.writing() as session:
        kept = work.get(session, row.id)
        assert work.finish(session, kept, outcome="promise", by="ann", now=world.now)
        assert not work.finish(session, kept, outcome="refused", by="bob", now=world.now)
        assert (kept.status, kept.outcome, kept.outcome_by) == ("done", "promise", "ann")
    assert take(store, world, row, "bob") is not None


def test_what_nobody_finished_is_cancelled_with_the_case(store, world, item):
    debt = world.debt(world.debtor())
    call, review = item(debt), item(debt, "legal_review")
    with store.writing() as session:
        work.finish(session, work.get(session, call.id), outcome="met", by="ann", now=world.now)
        gone = work.cancel_for(session, debt.id, now=world.now, reason="case_closed")
    assert [row.id for row in gone] == [review.id]
    with store.reading() as session:
        states = {row.kind: row.status for row in work.of_debt(session, debt.id)}
    assert states == {"call": "done", "legal_review": "cancelled"}


def test_an_unknown_item_is_said_to_be_unknown(store):
    with store.reading() as session, pytest.raises(work.UnknownItemError, match="no work item"):
        work.get(session, uuid4())
