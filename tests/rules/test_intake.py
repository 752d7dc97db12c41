"""A transfer file is read as it is meant, or refused with row, field and advice."""

import csv
import hashlib
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ledger import Bucket
from models.stop import Scope, StopKind
from models.transfer import Manifest, Problem, Row, Severity
from rules.intake import Reading, latest_date, read_manifest, survey
from rules.place import law_of, zones_of_address, zones_of_phone
from rules.row import known_column
from rules.sheet import UnreadableError, open_sheet
from rules.transaction import read_manifest as read_transactions

SAMPLES = Path(__file__).parents[2] / "packs" / "samples"
TODAY = date(2026, 3, 2)
SELLER, BUYER = "Sample Seller", "Sample Buyer"

US1 = {
    "account_ref": "U1",
    "customer_ref": "C1",
    "product_type": "credit_card",
    "contract_ref": "K1",
    "original_creditor_name": SELLER,
    "previous_owner_1": SELLER,
    "assigned_on_1": "2026-02-16",
    "assignment_doc_ref_1": "A1",
    "creditor_on_itemization_date": SELLER,
    "origination_date": "2021-03-08",
    "statute_date": "2029-04-10",
    "principal": "1000.00",
    "interest": "120.00",
    "fees": "50.00",
    "total": "1170.00",
    "itemization_type": "charge_off",
    "itemization_date": "2025-11-07",
    "itemization_balance": "1000.00",
    "interest_since": "120.00",
    "fees_since": "50.00",
    "payments_since": "0.00",
    "credits_since": "0.00",
    "full_name": "Sample Person",
    "dob": "1985-09-03",
    "language": "en-US",
    "address_line1": "1 Sample Street",
    "city": "New York",
    "region": "NY",
    "country": "US",
    "phone_1": "+12125550101",
    "email_1": "one@example.com",
}


def file_of(*rows: dict[str, str], **changes: object) -> tuple[bytes, Manifest]:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    raw = text.getvalue().encode()
    totals: dict[str, int] = {}
    for row in rows:
        minor = int(row["total"].replace(".", "")) if row["total"].replace(".", "").isdigit() else 0
        totals[row.get("currency", "USD")] = totals.get(row.get("currency", "USD"), 0) + minor
    manifest = Manifest(**{
        "portfolio_id": "P1",
        "seller_legal_name": SELLER,
        "buyer_legal_name": BUYER,
        "agreement_ref": "AGR-1",
        "agreement_date": date(2026, 2, 2),
        "cut_off_date": date(2026, 1, 31),
        "transfer_effective_date": date(2026, 2, 16),
        "row_count": len(rows),
        "control_total_minor": totals,
        "sha256": hashlib.sha256(raw).hexdigest(),
        **changes,
    })  # fmt: skip
    return raw, manifest


def read(**changes: str) -> tuple[list[Row], list[Problem]]:
    raw, manifest = file_of({**US1, **changes})
    found = list(Reading(manifest, open_sheet(raw), TODAY))
    return (
        [item for item in found if isinstance(item, Row)],
        [item for item in found if isinstance(item, Problem)],
    )


def codes(**changes: str) -> set[str]:
    return {problem.code for problem in read(**changes)[1]}


def test_a_good_row_is_read_whole():
    (row,), problems = read()
    assert problems == []
    assert row.total == 117000
    assert row.buckets == {
        Bucket.PRINCIPAL: 100000,
        Bucket.INTEREST: 12000,
        Bucket.FEES: 5000,
    }
    assert [(link.owner, link.assigned_on) for link in row.chain] == [
        (SELLER, None),
        (BUYER, date(2026, 2, 16)),
    ]
    assert (row.debtor.jurisdiction, row.debtor.sub) == ("US", "NYC")
    assert row.debtor.zones == ("America/New_York",)
    assert row.debtor.minor_at_origination is False
    assert row.facts["itemization"] == {
        "type": "charge_off",
        "date": "2025-11-07",
        "creditor": SELLER,
        "balance": 100000,
        "interest": 12000,
        "fees": 5000,
        "payments": 0,
        "credits": 0,
    }
    assert row.limitation_date == date(2029, 4, 10)


