"""Working days and the periods that are counted in them."""

from datetime import date, timedelta

import pytest

from rules.holiday import (
    add_business_days,
    assumed_receipt,
    business_day,
    calendar_known,
    validation_period_end,
)


@pytest.mark.parametrize(
    ("sent", "received", "ends"),
    [
        ("2026-06-15", "2026-06-23", "2026-07-23"),
        ("2026-10-02", "2026-10-09", "2026-11-08"),
        ("2026-12-21", "2026-12-29", "2027-01-28"),
    ],
)
def test_the_validation_period_counts_business_days_to_receipt_and_then_all_days(
    sent, received, ends
):
    sent = date.fromisoformat(sent)
    assert assumed_receipt(sent) == date.fromisoformat(received)
    assert validation_period_end(sent) == date.fromisoformat(ends)


def test_the_spring_festival_of_2026_is_closed_from_15_to_23_february():
    closed = [date(2026, 2, 15) + timedelta(days=n) for n in range(9)]
    assert not any(business_day(day, "CN") for day in closed)
    assert business_day(date(2026, 2, 24), "CN")
    assert business_day(date(2026, 2, 28), "CN")  # a make-up Saturday
    assert not business_day(date(2026, 3, 7), "CN")


def test_an_unpublished_chinese_year_is_provisional():
    assert calendar_known(date(2026, 12, 31), "CN")
    assert not calendar_known(date(2027, 1, 4), "CN")
    assert not business_day(date(2027, 1, 1), "CN")
    assert not business_day(date(2027, 1, 2), "CN")
    assert business_day(date(2027, 1, 4), "CN")
    assert calendar_known(date(2030, 1, 1), "US")


@pytest.mark.parametrize(
    ("day", "jurisdiction", "sub", "works"),
    [
        ("2026-06-19", "US", None, False),
        ("2026-11-27", "US", "TX", True),
        ("2027-01-26", "AU", "NSW", False),
        ("2027-02-15", "CA", "ON", False),
        ("2027-02-15", "CA", "QC", True),
        ("2026-10-03", "EU", "DE", False),
        ("2026-11-20", "BR", "SP", False),
        ("2026-11-30", "GB", "SCT", False),
        ("2026-11-30", "GB", "ENG", True),
    ],
)
def test_public_holidays_are_those_of_the_place(day, jurisdiction, sub, works):
    assert business_day(date.fromisoformat(day), jurisdiction, sub) is works


def test_working_days_are_counted_from_the_day_after():
    assert add_business_days(date(2026, 11, 2), 10, "ZA") == date(2026, 11, 16)
