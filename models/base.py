"""The two kinds of value that cross rooms."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen value of the domain; unknown fields are refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Wire(BaseModel):
    """A frozen message in a workflow history: deaf to fields that a newer writer added.

    Every field added after a release has a default, and none is ever renamed: old histories
    decode these on replay.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
