"""Precision and recall of the wording guard on sentences written for it, and under disguise.

``pytest -s tests/rules/test_wording_corpus.py`` prints the tables that docs/wording.md shows.
"""
# ruff: noqa: T201  # the tables are printed for whoever asks with -s

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from bench import leaning
from models.wording import Judgement
from rules.leaning import learned_from
from rules.spelling import _SIMPLIFIED
from rules.wording import check
from rules.written_text import read_text

FILES = Path(__file__).parents[1] / "data" / "wording"
LOCALE = {"zh": "zh-CN", "en": "en-US"}
GERMAN = "de-DE"
PARTS = [
    "tuned", "held-out", "fresh", "veiled", "hinted", "unseen", "last", "newest",
    "round1", "round2", "round3", "round4", "round5", "round6", "round7", "round8", "round9",
    "lesson", "round10", "round11",
]  # fmt: skip
"""Read while the concepts were built; written before them; after them; by one who hides; read while
the hints were built; frozen before them; two written after them; and rounds, each written after the
misses of the one before it were mended. The weights of ``rules.leaning`` were learned from all up to
round 9 and from the lesson; round 10 is the other half of round 9, drawn by lot and never learned from, and round 11 was written last and is as first measured.
docs/wording.md has what was first measured on each; once its misses are mended, a part only holds that
nothing becomes worse."""


