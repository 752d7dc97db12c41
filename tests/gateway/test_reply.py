import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from models.tables import ContactPoint, ContactRow, Debt, Debtor, Stop

NOW = datetime(2026, 7, 3, 15, tzinfo=UTC)
MOBILE = "+12025550143"
AT = "2026-07-03T14:30:00Z"


@pytest.fixture
def write(gateway):
    """Send what somebody wrote."""

    async def say(text, sender=MOBILE, ident="m-1", channel="sms", **more):
        body = {"id": ident, "from": sender, "text": text, "channel": channel, "at": AT, **more}
        return await gateway.post(f"/v1/replies/{'mail' if channel == 'email' else 'sms'}", body)

    return say


@pytest.mark.parametrize(
    "text", ["pls dont text me any more, email is ok", "别再给我发短信了", "TD", "STOP"]
)
async def test_a_plain_wish_closes_sms_for_the_person_at_once_and_nothing_else(
    gateway, write, stops, text
):
    answer = await write(text)
    assert (answer.status_code, answer.json()["status"]) == (200, "new")
    assert stops() == {("opt_out", "channel", "sms")}
    (stop,) = gateway.rows(Stop)
    assert stop.debtor_id == gateway.rows(Debtor, key="li")[0].id
    assert stop.point_token == gateway.store.keys.token("phone", MOBILE)


async def test_one_case_of_the_person_is_named_to_confirm_a_wish_and_only_where_it_was_said(
    gateway, write, sent
):
    sent("US9", at=NOW - timedelta(hours=1))
    await write("stop texting and emailing me")
    named = {stop.channel: stop.facts.get("confirmed_by") for stop in gateway.rows(Stop)}
    assert named == {"sms": str(gateway.rows(Debt, account_ref="US9")[0].id), "email": None}


async def test_what_may_be_a_wish_holds_the_channel_for_a_person(write, stops, inbox):
    await write("stop by tomorrow and I'll pay")
    assert stops() == {("reply_review", "channel", "sms")}
    assert [(item.status, item.kind) for item in inbox()] == [("new", "reply")]


async def test_stop_contacting_me_stops_every_debt_of_the_person(gateway, write, stops):
    await write("Stop contacting me.")
    assert stops() == {("cease", "debtor", None)}
    assert gateway.rows(Stop)[0].facts["written"] is True


async def test_a_dispute_is_of_the_debt_that_was_last_spoken_of(gateway, write, sent):
    sent("US1", at=NOW - timedelta(days=1))
    sent("US9", at=NOW - timedelta(hours=1))
    await write("I dispute this")
    (stop,) = [stop for stop in gateway.rows(Stop) if stop.kind == "dispute"]
    assert stop.debt_id == gateway.rows(Debt, account_ref="US9")[0].id
    assert stop.facts["submitted"] == "2026-07-03T14:30:00+00:00"


async def test_a_dispute_of_nothing_said_before_is_of_every_debt(gateway, write):
    await write("I dispute this")
    disputed = {stop.debt_id for stop in gateway.rows(Stop) if stop.kind == "dispute"}
    assert disputed == {gateway.rows(Debt, account_ref=ref)[0].id for ref in ("US1", "US9")}


async def test_a_claim_to_have_paid_rests_the_debt_until_somebody_has_looked(write, stops, sent):
    sent("US1")
    await write("I already paid this last week")
    assert ("unverified_payment", "debt", None) in stops()


async def test_words_of_despair_stop_everything(write, stops):
    await write("i want to die")
    assert ("vulnerability", "debtor", None) in stops()


@pytest.mark.parametrize("text", ["my lawyer will write to you", "he passed away in May"])
async def test_a_grave_fact_holds_the_person_for_a_human(write, stops, text):
    await write(text)
    assert ("reply_review", "debtor", None) in stops()


async def test_a_question_goes_to_a_person_without_stopping_anything(write, stops, items):
    await write("how much is left to pay?")
    assert stops() == set()
    assert [item.kind for item in items()] == ["reply_review"]


