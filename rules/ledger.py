"""What a ledger says: a fold of its entries in value-date order, and how payments are spread."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import ChainMap, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from models.ledger import (
    Across,
    Advance,
    AllocationPolicy,
    Balances,
    Booked,
    Bucket,
    Claim,
    Correction,
    Distribution,
    Entry,
    EntryKind,
    InterestTerms,
    Portion,
    Reversal,
    Slot,
    Timing,
)
from models.money import CurrencyMismatchError, Money
from rules.interest import Accrual
from rules.money import allocate

_GOLIVE = date(2026, 1, 1)
_TOLERANCE = {"*": 1, "JPY": 0, "KRW": 0, "VND": 0}
_MINIMUM = {"*": 500, "CNY": 1000, "JPY": 500, "KRW": 5000, "VND": 100_000, "KWD": 1500}

CN_561 = AllocationPolicy(
    id="cn-561",
    version=1,
    effective_from=_GOLIVE,
    order=(Bucket.COSTS, Bucket.FEES, Bucket.INTEREST, Bucket.PENALTY, Bucket.PRINCIPAL),
    across=Across.CN_560,
    tolerance=_TOLERANCE,
    minimum=_MINIMUM,
    citation="民法典 art. 561: costs of realising the claim, interest, principal; art. 560",
)
US_DEFAULT = AllocationPolicy(
    id="us-default",
    version=1,
    effective_from=_GOLIVE,
    order=(Bucket.COSTS, Bucket.FEES, Bucket.PENALTY, Bucket.INTEREST, Bucket.PRINCIPAL),
    across=Across.OLDEST_DUE,
    skips_disputed=True,
    tolerance=_TOLERANCE,
    minimum=_MINIMUM,
    citation="contract practice: fees, interest, principal; 15 U.S.C. 1692h for several debts",
)
DEFAULT = AllocationPolicy(
    id="default",
    version=1,
    effective_from=_GOLIVE,
    order=(Bucket.COSTS, Bucket.FEES, Bucket.INTEREST, Bucket.PENALTY, Bucket.PRINCIPAL),
    across=Across.OLDEST_DUE,
    tolerance=_TOLERANCE,
    minimum=_MINIMUM,
    citation="costs, interest, principal where law and contract are silent (as BGB § 367)",
)
CONTRACT_ORDER = DEFAULT.model_copy(
    update={
        "id": "contract",
        "order": (Bucket.FEES, Bucket.COSTS, Bucket.PENALTY, Bucket.INTEREST, Bucket.PRINCIPAL),
        "citation": "order that many loan contracts state: charges, penalty, interest, principal",
    }
)
PRINCIPAL_FIRST = DEFAULT.model_copy(
    update={
        "id": "principal-first",
        "order": (Bucket.PRINCIPAL, Bucket.INTEREST, Bucket.FEES, Bucket.PENALTY, Bucket.COSTS),
        "citation": "relief by agreement, as insolvency plans state it (DE: BGB § 497(3) for "
        "consumer credit in default: costs, principal, interest)",
    }
)
DE_497 = DEFAULT.model_copy(
    update={
        "id": "de-497",
        "order": (Bucket.COSTS, Bucket.PRINCIPAL, Bucket.INTEREST, Bucket.PENALTY, Bucket.FEES),
        "citation": "BGB § 497(3): consumer credit in default: costs, principal, interest",
    }
)
_SLOTS = tuple(
    Slot(timing=timing, bucket=bucket)
    for timing in Timing
    for bucket in (
        Bucket.PENALTY,
        Bucket.FEES,
        Bucket.PRINCIPAL,
        Bucket.INTEREST,
    )
)
FINERACT = DEFAULT.model_copy(
    update={
        "id": "due-penalty-fee-principal-interest",
        "slots": _SLOTS,
        "by_instalment": True,
        "citation": "Apache Fineract, advanced payment allocation: past due, due, in advance; in "
        "each penalty, fee, principal, interest; oldest instalment first",
    }
)
POLICIES = {
    policy.ref: policy
    for policy in (
        CN_561,
        US_DEFAULT,
        DEFAULT,
        CONTRACT_ORDER,
        PRINCIPAL_FIRST,
        DE_497,
        FINERACT,
    )
}
"""Every version that an entry may name."""


class LedgerError(ValueError):
    """Entries that cannot belong to one ledger."""


def policy_for(jurisdiction: str) -> AllocationPolicy:
    """Answer the newest policy of a jurisdiction, as ``CN`` or ``US``."""
    return {"CN": CN_561, "US": US_DEFAULT}.get(jurisdiction.partition("-")[0], DEFAULT)


def fold(
    entries: Iterable[Entry],
    policy: AllocationPolicy,
    terms: InterestTerms | None = None,
    until: date | None = None,
) -> Balances:
    """Replay entries by value date, booking instant, id.

    Corrections change the amount of the entry they name. Under ``replay`` so do reversals,
    chargebacks and refunds, and everything after is spread anew, so a reversed payment leaves no
    trace in any bucket; under ``negate`` they give back, at their own date, what their payment had
    met, the last part first. A refund that names no payment takes from the credit. Money beyond the
    debt is credit; it meets later charges of the same debt and nothing else. A waiver never makes
    credit. ``terms`` let interest arise, to the last value date or to the beginning of ``until``.
    """
    ordered = sorted(entries, key=_order)
    if not ordered:
        raise LedgerError("a ledger without entries has no currency")
    run = _replayed(ordered, policy, terms)
    if until is not None:
        run.accrue(until)
    return run.balances()


def postings(
    entries: Iterable[Entry],
    policy: AllocationPolicy,
    terms: InterestTerms,
    until: date,
    also: Iterable[date] = (),
) -> dict[date, int]:
    """Answer the interest that arises to the beginning of a day, by the day on which it is posted.

    Interest is posted wherever an entry asks for it, so that a payment meets what arose before it,
    and on the days of ``also``, as those on which it was posted before.
    """
    run = _replayed(sorted(entries, key=_order), policy, terms, sorted(also))
    run.accrue(until)
    return run.posted


def effective(entries: Iterable[Entry]) -> dict[UUID, int]:
    """Answer what each entry amounts to after those that take it back or correct it."""
    ordered = sorted(entries, key=_order)
    by_id = {entry.entry_id: entry for entry in ordered}
    return _effective(ordered, by_id, Reversal.REPLAY)[0]


def splits(entries: Sequence[Entry], policy: AllocationPolicy) -> dict[UUID, Mapping[Bucket, int]]:
    """Answer what each payment, waiver, write-off and transfer out took, by bucket."""
    if not entries:
        return {}
    run = _replayed(sorted(entries, key=_order), policy, None)
    return {**run.splits, **run.waivers}


def corrected(
    entries: Sequence[Entry], entry: Entry, policy: AllocationPolicy
) -> tuple[Correction, ...]:
    """Answer which entries booked before ``entry`` stand for something else because of it.

    Empty for what merely follows, as a charge that meets money which was there.
    """
    if entry.of is None and all(_order(entry) > _order(other) for other in entries):
        return ()
    return _corrections(splits(entries, policy), splits([*entries, entry], policy), entry)


def other_way(
    entries: Sequence[Entry], entry: Entry, policy: AllocationPolicy
) -> Mapping[Bucket, int] | None:
    """Answer the buckets by the other method of reversal, if ``entry`` takes back a payment."""
    if entry.of is None or entry.kind not in TAKING_BACK:
        return None
    return _other_way(sorted([*entries, entry], key=_order), entry, policy, None)


def book(
    entries: Iterable[Entry],
    policy: AllocationPolicy,
    terms: InterestTerms | None = None,
) -> list[Booked]:
    """Answer the ledger after each entry; they are given in the order of booking.

    What is valued before an entry booked earlier, or takes one back, folds the ledger anew; what
    that changed in others stands as corrections. A gap within the policy's tolerance is waived by
    an entry of the ledger's own, and the waiver falls with the payment that earned it.
    """
    told: list[Booked] = []
    gaps = _Gaps()
    live = _Refold(policy, terms)
    other = _Refold(
        policy.model_copy(
            update={
                "reversal": Reversal.NEGATE
                if policy.reversal is Reversal.REPLAY
                else Reversal.REPLAY
            }
        ),
        terms,
    )
    ahead: list[Entry] = []
    pending = list(entries)[::-1]
    if not pending:
        raise LedgerError("a ledger without entries has no currency")
    while pending:
        entry = pending.pop()
        owed = dict(live.run.owed)
        corrections = _corrections(live.take_in([entry]), live.parts(), entry)
        ahead.append(entry)
        balances = live.balances()
        otherwise = None
        target = live.run.by_id[entry.of] if entry.of and entry.kind in TAKING_BACK else None
        if target is not None and target.kind is EntryKind.PAYMENT:
            other.take_in(ahead)
            ahead.clear()
            otherwise = dict(other.run.owed)
        made = gaps.knows(entry)
        told.append(
            Booked(
                entry=entry,
                made=made,
                split=_did(live.run, entry, owed),
                lapsed=live.run.lapsed.get(entry.entry_id, 0),
                balances=balances,
                corrections=corrections,
                otherwise=otherwise,
            )
        )
        if not made:
            pending += gaps.after(entry, balances, policy, live.last_day)
    return told


MADE = "tolerance"
"""Source of entries that a ledger makes itself."""

_NEXT = timedelta(microseconds=1)
"""A ledger's own entry stands right after the one that asked for it."""


