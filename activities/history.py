"""Histories of ended cases, kept when the engine lets them go."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session, col, func, select
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.office import Office
from models.tables import Debt, History
from runtime.clock import wall_now

PAGE = 200
"""Runs that are looked up in the store at once."""

AGAIN = timedelta(days=2)
"""Runs that ended this long before the newest kept one are looked at again: the index may lag."""

ENDED = "WorkflowType = 'DebtCase' AND ExecutionStatus != 'Running'"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a case: where it stands and where its history is."""

    run: str
    status: str
    started: datetime
    closed: datetime | None
    events: int
    kept: bool
    """Whether the store has its history; the engine's own copy goes when its retention ends."""


async def keep(office: Office, client: Client, alive: Callable[[int], None]) -> tuple[int, int]:
    """Copy the histories of ended cases from the engine; answer how many were new and looked at.

    Repeating it copies nothing twice. What the engine lets go meanwhile is left out. ``alive`` hears
    how many are done.
    """
    newest = await office.stored(lambda: _newest(office))
    asked = ENDED + (f" AND CloseTime >= '{(newest - AGAIN).isoformat()}'" if newest else "")
    found: list[WorkflowExecution] = []
    async for run in client.list_workflows(asked):
        found.append(run)
        alive(len(found))
    # Oldest first: should it break off, the newest kept one still says how far it came.
    found.sort(key=lambda run: run.close_time or run.start_time)
    kept = 0
    for start in range(0, len(found), PAGE):
        page = found[start : start + PAGE]
        known = await office.stored(partial(_known, office, [run.run_id for run in page]))
        for run in page:
            if run.run_id not in known and await _copy(office, client, run):
                kept += 1
            alive(kept)
    return kept, len(found)


async def runs_of(client: Client, debt: Debt) -> list[WorkflowExecution]:
    """Answer the runs of a case that the engine still has, newest first."""
    found = client.list_workflows(f"WorkflowId = '{debt.workflow_id}'")
    return [run async for run in found]


async def read(client: Client, debt: Debt, run: str) -> dict[str, object] | None:
    """Answer a history as the engine has it, in the form that its UI imports; None if it is gone."""
    try:
        told = await client.get_workflow_handle(debt.workflow_id, run_id=run).fetch_history()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
    return json.loads(told.to_json())


def kept_of(session: Session, debt: Debt) -> list[History]:
    """Answer the kept histories of a debt, newest first."""
    return list(
        session.exec(
            select(History)
            .where(col(History.debt_id) == debt.id)
            .order_by(col(History.closed_at).desc())
        )
    )


def unpacked(row: History) -> dict[str, object]:
    """Answer a kept history in the form that the engine's UI imports."""
    return json.loads(gzip.decompress(row.packed))


def _known(office: Office, runs: list[str]) -> set[str]:
    with office.store.reading() as session:
        return set(session.exec(select(History.run_id).where(col(History.run_id).in_(runs))))


def _newest(office: Office) -> datetime | None:
    with office.store.reading() as session:
        return session.exec(select(func.max(History.closed_at))).one()


async def _copy(office: Office, client: Client, run: WorkflowExecution) -> bool:
    if run.status is WorkflowExecutionStatus.RUNNING or run.close_time is None:
        return False
    closed, status = run.close_time, run.status.name.lower() if run.status else "unknown"

    def write(told: dict[str, object], debt: Debt) -> None:
        packed = gzip.compress(json.dumps(told, separators=(",", ":")).encode(), mtime=0)
        with office.store.writing() as session:
            session.add(
                History(
                    run_id=run.run_id,
                    debt_id=debt.id,
                    status=status,
                    started_at=run.start_time,
                    closed_at=closed,
                    events=len(told["events"]),  # pyright: ignore[reportArgumentType]
                    kept_at=wall_now(),
                    packed=packed,
                )
            )

    debt = await office.stored(lambda: _debt(office, run.id))
    if debt is None or (told := await read(client, debt, run.run_id)) is None:
        return False
    await office.stored(lambda: write(told, debt))
    return True


def _debt(office: Office, workflow_id: str) -> Debt | None:
    with office.store.reading() as session:
        return session.exec(select(Debt).where(col(Debt.workflow_id) == workflow_id)).one_or_none()
