"""Nobody is told that they have not paid while nobody here would know if they had."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from activities.feed import Feed
from models.contact import Purpose
from models.tables import InboxItem
from tests.activities.test_legal import DAY, NOON, Desk, desk, office
from tests.workflows.conftest import NEW_YORK

__all__ = ["desk", "office"]

BANK = Feed("bank:DE89370400440532013000", timedelta(hours=72))
STRIPE = Feed("stripe", timedelta(hours=72), frozenset({"s2"}))


def told(here, provider, at, kind="statement", **facts):
    with here.office.store.writing() as session:
        session.add(
            InboxItem(
                id=uuid4(), provider=provider, external_id=uuid4().hex, kind=kind, facts=facts,
                sealed=b"", received_at=at, observed_at=at, status="ignored",
            )
        )  # fmt: skip


def watching(here: Desk, *feeds):
    return Desk(replace(here.office, feeds=feeds))


def test_a_reminder_waits_for_a_bank_that_is_silent_and_a_notice_does_not(desk):
    debt = desk.debt(NEW_YORK)
    assert desk.ask(debt).kind == "allow"
    here = watching(desk, BANK)
    asked = here.ask(debt)
    assert (asked.kind, asked.rule) == ("defer", "HOUSE-FEED-STALE")
    assert asked.until == NOON + timedelta(hours=4)
    assert "3000" in asked.failures[0].why
    assert BANK.provider not in asked.failures[0].why
    assert "HOUSE-FEED-STALE" not in here.rules(debt, purpose=Purpose.RECEIPT)
    told(here, BANK.provider, NOON - DAY, closing={"on": f"{NOON - 2 * DAY:%Y-%m-%d}"})
    assert here.ask(debt).kind == "allow"


@pytest.mark.parametrize(("day", "kind"), [("2026-03-15", "allow"), ("2026-03-14", "defer")])
def test_a_statement_speaks_for_its_days_and_no_later_one(desk, day, kind):
    feed = replace(BANK, provider=f"bank:{day}")
    debt, here = desk.debt(NEW_YORK), watching(desk, feed)
    told(here, feed.provider, NOON, closing={"on": day}, ends=str(date(2026, 3, 18)))
    assert here.ask(debt).kind == kind


def test_a_source_counts_for_its_own_sellers(desk):
    here = watching(desk, STRIPE)
    first, second = desk.debt(NEW_YORK, seller="s1"), desk.debt(NEW_YORK, seller="s2")
    assert here.ask(first).kind == "allow"
    assert here.ask(second).rule == "HOUSE-FEED-STALE"
    told(here, "stripe", NOON - 2 * DAY, "payment")
    assert here.ask(second).kind == "allow"
    assert here.ask(second, now=NOON + 2 * DAY).rule == "HOUSE-FEED-STALE"
