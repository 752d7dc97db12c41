"""The checker finds what is planted: a breach of each invariant, and none in a clean store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import col, select

from models.contact import Channel
from models.stop import Scope, StopKind
from models.tables import ContactRow, Debtor, LedgerEntry
from rules.packs import load_packs
from store import payment as money
from store.case import act
from store.engine import Store
from store.keys import Keys
from store.schema import upgrade
from store.stop import enter
from tests.workflows.conftest import NEW_YORK, store_debt
from worker.invariants import before_knowledge, breaches, crossed, leaks

NOON = datetime(2026, 6, 29, 16, tzinfo=UTC)
"""In New York."""

HOUR = timedelta(hours=1)

LAW = load_packs(Path(__file__).parents[2] / "packs" / "jurisdictions")


@pytest.fixture
def store(tmp_path):
    url = f"sqlite:///{tmp_path / 'cession.db'}"
    upgrade(url)
    store = Store.open(url, Keys.load_or_create(tmp_path / "keys"))
    yield store
    store.close()


@pytest.fixture
def debt(store):
    with store.writing() as session:
        return store_debt(session, store.keys, NEW_YORK, "A-1", NOON - 400 * HOUR)


def send(store, debt, at=NOON, *, step="sms", channel=Channel.SMS, **changes):
    """Put a contact on record as if it had left, with all that proves it."""
    row = {
        "id": uuid4(),
        "debtor_id": debt.debtor_id,
        "debt_id": debt.id,
        "step": step,
        "channel": channel,
        "state": "sent",
        "outcome": "sent",
        "at": at,
        "decision_id": uuid4(),
        **changes,
    }
    with store.writing() as session:
        session.add(ContactRow(**row))
    return row["id"]


def stop(store, debt, kind, scope=Scope.DEBTOR, *, at=NOON - HOUR, **changes):
    with store.writing() as session:
        enter(
            session,
            kind,
            scope,
            now=at,
            observed_at=at,
            reason="asked",
            actor="agent-1",
            source="desk",
            external_id=str(uuid4()),
            debtor_id=debt.debtor_id,
            **changes,
        )


def broken(store) -> set[str]:
    with store.reading() as session:
        return {breach.invariant for breach in breaches(session, LAW)}


def test_a_lawful_life_breaks_nothing(store, debt):
    send(store, debt)
    assert broken(store) == set()


def test_a_text_at_night_breaks_the_hours(store, debt):
    send(store, debt, NOON + 9 * HOUR)
    assert broken(store) == {"I1"}


def test_a_call_in_the_window_of_one_plausible_zone_only_breaks_the_hours(store, debt):
    stop(store, debt, StopKind.RELOCATION, facts={"zone": "Pacific/Honolulu"})
    with store.writing() as session:
        debtor = session.get_one(Debtor, debt.debtor_id)
        debtor.zones = [*debtor.zones, "Pacific/Honolulu"]
        session.add(debtor)
    send(store, debt, NOON, channel=Channel.PHONE, agent="human", outcome="no_answer")
    assert broken(store) == {"I1"}


def test_two_texts_on_a_day_break_the_cap(store, debt):
    send(store, debt)
    send(store, debt, NOON + HOUR, step="other")
    assert broken(store) == {"I2"}


def test_a_call_days_after_a_talk_breaks_the_cooldown(store, debt):
    call = {"channel": Channel.PHONE, "agent": "human"}
    send(store, debt, outcome="conversation", **call)
    send(store, debt, NOON + 6 * 24 * HOUR, outcome="no_answer", **call)
    assert broken(store) == {"I2"}


def test_a_call_on_the_eighth_day_after_a_talk_is_lawful(store, debt):
    call = {"channel": Channel.PHONE, "agent": "human"}
    send(store, debt, outcome="conversation", **call)
    send(store, debt, NOON + 7 * 24 * HOUR, outcome="no_answer", **call)
    assert broken(store) == set()


@pytest.mark.parametrize(
    "kind", [StopKind.DISPUTE, StopKind.CEASE, StopKind.ATTORNEY, StopKind.BANKRUPTCY]
)
def test_a_demand_under_a_stop_breaks_it(store, debt, kind):
    stop(store, debt, kind)
    send(store, debt)
    assert broken(store) == {"I3"}


def test_a_text_after_an_opt_out_breaks_it_and_its_confirmation_does_not(store, debt):
    stop(store, debt, StopKind.OPT_OUT, Scope.CHANNEL, channel=Channel.SMS)
    send(store, debt, step="optout_1", purpose="optout_confirmation")
    assert broken(store) == set()
    send(store, debt, NOON + 24 * HOUR)
    assert broken(store) == {"I3"}


def test_what_crossed_a_stop_is_reported_and_breaks_nothing(store, debt):
    stop(store, debt, StopKind.DISPUTE)
    ident = send(store, debt, crossed=True)
    assert broken(store) == set()
    with store.reading() as session:
        assert crossed(session) == [ident]


def test_what_left_between_a_filing_and_its_knowledge_is_reported(store, debt):
    ident = send(store, debt)
    later, filed = NOON + HOUR, NOON - 24 * HOUR
    stop(store, debt, StopKind.BANKRUPTCY, at=later, effective_from=filed)
    assert broken(store) == set()
    with store.reading() as session:
        assert before_knowledge(session) == [ident]


def test_a_gap_in_the_ledger_breaks_it(store, debt):
    with store.writing() as session:
        last = session.exec(
            select(LedgerEntry).order_by(col(LedgerEntry.seq).desc()).limit(1)
        ).one()
        last.seq = 9
        session.add(last)
    assert broken(store) == {"I4"}


def test_a_waiver_that_goes_back_and_a_chargeback_that_is_given_back_break_nothing(store, debt):
    """As when the last instalment of a settlement is charged back, and the money comes again."""
    happened = [
        ("payment", 70_200, None), ("waiver", 46_800, None), ("chargeback", 70_200, 0),
        ("reversal", 46_800, 1), ("reversal", 70_200, 2),
    ]  # fmt: skip
    booked = []
    with store.writing() as session:
        for number, (kind, minor, of) in enumerate(happened):
            booked.append(
                money.append(
                    session, debt.id, kind=kind, minor=minor, currency="USD",
                    value_date=NOON.date(), booked_at=NOON, observed_at=NOON, source="test",
                    external_id=f"p-{number}", policy="us-default@1", actor="tester", reason=kind,
                    bucket="principal" if kind == "waiver" else None,
                    of=booked[of].id if of is not None else None,
                )
            )  # fmt: skip
    assert broken(store) == set()


def test_a_demand_for_a_paid_debt_breaks_the_ledger(store, debt):
    with store.writing() as session:
        money.append(
            session,
            debt.id,
            kind="payment",
            minor=117_000,
            currency="USD",
            value_date=NOON.date(),
            booked_at=NOON - HOUR,
            observed_at=NOON - HOUR,
            source="test",
            external_id="p-1",
            policy="us-default@1",
            actor="tester",
            reason="payment",
        )
    send(store, debt)
    assert broken(store) == {"I4"}


def test_a_step_done_twice_breaks_once_only(store, debt):
    send(store, debt)
    send(store, debt, NOON + 48 * HOUR)
    assert broken(store) == {"I5"}


def test_an_act_without_versions_and_a_contact_without_decision_break_the_record(store, debt):
    with store.writing() as session:
        act(session, at=NOON, what="contact.sent", reason="sms", actor="case", debt_id=debt.id)
    assert broken(store) == {"I7"}


def test_a_contact_without_a_decision_breaks_the_record(store, debt):
    send(store, debt, decision_id=None)
    assert broken(store) == {"I7"}


def test_a_name_in_a_log_is_found_and_not_repeated():
    found = leaks("contact.sent to Zebulon Marked", "logs", ["Zebulon Marked"])
    assert [breach.invariant for breach in found] == ["I6"]
    assert "Zebulon" not in str(found[0])
