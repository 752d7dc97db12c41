"""Keys at rest: who may read personal data, and how people are recognised without it."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from models.tables import DataKey

NAMES = ("master", "ids", "inbox")
KEY_BYTES = 32
NONCE_BYTES = 12
MARK = b"\x01"
"""First byte of everything sealed: the format's version."""
KEY_ID_BYTES = 4


class KeyFileError(RuntimeError):
    """A key file is missing, open to others or damaged; the text says which and what to do."""


class PersonErasedError(LookupError):
    """The person's data key is destroyed, so what it sealed can never be read again."""

    hopeless = True

    def __init__(self, debtor_id: UUID) -> None:
        self.debtor_id = debtor_id
        super().__init__(f"personal data of debtor {debtor_id} was erased: its key is destroyed")


class UnsealError(ValueError):
    """Sealed bytes do not open: another key, another owner, or damage."""


class PersonKey:
    """One person's data key; ciphertext is bound to the person and opens for nobody else."""

    def __init__(self, debtor_id: UUID, key: bytes) -> None:
        self._owner = debtor_id.bytes
        self._cipher = _Cipher(key)

    def seal(self, content: Mapping[str, Any] | str | bytes) -> bytes:
        """Encrypt JSON, text or bytes with AES-256-GCM."""
        match content:
            case bytes():
                plain = content
            case str():
                plain = content.encode()
            case _:
                plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        return self._cipher.seal(plain, self._owner)

    def open(self, sealed: bytes) -> bytes:
        """Decrypt bytes; raises ``UnsealError``."""
        return self._cipher.open(sealed, self._owner)

    def open_text(self, sealed: bytes) -> str:
        """Decrypt text; raises ``UnsealError``."""
        return self.open(sealed).decode()

    def open_json(self, sealed: bytes) -> dict[str, Any]:
        """Decrypt a JSON object; raises ``UnsealError``."""
        return json.loads(self.open(sealed))


