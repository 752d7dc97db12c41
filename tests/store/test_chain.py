"""The record proves itself: whatever is changed behind its back is found and named."""

from __future__ import annotations

import hashlib
import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session, select, update

from models.chain import GONE, START
from models.contact import Channel
from models.stop import Scope, StopKind
from models.tables import Act, ContactRow, Decision, Signoff, Stop
from store import case as record
from store import chain
from store import contact as contacts
from store import operator as operators
from store import stop as stops
from store.engine import count_queries

from uuid import uuid4  # isort: skip


SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
"""What no database does differently."""


def faults(store):
    with store.reading() as session:
        return [
            (fault.what, fault.table, fault.key or (fault.chain, fault.n))
            for fault in chain.verify(session, store.keys)
        ]


def seal(store, now):
    with store.writing() as session:
        return chain.seal(session, store.keys, now)


def tamper(store, statement: str, **values):
    """Do what somebody with the database's password could do."""
    with store.engine.begin() as connection:
        connection.execution_options(writes=True)
        connection.execute(text(statement), values)


@pytest.fixture
def lived(store, world):
    """A debt with acts, a stop, a contact with its life, and a decision; answers its id."""
    debt = world.debt(world.debtor())
    now = world.now
    for number in range(3):
        with store.writing() as session:
            record.act(
                session,
                at=now,
                what="case.noted",
                reason=f"r{number}",
                actor="anna",
                debt_id=debt.id,
            )
    with store.writing() as session:
        stop, _ = stops.enter(
            session,
            StopKind.HOLD,
            Scope.DEBT,
            now=now,
            observed_at=now,
            reason="call",
            actor="anna",
            source="t",
            external_id="1",
            debt_id=debt.id,
        )
        contacts.record_inbound(
            session,
            contact_id=uuid4(),
            debtor_id=debt.debtor_id,
            debt_id=debt.id,
            channel=Channel.SMS,
            at=now,
        )
        session.add(
            Decision(
                id=uuid4(),
                debt_id=debt.id,
                debtor_id=debt.debtor_id,
                channel="sms",
                purpose="collection",
                at=now,
                moment="check",
                kind="allow",
            )
        )
        record.sign(session, pack="CN", sha256="ab", approver="bo", note="read", at=now)
        operators.add(session, store.keys, "cy", list(operators.Role), now=now, actor="bo")
    with store.writing() as session:
        stops.end(session, stop.id, now=now + timedelta(hours=1), reason="done", actor="anna")
    return debt


def test_what_was_written_by_the_house_is_whole(store, lived, world):
    seal(store, world.now)
    assert faults(store) == []
    with store.reading() as session:
        assert chain.faults_of(session, lived.id) == []
        assert [one.n for one in chain.links(session, lived.id)][:2] == [1, 2]


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("act", "reason = 'other'"),
        ("act", "actor = 'nobody'"),
        ("contact", "state = 'not_sent'"),
        ("decision", "kind = 'block'"),
        ("stop", "ended_at = NULL"),
        ("signoff", "approver = 'eve'"),
        ("operator", "roles = '[\"admin\"]'"),
    ],
)
def test_a_changed_row_is_found_and_named(store, lived, table, change):
    del lived
    with store.engine.connect() as connection:
        key = connection.execute(text(f'SELECT id FROM "{table}" ORDER BY id LIMIT 1')).scalar_one()
    tamper(store, f'UPDATE "{table}" SET {change} WHERE id = :key', key=key)
    found = faults(store)
    assert [(what, where) for what, where, _ in found] == [("row_changed", table)]
    assert str(key).replace("-", "") == str(found[0][2]).replace("-", "")


@SQLITE
@pytest.mark.parametrize("table", ["act", "stop", "decision", "signoff"])
def test_a_removed_row_is_found_and_named(store, lived, table):
    del lived
    tamper(
        store,
        f'DELETE FROM "{table}" WHERE id = (SELECT max(id) FROM "{table}")'
        if table == "act"
        else f'DELETE FROM "{table}"',
    )
    assert {(what, where) for what, where, _ in faults(store)} == {("row_removed", table)}


@SQLITE
def test_a_row_slipped_in_is_found_and_named(store, lived, world):
    with Session(store.engine) as session:
        session.connection(execution_options={"writes": True})
        session.add(
            Act(
                at=world.now,
                observed_at=world.now,
                what="x",
                reason="x",
                actor="x",
                debt_id=lived.id,
            )
        )
        session.commit()
    assert [(what, where) for what, where, _ in faults(store)] == [("row_added", "act")]


@SQLITE
def test_two_acts_exchanged_are_both_named(store, lived):
    with store.reading() as session:
        first, second = session.exec(
            select(Act.id).where(Act.debt_id == lived.id).order_by(Act.id).limit(2)
        ).all()
    tamper(store, "UPDATE act SET id = -1 WHERE id = :a", a=first)
    tamper(store, "UPDATE act SET id = :a WHERE id = :b", a=first, b=second)
    tamper(store, "UPDATE act SET id = :b WHERE id = -1", b=second)
    assert faults(store) == [
        ("row_changed", "act", str(first)),
        ("row_changed", "act", str(second)),
    ]


@SQLITE
def test_a_link_changed_removed_or_exchanged_is_found(store, lived):
    name = str(lived.id)
    tamper(store, "UPDATE chain_link SET marks = '[]' WHERE chain = :c AND n = 2", c=name)
    assert ("link_changed", "", (name, 2)) in faults(store)
    tamper(store, "DELETE FROM chain_link WHERE chain = :c AND n = 2", c=name)
    assert ("link_missing", "", (name, 2)) in faults(store)


