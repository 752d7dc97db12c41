"""Plans, settlements and refunds: proposed within an authority, approved, offered, kept or broken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from activities.feed import AGAIN, stale
from activities.ledger import (
    ACCRUAL,
    accrue_again,
    as_of,
    close_gap,
    enter,
    owed_on,
    zone_of_debt,
)
from activities.office import Office
from models.arrangement import ArrangementKind, ArrangementStatus, Due, Paid, Progress, Terms
from models.case import TaskKind
from models.facts import DueFact, PlanFact
from models.ledger import Balances, Bucket, EntryKind
from models.money import Money
from models.operator import Operator
from models.stop import Scope, StopKind
from models.tables import Arrangement, Debt, LedgerEntry, Stop, WorkItem
from rules.arrangement import authority, exceeds, progress, waived_parts
from rules.ledger import discharges, effective, fold, policy_for, splits
from store import case as records
from store import debt as debts
from store import operator as operators
from store import payment as money
from store import stop as stops
from store import work

SOURCE = "arrangement"
"""Source of ledger entries that an arrangement makes."""

TO_SUPERVISOR = timedelta(hours=48)
"""An approval that nobody gave goes to the next supervisor."""

LAPSES = timedelta(hours=96)
"""An approval that nobody gave lapses; the offer was never shown."""

LATE = timedelta(days=30)
"""A settlement paid so soon after its end is put before a person, not just booked."""

REVIEW = timedelta(days=2)
"""For the claim on a seller who was paid what is ours."""

VALID = timedelta(days=14)
"""An offer without an end of its own."""

_AT_REST = (ArrangementStatus.KEPT, ArrangementStatus.CANCELLED)
"""Plans after whose end nothing is sent before the debtor's next day."""

_WAITING = (ArrangementStatus.PENDING, ArrangementStatus.APPROVED, ArrangementStatus.OFFERED)
LIVING = (*_WAITING, ArrangementStatus.ACTIVE)
_MOVING = (*LIVING, ArrangementStatus.LAPSED)
_PLANS = frozenset({ArrangementKind.PLAN, ArrangementKind.HARDSHIP, ArrangementKind.SETTLEMENT})


class ArrangementRefusalError(Exception):
    """What was asked of an arrangement can't be done; the text says why and what would do."""


# Proposing


def propose(  # noqa: PLR0917
    session: Session,
    office: Office,
    covered: Sequence[Debt],
    kind: ArrangementKind,
    terms: Terms,
    who: Operator,
    now: datetime,
    *,
    expires_at: datetime | None = None,
    form: Mapping[str, Any] | None = None,
) -> list[Arrangement]:
    """Put an arrangement on record: approved if within the proposer's authority, else pending.

    One row for each debt of the person that it covers. Call it under the debtor's lock. Raises
    ``ArrangementRefusalError`` with nothing written.
    """
    first = covered[0]
    for debt in covered:
        _may_cover(session, debt, first, kind)
    if expires_at is not None and expires_at <= now:
        there = expires_at.astimezone(zone_of_debt(session, first))
        raise ArrangementRefusalError(
            f"the offer would have ended already, on {there:%a %Y-%m-%d %H:%M} {there.tzinfo}"
        )
    if kind is ArrangementKind.REFUND:
        _may_refund(session, first, terms.total, now)
    owed = sum(balances(session, debt).outstanding for debt in covered)
    over = _over(office, first, kind, terms, owed, who)
    group = uuid4()
    rows = [
        Arrangement(
            id=uuid4(),
            group_id=group,
            debt_id=debt.id,
            debtor_id=debt.debtor_id,
            kind=kind,
            status=ArrangementStatus.PENDING if over else ArrangementStatus.APPROVED,
            terms=terms.model_copy(update={"debts": tuple(d.id for d in covered)}).model_dump(
                mode="json", exclude_none=True
            ),
            sealed=office.store.keys.person_key(session, debt.debtor_id).seal(dict(form))
            if form
            else None,
            currency=debt.currency,
            proposed_at=now,
            proposed_by=who.code,
            expires_at=expires_at,
            approved_at=None if over else now,
            approved_by=None if over else who.code,
            reason=over,
        )
        for debt in covered
    ]
    session.add_all(rows)
    session.flush()
    for row, debt in zip(rows, covered, strict=True):
        _say(session, row, "arrangement.proposed", over or "within_authority", who.code, now)
        if over and debt is first:
            _ask(session, debt, row, now)
    return rows


