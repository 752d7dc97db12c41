"""Alipay, WeChat Pay, GoCardless, Adyen: verified against what their own kits sign."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from urllib.parse import urlencode

import gocardless_pro.webhooks
import httpx
import pytest
import uvicorn
from Adyen.util import generate_notification_sig, is_valid_hmac_notification
from alipay.aop.api.util.SignatureUtils import get_sign_content, sign_with_rsa2
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from wechatpayv3.utils import rsa_sign, rsa_verify

from gateway.main import create_app
from models.payment import PaymentNotice
from models.tables import Debt, InboxItem, Stop
from rules.provider import read_adyen
from runtime.clock import Clock
from runtime.settings import load
from store import payment as payments

ALIPAY = rsa.generate_private_key(65537, 2048)
WECHAT = rsa.generate_private_key(65537, 2048)
APIV3 = "0123456789abcdef0123456789abcdef"
OLD_APIV3 = "f" * 32
ADYEN = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
SERIAL = "7777AAAA"


def pem(key) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def bare(key) -> str:
    return base64.b64encode(
        key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).decode()


def private(key) -> str:
    text = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return "".join(text.decode().splitlines()[1:-1])


@pytest.fixture
async def door(store, gateway):
    """A gateway that knows every provider; its store has a debt in yuan beside the others."""
    with store.writing() as session:
        debt = session.get_one(Debt, gateway.rows(Debt, account_ref="US2")[0].id)
        debt.currency = "CNY"
        debt.account_ref = "CN1"
        session.add(debt)
    settings = load(
        {},
        alipay_keys=[pem(WECHAT), bare(ALIPAY)],
        alipay_app_ids=["2021000001"],
        alipay_seller_ids=["2088000001"],
        wechat_keys={SERIAL: pem(WECHAT)},
        wechat_secrets=[OLD_APIV3, APIV3],
        wechat_mchids=["1900000001"],
        wechat_appids=["wx01"],
        gocardless_secrets=["gc-old", "gc"],
        gocardless_organisations=["OR1"],
        adyen_secrets=[ADYEN],
        adyen_accounts=["Harbour"],
    )
    wall = gateway.wall
    clock: Clock = type("Fixed", (), {"now": lambda _: wall - timedelta(days=1)})()
    app = create_app(settings, store, clock, wall=lambda: wall)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="on"))
    server.install_signal_handlers = lambda: None
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done()
        await asyncio.sleep(0)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
        yield http
    server.should_exit = True
    await task


@pytest.fixture
def taken(gateway):
    def look():
        rows = gateway.rows(InboxItem)
        return [(r.kind, r.facts.get("minor"), r.status) for r in rows if r.kind != "ignored"]

    return look


# Alipay


def alipay(key=ALIPAY, **changes):
    told = {
        "notify_id": "n1", "notify_type": "trade_status_sync", "notify_time": "2026-07-03 10:00:05",
        "app_id": "2021000001", "seller_id": "2088000001", "charset": "utf-8", "version": "1.0",
        "trade_no": "T1", "out_trade_no": "CN1__7", "trade_status": "TRADE_SUCCESS",
        "total_amount": "195.00", "receipt_amount": "190.00", "buyer_pay_amount": "190.00",
        "gmt_create": "2026-07-03 09:59:00", "gmt_payment": "2026-07-03 10:00:00",
        "buyer_id": "2088102", "subject": "还款 & more=1",
    } | changes  # fmt: skip
    told = {name: value for name, value in told.items() if value is not None}
    signature = sign_with_rsa2(private(key), get_sign_content(told), told["charset"])
    told |= {"sign": signature, "sign_type": "RSA2"}
    return urlencode(told, encoding=told["charset"]).encode()


async def test_alipay_is_answered_with_the_word_it_waits_for(door, taken, gateway):
    answer = await door.post("/v1/alipay", content=alipay())
    assert (answer.status_code, answer.text) == (200, "success")
    assert taken() == [("payment", 19_500, "new")]
    (item,) = gateway.rows(InboxItem)
    assert item.facts["paid_at"] == "2026-07-03T02:00:00+00:00"
    assert b"trade_no=T1" in gateway.store.keys.open_store(item.sealed)


async def test_alipay_for_another_seller_or_app_is_refused_though_rightly_signed(door, taken):
    for changes in ({"seller_id": "2088999"}, {"app_id": "1"}, {"seller_id": None}):
        answer = await door.post("/v1/alipay", content=alipay(**changes))
        assert answer.status_code == 422
        assert "success" not in answer.text
    assert taken() == []


async def test_an_alipay_refund_at_the_same_address_is_no_second_payment(door, taken):
    await door.post("/v1/alipay", content=alipay())
    back = {"gmt_refund": "2026-07-04 08:00:00.123", "out_biz_no": "r1", "refund_fee": "20.00"}
    for changes in (
        {"notify_id": "n2", **back},
        {"notify_id": "n2", **back},
        {"notify_id": "n3", **back},
        {"notify_id": "n4", **back, "out_biz_no": "r2", "refund_fee": "50.00"},
        {"notify_id": "n5", "trade_status": "TRADE_FINISHED"},
        {"notify_id": "n6", "trade_status": "TRADE_CLOSED"},
    ):
        answer = await door.post("/v1/alipay", content=alipay(**changes))
        assert (answer.status_code, answer.text) == (200, "success")
    moved = [row for row in taken() if row[2] != "ignored"]
    assert moved == [("payment", 19_500, "new"), ("refund", 2_000, "new"), ("refund", 3_000, "new")]


async def test_an_alipay_notice_that_was_changed_is_refused(door, taken):
    raw = alipay()
    for body in (
        raw.replace(b"195.00", b"295.00"), raw + b"&total_amount=1.00", alipay(rsa.generate_private_key(65537, 2048)),
        raw.replace(b"RSA2", b"RSA"), b"", b"\xff\xfe", b"charset=x",
    ):  # fmt: skip
        answer = await door.post("/v1/alipay", content=body)
        assert answer.status_code in (400, 401)
        assert answer.text != "success"
    assert taken() == []


async def test_alipay_in_gbk_is_verified_in_gbk(door, taken):
    answer = await door.post("/v1/alipay", content=alipay(charset="gbk"))
    assert answer.text == "success"
    assert len(taken()) == 1


async def test_an_alipay_notice_that_refunds_nothing_is_a_payment(door, taken):
    answer = await door.post("/v1/alipay", content=alipay(refund_fee="0.00"))
    assert (answer.text, taken()) == ("success", [("payment", 19_500, "new")])


# WeChat Pay


def wechat(event="TRANSACTION.SUCCESS", *, key=APIV3, ident="w1", twice=False, **changes):
    trade = {
        "mchid": "1900000001", "appid": "wx01", "out_trade_no": "CN1", "transaction_id": "4200",
        "trade_state": "SUCCESS", "success_time": "2026-07-03T10:00:00+08:00",
        "amount": {"total": 10_000, "payer_total": 9_000, "currency": "CNY"},
    } | changes  # fmt: skip
    trade = {name: value for name, value in trade.items() if value is not None}
    told = json.dumps(trade).encode()
    if twice:
        told = told.replace(b'"total": 10000', b'"total": 1, "total": 10000')
    sealed = AESGCM(key.encode()).encrypt(b"nonce12chars", told, b"transaction")
    return json.dumps(
        {
            "id": ident, "create_time": "2026-07-03T10:00:01+08:00", "event_type": event,
            "resource_type": "encrypt-resource",
            "resource": {
                "algorithm": "AEAD_AES_256_GCM", "nonce": "nonce12chars",
                "associated_data": "transaction", "ciphertext": base64.b64encode(sealed).decode(),
            },
        }
    ).encode()  # fmt: skip


def signed(raw, at, *, serial=SERIAL, key=WECHAT):
    stamp = str(int(at.timestamp()))
    text = f"{stamp}\nxyz\n{raw.decode()}\n"
    signature = rsa_sign(key, text)
    assert rsa_verify(stamp, "xyz", raw.decode(), signature, key.public_key())
    return {
        "Wechatpay-Serial": serial, "Wechatpay-Signature": signature,
        "Wechatpay-Timestamp": stamp, "Wechatpay-Nonce": "xyz",
    }  # fmt: skip


async def test_wechat_credits_the_total_and_not_what_a_coupon_left(door, taken, gateway):
    raw = wechat()
    answer = await door.post("/v1/wechat", content=raw, headers=signed(raw, gateway.wall))
    assert (answer.status_code, answer.json()) == (200, {"code": "SUCCESS", "message": "成功"})
    assert taken() == [("payment", 10_000, "new")]


async def test_a_wechat_notice_replayed_ten_minutes_later_or_changed_is_refused(
    door, taken, gateway
):
    raw = wechat()
    old = signed(raw, gateway.wall - timedelta(minutes=10))
    now = signed(raw, gateway.wall)
    for content, headers, error in (
        (raw, old, "signature_stale"),
        (raw.replace(b"w1", b"w2"), now, "signature_wrong"),
        (raw, {**now, "Wechatpay-Serial": "8888"}, "signature_wrong"),
        (raw, {**now, "Wechatpay-Signature": "WECHATPAY/SIGNTEST/xyz"}, "signature_wrong"),
        (raw, {}, "signature_missing"),
    ):
        answer = await door.post("/v1/wechat", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "FAIL")
        assert answer.json()["error"] == error
    assert taken() == []


async def test_a_wechat_refund_takes_back_its_own_amount(door, taken, gateway):
    back = {
        "refund_id": "5000", "out_refund_no": "R1", "refund_status": "SUCCESS", "trade_state": "",
        "amount": {"total": 10_000, "refund": 2_500, "payer_total": 9_000, "payer_refund": 2_250},
    }  # fmt: skip
    for raw in (
        wechat(),
        wechat("REFUND.SUCCESS", ident="w2", **back),
        wechat("REFUND.CLOSED", ident="w3", **{**back, "refund_status": "CLOSED"}),
        wechat("REFUND.ABNORMAL", ident="w4", **{**back, "refund_status": "ABNORMAL"}),
    ):
        answer = await door.post("/v1/wechat", content=raw, headers=signed(raw, gateway.wall))
        assert answer.status_code == 200
    assert taken() == [
        ("payment", 10_000, "new"), ("refund", 2_500, "new"), ("refund_failed", 2_500, "suspense"),
    ]  # fmt: skip


async def test_a_refund_that_names_another_order_goes_to_the_debt_of_its_payment(
    door, taken, gateway
):
    back = {
        "refund_id": "5000", "refund_status": "SUCCESS", "out_trade_no": "ORDER-77",
        "amount": {"total": 10_000, "refund": 2_500},
    }  # fmt: skip
    for raw in (
        wechat(attach="CN1", out_trade_no="ORDER-77"),
        wechat("REFUND.SUCCESS", ident="w2", **back),
    ):
        await door.post("/v1/wechat", content=raw, headers=signed(raw, gateway.wall))
    assert taken() == [("payment", 10_000, "new"), ("refund", 2_500, "new")]
    assert len({row.debt_id for row in gateway.rows(InboxItem)}) == 1


async def test_wechat_of_another_merchant_or_under_another_key_is_refused(door, taken, gateway):
    for raw in (wechat(mchid="1"), wechat(appid="wx02"), wechat(key="0" * 32)):
        answer = await door.post("/v1/wechat", content=raw, headers=signed(raw, gateway.wall))
        assert (answer.status_code, answer.json()["code"]) == (422, "FAIL")
    assert taken() == []


# GoCardless


def gocardless(*events, secret="gc"):
    raw = json.dumps({"events": list(events), "meta": {"webhook_id": "WB1"}}).encode()
    signature = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    assert gocardless_pro.webhooks.parse(raw, secret, signature)
    return {"content": raw, "headers": {"Webhook-Signature": signature}}


def event(action, ident, payment="PM1", kind="payments", **metadata):
    return {
        "id": ident, "created_at": "2026-07-03T10:00:00.000Z", "resource_type": kind,
        "action": action, "links": {"payment": payment, "refund": f"RF-{ident}"},
        "resource_metadata": metadata,
    }  # fmt: skip


DUE = {"debt_id": "US1", "amount": "195.00", "currency": "USD"}


async def test_a_batch_of_gocardless_events_is_taken_whole(door, taken):
    batch = gocardless(
        event("created", "E0"), event("confirmed", "E1", **DUE), event("paid_out", "E2"),
        event("charged_back", "E3"), event("chargeback_cancelled", "E4"),
        event("failed", "E5", payment="PM2"),
    )  # fmt: skip
    for _ in range(2):
        answer = await door.post("/v1/gocardless", **batch)
        assert (answer.status_code, answer.content) == (204, b"")
    assert [row for row in taken() if row[2] == "new"] == [
        ("payment", 19_500, "new"), ("chargeback", 19_500, "new"), ("chargeback_reversed", 19_500, "new"),
    ]  # fmt: skip


async def test_a_late_failure_takes_the_payment_back_once(door, taken):
    await door.post("/v1/gocardless", **gocardless(event("confirmed", "E1", **DUE)))
    await door.post("/v1/gocardless", **gocardless(event("failed", "E2")))
    await door.post("/v1/gocardless", **gocardless(event("late_failure_settled", "E3")))
    assert [row for row in taken() if row[2] == "new"] == [
        ("payment", 19_500, "new"), ("chargeback", 19_500, "new"),
    ]  # fmt: skip


async def test_a_payment_that_failed_and_was_taken_again_is_back(door, gateway):
    happened = [
        ("confirmed", "E1", "payment"), ("failed", "E2", "chargeback"),
        ("late_failure_settled", "E3", "ignored"), ("confirmed", "E4", "chargeback_reversed"),
        ("paid_out", "E5", "ignored"), ("failed", "E6", "chargeback"),
        ("confirmed", "E7", "chargeback_reversed"),
    ]  # fmt: skip
    debt = gateway.rows(Debt, account_ref="US1")[0]
    for action, ident, kind in happened:
        await door.post("/v1/gocardless", **gocardless(event(action, ident, **DUE)))
        (row,) = gateway.rows(InboxItem, external_id=ident)
        assert "ignored" in (row.kind, row.status) if kind == "ignored" else row.kind == kind
        if action == "confirmed" and ident == "E1":
            with gateway.store.writing() as session:
                payments.append(
                    session, debt.id, kind="payment", minor=19_500, currency="USD",
                    value_date=gateway.wall.date(), booked_at=gateway.wall,
                    observed_at=gateway.wall, source="gocardless", external_id="PM1", policy="",
                    actor="test", reason="payment",
                )  # fmt: skip
    moved = {r.facts["payment_id"] for r in gateway.rows(InboxItem) if r.status == "new"}
    assert moved == {"PM1", "PM1:taken", "PM1:given", "PM1:taken:1", "PM1:given:1"}


async def test_a_payment_that_failed_before_it_was_ever_confirmed_is_not_taken_back_when_it_is(
    door, taken
):
    """Its events carry the amount from the beginning; a debit that failed at first is tried again."""
    for number, action in enumerate(("submitted", "failed", "resubmission_requested", "confirmed")):
        told = event(action, f"E{number}", **DUE) | {
            "created_at": f"2026-07-0{number + 1}T10:00:00Z"
        }
        assert (await door.post("/v1/gocardless", **gocardless(told))).status_code == 204
    assert taken() == [("chargeback", 19_500, "ignored"), ("payment", 19_500, "new")]


async def test_a_confirmation_that_comes_after_the_news_of_its_failure_waits_for_a_person(
    door, taken
):
    late = event("failed", "E2", **DUE) | {"created_at": "2026-07-05T10:00:00Z"}
    for told in (late, event("confirmed", "E1", **DUE)):
        assert (await door.post("/v1/gocardless", **gocardless(told))).status_code == 204
    assert taken() == [("chargeback", 19_500, "ignored"), ("payment", 19_500, "suspense")]


async def test_a_gocardless_payment_without_amount_waits_for_a_person(door, taken):
    await door.post("/v1/gocardless", **gocardless(event("confirmed", "E1", debt_id="US1")))
    assert taken() == [("payment", 0, "suspense")]


async def test_a_wrong_gocardless_signature_is_answered_as_its_papers_say(door, taken):
    for given in (gocardless(event("confirmed", "E1", **DUE), secret="no"), {"content": b"{}"}):
        assert (await door.post("/v1/gocardless", **given)).status_code == 498
    assert taken() == []


# Adyen


def item(code="AUTHORISATION", psp="P1", *, success="true", value=19_500, **changes):
    told = {
        "pspReference": psp, "merchantAccountCode": "Harbour", "merchantReference": "US1",
        "amount": {"value": value, "currency": "USD"}, "eventCode": code, "success": success,
        "eventDate": "2026-07-03T10:00:00+02:00", "paymentMethod": "visa", **changes,
    }  # fmt: skip
    beside = told.pop("additionalData", {})
    told["additionalData"] = {
        "hmacSignature": generate_notification_sig(told, ADYEN).decode(),
        **beside,
    }
    assert is_valid_hmac_notification(told, ADYEN)
    return told


def adyen(*items):
    wrapped = [{"NotificationRequestItem": one} for one in items]
    return json.dumps({"live": "false", "notificationItems": wrapped}).encode()


async def test_adyen_is_answered_as_it_wants_and_chargebacks_name_their_payment(
    door, taken, gateway
):
    raw = adyen(
        item(), item("AUTHORISATION", "P2", success="false"), item("REPORT_AVAILABLE", "P3"),
        item("REFUND", "P4", value=500, originalReference="P1"),
        item("CHARGEBACK", "P5", originalReference="P1"),
        item("CHARGEBACK_REVERSED", "P6", originalReference="P1"),
    )  # fmt: skip
    for _ in range(2):
        answer = await door.post("/v1/adyen", content=raw)
        assert (answer.status_code, answer.text) == (200, "[accepted]")
    assert taken() == [
        ("payment", 19_500, "new"), ("refund", 500, "new"),
        ("chargeback", 19_500, "new"), ("chargeback_reversed", 19_500, "new"),
    ]  # fmt: skip
    assert {r.facts.get("of") for r in gateway.rows(InboxItem, kind="chargeback")} == {"P1"}


async def test_an_adyen_item_that_was_changed_refuses_the_whole_request(door, taken):
    changed = item(psp="P2") | {"amount": {"value": 99, "currency": "USD"}}
    bodies = [adyen(item(), changed), adyen(), b"[]", b"{", adyen({"pspReference": "P9"})]
    for raw in bodies:
        answer = await door.post("/v1/adyen", content=raw)
        assert answer.status_code in (400, 401, 422)
        assert "[accepted]" not in answer.text
    assert taken() == []


async def test_an_adyen_item_of_another_merchant_account_holds_up_nobodys_money(
    door, taken, gateway
):
    """A company's webhook tells of all its accounts; what is not accepted holds up what follows."""
    raw = adyen(
        item(psp="P1", merchantAccountCode="Elsewhere", merchantReference="SHOP-1"),
        item(psp="P2"),
        item(psp="P3", merchantAccountCode="Elsewhere"),
    )
    answer = await door.post("/v1/adyen", content=raw)
    assert (answer.status_code, answer.text) == (200, "[accepted]")
    rows = {r.facts["payment_id"]: (r.status, r.debt_id) for r in gateway.rows(InboxItem)}
    debt = gateway.rows(Debt, account_ref="US1")[0]
    assert rows == {"P1": ("ignored", None), "P2": ("new", debt.id), "P3": ("suspense", None)}
    assert [stop.kind for stop in gateway.rows(Stop)] == ["hold"]


