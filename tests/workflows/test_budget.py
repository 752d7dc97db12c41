"""What a case may cost, counted: events and bytes in its history, queries of a legal check."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from temporalio.api.enums.v1 import EventType

from activities.contact import check
from models.case import CheckAsk, Contact
from models.contact import Channel
from models.stop import Scope, StopKind
from store.engine import count_queries
from store.stop import enter
from worker.lockstep import lived

EVENTS_AN_ATTEMPT = 13
EVENTS_OF_SIX = 95
BYTES_OF_SIX = 12 * 1024
ACTIONS_OF_SIX = 24
"""Start, preparation, six checks and sendings, five timers, and five notes of what is due next.

Without those notes it would be nineteen, and lists in the engine's UI would show an instant that is over.
"""

MARKER = "marker_recorded_event_attributes"
QUERIES_A_CHECK = 6

SILENT = pytest.mark.start("2026-06-15T13:00:00+00:00")


async def history(world):
    """The events that the case would have in real time."""
    kept = await world.handle().fetch_history()
    return lived(kept.events)


def actions(events) -> int:
    """What a metered server would charge: the start, each timer, activity, signal and change of
    search attributes, each patch, and the local activities of one workflow task as one.
    """
    charged = {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
        EventType.EVENT_TYPE_TIMER_STARTED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
        EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    }
    markers = [event.marker_recorded_event_attributes for event in events if event.HasField(MARKER)]
    tasks = {
        marker.workflow_task_completed_event_id
        for marker in markers
        if marker.marker_name == "core_local_activity"
    }
    others = sum(marker.marker_name != "core_local_activity" for marker in markers)
    return sum(event.event_type in charged for event in events) + len(tasks) + others


def close(world, debt, channel: Channel) -> None:
    """The person wants nothing by a channel."""
    with world.office.store.writing() as session:
        enter(
            session,
            StopKind.OPT_OUT,
            Scope.CHANNEL,
            now=world.sim.now,
            observed_at=world.sim.now,
            reason="asked",
            actor="agent-1",
            source="desk",
            external_id=channel,
            debtor_id=debt.debtor_id,
            channel=channel,
        )


@SILENT
async def test_a_silent_case_with_six_messages_stays_small(world, new_york):
    debt = await world.open(new_york)
    close(world, debt, Channel.PHONE)
    await world.sim.run(until=datetime(2026, 8, 20, tzinfo=UTC))
    events = await history(world)
    assert len(world.contacts()) == 6
    assert len(events) <= EVENTS_OF_SIX
    assert actions(events) <= ACTIONS_OF_SIX
    size = sum(event.ByteSize() for event in events)
    assert size <= BYTES_OF_SIX


@SILENT
async def test_an_attempt_costs_thirteen_events_at_most(world, new_york):
    debt = await world.open(new_york)
    close(world, debt, Channel.PHONE)
    await world.sim.run(until=datetime(2026, 8, 20, tzinfo=UTC))
    fired = [
        number
        for number, event in enumerate(await history(world))
        if event.event_type == EventType.EVENT_TYPE_TIMER_FIRED
    ]
    attempts = [later - earlier for earlier, later in pairwise(fired)]
    assert len(attempts) == 3
    assert max(attempts) <= EVENTS_AN_ATTEMPT


@SILENT
async def test_a_deferred_attempt_costs_no_more_than_two(world, new_york):
    """A text of each of two debts on one day: the second is deferred by the cap, then sent."""
    first = await world.open(new_york)
    await world.open(new_york, account="A-2", seller="s2", debtor=first.debtor_id)
    await world.sim.run(until=datetime(2026, 6, 29, 12, tzinfo=UTC))
    before = {name: await count(world, name) for name in ("A-1", "A-2")}
    await world.sim.run(until=datetime(2026, 6, 30, 20, tzinfo=UTC))
    after = {name: await count(world, name) for name in ("A-1", "A-2")}
    costs = sorted(after[name] - before[name] for name in before)
    assert costs[0] <= EVENTS_AN_ATTEMPT
    assert costs[1] <= 2 * EVENTS_AN_ATTEMPT


async def count(world, account: str) -> int:
    kept = await world.handle(account).fetch_history()
    return len(lived(kept.events))


@SILENT
async def test_a_legal_check_asks_the_store_six_questions_at_most(world, new_york):
    debt = await world.open(new_york)
    await world.sim.run(until=datetime(2026, 6, 24, tzinfo=UTC))
    close(world, debt, Channel.EMAIL)
    office = world.office
    at = datetime(2026, 6, 29, 14, tzinfo=UTC)
    for ordinal, channel in enumerate((Channel.SMS, Channel.EMAIL, Channel.LETTER), start=900):
        contact = Contact(step=f"try_{channel}", channel=channel, template="reminder")
        ask = CheckAsk(debt=debt.id, epoch=1, now=at, ordinal=ordinal, contact=contact)
        with count_queries(office.store) as asked, office.store.writing() as session:
            answer = check(session, office, ask, contact, "check")
            session.flush()
            session.rollback()
        assert answer.go is (channel is not Channel.EMAIL)
        assert len(asked) <= QUERIES_A_CHECK, "\n\n".join(asked)
