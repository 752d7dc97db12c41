"""What a case does next: recomputed each time from dated facts, never by counting steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta

from models.case import Close, Contact, Ending, Move, Stage, Task, TaskKind, Wait
from models.contact import BY_PERSON, Channel, Purpose
from models.facts import (
    CaseFacts,
    CaseStatus,
    DueFact,
    Outlook,
    PlanFact,
    PromiseStatus,
    ReceiptFact,
    ReceiptKind,
    StopFact,
)
from models.stop import StopKind
from models.strategy import NoticeGate, Service, Step, Strategy
from rules.schedule import DONE, ENDING, Calendar, View, base, spoken

SKEW = timedelta(hours=12)
"""Clocks of two machines differ: a message that left a little before its cause is that message."""

RECEIPT_LIFE = timedelta(days=5)
"""A receipt that could not be sent for so long is let go: it never keeps a case open."""

MESSAGE_LIFE = timedelta(days=14)
"""After so long nobody is reminded of a broken promise any more."""

LOOK_AGAIN = timedelta(days=7)
"""How often a case without any other date looks at its facts; messages wake it earlier."""

SWITCH_AGAIN = timedelta(days=1)
"""The same under a kill switch, which nobody may announce the end of."""

REVIEW_AGAIN = timedelta(days=30)
"""A stop that a person reviewed and left standing is put before people again."""

PAUSE_AGAIN = timedelta(days=60)
"""The same for a pause that a person granted to somebody in hardship."""

PUTBACK_LEAD = timedelta(days=14)
"""So long before the seller need not take the debt back any more, giving it back is proposed."""

BOOKING = timedelta(hours=1)
"""Money that came in is booked in seconds; ask again when it was not."""

_REVIEWS: dict[StopKind, tuple[TaskKind, int]] = {
    StopKind.IDENTITY_THEFT: (TaskKind.IDENTITY_REVIEW, 7),
    StopKind.VULNERABILITY: (TaskKind.VULNERABILITY_REVIEW, 3),
    StopKind.DECEASED: (TaskKind.ESTATE_REVIEW, 14),
    StopKind.MINOR: (TaskKind.GUARDIAN_REVIEW, 7),
    StopKind.WRONG_PARTY: (TaskKind.PARTY_REVIEW, 5),
    StopKind.COMPETING_ASSIGNMENT: (TaskKind.OWNERSHIP_REVIEW, 5),
    StopKind.BANKRUPTCY: (TaskKind.CLAIM_FILING, 10),
    StopKind.MORATORIUM: (TaskKind.FACT_REVIEW, 40),
    StopKind.CEASE: (TaskKind.CEASE_REVIEW, 2),
    StopKind.ATTORNEY: (TaskKind.ATTORNEY_REVIEW, 10),
    StopKind.DISPUTE: (TaskKind.VERIFICATION, 10),
    StopKind.ORIGINAL_CREDITOR_REQUEST: (TaskKind.VERIFICATION, 10),
    StopKind.RELOCATION: (TaskKind.RELOCATION_REVIEW, 3),
    StopKind.REPLY_REVIEW: (TaskKind.REPLY_REVIEW, 1),
    StopKind.UNVERIFIED_PAYMENT: (TaskKind.PAYMENT_REVIEW, 2),
    StopKind.LEGAL_REVIEW: (TaskKind.LEGAL_REVIEW, 10),
}
"""Who looks at a stop, in how many working days."""

_OF_MANY_KINDS = frozenset({TaskKind.FACT_REVIEW, TaskKind.LEGAL_REVIEW})
"""Reviews of unlike questions, that do not answer one another."""

CHANNELS = {
    Channel.LETTER: "Letter",
    Channel.EMAIL: "E-mail",
    Channel.SMS: "SMS",
    Channel.PHONE: "Call",
    Channel.VISIT: "Visit",
}

_RECEIPT_PURPOSES = {
    ReceiptKind.THANKS: Purpose.RECEIPT,
    ReceiptKind.PAID_IN_FULL: Purpose.RECEIPT,
    ReceiptKind.CORRECTION: Purpose.CORRECTION,
    ReceiptKind.OPTOUT_CONFIRMATION: Purpose.OPTOUT_CONFIRMATION,
    ReceiptKind.DISPUTE_RECEIPT: Purpose.DISPUTE_RECEIPT,
    ReceiptKind.VERIFICATION: Purpose.VERIFICATION,
    ReceiptKind.HANDOVER_NOTICE: Purpose.HANDOVER_NOTICE,
}


def next_move(facts: CaseFacts, strategy: Strategy, calendar: Calendar, now: datetime) -> Move:
    """Answer what the case does at ``now`` (UTC): wait, contact, ask a person, or end.

    Asking again at the ``until`` of a wait, with nothing changed, answers something else or a
    later wait. A contact is a wish: the legal check decides about it.
    """
    return outlook(facts, strategy, calendar, now).move


def outlook(facts: CaseFacts, strategy: Strategy, calendar: Calendar, now: datetime) -> Outlook:
    """Answer the next move with the stage of the case and the gravest open stop."""
    view = View(facts, strategy, calendar, now)
    hold = view.pausing[0].kind if view.pausing else None
    for stage, concern in _CONCERNS:
        if move := concern(view):
            return Outlook(move, _stage(stage, move, paused=hold is not None), hold)
    return Outlook(_exhausted(view), Stage.CONTACTING, hold)


# What concerns a case, the gravest first; the first that has a move wins.


def _ordered_end(view: View) -> Move | None:
    """A person's decision ends the case: escalation, recall, an order to close."""
    for item in view.facts.work:
        if item.outcome == "escalate":
            return Close(ending=Ending.ESCALATED, reason=item.step or item.kind)
    for stop in view.open_stops:
        if stop.kind not in ENDING:
            continue
        if stop.kind is StopKind.CLOSE_ORDER and stop.reason != "putback":
            return Close(ending=Ending.CLOSED, reason=stop.reason)
        return _handover(view, stop) or Close(ending=Ending.RECALLED, reason=stop.reason)
    return None


