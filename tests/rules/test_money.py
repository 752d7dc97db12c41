"""The rounding table of a collections ledger, and properties of every split."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.money import CurrencyMismatchError, Money, MoneyError, exponent
from rules.money import Residue, allocate, format_money, percent_of


def split(text, currency, weights, residue=Residue.FIRST, unit=1):
    parts = allocate(Money.parse(text, currency), weights, residue, unit)
    return [f"{part.decimal:f}" for part in parts]


@pytest.mark.parametrize(
    ("total", "currency", "weights", "parts"),
    [
        ("1000.00", "USD", [1] * 3, ["333.34", "333.33", "333.33"]),
        ("1000.00", "USD", [1] * 7, ["142.86"] * 5 + ["142.85"] * 2),
        ("100.01", "CNY", [1] * 12, ["8.34"] * 5 + ["8.33"] * 7),
        ("5", "JPY", [1] * 3, ["2", "2", "1"]),
        ("702.00", "USD", [5000, 12000, 100000], ["30.00", "72.00", "600.00"]),
        ("0.02", "USD", [0, 1, 1], ["0.00", "0.01", "0.01"]),
    ],
)
def test_residue_goes_first_to_the_largest_remainders(total, currency, weights, parts):
    assert split(total, currency, weights) == parts


def test_residue_of_a_schedule_with_interest_goes_into_the_last_instalment():
    assert split("1312.50", "USD", [1] * 4, Residue.LAST, unit=100) == [
        "328.00",
        "328.00",
        "328.00",
        "328.50",
    ]


@given(
    st.integers(0, 10**15),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=40).filter(any),
    st.sampled_from(Residue),
    st.sampled_from([1, 100, 5000]),
)
def test_parts_add_up_to_the_total_and_none_is_negative(minor, weights, residue, unit):
    parts = allocate(Money(minor, "CNY"), weights, residue, unit)
    assert sum(part.minor for part in parts) == minor
    assert all(part.minor >= 0 for part in parts)


@given(st.integers(0, 10**12), st.integers(1, 60))
def test_equal_parts_differ_by_at_most_one_minor_unit_and_never_grow(minor, count):
    parts = [part.minor for part in allocate(Money(minor, "USD"), [1] * count)]
    assert max(parts) - min(parts) <= 1
    assert parts == sorted(parts, reverse=True)


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [2, -1]])
def test_weights_that_divide_nothing_are_refused(weights):
    with pytest.raises((MoneyError, ValueError)):
        allocate(Money(100, "USD"), weights)


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        ("JPY", 0), ("KRW", 0), ("VND", 0), ("KWD", 3), ("BHD", 3), ("CLF", 4),
        ("CNY", 2), ("USD", 2), ("HUF", 2), ("TWD", 2),
    ],
)  # fmt: skip
def test_currencies_have_their_own_decimals(currency, decimals):
    assert exponent(currency) == decimals


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1170.00", "USD", 117000),
        ("12", "USD", 1200),
        ("0.5", "CNY", 50),
        ("1.234", "KWD", 1234),
        ("5", "JPY", 5),
        ("-3.10", "USD", -310),
    ],
)
def test_decimal_text_becomes_exact_minor_units(text, currency, minor):
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency", "words"),
    [
        ("1.005", "USD", "USD has 2 decimals, the amount has 3"),
        ("1.0", "JPY", "JPY has 0 decimals"),
        ("1,000.00", "USD", "digits with at most one decimal point"),
        ("1e3", "USD", "digits"),
        ("NaN", "USD", "digits"),
        (" 1", "USD", "digits"),
        ("", "USD", "digits"),
        ("١٢", "USD", "digits"),
        ("1", "usd", "three capital letters"),
        ("9" * 30, "USD", "too large"),
    ],
)
def test_text_that_is_no_amount_is_refused_in_plain_words(text, currency, words):
    with pytest.raises(MoneyError, match=words):
        Money.parse(text, currency)


@given(st.integers(-(10**15), 10**15), st.sampled_from(["JPY", "USD", "KWD", "CLF"]))
def test_what_is_written_plainly_is_read_back(minor, currency):
    money = Money(minor, currency)
    assert Money.parse(str(money).split()[0], currency) == money


def test_two_currencies_never_meet_in_one_sum():
    with pytest.raises(CurrencyMismatchError, match="stated rate"):
        Money(1, "USD") + Money(1, "CNY")


def test_a_settlement_of_sixty_percent_of_1170_is_702():
    assert percent_of(Money.parse("1170.00", "USD"), Decimal(60)) == Money.parse("702.00", "USD")
    assert percent_of(Money(101, "USD"), Decimal("33.3")).minor == 33


def test_amounts_are_written_for_their_reader():
    assert format_money(Money(117000, "USD"), "en-US") == "$1,170.00"
    assert format_money(Money(117000, "CNY"), "zh-CN") == "¥1,170.00"
    assert "1.170,00" in format_money(Money(117000, "EUR"), "de-DE")
