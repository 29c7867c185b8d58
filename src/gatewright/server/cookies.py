"""The cookies of this server, which scripts cannot read and posts of other sites do not bear.

Over HTTPS they have the prefix ``__Host-``, with which browsers take a cookie from this host alone and over TLS alone
(RFC 6265bis, section 4.1.3.2); one without it is not read there. So nothing that another host of the same domain, or
somebody in the way of a plain request, makes a browser bring us is taken for ours. Over plain HTTP no browser would
keep such a cookie: there the name is plain, and only that is read.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from fastapi import Request, Response

_PREFIX: Final = "__Host-"


def read(request: Request, name: str) -> str:
    """What the browser brings as our cookie ``name``, empty for nothing."""
    return request.cookies.get(_named(request, name), "")


def give(request: Request, response: Response, name: str, value: str, lasting: timedelta) -> None:
    """Lets the browser keep a cookie; an empty ``value`` makes it forget the one that it has."""
    secure, named = _over_https(request), _named(request, name)
    if value:
        age = int(lasting.total_seconds())
        response.set_cookie(named, value, max_age=age, path="/", secure=secure, httponly=True, samesite="lax")
    else:
        response.delete_cookie(named, path="/", secure=secure, httponly=True, samesite="lax")


def _named(request: Request, name: str) -> str:
    return f"{_PREFIX}{name}" if _over_https(request) else name


def _over_https(request: Request) -> bool:
    return request.scope.get("scheme") == "https"
