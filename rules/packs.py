"""Jurisdiction packs: read from TOML, checked, merged so that a child can only tighten.

A pack holds rules, and every rule can only forbid, put off or advise. Merging is therefore the
union of rules: what a parent forbids no child can allow. A child may not reuse a parent's rule
id. The merged pack is identified by the SHA-256 of its canonical JSON, which approvals are bound
to.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from models.contact import Direction, Party
from models.law import LegalFacts, Order
from rules.conditions import Test, condition, guard, moving
from rules.floor import FLOOR, FLOOR_CLOSES, FLOOR_OPENS
from rules.holiday import place_of
from rules.pack import (
    WEEK,
    Cap,
    Content,
    Cooldown,
    Gate,
    Holidays,
    Hours,
    Limitation,
    Pack,
    Personal,
    Retention,
    Rule,
    Validation,
    Wait,
    kinds,
    purposes_of,
    seconds,
)
from rules.windows import Unit, Window, window
from rules.zones import DAY, EPOCH, Zone, zone

R = TypeVar("R", bound=Rule)
_ORDERS = tuple(Order)


class PackError(ValueError):
    """A pack that cannot be used: which one, where in it, and what is wrong."""

    def __init__(self, pack: str, problem: str) -> None:
        super().__init__(f"pack {pack}: {problem}")
        self.pack = pack
        self.problem = problem


class NoPackError(LookupError):
    """No pack for a jurisdiction; nothing may be done there."""

    def __init__(self, jurisdiction: str) -> None:
        super().__init__(
            f"there is no jurisdiction pack for {jurisdiction!r}; add packs/jurisdictions/*.toml"
        )
        self.jurisdiction = jurisdiction


# What the gate runs


@dataclass(frozen=True, slots=True)
class Line(Generic[R]):
    """A rule with its place in the order of evaluation and its condition made runnable."""

    rank: int
    rule: R
    test: Test | None


@dataclass(frozen=True, slots=True)
class GateLine(Line[Gate]):
    limited: bool
    """The purpose is left open, but only ``each_max`` times."""


@dataclass(frozen=True, slots=True)
class HoursLine(Line[Hours]):
    week: tuple[tuple[tuple[int, int], ...], ...]
    """Per weekday the open stretches in seconds of the day."""


@dataclass(frozen=True, slots=True)
class HolidaysLine(Line[Holidays]):
    country: str
    part: str | None
    """Whose public holidays these are."""


class Counted(NamedTuple):
    """Which contacts a cap or cooldown counts."""

    kinds: frozenset[str]
    parties: str
    scope: tuple[str, ...]
    exempt: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CountLine(Line[Cap | Cooldown]):
    windows: tuple[Window, ...]
    strict_windows: tuple[Window, ...]
    """Windows of several days also as so many times 24 hours."""
    reach: int
    """Seconds after which a contact does not matter to it any more."""
    counted: Counted
    alike: int
    """Lowest rank in the plan of a line that counts the very same contacts."""
    settled: bool
    """Whether its condition holds or not, whatever time passes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules that concern one kind of proposal in one era of the law."""

    gates: tuple[GateLine, ...]
    """Gates whose condition has to be worked out."""
    guards: Callable[[LegalFacts], tuple[object, ...]]
    """Reads facts; while all are false or none, no guarded gate can fail."""
    guarded: tuple[GateLine, ...]
    moving: tuple[GateLine, ...]
    """Of all gates those whose answer can change with time alone."""
    waits: tuple[Line[Wait], ...]
    content: tuple[Line[Content], ...]
    hours: tuple[HoursLine, ...]
    holidays: tuple[HolidaysLine, ...]
    personal: tuple[Line[Personal], ...]
    counts: tuple[CountLine, ...]
    reach: int
    """The longest of the counts that are not under a settled condition."""
    permitted: bool
    """Whether every pack permits contacts for the purpose."""
    multi_zone_rank: int
    checked: tuple[str, ...]
    timed: tuple[HoursLine | HolidaysLine, ...]
    """Rules on hours and holidays that hold under a condition only."""
    strokes: tuple[int, ...]
    """Seconds of the day at which a rule on time can begin or cease to pass."""
    days: dict[tuple[tuple[str, ...], tuple[bool, ...], int], Any] = field(
        default_factory=dict, compare=False, repr=False
    )
    """Memory of ``rules.clock``: what the clock says on a day, by zones and conditions."""


class MergedPack:
    """All the law of one place, ready to be asked. Immutable; safe to share between threads."""

    def __init__(self, jurisdiction: str, sub: str | None, packs: Sequence[Pack]) -> None:
        self.jurisdiction = jurisdiction
        self.sub = sub
        self.packs = tuple(packs)
        self.name = packs[-1].pack
        root = packs[1] if len(packs) > 1 else packs[0]
        self.covered = sub is None or not root.local_law or packs[-1].sub == sub
        """False where a part of the country has laws of its own that no pack holds."""
        self.tz = root.tz
        self.valid_from = max(pack.valid_from for pack in packs)
        self.valid_to = min((p.valid_to for p in packs if p.valid_to), default=None)
        self.first_day = self.valid_from.toordinal() - EPOCH
        self.last_day = (self.valid_to or date.max).toordinal() - EPOCH
        self.versions: Mapping[str, str] = MappingProxyType({p.pack: p.version for p in packs})
        self.sha256 = _sha256(jurisdiction, sub if root.local_law else None, packs)
        _refuse_reuse(packs)
        ranked = sorted(
            (
                (_ORDERS.index(rule.order), _house(rule), depth, position)
                for depth, pack in enumerate(packs)
                for position, rule in enumerate(pack.rules())
            ),
        )
        ranks = {row[2:]: rank for rank, row in enumerate(ranked)}
        self._rules = [
            (ranks[depth, position], rule)
            for depth, pack in enumerate(packs)
            for position, rule in enumerate(pack.rules())
        ]
        self._rules.sort(key=lambda pair: pair[0])
        self._edges = _edges(rule for _, rule in self._rules)
        self._plans: dict[tuple[str, str, str, int], Plan] = {}
        self._clocks: dict[tuple[str, ...], tuple[tuple[Zone, ...], tuple[Zone, ...]]] = {}
        self._permitted = [p.permitted_purposes for p in packs if p.permitted_purposes]

    def rules(self) -> tuple[Rule, ...]:
        """Every rule, in order of evaluation."""
        return tuple(rule for _, rule in self._rules)

    def permits(self, purpose: str) -> bool:
        """Whether every pack permits contacts for a purpose."""
        return all(purpose in purposes_of(permitted) for permitted in self._permitted)

    def clocks(self, names: tuple[str, ...]) -> tuple[tuple[Zone, ...], tuple[Zone, ...]]:
        """The zones that a contact must suit, and those whose midnight divides counted days.

        ``rules.zones.UnknownZoneError`` for a name that is no zone.
        """
        known = self._clocks.get(names)
        if known is None:
            fixed = self.tz.fixed
            named = tuple(name for name in names if name not in self.tz.replaces)
            if fixed is not None and fixed not in named:
                named = (*named, fixed)
            suits = tuple(zone(name) for name in named)
            known = self._clocks[names] = suits, (zone(fixed),) if fixed else suits
        return known

    def plan(self, channel: str, purpose: str, party: str, day: int) -> Plan:
        """The rules for such a proposal on a day (counted from 1970)."""
        key = (channel, purpose, party, bisect_right(self._edges, day))
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = self._make(channel, purpose, party, day)
        return plan

    @property
    def registers(self) -> tuple[str, ...]:
        """Every register that some of the packs names."""
        return tuple(dict.fromkeys(name for pack in self.packs for name in pack.registers))

    @property
    def retention(self) -> Retention | None:
        """The longest that any of the packs asks for."""
        found = [p.retention for p in self.packs if p.retention]
        return max(found, key=lambda r: r.records_years, default=None)

    @property
    def limitation(self) -> Limitation | None:
        """The shortest of the packs: the debtor's benefit."""
        found = [p.limitation for p in self.packs if p.limitation]
        return min(found, key=lambda r: r.years, default=None)

    @property
    def validation(self) -> Validation | None:
        return next((p.validation for p in reversed(self.packs) if p.validation), None)

    def required_parts(
        self, channel: str, purpose: str, party: str = Party.DEBTOR
    ) -> frozenset[str]:
        """Parts that some rule asks of a message, whatever the facts of the case."""
        return frozenset(
            part
            for rule in self.rules()
            if isinstance(rule, Content)
            and not rule.by_template
            and rule.concerns(channel, purpose, party)
            for part in rule.requires
        )

    def _make(self, channel: str, purpose: str, party: str, day: int) -> Plan:
        today = date.fromordinal(day + EPOCH)
        rules = [
            (rank, rule)
            for rank, rule in self._rules
            if rule.in_force(today) and rule.concerns(channel, purpose, party)
        ]
        gates = [
            GateLine(rank, rule, condition(rule.when), purpose in purposes_of(rule.allow))
            for rank, rule in rules
            if isinstance(rule, Gate)
        ]
        first: dict[Counted, int] = {}
        counts = tuple(
            _count_line(rank, rule, first)
            for rank, rule in rules
            if isinstance(rule, Cap | Cooldown)
        )
        hours = _hours(rules)
        holidays = tuple(
            _holidays_line(rank, rule, self.sub)
            for rank, rule in rules
            if isinstance(rule, Holidays)
        )
        guards = sorted({fact for line in gates if (fact := guard(line.rule.when))})
        return Plan(
            gates=tuple(line for line in gates if not guard(line.rule.when)),
            guards=attrgetter(*guards, "held"),
            guarded=tuple(line for line in gates if guard(line.rule.when)),
            moving=tuple(line for line in gates if moving(line.rule.when)),
            waits=_plain(rules, Wait),
            content=_plain(rules, Content),
            hours=hours,
            holidays=holidays,
            timed=tuple(line for line in (*hours, *holidays) if line.test is not None),
            strokes=_strokes(hours),
            personal=_plain(rules, Personal),
            counts=counts,
            reach=max((line.reach for line in counts if not line.settled), default=0),
            permitted=self.permits(purpose),
            multi_zone_rank=min(
                (rank for rank, rule in rules if rule.order is Order.TIME), default=0
            ),
            checked=(
                self.tz.rule,
                *dict.fromkeys(
                    rule.rule
                    for _, rule in self._rules
                    if rule.decision != "flag" and rule.in_force(today)
                ),
            ),
        )


