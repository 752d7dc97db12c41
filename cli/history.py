"""The histories of a case: those that the engine has, and those that were kept."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from cli.house import House, house
from cli.reach import Ref, one, private_folder, write_file
from cli.show import REFUSED, AsJson, RefusedError, instant, note, show, table

if TYPE_CHECKING:
    from models.tables import Debt


def history(
    ref: Ref,
    out: Annotated[
        Path | None,
        typer.Option(help="A folder: write each history there, as the engine's UI imports it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the runs of a case, of all its lives, and write their histories to files.

    Ended runs are kept in the store every night, so they can be read when the engine has let them go.
    """
    with house() as here:
        with here.store.reading() as session:
            debt = one(session, ref)
        lines, bodies = asyncio.run(_gathered(here, debt, whole=out is not None))
    if not lines:
        raise RefusedError(
            f"{debt.account_ref} has no history yet: its case was never started", REFUSED
        )
    if out is not None:
        folder = private_folder(out)
        for line in lines:
            if line["run"] in bodies:
                file = folder / f"{debt.workflow_id}-{line['run']}.json"
                write_file(file, json.dumps(bodies[line["run"]], indent=1).encode())
                line["file"] = str(file)
    show(
        lines,
        as_json,
        table(
            f"{len(lines)} runs of {debt.account_ref}, {debt.workflow_id}",
            ("run", "started", "ended", "how", "#events", "where"),
            (
                (
                    line["run"],
                    instant(line["started"]),
                    instant(line["ended"]),
                    line["status"],
                    line["events"],
                    line["where"],
                )
                for line in lines
            ),
        ),
        *([f"Written to {escape(str(out))}; in the UI: Import, at the top right."] if out else []),
    )


async def _gathered(
    here: House, debt: Debt, *, whole: bool
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    from temporalio.service import RPCError

    from activities.history import kept_of, read, runs_of, unpacked
    from runtime.temporal import TemporalUnreachableError, connect

    with here.store.reading() as session:
        kept = {row.run_id: row for row in kept_of(session, debt)}
    lines = {
        row.run_id: _line(row.run_id, row.status, row.started_at, row.closed_at, row.events, "kept")
        for row in kept.values()
    }
    bodies: dict[str, Any] = {run: unpacked(row) for run, row in kept.items()} if whole else {}
    try:
        client = await connect(here.settings)
        for run in await runs_of(client, debt):
            status = run.status.name.lower() if run.status else "unknown"
            where = "engine, kept" if run.run_id in kept else "engine"
            lines[run.run_id] = _line(
                run.run_id, status, run.start_time, run.close_time, run.history_length, where
            )
            if whole and run.run_id not in bodies:
                told = await read(client, debt, run.run_id)
                if told is not None:
                    bodies[run.run_id] = told
    except (TemporalUnreachableError, RPCError):
        note("Temporal does not answer now; these are the histories that were kept.")
    return sorted(lines.values(), key=lambda line: line["started"], reverse=True), bodies


def _line(  # noqa: PLR0917
    run: str, status: str, started: datetime, ended: datetime | None, events: int, where: str
) -> dict[str, Any]:
    return {
        "run": run,
        "status": status,
        "started": started,
        "ended": ended,
        "events": events,
        "where": where,
    }
