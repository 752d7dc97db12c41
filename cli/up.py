"""The stack in one process, and each of its parts alone for several machines."""

from __future__ import annotations

import asyncio
import logging
import signal
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from cli.db import FIRST_MADE
from cli.show import Page, note
from models.contact import Mode
from runtime.logs import configure
from runtime.settings import Settings, load

if TYPE_CHECKING:
    from worker.whole import Whole

up_app = typer.Typer()
worker_app = typer.Typer()
gateway_app = typer.Typer()

Port = Annotated[
    int | None, typer.Option(min=0, max=65535, help="0 takes any free one.", show_default=False)
]


@up_app.command()
def up(
    temporal_port: Port = None,
    ui_port: Port = None,
    gateway_port: Port = None,
) -> None:
    """Run the whole stack in real time, its state under var/; Ctrl-C or SIGTERM drains it."""
    given: dict[str, Any] = {
        name: port
        for name, port in (
            ("temporal_port", temporal_port),
            ("ui_port", ui_port),
            ("gateway_port", gateway_port),
        )
        if port is not None
    }
    settings = load(**given)
    configure(settings.log_style, settings.log_level)
    _quiet()
    raise typer.Exit(asyncio.run(_up(settings)))


@worker_app.command()
def worker() -> None:
    """Host workflows, activities and the relay only: one of any number of such processes."""
    settings = load()
    configure(settings.log_style, settings.log_level)
    raise typer.Exit(asyncio.run(_host(settings)))


async def _host(settings: Settings) -> int:
    from worker.drain import Drain
    from worker.host import main as host

    return await host(settings, Drain(timedelta(seconds=settings.drain_seconds), note))


@gateway_app.command()
def gateway() -> None:
    """Serve the gateway only: one of any number of such processes."""
    from gateway.main import main  # FastAPI is not needed by the others

    main()


def stopping() -> asyncio.Event:
    """Answer an event that is set by Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return stop


def _quiet() -> None:
    """Leave out what libraries say about their own start."""
    for name in ("alembic", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)


async def _up(settings: Settings) -> int:
    from worker.drain import Drain
    from worker.whole import whole

    console = Page()
    drain = Drain(
        timedelta(seconds=settings.drain_seconds),
        lambda text: console.print(escape(text), soft_wrap=True),
    )
    async with whole(settings) as running:
        for line in _greeting(settings, running):
            console.print(line, soft_wrap=True)
        await drain.asked()
    code = drain.over()
    console.print("Stopped. Everything is kept under " + escape(str(settings.var)) + ".")
    return code


def _greeting(settings: Settings, running: Whole) -> list[str]:
    lines = ["[bold]Cession is up.[/bold]"]
    if running.ui:
        lines.append(f"  cases, as support reads them  {running.ui}")
    lines += [
        f"  Temporal                      {running.temporal}",
        f"  payments, receipts, replies   {running.gateway} (see /openapi.json)",
        f"  messages to read              {escape(str(settings.outbox_directory))}",
        f"  store, keys                   {escape(str(settings.var))} (back up keys apart)",
    ]
    lines += [f"  signing secret                {escape(str(path))}" for path in running.secrets]
    if running.administrator:
        lines.append(FIRST_MADE.format(file=escape(str(running.administrator))))
    if not settings.collector_name:
        lines.append(
            "[yellow]CESSION_COLLECTOR_NAME and its fellows are not set: no message can say who "
            "writes, so none is sent; see cession doctor.[/yellow]"
        )
    if settings.mode is Mode.LIVE and not settings.smtp_host:
        lines.append(
            "[yellow]Live mode without CESSION_SMTP_HOST: steps by e-mail are skipped, or go another "
            "way; see cession doctor.[/yellow]"
        )
    if settings.mode is Mode.LIVE and not settings.sms_url:
        lines.append(
            "[yellow]Live mode without CESSION_SMS_URL: steps by SMS are skipped, or go another "
            "way; see cession doctor.[/yellow]"
        )
    lines += [
        "Next, in another terminal:",
        "  cession portfolio import packs/samples/portfolio.csv",
        "  cession case list",
        "Ctrl-C ends it; everything is found again at the next start.",
    ]
    return lines
