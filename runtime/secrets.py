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


def all_secrets(settings: Settings, kind: str) -> tuple[SecretStr, ...]:
    """Answer the secrets of every sender of a kind (``payments``, ``receipts``)."""
    named = settings.payment_secrets if kind == "payments" else settings.receipt_secrets
    given = [secret for held in named.values() for secret in held]
    files = sorted(settings.keys_directory.glob(f"{kind}-*.secret"))
    return (*given, *(secret for path in files for secret in _read(path)))


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


def rotate(settings: Settings, kind: str, code: str) -> Path:
    """Put a new secret before those that a sender has; both are believed until ``retire``.

    Raises ``SecretError`` for a sender that the settings give a secret, or that has none.
    """
    path, known = _own(settings, kind, code)
    if len(known) > 1:
        raise SecretError(
            f"{path} holds two secrets already: end the former one first with cession secret retire"
        )
    _write(path, [secrets.token_urlsafe(32), *known])
    return path


def retire(settings: Settings, kind: str, code: str) -> Path:
    """Believe the newest secret of a sender alone. Raises ``SecretError``."""
    path, known = _own(settings, kind, code)
    if len(known) < 2:
        raise SecretError(f"{path} holds one secret only; there is nothing to end")
    _write(path, known[:1])
    return path


def count(path: Path) -> int:
    """Answer how many secrets a file holds."""
    return len(_read(path))


class SecretError(Exception):
    """A secret can't be changed so; the text says why and what to do."""


def _own(settings: Settings, kind: str, code: str) -> tuple[Path, list[str]]:
    configured = settings.payment_secrets if kind == "payments" else settings.receipt_secrets
    if code in configured:
        raise SecretError(
            f"the settings give {code} its secrets: change {kind[:-1]}_secrets there, both at once "
            "while the sender changes over"
        )
    path = _file(settings, kind, code)
    known = [one.get_secret_value() for one in _read(path)]
    if path is None or not known:
        raise SecretError(f"no secret of {code!r} is known; see: cession secret list")
    return path, known


def _write(path: Path, lines: list[str]) -> None:
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write("\n".join(lines) + "\n")
    draft.replace(path)


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
    return tuple(SecretStr(line) for line in text.split() if line)
