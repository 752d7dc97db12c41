"""Where a case stands: facts from the store, the next move from the rules."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from activities.arrangement import LIVING, freeze, plan_facts, tick
from activities.bank import GAP
from activities.ledger import first_day, fold_stops
from activities.office import Office
from activities.withdrawal import ask_back
from models.arrangement import ArrangementKind
from models.case import Answer, Close, Ending, Move, Stage, Task, TaskKind, Wait
from models.contact import Channel, ContactState, Direction, Mode, Outcome, Purpose
from models.facts import (
    BalanceFact,
    BlockFact,
    CaseFacts,
    CaseStatus,
    ContactFact,
    NoticeFact,
    PlanFact,
    PromiseFact,
    PromiseStatus,
    ReceiptFact,
    ReceiptKind,
    StopFact,
    WorkFact,
)
from models.law import Known
from models.ledger import Balances, EntryKind
from models.stop import Scope, StopKind
from models.strategy import Segment, Strategy
from models.tables import ContactPoint, ContactRow, Debt, Portfolio, Stop
from rules import limitation
from rules.holiday import CALENDAR_LEAD, business_day, calendar_ends, calendar_known
from rules.ledger import below_minimum, fold, policy_for
from rules.limitation import STARTS
from rules.next_move import outlook
from rules.pack import Limitation
from rules.schedule import when
from rules.switch import behind, consider
from rules.title import prevails
from store import case as records
from store import payment as money
from store import work
from store.keys import PersonErasedError
from store.standing import History, Logged, Standing, remember, stand

KIND_OF_POINT = {
    Channel.LETTER: "address",
    Channel.EMAIL: "email",
    Channel.SMS: "phone",
    Channel.PHONE: "phone",
    Channel.VISIT: "address",
}
"""What kind of contact point each channel needs."""

CALENDAR_AGAIN = timedelta(days=7)
"""How often a step is computed anew whose year has no published calendar."""

EARLIER_ASSIGNMENT = "earlier_assignment"
"""Reason of an end: another buyer's notice reached the debtor before ours."""

FORWARD = "forward_to_seller"
"""Begins the step of a review about money that came in for a debt that is not ours any more."""

_GIVES_BACK = frozenset({"putback", EARLIER_ASSIGNMENT})

_TO_PUT_BACK = frozenset(
    {StopKind.DISPUTE, StopKind.ORIGINAL_CREDITOR_REQUEST, StopKind.IDENTITY_THEFT}
)

OUR_OWN = frozenset({"arrangement", "tolerance", "ledger"})
"""Sources of entries that the house makes itself: nothing told before was wrong."""

BASES = {"yes": "consent", "used": "consumer_used", "notice": "creditor_notice"}
"""What may allow messages to an address, as files say it and as the law calls it."""

ANSWERS = frozenset({Purpose.RECEIPT, Purpose.CORRECTION, Purpose.REPLY})

PERMITS: dict[StopKind, frozenset[Purpose]] = {
    StopKind.OPT_OUT: frozenset({Purpose.OPTOUT_CONFIRMATION}),
    StopKind.DISPUTE: ANSWERS | {Purpose.DISPUTE_RECEIPT, Purpose.VERIFICATION},
    StopKind.ORIGINAL_CREDITOR_REQUEST: ANSWERS | {Purpose.VERIFICATION},
    StopKind.CEASE: frozenset(
        {
            Purpose.TERMINATION_NOTICE,
            Purpose.POSSIBLE_REMEDY_NOTICE,
            Purpose.SPECIFIED_REMEDY_NOTICE,
        }
    ),
    StopKind.RECALL: ANSWERS | {Purpose.HANDOVER_NOTICE},
    StopKind.RELOCATION: ANSWERS,
    StopKind.VULNERABILITY: ANSWERS,
    StopKind.REPLY_REVIEW: ANSWERS,
    StopKind.UNVERIFIED_PAYMENT: ANSWERS,
}
"""Purposes that a stop leaves possible; the legal check still judges each of them."""


