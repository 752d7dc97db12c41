"""What every way in shares: the size of a body, whom to believe, and how a no is said."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, SecretStr
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from connectors.signature import Distrust, UnusableKeyError
from models.payment import Unreadable
from runtime.clock import Clock, ClockNotSetError, wall_now
from runtime.settings import Settings
from store.engine import THREADS, Store, StoreBusyError, StoreError

log = structlog.get_logger()

T = TypeVar("T")
R = TypeVar("R")

BODY_LIMIT = 64 * 1024
"""Bytes; the largest genuine event of any provider is far below."""

PATIENCE = 4.0
"""Seconds to wait for other writers: the strictest provider wants its answer within five."""

BURST = 4
"""Seconds' worth of requests that may come at once, as after a provider's own outage."""

WHOLE = 10.0
"""Seconds for a body to come whole: who sends a byte now and then holds no place here."""

TOGETHER = 64
"""Requests stored in one transaction at most: what waits for the first of them stays short."""

CALLERS = 10_000
"""Buckets kept; whoever has been silent longest is forgotten."""

RETRY_AFTER = 5
"""Seconds that a caller is asked to wait when the store is busy or away."""

TOLD = 10.0
"""Seconds between two lines in the log about a store that gives no answer: one a request would hide all else."""


class Problem(BaseModel):
    """The body of every answer that is a no."""

    error: str = Field(description="A code that stays the same between releases.")
    what: str = Field(description="What was wrong.")
    where: str = Field(default="", description="The header or field.")
    advice: str = Field(description="What to do about it.")


TORN = Problem(
    error="torn",
    what="the body did not come whole",
    where="body",
    advice="nothing was stored; send it again",
)


class Limiter:
    """A bucket of requests for each caller and way in, filled at a steady rate.

    In memory of one process: it guards that process against a flood, and is no quota.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._room, self._clock = rate, max(rate * BURST, 1.0), clock
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def admits(self, caller: str, way: str) -> bool:
        """Say whether one more request fits now."""
        now = self._clock()
        left, at = self._buckets.pop((caller, way), (self._room, now))
        left = min(left + (now - at) * self._rate, self._room)
        admitted = left >= 1
        self._buckets[caller, way] = (left - 1 if admitted else left, now)
        if len(self._buckets) > CALLERS:
            self._buckets.popitem(last=False)
        return admitted


class Receipted(BaseModel):
    """The body of every answer that is a yes: the event is stored and will not be lost."""

    status: str = Field(
        description="new, duplicate, suspense (kept for a person to match) or ignored"
    )
    id: str = Field(default="", description="Our id of the stored event.")


@dataclass
class Told:
    """Says in the log that the store gives no answer: at once, then for all of some seconds together."""

    clock: Callable[[], float] = time.monotonic
    _since: dict[str, float] = field(default_factory=dict[str, float])
    _unsaid: Counter[str] = field(default_factory=Counter[str])

    def say(self, error: Exception) -> None:
        """Log what is wrong and how many requests were turned away since it was last said.

        A store that is busy is load, and senders repeat: a warning. One that is away or wrong is an error
        with what to do about it; the texts name no secret and no person.
        """
        busy = isinstance(error, StoreBusyError)
        name = "gateway.store_busy" if busy else "gateway.store_away"
        self._unsaid[name] += 1
        now = self.clock()
        if now < self._since.get(name, -TOLD) + TOLD:
            return
        self._since[name] = now
        turned_away = self._unsaid.pop(name)
        (log.warning if busy else log.error)(name, why=str(error), turned_away=turned_away)