REFUSALS = [
    ({"account_ref": ""}, "missing"),
    ({"account_ref": "a b"}, "bad_reference"),
    ({"customer_ref": "Sample Person"}, "bad_reference"),
    ({"total": "1170.001"}, "bad_amount"),
    ({"total": "1170.00 USD"}, "bad_amount"),
    ({"total": "1.17E+3"}, "bad_amount"),
    ({"total": "1171.00"}, "sum_mismatch"),
    ({"principal": "-1000.00"}, "negative"),
    ({"total": "0.00", "principal": "", "interest": "", "fees": ""}, "nothing_owed"),
    ({"itemization_balance": "999.00"}, "itemization_mismatch"),
    ({"itemization_date": ""}, "itemization_missing"),
    ({"creditor_on_itemization_date": ""}, "itemization_missing"),
    ({"charge_off_date": "2026-03-03"}, "future_date"),
    ({"charge_off_date": "2026-02-30"}, "bad_date"),
    ({"charge_off_date": "31.02.2026"}, "bad_date"),
    ({"charge_off_date": "01/02/26"}, "bad_date"),
    ({"charge_off_date": "01/02/2026"}, "ambiguous_date"),
    ({"account_ref": "1.23457E+15"}, "number_mangled"),
    ({"dob": "2003-03-09"}, "minor"),
    ({"minor": "yes"}, "minor"),
    ({"previous_owner_1": ""}, "title_empty"),
    ({"previous_owner_1": "Other"}, "title_gap"),
    ({"previous_owner_3": SELLER}, "title_gap"),
    ({"assigned_on_1": "2026-02-17"}, "title_order"),
    ({"assigned_on_1": "2021-03-07"}, "title_order"),
    ({"charge_off_date": "2021-03-07"}, "date_order"),
    ({"last_payment_date": "2020-12-31"}, "date_order"),
    ({"deceased_on": "1985-09-02"}, "date_order"),
    ({"notice_sent_on_1": "2026-02-20", "notice_delivered_on_1": "2026-02-19"}, "notice_order"),
    ({"account_ref": "110101199003070011"}, "personal_reference"),
    ({"customer_ref": "123-45-6789"}, "personal_reference"),
    ({"party_1_role": "co_debtor", "party_1_customer_ref": "123-45-6789"}, "personal_reference"),
    ({"account_number_masked": "6222020000000000019"}, "not_masked"),
    ({"account_number_masked": "DE02 1203 0000 0000 2020 51"}, "not_masked"),
    ({"full_name": ""}, "missing"),
    ({"full_name": "=cmd|' /C calc'!A0"}, "formula"),
    ({"full_name": "@SUM(A1)"}, "formula"),
    ({"full_name": "＝cmd|' /C calc'!A0"}, "formula"),
    ({"store_brand": "'=cmd|' /C calc'!A0"}, "formula"),
    ({"store_brand": "\t=1+1"}, "formula"),
    ({"full_name": "Two\nlines"}, "control_character"),
    ({"full_name": "x" * 201}, "too_long"),
    ({"phone_1": "555 0101"}, "bad_phone"),
    ({"phone_1": "212 555 0101", "country": "GB"}, "bad_phone"),
    ({"phone_1": "+1"}, "bad_phone"),
    ({"phone_1": "", "phone_1_type": "mobile"}, "missing"),
    ({"email_1": "one at example.com"}, "bad_email"),
    ({"country": "USA"}, "bad_country"),
    ({"country": "ZZ"}, "country_without_law"),
    ({"language": "English"}, "bad_language"),
    ({"time_zone": "EST5"}, "bad_zone"),
    ({"time_zone": "America/Nowhere"}, "bad_zone"),
    ({"id_number_type": "ssn", "id_number_hash": "123-45-6789"}, "bad_hash"),
    ({"annual_rate": "24"}, "bad_rate"),
    ({"litigation_stage": "maybe"}, "unknown_word"),
    ({"do_not_contact": "fax"}, "unknown_word"),
    ({"contract_ref": ""}, "missing"),
    ({"currency": "EUR"}, "currency_not_listed"),
    (
        {"party_1_role": "co_debtor", "party_1_customer_ref": "C1", "party_1_full_name": "One",
         "party_1_country": "US"},
        "party_twice",
    ),
    ({"party_1_full_name": "One"}, "missing"),
    ({"party_1_phone_1": "+12125550102"}, "missing"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code"), REFUSALS)
def test_a_bad_row_is_refused_with_a_code(changes, code):
    raw, manifest = file_of({**US1, **changes}, control_total_minor={"USD": 117000})
    found = list(Reading(manifest, open_sheet(raw), TODAY))
    assert not [item for item in found if isinstance(item, Row)]
    assert code in {problem.code for problem in found}
    assert all(problem.row == 2 and problem.message for problem in found)


@pytest.mark.parametrize(
    "changes",
    [
        {"account_ref": "110101199003070010"},  # another check digit
        {"account_ref": "110101199013070015"},  # no such month
        {"account_ref": "6222020000000000"},
        {"customer_ref": "123-45-67890"},
        {"account_number_masked": "****1234"},
        {"account_number_masked": "1234"},
        {"account_number_masked": "622202******1234"},
        {"account_number_masked": "62220200****1234"},
        {"account_number_masked": "…1234"},
        {"charge_off_date": "2021-03-08"},
        {"deceased_on": "2025-01-01"},
    ],
)
def test_a_reference_that_only_looks_like_a_person_and_a_number_well_hidden_are_taken(changes):
    (row,), problems = read(**changes)
    assert {problem.severity for problem in problems} <= {Severity.WARNING}
    assert row.account_ref


def test_a_sale_ahead_of_its_debts_may_be_older_than_they():
    raw, manifest = file_of({**US1, "assigned_on_1": "2021-03-07"}, forward_flow=True)
    assert [item for item in Reading(manifest, open_sheet(raw), TODAY) if isinstance(item, Row)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"row_count": 1, "row_count": 2}', "row_count stands twice"),
        ('{"row_count": NaN}', "NaN is no number"),
        ('{"row_count": ' + "9" * 5000 + "}", "too many digits"),
        ('{"row_count": 1,}', "line 1, column "),
        ('{\n "row_count" 1}', "line 2, column 14"),
    ],
)
def test_a_manifest_that_is_no_plain_json_is_refused_in_words(text, said):
    for read in (read_manifest, read_transactions):
        with pytest.raises(UnreadableError) as refused:
            read(text)
        (problem,) = refused.value.problems
        assert (problem.code, problem.severity) == ("manifest_broken", Severity.STOP)
        assert said in problem.message


