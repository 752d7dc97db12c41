"""The record cannot be changed unseen: hash chains over its rows, written with every transaction.

One chain for each debt (named by its id), one for each person's own rows, one for the house. Whoever
commits adds one link to each chain that it touched, at the very end and under a lock of milliseconds, so
that two cases never wait for each other. ``seal`` binds the heads of all chains under a key that the
database does not have: who cuts a chain's end off, or makes it anew, is found by the next verification.

A table joins by a line in ``COVERED``; its rows change only through the session, never by a bulk UPDATE
or DELETE, and never move to another debt.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast
from uuid import UUID
from zlib import crc32

from sqlalchemy import ColumnElement, bindparam, event, func, inspect, text, tuple_
from sqlalchemy import select as columns
from sqlalchemy.orm import ORMExecuteState, UOWTransaction
from sqlmodel import Session, SQLModel, col, insert, select

from models.chain import GONE, START, Fault, Link, Mark, broken, digest, latest, link
from models.tables import (
    Act,
    Arrangement,
    ChainLink,
    ChainSeal,
    ContactEvent,
    ContactRow,
    Decision,
    Document,
    LedgerEntry,
    LitigationHold,
    MediaRequest,
    OperatorRow,
    OwnershipLink,
    Promise,
    Signoff,
    Stop,
    WorkItem,
)
from store.keys import Keys

HOUSE = "house"
"""Chain of what is about no debt and nobody in particular."""

COVERED: tuple[type[SQLModel], ...] = (
    Act,
    Arrangement,
    ContactEvent,
    ContactRow,
    Decision,
    Document,
    LedgerEntry,
    LitigationHold,
    MediaRequest,
    OperatorRow,
    OwnershipLink,
    Promise,
    Signoff,
    Stop,
    WorkItem,
)
"""Tables whose every row stands in a chain."""

BUCKETS = 64
"""Locks that chains share on PostgreSQL: few enough for its table of locks, whatever a batch touches."""

SPACE = 0x63686169
"""Of our advisory locks, any number that is nobody else's."""

LATE = 10_000
"""Links below the last seal that are looked at again: on PostgreSQL ids may commit out of order."""

PAGE = 500
"""Rows that verification holds at once for each table."""

_TOUCHED = "chained"
_INSERTED = "inserted"


def touch(session: Session, row: SQLModel) -> None:
    """Remember a row that was written past the unit of work."""
    if isinstance(row, COVERED):
        session.info.setdefault(_TOUCHED, {})[id(row)] = row


def inserted(session: Session, table: type[SQLModel], rows: Iterable[Mapping[str, Any]]) -> None:
    """Remember rows that one statement wrote, each with all its columns."""
    if table not in COVERED:
        return
    name = str(table.__tablename__)
    primary = [str(column.key) for column in inspect(table).primary_key]
    written: list[tuple[str, Mark]] = session.info.setdefault(_INSERTED, [])
    for row in rows:
        key = ":".join(str(row[part]) for part in primary)
        mark = Mark(name, key, digest(name, row))
        written.append((_owner(row.get("debt_id"), row.get("debtor_id")), mark))


@event.listens_for(Session, "after_flush")
def _flushed(session: Session, _: UOWTransaction) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        touch(session, row)


@event.listens_for(Session, "after_soft_rollback")
def _taken_back(session: Session, former: Any) -> None:
    if former.parent is None:
        session.info.pop(_TOUCHED, None)
        session.info.pop(_INSERTED, None)


@event.listens_for(Session, "do_orm_execute")
def _guarded(state: ORMExecuteState) -> None:
    """Refuse what would change covered rows past the chain: a bug of ours, found by any test."""
    if (state.is_update or state.is_delete) and state.bind_mapper is not None:
        table = state.bind_mapper.class_
        if issubclass(table, COVERED):
            raise RuntimeError(f"{table.__name__} rows change through the session only")