class PackLibrary:
    """All packs by place; merged ones are made once."""

    def __init__(self, floor: Pack, packs: Sequence[Pack]) -> None:
        self._floor = floor
        self._by_name = {pack.pack: pack for pack in packs}
        self._by_place: dict[tuple[str, str | None], Pack] = {}
        for pack in packs:
            if pack.pack == floor.pack:
                raise PackError(pack.pack, "the floor beneath every pack stands in the code alone")
            place = (pack.jurisdiction, pack.sub)
            if place in self._by_place:
                raise PackError(pack.pack, f"{self._by_place[place].pack} has the same place")
            self._by_place[place] = pack
        self._merged: dict[tuple[str, str | None], MergedPack] = {}
        for pack in packs:
            self.merged(pack.jurisdiction, pack.sub)

    @property
    def packs(self) -> tuple[Pack, ...]:
        """The floor and every pack, by name."""
        return (self._floor, *(self._by_name[name] for name in sorted(self._by_name)))

    def line(self, name: str) -> list[Pack] | None:
        """A pack with its parents before it; None if there is none of that name."""
        pack = self._by_name.get(name)
        return None if pack is None else self._line(pack)

    def replacing(self, pack: Pack) -> PackLibrary:
        """The same law with one pack in place of its namesake. ``PackError`` if it does not fit."""
        others = [known for name, known in self._by_name.items() if name != pack.pack]
        return PackLibrary(self._floor, [*others, pack])

    @property
    def places(self) -> tuple[tuple[str, str | None], ...]:
        """Jurisdictions and parts that have a pack of their own."""
        return tuple(self._by_place)

    def merged(self, jurisdiction: str, sub: str | None = None) -> MergedPack:
        """The law of a place: floor, country and part. ``NoPackError`` without a country's pack."""
        known = self._merged.get((jurisdiction, sub))
        if known is None:
            pack = self._by_place.get((jurisdiction, sub)) or self._by_place.get(
                (jurisdiction, None)
            )
            if pack is None:
                raise NoPackError(jurisdiction)
            known = MergedPack(jurisdiction, sub, [self._floor, *self._line(pack)])
            self._merged[jurisdiction, sub] = known
        return known

    def _line(self, pack: Pack) -> list[Pack]:
        line = [pack]
        while line[0].parent is not None:
            parent = self._by_name.get(line[0].parent)
            if parent is None or parent in line:
                raise PackError(pack.pack, f"its parent {line[0].parent!r} cannot be used")
            if parent.jurisdiction != pack.jurisdiction:
                raise PackError(pack.pack, f"its parent {parent.pack} is the law of another place")
            line.insert(0, parent)
        whole = self._by_place.get((pack.jurisdiction, None))
        if whole is not None and whole not in line:
            raise PackError(
                pack.pack, f"{whole.pack} holds here too: write parent = {whole.pack!r}"
            )
        return line


