"""After a restore: compare store and engine, make good what can be made good, then let contact go on."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType
from rich.markup import escape
from temporalio.service import RPCError

from activities import reconcile
from activities.reconcile import Difference, Kind
from cli.house import House, house
from cli.office import working
from cli.reach import acting
from cli.show import REFUSED, AsJson, RefusedError, note, show, table
from cli.when import past
from models.chain import Fault
from runtime.clock import wall_now
from runtime.temporal import connect
from store import chain

app = typer.Typer(
    help="Compare store and engine after a restore; nothing is sent until they agree."
)

CURES = {
    Kind.LOST_CONTACT: "--mend puts it on record as in doubt, so that it counts, and before a person",
    Kind.LOST_NOTICE: "--mend holds the debt; have the provider send again, or import the bank file",
    Kind.AHEAD: "--mend raises the life in the store",
    Kind.UNPREPARED: "--mend prepares it again; no step that went out is repeated",
    Kind.LOST_RUN: "--mend begins it again; it waits for a person",
    Kind.ENDED: "--mend wakes it, and it ends",
    Kind.UNREAD: "--mend sets it aside unverified: it stops contact, and a person confirms or rejects it",
    Kind.IMPOSTOR: "temporal workflow terminate --workflow-id CASE; then --mend begins the real one again",
    Kind.STRANGER: "import its file again, which finds the same cases; else --end-strangers",
}

SHOWN = 50
"""Differences in the table; --json has all."""

TALK = 500
"""Cases after which a word of progress is said."""


@app.command()
def compare(
    mend: Annotated[
        bool, typer.Option("--mend", help="Make good what the store can make good by itself.")
    ] = False,
    end_strangers: Annotated[
        bool,
        typer.Option("--end-strangers", help="End running cases of debts that the store lacks."),
    ] = False,
    hold: Annotated[
        bool,
        typer.Option(
            "--hold", help="Hold all contact first: the engine was restored, or is in doubt."
        ),
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            help="Day or instant of the copy that was put back (UTC); after `db restore` it is known."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the store with the engine's cases; what is clean lets contact go on."""
    with house() as here:
        now = here.clock.now()
        start = past(since, "--since", ZoneInfo("UTC"), wall_now()) if since else None
        if hold:
            with here.store.writing() as session:
                reconcile.hold(
                    session, now, wall_now(), since=start or wall_now(), reason="engine_restored",
                    actor=acting().code,
                )  # fmt: skip
        with here.store.reading() as session:
            held = reconcile.holding(session)
        if start is None and held is not None:
            start = datetime.fromisoformat(held.facts["since"])
        found = asyncio.run(_compared(here, start))
        mended = ended = 0
        if found and (mend or end_strangers):
            mended, ended = _mended(here, found, mend=mend, end_strangers=end_strangers)
            found = asyncio.run(_compared(here, start))
        with here.store.reading() as session:
            faults = list(chain.verify(session, here.store.keys))
        clean = not found and not faults
        if clean and held is not None:
            with here.store.writing() as session:
                reconcile.release(session, here.clock.now(), acting().code)
    show(
        {
            "clean": clean,
            "differences": found,
            "faults": faults,
            "mended": mended,
            "ended": ended,
            "held": held is not None and not clean,
        },
        as_json,
        *_report(found, faults, mended, ended),
        _verdict(clean=clean, held=held is not None),
    )
    if not clean:
        raise typer.Exit(REFUSED)


async def _compared(here: House, since: datetime | None) -> list[Difference]:
    client = await connect(here.settings)

    def talk(count: int) -> None:
        if count % TALK == 0:
            note(f"{count} cases read …")

    # The index of the engine and the copy's own clock may each lag a little.
    start = since - timedelta(hours=1) if since else None
    try:
        return await reconcile.compare(client, here.store, start, talk)
    except RPCError as error:
        raise RefusedError(
            f"the engine did not answer to the end ({error.status.name.lower()}); nothing was "
            "changed, run it again"
        ) from None


def _mended(
    here: House, found: list[Difference], *, mend: bool, end_strangers: bool
) -> tuple[int, int]:
    mended = 0
    if mend:
        with working(here.settings) as office:
            mended = reconcile.mend(office, found, acting().code)
    return mended, asyncio.run(_told(here, found, mend=mend, end_strangers=end_strangers))


async def _told(here: House, found: list[Difference], *, mend: bool, end_strangers: bool) -> int:
    client, ended = await connect(here.settings), 0
    if end_strangers:
        for each in found:
            if each.kind is Kind.STRANGER:
                await client.get_workflow_handle(each.case).terminate("reconciled: no such debt")
                ended += 1
    if mend:
        names = {each.case for each in found if each.kind not in (Kind.STRANGER, Kind.IMPOSTOR)}
        await reconcile.wake(client, sorted(names))
    return ended


def _report(
    found: list[Difference], faults: list[Fault], mended: int, ended: int
) -> list[RenderableType]:
    said: list[RenderableType] = []
    if mended or ended:
        said.append(f"{mended} made good, {ended} ended.")
    if found:
        counts = Counter(each.kind for each in found)
        said.append(
            table(
                f"{len(found)} differences",
                ("what", "account", "case", "how"),
                [
                    (each.kind.replace("_", " "), each.account, each.case, each.said)
                    for each in found[:SHOWN]
                ],
            )
        )
        said += [
            f"{count} × {kind.replace('_', ' ')}: {CURES[kind]}" for kind, count in counts.items()
        ]
    said += [
        escape(f"The record was changed: {fault.what} {fault.table} {fault.key} {fault.detail}")
        for fault in faults[:SHOWN]
    ]
    return said


def _verdict(*, clean: bool, held: bool) -> str:
    if clean:
        return "Store and engine agree." + (
            " Contact may go on; each case wakes by itself within a day." if held else ""
        )
    return (
        "All contact is held until nothing differs."
        if held
        else "Nothing holds contact: run it with --hold, or `cession stop all`, while you mend."
    )