class _Gaps:
    """The entries that a ledger makes itself, because a tolerance asks for them."""

    def __init__(self) -> None:
        self.own: set[UUID] = set()
        self.standing: dict[UUID, Entry] = {}
        self.undone: set[UUID] = set()

    def knows(self, entry: Entry) -> bool:
        """Take note of an entry that was booked; answer whether the ledger made it."""
        if entry.kind in TAKING_BACK and entry.of is not None:
            self.undone.add(entry.of)
            self.standing.pop(entry.of, None)
        elif entry.kind is EntryKind.WAIVER and entry.source == MADE:
            self.standing[entry.entry_id] = entry
        return entry.entry_id in self.own

    def after(
        self, entry: Entry, balances: Balances, policy: AllocationPolicy, last_day: date
    ) -> list[Entry]:
        """Answer what is asked for after an entry: a waiver, or the end of one."""
        if not policy.tolerance_in(balances.currency):
            return []
        made: list[Entry] = []
        if entry.kind in TAKING_BACK and balances.outstanding:
            made = [
                replace(
                    gap,
                    entry_id=uuid5(gap.entry_id, str(entry.entry_id)),
                    kind=EntryKind.REVERSAL,
                    of=gap.entry_id,
                    bucket=None,
                    value_date=entry.value_date,
                    booked_at=entry.booked_at + _NEXT,
                    external_id=f"{gap.external_id}:back",
                    reason="payment_taken_back",
                )
                for gap in self.standing.values()
            ]
        elif entry.kind is EntryKind.PAYMENT and (gap := gap_to_waive(balances, policy)):
            made = [
                Entry(
                    entry_id=uuid5(entry.entry_id, MADE),
                    debt_id=entry.debt_id,
                    kind=EntryKind.WAIVER,
                    minor=gap,
                    currency=entry.currency,
                    value_date=last_day,
                    booked_at=entry.booked_at + _NEXT,
                    source=MADE,
                    external_id=str(entry.entry_id),
                    policy=policy.ref,
                    actor="case",
                    reason="within_tolerance",
                )
            ]
        self.own.update(each.entry_id for each in made)
        return made


