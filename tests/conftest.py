"""Servers that the whole run shares, and a fresh database for each test that asks for one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio
from hypothesis import settings

from runtime.settings import PACKS, load
from runtime.temporal import connect
from worker import office
from worker.stack import postgres_server, temporal_server


def pytest_addoption(parser):
    ours = parser.getgroup("cession")
    ours.addoption("--kills", type=int, default=50, help="worker processes killed by crash tests")
    ours.addoption(
        "--database", choices=("sqlite", "postgres"), default="sqlite", help="of `database_url`"
    )
    ours.addoption("--long", action="store_true", help="run the tests marked `long` too")


def pytest_configure(config):
    """The same examples in every run; a long run looks for new ones."""
    settings.register_profile("steady", derandomize=True, deadline=None)
    settings.register_profile("searching", deadline=None, max_examples=300)
    settings.load_profile("searching" if config.getoption("--long") else "steady")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--long"):
        skip = pytest.mark.skip(reason="part of `make test-long`")
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(skip)
    servers = {"temporal": "server", "postgres": "postgres"}
    for item in items:
        for fixture in servers.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(servers[fixture])


@pytest.fixture(scope="session", autouse=True)
def shipped_packs_read_once() -> Iterator[None]:
    """Every installation of a run that has the shipped packs has the same ones, which nothing changes:
    they are read from their files once in each process of tests, and others every time.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ("load_packs", "load_strategies", "load_wording"):
            patch.setattr(office, name, _once(getattr(office, name)))
        yield


def _once(read: Callable[[Path], Any]) -> Callable[[Path], Any]:
    kept = cache(read)
    return lambda place: kept(place) if place.is_relative_to(PACKS) else read(place)


@pytest.fixture(scope="session")
def kills(request) -> int:
    """How many worker processes a crash test kills."""
    return request.config.getoption("--kills")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal(tmp_path_factory):
    """One real server for the whole run, in memory, able to skip time; use your own ids."""
    async with temporal_server(
        directory=tmp_path_factory.mktemp("temporal"),
        durable=False,
        ui_port=None,
        time_skipping=True,
    ) as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(temporal):
    """A client of the shared server, put together as in production."""
    host, _, port = temporal.address.rpartition(":")
    assert host == "127.0.0.1"
    return await connect(load({}, var=Path("nowhere"), temporal_port=int(port)), role="t")


@pytest.fixture(scope="session")
def postgres():
    """One real PostgreSQL for the whole run; it need not survive a power cut."""
    directory = Path(tempfile.mkdtemp(prefix="cession-pg-"))
    try:
        with postgres_server(directory / "pg") as url:
            with psycopg.connect(_plain(url), autocommit=True) as server:
                server.execute("ALTER SYSTEM SET fsync = off")
                server.execute("ALTER SYSTEM SET full_page_writes = off")
                server.execute("SELECT pg_reload_conf()")
            yield url
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres) -> str:
    """Address of an empty PostgreSQL database of this test alone."""
    name = f"t_{uuid4().hex}"
    with psycopg.connect(_plain(postgres), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    yield postgres.replace("/postgres?", f"/{name}?")
    with psycopg.connect(_plain(postgres), autocommit=True) as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def sqlite_url(tmp_path) -> str:
    """Address of an empty SQLite database of this test alone."""
    return f"sqlite:///{tmp_path / 'cession.db'}"


@pytest.fixture
def database_url(request) -> str:
    """Address of an empty database: SQLite, or with ``--database postgres`` PostgreSQL.

    A test of concurrency names both by indirect parameters.
    """
    chosen = getattr(request, "param", request.config.getoption("--database"))
    return request.getfixturevalue(f"{chosen}_url")


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")
