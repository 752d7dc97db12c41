"""Letters: typeset to PDF, and put into a folder that a printer or print service empties."""

from __future__ import annotations

import asyncio
import hashlib
import json
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import UUID

import cvttf_NotoSansCJK_Regular as cjk
import typst

from connectors.base import refusal
from connectors.evidence import in_chinese
from connectors.file import SETTLED, write_once
from models.contact import Channel
from models.letter import BundleContent, LetterContent
from models.message import (
    Accepted,
    Delivery,
    Gone,
    NotFound,
    OutboundMessage,
    Refused,
    Sighting,
    Withdrawn,
)

PDF = "application/pdf"
_LETTER = Path(__file__).with_name("letter.typ")
_BUNDLE = Path(__file__).with_name("evidence.typ")
_SETTING = Lock()


def _version_of(layout: Path) -> str:
    """Name a layout with what it says in other languages, and the typesetter."""
    files = (layout, *sorted(layout.parent.glob(f"{layout.stem}.*.toml")))
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:8]
    return f"{layout.stem}-{digest} typst-{version('typst')}"


LAYOUT = _version_of(_LETTER)
"""Version of what sets letters; with the words' version it says how a page came about."""

BUNDLE_LAYOUT = _version_of(_BUNDLE)


class LetterNotSetError(RuntimeError):
    """The typesetter could not set a letter. It quotes nothing of it."""


@cache
def _compiler(layout: Path) -> typst.Compiler:
    """Load a layout and the fonts once: the first letter takes longer than all after it."""
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=True,
        font_paths=[Path(cjk.__file__).parent],
    )
    return typst.Compiler(layout, root=layout.parent, font_paths=fonts)


def typeset(letter: LetterContent) -> bytes:
    """Answer the letter as a PDF with its fonts in it: the same letter, the same bytes.

    It is PDF/UA-1: tagged, with title and language, so that it can be read aloud.
    Raises ``LetterNotSetError``.
    """
    colon = "：" if letter.locale[:2] == "zh" else ": "
    page = _set(_LETTER, letter.model_dump(mode="json") | {"colon": colon})
    if page is None:
        raise LetterNotSetError(
            f"a {letter.locale} letter could not be typeset; look at connectors/letter.typ"
        )
    return page


def typeset_bundle(bundle: BundleContent) -> bytes:
    """Answer a bundle of evidence as a PDF: the same bundle, the same bytes.

    Raises ``LetterNotSetError``.
    """
    said = in_chinese(bundle) if bundle.locale.startswith("zh") else bundle
    page = _set(_BUNDLE, said.model_dump(mode="json"))
    if page is None:
        raise LetterNotSetError(
            "the evidence could not be typeset; look at connectors/evidence.typ"
        )
    return page


def _set(layout: Path, content: dict[str, Any]) -> bytes | None:
    """Set content, which reaches the layout as JSON strings: nothing in a name is markup."""
    words = json.dumps(content, ensure_ascii=False, sort_keys=True)
    for standards in ("ua-1", None):
        try:
            with _SETTING:
                page = _compiler(layout).compile(
                    format="pdf",
                    sys_inputs={"letter": words},
                    timestamp=0,
                    pdf_standards=standards,
                    pdf_tags=True,
                )
        except typst.TypstError:
            # A rare sign that no font here has keeps a page from being PDF/UA, not from being set.
            continue
        assert isinstance(page, bytes)
        return page
    return None


class PrintFolder:
    """Puts ``ID.pdf`` by contact id into a folder, and a job ticket ``jobs/ID.json`` beside it.

    A print service takes the PDF away when it likes; the ticket stays and answers ``lookup``, so
    that a letter is printed once. It names no person: contact, locale, hash, size and day.
    The page waits under a hidden name until its ticket is written: whenever a crash comes, either
    nothing was handed over, or the next question finishes it.

    A letter is picked up when its PDF is moved out of the folder, or when ``jobs/ID.taken`` lies beside
    its ticket; until then it can be withdrawn. Both are one step of the file system, so that of a
    printer and a payment that come at the same moment exactly one wins. A withdrawn letter's PDF is
    gone and ``jobs/ID.withdrawn`` says so.
    """

    name = "print"
    settles = SETTLED

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._jobs = directory / "jobs"

    async def deliver(self, message: OutboundMessage) -> Delivery:
        return await asyncio.to_thread(self._deliver, message)

    async def lookup(self, contact_id: UUID) -> Sighting:
        return await asyncio.to_thread(self._lookup, contact_id)

    async def withdraw(self, contact_id: UUID) -> Withdrawn | Gone:
        return await asyncio.to_thread(self._withdraw, contact_id)

    async def close(self) -> None:
        """Nothing is open between letters."""

    def _withdraw(self, contact_id: UUID) -> Withdrawn | Gone:
        """Take the page under a name that no printer looks for, then look whether one was faster."""
        note = self._jobs / f"{contact_id}.withdrawn"
        held = self._directory / f".{contact_id}.withdrawn.pdf"
        page = self._directory / f"{contact_id}.pdf"
        if note.exists():
            held.unlink(missing_ok=True)
            return Withdrawn()
        if not held.exists():
            self._lookup(contact_id)
            try:
                page.rename(held)
            except FileNotFoundError:
                return Gone(reason="picked_up")
        if (self._jobs / f"{contact_id}.taken").exists():
            held.rename(page)
            return Gone(reason="picked_up")
        write_once(note, b"")
        held.unlink(missing_ok=True)
        return Withdrawn()

    def _deliver(self, message: OutboundMessage) -> Delivery:
        if refused := refusal(message, Channel.LETTER):
            return refused
        pages = [part.content for part in message.attachments if part.media_type == PDF]
        if len(pages) != 1:
            return Refused(reason="letter_without_one_pdf", permanent=True)
        try:
            self._jobs.mkdir(parents=True, exist_ok=True)
            if isinstance(found := self._lookup(message.contact_id), Accepted):
                return found
            self._hidden(message.contact_id).unlink(missing_ok=True)
            write_once(self._hidden(message.contact_id), pages[0])
            write_once(self._ticket(message.contact_id), _job(message, pages[0]))
            return self._release(message.contact_id)
        except OSError as error:
            return Refused(reason=f"print_{error.__class__.__name__}", permanent=False)

    def _lookup(self, contact_id: UUID) -> Sighting:
        return self._release(contact_id) if self._ticket(contact_id).exists() else NotFound()

    def _release(self, contact_id: UUID) -> Accepted:
        hidden = self._hidden(contact_id)
        if hidden.exists():
            hidden.replace(self._directory / f"{contact_id}.pdf")
        return Accepted(provider_id=f"{contact_id}.pdf")

    def _hidden(self, contact_id: UUID) -> Path:
        return self._directory / f".{contact_id}.pdf"

    def _ticket(self, contact_id: UUID) -> Path:
        return self._jobs / f"{contact_id}.json"


def _job(message: OutboundMessage, page: bytes) -> bytes:
    ticket = {
        "contact": str(message.contact_id),
        "file": f"{message.contact_id}.pdf",
        "locale": message.locale,
        "at": message.at.isoformat(),
        "sha256": hashlib.sha256(page).hexdigest(),
        "bytes": len(page),
    }
    return json.dumps(ticket, indent=2).encode()