async def test_a_second_chargeback_counts_though_its_dispute_has_the_same_reference(door, taken):
    lost = [
        item("CHARGEBACK", "D1", originalReference="P1"),
        item("CHARGEBACK_REVERSED", "D1", originalReference="P1"),
        item("SECOND_CHARGEBACK", "D1", originalReference="P1"),
    ]
    await door.post("/v1/adyen", content=adyen(item(), *lost))
    assert [row for row in taken() if row[2] == "new"] == [
        ("payment", 19_500, "new"), ("chargeback", 19_500, "new"),
        ("chargeback_reversed", 19_500, "new"), ("chargeback", 19_500, "new"),
    ]  # fmt: skip


async def test_a_payment_given_up_before_its_capture_is_taken_back(door, taken):
    await door.post("/v1/adyen", content=adyen(item(), item("CANCELLATION", "M1", originalReference="P1")))  # fmt: skip
    assert taken() == [("payment", 19_500, "new"), ("refund", 19_500, "new")]


@pytest.mark.parametrize("capture", ["manual", "automatic"])
def test_parts_of_a_payment_that_are_captured_alike_are_two_payments(capture):
    read = [
        read_adyen(one, ("Harbour",), capture)
        for one in (
            item(), item("CAPTURE", "C1", value=9_000, originalReference="P1"),
            item("CAPTURE", "C2", value=9_000, originalReference="P1"),
            item("CANCELLATION", "M1", originalReference="P1"),
        )
    ]  # fmt: skip
    said = [(one.payment_id, one.kind) for one in read if isinstance(one, PaymentNotice)]
    assert said == {
        "manual": [("P1:C1", "payment"), ("P1:C2", "payment")],
        "automatic": [("P1", "payment"), ("M1", "refund")],
    }[capture]  # fmt: skip


