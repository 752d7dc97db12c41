"""Whether a text says a thing, or denies it, warns of it or only tells of it.

``我们不会起诉`` and ``we will never tell your employer`` promise; ``不会放过你`` and ``we will not
hesitate`` threaten. A denial counts within its own clause and the list that follows it, two are
none, and what a condition denies (``if you do not pay``) is not denied of its consequence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from rules.lists import guard_lists
from rules.phrases import frame
from rules.spelling import HAN, PARAGRAPH

_SENTENCE = re.compile(
    rf"[。!?！？;；{PARAGRAPH}\n]|(?<![a-z]\.[a-z])(?<!mr)(?<!mrs)(?<!ms)(?<!dr)\.(?= |$)"
)


def sentence_of(text: str, start: int, end: int) -> tuple[int, int]:
    """Answer where the sentence begins and ends in which a stretch stands."""
    begin = 0
    for match in _SENTENCE.finditer(text, 0, start):
        begin = match.end()
    after = _SENTENCE.search(text, max(end - 1, start))
    return begin, after.end() if after else len(text)


def denied(text: str, start: int, end: int) -> bool:
    """Answer whether what stands there is plainly denied."""
    if re.match(rf"[{HAN}]", text[start : start + 1]):
        return _denied_in_chinese(text, start, end)
    return _denied_in_english(text, start, end)


# Chinese

_ZH_CLAUSE = re.compile(
    rf"[,，。!?;；：:()、{PARAGRAPH}]|否则|不然|要不(?!要)|再不|(?<!成)就(?!此|是|算|医|业)|则|(?<!刚)才(?!能)|只好|逼(?!迫)|(?:我们|我方|我司|我|公司)(?:会|将|要|一定|可以|马上|立刻)|"
    r"还会|也会|将会|立刻|马上|直接|除非|难道|如果|(?<!不)但(?!是?没有)|信不信|只能(?!由)|小心"
)
_ZH_NOT = re.compile(
    r"(?<!会)不会|不得|(?<!能)不能(?!排除|保证|怪)|不可(?!能不)|不允许|不许|不需要|(?<!用)不用|不必|不要求|不建议|不以|不因|不向|不再|(?<!是)不是|不涉及|不存在|不代表|不意味|不等于|不构成|不属于|不算|不收|不予|不派|不使用|不影响|不参与|不提供|不接受|不把|不将|不在|不想让您误|不对|"
    r"请您?不要|请别|没有(?!还|付|办法|退路|选择|不|回复|接)|尚未|暂未|并未|从未|从不|绝不|决不|从来不|未(?!来|必|经|还|接|付)|并非|无权|无需|无须|毋须|毋需|严禁|禁止|请勿|切勿|勿|无法(?!无天)|停止|已停|杜绝|避免|拒绝(?!还|付|沟通|接)|没人会|没有人|无人|谁(?:也|都)不|不要担心|无意|无义务|没有义务|何时都不|不(?=起诉|告知|联系您的|通知|上门|冻结|查封|抓|报警|公开|透露|泄露|骚扰|威胁|追究)"
)
_ZH_NOT_REALLY = re.compile(
    r"不是.{0,14}(?:吗|嘛|么)|不得不|不(?:会|能|可能|是|得|可)不|没有不|不(?:仅|但|只|光|怕|介意|排除|惜)|(?:不敢|无法|没法|难以)(?:保证|担保|承诺)|不(?:会|再|必|要|能)?(?:再)?(?:轻易|犹豫|客气|留情|手软|等|放过|善罢|罢休|罢手|心软|容忍|手下留情|怕|介意|排除|知道|保证)|没有?(?:办法|退路|选择|理由不)|不能怪|不会(?:只|仅|光)|"
    r"(?:谁说|别以为|以为|难道|不信|休想|别想|没说过?|没说).{0,4}(?:我们)?(?:不|没)|并非(?:不|没)|不是(?:不|没|我们不|吓)|未必不|(?<!除)非要?|不等于不|不代表(?:不|没)|不意味着(?:不|没)|(?:我们|我)不想|不想.{0,6}(?:就|的话|吧|被)|不要(?:逼|以为|怪|让|等|敬)|不愿|由不得|跑不|逃不|躲不"
)
_ZH_BECAUSE = re.compile(
    r"(?<!会)不(?:会|能|得|可能|应该?|可以)(?:因|由于)[^。;!?]{1,24}(?:就|便|才|直接|马上|立刻)$"
)
"""One denial of cause and consequence: 不会因为还不上就被拘留."""
_ZH_SPEAKERS = re.compile(r"我们|我方|我司|公司|工作人员|坐席|客服|绝不|从不|任何人|没有人")
_ZH_LIST = re.compile(r"[,，、]?(?:也|或者?|和|并|更|及|以及|亦)?.{0,3}")
_INSIDE = re.compile(
    r"(?:目前未|尚未|从未|未(?=进入|启动|提起|申请|起诉|受理|立案|采取|做出|作出)|不受影响|(?<!会)不会|没有|并未|(?<!能)不能(?=通过|再|被|由|向|以|申请|强制|用)|(?<!是)不是(?!.{0,6}简单)|尚未|不得|无权|不因|不能因|不用替|不必替|不(?=起诉|立案|追究|报案|处理(?:普通|民事|这类|欠|债)))(?!再|不|放过|放|还|付|办法|信用|诉讼时效|时效|过期|期限|资格|权利|用)"
)


def _denied_in_chinese(text: str, start: int, end: int) -> bool:
    begin = sentence_of(text, start, end)[0]
    before = text[begin : start + 1]
    bounds = [0, *(m.end() for m in _ZH_CLAUSE.finditer(before[:-1]))]
    clause = before[bounds[-1] :]
    # Of a word of denial that the phrase itself begins within, as 不|会起诉, the rest belongs to it.
    head = clause + text[start + 1 : start + 4]
    found = [m for m in _ZH_NOT.finditer(head) if m.start() < len(clause) - 1]
    # What the phrase is made of may deny too: 警察不会因此抓您.
    parts = re.split("[,，、]", text[start + 1 : end])
    inner = len(_INSIDE.findall(parts[0])) or (0 if found else len(_INSIDE.findall(parts[-1])))
    reach = clause + text[start + 1 : start + 10]
    if _ZH_NOT_REALLY.search(reach) or _ZH_NOT_REALLY.search(before[-14:] + text[start + 1 : end]):
        return False
    if re.match(
        ".{0,9}?(?:也|都)?(?:(?<!会)不会|没有|并不|并未|不介入|不管|无关|与.{0,4}无关|不受影响|不涉及|从未|从不|不处理(?:普通|民事|这类|欠|债)|不插手)(?!放过|客气|善罢|饶|再|罢|轻易|还|付|没)",
        re.split("[,，。;；]", text[end : end + 12])[0],
    ):
        inner += 1
    if (len(found) + inner) % 2 == 1:
        return True
    if not found and _ZH_BECAUSE.search(earlier := before[: bounds[-1]]):
        return not _ZH_NOT_REALLY.search(earlier)
    if found or len(bounds) < 2 or not _ZH_LIST.fullmatch(clause[:-1]):
        return False
    # 我们不会联系您的单位，也不告诉您的家人: the list goes on under the first denial.
    earlier = before[: bounds[-1]]
    commas = re.split(r"[,，、]", earlier)
    first = next((part for part in reversed(commas) if len(part) > 4), "")
    return bool(
        _ZH_SPEAKERS.search(first)
        and len(_ZH_NOT.findall(first)) == 1
        and not _ZH_NOT_REALLY.search(first)
        and re.search(r"[,，、]$", earlier)
    )


# English

_EN_NOT = re.compile(
    r"\b(?:not|never|no|none|cannot|neither|nor|without|nobody|no-one|nothing|stopped|refrain|refuse to|rather than|"
    r"(?:ca|wo|do|did|does|have|has|had|is|are|was|were|would|could|should|must|sha|ai)n'?t)\b(?! (?:doubt|matter what|longer than))|n't\b"
)
_EN_TWO = re.compile(
    r"(?<=\w)n't\b|\b(?:not|never|no|none|cannot|neither|without|nobody|nothing|stopped)\b"
)
_EN_BREAK = re.compile(
    rf"[!?;:{PARAGRAPH}]|(?<!mr)(?<!mrs)\. |\b(?:but|unless|until|if not|or else|else|because|so|then|except|instead|before|however|otherwise|once|than)\b|"
    r"(?:,|\band|\bor|—|--|-)\s(?:then |now |so |soon |maybe )?(?:we|you|they|he|she|i|it|someone|somebody|everyone|people|your|the|our|my|this|that|expect|watch|see|pay|get|face|ask|borrow|sell|take|act|call|send)(?:'ll|'re|'ve|'d|'s)?\b"
)
_EN_JOINED = re.compile(r"\b(?:or|and)\b")
_EN_NOT_REALLY = re.compile(
    r"(?:\b(?:not|never|cannot)|n'?t) (?:only|just|merely|simply|hesitate|fail|forget|stop|rest|want|wish|like|be (?:able to (?:stop|avoid|hide)|afraid|the last|long|shy|surprised|happy|sorry)|make|force|let|wait|avoid|escape|delay|think|mind|help|doubt|assume|believe|expect us|promise|guarantee|rule out|say we|hide|run|pretend|give up|have (?:a |any )?(?:choice|doubt|problem)|be (?:walking|long)|exclude|joking|kidding|bluffing|need (?:a |any )?(?:court|judge|permission|warrant)|care|test|push|play|sleep)|"
    r"\bno (?:escape|way|choice|doubt|excuses?|mercy|hope|question|avoiding|getting|use|more|payment|money|response|reply|answer|joke|matter|other|longer wait|chance|stopping|bluff)|nothing (?:stops|will stop|can stop|personal|would please|would make)|without (?:doubt|fail|hesitation|(?:any |further )?(?:notice|warning|delay)|question)|it'?s not like|not (?:a threat|a joke|joking|my problem) but|\bwhy (?:not|don'?t|wouldn'?t)|(?:is|are|do|did|does|would|will|wo|ca|have|has)n'?t (?:you|we|it|that|she|he|they|your \w+)\b[^.?]*\?|wouldn'?t it be|can'?t (?:say|promise|guarantee|rule)|cannot (?:say|promise|guarantee|rule)"
)
_EN_DEBTOR_DOES = re.compile(
    r"(?:\b(?:not|never)|n'?t) (?:pay|answer|call|respond|settle|cooperate|reply|pick up|get back|act|sort|fix|deal|resolve|clear|comply|listen|show|come through|keep|return|send|hear from you|have (?:the|your) (?:money|payment))"
)
"""What the person leaves undone denies nothing of what we then do."""
_EN_THEIRS = re.compile(
    r"\b(?:you|he|she|they|people|who|whoever|anyone|debtors?|customers?)(?: \w+){0,2} ?$"
)
_EN_INNER = re.compile(
    r"(?:we|i|our \w+|nobody)(?: \w+)?(?: (?:will|do|did|are|have|am|would|can|could) (?:not|never)|(?: \w+)?n't| never| cannot)\b(?! (?:hesitate|stop|rest|forget|fail|only|just|wait|afraid|bluffing|joking|patient|accept|tolerate|want))"
)
"""The phrase has its denial within: ``we will not sue``."""
_EN_CANNOT_BE = re.compile(
    r"\b(?:can'?t|cannot|won'?t|will not|may not|must not) be (?:taken|seized|garnished|frozen|repossessed|touched|sold|docked|arrested|jailed|sued|told|lost|asked|made|required|held)\b"
)
"""``your home can't be taken``."""
_EN_AFTER = re.compile(
    r"[^,.;]{0,12} (?:do|does|did)(?: not|n't) (?:deal|handle|get involved|arrest|investigate|chase|collect|prosecute|act)\b|[^,.;]{0,12}\b(?:nothing (?:from|about|of)|(?:have|has|had) nothing to do with)|[^,.;]{0,12}? ?(?:\w+ )?(?:is|are|was|were|wo|will|would|can|could|has|have)(?: not|n't| never) (?:be |been |\w+ )?(?:involved|part of|interested|needed|your|affected|informed|told|called|at risk|in danger|touched|contacted)(?! yet)"
)
"""Or behind it: ``the police are not involved``."""
_EN_IS_NOT = re.compile(
    r"(?:\b(?:is|are|was|were|am)|'m|'re|'s)(?: not|n'?t) (?:a |an |the |any |part of |considered |about )?(?:\w+ ){0,2}\w+$(?<!joking)(?<!a joke)(?<!patient)"
)
"""``this is not a crime``: plainly denied of the thing itself, whatever came before."""
_EN_ONLY_YOU = re.compile(
    r"\b(?:nobody|no one|no-one|none) (?:but|except|other than|besides) you\b"
)
_EN_WHO_SAYS = re.compile(r"\bwho(?:'s| has| is)? (?:says?|said|saying|told you)\b")
_EN_TOO_OLD = re.compile(r"\btoo old (?:for us )?to (?:be |\w+ )?$")
"""``too old for us to take you to court``."""
_EN_BEING = (" is", " are", " was", " were", " has been", " have been")
_EN_BEING_NOT = re.compile(r" (?:not|never) (?!only|just)")
_NOT_YOURS = re.compile(r"\b(?:is|are)(?:n't| not) (?:yours|your debt|liable|responsible)")
_EN_CONDITION = re.compile(
    r"(?:\b(?:if|unless|when|since|because|as long as|until|whoever|anyone who|people who|those who|in case|while|should) (?:\w+ ){0,3}|\bwho (?:\w+ )?)$"
)
_EN_IMPERATIVE = re.compile(r"(?:^|[.!?,;:] ?|please )(?:do not|don'?t|never|not)$")


