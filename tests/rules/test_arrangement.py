"""Instalments, authority and how a plan stands: tables a supervisor would check."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.arrangement import Due, Every, Paid, Reward, Shift, Terms
from models.ledger import Bucket
from models.money import Money
from models.operator import Role
from rules.arrangement import (
    ArrangementError,
    affordable,
    authority,
    days,
    exceeds,
    monthly,
    progress,
    schedule,
    waived_parts,
)
from rules.strategy import load_strategies

D = date.fromisoformat
STRATEGY = load_strategies(Path(__file__).parents[2] / "packs/strategies").get("standard", 1)


def usd(text):
    return Money.parse(text, "USD")


def said(found):
    return [day.isoformat()[5:] for day in found]


def weekdays(day):
    return day.weekday() < 5


@pytest.mark.parametrize(
    ("first", "count", "every", "more", "expected"),
    [
        ("2026-07-31", 6, "month", {}, ["07-31", "08-31", "09-30", "10-31", "11-30", "12-31"]),
        ("2026-02-28", 3, "month", {"anchor": 31}, ["02-28", "03-31", "04-30"]),
        ("2028-01-30", 3, "month", {}, ["01-30", "02-29", "03-30"]),
        ("2026-12-15", 2, "month", {}, ["12-15", "01-15"]),
        ("2026-07-01", 3, "week", {}, ["07-01", "07-08", "07-15"]),
        ("2026-07-01", 3, "fortnight", {}, ["07-01", "07-15", "07-29"]),
        ("2026-07-01", 2, "four_weeks", {}, ["07-01", "07-29"]),
        ("2026-10-31", 2, "month", {"shift": "following"}, ["11-02", "11-30"]),
        ("2026-10-31", 2, "month", {"shift": "modified"}, ["10-30", "11-30"]),
        ("2026-10-31", 2, "month", {"shift": "none"}, ["10-31", "11-30"]),
    ],
)
def test_days_keep_their_anchor_and_a_day_off_moves_one_instalment_only(
    first, count, every, more, expected
):
    more = {**more, "shift": Shift(more.get("shift", "none"))}
    assert said(days(D(first), count, Every(every), working=weekdays, **more)) == expected


def test_a_plan_is_divided_by_number_or_by_amount():
    by_number = schedule(usd("1000.00"), D("2026-07-31"), Every.MONTH, count=3)
    assert [due.minor for due in by_number] == [33334, 33333, 33333]
    by_amount = schedule(usd("1000.00"), D("2026-07-31"), Every.MONTH, amount=usd("195.00"))
    assert [due.minor for due in by_amount] == [19500] * 5 + [2500]


@pytest.mark.parametrize(
    ("total", "given", "words"),
    [
        ("10.00", {}, "either"),
        ("10.00", {"count": 2, "amount": Money(100, "USD")}, "either"),
        ("0.00", {"count": 2}, "nothing is owed"),
        ("10.00", {"count": 0}, "1 to 600"),
        ("10.00", {"amount": Money(0, "USD")}, "more than nothing"),
        ("99999999.00", {"amount": Money(1, "USD")}, "1 to 600"),
        ("0.02", {"count": 3}, "smallest coin"),
    ],
)
def test_terms_that_make_no_sense_are_refused(total, given, words):
    with pytest.raises(ArrangementError, match=words):
        schedule(usd(total), D("2026-07-31"), Every.MONTH, **given)


@given(
    st.integers(1, 10**9),
    st.integers(1, 60),
    st.sampled_from(Every),
    st.dates(D("2020-01-01"), D("2030-01-01")),
)
def test_instalments_add_up_and_their_days_rise(minor, count, every, first):
    if count > minor:
        return
    parts = schedule(Money(minor, "CNY"), first, every, count=count)
    assert sum(due.minor for due in parts) == minor
    assert [due.on for due in parts] == sorted({due.on for due in parts})


def plan(**more):
    parts = schedule(usd("1170.00"), D("2026-07-31"), Every.MONTH, count=6)
    return Terms(total=117000, instalments=parts, **more)


def paid(*rows):
    return [Paid(D(f"2026-{day}"), minor) for day, minor in rows]


@pytest.mark.parametrize(
    ("rows", "today", "overdue", "broken", "late"),
    [
        ([], "2026-08-05", [], False, 5),
        ([], "2026-08-06", [1], False, 6),
        ([], "2026-09-05", [1], False, 36),
        ([], "2026-09-06", [1, 2], True, 37),
        ([("09-05", 19500)], "2026-09-05", [], False, 5),
        ([("09-05", 19500)], "2026-09-06", [2], False, 6),
        ([("07-31", 39000)], "2026-09-06", [], False, 0),
        ([("07-31", 19499)], "2026-08-06", [1], False, 6),
        ([("07-31", 19500), ("08-31", 19500)], "2026-10-05", [], False, 5),
        ([("07-31", 19500), ("08-31", 19500)], "2026-10-06", [3], False, 6),
        ([("07-31", 19500), ("08-31", 19500)], "2026-11-06", [3, 4], True, 37),
    ],
)
def test_what_is_missed_is_counted_anew_with_every_payment(rows, today, overdue, broken, late):
    stands = progress(plan(), paid(*rows), D(today))
    assert [each.n for each in stands.overdue] == overdue
    assert (stands.broken, stands.days_overdue) == (broken, late)


def test_a_plan_is_kept_when_all_is_paid_and_money_meets_the_oldest_instalment_first():
    stands = progress(plan(), paid(("07-20", 20000), ("08-30", 97000)), D("2026-09-01"))
    assert stands.kept
    assert [each.met_on for each in stands.instalments[:2]] == [D("2026-07-20"), D("2026-08-30")]


def test_a_reward_is_earned_by_the_first_instalments_in_time_and_shortens_the_last():
    terms = plan(reward=Reward(after=3, minor=2000))
    rows = [("07-31", 19500), ("08-31", 19500), ("09-30", 19500)]
    assert progress(terms, paid(*rows[:2]), D("2026-10-01")).reward_earned_on is None
    stands = progress(terms, paid(*rows), D("2026-10-01"), rewarded=2000)
    assert stands.reward_earned_on == D("2026-09-30")
    assert [each.minor for each in stands.instalments] == [19500] * 5 + [17500]
    late = [*rows[:2], ("10-20", 19500)]
    assert progress(terms, paid(*late), D("2026-10-21")).reward_earned_on is None


def test_a_settlement_in_one_sum_breaks_on_the_day_after():
    terms = Terms(
        total=70200, waives=46800, instalments=(Due(minor=70200, on=D("2026-08-10")),),
        grace_days=0, break_after=1,
    )  # fmt: skip
    assert not progress(terms, [], D("2026-08-10")).broken
    assert progress(terms, [], D("2026-08-11")).broken
    assert progress(terms, paid(("08-09", 70200)), D("2026-08-11")).kept


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 60_000)), max_size=8),
    st.integers(0, 200),
    st.randoms(),
)
def test_a_plan_stands_the_same_in_whatever_order_its_money_became_known(rows, ahead, random):
    money = [Paid(D("2026-07-01") + timedelta(days=day), minor) for day, minor in rows]
    today = D("2026-07-01") + timedelta(days=ahead)
    stands = progress(plan(), money, today)
    shuffled = list(money)
    random.shuffle(shuffled)
    assert progress(plan(), shuffled, today) == stands
    assert sum(each.paid for each in stands.instalments) == min(sum(m.minor for m in money), 117000)
    more = progress(plan(), [*money, Paid(today, 117000)], today)
    assert more.kept
    assert not more.broken


# Affordability and authority


def test_what_is_affordable_is_what_a_month_leaves_and_never_below_nothing():
    assert affordable(200_000, 180_000, 5_000) == 15_000
    assert affordable(100_000, 180_000) == 0


@pytest.mark.parametrize(
    ("every", "amount", "of_a_month"),
    [("month", 10000, 10000), ("week", 10000, 43334), ("fortnight", 10000, 21667)],
)
def test_what_a_plan_asks_of_a_month_is_never_understated(every, amount, of_a_month):
    assert monthly([Due(minor=amount, on=D("2026-07-01"))], Every(every)) == of_a_month


def test_authority_grows_with_the_role_and_operations_has_none():
    agent = authority(STRATEGY, [Role.AGENT])
    supervisor = authority(STRATEGY, [Role.SUPERVISOR])
    assert agent.waive_percent < supervisor.waive_percent
    assert authority(STRATEGY, [Role.OPERATIONS]).months == 0
    assert authority(STRATEGY, [Role.COMPLIANCE]).waive_percent == 100


@pytest.mark.parametrize(
    ("terms", "percent", "months", "words"),
    [
        ({"total": 90, "waives": 10}, "10", 12, ""),
        ({"total": 89, "waives": 11}, "10", 12, "waives more than 10 %"),
        ({"total": 100, "reward": Reward(after=1, minor=11)}, "10", 12, "waives more"),
        ({"total": 2, "instalments": (Due(minor=1, on=D("2026-01-31")), Due(minor=1, on=D("2027-01-31")))},
         "10", 12, ""),
        ({"total": 2, "instalments": (Due(minor=1, on=D("2026-01-31")), Due(minor=1, on=D("2027-02-28")))},
         "10", 12, "more than 12 months"),
    ],
)  # fmt: skip
def test_what_is_above_an_authority_is_said(terms, percent, months, words):
    granted = authority(STRATEGY, []).model_copy(
        update={"waive_percent": Decimal(percent), "months": months}
    )
    assert words in exceeds(Terms(**terms), 100, granted)
    assert bool(exceeds(Terms(**terms), 100, granted)) == bool(words)


def test_a_waiver_leaves_each_bucket_its_share():
    owed = {Bucket.FEES: 5000, Bucket.INTEREST: 12000, Bucket.PRINCIPAL: 100000}
    assert waived_parts(owed, 46800, "USD") == {
        Bucket.FEES: 2000,
        Bucket.INTEREST: 4800,
        Bucket.PRINCIPAL: 40000,
    }
    assert waived_parts(owed, 0, "USD") == {}
    assert waived_parts({Bucket.FEES: 7}, 99, "USD") == {Bucket.FEES: 7}
