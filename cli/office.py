"""The whole office, for a command that decides or writes as a worker would."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from activities.office import Office
from runtime.settings import Settings
from worker.host import make_office


@contextmanager
def working(settings: Settings) -> Generator[Office]:
    """Open the office of an installation, and close it again.

    Apart from ``cli.house``, which needs none of the packs. Raises what ``make_office`` raises.
    """
    office = make_office(settings)
    try:
        yield office
    finally:
        office.threads.shutdown()
        office.store.close()
