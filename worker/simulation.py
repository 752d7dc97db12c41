"""A world in which cases live fast: one calendar, simulated people, the real doors.

Debtors, banks, carriers and agents act only through what real ones use: signed webhooks,
replies and receipts at the gateway, the desk, orders. Time is skipped on the real server.
"""

from __future__ import annotations

import heapq
import itertools
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from pydantic import SecretStr
from sqlmodel import col, or_, select
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities import desk
from activities.case import order
from activities.office import Office
from activities.start import ready_case
from activities.start import start as begin
from connectors.signature import sign
from gateway.main import create_app
from models.case import Fact, Order, OrderKind, TaskKind
from models.contact import Channel, ContactState, Direction
from models.desk import Report
from models.tables import ContactPoint, ContactRow, Debt, Seller, WorkItem
from runtime.clock import SharedClock, wall_now
from runtime.settings import Settings
from store import debt as debts
from store.operator import first
from store.schema import upgrade
from worker.host import hosting, relay_of
from worker.lockstep import Lockstep
from worker.office import make_office
from worker.relay import Relay
from worker.stack import http_server

HORIZON = timedelta(days=400)
"""A life that has not ended by then is shown as it stands."""


@dataclass(frozen=True)
class Sent:
    """A message as the person who got it sees it."""

    contact: UUID
    account: str
    channel: Channel
    step: str
    purpose: str
    at: datetime
    owed: int


Act = Callable[["Simulation"], Awaitable[None]]
"""Something that somebody does at an instant."""

Witness = Callable[[Sent], Iterable[tuple[timedelta, Act]]]
"""How a person takes a message: what they do, how long after."""


@dataclass(order=True)
class _Due:
    at: datetime
    turn: int
    act: Act = field(compare=False)
    of: str = field(compare=False)


