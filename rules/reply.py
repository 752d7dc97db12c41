"""What a person's reply asks for: a wish to be left alone is never missed and never guessed away.

Both languages are always tried. A plain request takes effect at once; what might be one holds the
channel and goes to a person. Nothing is concluded from politeness or from promises.
"""

from __future__ import annotations

import re
import unicodedata

from models.contact import Channel
from models.reply import Concern, Meaning, Reply
from rules.spelling import View, views

_WORDS: frozenset[str] = frozenset(
    {
        "stop", "stopall", "stop all", "stop sms", "stop texts", "stop text", "stop texting", "stop it", "please stop",
        "pls stop", "stop please", "stop now", "unsubscribe", "unsub", "cancel", "end", "quit",
        "opt out", "optout", "opt-out", "remove", "remove me", "revoke", "revoke consent", "dnc", "arret", "n", "td", "t", "tdtd", "qx",
        "退订", "退", "取消", "取消订阅", "拒收", "停", "停止", "停止发送", "停发", "退订回n", "回td", "退td", "退订td", "不要发", "别发", "别发了",
        "不要再发", "不要再发了", "别再发", "别再发了", "请停止",
    }
)  # fmt: skip
"""Whole messages that mean: no more on this channel (47 CFR 64.1200(a)(10), 通信短信息服务管理规定 18)."""

_MEDIA = r"(?:texts?|texting|txts?|sms|messag(?:es?|ing)|msgs?|e-?mails?|e-?mailing|call(?:s|ing)?|phon(?:e|ing)|ringing|letters?|mail(?:s|ing)?|writ(?:e|ing))"
_NO_MORE = r"(?:(?:do not|don'?t|never)(?! stop)|no more|(?<!don't )(?<!dont )(?<!do not )(?:stop|quit|cease))"

