"""Every shape of life that was ever lived replays on today's code.

``RECORD=1`` lives each shape again and writes its history; commit what changed on purpose.
"""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic_core import to_jsonable_python
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from activities import desk
from cli.portfolio import begin_import
from models.base import Wire
from models.case import Ask, Errand, Order, OrderKind, TaskKind
from models.contact import Channel, Outcome
from models.desk import Report, Result
from models.house import Chore, ChoreKind
from models.intake import IMPORTS, Import
from models.stop import Scope, StopKind
from runtime.settings import load
from runtime.temporal import CessionPlugin, connect
from store.stop import enter
from tests.workflows.conftest import NEW_YORK, SHANGHAI, World
from worker.stack import temporal_server
from workflows.case import MANY_SIGNALS, DebtCase
from workflows.house import Housekeeping
from workflows.intake import PortfolioImport

HISTORIES = Path(__file__).parent / "histories"

DAY = timedelta(days=1)

MONDAY = datetime(2026, 6, 15, 13, tzinfo=UTC)
"""09:00 in New York."""

Life = Callable[[World], Awaitable[None]]

SHAPES: dict[str, Life] = {}

RENEWED = "renewed"
"""The shape that only a server with a lower threshold gives."""

SENT_BACK = "sent_back"
"""The shape that only a release which has reached some of the workers gives."""

IMPORTED, KEPT = "imported", "housekeeping"
"""What is no case."""

UNANSWERED = "unanswered"
"""The shape of a machine so busy that questions to the store ran out of time: kept from a drill, as no
test can live it. Told anew, such a failure comes without the wrapping it had when it happened."""


def shape(life: Life) -> Life:
    SHAPES[life.__name__] = life
    return life


def delivers(world: World) -> None:
    """The carrier brings every letter after five days."""

    def witness(sent):
        async def arrive(sim):
            await sim.receipt(sent.contact, "carrier", "delivered", evidence="EMS-1")

        if sent.channel is Channel.LETTER:
            yield 5 * DAY, arrive

    world.sim.witness = witness


async def act(world: World, at: datetime, doing: Callable[[], Awaitable[object]]) -> None:
    """Have somebody act at an instant, and let the case deal with it."""

    async def later(_):
        await doing()

    world.sim.at(at, "A-1", later)
    await world.sim.run(until=at + timedelta(seconds=1))


async def report(world: World, kind: TaskKind, told: Report) -> None:
    item = await world.sim.open_item("A-1", kind)
    with world.office.store.writing() as session:
        desk.take(session, world.office, item, "agent-1", world.sim.now)
    with world.office.store.writing() as session:
        desk.done(session, world.office, item, "agent-1", told, world.sim.now)
    await world.sim.tell(world.debt().workflow_id, "work_done")


async def stopped(world: World, kind: StopKind, **facts: str | bool) -> None:
    debt = world.debt()
    with world.office.store.writing() as session:
        enter(
            session,
            kind,
            Scope.DEBTOR,
            now=world.sim.now,
            observed_at=world.sim.now,
            reason="by_post",
            actor="officer-1",
            source="post",
            external_id=kind,
            debtor_id=debt.debtor_id,
            facts=dict(facts),
        )
    await world.sim.tell(debt.workflow_id, kind)


@shape
async def resting(world: World) -> None:
    """Notified, contacted twice, asleep until the text."""
    await world.open(NEW_YORK)
    await world.sim.run(until=MONDAY + 10 * DAY)
    assert world.debt().stage == "contacting"


@shape
async def silent_to_review(world: World) -> None:
    """Every step once; a person is asked, reminded, and the supervisor after them."""
    await world.open(NEW_YORK)
    world.sim.agent = lambda item, _: (
        Report(outcome=Outcome.NO_ANSWER) if item.kind == TaskKind.CALL else None
    )
    await world.sim.run(until=MONDAY + 115 * DAY)
    assert world.debt().stage == "person"


@shape
async def held_and_released(world: World) -> None:
    """Held by the engine's own update, released by an operator through the store."""
    await world.open(NEW_YORK)
    await world.sim.run(until=MONDAY + 9 * DAY)
    await world.sim.bring("A-1")
    until = MONDAY + 60 * DAY
    order = Order(reason="hardship", actor="support-1", until=until)
    await world.handle().execute_update("hold", order)
    await world.sim.settle("A-1")
    await act(
        world, MONDAY + 20 * DAY, lambda: world.sim.order("A-1", OrderKind.RELEASE, "recovered")
    )
    await world.sim.run(until=MONDAY + 30 * DAY)
    assert "sms" in {row.step for row in world.contacts()}


