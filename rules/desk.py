"""Who is handed which work, what a person's wish means, and what a supervisor must see."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from models.base import Value
from models.case import TaskKind
from models.contact import Channel
from models.desk import Hands

SPOKEN_TO = frozenset({
    TaskKind.CALL, TaskKind.VISIT, TaskKind.REPLY_REVIEW, TaskKind.COMPLAINT,
})  # fmt: skip
"""Work that is done in the person's own language."""

KEPT = timedelta(minutes=30)
"""How long an item that comes back is kept for whoever put it back."""

UNANSWERED = timedelta(days=1)
"""After its due instant an item that nobody did is the supervisor's to see."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(24:00|([01]\d|2[0-3]):([0-5]\d))")

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class WishError(ValueError):
    """What was written down of a wish says nothing; the text says what to write."""


class Need(Value):
    """What an item asks of whoever takes it."""

    kind: TaskKind
    language: str | None = None
    teams: frozenset[str] = frozenset()
    """The seller and the portfolio."""


def unfit(hands: Hands, need: Need) -> str:
    """Answer why an operator is not handed an item: team, skill or language; empty if they are."""
    if hands.teams and not hands.teams & need.teams:
        return "team"
    if hands.skills and need.kind not in hands.skills:
        return "skill"
    speaks = need.language is None or any(_speaks(each, need.language) for each in hands.languages)
    if need.kind in SPOKEN_TO and hands.languages and not speaks:
        return "language"
    return ""


def _speaks(spoken: str, wanted: str) -> bool:
    """A language speaks all its kinds; one of a place only that: Cantonese is not Mandarin."""
    return wanted == spoken or wanted.startswith(f"{spoken}-")


def language(text: str) -> str:
    """Read a language as BCP 47; raises ``WishError``."""
    if not _LANGUAGE.fullmatch(text):
        raise WishError(f"{text!r} is no language; write it as zh-CN, en-GB or es")
    return text


def unanswered(due: datetime, escalated: datetime | None, now: datetime) -> bool:
    """Whether an item that is not done must be seen by a supervisor."""
    return escalated is not None or now >= due + UNANSWERED


def hours(text: str) -> str:
    """Read hours of a day, as ``18:00-21:00``; raises ``WishError``."""
    found = _HOURS.fullmatch(text)
    if found is None:
        raise WishError(f"{text!r} are no hours; write them as 18:00-21:00")
    opens, closes = text.split("-")
    if closes <= opens:
        raise WishError(f"{text!r}: the end is not after the beginning")
    return text


def wished(
    before: Mapping[str, Any],
    *,
    channels: Sequence[Channel] = (),
    hours_wanted: str | None = None,
    inconvenient: Sequence[str] = (),
    days: Sequence[str] = (),
    forget: bool = False,
) -> dict[str, Any]:
    """Answer a person's preferences with what they said now.

    ``channels`` and ``hours_wanted`` replace what was said before; times that do not suit are
    added, and ``days`` says on which days of the week they do not: the whole day if no time is
    given. ``forget`` begins anew. Raises ``WishError``.
    """
    kept = {
        name: told
        for name, told in before.items()
        if not (forget and name in ("channels", "hours", "inconvenient"))
    }
    if channels:
        kept["channels"] = sorted(set(channels))
    if hours_wanted:
        kept["hours"] = hours(hours_wanted).replace("-24:00", "-23:59")
    weekdays = [_day(each) for each in days]
    told = [_span(each, weekdays) for each in inconvenient]
    if weekdays and not told:
        told = [{"from": "00:00", "weekdays": weekdays}]
    fresh = [each for each in told if each not in kept.get("inconvenient", [])]
    if fresh:
        kept["inconvenient"] = [*kept.get("inconvenient", []), *fresh]
    return kept


def _span(text: str, weekdays: list[int]) -> dict[str, Any]:
    opens, _, closes = hours(text).partition("-")
    span: dict[str, Any] = {"from": opens}
    if closes != "24:00":
        span["to"] = closes
    return {**span, "weekdays": weekdays} if weekdays else span


def _day(text: str) -> int:
    try:
        return DAYS.index(text.lower()[:3])
    except ValueError:
        raise WishError(f"{text!r} is no day; one of {', '.join(DAYS)}") from None


def in_words(preferences: Mapping[str, Any]) -> list[str]:
    """Say a person's preferences in codes and hours of their own clock, for the screen."""
    said: list[str] = []
    if wanted := preferences.get("channels"):
        said.append(f"only by {', '.join(wanted)}")
    if span := preferences.get("hours"):
        said.append(f"between {span.replace('-', ' and ')}")
    for told in preferences.get("inconvenient", []):
        on = ", ".join(DAYS[day] for day in told.get("weekdays", ())) or "any day"
        whole = told["from"] == "00:00" and not told.get("to")
        at = "" if whole else f" {told['from']}-{told.get('to') or '24:00'}"
        said.append(f"never {on}{at}")
    if not_recorded(preferences):
        said.append("no recording of conversations")
    return said


def not_recorded(preferences: Mapping[str, Any]) -> bool:
    """Answer whether a person refused that conversations are recorded."""
    return preferences.get("recording") == "refused"


def refused_at(
    contact: str, at: datetime, answers: Iterable[tuple[datetime, bool, str | None]]
) -> datetime | None:
    """Answer since when a conversation's recording is held against the person's will; None if it is not.

    ``answers`` are what they said to being recorded, oldest first: when, whether they agreed, and
    in which conversation. The last word said in a conversation holds for what was recorded of it;
    without one, what they had said before it began at ``at``.
    """
    against: datetime | None = None
    for said, agreed, during in answers:
        if during == contact or said <= at:
            against = None if agreed else said if during == contact else at
    return against
