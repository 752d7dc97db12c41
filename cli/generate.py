"""Invented portfolios to try an installation with: the file, its manifest, what a check must find."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.progress import progress
from cli.show import AsJson, RefusedError, show
from cli.workbook import MOST_ROWS, write_workbook
from rules.invented import DEFECTS, PAIRED, PLACES, Portfolio

_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3})?)\s*%")


class Form(StrEnum):
    """How the program that wrote the table writes tables."""

    CSV = "csv"
    BOM = "bom"
    """UTF-8 with a byte order mark."""
    SEMICOLON = "semicolon"
    """Semicolons, decimal commas, CRLF."""
    GB18030 = "gb18030"
    XLSX = "xlsx"
    """A workbook of one sheet, every cell as text."""


class Spoil(StrEnum):
    SHA256 = "sha256"
    ROW_COUNT = "row_count"
    CONTROL_TOTAL = "control_total"


def generate(  # noqa: PLR0917
    out: Annotated[
        Path,
        typer.Option(
            help="The table; NAME.manifest.json and NAME.expected.json come beside it.",
            show_default=False,
        ),
    ],
    rows: Annotated[int, typer.Option(min=1, max=5_000_000, help="Debts.")] = 1000,
    seed: Annotated[
        int, typer.Option(min=0, max=999_999, help="The same seed, the same file.")
    ] = 1,
    jurisdiction: Annotated[
        str, typer.Option(help=f"A mix of {', '.join(PLACES)}, with commas between.")
    ] = "us,cn,gb",
    defects: Annotated[
        str, typer.Option(help="Share of rows with a defect, as 2%; every kind comes in turn.")
    ] = "0%",
    defect: Annotated[
        list[str] | None,
        typer.Option(help="Only this kind of defect; may be given again.", show_default=False),
    ] = None,
    spoil: Annotated[
        list[Spoil] | None,
        typer.Option(help="Let the manifest promise something else.", show_default=False),
    ] = None,
    form: Annotated[
        Form | None,
        typer.Option(
            help="Which program seems to have written it; xlsx for a name that ends so, else csv.",
            show_default=False,
        ),
    ] = None,
    ref: Annotated[str, typer.Option("--portfolio", help="Its portfolio_id.")] = "",
    as_json: AsJson = False,
) -> None:
    """Invent a seeded portfolio of any size, with the report that a check must give of it.

    Nobody in it exists: numbers are of reserved ranges, addresses end in example.com.
    """
    form = _form(out, form, rows)
    made = Portfolio(
        rows=rows,
        seed=seed,
        places=_places(jurisdiction, form),
        defects=_defects(defect),
        share=_share(defects) or (0.02 if defect else 0.0),
        decimal="," if form is Form.SEMICOLON else ".",
        name=ref,
    )
    spoilt = [each.value for each in spoil or ()]
    beside = {
        ending: out.with_name(f"{out.stem}.{ending}.json") for ending in ("manifest", "expected")
    }
    for path in (out, *beside.values()):
        if path.exists():
            raise RefusedError(f"{path} exists; it was left as it is, name another file")
    try:
        digest = _write(out, made, form, quiet=as_json)
        for ending, content in (
            ("manifest", made.manifest(digest, spoilt)),
            ("expected", made.expected(spoilt)),
        ):
            text = json.dumps(content, ensure_ascii=False, indent=1)
            beside[ending].write_text(f"{text}\n", "utf-8")
    except OSError as error:
        raise RefusedError(f"{error.filename or out}: {error.strerror}") from None
    expected = made.expected(spoilt)
    told: dict[str, Any] = {
        name: expected[name] for name in ("rows", "accepted", "refused", "codes")
    }
    codes = ", ".join(f"{code} {count:,}" for code, count in told["codes"].items()) or "nothing"
    show(
        {"file": out, **beside, **told},
        as_json,
        f"{out}: {rows:,} debts of nobody. A check must take {told['accepted']:,}, refuse "
        f"{told['refused']:,} and find {codes}: {beside['expected'].name} says where.",
    )


def _write(out: Path, made: Portfolio, form: Form, *, quiet: bool) -> str:
    """Write the table and answer the SHA-256 of its bytes."""
    with progress("Inventing", made.rows, quiet=quiet) as beat:
        if form is Form.XLSX:
            with out.open("xb") as file:
                write_workbook(file, _counted(made, beat))
        else:
            _write_text(out, form, _counted(made, beat))
    with out.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _counted(made: Portfolio, beat: Callable[[int], None]) -> Iterator[list[str]]:
    for at, row in enumerate(made):
        if at % 1000 == 0:
            beat(at)
        yield row
    beat(made.rows)


def _write_text(out: Path, form: Form, rows: Iterable[list[str]]) -> None:
    encoding = {Form.GB18030: "gb18030", Form.BOM: "utf-8-sig"}.get(form, "utf-8")
    with out.open("x", encoding=encoding, newline="") as file:
        writer = csv.writer(
            file,
            delimiter=";" if form is Form.SEMICOLON else ",",
            lineterminator="\r\n" if form is Form.SEMICOLON else "\n",
        )
        writer.writerows(rows)


def _form(out: Path, said: Form | None, rows: int) -> Form:
    """Answer what is to be written; a name that promises something else is refused."""
    workbook = out.suffix.lower() == ".xlsx"
    form = said or (Form.XLSX if workbook else Form.CSV)
    if workbook != (form is Form.XLSX):
        raise RefusedError(
            f"--form {form} does not go with the name {out.name}: a workbook's name ends in .xlsx, "
            "and no other's does"
        )
    if form is Form.XLSX and rows > MOST_ROWS:
        raise RefusedError(
            f"--rows {rows}: a workbook holds at most {MOST_ROWS} debts; write a .csv"
        )
    return form


def _places(text: str, form: Form) -> list[str]:
    chosen = [word.strip().lower() for word in text.split(",") if word.strip()]
    unknown = [word for word in chosen if word not in PLACES]
    if unknown or not chosen:
        raise RefusedError(
            f"--jurisdiction {text!r}: choose among {', '.join(PLACES)}, with commas between"
        )
    if form is Form.GB18030 and chosen != ["cn"]:
        raise RefusedError("--form gb18030 is how Chinese programs write: add --jurisdiction cn")
    return chosen


def _defects(named: list[str] | None) -> list[str]:
    known = (*DEFECTS, *PAIRED)
    if unknown := [name for name in named or () if name not in known]:
        raise RefusedError(f"--defect {unknown[0]!r}: choose among {', '.join(known)}")
    return list(named or known)


def _share(text: str) -> float:
    found = _SHARE.fullmatch(text.strip())
    share = float(found[1]) / 100 if found else 2.0
    if share > 1:
        raise RefusedError(f"--defects {text!r}: write a share of the rows, as 2%")
    return share
