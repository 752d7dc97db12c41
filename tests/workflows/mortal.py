"""A launcher of worker processes that die, by SIGKILL, where they are told to.

Reads one JSON object a line: the first says where everything is, each later one asks for a worker
and names the point at which it dies. The launcher has imported everything and forks, so that a
new worker is there within moments. Run as a program by ``test_crash.py``.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import event, inspect
from sqlmodel import Session
from temporalio import activity, client, worker
from temporalio.client import Client
from temporalio.plugin import SimplePlugin

import workflows.case  # noqa: F401
from connectors.base import Connector, Connectors
from models.message import Delivery, OutboundMessage, Sighting
from models.tables import ContactRow, Debt, InboxItem
from models.wording import WordingContext
from rules.holiday import business_day, china_published
from rules.wording import check
from runtime.clock import wall_now
from runtime.logs import configure
from runtime.settings import load
from runtime.temporal import CessionPlugin
from worker import host
from worker import office as office_of
from worker.relay import Relay

PATIENCE = timedelta(seconds=4)
"""Of the engine for an activity whose worker died; minutes in production."""

HASTE = 30
"""The relay's leases pass so many times as fast as in production."""

CONTACT = (
    "before reserved",
    "after reserved",
    "answer legal_check",
    "before sending",
    "after sending",
    "before provider",
    "after provider",
    "before sent",
    "after sent",
    "answer send",
)
"""Between reservation and record: each commit, call and answer, on both sides."""

AROUND = (
    "before prepared",
    "after prepared",
    "answer prepare",
    "answer next_move",
    "before claimed",
    "after claimed",
    "before signal",
    "after signal",
    "before delivered",
    "after delivered",
    "before booked",
    "after booked",
    "answer book",
    "before closed",
    "after closed",
)
"""The same of the rest of a case's life."""


@dataclass
class Death:
    """Dies at the n-th passage of a point."""

    point: str
    left: int

    def passes(self, point: str) -> None:
        if point == self.point:
            self.left -= 1
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


class Clock:
    """Business time that runs with the machine's, at a distance."""

    def __init__(self, distance: timedelta) -> None:
        self._distance = distance

    def now(self) -> datetime:
        return wall_now() + self._distance

    def shift(self) -> timedelta:
        return self._distance


class Watched:
    """A connector that notes every call before it is made, and may not live to see the answer."""

    def __init__(self, inner: Connector, calls: Path, death: Death) -> None:
        self.name, self.settles = inner.name, inner.settles
        self._inner, self._calls, self._death = inner, calls, death

    async def deliver(self, message: OutboundMessage) -> Delivery:
        self._death.passes("before provider")
        with self._calls.open("a", encoding="ascii") as calls:
            calls.write(f"{message.contact_id}\n")
        answer = await self._inner.deliver(message)
        self._death.passes("after provider")
        return answer

    async def lookup(self, contact_id: UUID) -> Sighting:
        return await self._inner.lookup(contact_id)

    async def close(self) -> None:
        await self._inner.close()


class Hasty(client.Interceptor, worker.Interceptor):
    """A short patience of the engine, and deaths around signals and answers."""

    def __init__(self, death: Death | None = None) -> None:
        self._death = death or Death("", 1)

    def intercept_client(self, next):  # noqa: A002
        return _Calls(next, self._death)

    def intercept_activity(self, next):  # noqa: A002
        return _Answers(next, self._death)

    def workflow_interceptor_class(self, input):  # noqa: A002
        return _Orders


class _Calls(client.OutboundInterceptor):
    def __init__(self, inner, death: Death) -> None:
        super().__init__(inner)
        self._death = death

    async def start_workflow(self, input):  # noqa: A002
        input.task_timeout = timedelta(seconds=2)
        return await super().start_workflow(input)

    async def signal_workflow(self, input):  # noqa: A002
        self._death.passes("before signal")
        await super().signal_workflow(input)
        self._death.passes("after signal")


class _Answers(worker.ActivityInboundInterceptor):
    def __init__(self, inner, death: Death) -> None:
        super().__init__(inner)
        self._death = death

    async def execute_activity(self, input):  # noqa: A002
        answer = await super().execute_activity(input)
        self._death.passes(f"answer {activity.info().activity_type}")
        return answer


