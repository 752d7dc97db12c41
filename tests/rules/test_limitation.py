"""Whether a debt may be too old for court, where the file gives no day for it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.law import UNKNOWN
from rules.limitation import time_barred
from rules.pack import Limitation

THREE = Limitation(years=3, source="written for a test", confidence="looked_up")
DAYS = st.dates(date(1990, 1, 1), date(2060, 1, 1))


@pytest.mark.parametrize(
    ("ends", "starts", "today", "barred"),
    [
        (date(2026, 1, 1), [], date(2026, 1, 1), False),
        (date(2026, 1, 1), [], date(2026, 1, 2), True),
        (None, [], date(2026, 1, 1), UNKNOWN),
        (None, [date(2023, 1, 1)], date(2026, 1, 1), False),
        (None, [date(2023, 1, 1), date(2025, 1, 1)], date(2026, 1, 2), UNKNOWN),
        (None, [date(2024, 2, 29)], date(2027, 2, 28), False),
        (None, [date(2024, 2, 29)], date(2027, 3, 1), UNKNOWN),
    ],
)
def test_a_day_that_was_given_decides_and_without_one_the_shortest_period(
    ends, starts, today, barred
):
    assert time_barred(ends, starts, today, THREE) is barred


@given(starts=st.lists(DAYS, min_size=1, max_size=4), more=DAYS, today=DAYS)
def test_one_more_day_on_which_it_may_have_begun_never_makes_a_debt_surer(starts, more, today):
    if time_barred(None, [*starts, more], today, THREE) is False:
        assert time_barred(None, starts, today, THREE) is False


@given(starts=st.lists(DAYS, max_size=4), today=DAYS)
def test_nobody_is_told_that_a_debt_is_too_old_because_no_day_was_given(starts, today):
    assert time_barred(None, starts, today, THREE) is not True
    assert time_barred(None, starts, today) is UNKNOWN
