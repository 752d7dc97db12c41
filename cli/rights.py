"""Who may give which command: one table, and the one place that holds to it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import structlog
from typer.core import TyperGroup

from models.operator import Operator, Role

log = structlog.get_logger()

FREE: None = None
"""Needs no login: it reads no person and changes no case, or runs a part of the machine."""

EVERYBODY = frozenset(Role)
_CASES = EVERYBODY - {Role.ADMIN}
_OPERATIONS = frozenset({Role.OPERATIONS})
_DESK = frozenset({Role.AGENT, Role.SUPERVISOR})
_LEADS = frozenset({Role.OPERATIONS, Role.SUPERVISOR, Role.COMPLIANCE})
_COMPLIANCE = frozenset({Role.COMPLIANCE})
_ADMIN = frozenset({Role.ADMIN})

RIGHTS: dict[str, frozenset[Role] | None] = {
    # Parts of the machine, and what works on files alone
    "db": FREE,
    "demo": FREE,
    "doctor": FREE,
    "gateway": FREE,
    "up": FREE,
    "worker": FREE,
    "evidence verify": FREE,
    "ledger fold": FREE,
    "law decide": FREE,
    "law packs": FREE,
    "law explain": FREE,
    "law pages": FREE,
    "law diff": FREE,
    "portfolio check": FREE,
    "portfolio generate": FREE,
    "portfolio map": FREE,
    "transactions check": FREE,
    "statement read": FREE,
    "wording check": FREE,
    "wording lint": FREE,
    # Who works here
    "login": FREE,
    "logout": FREE,
    "whoami": EVERYBODY,
    "operator": _ADMIN,
    "operator recover": FREE,
    "keys": _ADMIN,
    "secret": _ADMIN,
    "keys restore": FREE,
    "reconcile": _OPERATIONS | _ADMIN,
    # Portfolios and cases
    "portfolio": _OPERATIONS,
    "portfolio list": _LEADS,
    "portfolio status": _LEADS,
    "portfolio own-as-of": _LEADS,
    "portfolio pause": _LEADS,
    "portfolio resume": _LEADS,
    "media": _OPERATIONS,
    "transactions": _OPERATIONS,
    "media list": _LEADS,
    "case": _CASES,
    "case release": _LEADS,
    "case recall": _OPERATIONS,
    "case close": _LEADS,
    "case evidence": _LEADS,
    "case restart": _OPERATIONS,
    "case fact": _LEADS,
    "desk": _DESK,
    "desk complaint": _DESK | _COMPLIANCE,
    "desk complaints": _DESK | _COMPLIANCE,
    "desk qa": frozenset({Role.SUPERVISOR, Role.COMPLIANCE}),
    "desk reviewed": frozenset({Role.SUPERVISOR, Role.COMPLIANCE}),
    "desk acknowledge": _DESK | _COMPLIANCE,
    "stop": _LEADS | _ADMIN,
    "stop lift": frozenset({Role.SUPERVISOR, Role.COMPLIANCE}),
    "strategy": _LEADS,
    "strategy show": FREE,
    "strategy move": _OPERATIONS,
    "strategy keep": _OPERATIONS,
    "pay": _OPERATIONS | _DESK,
    "person": _COMPLIANCE,
    "retention": _COMPLIANCE,
    "retention rules": FREE,
    "statement": _OPERATIONS,
    "suspense": _OPERATIONS | _DESK,
    "inbox": _OPERATIONS,
    "audit": _COMPLIANCE,
    "audit show": _COMPLIANCE | {Role.SUPERVISOR, Role.ADMIN},
    "audit verify": _COMPLIANCE | _ADMIN,
    "ledger": _CASES,
    "plan": _DESK,
    "settle": _DESK,
    "refund": _OPERATIONS | _DESK,
    "ledger accrue": _LEADS,
    "ledger quote": _OPERATIONS | _DESK,
    "ledger seller-paid": _OPERATIONS | _DESK,
    "law approve": _COMPLIANCE,
    "wording packs": FREE,
    "wording approve": _COMPLIANCE,
    "wording revoke": _COMPLIANCE,
    "law revoke": _COMPLIANCE,
}
"""A command, or a group for those of its commands that have no line of their own."""


def guarded(command: Any, path: str) -> Any:
    """Put the check of rights before a command, or before every one of a group."""
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            guarded(below, f"{path} {name}")
        if not command.invoke_without_command:
            return command
    if command.callback is not None:
        command.callback = _checked(command.callback, path)
    return command


def needed(path: str) -> frozenset[Role] | None:
    """Answer the roles one of which a command needs, ``FREE`` for none.

    A command that has no line in the table is nobody's.
    """
    while path:
        if path in RIGHTS:
            return RIGHTS[path]
        path = path.rpartition(" ")[0]
    return frozenset()


def _checked(callback: Callable[..., Any], path: str) -> Callable[..., Any]:
    @functools.wraps(callback)
    def run(*given: Any, **options: Any) -> Any:
        roles = needed(path)
        if roles is None:
            return callback(*given, **options)
        from cli.house import house  # noqa: PLC0415  # free commands need no store
        from cli.reach import ACTING, recognised  # noqa: PLC0415

        with house() as here:
            who = recognised(here, path)
            if not roles & who.roles:
                raise _refused(here, who, path, roles)
            before = ACTING.set(who)
            try:
                return callback(*given, **options)
            finally:
                ACTING.reset(before)

    return run


def refuse_unless(here: Any, who: Operator, path: str, roles: frozenset[Role]) -> None:
    """For a command that is free on files and guarded where it reads the store."""
    if not roles & who.roles:
        raise _refused(here, who, path, roles)


def _refused(here: Any, who: Operator, path: str, roles: frozenset[Role]) -> Exception:
    """Put on record what somebody was refused, and answer what to tell them."""
    from cli.reach import turned_away  # noqa: PLC0415  # free commands need no store
    from cli.show import RefusedError  # noqa: PLC0415

    turned_away(here, who.code, path, "role")
    have = ", ".join(sorted(who.roles))
    return RefusedError(
        f"cession {path} is for {' or '.join(sorted(roles)) or 'nobody'}; {who.code} has the role "
        f"{have}. Nothing was done; the attempt is on record. An administrator gives roles: "
        f"cession operator role {who.code} …"
    )
