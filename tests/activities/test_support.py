"""Support asks why nothing happened, and is told the truth."""

from datetime import date
from uuid import uuid4

import pytest

from activities.support import explain, timeline
from models.case import TaskKind
from models.tables import Promise
from store import case as records
from store import debt as debts
from store import work
from tests.activities.test_legal import DAY, MORNING, Desk, office
from tests.workflows.conftest import SHANGHAI

__all__ = ["office"]


@pytest.fixture
def case(office):
    """A prepared debt in Shanghai whose notice arrived."""
    desk = Desk(office)
    return desk, desk.debt(SHANGHAI)


def told(desk, debt):
    with desk.office.store.reading() as session:
        return explain(session, debts.get(session, debt.id), MORNING - DAY)


def test_a_notice_on_its_way_is_named_as_the_reason(case):
    desk, debt = case
    desk.change(debt, notice_reached_at=None)
    why = told(desk, debt)
    assert [reason.rule for reason in why.reasons] == ["notice:pending"]
    assert "is on its way" in why.summary


def test_a_gap_an_open_item_and_a_promise_are_reasons_with_their_dates(case):
    desk, debt = case
    gap = {"code": "title_gap", "blocking": True, "advice": "ask the seller"}
    desk.change(debt, readiness={"gaps": [gap]})
    with desk.office.store.writing() as session:
        work.open(
            session,
            debt_id=debt.id,
            debtor_id=debt.debtor_id,
            epoch=1,
            kind=TaskKind.READINESS,
            step="readiness",
            now=MORNING - DAY,
            due_at=MORNING + DAY,
        )
        session.add(
            Promise(
                id=uuid4(),
                debt_id=debt.id,
                minor=5000,
                currency="CNY",
                due_on=date(2026, 3, 25),
                grace_days=5,
                made_at=MORNING,
                actor="agent",
            )
        )
    why = {reason.rule: reason for reason in told(desk, debt).reasons}
    assert list(why) == ["readiness:title_gap", "work:readiness", "promise"]
    assert why["work:readiness"].until == MORNING + DAY
    assert "2026-03-25" in why["promise"].why


def test_an_act_of_a_prepared_debt_carries_its_strategy_and_the_law(case):
    desk, debt = case
    with desk.office.store.writing() as session:
        records.act(
            session,
            at=MORNING,
            debt_id=debt.id,
            what="notice.reached",
            reason="letter",
            actor="provider:carrier",
        )
    with desk.office.store.reading() as session:
        act = records.acts(session, debt.id)[-1]
        known = debts.get(session, debt.id)
        assert act.strategy == f"{known.strategy}-{known.strategy_version}"
        assert act.packs == known.facts["packs"]
        assert "notice.reached" in {line.what for line in timeline(session, known)}


def test_a_timeline_names_nobody(case):
    desk, debt = case
    with desk.office.store.reading() as session:
        lines = timeline(session, debts.get(session, debt.id))
    words = " ".join(f"{line.what} {line.detail} {line.actor}" for line in lines)
    assert lines
    assert not any(name in words for name in ("Testperson", "Quimby", "19900000001"))