class Refused(Exception):  # noqa: N818
    """A door said no; scripts that expect it catch it."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(f"{status}: {text}")


class Simulation:
    """Drives the calendar from instant to instant and lets people react."""

    def __init__(  # noqa: PLR0917
        self,
        office: Office,
        lockstep: Lockstep,
        client: Client,
        relay: Relay,
        gateway: str,
        settings: Settings,
    ) -> None:
        self.office, self.lockstep, self.relay, self.client = office, lockstep, relay, client
        self.settings = settings
        self.http = httpx.AsyncClient(base_url=gateway, timeout=20)
        self.seen: set[UUID] = set()
        self.witness: Witness = lambda _: ()
        self.agent: Callable[[WorkItem, str], Report | None] = lambda _item, _account: None
        self.reported: Callable[[WorkItem, str, Report], None] = lambda *_: None
        self.progress: Callable[[datetime], None] = lambda _: None
        self._due: list[_Due] = []
        self._turn = itertools.count()

    @property
    def now(self) -> datetime:
        return self.lockstep.now

    async def close(self) -> None:
        await self.http.aclose()

    # Time

    def at(self, instant: datetime, account: str, act: Act) -> None:
        """Have somebody act at an instant on one account."""
        heapq.heappush(self._due, _Due(instant, next(self._turn), act, account))

    async def run(self, until: datetime | None = None) -> None:
        """Live on until nothing is due any more, or until an instant."""
        end = until or self.now + HORIZON
        await self.lockstep.settle()
        self._look()
        while (instant := self._next()) is not None and instant <= end:
            await self.lockstep.step(max(instant, self.now))
            await self._live()
        if until is not None:
            await self.lockstep.advance_to(until)

    def adopt(self, debt: Debt, shift: timedelta) -> None:
        """Put a case on the calendar; the cases of one person are never passed by each other."""
        self.lockstep.adopt(debt.workflow_id, shift, debt.debtor_id.hex)

    async def settle(self, account: str) -> None:
        """Bring what came in to an account's cases and let them deal with it."""
        while await self.relay.round():
            pass
        await self.lockstep.settle(self._cases_of(account))
        # What the cases asked of the relay themselves: that a letter be taken back.
        while await self.relay.round():
            await self.lockstep.settle(self._cases_of(account))

    async def bring(self, account: str) -> None:
        """Bring a person's cases to the present, before somebody acts on one."""
        await self.lockstep.bring(*self._cases_of(account))

    async def _live(self) -> None:
        """Let everybody act who wants to at this instant."""
        while self._due and self._due[0].at <= self.now:
            due = heapq.heappop(self._due)
            await self.bring(due.of)
            await due.act(self)
            await self.settle(due.of)
        self._look()
        await self._work()
        self.progress(self.now)

    def _next(self) -> datetime | None:
        acts = self._due[0].at if self._due else None
        known = [instant for instant in (self.lockstep.next_instant, acts) if instant]
        return min(known) if known else None

    def _cases_of(self, account: str) -> list[str]:
        """All living cases of the person behind an account, who share caps, and of everybody who has
        a number or address in common with them: what one of them writes concerns all.
        """
        with self.office.store.reading() as session:
            mine = select(Debt.debtor_id).where(col(Debt.account_ref) == account)
            points = select(ContactPoint.token).where(col(ContactPoint.debtor_id).in_(mine))
            others = select(ContactPoint.debtor_id).where(col(ContactPoint.token).in_(points))
            names = session.exec(
                select(Debt.workflow_id).where(
                    or_(col(Debt.debtor_id).in_(mine), col(Debt.debtor_id).in_(others))
                )
            ).all()
        return [name for name in names if name in self.lockstep.open]

    # People

    def _look(self) -> None:
        """Whoever got a message takes note of it and may plan to act."""
        with self.office.store.reading() as session:
            rows = session.exec(
                select(ContactRow, Debt.account_ref)
                .join(Debt, col(Debt.id) == col(ContactRow.debt_id))
                .where(
                    col(ContactRow.direction) == Direction.OUT,
                    col(ContactRow.state) == ContactState.SENT,
                    col(ContactRow.agent) == "machine",
                )
            ).all()
        for row, account in rows:
            if row.id in self.seen:
                continue
            self.seen.add(row.id)
            sent = Sent(
                contact=row.id,
                account=account,
                channel=Channel(row.channel),
                step=row.step or "",
                purpose=row.purpose,
                at=row.at,
                owed=row.owed_minor or 0,
            )
            for after, act in self.witness(sent):
                self.at(row.at + after, account, act)

    async def _work(self) -> None:
        """Agents take what is open, if the law allows it now, and report.

        What comes up while they work is theirs too.
        """
        busy = True
        while busy:
            busy = False
            for item, account in self._queue():
                report = self.agent(item, account)
                if report is None:
                    continue
                busy = True
                await self.bring(account)
                if await self.do_item(item.id, report):
                    self.reported(item, account, report)
                else:
                    self._come_back(item.id, account)
                await self.settle(account)

    def _queue(self) -> list[tuple[WorkItem, str]]:
        with self.office.store.reading() as session:
            return [
                (item, debts.get(session, item.debt_id).account_ref)
                for item in desk.queue(session, self.now)
                if item.status == "open"
            ]

    def _come_back(self, item: UUID, account: str) -> None:
        """Have the agent look again when the law allows the contact."""

        async def look(_: Simulation) -> None: ...

        with self.office.store.reading() as session:
            again = desk.find(session, item).not_before
        if again is not None:
            self.at(again, account, look)

    async def do_item(self, item: UUID, report: Report, agent: str = "agent-1") -> bool:
        """Take an item and report on it; False when the law does not allow it now."""
        with self.office.store.writing() as session:
            found = desk.find(session, item)
            # Its case wrote it some real seconds later than the calendar's present.
            now = max(self.now, found.opened_at)
            refused = desk.take(session, self.office, item, agent, now)
            debt = debts.get(session, found.debt_id)
        if refused is None:
            with self.office.store.writing() as session:
                desk.done(session, self.office, item, agent, report, now)
        await self.tell(debt.workflow_id, "work_done")
        return refused is None

    async def open_item(self, account: str, kind: TaskKind) -> UUID:
        """Answer the open item of a kind on an account; there must be one."""
        with self.office.store.reading() as session:
            return session.exec(
                select(WorkItem.id)
                .join(Debt, col(Debt.id) == col(WorkItem.debt_id))
                .where(
                    col(Debt.account_ref) == account,
                    col(WorkItem.kind) == kind,
                    col(WorkItem.status).in_(("open", "taken")),
                )
            ).one()

    # Doors

    async def pay(
        self,
        account: str,
        amount: str,
        *,
        ident: str,
        kind: str = "payment",
        paid_at: datetime | None = None,
        of: str | None = None,
        currency: str | None = None,
        payment: str | None = None,
        payer: str = "",
        times: int = 1,
    ) -> None:
        """A payment provider notifies the gateway, as often as it likes.

        ``payment`` is its id of the money, if several events tell of it; ``payer`` what was given
        in another currency, as ``800.00 CNY``.
        """
        with self.office.store.reading() as session:
            debt = debts.by_ref(session, account)[0]
            seller = session.get_one(Seller, debt.seller_id).code
            body: dict[str, Any] = {
                "id": ident,
                "debt": account,
                "amount": amount,
                "currency": currency or debt.currency,
                "paid_at": (paid_at or self.now).isoformat(),
                "method": "transfer",
                "kind": kind,
            }
        if of:
            body["of"] = of
        if payment:
            body["payment"] = payment
        if payer:
            body["payer_amount"], _, body["payer_currency"] = payer.partition(" ")
        for _ in range(times):
            await self._post(f"/v1/payments/{seller}", body, self.settings.payment_secrets[seller])

    async def reply(self, account: str, channel: Channel, text: str, ident: str) -> None:
        """The debtor answers a message from their own number or address."""
        with self.office.store.reading() as session:
            debt = debts.by_ref(session, account)[0]
            sender = self._own_address(debt, channel)
        body = {
            "id": ident,
            "from": sender,
            "channel": channel,
            "text": text,
            "at": self.now.isoformat(),
        }
        await self._post(f"/v1/replies/{channel}", body, self.settings.receipt_secrets[channel])

    async def receipt(
        self, contact: UUID, provider: str, event: str, *, evidence: str = "", ident: str = ""
    ) -> None:
        """A carrier or provider says what became of a message."""
        body = {
            "id": ident or f"{contact}:{event}",
            "contact": str(contact),
            "event": event,
            "at": self.now.isoformat(),
            "evidence": evidence,
        }
        await self._post(f"/v1/receipts/{provider}", body, self.settings.receipt_secrets[provider])

    async def order(self, account: str, kind: OrderKind, reason: str, **more: Any) -> str | None:
        """An operator gives an order; answers the refusal, if it was refused."""
        await self.bring(account)
        with self.office.store.writing() as session:
            debt = debts.by_ref(session, account)[0]
            given = Order(kind=kind, reason=reason, actor="operator-1", id=f"sim-{reason}", **more)
            refused = order(session, debt, given, self.now, observed_at=wall_now())
        await self.tell(debt.workflow_id, kind)
        await self.settle(account)
        return refused

    async def tell(self, workflow_id: str, kind: str) -> None:
        """Say to a case that something new stands in the store."""
        handle = self.client.get_workflow_handle(workflow_id)
        try:
            await handle.signal("fact_recorded", Fact(kind=kind))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    def _own_address(self, debt: Debt, channel: Channel) -> str:
        kind = "email" if channel is Channel.EMAIL else "phone"
        with self.office.store.reading() as session:
            point = session.exec(
                select(ContactPoint)
                .where(
                    col(ContactPoint.debtor_id) == debt.debtor_id, col(ContactPoint.kind) == kind
                )
                .order_by(col(ContactPoint.rank))
            ).first()
            assert point is not None
            return self.office.store.keys.person_key(session, debt.debtor_id).open_text(
                point.sealed
            )

    async def _post(self, path: str, body: dict[str, Any], secrets: tuple[SecretStr, ...]) -> None:
        secret = secrets[0].get_secret_value()
        raw = json.dumps(body, ensure_ascii=False).encode()
        stamp = int(wall_now().timestamp())
        answer = await self.http.post(
            path,
            content=raw,
            headers={
                "Content-Type": "application/json",
                "Cession-Timestamp": str(stamp),
                "Cession-Signature": f"v1={sign(raw, secret, stamp)}",
            },
        )
        if answer.status_code >= 300:
            raise Refused(answer.status_code, answer.text)


