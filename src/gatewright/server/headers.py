"""The headers that every answer carries: what a browser may do with it, and that nobody else keeps it.

An answer that sets one of these itself keeps its own: a page says with ``page_policy`` which nonce its styles bear.
"""

from __future__ import annotations

import secrets
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

API: Final = "/api/"
_POLICY: Final = b"content-security-policy"
_CACHE: Final = b"cache-control"
_NOTHING: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""For what is no page: it loads nothing, and nothing shows it in a frame."""
_FEATURES: Final = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "geolocation",
    "gyroscope", "hid", "identity-credentials-get", "idle-detection", "local-fonts", "magnetometer", "microphone",
    "midi", "payment", "picture-in-picture", "publickey-credentials-create", "publickey-credentials-get",
    "screen-wake-lock", "serial", "storage-access", "usb", "web-share", "xr-spatial-tracking",
)  # fmt: skip
_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    # the origin of our own requests is what forged ones are told by: it must not be withheld from ourselves
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", ", ".join(f"{feature}=()" for feature in _FEATURES).encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (_POLICY, _NOTHING.encode()),
)
_HTTPS_ONLY: Final = (b"strict-transport-security", b"max-age=31536000")


def new_nonce() -> str:
    """128 random bits for one answer, as a policy and an attribute can hold them."""
    return secrets.token_urlsafe(16)


def page_policy(nonce: str) -> str:
    """The Content-Security-Policy of a page: our own scripts only, none inline; our own styles and those that bear
    ``nonce``; everything else from this server."""
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
        "connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )


class SecurityHeaders:
    """ASGI middleware around everything, the answers to faults included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                message["headers"] = [*given, *_missing(scope, {name.lower() for name, _ in given})]
            await send(message)

        await self._app(scope, receive, completed)


def _missing(scope: Scope, given: set[bytes]) -> list[tuple[bytes, bytes]]:
    wanted = [*_ALWAYS]
    if scope["scheme"] == "https":
        wanted.append(_HTTPS_ONLY)
    if scope["path"].startswith(API):
        wanted.append((_CACHE, b"no-store"))
    return [header for header in wanted if header[0] not in given]
