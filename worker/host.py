"""The worker process: hosts workflows, activities and the relay until it is told to stop."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext, suppress
from datetime import timedelta
from importlib import import_module
from uuid import UUID

import structlog
from sqlmodel import Session
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleSpec,
)
from temporalio.common import VersioningBehavior
from temporalio.worker import Worker

from activities.bank import rank_waiting
from activities.case import CaseActivities
from activities.complaint import press
from activities.contact import ContactActivities
from activities.house import HouseActivities
from activities.intake import IntakeActivities
from activities.ledger import fold_replied
from activities.office import Office
from activities.payment import PaymentActivities, book_ended, present_parked
from activities.start import start_case
from activities.withdrawal import take_back
from models.case import CASES, SENDING
from models.house import Chore, ChoreKind
from models.intake import IMPORTS
from rules.holiday import china_published
from runtime.clock import wall_now
from runtime.settings import Settings
from runtime.temporal import connect, deployment, telemetry
from worker.drain import Drain
from worker.gauges import gauging
from worker.office import STORE_THREADS, file_places, make_office
from worker.relay import AT_WORK, Relay

log = structlog.get_logger()


TASKS = 16
"""Workflow tasks of one process at a time. The server gives each of them ten seconds: of hundreds that
wake at once, as after a restart, a slow machine that took on all would finish none."""

SENDS = 16
"""Provider calls under way at once in one process; they wait on others, not on the store."""


@asynccontextmanager
async def hosting(client: Client, office: Office, settings: Settings) -> AsyncGenerator[None]:
    """Run the workers of one process; on the way out running activities are let finish."""
    cases, contacts = CaseActivities(office), ContactActivities(office)
    payments, intake = (
        PaymentActivities(office),
        IntakeActivities(office.store, client, office.threads),
    )
    short_lived = deployment(settings.build_id, VersioningBehavior.PINNED)
    draining = {
        "graceful_shutdown_timeout": timedelta(seconds=settings.drain_seconds),
        "deployment_config": deployment(settings.build_id),
    }
    common = draining | {
        "activity_executor": office.threads,
        "max_concurrent_activities": STORE_THREADS,
    }
    house = HouseActivities(office, file_places(settings), settings.retention == "run")
    import_module("rules.wording")  # read now: no lock on a person waits for it later
    from workflows.case import DebtCase  # noqa: PLC0415
    from workflows.house import Housekeeping  # noqa: PLC0415
    from workflows.intake import PortfolioImport  # noqa: PLC0415

    china_published()  # the same of the calendars
    async with (
        Worker(
            client,
            task_queue=CASES,
            workflows=[DebtCase],
            activities=[
                cases.prepare,
                cases.next_move,
                cases.open_task,
                cases.obey,
                contacts.legal_check,
                payments.book,
            ],
            max_concurrent_local_activities=STORE_THREADS,
            max_concurrent_workflow_tasks=TASKS,
            **common,  # pyright: ignore[reportArgumentType]
        ),
        Worker(
            client,
            task_queue=SENDING,
            activities=[contacts.send],
            max_task_queue_activities_per_second=settings.sends_per_second,
            max_concurrent_activities=SENDS,
            **draining,  # pyright: ignore[reportArgumentType]
        ),
        Worker(
            client,
            task_queue=IMPORTS,
            workflows=[PortfolioImport, Housekeeping],
            activities=[intake.open_page, house.keep_house, house.keep_histories],
            **common | {"deployment_config": short_lived},  # pyright: ignore[reportArgumentType]
        ),
    ):
        yield


CHORES = {
    ChoreKind.SEAL: ScheduleIntervalSpec(every=timedelta(hours=1)),
    ChoreKind.RETENTION: ScheduleIntervalSpec(every=timedelta(days=1), offset=timedelta(hours=3)),
    ChoreKind.INTEREST: ScheduleIntervalSpec(every=timedelta(days=1), offset=timedelta(hours=12)),
    ChoreKind.HISTORIES: ScheduleIntervalSpec(every=timedelta(days=1), offset=timedelta(hours=2)),
}
"""What the house does for itself, and how often; retention at three in the morning, UTC, interest
at noon: by then the day before has ended for every debtor on earth."""


async def keep_calendar(client: Client) -> None:
    """Put the chores on the server's calendar, once for all processes; one that is there stays."""
    for kind, interval in CHORES.items():
        with suppress(ScheduleAlreadyRunningError):
            await client.create_schedule(
                f"housekeeping-{kind}",
                Schedule(
                    action=ScheduleActionStartWorkflow(
                        "Housekeeping",
                        Chore(kind=kind),
                        id=f"housekeeping-{kind}",
                        task_queue=IMPORTS,
                        static_summary=f"Housekeeping: {kind}",
                    ),
                    spec=ScheduleSpec(intervals=[interval]),
                ),
            )


def booking(office: Office) -> Callable[[UUID], Awaitable[object]]:
    """Book a notice whose case has ended or not begun."""
    return lambda inbox_id: office.stored(lambda: book_ended(office, inbox_id))


def folding(office: Office) -> Callable[[UUID], Awaitable[object]]:
    """Let closed debts know at once of what a reply stopped before it was known."""

    def fold(inbox_id: UUID) -> int:
        with office.store.writing() as session:
            return fold_replied(session, inbox_id, office.clock.now())

    return lambda inbox_id: office.stored(lambda: fold(inbox_id))


def _tending(office: Office) -> Callable[[Session], object]:
    """Put before people what waits for them: parked notices, complaints without an answer, and money
    that fits no debt, with the debts that it may be for.
    """

    def tend(session: Session) -> None:
        now = office.clock.now()
        rank_waiting(session, office.store.keys, now, wall_now(), office.suspense_hold)
        present_parked(session, office, now)
        press(session, now)

    return tend


def reviving(office: Office, client: Client) -> Callable[[UUID], Awaitable[object]]:
    """Start the case of a debt that is owed again; it holds until a person confirms."""
    return lambda debt: start_case(client, office, debt, again=True)


def relay_of(
    office: Office,
    client: Client,
    revive: Callable[[UUID], Awaitable[object]] | None = None,
    *,
    at_work: timedelta = AT_WORK,
) -> Relay:
    """Answer the relay of a house; ``revive`` starts a case that is owed again, ours unless given."""
    return Relay(
        office.store,
        client,
        booking(office),
        revive or reviving(office, client),
        withdraw=lambda inbox_id: take_back(office, inbox_id),
        fold=folding(office),
        tend=_tending(office),
        at_work=at_work,
    )


async def main(settings: Settings, drain: Drain) -> int:
    """Host workers and relay until ``drain`` is asked for; answer the exit code."""
    office = make_office(settings)
    runtime = telemetry(settings.metrics_address)
    client = await connect(settings, role="w", runtime=runtime)
    relay = relay_of(office, client)
    gauges = gauging(office, runtime.metric_meter) if settings.metrics_address else nullcontext()
    await keep_calendar(client)
    async with hosting(client, office, settings), gauges, relay.running():
        log.info("worker.ready", temporal=client.service_client.config.target_host)
        await drain.asked()
    await office.connectors.close()
    office.threads.shutdown()
    office.store.close()
    return drain.over()
