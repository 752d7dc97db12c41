"""Payment notices: verified on raw bytes, stored, and only then answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar
from uuid import uuid4

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import SecretStr
from sqlmodel import Session

from connectors.signature import Distrust, check_generic, check_stripe
from gateway.door import (
    Arrival,
    Door,
    Line,
    Problem,
    Receipted,
    Refusal,
    believe,
    body_of,
    readable,
    refusals,
    secrets_of,
)
from models.payment import Ignored, PaymentKind, PaymentNotice, Unreadable
from models.stop import Scope, StopKind
from models.tables import Debt, InboxItem
from rules.payment import GenericNotice, read_generic, read_stripe
from runtime.secrets import all_secrets, payment_secrets
from store import debt as debts
from store import debtor as debtors
from store import payment as payments
from store import stop as stops
from store.keys import Keys

log = structlog.get_logger()

T = TypeVar("T")

AHEAD = timedelta(days=1)
"""A payer's clock may run ahead; a payment of next week is a slip, and would bend interest."""

NOT_YET_PAID = Problem(
    error="invalid",
    what="the payment lies in the future",
    where="paid_at",
    advice="send the instant at which it was made, with its offset",
)

ID_REUSED = Problem(
    error="id_reused",
    what="another event came under this id: its kind, amount, debt or payment differs",
    where="id",
    advice="nothing was stored; send each event under an id of its own",
)


NEVER_CAME = "a payment that never came failed"


@dataclass(frozen=True)
class Told:
    """One notice of one request, and who sent it."""

    provider: str
    notice: PaymentNotice
    arrival: Arrival
    seller: str | None = None


