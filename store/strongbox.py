"""A copy of the keys under a passphrase: worth nothing to who finds the file alone."""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

SHORTEST = 12
"""Characters of a passphrase: a file can be tried against at leisure."""

COST = 2**15
"""Scrypt's n, with r 8 and p 1: 32 MiB and about a tenth of a second a try (RFC 7914, section 2)."""


class PassphraseError(Exception):
    """A copy that cannot be opened or a passphrase that is too short; the text says which."""


def lock(content: dict[str, str], passphrase: str) -> dict[str, str]:
    """Seal the content of key files; raises ``PassphraseError`` for a short passphrase."""
    if len(passphrase) < SHORTEST:
        raise PassphraseError(f"a passphrase has at least {SHORTEST} characters")
    salt, nonce = os.urandom(16), os.urandom(12)
    sealed = AESGCM(_key(passphrase, salt)).encrypt(nonce, json.dumps(content).encode(), None)
    return {name: b64encode(part).decode() for name, part in
            (("salt", salt), ("nonce", nonce), ("sealed", sealed))}  # fmt: skip


def unlock(box: dict[str, Any], passphrase: str) -> dict[str, str]:
    """Open what ``lock`` sealed; raises ``PassphraseError``."""
    try:
        salt, nonce, sealed = (b64decode(box[name]) for name in ("salt", "nonce", "sealed"))
        plain = AESGCM(_key(passphrase, salt)).decrypt(nonce, sealed, None)
    except (KeyError, TypeError, ValueError, InvalidTag):
        raise PassphraseError("this is not its passphrase, or the file was changed") from None
    return json.loads(plain)


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=COST, r=8, p=1).derive(passphrase.encode())
