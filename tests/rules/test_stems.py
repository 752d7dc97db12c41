"""The cheap look before a search never keeps a phrase from being found."""

import re
from pathlib import Path

import pytest

from rules.phrases import OTHERS, PHRASES
from rules.spelling import plain
from rules.stems import may_match, stems

CORPUS = sorted((Path(__file__).parents[1] / "data" / "wording").glob("*.txt"))
ALL = [*PHRASES, *(phrase for others in OTHERS.values() for phrase in others)]


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        (r"\bjail\b", [{"jail"}]),
        ("(?:jail|prison)s? cell", [{"jail", "prison"}, {" cell"}]),
        ("j[ae]il", [{"jail", "jeil"}]),
        ("(?:jail)?cell", [{"cell"}]),
        ("(?:jail)*", []),
        ("(?:jail){2}", [{"jail"}]),
        ("(?:jail|[a-z]+)", []),
        ("(?<!not )jail(?= now)", [{"jail"}]),
        ("(?i:jail) cell", [{" cell"}]),
    ],
)
def test_what_a_pattern_needs_is_read_from_it(pattern, needed):
    assert list(stems(re.compile(pattern))) == [frozenset(words) for words in needed]


def test_a_pattern_in_any_case_needs_nothing():
    assert stems(re.compile("jail", re.IGNORECASE)) == ()


def test_no_phrase_of_the_guard_is_missed_in_the_corpus():
    texts = {
        plain(line).text
        for file in CORPUS
        for line in file.read_text("utf-8").splitlines()[::2]
        if line and not line.startswith("#")
    }
    whole = "\n".join(sorted(texts))
    found = 0
    for phrase in ALL:
        needed = stems(phrase.pattern)
        for match in phrase.pattern.finditer(whole):
            found += 1
            assert may_match(needed, match[0]), phrase.rule
    assert found > 500
