"""A portfolio as a whole: where it stands, who owned its debts when, and the way back to its seller."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select

from models.stop import Scope, StopKind
from models.tables import Debt, LedgerEntry, MediaRequest, OwnershipLink, Portfolio, Stop
from rules.readiness import TitleLink
from rules.title import GROUNDING, Claimed, Owned, owner_on, putback_grounds
from store import debt as debts
from store import stop as stops

PAUSE = "pause"
"""Source of the kill switches that pause a portfolio: who pauses may also resume."""

RECALL = "recall"
"""Source of the stop by which a seller takes a whole portfolio back."""

PAGE = 500
"""Debts that are held at once."""

LATE = timedelta(hours=1)
"""So long after its time a case that did not move is overdue."""


def pause(
    session: Session,
    portfolio: Portfolio,
    *,
    reason: str,
    until: datetime | None,
    now: datetime,
    observed_at: datetime,
    actor: str,
) -> tuple[Stop, tuple[UUID, ...]] | None:
    """Stop all contact of a portfolio for a time; None if it is paused already."""  # fmt: skip
    if paused(session, portfolio, now):
        return None
    return stops.enter(
        session, StopKind.KILL_SWITCH, Scope.PORTFOLIO, now=now, observed_at=observed_at,
        reason=reason, actor=actor, source=PAUSE, external_id=str(uuid4()),
        portfolio_id=portfolio.id, until=until,
    )  # fmt: skip


def paused(session: Session, portfolio: Portfolio, now: datetime) -> list[Stop]:
    """Answer the pauses of a portfolio that are on."""
    return list(
        session.exec(
            select(Stop).where(
                col(Stop.portfolio_id) == portfolio.id,
                col(Stop.source) == PAUSE,
                col(Stop.ended_at).is_(None),
                or_(col(Stop.until).is_(None), col(Stop.until) > now),
            )
        )
    )


def recall(
    session: Session,
    portfolio: Portfolio,
    *,
    reason: str,
    on: date,
    now: datetime,
    observed_at: datetime,
    actor: str,
) -> tuple[Stop, tuple[UUID, ...]] | None:
    """Give a whole portfolio back: one row that the check before every contact reads.

    ``on`` is the day from which the seller owns it again. None if it was recalled before.
    """  # fmt: skip
    if debts.recalled(session, portfolio.id):
        return None
    return stops.enter(
        session, StopKind.RECALL, Scope.PORTFOLIO, now=now, observed_at=observed_at,
        reason=reason, actor=actor, source=RECALL, external_id=str(portfolio.id),
        portfolio_id=portfolio.id, effective_from=datetime.combine(on, time.min, UTC),
    )  # fmt: skip


# Who owned it


class Ownership(NamedTuple):
    """A debt and who owned it on the day."""

    debt: Debt
    owned: Owned | None


def owners(session: Session, day: date, portfolio: UUID | None = None) -> Iterator[Ownership]:
    """Answer who owned each debt on a day, in the order of workflow ids; a few are held at once."""
    back = _given_back(session)
    after = ""
    while True:
        asked = select(Debt).where(col(Debt.workflow_id) > after)
        if portfolio is not None:
            asked = asked.where(col(Debt.portfolio_id) == portfolio)
        page = list(session.exec(asked.order_by(col(Debt.workflow_id)).limit(PAGE)))
        yield from _owned(session, page, day, back)
        if len(page) < PAGE:
            return
        after = page[-1].workflow_id
        session.expunge_all()


def owner_of(session: Session, debt: Debt, day: date) -> Owned | None:
    """Answer who owned one debt on a day."""
    (found,) = _owned(session, [debt], day, _given_back(session))
    return found.owned


def _owned(
    session: Session, page: list[Debt], day: date, back: dict[UUID, date]
) -> Iterator[Ownership]:
    links: dict[UUID, list[TitleLink]] = {debt.id: [] for debt in page}
    rows = session.exec(
        select(OwnershipLink)
        .where(col(OwnershipLink.debt_id).in_(list(links)))
        .order_by(col(OwnershipLink.debt_id), col(OwnershipLink.n))
    )
    for row in rows:
        links[row.debt_id].append(TitleLink(row.owner, row.assigned_on, row.doc_ref))
    for debt in page:
        began = debt.facts.get("origination_date")
        days = [each for each in (back.get(debt.id), back.get(debt.portfolio_id)) if each]
        yield Ownership(
            debt,
            owner_on(
                links[debt.id],
                day,
                began=date.fromisoformat(began[:10]) if began else None,
                given_back=min(days, default=None),
            ),
        )


def _given_back(session: Session) -> dict[UUID, date]:
    """Answer since when what is back with its seller is: by debt or by portfolio; days of UTC."""
    found: dict[UUID, date] = {}
    rows = session.exec(
        select(Stop).where(
            or_(
                col(Stop.kind) == StopKind.RECALL,
                (col(Stop.kind) == StopKind.CLOSE_ORDER) & (col(Stop.reason) == "putback"),
            ),
            col(Stop.ended_at).is_(None),
        )
    )
    for stop in rows:
        if about := stop.debt_id or stop.portfolio_id:
            day = _began(stop)
            found[about] = min(day, found.get(about, day))
    return found


# The way back


class Claim(NamedTuple):
    """A debt that may be given back, and on what grounds."""

    debt: Debt
    grounds: tuple[str, ...]


def window(portfolio: Portfolio, today: date) -> int | None:
    """Answer the days left of the recourse window, today among them; None without any window.

    Zero or less: it is over.
    """
    until = portfolio.recourse_until
    return None if until is None else (until - today).days + 1


def claims(session: Session, portfolio: Portfolio, now: datetime) -> list[Claim]:
    """Answer the debts that the seller must take back, as far as the store knows grounds."""
    back = _given_back(session)
    if portfolio.id in back:
        return []
    found: list[Claim] = []
    late = set(
        session.exec(
            select(MediaRequest.debt_id).where(
                or_(
                    col(MediaRequest.status) == "refused",
                    (col(MediaRequest.status) == "open") & (col(MediaRequest.due_at) < now),
                )
            )
        )
    )
    freed = set(
        session.exec(
            select(LedgerEntry.debt_id).where(col(LedgerEntry.reason) == "paid_to_previous_owner")
        )
    )
    touched = _touched(session, portfolio)
    asked = select(Debt).where(col(Debt.portfolio_id) == portfolio.id)
    for debt in session.exec(asked.order_by(col(Debt.account_ref))):
        if debt.id in back or debt.ending == "recalled":
            continue
        gaps = debt.readiness.get("gaps", [])
        known = Claimed(
            stops=[
                (StopKind(stop.kind), stop.reason, _began(stop))
                for stop in (stops.open_for(session, debt, now) if debt.id in touched else ())
                if stop.ended_at is None and (stop.until is None or stop.until > now)
            ],
            gaps=[gap["code"] for gap in gaps if gap["blocking"]],
            limitation=debt.limitation_date,
            paid_before=debt.id in freed,
            media_missing=debt.id in late,
        )
        if grounds := putback_grounds(known, portfolio.cut_off_date):
            found.append(Claim(debt, grounds))
    return found


def _touched(session: Session, portfolio: Portfolio) -> set[UUID]:
    """Debts that a stop may ground the return of, in one query: most of a portfolio has none."""
    bears = or_(
        col(Stop.debt_id) == col(Debt.id),
        and_(col(Stop.debt_id).is_(None), col(Stop.debtor_id) == col(Debt.debtor_id)),
        col(Stop.scope).in_(stops.WIDE),
    )
    return set(
        session.exec(
            select(Debt.id)
            .join(Stop, bears)
            .where(
                col(Debt.portfolio_id) == portfolio.id,
                col(Stop.ended_at).is_(None),
                col(Stop.kind).in_(GROUNDING),
            )
            .distinct()
        )
    )


def _began(stop: Stop) -> date:
    return (stop.effective_from or stop.entered_at).astimezone(UTC).date()


# Where it stands


def status(session: Session, portfolio: Portfolio, seller: str, now: datetime) -> dict[str, Any]:
    """Answer counts, sums and dates of a portfolio; nothing about anybody."""
    mine = col(Debt.portfolio_id) == portfolio.id
    states = _counted(session, Debt.status, mine)
    of_media = select(MediaRequest.status, func.count()).join(
        Debt, col(Debt.id) == col(MediaRequest.debt_id)
    )
    sums: dict[str, Counter[str]] = {}
    for currency, kind, source, minor in session.exec(
        select(
            LedgerEntry.currency, LedgerEntry.kind, LedgerEntry.source, func.sum(LedgerEntry.minor)
        )
        .join(Debt, col(Debt.id) == col(LedgerEntry.debt_id))
        .where(mine)
        .group_by(LedgerEntry.currency, LedgerEntry.kind, LedgerEntry.source)
    ):
        name = "transferred" if (kind, source) == ("charge", "import") else kind
        sums.setdefault(currency, Counter())[name] += int(minor)
    overdue = session.exec(
        select(func.count())
        .select_from(Debt)
        .where(mine, col(Debt.status) == "open", col(Debt.next_action_at) < now - LATE)
    ).one()
    media = dict(session.exec(of_media.where(mine).group_by(col(MediaRequest.status))).all())
    back = debts.recalled(session, portfolio.id)
    return {
        "portfolio": portfolio.ref,
        "seller": seller,
        "owner": portfolio.buyer_legal_name,
        "transfer_effective_date": portfolio.transfer_effective_date,
        "cut_off_date": portfolio.cut_off_date,
        "imported_at": portfolio.imported_at,
        "recourse_until": portfolio.recourse_until,
        "recourse_days_left": window(portfolio, now.astimezone(UTC).date()),
        "resale_allowed": portfolio.resale_allowed,
        "rows": portfolio.row_count,
        "debts": sum(states.values()),
        "states": states,
        "stages": _counted(session, Debt.stage, mine & (col(Debt.status) == "open")),
        "endings": _counted(session, Debt.ending, mine & col(Debt.ending).is_not(None)),
        "money": sums,
        "overdue": overdue,
        "paused": [_stop_line(stop) for stop in paused(session, portfolio, now)],
        "recalled": _stop_line(back) if back else None,
        "stopped": [_stop_line(stop) for stop in _wide(session, portfolio, now)],
        "media": media,
    }


def _counted(session: Session, what: Any, where: Any) -> dict[str, int]:
    rows = session.exec(select(what, func.count()).where(where).group_by(what)).all()
    return {str(name): count for name, count in sorted(rows)}


def _wide(session: Session, portfolio: Portfolio, now: datetime) -> Iterable[Stop]:
    """Other switches that cover the whole of it."""
    return session.exec(
        select(Stop).where(
            col(Stop.kind) == StopKind.KILL_SWITCH,
            col(Stop.ended_at).is_(None),
            or_(col(Stop.until).is_(None), col(Stop.until) > now),
            col(Stop.source) != PAUSE,
            or_(
                col(Stop.portfolio_id) == portfolio.id,
                col(Stop.seller_id) == portfolio.seller_id,
                col(Stop.scope) == Scope.EVERYTHING,
            ),
        )
    )


def _stop_line(stop: Stop) -> dict[str, Any]:
    return {
        "stop": stop.id,
        "covers": stop.scope,
        "since": stop.entered_at,
        "until": stop.until,
        "by": stop.actor,
        "reason": stop.reason,
    }
