"""A throw-away workflow in a module of its own, as the sandbox loads it again."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

from models.case import Close, Ending, Move, Wait
from runtime.logs import workflow_logger

log = workflow_logger()


@workflow.defn(name="Silent")
class Silent:
    @workflow.run
    async def run(self, wait: Wait) -> Move:
        log.info("first", why=wait.why)
        await workflow.sleep(timedelta(milliseconds=1))
        log.info("second")
        return Close(ending=Ending.PAID) if (wait.then is None) else wait.then
