"""Reading payment notices: provider bodies into facts, exactly or not at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from models.currency import is_tender
from models.json_text import DoubledKeyError, JsonError, read_json
from models.money import Money, MoneyError
from models.payment import Ignored, PaymentKind, PaymentNotice, Unreadable

FIRST_YEAR, LAST_YEAR = 1970, 9998
"""Years that somebody else's instant may lie in: beyond them, no clock of a debtor can be read."""


def in_calendar(instant: datetime) -> datetime:
    """Answer an instant in UTC. Raises ``ValueError`` outside ``FIRST_YEAR`` to ``LAST_YEAR``."""
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise ValueError(f"the year lies outside {FIRST_YEAR} to {LAST_YEAR}")
    return instant.astimezone(UTC)


def _written(value: Any) -> Any:
    """Refuse a bare number: one sender counts seconds, the next thousandths, and it would be 1970."""
    if not isinstance(value, (str, datetime)) or str(value).strip().lstrip("+-")[:5].isdigit():
        raise ValueError("an instant is text with its offset, as 2026-11-24T02:00:00Z")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(in_calendar)]
"""An instant of somebody else, in any offset; UTC from here on."""

Code = Annotated[str, Field(pattern=r"^[!-~]{1,200}$")]
"""An id of somebody else: printable ASCII without spaces."""


class GenericNotice(BaseModel):
    """Body of the generic payment webhook."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    id: Code = Field(description="Your id of this event; the same id again is the same event.")
    payment: Code | None = Field(
        default=None,
        description="Your id of the payment, if several events may tell of it. Default: id.",
    )
    debt: str = Field(
        min_length=1, max_length=200, description="Account reference, or case id as case-…"
    )
    amount: str = Field(
        max_length=24,
        description="Decimal text in the currency's own decimals, as 12.00; more than zero.",
    )
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 4217, as CNY.")
    paid_at: Instant = Field(description="RFC 3339 with an offset.")
    method: str = Field(
        default="", pattern=r"^[a-z0-9_.-]{0,32}$", description="As card, transfer, cash."
    )
    payer_amount: str = Field(
        default="",
        max_length=24,
        description="Of a payment in another currency: what the payer gave; amount is what arrived.",
    )
    payer_currency: str = Field(default="", pattern=r"^([A-Z]{3})?$", description="Its currency.")
    kind: Literal["payment", "refund", "chargeback", "chargeback_reversed"] = "payment"
    of: Code | None = Field(
        default=None, description="Of a refund or chargeback: the payment it takes back."
    )


class _StripeData(BaseModel):
    object: dict[str, Any]


class _StripeEvent(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    id: Code
    type: str
    created: int = Field(ge=0, lt=2**37)
    livemode: bool = True
    account: str | None = None
    context: str | None = None
    """As ``account``, of an organisation's events."""
    data: _StripeData


class _StripeObject(BaseModel):
    """What payment intents, refunds and disputes have in common."""

    model_config = ConfigDict(hide_input_in_errors=True)

    id: Code
    currency: str = Field(pattern=r"^[a-z]{3}$")
    metadata: dict[str, str] | None = None
    status: str | None = Field(default=None, pattern=r"^[a-z_]{1,40}$")


class _StripeTransfer(BaseModel):
    destination: str | None = None


class _StripeIntent(_StripeObject):
    amount_received: int = Field(gt=0, lt=2**53)
    payment_method_types: tuple[str, ...] = ()
    transfer_data: _StripeTransfer | None = None
    on_behalf_of: str | None = None
    application_fee_amount: int | None = None


class _StripeTaken(_StripeObject):
    """A refund or a dispute."""

    amount: int = Field(gt=0, lt=2**53)
    payment_intent: Code | None = None
    charge: Code | None = None


_STRIPE_TAKEN = {
    "refund.created": PaymentKind.REFUND,
    "refund.updated": PaymentKind.REFUND,
    "refund.failed": PaymentKind.REFUND_FAILED,
    "charge.dispute.funds_withdrawn": PaymentKind.CHARGEBACK,
    "charge.dispute.created": PaymentKind.CHARGEBACK,
    "charge.dispute.funds_reinstated": PaymentKind.CHARGEBACK_REVERSED,
    "charge.dispute.closed": PaymentKind.CHARGEBACK,
}
"""``charge.refunded`` carries the sum of all refunds of a charge and comes beside
``refund.created``: reading both would count a refund twice. A dispute that is closed says once more
what became of the money, under the dispute's id: lost, it went; won, it is back."""

