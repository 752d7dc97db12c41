"""The law as data: ask it about written cases, without store, login or settings."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, cast
from zoneinfo import ZoneInfo

import typer

from cli.show import AsJson, RefusedError, show, table

app = typer.Typer(no_args_is_help=True, help="Ask the law about cases, read it, sign it off.")

PACKS = Path(__file__).parents[1] / "packs" / "jurisdictions"

WRAPPER = frozenset({"cases", "title", "version", "snapshot", "note"})
"""What an object around a list of cases may have besides it."""

MOST_FAULTS = 20
"""Refused cases that are named before the rest is only counted."""

Shape = Literal["one", "list", "wrapped", "lines"]


@app.callback()
def law() -> None:
    """Ask the law about cases, read it, sign it off."""


# Decide


@app.command()
def decide(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="Written cases as JSON; standard input if left out, or -."
        ),
    ] = None,
    as_json: AsJson = False,
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="Also every failing rule with its source and instant, flags, and what was checked.",
        ),
    ] = False,
) -> None:
    """Decide written cases by the very check that stands before every contact.

    A case has id, jurisdiction, sub, tz, now, channel, contact_log and case_state; what it does not
    mention is neutral. One object, a list, or one object a line: answers come in the same form.
    """
    shape, cases = read_cases(_text(file))
    answers = [_answer(asked, full=full) for asked in decided(cases)]
    if as_json:
        _print(shape, answers)
        return
    show(
        answers,
        False,
        table(
            f"{len(answers)} case{'' if len(answers) == 1 else 's'} decided",
            ("case", "decision", "until", "failing rules", "why"),
            ((a["id"], a["decision"], a["until"], " ".join(a["rules"]), a["why"]) for a in answers),
        ),
    )


def read_cases(text: str) -> tuple[Shape, list[dict[str, Any]]]:
    """Read one case, a list, a list within an object, or a case a line."""
    try:
        found = _parse(text)
    except json.JSONDecodeError as error:
        lines = [(at, line) for at, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) < 2 or not lines[0][1].rstrip().endswith("}"):
            raise RefusedError(_not_json(error, error.lineno)) from None
        return "lines", [_object(_line(line, at), f"line {at}") for at, line in lines]
    match found:
        case list():
            rows = cast("list[Any]", found)
            return "list", [_object(row, f"case {at}") for at, row in enumerate(rows, 1)]
        case {"cases": list() as rows} if "now" not in found:
            if others := sorted(set(cast("dict[str, Any]", found)) - WRAPPER):
                raise RefusedError(f"beside the cases: {others[0]}: is not known")
            rows = cast("list[Any]", rows)
            return "wrapped", [_object(row, f"case {at}") for at, row in enumerate(rows, 1)]
        case _:
            return "one", [_object(found, "the case")]


@dataclass(frozen=True, slots=True)
class Asked:
    """A written case and the gate's answer."""

    case: Mapping[str, Any]
    decision: Any


def decided(cases: Sequence[Mapping[str, Any]]) -> list[Asked]:
    """Decide all cases, or refuse them all and name what is wrong in each."""
    from models.law import CaseRefusedError  # noqa: PLC0415  # quick to start: --help needs none
    from rules.gate import decide_written_case  # noqa: PLC0415
    from rules.packs import load_packs  # noqa: PLC0415

    library = load_packs(PACKS)
    answers: list[Asked] = []
    faults: list[str] = []
    for at, case in enumerate(cases, 1):
        try:
            answers.append(Asked(case, decide_written_case(case, library)))
        except CaseRefusedError as error:
            name = case.get("id")
            label = f"case {at}" + (f" ({name})" if isinstance(name, str) else "")
            faults.append(f"{label}: {error}")
    if faults:
        more = len(faults) - MOST_FAULTS
        rest = [f"and {more} more"] if more > 0 else []
        raise RefusedError(
            "\n".join(
                [
                    "nothing was decided; mend this first:",
                    *(f"  {line}" for line in [*faults[:MOST_FAULTS], *rest]),
                ]
            )
        )
    return answers


def _answer(asked: Asked, *, full: bool) -> dict[str, Any]:
    decision, case = asked.decision, asked.case
    zone = ZoneInfo(case["tz"])

    def local(at: Any) -> str | None:
        return at.astimezone(zone).isoformat() if at else None

    answer: dict[str, Any] = {
        "id": case.get("id"),
        "decision": decision.kind.value,
        "until": local(decision.until),
        "rule": decision.rule,
        "rules": [failure.rule for failure in decision.failures],
        "pack_versions": dict(decision.pack_versions),
        "why": "; ".join(failure.why for failure in decision.failures)
        or f"none of the {len(decision.checked)} rules in force here speaks against it",
    }
    if full:
        answer |= {
            "until_conservative": local(decision.until_conservative),
            "flags": list(decision.flags),
            "failures": [
                {
                    "rule": failure.rule,
                    "decision": failure.decision.value,
                    "order": failure.order.value,
                    "why": failure.why,
                    "source": failure.source,
                    "until": local(failure.until),
                }
                for failure in decision.failures
            ],
            "checked": list(decision.checked),
            "pack_sha256": decision.pack_sha,
        }
    return answer


def _print(shape: Shape, answers: list[dict[str, Any]]) -> None:
    match shape:
        case "one":
            show(answers[0], True)
        case "list":
            show(answers, True)
        case "wrapped":
            show({"cases": answers}, True)
        case "lines":
            typer.echo("\n".join(json.dumps(answer, ensure_ascii=False) for answer in answers))


def _text(file: Path | None) -> str:
    if file is None or str(file) == "-":
        if sys.stdin.isatty():
            raise RefusedError("no cases: name a file, or send them on standard input")
        content, name = sys.stdin.buffer.read(), "standard input"
    else:
        try:
            content, name = file.read_bytes(), str(file)
        except OSError as error:
            raise RefusedError(f"{file}: {error.strerror or 'cannot be read'}") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RefusedError(f"{name} is not UTF-8 text") from None
    if not text.strip():
        raise RefusedError(f"{name} is empty: there is no case to decide")
    return text


def _parse(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError:
        raise RefusedError("the JSON is nested too deeply to be a case") from None


def _line(line: str, at: int) -> Any:
    try:
        return _parse(line)
    except json.JSONDecodeError as error:
        raise RefusedError(_not_json(error, at)) from None


def _not_json(error: json.JSONDecodeError, line: int) -> str:
    return f"line {line}, column {error.colno} is not JSON: {error.msg}"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RefusedError(f"{twice} is stated twice in one object; which one is meant?")
    return found


def _no_constant(word: str) -> Any:
    raise RefusedError(f"{word} is no number that JSON knows")


def _object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RefusedError(f"{place} is not an object with the facts of a case")
    return cast("dict[str, Any]", value)
