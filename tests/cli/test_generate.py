"""Invented portfolios: a check finds exactly what was planted, and nobody in them exists."""

import csv
import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from rules.invented import DEFECTS, PAIRED, PLACES, PRODUCTS
from rules.message import load_wording
from runtime.settings import PACKS

ROOT = Path(__file__).parents[2]


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CESSION_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "160")


def told(path):
    """What a check says, without the words of its messages."""
    done = run("portfolio", "check", path, "--json")
    found = json.loads(done.stdout)
    names = ("rows", "accepted", "refused", "totals", "codes")
    rows = [
        {name: each[name] for name in ("row", "account_ref", "severity", "code", "field")}
        for each in found["problems"]
    ]
    totals = dict(sorted(found["totals"].items()))
    return {name: found[name] for name in names} | {"totals": totals, "problems": rows}, done


def made(tmp_path, *words, ending="csv"):
    path = tmp_path / f"invented.{ending}"
    done = run("portfolio", "generate", "--out", path, *words)
    assert done.exit_code == 0, done.output
    return path, json.loads((tmp_path / "invented.expected.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--rows", "400", "--seed", "7", "--defects", "20%"), 1),
        (("--rows", "120", "--jurisdiction", "us,cn,gb,de,au", "--form", "bom"), 0),
        (("--rows", "120", "--jurisdiction", "cn", "--form", "gb18030", "--defects", "60%"), 1),
        (("--rows", "120", "--jurisdiction", "de,cn,us", "--form", "semicolon", "--defects", "50%"), 1),
        (("--rows", "30", "--spoil", "control_total", "--spoil", "sha256"), 2),
        (("--rows", "30", "--spoil", "row_count", "--defect", "formula"), 2),
        (("--rows", "120", "--defects", "60%", "--form", "xlsx"), 1),
    ],
)  # fmt: skip
def test_a_check_finds_exactly_what_was_planted(tmp_path, words, code):
    path, expected = made(tmp_path, *words, ending="xlsx" if "xlsx" in words else "csv")
    found, done = told(path)
    assert found == expected
    assert done.exit_code == code


def test_every_kind_of_defect_is_planted_found_and_told_without_quoting_anybody(tmp_path):
    kinds = (*DEFECTS, *PAIRED)
    path, expected = made(tmp_path, "--rows", "120", "--jurisdiction", "us,cn", "--defects", "100%")
    found, done = told(path)
    assert found == expected
    wanted = {find.code for defect in DEFECTS.values() for find in defect.finds}
    wanted |= {"duplicate_ref", "customer_ref_reused", "person_twice", "currency_not_listed"}
    assert wanted == set(found["codes"])
    assert len({each["row"] for each in found["problems"]}) >= 2 * len(kinds)
    for cells in csv.DictReader(path.read_text("utf-8").splitlines(keepends=True)):
        for column in ("full_name", "native_name", "phone_1", "email_1", "address_line1", "dob"):
            assert not cells[column] or f'"{cells[column]}"' not in done.stdout
            assert len(cells[column]) < 6 or cells[column] not in done.stdout


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_same_seed_gives_the_same_bytes_and_another_one_other_people(tmp_path, ending):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        run(
            "portfolio",
            "generate",
            "--out",
            tmp_path / f"{name}.{ending}",
            "--rows",
            "50",
            "--seed",
            seed,
        )
    first, again, other = ((tmp_path / f"{name}.{ending}").read_bytes() for name in "abc")
    assert first == again != other


def test_numbers_are_of_reserved_ranges_and_addresses_of_example_com(tmp_path):
    path, _ = made(tmp_path, "--rows", "300", "--jurisdiction", ",".join(PLACES))
    kept = re.compile(
        r"\+1\d{3}55501\d\d|\+8610000\d{5}|\+447700900\d{3}|\+493023125\d{3}|\+6125550\d{4}"
    )
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines(keepends=True)))
    assert {row["country"] for row in rows} == {place.country for place in PLACES.values()}
    for row in rows:
        assert kept.fullmatch(row["phone_1"]), row["phone_1"]
        assert row["email_1"].endswith(".example.com")
    people = [row["customer_ref"] for row in rows]
    assert len(set(people)) < len(people)
    assert any(row["party_1_role"] for row in rows)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--jurisdiction", "fr"), "choose among us, cn, gb, de, au"),
        (("--defects", "2"), "write a share of the rows, as 2%"),
        (("--defects", "101%"), "write a share of the rows, as 2%"),
        (("--defect", "typo"), "choose among reference_empty"),
        (("--form", "gb18030"), "add --jurisdiction cn"),
        (("--rows", "0"), "Invalid value for '--rows'"),
        (("--out", "nowhere/there.csv"), "No such file or directory"),
    ],
)
def test_what_cannot_be_invented_is_refused_in_plain_words(tmp_path, words, said):
    done = run("portfolio", "generate", "--out", "x.csv", *words)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert list(tmp_path.glob("*.csv")) == []


def test_a_file_is_never_written_over(tmp_path):
    made(tmp_path, "--rows", "5")
    again = run("portfolio", "generate", "--out", tmp_path / "invented.csv", "--rows", "6")
    assert again.exit_code == 2
    assert "exists; it was left as it is" in again.stderr


def test_a_terminal_sees_how_far_a_check_is_and_a_pipe_sees_nothing_of_it(tmp_path):
    path, _ = made(tmp_path, "--rows", "300")
    assert "rows/s" not in run("portfolio", "check", path).output
    ours, theirs = os.openpty()
    words = (sys.executable, "-c", "from cli.main import app; app()", "portfolio", "check", path)
    with subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=theirs,
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    ) as checking:
        os.close(theirs)
        assert checking.stdout is not None
        page = checking.stdout.read().decode()
    seen = b""
    with suppress(OSError):  # Linux answers EIO where others answer the end
        while piece := os.read(ours, 4096):
            seen += piece
    os.close(ours)
    assert checking.returncode == 0
    drawn = seen.decode()
    assert "Checking" in drawn
    assert "300/300" in drawn
    assert "rows/s" in drawn
    assert "rows/s" not in page


def test_what_is_invented_can_be_written_of_in_every_language():
    packs = load_wording(PACKS / "wording")
    missing = [
        (locale, product)
        for locale in packs.locales
        for product in PRODUCTS
        if product not in packs.pack(locale).products
    ]
    assert missing == []
