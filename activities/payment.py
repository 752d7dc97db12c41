"""Money that came in becomes entries of the ledger, once, in any order."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlmodel import Session, col, select
from temporalio import activity

from activities.arrangement import taken_back
from activities.bank import PARKED
from activities.exchange import credited
from activities.ledger import accrue_again, close_gap, enter, open_gap, otherwise, zone_of_debt
from activities.office import Office, business_now
from activities.standing import (
    EARLIER_ASSIGNMENT,
    FORWARD,
    advance,
    given_back,
    owed,
    own_contacts,
    review_money,
)
from activities.withdrawal import ask_back
from models.case import Answer, BookAsk, Ending
from models.contact import DEMANDS, ContactState, Direction
from models.json_text import JsonError, read_json
from models.ledger import EntryKind
from models.money import Money, MoneyError
from models.stop import Scope, StopKind
from models.tables import ContactRow, Debt, InboxItem, LedgerEntry, Promise, Stop
from rules.ledger import effective, fold, policy_for
from store import case as records
from store import debt as debts
from store import debtor as debtors
from store import payment as money
from store import stop as stops
from store.standing import stand

RAW_FORM = '{"amount": "12.00", "currency": "CNY", "reference": "bank-123"}'
"""What a person may type as a payment signal; documented in docs/operations.md."""


AT_ONCE = 100
"""Notices that one transaction books beside those it was asked to."""

ENOUGH = 2.0
"""Seconds after which it leaves the rest to the next, however slow the machine: whoever it keeps
waiting, the relay and checks of other debts of the person, waits no longer, and a death costs no more."""

SAID = 8
"""Notices of which one booking tells in words."""

TYPED = "signal"
"""Stands for the provider of what a person typed into the engine."""

REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}", re.ASCII)
"""A reference that may stand open in the store; others, which may be words, only sealed."""


class PaymentActivities:
    """Collaborators are handed in, so that tests hand in others."""

    def __init__(self, office: Office) -> None:
        self.office = office

    @activity.defn(no_thread_cancel_exception=True)
    def book(self, ask: BookAsk) -> Answer:
        """Book what the relay delivered; set aside what was typed by hand as unverified."""
        now = business_now(ask.shift)
        did: list[str] = []
        with self.office.store.writing() as session:
            debt = debts.get(session, ask.debt)
            debtors.lock(session, debt.debtor_id)
            for text in ask.notices.texts:
                inbox = relayed(text)
                if inbox is None:
                    did.append(set_aside(session, self.office, debt, text, now))
                elif money.concerns(session, inbox, debt.id):
                    did.append(book_inbox(session, self.office, inbox, now))
                else:
                    did.append("notice of another debt, or of none")
            did += book_waiting(session, self.office, debt, now)
            answer = advance(session, self.office, ask.debt, ask.epoch, now)
        return answer.model_copy(update={"did": _together(did)})


def book_waiting(session: Session, office: Office, debt: Debt, now: datetime) -> list[str]:
    """Book all other money that came in for a debt, under the debtor's lock: its case is told once.

    What is too much for one transaction is left to be told anew, for which one notice is enough. Each
    has a microsecond of its own: entries of one instant would be folded in another order than booked.
    """
    found = money.waiting(session, debt.id, AT_ONCE + 1)
    if found:
        money.hold(session, debt.id)
    did: list[str] = []
    began = monotonic()
    for place, item in enumerate(found, 1):
        if place > AT_ONCE or (did and monotonic() - began > ENOUGH):
            item.status, item.claimed_until = "new", None
            session.add(item)
            break
        did.append(_book(session, office, item, now + timedelta(microseconds=place)))
    return did


def _together(did: list[str]) -> str:
    """Say what was done, of much only the beginning: histories stay short."""
    if len(did) <= SAID:
        return "; ".join(did)
    return "; ".join([*did[:SAID], f"and {len(did) - SAID} more"])


def book_inbox(session: Session, office: Office, inbox_id: UUID, now: datetime) -> str:
    """Book one verified notice under the debtor's lock; answer in plain words what it did.

    A notice that is booked already, or whose payment came under another event id, changes
    nothing. Money that cannot be booked goes to suspense with a work item, never away.
    """
    item = money.find(session, inbox_id)
    return "notice unknown" if item is None else _book(session, office, item, now)


def _book(session: Session, office: Office, item: InboxItem, now: datetime) -> str:
    if item.status in ("booked", "ignored", "suspense"):
        return f"notice already {item.status}"
    if item.kind not in money.MONEY:
        return f"{item.kind}: no money"
    if item.debt_id is None:
        return _suspend(session, office, item, "no_debt", now)
    debt = debts.get(session, item.debt_id)
    if item.facts["currency"] != debt.currency:
        return _suspend(session, office, item, "currency", now)
    if item.kind == "payment":
        known = stops.open_for(session, debt, now)
        if _stayed(known):
            return _suspend(session, office, item, "bankruptcy", now)
        return _book_payment(session, office, debt, item, known, now)
    return _book_back(session, office, debt, item, now)


def book_ended(office: Office, inbox_id: UUID) -> None:
    """Book a notice without a living case; the relay begins again what it reopens."""
    now = office.clock.now()
    with office.store.writing() as session:
        item = session.get_one(InboxItem, inbox_id)
        if item.debt_id is not None:
            debtors.lock(session, debts.get(session, item.debt_id).debtor_id)
        book_inbox(session, office, inbox_id, now)
        if item.debt_id is not None:
            standing = stand(session, item.debt_id, now)
            ask_back(session, office, own_contacts(standing), owed(standing), (), now)


def _book_payment(  # noqa: PLR0917
    session: Session,
    office: Office,
    debt: Debt,
    item: InboxItem,
    known: Sequence[Stop],
    now: datetime,
) -> str:
    policy = policy_for(debt.contract_law)
    entry = _enter(session, debt, item, EntryKind.PAYMENT, now)
    if entry is None:
        return _known(session, office, debt, item, now)
    money.decide(item, "booked")
    _say(session, debt, "payment.booked", item.provider, now, {"minor": entry.minor})
    _say_unknowable(session, debt, item, now)
    _lift_unverified(session, known, item, now)
    _unpark(session, office, debt, now)
    close_gap(session, debt, now)
    accrue_again(session, debt, now)
    _keep_promises(session, debt, now)
    balances = fold(money.as_entries(money.entries(session, debt.id)), policy)
    if balances.credit > 0:
        review_money(session, office, debt, "overpaid", now)
    if (entry.facts or {}).get("exchange") == "arrived_short":
        review_money(session, office, debt, f"exchange_short_{entry.seq}", now)
    if _not_ours(debt, known):
        review_money(session, office, debt, f"{FORWARD}_{entry.seq}", now)
    return f"booked {Money(entry.minor, entry.currency)}"


def not_ours(session: Session, debt: Debt, now: datetime) -> bool:
    """Whether what is paid on a debt belongs to its seller or another buyer."""
    return _not_ours(debt, stops.open_for(session, debt, now))


def _not_ours(debt: Debt, known: Iterable[Stop]) -> bool:
    if debt.ending == Ending.RECALLED or debt.ending_reason == EARLIER_ASSIGNMENT:
        return True
    return given_back(known)


def _say_unknowable(session: Session, debt: Debt, item: InboxItem, now: datetime) -> None:
    """Note what was asked of somebody who had paid: nobody here could know then, so no breach."""
    paid_at = datetime.fromisoformat(item.facts["paid_at"])
    if item.received_at <= paid_at:
        return
    asked = session.exec(
        select(ContactRow.id).where(
            col(ContactRow.debt_id) == debt.id,
            col(ContactRow.direction) == Direction.OUT,
            col(ContactRow.state).in_((ContactState.SENT, ContactState.UNKNOWN)),
            col(ContactRow.purpose).in_(DEMANDS),
            col(ContactRow.at) >= paid_at,
            col(ContactRow.at) < item.received_at,
        )
    ).all()
    if asked:
        known = {"paid_at": item.facts["paid_at"], "known_at": item.received_at.isoformat()}
        contacts = {"contacts": sorted(map(str, asked))}
        _say(session, debt, "contact.unknowable", "paid_before_known", now, {**contacts, **known})


def _known(session: Session, office: Office, debt: Debt, item: InboxItem, now: datetime) -> str:
    """A payment whose id is booked: the same money again, or other money under a used id."""
    booked = money.booked(session, item.provider, item.facts["payment_id"], item.kind)
    same = (booked.facts or {}).get("received", booked.minor) if booked else None
    if booked and (booked.debt_id, same) != (debt.id, item.facts["minor"]):
        return _suspend(session, office, item, "id_used", now)
    money.decide(item, "booked")
    return f"{item.kind} already booked"


def _unpark(session: Session, office: Office, debt: Debt, now: datetime) -> None:
    """Book what waited for an entry that is here now: a chargeback before its reversal."""
    order = ("refund", "chargeback", "chargeback_reversed")
    for parked in sorted(money.parked(session, debt.id), key=lambda item: order.index(item.kind)):
        if _undone(money.entries(session, debt.id), parked) is not None:
            _book_back(session, office, debt, parked, now)


def present_parked(session: Session, office: Office, now: datetime) -> None:
    """Put before people each refund whose payment did not come in ``refund_patience``.

    It stays parked: should the payment come after all, both are booked.
    """
    for item in money.parked_since(session, now - office.refund_patience):
        if item.debt_id is None:
            continue
        item.problem = money.OVERDUE
        session.add(item)
        step = f"{PARKED}{item.id.hex[:8]}"
        review_money(session, office, debts.get(session, item.debt_id), step, now)


_TAKES_BACK = {
    "refund": EntryKind.REFUND,
    "chargeback": EntryKind.CHARGEBACK,
    "chargeback_reversed": EntryKind.REVERSAL,
}
"""Which entry undoes which: the last one undoes a chargeback."""


def _book_back(session: Session, office: Office, debt: Debt, item: InboxItem, now: datetime) -> str:
    """Take back the payment a notice names, or the chargeback of it; before those, park it."""
    original = _undone(money.entries(session, debt.id), item)
    if original is None:
        money.decide(item, "parked", "waits for the payment it takes back")
        return f"{item.kind} parked until its payment is known"
    policy = policy_for(debt.contract_law)
    kind = _TAKES_BACK[item.kind]
    entry = _enter(session, debt, item, kind, now, of=original.id)
    if entry is None:
        return _known(session, office, debt, item, now)
    money.decide(item, "booked")
    difference = otherwise(session, debt, entry)
    _say(
        session,
        debt,
        f"{item.kind}.booked",
        item.provider,
        now,
        {"minor": entry.minor, **({"by_the_other_method": difference} if difference else {})},
    )
    open_gap(session, debt, entry, now)
    if kind is not EntryKind.REVERSAL and _beyond(session, debt, original):
        review_money(session, office, debt, f"beyond_payment_{entry.seq}", now)
    if kind is EntryKind.REVERSAL:
        close_gap(session, debt, now)
    accrue_again(session, debt, now)
    taken_back(session, debt, now)
    if kind is EntryKind.CHARGEBACK:
        _unpark(session, office, debt, now)
    owed = fold(money.as_entries(money.entries(session, debt.id)), policy).outstanding
    if debt.status == "closed" and owed > 0:
        reopen(session, debt, item.kind, now)
    return f"{item.kind} of {Money(entry.minor, entry.currency)}"


def _beyond(session: Session, debt: Debt, original: LedgerEntry) -> bool:
    """Whether more was taken back than a payment brought: an error of whoever tells it."""
    taken = {EntryKind.REFUND: 1, EntryKind.CHARGEBACK: 1, EntryKind.REVERSAL: -1}
    rows = money.entries(session, debt.id)
    of = {original.id} | {row.id for row in rows if row.of == original.id}
    back = sum(taken.get(EntryKind(row.kind), 0) * row.minor for row in rows if row.of in of)
    return back > original.minor


def _undone(rows: list[LedgerEntry], item: InboxItem) -> LedgerEntry | None:
    """Answer the entry that a notice takes back: by the id that its own provider gave it.

    A person who matched it named the entry. Of a payment in parts it is the first one that is still
    large enough.
    """
    of = item.facts.get("of_entry") or item.facts.get("of")
    paid = [
        row
        for row in rows
        if row.kind == EntryKind.PAYMENT
        and row.source == item.facts.get("of_source", item.provider)
        and money.means(row.source, of, row.external_id)
    ]
    if item.kind != "chargeback_reversed":
        left = effective(money.as_entries(rows))
        enough = [row for row in paid if left[row.id] >= item.facts["minor"]]
        return next(iter(enough or paid), None)
    ids = {row.id for row in paid}
    back = {row.of for row in rows if row.kind == EntryKind.REVERSAL}
    taken = [row for row in rows if row.kind == EntryKind.CHARGEBACK and row.of in ids]
    standing = [row for row in taken if row.id not in back]
    return (standing or taken or [None])[-1]


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
    of: UUID | None = None,
) -> LedgerEntry | None:
    paid_at = datetime.fromisoformat(item.facts["paid_at"])
    minor, kept = item.facts["minor"], dict[str, Any]()
    day = item.facts.get("day")
    if kind is EntryKind.PAYMENT:
        found, kept = credited(session, debt, item)
        minor = found.credited.minor
    elif of is not None:
        minor = _credited_for(session, of, minor)
    if day:
        kept = {**kept, "day": day}
    return enter(
        session,
        debt,
        kind=kind,
        minor=minor,
        value_date=date.fromisoformat(day)
        if day
        else paid_at.astimezone(zone_of_debt(session, debt)).date(),
        now=now,
        observed_at=item.observed_at,
        source=item.provider,
        external_id=item.facts.get("payment_id") or item.external_id,
        of=of,
        actor=item.facts.get("by") or f"provider:{item.provider}",
        reason=item.kind,
        facts={"paid_at": item.facts["paid_at"], **kept},
    )


def _credited_for(session: Session, of: UUID, minor: int) -> int:
    """Answer what was credited for money that is now taken back, if it had been exchanged."""
    facts = session.get_one(LedgerEntry, of).facts or {}
    if facts.get("received") == minor:
        return session.get_one(LedgerEntry, of).minor
    return minor


def _keep_promises(session: Session, debt: Debt, now: datetime) -> None:
    """A promise is kept once what was paid since it was made, and stayed, reaches its amount."""
    open_promises = session.exec(
        select(Promise).where(col(Promise.debt_id) == debt.id, col(Promise.status) == "open")
    ).all()
    if not open_promises:
        return
    rows = money.entries(session, debt.id)
    left = effective(money.as_entries(rows))
    for promise in open_promises:
        paid = sum(
            left[entry.id]
            for entry in rows
            if entry.kind == EntryKind.PAYMENT and entry.booked_at >= promise.made_at
        )
        if paid >= promise.minor:
            promise.status, promise.decided_at = "kept", now
            session.add(promise)
            _say(session, debt, "promise.kept", "paid", now, {"minor": promise.minor})


def _suspend(session: Session, office: Office, item: InboxItem, problem: str, now: datetime) -> str:
    """Keep money that cannot be booked for a person; who sent it is left in peace meanwhile."""
    money.decide(item, "suspense", problem)
    if item.debt_id is None:
        return f"set aside: {problem}"
    debt = debts.get(session, item.debt_id)
    if item.kind == "payment" and problem != "bankruptcy" and debt.status != "closed":
        stops.enter(
            session,
            StopKind.UNVERIFIED_PAYMENT,
            Scope.DEBT,
            now=now,
            observed_at=office.clock.now(),
            reason=f"suspense_{problem}",
            actor=item.provider,
            source=item.provider,
            external_id=item.external_id,
            debt_id=debt.id,
            facts={"reference": item.external_id},
        )
    review_money(session, office, debt, f"suspense_{problem}_{item.id.hex[:8]}", now)
    return f"set aside: {problem}"


def _stayed(known: Iterable[Stop]) -> bool:
    """Payments after an insolvency filing belong to the proceeding until a person decides."""
    return any(stop.kind == StopKind.BANKRUPTCY and stop.ended_at is None for stop in known)


def relayed(text: str) -> UUID | None:
    try:
        return UUID(read_json(text)["inbox"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def set_aside(session: Session, office: Office, debt: Debt, text: str, now: datetime) -> str:
    """Keep an unverified payment notice: it stops contact until somebody confirms or rejects it."""
    facts, problem = _read_raw(text, debt.currency)
    external = _typed_id(debt, text, facts)
    _, new = money.receive(
        session,
        provider=TYPED,
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
            facts={"reference": external.partition(":")[2]},
        )
    review_money(session, office, debt, f"signal_{uuid5(NAMESPACE_URL, external).hex[:8]}", now)
    return "unverified payment set aside" if problem is None else f"malformed notice: {problem}"


def set_aside_before(session: Session, debt: Debt, text: str) -> bool:
    """Whether an unverified notice is on record already, read or not."""
    facts, _ = _read_raw(text, debt.currency)
    return money.known(session, TYPED, _typed_id(debt, text, facts)) is not None


def _typed_id(debt: Debt, text: str, facts: dict[str, Any]) -> str:
    reference = facts.get("payment_id") or hashlib.sha256(text.encode()).hexdigest()[:32]
    return f"{debt.id}:{reference}"


def _read_raw(text: str, currency: str) -> tuple[dict[str, Any], str | None]:
    """Read the documented raw form; answer its facts and what is wrong with it, if anything."""
    try:
        said = read_json(text)
        if not isinstance(said, dict):
            return {}, "not_an_object"
        amount = Money.parse(str(said["amount"]), str(said["currency"]))
    except JsonError:
        return {}, "not_json"
    except KeyError:
        return {}, "amount_or_currency_missing"
    except MoneyError:
        return {}, "amount_unreadable"
    if amount.currency != currency:
        return {}, "currency"
    if amount.minor <= 0:
        return {}, "amount_not_positive"
    reference = str(said.get("reference", ""))
    known = reference if REFERENCE.fullmatch(reference) else ""
    return {"minor": amount.minor, "currency": currency, "payment_id": known}, None


def _lift_unverified(
    session: Session, known: Iterable[Stop], item: InboxItem, now: datetime
) -> None:
    """A verified payment confirms the typed notices that named it."""
    for stop in known:
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
        facts=facts,
    )
