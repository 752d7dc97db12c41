"""A whole store goes into one file and comes back, in either database, and proves itself again."""

from __future__ import annotations

import gzip
import json
import tempfile
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import inspect
from sqlmodel import SQLModel, select

from models.ledger import EntryKind
from models.tables import ChainLink, LedgerEntry, Stop
from store import chain
from store import payment as money
from store.copy import CopyError, check, put_back, take
from store.engine import Store, WrongSchemaError, connect, schema_version
from store.migrations import HEAD
from store.schema import migrating

from .conftest import BOTH, NOW


@pytest.fixture
def lived(world, store, keys):
    """A store with people, a debt with money, contacts, and a seal over it all."""
    debtor = world.debtor("Wang Xiaoming")
    world.point(debtor)
    debt = world.debt(debtor, facts={"total": 100, "é": [1, None, {"a": 0.5}]})
    for n in range(3):
        world.contact(debt, ordinal=n, state="sent", at=NOW + timedelta(hours=n, microseconds=7))
    world.writing(
        lambda session: money.append(
            session,
            debt.id,
            kind=EntryKind.CHARGE,
            minor=2**40,
            currency="CNY",
            value_date=NOW.date(),
            booked_at=NOW,
            observed_at=NOW,
            source="import",
            external_id="x",
            policy="import",
            actor="tester",
            reason="opening_balance",
            bucket="principal",
        )
    )
    world.writing(lambda session: chain.seal(session, keys, NOW))
    return world


