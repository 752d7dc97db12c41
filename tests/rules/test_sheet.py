"""Whatever program wrote a table, what has one meaning is read and what has two is refused."""

from __future__ import annotations

import csv
import hashlib
import io
import tomllib
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from models.money import Money
from models.transfer import Layout, Problem, Row, Severity
from rules.intake import Reading, read_layout, survey
from rules.layout import HEADINGS, draft, guessed
from rules.row import DEBT, PERSON, kind_of, known_column
from rules.sheet import DOUBTS, FINDINGS, UnreadableError, open_sheet
from tests.rules.test_intake import TODAY, US1, file_of

GERMAN = {
    "principal": "1.000,00",
    "interest": "120,00",
    "fees": "50,00",
    "total": "1.170,00",
    "itemization_balance": "1.000,00",
    "interest_since": "120,00",
    "fees_since": "50,00",
    "payments_since": "0,00",
    "credits_since": "0,00",
    "statute_date": "10.04.2029",
    "itemization_date": "07.11.2025",
    "origination_date": "08.03.2021",
    "assigned_on_1": "16.02.2026",
    "dob": "03.09.1985",
}


def written(
    *rows: dict[str, str], delimiter: str = ",", encoding: str = "utf-8", headings=None
) -> bytes:
    text = io.StringIO()
    columns = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow([(headings or {}).get(name, name) for name in columns])
    writer.writerows([[row.get(name, "") for name in columns] for row in rows])
    return text.getvalue().encode(encoding)


def workbook(*rows: dict[str, object], title: str = "Sheet") -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = title
    columns = list(dict.fromkeys(name for row in rows for name in row))
    sheet.append(columns)
    for row in rows:
        sheet.append([row.get(name) for name in columns])
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


def surveyed(raw: bytes, layout: Layout | None = None, total: int = 117000, rows: int = 1):
    _, manifest = file_of(US1)
    changed = manifest.model_copy(
        update={
            "sha256": hashlib.sha256(raw).hexdigest(),
            "control_total_minor": {"USD": total},
            "row_count": rows,
        }
    )
    found = survey(raw, changed, TODAY, layout)
    read: list[Row] = []
    if not found.stopped:
        read = [
            item
            for item in Reading(changed, open_sheet(raw, layout), TODAY)
            if isinstance(item, Row)
        ]
    return found, read


def only(raw: bytes, layout: Layout | None = None) -> Row:
    found, read = surveyed(raw, layout)
    assert not found.stopped, found.problems
    assert len(read) == 1, found.problems
    return read[0]


PLAIN = only(written(US1))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_delimiter_and_encoding_change_nothing(delimiter, encoding):
    row = {**US1, "native_name": "王小明", "address_line2": "解放路一号"}
    assert only(written(row, delimiter=delimiter, encoding=encoding)) == only(written(row))


def test_a_german_spreadsheet_says_the_same_as_the_plain_file():
    assert only(written({**US1, **GERMAN}, delimiter=";")) == PLAIN


def test_a_workbook_says_the_same_as_the_plain_file():
    typed = {
        **US1,
        **{name: float(US1[name]) for name in GERMAN if kind_of(name) == "money"},
        "dob": date(1985, 9, 3),
        "assigned_on_1": datetime(2026, 2, 16),
    }
    assert only(workbook(typed)) == PLAIN


def test_empty_rows_and_columns_of_a_workbook_are_nothing():
    assert only(workbook({**US1, "": None}, {})) == PLAIN


def test_a_number_in_a_workbook_where_text_belongs_is_doubted():
    found, _ = surveyed(workbook({**US1, "account_ref": 12345}))
    assert [(each.code, each.field, each.severity) for each in found.problems] == [
        ("number_not_text", "account_ref", Severity.WARNING)
    ]


def test_a_formula_in_a_workbook_is_its_value_and_never_run():
    found, _ = surveyed(workbook({**US1, "full_name": "=HYPERLINK(1)"}))
    assert "missing" in {each.code for each in found.problems}


def test_the_sheet_that_the_mapping_names_is_read():
    book = Workbook()
    book.active.append(["nothing", "here"])
    sheet = book.create_sheet("Debts")
    sheet.append(list(US1))
    sheet.append(list(US1.values()))
    raw = io.BytesIO()
    book.save(raw)
    assert only(raw.getvalue(), Layout(sheet="Debts")) == PLAIN
    with pytest.raises(UnreadableError, match="there is no sheet Other"):
        open_sheet(raw.getvalue(), Layout(sheet="Other"))


AMOUNTS = [
    ("1170", "1170"),
    ("1170.00", "1170.00"),
    ("1,170.00", "1170.00"),
    ("1,234,567.89", "1234567.89"),
    ("1.170,00", "1170.00"),
    ("1170,5", "1170.5"),
    ("1 170,00", "1170.00"),
    ("1\u202f170,00", "1170.00"),
    ("1'170.00", "1170.00"),
    ("1’170.00", "1170.00"),
    ("１１７０．００", "1170.00"),
    ("0,125", "0.125"),
    ("-5,00", "-5.00"),
]