_STRIPE_NO_DECIMALS = frozenset(
    ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
     "xof", "xpf")
)  # fmt: skip
_STRIPE_THREE_DECIMALS = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))
"""Decimals of Stripe's amounts (docs.stripe.com/currencies); ISK and UGX have two there."""


def read_generic(raw: bytes) -> PaymentNotice | Unreadable:
    """Read the generic webhook's body; amounts become minor units without rounding.

    A key that stands twice is refused: somebody on the way may have read the other one.
    """
    told = told_in(raw)
    if isinstance(told, Unreadable):
        return told
    try:
        body = GenericNotice.model_validate(told)
    except ValidationError as error:
        return unreadable(error)
    try:
        money = Money.parse(body.amount, body.currency)
    except MoneyError as error:
        return Unreadable(what=str(error), where="amount", advice="send the exact amount as text")
    if not is_tender(body.currency):
        return Unreadable(
            what="no currency that anybody pays in",
            where="currency",
            advice="use an ISO 4217 code, as CNY; none of metals, accounts or tests",
        )
    if money.minor <= 0:
        return Unreadable(
            what="the amount is not above zero",
            where="amount",
            advice="send amounts above zero; say with kind what happened to the money",
        )
    payer = _payer(body)
    if isinstance(payer, Unreadable):
        return payer
    if (body.kind == "payment") == (body.of is not None):
        return Unreadable(
            what="only a refund or chargeback takes a payment back, and it must say which",
            where="of",
            advice="give the payment's id with a refund or chargeback, and only with those",
        )
    return PaymentNotice(
        event_id=body.id,
        payment_id=body.payment or body.id,
        kind=PaymentKind(body.kind),
        minor=money.minor,
        currency=body.currency,
        paid_at=body.paid_at,
        debt=body.debt,
        method=body.method,
        of=body.of or "",
        payer_minor=payer.minor if payer else 0,
        payer_currency=payer.currency if payer else "",
    )


def told_in(raw: bytes) -> object:
    """Answer what a body says, read once and strictly, or ``Unreadable``."""
    try:
        told = read_json(raw.decode())
        json.dumps(told, ensure_ascii=False).encode()  # half an emoji is no text that can be kept
    except DoubledKeyError:
        return Unreadable(
            what="a key stands twice in the body",
            where="body",
            advice="say each thing once: whichever were read, the other would be lost",
            syntax=True,
            twofold=True,
        )
    except (JsonError, UnicodeError):
        return Unreadable(
            what="the body is not one JSON object in UTF-8",
            where="body",
            advice="send one JSON object",
            syntax=True,
        )
    return told


def _payer(body: GenericNotice) -> Money | Unreadable | None:
    """Answer what a payer gave in another currency, if the notice says so."""
    if not body.payer_amount and not body.payer_currency:
        return None
    advice = "give payer_amount and payer_currency with a payment in another currency, or neither"
    where = "payer_amount"
    if body.kind != "payment" or body.payer_currency in ("", body.currency):
        return Unreadable(what="no payment in another currency", where=where, advice=advice)
    try:
        payer = Money.parse(body.payer_amount, body.payer_currency)
    except MoneyError as error:
        return Unreadable(what=str(error), where=where, advice=advice)
    if payer.minor <= 0 or not is_tender(payer.currency):
        return Unreadable(what="no amount of a known currency", where=where, advice=advice)
    return payer