def standing_gaps(entries: Iterable[Entry]) -> list[Entry]:
    """Answer the waivers of a gap within tolerance that nobody has taken back."""
    kept = list(entries)
    undone = {entry.of for entry in kept if entry.kind in TAKING_BACK}
    return [
        entry
        for entry in kept
        if entry.kind is EntryKind.WAIVER and entry.source == MADE and entry.entry_id not in undone
    ]


def negated(entries: Sequence[Entry], of: UUID, policy: AllocationPolicy) -> dict[Bucket, int]:
    """Answer the buckets if a payment's own split were added back instead of replayed.

    Shown in the audit line of a reversal: the totals agree, future interest may not.
    """
    before = fold(entries, policy)
    split = before.splits[of]
    return {bucket: owed + split.get(bucket, 0) for bucket, owed in before.buckets.items()}


def _other_way(
    known: Sequence[Entry], entry: Entry, policy: AllocationPolicy, terms: InterestTerms | None
) -> Mapping[Bucket, int] | None:
    """Answer the buckets by the other method of reversal, if a payment was taken back."""
    target = next(other for other in known if other.entry_id == entry.of)
    if target.kind is not EntryKind.PAYMENT:
        return None
    other = Reversal.NEGATE if policy.reversal is Reversal.REPLAY else Reversal.REPLAY
    return _replayed(known, policy.model_copy(update={"reversal": other}), terms).owed


def _did(run: _Run, entry: Entry, before: Mapping[Bucket, int]) -> Mapping[Bucket, int]:
    match entry.kind:
        case EntryKind.PAYMENT:
            return dict(run.splits.get(entry.entry_id, {}))
        case EntryKind.WAIVER | EntryKind.WRITE_OFF | EntryKind.TRANSFER_OUT:
            return dict(run.waivers.get(entry.entry_id, {}))
        case EntryKind.CHARGE | EntryKind.INTEREST | EntryKind.TRANSFER_IN:
            return {_bucket(entry): run.amounts[entry.entry_id]}
        case _:
            moved = {bucket: owed - before.get(bucket, 0) for bucket, owed in run.owed.items()}
            return {bucket: minor for bucket, minor in moved.items() if minor}


def _corrections(
    before: Mapping[UUID, Mapping[Bucket, int]],
    after: Mapping[UUID, Mapping[Bucket, int]],
    entry: Entry,
) -> tuple[Correction, ...]:
    """Answer which earlier entries now stand for something else than was told."""
    return tuple(
        Correction(known, dict(split), dict(after.get(known, {})))
        for known, split in before.items()
        if known != entry.of and split != after.get(known, {})
    )


def gap_to_waive(balances: Balances, policy: AllocationPolicy) -> int:
    """Answer the minor units that a waiver entry should close, zero when none.

    Only after a payment: a debt is never forgiven because it was small from the start.
    """
    small = 0 < balances.outstanding <= policy.tolerance_in(balances.currency)
    return balances.outstanding if small and balances.paid else 0


def discharges(paid_on: date, notice_reached_on: date | None) -> bool:
    """Say whether a payment to the previous owner frees the debtor: until the notice has arrived.

    On the very day of arrival the doubt is the debtor's. 民法典 art. 546 with the Supreme Court's
    interpretation of 2023-12-04, art. 48; BGB § 407 and the common law of assignment say the same.
    """
    return notice_reached_on is None or paid_on <= notice_reached_on


def below_minimum(balances: Balances, policy: AllocationPolicy) -> bool:
    """Say whether so little is owed that nobody is reminded of it."""
    return 0 < balances.outstanding < policy.minimum_in(balances.currency)


def distribute(
    payment: Money,
    claims: Sequence[Claim],
    policy: AllocationPolicy,
    on: date,
    designated: UUID | None = None,
) -> Distribution:
    """Spread a payment over the debts of one person; ``on`` is the day of payment.

    The debtor's designation comes first. Else 民法典 art. 560: due debts, least secured, heaviest
    burden, earliest due, pro rata; or, where no law orders them, the earliest due. What is beyond
    a designated debt, or beyond all, is excess and touches no other debt.
    """
    if designated is not None:
        chosen = next((claim for claim in claims if claim.debt_id == designated), None)
        if chosen is None:
            raise LedgerError("the designated debt is not among this person's debts")
        minor = min(payment.minor, chosen.outstanding)
        return Distribution(
            (Portion(designated, minor, "designated_by_debtor"),), payment.minor - minor
        )
    open_claims = [
        claim
        for claim in claims
        if claim.outstanding > 0 and not (policy.skips_disputed and claim.disputed)
    ]
    ranks = {claim.debt_id: _rank(claim, policy.across, on) for claim in open_claims}
    portions: list[Portion] = []
    left = payment.minor
    for rank in sorted(set(ranks.values())):
        equals = [claim for claim in open_claims if ranks[claim.debt_id] == rank]
        taken = min(left, sum(claim.outstanding for claim in equals))
        if not taken:
            break
        parts = allocate(Money(taken, payment.currency), [claim.outstanding for claim in equals])
        reason = _reason(rank, ranks.values(), policy.across, shared=len(equals) > 1)
        portions += [
            Portion(claim.debt_id, part.minor, reason)
            for claim, part in zip(equals, parts, strict=True)
        ]
        left -= taken
    return Distribution(tuple(portions), left)


_Rank = tuple[int, ...]


