"""Whole lives of cases, day by day, at the exact local instants; and properties of every move."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.case import Close, Contact, Ending, Stage, Task, TaskKind, Wait
from models.contact import Channel, ContactState, Purpose
from models.facts import (
    BalanceFact,
    BlockFact,
    CaseFacts,
    CaseStatus,
    ContactFact,
    DueFact,
    NoticeFact,
    PlanFact,
    PromiseFact,
    PromiseStatus,
    ReceiptFact,
    ReceiptKind,
    StopFact,
    WorkFact,
)
from models.stop import Scope, StopKind
from models.strategy import Level, Segment
from rules.next_move import next_move, outlook
from rules.schedule import View, schedule
from rules.strategy import load_strategies

LIBRARY = load_strategies(Path(__file__).parents[2] / "packs" / "strategies")
STANDARD = LIBRARY.get("standard", 1)

US_OFF = {date(2026, 6, 19), date(2026, 7, 3), date(2026, 9, 7)}
CN_OFF = {date(2026, 4, 6), *(date(2026, 2, day) for day in range(15, 24))}
CN_WORK = {date(2026, 2, 28)}


def us_day(day):
    return day.weekday() < 5 and day not in US_OFF


def cn_day(day):
    return (day.weekday() < 5 and day not in CN_OFF) or day in CN_WORK


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text, zone):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


NY, SH = "America/New_York", "Asia/Shanghai"


def us1(**changes):
    facts = CaseFacts(
        opened_at=local("2026-06-15T09:00", NY),
        zone=NY,
        jurisdiction="US",
        balance=BalanceFact(117000, "USD"),
    )
    return replace(facts, **changes)


def cn1(**changes):
    facts = CaseFacts(
        opened_at=local("2026-03-02T09:00", SH),
        zone=SH,
        jurisdiction="CN",
        balance=BalanceFact(117000, "CNY"),
    )
    return replace(facts, **changes)


def stop(kind, entered, **more):
    return StopFact(StopKind(kind), more.pop("scope", Scope.DEBT), entered, **more)


class Life:
    """Plays a case: every contact is allowed and sent, every call is answered at once.

    ``events`` happen at their instants and change the facts; tasks stay unanswered.
    """

    def __init__(self, facts, strategy=STANDARD, calendar=us_day, events=(), *, agents=True):
        self.facts, self.strategy, self.calendar = facts, strategy, calendar
        self.events = sorted(events, key=lambda event: event[0])
        self.agents = agents
        self.now = facts.opened_at
        self.told = []
        self.under = []
        """Each contact with the stops that were in the store when it left: commits have an order."""

    def run(self, until, limit=400):
        for _ in range(limit):
            move = self.move()
            if isinstance(move, Close):
                self.tell("close", move.ending)
                return self
            match move:
                case Wait(until=wake, then=then):
                    assert wake > self.now, f"no progress: {move}"
                    if self.events and self.events[0][0] <= wake:
                        at, change = self.events.pop(0)
                        self.now = max(self.now, at)
                        self.facts = change(self.facts)
                    elif wake > until:
                        return self
                    else:
                        self.now = wake
                        if then:
                            self.contact(then)
                case Contact():
                    self.contact(move)
                case Task():
                    self.task(move)
        pytest.fail("the case never comes to rest")

    def move(self):
        return next_move(self.facts, self.strategy, self.calendar, self.now)

    def contact(self, move):
        self.tell(move.step, move.channel)
        sent = ContactFact(move.step, move.channel, ContactState.SENT, self.now, move.purpose)
        self.reach(sent)

    def reach(self, sent):
        self.under.append((sent, self.facts.stops))
        self.facts = replace(self.facts, contacts=(*self.facts.contacts, sent))

    def task(self, move):
        assert move.due > self.now
        if move.again:
            self.tell(move.step, move.again)
            self.facts = replace(
                self.facts,
                work=tuple(
                    replace(
                        item,
                        due_at=move.due,
                        reminded=item.reminded or move.again == "reminder",
                        escalated=item.escalated or move.again == "supervisor",
                    )
                    if (item.kind, item.step) == (move.task, move.step)
                    else item
                    for item in self.facts.work
                ),
            )
            return
        same = [w for w in self.facts.work if (w.kind, w.step) == (move.task, move.step)]
        assert not same, f"asked twice: {move}"
        self.tell(move.step, move.task)
        item = WorkFact(move.task, move.step, self.now, move.due)
        if self.agents and move.task in (TaskKind.CALL, TaskKind.VISIT):
            item = replace(item, closed_at=self.now, outcome="conversation")
            self.reach(ContactFact(move.step, Channel.PHONE, ContactState.SENT, self.now))
        self.facts = replace(self.facts, work=(*self.facts.work, item))

    def tell(self, what, how):
        self.told.append((self.now, str(what), str(how)))

    def story(self, zone):
        return [
            (f"{at.astimezone(ZoneInfo(zone)):%m-%d %H:%M}", what, how)
            for at, what, how in self.told
        ]


# The lives of the two fixtures


def test_silent_american_is_contacted_on_the_planned_days_and_then_a_person_is_asked():
    life = Life(us1()).run(utc("2026-12-31T00:00"))
    assert life.story(NY) == [
        ("06-15 09:00", "notice", "letter"),
        ("06-15 09:00", "notice_email", "email"),
        ("06-22 10:00", "first_email", "email"),
        ("06-29 10:00", "sms", "sms"),
        ("07-01 10:00", "phone", "call"),
        ("07-27 10:00", "settlement_letter", "letter"),
        ("08-17 10:00", "final_letter", "letter"),
        ("08-31 10:00", "legal_review", "legal_review"),
        ("09-15 18:00", "legal_review", "reminder"),
        ("09-29 18:00", "legal_review", "supervisor"),
    ]


def test_silent_chinese_debtor_is_contacted_only_after_the_notice_arrived_and_on_working_days():
    arrived = local("2026-03-07T15:00", SH)
    life = Life(
        cn1(),
        calendar=cn_day,
        events=[(arrived, lambda f: replace(f, notice=NoticeFact(reached_at=arrived)))],
    ).run(utc("2026-06-01T00:00"))
    assert life.story(SH) == [
        ("03-02 09:00", "notice", "letter"),
        ("03-16 10:00", "sms", "sms"),
        ("03-23 10:00", "phone", "call"),
        ("04-07 10:00", "plan_offer", "letter"),
        ("04-20 14:00", "visit", "visit"),
        ("05-04 10:00", "final_letter", "letter"),
        ("05-18 10:00", "legal_review", "legal_review"),
    ]
    assert life.told[1][0] == utc("2026-03-16T02:00")


def test_a_returned_notice_is_traced_and_served_again_before_anything_is_collected():
    returned = local("2026-03-08T12:00", SH)
    traced = local("2026-03-13T12:00", SH)
    arrived = local("2026-03-20T12:00", SH)

    def trace(facts):
        (item,) = facts.work
        assert (item.kind, item.step) == (TaskKind.ADDRESS_TRACE, "notice_trace")
        return replace(facts, work=(replace(item, closed_at=traced, outcome="resolved"),))

    life = Life(
        cn1(),
        calendar=cn_day,
        events=[
            (returned, lambda f: replace(f, notice=NoticeFact(returned_at=returned))),
            (traced, trace),
            (
                arrived,
                lambda f: replace(f, notice=NoticeFact(reached_at=arrived, returned_at=returned)),
            ),
        ],
    ).run(utc("2026-04-10T00:00"))
    assert life.story(SH) == [
        ("03-02 09:00", "notice", "letter"),
        ("03-08 12:00", "notice_trace", "address_trace"),
        ("03-13 12:00", "notice_again", "letter"),
        ("03-27 10:00", "sms", "sms"),
        ("04-02 10:00", "phone", "call"),
    ]


def test_a_notice_without_proof_of_arrival_is_not_waited_for_without_end():
    life = Life(cn1(), calendar=cn_day).run(utc("2026-04-30T00:00"))
    assert life.story(SH) == [
        ("03-02 09:00", "notice", "letter"),
        ("03-17 09:00", "notice_trace", "address_trace"),
        ("03-31 18:00", "notice_trace", "reminder"),
        ("04-15 18:00", "notice_trace", "supervisor"),
    ]


def test_a_notice_that_no_channel_can_carry_goes_to_people():
    nobody = cn1(reachable=frozenset())
    assert Life(nobody, calendar=cn_day).move().task is TaskKind.ADDRESS_TRACE
    refused = tuple(
        BlockFact(key, channel, "CN-ASSIGN-BY", cn1().opened_at, human=True)
        for key, channel in [
            ("notice", Channel.LETTER),
            ("notice_again", Channel.LETTER),
            ("notice_electronic", Channel.EMAIL),
        ]
    )
    assert Life(cn1(blocks=refused), calendar=cn_day).move().task is TaskKind.FACT_REVIEW
    final = tuple(replace(block, human=False) for block in refused)
    assert Life(cn1(blocks=final), calendar=cn_day).move().task is TaskKind.LEGAL_REVIEW


@pytest.mark.parametrize("strategy", ["gentle-1", "gentle-2", "notice-only-1"])
@pytest.mark.parametrize("place", ["US", "CN", "GB"])
def test_milder_strategies_come_to_an_end_without_call_visit_or_legal_review(strategy, place):
    name, _, version = strategy.rpartition("-")
    facts = us1(jurisdiction=place, notice=NoticeFact(reached_at=us1().opened_at))
    answered = utc("2027-01-15T12:00")

    def answer(facts):
        return replace(
            facts,
            work=tuple(replace(w, closed_at=answered, outcome="resolved") for w in facts.work),
        )

    life = Life(facts, LIBRARY.get(name, int(version)), events=[(answered, answer)])
    life.run(utc("2028-01-01T00:00"))
    assert life.told[-1][2] == Ending.EXHAUSTED
    assert not {how for _, _, how in life.told} & {"call", "visit", "phone", "legal_review"}


# Money


def paid(facts, at, **more):
    thanks = ReceiptFact(ReceiptKind.THANKS, "thanks_4", at)
    return replace(
        facts,
        balance=BalanceFact(0, facts.balance.currency, changed_at=at, **more),
        receipts=(thanks,),
    )


@pytest.mark.parametrize(("settled", "ending"), [(False, Ending.PAID), (True, Ending.SETTLED)])
def test_payment_in_full_is_thanked_for_confirmed_by_letter_and_closes(settled, ending):
    at = local("2026-06-24T12:00", NY)
    life = Life(us1(), events=[(at, lambda f: paid(f, at, settled=settled))])
    life.run(utc("2026-12-31T00:00"))
    assert life.story(NY)[3:] == [
        ("06-24 12:00", "thanks_4", "sms"),
        ("06-24 12:00", "paid_in_full", "letter"),
        ("06-24 12:00", "close", ending),
    ]


def test_money_that_was_taken_back_and_paid_again_is_confirmed_as_a_step_of_its_own():
    first, second = utc("2026-06-24T12:00"), utc("2026-07-20T12:00")
    sent = [
        ContactFact("paid_in_full", Channel.LETTER, ContactState.SENT, first, Purpose.RECEIPT),
        ContactFact("thanks_4", Channel.SMS, ContactState.SENT, second, Purpose.RECEIPT),
    ]
    repaid = replace(paid(us1(), second), contacts=tuple(sent))
    move = next_move(repaid, STANDARD, us_day, second)
    assert (move.step, move.template) == ("paid_in_full.2", "paid_in_full")
    told = replace(repaid, contacts=(*sent, replace(sent[0], step=move.step, at=second)))
    assert isinstance(next_move(told, STANDARD, us_day, second), Close)


def test_a_receipt_that_cannot_be_sent_keeps_no_case_open():
    at = utc("2026-06-24T12:00")
    unreachable = paid(us1(reachable=frozenset()), at)
    assert isinstance(next_move(unreachable, STANDARD, us_day, at), Close)
    blocked = replace(
        paid(us1(), at),
        blocks=tuple(
            BlockFact(key, channel, "US-FED-HOURS", at)
            for key in ("thanks_4", "paid_in_full")
            for channel in Channel
        ),
    )
    assert isinstance(next_move(blocked, STANDARD, us_day, at), Close)
    late = next_move(paid(us1(), at), STANDARD, us_day, at + timedelta(days=5))
    assert isinstance(late, Close)


def test_money_on_its_way_into_the_books_stops_everything_else():
    facts = us1(pending_payments=1)
    move = next_move(facts, STANDARD, us_day, facts.opened_at)
    assert (move.why, move.until > facts.opened_at) == ("payment_pending", True)


def test_a_part_payment_moves_no_step():
    at = local("2026-06-24T12:00", NY)
    less = Life(us1(), events=[(at, lambda f: replace(f, balance=BalanceFact(50000, "USD")))])
    full = Life(us1())
    until = utc("2026-12-31T00:00")
    assert less.run(until).told == full.run(until).told


def test_nobody_is_reminded_of_less_than_the_minimum():
    at = local("2026-06-24T12:00", NY)
    life = Life(
        us1(),
        events=[(at, lambda f: replace(f, balance=BalanceFact(1, "USD", below_minimum=True)))],
    ).run(utc("2027-06-01T00:00"))
    assert {how for _, _, how in life.told[3:]} == {"payment_review", "reminder", "supervisor"}


# Promises


def promised(facts, at, due_on, **more):
    return replace(facts, promises=(PromiseFact(30000, at, due_on, 5, **more),))


def test_a_broken_promise_gets_one_polite_message_and_then_the_right_step():
    at = local("2026-07-02T12:00", NY)
    life = Life(us1(), events=[(at, lambda f: promised(f, at, date(2026, 7, 10)))])
    life.run(utc("2026-09-15T00:00"))
    assert life.story(NY)[5:] == [
        ("07-16 10:00", "broken_promise_1", "sms"),
        ("08-10 10:00", "settlement_letter", "letter"),
        ("08-31 10:00", "final_letter", "letter"),
        ("09-14 10:00", "legal_review", "legal_review"),
    ]


def test_under_a_promise_the_case_says_so_and_rests_to_the_end_of_grace():
    at = local("2026-06-24T12:00", NY)
    life = Life(us1()).run(at)
    facts = promised(life.facts, at, date(2026, 6, 30))
    view = outlook(facts, STANDARD, us_day, at)
    assert (view.stage, view.move.until) == (Stage.PROMISED, local("2026-07-06T00:00", NY))
    assert view.move.text == "Payment promised for Tue 30 Jun, with grace to Sun 5 Jul"


def test_a_kept_promise_brings_no_message():
    at = local("2026-07-02T12:00", NY)
    kept = local("2026-07-09T12:00", NY)
    life = Life(
        us1(),
        events=[
            (
                at,
                lambda f: promised(
                    f, at, date(2026, 7, 10), status=PromiseStatus.KEPT, decided_at=kept
                ),
            )
        ],
    ).run(utc("2026-08-05T00:00"))
    assert life.story(NY)[5:] == [("08-04 10:00", "settlement_letter", "letter")]


@pytest.mark.parametrize("waited", [0, 6])
def test_nothing_is_sent_on_the_day_on_which_a_promise_was_kept(waited):
    """Neither what was due that day, nor what had long been due when the promise was made."""
    life = Life(us1()).run(local("2026-06-29T09:00", NY))
    due = life.move()
    assert due.then.purpose is Purpose.COLLECTION
    made = due.until - timedelta(minutes=30) + timedelta(days=waited)
    for kept, status in (
        (made + timedelta(minutes=5), PromiseStatus.KEPT),
        (made + timedelta(days=3), PromiseStatus.KEPT),
        (made + timedelta(days=40), PromiseStatus.KEPT),
    ):
        promise = PromiseFact(100, made, date(2026, 7, 20), 5, status, kept)
        facts = replace(life.facts, promises=(promise,))
        there = kept.astimezone(ZoneInfo(NY))
        midnight = local(f"{there.date() + timedelta(days=1)}T00:00", NY)
        for hour in range(there.hour + 1, 24):
            now = there.replace(hour=hour).astimezone(UTC)
            move = next_move(facts, STANDARD, us_day, now)
            assert (move.until, move.text) == (midnight, "A promise was kept today")
        after = next_move(facts, STANDARD, us_day, midnight)
        assert after.until > midnight if isinstance(after, Wait) else after.step == due.then.step


def test_a_promise_that_was_kept_late_holds_up_no_more_days_than_its_grace_and_that_one():
    made, kept = local("2026-07-02T12:00", NY), local("2026-07-28T12:00", NY)
    late = PromiseFact(100, made, date(2026, 7, 10), 5, PromiseStatus.KEPT, kept)
    assert View(us1(promises=(late,)), STANDARD, us_day, kept).pauses == (
        (date(2026, 7, 2), date(2026, 7, 16)),
        (date(2026, 7, 28), date(2026, 7, 29)),
    )


def test_nothing_is_sent_on_the_day_on_which_a_plan_ended():
    life = Life(us1()).run(local("2026-06-29T09:00", NY))
    due = life.move().until
    over = local("2026-07-08T00:00", NY)
    plan = PlanFact("p", due - timedelta(days=30), False, (), ended_at=over)
    at = over - timedelta(hours=9)
    move = next_move(replace(life.facts, plans=(plan,)), STANDARD, us_day, at)
    assert (move.until, move.text) == (over, "A plan ended today")


def test_beyond_the_limit_broken_promises_are_only_recorded():
    at = local("2026-06-16T12:00", NY)
    rows = tuple(PromiseFact(100, at, date(2026, 6, 17), 0, PromiseStatus.BROKEN) for _ in range(3))
    life = Life(us1(promises=rows)).run(utc("2026-06-27T00:00"))
    assert [what for _, what, _ in life.told if what.startswith("broken")] == [
        "broken_promise_1",
        "broken_promise_2",
    ]


# Stops


@pytest.mark.parametrize(
    ("kind", "task"),
    [
        ("dispute", TaskKind.VERIFICATION),
        ("original_creditor_request", TaskKind.VERIFICATION),
        ("cease", TaskKind.CEASE_REVIEW),
        ("reply_review", TaskKind.REPLY_REVIEW),
        ("attorney", TaskKind.ATTORNEY_REVIEW),
        ("bankruptcy", TaskKind.CLAIM_FILING),
        ("moratorium", TaskKind.FACT_REVIEW),
        ("deceased", TaskKind.ESTATE_REVIEW),
        ("minor", TaskKind.GUARDIAN_REVIEW),
        ("identity_theft", TaskKind.IDENTITY_REVIEW),
        ("wrong_party", TaskKind.PARTY_REVIEW),
        ("vulnerability", TaskKind.VULNERABILITY_REVIEW),
        ("relocation", TaskKind.RELOCATION_REVIEW),
        ("unverified_payment", TaskKind.PAYMENT_REVIEW),
        ("competing_assignment", TaskKind.OWNERSHIP_REVIEW),
        ("legal_review", TaskKind.LEGAL_REVIEW),
    ],
)
def test_each_stop_has_its_own_people_and_waits_under_its_own_name(kind, task):
    at = local("2026-06-20T12:00", NY)
    facts = us1(credit_reported=False)
    life = Life(facts, events=[(at, lambda f: replace(f, stops=(stop(kind, at),)))])
    life.run(at + timedelta(hours=1))
    assert life.told[-1][1:] == (f"{kind}_20260620", task)
    view = outlook(life.facts, STANDARD, us_day, at)
    assert (view.move.why, view.stage, view.hold) == (kind, Stage.PAUSED, StopKind(kind))


@pytest.mark.parametrize("kind", ["hold", "kill_switch"])
def test_a_hold_needs_nobody_and_ends_at_its_date(kind):
    at, until = local("2026-06-20T12:00", NY), local("2026-07-10T12:00", NY)
    life = Life(us1(), events=[(at, lambda f: replace(f, stops=(stop(kind, at, until=until),)))])
    assert life.run(utc("2026-07-21T00:00")).story(NY)[2:] == [
        ("07-13 10:00", "first_email", "email"),
        ("07-20 10:00", "sms", "sms"),
    ]


def test_a_dispute_moves_all_later_steps_by_its_days_and_brings_no_burst():
    at, verified = local("2026-07-14T16:00", NY), local("2026-07-30T09:00", NY)

    def release(facts):
        (task,) = (w for w in facts.work if w.kind is TaskKind.VERIFICATION)
        done = replace(task, closed_at=verified, outcome="verified")
        return replace(
            facts,
            stops=(replace(facts.stops[0], ended_at=verified),),
            work=tuple(done if w is task else w for w in facts.work),
        )

    life = Life(
        us1(),
        events=[(at, lambda f: replace(f, stops=(stop("dispute", at),))), (verified, release)],
    ).run(utc("2026-09-20T00:00"))
    assert life.story(NY)[5:] == [
        ("07-14 16:00", "dispute_20260714", "verification"),
        ("07-28 18:00", "dispute_20260714", "reminder"),
        ("08-12 10:00", "settlement_letter", "letter"),
        ("09-02 10:00", "final_letter", "letter"),
        ("09-16 10:00", "legal_review", "legal_review"),
    ]


def test_a_dispute_is_confirmed_although_it_stops_everything_else():
    at = local("2026-06-20T12:00", NY)
    owed = ReceiptFact(ReceiptKind.DISPUTE_RECEIPT, "dispute_receipt_1", at)
    disputed = stop("dispute", at, permits=frozenset({Purpose.DISPUTE_RECEIPT}))
    facts = Life(us1()).run(at).facts
    facts = replace(facts, stops=(disputed,), receipts=(owed,))
    move = next_move(facts, STANDARD, us_day, at)
    assert (move.step, move.purpose) == ("dispute_receipt_1", Purpose.DISPUTE_RECEIPT)
    silent = replace(facts, stops=(replace(disputed, permits=frozenset()),))
    assert isinstance(next_move(silent, STANDARD, us_day, at), Task)


def test_a_seller_who_stays_silent_is_asked_again_and_nothing_is_decided_for_people():
    at = local("2026-06-20T12:00", NY)
    life = Life(us1(), events=[(at, lambda f: replace(f, stops=(stop("dispute", at),)))])
    life.run(utc("2028-01-01T00:00"), limit=1000)
    told = [how for _, _, how in life.told[2:]]
    assert told[:3] == ["verification", "reminder", "supervisor"]
    assert told[3:] == ["putback_review", "reminder", "supervisor"]


def test_giving_a_debt_back_is_proposed_before_the_seller_need_not_take_it_any_more():
    at = local("2026-06-20T12:00", NY)
    facts = us1(recourse_until=date(2026, 7, 10))
    life = Life(facts, events=[(at, lambda f: replace(f, stops=(stop("dispute", at),)))])
    life.run(utc("2026-06-28T00:00"))
    assert life.told[-1] == (
        local("2026-06-26T00:00", NY), "dispute_20260620", TaskKind.PUTBACK_REVIEW
    )  # fmt: skip


@pytest.mark.parametrize(
    ("reported", "proven", "tasks"),
    [
        (True, True, ["identity_review", "credit_review", "putback_review"]),
        (None, False, ["identity_review", "credit_review"]),
        (False, True, ["identity_review", "putback_review"]),
    ],
)
def test_stolen_identity_leaves_the_credit_register_and_with_papers_goes_back(
    reported, proven, tasks
):
    at = local("2026-06-20T12:00", NY)
    theft = stop("identity_theft", at, proven=proven)
    life = Life(us1(credit_reported=reported), events=[(at, lambda f: replace(f, stops=(theft,)))])
    life.run(at + timedelta(hours=1))
    assert [how for _, _, how in life.told[2:]] == tasks


def test_a_claim_in_an_insolvency_is_due_by_the_court_s_day():
    at = local("2026-06-20T12:00", NY)
    case = stop("bankruptcy", at, deadline=date(2026, 6, 25))
    task = next_move(us1(stops=(case,)), STANDARD, us_day, at)
    assert (task.task, task.due) == (TaskKind.CLAIM_FILING, local("2026-06-25T18:00", NY))


def test_after_a_pause_for_hardship_comes_what_is_affordable_and_nothing_else():
    at, ended = local("2026-06-20T12:00", NY), local("2026-08-20T12:00", NY)
    paused = replace(stop("vulnerability", at), ended_at=ended)
    facts = Life(us1()).run(at).facts
    move = next_move(replace(facts, stops=(paused,)), STANDARD, us_day, ended)
    assert (move.task, move.step) == (TaskKind.AFFORDABILITY_REVIEW, "affordability_20260820")
    done = WorkFact(
        move.task,
        move.step,
        ended,
        move.due,
        closed_at=ended + timedelta(days=1),
        outcome="resolved",
    )
    later = next_move(
        replace(facts, stops=(paused,), work=(done,)), STANDARD, us_day, ended + timedelta(days=2)
    )
    assert getattr(later, "task", None) is not TaskKind.AFFORDABILITY_REVIEW


def test_after_a_move_abroad_the_notice_is_served_anew_and_no_step_is_repeated():
    at, moved = local("2026-07-01T12:00", NY), local("2026-07-10T10:00", NY)
    before = Life(us1()).run(at).facts
    abroad = replace(before, law_since=moved, jurisdiction="EU-DE", zone="Europe/Berlin")
    done = {contact.step for contact in abroad.contacts}
    life = Life(abroad)
    life.now = moved
    life.run(utc("2026-12-01T00:00"))
    new = [contact.step for contact in life.facts.contacts[len(before.contacts) :]]
    assert new[0] == "notice.eu-de"
    assert not done & set(new)


def test_a_payment_on_a_time_barred_debt_is_put_before_a_lawyer_once():
    at = local("2026-06-20T12:00", NY)
    facts = Life(us1()).run(at).facts
    facts = replace(facts, barred_payments=("barred_payment_4",))
    move = next_move(facts, STANDARD, us_day, at)
    assert (move.task, move.step) == (TaskKind.LEGAL_REVIEW, "barred_payment_4")
    asked = WorkFact(move.task, move.step, at, move.due)
    later = next_move(replace(facts, work=(asked,)), STANDARD, us_day, at + timedelta(minutes=1))
    assert isinstance(later, (Wait, Contact))


def test_a_stop_that_was_reviewed_and_stands_is_reviewed_again_after_a_month():
    at = local("2026-06-20T12:00", NY)
    item = WorkFact(
        TaskKind.ATTORNEY_REVIEW,
        "attorney_20260620",
        at,
        at + timedelta(days=9),
        closed_at=at + timedelta(days=1),
        outcome="noted",
    )
    facts = us1(stops=(stop("attorney", at),), work=(item,))
    wait = next_move(facts, STANDARD, us_day, at + timedelta(days=2))
    assert wait.until == at + timedelta(days=31)
    again = next_move(facts, STANDARD, us_day, wait.until)
    assert (again.task, again.step) == (TaskKind.ATTORNEY_REVIEW, "attorney_20260620.2")


def test_a_move_within_the_country_is_looked_at_and_pauses_nothing():
    at = local("2026-06-29T09:00", NY)
    moved = stop("relocation", at, permits=frozenset({Purpose.COLLECTION}))
    life = Life(us1(), events=[(at, lambda f: replace(f, stops=(moved,)))])
    life.run(local("2026-06-29T12:00", NY))
    assert [row[1:] for row in life.story(NY)[3:]] == [
        ("relocation_20260629", "relocation_review"),
        ("sms", "sms"),
    ]


def test_a_stop_written_by_a_clock_that_runs_ahead_stops_at_once():
    at = local("2026-06-29T10:00", NY)
    facts = Life(us1()).run(at - timedelta(hours=1)).facts
    facts = replace(facts, stops=(stop("dispute", at + timedelta(seconds=2)),))
    assert next_move(facts, STANDARD, us_day, at).task is TaskKind.VERIFICATION


def test_the_end_of_a_stop_written_by_a_clock_that_runs_ahead_counts_at_once():
    at = local("2026-06-29T10:00", NY)
    facts = Life(us1()).run(at - timedelta(hours=1)).facts
    ended = stop("dispute", at - timedelta(hours=1), ended_at=at + timedelta(minutes=10))
    facts = replace(facts, stops=(ended,))
    assert next_move(facts, STANDARD, us_day, at).step == "sms"
    block = BlockFact("sms", Channel.SMS, "RULE", at)
    mail = replace(block, channel=Channel.EMAIL)
    skipped = next_move(replace(facts, blocks=(block, mail)), STANDARD, us_day, at)
    assert skipped.until > at


def test_an_open_question_about_a_fact_is_no_answer_to_another():
    at = local("2026-06-29T10:00", NY)
    told = WorkFact(TaskKind.FACT_REVIEW, "sms", at, at + timedelta(days=7))
    facts = replace(
        Life(us1()).run(at - timedelta(hours=1)).facts,
        work=(told,),
        stops=(stop("moratorium", at),),
    )
    assert next_move(facts, STANDARD, us_day, at).step == "moratorium_20260629"


def test_bankruptcy_looks_at_co_debtors_apart():
    at = utc("2026-06-20T16:00")
    life = Life(
        us1(co_debtors=1), events=[(at, lambda f: replace(f, stops=(stop("bankruptcy", at),)))]
    )
    life.run(at + timedelta(hours=1))
    assert [how for _, _, how in life.told][-2:] == ["claim_filing", "co_debtor_review"]


def test_after_a_cease_only_an_approved_final_notice_and_then_legal_review():
    at = local("2026-07-03T12:00", NY)
    decided = local("2026-07-06T12:00", NY)

    def approve(facts):
        item = facts.work[-1]
        return replace(
            facts,
            work=(*facts.work[:-1], replace(item, closed_at=decided, outcome="final_notice")),
        )

    life = Life(
        us1(),
        events=[(at, lambda f: replace(f, stops=(stop("cease", at),))), (decided, approve)],
    ).run(utc("2026-07-08T00:00"))
    assert [row[1:] for row in life.story(NY)[5:]] == [
        ("cease_20260703", "cease_review"),
        ("termination_notice", "letter"),
        ("cease_20260703", "legal_review"),
    ]


def test_an_opt_out_of_one_channel_uses_the_next_or_leaves_the_step_out():
    closed = stop("opt_out", us1().opened_at, scope=Scope.CHANNEL, channel=Channel.SMS)
    life = Life(us1(stops=(closed,))).run(utc("2026-06-30T00:00"))
    assert life.told[-1][1:] == ("sms", "email")
    mail = replace(closed, channel=Channel.EMAIL)
    life = Life(us1(stops=(closed, mail))).run(utc("2026-07-02T00:00"))
    assert [what for _, what, _ in life.told] == ["notice", "phone"]
    plan = {step.key: step for step in schedule(life.facts, STANDARD, us_day, life.now)}
    assert (plan["sms"].state, plan["sms"].why) == ("skipped", "opt_out")


def test_an_opt_out_of_a_single_number_leaves_the_channel_open():
    closed = stop("opt_out", us1().opened_at, scope=Scope.CONTACT_POINT, channel=Channel.SMS)
    life = Life(us1(stops=(closed,))).run(utc("2026-06-30T00:00"))
    assert life.told[-1][1:] == ("sms", "sms")


def test_an_opt_out_is_confirmed_on_the_channel_it_closed():
    at = local("2026-06-30T12:00", NY)
    owed = ReceiptFact(ReceiptKind.OPTOUT_CONFIRMATION, "optout_1", at, Channel.SMS)
    closed = stop("opt_out", at, scope=Scope.CHANNEL, channel=Channel.SMS)
    facts = replace(Life(us1()).run(at).facts, stops=(closed,), receipts=(owed,))
    move = next_move(facts, STANDARD, us_day, at)
    assert (move.channel, move.purpose) == (Channel.SMS, Purpose.OPTOUT_CONFIRMATION)


def test_a_confirmation_that_the_law_forbids_is_let_go():
    at = local("2026-06-30T12:00", NY)
    owed = ReceiptFact(ReceiptKind.OPTOUT_CONFIRMATION, "optout_1", at, Channel.SMS)
    closed = stop("opt_out", at, scope=Scope.CHANNEL, channel=Channel.SMS)
    block = BlockFact("optout_1", Channel.SMS, "US-FED-MEDIA", at)
    facts = replace(Life(us1()).run(at).facts, stops=(closed,), receipts=(owed,), blocks=(block,))
    move = next_move(facts, STANDARD, us_day, at)
    assert not isinstance(move, Contact) or move.step != "optout_1"


def test_a_switched_off_channel_is_waited_for_not_skipped():
    at = local("2026-06-29T09:00", NY)
    off = stop("kill_switch", at, scope=Scope.CHANNEL, channel=Channel.LETTER)
    facts = replace(
        Life(us1()).run(at).facts,
        stops=(off,),
        reachable=frozenset({Channel.LETTER}),
    )
    wait = next_move(facts, STANDARD, us_day, local("2026-07-27T11:00", NY))
    assert (wait.why, wait.until) == ("kill_switch", local("2026-07-28T11:00", NY))


def test_a_way_without_connector_is_skipped_with_its_reason_and_never_tried():
    life = Life(us1(unserved=frozenset({Channel.EMAIL})))
    life.run(local("2026-08-20T09:00", NY))
    story = [row[1:] for row in life.story(NY)]
    assert not [row for row in story if "email" in row]
    assert ("sms", "sms") in story
    planned = schedule(life.facts, STANDARD, us_day, life.facts.opened_at)
    assert ("first_email", "skipped", "no_connector") in [
        (step.key, step.state, step.why) for step in planned
    ]


def test_a_recall_hands_over_politely_and_ends():
    at = local("2026-06-29T09:59", NY)
    life = Life(us1(), events=[(at, lambda f: replace(f, stops=(stop("recall", at),)))])
    life.run(utc("2026-12-31T00:00"))
    assert [row[1:] for row in life.story(NY)[3:]] == [
        ("handover_notice", "letter"),
        ("close", "recalled"),
    ]
    unknown = us1(stops=(stop("recall", us1().opened_at, reason="seller"),))
    move = next_move(unknown, STANDARD, us_day, unknown.opened_at)
    assert move == Close(ending=Ending.RECALLED, reason="seller")


@pytest.mark.parametrize(
    ("reason", "ending"), [("operator", Ending.CLOSED), ("putback", Ending.RECALLED)]
)
def test_an_order_to_close_ends_the_case_with_its_reason(reason, ending):
    facts = us1(stops=(stop("close_order", us1().opened_at, reason=reason),))
    assert next_move(facts, STANDARD, us_day, facts.opened_at) == Close(
        ending=ending, reason=reason
    )


# People


def test_legal_review_escalates_or_returns_and_is_always_a_persons_answer():
    life = Life(us1()).run(utc("2026-09-01T00:00"))
    item = life.facts.work[-1]
    assert item.kind is TaskKind.LEGAL_REVIEW
    at = utc("2026-09-02T12:00")
    for outcome, ending in [("escalate", Ending.ESCALATED), ("return", Ending.EXHAUSTED)]:
        answered = replace(item, closed_at=at, outcome=outcome)
        facts = replace(life.facts, work=(*life.facts.work[:-1], answered))
        end = Life(facts)
        end.now = at
        end.run(utc("2027-01-01T00:00"))
        assert end.told == [
            (at if outcome == "escalate" else at + timedelta(days=30), "close", ending)
        ]


def test_a_call_that_reached_nobody_is_tried_again_as_often_as_planned():
    life = Life(us1(), agents=False).run(local("2026-07-01T11:00", NY))
    for n, name in [(1, "phone"), (2, "phone.2"), (3, "phone.3")]:
        item = life.facts.work[-1]
        assert item.step == name
        tried = replace(item, closed_at=life.now + timedelta(hours=1), outcome="no_answer")
        life.facts = replace(life.facts, work=(*life.facts.work[:-1], tried))
        life.run(life.now + timedelta(days=5))
        assert len(life.facts.work) == min(n + 1, 3)
    assert [row[0] for row in life.story(NY) if row[2] == "call"] == [
        "07-01 10:00",
        "07-06 10:00",
        "07-08 10:00",
    ]


def test_a_call_nobody_makes_goes_to_the_supervisor_and_then_lapses():
    life = Life(us1(), agents=False).run(utc("2026-07-28T00:00"))
    assert life.story(NY)[4:] == [
        ("07-01 10:00", "phone", "call"),
        ("07-07 18:00", "phone", "supervisor"),
        ("07-27 10:00", "settlement_letter", "letter"),
    ]


def test_while_a_callback_is_agreed_nothing_else_is_sent():
    at = local("2026-06-28T12:00", NY)
    callback = WorkFact(TaskKind.CALL, "callback_1", at, local("2026-06-30T15:30", NY))
    facts = replace(Life(us1()).run(at).facts, work=(callback,))
    wait = next_move(facts, STANDARD, us_day, local("2026-06-29T10:00", NY))
    assert (wait.why, wait.until) == ("agent", callback.due_at)


def test_a_reopened_case_holds_until_a_person_confirms():
    facts = us1(status=CaseStatus.REOPENING)
    move = next_move(facts, STANDARD, us_day, facts.opened_at)
    assert (move.task, move.step) == (TaskKind.REOPEN_REVIEW, "reopen")
    again = replace(facts, balance=BalanceFact(0, "USD"))
    assert next_move(again, STANDARD, us_day, facts.opened_at).reason == "paid_again"


def test_a_case_that_is_not_ready_contacts_nobody():
    life = Life(us1(gaps=("title_gap", "zone_unknown"))).run(utc("2026-06-16T00:00"))
    assert life.told[0][1:] == ("readiness", "readiness")
    wait = life.move()
    assert wait.text == "Not ready: title_gap, zone_unknown"
    assert outlook(life.facts, STANDARD, us_day, life.now).stage is Stage.PERSON


# The legal check and the provider


def test_a_blocked_channel_gives_way_to_the_next_and_a_person_is_told_once():
    at = local("2026-06-29T10:00", NY)
    base = Life(us1()).run(at - timedelta(hours=1)).facts
    sms = BlockFact("sms", Channel.SMS, "US-FED-CONSENT", at, human=True)
    move = next_move(replace(base, blocks=(sms,)), STANDARD, us_day, at)
    assert (move.step, move.channel) == ("sms", Channel.EMAIL)
    both = replace(base, blocks=(sms, replace(sms, channel=Channel.EMAIL)))
    task = next_move(both, STANDARD, us_day, at)
    assert (task.task, task.step) == (TaskKind.FACT_REVIEW, "sms")
    told = WorkFact(TaskKind.FACT_REVIEW, "sms", at, task.due)
    wait = next_move(replace(both, work=(told,)), STANDARD, us_day, at)
    assert (wait.why, wait.until) == ("step_due", local("2026-07-01T10:00", NY))
    mended = replace(told, closed_at=at + timedelta(minutes=5), outcome="resolved")
    move = next_move(replace(both, work=(mended,)), STANDARD, us_day, at + timedelta(minutes=5))
    assert (move.step, move.channel) == ("sms", Channel.SMS)


def test_a_block_is_forgotten_when_the_stop_it_came_from_has_ended():
    at = local("2026-06-29T10:00", NY)
    ended = at + timedelta(hours=2)
    facts = replace(
        Life(us1()).run(at - timedelta(hours=1)).facts,
        blocks=tuple(BlockFact("sms", channel, "US-FED-DISPUTE", at) for channel in Channel),
        stops=(stop("dispute", at - timedelta(minutes=1), ended_at=ended),),
    )
    assert next_move(facts, STANDARD, us_day, ended).step == "sms"


def test_a_provider_that_took_nothing_is_asked_again_ever_more_patiently():
    at = local("2026-06-29T10:00", NY)
    facts = Life(us1()).run(at - timedelta(hours=1)).facts
    pauses = []
    now = at
    for _ in range(6):
        failed = ContactFact("sms", Channel.SMS, ContactState.NOT_SENT, now)
        facts = replace(facts, contacts=(*facts.contacts, failed))
        wait = next_move(facts, STANDARD, us_day, now)
        assert (wait.why, wait.then.step) == ("provider_unavailable", "sms")
        pauses.append((wait.until - now).total_seconds() / 60)
        now = wait.until
    assert pauses == [15, 30, 60, 120, 120, 120]
    later = ContactFact("sms", Channel.SMS, ContactState.NOT_SENT, at + timedelta(days=7))
    facts = replace(facts, contacts=(*facts.contacts, later))
    assert next_move(facts, STANDARD, us_day, later.at).channel is Channel.EMAIL


@pytest.mark.parametrize("ahead", [timedelta(seconds=5), timedelta(hours=1)])
def test_an_answer_that_nobody_took_is_waited_with_though_its_cause_bears_a_later_time(ahead):
    """The gateway's clock is ahead of the engine's: STOP came in at what is still to come."""
    at = local("2026-06-29T10:00", NY)
    owed = ReceiptFact(ReceiptKind.OPTOUT_CONFIRMATION, "optout_1", at + ahead, Channel.SMS)
    closed = stop("opt_out", at + ahead, scope=Scope.CHANNEL, channel=Channel.SMS)
    facts = replace(Life(us1()).run(at).facts, receipts=(owed,), stops=(closed,))
    assert next_move(facts, STANDARD, us_day, at).step == "optout_1"
    failed = ContactFact("optout_1", Channel.SMS, ContactState.NOT_SENT, at)
    facts = replace(facts, contacts=(*facts.contacts, failed))
    wait = next_move(facts, STANDARD, us_day, at)
    assert (wait.why, wait.until) == ("provider_unavailable", at + timedelta(minutes=15))
    assert next_move(facts, STANDARD, us_day, wait.until).step == "optout_1"


@pytest.mark.parametrize("state", [ContactState.RESERVED, ContactState.RELEASED])
def test_a_try_that_was_never_sent_does_not_make_a_step_done(state):
    at = local("2026-06-29T10:00", NY)
    facts = Life(us1()).run(at - timedelta(hours=1)).facts
    tried = ContactFact("sms", Channel.SMS, state, at)
    move = next_move(replace(facts, contacts=(*facts.contacts, tried)), STANDARD, us_day, at)
    assert move.step == "sms"


@pytest.mark.parametrize("state", [ContactState.SENDING, ContactState.UNKNOWN])
def test_doubt_counts_as_sent(state):
    at = local("2026-06-29T10:00", NY)
    facts = Life(us1()).run(at - timedelta(hours=1)).facts
    tried = ContactFact("sms", Channel.SMS, state, at)
    move = next_move(replace(facts, contacts=(*facts.contacts, tried)), STANDARD, us_day, at)
    assert "Call" in move.text


def test_after_a_long_outage_steps_follow_each_other_with_a_gap_of_days():
    late = local("2026-08-03T14:00", NY)
    life = Life(us1())
    life.facts = replace(
        life.facts,
        contacts=tuple(
            ContactFact(key, channel, ContactState.SENT, us1().opened_at, purpose)
            for key, channel, purpose in [
                ("notice", Channel.LETTER, Purpose.VALIDATION),
                ("notice_email", Channel.EMAIL, Purpose.ASSIGNMENT_NOTICE),
            ]
        ),
    )
    life.now = late
    life.run(utc("2026-08-20T00:00"))
    assert life.story(NY) == [
        ("08-03 14:00", "first_email", "email"),
        ("08-05 10:00", "sms", "sms"),
        ("08-07 10:00", "phone", "call"),
        ("08-10 10:00", "settlement_letter", "letter"),
        ("08-17 10:00", "final_letter", "letter"),
    ]


# Clocks and calendars


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        ("2027-02-27T09:00", "2027-03-13T15:00"),
        ("2027-02-28T09:00", "2027-03-14T14:00"),
        ("2027-10-24T09:00", "2027-11-07T15:00"),
    ],
)
def test_ten_oclock_stays_ten_oclock_when_the_clocks_change(opened, due):
    at = local(opened, NY)
    facts = Life(us1(opened_at=at), calendar=lambda _: True).run(at + timedelta(days=8)).facts
    wait = next_move(facts, STANDARD, lambda _: True, at + timedelta(days=8))
    assert (wait.then.step, wait.until) == ("sms", utc(due))


def test_a_day_that_begins_at_one_oclock_ends_grace_without_a_crash():
    zone = "Africa/Cairo"
    facts = us1(zone=zone, notice=NoticeFact(required=False))
    facts = promised(facts, facts.opened_at, date(2027, 4, 24))
    wait = next_move(facts, STANDARD, us_day, facts.opened_at)
    assert wait.until == utc("2027-04-29T22:00")


@pytest.mark.parametrize(
    ("opened", "due"),
    [("2026-02-02T09:00", "2026-02-24T02:00"), ("2026-02-14T09:00", "2026-02-28T02:00")],
)
def test_steps_roll_over_spring_festival_and_a_make_up_saturday_is_a_working_day(opened, due):
    at = local(opened, SH)
    facts = Life(cn1(opened_at=at, notice=NoticeFact(reached_at=at)), calendar=cn_day).facts
    wait = next_move(facts, STANDARD, cn_day, at)
    assert (wait.then.step, wait.until) == ("sms", utc(due))
    assert wait.text.endswith("10:00 in Asia/Shanghai")


def test_conditions_leave_a_step_to_those_it_is_for():
    facts = cn1(notice=NoticeFact(reached_at=cn1().opened_at))
    plans = {
        level: {
            s.key: s.why
            for s in schedule(facts_of(facts, level), STANDARD, cn_day, facts.opened_at)
        }
        for level in (Level.LOW, Level.HIGH)
    }
    assert (plans[Level.LOW]["visit"], plans[Level.HIGH]["visit"]) == ("", "condition")
    soft = replace(facts, segment=Segment(willingness=Level.LOW, vulnerable=True))
    plan = {s.key: s.why for s in schedule(soft, STANDARD, cn_day, facts.opened_at)}
    assert (plan["visit"], plan["legal_review"], plan["human_review"]) == (
        "condition",
        "condition",
        "",
    )


def facts_of(facts, level):
    return replace(facts, segment=Segment(willingness=level))


# Properties


@dataclass(frozen=True)
class Happening:
    day: float
    kind: str
    length: float

    def begins(self, opened):
        return opened + timedelta(days=self.day)

    def ends(self, opened):
        return self.begins(opened) + timedelta(days=self.length)


happenings = st.lists(
    st.builds(
        Happening,
        day=st.floats(0.01, 90),
        kind=st.sampled_from(
            ["hold", "kill_switch", "dispute", "attorney", "opt_out", "promise", "reached"]
        ),
        length=st.floats(0.01, 40),
    ),
    max_size=5,
)


def befall(facts, what, opened):
    at = what.begins(opened)
    match what.kind:
        case "promise":
            due = what.ends(opened).date()
            made = PromiseFact(100, at, due, 3)
            return replace(facts, promises=(*facts.promises, made))
        case "reached":
            return replace(facts, notice=NoticeFact(reached_at=at))
        case "opt_out":
            new = stop("opt_out", at, scope=Scope.CHANNEL, channel=Channel.SMS)
        case "hold" | "kill_switch":
            new = stop(what.kind, at, until=what.ends(opened))
        case _:
            new = stop(what.kind, at)
    return replace(facts, stops=(*facts.stops, new))


def pass_over(facts, what, opened):
    """End what does not end by itself."""
    at = what.begins(opened)
    return replace(
        facts,
        stops=tuple(
            replace(held, ended_at=what.ends(opened))
            if (held.kind, held.entered_at, held.ended_at) == (what.kind, at, None)
            and held.until is None
            else held
            for held in facts.stops
        ),
    )


@settings(max_examples=60, deadline=None)
@given(happenings, st.sampled_from(["us", "cn"]), st.booleans())
def test_whatever_happens_no_step_comes_twice_none_under_a_stop_and_the_case_moves_on(
    events, place, agents
):
    facts = us1() if place == "us" else cn1()
    opened = facts.opened_at
    life = Life(
        facts,
        calendar=us_day if place == "us" else cn_day,
        events=[
            (at, lambda f, what=what, act=act: act(f, what, opened))
            for what in events
            for at, act in [(what.begins(opened), befall), (what.ends(opened), pass_over)]
        ],
        agents=agents,
    )
    life.run(opened + timedelta(days=300), limit=600)
    contacts = life.facts.contacts
    keys = [contact.step for contact in contacts]
    assert len(keys) == len(set(keys))
    for contact, stops in life.under:
        for held in stops:
            end = min(filter(None, (held.ended_at, held.until)), default=None)
            over = held.channel is not None or held.ended_at is not None
            assert over or (end is not None and end <= contact.at)
    zone = ZoneInfo(facts.zone)
    days = [
        contact.at.astimezone(zone).date()
        for contact in contacts
        if contact.purpose is Purpose.COLLECTION and not contact.step.startswith("broken")
    ]
    assert all(later - earlier >= timedelta(days=1) for earlier, later in pairwise(days))


@settings(max_examples=60, deadline=None)
@given(happenings, st.floats(0, 200))
def test_the_same_facts_at_the_same_instant_give_the_same_move(events, day):
    facts = us1()
    for what in events:
        facts = befall(facts, what, facts.opened_at)
    now = facts.opened_at + timedelta(days=day)
    first = outlook(facts, STANDARD, us_day, now)
    assert outlook(facts, STANDARD, us_day, now) == first
    if isinstance(first.move, Wait):
        assert first.move.until > now


def test_texts_for_people_say_what_and_when_in_the_debtors_own_time():
    facts = Life(us1()).run(local("2026-06-23T00:00", NY)).facts
    wait = next_move(facts, STANDARD, us_day, local("2026-06-23T00:00", NY))
    assert wait.text == "SMS, reminder: Mon 29 Jun 10:00 in America/New_York"
    assert time(10) == wait.until.astimezone(ZoneInfo(NY)).time()


@pytest.mark.parametrize("speaks", [True, False])
def test_of_a_plan_over_several_debts_one_case_tells_and_the_others_look_again_when_it_does(speaks):
    """Three instalments: told of on the 28th of July, and after the grace of the first one."""
    dues = tuple(
        DueFact(n, day, day + timedelta(days=5), 19_500)
        for n, day in ((1, date(2026, 7, 31)), (2, date(2026, 8, 31)), (3, date(2026, 9, 30)))
    )
    accepted = local("2026-06-25T12:00", NY)
    plan = PlanFact("p", accepted, running=True, instalments=dues, speaks=speaks)
    mine = tuple(
        ContactFact(step, Channel.LETTER, ContactState.SENT, local("2026-06-15T09:00", NY), purpose)
        for step, purpose in (
            ("notice", Purpose.VALIDATION),
            ("notice_email", Purpose.ASSIGNMENT_NOTICE),
        )
    )
    facts = us1(contacts=mine, plans=(plan,))
    before = next_move(facts, STANDARD, us_day, accepted)
    assert isinstance(before, Wait)
    assert before.until == local("2026-07-28T10:00", NY)
    for at, step in (("2026-07-28T10:00", "due_p_1"), ("2026-08-06T10:00", "missed_p_1")):
        move = next_move(facts, STANDARD, us_day, local(at, NY))
        if speaks:
            assert isinstance(move, Contact)
            assert move.step == step
        else:
            assert isinstance(move, Wait)
            assert move.why == "plan"
            assert move.then is None
    if not speaks:
        later = next_move(facts, STANDARD, us_day, local("2026-08-28T10:00", NY))
        assert later.until == local("2026-09-06T00:00", NY), "it looks when a second one is missed"
