"""Tables of other people: read exactly or refused by name, folded as live ledgers are."""

import json
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.worksheet import WorksheetError, read, work_out

U1 = {
    "currency": "USD",
    "policy": "us-default",
    "opened_on": "2026-06-15",
    "opening": {"fees": "50.00", "interest": "120.00", "principal": "1000.00"},
}


def entry(name, kind, amount=None, day="2026-06-20", **more):
    told = {"id": name, "kind": kind, "value_date": day, **more}
    return told if amount is None else {**told, "amount": amount}


def folded(*entries, **sheet):
    return work_out(read(json.dumps({**U1, **sheet, "entries": list(entries)})))


def fip(balances):
    return tuple(balances.buckets[b] for b in ("fees", "interest", "principal"))


def refused(text):
    with pytest.raises(WorksheetError) as caught:
        work_out(read(text))
    return str(caught.value)


P1 = entry("P1", "payment", "100.00")
P2 = entry("P2", "payment", "200.00", "2026-06-25")


@pytest.mark.parametrize(
    ("method", "buckets", "interest"),
    [("replay", (0, 957, 97000), 957), ("negate", (5000, 5858, 87000), 858)],
)
def test_the_two_ways_to_take_back_agree_in_all_but_later_interest(method, buckets, interest):
    sheet = folded(
        P1,
        P2,
        entry("R1", "reversal", day="2026-07-01", of="P1"),
        reversal=method,
        interest={"annual_rate": "6", "from": "2026-07-01"},
        as_of="2026-08-30",
    )
    assert fip(sheet.totals) == buckets
    assert sheet.totals.interest == interest
    assert sheet.totals.outstanding == 97000 + interest


def test_each_method_shows_the_other():
    back = entry("R1", "reversal", day="2026-07-01", of="P1")
    replay, negate = (
        folded(P1, P2, back, reversal=m).lines[-1].booked for m in ("replay", "negate")
    )
    assert negate.otherwise == replay.balances.buckets
    assert replay.otherwise == negate.balances.buckets


def test_a_back_dated_payment_leaves_a_correction_of_what_was_told():
    late = entry("P0", "payment", "30.00", "2026-06-18")
    line = folded(P1, late).lines[-1].booked
    (correction,) = line.corrections
    assert correction.before == {"fees": 5000, "interest": 5000}
    assert correction.after == {"fees": 2000, "interest": 8000}


def test_the_same_external_id_again_is_nothing_and_other_money_under_it_is_refused():
    one = entry("a", "payment", "100.00", source="bank", external_id="B-1")
    sheet = folded(one, {**one, "id": "b"})
    assert [line.duplicate for line in sheet.lines[-2:]] == [False, True]
    assert sheet.totals.paid == 10000
    other = {**one, "id": "b", "amount": "100.01"}
    assert "used for another entry" in refused(json.dumps({**U1, "entries": [one, other]}))


def test_what_is_told_ahead_of_its_payment_waits_for_it():
    sheet = folded(entry("F", "refund", "50.00", of="P"), entry("P", "payment", "200.00"))
    assert [(line.label, line.parked) for line in sheet.lines[-2:]] == [("P", False), ("F", True)]
    assert sheet.totals.paid == 15000


def test_one_cent_short_is_waived_by_an_entry_of_the_ledgers_own_that_falls_with_the_payment():
    short = entry("P", "payment", "1169.99")
    sheet = folded(short)
    assert (sheet.lines[-1].booked.made, sheet.totals.waived, sheet.totals.outstanding) == (
        True,
        1,
        0,
    )
    back = folded(short, entry("R", "reversal", day="2026-07-01", of="P"))
    assert (back.totals.waived, back.totals.outstanding) == (0, 117000)
    strict = folded(short, tolerance="0")
    assert (strict.totals.outstanding, strict.below_minimum(strict.totals)) == (1, True)