def _rank(claim: Claim, across: Across, on: date) -> _Rank:
    due = claim.due_date.toordinal() if claim.due_date else 0
    if across is Across.OLDEST_DUE:
        return (due,)
    not_due = int(claim.due_date is not None and claim.due_date > on)
    burden = -int(claim.annual_rate * 1_000_000)
    return (not_due, claim.secured_rank, burden, due)


def _reason(rank: _Rank, ranks: Iterable[_Rank], across: Across, *, shared: bool) -> str:
    """Name the first criterion in which a debt differs from the others."""
    if shared:
        return "pro_rata"
    names = (
        ("earliest_due",)
        if across is Across.OLDEST_DUE
        else ("due_before_not_due", "least_secured", "heaviest_burden", "earliest_due")
    )
    others = [other for other in ranks if other != rank]
    if not others:
        return "only_debt"
    same = max(_shared_prefix(rank, other) for other in others)
    return names[same]


def _shared_prefix(one: _Rank, other: _Rank) -> int:
    return next(index for index, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)


def _one_currency(entries: Sequence[Entry]) -> str:
    first = entries[0].currency
    for entry in entries:
        if entry.currency != first:
            raise CurrencyMismatchError(first, entry.currency)
    return first


def _bucket(entry: Entry) -> Bucket:
    if entry.bucket is not None:
        return entry.bucket
    return Bucket.INTEREST if entry.kind is EntryKind.INTEREST else Bucket.PRINCIPAL


TAKING_BACK = frozenset({EntryKind.REVERSAL, EntryKind.CHARGEBACK, EntryKind.REFUND})
_NAMING = frozenset({EntryKind.REVERSAL, EntryKind.CHARGEBACK, EntryKind.CORRECTION})
_GIVING = frozenset({EntryKind.PAYMENT, EntryKind.WAIVER, EntryKind.WRITE_OFF})
"""What negating gives back at its own date; charges that were wrong never were."""


_RANK = {
    **dict.fromkeys((EntryKind.PAYMENT,), 1),
    **dict.fromkeys((EntryKind.WAIVER, EntryKind.WRITE_OFF, EntryKind.TRANSFER_OUT), 2),
    **dict.fromkeys(TAKING_BACK, 3),
}
"""Of entries of one instant: charges, money that meets them, what is forgiven, what is undone."""


_Key = tuple[date, datetime, int, UUID]


def _order(entry: Entry) -> _Key:
    """Order by value date, booking instant, kind, id."""
    return entry.value_date, entry.booked_at, _RANK.get(entry.kind, 0), entry.entry_id


def _refuse_impossible(entry: Entry) -> None:
    if entry.minor < 0 and entry.kind is not EntryKind.CORRECTION:
        raise LedgerError(f"entry {entry.entry_id} is negative; only a correction may be")
    if entry.of is None and entry.kind in _NAMING:
        raise LedgerError(f"entry {entry.entry_id} takes back nothing; name the entry")


def _replayed(
    ordered: Sequence[Entry],
    policy: AllocationPolicy,
    terms: InterestTerms | None,
    days: Sequence[date] = (),
) -> _Run:
    """Apply entries that stand in the order of the fold; interest is posted on ``days`` as well."""
    currency = _one_currency(ordered)
    by_id = {entry.entry_id: entry for entry in ordered}
    amounts, overdrawn = _effective(ordered, by_id, policy.reversal)
    run = _Run(currency, policy, terms, amounts, by_id)
    run.overdrawn = overdrawn
    waiting = list(days[::-1])
    for entry in ordered:
        while waiting and waiting[-1] <= entry.value_date:
            run.accrue(waiting.pop())
        run.apply(entry)
    while waiting:
        run.accrue(waiting.pop())
    return run


def _effective(
    ordered: Sequence[Entry], by_id: Mapping[UUID, Entry], method: Reversal
) -> tuple[dict[UUID, int], int]:
    """Answer what each entry amounts to after those that change it, and what went out beyond it.

    Those that take back may be taken back themselves.
    """
    amounts: dict[UUID, int] = {}
    touching: defaultdict[UUID, list[Entry]] = defaultdict(list)
    for entry in ordered:
        _refuse_impossible(entry)
        amounts[entry.entry_id] = entry.minor
        if entry.of is None:
            continue
        if entry.of not in by_id:
            raise LedgerError(f"entry {entry.entry_id} takes back one that is not in this ledger")
        if entry.kind in _NAMING or entry.kind is EntryKind.REFUND:
            touching[entry.of].append(entry)
    if not touching:
        return amounts, 0
    found: dict[UUID, int] = {}
    overdrawn = 0

    def amount(entry: Entry, above: frozenset[UUID]) -> int:
        nonlocal overdrawn
        if entry.entry_id in above:
            raise LedgerError(f"entry {entry.entry_id} takes itself back")
        if entry.entry_id not in found:
            total = entry.minor
            for other in touching[entry.entry_id]:
                change = amount(other, above | {entry.entry_id})
                if other.kind is EntryKind.CORRECTION:
                    total += change
                elif method is Reversal.REPLAY or _root(entry, by_id).kind not in _GIVING:
                    total -= change
            if entry.kind is not EntryKind.CORRECTION:
                if entry.kind is EntryKind.PAYMENT:
                    overdrawn += max(-total, 0)
                total = max(total, 0)
            found[entry.entry_id] = total
        return found[entry.entry_id]

    for entry in ordered:
        if entry.entry_id in touching or entry.of is not None:
            amounts[entry.entry_id] = amount(entry, frozenset())
    return amounts, overdrawn


def _root(entry: Entry, by_id: Mapping[UUID, Entry]) -> Entry:
    """Answer the entry that a chain of taking back is about."""
    while entry.of is not None and entry.kind in TAKING_BACK:
        entry = by_id[entry.of]
    return entry


