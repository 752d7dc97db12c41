"""The law in plain words: one rule for whoever asks, a page for every country."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rules.pack import (
    WEEK,
    Cap,
    Content,
    Cooldown,
    Gate,
    Holidays,
    Hours,
    Note,
    Pack,
    Personal,
    Rule,
    Wait,
)

HOW_SURE = {
    "looked_up": "looked up",
    "looked_up+policy": "looked up; where the edge lies is our choice",
    "memory_review": "from memory, not confirmed",
    "policy": "our own cautious default",
}

COUNTRIES = {
    "AU": "Australia",
    "BR": "Brazil",
    "CA": "Canada",
    "CN": "Mainland China",
    "EU": "European Union",
    "GB": "United Kingdom",
    "HK": "Hong Kong",
    "IN": "India",
    "SG": "Singapore",
    "US": "United States",
    "ZA": "South Africa",
    "": "Everywhere: house rules and ethics",
}

_WINDOWS = {
    "calendar_day": "a local day",
    "iso_week": "a week from Monday",
    "calendar_month": "a calendar month",
}

_EXEMPT = {
    "consented_call": "calls the person agreed to within seven days neither count nor are stopped",
    "agreed_call": "a call the person agreed to within seven days is not stopped, and counts",
    "answer": "answers to the person",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One entry of a rule, in words."""

    pack: str
    kind: str
    why: str
    numbers: str
    applies: str
    exceptions: str
    effect: str
    source: str
    confidence: str
    valid: str


def tell(pack: Pack, rule: Rule) -> Told:
    """Say what a rule states."""
    return Told(
        pack=pack.pack,
        kind=type(rule).__name__.lower(),
        why=rule.why,
        numbers=_numbers(rule),
        applies=_applies(rule),
        exceptions=_exceptions(rule),
        effect=_effect(rule),
        source=rule.source,
        confidence=HOW_SURE[rule.confidence],
        valid=_valid(rule.valid_from or pack.valid_from, rule.valid_to or pack.valid_to),
    )


def tell_note(pack: Pack, note: Note) -> Told:
    """Say what a row demands that the gate does not decide."""
    return Told(
        pack=pack.pack,
        kind="note",
        why=note.why,
        numbers="",
        applies="",
        exceptions="",
        effect=f"not decided by the gate; kept by: {note.kept_by}",
        source=note.source,
        confidence=HOW_SURE[note.confidence],
        valid=_valid(note.valid_from or pack.valid_from, note.valid_to or pack.valid_to),
    )


def entries(packs: Iterable[Pack], name: str) -> list[Told]:
    """Everything that stands under one rule id, in whatever pack."""
    found: list[Told] = []
    for pack in packs:
        found += [tell(pack, rule) for rule in pack.rules() if rule.rule == name]
        found += [tell_note(pack, note) for note in pack.notes if note.rule == name]
        if pack.tz.rule == name and pack.tz.rule != "GEN-MULTI-TZ":
            found.append(_zones(pack))
    return found


def names(packs: Iterable[Pack]) -> list[str]:
    """Every rule id that some pack has, each once."""
    found: dict[str, None] = {}
    for pack in packs:
        found |= dict.fromkeys(rule.rule for rule in pack.rules())
        found |= dict.fromkeys(note.rule for note in pack.notes)
        found[pack.tz.rule] = None
    return sorted(found)


def _zones(pack: Pack) -> Told:
    return Told(
        pack.pack, "zones", "it must suit the clock of every place where the person may be",
        f"besides the debtor's own, {pack.tz.fixed}" if pack.tz.fixed else "every candidate zone",
        "every act with hours", "", "put off until every zone is open", pack.tz.source,
        HOW_SURE["looked_up"], _valid(pack.valid_from, pack.valid_to),
    )  # fmt: skip


def _scope(words: Sequence[str]) -> str:
    """What a count is kept for, one by one; nothing: for the debtor, over all of it."""
    first = ", ".join(words[:-1])
    return f" for each {first + ' and ' if first else ''}{words[-1]}" if words else ""