async def test_a_signed_item_cannot_be_cut_into_other_fields(door, taken):
    told = item(merchantReference="Harbour:US1", merchantAccountCode="")
    moved = told | {"pspReference": "P1:", "merchantAccountCode": "Harbour", "merchantReference": "US1"}  # fmt: skip
    moved["originalReference"] = ""
    answer = await door.post("/v1/adyen", content=adyen(moved))
    assert (answer.status_code, taken()) == (422, [])


def doubted(gateway):
    """Answer why money waits for a person, the debts it may be for, and who is left in peace."""
    (row,) = gateway.rows(InboxItem, status="suspense")
    assert row.debt_id is None
    refs = {str(debt.id): debt.account_ref for debt in gateway.rows(Debt)}
    holds = {stop.debtor_id for stop in gateway.rows(Stop, source="suspense")}
    meant = [refs[told["debt"]] for told in row.facts["suggested"]]
    people = {d.debtor_id for d in gateway.rows(Debt) if d.account_ref in meant}
    assert holds == people
    return row.problem, meant


async def test_where_many_wait_for_one_lock_each_hears_a_no_in_time(
    door, gateway, monkeypatch, taken
):
    """Forty requests on four threads, half a second each, would wait for five seconds in line."""
    monkeypatch.setattr("gateway.door.PATIENCE", 0.5)
    began = time.monotonic()
    with gateway.store.writing():
        posts = (door.post("/v1/adyen", content=adyen(item(psp=f"L{n}"))) for n in range(40))
        answers = await asyncio.gather(*posts)
        waited = time.monotonic() - began
    assert {answer.status_code for answer in answers} == {503}
    assert waited < 3
    assert taken() == []


