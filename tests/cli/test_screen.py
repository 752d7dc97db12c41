"""The desk on a full screen, worked by its keys."""

from __future__ import annotations

import asyncio
import os
import pty
import select as ready
import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import col, select
from textual.widgets import DataTable, Input, Select, Static

from activities.roster import release
from cli.house import house
from cli.screen import Desk
from models.operator import Operator, Role
from models.tables import Arrangement, ContactRow, Debtor, Promise, Stop, WorkItem

AGENT = Operator(code="anna", roles=frozenset({Role.AGENT}))

SIZES = [(80, 24), (120, 40)]


def screen(here, work, size=(120, 40), who=AGENT) -> None:
    """Open the desk, and have somebody work at it."""

    async def run() -> None:
        with house() as opened:
            app = Desk(here.office, opened, who)
            async with app.run_test(size=size) as pilot:
                await settle(pilot)
                await work(app, pilot)

    asyncio.run(run())


async def settle(pilot) -> None:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def press(pilot, *keys: str) -> None:
    await pilot.press(*keys)
    await settle(pilot)


def text(app, where: str) -> str:
    return str(app.query_one(where, Static).content)


def picture(app) -> str:
    """What stands on the screen, as characters."""
    return "\n".join(
        "".join(seg.text for seg in line) for line in app.screen._compositor.render_strips()
    )


@pytest.mark.parametrize("size", SIZES)
def test_a_call_is_taken_identified_and_ends_in_a_promise_by_keys_alone(here, call, size):
    async def work(app, pilot):
        assert app.query_one(DataTable).row_count == 1
        await press(pilot, "o")
        assert "Take an item first" in text(app, "#said")
        await press(pilot, "n")
        seen = text(app, "#sheet")
        assert "Devon Marsh" in seen
        assert "before identity" in seen
        assert "859.40" not in picture(app)
        await press(pilot, "p")
        assert "First the person confirms" in text(app, "#said")
        await press(pilot, "i")
        assert "owed 859.40 USD to Still Water Receivables Ltd" in text(app, "#sheet")
        shown = picture(app)
        assert all(len(line) == size[0] for line in shown.splitlines())
        for word in ("Devon Marsh", "Promise", "Outcome", "Note"):
            assert word in shown
        await press(pilot, "t")
        app.screen.query_one(
            "#note", Input
        ).value = "The police will arrest him if he does not pay."
        await press(pilot, "enter")
        assert "do not keep or use" in text(app, "#said")
        await press(pilot, "p")
        app.screen.query_one("#amount", Input).value = "100.00"
        app.screen.query_one("#on", Input).value = "soon"
        await press(pilot, "enter")
        assert "no day" in text(app, "#said")
        await press(pilot, "p")
        app.screen.query_one("#amount", Input).value = "100.00"
        app.screen.query_one("#on", Input).value = "2026-03-25"
        await press(pilot, "enter")
        assert "promise of 100.00 USD" in text(app, "#said")
        assert app.query_one(DataTable).row_count == 0

    screen(here, work, size)
    with here.office.store.reading() as session:
        assert session.exec(select(Promise)).one().minor == 10000


def test_an_offer_within_the_agents_limit_is_made_and_one_above_it_waits_unspoken(here, call):
    async def work(app, pilot):
        await press(pilot, "enter")
        await press(pilot, "i")
        for amount, said in (("100.00", "waits for a second person"), ("859.40", "less than")):
            await press(pilot, "f")
            app.screen.query_one("#amount", Input).value = amount
            app.screen.query_one("#on", Input).value = "2026-04-15"
            await press(pilot, "enter")
            assert said in text(app, "#said")
        await press(pilot, "v")
        await press(pilot, "ctrl+s")
        assert "vulnerability recorded" in text(app, "#said")
        await press(pilot, "w")
        app.screen.query_one("#days", Input).value = "sun"
        await press(pilot, "enter")
        assert "never sun" in text(app, "#said")
        await press(pilot, "r")
        assert "Nobody is with you" in text(app, "#sheet")

    screen(here, work)
    with here.office.store.reading() as session:
        (row,) = session.exec(select(Arrangement)).all()
        assert row.status == "pending"
        item = session.exec(select(WorkItem).where(col(WorkItem.kind) == "call")).one()
        assert item.status == "open"
        assert session.get_one(Debtor, item.debtor_id).preferences["inconvenient"]
        assert session.exec(select(Stop).where(col(Stop.kind) == "vulnerability")).all()