@pytest.mark.parametrize("currency", ["XYZ", "usd", "US"])
def test_a_manifest_with_a_currency_that_does_not_exist_is_refused(currency):
    text = json.dumps({**json.loads((SAMPLES / "portfolio.manifest.json").read_text("utf-8")),
                       "control_total_minor": {currency: 1}})  # fmt: skip
    with pytest.raises(UnreadableError) as refused:
        read_manifest(text)
    assert {(p.code, p.field) for p in refused.value.problems} == {
        ("manifest_broken", "control_total_minor")
    }


WARNINGS = [
    ({"language": ""}, "language_unknown"),
    ({"region": "", "phone_1": ""}, "zone_unknown"),
    ({"region": "New York"}, "region_unknown"),
    ({"address_line1": ""}, "address_incomplete"),
    ({"dob": ""}, "age_unknown"),
    ({"statute_date": ""}, "limitation_unknown"),
    ({"assignment_doc_ref_1": ""}, "title_undocumented"),
    ({"notice_delivered_on_1": "2026-02-20"}, "notice_without_evidence"),
    ({"phone_1_sms": "yes"}, "consent_without_evidence"),
    ({"phone_1": "212 555 0101"}, "phone_completed"),
    ({"charge_off_date": "45968"}, "spreadsheet_date"),
    ({"postcode": "2134"}, "zeros_restored"),
    ({"doc_1_type": "contract"}, "document_incomplete"),
]


@pytest.mark.parametrize(("changes", "code"), WARNINGS)
def test_what_is_only_doubtful_is_taken_with_a_warning(changes, code):
    (row,), problems = read(**changes)
    assert row.account_ref == "U1"
    assert code in {problem.code for problem in problems}
    assert {problem.severity for problem in problems} == {Severity.WARNING}


FLAGS = [
    ({"cease_requested_on": "2026-01-15", "cease_written": "yes"}, StopKind.CEASE, Scope.DEBTOR),
    ({"attorney_name": "Sample LLP"}, StopKind.ATTORNEY, Scope.DEBT),
    ({"dispute_open": "yes"}, StopKind.DISPUTE, Scope.DEBT),
    ({"bankruptcy_type": "chapter_7"}, StopKind.BANKRUPTCY, Scope.DEBTOR),
    ({"deceased_on": "2026-01-05"}, StopKind.DECEASED, Scope.DEBTOR),
    ({"vulnerability": "health"}, StopKind.VULNERABILITY, Scope.DEBTOR),
    ({"identity_theft_claimed": "yes"}, StopKind.IDENTITY_THEFT, Scope.DEBT),
    ({"do_not_contact": "sms"}, StopKind.OPT_OUT, Scope.CHANNEL),
    ({"payment_plan_open": "yes"}, StopKind.HOLD, Scope.DEBT),
    ({"complaint_open": "yes"}, StopKind.HOLD, Scope.DEBT),
    ({"fraud": "yes"}, StopKind.HOLD, Scope.DEBT),
]


