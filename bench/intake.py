"""``python -m bench.intake``: an import's rows per second and memory, and stops while it runs.

Each size is imported in a process of its own, so that its memory is its own; meanwhile another process
enters and ends stops, and a kill switch of the portfolio, and takes the time.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, sleep
from typing import Any
from uuid import uuid4

from sqlmodel import select

from activities.intake import store_portfolio
from models.stop import Scope, StopKind
from models.tables import Debt, Portfolio
from rules.intake import latest_date, read_manifest, survey
from rules.invented import DEFECTS, PAIRED
from rules.invented import Portfolio as Invented
from rules.sheet import open_sheet
from runtime.clock import wall_now
from store.engine import Store
from store.keys import Keys
from store.schema import upgrade
from store.stop import end, enter

SIZES = (10_000, 100_000)

GOAL = 5.0
"""Seconds that a stop may wait while an import runs."""

EVERY = 1.0
"""Seconds between two stops."""


def invented(path: Path, rows: int) -> None:
    """Write an invented file with two defects in a hundred rows, and its manifest."""
    made = Invented(rows, 7, ("us", "cn", "gb"), (*DEFECTS, *PAIRED), 0.02)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(made)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    path.with_suffix(".json").write_text(json.dumps(made.manifest(digest)), "utf-8")


def imported(path: Path, var: Path) -> dict[str, Any]:
    """Check and store a file in this process; answer seconds, rows and the most memory it held."""
    store = opened(var)
    manifest = read_manifest(path.with_suffix(".json").read_text("utf-8"))

    def source() -> Any:
        return path.open("rb")

    now = wall_now()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = perf_counter()
    found = survey(source, manifest, latest_date(now), tell=lambda _problem: None)
    checked = perf_counter()
    done = store_portfolio(
        store,
        manifest,
        open_sheet(source),
        now=now,
        observed_at=now,
        actor="bench",
        tell=lambda _problem: None,
    )
    ended = perf_counter()
    if found.stopped or done.new != found.accepted:
        raise RuntimeError(f"{done.new} of {found.accepted} rows were stored")
    store.close()
    return {
        "rows": found.rows,
        "checking": checked - began,
        "storing": ended - checked,
        "start_mb": before / 1024,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def opened(var: Path) -> Store:
    return Store.open(f"sqlite:///{var / 'cession.db'}", Keys.load_or_create(var / "keys"))


def stops_meanwhile(var: Path, importing: subprocess.Popen[str]) -> Iterator[float]:
    """Enter and end stops while the import runs; give the seconds until each was acknowledged."""
    store = opened(var)
    while importing.poll() is None:
        with store.reading() as session:
            debt = session.exec(select(Debt).limit(1)).first()
            sold = session.exec(select(Portfolio).limit(1)).first()
        if debt is None or sold is None:
            sleep(EVERY / 10)
            continue
        for kind, scope, named in (
            (StopKind.CEASE, Scope.DEBTOR, {"debtor_id": debt.debtor_id}),
            (StopKind.KILL_SWITCH, Scope.PORTFOLIO, {"portfolio_id": sold.id}),
        ):
            began = perf_counter()
            with store.writing() as session:
                stop, _ = enter(
                    session,
                    kind,
                    scope,
                    now=wall_now(),
                    observed_at=wall_now(),
                    reason="measured",
                    actor="bench",
                    source="bench",
                    external_id=str(uuid4()),
                    **named,
                )
            yield perf_counter() - began
            with store.writing() as session:
                end(session, stop.id, now=wall_now(), reason="measured", actor="bench")
        sleep(EVERY)
    store.close()


def measure(rows: int) -> dict[str, Any]:
    """Import so many rows in another process and stop contact meanwhile."""
    with tempfile.TemporaryDirectory() as place:
        var, path = Path(place), Path(place) / "invented.csv"
        invented(path, rows)
        upgrade(f"sqlite:///{var / 'cession.db'}")
        Keys.load_or_create(var / "keys")
        words = [sys.executable, "-m", "bench.intake", "--one", str(path), str(var)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as importing:
            waited = list(stops_meanwhile(var, importing))
            told, _ = importing.communicate()
            if importing.returncode:
                raise RuntimeError("the import failed")
        found: dict[str, Any] = json.loads(told)
        return found | {
            "check_rows_s": found["rows"] / found["checking"],
            "store_rows_s": found["rows"] / found["storing"],
            "stops": len(waited),
            "stop_median_s": statistics.median(waited),
            "stop_longest_s": max(waited),
        }


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m bench.intake", description=__doc__)
    words.add_argument("--rows", type=int, action="append", help="instead of 10,000 and 100,000")
    words.add_argument("--json", action="store_true", help="for other programs")
    words.add_argument("--one", nargs=2, type=Path, help=argparse.SUPPRESS)
    chosen = words.parse_args()
    if chosen.one:
        print(json.dumps(imported(*chosen.one)))
        return
    found = [measure(rows) for rows in chosen.rows or SIZES]
    if chosen.json:
        print(json.dumps(found, indent=2))
        return
    for each in found:
        met = "met" if each["stop_longest_s"] < GOAL else "missed"
        print(
            f"{each['rows']:>9,} rows: checked {each['check_rows_s']:,.0f}/s, stored "
            f"{each['store_rows_s']:,.0f}/s, {each['start_mb']:.0f} MB before and at most "
            f"{each['peak_mb']:.0f} MB; {each['stops']} stops meanwhile, median "
            f"{each['stop_median_s']:.2f} s, longest {each['stop_longest_s']:.2f} s "
            f"(goal < {GOAL:.0f} s: {met})"
        )


if __name__ == "__main__":
    main()
