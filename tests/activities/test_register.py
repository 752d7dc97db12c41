"""Registers are asked before a contact, their answers are facts with an age, silence blocks."""

import json
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from activities.ledger import first_day
from activities.person import release
from activities.register import ASKED, refresh
from connectors.register import FileRegister
from models.case import Contact
from models.contact import Channel, Mode, Purpose
from models.law import Verdict
from models.register import RegisterKind, Told
from models.tables import Act, LitigationHold, Stop
from runtime.settings import SettingsError, load
from store import case as records
from store.schema import upgrade
from tests.activities.test_legal import DAY, NOON, Desk
from tests.workflows.conftest import COLLECTOR, NEW_YORK
from worker.office import make_office, make_registers

CALL = Contact(step="phone", channel=Channel.PHONE, purpose=Purpose.COLLECTION, template="call")
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    var = tmp_path_factory.mktemp("registers")
    url = f"sqlite:///{var}/cession.db"
    upgrade(url)
    office = make_office(load({}, var=var, database_url=url, **COLLECTOR))
    yield office
    office.threads.shutdown()
    office.store.close()


@dataclass
class Answering:
    """A register that always says the same."""

    answer: Told
    kind: RegisterKind = RegisterKind.MORATORIUM
    keeps: timedelta = 6 * HOUR
    places: frozenset[str] = frozenset()

    def ask(self, subject, now):
        return self.answer


class Listed:
    """A list of one kind and a desk that asks it."""

    def __init__(self, office, path, kind):
        self.path = path
        self.register = FileRegister(kind, path, 6 * HOUR)
        self.desk = Desk(replace(office, registers=(self.register,)))

    def write(self, *entries, as_of=NOON - HOUR):
        self.path.write_text(json.dumps({"as_of": as_of.isoformat(), "entries": list(entries)}))

    def refresh(self, debt, now=NOON):
        refresh(self.desk.office, debt.id, CALL, now)

    def asked(self, debt):
        with self.desk.office.store.reading() as session:
            acts = session.exec(select(Act).where(Act.debt_id == debt.id, Act.what == ASKED)).all()
        return [act.facts["listed"] for act in acts]


@pytest.fixture
def insolvency(office, tmp_path):
    return Listed(office, tmp_path / "list.json", RegisterKind.INSOLVENCY)


def test_a_register_that_nobody_asked_or_that_is_silent_blocks(insolvency):
    debt = insolvency.desk.debt(NEW_YORK)
    assert insolvency.desk.ask(debt).rule == "GEN-REGISTER"
    insolvency.refresh(debt)
    assert insolvency.asked(debt) == []
    decision = insolvency.desk.ask(debt)
    assert (decision.kind, decision.rule) == (Verdict.BLOCK, "GEN-REGISTER")
    assert "human_review" in decision.flags


def test_a_clear_answer_is_a_fact_with_its_age_until_it_is_too_old(insolvency):
    debt = insolvency.desk.debt(NEW_YORK)
    insolvency.write()
    insolvency.refresh(debt)
    decision = insolvency.desk.ask(debt)
    assert decision.kind is Verdict.ALLOW
    assert "register:insolvency:3600s" in decision.flags
    assert insolvency.desk.ask(debt, now=NOON + 4 * HOUR).kind is Verdict.ALLOW
    assert "GEN-REGISTER" in insolvency.desk.rules(debt, now=NOON + 6 * HOUR)


def test_an_answer_is_asked_again_only_when_it_grows_old(insolvency):
    debt = insolvency.desk.debt(NEW_YORK)
    insolvency.write()
    for minutes in (0, 10, 60):
        insolvency.refresh(debt, NOON + timedelta(minutes=minutes))
    assert insolvency.asked(debt) == [False]
    insolvency.write(as_of=NOON + 4 * HOUR)
    insolvency.refresh(debt, NOON + 5 * HOUR)
    assert insolvency.asked(debt) == [False, False]


def test_a_listing_stops_the_person_once(insolvency):
    debt = insolvency.desk.debt(NEW_YORK)
    insolvency.write({"account": debt.account_ref, "status": "pending", "ref": "26-1"})
    insolvency.refresh(debt)
    insolvency.write(
        {"account": debt.account_ref, "status": "pending", "ref": "26-1"}, as_of=NOON + 6 * HOUR
    )
    insolvency.refresh(debt, NOON + 6 * HOUR)
    assert "US-FED-BANKRUPTCY" in insolvency.desk.rules(debt)
    with insolvency.desk.office.store.reading() as session:
        stops = session.exec(select(Stop).where(Stop.debtor_id == debt.debtor_id)).all()
    assert [(stop.kind, stop.source) for stop in stops] == [("bankruptcy", "register:insolvency")]


