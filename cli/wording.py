"""The wording guard at the command line: ask it about texts, without store, login or settings."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.show import REFUSED, AsJson, RefusedError, show, table

app = typer.Typer(no_args_is_help=True, help="Ask the wording guard about texts.")

PACKS = Path(__file__).parents[1] / "packs" / "wording"

MOST_FAULTS = 20
"""Refused lines that are named before the rest is only counted."""


@app.callback()
def wording() -> None:
    """Ask the wording guard about texts."""


@app.command()
def check(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="Texts, one JSON object a line; standard input if left out, or -.",
        ),
    ] = None,
    locale: Annotated[
        str, typer.Option(help="Language and place of the texts, as zh-CN or en-US.")
    ] = "",
    complete: Annotated[
        bool,
        typer.Option("--complete", help="Whole messages: they owe their mandatory parts too."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Judge texts by the very guard that stands before every message.

    A line has id, text, and if you like channel (sms, email, phone, letter, note) and case:
    time_barred, legal_event (type, court, date), credit_reporting, balance ("5230.00 CNY"). What a
    line does not mention is taken as not true of the case. The exit code tells of refused input
    only; verdicts are in the answers.
    """
    from rules.wording import LOCALES  # noqa: PLC0415  # quick to start: --help needs none
    from rules.wording import check as guard  # noqa: PLC0415

    if locale not in LOCALES:
        known = ", ".join(sorted(LOCALES))
        said = (
            f"--locale {locale}: the guard has no list for it" if locale else "--locale is missing"
        )
        raise RefusedError(f"{said}; one of {known}")
    texts = _read(_text(file), locale)
    answers: list[dict[str, Any]] = []
    for asked in texts:
        verdict = guard(asked.text, locale, asked.context, complete=complete)
        answers.append(
            {
                "id": asked.id,
                "verdict": str(verdict.judgement),
                "findings": [
                    {
                        "category": finding.category,
                        "rule": finding.rule,
                        "span": list(finding.span),
                        "advice": finding.advice,
                    }
                    for finding in verdict.findings
                ],
            }
        )
    if as_json:
        for answer in answers:
            typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    show(
        answers,
        False,
        table(
            f"{len(answers)} text{'' if len(answers) == 1 else 's'} judged",
            ("text", "verdict", "offending words", "rule", "advice"),
            (
                (answer["id"], answer["verdict"], words, rule, advice)
                for asked, answer in zip(texts, answers, strict=True)
                for words, rule, advice in _rows(asked.text, answer["findings"])
            ),
        ),
    )


@app.command()
def lint(
    folder: Annotated[
        Path,
        typer.Argument(metavar="[FOLDER]", help="A folder of wording packs; ours if left out."),
    ] = PACKS,
    as_json: AsJson = False,
) -> None:
    """Judge the fixed words of every template and sentence of wording packs.

    Ends with 1 if a pack says what may not be said, however it is filled in.
    """
    from rules.lists import guard_lists  # noqa: PLC0415  # quick to start: --help needs none
    from rules.message import load_wording  # noqa: PLC0415
    from rules.wording import fixed_words  # noqa: PLC0415

    for read in guard_lists().values():
        read.try_all()
    library = load_wording(folder)
    found = [
        {
            "pack": locale,
            "place": place,
            "verdict": str(finding.judgement),
            "rule": finding.rule,
            "words": words[slice(*finding.span)],
            "advice": finding.advice,
        }
        for locale in library.locales
        for place, words, finding in fixed_words(library.pack(locale))
    ]
    columns = ("pack", "place", "verdict", "rule", "words", "advice")
    title = f"{len(library.locales)} wording packs, {len(found)} findings"
    show(found, as_json, table(title, columns, ([row[c] for c in columns] for row in found)))
    if any(row["verdict"] == "block" for row in found):
        raise typer.Exit(REFUSED)


def _rows(text: str, findings: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    rows = [(text[slice(*f["span"])], f["rule"], f["advice"]) for f in findings]
    return rows or [("", "", "")]


def _read(source: str, locale: str) -> list[Any]:
    """Read every line, or refuse them all and name what is wrong in each."""
    from rules.written_text import WrittenRefusedError, WrittenText, read_text  # noqa: PLC0415

    texts: list[WrittenText] = []
    faults: list[str] = []
    for at, line in enumerate(source.split("\n"), 1):
        if not line.strip():
            continue
        try:
            texts.append(read_text(line, locale))
        except WrittenRefusedError as error:
            faults.append(f"line {at}: {error}")
    if faults:
        more = len(faults) - MOST_FAULTS
        rest = [f"and {more} more"] if more > 0 else []
        raise RefusedError("\n".join([*faults[:MOST_FAULTS], *rest]))
    if not texts:
        raise RefusedError('no text to judge; hand in lines as {"id": "1", "text": "…"}')
    return texts


def _text(file: Path | None) -> str:
    """Read the input; a byte order mark is no part of it."""
    if file is None or str(file) == "-":
        if sys.stdin.isatty():
            raise RefusedError("no texts: name a file, or send them on standard input")
        raw, name = sys.stdin.buffer.read(), "standard input"
    else:
        try:
            raw, name = file.read_bytes(), str(file)
        except OSError as error:
            raise RefusedError(f"{file}: cannot be read ({error.strerror})") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise RefusedError(f"{name}: line {line}: is not UTF-8; save it as UTF-8") from None
