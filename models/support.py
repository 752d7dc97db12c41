"""What support reads about a case: impersonal, so it may be shown to anyone on the team."""

from __future__ import annotations

from datetime import datetime

from models.base import Value


class Line(Value):
    """One line of a case's timeline."""

    at: datetime
    local: str
    """The same instant in the debtor's zone, as ``Tue 2026-03-03 10:00``."""
    what: str
    detail: str = ""
    actor: str = ""


class Reason(Value):
    """One reason why nothing was sent, with the instants and the source."""

    since: datetime | None
    until: datetime | None
    rule: str
    why: str
    source: str = ""
    local_until: str = ""


class Explanation(Value):
    """Why a debtor was or was not contacted since an instant."""

    debt: str
    stage: str
    asked_since: datetime
    last_contact: datetime | None
    next_action: str
    reasons: tuple[Reason, ...]
    summary: str
    shadow: bool = False
    """Whether what is written lies in the outbox and reaches nobody."""
