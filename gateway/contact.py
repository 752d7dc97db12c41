"""Delivery receipts and replies: their consequences stand in the transaction that stores them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid5

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import SecretStr
from sqlmodel import Session

from connectors.signature import Distrust, check_generic, check_token
from gateway.door import Arrival, Door, Receipted, believe, body_of, readable, refusals, secrets_of
from models.case import TaskKind
from models.contact import Channel, ContactState, Direction, Mode, Purpose
from models.payment import Unreadable
from models.receipt import Inbound, Receipt, ReceiptKind
from models.reply import Concern, Meaning, Reply
from models.stop import Scope, StopKind
from models.tables import ContactPoint, ContactRow, Debt, InboxItem
from rules.receipt import GenericReceipt, GenericReply, normal, read_receipts, read_replies
from rules.reply import classify
from runtime.secrets import all_secrets, receipt_secrets
from store import case as records
from store import contact as contacts
from store import debt as debts
from store import debtor as debtors
from store import payment as inbox
from store import stop as stops
from store import work
from store.engine import Store
from store.keys import PersonErasedError

log = structlog.get_logger()

T = TypeVar("T")

READ_WITHIN = timedelta(days=1)
"""A person reads what the rules could not."""

LOOK_BACK = timedelta(days=400)
"""A reply answers the last message of about a year, else every debt of the person."""

_SMS_PROVIDERS_SIGN = {
    "Cession_Timestamp": "Unix seconds at signing; with Authorization: Bearer not needed.",
    "Cession_Signature": "As of a payment notice; or send Authorization: Bearer and the secret.",
}


def routes(door: Door) -> APIRouter:
    """Answer the ways in for carriers and for what people write."""
    router = APIRouter(prefix="/v1", tags=["contacts"])

    async def trusted(request: Request, provider: str) -> Arrival:
        arrival = await door.arrival(request)
        signature = request.headers.get("cession-signature")
        timestamp = request.headers.get("cession-timestamp")
        by_token = signature is None and timestamp is None

        def signed(given: tuple[SecretStr, ...]) -> Distrust | None:
            secrets = secrets_of(given)
            if by_token:
                return check_token(request.headers.get("authorization"), secrets)
            return check_generic(arrival.raw, timestamp, signature, secrets, arrival.wall)

        believe(
            signed(receipt_secrets(door.settings, provider)),
            "Authorization" if by_token else "Cession-Signature",
            lambda: signed(all_secrets(door.settings, "receipts")) is None,
        )
        return arrival

    @router.post(
        "/receipts/{provider}",
        responses={202: {"model": Receipted}, **refusals(400, 401, 404, 413, 422)},
        openapi_extra=body_of(GenericReceipt, **_SMS_PROVIDERS_SIGN),
    )
    async def receipts(provider: str, request: Request, response: Response) -> Receipted:  # pyright: ignore[reportUnusedFunction]
        """Take what an SMS provider, a mail server or a letter carrier says of our messages.

        202 when no contact of ours is meant and a person will look.
        """
        arrival = await trusted(request, provider)
        found = readable(read_receipts(provider, arrival.raw))
        return await _each(
            door,
            found,
            lambda session, receipt: note(session, door.store, provider, receipt, arrival),
            response,
        )

    @router.post(
        "/replies/{provider}",
        responses={202: {"model": Receipted}, **refusals(400, 401, 404, 413, 422)},
        openapi_extra=body_of(GenericReply, **_SMS_PROVIDERS_SIGN),
    )
    async def replies(provider: str, request: Request, response: Response) -> Receipted:  # pyright: ignore[reportUnusedFunction]
        """Take what a person wrote. A wish to be left alone holds when this is answered.

        202 when nobody here has that number or address and a person will look.
        """
        arrival = await trusted(request, provider)
        found = readable(read_replies(provider, arrival.raw))
        return await _each(
            door,
            found,
            lambda session, inbound: hear(session, door.store, provider, inbound, arrival),
            response,
        )

    return router


async def _each(
    door: Door,
    found: Sequence[T],
    take: Callable[[Session, T], Receipted],
    response: Response,
) -> Receipted:
    """Take all that one request brought in one transaction; the answer is the last one's."""

    def work_all(session: Session) -> list[Receipted]:
        return [take(session, one) for one in found]

    taken = await door.write(work_all)
    for one in taken:
        log.info("contact.heard", inbox=one.id, status=one.status)
    if any(one.status == "suspense" for one in taken):
        response.status_code = 202
    return taken[-1] if taken else Receipted(status="ignored")


