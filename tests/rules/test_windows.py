"""Counting by the n-th last contact answers what counting every window does."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules.windows import window
from rules.zones import DAY, zone

MARCH = 20_515 * DAY
"""2 March 2026, UTC: the clocks of all these places change within the weeks around it."""

ZONES = ["Africa/Casablanca", "America/New_York", "Australia/Lord_Howe", "Europe/London", "UTC"]
WINDOWS = ["calendar_day", "calendar_days 7", "rolling_hours 24", "iso_week", "calendar_month"]

seconds = st.integers(MARCH - 60 * DAY, MARCH + 60 * DAY)


@settings(max_examples=300)
@given(
    events=st.lists(seconds, max_size=12).map(sorted),
    ts=seconds,
    n=st.integers(1, 4),
    name=st.sampled_from(ZONES),
    text=st.sampled_from(WINDOWS),
)
@example(
    events=[MARCH - 20 * DAY + 1800],
    ts=MARCH - 20 * DAY + 5400,
    n=1,
    name="Africa/Casablanca",
    text="calendar_day",
)
def test_the_next_room_is_the_same_however_it_is_found(events, ts, n, name, text):
    counted, place = window(text), zone(name)
    slow = None
    if not counted.room(events, ts, n, place):
        slow = counted.next_room(events, ts, n, place)
    assert counted.opens(events, ts, n, place) == slow
