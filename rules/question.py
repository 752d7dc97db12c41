"""One question put to the gate: facts, log and an instant, with what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from models.contact import Direction, Outcome, Party, Purpose
from models.law import OUTSIDERS, ContactRecord, LegalFacts, Unknown
from rules.packs import Counted, CountLine, MergedPack
from rules.zones import EPOCH, calendar_date

_VALIDATION_DAYS = 30
"""Of the period to dispute: 12 CFR 1006.34(b)(5)."""

CONSENTED_CALL = 1800
"""Seconds for which an agreed contact time stands: the agent may be a little late."""


class Question:
    """Reads facts and log for the rules. ``at`` moves it along the search for an instant."""

    __slots__ = (
        "_counted", "_first", "_mixed", "_reach", "_recent", "counting", "facts", "full_hours", "log", "pack", "roomy", "today", "ts", "zones",
    )  # fmt: skip

    def __init__(
        self,
        facts: LegalFacts,
        log: Sequence[ContactRecord],
        pack: MergedPack,
        *,
        full_hours: bool = False,
    ) -> None:
        self.facts = facts
        self.log = log
        self.pack = pack
        self.full_hours = full_hours
        self.zones, self.counting = pack.clocks(facts.zones)
        """Whose clock a contact must suit, and whose midnight divides counted days."""
        self._counted: dict[int, list[int]] = {}
        self._recent: dict[str, list[ContactRecord]] = {}
        self._mixed = False
        self._reach = 0
        self.roomy: dict[int, int] = {}
        """By the rank of a count, the instant from which on it can no longer be full."""
        self._first: tuple[int, datetime | None] | None = None
        self.ts = 0
        self.today = 0

    def at(self, ts: int) -> None:
        self.ts = ts
        today = self.zones[0].day(ts)
        for place in self.zones[1:]:
            today = max(today, place.day(ts))
        self.today = today

    def day_of(self, when: date) -> int:
        """Local day of a date or instant, the latest of the candidate zones."""
        return max(place.day_of(when) for place in self.zones)

    def anniversary(self, when: date, years: int) -> int:
        """The local day some years later; 29 February becomes 1 March."""
        start = calendar_date(self.day_of(when))
        if start.year + years > date.max.year:
            return date.max.toordinal() - EPOCH
        try:
            later = start.replace(year=start.year + years)
        except ValueError:
            later = date(start.year + years, 3, 1)
        return later.toordinal() - EPOCH

    @staticmethod
    def months_after(start: date, months: int) -> int:
        """The day some months later; a day that the month lacks becomes its last."""
        year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
        last = date(year + (month == 11), (month + 1) % 12 + 1, 1).toordinal() - 1
        return min(date(year, month + 1, 1).toordinal() + start.day - 1, last) - EPOCH

    # Facts that stand in the log

    @property
    def answers_inbound(self) -> bool:
        """The person wrote or called on this channel and has had no answer there since."""
        heard = [r.ts for r in self._of_channel(Direction.IN) if r.ts <= self.ts]
        told = [r.ts for r in self._of_channel(Direction.OUT)]
        return bool(heard) and max(heard) > max(told, default=-(1 << 62))

    @property
    def deadline_within_validation(self) -> bool | Unknown:
        """The message asks for something sooner than the period to dispute lasts, or within it.

        12 CFR 1006.38(b)(1): ten days set on the last day of the period still overshadow it.
        """
        days, end = self.facts.deadline_days, self.facts.validation_end
        if isinstance(days, Unknown):
            return days
        if isinstance(end, Unknown):
            return end
        return (
            days is not None
            and end is not None
            and (days < _VALIDATION_DAYS or self.today + days <= self.day_of(end))
        )

    @property
    def moratorium_begun(self) -> bool | Unknown:
        """It begins on the day after its registration; without a day it has begun."""
        start = self.facts.breathing_start
        if isinstance(start, Unknown):
            return start
        return start is None or self.day_of(start) <= self.today

    @property
    def spoken(self) -> bool | Unknown:
        """There was a conversation with the debtor: stated, or in the log."""
        heard = any(
            r.outcome == Outcome.CONVERSATION and r.party not in OUTSIDERS and r.ts <= self.ts
            for r in self.log
        )
        return heard or self.facts.talked

    @property
    def first_communication(self) -> datetime | None:
        """When the person first heard of the debt from us: a talk, or a message that left."""
        if self._first is None:
            told = [(r.ts, r.at) for r in self.log if r.party not in OUTSIDERS and _tells(r)]
            self._first = min(told, default=(0, None))
        ts, at = self._first
        return at if ts <= self.ts else None

    @property
    def prefers_channel(self) -> bool:
        """This channel is among those the person asked for."""
        wanted = self.facts.allowed_channels
        return not isinstance(wanted, Unknown) and self.facts.channel in (wanted or ())

    @property
    def purpose_contacts(self) -> int:
        """How often the person was already contacted for this purpose."""
        return sum(
            r.direction == Direction.OUT and r.purpose == self.facts.purpose for r in self.log
        )

    @property
    def outsider_contacts(self) -> int:
        """How often this outsider was already contacted; a call without an answer is none."""
        return sum(
            r.direction == Direction.OUT
            and r.party == self.facts.party
            and (r.number is None or self.facts.number is None or r.number == self.facts.number)
            and r.outcome not in _UNANSWERED
            for r in self.log
        )

    @property
    def lost(self) -> bool | Unknown:
        """The debtor cannot be reached: stated, or three days of calls in a row without an answer."""
        stated = self.facts.lost_contact
        if isinstance(stated, Unknown) or stated:
            return stated if isinstance(stated, Unknown) else True
        place = self.counting[0]
        own = [r for r in self.log if r.party not in OUTSIDERS and r.ts <= self.ts]
        reached = max(
            (
                r.ts
                for r in own
                if r.direction == Direction.IN
                or r.outcome not in _UNANSWERED | {Outcome.UNKNOWN, None}
            ),
            default=-(1 << 62),
        )
        tried = {
            place.day(r.ts)
            for r in own
            if r.direction == Direction.OUT and r.channel == "phone" and r.ts > reached
        }
        last = max(tried, default=0)
        return {last - 1, last - 2} <= tried and place.day(self.ts) - last <= 3

    def consented_time(self) -> tuple[int, int] | None:
        """The stretch the person agreed to beforehand, if there is proof and it is still unused."""
        agreed, proof = self.facts.callback_for, self.facts.callback_evidence
        if not isinstance(agreed, datetime) or not isinstance(proof, str) or not proof:
            return None
        start = int(agreed.timestamp())
        if any(r.ts >= start for r in self._of_channel(Direction.OUT)):
            return None
        return start, start + CONSENTED_CALL

    def consented_call(self) -> bool:
        """Agreed to be called within the last seven days, the first being that of the consent.

        The consent ends when the talk happens: 12 CFR 1006.14(b)(3)(i).
        """
        given = self.facts.callback_given_at
        if not isinstance(given, datetime):
            return False
        start = int(given.timestamp())
        return (
            start <= self.ts
            and all(0 <= z.day(self.ts) - z.day(start) <= 6 for z in self.zones)
            and not any(
                r.ts > start and r.channel == "phone" and r.outcome == Outcome.CONVERSATION
                for r in self.log
            )
        )

    def counted(self, line: CountLine, reach: int) -> list[int]:
        """When the contacts happened, or will, that a cap or cooldown counts, in order.

        Only those of the last ``reach`` seconds: a search goes forward, so that what was too long
        ago at its first instant is so at every later one.
        """
        if reach > self._reach:
            since = self.ts - reach
            recent: dict[str, list[ContactRecord]] = {}
            parties: set[str] = set()
            for record in self.log:
                if record.ts > since:
                    parties.add(record.party)
                    alike = recent.get(record.kind)
                    if alike is None:
                        recent[record.kind] = [record]
                    else:
                        alike.append(record)
            self._reach, self._recent = reach, recent
            self._mixed = not parties.isdisjoint(_NOT_CONSUMERS)
            self._counted.clear()
        known = self._counted.get(line.alike)
        if known is None:
            known = self._counted[line.alike] = self._count(line.counted)
        return known

    def counts_after(self, ts: int) -> bool:
        """Some counted contact, a reservation, is still to come."""
        return any(events[-1] > ts for events in self._counted.values() if events)

    def exempt(self, line: CountLine) -> bool:
        """Whether this very proposal is outside the count."""
        exempt = line.rule.exempt
        return bool(exempt) and (
            (not {"consented_call", "agreed_call"}.isdisjoint(exempt) and self.consented_call())
            or ("answer" in exempt and self.facts.purpose == Purpose.REPLY and self.answers_inbound)
        )

    def _count(self, counted: Counted) -> list[int]:
        facts = self.facts
        of_kind, parties, scope, exempt = counted
        records: list[ContactRecord] = []
        for kind, alike in self._recent.items():
            if kind in of_kind:
                records += alike
        if not records:
            return []
        if parties == "outsider":
            records = [r for r in records if r.party in OUTSIDERS]
        elif parties != "any" and self._mixed:
            records = [r for r in records if r.party not in _NOT_CONSUMERS]
        if "person" in scope:
            records = [r for r in records if r.party == facts.party]
        if "debt" in scope:
            records = self._about_debt(records)
        if "number" in scope and facts.number is not None:
            records = [r for r in records if r.number is None or r.number == facts.number]
        if "collector" in scope:
            records = [r for r in records if r.caller == facts.caller]
        if exempt:
            records = [
                r
                for r in records
                if not (
                    (r.consented and "consented_call" in exempt)
                    or (r.purpose == Purpose.REPLY and "answer" in exempt)
                )
            ]
        return sorted([r.ts for r in records])

    def _about_debt(self, records: list[ContactRecord]) -> list[ContactRecord]:
        alias, debt = self.facts.aliases, self.facts.debt
        if not alias:
            return [r for r in records if debt in r.debts or not r.debts]
        debt = alias.get(debt, debt)
        return [r for r in records if not r.debts or any(alias.get(d, d) == debt for d in r.debts)]

    def _of_channel(self, direction: str) -> list[ContactRecord]:
        channel = self.facts.channel
        return [r for r in self.log if r.direction == direction and r.channel == channel]


def _tells(r: ContactRecord) -> bool:
    """Whether the person heard of the debt by it: they talked, or a message left and arrived."""
    if r.outcome in _TALKS:
        return True
    return r.direction == Direction.OUT and r.channel in _WRITTEN and r.outcome not in _RETURNED


_NOT_CONSUMERS = OUTSIDERS | {Party.ATTORNEY}
"""Calls to the attorney are not calls to the consumer: 12 CFR 1006.14(b)(3)(iii)."""

_TALKS = frozenset({Outcome.CONVERSATION, Outcome.MET})
_RETURNED = frozenset({Outcome.BOUNCED, Outcome.RETURNED})
_WRITTEN = frozenset({"letter", "email", "sms"})

_UNANSWERED = frozenset(
    {
        Outcome.BUSY,
        Outcome.NOT_IN_SERVICE,
        Outcome.NO_ANSWER,
        Outcome.VOICEMAIL_NO_MSG,
        Outcome.VOICEMAIL_MSG,
        Outcome.ANSWERED_DROPPED,
        Outcome.THIRD_PARTY,
        Outcome.WRONG_PARTY,
        Outcome.BOUNCED,
        Outcome.RETURNED,
        Outcome.NOT_MET,
        Outcome.SENT,
        Outcome.DELIVERED,
    }
)
"""Outcomes in which the person themselves did not come to word."""
