"""The law as data: ask it about written cases, without store, login or settings."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.text import Text

from cli.show import REFUSED, AsJson, RefusedError, note, show, table
from cli.words import LAW_WORDS, language, read_catalog, say
from models.json_text import JsonError, read_json

if TYPE_CHECKING:
    from rules.packs import MergedPack, PackLibrary

app = typer.Typer(no_args_is_help=True, help="Ask the law about cases, read it, sign it off.")

PACKS = Path(__file__).parents[1] / "packs" / "jurisdictions"

WRAPPER = frozenset({"cases", "title", "version", "snapshot", "note"})
"""What an object around a list of cases may have besides it."""

MOST_FAULTS = 20
"""Refused cases that are named before the rest is only counted."""

LONGEST_FAULT = 600
"""Characters of one fault that are printed."""

LONGEST_NOTE = 2000
"""Characters of a remark under a signature."""

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
    if not cases:
        note("There is no case in it, so nothing was decided.")
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
    except JsonError as error:
        lines = [(at, line) for at, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) < 2 or not lines[0][1].rstrip().endswith("}"):
            raise RefusedError(_not_json(error, error.line)) from None
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


def decided(cases: Sequence[Mapping[str, Any]], library: PackLibrary | None = None) -> list[Asked]:
    """Decide all cases, or refuse them all and name what is wrong in each."""
    from models.law import CaseRefusedError  # noqa: PLC0415  # quick to start: --help needs none
    from rules.gate import decide_written_case  # noqa: PLC0415

    library = library or _library()
    answers: list[Asked] = []
    faults: list[str] = []
    for at, case in enumerate(cases, 1):
        try:
            answers.append(Asked(case, decide_written_case(case, library)))
        except CaseRefusedError as error:
            name = case.get("id")
            label = f"case {at}" + (f" ({name})" if isinstance(name, str) else "")
            faults.append(f"{label}: {_cut(str(error))}")
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


def _cut(text: str) -> str:
    """A fault quotes what was written; not all of it, if somebody wrote a book."""
    return text if len(text) <= LONGEST_FAULT else text[:LONGEST_FAULT] + "…"


def _answer(asked: Asked, *, full: bool) -> dict[str, Any]:
    decision, case = asked.decision, asked.case
    zone = ZoneInfo(case["tz"] or "UTC")

    def local(at: Any) -> str | None:
        return at.astimezone(zone).isoformat() if at else None

    answer: dict[str, Any] = {
        "id": case.get("id"),
        "decision": decision.kind.value,
        "until": local(decision.until),
        "rule": decision.rule,
        "rules": [failure.rule for failure in decision.failures],
        "pack_versions": dict(decision.pack_versions),
        "why": "; ".join(dict.fromkeys(failure.why for failure in decision.failures))
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
        return read_json(text)
    except JsonError as error:
        if error.line:
            raise
        raise RefusedError(f"the cases cannot be read: {error.problem}") from None


def _line(line: str, at: int) -> Any:
    try:
        return _parse(line)
    except JsonError as error:
        raise RefusedError(_not_json(error, at)) from None


def _not_json(error: JsonError, line: int | None) -> str:
    return f"line {line}, column {error.column} is not JSON: {error.problem}"


def _object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RefusedError(f"{place} is not an object with the facts of a case")
    return cast("dict[str, Any]", value)


# Read


@app.command()
def packs(as_json: AsJson = False) -> None:
    """List the law of every place: versions, validity, rules, hash, and who signed it."""
    library = _library()
    signed = signatures()
    rows: list[dict[str, Any]] = []
    for place, sub in [*sorted(library.places, key=str), *_signed_parts(library, signed or {})]:
        merged = library.merged(place, sub)
        rows.append(
            {
                "place": f"{place}-{sub}" if sub else place,
                "pack": merged.name,
                "title": merged.packs[-1].title,
                "versions": dict(merged.versions),
                "valid_from": merged.valid_from,
                "valid_to": merged.valid_to,
                "rules": len({rule.rule for rule in merged.rules()}),
                "unconfirmed": len(
                    {r.rule for r in merged.rules() if r.confidence == "memory_review"}
                ),
                "sha256": merged.sha256,
                "signed_by": None if signed is None else signed.get(merged.sha256, []),
            }
        )
    show(
        rows,
        as_json,
        table(
            f"The law of {len(rows)} places",
            ("place", "pack", "what", "version", "valid from", "#rules", "#unconfirmed",
             "sha256", "signed by"),
            (
                (
                    row["place"], row["pack"], row["title"], row["versions"][row["pack"]],
                    row["valid_from"], row["rules"], row["unconfirmed"], row["sha256"][:12],
                    "no store here" if signed is None else ", ".join(row["signed_by"]) or "nobody",
                )
                for row in rows
            ),
        ),
    )  # fmt: skip


def _signed_parts(
    library: PackLibrary, signed: Mapping[str, list[str]]
) -> list[tuple[str, str | None]]:
    """Parts of a country that somebody signed though they have no pack of their own, as US-OH."""
    from rules.place import regions_of  # noqa: PLC0415  # quick to start

    places = set(library.places)
    return [
        (country, part)
        for country, own in sorted(library.places, key=str)
        if own is None and signed
        for part in sorted(regions_of(country))
        if (country, part) not in places and not (merged := library.merged(country, part)).covered
        if merged.sha256 in signed
    ]


def signatures() -> dict[str, list[str]] | None:
    """Approvals that stand, by hash; None where there is no store to ask."""
    from cli.house import house  # noqa: PLC0415  # written cases need no store
    from runtime.settings import SettingsError  # noqa: PLC0415
    from store import case as records  # noqa: PLC0415
    from store.engine import StoreError  # noqa: PLC0415
    from store.keys import KeyFileError  # noqa: PLC0415

    try:
        with house() as here, here.store.reading() as session:
            found: dict[str, list[str]] = {}
            for signed in records.standing_signoffs(session):
                found.setdefault(signed.sha256, []).append(signed.approver)
            return found
    except (KeyFileError, SettingsError, StoreError):
        return None


@app.command()
def explain(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A rule id, as US-FED-7IN7.")],
    as_json: AsJson = False,
) -> None:
    """Say what a rule states: its text, numbers, source, how sure we are, since when and where."""
    from difflib import get_close_matches  # noqa: PLC0415  # quick to start

    from rules.explain import entries, names  # noqa: PLC0415

    library = _library()
    known = names(library.packs)
    name = next((each for each in known if each.lower() == rule.lower()), None)
    if name is None:
        near = [each for each in known if rule.upper() in each][:3]
        near = near or get_close_matches(rule.upper(), known, 3)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise RefusedError(f"no pack has a rule {rule!r}{hint}; cession law packs lists the places")
    told = entries(library.packs, name) if as_json else entries(library.packs, name, _legal())
    owners = {each.pack for each in told}
    where = sorted(
        f"{place}-{sub}" if sub else place
        for place, sub in library.places
        if owners & set(library.merged(place, sub).versions)
    )
    lines: list[Text] = []
    for each in told:
        lines += [Text(), Text.assemble((each.why, "bold"))]
        for label, text in (
            ("numbers", each.numbers), ("applies to", each.applies), ("exceptions", each.exceptions),
            ("effect", each.effect), ("source", each.source), ("how sure", each.confidence),
            ("valid", each.valid), ("pack", each.pack),
        ):  # fmt: skip
            if text:
                lines.append(Text.assemble((f"  {say(label):<11} ", "none"), text))
    show(
        {"rule": name, "places": where, "entries": told},
        as_json,
        f"[bold]{escape(name)}[/bold], in force everywhere"
        if len(where) == len(library.places)
        else f"[bold]{escape(name)}[/bold], in force in: {', '.join(where)}",
        *lines,
    )


def _legal() -> Callable[[str], str]:
    """What says the words of a rule in the reader's language, phrase by phrase."""
    if language() != "zh":
        return say
    known = read_catalog(LAW_WORDS)
    return lambda text: known.get(text) or say(text)