def balances(standing: Standing) -> Balances:
    """Fold the ledger of the debt under its jurisdiction's policy."""
    return fold(money.as_entries(standing.entries), policy_for(standing.debt.contract_law))


def owed(standing: Standing) -> int:
    """Answer what is outstanding, in minor units."""
    return balances(standing).outstanding


def sent_so_far(standing: Standing) -> int:
    """Count the contacts of this debt that left or may have left."""
    return sum(
        1
        for row in own_contacts(standing)
        if row.state in (ContactState.SENT, ContactState.UNKNOWN, ContactState.SENDING)
    )


def own_contacts(standing: Standing) -> Iterable[ContactRow | Logged]:
    """Outbound contacts of this debt, of all its lives: no step is ever repeated."""
    return (
        row
        for row in standing.log
        if row.debt_id == standing.debt.id and row.direction == Direction.OUT
    )


def zone_name(standing: Standing) -> str:
    """Answer the zone of local times: what the person said, else the address's."""
    debtor = standing.debtor
    return debtor.declared_zone or (debtor.zones[0] if debtor.zones else "UTC")


def working_days(debt: Debt) -> Callable[[date], bool]:
    return lambda day: business_day(day, debt.jurisdiction, debt.sub)


def advance(  # noqa: PLR0917
    session: Session,
    office: Office,
    debt_id: UUID,
    epoch: int,
    now: datetime,
    standing: Standing | None = None,
) -> Answer:
    """Compute the next move under the debtor's lock and put it on record.

    When the move is the end, the debt is closed in the same transaction, so a repeated question
    finds the end and answers it again. ``standing`` is that of the debt and its own debtor where
    this transaction has read it already and since changed nothing but rows that stand in it.
    """
    standing = standing or stand(session, debt_id, now)
    debt = standing.debt
    if debt.status == "closed" or debt.epoch != epoch:
        return _closed(standing, epoch)
    frozen = given_back(standing.stops) and freeze(session, debt, now)
    moved, again = tick(session, office, debt, now)
    moved = _credit_off(session, standing, now) or frozen or moved
    moved = fold_stops(session, debt, standing.entries, standing.stops, now) or moved
    if moved:
        standing = stand(session, debt_id, now)
        debt = standing.debt
    history = remember(session, debt)
    plans = plan_facts(session, history.arrangements, now)
    facts = case_facts(
        standing,
        history,
        now,
        plans,
        _recourse(session, standing),
        office.connectors.unserved(Mode(debt.mode)),
    )
    ask_back(session, office, own_contacts(standing), facts.balance.owed, facts.stops, now)
    strategy = office.strategies.get(debt.strategy or "", debt.strategy_version or 1)
    calendar = working_days(debt)
    gone_over = _go_over(session, office, standing, facts, strategy, arranging(history), now)
    if gone_over is not None:
        facts, strategy = replace(facts, passed=frozenset(debt.strategy_passed or ())), gone_over
    where = outlook(facts, strategy, calendar, now)
    planned = _provisional(where.move, debt, facts.zone, now)
    move = _no_later(_spread(planned, debt, facts.zone, office.spread), again)
    answer = Answer(
        move=move,
        stage=where.stage,
        contacts=sent_so_far(standing),
        owed=facts.balance.owed,
        due=_local(move, facts.zone),
    )
    if where.hold:
        answer = answer.model_copy(update={"hold": where.hold})
    if debt.law_changed:
        answer = answer.model_copy(update={"place": facts.jurisdiction})
    if debt.strategy_since:
        answer = answer.model_copy(update={"strategy": debt.strategy_ref})
    if gone_over is not None:
        answer = answer.model_copy(update={"did": f"went over to {gone_over.ref}"})
    project(session, standing, answer, now)
    if isinstance(move, Close):
        _close(session, office, standing, move, now)
    return answer


