"""The closed vocabulary in which packs state conditions, and its evaluation.

A condition is a list of clauses that must all hold. A clause is one of::

    FACT                        it is there: not none, not false, not empty
    not FACT
    FACT is WORD                FACT is not WORD
    FACT in WORD WORD …         FACT not in WORD WORD …
    FACT has FACT               a set contains a value
    FACT < OTHER                also <=, >, >=; OTHER is a number or another fact
    FACT over N times OTHER     more than a multiple of another fact
    FACT under N days after OTHER    fewer days from one date to the other
    FACT past                   an instant or date that has come; also: not past
    FACT older than N days      also years; no date at all is older than any; also: not older than
    FACT older than N days by the clock    an instant of N days ago counts up to its time of day

Facts are the fields of ``models.law.LegalFacts`` and what the gate derives from the log (see
``DERIVED``). An unknown fact makes the clause unknown; a condition with a false clause is false
whatever else is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from operator import attrgetter, ge, gt, le, lt
from typing import TYPE_CHECKING, Any

from models.law import NEUTRAL, UNKNOWN, LegalFacts, Unknown

if TYPE_CHECKING:
    from rules.question import Question

Test = Callable[["Question"], bool | Unknown]
Read = Callable[["Question"], Any]

DERIVED = frozenset(
    {
        "answers_inbound",
        "deadline_within_validation",
        "moratorium_begun",
        "first_communication",
        "lost",
        "outsider_contacts",
        "prefers_channel",
        "purpose_contacts",
        "spoken",
    }
)
"""Facts that the gate reads from the contact log; ``Question`` explains them."""

_FACTS = frozenset(f.name for f in fields(LegalFacts))
_RARE = frozenset(name for name, neutral in NEUTRAL.items() if not neutral)
"""Facts that are none, false or empty in most cases, so that looking at them saves work."""
_COMPARE = {"<": lt, "<=": le, ">": gt, ">=": ge}


class ClauseError(ValueError):
    """A clause that the vocabulary does not have."""


def clause(text: str) -> tuple[Test, frozenset[str]]:
    """The test that a clause states, and the facts that it reads."""
    words = text.split()
    if words in ([], ["not"]):
        raise ClauseError(f"cannot read the clause {text!r}")
    negated = words[0] == "not"
    name, rest = words[negated], words[negated + 1 :]
    read = _read(name, text)
    reads = frozenset({name})
    match rest:
        case []:
            return (_absent(read) if negated else _present(read)), reads
        case ["is", "not", word] if not negated:
            return _one_of(read, [word], inside=False), reads
        case ["is", word] if not negated:
            return _one_of(read, [word], inside=True), reads
        case ["not", "in", *choices] if choices and not negated:
            return _one_of(read, choices, inside=False), reads
        case ["in", *choices] if choices and not negated:
            return _one_of(read, choices, inside=True), reads
        case ["has", other] if not negated:
            return _contains(read, _read(other, text)), reads | {other}
        case ["<" | "<=" | ">" | ">=" as sign, other] if not negated:
            return _compare(read, _COMPARE[sign], *_number_or_fact(other, text)), reads | _named(
                other
            )
        case ["over", number, "times", other] if not negated:
            return _compare(read, gt, _read(other, text), _decimal(number, text)), reads | {other}
        case ["under", number, "days", "after", other] if not negated:
            return _sooner(read, int(_decimal(number, text)), _read(other, text)), reads | {other}
        case ["past"] if not negated:
            return _past(read), reads
        case ["not", "past"] if not negated:
            return _not(_past(read)), reads
        case ["older", "than", number, "days" | "years" as unit] if not negated:
            return _older(read, int(_decimal(number, text)), years=unit == "years"), reads
        case ["older", "than", number, "days", "by", "the", "clock"] if not negated:
            return _older_by_the_clock(read, int(_decimal(number, text))), reads
        case ["not", "older", "than", number, "days" | "years" as unit] if not negated:
            return _not(_older(read, int(_decimal(number, text)), years=unit == "years")), reads
        case _:
            raise ClauseError(f"cannot read the clause {text!r}")


def condition(clauses: Sequence[str]) -> Test | None:
    """All clauses together; None when there are none, which always holds."""
    tests = [clause(text)[0] for text in clauses]
    match tests:
        case []:
            return None
        case [one]:
            return one
        case _:

            def every(q: Question) -> bool | Unknown:
                answer: bool | Unknown = True
                for test in tests:
                    holds = test(q)
                    if holds is False:
                        return False
                    if holds is UNKNOWN:
                        answer = UNKNOWN
                return answer

            return every


def guard(clauses: Sequence[str]) -> str | None:
    """A fact that makes the condition false as long as it is none, false or empty."""
    for text in clauses:
        match text.split():
            case [name] | [name, "in" | "has", *_] if name in _RARE:
                return name
            case [name, "is", word] if name in _RARE and word != "not":
                return name
            case _:
                continue
    return None


def moving(clauses: Sequence[str]) -> bool:
    """Whether the answer can change while nothing but time passes."""
    words = {word for text in clauses for word in text.split()}
    return not words.isdisjoint({"past", "older"} | DERIVED)


def unknown_facts(clauses: Sequence[str], q: Question) -> tuple[str, ...]:
    """The facts of a condition that nobody supplied."""
    names = {name for text in clauses for name in clause(text)[1]}
    return tuple(sorted(name for name in names if _read(name, name)(q) is UNKNOWN))


def _named(word: str) -> frozenset[str]:
    return frozenset({word}) & (_FACTS | DERIVED)


def _read(name: str, text: str) -> Read:
    if name in DERIVED:
        return attrgetter(name)
    if name in _FACTS:
        return attrgetter(f"facts.{name}")
    raise ClauseError(f"there is no fact {name!r} (in {text!r})")


def _decimal(word: str, text: str) -> Decimal:
    try:
        return Decimal(word)
    except InvalidOperation:
        raise ClauseError(f"{word!r} is not a number (in {text!r})") from None


def _number_or_fact(word: str, text: str) -> tuple[Read, Decimal]:
    if word in _FACTS or word in DERIVED:
        return _read(word, text), Decimal(1)
    number = _decimal(word, text)
    return (lambda _: number), Decimal(1)


def _present(read: Read) -> Test:
    def test(q: Question) -> bool | Unknown:
        value = read(q)
        return value if value is UNKNOWN else bool(value)

    return test


def _absent(read: Read) -> Test:
    def test(q: Question) -> bool | Unknown:
        value = read(q)
        return value if value is UNKNOWN else not value

    return test


def _not(test: Test) -> Test:
    def opposite(q: Question) -> bool | Unknown:
        holds = test(q)
        return holds if isinstance(holds, Unknown) else not holds

    return opposite


def _one_of(read: Read, words: Sequence[str], *, inside: bool) -> Test:
    choices = frozenset(words)

    def test(q: Question) -> bool | Unknown:
        value = read(q)
        return value if value is UNKNOWN else (value in choices) is inside

    return test


def _contains(read: Read, other: Read) -> Test:
    def test(q: Question) -> bool | Unknown:
        values, value = read(q), other(q)
        if values is UNKNOWN or value is UNKNOWN:
            return UNKNOWN
        return value is not None and value in (values or ())

    return test


def _compare(
    read: Read, compare: Callable[[Any, Any], bool], other: Read, times: Decimal = Decimal(1)
) -> Test:
    def test(q: Question) -> bool | Unknown:
        left, right = read(q), other(q)
        if left is UNKNOWN or right is UNKNOWN:
            return UNKNOWN
        if left is None or right is None:
            return False
        if isinstance(left, date):
            return compare(q.day_of(left), q.day_of(right))
        return compare(left, right * times)

    return test


def _sooner(read: Read, count: int, other: Read) -> Test:
    def test(q: Question) -> bool | Unknown:
        later, earlier = read(q), other(q)
        if later is UNKNOWN or earlier is UNKNOWN:
            return UNKNOWN
        if later is None or earlier is None:
            return False
        return q.day_of(later) - q.day_of(earlier) < count

    return test


def _of_a_day(read: Read, judge: Callable[[Question, date], bool], *, missing: bool) -> Test:
    """``missing`` is the answer where no such day is."""

    def test(q: Question) -> bool | Unknown:
        value = read(q)
        if value is UNKNOWN:
            return UNKNOWN
        return missing if value is None else judge(q, value)

    return test


def _past(read: Read) -> Test:
    def judge(q: Question, value: date) -> bool:
        if isinstance(value, datetime):
            return value.timestamp() <= q.ts if value.year > 1 else True
        return q.day_of(value) <= q.today

    return _of_a_day(read, judge, missing=False)


def _older(read: Read, count: int, *, years: bool) -> Test:
    def judge(q: Question, value: date) -> bool:
        if years:
            return q.anniversary(value, count) < q.today
        return q.today - q.day_of(value) > count

    return _of_a_day(read, judge, missing=True)


def _older_by_the_clock(read: Read, count: int) -> Test:
    """A bare date, which is midnight, is not older before its day is."""

    def judge(q: Question, value: date) -> bool:
        days = q.today - q.day_of(value)
        if days != count or not isinstance(value, datetime):
            return days > count
        ts = int(value.timestamp())
        walls = [(place.wall(ts)[1], place.wall(q.ts)[1]) for place in q.zones]
        return any(0 < then < now for then, now in walls)

    return _of_a_day(read, judge, missing=True)
