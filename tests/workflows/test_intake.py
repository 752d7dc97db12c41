"""The import workflow starts each case once, in pages, on a real server."""

import asyncio
import csv
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import WorkflowExecutionStatus
from temporalio.worker import Worker

from activities.intake import IntakeActivities, ready_cases, start_cases, store_portfolio
from cli.portfolio import begin_import
from models.case import CASES, Case
from models.intake import IMPORTS, Import, Imported, Page
from models.tables import Debt
from rules.intake import read_manifest
from rules.sheet import open_sheet
from store import debt as debts
from store.engine import Store
from store.keys import Keys
from store.schema import upgrade
from workflows.intake import PortfolioImport

SAMPLES = Path(__file__).parents[2] / "packs" / "samples"
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
AT_ONCE = timedelta(0)


@workflow.defn(name="DebtCase", sandboxed=False)
class Sleeper:
    """Stands where the case would stand: started by name, it waits."""

    def __init__(self) -> None:
        self.ended = False

    @workflow.run
    async def run(self, case: Case) -> str:
        await workflow.wait_condition(lambda: self.ended)
        return case.currency

    @workflow.signal
    def end(self) -> None:
        self.ended = True


@pytest.fixture
def store(database_url, tmp_path):
    upgrade(database_url)
    opened = Store.open(database_url, Keys.load_or_create(tmp_path / "keys"))
    yield opened
    opened.close()


@pytest.fixture
def portfolio(store):
    manifest = read_manifest((SAMPLES / "portfolio.manifest.json").read_text("utf-8"))
    text = (SAMPLES / "portfolio.csv").read_text("utf-8")
    sheet = open_sheet(text.encode())
    return store_portfolio(store, manifest, sheet, now=NOW, observed_at=NOW, actor="test").portfolio


@asynccontextmanager
async def importing(client, store):
    with ThreadPoolExecutor(2) as threads:
        activities = IntakeActivities(store, client, threads)
        async with Worker(
            client,
            task_queue=IMPORTS,
            workflows=[PortfolioImport],
            activities=[activities.open_page],
        ):
            yield


@asynccontextmanager
async def sleeping(client):
    async with Worker(client, task_queue=CASES, workflows=[Sleeper]):
        yield


async def imported(client, portfolio, **changes) -> Imported:
    order = Import(portfolio=portfolio, ref="HL-2026-02", pace=AT_ONCE, **changes)
    handle = await begin_import(client, order, f"import-{uuid4().hex[:16]}")
    return await handle.result()


def readable(found: object) -> str:
    """All words of a history, those inside payloads too."""
    match found:
        case dict():
            return "\n".join(
                b64decode(value).decode() if name == "data" else readable(value)
                for name, value in found.items()
            )
        case list():
            return "\n".join(map(readable, found))
        case _:
            return str(found)


def ids(store, portfolio) -> list[str]:
    with store.reading() as session:
        return [debt.workflow_id for debt in debts.page(session, portfolio, "", 1000)]


async def runs(client, idents) -> dict[str, str]:
    described = await asyncio.gather(*(client.get_workflow_handle(i).describe() for i in idents))
    return {each.id: each.run_id for each in described}


async def test_an_import_starts_every_case_once_whatever_the_size_of_a_page(
    client, store, portfolio
):
    async with importing(client, store):
        assert await imported(client, portfolio, page=10) == Imported(started=34, refused=0)
        first = await runs(client, ids(store, portfolio))
        assert len(first) == 34
        assert await imported(client, portfolio) == Imported(started=34, refused=0)
        assert await runs(client, ids(store, portfolio)) == first


async def test_an_import_goes_on_over_continue_as_new(client, store, portfolio):
    async with importing(client, store):
        order = Import(portfolio=portfolio, ref="HL-2026-02", page=1, pace=AT_ONCE, started=100)
        ident = f"import-{uuid4().hex[:16]}"
        handle = await begin_import(client, order, ident)
        assert (await handle.result()).started == 134
    first = client.get_workflow_handle(ident, run_id=handle.first_execution_run_id)
    assert (await first.describe()).status is WorkflowExecutionStatus.CONTINUED_AS_NEW


async def test_only_what_the_store_calls_new_is_started(client, store, portfolio):
    with store.writing() as session:
        opened = debts.by_ref(session, "CN-0001")[0]
        opened.status = "open"
        session.add(opened)
    async with importing(client, store):
        assert (await imported(client, portfolio)).started == 33


async def test_a_case_that_ended_is_never_started_again(client, store, portfolio):
    with store.reading() as session:
        ready = list(ready_cases(session, Page(portfolio=portfolio, after="", size=3)))
    assert await start_cases(client, ready) == (3, 0)
    handle = client.get_workflow_handle(ready[0].workflow_id)
    async with sleeping(client):
        await handle.signal("end")
        await handle.result()
    assert await start_cases(client, ready) == (2, 1)
    assert (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED


async def test_support_finds_a_case_by_what_was_said_at_its_start(client, store, portfolio):
    async with importing(client, store):
        await imported(client, portfolio)
    with store.reading() as session:
        debt: Debt = debts.by_ref(session, "US-0003")[0]
    found = await client.get_workflow_handle(debt.workflow_id).describe()
    assert {pair.key.name: pair.value for pair in found.typed_search_attributes} == {
        "CaseStage": "preparing",
        "Jurisdiction": "US-NYC",
        "Portfolio": "HL-2026-02",
        "Seller": "harbour-lantern",
        "DebtorKey": found.typed_search_attributes[
            next(p.key for p in found.typed_search_attributes if p.key.name == "DebtorKey")
        ],
    }
    assert await found.memo() == {
        "debt": str(debt.id),
        "transferred": "credit card, 1170.00 USD on transfer",
    }


def numbers() -> set[str]:
    """Every telephone number of the sample, without its country: five digits of one occur by chance."""
    with (SAMPLES / "portfolio.csv").open(encoding="utf-8") as file:
        return {row["phone_1"][-10:] for row in csv.DictReader(file) if row["phone_1"]}


async def test_no_history_of_an_import_or_a_start_names_anybody(client, store, portfolio):
    async with importing(client, store):
        order = Import(portfolio=portfolio, ref="HL-2026-02", pace=AT_ONCE)
        handle = await begin_import(client, order, f"import-{uuid4().hex[:16]}")
        await handle.result()
    handles = [client.get_workflow_handle(ident) for ident in ids(store, portfolio)[:5]]
    histories = await asyncio.gather(*(each.fetch_history() for each in (handle, *handles)))
    everything = "\n".join(readable(history.to_json_dict()) for history in histories)
    for word in ("Avery", "林青", "Sample Street", "example.com", "U-2001", "CN-0001", *numbers()):
        assert word not in everything
    assert " on transfer" in everything
    assert "Start up to 200 more cases" in everything
