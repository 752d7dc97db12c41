"""A portfolio as a whole: paused, resumed, recalled, owned, given back, and papers asked for."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import pytest
from sqlalchemy import event, func
from sqlmodel import select

from activities.portfolio import claims
from models.operator import Role
from models.stop import StopKind
from models.tables import Act, Debt, Portfolio, Stop
from rules.readiness import TitleLink
from rules.title import Claimed, Owned, owner_on, putback_grounds
from store import chain
from store import debt as debts
from tests.cli.conftest import SAMPLES
from tests.cli.test_stop import ask, rules

REF = "HL-2026-02"


def stop_of(here, kind):
    with here.office.store.reading() as session:
        return session.exec(select(Stop).where(Stop.kind == kind)).all()


def test_a_pause_binds_the_next_check_and_a_resume_wakes_nobody_at_once(here):
    here.prepare("US-0001")
    before = rules(ask(here, "US-0001", 1))
    paused = here.json("portfolio", "pause", REF, "--reason", "audit")
    assert paused["debts"] == 34
    assert rules(ask(here, "US-0001", 2)) - before == {"GEN-HOLD"}
    again = here("portfolio", "pause", REF, "--reason", "audit")
    assert (again.exit_code, "is paused already" in again.stderr) == (1, True)
    assert here.json("portfolio", "status", REF)["paused"][0]["reason"] == "audit"
    resumed = here.json("portfolio", "resume", REF, "--reason", "audit_done")
    assert (resumed["cases"], resumed["woken"]) == (1, None)
    assert rules(ask(here, "US-0001", 3)) == before
    assert here("portfolio", "resume", REF, "--reason", "again").exit_code == 1


def test_operations_resume_what_was_paused_but_lift_no_kill_switch(here):
    here.json("stop", "portfolio", REF, "--reason", "wrong_amounts")
    here.json("portfolio", "pause", REF, "--reason", "audit")
    here.tokens["olga"] = here.hire("olga", Role.OPERATIONS)
    olga = here.by("olga")
    assert olga("portfolio", "resume", REF, "--reason", "done").exit_code == 0
    assert [line["reason"] for line in here.json("stop", "list")] == ["wrong_amounts"]
    assert olga("portfolio", "resume", REF, "--reason", "done").exit_code == 1


def test_a_recall_is_in_force_when_it_answers_without_any_engine(here):
    here.prepare("US-0001")
    done = here("portfolio", "recall", REF, "--reason", "sold_in_error", "--json")
    assert done.exit_code == 0, done.output
    assert "the recall is in force" in done.stderr
    assert "GEN-HOLD" in rules(ask(here, "US-0001", 1))
    (stop,) = stop_of(here, StopKind.RECALL)
    assert (stop.scope, stop.actor) == ("portfolio", "anna")
    here.prepare("US-0001")
    debt = here.debt("US-0001")
    assert (debt.status, debt.ending) == ("closed", "recalled")


def test_of_a_recalled_portfolio_nothing_is_started_paused_or_imported(here):
    here.json("portfolio", "recall", REF, "--reason", "sold_in_error")
    for words in (
        ("pause", REF, "--reason", "audit"),
        ("recall", REF, "--reason", "again"),
        ("start", REF),
    ):
        refused = here("portfolio", *words)
        assert refused.exit_code == 1, words
        assert "was recalled on" in refused.stderr
    with here.office.store.reading() as session:
        (portfolio,) = [each for each, _, _ in debts.portfolios(session)]
        assert debts.to_start(session, portfolio.id, "", 100) == []
    known = here("portfolio", "import", SAMPLES / "portfolio.csv", "--no-start")
    assert known.exit_code == 2
    assert "was recalled" in known.stderr


REFUSED = [
    (("recall", "nowhere", "--reason", "x"), "no portfolio nowhere"),
    (("recall", REF, "--reason", "Bad words"), "must be a code"),
    (("recall", REF, "--reason", "x", "--on", "2027-01-01"), "still to come"),
    (("recall", REF, "--reason", "x", "--on", "2020-01-01"), "before the transfer"),
    (("recall", REF, "--reason", "x", "--on", "soon"), "is no day"),
    (("pause", REF, "--reason", "x", "--until", "2020-01-01"), "has passed"),
    (("own-as-of", "2027-01-01"), "still to come"),
    (("own-as-of", "soon"), "is no day"),
    (("own-as-of", "2026-03-01", "--account", "nobody"), "no debt is known"),
    (("status", "nowhere"), "no portfolio nowhere"),
    (("putback", "nowhere"), "no portfolio nowhere"),
]


def test_what_cannot_be_done_is_refused_and_changes_nothing(here):
    for words, said in REFUSED:
        refused = here("portfolio", *words)
        assert refused.exit_code == 2, refused.output
        assert said in " ".join(refused.stderr.split())
    assert stop_of(here, StopKind.RECALL) == []


def test_who_owned_a_debt_is_answered_for_any_day_before_and_after_transfer_and_recall(here):
    def owner(day):
        return here.json("portfolio", "own-as-of", day, "--account", "CN-0002")["owner"]

    assert owner("2022-04-11") is None
    assert owner("2022-04-12") == "Harbour Lantern Bank"
    assert owner("2026-02-15") == "Harbour Lantern Bank"
    buyer = owner("2026-02-16")
    assert buyer != "Harbour Lantern Bank"
    here.json("portfolio", "recall", REF, "--reason", "sold_in_error", "--on", "2026-03-10")
    assert owner("2026-03-09") == buyer
    assert owner("2026-03-10") == "Harbour Lantern Bank"


def test_a_recalled_debt_alone_goes_back_alone(here):
    here.prepare("US-0001")
    assert here("case", "recall", "US-0001", "--reason", "seller_request").exit_code == 0
    told = here.json("portfolio", "own-as-of", "2026-03-18")["owners"]
    assert {line["owner"]: line["debts"] for line in told}["Harbour Lantern Bank"] == 1


def test_status_and_owners_tell_counts_sums_and_dates_and_nobody(here, tmp_path):
    here.prepare("US-0001")
    told = here.json("portfolio", "status", REF)
    assert told["debts"] == 34
    assert told["states"] == {"new": 33, "open": 1}
    assert told["money"]["CNY"]["transferred"] == 4072170
    page = here("portfolio", "status", REF).stdout
    assert "40,721.70 CNY" in page
    for word in ("Avery", "林青", "Sample Street", "example.com"):
        assert word not in page
    out = tmp_path / "owners.csv"
    owned = here.json("portfolio", "own-as-of", "2026-03-01", "--portfolio", REF, "--out", out)
    assert sum(line["debts"] for line in owned["owners"]) == 34
    rows = list(csv.DictReader(out.read_text("utf-8").splitlines()))
    assert len(rows) == 34
    assert {row["owner"] for row in rows} == {line["owner"] for line in owned["owners"]}
    assert here("portfolio", "own-as-of", "2026-03-01", "--out", out).exit_code == 2


def test_what_the_seller_must_take_back_is_listed_with_grounds_and_given_back(here):
    for account in ("US-0001", "US-0002"):
        here.prepare(account)
    told = here.json("portfolio", "putback", REF)
    assert told["given"] == []
    accounts = {line["account"] for line in told["debts"]}
    assert "US-0001" not in accounts
    asked = here.json("media", "request", "US-0001", "--kind", "statement", "--due", "1d")
    here.json("media", "refused", asked["requests"][0], "--reason", "lost")
    lines = {line["account"]: line for line in here.json("portfolio", "putback", REF)["debts"]}
    assert lines["US-0001"]["grounds"] == ["documents_missing"]
    assert here("portfolio", "putback", REF, "--account", "US-0002", "--give").exit_code == 1
    given = here.json("portfolio", "putback", REF, "--account", "US-0001", "--give")
    assert given["given"] == ["US-0001"]
    here.prepare("US-0001")
    debt = here.debt("US-0001")
    assert (debt.status, debt.ending) == ("closed", "recalled")
    left = here.json("portfolio", "putback", REF)["debts"]
    assert "US-0001" not in {line["account"] for line in left}


def test_after_the_recourse_window_nothing_is_given_back(here):
    with here.office.store.writing() as session:
        (portfolio,) = [each for each, _, _ in debts.portfolios(session)]
        portfolio.recourse_until = date(2026, 3, 18)
        session.add(portfolio)
    asked = here.json("media", "request", "US-0001", "--kind", "statement", "--due", "1d")
    here.json("media", "refused", asked["requests"][0], "--reason", "lost")
    assert here.json("portfolio", "putback", REF)["days_left"] == 1
    here.clock.set(here.clock.now() + timedelta(days=1))
    late = here("portfolio", "putback", REF, "--give")
    assert (late.exit_code, "that is over" in late.stderr) == (1, True)
    assert stop_of(here, StopKind.CLOSE_ORDER) == []


def test_the_list_of_returns_asks_about_stops_of_those_debts_alone_that_have_one(here):
    with here.office.store.reading() as session:
        portfolio = session.exec(select(Portfolio).where(Portfolio.ref == REF)).one()
        asked: list[str] = []

        def note(_conn, _cursor, statement, *_rest):
            asked.append(statement)

        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", note)
        try:
            found = claims(session, portfolio, here.clock.now())
        finally:
            event.remove(engine, "before_cursor_execute", note)
        size = session.exec(select(func.count()).where(Debt.portfolio_id == portfolio.id)).one()
    about_stops = sum("FROM stop" in each and "contact_point" in each for each in asked)
    assert about_stops <= sum(bool(each.grounds) for each in found) + 3 < size


def test_documents_asked_for_are_tracked_until_they_come(here, tmp_path):
    asked = here.json("media", "request", "US-0001", "--kind", "statement", "--reason", "dispute")
    again = here.json("media", "request", "US-0001", "--kind", "statement")
    assert (asked["requested"], again["requested"], again["open_already"]) == (1, 0, 1)
    (line,) = here.json("media", "list")
    assert (line["account"], line["late"]) == ("US-0001", False)
    here.clock.set(here.clock.now() + timedelta(days=15))
    assert here.json("media", "list", "--overdue")[0]["late"] is True
    paper = tmp_path / "statement.pdf"
    paper.write_bytes(b"paper")
    came = here.json("media", "received", line["request"], "--doc-ref", "DOC-1", "--file", paper)
    assert len(came["sha256"]) == 64
    assert {"type": "statement", "ref": "DOC-1", "sha256": came["sha256"]} in here.debt(
        "US-0001"
    ).facts["documents"]
    assert here.json("media", "list") == []
    assert here("media", "received", line["request"], "--doc-ref", "DOC-2").exit_code == 1
    with here.office.store.reading() as session:
        done = session.exec(select(Act.what).where(Act.what.startswith("media."))).all()
        assert done == ["media.requested", "media.received"]
        assert list(chain.verify(session, here.office.store.keys)) == []


def test_a_document_is_asked_for_each_debt_that_lacks_it(here, tmp_path):
    lacking = here.json("media", "request", "--portfolio", REF, "--kind", "ledger")
    assert lacking["requested"] == 34
    contracts = here.json("media", "request", "--portfolio", REF, "--kind", "contract")
    assert contracts["requested"] < 34
    out = tmp_path / "for-the-seller.csv"
    here.json("media", "list", "--csv", out)
    rows = list(csv.DictReader(out.read_text("utf-8").splitlines()))
    assert len(rows) == 34 + contracts["requested"]
    cancelled = here.json("media", "list")[0]["request"]
    assert (
        here.json("media", "cancel", cancelled, "--reason", "not_needed")["status"] == "cancelled"
    )


SENSELESS = [
    (("request", "--kind", "statement"), "name either one debt or --portfolio"),
    (("request", "US-0001", "--kind", "poem"), "Invalid value for '--kind'"),
    (("request", "US-0001", "--kind", "statement", "--due", "2020-01-01"), "has passed"),
    (("received", "abc", "--doc-ref", "D"), "names no request"),
    (("received", "abcdef12", "--doc-ref", "two words"), "must be a code"),
    (("received", "abcdef12", "--doc-ref", "D", "--sha256", "x"), "64 small hexadecimal"),
    (("refused", "abcdef12", "--reason", "Lost It"), "must be a code"),
]


def test_a_request_that_makes_no_sense_is_refused(here):
    for words, said in SENSELESS:
        refused = here("media", *words)
        assert refused.exit_code == 2
        assert said in " ".join(refused.stderr.replace("│", " ").split())
    assert here.json("media", "list", "--answered") == []


# The rule


D = date
CHAIN = (
    TitleLink("Bank", None, None),
    TitleLink("Fund", D(2024, 1, 1), "A1"),
    TitleLink("Us", D(2026, 2, 16), "A2"),
)


@pytest.mark.parametrize(
    ("chain", "day", "back", "owned"),
    [
        (CHAIN, D(2019, 1, 1), None, None),
        (CHAIN, D(2023, 12, 31), None, Owned("Bank", D(2020, 1, 1), None, certain=True)),
        (CHAIN, D(2024, 1, 1), None, Owned("Fund", D(2024, 1, 1), "A1", certain=True)),
        (CHAIN, D(2026, 2, 15), None, Owned("Fund", D(2024, 1, 1), "A1", certain=True)),
        (CHAIN, D(2026, 2, 16), D(2026, 5, 1), Owned("Us", D(2026, 2, 16), "A2", certain=True)),
        (CHAIN, D(2026, 5, 1), D(2026, 5, 1), Owned("Fund", D(2026, 5, 1), None, certain=True)),
        ((), D(2026, 5, 1), None, None),
        (
            (CHAIN[0], TitleLink("Fund", None, None), CHAIN[2]),
            D(2025, 1, 1),
            None,
            Owned("Bank", D(2020, 1, 1), None, certain=False),
        ),
        (
            (CHAIN[0], TitleLink("Fund", None, None), CHAIN[2]),
            D(2026, 2, 16),
            None,
            Owned("Us", D(2026, 2, 16), "A2", certain=True),
        ),
    ],
)  # fmt: skip
def test_the_owner_on_a_day_follows_from_the_chain(chain, day, back, owned):
    assert owner_on(chain, day, began=D(2020, 1, 1), given_back=back) == owned


@pytest.mark.parametrize(
    ("known", "grounds"),
    [
        ({}, ()),
        ({"stops": [(StopKind.DECEASED, "x", D(2026, 1, 31))]}, ("deceased_before_cut_off",)),
        ({"stops": [(StopKind.DECEASED, "x", D(2026, 2, 1))]}, ()),
        ({"stops": [(StopKind.BANKRUPTCY, "x", D(2026, 1, 1))]}, ("insolvent_before_cut_off",)),
        ({"stops": [(StopKind.IDENTITY_THEFT, "x", D(2026, 3, 1))]}, ("identity_theft",)),
        ({"stops": [(StopKind.HOLD, "fraud", D(2026, 3, 1))]}, ("fraud",)),
        ({"stops": [(StopKind.HOLD, "customer_call", D(2026, 3, 1))]}, ()),
        ({"limitation": D(2026, 1, 30)}, ("time_barred_before_cut_off",)),
        ({"limitation": D(2026, 1, 31)}, ()),
        ({"gaps": ["title_gap", "amount_mismatch"]}, ("title_unproved", "amount_wrong")),
        (
            {"paid_before": True, "media_missing": True},
            ("paid_to_previous_owner", "documents_missing"),
        ),
    ],
)  # fmt: skip
def test_grounds_of_a_return_follow_from_what_is_known(known, grounds):
    plain = {
        "stops": (),
        "gaps": (),
        "limitation": None,
        "paid_before": False,
        "media_missing": False,
    }
    assert putback_grounds(Claimed(**plain | known), D(2026, 1, 31)) == grounds