@SQLITE
@pytest.mark.parametrize(
    "marks",
    ['[["nothing", "1", "x"]]', '[["act", "no-key", "x"]]', '[["act"]]', "7", "[[1, [], 2]]"],
)
def test_a_forged_link_is_a_fault_and_hides_no_other(store, lived, marks):
    tamper(store, "UPDATE act SET what = 'x' WHERE id = (SELECT max(id) FROM act)")
    other = [fault for fault in faults(store) if fault[0] == "row_changed"]
    tamper(
        store, "UPDATE chain_link SET marks = :m WHERE chain = :c AND n = 1",
        m=marks, c=str(lived.id),
    )  # fmt: skip
    found = faults(store)
    assert ("link_changed", "", (str(lived.id), 1)) in found
    assert other
    assert set(other) <= set(found)


def test_a_chain_cut_short_with_its_rows_is_found_by_the_seal(store, lived, world):
    seal(store, world.now)
    with store.reading() as session:
        last = chain.links(session, lived.id)[-1]
    tamper(store, "DELETE FROM chain_link WHERE chain = :c AND n = :n", c=str(lived.id), n=last.n)
    assert ("chain_cut", "", (str(lived.id), last.n)) in faults(store)


@SQLITE
def test_a_chain_made_anew_by_who_has_only_the_database_is_found_by_the_seal(store, lived, world):
    """Rows and links agree with each other then; the seal's key is not in the database."""
    seal(store, world.now)
    tamper(store, "DELETE FROM chain_link WHERE chain = :c", c=str(lived.id))
    tamper(store, "DELETE FROM stop")
    tamper(store, "UPDATE act SET actor = 'eve' WHERE debt_id IS NOT NULL")
    with store.writing() as session:
        for table in (Act, ContactRow, Decision):
            for row in session.exec(select(table).where(table.debt_id == lived.id)):
                chain.touch(session, row)
    found = faults(store)
    assert {what for what, _, _ in found} <= {"chain_cut", "link_changed"}
    assert str(lived.id) in str(found)
    tamper(store, "UPDATE chain_seal SET heads = '{}'")
    assert "seal_changed" in {what for what, _, _ in faults(store)}
    tamper(store, "DELETE FROM chain_seal WHERE n = 1")


@SQLITE
def test_a_seal_that_was_taken_out_is_missed(store, lived, world):
    del lived
    for number in range(3):
        with store.writing() as session:
            record.act(session, at=world.now, what="x", reason=f"{number}", actor="anna")
        assert seal(store, world.now) is not None
    assert seal(store, world.now) is None
    tamper(store, "DELETE FROM chain_seal WHERE n = 2")
    assert ("seal_missing", "", ("", 2)) in faults(store)


@SQLITE
def test_a_row_deleted_on_record_is_no_fault_and_may_not_come_back(store, lived):
    del lived
    with store.writing() as session:
        signed = session.exec(select(Signoff)).one()
        kept = signed.model_dump()
        session.delete(signed)
    assert faults(store) == []
    with store.reading() as session:
        marks = [m for one in chain.links(session, chain.HOUSE) for m in one.marks]
    assert [mark.digest for mark in marks if mark.table == "signoff"][-1] == GONE
    with Session(store.engine) as session:
        session.connection(execution_options={"writes": True})
        session.add(Signoff(**kept))
        session.commit()
    assert [what for what, _, _ in faults(store)] == ["row_back"]


def test_what_is_taken_back_leaves_no_link(store, lived):
    with store.reading() as session:
        before = len(chain.links(session, lived.id))
    with pytest.raises(KeyError), store.writing() as session:  # noqa: PT012
        record.act(session, at=lived.created_at, what="x", reason="x", actor="x", debt_id=lived.id)
        session.flush()
        raise KeyError
    with store.writing() as session:
        record.act(session, at=lived.created_at, what="x", reason="x", actor="x", debt_id=lived.id)
        session.flush()
        session.rollback()
    with store.reading() as session:
        assert len(chain.links(session, lived.id)) == before
    assert faults(store) == []


@SQLITE
def test_covered_rows_are_never_changed_in_bulk(store, lived):
    del lived
    with pytest.raises(RuntimeError, match="through the session"), store.writing() as session:
        session.exec(update(Stop).values(reason="x"))


def test_writers_at_once_make_one_unbroken_chain(store, lived, world):
    def write(name: str):
        for number in range(8):
            with store.writing() as session:
                record.act(
                    session,
                    at=world.now,
                    what="case.noted",
                    reason=f"{name}{number}",
                    actor="anna",
                    debt_id=lived.id if number % 2 else None,
                )

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults(store) == []
    with store.reading() as session:
        assert sum(len(one.marks) for one in chain.links(session, lived.id)) >= 16


@SQLITE
def test_a_link_can_be_checked_with_nothing_but_sha256(store, lived):
    with store.reading() as session:
        first = chain.links(session, lived.id)[0]
    said = [START, str(lived.id), 1, first.at.isoformat(), [list(mark) for mark in first.marks]]
    told = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(told.encode()).hexdigest() == first.link


@SQLITE
def test_many_chains_are_verified_with_the_statements_of_a_few(store, world):
    def statements() -> int:
        with count_queries(store) as asked:
            assert faults(store) == []
        return len(asked)

    def live(chains: int) -> None:
        with store.writing() as session:
            for _ in range(chains):
                record.act(
                    session,
                    at=world.now,
                    what="case.noted",
                    reason="r",
                    actor="anna",
                    debt_id=uuid4(),
                )

    live(2)
    few = statements()
    live(40)
    assert statements() == few
