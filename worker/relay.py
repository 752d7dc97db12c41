"""The relay: tells cases what came in, as often as it takes, and keeps nothing in memory.

The store remembers every notice; a relay claims some under a lease, signals their workflows and
marks them. Killed between signal and mark it signals again, which a case does not mind. Money stays
under watch until it is booked: a case that was ended by force takes its unread signals along.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import structlog
from sqlmodel import Session
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.withdrawal import WITHDRAWAL
from models.case import Fact
from models.tables import InboxItem
from runtime.clock import wall_now
from store import debt as debts
from store import payment as payments
from store.engine import Store, StoreError

log = structlog.get_logger()

T = TypeVar("T")

LEASE = timedelta(seconds=60)
"""For how long a claimed row is one relay's: more than a round takes with a slow server."""

BATCH = 256
"""Rows of one round: many of a debt need one signal; little to repeat after a crash."""

AT_WORK = timedelta(seconds=5)
"""For so long a case that was told of money, and has not booked it yet, is told of no more: it books
all that waits for its debt."""

LOOK_AGAIN = 1.0
"""Seconds between looks when nobody wakes: a gateway in another process can't."""

PATIENCE = timedelta(seconds=5)
"""For one call to the server."""

LONGEST_PAUSE = timedelta(minutes=1)
"""Between tries of a notice; doubled from one second up to this."""

UNBOOKED = timedelta(minutes=10)
"""Money that a case was told of is booked in seconds: after so long, doubled up to a day, it is told
again, and booked without the case if that is dead."""

_AWAY = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
    }
)


UNHEARD = "unheard"
"""No living case was there to hear of money."""


@dataclass(frozen=True)
class _Letter:
    """A claimed notice and the workflows to be told of it."""

    item: InboxItem
    cases: tuple[str, ...]


