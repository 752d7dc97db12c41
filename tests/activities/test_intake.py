"""What a transfer file becomes in the store, and what the same or another file then changes."""

import csv
import hashlib
import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from activities.intake import RefusedPortfolioError, store_portfolio
from activities.ledger import accrue, enter
from models.case import TaskKind
from models.ledger import EntryKind
from models.stop import StopKind
from models.tables import (
    Act,
    ContactPoint,
    Debt,
    Debtor,
    DebtParty,
    LedgerEntry,
    OwnershipLink,
    Portfolio,
    Seller,
    Stop,
    WorkItem,
)
from models.transfer import Manifest, Severity
from rules.intake import read_manifest
from rules.ledger import fold, policy_for
from rules.sheet import open_sheet
from store import debt as debts
from store import payment
from store.engine import Store
from store.keys import Keys
from store.schema import upgrade

SAMPLES = Path(__file__).parents[2] / "packs" / "samples"
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def store(database_url, tmp_path):
    upgrade(database_url)
    opened = Store.open(database_url, Keys.load_or_create(tmp_path / "keys"))
    yield opened
    opened.close()


def sample(name: str) -> tuple[Manifest, str]:
    return (
        read_manifest((SAMPLES / f"{name}.manifest.json").read_text("utf-8")),
        (SAMPLES / f"{name}.csv").read_text("utf-8"),
    )


def stored(store, manifest, text):
    sheet = open_sheet(text.encode())
    return store_portfolio(store, manifest, sheet, now=NOW, observed_at=NOW, actor="test")


def rewritten(text: str, change) -> str:
    """The same file with rows changed, dropped or added by a function of all rows."""
    rows = list(csv.DictReader(io.StringIO(text)))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(change(rows))
    return out.getvalue()


def named(manifest: Manifest, text: str, **changes) -> Manifest:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return manifest.model_copy(update={"sha256": digest, **changes})


def counts(store) -> dict[str, int]:
    tables = (
        Seller, Portfolio, Debt, Debtor, DebtParty, ContactPoint, OwnershipLink, LedgerEntry, Stop,
        Act,
    )  # fmt: skip
    with store.reading() as session:
        return {
            table.__name__: session.exec(select(func.count()).select_from(table)).one()
            for table in tables
        }


def one(session, ref: str) -> Debt:
    (debt,) = debts.by_ref(session, ref)
    return debt


def test_every_row_becomes_a_debt_with_chain_parties_and_charges(store):
    manifest, text = sample("portfolio")
    found = stored(store, manifest, text)
    assert (found.new, found.known, found.refused, found.problems) == (34, 0, 0, ())
    assert counts(store) | {"Act": 0} == {
        "Seller": 1, "Portfolio": 1, "Debt": 34, "Debtor": 35, "DebtParty": 36,
        "ContactPoint": 97, "OwnershipLink": 68, "LedgerEntry": 81, "Stop": 10, "Act": 0,
    }  # fmt: skip
    with store.reading() as session:
        debt = one(session, "CN-0001")
        assert (debt.status, debt.jurisdiction, debt.currency) == ("new", "CN", "CNY")
        assert debt.workflow_id.startswith("case-")
        assert "CN-0001" not in debt.workflow_id
        entries = payment.as_entries(payment.entries(session, debt.id))
        balances = fold(entries, policy_for("CN"))
        assert (balances.charged, balances.outstanding) == (117000, 117000)
        assert {entry.value_date for entry in entries} == {date(2026, 1, 31)}
        assert [link.owner for link in debts.links(session, debt.id)] == [
            "Harbour Lantern Bank",
            "Still Water Receivables Ltd",
        ]


def test_the_charges_in_the_ledger_are_the_control_totals(store):
    manifest, text = sample("portfolio")
    stored(store, manifest, text)
    with store.reading() as session:
        sums = session.exec(
            select(LedgerEntry.currency, func.sum(LedgerEntry.minor)).group_by(
                col(LedgerEntry.currency)
            )
        ).all()
    assert dict(sums) == dict(manifest.control_total_minor)


def test_the_same_file_again_writes_nothing(store):
    manifest, text = sample("portfolio")
    stored(store, manifest, text)
    before = counts(store)
    again = stored(store, manifest, text)
    assert (again.new, again.known, again.problems) == (0, 34, ())
    assert counts(store) == before


