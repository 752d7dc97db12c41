"""Explainable segments and the choice of a strategy."""

from __future__ import annotations

from dataclasses import dataclass

from models.strategy import Level, Segment
from rules.strategy import StrategyLibrary

REASONS = {
    "litigation_pending": "the debt is before a court: it is notified and otherwise left to counsel",
    "below_minimum": "so little is owed that nobody is reminded of it",
    "vulnerable": "the person is vulnerable: fewer and softer contacts, decisions by people",
    "military": "the debtor may be in military service, which the law protects",
    "time_barred": "the limitation period has passed: payment is voluntary",
    "ability_low": "the person can hardly pay: affordability comes first",
    "ordinary": "nothing speaks against the standard steps",
}
"""Why a strategy was chosen, by the code that is recorded."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a debt and a debtor, impersonal; amounts in minor units."""

    owed: int
    paid: int = 0
    free_monthly: int | None = None
    """Income less outgoings a month; None when nobody asked."""
    hardship: bool = False
    """Told of lost work, illness or the like, or the finances show it."""
    vulnerable: bool = False
    willing: bool | None = None
    """What the person last answered."""
    promises_kept: int = 0
    promises_broken: int = 0
    replies: int = 0
    litigated: bool = False
    time_barred: bool = False
    below_minimum: bool = False
    military: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A strategy and the recorded reason for it, a key of ``REASONS``."""

    name: str
    version: int
    reason: str


def segment(profile: Profile) -> Segment:
    """Say how willing and able a person seems, from acts before words."""
    return Segment(
        willingness=_willingness(profile),
        ability=_ability(profile),
        vulnerable=profile.vulnerable,
    )


def choose_strategy(profile: Profile, library: StrategyLibrary) -> Choice:
    """Choose the newest version of the mildest strategy that a fact calls for."""
    name, reason = _choice(profile)
    return Choice(name, library.latest(name).version, reason)


def _choice(profile: Profile) -> tuple[str, str]:
    if profile.litigated:
        return "notice-only", "litigation_pending"
    if profile.below_minimum:
        return "notice-only", "below_minimum"
    if profile.vulnerable:
        return "gentle", "vulnerable"
    if profile.military:
        return "gentle", "military"
    if profile.time_barred:
        return "gentle", "time_barred"
    if _ability(profile) is Level.LOW:
        return "gentle", "ability_low"
    return "standard", "ordinary"


def _willingness(profile: Profile) -> Level:
    if profile.promises_broken > profile.promises_kept + 1:
        return Level.LOW
    if profile.paid or profile.promises_kept:
        return Level.HIGH
    if profile.willing is not None:
        return Level.HIGH if profile.willing else Level.LOW
    return Level.MEDIUM if profile.replies else Level.UNKNOWN


def _ability(profile: Profile) -> Level:
    """A debt that takes more than two years of what is left over is beyond the person."""
    if profile.hardship:
        return Level.LOW
    if profile.free_monthly is None:
        return Level.UNKNOWN
    if profile.free_monthly * 24 < profile.owed:
        return Level.LOW
    return Level.HIGH if profile.free_monthly * 3 >= profile.owed else Level.MEDIUM
