import asyncio
import json
from datetime import timedelta

import pytest

from activities.bank import match
from models.tables import ContactRow, Debt, InboxItem, Seller, Stop


async def test_a_signed_payment_is_stored_sealed_before_it_is_answered(gateway, notice, inbox):
    answer = await gateway.post("/v1/payments/north", notice())
    assert (answer.status_code, answer.json()["status"]) == (200, "new")
    (item,) = inbox()
    assert str(item.id) == answer.json()["id"]
    assert (item.provider, item.external_id, item.kind) == ("seller:north", "ev-1", "payment")
    assert item.facts == {
        "payment_id": "ev-1",
        "minor": 20_000,
        "currency": "USD",
        "paid_at": "2026-07-03T14:00:00+00:00",
        "method": "transfer",
        "of": "",
    }
    assert item.debt_id == gateway.rows(Debt, account_ref="US1")[0].id
    assert b"US1" not in item.sealed
    assert b'"US1"' in gateway.store.keys.open_store(item.sealed)


async def test_business_time_and_wall_time_stand_side_by_side(gateway, notice, inbox):
    await gateway.post("/v1/payments/north", notice())
    (item,) = inbox()
    assert item.received_at.isoformat() == "2026-07-03T15:00:00+00:00"
    assert item.observed_at.isoformat() == "2026-11-24T09:00:00+00:00"


@pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)],
    indirect=True,
)
async def test_one_event_five_times_at_once_on_two_gateways_is_one_row(
    store, serve, notice, gateway, inbox
):
    async with serve(store) as second:
        doors = [gateway, second, gateway, second, gateway]
        answers = await asyncio.gather(*(d.post("/v1/payments/north", notice()) for d in doors))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert sorted(answer.json()["status"] for answer in answers) == ["duplicate"] * 4 + ["new"]
    assert len(inbox()) == 1


async def test_the_same_payment_under_another_event_id_is_not_new_money(gateway, notice, inbox):
    await gateway.post("/v1/payments/north", notice(payment="p-1"))
    again = await gateway.post("/v1/payments/north", notice(id="ev-2", payment="p-1"))
    assert (again.status_code, again.json()["status"]) == (200, "duplicate")
    assert {(i.external_id, i.status) for i in inbox()} == {("ev-1", "new"), ("ev-2", "ignored")}


@pytest.mark.parametrize(
    "other", [{"amount": "99.00"}, {"debt": "US2"}, {"kind": "refund", "of": "p-1"}]
)
async def test_other_money_under_a_used_id_is_refused_and_not_taken_for_a_repetition(
    gateway, notice, inbox, other
):
    first = await gateway.post("/v1/payments/north", notice())
    again = await gateway.post("/v1/payments/north", notice(**other))
    assert (again.status_code, again.json()["error"]) == (409, "id_reused")
    assert [str(item.id) for item in inbox()] == [first.json()["id"]]


@pytest.mark.parametrize("paid_at", [0, 1751554800, 1751554800.5, "1751554800", None, True])
async def test_an_instant_is_text_and_never_a_number(gateway, notice, inbox, paid_at):
    answer = await gateway.post("/v1/payments/north", notice(paid_at=paid_at))
    assert (answer.status_code, answer.json()["where"]) == (422, "paid_at")
    assert inbox() == []


async def test_two_payments_of_one_amount_are_two(gateway, notice, inbox):
    await gateway.post("/v1/payments/north", notice())
    await gateway.post("/v1/payments/north", notice(id="ev-2"))
    assert [item.status for item in inbox()] == ["new", "new"]


async def test_a_payment_marks_the_message_that_crosses_it(gateway, notice, sent):
    row = sent(state="sending", outcome=None)
    await gateway.post("/v1/payments/north", notice())
    assert gateway.rows(ContactRow, id=row.id)[0].crossed


@pytest.mark.parametrize("reference", ["US1", "case-us1", "id"])
async def test_a_debt_is_found_by_account_case_or_its_own_id(gateway, notice, inbox, reference):
    debt = gateway.rows(Debt, account_ref="US1")[0]
    reference = str(debt.id) if reference == "id" else reference
    await gateway.post("/v1/payments/north", notice(debt=reference))
    assert inbox()[0].debt_id == debt.id


