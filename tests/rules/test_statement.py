"""Statements of account: any day, from the fold of the ledger."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.ledger import Bucket, Entry, EntryKind
from rules.ledger import CN_561, LedgerError, fold
from rules.statement import standing_on, statement

DEBT = UUID(int=1)
START = date(2026, 1, 1)


def entry(n, kind, minor, day, *, bucket=None, of=None, booked=None):
    on = START + timedelta(days=day)
    at = START + timedelta(days=day if booked is None else booked)
    return Entry(
        entry_id=uuid5(DEBT, str(n)), debt_id=DEBT, kind=kind, minor=minor, currency="CNY",
        value_date=on, booked_at=datetime.combine(at, time(12), UTC), bucket=bucket,
        of=uuid5(DEBT, str(of)) if of is not None else None,
    )  # fmt: skip


CHARGED = [
    entry(1, EntryKind.CHARGE, 5000, 0, bucket=Bucket.FEES),
    entry(2, EntryKind.CHARGE, 12000, 0, bucket=Bucket.INTEREST),
    entry(3, EntryKind.CHARGE, 100000, 0, bucket=Bucket.PRINCIPAL),
]
PAID = [entry(4, EntryKind.PAYMENT, 10000, 10), entry(5, EntryKind.PAYMENT, 20000, 20)]
BOUNCED = entry(6, EntryKind.REVERSAL, 10000, 30, of=4)


def on(day):
    return statement([*CHARGED, *PAID, BOUNCED], CN_561, START + timedelta(days=day))


@pytest.mark.parametrize(
    ("day", "paid", "owed"),
    [(0, 0, 117000), (10, 10000, 107000), (20, 30000, 87000), (30, 20000, 97000)],
)
def test_a_statement_shows_the_account_as_it_stood_on_its_day(day, paid, owed):
    made = on(day)
    assert (made.charged, made.paid, made.outstanding) == (117000, paid, owed)
    assert made.lines[-1].balance == owed


def test_a_payment_that_bounced_later_stands_in_earlier_statements():
    assert [line.minor for line in on(20).lines[3:]] == [-10000, -20000]
    assert [line.minor for line in on(30).lines[3:]] == [-10000, -20000, 10000]
    assert {part.bucket: part.minor for part in on(30).parts} == {Bucket.PRINCIPAL: 97000}


def test_an_entry_booked_late_counts_from_its_value_date():
    late = entry(7, EntryKind.PAYMENT, 500, 5, booked=60)
    assert statement([*CHARGED, late], CN_561, START + timedelta(days=5)).outstanding == 116500


def test_what_takes_an_entry_back_never_stands_before_it():
    early = entry(8, EntryKind.REVERSAL, 10000, 2, of=4)
    days = [*CHARGED, PAID[0], early]
    assert statement(days, CN_561, START + timedelta(days=3)).outstanding == 117000
    assert standing_on(days, START + timedelta(days=10))[-1] == early


def test_money_beyond_the_debt_is_shown_as_money_to_return():
    made = statement([*CHARGED, entry(9, EntryKind.PAYMENT, 120000, 9)], CN_561, date(2026, 2, 1))
    assert (made.outstanding, made.credit, made.lines[-1].balance) == (0, 3000, -3000)


def test_a_day_before_the_account_began_is_explained():
    with pytest.raises(
        LedgerError, match="no entry up to 2025-12-31; its first entry is of 2026-01-01"
    ):
        on(-1)


def test_ten_years_of_entries_make_a_statement():
    days = [entry(n, EntryKind.INTEREST, 3, n % 3650) for n in range(10, 5010)]
    made = statement([*CHARGED, *days, *PAID, BOUNCED], CN_561, date(2036, 1, 1))
    assert made.lines[-1].balance == made.outstanding == 117000 + 15000 - 20000


KINDS = st.sampled_from([EntryKind.CHARGE, EntryKind.PAYMENT, EntryKind.WAIVER, EntryKind.INTEREST])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(KINDS, st.integers(0, 5000), st.integers(0, 40)), max_size=14),
    st.data(),
    st.integers(0, 45),
)
def test_lines_add_up_to_the_balance_and_the_last_is_the_fold(drawn, data, day):
    entries = list(CHARGED)
    for n, (kind, minor, at) in enumerate(drawn, start=20):
        entries.append(entry(n, kind, minor, at))
        if kind is EntryKind.PAYMENT and data.draw(st.booleans()):
            back = data.draw(st.integers(0, 45))
            entries.append(entry(1000 + n, EntryKind.REVERSAL, minor, back, of=n))
    made = statement(data.draw(st.permutations(entries)), CN_561, START + timedelta(days=day))
    owed = made.outstanding - made.credit
    assert sum(line.minor for line in made.lines) == owed == made.lines[-1].balance
    assert made.charged == made.paid + made.waived + made.outstanding
    if day == 45:
        whole = fold(entries, CN_561)
        assert (whole.outstanding, whole.credit) == (made.outstanding, made.credit)