@pytest.mark.parametrize(("changes", "kind", "scope"), FLAGS)
def test_each_flag_of_the_seller_becomes_a_stop_of_its_own(changes, kind, scope):
    (row,), _ = read(**changes)
    assert [(flag.kind, flag.scope) for flag in row.flags] == [(kind, scope)]


def test_a_consent_says_for_what_since_when_and_by_which_evidence():
    (row,), _ = read(
        phone_1_sms="yes",
        phone_1_call="no",
        phone_1_basis="consent",
        phone_1_consent_on="2026-02-12",
        phone_1_consent_evidence="REC-1",
    )
    phone = row.debtor.points[0]
    assert phone.consents["sms"] == {
        "consent": "yes",
        "kind": "text",
        "at": "2026-02-12T00:00:00+00:00",
        "evidence": "REC-1",
        "basis": "consent",
    }
    assert phone.consents["phone"]["consent"] == "no"


def test_a_revoked_consent_is_a_no():
    (row,), _ = read(
        phone_1_sms="yes",
        phone_1_consent_on="2025-02-12",
        phone_1_consent_evidence="REC-1",
        phone_1_revoked_on="2026-01-01",
    )
    assert row.debtor.points[0].consents["sms"]["consent"] == "no"


def test_candidate_zones_are_those_of_address_and_phones():
    (row,), _ = read(phone_1="+12135550101")
    assert row.debtor.zones == ("America/New_York", "America/Los_Angeles")
    (row,), _ = read(time_zone="Pacific/Honolulu")
    assert row.debtor.declared_zone == "Pacific/Honolulu"


def test_a_guarantor_is_read_with_a_law_of_his_own():
    (row,), problems = read(
        party_1_role="guarantor",
        party_1_customer_ref="C2",
        party_1_native_name="示例",
        party_1_country="CN",
        party_1_minor="no",
        party_1_language="zh-CN",
        party_1_address_line1="示例路1号",
        party_1_city="上海",
        party_1_phone_1="+861000000001",
    )
    assert problems == []
    (party,) = row.liable
    assert (party.role, party.person.jurisdiction) == ("guarantor", "CN")
    assert party.person.zones == ("Asia/Shanghai",)


@pytest.mark.parametrize(
    ("place", "law"),
    [
        (("CN", None, None, None), ("CN", None)),
        (("US", "NY", "Brooklyn", None), ("US", "NYC")),
        (("US", "NY", "Albany", None), ("US", "NY")),
        (("US", "ma", "Boston", None), ("US", "MA")),
        (("US", None, "Boston", None), ("US", None)),
        (("GB", "Scotland", None, None), ("GB", "SCT")),
        (("GB", None, None, "EH1 1AA"), ("GB", "SCT")),
        (("GB", None, None, "BT1 1AA"), ("GB", "NIR")),
        (("GB", None, None, "E1 1AA"), ("GB", "ENG")),
        (("GB", None, None, None), ("GB", None)),
        (("DE", None, "Berlin", None), ("EU", "DE")),
        (("AU", "NSW", None, None), ("AU", "NSW")),
        (("XX", None, None, None), None),
    ],
)
def test_the_address_decides_which_law_binds(place, law):
    assert law_of(*place) == law


def test_a_state_with_two_zones_counts_in_both():
    assert zones_of_address("US", "FL") == ("America/New_York", "America/Chicago")


def test_a_free_phone_number_tells_no_zone():
    assert zones_of_phone("+18005550101") == ()


# The whole file


def stops(raw: bytes, manifest: Manifest) -> set[str]:
    return {
        problem.code
        for problem in survey(raw, manifest, TODAY).problems
        if problem.severity is Severity.STOP
    }


