from __future__ import annotations

import sqlite3
import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlmodel import SQLModel

import models.tables  # noqa: F401
from store.engine import Store, StoreMissingError, WrongSchemaError, connect, schema_version
from store.migrations import HEAD
from store.schema import newest, upgrade


def test_migrations_build_exactly_what_the_tables_say(url):
    engine = connect(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()


def test_the_release_names_the_newest_revision():
    assert newest() == HEAD


def test_upgrade_makes_an_empty_database_and_repeating_it_does_nothing(empty_url):
    assert upgrade(empty_url) == HEAD
    assert upgrade(empty_url) == HEAD
    assert schema_version(empty_url) == HEAD


def test_several_processes_that_upgrade_at_once_do_it_once(empty_url):
    results: list[str | Exception] = []

    def run():
        try:
            results.append(upgrade(empty_url))
        except Exception as error:  # noqa: BLE001
            results.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [HEAD] * 4


@pytest.mark.postgres
def test_an_empty_server_database_is_refused_with_the_command_that_cures_it(postgres_url, keys):
    with pytest.raises(WrongSchemaError, match=r"schema none.*cession db upgrade") as refused:
        Store.open(postgres_url, keys)
    assert (refused.value.found, refused.value.wanted) == (None, HEAD)


def test_a_missing_file_is_refused_with_the_command_that_makes_it(tmp_path, keys):
    with pytest.raises(StoreMissingError, match=r"no database at .*run: cession db upgrade"):
        Store.open(f"sqlite:///{tmp_path}/none.db", keys)
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("found", "cure"), [("0000", "run: cession db upgrade"), ("9999", "use the newer release")]
)
def test_another_schema_is_refused_with_its_cure(sqlite_template, tmp_path, keys, found, cure):
    path = tmp_path / "old.db"
    path.write_bytes(sqlite_template.read_bytes())
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE alembic_version SET version_num = '{found}'")
    connection.close()
    with pytest.raises(WrongSchemaError, match=f"has schema {found}, this release needs .*{cure}"):
        Store.open(f"sqlite:///{path}", keys)


def test_a_newer_database_is_never_upgraded_backwards(sqlite_template, tmp_path):
    path = tmp_path / "new.db"
    path.write_bytes(sqlite_template.read_bytes())
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(WrongSchemaError, match="use the newer release"):
        upgrade(f"sqlite:///{path}")


def test_a_file_that_is_no_database_is_refused_plainly(tmp_path, keys):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, however long it is" * 40)
    with pytest.raises(StoreMissingError):
        Store.open(f"sqlite:///{path}", keys)


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y", "cession.db", "postgresql//x"]
)
def test_a_url_that_is_no_store_of_ours_is_refused_with_the_two_forms(url, keys):
    with pytest.raises(StoreMissingError, match=r"sqlite:///var/cession\.db or postgresql://"):
        Store.open(url, keys)


def test_an_absent_server_is_named_without_its_password(keys):
    with pytest.raises(StoreMissingError, match="cannot be reached") as refused:
        Store.open("postgresql://cession:geheim@127.0.0.1:1/cession", keys)
    assert "geheim" not in str(refused.value)