_OPT_OUT = re.compile(
    rf"{_NO_MORE}(?: \w+){{0,3}}? {_MEDIA}\b|\bno (?:more )?{_MEDIA}\b|(?:remove|take) (?:me|my number|this number|my e-?mail|my address)|unsubscribe|opt(?:ing)? ?-?out|\bopt me out|\b(?:revok|withdr[ae]w|cancel)\w* (?:\w+ ){{0,2}}?consent|"
    r"(?:别|不要|请勿|勿|停止|不想|不许|不准|拒绝|不用)(?:再|在)?(?:继续)?(?:给|向|跟|对)?(?:我)?(?:再)?(?:乱)?(?:发|收|收到|接收|群发|推送)(?:送)?(?:了|任何|这种|这些|短信|信息|消息|邮件|微信|电邮)|"
    r"(?:别|不要|请勿|勿|停止|不许|不准|不用)(?:再|在)(?:给我)?(?:发|打|寄)|(?:别|不要|停止)(?:再)?给我(?:发|打|寄)|退订|拒收(?:短信|信息|消息)?|(?:短信|邮件|电话)(?:别|不要|不用)(?:再)?(?:发|打)|别(?:打|发)(?:短信|电话|邮件|信息)"
)
_CEASE = re.compile(
    r"(?<!don't )(?<!dont )(?<!do not )(?:stop|quit|cease)(?: \w+){0,2}? (?:contact|communicat|bother|harass|hound)\w*|cease and desist|(?:do not|don'?t|dont|never)(?: \w+){0,2}? (?:contact|bother|communicate)\b|"
    r"leave me (?:alone|be)\b|no (?:more|further) (?:contact|communication)s?|(?:i )?refuse to pay|(?:i )?(?:will not|won'?t|am not going to|'m not going to|am not|'m not) (?:ever )?pay(?:ing)?\b(?! (?:until|till|before|more|all|it all|that much))|"
    r"(?:别|不要|停止|请勿|不许|不准)(?:再)?(?:来)?(?:和|跟|与)?(?:我)?(?:再)?(?:联系|骚扰|烦|找|打扰|催收?|纠缠)(?:我|了)?|(?:停止|终止)(?:一切|所有)?(?:联系|催收|骚扰)|拒绝(?:还款|支付|偿还|一切联系|联系)|我不会还|不还了"
)
_DISPUTE = re.compile(
    r"\bdisput(?:e|es|ed|ing)\b|(?:not|isn'?t|isnt|never) (?:my|mine|a) ?(?:debt|account|loan|card)?\b(?=.{0,10}(?:debt|account|loan|$))|(?:do not|don'?t|dont|never) owe|(?:amount|balance|figure|sum|this) is (?:wrong|incorrect|not right)|"
    r"wrong (?:amount|balance|figure)|never (?:had|opened|borrowed|took|signed)|(?:prove|validate|verify|verification of|proof of|show me|send me proof)\b.{0,16}(?:it|debt|proof|contract)?|don'?t recogni[sz]e|do not recogni[sz]e|who is this debt|"
    r"不认(?:可|账|这|同)?|不承认|有异议|提出异议|异议|(?:没|没有|从未|从来没|未)(?:有)?(?:借|欠|贷|办|签|用)(?:过)?|不是我(?:的|借|欠|本人)|不欠|(?:金额|数额|数目|账|余额)(?:不对|有误|错|不符)|(?:对不上|算错)|什么债|拿出(?:证据|合同)|(?:给|出示|提供).{0,4}(?:合同|证据|凭证)|核实"
)
_PAID = re.compile(
    r"(?:already |just |have |'ve |has )(?:been )?(?:paid|settled|sent (?:the )?(?:money|payment))|\bi paid\b|paid (?:it|this|you|in full|off|already|last|yesterday|today|on)|payment (?:was |has been )?(?:made|sent|done)|"
    r"(?:已|已经|刚|刚刚|早就|早|都|昨天|今天|上周|上个月)(?:经)?.{0,4}(?:还|付|转|结清|支付|缴)(?:了|清|款|过|完)?|(?:还清|结清|付清)(?:了)?|(?:还|付|转|打)(?:过去)?了(?:吧|呀|啊)?$|(?:还|付|转|打)过(?:钱|款|了)"
)
_MAYBE = re.compile(
    r"^\W*(?:no|nope|nah)\W*$|\bsto+p|\b(?:basta|pare|deten\w+|cancelar|dejen?|dejar|smett\w+|arr[eê]te\w*|d[uừ]ng|tingzhi|tuiding|bie fa)\b|\bquit\b|\bcancel\b|\bremove\b|\bcease\b|\benough\b|\bunsub|fed up|leave me|no more|\bharass|not interested|go away|wrong time|\bat work\b|busy|instead of|\balto\b|\bparar?\b|\bbaja\b|\bno me \w+|\bne me\b|\bkeine\b|\baufh[oö]ren\b|"
    r"\bh(?:ö|o|oe)r\w*(?: \w+){0,2} auf\b|\bnicht mehr\b|\bin ruhe\b|\babmelden\b|\babbestell|\bwidersp[rä]|\bunterlass|\bnein\b|"
    r"\b(?:fuck|piss|bugger|sod|back) off\b|get lost|screw you|滚|"
    r"停|退订|取消|别发|别打|别来|不要(?:发|打|来|找)|不要再|别再|骚扰|烦(?:死|不烦|人)|没完|够了|有完没完|\btd\b|不方便|上班"
)

_HAND_UP = re.compile("[🛑✋🖐🤚⛔🚫🚷🔇🔕🙅🖕👎]")
"""Pictures that say stop; all others are pictures."""

_ORDINARY = re.compile(
    r"(?:(?:ok(?:ay)?|k|thanks?|thx|ty|you|very much|a lot|yes|yep|yeah|y|sure|fine|good|great|noted|"
    r"understood|got it|received|alright|all right|will do|hi|hello|cheers|no problem|danke|ja|in ordnung|gut|"
    r"好的?|好吧|嗯|行|可以|知道了?|收到|谢谢(?:你|您)?|明白了?|是的?|您?你?好)[\s\W]*)*"
)
"""Whole messages of courtesy."""

_SHORT_PROMISE = re.compile(
    r"\b(?:will|'?ll|gonna|going to|can) (?:\w+ ){0,3}pay\b|\bpay(?:ing)? (?:on|by|next|this|tomorrow|tonight|today)\b|"
    r"(?:会|能|准备).{0,8}(?:还|付|转)|zahle|überweise"
)

