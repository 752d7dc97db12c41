"""Marked personal data goes through everything, and is found nowhere outside the sealed store."""

from __future__ import annotations

import io
import logging
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import structlog
from temporalio.client import WorkflowUpdateFailedError

from activities import desk
from connectors.outbox import FileOutbox
from models.case import Order, OrderKind
from models.contact import Channel
from models.message import Refused as NotTaken
from runtime.logs import configure
from runtime.settings import load
from runtime.temporal import connect, telemetry
from tests.workflows.conftest import COLLECTOR, NEW_YORK, SHANGHAI, World
from worker.simulation import Refused, simulated
from worker.stack import free_port

DAY = timedelta(days=1)
START = datetime(2026, 3, 2, 1, tzinfo=UTC)

NAME, MAIL, ROAD = "Zzname Quetzal", "zzmail@example.com", "77 Zzroad"
PHONES = ("+8619900000777", "+12025550177")
MARKS = (
    "zzname",
    "quetzal",
    "zzmail",
    "zzroad",
    "9900000777",
    "2025550177",
    "zzreply",
    "zznote",
    "zzbad",
    "zzorder",
    # Words of messages that were sent.
    "Dear ",
    "您好",
)


def found(text: str | bytes, marks=MARKS) -> list[str]:
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return [mark for mark in marks if mark.lower() in text.lower()]


@pytest.fixture
def logs(capfd):
    """All logs of this process as in production; answers what was written so far."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure("json", "INFO")
    stream = io.StringIO()
    root.handlers[0].setStream(stream)

    def written() -> str:
        said = capfd.readouterr()
        return stream.getvalue() + said.out + said.err

    yield written
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
async def watched(temporal, database_url, tmp_path):
    """A world whose engine side writes metrics; answers it and where they are."""
    address = f"127.0.0.1:{free_port()}"
    settings = load(
        {},
        var=tmp_path,
        database_url=database_url,
        simulation=True,
        payment_secrets={"s1": ["pay"]},
        receipt_secrets={name: ["rec"] for name in (*Channel, "carrier")},
        **COLLECTOR,
    )
    port = int(temporal.address.rpartition(":")[2])
    engine = await connect(
        load({}, var=tmp_path, temporal_port=port), role="privacy", runtime=telemetry(address)
    )
    async with simulated(settings, engine, START) as sim:
        yield World(sim), f"http://{address}/metrics"


async def test_personal_data_is_only_in_the_sealed_store(
    watched, logs, database_url, tmp_path, monkeypatch
):
    world, metrics = watched
    sim = world.sim
    deliver = FileOutbox.deliver
    calls = []

    async def careless(self, message):
        """Raises, and refuses, with the number in the text; then works."""
        calls.append(message.contact_id)
        if len(calls) == 1:
            raise RuntimeError(f"cannot reach {message.to}, {NAME}")
        if len(calls) == 2:
            return NotTaken(reason=f"no route to {message.to}", permanent=False)
        return await deliver(self, message)

    monkeypatch.setattr(FileOutbox, "deliver", careless)
    person = {"name": NAME, "email": MAIL, "address": f"{ROAD}, Springfield"}
    await world.open({**SHANGHAI, **person, "phone": PHONES[0]}, account="A-1")
    await world.open({**NEW_YORK, **person, "phone": PHONES[1]}, account="B-1")
    await sim.run(until=START + 2 * DAY)

    await sim.reply("A-1", Channel.SMS, "zzreply: I never had this debt, ask my wife", "r-1")
    await sim.settle("A-1")
    await sim.pay("B-1", "10.00", ident="p-1")
    await sim.settle("B-1")
    with pytest.raises(Refused):
        await sim._post(
            "/v1/payments/s1",
            {"id": "zzbad", "debt": ["zzbad"], "amount": "zzbad", "currency": NAME},
            sim.settings.payment_secrets["s1"],
        )
    await sim.bring("A-1")
    with pytest.raises(WorkflowUpdateFailedError):
        await world.handle("A-1").execute_update("hold", Order(reason="zzorder, she said"))
    with world.office.store.reading() as session:
        items = [item.id for item in desk.queue(session, sim.now)]
    assert items
    for item in items:
        with world.office.store.writing() as session:
            desk.take(session, world.office, item, "agent-1", sim.now)
            desk.note(session, world.office, item, "agent-1", "zznote: spoke of illness", sim.now)
    await sim.run(until=START + 9 * DAY)
    await sim.order("B-1", OrderKind.RECALL, "seller_recall")
    await sim.run(until=START + 12 * DAY)

    assert len(calls) > 2
    for account in ("A-1", "B-1"):
        handle = world.handle(account)
        history = await handle.fetch_history()
        assert not found(history.to_json())
        for event in history.events:
            assert not found(event.SerializeToString())
        described = await handle.describe()
        assert not found(str(described.raw_description))
        assert not found(str(await described.memo()))
        assert not found(repr(await handle.query("status")))
    async with httpx.AsyncClient() as http:
        assert not found((await http.get(metrics)).text)
    written = logs()
    assert "contact.recorded" in written
    assert not found(written)
    if database_url.startswith("sqlite"):
        with world.office.store.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        for file in tmp_path.glob("cession.db*"):
            assert not found(file.read_bytes())
