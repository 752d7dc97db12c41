"""The wording guard: no threat, no untruth and no missing disclosure leaves the house.

It reads the *rendered* text in every disguise of ``rules.spelling``. What it cannot read it does
not pass. It knows Chinese and English; another language is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from hashlib import blake2b
from itertools import pairwise

from models.contact import ELECTRONIC, Channel
from models.money import exponent
from models.wording import Finding, Judgement, LegalStep, Verdict, WordingContext, WordingPack
from rules.denial import (
    bargained,
    civil,
    courteous,
    denied,
    denied_elsewhere,
    framed,
    gentle,
    kind,
    of_their_life,
    sentence_of,
)
from rules.leaning import leaning
from rules.lists import guard_lists
from rules.money import standard_amount
from rules.phrases import (
    ADVICE,
    HEDGED,
    OTHERS,
    PERSONAL_NUMBER,
    PHRASES,
    REVIVES,
    SUIT,
    Phrase,
    frame,
)
from rules.register import LISTED, pressing, sentences_of, unusual
from rules.spelling import HAN, PARAGRAPH, View, disguises, pinyin_runs, plain, sentences, unbroken
from rules.stems import Sieve

LOCALES = frozenset(locale for read in guard_lists().values() for locale in read.locales)
"""Languages that the guard can judge."""

MIRANDA = (
    "This is an attempt to collect a debt and any information obtained will be used for that "
    "purpose."
)
"""15 U.S.C. 1692e(11), 12 CFR 1006.18(e)(1): said in the first communication."""

MIRANDA_LATER = "This communication is from a debt collector."
"""12 CFR 1006.18(e)(2): said in every later one."""

NOTICE = timedelta(days=7)
"""No deadline of ours is shorter (house rule S06)."""

_BLOCK, _REVIEW = Judgement.BLOCK, Judgement.REVIEW


def check(text: str, locale: str, context: WordingContext, *, complete: bool = False) -> Verdict:
    """Judge a text. ``complete`` says that it is a whole message, which owes its mandatory parts.

    A fragment (a note, a template's sentence) is judged by what it says only.
    """
    if locale not in LOCALES:
        advice = f"write in one of {', '.join(sorted(LOCALES))}; the guard cannot judge {locale}"
        return _verdict([_finding("S02", "language", _BLOCK, advice)])
    if context.note:
        text = _without_quotations(text)
    whole = f"{context.subject}\n\n{text}" if context.subject else text
    shift = len(whole) - len(text)
    spoken = whole.replace(context.reference, " " * len(context.reference))
    findings = [
        finding.model_copy(
            update={"span": (max(0, finding.span[0] - shift), max(0, finding.span[1] - shift))}
        )
        for finding in (
            *_said(spoken, context, OTHERS.get(locale.partition("-")[0], ())),
            *_unreadable(whole, context, locale),
            *_personal_numbers(whole, context),
            *_amounts(whole, context, locale, complete=complete),
            *_other_event(whole, context),
            *_links(whole, context, complete=complete),
            *_deadlines(whole, context),
            *_shouting(whole, context),
        )
    ]
    if locale.partition("-")[0] in LISTED:
        findings = list(_meant(spoken[shift:], findings))
    if locale.partition("-")[0] in LISTED and not context.approved:
        findings = _rude(spoken[shift:], findings)
        findings += _unusual(spoken[shift:], findings)
    if context.subject:
        findings += _subject(context)
    elif context.channel in {None, Channel.EMAIL} and not context.note:
        findings += _subject_line(text)
    if complete:
        findings += _missing(whole, context)
    return _verdict(findings)


_FILLED_IN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_ANY_CASE = WordingContext(
    legal_event="any", legal_event_approved=True, legal_event_kind=LegalStep.JUDGMENT,
    credit_reporting=True, approved=True,
)  # fmt: skip
"""In a template a consequence may stand, for a case of which it is true: sending decides."""


def fixed_words(pack: WordingPack) -> Iterator[tuple[str, str, Finding]]:
    """Answer what the words of a pack say that no filling in can mend: place, words, finding."""
    texts = [(f"pack.toml: {name}", text) for name, text in pack.sentences.items()]
    for name, words in pack.templates.items():
        parts = (words.subject, words.sms, words.text, words.phone, words.visit)
        texts += [(f"{name}.toml", part) for part in parts]
    for place, text in texts:
        said = _FILLED_IN.sub(" … ", text)
        for finding in check(said, pack.locale, _ANY_CASE).findings:
            if finding.category.startswith("L"):
                yield place, said, finding


def contains(text: str, sentence: str) -> bool:
    """Answer whether a sentence stands in a text word for word, line breaks and case aside."""
    return bare(sentence) in bare(text)


def bare(text: str) -> str:
    """Answer a text without spaces and case, as sentences are looked for in it."""
    return re.sub(rf"[\s{PARAGRAPH}]+", "", plain(text).text)


def _verdict(findings: list[Finding]) -> Verdict:
    unique = {(finding.rule, finding.span): finding for finding in findings}
    judged = [finding.judgement for finding in findings]
    worst = _BLOCK if _BLOCK in judged else _REVIEW if judged else Judgement.PASS
    return Verdict(judgement=worst, findings=tuple(unique.values()))


def _finding(
    category: str, rule: str, judgement: Judgement, advice: str, span: tuple[int, int] = (0, 0)
) -> Finding:
    return Finding(
        category=category,
        rule=f"{category}.{rule}" if not rule.startswith(category) else rule,
        judgement=judgement,
        span=span,
        advice=advice,
    )


# Whose words they are

_QUOTED = re.compile('“[^“”]*”|"[^"]*"|「[^「」]*」|『[^『』]*』|«[^«»]*»|‘[^‘’]*’')
_DEBTOR = (
    "客户|债务人|借款人|对方|客人|持卡人|来电人|被保证人|担保人|欠款人|用户|租客|租户|住户|本人|女士|先生|他|她|"
    r"\b(?:debtor|customer|consumer|client|borrower|caller|account ?holder|card ?holder|payer|tenant|cust|cons|dtr|he|she|they|(?:mr|mrs|ms|miss|dr)\.? [\w'-]+)\b"
)
_SPEAKS = (
    "说道?|称|表示|表述|问道?|反问|反映|回复|回答|答复|答|骂道?|喊道?|吼道?|抱怨|认为|提到|写道?|声称|坚称|陈述|留言|辱骂|原话|强调|质问|讲|"
    r"\b(?:said|says|say|stated|states|asked|asks|wrote|writes|told (?:me|us)|tells (?:me|us)|replied|replies|answered|claimed|claims|shouted|yelled|complained|complains|"
    r"screamed|threatened|texted|e-?mailed|insisted|explained|added|mentioned|repeated|words|quote)\b"
)
_ATTRIBUTED = re.compile(
    rf"(?<![对向跟和与给])(?:{_DEBTOR})[^。.!?！？;；“”\"]{{0,24}}?(?:{_SPEAKS})[^。.!?！？;；“”\"]{{0,40}}[:：,， ]*$|^\s*(?:{_DEBTOR})\s*[:：]\s*$",
    re.IGNORECASE,
)
_ATTRIBUTED_AFTER = re.compile(
    rf"^[,，。.]? ?(?:(?:the |our )?(?:{_DEBTOR}) ?(?:{_SPEAKS})|(?:said|says|asked|wrote|replied) (?:the |our )?(?:{_DEBTOR}))",
    re.IGNORECASE,
)
_OURS = re.compile(
    r"(?:我方?|我们|坐席|客服|同事)(?!的)[^,，。]{0,8}(?:说|告|回|称|表示|答|问|讲|警告|提醒)|(?:对|向|跟|给|告诉)(?:客户|债务人|对方|他|她|借款人|持卡人|女士|先生)|"
    r"\b(?:i|we|agent|advis[eo]r|collector)\b[^,.]{0,16}\b(?:said|told|replied|answered|explained|wrote|warned|added)\b|\btold (?:the |our )?(?:debtor|customer|consumer|client|borrower|caller|him|her|them)\b",
    re.IGNORECASE,
)


def _without_quotations(text: str) -> str:
    """Blank the debtor's own words in a note: quoted, and said to be the debtor's (S12).

    What stays keeps its place, so that findings point into the note as it was written.
    """
    for match in _QUOTED.finditer(text):
        before = re.split(r"[。.!?！？;；\n]", text[: match.start()])[-1][-60:]
        attributed = _ATTRIBUTED.search(before) and not _OURS.search(before)
        if attributed or _ATTRIBUTED_AFTER.search(text[match.end() :]):
            start, end = match.span()
            text = text[: start + 1] + "…" * (end - start - 2) + text[end - 1 :]
    return text


# What is said

_SOME_HAN = re.compile(f"[{HAN}]")
_NOT_CHINESE = tuple(phrase for phrase in PHRASES if not phrase.chinese)


def _said(text: str, context: WordingContext, others: tuple[Phrase, ...]) -> Iterator[Finding]:
    """L01-L20 and S05: phrases, unless negated or true."""
    seen: set[tuple[str, tuple[int, int]]] = set()
    places = _covered(
        text,
        tuple(
            name
            for name in (*context.names, context.sender)
            if not _SPEAKING.search(plain(name).text)
        ),
    )
    addresses = [match.span() for match in _ADDRESS.finditer(text)]
    people = list(_people(text))
    language = others[0].language if others else ""
    every = context.time_barred or context.final_letters > 0
    for view in _readings(text, language, every=every):
        for phrase in _found(view.text, language):
            for match in phrase.pattern.finditer(view.text):
                span = view.span(*match.span())
                if (phrase.rule, span) in seen:
                    continue
                if phrase.category in _PLACES and (
                    _inside(span, places) or any(begin <= span[0] < end for begin, end in addresses)
                ):
                    continue
                if any(b <= span[0] and span[1] <= e and span != (b, e) for b, e in people):
                    continue
                judgement = _judge(phrase, view, match.span(), context)
                if judgement is None:
                    continue
                seen.add((phrase.rule, span))
                yield _finding(phrase.category, phrase.rule, judgement, phrase.advice, span)
        if context.time_barred:
            for match in SUIT.finditer(view.text):
                where = match.span("zh" if match["zh"] else "en")
                if not denied(view.text, *where) and not _TOO_OLD_TO.search(view.text, 0, where[0]):
                    span = view.span(*match.span())
                    yield _finding("L14", "suit", _BLOCK, ADVICE["L14"], span)
            for match in REVIVES.finditer(view.text):
                if not _told_of_the_clock(view.text, *match.span()):
                    yield _finding(
                        "L14", "revives", _BLOCK, ADVICE["L14"], view.span(*match.span())
                    )
        for match in _FINAL.finditer(view.text) if context.final_letters else ():
            advice = "this person has had a last letter already; send no second one"
            yield _finding("S15", "final again", _BLOCK, advice, view.span(*match.span()))


_TOO_OLD_TO = re.compile(r"\btoo old (?:for us )?to (?:be )?$")
_CLOCK = re.compile(
    r"restart|reviv|start\w* (?:again|anew|over)|new (?:time )?limit|\bif you (?:pay|make)|own choice|重新(?:计算|起算|开始)|时效|自愿|抗辩"
)


def _told_of_the_clock(text: str, start: int, end: int) -> bool:
    """Answer whether a small payment is denied, or spoken of with what it does to the time limit."""
    begin, stop = sentence_of(text, start, end)
    return bool(_CLOCK.search(text[begin:stop])) or denied(text, start, end)


_HARMLESS: set[tuple[str, bytes]] = set()
"""Digests of sentences in no disguise of which a phrase occurs, with the other language sought.

Most sentences of messages are the wording's own and come again with every debt; of those that name
a person only the digest is kept.
"""

_HARMLESS_MOST = 50_000


def _readings(text: str, language: str, *, every: bool) -> Iterator[View]:
    """Answer the text as it stands, then the disguises of its sentences.

    Unless ``every`` one is wanted, those of a sentence in none of which a phrase occurs are left out.
    """
    whole = plain(text)
    yield whole
    told: set[str] = set()
    for sentence in sentences(whole):
        digest = blake2b(sentence.text.encode("utf-8", "surrogatepass"), digest_size=32).digest()
        if (language, digest) in _HARMLESS and not every:
            continue
        readings = disguises(sentence)
        if not any(_found(reading.text, language) for reading in readings):
            if len(_HARMLESS) < _HARMLESS_MOST:
                _HARMLESS.add((language, digest))
            if not every:
                continue
        for reading in readings:
            if reading.text not in told:
                told.add(reading.text)
                yield reading
    yield from unbroken(text)


@cache
def _sieve(language: str, *, han: bool) -> tuple[tuple[Phrase, ...], Sieve]:
    phrases = (*(PHRASES if han else _NOT_CHINESE), *OTHERS.get(language, ()))
    return phrases, Sieve(phrase.ways for phrase in phrases)


def _found(text: str, language: str) -> Sequence[Phrase]:
    """Answer the phrases that occur in a reading, whatever comes of it."""
    phrases, sieve = _sieve(language, han=bool(_SOME_HAN.search(text)))
    return [phrases[number] for number in sieve.found(text)]


_PLACES = frozenset({"L02", "L03", "L04", "L07", "L13", "L17"})
"""People live in Jail Lane and in 公安局家属院; no insult or harm is excused as a name."""

_STREET = re.compile(
    r" (?:road|rd|street|st|lane|avenue|ave|drive|square|close|hill|row|terrace|gardens)\b|(?:大?路|街|巷|弄|胡同|大道|新村|小区)"
)
"""A street may be called what it likes."""

_ADDRESS = re.compile(
    rf"[{HAN}]{{1,6}}(?:路|街|巷|弄|胡同|大道|村|小区|大厦|花园) ?(?:\d+|[一二三四五六七八九十]+) ?(?:号|弄|栋|幢|楼|室|单元)|"
    r"\b\d+[A-Za-z]?,? (?:[A-Z][\w'-]+ ){1,3}(?:Road|Rd|Street|St|Lane|Ln|Avenue|Ave|Drive|Dr|Square|Close|Hill|Row|Way|Court|Place|Terrace|Gardens|Blvd|Boulevard)\b"
)
"""A street with a number: 公安巷12号, 12 Prison Lane."""


def _people(text: str) -> Iterator[tuple[int, int]]:
    """Answer where people are named, by their surname and the form of an address.

    A word within a name is none of ours; a name that is an insult as a whole stays one.
    """
    for match in _person_named().finditer(text):
        group = "after" if match["after"] else "before" if match["before"] else "latin"
        if not _SPEAKING.search(match[group].casefold()):
            start, end = match.span(group)
            # Of a Latin name the whole is the surname, whose list holds no insult that is none.
            yield (start - 1, end) if group == "latin" else (start, end)


@cache
def _person_named() -> re.Pattern[str]:
    han, latin = ("|".join(guard_lists()[name].names.surnames) for name in ("zh", "en"))
    name = rf"(?:{han})[{HAN}]{{1,2}}"
    return re.compile(
        rf"(?<![{HAN}])(?:(?:收件人|姓名|债务人|借款人|联系人|客户|户名|抬头|致|尊敬的|亲爱的)[:：]? ?)(?P<after>{name})(?=[^{HAN}]|先生|女士|小姐|同志|老师|您好|你好|$)|"
        rf"(?:(?<![{HAN}])|(?<=[的是请给由对向找和与叫]))(?P<before>{name})(?=先生|女士|小姐|太太|老师|同志)|"
        rf"(?:\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Sir|Herr|Frau)\.? (?:[A-Z][\w'-]*\.? ){{0,2}}|(?:Dear|Hello|Hi|Name:|To:|Attn:?) (?:[A-Z][a-z]+ ){{1,2}})(?P<latin>{latin})\b(?![ -][a-z]+(?:er|head|bag)\b)"
    )


_SPEAKING = re.compile(
    r"\b(?:you|your|ur|we|us|i|will|be|pay|is|are|must|to|tell|owe|debt)\b|[你您死欠债骗抓牢贱傻滚]|我们|后果"
)
"""A name that speaks to somebody is none."""

_FINAL = re.compile(
    r"最后(?:一封|一次)?(?:的)?(?:信|函|通知)|\b(?:last|final) (?:letter|notice|reminder|message)"
)


def _judge(
    phrase: Phrase, view: View, span: tuple[int, int], context: WordingContext
) -> Judgement | None:
    start, end = span
    if phrase.language:
        if phrase.negatable and denied_elsewhere(view.text, start, phrase.language):
            return None
    elif phrase.negatable and denied(view.text, start, end):
        # A promise that is bought with a payment is the threat itself.
        if phrase.category in _THREATS and bargained(view.text, start, end):
            return _REVIEW if phrase.category == "L03" else phrase.judgement
        return None
    if framed(view.text, start, end, phrase.category):
        return None
    if phrase.category in _PLACES and _STREET.match(view.text[end : end + 12]):
        return None
    if context.note and _told_of_them(phrase, view.text, start, end):
        return None
    if (phrase.category in _GENTLE or phrase.rule.endswith(".delicate")) and gentle(
        view.text, start, end
    ):
        return None
    if phrase.rule.endswith(".delicate") and kind(view.text, start, end):
        return None
    if phrase.rule == _REGISTER and courteous(view.text, start, end):
        return None
    if phrase.needs == "legal_event" and context.legal_event and not context.time_barred:
        if not _happened(view.text, start, end, context):
            return phrase.judgement
        return None if context.legal_event_approved else _REVIEW
    if phrase.needs == "credit_reporting" and context.credit_reporting:
        return None
    if phrase.rule == "L10.en" and _EVEN_IF.search(view.text):
        return None
    if phrase.category == "L03" and phrase.judgement is _REVIEW and HEDGED.search(view.text):
        return None
    return phrase.judgement


_THREATS = frozenset({"L01", "L02", "L03", "L06", "L07", "L09", "L16"})
"""What nobody may be spared for money, as nobody may suffer it."""

_LIFE = frozenset({"L01", "L02", "L03", "L04", "L09", "L11", "L13", "L18"})
"""What befalls people, and where they work: a note may tell of it."""


def _told_of_them(phrase: Phrase, text: str, start: int, end: int) -> bool:
    """Answer whether a note tells what the person said of their health, or what befell them."""
    if phrase.rule == "L19.delicate":
        return True
    told = phrase.category in _LIFE or phrase.rule.endswith(".delicate")
    return told and of_their_life(text, start, end)


_GENTLE = frozenset({"L05", "L06", "L07", "L09", "L10", "L11", "L12", "L14", "L15", "L16", "L20"})
"""Where the words offend only by what they are used for."""

_EVEN_IF = re.compile(r"(?:even )?if you (?:can'?t|cannot|are not able to) pay (?:now|today)")

_OF_JUDGMENT = frame("judgment")


def _happened(text: str, start: int, end: int, context: WordingContext) -> bool:
    """Answer whether the recorded event makes this step true: execution needs a judgment."""
    if context.legal_event_kind is LegalStep.JUDGMENT:
        return True
    begin, stop = sentence_of(text, start, end)
    return not _OF_JUDGMENT.search(text[begin:stop])


_STEP_TAKEN = re.compile(
    r"\b(?:filed|lodged|issued|commenced|started|entered|gave|given|granted|made|obtained|handed down|ruled|served|heard|pending|judge?ment|claim|lawsuit|suit)\b|"
    r"立案|起诉|受理|判决|裁定|提交|递交|诉讼"
)
_YET_TO_COME = re.compile(
    r"\b(?:until|by|before|hearing|deadline|reply|respond|due|agreement|account|assigned|paid)\b|之前|前|截止|开庭|答复|举证|签订|转让|到期|还款"
)
"""A sentence with these may name other days than that of the step."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?P<{{}}>{'|'.join(_MONTHS)})[a-z]*"
_DAY_SAID = re.compile(
    rf"\b(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH.format('m1')}\.?(?:,? (?P<y1>\d{{4}}))?|"
    rf"\b{_MONTH.format('m2')}\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<y2>\d{{4}}))?|"
    r"(?:(?P<y3>\d{4}) ?年 ?)?(?P<m3>\d{1,2}) ?月 ?(?P<d3>\d{1,2}) ?[日号]|\b(?P<y4>\d{4})[-/.](?P<m4>\d{1,2})[-/.](?P<d4>\d{1,2})\b"
)
_COURT_NAMED = re.compile(
    r"(?:[A-Z][\w.'-]+,? (?:(?:of|the|for|and) )?){1,5}Court\b(?: (?:of|for|at|in|sitting at) (?:the )?(?:[A-Z][\w'-]+ ?){1,4})?"
)
_COURT_OF_ANY = frozenset(
    {
        "the", "a", "an", "of", "for", "court", "courts", "at", "in", "and", "on", "our", "your", "this",
        "that", "state", "civil", "sitting", "we", "from", "by", "city", "justice", "small", "claims",
        "no", "only", "if", "when", "as",
    }
)  # fmt: skip
_COURT_LEVELS = frozenset(
    {"county", "high", "supreme", "superior", "district", "crown", "municipal", "magistrates", "sheriff", "circuit", "federal", "appeal"}
)  # fmt: skip
_COURT_HAN = re.compile(rf"[{HAN}]{{2,24}}法院")
_BEFORE_COURT = re.compile(
    "[向在到由经于被是为与及日号,，]|[^和]和(?!平)|我方|我们|我司|已经?|本公司"
)
_COURT_GENERIC = re.compile(
    "人民|法院|中级|高级|基层|最高|省|市|区|县|州|旗|自治|壮族|回族|维吾尔|新(?=区)|当地|有?管辖权?的?|所在地|相关|上述|受理|本院|该"
)


def _other_event(text: str, context: WordingContext) -> Iterator[Finding]:
    """S05: a step is told with the court and the day that are on record, or with none."""
    if not context.legal_event_on and not context.legal_event_court:
        return
    view = plain(text)
    begin = 0
    while begin < len(view.text):
        end = sentence_of(view.text, begin, begin + 1)[1]
        sentence = view.text[begin:end]
        if _STEP_TAKEN.search(sentence):
            original = text[slice(*view.span(begin, end))]
            if context.legal_event_court and _another_court(
                original, sentence, context.legal_event_court
            ):
                advice = "name the court that is on record"
                yield _finding("S05", "court", _BLOCK, advice, view.span(begin, end))
            days = list(_DAY_SAID.finditer(sentence))
            on = context.legal_event_on
            told = days[0] if len(days) == 1 and not _YET_TO_COME.search(sentence) else None
            if on and told and not _same_day(told, on):
                advice = "name the day that is on record"
                yield _finding("S05", "day", _BLOCK, advice, view.span(begin, end))
        begin = max(end, begin + 1)


def _same_day(match: re.Match[str], on: date) -> bool:
    said = {name[0]: value for name, value in match.groupdict().items() if value}
    month = said["m"]
    number = int(month) if month.isdigit() else _MONTHS.index(month) + 1
    return (number, int(said["d"])) == (on.month, on.day) and int(said.get("y", on.year)) == on.year


def _another_court(original: str, sentence: str, court: str) -> bool:
    """Answer whether a sentence names a court by its place or kind, and it is not this one."""
    if _SOME_HAN.search(court):
        ours = _COURT_GENERIC.sub("", _BEFORE_COURT.split(court)[-1])
        for match in _COURT_HAN.finditer(sentence):
            named = (
                _BEFORE_COURT.split(match[0])[-1] if _BEFORE_COURT.search(match[0]) else match[0]
            )
            theirs = _COURT_GENERIC.sub("", named)
            placed = re.search("[省市区县州旗]|互联网|金融|知识产权|铁路|海事|最高", named)
            if placed and theirs and theirs not in ours and ours not in theirs:
                return True
        return False
    ours_words = _words_of_court(court)
    for match in _COURT_NAMED.finditer(original):
        said = _words_of_court(match[0])
        places, ours_places = said - _COURT_LEVELS, ours_words - _COURT_LEVELS
        if places and ours_places and not places & ours_places:
            return True
        levels, ours_levels = said & _COURT_LEVELS, ours_words & _COURT_LEVELS
        if levels and ours_levels and not levels & ours_levels:
            return True
    return False


def _words_of_court(name: str) -> set[str]:
    return set(re.findall(r"[a-z][\w-]+", name.casefold().replace("'s", "s"))) - _COURT_OF_ANY


# What cannot be read, or should not be there


def _covered(text: str, stretches: tuple[str, ...]) -> list[tuple[int, int]]:
    return [
        match.span()
        for stretch in stretches
        if stretch.strip()
        for match in re.finditer(re.escape(stretch), text)
    ]


def _inside(span: tuple[int, int], covers: list[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in covers)


_OTHER_SCRIPT = re.compile(
    rf"(?:(?![A-Za-z\u00aa-\u024f\u1e00-\u1eff\uff21-\uff5a{HAN}々〇])[^\W\d_])+"
)


def _unreadable(text: str, context: WordingContext, locale: str) -> Iterator[Finding]:
    """S14: letters that are neither Latin nor Han cannot be judged, a name excepted."""
    names = _covered(text, context.names)
    for match in _OTHER_SCRIPT.finditer(text):
        if not _inside(match.span(), names):
            yield _finding("S14", "script", _REVIEW, "a person must read this script", match.span())
    runs = pinyin_runs(plain(text)) if locale.partition("-")[0] in LISTED else ()
    for span in runs:
        if not any(start <= span[0] and span[1] <= end for start, end in names):
            yield _finding("S14", "pinyin", _REVIEW, "write Chinese in its characters", span)


def _unusual(text: str, findings: list[Finding]) -> list[Finding]:
    """S14: what is no ordinary sentence of the trade is read by a person, whatever it hints at.

    A sentence in which something was found already needs no second finding.
    """
    at = [finding.span for finding in findings if finding.span != (0, 0)]
    unusuals: list[Finding] = []
    for span in unusual(plain(text), at):
        advice = "a person must read this sentence: it is none that collectors need"
        unusuals.append(_finding("S14", "unusual", _REVIEW, advice, span))
    return unusuals


_HINTED = re.compile(r"\.(?:insinuated|delicate|hint)\b")
"""Rules of words that are harmless as often as not."""

_HINT_LEANS = -0.25
"""How far the sentence and the clause of a hint lean to the ordinary, so that it is none."""

_CLAUSE = re.compile(
    rf"[,，;；:：、()（）—–\"“”{PARAGRAPH}]| - |\b(?:and|but|or|so|because|if|unless|until|while|as|that|which|who)\b|否则|不然|但|而且|并且|如果|因为"
)
_SHORT_CLAUSE, _SHORT_IN_HAN = 12, 5
"""Characters of a clause that says too little by itself."""


def _meant(text: str, findings: list[Finding]) -> Iterator[Finding]:
    """Answer the findings without those whose words the sentence plainly uses for something else.

    In ``the red brick building`` neither the sentence nor the clause leans to a threat
    (``rules.leaning``). Kind words around a threat leave its clause as it is, and what is forbidden
    in plain words is so in any company: with kind words enough, any sentence leans to the ordinary.
    """
    view = plain(text) if any(_HINTED.search(finding.rule) for finding in findings) else None
    for finding in findings:
        if (
            view is None
            or not _HINTED.search(finding.rule)
            or any(leaning(stretch) > _HINT_LEANS for stretch in _around(view, finding.span))
        ):
            yield finding


def _around(view: View, span: tuple[int, int]) -> Iterator[str]:
    """Answer the sentence and the clause of a stretch of the original; nothing read is no excuse."""
    found = False
    for start, end in sentences_of(view):
        begin, stop = view.span(start, end)
        if stop <= span[0] or span[1] <= begin:
            continue
        found = True
        yield civil(view.text[start:end])[0]
        cuts = [start, *(m.end() for m in _CLAUSE.finditer(view.text, start, end)), end]
        for left, right in pairwise(cuts):
            begin, stop = view.span(left, right) if left < right else (0, 0)
            clause = view.text[left:right]
            least = _SHORT_IN_HAN if _SOME_HAN.search(clause) else _SHORT_CLAUSE
            if begin < span[1] and span[0] < stop and right - left >= least:
                yield clause
    if not found:
        yield ""


def _rude(text: str, findings: list[Finding]) -> list[Finding]:
    """L08: 你 alone is for a person to read; in a sentence that is none of the trade's it is blocked."""
    if not any(finding.rule == _REGISTER for finding in findings):
        return findings
    places = list(pressing(plain(text)))
    return [
        finding.model_copy(update={"judgement": _BLOCK})
        if finding.rule == _REGISTER
        and any(start <= finding.span[0] < end for start, end in places)
        else finding
        for finding in findings
    ]


_REGISTER = "L08.register.zh"

_SPACED_DIGITS = re.compile(r"(?<=\d)[ -](?=\d{4}(?!\d))")


def _personal_numbers(text: str, context: WordingContext) -> Iterator[Finding]:
    """L19: identity, card and social security numbers, ours excepted."""
    own = _covered(text, context.public_numbers)
    view = plain(text)
    for reading in (view, view.without(m.span() for m in _SPACED_DIGITS.finditer(view.text))):
        for match in PERSONAL_NUMBER.finditer(reading.text):
            span = reading.span(*match.span())
            if not _inside(span, own):
                yield _finding("L19", "number", _BLOCK, ADVICE["L19"], span)


# Amounts

_SIGN = r"(?:us|a|au|ca|nz|hk|cn)?[$£€¥]|usd|gbp|eur|cny|rmb|aud|人民币"
_UNIT = r"元|块|圆|美元|英镑|欧元|港元|港币|日元|人民币|usd|gbp|eur|cny|rmb|aud|hkd|dollars?|pounds?|euros?|bucks?|quid|[€$£]"
_NUMBER = r"(?<![\d.,])\d{1,3}(?: \d{3})+(?:[.,]\d{1,2})?(?![\d,])|\d{1,3}(?:[,']\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_ZH_NUMBER = "[零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟]"
_JIAO = r"[\d零一二两三四五六七八九壹贰叁肆伍陆柒捌玖]角(?:[\d零一二三四五六七八九壹贰叁肆伍陆柒捌玖]分)?"
"""Tenths and hundredths of a yuan: 5230元5角."""
_ONES = {
    word: value
    for value, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
    )
} | {
    word: 10 * value
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}  # fmt: skip
_EN_NUMBER = (
    rf"(?:{'|'.join(_ONES)})(?:(?: and |[ -])(?:{'|'.join(_ONES)}|hundred|thousand|million))*"
)
_AMOUNT = re.compile(
    rf"(?<!\d)(?<!\d )(?:{_SIGN}) ?(?P<after>{_NUMBER})(?: ?(?P<k>k|thousand|grand)\b)?|"
    rf"(?P<before>{_NUMBER})(?P<wan>万)?(?P<qian>千)? ?(?:{_UNIT})(?![a-z])(?P<small>{_JIAO})?|"
    rf"\b(?P<words>{_EN_NUMBER}) (?:dollars?|pounds?|euros?|bucks|quid|yuan)\b|"
    rf"(?P<han>{_ZH_NUMBER}+)(?:{_UNIT})(?P<han_small>{_JIAO})?|(?:还|付|交|欠)(?P<loose>{_ZH_NUMBER}*[百千万]{_ZH_NUMBER}*)(?!{_ZH_NUMBER}|{_UNIT})"
)
_OWED = re.compile(
    r"you owe|balance|(?:amount|total) (?:due|owed|outstanding)|outstanding amount|欠款|应还|欠(?:了|我)|必须还|余额"
)
_DATED = re.compile(
    r"截至|截止|\bam \d{1,2}\. |\d{1,4} ?[年月]|\bas (?:of|at)\b|\d{1,2} (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)|"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|"
    r"\b\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d\d)\b"
)
_DIGIT = (
    {c: i for i, c in enumerate("零一二三四五六七八九")}
    | {c: i for i, c in enumerate("壹贰叁肆伍陆柒捌玖", start=1)}
    | {"〇": 0, "两": 2}
)
"""Everyday and formal numerals: 5 is 五 and, on cheques and in contracts, 伍."""
_STEP = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}


