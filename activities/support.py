"""Reading a case for support: its timeline, and why nothing happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, or_, select

from models.contact import ContactState, Direction, Mode
from models.money import Money
from models.stop import StopKind
from models.support import Explanation, Line, Reason
from models.tables import (
    Act,
    ContactEvent,
    ContactRow,
    Debt,
    Debtor,
    Decision,
    LedgerEntry,
    Promise,
    Stop,
    WorkItem,
)
from rules.place import laws_of_move
from store.stop import TOUCHING, touched

MEANING: dict[StopKind, tuple[str, str]] = {
    StopKind.HOLD: ("an operator holds the case", "ends at its date or by case release"),
    StopKind.DISPUTE: (
        "the debtor disputes the debt",
        "ends when the verification was sent, or the seller takes the debt back",
    ),
    StopKind.ORIGINAL_CREDITOR_REQUEST: (
        "the debtor asked for the original creditor",
        "ends when the answer was sent",
    ),
    StopKind.CEASE: (
        "the debtor told us to stop",
        "only the notices that the law permits may follow, after legal approval",
    ),
    StopKind.OPT_OUT: ("the debtor closed this way of contact", "other ways stay open"),
    StopKind.REPLY_REVIEW: ("a reply waits for a person to read it", "ends with that review"),
    StopKind.ATTORNEY: ("a lawyer or adviser represents the debtor", "all goes to them"),
    StopKind.BANKRUPTCY: ("insolvency: every act of collection is stayed", "file the claim"),
    StopKind.MORATORIUM: ("a moratorium protects the debtor", "ends by law, then a person looks"),
    StopKind.DECEASED: ("the debtor died", "only the estate's representative may be asked"),
    StopKind.MINOR: ("the debtor was a minor", "guardian and capacity review"),
    StopKind.IDENTITY_THEFT: (
        "identity theft is claimed; credit reporting is off",
        "ends with the investigation",
    ),
    StopKind.WRONG_PARTY: ("this may not be the person who owes", "ends with the review"),
    StopKind.VULNERABILITY: ("the debtor is vulnerable", "pressure is only ever lowered"),
    StopKind.RELOCATION: (
        "the debtor moved",
        "law and hours of all places hold until a person confirms it, then those of the new one",
    ),
    StopKind.UNVERIFIED_PAYMENT: ("a payment was announced", "ends when confirmed or rejected"),
    StopKind.RECALL: ("the seller took the debt back", "final"),
    StopKind.CLOSE_ORDER: ("an operator ended the case", "final"),
    StopKind.COMPETING_ASSIGNMENT: ("another buyer's notice came first", "ends with the review"),
    StopKind.LEGAL_REVIEW: ("a person decides about legal steps", "ends with that decision"),
    StopKind.KILL_SWITCH: ("contact is switched off", "ends when it is released"),
}
"""Each stop in plain words: what it is, and how it ends."""


def zone_of(debtor: Debtor) -> ZoneInfo:
    """Answer the zone in which a person's times are shown; UTC when none is known."""
    known = debtor.declared_zone or (debtor.zones[0] if debtor.zones else None)
    return ZoneInfo(known) if known else ZoneInfo("UTC")


def local(at: datetime, zone: ZoneInfo) -> str:
    """Write an instant as the debtor's clock shows it."""
    return at.astimezone(zone).strftime("%a %Y-%m-%d %H:%M")


def timeline(session: Session, debt: Debt) -> list[Line]:
    """Answer all that happened to a debt, oldest first; codes and amounts only."""
    debtor = session.get_one(Debtor, debt.debtor_id)
    zone = zone_of(debtor)
    lines = [
        *_contacts(session, debt, zone),
        *_decisions(session, debt, zone),
        *_money(session, debt, zone),
        *_stops(session, debt, zone),
        *_work(session, debt, zone),
        *_acts(session, debt, zone),
    ]
    return sorted(lines, key=lambda line: line.at)


def explain(session: Session, debt: Debt, since: datetime) -> Explanation:
    """Answer why there was no contact since an instant, with rules, instants and sources."""
    debtor = session.get_one(Debtor, debt.debtor_id)
    zone = zone_of(debtor)
    contacted = session.exec(
        select(ContactRow)
        .where(
            col(ContactRow.debt_id) == debt.id,
            col(ContactRow.direction) == Direction.OUT,
            col(ContactRow.state).in_((ContactState.SENT, ContactState.UNKNOWN)),
        )
        .order_by(col(ContactRow.at).desc())
    ).first()
    reasons = [
        *_stop_reasons(session, debt, since, zone),
        *_rule_reasons(session, debt, since, zone),
        *_waiting_reasons(session, debt, zone),
    ]
    move = debt.move or {}
    upcoming = str(move.get("text") or move.get("why") or move.get("kind") or "not decided yet")
    if debt.next_action_at:
        upcoming += f", {local(debt.next_action_at, zone)} {zone.key}"
    return Explanation(
        debt=debt.workflow_id,
        stage=debt.stage,
        asked_since=since,
        last_contact=contacted.at if contacted else None,
        next_action=upcoming if debt.status != "closed" else f"none: closed as {debt.ending}",
        reasons=tuple(reasons),
        summary=_summary(debt, contacted, since, reasons, zone),
        shadow=debt.mode == Mode.SHADOW,
    )