def _denied_in_english(text: str, start: int, end: int) -> bool:
    begin = sentence_of(text, start, end)[0]
    before = text[begin:start]
    if _EN_WHO_SAYS.search(before):
        return False
    if _EN_ONLY_YOU.search(before) or _EN_TOO_OLD.search(before):
        return True
    if (
        _EN_IS_NOT.search(text[begin:end])
        or (text[start:end].endswith(_EN_BEING) and _EN_BEING_NOT.match(text[end:]))
        or _NOT_YOURS.search(text[start : end + 20])
        or re.match(r"\w+ no\b", text[start:end])
        or _EN_INNER.match(text[start:end])
        or _EN_CANNOT_BE.search(text[start : end + 10])
        or _EN_AFTER.match(text[end : end + 40])
    ):
        return True
    found = list(_EN_NOT.finditer(before))
    if not found:
        return False
    last = found[-1]
    gap = before[last.end() :]
    lead = before[: last.start()]
    if _EN_BREAK.search(gap + _opening(text, start)):
        return _under_promise(before, found, gap)
    if _EN_NOT_DOING.match(before[last.start() :] + text[start:end]) and _EN_OPENS.search(lead):
        return False
    reach = before[last.start() :] + text[start : min(end, start + 24)]
    if _EN_NOT_REALLY.match(_from_verb(before, last) + text[start : start + 24]) or (
        _EN_NOT_REALLY.search(reach)
    ):
        return False
    if _EN_DEBTOR_DOES.search(reach) and (_EN_THEIRS.search(lead) or not lead.strip()):
        return False
    if _EN_CONDITION.search(re.sub(r"\w+$", "", lead) if last[0].startswith("n") else lead):
        return False
    word = before[: last.end()]
    if _EN_IMPERATIVE.search(word.strip()) and (_EN_JOINED.search(gap) or "," in gap):
        return False
    scope = re.split(r"[,;:]| but | and | or | nor ", before)[-1]
    if re.search(r"without your (?:\w+ )?(?:consent|permission|agreement)", before):
        return True
    return (len(_EN_TWO.findall(scope)) or 1) % 2 == 1


