"""A lean HTTP client: one that costs more than the gateway would measure itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Self
from urllib.parse import urlsplit


class Caller:
    """One connection that is kept open, as a payment provider keeps it."""

    def __init__(self, address: str) -> None:
        told = urlsplit(address)
        self._host, self._port = told.hostname or "", told.port or 80
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, raw: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        """Answer status and body; raises ``OSError`` or ``EOFError`` when no answer comes."""
        try:
            reader, writer = self._open or await asyncio.open_connection(self._host, self._port)
            self._open = reader, writer
            lines = [
                f"POST {path} HTTP/1.1",
                f"Host: {self._host}:{self._port}",
                f"Content-Length: {len(raw)}",
                *(f"{name}: {value}" for name, value in headers.items()),
            ]
            writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + raw)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(head.partition("\r\ncontent-length:")[2].split("\r\n", 1)[0])
            return int(head.split(" ", 2)[1]), (await reader.readexactly(length)).decode()
        except (OSError, EOFError):
            self.close()
            raise

    def close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
