"""A whole case beside the bare life of DBOS: what people would use instead of an engine.

DBOS is no part of Cession and is not installed with it. Put it anywhere and say where::

    python3 -m venv /tmp/dbos && /tmp/dbos/bin/pip install dbos
    .venv/bin/python -m bench.dbos --python /tmp/dbos/bin/python

Its life has the contacts of ours and three empty steps each (check, send, record) with a durable
sleep between them, on PostgreSQL. Ours is the whole case with its legal checks, messages, ledger
and log. Both are CPU: of the worker and of what keeps the state.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

CONTACTS = 7
"""Six messages of a silent case, and one that says that it is paid."""

NAP = 0.05
"""Seconds between contacts; time cannot be skipped there."""


def life(url: str, count: int) -> None:
    """Run in the interpreter that has DBOS: live ``count`` cases, print what they took."""
    library: Any = import_module("dbos").DBOS

    @library.step()
    def nothing(number: int) -> int:
        return number

    @library.workflow()
    def bare(number: int) -> int:
        nothing(number)
        for contact in range(CONTACTS):
            if contact:
                library.sleep(NAP)
            for _ in ("check", "send", "record"):
                nothing(contact)
        return number

    library(config={"name": "bench", "system_database_url": url, "log_level": "ERROR"})
    library.launch()
    library.start_workflow(bare, -1).get_result()
    began = perf_counter(), process_time()
    for handle in [library.start_workflow(bare, number) for number in range(count)]:
        handle.get_result()
    told = {"wall": perf_counter() - began[0], "worker": process_time() - began[1]}
    print(json.dumps(told))
    library.destroy()


def cpu_of(postmaster: int) -> float:
    """Answer CPU seconds of PostgreSQL: its processes that live, and those that it saw end."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = stat.read_text("ascii", "replace").rpartition(")")
        except OSError:
            continue
        fields = tail.split()
        own, parent = int(head.split()[0]), int(fields[1])
        if own == postmaster:
            ticks += sum(map(int, fields[11:15]))
        elif parent == postmaster:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def theirs(python: str, count: int) -> dict[str, float]:
    """Answer CPU milliseconds of a bare case of DBOS, worker and PostgreSQL."""
    from worker.stack import postgres_server  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "pg"
        with postgres_server(data) as url:
            postmaster = int((data / "postmaster.pid").read_text("ascii").split()[0])
            before = cpu_of(postmaster)
            done = subprocess.run(
                [
                    python,
                    "-P",
                    __file__,
                    "--life",
                    url.replace("+psycopg", ""),
                    "--cases",
                    str(count),
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            spent = cpu_of(postmaster) - before
    if done.returncode:
        raise SystemExit(f"DBOS did not run: {done.stderr.strip().splitlines()[-1]}")
    told = json.loads(done.stdout.strip().splitlines()[-1])
    return {
        "worker_ms": 1000 * told["worker"] / count,
        "server_ms": 1000 * spent / count,
        "cases_s": count / told["wall"],
    }


async def ours(count: int) -> dict[str, float]:
    """Answer the same of whole cases of ours."""
    from bench.__main__ import whole_cases  # noqa: PLC0415
    from runtime.settings import load  # noqa: PLC0415
    from runtime.temporal import connect  # noqa: PLC0415
    from worker.stack import temporal_server  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as directory:
        var = Path(directory)
        async with temporal_server(directory=var, ui_port=None, time_skipping=True) as server:
            port = int(server.address.rpartition(":")[2])
            client = await connect(load({}, var=var, temporal_port=port), role="b")
            return await whole_cases(server, client, count)


def main() -> None:
    words = argparse.ArgumentParser(
        prog="python -m bench.dbos",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words.add_argument("--python", default=sys.executable, help="an interpreter that has DBOS")
    words.add_argument("--cases", type=int, default=24, help="cases of each (default: 24)")
    words.add_argument("--life", metavar="URL", help=argparse.SUPPRESS)
    chosen = words.parse_args()
    if chosen.life:
        life(chosen.life, chosen.cases)
        return
    probe = [chosen.python, "-c", "import dbos"]
    try:
        there = subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except OSError:
        there = False
    if not there:
        print(
            f"{chosen.python} has no DBOS, which is no part of Cession. Install it apart and name "
            "that interpreter:\n\n"
            "  python3 -m venv /tmp/dbos && /tmp/dbos/bin/pip install dbos\n"
            "  .venv/bin/python -m bench.dbos --python /tmp/dbos/bin/python",
            file=sys.stderr,
        )
        raise SystemExit(2)
    from runtime.logs import configure  # noqa: PLC0415

    configure("console", "ERROR")
    bare, whole = theirs(chosen.python, chosen.cases), asyncio.run(ours(chosen.cases))
    print(f"{'CPU milliseconds of a case':34} {'worker':>10} {'server':>10} {'together':>10}")
    sums: list[float] = []
    for name, told in (("DBOS, three empty steps a contact", bare), ("Cession, whole", whole)):
        sums.append(told["worker_ms"] + told["server_ms"])
        print(f"{name:34} {told['worker_ms']:10.0f} {told['server_ms']:10.0f} {sums[-1]:10.0f}")
    ratio = sums[1] / sums[0]
    print(f"Cession / DBOS: {ratio:.2f} x; goal <= 1.0: {'met' if ratio <= 1 else 'missed'}")


if __name__ == "__main__":
    main()
