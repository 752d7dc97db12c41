"""Those who work here: rows with roles, and the keyed hashes of their tokens."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from sqlmodel import Session, col, select

from models.operator import Operator, Role
from models.tables import OperatorRow
from store import case as record
from store.engine import Store, insert_once
from store.keys import Keys

FIRST = "admin"
"""Code of the administrator that an installation makes itself."""

TOKEN_BYTES = 32

MACHINE = "machine"
"""Actor of what is done by whoever owns the machine and its key files, without a login."""


class OperatorError(Exception):
    """What was asked of an operator's row can't be done; the text says why and what to do."""


def by_token(session: Session, keys: Keys, token: str) -> Operator | None:
    """Answer whose token this is; None if it is nobody's, replaced, or of somebody disabled."""
    row = session.exec(
        select(OperatorRow).where(col(OperatorRow.token) == _hash(keys, token))
    ).one_or_none()
    if row is None or row.disabled_at is not None:
        return None
    return Operator(code=row.code, roles=frozenset(Role(role) for role in row.roles))


def known(session: Session, code: str) -> Operator | None:
    """Answer somebody who works here and is not disabled."""
    row = session.exec(select(OperatorRow).where(col(OperatorRow.code) == code)).one_or_none()
    if row is None or row.disabled_at is not None:
        return None
    return Operator(code=row.code, roles=frozenset(Role(role) for role in row.roles))


def ever(session: Session, code: str) -> bool:
    """Say whether somebody works or worked here."""
    return (
        session.exec(select(OperatorRow.code).where(col(OperatorRow.code) == code)).first()
        is not None
    )


def everybody(session: Session) -> list[OperatorRow]:
    """Answer all who work or worked here, by code."""
    return list(session.exec(select(OperatorRow).order_by(col(OperatorRow.code))))


def add(
    session: Session, keys: Keys, code: str, roles: Iterable[Role], *, now: datetime, actor: str
) -> str:
    """Store somebody new and answer their token, which is readable this once.

    Raises ``OperatorError`` when the code is taken or no role is given.
    """
    named = sorted(set(roles))
    if not named:
        raise OperatorError(f"{code} needs a role: {', '.join(Role)}")
    token = _new()
    row = OperatorRow(
        id=uuid4(),
        code=code,
        roles=[*named],
        token=_hash(keys, token),
        token_at=now,
        created_at=now,
        created_by=actor,
    )
    if code == MACHINE or not insert_once(session, row, "code"):
        raise OperatorError(
            f"{code} is taken; a code stands on records for ever, so choose another one, or give "
            f"the same person a new token with: cession operator token {code}"
        )
    _record(session, "operator.added", row, now, actor, reason=",".join(named))
    return token


def assign(
    session: Session, code: str, roles: Iterable[Role], *, now: datetime, actor: str
) -> OperatorRow:
    """Give somebody other roles. Raises ``OperatorError``, also if no administrator were left."""
    row, named = _get(session, code), sorted(set(roles))
    if not named:
        raise OperatorError(f"{code} needs a role: {', '.join(Role)}")
    if Role.ADMIN not in named:
        _keep_one(session, row, "take the role of")
    row.roles = [*named]
    _record(session, "operator.assigned", row, now, actor, reason=",".join(named))
    return row


def disable(session: Session, code: str, *, now: datetime, actor: str) -> OperatorRow:
    """Let somebody in no more, from the next command on. Raises ``OperatorError``."""
    row = _get(session, code)
    if row.disabled_at is not None:
        raise OperatorError(f"{code} is disabled already")
    _keep_one(session, row, "disable")
    row.disabled_at, row.disabled_by = now, actor
    _record(session, "operator.disabled", row, now, actor)
    return row


def enable(session: Session, code: str, *, now: datetime, actor: str) -> OperatorRow:
    """Let somebody in again with the token they had. Raises ``OperatorError``."""
    row = _get(session, code)
    if row.disabled_at is None:
        raise OperatorError(f"{code} is not disabled")
    row.disabled_at = row.disabled_by = None
    _record(session, "operator.enabled", row, now, actor)
    return row


def rotate(session: Session, keys: Keys, code: str, *, now: datetime, actor: str) -> str:
    """Give somebody a new token and answer it; the old one is worth nothing from now on.

    Raises ``OperatorError``.
    """
    row, token = _get(session, code), _new()
    if row.disabled_at is not None:
        raise OperatorError(f"{code} is disabled; run: cession operator enable {code}")
    row.token, row.token_at = _hash(keys, token), now
    _record(session, "operator.token_made", row, now, actor)
    return token


def first(store: Store, file: Path, now: datetime) -> Path | None:
    """Make the first administrator of an installation that knows nobody; answer the token's file.

    Of mode 0600, written before the row, so that no administrator exists whose token nobody has.
    None if somebody is known already.
    """
    with store.reading() as session:
        if session.exec(select(OperatorRow.id).limit(1)).first() is not None:
            return None
    with store.writing() as session:
        # Of several processes that start together, one makes the administrator.
        if session.exec(select(OperatorRow.id).limit(1)).first() is not None:
            return None
        try:
            token = add(session, store.keys, FIRST, Role, now=now, actor=MACHINE)
        except OperatorError:
            return None
        keep(file, token)
    return file


def recover(store: Store, code: str, file: Path, now: datetime) -> Path:
    """Let the owner of the machine in again: a new token of an administrator, and it is on record.

    Whoever has the key files reads everything anyway; this leaves a trace. Raises ``OperatorError``.
    """
    with store.writing() as session:
        row = _get(session, code)
        if Role.ADMIN not in row.roles:
            raise OperatorError(f"{code} is no administrator; an administrator gives new tokens")
        token = _new()
        row.token, row.token_at = _hash(store.keys, token), now
        row.disabled_at = row.disabled_by = None
        _record(session, "operator.recovered", row, now, MACHINE)
        keep(file, token)
    return file


def keep(file: Path, token: str) -> None:
    """Write a token so that only its owner can read it, whole or not at all."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(token + "\n")
    draft.replace(file)


def _get(session: Session, code: str) -> OperatorRow:
    row = session.exec(
        select(OperatorRow).where(col(OperatorRow.code) == code).with_for_update()
    ).one_or_none()
    if row is None:
        raise OperatorError(f"nobody is known as {code!r}; see: cession operator list")
    return row


def _keep_one(session: Session, row: OperatorRow, doing: str) -> None:
    """Refuse to lock everybody out."""
    # All rows are locked: of two administrators who disable each other, the second is refused.
    rows = session.exec(
        select(OperatorRow)
        .order_by(col(OperatorRow.code))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    others = [
        other
        for other in rows
        if other.code != row.code and other.disabled_at is None and Role.ADMIN in other.roles
    ]
    if Role.ADMIN in row.roles and row.disabled_at is None and not others:
        raise OperatorError(
            f"{row.code} is the only administrator, so you cannot {doing} {row.code}; make "
            "another one first: cession operator add CODE --role admin"
        )


def _record(  # noqa: PLR0917
    session: Session,
    what: str,
    row: OperatorRow,
    now: datetime,
    actor: str,
    reason: str = "ordered",
) -> None:
    session.add(row)
    facts = {"operator": row.code, "roles": row.roles}
    record.act(session, at=now, what=what, reason=reason, actor=actor, facts=facts)


def _new() -> str:
    return f"ces_{secrets.token_urlsafe(TOKEN_BYTES)}"


def _hash(keys: Keys, token: str) -> str:
    return keys.token("operator", token)
