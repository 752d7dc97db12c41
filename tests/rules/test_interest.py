"""Interest with a pencil: day counts, rounding, ceilings and what stops it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ledger import DayCount, InterestStop, InterestTerms, Rate, Rounding
from rules.interest import Accrual, ceilings, rate_on

D = date.fromisoformat


def terms(percent="6", since="2026-01-01", **more):
    return InterestTerms(
        rates=(Rate(since=D(since), percent=Decimal(percent)),), since=D(since), **more
    )


def interest(agreed, base, until):
    accrual = Accrual(agreed)
    accrual.move(D(until), base)
    return accrual.post()


@pytest.mark.parametrize(
    ("count", "since", "until", "minor"),
    [
        ("act/365", "2026-01-01", "2027-01-01", 6000),
        ("act/365", "2028-01-01", "2029-01-01", 6016),
        ("act/360", "2026-01-01", "2027-01-01", 6083),
        ("act/act", "2028-01-01", "2029-01-01", 6000),
        ("act/act", "2027-07-01", "2028-07-01", 6008),
        ("30/360", "2026-01-31", "2026-02-28", 467),
        ("30/360", "2026-01-15", "2026-01-31", 250),
        ("30/360", "2026-01-30", "2026-01-31", 0),
        ("30/360", "2026-02-28", "2026-03-31", 533),
    ],
)
def test_years_by_each_day_count(count, since, until, minor):
    agreed = terms(since=since, day_count=DayCount(count))
    assert interest(agreed, 100_000, until) == minor


@pytest.mark.parametrize(("rounding", "minor"), [("half_up", 1), ("half_even", 0), ("down", 0)])
def test_half_a_minor_unit(rounding, minor):
    agreed = terms("36.5", rounding=Rounding(rounding))
    assert interest(agreed, 500, "2026-01-02") == minor


def test_sixty_days_at_six_percent():
    assert interest(terms(), 97_000, "2026-03-02") == 957
    assert interest(terms(), 87_000, "2026-03-02") == 858


def test_the_day_of_a_payment_bears_no_interest_on_it():
    accrual = Accrual(terms("36.5"))
    accrual.move(D("2026-01-11"), 100_000)
    accrual.move(D("2026-01-21"), 0)
    assert accrual.post() == 1000


def test_nothing_arises_while_something_stops_it():
    moratorium = InterestStop(first_day=D("2026-01-11"), last_day=D("2026-01-20"))
    agreed = terms("36.5", stops=(moratorium,))
    assert interest(agreed, 100_000, "2026-01-31") == 2000
    assert rate_on(agreed, D("2026-01-10")) == Decimal("36.5")
    assert rate_on(agreed, D("2026-01-20")) == 0
    assert rate_on(agreed, D("2026-01-21")) == Decimal("36.5")
    assert interest(terms("36.5", until=D("2026-01-11")), 100_000, "2027-01-01") == 1000


def test_a_rate_that_changes_counts_from_its_day():
    changing = InterestTerms(
        rates=(
            Rate(since=D("2026-01-01"), percent=Decimal("36.5")),
            Rate(since=D("2026-01-11"), percent=Decimal(73)),
        ),
        since=D("2026-01-01"),
    )
    assert interest(changing, 100_000, "2026-01-21") == 3000


@pytest.mark.parametrize(
    ("creditor", "contract", "lpr", "day", "percent"),
    [
        ("private", "2025-06-01", None, "2026-01-01", "12.00"),
        ("private", "2025-05-19", None, "2026-01-01", "12.40"),
        ("private", "2023-09-01", "3.45", "2026-01-01", "13.80"),
        ("private", "2018-05-01", None, "2020-08-19", "24"),
        ("private", "2018-05-01", None, "2020-08-20", "15.40"),
        ("private", None, None, "2026-01-01", "12.00"),
        ("bank", "2025-06-01", None, "2026-01-01", "24"),
        ("microloan", None, None, "2026-01-01", "24"),
    ],
)
def test_ceilings_in_china_follow_the_lender_and_the_contracts_day(
    creditor, contract, lpr, day, percent
):
    table = ceilings(
        "CN", creditor, D(contract) if contract else None, Decimal(lpr) if lpr else None
    )
    agreed = terms("36", since="2015-09-01", ceilings=table)
    assert rate_on(agreed, D(day)) == Decimal(percent)
    assert all(rate.citation for rate in table)
    assert ceilings("GB", creditor, None) == ()


def test_a_lower_rate_than_the_ceiling_stays():
    agreed = terms("6", since="2026-01-01", ceilings=ceilings("CN", "bank", None))
    assert rate_on(agreed, D("2026-05-01")) == 6


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=12),
    st.integers(0, 10**7),
    st.sampled_from(DayCount),
    st.sampled_from(Rounding),
)
def test_many_short_periods_add_up_to_one_long_one(gaps, base, count, rounding):
    agreed = terms("7.123456", day_count=count, rounding=rounding)
    accrual, day, posted = Accrual(agreed), D("2026-01-01"), 0
    for gap in gaps:
        day += timedelta(days=gap)
        accrual.move(day, base)
        posted += accrual.post()
    assert posted == interest(agreed, base, day.isoformat())