async def test_the_words_are_kept_under_the_persons_key_and_nowhere_else(gateway, write, inbox):
    await write("Marked 4417: STOP")
    (row,) = gateway.rows(ContactRow)
    assert (row.direction, row.outcome, row.channel) == ("in", "received", "sms")
    assert b"4417" not in row.sealed
    assert b"4417" not in inbox()[0].sealed
    assert "4417" not in str(inbox()[0].facts)
    with gateway.store.reading() as session:
        key = gateway.store.keys.person_key(session, row.debtor_id)
        assert key.open_json(row.sealed) == {"from": MOBILE, "text": "Marked 4417: STOP"}


async def test_the_same_message_again_changes_nothing(gateway, write):
    answers = await asyncio.gather(*(write("STOP") for _ in range(4)))
    assert sorted(answer.json()["status"] for answer in answers) == ["duplicate"] * 3 + ["new"]
    assert len(gateway.rows(Stop)) == len(gateway.rows(ContactRow)) == 1


async def test_a_shared_number_counts_for_everybody_who_has_it(gateway, write):
    await write("STOP", sender="+1 202-555-0100")
    people = {stop.debtor_id for stop in gateway.rows(Stop)}
    assert people == {debtor.id for debtor in gateway.rows(Debtor)}


async def test_an_unknown_number_is_closed_for_whoever_is_imported_with_it(
    gateway, write, stops, inbox
):
    answer = await write("STOP", sender="+12025550177")
    assert answer.status_code == 202
    assert stops() == {("opt_out", "contact_point", None)}
    assert [item.status for item in inbox()] == ["suspense"]


async def test_an_unknown_sender_who_asks_something_is_kept_for_a_person(write, stops, inbox):
    answer = await write("who are you?", sender="not a number")
    assert answer.status_code == 202
    assert stops() == set()
    assert [item.status for item in inbox()] == ["suspense"]


async def test_an_answer_from_another_address_is_of_the_person_who_was_asked(gateway, write, sent):
    row = sent("US2")
    await write(
        "please stop emailing me",
        sender="Other <other@example.com>",
        channel="email",
        contact=str(row.id),
    )
    assert {stop.debtor_id for stop in gateway.rows(Stop)} == {row.debtor_id}


async def test_an_address_is_known_in_any_case_and_with_a_name(gateway, write):
    await write("unsubscribe", sender="Li Wei <LI.Wei@Example.com>", channel="email")
    assert [(s.kind, s.channel) for s in gateway.rows(Stop)] == [("opt_out", "email")]


async def test_a_message_on_its_way_is_reported_as_crossed(gateway, write, sent):
    row = sent(state="sending", outcome=None)
    await write("STOP")
    assert gateway.rows(ContactRow, id=row.id)[0].crossed


async def test_what_an_erased_person_writes_is_obeyed_and_not_kept_open(gateway, write, stops):
    debtor = gateway.rows(Debtor, key="li")[0]
    with gateway.store.writing() as session:
        gateway.store.keys.erase(session, debtor.id)
    answer = await write("STOP")
    assert answer.status_code == 200
    assert stops() == {("opt_out", "channel", "sms")}
    assert gateway.rows(ContactRow)[0].sealed is None


@pytest.mark.parametrize(
    ("text", "renewed"),
    [
        ("ok, I will pay on Friday", True),
        ("how much is it?", True),
        ("STOP", False),
        ("Stop contacting me.", False),
        ("stop by tomorrow and I'll pay", False),
    ],
)
async def test_a_text_renews_the_basis_of_texts_unless_it_asks_for_none(
    gateway, write, text, renewed
):
    await write(text)
    points = [point for point in gateway.rows(ContactPoint) if point.kind == "phone"]
    said = [point.consents.get("sms", {}).get("at") for point in points]
    assert ("2026-07-03T14:30:00+00:00" in said) is renewed


async def test_a_text_from_a_number_that_was_refused_renews_nothing(gateway, write):
    with gateway.store.writing() as session:
        for point in session.exec(select(ContactPoint)):
            point.consents = {"sms": {"consent": "no"}}
            session.add(point)
    await write("how much is it?")
    assert all(point.consents == {"sms": {"consent": "no"}} for point in gateway.rows(ContactPoint))