def arranging(history: History) -> bool:
    """Whether terms of any kind but a refund were proposed, offered or agreed and still stand."""
    return any(
        row.status in LIVING and row.kind != ArrangementKind.REFUND for row in history.arrangements
    )


def sayable(office: Office, language: str | None) -> frozenset[str] | None:
    """Answer the templates of a language; None if nobody knows it or nothing is written in it."""
    if language not in office.wordings.locales:
        return None
    return frozenset(office.wordings.pack(language).templates)


def _go_over(  # noqa: PLR0917
    session: Session,
    office: Office,
    standing: Standing,
    facts: CaseFacts,
    strategy: Strategy,
    agreed: bool,  # noqa: FBT001
    now: datetime,
) -> Strategy | None:
    """Do what an operator ordered with this case's strategy, as soon as it is between two steps.

    The order was put on record by whoever gave it; here it is carried out or, when the facts have
    changed since, dropped with the reason. A worker of a release that does not have the other
    version leaves it alone.
    """
    debt = standing.debt
    to = office.strategies.find(debt.strategy_next or "")
    if to is None:
        return None
    calendar = working_days(debt)
    templates = sayable(office, standing.debtor.language)
    said = consider(facts, strategy, to, calendar, templates, now, arranging=agreed)
    if said.outcome == "stays":
        _drop_move(session, debt, said.why, now)
    if said.outcome != "goes":
        return None
    passed = behind(facts, strategy, to, calendar, now)
    debt.strategy_version, debt.strategy_since, debt.strategy_next = to.version, now, None
    debt.strategy_passed = sorted(passed)
    session.add(debt)
    records.act(
        session,
        at=now,
        observed_at=office.clock.now(),
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        what="strategy.moved",
        reason="as_ordered",
        actor="case",
        facts={"from": strategy.ref, "to": to.ref, "passed": sorted(passed)},
    )
    return to


def _drop_move(session: Session, debt: Debt, why: str, now: datetime) -> None:
    """Put on record why an order about the strategy of a case is not carried out."""
    told, debt.strategy_next = debt.strategy_next, None
    session.add(debt)
    records.act(
        session,
        at=now,
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        what="strategy.stays",
        reason=why,
        actor="case",
        facts={"from": debt.strategy_ref, "to": told},
    )


def given_back(stops: Iterable[Stop]) -> bool:
    """Whether a debt is on its way back to the seller or to whoever was first, or gone."""
    return any(
        stop.ended_at is None
        and (
            stop.kind == StopKind.RECALL
            or (stop.kind == StopKind.CLOSE_ORDER and stop.reason in _GIVES_BACK)
        )
        for stop in stops
    )


def _credit_off(session: Session, standing: Standing, now: datetime) -> bool:
    """Turn credit reporting off while somebody says that their identity was stolen.

    15 U.S.C. 1681s-2(a)(6)(B): what results from identity theft is not furnished. Only a person
    turns it on again, when the investigation says so.
    """
    debt = standing.debt
    theft = any(
        stop.kind == StopKind.IDENTITY_THEFT and stop.ended_at is None for stop in standing.stops
    )
    off = debt.facts.get("credit_reported") is False or debt.facts.get("credit_reporting_off")
    if not theft or off:
        return False
    debt.facts = {**debt.facts, "credit_reporting_off": now.isoformat()}
    session.add(debt)
    records.act(
        session,
        at=now,
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        what="credit_reporting.off",
        reason=StopKind.IDENTITY_THEFT,
        actor="case",
    )
    session.flush()
    return True


def _recourse(session: Session, standing: Standing) -> date | None:
    """The last day on which the seller must take the debt back; asked only where it matters."""
    if any(stop.kind in _TO_PUT_BACK and stop.ended_at is None for stop in standing.stops):
        return session.get_one(Portfolio, standing.debt.portfolio_id).recourse_until
    return None


