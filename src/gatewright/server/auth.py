"""Who is asking: the operator's own process, whoever bears the operator's or an API token, or who is signed in.

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
from typing import Final, Protocol

from fastapi import Request

from gatewright.server import cookies, csrf
from gatewright.server.errors import FolderError, TokenDamagedError, TokenExposedError, UnauthenticatedError
from gatewright.server.principal import ALL, SCOPE_KEY, Principal
from gatewright.server.sessions import COOKIE, SignIns
from gatewright.server.tokens import PREFIX as PERSONAL
from gatewright.server.tokens import TokenDesk

TOKEN_PREFIX: Final = "gwo_"
_SHORTEST: Final = 20
Authenticate = Callable[[Request], Awaitable[Principal]]


class Recognisers(Protocol):
    """What knows the people of this installation."""

    @property
    def sign_ins(self) -> SignIns: ...

    @property
    def tokens(self) -> TokenDesk: ...


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


def authenticator(token: str | None, people: Recognisers) -> Authenticate:
    """Recognises the principal of a request; ``token``: the operator's, None where nobody bears it.

    A request that says a token is judged by that alone: a cookie beside it counts for nothing.
    """

    async def authenticate(request: Request) -> Principal:
        inside = request.scope.get(SCOPE_KEY)
        if isinstance(inside, Principal):
            return inside
        if "authorization" in request.headers:
            found = await _bearer(request.headers["authorization"], token, people)
        else:
            found = await _signed_in(request, people)
        if found is None:
            raise UnauthenticatedError()
        return found

    return authenticate


async def _bearer(header: str, token: str | None, people: Recognisers) -> Principal | None:
    scheme, _, given = header.partition(" ")
    given = given.strip()
    if scheme.lower() != "bearer":
        return None
    if token is not None and _same(given, token):
        return Principal("operator", ALL)
    return await people.tokens.recognise(given) if given.startswith(PERSONAL) else None


async def _signed_in(request: Request, people: Recognisers) -> Principal | None:
    """Raises ``CsrfError`` for a request that changes something and is not from our page."""
    cookie = cookies.read(request, COOKIE)
    who = await people.sign_ins.recognise(cookie) if cookie else None
    if cookie and who is not None:
        csrf.require_token(request, cookie)
    return who


def _same(given: str, token: str) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(given.encode(errors="surrogatepass"), token.encode())
