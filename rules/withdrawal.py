"""Whether a letter that the printer still has must not go any more."""

from __future__ import annotations

from collections.abc import Iterable

from models.contact import DEMANDS, Channel, Purpose
from models.facts import StopFact
from models.stop import Scope, StopKind

_NOTICES = frozenset({Purpose.ASSIGNMENT_NOTICE, Purpose.VALIDATION})

_NOT_OURS_TO_TELL = frozenset(
    {
        StopKind.DECEASED,
        StopKind.MINOR,
        StopKind.WRONG_PARTY,
        StopKind.IDENTITY_THEFT,
        StopKind.BANKRUPTCY,
        StopKind.ATTORNEY,
        StopKind.RECALL,
        StopKind.CLOSE_ORDER,
    }
)
"""Stops under which not even a notice goes to this person. Under others the law still wants a notice
that was due told (15 U.S.C. 1692g(a): within five days), and a dispute of it takes nothing back."""


def reason(purpose: Purpose, stated: int | None, owed: int, stops: Iterable[StopFact]) -> str:
    """Answer why a letter is to be taken back, as a code; nothing if it may go.

    ``stated`` and ``owed`` are minor units: what the letter says is owed, and what is. ``stops`` are
    those that began since it was handed over. Less is owed than a demand states: it would be wrong
    on arrival. A kill switch holds what is not handed over yet; it is in force for a while, and takes
    no letters back.
    """
    if purpose in DEMANDS and stated is not None and owed < stated:
        return "paid"
    if purpose in _NOTICES and stated and owed == 0:
        return "paid"
    for stop in stops:
        whole = stop.kind in _NOT_OURS_TO_TELL or purpose in DEMANDS
        if (
            whole
            and stop.ended_at is None
            and stop.kind is not StopKind.KILL_SWITCH
            and stop.channel in (None, Channel.LETTER)
            and stop.scope is not Scope.CONTACT_POINT
            and purpose not in stop.permits
        ):
            return stop.kind
    return ""
