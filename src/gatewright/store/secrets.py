"""Credentials at rest: AES-256-GCM with a data key per cluster, wrapped by a key that lives outside the database.

The cluster's id is associated data of both layers, so a row that is moved to another cluster does not open there. The
key comes from ``GATEWRIGHT_KEY``, from the file ``GATEWRIGHT_KEY_FILE``, or from ``key`` in the data folder. It holds
one or more keys, 32 bytes in base64, separated by white space: the first seals, all of them open. To rotate, put a new
key first, run ``Credentials.rewrap``, then remove the old one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gatewright.store.errors import (
    CredentialDamagedError,
    KeyExposedError,
    KeyInvalidError,
    KeyMissingError,
    KeyWrongError,
)

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
ENV_KEY: Final = "GATEWRIGHT_KEY"
ENV_FILE: Final = "GATEWRIGHT_KEY_FILE"
_DATA: Final = b"gatewright/credential/1/data\0"
_WRAP: Final = b"gatewright/credential/1/key\0"


class Sealed(msgspec.Struct, frozen=True):
    """An encrypted credential. Both fields are nonce and ciphertext; ``key_id`` tells which key wrapped the data
    key."""

    key_id: str
    wrapped_key: bytes
    ciphertext: bytes

    def __repr__(self) -> str:
        return f"Sealed(key_id={self.key_id!r})"


class KeyRing:
    """The keys that seal and open credentials. ``repr`` shows their ids only."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise KeyInvalidError(place="-")
        self._keys = {key_id(key): key for key in keys}
        self.current = key_id(keys[0])

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._keys)})"

    @classmethod
    def load(cls, folder: Path, environ: Mapping[str, str] = os.environ, *, create: bool) -> KeyRing:
        """The ring from the environment, or from ``folder/key``, which is made when it is absent and ``create`` says
        so.

        Pass ``create=not await unit.credentials.any()``: a new key could not open what is stored already. Raises
        ``KeyMissingError``, ``KeyInvalidError``, ``KeyExposedError``.
        """
        if environ.get(ENV_KEY):
            return cls._parse(environ[ENV_KEY], ENV_KEY)
        path = Path(environ.get(ENV_FILE) or folder / "key")
        if create and not path.exists():
            _create(path)
        return cls._parse(_read(path), str(path))

    @classmethod
    def _parse(cls, text: str, place: str) -> KeyRing:
        try:
            keys = tuple(base64.b64decode(word, validate=True) for word in text.split())
        except (binascii.Error, ValueError):
            raise KeyInvalidError(place=place) from None
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise KeyInvalidError(place=place)
        return cls(keys)

    def derived(self, purpose: bytes) -> tuple[bytes, ...]:
        """Keys of 32 bytes for another purpose, one of each key of the ring, the current one first."""
        return tuple(hmac.digest(key, b"gatewright/derived/1\0" + purpose, "sha256") for key in self._keys.values())

    def seal(self, cluster_uid: str, plaintext: bytes) -> Sealed:
        """Encrypts under a new data key."""
        data_key = AESGCM.generate_key(KEY_BYTES * 8)
        ciphertext = _encrypt(data_key, plaintext, _DATA + cluster_uid.encode())
        return Sealed(self.current, self._wrap(cluster_uid, data_key), ciphertext)

    def open(self, cluster_uid: str, sealed: Sealed) -> bytes:
        """The plaintext. Raises ``KeyWrongError``, or ``CredentialDamagedError`` for another cluster's or changed
        bytes."""
        data_key = self._unwrap(cluster_uid, sealed)
        return _decrypt(data_key, sealed.ciphertext, _DATA + cluster_uid.encode(), cluster_uid)

    def rewrap(self, cluster_uid: str, sealed: Sealed) -> Sealed:
        """The same credential with its data key wrapped by the current key. Raises like ``open``."""
        data_key = self._unwrap(cluster_uid, sealed)
        return Sealed(self.current, self._wrap(cluster_uid, data_key), sealed.ciphertext)

    def _wrap(self, cluster_uid: str, data_key: bytes) -> bytes:
        return _encrypt(self._keys[self.current], data_key, _WRAP + cluster_uid.encode())

    def _unwrap(self, cluster_uid: str, sealed: Sealed) -> bytes:
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise KeyWrongError(cluster=cluster_uid, key=sealed.key_id, given=", ".join(self._keys))
        return _decrypt(key, sealed.wrapped_key, _WRAP + cluster_uid.encode(), cluster_uid)


def key_id(key: bytes) -> str:
    """A name for a key that does not tell the key."""
    return hashlib.sha256(b"gatewright/key-id\0" + key).hexdigest()[:16]


def _encrypt(key: bytes, plaintext: bytes, associated: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, associated)


def _decrypt(key: bytes, blob: bytes, associated: bytes, cluster_uid: str) -> bytes:
    try:
        return AESGCM(key).decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], associated)
    except (InvalidTag, ValueError):
        raise CredentialDamagedError(cluster=cluster_uid) from None


def _create(path: Path) -> None:
    """Writes a new key so that no reader ever sees half of it, and the first of two writers wins."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        finally:
            draft.unlink()
    except OSError as error:
        raise KeyMissingError(place=str(path), detail=error.strerror or type(error).__name__) from error


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise KeyExposedError(place=str(path))
            return file.read(64 * 1024).decode("ascii", "replace")
    except OSError as error:
        raise KeyMissingError(place=str(path), detail=error.strerror or type(error).__name__) from error