class _Run:
    """The state of one fold; entries are applied in its order."""

    def __init__(
        self,
        currency: str,
        policy: AllocationPolicy,
        terms: InterestTerms | None,
        amounts: dict[UUID, int],
        by_id: dict[UUID, Entry],
    ) -> None:
        self.currency = currency
        self.policy = policy
        self.order = (*policy.order, *(bucket for bucket in Bucket if bucket not in policy.order))
        self.accrual = Accrual(terms) if terms else None
        self.amounts = amounts
        self.by_id = by_id
        self.owed: dict[Bucket, int] = dict.fromkeys(self.order, 0)
        self.dues: list[date] | None = [] if policy.slots else None
        """Due dates of what is owed, where the order of payment asks for them."""
        self.lots: dict[date, Mapping[Bucket, int]] = {}
        """What is owed by due date; a lot is replaced and never changed, so that places share it."""
        self.splits: dict[UUID, dict[Bucket, int]] = {}
        self.waivers: dict[UUID, dict[Bucket, int]] = {}
        self.unspent: dict[UUID, int] = {}
        self.returned: dict[UUID, dict[Bucket, int]] = {}
        self.lapsed: dict[UUID, int] = {}
        self.posted: dict[date, int] = {}
        self.charged = self.paid = self.waived = self.interest = self.overdrawn = 0
        self.ahead = 0
        """What was paid out as credit before the money for it came; part of ``overdrawn``."""

    def apply(self, entry: Entry) -> None:
        """Take in the next entry."""
        self.accrue(entry.value_date)
        minor = self.amounts[entry.entry_id]
        match entry.kind:
            case EntryKind.PAYMENT:
                if minor:
                    self.splits[entry.entry_id] = {}
                    self.unspent[entry.entry_id] = minor
                    self._spend(entry.value_date)
            case EntryKind.CHARGE | EntryKind.INTEREST | EntryKind.TRANSFER_IN:
                self._owe(_bucket(entry), minor, entry.due or entry.value_date)
                self._spend(entry.value_date)
            case EntryKind.WAIVER | EntryKind.WRITE_OFF:
                self.waived += self._forgive(entry, minor)
            case EntryKind.TRANSFER_OUT:
                self.charged -= self._forgive(entry, minor)
            case EntryKind.CORRECTION:
                pass
            case EntryKind.REVERSAL | EntryKind.CHARGEBACK | EntryKind.REFUND:
                self._take_back(entry, minor)

    def accrue(self, day: date) -> None:
        """Post the interest that arose before a day."""
        if self.accrual is None or day <= self.accrual.day:
            return
        self.accrual.move(day, sum(self.owed[bucket] for bucket in self.accrual.terms.on))
        minor = self.accrual.post()
        if self.accrual.terms.in_duplum:
            principal = self.owed[Bucket.PRINCIPAL]
            minor = max(min(minor, 2 * principal - sum(self.owed.values())), 0)
        if minor:
            self.interest += minor
            self.posted[day] = self.posted.get(day, 0) + minor
            self._owe(Bucket.INTEREST, minor, day)
            self._spend(day)

    def balances(self, *, split: bool = True) -> Balances:
        """Answer the sums, and unless they are many, how each payment was allocated."""
        return Balances(
            currency=self.currency,
            charged=self.charged,
            paid=self.paid,
            waived=self.waived,
            outstanding=sum(self.owed.values()),
            credit=sum(self.unspent.values()),
            buckets=dict(self.owed),
            splits={entry: dict(parts) for entry, parts in self.splits.items()} if split else {},
            interest=self.interest,
            overdrawn=self.overdrawn,
        )

    # Owing and meeting

    def _owe(self, bucket: Bucket, minor: int, due: date, *, again: bool = False) -> None:
        self.owed[bucket] += minor
        if self.dues is not None and minor:
            lot = self.lots.get(due)
            if lot is None:
                lot = {}
                insort(self.dues, due)
            self.lots[due] = {**lot, bucket: lot.get(bucket, 0) + minor}
        if not again:
            self.charged += minor

    def _spend(self, on: date) -> None:
        """Let money that is there meet what is owed, the earliest money first."""
        for entry_id in list(self.unspent):
            split = self.splits[entry_id]
            for bucket, part in self._take(self.unspent[entry_id], on).items():
                self.unspent[entry_id] -= part
                self.paid += part
                split[bucket] = split.get(bucket, 0) + part
            early = min(self.ahead, self.unspent[entry_id])
            self.ahead -= early
            self.overdrawn -= early
            self.unspent[entry_id] -= early
            if self.unspent[entry_id]:
                return
            del self.unspent[entry_id]

    def _forgive(self, entry: Entry, minor: int) -> int:
        only = (entry.bucket,) if entry.bucket and entry.kind is not EntryKind.TRANSFER_OUT else ()
        taken = self._take(minor, entry.value_date, only)
        self.waivers[entry.entry_id] = taken
        found = sum(taken.values())
        if found < minor:
            self.lapsed[entry.entry_id] = minor - found
        return found

    def _take(self, minor: int, on: date, only: tuple[Bucket, ...] = ()) -> dict[Bucket, int]:
        """Reduce what is owed by at most ``minor`` and answer what each bucket gave."""
        taken: dict[Bucket, int] = {}
        owed = self.owed
        if not minor:
            return taken
        if self.dues is None:
            for bucket in only or self.order:
                there = owed[bucket]
                if there:
                    part = min(there, minor)
                    owed[bucket] = there - part
                    taken[bucket] = part
                    minor -= part
                    if not minor:
                        break
            return taken
        for due, bucket in self._queue(on, only):
            if not minor:
                break
            lot = self.lots[due]
            part = min(lot.get(bucket, 0), minor)
            if part:
                owed[bucket] -= part
                self.lots[due] = {**lot, bucket: lot[bucket] - part}
                taken[bucket] = taken.get(bucket, 0) + part
                minor -= part
        while self.dues and not any(self.lots[self.dues[0]].values()):
            del self.lots[self.dues.pop(0)]
        return taken

    def _queue(self, on: date, only: tuple[Bucket, ...]) -> Iterator[tuple[date, Bucket]]:
        """Answer the parts of the debt in the order in which a payment of a day meets them."""
        assert self.dues is not None
        dues = self.dues
        first, last = bisect_left(dues, on), bisect_right(dues, on)
        ahead = dues[last:]
        of = {
            Timing.PAST_DUE: dues[:first],
            Timing.DUE: dues[first:last],
            Timing.IN_ADVANCE: ahead[::-1] if self.policy.in_advance is Advance.LAST else ahead,
        }
        wanted = [slot for slot in self.policy.slots if not only or slot.bucket in only]
        if self.policy.by_instalment:
            for timing in dict.fromkeys(slot.timing for slot in wanted):
                own = [slot.bucket for slot in wanted if slot.timing is timing]
                yield from ((due, bucket) for due in of[timing] for bucket in own)
        else:
            for slot in wanted:
                if self.owed[slot.bucket]:
                    yield from ((due, slot.bucket) for due in of[slot.timing])
        for bucket in only or self.order:
            if self.owed[bucket]:
                yield from ((due, bucket) for due in dues)

    # Taking back

    def _take_back(self, entry: Entry, minor: int) -> None:
        if entry.of is None:
            self._from_credit(minor)
            return
        if self.policy.reversal is Reversal.REPLAY:
            return
        target = self.by_id[entry.of]
        root = _root(target, self.by_id)
        if root.kind not in _GIVING:
            return
        if target.kind in TAKING_BACK:
            self._reinstate(entry, root, minor)
        else:
            self._give_back(entry, root, minor)

    def _from_credit(self, minor: int) -> None:
        """A refund that names no payment takes the money that came last and met nothing."""
        for entry_id in reversed(list(self.unspent)):
            part = min(self.unspent[entry_id], minor)
            self.unspent[entry_id] -= part
            minor -= part
            if not self.unspent[entry_id]:
                del self.unspent[entry_id]
        self.ahead += minor
        self.overdrawn += minor

    def _give_back(self, entry: Entry, root: Entry, minor: int) -> None:
        """Owe again what a payment or waiver had met, the last part first."""
        money = root.kind is EntryKind.PAYMENT
        if money and (idle := min(self.unspent.get(root.entry_id, 0), minor)):
            self.unspent[root.entry_id] -= idle
            minor -= idle
            if not self.unspent[root.entry_id]:
                del self.unspent[root.entry_id]
        split = (self.splits if money else self.waivers).get(root.entry_id, {})
        back: dict[Bucket, int] = {}
        for bucket in reversed(self.order):
            part = min(split.get(bucket, 0), minor)
            if part:
                split[bucket] -= part
                if not split[bucket]:
                    del split[bucket]
                back[bucket] = part
                minor -= part
                self._owe(bucket, part, entry.value_date, again=True)
        self.returned[entry.entry_id] = back
        if money:
            self.paid -= sum(back.values())
            self.overdrawn += minor
        else:
            self.waived -= sum(back.values())
        self._spend(entry.value_date)

    def _reinstate(self, entry: Entry, root: Entry, minor: int) -> None:
        """Take back a taking back: its money meets again what had been opened, then the rest."""
        assert entry.of is not None
        opened = self.returned.get(entry.of, {})
        money = root.kind is EntryKind.PAYMENT
        split = (self.splits if money else self.waivers).setdefault(root.entry_id, {})
        for bucket in self.order:
            for part in self._take(
                min(opened.get(bucket, 0), minor), entry.value_date, (bucket,)
            ).values():
                split[bucket] = split.get(bucket, 0) + part
                minor -= part
                if money:
                    self.paid += part
                else:
                    self.waived += part
        if money and minor:
            self.unspent[root.entry_id] = self.unspent.get(root.entry_id, 0) + minor
            self._spend(entry.value_date)


