"""Those who work here: who they are, what they may do, and how they say so."""

from __future__ import annotations

import sys
from collections.abc import Callable
from getpass import getpass
from typing import Annotated, Any, TypeVar

import typer
from rich.markup import escape
from sqlmodel import Session

from cli.house import House, house
from cli.reach import acting, token, turned_away
from cli.show import REFUSED, AsJson, RefusedError, instant, show, table
from models.case import CODE
from models.operator import Role
from models.tables import OperatorRow
from runtime.clock import wall_now
from store import operator as operators
from store.operator import OperatorError

app = typer.Typer(
    no_args_is_help=True, help="Those who work here: add, disable, give roles and tokens."
)
login_app = typer.Typer()
logout_app = typer.Typer()
whoami_app = typer.Typer()

T = TypeVar("T")

Code = Annotated[
    str, typer.Argument(help="Who it is, as on records: a code, not a name.", show_default=False)
]

Roles = Annotated[
    list[Role], typer.Option("--role", help="May be given several times.", show_default=False)
]


@login_app.command()
def login(as_json: AsJson = False) -> None:
    """Log in at this installation: the token is asked without echo, or read from a pipe."""
    given = getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline()
    with house() as here:
        with here.store.reading() as session:
            who = operators.by_token(session, here.store.keys, given.strip())
        if who is None:
            turned_away(here, "unknown", "login", "token")
            raise RefusedError(
                "this token is not valid here; nothing was changed. An administrator gives a new "
                "one with: cession operator token CODE"
            )
        operators.keep(here.settings.login_file, given.strip())
        file = here.settings.login_file
    show(
        {"operator": who.code, "roles": sorted(who.roles), "file": file},
        as_json,
        f"Logged in as {escape(who.code)} ({', '.join(sorted(who.roles))}).",
    )


@logout_app.command()
def logout(as_json: AsJson = False) -> None:
    """Forget the token that ``cession login`` kept; others stay valid."""
    with house() as here:
        was = here.settings.login_file.exists()
        here.settings.login_file.unlink(missing_ok=True)
        _, where = token(here.settings)
    said = "Logged out." if was else "Nobody was logged in here."
    show(
        {"logged_out": was, "left": where or None},
        as_json,
        said + (f" Commands still act with {escape(where)}." if where else ""),
    )


@whoami_app.command()
def whoami(as_json: AsJson = False) -> None:
    """Say who acts here, with which roles, and where the token comes from."""
    who = acting()
    with house() as here:
        _, where = token(here.settings)
    show(
        {"operator": who.code, "roles": sorted(who.roles), "token": where},
        as_json,
        f"{escape(who.code)}: {', '.join(sorted(who.roles))} (by {escape(where)})",
    )


@app.command()
def add(code: Code, role: Roles, as_json: AsJson = False) -> None:
    """Add somebody and show their token, this once; give it to them in private."""
    if not CODE.fullmatch(code):
        raise RefusedError(
            f"{code!r} must be a code of lower-case letters, digits, '_', '-' or '.': it stands in "
            "histories, where no name belongs"
        )
    made = _do(
        lambda here, session: operators.add(
            session, here.store.keys, code, role, now=here.clock.now(), actor=acting().code
        )
    )
    show(
        {"operator": code, "roles": sorted(set(role)), "token": made},
        as_json,
        f"{escape(code)} may work here as {', '.join(sorted(set(role)))}. Token, shown this once:",
        made,
        "They log in with: cession login",
    )


@app.command()
def role(code: Code, role: Roles, as_json: AsJson = False) -> None:
    """Give somebody other roles; those not named are taken."""
    _show(
        as_json,
        _do(
            lambda here, session: operators.assign(
                session, code, role, now=here.clock.now(), actor=acting().code
            )
        ),
    )


@app.command()
def disable(code: Code, as_json: AsJson = False) -> None:
    """Let somebody in no more, from their next command on."""
    _show(
        as_json,
        _do(
            lambda here, session: operators.disable(
                session, code, now=here.clock.now(), actor=acting().code
            )
        ),
    )


@app.command()
def enable(code: Code, as_json: AsJson = False) -> None:
    """Let somebody in again, with the token they had."""
    _show(
        as_json,
        _do(
            lambda here, session: operators.enable(
                session, code, now=here.clock.now(), actor=acting().code
            )
        ),
    )


@app.command("token")
def rotate(code: Code, as_json: AsJson = False) -> None:
    """Give somebody a new token, shown this once; the old one is worth nothing from now on."""
    made = _do(
        lambda here, session: operators.rotate(
            session, here.store.keys, code, now=here.clock.now(), actor=acting().code
        )
    )
    show(
        {"operator": code, "token": made},
        as_json,
        f"New token of {escape(code)}, shown this once:",
        made,
    )


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List who works here and who did."""
    with house() as here, here.store.reading() as session:
        rows = operators.everybody(session)
    show(
        [_plain(row) for row in rows],
        as_json,
        table(
            f"{len(rows)} operators",
            ("operator", "roles", "since", "by", "token of", "disabled"),
            (
                (
                    row.code,
                    ", ".join(row.roles),
                    instant(row.created_at),
                    row.created_by,
                    instant(row.token_at),
                    f"{instant(row.disabled_at)} by {row.disabled_by}" if row.disabled_at else "",
                )
                for row in rows
            ),
        ),
    )


@app.command()
def recover(code: Code = operators.FIRST, as_json: AsJson = False) -> None:
    """Let the owner of this machine in again when no administrator has a token; on record."""
    with house() as here:
        try:
            file = operators.recover(here.store, code, here.settings.admin_file, wall_now())
        except OperatorError as refused:
            raise RefusedError(str(refused), REFUSED) from None
    show(
        {"operator": code, "file": file},
        as_json,
        f"{escape(code)} has a new token in {escape(str(file))}; the old one is worth nothing.",
    )


def _do(work: Callable[[House, Session], T]) -> T:
    with house() as here, here.store.writing() as session:
        try:
            return work(here, session)
        except OperatorError as refused:
            raise RefusedError(str(refused), REFUSED) from None


def _show(as_json: bool, row: OperatorRow) -> None:
    state = "disabled" if row.disabled_at else f"may work here as {', '.join(row.roles)}"
    show(_plain(row), as_json, f"{escape(row.code)}: {state}.")


def _plain(row: OperatorRow) -> dict[str, Any]:
    return {
        "operator": row.code,
        "roles": row.roles,
        "created_at": row.created_at,
        "created_by": row.created_by,
        "token_at": row.token_at,
        "disabled_at": row.disabled_at,
        "disabled_by": row.disabled_by,
    }
