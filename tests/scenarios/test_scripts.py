"""Every acceptance script, played on the real server, with the invariants checked after it."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import timedelta

import pytest

from models.contact import Mode
from tests.scenarios.doors import SETTINGS
from tests.scenarios.play import Play, differences
from tests.scenarios.script import scripts
from worker.invariants import before_knowledge, breaches, engine_breaches, leaks

SCRIPTS = list(scripts())


SHORT = 2
"""Variants of one script that every run plays; a long run plays all."""


LONG_SECONDS = 600
"""Of real time for one script that only long runs play."""


def _marked():
    seen: Counter[str] = Counter()
    marked = []
    for script in SCRIPTS:
        number = script.id.partition(",")[0]
        seen[number] += 1
        missing = pytest.mark.xfail(
            strict=True, raises=AssertionError, reason=f"needs {script.needs}"
        )
        marks = [missing] if script.needs else []
        marks += [pytest.mark.timeout(LONG_SECONDS)] if script.long else []
        marks += [pytest.mark.long] if script.long or seen[number] > SHORT else []
        marked.append(pytest.param(script, id=script.id, marks=marks))
    return marked


@pytest.mark.parametrize("script", _marked())
async def test_script(script, make_world, sms_provider, mail_sink, caplog, capfd, tmp_path):
    caplog.set_level(logging.INFO)
    for theirs in ("alembic", "mail.log"):
        logging.getLogger(theirs).setLevel(logging.WARNING)
    settings = SETTINGS | {"recordings": tmp_path / "recordings"}
    if script.live:
        settings |= {
            "mode": Mode.LIVE,
            "licensed_in": ["US", "CN", "GB"],
            "calls_recorded": True,
            "sms_url": sms_provider.url,
            "sms_key": "key",
            "sms_sender": "Northlake",
        }
    if script.mail:
        settings |= {
            "smtp_host": "127.0.0.1",
            "smtp_port": mail_sink,
            "smtp_sender": "help@northlake.example.com",
            "smtp_security": "none",
        }
    spread = timedelta(minutes=script.spread_minutes)
    async with make_world(script.start, spread, **settings) as sim:
        play = Play(script, sim, sms_provider)
        await play.run()
        found = differences(play)
        for account, place in script.expect.jurisdiction.items():
            if (said := await play.jurisdiction(account)) != place:
                found.append(f"{account}: the law is that of {said}, not {place}")
        with sim.office.store.reading() as session:
            broken = breaches(session, sim.office.law)
            early = len(before_knowledge(session))
            if early != script.expect.before_knowledge:
                found.append(f"{early} contacts between a stop's beginning and its knowledge")
        broken += await engine_breaches(sim.client, play.names(), play.marks)
        for name in sim.lockstep.open:
            await sim.client.get_workflow_handle(name).terminate("the script is over")
    output = capfd.readouterr()
    broken += leaks(caplog.text + output.out + output.err, "logs", play.marks)
    assert not found, "\n".join(found)
    assert not broken, "\n".join(map(str, broken))