@shape
async def paid_mid_rest(world: World) -> None:
    """A part, then the rest, while the case slept; told over and over."""
    await world.open(NEW_YORK)
    await act(
        world,
        MONDAY + 9 * DAY,
        lambda: world.sim.pay("A-1", "170.00", ident="p-1", times=3),
    )
    await act(world, MONDAY + 11 * DAY, lambda: world.sim.pay("A-1", "1000.00", ident="p-2"))
    assert world.debt().ending == "paid"


@shape
async def typed_payment(world: World) -> None:
    """Somebody types a payment into the engine's own command line; a person confirms it."""
    await world.open(NEW_YORK)

    async def typed():
        said = {"amount": "100.00", "currency": "USD", "reference": "cash-1"}
        await world.handle().signal("payment_received", said)

    await act(world, MONDAY + 9 * DAY, typed)
    confirmed = Report(result=Result.CONFIRM_PAYMENT)
    await act(world, MONDAY + 10 * DAY, lambda: report(world, TaskKind.PAYMENT_REVIEW, confirmed))
    await world.sim.run(until=MONDAY + 13 * DAY)
    assert "thanks" in {row.template for row in world.contacts()}


@shape
async def deferred(world: World) -> None:
    """The person has said that mornings do not suit: all waits until the afternoon."""
    mornings = {"inconvenient": [{"from": "08:00", "to": "15:00"}]}
    await world.open(NEW_YORK, preferences=mornings)
    await world.sim.run(until=MONDAY + 15 * DAY)
    timed = {row.at.hour for row in world.contacts() if row.channel != "letter"}
    assert timed == {19}


@shape
async def blocked(world: World) -> None:
    """A text without consent is blocked and goes by e-mail."""
    await world.open(NEW_YORK, consents={})
    await world.sim.run(until=MONDAY + 15 * DAY)
    assert ("sms", "email") in {(row.step, row.channel) for row in world.contacts()}


@shape
async def promised_and_broken(world: World) -> None:
    await world.open(NEW_YORK)
    await world.sim.run(until=datetime(2026, 7, 1, 14, 1, tzinfo=UTC))
    promise = Report(
        outcome=Outcome.CONVERSATION,
        result=Result.PROMISE,
        amount="200.00",
        on=datetime(2026, 7, 10, tzinfo=UTC).date(),
    )
    await act(
        world,
        datetime(2026, 7, 1, 15, tzinfo=UTC),
        lambda: report(world, TaskKind.CALL, promise),
    )
    await world.sim.run(until=datetime(2026, 7, 18, tzinfo=UTC))
    assert "broken_promise_1" in {row.step for row in world.contacts()}


@shape
async def disputed_and_verified(world: World) -> None:
    await world.open(NEW_YORK)
    text = "I dispute this debt. Please verify it."
    await act(
        world,
        MONDAY + 9 * DAY,
        lambda: world.sim.reply("A-1", Channel.EMAIL, text, "reply-1"),
    )
    await act(
        world,
        MONDAY + 12 * DAY,
        lambda: report(world, TaskKind.VERIFICATION, Report(result=Result.VERIFIED)),
    )
    await world.sim.run(until=MONDAY + 22 * DAY)
    assert world.debt().stage == "contacting"


@shape
async def ceased(world: World) -> None:
    """All contact refused: a person, the final notice, legal review."""
    await world.open(NEW_YORK)
    await act(world, MONDAY + 9 * DAY, lambda: stopped(world, StopKind.CEASE, written=True))
    await act(
        world,
        MONDAY + 10 * DAY,
        lambda: report(world, TaskKind.CEASE_REVIEW, Report(result=Result.FINAL_NOTICE)),
    )
    await world.sim.run(until=MONDAY + 12 * DAY)
    assert "termination_notice" in {row.step for row in world.contacts()}


@shape
async def notice_waited_for(world: World) -> None:
    """In China nothing is collected before the notice has arrived."""
    delivers(world)
    await world.open(SHANGHAI)
    await world.sim.run(until=MONDAY + 40 * DAY)
    assert world.debt().notice_reached_at is not None


