"""Entries of live ledgers: what one changes in others stands on record beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_
from sqlmodel import Session, col, select

from models.case import TaskKind
from models.ledger import (
    Bucket,
    DayCount,
    Entry,
    EntryKind,
    InterestStop,
    InterestTerms,
    Rate,
)
from models.stop import StopKind
from models.tables import Arrangement, Debt, Debtor, InboxItem, LedgerEntry, Stop
from rules.interest import ceilings
from rules.ledger import (
    MADE,
    TAKING_BACK,
    corrected,
    fold,
    gap_to_waive,
    other_way,
    policy_for,
    postings,
    standing_gaps,
)
from store import debtor as debtors
from store import payment as money
from store import stop as stops
from store import work
from store.stop import TOUCHING, touched

ACCRUAL = "accrual"
"""Source of interest that the house worked out."""

IMPORTED = "import"
"""Source of what a transfer file says; its days are kept as midnights in UTC and are no instants."""

REGISTERED = "register:"
"""Begins the source of a stop that a register told of; its days are such midnights, too."""

STOPS_INTEREST = frozenset(
    {StopKind.MORATORIUM, StopKind.BANKRUPTCY, StopKind.DISPUTE, StopKind.VULNERABILITY}
)
"""While one stands no interest arises: UK moratorium (SI 2020/1311 reg. 7), insolvency
proceedings, and, as the house's own rule, an open dispute and hardship, from the day it began."""


def zone_of_debt(session: Session, debt: Debt) -> ZoneInfo:
    """Answer the zone in which the debtor's days are counted."""
    debtor = session.get_one(Debtor, debt.debtor_id)
    known = debtor.declared_zone or (debtor.zones[0] if debtor.zones else None)
    return ZoneInfo(known) if known else ZoneInfo("UTC")


def enter(
    session: Session,
    debt: Debt,
    *,
    kind: EntryKind,
    minor: int,
    value_date: date,
    now: datetime,
    source: str,
    external_id: str,
    actor: str,
    reason: str,
    observed_at: datetime | None = None,
    bucket: Bucket | None = None,
    of: UUID | None = None,
    facts: Mapping[str, Any] | None = None,
) -> LedgerEntry | None:
    """Append an entry and what it corrects; None when this source has said so already.

    What an earlier entry stood for and stands for now is kept in a correction of zero: the sums
    are the fold's, the record is what the debtor was told. Call it under the debtor's lock.
    """
    policy = policy_for(debt.contract_law)
    before = money.as_entries(money.entries(session, debt.id))
    entry = money.append(
        session,
        debt.id,
        kind=kind,
        minor=minor,
        currency=debt.currency,
        value_date=value_date,
        booked_at=now,
        observed_at=observed_at or now,
        source=source,
        external_id=external_id,
        policy=policy.ref,
        actor=actor,
        reason=reason,
        bucket=bucket,
        of=of,
        facts=dict(facts or {}),
    )
    if entry is None:
        return None
    (added,) = money.as_entries([entry])
    for change in corrected(before, added, policy):
        money.append(
            session,
            debt.id,
            kind=EntryKind.CORRECTION,
            minor=0,
            currency=debt.currency,
            value_date=value_date,
            booked_at=now,
            observed_at=observed_at or now,
            source="ledger",
            external_id=f"{entry.id}:{change.entry_id}",
            policy=policy.ref,
            actor="case",
            reason="folded_anew",
            of=change.entry_id,
            facts={
                "because_of": str(entry.id),
                "before": dict(change.before),
                "after": dict(change.after),
            },
        )
    return entry


def otherwise(session: Session, debt: Debt, entry: LedgerEntry) -> dict[str, int]:
    """Answer by how much the buckets would differ by the other method of reversal."""
    policy = policy_for(debt.contract_law)
    known = money.as_entries(money.entries(session, debt.id))
    (added,) = (each for each in known if each.entry_id == entry.id)
    rest = [each for each in known if each.entry_id != entry.id]
    other = other_way(rest, added, policy)
    if other is None:
        return {}
    said = fold(known, policy).buckets
    return {bucket: other[bucket] - owed for bucket, owed in said.items() if other[bucket] != owed}