def sentences(language, part):
    """Category (or nothing), expected verdict, what is true, and text, of one file."""
    category, expected, case = "", "", {}
    name = f"{language}.txt" if part == "tuned" else f"{language}.{part}.txt"
    for line in (FILES / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            head, _, true = line[2:].partition(" {")
            *named, expected = head.split()
            category = named[0] if named and expected != "pass" else ""
            case = json.loads("{" + true) if true else {}
        elif line:
            yield category, expected, case, line


def verdict(text, language, case):
    locale = LOCALE.get(language, GERMAN)
    line: dict[str, object] = {"id": "1", "text": text, "case": {**case}}
    if "channel" in case:
        line |= {"channel": case["channel"], "case": {k: case[k] for k in case if k != "channel"}}
    elif '"' in text and language != "de":
        line["channel"] = "note"
    asked = read_text(json.dumps(line), locale)
    return check(text, locale, asked.context)


def measured(language, part):
    """How many of each category were stopped, of how many, and the clean ones that were."""
    stopped, there, wronged, clean = Counter(), Counter(), [], 0
    for category, expected, case, text in sentences(language, part):
        answer = verdict(text, language, case)
        if expected == "pass":
            clean += 1
            if not answer.passed:
                wronged.append(text)
            continue
        there[category] += 1
        stopped[category] += not answer.passed
    return stopped, there, wronged, clean


LEAST = {
    "tuned": (0.98, 0.98),
    "held-out": (0.95, 0.95),
    "fresh": (0.95, 0.95),
    "veiled": (0.90, 0.97),
    "hinted": (0.97, 0.97),
    "unseen": (0.97, 0.97),
    "last": (0.97, 0.97),
    "newest": (0.94, 0.97),
    "round1": (0.98, 0.98),
    "round2": (0.98, 0.98),
    "round3": (0.98, 0.96),
    "round4": (0.98, 0.96),
    "round5": (0.98, 0.98),
    "round6": (0.98, 0.98),
    "round7": (0.98, 0.98),
    "round8": (0.96, 0.95),
    "round9": (0.97, 0.98),
    "lesson": (0.98, 0.95),
    "round10": (0.88, 0.90),
    "round11": (0.84, 0.84),
}
"""Recall and precision below which the guard has become worse than it was."""


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", LOCALE)
def test_the_guard_stops_what_is_forbidden_and_lets_the_rest_pass(language, part):
    stopped, there, wronged, clean = measured(language, part)
    caught, all_there = sum(stopped.values()), sum(there.values())
    recall, precision = caught / all_there, caught / (caught + len(wronged))
    print(f"\n{language} {part}: recall {recall:.1%} of {all_there}, precision {precision:.1%}, "
          f"{len(wronged)} of {clean} clean ones stopped")  # fmt: skip
    print("  ".join(f"{name} {stopped[name]}/{count}" for name, count in sorted(there.items())))
    least_recall, least_precision = LEAST[part]
    assert recall >= least_recall
    assert precision >= least_precision, wronged


def test_german_sentences_are_stopped_and_passed_by_their_own_list():
    """203 sentences that no native speaker has read; at first 76 of 106 were stopped."""
    stopped, there, wronged, clean = measured("de", "tuned")
    caught, all_there = sum(stopped.values()), sum(there.values())
    print(f"\nde: {caught} of {all_there} stopped, {len(wronged)} of {clean} clean ones")
    assert all_there + clean >= 150
    assert caught >= 0.97 * all_there
    assert not wronged


@pytest.mark.parametrize("language", LOCALE)
def test_the_corpus_is_large_and_balanced(language):
    every = [row for part in PARTS for row in sentences(language, part)]
    clean = sum(expected == "pass" for _, expected, _, _ in every)
    assert len(every) >= 600
    assert 0.3 < clean / len(every) < 0.7
    assert {category for category, *_ in every if category} >= {f"L{n:02}" for n in range(1, 21)}


@pytest.mark.parametrize("language", leaning.LANGUAGES)
def test_the_weights_are_those_of_the_sentences_that_stand_here(language):
    """After a change of a part that is learned from: ``python -m bench.leaning``."""
    assert learned_from(language) == leaning.digest(list(leaning.judged(language)))


# Disguises

_CYRILLIC = dict(zip("aeopcyxi", "аеорсухі", strict=True))
_GREEK = dict(zip("aovit", "αονιτ", strict=True))
_LEET = dict(zip("aeios", "43105", strict=True))
_TRADITIONAL = {chr(new): old for old, new in ((chr(k), ord(v)) for k, v in _SIMPLIFIED.items())}


def between(sign):
    return lambda text, _: sign.join(text)


def mapped(table):
    return lambda text, _: "".join(table.get(char, char) for char in text)


def some(sign, share):
    return lambda text, chance: "".join(
        char + sign if chance.random() < share else char for char in text
    )


DISGUISES = {
    "full width": lambda text, _: "".join(
        chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text
    ),
    "capitals": lambda text, _: text.upper(),
    "zero width": between("\u200b"),
    "joiners": some("\u2060", 0.5),
    "soft hyphens": some("\u00ad", 0.5),
    "combining marks": some("\u0301", 0.4),
    "variation selectors": between("\ufe0f"),
    "Cyrillic": mapped(_CYRILLIC),
    "Greek": mapped(_GREEK),
    "digits for letters": mapped(_LEET),
    "mathematical letters": lambda text, _: "".join(
        chr(0x1D400 + ord(c) - 65) if "A" <= c <= "Z" else
        chr(0x1D41A + ord(c) - 97) if "a" <= c <= "z" else c for c in text
    ),
    "traditional characters": mapped(_TRADITIONAL),
    "spaces": lambda text, _: " ".join(text) if text[0] > "\u3000" else text.replace(" ", "   "),
    "points": lambda text, _: "·".join(text) if text[0] > "\u3000" else text.replace("rr", "r.r"),
    "emoji": lambda text, _: "🔥".join(text) if text[0] > "\u3000" else text.replace(" ", " 🔥 "),
    "drawn out": lambda text, _: "".join(c * 4 if c in "aou" else c for c in text),
    "entities": lambda text, chance: "".join(
        f"&#{ord(c)};" if chance.random() < 0.5 else c for c in text
    ),
    "tags": lambda text, chance: "".join(
        f"<b>{c}</b>" if chance.random() < 0.2 else c for c in text
    ),
    "broken lines": lambda text, chance: "".join(
        f"{c}-\n" if c.isalpha() and chance.random() < 0.2 else c for c in text
    ),
    "short lines": lambda text, chance: "".join(
        f"{c}\n" if c.isalnum() and chance.random() < 0.25 else c for c in text
    ),
    "direction marks": some("\u202e", 0.3),
    "tabs": lambda text, _: text.replace(" ", "\t") if text[0] < "\u3000" else "\t".join(text),
    "circled letters": lambda text, _: "".join(
        chr(0x24D0 + ord(c) - 97) if "a" <= c <= "z" else c for c in text
    ),
    "underscores": lambda text, _: (
        "_".join(text) if text[0] > "\u3000" else " ".join("_".join(w) for w in text.split(" "))
    ),
    "asterisks": lambda text, chance: "".join(
        f"*{c}" if c.isalpha() and chance.random() < 0.3 else c for c in text
    ),
    "emoji in words": lambda text, chance: "".join(
        f"{c}🔥" if c.isalpha() and chance.random() < 0.3 else c for c in text
    ),
}  # fmt: skip
UNDONE = {"entities", "tags"}
"""What a second disguise breaks: then it is shown as it stands, and nobody reads a threat."""


@pytest.mark.parametrize("language", LOCALE)
def test_a_disguise_does_not_get_a_forbidden_sentence_past_the_guard(language):
    chance = random.Random(20261124)
    plain = [
        text
        for category, expected, case, text in sentences(language, "tuned")
        if expected == "block" and not case and category not in {"L17", "L19"}
    ]
    through = Counter()
    for name, disguise in DISGUISES.items():
        for text in chance.sample(plain, 25):
            through[name] += verdict(disguise(text, chance), language, {}).passed
    print(
        f"\n{language}: {25 * len(DISGUISES)} disguised, {sum(through.values())} through {through}"
    )
    assert sum(through.values()) <= 0.02 * 25 * len(DISGUISES), through


@pytest.mark.parametrize("language", LOCALE)
def test_two_disguises_hide_little_more_than_one(language):
    chance = random.Random(7)
    plain = [
        text
        for category, expected, case, text in sentences(language, "tuned")
        if expected == "block" and not case and category not in {"L17", "L19"}
    ]
    through = Counter()
    for _ in range(100):
        first, second = chance.sample(sorted(set(DISGUISES) - UNDONE), 2)
        for text in chance.sample(plain, 2):
            twice = DISGUISES[second](DISGUISES[first](text, chance), chance)
            through[first, second] += verdict(twice, language, {}).passed
    print(f"\n{language}: 200 disguised twice, {sum(through.values())} through")
    assert sum(through.values()) <= 20, +through


DRESSES = {
    "emoji": lambda text: f"😊 {text} 👍👍",
    "full-width digits": lambda text: "".join(
        chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in text
    ),
    "hard spaces": lambda text: text.replace(" ", "\u00a0"),
    "curly apostrophes": lambda text: text.replace("'", "\u2019"),
    "Windows lines": lambda text: f"{text}\r\n",
    "a bullet": lambda text: f"• {text}",
    "bold": lambda text: f"<b>{text}</b>",
    "entities": lambda text: text.replace("'", "&#39;"),
    "traditional characters": lambda text: mapped(_TRADITIONAL)(text, None),
    "a soft hyphen": lambda text: f"{text[:5]}\u00ad{text[5:]}",
}


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("language", LOCALE)
def test_an_honest_sentence_passes_in_its_sunday_best(language, dress):
    clean = [
        (text, case)
        for part in ("newest", "round2")
        for _, expected, case, text in sentences(language, part)
        if expected == "pass"
    ][::2]
    stopped = [
        text for text, case in clean if not verdict(DRESSES[dress](text), language, case).passed
    ]
    assert len(stopped) <= 1, stopped


@pytest.mark.parametrize(
    "text",
    [
        "再不还就起素你", "等着坐劳吧", "你是老癞", "进hei ming dan了", "bao jing 抓你", "women hui gaosu ni jiaren",
        "tong zhi ni ling dao", "bu huan qian jiu qu ni danwei", "zai bu huan qian jiu rang ni hao kan",
        "Bù huán qián jiù qù nǐ dānwèi", "jinwan qian bu huan houguo zifu", "把你拉进hmd", "jc马上到你家", "我们会给你的txl群发",
    ],
)  # fmt: skip
def test_homophones_and_pinyin_are_read_as_what_they_say(text):
    assert check(
        text, "zh-CN", read_text('{"id": "1", "text": "…"}', "zh-CN").context
    ).judgement in {
        Judgement.BLOCK,
        Judgement.REVIEW,
    }


KIND = {
    "en": [
        "We understand that times are hard, and {0}",
        "Hello and good morning; {0}",
        "Thank you for your call, {0}",
        "Free advice is available, and {0}",
        "{0}, thank you for your patience.",
        "{0}, and have a lovely weekend.",
    ],
    "zh": [
        "感谢您的来电，{0}",
        "理解您的难处，{0}",
        "谨防诈骗，{0}",
        "{0}，祝您周末愉快。",
        "{0}，依法维权。",
    ],
}
"""Kind, useful and lawful words that may stand in one sentence with a threat."""


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_kind_word_in_the_same_sentence_excuses_a_threat(language):
    passed = said = 0
    for number, (_, expected, case, text) in enumerate(sentences(language, "tuned")):
        if expected != "block" or '"' in text or case:
            continue
        around = KIND[language][number % len(KIND[language])]
        bare = text.rstrip(".!。！")
        bare = (
            bare if around.startswith("{") or bare.startswith("I ") else bare[0].lower() + bare[1:]
        )
        said += 1
        passed += verdict(around.format(bare), language, {}).passed
    assert said > 200
    assert passed <= said * 0.02
