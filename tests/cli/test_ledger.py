"""Ledgers at the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import select
from temporalio.testing import ActivityEnvironment
from typer.testing import CliRunner

from activities.house import HouseActivities
from activities.ledger import owed_on
from activities.payment import book_inbox
from cli.main import app
from models.case import TaskKind
from models.house import Chore
from models.tables import Act, Debt, InboxItem, LedgerEntry, WorkItem
from store import payment as payments

ROOT = Path(__file__).parents[2]


def examples() -> list[dict]:
    text = (ROOT / "docs" / "ledger.md").read_text("utf-8")
    return [
        json.loads(part)
        for part in re.findall(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def test_the_example_of_the_paper_folds_to_what_the_paper_says(tmp_path):
    table, told, totals = examples()
    (tmp_path / "table.json").write_text(json.dumps(table), "utf-8")
    done = CliRunner().invoke(app, ["ledger", "fold", str(tmp_path / "table.json"), "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    last = said["entries"][-1]
    assert {key: last[key] for key in told} == told
    assert said["totals"] == totals


def test_folding_reads_standard_input_and_needs_no_installation(tmp_path):
    table = examples()[0]
    done = subprocess.run(
        [sys.executable, "-c", "from cli.main import app; app()", "ledger", "fold", "--json"],
        input=json.dumps(table),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["totals"]["outstanding"] == "979.57"
    assert list(tmp_path.iterdir()) == []


def test_the_table_for_people_says_what_a_reversal_changed(tmp_path):
    table = examples()[0]
    done = CliRunner().invoke(app, ["ledger", "fold"], input=json.dumps(table))
    assert "P2 now stands for fees 50.00, interest 120.00, principal 30.00" in done.stdout
    assert "by negate the buckets would differ by fees 50.00" in done.stdout


@pytest.mark.parametrize("text", ["", "{", '{"currency": "USD", "entries": [{}]}', "\xff"])
def test_a_refused_table_ends_with_two_and_prints_nothing_on_standard_output(text):
    done = CliRunner().invoke(app, ["ledger", "fold", "--json"], input=text)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "the table was refused" in done.stderr


def test_of_very_many_problems_the_first_are_told():
    rows = [{"id": "p", "kind": "payment", "amount": "x", "value_date": "2026-01-01"}] * 60
    table = {"currency": "USD", "entries": [{**row, "id": f"p{n}"} for n, row in enumerate(rows)]}
    done = CliRunner().invoke(app, ["ledger", "fold", "--json"], input=json.dumps(table))
    said = done.stderr.splitlines()
    assert ("entries[49].amount" in said[50], said[51].strip()) == (True, "and 10 more")


def test_a_file_that_is_not_there_is_said_so():
    done = CliRunner().invoke(app, ["ledger", "fold", "nowhere.json"])
    assert done.exit_code == 2
    assert "nowhere.json cannot be read" in done.stderr


# Live ledgers


def pay(here, account, amount, reference, **options):
    words = [part for name, value in options.items() for part in (f"--{name}", value)]
    done = here("pay", account, amount, "--reference", reference, *words)
    assert done.exit_code == 0, done.output
    with here.office.store.writing() as session:
        (item,) = session.exec(select(InboxItem).where(InboxItem.external_id == reference))
        book_inbox(session, here.office, item.id, here.clock.now())


def take_back(here, account, reference, kind="chargeback", more=0):
    """A provider's word about a payment that was booked."""
    with here.office.store.writing() as session:
        debt = here.debt(account)
        paid = session.exec(select(LedgerEntry).where(LedgerEntry.external_id == reference)).one()
        item, _ = payments.receive(
            session,
            provider=paid.source,
            external_id=f"{reference}-{kind}",
            kind=kind,
            debt_id=debt.id,
            debtor_id=debt.debtor_id,
            facts={
                "payment_id": f"{reference}-{kind}",
                "minor": paid.minor + more,
                "currency": paid.currency,
                "paid_at": here.clock.now().isoformat(),
                "of": reference,
            },
            sealed=b"",
            received_at=here.clock.now(),
            observed_at=here.clock.now(),
        )
        book_inbox(session, here.office, item.id, here.clock.now())


@pytest.mark.parametrize(("more", "opened"), [(0, 0), (1, 1)])
def test_more_taken_back_than_a_payment_brought_goes_before_a_person(here, more, opened):
    pay(here, "US-0001", "120.00", "R-1", date="2026-03-10")
    take_back(here, "US-0001", "R-1", "refund", more)
    with here.office.store.reading() as session:
        steps = session.exec(
            select(WorkItem.step).where(WorkItem.kind == TaskKind.PAYMENT_REVIEW)
        ).all()
    assert len([step for step in steps if step.startswith("beyond_payment_")]) == opened


