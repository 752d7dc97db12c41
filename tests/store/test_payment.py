from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest

from models.ledger import EntryKind
from store import contact as contacts
from store import payment as money


def notice(session, world, debt, external_id="evt1", **words):
    return money.receive(
        session,
        **{
            "provider": "generic",
            "external_id": external_id,
            "kind": "payment",
            "debt_id": debt.id if debt else None,
            "debtor_id": debt.debtor_id if debt else None,
            "facts": {"minor": 100, "currency": "CNY", "payment_id": "p1"},
            "sealed": b"sealed",
            "received_at": world.now,
            "observed_at": world.now,
            **words,
        },
    )


def entry(session, world, debt, external_id, **words):
    return money.append(
        session,
        debt.id,
        **{
            "kind": EntryKind.PAYMENT,
            "minor": 100,
            "currency": "CNY",
            "value_date": world.now.date(),
            "booked_at": world.now,
            "observed_at": world.now,
            "source": "generic",
            "external_id": external_id,
            "policy": "cn-561-1",
            "actor": "tests",
            "reason": "payment",
            **words,
        },
    )


def at_once(count, act):
    """Run an act in so many threads; answer what each said."""
    said = []
    start = threading.Barrier(count)

    def run(n):
        start.wait()
        said.append(act(n))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == count
    return said


def test_one_event_delivered_many_times_at_once_is_one_row(store, world):
    debt = world.debt(world.debtor())

    def deliver(_):
        with store.writing() as session:
            item, new = notice(session, world, debt)
            return item.id, new

    said = at_once(8, deliver)
    assert len({ident for ident, _ in said}) == 1
    assert [new for _, new in said].count(True) == 1


def test_a_payment_marks_what_is_being_sent_about_that_debt(store, world):
    person = world.debtor()
    debt, other = world.debt(person), world.debt(person)
    sending = world.contact(debt, state="sending")
    elsewhere = world.contact(other, state="sending")
    with store.writing() as session:
        notice(session, world, debt)
    with store.reading() as session:
        assert contacts.by_id(session, sending.id).crossed
        assert not contacts.by_id(session, elsewhere.id).crossed


def test_a_payment_of_nobodys_debt_is_kept(store, world):
    with store.writing() as session:
        item, new = notice(session, world, None, status="suspense", problem="unknown_debt")
        assert new
    assert (item.status, item.problem) == ("suspense", "unknown_debt")


def test_no_row_is_handed_to_two_relays(store, world):
    debt = world.debt(world.debtor())
    for n in range(30):
        with store.writing() as session:
            notice(session, world, debt, f"evt{n}")

    def relay(_):
        taken = []
        while True:
            with store.writing() as session:
                items = money.claim(session, world.now, 4, timedelta(minutes=1))
            if not items:
                return taken
            taken += [item.external_id for item in items]

    taken = Counter(name for relayed in at_once(4, relay) for name in relayed)
    assert taken == Counter(f"evt{n}" for n in range(30))


def test_a_row_whose_relay_died_is_handed_out_again(store, world):
    debt = world.debt(world.debtor())
    minute = timedelta(minutes=1)
    with store.writing() as session:
        notice(session, world, debt)
        assert len(money.claim(session, world.now, 10, minute)) == 1
        assert money.claim(session, world.now, 10, minute) == []
        (again,) = money.claim(session, world.now + minute, 10, minute)
        assert again.tries == 2


def test_a_row_given_back_waits_until_its_time(store, world):
    debt = world.debt(world.debtor())
    minute = timedelta(minutes=1)
    with store.writing() as session:
        notice(session, world, debt)
        (item,) = money.claim(session, world.now, 10, minute)
        money.release(session, item, world.now + 5 * minute, "temporal unreachable")
    with store.writing() as session:
        assert money.claim(session, world.now + 4 * minute, 10, minute) == []
        assert len(money.claim(session, world.now + 5 * minute, 10, minute)) == 1


def test_payments_are_told_before_replies_and_replies_before_receipts(store, world):
    debt = world.debt(world.debtor())
    with store.writing() as session:
        for n, kind in enumerate(["receipt", "reply", "payment", "chargeback"]):
            at = world.now + timedelta(seconds=n)
            notice(session, world, debt, kind, kind=kind, received_at=at)
        items = money.claim(session, world.now, 10, timedelta(minutes=1))
    assert [item.kind for item in items] == ["payment", "chargeback", "reply", "receipt"]


@pytest.mark.parametrize(
    ("before", "status", "after"),
    [
        ("new", "delivered", "delivered"),
        ("new", "booked", "booked"),
        ("delivered", "booked", "booked"),
        ("booked", "delivered", "booked"),
        ("suspense", "delivered", "suspense"),
        ("suspense", "booked", "booked"),
        ("booked", "suspense", "booked"),
    ],
)
def test_the_relay_never_overwrites_what_the_case_did_meanwhile(
    store, world, before, status, after
):
    debt = world.debt(world.debtor())
    with store.writing() as session:
        item, _ = notice(session, world, debt)
        stale = item.model_copy()
        item.status = before
    with store.writing() as session:
        moved = money.settle(session, stale, status)
    with store.writing() as session:
        kept = money.find(session, item.id)
        assert kept is not None
        assert kept.status == after
        assert moved is (before != after)


def test_only_payments_that_nobody_booked_are_unposted(store, world):
    debt, other = world.debt(world.debtor()), world.debt(world.debtor("Li Hua"))
    with store.writing() as session:
        notice(session, world, debt, "new")
        told, _ = notice(session, world, debt, "told")
        money.settle(session, told, "delivered")
        done, _ = notice(session, world, debt, "done")
        money.settle(session, done, "booked")
        notice(session, world, debt, "reply", kind="reply")
        notice(session, world, other, "other")
        found = {item.external_id for item in money.unposted(session, [debt.id])}
    assert found == {"new", "told"}


def test_the_same_money_under_another_event_is_found(store, world):
    debt = world.debt(world.debtor())
    ask = {"provider": "generic", "payment_id": "p1", "kind": "payment", "debt_id": debt.id}
    with store.writing() as session:
        item, _ = notice(session, world, debt)
        assert money.same_money(session, **ask, minor=100) is item
        assert money.same_money(session, **ask, minor=101) is None


def test_a_ledger_counts_without_gaps_under_many_writers(store, world):
    debt = world.debt(world.debtor())

    def book(n):
        with store.writing() as session:
            kept = entry(session, world, debt, f"p{n % 10}")
            return kept.seq if kept else None

    said = at_once(20, book)
    assert sorted(seq for seq in said if seq) == list(range(1, 11))
    with store.reading() as session:
        rows = money.entries(session, debt.id)
        assert [row.seq for row in rows] == list(range(1, 11))
        assert [each.entry_id for each in money.as_entries(rows)] == [row.id for row in rows]


def test_a_refund_of_the_same_payment_is_another_entry(store, world):
    debt = world.debt(world.debtor())
    with store.writing() as session:
        paid = entry(session, world, debt, "p1")
        assert paid is not None
        assert entry(session, world, debt, "p1") is None
        back = entry(session, world, debt, "p1", kind=EntryKind.REFUND, of=paid.id)
        assert back is not None
        assert (paid.seq, back.seq) == (1, 2)
