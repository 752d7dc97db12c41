"""The whole installation in one process: engine, workers, relay and gateway, in real time."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import select
from temporalio.client import Client

from activities.office import Office
from gateway.main import create_app
from models.tables import Seller
from runtime.clock import wall_now
from runtime.secrets import provide
from runtime.settings import Settings
from runtime.temporal import connect, outside, telemetry
from store.operator import first
from store.schema import upgrade
from worker.gauges import gauging
from worker.host import hosting, keep_calendar, relay_of
from worker.office import make_office
from worker.relay import Relay
from worker.stack import embedded, http_server

PROVIDERS = ("sms", "email", "letter")
"""Names under which carriers may send receipts and replies before anything is configured."""


@dataclass(frozen=True)
class Whole:
    """A running installation and where to find it."""

    temporal: str
    ui: str
    """Empty when the engine is somebody else's cluster."""
    gateway: str
    office: Office
    client: Client
    relay: Relay
    secrets: tuple[Path, ...]
    """Files of the secrets that payment notices and receipts are signed with."""
    administrator: Path | None = None
    """File of the first administrator's token, if this start made one."""


@asynccontextmanager
async def whole(settings: Settings) -> AsyncGenerator[Whole]:
    """Run everything on ``var``; on the way out running work is let finish, in order.

    The store is made or upgraded. The engine is the cluster that ``TEMPORAL_ADDRESS`` names,
    else the embedded one. Raises what the parts raise, each with what to do.
    """
    upgrade(settings.database)
    async with AsyncExitStack() as stack:
        cluster = outside().get("target_host")
        server = None if cluster else await stack.enter_async_context(embedded(settings))
        office = make_office(settings)
        stack.callback(office.store.close)
        stack.callback(office.threads.shutdown)
        stack.push_async_callback(office.connectors.close)
        administrator = first(office.store, settings.admin_file, wall_now())
        files = provide_secrets(settings, office)
        runtime = telemetry(settings.metrics_address)
        client = await connect(settings, role="up", runtime=runtime)
        if settings.metrics_address:
            await stack.enter_async_context(gauging(office, runtime.metric_meter))
        await keep_calendar(client)
        await stack.enter_async_context(hosting(client, office, settings))
        relay = relay_of(office, client)
        await stack.enter_async_context(relay.running())
        app = create_app(settings, office.store, office.clock, wake=relay.wake)
        gateway = await stack.enter_async_context(
            http_server(app, host=settings.gateway_host, port=settings.gateway_port)
        )
        yield Whole(
            temporal=server.address if server else str(cluster),
            ui=server.ui if server else "",
            gateway=gateway,
            office=office,
            client=client,
            relay=relay,
            secrets=files,
            administrator=administrator,
        )


def provide_secrets(settings: Settings, office: Office) -> tuple[Path, ...]:
    """Make what is missing of the secrets of known sellers and providers; answer their files."""
    with office.store.reading() as session:
        sellers = session.exec(select(Seller.code)).all()
    made = [
        *(provide(settings, "payments", seller) for seller in sorted(sellers)),
        *(provide(settings, "receipts", provider) for provider in PROVIDERS),
    ]
    return tuple(path for path in made if path)