def _han_number(text: str) -> int:
    total = section = digit = 0
    for char in text:
        if char in _DIGIT:
            digit = _DIGIT[char]
        elif char in _STEP:
            section += (digit or 1) * _STEP[char]
            digit = 0
        else:
            total = (total + section + digit) * (10_000 if char == "万" else 100_000_000)
            section = digit = 0
    return total + section + digit


def _english_number(text: str) -> int:
    total = section = 0
    for word in re.findall("[a-z]+", text):
        if word in _ONES:
            section += _ONES[word]
        elif word == "hundred":
            section *= 100
        elif word != "and":
            total += section * (1000 if word == "thousand" else 1_000_000)
            section = 0
    return total + section


def _minor(number: str, factor: int, decimals: int) -> int | None:
    """Read an amount exactly; None when it has more decimals than the currency."""
    if " " in number and "," in number:
        number = number.replace(",", ".")
    value = Decimal(re.sub("[,' ]", "", number)) * factor * 10**decimals
    return int(value) if value == value.to_integral_value() else None


_MARK_IN_NUMBER = re.compile(r"(?<=\d)[.,](?=\d)")


def _marked_as_in_english(view: View, locale: str) -> View:
    """Answer a reading whose amounts have point and comma as in ``1,170.00``."""
    if standard_amount(locale).decimal == ".":
        return view
    return view.put(_MARK_IN_NUMBER.sub(lambda mark: ",."[mark[0] == ","], view.text))


