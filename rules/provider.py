"""Reading the notices of Alipay, WeChat Pay, GoCardless and Adyen: into facts, exactly or not."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.currency import is_tender
from models.money import Money, MoneyError
from models.payment import Ignored, PaymentKind, PaymentNotice, Unreadable
from rules.payment import Code, Instant, in_calendar, told_in, unreadable

_SHANGHAI = ZoneInfo("Asia/Shanghai")

Read = PaymentNotice | Ignored | Unreadable


class _Body(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)


def _references(said: str, order: str) -> tuple[str, str]:
    """Answer the debt that a payment names: what the order carries, else its number.

    An order number may be the account reference, with ``__`` and anything to make it unique; if
    both are there, it must not name another debt.
    """
    number = order.partition("__")[0][:200]
    return (said[:200], number) if said else (number, "")


# Alipay


def read_alipay(told: Mapping[str, str]) -> Read:
    """Read a verified Alipay notice.

    A refund comes to the same address with the payment's status still TRADE_SUCCESS; what tells
    it is ``refund_fee``, the sum of all refunds of the trade so far: ``total`` marks it as that.
    Times are of Asia/Shanghai without an offset, sums in ``trans_currency`` or yuan
    (opendocs.alipay.com).
    """
    event, trade = told.get("notify_id", ""), told.get("trade_no", "")
    if not _code(event):
        return _missing("notify_id")
    status = told.get("trade_status", "")
    if not _code(trade):
        return Ignored(event_id=event, why=f"alipay:{told.get('notify_type', '')[:60]}")
    refunded = "gmt_refund" in told or bool(told.get("refund_fee", "").strip("0."))
    if not refunded and status not in ("TRADE_SUCCESS", "TRADE_FINISHED"):
        return Ignored(event_id=event, why=f"alipay:{status[:60]}")
    field = "refund_fee" if refunded else "total_amount"
    currency = told.get("trans_currency") or "CNY"
    if not is_tender(currency):
        return _missing("trans_currency")
    money = _sum(told.get(field, ""), currency)
    if isinstance(money, Unreadable):
        return money.model_copy(update={"where": field})
    total = _sum(told.get("total_amount", ""), currency)
    if isinstance(total, Unreadable):
        return total.model_copy(update={"where": "total_amount"})
    if money.minor > total.minor:
        return Unreadable(
            what="more is refunded than was paid", where="refund_fee", advice="check the notice"
        )
    at = told.get("gmt_refund" if refunded else "gmt_payment") or told.get("notify_time", "")
    paid_at = _shanghai(at)
    if paid_at is None:
        return _missing("gmt_refund" if refunded else "gmt_payment")
    request = told.get("out_biz_no") or event
    debt, order = _references(
        unquote(told.get("passback_params", "")), told.get("out_trade_no", "")
    )
    return PaymentNotice(
        event_id=event,
        payment_id=f"{trade}:{request}"[:200] if refunded else trade,
        kind=PaymentKind.REFUND if refunded else PaymentKind.PAYMENT,
        minor=money.minor,
        currency=currency,
        paid_at=paid_at,
        debt=debt,
        order=order,
        method="alipay",
        of=trade if refunded else "",
        cumulative=refunded,
    )


def _sum(text: str, currency: str) -> Money | Unreadable:
    try:
        money = Money.parse(text, currency)
    except MoneyError as error:
        return Unreadable(what=str(error), where="", advice="send the sum in its own decimals")
    if money.minor <= 0:
        return Unreadable(what="the amount is not above zero", where="", advice="send the amount")
    return money


def _shanghai(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return in_calendar(at if at.tzinfo else at.replace(tzinfo=_SHANGHAI))
    except ValueError:
        return None


# WeChat Pay


class WechatNotice(_Body):
    """The outside of a WeChat Pay v3 notice."""

    id: Code
    event_type: str = Field(max_length=64)
    resource_type: str = "encrypt-resource"
    resource: dict[str, str]


class _WechatAmount(_Body):
    total: int = Field(gt=0, lt=2**53)
    refund: int | None = Field(default=None, gt=0, lt=2**53)
    currency: str = Field("CNY", pattern=r"^[A-Z]{3}$")


class _WechatTrade(_Body):
    mchid: str = ""
    sub_mchid: str = ""
    """Whose the money is, where a partner collects for several merchants."""
    appid: str = ""
    out_trade_no: str
    transaction_id: Code
    trade_state: str = ""
    success_time: Instant | None = None
    attach: str = ""
    amount: _WechatAmount
    refund_id: Code | None = None
    refund_status: str = ""


def read_wechat_notice(raw: bytes) -> WechatNotice | Unreadable:
    told = told_in(raw)
    if isinstance(told, Unreadable):
        return told
    try:
        notice = WechatNotice.model_validate(told)
    except ValidationError as error:
        return unreadable(error)
    if notice.resource.get("algorithm") != "AEAD_AES_256_GCM":
        return Unreadable(
            what="the resource is sealed in another way than AEAD_AES_256_GCM",
            where="resource.algorithm",
            advice="send an APIv3 notice",
        )
    return notice


def read_wechat(
    notice: WechatNotice, opened: bytes, mchids: tuple[str, ...], appids: tuple[str, ...]
) -> Read:
    """Read what was sealed in a notice.

    The debt is credited with ``total``, not ``payer_total``: a coupon is the payer's money to us.
    A refund's amount is its ``refund``.
    """
    if not notice.event_type.startswith(("TRANSACTION.", "REFUND.")):
        return Ignored(event_id=notice.id, why=f"wechat:{notice.event_type}")
    told = told_in(opened)
    if isinstance(told, Unreadable):
        return told.model_copy(update={"where": "resource"})
    try:
        trade = _WechatTrade.model_validate(told)
    except ValidationError as error:
        found = unreadable(error)
        return found.model_copy(update={"where": f"resource.{found.where}", "syntax": False})
    merchant = trade.sub_mchid or trade.mchid
    if not merchant:
        return _missing("resource.mchid")
    if merchant not in mchids or (trade.appid and appids and trade.appid not in appids):
        return Unreadable(
            what="the payment is another merchant's", where="resource.mchid", advice="send it there"
        )
    refund = trade.refund_id is not None or notice.event_type.startswith("REFUND.")
    done = trade.refund_status if refund else trade.trade_state
    kind = PaymentKind.REFUND if refund else PaymentKind.PAYMENT
    if refund and notice.event_type == "REFUND.ABNORMAL":
        kind = PaymentKind.REFUND_FAILED
    elif done not in ("SUCCESS", "") or notice.event_type not in (
        "TRANSACTION.SUCCESS",
        "REFUND.SUCCESS",
    ):
        return Ignored(event_id=notice.id, why=f"wechat:{notice.event_type}:{done}"[:100])
    if not is_tender(trade.amount.currency):
        return _missing("resource.amount.currency")
    minor = trade.amount.refund if refund else trade.amount.total
    if minor is None or (refund and minor > trade.amount.total):
        return _missing("resource.amount.refund")
    if trade.success_time is None and kind is not PaymentKind.REFUND_FAILED:
        return _missing("resource.success_time")
    debt, order = _references(trade.attach, trade.out_trade_no)
    return PaymentNotice(
        event_id=notice.id,
        payment_id=(trade.refund_id or notice.id) if refund else trade.transaction_id,
        kind=kind,
        minor=minor,
        currency=trade.amount.currency,
        paid_at=trade.success_time or datetime.fromtimestamp(0, UTC),
        debt=debt,
        order=order,
        method="wechat",
        of=trade.transaction_id if refund else "",
    )


# GoCardless


class _GoCardlessEvent(_Body):
    id: Code
    created_at: Instant
    resource_type: str = Field(max_length=40)
    action: str = Field(max_length=60)
    links: dict[str, Any] = Field(default_factory=dict)
    resource_metadata: dict[str, str] = Field(default_factory=dict)


_GOCARDLESS = {
    ("payments", "confirmed"): PaymentKind.PAYMENT,
    ("payments", "charged_back"): PaymentKind.CHARGEBACK,
    ("payments", "failed"): PaymentKind.CHARGEBACK,
    ("payments", "late_failure_settled"): PaymentKind.CHARGEBACK,
    ("payments", "chargeback_cancelled"): PaymentKind.CHARGEBACK_REVERSED,
    ("refunds", "paid"): PaymentKind.REFUND,
    ("refunds", "failed"): PaymentKind.REFUND_FAILED,
    ("refunds", "bounced"): PaymentKind.REFUND_FAILED,
}
"""A payment counts when it is confirmed; ``failed`` after that is a late failure, and takes it
back like a chargeback. ``paid_out`` and the settled kinds repeat what was told."""


def read_gocardless(event: object, organisations: tuple[str, ...] = ()) -> Read:
    """Read one event of a batch; a partner's app hears of other ``organisations`` than ours too.

    Events name no amount: it stands in the metadata that we gave the payment, with the debt, as
    ``debt_id``, ``amount`` (decimal) and ``currency``. What takes a payment back takes all of it
    unless metadata says otherwise: ``minor`` is then 0, for whoever knows the payment.
    """
    try:
        told = _GoCardlessEvent.model_validate(event)
    except ValidationError as error:
        return unreadable(error).model_copy(update={"syntax": False})
    kind = _GOCARDLESS.get((told.resource_type, told.action))
    if kind is None:
        return Ignored(event_id=told.id, why=f"gocardless:{told.resource_type}:{told.action}"[:100])
    payment, refund = str(told.links.get("payment", "")), str(told.links.get("refund", ""))
    mine = refund if told.resource_type == "refunds" else payment
    if not _code(mine):
        return _missing("links")
    minor, currency = 0, told.resource_metadata.get("currency", "")
    with suppress(MoneyError):  # a slip there is asked about; the rest of the batch must come in
        minor = Money.parse(told.resource_metadata.get("amount", ""), currency).minor
    if not is_tender(currency):
        minor, currency = 0, ""
    owner = str(told.links.get("organisation", ""))
    back = kind in (PaymentKind.CHARGEBACK, PaymentKind.CHARGEBACK_REVERSED)
    return PaymentNotice(
        event_id=told.id,
        payment_id=f"{mine}:{'taken' if kind is PaymentKind.CHARGEBACK else 'given'}"
        if back
        else mine,
        kind=kind,
        minor=max(minor, 0),
        currency=currency,
        paid_at=told.created_at,
        debt=told.resource_metadata.get("debt_id", "")[:200],
        method="gocardless",
        of="" if kind is PaymentKind.PAYMENT else payment,
        by_state=told.resource_type == "payments",
        only_known=told.action == "failed",
        not_ours=""
        if not owner or owner in organisations
        else "the payment is of an organisation that is not in gocardless_organisations",
    )


# Adyen


class _AdyenAmount(_Body):
    value: int = Field(ge=0, lt=2**53)
    currency: str = Field(max_length=20)


_ADYEN_ID = r"^[!-9;-~]{1,100}$"
"""Signed fields are joined by colons without escaping: one within an id could stand for two fields."""


class _AdyenItem(_Body):
    pspReference: str = Field(pattern=_ADYEN_ID)  # noqa: N815
    originalReference: str | None = Field(None, pattern=_ADYEN_ID + "|^$")  # noqa: N815
    merchantAccountCode: str = Field(max_length=100)  # noqa: N815
    merchantReference: str | None = None  # noqa: N815
    eventCode: str = Field(pattern=r"^[A-Z0-9_]{1,60}$")  # noqa: N815
    eventDate: Instant  # noqa: N815
    success: str | bool
    amount: _AdyenAmount
    additionalData: dict[str, Any] = Field(default_factory=dict)  # noqa: N815


_ADYEN = {
    "REFUND": PaymentKind.REFUND,
    "CANCEL_OR_REFUND": PaymentKind.REFUND,
    "CANCELLATION": PaymentKind.REFUND,
    "TECHNICAL_CANCEL": PaymentKind.REFUND,
    "REFUND_FAILED": PaymentKind.REFUND_FAILED,
    "REFUNDED_REVERSED": PaymentKind.REFUND_FAILED,
    "CAPTURE_FAILED": PaymentKind.CHARGEBACK,
    "CHARGEBACK": PaymentKind.CHARGEBACK,
    "SECOND_CHARGEBACK": PaymentKind.CHARGEBACK,
    "CHARGEBACK_REVERSED": PaymentKind.CHARGEBACK_REVERSED,
}
_ADYEN_CANCELS = frozenset({"CANCELLATION", "TECHNICAL_CANCEL"})
"""An authorisation given up before it was captured: under automatic capture it had counted."""

_ADYEN_DECIMALS = {
    **dict.fromkeys(("CVE", "DJF", "GNF", "IDR", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND",
                     "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip
"""Decimals of Adyen's amounts (docs.adyen.com, currency codes); CLP and ISK have two there."""