class Refusal(Exception):  # noqa: N818
    """A no with its HTTP status."""

    def __init__(
        self, status: int, problem: Problem, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(problem.error)
        self.status = status
        self.problem = problem
        self.headers = headers


@dataclass(frozen=True)
class Arrival:
    """One request as it came in: its bytes and both times."""

    raw: bytes
    now: datetime
    """Business time."""
    wall: datetime


@dataclass
class Door:
    """What the routes of one application share."""

    settings: Settings
    store: Store
    clock: Clock
    wake: Callable[[], None]
    """Told after every commit that left something for the relay."""
    wall: Callable[[], datetime] = wall_now
    limiter: Limiter = field(init=False)
    threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(THREADS, thread_name_prefix="store")
    )

    def __post_init__(self) -> None:
        self.limiter = Limiter(self.settings.gateway_rate)

    async def arrival(self, request: Request, limit: int = BODY_LIMIT) -> Arrival:
        """Read the body up to a limit in bytes, unless this caller sends too many."""
        caller = request.client.host if request.client else ""
        if not self.limiter.admits(caller, request.url.path):
            log.warning("gateway.flooded", way=request.url.path)
            raise Refusal(
                429,
                Problem(
                    error="too_many",
                    what="more requests came than are taken at once",
                    advice="send it again in a second, and fewer at once",
                ),
                {"Retry-After": "1"},
            )
        try:
            async with asyncio.timeout(WHOLE):
                raw = await self._body(request, limit)
        except (TimeoutError, ClientDisconnect):
            log.warning("gateway.torn", way=request.url.path)
            raise Refusal(408, TORN, {"Connection": "close"}) from None
        return Arrival(raw, self.clock.now(), self.wall())

    async def _body(self, request: Request, limit: int) -> bytes:
        chunks = bytearray()
        async for chunk in request.stream():
            chunks += chunk
            if len(chunks) > limit:
                raise Refusal(
                    413,
                    Problem(
                        error="too_large",
                        what=f"the body is larger than {limit} bytes",
                        where="body",
                        advice="send one event a request",
                    ),
                    {"Connection": "close"},
                )
        return bytes(chunks)

    async def write(self, work: Callable[[Session], T]) -> T:
        """Do ``work`` in one transaction on a store thread; what it answers is committed."""
        ends = time.monotonic() + PATIENCE
        done = await self.on_thread(lambda: self._committed(work, ends))
        self.wake()
        return done

    async def on_thread(self, work: Callable[[], T]) -> T:
        """Do what waits for the store on one of the few threads that may."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)

    def _committed(self, work: Callable[[Session], T], ends: float) -> T:
        """Who waited for a thread has waited already: nobody hears a no later than the strictest wait."""
        left = ends - time.monotonic()
        if left <= 0:
            raise StoreBusyError(PATIENCE)
        with self.store.writing(patience=left) as session:
            return work(session)


class Line(Generic[T, R]):
    """Stores what many requests bring in few transactions: who comes while one runs joins the next.

    ``together`` answers each of several, with a refusal where one is due, or with None for what had
    better be stored ``alone``, after the others and in a transaction of its own. One that cannot be
    taken fails alone as well.
    """

    def __init__(
        self,
        door: Door,
        together: Callable[[Session, Sequence[T]], Sequence[R | Refusal | None]],
        alone: Callable[[Session, T], R],
    ) -> None:
        self._door, self._together, self._alone = door, together, alone
        self._waiting: deque[tuple[T, asyncio.Future[R | Refusal | None]]] = deque()
        self._serving: asyncio.Task[None] | None = None

    async def store(self, one: T) -> R:
        """Answer when it is committed; raises the refusal, or why it could not be stored."""
        answer: asyncio.Future[R | Refusal | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, answer))
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        said = await answer
        if said is None:
            return await self._door.write(lambda session: self._alone(session, one))
        if isinstance(said, Refusal):
            raise said
        return said

    async def _serve(self) -> None:
        while self._waiting:
            size = min(len(self._waiting), TOGETHER)
            batch = [self._waiting.popleft() for _ in range(size)]
            for (_, answer), said in zip(batch, await self._said(batch), strict=True):
                if answer.done():
                    continue
                if isinstance(said, StoreError):
                    answer.set_exception(said)
                else:
                    answer.set_result(said)

    async def _said(
        self, batch: Sequence[tuple[T, object]]
    ) -> Sequence[R | Refusal | StoreError | None]:
        given = [one for one, _ in batch]
        try:
            return await self._door.write(lambda session: self._together(session, given))
        except StoreError as error:
            return [error] * len(given)
        except Exception:
            log.exception("gateway.apart")
            return [None] * len(given)


def secrets_of(configured: tuple[SecretStr, ...]) -> list[str]:
    """Answer the secrets in the clear, for the moment of comparing; an empty one is none."""
    return [value for secret in configured if (value := secret.get_secret_value().strip())]


NOT_THERE = Problem(
    error="not_found",
    what="nothing is here for the secret that this was signed with",
    where="path",
    advice="send to the address of the sender whose secret you hold",
)


def believe(
    distrust: Distrust | None, where: str, elsewhere: Callable[[], bool] = lambda: False
) -> None:
    """Refuse what is not signed; an unknown sender is answered like a wrong signature.

    ``elsewhere`` says whether the signature is another sender's genuine one: to them there is nothing at
    this address, whether anybody has it or not.
    """
    if distrust is None:
        return
    if distrust is Distrust.WRONG and elsewhere():
        log.warning("gateway.not_theirs", header=where)
        raise Refusal(404, NOT_THERE)
    what, advice = {
        Distrust.MISSING: ("the signature is missing or malformed", "sign the raw body"),
        Distrust.STALE: (
            "the signature's time is more than five minutes from now",
            "set the clock, and sign each attempt anew",
        ),
        Distrust.WRONG: (
            "the signature does not match",
            "sign the raw bytes of the body with a valid secret of this sender",
        ),
    }[distrust]
    log.warning("gateway.distrusted", why=distrust.value, header=where)
    problem = Problem(error=f"signature_{distrust.value}", what=what, where=where, advice=advice)
    raise Refusal(401, problem)


def readable(body: T | Unreadable) -> T:
    """Refuse a body that cannot be taken: 400 if it is no JSON object, else 422."""
    if isinstance(body, Unreadable):
        error = "not_json" if body.syntax else "invalid"
        if body.twofold:
            error = "malformed"
        raise Refusal(
            400 if body.syntax else 422,
            Problem(error=error, what=body.what, where=body.where, advice=body.advice),
        )
    return body


def refusals(*more: int) -> dict[int | str, dict[str, Any]]:
    """Answer the documentation of the refusals that a way in gives."""
    says = {
        400: "The body is not a JSON object.",
        401: "The signature is missing, stale or wrong.",
        408: "The body did not come whole within ten seconds; nothing was stored. Send again.",
        404: "Signed with the secret of another sender: nothing is here for it.",
        409: "Another event came under this id; nothing was stored.",
        413: "The body is too large.",
        422: "A field is missing or wrong.",
        429: "More requests came than are taken at once; nothing was stored. Send again.",
        503: "The store is busy or away; nothing was stored. Send again.",
    }
    return {
        status: {"model": Problem, "description": says[status]} for status in (*more, 408, 429, 503)
    }


def body_of(
    model: type[BaseModel] | None, kind: str = "application/json", **headers: str
) -> dict[str, Any]:
    """Answer the documentation of a body that is read raw, and of its headers."""
    schema = model.model_json_schema() if model else {"type": "object"}
    parameters = [
        {
            "name": name.replace("_", "-"),
            "in": "header",
            "required": True,
            "description": text,
            "schema": {"type": "string"},
        }
        for name, text in headers.items()
    ]
    content = {kind: {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}, "parameters": parameters}


def install_refusals(app: FastAPI) -> None:
    """Give every no the same form, and no stack trace to anybody."""
    told = Told()

    def answer(status: int, problem: Problem, headers: dict[str, str] | None) -> JSONResponse:
        return JSONResponse(problem.model_dump(), status, headers)

    @app.exception_handler(Refusal)
    async def refused(_: Request, error: Refusal) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        return answer(error.status, error.problem, error.headers)

    @app.exception_handler(HTTPException)
    async def routing(_: Request, error: HTTPException) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        problem = Problem(
            error="not_found" if error.status_code == 404 else "method",
            what=str(error.detail),
            where="address",
            advice="see /openapi.json for what is served here",
        )
        return answer(error.status_code, problem, dict(error.headers or {}))

    @app.exception_handler(UnusableKeyError)
    async def keyless(_: Request, error: UnusableKeyError) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        log.error("gateway.key_unusable", why=str(error))
        problem = Problem(
            error="try_later",
            what="a key of this provider is not usable on our side; nothing was stored",
            advice="send it again later",
        )
        return answer(503, problem, {"Retry-After": str(RETRY_AFTER)})

    @app.exception_handler(StoreError)
    @app.exception_handler(ClockNotSetError)
    async def away(_: Request, error: Exception) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        told.say(error)
        problem = Problem(
            error="try_later",
            what="the event could not be stored",
            advice=f"send it again in {RETRY_AFTER} seconds or later",
        )
        return answer(503, problem, {"Retry-After": str(RETRY_AFTER)})

    @app.exception_handler(Exception)
    async def bug(_: Request, error: Exception) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        log.error("gateway.failed", error=error.__class__.__name__)
        problem = Problem(
            error="failed",
            what="the event could not be taken because of an error on our side",
            advice="send it again later",
        )
        return answer(500, problem, None)
