from __future__ import annotations

import io
import json
import logging
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import structlog
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, Worker

from models.case import Close, Contact, Ending, Wait
from models.contact import Channel
from runtime import logs
from runtime.temporal import CessionPlugin
from tests.runtime.silent import Silent

WAIT = Wait(until=datetime(2027, 1, 1, tzinfo=UTC), why="step_due")


@pytest.fixture(autouse=True)
def lines():
    """What was logged since the last look, as JSON; the process's logging is put back."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    root.handlers[:] = []  # else the test runner's own would be closed
    logs.configure("json")
    written = io.StringIO()
    root.handlers[0].setStream(written)

    def look():
        text = written.getvalue()
        written.seek(0)
        written.truncate()
        return [json.loads(line) for line in text.splitlines()]

    yield look
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    structlog.reset_defaults()


async def lived(client) -> WorkflowHistory:
    queue = uuid4().hex
    async with Worker(client, task_queue=queue, workflows=[Silent], max_cached_workflows=0):
        handle = await client.start_workflow(Silent.run, WAIT, id=uuid4().hex, task_queue=queue)
        assert await handle.result() == Close(ending=Ending.PAID)
    return await handle.fetch_history()


async def test_a_workflow_line_is_written_once_though_every_task_replays(client, lines):
    history = await lived(client)
    written = [line for line in lines() if line["event"] in {"first", "second"}]
    assert [line["event"] for line in written] == ["first", "second"]
    assert written[0]["why"] == "step_due"
    assert written[0]["workflow_id"] == history.workflow_id


async def test_a_replayed_history_writes_nothing(client, lines):
    history = await lived(client)
    lines()
    await Replayer(workflows=[Silent], plugins=[CessionPlugin()]).replay_workflow(history)
    assert [line for line in lines() if line["event"] in {"first", "second"}] == []


def test_our_lines_and_those_of_libraries_have_one_form(lines):
    structlog.get_logger("cession").info("contact.sent", channel="sms")
    logging.getLogger("library").warning("plain %s", "text")
    ours, theirs = lines()
    assert ours["event"] == "contact.sent"
    assert theirs["event"] == "plain text"
    assert {"level", "logger", "timestamp"} <= ours.keys() & theirs.keys()


def test_a_union_is_told_apart_though_defaults_are_left_out():
    converter = CessionPlugin().data_converter.payload_converter
    contact = Contact(step="s1", channel=Channel.SMS, template="reminder")
    payload = converter.to_payload(WAIT.model_copy(update={"then": contact}))
    assert json.loads(payload.data) == {
        "kind": "wait",
        "until": "2027-01-01T00:00:00Z",
        "then": {"kind": "contact", "step": "s1", "channel": "sms", "template": "reminder"},
    }
    assert converter.from_payload(payload, Wait).then == contact
