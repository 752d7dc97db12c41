"""What the house does for itself: seals the record, looks what is due to be destroyed."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from activities.house import HouseActivities
from models.house import Chore, ChoreDone, ChoreKind


@workflow.defn
class Housekeeping:
    """One chore; a schedule starts it and the next one makes up for a missed one."""

    @workflow.run
    async def run(self, chore: Chore) -> ChoreDone:
        options = workflow.ActivityConfig(
            summary=f"Housekeeping: {chore.kind}",
            start_to_close_timeout=timedelta(minutes=30),
            heartbeat_timeout=timedelta(minutes=2),
            retry_policy=RetryPolicy(maximum_attempts=5, maximum_interval=timedelta(minutes=5)),
        )
        if chore.kind is ChoreKind.HISTORIES:
            return await workflow.execute_activity_method(
                HouseActivities.keep_histories, chore, **options
            )
        return await workflow.execute_activity_method(HouseActivities.keep_house, chore, **options)
