"""What a ledger says: a fold of its entries in value-date order, and how payments are spread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from models.ledger import (
    Across,
    AllocationPolicy,
    Balances,
    Bucket,
    Claim,
    Distribution,
    Entry,
    EntryKind,
    Portion,
)
from models.money import CurrencyMismatchError, Money
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
POLICIES = {policy.ref: policy for policy in (CN_561, US_DEFAULT, DEFAULT)}
"""Every version that an entry may name."""


class LedgerError(ValueError):
    """Entries that cannot belong to one ledger."""


def policy_for(jurisdiction: str) -> AllocationPolicy:
    """Answer the newest policy of a jurisdiction, as ``CN`` or ``US``."""
    return {"CN": CN_561, "US": US_DEFAULT}.get(jurisdiction.partition("-")[0], DEFAULT)


def fold(entries: Iterable[Entry], policy: AllocationPolicy) -> Balances:
    """Replay entries by value date, booking instant, id.

    Reversals, chargebacks, refunds and corrections change the amount of the entry they name and
    everything after it is replayed, so a reversed payment leaves no trace in any bucket. Money
    beyond the debt is credit; it meets later charges of the same debt and nothing else. A waiver
    never makes credit.
    """
    ordered = sorted(entries, key=lambda entry: (entry.value_date, entry.booked_at, entry.entry_id))
    if not ordered:
        raise LedgerError("a ledger without entries has no currency")
    currency = _one_currency(ordered)
    amounts = _effective(ordered)
    owed = dict.fromkeys(policy.order, 0)
    splits: dict[UUID, dict[Bucket, int]] = {}
    unspent: dict[UUID, int] = {}
    charged = waived = 0
    for entry in ordered:
        minor = amounts[entry.entry_id]
        match entry.kind:
            case EntryKind.CHARGE | EntryKind.INTEREST | EntryKind.TRANSFER_IN:
                owed[_bucket(entry)] += minor
                charged += minor
            case EntryKind.PAYMENT:
                if minor:
                    unspent[entry.entry_id] = minor
                    splits[entry.entry_id] = {}
            case EntryKind.WAIVER | EntryKind.WRITE_OFF:
                order = (entry.bucket,) if entry.bucket else policy.order
                waived += sum(_take(owed, order, minor).values())
            case EntryKind.TRANSFER_OUT:
                charged -= sum(_take(owed, policy.order, minor).values())
            case (
                EntryKind.REVERSAL | EntryKind.CHARGEBACK | EntryKind.REFUND | EntryKind.CORRECTION
            ):
                continue
        _spend(unspent, splits, owed, policy.order)
    outstanding = sum(owed.values())
    return Balances(
        currency=currency,
        charged=charged,
        paid=sum(sum(split.values()) for split in splits.values()),
        waived=waived,
        outstanding=outstanding,
        credit=sum(unspent.values()),
        buckets=owed,
        splits=splits,
    )


def negated(entries: Sequence[Entry], of: UUID, policy: AllocationPolicy) -> dict[Bucket, int]:
    """Answer the buckets if a payment's own split were added back instead of replayed.

    Shown in the audit line of a reversal: the totals agree, future interest may not.
    """
    before = fold(entries, policy)
    split = before.splits[of]
    return {bucket: owed + split.get(bucket, 0) for bucket, owed in before.buckets.items()}


def gap_to_waive(balances: Balances, policy: AllocationPolicy) -> int:
    """Answer the minor units that a waiver entry should close, zero when none.

    Only after a payment: a debt is never forgiven because it was small from the start.
    """
    small = 0 < balances.outstanding <= policy.tolerance_in(balances.currency)
    return balances.outstanding if small and balances.paid else 0


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


_TAKING_BACK = frozenset({EntryKind.REVERSAL, EntryKind.CHARGEBACK, EntryKind.REFUND})


def _effective(ordered: Sequence[Entry]) -> dict[UUID, int]:
    """Answer what each entry amounts to after those that take it back, which may be taken back."""
    by_id = {entry.entry_id: entry for entry in ordered}
    touching: defaultdict[UUID, list[Entry]] = defaultdict(list)
    for entry in ordered:
        if entry.minor < 0 and entry.kind is not EntryKind.CORRECTION:
            raise LedgerError(f"entry {entry.entry_id} is negative; only a correction may be")
        if entry.of is None:
            if entry.kind in _TAKING_BACK or entry.kind is EntryKind.CORRECTION:
                raise LedgerError(f"entry {entry.entry_id} takes back nothing; name the entry")
        elif entry.of not in by_id:
            raise LedgerError(f"entry {entry.entry_id} takes back one that is not in this ledger")
        else:
            touching[entry.of].append(entry)
    amounts: dict[UUID, int] = {}

    def amount(entry: Entry, above: frozenset[UUID]) -> int:
        if entry.entry_id in above:
            raise LedgerError(f"entry {entry.entry_id} takes itself back")
        if entry.entry_id not in amounts:
            total = entry.minor
            for other in touching[entry.entry_id]:
                change = amount(other, above | {entry.entry_id})
                total += change if other.kind is EntryKind.CORRECTION else -change
            if entry.kind is not EntryKind.CORRECTION:
                total = max(total, 0)
            amounts[entry.entry_id] = total
        return amounts[entry.entry_id]

    for entry in ordered:
        amount(entry, frozenset())
    return amounts


def _take(owed: dict[Bucket, int], order: Sequence[Bucket], minor: int) -> dict[Bucket, int]:
    """Reduce buckets in order by at most ``minor`` and answer what each gave."""
    taken: dict[Bucket, int] = {}
    for bucket in order:
        part = min(owed[bucket], minor)
        if part:
            owed[bucket] -= part
            taken[bucket] = part
            minor -= part
    return taken


def _spend(
    unspent: dict[UUID, int],
    splits: dict[UUID, dict[Bucket, int]],
    owed: dict[Bucket, int],
    order: Sequence[Bucket],
) -> None:
    """Let money that is there meet what is owed, the earliest money first."""
    for entry_id, minor in unspent.items():
        for bucket, part in _take(owed, order, minor).items():
            unspent[entry_id] -= part
            splits[entry_id][bucket] = splits[entry_id].get(bucket, 0) + part
