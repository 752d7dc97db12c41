"""Many patterns sought in a text at once: a cheap look before a dear search.

Searching a letter for every phrase of the guard costs more than the rest of its checks. Most
phrases need a word that does not occur in it, and whether a word occurs is asked in no time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, pairwise

_LETTERS = 3
"""Of a word, that lead to the patterns that need it; more tell little more."""


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of the guard when it is first wanted, and keep it."""
    return re.compile(pattern)


class Sieve:
    """Finds which of many patterns occur in a text, and searches only for those that can.

    A pattern is told as its alternatives, and each is sought by itself.
    """

    def __init__(self, patterns: Iterable[Iterable[str]]) -> None:
        self._by_letters: dict[str, list[tuple[int, str, str]]] = {}
        for number, alternatives in enumerate(patterns):
            for way in chain.from_iterable(map(ways, alternatives)):
                for word in needed(way) or {""}:
                    self._by_letters.setdefault(word[:_LETTERS], []).append((number, word, way))

    def found(self, text: str) -> list[int]:
        """Answer the numbers of the patterns that occur in a text, in their order."""
        letters = {""}
        for length in range(1, _LETTERS + 1):
            letters.update(text[at : at + length] for at in range(len(text) - length + 1))
        occur: set[int] = set()
        for start in letters & self._by_letters.keys():
            for number, word, way in self._by_letters[start]:
                if number not in occur and word in text and compiled(way).search(text):
                    occur.add(number)
        return sorted(occur)


_SIGN = r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]"
"""A letter or class of letters in which no parenthesis and no bar means anything."""
_CHOICE = re.compile(rf"{_SIGN}|[(|)]", re.DOTALL)
_PART = re.compile(
    rf"\(|(?P<word>[^\\()\[{{}}?*+.^$|]+)(?![?*{{])|(?:{_SIGN}|.)(?:[?*+]|\{{.*?\}})?", re.DOTALL
)


def ways(pattern: str) -> list[str]:
    """Take a pattern apart where it is a choice as a whole: ``jail|(?:a|b)`` has two ways."""
    cuts = [-1]
    depth = 0
    for sign in _CHOICE.finditer(pattern):
        depth += (sign[0] == "(") - (sign[0] == ")")
        if sign[0] == "|" and not depth:
            cuts.append(sign.start())
    cuts.append(len(pattern))
    return [pattern[start + 1 : end] for start, end in pairwise(cuts)]


def needed(way: str) -> frozenset[str]:
    """Answer words: a text in which the way of a pattern matches has at least one of them.

    None, if that cannot be said.
    """
    return max(
        _choices(way), key=lambda words: (min(map(len, words)), -len(words)), default=frozenset()
    )


def _choices(way: str) -> Iterator[frozenset[str]]:
    """Answer what stands in a way plainly, and what its groups let choose from."""
    depth = start = 0
    for part in _PART.finditer(way):
        if part[0] == "(":
            start = start if depth else part.end()
            depth += 1
        elif part[0].startswith(")"):
            depth -= 1
            if not depth and part[0] in {")", ")+"} and way.startswith("?:", start):
                words = [needed(inner) for inner in ways(way[start + 2 : part.start()])]
                if all(words):
                    yield frozenset().union(*words)
        elif not depth and part["word"]:
            yield frozenset({part["word"]})