def _may_cover(session: Session, debt: Debt, first: Debt, kind: ArrangementKind) -> None:
    if debt.debtor_id != first.debtor_id:
        raise ArrangementRefusalError(
            f"{debt.account_ref} and {first.account_ref} are not one person's"
        )
    if debt.currency != first.currency:
        raise ArrangementRefusalError(
            f"{debt.account_ref} is owed in {debt.currency}, {first.account_ref} in "
            f"{first.currency}; a plan has one currency"
        )
    if kind is not ArrangementKind.REFUND and debt.status == "closed":
        raise ArrangementRefusalError(f"{debt.account_ref} is closed; nothing can be agreed on it")
    if kind in _PLANS:
        for row in of_debt(session, debt.id):
            if row.status == ArrangementStatus.ACTIVE and row.kind in _PLANS:
                raise ArrangementRefusalError(
                    f"{debt.account_ref} has a {row.kind} that runs, {short(row)}; cancel it first"
                )


def _may_refund(session: Session, debt: Debt, minor: int, now: datetime) -> None:
    """Refuse to pay out twice what stands in another proposal already."""
    under_way = []
    for row in refunds_under_way(session, debt):
        if row.status == ArrangementStatus.PENDING and _lapsed(row, now):
            _tick_pending(session, row, now)  # no case runs for a debt that is closed
        else:
            under_way.append(row)
    credit, asked = balances(session, debt).credit, sum(terms_of(r).total for r in under_way)
    if minor <= credit - asked:
        return
    if not under_way:
        raise ArrangementRefusalError(
            f"the credit of {debt.account_ref} is {Money(credit, debt.currency)}; a refund is no "
            "more than that"
        )
    left = Money(max(credit - asked, 0), debt.currency)
    raise ArrangementRefusalError(
        f"{left} is left of the credit of {Money(credit, debt.currency)}: the rest is to be paid out "
        f"by {', '.join(map(short, under_way))}; cancel that first"
    )


def refunds_under_way(session: Session, debt: Debt) -> list[Arrangement]:
    """Answer the refunds of a debt that were proposed and have not left."""
    return [
        row
        for row in of_debt(session, debt.id)
        if row.kind == ArrangementKind.REFUND and row.status in _WAITING
    ]


def _over(  # noqa: PLR0917
    office: Office, debt: Debt, kind: ArrangementKind, terms: Terms, owed: int, who: Operator
) -> str:
    """Say why a second person must agree, or nothing. Money that goes out always needs one."""
    if kind is ArrangementKind.REFUND:
        return "money goes out"
    strategy = office.strategies.get(debt.strategy or "standard", debt.strategy_version or 1)
    return exceeds(terms, owed, authority(strategy, who.roles))


def _ask(session: Session, debt: Debt, row: Arrangement, now: datetime) -> None:
    item = work.open(
        session,
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        epoch=debt.epoch,
        kind=TaskKind.APPROVAL,
        step=f"{row.kind}_{short(row)}",
        now=now,
        due_at=now + TO_SUPERVISOR,
    )
    item.facts = {"arrangement": str(row.id)}
    session.add(item)


# Deciding


def decide(
    session: Session, office: Office, item: WorkItem, *, yes: bool, by: str, now: datetime
) -> str:
    """Approve or decline what an item asks for; raises ``ArrangementRefusalError``.

    Nobody approves what they proposed, or what is above their own authority.
    """
    row = session.get_one(Arrangement, UUID(item.facts["arrangement"]))
    if item.step.startswith("late_"):
        return _decide_late(session, office, row, yes=yes, by=by, now=now)
    if row.status != ArrangementStatus.PENDING:
        raise ArrangementRefusalError(f"{short(row)} is {row.status}; there is nothing to approve")
    if yes and _lapsed(row, now):
        raise ArrangementRefusalError(
            f"{short(row)} lapsed: nobody approved it in {LAPSES / timedelta(hours=1):.0f} hours; "
            "decline it, and have it proposed anew"
        )
    if by == row.proposed_by:
        raise ArrangementRefusalError(
            f"{by} proposed this; a second person decides about it (four eyes)"
        )
    if yes:
        _within(session, office, row, by)
    for each in group(session, row):
        each.status = ArrangementStatus.APPROVED if yes else ArrangementStatus.DECLINED
        if yes:
            each.approved_at, each.approved_by = now, by
        else:
            each.decided_at, each.decided_by = now, by
        session.add(each)
        _say(session, each, f"arrangement.{each.status}", row.reason or "asked", by, now)
    return f"{row.kind} {short(row)} {'approved' if yes else 'declined'}"


def _within(session: Session, office: Office, row: Arrangement, by: str) -> None:
    who = operators.known(session, by)
    if who is None:
        raise ArrangementRefusalError(f"{by} is no operator here")
    covered = [debts.get(session, each.debt_id) for each in group(session, row)]
    if row.kind == ArrangementKind.REFUND:
        _still_there(session, row, covered[0])
        return
    owed = sum(balances(session, debt).outstanding for debt in covered)
    over = _over(office, covered[0], ArrangementKind(row.kind), terms_of(row), owed, who)
    if over:
        raise ArrangementRefusalError(f"it {over}: above the authority of {by} too")