def write(session: Session, now: datetime) -> None:
    """Add a link for what the transaction wrote to each chain; the last thing before its commit.

    ``now`` is wall time. Costs two statements on SQLite and three on PostgreSQL, however many rows.
    """
    session.flush()
    touched: dict[int, SQLModel] = session.info.pop(_TOUCHED, {})
    chains: dict[str, dict[tuple[str, str], Mark]] = defaultdict(dict)
    for name, mark in session.info.pop(_INSERTED, []):
        chains[name][mark.table, mark.key] = mark
    for row in touched.values():
        state = inspect(row)
        if state.persistent or state.deleted:
            name = _chain(session, row)
            sha = GONE if state.deleted else digest(*_content(row))
            mark = Mark(str(row.__tablename__), _key(row), sha)
            chains[name][mark.table, mark.key] = mark
    if not chains:
        return
    names = sorted(chains)
    heads = _heads(session, names)
    made: list[dict[str, Any]] = []
    for name in names:
        n, previous = heads.get(name, (0, START))
        marks = sorted(chains[name].values())
        made.append(
            {
                "chain": name,
                "n": n + 1,
                "at": now,
                "marks": [list(mark) for mark in marks],
                "link": link(previous, name, n + 1, now, marks),
            }
        )
    session.connection().execute(insert(ChainLink), made)


def links(session: Session, chain: str | UUID) -> list[Link]:
    """Answer a chain's links, oldest first: a debt's id, ``person:`` and a debtor's, or ``house``."""
    rows = session.connection().execute(
        _LINKS.where(col(ChainLink.chain) == str(chain)).order_by(col(ChainLink.n))
    )
    return [_link(row) for row in rows]


def faults_of(session: Session, chain: str | UUID) -> list[Fault]:
    """Answer what is wrong with one chain and its rows; empty is the only good answer."""
    name = str(chain)
    return [*_judged(session, {name: links(session, name)}, Counter())]


def verify(session: Session, keys: Keys) -> Iterator[Fault]:
    """Go through every chain, every covered row and every seal; yield each fault once.

    Streams: holds a few hundred links at a time, or one chain that is longer. Give it a session that asked nothing yet: it wants one view
    of the whole store.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    seen: Counter[str] = Counter()
    known: dict[str, tuple[int, dict[int, str]]] = {}
    sealed = yield from _seals(session, keys)
    for some in _grouped(_all_chains(session)):
        yield from _judged(session, some, seen)
        for name, chain in some.items():
            at = {one.n: one.link for one in chain if one.n in sealed.get(name, {})}
            known[name] = (chain[-1].n, at)
    for name, heads in sealed.items():
        last, at = known.get(name, (0, {}))
        for n, sha in heads.items():
            if at.get(n) != sha:
                cut = n > last
                yield Fault(
                    what="chain_cut" if cut else "link_changed",
                    chain=name,
                    n=n,
                    detail=f"a seal knows link {n}, "
                    + (f"the chain ends at {last}" if cut else "it is another one now"),
                )
                break
    for table in COVERED:
        if (
            seen[str(table.__tablename__)]
            != session.exec(select(func.count()).select_from(table)).one()
        ):
            yield from _strangers(session, table)


def size(session: Session) -> tuple[int, int, ChainSeal | None]:
    """Answer how many chains and links there are, and the newest seal."""
    chains, count = session.exec(
        select(func.count(func.distinct(ChainLink.chain)), func.count())
    ).one()
    return (
        chains,
        count,
        session.exec(select(ChainSeal).order_by(col(ChainSeal.n).desc()).limit(1)).first(),
    )


def seal(session: Session, keys: Keys, now: datetime) -> ChainSeal | None:
    """Bind the heads of all chains that grew; None if none did. ``now`` is wall time."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(
            text("SELECT pg_advisory_xact_lock(:space, -1)"), {"space": SPACE}
        )
    last = session.exec(select(ChainSeal).order_by(col(ChainSeal.n).desc()).limit(1)).first()
    since = last.upto if last else 0
    newest = session.exec(select(func.max(ChainLink.id))).one() or 0
    if newest <= since:
        return None
    grown = (
        select(col(ChainLink.chain))
        .where(col(ChainLink.id) > max(since - LATE, 0), col(ChainLink.id) <= newest)
        .distinct()
    )
    rows = session.exec(
        select(ChainLink.chain, func.max(ChainLink.n))
        .where(col(ChainLink.chain).in_(grown), col(ChainLink.id) <= newest)
        .group_by(col(ChainLink.chain))
    ).all()
    heads: dict[str, list[Any]] = {}
    for start in range(0, len(rows), PAGE):
        pairs = rows[start : start + PAGE]
        for name, n, sha in session.exec(
            select(ChainLink.chain, ChainLink.n, ChainLink.link).where(
                tuple_(col(ChainLink.chain), col(ChainLink.n)).in_([(a, b) for a, b in pairs])
            )
        ):
            heads[name] = [n, sha]
    made = ChainSeal(n=(last.n if last else 0) + 1, at=now, upto=newest, heads=heads, mac="")
    made.mac = _mac(keys, last.mac if last else "", made)
    session.add(made)
    session.flush()
    return made


