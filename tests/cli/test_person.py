"""What is held on a person: handed over whole, kept for a court, destroyed when its time is over."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from models.case import TaskKind
from models.stop import Scope, StopKind
from models.tables import Act, ContactRow, DataKey, InboxItem, LedgerEntry, Stop
from store import debtor as debtors
from store import payment as payments
from store import stop as stops

YEARS = timedelta(days=3 * 366)
"""Longer than American law asks to keep records."""


def closed(here, account: str) -> None:
    """End a case as its workflow would, years ago."""
    here("case", "close", account, "--reason", "done")
    here.prepare(account)
    assert here.debt(account).status == "closed"


def sums(here, account: str) -> list[int]:
    with here.office.store.reading() as session:
        rows = session.exec(
            select(LedgerEntry.minor)
            .where(LedgerEntry.debt_id == here.debt(account).id)
            .order_by(LedgerEntry.seq)
        )
        return list(rows)


def test_an_export_holds_all_in_two_readable_forms_for_its_reader_alone(here, tmp_path):
    here.open("US-0001", TaskKind.CALL)
    to = tmp_path / "out"
    seen = here.json("person", "export", "US-0001", "--to", to)
    assert seen["held"]["debts"] == 2
    told = json.loads((to / "person.json").read_text())
    assert "Avery" in json.dumps(told["person"]["content"])
    assert {debt["account_ref"] for debt in told["debts"]} == {"US-0001", "US-0018"}
    assert told["debts"][0]["ledger"]
    assert {point["kind"] for point in told["contact_points"]} >= {"phone", "email"}
    assert told["work"]
    text = (to / "person.txt").read_text()
    assert "Avery" in text
    assert "account ref: US-0001" in text
    for path in (to, *to.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    assert "token" not in json.dumps(told["contact_points"])
    with here.office.store.reading() as session:
        assert session.exec(select(Act).where(Act.what == "person.exported")).one().actor == "anna"
    again = here("person", "export", "US-0001", "--to", to)
    assert (again.exit_code, "already" in again.stderr) == (2, True)


def test_erasure_is_refused_while_a_debt_is_open_and_while_the_law_keeps_records(here):
    done = here("person", "erase", "US-0003", "--reason", "request", "--yes")
    assert (done.exit_code, "is open" in done.stderr) == (1, True)
    closed(here, "US-0003")
    done = here("person", "erase", "US-0003", "--reason", "request", "--yes")
    assert done.exit_code == 1
    assert "2029-03-18 (12 CFR 1006.100)" in done.stderr
    with here.office.store.reading() as session:
        assert session.get(DataKey, here.debt("US-0003").debtor_id) is not None


def test_a_litigation_hold_keeps_all_and_stops_contact_until_it_is_released(here):
    closed(here, "US-0003")
    here.json("person", "hold", "US-0003", "--reason", "lawsuit")
    assert here("person", "hold", "US-0003", "--reason", "lawsuit").exit_code == 1
    here.clock.set(here.clock.now() + YEARS)
    done = here("person", "erase", "US-0003", "--reason", "request", "--yes")
    assert (done.exit_code, "litigation hold" in done.stderr) == (1, True)
    assert [one["held"] for one in here.json("retention", "plan")] == ["litigation_hold"]
    assert here.json("retention", "run", "--yes")["erased"] == []
    with here.office.store.reading() as session:
        stop = session.exec(select(Stop).where(Stop.reason == "litigation_hold")).one()
    assert (stop.scope, stop.ended_at) == ("debtor", None)
    assert here.json("person", "release", "US-0003", "--reason", "settled")["released"] == 1
    assert here("person", "release", "US-0003", "--reason", "settled").exit_code == 1
    assert here("person", "erase", "US-0003", "--reason", "request", "--yes").exit_code == 0


def test_erasure_destroys_the_words_and_keeps_sums_opt_outs_and_the_record(here, tmp_path):
    """S35."""
    debt = here.debt("US-0003")
    with here.office.store.reading() as session:
        token = debtors.points(session, debt.debtor_id)[0].token
    with here.office.store.writing() as session:
        stops.enter(
            session,
            StopKind.OPT_OUT,
            Scope.CONTACT_POINT,
            now=here.clock.now(),
            observed_at=here.clock.now(),
            reason="asked",
            actor="debtor",
            source="sms",
            external_id="1",
            point_token=token,
        )
        payments.receive(
            session,
            provider="sms",
            external_id="r1",
            kind="reply",
            debt_id=debt.id,
            debtor_id=debt.debtor_id,
            facts={},
            sealed=here.office.store.keys.seal_store(b"Casey says stop"),
            received_at=here.clock.now(),
            observed_at=here.clock.now(),
            status="ignored",
        )
    closed(here, "US-0003")
    before = sums(here, "US-0003")
    outbox = here.office.connectors.outbox._directory / "sms"
    outbox.mkdir(parents=True)
    here.clock.set(here.clock.now() + YEARS)
    dry = here("person", "erase", "US-0003", "--reason", "request")
    assert (dry.exit_code, "--yes" in dry.stderr) == (1, True)
    assert here("case", "show", "US-0003", "--personal").exit_code == 0
    done = here.json("person", "erase", "US-0003", "--reason", "request", "--yes")
    assert done["bodies"] == 1
    assert sums(here, "US-0003") == before
    with here.office.store.reading() as session:
        assert session.get(DataKey, debt.debtor_id) is None
        body = session.exec(select(InboxItem).where(InboxItem.external_id == "r1")).one().sealed
        assert here.office.store.keys.open_store(body) == b"erased"
        kept = session.exec(select(Stop).where(Stop.external_id == "1")).one()
        assert (kept.point_token, kept.ended_at) == (token, None)
    assert here.json("audit", "verify")["whole"]
    to = tmp_path / "after"
    here.json("person", "export", "US-0003", "--to", to)
    told = (to / "person.json").read_text()
    assert "Casey" not in told
    assert json.loads(told)["person"]["content"] == "erased"
    again = here("person", "erase", "US-0003", "--reason", "request", "--yes")
    assert (again.exit_code, "before" in again.stderr) == (1, True)


def test_retention_names_who_is_due_and_destroys_only_when_told(here):
    closed(here, "US-0003")
    closed(here, "CN-0001")
    assert here.json("retention", "plan") == []
    assert {one["source"][:6] for one in here.json("retention", "plan", "--by", "2035-01-01")} == {
        "12 CFR", "信用卡办法 "[:6],
    }  # fmt: skip
    here.clock.set(here.clock.now() + YEARS)
    (due,) = here.json("retention", "plan")
    assert (due["place"][:2], due["source"]) == ("US", "12 CFR 1006.100")
    dry = here.json("retention", "run")
    assert (dry["dry_run"], len(dry["due"]), dry["erased"]) == (True, 1, [])
    done = here.json("retention", "run", "--yes")
    assert len(done["erased"]) == 1
    assert here.json("retention", "plan") == []
    with here.office.store.reading() as session:
        act = session.exec(select(Act).where(Act.what == "person.erased")).one()
    assert (act.reason, act.actor) == ("retention", "anna")


def call_of(here, account: str, folder) -> UUID:
    """A conversation that was recorded, as the telephone system leaves it: two files."""
    debt, ident = here.debt(account), uuid4()
    with here.office.store.writing() as session:
        session.add(
            ContactRow(
                id=ident, debtor_id=debt.debtor_id, debt_id=debt.id, channel="phone", state="sent",
                at=here.clock.now(),
            )
        )  # fmt: skip
    for name in (f"{ident}.wav", f"{ident}-2.wav"):
        (folder / name).write_bytes(b"RIFF")
    return ident


def test_a_recording_goes_by_the_law_of_its_debts_place_and_a_litigation_hold_keeps_it(
    here, tmp_path, monkeypatch
):
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "unknown.wav").write_bytes(b"RIFF")
    monkeypatch.setenv("CESSION_RECORDINGS", str(folder))
    american, chinese = (call_of(here, account, folder) for account in ("US-0003", "CN-0001"))
    of_recordings = ("--kind", "recording")
    assert here.json("retention", "plan", *of_recordings) == []
    here.clock.set(here.clock.now() + YEARS)
    here.json("person", "hold", "US-0003", "--reason", "lawsuit")
    (due,) = here.json("retention", "plan", *of_recordings)
    assert (due["record"], due["held"]) == (str(american), "litigation_hold")
    assert here.json("retention", "run", *of_recordings, "--yes")["recordings"] == 0
    here.json("person", "release", "US-0003", "--reason", "settled")
    assert here.json("retention", "run", *of_recordings)["recordings"] == 0
    assert here.json("retention", "run", *of_recordings, "--yes")["recordings"] == 1
    left = {path.name for path in folder.iterdir()}
    assert left == {"unknown.wav", f"{chinese}.wav", f"{chinese}-2.wav"}
    with here.office.store.reading() as session:
        act = session.exec(select(Act).where(Act.what == "recording.destroyed")).one()
    assert act.facts == {"contact": str(american), "source": "12 CFR 1006.100"}
    here.clock.set(here.clock.now() + YEARS)
    (due,) = here.json("retention", "plan", *of_recordings)
    assert (due["record"], due["place"]) == (str(chinese), "CN")


def test_a_notice_that_belongs_to_nobody_is_emptied_after_six_years_and_one_in_suspense_is_not(
    here,
):
    with here.office.store.writing() as session:
        for status in ("ignored", "suspense"):
            session.add(
                InboxItem(
                    id=uuid4(), provider="bank", external_id=status, kind="payment", status=status,
                    sealed=here.office.store.keys.seal_store(b"Casey paid"),
                    received_at=here.clock.now(), observed_at=here.clock.now(),
                )
            )  # fmt: skip
    here.clock.set(here.clock.now() + 2 * YEARS + timedelta(days=1))
    assert here.json("retention", "run", "--kind", "notice", "--yes")["notices"] == 1
    assert here.json("retention", "plan", "--kind", "notice") == []
    with here.office.store.reading() as session:
        items = session.exec(select(InboxItem).where(InboxItem.provider == "bank")).all()
        bodies = {one.status: here.office.store.keys.open_store(one.sealed) for one in items}
    assert bodies == {"ignored": b"erased", "suspense": b"Casey paid"}


def test_every_place_says_how_long_and_from_where(here):
    rules = {line["place"]: line for line in here.json("retention", "rules")}
    assert (rules["US"]["records_years"], rules["CN"]["records_years"]) == (3, 5)
    assert all(line["source"] for line in rules.values())


@pytest.mark.parametrize("command", ["hold", "release", "erase"])
def test_a_reason_is_a_code(here, command):
    done = here("person", command, "US-0003", "--reason", "Casey asked us")
    assert (done.exit_code, "code of lower-case" in done.stderr) == (2, True)