def offer(session: Session, row: Arrangement, who: str, now: datetime) -> None:
    """Put it before the debtor; what nobody approved is never shown."""
    if row.status != ArrangementStatus.APPROVED:
        hint = "it waits for a second person" if row.status == "pending" else f"it is {row.status}"
        raise ArrangementRefusalError(f"{short(row)} cannot be offered: {hint}")
    for each in group(session, row):
        each.status, each.offered_at, each.offered_by = ArrangementStatus.OFFERED, now, who
        each.expires_at = each.expires_at or now + VALID
        session.add(each)
        _say(session, each, "arrangement.offered", each.kind, who, now)


def accept(
    session: Session, row: Arrangement, who: str, now: datetime, *, at: datetime | None = None
) -> None:
    """Record the debtor's yes, given at ``at``; the instant decides against the offer's end."""
    said = at or now
    if (
        row.status not in (ArrangementStatus.OFFERED, ArrangementStatus.LAPSED)
        or not row.offered_at
    ):
        raise ArrangementRefusalError(
            f"{short(row)} is {row.status}; only what was offered can be accepted"
        )
    if said > now or said < row.offered_at:
        raise ArrangementRefusalError("the answer lies before the offer or is still to come")
    if row.expires_at is not None and said > row.expires_at:
        raise ArrangementRefusalError(
            f"the offer ended at {row.expires_at.isoformat()}; propose a new one"
        )
    covered = [debts.get(session, each.debt_id) for each in group(session, row)]
    for debt in covered:
        _may_cover(session, debt, covered[0], ArrangementKind(row.kind))
    for each in group(session, row):
        terms = terms_of(each)
        each.status, each.accepted_at, each.accepted_by = ArrangementStatus.ACTIVE, said, who
        each.decided_at = each.decided_by = None
        if not terms.instalments and each.kind == ArrangementKind.SETTLEMENT and each.expires_at:
            day = each.expires_at.astimezone(
                zone_of_debt(session, debts.get(session, each.debt_id))
            )
            due = Due(minor=terms.total, on=day.date())
            terms = terms.model_copy(
                update={"instalments": (due,), "grace_days": 0, "break_after": 1}
            )
            each.terms = terms.model_dump(mode="json", exclude_none=True)
        session.add(each)
        _state(session, each, "current" if each.kind in _PLANS else None)
        _say(session, each, "arrangement.accepted", each.kind, who, now)
    _fold_interest(session, row, now)
    if row.kind == ArrangementKind.INTEREST_WAIVER:
        _waive_interest(session, row, now)


def cancel(session: Session, row: Arrangement, who: str, reason: str, now: datetime) -> None:
    """End it by a person's decision; ordinary steps go on the day after.

    What was waived as a reward stays, unless the offer said that it goes back.
    """
    if row.status not in LIVING:
        raise ArrangementRefusalError(f"{short(row)} is {row.status} already")
    for each in group(session, row):
        _take_back_waivers(session, each, f"cancelled_{reason}", now)
        _end(session, each, ArrangementStatus.CANCELLED, who, reason, now)
    _fold_interest(session, row, now)
    _withdraw(session, row, now, reason)


# Refunds


def pay_out(
    session: Session, row: Arrangement, who: str, reference: str, now: datetime
) -> LedgerEntry:
    """Book that an approved refund left; never more than the credit that is still there."""
    if row.kind != ArrangementKind.REFUND:
        raise ArrangementRefusalError(f"{short(row)} is a {row.kind}, no refund")
    if row.status != ArrangementStatus.APPROVED:
        hint = (
            "a second person approves first" if row.status == "pending" else "nothing is paid out"
        )
        raise ArrangementRefusalError(f"{short(row)} is {row.status}; {hint}")
    debt = debts.get(session, row.debt_id)
    minor = terms_of(row).total
    _still_there(session, row, debt)
    entry = enter(
        session,
        debt,
        kind=EntryKind.REFUND,
        minor=minor,
        value_date=now.astimezone(zone_of_debt(session, debt)).date(),
        now=now,
        source="refund",
        external_id=reference,
        actor=who,
        reason="credit_paid_out",
        facts={"arrangement": str(row.id), "approved_by": row.approved_by},
    )
    if entry is None:
        raise ArrangementRefusalError(f"reference {reference} stands for another refund")
    _end(session, row, ArrangementStatus.KEPT, who, "paid_out", now)
    if not balances(session, debt).credit:
        for item in work.of_debt(session, debt.id):
            if item.step.startswith("credit_to_refund"):
                work.finish(session, item, outcome="resolved", by=who, now=now, sealed=item.sealed)
    return entry


def _still_there(session: Session, row: Arrangement, debt: Debt) -> None:
    minor, credit = terms_of(row).total, balances(session, debt).credit
    if minor > credit:
        raise ArrangementRefusalError(
            f"the credit is {Money(credit, debt.currency)} now, less than "
            f"{Money(minor, debt.currency)}; end this and propose what is there"
        )


