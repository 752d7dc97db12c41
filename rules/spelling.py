"""Text as a reader sees it: disguises of letters and words taken off before anything is matched."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from itertools import chain, pairwise

HAN = "\u3400-\u4dbf\u4e00-\u9fff"
"""Ranges for a character class."""

PARAGRAPH = "¶"
"""Stands for an empty line: nothing reaches across it."""


def _pairs(text: str) -> dict[int, str]:
    return str.maketrans({pair[0]: pair[1] for pair in text.split()})


_LOOKS_LIKE = _pairs(
    "аa еe оo рp сc уy хx іi јj ѕs ԁd ԛq ԝw һh ӏl мm тt вb нh кk пn гr зe ьb "
    "αa εe οo ιi κk νv ρp τt υu χx ηn ωw σo βb μu ɡg ıi ɑa Ɩl ℓl "
    "ᴀa ʙb ᴄc ᴅd ᴇe ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ʀr ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz øo łl đd ħh ŧt "
    "‘' ’' ʼ' ′' `' ´' “\" ”\" „\" ‐- ‑- ‒- –- —- −- ₋-"
)
_SIMPLIFIED = _pairs(
    "訂订 訴诉 單单 報报 體体 這这 們们 還还 錢钱 對对 會会 進进 債债 戶户 號号 銀银 貸贷 媽妈 爺爷 親亲 屬属 鄰邻 導导 紅红 時时 間间 後后 來来 點点 強强 執执 "
    "產产 凍冻 結结 車车 門门 開开 關关 監监 獄狱 詐诈 騙骗 殺杀 斷断 腳脚 頭头 臉脸 無无 賴赖 滾滚 廢废 賠赔 償偿 賣卖 腎肾 麼么 麽么 沒没 過过 從从 給给 "
    "讓让 帶带 處处 發发 貼贴 橫横 眾众 個个 萬万 億亿 實实 權权 議议 請请 師师 檢检 罰罚 員员 層层 職职 業业 孫孙 兒儿 婦妇 學学 電电 話话 聯联 繫系 轉转 "
    "帳账 賬账 際际 響响 終终 徵征 錄录 庫库 網网 夢梦 護护 證证 據据 舉举 訟讼 決决 傳传 喚唤 調调 協协 緊紧 現现 樣样 種种 壞坏 幫帮 為为 與与 長长 東东 "
    "書书 馬马 黨党 擊击 傷伤 嚇吓 脅胁 驚惊 動动 尋寻 蹤踪 隨随 記记 認认 識识 誰谁 說说 談谈 讀读 麗丽 應应 該该 噁恶 惡恶 敗败 類类 濟济 貧贫 窮穷 爛烂 "
    "殘残 絕绝 閉闭 鎖锁 燒烧 潑泼 糞粪 滿满 區区 鄉乡 國国 華华 總总 務务 稅税 貨货 幣币 圓圆 餘余 額额 條条 計计 緩缓 減减 遲迟 簡简 訊讯 遠远 別别 撥拨 "
    "擾扰 寧宁 斂敛 審审 團团 剛刚 幾几 歲岁 擇择 嗎吗 誤误 養养 療疗 醫医 遺遗 爾尔 啟启 繼继 續续 聲声 擔担 衛卫 較较 輛辆 蘋苹"
)
_LEET = str.maketrans("0345789@$!1|", "oeastbgasiil")
_LEET_L = str.maketrans("0345789@$!1|", "oeastbgasill")

_DROPPED = frozenset({"Cf", "Mn", "Me", "So", "Sk", "Co", "Cn", "Cc"})
"""Categories that print nothing, sit on a letter, or are pictures put between letters."""
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5")

_FILLER = re.compile(rf"(?<=[{HAN}])[\s*_~|+·•^#=\\/.…-]+(?=[{HAN}])")
_CHOPPED_HAN = re.compile(rf"(?:[{HAN}][^\w\s{PARAGRAPH}]+){{2,}}[{HAN}]")
_CHOPPED_LATIN = re.compile(
    r"(?<![a-z0-9@$])(?:[a-z0-9@$!][ .\-_*~|,/+]{1,3}){2,}[a-z0-9@$!](?![a-z])"
)
_IN_WORD = re.compile(
    r"(?<=[a-z0-9@$'])[._*~|^+/\\-]+(?=[a-z0-9@$'])|(?<![a-z0-9.])[_*~|^]+(?=[a-z])|(?<=[a-z])[_*~|^]+(?![a-z0-9])"
)
_LEET_SIGN = re.compile(r"[0-9@$!|]")
_LEET_WORD = re.compile(r"(?=[^\s]*[a-z])(?=[^\s]*[0-9@$!|])(?<![\w@$!|])[a-z0-9@$!|]+")
_ORDINARY = re.compile(r"[a-z]{0,3}\$?\d+|\d+(?:st|nd|rd|th|am|pm|k|x|d)?|[a-z]+!+|\$\d\w*")
_SENTENCE_END = re.compile(
    rf"{PARAGRAPH}|(?<=[a-z]{{3}})[.!?] (?=[a-z]{{2}})|(?<=[{HAN}]{{4}})[。!?]"
)
"""Where a sentence surely ends: after a word, not after one letter of a chopped one."""
_RUN = re.compile(r"([a-z])\1{2,}")


@dataclass(frozen=True, slots=True)
class View:
    """One reading of a text, each character with its place in the original."""

    text: str
    at: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Translate a span of the reading into one of the original."""
        if start >= end:
            return (0, 0)
        return (self.at[start], self.at[end - 1] + 1)

    def without(self, spans: Iterable[tuple[int, int]]) -> View:
        """Take stretches out."""
        kept: list[slice] = []
        done = 0
        for start, end in sorted(spans):
            kept.append(slice(done, start))
            done = max(done, end)
        if not done:
            return self
        kept.append(slice(done, None))
        text = "".join([self.text[stretch] for stretch in kept])
        return View(text, tuple(chain.from_iterable([self.at[stretch] for stretch in kept])))

    def cut(self, pattern: re.Pattern[str]) -> View:
        """Take out whatever a pattern matches."""
        return self.without(match.span() for match in pattern.finditer(self.text))

    def put(self, text: str) -> View:
        """Replace the letters by as many others."""
        return View(text, self.at)


