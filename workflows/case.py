"""The debt case."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import Priority, RawValue, RetryPolicy
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

from activities.case import CaseActivities
from activities.contact import ContactActivities
from activities.payment import PaymentActivities
from models.case import (
    PLAINLY,
    SENDING,
    Answer,
    Ask,
    BookAsk,
    Case,
    CheckAsk,
    Close,
    Contact,
    Ended,
    Errand,
    Explained,
    Order,
    OrderAsk,
    OrderKind,
    RawPayments,
    SendAsk,
    Stage,
    Status,
    Task,
    TaskAsk,
    Wait,
    order_refusal,
)
from models.money import Money
from models.visibility import SA

WISHED_AGAIN = timedelta(hours=1)
"""What is wished for again right after it was refused or done waits: the case never spins."""

ASK_AGAIN = timedelta(minutes=1)
"""After a question that was not answered; doubled with each one more."""

LONGEST_PAUSE = timedelta(minutes=32)
"""Between two questions, however long the store is away: messages wake the case earlier."""

RAW_LIMIT = 8
"""Raw payment signals taken to the store at a time: keeps one activity's input small."""

MANY_SIGNALS = 200
"""After so many a run begins anew: a server takes a limited number of one run (ours 500), and a
worker that was away reads all of them in one go or not at all."""

LATELY = 20
"""Acts and decisions that the case can tell of when it is asked; the store keeps all of them."""

SOON, LATER = 1, 4
"""Priorities: money and orders before everything, a portfolio's preparation after it."""


def storing(summary: str, priority: int = 3) -> workflow.ActivityConfig:
    """Options of an activity that only talks to our store: quick, retried for good."""
    return workflow.ActivityConfig(
        summary=summary,
        start_to_close_timeout=timedelta(seconds=60),
        retry_policy=_patient(),
        priority=Priority(priority_key=priority),
    )


def sending(summary: str, seller: str) -> workflow.ActivityConfig:
    """Options of a call to a provider: fair among sellers, after payments and stops."""
    return workflow.ActivityConfig(
        task_queue=SENDING,
        summary=summary,
        start_to_close_timeout=timedelta(minutes=2),
        retry_policy=_patient(),
        priority=Priority(priority_key=3, fairness_key=seller),
    )


def asking(summary: str, *, simulated: bool) -> workflow.LocalActivityConfig:
    """Options of a question to the store: answered in moments or asked again after a pause.

    Where time is skipped a pause is over at once, however slow the machine, and a few of them would
    put a case off by hours of its calendar: there the question waits for its answer.
    """
    return workflow.LocalActivityConfig(
        summary=summary,
        start_to_close_timeout=timedelta(seconds=60 if simulated else 5),
        schedule_to_close_timeout=timedelta(seconds=90 if simulated else 8),
        retry_policy=_patient(),
    )


def _patient() -> RetryPolicy:
    return RetryPolicy(maximum_interval=timedelta(minutes=1))