# Time and money


def tick(
    session: Session, office: Office, debt: Debt, now: datetime
) -> tuple[bool, datetime | None]:
    """Let time and money do their work on a debt's arrangements; answer if there are any that
    may have changed something, and when to look again.

    Kept ones earn their waivers, broken ones lose them as one unit, offers and approvals lapse.
    Call it under the debtor's lock; repeating it changes nothing.
    """
    again: list[datetime] = []
    rows = [row for row in of_debt(session, debt.id) if row.status in _MOVING]
    for row in rows:
        match row.status:
            case ArrangementStatus.PENDING:
                again += _tick_pending(session, row, now)
            case ArrangementStatus.APPROVED | ArrangementStatus.OFFERED | ArrangementStatus.LAPSED:
                again += _tick_offer(session, office, row, now)
            case ArrangementStatus.ACTIVE if row.kind in _PLANS:
                again += _tick_plan(session, office, row, now)
            case _:
                pass
    session.flush()
    return bool(rows), min(again, default=None)


def _lapsed(row: Arrangement, now: datetime) -> bool:
    """Whether nobody approved a proposal in time; only a pending one is asked about."""
    return now >= row.proposed_at + LAPSES


def _tick_pending(session: Session, row: Arrangement, now: datetime) -> list[datetime]:
    item = _item(session, row)
    if _lapsed(row, now):
        for each in group(session, row):
            _end(session, each, ArrangementStatus.LAPSED, "case", "not_approved_in_time", now)
        _withdraw(session, row, now, "lapsed")
        return []
    if item is not None and item.escalated_at is None and now >= row.proposed_at + TO_SUPERVISOR:
        item.escalated_at, item.due_at = now, row.proposed_at + LAPSES
        session.add(item)
        _say(session, row, "arrangement.escalated", "no_answer", "case", now)
    escalates = row.proposed_at + TO_SUPERVISOR
    return [escalates if now < escalates else row.proposed_at + LAPSES]


def _tick_offer(
    session: Session, office: Office, row: Arrangement, now: datetime
) -> list[datetime]:
    """An offered settlement is taken by paying it in time: the instant of payment decides."""
    if row.kind == ArrangementKind.REFUND:
        return []
    terms = terms_of(row)
    if row.kind == ArrangementKind.SETTLEMENT and row.offered_at and row.expires_at:
        in_time = _sum(session, row, row.offered_at, row.expires_at)
        if len(terms.instalments) <= 1 and in_time >= terms.total:
            for each in group(session, row):
                each.accepted_at, each.accepted_by = row.offered_at, "debtor"
                session.add(each)
            _keep(session, row, now)
            return []
        if now > row.expires_at and _sum(session, row, row.offered_at, row.expires_at + LATE) >= (
            terms.total
        ):
            _ask_late(session, office, row, now)
    if row.status == ArrangementStatus.LAPSED or row.expires_at is None:
        return []
    if now > row.expires_at:
        for each in group(session, row):
            _end(session, each, ArrangementStatus.LAPSED, "case", "offer_ended", now)
        return []
    return [row.expires_at + timedelta(seconds=1)]


def _tick_plan(session: Session, office: Office, row: Arrangement, now: datetime) -> list[datetime]:
    """Nobody has missed what nobody here would know of: a silent source of payments is asked first."""
    stands = standing_of(session, row, now)
    terms = terms_of(row)
    if stands.reward_earned_on and terms.reward and not rewarded(session, row):
        _reward(session, row, terms, now)
        stands = standing_of(session, row, now)
    if stands.kept or _nothing_owed(session, row):
        _keep(session, row, now)
    elif stands.overdue and any(
        stale(session, office.feeds, debts.get(session, each.debt_id), now)
        for each in group(session, row)
    ):
        return [now + AGAIN]
    elif stands.broken:
        _break(session, row, "missed", now)
    else:
        _state(session, row, "missed" if stands.overdue else "current")
    return []


def freeze(session: Session, debt: Debt, now: datetime) -> bool:
    """The debt goes back to its seller: what runs stands still as it is, what was offered ends.

    Nothing is waived and nothing is taken back by it; the seller gets the plan as it stands.
    Answers whether anything did; repeating it changes nothing.
    """
    living = [
        row
        for row in of_debt(session, debt.id)
        if row.status in LIVING and row.kind != ArrangementKind.REFUND
    ]
    for row in living:
        if row.status == ArrangementStatus.PENDING:
            _withdraw(session, row, now, "recalled")
        running = row.status == ArrangementStatus.ACTIVE
        ends = ArrangementStatus.FROZEN if running else ArrangementStatus.LAPSED
        _end(session, row, ends, "case", "recalled", now)
    return bool(living)


