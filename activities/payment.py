"""Money that came in becomes entries of the ledger, once, in any order."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlmodel import Session, col, select
from temporalio import activity

from activities.office import Office, business_now
from activities.standing import advance
from models.case import Answer, BookAsk, TaskKind
from models.ledger import EntryKind
from models.money import Money, MoneyError
from models.stop import Scope, StopKind
from models.tables import Debt, InboxItem, LedgerEntry, Promise
from rules.ledger import fold, gap_to_waive, policy_for
from store import case as records
from store import debt as debts
from store import debtor as debtors
from store import payment as money
from store import stop as stops
from store import work

RAW_FORM = '{"amount": "12.00", "currency": "CNY", "reference": "bank-123"}'
"""What a person may type as a payment signal; documented in docs/operations.md."""


class PaymentActivities:
    """Collaborators are handed in, so that tests hand in others."""

    def __init__(self, office: Office) -> None:
        self.office = office

    @activity.defn
    def book(self, ask: BookAsk) -> Answer:
        """Book what the relay delivered; set aside what was typed by hand as unverified."""
        now = business_now(ask.shift)
        did: list[str] = []
        with self.office.store.writing() as session:
            debt = debts.get(session, ask.debt)
            debtors.lock(session, debt.debtor_id)
            for text in ask.notices.texts:
                inbox = _relayed(text)
                did.append(
                    book_inbox(session, self.office, inbox, now)
                    if inbox
                    else _set_aside(session, self.office, debt, text, now)
                )
            answer = advance(session, self.office, ask.debt, ask.epoch, now)
        return answer.model_copy(update={"did": "; ".join(did)})


def book_inbox(session: Session, office: Office, inbox_id: UUID, now: datetime) -> str:
    """Book one verified notice under the debtor's lock; answer in plain words what it did.

    A notice that is booked already, or whose payment came under another event id, changes
    nothing. Money that cannot be booked goes to suspense with a work item, never away.
    """
    item = session.get(InboxItem, inbox_id, with_for_update=True, populate_existing=True)
    if item is None:
        return "notice unknown"
    if item.status in ("booked", "ignored", "suspense"):
        return f"notice already {item.status}"
    if item.debt_id is None:
        return _suspend(session, office, item, "no_debt", now)
    debt = debts.get(session, item.debt_id)
    if item.facts["currency"] != debt.currency:
        return _suspend(session, office, item, "currency", now)
    if _stayed(session, debt, now) and item.kind == "payment":
        return _suspend(session, office, item, "bankruptcy", now)
    match item.kind:
        case "payment":
            return _book_payment(session, office, debt, item, now)
        case "refund" | "chargeback" | "chargeback_reversed":
            return _book_back(session, debt, item, now)
        case _:
            money.settle(session, item, "ignored")
            return f"{item.kind} noted"


def book_ended(office: Office, inbox_id: UUID) -> UUID | None:
    """Book a notice without a living case; answer the debt if it must live again."""
    now = office.clock.now()
    with office.store.writing() as session:
        item = session.get_one(InboxItem, inbox_id)
        if item.debt_id is not None:
            debtors.lock(session, debts.get(session, item.debt_id).debtor_id)
        book_inbox(session, office, inbox_id, now)
        if item.debt_id is None:
            return None
        debt = debts.get(session, item.debt_id)
        return debt.id if debt.status == "reopening" else None


def _book_payment(
    session: Session, office: Office, debt: Debt, item: InboxItem, now: datetime
) -> str:
    policy = policy_for(debt.jurisdiction)
    entry = _enter(session, debt, item, EntryKind.PAYMENT, now, policy.ref)
    money.settle(session, item, "booked")
    if entry is None:
        return "payment already booked"
    _say(session, debt, "payment.booked", item.provider, now, {"minor": entry.minor})
    _lift_unverified(session, debt, item, now)
    for parked in session.exec(
        select(InboxItem).where(
            col(InboxItem.debt_id) == debt.id, col(InboxItem.status) == "parked"
        )
    ).all():
        if parked.facts.get("of") == item.facts.get("payment_id"):
            _book_back(session, debt, parked, now)
    _waive_gap(session, debt, now)
    _keep_promises(session, debt, now)
    balances = fold(money.as_entries(money.entries(session, debt.id)), policy)
    if balances.credit > 0:
        _review(session, office, debt, "overpaid", now)
    return f"booked {Money(entry.minor, entry.currency)}"


_TAKES_BACK = {
    "refund": EntryKind.REFUND,
    "chargeback": EntryKind.CHARGEBACK,
    "chargeback_reversed": EntryKind.REVERSAL,
}
"""Which entry undoes which: the last one undoes a chargeback."""


def _book_back(session: Session, debt: Debt, item: InboxItem, now: datetime) -> str:
    """Take back the payment a notice names, or the chargeback of it; before those, park it."""
    original = _undone(money.entries(session, debt.id), item)
    if original is None:
        money.settle(session, item, "parked", "waits for the payment it takes back")
        return f"{item.kind} parked until its payment is known"
    policy = policy_for(debt.jurisdiction)
    kind = _TAKES_BACK[item.kind]
    entry = _enter(session, debt, item, kind, now, policy.ref, of=original.id)
    money.settle(session, item, "booked")
    if entry is None:
        return f"{item.kind} already booked"
    _say(session, debt, f"{item.kind}.booked", item.provider, now, {"minor": entry.minor})
    if debt.status == "closed" and kind is not EntryKind.REVERSAL:
        reopen(session, debt, item.kind, now)
    return f"{item.kind} of {Money(entry.minor, entry.currency)}"


def _undone(rows: list[LedgerEntry], item: InboxItem) -> LedgerEntry | None:
    paid = next(
        (
            row
            for row in rows
            if row.kind == EntryKind.PAYMENT and row.external_id == item.facts.get("of")
        ),
        None,
    )
    if item.kind != "chargeback_reversed" or paid is None:
        return paid
    taken = [row for row in rows if row.kind == EntryKind.CHARGEBACK and row.of == paid.id]
    return taken[-1] if taken else None


def reopen(session: Session, debt: Debt, reason: str, now: datetime) -> None:
    """Give a closed debt a new life that holds until a person confirms it."""
    debt.status = "reopening"
    debt.epoch += 1
    debt.ending = debt.ending_reason = None
    debt.closed_at = debt.opened_at = None
    session.add(debt)
    _say(session, debt, "case.reopening", reason, now, {"epoch": debt.epoch})


def _enter(  # noqa: PLR0917
    session: Session,
    debt: Debt,
    item: InboxItem,
    kind: EntryKind,
    now: datetime,
    policy: str,
    of: UUID | None = None,
) -> LedgerEntry | None:
    return money.append(
        session,
        debt.id,
        kind=kind,
        minor=item.facts["minor"],
        currency=debt.currency,
        value_date=datetime.fromisoformat(item.facts["paid_at"]).date(),
        booked_at=now,
        observed_at=item.observed_at,
        source=item.provider,
        external_id=item.facts.get("payment_id") or item.external_id,
        policy=policy,
        of=of,
        actor=item.facts.get("by") or f"provider:{item.provider}",
        reason=item.kind,
    )


def _waive_gap(session: Session, debt: Debt, now: datetime) -> None:
    """Close a debt that is short by no more than the policy's tolerance, by an entry of its own."""
    policy = policy_for(debt.jurisdiction)
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
        value_date=rows[-1].value_date,
        booked_at=now,
        observed_at=now,
        source="tolerance",
        external_id=f"{debt.id}:{rows[-1].seq}",
        policy=policy.ref,
        actor="case",
        reason="within_tolerance",
    )