def _handover(view: View, stop: StopFact) -> Move | None:
    """Who has heard from us is told where the debt went; nobody else is."""
    known = any(contact.state in DONE for contact in view.facts.contacts)
    if not known or view.facts.status is CaseStatus.REOPENING:
        return None
    return _receipt(
        view, ReceiptFact(ReceiptKind.HANDOVER_NOTICE, "handover_notice", stop.entered_at)
    )


def _payment_in_transit(view: View) -> Move | None:
    if not view.facts.pending_payments:
        return None
    return Wait(
        until=view.now + BOOKING, why="payment_pending", text="Money came in and is being booked"
    )


def _paid(view: View) -> Move | None:
    """Thank, confirm in writing, close; a receipt that can't be sent does not hold it up."""
    balance = view.facts.balance
    if balance.owed > 0:
        return None
    ending = Ending.SETTLED if balance.settled else Ending.PAID
    if view.facts.status is CaseStatus.REOPENING:
        return Close(ending=ending, reason="paid_again")
    since = balance.changed_at or view.facts.opened_at
    confirmation = ReceiptFact(ReceiptKind.PAID_IN_FULL, _confirmation(view, since), since)
    for receipt in (*view.facts.receipts, confirmation):
        if move := _receipt(view, receipt):
            return move
    return Close(ending=ending, reason="nothing_owed")


def _confirmation(view: View, since: datetime) -> str:
    """Name the letter that all is paid: money that was taken back and paid again has its own."""
    before = [
        contact
        for contact in view.facts.contacts
        if base(contact.step or "") == ReceiptKind.PAID_IN_FULL
        and contact.state in DONE
        and contact.at < since - SKEW
    ]
    return f"paid_in_full.{len(before) + 1}" if before else "paid_in_full"


def _reopening(view: View) -> Move | None:
    if view.facts.status is not CaseStatus.REOPENING:
        return None
    return _review(
        view, TaskKind.REOPEN_REVIEW, "reopen", 3, "A debt has a new life: may it be worked?"
    )


def _owed_messages(view: View) -> Move | None:
    return next(filter(None, (_receipt(view, owed) for owed in view.facts.receipts)), None)