_SOUNDS_LIKE = {
    "起素": "起诉", "起速": "起诉", "气诉": "起诉", "弃诉": "起诉", "其诉": "起诉", "上素": "上诉", "坐劳": "坐牢", "做牢": "坐牢", "座牢": "坐牢", "作牢": "坐牢",
    "井察": "警察", "警查": "警察", "敬察": "警察", "JC叔叔": "警察", "条子": "警察", "帽子叔叔": "警察", "公按": "公安", "公岸": "公安", "工安": "公安", "报井": "报警", "报景": "报警", "暴警": "报警",
    "黑明单": "黑名单", "黑铭单": "黑名单", "嘿名单": "黑名单", "黑冥单": "黑名单", "法园": "法院", "法苑": "法院", "法元": "法院", "发院": "法院", "律湿": "律师", "侓师": "律师", "绿师": "律师", "传漂": "传票", "船票": "传票",
    "逮铺": "逮捕", "代捕": "逮捕", "拘溜": "拘留", "居留你": "拘留你", "鞠留": "拘留", "老癞": "老赖", "老懒": "老赖", "牢赖": "老赖", "骗纸": "骗子", "诈偏": "诈骗", "炸骗": "诈骗", "打段": "打断", "达断": "打断", "弄四": "弄死", "弄s": "弄死",
    "通迅录": "通讯录", "通信录": "通讯录", "同讯录": "通讯录", "暴通讯录": "爆通讯录", "家仁": "家人", "佳人": "家人", "父亩": "父母", "单胃": "单位", "丹位": "单位", "领倒": "领导", "铃导": "领导", "同是": "同事", "邻具": "邻居", "朋有圈": "朋友圈",
    "征心": "征信", "正信": "征信", "怔信": "征信", "查丰": "查封", "茶封": "查封", "冻洁": "冻结", "动结": "冻结", "强质执行": "强制执行", "墙制执行": "强制执行", "后果自付": "后果自负", "后果自复": "后果自负", "人扎": "人渣", "人碴": "人渣", "垃级": "垃圾",
    "薇信": "微信", "威信转": "微信转", "徽信": "微信", "v信": "微信", "vx": "微信", "wx": "微信", "zfb": "支付宝", "只付宝": "支付宝", "hmd": "黑名单", "gaj": "公安局", "pcs": "派出所", "jc": "警察", "bj抓": "报警抓", "txl": "通讯录", "pyq": "朋友圈", "zx": "征信", "lsh": "律师函", "fy的": "法院的", "fy起诉": "法院起诉",
}  # fmt: skip
"""Words written with others that sound the same, and with the first letters of their pinyin."""

