"""Signatures of what comes in: computed over the raw bytes, compared in constant time."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

TOLERANCE = timedelta(minutes=5)
"""A signature this old, or this far ahead, is a replay (Stripe's default, taken for all)."""


class Distrust(StrEnum):
    """Why a body is not believed."""

    MISSING = "missing"
    STALE = "stale"
    WRONG = "wrong"


def sign(raw: bytes, secret: str, timestamp: int) -> str:
    """Answer the hex digest that both the generic webhook and Stripe use."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + raw, sha256).hexdigest()


def check_generic(
    raw: bytes, timestamp: str | None, signature: str | None, secrets: Sequence[str], wall: datetime
) -> Distrust | None:
    """Check ``Cession-Timestamp`` (Unix seconds) and ``Cession-Signature`` (``v1=hex``, one or
    more) against every valid secret; ``wall`` is the time on the wall.
    """
    if not timestamp or not signature:
        return Distrust.MISSING
    return _check(raw, timestamp, _versions(signature.split(",")), secrets, wall)


def check_stripe(
    raw: bytes, header: str | None, secrets: Sequence[str], wall: datetime
) -> Distrust | None:
    """Check ``Stripe-Signature``: ``t=…,v1=…`` with one ``v1`` a secret during rotation."""
    if not header:
        return Distrust.MISSING
    parts = [part.strip() for part in header.split(",")]
    times = [part[2:] for part in parts if part.startswith("t=")]
    if len(times) != 1:
        return Distrust.MISSING
    return _check(raw, times[0], _versions(parts), secrets, wall)


def check_token(authorization: str | None, secrets: Sequence[str]) -> Distrust | None:
    """Check ``Authorization: Bearer …`` of carriers that cannot sign."""
    if not authorization:
        return Distrust.MISSING
    scheme, _, token = authorization.partition(" ")
    shown = token.strip().encode()
    known = [hmac.compare_digest(shown, secret.encode()) for secret in secrets]
    return None if scheme.lower() == "bearer" and any(known) else Distrust.WRONG


def _versions(parts: Iterable[str]) -> list[str]:
    return [part.strip()[3:] for part in parts if part.strip().startswith("v1=")]


def _check(
    raw: bytes, timestamp: str, given: Sequence[str], secrets: Sequence[str], wall: datetime
) -> Distrust | None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return Distrust.MISSING
    seconds = int(timestamp)
    expected = [sign(raw, secret, seconds).encode() for secret in secrets]
    matches = [hmac.compare_digest(e, g.encode()) for e in expected for g in given]
    if not any(matches):
        return Distrust.WRONG
    if abs(wall.timestamp() - seconds) > TOLERANCE.total_seconds():
        return Distrust.STALE
    return None
