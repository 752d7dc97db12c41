"""The command line speaks the reader's language, and its catalog knows every sentence it promises."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import main, words
from cli.main import app
from cli.words import GAP, heard, language, read_catalog, say
from models.case import TaskKind
from models.desk import Result

ROOT = Path(__file__).parents[2]

WHOLE = (
    "cli/desk.py", "cli/seat.py", "cli/roster.py", "cli/regard.py", "cli/screen.py",
    "activities/desk.py", "activities/roster.py", "activities/hands.py",
    "activities/complaint.py", "activities/regard.py", "activities/sheet.py", "rules/desk.py",
    "cli/rights.py", "cli/reach.py", "cli/main.py", "cli/show.py", "cli/operator.py",
    "cli/when.py", "store/operator.py",
)  # fmt: skip
"""Whose every sentence is said in Chinese: the desk, access, and what all commands share."""

SAYING = frozenset({"say", "show", "table", "note"})


def sentence(node: ast.expr) -> str:
    """A text of the source with {} for each gap; empty if it is none."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in parts)
        case _:
            return ""


def said_by(file: str) -> Iterator[str]:
    """Every help text, refusal, title, column and line of a module."""
    for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            yield from (sentence(k.value) for k in node.keywords if k.arg == "help")
            if name.endswith("Error") and node.args:
                yield sentence(node.args[0])
            if name in SAYING:
                for given in node.args:
                    inner = given.elts if isinstance(given, ast.Tuple) else [given]
                    yield from map(sentence, inner)
        if isinstance(node, ast.FunctionDef) and any(
            re.search(r"\.(command|callback)\b", ast.unparse(each)) for each in node.decorator_list
        ):
            yield ast.get_docstring(node) or ""
        if isinstance(node, ast.Yield) and node.value is not None:
            yield sentence(node.value)


@pytest.mark.parametrize("file", WHOLE)
def test_every_sentence_of_the_desk_of_access_and_of_what_commands_share_has_its_chinese(file):
    known = {GAP.sub("{}", english) for english in read_catalog()}
    missing = {
        text
        for given in said_by(file)
        if re.search(r"[A-Za-z]{2} ?[A-Za-z]", GAP.sub("", text := GAP.sub("{}", given)))
        and text not in known
    }
    assert missing == set()


def test_every_kind_and_every_result_of_the_desk_has_its_chinese():
    assert sorted({*map(str, TaskKind), *map(str, Result)} - read_catalog().keys()) == []


def test_each_gap_of_a_sentence_is_in_its_translation_once_at_most_and_none_is_made_up():
    for english, chinese in read_catalog().items():
        gaps, filled = GAP.findall(english), GAP.findall(chinese)
        numbered = {f"{{{at}}}" for at in range(len(gaps))}
        assert set(filled) <= numbered | set(gaps), english
        assert len(filled) == len(set(filled)), english


@pytest.mark.parametrize(
    ("variables", "spoken"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8", "CESSION_LANGUAGE": "zh"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "CESSION_LANGUAGE": "en"}, "en"),
    ],
)
def test_our_variable_goes_before_the_machines(monkeypatch, variables, spoken):
    for name in words.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language() == spoken


def test_a_filled_in_sentence_is_said_with_what_filled_it(monkeypatch):
    monkeypatch.setenv("CESSION_LANGUAGE", "zh")
    assert heard("bo is away until 2026-03-20 09:00 UTC; when back: cession desk back") == (
        "bo 离开至 2026-03-20 09:00 UTC；回来时：cession desk back"
    )
    assert heard("a call ends with --outcome, one of: met, busy").startswith("电话 须以 --outcome")
    assert heard("nobody knows this sentence") == "nobody knows this sentence"
    assert (
        say("Cession desk · {who} · {n} items", who="bo", n=3) == "Cession 工作台 · bo · 队列 3 件"
    )


def test_help_and_refusals_are_chinese(monkeypatch):
    monkeypatch.setenv("CESSION_LANGUAGE", "zh")
    monkeypatch.setenv("COLUMNS", "160")
    run = CliRunner()
    told = run.invoke(app, ["--help"]).stdout
    assert "持久、合法、尊重地催收受让债务。" in told
    assert "显示此说明并退出。" in told
    assert "缺少参数 'ITEM'。" in run.invoke(app, ["desk", "take"]).stderr
    refused = run.invoke(app, ["desk", "queue", "--as", "bo"])
    assert refused.exit_code == 2
    assert "任何人都不能以他人名义操作" in refused.stderr


@pytest.fixture(autouse=True)
def titles(monkeypatch):
    """The panels' titles are the library's own, and are put back."""
    for name in ("ARGUMENTS_PANEL_TITLE", "OPTIONS_PANEL_TITLE", "COMMANDS_PANEL_TITLE"):
        monkeypatch.setattr(main.rich_utils, name, getattr(main.rich_utils, name))
