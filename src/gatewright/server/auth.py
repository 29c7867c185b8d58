"""Who is asking: the operator's token over a socket, or the operator's own process without one.

The token is 256 random bits in a file that only its owner can read, made when the server first starts. A request from
inside the process carries its principal as a Python object in the ASGI scope, which no bytes on a socket can put there.
"""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from fastapi import Request

from gatewright.server.errors import FolderError, TokenDamagedError, TokenExposedError, UnauthenticatedError
from gatewright.server.principal import ALL, SCOPE_KEY, Principal

TOKEN_PREFIX: Final = "gwo_"
_SHORTEST: Final = 20
Authenticate = Callable[[Request], Awaitable[Principal]]


def ensure_token(file: Path) -> str:
    """The token in ``file``, which is made (mode 0600) where it is absent.

    Raises ``TokenExposedError``, ``TokenDamagedError`` or ``FolderError``.
    """
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_token(file)
    except OSError as error:
        raise FolderError(path=str(file), reason=error.strerror or str(error)) from error
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(token + "\n")
    return token


def read_token(file: Path) -> str:
    """The token in ``file``. Raises ``TokenExposedError``, ``TokenDamagedError`` or ``FolderError``."""
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise TokenExposedError(path=str(file))
        token = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise FolderError(path=str(file), reason=getattr(error, "strerror", None) or "not a token") from error
    if len(token) < _SHORTEST:
        raise TokenDamagedError(path=str(file))
    return token


def authenticator(token: str | None) -> Authenticate:
    """Recognises the principal of a request; ``token`` None: only requests from inside the process are known."""

    async def authenticate(request: Request) -> Principal:
        inside = request.scope.get(SCOPE_KEY)
        if isinstance(inside, Principal):
            return inside
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if token is None or scheme.lower() != "bearer" or not _same(given.strip(), token):
            raise UnauthenticatedError()
        return Principal("operator", ALL)

    return authenticate


def _same(given: str, token: str) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(given.encode(), token.encode())
