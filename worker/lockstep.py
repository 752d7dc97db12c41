"""One calendar for many workflows on the real server, with time skipped.

The server keeps a virtual clock for each workflow and knows no common one. The driver of a
simulation gives them one: it finds the earliest instant at which any of them wakes, moves those
that wake then, waits until they rest again, and only then goes on or lets somebody act.

What the server does (tried on 1.32; each line has its test):

- Any running workflow can be moved, however it was started; until then its clock is the wall
  clock. A clock that was moved runs on at the pace of real time.
- ``workflow.now()``, event times, and ``started_time`` of ordinary activities are virtual, each
  by its own workflow's clock. Local activities and the worker's process see wall time.
- No skip passes over a running workflow task or activity. A skip ends at the next timer, or at
  the next try of an activity that failed, so that backoff costs no real time. (Once in some
  sixty times the server started a third try without its backoff.)
- A signal arrives at the time that the receiving workflow has then, so a workflow must be
  brought to the present before somebody acts on it: ``bring``.
- A workflow starts at wall time, on whatever virtual day that is; the ``shift`` in its input
  makes it begin at the present of the calendar. Continued as new, it keeps its clock.
- A fast-forward that may skip more than once overshoots: if the work at a timer lasts, in real
  time, beyond the goal, the server goes on to the next timer. So every move is one skip.
- A move adds two events to the history, which ``lived`` leaves out. A wake-up with two workflow
  tasks and an activity takes some 30 ms, on a server that does not ration its timer queue
  (``worker.stack.SKIPPING``) and 200 ms on one that does.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import TimeSkippingConfig, WorkflowExecution
from temporalio.api.enums.v1 import EventType, PendingActivityState, WorkflowExecutionStatus
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryReverseRequest,
    UpdateWorkflowExecutionOptionsRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from runtime.clock import SharedClock, wall_now

BUSY = frozenset(
    {
        RPCStatusCode.CANCELLED,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.UNAVAILABLE,
    }
)
"""What a busy server says to what it dropped: a look is repeated, a move once it was looked at."""

GLANCE = 0.005
"""Seconds between two looks at a workflow that is at work."""

PAGE = 25
"""Events read at a time; what one wake-up writes."""

SLACK = timedelta(milliseconds=1)
"""Added to a goal, so that a timer due at that instant is reached and not just missed."""

AT_ONCE = 16
"""Workflows moved side by side; more only queue at the worker."""


class UnsettledError(Exception):
    """A workflow that does not come to rest: no worker, or a task that fails again and again."""


@dataclass
class _Life:
    """What is known of one workflow. Instants are the engine's; add ``shift`` for business time."""

    id: str
    shift: timedelta
    group: str
    run: str = ""
    seen: int = 0
    """The last event read of this run."""
    timers: dict[int, datetime] = field(default_factory=dict[int, datetime])
    """Pending timers by the event that started them; a delayed first task is the first event's."""
    retries: tuple[datetime, ...] = ()
    """Of activities that wait for their next attempt."""
    ahead: timedelta = timedelta(0)
    """The workflow's clock minus the wall clock."""
    closed: bool = False

    @property
    def due(self) -> datetime | None:
        """The next instant at which it wakes by itself, business time."""
        wakes = (*self.timers.values(), *self.retries)
        return min(wakes) + self.shift if wakes and not self.closed else None


