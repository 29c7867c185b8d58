"""What proxies say of the requests that they hand on, and the address under which browsers reach this server.

``X-Forwarded-For`` and ``X-Forwarded-Proto`` can be sent by anybody, and what they say decides whose failures are
counted and what the audit tells. So they are believed from the addresses in the settings alone, and by default from
none: a program on this machine is no proxy because it runs there.
"""

from __future__ import annotations

from typing import Final

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from gatewright.model.addresses import ip

_FOR: Final = b"x-forwarded-for"


class Forwarded:
    """ASGI middleware around everything: ``client`` and ``scheme`` of the scope become those of the browser.

    ``proxies``: addresses and networks that are believed. ``https``: browsers reach this server by HTTPS, whatever a
    proxy in front says or leaves out. Of what is not believed the log tells once.
    """

    def __init__(self, app: ASGIApp, proxies: tuple[str, ...], *, https: bool) -> None:
        self._app = app
        self._believing = ProxyHeadersMiddleware(self._straight, list(proxies))  # type: ignore[arg-type]
        self._https = https
        self._told = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client: tuple[str, int] | None = scope.get("client")
        if client is not None:
            scope["client"] = (_plain(client[0]), client[1])
        self._doubt(scope)
        await self._believing(scope, receive, send)  # type: ignore[arg-type]

    async def _straight(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._https:
            scope["scheme"] = "https"
        await self._app(scope, receive, send)

    def _doubt(self, scope: Scope) -> None:
        address = (scope.get("client") or ("",))[0]
        if self._told or address in self._believing.trusted_hosts or all(name != _FOR for name, _ in scope["headers"]):
            return
        self._told = True
        structlog.get_logger("gatewright.server").warning(
            "X-Forwarded-For is not believed: if a proxy of yours sends it from this address, name it in the setting",
            address=address,
            setting="GATEWRIGHT_PROXIES",
        )


def _plain(address: str) -> str:
    """An IPv4 address as such, where a socket for both versions gives it as one of IPv6 (RFC 4291, section 2.5.5.2)."""
    mapped = getattr(ip(address), "ipv4_mapped", None)
    return address if mapped is None else str(mapped)
