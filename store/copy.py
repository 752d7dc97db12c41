"""A whole store in one file, for either database: taken while others work, put back into an empty one.

The file is text, one JSON value a line, packed with gzip: a head that names the schema, each table's
rows in an order in which they can be put back, and an end that counts the rows and proves the lines
before it. What is sealed stays sealed: without the keys the file tells no name. A copy made on SQLite can
be put back into PostgreSQL and the other way round.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from alembic import command
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    func,
    insert,
    inspect,
    make_url,
    select,
    text,
)
from sqlmodel import SQLModel

import models.tables  # noqa: F401  # pyright: ignore[reportUnusedImport]  # fills the metadata
from store.engine import StoreError, WrongSchemaError, connect, schema_version
from store.migrations import HEAD
from store.schema import migrating

PAGE = 500
"""Rows that are held at once."""

FORM = 1
"""Of the file; a reader refuses another."""


class CopyError(StoreError):
    """A copy can't be made or put back; nothing was changed."""


@dataclass
class Copied:
    """What a copy holds."""

    schema: str
    at: datetime
    """Wall time at which it was taken."""
    sha256: str = ""
    """Of its lines, unpacked, up to the end."""
    rows: dict[str, int] = field(default_factory=dict)


def take(url: str, file: Path, at: datetime) -> Copied:
    """Copy a store of this release's schema into a new file, mode 0600, as it stands at one moment.

    Others go on writing meanwhile; what they commit later is not in it. ``at`` is wall time. Raises
    ``CopyError`` for a file that is there or can't be written, ``WrongSchemaError`` and
    ``StoreMissingError`` for the store.
    """
    found = schema_version(url)
    if found != HEAD:
        raise WrongSchemaError(found)
    made = Copied(schema=HEAD, at=at)
    try:
        with _new(file) as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:
            digest = hashlib.sha256()

            def write(value: Any) -> None:
                line = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
                digest.update(line)
                packed.write(line)

            write({"cession_backup": FORM, "schema": HEAD, "at": at.isoformat()})
            with _snapshot(url) as connection:
                for table in SQLModel.metadata.sorted_tables:
                    made.rows[table.name] = _write_table(connection, table, write)
            made.sha256 = digest.hexdigest()
            write({"rows": made.rows, "sha256": made.sha256})
    except FileExistsError:
        raise CopyError(f"{file} is there already and is not written over") from None
    except OSError as error:
        raise CopyError(f"{file}: cannot be written ({error.strerror or error})") from None
    return made


def check(file: Path) -> Copied:
    """Read a copy to its end and answer what it holds; raises ``CopyError`` for one that is not whole."""
    digest, counted, table = hashlib.sha256(), dict[str, int](), ""
    made: Copied | None = None
    for line in _lines(file):
        value = _value(file, line)
        if made is None:
            made = _head(file, value)
        elif isinstance(value, list):
            counted[table] = counted.get(table, 0) + 1
        elif "table" in value:
            table = str(value["table"])
            counted.setdefault(table, 0)
        elif value != {"rows": counted, "sha256": digest.hexdigest()}:
            raise CopyError(f"{file} is damaged: its end does not fit what stands before it")
        else:
            made.sha256, made.rows = digest.hexdigest(), counted
            continue
        if made.sha256:
            raise CopyError(f"{file} is damaged: something stands after its end")
        digest.update(line)
    if made is None or not made.sha256:
        raise CopyError(f"{file} is damaged: it ends too early")
    return made


