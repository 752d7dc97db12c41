"""What ordinary, lawful collection language looks like, sentence by sentence.

Threats are without number, and no list of phrases knows all of them. What a collector may say is
far less: courtesy, rights and choices, questions about what is possible, facts of the account,
what we do, do not and cannot do. A sentence that is none of these and presses, or that leans to a
threat by how its words go together (``rules.leaning``), is not called a threat; a person reads it
before it is sent. Texts of an approved wording pack were read already and are not asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rules.denial import civil
from rules.leaning import leaning
from rules.lists import guard_lists
from rules.spelling import HAN, PARAGRAPH, View

_END = re.compile(
    rf"[。！？;；{PARAGRAPH}\n]+|[!?]+(?=[^a-z0-9]|$)|(?<![a-z]\.[a-z])(?<!\bmr)(?<!\bmrs)(?<!\bms)(?<!\bdr)(?<!\bno)\.+(?= |$)"
)

_ORDINARY, _PRESSING = (
    {
        language: read.compiled(f"trade.{name}", getattr(read.trade, name))
        for language, read in guard_lists().items()
        if read.trade
    }
    for name in ("ordinary", "presses")
)
"""One of the trade, and pressing: without any of the second a sentence presses on nobody."""

LISTED = frozenset(_ORDINARY)
"""Languages whose ordinary sentences are known."""

_WORDS_EN = re.compile(r"[a-z]+(?:'[a-z]+)?")
_HAN = re.compile(f"[{HAN}]")
FEWEST_WORDS, FEWEST_HAN = 3, 4
"""Less than that is a label, a name or a greeting."""


ALONE, BESIDE = 1.0, 0.5
"""How far a sentence leans to the forbidden that is unusual; how far, if it presses besides."""


def unusual(view: View, found: Sequence[tuple[int, int]] = ()) -> Iterator[tuple[int, int]]:
    """Answer where the sentences stand, in the original, that a person reads first.

    Those in which something was found already are left out.
    """
    for start, end in sentences_of(view):
        sentence = view.text[start:end].rstrip("。;；. ")
        if not _long_enough(sentence):
            continue
        begin, stop = view.span(start, end)
        if any(first < stop and begin < last for first, last in found):
            continue
        rest, courtesies = civil(view.text[start:end])
        leans = max(leaning(part) for part in (rest, *courtesies))
        if leans > ALONE or (leans > BESIDE and not _ordinary(sentence)):
            yield view.span(start, end)


def pressing(view: View) -> Iterator[tuple[int, int]]:
    """Answer where the sentences stand, in the original, that press and are none of the trade's."""
    for start, end in sentences_of(view):
        sentence = view.text[start:end].rstrip("。;；. ")
        if _long_enough(sentence) and not _ordinary(sentence):
            yield view.span(start, end)


def sentences_of(view: View) -> Iterator[tuple[int, int]]:
    """Answer where the sentences stand in a view, spaces around them left out."""
    at = 0
    text = view.text
    for end in (*(match.end() for match in _END.finditer(text)), len(text)):
        sentence = text[at:end].strip(" ¶")
        start = text.find(sentence, at) if sentence else at
        at = end
        if sentence:
            yield start, start + len(sentence)


def _long_enough(sentence: str) -> bool:
    if han := len(_HAN.findall(sentence)):
        return han >= FEWEST_HAN
    return len(_WORDS_EN.findall(sentence)) >= FEWEST_WORDS


def _ordinary(sentence: str) -> bool:
    return _of_the_trade(sentence, "zh" if _HAN.search(sentence) else "en")


def _of_the_trade(sentence: str, language: str) -> bool:
    return bool(_ORDINARY[language].search(sentence) or not _PRESSING[language].search(sentence))
