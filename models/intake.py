"""Messages of the import workflow."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from models.base import Wire

IMPORTS = "imports"
"""Task queue of import workflows and their activities."""


class Import(Wire):
    """Start the cases of a stored portfolio, in pages, paced."""

    portfolio: UUID
    ref: str = ""
    """The seller's name of the portfolio, for people who read the history."""
    after: str = ""
    """Cursor: the last workflow id that was looked at."""
    started: int = 0
    refused: int = 0
    page: int = 200
    pace: timedelta = timedelta(seconds=1)
    """Pause between two pages, on average."""
    shift: timedelta = timedelta(0)


class Page(Wire):
    portfolio: UUID
    after: str
    size: int
    shift: timedelta = timedelta(0)


class PageDone(Wire):
    after: str
    started: int
    refused: int = 0
    """Cases that the engine has seen closed although the store calls them new."""
    last: bool = False


class Imported(Wire):
    started: int
    refused: int = 0


def import_id(sha256: str) -> str:
    """Answer the workflow id of a file's import: the same file is the same import."""
    return f"import-{sha256[:16]}"
