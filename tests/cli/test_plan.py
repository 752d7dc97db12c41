"""Plans, settlements and refunds at the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from activities.arrangement import tick
from activities.payment import book_inbox
from activities.standing import advance
from models.operator import Role
from models.tables import Document, InboxItem, LedgerEntry, WorkItem
from tests.cli.test_ledger import take_back


def pay(here, account, amount, reference, at=None):
    if at is not None:
        here.clock.set(at)
    done = here("pay", account, amount, "--reference", reference)
    assert done.exit_code == 0, done.output
    with here.office.store.writing() as session:
        item = session.exec(select(InboxItem).where(InboxItem.external_id == reference)).one()
        book_inbox(session, here.office, item.id, here.clock.now())
    return look(here, account)


def look(here, account, at=None):
    """What the case does when it asks for its next move."""
    if at is not None:
        here.clock.set(at)
    debt = here.debt(account)
    with here.office.store.writing() as session:
        answer = advance(session, here.office, debt.id, debt.epoch, here.clock.now())
    return answer.move


def agreed(here, *words, who=None, kind="plan"):
    by = here.by(who) if who else here
    row = by.json(kind, "propose", *words)
    assert row["status"] == "approved", row
    by.json(kind, "offer", row["id"])
    return by.json(kind, "accept", row["id"])


PLAN = ("US-0001", "--instalments", "6", "--first", "2026-03-31")


def day(month, number, hour=16):
    return datetime(2026, month, number, hour, tzinfo=UTC)


@pytest.fixture
def case(here):
    here.prepare("US-0001")
    return here


def status(here, row):
    return here.json("plan", "show", row["id"])[0]


def test_a_plan_within_ones_authority_runs_and_ends_with_the_last_instalment(case):
    row = agreed(case, *PLAN)
    assert [part["on"] for part in row["instalments"]] == [
        "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30", "2026-07-31", "2026-08-31",
    ]  # fmt: skip
    assert {part["amount"] for part in row["instalments"]} == {"195.00"}
    assert case.debt("US-0001").facts["payment_plan"] == "current"
    for number, at in enumerate(
        [day(3, 31), day(4, 30), day(5, 31), day(6, 30), day(7, 31), day(8, 31)]
    ):
        pay(case, "US-0001", "195.00", f"P-{number}", at)
    done = status(case, row)
    assert (done["status"], done["reason"]) == ("kept", "paid_as_agreed")
    assert case.json("ledger", "show", "US-0001")["totals"]["outstanding"] == "0.00"


def test_one_miss_is_asked_about_and_two_break_the_plan(case):
    row = agreed(case, *PLAN)
    look(case, "US-0001", day(4, 5))
    assert status(case, row)["missed"] == []
    look(case, "US-0001", day(4, 6))
    assert (status(case, row)["missed"], case.debt("US-0001").facts["payment_plan"]) == (
        [1],
        "missed",
    )
    look(case, "US-0001", day(5, 6))
    assert status(case, row)["status"] == "broken"
    assert case.debt("US-0001").facts["payment_plan"] == "broken"


def test_a_late_payment_takes_the_oldest_miss_off_the_list(case):
    row = agreed(case, *PLAN)
    look(case, "US-0001", day(5, 4))
    pay(case, "US-0001", "195.00", "P-1", day(5, 5))
    look(case, "US-0001", day(5, 6))
    stands = status(case, row)
    assert (stands["status"], stands["missed"], stands["days_overdue"]) == ("active", [2], 6)


def test_the_case_rests_under_a_plan_and_names_the_next_payment(case):
    agreed(case, *PLAN)
    with case.office.store.writing() as session:
        debt = session.merge(case.debt("US-0001"))
        debt.notice_required = False
        session.add(debt)
    move = look(case, "US-0001")
    assert (move.then.step.startswith("due_"), move.then.template) == (True, "instalment_due")
    assert move.then.purpose == "plan_reminder"
    assert move.until == day(3, 28, 14)


def test_a_reward_is_booked_as_a_waiver_and_shortens_the_last_instalment(case):
    row = agreed(case, *PLAN, "--reward", "20.00", "--reward-after", "3", who="boss")
    for number, at in enumerate([day(3, 31), day(4, 30), day(5, 31)]):
        pay(case, "US-0001", "195.00", f"P-{number}", at)
    stands = status(case, row)
    assert [part["amount"] for part in stands["instalments"]] == ["195.00"] * 5 + ["175.00"]
    totals = case.json("ledger", "show", "US-0001")["totals"]
    assert (totals["waived"], totals["outstanding"]) == ("20.00", "565.00")
    look(case, "US-0001", day(9, 30))
    assert status(case, row)["status"] == "broken"
    assert case.json("ledger", "show", "US-0001")["totals"]["waived"] == "20.00"


def test_a_reward_goes_back_only_if_the_offer_said_so(case):
    row = agreed(
        case, *PLAN, "--reward", "20.00", "--reward-after", "1", "--reward-returns", who="boss"
    )
    pay(case, "US-0001", "195.00", "P-1", day(3, 31))
    assert case.json("ledger", "show", "US-0001")["totals"]["waived"] == "20.00"
    look(case, "US-0001", day(9, 30))
    assert status(case, row)["status"] == "broken"
    assert case.json("ledger", "show", "US-0001")["totals"]["waived"] == "0.00"


# Authority and four eyes


SETTLE = (
    "US-0001",
    "--percent",
    "60",
    "--until",
    "2026-04-10T23:59:59",
    "--zone",
    "America/New_York",
)


def hired(here, code, *roles):
    here.tokens[code] = here.hire(code, *roles)
    return here.by(code)


def approval(here):
    with here.office.store.reading() as session:
        return session.exec(select(WorkItem).where(WorkItem.kind == "approval")).one()


def test_above_ones_authority_a_second_person_decides_and_nothing_is_shown_before(case):
    agent = hired(case, "ben", Role.AGENT)
    row = agent.json("settle", "propose", *SETTLE)
    assert (row["status"], row["total"], row["waives"]) == ("pending", "702.00", "468.00")
    refused = agent("settle", "offer", row["id"])
    assert (refused.exit_code, "waits for a second person" in refused.stderr) == (1, True)
    item = str(approval(case).id)
    agent.json("desk", "take", item)
    own = agent("desk", "done", item, "--result", "approve")
    assert (own.exit_code, "four eyes" in own.stderr) == (1, True)


def test_who_approves_must_have_the_authority_too(case):
    agent, peer = hired(case, "ben", Role.AGENT), hired(case, "cleo", Role.AGENT)
    row = agent.json("settle", "propose", *SETTLE)
    item = str(approval(case).id)
    peer.json("desk", "take", item)
    refused = peer("desk", "done", item, "--result", "approve")
    assert (refused.exit_code, "above the authority of cleo" in refused.stderr) == (1, True)
    peer("desk", "done", item, "--result", "decline")
    assert status(case, row)["status"] == "declined"


def test_an_approval_that_nobody_gives_escalates_then_lapses(case):
    agent = hired(case, "ben", Role.AGENT)
    row = agent.json("settle", "propose", *SETTLE)
    start = case.clock.now()
    with case.office.store.writing() as session:
        debt = session.merge(case.debt("US-0001"))
        assert tick(session, case.office, debt, start) == (True, start + timedelta(hours=48))
    look(case, "US-0001", start + timedelta(hours=48))
    assert approval(case).escalated_at is not None
    look(case, "US-0001", start + timedelta(hours=96))
    assert status(case, row)["status"] == "lapsed"
    assert approval(case).status == "cancelled"
    assert agent("settle", "offer", row["id"]).exit_code == 1


# Settlements


@pytest.fixture
def settlement(case):
    """60 % of 1170.00, offered by somebody who may, until the 11th 03:59:59 UTC."""
    boss = case.by("boss")
    row = boss.json("settle", "propose", *SETTLE)
    assert row["status"] == "approved"
    return boss.json("settle", "offer", row["id"])


END = datetime(2026, 4, 11, 3, 59, 59, tzinfo=UTC)


def book_late(here, account, amount, paid_at, booked_at):
    """A provider tells at ``booked_at`` of money that was paid at ``paid_at``."""
    here.clock.set(paid_at)
    done = here("pay", account, amount, "--reference", "late")
    assert done.exit_code == 0, done.output
    here.clock.set(booked_at)
    with here.office.store.writing() as session:
        item = session.exec(select(InboxItem).where(InboxItem.external_id == "late")).one()
        book_inbox(session, here.office, item.id, booked_at)


def test_a_settlement_paid_in_its_last_second_is_honoured_however_late_we_hear(case, settlement):
    book_late(case, "US-0001", "702.00", END, END + timedelta(minutes=10))
    move = look(case, "US-0001")
    assert status(case, settlement)["status"] == "kept"
    totals = case.json("ledger", "show", "US-0001")["totals"]
    assert (totals["outstanding"], totals["waived"], totals["paid"]) == ("0.00", "468.00", "702.00")
    assert move.kind in ("contact", "wait", "close")


def test_one_second_later_it_is_an_ordinary_payment_and_a_persons_decision(case, settlement):
    late = END + timedelta(seconds=1)
    book_late(case, "US-0001", "702.00", late, late + timedelta(minutes=10))
    look(case, "US-0001")
    assert status(case, settlement)["status"] == "lapsed"
    assert case.json("ledger", "show", "US-0001")["totals"]["outstanding"] == "468.00"
    item = approval(case)
    assert item.step.startswith("late_")
    boss = case.by("boss")
    boss.json("desk", "take", item.id)
    boss.json("desk", "done", item.id, "--result", "approve")
    assert case.json("ledger", "show", "US-0001")["totals"]["outstanding"] == "0.00"


def test_a_settlement_whose_payment_bounces_loses_all_its_waivers_at_once(case, settlement):
    pay(case, "US-0001", "702.00", "P-1", day(4, 1))
    assert status(case, settlement)["status"] == "kept"
    take_back(case, "US-0001", "P-1")
    assert status(case, settlement)["status"] == "broken"
    totals = case.json("ledger", "show", "US-0001")["totals"]
    assert (totals["outstanding"], totals["waived"]) == ("1170.00", "0.00")


def test_a_settlement_in_instalments_waives_only_when_the_last_has_cleared(case):
    row = agreed(
        case, "US-0001", "--amount", "900.00", "--instalments", "2", "--first", "2026-03-31",
        who="boss", kind="settle",
    )  # fmt: skip
    pay(case, "US-0001", "450.00", "P-1", day(3, 31))
    assert case.json("ledger", "show", "US-0001")["totals"]["waived"] == "0.00"
    pay(case, "US-0001", "450.00", "P-2", day(4, 30))
    assert status(case, row)["status"] == "kept"
    assert case.json("ledger", "show", "US-0001")["totals"]["waived"] == "270.00"


def test_an_interest_waiver_touches_interest_alone_and_shows_before_and_after(case):
    row = agreed(case, "US-0001", "--waive-interest", "60.00", who="boss", kind="settle")
    assert row["status"] == "kept"
    shown = case.json("ledger", "show", "US-0001")["totals"]
    assert shown["waived"] == "60.00"
    assert shown["buckets"]["principal"] == "1000.00"


# Hardship, several debts, refunds


def test_a_hardship_plan_never_asks_for_more_than_the_form_leaves(case):
    form = ("--income", "2000.00", "--outgoings", "1850.00", "--other-plans", "50.00")
    asked = case("plan", "propose", *PLAN, *form)
    assert asked.exit_code == 1
    assert "the form leaves 100.00 USD" in asked.stderr
    row = case.json(
        "plan", "propose", "US-0001", "--amount", "100.00", "--first", "2026-03-31", *form
    )
    assert (row["kind"], len(row["instalments"])) == ("hardship", 12)
    weekly = ("plan", "propose", "US-0001", "--amount", "24.00", "--first", "2026-03-31", *form)
    assert case(*weekly, "--every", "week").exit_code == 1


def test_debts_of_two_people_are_never_under_one_plan(case):
    done = case("plan", "propose", *PLAN, "--also", "US-0002")
    assert (done.exit_code, "not one person's" in done.stderr) == (1, True)


def overpaid(here):
    pay(here, "US-0001", "1220.00", "P-1")
    return here


def test_credit_goes_back_after_a_second_person_agreed_and_only_once(case):
    overpaid(case)
    row = case.json("refund", "propose", "US-0001")
    assert (row["total"], row["status"]) == ("50.00", "pending")
    early = case("refund", "paid", row["id"], "--reference", "T-1")
    assert (early.exit_code, "second person" in early.stderr) == (1, True)
    item = approval(case)
    boss = case.by("boss")
    boss.json("desk", "take", item.id)
    boss.json("desk", "done", item.id, "--result", "approve")
    case.json("refund", "paid", row["id"], "--reference", "T-1")
    totals = case.json("ledger", "show", "US-0001")["totals"]
    assert (totals["credit"], totals["outstanding"], totals["paid"]) == ("0.00", "0.00", "1170.00")
    assert case("refund", "paid", row["id"], "--reference", "T-2").exit_code == 1
    assert case("refund", "propose", "US-0001").exit_code == 1


def test_a_refund_that_nobody_approved_in_time_lapses_though_no_case_runs(case):
    overpaid(case)
    row = case.json("refund", "propose", "US-0001")
    item = approval(case)
    case.clock.set(case.clock.now() + timedelta(hours=96))
    boss = case.by("boss")
    boss.json("desk", "take", item.id)
    done = boss("desk", "done", item.id, "--result", "approve")
    assert (done.exit_code, "nobody approved it in 96 hours" in done.stderr) == (1, True)
    assert case.json("refund", "propose", "US-0001")["total"] == "50.00"
    assert [one["status"] for one in case.json("refund", "show", row["id"])] == ["lapsed"]


def test_the_same_credit_is_never_to_be_paid_out_twice(case):
    overpaid(case)
    first = case.json("refund", "propose", "US-0001", "--amount", "30.00")
    again = case("refund", "propose", "US-0001", "--amount", "20.01")
    assert (again.exit_code, first["id"] in again.stderr) == (1, True)
    assert "20.00 USD is left of the credit of 50.00 USD" in " ".join(again.stderr.split())
    rest = case.json("refund", "propose", "US-0001")
    assert rest["total"] == "20.00"
    none = case("refund", "propose", "US-0001")
    assert (none.exit_code, first["id"] in none.stderr, rest["id"] in none.stderr) == (
        1, True, True,
    )  # fmt: skip
    case.json("refund", "cancel", first["id"])
    assert case.json("refund", "propose", "US-0001")["total"] == "30.00"


def test_nobody_approves_a_refund_of_credit_that_is_gone(case):
    overpaid(case)
    case.json("refund", "propose", "US-0001")
    take_back(case, "US-0001", "P-1", "refund", -121_000)
    item = approval(case)
    boss = case.by("boss")
    boss.json("desk", "take", item.id)
    done = boss("desk", "done", item.id, "--result", "approve")
    assert (done.exit_code, "the credit is 40.00 USD now" in " ".join(done.stderr.split())) == (
        1, True,
    )  # fmt: skip
    boss.json("desk", "done", item.id, "--result", "decline")
    assert case.json("refund", "propose", "US-0001")["total"] == "40.00"


# What is refused


REFUSED = (
    (("plan", "propose", "US-0001", "--first", "2026-03-31"), "either the number", 2),
    (("plan", "propose", "US-0001", "--instalments", "3", "--first", "2026-03-01"), "has passed", 2),
    (("plan", "propose", "US-0001", "--instalments", "3", "--first", "soon"), "is no day", 2),
    (("plan", "propose", "US-0001", "--amount", "1.005", "--first", "2026-03-31"), "2 decimals", 2),
    (("plan", "propose", *PLAN[:3], "--first", "2026-03-31", "--income", "5.00"), "needs both", 2),
    (("settle", "propose", "US-0001"), "one of --percent", 2),
    (("settle", "propose", "US-0001", "--percent", "60"), "say when the offer ends", 2),
    (("settle", "propose", "US-0001", "--percent", "160", "--until", "2026-04-10T10:00"), "between", 2),
    (("settle", "propose", "US-0001", "--amount", "1170.00", "--until", "2026-04-10T10:00"),
     "less than the", 1),
    (("settle", "propose", "US-0001", "--percent", "60", "--until", "2026-03-01T10:00"),
     "ended already", 1),
    (("settle", "propose", "US-0001", "--percent", "60", "--until", "x"), "write 2026-08-10", 2),
    (("settle", "propose", "US-0001", "--waive-interest", "500.00"), "of interest is owed", 1),
    (("refund", "propose", "US-0001"), "the credit of US-0001 is 0.00", 1),
    (("plan", "accept", "abcd1234"), "no arrangement begins", 1),
)  # fmt: skip


def test_what_cannot_be_agreed_is_refused_in_plain_words(case):
    for words, said, code in REFUSED:
        done = case(*words)
        assert said in done.stderr, words
        assert done.exit_code == code, words
    assert case.json("plan", "show", "US-0001") == []


def test_a_second_plan_waits_for_the_first_to_end_and_a_cancelled_one_rests_no_more(case):
    row = agreed(case, *PLAN)
    assert "runs" in case("plan", "propose", *PLAN).stderr
    case.json("plan", "cancel", row["id"])
    assert case.debt("US-0001").facts["payment_plan"] is None
    assert case.json("plan", "propose", *PLAN)["status"] == "approved"


def test_looking_twice_books_nothing_twice(case):
    agreed(case, *PLAN, "--reward", "20.00", "--reward-after", "1", who="boss")
    pay(case, "US-0001", "195.00", "P-1", day(3, 31))
    with case.office.store.writing() as session:
        before = len(session.exec(select(LedgerEntry)).all())
        debt = session.merge(case.debt("US-0001"))
        tick(session, case.office, debt, case.clock.now())
        assert len(session.exec(select(LedgerEntry)).all()) == before


def test_what_was_agreed_is_on_record_as_a_letter_once(case):
    row = agreed(case, *PLAN)
    assert row["letter"]["template"] == "plan_agreement"
    assert case("plan", "accept", row["id"]).exit_code == 1
    with case.office.store.reading() as session:
        kept = session.exec(select(Document).where(Document.template == "plan_agreement")).all()
    assert [page.sha256 for page in kept] == [row["letter"]["sha256"]]


def test_a_settlement_that_was_accepted_has_its_letter(case):
    row = agreed(case, *SETTLE, who="boss", kind="settle")
    assert row["letter"]["template"] == "settlement_agreement"


def test_of_two_offers_the_debtor_takes_one(case):
    first, second = (case.json("plan", "propose", *PLAN) for _ in range(2))
    for row in (first, second):
        case.json("plan", "offer", row["id"])
    case.json("plan", "accept", first["id"])
    refused = case("plan", "accept", second["id"])
    assert (refused.exit_code, "cancel it first" in refused.stderr) == (1, True)
    assert (status(case, first)["status"], status(case, second)["status"]) == ("active", "offered")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--reward", "20.00", "--reward-after", "9"), "has 6 instalments"),
        (("--reward", "5000.00"), "120.00"),
        (("--income", "10.00", "--outgoings", "20.00"), "no plan can be kept"),
    ],
)
def test_what_could_never_come_of_a_plan_is_refused(case, words, said):
    refused = case("plan", "propose", *PLAN, *words)
    assert (refused.exit_code > 0, said in refused.stderr) == (True, True)
    assert case.json("plan", "show", "US-0001") == []


def test_a_settlement_cannot_begin_in_the_past(case):
    refused = case("settle", "propose", "US-0001", "--percent", "95", "--instalments", "2", "--first", "2020-01-01")  # fmt: skip
    assert (refused.exit_code, "has passed" in refused.stderr) == (2, True)