# Receipts


def note(
    session: Session, store: Store, provider: str, receipt: Receipt, arrival: Arrival
) -> Receipted:
    """Append a receipt to its contact, whenever and however often it comes, and draw what follows."""
    row = _contact(session, provider, receipt.contact)
    if row:
        debtors.lock(session, row.debtor_id)
        row = contacts.by_id(session, row.id)
    item, new = inbox.receive(
        session,
        provider=provider,
        external_id=f"receipt:{receipt.external_id}",
        kind="receipt",
        debt_id=row.debt_id if row else None,
        debtor_id=row.debtor_id if row else None,
        facts={"contact": str(row.id) if row else "", "event": receipt.kind.value},
        sealed=store.keys.seal_store(arrival.raw),
        received_at=arrival.now,
        observed_at=arrival.wall,
        status="booked" if row else "suspense",
        problem=None if row else "no contact of ours",
    )
    if not new:
        return Receipted(status="duplicate", id=str(item.id))
    if row is None:
        return Receipted(status="suspense", id=str(item.id))
    doubted = row.state == ContactState.UNKNOWN
    appended = contacts.append(
        session,
        row,
        receipt.kind.value,
        at=min(receipt.at, arrival.now),
        observed_at=arrival.wall,
        external_id=receipt.external_id,
        reason=receipt.reason,
        actor=f"provider:{provider}",
    )
    if appended:
        moved = _follow(session, provider, row, receipt, arrival)
        if moved or (doubted and row.state != ContactState.UNKNOWN):
            # Only what can change the next move wakes a case: histories stay short.
            item.status = "new"
            session.add(item)
    return Receipted(status="new", id=str(item.id))


def _contact(session: Session, provider: str, reference: str) -> ContactRow | None:
    """Find a contact by our id, by the Message-ID made of it, or by the provider's own id."""
    try:
        return contacts.find(session, UUID(reference.strip("<>").partition("@")[0]))
    except ValueError:
        return contacts.by_provider_id(session, provider, reference)


def _follow(
    session: Session, provider: str, row: ContactRow, receipt: Receipt, arrival: Arrival
) -> bool:
    """Draw the consequences of a receipt; answer whether the case may move otherwise now."""
    match receipt.kind:
        case ReceiptKind.SENT:
            return False
        case ReceiptKind.DELIVERED:
            return _reached(session, provider, row, receipt, arrival)
        case ReceiptKind.BOUNCED:
            if receipt.permanent:
                _bury(session, row, "bounced", arrival.now)
            return True
        case ReceiptKind.RETURNED:
            _bury(session, row, "returned", arrival.now, row.debtor_id)
            for debt in _noticed(session, row):
                if debt.notice_reached_at is None and debt.debtor_id == row.debtor_id:
                    debt.notice_returned_at = min(receipt.at, arrival.now)
                    session.add(debt)
            return True


def _reached(
    session: Session, provider: str, row: ContactRow, receipt: Receipt, arrival: Arrival
) -> bool:
    """Record that a notice of assignment reached its debtor, with the carrier's evidence."""
    at = min(receipt.at, arrival.now)
    moved = False
    for debt in _noticed(session, row):
        for party in debts.parties(session, debt.id):
            if party.debtor_id == row.debtor_id and party.notice_reached_at is None:
                party.notice_reached_at = at
                session.add(party)
                moved = True
        if debt.debtor_id == row.debtor_id and debt.notice_reached_at is None:
            debt.notice_reached_at = at
            debt.notice_evidence = receipt.evidence or f"{provider}:{receipt.external_id}"
            session.add(debt)
            moved = True
        if moved:
            records.act(
                session,
                at=arrival.now,
                observed_at=arrival.wall,
                debt_id=debt.id,
                debtor_id=row.debtor_id,
                what="notice.reached",
                reason=row.channel,
                actor=f"provider:{provider}",
                facts={"contact": str(row.id)},
            )
    return moved