def test_a_good_file_agrees_with_its_manifest():
    found = survey(*file_of(US1), TODAY)
    assert not found.stopped
    assert (found.rows, found.accepted, found.refused) == (1, 1, 0)
    assert found.totals == {"USD": 117000}
    assert found.jurisdictions == {"US-NYC": 1}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"control_total_minor": {"USD": 116999}}, "control_total_mismatch"),
        ({"control_total_minor": {"USD": 117000, "CNY": 1}}, "control_total_mismatch"),
        ({"row_count": 2}, "row_count_mismatch"),
        ({"sha256": "0" * 64}, "sha256_mismatch"),
        ({"transfer_effective_date": date(2026, 3, 3)}, "not_yet_transferred"),
    ],
)
def test_a_file_that_is_not_what_its_manifest_promises_is_stopped(changes, code):
    if "CNY" in str(changes):
        raw, manifest = file_of({**US1, "currency": "USD"}, **changes)
    else:
        raw, manifest = file_of(US1, **changes)
    assert stops(raw, manifest) == {code}


def test_a_total_that_cannot_be_read_leaves_the_control_total_unproved():
    raw, manifest = file_of(US1, {**US1, "account_ref": "U2", "total": "12.345"})
    assert "control_total_unknown" in stops(raw, manifest)


def test_refused_rows_count_for_the_control_total():
    raw, manifest = file_of(US1, {**US1, "account_ref": "U2", "dob": "2010-01-01"})
    found = survey(raw, manifest, TODAY)
    assert not found.stopped
    assert (found.accepted, found.refused) == (1, 1)


def test_one_account_twice_is_refused_the_second_time():
    raw, manifest = file_of(US1, US1)
    found = survey(raw, manifest, TODAY)
    assert [(p.code, p.row) for p in found.problems] == [("duplicate_ref", 3)]
    assert (found.accepted, found.refused) == (1, 1)


def test_two_people_never_become_one():
    raw, manifest = file_of(US1, {**US1, "account_ref": "U2", "full_name": "Somebody Else"})
    assert [p.code for p in survey(raw, manifest, TODAY).problems] == ["customer_ref_reused"]


def test_spaces_capitals_and_wide_letters_make_nobody_another_person():
    raw, manifest = file_of(US1, {**US1, "account_ref": "U2", "full_name": "SAMPLE  Ｐｅｒｓｏｎ"})
    assert survey(raw, manifest, TODAY).accepted == 2


def test_one_person_under_two_references_is_told_and_taken():
    raw, manifest = file_of(US1, {**US1, "account_ref": "U2", "customer_ref": "C9"})
    found = survey(raw, manifest, TODAY)
    (problem,) = found.problems
    assert (problem.code, problem.row, problem.field) == ("person_twice", 3, "customer_ref")
    assert (problem.severity, found.accepted) == (Severity.WARNING, 2)
    for other in ({"dob": "1985-09-04"}, {"full_name": "Somebody Else"}):
        raw, manifest = file_of(US1, {**US1, "account_ref": "U2", "customer_ref": "C9", **other})
        assert survey(raw, manifest, TODAY).problems == ()


def test_one_person_may_owe_two_debts():
    raw, manifest = file_of(US1, {**US1, "account_ref": "U2"})
    assert survey(raw, manifest, TODAY).accepted == 2


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("account_ref\nü".encode("utf-16"), "encoding"),
        ("account_ref\n债务人".encode("gb18030"), "column_missing"),
        ("account_ref\n\xe9t\xe9".encode("latin-1"), "encoding"),
        (b"PK\x03\x04\x00\x00", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "not_text"),
        (b"account_ref;customer_ref\n1;2\n", "column_missing"),
        (b"account_ref,customer_ref\n1,2\n", "column_missing"),
        (b"", "column_missing"),
    ],
)
def test_a_file_in_another_form_is_stopped_with_advice(raw, code):
    _, manifest = file_of(US1)
    assert stops(raw, manifest) == {code}


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm():
    raw, manifest = file_of(US1)
    marked = b"\xef\xbb\xbf" + raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    changed = manifest.model_copy(update={"sha256": hashlib.sha256(marked).hexdigest()})
    assert not survey(marked, changed, TODAY).stopped


def test_a_quote_that_never_closes_is_named_by_its_line():
    raw, manifest = file_of(US1)
    assert stops(raw + b'"U2,', manifest) == {"csv"}


def test_a_row_with_a_stray_comma_is_refused_and_named():
    raw, manifest = file_of(US1)
    found = survey(raw + b"U2,,\r\n", manifest, TODAY)
    assert "row_shape" in {problem.code for problem in found.problems}


