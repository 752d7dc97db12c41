"""Bank statements: read them as they are, or book them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import RenderableType

from cli.house import house
from cli.show import REFUSED, UNUSABLE, AsJson, RefusedError, amount, note, show, table
from models.statement import (
    Doubt,
    Statement,
    StatementFile,
    StatementProblem,
    UnreadableStatementError,
)
from runtime.clock import wall_now

if TYPE_CHECKING:
    from connectors.banksheet import BankSheet

app = typer.Typer(no_args_is_help=True, help="Read bank statements.")

SHOWN = 40
"""Entries and problems a table shows; JSON has all."""

File = Annotated[Path, typer.Argument(help="camt.053, camt.054, MT940 or CSV.", show_default=False)]
Mapping = Annotated[
    Path | None, typer.Option(help="How to read a CSV: a TOML file, see docs/statements.md.")
]


@app.command()
def read(
    file: File,
    mapping: Mapping = None,
    write_mapping_to: Annotated[
        Path | None,
        typer.Option("--write-mapping", help="Write what was guessed of a CSV to this file."),
    ] = None,
    names: Annotated[
        bool, typer.Option("--names", help="Show names and accounts of counterparties.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print a file's entries and what is wrong with it; books nothing and needs no store.

    Exit code 1 when money may be missing or misread, 2 when the file cannot be read at all.
    """
    from rules.bank import worst

    found, readable = read_file(file, mapping)
    if write_mapping_to is not None:
        _write(found, write_mapping_to)
    show(printed(found, names=names), as_json, *_tables(found, names=names))
    if not readable:
        raise typer.Exit(UNUSABLE)
    if worst(found.problems) is Doubt.ERROR:
        raise typer.Exit(REFUSED)


@app.command("import")
def import_(file: File, mapping: Mapping = None, as_json: AsJson = False) -> None:
    """Book what a file says came in; the same file again is nothing.

    What fits no debt waits in suspense with suggestions, and the people of the suggested debts are
    left in peace for some days. Exit code 1 when a statement was not taken or one is missing.
    """
    from activities.bank import take_file
    from rules.bank import worst

    found, readable = read_file(file, mapping)
    if not readable or found.guesses is not None:
        if readable:
            note("The sheet was only guessed: confirm it with --write-mapping and --mapping.")
        show(
            {"file": printed(found, names=False), "booked": None},
            as_json,
            *_tables(found, names=False),
        )
        raise typer.Exit(UNUSABLE)
    with house() as here, here.store.writing() as session:
        done = take_file(
            session,
            here.store.keys,
            found,
            _raw(file),
            here.clock.now(),
            wall_now(),
            timedelta(days=here.settings.suspense_hold_days),
        )
    problems = (*found.problems, *done.problems)
    told = asdict(done) | {"problems": [p.model_dump(mode="json") for p in done.problems]}
    said = (
        f"{done.statements} statements, {done.new} new entries: {done.matched} matched, "
        f"{done.suspense} in suspense, {done.reversals} reversals; {done.known} known before, "
        f"{done.ignored} no payments."
    )
    parts: list[RenderableType] = [said, *([_told(problems)] if problems else [])]
    show(
        {
            "file": {
                "sha256": found.sha256,
                "problems": [p.model_dump(mode="json") for p in found.problems],
            },
            "booked": told,
        },
        as_json,
        *parts,
    )
    if worst(problems) is Doubt.ERROR:
        raise typer.Exit(REFUSED)


def read_file(file: Path, mapping: Path | None) -> tuple[StatementFile, bool]:
    """Read and check a file; answer it, and whether any statement could be taken."""
    from connectors.statement import read_statement
    from rules.bank import checked

    try:
        how = _mapping(mapping)
        return checked(read_statement(_raw(file), how)), True
    except UnreadableStatementError as error:
        return StatementFile(format="unknown", problems=error.problems), False


def printed(file: StatementFile, *, names: bool) -> dict[str, Any]:
    """Answer the documented JSON of a file."""
    return {
        **file.model_dump(mode="json", exclude={"statements", "problems"}),
        "statements": [_statement(statement, names=names) for statement in file.statements],
        "problems": [problem.model_dump(mode="json") for problem in file.problems],
    }


def _statement(statement: Statement, *, names: bool) -> dict[str, Any]:
    from rules.bank import balanced, masked

    entries = [entry if names else masked(entry) for entry in statement.entries]
    return {
        **statement.model_dump(mode="json", exclude={"entries"}),
        "moved_minor": statement.moved,
        "balanced": balanced(statement),
        "entries": [entry.model_dump(mode="json") for entry in entries],
    }


def _mapping(path: Path | None) -> BankSheet | None:
    from connectors.banksheet import read_mapping

    return read_mapping(_raw(path)) if path else None


def _raw(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RefusedError(f"{path}: {error.strerror}; name a file that can be read") from None


def _write(found: StatementFile, path: Path) -> None:
    from connectors.banksheet import BankSheet, write_mapping

    if found.guesses is None:
        raise RefusedError("--write-mapping: nothing was guessed, the file is no unmapped CSV")
    if path.exists():
        raise RefusedError(f"{path} exists already; name a new file")
    path.write_text(write_mapping(BankSheet.model_validate(found.guesses)), "utf-8")
    note(f"Wrote {path}: check every line, then give it with --mapping.")


def _tables(file: StatementFile, *, names: bool) -> list[RenderableType]:
    from rules.bank import masked

    parts: list[RenderableType] = []
    for statement in file.statements:
        rows = [
            (
                entry.position,
                entry.booked_on,
                entry.value_on,
                amount(entry.minor, entry.currency),
                entry.meaning.value.replace("_", " "),
                entry.status.value,
                entry.counterparty.name,
                entry.references.end_to_end or entry.references.creditor or entry.references.bank,
                entry.remittance[:50],
            )
            for entry in (e if names else masked(e) for e in statement.entries[:SHOWN])
        ]
        parts.append(
            table(
                _title(file, statement),
                (
                    "place", "booked", "value", "#amount", "what", "status", "who", "reference",
                    "text",
                ),
                rows,
            )
        )  # fmt: skip
    if file.problems:
        parts.append(_told(file.problems))
    return parts


def _title(file: StatementFile, statement: Statement) -> str:
    from rules.bank import balanced

    said = f"{file.format} {statement.kind} {statement.id} of {statement.account or '?'}"
    if statement.sequence is not None:
        said += f", number {statement.sequence}"
    if statement.opening and statement.closing:
        sums = (statement.opening.minor, statement.moved, statement.closing.minor)
        first, moved, last = (amount(minor, statement.currency) for minor in sums)
        said += f": {first} and {moved} make {last}" + (
            "" if balanced(statement) else " (they do not)"
        )
    return said


def _told(problems: tuple[StatementProblem, ...]) -> RenderableType:
    return table(
        f"{len(problems)} problem{'' if len(problems) == 1 else 's'}",
        ("weight", "code", "where", "what"),
        [(p.severity.value, p.code, p.where, p.message) for p in problems[:SHOWN]],
    )
