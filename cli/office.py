"""The whole office, for a command that decides or writes as a worker would."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runtime.settings import Settings

if TYPE_CHECKING:
    from activities.office import Office


@contextmanager
def working(settings: Settings) -> Generator[Office]:
    """Open the office of an installation, and close it again.

    Apart from ``cli.house``, which needs none of the packs. Raises what ``make_office`` raises.
    """
    from worker.office import make_office

    office = make_office(settings)
    try:
        yield office
    finally:
        office.threads.shutdown()
        office.store.close()
