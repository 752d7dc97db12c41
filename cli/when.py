"""Instants as people type them at the command line."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cli.show import RefusedError
from models.case import FAR

_SPAN = re.compile(r"(\d{1,4})\s*([mhdw])")

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

FORMS = (
    "write a day as 2026-03-10, an instant with its offset as 2026-03-10T10:00+08:00, "
    "or a span as 90m, 48h, 7d or 2w"
)


def past(text: str, option: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Read an instant behind us: a day begins in ``zone``, a span goes back, ``tue`` is the last."""
    if text[:3].lower() in _DAYS and text.isalpha():
        today = now.astimezone(zone).date()
        back = (today.weekday() - _DAYS.index(text[:3].lower())) % 7
        return _start(today - timedelta(days=back or 7), zone)
    return now - span if (span := _span(text)) else _read(text, option, zone)


def ahead(text: str, option: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Read an instant before us: a day begins in ``zone``, a span goes forward."""
    instant = now + span if (span := _span(text)) else _read(text, option, zone)
    if instant - now > FAR:
        raise RefusedError(f"{option}: {text!r} is too far ahead; give an instant within ten years")
    return instant


def _span(text: str) -> timedelta | None:
    match = _SPAN.fullmatch(text.strip().lower())
    return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else None


def _read(text: str, option: str, zone: ZoneInfo) -> datetime:
    try:
        if len(text) == len("2026-03-10"):
            return _start(date.fromisoformat(text), zone)
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise RefusedError(f"{option}: {text!r} is no instant; {FORMS}") from None
    if instant.tzinfo is None:
        raise RefusedError(f"{option}: {text!r} has no offset, so nobody knows where; {FORMS}")
    return instant


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)
