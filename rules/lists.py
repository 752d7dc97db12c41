"""What the guard looks for in a language, read from ``packs/guard/LANGUAGE.toml``.

A list is data, so that a language can be added, and a miss mended, without touching code. A list
that cannot be used names the key that is wrong.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field, ValidationError

from models.base import Value
from models.wording import Judgement

FOLDER = Path(__file__).parents[1] / "packs" / "guard"

Fact = Literal["legal_event", "credit_reporting"]

_PART = re.compile(r"\{([a-z][a-z_]*)\}")


class GuardListError(ValueError):
    """A list that cannot be used; the message names the file, the key and the fault."""


class _Strict(Value):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Concept(_Strict):
    """One rule about what is said: any of its patterns, and what follows."""

    rule: str = Field(pattern=r"^L(?:0[1-9]|1\d|20)(?:\.[a-z]+)*$")
    """``.refused`` takes no denial for an excuse, ``.delicate`` is a subject spoken of with care."""
    judgement: Judgement = Judgement.BLOCK
    needs: Fact | None = None
    """The fact that makes it true, and so allowed."""
    any: tuple[str, ...] = Field(min_length=1)


class Frames(_Strict):
    """Sentences in which forbidden words are harmless, and what spoils that."""

    judgment: tuple[str, ...] = ()
    """Steps that only a judgment makes true."""
    swindlers: tuple[str, ...] = ()
    consent: tuple[str, ...] = ()
    whether_or_not: tuple[str, ...] = ()
    law: tuple[str, ...] = ()
    explains: tuple[str, ...] = ()
    customer: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    """A note of what we told the person, whose words are ours whoever reports them."""
    person: tuple[str, ...] = ()
    """A note that begins with the person: what it tells happened to them or is what they do."""
    ahead: tuple[str, ...] = ()
    """What is to come, or is deserved: no fact of anybody's life."""
    bargain: tuple[str, ...] = ()
    """A promise bought with a payment, which is a threat: we will not tell them if you pay."""
    against_us: tuple[str, ...] = ()
    """The person's right to go to court about us."""
    intends: tuple[str, ...] = ()
    """What a person means to do of their own accord, which is told and not advised."""
    kind: tuple[str, ...] = ()
    gentle: tuple[str, ...] = ()
    harsh: tuple[str, ...] = ()
    threatens: tuple[str, ...] = ()
    retracted: tuple[str, ...] = ()
    received: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    worry: tuple[str, ...] = ()
    adviser: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    no_shame: tuple[str, ...] = ()
    courteous: tuple[str, ...] = ()
    hedged: tuple[str, ...] = ()


class Names(_Strict):
    """Names of people, within which words mean nothing."""

    surnames: tuple[str, ...] = ()
    """Chinese: of whatever is called so. English: those that would offend as a word."""


class Denial(_Strict):
    """How a language says no, where ``rules.denial`` has no grammar of its own for it."""

    says_no: tuple[str, ...] = ()
    not_really: tuple[str, ...] = ()
    """Words of denial that deny nothing: ``wir werden nicht zögern``."""
    clause: tuple[str, ...] = ()
    """What ends the reach of a denial."""


class Trade(_Strict):
    """Ordinary sentences of the trade, and what makes a sentence press on somebody."""

    ordinary: tuple[str, ...]
    presses: tuple[str, ...]


class GuardList(_Strict):
    """All that the guard knows of one language."""

    language: str = Field(pattern=r"^[a-z]{2,3}$")
    locales: tuple[str, ...] = Field(min_length=1)
    parts: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Words that several patterns name, as ``{kin}``."""
    concept: tuple[Concept, ...] = Field(min_length=1)
    names: Names = Names()
    frames: Frames = Frames()
    denial: Denial = Denial()
    trade: Trade | None = None
    """Without it no sentence of the language is called unusual."""

    def compiled(self, place: str, alternatives: Iterable[str]) -> re.Pattern[str]:
        """Answer one expression for all alternatives, the parts put in."""
        patterns = list(alternatives)
        try:
            return re.compile("|".join(self.ways(place, patterns)))
        except re.error:
            for pattern in patterns:
                self._refuse(place, pattern)
            raise

    def ways(self, place: str, alternatives: Iterable[str]) -> tuple[str, ...]:
        """Answer the alternatives with their parts put in; whether they are expressions is not tried."""
        patterns = list(alternatives)
        try:
            return tuple(self.written(pattern) for pattern in patterns)
        except KeyError:
            for pattern in patterns:
                self._refuse(place, pattern)
            raise

    def try_all(self) -> None:
        """Raise ``GuardListError`` for the first pattern that is no regular expression."""
        for concept in self.concept:
            self.compiled(concept.rule, concept.any)

    def written(self, pattern: str) -> str:
        """Answer a pattern with its parts put in; ``KeyError`` for a part that is not listed."""
        return _PART.sub(lambda name: f"(?:{'|'.join(self.parts[name[1]])})", pattern)

    def _refuse(self, place: str, pattern: str) -> None:
        try:
            re.compile(self.written(pattern))
        except KeyError as error:
            fault = f"no part {error} in {pattern!r}"
        except re.error as error:
            fault = f"{error} in {pattern!r}"
        else:
            return
        raise GuardListError(f"{self.language}.toml: {place}: {fault}") from None


@cache
def guard_lists() -> Mapping[str, GuardList]:
    """Answer the lists that are shipped, by language."""
    return {path.stem: read_list(path) for path in sorted(FOLDER.glob("*.toml"))}


def read_list(path: Path) -> GuardList:
    """Read one list; ``GuardListError`` says which key cannot be used."""
    try:
        found = GuardList.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise GuardListError(f"{path.name}: {place}: {first['msg']}") from None
    except (OSError, ValueError) as error:
        raise GuardListError(f"{path.name}: {error}") from None
    if found.language != path.stem:
        raise GuardListError(f"{path.name}: language: says that it is {found.language}")
    return found