_EN_NOT_DOING = re.compile(
    r"not (?:pay|answer|respond|reply|settl|sign|clear|call|return|co-?operat|repay)\w*ing\b.{0,40}?"
    r"\b(?:is|are|was|will|would|means?|can|could|may|might|leads?|makes?|gets?|has|brings?|counts?|amounts?)\b"
)
_EN_OPENS = re.compile(r"(?:^|[,;:¶] ?|\b(?:that|and|but|because|as|remember) )$")
"""``Not paying is a crime`` denies the paying and not the crime; ``not calling your boss`` is a promise."""

_SUBJECT = re.compile(r"(?:we|you|they|he|she|i)\b")


def _opening(text: str, start: int) -> str:
    """Answer the subject with which a phrase opens a clause of its own."""
    subject = _SUBJECT.match(text, start)
    return subject[0] if subject else ""


def _from_verb(before: str, last: re.Match[str]) -> str:
    """Answer the denial with its verb, as ``don't think …``."""
    at = before.rfind(" ", 0, last.start())
    return before[at + 1 :] if last[0].startswith("n'") else before[last.start() :]


_PROMISE = re.compile(
    r"^(?:please note |rest assured |and |also |in short )?,? ?(?:that )?(?:we|i|our \w+|nobody|no one|northlake|[a-z]+ (?:inc|llc|ltd))[^,.;]{0,20}\b(?:will not|won'?t|do not|don'?t|never|are not|aren'?t|have not|haven'?t|cannot|can'?t|would not|wouldn'?t|did not|didn'?t|neither)\b"
)
_NEW_SUBJECT = re.compile(
    r"(?:,|\band|\bor|\bbut)\s(?:then |so |now )?(?:we|you|they|he|she|i|it|someone|everyone|people|your (?:\w+ ){0,2}(?:will|is|are|has|gets?|hears?|finds?|knows?|would|might|may|can|could|goes|go))\b|\bbut\b|\bunless\b|\buntil\b|\bif\b|\botherwise\b|\belse\b"
)