def test_a_file_with_changed_balances_and_new_rows_takes_the_new_and_names_the_changed(store):
    manifest, text = sample("portfolio")
    stored(store, manifest, text)

    def change(rows):
        rows[0]["principal"], rows[0]["total"] = "900.00", "1070.00"
        fresh = dict(rows[1], account_ref="CN-9001", customer_ref="C-9001", phone_1="", email_1="")
        for name in [name for name in fresh if name.startswith(("phone_1_", "email_1_"))]:
            fresh[name] = ""
        return [*rows, fresh]

    third = rewritten(text, change)
    found = stored(store, named(manifest, third), third)
    assert (found.new, found.known) == (1, 34)
    assert [(p.code, p.account_ref) for p in found.problems] == [("balance_not_changed", "CN-0001")]
    with store.reading() as session:
        debt = one(session, "CN-0001")
        entries = payment.as_entries(payment.entries(session, debt.id))
        assert fold(entries, policy_for("CN")).outstanding == 117000
        assert len(debts.portfolios(session)) == 1


def test_an_import_that_was_broken_off_goes_on_where_it_stopped(store):
    manifest, text = sample("portfolio")
    part = rewritten(text, lambda rows: rows[:13])
    stored(store, manifest, part)
    found = stored(store, manifest, text)
    assert (found.new, found.known) == (21, 13)
    assert counts(store)["Debt"] == 34


def test_flags_of_the_seller_stop_contact_from_the_first_day(store):
    manifest, text = sample("portfolio")
    stored(store, manifest, text)
    with store.reading() as session:
        found = {
            session.get(Debt, stop.debt_id).account_ref if stop.debt_id else stop.kind: stop
            for stop in session.exec(select(Stop))
        }
    assert found["CN-0007"].kind == StopKind.DISPUTE
    assert found["CN-0011"].until == datetime(2026, 6, 1, tzinfo=UTC)
    assert found["US-0009"].sealed is not None
    assert found["cease"].debtor_id is not None
    assert found["bankruptcy"].effective_from == datetime(2026, 1, 28, tzinfo=UTC)
    assert (found["opt_out"].channel, found["opt_out"].scope) == ("sms", "channel")


@pytest.mark.parametrize("first", ["CN-0001", "US-0001"])
def test_interest_paid_after_a_filing_that_a_later_file_tells_of_is_owed_back_at_once(store, first):
    """1,000.00 at 7.30 % bear 0.20 a day; paid with ten days of it, then a filing of day four."""
    manifest, text = sample("portfolio")
    mine = rewritten(text, lambda rows: [row for row in rows if row["account_ref"] == first])
    stored(store, manifest, mine)
    with store.writing() as session:
        debt = one(session, first)
        debt.facts = {
            **{k: v for k, v in debt.facts.items() if k not in {"interest_stops_on", "rate_basis"}},
            "annual_rate": "0.0730", "accrues_after_transfer": True,
        }  # fmt: skip
        opened = max(row.value_date for row in payment.entries(session, debt.id))
        principal = fold(
            payment.as_entries(payment.entries(session, debt.id)), policy_for(first[:2])
        ).buckets["principal"]
        (accrued,) = accrue(session, debt, opened + timedelta(days=10), NOW, "test")
        daily = principal * 2 // 10_000
        assert accrued.minor == 10 * daily
        owed = fold(payment.as_entries(payment.entries(session, debt.id)), policy_for(first[:2]))
        enter(
            session, debt, kind=EntryKind.PAYMENT, minor=owed.outstanding, now=NOW,
            value_date=opened + timedelta(days=10), source="bank", external_id="B-1",
            actor="test", reason="paid",
        )  # fmt: skip
        debt.status, debt.ending = "closed", "paid"
        session.add(debt)
    filed = str(opened + timedelta(days=4))

    def another(rows):
        return [
            {
                **rows[0], "account_ref": "CN-9001",
                "bankruptcy_type": "bankruptcy", "bankruptcy_filed_on": filed,
            }
        ]  # fmt: skip

    found = stored(store, manifest, rewritten(mine, another))
    assert (found.new, found.refused) == (1, 0), found.problems
    with store.reading() as session:
        debt = one(session, first)
        balances = fold(
            payment.as_entries(payment.entries(session, debt.id)), policy_for(first[:2])
        )
        items = session.exec(select(WorkItem).where(WorkItem.debt_id == debt.id)).all()
    assert (balances.outstanding, balances.credit) == (0, 6 * daily)
    assert [item.kind for item in items] == [TaskKind.PAYMENT_REVIEW]
    assert items[0].step.startswith("credit_to_refund_")