def _summary(
    debt: Debt,
    contacted: ContactRow | None,
    since: datetime,
    reasons: Sequence[Reason],
    zone: ZoneInfo,
) -> str:
    if debt.status == "closed":
        return f"The case is closed ({debt.ending}); nothing more is sent."
    if contacted and contacted.at >= since:
        return (
            f"There was contact: {contacted.channel} on {local(contacted.at, zone)} {zone.key} "
            f"({contacted.step or contacted.purpose}, under {contacted.strategy or 'no strategy'})."
        )
    if reasons:
        first = reasons[0]
        return f"No contact since {local(since, zone)} because {first.why} ({first.rule})."
    return "Nothing was due in this time; the next step is still to come."


def _laws_besides(debt: Debt, move: Stop) -> str:
    home = debt.law_at(move.entered_at)
    others = laws_of_move(home, move.facts.get("country"), move.facts.get("zone"))
    if others is None:
        return f" (no law of {move.facts.get('country')} is held here)"
    names = ["-".join(filter(None, place)) for place in (home, *others)]
    return f" ({', '.join(names)})" if others else ""


def _stop_reasons(
    session: Session, debt: Debt, since: datetime, zone: ZoneInfo
) -> Iterable[Reason]:
    rows = session.exec(
        select(Stop)
        .where(TOUCHING)
        .order_by(col(Stop.entered_at))
        .params(**touched(debt, debt.debtor_id))
    ).all()
    for stop in rows:
        ended = stop.ended_at or stop.until
        if ended is not None and ended < since:
            continue
        what, how = MEANING[StopKind(stop.kind)]
        if stop.kind == StopKind.RELOCATION:
            how += _laws_besides(debt, stop)
        yield Reason(
            since=stop.entered_at,
            until=ended,
            rule=f"stop:{stop.kind}",
            why=f"{what}; {how}" if stop.ended_at is None else what,
            source=f"{stop.source}, by {stop.actor}",
            local_until=local(ended, zone) if ended else "",
        )


def _rule_reasons(
    session: Session, debt: Debt, since: datetime, zone: ZoneInfo
) -> Iterable[Reason]:
    rows = session.exec(
        select(Decision)
        .where(
            col(Decision.debt_id) == debt.id,
            col(Decision.at) >= since,
            col(Decision.kind) != "allow",
        )
        .order_by(col(Decision.at))
    ).all()
    for row in rows:
        for failure in row.failures:
            alone = failure["until"]
            until = datetime.fromisoformat(alone) if alone else row.until
            yield Reason(
                since=row.at,
                until=until,
                rule=failure["rule"],
                why=failure["why"],
                source=failure["source"] or "",
                local_until=local(until, zone) if until else "",
            )


def _waiting_reasons(session: Session, debt: Debt, zone: ZoneInfo) -> Iterable[Reason]:
    """What a case waits for though no stop and no rule speaks: papers, arrival, people, a promise."""
    begun = debt.opened_at or debt.created_at
    for gap in debt.readiness.get("gaps", []):
        if gap["blocking"]:
            yield Reason(
                since=begun,
                until=None,
                rule=f"readiness:{gap['code']}",
                why=f"the case is not ready; {gap['advice']}",
                source="readiness report",
                local_until="",
            )
    if debt.notice_required and debt.notice_reached_at is None:
        sent = debt.notice_sent_at
        returned = debt.notice_returned_at
        how = "has come back" if returned else "is on its way" if sent else "was not sent yet"
        yield Reason(
            since=returned or sent or begun,
            until=None,
            rule="notice:pending",
            why=f"the notice of assignment {how}; without proof that it arrived nothing is asked",
            source="notice of assignment",
            local_until="",
        )
    items = session.exec(
        select(WorkItem).where(
            col(WorkItem.debt_id) == debt.id, col(WorkItem.status).in_(("open", "taken"))
        )
    )
    for item in items:
        yield Reason(
            since=item.opened_at,
            until=item.due_at,
            rule=f"work:{item.kind}",
            why="a person has to act; an item that nobody takes goes to the supervisor",
            source=f"work item {item.id}",
            local_until=local(item.due_at, zone),
        )
    promises = session.exec(
        select(Promise).where(col(Promise.debt_id) == debt.id, col(Promise.status) == "open")
    )
    for promise in promises:
        yield Reason(
            since=promise.made_at,
            until=None,
            rule="promise",
            why=f"{Money(promise.minor, promise.currency)} is promised for {promise.due_on}, with "
            f"{promise.grace_days} days of grace; ordinary steps rest until it is decided",
            source=f"promise recorded by {promise.actor}",
            local_until="",
        )


