"""Starting cases: the store decides whether one may start, ids make it happen once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlmodel import Session
from temporalio.client import Client
from temporalio.common import (
    Priority,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.office import Office
from models.case import CASES, SA, Case, Stage
from models.tables import Debt, Debtor, Portfolio, Seller

PATIENCE = timedelta(seconds=10)
"""For one start; the engine retries what it can."""


def case_of(session: Session, debt: Debt, shift: timedelta) -> Case:
    """Answer the input of a debt's workflow: ids and codes only."""
    return Case(
        debt=debt.id,
        epoch=debt.epoch,
        seller=session.get_one(Seller, debt.seller_id).code,
        portfolio=session.get_one(Portfolio, debt.portfolio_id).ref,
        debtor=session.get_one(Debtor, debt.debtor_id).key,
        jurisdiction=debt.jurisdiction,
        currency=debt.currency,
        shift=shift,
    )


async def start(client: Client, workflow_id: str, case: Case, *, again: bool = False) -> bool:
    """Start a case; False when this id lives or lived already.

    ``again`` gives a closed debt a new run under the same id.
    """
    reuse = WorkflowIDReusePolicy
    attributes = [
        SearchAttributePair(SA.STAGE, Stage.PREPARING),
        SearchAttributePair(SA.JURISDICTION, case.jurisdiction),
        SearchAttributePair(SA.PORTFOLIO, case.portfolio),
        SearchAttributePair(SA.SELLER, case.seller),
        SearchAttributePair(SA.DEBTOR, case.debtor),
        SearchAttributePair(SA.CONTACTS, 0),
    ]
    try:
        await client.start_workflow(
            "DebtCase",
            case,
            id=workflow_id,
            task_queue=CASES,
            id_reuse_policy=reuse.ALLOW_DUPLICATE if again else reuse.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=TypedSearchAttributes(attributes),
            memo={"epoch": case.epoch, "currency": case.currency},
            priority=Priority(priority_key=3, fairness_key=case.seller),
            rpc_timeout=PATIENCE,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


async def start_case(client: Client, office: Office, debt_id: UUID, *, again: bool = False) -> bool:
    """Start the case of a stored debt, at the business time that is now."""

    def read() -> tuple[str, Case]:
        with office.store.reading() as session:
            debt = session.get_one(Debt, debt_id)
            return debt.workflow_id, case_of(session, debt, office.clock.shift())

    workflow_id, case = await office.stored(read)
    return await start(client, workflow_id, case, again=again)
