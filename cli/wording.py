"""The wording guard at the command line: ask it about texts; sign off the packs that we write with.

The guard needs neither store nor login nor settings; a signature does.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.show import REFUSED, AsJson, RefusedError, show, table

app = typer.Typer(no_args_is_help=True, help="Ask the wording guard about texts; sign packs off.")

PACKS = Path(__file__).parents[1] / "packs" / "wording"

MOST_FAULTS = 20
"""Refused lines that are named before the rest is only counted."""


@app.callback()
def wording() -> None:
    """Ask the wording guard about texts; sign wording packs off."""


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
    from rules.message import load_wording, lost_in_translation  # noqa: PLC0415
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
    found += [
        {
            "pack": locale,
            "place": place,
            "verdict": "review",
            "rule": "S13.lost",
            "words": fact,
            "advice": "its translations state this; state it here too",
        }
        for locale, place, fact in lost_in_translation(library)
    ]
    columns = ("pack", "place", "verdict", "rule", "words", "advice")
    title = f"{len(library.locales)} wording packs, {len(found)} findings"
    show(found, as_json, table(title, columns, ([row[c] for c in columns] for row in found)))
    if any(row["verdict"] == "block" for row in found):
        raise typer.Exit(REFUSED)


# Sign off

Locale = Annotated[str, typer.Argument(metavar="LOCALE", help="A wording pack, as zh-CN.")]
Remark = Annotated[str, typer.Option("--note", help="What was read, and in what language.")]


@app.command()
def packs(as_json: AsJson = False) -> None:
    """List the wording packs: version, countries, hash, and who signed the words as they are."""
    from cli.law import signatures  # noqa: PLC0415  # quick to start: --help needs none

    library = _library()
    signed = signatures()
    rows: list[dict[str, Any]] = [
        {
            "locale": pack.locale,
            "version": pack.version,
            "countries": list(pack.countries),
            "templates": len(pack.templates),
            "sha256": pack.sha256,
            "signed_by": None if signed is None else signed.get(pack.sha256, []),
        }
        for pack in map(library.pack, library.locales)
    ]
    show(
        rows,
        as_json,
        table(
            f"{len(rows)} wording packs",
            ("locale", "version", "countries", "#templates", "sha256", "signed by"),
            (
                (
                    row["locale"], row["version"], ", ".join(row["countries"]), row["templates"],
                    row["sha256"][:12],
                    "no store here" if signed is None else ", ".join(row["signed_by"]) or "nobody",
                )
                for row in rows
            ),
        ),
    )  # fmt: skip


@app.command()
def approve(locale: Locale, note: Remark, as_json: AsJson = False) -> None:
    """Sign the words of a pack off: its hash, so that any change needs a new signature.

    The approver is whoever is logged in. Without it, cases in that language stay in shadow. A pack
    in which the guard finds what may not be said cannot be signed.
    """
    from cli.house import house  # noqa: PLC0415  # asking the guard needs no store
    from cli.law import remark  # noqa: PLC0415
    from cli.reach import acting  # noqa: PLC0415
    from rules.wording import fixed_words  # noqa: PLC0415
    from store import case as records  # noqa: PLC0415

    pack = _pack(locale)
    who, text = acting().code, remark(note)
    if bad := sorted(
        {place for place, _, found in fixed_words(pack) if found.judgement == "block"}
    ):
        raise RefusedError(
            f"{locale} says what may not be said, in {', '.join(bad)}: cession wording lint",
            REFUSED,
        )
    with house() as here, here.store.writing() as session:
        if any(s.approver == who for s in records.signoffs(session, pack.sha256)):
            raise RefusedError(f"{who} has signed this version of {locale} already", REFUSED)
        records.sign(
            session,
            pack=f"wording {locale}",
            sha256=pack.sha256,
            approver=who,
            note=text,
            at=here.clock.now(),
        )
    show(
        {"locale": locale, "version": pack.version, "sha256": pack.sha256, "approver": who},
        as_json,
        f"{who} signed the wording of {locale} ({pack.version}, {pack.sha256[:12]}).",
    )


@app.command()
def revoke(locale: Locale, note: Remark, as_json: AsJson = False) -> None:
    """Take every signature under a pack back: live cases in its language rest at once."""
    from cli.house import house  # noqa: PLC0415  # asking the guard needs no store
    from cli.law import remark  # noqa: PLC0415
    from cli.reach import acting  # noqa: PLC0415
    from store import case as records  # noqa: PLC0415

    pack = _pack(locale)
    who, text = acting().code, remark(note)
    with house() as here, here.store.writing() as session:
        taken = records.withdraw(
            session, sha256=pack.sha256, actor=who, note=text, at=here.clock.now()
        )
    if not taken:
        raise RefusedError(f"nobody has signed this version of {locale}", REFUSED)
    show(
        {"locale": locale, "sha256": pack.sha256, "revoked": taken, "actor": who},
        as_json,
        f"{who} took back {taken} signature{'' if taken == 1 else 's'} under the wording of "
        f"{locale}; live cases in it rest until somebody signs again.",
    )


def _pack(locale: str) -> Any:
    library = _library()
    if locale not in library.locales:
        known = ", ".join(library.locales)
        raise RefusedError(f"there is no wording pack {locale!r}; one of {known}")
    return library.pack(locale)


def _library() -> Any:
    from rules.message import load_wording  # noqa: PLC0415  # quick to start

    return load_wording(PACKS)


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