def _keep_promises(session: Session, debt: Debt, now: datetime) -> None:
    """A promise is kept once what was paid since it was made reaches its amount."""
    open_promises = session.exec(
        select(Promise).where(col(Promise.debt_id) == debt.id, col(Promise.status) == "open")
    ).all()
    for promise in open_promises:
        paid = sum(
            entry.minor
            for entry in money.entries(session, debt.id)
            if entry.kind == EntryKind.PAYMENT and entry.booked_at >= promise.made_at
        )
        if paid >= promise.minor:
            promise.status, promise.decided_at = "kept", now
            session.add(promise)
            _say(session, debt, "promise.kept", "paid", now, {"minor": promise.minor})


def _suspend(session: Session, office: Office, item: InboxItem, problem: str, now: datetime) -> str:
    money.settle(session, item, "suspense", problem)
    if item.debt_id is not None:
        _review(session, office, debts.get(session, item.debt_id), f"suspense_{problem}", now)
    return f"set aside: {problem}"


def _review(session: Session, office: Office, debt: Debt, step: str, now: datetime) -> None:
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


def _stayed(session: Session, debt: Debt, now: datetime) -> bool:
    """Payments after an insolvency filing belong to the proceeding until a person decides."""
    return any(
        stop.kind == StopKind.BANKRUPTCY and stop.ended_at is None
        for stop in stops.open_for(session, debt, now)
    )


