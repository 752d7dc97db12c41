"""Work for people, leased by the debtor: nobody is called by two agents at once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from models.tables import WorkItem
from store import debtor as debtors
from store.engine import insert_once

LIVING = ("open", "taken")

OUTLIVING = ("complaint", "qa_review")
"""Kinds that are owed an answer whatever becomes of the case."""


class UnknownItemError(LookupError):
    """No work item has this id."""

    def __init__(self, item_id: UUID) -> None:
        self.item_id = item_id
        super().__init__(f"no work item {item_id} in the store")


def get(session: Session, item_id: UUID) -> WorkItem:
    """Answer an item, fresh; raises ``UnknownItemError``."""
    item = session.get(WorkItem, item_id, populate_existing=True)
    if item is None:
        raise UnknownItemError(item_id)
    return item


def open(  # noqa: A001
    session: Session,
    *,
    debt_id: UUID,
    debtor_id: UUID,
    epoch: int,
    kind: str,
    now: datetime,
    due_at: datetime,
    step: str = "",
    n: int = 1,
    not_before: datetime | None = None,
    contact_id: UUID | None = None,
) -> WorkItem:
    """Put an item before people; the same debt, epoch, kind, step and ``n`` is the same item."""
    item = WorkItem(
        id=uuid4(),
        debt_id=debt_id,
        debtor_id=debtor_id,
        epoch=epoch,
        kind=kind,
        step=step,
        n=n,
        opened_at=now,
        due_at=due_at,
        not_before=not_before,
        contact_id=contact_id,
    )
    if insert_once(session, item, "debt_id", "epoch", "kind", "step", "n"):
        return item
    return session.exec(
        select(WorkItem).where(
            col(WorkItem.debt_id) == debt_id,
            col(WorkItem.epoch) == epoch,
            col(WorkItem.kind) == kind,
            col(WorkItem.step) == step,
            col(WorkItem.n) == n,
        )
    ).one()


def of_debt(session: Session, debt_id: UUID) -> list[WorkItem]:
    """Answer every item of a debt, oldest first."""
    return list(
        session.exec(
            select(WorkItem)
            .where(col(WorkItem.debt_id) == debt_id)
            .order_by(col(WorkItem.opened_at), col(WorkItem.id))
        )
    )


def at_step(session: Session, step: str) -> list[WorkItem]:
    """Answer the items of a step that nobody has finished, of whatever debt."""
    asked = select(WorkItem).where(col(WorkItem.step) == step, col(WorkItem.status).in_(LIVING))
    return list(session.exec(asked))


def next_open(
    session: Session, agent: str, now: datetime, kinds: Collection[str] = ()
) -> WorkItem | None:
    """Answer the most urgent item that nobody works and whose person no other agent works."""
    busy = select(WorkItem.debtor_id).where(
        col(WorkItem.status) == "taken",
        col(WorkItem.lease_by) != agent,
        col(WorkItem.lease_until) > now,
    )
    asked = select(WorkItem).where(
        _free(now),
        or_(col(WorkItem.not_before).is_(None), col(WorkItem.not_before) <= now),
        col(WorkItem.debtor_id).not_in(busy),
    )
    if kinds:
        asked = asked.where(col(WorkItem.kind).in_(kinds))
    return session.exec(
        asked.order_by(col(WorkItem.due_at), col(WorkItem.opened_at), col(WorkItem.id)).limit(1)
    ).first()


def lease(
    session: Session, item: WorkItem, agent: str, now: datetime, until: datetime
) -> WorkItem | None:
    """Give an item to an agent until an instant; answer the item in the way, None on success.

    One agent at a time works a person, over all items and debts of that person.
    """
    debtors.lock(session, item.debtor_id)
    session.refresh(item)
    other = session.exec(
        select(WorkItem)
        .where(
            col(WorkItem.debtor_id) == item.debtor_id,
            col(WorkItem.status) == "taken",
            col(WorkItem.lease_by) != agent,
            col(WorkItem.lease_until) > now,
        )
        .limit(1)
    ).first()
    if other is not None:
        return other
    if item.status not in LIVING:
        return item
    item.status, item.lease_by, item.lease_until = "taken", agent, until
    session.add(item)
    session.flush()
    return None


def finish(
    session: Session,
    item: WorkItem,
    *,
    outcome: str,
    by: str,
    now: datetime,
    sealed: bytes | None = None,
) -> bool:
    """Record what came of an item; answer False when it was finished or cancelled before."""
    if item.status not in LIVING:
        return False
    item.status, item.outcome, item.outcome_by, item.outcome_at = "done", outcome, by, now
    item.lease_until = None
    item.sealed = sealed
    session.add(item)
    session.flush()
    return True


def cancel_for(
    session: Session,
    debt_id: UUID,
    *,
    now: datetime,
    reason: str,
    kinds: Collection[str] = (),
    keep: str | tuple[str, ...] = (),
) -> list[WorkItem]:
    """Take back a debt's items that nobody has finished; answer them.

    Those whose step begins with ``keep``, or one of it, stay.
    """
    asked = select(WorkItem).where(
        col(WorkItem.debt_id) == debt_id,
        col(WorkItem.status).in_(LIVING),
        col(WorkItem.kind).not_in(OUTLIVING),
    )
    if kinds:
        asked = asked.where(col(WorkItem.kind).in_(kinds))
    items = [item for item in session.exec(asked) if not item.step.startswith(keep)]
    for item in items:
        item.status, item.outcome, item.outcome_by, item.outcome_at = (
            "cancelled",
            reason,
            "case",
            now,
        )
        item.lease_until = None
        session.add(item)
    session.flush()
    return items


def _free(now: datetime) -> ColumnElement[bool]:
    """Open, or taken under a lease that ran out."""
    return or_(
        col(WorkItem.status) == "open",
        and_(col(WorkItem.status) == "taken", col(WorkItem.lease_until) <= now),
    )