@workflow.defn
class DebtCase:
    """One transferred debt: prepared, contacted step by step, waiting on payment, then ended.

    The store holds the facts and the rules decide; the case asks for its next move, waits and
    acts. It never reasons about law, money or time zones.
    """

    @workflow.init
    def __init__(self, case: Case) -> None:
        self.case = case
        self.progress = case.progress
        self.counted = case.progress.last.contacts if case.progress.last else 0
        self.told = False
        self.unanswered = 0
        self.strategy = ""
        self.blocked: Contact | None = None
        self.sent_back: Contact | None = None
        self.orders: list[Order] = []
        self.obeyed: dict[str, Answer] = {}
        self.payments: list[RawValue] = []
        self.signals = 0
        self.shown: dict[str, object] = {}
        self.lately: deque[str] = deque(maxlen=LATELY)

    @workflow.run
    async def run(self, case: Case) -> Ended:
        if self.progress.last is None:
            self._stand(await self._prepare())
        else:
            workflow.set_current_details(_describe(case, self.progress.last))
        while not (ending := self._ending()):
            # With an order pending its handler waits for this very loop; with money or news
            # pending they would be lost.
            if self._has_grown() and not self._news():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(case.model_copy(update={"progress": self.progress}))
            self._stand(await self._step())
        await workflow.wait_condition(workflow.all_handlers_finished)
        return ending

    # Messages

    @workflow.signal(
        dynamic=True,
        description="payment_received: {inbox} from the relay, or an unverified notice. "
        "fact_recorded and anything else: something new stands in the store; look again.",
    )
    def heard(self, name: str, inputs: Sequence[RawValue]) -> None:
        """Take in whatever anybody sends.

        One handler for all names: a signal with no input, or with two, would fail every workflow
        task of a handler that takes one.
        """
        self.signals += 1
        if name == "payment_received":
            self.payments += inputs or [RawValue(Payload())]
        else:
            self.told = True

    @workflow.update(description="Pause all contact, with a reason code and an end.")
    async def hold(self, order: Order) -> Status:
        return await self._obey(OrderKind.HOLD, order)

    @workflow.update(description="End the operator's hold.")
    async def release(self, order: Order) -> Status:
        return await self._obey(OrderKind.RELEASE, order)

    @workflow.update(description="The seller takes the debt back: stop everything, end the case.")
    async def recall(self, order: Order) -> Status:
        return await self._obey(OrderKind.RECALL, order)

    @workflow.update(description="End the case by a person's decision, with a reason code.")
    async def close(self, order: Order) -> Status:
        return await self._obey(OrderKind.CLOSE, order)

    @hold.validator
    def _may_hold(self, order: Order) -> None:
        self._may_order(OrderKind.HOLD, order)

    @release.validator
    def _may_release(self, order: Order) -> None:
        self._may_order(OrderKind.RELEASE, order)

    @recall.validator
    def _may_recall(self, order: Order) -> None:
        self._may_order(OrderKind.RECALL, order)

    @close.validator
    def _may_close(self, order: Order) -> None:
        self._may_order(OrderKind.CLOSE, order)

    @workflow.query(description="Where the case stands and what comes next.")
    def status(self) -> Status:
        last = self.progress.last
        return Status(
            stage=last.stage if last else Stage.PREPARING,
            hold=last.hold if last else None,
            owed=last.owed if last else 0,
            currency=self.case.currency,
            contacts=last.contacts if last else 0,
            next=last.move if last else None,
        )

    @workflow.query(description="Why is nothing sent just now, and what happened lately?")
    def explain(self) -> Explained:
        last = self.progress.last
        return Explained(
            answer=_why_silent(last) if last else "The case is being prepared.",
            last_contact=self.progress.contacted or "none yet",
            lately=tuple(reversed(self.lately)),
        )

    # Steps

    async def _prepare(self) -> Answer:
        return await workflow.execute_activity_method(
            CaseActivities.prepare, Errand(**self._errand()), **storing("Prepare the case", LATER)
        )

    async def _step(self) -> Answer:
        """Take in what arrived, oldest concern first; else do the next move."""
        if self.orders:
            return await self._order(self.orders[0])
        if self.payments:
            return await self._book()
        match self._last().move:
            case Wait() as wait:
                return await self._wait(wait)
            case Contact() as contact:
                return await self._contact(contact)
            case Task() as task:
                return await self._open(task)
            case Close():
                return self._last()

    async def _wait(self, wait: Wait) -> Answer:
        left = wait.until - self._now()
        if left > timedelta(0) and not self._news():
            try:
                await workflow.wait_condition(
                    self._news, timeout=left, timeout_summary=wait.text or wait.why
                )
            except TimeoutError:
                if wait.then:
                    return self._last().model_copy(update={"move": wait.then})
        if self.orders or self.payments:
            return self._last()
        return await self._next_move()

    async def _next_move(self) -> Answer:
        self.told = False
        blocked, self.blocked = self.blocked, None
        asked_at = self._now()
        try:
            answer = await workflow.execute_local_activity_method(
                CaseActivities.next_move, Ask(**self._ask()), **self._asking("What is next?")
            )
        except FailureError as error:
            return self._ask_later(error)
        self.unanswered = 0
        if answer.move != self.sent_back:
            self.sent_back = None
        return self._unless_again(answer, blocked, asked_at)

    async def _contact(self, contact: Contact) -> Answer:
        """Check and reserve; send at once what is allowed."""
        self._progress(ordinal=self.progress.ordinal + 1)
        try:
            checked = await workflow.execute_local_activity_method(
                ContactActivities.legal_check,
                CheckAsk(**self._ask(), contact=contact),
                **self._asking(f"Is {contact.channel} lawful now?"),
            )
        except FailureError as error:
            return self._ask_later(error)
        self.unanswered = 0
        if not checked.go:
            self.blocked = contact
            return checked
        sent = await workflow.execute_activity_method(
            ContactActivities.send,
            SendAsk(**self._errand()),
            **sending(f"Send {contact.channel}: {_words(contact.template)}", self.case.seller),
        )
        self._count(sent, sent.did)
        return self._unless_sent_back(sent, contact)

    async def _open(self, task: Task) -> Answer:
        asked_at = self._now()
        answer = await workflow.execute_activity_method(
            CaseActivities.open_task,
            TaskAsk(**self._errand(), task=task),
            **storing(task.text or f"Work for a person: {task.task}"),
        )
        return self._unless_again(answer, task, asked_at)

    async def _book(self) -> Answer:
        """Hand what arrived to the store, which knows what is new and what is verified."""
        batch = self.payments[:RAW_LIMIT]
        answer = await workflow.execute_activity_method(
            PaymentActivities.book,
            BookAsk(**self._errand(), notices=RawPayments.of(part.payload.data for part in batch)),
            **storing("Book money that came in", SOON),
        )
        del self.payments[: len(batch)]
        return answer

    async def _order(self, order: Order) -> Answer:
        answer = await workflow.execute_activity_method(
            CaseActivities.obey,
            OrderAsk(**self._errand(), order=order),
            **storing(f"{order.kind.capitalize()} ordered: {order.reason}", SOON),
        )
        del self.orders[0]
        self.obeyed[order.id] = answer
        return answer

    # State

    def _now(self) -> datetime:
        return workflow.now() + self.case.shift

    def _errand(self) -> dict[str, Any]:
        return {
            "debt": self.case.debt,
            "epoch": self.case.epoch,
            "ordinal": self.progress.ordinal,
            "shift": self.case.shift,
        }

    def _asking(self, summary: str) -> workflow.LocalActivityConfig:
        return asking(summary, simulated=bool(self.case.shift))

    def _ask(self) -> dict[str, Any]:
        self._progress(asked=self.progress.asked + 1)
        return {**self._errand(), "now": self._now(), "asked": self.progress.asked}

    def _has_grown(self) -> bool:
        """Whether the run had better begin anew."""
        if workflow.info().is_continue_as_new_suggested():
            return True
        return self.signals >= MANY_SIGNALS and workflow.patched("many-signals")

    def _news(self) -> bool:
        return self.told or bool(self.orders) or bool(self.payments)

    def _last(self) -> Answer:
        assert self.progress.last is not None
        return self.progress.last

    def _ending(self) -> Ended | None:
        """The end, once the store has it and nothing that arrived is left over."""
        last = self._last()
        if isinstance(last.move, Close) and not self.orders and not self.payments:
            return Ended(ending=last.move.ending, reason=last.move.reason, owed=last.owed)
        return None

    def _ask_later(self, error: FailureError) -> Answer:
        """A question was not answered: ask again on a timer, less and less often.

        What no repetition mends fails the case, where support sees it. The engine cancels a run
        only once: a case that went on would never end by it.
        """
        if is_cancelled_exception(error) and workflow.patched("cancelled-unanswered"):
            raise error
        # Told anew from history, the failure of a local activity comes without the wrapping that it
        # had when it happened.
        found = error if isinstance(error, ApplicationError) else error.cause
        cause = found if isinstance(found, ApplicationError) else None
        if cause and cause.non_retryable:
            raise error
        why = cause.type if cause else None
        pause = min(ASK_AGAIN * 2 ** min(self.unanswered, 9), LONGEST_PAUSE)
        self.unanswered += 1
        return self._pause(
            pause, f"unanswered:{why or 'timeout'}", "The store gives no answer; asking again"
        )

    def _unless_again(
        self, answer: Answer, wish: Contact | Task | None, asked_at: datetime
    ) -> Answer:
        """What has just been refused or done, or is to wait for the past, waits instead.

        An instant that came while the answer was on its way is no past: it is due.
        """
        match answer.move:
            case Wait(until=until):
                due = asked_at < until <= self._now() and workflow.patched("due-meanwhile")
                again = until <= self._now() and not due
            case move:
                again = move == wish
        if again:
            return self._pause(WISHED_AGAIN, "wished_again", "Nothing else to do for now", answer)
        return answer

    def _unless_sent_back(self, sent: Answer, contact: Contact) -> Answer:
        """What the sending gives back is tried again at once, but only once: then it waits.

        Check and sending may judge differently for hours, as while a release with stricter packs has
        reached some of the workers.
        """
        # A run that was reset finds messages done that it counts anew, and goes on at once.
        back = isinstance(sent.move, Wait) and sent.move.until <= self._now()
        if back and self.sent_back == contact and workflow.patched("sent-back"):
            return self._pause(WISHED_AGAIN, "wished_again", "Nothing else to do for now", sent)
        self.sent_back = contact if back else None
        return sent

    def _pause(
        self, length: timedelta, why: str, text: str, answer: Answer | None = None
    ) -> Answer:
        wait = Wait(until=self._now() + length, why=why, text=text)
        return (answer or self._last()).model_copy(update={"move": wait, "due": ""})

    async def _obey(self, kind: OrderKind, order: Order) -> Status:
        """Wait until ``run`` has taken the order to the store, which may still refuse it."""
        info = workflow.current_update_info()
        taken = order.model_copy(update={"kind": kind, "id": info.id if info else order.id})
        self.orders.append(taken)
        await workflow.wait_condition(lambda: taken.id in self.obeyed)
        answer = self.obeyed.pop(taken.id)
        if answer.refused:
            raise ApplicationError(answer.refused, type="OrderRefused")
        return self.status()

    def _may_order(self, kind: OrderKind, order: Order) -> None:
        if self.progress.last and isinstance(self.progress.last.move, Close):
            raise ApplicationError("the case is closed", type="CaseClosed")
        if refusal := order_refusal(kind, order, self._now()):
            raise ApplicationError(refusal, type="OrderRefused")

    def _count(self, answer: Answer, how: str) -> None:
        """Remember the last contact, told in words ``how``, if there is one more by now."""
        if answer.contacts > self.counted:
            self._progress(contacted=f"{how}, {_utc(self._now())}")
        self.counted = answer.contacts

    def _progress(self, **changes: object) -> None:
        self.progress = self.progress.model_copy(update=changes)

    def _stand(self, answer: Answer) -> None:
        """Remember where the case stands and, once it rests, tell visibility in one command."""
        self._count(answer, "by a person" if self.progress.last else "before this run began")
        if answer != self.progress.last:
            self.lately.append(f"{_utc(self._now())}: {_told(answer)}")
        self._progress(last=answer)
        self.strategy = answer.strategy or self.strategy
        match answer.move:
            case Wait(until=until) if until > self._now():
                pass
            case Close():
                until = None
            case _:
                return
        workflow.set_current_details(_describe(self.case, answer))
        ending = answer.move.ending if isinstance(answer.move, Close) else None
        fresh = [
            SA.STAGE.value_set(answer.stage),
            SA.HOLD.value_set(answer.hold) if answer.hold else SA.HOLD.value_unset(),
            SA.CONTACTS.value_set(answer.contacts),
            SA.NEXT_ACTION_AT.value_set(until) if until else SA.NEXT_ACTION_AT.value_unset(),
            *([SA.STRATEGY.value_set(self.strategy)] if self.strategy else []),
            *([SA.ENDING.value_set(ending)] if ending else []),
            *([SA.JURISDICTION.value_set(answer.place)] if answer.place else []),
        ]
        if changed := [each for each in fresh if self.shown.get(each.key.name, ...) != each.value]:
            self.shown |= {each.key.name: each.value for each in changed}
            workflow.upsert_search_attributes(changed)


