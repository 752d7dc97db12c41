"""A quote binds for the sum it was given for, and never for money that did not arrive."""

from decimal import Decimal

import pytest
from sqlmodel import select

from activities.exchange import quote
from activities.payment import book_inbox
from models.money import Money
from models.tables import WorkItem
from store import debt as debts
from store import debtor as debtors
from store import payment as money
from tests.activities.test_legal import DAY, NOON, Desk, desk, office
from tests.workflows.conftest import NEW_YORK

__all__ = ["desk", "office"]

THERE = Money(80_000, "CNY")
"""Quoted at 0.1250, so worth 100.00 here."""


def paid(desk: Desk, debt, number, arrived, instructed):
    """Book what arrived of what a payer's bank was told to send; answer what was credited."""
    with desk.office.store.writing() as session:
        debtors.lock(session, debt.debtor_id)
        item, _ = money.receive(
            session, provider="bank:test", external_id=f"{debt.id}-{number}", kind="payment",
            facts={
                "payment_id": f"{debt.id}-{number}", "minor": arrived, "currency": "USD",
                "paid_at": NOON.isoformat(), "paid": {"minor": instructed, "currency": "CNY"},
            },
            sealed=b"", received_at=NOON, observed_at=NOON, debt_id=debt.id,
            debtor_id=debt.debtor_id,
        )  # fmt: skip
        book_inbox(session, desk.office, item.id, NOON)
        entry = [row for row in money.entries(session, debt.id) if row.source == "bank:test"][-1]
        return entry.minor, entry.facts["exchange"]


@pytest.fixture
def quoted(desk):
    debt = desk.debt(NEW_YORK)
    with desk.office.store.writing() as session:
        row = debts.get(session, debt.id)
        quote(session, row, THERE, Decimal("0.1250"), "desk", 2 * DAY, "test", NOON - DAY)
    return debt


def test_a_quote_is_used_up_by_the_sum_it_was_given_for(desk, quoted):
    assert paid(desk, quoted, 1, 4_990, 40_000) == (5_000, "quoted_rate")
    assert paid(desk, quoted, 2, 4_985, 40_000) == (5_000, "quoted_rate")
    assert paid(desk, quoted, 3, 4_900, 40_000) == (4_900, "no_quote")


def test_who_sends_far_less_than_was_said_is_credited_with_what_arrived(desk, quoted):
    assert paid(desk, quoted, 1, 100, 80_000) == (100, "arrived_short")
    with desk.office.store.reading() as session:
        steps = session.exec(select(WorkItem.step).where(WorkItem.debt_id == quoted.id)).all()
    assert [step for step in steps if step.startswith("exchange_short_")]