def _stopped(view: View) -> Move | None:
    """Every open stop goes before its own people; those over the whole case make it wait."""
    waits: list[datetime] = []
    for stop in view.open_stops:
        if stop.kind in ENDING or stop.kind is StopKind.OPT_OUT:
            continue
        move = _look_at(view, stop)
        if not isinstance(move, Wait):
            return move
        if stop in view.pausing:
            waits.append(move.until)
    if not waits:
        return None
    gravest = view.pausing[0]
    return Wait(
        until=min(waits),
        why=gravest.kind,
        text=f"Paused by {_words(gravest.kind)} since {spoken(view.local(gravest.entered_at))}",
    )


def _look_at(view: View, stop: StopFact) -> Move:
    if stop.kind not in _REVIEWS:
        again = SWITCH_AGAIN if stop.kind is StopKind.KILL_SWITCH else LOOK_AGAIN
        until = min(view.end_of(stop) or view.now + again, view.now + again)
        return Wait(until=until, why=stop.kind)
    kind, days = _REVIEWS[stop.kind]
    step = f"{stop.kind}_{view.local(stop.entered_at):%Y%m%d}"
    text = f"{_words(stop.kind).capitalize()}: decide"
    if stop.others_first:
        text = "Another buyer's notice reached the debtor first: our claim stops"
    again = PAUSE_AGAIN if stop.kind is StopKind.VULNERABILITY else REVIEW_AGAIN
    if stop.kind is StopKind.MORATORIUM and stop.last_day:
        days = max(days, view.working_days_to(stop.last_day) + 1)
    move = _review(view, kind, step, days, text, again, by=stop.deadline)
    if isinstance(move, Task):
        return move
    beside: Move | None = None
    match stop.kind:
        case StopKind.BANKRUPTCY:
            beside = _beside_insolvency(view, stop, step, days)
        case StopKind.CEASE:
            return _after_cease(view, stop, step) or move
        case StopKind.IDENTITY_THEFT:
            beside = _beside_theft(view, stop, step)
        case StopKind.DISPUTE | StopKind.ORIGINAL_CREDITOR_REQUEST:
            beside = _putback(view, kind, step)
        case _:
            pass
    if isinstance(beside, Wait):
        return beside if beside.until < move.until else move
    return beside or move


def _beside_insolvency(view: View, stop: StopFact, step: str, days: int) -> Move | None:
    """Co-debtors are judged apart; what was paid after the filing belongs to the proceeding."""
    if view.facts.co_debtors and not view.items(TaskKind.CO_DEBTOR_REVIEW, step):
        return view.task(TaskKind.CO_DEBTOR_REVIEW, step, days, "Co-debtors: look apart")
    if stop.paid_since:
        paid = f"after_{step}"
        if not view.items(TaskKind.PAYMENT_REVIEW, paid):
            text = "Paid after the filing and before we knew: the proceeding's or ours?"
            return view.task(TaskKind.PAYMENT_REVIEW, paid, 2, text)
    return None


def _beside_theft(view: View, stop: StopFact, step: str) -> Move | None:
    """Whose identity was stolen has no such debt in a credit register (15 U.S.C. 1681s-2(a)(6)),
    and a debt that is proven to be no debt of theirs goes back to the seller.
    """
    if view.facts.credit_reported is not False:
        off = _once_asked(
            view, TaskKind.CREDIT_REVIEW, step, 2, "Identity theft: have the credit entry taken off"
        )
        if isinstance(off, Task):
            return off
    if stop.proven:
        return _once_asked(
            view, TaskKind.PUTBACK_REVIEW, step, 5, "Identity theft, with papers: give it back?"
        )
    return _putback(view, TaskKind.IDENTITY_REVIEW, step)


def _putback(view: View, kind: TaskKind, step: str) -> Move | None:
    """Propose to give a debt back that its seller does not stand up for; a person decides.

    When the seller's answer stays out though a supervisor was told, or the days run out in which
    the seller must take it back.
    """
    pending = [item for item in view.items(kind, step) if item.closed_at is None]
    if not pending:
        return None
    ends = view.facts.recourse_until
    last = view.instant(ends, time()) - PUTBACK_LEAD if ends else None
    unanswered = pending[-1].escalated and pending[-1].due_at <= view.now
    if not unanswered and (last is None or view.now < last):
        return Wait(until=last, why="recourse_window") if last else None
    window = f"; the seller must take it back until {spoken(ends)}" if ends else ""
    return _once_asked(
        view, TaskKind.PUTBACK_REVIEW, step, 5, f"Unanswered: give it back to the seller?{window}"
    )


