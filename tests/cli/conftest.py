"""An installation with the sample portfolio, at an instant, without any engine near."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from activities.office import Office
from activities.preparation import prepare_debt
from activities.standing import advance
from cli.main import app
from models.case import TaskKind
from models.operator import Role
from models.tables import Debt
from runtime.clock import SharedClock
from runtime.settings import load
from store import debt as debts
from store import operator as operators
from store import work
from worker.office import make_office
from worker.stack import free_port

SAMPLES = Path(__file__).parents[2] / "packs" / "samples"

NOON = datetime(2026, 3, 18, 16, 0, tzinfo=UTC)
"""A Wednesday, noon in New York: calls are lawful there."""


@dataclass
class Installation:
    """Commands and what they work on."""

    office: Office
    clock: SharedClock
    token: str = ""
    tokens: dict[str, str] = field(default_factory=dict)

    def __call__(self, *words: object) -> Result:
        env = {"CESSION_TOKEN": self.token} if self.token else {}
        return CliRunner().invoke(app, [str(word) for word in words], env=env)

    def json(self, *words: object):
        done = self(*words, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    @property
    def var(self) -> Path:
        return Path(os.environ["CESSION_VAR"])

    def hire(self, code: str, *roles: Role) -> str:
        """Add somebody who works here; answers their token."""
        with self.office.store.writing() as session:
            return operators.add(
                session, self.office.store.keys, code, roles, now=NOON, actor="admin"
            )

    def by(self, code: str) -> Installation:
        """The same commands, given by somebody else."""
        if code not in self.tokens:
            self.tokens[code] = self.hire(code, *Role)
        return replace(self, token=self.tokens[code])

    def debt(self, account: str) -> Debt:
        with self.office.store.reading() as session:
            return debts.by_ref(session, account)[0]

    def prepare(self, account: str) -> Debt:
        """Prepare a case as its workflow would, up to its first move."""
        debt = self.debt(account)
        now = self.clock.now()
        prepare_debt(self.office, debt.id, 1, now, timedelta(0))
        with self.office.store.writing() as session:
            advance(session, self.office, debt.id, 1, now)
        return self.debt(account)

    def open(self, account: str, kind: TaskKind, step: str = "") -> str:
        """Put an item before people; answers its id."""
        debt = self.prepare(account)
        with self.office.store.writing() as session:
            item = work.open(
                session,
                debt_id=debt.id,
                debtor_id=debt.debtor_id,
                epoch=1,
                kind=kind,
                step=step or ("phone" if kind is TaskKind.CALL else ""),
                now=self.clock.now(),
                due_at=self.clock.now() + timedelta(days=2),
            )
        return str(item.id)


def surround(monkeypatch, directory: Path) -> None:
    """Let commands work in a directory, with nothing of this machine's own settings."""
    monkeypatch.chdir(directory)
    for name, value in {
        "VAR": directory / "var",
        "TEMPORAL_PORT": free_port(),
        "SIMULATION": "true",
        "COLLECTOR_NAME": "Still Water Receivables Ltd",
        "COLLECTOR_ADDRESS": "1 Example Quay\nLondon",
        "COLLECTOR_PHONE": "+1 202-555-0100",
        "COLLECTOR_EMAIL": "help@stillwater.example.com",
        "COLLECTOR_PAY_SITE": "https://pay.stillwater.example.com/",
        "COLLECTOR_ENVELOPE_NAME": "Still Water",
    }.items():
        monkeypatch.setenv(f"CESSION_{name}", str(value))
    monkeypatch.setenv("COLUMNS", "160")
    for name in ("TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def imported(tmp_path_factory) -> Path:
    """What an installation is after its first import; each test works on a copy."""
    directory = tmp_path_factory.mktemp("imported")
    with pytest.MonkeyPatch.context() as monkeypatch:
        surround(monkeypatch, directory)
        var = load().var
        var.mkdir(mode=0o700)
        SharedClock(var / "clock").set(NOON)
        assert CliRunner().invoke(app, ["db", "upgrade"]).exit_code == 0
        done = CliRunner().invoke(
            app, ["portfolio", "import", str(SAMPLES / "portfolio.csv"), "--no-start"]
        )
        assert done.exit_code == 0, done.output
    return var


@pytest.fixture
def here(imported, tmp_path, monkeypatch):
    """The sample portfolio in a store of its own; Temporal is nowhere."""
    surround(monkeypatch, tmp_path)
    settings = load()
    shutil.copytree(imported, settings.var)
    clock = SharedClock(settings.var / "clock")
    office = replace(make_office(settings), clock=clock, spread=timedelta(0))
    yield Installation(office, clock).by("anna")
    office.threads.shutdown()
    office.store.close()


@pytest.fixture
def call(here) -> str:
    """A call that waits in New York at noon; its notice was sent."""
    debt = here.prepare("US-0004")
    with here.office.store.writing() as session:
        debt.notice_sent_at = here.clock.now() - timedelta(days=10)
        session.add(debt)
    return here.open("US-0004", TaskKind.CALL)
