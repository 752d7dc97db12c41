"""Whole cases on the real server, with time skipped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError

from activities.document import documents
from models.case import Order, OrderKind
from models.contact import Channel, Purpose
from store import work

DAY = timedelta(days=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def delivers(sim, after=5 * DAY):
    """The carrier delivers every letter, with evidence, some days later."""

    def witness(sent):
        if sent.channel is Channel.LETTER:

            async def arrive(sim, contact=sent.contact):
                await sim.receipt(contact, "carrier", "delivered", evidence="EMS-1")

            yield after, arrive

    sim.witness = witness


def at(sim, instant, account, act, *args, **kwargs):
    async def later(_):
        await act(account, *args, **kwargs)

    sim.at(instant, account, later)


async def test_a_chinese_debt_is_notified_contacted_paid_and_closed(world, shanghai):
    delivers(world.sim)
    await world.open(shanghai)
    at(world.sim, utc("2026-03-17T04:00"), "A-1", world.sim.pay, "1170.00", ident="p-1", times=3)
    await world.sim.run()
    sent = [(row.step, row.channel, row.at) for row in world.contacts()]
    assert sent[0][:2] == ("notice", "letter")
    assert ("sms", "sms", utc("2026-03-16T02:00")) == (
        sent[1][0],
        sent[1][1],
        sent[1][2].replace(second=0, microsecond=0),
    )
    assert sent[-1][0] == "paid_in_full"
    debt = world.debt()
    assert (debt.status, debt.ending) == ("closed", "paid")
    ended = await world.handle().result()
    assert ended["ending"] == "paid"
    with world.office.store.reading() as session:
        kept = documents(session, debt.id)
    assert [(doc.template, doc.kind) for doc in kept if doc.kind == "filed"] == [
        ("assignment_notice", "filed")
    ]
    letters = [row.template for row in world.contacts() if row.channel == "letter"]
    assert [doc.template for doc in kept if doc.kind == "sent"] == letters
    assert letters[-1] == "paid_in_full"
    assert all(len(doc.sha256) == 64 for doc in kept)


async def test_nothing_is_collected_before_the_notice_arrived(world, shanghai):
    await world.open(shanghai)
    await world.sim.run(until=world.sim.now + 14 * DAY)
    assert {row.purpose for row in world.contacts()} == {Purpose.ASSIGNMENT_NOTICE}


@pytest.mark.start("2026-06-15T13:00:00+00:00")
async def test_a_silent_american_debtor_gets_each_step_once_and_a_person_decides(world, new_york):
    await world.open(new_york)
    await world.sim.run(until=utc("2026-09-10T12:00"))
    steps = [row.step for row in world.contacts()]
    assert len(steps) == len(set(steps))
    assert world.debt().status == "open"
    assert world.debt().stage == "person"


async def test_a_hold_by_the_engines_own_update_moves_the_next_contact(world, shanghai):
    delivers(world.sim)
    await world.open(shanghai)
    await world.sim.run(until=utc("2026-03-15T00:00"))
    until = utc("2026-03-25T00:00")
    await world.sim.bring("A-1")
    status = await world.handle().execute_update(
        "hold", Order(reason="hardship", actor="support-1", until=until)
    )
    await world.sim.settle("A-1")
    assert status["hold"] == "hold"
    await world.sim.run(until=utc("2026-03-24T00:00"))
    assert [row.step for row in world.contacts()] == ["notice"]
    await world.sim.run(until=utc("2026-03-28T00:00"))
    assert "sms" in [row.step for row in world.contacts()]


async def test_a_refused_update_says_why_and_leaves_no_event(world, shanghai):
    await world.open(shanghai)
    before = (await world.handle().describe()).history_length
    with pytest.raises(WorkflowUpdateFailedError) as refusal:
        await world.handle().execute_update("hold", Order(reason="He asked me, on Tuesday"))
    assert "code" in str(refusal.value.cause)
    assert (await world.handle().describe()).history_length == before


async def test_a_recall_stops_everything_and_ends_the_case(world, shanghai):
    delivers(world.sim)
    await world.open(shanghai)
    await world.sim.run(until=utc("2026-03-16T01:59:30"))
    refused = await world.sim.order("A-1", OrderKind.RECALL, "seller_recall")
    assert refused is None
    await world.sim.run(until=utc("2026-04-20T00:00"))
    assert "sms" not in [row.step for row in world.contacts()]
    assert world.debt().ending == "recalled"


@pytest.mark.start("2026-06-15T13:00:00+00:00")
async def test_a_question_that_outlasts_the_instant_asked_about_puts_nothing_off(world, new_york):
    """The store is busy from just before a call is due until just after."""
    await world.open(new_york)
    due = utc("2026-07-01T14:00")
    await world.sim.run(until=due - timedelta(seconds=1))
    await world.ask_past(due)
    await world.sim.run(until=due + timedelta(minutes=30))
    with world.office.store.reading() as session:
        opened = [item.opened_at for item in work.of_debt(session, world.debt().id)]
    assert [at - due < timedelta(minutes=1) for at in opened] == [True]


@pytest.mark.long
@pytest.mark.start("2026-06-15T13:00:00+00:00")
async def test_skipped_time_stands_still_while_a_slow_machine_answers(world, new_york):
    """Asked again after pauses, each over at once, the case would lose a day of its calendar."""
    await world.open(new_york)
    asked = utc("2026-06-20T12:00")
    await world.sim.run(until=asked)
    await world.sim.bring("A-1")
    await world.busy(12)
    await world.sim.settle("A-1")
    history = await world.handle().fetch_history()
    pauses = [
        event for event in history.events if b"asking again" in event.user_metadata.summary.data
    ]
    assert pauses == []
    assert "next_move" in str(history.events[-3:])
