"""Secrets that others sign with: from the settings, else from files that we make once."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from pydantic import SecretStr

from runtime.settings import Settings

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def payment_secrets(settings: Settings, seller: str) -> tuple[SecretStr, ...]:
    """Answer the secrets that a seller's payment notices may be signed with; none if unknown."""
    return settings.payment_secrets.get(seller) or _read(_file(settings, "payments", seller))


def receipt_secrets(settings: Settings, provider: str) -> tuple[SecretStr, ...]:
    """Answer the secrets of a provider of receipts and replies; none if unknown."""
    return settings.receipt_secrets.get(provider) or _read(_file(settings, "receipts", provider))


def provide(settings: Settings, kind: str, code: str) -> Path | None:
    """Make the secret of a seller (``payments``) or provider (``receipts``) unless it has one.

    Answers the file, of mode 0600, or None when the settings name a secret themselves.
    """
    configured = settings.payment_secrets if kind == "payments" else settings.receipt_secrets
    path = _file(settings, kind, code)
    if configured.get(code) or path is None:
        return None
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(file, "w", encoding="ascii") as out:
        out.write(secrets.token_urlsafe(32) + "\n")
    return path


def _file(settings: Settings, kind: str, code: str) -> Path | None:
    """Answer where a secret lies; None for a code that no file may be named after."""
    if not _CODE.fullmatch(code) or code.startswith("."):
        return None
    return settings.keys_directory / f"{kind}-{code}.secret"


def _read(path: Path | None) -> tuple[SecretStr, ...]:
    try:
        text = path.read_text("ascii").strip() if path else ""
    except FileNotFoundError:
        text = ""
    return (SecretStr(text),) if text else ()
