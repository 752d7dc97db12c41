"""Regard for the person: what they wish, what burdens them, and what they do not want recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from activities.hands import DeskRefusalError
from activities.office import Office
from models.contact import Channel
from models.stop import Scope, StopKind
from models.strategy import Segment
from models.tables import Debt, Debtor, WorkItem
from rules.desk import WishError, in_words, language, not_recorded, wished
from store import case as records
from store import debtor as debtors
from store import stop as stops

BURDENS = (
    "reported", "health", "mental_health", "bereavement", "capacity", "income_shock",
    "domestic_abuse", "literacy", "self_harm_risk",
)  # fmt: skip
"""Kinds of vulnerability, as codes; what the person said stays in the note."""

REFUSED, AGREED = "recording.refused", "recording.agreed"
"""What is on record of a person's answer to being recorded."""

GENTLE = "gentle"

MILDER = frozenset({GENTLE, "notice-only"})


def vulnerability(  # noqa: PLR0917
    session: Session,
    office: Office,
    item: WorkItem,
    kind: str,
    agent: str,
    now: datetime,
    *,
    external_id: str,
) -> list[str]:
    """Enter that a person is vulnerable: all their debts rest for a review, and go on gently.

    It only ever lowers the pressure: a case that is on the gentle strategy or sends notices only
    stays there. Call it under the debtor's lock.
    """
    stops.enter(
        session,
        StopKind.VULNERABILITY,
        Scope.DEBTOR,
        now=now,
        observed_at=office.clock.now(),
        reason="vulnerable",
        actor=agent,
        source="desk",
        external_id=external_id,
        debt_id=None,
        debtor_id=item.debtor_id,
        facts={"kind": kind},
    )
    said = ["vulnerability recorded for all debts of the person"]
    owed = select(Debt).where(
        col(Debt.debtor_id) == item.debtor_id, col(Debt.status).in_(("open", "reopening"))
    )
    for debt in session.exec(owed.order_by(col(Debt.id))):
        known = Segment.of(debt.segment) if debt.segment else Segment()
        debt.segment = known.model_copy(update={"vulnerable": True}).code
        session.add(debt)
        if debt.strategy and debt.strategy not in MILDER:
            before = debt.strategy_ref
            debt.strategy, debt.strategy_reason = GENTLE, "vulnerable"
            debt.strategy_version = office.strategies.latest(GENTLE).version
            debt.strategy_since, debt.strategy_next = now, None
            records.act(
                session,
                at=now,
                debt_id=debt.id,
                debtor_id=debt.debtor_id,
                what="strategy.changed",
                reason="vulnerable",
                actor=agent,
                facts={"from": before, "to": debt.strategy_ref},
            )
            said.append(f"{debt.account_ref} goes on with {debt.strategy_ref}")
    return said


def wish(
    session: Session,
    debtor_id: Any,
    agent: str,
    now: datetime,
    *,
    channels: Sequence[Channel] = (),
    hours: str | None = None,
    inconvenient: Sequence[str] = (),
    days: Sequence[str] = (),
    speaks: str | None = None,
    forget: bool = False,
) -> list[str]:
    """Keep what a person wishes, for all their debts from the next contact on; answer it in words.

    Raises ``DeskRefusalError`` for what can't be read.
    """
    debtors.lock(session, debtor_id)
    debtor = debtors.get(session, debtor_id)
    try:
        kept = wished(
            debtor.preferences,
            channels=channels,
            hours_wanted=hours,
            inconvenient=inconvenient,
            days=days,
            forget=forget,
        )
        spoken = language(speaks) if speaks else debtor.language
    except WishError as wrong:
        raise DeskRefusalError(str(wrong)) from None
    if kept == debtor.preferences and spoken == debtor.language:
        raise DeskRefusalError(
            "nothing new was wished; give --channel, --hours, --not, --on, --language or --forget"
        )
    debtor.preferences, debtor.language = kept, spoken
    session.add(debtor)
    _say(session, debtor, "wish.recorded", "asked", agent, now)
    return [*in_words(kept), *([f"in {spoken}"] if speaks else [])]


def unrecorded(session: Session, item: WorkItem, agent: str, now: datetime) -> None:
    """Keep that a person does not want conversations recorded: from now on none is."""
    debtors.lock(session, item.debtor_id)
    debtor = debtors.get(session, item.debtor_id)
    debtor.preferences = {**debtor.preferences, "recording": "refused"}
    session.add(debtor)
    _say(session, debtor, REFUSED, "asked", agent, now, _during(item))


def recorded_again(session: Session, item: WorkItem, agent: str, now: datetime) -> None:
    """Keep that a person agrees to recording again; raises ``DeskRefusalError`` if they never refused."""
    debtors.lock(session, item.debtor_id)
    debtor = debtors.get(session, item.debtor_id)
    if not not_recorded(debtor.preferences):
        raise DeskRefusalError("they did not refuse recording; nothing was changed")
    debtor.preferences = {
        name: told for name, told in debtor.preferences.items() if name != "recording"
    }
    session.add(debtor)
    _say(session, debtor, AGREED, "asked", agent, now, _during(item))


def _during(item: WorkItem) -> dict[str, Any]:
    """In which conversation something was said: what was recorded of it goes with a refusal."""
    return {"contact": str(item.contact_id)} if item.contact_id else {}


def _say(  # noqa: PLR0917
    session: Session,
    debtor: Debtor,
    what: str,
    reason: str,
    actor: str,
    now: datetime,
    facts: dict[str, Any] | None = None,
) -> None:
    records.act(
        session, at=now, debtor_id=debtor.id, what=what, reason=reason, actor=actor, facts=facts
    )
