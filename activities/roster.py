"""Who is handed what: queues, hand-over, what is put back, and absence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, or_, select

from activities.desk import (
    close_talk,
    find,
    handed_until,
    lapsed,
    put_on_record,
    talking,
)
from activities.hands import DeskRefusalError, fit_or_refused, here_or_refused
from activities.office import Office
from models.base import Value
from models.case import FAR, TaskKind
from models.operator import Operator, Role
from models.tables import Debt, Debtor, Portfolio, Seller, Staff, WorkItem
from rules.desk import KEPT, Need, unanswered, unfit
from store import debtor as debtors
from store import operator as operators
from store import staff, work

AT_THE_DESK = frozenset({Role.AGENT, Role.SUPERVISOR})


def known_teams(session: Session, teams: Iterable[str]) -> None:
    """Raise ``DeskRefusalError`` for a team that is neither a seller's code nor a portfolio."""
    codes = set(session.exec(select(Seller.code))) | set(session.exec(select(Portfolio.ref)))
    if unknown := [team for team in teams if team not in codes]:
        some = f"there are {', '.join(sorted(codes)[:10])}" if codes else "none was imported yet"
        raise DeskRefusalError(
            f"--team {unknown[0]}: no seller and no portfolio is called that; {some} "
            "(cession portfolio list)"
        )


class Wanted(Value):
    """Which items a queue is to show."""

    kind: TaskKind | None = None
    team: str | None = None
    language: str | None = None
    skills: frozenset[str] = frozenset()
    agent: str | None = None
    """Only what this operator can take now."""
    supervisor: bool = False
    """Only what nobody answered, and what waits for an approval."""
    later: bool = False
    """What comes back later, in place of what is to be done now."""


def queue(session: Session, wanted: Wanted, now: datetime) -> list[WorkItem]:
    """Answer open items that are asked for, the most overdue first; what is kept for one comes first."""
    return [item for item, _ in _queue(session, wanted, now)]


def next_item(session: Session, agent: str, now: datetime) -> WorkItem | None:
    """Answer the next item that an agent can take.

    Nobody else works the person, it suits what the agent does, and it is kept for nobody else.
    Raises ``DeskRefusalError`` while the agent is away.
    """
    here_or_refused(session, agent, now)
    found = _queue(session, Wanted(agent=agent), now)
    mine = [item for item, _ in found if item.status == "open" and kept_for(item, now) == agent]
    free = (item for item, _ in found if item.status == "open")
    return mine[0] if mine else next(free, None)


def _queue(session: Session, wanted: Wanted, now: datetime) -> Iterable[tuple[WorkItem, Need]]:
    asked = (
        select(WorkItem, Debtor.language, Seller.code, Portfolio.ref)
        .join(Debt, col(Debt.id) == WorkItem.debt_id)
        .join(Debtor, col(Debtor.id) == WorkItem.debtor_id)
        .join(Seller, col(Seller.id) == Debt.seller_id)
        .join(Portfolio, col(Portfolio.id) == Debt.portfolio_id)
        .where(col(WorkItem.status).in_(work.LIVING))
    )
    if wanted.kind:
        asked = asked.where(col(WorkItem.kind) == wanted.kind)
    if wanted.skills:
        asked = asked.where(col(WorkItem.kind).in_(wanted.skills))
    if wanted.language:
        asked = asked.where(
            or_(
                col(Debtor.language) == wanted.language,
                col(Debtor.language).startswith(f"{wanted.language}-", autoescape=True),
            )
        )
    if wanted.team:
        asked = asked.where(or_(col(Seller.code) == wanted.team, col(Portfolio.ref) == wanted.team))
    comes = col(WorkItem.not_before)
    asked = asked.where(comes > now if wanted.later else or_(comes.is_(None), comes <= now))
    if wanted.agent:
        asked = asked.where(col(WorkItem.debtor_id).not_in(_busy(wanted.agent, now)))
    order = comes if wanted.later else col(WorkItem.due_at)
    rows = session.exec(asked.order_by(order, col(WorkItem.opened_at), col(WorkItem.id)))
    hands = staff.hands(staff.of(session, wanted.agent)) if wanted.agent else None
    kept: list[tuple[WorkItem, Need]] = []
    for item, language, seller, portfolio in rows:
        if lapsed(item, now):
            continue
        need = Need(
            kind=TaskKind(item.kind), language=language, teams=frozenset({seller, portfolio})
        )
        if hands is not None and item.kind == TaskKind.QA_REVIEW:
            continue
        if hands is not None and (unfit(hands, need) or _kept(session, item, wanted.agent, now)):
            continue
        if wanted.supervisor and not _supervised(item, now):
            continue
        kept.append((item, need))
    return kept


