"""Who of two buyers the debtor owes: the one whose notice came first."""

from datetime import date

import pytest

from rules.title import prevails

THEIRS = date(2026, 6, 18)


@pytest.mark.parametrize(
    ("ours", "first"),
    [(date(2026, 6, 17), True), (THEIRS, False), (date(2026, 6, 19), False), (None, False)],
)
def test_the_notice_that_reached_the_debtor_first_decides(ours, first):
    assert prevails(ours, THEIRS) is first
