"""Reading delivery receipts and replies: provider bodies into facts."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Literal

import phonenumbers
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.contact import Channel
from models.payment import Unreadable
from models.receipt import Inbound, Receipt, ReceiptKind
from rules.payment import Code, Instant, unreadable

_EVENTS = {
    "posted": ReceiptKind.SENT,
    "sent": ReceiptKind.SENT,
    "delivered": ReceiptKind.DELIVERED,
    "failed": ReceiptKind.BOUNCED,
    "bounced": ReceiptKind.BOUNCED,
    "returned": ReceiptKind.RETURNED,
}


class GenericReceipt(BaseModel):
    """Body of the generic delivery receipt."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    id: Code = Field(description="Your id of this event; the same id again is the same event.")
    contact: Code = Field(description="Our contact id, or the id you gave at acceptance.")
    event: Literal["posted", "sent", "delivered", "failed", "bounced", "returned"]
    at: Instant = Field(description="RFC 3339 with an offset.")
    reason: str = Field(default="", pattern=r"^[A-Za-z0-9_.:-]{0,64}$", description="A code.")
    evidence: str = Field(
        default="", pattern=r"^[A-Za-z0-9_./:-]{0,100}$", description="Tracking or proof code."
    )
    permanent: bool = Field(
        default=False, description="Of a failure: this address will never take a message."
    )


class GenericReply(BaseModel):
    """Body of the generic inbound message."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, populate_by_name=True)

    id: Code = Field(description="Your id of this message; the same id again is the same message.")
    sender: str = Field(
        alias="from", min_length=1, max_length=320, description="Number in E.164 or e-mail address."
    )
    text: str = Field(max_length=20_000)
    channel: Literal["sms", "email"]
    at: Instant = Field(description="RFC 3339 with an offset.")
    contact: Code | None = Field(default=None, description="The contact it answers, if known.")


class _Status(BaseModel):
    groupId: int  # noqa: N815
    name: str = Field(pattern=r"^[A-Z_]{1,64}$")


class _Error(BaseModel):
    permanent: bool = False


class _Report(BaseModel):
    messageId: Code  # noqa: N815
    status: _Status
    error: _Error = _Error()
    doneAt: Instant  # noqa: N815


class _Reports(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    results: tuple[_Report, ...] = Field(max_length=1000)


class _Text(BaseModel):
    messageId: Code  # noqa: N815
    sender: str = Field(alias="from", min_length=1, max_length=320)
    text: str = Field(max_length=20_000)
    receivedAt: Instant  # noqa: N815


class _Texts(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    results: tuple[_Text, ...] = Field(max_length=1000)


_GROUPS = {
    0: ReceiptKind.SENT,
    1: ReceiptKind.SENT,
    2: ReceiptKind.BOUNCED,
    3: ReceiptKind.DELIVERED,
    4: ReceiptKind.BOUNCED,
    5: ReceiptKind.BOUNCED,
}
"""Infobip's status groups: accepted, pending, undeliverable, delivered, expired, rejected."""

_UNDELIVERABLE = 2


def read_receipts(provider: str, raw: bytes) -> tuple[Receipt, ...] | Unreadable:
    """Read what a carrier pushed: Infobip's reports, or the generic body of any other."""
    try:
        if provider == "infobip":
            reports = _Reports.model_validate_json(raw)
            return tuple(_infobip(report) for report in reports.results)
        body = GenericReceipt.model_validate_json(raw)
    except ValidationError as error:
        return unreadable(error)
    receipt = Receipt(
        external_id=body.id,
        contact=body.contact,
        kind=_EVENTS[body.event],
        at=body.at,
        reason=body.reason,
        evidence=body.evidence,
        permanent=body.permanent or body.event == "bounced",
    )
    return (receipt,)


def read_replies(provider: str, raw: bytes) -> tuple[Inbound, ...] | Unreadable:
    """Read what people wrote: Infobip's messages, or the generic body of any other."""
    try:
        if provider == "infobip":
            texts = _Texts.model_validate_json(raw)
            return tuple(
                Inbound(
                    external_id=text.messageId,
                    channel=Channel.SMS,
                    sender=f"+{text.sender.removeprefix('+')}",
                    text=text.text,
                    at=text.receivedAt,
                )
                for text in texts.results
            )
        body = GenericReply.model_validate_json(raw)
    except ValidationError as error:
        return unreadable(error)
    inbound = Inbound(
        external_id=body.id,
        channel=Channel(body.channel),
        sender=body.sender,
        text=body.text,
        at=body.at,
        contact=body.contact or "",
    )
    return (inbound,)


def normal(channel: Channel, sender: str) -> tuple[str, str] | None:
    """Write a sender the way the store recognises it: kind of point and normal form.

    Numbers become E.164, e-mail addresses bare and in lower case. None cannot be anybody's.
    """
    if channel is Channel.EMAIL:
        address = parseaddr(sender)[1].lower()
        return ("email", address) if "@" in address else None
    try:
        number = phonenumbers.parse(sender)
    except phonenumbers.NumberParseException:
        return None
    return "phone", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _infobip(report: _Report) -> Receipt:
    group = report.status.groupId
    return Receipt(
        external_id=f"{report.messageId}:{report.status.name}",
        contact=report.messageId,
        kind=_GROUPS.get(group, ReceiptKind.SENT),
        at=report.doneAt,
        reason=report.status.name,
        permanent=group == _UNDELIVERABLE and report.error.permanent,
    )