def _amounts(
    text: str, context: WordingContext, locale: str, *, complete: bool
) -> Iterator[Finding]:
    """S04, L05: every amount is the ledger's, and what is owed has its date."""
    view = _marked_as_in_english(plain(text), locale)
    found = list(_AMOUNT.finditer(view.text))
    if context.balance is not None:
        decimals = exponent(context.currency)
        said = [(match, _said_amount(match, decimals)) for match in found]
        others = [minor for _, minor in said]
        for match, minor in said:
            if _other_currency(match[0], context.currency) or not _true_amount(
                minor, match, others, view.text, context
            ):
                span = view.span(*match.span())
                yield _finding("L05", "amount", _BLOCK, ADVICE["L05"], span)
    owed = _OWED.search(view.text)
    if complete and owed and found and not _DATED.search(view.text):
        advice = "say as of which day the amount is owed"
        yield _finding("L05", "undated", _BLOCK, advice, view.span(*owed.span()))


def _said_amount(match: re.Match[str], decimals: int) -> int | None:
    small = _jiao(match["small"] or match["han_small"], decimals)
    if han := match["han"] or match["loose"]:
        return _han_number(han) * 10**decimals + small
    if match["words"]:
        return _english_number(match["words"]) * 10**decimals
    factor = (10_000 if match["wan"] else 1) * (1000 if match["k"] or match["qian"] else 1)
    minor = _minor(match["after"] or match["before"], factor, decimals)
    return None if minor is None else minor + small


