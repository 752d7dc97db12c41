"""The file outbox: messages as files to be read, for trials and all of shadow mode."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

from connectors.file import SETTLED, write_once
from connectors.mail import written
from models.contact import Channel
from models.message import Accepted, Delivery, NotFound, OutboundMessage, Refused, Sighting

_SUFFIX = {Channel.SMS: "txt", Channel.EMAIL: "eml", Channel.LETTER: "pdf"}


class FileOutbox:
    """Writes ``sms/DAY/ID.txt``, ``email/DAY/ID.eml`` and ``letter/DAY/ID.pdf`` by contact id.

    A day is the message's date in UTC. A contact that has a file is never written again, even
    by another process; a file is complete or absent.
    """

    name = "outbox"
    settles = SETTLED

    def __init__(self, directory: Path, sender: str) -> None:
        self._directory = directory
        self._sender = sender

    async def deliver(self, message: OutboundMessage) -> Delivery:
        return await asyncio.to_thread(self._deliver, message)

    async def lookup(self, contact_id: UUID) -> Sighting:
        path = await asyncio.to_thread(self._find, contact_id)
        return Accepted(provider_id=self._id(path)) if path else NotFound()

    async def close(self) -> None:
        """Nothing is open between messages."""

    def _deliver(self, message: OutboundMessage) -> Delivery:
        suffix = _SUFFIX.get(message.channel)
        if suffix is None:
            return Refused(reason=f"not_for_{message.channel.value}", permanent=True)
        found = self._find(message.contact_id)
        if found:
            return Accepted(provider_id=self._id(found))
        content = self._content(message)
        if isinstance(content, Refused):
            return content
        day = self._directory / message.channel.value / f"{message.at:%Y-%m-%d}"
        path = day / f"{message.contact_id}.{suffix}"
        try:
            day.mkdir(parents=True, exist_ok=True)
            write_once(path, content)
        except OSError as error:
            return Refused(reason=f"outbox_{error.__class__.__name__}", permanent=False)
        return Accepted(provider_id=self._id(path))

    def _content(self, message: OutboundMessage) -> bytes | Refused:
        if message.channel is Channel.LETTER:
            pages = [a for a in message.attachments if a.media_type == "application/pdf"]
            if len(pages) != 1:
                return Refused(reason="letter_without_one_pdf", permanent=True)
            return pages[0].content
        if message.channel is Channel.EMAIL:
            return written(message, self._sender)
        head = f"To: {message.to}\nContact: {message.contact_id}\nDate: {message.at.isoformat()}\n"
        return f"{head}\n{message.body}\n".encode()

    def _find(self, contact_id: UUID) -> Path | None:
        for channel, suffix in _SUFFIX.items():
            for path in self._directory.glob(f"{channel.value}/*/{contact_id}.{suffix}"):
                return path
        return None

    def _id(self, path: Path) -> str:
        return path.relative_to(self._directory).as_posix()