@pytest.mark.parametrize("reference", ["nobody", "US9", "first_digits"])
async def test_money_for_an_unknown_debt_is_kept_for_a_person(gateway, notice, inbox, reference):
    """US9 is another seller's; the first digits of an id are a person's shorthand, not a payer's."""
    if reference == "first_digits":
        reference = str(gateway.rows(Debt, account_ref="US1")[0].id)[:8]
    answer = await gateway.post("/v1/payments/north", notice(debt=reference))
    assert (answer.status_code, answer.json()["status"]) == (202, "suspense")
    (item,) = inbox()
    assert (item.status, item.debt_id) == ("suspense", None)
    assert reference not in str(item.facts)


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"Cession_Signature": "v1=00"}, "signature_wrong"),
        ({"Cession_Signature": ""}, "signature_missing"),
        ({"Cession_Timestamp": "1"}, "signature_wrong"),
    ],
)
async def test_a_wrong_signature_leaves_no_trace(gateway, notice, inbox, headers, error):
    answer = await gateway.post("/v1/payments/north", notice(), **headers)
    assert (answer.status_code, answer.json()["error"]) == (401, error)
    assert inbox() == []


async def test_a_key_of_nobody_opens_nothing_and_an_unknown_seller_looks_the_same(
    gateway, notice, inbox
):
    known = await gateway.post("/v1/payments/north", notice(), secret="made-up")
    unknown = await gateway.post("/v1/payments/nobody", notice(), secret="made-up")
    assert (known.status_code, known.json()) == (401, unknown.json())
    assert inbox() == []


async def test_a_key_of_one_seller_finds_nothing_at_anothers_address_or_at_nobodys(
    gateway, notice, inbox
):
    """Two sellers may use the same account reference; who holds one's key never learns of the other."""
    answers = [
        await gateway.post(f"/v1/payments/{seller}", notice(debt="US9"), secret="s1")
        for seller in ("south", "nobody")
    ]
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (404, answers[0].json())
    ] * 2
    assert inbox() == []
    own = await gateway.post("/v1/payments/south", notice(debt="US9"), secret="other")
    assert own.status_code == 200


async def test_the_same_account_reference_of_two_sellers_never_crosses(gateway, notice, inbox):
    theirs = {debt.seller_id: debt for debt in gateway.rows(Debt)}
    north, south = gateway.rows(Seller, code="north")[0], gateway.rows(Seller, code="south")[0]
    with gateway.store.writing() as session:
        row = session.get_one(Debt, theirs[south.id].id)
        row.account_ref = "US1"
        session.add(row)
    for seller, secret in (("north", "s1"), ("south", "other")):
        answer = await gateway.post(f"/v1/payments/{seller}", notice(debt="US1"), secret=secret)
        assert answer.status_code == 200
    owners = {item.provider: gateway.rows(Debt, id=item.debt_id)[0].seller_id for item in inbox()}
    assert owners == {"seller:north": north.id, "seller:south": south.id}


async def test_both_secrets_work_while_one_is_being_replaced(gateway, notice):
    for secret in ("s1", "s1-next"):
        answer = await gateway.post("/v1/payments/north", notice(), secret=secret)
        assert answer.status_code == 200


async def test_a_signature_of_six_minutes_ago_is_refused_by_the_wall_not_by_business_time(
    gateway, notice, inbox
):
    gateway.wall -= timedelta(minutes=6)
    answer = await gateway.post("/v1/payments/north", notice())
    assert (answer.status_code, answer.json()["error"]) == (401, "signature_stale")
    assert inbox() == []


@pytest.mark.parametrize(
    ("body", "status", "where"),
    [
        (b"{", 400, "body"),
        (b"\xff\xfe", 400, "body"),
        (b'{"id": "e", "amount": "1.00", "amount": "9.00"}', 400, "body"),
        ({"amount": "1.001"}, 422, "amount"),
        ({"amount": "-1.00"}, 422, "amount"),
        ({"currency": "XXY"}, 422, "currency"),
        ({"paid_at": "2026-07-03"}, 422, "paid_at"),
        ({"paid_at": "2026-07-05T00:00:00Z"}, 422, "paid_at"),
        ({"paid_at": "0001-01-01T00:00:00Z"}, 422, "paid_at"),
        ({"paid_at": "1969-12-31T23:59:59Z"}, 422, "paid_at"),
        ({"sum": "1"}, 422, "sum"),
    ],
)
async def test_a_body_that_cannot_be_taken_says_what_where_and_what_to_do(
    gateway, notice, body, status, where
):
    body = notice(**body) if isinstance(body, dict) else body
    answer = await gateway.post("/v1/payments/north", body)
    assert answer.status_code == status
    said = answer.json()
    assert said["where"] == where
    assert said["what"]
    assert said["advice"]
    assert gateway.rows(InboxItem) == []


