"""A sign-in that is under way: what this server must know again when the browser comes back from the provider.

It travels in a cookie that only this installation can read or make, in the browser that began, for some minutes. So
nothing is kept for whoever begins and never comes back, and nobody can end in their browser what another one began.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gatewright.server.oidc.errors import SignInLostError
from gatewright.store.secrets import KeyRing

COOKIE: Final = "gatewright_oidc"
LIFETIME: Final = timedelta(minutes=10)
"""How long a person may take at the provider."""
_NONCE: Final = 12
_LARGEST: Final = 4000
_ABOUT: Final = b"gatewright/oidc/1/pending"


class Pending(msgspec.Struct, frozen=True, array_like=True):
    """``until``: seconds since 1970. ``redirect``: the address that the provider sends the browser back to."""

    state: str
    nonce: str
    verifier: str
    redirect: str
    return_to: str
    until: float

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier, method S256 (RFC 7636, section 4.2)."""
        digest = hashlib.sha256(self.verifier.encode("ascii")).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


class Pendings:
    """Makes and reads the cookies of one installation."""

    def __init__(self, ring: KeyRing) -> None:
        self._keys = ring.derived(_ABOUT)

    def begin(self, redirect: str, return_to: str, now: datetime) -> Pending:
        """A new sign-in with its own state, nonce and code verifier (RFC 7636, section 4.1), 256 random bits each."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return Pending(state, nonce, verifier, redirect, own_path(return_to), (now + LIFETIME).timestamp())

    def seal(self, pending: Pending) -> str:
        """The value of the cookie."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = AESGCM(self._keys[0]).encrypt(nonce, msgspec.msgpack.encode(pending), _ABOUT)
        return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")

    def open(self, cookie: str, state: str, now: datetime) -> Pending:
        """The sign-in that ``state`` belongs to. Raises ``SignInLostError``."""
        pending = self._open(cookie)
        if pending is None or now.timestamp() > pending.until:
            raise SignInLostError()
        if not hmac.compare_digest(pending.state.encode(), state.encode(errors="replace")):
            raise SignInLostError()
        return pending

    def _open(self, cookie: str) -> Pending | None:
        if not cookie or len(cookie) > _LARGEST:
            return None
        try:
            blob = base64.b64decode(cookie + "=" * (-len(cookie) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        for key in self._keys:
            try:
                plain = AESGCM(key).decrypt(blob[:_NONCE], blob[_NONCE:], _ABOUT)
                return msgspec.msgpack.decode(plain, type=Pending)
            except (InvalidTag, ValueError, msgspec.DecodeError):
                continue
        return None


def own_path(given: str) -> str:
    """``given`` if it is a path of our own pages, else the first page: a sign-in leads nowhere else."""
    plain = given.startswith("/") and not given.startswith(("//", "/\\", "/api/")) and len(given) <= 1024
    return (
        given if plain and given.isascii() and given.isprintable() and "\\" not in given and " " not in given else "/"
    )