def routes(door: Door) -> APIRouter:
    """Answer the ways in for money."""
    router = APIRouter(prefix="/v1", tags=["payments"])
    line = line_of(door)

    @router.post(
        "/payments/{seller}",
        response_model=Receipted,
        responses={202: {"model": Receipted}, **refusals(400, 401, 404, 409, 413, 422)},
        openapi_extra=body_of(
            GenericNotice,
            Cession_Timestamp="Unix seconds at signing; within five minutes of now.",
            Cession_Signature="v1= and the hex HMAC-SHA256 of timestamp, a point and the raw body.",
        ),
    )
    async def generic(  # pyright: ignore[reportUnusedFunction]
        seller: str, request: Request
    ) -> Response:
        """Take a payment, refund or chargeback from a seller, a bank link or a till.

        200 when it is stored, or was before; 202 when no debt of this seller fits and a person
        will match it.
        """
        arrival = await door.arrival(request)
        stamp = request.headers.get("cession-timestamp")
        signature = request.headers.get("cession-signature")

        def signed(secrets: tuple[SecretStr, ...]) -> Distrust | None:
            return check_generic(arrival.raw, stamp, signature, secrets_of(secrets), arrival.wall)

        believe(
            signed(payment_secrets(door.settings, seller)),
            "Cession-Signature",
            lambda: signed(all_secrets(door.settings, "payments")) is None,
        )
        notice = readable(read_generic(arrival.raw))
        if notice.paid_at > arrival.now + AHEAD:
            raise Refusal(422, NOT_YET_PAID)
        return _said(await line.store(Told(f"seller:{seller}", notice, arrival, seller)))

    @router.post(
        "/stripe",
        response_model=Receipted,
        responses={202: {"model": Receipted}, **refusals(400, 401, 413, 422)},
        openapi_extra=body_of(None, Stripe_Signature="As Stripe makes it: t=…,v1=…"),
    )
    async def stripe(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        """Take a Stripe event; the debt's reference stands in ``metadata.debt_id``."""
        arrival = await door.arrival(request)
        secrets = secrets_of(door.settings.stripe_secrets)
        signature = request.headers.get("stripe-signature")
        believe(check_stripe(arrival.raw, signature, secrets, arrival.wall), "Stripe-Signature")
        settings = door.settings
        read = read_stripe(
            arrival.raw, tests=settings.tests_count, accounts=settings.stripe_accounts
        )
        notice = await readable_or_kept(door, "stripe", read, arrival)
        if isinstance(notice, Ignored):
            keys = door.store.keys
            kept = await door.write(lambda s: set_aside(s, keys, "stripe", notice, arrival))
            return _said(kept)
        return _said(await line.store(Told("stripe", notice, arrival)))

    return router


def line_of(door: Door) -> Line[Told, Receipted]:
    """Answer the line in which notices wait for their transaction, for requests that bring one."""
    return Line(
        door,
        lambda session, told: take_together(session, door.store.keys, told),
        lambda session, one: take(session, door, one.provider, one.notice, one.arrival, one.seller),
    )


def _said(taken: Receipted) -> Response:
    log.info("payment.received", inbox=taken.id, status=taken.status)
    return Response(
        taken.model_dump_json(),
        202 if taken.status == "suspense" else 200,
        media_type="application/json",
    )


def set_aside(
    session: Session, keys: Keys, provider: str, event: Ignored, arrival: Arrival
) -> Receipted:
    """Keep a genuine event that moves no money of ours, and say why."""
    item, new = payments.receive(
        session,
        provider=provider,
        external_id=event.event_id,
        kind="ignored",
        facts={},
        sealed=keys.seal_store(arrival.raw),
        received_at=arrival.now,
        observed_at=arrival.wall,
        status="ignored",
        problem=event.why,
    )
    return Receipted(status="ignored" if new else "duplicate", id=str(item.id))


async def readable_or_kept(door: Door, provider: str, read: T | Unreadable, arrival: Arrival) -> T:
    """Refuse what cannot be taken; a genuine body that says a thing twice is kept for a person."""
    if isinstance(read, Unreadable) and read.twofold:
        told = await door.write(
            lambda session: payments.receive(
                session,
                provider=provider,
                external_id=f"body:{sha256(arrival.raw).hexdigest()}",
                kind="unreadable",
                facts={},
                sealed=door.store.keys.seal_store(arrival.raw),
                received_at=arrival.now,
                observed_at=arrival.wall,
                status="suspense",
                problem=read.what,
            )
        )
        log.warning("payment.twofold", provider=provider, inbox=str(told[0].id))
    return readable(read)


def take(  # noqa: PLR0917
    session: Session,
    door: Door,
    provider: str,
    notice: PaymentNotice,
    arrival: Arrival,
    seller: str | None = None,
) -> Receipted:
    """Store a notice under the debtor's lock: from its commit on, nothing is sent unaware of it.

    The same event, and the same money under another event, are stored once. What fits no debt
    waits in suspense, and takes its refunds with it when it is matched.
    """
    keys = door.store.keys
    debt = _debt(session, provider, notice, seller)
    doubt = _doubt(session, provider, notice, debt, seller)
    if notice.unfit and not (doubt and doubt.nobody):
        doubt = _Doubt(notice.unfit, [debt] if debt else [])
    if notice.paid_at > arrival.now + AHEAD:
        doubt = _Doubt(NOT_YET_PAID.what, [debt] if debt else [])
    if doubt:
        debt = None
    if debt:
        payments.hold(session, debt.id)
    notice, known = _completed(session, provider, notice)
    status, problem = known or _standing(session, provider, notice, debt)
    if doubt and status != "ignored":
        status = "ignored" if doubt.nobody else "suspense"
        problem = doubt.why
    item, new = payments.receive(
        session,
        provider=provider,
        external_id=notice.event_id,
        kind=notice.kind.value,
        debt_id=debt.id if debt else None,
        debtor_id=debt.debtor_id if debt else None,
        facts=_facts(notice) | (doubt.suggested() if doubt else {}),
        sealed=keys.seal_store(arrival.raw),
        received_at=arrival.now,
        observed_at=arrival.wall,
        status=status,
        problem=problem,
    )
    if not new and seller is not None and not _told_again(keys, item, notice):
        raise Refusal(409, ID_REUSED)
    if not new or (status == "ignored" and not (doubt and problem == doubt.why)):
        return Receipted(status="duplicate", id=str(item.id))
    if doubt and status == "suspense":
        _rest(session, item, doubt, arrival, timedelta(days=door.settings.suspense_hold_days))
    if debt and notice.kind is PaymentKind.PAYMENT:
        payments.adopt(session, provider, notice.payment_id, debt)
    return Receipted(status=status, id=str(item.id))


def take_together(
    session: Session, keys: Keys, told: Sequence[Told]
) -> list[Receipted | Refusal | None]:
    """Store plain payments of known debts as ``take`` does, with a statement for all of them.

    None for what needs more than that, for a second notice of the same money, and where somebody
    else holds the debtor: those wait for nobody here.
    """
    answers: list[Receipted | Refusal | None] = [None] * len(told)
    plain = {place: one for place, one in enumerate(told) if _plain(one)}
    named = _debts(session, plain.values())
    found: dict[int, debts.Named] = {}
    ids, money = set[tuple[str, str]](), set[tuple[str, str]]()
    for place, one in plain.items():
        debt = named.get((one.seller, one.notice.debt))
        ident = one.provider, one.notice.event_id
        paid = one.provider, one.notice.payment_id
        if debt is not None and ident not in ids and paid not in money:
            found[place] = debt
            ids.add(ident)
            money.add(paid)
    free = debtors.lock_free(session, {debt.debtor_id for debt in found.values()})
    mine = {place: debt for place, debt in found.items() if debt.debtor_id in free}
    if not mine:
        return answers
    seen = payments.same_moneys(
        session, [(debt.id, *_money(told[place])) for place, debt in mine.items()]
    )
    items = {
        place: _item(told[place], debt, keys, seen.get((debt.id, *_money(told[place]))))
        for place, debt in mine.items()
    }
    new = payments.receive_all(session, items.values())
    known = payments.known_all(
        session, [(i.provider, i.external_id) for i in items.values() if i.id not in new]
    )
    for place, item in items.items():
        one = told[place]
        if item.id in new:
            status = "duplicate" if item.status == "ignored" else item.status
            answers[place] = Receipted(status=status, id=str(item.id))
            continue
        kept = known[item.provider, item.external_id]
        again = one.seller is None or _told_again(keys, kept, one.notice)
        answers[place] = (
            Receipted(status="duplicate", id=str(kept.id)) if again else Refusal(409, ID_REUSED)
        )
    payments.adopt_all(
        session,
        [
            (one.provider, one.notice.payment_id, debt.id, debt.debtor_id)
            for place, debt in mine.items()
            if items[place].id in new and items[place].status != "ignored"
            for one in (told[place],)
        ],
    )
    return answers


def _plain(one: Told) -> bool:
    """Whether a notice says all of a payment itself, nothing of an earlier one and nothing odd."""
    notice = one.notice
    return (
        notice.kind is PaymentKind.PAYMENT
        and notice.minor > 0
        and bool(notice.debt)
        and notice.paid_at <= one.arrival.now + AHEAD
        and not (notice.of or notice.by_state or notice.cumulative or notice.only_known)
        and not (notice.not_ours or notice.order or notice.beside)
    )


def _debts(session: Session, told: Iterable[Told]) -> dict[tuple[str | None, str], debts.Named]:
    """Answer the one debt that each reference names in full, by seller and reference."""
    asked = {(one.seller, one.notice.debt) for one in told}
    known = debts.all_named(session, {ref for _, ref in asked}) if asked else []
    meant = {
        (seller, ref): [
            debt
            for debt in known
            if ref in (debt.account_ref, debt.workflow_id) and seller in (None, debt.seller)
        ]
        for seller, ref in asked
    }
    return {asked: ones[0] for asked, ones in meant.items() if len(ones) == 1}


def _money(one: Told) -> tuple[str, str, int]:
    return one.provider, one.notice.payment_id, one.notice.minor


def _item(one: Told, debt: debts.Named, keys: Keys, first: str | None) -> InboxItem:
    """The row of a plain payment; ``first`` is the event that told of the same money before."""
    return InboxItem(
        id=uuid4(),
        provider=one.provider,
        external_id=one.notice.event_id,
        kind=one.notice.kind.value,
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        facts=_facts(one.notice),
        sealed=keys.seal_store(one.arrival.raw),
        received_at=one.arrival.now,
        observed_at=one.arrival.wall,
        status="ignored" if first else "new",
        problem=f"same money as {first}" if first else None,
    )


def _told_again(keys: Keys, item: InboxItem, notice: PaymentNotice) -> bool:
    """Whether a notice of a seller says of the money what its id said before."""
    before = read_generic(keys.open_store(item.sealed)) if item.sealed else None
    return not isinstance(before, PaymentNotice) or all(
        getattr(before, said) == getattr(notice, said)
        for said in ("kind", "minor", "currency", "debt", "of", "payment_id")
    )


def _completed(
    session: Session, provider: str, notice: PaymentNotice
) -> tuple[PaymentNotice, tuple[str, str] | None]:
    """Answer a notice with what only earlier ones know: its amount, or that it says nothing.

    Of a sum of refunds only what is new counts; what takes a payment back without an amount takes
    all of it. Where events tell a state, as confirmed or failed, those that change it count: a debit
    that failed before anybody knew of it took nothing, and is often tried again.
    """
    if notice.unfit:
        return notice, None
    if notice.only_known and payments.told_of(session, provider, notice.of) is None:
        return notice, ("ignored", NEVER_CAME)
    if notice.by_state and notice.kind is PaymentKind.PAYMENT:
        failed = payments.set_aside_of(session, provider, notice.payment_id, NEVER_CAME)
        if any(datetime.fromisoformat(one.facts["paid_at"]) > notice.paid_at for one in failed):
            return notice, ("suspense", "a later event says that the payment failed")
    if notice.by_state and payments.known(session, provider, notice.event_id) is None:
        turned = _turned(session, provider, notice)
        if turned is None:
            return notice, ("ignored", "this is known of the payment")
        notice = turned
    if notice.cumulative and payments.known(session, provider, notice.event_id) is None:
        before = payments.refunded(session, provider, notice.of)
        if notice.minor <= before:
            return notice, ("ignored", "these refunds are known")
        return notice.model_copy(update={"minor": notice.minor - before}), None
    if notice.minor == 0:
        paid = payments.told_of(session, provider, notice.of) if notice.of else None
        if paid:
            told = {"minor": paid.facts["minor"], "currency": paid.facts["currency"]}
            return notice.model_copy(update=told), None
        return notice, ("suspense", "the event names no amount: look it up at the provider")
    return notice, None


def _turned(session: Session, provider: str, notice: PaymentNotice) -> PaymentNotice | None:
    """Answer an event as the turn that it is: a payment that failed may be taken again.

    None when the payment is there, or gone, already. Before the payment is known it is what it says.
    """
    of = notice.of or notice.payment_id
    if notice.kind is PaymentKind.PAYMENT and not payments.booked(session, provider, of, "payment"):
        return notice
    gone = len(payments.told(session, provider, PaymentKind.CHARGEBACK, of))
    back = len(payments.told(session, provider, PaymentKind.CHARGEBACK_REVERSED, of))
    if notice.kind is PaymentKind.CHARGEBACK:
        ident = f"{of}:taken" + (f":{gone}" if gone else "")
        return notice.model_copy(update={"payment_id": ident}) if gone == back else None
    if notice.kind is PaymentKind.PAYMENT:
        if gone == back:
            return notice
        notice = notice.model_copy(update={"kind": PaymentKind.CHARGEBACK_REVERSED, "of": of})
    elif gone == back > 0:
        return None
    ident = f"{of}:given" + (f":{back}" if back else "")
    return notice.model_copy(update={"payment_id": ident})


def _standing(
    session: Session, provider: str, notice: PaymentNotice, debt: Debt | None
) -> tuple[str, str | None]:
    """Answer how a notice is stored: for the relay, for a person, or as known already."""
    first = payments.same_money(
        session,
        provider=provider,
        payment_id=notice.payment_id,
        kind=notice.kind,
        minor=notice.minor,
        debt_id=debt.id if debt else None,
    )
    if first:
        return "ignored", f"same money as {first.external_id}"
    if notice.kind is PaymentKind.REFUND_FAILED:
        return "suspense", "a refund failed: a person decides where the money belongs"
    if debt is None:
        return "suspense", "no debt fits the reference"
    return "new", None


def _debt(
    session: Session, provider: str, notice: PaymentNotice, seller: str | None
) -> Debt | None:
    """Answer the one debt that the reference names in full; a refund goes by its payment.

    What takes a payment back often names an order of its own and not the debt.
    """
    if notice.of and (known := payments.debt_of_payment(session, provider, notice.of)):
        return debts.get(session, known)
    return _named(session, notice.debt, seller)


def _named(session: Session, reference: str, seller: str | None) -> Debt | None:
    named = debts.named(session, reference, seller) if reference else []
    return named[0] if len(named) == 1 else None


@dataclass(frozen=True)
class _Doubt:
    """Why a person must say whose money it is, and the debts that it may be for, likeliest first."""

    why: str
    meant: Sequence[Debt] = ()
    nobody: bool = False
    """It is not ours and names nothing of ours."""

    def suggested(self) -> dict[str, Any]:
        """Answer the debts as suspense shows them."""
        return {
            "suggested": [
                {"debt": str(debt.id), "score": 60 - 15 * rank, "why": ["reference"]}
                for rank, debt in enumerate(self.meant)
            ]
        }


def _doubt(
    session: Session, provider: str, notice: PaymentNotice, debt: Debt | None, seller: str | None
) -> _Doubt | None:
    """Answer what in a genuine notice contradicts itself, or whose else the money is.

    What takes a payment back goes with it: once a person has said whose that was, there is no doubt.
    """
    meant = [debt] if debt else []
    if notice.not_ours and notice.of:
        if debt:
            return None
        waits = payments.told_of(session, provider, notice.of) is not None
        return _Doubt(notice.not_ours, nobody=not waits)
    if notice.not_ours:
        return _Doubt(notice.not_ours, meant, nobody=debt is None)
    if notice.kind is not PaymentKind.PAYMENT or not (notice.order or notice.beside):
        return None
    other = _named(session, notice.order or notice.beside, seller)
    if other and debt and other.id == debt.id:
        return None
    if other and other not in meant:
        meant.append(other)
    if notice.beside:
        if debt:
            return _Doubt("what is not signed names another debt than the signed reference", meant)
        return _Doubt("a debt is named only in what is not signed", meant) if other else None
    if other and debt:
        return _Doubt("the order number names another debt than what the order carries", meant)
    return None


def _rest(
    session: Session, item: InboxItem, doubt: _Doubt, arrival: Arrival, hold: timedelta
) -> None:
    """Leave the people of the suggested debts in peace until somebody has looked."""
    for person in sorted({debt.debtor_id for debt in doubt.meant}):
        stops.enter(
            session,
            StopKind.HOLD,
            Scope.DEBTOR,
            now=arrival.now,
            observed_at=arrival.wall,
            reason="suspense_suggested",
            actor=item.provider,
            source="suspense",
            external_id=f"{item.id}:{person}",
            debtor_id=person,
            until=arrival.now + hold,
        )


def _facts(notice: PaymentNotice) -> dict[str, Any]:
    """What of a notice stands open in the store: codes, amounts and instants, no reference."""
    return {
        "payment_id": notice.payment_id,
        "minor": notice.minor,
        "currency": notice.currency,
        "paid_at": notice.paid_at.isoformat(),
        "method": notice.method,
        "of": notice.of,
        **(
            {"paid": {"minor": notice.payer_minor, "currency": notice.payer_currency}}
            if notice.payer_currency
            else {}
        ),
    }