def test_one_person_is_recognised_over_two_sellers_by_the_hash_of_an_id_number(store):
    stored(store, *sample("portfolio"))
    stored(store, *sample("portfolio-second"))
    with store.reading() as session:
        assert one(session, "CN-0012").debtor_id == one(session, "CF-0001").debtor_id
        assert one(session, "US-0003").debtor_id == one(session, "CF-0002").debtor_id
        assert len(debts.of_debtor(session, one(session, "CF-0002").debtor_id)) == 2
        assert one(session, "US-0001").debtor_id == one(session, "US-0018").debtor_id


def test_a_guarantor_is_liable_with_a_role_of_his_own(store):
    stored(store, *sample("portfolio"))
    with store.reading() as session:
        parties = debts.parties(session, one(session, "CN-0006").id)
    assert sorted(party.role for party in parties) == ["debtor", "guarantor"]


def test_two_sellers_with_the_same_account_never_cross(store):
    manifest, text = sample("portfolio-second")
    stored(store, manifest, text)
    other = text.replace("Copper Field Finance", "Other Finance")
    other = rewritten(
        other, lambda rows: [dict(row, id_number_hash="", id_number_type="") for row in rows]
    )
    found = stored(
        store,
        named(manifest, other, seller_code="other", seller_legal_name="Other Finance"),
        other,
    )
    assert found.new == 4
    with store.reading() as session:
        first, second = debts.by_ref(session, "CF-0003")
        assert first.workflow_id != second.workflow_id
        assert first.debtor_id != second.debtor_id


def test_a_known_person_with_another_birth_date_is_refused(store):
    stored(store, *sample("portfolio"))
    manifest, text = sample("portfolio-second")

    def change(rows):
        rows[1]["dob"] = "1970-01-01"
        return rows

    changed = rewritten(text, change)
    found = stored(store, named(manifest, changed), changed)
    assert (found.new, found.refused) == (3, 1)
    (problem,) = found.problems
    assert (problem.code, problem.severity) == ("person_conflict", Severity.REFUSED)


def test_an_erased_person_is_not_taken_back_by_an_import(store):
    stored(store, *sample("portfolio"))
    with store.writing() as session:
        store.keys.erase(session, one(session, "US-0003").debtor_id)
    found = stored(store, *sample("portfolio-second"))
    assert [problem.code for problem in found.problems] == ["person_erased"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seller_code": "other"}, "is known under the code harbour-lantern"),
        ({"seller_legal_name": "Somebody Else"}, "belongs to another seller"),
        ({"buyer_legal_name": "Somebody Else"}, "sold to another buyer"),
    ],
)
def test_a_manifest_that_contradicts_the_store_writes_nothing(store, changes, words):
    manifest, text = sample("portfolio")
    stored(store, manifest, text)
    before = counts(store)
    with pytest.raises(RefusedPortfolioError, match=words):
        stored(store, manifest.model_copy(update=changes), text)
    assert counts(store) == before


def test_personal_data_stands_in_sealed_columns_only(store, tmp_path):
    manifest, text = sample("portfolio")
    stored(store, manifest, text)
    plain = []
    with store.reading() as session:
        for table in (Debt, Debtor, DebtParty, ContactPoint, OwnershipLink, LedgerEntry, Stop, Act):
            for row in session.exec(select(table)):
                kept = row.model_dump(mode="python", exclude={"sealed"})
                plain.append(json.dumps(kept, default=str, ensure_ascii=False))
        key = store.keys.person_key(session, one(session, "US-0001").debtor_id)
        debtor = session.get(Debtor, one(session, "US-0001").debtor_id)
        assert key.open_json(debtor.sealed)["full_name"] == "Avery Stone"
    everything = "\n".join(plain)
    for word in (
        "Avery", "Stone", "林青", "Sample Street", "示例路", "6145550101", "8610000000",
        "@us.example.com", "@cn.example.com", "1985-09-03", "C-1001", "U-2001", "Sample & Example",
        "26-00010",
    ):  # fmt: skip
        assert word not in everything, word
