"""Random lives of a debt on the real store: whatever happens, in any order, the money adds up."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select
from temporalio.testing import ActivityEnvironment

from activities import arrangement
from activities.arrangement import ArrangementRefusalError, plan_facts
from activities.feed import Feed
from activities.house import HouseActivities
from activities.ledger import ACCRUAL, accrue
from activities.payment import book_inbox
from activities.preparation import prepare_debt
from activities.standing import advance
from models.arrangement import ArrangementKind, ArrangementStatus, Every, Reward, Terms
from models.house import Chore
from models.ledger import Bucket, EntryKind
from models.money import Money
from models.operator import Operator, Role
from models.stop import Scope, StopKind
from models.tables import Debtor, Promise
from rules.arrangement import schedule
from rules.ledger import effective, fold, policy_for
from store import debt as debts
from store import debtor as debtors
from store import payment as money
from store import stop as stops
from tests.activities.test_legal import DAY, Desk, desk, office
from tests.workflows.conftest import NEW_YORK
from worker.host import folding

__all__ = ["desk", "office"]

BEGAN = datetime(2026, 3, 18, 16, tzinfo=UTC)
WHO = Operator(code="planner-1", roles=frozenset({Role.AGENT, Role.SUPERVISOR, Role.COMPLIANCE}))
PLANS = (ArrangementKind.PLAN, ArrangementKind.HARDSHIP, ArrangementKind.SETTLEMENT)
BEARING = {**NEW_YORK["facts"], "accrues_after_transfer": True}

_Notice = tuple[str, str, int, datetime, str | None]
"""Kind, payment id, minor units, instant of payment, the payment it takes back."""


@dataclass
class Life:
    """One debt, what providers know of it, and what is on its way here."""

    desk: Desk
    facts: dict = field(default_factory=lambda: NEW_YORK["facts"])
    now: datetime = BEGAN
    provider: str = "stripe"

    def __post_init__(self):
        self.debt = self.desk.debt(NEW_YORK, facts=self.facts)
        self.name = uuid4().hex
        self.on_its_way: list[_Notice] = []
        self.told: list[_Notice] = []
        self.back: Counter[str] = Counter()

    # What happens at the provider

    def pay(self, minor, ago=0):
        """Pay; a notice is on its way that says when."""
        at = max(self.now - ago * DAY, BEGAN)
        paid = ("payment", f"{self.name}-{len(self.told)}", minor, at, None)
        self._tell(paid)

    def take_back(self, kind, which, share):
        """Take a payment back, whole or in part, never more than it was."""
        payments = [each for each in self.told if each[0] == "payment"]
        if not payments:
            return
        _, of, minor, _, _ = payments[which % len(payments)]
        left = minor - self.back[of]
        part = left if kind == "chargeback" else left * share // 100
        if part > 0:
            self.back[of] += part
            self._tell((kind, f"{self.name}-{len(self.told)}", part, self.now, of))

    def reinstate(self, which):
        """The provider gives back what a chargeback took."""
        given = {of for kind, _, _, _, of in self.told if kind == "chargeback_reversed"}
        taken = [n for n in self.told if n[0] == "chargeback" and n[4] not in given]
        if taken:
            _, _, minor, _, of = taken[which % len(taken)]
            self.back[of] -= minor
            self._tell(
                ("chargeback_reversed", f"{self.name}-{len(self.told)}", minor, self.now, of)
            )

    def _tell(self, notice):
        self.told.append(notice)
        self.on_its_way.append(notice)

    # What comes here

    def deliver(self, which, *, again=False, renamed=False):
        """One notice arrives; ``again`` it stays on its way, ``renamed`` under another event id."""
        if self.on_its_way:
            index = which % len(self.on_its_way)
            notice = self.on_its_way[index] if again else self.on_its_way.pop(index)
            self._arrive(notice, f"{notice[1]}-other" if renamed else notice[1])

    def deliver_all(self):
        while self.on_its_way:
            self.deliver(0)

    def _arrive(self, notice, event):
        kind, ident, minor, at, of = notice
        with self.desk.office.store.writing() as session:
            item, _ = money.receive(
                session,
                provider=self.provider,
                external_id=event,
                kind=kind,
                facts={
                    "payment_id": ident, "minor": minor, "currency": "USD",
                    "paid_at": at.isoformat(), "of": of,
                },
                sealed=b"",
                received_at=self.now,
                observed_at=self.now,
                debt_id=self.debt.id,
                debtor_id=self.debt.debtor_id,
            )  # fmt: skip
            debtors.lock(session, self.debt.debtor_id)
            book_inbox(session, self.desk.office, item.id, self.now)
            self._look(session)

    # What is agreed

    def agree(self, kind, percent=100, count=1, reward=0, bonus_returns=False):
        """Propose, offer and accept at once; what may not be agreed is refused, nothing changed."""
        with self.desk.office.store.writing() as session:
            debtors.lock(session, self.debt.debtor_id)
            debt = debts.get(session, self.debt.id)
            stands = arrangement.balances(session, debt)
            if kind is ArrangementKind.INTEREST_WAIVER:
                terms = Terms(total=0, waives=stands.buckets[Bucket.INTEREST] * percent // 100)
            else:
                part = 100 if kind is ArrangementKind.PLAN else percent
                total = stands.outstanding * part // 100
                if total < count:
                    return
                first = (self.now + 7 * DAY).date()
                dues = schedule(Money(total, "USD"), first, Every.WEEK, count=count)
                terms = Terms(
                    total=total,
                    waives=stands.outstanding - total,
                    instalments=dues if count > 1 or kind is ArrangementKind.PLAN else (),
                    reward=Reward(after=1, minor=reward, returns_if_broken=bonus_returns)
                    if reward and kind is ArrangementKind.PLAN
                    else None,
                )
            try:
                row, *_ = arrangement.propose(
                    session, self.desk.office, [debt], kind, terms, WHO, self.now,
                    expires_at=self.now + 10 * DAY,
                )  # fmt: skip
                arrangement.offer(session, row, WHO.code, self.now)
                if kind is not ArrangementKind.SETTLEMENT or count > 1:
                    arrangement.accept(session, row, WHO.code, self.now)
            except ArrangementRefusalError:
                return
            self._look(session)

    def cancel(self, which):
        with self.desk.office.store.writing() as session:
            debtors.lock(session, self.debt.debtor_id)
            rows = arrangement.of_debt(session, self.debt.id)
            if rows:
                row = rows[which % len(rows)]
                try:
                    arrangement.cancel(session, row, WHO.code, "asked", self.now)
                except ArrangementRefusalError:
                    return
                self._look(session)

    # Time

    def wait(self, days):
        """Let days go by; interest is booked nightly, and the case looks."""
        self.now += days * DAY
        with self.desk.office.store.reading() as session:
            debt = debts.get(session, self.debt.id)
        if debt.status == "reopening" and debt.opened_at is None:
            prepare_debt(self.desk.office, debt.id, debt.epoch, self.now, timedelta())
        with self.desk.office.store.writing() as session:
            debtors.lock(session, self.debt.debtor_id)
            debt = debts.get(session, self.debt.id)
            if debt.status != "closed":
                accrue(session, debt, self.now.astimezone(UTC).date(), self.now, "night")
            self._look(session)

    def _look(self, session):
        debt = debts.get(session, self.debt.id)
        if debt.status != "closed" and debt.opened_at is not None:
            advance(session, self.desk.office, debt.id, debt.epoch, self.now)

    # What must hold

    def status(self):
        with self.desk.office.store.reading() as session:
            debt = debts.get(session, self.debt.id)
            return debt.status, debt.ending

    def plan_state(self):
        with self.desk.office.store.reading() as session:
            return debts.get(session, self.debt.id).facts.get("payment_plan")

    def last(self):
        with self.desk.office.store.reading() as session:
            return arrangement.of_debt(session, self.debt.id)[-1]

    def price(self):
        """What the last arrangement asks for."""
        return arrangement.terms_of(self.last()).total

    def entries(self):
        with self.desk.office.store.reading() as session:
            return money.as_entries(money.entries(session, self.debt.id))

    def folded(self, entries=None):
        return fold(entries or self.entries(), policy_for("US-NY"))

    def check(self):
        with self.desk.office.store.reading() as session:
            rows = money.entries(session, self.debt.id)
            entries = money.as_entries(rows)
            self._check_sums(entries)
            self._check_arrangements(session, rows, effective(entries))
        self._check_interest()

    def _check_interest(self):
        """What is booked of interest is what its terms say, whatever became known meanwhile."""
        with self.desk.office.store.writing() as session:
            debt = debts.get(session, self.debt.id)
            rows = money.entries(session, debt.id)
            last = max((row.value_date for row in rows if row.source == ACCRUAL), default=None)
            if last is not None:
                assert accrue(session, debt, last, self.now, "check") == []

    def _check_sums(self, entries):
        stands = self.folded(entries)
        assert stands.charged == stands.paid + stands.waived + stands.outstanding
        assert min(stands.buckets.values()) >= 0
        assert min(stands.credit, stands.paid, stands.waived) >= 0
        came = Counter()
        by_id = {entry.entry_id: entry for entry in entries}
        for entry in entries:
            of = by_id.get(entry.of)
            if entry.kind is EntryKind.PAYMENT:
                came["in"] += entry.minor
            elif entry.kind in (EntryKind.REFUND, EntryKind.CHARGEBACK):
                came["in"] -= entry.minor
            elif entry.kind is EntryKind.REVERSAL and of and of.kind is EntryKind.CHARGEBACK:
                came["in"] += entry.minor
        assert came["in"] == stands.paid + stands.credit - stands.overdrawn
        paid = Counter(e.external_id for e in entries if e.kind is EntryKind.PAYMENT)
        assert set(paid.values()) <= {1}

    def _check_arrangements(self, session, rows, amounts):
        debt = debts.get(session, self.debt.id)
        owed = self.folded(money.as_entries(rows)).outstanding
        agreed = arrangement.of_debt(session, debt.id)
        running = [row for row in agreed if row.status == "active" and row.kind in PLANS]
        assert len(running) <= 1
        state = debt.facts.get("payment_plan")
        assert (state in ("current", "missed")) == bool(running)
        for row in agreed:
            ours = [
                entry
                for entry in rows
                if entry.kind == EntryKind.WAIVER
                and (entry.facts or {}).get("group") == str(row.group_id)
            ]
            kept = [e for e in ours if amounts[e.id]]
            conditional = [e for e in kept if e.reason == "settlement"]
            terms = arrangement.terms_of(row)
            match row.status:
                case ArrangementStatus.BROKEN:
                    assert not conditional
                    assert not (terms.reward and terms.reward.returns_if_broken and kept)
                case ArrangementStatus.KEPT:
                    assert sum(e.minor for e in conditional) <= terms.waives
                    if row.kind == ArrangementKind.SETTLEMENT:
                        assert len([e for e in ours if e.reason == "settlement"]) >= len(
                            conditional
                        )
                case ArrangementStatus.ACTIVE if row.kind in PLANS:
                    stands = arrangement.standing_of(session, row, self.now)
                    assert not stands.kept
                    assert not stands.broken
                    assert not conditional
                    assert owed
                case ArrangementStatus.OFFERED | ArrangementStatus.APPROVED:
                    assert not ours
                case _:
                    assert not conditional

    def check_traceless(self):
        """What is wholly taken back leaves a ledger as if it had never been."""
        entries = self.entries()
        amounts = effective(entries)
        gone = {
            e.entry_id for e in entries if e.kind is EntryKind.PAYMENT and not amounts[e.entry_id]
        }
        while True:
            more = {e.entry_id for e in entries if e.of in gone} - gone
            if not more:
                break
            gone |= more
        rest = [entry for entry in entries if entry.entry_id not in gone]
        mine, others = self.folded(entries), self.folded(rest)
        assert (mine.buckets, mine.credit, mine.paid) == (
            others.buckets,
            others.credit,
            others.paid,
        )


MINOR = st.sampled_from([1, 499, 5_000, 11_700, 29_250, 58_500, 70_200, 116_999, 117_000, 130_000])
MONEY = (
    st.tuples(st.just("pay"), MINOR, st.sampled_from([0, 0, 1, 20])),
    st.tuples(
        st.just("take_back"), st.sampled_from(["chargeback", "refund"]),
        st.integers(0, 5), st.sampled_from([30, 100]),
    ),
    st.tuples(st.just("reinstate"), st.integers(0, 3)),
    st.tuples(st.just("wait"), st.sampled_from([1, 7, 8, 30])),
)  # fmt: skip
DELIVERY = st.tuples(st.sampled_from(["deliver", "deliver", "twice", "renamed"]), st.integers(0, 5))
AGREEING = (
    st.tuples(
        st.just("agree"), st.sampled_from([*PLANS, ArrangementKind.INTEREST_WAIVER]),
        st.sampled_from([10, 60, 99]), st.sampled_from([1, 2, 4]),
        st.sampled_from([0, 0, 500, 12_000]), st.booleans(),
    ),
    st.tuples(st.just("cancel"), st.integers(0, 3)),
)  # fmt: skip
EVENTS = st.one_of(*MONEY, DELIVERY, DELIVERY, AGREEING[0], *AGREEING)
FACTS = st.sampled_from([NEW_YORK["facts"], BEARING])


def live(life, event):
    name, *rest = event
    match name:
        case "twice":
            life.deliver(*rest, again=True)
        case "renamed":
            life.deliver(*rest, renamed=True)
        case _:
            getattr(life, name)(*rest)


@given(st.lists(EVENTS, min_size=4, max_size=14), FACTS)
@settings(max_examples=25)
def test_money_is_conserved_and_plans_make_sense_in_any_life(office, events, facts):
    life = Life(Desk(office), facts)
    for event in events:
        live(life, event)
        life.check()
    life.deliver_all()
    life.wait(40)
    life.check()
    life.check_traceless()


@given(
    st.lists(st.one_of(*MONEY), min_size=2, max_size=7), st.randoms(use_true_random=False), FACTS
)
@settings(max_examples=12)
def test_the_order_of_delivery_makes_no_difference_to_what_is_owed(office, events, random, facts):
    one, other = Life(Desk(office), facts), Life(Desk(office), facts)
    for event in events:
        live(one, event)
        live(other, event)
    random.shuffle(other.on_its_way)
    for life in (one, other):
        life.deliver_all()
        life.wait(40)
        life.check()
    mine, others = one.folded(), other.folded()
    assert (mine.buckets, mine.credit) == (others.buckets, others.credit)


@dataclass(frozen=True)
class Later:
    at: datetime

    def now(self):
        return self.at


SETTLES = ("agree", ArrangementKind.SETTLEMENT, 60, 1, 0, False)
IN_PARTS = ("agree", ArrangementKind.SETTLEMENT, 60, 2, 0, False)
INTEREST_OFF = ("agree", ArrangementKind.INTEREST_WAIVER, 60, 1, 0, False)


def lived(office, *events):
    life = Life(Desk(office), BEARING)
    for event in events:
        live(life, event)
    return life


def test_a_settlement_paid_in_time_closes_the_debt_at_once_though_interest_arose_meanwhile(office):
    life = lived(office, ("wait", 10), SETTLES, ("wait", 3))
    life.pay(life.price())
    life.deliver(0)
    life.check()
    assert life.folded().outstanding == 0
    assert life.last().status == "kept"


def test_a_settlement_that_a_chargeback_breaks_bears_the_interest_of_its_terms(office):
    life = lived(office, ("wait", 10), SETTLES, ("wait", 3))
    life.pay(life.price())
    life.deliver(0)
    life.wait(5)
    assert life.status() == ("closed", "settled")
    life.take_back("chargeback", 0, 100)
    life.deliver(0)
    life.check()
    owed = life.folded().buckets[Bucket.INTEREST]
    life.wait(10)
    life.check()
    assert life.status()[0] != "closed"
    assert life.folded().buckets[Bucket.INTEREST] > owed


def test_a_waiver_of_interest_does_not_end_the_interest_to_come(office):
    life = lived(office, ("wait", 10), INTEREST_OFF)
    before = life.folded().buckets[Bucket.INTEREST]
    life.wait(20)
    life.check()
    assert life.folded().buckets[Bucket.INTEREST] > before


@pytest.mark.parametrize("told_by", ["night", "relay"])
def test_a_closed_debt_learns_of_a_dispute_that_came_late(office, told_by):
    life = lived(office, ("wait", 10))
    life.pay(life.folded().outstanding)
    life.deliver(0)
    life.wait(5)
    assert (life.status()[0], life.folded().credit) == ("closed", 0)
    bore = life.folded().buckets[Bucket.INTEREST] or sum(
        e.minor for e in life.entries() if e.kind is EntryKind.INTEREST
    )
    with office.store.writing() as session:
        reply, _ = money.receive(
            session, provider="test", external_id=life.name, kind="reply", facts={}, sealed=b"",
            received_at=life.now, observed_at=life.now,
        )  # fmt: skip
        stops.enter(
            session, StopKind.DISPUTE, Scope.DEBT, now=life.now, observed_at=life.now,
            effective_from=BEGAN + 5 * DAY, reason="reply", actor="debtor", source="reply:test",
            external_id=f"{life.name}:dispute:0", debt_id=life.debt.id,
        )  # fmt: skip
    later = replace(office, clock=Later(life.now + DAY / 4))

    def tell():
        if told_by == "relay":
            asyncio.run(_awaited(folding(later)(reply.id)))
        else:
            ActivityEnvironment().run(HouseActivities(later).keep_house, Chore(kind="interest"))

    tell()
    assert 0 < life.folded().credit < bore
    life.check()
    told = len(life.entries())
    tell()
    assert len(life.entries()) == told


async def _awaited(act):
    return await act


def transferred(life, minor, day, hours=1):
    """A bank's transfer, of which only the day is known, is booked some hours later."""
    life.now += timedelta(hours=hours)
    noon = datetime.fromisoformat(f"{day}T12:00+00:00")
    life.told.append(("payment", f"{life.name}-{len(life.told)}", minor, noon, None))
    with life.desk.office.store.writing() as session:
        ident = life.told[-1][1]
        item, _ = money.receive(
            session, provider="bank:1", external_id=ident, kind="payment", sealed=b"",
            facts={
                "payment_id": ident, "minor": minor, "currency": "USD",
                "paid_at": noon.isoformat(), "day": str(day), "of": "",
            },
            received_at=life.now, observed_at=life.now, debt_id=life.debt.id,
            debtor_id=life.debt.debtor_id,
        )  # fmt: skip
        debtors.lock(session, life.debt.debtor_id)
        book_inbox(session, life.desk.office, item.id, life.now)
        life._look(session)