@pytest.mark.parametrize("path", ["gocardless", "adyen", "wechat", "sealed"])
async def test_a_key_that_stands_twice_in_a_batch_is_refused(door, taken, gateway, path):
    """Whichever of the two were read, somebody on the way may have read the other.

    A body that is signed as a whole is genuine: it is kept for a person, once.
    """
    raw = adyen(item()).replace(b'"value": 19500', b'"value": 1, "value": 19500')
    given = {"content": raw}
    if path == "gocardless":
        raw = gocardless(event("confirmed", "E1", **DUE))["content"]
        raw = raw.replace(b'"amount"', b'"amount": "1.00", "amount"')
        signature = hmac.new(b"gc", raw, hashlib.sha256).hexdigest()
        given = {"content": raw, "headers": {"Webhook-Signature": signature}}
    if path == "wechat":
        raw = wechat().replace(b'"id": "w1"', b'"id": "w1", "id": "w2"')
        given = {"content": raw, "headers": signed(raw, gateway.wall)}
    if path == "sealed":
        raw = wechat(twice=True)
        given = {"content": raw, "headers": signed(raw, gateway.wall)}
        path = "wechat"
    for _ in range(2):
        answer = await door.post(f"/v1/{path}", **given)
        assert (answer.status_code, answer.json()["error"]) == (400, "malformed")
        assert "twice" in answer.json()["what"]
    kept = [gateway.store.keys.open_store(row.sealed) for row in gateway.rows(InboxItem)]
    assert kept == ([] if path == "adyen" else [raw])
    assert all(kind == "unreadable" for kind, *_ in taken())


