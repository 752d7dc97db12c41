"""Words about public and own registers that are asked before a contact."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from pydantic import ConfigDict, Field

from models.base import Value


class RegisterKind(StrEnum):
    """What a register knows; a listing stops contact as its kind says."""

    INSOLVENCY = "insolvency"
    MORATORIUM = "moratorium"
    REASSIGNED = "reassigned"
    """Numbers that went to another person."""
    LITIGATION = "litigation"
    """Cases that lawyers hold."""


class Subject(Value):
    """About whom or what a register is asked, in memory only."""

    model_config = ConfigDict(hide_input_in_errors=True)

    name: str = Field("", repr=False)
    born: date | None = Field(None, repr=False)
    postcode: str = Field("", repr=False)
    phone: str = Field("", repr=False)
    account: str = ""


class Told(Value):
    """What a register says, and of when its knowledge is."""

    listed: bool
    as_of: datetime
    facts: dict[str, Any] = Field(default_factory=dict)
    """Impersonal: ref, type, start, last_protected_day, status, place."""


class Unreachable(Value):
    """No answer, or none that can be used. It is not an answer of no."""

    reason: str
    """A code."""


class Register(Protocol):
    """One register. ``ask`` never raises and takes at most a few seconds."""

    @property
    def kind(self) -> RegisterKind: ...

    @property
    def places(self) -> frozenset[str]:
        """Jurisdictions in which it is asked; empty is everywhere."""
        ...

    @property
    def keeps(self) -> timedelta:
        """How old an answer may be before it is asked again."""
        ...

    def ask(self, subject: Subject, now: datetime) -> Told | Unreachable: ...