def test_a_transfer_of_the_day_of_the_offer_takes_it_though_a_bank_knows_no_hour(office):
    """Offered at 16:00 UTC; the transfer of that day counts for noon."""
    life = lived(office, SETTLES)
    transferred(life, life.price(), life.now.date())
    assert life.last().status == ArrangementStatus.KEPT
    assert life.folded().outstanding == 0


def test_a_transfer_of_the_last_day_is_in_time_whatever_the_hour_at_which_the_offer_ends(office):
    """The offer ends at 12:00 in New York: noon in UTC is before that, noon there is not after."""
    life = lived(office, SETTLES)
    ends = life.last().expires_at
    transferred(life, life.price(), ends.date(), hours=24 * 13)
    assert life.last().status == ArrangementStatus.KEPT
    other = lived(office, SETTLES)
    transferred(other, other.price(), ends.date() + timedelta(days=1), hours=24 * 13)
    assert other.last().status != ArrangementStatus.KEPT


def test_what_was_in_the_ledger_before_a_plan_is_not_counted_for_its_first_day(office):
    life = lived(office)
    transferred(life, 19_500, life.now.date())
    life.agree(ArrangementKind.PLAN, count=5)
    with office.store.reading() as session:
        stands = arrangement.standing_of(session, life.last(), life.now)
    assert [each.paid for each in stands.instalments] == [0] * 5
    transferred(life, 19_500, life.now.date())
    with office.store.reading() as session:
        stands = arrangement.standing_of(session, life.last(), life.now)
    assert [each.paid for each in stands.instalments] == [19_500, 0, 0, 0, 0]


