"""What ordinary, lawful collection language looks like, sentence by sentence.

Threats are without number, and no list of phrases knows all of them. What a collector may say is
far less: courtesy, rights and choices, questions about what is possible, facts of the account,
what we do, do not and cannot do. A sentence that is none of these is not called a threat; a person
reads it before it is sent. Texts of an approved wording pack were read already and are not asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

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


def unusual(view: View) -> Iterator[tuple[int, int]]:
    """Answer where the sentences stand, in the original, that are none of the trade's."""
    at = 0
    text = view.text
    for end in (*(match.end() for match in _END.finditer(text)), len(text)):
        sentence = text[at:end].strip(" ¶")
        start = text.find(sentence, at) if sentence else at
        at = end
        if sentence and not _ordinary(sentence.rstrip("。;；. ")):
            yield view.span(start, start + len(sentence))


def _ordinary(sentence: str) -> bool:
    if han := len(_HAN.findall(sentence)):
        return han < FEWEST_HAN or _of_the_trade(sentence, "zh")
    if len(_WORDS_EN.findall(sentence)) < FEWEST_WORDS:
        return True
    return _of_the_trade(sentence, "en")


def _of_the_trade(sentence: str, language: str) -> bool:
    return bool(_ORDINARY[language].search(sentence) or not _PRESSING[language].search(sentence))
