"""The contact log: events are appended, the row's state is their projection and only moves on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy.orm import InstrumentedAttribute, defer
from sqlmodel import Session, col, select

from models.contact import Channel, ContactState, Direction, Outcome
from models.tables import ContactEvent, ContactRow
from store.engine import insert_once

_MOVES = {
    (ContactState.RESERVED, "released"): ContactState.RELEASED,
    (ContactState.RESERVED, "sending"): ContactState.SENDING,
    (ContactState.RELEASED, "reserved"): ContactState.RESERVED,
    (ContactState.SENDING, "sent"): ContactState.SENT,
    (ContactState.SENDING, "not_sent"): ContactState.NOT_SENT,
    (ContactState.SENDING, "unknown"): ContactState.UNKNOWN,
    (ContactState.UNKNOWN, "sent"): ContactState.SENT,
    (ContactState.UNKNOWN, "not_sent"): ContactState.NOT_SENT,
    # A receipt proves the sending, before our own record of it, after doubt, or against it.
    (ContactState.SENDING, "delivered"): ContactState.SENT,
    (ContactState.SENDING, "bounced"): ContactState.SENT,
    (ContactState.SENDING, "returned"): ContactState.SENT,
    (ContactState.UNKNOWN, "delivered"): ContactState.SENT,
    (ContactState.UNKNOWN, "bounced"): ContactState.SENT,
    (ContactState.UNKNOWN, "returned"): ContactState.SENT,
    (ContactState.NOT_SENT, "delivered"): ContactState.SENT,
    (ContactState.NOT_SENT, "returned"): ContactState.SENT,
    # A letter that its printer gave back never left; one that it printed all the same did.
    (ContactState.SENT, "withdrawn"): ContactState.RELEASED,
    (ContactState.RELEASED, "delivered"): ContactState.SENT,
    (ContactState.RELEASED, "returned"): ContactState.SENT,
}

_RESULTS = ("sent", "not_sent", "unknown")
"""What a provider's answer may be; it is put on record even when a receipt was faster."""

_WEIGHT: list[str | None] = [None, "unknown", "sent", "delivered", "bounced", "returned"]
"""Outcomes only move to the right, whatever the order of receipts: a failure is never undone."""


_SEALED = cast("InstrumentedAttribute[bytes | None]", ContactRow.sealed)


class UnknownContactError(LookupError):
    """No contact has this id."""

    hopeless = True

    def __init__(self, contact_id: UUID) -> None:
        self.contact_id = contact_id
        super().__init__(f"no contact {contact_id} in the store")


def log_of(session: Session, debtor_id: UUID, since: datetime) -> list[ContactRow]:
    """Answer a person's contacts over all debts and channels from an instant on, in one query.

    Reservations for later are among them: caps look at both sides of an instant. The words of the
    messages stay unread.
    """
    return list(
        session.exec(
            select(ContactRow)
            .where(col(ContactRow.debtor_id) == debtor_id, col(ContactRow.at) >= since)
            .order_by(col(ContactRow.at), col(ContactRow.id))
            .options(defer(_SEALED))
            .execution_options(populate_existing=True)
        )
    )


def of_debt(session: Session, debt_id: UUID) -> list[ContactRow]:
    """Answer every contact of a debt, oldest first."""
    return list(
        session.exec(
            select(ContactRow)
            .where(col(ContactRow.debt_id) == debt_id)
            .order_by(col(ContactRow.at), col(ContactRow.id))
        )
    )


def events(session: Session, contact_id: UUID) -> list[ContactEvent]:
    """Answer the life of a contact, oldest first; its row is the first event."""
    return list(
        session.exec(
            select(ContactEvent)
            .where(col(ContactEvent.contact_id) == contact_id)
            .order_by(col(ContactEvent.at), col(ContactEvent.observed_at))
        )
    )


def find(session: Session, contact_id: UUID) -> ContactRow | None:
    """Answer a contact, fresh, or None."""
    return session.get(ContactRow, contact_id, populate_existing=True)


