"""What the guard refused, before whoever watches over the manner: entries of a supervisor's queue.

An entry names rules, and no word of what was said. It leases nobody: the person stays with their
agent. It outlives the case, and is closed by somebody else than whose words they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime
from sqlmodel import Session, col, select

from activities.hands import DeskRefusalError
from models.base import Value
from models.case import TaskKind
from models.tables import Debt, WorkItem
from store import case as records
from store import debtor as debtors
from store import work

REVIEW_WITHIN = timedelta(days=2)
"""While those concerned still remember the conversation."""


class Verdict(StrEnum):
    """What a look at an entry came to."""

    COACHED = "coached"
    """The words were wrong, and were talked over with whoever wrote them."""
    MENDED = "mended"
    """A template, a fact or a list was wrong and was put right."""
    NO_FAULT = "no_fault"
    """The guard was wrong."""


class Entry(Value):
    """One entry as lists show it. Impersonal."""

    item: str
    account: str
    place: str
    what: str
    """``note`` or ``message``."""
    of: str
    """The kind of the item that the note is on, or the template of the message."""
    agent: str | None
    """Who wrote the note."""
    rules: tuple[str, ...]
    times: int
    """How often, since the entry was opened."""
    kept: bool
    """The note stands all the same: it was only doubtful."""
    opened_at: AwareDatetime
    due_at: AwareDatetime
    result: str | None
    by: str | None


def enter(
    session: Session,
    debt: Debt,
    debtor_id: UUID,
    step: str,
    *,
    rules: Sequence[str],
    now: datetime,
    **facts: Any,
) -> WorkItem:
    """Put a finding before the supervisors; what is open already under this step counts it."""
    earlier = [
        item
        for item in work.of_debt(session, debt.id)
        if (item.kind, item.step) == (TaskKind.QA_REVIEW, step)
    ]
    item = next((each for each in earlier if each.status in work.LIVING), None) or work.open(
        session,
        debt_id=debt.id,
        debtor_id=debtor_id,
        epoch=debt.epoch,
        kind=TaskKind.QA_REVIEW,
        step=step,
        n=len(earlier) + 1,
        now=now,
        due_at=now + REVIEW_WITHIN,
    )
    known = item.facts.get("rules", [])
    item.facts = {
        **item.facts,
        **facts,
        "rules": [*known, *(rule for rule in rules if rule not in known)],
        "times": item.facts.get("times", 0) + 1,
    }
    session.add(item)
    session.flush()
    return item


def listed(session: Session, *, closed: bool = False) -> list[Entry]:
    """Answer entries, the most overdue first."""
    asked = select(WorkItem, Debt).join(Debt, col(Debt.id) == WorkItem.debt_id)
    asked = asked.where(col(WorkItem.kind) == TaskKind.QA_REVIEW)
    if not closed:
        asked = asked.where(col(WorkItem.status).in_(work.LIVING))
    rows = session.exec(asked.order_by(col(WorkItem.due_at), col(WorkItem.id))).all()
    return [shown(item, debt) for item, debt in rows]


def shown(item: WorkItem, debt: Debt) -> Entry:
    """Answer an entry as lists show it."""
    facts = item.facts
    return Entry(
        item=str(item.id),
        account=debt.account_ref,
        place=f"{debt.jurisdiction}-{debt.sub}" if debt.sub else debt.jurisdiction,
        what=facts["what"],
        of=facts["of"],
        agent=facts.get("agent"),
        rules=tuple(facts["rules"]),
        times=facts["times"],
        kept=bool(facts.get("kept")),
        opened_at=item.opened_at,
        due_at=item.due_at,
        result=item.outcome,
        by=item.outcome_by,
    )


def close(session: Session, item: WorkItem, verdict: Verdict, by: str, now: datetime) -> Entry:
    """Close an entry; raises ``DeskRefusalError`` for another kind of item and for one's own words."""
    debtors.lock(session, item.debtor_id)
    session.refresh(item)
    if item.kind != TaskKind.QA_REVIEW:
        raise DeskRefusalError(f"item {item.id} is no entry of the quality queue: cession desk qa")
    if item.facts.get("agent") == by:
        raise DeskRefusalError("these were your own words; somebody else looks at them")
    if not work.finish(session, item, outcome=verdict, by=by, now=now):
        raise DeskRefusalError(f"item {item.id} is closed already, by {item.outcome_by}")
    records.act(
        session,
        at=now,
        debt_id=item.debt_id,
        debtor_id=item.debtor_id,
        what="qa.reviewed",
        reason=verdict,
        actor=by,
        facts={"item": str(item.id), "rules": item.facts["rules"]},
    )
    return shown(item, session.get_one(Debt, item.debt_id))
