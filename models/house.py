"""Messages of what the house does for itself, on a calendar."""

from __future__ import annotations

from enum import StrEnum

from models.base import Wire


class ChoreKind(StrEnum):
    SEAL = "seal"
    RETENTION = "retention"
    INTEREST = "interest"
    HISTORIES = "histories"


class Chore(Wire):
    """One thing to do."""

    kind: ChoreKind


class ChoreDone(Wire):
    """Counts only."""

    did: str
    due: int = 0
    done: int = 0
