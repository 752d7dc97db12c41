"""What every activity works with, handed in once at start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from activities.feed import Feed
from connectors.base import Connectors
from models.register import Register
from models.wording import Collector
from rules.message import WordingLibrary
from rules.packs import PackLibrary
from rules.strategy import StrategyLibrary
from runtime.clock import Clock
from store.engine import Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Practice:
    """How the house works, as its operator vouches for it; what is not said is not known."""

    licensed_in: frozenset[str] = frozenset()
    calls_recorded: bool | None = None
    visit_staff: int | None = None
    visits_recorded: bool | None = None
    visits_announced: bool | None = None
    visitors_show_id: bool | None = None


@dataclass(frozen=True)
class Office:
    """The store, the law, the strategies, the wording and the ways out."""

    store: Store
    clock: Clock
    law: PackLibrary
    strategies: StrategyLibrary
    wordings: WordingLibrary
    collector: Collector
    connectors: Connectors
    threads: Executor
    """All threads of this process that touch the store."""
    practice: Practice = Practice()
    registers: tuple[Register, ...] = ()
    """Asked before each contact of their places; without an answer there is none."""
    feeds: tuple[Feed, ...] = ()
    """Sources of payments that must be fresh where somebody is told that they have not paid."""
    live: bool = False
    """Whether this installation may reach real people at all; sign-off decides per pack."""
    review_time: timedelta = timedelta(days=2)
    """Until a work item that nobody answered goes to the supervisor."""
    refund_patience: timedelta = timedelta(days=7)
    """Until a refund or chargeback whose payment never came goes to a person."""
    suspense_hold: timedelta = timedelta(days=5)
    """For how long the people whose debts unmatched money may be for are left in peace."""
    spread: timedelta = timedelta(minutes=45)
    """Wake-ups that a clock would bunch together are spread over this much of the open hours."""

    async def stored(self, work: Callable[[], T]) -> T:
        """Run work on the store in one of its threads."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)


def business_now(shift: timedelta) -> datetime:
    """Answer business time in an ordinary activity: its engine's start plus the case's shift."""
    from temporalio import activity  # noqa: PLC0415  # most who need an office run no activity

    return activity.info().started_time + shift