def _under_promise(before: str, found: list[re.Match[str]], gap: str) -> bool:
    """``We will not sue you, call your boss or tell your family``: one promise, a list of things."""
    if _NEW_SUBJECT.search(gap) or not _PROMISE.search(before):
        return False
    return len(found) == 1 and not _EN_NOT_REALLY.search(before)


# Other languages


@dataclass(frozen=True, slots=True)
class _Grammar:
    says_no: re.Pattern[str]
    not_really: re.Pattern[str] | None
    clause: re.Pattern[str]
    swindlers: re.Pattern[str] | None


@cache
def _grammar(language: str) -> _Grammar:
    read = guard_lists()[language]

    def one(name: str, patterns: tuple[str, ...]) -> re.Pattern[str] | None:
        return read.compiled(name, patterns) if patterns else None

    never = re.compile(r"(?!)")
    return _Grammar(
        says_no=one("denial.says_no", read.denial.says_no) or never,
        not_really=one("denial.not_really", read.denial.not_really),
        clause=one("denial.clause", read.denial.clause) or re.compile(r"[.!?;:,()\u00b6]"),
        swindlers=one("frames.swindlers", read.frames.swindlers),
    )


def denied_elsewhere(text: str, start: int, language: str) -> bool:
    """Answer whether the clause denies what begins there; as in German, after the verb too."""
    grammar = _grammar(language)
    around = sentence_of(text, start, start + 1)
    if grammar.swindlers and grammar.swindlers.search(text[around[0] : around[1]]):
        return True
    begin = 0
    for match in grammar.clause.finditer(text, 0, start):
        begin = match.end()
    end = grammar.clause.search(text, start)
    clause = text[begin : end.start() if end else len(text)]
    if grammar.not_really and grammar.not_really.search(clause):
        return False
    return len(grammar.says_no.findall(clause)) % 2 == 1


