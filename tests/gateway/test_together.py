"""Notices that come at once share a transaction, and each is taken as if it had come alone."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from gateway.door import Arrival, Door, Refusal
from gateway.payment import Told, take, take_together
from models.payment import PaymentKind, PaymentNotice
from models.tables import ContactRow, Debt, InboxItem
from runtime.settings import load
from store import debtor as debtors
from store.engine import count_queries

BOTH = pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)],
    indirect=True,
)
EXAMPLES = count()
NOW = datetime(2026, 7, 3, 15, tzinfo=UTC)


def counted(answers) -> Counter:
    return Counter((answer.status_code, answer.json().get("status")) for answer in answers)


@BOTH
async def test_many_that_come_at_once_are_stored_by_few_statements(gateway, notice, inbox, sent):
    under_way = sent(state="sending")
    bodies = [
        notice(id=f"ev-{n}", debt=("US1", "US2")[n % 2], amount=f"{n + 1}.00") for n in range(40)
    ]
    with count_queries(gateway.store) as asked:
        answers = await asyncio.gather(*(gateway.post("/v1/payments/north", b) for b in bodies))
    assert counted(answers) == {(200, "new"): 40}
    assert {(item.external_id, item.facts["minor"]) for item in inbox(status="new")} == {
        (f"ev-{n}", 100 * (n + 1)) for n in range(40)
    }
    assert gateway.rows(ContactRow, id=under_way.id)[0].crossed
    assert len(asked) < 40 * 3


@BOTH
async def test_one_that_is_refused_takes_no_other_along(gateway, notice, inbox):
    await gateway.post("/v1/payments/north", notice(id="used"))
    bodies = [notice(id=f"ev-{n}", payment=f"p-{n}", amount=f"{n + 1}.00") for n in range(8)]
    bodies += [notice(id="used", amount="7.77"), notice(id="lost", debt="nobody")]
    bodies += [notice(id="again", payment="p-3", amount="4.00"), bodies[5]]
    answers = await asyncio.gather(*(gateway.post("/v1/payments/north", b) for b in bodies))
    assert counted(answers) == {
        (200, "new"): 8,
        (409, None): 1,
        (202, "suspense"): 1,
        (200, "duplicate"): 2,
    }
    assert len(inbox(status="new")) == 9


async def test_what_breaks_a_transaction_is_stored_apart_from_the_others(
    gateway, notice, inbox, monkeypatch
):
    """A row that the database refuses must not cost those beside it their answer."""
    seal = gateway.store.keys.seal_store

    def failing(raw):
        return None if b"poison" in raw else seal(raw)

    monkeypatch.setattr(gateway.store.keys, "seal_store", failing)
    bodies = [notice(id="poison")] + [notice(id=f"ev-{n}", amount=f"{n + 1}.00") for n in range(6)]
    answers = await asyncio.gather(*(gateway.post("/v1/payments/north", b) for b in bodies))
    assert [answer.status_code for answer in answers] == [500] + [200] * 6
    assert {item.external_id for item in inbox()} == {f"ev-{n}" for n in range(6)}


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_person_whom_somebody_else_holds_keeps_nobody_waiting(gateway, notice, inbox):
    debtor = gateway.rows(Debt, account_ref="US1")[0].debtor_id
    with gateway.store.writing() as session:
        debtors.lock(session, debtor)
        held = [asyncio.create_task(gateway.post("/v1/payments/north", notice(id="held")))]
        free = [notice(id=f"ev-{n}", debt="US2", amount=f"{n + 1}.00") for n in range(5)]
        answers = await asyncio.gather(*(gateway.post("/v1/payments/north", b) for b in free))
        assert counted(answers) == {(200, "new"): 5}
        assert {item.external_id for item in inbox()} == {f"ev-{n}" for n in range(5)}
    assert counted(await asyncio.gather(*held)) == {(200, "new"): 1}


@BOTH
async def test_what_came_ahead_of_its_payment_goes_with_it_among_others(gateway, inbox):
    def event(kind, thing, ident):
        return {"id": ident, "type": kind, "created": 1_783_000_000, "livemode": True,
                "data": {"object": thing}}  # fmt: skip

    refund = {"id": "re_1", "amount": 500, "currency": "usd", "payment_intent": "pi_2",
              "status": "succeeded", "metadata": {}}  # fmt: skip
    assert (await gateway.post("/v1/stripe", event("refund.created", refund, "e_0"))).is_success
    paid = [
        event(
            "payment_intent.succeeded",
            {"id": f"pi_{n}", "amount_received": 1000, "currency": "usd",
             "metadata": {"debt_id": "US1"}},
            f"e_{n + 1}",
        )
        for n in range(4)
    ]  # fmt: skip
    answers = await asyncio.gather(*(gateway.post("/v1/stripe", body) for body in paid))
    assert counted(answers) == {(200, "new"): 4}
    (back,) = inbox(kind="refund")
    assert (back.status, back.debt_id) == ("new", gateway.rows(Debt, account_ref="US1")[0].id)


NOTICES = st.lists(
    st.tuples(
        st.sampled_from(["north", "south", None]),
        st.integers(0, 4),  # event
        st.integers(0, 3),  # payment
        st.sampled_from(["US1", "US2", "US9", "nobody"]),
        st.sampled_from([100, 250]),
    ),
    max_size=7,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(NOTICES, min_size=1, max_size=3))
def test_together_comes_out_as_one_after_the_other(store, batches):
    """Whoever is answered None is taken alone after the others: the order compared with."""
    run = next(EXAMPLES)
    orders = list[list[int]]()
    for batch in batches:
        told = [_told(run, "together", *words) for words in batch]
        with store.writing() as session:
            answers = take_together(session, store.keys, told)
        orders.append(sorted(range(len(told)), key=lambda place: answers[place] is None))
        for one, answer in zip(told, answers, strict=True):
            if answer is None:
                _alone(store, one)
    for batch, order in zip(batches, orders, strict=True):
        for place in order:
            _alone(store, _told(run, "alone", *batch[place]))
    assert _kept(store, run, "together") == _kept(store, run, "alone")


def _told(run, how, seller, event, payment, debt, minor) -> Told:
    mark = f"{run}-{how}"
    notice = PaymentNotice(
        event_id=f"e{event}-{mark}",
        payment_id=f"p{payment}-{mark}",
        kind=PaymentKind.PAYMENT,
        minor=minor,
        currency="USD",
        paid_at=NOW,
        debt=debt,
    )
    raw = (
        f'{{"id": "{notice.event_id}", "payment": "{notice.payment_id}", "debt": "{debt}", '
        f'"amount": "{minor / 100:.2f}", "currency": "USD", "paid_at": "{NOW.isoformat()}"}}'
    ).encode()
    provider = f"seller:{seller}" if seller else "stripe"
    return Told(provider, notice, Arrival(raw, NOW, NOW), seller)


def _alone(store, one: Told) -> None:
    door = Door(load({}), store, None, lambda: None)
    with store.writing() as session:
        try:
            take(session, door, one.provider, one.notice, one.arrival, one.seller)
        except Refusal:
            session.rollback()


def _kept(store, run, how) -> list:
    mark = f"{run}-{how}"
    with store.reading() as session:
        rows = [r for r in session.exec(select(InboxItem)) if r.external_id.endswith(mark)]
    return sorted(
        (r.provider, r.external_id.split("-")[0], r.facts["payment_id"].split("-")[0], r.status,
         str(r.debt_id), r.facts["minor"], (r.problem or "").split("-")[0])
        for r in rows
    )  # fmt: skip
