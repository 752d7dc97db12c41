"""Evidence that can be checked by anybody, offline: a chain of records, a manifest, a seal.

One record stands on each line, in canonical JSON, so that a changed byte is found where it is. Who
rewrites a whole bundle with new hashes is found by its seal, which the house has on record.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from models.evidence import FORMAT, Change, Checked, Listed, Manifest, Record
from models.json_text import read_json

START = "0" * 64
"""What stands before the first record."""

NOTICE = (
    "This bundle holds personal data in clear, on purpose: it is evidence. Keep it locked, give it "
    "only to who may see it, and delete it when it has served."
)


class BundleError(ValueError):
    """A file that is no bundle of evidence; the text says what to give instead."""


def canonical(value: Any) -> str:
    """Write JSON in the one form that is hashed: sorted keys, no spaces, characters as they are."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256(value: bytes | str) -> str:
    return hashlib.sha256(value if isinstance(value, bytes) else value.encode()).hexdigest()


def chained(told: Iterable[tuple[str, str, dict[str, Any]]]) -> tuple[Record, ...]:
    """Bind kind, name and content of each record to all records before it."""
    made: list[Record] = []
    before = START
    for n, (kind, name, content) in enumerate(told, start=1):
        fields = {"n": n, "kind": kind, "name": name, "content": content, "before": before}
        before = sha256(canonical(fields))
        made.append(Record.model_validate({**fields, "hash": before}))
    return tuple(made)


def sealed(manifest: Manifest) -> Manifest:
    """Put the seal under a manifest."""
    return manifest.model_copy(update={"seal": _seal(manifest)})


def _seal(manifest: Manifest) -> str:
    return sha256(canonical(manifest.model_dump(mode="json", exclude={"seal"})))


def listed(records: Sequence[Record]) -> tuple[Listed, ...]:
    return tuple(Listed(n=record.n, name=record.name, hash=record.hash) for record in records)


_OPEN = canonical({"format": FORMAT, "notice": NOTICE})[:-1] + ',"records":['
_CLOSE = '],"manifest":'


def written(records: Sequence[Record], manifest: Manifest) -> bytes:
    """Write a bundle as JSON, one record on each line."""
    lines = [canonical(record.model_dump(mode="json")) for record in records]
    last = f"{_CLOSE}{canonical(manifest.model_dump(mode='json'))}}}"
    return "\n".join((_OPEN, ",\n".join(lines), last, "")).encode()


# Checking


def checked(bundle: bytes, pdf: bytes | None, seal: str = "") -> Checked:
    """Check a bundle against its own hashes, and name every record and file that was changed.

    ``pdf`` is the file that the manifest names, None if it is not there. ``seal`` is what the house
    has on record; without it a bundle that was made anew as a whole can't be told from the first.
    Raises ``BundleError`` for a file that never was a bundle.
    """
    lines = bundle.split(b"\n")
    if FORMAT.encode() not in lines[0] and not any(b'"manifest":' in line for line in lines[-3:]):
        raise BundleError(f"no bundle of evidence: give the JSON file that says {FORMAT}")
    changes: list[Change] = []
    if lines[0] != _OPEN.encode():
        changes.append(Change(what="head of the file", why="line 1 is not as it was made"))
    ends = [at for at, line in enumerate(lines) if line.startswith(_CLOSE[:8].encode())]
    end = ends[-1] if ends else max(len(lines) - 2, 1)
    manifest = _manifest(lines[end] if end < len(lines) else b"", changes)
    if lines[end + 1 :] != [b""]:
        changes.append(Change(what="end of the file", why="something stands after the manifest"))
    count = _check_records(lines[1:end], manifest, changes)
    if manifest:
        _check_pdf(pdf, manifest, changes)
        if seal and seal.strip().lower() != manifest.seal:
            why = "it is not the one on record: this bundle was made anew, or is another one"
            changes.append(Change(what="seal", why=why))
    return Checked(
        case=manifest.case if manifest else "",
        records=count,
        seal=manifest.seal if manifest else "",
        changes=tuple(changes),
    )