def _no_later(move: Move, again: datetime | None) -> Move:
    """Wake when time decides about an offer or an approval, whatever else the case waits for."""
    if not isinstance(move, Wait) or again is None or move.until <= again:
        return move
    return move.model_copy(update={"until": again, "then": None})


def _provisional(move: Move, debt: Debt, zone: str, now: datetime) -> Move:
    """A step in a year whose working days nobody has published yet is looked at again meanwhile.

    Weekends and the holidays fixed by law count as off until then.
    """
    if not isinstance(move, Wait) or move.why != "step_due":
        return move
    year = move.until.astimezone(ZoneInfo(zone)).date()
    ends = calendar_ends(debt.jurisdiction)
    if ends is None or calendar_known(year, debt.jurisdiction):
        return move
    warned = datetime.combine(ends, time(), ZoneInfo(zone)).astimezone(UTC) - CALENDAR_LEAD
    look = max(warned, now + CALENDAR_AGAIN)
    text = f"{move.text} (provisional: no calendar of {year.year} yet)"
    if move.until <= look:
        return move.model_copy(update={"text": text})
    return move.model_copy(update={"until": look, "text": text, "then": None})


def _spread(move: Move, debt: Debt, zone: str, over: timedelta) -> Move:
    """Move a planned contact by its debt's own share, so that a portfolio never wakes at once."""
    if not isinstance(move, Wait) or move.then is None or not over:
        return move
    until = move.until + share(debt.id, over)
    planned, moved = (when(at, zone) for at in (move.until, until))
    return move.model_copy(update={"until": until, "text": move.text.replace(planned, moved)})


def share(ident: UUID, over: timedelta) -> timedelta:
    """Answer a delay below ``over``: always the same for one id, evenly spread over many."""
    part = int.from_bytes(hashlib.sha256(ident.bytes).digest()[:4]) / 2**32
    return timedelta(seconds=int(over.total_seconds() * part))


def case_facts(  # noqa: PLR0917
    standing: Standing,
    history: History,
    now: datetime,
    plans: Iterable[PlanFact] = (),
    recourse_until: date | None = None,
    unserved: frozenset[Channel] = frozenset(),
) -> CaseFacts:
    """Put rows into the words of the next move."""
    debt = standing.debt
    folded = balances(standing)
    policy = policy_for(debt.contract_law)
    assert debt.opened_at is not None
    return CaseFacts(
        opened_at=debt.opened_at,
        zone=zone_name(standing),
        jurisdiction=f"{debt.jurisdiction}-{debt.sub}" if debt.sub else debt.jurisdiction,
        balance=BalanceFact(
            owed=folded.outstanding,
            currency=debt.currency,
            below_minimum=below_minimum(folded, policy),
            settled=folded.outstanding == 0 and _settled(standing),
            changed_at=standing.entries[-1].booked_at if standing.entries else None,
        ),
        segment=_segment(standing),
        status=CaseStatus.REOPENING
        if debt.epoch > 1 and not _reopened(history)
        else CaseStatus.OPEN,
        gaps=tuple(gap["code"] for gap in debt.readiness.get("gaps", []) if gap["blocking"]),
        litigated=debt.facts.get("litigation_stage") not in (None, "", "none", "not_sued"),
        credit_reported=debt.facts.get("credit_reported"),
        recourse_until=recourse_until,
        law_since=debt.law_since,
        barred_payments=tuple(_barred_payments(standing, folded)),
        reachable=frozenset(
            channel for channel in Channel if usable(standing.points, channel) is not None
        ),
        unserved=unserved,
        co_debtors=sum(1 for party in history.parties if party.debtor_id != debt.debtor_id),
        contacts=tuple(
            ContactFact(
                step=row.step or "",
                channel=Channel(row.channel),
                state=ContactState(row.state),
                at=row.at,
                purpose=Purpose(row.purpose),
                outcome=Outcome(row.outcome) if row.outcome else None,
            )
            for row in own_contacts(standing)
        ),
        stops=tuple(_stop_fact(standing, stop) for stop in standing.stops),
        notice=NoticeFact(
            required=debt.notice_required,
            reached_at=debt.notice_reached_at,
            returned_at=debt.notice_returned_at,
        ),
        promises=tuple(
            PromiseFact(
                minor=promise.minor,
                made_at=promise.made_at,
                due_on=promise.due_on,
                grace_days=promise.grace_days,
                status=PromiseStatus(promise.status),
                decided_at=promise.decided_at,
            )
            for promise in history.promises
        ),
        plans=tuple(plans),
        work=tuple(
            WorkFact(
                kind=TaskKind(item.kind),
                step=item.step,
                opened_at=item.opened_at,
                due_at=item.due_at,
                reminded=item.reminded_at is not None,
                escalated=item.escalated_at is not None,
                closed_at=item.outcome_at,
                outcome="cancelled" if item.status == "cancelled" else item.outcome or "",
            )
            for item in history.work
        ),
        blocks=tuple(_blocks(history)),
        receipts=tuple(_receipts(standing, folded, now)),
        pending_payments=standing.unposted,
        passed=frozenset(debt.strategy_passed or ()),
    )