def _once_asked(view: View, kind: TaskKind, step: str, days: int, text: str) -> Move | None:
    """A review that is not put again once it was answered."""
    if any(item.closed_at and item.outcome != "cancelled" for item in view.items(kind, step)):
        return None
    return _review(view, kind, step, days, text)


def _after_cease(view: View, stop: StopFact, step: str) -> Move | None:
    """Only the final notice that the law permits and a person approved, then legal review."""
    reviewed = [item for item in view.items(TaskKind.CEASE_REVIEW, step) if item.closed_at]
    if not reviewed:
        return None
    approved = any(item.outcome == "final_notice" for item in reviewed)
    if approved and not view.contacted("termination_notice", stop.entered_at):
        notice = _contact(
            view,
            "termination_notice",
            (Channel.LETTER,),
            Purpose.TERMINATION_NOTICE,
            "termination_notice",
            since=stop.entered_at,
        )
        if notice:
            return notice
    return _review(view, TaskKind.LEGAL_REVIEW, step, 10, "All contact refused: legal review")


def _paid_though_barred(view: View) -> Move | None:
    """A part payment on a time-barred debt revives nothing by itself: a lawyer looks at it."""
    for code in view.facts.barred_payments:
        if not view.items(TaskKind.LEGAL_REVIEW, code):
            return view.task(
                TaskKind.LEGAL_REVIEW, code, 10, "Paid after the limitation period: what follows?"
            )
    return None


def _affordable(view: View) -> Move | None:
    """After a pause for hardship comes what the person can afford, before anything is asked."""
    ended = [
        stop.ended_at
        for stop in view.facts.stops
        if stop.kind is StopKind.VULNERABILITY and stop.ended_at is not None
    ]
    if not ended or any(plan.accepted_at >= max(ended) for plan in view.facts.plans):
        return None
    step = f"affordability_{view.local(max(ended)):%Y%m%d}"
    return _once_asked(
        view, TaskKind.AFFORDABILITY_REVIEW, step, 5, "After the pause: what is affordable?"
    )


def _unready(view: View) -> Move | None:
    gaps = view.facts.gaps
    if not gaps:
        return None
    return _review(
        view, TaskKind.READINESS, "readiness", 5, f"Not ready: {', '.join(gaps)}", LOOK_AGAIN
    )


def _too_small(view: View) -> Move | None:
    if not view.facts.balance.below_minimum:
        return None
    return _review(
        view,
        TaskKind.PAYMENT_REVIEW,
        "below_minimum",
        10,
        "Less is owed than anyone is reminded of: waive or close",
    )


def _unnotified(view: View) -> Move | None:
    """Serve the notice of assignment, way by way, until one is sent or arrives."""
    notice, rules = view.facts.notice, view.section.notice
    if not notice.required or notice.reached_at:
        return None
    for service in rules.services:
        sent = view.contacted(view.serving(service))
        if sent is None:
            move = _serve(view, service)
            if move is None:
                continue
            return move
        returned = notice.returned_at is not None and notice.returned_at >= sent.at
        if not returned and rules.gate is NoticeGate.SENT:
            return None
        patience = sent.at + timedelta(days=rules.patience_days)
        if not returned and view.now < patience:
            return Wait(
                until=patience, why="notice_evidence", text="Waiting for proof of the notice"
            )
        trace = f"{view.serving(service).replace('.', '_')}_trace"
        if not any(item.closed_at for item in view.items(TaskKind.ADDRESS_TRACE, trace)):
            why = "returned" if returned else "without proof of arrival"
            return _review(
                view, TaskKind.ADDRESS_TRACE, trace, 10, f"Notice {why}: trace the address"
            )
    return _unserved(view)


def _unserved(view: View) -> Move:
    """No way to serve is open: find what is missing, an address, or a lawyer's way."""
    ways = view.section.notice.services
    for way in ways:
        if rule := next((block.rule for block in view.blocks(way.key) if block.human), ""):
            return _review(view, TaskKind.FACT_REVIEW, way.key, 5, f"Notice blocked by {rule}")
    if not any(way.channel in view.facts.reachable for way in ways):
        return _review(
            view, TaskKind.ADDRESS_TRACE, "notice_address", 10, "No address for the notice: trace"
        )
    return _review(
        view, TaskKind.LEGAL_REVIEW, "notice_unserved", 10, "No way to serve the notice is left"
    )