def test_the_day_of_a_transfer_is_the_banks_day_also_at_the_edge_of_the_world(office):
    life = lived(office)
    with office.store.writing() as session:
        person = session.get_one(Debtor, life.debt.debtor_id)
        person.declared_zone = "Pacific/Auckland"
        session.add(person)
    transferred(life, 19_500, "2026-03-18")
    assert [str(e.value_date) for e in life.entries() if e.kind is EntryKind.PAYMENT] == [
        "2026-03-18"
    ]


def test_a_plan_over_several_debts_speaks_with_one_voice(office):
    life = lived(office)
    other = life.desk.debt(NEW_YORK, debtor=life.debt.debtor_id)
    with office.store.writing() as session:
        covered = [debts.get(session, life.debt.id), debts.get(session, other.id)]
        dues = schedule(Money(234_000, "USD"), life.now.date(), Every.MONTH, count=6)
        row, *_ = arrangement.propose(
            session, office, covered, ArrangementKind.PLAN,
            Terms(total=234_000, instalments=dues), WHO, life.now,
        )  # fmt: skip
        arrangement.offer(session, row, WHO.code, life.now)
        arrangement.accept(session, row, WHO.code, life.now)

    def speakers():
        with office.store.reading() as session:
            return [
                fact.speaks
                for debt in (life.debt, other)
                for fact in plan_facts(session, arrangement.of_debt(session, debt.id), life.now)
            ]

    assert speakers() == [True, False]
    life.pay(117_000)
    life.deliver_all()
    assert speakers() == [False, True]