@dataclass(slots=True)
class _Place:
    """What a fold stands at before an entry: all that later ones can feel."""

    owed: dict[Bucket, int]
    unspent: dict[UUID, int]
    met: dict[UUID, dict[Bucket, int]]
    """The parts so far of payments that have money left."""
    sums: list[int]
    """Charged, paid, waived, interest, overdrawn."""
    ahead: int
    accrual: Accrual | None
    dues: list[date] | None
    lots: dict[date, Mapping[Bucket, int]]

    def shift(self, owed: Mapping[Bucket, int], sums: Sequence[tuple[int, int]]) -> None:
        """Let so much more have been owed, charged, paid and waived before it."""
        for bucket, minor in owed.items():
            self.owed[bucket] += minor
        for which, minor in sums:
            self.sums[which] += minor


@dataclass(slots=True)
class _Stretch:
    """Some entries in a row, and how much more or less may be owed before them without any of them
    meeting another part of the debt: ``slack`` less of a bucket, and of ``met`` ones nothing else.
    """

    start: _Place
    keys: list[_Key] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    slack: dict[Bucket, int] = field(default_factory=dict)
    met: set[Bucket] = field(default_factory=set)
    stale: bool = False
    """An entry of it is new, or amounts to something else."""

    def stands(self, owed: Mapping[Bucket, int]) -> bool:
        """Say whether all of it stays as it is when so much more is owed before it."""
        return not (self.stale or self.start.unspent) and all(
            bucket not in self.met and minor + self.slack.get(bucket, minor and -minor) >= 0
            for bucket, minor in owed.items()
        )

    def shift(self, owed: Mapping[Bucket, int], sums: Sequence[tuple[int, int]]) -> None:
        self.start.shift(owed, sums)
        for bucket, minor in owed.items():
            if bucket in self.slack:
                self.slack[bucket] += minor


