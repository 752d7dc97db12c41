from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from runtime.clock import ClockNotSetError, SharedClock, WallClock, wall_now

READ = """
import sys
from pathlib import Path
from runtime.clock import SharedClock
print(SharedClock(Path(sys.argv[1])).now().isoformat())
"""

NOON = datetime(2027, 3, 14, 12, tzinfo=UTC)


def test_real_time_is_aware_utc_and_not_shifted():
    assert WallClock().now().tzinfo is UTC
    assert WallClock().shift() == timedelta(0)


def test_simulated_time_stands_until_the_driver_moves_it(tmp_path):
    driver, reader = SharedClock(tmp_path / "clock"), SharedClock(tmp_path / "clock")
    driver.set(NOON)
    assert reader.now() == reader.now() == NOON
    driver.set(NOON.astimezone(timezone(timedelta(hours=8))) + timedelta(days=1))
    assert reader.now() == NOON + timedelta(days=1)
    assert reader.now().tzinfo is UTC


def test_a_case_started_now_begins_at_the_simulated_time(tmp_path):
    clock = SharedClock(tmp_path / "clock")
    clock.set(NOON)
    assert abs(wall_now() + clock.shift() - NOON) < timedelta(seconds=1)


def test_another_process_reads_the_same_time(tmp_path):
    SharedClock(tmp_path / "clock").set(NOON)
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            READ,
            str(tmp_path / "clock"),
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert datetime.fromisoformat(said.stdout.strip()) == NOON


def test_a_simulation_that_nobody_drives_is_refused(tmp_path):
    with pytest.raises(ClockNotSetError, match="start the simulation first"):
        SharedClock(tmp_path / "clock").now()