def _jiao(said: str | None, decimals: int) -> int:
    digits = [int(c) if c.isdigit() else _DIGIT[c] for c in said or "" if c not in "角分"]
    return sum(digit * 10 ** (decimals - place) for place, digit in enumerate(digits, start=1))


_CURRENCIES = {
    "CNY": re.compile("(?<![美欧港日澳])元|块|圆|人民币|cny|rmb|yuan|[¥￥]"),
    "USD": re.compile(r"(?<![a-z])(?:us)?\$|美元|usd|dollar|buck"),
    "GBP": re.compile("£|英镑|gbp|pound|quid"),
    "EUR": re.compile("€|欧元|eur"),
    "AUD": re.compile(r"(?<![a-z])(?:au?)?\$|aud|dollar"),
    "HKD": re.compile(r"(?<![a-z])(?:hk)?\$|港元|港币|hkd|dollar"),
    "JPY": re.compile("日元|[¥￥]|jpy"),
}


def _other_currency(said: str, currency: str) -> bool:
    """Answer whether an amount is said in a currency that the debt is not in."""
    ours = _CURRENCIES.get(currency)
    return bool(
        ours and not ours.search(said) and any(c.search(said) for c in _CURRENCIES.values())
    )


_SMALLER = re.compile(
    r"每(?:期|月|个月|周|次|笔)|分(?:期|\d+期|[一二三四五六七八九十两]+期)|首期|首付|减免|免除|优惠|减(?:收|至)|折|已(?:收到|还|付|支付|入账)|收到|到账|转(?:来|入)|付款|还款|支付|"
    r"先还|起|instal|per month|a month|monthly|a week|weekly|each|payments? of|discount|reduc|settle|accept|"
    r"waive|(?:we|have) received|you paid|your payment|thank|down|first payment|offer|plan|fraction|part"
)
_PART = re.compile("本金|利息|罚息|费用|违约金|principal|interest|fees?|costs?|charges")
_OWES = re.compile(
    r"you owe|owed|owing|balance|amount due|total|outstanding|欠款|应还|应付|欠了?|必须还|余额|合计|总计|共计|未还|待还"
)


