"""What a command works with: the settings and the store, opened once and closed again."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from runtime.clock import Clock
from runtime.settings import Settings, load
from store.engine import Store
from store.keys import Keys


@dataclass(frozen=True, slots=True)
class House:
    settings: Settings
    store: Store
    clock: Clock


@contextmanager
def house() -> Generator[House]:
    """Open the installation that the settings name.

    Raises ``SettingsError``, ``KeyFileError`` and ``StoreError``, all written for people.
    """
    settings = load()
    store = Store.open(settings.database, Keys.load_or_create(settings.keys_directory))
    try:
        yield House(settings, store, settings.clock())
    finally:
        store.close()