class Keys:
    """The installation's three keys: master (wraps data keys), ids (hashes), inbox (raw bodies).

    They live in files beside nothing else: who has only the database reads no person.
    """

    def __init__(
        self, *, master: bytes, ids: bytes, inbox: bytes, directory: Path | None = None
    ) -> None:
        self._master = _Cipher(master)
        self._former: dict[str, _Cipher] = {}
        self._stamp = 0
        self._directory = directory
        self._ids = ids
        self._inbox = _Cipher(inbox)

    @classmethod
    def load_or_create(cls, directory: Path) -> Keys:
        """Read the key files of a directory, or make all three on first use, mode 0600.

        Raises ``KeyFileError`` when some but not all are there: a fresh key in place of a lost one
        would make everything sealed before unreadable without a word.
        """
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        paths = {name: directory / f"{name}.key" for name in NAMES}
        with _alone(directory):
            missing = [path for path in paths.values() if not path.exists()]
            if len(missing) == len(NAMES):
                for path in paths.values():
                    _create(path)
            elif missing:
                names = ", ".join(path.name for path in missing)
                raise KeyFileError(
                    f"{names} missing in {directory}; restore it from your backup of keys, or "
                    "remove the others if nothing was ever stored under them"
                )
        return cls(**{name: _read(path) for name, path in paths.items()}, directory=directory)

    def token(self, *parts: str) -> str:
        """Answer a keyed hash of the parts: 20 lower-case letters and digits, stable for ever.

        Parts are joined by length, so ``("ab", "c")`` and ``("a", "bc")`` differ.
        """
        text = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (p.encode() for p in parts))
        digest = hmac.digest(self._ids, text, "sha256")
        # Fifteen bytes are twenty-four letters; what is cut off need not be spelled.
        return base64.b32encode(digest[:15])[:20].decode().lower()

    def seal_store(self, plain: bytes) -> bytes:
        """Encrypt what came from outside before anybody knows whom it is about."""
        return self._inbox.seal(plain, b"inbox")

    def open_store(self, sealed: bytes) -> bytes:
        """Decrypt what ``seal_store`` made; raises ``UnsealError``."""
        return self._inbox.open(sealed, b"inbox")

    def new_data_key(self, session: Session, debtor_id: UUID, now: datetime) -> PersonKey:
        """Make and store a person's data key, wrapped by the present master key."""
        key, row = self.fresh_key(debtor_id, now)
        session.add(DataKey(**row))
        return key

    def fresh_key(self, debtor_id: UUID, now: datetime) -> tuple[PersonKey, dict[str, Any]]:
        """Make a person's data key and the columns of its row, which the caller stores."""
        self._look()
        key = secrets.token_bytes(KEY_BYTES)
        row = {
            "debtor_id": debtor_id,
            "wrapped": self._master.seal(key, debtor_id.bytes),
            "master": self._master.key_id.hex(),
            "created_at": now,
        }
        return PersonKey(debtor_id, key), row

    def person_keys(self, session: Session, people: Iterable[UUID]) -> dict[UUID, PersonKey]:
        """Answer the keys of those of these people who were not erased; keeps nothing either."""
        asked = select(DataKey.debtor_id, DataKey.wrapped)
        return {
            debtor_id: PersonKey(debtor_id, self._unwrapped(wrapped, debtor_id))
            for debtor_id, wrapped in session.exec(
                asked.where(col(DataKey.debtor_id).in_(list(people)))
            )
        }

    def person_key(self, session: Session, debtor_id: UUID) -> PersonKey:
        """Answer a person's key; raises ``PersonErasedError``.

        Asks the store each time and keeps nothing, so that an erasure by any process holds at once.
        """
        wrapped = session.exec(
            select(DataKey.wrapped).where(col(DataKey.debtor_id) == debtor_id)
        ).one_or_none()
        if wrapped is None:
            raise PersonErasedError(debtor_id)
        return PersonKey(debtor_id, self._unwrapped(wrapped, debtor_id))

    @property
    def master_id(self) -> str:
        """Which master key wraps new data keys, without telling it."""
        return self._master.key_id.hex()

    def wrapped_by(self, session: Session) -> dict[str, int]:
        """Answer how many data keys each master key wraps, by its id."""
        rows = session.exec(
            select(DataKey.master, func.count()).group_by(col(DataKey.master))
        ).all()
        return dict(rows)

    def rewrap(self, session: Session, limit: int) -> int:
        """Wrap data keys of former masters with the present one; answer how many, 0 when done.

        Nothing that they sealed changes: only the wrapping does.
        """
        rows = session.exec(
            select(DataKey)
            .where(col(DataKey.master) != self.master_id)
            .order_by(col(DataKey.debtor_id))
            .limit(limit)
            .with_for_update()
        ).all()
        for row in rows:
            key = self._unwrapped(row.wrapped, row.debtor_id)
            row.wrapped = self._master.seal(key, row.debtor_id.bytes)
            row.master = self.master_id
            session.add(row)
        return len(rows)

    def _unwrapped(self, wrapped: bytes, debtor_id: UUID) -> bytes:
        """Open a data key by whichever master wrapped it.

        Another process may have rotated the master since this one began: the files tell.
        """
        named = wrapped[len(MARK) : len(MARK) + KEY_ID_BYTES].hex()
        if named == self.master_id:
            return self._master.open(wrapped, debtor_id.bytes)
        if named not in self._former and self._directory is not None:
            self._former = {
                cipher.key_id.hex(): cipher
                for path in sorted(self._directory.glob("master*.key"))
                for cipher in [_Cipher(_read(path))]
            }
        former = self._former.get(named)
        if former is None and self._directory is not None:
            raise KeyFileError(
                f"master key {named} is missing in {self._directory}; restore it from your copy of "
                f"keys, as master.{named}.key"
            )
        return (former or self._master).open(wrapped, debtor_id.bytes)

    def _look(self) -> None:
        """Take the present master key, if another process rotated it since."""
        if self._directory is None:
            return
        path = self._directory / "master.key"
        stamp = path.stat().st_mtime_ns
        if stamp != self._stamp:
            self._master, self._stamp = _Cipher(_read(path)), stamp

    def knows(self, session: Session, debtor_id: UUID) -> bool:
        """Say whether what is held on a person can still be read."""
        return (
            session.exec(
                select(DataKey.debtor_id).where(col(DataKey.debtor_id) == debtor_id)
            ).first()
            is not None
        )

    def erase(self, session: Session, debtor_id: UUID) -> bool:
        """Destroy a person's data key; answer whether there was one."""
        gone = session.exec(delete(DataKey).where(col(DataKey.debtor_id) == debtor_id))
        return gone.rowcount == 1


