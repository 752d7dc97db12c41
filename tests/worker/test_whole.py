"""The whole installation against somebody else's cluster and database: only settings change."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from activities.intake import ready_cases, start_cases, store_portfolio
from models.intake import Page
from rules.intake import read_manifest
from rules.sheet import open_sheet
from runtime.clock import wall_now
from runtime.settings import load
from store import debt as debts
from worker.lockstep import Lockstep
from worker.whole import whole

SAMPLES = Path(__file__).parents[2] / "packs" / "samples"

pytestmark = [pytest.mark.server, pytest.mark.postgres]


async def test_an_outside_cluster_and_postgresql_need_settings_only(
    temporal, postgres_url, tmp_path, monkeypatch
):
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.address)
    settings = load({}, var=tmp_path, database_url=postgres_url, gateway_port=0)
    async with whole(settings) as here:
        assert (here.temporal, here.ui) == (temporal.address, "")
        assert not (tmp_path / "temporal.db").exists()
        manifest = read_manifest((SAMPLES / "portfolio-second.manifest.json").read_text("utf-8"))
        text = (SAMPLES / "portfolio-second.csv").read_text("utf-8")
        now = wall_now()
        stored = store_portfolio(
            here.office.store,
            manifest,
            open_sheet(text.encode()),
            now=now,
            observed_at=now,
            actor="tester",
        )
        with here.office.store.reading() as session:
            page = Page(portfolio=stored.portfolio, after="", size=10, shift=timedelta(0))
            ready = list(ready_cases(session, page))
        await start_cases(here.client, ready)
        calendar = Lockstep(here.client, now)
        for each in ready:
            calendar.adopt(each.workflow_id, timedelta(0))
        await calendar.settle()
        with here.office.store.reading() as session:
            cases = [debts.by_workflow(session, each.workflow_id) for each in ready]
        assert len(cases) == stored.new == 4
        assert {case.status for case in cases} == {"open"}
        for each in ready:
            await here.client.get_workflow_handle(each.workflow_id).terminate("test over")
