from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import event
from sqlmodel import select

from models.tables import Act, ContactRow, Debtor, Seller
from store import case as record
from store import contact as contacts
from store import debtor as debtors
from store.engine import Store, StoreBusyError, StoreError, count_queries, insert_once

HOUSE = Path(__file__).parents[2]

ON_POSTGRESQL = pytest.mark.parametrize(
    "url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)

HOLDS_THE_FILE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


WRITES_TWENTY_ACTS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from store import case
from store.engine import Store
from store.keys import Keys

store = Store.open(sys.argv[1], Keys.load_or_create(Path(sys.argv[2])))
now = datetime(2026, 11, 24, tzinfo=UTC)
sys.stdin.readline()
for n in range(20):
    with store.writing() as session:
        case.act(session, at=now, what=f"{sys.argv[3]}:{n}", reason="test", actor="tests")
"""


def note(session, now, what):
    record.act(session, at=now, what=what, reason="test", actor="tests")


def fill(store, now, what="filling", times=20):
    with store.writing() as session:
        for _ in range(times):
            note(session, now, what)


def whats(store):
    with store.reading() as session:
        return [act.what for act in session.exec(select(Act).order_by(Act.id))]


def test_what_is_written_is_there_after_a_clean_exit_only(store, world):
    with store.writing() as session:
        note(session, world.now, "kept")

    def fail(session):
        note(session, world.now, "lost")
        session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), store.writing() as session:
        fail(session)
    with store.reading() as session:
        note(session, world.now, "only read")
        session.flush()
    assert whats(store) == ["kept"]


def test_rows_stay_readable_after_the_commit(store, world):
    debt = world.debt(world.debtor())
    with store.writing() as session:
        row = debtors.lock(session, debt.debtor_id)
    assert row.jurisdiction == "CN"


def test_instants_come_back_aware_and_naive_ones_are_refused(store, world):
    debtor = world.debtor()
    with store.reading() as session:
        kept = session.get(Debtor, debtor.id)
        assert kept is not None
        assert kept.created_at == world.now
        assert kept.created_at.tzinfo is not None
    naive = world.now.replace(tzinfo=None)
    with pytest.raises(Exception, match="naive datetime"), store.writing() as session:
        note(session, naive, "naive")


def test_twenty_who_decide_about_one_person_take_turns(store, world):
    """Each reads a number under the lock and writes the next one: none is lost."""
    debtor = world.debtor()

    def decide():
        with store.writing() as session:
            row = debtors.lock(session, debtor.id)
            row.preferences = {"n": row.preferences.get("n", 0) + 1}
            session.add(row)

    threads = [threading.Thread(target=decide) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as session:
        assert debtors.get(session, debtor.id).preferences == {"n": 20}


@ON_POSTGRESQL
def test_people_are_decided_about_side_by_side_on_postgresql(store, world):
    first, second = world.debtor(), world.debtor("Li Hua")
    with store.writing() as one, store.writing(patience=2) as two:
        assert debtors.lock(one, first.id).id == first.id
        assert debtors.lock(two, second.id).id == second.id


def test_who_is_locked_out_hears_it_in_plain_words_and_in_time(store, world):
    debtor = world.debtor()
    held, done = threading.Event(), threading.Event()

    def hold():
        with store.writing() as session:
            debtors.lock(session, debtor.id)
            held.set()
            done.wait(10)

    other = threading.Thread(target=hold)
    other.start()
    held.wait(10)
    began = time.monotonic()
    try:
        with (
            pytest.raises(StoreBusyError, match="store is busy: waited 0 s; nothing was written"),
            store.writing(patience=0.2) as session,
        ):
            debtors.lock(session, debtor.id)
        assert 0.1 < time.monotonic() - began < 4
    finally:
        done.set()
        other.join()
    with store.writing(patience=2) as session:
        assert debtors.lock(session, debtor.id).id == debtor.id


def test_another_process_that_holds_the_file_is_waited_for_no_longer_than_patience(
    sqlite_template, tmp_path, keys
):
    path = tmp_path / "cession.db"
    path.write_bytes(sqlite_template.read_bytes())
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HOLDS_THE_FILE,
            str(path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    store = Store.open(f"sqlite:///{path}", keys)
    try:
        assert holder.stdout.readline() == "held\n"
        with store.reading() as session:
            assert session.exec(select(Debtor)).all() == []
        with pytest.raises(StoreBusyError), store.writing(patience=0.2):
            pass
    finally:
        holder.communicate("")
    with store.writing(patience=5) as session:
        assert session.exec(select(Debtor)).all() == []
    store.close()


def test_sqlite_keeps_its_promises_about_durability_and_references(sqlite_template, tmp_path, keys):
    path = tmp_path / "cession.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = Store.open(f"sqlite:///{path}", keys)
    with store.writing() as session:
        ask = session.connection().exec_driver_sql
        said = {
            name: ask(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    store.close()
    assert said == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


def test_a_reference_to_nobody_is_refused(store, world):
    debtor = world.debtor()
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        world.debt(debtor, portfolio_id=uuid4())


def test_one_of_two_equal_rows_is_stored_and_belongs_to_the_session(store, world):
    def row():
        return Seller(id=uuid4(), code="s2", legal_name="Sued Bank", created_at=world.now)

    with store.writing() as session:
        kept = row()
        assert insert_once(session, kept, "code")
        assert not insert_once(session, row(), "code")
        kept.legal_name = "Sued Bank plc"
    with store.reading() as session:
        assert session.exec(select(Seller.legal_name).where(Seller.code == "s2")).all() == [
            "Sued Bank plc"
        ]


def test_statements_are_counted_without_those_that_frame_them(store, world):
    debtor = world.debtor()
    with count_queries(store) as seen, store.writing(patience=4) as session:
        debtors.lock(session, debtor.id)
        note(session, world.now, "counted")
    lock = ["SELECT"] if store.dialect == "postgresql" else []
    chained = [*lock, "SELECT", "INSERT"]
    assert [statement.split()[0] for statement in seen] == ["SELECT", "INSERT", *chained]
    counted = len(seen)
    with store.reading() as session:
        debtors.get(session, debtor.id)
    assert len(seen) == counted


@ON_POSTGRESQL
def test_a_server_that_restarted_is_found_again(store, world):
    """Its old connections are dead; the next session notices before it asks anything."""
    with store.writing() as session:
        note(session, world.now, "before")
    with store.engine.connect() as admin:
        admin.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with store.writing() as session:
        note(session, world.now, "after")
    assert whats(store) == ["before", "after"]


def test_a_database_that_takes_no_writes_says_so_and_serves_again_afterwards(store, world):
    """A standby, or a file that is write-protected; connections made later may find another server."""
    sqlite = store.dialect == "sqlite"
    word = "PRAGMA query_only = on" if sqlite else "SET default_transaction_read_only = on"

    def protect(connection, _record):
        connection.execute(word)
        if not sqlite:
            connection.commit()

    store.prove_writable()
    store.engine.dispose()
    event.listen(store.engine, "connect", protect)
    for act in (store.prove_writable, lambda: fill(store, world.now, "kept out")):
        with pytest.raises(StoreError, match="can be read only"):
            act()
    event.remove(store.engine, "connect", protect)
    fill(store, world.now, "after")
    assert set(whats(store)) == {"after"}


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_full_disk_is_named_and_what_it_kept_out_leaves_no_trace(store, world):
    def small(connection, _record):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    store.engine.dispose()
    event.listen(store.engine, "connect", small)
    with pytest.raises(StoreError, match="disk of the database is full: free some space"):
        fill(store, world.now, times=4000)
    before = whats(store)
    store.engine.dispose()
    event.remove(store.engine, "connect", small)
    assert whats(store) == before


def test_an_error_shows_no_value_of_the_row_that_caused_it(store, world):
    debtor = world.debtor()
    with pytest.raises(Exception, match=r"(?i)unique") as refused, store.writing() as session:
        session.add(
            Debtor(**{**debtor.model_dump(), "sealed": b"MARKED-7341", "language": "marked"})
        )
    assert "marked" not in str(refused.value).lower().partition("detail")[0]


def test_of_twenty_who_would_contact_one_person_one_finds_the_place_free(store, world):
    debts = [world.debt(person) for person in [world.debtor()] for _ in range(20)]
    start = threading.Barrier(20)

    def reserve(debt):
        start.wait()
        with store.writing() as session:
            debtors.lock(session, debt.debtor_id)
            if not contacts.log_of(session, debt.debtor_id, world.now):
                session.add(
                    ContactRow(
                        id=uuid4(),
                        debtor_id=debt.debtor_id,
                        debt_id=debt.id,
                        channel="sms",
                        state="reserved",
                        at=world.now,
                    )
                )

    threads = [threading.Thread(target=reserve, args=(debt,)) for debt in debts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as session:
        assert len(contacts.log_of(session, debts[0].debtor_id, world.now)) == 1


def test_worker_gateway_and_command_line_write_side_by_side(store, url, tmp_path):
    """Three processes that start together; none is locked out, none overtakes itself."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITES_TWENTY_ACTS, url, str(tmp_path / "keys"), name],
            stdin=subprocess.PIPE,
            cwd=HOUSE,
        )
        for name in "abc"
    ]
    for writer in writers:
        writer.stdin.write(b"go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    seen = whats(store)
    for name in "abc":
        own = [what for what in seen if what.startswith(name)]
        assert own == [f"{name}:{n}" for n in range(20)]
