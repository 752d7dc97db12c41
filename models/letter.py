"""A letter as content: what it says and in which order, without any layout."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from models.base import Value


class Heading(Value):
    kind: Literal["heading"] = "heading"
    text: str


class Paragraph(Value):
    kind: Literal["paragraph"] = "paragraph"
    text: str
    strong: bool = False
    """Set off, as a prominent notice."""


class Bullets(Value):
    kind: Literal["bullets"] = "bullets"
    items: tuple[str, ...]


class Row(Value):
    label: str
    amount: str
    total: bool = False


class Table(Value):
    """Amounts under each other, the total last."""

    kind: Literal["table"] = "table"
    rows: tuple[Row, ...]


class Facts(Value):
    """Names and what they stand for, as the ways to pay."""

    kind: Literal["facts"] = "facts"
    rows: tuple[tuple[str, str], ...]


class TearOff(Value):
    """A form to cut off and send back: boxes to tick, and both addresses."""

    kind: Literal["tear_off"] = "tear_off"
    title: str
    question: str
    boxes: tuple[str, ...]
    back_to: tuple[str, ...]
    sent_by: tuple[str, ...]
    reference: str


Block = Annotated[
    Heading | Paragraph | Bullets | Table | Facts | TearOff, Field(discriminator="kind")
]


class LetterContent(Value):
    """One letter, ready for the typesetter. It holds a name and an address: never log it."""

    model_config = ConfigDict(hide_input_in_errors=True)

    locale: str
    paper: Literal["a4", "us-letter"]
    envelope_name: str
    """What the window of the envelope shows; says nothing of a debt."""
    sender: tuple[str, ...]
    """Name, address, how to reach it."""
    recipient: tuple[str, ...] = Field(repr=False)
    date: str
    reference: tuple[str, str]
    """Label and value."""
    subject: str
    salutation: str = Field(repr=False)
    blocks: tuple[Block, ...] = Field(repr=False)
    closing: str
    signature: tuple[str, ...]
    tear_off: TearOff | None = Field(default=None, repr=False)
    """At the foot, to be cut off."""
    footer: str = ""
    """Registration and licence."""
    page: str
    """How pages are counted, with ``{n}`` and ``{of}``."""