@pytest.mark.parametrize(("cell", "plain"), AMOUNTS)
def test_an_amount_with_one_meaning_is_read_whatever_the_file_does_else(cell, plain):
    sheet = open_sheet(written(US1))
    assert sheet.plain("total", cell, {}) == (plain, None)


@pytest.mark.parametrize(
    ("others", "cell", "plain", "code"),
    [
        ([], "1,234", "1234", None),
        (["1.50"], "1,234", "1234", None),
        (["1,50"], "1,234", "1.234", None),
        (["1,50"], "1.234", "1234", None),
        (["1.50"], "1.234", "1.234", None),
        (["1,50", "1.50"], "1,234", "1,234", "ambiguous_amount"),
        (["1,50"], "1,234,567", "1,234,567", None),
    ],
)
def test_thousands_or_thousandths_is_what_the_rest_of_the_file_says(others, cell, plain, code):
    rows = [{**US1, "costs": other} for other in others] or [US1]
    sheet = open_sheet(written(*[{"costs": row.get("costs", "")} for row in rows]))
    assert sheet.plain("total", cell, {}) == (plain, code)


@given(st.integers(0, 10**12), st.sampled_from([".", ","]), st.booleans())
def test_every_way_of_writing_an_amount_comes_back_as_itself(minor, mark, grouped):
    text = f"{Money(minor, 'USD').decimal:{',' if grouped else ''}f}"
    cell = text if mark == "." else text.translate(str.maketrans(".,", ",."))
    sheet = open_sheet(written(US1), Layout(decimal=mark))
    plain, code = sheet.plain("total", cell, {})
    assert code is None
    assert Money.parse(plain, "USD").minor == minor


DATES = [
    ("2026-01-31", "2026-01-31"),
    ("2026/1/31", "2026-01-31"),
    ("2026.01.31", "2026-01-31"),
    ("20260131", "2026-01-31"),
    ("2026年1月31日", "2026-01-31"),
    ("31.01.2026", "2026-01-31"),
    ("2026-01-31 00:00:00", "2026-01-31"),
]


@pytest.mark.parametrize(("cell", "plain"), DATES)
def test_a_date_with_one_meaning_is_read(cell, plain):
    assert open_sheet(written(US1)).plain("dob", cell, {}) == (plain, None)


@pytest.mark.parametrize(
    ("others", "plain", "code"),
    [
        ([], "03/04/2026", "ambiguous_date"),
        (["31/01/2026"], "2026-04-03", None),
        (["01/31/2026"], "2026-03-04", None),
        (["31/01/2026", "01/31/2026"], "03/04/2026", "ambiguous_date"),
    ],
)
def test_day_or_month_first_is_what_the_rest_of_the_file_says(others, plain, code):
    sheet = open_sheet(written(*[{"dob": other} for other in others] or [{"dob": ""}]))
    assert sheet.plain("due_date", "03/04/2026", {}) == (plain, code)


def test_the_day_number_of_a_spreadsheet_is_a_date_with_a_doubt():
    assert open_sheet(written(US1)).plain("dob", "45968", {}) == ("2025-11-07", "spreadsheet_date")


@pytest.mark.parametrize(
    ("refs", "refused"),
    [
        (["00120", "345"], ["345"]),
        (["00120", "34567"], []),
        (["007", "12345"], []),
        (["120", "345", "6789"], []),
    ],
)
def test_a_reference_that_lost_its_zeros_is_refused_not_guessed(refs, refused):
    rows = [{**US1, "account_ref": ref} for ref in refs]
    found, _ = surveyed(written(*rows), total=117000 * len(rows), rows=len(rows))
    assert [each.account_ref for each in found.problems if each.code == "zeros_lost"] == refused


def test_zeros_are_put_back_where_the_mapping_knows_the_width():
    row = only(written({**US1, "account_ref": "345"}), Layout(width={"account_ref": 6}))
    assert row.account_ref == "000345"


@pytest.mark.parametrize(
    ("country", "cell", "plain"),
    [
        ("US", "2134", "02134"),
        ("DE", "1067", "01067"),
        ("CN", "10010", "010010"),
        ("GB", "1234", "1234"),
    ],
)
def test_a_postcode_gets_back_the_zeros_that_its_country_demands(country, cell, plain):
    sheet = open_sheet(written(US1))
    assert sheet.plain("postcode", cell, {"country": country})[0] == plain
    assert sheet.plain("party_1_postcode", cell, {"party_1_country": country})[0] == plain


