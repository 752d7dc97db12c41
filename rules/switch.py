"""A case goes over to another version of its strategy: when it may, and what is behind it then."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Literal, NamedTuple

from models.case import TaskKind
from models.contact import ContactState
from models.facts import CaseFacts, CaseStatus, PromiseStatus
from models.strategy import Step, Strategy
from rules.schedule import Calendar, View

_UNDER_WAY = frozenset({ContactState.RESERVED, ContactState.SENDING})

_REF = re.compile(r"(?P<name>[a-z][a-z-]{0,31})-v?(?P<version>[1-9][0-9]{0,5})")


def read_ref(text: str) -> tuple[str, int] | None:
    """Read ``standard-2``, or ``standard-v2`` as people say it; None for anything else."""
    found = _REF.fullmatch(text)
    return (found["name"], int(found["version"])) if found else None


Outcome = Literal["goes", "waits", "stays", "ordered"]


class Considered(NamedTuple):
    """What an order to go over means for one case."""

    outcome: Outcome
    """``goes`` at its next look, ``waits`` until it is between two steps, ``stays`` because the other
    version lacks what it needs, or was ``ordered`` before."""
    why: str = ""
    """A code, as ``work:call``, ``step:phone``, ``no_service:notice``."""


def consider(  # noqa: PLR0917
    facts: CaseFacts,
    strategy: Strategy,
    to: Strategy,
    calendar: Calendar,
    templates: Container[str] | None,
    now: datetime,
    *,
    arranging: bool,
) -> Considered:
    """Say whether a case goes over to another version now, later, or not at all."""
    if why := lacking(facts, strategy, to, calendar, templates):
        return Considered("stays", why)
    if why := in_hand(facts, strategy, calendar, now, arranging=arranging):
        return Considered("waits", why)
    return Considered("goes")


def in_hand(
    facts: CaseFacts, strategy: Strategy, calendar: Calendar, now: datetime, *, arranging: bool
) -> str:
    """Why a case finishes first what it is at, as a code; empty when it is between two steps.

    ``arranging``: terms of this version were proposed, offered or agreed and still stand.
    """
    view = View(facts, strategy, calendar, now)
    if facts.status is CaseStatus.REOPENING:
        return "reopening"
    if any(contact.state in _UNDER_WAY for contact in facts.contacts):
        return "contact_under_way"
    if arranging or any(plan.running for plan in facts.plans):
        return "arrangement"
    if any(
        promise.status is PromiseStatus.OPEN and now < view.grace_end(promise)
        for promise in facts.promises
    ):
        return "promise"
    for item in facts.work:
        if item.closed_at is None and item.kind in (TaskKind.CALL, TaskKind.VISIT):
            return f"work:{item.kind}"
    begun = next((step for step in view.steps if _begun(view, step)), None)
    return f"step:{begun.key}" if begun else ""


def _begun(view: View, step: Step) -> bool:
    """Whether people were set to a step that is not done: a call to be repeated, a review open."""
    kinds = (step.task,) if step.task else (TaskKind.CALL, TaskKind.VISIT)
    asked = [item for kind in kinds for item in view.items(kind, step.key)]
    return not view.is_done(step) and any(item.outcome != "cancelled" for item in asked)


def lacking(
    facts: CaseFacts,
    strategy: Strategy,
    to: Strategy,
    calendar: Calendar,
    templates: Container[str] | None,
) -> str:
    """What a case needs and the other version has not, as a code; empty when it has all of it.

    ``templates``: what can be written in the person's language; None if that is not known.
    """
    if to.name != strategy.name:
        return f"other_strategy:{strategy.name}"
    place = strategy.section_name(facts.jurisdiction)
    if to.section_name(facts.jurisdiction) != place:
        return f"no_section:{place}"
    view = View(facts, strategy, calendar, facts.opened_at)
    ways = {way.key for way in to.section(facts.jurisdiction).notice.services}
    for way in view.section.notice.services:
        if view.contacted(view.serving(way)) and way.key not in ways:
            # It would be served a second time, or wait for the proof of a service it knows nothing of.
            return f"no_service:{way.key}"
    wanted = (step.template for step in to.section(facts.jurisdiction).steps if step.channel)
    unsaid = (each for each in wanted if templates is not None and each not in templates)
    return next((f"no_words:{template}" for template in unsaid), "")


def behind(
    facts: CaseFacts, strategy: Strategy, to: Strategy, calendar: Calendar, now: datetime
) -> frozenset[str]:
    """Answer the steps of the other version that are over for a case that goes over to it now.

    What was done is done, by its key. A step that only the other version has is over if it stands
    before the place of the case, or if its instant has come already: it is not done late.
    """
    old, steps = View(facts, strategy, calendar, now), to.section(facts.jurisdiction).steps
    done = [step for step in old.steps if old.is_done(step)]
    reached = max((_place(step, steps) for step in done), default=-1)
    known = {step.key for step in old.steps}
    fresh = [(n, step) for n, step in enumerate(steps) if step.key not in known]
    over = facts.passed | {step.key for step in done}
    over |= {step.key for n, step in fresh if n <= reached}
    new = View(replace(facts, passed=over), to, calendar, now)
    return over | {step.key for _, step in fresh if new.due(step) <= now}


def _place(done: Step, steps: Iterable[Step]) -> int:
    """Where a step that is done stands among those of another version: by its key, else by its day."""
    listed = list(steps)
    return next(
        (n for n, step in enumerate(listed) if step.key == done.key),
        sum(step.day <= done.day for step in listed) - 1,
    )
