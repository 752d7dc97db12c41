"""JSON that somebody else wrote: read strictly, or refused in words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any


class JsonError(ValueError):
    """What is wrong with a text, and in which line and column, from 1, where one place is at fault."""

    def __init__(self, problem: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(f"line {line}, column {column}: {problem}" if line else problem)
        self.problem = problem
        self.line = line
        self.column = column


class DoubledKeyError(JsonError):
    """A key stands twice in one object: one reader takes the first, the next one the last."""


def read_json(text: str | bytes, *, parse_float: Callable[[str], Any] = float) -> Any:
    """Read one JSON text. Raises ``JsonError``, also for a key that stands twice, NaN and the like,
    nesting without end, and numbers of thousands of digits: never another exception.
    """
    try:
        return json.loads(
            text, parse_float=parse_float, parse_constant=_no_number, object_pairs_hook=_once
        )
    except JsonError:
        raise
    except UnicodeDecodeError:
        raise JsonError("it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise JsonError(error.msg, error.lineno, error.colno) from None
    except RecursionError:
        raise JsonError("it is nested too deeply") from None
    except ValueError:
        raise JsonError("a number in it has too many digits") from None


def _no_number(word: str) -> None:
    raise JsonError(f"{word} is no number that JSON knows")


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice: whichever were read, the other would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise DoubledKeyError(f"{twice} stands twice in one object")
    return found
