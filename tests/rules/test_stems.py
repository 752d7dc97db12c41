"""The cheap look before a search never keeps a phrase from being found."""

from pathlib import Path

import pytest

from rules.phrases import OTHERS, PHRASES
from rules.spelling import plain
from rules.stems import Sieve, needed, ways

CORPUS = sorted((Path(__file__).parents[1] / "data" / "wording").glob("*.txt"))
ALL = [*PHRASES, *(phrase for others in OTHERS.values() for phrase in others)]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\bjail\b", {"jail"}),
        ("(?:jail|prison)s? cell", {" cell"}),
        ("(?:jail|prison)s? me", {"jail", "prison"}),
        ("(?:jail|prison)+ me", {"jail", "prison"}),
        ("j[ae]il", {"il"}),
        ("(?:jail)?cell", {"cell"}),
        ("(?:jail)*", set()),
        ("(?:jail){0,3}", set()),
        ("jails?", {"jail"}),
        ("jails{0,3}", {"jail"}),
        (r"\w{2,40}[|)]{1,9}", set()),
        ("(?:jail|[a-z]+)", set()),
        ("(?:jail|)", set()),
        ("(?<!not )jail(?= now)", {"jail"}),
        ("(?:(?:a|b) jail|prison)", {" jail", "prison"}),
        (r"(?:\(jail\||[]|(]prison)", {"jail", "prison"}),
    ],
)
def test_what_a_pattern_needs_is_read_from_it(pattern, words):
    assert needed(pattern) == words


def test_a_choice_is_taken_apart_where_it_is_one_as_a_whole():
    assert ways(r"jail|(?:a|b) c|[|)(]\||") == ["jail", "(?:a|b) c", r"[|)(]\|", ""]


def test_a_way_of_which_nothing_is_known_is_sought_in_every_text():
    assert Sieve([["jail"], [r"\d\d"], ["x|[ab]b"]]).found("bb 12") == [1, 2]


def test_no_phrase_of_the_guard_is_missed_in_the_corpus():
    texts = {
        plain(line).text
        for file in CORPUS
        for line in file.read_text("utf-8").splitlines()[::2]
        if line and not line.startswith("#")
    }
    sieve = Sieve(phrase.ways for phrase in ALL)
    whole = "\n".join(sorted(texts))
    found = 0
    for number, phrase in enumerate(ALL):
        for match in phrase.pattern.finditer(whole):
            found += 1
            line = whole[whole.rfind("\n", 0, match.start()) + 1 :].partition("\n")[0]
            if "\n" not in match[0] and phrase.pattern.search(line):
                assert number in sieve.found(line), phrase.rule
    assert found > 500