class Lockstep:
    """Moves the workflows it has adopted through one calendar.

    Within a group (the cases of one debtor) nothing is ever passed over: each wakes in the order
    of its instants, and sees what the others did before. Groups are independent of each other up
    to ``grain``; with zero, the default, everything keeps one order. Clocks run on while
    the driver and the workers work, so a workflow may see the present some seconds late, never
    early.
    """

    def __init__(
        self,
        client: Client,
        start: datetime,
        *,
        clock: SharedClock | None = None,
        grain: timedelta = timedelta(0),
        patience: timedelta = timedelta(minutes=2),
    ) -> None:
        """Begin at ``start``, aware; tell ``clock`` every new present.

        ``patience`` is real time for one workflow to come to rest; a machine on which much else
        runs needs more than half a minute.
        """
        self._client = client
        self._clock = clock
        self._grain = grain
        self._patience = patience
        self._lives: dict[str, _Life] = {}
        self._touched: set[str] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._now = start.astimezone(UTC)
        self._tell(self._now)

    # Calendar

    @property
    def now(self) -> datetime:
        """The present, business time, UTC."""
        return self._now

    @property
    def shift(self) -> timedelta:
        """For the input of a workflow that starts now."""
        return self._now - wall_now()

    @property
    def next_instant(self) -> datetime | None:
        """The earliest instant at which an adopted workflow wakes by itself; None: none will."""
        return min((life.due for life in self._lives.values() if life.due), default=None)

    @property
    def open(self) -> frozenset[str]:
        """Ids of adopted workflows that have not ended."""
        return frozenset(life.id for life in self._lives.values() if not life.closed)

    async def advance_to(self, instant: datetime) -> None:
        """Live until ``instant``, through every wake-up on the way."""
        while self._now < instant:
            await self.step(instant)

    async def step(self, limit: datetime) -> datetime:
        """Go to the next wake-up and a ``grain`` beyond, never past ``limit``; answer the present.

        When it returns every adopted workflow rests or has ended.
        """
        await self.settle()
        first = self.next_instant
        end = limit if first is None else min(limit, max(first, self._now) + self._grain)
        if not self._grain:
            # What others do while the workflows are at work happens now, not before it.
            self._tell(max(end, self._now))
        groups: defaultdict[str, list[_Life]] = defaultdict(list)
        for life in self._lives.values():
            groups[life.group].append(life)
        await asyncio.gather(*(self._live(group, end) for group in groups.values()))
        self._tell(max(end, self._now))
        return self._now

    # Workflows

    def adopt(self, workflow_id: str, shift: timedelta, group: str = "") -> None:
        """Take a workflow into the calendar, or its next life; ``shift`` is what its input says."""
        known = self._lives.get(workflow_id)
        if known is None or known.closed:
            self._lives[workflow_id] = _Life(workflow_id, shift, group or workflow_id)
        self._touched.add(workflow_id)

    async def bring(self, *workflow_ids: str) -> None:
        """Bring these to the present, before somebody acts on them; ``settle`` afterwards."""
        await self.settle()
        await asyncio.gather(*(self._move(self._lives[each], self._now) for each in workflow_ids))
        self._touched.update(workflow_ids)

    async def settle(self, workflow_ids: Iterable[str] = ()) -> None:
        """Wait until all that were moved, brought, adopted or named here rest or have ended."""
        self._touched.update(workflow_ids)
        touched, self._touched = self._touched, set()
        await asyncio.gather(*(self._rest(self._lives[each]) for each in touched))

    # Steps

    def _tell(self, instant: datetime) -> None:
        self._now = instant
        if self._clock:
            self._clock.set(instant)

    async def _live(self, group: list[_Life], end: datetime) -> None:
        """Wake the members of a group in the order of their instants, up to ``end``."""
        while True:
            first = min((life.due for life in group if life.due), default=None)
            if first is None or first > end:
                return
            waking = [life for life in group if life.due and life.due <= first]
            await asyncio.gather(*(self._move(life, first) for life in waking))
            await asyncio.gather(*(self._rest(life) for life in waking))

    async def _move(self, life: _Life, instant: datetime) -> None:
        """Move a resting workflow's clock forward to ``instant``, business time.

        In one skip, to whichever is first, its own next timer or ``instant``. With more allowed
        the server overshoots: work that outlasts the goal is followed by a skip to the next timer.
        A busy server may drop the order, or do it and drop the answer: so it is given again from
        where the workflow stands then.
        """
        while not await self._moved(life, instant):
            await self._rest(life)

    async def _moved(self, life: _Life, instant: datetime) -> bool:
        forward = instant - life.shift - (wall_now() + life.ahead)
        if life.closed or forward <= timedelta(0):
            return True
        goal = TimeSkippingConfig(enabled=True, max_session_skip_count=1)
        goal.fast_forward_config.id = str(uuid4())
        goal.fast_forward_config.duration.FromTimedelta(forward + SLACK)
        async with self._slots:
            try:
                await self._client.workflow_service.update_workflow_execution_options(
                    UpdateWorkflowExecutionOptionsRequest(
                        namespace=self._client.namespace,
                        workflow_execution=WorkflowExecution(workflow_id=life.id),
                        workflow_execution_options=WorkflowExecutionOptions(
                            time_skipping_config=goal
                        ),
                        update_mask=FieldMask(paths=["time_skipping_config"]),
                    )
                )
            except RPCError as error:
                if error.status in BUSY:
                    return False
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
        return True

    async def _rest(self, life: _Life) -> None:
        """Wait until a workflow sleeps on a timer, on a retry, on nothing, or has ended."""
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                while True:
                    try:
                        if await self._rests(life):
                            return
                    except RPCError as error:
                        if error.status not in BUSY:
                            raise
                    await asyncio.sleep(GLANCE)
        except TimeoutError:
            raise UnsettledError(
                f"{life.id} does not come to rest at {self._now:%Y-%m-%d %H:%M} "
                f"({self._patience.total_seconds():.0f} s): is the machine busy with other work, does a "
                "worker run, and does its log show a failing workflow task?"
            ) from None

    async def _rests(self, life: _Life) -> bool:
        async with self._slots:
            seen = await self._client.workflow_service.describe_workflow_execution(
                DescribeWorkflowExecutionRequest(
                    namespace=self._client.namespace,
                    execution=WorkflowExecution(workflow_id=life.id),
                )
            )
            if seen.workflow_execution_info.status != _RUNNING:
                life.closed = True
                return True
            now = _engine_now(seen)
            life.ahead = now - wall_now()
            life.retries = _retries(seen, now)
            skipping = seen.workflow_extended_info.time_skipping_info.effective_config.enabled
            working = len(seen.pending_activities) > len(life.retries)
            if skipping or working or seen.HasField("pending_workflow_task"):
                return False
            await self._read(life, seen)
        # Events newer than the description are work that began between the two looks.
        if life.seen > seen.workflow_execution_info.history_length:
            return False
        return not any(due <= now for due in life.timers.values())

    async def _read(self, life: _Life, seen: DescribeWorkflowExecutionResponse) -> None:
        """Learn the pending timers from the events since the last look, newest first."""
        info = seen.workflow_execution_info
        if info.execution.run_id != life.run:
            life.run, life.seen, life.timers = info.execution.run_id, 0, {}
        fresh: list[HistoryEvent] = []
        token = b""
        missing = info.history_length > life.seen
        while missing:
            page = await self._client.workflow_service.get_workflow_execution_history_reverse(
                GetWorkflowExecutionHistoryReverseRequest(
                    namespace=self._client.namespace,
                    execution=info.execution,
                    maximum_page_size=PAGE,
                    next_page_token=token,
                )
            )
            fresh += page.history.events
            token = page.next_page_token
            missing = bool(token) and fresh[-1].event_id > life.seen + 1
        for event in reversed(fresh):
            if event.event_id > life.seen:
                life.seen = event.event_id
                _note(life.timers, event)


