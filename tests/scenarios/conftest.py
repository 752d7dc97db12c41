"""The world of the workflow tests, and a provider that scripts can break."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP

from tests.workflows.conftest import make_world

__all__ = ["mail_sink", "make_world", "sms_provider"]

Met = Callable[[UUID], Awaitable[None]]


async def _nothing(_: UUID) -> None:
    """Meet nobody on the way."""


@dataclass
class SmsProvider:
    """A provider of texts on loopback, as ``connectors.sms`` speaks to it."""

    url: str = ""
    then: str = "accept"
    log: bool | str = True
    """Whether it can be asked what it has taken; ``late``: its log does not show it yet."""
    met: Met = _nothing
    """What happens while a message is being taken, before the answer."""
    taken: list[UUID] = field(default_factory=list)
    """Contact ids in the order in which messages were really taken charge of."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await self._one(reader, writer)
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *rest = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, target, _ = first.split(" ")
        if method == "GET" and not self.log:
            _answer(writer, 503, {})
            return
        if method == "GET":
            wanted = parse_qs(urlsplit(target).query)["messageId"][0]
            shown = UUID(wanted) in self.taken and self.log != "late"
            found = [_message(wanted, 3)] if shown else []
            _answer(writer, 200, {"results": found})
            return
        ref = json.loads(body)["messages"][0]["destinations"][0]["messageId"]
        await self.met(UUID(ref))
        match self.then:
            case "503" | "429":
                _answer(writer, int(self.then), {})
                return
            case "reject":
                _answer(writer, 200, {"messages": [_message(ref, 5)]})
                return
            case _:
                self.taken.append(UUID(ref))
        match self.then:
            case "take_then_500":
                _answer(writer, 500, {})
            case "take_then_drop":
                writer.transport.abort()
            case _:
                _answer(writer, 200, {"messages": [_message(ref, 1)]})


def _message(ref: str, group: int) -> dict:
    return {"messageId": ref, "status": {"groupId": group, "name": f"GROUP_{group}"}}


def _answer(writer: asyncio.StreamWriter, status: int, content: dict) -> None:
    body = json.dumps(content).encode()
    writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


class _Takes:
    """A mail server's handler that takes every message."""

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802
        return "250 taken"


@pytest.fixture
async def mail_sink() -> AsyncIterator[int]:
    """A mail server of this test alone; answers its port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(_Takes(), loop=loop), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


@pytest.fixture
async def sms_provider() -> AsyncIterator[SmsProvider]:
    """A provider of this test alone."""
    provider = SmsProvider()
    serving: set[asyncio.Task] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        with suppress(asyncio.CancelledError):
            await provider.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    provider.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield provider
    server.close()
    for task in serving:
        task.cancel()
    await asyncio.gather(*serving, return_exceptions=True)
