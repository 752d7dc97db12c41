"""Complaints: taken in whole, acknowledged and answered in time, and seen by more people if not."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlmodel import Session, col, select

from activities.hands import DeskRefusalError
from activities.office import Office
from activities.support import zone_of
from models.base import Value
from models.case import FAR, TaskKind
from models.desk import Result
from models.stop import Scope, StopKind
from models.tables import Debt, Debtor, Stop, WorkItem
from rules import complaint as rules
from rules.complaint import Clock, Level
from store import case as records
from store import debtor as debtors
from store import operator as operators
from store import stop as stops
from store import work

SOURCE = "complaint"

ABOUT = ("conduct", "amount", "data", "ownership", "accessibility", "other")
"""What a complaint is about, as it is counted."""


class Complaint(Value):
    """A complaint and its clock. Impersonal."""

    item: str
    account: str
    place: str
    about: str
    channel: str
    received_at: datetime
    acknowledge_by: datetime
    answer_by: datetime
    acknowledged_at: datetime | None = None
    answered_at: datetime | None = None
    result: str | None = None
    level: str
    body: str = ""
    source: str
    zone: str
    by: str | None = None


def enter(
    session: Session,
    office: Office,
    debt: Debt,
    *,
    text: str,
    channel: str,
    received: datetime,
    agent: str,
    now: datetime,
    about: str = "other",
    complained_of: str | None = None,
    key: str | None = None,
) -> WorkItem:
    """Take a complaint in; contact about the debt rests until it is answered.

    The words are the person's own: kept whole under their data key, judged by nobody. ``key`` makes
    a repeated entry the same complaint. Raises ``DeskRefusalError`` for an instant that can't be, and
    if nobody ever worked here whom it is said to be about.
    """
    if received > now or received < now - FAR:
        raise DeskRefusalError("a complaint came in at an instant that has passed")
    if complained_of is not None and not operators.ever(session, complained_of):
        raise DeskRefusalError(
            f"{complained_of} never worked here; see: cession operator list. If it is about somebody "
            "else, leave that out: the words of the complaint say whom"
        )
    debtors.lock(session, debt.debtor_id)
    debtor = session.get_one(Debtor, debt.debtor_id)
    zone = zone_of(debtor)
    told = rules.clock(received, zone, debt.jurisdiction, debt.sub)
    item = work.open(
        session,
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        epoch=debt.epoch,
        kind=TaskKind.COMPLAINT,
        step=f"complaint_{(key or uuid4().hex)[:12]}",
        now=now,
        due_at=told.acknowledge_by,
    )
    if item.facts:
        return item
    item.facts = {
        "received_at": received.isoformat(),
        "acknowledge_by": told.acknowledge_by.isoformat(),
        "answer_by": told.answer_by.isoformat(),
        "source": told.source,
        "body": told.body,
        "channel": channel,
        "about": about,
        **({"complained_of": complained_of} if complained_of else {}),
    }
    if text:
        item.sealed = office.store.keys.person_key(session, debt.debtor_id).seal(text)
    session.add(item)
    stops.enter(
        session,
        StopKind.HOLD,
        Scope.DEBT,
        now=now,
        observed_at=office.clock.now(),
        reason="complaint",
        actor=agent,
        source=SOURCE,
        external_id=str(item.id),
        debt_id=debt.id,
    )
    _say(session, item, "complaint.entered", about, agent, now)
    return item


def acknowledge(session: Session, item: WorkItem, agent: str, now: datetime) -> None:
    """Put on record that the person was told it arrived; raises ``DeskRefusalError``."""
    debtors.lock(session, item.debtor_id)
    session.refresh(item)
    if item.kind != TaskKind.COMPLAINT or item.status not in work.LIVING:
        raise DeskRefusalError(f"item {item.id} is no open complaint")
    if "acknowledged_at" in item.facts:
        raise DeskRefusalError(f"it was acknowledged at {item.facts['acknowledged_at']}")
    item.facts = {**item.facts, "acknowledged_at": now.isoformat()}
    item.due_at = clock_of(item).answer_by
    session.add(item)
    _say(session, item, "complaint.acknowledged", "told", agent, now)


def answered(
    session: Session, item: WorkItem, result: Result, agent: str, now: datetime
) -> list[str]:
    """Put the answer on record and end the rest that the complaint gave."""
    late = now >= clock_of(item).answer_by
    item.facts = {**item.facts, "answered_at": now.isoformat(), "late": late}
    session.add(item)
    rest = session.exec(
        select(Stop).where(col(Stop.source) == SOURCE, col(Stop.external_id) == str(item.id))
    ).first()
    if rest is not None:
        stops.end(session, rest.id, now=now, reason=result, actor=agent)
    _say(session, item, "complaint.answered", result, agent, now)
    body = item.facts.get("body")
    told = f"; tell them that they may go to {body}" if body and result != Result.UPHELD else ""
    return [f"complaint {result}, {'after' if late else 'within'} its time{told}"]


def press(session: Session, now: datetime) -> int:
    """Let more people see what was not acknowledged or answered in time; answer how many moved."""
    moved = 0
    for item in _open(session):
        level = level_of(item, now)
        if level <= item.facts.get("level", 0):
            continue
        debtors.lock(session, item.debtor_id)
        session.refresh(item)
        if item.status not in work.LIVING or level <= item.facts.get("level", 0):
            continue
        item.facts = {**item.facts, "level": int(level)}
        item.escalated_at = item.escalated_at or now
        session.add(item)
        _say(session, item, "complaint.escalated", level.name.lower(), "clock", now)
        moved += 1
    return moved


def listed(session: Session, now: datetime, *, closed: bool = False) -> list[Complaint]:
    """Answer complaints with their clocks, the nearest end first."""
    asked = select(WorkItem).where(col(WorkItem.kind) == TaskKind.COMPLAINT)
    rows = session.exec(asked).all() if closed else _open(session)
    return sorted(
        (shown(session, item, now) for item in rows),
        key=lambda each: (each.answered_at is not None, each.answer_by),
    )


def shown(session: Session, item: WorkItem, now: datetime) -> Complaint:
    """Answer a complaint as lists show it."""
    debt = session.get_one(Debt, item.debt_id)
    told = clock_of(item)
    facts = item.facts
    return Complaint(
        item=str(item.id),
        account=debt.account_ref,
        place=f"{debt.jurisdiction}-{debt.sub}" if debt.sub else debt.jurisdiction,
        about=facts["about"],
        channel=facts["channel"],
        received_at=_at(facts, "received_at") or item.opened_at,
        acknowledge_by=told.acknowledge_by,
        answer_by=told.answer_by,
        acknowledged_at=_at(facts, "acknowledged_at"),
        answered_at=_at(facts, "answered_at"),
        result=item.outcome,
        level=level_of(item, now).name.lower(),
        body=told.body,
        source=told.source,
        zone=zone_of(session.get_one(Debtor, item.debtor_id)).key,
        by=item.outcome_by or item.lease_by,
    )


def clock_of(item: WorkItem) -> Clock:
    """Answer the clock that was set when a complaint came in; later data do not move it."""
    facts = item.facts
    return Clock(
        acknowledge_by=datetime.fromisoformat(facts["acknowledge_by"]),
        answer_by=datetime.fromisoformat(facts["answer_by"]),
        source=facts["source"],
        body=facts["body"],
    )


def level_of(item: WorkItem, now: datetime) -> Level:
    """Answer who must see to a complaint now."""
    return rules.level(
        _at(item.facts, "received_at") or item.opened_at,
        clock_of(item),
        acknowledged="acknowledged_at" in item.facts,
        answered="answered_at" in item.facts,
        now=now,
    )


def _open(session: Session) -> list[WorkItem]:
    return list(
        session.exec(
            select(WorkItem)
            .where(col(WorkItem.kind) == TaskKind.COMPLAINT, col(WorkItem.status).in_(work.LIVING))
            .order_by(col(WorkItem.debtor_id))
        )
    )


def _at(facts: dict[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(facts[name]) if name in facts else None


def _say(  # noqa: PLR0917
    session: Session, item: WorkItem, what: str, reason: str, actor: str, now: datetime
) -> None:
    records.act(
        session,
        at=now,
        debt_id=item.debt_id,
        debtor_id=item.debtor_id,
        what=what,
        reason=reason,
        actor=actor,
        facts={"item": str(item.id)},
    )