def test_after_a_cancellation_ordinary_steps_rest_to_the_end_of_the_debtors_day(office):
    life = lived(office, ("agree", ArrangementKind.PLAN, 100, 3, 0, False), ("wait", 3))
    life.cancel(0)
    with office.store.reading() as session:
        (fact,) = plan_facts(session, arrangement.of_debt(session, life.debt.id), life.now)
    assert fact.ended_at == datetime(2026, 3, 22, 4, tzinfo=UTC)


def test_a_promise_is_not_kept_by_money_that_was_taken_back(office):
    life = lived(office)
    with office.store.writing() as session:
        session.add(
            Promise(
                id=uuid4(),
                debt_id=life.debt.id,
                minor=10_000,
                currency="USD",
                status="open",
                due_on=(life.now + 5 * DAY).date(),
                made_at=life.now,
                actor="agent-1",
                grace_days=5,
            )
        )

    def state():
        with office.store.reading() as session:
            return session.exec(select(Promise.status).where(Promise.debt_id == life.debt.id)).one()

    life.pay(6_000)
    life.take_back("chargeback", 0, 100)
    life.pay(4_000)
    life.deliver_all()
    assert state() == "open"
    life.pay(6_000)
    life.deliver_all()
    assert state() == "kept"


@pytest.mark.parametrize(("returns", "waived"), [(False, 500), (True, 0)])
def test_after_a_cancellation_a_bonus_a_bonus_stays_unless_the_offer_said_that_it_goes_back(
    office, returns, waived
):
    life = lived(office, ("agree", ArrangementKind.PLAN, 100, 4, 500, returns))
    life.pay(40_000)
    life.deliver(0)
    assert life.folded().waived == 500
    life.cancel(0)
    life.check()
    assert life.folded().waived == waived