@pytest.mark.parametrize("currency", ["XQQ", "XXX", "XAU", "", "euro"])
async def test_an_adyen_amount_that_nobody_can_read_holds_up_nobodys_money(
    door, taken, gateway, currency
):
    strange = {"value": 700, "currency": currency}
    raw = adyen(
        item(psp="P1"),
        item(psp="P2", amount=strange),
        item("REFUND", "P3", amount=strange, originalReference="P1"),
        item(psp="P4", value=100),
    )
    for _ in range(2):
        answer = await door.post("/v1/adyen", content=raw)
        assert (answer.status_code, answer.text) == (200, "[accepted]")
    assert taken() == [
        ("payment", 19_500, "new"), ("payment", 0, "suspense"), ("refund", 0, "suspense"),
        ("payment", 100, "new"),
    ]  # fmt: skip
    debt = gateway.rows(Debt, account_ref="US1")[0]
    for row in gateway.rows(InboxItem, status="suspense"):
        assert "look it up at the provider" in row.problem
        assert [told["debt"] for told in row.facts["suggested"]] == [str(debt.id)]
    assert {stop.debtor_id for stop in gateway.rows(Stop)} == {debt.debtor_id}


@pytest.mark.parametrize(
    ("reference", "said", "status", "meant"),
    [
        ("US1__2", "US1", "new", ["US1"]),
        ("US1", "case-us1", "new", ["US1"]),
        ("US1", "CN1", "suspense", ["US1", "CN1"]),
        ("US1", "nobody", "suspense", ["US1"]),
        ("ORDER-7", "US1", "suspense", ["US1"]),
        ("", "US1", "suspense", ["US1"]),
    ],
)
async def test_what_adyen_did_not_sign_never_says_whose_the_money_is(
    door, taken, gateway, reference, said, status, meant
):
    told = item(merchantReference=reference, additionalData={"metadata.debt_id": said})
    for _ in range(2):
        answer = await door.post("/v1/adyen", content=adyen(told))
        assert (answer.status_code, answer.text) == (200, "[accepted]")
    assert taken() == [("payment", 19_500, status)]
    if status == "suspense":
        problem, debts = doubted(gateway)
        assert ("not signed" in problem, debts) == (True, meant)
    else:
        assert gateway.rows(InboxItem)[0].debt_id == gateway.rows(Debt, account_ref="US1")[0].id


