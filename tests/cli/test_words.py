"""The command line speaks the reader's language, and its catalog knows every sentence it promises."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import typer
from typer import rich_utils
from typer.testing import CliRunner

from cli import main, words
from cli.main import app
from cli.rights import RIGHTS
from cli.words import GAP, heard, language, read_catalog, say
from models.case import TaskKind
from models.desk import Result
from rules.evidence import NOTICE
from rules.explain import entries, names
from rules.packs import load_packs

ROOT = Path(__file__).parents[2]

RAISING = ("activities", "rules", "store", "runtime", "worker", "connectors", "models")
"""Rooms whose refusals reach the person at the command line."""

TELLING = (
    "activities/arrangement.py", "activities/complaint.py", "activities/desk.py",
    "activities/hands.py", "activities/house.py", "activities/intake.py", "activities/person.py",
    "activities/reconcile.py", "activities/regard.py", "activities/roster.py",
    "activities/sheet.py", "activities/support.py", "activities/transaction.py",
    "connectors/camt.py", "rules/arrangement.py", "rules/bank.py", "rules/desk.py",
    "rules/readiness.py", "rules/row.py", "rules/sheet.py", "rules/transaction.py",
    "rules/worksheet.py",
)  # fmt: skip
"""Modules that say more than their refusals: findings, reasons, what to do."""

SAYING = frozenset(
    {"say", "heard", "show", "table", "note", "complain", "progress", "_ok", "_warn", "_fail"}
)
"""Whose words are said whatever they look like; elsewhere a sentence is known by its spaces."""

UNSAID = frozenset({
    # Queries and types
    "TemporalReportedProblems IS NOT NULL AND ExecutionStatus = 'Running'",
    "WorkflowType = 'DebtCase' AND ExecutionStatus = 'Running'",
    "WorkflowType = 'DebtCase' AND ExecutionStatus != 'Running'", "dict[str, Any]",
    # Names and papers
    "Still Water", "Still Water Receivables Ltd", "Example Bank",
    "1 Example Quay\nLondon EC1A 1AA", "# The law, by place",
    "Made from the packs by `cession law pages`; do not edit.",
    # Styles of the screen, and marks in a bank's file
    "bold red", "bold green", "bold yellow", "bold underline", "NOT PROVIDED", "Premature end",
    '["one", "another"]', "[red]{}: {}[/red]", "</' not found", "[Hh]uge|[Ee]xcessive depth|HUGE", " AND CloseTime >= '{}'", "Value error, ",
})  # fmt: skip
"""What looks like a sentence and is none that a person reads."""

SPACED = re.compile(r"[A-Za-z]{2,}\W* .*[A-Za-z]{2,}", re.DOTALL)


def sentence(node: ast.AST) -> str:
    """A text of the source with {} for each gap; empty if it is none."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in parts)
        case _:
            return ""


def sentences(node: ast.AST) -> Iterator[str]:
    """Every text within a piece of source, those within gaps too, but not what documents it."""
    if text := sentence(node):
        yield text
    for each in ast.iter_child_nodes(node):
        if isinstance(node, ast.JoinedStr):
            if isinstance(each, ast.FormattedValue):
                yield from sentences(each.value)
        elif not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)):
            yield from sentences(each)


def said_by(file: Path) -> Iterator[str]:
    """What a module of the command line says: sentences, helps, titles, columns, names of rows."""
    tree = ast.parse(file.read_text("utf-8"))
    spaced = filter(SPACED.search, sentences(tree))
    yield from (
        text for text in spaced if not text.lstrip().startswith("#queue {")
    )  # a style sheet
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=given) if name in SAYING:
                for each in given[:2]:
                    inner = each.elts if isinstance(each, ast.Tuple) else [each]
                    yield from (sentence(one) for one in inner)
            case ast.Yield(value=ast.Tuple(elts=[first, *_])):
                yield sentence(first)
            case ast.List(elts=rows) if file.name != "up.py":
                yield from (sentence(row.elts[0]) for row in rows if isinstance(row, ast.Tuple))
            case _:
                pass


