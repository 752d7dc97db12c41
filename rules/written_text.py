"""Reads a text that somebody hands in to be judged, with what is true of its case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, cast

from pydantic import ConfigDict, Field, StrictInt, StrictStr, ValidationError, field_validator

from models.base import Value
from models.contact import Channel
from models.json_text import JsonError, read_json
from models.money import Money
from models.wording import LegalStep, WordingContext


class WrittenRefusedError(ValueError):
    """A line that cannot be judged; the message names the key and says what to write instead."""


class TextChannel(StrEnum):
    """Where a text is to go."""

    SMS = "sms"
    EMAIL = "email"
    PHONE = "phone"
    LETTER = "letter"
    NOTE = "note"


class _Strict(Value):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _LegalEvent(_Strict):
    type: LegalStep
    court: str = Field(min_length=1, strict=True)
    date: date

    @field_validator("date", mode="before")
    @classmethod
    def _written(cls, value: object) -> date:
        if not isinstance(value, str):
            raise ValueError("is written as 2026-11-03")  # noqa: TRY004  # pydantic's contract
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError("is a day that exists, written as 2026-11-03") from None


class _Case(_Strict):
    time_barred: bool = Field(default=False, strict=True)
    legal_event: _LegalEvent | None = None
    credit_reporting: bool = Field(default=False, strict=True)
    balance: str | None = Field(default=None, strict=True)

    @field_validator("balance")
    @classmethod
    def _amount(cls, value: str | None) -> str | None:
        if value is not None and _money(value).minor < 0:
            raise ValueError("is not below nothing; write 0.00 when nothing is owed")
        return value


class _Line(_Strict):
    id: StrictStr | StrictInt
    text: StrictStr

    @field_validator("text")
    @classmethod
    def _said(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("is empty; there is nothing to judge")
        return value

    channel: TextChannel | None = None
    case: _Case | None = None


@dataclass(frozen=True, slots=True)
class WrittenText:
    """A text to judge and what is true of its case."""

    id: str | int
    text: str
    context: WordingContext


def read_text(line: str, locale: str) -> WrittenText:
    """Read one line of JSON; ``WrittenRefusedError`` says what is wrong with which key."""
    try:
        found: Any = read_json(line)
    except JsonError as error:
        where = f" at column {error.column}" if error.column else ""
        raise WrittenRefusedError(f"is no JSON ({error.problem}{where})") from None
    if not isinstance(found, dict):
        raise WrittenRefusedError('is no object; write {"id": "1", "text": "…"}')
    try:
        said = _Line.model_validate(cast("dict[str, Any]", found))
    except ValidationError as error:
        faults = dict.fromkeys(_fault(each) for each in error.errors())
        raise WrittenRefusedError("; ".join(faults)) from None
    return WrittenText(said.id, said.text, _context(said, locale))


def _context(said: _Line, locale: str) -> WordingContext:
    case = said.case or _Case()
    money = _money(case.balance) if case.balance is not None else None
    event = case.legal_event
    spoken = said.channel not in {None, TextChannel.NOTE}
    return WordingContext(
        channel=Channel(said.channel) if spoken and said.channel else None,
        country=locale.partition("-")[2],
        note=said.channel is TextChannel.NOTE,
        by_form=True,
        balance=money.minor if money else None,
        currency=money.currency if money else "",
        amounts=None,
        time_barred=case.time_barred,
        credit_reporting=case.credit_reporting,
        legal_event="given" if event else None,
        legal_event_approved=event is not None,
        legal_event_kind=event.type if event else LegalStep.FILED,
        legal_event_on=event.date if event else None,
        legal_event_court=event.court if event else "",
    )


def _money(text: str) -> Money:
    amount, gap, currency = text.partition(" ")
    if not gap:
        raise ValueError("is an amount and its currency, as 5230.00 CNY")
    return Money.parse(amount, currency)


def _fault(error: Any) -> str:
    key = ".".join(str(part) for part in error["loc"] if part not in {"str", "int"})
    if key == "id" and error["type"] != "missing":
        return "id: is a text or a whole number"
    match error["type"]:
        case "extra_forbidden":
            return f"{key}: is not known"
        case "missing":
            return f"{key}: is missing"
        case "value_error":
            return f"{key}: {error['ctx']['error']}"
        case "enum":
            return f"{key}: is one of {error['ctx']['expected'].replace(' or ', ', ')}"
        case _:
            return f"{key}: {error['msg'].lower()}"