class _Watched(_Run):
    """A run that can be taken up again at an earlier place, and remembers what it changes."""

    slack: dict[Bucket, int]
    met: set[Bucket]
    before: dict[UUID, dict[Bucket, int] | None] | None = None
    """Parts as they were before a change, of entries that may have changed; None is none."""

    def place(self) -> _Place:
        accrual = copy(self.accrual)
        return _Place(
            dict(self.owed),
            dict(self.unspent),
            {ident: dict(self.splits[ident]) for ident in self.unspent},
            [self.charged, self.paid, self.waived, self.interest, self.overdrawn],
            self.ahead,
            accrual,
            None if self.dues is None else list(self.dues),
            dict(self.lots),
        )

    def resume(self, place: _Place) -> None:
        """Stand again where ``place`` was; what came after is to be applied again or not at all."""
        self.owed, self.unspent = dict(place.owed), dict(place.unspent)
        self.charged, self.paid, self.waived, self.interest, self.overdrawn = place.sums
        self.ahead, self.accrual = place.ahead, copy(place.accrual)
        self.dues = None if place.dues is None else list(place.dues)
        self.lots = dict(place.lots)
        for ident, split in place.met.items():
            self._note(ident)
            self.splits[ident] = dict(split)

    def forget(self, ident: UUID) -> None:
        """Let an entry have done nothing yet."""
        self._note(ident)
        for known in (self.splits, self.waivers, self.lapsed, self.returned):
            known.pop(ident, None)

    def _note(self, ident: UUID) -> None:
        if self.before is not None and ident not in self.before:
            parts = self.splits.get(ident, self.waivers.get(ident))
            self.before[ident] = None if parts is None else dict(parts)

    def _spend(self, on: date) -> None:
        for ident in self.unspent:
            self._note(ident)
        super()._spend(on)

    def _take_back(self, entry: Entry, minor: int) -> None:
        self._note(_root(entry, self.by_id).entry_id)
        super()._take_back(entry, minor)

    def _take(self, minor: int, on: date, only: tuple[Bucket, ...] = ()) -> dict[Bucket, int]:
        if self.dues is not None:
            return super()._take(minor, on, only)
        taken: dict[Bucket, int] = {}
        for bucket in only or self.order:
            if not minor:
                break
            there = self.owed[bucket]
            part = min(there, minor)
            minor -= part
            if part:
                self.owed[bucket] = there - part
                taken[bucket] = part
            if minor:
                self.met.add(bucket)
            else:
                self.slack[bucket] = min(self.slack.get(bucket, there - part), there - part)
        return taken


_STRETCH = 24
"""Entries that are applied again together: more make the way to them shorter, and it longer."""