def taken_back(session: Session, debt: Debt, now: datetime) -> None:
    """A payment was taken back: what it had kept is broken, its waivers go back as one unit."""
    for row in of_debt(session, debt.id):
        if row.status != ArrangementStatus.KEPT or row.kind not in _PLANS or not row.accepted_at:
            continue
        until = row.expires_at if row.accepted_by == "debtor" and row.expires_at else None
        if (
            _sum(session, row, row.accepted_at, until) + rewarded(session, row)
            < terms_of(row).total
        ):
            _break(session, row, "payment_taken_back", now)


def standing_of(session: Session, row: Arrangement, now: datetime) -> Progress:
    """Answer how a plan stands at the beginning of the debtor's day."""
    assert row.accepted_at is not None
    zone = zone_of_debt(session, debts.get(session, row.debt_id))
    paid = [
        Paid(entry.value_date, minor)
        for entry, minor in _payments(session, row)
        if _within_span(entry, row.accepted_at, None, zone)
    ]
    return progress(
        terms_of(row), paid, now.astimezone(zone).date(), rewarded=rewarded(session, row)
    )


def plan_facts(session: Session, rows: Iterable[Arrangement], now: datetime) -> Iterable[PlanFact]:
    """Put accepted plans into the words of the next move."""
    for row in rows:
        if row.accepted_at is None or row.kind not in _PLANS:
            continue
        stands = standing_of(session, row, now)
        yield PlanFact(
            code=short(row),
            accepted_at=row.accepted_at,
            running=row.status == ArrangementStatus.ACTIVE,
            ended_at=_rests_until(session, row),
            speaks=_speaks(session, row),
            reminder_days=terms_of(row).reminder_days,
            instalments=tuple(
                DueFact(each.n, each.on, each.last_day, each.minor, met=each.met_on is not None)
                for each in stands.instalments
            ),
        )


def _rests_until(session: Session, row: Arrangement) -> datetime | None:
    """Answer when ordinary steps go on: of a plan that was kept or ended, on the debtor's next day."""
    if row.decided_at is None or row.status not in _AT_REST:
        return row.decided_at
    zone = zone_of_debt(session, debts.get(session, row.debt_id))
    following = row.decided_at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(following, time(), zone).astimezone(UTC)


def _speaks(session: Session, row: Arrangement) -> bool:
    """Answer whether a debt's case tells of an instalment: the first that still owes, for all.

    The debtor has one instalment to pay and is not to be told of it once for every debt.
    """
    if len(terms_of(row).debts) <= 1:
        return True
    covered = (debts.get(session, each.debt_id) for each in group(session, row))
    owing = (d.id for d in covered if d.status != "closed" and balances(session, d).outstanding)
    return next(owing, row.debt_id) == row.debt_id


def missed(session: Session, debt_id: UUID, step: str, now: datetime) -> tuple[int, date] | None:
    """Answer amount and day of the instalment that a step of a plan is about."""
    for row in of_debt(session, debt_id):
        if row.accepted_at is None or row.kind not in _PLANS or f"_{short(row)}_" not in step:
            continue
        number = int(step.rpartition("_")[2])
        for each in standing_of(session, row, now).instalments:
            if each.n == number:
                return each.minor - each.paid, each.on
    return None


# What an arrangement does to the ledger


def _keep(session: Session, row: Arrangement, now: datetime) -> None:
    _fold_interest(session, row, now)
    terms = terms_of(row)
    left = terms.waives
    for each in group(session, row):
        debt = debts.get(session, each.debt_id)
        if row.kind == ArrangementKind.SETTLEMENT:
            left += _arisen_since(session, debt, row.proposed_at)
        stands = balances(session, debt)
        waived = min(left, stands.outstanding)
        left -= waived
        _waive(session, each, debt, waived_parts(stands.buckets, waived, debt.currency), now)
        _end(session, each, ArrangementStatus.KEPT, "case", "paid_as_agreed", now)
        _state(session, each, "completed")
    _fold_interest(session, row, now)


def _waive(
    session: Session, row: Arrangement, debt: Debt, parts: Mapping[Bucket, int], now: datetime
) -> None:
    last = max(entry.value_date for entry in money.entries(session, debt.id))
    for bucket, minor in parts.items():
        enter(
            session,
            debt,
            kind=EntryKind.WAIVER,
            minor=minor,
            value_date=last,
            now=now,
            source=SOURCE,
            external_id=f"{row.id}:{bucket}:{len(money.entries(session, debt.id))}",
            actor=row.approved_by or row.proposed_by,
            reason="settlement",
            bucket=bucket,
            facts={"arrangement": str(row.id), "group": str(row.group_id)},
        )