@shape
async def recalled(world: World) -> None:
    await world.open(NEW_YORK)
    await act(
        world, MONDAY + 9 * DAY, lambda: world.sim.order("A-1", OrderKind.RECALL, "seller_recall")
    )
    assert world.debt().ending == "recalled"


@shape
async def moved_abroad(world: World) -> None:
    """The law of contact changes and with it a search attribute; then a person is waited for."""
    await world.open(NEW_YORK)
    await act(
        world,
        MONDAY + 17 * DAY,
        lambda: report(
            world,
            TaskKind.CALL,
            Report(outcome=Outcome.CONVERSATION, result=Result.MOVED, country="DE"),
        ),
    )
    await act(
        world,
        MONDAY + 20 * DAY,
        lambda: report(world, TaskKind.RELOCATION_REVIEW, Report(result=Result.RESOLVED)),
    )
    await world.sim.run(until=MONDAY + 22 * DAY)
    assert (world.debt().jurisdiction, world.debt().sub) == ("EU", "DE")


@shape
async def reopened(world: World) -> None:
    """Paid and closed, then the money is taken back: a second life, worked after a person's word."""
    await world.open(NEW_YORK)
    await act(world, MONDAY + 9 * DAY, lambda: world.sim.pay("A-1", "1170.00", ident="p-1"))
    await act(
        world,
        MONDAY + 30 * DAY,
        lambda: world.sim.pay("A-1", "1170.00", ident="c-1", kind="chargeback", of="p-1"),
    )
    world.sim.adopt(world.debt(), world.sim.lockstep.shift)
    await world.sim.run(until=MONDAY + 32 * DAY)
    assert (world.debt().epoch, world.debt().stage) == (2, "person")


@shape
async def flooded(world: World) -> None:
    """More signals than one run takes in: a new run goes on."""
    await world.open(NEW_YORK)
    for _ in range(MANY_SIGNALS + 1):
        await world.handle().signal("odd")
    await world.sim.settle("A-1")
    assert len(await runs(world)) == 2


@shape
async def due_meanwhile(world: World) -> None:
    """A question asked a second before a call is due is answered a second after."""
    await world.open(NEW_YORK)
    due = datetime(2026, 7, 1, 14, tzinfo=UTC)
    await world.sim.run(until=due - timedelta(seconds=1))
    await world.ask_past(due)
    await world.sim.run(until=due + timedelta(minutes=30))
    assert world.debt().move["why"] == "agent"


@shape
async def cancelled_unanswered(world: World) -> None:
    """Cancelled by hand while a question to the store waits for its answer."""
    await world.open(NEW_YORK)
    await world.cancel_unanswered()
    await world.sim.settle("A-1")
    assert world.sim.lockstep.open == frozenset()


# Recording


async def record(name: str, make_world, client) -> None:
    async with make_world(MONDAY, using=client) as sim:
        world = World(sim)
        await SHAPES[name](world)
        for number, kept in enumerate(await runs(world), 1):
            keep(name, number, kept)


def keep(name: str, number: int, kept: WorkflowHistory) -> None:
    """Write a history in as few bytes as JSON allows."""
    lean = json.dumps(kept.to_json_dict(), ensure_ascii=False, separators=(",", ":"))
    (HISTORIES / f"{name}-{number}.json").write_text(f"{lean}\n", "utf-8")


async def runs(world: World) -> list[WorkflowHistory]:
    """Every run of the case, oldest first."""
    client, name = world.sim.client, world.debt().workflow_id
    found = [run async for run in client.list_workflows(f'WorkflowId = "{name}"')]
    found.sort(key=lambda run: run.start_time)
    return [
        await client.get_workflow_handle(name, run_id=run.run_id).fetch_history() for run in found
    ]


recording = pytest.mark.skipif("RECORD" not in os.environ, reason="RECORD=1 lives the shapes again")


@recording
@pytest.mark.parametrize("name", sorted(SHAPES))
async def test_record(name, make_world, client):
    await record(name, make_world, client)


