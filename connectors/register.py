"""Registers: a file that somebody fetches, or a service over HTTP. Silence is never a no."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic import BaseModel, ValidationError

from models.json_text import read_json
from models.register import RegisterKind, Subject, Told, Unreachable

FACTS = frozenset({"ref", "type", "start", "last_protected_day", "status", "place"})
"""What is taken over of an entry: nothing that names a person."""


class _Entry(BaseModel):
    name: str = ""
    born: date | None = None
    postcode: str = ""
    phone: str = ""
    account: str = ""
    ref: str | None = None
    type: str | None = None
    start: date | None = None
    last_protected_day: date | None = None
    status: str | None = None
    place: str | None = None


class _File(BaseModel):
    as_of: datetime
    entries: tuple[_Entry, ...]


class _Answer(BaseModel):
    listed: bool
    as_of: datetime | None = None
    facts: dict[str, Any] = {}


@dataclass(frozen=True)
class FileRegister:
    """A list in a file: ``{"as_of": …, "entries": [{name, born, postcode, phone, account, …}]}``.

    An entry is the person's if the account or the phone is the same, or the name with birth date or
    postcode. The age of an answer is that of the list.
    """

    kind: RegisterKind
    path: Path
    keeps: timedelta
    places: frozenset[str] = frozenset()

    def ask(self, subject: Subject, now: datetime) -> Told | Unreachable:
        del now
        try:
            listed = _File.model_validate(read_json(self.path.read_bytes()))
        except OSError:
            return Unreachable(reason="file_missing")
        except (ValueError, ValidationError):
            return Unreachable(reason="file_unreadable")
        if listed.as_of.tzinfo is None:
            return Unreachable(reason="file_without_offset")
        found = next((entry for entry in listed.entries if _same(entry, subject)), None)
        facts = {} if found is None else _impersonal(found.model_dump(mode="json"))
        return Told(listed=found is not None, as_of=listed.as_of, facts=facts)


@dataclass(frozen=True)
class HttpRegister:
    """A service that is sent the person and answers ``{"listed": …, "as_of": …, "facts": {…}}``."""

    kind: RegisterKind
    url: str
    keeps: timedelta
    places: frozenset[str] = frozenset()
    key: str = field(default="", repr=False)
    timeout: float = 1.5
    """Seconds: the case waits for the answer within its legal check."""

    def ask(self, subject: Subject, now: datetime) -> Told | Unreachable:
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        asked = {"register": self.kind, **subject.model_dump(mode="json")}
        try:
            answer = httpx.post(self.url, json=asked, headers=headers, timeout=self.timeout)
        except httpx.HTTPError as error:
            return Unreachable(reason=type(error).__name__)
        if answer.status_code != 200:
            return Unreachable(reason=f"status_{answer.status_code}")
        try:
            told = _Answer.model_validate_json(answer.content)
        except ValidationError:
            return Unreachable(reason="answer_unreadable")
        as_of = told.as_of or now
        if as_of.tzinfo is None or as_of > now + timedelta(minutes=5):
            return Unreachable(reason="answer_undated")
        return Told(listed=told.listed, as_of=as_of, facts=_impersonal(told.facts))


def _same(entry: _Entry, subject: Subject) -> bool:
    if entry.account and entry.account == subject.account:
        return True
    if entry.phone and _digits(entry.phone) == _digits(subject.phone):
        return True
    if not entry.name or _plain(entry.name) != _plain(subject.name):
        return False
    return bool(
        (entry.born and entry.born == subject.born)
        or (entry.postcode and _plain(entry.postcode) == _plain(subject.postcode))
    )


def _plain(text: str) -> str:
    """Without case, accents and spaces, so that two spellings of one name meet."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if letter.isalnum())


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def _impersonal(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: str(facts[name]) for name in FACTS if facts.get(name) is not None}