async def test_an_order_number_that_names_another_debt_than_the_order_carries_is_asked_about(
    door, taken, gateway
):
    answer = await door.post("/v1/alipay", content=alipay(passback_params="US1"))
    assert answer.text == "success"
    assert taken() == [("payment", 19_500, "suspense")]
    problem, debts = doubted(gateway)
    assert ("order number" in problem, debts) == (True, ["US1", "CN1"])
    raw = wechat(attach="US1")
    answer = await door.post("/v1/wechat", content=raw, headers=signed(raw, gateway.wall))
    assert answer.status_code == 200
    assert taken()[-1] == ("payment", 10_000, "suspense")


async def test_what_an_alipay_order_carries_is_read_as_it_was_given_or_as_an_address_spells_it(
    door, taken, gateway
):
    with gateway.store.writing() as session:
        debt = session.get_one(Debt, gateway.rows(Debt, account_ref="CN1")[0].id)
        debt.account_ref = "合同/7"
        session.add(debt)
    for number, said in enumerate(("合同/7", "%E5%90%88%E5%90%8C%2F7")):
        raw = alipay(notify_id=f"n{number}", trade_no=f"T{number}", out_trade_no="O1", passback_params=said)  # fmt: skip
        assert (await door.post("/v1/alipay", content=raw)).text == "success"
    assert taken() == [("payment", 19_500, "new")] * 2