def read_pack(text: str | bytes, name: str) -> Pack:
    """A pack from TOML; ``PackError`` names the place of every mistake."""
    try:
        content = tomllib.loads(text if isinstance(text, str) else text.decode())
        return Pack.model_validate(content)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PackError(name, f"is not TOML: {error}") from error
    except ValidationError as error:
        problems = (
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
            for item in error.errors(include_url=False, include_context=False)
        )
        raise PackError(name, "; ".join(problems)) from error


def load_packs(directory: Path) -> PackLibrary:
    """All packs of a directory (``packs/jurisdictions``), with the floor beneath each."""
    packs = [read_pack(path.read_bytes(), path.name) for path in sorted(directory.glob("*.toml"))]
    if not packs:
        raise PackError(str(directory), "holds no packs")
    return PackLibrary(FLOOR, packs)


def _plain(rules: Sequence[tuple[int, Rule]], kind: type[R]) -> tuple[Line[R], ...]:
    return tuple(
        Line(rank, rule, condition(rule.when)) for rank, rule in rules if isinstance(rule, kind)
    )


def _holidays_line(rank: int, rule: Holidays, sub: str | None) -> HolidaysLine:
    country, part = place_of(rule.country, sub)
    return HolidaysLine(rank, rule, condition(rule.when), country, None if rule.national else part)


