"""The two kinds of value that cross rooms."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen value of the domain; unknown fields are refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Wire(BaseModel):
    """A frozen message in a workflow history: deaf to fields that a newer writer added.

    Every field added after a release has a default, and none is ever renamed: old histories
    decode these on replay. A field that holds its default counts as never set and is left out of
    histories, so a default is for ever; ``kind``, which tells the members of a union apart, always
    counts as set.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    def model_post_init(self, _: Any, /) -> None:
        told = self.model_fields_set
        fields = type(self).model_fields
        for name in [name for name in told if getattr(self, name) == fields[name].default]:
            told.remove(name)
        if "kind" in fields:
            told.add("kind")
