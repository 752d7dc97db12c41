"""Providers on loopback: real protocols, chosen behaviour."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from aiosmtpd.smtp import SMTP

from models.contact import Channel, Mode
from models.message import Attachment, OutboundMessage

AT = datetime(2026, 6, 29, 14, 0, tzinfo=UTC)


@pytest.fixture
def make_message():
    def make(channel: Channel, mode: Mode = Mode.LIVE, **changes) -> OutboundMessage:
        to = {Channel.SMS: "+12025550143", Channel.EMAIL: "li.wei@example.com"}
        page = Attachment(name="letter.pdf", media_type="application/pdf", content=b"%PDF-1.7 x")
        fields = {
            "contact_id": uuid4(),
            "channel": channel,
            "mode": mode,
            "at": AT,
            "locale": "zh-CN",
            "to": to.get(channel, "1 Example Street\n10001 Example City"),
            "subject": "" if channel is Channel.SMS else "关于您的账户",
            "body": "您好,余额 1,170.00 元。\nReply STOP to opt out",
            "attachments": (page,) if channel is Channel.LETTER else (),
        }
        return OutboundMessage(**{**fields, **changes})

    return make


@dataclass
class SmsProvider:
    """Speaks the provider's HTTP; ``then`` is what it does with the next request."""

    url: str = ""
    then: str = "accept"
    taken: dict[UUID, dict] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await self._one(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _one(self, reader, writer) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *rest = head.strip().split("\r\n")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in rest)}
        self.keys.add(headers["authorization"])
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, target, _ = first.split(" ")
        if method == "GET":
            wanted = parse_qs(urlsplit(target).query)["messageId"][0]
            found = [wanted] if UUID(wanted) in self.taken else []
            self._answer(writer, 200, {"results": [self._message(i, 3) for i in found]})
            return
        text = json.loads(body)["messages"][0]
        ref = text["destinations"][0]["messageId"]
        if self.then not in {"429", "503", "401", "400", "302"}:
            self.taken[UUID(ref)] = text
        match self.then:
            case "accept":
                self._answer(writer, 200, {"messages": [self._message(ref, 1)]})
            case "reject":
                self._answer(writer, 200, {"messages": [self._message(ref, 5)]})
            case "take_then_hang":
                await asyncio.Event().wait()
            case "take_then_drop":
                writer.transport.abort()
            case "take_then_nonsense":
                self._answer(writer, 200, {"surprise": True})
            case status:
                self._answer(writer, int(status.removeprefix("take_then_")), {})

    def _message(self, ref: str, group: int) -> dict:
        return {"messageId": ref, "status": {"groupId": group, "name": f"GROUP_{group}"}}

    def _answer(self, writer, status: int, content: dict) -> None:
        body = json.dumps(content).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nLocation: /x\r\n\r\n"
        writer.write(head.encode() + body)


@pytest.fixture
async def sms_provider() -> AsyncIterator[SmsProvider]:
    provider = SmsProvider()
    open_connections: set[asyncio.Task] = set()

    async def serve(reader, writer):
        task = asyncio.current_task()
        assert task is not None
        open_connections.add(task)
        await provider.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    provider.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield provider
    server.close()
    for task in open_connections:
        task.cancel()
    await asyncio.gather(*open_connections, return_exceptions=True)


@dataclass
class MailSink:
    """A real SMTP server; ``rcpt`` and ``data`` are what it answers to those commands."""

    port: int = 0
    rcpt: str = "250 OK"
    data: str = "250 OK"
    drop: str = ""
    hang: bool = False
    mails: list[bytes] = field(default_factory=list)

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.drop == "rcpt":
            server.transport.abort()
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.data.startswith("250"):
            self.mails.append(envelope.original_content)
        if self.drop == "data":
            server.transport.abort()
        if self.hang:
            await asyncio.Event().wait()
        return self.data


@pytest.fixture
async def mail_sink() -> AsyncIterator[MailSink]:
    sink = MailSink()
    loop = asyncio.get_running_loop()
    sessions: list[SMTP] = []

    def session() -> SMTP:
        sessions.append(SMTP(sink, hostname="mail.example"))
        return sessions[-1]

    server = await loop.create_server(session, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    yield sink
    server.close()
    for each in sessions:
        if each.transport is not None:
            each.transport.abort()
        if each._handler_coroutine is not None:
            each._handler_coroutine.cancel()