def test_a_listing_of_litigation_is_a_litigation_hold_until_a_person_ends_it(office, tmp_path):
    court = Listed(office, tmp_path / "list.json", RegisterKind.LITIGATION)
    debt = court.desk.debt(NEW_YORK)
    listed = {"account": debt.account_ref, "ref": "26-7"}
    court.write(listed)
    court.refresh(debt)
    assert court.desk.ask(debt).rule == "GEN-HOLD"
    with office.store.writing() as session:
        held = session.exec(
            select(LitigationHold).where(LitigationHold.debtor_id == debt.debtor_id)
        ).one()
        assert (held.actor, held.reason) == ("register", "register_litigation:26-7")
        ended = release(session, debt.debtor_id, reason="settled", actor="ana", now=NOON)
        assert ended == 1
    court.write(listed, as_of=NOON + 6 * HOUR)
    court.refresh(debt, NOON + 6 * HOUR)
    assert "GEN-HOLD" not in court.desk.rules(debt, now=NOON + 6 * HOUR)


def test_a_moratorium_carries_its_days(office, tmp_path):
    moratorium = Listed(office, tmp_path / "list.json", RegisterKind.MORATORIUM)
    debt = moratorium.desk.debt(NEW_YORK)
    moratorium.write({"account": debt.account_ref, "type": "standard", "start": "2026-03-10"})
    moratorium.refresh(debt)
    with office.store.reading() as session:
        (stop,) = session.exec(select(Stop).where(Stop.debtor_id == debt.debtor_id)).all()
    assert stop.facts == {"type": "standard", "start": "2026-03-10"}
    for zone in ("America/New_York", "Pacific/Auckland"):
        assert first_day(stop, ZoneInfo(zone)) == date(2026, 3, 10)
    assert "HOUSE-PAUSE" in moratorium.desk.rules(debt)


@pytest.mark.parametrize("start", [None, "soon"])
def test_a_listing_without_a_day_counts_from_when_it_was_told(office, tmp_path, start):
    moratorium = Listed(office, tmp_path / "list.json", RegisterKind.MORATORIUM)
    debt = moratorium.desk.debt(NEW_YORK)
    told = Told(listed=True, as_of=NOON, facts={"start": start} if start else {})
    moratorium.register = Answering(told)
    moratorium.desk = Desk(replace(office, registers=(moratorium.register,)))
    moratorium.refresh(debt)
    with office.store.reading() as session:
        (stop,) = session.exec(select(Stop).where(Stop.debtor_id == debt.debtor_id)).all()
    assert first_day(stop, ZoneInfo("America/New_York")) == NOON.date()


def test_a_number_that_went_to_another_is_closed_and_no_other(office, tmp_path):
    reassigned = Listed(office, tmp_path / "list.json", RegisterKind.REASSIGNED)
    debt = reassigned.desk.debt(NEW_YORK)
    reassigned.write({"account": debt.account_ref})
    reassigned.refresh(debt)
    assert "GEN-OPTOUT" in reassigned.desk.rules(debt)
    assert "GEN-REGISTER" not in reassigned.desk.rules(debt, channel=Channel.LETTER)


def test_a_live_case_of_a_place_that_names_registers_needs_them_set_up(office):
    desk = Desk(office)
    debt = desk.debt({**NEW_YORK, "jurisdiction": "GB", "sub": "ENG", "zone": "Europe/London"})
    assert office.law.merged("GB", "ENG").registers == ("insolvency", "moratorium")
    assert "GEN-REGISTER" not in desk.rules(debt)
    live = Desk(replace(office, live=True))
    with office.store.writing() as session:
        sha = office.law.merged("GB", "ENG").sha256
        records.sign(session, pack="GB", sha256=sha, approver="anna", note="test", at=NOON,
                     test_only=True)  # fmt: skip
        for locale in office.wordings.locales:
            sha = office.wordings.pack(locale).sha256
            records.sign(session, pack=f"wording {locale}", sha256=sha, approver="anna",
                         note="test", at=NOON, test_only=True)  # fmt: skip
    live.change(debt, mode=Mode.LIVE)
    assert "GEN-REGISTER" in live.rules(debt)


def test_settings_describe_registers(tmp_path):
    registers = {
        "uk": {"kind": "moratorium", "file": str(tmp_path / "list.json"), "places": ["GB"]},
        "us": {"kind": "insolvency", "url": "http://127.0.0.1:9/", "hours": 12},
    }
    made = make_registers(load({}, registers=registers))
    assert [(each.kind, each.keeps) for each in made] == [
        (RegisterKind.MORATORIUM, 24 * HOUR),
        (RegisterKind.INSOLVENCY, 12 * HOUR),
    ]
    with pytest.raises(SettingsError, match="a file or a url"):
        load({}, registers={"uk": {"kind": "moratorium"}})


def test_calls_of_two_agents_count_as_calls_of_one_collector(office):
    desk = Desk(office)
    debt = desk.debt(NEW_YORK)
    for day in range(7):
        desk.sent(
            debt, Channel.PHONE, Purpose.COLLECTION, NOON - (day % 6) * DAY - (1 + day) * HOUR,
            outcome="no_answer", caller=("anna", "otto")[day % 2],
        )  # fmt: skip
    assert "US-FED-7IN7" in desk.rules(debt)