def _count_line(rank: int, rule: Cap | Cooldown, first: dict[Counted, int]) -> CountLine:
    """``first`` holds the rank of the first line of the plan that counts such contacts."""
    if isinstance(rule, Cooldown):
        windows, whole = (), ()
        counted = Counted(kinds(rule.triggers, rule.directions), "consumer", rule.scope, ())
        reach = (rule.days + 2) * DAY
    else:
        windows = tuple(window(text) for text in rule.windows)
        whole = tuple(
            w.in_hours() for w in windows if w.unit is Unit.CALENDAR_DAYS and w.length > 1
        )
        out = kinds(rule.counts, [Direction.OUT], rule.not_counted)
        inward = kinds(rule.counts_inbound, [Direction.IN])
        counted = Counted(out | inward, rule.counted_parties, rule.scope, rule.exempt)
        reach = max(w.reach for w in (*windows, *whole))
    return CountLine(
        rank,
        rule,
        condition(rule.when),
        windows,
        (*windows, *whole),
        reach,
        counted,
        first.setdefault(counted, rank),
        bool(rule.when) and not moving(rule.when),
    )


def _hours(rules: Sequence[tuple[int, Rule]]) -> tuple[HoursLine, ...]:
    """Lines of one rule and condition together make its week."""
    groups: dict[tuple[str, tuple[str, ...]], list[tuple[int, Hours]]] = {}
    for rank, rule in rules:
        if isinstance(rule, Hours):
            groups.setdefault((rule.rule, rule.when), []).append((rank, rule))
    return tuple(
        HoursLine(
            lines[0][0],
            lines[0][1],
            condition(lines[0][1].when),
            tuple(
                tuple(
                    sorted(
                        (seconds(line.opens), seconds(line.closes))
                        for _, line in lines
                        if day in line.days
                    )
                )
                for day in WEEK
            ),
        )
        for lines in groups.values()
    )


def _strokes(hours: Sequence[HoursLine]) -> tuple[int, ...]:
    """Seconds of the day at which an hour of the rules, of the floor or a day begins or ends."""
    within = (at for line in hours for day in line.week for stretch in day for at in stretch)
    return tuple(sorted({0, FLOOR_OPENS, FLOOR_CLOSES, *within} - {DAY}))


def _edges(rules: Iterator[Rule]) -> list[int]:
    """Days on which some rule begins or has ceased to be in force."""
    edges: set[int] = set()
    for rule in rules:
        if rule.valid_from:
            edges.add(rule.valid_from.toordinal() - EPOCH)
        if rule.valid_to:
            edges.add(rule.valid_to.toordinal() - EPOCH + 1)
    return sorted(edges)


def _refuse_reuse(packs: Sequence[Pack]) -> None:
    owners: dict[str, str] = {}
    for pack in packs:
        for name in {rule.rule for rule in pack.rules()}:
            if name in owners:
                raise PackError(pack.pack, f"{name} belongs to its parent {owners[name]}")
            owners[name] = pack.pack


def _house(rule: Rule) -> bool:
    """Whether a rule is named after the law's own: generic ones, and of caps those of the house."""
    return rule.generic or (rule.order is Order.FREQUENCY and rule.confidence == "policy")


def _sha256(jurisdiction: str, sub: str | None, packs: Sequence[Pack]) -> str:
    content = {
        "jurisdiction": jurisdiction,
        "sub": sub,
        "packs": [pack.model_dump(mode="json") for pack in packs],
    }
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