def test_an_overpayment_is_credit_until_it_is_paid_out():
    over = entry("P", "payment", "1220.00")
    sheet = folded(over, entry("F", "refund", "50.00", "2026-07-01"))
    assert [line.booked.balances.credit for line in sheet.lines[-2:]] == [5000, 0]
    bounced = folded(
        over,
        entry("F", "refund", "50.00", "2026-07-01"),
        entry("R", "reversal", of="P", day="2026-07-05"),
    )
    assert (bounced.totals.outstanding, bounced.totals.overdrawn) == (117000, 5000)


def test_a_quoted_rate_binds_while_it_is_valid():
    quote = {"amount": "800.00", "currency": "CNY", "rate": "0.1250", "source": "house",
             "valid_until": "2026-06-20T10:30:00Z", "paid_at": "2026-06-20T10:10:00Z"}  # fmt: skip
    sheet = folded(entry("P", "payment", "99.87", exchange=quote))
    found = sheet.lines[-1].exchange
    assert (sheet.totals.paid, found.difference, found.reason) == (10000, -13, "quoted_rate")
    late = quote | {"paid_at": "2026-06-20T10:31:00Z"}
    sheet = folded(entry("P", "payment", "99.87", exchange=late))
    assert (sheet.totals.paid, sheet.lines[-1].exchange.reason) == (9987, "quote_expired")