def _describe(case: Case, answer: Answer) -> str:
    """The case in plain words, as Markdown, for support."""
    lines = [
        f"**{PLAINLY[answer.stage]}**"
        + (f", on hold: {_words(answer.hold)}" if answer.hold else "")
    ]
    lines.append(f"- owed: {Money(answer.owed, case.currency)}")
    lines.append(f"- contacts so far: {answer.contacts}")
    if answer.did:
        lines.append(f"- last: {answer.did}")
    match answer.move:
        case Wait(until=until, why=why, text=text):
            lines.append(f"- next: {text or why} (`{why}`)")
            lines.append(f"- when: {answer.due or _utc(until)}")
        case Close(ending=ending, reason=reason):
            lines.append(f"- ended: {ending}" + (f" ({reason})" if reason else ""))
        case _:
            pass
    return "\n".join(lines)


def _told(answer: Answer) -> str:
    """What was done, and what comes next, in one line."""
    match answer.move:
        case Wait(until=until, why=why, text=text):
            following = f"next {text or _words(why)}, {answer.due or _utc(until)}"
        case Contact(channel=channel, template=template):
            following = f"next {channel}, {_words(template)}, if it is lawful"
        case Task(task=task, text=text):
            following = f"next {text or _words(task)}"
        case Close(ending=ending):
            following = f"ends as {ending}"
    return "; ".join(filter(None, (answer.did, following)))


def _why_silent(answer: Answer) -> str:
    """Why nothing is sent just now."""
    match answer.move:
        case Wait(until=until, why=why, text=text):
            return f"{text or _words(why)} ({why}); looks again {answer.due or _utc(until)}."
        case Close(ending=ending, reason=reason):
            return f"The case is closed ({ending}: {_words(reason)}); nothing more is sent."
        case Task(task=task, text=text):
            return f"A person is asked: {text or _words(task)}."
        case Contact(channel=channel, template=template):
            return f"A contact is under way: {channel}, {_words(template)}."


def _words(code: str) -> str:
    return code.replace("_", " ")


def _utc(at: datetime) -> str:
    return f"{at:%a %Y-%m-%d %H:%M} UTC"