def _manifest(line: bytes, changes: list[Change]) -> Manifest | None:
    text = line.removeprefix(_CLOSE.encode()).removesuffix(b"}")
    try:
        manifest = Manifest.model_validate(read_json(text.decode()))
    except (ValueError, ValidationError):
        changes.append(Change(what="manifest", why="it can't be read"))
        return None
    made = f"{_CLOSE}{canonical(manifest.model_dump(mode='json'))}}}".encode()
    if line != made or manifest.seal != _seal(manifest):
        changes.append(Change(what="manifest", why="it does not give its own seal"))
    return manifest


def _check_records(lines: Sequence[bytes], manifest: Manifest | None, changes: list[Change]) -> int:
    known = {entry.n: entry for entry in manifest.records} if manifest else {}
    seen: set[int] = set()
    before, sound = START, True
    for at, line in enumerate(lines, start=1):
        name = f"record {at}" + (f" ({known[at].name})" if at in known else "")
        text = line.removesuffix(b",") if at < len(lines) else line
        record = _record(text)
        if record is None:
            changes.append(Change(what=name, why="it can't be read"))
            seen.add(at)
            sound = False
            continue
        name = f"record {record.n} ({known[record.n].name if record.n in known else record.name})"
        why = _wrong(record, text, line, known.get(record.n), known=bool(manifest))
        if not why and record.n in seen:
            why = "it stands there twice"
        if not why and record.n != at:
            why = f"it stands in the place of record {at}"
        if not why and sound and record.before != before:
            why = "it does not follow the record before it"
        if not why and at < len(lines) and not line.endswith(b","):
            why = "the line does not end as it was made"
        if why:
            changes.append(Change(what=name, why=why))
        changes += (Change(what=name, why=said) for said in _attached(record))
        seen.add(record.n)
        before, sound = record.hash, not why
    for n, entry in known.items():
        if n not in seen:
            changes.append(Change(what=f"record {n} ({entry.name})", why="it is missing"))
    if manifest and sound and lines and before != manifest.head:
        changes.append(Change(what="manifest", why="its head is not the last record"))
    return len(lines)


def _record(text: bytes) -> Record | None:
    try:
        return Record.model_validate(read_json(text.decode()))
    except (ValueError, ValidationError):
        return None


def _wrong(record: Record, text: bytes, line: bytes, entry: Listed | None, *, known: bool) -> str:
    del line
    fields = record.model_dump(mode="json")
    if text != canonical(fields).encode():
        return "its bytes are not as they were written"
    stated = fields.pop("hash")
    if sha256(canonical(fields)) != stated:
        return "its content is not what was hashed"
    if known and entry is None:
        return "the manifest knows no such record: it was added"
    if entry is not None and (entry.hash, entry.name) != (stated, record.name):
        return "it is not the record of the manifest: content and hash were changed"
    return ""


def _attached(record: Record) -> Iterable[str]:
    """What a record says of its own words and pages is true."""
    page = record.content.get("pdf")
    if isinstance(page, dict) and "base64" in page:
        try:
            content = b64decode(str(page["base64"]), validate=True)
        except (Base64Error, ValueError):
            yield "its page can't be read"
            return
        if sha256(content) != page.get("sha256"):
            yield "its page does not give the hash that was put on record"
    words = record.content.get("words")
    if isinstance(words, dict) and words.get("body") is not None:
        spoken = f"{record.content.get('channel')}\n{words.get('subject')}\n{words.get('body')}"
        logged = record.content.get("sha256")
        if logged and sha256(spoken) != logged:
            yield "its words do not give the hash that was put on record when they were sent"


def _check_pdf(pdf: bytes | None, manifest: Manifest, changes: list[Change]) -> None:
    if pdf is None:
        changes.append(Change(what=manifest.pdf, why="the file is missing"))
    elif (sha256(pdf), len(pdf)) != (manifest.pdf_sha256, manifest.pdf_bytes):
        changes.append(Change(what=manifest.pdf, why="the file is not the one that was made"))
