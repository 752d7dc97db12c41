"""Money that came in: the inbox that remembers every notice, and the ledger that is never changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, bindparam, func, or_, tuple_
from sqlalchemy import case as sql_case
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models.contact import ContactState
from models.ledger import Bucket, Entry, EntryKind
from models.tables import ContactRow, Debt, Debtor, InboxItem, LedgerEntry
from store.engine import insert_all_once, insert_once

MONEY = ("payment", "refund", "chargeback", "chargeback_reversed")
"""Kinds of notices that move money."""

UNPOSTED = ("new", "delivered")
"""Money that came in and is not booked yet stops contact."""

OVERDUE = "payment_never_came"
"""The problem of a parked notice that a person was asked about; the payment may still come."""

_OF_DEBT = select(InboxItem).where(
    col(InboxItem.debt_id) == bindparam("debt"), col(InboxItem.provider) == bindparam("provider")
)
_UNMATCHED = select(InboxItem).where(
    col(InboxItem.status) == "suspense",
    col(InboxItem.debt_id).is_(None),
    col(InboxItem.provider) == bindparam("provider"),
)
_AHEAD = select(InboxItem).where(
    col(InboxItem.status) == "suspense",
    col(InboxItem.debt_id).is_(None),
    col(InboxItem.provider).in_(bindparam("providers", expanding=True)),
    col(InboxItem.kind) != "refund_failed",
    col(InboxItem.facts)["of"].as_string().in_(bindparam("of", expanding=True)),
)
_SAME_ALL = columns(
    col(InboxItem.debt_id),
    col(InboxItem.provider),
    col(InboxItem.facts),
    col(InboxItem.external_id),
).where(
    col(InboxItem.debt_id).in_(bindparam("debts", expanding=True)),
    col(InboxItem.provider).in_(bindparam("providers", expanding=True)),
    col(InboxItem.kind) == "payment",
    col(InboxItem.facts)["payment_id"].as_string().in_(bindparam("payments", expanding=True)),
)
_SAME = (
    col(InboxItem.kind) == bindparam("kind"),
    col(InboxItem.facts)["payment_id"].as_string() == bindparam("payment"),
)
_LOCK = (
    select(Debtor.id)
    .join(Debt, col(Debt.debtor_id) == col(Debtor.id))
    .where(col(Debt.id) == bindparam("debt"))
    .with_for_update(of=Debtor)
)
_CROSS = select(ContactRow).where(
    col(ContactRow.debt_id).in_(bindparam("debts", expanding=True)),
    col(ContactRow.state) == ContactState.SENDING,
)
_ENTRIES = (
    select(LedgerEntry)
    .where(col(LedgerEntry.debt_id) == bindparam("debt"))
    .order_by(col(LedgerEntry.seq))
)
_PARKED = (
    select(InboxItem)
    .where(col(InboxItem.debt_id) == bindparam("debt"), col(InboxItem.status) == "parked")
    .order_by(col(InboxItem.received_at), col(InboxItem.id))
)
_SAME_OF_DEBT, _SAME_UNMATCHED = _OF_DEBT.where(*_SAME), _UNMATCHED.where(*_SAME)
"""Built once: every payment notice asks these."""

_HELD, _LEDGER = "held", "ledger"


def receive(
    session: Session,
    *,
    provider: str,
    external_id: str,
    kind: str,
    facts: dict[str, Any],
    sealed: bytes,
    received_at: datetime,
    observed_at: datetime,
    debt_id: UUID | None = None,
    debtor_id: UUID | None = None,
    status: str = "new",
    problem: str | None = None,
) -> tuple[InboxItem, bool]:
    """Keep what came in, once by provider and external id; answer it and whether it was new.

    A payment of a known debt waits for the debtor's lock and marks what is in the act of being
    sent, so that its commit is a stop like any other.
    """
    item = InboxItem(
        id=uuid4(),
        provider=provider,
        external_id=external_id,
        kind=kind,
        debt_id=debt_id,
        debtor_id=debtor_id,
        facts=facts,
        sealed=sealed,
        received_at=received_at,
        observed_at=observed_at,
        status=status,
        problem=problem,
    )
    if kind == "payment" and debt_id is not None:
        hold(session, debt_id)
    if insert_once(session, item, "provider", "external_id"):
        if kind == "payment" and debt_id is not None:
            _cross(session, [debt_id])
        return item, True
    return _kept(session, provider, external_id), False


def receive_all(session: Session, items: Iterable[InboxItem]) -> set[UUID]:
    """Keep payments of known debts, whose debtors are locked; answer the ids of those that were new."""
    given = sorted(items, key=lambda item: (item.provider, item.external_id))
    new = insert_all_once(session, given, "provider", "external_id")
    _cross(session, [item.debt_id for item in given if item.id in new and item.debt_id])
    return new


def known_all(
    session: Session, told: Collection[tuple[str, str]]
) -> dict[tuple[str, str], InboxItem]:
    """Answer the notices that providers sent under these ids."""
    if not told:
        return {}
    ident = tuple_(col(InboxItem.provider), col(InboxItem.external_id))
    found = session.exec(select(InboxItem).where(ident.in_(sorted(told))))
    return {(item.provider, item.external_id): item for item in found}


def known(session: Session, provider: str, external_id: str) -> InboxItem | None:
    """Answer the notice that a provider sent under this id, or None."""
    return session.exec(
        select(InboxItem).where(
            col(InboxItem.provider) == provider, col(InboxItem.external_id) == external_id
        )
    ).one_or_none()


def find(session: Session, item_id: UUID) -> InboxItem | None:
    """Answer a notice, fresh and locked, or None."""
    return session.get(InboxItem, item_id, with_for_update=True, populate_existing=True)


def concerns(session: Session, item_id: UUID, debt_id: UUID) -> bool:
    """Answer whether a notice is about this debt."""
    kept = session.exec(select(InboxItem.debt_id).where(col(InboxItem.id) == item_id)).first()
    return kept == debt_id


def parked(session: Session, debt_id: UUID) -> list[InboxItem]:
    """Answer notices that wait for the payment they take back, oldest first."""
    return list(session.exec(_PARKED, params={"debt": debt_id}))


def parked_since(session: Session, before: datetime) -> list[InboxItem]:
    """Answer notices that were parked before an instant and that no person has been shown yet."""
    return list(
        session.exec(
            select(InboxItem).where(
                col(InboxItem.status) == "parked",
                col(InboxItem.received_at) <= before,
                col(InboxItem.problem) != OVERDUE,
            )
        )
    )


def unranked(session: Session, limit: int) -> list[InboxItem]:
    """Answer payments in suspense that named no debt and that nobody looked at; not a bank's."""
    return list(
        session.exec(
            select(InboxItem)
            .where(
                col(InboxItem.status) == "suspense",
                col(InboxItem.tries) == 0,
                col(InboxItem.kind) == "payment",
                col(InboxItem.debt_id).is_(None),
                col(InboxItem.provider).not_like("bank:%"),
            )
            .order_by(col(InboxItem.received_at), col(InboxItem.id))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )


def booked(session: Session, provider: str, external_id: str, kind: str) -> LedgerEntry | None:
    """Answer the entry of a provider's id, of whatever debt."""
    kinds = {"chargeback_reversed": EntryKind.REVERSAL}
    return session.exec(
        select(LedgerEntry).where(
            col(LedgerEntry.source) == provider,
            col(LedgerEntry.external_id) == external_id,
            col(LedgerEntry.kind) == kinds.get(kind, kind),
        )
    ).first()


def same_money(
    session: Session, *, provider: str, payment_id: str, kind: str, minor: int, debt_id: UUID | None
) -> InboxItem | None:
    """Answer an earlier notice of the same payment under another event id."""
    asked: dict[str, Any] = {"provider": provider, "kind": kind, "payment": payment_id}
    if debt_id is None:
        found = session.exec(_SAME_UNMATCHED, params=asked)
    else:
        found = session.exec(_SAME_OF_DEBT, params=asked | {"debt": debt_id})
    return next((item for item in found if item.facts.get("minor") == minor), None)


def same_moneys(
    session: Session, told: Collection[tuple[UUID, str, str, int]]
) -> dict[tuple[UUID, str, str, int], str]:
    """Answer the event ids of earlier notices of the same payments, as ``same_money`` knows them.

    Payments are told by debt, provider, the provider's id and minor units.
    """
    found = session.connection().execute(
        _SAME_ALL,
        {
            "debts": sorted({debt for debt, *_ in told}),
            "providers": sorted({provider for _, provider, *_ in told}),
            "payments": sorted({payment for _, _, payment, _ in told}),
        },
    )
    return {
        (debt, provider, facts["payment_id"], facts["minor"]): event
        for debt, provider, facts, event in found
        if debt is not None
    }


def refunded(session: Session, provider: str, payment_id: str) -> int:
    """Answer the minor units of all refunds that a provider told of a payment."""
    return sum(item.facts["minor"] for item in told(session, provider, "refund", payment_id))


def told_of(session: Session, provider: str, payment_id: str) -> InboxItem | None:
    """Answer the notice by which a provider told of a payment."""
    return session.exec(
        select(InboxItem).where(
            col(InboxItem.provider) == provider,
            col(InboxItem.kind) == "payment",
            col(InboxItem.status) != "ignored",
            _called(col(InboxItem.facts)["payment_id"].as_string(), provider, payment_id),
        )
    ).first()


def claim(
    session: Session, now: datetime, limit: int, lease: timedelta, at_work: timedelta | None = None
) -> list[InboxItem]:
    """Take rows that nobody has told the case of: payments first, receipts last.

    Money that the case was told of and has not booked in time is told again, after those: the
    case may have died with the signal unread. A row is handed to one relay until ``lease`` has run
    out, on either database. Money of a debt whose case was told of other money just now, so that it
    is to be told again only after more than ``at_work``, is left for the case to find.
    """
    urgency = sql_case(
        (col(InboxItem.kind).in_(MONEY), 0), (col(InboxItem.kind) == "receipt", 2), else_=1
    )
    new = select(InboxItem).where(
        col(InboxItem.status) == "new",
        or_(col(InboxItem.claimed_until).is_(None), col(InboxItem.claimed_until) <= now),
    )
    if at_work is not None:
        new = new.where(
            or_(
                col(InboxItem.kind).not_in(MONEY),
                col(InboxItem.debt_id).is_(None),
                ~_told_lately(now + at_work),
            )
        )
    unbooked = select(InboxItem).where(
        col(InboxItem.status) == "delivered", col(InboxItem.claimed_until) <= now
    )
    items: list[InboxItem] = []
    for asked in (new, unbooked):
        items += session.exec(
            asked.order_by(urgency, col(InboxItem.received_at), col(InboxItem.id))
            .limit(limit - len(items))
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
    for item in items:
        item.claimed_until = now + lease
        item.tries += 1
    session.flush()
    return items


def _told_lately(until: datetime) -> ColumnElement[bool]:
    """Whether a row's debt has money of which its case was told for the first time a moment ago."""
    other = aliased(InboxItem)
    return (
        columns(col(other.id))
        .where(
            col(other.debt_id) == col(InboxItem.debt_id),
            col(other.status) == "delivered",
            col(other.kind).in_(MONEY),
            col(other.tries) == 1,
            col(other.claimed_until) > until,
        )
        .exists()
    )


def tell(session: Session, told: Mapping[UUID, datetime | None]) -> None:
    """Mark notices as delivered, with the instant of telling again; those further on stay so."""
    if not told:
        return
    kept = session.exec(
        select(InboxItem)
        .where(col(InboxItem.id).in_(sorted(told)))
        .order_by(col(InboxItem.received_at), col(InboxItem.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for item in kept:
        if item.status in UNPOSTED:
            item.status, item.problem, item.claimed_until = "delivered", None, told[item.id]
    session.flush()


def waiting(session: Session, debt_id: UUID, limit: int) -> list[InboxItem]:
    """Answer money for a debt that nobody booked yet, oldest first, fresh and locked."""
    return list(
        session.exec(
            select(InboxItem)
            .where(
                col(InboxItem.debt_id) == debt_id,
                col(InboxItem.kind).in_(MONEY),
                col(InboxItem.status).in_(UNPOSTED),
            )
            .order_by(col(InboxItem.received_at), col(InboxItem.id))
            .limit(limit)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def settle(
    session: Session,
    item: InboxItem,
    status: str,
    problem: str | None = None,
    *,
    until: datetime | None = None,
) -> bool:
    """Move a notice on; answer False when it is further already.

    Booked is final, and ``delivered`` never overwrites what the case did meanwhile. ``until``:
    when it is told again if it is still only delivered.
    """
    kept = session.get(InboxItem, item.id, with_for_update=True, populate_existing=True)
    if kept is None or kept.status == "booked":
        return False
    if status == "delivered" and kept.status not in UNPOSTED:
        return False
    kept.status, kept.problem, kept.claimed_until = status, problem, until
    session.flush()
    return True


def decide(item: InboxItem, status: str, problem: str | None = None) -> None:
    """Move on a notice that this transaction has locked and found not booked."""
    item.status, item.problem, item.claimed_until = status, problem, None


def release(session: Session, item: InboxItem, until: datetime, problem: str) -> None:
    """Give a claimed row back, to be tried again at ``until``."""
    kept = session.get(InboxItem, item.id, with_for_update=True, populate_existing=True)
    if kept is not None and kept.status in UNPOSTED:
        kept.claimed_until, kept.problem = until, problem
        session.flush()


def unposted(session: Session, debt_ids: Sequence[UUID]) -> list[InboxItem]:
    """Answer payments of these debts that came in and are not booked."""
    return list(
        session.exec(
            select(InboxItem)
            .where(
                col(InboxItem.debt_id).in_(debt_ids),
                col(InboxItem.kind) == "payment",
                col(InboxItem.status).in_(UNPOSTED),
            )
            .order_by(col(InboxItem.received_at))
        )
    )


def debt_of_payment(session: Session, provider: str, payment_id: str) -> UUID | None:
    """Answer the debt that a provider's payment was booked for, or waits to be."""
    booked = session.exec(
        select(LedgerEntry.debt_id).where(
            col(LedgerEntry.source) == provider,
            _called(col(LedgerEntry.external_id), provider, payment_id),
            col(LedgerEntry.kind) == EntryKind.PAYMENT,
        )
    ).first()
    if booked:
        return booked
    waiting = session.exec(
        select(InboxItem).where(
            col(InboxItem.status).in_(UNPOSTED),
            col(InboxItem.provider) == provider,
            col(InboxItem.kind) == "payment",
        )
    )
    return next(
        (i.debt_id for i in waiting if means(provider, payment_id, i.facts.get("payment_id", ""))),
        None,
    )


PARTS = frozenset({"adyen"})
"""Providers whose payments may come in parts, as ``payment:part``; what takes one back names the
payment alone."""


def means(provider: str, of: str | None, payment_id: str) -> bool:
    """Say whether what takes a payment back is about this one."""
    part = provider in PARTS and payment_id.startswith(f"{of}:")
    return bool(of) and (payment_id == of or part)


def _called(column: Any, provider: str, payment_id: str) -> ColumnElement[bool]:
    exact: ColumnElement[bool] = column == payment_id
    if provider not in PARTS:
        return exact
    return or_(exact, column.startswith(f"{payment_id}:", autoescape=True))


def told(session: Session, provider: str, kind: str, of: str | None = None) -> list[InboxItem]:
    """Answer the notices of a kind that count, oldest first: of one payment, or all of them."""
    asked = select(InboxItem).where(
        col(InboxItem.provider) == provider,
        col(InboxItem.kind) == kind,
        col(InboxItem.status) != "ignored",
    )
    if of is not None:
        asked = asked.where(col(InboxItem.facts)["of"].as_string() == of)
    return list(session.exec(asked.order_by(col(InboxItem.received_at), col(InboxItem.id))))


def set_aside_of(session: Session, provider: str, payment_id: str, problem: str) -> list[InboxItem]:
    """Answer the notices that took back a payment and were set aside for this reason."""
    return list(
        session.exec(
            select(InboxItem).where(
                col(InboxItem.provider) == provider,
                col(InboxItem.status) == "ignored",
                col(InboxItem.problem) == problem,
                col(InboxItem.facts)["of"].as_string() == payment_id,
            )
        )
    )


def adopt(session: Session, provider: str, payment_id: str, debt: Debt) -> None:
    """Give what came ahead of its payment, and named no debt, to the payment's debt."""
    adopt_all(session, [(provider, payment_id, debt.id, debt.debtor_id)])


def adopt_all(session: Session, paid: Collection[tuple[str, str, UUID, UUID]]) -> None:
    """Do so for many payments, told by provider, its id, debt and debtor."""
    if not paid:
        return
    asked = {
        "providers": sorted({provider for provider, *_ in paid}),
        "of": sorted({of for _, payment, *_ in paid for of in _wholes(payment)}),
    }
    for item in session.exec(_AHEAD, params=asked):
        for provider, payment, debt, debtor in paid:
            if provider == item.provider and means(provider, item.facts.get("of"), payment):
                item.debt_id, item.debtor_id = debt, debtor
                item.status, item.problem = "new", None
                session.add(item)
                break


def _wholes(payment_id: str) -> list[str]:
    """Answer what a payment may be called: by its id, or as the whole that it is a part of."""
    ends = [at for at, sign in enumerate(payment_id) if sign == ":"]
    return [payment_id, *(payment_id[:at] for at in ends)]


def entries(session: Session, debt_id: UUID) -> list[LedgerEntry]:
    """Answer a debt's ledger in the order of booking.

    A transaction that holds the debtor reads it once: nobody else adds to it meanwhile.
    """
    if (known := _read(session, debt_id)) is not None:
        return list(known)
    found = list(session.exec(_ENTRIES, params={"debt": debt_id}))
    mine = session.get_transaction(), debt_id
    if session.info.get(_HELD) == mine:
        session.info[_LEDGER] = mine, found
        return list(found)
    return found


def _read(session: Session, debt_id: UUID) -> list[LedgerEntry] | None:
    mine, found = session.info.get(_LEDGER, (None, None))
    return found if mine == (session.get_transaction(), debt_id) else None


def as_entries(rows: Iterable[LedgerEntry]) -> list[Entry]:
    """Answer ledger rows in the words that ``rules.ledger`` folds."""
    return [
        Entry(
            entry_id=row.id,
            debt_id=row.debt_id,
            kind=EntryKind(row.kind),
            minor=row.minor,
            currency=row.currency,
            value_date=row.value_date,
            booked_at=row.booked_at,
            bucket=Bucket(row.bucket) if row.bucket else None,
            of=row.of,
            source=row.source,
            external_id=row.external_id,
            policy=row.policy,
            actor=row.actor,
            reason=row.reason,
            due=row.due_on,
        )
        for row in rows
    ]


def append(
    session: Session,
    debt_id: UUID,
    *,
    kind: str,
    minor: int,
    currency: str,
    value_date: date,
    booked_at: datetime,
    observed_at: datetime,
    source: str,
    external_id: str,
    policy: str,
    actor: str,
    reason: str,
    bucket: str | None = None,
    of: UUID | None = None,
    facts: dict[str, Any] | None = None,
) -> LedgerEntry | None:
    """Append an entry under the debtor's lock; None when this source has said so already.

    Unique by source, external id and kind. ``seq`` counts a debt's entries without gaps.
    """
    hold(session, debt_id)
    kept = _read(session, debt_id)
    if kept is None:
        asked = select(func.max(LedgerEntry.seq)).where(col(LedgerEntry.debt_id) == debt_id)
        last = session.exec(asked).one()
    else:
        last = kept[-1].seq if kept else 0
    entry = LedgerEntry(
        id=uuid4(),
        debt_id=debt_id,
        seq=(last or 0) + 1,
        kind=kind,
        minor=minor,
        currency=currency,
        bucket=bucket,
        value_date=value_date,
        booked_at=booked_at,
        observed_at=observed_at,
        source=source,
        external_id=external_id,
        policy=policy,
        of=of,
        actor=actor,
        reason=reason,
        facts=facts or None,
    )
    if not insert_once(session, entry, "source", "external_id", "kind"):
        return None
    if kept is not None:
        kept.append(entry)
    return entry


def hold(session: Session, debt_id: UUID) -> None:
    """Lock a debt's debtor where the database has row locks, once in a transaction.

    Call it in a writing session: where there are none, that keeps all others out.
    """
    if session.info.get(_HELD) == (session.get_transaction(), debt_id):
        return
    if session.get_bind().dialect.name == "postgresql":
        session.exec(_LOCK, params={"debt": debt_id}).all()
    # Only the first statement of a session begins its transaction.
    session.connection()
    session.info[_HELD] = session.get_transaction(), debt_id


def _cross(session: Session, debt_ids: Sequence[UUID]) -> None:
    if not debt_ids:
        return
    for row in session.exec(
        _CROSS, params={"debts": debt_ids}, execution_options={"populate_existing": True}
    ):
        row.crossed = True
        session.add(row)


def _kept(session: Session, provider: str, external_id: str) -> InboxItem:
    item = known(session, provider, external_id)
    assert item is not None
    return item
