from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from models.base import Wire
from runtime.clock import SharedClock, wall_now
from worker.lockstep import Lockstep, UnsettledError, lived

START = datetime(2027, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MOMENT = timedelta(seconds=5)
"""What real time may add to a virtual instant on a busy machine."""


class Life(Wire):
    """Sleep, act, and so on; a plan of hours to sleep before each act."""

    hours: tuple[float, ...]
    shift: timedelta
    act: str = "note"
    renew: int = 0
    """Sleeps after which the run continues as new."""


NOTES: list[tuple[str, str, datetime]] = []
"""Workflow, what, and business time, in the order in which it really happened."""


def note(what: str, at: datetime) -> None:
    NOTES.append((activity.info().workflow_id, what, at))


@activity.defn(name="note")
async def note_act(shift: timedelta) -> None:
    note("act", activity.info().started_time + shift)


@activity.defn(name="slow")
async def slow_act(shift: timedelta) -> None:
    await asyncio.sleep(0.3)
    note("act", activity.info().started_time + shift)


@activity.defn(name="second_time")
async def second_time_act(shift: timedelta) -> None:
    note("try", activity.info().started_time + shift)
    if activity.info().attempt < 2:
        raise RuntimeError("not yet")


@activity.defn(name="local")
async def local_act() -> datetime:
    return activity.info().started_time


@workflow.defn(name="Liver")
class Liver:
    @workflow.init
    def __init__(self, life: Life) -> None:
        self.life = life
        self.heard: list[datetime] = []
        self.woken: list[datetime] = []

    @workflow.run
    async def run(self, life: Life) -> list[datetime]:
        hours = list(life.hours)
        while hours:
            heard = len(self.heard)
            with suppress(asyncio.TimeoutError):
                await workflow.wait_condition(
                    lambda heard=heard: len(self.heard) > heard,
                    timeout=timedelta(hours=hours.pop(0)),
                )
            self.woken.append(workflow.now() + life.shift)
            await workflow.execute_activity(
                life.act,
                life.shift,
                start_to_close_timeout=timedelta(seconds=10),
                retry_policy=RetryPolicy(initial_interval=HOUR, backoff_coefficient=2),
            )
            if life.renew and len(self.woken) == life.renew:
                workflow.continue_as_new(life.model_copy(update={"hours": tuple(hours)}))
        return self.woken

    @workflow.signal
    def knock(self) -> None:
        self.heard.append(workflow.now() + self.life.shift)

    @workflow.query
    def told(self) -> list[datetime]:
        return self.heard


@workflow.defn(name="Local")
class Local:
    @workflow.run
    async def run(self) -> datetime:
        await workflow.sleep(DAY)
        return await workflow.execute_local_activity(
            local_act, start_to_close_timeout=timedelta(seconds=5)
        )


@pytest_asyncio.fixture(loop_scope="session")
async def queue(client):
    NOTES.clear()
    name = uuid4().hex
    async with Worker(
        client,
        task_queue=name,
        workflows=[Liver, Local],
        activities=[note_act, slow_act, second_time_act, local_act],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        yield name


@pytest.fixture
def lockstep(client):
    return Lockstep(client, START)


@pytest.fixture
def begin(client, queue, lockstep):
    async def start(*hours, group="", **life):
        shift = lockstep.shift
        handle = await client.start_workflow(
            "Liver",
            Life(hours=hours, shift=shift, **life),
            id=f"life-{uuid4().hex[:8]}",
            task_queue=queue,
            result_type=list[datetime],
        )
        lockstep.adopt(handle.id, shift, group)
        return handle

    return start


def near(instant: datetime, expected: datetime) -> bool:
    """Not early, and late by no more than the real time that passed meanwhile."""
    return timedelta(0) <= instant - expected < MOMENT


async def test_workflows_wake_in_the_order_of_one_calendar(begin, lockstep):
    a = await begin(24, 48, 24)
    b = await begin(25, 1, 100)
    await lockstep.advance_to(START + 5 * DAY)
    assert [who for who, _, _ in NOTES] == [a.id, b.id, b.id, a.id, a.id]
    expected = [START + hours * HOUR for hours in (24, 25, 26, 72, 96)]
    assert all(near(at, when) for (_, _, at), when in zip(NOTES, expected, strict=True))
    assert lockstep.now == START + 5 * DAY
    assert lockstep.open == {b.id}
    assert all(map(near, await a.result(), [expected[0], *expected[3:]]))


async def test_the_next_instant_is_known_before_it_comes(begin, lockstep):
    await begin(30)
    await begin(50)
    await lockstep.settle()
    assert near(lockstep.next_instant, START + 30 * HOUR)
    assert near(await lockstep.step(START + 10 * DAY), START + 30 * HOUR)
    assert near(lockstep.next_instant, START + 50 * HOUR)
    await lockstep.step(START + 10 * DAY)
    assert lockstep.next_instant is None
    assert await lockstep.step(START + 10 * DAY) == START + 10 * DAY


async def test_nothing_is_stepped_over(begin, lockstep):
    await begin(30)
    assert await lockstep.step(START + DAY) == START + DAY
    assert NOTES == []
    assert near(lockstep.next_instant, START + 30 * HOUR)


async def test_a_workflow_started_on_day_forty_begins_there(begin, lockstep):
    await lockstep.advance_to(START + 40 * DAY)
    late = await begin(1)
    await lockstep.advance_to(START + 41 * DAY)
    assert near((await late.result())[0], START + 40 * DAY + HOUR)


async def test_a_signal_comes_at_the_present_of_a_workflow_that_was_brought_there(begin, lockstep):
    sleeper = await begin(1000, 1000)
    await lockstep.advance_to(START + 10 * DAY)
    await lockstep.bring(sleeper.id)
    await sleeper.signal("knock")
    await lockstep.settle()
    assert near((await sleeper.query(Liver.told))[0], START + 10 * DAY)
    assert near(NOTES[-1][2], START + 10 * DAY)
    assert near(lockstep.next_instant, START + 10 * DAY + 1000 * HOUR)


async def test_a_signal_to_a_workflow_left_behind_comes_in_its_past(begin, lockstep):
    sleeper = await begin(1000, 1000)
    await lockstep.advance_to(START + 10 * DAY)
    await sleeper.signal("knock")
    await lockstep.settle([sleeper.id])
    assert near((await sleeper.query(Liver.told))[0], START)


async def test_retries_are_waited_for_in_virtual_time_only(begin, lockstep):
    before = wall_now()
    await begin(24, act="second_time")
    await lockstep.advance_to(START + 2 * DAY)
    tries = [at for _, what, at in NOTES if what == "try"]
    assert all(map(near, tries, [START + hours * HOUR for hours in (24, 25)]))
    assert wall_now() - before < timedelta(seconds=20)


async def test_a_retry_is_a_wake_up_in_the_calendar(begin, lockstep):
    failing = await begin(24, act="second_time")
    other = await begin(24.5)
    await lockstep.advance_to(START + 2 * DAY)
    order = [who for who, _, _ in NOTES]
    assert order == [failing.id, other.id, failing.id]


async def test_no_skip_passes_over_a_running_activity(begin, lockstep):
    await begin(24, 24, act="slow")
    await lockstep.advance_to(START + 3 * DAY)
    assert all(map(near, [at for _, _, at in NOTES], [START + DAY, START + 2 * DAY]))


async def test_continued_as_new_a_workflow_keeps_its_clock(begin, lockstep):
    renewed = await begin(24, 24, 24, renew=1)
    await lockstep.advance_to(START + 2 * DAY + HOUR)
    assert near(lockstep.next_instant, START + 3 * DAY)
    await lockstep.advance_to(START + 4 * DAY)
    assert all(map(near, [at for _, _, at in NOTES], [START + n * DAY for n in (1, 2, 3)]))
    assert renewed.id not in lockstep.open


async def test_work_that_lasts_does_not_make_the_server_skip_on(begin, lockstep):
    slow = await begin(24, 24, act="slow")
    await begin(36)
    assert near(await lockstep.step(START + 9 * DAY), START + DAY)
    assert [who for who, _, _ in NOTES] == [slow.id]
    assert near(lockstep.next_instant, START + 36 * HOUR)


async def test_local_activities_see_wall_time(client, queue, lockstep):
    shift = lockstep.shift
    handle = await client.start_workflow(
        "Local", id=uuid4().hex, task_queue=queue, result_type=datetime
    )
    lockstep.adopt(handle.id, shift)
    await lockstep.advance_to(START + 2 * DAY)
    assert abs(await handle.result() - wall_now()) < MOMENT


async def test_members_of_a_group_keep_their_order_within_a_coarse_step(client, begin, lockstep):
    coarse = lockstep._grain = 10 * DAY
    a = await begin(24, 24, group="debtor")
    b = await begin(36, group="debtor")
    await begin(30)
    assert near(await lockstep.step(START + 30 * DAY), START + DAY + coarse)
    assert [who for who, _, _ in NOTES if who in {a.id, b.id}] == [a.id, b.id, a.id]
    assert lockstep.open == frozenset()


async def test_everybody_who_reads_the_shared_clock_reads_the_present(client, tmp_path):
    clock = SharedClock(tmp_path / "clock")
    lockstep = Lockstep(client, START, clock=clock)
    assert clock.now() == START
    await lockstep.advance_to(START + DAY)
    assert clock.now() == START + DAY


async def test_an_ended_workflow_is_left_in_peace(begin, lockstep):
    ended = await begin(24)
    await lockstep.settle()
    await ended.terminate()
    await lockstep.advance_to(START + 2 * DAY)
    await lockstep.bring(ended.id)
    assert lockstep.open == frozenset()


async def test_a_workflow_without_a_worker_is_reported(client):
    lockstep = Lockstep(client, START, patience=timedelta(seconds=0.2))
    handle = await client.start_workflow(
        "Liver", Life(hours=(1,), shift=lockstep.shift), id=uuid4().hex, task_queue=uuid4().hex
    )
    lockstep.adopt(handle.id, lockstep.shift)
    with pytest.raises(UnsettledError, match=rf"{handle.id}.*does a worker run"):
        await lockstep.advance_to(START + DAY)


class Busy:
    """A server too busy for the first two moves: it drops the order, or does it and drops the answer."""

    def __init__(self, client, *, does: bool) -> None:
        self.namespace, self._server, self._does = client.namespace, client.workflow_service, does
        self.dropped = 0

    @property
    def workflow_service(self):
        return self

    def __getattr__(self, name: str):
        return getattr(self._server, name)

    async def update_workflow_execution_options(self, ask):
        if self.dropped == 2 or self._does:
            answer = await self._server.update_workflow_execution_options(ask)
        if self.dropped == 2:
            return answer
        self.dropped += 1
        raise RPCError("operation was canceled", RPCStatusCode.CANCELLED, b"")


@pytest.mark.parametrize("does", [False, True])
async def test_a_move_that_a_busy_server_drops_is_made_once_all_the_same(client, queue, does):
    busy = Busy(client, does=does)
    lockstep = Lockstep(busy, START)
    shift = lockstep.shift
    handle = await client.start_workflow(
        "Liver", Life(hours=(24, 24, 1000), shift=shift), id=uuid4().hex, task_queue=queue
    )
    lockstep.adopt(handle.id, shift)
    await lockstep.advance_to(START + 2 * DAY + HOUR)
    assert busy.dropped == 2
    assert all(map(near, [at for _, _, at in NOTES], [START + DAY, START + 2 * DAY]))
    assert near(lockstep.next_instant, START + 2 * DAY + 1000 * HOUR)


async def test_moves_are_told_apart_from_what_a_workflow_lived(begin, lockstep):
    handle = await begin(24, 24)
    await lockstep.advance_to(START + 3 * DAY)
    events = (await handle.fetch_history()).events
    kinds = Counter(event.WhichOneof("attributes") for event in lived(events))
    assert sum(kinds.values()) == 27
    assert len(events) == 27 + 2 * 2


async def test_a_season_of_many_lives_takes_seconds(begin, lockstep):
    """A bound against waiting in line for the timer queue, not a measure of speed."""
    for n in range(12):
        await begin(*(24 * 22 + n / 24 for _ in range(4)))
    before = wall_now()
    await lockstep.advance_to(START + 90 * DAY)
    assert len(NOTES) == 48
    assert wall_now() - before < timedelta(seconds=30)
