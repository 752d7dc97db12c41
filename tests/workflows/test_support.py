"""What support reads in the engine's own screens, with nothing else at hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from models.case import Explained, OrderKind
from tests.workflows.conftest import attributes
from tests.workflows.test_case_attack import finished_tasks, reset

DAY = timedelta(days=1)

SILENT = pytest.mark.start("2026-06-15T13:00:00+00:00")


async def explained(world) -> Explained:
    return await world.handle().query("explain", result_type=Explained)


@SILENT
async def test_support_learns_from_the_engine_alone_why_there_was_no_contact_since_tuesday(
    world, new_york
):
    await world.open(new_york)
    tuesday = datetime(2026, 6, 23, 14, tzinfo=world.sim.now.tzinfo)
    await world.sim.run(until=tuesday)
    until = tuesday + 30 * DAY
    assert await world.sim.order("A-1", OrderKind.HOLD, "customer_call", until=until) is None
    await world.sim.run(until=tuesday + 6 * DAY)
    described = await world.handle().describe()
    assert (attributes(described)["CaseStage"], attributes(described)["CaseHold"]) == (
        "paused",
        "hold",
    )
    told = await explained(world)
    assert "Paused by hold since Tue 23 Jun (hold)" in told.answer
    assert told.last_contact == "email sent (first_email), Mon 2026-06-22 14:00 UTC"
    assert any(line.startswith("Tue 2026-06-23 14:00 UTC: ") for line in told.lately)


@SILENT
async def test_support_reads_which_rule_puts_a_message_off_and_until_when_on_the_debtors_clock(
    world, new_york
):
    """The person has said that mornings do not suit."""
    await world.open(new_york, preferences={"inconvenient": [{"from": "08:00", "to": "15:00"}]})
    told = await explained(world)
    assert "15:" in told.answer
    assert "in America/New_York, as US-FED-INCONV wants" in told.answer
    assert "law:US-FED-INCONV" in told.answer


@SILENT
async def test_what_support_reads_is_money_and_words_and_no_code_of_ours(world, new_york):
    await world.open(new_york)
    shown = str(await world.handle().query("__temporal_workflow_metadata"))
    for plain in ("Being contacted", "owed: 1170.00 USD"):
        assert plain in shown
    assert "minor units" not in shown


@SILENT
async def test_a_closed_case_says_how_it_ended(world, new_york):
    await world.open(new_york)
    await world.sim.bring("A-1")
    assert await world.sim.order("A-1", OrderKind.RECALL, "sold_in_error") is None
    told = await explained(world)
    assert told.answer == "The case is closed (recalled: sold in error); nothing more is sent."


@SILENT
async def test_a_contact_that_a_new_run_finds_on_record_is_told_as_one_before_it(world, new_york):
    await world.open(new_york)
    assert (await explained(world)).last_contact.startswith("email sent (notice_email), ")
    await reset(world, (await finished_tasks(world))[0])
    await world.sim.settle("A-1")
    assert (await explained(world)).last_contact.startswith("before this run began, ")