class _Refold:
    """A fold that takes in entries of any value date, and applies again only what they change.

    It remembers places on the way. Behind an entry that came late, a stretch whose entries all meet
    what they met before is passed over, and only its sums are moved; where interest arises or due
    dates count, what was met depends on more, and all is applied again from there on. What negates
    changes what its payment had met wherever that stands: then all is applied again from there on.
    """

    def __init__(self, policy: AllocationPolicy, terms: InterestTerms | None) -> None:
        self.run = _Watched("", policy, terms, {}, {})
        self.run.slack, self.run.met = {}, set()
        self.method = policy.reversal
        self.simple = not terms and not policy.slots
        self.negating: list[Entry] = []
        self.stretches: list[_Stretch] = []
        self.touching: defaultdict[UUID, list[Entry]] = defaultdict(list)
        self.keys: dict[UUID, _Key] = {}
        self.beyond: dict[UUID, int] = {}
        """Of payments: what was taken back beyond them."""

    @property
    def last_day(self) -> date:
        return self.stretches[-1].keys[-1][0]

    @property
    def passes(self) -> bool:
        return self.simple and not self.negating

    def parts(self) -> Mapping[UUID, Mapping[Bucket, int]]:
        return ChainMap(self.run.splits, self.run.waivers)

    def balances(self) -> Balances:
        found = self.run.balances(split=False)
        beyond = sum(self.beyond.values())
        return replace(found, overdrawn=found.overdrawn + beyond) if beyond else found

    def take_in(self, entries: Sequence[Entry]) -> Mapping[UUID, Mapping[Bucket, int]]:
        """Take entries in; answer the parts, as they were, of earlier ones that may have changed.

        Empty if the entries merely follow.
        """
        changed: list[_Key] = []
        for entry in entries:
            changed += self._amend(entry)
        keyed = sorted((self.keys[entry.entry_id], entry) for entry in entries)
        follows = not self.stretches or keyed[0][0] > self.stretches[-1].keys[-1]
        first = min([keyed[0][0], *changed])
        if follows and first == keyed[0][0]:
            self.run.before = {} if any(entry.of for entry in entries) else None
            for key, entry in keyed:
                self._append(key, entry)
        else:
            self.run.before = {}
            for key, entry in keyed:
                self._insert(key, entry)
            for key in changed:
                self.stretches[self._index(key)].stale = True
            self._apply_again(self._from(first))
        before = self.run.before or {}
        mine = {entry.entry_id for entry in entries}
        told = [
            (ident in self.run.waivers, self.keys[ident], ident)
            for ident, parts in before.items()
            if parts is not None and ident not in mine
        ]
        return {ident: before[ident] or {} for _, _, ident in sorted(told)}

    # Amounts

    def _amend(self, entry: Entry) -> list[_Key]:
        """Take note of an entry; answer the places of earlier ones that amount to something else."""
        run, key = self.run, _order(entry)
        if not run.currency:
            run.currency = entry.currency
        elif entry.currency != run.currency:
            early = key < self.stretches[0].keys[0] if self.stretches else False
            said = (entry.currency, run.currency) if early else (run.currency, entry.currency)
            raise CurrencyMismatchError(*said)
        _refuse_impossible(entry)
        if entry.of == entry.entry_id:
            raise LedgerError(f"entry {entry.entry_id} takes itself back")
        if entry.of is not None and entry.of not in run.by_id:
            raise LedgerError(f"entry {entry.entry_id} takes back one that is not in this ledger")
        self.keys[entry.entry_id] = key
        run.by_id[entry.entry_id] = entry
        run.amounts[entry.entry_id] = entry.minor
        if entry.of is None or not (entry.kind in _NAMING or entry.kind is EntryKind.REFUND):
            return []
        self.touching[entry.of].append(entry)
        if self.method is Reversal.NEGATE and entry.kind in TAKING_BACK:
            self.negating.append(entry)
        changed: list[_Key] = []
        above: UUID | None = entry.of
        while above is not None:
            target = run.by_id[above]
            if self._amounts_anew(target):
                changed.append(self.keys[above])
            above = target.of if target.kind in _NAMING or target.kind is EntryKind.REFUND else None
        return changed

    def _amounts_anew(self, entry: Entry) -> bool:
        run, total = self.run, entry.minor
        given = _root(entry, run.by_id).kind in _GIVING
        for other in self.touching[entry.entry_id]:
            if other.kind is EntryKind.CORRECTION:
                total += run.amounts[other.entry_id]
            elif self.method is Reversal.REPLAY or not given:
                total -= run.amounts[other.entry_id]
        if entry.kind is EntryKind.PAYMENT:
            self.beyond[entry.entry_id] = max(-total, 0)
        if entry.kind is not EntryKind.CORRECTION:
            total = max(total, 0)
        before, run.amounts[entry.entry_id] = run.amounts[entry.entry_id], total
        return before != total

    # Places

    def _append(self, key: _Key, entry: Entry) -> None:
        last = self.stretches[-1] if self.stretches else None
        if last is None or len(last.entries) >= _STRETCH:
            last = _Stretch(self.run.place(), slack={}, met=set())
            self.stretches.append(last)
        self.run.slack, self.run.met = last.slack, last.met
        last.keys.append(key)
        last.entries.append(entry)
        self.run.apply(entry)

    def _insert(self, key: _Key, entry: Entry) -> None:
        if not self.stretches:
            self.stretches.append(_Stretch(self.run.place(), [key], [entry], stale=True))
            return
        stretch = self.stretches[min(self._index(key), len(self.stretches) - 1)]
        at = bisect_left(stretch.keys, key)
        stretch.keys.insert(at, key)
        stretch.entries.insert(at, entry)
        stretch.stale = True

    def _index(self, key: _Key) -> int:
        return bisect_left(self.stretches, key, key=lambda stretch: stretch.keys[-1])

    def _from(self, first: _Key) -> int:
        """Answer the stretch from which all that a change can reach follows."""
        at = self._index(first)
        while at:
            begins = self.stretches[at].keys[0]
            roots = [
                self.keys[_root(entry, self.run.by_id).entry_id]
                for entry in self.negating
                if self.keys[entry.entry_id] >= begins
            ]
            if min(roots, default=begins) >= begins:
                break
            at = self._index(min(roots))
        return at

    def _apply_again(self, at: int) -> None:
        run, end = self.run, self.run.place()
        if not self.passes:
            for stretch in self.stretches[at:]:
                for entry in stretch.entries:
                    run.forget(entry.entry_id)
        run.resume(self.stretches[at].start)
        first = True
        while at < len(self.stretches):
            if not first and self.passes:
                passed = self._pass_over(at, end)
                if passed > at:
                    at = passed
                    continue
            first = False
            at = self._stretch_again(at)
        run.slack, run.met = self.stretches[-1].slack, self.stretches[-1].met

    def _stretch_again(self, at: int) -> int:
        """Apply the entries of a stretch again, in several if it has become long."""
        run, grown = self.run, self.stretches[at]
        entries, keys = grown.entries, grown.keys
        size = _STRETCH if len(entries) > 2 * _STRETCH else len(entries)
        anew: list[_Stretch] = []
        for begin in range(0, len(entries), size):
            stretch = _Stretch(
                run.place(), keys[begin : begin + size], entries[begin : begin + size]
            )
            run.slack, run.met = stretch.slack, stretch.met
            for entry in stretch.entries:
                if self.passes:
                    run.forget(entry.entry_id)
                run.apply(entry)
            anew.append(stretch)
        self.stretches[at : at + 1] = anew
        return at + len(anew)

    def _pass_over(self, at: int, end: _Place) -> int:
        """Move the sums of stretches that stand as they are; answer the first that does not."""
        run, old = self.run, self.stretches[at].start
        here = run.place()
        if here.unspent or old.unspent or here.ahead != old.ahead:
            return at
        owed = {b: here.owed[b] - minor for b, minor in old.owed.items() if here.owed[b] != minor}
        moved = zip(here.sums, old.sums, strict=True)
        sums = [(which, a - b) for which, (a, b) in enumerate(moved) if a != b]
        begun = at
        while at < len(self.stretches) and self.stretches[at].stands(owed):
            self.stretches[at].shift(owed, sums)
            at += 1
        if at > begun:
            there = copy(self.stretches[at].start if at < len(self.stretches) else end)
            there.owed, there.sums = dict(there.owed), list(there.sums)
            there.shift(owed, sums)
            run.resume(there)
        return at