def _reward(session: Session, row: Arrangement, terms: Terms, now: datetime) -> None:
    """Waive what was promised, valued at the agreement, or the eve of it: of that it was promised.

    On the day itself a first instalment would have met it before.
    """
    assert terms.reward is not None
    assert row.accepted_at is not None
    debt = debts.get(session, terms.debts[0] if terms.debts else row.debt_id)
    day = row.accepted_at.astimezone(zone_of_debt(session, debt)).date()
    eve = as_of(money.as_entries(money.entries(session, debt.id)), day - timedelta(days=1))
    if eve:
        there = fold(eve, policy_for(debt.contract_law)).buckets[terms.reward.bucket]
        day -= timedelta(days=there >= terms.reward.minor)
    first = next(each for each in group(session, row) if each.debt_id == debt.id)
    enter(
        session,
        debt,
        kind=EntryKind.WAIVER,
        minor=terms.reward.minor,
        value_date=day,
        now=now,
        source=SOURCE,
        external_id=f"{row.group_id}:reward",
        actor=row.approved_by or row.proposed_by,
        reason="reward",
        bucket=terms.reward.bucket,
        facts={"arrangement": str(first.id), "group": str(row.group_id)},
    )
    _fold_interest(session, row, now)
    _say(session, row, "arrangement.rewarded", "paid_on_time", "case", now)


def rewarded(session: Session, row: Arrangement) -> int:
    """Answer what the reward of a group waived, net of what was taken back."""
    total = 0
    for debt_id in {each.debt_id for each in group(session, row)}:
        rows = money.entries(session, debt_id)
        gone = {entry.of for entry in rows if entry.kind == EntryKind.REVERSAL}
        ours = [
            entry.id
            for entry in rows
            if entry.reason == "reward"
            and (entry.facts or {}).get("group") == str(row.group_id)
            and entry.id not in gone
        ]
        if ours:
            debt = debts.get(session, debt_id)
            found = splits(money.as_entries(rows), policy_for(debt.contract_law))
            total += sum(sum(found.get(entry, {}).values()) for entry in ours)
    return total


def _waive_interest(session: Session, row: Arrangement, now: datetime) -> None:
    left = terms_of(row).waives
    for each in group(session, row):
        debt = debts.get(session, each.debt_id)
        minor = min(left, balances(session, debt).buckets[Bucket.INTEREST])
        left -= minor
        if minor:
            _waive(session, each, debt, {Bucket.INTEREST: minor}, now)
        _end(session, each, ArrangementStatus.KEPT, "case", "waived", now)
    _fold_interest(session, row, now)


def _break(session: Session, row: Arrangement, reason: str, now: datetime) -> None:
    """Take back every conditional waiver of the group in one transaction."""
    for each in group(session, row):
        _take_back_waivers(session, each, f"broken_{reason}", now)
        _end(session, each, ArrangementStatus.BROKEN, "case", reason, now)
        _state(session, each, "broken")
    _fold_interest(session, row, now)


def _take_back_waivers(session: Session, row: Arrangement, reason: str, now: datetime) -> None:
    """Take back what an agreement waived on one debt, but a reward that stays as it was offered."""
    reward = terms_of(row).reward
    debt = debts.get(session, row.debt_id)
    rows = money.entries(session, debt.id)
    gone = {entry.of for entry in rows if entry.kind == EntryKind.REVERSAL}
    for entry in rows:
        if (
            entry.source != SOURCE
            or entry.kind != EntryKind.WAIVER
            or (entry.facts or {}).get("group") != str(row.group_id)
            or entry.id in gone
        ):
            continue
        if entry.reason == "reward" and reward is not None and not reward.returns_if_broken:
            continue
        enter(
            session,
            debt,
            kind=EntryKind.REVERSAL,
            minor=entry.minor,
            value_date=entry.value_date,
            now=now,
            source=SOURCE,
            external_id=f"{entry.id}:back",
            actor="case",
            reason=reason,
            of=entry.id,
            facts={"group": str(row.group_id)},
        )


def _fold_interest(session: Session, row: Arrangement, now: datetime) -> None:
    """Let interest that is booked know of an agreement: none arises while it runs."""
    session.flush()
    for each in group(session, row):
        accrue_again(session, debts.get(session, each.debt_id), now)


def _arisen_since(session: Session, debt: Debt, at: datetime) -> int:
    """Answer the interest booked after an instant: whoever pays the price of an offer owes none."""
    rows = money.entries(session, debt.id)
    amounts = effective(money.as_entries(rows))
    return sum(
        amounts[entry.id]
        for entry in rows
        if entry.kind == EntryKind.INTEREST and entry.source == ACCRUAL and entry.booked_at > at
    )


# A settlement that was paid too late


