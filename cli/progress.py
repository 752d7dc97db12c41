"""How far a long command is: for people who look at a terminal, and for nobody else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from cli.words import say


class _Rate(ProgressColumn):
    """Rows a second, lately."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(say("{n} rows/s", n=f"{speed:,.0f}") if speed else "")


@contextmanager
def progress(what: str, total: int, *, quiet: bool) -> Generator[Callable[[int], None]]:
    """Answer what is told how many rows are done; it draws on standard error if that is a terminal.

    ``quiet`` draws nothing in any case.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _done: None
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(stderr=True),
    ) as drawn:
        task = drawn.add_task(say(what), total=total or None)
        yield lambda done: drawn.update(task, completed=done)
