"""``python -m bench.leaning``: learn how sentences lean from those that people judged.

Logistic regression over the traits of ``rules.leaning``, the same at every run. It reads the parts
of ``tests/data/wording`` that are named here and writes ``packs/guard/*.leaning``. Parts by which
the guard is measured are not among them.
"""

from __future__ import annotations

import math
import random
import re
from array import array
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

from rules.leaning import BITS, SCALE, traits
from rules.lists import FOLDER
from rules.spelling import HAN, plain

SENTENCES = Path(__file__).parents[1] / "tests" / "data" / "wording"
LEARNED = (
    "", "held-out", "fresh", "veiled", "hinted", "unseen", "last", "newest", "round1", "round2",
    "round3", "round4", "round5", "round6", "round7", "round8", "round9", "lesson",
)  # fmt: skip
"""Parts that are learned from; what was written later is only measured by."""

LANGUAGES = ("en", "zh")
_FACTS = re.compile(r"balance|time_barred|credit_reporting|legal_event")
"""What is forbidden for a fact of its case is true of another, and tells nothing of words."""
_HAN = re.compile(f"[{HAN}]")
ROUNDS, RATE, BIAS_RATE, DECAY = 12, 0.25, 0.02, 0.001
"""Times each sentence is read, how far a mistake moves a weight, and how weights are pulled to zero."""
_MOST = 127

Judged = tuple[str, bool]
"""A sentence, and whether it is forbidden."""


def judged(language: str, parts: Sequence[str] = LEARNED) -> Iterator[Judged]:
    """Answer the sentences of the parts, and those of the tests that are one a line."""
    for part in parts:
        path = SENTENCES / (f"{language}.{part}.txt" if part else f"{language}.txt")
        forbidden = useless = False
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("# "):
                head, _, facts = line[2:].partition(" {")
                forbidden = head.split()[-1] != "pass"
                useless = forbidden and bool(_FACTS.search(facts))
            elif line and not useless:
                yield line, forbidden
    for name, forbidden in (("threats", True), ("courteous", False)):
        for line in (SENTENCES.parent / f"{name}.txt").read_text(encoding="utf-8").splitlines():
            if line and bool(_HAN.search(line)) == (language == "zh"):
                yield line, forbidden


def digest(told: Sequence[Judged]) -> str:
    """Answer what tells these sentences from any others."""
    text = "\n".join(f"{forbidden:d} {sentence}" for sentence, forbidden in told)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def learned(told: Sequence[Judged], language: str) -> tuple[float, list[float]]:
    """Answer the bias and the weights that tell forbidden sentences from the others."""
    examples = [
        (sorted(traits(plain(sentence).text, language)), forbidden) for sentence, forbidden in told
    ]
    bias, weight, slope = 0.0, [0.0] * (1 << BITS), [1e-6] * (1 << BITS)
    chance = random.Random(1)  # an order, no secret
    for _ in range(ROUNDS):
        chance.shuffle(examples)
        for places, forbidden in examples:
            share = 1 / math.sqrt(len(places) or 1)
            sure = bias + share * sum([weight[place] for place in places])
            wrong = 1 / (1 + math.exp(-max(-30.0, min(30.0, sure)))) - forbidden
            bias -= BIAS_RATE * wrong
            for place in places:
                step = wrong * share + DECAY * weight[place]
                slope[place] += step * step
                weight[place] -= RATE * step / math.sqrt(slope[place])
    return bias, weight


def written(told: Sequence[Judged], language: str) -> bytes:
    """Answer the file of a language."""
    bias, weight = learned(told, language)
    of = array("b", (max(-_MOST, min(_MOST, round(SCALE * one))) for one in weight))
    return f"{digest(told)} {bias:.4f}\n".encode() + of.tobytes()


def main() -> None:
    for language in LANGUAGES:
        told = list(judged(language))
        (FOLDER / f"{language}.leaning").write_bytes(written(told, language))


if __name__ == "__main__":
    main()
