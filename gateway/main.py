"""The HTTP application: ways in for money, receipts and replies, and its own health."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import uvicorn
from fastapi import FastAPI

from gateway import contact, payment, provider
from gateway.door import Door, Receipted, install_refusals, refusals
from runtime.clock import Clock, wall_now
from runtime.logs import configure
from runtime.settings import KEEP_ALIVE, Settings, SettingsError, load
from store.engine import Store, StoreError, keys_for
from store.keys import KeyFileError


def _nobody() -> None:
    """Wake no relay: one in another process looks by itself."""


def create_app(
    settings: Settings,
    store: Store,
    clock: Clock,
    *,
    wake: Callable[[], None] = _nobody,
    wall: Callable[[], datetime] = wall_now,
) -> FastAPI:
    """Build the application on an open store, which stays the caller's to close.

    ``wake`` is called after each commit that left something for the relay; ``wall`` is the time
    that signatures are judged by.
    """
    door = Door(settings, store, clock, wake, wall)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        yield
        door.threads.shutdown()

    app = FastAPI(
        title="Cession gateway",
        version="1",
        description="Payments, delivery receipts and replies. What is answered 200 is stored.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    install_refusals(app)
    app.include_router(payment.routes(door))
    app.include_router(provider.routes(door))
    app.include_router(contact.routes(door))

    @app.get("/healthz", tags=["health"])
    async def healthz() -> Receipted:  # pyright: ignore[reportUnusedFunction]
        """Answer while the process lives."""
        return Receipted(status="ok")

    @app.get("/readyz", tags=["health"], responses=refusals())
    async def readyz() -> Receipted:  # pyright: ignore[reportUnusedFunction]
        """Answer when the store can be reached."""

        def look() -> None:
            with store.reading() as session:
                session.connection().exec_driver_sql("SELECT 1")

        await door.on_thread(look)
        return Receipted(status="ok")

    return app


def main() -> None:
    """Serve until told to stop: ``python -m gateway.main``."""
    try:
        settings = load()
        configure(settings.log_style, settings.log_level)
        store = Store.open(settings.database, keys_for(settings.database, settings.keys_directory))
    except (SettingsError, StoreError, KeyFileError) as error:
        sys.exit(f"cession gateway: {error}")
    try:
        uvicorn.run(
            create_app(settings, store, settings.clock()),
            host=settings.gateway_host,
            port=settings.gateway_port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE,
        )
    finally:
        store.close()


if __name__ == "__main__":
    main()
