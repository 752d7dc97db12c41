"""Evidence of Chinese cases in Chinese: labels, codes and headings; what people wrote stays as it is."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from models.letter import BundleContent, BundleEntry, BundlePart

_WORDS = Path(__file__).with_name("evidence.zh.toml")

_TOLD = frozenset({"contract", "form", "notes", "owner", "person", "private", "seller", "to"})
"""First words of labels whose values somebody wrote: they are printed as they stand."""

_EVENT = re.compile(r"([0-9-]{10} [0-9:]{8}Z) by ([^ :]+)(?:: (.*))?")
"""When, by whom, and why if somebody said."""

_LINE = re.compile(r"(.*) \(([a-z]+)\)")
"""A number or address and what kind of line it is."""

_NAME = re.compile(r"([0-9]+)\. ([a-z ]+): (.*)")


def in_chinese(bundle: BundleContent) -> BundleContent:
    """Answer a bundle with its labels, codes and the heads of its records in Chinese."""
    return bundle.model_copy(
        update={
            "facts": tuple((_label(label), it) for label, it in bundle.facts),
            "parts": tuple(
                BundlePart(title=part.title, entries=tuple(map(_entry, part.entries)))
                for part in bundle.parts
            ),
        }
    )


def _entry(entry: BundleEntry) -> BundleEntry:
    rows = tuple((_label(label), _value(label, it)) for label, it in entry.rows)
    return entry.model_copy(update={"name": _name(entry.name), "rows": rows})


@cache
def _words(part: str) -> dict[str, str]:
    return tomllib.loads(_WORDS.read_text("utf-8"))[part]


def _label(text: str) -> str:
    """Say a label by the longest phrases that are known of it; a word nobody knows stays."""
    known = _words("words") | _words("phrases")
    left, said = text.split(" "), list[str]()
    while left:
        long = next((n for n in range(len(left), 0, -1) if " ".join(left[:n]) in known), 0)
        said.append(known[" ".join(left[:long])] if long else left[0])
        left = left[max(long, 1) :]
    return "·".join(said)


def _value(label: str, text: str) -> str:
    first = label.split(" ", 1)[0]
    if first in _TOLD and (first == "notes" or text not in ("yes", "no")):
        return text
    known = _words("values") | _words("acts")
    if found := _EVENT.fullmatch(text):
        at, actor, why = found.groups()
        return f"{at}，{known.get(actor, actor)}" + (f"：{known.get(why, why)}" if why else "")
    if found := _LINE.fullmatch(text):
        return f"{found[1]}（{known.get(found[2], found[2])}）"
    parts = text.split(", ")
    return (
        "、".join(known[part] for part in parts) if all(part in known for part in parts) else text
    )


def _name(text: str) -> str:
    """Say the name of a record: its number, what it is, and the codes in it."""
    if (found := _NAME.fullmatch(text)) is None:
        return text
    n, kind, rest = found.groups()
    known = _words("values") | _words("acts")
    rest = rest.replace("from the start", "自始")
    said = [
        known.get(word.rstrip(","), word.rstrip(",")) + ("，" if word.endswith(",") else " ")
        for word in rest.split(" ")
    ]
    return f"{n}. {_words('kinds').get(kind, kind)}：{''.join(said).strip()}"