def _true_amount(
    minor: int | None,
    match: re.Match[str],
    said: list[int | None],
    text: str,
    context: WordingContext,
) -> bool:
    """Answer whether an amount is one of the ledger, or can be a part of what is owed.

    Where only the balance was told, a smaller amount may be a part of it (when the parts add up),
    an instalment, a payment or an offer, by the words beside it.
    """
    if minor == context.balance:
        return True
    if context.amounts is not None:
        return minor in context.amounts
    assert context.balance is not None
    if minor is None or minor > context.balance:
        return False
    if context.balance in said and _adds_up([n or 0 for n in said], context.balance):
        return True
    before = text[max(0, match.start() - 24) : match.start()]
    around = (
        re.split(r"[,，。;；]|\. ", before)[-1] + match[0] + text[match.end() : match.end() + 16]
    )
    if minor == 0 or (_PART.search(around) and context.balance not in said):
        return True
    return bool(_SMALLER.search(around) and not _OWES.search(around))


def _adds_up(said: list[int], total: int) -> bool:
    """Answer whether the amounts beside a total add up to it, so that they are its parts."""
    others = list(said)
    others.remove(total)
    return sum(n for n in others if n != total) == total


# Links

SHORTENERS = frozenset(
    {
        "bit.ly", "t.cn", "t.co", "tinyurl.com", "goo.gl", "dwz.cn", "url.cn", "is.gd", "ow.ly",
        "suo.im", "rb.gy", "cutt.ly", "buff.ly", "t.ly", "s.id", "u.nu", "shorturl.at", "dwz.lc",
    }
)  # fmt: skip
OFFICIAL = frozenset(
    {
        "cfpb.gov", "www.cfpb.gov", "consumerfinance.gov", "www.consumerfinance.gov",
        "www.financial-ombudsman.org.uk", "www.moneyhelper.org.uk", "www.stepchange.org",
        "www.afca.org.au", "ndh.org.au", "www.oaic.gov.au",
        "ico.org.uk", "register.fca.org.uk", "www.fca.org.uk",
    }
)  # fmt: skip
"""Places of help and complaint that a message may name (12 CFR 1006.34(c)(3)(iv), CONC 7)."""

