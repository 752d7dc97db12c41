"""A provider that is down rests, is tried by one message, and never gets a burst."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from connectors.breaker import FAILURES, FIRST_REST, LONGEST_REST, OPEN, Breaker
from models.contact import Channel, Mode
from models.message import Accepted, CannotTell, Doubt, OutboundMessage, Refused


@dataclass
class Provider:
    """Answers what it is told; counts its calls."""

    answers: list = field(default_factory=list)
    calls: int = 0
    name: str = "loopback"

    async def deliver(self, message):
        self.calls += 1
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        await asyncio.sleep(0)
        return answer

    async def lookup(self, contact_id):
        return CannotTell(reason="x")

    async def close(self):
        pass


DOWN = Refused(reason="http_503", permanent=False)


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def provider():
    return Provider([DOWN])


@pytest.fixture
def breaker(provider, now):
    return Breaker(provider, clock=lambda: now[0])


@pytest.fixture
def message():
    return MESSAGE


async def send(breaker, times: int, message):
    return [await breaker.deliver(message) for _ in range(times)]


async def test_after_failures_in_a_row_the_provider_is_called_no_more(breaker, provider, message):
    await send(breaker, 100, message)
    assert provider.calls == FAILURES
    assert (await breaker.deliver(message)).reason == OPEN


async def test_one_message_tries_before_many_follow(breaker, provider, now, message):
    await send(breaker, FAILURES, message)
    now[0] += FIRST_REST
    provider.answers = [Accepted(provider_id="1")]
    answers = await asyncio.gather(*(breaker.deliver(message) for _ in range(20)))
    assert provider.calls == FAILURES + 1
    assert sum(isinstance(answer, Accepted) for answer in answers) == 1
    assert all(isinstance(answer, Accepted) for answer in await send(breaker, 5, message))


async def test_each_failed_trial_doubles_the_rest_up_to_a_limit(breaker, provider, now, message):
    await send(breaker, FAILURES, message)
    rests = []
    for _ in range(8):
        began = now[0]
        while (await breaker.deliver(message)).reason == OPEN:
            now[0] += 1
        rests.append(now[0] - began)
    assert rests == [30, 60, 120, 240, 480, 900, 900, 900]
    assert max(rests) == LONGEST_REST
    assert provider.calls == FAILURES + 8


@pytest.mark.parametrize(
    "fine", [Accepted(provider_id="1"), Refused(reason="unknown_number", permanent=True)]
)
async def test_a_provider_that_answers_about_the_message_is_well(breaker, provider, fine, message):
    provider.answers = [DOWN, DOWN, DOWN, DOWN, fine] * 10
    await send(breaker, 49, message)
    assert provider.calls == 49


async def test_doubt_counts_and_is_handed_on_as_doubt(breaker, provider, message):
    provider.answers = [Doubt(reason="timeout")]
    assert {type(answer) for answer in await send(breaker, FAILURES, message)} == {Doubt}
    assert (await breaker.deliver(message)).reason == OPEN


async def test_a_call_that_was_cut_off_counts_too(breaker, provider, message):
    async def hang(_):
        await asyncio.Event().wait()

    provider.deliver = hang
    for _ in range(FAILURES):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await breaker.deliver(message)
    assert (await breaker.deliver(message)).reason == OPEN


MESSAGE = OutboundMessage(
    contact_id=uuid4(),
    channel=Channel.SMS,
    mode=Mode.LIVE,
    to="+12025550100",
    at=datetime(2026, 3, 2, tzinfo=UTC),
    locale="en-US",
    body="x",
)
