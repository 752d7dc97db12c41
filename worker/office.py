"""What every process that decides or writes works with, made from the settings."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from activities.feed import Feed
from activities.office import Office, Practice
from activities.retention import Places
from connectors.base import Connector, Connectors
from connectors.breaker import Breaker
from connectors.letter import PrintFolder
from connectors.mail import SmtpAccount, SmtpMail
from connectors.outbox import FileOutbox
from connectors.register import FileRegister, HttpRegister
from connectors.sms import SmsAccount, SmsGateway
from models.contact import Channel, Mode
from models.register import Register
from models.wording import Collector
from rules.message import load_wording
from rules.packs import load_packs
from rules.strategy import load_strategies
from runtime.settings import PACKS, Settings
from store.engine import Store, keys_for

STORE_THREADS = 4
"""All threads of a process that touch the store: SQLite has one writer, more only wait."""


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


def file_places(settings: Settings) -> Places:
    """Answer where messages and recordings lie as files."""
    return Places((settings.outbox_directory, settings.var / "print"), settings.recordings)
