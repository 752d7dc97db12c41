"""SMS over HTTP, in the shape of Infobip's API.

Infobip was chosen because it lets the sender set the message's id: our contact id is the
provider's id, so doubt can be resolved by asking for it and receipts need no translation. Its
log answers for 48 hours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import httpx
from pydantic import BaseModel, ValidationError

from connectors.base import refusal
from models.contact import Channel
from models.message import (
    Accepted,
    CannotTell,
    Delivery,
    Doubt,
    NotFound,
    OutboundMessage,
    Refused,
    Sighting,
)

_UNDELIVERABLE = 2
_REJECTED = 5
_NEVER_TAKEN = frozenset({_UNDELIVERABLE, _REJECTED})
"""Status groups of a message in the answer to its own sending that mean it is not taken."""

_NEVER = frozenset({400, 413, 422})
"""Statuses that speak of this very message; the others speak of our key, our address or load."""


class _Status(BaseModel):
    groupId: int  # noqa: N815
    name: str = ""


class _Message(BaseModel):
    messageId: str  # noqa: N815
    status: _Status


class _Sent(BaseModel):
    messages: tuple[_Message, ...]


class _Logs(BaseModel):
    results: tuple[_Message, ...]


@dataclass(frozen=True)
class SmsAccount:
    """An account with the provider."""

    url: str
    """Base address, as ``https://xyz.api.infobip.com``."""
    key: str = field(repr=False)
    sender: str
    """Number or name that the message comes from, as registered."""
    receipts_url: str = ""
    """Where delivery receipts are pushed; empty leaves it to the account's settings."""
    timeout: float = 20.0
    """Seconds to connect, and to wait for an answer."""


class SmsGateway:
    """Sends one text by one POST.

    No connection, 429 and 503 are certain refusals for now; any other 5xx, a broken answer or
    none is doubt, which ``lookup`` ends when it finds the message, and never when it does not: the
    log may lag behind.
    """

    name = "infobip"
    settles = None
    """Infobip promises no time within which its log is complete."""

    def __init__(self, account: SmsAccount) -> None:
        self._account = account
        self._http = httpx.AsyncClient(
            base_url=account.url,
            timeout=account.timeout,
            headers={"Authorization": f"App {account.key}"},
        )

    async def deliver(self, message: OutboundMessage) -> Delivery:
        refused = refusal(message, Channel.SMS)
        if refused:
            return refused
        try:
            answer = await self._http.post("/sms/3/messages", json=self._request(message))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Refused(reason=error.__class__.__name__, permanent=False)
        except httpx.HTTPError as error:
            return Doubt(reason=error.__class__.__name__)
        return _delivery(answer, message.contact_id)

    async def lookup(self, contact_id: UUID) -> Sighting:
        try:
            answer = await self._http.get("/sms/3/logs", params={"messageId": str(contact_id)})
            answer.raise_for_status()
            logs = _Logs.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as error:
            return CannotTell(reason=error.__class__.__name__)
        for found in logs.results:
            if found.messageId == str(contact_id):
                return Accepted(provider_id=found.messageId)
        return NotFound()

    async def close(self) -> None:
        await self._http.aclose()

    def _request(self, message: OutboundMessage) -> dict[str, object]:
        destination = {"to": message.to.removeprefix("+"), "messageId": str(message.contact_id)}
        text: dict[str, object] = {
            "sender": self._account.sender,
            "destinations": [destination],
            "content": {"text": message.body},
        }
        if self._account.receipts_url:
            text["webhooks"] = {"delivery": {"url": self._account.receipts_url}}
        return {"messages": [text]}


def _delivery(answer: httpx.Response, contact_id: UUID) -> Delivery:
    code = f"http_{answer.status_code}"
    if answer.is_redirect or answer.is_client_error or answer.status_code == 503:
        return Refused(reason=code, permanent=answer.status_code in _NEVER)
    if not answer.is_success:
        return Doubt(reason=code)
    try:
        sent = _Sent.model_validate_json(answer.content)
    except ValidationError:
        return Doubt(reason="answer_unreadable")
    for message in sent.messages:
        if message.messageId == str(contact_id):
            if message.status.groupId in _NEVER_TAKEN:
                return Refused(reason=message.status.name or "rejected", permanent=True)
            return Accepted(provider_id=message.messageId)
    return Doubt(reason="answer_without_our_message")
