"""A provider that is down is left alone for a while, and tried by one message before many follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog

from connectors.base import Connector
from models.message import Accepted, Delivery, Doubt, OutboundMessage, Refused, Sighting

log = structlog.get_logger()

FAILURES = 5
"""In a row; a single slow answer is no outage."""

FIRST_REST = 30.0
"""Seconds that a provider is left alone after it failed so often."""

LONGEST_REST = 900.0
"""Seconds; each failed trial doubles the rest up to here, so that a recovery is soon noticed."""

OPEN = "provider_resting"
"""Reason of a message that was not tried; the case comes back to it as after any refusal for now."""


@dataclass
class Breaker:
    """One connector behind a circuit breaker; knows nothing of messages, keeps none.

    While the provider rests, messages are refused for now without a call: cases look again by
    themselves, spread as they always are, and every try repeats the whole legal check. So there
    is no queue that could burst. After the rest one message goes as a trial.
    """

    inner: Connector
    clock: Callable[[], float]
    """Seconds of business time, from whatever beginning."""
    failures: int = 0
    rest: float = FIRST_REST
    until: float | None = field(default=None)
    """Instant of ``clock`` until which nothing is tried; None while the provider is well."""
    trying: bool = False

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def settles(self) -> timedelta | None:
        return self.inner.settles

    async def deliver(self, message: OutboundMessage) -> Delivery:
        if self.until is not None and (self.trying or self.clock() < self.until):
            return Refused(reason=OPEN, permanent=False)
        self.trying = self.until is not None
        try:
            answer = await self.inner.deliver(message)
        except BaseException:
            # Cut off by our own time limit: as bad a sign as a refusal.
            self._note(well=False)
            raise
        finally:
            self.trying = False
        match answer:
            case Accepted() | Refused(permanent=True):
                self._note(well=True)
            case Refused() | Doubt():
                self._note(well=False)
        return answer

    async def lookup(self, contact_id: UUID) -> Sighting:
        return await self.inner.lookup(contact_id)

    async def close(self) -> None:
        await self.inner.close()

    def _note(self, *, well: bool) -> None:
        if well:
            if self.until is not None:
                log.info("provider.back", provider=self.name)
            self.failures, self.rest, self.until = 0, FIRST_REST, None
            return
        self.failures += 1
        if self.until is not None:
            self.rest = min(self.rest * 2, LONGEST_REST)
        if self.failures >= FAILURES:
            self.until = self.clock() + self.rest
            log.error(
                "provider.resting", provider=self.name, failures=self.failures, seconds=self.rest
            )
