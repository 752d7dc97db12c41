"""Signatures of what comes in: computed over the raw bytes, compared in constant time."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Any, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

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


# Providers that sign in their own way


class UnusableKeyError(ValueError):
    """A configured key that is none; the text says what it should be."""


def check_alipay(
    parameters: Mapping[str, str], keys: Sequence[str], charset: str
) -> Distrust | None:
    """Check the ``sign`` of an Alipay notice: RSA2 over the sorted parameters.

    The signed text is every decoded parameter but ``sign`` and ``sign_type``, sorted by name, as
    ``name=value`` joined by ``&`` (opendocs.alipay.com, asynchronous notification).
    """
    signature, kind = parameters.get("sign"), parameters.get("sign_type")
    if not signature or kind != "RSA2":
        return Distrust.MISSING
    signed = "&".join(
        f"{name}={value}"
        for name, value in sorted(parameters.items())
        if name not in ("sign", "sign_type")
    )
    try:
        text = signed.encode(charset)
    except UnicodeEncodeError:
        return Distrust.WRONG
    believed = any(_rsa(public_key(key), signature, text) for key in keys)
    return None if believed else Distrust.WRONG


def check_wechat(  # noqa: PLR0917
    raw: bytes,
    serial: str | None,
    signature: str | None,
    timestamp: str | None,
    nonce: str | None,
    keys: Mapping[str, str],
    wall: datetime,
) -> Distrust | None:
    """Check a WeChat Pay v3 notice against the platform certificate or key that its serial names.

    Signed is timestamp, nonce and raw body, each with a line feed (pay.weixin.qq.com, APIv3).
    """
    if not (serial and signature and timestamp and nonce):
        return Distrust.MISSING
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return Distrust.MISSING
    known = {_serial(name): key for name, key in keys.items()}
    key = known.get(_serial(serial))
    text = f"{timestamp}\n{nonce}\n".encode() + raw + b"\n"
    if key is None or not _rsa(public_key(key), signature, text):
        return Distrust.WRONG
    if abs(wall.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        return Distrust.STALE
    return None


def open_wechat(resource: Mapping[str, str], keys: Sequence[str]) -> bytes | None:
    """Decrypt the resource of a notice with one of the APIv3 keys (32 bytes); None if none fits."""
    try:
        sealed = base64.b64decode(resource["ciphertext"], validate=True)
        nonce = resource["nonce"].encode()
        beside = resource.get("associated_data", "").encode()
    except (KeyError, ValueError):
        return None
    for key in keys:
        try:
            return AESGCM(key.encode()).decrypt(nonce, sealed, beside)
        except (InvalidTag, ValueError):
            continue
    return None


def check_gocardless(raw: bytes, header: str | None, secrets: Sequence[str]) -> Distrust | None:
    """Check ``Webhook-Signature``: the hex HMAC-SHA256 of the raw body."""
    if not header:
        return Distrust.MISSING
    given = header.strip().encode()
    expected = [hmac.new(secret.encode(), raw, sha256).hexdigest().encode() for secret in secrets]
    known = [hmac.compare_digest(one, given) for one in expected]
    return None if any(known) else Distrust.WRONG


_ADYEN_SIGNED = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference")


def check_adyen(item: Mapping[str, Any], secrets: Sequence[str]) -> Distrust | None:
    """Check ``additionalData.hmacSignature`` of one ``NotificationRequestItem``.

    Signed are eight of its fields joined by ``:``; keys are hexadecimal (docs.adyen.com, verify
    HMAC signatures).
    """
    beside, amount = item.get("additionalData"), item.get("amount")
    if not isinstance(beside, Mapping) or not isinstance(amount, Mapping):
        return Distrust.MISSING
    signature = cast("Mapping[str, Any]", beside).get("hmacSignature")
    if not isinstance(signature, str) or not signature:
        return Distrust.MISSING
    sums = cast("Mapping[str, Any]", amount)
    parts = [_plain(item.get(name)) for name in _ADYEN_SIGNED]
    parts += [_plain(sums.get("value")), _plain(sums.get("currency"))]
    parts += [_plain(item.get("eventCode")), _plain(item.get("success"))]
    text = ":".join(parts).encode("utf-8", "surrogatepass")
    expected = [base64.b64encode(hmac.new(_hex(key), text, sha256).digest()) for key in secrets]
    known = [hmac.compare_digest(one, signature.encode("utf-8", "replace")) for one in expected]
    return None if any(known) else Distrust.WRONG


def public_key(text: str) -> RSAPublicKey:
    """Read an RSA key: PEM of a certificate or key, or the bare base64 that consoles show.

    Raises ``UnusableKeyError``.
    """
    try:
        return _public_key(text.strip())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnusableKeyError(
            "this is no RSA public key or certificate in PEM or base64"
        ) from None


@lru_cache(maxsize=64)
def _public_key(text: str) -> RSAPublicKey:
    if "BEGIN CERTIFICATE" in text:
        key = x509.load_pem_x509_certificate(text.encode()).public_key()
    elif "BEGIN" in text:
        key = load_pem_public_key(text.encode())
    else:
        key = load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    if not isinstance(key, RSAPublicKey):
        raise TypeError
    return key


def _rsa(key: RSAPublicKey, signature: str, text: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), text, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def _serial(text: str) -> str:
    return text.upper().lstrip("0")


def _hex(key: str) -> bytes:
    try:
        return bytes.fromhex(key)
    except ValueError:
        raise UnusableKeyError("an Adyen HMAC key is hexadecimal") from None


def _plain(value: object) -> str:
    """Write a value as the signer did: nothing for null, ``true`` for a JSON truth."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