@pytest.mark.parametrize("cell", ["24%", "24,0 %", "0,24", "0.24"])
def test_a_rate_is_a_fraction_however_it_is_written(cell):
    assert only(written({**US1, "annual_rate": cell})).facts["annual_rate"] == "0.24"


@pytest.mark.parametrize(
    ("word", "means"), [("Y", True), ("是", True), ("FALSE", False), ("Nein", False)]
)
def test_yes_and_no_are_understood_in_the_words_of_other_programs(word, means):
    assert only(written({**US1, "military": word})).facts["military"] is means


def test_what_our_report_guarded_against_spreadsheets_is_read_as_it_was():
    assert only(written({**US1, "phone_1": "'+12125550101"})) == PLAIN
    found, _ = surveyed(written({**US1, "full_name": "'=1+1"}))
    assert "formula" in {each.code for each in found.problems}


def test_a_mapping_renames_fixes_and_translates():
    row = {
        "Konto": "U1",
        "Rolle": "Mensch",
        **{name: US1[name] for name in US1 if name not in ("account_ref", "country", "kind")},
    }
    layout = read_layout(
        """
        [columns]
        Konto = "account_ref"
        Rolle = "kind"
        [constants]
        country = "US"
        [words.kind]
        Mensch = "person"
        """,
        "x.mapping.toml",
    )
    assert only(written(row), layout) == PLAIN


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("columns = 3", "mapping_broken"),
        ("colums = {}", "mapping_broken"),
        ("not toml", "mapping_broken"),
        ('[columns]\nA = "acount_ref"', "mapping_unknown"),
        ('[constants]\ncontry = "US"', "mapping_unknown"),
        ('decimal = ";"', "mapping_broken"),
    ],
)
def test_a_mapping_that_says_something_else_is_refused_by_name(text, code):
    with pytest.raises(UnreadableError) as refused:
        read_layout(text, "x.mapping.toml")
    assert {problem.code for problem in refused.value.problems} == {code}
    assert all("x.mapping.toml" in problem.message for problem in refused.value.problems)


def test_a_guess_is_no_mapping_before_a_person_confirmed_it():
    found, _ = surveyed(written(US1), Layout(confirmed=False))
    assert [each.code for each in found.problems] == ["mapping_unconfirmed"]


CHINESE = {
    "account_ref": "借据编号", "customer_ref": "客户编号", "contract_ref": "借款合同编号",
    "product_type": "业务品种", "original_creditor_name": "原债权人", "full_name": "借款人姓名",
    "principal": "剩余本金（元）", "interest": "欠息", "fees": "费用", "total": "债权总额",
    "country": "国家", "phone_1": "手机号码", "previous_owner_1": "转让方", "city": "城市",
}  # fmt: skip


def test_a_table_with_chinese_headings_needs_a_look_and_one_word_to_be_read():
    raw = written(US1, headings=CHINESE, encoding="gb18030")
    guess = draft(raw)
    assert guess.startswith("# A guess")
    layout = read_layout(guess.replace("confirmed = false", "confirmed = true"), "guess")
    assert dict(layout.columns) == {heading: name for name, heading in CHINESE.items()}
    assert only(raw, layout) == PLAIN


def test_a_guess_never_gives_one_column_to_two_headings():
    layout = tomllib.loads(draft(b"mobile,cell,something else\n1,2,3\n"))
    assert sorted(layout["columns"].values()) == ["", "", "phone_1"]


def test_every_alias_means_a_column_of_ours_and_only_one():
    assert all(known_column(column) for column in HEADINGS)
    aliases = [alias for known in HEADINGS.values() for alias in known]
    assert len(aliases) == len(set(aliases))
    assert all(guessed(alias) == column for column, known in HEADINGS.items() for alias in known)


def test_every_finding_has_advice_and_every_doubt_is_a_finding():
    assert FINDINGS.keys() >= DOUBTS
    assert all(len(text) > 20 for text in FINDINGS.values())


def test_every_column_has_a_kind():
    assert {kind_of(name) for name in (*DEBT, *PERSON)} >= {
        "money", "rate", "date", "yes_no", "reference", "postcode", "text",
    }  # fmt: skip
    for name in ("phone_1", "party_2_phone_3"):
        assert kind_of(name) == "phone"
    for name in ("email_1_email", "phone_1_sms", "party_1_minor"):
        assert kind_of(name) == "yes_no"
    for name in ("assigned_on_2", "phone_1_as_of", "party_1_dob", "email_2_optout_by"):
        assert kind_of(name) == "date"
    assert kind_of("creditor_on_itemization_date") == "text"


@given(st.text(max_size=60), st.sampled_from(sorted(US1)))
def test_no_cell_breaks_the_reading_and_no_message_quotes_it(cell, name):
    marked = f"{cell}Zq9"
    found, _ = surveyed(written({**US1, name: marked}))
    assert all(
        "Zq9" not in problem.message for problem in found.problems if isinstance(problem, Problem)
    )