# Frames

_SCAM = frame("swindlers")
_CONSENT = frame("consent")
_NO_CONSENT = frame("whether_or_not")
_COURT = frame("law")
_CUSTOMER = frame("customer")
_TOLD = frame("told")
_PERSON = frame("person")
_AHEAD = frame("ahead")
_BARGAIN = frame("bargain")
_AGAINST_US = frame("against_us")
_OURS = frame("threatens")
_INTENDS = frame("intends")
_KIND = frame("kind")
_ASKED = re.compile(
    r"(?:^|[.!?。？！\"] ?)(?:(?:will|can|could|do|am|would|is|are|must|should)[^.?!]{0,60}\?|[^。?？!！]{0,24}(?:吗|么|会不会[^?？。]{0,12}|能不能[^?？。]{0,12})[?？]) ?(?:no\b|never\b|not at all|不会|不能|不是|没有)"
)

_GENTLE = frame("gentle")
"""Comfort, rights and rules: with them in the clause, what only hints is no hint."""


def gentle(text: str, start: int, end: int) -> bool:
    """Answer whether this very clause comforts, or tells a right or a rule, and none threatens.

    Kind words excuse what stands with them, and nothing that comes before or after them.
    """
    begin, stop = sentence_of(text, start, end)
    sentence = text[begin:stop]
    if _HARSH.search(sentence):
        return False
    about = _between(_TURN, sentence, start - begin, end - begin)
    return any(_overlap(match.span(), about) for match in _GENTLE.finditer(sentence))