UNFIT = "unknown currency, or an amount it cannot have: look it up at the provider"


def read_adyen(item: object, accounts: tuple[str, ...], capture: str) -> Read:
    """Read one verified item; with manual capture money counts when it is captured.

    ``merchantReference`` is signed and says whose the money is, up to ``__``; metadata is not. A
    webhook of a company tells of all its merchant accounts, and Adyen holds back what follows an
    item that is not accepted: one of another account than ``accounts`` is kept and moves nothing.

    A payment may be captured in parts, each a payment of its own: ``original:capture``. A dispute
    keeps its reference through all its stages, so that a second chargeback has one of its own here.

    An amount that cannot be read is ``unfit``: refused, it would hold up everybody else's money.
    """
    try:
        told = _AdyenItem.model_validate(item)
    except ValidationError as error:
        return unreadable(error).model_copy(update={"syntax": False})
    event = f"{told.eventCode}:{told.pspReference}:{str(told.success).lower()}"
    counted = "AUTHORISATION" if capture == "automatic" else "CAPTURE"
    kind = PaymentKind.PAYMENT if told.eventCode == counted else _ADYEN.get(told.eventCode)
    given_up = told.eventCode in _ADYEN_CANCELS or (
        told.eventCode == "CANCEL_OR_REFUND"
        and told.additionalData.get("modification.action") == "cancel"
    )
    if kind is None or str(told.success).lower() != "true" or (given_up and capture != "automatic"):
        return Ignored(event_id=event, why=f"adyen:{told.eventCode}:{str(told.success).lower()}")
    money = in_decimals(
        told.amount.value, told.amount.currency, _ADYEN_DECIMALS.get(told.amount.currency, 2)
    )
    if kind is PaymentKind.PAYMENT and told.amount.value == 0:
        return Ignored(event_id=event, why="adyen:zero")
    unfit = "" if money and money.minor > 0 else UNFIT
    original = told.originalReference or ""
    ident = told.pspReference
    if told.eventCode == "CAPTURE" and original:
        ident = f"{original}:{ident}"
    elif told.eventCode == "SECOND_CHARGEBACK":
        ident = f"{ident}:second"
    beside = told.additionalData.get("metadata.debt_id")
    return PaymentNotice(
        event_id=event,
        payment_id=ident,
        kind=kind,
        minor=0 if unfit or money is None else money.minor,
        currency="" if unfit or money is None else money.currency,
        unfit=unfit,
        paid_at=told.eventDate,
        debt=(told.merchantReference or "").partition("__")[0][:200],
        beside=beside[:200] if isinstance(beside, str) else "",
        method="adyen",
        of="" if kind is PaymentKind.PAYMENT else original,
        not_ours=""
        if not accounts or told.merchantAccountCode in accounts
        else "the payment is of a merchant account that is not in adyen_accounts",
    )


def in_decimals(amount: int, currency: str, decimals: int) -> Money | None:
    """Read a provider's minor units with its own number of decimals into ours, exactly or not."""
    if not is_tender(currency):
        return None
    text = f"{Decimal(amount).scaleb(-decimals).normalize():f}"
    try:
        return Money.parse(text, currency)
    except MoneyError:
        return None


def _code(text: str) -> bool:
    return 0 < len(text) <= 150 and text.isascii() and text.isprintable() and " " not in text


def _missing(field: str) -> Unreadable:
    return Unreadable(
        what="a field is missing or malformed",
        where=field,
        advice="send the notice as the provider documents it",
    )
