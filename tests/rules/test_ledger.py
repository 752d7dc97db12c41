"""Tables and properties of the fold: what a manager would check with a pencil."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ledger import Bucket, Claim, Entry, EntryKind, Reversal
from models.money import CurrencyMismatchError, Money
from rules import ledger
from rules.ledger import (
    CN_561,
    POLICIES,
    US_DEFAULT,
    LedgerError,
    below_minimum,
    book,
    distribute,
    fold,
    gap_to_waive,
    negated,
    policy_for,
    splits,
)

DEBT = UUID(int=1)
DAY0 = date(2026, 6, 15)


def entry(n, kind, minor, day=0, *, bucket=None, of=None, currency="USD"):
    return Entry(
        entry_id=UUID(int=n),
        debt_id=DEBT,
        kind=EntryKind(kind),
        minor=minor,
        currency=currency,
        value_date=DAY0 + timedelta(days=day),
        booked_at=datetime(2026, 6, 15, tzinfo=UTC) + timedelta(days=day, seconds=n),
        bucket=bucket,
        of=UUID(int=of) if of else None,
    )


U1 = (
    entry(1, "charge", 5000, bucket=Bucket.FEES),
    entry(2, "charge", 12000, bucket=Bucket.INTEREST),
    entry(3, "charge", 100000, bucket=Bucket.PRINCIPAL),
)
P1 = entry(4, "payment", 10000, 5)
P2 = entry(5, "payment", 20000, 6)


def fip(balances):
    return tuple(balances.buckets[b] for b in (Bucket.FEES, Bucket.INTEREST, Bucket.PRINCIPAL))


@pytest.mark.parametrize("policy", [CN_561, US_DEFAULT])
def test_payments_meet_fees_then_interest_then_principal(policy):
    balances = fold([*U1, P1, P2], policy)
    assert balances.splits[P1.entry_id] == {Bucket.FEES: 5000, Bucket.INTEREST: 5000}
    assert balances.splits[P2.entry_id] == {Bucket.INTEREST: 7000, Bucket.PRINCIPAL: 13000}
    assert fip(balances) == (0, 0, 87000)


def test_a_bounced_payment_is_replayed_and_the_negated_split_is_shown_beside_it():
    bounced = entry(6, "reversal", 10000, 20, of=4)
    assert fip(fold([*U1, P1, P2, bounced], US_DEFAULT)) == (0, 0, 97000)
    negate = negated([*U1, P1, P2], P1.entry_id, US_DEFAULT)
    assert (negate[Bucket.FEES], negate[Bucket.INTEREST], negate[Bucket.PRINCIPAL]) == (
        5000,
        5000,
        87000,
    )


def test_one_cent_short_is_closed_by_a_waiver_entry_and_never_by_ignoring():
    short = fold([*U1, entry(4, "payment", 116999, 9)], US_DEFAULT)
    assert gap_to_waive(short, US_DEFAULT) == 1
    waived = fold([*U1, entry(4, "payment", 116999, 9), entry(5, "waiver", 1, 9)], US_DEFAULT)
    assert (waived.outstanding, waived.paid, waived.waived) == (0, 116999, 1)


def test_with_no_tolerance_one_cent_stays_open_but_below_what_anyone_is_reminded_of():
    strict = US_DEFAULT.model_copy(update={"tolerance": {}})
    short = fold([*U1, entry(4, "payment", 116999, 9)], strict)
    assert (gap_to_waive(short, strict), below_minimum(short, strict)) == (0, True)


def test_a_debt_that_was_small_from_the_start_is_not_waived():
    assert gap_to_waive(fold([entry(1, "charge", 1)], US_DEFAULT), US_DEFAULT) == 0


def test_an_overpayment_is_credit_and_its_refund_leaves_nothing():
    debt = entry(1, "charge", 30000)
    over = fold([debt, entry(4, "payment", 35000, 1)], US_DEFAULT)
    assert (over.outstanding, over.paid, over.credit) == (0, 30000, 5000)
    refunded = fold(
        [debt, entry(4, "payment", 35000, 1), entry(5, "refund", 5000, 3, of=4)], US_DEFAULT
    )
    assert (refunded.outstanding, refunded.paid, refunded.credit) == (0, 30000, 0)


def test_a_partial_refund_leaves_the_net_payment():
    balances = fold([*U1, entry(4, "payment", 20000), entry(5, "refund", 5000, of=4)], US_DEFAULT)
    assert balances.paid == 15000


def test_a_chargeback_after_closing_owes_again_and_its_reinstatement_closes_again():
    paid = [*U1, entry(4, "payment", 117000, 9)]
    back = entry(5, "chargeback", 117000, 95, of=4)
    again = entry(6, "reversal", 117000, 110, of=5)
    assert fold(paid, US_DEFAULT).outstanding == 0
    assert fold([*paid, back], US_DEFAULT).outstanding == 117000
    assert fold([*paid, back, again], US_DEFAULT).outstanding == 0


def test_a_payment_valued_before_the_charge_still_meets_it():
    early = fold([entry(4, "payment", 4000, -3), entry(1, "charge", 10000)], CN_561)
    assert (early.outstanding, early.credit) == (6000, 0)


def test_a_correction_changes_the_charge_it_names():
    balances = fold([*U1, entry(4, "correction", -2000, 12, of=2)], CN_561)
    assert fip(balances) == (5000, 10000, 100000)
    assert balances.charged == 115000


def test_an_interest_waiver_touches_interest_alone_and_never_makes_credit():
    balances = fold([*U1, entry(4, "waiver", 99999, 3, bucket=Bucket.INTEREST)], CN_561)
    assert fip(balances) == (5000, 0, 100000)
    assert (balances.waived, balances.credit) == (12000, 0)


def test_a_debt_that_went_back_to_the_seller_owes_nothing_to_us():
    balances = fold([*U1, P1, entry(6, "transfer_out", 107000, 30)], CN_561)
    assert (balances.charged, balances.paid, balances.outstanding) == (10000, 10000, 0)


@pytest.mark.parametrize(
    ("entries", "error"),
    [
        ([], LedgerError),
        ([entry(1, "charge", -5)], LedgerError),
        ([entry(1, "reversal", 5)], LedgerError),
        ([entry(1, "reversal", 5, of=9)], LedgerError),
        ([entry(1, "reversal", 5, of=2), entry(2, "reversal", 5, of=1)], LedgerError),
        ([entry(1, "charge", 5), entry(2, "charge", 5, currency="CNY")], CurrencyMismatchError),
    ],
)
def test_entries_that_cannot_be_one_ledger_are_refused(entries, error):
    with pytest.raises(error):
        fold(entries, CN_561)


def test_every_policy_has_a_citation_and_is_found_by_the_name_entries_carry():
    for ref, policy in POLICIES.items():
        assert policy.ref == ref
        assert policy.citation
        assert set(policy.order) == set(Bucket)
    assert policy_for("CN") is CN_561
    assert policy_for("US-NY") is US_DEFAULT
    assert policy_for("GB").id == "default"


# Properties

KINDS = ["charge", "interest", "payment", "payment", "waiver", "write_off", "transfer_out"]


@st.composite
def ledgers(draw):
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(KINDS),
                st.integers(0, 50_000),
                st.integers(-5, 30),
                st.none() | st.sampled_from(Bucket),
            ),
            min_size=1,
            max_size=12,
        )
    )
    return [
        entry(n, kind, minor, day, bucket=bucket)
        for n, (kind, minor, day, bucket) in enumerate(rows, 1)
    ]


@given(ledgers(), st.sampled_from([CN_561, US_DEFAULT]), st.randoms())
def test_money_is_conserved_whatever_happens_in_any_order(entries, policy, random):
    balances = fold(entries, policy)
    assert balances.charged == balances.paid + balances.waived + balances.outstanding
    assert all(owed >= 0 for owed in balances.buckets.values())
    assert sum(balances.buckets.values()) == balances.outstanding
    assert balances.credit == 0 or balances.outstanding == 0
    received = sum(e.minor for e in entries if e.kind is EntryKind.PAYMENT)
    assert balances.paid + balances.credit == received
    shuffled = list(entries)
    random.shuffle(shuffled)
    assert fold(shuffled, policy) == balances


@given(ledgers(), st.data())
def test_a_reversed_entry_leaves_the_ledger_as_if_it_had_never_been(entries, data):
    chosen = data.draw(st.sampled_from(entries))
    reversal = entry(99, "reversal", chosen.minor, 40, of=chosen.entry_id.int)
    without = [e for e in entries if e is not chosen] or [entry(98, "charge", 0)]
    assert fold([*entries, reversal], CN_561) == fold(without, CN_561)


# Several debts of one person

A, B, C = UUID(int=11), UUID(int=12), UUID(int=13)
ON = date(2026, 6, 1)


def claim(debt, outstanding=100, due=date(2026, 1, 1), **more):
    return Claim(debt_id=debt, outstanding=outstanding, due_date=due, **more)


def shares(claims, minor, policy=CN_561, designated=None):
    spread = distribute(Money(minor, "CNY"), claims, policy, ON, designated)
    return [(p.debt_id, p.minor, p.reason) for p in spread.portions], spread.excess


@pytest.mark.parametrize(
    ("claims", "minor", "portions", "excess"),
    [
        ([claim(A)], 40, [(A, 40, "only_debt")], 0),
        (
            [claim(A, due=date(2026, 9, 1), annual_rate=Decimal(20)), claim(B)],
            150,
            [(B, 100, "due_before_not_due"), (A, 50, "due_before_not_due")],
            0,
        ),
        ([claim(A, secured_rank=1), claim(B)], 60, [(B, 60, "least_secured")], 0),
        (
            [claim(A, annual_rate=Decimal(6)), claim(B, annual_rate=Decimal("18.5"))],
            100,
            [(B, 100, "heaviest_burden")],
            0,
        ),
        ([claim(A, due=date(2026, 3, 1)), claim(B)], 100, [(B, 100, "earliest_due")], 0),
        (
            [claim(A, 100), claim(B, 200)],
            100,
            [(A, 33, "pro_rata"), (B, 67, "pro_rata")],
            0,
        ),
        ([claim(A, 100), claim(B, 200)], 350, [(A, 100, "pro_rata"), (B, 200, "pro_rata")], 50),
    ],
)
def test_money_without_a_reference_follows_the_order_of_the_civil_code(
    claims, minor, portions, excess
):
    assert shares(claims, minor) == (portions, excess)


def test_what_the_debtor_designates_goes_there_and_the_rest_nowhere_else():
    assert shares([claim(A), claim(B)], 130, designated=B) == (
        [(B, 100, "designated_by_debtor")],
        30,
    )
    with pytest.raises(LedgerError, match="not among"):
        shares([claim(A)], 10, designated=C)


def test_undirected_money_never_goes_to_a_disputed_debt_in_the_united_states():
    claims = [claim(A, disputed=True), claim(B, due=date(2026, 5, 1))]
    assert shares(claims, 150, US_DEFAULT) == ([(B, 100, "only_debt")], 50)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 1000),
            st.none() | st.dates(date(2025, 1, 1), date(2027, 1, 1)),
            st.integers(0, 2),
            st.integers(0, 3),
        ),
        max_size=6,
    ),
    st.integers(0, 5000),
)
def test_a_spread_payment_is_conserved_and_overpays_no_debt(rows, minor):
    numbers = itertools.count(100)
    claims = [
        Claim(UUID(int=next(numbers)), owed, due, secured, Decimal(rate))
        for owed, due, secured, rate in rows
    ]
    spread = distribute(Money(minor, "CNY"), claims, CN_561, ON)
    assert sum(p.minor for p in spread.portions) + spread.excess == minor
    owed = {c.debt_id: c.outstanding for c in claims}
    assert all(0 <= p.minor <= owed[p.debt_id] for p in spread.portions)
    assert spread.excess == max(0, minor - sum(owed.values()))


# Booked one after another


def told_by_folding_all(entries, policy):
    """What ``book`` says, by folding everything before and after each entry: slow, and plain."""
    known, told = [], []
    other = Reversal.NEGATE if policy.reversal is Reversal.REPLAY else Reversal.REPLAY
    for each in entries:
        before = splits(known, policy)
        follows = not known or (ledger._order(each) > max(map(ledger._order, known)))
        known.append(each)
        after = splits(known, policy)
        changed = {
            (ident, tuple(parts.items()), tuple(after.get(ident, {}).items()))
            for ident, parts in before.items()
            if ident != each.of and parts != after.get(ident, {})
        }
        money = next((e for e in known if e.entry_id == each.of), each).kind is EntryKind.PAYMENT
        taken = each.of is not None and each.kind in ledger.TAKING_BACK and money
        told.append(
            (
                replace(fold(known, policy), splits={}),
                set() if follows and each.of is None else changed,
                fold(known, policy.model_copy(update={"reversal": other})).buckets
                if taken
                else None,
            )
        )
    return told


KINDS = ("charge", "payment", "payment", "payment", "waiver", "write_off", "transfer_out")


@st.composite
def booked_anyhow(draw):
    """Entries that count on other days than they were booked, and those that take them back."""
    entries = []
    for n in range(1, draw(st.integers(2, 14))):
        back = entries and draw(st.integers(0, 3)) == 0
        kind = draw(
            st.sampled_from(("reversal", "chargeback", "refund", "correction") if back else KINDS)
        )
        made = entry(
            n, kind, draw(st.integers(0, 60)), draw(st.integers(0, 9)),
            bucket=draw(st.sampled_from(Bucket)) if kind == "charge" else None,
            of=draw(st.sampled_from(entries)).entry_id.int if back else None,
        )  # fmt: skip
        entries.append(made)
    return entries


@given(booked_anyhow(), st.sampled_from(sorted(POLICIES)), st.sampled_from(Reversal), st.data())
def test_what_came_late_is_told_as_if_all_were_folded_anew(entries, policy, method, data):
    drawn = POLICIES[policy].model_copy(update={"reversal": method, "tolerance": {}})
    with pytest.MonkeyPatch.context() as short:
        short.setattr(ledger, "_STRETCH", data.draw(st.integers(1, 4)))
        found = book(entries, drawn)
    assert [
        (
            each.balances,
            {
                (c.entry_id, tuple(c.before.items()), tuple(c.after.items()))
                for c in each.corrections
            },
            each.otherwise,
        )
        for each in found
    ] == told_by_folding_all(entries, drawn)


def applications(monkeypatch) -> list:
    """Collect every entry that is applied from now on, as often as it is."""
    applied: list = []
    plain = ledger._Run.apply

    def counted(run, each):
        applied.append(each)
        plain(run, each)

    monkeypatch.setattr(ledger._Run, "apply", counted)
    return applied


@pytest.mark.parametrize("method", Reversal)
@pytest.mark.parametrize("days", [range(900, 0, -1), [n - n % 7 for n in range(900)]])
def test_a_long_ledger_that_came_late_is_not_applied_again_for_every_entry(
    monkeypatch, days, method
):
    """Nine hundred entries booked from the last day to the first: every tenth may be applied anew
    for each, not all of them.
    """
    applied = applications(monkeypatch)
    entries = [
        entry(9000, "charge", 9_000_000, -9, bucket=Bucket.PRINCIPAL),
        *(entry(n, "payment", 100 + n % 7, day) for n, day in enumerate(days, 1)),
    ]
    policy = US_DEFAULT.model_copy(update={"reversal": method})
    assert book(entries, policy)[-1].balances == replace(fold(entries, policy), splits={})
    assert len(applied) < 100 * len(entries)


def test_negating_what_came_just_before_applies_the_long_past_not_again(monkeypatch):
    applied = applications(monkeypatch)
    entries = [entry(9000, "charge", 9_000_000, -9, bucket=Bucket.PRINCIPAL)]
    for n in range(1, 1200, 2):
        late = "reversal" if n % 41 == 0 else "payment"
        of = {"of": n - 2} if late == "reversal" else {}
        entries += [entry(n, "payment", 300, n + 1), entry(n + 1, late, 300, n, **of)]
    policy = US_DEFAULT.model_copy(update={"reversal": Reversal.NEGATE})
    assert book(entries, policy)[-1].balances == replace(fold(entries, policy), splits={})
    assert len(applied) < 20 * len(entries)
