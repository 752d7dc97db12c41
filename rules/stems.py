"""What a text must contain for a pattern to match at all: a cheap look before a dear one.

Searching a letter for every phrase of the guard costs more than the rest of its checks. Most
phrases need a word that does not occur in it, and whether a word occurs is asked in no time.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

_MOST = 64
"""Spellings of one stretch; a wider choice says little."""

_WIDTHLESS = frozenset({"AT", "ASSERT", "ASSERT_NOT"})

Stems = tuple[frozenset[str], ...]


def stems(pattern: re.Pattern[str]) -> Stems:
    """Answer sets of words: a text in which a pattern matches has at least one word of each."""
    if pattern.flags & re.IGNORECASE:
        return ()
    parser: Any = import_module("re._parser")
    flags = pattern.flags & ~re.UNICODE
    return tuple(dict.fromkeys(_needed(parser.parse(pattern.pattern, flags))))


def may_match(needed: Stems, text: str) -> bool:
    """False if a pattern with these stems cannot match anywhere in a text."""
    for words in needed:
        for word in words:
            if word in text:
                break
        else:
            return False
    return True


def _needed(parsed: Any) -> list[frozenset[str]]:
    """Stems of a sequence; whatever is not understood needs nothing."""
    found: list[frozenset[str]] = []
    run = [""]
    for operation, told in parsed:
        name = str(operation)
        if name in _WIDTHLESS:
            continue
        letters = _letters(name, told)
        if letters and len(run) * len(letters) <= _MOST:
            run = [head + letter for head in run for letter in letters]
            continue
        found += _whole(run)
        run = letters or [""]
        if name == "SUBPATTERN" and not told[1] and not told[2]:
            found += _needed(told[3])
        elif name in ("MAX_REPEAT", "MIN_REPEAT") and told[0]:
            found += _needed(told[2])
        elif name == "BRANCH":
            ways = [_rarest(_needed(way)) for way in told[1]]
            if all(ways):
                found.append(frozenset(word for way in ways for word in way))
    return found + _whole(run)


def _letters(name: str, told: Any) -> list[str]:
    if name == "LITERAL":
        return [chr(told)]
    if name == "IN" and all(str(kind) == "LITERAL" for kind, _ in told):
        return [chr(letter) for _, letter in told]
    return []


def _whole(run: list[str]) -> list[frozenset[str]]:
    return [frozenset(run)] if all(run) else []


def _rarest(choices: list[frozenset[str]]) -> frozenset[str]:
    """Answer the set whose shortest word is longest, the smallest of equals."""
    return min(choices, key=lambda words: (-min(map(len, words)), len(words)), default=frozenset())
