"""Files that are complete or absent."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

SETTLED = timedelta(minutes=2)
"""A folder shows all that was put into it; a writer that began this long ago has ended."""


def write_once(path: Path, content: bytes) -> None:
    """Write beside, then link to the name: a second writer changes nothing."""
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(beside, path)
    finally:
        Path(beside).unlink()


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read; raises ``FileExistsError``.

    It is never open to others, not even while it is written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