async def test_who_sends_half_a_body_holds_no_place_and_no_error_is_ours(
    gateway, inbox, monkeypatch, caplog
):
    monkeypatch.setattr("gateway.door.WHOLE", 0.2)
    port = int(gateway.url.rpartition(":")[2])
    head = b"POST /v1/payments/north HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{"
    for leaves in (False, True):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        await writer.drain()
        if not leaves:
            assert (await reader.readline()).startswith(b"HTTP/1.1 408")
        writer.close()
        await writer.wait_closed()
    assert (await gateway.post("/v1/payments/north", b"{}")).status_code == 422
    assert inbox() == []
    assert "gateway.failed" not in caplog.text


async def test_a_body_of_more_than_64_kib_is_refused(gateway, inbox):
    answer = await gateway.post("/v1/payments/north", b" " * (64 * 1024 + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    assert inbox() == []


def event(kind: str, obj: dict, ident: str = "evt_1") -> dict:
    fields = {"id": ident, "object": "event", "api_version": "2026-05-27", "livemode": False}
    return {**fields, "type": kind, "created": 1_783_090_800, "data": {"object": obj}}


INTENT = {
    "id": "pi_1", "amount": 20_000, "amount_received": 20_000, "currency": "usd",
    "metadata": {"debt_id": "US1"},
}  # fmt: skip
REFUND = {
    "id": "re_1", "amount": 5_000, "currency": "usd", "status": "succeeded",
    "payment_intent": "pi_1", "metadata": {},
}  # fmt: skip


async def test_a_stripe_payment_goes_to_the_debt_in_its_metadata(gateway, inbox):
    answer = await gateway.post("/v1/stripe", event("payment_intent.succeeded", INTENT))
    assert (answer.status_code, answer.json()["status"]) == (200, "new")
    (item,) = inbox()
    assert (item.provider, item.kind, item.facts["minor"]) == ("stripe", "payment", 20_000)
    assert item.debt_id == gateway.rows(Debt, account_ref="US1")[0].id


async def test_a_stripe_event_that_says_a_thing_twice_is_refused_and_kept(gateway, inbox):
    raw = json.dumps(event("payment_intent.succeeded", INTENT)).encode()
    raw = raw.replace(b'"amount_received"', b'"amount_received": 1, "amount_received"')
    for _ in range(2):
        answer = await gateway.post("/v1/stripe", raw)
        assert (answer.status_code, answer.json()["error"]) == (400, "malformed")
    (item,) = inbox()
    assert (item.kind, item.status, item.problem) == (
        "unreadable", "suspense", "a key stands twice in the body",
    )  # fmt: skip
    assert gateway.store.keys.open_store(item.sealed) == raw


async def test_a_stripe_event_of_another_account_is_credited_to_nobody(store, serve):
    """A platform's endpoint hears of every account that is connected to it."""
    ours = "acct_ours"
    theirs = {**INTENT, "metadata": {"debt_id": "none of ours"}}
    told = [
        ({}, INTENT, "new"),
        ({"account": ours}, INTENT, "new"),
        ({"account": "acct_theirs"}, INTENT, "suspense"),
        ({"context": "acct_theirs"}, INTENT, "suspense"),
        ({"account": "acct_theirs"}, theirs, "ignored"),
        ({}, {**INTENT, "transfer_data": {"destination": "acct_theirs"}}, "suspense"),
        ({}, {**INTENT, "transfer_data": {"destination": ours}}, "new"),
        ({}, {**INTENT, "on_behalf_of": "acct_theirs"}, "suspense"),
        ({}, {**INTENT, "application_fee_amount": 200}, "suspense"),
        ({"account": ours}, {**INTENT, "application_fee_amount": 200}, "new"),
    ]
    async with serve(store, stripe_accounts=[ours]) as gateway:
        for number, (outside, obj, status) in enumerate(told):
            named = {**obj, "id": f"pi_{number}"}
            body = event("payment_intent.succeeded", named, f"evt_{number}") | outside
            answer = await gateway.post("/v1/stripe", body)
            assert (answer.json()["status"], outside) == (status, outside)
        waiting = gateway.rows(InboxItem, status="suspense")
        assert {row.debt_id for row in waiting} == {None}
        assert {len(row.facts["suggested"]) for row in waiting} == {1}
        assert all("stripe_accounts" in row.problem for row in waiting)
        (aside,) = gateway.rows(InboxItem, status="ignored")
        assert "stripe_accounts" in aside.problem


async def test_a_refund_at_another_stripe_account_waits_with_its_payment(gateway, inbox):
    foreign = {"account": "acct_theirs"}
    await gateway.post("/v1/stripe", event("payment_intent.succeeded", INTENT) | foreign)
    await gateway.post("/v1/stripe", event("refund.created", REFUND, "evt_2") | foreign)
    other = {**REFUND, "id": "re_2", "payment_intent": "pi_2"}
    await gateway.post("/v1/stripe", event("refund.created", other, "evt_3") | foreign)
    assert [(item.kind, item.status) for item in inbox()] == [
        ("payment", "suspense"), ("refund", "suspense"), ("refund", "ignored"),
    ]  # fmt: skip
    debt = gateway.rows(Debt, account_ref="US1")[0]
    (money,) = inbox(kind="payment")
    with gateway.store.writing() as session:
        match(session, session.get_one(InboxItem, money.id), debt, "ana", money.received_at, money.observed_at)  # fmt: skip
    more = {**REFUND, "id": "re_3"}
    answer = await gateway.post("/v1/stripe", event("refund.created", more, "evt_4") | foreign)
    assert answer.json()["status"] == "new"
    assert [item.debt_id for item in inbox(status="new")] == [debt.id] * 3
    assert {stop.end_reason for stop in gateway.rows(Stop, source="suspense")} == {
        "suspense_matched"
    }


@pytest.mark.parametrize(
    ("words", "livemode", "status"),
    [
        ({}, False, "new"),
        ({"mode": "live"}, False, "ignored"),
        ({"mode": "live"}, True, "new"),
        ({"mode": "live", "test_payments": True}, False, "new"),
        ({"test_payments": False}, False, "ignored"),
    ],
)
async def test_play_money_counts_only_where_nothing_is_real_unless_somebody_says_so(
    store, serve, words, livemode, status
):
    async with serve(store, **words) as gateway:
        body = event("payment_intent.succeeded", INTENT) | {"livemode": livemode}
        assert (await gateway.post("/v1/stripe", body)).json()["status"] == status


async def test_a_stripe_event_from_beyond_the_calendar_is_refused_and_no_error_of_ours(
    gateway, inbox
):
    late = event("payment_intent.succeeded", INTENT) | {"created": 2**39}
    answer = await gateway.post("/v1/stripe", late)
    assert (answer.status_code, answer.json()["where"]) == (422, "created")
    assert inbox() == []


async def test_a_refund_that_names_no_debt_follows_its_payment(gateway, inbox):
    await gateway.post("/v1/stripe", event("payment_intent.succeeded", INTENT))
    await gateway.post("/v1/stripe", event("refund.created", REFUND, "evt_2"))
    assert {item.debt_id for item in inbox()} == {gateway.rows(Debt, account_ref="US1")[0].id}


async def test_a_refund_ahead_of_its_payment_waits_for_it_and_then_goes_with_it(gateway, inbox):
    early = await gateway.post("/v1/stripe", event("refund.created", REFUND))
    assert early.status_code == 202
    await gateway.post("/v1/stripe", event("payment_intent.succeeded", INTENT, "evt_2"))
    debt = gateway.rows(Debt, account_ref="US1")[0].id
    assert {(i.kind, i.status, i.debt_id) for i in inbox()} == {
        ("payment", "new", debt),
        ("refund", "new", debt),
    }


async def test_one_dispute_told_by_two_events_is_taken_back_once(gateway, inbox):
    dispute = {**REFUND, "id": "dp_1", "status": "needs_response"}
    await gateway.post("/v1/stripe", event("payment_intent.succeeded", INTENT))
    await gateway.post("/v1/stripe", event("charge.dispute.created", dispute, "evt_2"))
    await gateway.post("/v1/stripe", event("charge.dispute.funds_withdrawn", dispute, "evt_3"))
    assert [i.status for i in inbox(kind="chargeback")].count("new") == 1


async def test_an_event_of_no_concern_is_kept_and_answered_200(gateway, inbox):
    answer = await gateway.post("/v1/stripe", event("payout.paid", {"id": "po_1"}))
    assert (answer.status_code, answer.json()["status"]) == (200, "ignored")
    (item,) = inbox()
    assert (item.status, item.problem) == ("ignored", "stripe:payout.paid")


async def test_a_stripe_signature_does_not_open_a_sellers_door(gateway, notice):
    answer = await gateway.http.post("/v1/payments/north", json=notice())
    assert answer.status_code == 401
    assert gateway.rows(InboxItem) == []