def _noticed(session: Session, row: ContactRow) -> list[Debt]:
    """Answer the debts whose notice of assignment this contact carried, with the force to prove it.

    A letter has it; an SMS or e-mail only where the contract agreed to it. Evidence of a shadow
    case proves nothing for a live one, nor the other way round; nor does a notice under the law of
    a country that the debtor has left since.
    """
    if row.purpose not in (Purpose.ASSIGNMENT_NOTICE, Purpose.VALIDATION):
        return []
    return [
        debt
        for debt in _about(session, row)
        if debt.mode == row.mode
        and (debt.law_since is None or row.at >= debt.law_since)
        and (row.channel == Channel.LETTER or _agreed(debt, Channel(row.channel)))
    ]


def _agreed(debt: Debt, channel: Channel) -> bool:
    notice = debt.facts.get("assignment_notice") or {}
    return bool(notice.get(f"contract_allows_{channel.value}"))


def _bury(
    session: Session, row: ContactRow, reason: str, now: datetime, debtor_id: UUID | None = None
) -> None:
    """Mark the number or address as dead, unless a trial would silence a live case by it."""
    if row.number is None:
        return
    theirs = debts.of_debtor(session, row.debtor_id)
    if row.mode == Mode.SHADOW and any(debt.mode == Mode.LIVE for debt in theirs):
        return
    debtors.kill_point(session, row.number, reason, now, debtor_id=debtor_id)


def _about(session: Session, row: ContactRow) -> list[Debt]:
    return [debts.get(session, UUID(debt)) for debt in (row.debts or [str(row.debt_id)])]


# Replies


def hear(
    session: Session, store: Store, provider: str, inbound: Inbound, arrival: Arrival
) -> Receipted:
    """Store what somebody wrote, for each person with that number, and obey it at once.

    Every debt of the person is covered. From a number that nobody here has, a wish to be left
    alone still closes that number, for whoever is imported with it later.
    """
    reading = classify(inbound.text, inbound.channel)
    written = normal(inbound.channel, inbound.sender)
    token = debtors.point_token(store.keys, *written) if written else None
    people = _people(session, provider, inbound, written, token)
    for person in sorted(people):  # in one order, so that two replies never deadlock
        debtors.lock(session, person)
    item, new = inbox.receive(
        session,
        provider=provider,
        external_id=f"reply:{inbound.external_id}",
        kind="reply",
        debtor_id=next(iter(people), None),
        facts={
            "channel": inbound.channel.value,
            "meanings": [meaning.value for meaning in reading.meanings],
            "concerns": [concern.value for concern in reading.concerns],
            "rules": list(reading.rules),
            "debtors": [str(person) for person in people],
        },
        sealed=store.keys.seal_store(arrival.raw),
        received_at=arrival.now,
        observed_at=arrival.wall,
        status="new" if people else "suspense",
        problem=None if people else "nobody here has that number or address",
    )
    if not new:
        return Receipted(status="duplicate", id=str(item.id))
    told = _Told(session, store, provider, inbound, arrival, reading, token, item.id)
    for person, point in people.items():
        told.by(person, point)
    if not people:
        told.by_nobody_known()
    for stop in told.entered:
        log.info("stop.entered", **stop)
    return Receipted(status="new" if people else "suspense", id=str(item.id))


def _people(
    session: Session,
    provider: str,
    inbound: Inbound,
    written: tuple[str, str] | None,
    token: str | None,
) -> dict[UUID, UUID | None]:
    """Answer everybody who may have written, with the point they wrote from."""
    people: dict[UUID, UUID | None] = {}
    if written and token:
        points = debtors.point_by_token(session, written[0], token)
        people = {point.debtor_id: point.id for point in points}
    answered = _contact(session, provider, inbound.contact) if inbound.contact else None
    if answered:
        # The one who was asked has answered, from whatever address.
        return {answered.debtor_id: people.get(answered.debtor_id)}
    return people


def words_of(store: Store, item: InboxItem) -> Inbound | None:
    """Answer what was written in a stored reply and by whom; None where that is gone."""
    read = read_replies(item.provider, store.keys.open_store(item.sealed)) if item.sealed else ()
    if isinstance(read, Unreadable):
        return None
    return next((one for one in read if f"reply:{one.external_id}" == item.external_id), None)


