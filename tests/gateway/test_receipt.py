from itertools import permutations
from uuid import uuid4

import pytest

from models.tables import Act, ContactPoint, ContactRow, Debt, DebtParty

AT = "2026-07-03T14:30:00Z"


@pytest.fixture
def told(gateway):
    """Send a receipt about a contact."""

    async def tell(row, event="delivered", ident="r-1", provider="post", **more):
        contact = row if isinstance(row, str) else str(row.id)
        body = {"id": ident, "contact": contact, "event": event, "at": AT, **more}
        return await gateway.post(f"/v1/receipts/{provider}", body)

    return tell


@pytest.fixture
def seen(gateway):
    def look(row):
        (fresh,) = gateway.rows(ContactRow, id=row.id)
        return fresh.state, fresh.outcome

    return look


async def test_a_receipt_is_on_the_contact_when_it_is_answered(sent, told, seen, inbox):
    row = sent()
    answer = await told(row)
    assert (answer.status_code, answer.json()["status"]) == (200, "new")
    assert seen(row) == ("sent", "delivered")
    assert [(i.kind, i.status, i.debt_id) for i in inbox()] == [("receipt", "booked", row.debt_id)]


@pytest.mark.parametrize("state", ["sending", "unknown"])
async def test_a_receipt_before_the_providers_answer_proves_the_sending(sent, told, seen, state):
    row = sent(state=state, outcome=None)
    await told(row)
    assert seen(row) == ("sent", "delivered")


async def test_a_receipt_that_ends_a_doubt_is_told_to_the_case(sent, told, inbox):
    await told(sent(state="unknown", outcome="unknown"))
    assert [item.status for item in inbox()] == ["new"]


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered", "delivered"])))
async def test_receipts_in_any_order_and_twice_end_in_the_same_place(sent, told, seen, order):
    row = sent(state="sending", outcome=None)
    for event in order:
        answer = await told(row, event, f"r-{event}")
        assert answer.status_code == 200
    assert seen(row) == ("sent", "delivered")


async def test_a_dead_number_is_dead_for_everybody_and_the_case_is_told(gateway, sent, told, inbox):
    row = sent()
    await told(row, "bounced", reason="unknown_subscriber")
    dead = [point for point in gateway.rows(ContactPoint) if point.dead_since]
    assert [(point.token, point.dead_reason) for point in dead] == [(row.number, "bounced")]
    assert [item.status for item in inbox()] == ["new"]


async def test_a_phone_that_was_off_is_not_dead(gateway, sent, told, seen):
    row = sent()
    await told(row, "failed", reason="expired")
    assert seen(row) == ("sent", "bounced")
    assert not [point for point in gateway.rows(ContactPoint) if point.dead_since]


async def test_a_trial_does_not_bury_the_number_of_a_live_case(gateway, sent, told):
    debt = gateway.rows(Debt, account_ref="US9")[0]
    debt.mode = "live"
    gateway.save(debt)
    await told(sent(mode="shadow"), "bounced")
    assert not [point for point in gateway.rows(ContactPoint) if point.dead_since]


async def test_a_delivered_notice_of_assignment_reached_its_debtor(gateway, sent, told, inbox):
    row = sent(channel="letter", purpose="assignment_notice")
    await told(row, evidence="RR123")
    (debt,) = gateway.rows(Debt, id=row.debt_id)
    assert debt.notice_reached_at.isoformat() == "2026-07-03T14:30:00+00:00"
    assert debt.notice_evidence == "RR123"
    assert gateway.rows(DebtParty, debt_id=debt.id)[0].notice_reached_at == debt.notice_reached_at
    assert [(act.what, act.actor) for act in gateway.rows(Act)] == [
        ("notice.reached", "provider:post")
    ]
    assert [item.status for item in inbox()] == ["new"]


@pytest.mark.parametrize(
    ("contact", "debt"),
    [
        ({"channel": "letter", "purpose": "collection"}, {}),
        ({"channel": "sms", "purpose": "assignment_notice"}, {}),
        ({"channel": "letter", "purpose": "assignment_notice"}, {"mode": "live"}),
        ({"channel": "letter", "purpose": "assignment_notice", "mode": "live"}, {}),
    ],
)
async def test_other_letters_other_channels_and_trials_prove_no_notice(
    gateway, sent, told, contact, debt
):
    owed = gateway.rows(Debt, account_ref="US1")[0]
    for name, value in debt.items():
        setattr(owed, name, value)
    gateway.save(owed)
    await told(sent(**contact))
    assert gateway.rows(Debt, account_ref="US1")[0].notice_reached_at is None


async def test_a_notice_by_sms_reaches_where_the_contract_agreed_to_it(gateway, sent, told):
    debt = gateway.rows(Debt, account_ref="US1")[0]
    debt.facts = {"assignment_notice": {"contract_allows_sms": True}}
    gateway.save(debt)
    await told(sent(purpose="assignment_notice"))
    assert gateway.rows(Debt, account_ref="US1")[0].notice_reached_at


async def test_a_returned_notice_is_recorded_and_the_address_is_dead_for_this_person(
    gateway, sent, told, seen
):
    row = sent(channel="letter", purpose="assignment_notice")
    await told(row, "returned")
    assert seen(row) == ("sent", "returned")
    assert gateway.rows(Debt, id=row.debt_id)[0].notice_returned_at
    dead = [point for point in gateway.rows(ContactPoint) if point.dead_since]
    assert [(point.debtor_id, point.dead_reason) for point in dead] == [(row.debtor_id, "returned")]


async def test_a_receipt_about_nothing_of_ours_is_kept_for_a_person(told, inbox):
    answer = await told(str(uuid4()))
    assert (answer.status_code, answer.json()["status"]) == (202, "suspense")
    assert [item.status for item in inbox()] == ["suspense"]


async def test_infobips_batch_is_taken_whole_and_by_bearer(gateway, sent, seen):
    rows = [sent(), sent(ordinal=2)]
    results = [
        {
            "messageId": str(row.id),
            "status": {"groupId": 3, "name": "DELIVERED_TO_HANDSET"},
            "doneAt": "2026-07-03T14:30:00.000+0000",
        }
        for row in rows
    ]
    answer = await gateway.http.post(
        "/v1/receipts/infobip", json={"results": results}, headers={"Authorization": "Bearer s1"}
    )
    assert answer.status_code == 200
    assert [seen(row) for row in rows] == [("sent", "delivered")] * 2


async def test_a_bounce_that_quotes_the_message_id_finds_the_contact(sent, told, seen):
    row = sent(channel="email", provider="smtp")
    await told(f"<{row.id}@example.org>", "bounced", provider="mail")
    assert seen(row) == ("sent", "bounced")


async def test_a_providers_own_id_finds_the_contact(sent, told, seen):
    row = sent(provider="post", provider_id="post-77")
    await told("post-77")
    assert seen(row) == ("sent", "delivered")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
async def test_a_carrier_that_nobody_knows_changes_nothing(gateway, sent, seen, inbox, headers):
    row = sent()
    body = {"id": "r-1", "contact": str(row.id), "event": "bounced", "at": AT}
    answer = await gateway.http.post("/v1/receipts/post", json=body, headers=headers)
    assert answer.status_code == 401
    assert seen(row) == ("sent", "sent")
    assert inbox() == []