def by_id(session: Session, contact_id: UUID) -> ContactRow:
    """Answer a contact, fresh; raises ``UnknownContactError``."""
    row = find(session, contact_id)
    if row is None:
        raise UnknownContactError(contact_id)
    return row


def by_provider_id(session: Session, provider: str, provider_id: str) -> ContactRow | None:
    """Answer the contact that a provider knows by its own id."""
    return session.exec(
        select(ContactRow).where(
            col(ContactRow.provider_id) == provider_id, col(ContactRow.provider) == provider
        )
    ).one_or_none()


def append(
    session: Session,
    contact: ContactRow,
    kind: str,
    *,
    at: datetime,
    observed_at: datetime,
    external_id: str = "",
    reason: str = "",
    actor: str = "case",
) -> bool:
    """Append an event and move the contact on; answer False when it is on record already.

    ``external_id`` is the provider's id of a receipt, which makes a repeated one nothing. An act of
    our own has none and counts only if it moves the contact: of two who want to send, one is
    answered True. Call it under the debtor's lock. ``at`` is business time of the event.
    """
    before = ContactState(contact.state)
    after = _MOVES.get((before, kind))
    if not external_id and after is None and not _late_result(session, contact, before, kind):
        return False
    session.add(contact)
    event = ContactEvent(
        id=uuid4(),
        contact_id=contact.id,
        kind=kind,
        at=at,
        observed_at=observed_at,
        external_id=external_id or None,
        reason=reason,
        actor=actor,
    )
    if not insert_once(session, event, "contact_id", "kind", "external_id"):
        return False
    if after is not None:
        contact.state = after
    contact.outcome = _outcome(contact, kind)
    session.flush()
    return True


def record_inbound(
    session: Session,
    *,
    contact_id: UUID,
    debtor_id: UUID,
    debt_id: UUID,
    channel: Channel,
    at: datetime,
    debts: Sequence[UUID] = (),
    point_id: UUID | None = None,
    number: str | None = None,
    mode: str = "shadow",
    outcome: Outcome = Outcome.RECEIVED,
    provider: str | None = None,
    provider_id: str | None = None,
    sealed: bytes | None = None,
    answers: dict[str, Any] | None = None,
) -> ContactRow:
    """Record what a person sent or said on their own; repeated with the same id it is one contact.

    ``debts`` are all debts it was about, if more than ``debt_id``; ``sealed`` the words under the
    person's key. It counts toward no cap but may begin a cooldown.
    """
    row = ContactRow(
        id=contact_id,
        debtor_id=debtor_id,
        debt_id=debt_id,
        debts=[str(debt) for debt in debts],
        direction=Direction.IN,
        channel=channel,
        purpose="reply",
        point_id=point_id,
        number=number,
        mode=mode,
        state=ContactState.SENT,
        outcome=outcome,
        at=at,
        caller="debtor",
        agent="human",
        provider=provider,
        provider_id=provider_id,
        sealed=sealed,
        answers=answers or {},
    )
    return row if insert_once(session, row, "id") else by_id(session, contact_id)


def _late_result(session: Session, contact: ContactRow, state: ContactState, kind: str) -> bool:
    """Whether this is the first answer of a provider whose receipt overtook it."""
    if state is not ContactState.SENT or kind not in _RESULTS:
        return False
    known = session.exec(
        select(ContactEvent.id).where(
            col(ContactEvent.contact_id) == contact.id, col(ContactEvent.kind).in_(_RESULTS)
        )
    ).first()
    return known is None


def _outcome(contact: ContactRow, kind: str) -> str | None:
    """The outcome after an event; what a person reported of a call or visit stays."""
    now = contact.outcome
    if kind == "withdrawn" and contact.state == ContactState.RELEASED:
        return None
    if kind == "not_sent" and contact.state == ContactState.NOT_SENT:
        return None
    if kind not in _WEIGHT or now not in _WEIGHT:
        return now
    return kind if _WEIGHT.index(kind) > _WEIGHT.index(now) else now