_LINK = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?<![@\w.-])(?P<host>(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,})"
    r"(?![\w@])(?=(?P<path>[/:?#][^\s]*)?)"
)
_TOP = re.compile(r"\.(?:com|cn|net|org|io|co|uk|us|info|top|xyz|cc|vip|example)$")
"""Of a name without path or scheme: a host, and not a full stop without a space after it."""
_SHORTENED = re.compile(
    r"(?<![\w.@-])(?:"
    + "|".join(re.escape(host).replace(r"\.", r" ?[.。] ?") for host in sorted(SHORTENERS))
    + r")(?![\w-]| ?[.] ?[a-z]{2})"
)
"""The same in full width, or with spaces around the stop."""
_LINK_ADVICE = "link to our own pages only, in full and by https"
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}")


def _links(text: str, context: WordingContext, *, complete: bool) -> Iterator[Finding]:
    """S10: no shortener, no look-alike; a whole message links to our own places only."""
    for match in _LINK.finditer(text.casefold()):
        host = match["host"]
        known = host in context.hosts or host in OFFICIAL
        bare = not match["scheme"] and not match["path"]
        if bare and not known and host not in SHORTENERS and not _TOP.search(host):
            continue
        if known and match["scheme"] in {None, "https"}:
            continue
        honest = _HOST.fullmatch(host) and "xn--" not in host and match["scheme"] in {None, "https"}
        if complete or context.hosts or host in SHORTENERS or not honest:
            yield _finding("S10", "link", _BLOCK, _LINK_ADVICE, match.span("host"))
    view = plain(text)
    for match in _SHORTENED.finditer(view.text):
        yield _finding("S10", "link", _BLOCK, _LINK_ADVICE, view.span(*match.span()))