@pytest.fixture
async def impatient(tmp_path):
    """A client of a server that suggests to continue as new after twenty events."""
    dynamic = ["limit.historyCount.suggestContinueAsNew=20"]
    async with temporal_server(
        directory=tmp_path / "temporal",
        durable=False,
        ui_port=None,
        time_skipping=True,
        dynamic=dynamic,
    ) as server:
        port = int(server.address.rpartition(":")[2])
        yield await connect(load({}, var=Path("nowhere"), temporal_port=port), role="t")


@recording
async def test_record_renewed(make_world, impatient):
    """Money comes between and during renewals."""
    async with make_world(MONDAY, using=impatient) as sim:
        world = World(sim)
        await world.open(NEW_YORK)
        for day in (3, 11, 19):
            await act(
                world,
                MONDAY + day * DAY,
                lambda day=day: sim.pay("A-1", "10.00", ident=f"p-{day}", times=2),
            )
        lives = await runs(world)
        assert len(lives) > 3
        for number, kept in enumerate(lives[:3], 1):
            keep(RENEWED, number, kept)


@recording
async def test_record_import(make_world, client):
    """Page by page, renewed after twenty of them."""
    async with make_world(MONDAY, using=client) as sim:
        world = World(sim)
        stored = [world.store(NEW_YORK, account=f"A-{n}") for n in range(22)]
        order = Import(
            portfolio=stored[0].portfolio_id, ref="S-1", page=1, pace=timedelta(seconds=0.02)
        )
        begun = await begin_import(client, order, f"import-{uuid4().hex[:16]}")
        assert (await begun.result()).started == len(stored)
        for number, run in enumerate((begun.first_execution_run_id, None), 1):
            handle = client.get_workflow_handle(begun.id, run_id=run)
            keep(IMPORTED, number, await handle.fetch_history())


@recording
async def test_record_sent_back(make_world, client, released_in_part):
    """A message that the checking worker allows and the sending one gives back, until the hour comes."""
    async with make_world(MONDAY, using=client) as sim:
        world = World(sim)
        await world.open(NEW_YORK)
        await sim.run(until=MONDAY + timedelta(hours=3))
        keep(SENT_BACK, 1, (await runs(world))[0])


@recording
@pytest.mark.parametrize("kind", ChoreKind)
async def test_record_housekeeping(make_world, client, kind):
    async with make_world(MONDAY, using=client):
        handle = await client.start_workflow(
            "Housekeeping", Chore(kind=kind), id=f"h-{uuid4()}", task_queue=IMPORTS
        )
        await handle.result()
        keep(f"{KEPT}_{kind}", 1, await handle.fetch_history())


# Replay


def test_every_shape_has_a_history():
    recorded = {path.stem.rpartition("-")[0] for path in HISTORIES.glob("*.json")}
    others = {IMPORTED, *(f"{KEPT}_{kind}" for kind in ChoreKind)}
    assert recorded == SHAPES.keys() | {RENEWED, UNANSWERED, SENT_BACK} | others


@pytest.mark.parametrize("path", sorted(HISTORIES.glob("*.json")), ids=lambda path: path.stem)
async def test_history_replays(path):
    kept = WorkflowHistory.from_json("case-recorded", path.read_text("utf-8"))
    replayer = Replayer(
        workflows=[DebtCase, Housekeeping, PortfolioImport], plugins=[CessionPlugin()]
    )
    await replayer.replay_workflow(kept)


# What histories leave out


WORDS = Path(__file__).parent / "words.json"


def words() -> dict[str, dict[str, object]]:
    """Every message of a history: its fields' defaults, of which histories are silent."""
    return {
        message.__name__: {
            name: "required"
            if field.is_required()
            else {"default": to_jsonable_python(field.default)}
            for name, field in sorted(message.model_fields.items())
        }
        for message in sorted(Wire.__subclasses__() + Ask.__subclasses__() + Errand.__subclasses__(),
                              key=lambda each: each.__name__)
    }  # fmt: skip


@recording
def test_record_words():
    WORDS.write_text(f"{json.dumps(words(), indent=1)}\n", "utf-8")


def test_no_default_that_a_history_leaves_out_has_changed_and_no_field_became_required():
    """Replay would read another value than was meant, or nothing at all, and tell nobody."""
    now = words()
    for message, fields in json.loads(WORDS.read_text("utf-8")).items():
        assert now[message].items() >= fields.items()
        added = now[message].keys() - fields.keys()
        assert [name for name in added if now[message][name] == "required"] == []
