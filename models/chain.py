"""Hash chains over records: what a link says, and how to find where one was tampered with.

A chain has one link for each transaction; a link lists the rows it wrote with their digests, so that
rows which may change (a contact's state, the end of a stop) have their latest digest in the latest link
that names them. SHA-256 over canonical JSON: anybody can check it with other tools.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from models.base import Value

START = "0" * 64
"""What the first link of a chain follows."""

GONE = ""
"""Digest of a row that was deleted on purpose."""


class Mark(NamedTuple):
    """A row as a link names it; an empty digest says that it was deleted on purpose."""

    table: str
    key: str
    digest: str


class Link(NamedTuple):
    """One link of a chain: what one transaction wrote to it."""

    n: int
    at: datetime
    """Wall time of the transaction."""
    marks: tuple[Mark, ...]
    link: str


class Fault(Value):
    """One thing that somebody changed behind the record's back."""

    what: str
    """row_changed, row_removed, row_added, row_back, link_missing, link_changed, chain_cut,
    seal_changed or seal_missing."""
    chain: str = ""
    n: int | None = None
    table: str = ""
    key: str = ""
    detail: str = ""


def digest(table: str, values: Mapping[str, Any]) -> str:
    """Answer the digest of a row; columns without a value are left out, so that new ones may come."""
    kept = {name: _plain(value) for name, value in values.items() if value is not None}
    return _hash([table, kept])


def link(previous: str, chain: str, n: int, at: datetime, marks: Iterable[Mark]) -> str:
    """Answer the hash of a link: it binds what went before, its place, and its rows."""
    rows = [[mark.table, mark.key, mark.digest] for mark in marks]
    return _hash([previous, chain, n, at.astimezone(UTC).isoformat(), rows])


def broken(chain: str, links: Iterable[Link]) -> list[Fault]:
    """Answer where a chain of links, in the order of ``n``, does not hold; each place once."""
    faults: list[Fault] = []
    previous, expected = START, 1
    for one in links:
        if one.n != expected:
            missing = f"{expected}" if one.n == expected + 1 else f"{expected} to {one.n - 1}"
            faults.append(
                Fault(chain=chain, n=expected, what="link_missing", detail=f"link {missing}")
            )
        elif one.link != link(previous, chain, one.n, one.at, one.marks):
            faults.append(Fault(chain=chain, n=one.n, what="link_changed", detail=f"link {one.n}"))
        previous, expected = one.link, one.n + 1
    return faults


def latest(links: Iterable[Link]) -> dict[tuple[str, str], Mark]:
    """Answer the last word of a chain on each row, by table and key."""
    return {(mark.table, mark.key): mark for one in links for mark in one.marks}


_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
"""Made once: ``json.dumps`` with words of its own makes an encoder for each row."""


def _hash(content: Any) -> str:
    return hashlib.sha256(_canonical(content).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Answer a value as it reads back from either database."""
    match value:
        case str() | int():
            return value
        case bytes():
            return hashlib.sha256(value).hexdigest()
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case dict() | list() | tuple():
            return json.loads(json.dumps(value))
        case _:
            return value