def test_a_ledger_is_shown_with_who_when_and_why(here):
    pay(here, "US-0001", "120.00", "R-1", date="2026-03-10")
    pay(here, "US-0001", "50.00", "R-0", date="2026-03-05")
    told = here.json("ledger", "show", "US-0001")
    assert told["totals"]["outstanding"] == "1000.00"
    first, late, correction = told["entries"][-3:]
    assert (first["amount"], first["actor"], late["value_date"]) == ("120.00", "anna", "2026-03-05")
    assert (correction["kind"], correction["of"], correction["amount"]) == (
        "correction",
        first["id"],
        "0.00",
    )
    assert correction["facts"]["before"] != correction["facts"]["after"]
    assert "US-0001 owed 1000.00 USD" in " ".join(here("ledger", "show", "US-0001").stdout.split())


def test_what_was_owed_on_a_day_follows_value_dates_and_what_was_known(here):
    pay(here, "US-0001", "120.00", "R-1", date="2026-03-10")
    before = here.clock.now()
    here.clock.set(before + timedelta(days=1))
    pay(here, "US-0001", "50.00", "R-0", date="2026-03-05")

    def owed(day, *more):
        return here.json("ledger", "as-of", "US-0001", day, *more)["outstanding"]

    assert owed("2026-03-04") == "1170.00"
    assert owed("2026-03-05") == "1120.00"
    assert owed("2026-03-10") == "1000.00"
    assert owed("2026-03-10", "--known", before.isoformat()) == "1050.00"
    early = here("ledger", "as-of", "US-0001", "2001-01-01")
    assert (early.exit_code, "no entry yet" in early.stderr) == (1, True)
    assert here("ledger", "as-of", "US-0001", "yesterday").exit_code == 2
    assert "is still to come" in here("ledger", "as-of", "US-0001", "2099-01-01").stdout
    assert "is still to come" not in here("ledger", "as-of", "US-0001", "2026-03-10").stdout


def test_a_payment_taken_back_is_replayed_and_the_other_way_is_on_record(here):
    for number, amount in enumerate(("100.00", "200.00")):
        pay(here, "US-0001", amount, f"R-{number}", date=f"2026-03-1{number}")
    take_back(here, "US-0001", "R-0")
    told = here.json("ledger", "show", "US-0001")
    assert told["totals"]["outstanding"] == "970.00"
    with here.office.store.reading() as session:
        done = session.exec(select(Act).where(Act.what == "chargeback.booked")).one()
    assert sum(done.facts["by_the_other_method"].values()) == 0
    assert done.facts["by_the_other_method"]["principal"] < 0


def test_a_waived_cent_comes_back_with_the_payment_that_bounced(here):
    pay(here, "US-0001", "1169.99", "R-1")
    assert here.json("ledger", "show", "US-0001")["totals"]["waived"] == "0.01"
    take_back(here, "US-0001", "R-1")
    totals = here.json("ledger", "show", "US-0001")["totals"]
    assert (totals["waived"], totals["outstanding"]) == ("0.00", "1170.00")


def test_an_exported_ledger_folds_to_the_same(here, tmp_path):
    for number, amount in enumerate(("100.00", "200.00")):
        pay(here, "US-0001", amount, f"R-{number}", date=f"2026-03-1{number}")
    take_back(here, "US-0001", "R-0")
    file = tmp_path / "ledger.json"
    assert here("ledger", "export", "US-0001", "--output", file).exit_code == 0
    folded = here.json("ledger", "fold", file)
    shown = here.json("ledger", "show", "US-0001")
    assert folded["totals"]["buckets"] == shown["totals"]["buckets"]
    csv = here("ledger", "export", "US-0001", "--format", "csv").stdout.splitlines()
    assert len(csv) == len(shown["entries"]) + 1


def test_an_export_writes_over_no_file(here, tmp_path):
    file = tmp_path / "ledger.json"
    file.write_text("mine", "utf-8")
    done = here("ledger", "export", "US-0001", "--output", file)
    assert (done.exit_code, "is there already and is not written over" in done.stderr) == (2, True)
    assert file.read_text("utf-8") == "mine"


def test_no_id_of_a_payer_runs_as_a_formula_in_an_exported_table(here):
    pay(here, "US-0001", "100.00", "=HYPERLINK(1)")
    assert "'=HYPERLINK(1)" in here("ledger", "export", "US-0001", "--format", "csv").stdout


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        ("UPDATE ledger_entry SET minor = minor + 1 WHERE kind = 'payment'", "row changed"),
        ("UPDATE ledger_entry SET facts = NULL WHERE kind = 'payment'", "row changed"),
        ("DELETE FROM ledger_entry WHERE kind = 'payment'", "row removed"),
    ],
)
def test_any_change_to_a_ledger_is_found_and_named(here, tamper, said):
    pay(here, "US-0001", "120.00", "R-1")
    whole = here("ledger", "verify")
    assert (whole.exit_code, "No entry was changed" in whole.stdout) == (0, True)
    with here.office.store.engine.begin() as connection:
        connection.exec_driver_sql(f"{tamper} AND debt_id = '{here.debt('US-0001').id.hex}'")
    torn = here("ledger", "verify", "US-0001")
    assert torn.exit_code == 1
    assert said in torn.stdout
    assert here("ledger", "verify", "US-0002").exit_code == 0
    assert here.json("ledger", "verify", "US-0002")["whole"]