async def test_an_alipay_order_in_another_currency_is_not_taken_for_yuan(door, taken, gateway):
    raw = alipay(trans_currency="USD", total_amount="27.10")
    assert (await door.post("/v1/alipay", content=raw)).text == "success"
    (row,) = gateway.rows(InboxItem)
    assert (row.facts["minor"], row.facts["currency"]) == (2_710, "USD")
    raw = alipay(notify_id="n2", trade_no="T2", trans_currency="JPY", total_amount="2710")
    assert (await door.post("/v1/alipay", content=raw)).text == "success"
    assert {r.facts["minor"] for r in gateway.rows(InboxItem) if r.facts["currency"] == "JPY"} == {
        2_710
    }
    raw = alipay(notify_id="n3", trade_no="T3", trans_currency="YUAN")
    assert (await door.post("/v1/alipay", content=raw)).status_code == 422


async def test_a_wechat_payment_through_a_partner_is_ours_only_if_its_merchant_is(
    door, taken, gateway
):
    for partner, own, status in (("1", "1900000001", 200), ("1900000001", "2", 422)):
        raw = wechat(mchid=None, sp_mchid=partner, sub_mchid=own, appid=None, sp_appid="wx77")
        answer = await door.post("/v1/wechat", content=raw, headers=signed(raw, gateway.wall))
        assert answer.status_code == status
    raw = wechat(sub_mchid="2", transaction_id="4300")
    answer = await door.post("/v1/wechat", content=raw, headers=signed(raw, gateway.wall))
    assert answer.status_code == 422
    raw = wechat(mchid=None)
    answer = await door.post("/v1/wechat", content=raw, headers=signed(raw, gateway.wall))
    assert answer.status_code == 422
    assert taken() == [("payment", 10_000, "new")]