def _serve(view: View, service: Service) -> Move | None:
    key = view.serving(service)
    return _contact(view, key, (service.channel,), service.purpose, service.template)


def _promised(view: View) -> Move | None:
    """Ordinary steps rest under a promise, and on the day on which it was kept."""
    for promise in view.facts.promises:
        rested = view.rested(promise)
        if rested is not None and view.now < rested:
            return Wait(until=rested, why="promise", text="A promise was kept today")
        end = view.grace_end(promise)
        if promise.status is PromiseStatus.OPEN and view.now < end:
            return Wait(
                until=end,
                why="promise",
                text=f"Payment promised for {spoken(promise.due_on)}, with grace "
                f"to {spoken(promise.due_on + timedelta(days=promise.grace_days))}",
            )
    return None


def _planned(view: View) -> Move | None:
    """Ordinary steps rest under a plan; before a day it is named, after its grace asked about."""
    for plan in view.facts.plans:
        if not plan.running:
            continue
        unmet = [due for due in plan.instalments if not due.met]
        following = next((d for d in unmet if view.day_after(d.last_day) > view.now), None)
        until = view.day_after(following.last_day) if following else view.now + LOOK_AGAIN
        told = [move for due in unmet if (move := _about(view, plan, due))]
        move = next(iter(told), None)
        if plan.speaks and move and not (isinstance(move, Wait) and move.until > until):
            return move
        if not plan.speaks:  # looks again when the other case speaks, should that have ended
            until = min([until, *(m.until for m in told if isinstance(m, Wait))])
        text = f"Plan: next payment {spoken(following.on)}" if following else "Plan runs"
        return Wait(until=until, why="plan", text=text)
    rests = [plan.ended_at for plan in view.facts.plans if plan.ended_at]
    if rests and view.now < max(rests):
        return Wait(until=max(rests), why="plan", text="A plan ended today")
    return None


def _about(view: View, plan: PlanFact, due: DueFact) -> Move | None:
    """One polite message about an instalment: before its day, or after its grace."""
    rules = view.strategy.promise
    over = view.day_after(due.last_day)
    if view.now >= over:
        key, template = f"missed_{plan.code}_{due.n}", "broken_promise"
        at = view.instant(view.roll(view.local(over).date()), rules.message_at)
        last = at + MESSAGE_LIFE
    else:
        key, template = f"due_{plan.code}_{due.n}", "instalment_due"
        at = view.instant(due.on - timedelta(days=plan.reminder_days), rules.message_at)
        last = view.instant(due.on, time())
    if view.contacted(key) or view.now >= last or at < plan.accepted_at:
        return None
    move = _contact(view, key, rules.channels, Purpose.PLAN_REMINDER, template, due=at)
    return None if isinstance(move, Wait) and move.until >= last else move


def _promise_broken(view: View) -> Move | None:
    """A broken promise is answered by one polite message, before ordinary steps go on."""
    rules = view.strategy.promise
    over = [
        p for p in view.facts.promises if p.status in (PromiseStatus.OPEN, PromiseStatus.BROKEN)
    ]
    for count, promise in enumerate(over[: rules.broken_limit], 1):
        key = f"broken_promise_{count}"
        due = view.instant(view.roll(view.local(view.grace_end(promise)).date()), rules.message_at)
        if view.contacted(key) or view.now >= due + MESSAGE_LIFE:
            continue
        if move := _contact(
            view, key, rules.channels, Purpose.COLLECTION, "broken_promise", due=due
        ):
            return move
    return None


def _agent_at_work(view: View) -> Move | None:
    """While a call or visit is with an agent, as one the person asked for, nothing else is sent."""
    for item in view.facts.work:
        spoken = item.kind in (TaskKind.CALL, TaskKind.VISIT)
        if spoken and item.closed_at is None and item.due_at > view.now:
            return Wait(until=item.due_at, why="agent", text=f"A {item.kind} is with an agent")
    return None


