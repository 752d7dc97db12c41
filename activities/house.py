"""Chores of the house: the seal over the record, and retention."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.history import keep
from activities.ledger import accrue, accruing, fold_late, late_stops, zone_of_debt
from activities.office import Office
from activities.retention import Places, Record, destroy, plan
from models.house import Chore, ChoreDone, ChoreKind
from runtime.clock import wall_now
from store import chain
from store import debt as debts
from store import debtor as debtors

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_LATELY = timedelta(days=3)
"""How far back a night looks for stops: one that the house slept through does not matter."""

ACTOR = "house"
"""Who is on record for what the calendar did."""


@dataclass(frozen=True)
class HouseActivities:
    office: Office
    places: Places = field(default_factory=Places)
    """Where messages and recordings lie as files."""
    destroys: bool = False
    """Whether retention destroys what is due, or only says how much that is."""

    @activity.defn(no_thread_cancel_exception=True)
    def keep_house(self, chore: Chore) -> ChoreDone:
        """Do one chore; safe to repeat."""
        match chore.kind:
            case ChoreKind.SEAL:
                return self._seal()
            case ChoreKind.RETENTION:
                return self._retain()
            case ChoreKind.INTEREST:
                return self._accrue()
            case ChoreKind.HISTORIES:
                raise ApplicationError("asked of keep_histories", non_retryable=True)

    @activity.defn
    async def keep_histories(self, _: Chore) -> ChoreDone:
        """Copy histories of ended cases into the store, before the engine lets them go."""
        kept, seen = await keep(self.office, activity.client(), activity.heartbeat)
        log.info("histories.kept", kept=kept, seen=seen)
        return ChoreDone(did=f"{kept} histories kept", due=seen, done=kept)

    def _seal(self) -> ChoreDone:
        with self.office.store.writing() as session:
            made = chain.seal(session, self.office.store.keys, wall_now())
            return ChoreDone(did=f"seal {made.n}" if made else "nothing to seal")

    def _accrue(self) -> ChoreDone:
        """Book on every debt that bears interest what arose before today, in the debtor's zone.

        A debt at a time, so that a payment never waits for more than one; a day that is booked
        already books nothing again. Closed debts learn of a stop that began before it was known,
        where whoever recorded it could not tell them.
        """
        store, now, booked = self.office.store, self.office.clock.now(), 0
        with store.reading() as session:
            bearing = accruing(session)
            late = late_stops(session, now - _LATELY)
        for done, ident in enumerate(bearing):
            activity.heartbeat(done)
            with store.writing() as session:
                debt = debts.get(session, ident)
                debtors.lock(session, debt.debtor_id)
                today = now.astimezone(zone_of_debt(session, debt)).date()
                booked += bool(accrue(session, debt, today, now, ACTOR))
        for ident in late:
            activity.heartbeat()
            with store.writing() as session:
                booked += fold_late(session, ident, now)
        log.info("interest.accrued", due=len(bearing), booked=booked)
        return ChoreDone(
            did=f"{len(bearing)} debts bear interest, {booked} got some",
            due=len(bearing),
            done=booked,
        )

    def _retain(self) -> ChoreDone:
        store, law, now = self.office.store, self.office.law, self.office.clock.now()
        due = plan(store, law, self.places, now)
        # What a person refused is destroyed whether or not retention may destroy by itself.
        goes = (
            due
            if self.destroys
            else [one for one in due if isinstance(one, Record) and one.refused]
        )
        gone = destroy(store, law, self.places, goes, now, ACTOR, activity.heartbeat)
        log.info("retention.looked", due=len(due), destroyed=gone.count, destroys=self.destroys)
        return ChoreDone(
            did=f"{len(due)} records are due, {gone.count} were destroyed",
            due=len(due),
            done=gone.count,
        )
