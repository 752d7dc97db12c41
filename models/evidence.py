"""The evidence of a case: records chained by their hashes, and what a check of them finds."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from models.base import Value

FORMAT = "cession-evidence-1"
"""What a bundle calls its form; a later form gets a later number."""


class Record(Value):
    """One thing that is told of a case, bound to all before it."""

    model_config = ConfigDict(hide_input_in_errors=True)

    n: int
    kind: str
    """party, debt, title, decision, message, money, notice, stop, promise, work, act, document."""
    name: str
    """What a person calls it: kind, instant and codes, never a name of a person."""
    content: dict[str, Any] = Field(repr=False)
    before: str
    """Hash of the record before; of the first, 64 zeros."""
    hash: str
    """SHA-256 of the canonical form of the other fields."""


class Listed(Value):
    """A record as the manifest knows it."""

    n: int
    name: str
    hash: str


class Manifest(Value):
    """What belongs to a bundle."""

    case: str
    account: str
    made_at: str
    made_by: str
    head: str
    """Hash of the last record."""
    records: tuple[Listed, ...]
    pdf: str
    """Name of the PDF beside the JSON."""
    pdf_sha256: str
    pdf_bytes: int
    layout: str
    """Version of what set the PDF."""
    seal: str = ""
    """SHA-256 of the canonical form of the other fields; the house keeps it with the case."""


class Change(Value):
    """Something in a bundle that is not as it was made. Quotes nothing of the content."""

    what: str
    """The record, file or part, by name."""
    why: str


class Checked(Value):
    """What a check of a bundle found."""

    case: str
    records: int
    seal: str
    """Of the manifest as it is in the file; empty if it can't be read."""
    changes: tuple[Change, ...] = ()

    @property
    def whole(self) -> bool:
        return not self.changes