_RUNNING = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING

_MOVES = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED,
    }
)


def lived(events: Iterable[HistoryEvent]) -> list[HistoryEvent]:
    """Answer the events that a workflow would have in real time, without those of its moves."""
    return [event for event in events if event.event_type not in _MOVES]


def _note(timers: dict[int, datetime], event: HistoryEvent) -> None:
    match event.event_type:
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
            # A start delay, or the second that the server puts between two quick renewals.
            begun = event.workflow_execution_started_event_attributes
            if begun.HasField("first_workflow_task_backoff"):
                wait = begun.first_workflow_task_backoff.ToTimedelta()
                timers[event.event_id] = _utc(event.event_time) + wait
        case EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
            timers.pop(1, None)
        case EventType.EVENT_TYPE_TIMER_STARTED:
            wait = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
            timers[event.event_id] = _utc(event.event_time) + wait
        case EventType.EVENT_TYPE_TIMER_FIRED:
            timers.pop(event.timer_fired_event_attributes.started_event_id, None)
        case EventType.EVENT_TYPE_TIMER_CANCELED:
            timers.pop(event.timer_canceled_event_attributes.started_event_id, None)
        case _:
            pass


def _engine_now(seen: DescribeWorkflowExecutionResponse) -> datetime:
    if seen.workflow_extended_info.HasField("time_skipping_info"):
        return _utc(seen.workflow_extended_info.time_skipping_info.current_time)
    return wall_now()


def _retries(seen: DescribeWorkflowExecutionResponse, now: datetime) -> tuple[datetime, ...]:
    """Answer when activities that failed are tried again; only these do not count as at work."""
    return tuple(
        _utc(each.next_attempt_schedule_time)
        for each in seen.pending_activities
        if each.state == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
        and each.HasField("next_attempt_schedule_time")
        and _utc(each.next_attempt_schedule_time) > now
    )


def _utc(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)