_PINYIN = {
    "qisu": "起诉", "zuolao": "坐牢", "jingcha": "警察", "gongan": "公安", "baojing": "报警", "heimingdan": "黑名单", "fayuan": "法院", "lvshi": "律师", "lüshi": "律师", "chuanpiao": "传票", "daibu": "逮捕", "juliu": "拘留",
    "laolai": "老赖", "pianzi": "骗子", "zhapian": "诈骗", "daduan": "打断", "nongsi": "弄死", "tongxunlu": "通讯录", "jiaren": "家人", "fumu": "父母", "danwei": "单位", "lingdao": "领导", "tongshi": "同事", "linju": "邻居", "pengyouquan": "朋友圈",
    "zhengxin": "征信", "chafeng": "查封", "dongjie": "冻结", "zhixing": "执行", "qiangzhi": "强制", "houguo": "后果", "renzha": "人渣", "laji": "垃圾", "weixin": "微信", "zhifubao": "支付宝", "paichusuo": "派出所", "jianyu": "监狱", "kaiting": "开庭", "laopo": "老婆", "laogong": "老公", "haizi": "孩子", "gaosu": "告诉", "tongzhi": "通知",
    "zhua": "抓", "sha": "杀", "da": "打", "gao": "告", "ni": "你", "nin": "您", "women": "我们", "qu": "去", "shang": "上", "men": "门", "qian": "钱", "huan": "还", "bu": "不", "jiu": "就", "hui": "会", "de": "的", "le": "了", "rang": "让", "ba": "把", "jia": "家", "dou": "都", "zhidao": "知道", "zhu": "住", "zai": "在", "nali": "哪里", "si": "死", "tui": "腿", "ren": "人", "zhao": "找",
}  # fmt: skip
_SYLLABLES = re.compile(
    "(?<![a-z])(?:"
    + "|".join(sorted(_PINYIN, key=len, reverse=True))
    + r")(?![a-z])|(?:"
    + "|".join(sorted((w for w in _PINYIN if len(w) > 4 and w != "women"), key=len, reverse=True))
    + ")"
)
_SOUNDS = re.compile(
    "|".join(
        # First letters stand alone: within a word or a reference, as case-bet3hjcson, they mean nothing.
        ("(?<![a-z0-9])" if w[0].isascii() else "")
        + re.escape(w)
        + ("(?![a-z0-9])" if w[-1].isascii() else "")
        for w in sorted(_SOUNDS_LIKE, key=len, reverse=True)
    )
)
_SYLLABLE = (
    "(?:zh|ch|sh|[bpmfdtnlgkhjqxzcsryw])?(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|"
    "ai|ei|ui|ao|ou|iu|ie|ue|er|an|en|in|un|ia|ua|uo|a|o|e|i|u|v)"
)
_PINYIN_RUN = re.compile(
    rf"(?<![a-z'])(?:{_SYLLABLE}){{1,4}}(?:[ ,]+(?:{_SYLLABLE}){{1,4}}(?![a-z'])){{3,}}"
)
_ONLY_PINYIN = re.compile(
    "^(?:zh|x[iu]|q[iu]|j[iu])|(?:iao|uan|iang|ian|iu|ui|uo|ong|uang|ei|ao)(?:[^aeiou]|$)"
)
_ENGLISH_TOO = frozenset(
    [
        "a",
        "an",
        "are",
        "as",
        "at",
        "be",
        "before",
        "being",
        "came",
        "can",
        "cannot",
        "care",
        "change",
        "come",
        "date",
        "dear",
        "do",
        "done",
        "due",
        "eye",
        "fare",
        "fee",
        "few",
        "fine",
        "for",
        "game",
        "gave",
        "go",
        "gone",
        "guarantee",
        "have",
        "he",
        "her",
        "here",
        "hi",
        "hope",
        "i",
        "in",
        "it",
        "june",
        "june",
        "late",
        "like",
        "line",
        "long",
        "made",
        "make",
        "man",
        "me",
        "men",
        "mention",
        "more",
        "name",
        "no",
        "noon",
        "none",
        "note",
        "of",
        "on",
        "one",
        "or",
        "our",
        "out",
        "over",
        "own",
        "pin",
        "range",
        "rate",
        "rise",
        "safe",
        "same",
        "see",
        "she",
        "shown",
        "so",
        "sue",
        "sure",
        "take",
        "than",
        "the",
        "then",
        "time",
        "to",
        "too",
        "tune",
        "unsure",
        "use",
        "we",
        "were",
        "women",
        "you",
        "your",
    ]
)
_SPLIT_SYLLABLES = re.compile(r"(?<=[a-zü])[ '’.·_-](?=[a-zü])")