def refused_by(file: Path) -> Iterator[str]:
    """What a module of another room refuses with."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Raise) and node.exc is not None:
            yield from filter(SPACED.search, sentences(node.exc))


def helps(command: Any) -> Iterator[str]:
    """The helps of a command, of its options and of what is below it."""
    yield inspect.cleandoc(command.help or "")
    yield from (option.help for option in command.params if getattr(option, "help", None))
    for below in getattr(command, "commands", {}).values():
        yield from helps(below)


def without_chinese(said: Iterable[str]) -> list[str]:
    known = {GAP.sub("{}", english) for english in read_catalog()} | UNSAID
    plain = (re.sub(r"^#(?=\w)", "", GAP.sub("{}", text)) for text in said)
    return sorted({
        text for text in plain if re.search(r"[A-Za-z]{2}", text) and text not in known
    })  # fmt: skip


def test_every_help_has_its_chinese():
    said: list[str] = []
    for where, text in main.COMMANDS.values():
        place, _, app = where.partition(":")
        said += [text, *helps(typer.main.get_command(getattr(import_module(place), app or "app")))]
    assert [text for text in said if text and words.whole(text) is None] == []


def test_every_sentence_heading_and_refusal_of_the_command_line_has_its_chinese():
    said = chain.from_iterable(map(said_by, sorted(ROOT.glob("cli/*.py"))))
    assert [text for text in without_chinese(said) if text not in RIGHTS] == []


def test_every_refusal_of_the_other_rooms_has_its_chinese():
    files = (f for room in RAISING for f in sorted(ROOT.glob(f"{room}/*.py")))
    assert without_chinese(chain.from_iterable(map(refused_by, files))) == []


def test_every_phrase_in_which_a_rule_is_explained_has_its_chinese():
    packs = load_packs(ROOT / "packs/jurisdictions").packs
    known = read_catalog(words.LAW_WORDS) | read_catalog()
    sources = {each.source for pack in packs for each in (*pack.rules(), *pack.notes, pack.tz)}
    asked: set[str] = set()
    for name in names(packs):
        entries(packs, name, lambda text: asked.add(text) or text)
    assert sorted(asked - known.keys() - sources) == []


def test_a_rule_is_explained_in_chinese(monkeypatch):
    monkeypatch.setenv("CESSION_LANGUAGE", "zh")
    monkeypatch.setenv("COLUMNS", "160")
    told = CliRunner().invoke(app, ["law", "explain", "US-FED-TEXT-PROC"]).stdout
    assert "条件：同意或使用已超过 60 日，且已有 60 日没有查询号码转让登记册" in told
    assert "when" not in told


def test_every_finding_and_reason_has_its_chinese():
    trees = (ast.parse((ROOT / file).read_text("utf-8")) for file in TELLING)
    said = chain.from_iterable(map(sentences, trees))
    assert without_chinese(filter(SPACED.search, said)) == []


def test_each_sentence_is_heard_as_its_own_chinese_and_as_no_others():
    for english, chinese in read_catalog().items():
        gaps = GAP.findall(english)
        if gaps and len(re.sub(r"\W", "", GAP.sub("", english))) >= words.FEWEST:
            filled, said = english, chinese
            for at, gap in enumerate(gaps):
                filled = filled.replace(gap, f"[{at}]", 1)
                said = said.replace(f"{{{at}}}" if gap == "{}" else gap, f"[{at}]", 1)
            assert words.chinese(filled) == re.sub(r"\{(\d+)\}", r"[\1]", said)


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
    assert heard("yours until Tue 2026-12-01 18:00 UTC").endswith("周二 2026-12-01 18:00 UTC")
    assert heard(NOTICE).startswith("此证据包")
    assert "evidence" not in heard(NOTICE)


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
    for name in main.PANELS:
        monkeypatch.setattr(rich_utils, name, getattr(rich_utils, name))