def close_gap(session: Session, debt: Debt, now: datetime) -> None:
    """Waive what is short by no more than the policy's tolerance, by an entry of its own."""
    policy = policy_for(debt.contract_law)
    rows = money.entries(session, debt.id)
    gap = gap_to_waive(fold(money.as_entries(rows), policy), policy)
    if not gap:
        return
    money.append(
        session,
        debt.id,
        kind=EntryKind.WAIVER,
        minor=gap,
        currency=debt.currency,
        value_date=max(row.value_date for row in rows),
        booked_at=now,
        observed_at=now,
        source=MADE,
        external_id=f"{debt.id}:{rows[-1].seq}",
        policy=policy.ref,
        actor="case",
        reason="within_tolerance",
    )


def open_gap(session: Session, debt: Debt, because: LedgerEntry, now: datetime) -> None:
    """Take back the waiver of a gap when the payment that earned it is taken back."""
    entries = money.as_entries(money.entries(session, debt.id))
    if EntryKind(because.kind) not in TAKING_BACK:
        return
    if not fold(entries, policy_for(debt.contract_law)).outstanding:
        return
    for gap in standing_gaps(entries):
        enter(
            session,
            debt,
            kind=EntryKind.REVERSAL,
            minor=gap.minor,
            value_date=because.value_date,
            now=now,
            source=MADE,
            external_id=f"{gap.external_id}:back",
            actor="case",
            reason="payment_taken_back",
            of=gap.entry_id,
        )


# Interest


def terms_of(session: Session, debt: Debt) -> InterestTerms | None:
    """Answer how interest arises on a debt since its transfer; None where none does.

    It must be said to accrue after the transfer and have a rate. Stops of the case, plans in
    force and the file's ``interest_stops_on`` end it; ceilings follow the place and the lender.
    """
    facts = debt.facts
    opening = [row for row in money.entries(session, debt.id) if row.reason == "opening_balance"]
    if (
        facts.get("accrues_after_transfer") is not True
        or not facts.get("annual_rate")
        or not opening
    ):
        return None
    since = max(row.value_date for row in opening)
    pauses = [*_stopped(session, debt), *_planned(session, debt)]
    if facts.get("interest_stops_on"):
        day = date.fromisoformat(str(facts["interest_stops_on"])[:10])
        pauses.append(InterestStop(first_day=day, reason="interest_stops_on"))
    contract = facts.get("origination_date")
    lpr = facts.get("lpr_at_contract")
    return InterestTerms(
        rates=(Rate(since=since, percent=Decimal(str(facts["annual_rate"])) * 100),),
        since=since,
        day_count=_day_count(facts.get("rate_basis")),
        ceilings=ceilings(
            debt.contract_law,
            str(facts.get("creditor_type") or ""),
            date.fromisoformat(str(contract)[:10]) if contract else None,
            Decimal(str(lpr)) * 100 if lpr else None,
        ),
        stops=tuple(pauses),
        in_duplum=debt.contract_law == "ZA",
    )


_DAY_COUNTS = {
    "act_360": DayCount.ACT_360,
    "30_360": DayCount.THIRTY_360,
    "act_act": DayCount.ACT_ACT,
}


def _day_count(basis: object) -> DayCount:
    """Answer the day count that the file names, else actual days by 365."""
    return _DAY_COUNTS.get(str(basis).replace("/", "_"), DayCount.ACT_365)


def _stopped(session: Session, debt: Debt) -> list[InterestStop]:
    zone = zone_of_debt(session, debt)
    found: list[InterestStop] = []
    rows = session.exec(
        select(Stop)
        .where(
            TOUCHING,
            or_(
                col(Stop.kind).in_(STOPS_INTEREST),
                col(Stop.reason) == "paid_to_previous_owner",
            ),
        )
        .params(**touched(debt, debt.debtor_id))
    )
    for stop in rows:
        began = first_day(stop, zone)
        ended = stop.ended_at.astimezone(zone).date() if stop.ended_at else None
        found.append(
            InterestStop(
                first_day=began, last_day=max(ended, began) if ended else None, reason=stop.kind
            )
        )
    return found


def first_day(stop: Stop, zone: ZoneInfo) -> date:
    """Answer the day on which a stop began: as a file or register names it, else its instant's day."""
    if stop.effective_from is None:
        return stop.entered_at.astimezone(zone).date()
    dated = stop.source == IMPORTED or stop.source.startswith(REGISTERED)
    return stop.effective_from.astimezone(UTC if dated else zone).date()