def _line(at: datetime, zone: ZoneInfo, what: str, detail: str = "", actor: str = "") -> Line:
    return Line(at=at, local=local(at, zone), what=what, detail=detail, actor=actor)


def _contacts(session: Session, debt: Debt, zone: ZoneInfo) -> Iterable[Line]:
    rows = session.exec(select(ContactRow).where(col(ContactRow.debt_id) == debt.id)).all()
    for row in rows:
        crossed = ", crossed a stop or payment" if row.crossed else ""
        yield _line(
            row.at,
            zone,
            f"{row.channel} {row.direction}: {row.state}",
            f"{row.step or row.purpose}{f', {row.outcome}' if row.outcome else ''}"
            f"{f', {row.strategy}' if row.strategy else ''}{crossed}",
            row.caller if row.agent == "human" else row.agent,
        )
    events = session.exec(
        select(ContactEvent, ContactRow)
        .join(ContactRow, col(ContactRow.id) == col(ContactEvent.contact_id))
        .where(
            col(ContactRow.debt_id) == debt.id,
            col(ContactEvent.kind).in_(
                ("delivered", "bounced", "returned", "released", "withdrawn", "gone")
            ),
        )
    ).all()
    for event, row in events:
        yield _line(event.at, zone, f"{row.channel} {event.kind}", event.reason, event.actor)


def _decisions(session: Session, debt: Debt, zone: ZoneInfo) -> Iterable[Line]:
    rows = session.exec(select(Decision).where(col(Decision.debt_id) == debt.id)).all()
    for row in rows:
        if row.kind == "allow":
            continue
        until = f" until {local(row.until, zone)}" if row.until else ""
        yield _line(
            row.at,
            zone,
            f"{row.channel} {'deferred' if row.kind == 'defer' else 'blocked'}{until}",
            ", ".join(failure["rule"] for failure in row.failures),
        )


def _money(session: Session, debt: Debt, zone: ZoneInfo) -> Iterable[Line]:
    for row in session.exec(select(LedgerEntry).where(col(LedgerEntry.debt_id) == debt.id)).all():
        yield _line(
            row.booked_at,
            zone,
            f"{row.kind} {Money(row.minor, row.currency)}",
            f"{row.bucket or row.source}, value {row.value_date}",
            row.actor,
        )
    for row in session.exec(select(Promise).where(col(Promise.debt_id) == debt.id)).all():
        yield _line(
            row.made_at,
            zone,
            f"promise of {Money(row.minor, row.currency)}",
            f"due {row.due_on}, {row.status}",
            row.actor,
        )


def _stops(session: Session, debt: Debt, zone: ZoneInfo) -> Iterable[Line]:
    for row in session.exec(
        select(Stop).where(TOUCHING).params(**touched(debt, debt.debtor_id))
    ).all():
        scope = "" if row.scope == "debt" else f" ({row.scope})"
        yield _line(row.entered_at, zone, f"stop: {row.kind}{scope}", row.reason, row.actor)
        if row.ended_at:
            yield _line(
                row.ended_at,
                zone,
                f"stop ended: {row.kind}",
                row.end_reason or "",
                row.ended_by or "",
            )


def _work(session: Session, debt: Debt, zone: ZoneInfo) -> Iterable[Line]:
    for row in session.exec(select(WorkItem).where(col(WorkItem.debt_id) == debt.id)).all():
        yield _line(row.opened_at, zone, f"work item: {row.kind}", row.step)
        if row.outcome_at:
            yield _line(
                row.outcome_at, zone, f"done: {row.kind}", row.outcome or "", row.outcome_by or ""
            )


def _acts(session: Session, debt: Debt, zone: ZoneInfo) -> Iterable[Line]:
    rows = session.exec(
        select(Act).where(
            col(Act.debt_id) == debt.id,
            or_(
                *(
                    col(Act.what).startswith(f"{kind}.")
                    for kind in ("case", "notice", "evidence", "document", "strategy")
                )
            ),
        )
    ).all()
    for row in rows:
        seal, to = row.facts.get("seal"), row.facts.get("to")
        detail = f"{row.reason}, seal {seal}" if seal else row.reason
        if row.what.startswith("strategy."):
            detail = f"{row.reason}: {row.facts.get('from')} to {to}"
        yield _line(row.at, zone, row.what, detail, row.actor)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Since ever."""