def _relayed(text: str) -> UUID | None:
    try:
        return UUID(json.loads(text)["inbox"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _set_aside(session: Session, office: Office, debt: Debt, text: str, now: datetime) -> str:
    """Keep an unverified payment notice: it stops contact until somebody confirms or rejects it."""
    facts, problem = _read_raw(text, debt.currency)
    reference = facts.get("payment_id") or hashlib.sha256(text.encode()).hexdigest()[:32]
    external = f"{debt.id}:{reference}"
    _, new = money.receive(
        session,
        provider="signal",
        external_id=external,
        kind="unverified",
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        facts=facts,
        sealed=office.store.keys.seal_store(text.encode()),
        received_at=now,
        observed_at=office.clock.now(),
        status="suspense",
        problem=problem or "unverified",
    )
    if not new:
        return "unverified notice already on record"
    if problem is None:
        stops.enter(
            session,
            StopKind.UNVERIFIED_PAYMENT,
            Scope.DEBT,
            now=now,
            observed_at=office.clock.now(),
            reason="typed_signal",
            actor="temporal",
            source="signal",
            external_id=external,
            debt_id=debt.id,
            facts={"reference": reference},
        )
    _review(session, office, debt, f"signal_{uuid5(NAMESPACE_URL, external).hex[:8]}", now)
    return "unverified payment set aside" if problem is None else f"malformed notice: {problem}"


def _read_raw(text: str, currency: str) -> tuple[dict[str, Any], str | None]:
    """Read the documented raw form; answer its facts and what is wrong with it, if anything."""
    try:
        said = json.loads(text)
        if not isinstance(said, dict):
            return {}, "not_an_object"
        amount = Money.parse(str(said["amount"]), str(said["currency"]))
    except json.JSONDecodeError:
        return {}, "not_json"
    except KeyError:
        return {}, "amount_or_currency_missing"
    except MoneyError:
        return {}, "amount_unreadable"
    if amount.currency != currency:
        return {}, "currency"
    if amount.minor <= 0:
        return {}, "amount_not_positive"
    reference = str(said.get("reference", ""))[:64]
    return {"minor": amount.minor, "currency": currency, "payment_id": reference}, None


def _lift_unverified(session: Session, debt: Debt, item: InboxItem, now: datetime) -> None:
    """A verified payment confirms the typed notices that named it."""
    for stop in stops.open_for(session, debt, now):
        if stop.kind != StopKind.UNVERIFIED_PAYMENT or stop.ended_at is not None:
            continue
        if stop.facts.get("reference") in (item.facts.get("payment_id"), item.external_id):
            stops.end(session, stop.id, now=now, reason="confirmed", actor=item.provider)


def _say(  # noqa: PLR0917
    session: Session, debt: Debt, what: str, reason: str, now: datetime, facts: dict[str, Any]
) -> None:
    records.act(
        session,
        at=now,
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        what=what,
        reason=reason,
        actor="case",
        strategy=f"{debt.strategy}-{debt.strategy_version}" if debt.strategy else None,
        facts=facts,
    )
