"""A seller's transactions: checked, booked once, and refused rows mended and imported again."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pytest
from sqlmodel import select

from activities.transaction import book_transactions
from models.tables import Act, InboxItem, LedgerEntry
from rules.sheet import open_sheet
from rules.transaction import TransactionReading, read_manifest
from store import debt as debts

HEADER = ("account_ref", "transaction_ref", "type", "amount_minor", "processed_at", "bucket")

PAID = ("US-0001", "T-1", "payment", "1000", "2026-03-10T10:00:00Z", "")
CREDIT = ("US-0002", "T-2", "credit", "500", "2026-03-10T10:00:00+00:00", "")
CHARGE = ("US-0003", "T-3", "charge", "250", "2026-03-11T09:00:00-05:00", "costs")


def written(tmp_path, *rows, name="moves", header=HEADER, **changes):
    path = tmp_path / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows((header, *rows))
    at = header.index("amount_minor")
    total = sum(int(row[at]) for row in rows if row[at].isdigit())
    manifest = {
        "format": "cession-transactions-1",
        "portfolio_id": "HL-2026-02",
        "row_count": len(rows),
        "control_total_minor": {"USD": total},
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    } | changes
    path.with_name(f"{name}.manifest.json").write_text(json.dumps(manifest), "utf-8")
    return path


def entries(here):
    with here.office.store.reading() as session:
        return [
            (row.kind, row.minor, row.bucket, str(row.value_date))
            for row in session.exec(select(LedgerEntry).where(LedgerEntry.source == "seller"))
        ]


def test_transactions_change_money_once_whatever_file_they_stand_in(here, tmp_path):
    for account in ("US-0001", "US-0002", "US-0003"):
        here.prepare(account)
    path = written(tmp_path, PAID, CREDIT, CHARGE)
    checked = here.json("transactions", "check", path)
    assert checked["totals"] == {"USD": {"payment": 1000, "credit": 500, "charge": 250}}
    assert entries(here) == []
    first = here.json("transactions", "import", path)["booked"]
    assert (first["new"], first["known"], first["payments"]) == (3, 0, {"USD": 1000})
    assert sorted(entries(here)) == [
        ("charge", 250, "costs", "2026-03-11"),
        ("waiver", 500, None, "2026-03-10"),
    ]
    with here.office.store.reading() as session:
        (item,) = session.exec(select(InboxItem).where(InboxItem.provider == "seller"))
        assert (item.status, item.kind, item.facts["minor"]) == ("new", "payment", 1000)
    again = here.json("transactions", "import", path)["booked"]
    assert (again["new"], again["known"]) == (0, 3)
    other = written(
        tmp_path, CREDIT, ("US-0001", "T-9", "payment", "1", "2026-03-12T10:00:00Z", ""), name="b"
    )
    more = here.json("transactions", "import", other)["booked"]
    assert (more["new"], more["known"]) == (1, 1)
    assert len(entries(here)) == 2


def test_an_import_killed_at_a_row_goes_on_and_then_tells_the_cases_of_both_runs(here, tmp_path):
    for account in ("US-0001", "US-0002", "US-0003"):
        here.prepare(account)
    others = [
        ("US-0001", f"P-{at}", "payment", "1", "2026-03-10T10:00:00Z", "") for at in range(60)
    ]
    path = written(tmp_path, CREDIT, *others, CHARGE)
    manifest = read_manifest(path.with_name("moves.manifest.json").read_text("utf-8"))

    def booked(dies_at):
        rows = TransactionReading(manifest, open_sheet(path.read_bytes()), here.clock.now())

        def until_killed():
            for row in rows:
                if row.row == dies_at:
                    raise KeyboardInterrupt
                yield row

        with here.office.store.reading() as session:
            portfolio = debts.portfolio(session, "HL-2026-02")
        return book_transactions(
            here.office.store, portfolio, "harbour-lantern", until_killed(), now=here.clock.now(),
            observed_at=here.clock.now(), actor="ops", sha256=manifest.sha256,
        )  # fmt: skip

    with pytest.raises(KeyboardInterrupt):
        booked(56)
    with here.office.store.reading() as session:
        assert len(session.exec(select(InboxItem)).all()) == 49
        names = {debts.named(session, account)[0].workflow_id for account in ("US-0002", "US-0003")}
    done = booked(None)
    assert (done.new, done.known, done.cases) == (12, 50, names)
    assert here.json("transactions", "import", path)["booked"]["known"] == 62
    assert booked(None).cases == set()
    assert here.json("transactions", "import", path)["booked"]["known"] == 62
    with here.office.store.reading() as session:
        on_record = session.exec(select(Act).where(Act.what == "transactions.imported")).all()
    assert [act.reason for act in on_record] == [manifest.sha256]


def test_rows_the_store_refuses_are_set_aside_mended_and_imported(here, tmp_path):
    rows = (
        PAID,
        ("NOBODY-1", "T-4", "payment", "100", "2026-03-10T10:00:00Z", ""),
        ("US-0001", "T-5", "payment", "100", "2026-01-31T10:00:00Z", ""),
        ("CN-0001", "T-6", "payment", "100", "2026-03-10T10:00:00Z", ""),
        ("US-0001", "T-7", "charge", "100", "2026-03-10T10:00:00Z", ""),
    )
    done = here("transactions", "import", written(tmp_path, *rows), "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert [(p["row"], p["code"], p["field"]) for p in told["survey"]["problems"]] == [
        (6, "missing", "bucket")
    ]
    assert [(p["row"], p["code"], p["field"]) for p in told["booked"]["problems"]] == [
        (3, "unknown_account", "account_ref"),
        (4, "before_cut_off", "processed_at"),
        (5, "other_currency", "currency"),
    ]
    aside = Path(told["quarantine"])
    assert aside.stat().st_mode & 0o777 == 0o600
    lines = list(csv.DictReader(aside.read_text("utf-8").splitlines()))
    assert [line["cession_code"] for line in lines] == [
        "unknown_account", "before_cut_off", "other_currency", "missing",
    ]  # fmt: skip
    aside.write_text(aside.read_text("utf-8").replace("NOBODY-1", "US-0002"), "utf-8")
    mended = json.loads(here("transactions", "import", aside, "--json").stdout)
    assert (mended["booked"]["new"], mended["booked"]["refused"]) == (1, 2)


def test_two_rows_alike_without_reference_are_two_and_stay_two(here, tmp_path):
    bare = ("account_ref", "type", "amount_minor", "processed_at")
    row = ("US-0001", "payment", "100", "2026-03-10T10:00:00Z")
    path = written(tmp_path, row, row, header=bare)
    assert here.json("transactions", "import", path)["booked"]["new"] == 2
    assert here.json("transactions", "import", path)["booked"]["known"] == 2


def test_a_reference_that_stands_for_other_money_is_refused(here, tmp_path):
    here.json("transactions", "import", written(tmp_path, PAID))
    other = (*PAID[:3], "1001", *PAID[4:])
    done = here("transactions", "import", written(tmp_path, other, name="other"), "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["booked"]["problems"][0]["code"] == "ref_used"


BAD = [
    (("US 1", "T-1", "payment", "1", "2026-03-10T10:00:00Z", ""), "bad_reference", "account_ref"),
    (("US-0001", "T-1", "payment", "1", "0001-01-01T00:00:00Z", ""), "bad_date", "processed_at"),
    (("", "T-1", "payment", "1", "2026-03-10T10:00:00Z", ""), "missing", "account_ref"),
    (("US-0001", "T-1", "gift", "1", "2026-03-10T10:00:00Z", ""), "unknown_word", "type"),
    (("US-0001", "T-1", "payment", "1", "2026-03-10", ""), "bad_date", "processed_at"),
    (("US-0001", "T-1", "payment", "1", "yesterday", ""), "bad_date", "processed_at"),
    (("US-0001", "T-1", "payment", "1", "2199-03-10T10:00:00Z", ""), "future_date", "processed_at"),
    (("US-0001", "T-1", "charge", "1", "2026-03-10T10:00:00Z", "fun"), "unknown_word", "bucket"),
    (("US-0001", "=1+1", "payment", "1", "2026-03-10T10:00:00Z", ""), "bad_reference", "transaction_ref"),
    (PAID, "duplicate_ref", "transaction_ref"),
]  # fmt: skip

STOPS = [
    ({"row_count": 9}, (PAID,), "row_count_mismatch"),
    ({"control_total_minor": {"USD": 1}}, (PAID,), "control_total_mismatch"),
    ({"sha256": "0" * 64}, (PAID,), "sha256_mismatch"),
    ({"format": "other"}, (PAID,), "manifest_format"),
    ({"extra": 1}, (PAID,), "manifest_broken"),
    ({}, ((*PAID[:3], "12.50", *PAID[4:]),), "control_total_unknown"),
    ({}, ((*PAID[:3], "-5", *PAID[4:]),), "control_total_unknown"),
    ({}, ((*PAID, "more"),), "control_total_unknown"),
]


def test_a_check_names_row_code_field_and_advice(tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from cli.main import app

    monkeypatch.chdir(tmp_path)
    for at, (row, code, field) in enumerate(BAD):
        path = written(tmp_path, PAID, row, name=f"bad{at}")
        done = CliRunner().invoke(app, ["transactions", "check", str(path), "--json"])
        assert done.exit_code == 1, (row, done.output)
        (problem,) = json.loads(done.stdout)["problems"]
        assert (problem["row"], problem["code"], problem["field"]) == (3, code, field)
        assert len(problem["message"]) > 20
    for at, (changes, rows, code) in enumerate(STOPS):
        path = written(tmp_path, *rows, name=f"stop{at}", **changes)
        done = CliRunner().invoke(app, ["transactions", "check", str(path), "--json"])
        assert done.exit_code == 2, code
        found = json.loads(done.stdout)["problems"]
        assert code in {each["code"] for each in found if each["severity"] == "stop"}
    lone = tmp_path / "lone.csv"
    lone.write_text("account_ref\n", "utf-8")
    done = CliRunner().invoke(app, ["transactions", "check", str(lone)])
    assert (done.exit_code, "lone.manifest.json" in done.stdout) == (2, True)


def test_a_stopped_file_writes_nothing(here, tmp_path):
    done = here("transactions", "import", written(tmp_path, PAID, CREDIT, row_count=3))
    assert done.exit_code == 2
    assert "Nothing was written" in done.stderr
    assert entries(here) == []