_CONCERNS: dict[Concern, re.Pattern[str]] = {
    Concern.SELF_HARM: re.compile(
        r"kill (?:my ?self|me)|suicid|end (?:it all|my life)|(?:want|going|rather|better off) (?:to )?(?:die|be dead|dead)|no reason to live|can'?t go on|hurt myself|self-?harm|take my (?:own )?life|"
        r"自杀|不想活|活不下去|活着没(?:有)?意思|去死|想死|跳楼|轻生|了结|一死了之|自残|寻短见|没法活|死了算"
    ),
    Concern.DECEASED: re.compile(
        r"\bdeceased\b|\bpassed away\b|\bhas died\b|\bis dead\b|\bdied\b|\bdeath of\b|\bthe estate\b|\bexecutor\b|\bprobate\b|\blate (?:husband|wife|father|mother|son|daughter|brother|sister)\b|"
        r"去世|过世|死亡|病故|身故|已故|离世|不在人世|(?<![烦累急气困忙饿笑愁难吓渴要])死了(?!算)|走了好?几?年|遗产|继承人"
    ),
    Concern.IDENTITY_THEFT: re.compile(
        r"identity (?:theft|was stolen|stolen)|stole(?:n)? my (?:id|identity|card|name)|\bfraud(?:ulent)?\b|someone (?:else )?(?:used|opened|took)|police report|\bscam|\bhacked\b|"
        r"盗用|冒用|冒名|被冒|身份(?:证)?被|身份信息被|诈骗|被骗|骗贷|报案|报警"
    ),
    Concern.BANKRUPTCY: re.compile(
        r"bankrupt|chapter (?:7|11|13)|insolven|\biva\b|debt relief order|\bdro\b|breathing space|moratorium|trustee|破产|债务清理|个人重整|清算"
    ),
    Concern.ATTORNEY: re.compile(
        r"\b(?:my|our|a|an|the) (?:\w+ )?(?:attorney|lawyer|solicitor|barrister|debt adviser|counsel)\b|(?:attorney|lawyer|solicitor)s?\b|law (?:firm|office)|represent(?:ed|ing|s)\b|power of attorney|citizens advice|stepchange|"
        r"律师|代理人|委托.{0,6}处理|法律援助"
    ),
    Concern.WRONG_PARTY: re.compile(
        r"wrong (?:number|person|guy|address)|not (?:him|her|that person|the person|me\b)|i(?:'m| am) not (?!sure|able|going|paying|happy|interested|in|at|working|well|sure)\w+|no (?:one|body|such person) (?:here )?(?:by|with|called|named|of)|don'?t know (?:him|her|this person|anyone)|"
        r"(?:打|发|找|弄|搞)错(?:人|号|了)?|不是(?:他|她|本人|我本人|机主|这个人)|你(?:找|打)错|认错人|不认识(?:他|她|这个人|此人)?|换(?:过)?号|新机主|号码(?:不是|换)"
    ),
    Concern.MINOR: re.compile(
        r"\bi(?:'?m| am) (?:only |just )?(?:1[0-7]|[5-9])(?: years old)?\b(?!\d|[.,:/%]| ?(?:am|pm|dollars|pounds|days|weeks|months))|under ?age|\ba minor\b|未成年|还是(?:个)?(?:孩子|学生)|我(?:才|只有)?1[0-7]岁"
    ),
    Concern.VULNERABILITY: re.compile(
        r"\bcancer\b|hospital|\bsurgery\b|\bill(?:ness)?\b|\bsick\b|disab(?:led|ility)|depress|anxiety|mental(?:ly)? |dementia|stroke\b|pregnan|lost my job|laid off|redundan|unemployed|no (?:income|money|food)|can'?t (?:afford|feed|eat|pay rent)|"
        r"homeless|evicted|domestic (?:abuse|violence)|widow|terminal|carer|hardship|benefits?\b|panic|"
        r"生病|重病|住院|手术|癌|残疾|抑郁|焦虑|精神|失业|下岗|没(?:有)?(?:工作|收入|钱|饭)|吃不(?:上|起)|交不起|困难|怀孕|家暴|低保|瘫痪|透析|白血病|崩溃|负担不起"
    ),
    Concern.COMPLAINT: re.compile(
        r"complain|\bsue you\b|ombudsman|\bcfpb\b|\bfca\b|attorney general|\breport you\b|\bharass|illegal|your (?:manager|supervisor)|regulator|trading standards|投诉|举报|12378|12345|12315|银保监|金融监管|起诉你|告你|违法|骚扰|曝光|侵犯"
    ),
}  # fmt: skip