@app.command()
def pages(
    directory: Annotated[Path, typer.Argument(metavar="DIRECTORY", help="Where to write them.")],
) -> None:
    """Write a page for every country, with every number and its source."""
    if not directory.is_dir():
        raise RefusedError(f"{directory}: no such directory; make it first, then say this again")
    for name, text in make_pages(_library()).items():
        (directory / name).write_text(text, "utf-8")


def make_pages(library: PackLibrary) -> dict[str, str]:
    """Answer file names and texts of all pages and of the list that leads to them."""
    from rules.explain import COUNTRIES, page  # noqa: PLC0415  # quick to start

    made: dict[str, str] = {}
    for country in COUNTRIES:
        packs = [pack for pack in library.packs if pack.jurisdiction == country]
        packs.sort(key=lambda pack: (pack.sub is not None, pack.pack))
        made[f"{country or 'everywhere'}.md"] = page(country, packs)
    index = [
        "# The law, by place",
        "",
        "Made from the packs by `cession law pages`; do not edit.",
        "",
    ]
    index += [f"- [{name}]({country or 'everywhere'}.md)" for country, name in COUNTRIES.items()]
    made["index.md"] = "\n".join(index) + "\n"
    return made


# Compare


@app.command()
def diff(
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="A pack file, a directory of packs, or a name.")
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The same of what shall replace it.")],
    cases: Annotated[
        Path | None, typer.Option("--cases", metavar="FILE", help="Written cases to decide twice.")
    ] = None,
    portfolio: Annotated[
        str | None,
        typer.Option("--portfolio", help="Only contacts of this portfolio; of all if left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what another version of the law would have decided otherwise.

    Over the contacts on record, made or kept back by the law, each judged again with what was
    known at its instant; or over a file of written cases, which needs no store. What a message
    said is not judged again.
    """
    library = _library()
    before, after = _version(old, library), _version(new, library)
    left_out = unbooked = 0
    if cases is not None:
        judged = _twice(cases, before, after)
    else:
        judged, left_out, unbooked = _recorded(portfolio, before, after)
    otherwise = [line for line in judged if line["old"] != line["new"]]
    moved = {
        f"{one} to {other}": sum(
            line["old"]["decision"] == one and line["new"]["decision"] == other
            for line in otherwise
        )
        for one in ("allow", "defer", "block")
        for other in ("allow", "defer", "block")
    }
    summary = {name: count for name, count in moved.items() if count}
    said = ", ".join(f"{count} {_move(name)}" for name, count in summary.items())
    strange = sum(
        line.get("then") == "made" and line["old"]["decision"] != "allow" for line in judged
    )
    lines = [f"{len(judged)} judged, {len(otherwise)} otherwise" + (f": {said}" if said else ".")]
    if left_out:
        lines.append(f"{left_out} left out: their number or address is held no more.")
    if unbooked:
        lines.append(f"{unbooked} left out: they are older than the first entry of their account.")
    if strange:
        lines.append(
            f"Of the contacts made, {strange} would not be allowed by the old law either: zones, wishes "
            "and consents are read as they are known now."
        )
    show(
        {
            "judged": len(judged), "otherwise": len(otherwise), "left_out": left_out,
            "before_first_entry": unbooked,
            "made_but_not_allowed_by_old": strange, "moves": summary, "cases": otherwise,
        },
        as_json,
        *lines,
        *(
            [
                table(
                    "Decided otherwise; times are the debtor's",
                    ("what", "when", "channel", "then", "old", "new"),
                    (
                        (
                            " ".join(filter(None, (line.get("account"), line.get("law"))))
                            or line["id"],
                            _minute(line["at"]), line["channel"], line.get("then", ""),
                            _outcome(line["old"]), _outcome(line["new"]),
                        )
                        for line in otherwise
                    ),
                )
            ]
            if otherwise
            else []
        ),
    )  # fmt: skip


def _move(name: str) -> str:
    """``allow to defer``, or that both keep a contact back, but not alike."""
    one, _, other = name.partition(" to ")
    both = {
        "defer": "put off by both, to another time or by other rules",
        "block": "refused by both, by other rules",
    }
    return both[one] if one == other else f"from {name}"


def _minute(at: str) -> str:
    return datetime.fromisoformat(at).strftime("%Y-%m-%d %H:%M")


def _outcome(verdict: Mapping[str, Any]) -> str:
    """The decision with its instant and every failing rule."""
    until = f" until {_minute(verdict['until'])}" if verdict["until"] else ""
    return "\n".join([f"{verdict['decision']}{until}", *verdict["rules"]])


def _version(text: str, library: PackLibrary) -> PackLibrary:
    """The shipped law, with a pack file in place of its namesake, or all of a directory."""
    from rules.packs import load_packs, read_pack  # noqa: PLC0415  # quick to start

    place = Path(text)
    if place.is_dir():
        return load_packs(place)
    if place.is_file():
        return library.replacing(read_pack(place.read_bytes(), place.name))
    if library.line(text) is not None:
        return library
    raise RefusedError(f"{text}: neither a file, nor a directory of packs, nor a pack's name")


def _twice(file: Path, before: PackLibrary, after: PackLibrary) -> list[dict[str, Any]]:
    _, asked = read_cases(_text(file))
    return [
        {"id": one.case.get("id"), "at": one.case["now"], "channel": one.case["channel"],
         "old": _verdict(one), "new": _verdict(other)}
        for one, other in zip(decided(asked, before), decided(asked, after), strict=True)
    ]  # fmt: skip


def _verdict(asked: Asked) -> dict[str, Any]:
    answer = _answer(asked, full=False)
    return {key: answer[key] for key in ("decision", "until", "rule", "rules")}


def _recorded(
    portfolio: str | None, before: PackLibrary, after: PackLibrary
) -> tuple[list[dict[str, Any]], int, int]:
    """Contacts on record, for whoever may read them, and how many could not be judged, and why."""
    from activities.hindsight import judged_again  # noqa: PLC0415  # only here is a store needed
    from cli.house import house  # noqa: PLC0415
    from cli.office import working  # noqa: PLC0415
    from cli.reach import recognised  # noqa: PLC0415
    from cli.rights import refuse_unless  # noqa: PLC0415
    from models.operator import Role  # noqa: PLC0415

    with house() as here:
        who = recognised(here, "law diff")
        refuse_unless(
            here, who, "law diff", frozenset({Role.COMPLIANCE, Role.OPERATIONS, Role.SUPERVISOR})
        )
        with working(here.settings) as office, office.store.reading() as session:
            found = judged_again(session, office, before, after, portfolio)
    if found is None:
        raise RefusedError(f"there is no portfolio {portfolio!r}: cession portfolio list")
    lines = [
        {
            "id": line.contact,
            "account": line.account,
            "law": line.law,
            "at": line.at.isoformat(timespec="seconds"),
            "channel": line.channel,
            "then": line.then,
            **{
                side: {
                    "decision": decision.kind.value,
                    "until": decision.until.astimezone(line.at.tzinfo).isoformat()
                    if decision.until
                    else None,
                    "rule": decision.rule,
                    "rules": [failure.rule for failure in decision.failures],
                }
                for side, decision in (("old", line.old), ("new", line.new))
            },
        }
        for line in found.lines
    ]
    return lines, found.left_out, found.unbooked


# Sign off

Place = Annotated[
    str, typer.Argument(metavar="PACK", help="A pack or place: US-FED, US-NY, CN, US-OH.")
]
Remark = Annotated[str, typer.Option("--note", help="What was read and what stays open.")]


@app.command()
def approve(pack: Place, note: Remark, as_json: AsJson = False) -> None:
    """Sign the law of a place off: its hash, so that any change needs a new signature.

    The approver is whoever is logged in. Without it, cases of the place stay in shadow.
    """
    from cli.house import house  # noqa: PLC0415  # written cases need no store
    from cli.reach import acting  # noqa: PLC0415
    from store import case as records  # noqa: PLC0415

    merged = _merged(pack)
    who = acting().code
    text = remark(note)
    with house() as here, here.store.writing() as session:
        if any(s.approver == who for s in records.signoffs(session, merged.sha256)):
            raise RefusedError(f"{who} has signed this version of {pack} already", REFUSED)
        records.sign(
            session,
            pack=merged.name,
            sha256=merged.sha256,
            approver=who,
            note=text,
            at=here.clock.now(),
        )
    open_rules = len({r.rule for r in merged.rules() if r.confidence == "memory_review"})
    show(
        {
            "pack": merged.name, "sha256": merged.sha256, "versions": dict(merged.versions),
            "approver": who, "unconfirmed": open_rules,
        },
        as_json,
        f"{who} signed {escape(pack)} ({merged.sha256[:12]}): "
        + ", ".join(f"{name} {version}" for name, version in merged.versions.items())
        + f". {open_rules} of its rules are marked as not confirmed.",
    )  # fmt: skip


@app.command()
def revoke(pack: Place, note: Remark, as_json: AsJson = False) -> None:
    """Take every signature under the law of a place back: its live cases rest at once."""
    from cli.house import house  # noqa: PLC0415  # written cases need no store
    from cli.reach import acting  # noqa: PLC0415
    from store import case as records  # noqa: PLC0415

    merged = _merged(pack)
    who = acting().code
    text = remark(note)
    with house() as here, here.store.writing() as session:
        taken = records.withdraw(
            session, sha256=merged.sha256, actor=who, note=text, at=here.clock.now()
        )
    if not taken:
        raise RefusedError(f"nobody has signed this version of {pack}", REFUSED)
    show(
        {"pack": merged.name, "sha256": merged.sha256, "revoked": taken, "actor": who},
        as_json,
        f"{who} took back {taken} signature{'' if taken == 1 else 's'} under {escape(pack)}; its "
        "live cases rest until somebody signs again.",
    )


def _merged(name: str) -> MergedPack:
    """The law of a place, by its pack or its code."""
    from rules.packs import NoPackError  # noqa: PLC0415  # quick to start
    from rules.written import place_of_law  # noqa: PLC0415

    library = _library()
    if line := library.line(name):
        return library.merged(line[-1].jurisdiction, line[-1].sub)
    country, _, sub = name.partition("-")
    try:
        return library.merged(*place_of_law(country, sub or None))
    except (NoPackError, ValueError) as error:
        raise RefusedError(f"there is no law of {name!r} here: {error}") from None


def remark(note: str) -> str:
    text = " ".join(note.split())
    if not text:
        raise RefusedError("--note is empty: say what was read and what stays open")
    if len(text) > LONGEST_NOTE:
        raise RefusedError(f"--note is longer than {LONGEST_NOTE} characters")
    return text


def _library() -> PackLibrary:
    from rules.packs import load_packs  # noqa: PLC0415  # quick to start

    return load_packs(PACKS)