def test_no_plan_breaks_while_nobody_would_know_of_its_payments(office):
    feeds = (Feed("bank:silent", 2 * DAY),)
    life = lived(replace(office, feeds=feeds), ("agree", ArrangementKind.PLAN, 100, 4, 0, False))
    life.wait(60)
    assert life.last().status == "active"
    assert life.plan_state() == "current"
    with life.desk.office.store.writing() as session:
        money.receive(
            session, provider="bank:silent", external_id=life.name, kind="statement",
            facts={"ends": str(life.now.date())}, sealed=b"", received_at=life.now,
            observed_at=life.now, status="ignored",
        )  # fmt: skip
    life.wait(1)
    assert life.last().status == "broken"


def test_what_is_taken_back_of_a_payment_in_parts_finds_a_part_that_is_large_enough(office):
    life = Life(Desk(office), provider="adyen")
    parts = (("payment", f"{life.name}:C1", 9_000), ("payment", f"{life.name}:C2", 9_000))
    backs = (("refund", "R1", 5_000), ("refund", "R2", 9_000), ("chargeback", "D1", 4_000))
    again = (("chargeback_reversed", "D1", 4_000), ("chargeback", "D1:second", 4_000))
    for kind, ident, minor in (*parts, *backs, *again):
        of = None if kind == "payment" else life.name
        life._arrive((kind, ident, minor, life.now, of), f"{kind}{ident}{life.name}")
        life.check()
    stands = life.folded()
    assert (stands.paid, stands.overdrawn, stands.outstanding) == (0, 0, 117_000)
