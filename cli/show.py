"""How commands speak: tables for people, JSON for machines, failures in plain words."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from pydantic import BaseModel
from pydantic_core import to_jsonable_python
from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cli.words import heard
from models.money import Money

REFUSED = 1
"""Exit code: understood, but not allowed or not possible; part of the input was refused."""

UNUSABLE = 2
"""Exit code: a file, setting, server or argument that cannot be used."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


class RefusedError(Exception):
    """A command that ends here, with the sentence to show and the exit code."""

    def __init__(self, message: str, code: int = UNUSABLE) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@dataclass(frozen=True, slots=True)
class Known:
    """A failure we can explain."""

    message: str
    code: int


def in_plain_words(error: Exception) -> Known | None:
    """Explain a failure whose text was written for people; None for a bug."""
    if isinstance(error, RefusedError):
        return Known(error.message, error.code)
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return Known(
            f"{place}{error.strerror}; name a place that can be used (CESSION_VAR says where this "
            "installation keeps its state), or mend this one",
            UNUSABLE,
        )
    return Known(str(error), UNUSABLE) if isinstance(error, _for_people()) else None


def _for_people() -> tuple[type[Exception], ...]:
    """Errors of ours that say what was wrong, where, and what to do."""
    from rules.lists import GuardListError  # noqa: PLC0415  # only when something failed
    from rules.message import WordingPackError  # noqa: PLC0415
    from rules.packs import PackError  # noqa: PLC0415
    from rules.strategy import StrategyError  # noqa: PLC0415
    from runtime.clock import ClockNotSetError  # noqa: PLC0415
    from runtime.settings import SettingsError  # noqa: PLC0415
    from runtime.temporal import TemporalUnreachableError  # noqa: PLC0415
    from store.engine import StoreError  # noqa: PLC0415
    from store.keys import KeyFileError, PersonErasedError  # noqa: PLC0415
    from worker.lockstep import UnsettledError  # noqa: PLC0415
    from worker.stack import StackError  # noqa: PLC0415

    return (
        ClockNotSetError,
        GuardListError,
        KeyFileError,
        PackError,
        PersonErasedError,
        SettingsError,
        StackError,
        StoreError,
        StrategyError,
        TemporalUnreachableError,
        UnsettledError,
        WordingPackError,
    )


WIDE = 160
"""Columns of a file or pipe, where no terminal says how wide it is: tables stay whole."""


class Page(Console):
    """A console that says its sentences in the reader's language; what is made of them says its own."""

    def print(self, *objects: Any, **given: Any) -> None:
        super().print(*map(_said, objects), **given)


def page() -> Page:
    """Answer where people read: the terminal as wide as it is, anything else wide enough."""
    known = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Page() if known else Page(width=WIDE)


def _said(part: Any) -> Any:
    if isinstance(part, Text):
        return Text(heard(part.plain), style=part.style) if not part.spans else part
    return heard(part) if isinstance(part, str) else part


def show(value: Any, as_json: bool, *parts: RenderableType) -> None:
    """Print a value as JSON, or its parts for people."""
    if as_json:
        # What the terminal cannot show is escaped as JSON escapes it.
        whole = (sys.stdout.encoding or "").lower().startswith("utf")
        typer.echo(json.dumps(jsonable(value), ensure_ascii=not whole, indent=2))
        return
    console = page()
    for part in parts:
        console.print(part)


def jsonable(value: Any) -> Any:
    """Answer plain JSON values of models, rows, ids and instants."""
    return (
        value.model_dump(mode="json") if isinstance(value, BaseModel) else to_jsonable_python(value)
    )


def complain(message: str) -> None:
    """Print a failure on standard error."""
    Console(stderr=True).print(f"[red]{escape(heard(message))}[/red]", soft_wrap=True)


def note(message: str) -> None:
    """Print what a person should know on standard error, so that JSON output stays clean."""
    Console(stderr=True).print(escape(heard(message)), soft_wrap=True)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Make a table; a column whose name begins with ``#`` is of numbers and stands right.

    Without any column name it has no header. What begins a row names it where its column has no name, and
    is said in the reader's language, like titles, column names and sentences in cells; codes stay as they
    are, because options take them.
    """
    made = Table(
        title=escape(heard(title)),
        title_justify="left",
        title_style="bold",
        header_style="bold",
        show_header=any(columns),
        box=SIMPLE_HEAD,
        pad_edge=False,
        min_width=min(len(title), 80),
    )
    for name in columns:
        justify = "right" if name.startswith("#") else "left"
        # An id that is cut off names nothing: what is too long goes on in the next line.
        made.add_column(heard(name.removeprefix("#")), justify=justify, overflow="fold")
    for row in rows:
        cells = ["" if cell is None else str(cell) for cell in row]
        said = [heard(cell) if " " in cell else cell for cell in cells]
        if cells and not columns[0]:
            said[0] = heard(cells[0])
        made.add_row(*map(escape, said))
    return made


def amount(minor: int, currency: str) -> str:
    """Write minor units for people: ``1,170.00 CNY``."""
    return f"{Money(minor, currency).decimal:,f} {currency}"


def instant(at: datetime | None, zone: str = "UTC") -> str:
    """Write an instant for people, in a zone that stands beside it."""
    return f"{at.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M} {zone}" if at else ""
