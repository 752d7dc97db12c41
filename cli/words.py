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

LAW_WORDS = CATALOG.with_name("law.zh.tsv")
"""What rules say: whole where anybody names a rule, phrase by phrase where one is explained."""

VARIABLES = ("CESSION_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""Who says which language, the first that says anything; ours goes before the machine's."""

GAP = re.compile(r"\{[^{}]*\}")

FEWEST = 4
"""Letters that a sentence with gaps must have of its own: else it would fit everything."""


SURE = 20
"""Letters of its own with which a sentence with gaps is known whatever fills them."""

PROSE = re.compile(r"(?:\b[a-z']+ ){4}[a-z]")
"""What is no filling of a gap but the rest of some other sentence."""

MARKED = re.compile(r"(\[(\w+)\])(.+)(\[/\2\])", re.DOTALL)
"""A whole line in bold or in a colour."""

END = re.compile(r"(?<=[.;:]) ")
"""Where one sentence may end and the next begin."""

LONGEST = 12
"""Sentences in a row that are looked for as one: what is longer is no message."""


class _Sentence(NamedTuple):
    """A sentence with gaps: what it looks like when filled in, and how it is said."""

    anchor: str
    """Its longest own part, by which a text that cannot be it is passed over fast."""
    pattern: re.Pattern[str]
    said: str
    weight: int


def language() -> str:
    """Answer the reader's language: ``zh`` or ``en``."""
    named = next((said for name in VARIABLES if (said := os.environ.get(name, "").strip())), "")
    return "zh" if named.lower().startswith("zh") else "en"


def say(text: str, **gaps: object) -> str:
    """Answer a sentence in the reader's language; ``gaps`` are filled in where it names them."""
    if language() != "zh":
        return text.format(**gaps) if gaps else text
    found = _known().get(text, text)
    return _days(found.format(**gaps)) if gaps else found


def heard(text: str) -> str:
    """Answer a sentence that is filled in already in the reader's language, line by line."""
    return _days(chinese(text)) if language() == "zh" else text


_DAY = re.compile(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?=[0-9]{4}-[0-9]{2}-[0-9]{2})")


def _days(text: str) -> str:
    """Say the day of the week before a date."""
    at = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    return _DAY.sub(lambda found: f"周{'一二三四五六日'[at.index(found[1])]} ", text)


def chinese(text: str) -> str:
    """Answer a sentence that is filled in already in Chinese, line by line, as far as it is known."""
    if not text.strip():
        return text
    if marked := MARKED.fullmatch(text):
        return f"{marked[1]}{chinese(marked[3])}{marked[4]}"
    if (told := whole(text)) is not None:
        return told
    return "\n".join(_line(line) for line in text.split("\n"))


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
    if (told := whole(inner)) is not None:
        return line.replace(inner, told) if inner else line
    parts = END.split(inner)
    return line.replace(inner, _row(tuple(parts))) if 1 < len(parts) <= LONGEST else line


def _row(parts: Sequence[str]) -> str:
    """Say sentences that stand in a row, the longest run that is known first."""
    said, at = "", 0
    while at < len(parts):
        for end in range(len(parts), at, -1):
            run = " ".join(parts[at:end])
            if (told := _one_of(run, opens=at > 0)) is not None:
                break
        else:
            end, told = at + 1, parts[at]
        said += (" " if said and not said.endswith(_CLOSED) else "") + told
        at = end
    return said


_CLOSED = ("。", "；", "：", "，")


def _one_of(run: str, *, opens: bool) -> str | None:
    """Say a sentence of a row: with the space before it, or without the mark that ends it."""
    if (told := whole(run)) is not None:
        return told
    if opens and (told := whole(f" {run}")) is not None:
        return told.lstrip()
    if run[-1:] in _MARKS and (told := whole(run[:-1])) is not None:
        return told + _MARKS[run[-1]]
    return None


_MARKS = {".": "。", ";": "；", ":": "："}


def whole(text: str) -> str | None:
    """Say a sentence as a whole, or as the most telling sentence with gaps that fits it."""
    if (same := _known().get(text)) is not None:
        return same
    for sentence in _sentences():
        if sentence.anchor in text and (fits := sentence.pattern.fullmatch(text)) is not None:
            filled = [chinese(part) for part in fits.groups()]
            if sentence.weight >= SURE or not any(map(PROSE.search, filled)):
                return _fill(sentence.said, filled)
    return None


def _fill(said: str, gaps: Sequence[str]) -> str:
    """Put what filled the gaps of the English sentence into those of the Chinese one, by number."""
    return re.sub(r"\{(\d+)\}", lambda gap: gaps[int(gap[1])], said)


@lru_cache(maxsize=1)
def _known() -> Mapping[str, str]:
    law = read_catalog(LAW_WORDS).items()
    whole_ones = {text: said for text, said in law if text.count(" ") > 1 and "{" not in text}
    return whole_ones | read_catalog()


@lru_cache(maxsize=1)
def _sentences() -> tuple[_Sentence, ...]:
    """Make the sentences with gaps, those with the most words of their own first."""
    made: list[_Sentence] = []
    for english, chinese in _known().items():
        own = len(re.sub(r"\W", "", GAP.sub("", english)))
        if not GAP.search(english) or own < FEWEST:
            continue
        names = GAP.findall(english)
        pattern = "(.*?)".join(re.escape(part) for part in GAP.split(english))
        numbered = chinese
        for at, name in enumerate(names):
            if name != "{}":
                numbered = numbered.replace(name, f"{{{at}}}", 1)
        anchor = max(GAP.split(english), key=len)
        made.append(_Sentence(anchor, re.compile(pattern, re.DOTALL), numbered, own))
    return tuple(sorted(made, key=lambda each: (-each.weight, -len(each.pattern.pattern))))