@lru_cache(maxsize=16_384)
def _fold(char: str) -> str:
    """Answer what one character looks like; nothing, if it prints nothing."""
    if char in "\r\n\v\f\u2028\u2029\x85":
        return "\n"
    if char == "\t" or char in _BULLETS:
        return " "
    if char in _BLANK_LETTERS:
        return ""
    if letter := _TILES.get(char):
        return letter
    folded: list[str] = []
    for plain in unicodedata.normalize("NFKC", char):
        for part in unicodedata.normalize("NFKD", plain):
            if unicodedata.category(part) in _DROPPED:
                continue
            looks = part.casefold().translate(_LOOKS_LIKE).translate(_SIMPLIFIED)
            folded.append(" " if looks.isspace() else looks)
    return "".join(folded)


_BLANKS = re.compile(rf"[ \n]{{2,}}|\n|(?<={PARAGRAPH}) ")
"""Blanks that do not stay as they are, as a single space does."""
_NOTHING = re.compile("\0+")
_TILES = {
    chr(first + n): chr(ord("a") + n) for first in (0x1F150, 0x1F170, 0x1F1E6) for n in range(26)
}
"""Letters that are pictures: in black circles, in black squares, and those that flags are made of."""
_BULLETS = frozenset("•▪◦‣●◆")
"""Before the items of a list."""

_CODED = re.compile(
    r"\r\n|&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});|</?[a-z][^<>\n]{0,60}>|(?<![0-9\s])%20",
    re.IGNORECASE,
)
"""What is not shown as it is written: line ends of two signs, entities and tags of HTML."""


def _as_shown(original: str) -> tuple[Sequence[str], Sequence[int]]:
    """Answer what is shown, sign by sign, and the place of each in the original."""
    if not any(sign in original for sign in "\r&<%"):
        return original, range(len(original))
    shown: list[str] = []
    places: list[int] = []
    at = 0
    for match in _CODED.finditer(original):
        shown += original[at : match.start()]
        places += range(at, match.start())
        at = match.end()
        said = match[0]
        for sign in "\n" if said == "\r\n" else " " if said == "%20" else unescape(said):
            if said[0] != "<":
                shown.append(sign)
                places.append(match.start())
    shown += original[at:]
    places += range(at, len(original))
    return shown, places


def _single(blanks: re.Match[str]) -> str:
    """Answer one sign for a row of blanks, filled up to its length with nothing."""
    begins = blanks.start() == 0 or blanks.string[blanks.start() - 1] != PARAGRAPH
    sign = PARAGRAPH if blanks[0].count("\n") > 1 else " "
    return (sign if begins else "").ljust(len(blanks[0]), "\0")


@lru_cache(maxsize=64)
def plain(original: str) -> View:
    """Answer the text in lower case, compatibility forms and look-alikes folded, spaces single.

    Spaces and filler signs between Han characters are gone, traditional characters that occur in
    threats are simplified, an empty line is a paragraph sign. The checks of one message ask for
    the same few texts over and over; only those are remembered, as they name a person.
    """
    shown, places = _as_shown(original)
    folded = [_fold(char) for char in shown]
    text = "".join(folded)
    at = tuple(place for place, looks in zip(places, folded, strict=True) for _ in looks)
    view = View(_BLANKS.sub(_single, text), at).cut(_NOTHING)
    return view.cut(_FILLER)


def _joined(view: View) -> View:
    """Close up words that were chopped: ``j a i l``, ``ar-rest``, ``黑，名，单``."""
    # Signs first: of w_e w_i_l_l the space between the words is the only one that stays.
    view = view.cut(_IN_WORD)
    gaps: list[tuple[int, int]] = []
    for chopped in (*_CHOPPED_HAN.finditer(view.text), *_CHOPPED_LATIN.finditer(view.text)):
        gaps += [
            (place, place + 1)
            for place in range(*chopped.span())
            if not (view.text[place].isalnum() or view.text[place] in "@$!")
        ]
    return view.without(gaps)


def _lettered(view: View, table: dict[int, int]) -> View:
    """Read digits and signs inside words as the letters they look like: ``j4il``, ``$cum``."""
    if not _LEET_SIGN.search(view.text):
        return view
    return view.put(
        _LEET_WORD.sub(
            lambda word: word[0] if _ORDINARY.fullmatch(word[0]) else word[0].translate(table),
            view.text,
        )
    )