def _planned(session: Session, debt: Debt) -> list[InterestStop]:
    """Answer the days of plans: none bears interest while it runs, nor afterwards if it was kept."""
    zone = zone_of_debt(session, debt)
    rows = session.exec(
        select(Arrangement).where(
            col(Arrangement.debt_id) == debt.id,
            col(Arrangement.accepted_at).is_not(None),
            col(Arrangement.kind).in_(("plan", "hardship", "settlement")),
        )
    )
    found: list[InterestStop] = []
    for row in rows:
        assert row.accepted_at is not None
        began = row.accepted_at.astimezone(zone).date()
        over = row.decided_at if row.status in ("broken", "cancelled") else None
        last = max(over.astimezone(zone).date(), began) if over else None
        found.append(InterestStop(first_day=began, last_day=last, reason=row.kind))
    return found


def accrue(session: Session, debt: Debt, to: date, now: datetime, actor: str) -> list[LedgerEntry]:
    """Book the interest that arose before a day, and correct what was booked otherwise before.

    Repeating it books nothing. A payment or stop that became known late changes what is owed for
    days already booked: the difference is a correction of that day's entry.
    """
    terms = terms_of(session, debt)
    rows = money.entries(session, debt.id)
    ours = [row for row in rows if row.source == ACCRUAL and row.kind == EntryKind.INTEREST]
    if terms is None and not ours:
        return []
    ids = {row.id for row in ours}
    others = money.as_entries(r for r in rows if r.id not in ids and r.of not in ids)
    until = max([to, *(row.value_date for row in ours)])
    known: dict[date, int] = {}
    changes: dict[UUID | None, int] = {}
    for row in rows:
        changes[row.of] = changes.get(row.of, 0) + row.minor
    for row in ours:
        change = changes.get(row.id, 0)
        known[row.value_date] = known.get(row.value_date, 0) + row.minor + change
    policy = policy_for(debt.contract_law)
    due = postings(others, policy, terms, until, known) if terms else {}
    booked: list[LedgerEntry | None] = []
    for day in sorted({*due, *known}):
        gap = due.get(day, 0) - known.get(day, 0)
        entry = next((row for row in ours if row.value_date == day), None)
        if gap and entry is None:
            booked.append(_book(session, debt, day, gap, now, actor, None))
        elif gap and entry is not None:
            booked.append(_book(session, debt, day, gap, now, actor, entry.id))
    return [entry for entry in booked if entry is not None]


def _book(  # noqa: PLR0917
    session: Session,
    debt: Debt,
    day: date,
    minor: int,
    now: datetime,
    actor: str,
    of: UUID | None,
) -> LedgerEntry | None:
    count = len(money.entries(session, debt.id))
    return enter(
        session,
        debt,
        kind=EntryKind.CORRECTION if of else EntryKind.INTEREST,
        minor=minor,
        value_date=day,
        now=now,
        source=ACCRUAL,
        external_id=f"{debt.id}:{day}:{count}" if of else f"{debt.id}:{day}",
        actor=actor,
        reason="interest_refolded" if of else "interest_accrued",
        bucket=None if of else Bucket.INTEREST,
        of=of,
    )


def accruing(session: Session) -> list[UUID]:
    """Answer the living debts whose file says that interest goes on to arise."""
    return list(
        session.exec(
            select(Debt.id)
            .where(
                col(Debt.status) != "closed",
                col(Debt.facts)["accrues_after_transfer"].as_boolean().is_(True),
            )
            .order_by(col(Debt.id))
        )
    )


def fold_stops(
    session: Session,
    debt: Debt,
    entries: Iterable[LedgerEntry],
    known: Iterable[Stop],
    now: datetime,
) -> bool:
    """Let booked interest know at once of a stop that began, or ended, before it was known.

    Costs nothing where no interest was booked, or no stop of interest is newer than that.
    """
    booked = max((row.booked_at for row in entries if row.source == ACCRUAL), default=None)
    if booked is None or not any(
        (stop.kind in STOPS_INTEREST or stop.reason == "paid_to_previous_owner")
        and max(stop.entered_at, stop.ended_at or stop.entered_at) > booked
        for stop in known
    ):
        return False
    accrue_again(session, debt, now)
    return True