def test_money_meets_what_is_past_due_before_what_is_due_and_what_is_to_come():
    def part(day, **amounts):
        return [
            {"id": f"{day}{bucket}", "kind": "charge", "amount": amount, "bucket": bucket,
             "value_date": "2026-01-01", "due": day} for bucket, amount in amounts.items()
        ]  # fmt: skip

    rows = [
        *part("2026-01-31", principal="100.00", interest="10.00", fees="5.00"),
        *part("2026-02-28", principal="100.00", interest="9.00"),
        *part("2026-03-31", principal="100.00", interest="8.00"),
    ]
    for amount, left in {
        "5.00": (0, 2700, 30000),
        "120.00": (0, 1700, 20500 - 500),
        "224.00": (0, 800, 10000),
    }.items():
        sheet = work_out(
            read(
                json.dumps(
                    {
                        "currency": "USD",
                        "policy": "due-penalty-fee-principal-interest",
                        "entries": [*rows, entry("P", "payment", amount, "2026-02-28")],
                    }
                )
            )
        )
        assert sheet.totals.outstanding == 33200 - int(Decimal(amount) * 100)
        if amount != "120.00":
            assert fip(sheet.totals) == left
    vertical = {"order": ["principal", "interest", "fees"],
                "slots": ["past_due:interest", "due:interest", "past_due:principal"]}  # fmt: skip
    sheet = work_out(
        read(
            json.dumps(
                {
                    "currency": "USD",
                    "policy": vertical,
                    "entries": [*rows, entry("P", "payment", "30.00", "2026-02-28")],
                }
            )
        )
    )
    assert fip(sheet.totals) == (500, 800, 28900)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "this is not JSON: line 1, column 2: "),
        ("[]", "one JSON object"),
        ('{"currency": "USD", "currency": "CNY"}', "currency stands twice"),
        ('{"currency": "USD", "entries": [{"id": "a", "kind": "payment", "amount": NaN}]}', "NaN"),
        ('{"currency": "usd"}', "currency:"),
        ('{"currency": "USD"}', "nothing to fold"),
        ('{"currency": "USD", "colour": 1}', "colour: unknown key; known here: debt, currency"),
        ('{"currency": "USD", "policy": "sharia"}', "policy: 'sharia' is unknown; known: cn-561"),
        ('{"currency": "USD", "opening": {"tips": "1"}}', "opening.tips"),
        ('{"currency": "JPY", "opened_on": "2026-01-01", "opening": {"fees": "1.5"}}',
         "opening.fees: JPY has 0 decimals, the amount has 1"),
        ('{"currency": "USD", "opened_on": "2026-01-01", "opening": {"fees": "-1"}}',
         "opening.fees: an amount of zero or more"),
        ('{"currency": "USD", "opened_on": "2026-01-01", "opening": {"fees": true}}', "as text"),
        ('{"currency": "USD", "interest": {"from": "2026-01-01"}}', "either annual_rate or rates"),
        ('{"currency": "USD", "interest": {"rate": 6}}', "interest.rate: unknown key; known here:"),
        ('{"currency": "USD", "interest": {"annual_rate": "6", "on": []}}', "interest.on: at least 1"),
        ('{"currency": "USD", "interest": {"annual_rate": "6", "on": ["fees", "fees"]}}',
         "interest.on: a bucket stands twice"),
        ('{"currency": "USD", "policy": {"order": ["fees", "fees"]}}', "policy.order: a bucket stands"),
        ('{"currency": "USD", "policy": 1}', "policy: text is wanted"),
        ('{"currency": "USD", "policy": {"order": ["fees"], "in_advance": "all"}}', "policy.in_advance"),
        ('{"currency": "USD", "entries": {}}', "entries: a list is wanted"),
        ('{"currency": "USD", "entries": [7]}', "entries[0]: an object with keys is wanted"),
        ('{"currency": "USD", "as_of": 1767225600}', "as_of: write a day as text"),
        ('{"currency": "USD", "as_of": "1767225600"}', "as_of: write a day as text"),
        ('{"currency": "USD", "debt": "a\\u001b[2J"}', "a character that cannot be shown"),
        ('{"currency": "USD", "debt": "\\ud800"}', "a character that cannot be shown"),
        ('{"currency": "USD", "debt": ' + "9" * 5000 + "}", "too many digits"),
        ("[" * 100_000, "nested too deep"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_read_is_refused_by_place(text, said):
    assert said in refused(text)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"kind": "payment"}, "entries[0].amount: this key is missing"),
        ({"kind": "gift", "amount": "1"}, "entries[0].kind"),
        ({"kind": "payment", "amount": "1.005"}, "entries[0].amount: USD has 2 decimals"),
        ({"kind": "payment", "amount": 1.005}, "entries[0].amount: USD has 2 decimals"),
        ({"kind": "payment", "amount": "1,000.00"}, "entries[0].amount: an amount is digits"),
        ({"kind": "payment", "amount": "-5.00"}, "only a correction"),
        ({"kind": "payment", "amount": "0"}, "only a correction"),
        ({"kind": "payment", "amount": "99999999999999999999.00"}, "too large"),
        ({"kind": "payment", "minor": 2**63}, "entries[0].minor: at most"),
        ({"kind": "payment", "amount": "1", "booked_at": "9999-12-31T23:59:59.999999Z"}, "calendar"),
        ({"kind": "payment", "amount": "1", "booked_at": 1767225600}, "booked_at: write an instant"),
        ({"kind": "payment", "amount": "1", "value_date": 20260203}, "value_date: write a day as text"),
        ({"kind": "payment", "exchange": {"amount": "-1", "currency": "EUR", "rate": "2", "source": "x"}},
         "entries[0].exchange.amount: more than nothing"),
        ({"kind": "payment", "amount": "1", "minor": 100}, "not both"),
        ({"kind": "payment", "minor": 1.5}, "entries[0].minor"),
        ({"kind": "payment", "amount": "1", "value_date": "2026-02-30"}, "entries[0].value_date"),
        ({"kind": "payment", "amount": "1", "booked_at": "2026-02-20T10:00:00"}, "booked_at"),
        ({"kind": "payment", "amount": "1", "bucket": "fees"}, "the policy spreads it"),
        ({"kind": "payment", "amount": "1", "of": "opening:fees"}, "takes nothing back"),
        ({"kind": "payment", "amount": "1", "currency": "EUR"}, "give exchange with the rate"),
        ({"kind": "reversal"}, "of: say which entry"),
        ({"kind": "reversal", "of": "zz"}, "'zz' is the id of no entry"),
        ({"kind": "refund", "of": "opening:fees", "amount": "1"}, "takes back a payment"),
        ({"kind": "payment", "amount": "1", "shade": 1}, "entries[0].shade: unknown key; known here: id"),
        ({"kind": "payment", "amount": "1", "exchange": {"amount": "1", "currency": "EUR", "rate": "2"}},
         "exchange.source"),
        ({"kind": "payment", "exchange": {"amount": "1", "currency": "EUR"}}, "exchange: without a valid"),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_is_refused_by_place_and_name(line, said):
    row = {"id": "a", "value_date": "2026-06-20", **line}
    assert said in refused(json.dumps({**U1, "entries": [row]}))