def _step(view: View) -> Move | None:
    """The first step that is neither done nor skipped."""
    for step in view.steps:
        if view.is_done(step) or step.key in view.facts.passed or view.unsuited(step.only):
            continue
        due = view.due(step)
        if step.task is not None:
            return _decide(view, step, step.task, due)
        channels = view.ways(step)
        if channels and channels[0] in BY_PERSON:
            return _by_hand(view, step, channels[0], due)
        move = _contact(
            view, step.key, channels, step.purpose, step.template, due=due
        ) or _missing_fact(view, step)
        if move:
            return move
    return None


def _missing_fact(view: View, step: Step) -> Move | None:
    """Tell a person once what kept a step from being lawful; the case goes on without it."""
    blocks = [block for block in view.blocks(step.key) if block.human]
    if not blocks or view.items(TaskKind.FACT_REVIEW, step.key):
        return None
    return view.task(
        TaskKind.FACT_REVIEW, step.key, 5, f"Step {step.key} blocked by {blocks[0].rule}"
    )


def _decide(view: View, step: Step, kind: TaskKind, due: datetime) -> Move:
    text = f"{_words(kind).capitalize()} by a person"
    if due > view.now:
        return Wait(until=due, why="step_due", text=f"{text}: {view.when(due)}")
    return _review(view, kind, step.key, step.window_days, text)


def _by_hand(view: View, step: Step, channel: Channel, due: datetime) -> Move:
    """A call or visit is a work item; one that met nobody is tried again."""
    kind = TaskKind.CALL if channel is Channel.PHONE else TaskKind.VISIT
    items = view.items(kind, step.key)
    text = f"{_words(kind).capitalize()} by an agent"
    last = items[-1] if items else None
    if last and last.closed_at is None:
        return view.task(kind, last.step, step.window_days, f"{text} overdue", "supervisor")
    if last and last.closed_at and last.outcome != "cancelled":
        day = view.local(last.closed_at).date() + timedelta(days=step.retry_days)
        due = view.instant(view.roll(day), step.at or time())
    if due > view.now:
        return Wait(until=due, why="step_due", text=f"{text}: {view.when(due)}")
    name = f"{step.key}.{len(items) + 1}" if items else step.key
    return view.task(kind, name, step.window_days, text)


def _unanswered(view: View) -> Move | None:
    """No case ends by itself while a person owes it an answer."""
    for item in view.facts.work:
        if item.closed_at is None and item.kind not in (TaskKind.CALL, TaskKind.VISIT):
            return _review(view, item.kind, item.step, 5, f"{_words(item.kind).capitalize()}")
    return None


def _exhausted(view: View) -> Move:
    """Nothing is left to do: rest, then end."""
    days = [
        datetime.combine(view.served or view.anchor, time(), view.zone).astimezone(UTC),
        *(p.due for p in view.plan() if p.why not in ("condition", "passed_over")),
        *(contact.at for contact in view.facts.contacts if contact.state in DONE),
        *(item.closed_at for item in view.facts.work if item.closed_at),
    ]
    until = max(days) + timedelta(days=view.strategy.quiet_days)
    if until > view.now:
        return Wait(
            until=until,
            why="quiet_period",
            text=f"All steps done; resting until {view.when(until)}",
        )
    return Close(ending=Ending.EXHAUSTED, reason="steps_done")


_CONCERNS: tuple[tuple[Stage, Callable[[View], Move | None]], ...] = (
    (Stage.CLOSING, _ordered_end),
    (Stage.CONTACTING, _payment_in_transit),
    (Stage.CLOSING, _paid),
    (Stage.PERSON, _reopening),
    (Stage.CONTACTING, _owed_messages),
    (Stage.PERSON, _paid_though_barred),
    (Stage.PAUSED, _stopped),
    (Stage.PERSON, _unready),
    (Stage.NOTICE, _unnotified),
    (Stage.PERSON, _too_small),
    (Stage.PROMISED, _planned),
    (Stage.PROMISED, _promised),
    (Stage.PERSON, _affordable),
    (Stage.CONTACTING, _promise_broken),
    (Stage.CONTACTING, _agent_at_work),
    (Stage.CONTACTING, _step),
    (Stage.PERSON, _unanswered),
)


# How a contact, a receipt, a review comes about