# Deadlines, capitals, subject

_DEADLINE = re.compile(
    rf"(?:within|in|you have) (?:the next )?(?P<n>\d+|{_EN_NUMBER}) (?:calendar |business |working )?(?P<unit>hour|day)s?\b(?! of (?:receiv|getting))|"
    rf"(?:限|请|须|务必)?.{{0,4}}?(?P<zn>\d+|{_ZH_NUMBER}+) ?(?:个)?(?P<zunit>小时|天|日|工作日)(?:之)?内|"
    r"\bby (?:tomorrow|tonight|this evening|the end of (?:the |to)day|end of day|close of (?:business|play))\b|(?:今天|今日|今晚|明天|明日|明晚|后天)(?:之?前|内)"
)
_DEMAND = re.compile(
    r"\bpay|payment|settle|resolve|clear|respond|reply|let us know|accept|还|付|缴|结清|处理|联系|回复"
)
_OWN_WORD = re.compile(
    r"\b(?:we|i|our \w+|the bank|payments?|refunds?|transfers?|money)(?:'ll| will| shall| aim| try| hope| normally| usually| can| have|'ve| take| arrives?| reach\w*| should)?\b[^,.;!?]{0,60}$|"
    r"(?:我们|我方|我司|公司|款项|退款|客服|银行)[^,，。;；]{0,16}$|(?:来信|来电|材料|邮件|短信|申请|投诉|异议|留言|消息)已?经?(?:收到|登记|受理)[,，]?$"
)
"""What we do ourselves, or what takes its time, has no deadline for anybody."""
_STILL = re.compile(
    r"(?:之后|届时|过后|仍|随时).{0,6}(?:可|能|欢迎).{0,6}(?:协商|联系|商量)|"
    r"(?:still|always|at any time).{0,20}(?:contact|reach|talk|reply)|(?:contact|reach|reply to) us at any time|reply at any time"
)


def _span_of(match: re.Match[str]) -> timedelta:
    """Answer how long a deadline is; one that names a day is of the next day at most."""
    if said := match["n"] or match["zn"]:
        read = _english_number if match["n"] else _han_number
        count = int(said) if said.isdigit() else read(said)
        hours = (match["unit"] or match["zunit"]) in {"hour", "小时"}
        return timedelta(hours=count) if hours else timedelta(days=count)
    return timedelta(days=1)


def _deadlines(text: str, context: WordingContext) -> Iterator[Finding]:
    """S06, and L10 in the validation period (12 CFR 1006.38(b)): nobody is hurried.

    A note tells of days that were promised, and asks for none.
    """
    if context.note:
        return
    view = plain(text)
    open_period = (
        context.dispute_until
        if context.dispute_until and context.today and context.today <= context.dispute_until
        else None
    )
    for match in _DEADLINE.finditer(view.text):
        sentence = view.text[max(0, match.start() - 60) : match.end() + 30]
        at = match.start("zn") if match["zn"] else match.start()
        before = view.text[sentence_of(view.text, *match.span())[0] : at]
        if not _DEMAND.search(sentence) or _OWN_WORD.search(before):
            continue
        span = _span_of(match)
        day = context.today + span if context.today else None
        yield from _too_soon(view.text, span, day, open_period, view.span(*match.span()))
    if context.deadline and context.today:
        span = context.deadline - context.today
        yield from _too_soon(view.text, span, context.deadline, open_period, (0, 0))


def _too_soon(
    text: str, span: timedelta, day: date | None, open_period: date | None, where: tuple[int, int]
) -> Iterator[Finding]:
    if open_period and day and day < open_period:
        advice = f"ask for nothing before the dispute period ends on {open_period}"
        yield _finding("S06", "overshadows", _BLOCK, advice, where)
    elif span < NOTICE and not _STILL.search(text):
        advice = "give at least seven days, or say that you can still be reached afterwards"
        yield _finding("S06", "short", _BLOCK, advice, where)