_SAYS: dict[Channel, re.Pattern[str]] = {
    Channel.SMS: re.compile(r"\b(?:txt|text|sms|messag|msg)|短信|信息|消息"),
    Channel.EMAIL: re.compile(r"\be-?mail|邮件|电邮|邮箱"),
    Channel.PHONE: re.compile(r"\b(?:call|phon|ring)|电话|来电|通话|打给"),
    Channel.LETTER: re.compile(r"\b(?:letters?|post)\b|信函|寄信|信件|纸质"),
    Channel.VISIT: re.compile(r"\b(?:visit|come to my|come by)|上门|来我家"),
}
_PARTLY = re.compile(
    r"\bmy (?:mother|mum|mom|father|dad|parents|wife|husband|son|daughter|brother|sister|family|neighbou?rs?|boss|employer|colleagues?|friends?)\b|"
    r"(?:给|找|联系)我?(?:家人|父母|爸|妈|老婆|老公|妻子|丈夫|孩子|同事|领导|老板|朋友|亲戚|邻居)|"
    r"\bat (?:my )?(?:work|job|office)|\bduring\b|\b(?:before|after|until|between) \d|\bmornings?\b|\bevenings?\b|\bweekends?\b|上班|单位|晚上|早上|中午|周末|点(?:以)?[前后]"
)
"""A wish about time, place or other people: closed as a whole for now, and a person records what was
meant, or learns that somebody else was called.
"""

_QUESTION = re.compile(
    r"\?|^(?:who|what|why|how|when|where|which|can|could|do(?! not)|does|is|are)\b|吗|什么|怎么|多少|为何|谁|哪|如何|几时|能不能|可不可以|请问"
)
_QUOTED = re.compile(
    r"^(?:>.*|on .{4,120} wrote:|-{2,} ?(?:original|forwarded) message.*|_{8,}|from: .*|发件人[:：].*|.{4,80}写道[:：]|-{2,} ?原始邮件.*)$",
    re.IGNORECASE | re.MULTILINE,
)
"""Where an e-mail begins to repeat what we wrote, with our own opt-out line in it."""

_CLAUSE = re.compile(
    r"[,.;!?，。；！？、]|\b(?:but|however|instead|and you can|you can|only|just use)\b|但是?|可以|改|还是"
)
_EVERYTHING = re.compile(
    r"\ball\b|\bany(?:thing| way| form)?\b|every(?:thing| channel)?|一切|所有|任何(?:方式|形式)|都不要|全部"
)
_FOREIGN = re.compile(
    r"[^\W\d_a-z\u3007\u3400-\u9fff]{2,}|[^\W\d_a-zà-ɏ\u3007\u3400-\u9fff][^\sa-z]*[^\W\d_a-zà-ɏ\u3007\u3400-\u9fff]"
)
"""Two letters of no script of ours in one word; in some a vowel sign stands between any two."""
SHORT = 80
"""Characters of a promise that hides no story."""

_ALL = frozenset(Channel)
_BARE = re.compile(r"[\s\W_]+")


def classify(text: str, channel: Channel) -> Reply:
    """Read a reply that came by ``channel``. The answer quotes nothing of it."""
    readings = views(_own_words(text))
    rules: list[str] = []
    meanings: set[Meaning] = set()
    closed: frozenset[Channel] = frozenset()

    if any(_keyword(view) for view in readings):
        rules.append("opt_out.keyword")
        meanings.add(Meaning.OPT_OUT)
        closed = frozenset({channel})
    if clauses := [c for view in readings for c in _asking(view, _CEASE)]:
        named = _named(clauses)
        if named and not any(_EVERYTHING.search(c) for c in clauses):
            rules.append("opt_out.named")
            meanings.add(Meaning.OPT_OUT)
            closed |= named
        else:
            rules.append("cease")
            meanings.add(Meaning.CEASE)
    if clauses := [c for view in readings for c in _asking(view, _OPT_OUT)]:
        rules.append("opt_out.words")
        meanings.add(Meaning.OPT_OUT)
        closed |= _named(clauses) or frozenset({channel})
        if any(_EVERYTHING.search(c) for c in clauses) and not _named(clauses):
            closed = _ALL
    for meaning, pattern in (
        (Meaning.DISPUTE, _DISPUTE),
        (Meaning.PAYMENT_CLAIM, _PAID),
        (Meaning.QUESTION, _QUESTION),
    ):
        if any(pattern.search(view.text) for view in readings):
            rules.append(meaning.value)
            meanings.add(meaning)
    return _answer(_own_words(text), readings, meanings, closed, rules)


