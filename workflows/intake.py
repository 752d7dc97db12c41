"""The import of a portfolio: starts its cases page by page, without haste."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from activities.intake import IntakeActivities
from models.intake import Import, Imported, Page, PageDone

PAGES = 20
"""Pages in one run; then the workflow continues as new, so that its history stays short."""


def starting(summary: str) -> workflow.ActivityConfig:
    """Options of a page: minutes at most, watched by heartbeat, retried for good."""
    return workflow.ActivityConfig(
        summary=summary,
        start_to_close_timeout=timedelta(minutes=10),
        heartbeat_timeout=timedelta(seconds=30),
        retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
    )


@workflow.defn
class PortfolioImport:
    """Starts every case that the store says may start, and adopts none of them.

    A page that runs twice starts nothing twice: the case's id belongs to the debt.
    """

    @workflow.init
    def __init__(self, order: Import) -> None:
        self.order = order

    @workflow.run
    async def run(self, order: Import) -> Imported:
        del order
        pages = 0
        while True:
            page = await self._open_page()
            self._count(page)
            if page.last:
                return self.progress()
            pages += 1
            if pages == PAGES:
                workflow.continue_as_new(self.order)
            await workflow.sleep(self._pause(), summary="Pause before the next page")

    # Messages

    @workflow.query(description="How many cases were started so far.")
    def progress(self) -> Imported:
        return Imported(started=self.order.started, refused=self.order.refused)

    # Steps

    async def _open_page(self) -> PageDone:
        order = self.order
        return await workflow.execute_activity_method(
            IntakeActivities.open_page,
            Page(portfolio=order.portfolio, after=order.after, size=order.page, shift=order.shift),
            **starting(f"Start up to {order.page} more cases, {order.started} started so far"),
        )

    def _pause(self) -> timedelta:
        """Half to one and a half times the pace: cases that start together wake together."""
        return self.order.pace * (0.5 + workflow.random().random())

    # State

    def _count(self, page: PageDone) -> None:
        order = self.order
        self.order = order.model_copy(
            update={
                "after": page.after,
                "started": order.started + page.started,
                "refused": order.refused + page.refused,
            }
        )
        refused = f", {self.order.refused} closed before" if self.order.refused else ""
        state = "All cases are started" if page.last else "Starting cases"
        workflow.set_current_details(
            f"**{state}** of portfolio {order.ref}: {self.order.started} started{refused}"
        )
