"""The record: what was decided and done, by whom, why, and under which rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from models.tables import Act, Debt, Decision, Signoff


def act(
    session: Session,
    *,
    at: datetime,
    what: str,
    reason: str,
    actor: str,
    observed_at: datetime | None = None,
    debt_id: UUID | None = None,
    debtor_id: UUID | None = None,
    strategy: str | None = None,
    packs: dict[str, Any] | None = None,
    facts: dict[str, Any] | None = None,
) -> Act:
    """Append one act: codes, ids, amounts and instants only, never a name or free text.

    Of a debt whose case was prepared, strategy and packs are those of the case unless given.
    ``at`` is business time; ``observed_at`` is wall time where the caller knows it.
    """
    debt = session.get(Debt, debt_id) if debt_id and strategy is None else None
    if debt is not None and debt.strategy:
        strategy = debt.strategy_ref
        packs = packs or debt.facts.get("packs")
    done = Act(
        at=at,
        observed_at=observed_at or at,
        debt_id=debt_id,
        debtor_id=debtor_id,
        what=what,
        reason=reason,
        actor=actor,
        strategy=strategy,
        packs=packs or {},
        facts=facts or {},
    )
    session.add(done)
    return done


def acts(session: Session, debt_id: UUID) -> list[Act]:
    """Answer what was done about a debt, oldest first."""
    return list(
        session.exec(
            select(Act).where(col(Act.debt_id) == debt_id).order_by(col(Act.at), col(Act.id))
        )
    )


def is_on_record(session: Session, what: str, reason: str) -> bool:
    """Say whether the house did this for this reason before."""
    asked = select(Act.id).where(
        col(Act.what) == what, col(Act.reason) == reason, col(Act.debt_id).is_(None)
    )
    return session.exec(asked.limit(1)).first() is not None


def decisions(session: Session, debt_id: UUID) -> list[Decision]:
    """Answer every legal check of a debt, oldest first."""
    return list(
        session.exec(
            select(Decision).where(col(Decision.debt_id) == debt_id).order_by(col(Decision.at))
        )
    )


def signoffs(session: Session, sha256: str) -> list[Signoff]:
    """Answer the approvals of one merged pack that stand, oldest first."""
    return list(
        session.exec(
            select(Signoff)
            .where(col(Signoff.sha256) == sha256, col(Signoff.withdrawn_at).is_(None))
            .order_by(col(Signoff.at))
        )
    )


def standing_signoffs(session: Session) -> list[Signoff]:
    """Answer every approval that stands, oldest first."""
    return list(
        session.exec(
            select(Signoff).where(col(Signoff.withdrawn_at).is_(None)).order_by(col(Signoff.at))
        )
    )


def withdraw(session: Session, *, sha256: str, actor: str, note: str, at: datetime) -> int:
    """Take back every approval of one merged pack; answers how many stood. The note stays by it."""
    standing = signoffs(session, sha256)
    for signed in standing:
        signed.withdrawn_at = at
        signed.note = f"{signed.note}\nrevoked by {actor}: {note}"
        session.add(signed)
    if standing:
        act(
            session,
            at=at,
            what="pack.revoked",
            reason=standing[0].pack,
            actor=actor,
            facts={"sha256": sha256, "signatures": len(standing)},
        )
    return len(standing)


def sign(
    session: Session,
    *,
    pack: str,
    sha256: str,
    approver: str,
    note: str,
    at: datetime,
    test_only: bool = False,
) -> Signoff:
    """Approve one merged pack: its hash, so that any change to it needs a new approval."""
    signed = Signoff(
        id=uuid4(),
        pack=pack,
        sha256=sha256,
        approver=approver,
        note=note,
        test_only=test_only,
        at=at,
    )
    session.add(signed)
    act(session, at=at, what="pack.signed", reason=pack, actor=approver, facts={"sha256": sha256})
    return signed