def _answer(
    own: str,
    readings: tuple[View, ...],
    meanings: set[Meaning],
    closed: frozenset[Channel],
    rules: list[str],
) -> Reply:
    concerns = [
        concern
        for concern, pattern in _CONCERNS.items()
        if any(pattern.search(view.text) for view in readings)
    ]
    # Of the words as they came: undisguised, a whole word of Cyrillic is Latin.
    if _FOREIGN.search(unicodedata.normalize("NFKC", own).lower()):
        concerns.append(Concern.OTHER_LANGUAGE)
    rules += [f"concern.{concern.value}" for concern in concerns]
    if not meanings & {Meaning.CEASE, Meaning.OPT_OUT} and any(
        _MAYBE.search(view.text) or _HAND_UP.search(own) for view in readings
    ):
        rules.append("ambiguous")
        meanings.add(Meaning.AMBIGUOUS)
    if not meanings and not concerns and not _needs_nobody(readings[0].text):
        rules.append("not_understood")
    ordered = tuple(meaning for meaning in Meaning if meaning in meanings) or (Meaning.OTHER,)
    return Reply(
        meanings=ordered,
        closed=closed,
        concerns=tuple(concerns),
        human=bool(concerns)
        or bool(meanings - {Meaning.OPT_OUT})
        or "not_understood" in rules
        or any(_PARTLY.search(view.text) for view in readings),
        rules=tuple(dict.fromkeys(rules)),
    )


def _needs_nobody(text: str) -> bool:
    """Whether a message is nothing, a picture, a courtesy, or a promise in a few words.

    Whatever else no pattern knows is read by a person: somebody wrote it to be read.
    """
    bare = text.strip()
    return bool(_ORDINARY.fullmatch(_BARE.sub(" ", bare).strip())) or (
        len(bare) <= SHORT and bool(_SHORT_PROMISE.search(bare))
    )


def _own_words(text: str) -> str:
    """Leave out what an e-mail repeats of ours; a message that is all quotation is kept."""
    first = _QUOTED.search(text)
    own = text[: first.start()] if first else text
    return own if own.strip() else text


_BARE_WORDS = frozenset(_BARE.sub("", word) for word in _WORDS)
_IN_CLAUSE = frozenset(word for word in _BARE_WORDS if len(word) > 1) - {"end", "cancel", "取消"}
"""Those that close a channel as one clause among others too."""
_CLAUSE_END = re.compile(r"[,.;!?，。；！？]|¶")
_COURTESY = re.compile(
    r"(?:ok(?:ay)?|thanks?|thx|ty|you|please|pls|now|hi|hello|yes|no|谢谢(?:你|您|了)?|好的?|请|您?你?好)"
)


def _keyword(view: View) -> bool:
    """Answer whether the message, or a clause of it, is one of the words that close a channel, be it
    said twice or with courtesies around it.
    """
    if _BARE.sub("", view.text) in _BARE_WORDS:
        return True
    clauses = _CLAUSE_END.split(view.text)[:_CLAUSES]
    return any(_is_keyword(_BARE.sub("", each)) for each in (*clauses, *map(_plainly, clauses)))


def _plainly(clause: str) -> str:
    """A short clause without its courtesies."""
    words = _BARE.sub(" ", clause).split() if len(clause) <= SHORT else ()
    kept = [word for word in words if not _COURTESY.fullmatch(word)]
    return _GLUED.sub("", " ".join(kept))


_GLUED = re.compile(r"谢谢(?:你|您|了)?$|^(?:请|您好|你好)")
"""Courtesies of a language that writes no blanks."""
_CLAUSES = 20
"""Of a message, that are asked whether they are a keyword: who wants quiet says so before."""


def _is_keyword(bare: str) -> bool:
    """Answer whether letters are one of the words, once or several times."""
    return any(
        bare == word * (len(bare) // len(word)) for word in _IN_CLAUSE if bare.startswith(word)
    )


def _asking(view: View, pattern: re.Pattern[str]) -> list[str]:
    """Answer the clauses that ask for quiet."""
    return [clause for clause in _CLAUSE.split(view.text) if clause and pattern.search(clause)]


def _named(clauses: list[str]) -> frozenset[Channel]:
    """Answer the channels that clauses speak of."""
    return frozenset(
        channel for channel, says in _SAYS.items() if any(says.search(clause) for clause in clauses)
    )
