"""The database behind two doors: sessions that read and sessions that write."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Executable,
    create_engine,
    event,
    func,
    insert,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import make_transient_to_detached
from sqlmodel import Session, SQLModel

from runtime.clock import wall_now
from store import chain
from store.keys import NAMES, KeyFileError, Keys
from store.migrations import HEAD

PATIENCE = 30.0
"""Seconds to wait for another writer. Local activities hand in 4, below their own timeout."""

THREADS = 4
"""Store threads of one process; the pool holds one connection for each."""

UPGRADE = "cession db upgrade"

_PRAGMAS = (
    "journal_mode=WAL",
    # A `sending` row lost in a power cut is a second message.
    "synchronous=FULL",
    "foreign_keys=ON",
    # A destroyed data key must not linger in free pages.
    "secure_delete=ON",
)

_writers: dict[str, threading.Lock] = {}
"""One writer at a time per SQLite file and process, in line here and not in a busy loop."""

_LOCKED_OUT = frozenset({"55P03", "40P01", "40001", "57014"})
"""PostgreSQL: lock not available, deadlock, serialisation, statement timeout."""

_UPGRADING = 0x63657373
"""Advisory lock on PostgreSQL, any number that is nobody else's."""

_ABSENT = ("08", "28", "3D", "57P", "SQLITE_CANTOPEN", "SQLITE_NOTADB")
"""Connection lost or refused, wrong user, no such database, shut down."""

_READ_ONLY = ("25006", "SQLITE_READONLY")

_FULL = frozenset({"53100", "SQLITE_FULL"})

_FORBIDDEN = "42501"
"""PostgreSQL: insufficient_privilege."""
_DAMAGED = ("SQLITE_NOTADB", "SQLITE_CORRUPT")


class StoreError(RuntimeError):
    """The store cannot serve; the text says what to do and names no secret."""


class StoreBusyError(StoreError):
    """Others held the store, or the person's row, for longer than the caller could wait."""

    def __init__(self, waited: float) -> None:
        self.waited = waited
        super().__init__(
            f"the store is busy: waited {waited:.0f} s; nothing was written, try again"
        )


class StoreMissingError(StoreError):
    """There is no database where the settings point."""


class WrongSchemaError(StoreError):
    """The database has another schema than this release works with."""

    def __init__(self, found: str | None, wanted: str = HEAD, command: str = UPGRADE) -> None:
        self.found, self.wanted, self.command = found, wanted, command
        newer = found is not None and found > wanted
        cure = "use the newer release that made it" if newer else f"run: {command}"
        super().__init__(
            f"the database has schema {found or 'none'}, this release needs {wanted}; {cure}"
        )


class Store:
    """SQLite in a file or PostgreSQL by URL, with the keys of what is sealed in it."""

    def __init__(self, engine: Engine, keys: Keys) -> None:
        self.engine = engine
        self.keys = keys
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._turn = (
            _writers.setdefault(str(Path(file).resolve()), threading.Lock()) if file else None
        )

    @classmethod
    def open(cls, url: str, keys: Keys) -> Store:
        """Open a database of this release's schema.

        Raises ``StoreMissingError`` and ``WrongSchemaError``.
        """
        found = schema_version(url)
        if found != HEAD:
            raise WrongSchemaError(found)
        return cls(connect(url), keys)

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        return "sqlite" if self.engine.dialect.name == "sqlite" else "postgresql"

    @contextmanager
    def reading(self) -> Generator[Session]:
        """Answer a session that leaves nothing behind: what it changes is taken back."""
        with (
            _translated(PATIENCE, self.engine),
            Session(self.engine, expire_on_commit=False) as session,
        ):
            yield session

    @contextmanager
    def writing(self, *, patience: float = PATIENCE) -> Generator[Session]:
        """Answer a session that commits on clean exit and takes all back on an error.

        On SQLite it is alone; on PostgreSQL lock the debtor first. Rows stay readable after the
        commit. ``patience`` is in seconds; raises ``StoreBusyError`` when it runs out.
        """
        ends = time.monotonic() + patience
        if self._turn and not self._turn.acquire(timeout=patience):
            raise StoreBusyError(patience)
        try:
            left = max(ends - time.monotonic(), 0.0)
            with (
                _translated(patience, self.engine),
                Session(self.engine, expire_on_commit=False) as session,
            ):
                session.connection(execution_options={"writes": True, "patience": left})
                yield session
                chain.write(session, wall_now())
                session.commit()
        finally:
            if self._turn:
                self._turn.release()

    def prove_writable(self) -> None:
        """Write, and change nothing by it. Raises ``StoreError``, with what keeps it from writing."""
        with self.writing() as session:
            if self.dialect == "sqlite":
                version = session.connection().exec_driver_sql("PRAGMA user_version").scalar()
                session.connection().exec_driver_sql(f"PRAGMA user_version = {int(version or 0)}")
            else:
                session.connection().exec_driver_sql(
                    "UPDATE alembic_version SET version_num = version_num"
                )

    def close(self) -> None:
        self.engine.dispose()


