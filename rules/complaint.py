"""The clock of a complaint: when it must be acknowledged and answered, and who sees it meanwhile."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from models.base import Value
from rules.holiday import add_business_days
from rules.pack import Confidence
from rules.packs import PackError

FILE = Path(__file__).parents[1] / "packs" / "complaints.toml"

HOUSE = "house"


class Service(Value):
    """What a place asks of whoever gets a complaint."""

    acknowledge: int
    """Working days of the place after the day it came in."""
    answer: int
    """Calendar days after the day it came in."""
    body: str = ""
    """Who decides if the answer does not satisfy."""
    source: str
    confidence: Confidence


class Level(IntEnum):
    """Who must see to a complaint."""

    DESK = 0
    SUPERVISOR = 1
    """Not acknowledged in time, or three quarters of the time to answer have gone."""
    COMPLIANCE = 2
    """Not answered in time: the person may go to the body that decides."""


class Clock(Value):
    """The last instants of a complaint, in UTC; a day ends at midnight where the person lives."""

    acknowledge_by: datetime
    answer_by: datetime
    source: str
    body: str = ""


def read_services(text: str, where: str = "complaints") -> Mapping[str, Service]:
    """Read the data; raises ``PackError`` with what is wrong and where."""
    try:
        found = {place: Service.model_validate(told) for place, told in tomllib.loads(text).items()}
    except tomllib.TOMLDecodeError as error:
        raise PackError(where, str(error)) from None
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise PackError(where, told) from None
    if HOUSE not in found:
        raise PackError(where, f"a section [{HOUSE}] for places that have none is missing")
    return found


@cache
def services() -> Mapping[str, Service]:
    """Answer the data of this release."""
    return read_services(FILE.read_text("utf-8"), str(FILE))


def clock(
    received: datetime,
    zone: ZoneInfo,
    jurisdiction: str,
    sub: str | None = None,
    known: Mapping[str, Service] | None = None,
) -> Clock:
    """Answer the last instants for a complaint that came in at an instant."""
    all_of = services() if known is None else known
    service = all_of.get(jurisdiction, all_of[HOUSE])
    day = received.astimezone(zone).date()
    return Clock(
        acknowledge_by=_end(add_business_days(day, service.acknowledge, jurisdiction, sub), zone),
        answer_by=_end(day + timedelta(days=service.answer), zone),
        source=service.source,
        body=service.body,
    )


def level(
    received: datetime, told: Clock, *, acknowledged: bool, answered: bool, now: datetime
) -> Level:
    """Answer who must see to a complaint now."""
    if answered:
        return Level.DESK
    if now >= told.answer_by:
        return Level.COMPLIANCE
    late = now >= received + (told.answer_by - received) * 3 / 4
    unheard = not acknowledged and now >= told.acknowledge_by
    return Level.SUPERVISOR if late or unheard else Level.DESK


def next_step(received: datetime, told: Clock, *, acknowledged: bool, now: datetime) -> datetime:
    """Answer the next instant at which somebody else sees an unanswered complaint."""
    steps = [received + (told.answer_by - received) * 3 / 4, told.answer_by]
    if not acknowledged:
        steps.append(told.acknowledge_by)
    return min((at for at in steps if at > now), default=told.answer_by)


def _end(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of the day after."""
    return datetime.combine(day + timedelta(days=1), time(), zone)
