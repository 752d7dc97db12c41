"""The worker process: hosts workflows, activities and the relay until it is told to stop."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, nullcontext, suppress
from datetime import timedelta
from pathlib import Path
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
from activities.feed import Feed
from activities.house import HouseActivities
from activities.intake import IntakeActivities
from activities.ledger import fold_replied
from activities.office import Office, Practice
from activities.payment import PaymentActivities, book_ended, present_parked
from activities.retention import Places
from activities.start import start_case
from activities.withdrawal import take_back
from connectors.base import Connector, Connectors
from connectors.breaker import Breaker
from connectors.letter import PrintFolder
from connectors.mail import SmtpAccount, SmtpMail
from connectors.outbox import FileOutbox
from connectors.register import FileRegister, HttpRegister
from connectors.sms import SmsAccount, SmsGateway
from models.case import CASES, SENDING
from models.contact import Channel, Mode
from models.house import Chore, ChoreKind
from models.intake import IMPORTS
from models.register import Register
from models.wording import Collector
from rules.message import load_wording
from rules.packs import load_packs
from rules.strategy import load_strategies
from runtime.clock import wall_now
from runtime.settings import Settings
from runtime.temporal import connect, deployment, telemetry
from store.engine import Store, keys_for
from worker.drain import Drain
from worker.gauges import gauging
from worker.relay import AT_WORK, Relay

log = structlog.get_logger()

PACKS = Path(__file__).parent.parent / "packs"
"""The product runs from its checkout."""

STORE_THREADS = 4
"""All threads of a process that touch the store: SQLite has one writer, more only wait."""


SENDS = 16
"""Provider calls under way at once in one process; they wait on others, not on the store."""


def make_office(settings: Settings) -> Office:
    """Open the store and read all packs; the office lives as long as the process.

    Raises what the parts raise, each with what to do: unknown schema, unreadable pack, no key.
    """
    store = Store.open(settings.database, keys_for(settings.database, settings.keys_directory))
    return Office(
        store=store,
        clock=settings.clock(),
        law=load_packs(PACKS / "jurisdictions"),
        strategies=load_strategies(PACKS / "strategies"),
        wordings=load_wording(PACKS / "wording"),
        collector=make_collector(settings),
        connectors=make_connectors(settings),
        threads=ThreadPoolExecutor(STORE_THREADS, thread_name_prefix="store"),
        practice=make_practice(settings),
        registers=make_registers(settings),
        feeds=make_feeds(settings),
        live=settings.mode is Mode.LIVE,
        refund_patience=timedelta(days=settings.refund_patience_days),
        suspense_hold=timedelta(days=settings.suspense_hold_days),
    )


def make_practice(settings: Settings) -> Practice:
    """Answer how the house works, as the legal check of live cases needs to know it."""
    return Practice(
        licensed_in=frozenset(settings.licensed_in),
        calls_recorded=settings.calls_recorded,
        visit_staff=settings.visit_staff,
        visits_recorded=settings.visits_recorded,
        visits_announced=settings.visits_announced,
        visitors_show_id=settings.visitors_show_id,
    )


def make_feeds(settings: Settings) -> tuple[Feed, ...]:
    """Answer the sources of payments whose silence is noticed."""
    return tuple(
        Feed(provider, timedelta(hours=told.hours), frozenset(told.sellers))
        for provider, told in settings.payment_feeds.items()
    )


def make_registers(settings: Settings) -> tuple[Register, ...]:
    """Make the registers that the settings name."""
    made: list[Register] = []
    for told in settings.registers.values():
        keeps, places = timedelta(hours=told.hours), frozenset(told.places)
        if told.file is not None:
            made.append(FileRegister(told.kind, told.file, keeps, places))
        else:
            key = told.key.get_secret_value()
            made.append(HttpRegister(told.kind, told.url, keeps, places, key))
    return tuple(made)


def make_collector(settings: Settings) -> Collector:
    """Answer who writes, as every message names it."""
    return Collector(
        legal_name=settings.collector_name,
        address=tuple(filter(None, settings.collector_address.splitlines())),
        phone=settings.collector_phone,
        email=settings.collector_email,
        registration=settings.collector_registration,
        licence=settings.collector_licence,
        envelope_name=settings.collector_envelope_name,
        hours=settings.collector_hours,
        pay_site=settings.collector_pay_site,
        account_holder=settings.collector_account_holder or settings.collector_name,
        account_number=settings.collector_account,
        bank=settings.collector_bank,
        privacy=settings.collector_privacy or settings.collector_email,
    )


def make_connectors(settings: Settings) -> Connectors:
    """Make the file outbox, and a live way for each channel that the settings describe."""
    live: dict[Channel, Connector] = {}
    if settings.smtp_host:
        live[Channel.EMAIL] = SmtpMail(
            SmtpAccount(
                host=settings.smtp_host,
                port=settings.smtp_port,
                sender=settings.smtp_sender,
                security=settings.smtp_security,
                username=settings.smtp_username,
                password=settings.smtp_password.get_secret_value(),
            )
        )
    if settings.sms_url:
        live[Channel.SMS] = SmsGateway(
            SmsAccount(
                url=settings.sms_url,
                key=settings.sms_key.get_secret_value(),
                sender=settings.sms_sender,
                receipts_url=settings.sms_receipts_url,
            )
        )
    live[Channel.LETTER] = PrintFolder(settings.var / "print")
    clock = settings.clock()
    return Connectors(
        outbox=FileOutbox(settings.outbox_directory, settings.smtp_sender or "outbox@example.com"),
        # What prints to a folder has no outage to wait out.
        live={
            channel: way
            if channel is Channel.LETTER
            else Breaker(way, lambda: clock.now().timestamp())
            for channel, way in live.items()
        },
    )


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
    from workflows.case import DebtCase  # noqa: PLC0415
    from workflows.house import Housekeeping  # noqa: PLC0415
    from workflows.intake import PortfolioImport  # noqa: PLC0415

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


def file_places(settings: Settings) -> Places:
    """Answer where messages and recordings lie as files."""
    return Places((settings.outbox_directory, settings.var / "print"), settings.recordings)


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
