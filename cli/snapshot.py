"""A seller's file as it was when the command began: checked and stored are the very same bytes."""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, BinaryIO, Self, cast
from uuid import uuid4

import typer

from cli.show import RefusedError, jsonable
from models.base import Value
from models.transfer import Problem, Severity

SHOWN = 40
"""Findings a table shows; JSON and reports have all."""


class _Kept:
    """Something on disk that is gone with the command, however that ends."""

    def __init__(self, file: IO[Any]) -> None:
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


class Snapshot(_Kept):
    """A private copy without a name. Calling it opens the copy; several may read at once."""

    def __init__(self, file: Path) -> None:
        """Raise ``RefusedError`` for a file that cannot be read."""
        super().__init__(tempfile.TemporaryFile())  # noqa: SIM115  # closed by our own exit
        try:
            with file.open("rb") as given:
                shutil.copyfileobj(given, self._file)
        except OSError as error:
            self._file.close()
            raise RefusedError(f"{file}: {error.strerror}") from None
        self._file.flush()

    def __call__(self) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(_Window(self._file.fileno())))


class _Window(io.RawIOBase):
    """Reads an open file from a place of its own."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        found = os.pread(self._number, len(view), self._at)
        view[: len(found)] = found
        self._at += len(found)
        return len(found)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at}.get(whence)
        self._at = (os.fstat(self._number).st_size if base is None else base) + offset
        return self._at

    def tell(self) -> int:
        return self._at


class Findings(_Kept):
    """What was found of a file's rows, in their order: on disk, because there may be many."""

    def __init__(self) -> None:
        super().__init__(tempfile.TemporaryFile("w+", encoding="utf-8"))  # noqa: SIM115
        self.first: dict[Severity, list[Problem]] = {each: [] for each in Severity}
        self.count = 0

    def __call__(self, problem: Problem) -> None:
        self.count += 1
        self._file.write(problem.model_dump_json() + "\n")
        if len(self.first[problem.severity]) < SHOWN:
            self.first[problem.severity].append(problem)

    def __iter__(self) -> Iterator[Problem]:
        for line in self._lines():
            yield Problem.model_validate_json(line)

    def _lines(self) -> Iterator[str]:
        self._file.flush()
        with io.TextIOWrapper(
            io.BufferedReader(_Window(self._file.fileno())), encoding="utf-8"
        ) as lines:
            yield from lines

    def write_json(self, before: Iterable[Problem]) -> None:
        """Print a JSON list of what stands before them and of all of them, one a line."""
        between = "[\n"
        for line in (each.model_dump_json() for each in before):
            typer.echo(f"{between}      {line}", nl=False)
            between = ",\n"
        for line in self._lines():
            typer.echo(f"{between}      {line.rstrip()}", nl=False)
            between = ",\n"
        typer.echo("[]" if between == "[\n" else "\n    ]", nl=False)


def show_json(value: Value | Mapping[str, Any], findings: Mapping[str, Findings]) -> None:
    """Print a value as JSON; findings go into the ``problems`` of the part that they are named after.

    They are read while they are printed, so that it costs the same memory however many there are.
    """
    whole: dict[str, Any] = jsonable(value)
    places: dict[str, str] = {}
    for name in findings:
        part = whole[name] if name else whole
        if part is not None:
            places[(mark := uuid4().hex)] = name
            part["problems"] = mark
    text = json.dumps(whole, ensure_ascii=False, indent=2)
    for mark, name in places.items():
        head, _, text = text.partition(f'"{mark}"')
        typer.echo(head, nl=False)
        part: Any = value[name] if isinstance(value, Mapping) else value
        told = part["problems"] if isinstance(part, Mapping) else part.problems
        findings[name].write_json(told)
    typer.echo(text)
