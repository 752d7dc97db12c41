"""What every connector to a messaging service is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, runtime_checkable
from uuid import UUID

from models.contact import BY_PERSON, Channel, Mode
from models.message import Delivery, Gone, OutboundMessage, Refused, Sighting, Withdrawn


class Connector(Protocol):
    """One service that takes messages.

    The caller holds the contact's ``sending`` row before it calls ``deliver``, calls it once,
    and answers doubt by ``lookup`` and delivery receipts, never by a second ``deliver``.
    """

    @property
    def name(self) -> str:
        """A short code for the contact log and for receipt addresses."""
        ...

    @property
    def settles(self) -> timedelta | None:
        """How long after a delivery began its record can still lack a message that was taken.

        What the service guarantees, or None: then a message that its record does not show may
        have been taken all the same.
        """
        ...

    async def deliver(self, message: OutboundMessage) -> Delivery:
        """Hand the message over. Whatever the service does is an answer, not an exception."""
        ...

    async def lookup(self, contact_id: UUID) -> Sighting:
        """Ask the service whether it has taken the message of this contact."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class Recalling(Protocol):
    """A connector whose service can give back what it has not worked off yet, as a printer can."""

    @property
    def name(self) -> str: ...

    async def withdraw(self, contact_id: UUID) -> Withdrawn | Gone:
        """Take a message back for good; repeated it answers the same. Doubt is ``Gone``."""
        ...


class NoConnectorError(Exception):
    """A live message for a channel that no connector serves."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(
            f"no live connector for channel {channel.value!r}: configure one, "
            "or keep its cases in shadow mode"
        )


@dataclass(frozen=True)
class Connectors:
    """The connectors of a process: the outbox for everything in shadow, one a channel for live."""

    outbox: Connector
    live: Mapping[Channel, Connector] = field(default_factory=dict[Channel, Connector])

    def choose(self, mode: Mode, channel: Channel) -> Connector:
        """Answer who delivers; shadow never reaches a live connector."""
        match mode:
            case Mode.SHADOW:
                return self.outbox
            case Mode.LIVE:
                if channel not in self.live:
                    raise NoConnectorError(channel)
                return self.live[channel]

    def unserved(self, mode: Mode) -> frozenset[Channel]:
        """Answer the channels of messages by which nothing can leave in a mode."""
        written = frozenset(Channel) - BY_PERSON
        return written - self.live.keys() if mode is Mode.LIVE else frozenset()

    async def close(self) -> None:
        for connector in (self.outbox, *self.live.values()):
            await connector.close()


def refusal(message: OutboundMessage, channel: Channel) -> Refused | None:
    """Answer why a live connector for ``channel`` must not take this message, if so."""
    if message.mode is not Mode.LIVE:
        return Refused(reason="shadow_message_at_live_connector", permanent=True)
    if message.channel is not channel:
        return Refused(reason=f"not_for_{message.channel.value}", permanent=True)
    return None