def _stop_fact(standing: Standing, stop: Stop) -> StopFact:
    kind, told = StopKind(stop.kind), stop.facts
    zone = ZoneInfo(zone_name(standing))
    last = protected_until(stop)
    theirs = _day(told.get("notice_reached"))
    ours = standing.debt.notice_reached_at
    began = first_day(stop, zone) if stop.effective_from else None
    return StopFact(
        kind=kind,
        scope=Scope(stop.scope),
        entered_at=stop.entered_at,
        channel=Channel(stop.channel) if stop.channel else None,
        until=stop.until,
        ended_at=stop.ended_at,
        reason=stop.reason,
        permits=PERMITS.get(kind, frozenset()),
        proven=told.get("report") is True,
        last_day=last,
        deadline=_day(told.get("claims_by")),
        others_first=kind is StopKind.COMPETING_ASSIGNMENT
        and theirs is not None
        and prevails(ours.astimezone(zone).date() if ours else None, theirs) is False,
        paid_since=kind is StopKind.BANKRUPTCY
        and began is not None
        and any(
            entry.kind == EntryKind.PAYMENT
            and entry.value_date >= began
            and entry.booked_at <= stop.entered_at
            for entry in standing.entries
        ),
    )


def protected_until(stop: Stop) -> date | None:
    """The last day of a moratorium: as it was notified, or the sixtieth of a standard one.

    The day after the registration is the first (SI 2020/1311 regs 7 and 26).
    """
    told = stop.facts
    if stop.kind != StopKind.MORATORIUM:
        return None
    if last := _day(told.get("last_protected_day")):
        return last
    start = _day(told.get("start"))
    standard = told.get("type", "standard") == "standard"
    return start + timedelta(days=59) if start and standard else None


def time_barred(debt: Debt, today: date, law: Limitation | None = None) -> Known[bool]:
    """Whether a debt may not be sued for any more; without a law only a day that was given counts."""
    given = (debt.facts.get(name) for name in STARTS)
    starts = [date.fromisoformat(day[:10]) for day in given if day]
    return limitation.time_barred(debt.limitation_date, starts, today, law)


def _barred_payments(standing: Standing, folded: Balances) -> Iterable[str]:
    """Part payments booked in this life after the limitation period ended."""
    debt = standing.debt
    if debt.limitation_date is None or folded.outstanding <= 0 or debt.opened_at is None:
        return
    for entry in standing.entries:
        paid = entry.kind == EntryKind.PAYMENT and entry.booked_at >= debt.opened_at
        if paid and entry.value_date > debt.limitation_date:
            yield f"barred_payment_{entry.seq}"


