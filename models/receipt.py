"""Words about delivery receipts and about messages that people send us."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import ConfigDict, Field

from models.base import Value
from models.contact import Channel


class ReceiptKind(StrEnum):
    """What a carrier says of a message; the names are those of contact events."""

    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    RETURNED = "returned"


class Receipt(Value):
    """A carrier's word on one message of ours."""

    external_id: str
    contact: str
    """Our contact id, or the id the provider gave at acceptance."""
    kind: ReceiptKind
    at: datetime
    reason: str = ""
    evidence: str = ""
    """Of a letter: the carrier's tracking or proof code."""
    permanent: bool = False
    """Of a bounce: the number or address will never take a message."""


class Inbound(Value):
    """A message from a person, as a provider handed it over."""

    model_config = ConfigDict(hide_input_in_errors=True)

    external_id: str
    channel: Channel
    sender: str = Field(repr=False)
    """Number or address it came from, as the provider writes it."""
    text: str = Field(repr=False)
    at: datetime
    contact: str = ""
    """The contact it answers, when the provider knows."""