def _numbers(rule: Rule) -> str:
    match rule:
        case Hours():
            return f"open {_days(rule.days)} {rule.opens} to {rule.closes}, closing time excluded"
        case Cap():
            windows = " and in ".join(map(_window, rule.windows))
            counts = ", ".join(map(_event, rule.counts))
            inbound = "".join(f", {_event(e)} begun by the person" for e in rule.counts_inbound)
            others = f"; not {', '.join(map(_event, rule.not_counted))}" if rule.not_counted else ""
            return f"at most {rule.n} in {windows}{_scope(rule.scope)}; counts {counts}{inbound}{others}"
        case Cooldown():
            events = ", ".join(map(_event, rule.triggers))
            return (
                f"{rule.days} local days after {events}{_scope(rule.scope)}, whoever began it;"
                " its day is day 1"
            )
        case Wait():
            what = rule.since.replace("_", " ")
            if rule.months:
                return f"{rule.months} months after {what}"
            if rule.business_days:
                return f"{rule.business_days} working days after {what}"
            return f"from {rule.days} days after {what}" if rule.days else f"from {what}"
        case Gate(each_max=most) if most:
            return f"each purpose left open at most {most} time{'s' if most > 1 else ''}"
        case Content():
            return "must contain: " + ", ".join(part.replace("_", " ") for part in rule.requires)
        case Holidays():
            return f"public holidays of {rule.country}" + (
                ", national only" if rule.national else ""
            )
        case Personal():
            return "the times the person called inconvenient"
        case _:
            return ""


def _applies(rule: Rule) -> str:
    acts = [
        {"contact": "every contact", "any": "every act"}.get(word, word.replace("_", " "))
        for word in rule.channels
    ]
    said = ", ".join(acts)
    if rule.purposes:
        said += f"; for {_words(rule.purposes)}"
    if rule.parties:
        said += f"; to {_words(rule.parties)}"
    if rule.when:
        said += "; when " + " and ".join(clause.replace("_", " ") for clause in rule.when)
    return said


def _exceptions(rule: Rule) -> str:
    found: list[str] = []
    if rule.allow:
        found.append(f"left open: {_words(rule.allow)}")
    if isinstance(rule, Cap | Cooldown):
        found += [_EXEMPT[word] for word in rule.exempt]
    if isinstance(rule, Hours) and rule.override == "recorded_consent":
        found.append("another time the person agreed to beforehand, with proof, once")
    return "; ".join(found)


def _effect(rule: Rule) -> str:
    if rule.decision == "flag":
        return f"advises only: {_words(rule.flags)}"
    if isinstance(rule, Content) and rule.by_template:
        return "blocks a written case; of live messages the template is made so"
    done = "puts off" if rule.decision == "defer" else "blocks"
    return done + (f", and marks {_words(rule.flags)}" if rule.flags else "")


def _words(words: Sequence[str]) -> str:
    return ", ".join(word.replace("_", " ") for word in words)


def _days(days: Sequence[str]) -> str:
    at = [WEEK.index(day) for day in days]
    if len(at) == len(WEEK):
        return "every day"
    if len(at) > 2 and at == list(range(at[0], at[-1] + 1)):
        return f"{days[0].title()}–{days[-1].title()}"
    return ", ".join(day.title() for day in days)


def _window(text: str) -> str:
    if text in _WINDOWS:
        return _WINDOWS[text]
    name, _, length = text.partition(" ")
    return f"{length} {'consecutive local days' if name == 'calendar_days' else 'rolling hours'}"


def _event(atom: str) -> str:
    channel, _, outcome = atom.partition(":")
    return f"{channel} ({outcome.replace('_', ' ')})" if outcome else channel


def _valid(first: date, last: date | None) -> str:
    return f"{first} to {last}" if last else f"from {first}"


# Pages


def page(country: str, packs: Sequence[Pack]) -> str:
    """The page of one country: every number with its source, and what is not confirmed."""
    return "\n".join(_page(country, packs)).rstrip() + "\n"


