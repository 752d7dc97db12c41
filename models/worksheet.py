"""Somebody else's table: a debt and its entries as a person writes them down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import MAXYEAR, UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)

from models.currency import is_tender
from models.ledger import Across, Advance, Bucket, DayCount, EntryKind, Reversal, Rounding, Slot


def _plain(given: Any) -> Any:
    """Take decimal text or a JSON number as written; never a float."""
    if isinstance(given, str):
        return given
    if isinstance(given, (int, Decimal)) and not isinstance(given, bool):
        return f"{Decimal(given):f}"
    raise ValueError('write an amount as text, as "1170.00"')


def _exact(given: Any) -> Any:
    if isinstance(given, (bool, float)):
        raise ValueError('write a rate as text, as "6.5"')  # noqa: TRY004  # pydantic reads these
    return given


def _spelt(given: Any) -> Any:
    """Take a day count as contracts spell it: ``ACT/365``, ``actual/360``, ``act_act``, ``30E/360``."""
    if not isinstance(given, str):
        return given
    text = given.strip().lower().replace("_", "/").replace("actual", "act")
    return _DAY_COUNTS.get(text, text)


_DAY_COUNTS = {
    "act/365f": "act/365", "act/365 fixed": "act/365", "30e/360": "30/360",
    "act/act isda": "act/act", "act/act (isda)": "act/act",
}  # fmt: skip


def _named(given: Any) -> Any:
    """Take a whole number as a name too: people count their lines."""
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


def _day(given: Any) -> Any:
    """Take a day as ISO 8601 writes it; a number or a count of seconds is none."""
    if isinstance(given, date) or (isinstance(given, str) and _DAY.fullmatch(given)):
        return given
    raise ValueError('write a day as text, as "2026-06-30"')


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T00:00:00(\.0+)?Z?)?")


def _moment(given: Any) -> Any:
    if isinstance(given, datetime) or (isinstance(given, str) and "-" in given):
        return given
    raise ValueError('write an instant as text with offset, as "2026-06-30T12:00:00Z"')


def _traded(code: str) -> str:
    if not is_tender(code):
        raise ValueError(f"{code} is no currency of ISO 4217")
    return code


def _utc(instant: datetime) -> datetime:
    try:
        at = instant.astimezone(UTC)
    except OverflowError:
        at = None
    if at is None or at.year == MAXYEAR:
        raise ValueError("the instant lies outside the calendar")
    return at


def _each_once(buckets: tuple[Bucket, ...]) -> tuple[Bucket, ...]:
    if len(set(buckets)) < len(buckets):
        raise ValueError("a bucket stands twice")
    return buckets


Amount = Annotated[str, BeforeValidator(_plain), Field(max_length=40)]
"""Decimal text in the currency's own decimals; read exactly when the currency is known."""

Percent = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=10_000, decimal_places=10)]
Factor = Annotated[Decimal, BeforeValidator(_exact), Field(gt=0, max_digits=24)]
Day = Annotated[date, BeforeValidator(_day)]
Instant = Annotated[AwareDatetime, BeforeValidator(_moment), AfterValidator(_utc)]
Buckets = Annotated[tuple[Bucket, ...], Field(min_length=1), AfterValidator(_each_once)]
Label = Annotated[str, BeforeValidator(_named), Field(min_length=1, max_length=100)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$"), AfterValidator(_traded)]


class Part(BaseModel):
    """A part of a worksheet; unknown keys are refused by name."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True
    )


class PolicyPart(Part):
    """An allocation policy of one's own."""

    id: Label = "own"
    order: Buckets
    slots: tuple[Slot, ...] = ()
    by_instalment: bool = False
    in_advance: Advance = Advance.NEXT
    across: Across = Across.OLDEST_DUE
    reversal: Reversal = Reversal.REPLAY
    tolerance: Amount = "0"
    minimum: Amount = "0"
    citation: str = "given with the worksheet"


class RatePart(Part):
    since: Day = Field(alias="from")
    annual_rate: Percent
    citation: str = ""


class CeilingTable(Part):
    """A lawful ceiling that Cession knows."""

    table: Literal["cn-private", "cn-financial"]
    contract_date: Day | None = None
    lpr: Percent | None = None


class StopPart(Part):
    """Days without interest, both included."""

    first: Day = Field(alias="from")
    last: Day | None = Field(default=None, alias="to")
    reason: str = ""


class InterestPart(Part):
    annual_rate: Percent | None = None
    rates: tuple[RatePart, ...] = ()
    since: Day | None = Field(default=None, alias="from")
    until: Day | None = None
    stops_on: Day | None = None
    stops: tuple[StopPart, ...] = ()
    day_count: Annotated[DayCount, BeforeValidator(_spelt)] = DayCount.ACT_365
    rounding: Rounding = Rounding.HALF_UP
    on: Buckets = (Bucket.PRINCIPAL,)
    ceiling: Percent | tuple[RatePart, ...] | CeilingTable | None = None
    in_duplum: bool = False


class ExchangePart(Part):
    """Money in another currency, at a rate that was stated to the debtor."""

    amount: Amount
    currency: Currency
    rate: Factor | None = None
    """Units of the debt's currency for one of the payer's."""
    source: Label | None = None
    valid_until: Instant | None = None
    paid_at: Instant | None = None


class EntryPart(Part):
    """One line of the table."""

    id: Label
    kind: EntryKind
    amount: Amount | None = None
    minor: Annotated[int, Field(strict=True)] | None = None
    currency: Currency | None = None
    value_date: Day
    booked_at: Instant | None = None
    bucket: Bucket | None = None
    due: Day | None = None
    of: Label | None = None
    source: Label | None = None
    external_id: Label | None = None
    policy: str = ""
    actor: str = ""
    reason: str = ""
    exchange: ExchangePart | None = None


class Worksheet(Part):
    """A debt and its entries."""

    debt: str = ""
    currency: Currency
    policy: str | PolicyPart = "default"
    reversal: Reversal | None = None
    tolerance: Amount | None = None
    minimum: Amount | None = None
    opening: Mapping[Bucket, Amount] = {}
    opened_on: Day | None = None
    interest: InterestPart | None = None
    as_of: Day | None = None
    entries: tuple[EntryPart, ...] = ()