class Relay:
    """One of any number of relays on a store.

    ``book`` books a notice whose case has ended or not begun; it settles the row itself.
    ``revive`` starts the case of a debt that is owed again; it is called until the case has taken
    over, as whoever reopened the debt may have died, or may be its last case on the way out.
    ``withdraw`` takes a letter back before its case is told; ``fold`` lets closed debts know of a reply.
    ``tend`` is called once a round, in its own transaction, for what waits in the store too long.
    A case is told once of all money that waits for its debt, and ``at_work`` spares it more of that.
    Leases run on the wall's time: business time may stand still in a simulation.
    """

    def __init__(
        self,
        store: Store,
        client: Client,
        book: Callable[[UUID], Awaitable[object]],
        revive: Callable[[UUID], Awaitable[object]],
        *,
        withdraw: Callable[[UUID], Awaitable[object]] | None = None,
        fold: Callable[[UUID], Awaitable[object]] | None = None,
        tend: Callable[[Session], object] = lambda _: None,
        at_work: timedelta = AT_WORK,
        wall: Callable[[], datetime] = wall_now,
    ) -> None:
        self._store = store
        self._client = client
        self._book = book
        self._revive = revive
        self._withdraw = withdraw
        self._fold = fold
        self._tend = tend
        self._at_work = at_work
        self._wall = wall
        self._woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="relay")

    def wake(self) -> None:
        """Look now; may be called from any thread."""
        with suppress(RuntimeError):  # the loop is gone: the next process looks
            self._loop.call_soon_threadsafe(self._woken.set)

    async def run(self) -> None:
        """Deliver until cancelled, whatever the store or the server does meanwhile."""
        try:
            while True:
                self._woken.clear()
                if not await self._round_or_nothing():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._woken.wait(), LOOK_AGAIN)
        finally:
            self._thread.shutdown(wait=False)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Deliver beside whatever is done within; on the way out nothing of it is left at the store."""
        delivering = asyncio.create_task(self.run())
        try:
            yield
        finally:
            delivering.cancel()
            with suppress(asyncio.CancelledError):
                await delivering
            # Its last transaction may still be under way: the store is closed after it.
            await asyncio.to_thread(self._thread.shutdown)

    async def round(self) -> int:
        """Deliver what one claim yields; answer how many rows moved on."""
        letters = await self._in_store(self._claim)
        told = await asyncio.gather(*(self._deliver(bundle) for bundle in _bundles(letters)))
        failed = {ident: why for bundle in told for ident, why in bundle.items()}
        if letters:
            await self._in_store(lambda session: self._mark(session, letters, failed))
        await self._in_store(self._tend)
        for debt in await self._in_store(debts.reopening):
            await self._begin_again(debt)
        return len(letters) - len(failed)

    async def _round_or_nothing(self) -> int:
        try:
            return await self.round()
        except StoreError as error:
            log.warning("relay.store_away", error=error.__class__.__name__, why=str(error))
        except Exception:
            log.exception("relay.failed")
        return 0

    async def _begin_again(self, debt: UUID) -> None:
        try:
            await self._revive(debt)
        except RPCError as error:
            log.warning("relay.not_revived", debt=str(debt), status=error.status.name)
        except StoreError:
            raise
        except Exception:
            log.exception("relay.not_revived", debt=str(debt))

    async def _deliver(self, bundle: list[_Letter]) -> dict[UUID, str]:
        """Tell everybody concerned of one notice, or of all money for a debt; answer what failed.

        Failures are codes, by notice.
        """
        first = bundle[0]
        why = await self._tried(first.item, lambda: self._tell(first))
        if why is None:
            return {}
        if why is not UNHEARD:
            return {letter.item.id: why for letter in bundle}
        failed: dict[UUID, str] = {}
        for letter in bundle:
            item = letter.item
            if problem := await self._tried(item, lambda item=item: self._booked(item)):
                failed[item.id] = problem
        return failed

    async def _tell(self, letter: _Letter) -> str | None:
        item = letter.item
        if item.kind not in payments.MONEY:
            if item.kind == WITHDRAWAL and self._withdraw is not None:
                await self._withdraw(item.id)
            if item.kind == "reply" and self._fold is not None:
                await self._fold(item.id)
            fact = Fact(kind=item.kind, id=str(item.id))
            await self._signal(letter.cases, "fact_recorded", fact)
            return None
        heard = await self._signal(letter.cases, "payment_received", {"inbox": str(item.id)})
        return None if heard else UNHEARD

    async def _booked(self, item: InboxItem) -> None:
        await self._book(item.id)

    async def _tried(self, item: InboxItem, act: Callable[[], Awaitable[str | None]]) -> str | None:
        try:
            return await act()
        except RPCError as error:
            if error.status not in _AWAY:
                log.warning("relay.refused", inbox=str(item.id), status=error.status.name)
            return f"temporal_{error.status.name.lower()}"
        except Exception as error:
            log.exception("relay.failed", inbox=str(item.id))
            return error.__class__.__name__

    async def _signal(self, cases: tuple[str, ...], name: str, argument: object) -> bool:
        """Signal each case; answer whether any was there to hear it."""
        heard = False
        for case in cases:
            handle = self._client.get_workflow_handle(case)
            try:
                await handle.signal(name, argument, rpc_timeout=PATIENCE)
                heard = True
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
        return heard

    def _claim(self, session: Session) -> list[_Letter]:
        items = payments.claim(session, self._wall(), BATCH, LEASE, UNBOOKED - self._at_work)
        wanted = {item.debt_id for item in items if item.debt_id and item.kind != "reply"}
        names = debts.workflows(session, wanted)
        return [_Letter(item, _cases(session, item, names)) for item in items]

    def _mark(self, session: Session, letters: list[_Letter], failed: dict[UUID, str]) -> None:
        told = [letter.item for letter in letters if letter.item.id not in failed]
        payments.tell(session, {item.id: self._again(item) for item in told})
        for item in (letter.item for letter in letters if letter.item.id in failed):
            pause = min(timedelta(seconds=2 ** min(item.tries, 10)), LONGEST_PAUSE)
            payments.release(session, item, self._wall() + pause, failed[item.id])

    def _again(self, item: InboxItem) -> datetime | None:
        """Answer when a notice is told again unless it is booked by then."""
        if item.kind not in payments.MONEY:
            return None
        return self._wall() + min(UNBOOKED * 2 ** min(item.tries - 1, 10), timedelta(days=1))

    async def _in_store(self, work: Callable[[Session], T]) -> T:
        def transaction() -> T:
            with self._store.writing() as session:
                return work(session)

        return await self._loop.run_in_executor(self._thread, transaction)


def _bundles(letters: list[_Letter]) -> list[list[_Letter]]:
    """Put money for one debt together: whoever books for it books all of it."""
    found: dict[object, list[_Letter]] = {}
    for letter in letters:
        item = letter.item
        alone = item.kind not in payments.MONEY or item.debt_id is None
        found.setdefault(item.id if alone else item.debt_id, []).append(letter)
    return list(found.values())


def _cases(session: Session, item: InboxItem, names: Mapping[UUID, str]) -> tuple[str, ...]:
    """Answer whom a notice concerns: its debt, or of a reply all debts of those who wrote."""
    if item.kind == "reply":
        people = [UUID(person) for person in item.facts.get("debtors", ())]
        found = [debt for person in people for debt in debts.of_debtor(session, person)]
        return tuple(dict.fromkeys(debt.workflow_id for debt in found))
    return (names[item.debt_id],) if item.debt_id else ()
