"""Cases as operations see them: a list with filters, and all that stands about one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, or_, select

from activities.document import documents
from activities.message import addressee
from activities.standing import balances, sent_so_far
from activities.support import MEANING, zone_of
from models.base import Value
from models.case import Ending
from models.contact import ContactState, Direction
from models.ledger import Balances
from models.overview import (
    LATE,
    CaseLine,
    CaseView,
    ContactLine,
    DocumentLine,
    GapLine,
    ItemLine,
    OwnerLine,
    Personal,
    PointLine,
    StopLine,
)
from models.stop import StopKind
from models.tables import ContactRow, Debt, Portfolio, Seller, Stop
from rules.schedule import DONE
from store import case as records
from store import debt as debts
from store import work
from store.keys import Keys
from store.standing import stand


def cases(
    session: Session,
    now: datetime,
    *,
    stage: str | None = None,
    portfolio: str | None = None,
    hold: str | None = None,
    overdue: bool = False,
    limit: int = 200,
) -> list[CaseLine]:
    """Answer cases, those due first before the closed; ``hold`` is a kind of stop or ``any``."""
    asked = select(Debt, Portfolio.ref).join(Portfolio, col(Portfolio.id) == col(Debt.portfolio_id))
    if stage:
        asked = asked.where(col(Debt.stage) == stage)
    if portfolio:
        asked = asked.where(col(Portfolio.ref) == portfolio)
    if hold:
        asked = asked.where(_held(hold, now))
    if overdue:
        asked = asked.where(col(Debt.status) == "open", col(Debt.next_action_at) < now - LATE)
    rows = session.exec(
        asked.order_by(
            col(Debt.status) == "closed", col(Debt.next_action_at), col(Debt.account_ref)
        ).limit(limit)
    ).all()
    return [_line(session, debt, ref, now) for debt, ref in rows]


def _held(kind: str, now: datetime) -> Any:
    stop = select(Stop.id).where(
        col(Stop.ended_at).is_(None),
        or_(col(Stop.until).is_(None), col(Stop.until) > now),
        or_(
            col(Stop.debt_id) == col(Debt.id),
            (col(Stop.debt_id).is_(None)) & (col(Stop.debtor_id) == col(Debt.debtor_id)),
        ),
    )
    return (stop if kind == "any" else stop.where(col(Stop.kind) == kind)).exists()


def _line(session: Session, debt: Debt, portfolio: str, now: datetime) -> CaseLine:
    standing = stand(session, debt.id, now)
    held = open_stops(standing.stops, now)
    move, _ = _move(debt)
    return CaseLine(
        account=debt.account_ref,
        case=debt.workflow_id,
        portfolio=portfolio,
        place=_place(debt),
        stage=debt.stage if debt.status != "new" else "not started",
        hold=held[0].kind if held else None,
        owed=balances(standing).outstanding,
        currency=debt.currency,
        contacts=sent_so_far(standing),
        next=move,
        next_at=debt.next_action_at if debt.status != "closed" else None,
        zone=zone_of(standing.debtor).key,
        ending=debt.ending,
    )


def open_stops(known: Sequence[Stop], now: datetime) -> list[Stop]:
    """Answer the stops that hold now."""
    return [
        stop for stop in known if stop.ended_at is None and (stop.until is None or stop.until > now)
    ]


def view(session: Session, debt: Debt, now: datetime) -> CaseView:
    """Answer all that stands about a case, without a word of who the person is."""
    standing = stand(session, debt.id, now)
    folded = balances(standing)
    portfolio = session.get_one(Portfolio, debt.portfolio_id)
    move, why = _move(debt)
    return CaseView(
        account=debt.account_ref,
        case=debt.workflow_id,
        debt=str(debt.id),
        epoch=debt.epoch,
        seller=session.get_one(Seller, debt.seller_id).code,
        portfolio=portfolio.ref,
        owner=portfolio.buyer_legal_name,
        place=_place(debt),
        currency=debt.currency,
        zone=zone_of(standing.debtor).key,
        language=standing.debtor.language,
        status=debt.status,
        stage=debt.stage,
        mode=debt.mode,
        strategy=debt.strategy_ref or None,
        strategy_reason=debt.strategy_reason,
        strategy_since=debt.strategy_since,
        strategy_next=debt.strategy_next,
        segment=debt.segment,
        opened=debt.opened_at,
        closed=debt.closed_at,
        ending=debt.ending,
        ending_reason=debt.ending_reason,
        next=move,
        why=why,
        next_at=debt.next_action_at if debt.status != "closed" else None,
        **_sums(folded),
        unposted=standing.unposted,
        contacts=sent_so_far(standing),
        notice_sent=debt.notice_sent_at,
        notice_reached=debt.notice_reached_at,
        notice_evidence=debt.notice_evidence,
        limitation=debt.limitation_date,
        gaps=tuple(GapLine(**gap) for gap in debt.readiness.get("gaps", ())),
        found=debt.readiness.get("facts", {}),
        stops=tuple(_stop_line(stop) for stop in open_stops(standing.stops, now)),
        items=tuple(
            ItemLine(
                item=str(item.id),
                kind=item.kind,
                step=item.step,
                status=item.status,
                due=item.due_at,
                by=item.lease_by,
            )
            for item in work.of_debt(session, debt.id)
            if item.status in work.LIVING
        ),
        owners=tuple(
            OwnerLine(
                owner=link.owner,
                since=link.assigned_on,
                doc_ref=link.doc_ref,
                notice_delivered_on=link.notice_delivered_on,
            )
            for link in debts.links(session, debt.id)
        ),
        documents=tuple(
            DocumentLine(
                document=str(row.id),
                kind=row.kind,
                template=row.template,
                version=row.template_version,
                sha256=row.sha256,
                made=row.created_at,
            )
            for row in documents(session, debt.id)
        ),
        made=tuple(
            ContactLine(
                at=row.at,
                channel=row.channel,
                step=row.step or row.purpose,
                state=row.state,
                outcome=row.outcome,
                strategy=row.strategy,
                by=(row.caller or row.agent) if row.agent == "human" else row.agent,
            )
            for row in standing.log
            if isinstance(row, ContactRow)
            and row.debt_id == debt.id
            and row.direction == Direction.OUT
            and row.state in DONE
        ),
    )


def personal(
    session: Session, keys: Keys, debt: Debt, *, actor: str, now: datetime, observed_at: datetime
) -> Personal:
    """Open who the debtor is, and put on record who asked.

    Raises ``PersonErasedError`` when the person's key was destroyed.
    """
    standing = stand(session, debt.id, now)
    key = keys.person_key(session, debt.debtor_id)
    who = addressee(key.open_json(standing.debtor.sealed), standing.debtor.language or "")
    records.act(
        session,
        at=now,
        observed_at=observed_at,
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        what="personal.shown",
        reason="asked",
        actor=actor,
    )
    return Personal(
        name=who.name,
        address=who.lines,
        points=tuple(
            PointLine(
                kind=point.kind,
                value=key.open_text(point.sealed),
                line=point.line,
                dead=point.dead_reason,
            )
            for point in standing.points
            if point.kind != "address"
        ),
    )


def _sums(folded: Balances) -> dict[str, Any]:
    return {
        "charged": folded.charged,
        "paid": folded.paid,
        "waived": folded.waived,
        "owed": folded.outstanding,
        "credit": folded.credit,
        "buckets": {bucket: minor for bucket, minor in folded.buckets.items() if minor},
    }


def _stop_line(stop: Stop) -> StopLine:
    what, ends = MEANING[StopKind(stop.kind)]
    return StopLine(
        kind=stop.kind,
        scope=stop.scope,
        since=stop.entered_at,
        until=stop.until,
        what=what,
        ends=ends,
        by=f"{stop.source}, {stop.actor}",
    )


def _place(debt: Debt) -> str:
    return f"{debt.jurisdiction}-{debt.sub}" if debt.sub else debt.jurisdiction


def _move(debt: Debt) -> tuple[str, str]:
    """Answer the next move in plain words, and its code."""
    if debt.status == "closed":
        return f"closed: {debt.ending}", debt.ending_reason or ""
    if debt.status == "new":
        return "not started yet", "new"
    move = debt.move or {}
    match move.get("kind"):
        case "wait":
            return str(move.get("text") or move["why"]), str(move["why"])
        case "contact":
            return f"{move['channel']} ({move['step']}) as soon as it is lawful", "contact"
        case "task":
            return str(move.get("text") or f"work for a person: {move['task']}"), str(move["task"])
        case "close":
            return f"closing as {move['ending']}", str(move.get("reason", ""))
        case _:
            return "being prepared", "preparing"


class Life(Value):
    """What became of a case, in one line."""

    account: str
    case: str
    place: str
    contacts: dict[str, int]
    """By channel, those that left."""
    deferred: int
    blocked: int
    reason: str
    """The rule that most often deferred or blocked; without one, what held, kept or ended it."""
    paid: int
    currency: str
    stage: str
    ending: str | None
    again: bool = False
    """Whether it had ended before, and came back."""


_OWN_END = frozenset({StopKind.CLOSE_ORDER, StopKind.RECALL, StopKind.HOLD})
"""Stops that are a decision and no reason."""


def _kept_by(debt: Debt, known: Sequence[Stop]) -> str:
    """What kept a case that no rule deferred or blocked.

    A gap of its file, or the first stop; if it was not paid, what kind of debt it is, where that
    is not the ordinary one, or what it waits for or ended with.
    """
    gaps = [gap["code"] for gap in debt.readiness.get("gaps", ()) if gap["blocking"]]
    kinds = [stop.kind for stop in known if stop.kind not in _OWN_END]
    if debt.ending not in (Ending.PAID, Ending.SETTLED):
        kinds += [] if debt.strategy_reason in (None, "ordinary") else [debt.strategy_reason]
        kinds += [debt.ending_reason or (debt.move or {}).get("why", "")]
    return next(iter(gaps + kinds), "").removeprefix("review:")


def lives(session: Session, now: datetime) -> list[Life]:
    """Answer what became of every case, in the order of accounts."""
    found: list[Life] = []
    for debt in session.exec(select(Debt).order_by(col(Debt.account_ref))).all():
        standing = stand(session, debt.id, now)
        judged = [row for row in records.decisions(session, debt.id) if row.kind != "allow"]
        rules = Counter(row.rule for row in judged if row.rule)
        found.append(
            Life(
                account=debt.account_ref,
                case=debt.workflow_id,
                place=_place(debt),
                contacts=Counter(
                    row.channel
                    for row in standing.log
                    if row.debt_id == debt.id
                    and row.direction == Direction.OUT
                    and row.state in (ContactState.SENT, ContactState.UNKNOWN)
                ),
                deferred=sum(1 for row in judged if row.kind == "defer"),
                blocked=sum(1 for row in judged if row.kind == "block"),
                reason=rules.most_common(1)[0][0] if rules else _kept_by(debt, standing.stops),
                paid=balances(standing).paid,
                currency=debt.currency,
                stage=debt.stage,
                ending=debt.ending,
                again=debt.epoch > 1,
            )
        )
    return found
