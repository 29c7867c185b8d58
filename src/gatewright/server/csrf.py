"""Requests that change something and bear a cookie: the browser adds that whoever made the page, so more is asked for.

The page says a token that belongs to its session: a digest of the cookie, which other sites cannot read and the
database does not hold. And where the browser says from where the request comes, it must be from here.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

from gatewright.server.errors import CsrfError

HEADER: Final = "X-CSRF-Token"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_PURPOSE: Final = b"gatewright csrf"


def token_of(cookie: str) -> str:
    """The token of the session with this cookie."""
    # As the message: HMAC fills up a short key with zeros, and shortens a long one.
    return hmac.new(_PURPOSE, cookie.encode(), hashlib.sha256).hexdigest()


def require_token(request: Request, cookie: str) -> None:
    """Passes a request that changes nothing, or proves to come from our page. Raises ``CsrfError``."""
    if request.method in _SAFE:
        return
    require_same_origin(request)
    if not hmac.compare_digest(request.headers.get(HEADER, "").encode(), token_of(cookie).encode()):
        raise CsrfError(reason=HEADER)


def require_same_origin(request: Request) -> None:
    """Passes where the browser does not say from where it comes, or says from here. Raises ``CsrfError``.

    Scheme and port 443 may be those of a proxy in front of us, so the host as the browser sees it is what counts.
    """
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise CsrfError(reason="Sec-Fetch-Site")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise CsrfError(reason="Origin")
