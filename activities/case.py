"""The effects of a case that are neither contact nor money."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session
from temporalio import activity

from activities.office import Office, business_now
from activities.preparation import prepare_debt
from activities.standing import advance
from models.case import Answer, Ask, Errand, Order, OrderAsk, OrderKind, TaskAsk, order_refusal
from models.stop import Scope, StopKind
from models.tables import Debt
from store import debt as debts
from store import debtor as debtors
from store import stop as stops
from store import work

PATIENCE = 4.0
"""Seconds a local activity waits for the store before the case asks again on a timer."""


class CaseActivities:
    """Collaborators are handed in, so that tests hand in others."""

    def __init__(self, office: Office) -> None:
        self.office = office

    @activity.defn(no_thread_cancel_exception=True)
    def prepare(self, ask: Errand) -> Answer:
        """Analyse the debt, choose the strategy, render the documents; safe to repeat."""
        now = business_now(ask.shift)
        prepare_debt(self.office, ask.debt, ask.epoch, now, ask.shift)
        with self.office.store.writing() as session:
            answer = advance(session, self.office, ask.debt, ask.epoch, now)
            debt = debts.get(session, ask.debt)
            chosen = debt.strategy_ref
        return answer.model_copy(update={"did": f"prepared, {chosen} chosen", "strategy": chosen})

    @activity.defn(no_thread_cancel_exception=True)
    def next_move(self, ask: Ask) -> Answer:
        """Answer what comes next; when that is the end, the debt is closed in the same breath."""
        with self.office.store.writing(patience=PATIENCE) as session:
            return advance(session, self.office, ask.debt, ask.epoch, ask.now)

    @activity.defn(no_thread_cancel_exception=True)
    def open_task(self, ask: TaskAsk) -> Answer:
        """Put a work item before people; the same task is opened once."""
        now = business_now(ask.shift)
        with self.office.store.writing() as session:
            debt = debts.get(session, ask.debt)
            debtors.lock(session, debt.debtor_id)
            if ask.task.again:
                _press(session, ask, now)
            else:
                work.open(
                    session,
                    debt_id=debt.id,
                    debtor_id=debt.debtor_id,
                    epoch=ask.epoch,
                    kind=ask.task.task,
                    step=ask.task.step,
                    now=now,
                    due_at=ask.task.due,
                )
            answer = advance(session, self.office, ask.debt, ask.epoch, now)
        return answer.model_copy(update={"did": f"work item opened: {ask.task.task}"})

    @activity.defn(no_thread_cancel_exception=True)
    def obey(self, ask: OrderAsk) -> Answer:
        """Write a person's order to the store, which acknowledges it, then look again."""
        now = business_now(ask.shift)
        with self.office.store.writing() as session:
            debt = debts.get(session, ask.debt)
            refused = order(session, debt, ask.order, now, observed_at=self.office.clock.now())
            answer = advance(session, self.office, ask.debt, ask.epoch, now)
        return answer.model_copy(
            update={"did": f"{ask.order.kind} by {ask.order.actor}", "refused": refused or ""}
        )


def _press(session: Session, ask: TaskAsk, now: datetime) -> None:
    """Ask again for an item that nobody did: first a reminder, then the supervisor."""
    for item in work.of_debt(session, ask.debt):
        if (item.epoch, item.kind, item.step) != (ask.epoch, ask.task.task, ask.task.step):
            continue
        if item.status not in work.LIVING:
            continue
        item.due_at = ask.task.due
        if ask.task.again == "reminder":
            item.reminded_at = now
        else:
            item.escalated_at = now
        session.add(item)


def order(
    session: Session, debt: Debt, given: Order, now: datetime, *, observed_at: datetime
) -> str | None:
    """Write an order as a stop, or say in plain words why not. Used by case, CLI and desk alike.

    The stop's commit is the acknowledgement. Kind and id make a repeated order the same one.
    """
    if debt.status == "closed":
        return "the case is closed"
    if refusal := order_refusal(given.kind, given, now):
        return refusal
    if given.kind is OrderKind.RELEASE:
        return _release(session, debt, given, now)
    kinds = {
        OrderKind.HOLD: StopKind.HOLD,
        OrderKind.RECALL: StopKind.RECALL,
        OrderKind.CLOSE: StopKind.CLOSE_ORDER,
    }
    stops.enter(
        session,
        kinds[given.kind],
        Scope.DEBT,
        now=now,
        observed_at=observed_at,
        reason=given.reason,
        actor=given.actor,
        source="order",
        external_id=f"{debt.id}:{given.kind}:{given.id}",
        debt_id=debt.id,
        until=given.until if given.kind is OrderKind.HOLD else None,
    )
    return None


def _release(session: Session, debt: Debt, given: Order, now: datetime) -> str | None:
    debtors.lock(session, debt.debtor_id)
    held = [
        stop
        for stop in stops.open_for(session, debt, now)
        if stop.kind == StopKind.HOLD and stop.debt_id == debt.id and stop.ended_at is None
    ]
    if not held:
        return "no operator's hold is open; other stops end by their own exit (see case explain)"
    for stop in held:
        stops.end(session, stop.id, now=now, reason=given.reason, actor=given.actor)
    return None
