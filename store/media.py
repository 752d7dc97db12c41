"""Documents asked of sellers: each request is a row that is answered once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from models.tables import Debt, MediaRequest, Portfolio, Seller
from store import case as records

Line = tuple[MediaRequest, Debt, Portfolio, Seller]


def ask(
    session: Session,
    debt: Debt,
    kind: str,
    *,
    reason: str,
    due_at: datetime,
    now: datetime,
    actor: str,
) -> tuple[MediaRequest, bool]:
    """Ask for a document of a debt once at a time; answer the request and whether it is new."""
    open_one = session.exec(
        select(MediaRequest).where(
            col(MediaRequest.debt_id) == debt.id,
            col(MediaRequest.kind) == kind,
            col(MediaRequest.status) == "open",
        )
    ).first()
    if open_one is not None:
        return open_one, False
    made = MediaRequest(
        id=uuid4(),
        debt_id=debt.id,
        kind=kind,
        reason=reason,
        due_at=due_at,
        asked_at=now,
        asked_by=actor,
    )
    session.add(made)
    _say(session, made, "media.requested", reason, actor, now)
    return made, True


def answer(
    session: Session,
    request: MediaRequest,
    status: str,
    *,
    reason: str,
    now: datetime,
    actor: str,
    doc_ref: str | None = None,
    sha256: str | None = None,
) -> None:
    """Close a request: received, refused or cancelled. What was received stands by the debt."""
    request.status, request.answered_at, request.answered_by = status, now, actor
    request.answer, request.doc_ref, request.sha256 = reason, doc_ref, sha256
    session.add(request)
    if status == "received":
        debt = session.get_one(Debt, request.debt_id)
        known = debt.facts.get("documents") or []
        paper = {"type": request.kind, "ref": doc_ref, **({"sha256": sha256} if sha256 else {})}
        debt.facts = {**debt.facts, "documents": [*known, paper]}
        session.add(debt)
    _say(session, request, f"media.{status}", reason, actor, now)


def _say(  # noqa: PLR0917
    session: Session, request: MediaRequest, what: str, reason: str, actor: str, now: datetime
) -> None:
    records.act(
        session,
        at=now,
        debt_id=request.debt_id,
        what=what,
        reason=reason,
        actor=actor,
        facts={"request": str(request.id), "kind": request.kind},
    )


def listed(
    session: Session,
    *,
    portfolio_id: UUID | None = None,
    seller: str | None = None,
    statuses: Sequence[str] = ("open",),
    due_before: datetime | None = None,
) -> list[Line]:
    """Answer requests with debt, portfolio and seller, the most urgent first."""
    asked = (
        select(MediaRequest, Debt, Portfolio, Seller)
        .join(Debt, col(Debt.id) == col(MediaRequest.debt_id))
        .join(Portfolio, col(Portfolio.id) == col(Debt.portfolio_id))
        .join(Seller, col(Seller.id) == col(Debt.seller_id))
        .where(col(MediaRequest.status).in_(statuses))
        .order_by(col(MediaRequest.due_at), col(Debt.account_ref), col(MediaRequest.kind))
    )
    if portfolio_id is not None:
        asked = asked.where(col(Debt.portfolio_id) == portfolio_id)
    if seller is not None:
        asked = asked.where(col(Seller.code) == seller)
    if due_before is not None:
        asked = asked.where(col(MediaRequest.due_at) < due_before)
    return [(request, debt, sold, who) for request, debt, sold, who in session.exec(asked)]


def lacking(session: Session, portfolio_id: UUID, kind: str) -> list[Debt]:
    """Answer the living debts of a portfolio without a document of a kind."""
    found = session.exec(
        select(Debt)
        .where(col(Debt.portfolio_id) == portfolio_id, col(Debt.status) != "closed")
        .order_by(col(Debt.account_ref))
    )
    return [
        debt
        for debt in found
        if not any(paper.get("type") == kind for paper in debt.facts.get("documents") or ())
    ]
