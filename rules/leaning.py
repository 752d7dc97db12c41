"""How a sentence leans: to what collectors need to say, or to what threatens, shames and presses.

No list of words tells a veiled threat from a courtesy, as both are made of the same words; what
tells them apart is how they go together: who does what, to whom, and what comes of it. So each
word, each run and each pair of words has a weight, learned from sentences that people judged
(``bench.leaning`` learns them from ``tests/data/wording``), and a sentence leans as their sum does.

The number alone never refuses anything: it sends a sentence to a person, or withdraws a finding
that rests on a word which this sentence uses harmlessly.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from zlib import crc32

from rules.lists import FOLDER
from rules.spelling import HAN, PARAGRAPH

BITS = 18
"""There are two to this power of weights; traits that fall on the same one share it."""
SCALE = 32
"""A weight is kept as a whole number of this part of one."""

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|0|[?!$£€%:;\",]")
_SPACE = re.compile(rf"[\s{PARAGRAPH}]+")
_HAN = re.compile(f"[{HAN}]")
_ENDINGS = ("ing", "ed", "es", "s", "ly")
_SHORTEST = 5
"""Words of fewer letters keep their ending."""
_LETTERS = 5

_KINDS = {
    "KIN": "wife husband mother father mum mom dad son daughter kids kid children child brother sister family parents partner spouse girlfriend boyfriend grandmother grandfather grandma gran nan uncle aunt cousin baby relatives in-laws",
    "OTHERS": "boss employer colleagues coworkers workmates neighbour neighbor neighbours neighbors landlord friends friend manager payroll hr school church congregation club teacher everyone everybody street village town community pastor students supervisor receptionist",
    "BODY": "legs leg arm arms hand hands face teeth bones knees neck head fingers eye eyes skin blood nose throat heart back shoulder feet kneecaps",
    "HOME": "house home door doorstep car flat apartment garden window windows furniture fence gate driveway roof porch shop stairs lock locks bike van bed sofa tv television dog cat",
    "LAW": "court judge lawyer attorney solicitor bailiff bailiffs sheriff police officer officers jail prison arrest warrant warrants summons lawsuit litigation judgment judgement prosecutor detective cell handcuffs cops constable magistrate marshal crime criminal fraud",
    "PAYMENT": "payment payments instalment instalments installment installments plan transfer debit cheque check card refund fee balance statement amount total sum cash money funds",
    "PAPER": "letter form copy receipt email contract agreement notice page link envelope attachment document documents records file text message website address number reference",
    "WHEN": "today tonight tomorrow noon midnight friday monday hour hours minutes weekend morning evening week night soon",
    "NOT": "not never no none nobody nothing cannot can't won't don't doesn't isn't aren't haven't hasn't didn't wouldn't needn't neither nor",
    "MAY": "will would could should may might must shall can",
    "HARM": "regret sorry suffer lose lost ruin ruined destroy shame pity hurt harm pain cry cost worse worst trouble bad ugly hell",
    "HELP": "help support advice adviser charity explain answer question questions dispute complaint complain copy hardship pause hold interpreter",
}
_KIND = {word: kind for kind, words in _KINDS.items() for word in words.split()}
"""What words have in common, so that an aunt counts as a cousin does."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each trait of a sentence says; above zero it speaks for a threat."""

    bias: float
    of: memoryview
    """Signed bytes, of which ``SCALE`` are one."""

    def leaning(self, sentence: str, language: str) -> float:
        """Answer how a sentence leans: below zero to the ordinary, above it to the forbidden."""
        places = traits(sentence, language)
        total = sum(map(self.of.__getitem__, places))
        return self.bias + total / SCALE / math.sqrt(len(places) or 1)


def leaning(sentence: str) -> float:
    """Answer how a sentence in plain spelling leans; a Han character makes it Chinese."""
    language = "zh" if _HAN.search(sentence) else "en"
    return weights(language).leaning(sentence, language)


def traits(sentence: str, language: str) -> set[int]:
    """Answer the places of the weights of a sentence in plain spelling."""
    most = (1 << BITS) - 1
    said = _chinese(sentence) if language == "zh" else _english(sentence)
    return {trait & most for trait in said}


def _chinese(sentence: str) -> list[int]:
    text = f"^{_SPACE.sub('', _NUMBER.sub('0', sentence))}$"
    return _together([char.encode() for char in text])


def _english(sentence: str) -> list[int]:
    said = _WORD.findall(_NUMBER.sub("0", sentence))
    stems = [_stem(word) for word in said]
    kinds = [
        _KIND.get(word) or stem for word, stem in zip(said, stems, strict=True) if word not in '",'
    ]
    letters = f" {' '.join(said)} ".encode()
    return [
        *_together(f"^ {' '.join(stems)} $".encode().split()),
        *_together(f"^ {' '.join(kinds)} $".encode().split(), _KINDS_SEED),
        *[crc32(letters[at : at + _LETTERS]) for at in range(len(letters) - _LETTERS + 1)],
    ]


_KINDS_SEED = 1


def _together(said: list[bytes], seed: int = 0) -> list[int]:
    """Answer what stands alone, in rows of two and three, and in pairs with up to three between."""
    next_to, apart = [b" " + word for word in said], [b" _ " + word for word in said]
    one = [crc32(word, seed) for word in said]
    two = [*map(crc32, next_to[1:], one)]
    return [
        *one,
        *two,
        *map(crc32, next_to[2:], two),
        *map(crc32, apart[2:], one),
        *map(crc32, apart[3:], one),
        *map(crc32, apart[4:], one),
    ]


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    if len(word) < _SHORTEST:
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST - 1:
            return word.removesuffix(ending)
    return word


@cache
def weights(language: str) -> Weights:
    """Read what was learned of a language: a line with the bias, then a byte for each weight."""
    head, _, of = (FOLDER / f"{language}.leaning").read_bytes().partition(b"\n")
    return Weights(bias=float(head.split()[-1]), of=memoryview(of).cast("b"))


def learned_from(language: str) -> str:
    """Answer the digest of the sentences that the weights were learned from."""
    with (FOLDER / f"{language}.leaning").open("rb") as file:
        return file.readline().split()[0].decode()