def test_an_unknown_column_is_named_with_the_nearest_known_one():
    raw, manifest = file_of({**US1, "langauge": "x"})
    (problem,) = survey(raw, manifest, TODAY).problems
    assert problem.code == "column_unknown"
    assert "did you mean language?" in problem.message


@pytest.mark.parametrize(
    "name", ["phone_1_sms", "email_9", "party_2_phone_1_type", "doc_3_sha256", "previous_owner_2"]
)
def test_numbered_columns_belong_to_the_format(name):
    assert known_column(name)


@pytest.mark.parametrize(
    "name", ["phone_0", "phone_1_colour", "party_1_total", "phone_10", "doc_1"]
)
def test_other_columns_do_not(name):
    assert not known_column(name)


# The manifest


def manifest_text(**changes: object) -> str:
    _, manifest = file_of(US1)
    found = {"format": "cession-portfolio-1", **manifest.model_dump(mode="json"), **changes}
    return json.dumps({key: value for key, value in found.items() if value != "absent"})


def test_a_manifest_is_read_back_as_it_was():
    assert read_manifest(manifest_text()) == file_of(US1)[1]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"format": "absent"}, "format"),
        ({"format": "other"}, "format"),
        ({"agreement_ref": "absent"}, "agreement_ref"),
        ({"row_count": "many"}, "row_count"),
        ({"control_total_minor": {}}, "control_total_minor"),
        ({"control_total_minor": {"usd": 1}}, "control_total_minor"),
        ({"sha256": "abc"}, "sha256"),
        ({"seller_code": "Sample Seller"}, "seller_code"),
        ({"transfer_effective_date": "2026-02-01"}, "transfer_effective_date"),
        ({"currencey": "USD"}, "currencey"),
    ],
)
def test_a_bad_manifest_is_refused_by_the_name_of_its_entry(changes, field):
    with pytest.raises(UnreadableError) as refused:
        read_manifest(manifest_text(**changes))
    assert field in {problem.field for problem in refused.value.problems}


def test_a_manifest_that_is_no_json_is_refused():
    with pytest.raises(UnreadableError, match="line 1"):
        read_manifest("{")


def test_dates_are_future_only_when_they_are_so_everywhere():
    assert latest_date(datetime(2026, 3, 2, 10, 0, tzinfo=UTC)) == date(2026, 3, 3)


# Properties

PERSONAL = ("full_name", "address_line1", "phone_1", "email_1", "dob", "customer_ref", "language")


@given(st.dictionaries(st.sampled_from(sorted(US1)), st.text(max_size=40), max_size=4))
def test_whatever_stands_in_the_cells_rows_are_read_or_refused_and_nothing_is_quoted(changes):
    marked = {name: f"{value}Zq9marker" for name, value in changes.items()}
    raw, manifest = file_of({**US1, **marked}, control_total_minor={"USD": 117000})
    try:
        found = list(Reading(manifest, open_sheet(raw), TODAY))
    except UnreadableError:
        return
    refused = any(isinstance(item, Problem) and item.severity is Severity.REFUSED for item in found)
    assert refused != any(isinstance(item, Row) for item in found)
    problems = [item for item in found if isinstance(item, Problem)]
    assert all("Zq9marker" not in problem.message for problem in problems)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(raw):
    _, manifest = file_of(US1)
    assert survey(raw, manifest, TODAY).stopped


# The samples


@pytest.mark.parametrize(
    ("name", "accepted", "refused"),
    [("portfolio", 34, 0), ("portfolio-second", 4, 0), ("portfolio-refused", 1, 12)],
)
def test_the_sample_files_agree_with_their_manifests(name, accepted, refused):
    manifest = read_manifest((SAMPLES / f"{name}.manifest.json").read_text("utf-8"))
    found = survey((SAMPLES / f"{name}.csv").read_bytes(), manifest, TODAY)
    assert not found.stopped
    assert (found.accepted, found.refused) == (accepted, refused)


def test_the_sample_carries_every_interesting_flag():
    manifest = read_manifest((SAMPLES / "portfolio.manifest.json").read_text("utf-8"))
    found = survey((SAMPLES / "portfolio.csv").read_bytes(), manifest, TODAY)
    assert set(found.flags) == {
        "attorney", "bankruptcy", "cease", "deceased", "dispute", "hold", "identity_theft",
        "opt_out", "vulnerability",
    }  # fmt: skip
    assert {"title_undocumented", "language_unknown", "zone_unknown"} <= {
        problem.code for problem in found.problems
    }
