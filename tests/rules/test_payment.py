import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.payment import Ignored, PaymentKind, PaymentNotice, Unreadable
from rules.payment import read_generic, read_stripe
from rules.provider import read_alipay

BODY = {
    "id": "ev-1",
    "debt": "US1",
    "amount": "12.00",
    "currency": "USD",
    "paid_at": "2026-07-03T10:00:00-04:00",
    "method": "transfer",
    "kind": "payment",
}


def generic(**changes) -> bytes:
    body = {**BODY, **changes}
    return json.dumps({k: v for k, v in body.items() if v is not ...}).encode()


def stripe(kind: str, obj: dict, event: str = "evt_1") -> bytes:
    fields = {"id": event, "object": "event", "type": kind, "created": 1_782_000_000}
    return json.dumps({**fields, "livemode": False, "data": {"object": obj}}).encode()


def test_what_a_payer_gave_in_another_currency_stands_beside_what_arrived():
    notice = read_generic(generic(payer_amount="800.00", payer_currency="CNY"))
    assert isinstance(notice, PaymentNotice)
    assert (notice.minor, notice.currency) == (1200, "USD")
    assert (notice.payer_minor, notice.payer_currency) == (80_000, "CNY")


def test_a_notice_is_read_in_minor_units_and_utc():
    notice = read_generic(generic())
    assert isinstance(notice, PaymentNotice)
    assert (notice.minor, notice.currency) == (1200, "USD")
    assert notice.paid_at.isoformat() == "2026-07-03T14:00:00+00:00"
    assert notice.payment_id == "ev-1"


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("12", "USD", 1200), ("0.01", "CNY", 1), ("1200", "JPY", 1200), ("1.234", "KWD", 1234)],
)
def test_amounts_are_read_in_the_currencys_own_decimals(amount, currency, minor):
    notice = read_generic(generic(amount=amount, currency=currency))
    assert isinstance(notice, PaymentNotice)
    assert notice.minor == minor


