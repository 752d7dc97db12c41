"""A message on its way out, and what a provider can answer about it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from models.base import Value
from models.contact import Channel, Mode


class Attachment(Value):
    """A file that goes with a message; of a letter, the page itself."""

    name: str
    media_type: str
    content: bytes = Field(repr=False)


class OutboundMessage(Value):
    """A rendered message to one address, in memory only: its address and text are never logged.

    An SMS has no subject. A letter carries its page as a PDF attachment, and ``to`` is the
    postal address on several lines.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    contact_id: UUID
    channel: Channel
    mode: Mode
    at: datetime
    """Business time of sending, aware."""
    locale: str
    to: str = Field(repr=False, min_length=1)
    subject: str = Field(default="", repr=False)
    body: str = Field(default="", repr=False)
    attachments: tuple[Attachment, ...] = Field(default=(), repr=False)


class Accepted(Value):
    """The provider has taken charge of the message."""

    kind: Literal["accepted"] = "accepted"
    provider_id: str


class Refused(Value):
    """The provider has certainly not taken the message.

    ``permanent``: this address or text will never be taken; otherwise later may do.
    ``reason`` is a code or the provider's status, without address or text.
    """

    kind: Literal["refused"] = "refused"
    reason: str
    permanent: bool


class Doubt(Value):
    """The message may or may not have been taken: never send again, find out."""

    kind: Literal["doubt"] = "doubt"
    reason: str


class NotFound(Value):
    """The provider's record shows no such message at this moment, which may be too early."""

    kind: Literal["not_found"] = "not_found"


class CannotTell(Value):
    """The provider keeps no record that can be asked, or did not answer."""

    kind: Literal["cannot_tell"] = "cannot_tell"
    reason: str


class Withdrawn(Value):
    """What was handed over is back, and will not be printed."""

    kind: Literal["withdrawn"] = "withdrawn"


class Gone(Value):
    """It can't be taken back any more. ``reason`` is a code."""

    kind: Literal["gone"] = "gone"
    reason: str


Delivery = Accepted | Refused | Doubt
Sighting = Accepted | NotFound | CannotTell
