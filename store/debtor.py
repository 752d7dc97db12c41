"""People: their row is the lock that every decision about contacting them is made under."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlalchemy import select as columns
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from models.tables import ContactPoint, Debtor
from store.engine import insert_once
from store.keys import Keys


class UnknownDebtorError(LookupError):
    """No person has this id."""

    def __init__(self, debtor_id: UUID) -> None:
        self.debtor_id = debtor_id
        super().__init__(f"no debtor {debtor_id} in the store")


def get(session: Session, debtor_id: UUID) -> Debtor:
    """Answer a person's row; raises ``UnknownDebtorError``."""
    debtor = session.get(Debtor, debtor_id)
    if debtor is None:
        raise UnknownDebtorError(debtor_id)
    return debtor


def lock(session: Session, debtor_id: UUID) -> Debtor:
    """Answer a person's row, fresh and locked until the transaction ends.

    Read what you decide on *after* this: on PostgreSQL a statement that waited for the lock shows
    the other tables as they were before the wait. On SQLite ``writing()`` already excludes others.
    Raises ``UnknownDebtorError``.
    """
    debtor = session.exec(
        select(Debtor)
        .where(col(Debtor.id) == debtor_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if debtor is None:
        raise UnknownDebtorError(debtor_id)
    return debtor


def lock_all(session: Session, people: SelectOfScalar[UUID]) -> None:
    """Lock everybody a query names, in the order of their ids: two such callers never deadlock."""
    if session.get_bind().dialect.name == "postgresql":
        session.exec(
            select(col(Debtor.id))
            .where(col(Debtor.id).in_(people))
            .order_by(col(Debtor.id))
            .with_for_update()
        ).all()


_FREE = (
    columns(col(Debtor.id))
    .where(col(Debtor.id).in_(bindparam("people", expanding=True)))
    .order_by(col(Debtor.id))
    .with_for_update(skip_locked=True)
)


def lock_free(session: Session, people: Collection[UUID]) -> Collection[UUID]:
    """Lock those of these people whom nobody else holds, and answer them; it waits for nobody."""
    if not people or session.get_bind().dialect.name != "postgresql":
        return people
    return set(session.connection().execute(_FREE, {"people": sorted(people)}).scalars())


def by_identity(session: Session, identity: str) -> Debtor | None:
    """Answer the person with this keyed hash."""
    return session.exec(select(Debtor).where(col(Debtor.identity) == identity)).one_or_none()


def lock_known(session: Session, identities: Iterable[str]) -> dict[str, Debtor]:
    """Lock those of these people whom the store knows, in the order of ids; answers by keyed hash."""
    asked = (
        select(Debtor)
        .where(col(Debtor.identity).in_(list(identities)))
        .order_by(col(Debtor.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {found.identity: found for found in session.exec(asked)}


def by_key(session: Session, key: str) -> Debtor | None:
    """Answer the person with this opaque key, as it stands in search attributes."""
    return session.exec(select(Debtor).where(col(Debtor.key) == key)).one_or_none()


def points(session: Session, debtor_id: UUID) -> list[ContactPoint]:
    """Answer a person's numbers and addresses, preferred first, dead ones too."""
    return list(
        session.exec(
            select(ContactPoint)
            .where(col(ContactPoint.debtor_id) == debtor_id)
            .order_by(col(ContactPoint.rank), col(ContactPoint.id))
        )
    )


def tokens(session: Session, people: Iterable[UUID]) -> dict[UUID, set[tuple[str, str]]]:
    """Answer kind and token of every number and address of these people, dead ones too."""
    asked = select(ContactPoint.debtor_id, ContactPoint.kind, ContactPoint.token)
    found: dict[UUID, set[tuple[str, str]]] = {}
    for person, kind, token in session.exec(
        asked.where(col(ContactPoint.debtor_id).in_(list(people)))
    ):
        found.setdefault(person, set()).add((kind, token))
    return found


def point_by_token(session: Session, kind: str, token: str) -> list[ContactPoint]:
    """Answer everybody's points with this number or address: people may share one."""
    return list(
        session.exec(
            select(ContactPoint)
            .where(col(ContactPoint.kind) == kind, col(ContactPoint.token) == token)
            .order_by(col(ContactPoint.rank), col(ContactPoint.id))
        )
    )


def point_token(keys: Keys, kind: str, value: str) -> str:
    """Answer the token of a number (E.164), e-mail address or postal address.

    The one way to make it: what a reply comes from and what a file named must meet.
    """
    return keys.token(kind, " ".join(value.casefold().split()))


def add(session: Session, debtor: Debtor) -> bool:
    """Store a person unless one with the same identity is there; answer whether it was new."""
    return insert_once(session, debtor, "identity")


def add_point(session: Session, point: ContactPoint) -> bool:
    """Store a number or address of a person once; answer whether it was new."""
    return insert_once(session, point, "debtor_id", "kind", "token")


def kill_point(
    session: Session, token: str, reason: str, now: datetime, *, debtor_id: UUID | None = None
) -> int:
    """Mark a number or address as dead; answer how many rows were alive.

    It dies for everybody who has it (bounced, not in service), or for ``debtor_id`` alone (wrong
    party: it may well be right for another). The first reason stays.
    """
    dying = update(ContactPoint).where(
        col(ContactPoint.token) == token, col(ContactPoint.dead_since).is_(None)
    )
    if debtor_id is not None:
        dying = dying.where(col(ContactPoint.debtor_id) == debtor_id)
    session.flush()
    done = session.exec(
        dying.values(dead_since=now, dead_reason=reason).returning(col(ContactPoint.id)),
        execution_options={"synchronize_session": "fetch"},
    )
    return len(done.all())
