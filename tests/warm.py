"""A ``cession`` command that starts warm, for tests that run many of them one after another.

Half of the processor's time of a short command goes into imports. Here one process has done them and forks
for each command, which gets directory, environment and streams of whoever called it: all but the
interpreter's own start is as in real life. What stays up (``cession up``) starts cold.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]

COLD = ("up", "worker", "gateway", "demo")
"""Commands that go on for long, and of which nobody starts many."""

CALL = """
import json, os, socket, sys
call = socket.socket(socket.AF_UNIX)
call.connect(sys.argv[1])
said = json.dumps([sys.argv[2:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(call, [len(said).to_bytes(4, "big")], [0, 1, 2])
call.sendall(said)
os._exit(int(call.recv(4) or b"70"))
"""


@contextmanager
def warm_cession(directory: Path):
    """Put a program ``cession`` into a directory that holds nothing else of that name."""
    directory.mkdir(parents=True, exist_ok=True)
    address = directory / "warm"
    (directory / "call.py").write_text(CALL, "utf-8")
    command = directory / "cession"
    cold = f"exec {sys.executable} -c 'from cli.main import app; app()' \"$@\""
    warm = f'exec {sys.executable} -I -S {directory / "call.py"} {address} "$@"'
    command.write_text(f"#!/bin/sh\ncase $1 in {'|'.join(COLD)}) {cold};; esac\n{warm}\n", "utf-8")
    command.chmod(0o755)
    with subprocess.Popen(
        [sys.executable, __file__, str(address)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as stove:
        try:
            assert stove.stdout is not None
            assert stove.stdout.readline() == b"warm\n"
            yield command
        finally:
            os.killpg(stove.pid, signal.SIGKILL)


def answer(call: socket.socket) -> None:
    """Run one command for a caller and tell it the exit code."""
    size, streams, _, _ = socket.recv_fds(call, 4, 3)
    said = call.makefile("rb").read(int.from_bytes(size, "big"))
    command = os.fork()
    if command == 0:
        run(said, streams)
    _, status = os.waitpid(command, 0)
    call.sendall(str(os.waitstatus_to_exitcode(status) & 255).encode())


def run(said: bytes, streams: list[int]) -> None:
    import json

    words, directory, surroundings = json.loads(said)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", closefd=False)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(surroundings)
    sys.argv = ["cession", *words]
    from cli.main import app

    code: object = 1
    try:
        app()
    except SystemExit as end:
        code = end.code
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def main() -> None:
    from importlib import import_module

    from cli.main import COMMANDS

    for name, (place, _) in COMMANDS.items():
        if name not in COLD:
            import_module(place.partition(":")[0])
    for late in ("rules.wording", "connectors.letter", "temporalio.worker", "cli.rights"):
        import_module(late)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(sys.argv[1])
        door.listen()
        sys.stdout.write("warm\n")
        sys.stdout.flush()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while True:
            call, _ = door.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                answer(call)
                os._exit(0)
            call.close()


if __name__ == "__main__":
    main()
