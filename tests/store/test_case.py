from __future__ import annotations

from datetime import timedelta

from store import case as record


def test_acts_are_answered_oldest_first_with_who_and_why(store, world):
    debt = world.debt(world.debtor())
    with store.writing() as session:
        for what, later in (("case.closed", 2), ("contact.sent", 1)):
            record.act(
                session,
                at=world.now + timedelta(hours=later),
                observed_at=world.now,
                debt_id=debt.id,
                what=what,
                reason="r",
                actor="case",
                strategy="standard-1",
                packs={"CN": 3},
            )
    with store.reading() as session:
        first, second = record.acts(session, debt.id)
    assert (first.what, second.what) == ("contact.sent", "case.closed")
    assert (first.strategy, first.packs, first.observed_at) == ("standard-1", {"CN": 3}, world.now)


def test_a_signature_stands_for_one_hash_until_it_is_withdrawn(store, world):
    words = {"pack": "CN", "approver": "compliance", "note": "read", "at": world.now}
    with store.writing() as session:
        kept = record.sign(session, sha256="aa", **words)
        record.sign(session, sha256="bb", **words)
        assert [each.id for each in record.signoffs(session, "aa")] == [kept.id]
        kept.withdrawn_at = world.now
        session.flush()
        assert record.signoffs(session, "aa") == []
        assert len(record.signoffs(session, "bb")) == 1