# How rows are told apart


def _content(row: SQLModel) -> tuple[str, dict[str, Any]]:
    return str(row.__tablename__), {key: getattr(row, key) for key in _keys(str(row.__tablename__))}


@cache
def _keys(table: str) -> tuple[str, ...]:
    return tuple(column.key for column in SQLModel.metadata.tables[table].columns)


def _key(row: SQLModel) -> str:
    return ":".join(str(part) for part in inspect(row).identity or ())


def _chain(session: Session, row: Any) -> str:
    if isinstance(row, ContactEvent):
        row = session.get_one(ContactRow, row.contact_id)
    return _owner(getattr(row, "debt_id", None), getattr(row, "debtor_id", None))


def _owner(debt: UUID | None, debtor: UUID | None) -> str:
    if debt:
        return str(debt)
    return f"person:{debtor}" if debtor else HOUSE


def _heads(session: Session, names: list[str]) -> dict[str, tuple[int, str]]:
    """Lock chains until the commit and answer their ends."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        # In order, and nothing else is locked after these: two who commit never wait for each other.
        buckets = sorted({crc32(name.encode()) % BUCKETS for name in names})
        connection.execute(_LOCK, {"space": SPACE, "buckets": buckets})
    found: dict[str, tuple[int, str]] = {}
    if len(names) == 1:
        row = connection.execute(_HEAD, {"chain": names[0]}).first()
        return {names[0]: (row[0], row[1])} if row else {}
    for start in range(0, len(names), PAGE):
        ends = (
            select(col(ChainLink.chain), func.max(ChainLink.n))
            .where(col(ChainLink.chain).in_(names[start : start + PAGE]))
            .group_by(col(ChainLink.chain))
        )
        asked = select(ChainLink.chain, ChainLink.n, ChainLink.link).where(
            tuple_(col(ChainLink.chain), col(ChainLink.n)).in_(ends)
        )
        found |= {name: (n, sha) for name, n, sha in connection.execute(asked)}
    return found


_LOCK = text(
    "SELECT pg_advisory_xact_lock(:space, bucket) "
    "FROM unnest(CAST(:buckets AS integer[])) AS bucket"
)

_HEAD = (
    select(ChainLink.n, ChainLink.link)
    .where(col(ChainLink.chain) == bindparam("chain"))
    .order_by(col(ChainLink.n).desc())
    .limit(1)
)


# Verification


_LINKS = columns(
    col(ChainLink.chain),
    col(ChainLink.n),
    col(ChainLink.at),
    col(ChainLink.marks),
    col(ChainLink.link),
)


def _link(row: Any) -> Link:
    _, n, at, marks, sha = row
    return Link(n, at, _marks(marks), sha)


def _marks(written: Any) -> tuple[Mark, ...]:
    """Read the marks of a link; what has not their shape names a row that cannot be."""
    marks = cast("list[Any]", written) if isinstance(written, list) else [None]
    return tuple(
        Mark(*mark)
        if isinstance(mark, list) and [type(part) for part in mark] == [str, str, str]
        else Mark("", "", "")
        for mark in marks
    )


def _possible(table: str, key: str) -> bool:
    """Whether a mark names a covered table and a key that a row of it could have."""
    if table not in _BY_NAME:
        return False
    primary = inspect(_BY_NAME[table]).primary_key
    try:
        parts = [_typed(column, part) for column, part in zip(primary, key.split(":"), strict=True)]
    except (ValueError, TypeError):
        return False
    return all(abs(part) < 2**63 for part in parts if isinstance(part, int)) and "\0" not in key


def _all_chains(session: Session) -> Iterator[tuple[str, list[Link]]]:
    name, chain = "", list[Link]()
    asked = _LINKS.order_by(col(ChainLink.chain), col(ChainLink.n))
    for row in session.connection().execute(asked.execution_options(yield_per=PAGE)):
        if row[0] != name and chain:
            yield name, chain
            chain = []
        name = row[0]
        chain.append(_link(row))
    if chain:
        yield name, chain


def _grouped(chains: Iterable[tuple[str, list[Link]]]) -> Iterator[dict[str, list[Link]]]:
    """Give chains together until they have a page of links: most have one link or two."""
    group: dict[str, list[Link]] = {}
    held = 0
    for name, chain in chains:
        group[name] = chain
        held += len(chain)
        if held >= PAGE:
            yield group
            group, held = {}, 0
    if group:
        yield group


def _judged(
    session: Session, chains: Mapping[str, list[Link]], seen: Counter[str]
) -> Iterator[Fault]:
    """Yield what is wrong with each chain's links, then with the rows they name."""
    words = {name: latest(chain) for name, chain in chains.items()}
    asked: dict[str, set[str]] = defaultdict(set)
    for marks in words.values():
        for table, key in marks:
            if _possible(table, key):
                asked[table].add(key)
    there = {
        table: _digests(session, _BY_NAME[table], sorted(keys)) for table, keys in asked.items()
    }
    for name, chain in chains.items():
        yield from broken(name, chain)
        for (table, key), mark in words[name].items():
            if key not in asked.get(table, ()):
                detail = "a link names a row that cannot be"
                yield Fault(what="link_changed", chain=name, table=table, key=key, detail=detail)
                continue
            found = there[table].get(key)
            seen[table] += found is not None
            if what := _wrong(mark.digest, found):
                yield Fault(what=what, chain=name, table=table, key=key, detail=_said(what))


