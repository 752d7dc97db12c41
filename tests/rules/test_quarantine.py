"""Refused rows are set aside so that they can be mended, imported again, and smuggle nothing in."""

from __future__ import annotations

import csv
import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.transfer import Layout, Problem
from rules.intake import Reading, read_manifest, survey
from rules.quarantine import REPORT, guarded, quarantine
from rules.sheet import GUARDED, open_sheet
from tests.rules.test_intake import TODAY, US1, file_of
from tests.rules.test_sheet import GERMAN, written

BROKEN = {**US1, "account_ref": "U2", "dob": "someday"}
FORMULA = {**US1, "account_ref": "U3", "full_name": "=cmd|' /C calc'!A0"}
TWICE = {**US1, "full_name": "Another Person", "account_ref": "U4"}


def set_aside(*rows: dict[str, str], layout: Layout | None = None, **words):
    raw = written(*rows, **words)
    _, manifest = file_of(*[US1 for _ in rows])
    manifest = manifest.model_copy(update={"sha256": hashlib.sha256(raw).hexdigest()})
    sheet = open_sheet(raw, layout)
    problems = [item for item in Reading(manifest, sheet, TODAY) if isinstance(item, Problem)]
    out = io.StringIO(newline="")
    made = quarantine(sheet, manifest, problems, out)
    return None if made is None else (out.getvalue(), read_manifest(made))


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def again(rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def test_of_a_good_file_nothing_is_set_aside():
    assert set_aside(US1) is None


def test_only_refused_rows_are_set_aside_each_with_its_reasons():
    text, manifest = set_aside(US1, BROKEN, FORMULA, TWICE)
    rows = table(text)
    assert [row["account_ref"] for row in rows] == ["U2", "U3", "U4"]
    assert [row["cession_row"] for row in rows] == ["3", "4", "5"]
    assert [row["cession_code"] for row in rows] == ["bad_date", "formula", "customer_ref_reused"]
    assert all(row[name] for row in rows for name in REPORT)
    assert manifest.row_count == 3
    assert manifest.control_total_minor == {"USD": 3 * 117000}


def test_what_was_mended_is_imported_and_what_was_not_is_refused_again():
    text, manifest = set_aside(US1, BROKEN, FORMULA)
    rows = table(text)
    rows[0]["dob"] = "1985-09-03"
    found = survey(again(rows), manifest, TODAY)
    assert not found.stopped
    assert (found.accepted, found.refused) == (1, 1)
    assert {problem.code for problem in found.problems} == {"formula"}


def test_mending_cannot_change_the_money():
    text, manifest = set_aside(US1, BROKEN)
    rows = table(text)
    rows[0] |= {"dob": "1985-09-03", "total": "1171.00", "principal": "1001.00"}
    assert "control_total_mismatch" in {
        problem.code for problem in survey(again(rows), manifest, TODAY).problems
    }


def test_a_currency_that_the_seller_did_not_total_gets_no_total_by_being_refused():
    text, manifest = set_aside(US1, {**US1, "account_ref": "U2", "currency": "EUR"})
    assert manifest.currencies == ("USD",)
    found = survey(text.encode(), manifest, TODAY)
    assert {problem.code for problem in found.problems} == {"currency_not_listed"}


def test_a_mended_file_can_be_refused_mended_and_imported_again():
    text, manifest = set_aside(US1, BROKEN)
    sheet = open_sheet(text.encode())
    problems = [item for item in Reading(manifest, sheet, TODAY) if isinstance(item, Problem)]
    out = io.StringIO(newline="")
    again_manifest = quarantine(sheet, manifest, problems, out)
    assert read_manifest(again_manifest).mends == manifest.mends
    assert len(table(out.getvalue())) == 1


def test_the_rows_mean_the_same_without_the_sellers_mapping():
    german = {**BROKEN, **GERMAN, "dob": "someday", "Konto": "U2"}
    del german["account_ref"], german["country"]
    layout = Layout(columns={"Konto": "account_ref"}, constants={"country": "US"})
    text, manifest = set_aside(german, layout=layout, delimiter=";")
    (row,) = table(text)
    assert (row["account_ref"], row["country"], row["total"]) == ("U2", "US", "1170.00")
    row["dob"] = "1985-09-03"
    found = survey(again([row]), manifest, TODAY)
    assert (found.accepted, found.refused) == (1, 0)


@pytest.mark.parametrize("cell", ["=1+1", "+1 212", "-5", "@SUM", "\tx", "＝1+1"])
def test_nothing_in_the_file_is_run_by_a_spreadsheet(cell):
    text, _ = set_aside({**US1, "store_brand": cell, "full_name": "=x"})
    (row,) = table(text)
    assert all(not value or value[0] not in "=+-@\t＝" for value in row.values())


@given(st.text(min_size=1, max_size=30))
def test_the_guard_is_taken_away_again_by_the_next_reading(cell):
    shown = guarded(cell)
    assert (shown[1:] if GUARDED.match(shown) else shown) == (
        cell[1:] if GUARDED.match(cell) else cell
    )
