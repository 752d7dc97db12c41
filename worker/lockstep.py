"""Many cases on one virtual calendar, on the real server.

How the engine skips time, as tried on server 1.32:

- Each workflow has a clock of its own. A fast-forward by *d* jumps from timer to timer while the
  workflow is idle, runs in real time while a task or activity is under way, and ends at exactly
  *d* later. Between two fast-forwards the clock runs in real time.
- ``workflow.now()`` and ``activity.info().started_time`` of ordinary activities follow that clock;
  a local activity's own info shows wall time, so cases hand their time in.
- A fast-forward that ends a little after a timer therefore ends only when the work that the timer
  started is done: ``SETTLE`` is that little. No polling, no blind sleep.
- ``timerProcessorMaxTimeShift`` must be lowered on the server, else every timer costs a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

SETTLE = timedelta(seconds=2)
"""Virtual time after an instant in which what it started is done; spent only while busy."""

TOGETHER = 16
"""Fast-forwards under way at once: more only queue up in the server."""


def wall() -> datetime:
    """Answer the machine's own time; the only place of a simulation that asks."""
    return datetime.now(UTC)


@dataclass
class Life:
    """One workflow on the calendar."""

    handle: WorkflowHandle[Any, Any]
    ahead: timedelta
    """Its business clock minus wall time."""
    ended: bool = False


@dataclass
class Lockstep:
    """Moves workflows together to absolute instants of business time, never one past another."""

    skipper: TimeSkipper
    now: datetime
    """Business time of the whole calendar, UTC."""
    lives: dict[str, Life] = field(default_factory=dict[str, Life])

    @classmethod
    def on(cls, client: Client, start: datetime) -> Lockstep:
        """Begin a calendar at ``start``; workflows must be started through ``.client``."""
        return cls(TimeSkipper(client, config=TimeSkippingConfig(enabled=False)), start)

    @property
    def client(self) -> Client:
        """A client whose workflows do not skip time until they are moved."""
        return self.skipper.client

    def shift(self) -> timedelta:
        """Answer the shift for a case that is started now: business time minus engine time."""
        return self.now - wall()

    def adopt(self, workflow_id: str, shift: timedelta) -> None:
        """Put a started workflow on the calendar; ``shift`` is the one in its input."""
        if workflow_id not in self.lives:
            handle = self.client.get_workflow_handle(workflow_id)
            self.lives[workflow_id] = Life(handle, shift)

    async def advance_to(self, instant: datetime, names: Collection[str] | None = None) -> None:
        """Move workflows to an instant and wait until each is at rest there.

        ``names`` are the workflows to move, all when it is None: one that sleeps beyond the
        instant may stay behind until it is due or spoken to.
        """
        chosen = (
            self.lives.values()
            if names is None
            else [self.lives[name] for name in names if name in self.lives]
        )
        await self._move(instant + SETTLE, chosen)
        self.now = max(self.now, instant + SETTLE)

    async def _move(self, target: datetime, lives: Iterable[Life]) -> None:
        gate = asyncio.Semaphore(TOGETHER)

        async def one(life: Life) -> None:
            async with gate:
                before = wall()
                distance = target - (before + life.ahead)
                if distance > timedelta(0):
                    life.ended = not await self.skipper.fast_forward(life.handle, distance)
                    life.ahead = target - wall()

        await asyncio.gather(*(one(life) for life in lives if not life.ended))