@pytest.mark.parametrize(
    ("changes", "where", "says"),
    [
        ({"amount": "12.001"}, "amount", "USD has 2 decimals"),
        ({"amount": "1.5", "currency": "JPY"}, "amount", "JPY has 0 decimals"),
        ({"amount": "1,200.00"}, "amount", "at most one decimal point"),
        ({"amount": 12.0}, "amount", "valid string"),
        ({"amount": "-5.00"}, "amount", "not above zero"),
        ({"amount": "0.00"}, "amount", "not above zero"),
        ({"amount": "9" * 24}, "amount", "too large"),
        ({"payer_amount": "8.00"}, "payer_amount", "no payment in another currency"),
        ({"payer_amount": "8.00", "payer_currency": "USD"}, "payer_amount", "another currency"),
        ({"payer_amount": "8.5", "payer_currency": "JPY"}, "payer_amount", "JPY has 0 decimals"),
        ({"currency": "XQQ"}, "currency", "no currency that anybody pays in"),
        ({"currency": "XXX"}, "currency", "no currency that anybody pays in"),
        ({"currency": "XAU"}, "currency", "no currency that anybody pays in"),
        ({"currency": "XTS"}, "currency", "no currency that anybody pays in"),
        ({"currency": "usd"}, "currency", "pattern"),
        ({"paid_at": "2026-07-03T10:00:00"}, "paid_at", "timezone"),
        ({"paid_at": "yesterday"}, "paid_at", "valid datetime"),
        ({"debt": ...}, "debt", "required"),
        ({"id": "two words"}, "id", "pattern"),
        ({"kind": "gift"}, "kind", "payment"),
        ({"kind": "refund"}, "of", "must say which"),
        ({"of": "ev-0"}, "of", "must say which"),
        ({"ammount": "1"}, "ammount", "not permitted"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_wrong_and_what_to_do(changes, where, says):
    answer = read_generic(generic(**changes))
    assert isinstance(answer, Unreadable)
    assert answer.where == where
    assert says in answer.what
    assert answer.advice
    assert not answer.syntax


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'"x"',
        b"[" * 10_000,
        b'{"id": "half an emoji \\ud83d"}',
    ],
)
def test_what_is_no_json_object_is_said_to_be_none(raw):
    for read in (read_generic, read_stripe):
        answer = read(raw)
        assert isinstance(answer, Unreadable)
        assert answer.syntax


@given(st.binary(max_size=200) | st.dictionaries(st.text(max_size=8), st.text()).map(
    lambda body: json.dumps(body).encode()))  # fmt: skip
def test_no_body_makes_a_reader_fail(raw):
    assert isinstance(read_generic(raw), Unreadable)
    assert isinstance(read_stripe(raw), Unreadable)


@given(st.integers(1, 10**15))
def test_reading_an_amount_loses_nothing(minor):
    notice = read_generic(generic(amount=f"{minor // 100}.{minor % 100:02}"))
    assert isinstance(notice, PaymentNotice)
    assert notice.minor == minor


INTENT = {
    "id": "pi_1",
    "object": "payment_intent",
    "amount": 25_000,
    "amount_received": 20_000,
    "currency": "usd",
    "metadata": {"debt_id": "US1"},
    "payment_method_types": ["card"],
}


def test_stripe_credits_what_was_received_not_what_was_asked():
    notice = read_stripe(stripe("payment_intent.succeeded", INTENT))
    assert isinstance(notice, PaymentNotice)
    assert (notice.minor, notice.currency, notice.debt) == (20_000, "USD", "US1")
    assert (notice.event_id, notice.payment_id) == ("evt_1", "pi_1")


@pytest.mark.parametrize(
    ("stripes", "currency", "minor"),
    [
        (500, "jpy", 500),  # no decimals at either
        (500, "isk", 5),  # two at Stripe, none at ISO 4217
        (500, "mga", 50_000),  # none at Stripe, two at ISO 4217
        (5_000, "kwd", 5_000),  # three at both
    ],
)
def test_stripes_decimals_are_not_always_those_of_the_currency(stripes, currency, minor):
    intent = {**INTENT, "amount_received": stripes, "currency": currency}
    notice = read_stripe(stripe("payment_intent.succeeded", intent))
    assert isinstance(notice, PaymentNotice)
    assert notice.minor == minor


def test_an_amount_that_a_currency_cannot_have_is_not_rounded():
    intent = {**INTENT, "amount_received": 501, "currency": "isk"}
    assert isinstance(read_stripe(stripe("payment_intent.succeeded", intent)), Unreadable)


@pytest.mark.parametrize(
    ("kind", "status", "read"),
    [
        ("refund.created", "succeeded", PaymentKind.REFUND),
        ("refund.created", "pending", None),
        ("refund.updated", "succeeded", PaymentKind.REFUND),
        ("refund.failed", "failed", PaymentKind.REFUND_FAILED),
        ("charge.dispute.created", "needs_response", PaymentKind.CHARGEBACK),
        ("charge.dispute.created", "warning_needs_response", None),
        ("charge.dispute.funds_withdrawn", "needs_response", PaymentKind.CHARGEBACK),
        ("charge.dispute.funds_reinstated", "won", PaymentKind.CHARGEBACK_REVERSED),
        ("charge.dispute.closed", "won", PaymentKind.CHARGEBACK_REVERSED),
        ("charge.dispute.closed", "lost", PaymentKind.CHARGEBACK),
        ("charge.dispute.closed", "warning_closed", None),
        ("charge.refunded", "succeeded", None),  # the sum of all refunds: refund.created tells
        ("payment_intent.payment_failed", "canceled", None),
        ("payout.paid", "paid", None),
    ],
)
def test_stripe_tells_of_money_that_went_back(kind, status, read):
    taken = {
        "id": "re_1", "amount": 5_000, "currency": "usd", "status": status,
        "payment_intent": "pi_1", "charge": "ch_1",
    }  # fmt: skip
    notice = read_stripe(stripe(kind, taken))
    if read is None:
        assert isinstance(notice, Ignored)
        assert notice.why.startswith(f"stripe:{kind}")
    else:
        assert isinstance(notice, PaymentNotice)
        assert (notice.kind, notice.minor, notice.of) == (read, 5_000, "pi_1")


@pytest.mark.parametrize("at", ["0001-01-01 00:00:00", "9999-12-31 23:59:59"])
def test_no_payment_lies_where_a_debtors_clock_cannot_be_read(at):
    told = {
        "notify_id": "n1",
        "trade_no": "t1",
        "trade_status": "TRADE_SUCCESS",
        "total_amount": "10.00",
        "gmt_payment": at,
    }
    found = read_alipay(told)
    assert isinstance(found, Unreadable)
    assert found.where == "gmt_payment"
