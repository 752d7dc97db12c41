"""CPU milliseconds of each activity in a case of six messages, without the engine.

Run from the checkout: ``python -m bench.activities``. Tells where the time of a case goes.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Any
from uuid import UUID

from sqlmodel import select
from temporalio.testing import ActivityEnvironment

from activities.case import CaseActivities
from activities.contact import ContactActivities
from activities.intake import store_portfolio
from activities.office import Office
from bench.__main__ import COLLECTOR, START
from bench.portfolio import copies
from models.case import Answer, Ask, CheckAsk, Contact, Errand, SendAsk, Wait
from models.contact import Channel
from models.stop import Scope, StopKind
from models.tables import Debt
from runtime.logs import configure
from runtime.settings import load
from store.schema import upgrade
from store.stop import enter
from worker.office import make_office

CASES = 12


class Clocked:
    """Runs activities one after another and keeps what each took."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = {}
        self.loop = asyncio.new_event_loop()

    def __call__(self, activity: Callable[..., Any], ask: Errand) -> Answer:
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, started_time=datetime.now(UTC))
        began = process_time()
        answer = environment.run(activity, ask)
        if asyncio.iscoroutine(answer):
            answer = self.loop.run_until_complete(answer)
        self.spent.setdefault(activity.__name__, []).append(1000 * (process_time() - began))
        assert isinstance(answer, Answer)
        return answer


def live(office: Office, debt: UUID, clocked: Clocked) -> None:
    """Lead one silent case through its letters, mails and text."""
    cases, contacts = CaseActivities(office), ContactActivities(office)
    now = START
    told: dict[str, Any] = {"debt": debt, "shift": now - datetime.now(UTC)}
    answer = clocked(cases.prepare, Errand(**told))
    for ordinal in range(1, 20):
        move = answer.move
        if isinstance(move, Wait):
            now = max(now, move.until)
            move = move.then
        told = {"debt": debt, "shift": now - datetime.now(UTC), "ordinal": ordinal}
        if not isinstance(move, Contact):
            clocked(cases.next_move, Ask(**told, now=now))
            return
        ask = CheckAsk(**told, now=now, asked=ordinal, contact=move)
        checked = clocked(contacts.legal_check, ask)
        answer = clocked(contacts.send, SendAsk(**told)) if checked.go else checked


def measure(cases: int = CASES) -> dict[str, list[float]]:
    """Answer CPU milliseconds of every run of every activity, by its name."""
    clocked = Clocked()
    with tempfile.TemporaryDirectory() as var:
        url = f"sqlite:///{var}/bench.db"
        upgrade(url)
        office = make_office(load({}, var=Path(var), database_url=url, **COLLECTOR))
        given = copies(cases)
        store_portfolio(
            office.store, given.manifest, given.sheet, now=START, observed_at=START, actor="bench"
        )
        with office.store.writing() as session:
            debts = list(session.exec(select(Debt)).all())
            for debt in debts:
                enter(
                    session,
                    StopKind.OPT_OUT,
                    Scope.CHANNEL,
                    now=START,
                    observed_at=START,
                    reason="asked",
                    actor="bench",
                    source="bench",
                    external_id=str(debt.id),
                    debtor_id=debt.debtor_id,
                    channel=Channel.PHONE,
                )
        for debt in debts:
            live(office, debt.id, clocked)
        clocked.loop.close()
        office.threads.shutdown()
        office.store.close()
    return clocked.spent


def main() -> None:
    configure("console", "ERROR")
    spent = measure()
    print(f"{'activity':12} {'runs a case':>12} {'median ms':>10} {'ms a case':>10}")
    for name, took in spent.items():
        each, whole = statistics.median(took), sum(took) / CASES
        print(f"{name:12} {len(took) / CASES:12.1f} {each:10.1f} {whole:10.1f}")
    print(f"{'together':35} {sum(map(sum, spent.values())) / CASES:10.1f}")


if __name__ == "__main__":
    main()