_FIRM = re.compile(r"\b(?:LLC|INC|LTD|LIMITED|LLP|LP|PLC|CORP|CO|PTY|GMBH|L\.L\.C|N\.A)\b")
"""A company may write its name in capitals."""
_CAPITALS = re.compile(r"[A-Z][A-Z'’-]+(?:[ ,]+[A-Z][A-Z'’-]+){2,}")


def _shouting(text: str, context: WordingContext) -> Iterator[Finding]:
    """S07: no capitals throughout, no rows of exclamation marks."""
    spared = _covered(text, (*context.names, context.sender, context.opt_out))
    for match in _CAPITALS.finditer(text):
        firm = _FIRM.search(text[match.start() : match.end() + 6])
        if not _inside(match.span(), spared) and not firm:
            yield _finding("S07", "capitals", _BLOCK, "write in ordinary letters", match.span())
    marks = [match.start() for match in re.finditer("[!！]", text)]
    if len(marks) > 1:
        span = (marks[1], marks[1] + 1)
        yield _finding("S07", "exclamation", _BLOCK, "at most one exclamation mark", span)


_DEBT_WORD = re.compile(
    r"\bdebts?\b|\bowed?\b|\bowing\b|collect(?:ion|or)|overdue|past due|arrears|balance due|schuld(?!ner ?beratung)|forderung|inkasso|mahnung|ruckstand|债|欠|催收|逾期|还款|违约"
)


def _subject(context: WordingContext) -> Iterator[Finding]:
    """S08: what stands on the outside tells nobody of a debt."""
    if _DEBT_WORD.search(plain(context.subject).text):
        advice = "let the subject say that there is a message about the account, no more"
        yield _finding("S08", "subject", _BLOCK, advice)


_SUBJECT_LINE = re.compile(
    r"\s*(?:subject|betreff|(?:邮件)?主题|标题) ?[:：] ?(?P<words>[^\n]+)(?:\n|$)", re.IGNORECASE
)


def _subject_line(text: str) -> Iterator[Finding]:
    """S08 of a mail that was handed in with its subject as the first line."""
    line = _SUBJECT_LINE.match(text)
    if line and _DEBT_WORD.search(plain(line["words"]).text):
        advice = "let the subject say that there is a message about the account, no more"
        yield _finding("S08", "subject", _BLOCK, advice, line.span("words"))


def neutral(name: str) -> bool:
    """Answer whether a name may stand on an envelope (S09, 12 CFR 1006.22(f)(2))."""
    return not _DEBT_WORD.search(plain(name).text)


# What must be there


_COMPANY = re.compile(
    r"[^\W\d_]{2,}.{0,40}?\b(?:llc|inc|ltd|limited|ll?p|lllp|plc|pllc|corp(?:oration)?|l\.l\.c|l\.p|n\.a|p\.c|pty|pvt|gmbh|ag|kg|co|s\.a|b\.?v|national association)\b|"
    rf"[{HAN}]{{2,}}(?:有限责任公司|股份有限公司|有限公司|公司|银行|事务所)"
)
_WAY_OUT = re.compile(
    r"(?:reply|text|send|write|answer|with|word|antworten|schreiben)[^.]{0,20}\bstop+\b|\bstop\b.{0,20}\b(?:opt|unsub|end)|unsubscribe|opt[ -]?out|"
    r"to stop (?:these |receiving |getting )?(?:e-?mails|texts|messages)|abbestell|abmelden|keine weiteren (?:sms|e-?mails|nachrichten)|退订|拒收请?回复|回复\W?(?:t|td|r|n|0)"
)
_DISCLOSED = re.compile(
    r"attempt (?:by a debt collector )?to collect a debt\b.{0,40}information (?:that is |we )?obtained will be used for that purpose|"
    r"\b(?:is|are|am|'m) (?:sent |writing |calling )?(?:from |by )?an? debt collector"
)
"""15 U.S.C. 1692e(11) prescribes what is disclosed and not each word."""
_TOO_OLD = re.compile(
    r"how long you can be sued|too old to be|time.?barred|limitation|will not sue|cannot sue|时效|verjähr"
)


def _missing_by_form(text: str, context: WordingContext) -> Iterator[Finding]:
    """S01-S03 of a message of which only the words are known: its parts have a known form."""
    words = plain(text).text
    if not _COMPANY.search(words):
        yield _finding("S01", "sender", _BLOCK, "give the sender's full legal name")
    if context.country == "US" and not _DISCLOSED.search(words):
        yield _finding("S02", "mini-miranda", _BLOCK, f"add: {MIRANDA_LATER}")
    if context.channel in ELECTRONIC and not _WAY_OUT.search(words):
        yield _finding("S03", "opt-out", _BLOCK, "say how to stop messages to this address")
    if context.time_barred and not _TOO_OLD.search(words):
        advice = "say that the debt may be too old to be enforced in court"
        yield _finding("S02", "time_barred", _BLOCK, advice)


def _missing(text: str, context: WordingContext) -> Iterator[Finding]:
    """S01-S03: the sender, the disclosures, the way out, and what the template owes."""
    if context.by_form:
        yield from _missing_by_form(text, context)
        return
    words = bare(text)

    def lacks(sentence: str) -> bool:
        return not sentence.strip() or bare(sentence) not in words

    if context.voicemail:
        if any(not lacks(sentence) for sentence in (MIRANDA, MIRANDA_LATER)):
            advice = "a limited-content voicemail says nothing of a debt (12 CFR 1006.2(j))"
            yield _finding("S02", "voicemail", _BLOCK, advice)
        return
    if lacks(context.sender):
        yield _finding("S01", "sender", _BLOCK, "give the sender's full legal name")
    if context.country == "US" and lacks(MIRANDA if context.first else MIRANDA_LATER):
        sentence = MIRANDA if context.first else MIRANDA_LATER
        yield _finding("S02", "mini-miranda", _BLOCK, f"add: {sentence}")
    if context.channel in ELECTRONIC and lacks(context.opt_out):
        yield _finding("S03", "opt-out", _BLOCK, "say how to stop messages to this address")
    for due in context.required:
        if lacks(due.text):
            yield _finding("S02", due.rule, _BLOCK, f"the sentence {due.rule!r} is missing")