def _wrong(expected: str, found: str | None) -> str:
    if expected == GONE:
        return "row_back" if found else ""
    if found is None:
        return "row_removed"
    return "" if found == expected else "row_changed"


def _said(what: str) -> str:
    return {
        "row_changed": "the row is not what was written",
        "row_removed": "the row is gone, and nobody deleted it on record",
        "row_back": "the row was deleted on record and is there again",
        "row_added": "the row stands in no chain: it was not written by Cession",
    }[what]


def _digests(session: Session, model: type[SQLModel], keys: Sequence[str]) -> dict[str, str]:
    """Answer the digests of those rows that are there, by key.

    Reads columns, not objects: an object of the session costs several times its row.
    """
    primary = inspect(model).primary_key
    found: dict[str, str] = {}
    for start in range(0, len(keys), PAGE):
        parts = [
            tuple(
                _typed(column, part) for column, part in zip(primary, key.split(":"), strict=True)
            )
            for key in keys[start : start + PAGE]
        ]
        if len(primary) == 1:
            condition = primary[0].in_([part[0] for part in parts])
        else:
            condition = tuple_(*primary).in_(parts)
        found.update(_digested(session, model, condition))
    return found


def _digested(
    session: Session, model: type[SQLModel], condition: ColumnElement[bool]
) -> Iterator[tuple[str, str]]:
    """Yield key and digest of rows as they stand in the database."""
    name = str(model.__tablename__)
    primary = [str(column.key) for column in inspect(model).primary_key]
    asked = columns(SQLModel.metadata.tables[name]).where(condition)
    for row in session.connection().execute(asked.execution_options(yield_per=PAGE)):
        content = dict(zip(_keys(name), row, strict=True))
        yield ":".join(str(content[part]) for part in primary), digest(name, content)


def _typed(column: Any, part: str) -> Any:
    return cast("Callable[[str], Any]", column.type.python_type)(part)


def _strangers(session: Session, table: type[SQLModel]) -> Iterator[Fault]:
    """Yield the rows of a table that no link names."""
    name = str(table.__tablename__)
    named = {
        mark.key
        for _, chain in _all_chains(session)
        for one in chain
        for mark in one.marks
        if mark.table == name
    }
    primary = columns(*inspect(table).primary_key)
    for row in session.connection().execute(primary.execution_options(yield_per=PAGE)):
        if (key := ":".join(map(str, row))) not in named:
            yield Fault(what="row_added", table=name, key=key, detail=_said("row_added"))


def _seals(session: Session, keys: Keys) -> Iterator[Fault]:
    """Yield what is wrong with the seals; answer what they know: chain to number to hash."""
    known: dict[str, dict[int, str]] = defaultdict(dict)
    previous, expected = "", 1
    for row in session.exec(select(ChainSeal).order_by(col(ChainSeal.n))):
        if row.n != expected:
            yield Fault(what="seal_missing", n=expected, detail=f"seal {expected}")
        elif row.mac != _mac(keys, previous, row):
            yield Fault(
                what="seal_changed", n=row.n, detail=f"seal {row.n} was not made with this key"
            )
        for name, (n, sha) in row.heads.items():
            known[name][n] = sha
        previous, expected = row.mac, row.n + 1
    return known


def _mac(keys: Keys, previous: str, made: ChainSeal) -> str:
    heads = json.dumps(made.heads, sort_keys=True, separators=(",", ":"))
    return keys.token("seal", previous, str(made.n), made.at.isoformat(), str(made.upto), heads)


_BY_NAME = {str(table.__tablename__): table for table in COVERED}
