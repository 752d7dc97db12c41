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


class Listing(Value):
    """Rows under a header that may run over several pages; amounts stand right."""

    kind: Literal["listing"] = "listing"
    head: tuple[str, ...]
    amounts: tuple[bool, ...]
    """Which columns are amounts."""
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()


class Signatures(Value):
    """Lines to sign on, each with who signs."""

    kind: Literal["signatures"] = "signatures"
    names: tuple[str, ...]
    caption: str
    """What stands under the line, as ``Date, signature``."""


class Box(Value):
    """A box to tick; ``under`` stands below and belongs to the one before it."""

    text: str
    under: bool = False


class TearOff(Value):
    """A form to cut off and send back: boxes to tick, and both addresses."""

    kind: Literal["tear_off"] = "tear_off"
    title: str
    question: str
    boxes: tuple[Box, ...]
    labels: tuple[str, str]
    """Over our address, as ``Mail this form to``, and over the person's."""
    back_to: tuple[str, ...]
    sent_by: tuple[str, ...]
    reference: str


class Columns(Value):
    """Two columns beside each other; read the left one first."""

    kind: Literal["columns"] = "columns"
    left: tuple[Block, ...]
    right: tuple[Block, ...]


Block = Annotated[
    Heading | Paragraph | Bullets | Table | Facts | Listing | Signatures | TearOff | Columns,
    Field(discriminator="kind"),
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
    form: bool = False
    """Set closely on one sheet, without closing words."""
    footer: str = ""
    """Registration and licence."""
    page: str
    """How pages are counted, with ``{n}`` and ``{of}``."""


class BundleEntry(Value):
    """One record of a bundle as it is printed."""

    model_config = ConfigDict(hide_input_in_errors=True)

    name: str
    there: str
    """When it was, as the debtor's clock showed it."""
    hash: str
    rows: tuple[tuple[str, str], ...] = Field(repr=False)
    text: str = Field(default="", repr=False)
    """Words of a message, as they were."""


class BundlePart(Value):
    title: str
    entries: tuple[BundleEntry, ...]


class BundleContent(Value):
    """A bundle of evidence, ready for the typesetter. Personal data: never log it."""

    locale: str
    """Of its headings, as ``zh-CN``; what people wrote stays in their own language."""
    title: str
    notice: str
    facts: tuple[tuple[str, str], ...]
    how: str
    """How it is checked."""
    parts: tuple[BundlePart, ...]
