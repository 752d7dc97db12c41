"""Cash and transfers typed at the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from activities.payment import book_inbox
from models.tables import InboxItem, LedgerEntry

SAMPLES = Path(__file__).parents[2] / "packs" / "samples"


def inbox(here) -> list[InboxItem]:
    with here.office.store.reading() as session:
        return list(session.exec(select(InboxItem)))


def test_a_payment_goes_through_the_inbox_and_is_booked_by_who_took_it(here):
    paid = here.json("pay", "US-0001", "120.00", "--reference", "R-1", "--method", "cash")
    (item,) = inbox(here)
    assert (paid["minor"], item.provider, item.facts["by"]) == (12000, "desk", "anna")
    with here.office.store.writing() as session:
        assert book_inbox(session, here.office, item.id, here.clock.now()) == "booked 120.00 USD"
    shown = here.json("case", "show", "US-0001")
    assert (shown["paid"], shown["owed"]) == (12000, 105000)
    with here.office.store.reading() as session:
        entry = session.exec(select(LedgerEntry).where(LedgerEntry.kind == "payment")).one()
    assert (entry.actor, entry.source) == ("anna", "desk")


def test_the_same_reference_twice_is_one_payment(here):
    for _ in range(2):
        assert here("pay", "US-0001", "120.00", "--reference", "R-1").exit_code == 0
    assert len(inbox(here)) == 1


def test_a_reference_that_stands_for_another_payment_is_refused(here):
    here("pay", "US-0001", "120.00", "--reference", "R-1")
    for words in (("US-0001", "121.00"), ("US-0002", "120.00")):
        done = here("pay", *words, "--reference", "R-1")
        assert done.exit_code == 1
        assert "stands for 120.00 USD on US-0001" in done.stderr
    assert len(inbox(here)) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("US-0001", "12.345"), "USD has 2 decimals"),
        (("US-0001", "0"), "more than nothing"),
        (("US-0001", "-5"), ""),
        (("US-0001", "5 dollars"), "digits"),
        (("US-0001", "5", "--currency", "EUR"), "owed in USD"),
        (("US-0001", "5", "--date", "2027-01-01"), "still to come"),
        (("US-0001", "5", "--date", "today"), "no day"),
        (("XX-1", "5"), "no debt is known"),
    ],
)
def test_what_cannot_be_booked_is_refused_and_leaves_no_trace(here, words, said):
    done = here("pay", *words, "--reference", "R-1")
    assert done.exit_code in (1, 2)
    assert said in done.stderr
    assert inbox(here) == []


def test_a_day_that_has_passed_counts_where_the_debtor_lives(here):
    paid = here.json("pay", "CN-0001", "10", "--reference", "R-1", "--date", "2026-03-10")
    assert paid["paid_at"] == "2026-03-10T12:00:00+08:00"


def test_money_for_no_debt_in_particular_follows_the_law_over_all_debts_of_the_person(here):
    second = SAMPLES / "portfolio-second.csv"
    assert here("portfolio", "import", second, "--no-start").exit_code == 0
    words = ("pay", "CN-0012", "1200.00", "--reference", "T-1", "--undirected")
    parts = {part["account"]: part for part in here.json(*words)["parts"]}
    assert {name: part["minor"] for name, part in parts.items()} == {
        "CN-0012": 33457,
        "CF-0001": 86543,
    }
    assert {part["reason"] for part in parts.values()} == {"pro_rata"}
    assert len(inbox(here)) == 2
    again = here(*words)
    assert again.exit_code == 1
    assert "known already" in again.stderr
    assert len(inbox(here)) == 2


def test_what_is_beyond_all_debts_of_a_person_stays_visible_as_excess(here):
    words = ("pay", "CN-0012", "800.00", "--reference", "T-2", "--undirected")
    parts = here.json(*words)["parts"]
    assert [(part["minor"], part["reason"]) for part in parts] == [
        (75000, parts[0]["reason"]),
        (5000, "excess"),
    ]
