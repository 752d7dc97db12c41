"""Evidence: check a bundle offline, without store and login."""

from __future__ import annotations

from collections.abc import Iterable
from json import JSONDecodeError, loads
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.markup import escape

from cli.show import REFUSED, AsJson, RefusedError, show, table
from models.evidence import Checked
from rules.evidence import BundleError, checked

app = typer.Typer(no_args_is_help=True, help="Check bundles of evidence, offline.")


@app.callback()
def group() -> None:
    """Check bundles of evidence, offline."""


@app.command()
def verify(
    where: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|DIR",
            help="The JSON or PDF of a bundle, or a folder with bundles.",
            show_default=False,
        ),
    ],
    seal: Annotated[
        str, typer.Option(help="The seal on record; finds a bundle that was made anew as a whole.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Say whether a bundle is as it was made, and by name what was changed."""
    found = [(file, _check(file, seal)) for file in _bundles(where)]
    whole = all(answer.whole for _, answer in found)
    show(
        [
            {"file": str(file), "whole": answer.whole, **answer.model_dump()}
            for file, answer in found
        ],
        as_json,
        *(line for file, answer in found for line in _said(file, answer, seal)),
    )
    if not whole:
        raise typer.Exit(REFUSED)


def _bundles(where: Path) -> list[Path]:
    if where.is_dir():
        found = sorted(where.glob("evidence-*.json"))
        if not found:
            raise RefusedError(f"{where}: no bundle here; cession case evidence makes one")
        return found
    beside = where.with_suffix(".json") if where.suffix == ".pdf" else where
    if not beside.is_file():
        raise RefusedError(f"{beside}: no such file; give the JSON of a bundle, or its folder")
    return [beside]


def _check(file: Path, seal: str) -> Checked:
    try:
        content = file.read_bytes()
        pdf = _pdf_of(file, content)
        return checked(content, pdf, seal)
    except BundleError as wrong:
        raise RefusedError(f"{file}: {wrong}") from None
    except OSError as error:
        raise RefusedError(f"{file}: cannot be read ({error.strerror})") from None


def _pdf_of(file: Path, content: bytes) -> bytes | None:
    """Read the PDF that the manifest names, or that has the bundle's own name."""
    try:
        named = file.parent / Path(str(loads(content)["manifest"]["pdf"])).name
    except (JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, RecursionError):
        named = file.with_suffix(".pdf")
    beside = named if named.is_file() else file.with_suffix(".pdf")
    return beside.read_bytes() if beside.is_file() else None


def _said(file: Path, answer: Checked, seal: str) -> Iterable[RenderableType]:
    if answer.whole:
        sealed = "and has the seal given" if seal else f"its seal is {answer.seal}"
        yield (
            f"[green]Whole[/green]: {escape(str(file))}: {answer.records} records, chain, words, pages and "
            f"PDF are as they were made; {sealed}."
        )
        if not seal:
            yield (
                "Compare the seal with the one on record (cession case timeline), or give it with "
                "--seal: who makes a whole bundle anew gives it another seal."
            )
        return
    yield table(
        f"Changed: {file}",
        ("what", "why"),
        ((change.what, change.why) for change in answer.changes),
    )