@asynccontextmanager
async def simulated(
    settings: Settings,
    client: Client,
    start: datetime,
    *,
    spread: timedelta = timedelta(0),
    grain: timedelta = timedelta(0),
) -> AsyncGenerator[Simulation]:
    """A whole installation on simulated time: store, office, workers, relay and gateway.

    ``settings`` say where; their store is made if it is not there. ``client`` is of a server that
    can skip time; ``start`` is the business time at which the world begins. Cases of different
    people may wake out of order within ``grain``, which is faster.
    """
    upgrade(settings.database)
    clock = SharedClock(settings.var / "clock")
    lockstep = Lockstep(client, start, clock=clock, grain=grain)
    office = replace(make_office(settings), clock=clock, spread=spread)
    first(office.store, settings.admin_file, wall_now())

    async def revive(debt_id: UUID) -> None:
        with office.store.reading() as session:
            debt = debts.get(session, debt_id)
            ready = ready_case(session, debt, lockstep.shift)
        await begin(client, ready, again=True)
        lockstep.adopt(debt.workflow_id, ready.case.shift, debt.debtor_id.hex)

    relay = relay_of(office, client, revive, at_work=timedelta())
    app = create_app(settings, office.store, clock)
    try:
        async with (
            hosting(client, office, settings),
            http_server(app, host="127.0.0.1", port=0) as address,
        ):
            world = Simulation(office, lockstep, client, relay, address, settings)
            try:
                yield world
            finally:
                await world.close()
    finally:
        await office.connectors.close()
        office.threads.shutdown()
        office.store.close()