def test_an_amount_that_cannot_be_read_is_told_once():
    said = refused(json.dumps({**U1, "entries": [entry("a", "payment", "1e2")]}))
    assert said.splitlines() == [
        "entries[0].amount: an amount is digits with at most one decimal point, as 1170.00"
    ]


def test_many_problems_are_found_as_fast_as_one():
    """Twenty thousand unknown keys: looking at each beside each other would take minutes."""
    text = '{"currency": "USD", ' + ", ".join(f'"k{n}": 1' for n in range(20_000)) + "}"
    assert len(refused(text).splitlines()) == 20_000


@pytest.mark.parametrize("turned", [False, True])
def test_entries_that_take_back_one_another_without_end_are_refused(turned):
    def chain(length):
        rows = [entry("e0", "payment", "60.00")]
        rows += [entry(f"e{n}", "reversal", of=f"e{n - 1}") for n in range(1, length)]
        return rows[::-1] if turned else rows

    assert folded(*chain(21)).totals.paid == 6000
    said = refused(json.dumps({**U1, "entries": chain(3000)}))
    assert "of: more than 20 entries take back one another in a row" in said


def test_a_stop_may_last_to_the_end_of_the_calendar():
    stop = {"from": "2026-07-01", "to": "9999-12-31"}
    sheet = folded(
        interest={"annual_rate": "36.5", "from": "2026-06-15", "stops": [stop]}, as_of="2027-01-01"
    )
    assert sheet.totals.interest == 1600


def test_all_problems_are_told_at_once():
    rows = [entry("a", "payment", "1.001"), entry("b", "reversal", of="c")]
    said = refused(json.dumps({**U1, "entries": rows}))
    assert "entries[0].amount" in said
    assert "'c'" in said


# Any life of a debt

KINDS = ["payment", "payment", "charge", "interest", "waiver", "write_off", "transfer_in",
         "transfer_out", "reversal", "chargeback", "refund", "correction"]  # fmt: skip


@st.composite
def lives(draw):
    rows = []
    for n in range(draw(st.integers(1, 14))):
        kind = draw(st.sampled_from(KINDS))
        row = {"id": f"e{n}", "kind": kind, "minor": draw(st.integers(1, 90_000)),
               "value_date": f"2026-{draw(st.integers(1, 12)):02}-{draw(st.integers(1, 28)):02}"}  # fmt: skip
        payments = [other["id"] for other in rows if other["kind"] == "payment"]
        anything = [other["id"] for other in rows]
        if kind in ("chargeback", "refund"):
            if not payments:
                continue
            row["of"] = draw(st.sampled_from(payments))
        elif kind in ("reversal", "correction"):
            if not anything:
                continue
            row["of"] = draw(st.sampled_from(anything))
            if kind == "correction":
                row["minor"] *= draw(st.sampled_from([1, -1]))
        elif kind in ("charge", "waiver", "write_off") and draw(st.booleans()):
            row["bucket"] = draw(st.sampled_from(["fees", "interest", "principal"]))
        rows.append(row)
    return rows


SETTINGS = st.fixed_dictionaries(
    {
        "policy": st.sampled_from(
            ["cn-561", "us-default", "principal-first", "due-penalty-fee-principal-interest"]
        ),
        "reversal": st.sampled_from(["replay", "negate"]),
        "interest": st.none() | st.just({"annual_rate": "7.3", "from": "2026-01-01"}),
    }
)


