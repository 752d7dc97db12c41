"""What the command line says, in the reader's language: English, or Chinese from one catalog.

Commands are written in English. Where their words leave the program they are looked up here: whole, or
as a sentence with gaps that was filled in (``no debt is known as {ref!r}``). What the catalog does not
know stays English. JSON, codes and the words that are said to debtors are never touched: those have
wording packs of their own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

CATALOG = Path(__file__).parents[1] / "packs" / "screen" / "zh.tsv"

VARIABLES = ("CESSION_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""Who says which language, the first that says anything; ours goes before the machine's."""

GAP = re.compile(r"\{[^{}]*\}")

FEWEST = 4
"""Letters that a sentence with gaps must have of its own: else it would fit everything."""


class _Sentence(NamedTuple):
    """A sentence with gaps: what it looks like when filled in, and how it is said."""

    pattern: re.Pattern[str]
    said: str
    weight: int


def language() -> str:
    """Answer the reader's language: ``zh`` or ``en``."""
    named = next((said for name in VARIABLES if (said := os.environ.get(name, "").strip())), "")
    return "zh" if named.lower().startswith("zh") else "en"


def say(text: str, **gaps: object) -> str:
    """Answer a sentence in the reader's language; ``gaps`` are filled in where it names them."""
    found = _known().get(text, text) if language() == "zh" else text
    return found.format(**gaps) if gaps else found


def heard(text: str) -> str:
    """Answer a sentence that is filled in already in the reader's language, line by line."""
    if language() != "zh" or not text.strip():
        return text
    if (whole := _whole(text)) is not None:
        return whole
    return "\n".join(_line(line) for line in text.split("\n"))


def known(template: str, catalog: Mapping[str, str]) -> bool:
    """Whether a catalog can say a sentence of the program's source."""
    return not re.search(r"[A-Za-z]{2}", GAP.sub("", template)) or _shape(template) in {
        _shape(each) for each in catalog
    }


def read_catalog(path: Path = CATALOG) -> dict[str, str]:
    r"""Read a catalog: a line each, English and Chinese with a tab between; ``\\n`` is a new line."""
    found: dict[str, str] = {}
    for line in path.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            english, _, chinese = line.partition("\t")
            found[english.replace("\\n", "\n")] = chinese.replace("\\n", "\n")
    return found


def _line(line: str) -> str:
    """Say one line; what stands before it to set it in, and a list's parts, stay where they are."""
    inner = line.strip()
    if (whole := _whole(inner)) is not None:
        return line.replace(inner, whole) if inner else line
    for mark in ("; ", ". "):
        parts = inner.split(mark)
        if len(parts) > 1:
            said = [_whole(part) or part for part in parts]
            if said != parts:
                return mark.join(said)
    return line


def _whole(text: str) -> str | None:
    """Say a sentence as a whole, or as the most telling sentence with gaps that fits it."""
    if (same := _known().get(text)) is not None:
        return same
    for sentence in _sentences():
        if (fits := sentence.pattern.fullmatch(text)) is not None:
            return _fill(sentence.said, [heard(part) for part in fits.groups()])
    return None


def _fill(said: str, gaps: Sequence[str]) -> str:
    """Put what filled the gaps of the English sentence into those of the Chinese one, by number."""
    return re.sub(r"\{(\d+)\}", lambda gap: gaps[int(gap[1])], said)


@lru_cache(maxsize=1)
def _known() -> Mapping[str, str]:
    return read_catalog()


@lru_cache(maxsize=1)
def _sentences() -> tuple[_Sentence, ...]:
    """Make the sentences with gaps, those with the most words of their own first."""
    made: list[_Sentence] = []
    for english, chinese in _known().items():
        own = GAP.sub("", english)
        if not GAP.search(english) or len(re.sub(r"\W", "", own)) < FEWEST:
            continue
        names = GAP.findall(english)
        pattern = "(.*?)".join(re.escape(part) for part in GAP.split(english))
        numbered = chinese
        for at, name in enumerate(names):
            if name != "{}":
                numbered = numbered.replace(name, f"{{{at}}}", 1)
        made.append(_Sentence(re.compile(pattern, re.DOTALL), numbered, len(own)))
    return tuple(sorted(made, key=lambda each: -each.weight))


def _shape(template: str) -> str:
    """A sentence without the names of its gaps, which the source may change."""
    return GAP.sub("{}", template)