def _ask_late(session: Session, office: Office, row: Arrangement, now: datetime) -> None:
    """The money is booked as an ordinary payment; whether it settles is a person's decision."""
    debt = debts.get(session, row.debt_id)
    if debt.status == "closed":
        return
    step = f"late_{short(row)}"
    known = [item for item in work.of_debt(session, debt.id) if item.step == step]
    if known:
        return
    item = work.open(
        session,
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        epoch=debt.epoch,
        kind=TaskKind.APPROVAL,
        step=step,
        now=now,
        due_at=now + office.review_time,
    )
    item.facts = {"arrangement": str(row.id)}
    session.add(item)
    stops.enter(
        session,
        StopKind.HOLD,
        Scope.DEBT,
        now=now,
        observed_at=now,
        reason="late_settlement",
        actor="case",
        source=SOURCE,
        external_id=f"{row.id}:late",
        debt_id=debt.id,
        until=now + LATE,
    )


def _decide_late(
    session: Session, office: Office, row: Arrangement, *, yes: bool, by: str, now: datetime
) -> str:
    if yes:
        _within(session, office, row, by)
        for each in group(session, row):
            each.accepted_at, each.accepted_by = each.offered_at, "debtor"
            each.expires_at = now
            session.add(each)
        _keep(session, row, now)
    hold = session.exec(
        select(Stop).where(col(Stop.source) == SOURCE, col(Stop.external_id) == f"{row.id}:late")
    ).first()
    if hold is not None and hold.ended_at is None:
        stops.end(session, hold.id, now=now, reason="decided", actor=by)
    return f"late payment {'settles the debt' if yes else 'stays an ordinary payment'}"


# Paid to the previous owner


def paid_to_seller(  # noqa: PLR0917
    session: Session,
    debt: Debt,
    minor: int,
    on: date,
    reference: str,
    who: str,
    now: datetime,
) -> bool:
    """Record what the debtor paid to who owned the debt before; answer whether it frees them.

    Until the notice arrived it is a payment, and the claim is against the seller. Afterwards it
    is none; the seller is asked to pass it on, the case holds meanwhile and no interest arises.
    Call it under the debtor's lock.
    """
    reached = debt.notice_reached_at
    zone = zone_of_debt(session, debt)
    free = discharges(on, reached.astimezone(zone).date() if reached else None)
    if free:
        known = money.entries(session, debt.id)
        if any((row.source, row.external_id) == ("seller", reference) for row in known):
            raise ArrangementRefusalError(f"reference {reference} is booked already")
        _owed_then(session, debt, known, minor, on)
        entry = enter(
            session,
            debt,
            kind=EntryKind.PAYMENT,
            minor=minor,
            value_date=on,
            now=now,
            source="seller",
            external_id=reference,
            actor=who,
            reason="paid_to_previous_owner",
        )
        if entry is None:
            raise ArrangementRefusalError(f"reference {reference} is booked already")
        close_gap(session, debt, now)
        accrue_again(session, debt, now)
    else:
        stops.enter(
            session,
            StopKind.HOLD,
            Scope.DEBT,
            now=now,
            observed_at=now,
            reason="paid_to_previous_owner",
            actor=who,
            source="seller",
            external_id=f"{debt.id}:{reference}",
            debt_id=debt.id,
            until=now + LATE,
        )
    work.open(
        session,
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        epoch=debt.epoch,
        kind=TaskKind.PAYMENT_REVIEW,
        step="claim_on_seller" if free else "ask_seller_to_pass_on",
        now=now,
        due_at=now + REVIEW,
    )
    records.act(
        session,
        at=now,
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        what="payment.to_previous_owner",
        reason="discharges" if free else "does_not_discharge",
        actor=who,
        facts={"minor": minor, "on": on.isoformat()},
    )
    return free


def _owed_then(
    session: Session, debt: Debt, known: Sequence[LedgerEntry], minor: int, on: date
) -> None:
    """Refuse more than was owed when it was paid: the rest is with the seller and no credit here."""
    first = min((entry.value_date for entry in known), default=on)
    owed = owed_on(session, debt, known, max(on, first))
    if minor > owed:
        raise ArrangementRefusalError(
            f"{Money(minor, debt.currency)} is more than {debt.account_ref} owed on {on}, "
            f"{Money(owed, debt.currency)}: record so much; the rest is between the debtor and the "
            "seller"
        )


# Rows


def short(row: Arrangement) -> str:
    """Answer how people and steps call an arrangement."""
    return row.group_id.hex[:8]


def terms_of(row: Arrangement) -> Terms:
    return Terms.model_validate(row.terms)


def of_debt(session: Session, debt_id: UUID) -> list[Arrangement]:
    """Answer the arrangements of a debt, the oldest first."""
    return list(
        session.exec(
            select(Arrangement)
            .where(col(Arrangement.debt_id) == debt_id)
            .order_by(col(Arrangement.proposed_at), col(Arrangement.id))
        )
    )


def group(session: Session, row: Arrangement) -> list[Arrangement]:
    """Answer the rows of one agreement, that of the first debt first."""
    rows = session.exec(select(Arrangement).where(col(Arrangement.group_id) == row.group_id)).all()
    order = terms_of(row).debts
    return sorted(rows, key=lambda each: order.index(each.debt_id) if each.debt_id in order else 0)