def assign(  # noqa: PLR0917
    session: Session, store: Store, item: InboxItem, inbound: Inbound, debt: Debt, arrival: Arrival
) -> None:
    """Let words from a sender whom nobody here knew be a person's, about one debt of theirs.

    They count from now on as they would have from the first, wishes to be left alone too.
    """
    debtors.lock(session, debt.debtor_id)
    written = normal(inbound.channel, inbound.sender)
    token = debtors.point_token(store.keys, *written) if written else None
    reading = classify(inbound.text, inbound.channel)
    told = _Told(session, store, item.provider, inbound, arrival, reading, token, item.id)
    told.by(debt.debtor_id, None, [debt])
    item.debtor_id = debt.debtor_id
    item.facts = {**item.facts, "debtors": [str(debt.debtor_id)]}
    item.status, item.problem, item.claimed_until, item.tries = "new", None, None, 0
    session.add(item)


class _Told:
    """What one reply does for one person after another."""

    def __init__(  # noqa: PLR0917
        self,
        session: Session,
        store: Store,
        provider: str,
        inbound: Inbound,
        arrival: Arrival,
        reading: Reply,
        token: str | None,
        item_id: UUID,
    ) -> None:
        self._session = session
        self._store = store
        self._provider = provider
        self._inbound = inbound
        self._arrival = arrival
        self._reading = reading
        self._token = token
        self._item_id = item_id
        self.entered: list[dict[str, object]] = []
        """The stops, as the log tells of them."""

    def by(self, person: UUID, point: UUID | None, about: Sequence[Debt] | None = None) -> None:
        """Record a person's words and enter the stops that follow from them.

        They are ``about`` the debts that were last spoken of, unless somebody says which.
        """
        about = about or self._last_spoken_of(person)
        contacts.record_inbound(
            self._session,
            contact_id=uuid5(self._item_id, str(person)),
            debtor_id=person,
            debt_id=about[0].id,
            debts=[debt.id for debt in about],
            channel=self._inbound.channel,
            at=min(self._inbound.at, self._arrival.now),
            point_id=point,
            number=self._token,
            mode=about[0].mode,
            provider=self._provider,
            provider_id=self._inbound.external_id,
            sealed=self._sealed(person),
        )
        called = self._obey(person, about) and about[0].status == "open"
        self._renew(point)
        if self._reading.human and not called:
            work.open(
                self._session,
                debt_id=about[0].id,
                debtor_id=person,
                epoch=about[0].epoch,
                kind=TaskKind.REPLY_REVIEW,
                step=f"reply_{self._item_id.hex[:8]}",
                now=self._arrival.now,
                due_at=self._arrival.now + READ_WITHIN,
            )

    def _renew(self, point: UUID | None) -> None:
        """Who writes by text from a number has used it to speak of the debt: 12 CFR 1006.6(d)(5)(i).

        A wish to be left alone renews nothing, nor does a word that a person must read first.
        """
        if self._inbound.channel is not Channel.SMS or point is None:
            return
        unclear = {Meaning.OPT_OUT, Meaning.CEASE, Meaning.AMBIGUOUS} & set(self._reading.meanings)
        if unclear or self._reading.closed:
            return
        row = self._session.get_one(ContactPoint, point)
        known: dict[str, Any] = row.consents.get("sms", {})
        at = min(self._inbound.at, self._arrival.now).isoformat()
        if known.get("consent") == "no" or str(known.get("at") or "") >= at:
            return
        basis = known.get("basis") or ("consumer_used" if not known.get("consent") else None)
        renewed = {**known, "at": at} | ({"basis": basis} if basis else {})
        row.consents = {**row.consents, "sms": renewed}
        self._session.add(row)

    def by_nobody_known(self) -> None:
        """Close the number itself if its owner wants to be left alone."""
        wishes = {Meaning.OPT_OUT, Meaning.CEASE} & set(self._reading.meanings)
        if wishes and self._token:
            self._enter(StopKind.OPT_OUT, Scope.CONTACT_POINT, "", point_token=self._token)

    def _obey(self, person: UUID, about: Sequence[Debt]) -> bool:
        """Enter every stop that the words call for; answer whether an open case will call a person
        for one of them.
        """
        meanings, concerns = set(self._reading.meanings), set(self._reading.concerns)
        said = {
            "written": True,
            "submitted": min(self._inbound.at, self._arrival.now).isoformat(),
            "received": self._arrival.now.isoformat(),
        }
        for channel in sorted(self._reading.closed):
            own = self._token if channel is self._inbound.channel else None
            self._enter(
                StopKind.OPT_OUT,
                Scope.CHANNEL,
                f"{person}:{channel}",
                debtor_id=person,
                channel=channel,
                point_token=own,
                said=self._confirmed_by(person, about) if own else None,
            )
        called = False
        if Meaning.CEASE in meanings:
            self._enter(StopKind.CEASE, Scope.DEBTOR, str(person), debtor_id=person, said=said)
            called = True
        if Meaning.DISPUTE in meanings:
            for debt in about:
                self._enter(StopKind.DISPUTE, Scope.DEBT, str(debt.id), debt_id=debt.id, said=said)
            called = True
        if Meaning.PAYMENT_CLAIM in meanings:
            for debt in about:
                self._enter(StopKind.UNVERIFIED_PAYMENT, Scope.DEBT, str(debt.id), debt_id=debt.id)
            called = True
        if Concern.SELF_HARM in concerns:
            self._enter(
                StopKind.VULNERABILITY,
                Scope.DEBTOR,
                str(person),
                debtor_id=person,
                said={"kind": "self_harm_risk"},
            )
            called = True
        if concerns - {Concern.SELF_HARM}:
            self._enter(
                StopKind.REPLY_REVIEW,
                Scope.DEBTOR,
                str(person),
                debtor_id=person,
                said={"concerns": sorted(concerns)},
            )
            called = True
        elif Meaning.AMBIGUOUS in meanings:
            self._enter(
                StopKind.REPLY_REVIEW,
                Scope.CHANNEL,
                f"{person}:{self._inbound.channel}",
                debtor_id=person,
                channel=self._inbound.channel,
            )
            called = True
        return called

    def _confirmed_by(self, person: UUID, about: Sequence[Debt]) -> dict[str, object]:
        """Name the one debt whose case confirms the wish where it was written: 47 CFR
        64.1200(a)(12) allows a single confirmation, and nobody else wants more either.
        """
        mine = [*about, *debts.of_debtor(self._session, person)]
        first = next((debt for debt in mine if debt.status == "open"), None)
        return {"confirmed_by": str(first.id)} if first else {}

    def _enter(
        self,
        kind: StopKind,
        scope: Scope,
        which: str,
        *,
        debtor_id: UUID | None = None,
        debt_id: UUID | None = None,
        channel: Channel | None = None,
        point_token: str | None = None,
        said: Mapping[str, object] | None = None,
    ) -> None:
        stop, crossed = stops.enter(
            self._session,
            kind,
            scope,
            now=self._arrival.now,
            observed_at=self._arrival.wall,
            effective_from=min(self._inbound.at, self._arrival.now),
            reason="reply",
            actor="debtor",
            source=f"reply:{self._provider}",
            external_id=f"{self._inbound.external_id}:{kind}:{which}",
            debtor_id=debtor_id,
            debt_id=debt_id,
            channel=channel,
            point_token=point_token,
            facts={**(said or {}), "inbox": str(self._item_id)},
        )
        self.entered.append({"kind": kind.value, "stop": str(stop.id), "crossed": len(crossed)})

    def _last_spoken_of(self, person: UUID) -> list[Debt]:
        """Answer the debts of the last message to this person, else all of theirs."""
        since = self._arrival.now - LOOK_BACK
        sent = [
            row
            for row in contacts.log_of(self._session, person, since)
            if row.direction == Direction.OUT
            and row.state in (ContactState.SENT, ContactState.SENDING, ContactState.UNKNOWN)
        ]
        same = [row for row in sent if row.channel == self._inbound.channel]
        last = next(reversed(same or sent), None)
        return _about(self._session, last) if last else debts.of_debtor(self._session, person)

    def _sealed(self, person: UUID) -> bytes | None:
        """Seal the words under the person's key; of an erased person nothing is kept here."""
        try:
            key = self._store.keys.person_key(self._session, person)
        except PersonErasedError:
            return None
        return key.seal({"from": self._inbound.sender, "text": self._inbound.text})