class _Orders(worker.WorkflowInboundInterceptor):
    def init(self, outbound) -> None:
        super().init(_Short(outbound))


class _Short(worker.WorkflowOutboundInterceptor):
    def start_activity(self, input):  # noqa: A002
        input.start_to_close_timeout = PATIENCE
        return super().start_activity(input)


class Forgetful(SimplePlugin):
    """The engine gives up on a dead worker's cache in moments."""

    def __init__(self) -> None:
        super().__init__("forgetful")

    def configure_worker(self, config):
        config = super().configure_worker(config)
        config["sticky_queue_schedule_to_start_timeout"] = timedelta(seconds=0.5)
        return config


async def hasty_client(address: str, death: Death | None = None) -> Client:
    return await Client.connect(
        address, plugins=[CessionPlugin(), Forgetful()], interceptors=[Hasty(death)]
    )


def watch_store(death: Death) -> None:
    """Die before or after the commit of a transaction that writes what a point is named after."""

    def note(session: Session, _context: object) -> None:
        written = session.info.setdefault("written", set())
        for row in (*session.new, *session.dirty):
            match row:
                case ContactRow():
                    written.add(row.state)
                case InboxItem(status="new"):
                    written.add("claimed")
                case InboxItem():
                    written.add(row.status)
                case Debt(status="closed"):
                    written.add("closed")
                case Debt() if inspect(row).attrs.opened_at.history.added:
                    written.add("prepared")

    def around(side: str):
        def passing(session: Session) -> None:
            if not session.in_nested_transaction():
                for what in session.info.get("written", ()):
                    death.passes(f"{side} {what}")

        return passing

    event.listen(Session, "after_flush", note)
    event.listen(Session, "before_commit", lambda session: (session.flush(), before(session)))
    before = around("before")
    event.listen(Session, "after_commit", around("after"))


async def live(where: dict, death: Death) -> None:
    """Host workers and relay until killed, or told to stop."""
    settings = load({}, **where["settings"])
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    office = office_of.make_office(settings)
    ways = office.connectors
    calls = Path(where["calls"])
    office = replace(
        office,
        clock=Clock(timedelta(seconds=where["distance"])),
        spread=timedelta(0),
        connectors=Connectors(
            outbox=Watched(ways.outbox, calls, death),
            live={name: Watched(way, calls, death) for name, way in ways.live.items()},
        ),
    )
    watch_store(death)
    engine = await hasty_client(where["address"], death)
    begun = datetime.fromisoformat(where["begun"])
    relay = Relay(
        office.store,
        engine,
        host.booking(office),
        host.reviving(office, engine),
        wall=lambda: begun + HASTE * (wall_now() - begun),
    )
    async with host.hosting(engine, office, settings):
        relaying = asyncio.create_task(relay.run())
        await stop.wait()
        relaying.cancel()
        with suppress(asyncio.CancelledError):
            await relaying


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def rehearse() -> None:
    """Have read and compiled what a worker reads and compiles at its first contact, so that its short
    life is not spent on that.
    """
    office_of.load_packs(office_of.PACKS / "jurisdictions").merged("CN", None)
    check("您好，截至今日您的账户余额为1.00元。", "zh-CN", WordingContext(), complete=True)
    china_published()
    business_day(date(2026, 3, 2), "CN")


def main() -> None:
    configure("json", "WARNING")
    where = json.loads(sys.stdin.readline())
    for name in ("load_packs", "load_strategies", "load_wording"):
        read = functools.cache(getattr(office_of, name))
        read(
            office_of.PACKS
            / {"load_packs": "jurisdictions", "load_strategies": "strategies"}.get(name, "wording")
        )
        setattr(office_of, name, read)
    rehearse()
    say("ready")
    for line in iter(sys.stdin.readline, ""):
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            os.dup2(2, 1)  # the engine's library writes to standard output, which is ours
            asyncio.run(live(where, Death(asked["point"], asked["nth"])))
            os._exit(0)
        say(child)
        _, status = os.waitpid(child, 0)
        say(status)


if __name__ == "__main__":
    main()