async def test_a_gocardless_payment_of_another_organisation_is_never_ours(door, taken, gateway):
    theirs = event("confirmed", "E1", **DUE)
    theirs["links"]["organisation"] = "OR999"
    unrelated = event(
        "confirmed", "E2", payment="PM2", debt_id="none", amount="1.00", currency="USD"
    )
    unrelated["links"]["organisation"] = "OR999"
    ours = event("confirmed", "E3", payment="PM3", **DUE)
    ours["links"]["organisation"] = "OR1"
    answer = await door.post("/v1/gocardless", **gocardless(theirs, unrelated, ours))
    assert answer.status_code == 204
    assert taken() == [
        ("payment", 19_500, "suspense"), ("payment", 100, "ignored"), ("payment", 19_500, "new"),
    ]  # fmt: skip
    problem, debts = doubted(gateway)
    assert ("gocardless_organisations" in problem, debts) == (True, ["US1"])


async def test_one_gocardless_event_with_a_slip_in_its_metadata_keeps_no_other_from_coming(
    door, taken, gateway
):
    for number, metadata in enumerate(
        ({"amount": "195,00"}, {"currency": ""}, {"amount": "-1.00"}, {"currency": "usd"})
    ):
        batch = gocardless(
            event("confirmed", f"E{number}a", payment=f"PM{number}a", **DUE | metadata),
            event("confirmed", f"E{number}b", payment=f"PM{number}b", **DUE),
        )
        assert (await door.post("/v1/gocardless", **batch)).status_code == 204
    assert [status for _, _, status in taken()] == ["suspense", "new"] * 4
    assert {r.problem for r in gateway.rows(InboxItem, status="suspense")} == {
        "the event names no amount: look it up at the provider"
    }


async def test_a_payment_of_next_week_is_looked_at_before_it_bends_interest(door, taken, gateway):
    raw = alipay(gmt_payment="2026-12-03 10:00:00")
    assert (await door.post("/v1/alipay", content=raw)).text == "success"
    await door.post("/v1/adyen", content=adyen(item(eventDate="2026-12-03T10:00:00+02:00")))
    assert [status for _, _, status in taken()] == ["suspense", "suspense"]
    assert {row.problem for row in gateway.rows(InboxItem)} == {"the payment lies in the future"}


@pytest.mark.parametrize("path", ["alipay", "wechat", "gocardless", "adyen"])
async def test_a_body_beyond_the_limit_is_refused_by_size(door, path):
    answer = await door.post(f"/v1/{path}", content=b"x" * (2 * 1024 * 1024 + 1))
    assert answer.status_code == 413
