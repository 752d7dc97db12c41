"""What a command works with: the settings and the store, opened once and closed again."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtime.clock import Clock
from runtime.settings import Settings, load

if TYPE_CHECKING:
    from store.engine import Store


@dataclass(frozen=True, slots=True)
class House:
    settings: Settings
    store: Store
    clock: Clock


_OPEN: ContextVar[House | None] = ContextVar("house", default=None)


@contextmanager
def house() -> Generator[House]:
    """Open the installation that the settings name; within a command it is open already.

    Raises ``SettingsError``, ``KeyFileError`` and ``StoreError``, all written for people.
    """
    from store.engine import Store, keys_for

    if (opened := _OPEN.get()) is not None:
        yield opened
        return
    settings = load()
    store = Store.open(settings.database, keys_for(settings.database, settings.keys_directory))
    here = House(settings, store, settings.clock())
    before = _OPEN.set(here)
    try:
        yield here
    finally:
        _OPEN.reset(before)
        store.close()
