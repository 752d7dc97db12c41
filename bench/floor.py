"""The floor: the same timers and activities as a case of six messages, with nothing in them."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from temporalio import activity, workflow

QUEUE = "floor"
CONTACTS = 6


@activity.defn
def nothing(number: int) -> int:
    """Take no time and touch nothing."""
    return number


@workflow.defn
class Floor:
    """Prepares, then checks and sends six times, a week apart, then waits for a payment."""

    def __init__(self) -> None:
        self.paid = False

    @workflow.run
    async def run(self) -> int:
        await workflow.execute_activity(nothing, 0, start_to_close_timeout=timedelta(minutes=1))
        for number in range(CONTACTS):
            if number:
                await workflow.sleep(timedelta(days=7))
            await workflow.execute_local_activity(
                nothing, number, start_to_close_timeout=timedelta(seconds=5)
            )
            await workflow.execute_activity(
                nothing, number, start_to_close_timeout=timedelta(minutes=1)
            )
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self.paid, timeout=timedelta(days=7))
        return CONTACTS

    @workflow.signal
    def pay(self) -> None:
        self.paid = True