@dataclass(frozen=True)
class Later:
    at: datetime

    def now(self) -> datetime:
        return self.at


def test_interest_is_booked_once_and_corrected_by_what_becomes_known_late(here):
    with here.office.store.writing() as session:
        debt = session.get_one(Debt, here.debt("US-0001").id)
        debt.facts = {
            **debt.facts,
            "annual_rate": "0.0730",
            "accrues_after_transfer": True,
        }
        session.add(debt)
        opened = session.exec(select(LedgerEntry.value_date)).first()
    to = here.clock.now().date()
    days = (to - opened).days
    booked = here.json("ledger", "accrue", "US-0001", "--to", to)["booked"]
    assert [entry["amount"] for entry in booked] == [f"{Decimal('0.20') * days:.2f}"]
    assert here.json("ledger", "accrue", "US-0001", "--to", to)["booked"] == []
    chores = HouseActivities(
        replace(here.office, clock=Later(here.clock.now() + timedelta(days=1)))
    )
    told = [ActivityEnvironment().run(chores.keep_house, Chore(kind="interest")) for _ in range(2)]
    assert [(done.due, done.done) for done in told] == [(1, 1), (1, 0)]
    shown = here.json("ledger", "show", "US-0001")["entries"]
    assert [e["amount"] for e in shown if e["source"] == "accrual"] == [
        f"{Decimal('0.20') * days:.2f}",
        "0.20",
    ]
    with here.office.store.reading() as session:
        debt = session.get_one(Debt, here.debt("US-0001").id)
        known = payments.entries(session, debt.id)
        assert owed_on(session, debt, known, opened + timedelta(days=1)) == 117020
    pay(here, "US-0001", "670.00", "R-1", date=str(to - timedelta(days=5)))
    told = here.json("ledger", "show", "US-0001")
    assert told["totals"]["interest"] == "0.00"
    fixed = [e for e in told["entries"] if e["reason"] == "interest_refolded"]
    posted = [e for e in told["entries"] if e["reason"] == "interest_accrued"]
    left = sum(Decimal(e["amount"]) for e in [*fixed, *posted])
    principal = Decimal(1000) - (Decimal(670) - Decimal(170) - Decimal("0.20") * (days - 5))
    assert left == Decimal("0.20") * (days - 5) + round(principal * Decimal("0.0002") * 6, 2)
    assert here("ledger", "accrue", "US-0001", "--to", to + timedelta(days=2)).exit_code == 2
    refused = here("ledger", "accrue", "US-0002", "--to", to)
    assert (refused.exit_code, "bears no interest" in refused.stderr) == (1, True)


def test_no_more_is_freed_by_the_previous_owner_than_was_owed_then(here):
    """Nobody here ever had the rest: it would be a credit that is paid out."""
    here.prepare("US-0001")
    words = ("ledger", "seller-paid", "US-0001", "--date", "2026-03-05", "--reference")
    refused = here(*words, "R-1", "1170.01")
    assert (refused.exit_code, "more than US-0001 owed on 2026-03-05" in refused.stderr) == (1, True)  # fmt: skip
    assert here.json(*words, "R-2", "400.00")["discharges"]
    assert here(*words, "R-3", "770.01").exit_code == 1
    assert here.json(*words, "R-4", "770.00")["discharges"]
    again = here(*words, "R-4", "770.00")
    assert (again.exit_code, "booked already" in again.stderr) == (1, True)
    totals = here.json("ledger", "show", "US-0001")["totals"]
    assert (totals["outstanding"], totals["credit"]) == ("0.00", "0.00")


@pytest.mark.parametrize(("paid_on", "owed"), [("2026-03-05", "770.00"), ("2026-03-08", "1170.00")])
def test_what_the_previous_owner_got_frees_the_debtor_until_the_notice_arrived(here, paid_on, owed):
    here.prepare("US-0001")
    with here.office.store.writing() as session:
        debt = session.get_one(Debt, here.debt("US-0001").id)
        debt.notice_reached_at = datetime(2026, 3, 6, 15, tzinfo=UTC)
        session.add(debt)
    words = ("ledger", "seller-paid", "US-0001", "400.00", "--date", paid_on, "--reference", "R-9")
    assert here.json(*words)["discharges"] == (owed == "770.00")
    assert here.json("ledger", "show", "US-0001")["totals"]["outstanding"] == owed
    holds = here.json("case", "explain", "US-0001")
    assert ("stop:hold" in str(holds)) == (owed == "1170.00")
