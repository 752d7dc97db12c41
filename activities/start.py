"""Starting cases: the store decides whether one may start, ids make it happen once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import (
    Priority,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.office import Office
from models.case import CASES, Case, Stage, TaskKind
from models.contact import ContactState, Direction
from models.money import Money
from models.tables import ContactRow, Debt, Debtor, Portfolio, Seller
from models.visibility import SA
from runtime.clock import Clock, wall_now
from store import case as records
from store import contact as contacts
from store import debtor as debtors
from store import work

PATIENCE = timedelta(seconds=10)
"""For one start; the engine retries what it can."""

REVIEWED = timedelta(days=2)
"""Until somebody must have looked at a message that was on its way when its run ended."""

RUNNING = "WorkflowType = 'DebtCase' AND ExecutionStatus = 'Running'"

SUSPECTS = 100
"""Cases without a run that are looked at one by one."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A case that may start, what its input says, and in a line what was taken over."""

    workflow_id: str
    case: Case
    summary: str


def ready(debt: Debt, debtor: str, seller: str, portfolio: str, shift: timedelta) -> Ready:
    """Answer how the case of a debt is started: ids and codes only."""
    owed = Money(int(debt.facts["total"]), debt.currency)
    return Ready(
        workflow_id=debt.workflow_id,
        case=Case(
            debt=debt.id,
            epoch=debt.epoch,
            seller=seller,
            portfolio=portfolio,
            debtor=debtor,
            jurisdiction=f"{debt.jurisdiction}-{debt.sub}" if debt.sub else debt.jurisdiction,
            currency=debt.currency,
            shift=shift,
        ),
        summary=f"{debt.product_type.replace('_', ' ')}, {owed} on transfer",
    )


def ready_case(session: Session, debt: Debt, shift: timedelta) -> Ready:
    """Answer how the case of one stored debt is started."""
    return ready(
        debt,
        debtor=session.get_one(Debtor, debt.debtor_id).key,
        seller=session.get_one(Seller, debt.seller_id).code,
        portfolio=session.get_one(Portfolio, debt.portfolio_id).ref,
        shift=shift,
    )


async def start(client: Client, ready: Ready, *, again: bool = False) -> bool:
    """Start a case; False when this id lives or lived already.

    ``again`` gives a closed debt a new run under the same id.
    """
    reuse, case = WorkflowIDReusePolicy, ready.case
    try:
        await client.start_workflow(
            "DebtCase",
            case,
            id=ready.workflow_id,
            task_queue=CASES,
            id_reuse_policy=reuse.ALLOW_DUPLICATE if again else reuse.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(SA.STAGE, Stage.PREPARING),
                    SearchAttributePair(SA.JURISDICTION, case.jurisdiction),
                    SearchAttributePair(SA.PORTFOLIO, case.portfolio),
                    SearchAttributePair(SA.SELLER, case.seller),
                    SearchAttributePair(SA.DEBTOR, case.debtor),
                ]
            ),
            memo={"debt": str(case.debt), "transferred": ready.summary},
            priority=Priority(priority_key=4, fairness_key=case.seller),
            rpc_timeout=PATIENCE,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


async def start_case(client: Client, office: Office, debt_id: UUID, *, again: bool = False) -> bool:
    """Start the case of a stored debt, at the business time that is now."""

    def read() -> Ready:
        with office.store.reading() as session:
            debt = session.get_one(Debt, debt_id)
            return ready_case(session, debt, office.clock.shift())

    return await start(client, await office.stored(read), again=again)


def renew(session: Session, clock: Clock, debt: Debt, actor: str, reason: str) -> None:
    """Give an open debt whose run was ended by hand a new life; the relay starts it.

    It keeps its day 0, its strategy and its contacts, so that no step comes twice, and holds until
    a person confirms: somebody wanted the old run to stop. A message that was on its way when
    the run ended stays in doubt and goes to a person. Should the old run live after all, the new
    epoch ends it at its next question.
    """
    now, observed_at = clock.now(), wall_now()
    debtors.lock(session, debt.debtor_id)
    work.cancel_for(session, debt.id, now=now, reason="restarted")
    debt.status, debt.epoch = "reopening", debt.epoch + 1
    session.add(debt)
    session.flush()
    for row in contacts.of_debt(session, debt.id):
        if row.agent != "machine" or row.direction != Direction.OUT:
            continue
        if row.state == ContactState.RESERVED:
            contacts.append(
                session, row, "released", at=now, observed_at=observed_at, reason="restarted"
            )
        if row.state == ContactState.SENDING:
            leave_in_doubt(session, debt, row, now, "restarted")
    records.act(
        session,
        at=now,
        observed_at=observed_at,
        debt_id=debt.id,
        debtor_id=debt.debtor_id,
        what="case.restarted",
        reason=reason,
        actor=actor,
        strategy=debt.strategy_ref or None,
        packs=debt.facts.get("packs", {}),
        facts={"epoch": debt.epoch},
    )


def leave_in_doubt(
    session: Session, debt: Debt, row: ContactRow, now: datetime, reason: str
) -> None:
    """Put a message that may have left on record as that: it counts, and a person looks at it."""
    contacts.append(session, row, "unknown", at=now, observed_at=wall_now(), reason=reason)
    work.open(
        session,
        debt_id=debt.id,
        debtor_id=row.debtor_id,
        epoch=debt.epoch,
        kind=TaskKind.DOUBT_REVIEW,
        step=f"{row.epoch}-{row.ordinal}",
        now=now,
        due_at=now + REVIEWED,
        contact_id=row.id,
    )


async def lost(client: Client, names: Collection[str]) -> list[str]:
    """Answer which of these cases, open in the store, no run of the engine works on."""
    if not names:
        return []
    living = {each.id async for each in client.list_workflows(RUNNING)}
    suspects = [name for name in names if name not in living][:SUSPECTS]
    return [name for name in suspects if not await runs(client, name)]


async def impostors(client: Client, debts: Mapping[str, UUID]) -> list[str]:
    """Answer under which of these ids something runs that is not the case of that debt.

    The memo of a case names its debt: one that was started by hand has none, or another's.
    """
    found = {
        each.id: await each.memo_value("debt", "")
        async for each in client.list_workflows(RUNNING)
        if each.id in debts
    }
    return [name for name, debt in found.items() if debt != str(debts[name])]


async def runs(client: Client, name: str) -> bool:
    """Whether a case has a running workflow, asked of the engine itself and not of its index."""
    try:
        told = await client.get_workflow_handle(name).describe(rpc_timeout=PATIENCE)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return told.status is WorkflowExecutionStatus.RUNNING