def find(session: Session, beginning: str) -> Arrangement:
    """Answer the arrangement whose id begins so, or say why there is none."""
    wanted = beginning.lower().replace("-", "")
    rows = session.exec(select(Arrangement)).all() if len(wanted) >= 4 else []
    met = [row for row in rows if row.group_id.hex.startswith(wanted)]
    groups = {row.group_id for row in met}
    if len(groups) == 1:
        return group(session, met[0])[0]
    if not groups:
        raise ArrangementRefusalError(
            f"no arrangement begins with {beginning!r}; give at least four digits of the id that "
            "`cession plan show REF` tells"
        )
    raise ArrangementRefusalError(
        f"{beginning!r} means {len(groups)} arrangements; give more of it"
    )


def balances(session: Session, debt: Debt) -> Balances:
    return fold(money.as_entries(money.entries(session, debt.id)), policy_for(debt.contract_law))


def _payments(session: Session, row: Arrangement) -> Iterable[tuple[LedgerEntry, int]]:
    """Answer the payments on all debts of a group, with what is left of each."""
    for debt_id in terms_of(row).debts or (row.debt_id,):
        rows = money.entries(session, debt_id)
        amounts = effective(money.as_entries(rows))
        for entry in rows:
            if entry.kind == EntryKind.PAYMENT and amounts[entry.id]:
                yield entry, amounts[entry.id]


def _within_span(
    entry: LedgerEntry, since: datetime, until: datetime | None, zone: ZoneInfo
) -> bool:
    """Whether money was paid between two instants, both included, by the instant of payment.

    Of a bank's transfer, and of what was typed with its day, only the day is known: on the last one
    it is in time, and on the first one unless it was in the ledger before.
    """
    facts = entry.facts or {}
    if facts.get("day") or not facts.get("paid_at"):
        first = since.astimezone(zone).date()
        if entry.value_date == first and entry.booked_at <= since:
            return False
        last = until.astimezone(zone).date() if until else entry.value_date
        return first <= entry.value_date <= last
    at = datetime.fromisoformat(facts["paid_at"]).astimezone(UTC)
    return at >= since and (until is None or at <= until)


def _sum(session: Session, row: Arrangement, since: datetime, until: datetime | None) -> int:
    """Add up what was paid between two instants."""
    zone = zone_of_debt(session, debts.get(session, row.debt_id))
    return sum(
        minor for entry, minor in _payments(session, row) if _within_span(entry, since, until, zone)
    )


def _nothing_owed(session: Session, row: Arrangement) -> bool:
    covered = (debts.get(session, each.debt_id) for each in group(session, row))
    return not any(balances(session, debt).outstanding for debt in covered)


def _item(session: Session, row: Arrangement) -> WorkItem | None:
    step = f"{row.kind}_{short(row)}"
    rows = session.exec(
        select(WorkItem).where(
            col(WorkItem.debtor_id) == row.debtor_id,
            col(WorkItem.kind) == TaskKind.APPROVAL,
            col(WorkItem.step) == step,
            col(WorkItem.status).in_(work.LIVING),
        )
    )
    return rows.first()


def _withdraw(session: Session, row: Arrangement, now: datetime, reason: str) -> None:
    """Take the approval back from the queue."""
    item = _item(session, row)
    if item is not None:
        item.status, item.outcome, item.outcome_by, item.outcome_at = (
            "cancelled",
            reason,
            "case",
            now,
        )
        item.lease_until = None
        session.add(item)


def _end(  # noqa: PLR0917
    session: Session,
    row: Arrangement,
    status: ArrangementStatus,
    by: str,
    reason: str,
    now: datetime,
) -> None:
    if row.status == ArrangementStatus.ACTIVE and status is ArrangementStatus.CANCELLED:
        _state(session, row, None)
    row.status, row.decided_at, row.decided_by, row.reason = status, now, by, reason
    session.add(row)
    session.flush()
    _say(session, row, f"arrangement.{status}", reason, by, now)


def _state(session: Session, row: Arrangement, state: str | None) -> None:
    """Tell the legal check how the plan stands: ordinary steps rest while it is kept to."""
    debt = debts.get(session, row.debt_id)
    if debt.facts.get("payment_plan") != state:
        debt.facts = {**debt.facts, "payment_plan": state}
        session.add(debt)
        session.flush()


def _say(  # noqa: PLR0917
    session: Session, row: Arrangement, what: str, reason: str, actor: str, now: datetime
) -> None:
    terms = terms_of(row)
    records.act(
        session,
        at=now,
        debt_id=row.debt_id,
        debtor_id=row.debtor_id,
        what=what,
        reason=reason.replace(" ", "_")[:60],
        actor=actor,
        facts={
            "arrangement": short(row),
            "kind": row.kind,
            "minor": terms.total,
            "waives": terms.waives,
            "instalments": len(terms.instalments),
        },
    )