@pytest.fixture(params=BOTH)
def other_url(request, tmp_path) -> str:
    """Address of another database, that nobody has set up."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'other.db'}"
    return request.getfixturevalue("postgres_url")


def everything(url: str) -> dict[str, list[tuple]]:
    engine = connect(url)
    try:
        with engine.connect() as connection:
            return {
                table.name: sorted(
                    (tuple(row) for row in connection.execute(select(table))), key=repr
                )
                for table in SQLModel.metadata.sorted_tables
            }
    finally:
        engine.dispose()


def test_what_comes_back_is_what_was_there_proves_itself_and_goes_on(
    lived, url, other_url, keys, tmp_path
):
    taken = take(url, tmp_path / "copy", NOW)
    assert put_back(other_url, tmp_path / "copy") == taken == check(tmp_path / "copy")
    assert everything(other_url) == everything(url)
    assert taken.rows["contact"] == 3
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    again = Store.open(other_url, keys)
    try:
        with again.writing() as session:
            # New rows are numbered after those that were put back.
            session.add(
                Stop(
                    id=uuid4(),
                    kind="kill_switch",
                    scope="everything",
                    entered_at=NOW,
                    observed_at=NOW,
                    reason="r",
                    actor="a",
                    source="s",
                    external_id="e",
                )
            )
        with again.reading() as session:
            assert list(chain.verify(session, keys)) == []
            assert session.exec(select(LedgerEntry)).one().minor == 2**40
            assert session.exec(select(ChainLink)).all()
    finally:
        again.close()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_the_copy_tells_no_name(lived, url, tmp_path):
    take(url, tmp_path / "copy", NOW)
    assert b"Xiaoming" not in gzip.decompress((tmp_path / "copy").read_bytes())


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_copy_is_never_put_over_anything(lived, url, tmp_path):
    take(url, tmp_path / "copy", NOW)
    before = everything(url)
    with pytest.raises(CopyError, match="not empty"):
        put_back(url, tmp_path / "copy")
    assert everything(url) == before
    with pytest.raises(CopyError, match="is there already"):
        take(url, tmp_path / "copy", NOW)


def lines_of(file) -> list[bytes]:
    return gzip.decompress(file.read_bytes()).splitlines(keepends=True)


def resealed(lines: list[bytes]) -> bytes:
    end = json.loads(lines[-1])
    end["sha256"] = sha256(b"".join(lines[:-1])).hexdigest()
    return gzip.compress(b"".join([*lines[:-1], json.dumps(end).encode() + b"\n"]))


DAMAGE = {
    "cut off": lambda raw, lines: raw[: len(raw) // 2],
    "last line missing": lambda raw, lines: gzip.compress(b"".join(lines[:-1])),
    "a byte changed": lambda raw, lines: raw[:400] + bytes([raw[400] ^ 255]) + raw[401:],
    "a row changed": lambda raw, lines: gzip.compress(
        b"".join(lines).replace(b"Nord Bank", b"Sued Bank")
    ),
    "a row missing": lambda raw, lines: resealed([*lines[:-3], *lines[-2:]]),
    "more after the end": lambda raw, lines: gzip.compress(b"".join([*lines, lines[-2]])),
    "not packed": lambda raw, lines: b"".join(lines),
    "something else": lambda raw, lines: gzip.compress(b"hello\n"),
    "another's JSON": lambda raw, lines: gzip.compress(b'{"a": 1}\n'),
    "empty": lambda raw, lines: b"",
    "a head without its day": lambda raw, lines: resealed(
        [lines[0].replace(b'"at":', b'"was":'), *lines[1:]]
    ),
    "a head with no day": lambda raw, lines: resealed(
        [lines[0].replace(b'"at":"', b'"at":"no'), *lines[1:]]
    ),
    "of the future": lambda raw, lines: resealed(
        [lines[0].replace(b'"cession_backup":1', b'"cession_backup":2'), *lines[1:]]
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_damaged_copy_is_refused_and_leaves_nothing(lived, url, tmp_path, damage):
    take(url, tmp_path / "whole", NOW)
    raw, lines = (tmp_path / "whole").read_bytes(), lines_of(tmp_path / "whole")
    (tmp_path / "copy").write_bytes(DAMAGE[damage](raw, lines))
    with pytest.raises(CopyError, match=str(tmp_path / "copy")):
        put_back(f"sqlite:///{tmp_path}/new.db", tmp_path / "copy")
    assert not list(tmp_path.glob("new.db*"))


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_copy_of_an_older_release_is_brought_up_and_a_newer_one_refused(lived, url, tmp_path):
    take(url, tmp_path / "now", NOW)
    lines = lines_of(tmp_path / "now")
    for schema, name in (("0005", "older"), ("9999", "newer")):
        head = lines[0].replace(f'"schema":"{HEAD}"'.encode(), f'"schema":"{schema}"'.encode())
        (tmp_path / name).write_bytes(resealed([head, *without_newer(lines[1:], schema)]))
    put_back(f"sqlite:///{tmp_path}/old.db", tmp_path / "older")
    assert schema_version(f"sqlite:///{tmp_path}/old.db") == HEAD
    assert everything(f"sqlite:///{tmp_path}/old.db")["contact"] == everything(url)["contact"]
    with pytest.raises(WrongSchemaError, match="newer release"):
        put_back(f"sqlite:///{tmp_path}/new.db", tmp_path / "newer")


def without_newer(lines: list[bytes], schema: str) -> list[bytes]:
    """The same rows as a release with that schema would have written them."""
    if schema == "9999":
        return lines
    with tempfile.TemporaryDirectory() as directory:
        old = f"sqlite:///{Path(directory) / 'old.db'}"
        with migrating(old) as config:
            command.upgrade(config, schema)
        engine = connect(old)
        there = inspect(engine)
        known = {
            name: {column["name"] for column in there.get_columns(name)}
            for name in there.get_table_names()
        }
        engine.dispose()
    kept: list[bytes] = []
    columns: list[str] | None = None
    table, rows = "", {}
    for line in lines[:-1]:
        value = json.loads(line)
        if isinstance(value, dict):
            table, named = value["table"], value["columns"]
            columns = named if table in known else None
            if columns is not None:
                rows[table] = 0
                value["columns"] = [name for name in named if name in known[table]]
        elif columns is not None:
            rows[table] += 1
            value = [
                each for each, name in zip(value, columns, strict=True) if name in known[table]
            ]
        if columns is not None:
            kept.append(json.dumps(value, ensure_ascii=False).encode() + b"\n")
    return [*kept, json.dumps({"rows": rows, "sha256": ""}).encode() + b"\n"]