def _squeezed(view: View, keep: int) -> View:
    """Shorten drawn-out letters: ``arrrrest``."""
    return view.without((match.start() + keep, match.end()) for match in _RUN.finditer(view.text))


def _spoken(view: View) -> View | None:
    """Read homophones and pinyin as the words they stand for; None if there are none."""
    text = view.text
    tight = view.cut(_SPLIT_SYLLABLES)
    said = _SYLLABLES.findall(tight.text)
    found = sum(len(_PINYIN[word]) for word in said)
    long = [word for word in said if len(word) > 4 and word != "women"]
    pinyin = bool(long) and (found >= 3 or bool(re.search(rf"[{HAN}]", text)) or len(long) > 1)
    if pinyin:
        view = _put_words(tight, _SYLLABLES, _PINYIN).cut(_FILLER)
    elif not _SOUNDS.search(text):
        return None
    return _put_words(view, _SOUNDS, _SOUNDS_LIKE)


def pinyin_runs(view: View) -> Iterable[tuple[int, int]]:
    """Answer where whole phrases stand in pinyin, in the original: four words or more in a row."""
    for match in _PINYIN_RUN.finditer(view.text):
        words = [word for word in re.split("[ ,]+", match[0]) if word not in _ENGLISH_TOO]
        if len(words) >= 3 and any(_ONLY_PINYIN.search(word) for word in words):
            yield view.span(*match.span())


def _put_words(view: View, pattern: re.Pattern[str], words: dict[str, str]) -> View:
    """Put other words in the place of some, each keeping the places of the first and last."""
    letters: list[str] = []
    places: list[int] = []
    at = 0
    for match in pattern.finditer(view.text):
        word = words[match[0]]
        letters += [*view.text[at : match.start()], *word]
        last = view.at[match.end() - 1]
        first = view.at[match.start()]
        places += [*view.at[at : match.start()], *([first] * (len(word) - 1)), last]
        at = match.end()
    letters += view.text[at:]
    places += view.at[at:]
    return View("".join(letters), tuple(places))


def views(original: str) -> tuple[View, ...]:
    """Answer every reading of a text, the plain one of the whole first.

    The others are of single sentences, and only where they differ from the plain one.
    """
    first = plain(original)
    found: dict[str, View] = {}
    for sentence in sentences(first):
        for view in disguises(sentence):
            found.setdefault(view.text, view)
    for view in unbroken(original):
        found.setdefault(view.text, view)
    return (first, *found.values())


_BROKEN = re.compile(r"(?<=[a-z]) ?-? ?\n ?(?=[a-z])", re.IGNORECASE)
_SHORT_LINE = 14
"""Letters; lines that are shorter than that throughout break words and not sentences."""


def unbroken(original: str) -> tuple[View, ...]:
    """Answer the text with words put together that lines broke apart; none if no line does."""
    breaks = list(_BROKEN.finditer(original))
    hyphened = [match for match in breaks if "-" in match[0]]
    lines = original.split("\n")
    chopped = len(lines) > 2 and sum(map(len, lines)) < _SHORT_LINE * len(lines)
    if not (hyphened or chopped):
        return ()
    cuts = [match.span() for match in (breaks if chopped else hyphened)]
    kept = View(original, tuple(range(len(original)))).without(cuts)
    view = plain(kept.text)
    whole = View(view.text, tuple(kept.at[place] for place in view.at))
    return (whole, *(each for part in sentences(whole) for each in disguises(part)))


def sentences(view: View) -> Iterator[View]:
    """Take a reading apart where sentences surely end."""
    ends = [match.end() for match in _SENTENCE_END.finditer(view.text)]
    for start, end in pairwise((0, *ends, len(view.text))):
        yield View(view.text[start:end], view.at[start:end])


def disguises(sentence: View) -> tuple[View, ...]:
    """Answer what else the words of a sentence may be meant as."""
    joined = _joined(sentence)
    found: dict[str, View] = {}
    for reading in (
        joined,
        _lettered(joined, _LEET),
        _lettered(joined, _LEET_L),
        _lettered(sentence, _LEET),
    ):
        if reading.text in found:
            continue
        for view in (reading, _squeezed(reading, 1), _squeezed(reading, 2)):
            found.setdefault(view.text, view)
    if spoken := _spoken(joined):
        found.setdefault(spoken.text, spoken)
    found.pop(sentence.text, None)
    return tuple(found.values())