def _day(text: Any) -> date | None:
    return date.fromisoformat(str(text)[:10]) if text else None


def usable(points: Sequence[ContactPoint], channel: Channel) -> ContactPoint | None:
    """Answer the best living number or address for a channel, if there is one.

    Of several that can be written to, one whose owner agreed goes first, the latest word before
    older ones; one that was refused goes last. Numbers to call keep the seller's order.
    """
    living = [
        point
        for point in points
        if point.kind == KIND_OF_POINT[channel]
        and point.dead_since is None
        and not (channel is Channel.SMS and point.line in ("landline", "work"))
    ]
    if channel in (Channel.SMS, Channel.EMAIL):
        living.sort(key=lambda point: _permission(point, channel), reverse=True)
    return next(iter(living), None)


def _permission(point: ContactPoint, channel: Channel) -> tuple[bool, int, str]:
    said = point.consents.get(channel, {})
    given = bool(said.get("basis")) or said.get("consent") in BASES
    refused = said.get("consent") == "no"
    private = not (channel is Channel.EMAIL and point.line == "work")
    return private, 2 * given + (not refused), str(said.get("at") or "") if given else ""


def _blocks(history: History) -> Iterable[BlockFact]:
    latest: dict[tuple[str, str], BlockFact] = {}
    for row in history.decisions:
        if row.step is None:
            continue
        latest[row.step, row.channel] = BlockFact(
            step=row.step,
            channel=Channel(row.channel),
            rule=row.rule or "",
            at=row.at,
            human="human_review" in row.flags,
        )
    return latest.values()


def _receipts(standing: Standing, folded: Balances, now: datetime) -> Iterable[ReceiptFact]:
    """What is owed to the debtor in words: thanks, corrections, confirmations."""
    del now
    opened = standing.debt.opened_at
    for entry in standing.entries:
        if opened is None or entry.booked_at < opened:
            continue
        if entry.kind == EntryKind.PAYMENT and folded.outstanding > 0:
            yield ReceiptFact(ReceiptKind.THANKS, f"thanks_{entry.seq}", entry.booked_at)
        taken = entry.kind in (EntryKind.CHARGEBACK, EntryKind.REFUND, EntryKind.REVERSAL)
        if taken and entry.of is not None and entry.source not in OUR_OWN:
            yield ReceiptFact(ReceiptKind.CORRECTION, f"correction_{entry.seq}", entry.booked_at)
    for stop in standing.stops:
        short = stop.id.hex[:8]
        if opened is None or stop.entered_at < opened:
            continue
        if _to_confirm(stop, standing):
            yield ReceiptFact(
                ReceiptKind.OPTOUT_CONFIRMATION,
                f"optout_{short}",
                stop.entered_at,
                Channel(stop.channel or ""),
            )
        if stop.kind == StopKind.DISPUTE:
            yield ReceiptFact(ReceiptKind.DISPUTE_RECEIPT, f"dispute_{short}", stop.entered_at)
        if stop.kind == StopKind.DISPUTE and stop.ended_at and stop.end_reason == "verified":
            # What was verified is sent before anything else is asked (15 U.S.C. 1692g(b)).
            yield ReceiptFact(ReceiptKind.VERIFICATION, f"verified_{short}", stop.ended_at)


def _to_confirm(stop: Stop, standing: Standing) -> bool:
    """Whether this case confirms an opt-out: one of a person's cases does, and only the first time."""
    if stop.kind != StopKind.OPT_OUT or stop.facts.get("confirmed_by") != str(standing.debt.id):
        return False
    return not any(
        other.kind == StopKind.OPT_OUT
        and (other.debtor_id, other.channel) == (stop.debtor_id, stop.channel)
        and other.entered_at < stop.entered_at
        and (other.ended_at is None or stop.entered_at < other.ended_at)
        for other in standing.stops
    )


