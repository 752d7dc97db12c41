"""Whom work is handed to, and who is away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from models.desk import Hands
from models.tables import Staff
from store import case as records


def of(session: Session, code: str) -> Staff | None:
    """Answer what is known of an operator at the desk."""
    return session.get(Staff, code)


def everybody(session: Session) -> list[Staff]:
    """Answer all of whom something is known, by code."""
    return list(session.exec(select(Staff).order_by(col(Staff.code))))


def hands(row: Staff | None) -> Hands:
    """Answer what an operator does; whoever has no row does everything."""
    if row is None:
        return Hands()
    return Hands(
        teams=frozenset(row.teams),
        languages=frozenset(row.languages),
        skills=frozenset(row.skills),
    )


def away(row: Staff | None, now: datetime) -> datetime | None:
    """Answer until when an operator is away now; None if they are here."""
    if row is None or row.away_from is None or row.away_until is None:
        return None
    return row.away_until if row.away_from <= now < row.away_until else None


def leaves(row: Staff | None, now: datetime) -> datetime | None:
    """Answer when an operator who is here goes away next."""
    if row is None or row.away_from is None or row.away_from <= now:
        return None
    return row.away_from


def change(
    session: Session,
    code: str,
    *,
    now: datetime,
    actor: str,
    teams: Sequence[str] | None = None,
    languages: Sequence[str] | None = None,
    skills: Sequence[str] | None = None,
    absence: tuple[datetime, datetime] | None = None,
    back: bool = False,
) -> Staff:
    """Write down what an operator does, or when they are away; what is not given stays."""
    row = of(session, code) or Staff(code=code, changed_at=now, changed_by=actor)
    if teams is not None:
        row.teams = sorted(set(teams))
    if languages is not None:
        row.languages = sorted(set(languages))
    if skills is not None:
        row.skills = sorted(set(skills))
    if absence is not None:
        row.away_from, row.away_until = absence
    if back:
        row.away_from = row.away_until = None
    row.changed_at, row.changed_by = now, actor
    session.add(row)
    records.act(
        session,
        at=now,
        what="staff.back" if back else "staff.away" if absence else "staff.changed",
        reason="ordered",
        actor=actor,
        facts={
            "operator": code,
            "teams": row.teams,
            "languages": row.languages,
            "skills": row.skills,
            **({"until": absence[1].isoformat()} if absence else {}),
        },
    )
    return row