_TURN = re.compile(
    r"[,;，；、!！¶]| - |(?=祝您|感谢|谢谢)|\b(?:and|but|so|then|yet)\b|但|而且|并且|所以"
)


def _between(turns: re.Pattern[str], sentence: str, start: int, end: int) -> tuple[int, int]:
    """Answer from turn to turn where the part of a sentence goes in which a stretch stands."""
    begin = max((turn.end() for turn in turns.finditer(sentence, 0, start)), default=0)
    after = turns.search(sentence, max(end - 1, start))
    return begin, after.start() if after else len(sentence)


def civil(sentence: str) -> tuple[str, list[str]]:
    """Answer a sentence without its clauses that begin with a courtesy, and these; never nothing."""
    cuts = [0, *(turn.end() for turn in _TURN.finditer(sentence)), len(sentence)]
    clauses = [sentence[left:right] for left, right in pairwise(cuts)]
    plain: list[str] = []
    courtesies: list[str] = []
    for clause in clauses:
        (courtesies if _CIVIL.match(clause) else plain).append(clause)
    return ("".join(plain), courtesies) if any(plain) else (sentence, [])


_CIVIL = re.compile(
    r"\W*(?:(?:many )?thank(?:s|\b)|(?:we|i)(?:'re| are|'m| am)? (?:\w+ )?(?:sorry|apologi|understand (?:that|how))|sorry\b|our apologies|kind regards|have a (?:\w+ )?(?:day|week|evening)|(?:您好|你好|打扰了|感谢|谢谢|祝您|抱歉|非常抱歉|理解您))"
)


_NEXT = re.compile(
    r"[;；¶]|,? \band (?:we|i|you|your|our|all|some\w+|every\w+|nobody)\b|,? \bbut\b|但|而且|并且"
)
"""Where something new is said; a condition and its consequence stay together."""


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


_HARSH = frame("harsh")

_RETRACTED = frame("retracted")
_RECEIVED = frame("received")
_HELP = frame("help")
_WORRY = frame("worry")

SPOKEN_OF = frozenset(
    {
        "L19",
        "L20",
        "L01",
        "L02",
        "L04",
        "L06",
        "L07",
        "L09",
        "L12",
        "L13",
        "L16",
        "L17",
        "L03",
        "L11",
        "L15",
        "L08",
    }
)
"""What a warning of swindlers may name."""


_ASKED_ABOUT = re.compile(r"\b(?:whether|asked if) (?:we|i) \w+")
"""What is asked is not announced."""

_ADVISER = frame("adviser")
"""Somebody who helps the person is asked after or offered."""
_KEPT = frame("kept")
"""A note that says that nothing was told."""
_NO_SHAME = frame("no_shame")