def _segment(standing: Standing) -> Segment:
    """The segment of preparation; vulnerability that became known later lowers the pressure."""
    known = Segment.of(standing.debt.segment) if standing.debt.segment else Segment()
    vulnerable = any(
        stop.kind == StopKind.VULNERABILITY and stop.ended_at is None for stop in standing.stops
    )
    return known.model_copy(update={"vulnerable": known.vulnerable or vulnerable})


def _settled(standing: Standing) -> bool:
    return any(
        entry.kind == EntryKind.WAIVER and entry.reason == "settlement"
        for entry in standing.entries
    )


def _reopened(history: History) -> bool:
    """Whether a person has confirmed the new life of a reopened debt."""
    return any(item.kind == "reopen_review" and item.status == "done" for item in history.work)


def _local(move: Move, zone: str) -> str:
    """Answer when a move is due on the debtor's clock, unless its words tell it already."""
    if not isinstance(move, Wait) or when(move.until, zone) in move.text:
        return ""
    return f"{move.until.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M} {zone}"


def _closed(standing: Standing, epoch: int) -> Answer:
    debt = standing.debt
    ended = Ending(debt.ending) if debt.ending and debt.epoch == epoch else Ending.CLOSED
    return Answer(
        move=Close(ending=ended, reason=debt.ending_reason or ""),
        stage=Stage.CLOSED,
        contacts=sent_so_far(standing),
        owed=owed(standing),
    )


def project(session: Session, standing: Standing, answer: Answer, now: datetime) -> None:
    """Keep the store's picture of the case, which lists and reports read."""
    debt = standing.debt
    debt.stage = answer.stage
    debt.move = answer.move.model_dump(mode="json", exclude_none=True)
    match answer.move:
        case Wait(until=until):
            debt.next_action_at = until
        case Task():
            debt.next_action_at = now
        case Close():
            debt.next_action_at = None
        case _:
            debt.next_action_at = now
    session.add(debt)


def review_money(session: Session, office: Office, debt: Debt, step: str, now: datetime) -> None:
    """Put money before a person, once for each ``step``: what is to be decided about it."""
    work.open(
        session,
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        epoch=debt.epoch,
        kind=TaskKind.PAYMENT_REVIEW,
        step=step,
        now=now,
        due_at=now + office.review_time,
    )


def _close(
    session: Session, office: Office, standing: Standing, move: Close, now: datetime
) -> None:
    debt = standing.debt
    debt.status, debt.ending, debt.ending_reason = "closed", move.ending, move.reason
    debt.closed_at = now
    session.add(debt)
    if debt.strategy_next:
        _drop_move(session, debt, "case_closed", now)
    if move.ending in (Ending.PAID, Ending.SETTLED):
        _file_receipt(session, office, standing, now)
    work.cancel_for(session, debt.id, now=now, reason="case_closed", keep=(FORWARD, GAP))
    if move.reason == EARLIER_ASSIGNMENT:
        # Interp. 50: the later buyer's claim is against the seller, never the debtor.
        review_money(session, office, debt, "claim_on_seller", now)
    if balances(standing).credit:
        review_money(session, office, debt, "credit_to_refund", now)
    records.act(
        session,
        at=now,
        observed_at=office.clock.now(),
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        what="case.closed",
        reason=f"{move.ending}:{move.reason}" if move.reason else move.ending,
        actor="case",
        strategy=debt.strategy_ref,
        packs=debt.facts.get("packs", {}),
    )


def _file_receipt(session: Session, office: Office, standing: Standing, now: datetime) -> None:
    """Keep the letter that all is paid; a case ends even if it can't be written."""
    from activities.document import file_at_end  # noqa: PLC0415  # documents read where a case stands
    from activities.message import UnfitMessageError  # noqa: PLC0415

    with suppress(UnfitMessageError, PersonErasedError):
        file_at_end(session, office, standing, now)