def _page(country: str, packs: Sequence[Pack]) -> Iterator[str]:
    yield f"# {COUNTRIES[country]}"
    yield ""
    yield (
        "Made from the packs by `cession law pages`; do not edit. This is research, not legal "
        "advice: no pack reaches a real debtor before counsel has signed it (`cession law approve`)."
    )
    for pack in packs:
        yield from ("", f"## {pack.title}", "")
        yield f"Pack `{pack.pack}`, version {pack.version}, {_valid(pack.valid_from, pack.valid_to)}."
        if pack.parent:
            yield f"Its rules come on top of those of `{pack.parent}` and only tighten them."
        yield from _frame(pack)
        told = [(rule.rule, tell(pack, rule)) for rule in pack.rules()]
        if told:
            yield from ("", "| rule | what | numbers | applies to | exceptions | effect |")
            yield "|---|---|---|---|---|---|"
            for name, said in told:
                cells = (said.why, said.numbers, said.applies, said.exceptions, said.effect)
                yield f"| `{name}` | {' | '.join(map(_cell, cells))} |"
            yield from ("", "| rule | source | how sure | valid |", "|---|---|---|---|")
            rows = dict.fromkeys((n, t.source, t.confidence, t.valid) for n, t in told)
            for name, source, sure, valid in rows:
                yield f"| `{name}` | {_cell(source)} | {sure} | {valid} |"
        if pack.notes:
            yield from ("", "### Kept elsewhere than at the gate", "")
            yield from ("| rule | what | kept by | source | how sure |", "|---|---|---|---|---|")
            for note in pack.notes:
                cells = (note.why, note.kept_by, note.source, HOW_SURE[note.confidence])
                yield f"| `{note.rule}` | {' | '.join(map(_cell, cells))} |"
    yield from _doubts(packs)


def _frame(pack: Pack) -> Iterator[str]:
    lines: list[str] = []
    if limit := pack.limitation:
        outer = f", {limit.outer_years} at most" if limit.outer_years else ""
        ends = ", then the debt is extinguished" if limit.extinguishes else ""
        lines.append(
            f"Limitation: {limit.years} years{outer}{ends} "
            f"({limit.source}; {HOW_SURE[limit.confidence]})."
        )
    if period := pack.validation:
        lines.append(
            f"Validation: {period.days} days after receipt, which is {period.receipt_business_days} "
            f"working days after sending; the notice within {period.notice_within_days} days "
            f"({period.source}; {HOW_SURE[period.confidence]})."
        )
    if kept := pack.retention:
        lines.append(
            f"Records are kept {kept.records_years} years "
            f"({kept.source}; {HOW_SURE[kept.confidence]})."
        )
    if pack.tz.fixed:
        lines.append(f"Legal zone: {pack.tz.fixed} ({pack.tz.source}).")
    if pack.local_law:
        lines.append("A part without a pack of its own is marked `no_local_pack`.")
    for line in lines:
        yield from ("", line)


def _doubts(packs: Sequence[Pack]) -> Iterator[str]:
    yield from ("", "## What is not confirmed", "")
    found: dict[tuple[str, str], None] = {}
    for pack in packs:
        for stated in [*pack.rules(), *pack.notes]:
            if stated.confidence == "memory_review":
                found[stated.rule, f"from memory: {stated.why} ({stated.source})"] = None
        if pack.limitation and pack.limitation.confidence == "memory_review":
            found[pack.pack, f"limitation from memory: {pack.limitation.source}"] = None
        for point in pack.unconfirmed:
            found[pack.pack, point] = None
    for name, text in found:
        yield f"- `{name}`: {text}"
    house = sorted(
        {r.rule for p in packs for r in p.rules() if r.confidence == "policy" and not r.generic}
    )
    if house:
        yield "- Numbers of our own, where no law has one: " + ", ".join(f"`{n}`" for n in house)
    if not found and not house:
        yield "- Everything here was looked up; counsel has still to read it."


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
