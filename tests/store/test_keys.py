from __future__ import annotations

import stat
import threading
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from models.tables import ContactPoint, DataKey, Debtor, InboxItem
from store import case as record
from store import debtor as debtors
from store.engine import Store
from store.keys import KeyFileError, Keys, PersonErasedError, PersonKey, UnsealError

KEYS = Keys(master=b"m" * 32, ids=b"i" * 32, inbox=b"b" * 32)


def test_keys_are_made_once_for_their_owner_alone(tmp_path):
    directory = tmp_path / "keys"
    first, again = Keys.load_or_create(directory), Keys.load_or_create(directory)
    assert first.token("s1", "ACC-1") == again.token("s1", "ACC-1")
    assert again.open_store(first.seal_store(b"raw")) == b"raw"
    files = sorted(directory.iterdir())
    assert [file.name for file in files] == ["ids.key", "inbox.key", "master.key"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_processes_that_start_together_agree_on_the_keys(tmp_path):
    directory, tokens = tmp_path / "keys", []
    start = threading.Barrier(8)

    def load():
        start.wait()
        tokens.append(Keys.load_or_create(directory).token("x"))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 8
    assert len(set(tokens)) == 1


def test_a_lost_key_is_never_replaced_silently(tmp_path):
    Keys.load_or_create(tmp_path)
    (tmp_path / "master.key").unlink()
    with pytest.raises(KeyFileError, match=r"master\.key missing .* restore"):
        Keys.load_or_create(tmp_path)
    assert not (tmp_path / "master.key").exists()


def test_a_key_that_others_can_read_is_refused(tmp_path):
    Keys.load_or_create(tmp_path)
    (tmp_path / "ids.key").chmod(0o644)
    with pytest.raises(KeyFileError, match=r"can be read by others; run: chmod 600"):
        Keys.load_or_create(tmp_path)


def test_a_damaged_key_is_named_and_not_shown(tmp_path):
    Keys.load_or_create(tmp_path)
    file = tmp_path / "inbox.key"
    file.write_text("secret but short")
    with pytest.raises(KeyFileError, match=r"inbox.key is not a key") as refused:
        Keys.load_or_create(tmp_path)
    assert "secret" not in str(refused.value)


def test_a_token_is_the_same_for_ever():
    """Workflow ids are made of it: a change would start every case twice."""
    assert KEYS.token("s1", "ACC-1") == "4cp7j6zbuhwjnpi5ayvz"


@given(st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_different_parts_have_different_tokens(one, other):
    assert (KEYS.token(*one) == KEYS.token(*other)) is (one == other)
    assert len(KEYS.token(*one)) == 20
    assert KEYS.token(*one).isalnum()
    assert KEYS.token(*one).islower()


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_what_is_sealed_for_a_person_opens_for_that_person_only(words):
    ident = uuid4()
    mine = PersonKey(ident, b"k" * 32)
    sealed = mine.seal(words)
    assert mine.open_json(sealed) == words
    assert mine.seal(words) != sealed
    for stranger in (PersonKey(uuid4(), b"k" * 32), PersonKey(ident, b"j" * 32)):
        with pytest.raises(UnsealError):
            stranger.open(sealed)


@given(st.integers(min_value=0))
def test_sealed_bytes_that_were_touched_do_not_open(position):
    sealed = bytearray(KEYS.seal_store(b"amount=1.00"))
    sealed[position % len(sealed)] ^= 1
    with pytest.raises(UnsealError):
        KEYS.open_store(bytes(sealed))


@pytest.mark.parametrize(
    "sealed", [b"", b"\x01", KEYS.seal_store(b"")[:17]], ids=("nothing", "version", "head")
)
def test_sealed_bytes_that_were_cut_do_not_open(sealed):
    with pytest.raises(UnsealError):
        KEYS.open_store(sealed)


def test_a_destroyed_key_makes_a_person_unreadable_at_once(store, world):
    debtor = world.debtor()
    with store.reading() as session:
        key = store.keys.person_key(session, debtor.id)
        assert key.open_json(debtor.sealed) == {"name": "Wang Xiaoming"}
    with store.writing() as session:
        assert store.keys.erase(session, debtor.id)
        assert not store.keys.erase(session, debtor.id)
    with store.reading() as session, pytest.raises(PersonErasedError, match="was erased"):
        store.keys.person_key(session, debtor.id)


def test_another_installations_master_key_opens_nobody(store, world, tmp_path):
    debtor = world.debtor()
    other = Keys.load_or_create(tmp_path / "other")
    with store.reading() as session, pytest.raises(KeyFileError, match="is missing in"):
        other.person_key(session, debtor.id)


def test_no_personal_word_stands_in_the_database_file(sqlite_template, tmp_path, keys):
    """Planted in everything that may hold personal data, found nowhere on the disk."""
    marks = ["MARKED-NAME-7341", "+12025550199", "MARKED-NOTE-7342", "MARKED-RAW-7343"]
    path = tmp_path / "cession.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = Store.open(f"sqlite:///{path}", keys)
    plant(store, *marks)
    held = b"".join(file.read_bytes() for file in tmp_path.glob("cession.db*"))
    store.close()
    assert Path(f"{path}").read_bytes()[:15] == b"SQLite format 3"
    assert b"case.marked" in held
    assert [mark for mark in marks if mark.encode() in held] == []


def test_a_destroyed_key_does_not_linger_in_the_file(sqlite_template, tmp_path, keys):
    path = tmp_path / "cession.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = Store.open(f"sqlite:///{path}", keys)
    ident = uuid4()
    with store.writing() as session:
        keys.new_data_key(session, ident, datetime(2026, 11, 24, tzinfo=UTC))
        session.flush()
        wrapped = session.exec(select(DataKey.wrapped)).one()
    with store.writing() as session:
        keys.erase(session, ident)
    store.close()
    assert wrapped not in b"".join(file.read_bytes() for file in tmp_path.glob("cession.db*"))


def plant(store, name, number, note, raw):
    now, ident = datetime(2026, 11, 24, tzinfo=UTC), uuid4()
    with store.writing() as session:
        key = store.keys.new_data_key(session, ident, now)
        debtors.add(
            session,
            Debtor(
                id=ident,
                key="k",
                identity=store.keys.token(name),
                jurisdiction="CN",
                sealed=key.seal({"name": name, "note": note}),
                created_at=now,
            ),
        )
        debtors.add_point(
            session,
            ContactPoint(
                id=uuid4(),
                debtor_id=ident,
                kind="phone",
                token=store.keys.token("phone", number),
                sealed=key.seal(number),
                created_at=now,
            ),
        )
        session.add(
            InboxItem(
                id=uuid4(),
                provider="sms",
                external_id="1",
                kind="reply",
                sealed=store.keys.seal_store(raw.encode()),
                received_at=now,
                observed_at=now,
            )
        )
        record.act(session, at=now, what="case.marked", reason="test", actor="tests")