def framed(text: str, start: int, end: int, category: str) -> bool:
    """Answer whether the sentence only warns, permits, explains or tells what the person said."""
    begin, stop = sentence_of(text, start, end)
    sentence = text[begin:stop]
    ours = _OURS.search(_ASKED_ABOUT.sub("", sentence))
    further = text[begin : sentence_of(text, stop, stop + 1)[1]] if stop < len(text) else sentence
    if category == "L07" and _KEPT.search(sentence):
        return True
    if (
        category in {"L03", "L04", "L15"}
        and _ADVISER.search(sentence)
        and not _OURS.search(sentence)
    ):
        return True
    if category == "L11" and _INTENDS.search(sentence) and not _OURS.search(sentence):
        return True
    if category == "L08" and _NO_SHAME.search(sentence):
        return True
    if category in SPOKEN_OF and _SCAM.search(further) and not _OURS.search(further):
        return True
    if category == "L03" and _AGAINST_US.search(sentence) and not ours:
        return True
    if category in SPOKEN_OF and not ours:
        told = (
            (_RETRACTED, _HELP, _WORRY)
            if category == "L15"
            else (_RETRACTED, _RECEIVED, _HELP, _WORRY)
        )
        if any(frame.search(sentence) for frame in told) or _RETRACTED.search(further):
            return True
    if category in {"L07", "L16"}:
        left, right = _between(_NEXT, sentence, start - begin, end - begin)
        if _CONSENT.search(sentence[left:right]):
            return not _NO_CONSENT.search(sentence)
    if category in {"L03", "L02", "L06", "L17", "L07", "L09", "L13", "L01"}:
        if _COURT.search(further) and _explains(further):
            return True
        if _CUSTOMER.search(sentence) and not (_OURS.search(sentence) or _TOLD.search(sentence)):
            return category != "L07" or not _TOLD_BY_US.search(sentence)
    return any(
        m.start() <= begin < m.end() or m.start() <= start < m.end() for m in _ASKED.finditer(text)
    )


_TOLD_BY_US = re.compile(
    r"(?:跟|和|同|对|向|给|告诉)(?:他|她|其|客户|债务人)的?[^,。;!?]{1,6}(?:说了|讲了|说清|说明了|聊了|谈了|提了|知道了?)|"
    r"(?:^|[,.;] ?|\bso |\band )(?:i |we |have )?(?:told|informed|explained (?:it |this )?to|spoke (?:to|with)|let) (?:his|her|their|the) \w+"
)
"""Where the debtor is only the one who was away, the telling is ours."""

_SPOKEN_TO = re.compile(r"[你您]|我(?!说)|\b(?:you|your|i|we|us|our|me|my)\b")


def of_their_life(text: str, start: int, end: int) -> bool:
    """Answer whether a sentence of a note only tells what happened to the person, or what they do.

    ``客户在派出所当辅警`` and ``his car was repossessed by another lender`` threaten nobody;
    what is to come, and what we told them, is judged.
    """
    begin, stop = sentence_of(text, start, end)
    sentence = text[begin:stop]
    return bool(_PERSON.search(sentence)) and not any(
        spoils.search(sentence) for spoils in (_TOLD, _AHEAD, _SPOKEN_TO)
    )


def bargained(text: str, start: int, end: int) -> bool:
    """Answer whether what is denied there is denied only to who pays."""
    begin, stop = sentence_of(text, start, end)
    return bool(_BARGAIN.search(text[begin:stop]))


_EXPLAINS = frame("explains")


def _explains(sentence: str) -> bool:
    if re.search(
        r"(?:can'?t|cannot|won'?t) (?:promise|guarantee|rule out)|不(?:保证|排除)", sentence
    ):
        return False
    return bool(_EXPLAINS.search(sentence)) and not _OURS.search(sentence)


def kind(text: str, start: int, end: int) -> bool:
    """Answer whether a delicate subject is spoken of with care, or as the person told it."""
    begin, stop = sentence_of(text, start, end)
    sentence = text[begin:stop]
    return bool(_KIND.search(sentence) or _CUSTOMER.search(sentence)) and not re.search(
        r"but\b|but we|however|但|不过|可是", sentence
    )


_COURTEOUS = frame("courteous")


def courteous(text: str, start: int, end: int) -> bool:
    """Answer whether the sentence has a word of courtesy, help or denial."""
    begin, stop = sentence_of(text, start, end)
    return bool(_COURTEOUS.search(text[begin:stop]))
