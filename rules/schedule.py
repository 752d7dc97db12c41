"""When each step of a case is due, and what keeps it from being done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from models.case import Task, TaskKind
from models.contact import BY_PERSON, Channel, ContactState, Purpose
from models.facts import (
    BlockFact,
    CaseFacts,
    ContactFact,
    PlannedStep,
    PromiseFact,
    PromiseStatus,
    StopFact,
    WorkFact,
)
from models.stop import Scope, StopKind
from models.strategy import (
    After,
    Condition,
    NoticeGate,
    Roll,
    Section,
    Service,
    Step,
    Strategy,
)

Calendar = Callable[[date], bool]
"""Says whether a date is a working day where the debtor lives."""

RETRY_FIRST = timedelta(minutes=15)
"""Pause after a provider took nothing; doubles each time."""

RETRY_MOST = timedelta(hours=2)
"""The longest such pause: an evening's outage is over by the next morning's window."""

UNDELIVERABLE = timedelta(days=7)
"""A provider that took nothing for so long will not take this step."""

_DAY_END = time(18)
"""Local time at which work of a day is due."""

_REACHED_NOBODY = frozenset(
    {"busy", "no_answer", "voicemail_no_msg", "answered_dropped", "not_met", "unknown"}
)
"""Outcomes of a call or visit after which another try makes sense."""

DONE = frozenset({ContactState.SENDING, ContactState.SENT, ContactState.UNKNOWN})
"""States after which a step is never contacted again; doubt counts as sent."""

_TIMED = frozenset({StopKind.HOLD, StopKind.KILL_SWITCH})
"""Stops that end by themselves at their date; all others need their own exit."""

ENDING = frozenset({StopKind.RECALL, StopKind.CLOSE_ORDER})
"""Orders that end a case instead of pausing it."""

_GRAVITY = (
    StopKind.IDENTITY_THEFT,
    StopKind.VULNERABILITY,
    StopKind.DECEASED,
    StopKind.MINOR,
    StopKind.WRONG_PARTY,
    StopKind.COMPETING_ASSIGNMENT,
    StopKind.BANKRUPTCY,
    StopKind.MORATORIUM,
    StopKind.CEASE,
    StopKind.ATTORNEY,
    StopKind.DISPUTE,
    StopKind.ORIGINAL_CREDITOR_REQUEST,
    StopKind.RELOCATION,
    StopKind.REPLY_REVIEW,
    StopKind.UNVERIFIED_PAYMENT,
    StopKind.LEGAL_REVIEW,
    StopKind.HOLD,
    StopKind.KILL_SWITCH,
)
"""The gravest stop first: it names the pause and its people are asked first."""


def schedule(
    facts: CaseFacts, strategy: Strategy, calendar: Calendar, now: datetime
) -> tuple[PlannedStep, ...]:
    """Answer every step of the case with its instant and whether it is done, skipped or pending.

    Instants of pending steps assume that what pauses the case now ends now.
    """
    view = View(facts, strategy, calendar, now)
    return tuple(view.plan())


@dataclass(frozen=True)
class View:
    """The facts as seen at one instant, with what is derived from them."""

    facts: CaseFacts
    strategy: Strategy
    calendar: Calendar
    now: datetime

    # Time

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.facts.zone)

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone)

    def instant(self, day: date, at: time) -> datetime:
        """The local time of day in UTC; one that the clocks skip is read as if they had not."""
        return datetime.combine(day, at, self.zone).astimezone(UTC)

    def when(self, instant: datetime) -> str:
        return when(instant, self.facts.zone)

    def roll(self, day: date) -> date:
        """The day itself or the next working one, within two months."""
        days = (day + timedelta(days=ahead) for ahead in range(60))
        return next(filter(self.calendar, days), day)

    def grace_end(self, promise: PromiseFact) -> datetime:
        """The end of the last day of grace, which is the start of the next in the zone."""
        return self.instant(promise.due_on + timedelta(days=promise.grace_days + 1), time())

    def day_after(self, day: date) -> datetime:
        """The instant at which a day of the debtor's is over."""
        return self.instant(day + timedelta(days=1), time())

    def rested(self, promise: PromiseFact) -> datetime | None:
        """The end of the day on which a promise was kept: who has just paid is left in peace."""
        if promise.status is not PromiseStatus.KEPT or promise.decided_at is None:
            return None
        return self.day_after(self.local(promise.decided_at).date())

    def work_due(self, days: int) -> datetime:
        """The end of business after so many working days."""
        day = self.local(self.now).date()
        for _ in range(days):
            day = self.roll(day + timedelta(days=1))
        return self.instant(day, _DAY_END)

    def working_days_to(self, day: date) -> int:
        """How many working days are left to a day, itself among them."""
        today = self.local(self.now).date()
        ahead = (today + timedelta(days=n + 1) for n in range((day - today).days))
        return sum(map(self.calendar, ahead))

    # Stops

    def end_of(self, stop: StopFact) -> datetime | None:
        """When a stop ended or ends by itself."""
        ends = [stop.ended_at, stop.until if stop.kind in _TIMED else None]
        return min((end for end in ends if end), default=None)

    @cached_property
    def open_stops(self) -> tuple[StopFact, ...]:
        """All that stand now, the gravest first.

        What is in the store stands: a stop or its end, written by a clock that runs ahead,
        counts at once.
        """
        standing = [
            stop
            for stop in self.facts.stops
            if stop.ended_at is None and ((end := self.end_of(stop)) is None or end > self.now)
        ]
        return tuple(sorted(standing, key=_gravity))

    @cached_property
    def pausing(self) -> tuple[StopFact, ...]:
        """Those that stop the whole case."""
        return tuple(stop for stop in self.open_stops if _pauses(stop))

    def held(self, channel: Channel) -> StopFact | None:
        """What pauses one channel for a while."""
        return next(
            (
                stop
                for stop in self.open_stops
                if stop.channel is channel
                and stop.kind is not StopKind.OPT_OUT
                and stop.scope is not Scope.CONTACT_POINT
            ),
            None,
        )

    # Channels

    def closed(
        self,
        key: str,
        channel: Channel,
        since: datetime | None = None,
        *,
        asked_for: bool = False,
    ) -> str:
        """Why a step can't go through a channel for good, or nothing.

        ``asked_for``: it confirms the opt-out itself, so that does not close the channel to it.
        """
        for stop in self.open_stops:
            everywhere = stop.scope is not Scope.CONTACT_POINT and not asked_for
            if stop.kind is StopKind.OPT_OUT and everywhere and stop.channel in (None, channel):
                return "opt_out"
        if channel not in self.facts.reachable:
            return "unreachable"
        if channel in self.facts.unserved:
            return "no_connector"
        for block in self.blocks(key, since):
            if block.channel is channel:
                return f"blocked:{block.rule}"
        failed = self._failed(key, channel, since)
        if failed and failed[-1].at - failed[0].at >= UNDELIVERABLE:
            return "undeliverable"
        return ""

    def ways(self, step: Step) -> tuple[Channel, ...]:
        """The channels of a step that are not closed, those that are free just now first."""
        assert step.channel is not None
        usable = [way for way in (step.channel, *step.instead) if not self.closed(step.key, way)]
        return tuple(sorted(usable, key=lambda way: self.held(way) is not None))

    def blocks(self, key: str, since: datetime | None = None) -> list[BlockFact]:
        """Blocks of a step that still stand: nothing they were judged by has changed since."""
        key = base(key)
        changes = [
            *(self.end_of(stop) for stop in self.facts.stops),
            *(
                item.closed_at
                for item in self.items(TaskKind.FACT_REVIEW, key)
                if item.outcome == "resolved"
            ),
            self.facts.notice.reached_at,
            self.facts.balance.changed_at,
            self.facts.law_since,
            since,
        ]
        known = (change for change in changes if change is not None and change <= self.now)
        last = max(known, default=self.facts.opened_at)
        return [
            block for block in self.facts.blocks if base(block.step) == key and block.at >= last
        ]

    def retry_at(self, key: str, channel: Channel, since: datetime | None) -> datetime | None:
        """When a provider that took nothing is asked again.

        Every try is waited after, also one that the engine's clock puts before its cause because
        the cause was written by a clock that is ahead: else it would be tried without end until then.
        """
        tries = self._failed(key, channel, None)
        if not tries:
            return None
        times = len(self._failed(key, channel, since))
        return tries[-1].at + min(RETRY_FIRST * 2 ** min(max(times - 1, 0), 8), RETRY_MOST)

    def _failed(self, key: str, channel: Channel, since: datetime | None) -> list[ContactFact]:
        return [
            contact
            for contact in self.facts.contacts
            if base(contact.step) == key
            and contact.channel is channel
            and contact.state is ContactState.NOT_SENT
            and (since is None or contact.at >= since)
        ]

    def contacted(self, key: str, since: datetime | None = None) -> ContactFact | None:
        """The contact that did a step, if there is one."""
        return next(
            (
                contact
                for contact in self.facts.contacts
                if contact.step == key
                and contact.state in DONE
                and (since is None or contact.at >= since)
            ),
            None,
        )

    # Work

    def items(self, kind: TaskKind, step: str) -> list[WorkFact]:
        """Work items of a step and its repetitions, the oldest first."""
        return [item for item in self.facts.work if item.kind is kind and base(item.step) == step]

    def task(  # noqa: PLR0917
        self,
        kind: TaskKind,
        step: str,
        days: int,
        text: str,
        again: Literal["", "reminder", "supervisor"] = "",
        by: date | None = None,
    ) -> Task:
        due = self.work_due(days)
        if by is not None:
            due = min(due, self.instant(by, _DAY_END))
            text = f"{text} by {spoken(by)}"
        return Task(task=kind, step=step, due=due, text=text, again=again)

    # Steps

    @cached_property
    def section(self) -> Section:
        return self.strategy.section(self.facts.jurisdiction)

    def serving(self, service: Service) -> str:
        """What serving the notice is called: under the law of another country it is served anew."""
        if self.facts.law_since is None:
            return service.key
        return f"{service.key}.{self.facts.jurisdiction.lower()}"

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        return self.section.steps

    @cached_property
    def anchor(self) -> date:
        """Day 0."""
        return self.local(self.facts.opened_at).date()

    @cached_property
    def served(self) -> date | None:
        """The day from which collection counts as announced."""
        if self.section.notice.gate is NoticeGate.REACHED:
            reached = self.facts.notice.reached_at
            return self.local(reached).date() if reached else None
        sent = [self.contacted(self.serving(service)) for service in self.section.notice.services]
        return max((self.local(contact.at).date() for contact in sent if contact), default=None)

    @cached_property
    def pauses(self) -> tuple[tuple[date, date], ...]:
        """Days that do not count, as half-open intervals: under a stop or a promise."""
        spans = [
            (stop.entered_at, self.end_of(stop) or self.now)
            for stop in self.facts.stops
            if _pauses(stop)
        ]
        for promise in self.facts.promises:
            over, rested = self.grace_end(promise), self.rested(promise)
            spans.append((promise.made_at, min(promise.decided_at or over, over)))
            if rested is not None and promise.decided_at is not None:
                spans.append((promise.decided_at, rested))
        spans += [
            (plan.accepted_at, plan.ended_at or self.day_after(plan.instalments[-1].last_day))
            for plan in self.facts.plans
            if plan.instalments
        ]
        merged: list[tuple[date, date]] = []
        for start, end in sorted(spans):
            first = max(self.local(start).date(), self.anchor)
            last = self.local(end).date()
            if merged and first <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], last))
            elif last > first:
                merged.append((first, last))
        return tuple(merged)

    def due(self, step: Step) -> datetime:
        """When a step is due: its day, moved by late notice, pauses, days off and the last one."""
        day = self._start(step) + timedelta(days=step.day)
        for start, end in self.pauses:
            if start <= day:
                day += end - start
        if step.roll is Roll.NEXT_WORKING_DAY:
            day = self.roll(day)
        latest = None if self.is_done(step) else self._latest(step)
        if latest is not None and latest + timedelta(days=self.strategy.gap_days) > day:
            day = latest + timedelta(days=self.strategy.gap_days)
            if step.roll is Roll.NEXT_WORKING_DAY:
                day = self.roll(day)
        return self.instant(day, step.at or time())

    def _start(self, step: Step) -> date:
        """Day 0 of a step; a late notice moves all collection so that it has its lead."""
        if step.after is After.NOTICE_REACHED and self.facts.notice.reached_at:
            return self.local(self.facts.notice.reached_at).date()
        if step.purpose is not Purpose.COLLECTION or self.served is None:
            return self.anchor
        first = next((other.day for other in self.steps if self._collects(other)), 0)
        late = self.served + timedelta(days=self.section.notice.lead_days - first) - self.anchor
        return self.anchor + max(late, timedelta(0))

    def _collects(self, step: Step) -> bool:
        """Whether a step asks for money and was, or will be, part of this case."""
        passed = step.key in self.facts.passed and not self.is_done(step)
        return step.purpose is Purpose.COLLECTION and not passed

    def _latest(self, step: Step) -> date | None:
        """The day of the last proactive contact by another step."""
        if step.channel is None or step.purpose is not Purpose.COLLECTION:
            return None
        return max(
            (
                self.local(contact.at).date()
                for contact in self.facts.contacts
                if contact.purpose is Purpose.COLLECTION
                and contact.state in DONE
                and base(contact.step) != step.key
            ),
            default=None,
        )

    def unsuited(self, only: Condition) -> bool:
        """Whether a step is for others than this debtor."""
        segment, wanted = self.facts.segment, only
        return (
            (wanted.willingness is not None and segment.willingness not in wanted.willingness)
            or (wanted.ability is not None and segment.ability not in wanted.ability)
            or (wanted.vulnerable is not None and segment.vulnerable is not wanted.vulnerable)
            or (wanted.litigated is not None and self.facts.litigated is not wanted.litigated)
        )

    def is_done(self, step: Step) -> bool:
        """Whether a step is behind the case: contacted, answered by a person, or lapsed."""
        if step.task is not None:
            return any(
                item.closed_at and item.outcome != "cancelled"
                for item in self.items(step.task, step.key)
            )
        if any(
            contact.step == step.key and contact.state in DONE and contact.channel not in BY_PERSON
            for contact in self.facts.contacts
        ):
            return True
        items = [
            item
            for kind in (TaskKind.CALL, TaskKind.VISIT)
            for item in self.items(kind, step.key)
            if item.outcome != "cancelled"
        ]
        if not items:
            return False
        last = items[-1]
        if last.closed_at is None:
            return last.escalated and last.due_at <= self.now
        return last.outcome not in _REACHED_NOBODY or len(items) >= step.tries

    def plan(self) -> Iterator[PlannedStep]:
        """All steps as they stand."""
        for step in self.steps:
            due = self.due(step)
            if self.is_done(step):
                yield PlannedStep(step.key, due, "done")
            elif step.key in self.facts.passed:
                yield PlannedStep(step.key, due, "skipped", "passed_over")
            elif self.unsuited(step.only):
                yield PlannedStep(step.key, due, "skipped", "condition")
            elif step.channel is not None and not self.ways(step):
                yield PlannedStep(step.key, due, "skipped", self.closed(step.key, step.channel))
            else:
                yield PlannedStep(step.key, due, "pending")


def spoken(day: date) -> str:
    """A day as people say it: ``Mon 29 Jun``."""
    return f"{day:%a} {day.day} {day:%b}"


def when(instant: datetime, zone: str) -> str:
    """An instant on the clock of a place: ``Mon 29 Jun 10:00 in America/New_York``."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{spoken(local)} {local:%H:%M} in {zone}"


def base(step: str) -> str:
    """The step that a repetition belongs to: ``phone`` of ``phone.2``."""
    return step.partition(".")[0]


def _gravity(stop: StopFact) -> tuple[int, datetime]:
    return (
        _GRAVITY.index(stop.kind) if stop.kind in _GRAVITY else len(_GRAVITY),
        stop.entered_at,
    )


def _pauses(stop: StopFact) -> bool:
    """Whether a stop is over the whole case, not a channel, a number or its end.

    One that permits collection, as a move within the country, is looked at and pauses nothing.
    """
    return (
        stop.channel is None
        and stop.scope not in (Scope.CHANNEL, Scope.CONTACT_POINT)
        and stop.kind not in ENDING
        and stop.kind is not StopKind.OPT_OUT
        and Purpose.COLLECTION not in stop.permits
    )