def read_stripe(
    raw: bytes, *, tests: bool = True, accounts: tuple[str, ...] = ()
) -> PaymentNotice | Ignored | Unreadable:
    """Read a Stripe event; the debt's reference stands in the object's ``metadata.debt_id``.

    Without ``tests`` an event of the test mode moves nothing. ``accounts`` are ours beside the one
    whose endpoint this is: a platform hears of all that are connected to it.
    """
    told = told_in(raw)
    if isinstance(told, Unreadable):
        return told
    try:
        event = _StripeEvent.model_validate(told)
        if not (event.livemode or tests):
            return Ignored(event_id=event.id, why="stripe:test_mode")
        if event.type == "payment_intent.succeeded":
            intent = _StripeIntent.model_validate(event.data.object)
            kind, amount, of = PaymentKind.PAYMENT, intent.amount_received, ""
            found: _StripeObject = intent
            method = intent.payment_method_types[0] if len(intent.payment_method_types) == 1 else ""
        elif event.type in _STRIPE_TAKEN:
            taken = _StripeTaken.model_validate(event.data.object)
            kind, amount = _STRIPE_TAKEN[event.type], taken.amount
            if event.type == "charge.dispute.closed" and taken.status == "won":
                kind = PaymentKind.CHARGEBACK_REVERSED
            of = taken.payment_intent or taken.charge or ""
            found, method = taken, ""
            if _moves_nothing(kind, taken.status):
                return Ignored(event_id=event.id, why=f"stripe:{event.type}:{taken.status}")
        else:
            return Ignored(event_id=event.id, why=f"stripe:{event.type}"[:100])
    except ValidationError as error:
        return unreadable(error)
    money = _stripe_money(amount, found.currency)
    if money is None:
        return Unreadable(
            what="unknown currency, or an amount it cannot have",
            where="data.object.currency",
            advice="settle in an ISO 4217 currency",
        )
    return PaymentNotice(
        event_id=event.id,
        payment_id=found.id,
        kind=kind,
        minor=money.minor,
        currency=money.currency,
        paid_at=datetime.fromtimestamp(event.created, UTC),
        debt=(found.metadata or {}).get("debt_id", "")[:200],
        method=f"stripe:{method}" if method else "stripe",
        of=of,
        not_ours=_not_ours(event, found, accounts),
    )


def _not_ours(event: _StripeEvent, found: _StripeObject, accounts: tuple[str, ...]) -> str:
    """Say why a payment is another account's: it was told of there, or goes on to there.

    A direct charge names its account outside; a charge for somebody else names where the money goes,
    or at least the fee that the platform keeps of it (docs.stripe.com/connect/charges).
    """
    told_at = event.account or event.context
    if told_at and told_at not in accounts:
        return "the event is of a Stripe account that is not in stripe_accounts"
    if not isinstance(found, _StripeIntent):
        return ""
    goes_to = [found.transfer_data.destination if found.transfer_data else None, found.on_behalf_of]
    named = [account for account in goes_to if account]
    if any(account not in accounts for account in named):
        return "the money goes on to a Stripe account that is not in stripe_accounts"
    if found.application_fee_amount and not (told_at or named):
        return "all but a fee is another Stripe account's; ours stand in stripe_accounts"
    return ""


def _moves_nothing(kind: PaymentKind, status: str | None) -> bool:
    """Answer whether a refund is still under way, or a dispute only an inquiry."""
    match kind:
        case PaymentKind.REFUND:
            return status not in {None, "succeeded"}
        case PaymentKind.CHARGEBACK:
            return (status or "").startswith("warning_") or status == "prevented"
        case _:
            return False


def _stripe_money(amount: int, currency: str) -> Money | None:
    if not is_tender(currency.upper()):
        return None
    decimals = 2
    if currency in _STRIPE_NO_DECIMALS:
        decimals = 0
    elif currency in _STRIPE_THREE_DECIMALS:
        decimals = 3
    text = f"{Decimal(amount).scaleb(-decimals).normalize():f}"
    try:
        return Money.parse(text, currency.upper())
    except MoneyError:
        return None


def unreadable(error: ValidationError) -> Unreadable:
    """Say the first thing that is wrong with a body without quoting it."""
    first = error.errors(include_url=False, include_input=False, include_context=True)[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "json_invalid" or not where:
        return Unreadable(
            what="the body is not a JSON object in UTF-8",
            where="body",
            advice="send one JSON object",
            syntax=True,
        )
    return Unreadable(
        what=first["msg"], where=where[:100], advice="correct the field and send the event again"
    )