def _busy(agent: str, now: datetime):  # noqa: ANN202
    """People whom somebody else works now."""
    return select(col(WorkItem.debtor_id)).where(
        col(WorkItem.status) == "taken",
        col(WorkItem.lease_by) != agent,
        col(WorkItem.lease_until) > now,
    )


def _supervised(item: WorkItem, now: datetime) -> bool:
    return item.kind in {TaskKind.APPROVAL, TaskKind.QA_REVIEW} or unanswered(
        item.due_at, item.escalated_at, now
    )


def kept_for(item: WorkItem, now: datetime) -> str:
    """Answer for whom an item is kept for a while, if it is."""
    begins = item.not_before or item.opened_at
    return str(item.facts.get("for", "")) if now < begins + KEPT else ""


def _kept(session: Session, item: WorkItem, agent: str | None, now: datetime) -> bool:
    """Whether an item is kept for somebody else who is here."""
    other = kept_for(item, now)
    return bool(other) and other != agent and staff.away(staff.of(session, other), now) is None


def renew(session: Session, item_id: UUID, agent: str, now: datetime) -> datetime:
    """Keep the person for longer; answer until when. Raises ``DeskRefusalError``."""
    item = find(session, item_id)
    debtors.lock(session, item.debtor_id)
    _mine(item, agent, now)
    item.lease_until = handed_until(session, item, agent, now)
    session.add(item)
    return item.lease_until


def release(  # noqa: PLR0917
    session: Session,
    office: Office,
    item_id: UUID,
    agent: str,
    now: datetime,
    until: datetime | None = None,
) -> None:
    """Put an item back that came to nothing; with ``until`` it comes back to the same agent then.

    A conversation that was allowed and did not happen counts as none. Raises ``DeskRefusalError``.
    """
    item = find(session, item_id)
    debtors.lock(session, item.debtor_id)
    _held_by(item, agent)
    if until is not None and not now < until <= now + FAR:
        raise DeskRefusalError("an item comes back at an instant to come, within ten years")
    close_talk(session, office, item, "not_sent", "released", agent, now)
    _open_again(item)
    if until is not None:
        item.not_before = until
        item.due_at = max(item.due_at, until + KEPT)
        item.facts = {**item.facts, "for": agent}
    session.add(item)
    put_on_record(
        session, item, "work.released", agent, now, {"until": until.isoformat()} if until else {}
    )


def handover(
    session: Session, item_id: UUID, who: Operator, to: str, now: datetime
) -> list[WorkItem]:
    """Give a person to a colleague: the item, and whatever else of the person is held with it.

    The conversation that runs goes on with them. Only who holds it, or a supervisor, may.
    Raises ``DeskRefusalError``.
    """
    item = find(session, item_id)
    debtors.lock(session, item.debtor_id)
    holder = item.lease_by if item.status == "taken" else None
    if item.status not in work.LIVING:
        raise DeskRefusalError(f"item {item.id} is {item.status}; there is nothing to hand over")
    if holder != who.code and Role.SUPERVISOR not in who.roles:
        raise DeskRefusalError(
            f"{holder or 'nobody'} holds item {item.id}; whoever holds it, or a supervisor, hands it over"
        )
    known = operators.known(session, to)
    if known is None or not known.roles & AT_THE_DESK:
        raise DeskRefusalError(f"{to} does not work at the desk; see: cession desk staff")
    if to == holder:
        raise DeskRefusalError(f"{to} holds it already")
    here_or_refused(session, to, now)
    fit_or_refused(session, item, to)
    other = _in_the_way(session, item, {to, holder or to}, now)
    if other is not None:
        raise DeskRefusalError(f"{other.lease_by} works this person; release that first")
    moved = [item, *_others_of(session, item, holder)]
    for each in moved:
        each.status, each.lease_by = "taken", to
        each.lease_until = handed_until(session, each, to, now)
        session.add(each)
        put_on_record(
            session, each, "work.handed_over", who.code, now, {"from": holder or "", "to": to}
        )
    session.flush()
    return moved


