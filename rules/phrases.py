"""What may not be said to a debtor, in Chinese and English, as patterns.

They are matched against the readings of ``rules.spelling`` (lower case, simplified characters, no
spaces between Han characters). Categories and their legal grounds: threats and force (刑法 293,
民法典 1033, 15 U.S.C. 1692d, 12 CFR 1006.14, CONC 7.9), false consequences (193 条, 1692e, CONC
7.11), disclosure (民法典 1032, 1692c(b)), unfair means (1692f). No configuration loosens them.

The patterns are the lists of ``packs/guard``, one a language: plain threats, the subjects that
threats are made of, idioms and insinuations. What is worded like nothing that a collector needs is
found by ``rules.register``. Some veiled threats in new words still get past all of them (docs/wording.md
has the figures). So what people write freely is never sent by itself; what is sent is a reviewed
template, rendered and checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from models.wording import Judgement
from rules.lists import Fact, GuardList, guard_lists
from rules.stems import compiled


@dataclass(frozen=True, slots=True)
class Phrase:
    """One rule about what is said."""

    rule: str
    ways: tuple[str, ...]
    """Regular expressions any of which is it; compiling all takes longer than most commands."""
    judgement: Judgement
    negatable: bool
    """``we will not …`` makes it harmless."""
    needs: Fact | None
    """The fact that makes it true, and so allowed."""
    advice: str
    language: str = ""
    """Of a language other than Chinese and English, whose texts alone are looked at with it."""

    @property
    def pattern(self) -> re.Pattern[str]:
        return compiled("|".join(self.ways))

    @property
    def category(self) -> str:
        return self.rule[:3]

    chinese: bool = False
    """Only Han characters can match; pinyin stands with the English."""


ADVICE = {
    "L01": "say what help there is; never hint at harm",
    "L02": "a debt is a civil matter; leave police, arrest and prison out",
    "L03": "name a legal step only if it has happened, is stored and is approved",
    "L04": "name yourself by your legal name; claim no other authority",
    "L05": "state the amounts of the ledger with their date, and no other",
    "L06": "speak of credit records only if and as they are really reported",
    "L07": "speak with the debtor only; mention no third person or public place",
    "L08": "address the person politely",
    "L09": "leave job, family, children and residence out",
    "L10": "give real dates, at least seven days, and say that you can still be reached",
    "L11": "never advise to borrow, sell or mortgage; offer smaller payments",
    "L12": "name official channels and accounts only",
    "L13": "say who is calling and why contact is sought; use no pretext",
    "L14": "say that the debt may be too old to be enforced; press for nothing",
    "L15": "tell the rights to dispute, to complain and to be represented",
    "L16": "ask for times that suit; announce no pursuit",
    "L17": "make a letter look like a letter",
    "L18": "pause, and offer support",
    "L19": "show at most the last four digits",
    "L20": "promise only what is certain and written",
}

_NEGATABLE = frozenset(f"L{n:02}" for n in range(1, 21)) - {"L08", "L18"}
"""Where a plain ``not`` makes the sentence a promise; elsewhere the words themselves offend."""

TOGETHER = ("zh", "en")
"""Languages that are looked for in every text: who threatens in Chinese may do it in pinyin."""


def _listed(read: GuardList) -> Iterator[Phrase]:
    alone = read.language not in TOGETHER
    for concept in read.concept:
        category = concept.rule[:3]
        yield Phrase(
            rule=concept.rule,
            ways=read.ways(concept.rule, concept.any),
            judgement=concept.judgement,
            negatable=".refused" not in concept.rule
            and (category in _NEGATABLE or concept.needs is not None),
            needs=concept.needs,
            advice=ADVICE[category],
            language=read.language if alone else "",
            chinese=read.language == "zh",
        )


PHRASES: tuple[Phrase, ...] = tuple(
    phrase for language in TOGETHER for phrase in _listed(guard_lists()[language])
)

OTHERS: dict[str, tuple[Phrase, ...]] = {
    language: tuple(_listed(read))
    for language, read in guard_lists().items()
    if language not in TOGETHER
}
"""What is looked for besides in texts of another language."""


def frame(name: str) -> re.Pattern[str]:
    """Answer the sentences of Chinese and English in which forbidden words are harmless."""
    found = [
        read.compiled(f"frames.{name}", patterns).pattern
        for read in (guard_lists()[language] for language in TOGETHER)
        if (patterns := getattr(read.frames, name))
    ]
    return re.compile("|".join(found))


HEDGED = frame("hedged")
"""With these words beside it, a possible lawsuit is told honestly."""

SUIT = re.compile(
    r"(?:我们|我方|公司|可能|会|将|考虑|通过|依法|提起|进行|就|让|去).{0,8}?(?P<zh>起诉|诉讼(?!时效)|法律途径|仲裁|强制执行|律师函|法官评|上法院|打官司)|"
    r"\b(?:we|may|might|could|will|can|to|by|through|let)(?:'ll|'d|'re)? (?:.{0,20}?[^a-z])?(?P<en>what (?:a|the) (?:judge|court)|\bsue\b|\bto court|legal action|lawsuit|litigat|proceedings\b|court action)"
)
"""On a time-barred debt every prospect of a suit is a threat (12 CFR 1006.26(b), 民法典 192)."""

REVIVES = re.compile(
    r"\b(?:tiny|token|symbolic|nominal|gesture|good[ -]?faith|goodwill)\b.{0,24}\bpay\w*|\bpay\w*\b.{0,24}\b(?:token|gesture|good[ -]?faith|goodwill)\b|"
    r"\b(?:pay|send|put|give|transfer|throw|chuck|bung|make)(?:ing)?(?: \w+){0,3} (?:something\b|anything\b|[$£€] ?[1-9](?:\.00)?\b(?!,)|(?:a|one|five|ten) (?:dollar|pound|buck|quid|euro)s?\b|a (?:fiver|tenner|little something))|"
    r"\b(?:reply|say|text|write|answer|sign|confirm|acknowledge|admit)\b.{0,24}\b(?:debt|account|balance|it) (?:is|to be|as) (?:yours|your own|valid|mine)|"
    r"\bsign(?:ature|ing|ed)?\b.{0,30}\b(?:form|slip|letter|statement|here|below|paper|dotted line|acknowledg\w+)|"
    r"\b(?:drop|send|write|text|e-?mail|give) (?:us|me|back)\b.{0,24}\b(?:saying|confirming|admitting|stating|to say|that says)\b.{0,24}\b(?:is|was|are|'s) (?:yours|valid|correct|owed|genuine|right)|"
    r"\b(?:dollar|pound|quid|token|small|tiny|little)\b.{0,12}\bpayments?\b.{0,8}\b(?:keeps?|brings?|puts?|gets?|restores?)\b.{0,20}\b(?:account|debt|file|things|you)\b.{0,16}\b(?:good standing|current|active|alive|open|on track|good order)|"
    r"\bpayments?,? however (?:small|tiny|little)|\backnowledg\w+ (?:what|that) you owe|"
    r"\b(?:saying|say|confirm\w*|stating|write|reply)(?: back)?(?: that)? you (?:recogni[sz]e|owe|acknowledge|accept)\b|"
    r"(?:account|debt|file) (?:is |be |becomes? |goes? |comes? |stays? )?(?:active|alive|live|current|open)(?: again)?\b|"
    r"(?:先|随便|哪怕|只要|就|多少)(?:还|付|打|转|给|存)(?:个|点|一点|些|几块|(?:\d{1,2}|[一二两三五十]+)(?:元|块)|多少)|意思意思|激活.{0,6}(?:账户|债|欠)|(?:账户|债)[^,。]{0,4}激活|"
    r"(?:签|回复|确认|承认)[^。;!?]{0,20}(?:就|即)(?:没事|完事|行了|好了|可以了|结束|算完)"
)
"""A token payment or an acknowledgement, asked for on a time-barred debt, is a trick: it may start the
time limit anew (comment 26 to 12 CFR 1006, 时效规定 14 and 19)."""

PERSONAL_NUMBER = re.compile(
    r"(?<!\d)\d{17}[\dx](?!\d)|(?<!\d)\d{16,19}(?!\d)|(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)"
)
"""L19: identity numbers, whole card and account numbers, US social security numbers."""