def _contact(
    view: View,
    key: str,
    channels: Iterable[Channel],
    purpose: Purpose,
    template: str,
    *,
    due: datetime | None = None,
    since: datetime | None = None,
    asked_for: Channel | None = None,
) -> Move | None:
    """Contact through the first open channel, now or at ``due``; None when none will open.

    ``since``: blocks before it don't count. ``asked_for``: a channel that stays open although
    the person closed it, for the confirmation of just that.
    """
    held: StopFact | None = None
    for channel in channels:
        if view.closed(key, channel, since, asked_for=channel is asked_for):
            continue
        if paused := view.held(channel):
            held = held or paused
            continue
        contact = Contact(step=key, channel=channel, purpose=purpose, template=template)
        retry = view.retry_at(key, channel, since)
        start = max(filter(None, (due, retry)), default=view.now)
        if start <= view.now:
            return contact
        why = "provider_unavailable" if retry == start else "step_due"
        text = f"{CHANNELS[channel]}, {_words(template)}: {view.when(start)}"
        return Wait(until=start, why=why, text=text, then=contact)
    if held is None:
        return None
    until = min(view.end_of(held) or view.now + SWITCH_AGAIN, view.now + SWITCH_AGAIN)
    return Wait(until=until, why=held.kind, text=f"{_words(held.kind)} on {held.channel}")


def _receipt(view: View, receipt: ReceiptFact) -> Move | None:
    """Send what is owed, unless done, too late, or not permitted by what stops the case."""
    purpose = _RECEIPT_PURPOSES[receipt.kind]
    if view.now >= receipt.since + RECEIPT_LIFE:
        return None
    if view.contacted(receipt.key, receipt.since - SKEW):
        return None
    if any(purpose not in stop.permits for stop in view.pausing):
        return None
    preferred = view.strategy.receipts
    if receipt.kind is ReceiptKind.VERIFICATION:
        preferred = (Channel.LETTER, Channel.EMAIL)
    elif receipt.kind is not ReceiptKind.THANKS:
        preferred = (Channel.LETTER, *preferred)
    move = _contact(
        view,
        receipt.key,
        (receipt.channel,) if receipt.channel else preferred,
        purpose,
        receipt.kind,
        since=receipt.since,
        asked_for=receipt.channel,
    )
    if isinstance(move, Wait) and move.until >= receipt.since + RECEIPT_LIFE:
        return None
    return move


def _review(  # noqa: PLR0917
    view: View,
    kind: TaskKind,
    step: str,
    days: int,
    text: str,
    again: timedelta = REVIEW_AGAIN,
    by: date | None = None,
) -> Task | Wait:
    """Ask a person once; then remind, then the supervisor, then wait: never decide for them.

    A review that was answered while its ground still stands is asked anew after ``again``. ``by``
    is a day of the law's on which it must be done; people are asked to be done earlier.
    """
    own = view.items(kind, step)
    pending = next(
        (
            item
            for item in view.facts.work
            if item.kind is kind
            and item.closed_at is None
            and (base(item.step) == base(step) or kind not in _OF_MANY_KINDS)
        ),
        None,
    )
    if pending is None and own and (closed := own[-1].closed_at):
        if own[-1].outcome != "cancelled" and view.now < closed + again:
            return Wait(until=closed + again, why=f"review:{kind}", text=f"{text} (answered)")
        return view.task(kind, f"{step}.{len(own) + 1}", days, text)
    if pending is None:
        return view.task(kind, step, days, text, by=by)
    if pending.due_at > view.now:
        return Wait(until=pending.due_at, why=f"review:{kind}", text=text)
    if not pending.reminded:
        return view.task(kind, pending.step, days, f"{text} (reminder)", "reminder")
    if not pending.escalated:
        return view.task(kind, pending.step, days, f"{text} (to the supervisor)", "supervisor")
    return Wait(until=view.now + LOOK_AGAIN, why=f"review:{kind}", text=f"{text} (unanswered)")


def _stage(stage: Stage, move: Move, *, paused: bool) -> Stage:
    if isinstance(move, Close):
        return Stage.CLOSED
    if stage is Stage.CLOSING:
        return stage
    if paused:
        return Stage.PAUSED
    asked = isinstance(move, Task) and move.task not in (TaskKind.CALL, TaskKind.VISIT)
    awaited = isinstance(move, Wait) and move.why.startswith("review:")
    return Stage.PERSON if asked or awaited else stage


def _words(code: str) -> str:
    return code.replace("_", " ")