_TO_REFUND = timedelta(days=2)
"""How soon a person looks at money that is owed back."""


def fold_closed(session: Session, stop: Stop, now: datetime) -> int:
    """Let closed debts know of a stop that began before it was known; answer how many changed.

    No case looks at them any more. What was paid as interest that never arose is the debtor's: it
    is put before a person. Call it under the lock of everybody the stop covers.
    """
    if stop.kind not in STOPS_INTEREST or stop.effective_from is None:
        return 0
    changed = 0
    for debt in stops.ended_cases_of(session, stop):
        before = len(money.entries(session, debt.id))
        accrue_again(session, debt, now)
        entries = money.as_entries(money.entries(session, debt.id))
        if len(entries) == before:
            continue
        changed += 1
        if fold(entries, policy_for(debt.contract_law)).credit:
            work.open(
                session,
                debt_id=debt.id,
                debtor_id=debt.debtor_id,
                epoch=debt.epoch,
                kind=TaskKind.PAYMENT_REVIEW,
                step=f"credit_to_refund_{stop.id.hex[:8]}",
                now=now,
                due_at=now + _TO_REFUND,
            )
    return changed


def fold_late(session: Session, ident: UUID, now: datetime) -> int:
    """Do so for one stop, under the lock of everybody that it covers."""
    stop = session.get_one(Stop, ident)
    for person in sorted({debt.debtor_id for debt in stops.ended_cases_of(session, stop)}):
        debtors.lock(session, person)
    return fold_closed(session, stop, now)


def fold_replied(session: Session, inbox_id: UUID, now: datetime) -> int:
    """Let closed debts know at once of what a reply that came late stopped; answer how many changed."""
    item = session.get_one(InboxItem, inbox_id)
    replied = select(Stop.id).where(
        col(Stop.source) == f"reply:{item.provider}",
        col(Stop.external_id).startswith(f"{item.external_id}:", autoescape=True),
        col(Stop.kind).in_(STOPS_INTEREST),
    )
    found = session.exec(replied.order_by(col(Stop.id))).all()
    return sum(fold_late(session, ident, now) for ident in found)


def late_stops(session: Session, since: datetime) -> list[UUID]:
    """Answer the stops of interest recorded since an instant that had begun before."""
    return list(
        session.exec(
            select(Stop.id)
            .where(
                col(Stop.kind).in_(STOPS_INTEREST),
                col(Stop.entered_at) >= since,
                col(Stop.effective_from) < col(Stop.entered_at),
            )
            .order_by(col(Stop.id))
        )
    )


def accrue_again(session: Session, debt: Debt, now: datetime) -> None:
    """Let days whose interest is booked already know of what became known since."""
    rows = money.entries(session, debt.id)
    last = max((row.value_date for row in rows if row.source == ACCRUAL), default=None)
    if last is not None:
        accrue(session, debt, last, now, "case")


def as_of(entries: list[Entry], day: date, known: datetime | None = None) -> list[Entry]:
    """Answer the entries that counted on a day, as far as they were booked at an instant.

    What takes back an entry that is left out is left out too.
    """
    kept = [
        entry
        for entry in entries
        if entry.value_date <= day and (known is None or entry.booked_at <= known)
    ]
    ids = {entry.entry_id for entry in kept}
    return [entry for entry in kept if entry.of is None or entry.of in ids]


def owed_on(session: Session, debt: Debt, rows: Sequence[LedgerEntry], day: date) -> int:
    """Answer the minor units that were owed at the beginning of a day, with the interest until then.

    ``rows`` are all entries of the debt. Interest that was posted later, or not yet, counts as far as it had arisen.
    """
    policy = policy_for(debt.contract_law)
    terms = terms_of(session, debt)
    ids = {row.id for row in rows if row.source == ACCRUAL and row.kind == EntryKind.INTEREST}
    others = rows if terms is None else [r for r in rows if r.id not in ids and r.of not in ids]
    then = as_of(money.as_entries(others), day)
    if not then:
        return 0
    folded = fold(then, policy)
    arisen = sum(postings(then, policy, terms, day).values()) if terms else 0
    return max(folded.outstanding - folded.credit + arisen, 0)
