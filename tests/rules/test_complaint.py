"""The clock of a complaint."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.complaint import Level, clock, level, next_step, read_services, services
from rules.packs import PackError

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("place", "zone", "received", "acknowledge", "answer"),
    [
        # A make-up Saturday works in China; Thursday before Easter: Good Friday and Easter Monday are no working days in England.
        ("GB", "Europe/London", "2026-04-02T10:00+01:00", "2026-04-09T00:00+01:00", "2026-05-29T00:00+01:00"),
        ("AU", "Australia/Sydney", "2026-03-20T23:30+11:00", "2026-03-24T00:00+11:00", "2026-04-20T00:00+10:00"),
        ("CN", "Asia/Shanghai", "2026-02-13T09:00+08:00", "2026-02-26T00:00+08:00", "2026-03-01T00:00+08:00"),
        ("US", "America/New_York", "2026-03-06T09:00-05:00", "2026-03-12T00:00-04:00", "2026-03-22T00:00-04:00"),
        ("ZA", "Africa/Johannesburg", "2026-03-02T09:00+02:00", "2026-03-06T00:00+02:00", "2026-04-02T00:00+02:00"),
    ],
)  # fmt: skip
def test_a_place_gives_a_complaint_its_days_by_its_own_calendar(
    place, zone, received, acknowledge, answer
):
    told = clock(datetime.fromisoformat(received), ZoneInfo(zone), place)
    assert told.acknowledge_by == datetime.fromisoformat(acknowledge)
    assert told.answer_by == datetime.fromisoformat(answer)
    assert told.source


def test_who_sees_a_complaint_follows_its_clock():
    received = datetime(2026, 3, 2, 15, tzinfo=UTC)
    told = clock(received, NEW_YORK, "US")

    def sees(at: datetime, *, acknowledged: bool = False, answered: bool = False) -> Level:
        return level(received, told, acknowledged=acknowledged, answered=answered, now=at)

    moment = timedelta(seconds=1)
    assert sees(told.acknowledge_by - moment) is Level.DESK
    assert sees(told.acknowledge_by) is Level.SUPERVISOR
    assert sees(told.acknowledge_by, acknowledged=True) is Level.DESK
    late = next_step(received, told, acknowledged=True, now=received)
    assert sees(late - moment, acknowledged=True) is Level.DESK
    assert sees(late, acknowledged=True) is Level.SUPERVISOR
    assert sees(told.answer_by, acknowledged=True) is Level.COMPLIANCE
    assert sees(told.answer_by, acknowledged=True, answered=True) is Level.DESK
    assert next_step(received, told, acknowledged=False, now=received) == told.acknowledge_by


def test_every_time_to_answer_names_its_source_and_is_longer_than_that_to_acknowledge():
    for place, service in services().items():
        assert service.source, place
        assert 0 < service.acknowledge < service.answer


@pytest.mark.parametrize(
    "text",
    ["[house", "[GB]\nanswer = 1", "[house]\nacknowledge = 'soon'\nanswer = 1\nsource = 'x'"],
)
def test_data_that_cannot_be_used_say_what_is_wrong(text):
    with pytest.raises(PackError, match="complaints"):
        read_services(text)
