"""How a process ends: what is under way is let finish, within a time that its operator knows."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from runtime.temporal import LABOUR

GRACE = timedelta(seconds=8)
"""After the drain, for what does not let itself be cut off, as a transaction that waits for a lock."""

CUT_OFF = 1
"""Exit code of a process whose work was cut off: nothing is lost, and somebody should know."""


class Drain:
    """Waits for SIGTERM or Ctrl-C; a second one, or the time limit, ends the process at once.

    That is no worse than a kill, which every part survives: what was committed stands, a message
    that may have left is asked after by the next worker and never sent again.
    """

    def __init__(self, limit: timedelta, say: Callable[[str], object]) -> None:
        self._limit, self._say = limit, say
        self._asked = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            self._loop.add_signal_handler(name, self._ask)

    async def asked(self) -> None:
        """Return when the process was told to end."""
        await self._asked.wait()

    def over(self) -> int:
        """Say how it went and answer the exit code."""
        if cut := _counted(LABOUR.cut):
            self._say(f"Cut off after {self._limit.total_seconds():.0f} s: {cut}. {_LATER}")
            return CUT_OFF
        return 0

    def _ask(self) -> None:
        if self._asked.is_set():
            self._leave("told twice to end")
        self._asked.set()
        self._loop.call_later((self._limit + GRACE).total_seconds(), self._leave, "time is up")
        busy = _counted(LABOUR.running)
        self._say(
            f"Draining: no new work is taken; under way: {busy or 'nothing'}"
            + (f", for {self._limit.total_seconds():.0f} s at most." if busy else ".")
        )

    def _leave(self, why: str) -> None:
        busy = _counted(LABOUR.running)
        self._say(f"Ended at once, {why}. Not finished: {busy or 'nothing'}. {_LATER}")
        os._exit(CUT_OFF)


_LATER = (
    "It is done again by the next worker; a message that may have left is asked after, "
    "never sent twice."
)


def _counted(work: Counter[str]) -> str:
    return ", ".join(f"{count} × {name}" for name, count in sorted(work.items()) if count > 0)
