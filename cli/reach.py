"""Which case a command means, who gives it, and how the case gets to hear of it.

Who gives it: ``acting()``; never an option, never the name at the machine.
"""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import structlog
import typer

from cli.house import House
from cli.show import RefusedError
from models.case import Fact
from models.operator import Operator
from runtime.clock import wall_now
from runtime.settings import Settings

if TYPE_CHECKING:
    from sqlmodel import Session

    from models.tables import Debt

log = structlog.get_logger()

ACTING: ContextVar[Operator] = ContextVar("acting")
"""Who gave the command that runs; set by ``cli.rights`` alone."""

PATIENCE = timedelta(seconds=5)
"""For one call to the server: the store has acknowledged already."""

Ref = Annotated[
    str,
    typer.Argument(
        metavar="REF",
        help="The seller's account reference, the case id, or the beginning of the debt id.",
        show_default=False,
    ),
]


def _no_names(given: str | None) -> None:
    if given is not None:
        raise RefusedError(
            f"--as {given}: nobody acts in another's name; who you are comes from your token. "
            "Log in with `cession login`, or set CESSION_TOKEN or CESSION_TOKEN_FILE"
        )


As = Annotated[
    str | None,
    typer.Option("--as", metavar="OPERATOR", hidden=True, callback=_no_names),
]
"""Said what the actor's name was; kept to tell those who still write it what to do instead."""


def one(session: Session, ref: str) -> Debt:
    """Answer the one debt that is meant, or say why there is none."""
    from store import debt as debts

    found = debts.by_ref(session, ref)
    if not found:
        raise RefusedError(
            f"no debt is known as {ref!r}; give the seller's account reference, the case id "
            "(case-…) or at least six digits of the debt id: cession case list shows them"
        )
    if len(found) > 1:
        meant = "\n".join(f"  {debt.workflow_id}  account {debt.account_ref}" for debt in found[:8])
        raise RefusedError(
            f"{ref!r} means {len(found)} debts; give the case id of one of them:\n{meant}"
        )
    return found[0]


def acting() -> Operator:
    """Answer who gave this command, with ``.code`` for the record and ``.roles`` for rights.

    The token proved it and ``cli.rights`` let them pass. Raises ``RefusedError`` outside a command.
    """
    try:
        return ACTING.get()
    except LookupError:
        raise RefusedError("nobody is known to act here; run it as a cession command") from None


def operator(settings: Settings, given: str | None) -> str:
    """Answer the code of who acts."""
    del settings, given
    return acting().code


def token(settings: Settings) -> tuple[str, str]:
    """Answer the token to act with and in words where it lies; two empty texts if there is none.

    Raises ``RefusedError`` for a file of it that others can read.
    """
    if given := settings.token.get_secret_value().strip():
        return given, "CESSION_TOKEN, CESSION_TOKEN_FILE or the settings"
    for file, name in (
        (settings.login_file, "cession login"),
        (settings.admin_file, "the first administrator's file"),
    ):
        if kept := _private(file):
            return kept, f"{name}: {file}"
    return "", ""


def recognised(here: House, path: str) -> Operator:
    """Answer whose token the caller holds; raises ``RefusedError`` and puts the attempt on record."""
    from store import operator as operators

    given, where = token(here.settings)
    if not given:
        turned_away(here, "nobody", path, "no_token")
        raise RefusedError(
            f"cession {path} needs to know who you are. Log in with `cession login`, or set "
            "CESSION_TOKEN or CESSION_TOKEN_FILE; an administrator gives tokens: cession operator "
            "add CODE --role ROLE. A new installation makes its first administrator at "
            "`cession db upgrade` or `cession up`"
        )
    with here.store.reading() as session:
        who = operators.by_token(session, here.store.keys, given)
    if who is None:
        turned_away(here, "unknown", path, "token")
        raise RefusedError(
            f"the token is not valid here: it was replaced, its operator was disabled, or it is of "
            f"another installation ({where}). Ask an administrator for a new one: cession operator "
            "token CODE; then `cession login`"
        )
    return who


def turned_away(here: House, code: str, path: str, why: str) -> None:
    """Log and put on record that somebody was refused a command."""
    from store import case as records

    log.warning("access.refused", actor=code, command=path, why=why)
    with here.store.writing() as session:
        records.act(
            session,
            at=here.clock.now(),
            observed_at=wall_now(),
            what="command.refused",
            reason=why,
            actor=code,
            facts={"command": path},
        )


def _private(file: Path) -> str:
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise RefusedError(f"{file} can be read by others; run: chmod 600 {file}")
        return file.read_text("utf-8").strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise RefusedError(f"{file}: {error.strerror}") from None


def tell(settings: Settings, cases: Iterable[str], fact: Fact) -> str:
    """Let running cases look at the store again; answer in plain words how that went.

    What was ordered stands in the store in any case, and every contact is checked against it.
    """
    return asyncio.run(_tell(settings, tuple(cases), fact))


async def _tell(settings: Settings, cases: tuple[str, ...], fact: Fact) -> str:
    from temporalio.service import RPCError, RPCStatusCode

    from runtime.temporal import TemporalUnreachableError, connect

    try:
        client = await connect(settings)
        for case in cases:
            handle = client.get_workflow_handle(case)
            await handle.signal("fact_recorded", fact, rpc_timeout=PATIENCE)
    except TemporalUnreachableError:
        return "Temporal does not answer now: the case sees it at its next step."
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return "No case runs for this debt: one that begins later, or again, will see it."
        return f"Temporal did not take the message ({error.status.name.lower()}): the case sees it at its next step."
    return "The case has been told."


def private_folder(path: Path) -> Path:
    """Make a folder for papers that hold personal data, or say why it can't be used."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise RefusedError(f"--out {path}: cannot be used ({error.strerror})") from None
    return path


def write_file(path: Path, content: bytes) -> None:
    """Write a new file for its owner only, or say why not."""
    from connectors.file import write_private

    try:
        write_private(path, content)
    except FileExistsError:
        raise RefusedError(f"{path} is there already and is not written over") from None
    except OSError as error:
        raise RefusedError(f"{path}: cannot be written ({error.strerror})") from None