def prepare_master(directory: Path) -> Path:
    """Make the next master key beside the present one, or answer the one that waits already.

    Of several machines each needs this file before the rotation.
    """
    path = directory / "master.next.key"
    with _alone(directory):
        if not path.exists():
            _create(path)
    return path


def rotate_master(directory: Path) -> str:
    """Make the next master key the present one; the present one stays beside it as a former one.

    Answers the id of the new one. A crash on the way leaves the present key in place:
    the copy is made before it is replaced. Raises ``KeyFileError`` when a file is damaged.
    """
    following = prepare_master(directory)
    present = directory / "master.key"
    with _alone(directory):
        made = _Cipher(_read(following)).key_id.hex()
        if present.exists():
            old = _Cipher(_read(present)).key_id.hex()
            copy = directory / f"master.{old}.key"
            if not copy.exists():
                draft = copy.with_suffix(".new")
                draft.unlink(missing_ok=True)
                with os.fdopen(
                    os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
                ) as out:
                    out.write(present.read_text())
                    out.flush()
                    os.fsync(out.fileno())
                draft.rename(copy)
        following.replace(present)
    return made


def retire_masters(directory: Path, needed: Iterable[str]) -> list[str]:
    """Delete former master keys that wrap nothing any more; answer their ids."""
    kept, gone = {*needed}, list[str]()
    with _alone(directory):
        for path in sorted(directory.glob("master.*.key")):
            named = path.name.split(".")[1]
            if named not in kept and named != "next":
                path.unlink()
                gone.append(named)
    return gone


def fingerprint(directory: Path) -> str:
    """Answer what changes whenever a key does, and tells no key: for knowing what a backup has."""
    ids = [
        f"{path.name}:{_Cipher(_read(path)).key_id.hex()}"
        for path in sorted(directory.glob("*.key"))
    ]
    return hashlib.sha256(" ".join(ids).encode()).hexdigest()[:16]


class _Cipher:
    """AES-256-GCM with the format's version and the key's id in front, both authenticated."""

    def __init__(self, key: bytes) -> None:
        self.key_id = hashlib.sha256(b"cession key id" + key).digest()[:KEY_ID_BYTES]
        self._head = MARK + self.key_id
        self._aes = AESGCM(key)

    def seal(self, plain: bytes, owner: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return self._head + nonce + self._aes.encrypt(nonce, plain, self._head + owner)

    def open(self, sealed: bytes, owner: bytes) -> bytes:
        head, rest = sealed[: len(self._head)], sealed[len(self._head) :]
        if head != self._head:
            named = head[len(MARK) :].hex()
            raise UnsealError(f"sealed under key {named}, this one is {self.key_id.hex()}")
        try:
            return self._aes.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], head + owner)
        except InvalidTag:
            raise UnsealError("sealed bytes are damaged or belong to somebody else") from None


@contextmanager
def _alone(directory: Path) -> Generator[None]:
    """Let processes that start together make the keys one after the other."""
    file = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def _create(path: Path) -> None:
    """Write a fresh key whole or not at all."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w") as out:
        out.write(secrets.token_hex(KEY_BYTES) + "\n")
        out.flush()
        os.fsync(out.fileno())
    draft.rename(path)


def _read(path: Path) -> bytes:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyFileError(f"{path} can be read by others; run: chmod 600 {path}")
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyFileError(f"{path} is not a key of {KEY_BYTES} bytes in hex; restore a backup")
    return key