@settings(max_examples=60)
@given(lives(), SETTINGS)
def test_money_is_conserved_after_every_entry_of_any_life(rows, chosen):
    sheet = folded(*rows, **chosen)
    for line in sheet.lines:
        said = line.booked.balances
        assert said.charged == said.paid + said.waived + said.outstanding
        assert all(owed >= 0 for owed in said.buckets.values())
        assert sum(said.buckets.values()) == said.outstanding
        assert said.paid >= 0 <= said.credit
        assert said.waived >= 0
        assert said.credit == 0 or said.outstanding == 0


@settings(max_examples=40)
@given(lives(), SETTINGS)
def test_the_last_entry_stands_where_the_whole_fold_does(rows, chosen):
    sheet = folded(*rows, **chosen)
    last = sheet.lines[-1].booked.balances
    assert last.buckets == sheet.totals.buckets
    assert (last.paid, last.waived, last.credit, last.overdrawn) == (
        sheet.totals.paid,
        sheet.totals.waived,
        sheet.totals.credit,
        sheet.totals.overdrawn,
    )


@settings(max_examples=40)
@given(lives(), SETTINGS, st.data())
def test_under_replay_a_reversed_payment_leaves_the_ledger_as_if_it_had_never_been(
    rows, chosen, data
):
    chosen = {**chosen, "reversal": "replay", "tolerance": "0"}
    plain = [row for row in rows if row["kind"] in ("payment", "charge", "waiver", "interest")]
    paid = [row for row in plain if row["kind"] == "payment"]
    if not paid:
        return
    gone = data.draw(st.sampled_from(paid))
    back = {"id": "back", "kind": "reversal", "of": gone["id"], "value_date": "2026-12-31"}
    with_it = folded(*plain, back, as_of="2027-01-01", **chosen).totals
    without = folded(
        *(row for row in plain if row is not gone), as_of="2027-01-01", **chosen
    ).totals
    assert with_it.buckets == without.buckets
    assert (with_it.paid, with_it.waived, with_it.credit) == (
        without.paid,
        without.waived,
        without.credit,
    )


@settings(max_examples=40)
@given(lives(), SETTINGS, st.randoms())
def test_the_same_bookings_told_in_any_order_and_twice_end_the_same(rows, chosen, random):
    booked = [
        {**row, "external_id": row["id"], "booked_at": f"2027-01-01T00:00:{n:02}Z"}
        for n, row in enumerate(rows)
    ]
    again = [{**row, "id": f"{row['id']}x"} for row in booked if random.random() < 0.3]
    shuffled = [*booked, *again]
    random.shuffle(shuffled)
    one, other = folded(*booked, **chosen).totals, folded(*shuffled, **chosen).totals
    assert replace(one, splits={}) == replace(other, splits={})


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(1, 60_000), st.integers(1, 28)), min_size=1, max_size=8),
    st.randoms(),
)
def test_payments_booked_in_any_order_end_the_same(payments, random):
    rows = [
        {"id": f"p{n}", "kind": "payment", "minor": minor, "value_date": f"2026-07-{day:02}"}
        for n, (minor, day) in enumerate(payments)
    ]
    chosen = {"tolerance": "0", "interest": {"annual_rate": "7.3", "from": "2026-06-15"}}
    one = folded(*rows, as_of="2026-08-01", **chosen).totals
    random.shuffle(rows)
    other = folded(*rows, as_of="2026-08-01", **chosen).totals
    assert replace(one, splits={}) == replace(other, splits={})


def test_ids_of_made_entries_are_the_same_every_time():
    first, second = (folded(entry("P", "payment", "1169.99")) for _ in range(2))
    assert first.lines[-1].booked.entry == second.lines[-1].booked.entry
    assert isinstance(first.lines[-1].booked.entry.entry_id, UUID)
