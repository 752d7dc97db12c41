"""The papers name only what is there: links, commands, settings; and tell nothing of our machines."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from cli.main import COMMANDS, load
from rules.pack import Pack
from runtime.settings import Settings

ROOT = Path(__file__).parents[2]

PAPERS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")], key=lambda path: path.as_posix()
)

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")

COMMAND = re.compile(r"(?<![\w./-])cession ((?:[a-z]+)(?: [a-z]+(?:-[a-z]+)*)?)")

CODE = re.compile(r"^```\w*\n(.*?)^```$|`([^`\n]+)`", re.MULTILINE | re.DOTALL)

OTHERS = {"CESSION_CONFIG", "CESSION_NAME", "CESSION_NAME_FILE"}

# Put together here, so that this file does not contain what it looks for.
FORBIDDEN = re.compile(
    "|".join(
        [
            r"(?<![\w.])/" + r"(?:work|root)/(?!\w*\.)",
            r"/tmp/" + r"(?:wt|plan|venv|boot)\b",
            r"/home/" + r"[a-z]+/",
            r"pypi\." + r"org|pythonhosted\." + r"org|index[-_]url" + r"\s*=",
        ]
    )
)


def code_of(paper: Path) -> str:
    found = CODE.findall(paper.read_text("utf-8"))
    return "\n".join(block or inline for block, inline in found)


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("this is no git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def named(paper: Path) -> set[str]:
    return {match[1] for match in COMMAND.finditer(code_of(paper))}


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(paper):
    inside = [link for link in LINK.findall(paper.read_text("utf-8")) if "://" not in link]
    missing = [link for link in inside if not (paper.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_every_command_that_is_named_exists(paper):
    for words in named(paper):
        first, _, second = words.partition(" ")
        assert first in COMMANDS, words
        below = getattr(load(first), "commands", None)
        if below is not None and second:
            assert second in below, words


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_every_setting_that_is_named_exists(paper):
    for variable in re.findall(r"\bCESSION_[A-Z_]+\b", paper.read_text("utf-8")):
        name = variable.removeprefix("CESSION_").lower()
        known = {name, name.removesuffix("_file")} & Settings.model_fields.keys()
        assert known or variable in OTHERS, variable


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_every_target_of_make_that_is_named_exists(paper):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", code_of(paper))) <= targets


def test_the_table_of_settings_has_all_of_them_with_their_defaults():
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (?:`(.*?)`)? ?\|", text, re.MULTILINE)
    assert dict(rows) == {name: default(name) for name in Settings.model_fields}


def default(name: str) -> str:
    value = Settings.model_fields[name].get_default(call_default_factory=True)
    return str(value) if value is False or value else ""


def test_the_jurisdiction_that_is_shown_as_an_example_can_be_read():
    text = (ROOT / "docs" / "adding-a-pack.md").read_text("utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert Pack.model_validate(tomllib.loads(example)).parent == "US-FED"


def test_both_readmes_say_the_same_commands_and_link_the_same_pages():
    english, chinese = ROOT / "README.md", ROOT / "README.zh-CN.md"
    assert named(english) == named(chinese)
    links = [
        set(LINK.findall(paper.read_text("utf-8"))) - {"README.md", "README.zh-CN.md"}
        for paper in (english, chinese)
    ]
    assert links[0] == links[1]


def test_no_tracked_file_names_a_machine_of_ours_or_a_registry():
    told = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        told += [f"{path.relative_to(ROOT)}: {match[0]}" for match in FORBIDDEN.finditer(text)]
    assert not told