def _in_the_way(
    session: Session, item: WorkItem, besides: set[str], now: datetime
) -> WorkItem | None:
    return session.exec(
        select(WorkItem).where(
            col(WorkItem.debtor_id) == item.debtor_id,
            col(WorkItem.status) == "taken",
            col(WorkItem.lease_by).not_in(besides),
            col(WorkItem.lease_until) > now,
        )
    ).first()


def _others_of(session: Session, item: WorkItem, holder: str | None) -> list[WorkItem]:
    if holder is None:
        return []
    return list(
        session.exec(
            select(WorkItem).where(
                col(WorkItem.debtor_id) == item.debtor_id,
                col(WorkItem.status) == "taken",
                col(WorkItem.lease_by) == holder,
                col(WorkItem.id) != item.id,
            )
        )
    )


def go_away(  # noqa: PLR0917
    session: Session,
    office: Office,
    code: str,
    who: Operator,
    begins: datetime,
    ends: datetime,
    now: datetime,
) -> list[WorkItem]:
    """Put on record that an operator is away; what they hold goes back. Answer those items.

    Nobody leaves from the middle of a conversation; a supervisor may say it of somebody else, and
    then a conversation of which nothing was reported counts as one that may have taken place.
    Raises ``DeskRefusalError``.
    """
    if not begins < ends or ends <= now or ends > now + FAR:
        raise DeskRefusalError("an absence ends after it begins, and not in the past")
    if code != who.code and Role.SUPERVISOR not in who.roles:
        raise DeskRefusalError(f"only {code} or a supervisor says that {code} is away")
    known = operators.known(session, code)
    if known is None or not known.roles & AT_THE_DESK:
        raise DeskRefusalError(f"{code} does not work at the desk")
    staff.change(session, code, now=now, actor=who.code, absence=(begins, ends))
    held = session.exec(
        select(WorkItem).where(col(WorkItem.status) == "taken", col(WorkItem.lease_by) == code)
    ).all()
    back: list[WorkItem] = []
    for item in sorted(held, key=lambda each: each.debtor_id):
        if begins > now:
            item.lease_until = min(item.lease_until or begins, begins)
            session.add(item)
            continue
        debtors.lock(session, item.debtor_id)
        session.refresh(item)
        if code == who.code and talking(session, item):
            raise DeskRefusalError(
                f"first report what came of item {item.id}: cession desk done or release"
            )
        close_talk(session, office, item, "unknown", "absent", who.code, now)
        _open_again(item)
        session.add(item)
        put_on_record(session, item, "work.released", who.code, now, {"absent": code})
        back.append(item)
    return back


def come_back(session: Session, code: str, who: Operator, now: datetime) -> Staff:
    """End an absence early. Raises ``DeskRefusalError``."""
    if code != who.code and Role.SUPERVISOR not in who.roles:
        raise DeskRefusalError(f"only {code} or a supervisor says that {code} is back")
    row = staff.of(session, code)
    if row is None or row.away_until is None or row.away_until <= now:
        raise DeskRefusalError(f"{code} is not away")
    return staff.change(session, code, now=now, actor=who.code, back=True)


def _open_again(item: WorkItem) -> None:
    item.status, item.lease_by, item.lease_until = "open", None, None
    item.facts = {name: told for name, told in item.facts.items() if name != "for"}


def _held_by(item: WorkItem, agent: str) -> None:
    if item.status != "taken" or item.lease_by != agent:
        raise DeskRefusalError(f"{agent} does not hold item {item.id}; see: cession desk queue")


def _mine(item: WorkItem, agent: str, now: datetime) -> None:
    _held_by(item, agent)
    if item.lease_until is None or item.lease_until <= now:
        raise DeskRefusalError(
            f"the lease of item {item.id} ran out; take it again: cession desk take {item.id}"
        )
