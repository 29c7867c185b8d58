"""Passwords: what is good enough to be one, and argon2, in threads and a few at a time.

Checking a password takes tens of milliseconds and tens of megabytes on purpose. So only a few are checked at once and
only some more may wait: whoever sends many does not take the memory or the time of everything else. A name that nobody
has is checked against a decoy, at the same cost.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import secrets
from collections.abc import AsyncGenerator
from functools import cache
from importlib import resources
from typing import Final, Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gatewright.server.errors import BusyError, PasswordError
from gatewright.text import message

SHORTEST: Final = 12
LONGEST: Final = 512
_AT_ONCE: Final = 2
_WAITING: Final = 32


class Hasher(Protocol):
    """How a password becomes a hash; slow on purpose. Called in threads."""

    def hash(self, password: str) -> str: ...

    def matches(self, hash: str, password: str) -> bool:
        """Whether it is the password of ``hash``."""
        ...

    def outdated(self, hash: str) -> bool:
        """Whether ``hash`` was made with other parameters than new ones are."""
        ...

    def decoy(self) -> str:
        """A hash of no password, as expensive to check as any."""
        ...


class Argon2:
    """argon2id with the parameters of RFC 9106 for little memory."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def matches(self, hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(hash, password)
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, hash: str) -> bool:
        return self._hasher.check_needs_rehash(hash)

    def decoy(self) -> str:
        settings = self._hasher
        cost = f"m={settings.memory_cost},t={settings.time_cost},p={settings.parallelism}"
        return f"$argon2id$v=19${cost}${_random(settings.salt_len)}${_random(settings.hash_len)}"


class Passwords:
    """Makes and checks hashes without making the event loop wait."""

    def __init__(self, hasher: Hasher | None = None) -> None:
        self._hasher = hasher or Argon2()
        self._decoy = self._hasher.decoy()
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Raises ``BusyError``."""
        async with self._slot():
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, hash: str | None, password: str) -> bool:
        """Whether it is the password of ``hash``; None costs the same and never matches. Raises ``BusyError``."""
        async with self._slot():
            found = await asyncio.to_thread(self._hasher.matches, hash or self._decoy, password[:LONGEST])
        return found and hash is not None and len(password) <= LONGEST

    def outdated(self, hash: str) -> bool:
        return self._hasher.outdated(hash)

    @contextlib.asynccontextmanager
    async def _slot(self) -> AsyncGenerator[None]:
        if self._waiting >= _WAITING:
            raise BusyError(seconds=5)
        self._waiting += 1
        try:
            async with self._turn:
                yield
        finally:
            self._waiting -= 1


def require_good(password: str, name: str) -> str:
    """``password`` itself. Raises ``PasswordError`` for one that is short, too long, the name, or among the first that
    anybody would try."""
    plain = password.casefold()
    if len(password) < SHORTEST:
        raise PasswordError(reason=message("people.password-short", shortest=SHORTEST))
    if len(password) > LONGEST:
        raise PasswordError(reason=message("people.password-long", longest=LONGEST))
    if name and plain.replace(name, "", 1).strip("0123456789.-_! ") == "" and name in plain:
        raise PasswordError(reason=message("people.password-name"))
    if plain in _common() or len(set(plain)) < 4:
        raise PasswordError(reason=message("people.password-common"))
    return password


@cache
def _common() -> frozenset[str]:
    """What people choose who must choose something long."""
    return frozenset(resources.files(__package__ or "").joinpath("common-passwords.txt").read_text("ascii").split())


def _random(size: int) -> str:
    return base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")
