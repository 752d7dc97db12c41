"""Which case a command means, who gives it, and how the case gets to hear of it."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated

import typer
from sqlmodel import Session
from temporalio.service import RPCError, RPCStatusCode

from cli.show import RefusedError
from models.case import CODE, Fact
from models.tables import Debt
from runtime.settings import Settings
from runtime.temporal import TemporalUnreachableError, connect
from store import debt as debts

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

As = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="OPERATOR",
        help="Who gives this; CESSION_OPERATOR or the name at this machine if left out.",
    ),
]


def one(session: Session, ref: str) -> Debt:
    """Answer the one debt that is meant, or say why there is none."""
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


def operator(settings: Settings, given: str | None) -> str:
    """Answer the code of who acts; raises ``RefusedError`` if it can't stand in a history."""
    name = given or settings.operator or getpass.getuser()
    if not CODE.fullmatch(name):
        raise RefusedError(
            f"operator {name!r} must be a code of lower-case letters, digits, '_', '-' or '.'; "
            "give one with --as or in CESSION_OPERATOR"
        )
    return name


def tell(settings: Settings, cases: Iterable[str], fact: Fact) -> str:
    """Let running cases look at the store again; answer in plain words how that went.

    What was ordered stands in the store in any case, and every contact is checked against it.
    """
    return asyncio.run(_tell(settings, tuple(cases), fact))


async def _tell(settings: Settings, cases: tuple[str, ...], fact: Fact) -> str:
    try:
        client = await connect(settings)
        for case in cases:
            handle = client.get_workflow_handle(case)
            await handle.signal("fact_recorded", fact, rpc_timeout=PATIENCE)
    except TemporalUnreachableError:
        return "Temporal does not answer now: the case sees it at its next step."
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return "No case runs for this debt: it will see it when it starts."
        return f"Temporal did not take the message ({error.status.name.lower()}): the case sees it at its next step."
    return "The case has been told."
