"""Server-sent events (WHATWG HTML, section 9.2): numbered, so that a reader that was cut off can go on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from typing import Any, Final, Protocol, cast

import msgspec

HEARTBEAT: Final = 15.0
"""Seconds of silence after which a comment is sent, so that proxies keep the connection."""


class Numbered(Protocol):
    """An event of a log without gaps."""

    @property
    def seq(self) -> int: ...


async def stream(events: AsyncIterator[Numbered], heartbeat: float = HEARTBEAT) -> AsyncGenerator[bytes]:
    """The bytes of the stream; ends with the events."""
    following = _next(events)
    try:
        while True:
            await asyncio.wait((following,), timeout=heartbeat)
            if not following.done():
                yield b": alive\n\n"
                continue
            event = following.result()
            if event is None:
                return
            yield encode(event.seq, event)
            following = _next(events)
    finally:
        await _close(events, following)


def _next(events: AsyncIterator[Numbered]) -> asyncio.Future[Numbered | None]:
    return asyncio.ensure_future(cast(Coroutine[Any, Any, Numbered | None], anext(events, None)))


def encode(id: int, value: object) -> bytes:
    """One event. JSON has no line breaks, so one ``data`` line holds it."""
    return b"id: %d\ndata: %s\n\n" % (id, msgspec.json.encode(value, order="deterministic"))


async def _close(events: AsyncIterator[Numbered], following: asyncio.Future[Numbered | None]) -> None:
    following.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await following
    close = getattr(events, "aclose", None)
    if close is not None:
        await close()