class Counted(list[str]):
    """The statements that were executed, in order."""


@contextmanager
def count_queries(store: Store) -> Generator[Counted]:
    """Collect a store's statements, without those that only begin, end or set up a transaction."""
    seen = Counted()

    def note(_c: Connection, _k: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SET ")):
            seen.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(store.engine, "before_cursor_execute", note)


def connect(url: str) -> Engine:
    """Answer an engine with our transaction rules; makes no connection yet.

    Raises ``StoreMissingError`` for a URL that is neither SQLite in a file nor PostgreSQL.
    """
    target = _target(url)
    if target.get_backend_name() == "sqlite":
        engine = create_engine(
            target,
            # Errors travel into logs and histories, where no value of ours belongs.
            hide_parameters=True,
            pool_size=THREADS,
            max_overflow=THREADS,
            pool_timeout=PATIENCE,
            connect_args={"check_same_thread": False, "isolation_level": None},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(
            target,
            # Errors travel into logs and histories, where no value of ours belongs.
            hide_parameters=True,
            pool_size=THREADS,
            max_overflow=THREADS,
            pool_timeout=PATIENCE,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10, "options": _options(PATIENCE)},
        )
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def keys_for(url: str, directory: Path) -> Keys:
    """Read the key files of a database; they are made only for one that nobody works with yet.

    Raises ``KeyFileError``.
    """
    refuse_fresh_keys(url, directory)
    return Keys.load_or_create(directory)


def refuse_fresh_keys(url: str, directory: Path) -> None:
    """Raise ``KeyFileError`` where a database is in use and the directory has no keys.

    Fresh keys beside a database whose own are lost, or are on another machine, would open nothing of
    it and stand in the way of the copy. Makes nothing.
    """
    if not any((directory / f"{name}.key").exists() for name in NAMES) and _in_use(url):
        raise KeyFileError(
            f"the keys of this database are not in {directory}; put back your copy (cession keys "
            "restore FILE), or copy them from a machine that has them"
        )


def _in_use(url: str) -> bool:
    """Whether a database has its first operator, whose token the keys know."""
    try:
        if schema_version(url) is None:
            return False
    except StoreMissingError:
        return False
    engine = connect(url)
    try:
        with _translated(PATIENCE, engine), engine.connect() as connection:
            known = inspect(connection).has_table("operator")
            return known and connection.execute(text("SELECT 1 FROM operator")).first() is not None
    finally:
        engine.dispose()


def schema_version(url: str) -> str | None:
    """Answer the revision of a database, None for an empty one; raises ``StoreMissingError``."""
    target = _target(url)
    if target.get_backend_name() == "sqlite" and not Path(str(target.database)).is_file():
        raise StoreMissingError(f"no database at {target.database}; run: {UPGRADE}")
    engine = connect(url)
    try:
        with _translated(PATIENCE, engine), engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    finally:
        engine.dispose()


@contextmanager
def exclusive(url: str) -> Generator[Connection]:
    """Answer a connection alone with the database, made if it is a file: for migrations only.

    One transaction, committed on clean exit. References are not enforced meanwhile on SQLite,
    which changes a table by building it anew.
    """
    target = _target(url)
    if target.get_backend_name() == "sqlite":
        Path(str(target.database)).resolve().parent.mkdir(parents=True, exist_ok=True)
    engine = connect(url)
    try:
        with _translated(PATIENCE, engine), engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            with connection.execution_options(writes=True, patience=PATIENCE).begin():
                if engine.dialect.name == "postgresql":
                    # Of several processes starting at once, one upgrades and the others wait.
                    connection.execute(select(func.pg_advisory_xact_lock(_UPGRADING)))
                yield connection
    finally:
        engine.dispose()


def insert_once(session: Session, row: SQLModel, *unique: str) -> bool:
    """Insert a row unless one with the same unique columns is there; answer whether it was new.

    A new row belongs to the session afterwards. One statement, so two writers cannot both win.
    """
    session.flush()
    connection = session.connection()
    asked, keys = _once(str(row.__tablename__), connection.dialect.name, unique)
    done = connection.execute(asked, {key: getattr(row, key) for key in keys})
    if done.first() is None:
        return False
    make_transient_to_detached(row)
    session.add(row)
    chain.touch(session, row)
    return True


def insert_all_once(session: Session, rows: Iterable[SQLModel], *unique: str) -> set[Any]:
    """Insert rows of one table of a single key, as ``insert_once`` does; answer the keys that were new.

    None of them belongs to the session. Hand them in ordered by ``unique``: two who insert the same
    never wait for each other then.
    """
    given = list(rows)
    if not given:
        return set()
    session.flush()
    connection = session.connection()
    asked, keys = _once(str(given[0].__tablename__), connection.dialect.name, unique)
    told = [{key: getattr(row, key) for key in keys} for row in given]
    return set(connection.execute(asked, told).scalars())


def insert_all(session: Session, table: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    """Insert many new rows with one statement, each with all its columns (``tables.base.values``).

    They do not belong to the session: a row costs a fifth of one that does. What they refer to must
    have been written; one that is there already fails them all. A key that the database counts is None
    in all of them, and told in them afterwards.
    """
    if not rows:
        return
    asked, connection = insert(table), session.connection()
    (key, *_) = SQLModel.metadata.tables[str(table.__tablename__)].primary_key
    if rows[0][key.name] is None:
        for row in rows:
            del row[key.name]
        numbers = connection.execute(asked.returning(key, sort_by_parameter_order=True), rows)
        for row, number in zip(rows, numbers.scalars(), strict=True):
            row[key.name] = number
    else:
        connection.execute(asked, rows)
    chain.inserted(session, table, rows)


@lru_cache(maxsize=256)
def _once(name: str, dialect: str, unique: tuple[str, ...]) -> tuple[Executable, list[str]]:
    """The statement of ``insert_once`` and its columns: making it costs more than asking."""
    table = SQLModel.metadata.tables[name]
    once = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    once = once.on_conflict_do_nothing(index_elements=list(unique))
    return once.returning(*table.primary_key), [column.key for column in table.columns]


def _target(url: str) -> URL:
    try:
        target = make_url(url)
    except ArgumentError:
        raise StoreMissingError(
            "the database URL (CESSION_DATABASE_URL) cannot be read; write sqlite:///var/cession.db or "
            "postgresql://user@host/name"
        ) from None
    match target.get_backend_name():
        case "sqlite" if target.database and target.database != ":memory:":
            return target.set(drivername="sqlite+pysqlite")
        case "postgresql":
            return target.set(drivername="postgresql+psycopg")
        case other:
            raise StoreMissingError(
                f"the store is SQLite in a file or PostgreSQL, not {other}; write "
                "sqlite:///var/cession.db or postgresql://user@host/name"
            )


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={PATIENCE * 1000:.0f}")
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if "patience" in options:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={options['patience'] * 1000:.0f}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    patience = connection.get_execution_options().get("patience", PATIENCE)
    if patience < PATIENCE:
        # Zero would mean for ever.
        connection.exec_driver_sql(f"SET LOCAL lock_timeout={max(patience * 1000, 1):.0f}")


def _options(patience: float) -> str:
    return f"-c lock_timeout={patience * 1000:.0f} -c timezone=UTC"


@contextmanager
def _translated(waited: float, engine: Engine) -> Generator[None]:
    """Turn what only a lock, a full disk or an absent server can cause into words of ours."""
    try:
        yield
    except PoolTimeoutError:
        raise StoreBusyError(waited) from None
    except DatabaseError as error:
        cause = error.orig
        code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""
        known = code.startswith(_READ_ONLY) or code in (*_DAMAGED, _FORBIDDEN)
        if not isinstance(error, OperationalError) and not known:
            raise
        if code in _LOCKED_OUT or code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise StoreBusyError(waited) from error
        if not code or code.startswith(_ABSENT):
            raise StoreMissingError(
                f"the database {engine.url.render_as_string()} cannot be reached; check that it "
                "runs and that the database URL is right "
                f"({str(cause).strip().splitlines()[0]})"
            ) from error
        said = str(cause).strip().splitlines()[0]
        if code.startswith(_READ_ONLY):
            # Behind an address that moves, fresh connections may find the server that takes writes.
            engine.dispose()
            raise StoreError(
                "the database can be read only: is it a standby, or is its file, folder or disk "
                f"write-protected? Nothing was written ({said})"
            ) from error
        if code == _FORBIDDEN:
            raise StoreError(
                "the database does not let this user write: grant it the tables of the store, or name "
                f"another user in its address ({said})"
            ) from error
        if code in _FULL:
            raise StoreError(
                f"the disk of the database is full: free some space and try again; nothing was written ({said})"
            ) from error
        raise StoreError(f"the database cannot serve: {said}") from error
