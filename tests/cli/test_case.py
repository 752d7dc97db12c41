"""Cases at the command line: read by anybody, ordered by operators, with or without an engine."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlmodel import select

from models.tables import Act, Stop


def held(here, account: str) -> list[Stop]:
    with here.office.store.reading() as session:
        return list(session.exec(select(Stop).where(Stop.debt_id == here.debt(account).id)))


def test_list_filters_by_stage_hold_and_portfolio(here):
    here.prepare("US-0001")
    assert len(here.json("case", "list")) == 34
    assert [line["account"] for line in here.json("case", "list", "--hold", "bankruptcy")] == [
        "US-0010"
    ]
    assert here.json("case", "list", "--portfolio", "nothing") == []
    stages = {line["stage"] for line in here.json("case", "list", "--stage", "contacting")}
    assert stages <= {"contacting"}


def test_a_case_that_should_have_moved_is_overdue(here):
    here.prepare("US-0001")
    assert here.json("case", "list", "--overdue") == []
    here.clock.set(here.clock.now() + timedelta(days=2))
    assert [line["account"] for line in here.json("case", "list", "--overdue")] == ["US-0001"]


def test_an_unknown_kind_of_stop_is_refused_with_the_known_ones(here):
    done = here("case", "list", "--hold", "tired")
    assert done.exit_code == 2
    assert "bankruptcy" in done.stderr


@pytest.mark.parametrize("ref", ["account", "case", "beginning"])
def test_a_case_is_found_by_account_case_id_and_beginning_of_its_debt_id(here, ref):
    debt = here.debt("US-0001")
    words = {"account": "US-0001", "case": debt.workflow_id, "beginning": str(debt.id)[:8]}
    assert here.json("case", "show", words[ref])["case"] == debt.workflow_id


def test_an_unknown_case_is_said_in_plain_words(here):
    done = here("case", "show", "XX-1")
    assert done.exit_code == 2
    assert "no debt is known as 'XX-1'" in done.stderr
    assert "Traceback" not in done.stderr


def test_show_tells_who_it_is_only_when_asked_and_puts_that_on_record(here):
    here.prepare("US-0001")
    for form in ((), ("--json",)):
        done = here("case", "show", "US-0001", *form)
        assert "Avery" not in done.stdout
        assert "5550101" not in done.stdout
    assert "1,170.00 USD" in here("case", "show", "US-0001").stdout
    shown = here.json("case", "show", "US-0001", "--personal")
    assert shown["personal"]["name"] == "Avery Stone"
    assert shown["personal"]["address"][0] == "101 Sample Street"
    with here.office.store.reading() as session:
        looked = session.exec(select(Act).where(Act.what == "personal.shown")).one()
    assert looked.actor == "anna"


def test_explain_names_the_stop_its_source_and_its_exit(here):
    here.prepare("CN-0007")
    done = here("case", "explain", "CN-0007", "--since", "2026-03-03")
    assert done.exit_code == 0
    assert "disputes the debt" in done.stdout
    assert "runs in shadow" in " ".join(done.stdout.split())
    said = here.json("case", "explain", "CN-0007", "--since", "tue")
    assert said["reasons"][0]["rule"] == "stop:dispute"


@pytest.mark.parametrize("since", ["yesterday", "2026-03-03T10:00", "2027-01-01"])
def test_since_must_be_an_instant_behind_us(here, since):
    done = here("case", "explain", "US-0001", "--since", since)
    assert done.exit_code == 2
    assert "--since" in done.stderr


def test_timeline_is_told_in_the_debtors_own_time(here):
    here.prepare("CN-0001")
    done = here("case", "timeline", "CN-0001")
    assert "times of Asia/Shanghai" in done.stdout
    assert "case.prepared" in done.stdout


def test_a_hold_is_acknowledged_by_the_store_while_temporal_is_down(here):
    here.prepare("US-0001")
    done = here("case", "hold", "US-0001", "--until", "7d", "--reason", "customer_call")
    assert done.exit_code == 0
    assert "Temporal does not answer now" in done.stdout
    (stop,) = held(here, "US-0001")
    assert (stop.kind, stop.actor, stop.until) == (
        "hold",
        "anna",
        here.clock.now() + timedelta(days=7),
    )
    assert here("case", "release", "US-0001", "--reason", "called_back").exit_code == 0
    assert held(here, "US-0001")[0].ended_by == "anna"


def test_a_hold_until_a_day_ends_where_the_debtor_lives(here):
    done = here.json(
        "case", "hold", "CN-0001", "--until", "2026-04-01", "--reason", "customer_call"
    )
    assert done["until"] == "2026-04-01T00:00:00+08:00"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--until", "7d", "--reason", "Mr Stone called"), "code of lower-case letters"),
        (("--until", "2026-03-01", "--reason", "call"), "has passed"),
        (("--until", "soon", "--reason", "call"), "no instant"),
        (("--until", "7d", "--reason", "call", "--as", "bo"), "comes from your token"),
    ],
)
def test_a_refused_order_says_why_and_writes_nothing(here, words, said):
    done = here("case", "hold", "US-0001", *words)
    assert done.exit_code in (1, 2)
    assert said in done.stderr
    assert held(here, "US-0001") == []


def test_a_release_without_a_hold_points_to_what_else_holds_it(here):
    done = here("case", "release", "US-0001", "--reason", "called_back")
    assert done.exit_code == 1
    assert "no operator's hold is open" in done.stderr


@pytest.mark.parametrize(("command", "kind"), [("recall", "recall"), ("close", "close_order")])
def test_recall_and_close_stop_everything_at_once(here, command, kind):
    assert here("case", command, "US-0001", "--reason", "seller_request").exit_code == 0
    assert [stop.kind for stop in held(here, "US-0001")] == [kind]
    shown = json.loads(here("case", "show", "US-0001", "--json").stdout)
    assert shown["stops"][0]["kind"] == kind


@pytest.mark.parametrize(
    ("account", "reason", "says"),
    [
        ("US-0001", "lost run", "a code such as lost_run"),
        ("US-0001", "lost_run", "cession up"),
        ("US-0002", "lost_run", "US-0002 is new"),
        ("nobody", "lost_run", "no debt is known"),
    ],
)
def test_bringing_a_case_back_is_refused_in_words_and_changes_nothing(here, account, reason, says):
    here.prepare("US-0001")
    done = here("case", "restart", account, "--reason", reason)
    assert done.exit_code in {1, 2}
    assert says in done.stderr
    assert "Traceback" not in done.output
    assert (here.debt("US-0001").status, here.debt("US-0001").epoch) == ("open", 1)


def test_a_case_that_never_began_has_no_history_and_says_so_without_the_engine(here):
    done = here("case", "history", "US-0003")
    assert done.exit_code == 1
    assert "Temporal does not answer" in done.output
    assert "never started" in done.output
