"""The business clock of every process that is not a workflow or an activity.

The one place that reads the machine's clock. Workflows and activities take the engine's time
plus the case's shift instead.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


def wall_now() -> datetime:
    """Answer the machine's time, aware UTC; for ``observed_at`` and signature tolerance only."""
    return datetime.now(UTC)


class Clock(Protocol):
    """Business time, as gateway, command line, desk and relay ask for it."""

    def now(self) -> datetime:
        """Answer the business time, aware UTC."""
        ...

    def shift(self) -> timedelta:
        """Answer business minus engine time for a case that starts now."""
        ...


class WallClock:
    """Business time is the machine's time; production."""

    def now(self) -> datetime:
        return wall_now()

    def shift(self) -> timedelta:
        return timedelta(0)


class ClockNotSetError(Exception):
    """A simulation whose driver has not said yet what time it is."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"the simulated clock {file} is not set; start the simulation first, "
            "or unset CESSION_SIMULATION for real time"
        )


class SharedClock:
    """Business time stands where the driver of a simulation has put it.

    The instant lies in a file, so that threads and processes that share ``var`` agree on it.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        try:
            return datetime.fromisoformat(self._file.read_text("ascii"))
        except FileNotFoundError:
            raise ClockNotSetError(self._file) from None

    def shift(self) -> timedelta:
        return self.now() - wall_now()

    def set(self, instant: datetime) -> None:
        """Move to ``instant``, which is aware; readers see the old one or the new, never a mix."""
        fresh = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        fresh.write_text(instant.astimezone(UTC).isoformat(), "ascii")
        fresh.replace(self._file)