@pytest.mark.parametrize("size", SIZES)
def test_what_waits_for_a_second_person_is_decided_by_one_on_the_screen(here, call, size):
    here.hire("bo", Role.SUPERVISOR)

    async def propose(app, pilot):
        await press(pilot, "enter")
        await press(pilot, "i")
        await press(pilot, "f")
        app.screen.query_one("#amount", Input).value = "600.00"
        app.screen.query_one("#on", Input).value = "2026-04-15"
        await press(pilot, "enter")
        assert "waits for a second person" in text(app, "#said")
        await press(pilot, "r")

    async def decide(app, pilot):
        table = app.query_one(DataTable)
        kinds = [str(table.get_row_at(row)[0]) for row in range(table.row_count)]
        table.move_cursor(row=kinds.index("approval"))
        await press(pilot, "enter")
        seen = text(app, "#sheet")
        assert "proposed by anna" in seen
        assert "four eyes" in seen
        await press(pilot, "o")
        shown = picture(app)
        assert "Approve it, as a second person?" in shown
        assert "amount" not in shown.lower()
        app.screen.query_one("#result", Select).value = "approve"
        await press(pilot, "ctrl+s")
        return text(app, "#said")

    screen(here, propose, size)

    async def own(app, pilot):
        assert "second person" in await decide(app, pilot)

    async def second(app, pilot):
        said = await decide(app, pilot)
        assert "approve" in said, said

    screen(here, own, size)
    with here.office.store.writing() as session:
        item = session.exec(select(WorkItem).where(col(WorkItem.kind) == "approval")).one()
        release(session, here.office, item.id, "anna", here.clock.now())
    screen(here, second, size, Operator(code="bo", roles=frozenset({Role.SUPERVISOR})))
    with here.office.store.reading() as session:
        row = session.exec(select(Arrangement)).one()
        assert (row.status, row.approved_by) == ("approved", "bo")


def test_the_four_answers_of_a_conversation_are_asked_and_kept(here, call):
    async def work(app, pilot):
        await press(pilot, "n")
        await press(pilot, "i")
        await press(pilot, "o")
        shown = picture(app)
        for question in ("understand the debt", "want to settle", "mistaken", "good way"):
            assert question in shown
        for name, answer in (
            ("outcome", "conversation"), ("result", "none"), ("understood", "yes"),
            ("misunderstanding", "no"),
        ):  # fmt: skip
            app.screen.query_one(f"#{name}", Select).value = answer
        await press(pilot, "ctrl+s")
        assert app.query_one(DataTable).row_count == 0

    screen(here, work, (80, 24))
    with here.office.store.reading() as session:
        talk = session.exec(select(ContactRow).where(col(ContactRow.channel) == "phone")).one()
    assert talk.answers == {"understood": True, "misunderstanding": False}


def test_the_screen_speaks_chinese_and_the_words_for_the_debtor_stay_theirs(
    here, call, monkeypatch
):
    monkeypatch.setenv("CESSION_LANGUAGE", "zh")

    async def work(app, pilot):
        await press(pilot, "n")
        seen = text(app, "#sheet")
        assert "核实身份之前" in seen
        assert "may I speak with Devon Marsh" in seen
        await press(pilot, "i")
        assert "欠款" in text(app, "#sheet")
        shown = picture(app)
        for word in ("承诺", "备注", "队列"):
            assert word in shown

    screen(here, work, (80, 24))


def test_it_opens_in_a_real_terminal_and_says_in_a_pipe_what_else_to_use(here, call):
    refused = here("desk", "open")
    assert refused.exit_code == 2
    assert "needs a terminal" in refused.stderr
    keeper, terminal = pty.openpty()
    run = subprocess.Popen(
        [Path(sys.executable).with_name("cession"), "desk", "open"],
        stdin=terminal, stdout=terminal, stderr=terminal,
        env={**os.environ, "CESSION_TOKEN": here.token, "TERM": "xterm-256color",
             "COLUMNS": "100", "LINES": "30"},
    )  # fmt: skip
    os.close(terminal)
    try:
        assert b"Nobody is with you now" in _until(keeper, b"Nobody is with you now")
        os.write(keeper, b"q")
        assert run.wait(timeout=60) == 0
    finally:
        run.kill()
        os.close(keeper)


def _until(keeper: int, words: bytes) -> bytes:
    """Read what a terminal shows until it shows some words."""
    shown = b""
    while words not in shown:
        if not ready.select([keeper], [], [], 90)[0]:
            break
        try:
            shown += os.read(keeper, 65536)
        except OSError:
            break
    return shown