def put_back(url: str, file: Path) -> Copied:
    """Put a copy into an empty database, then bring it to this release's schema; one transaction.

    Raises ``CopyError`` for a file that is no whole copy and for a database that is not empty,
    ``WrongSchemaError`` for the copy of a newer release. Nothing is changed then.
    """
    made = check(file)
    if made.schema > HEAD:
        raise WrongSchemaError(made.schema)
    target = make_url(url)
    path = Path(str(target.database)) if target.get_backend_name() == "sqlite" else None
    fresh = path is not None and not path.exists()
    try:
        with migrating(url) as config:
            connection: Connection = config.attributes["connection"]
            _must_be_empty(connection)
            command.upgrade(config, made.schema)
            _fill(connection, file)
            command.upgrade(config, "head")
            _count_on(connection)
    except BaseException:
        if fresh and path is not None:
            for left in (path, *(path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm"))):
                left.unlink(missing_ok=True)
        raise
    return made


# Writing


@contextmanager
def _new(file: Path) -> Generator[Any]:
    """A file that has its name only once it is whole, and is its owner's alone from the start."""
    if file.exists():
        raise FileExistsError
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            yield raw
            raw.flush()
            os.fsync(raw.fileno())
        os.link(beside, file)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()


@contextmanager
def _snapshot(url: str) -> Generator[Connection]:
    engine = connect(url)
    try:
        with engine.connect() as connection:
            alone = engine.dialect.name == "postgresql"
            yield connection.execution_options(
                **({"isolation_level": "REPEATABLE READ"} if alone else {})
            )
    finally:
        engine.dispose()


def _write_table(connection: Connection, table: Table, write: Callable[[Any], None]) -> int:
    columns = list(table.columns)
    write({"table": table.name, "columns": [column.name for column in columns]})
    plain = [column.type.__class__.__name__ == "JSON" for column in columns]
    asked = select(*columns).order_by(*table.primary_key)
    count = 0
    for row in connection.execute(asked.execution_options(yield_per=PAGE)):
        write([value if as_is else _told(value) for value, as_is in zip(row, plain, strict=True)])
        count += 1
    return count


def _told(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case datetime():
            return {"t": value.isoformat()}
        case date():
            return {"d": value.isoformat()}
        case UUID():
            return {"u": value.hex}
        case bytes():
            return {"b": b64encode(value).decode()}
        case _:
            raise TypeError(f"a column holds {type(value).__name__}, which no copy can tell")


# Reading


def _lines(file: Path) -> Iterator[bytes]:
    try:
        with gzip.open(file, "rb") as packed:
            yield from packed
    except (gzip.BadGzipFile, UnicodeDecodeError):
        raise CopyError(f"{file} is no copy made by `cession db backup`") from None
    except (EOFError, OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or "it ends too early or was changed"
        raise CopyError(f"{file} cannot be read: {said}") from None
    except Exception as error:
        # The packer has an error of its own for bytes it cannot unpack.
        if type(error).__module__ != "zlib":
            raise
        raise CopyError(f"{file} cannot be read: it was changed") from None


def _value(file: Path, line: bytes) -> Any:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list | dict):
        raise CopyError(f"{file} is damaged, or no copy made by `cession db backup`")
    return value


def _head(file: Path, value: Any) -> Copied:
    if not isinstance(value, dict) or "cession_backup" not in value:
        raise CopyError(f"{file} is no copy made by `cession db backup`")
    if value["cession_backup"] != FORM:
        raise CopyError(f"{file} was made by a newer release; use that one")
    try:
        return Copied(schema=str(value["schema"]), at=datetime.fromisoformat(value["at"]))
    except (KeyError, TypeError, ValueError):
        raise CopyError(f"{file} is damaged: its head does not say what it holds") from None


def _must_be_empty(connection: Connection) -> None:
    if there := inspect(connection).get_table_names():
        raise CopyError(
            f"the database is not empty, it has {len(there)} tables: a copy is never put over "
            "anything. Move it away, or let CESSION_DATABASE_URL name an empty one"
        )


def _fill(connection: Connection, file: Path) -> None:
    known, lines = MetaData(), _lines(file)
    next(lines)
    table: Table | None = None
    columns: list[Column[Any]] = []
    readers: list[Callable[[Any], Any]] = []
    page: list[dict[str, Any]] = []
    for line in lines:
        value = json.loads(line)
        if isinstance(value, dict):
            _insert(connection, table, page)
            if "table" not in value:
                return
            table = _table(connection, known, value["table"])
            columns = [table.columns[name] for name in value["columns"]]
            readers = [_reader(column) for column in columns]
            continue
        assert table is not None
        page.append(
            {
                column.name: read(told)
                for column, read, told in zip(columns, readers, value, strict=True)
            }
        )
        if len(page) == PAGE:
            _insert(connection, table, page)


def _insert(connection: Connection, table: Table | None, page: list[dict[str, Any]]) -> None:
    if page and table is not None:
        connection.execute(insert(table), page)
        page.clear()


def _table(connection: Connection, known: MetaData, name: str) -> Table:
    """Answer a table as it stands in the database, with our own types where we still have the column."""
    ours = SQLModel.metadata.tables.get(name)
    there = Table(name, known, autoload_with=connection, resolve_fks=False)
    return Table(
        name,
        MetaData(),
        *(
            Column(
                column.name,
                ours.columns[column.name].type
                if ours is not None and column.name in ours.columns
                else column.type,
            )
            for column in there.columns
        ),
    )


def _reader(column: Column[Any]) -> Callable[[Any], Any]:
    return _as_is if column.type.__class__.__name__ == "JSON" else _heard


def _as_is(told: Any) -> Any:
    return told


def _heard(told: Any) -> Any:
    match told:
        case {"t": when}:
            return datetime.fromisoformat(when)
        case {"d": day}:
            return date.fromisoformat(day)
        case {"u": ident}:
            return UUID(ident)
        case {"b": packed}:
            return b64decode(packed)
        case _:
            return told


def _count_on(connection: Connection) -> None:
    """Let PostgreSQL number new rows after those that were put back."""
    if connection.dialect.name != "postgresql":
        return
    for table in SQLModel.metadata.sorted_tables:
        for column in _numbered(table):
            named = connection.execute(
                select(func.pg_get_serial_sequence(table.name, column.name))
            ).scalar()
            if named:
                last = connection.execute(select(func.max(column))).scalar()
                connection.execute(
                    text("SELECT setval(CAST(:named AS regclass), :last, :called)"),
                    {"named": named, "last": last or 1, "called": last is not None},
                )


def _numbered(table: Table) -> Iterable[Column[Any]]:
    return (column for column in table.primary_key if isinstance(column.type, Integer))
