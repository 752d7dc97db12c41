"""Bank statement files: which format it is, within which limits, and who reads it."""

from __future__ import annotations

from hashlib import sha256

from connectors.banksheet import BankSheet, read_sheet
from connectors.camt import looks_like_xml, read_camt
from connectors.mt940 import looks_like_mt940, read_mt940
from models.statement import StatementFile, StatementProblem, UnreadableStatementError

LARGEST = 64 * 1024 * 1024
"""Bytes of a file: some two hundred thousand entries; banks part what is larger."""


def read_statement(raw: bytes, mapping: BankSheet | None = None) -> StatementFile:
    """Read a file of any known format; nothing is booked or stored.

    Raises ``UnreadableStatementError`` when no statement of it can be taken.
    """
    if len(raw) > LARGEST:
        raise _refuse("too_large", f"the file is larger than {LARGEST} bytes: ask for parts of it")
    if not raw.strip():
        raise _refuse("empty", "the file is empty")
    found = _read(raw, mapping)
    return found.model_copy(update={"sha256": sha256(raw).hexdigest()})


def _read(raw: bytes, mapping: BankSheet | None) -> StatementFile:
    if mapping is not None:
        return read_sheet(raw, mapping)
    if looks_like_xml(raw):
        return read_camt(raw)
    if raw[:2] in (b"PK", b"\x1f\x8b"):
        raise _refuse("not_a_statement", "the file is packed: unpack it first")
    if raw[:4] == b"%PDF" or raw[:4] == b"\xd0\xcf\x11\xe0":
        raise _refuse("not_a_statement", "this is no text file: export camt.053, MT940 or CSV")
    text, encoding = _text(raw)
    if looks_like_mt940(text):
        return read_mt940(text).model_copy(update={"encoding": encoding})
    if "\x00" in text:
        raise _refuse("not_a_statement", "this is no text file: export camt.053, MT940 or CSV")
    return read_sheet(raw, None)


def _text(raw: bytes) -> tuple[str, str]:
    """Read what names no encoding: UTF-8, else what Western banks write."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace"), "utf-16"
    try:
        return raw.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return raw.decode("windows-1252", "replace"), "windows-1252"


def _refuse(code: str, message: str) -> UnreadableStatementError:
    return UnreadableStatementError(StatementProblem(code=code, where="file", message=message))
