"""Words about those who work here: who they are and what they may do."""

from __future__ import annotations

from enum import StrEnum

from models.base import Value


class Role(StrEnum):
    """What somebody is here for; the rights of each are data in ``cli.rights``."""

    OPERATIONS = "operations"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    COMPLIANCE = "compliance"
    ADMIN = "admin"


class Operator(Value):
    """Somebody who acts, as their token proved. Four eyes compares ``code``."""

    code: str
    roles: frozenset[Role]
