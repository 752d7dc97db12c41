"""The versions of a strategy at the command line, and the order to go over to another."""

from __future__ import annotations

import pytest

from models.case import TaskKind
from models.contact import ContactState
from models.tables import ContactRow


@pytest.fixture
def burdened(here):
    """Two cases of people who can hardly pay; they follow the first version."""
    for account in ("US-0001", "US-0004"):
        here.prepare(account)
        with here.office.store.writing() as session:
            debt = session.merge(here.debt(account))
            debt.strategy, debt.strategy_version = "gentle", 1
            session.add(debt)
    return here


def ordered(here, *more: str):
    return here(
        "strategy", "move", "--from", "gentle-v1", "--to", "gentle-2", "--reason", "longer", *more
    )


def counts(here, ref: str) -> tuple[int, int]:
    line = next(line for line in here.json("strategy", "list") if line["strategy"] == ref)
    return line["open"], line["coming"]


def acts(here, account: str) -> list[tuple[str, str, str]]:
    lines = here.json("case", "timeline", account)
    return [
        (line["what"], line["detail"], line["actor"])
        for line in lines
        if line["what"].startswith("strategy.")
    ]


def test_a_dry_run_says_what_becomes_of_each_case_and_changes_nothing(burdened):
    said = ordered(burdened, "--dry-run")
    assert said.exit_code == 0
    assert "2 cases from gentle-1 to gentle-2" in said.output
    assert "this was a dry run" in said.output
    assert counts(burdened, "gentle-1") == (2, 0)
    assert counts(burdened, "gentle-2") == (0, 0)
    assert acts(burdened, "US-0001") == []


def test_each_case_goes_over_at_its_next_look_and_its_record_says_who_and_why(burdened):
    assert ordered(burdened).exit_code == 0
    assert counts(burdened, "gentle-2") == (0, 2)
    shown = burdened("case", "show", "US-0001").output
    assert "gentle-2, when it is between two steps" in shown
    burdened.prepare("US-0001")
    assert counts(burdened, "gentle-1") == (1, 0)
    assert counts(burdened, "gentle-2") == (1, 1)
    assert "gentle-2" in burdened("case", "show", "US-0001").output
    assert acts(burdened, "US-0001") == [
        ("strategy.ordered", "longer: gentle-1 to gentle-2", "anna"),
        ("strategy.moved", "as_ordered: gentle-1 to gentle-2", "case"),
    ]


def test_what_an_agent_is_at_is_finished_first(burdened):
    item = burdened.open("US-0004", TaskKind.CALL)
    assert "work:call" in ordered(burdened).output
    burdened.prepare("US-0004")
    assert burdened.debt("US-0004").strategy_ref == "gentle-1"
    assert burdened("desk", "take", item).exit_code in (0, 1)


def test_an_order_is_given_once_and_can_be_taken_back(burdened):
    ordered(burdened)
    assert "was told already" in ordered(burdened).output
    kept = burdened.json("strategy", "keep", "gentle-2", "--reason", "second_thoughts")
    assert kept == {"to": "gentle-2", "kept": 2}
    burdened.prepare("US-0001")
    assert burdened.debt("US-0001").strategy_ref == "gentle-1"
    assert [what for what, *_ in acts(burdened, "US-0001")] == [
        "strategy.ordered",
        "strategy.kept",
    ]


def test_only_a_portfolio_or_one_account_goes_if_that_is_said(burdened):
    assert burdened.json(
        "strategy", "move", "--from", "gentle-1", "--to", "gentle-2", "--reason", "try",
        "--account", "US-0004",
    )["cases"] == 1  # fmt: skip
    ref = burdened.json("case", "show", "US-0001")["portfolio"]
    said = burdened.json(
        "strategy", "move", "--from", "gentle-1", "--to", "gentle-2", "--reason", "try",
        "--portfolio", ref, "--dry-run",
    )  # fmt: skip
    assert {(each["outcome"], each["cases"]) for each in said["outcomes"]} == {
        ("goes", 1),
        ("ordered", 1),
    }


def test_a_case_whose_notice_the_other_version_does_not_know_stays_and_is_named(burdened):
    with burdened.office.store.writing() as session:
        debt = burdened.debt("US-0001")
        session.add(
            ContactRow(
                id=debt.id, debtor_id=debt.debtor_id, debt_id=debt.id, epoch=1, ordinal=1,
                channel="letter", state=ContactState.SENT, at=burdened.clock.now(), step="notice",
                purpose="validation", mode="shadow", strategy="gentle-1",
            )
        )  # fmt: skip
        debt = session.merge(debt)
        debt.strategy = "notice-only"
        session.add(debt)
    done = burdened(
        "strategy", "move", "--from", "notice-only-1", "--to", "gentle-2", "--reason", "try"
    )
    assert done.exit_code == 2
    shown = burdened.json("case", "show", "US-0001")
    assert [(line["step"], line["strategy"]) for line in shown["made"]] == [("notice", "gentle-1")]


def test_a_version_is_read_step_by_step(here):
    said = here("strategy", "show", "standard-v1", "--place", "CN").output
    assert "plan_offer" in said
    assert "settlement_letter" not in said
    steps = here.json("strategy", "show", "standard-1", "--place", "US-NY")["jurisdiction"]
    assert list(steps) == ["US"]
