"""Server-sent events (WHATWG HTML, section 9.2): with ids, so that a reader that was cut off can go on.

The log of one rollout numbers its lines: the id is the number. What is counted over the whole installation has ids
that tell nothing (``server.ids``). Of a durable log nothing is ever missed; a reader of what lives only in memory that
comes back with the id of another process, or from too far behind, is sent ``reset`` first, which says that what it
knows may be out of date and is to be read anew.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from typing import Annotated, Any, Final, Protocol, TypeAlias, TypeVar, cast

import msgspec
from fastapi import Depends, Header

from gatewright.background import cancelled
from gatewright.server.errors import EventIdError
from gatewright.server.ids import SEALED

HEARTBEAT: Final = 15.0
"""Seconds of silence after which a comment is sent, so that proxies keep the connection."""


RESET: Final = "reset"
"""The name of the event that tells a reader to read everything anew."""
MAX_SEQ: Final = 10**18 - 1
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_NUMBERED: Final[dict[str, Any]] = {"pattern": f"^{_NUMBER.pattern}$"}
_LAST: Final = "The id of the last event that was received."


T = TypeVar("T")


class Event(msgspec.Struct, frozen=True):
    """One event as it is sent. ``id``: where a reader goes on after it; ``name``: what a reader listens to, empty for
    ``message``; ``data`` is encoded as JSON."""

    id: str
    data: object
    name: str = ""


class Numbered(Protocol):
    """An event of a log without gaps."""

    @property
    def seq(self) -> int: ...


Sent: TypeAlias = Numbered | Event


class LastEventId:
    """Where a reader was cut off: the parameter ``Resumed`` of a route. It is read after the permission."""

    def __init__(
        self,
        last_event_id: Annotated[str | None, Header(description=_LAST, json_schema_extra=SEALED)] = None,
    ) -> None:
        self.id = last_event_id
        """An id of ``server.ids``, not read yet; None: none was given."""


class LastNumber:
    """The same for a log that is numbered for itself: the parameter ``ResumedNumber``."""

    def __init__(
        self,
        last_event_id: Annotated[str | None, Header(description=_LAST, json_schema_extra=_NUMBERED)] = None,
    ) -> None:
        self._given = last_event_id

    @property
    def number(self) -> int | None:
        """None: from the beginning. Raises ``EventIdError``."""
        if self._given is None:
            return None
        if _NUMBER.fullmatch(self._given) is None:
            raise EventIdError(id=self._given[:80])
        return int(self._given)


Resumed = Annotated[LastEventId, Depends(LastEventId)]
ResumedNumber = Annotated[LastNumber, Depends(LastNumber)]


def reset(id: str) -> Event:
    """The event that voids what the reader knows; from ``id`` on it is told of changes again."""
    return Event(id, {}, RESET)


async def stream(events: AsyncIterator[Sent], heartbeat: float = HEARTBEAT) -> AsyncGenerator[bytes]:
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
            yield encode(event)
            following = _next(events)
    finally:
        await _close(events, following)


async def file(parts: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """The parts of a file as they are made; whoever leaves before its end leaves nothing running."""
    following = _next(parts)
    try:
        while True:
            await asyncio.wait((following,))
            part = following.result()
            if part is None:
                return
            yield part
            following = _next(parts)
    finally:
        await _close(parts, following)


def _next(events: AsyncIterator[T]) -> asyncio.Future[T | None]:
    return asyncio.ensure_future(cast(Coroutine[Any, Any, "T | None"], anext(events, None)))


def encode(event: Sent) -> bytes:
    """One event. JSON has no line breaks, so one ``data`` line holds it."""
    sent = event if isinstance(event, Event) else Event(str(event.seq), event)
    name = f"event: {sent.name}\n" if sent.name else ""
    return f"id: {sent.id}\n{name}data: ".encode() + msgspec.json.encode(sent.data, order="deterministic") + b"\n\n"


async def _close(events: AsyncIterator[T], following: asyncio.Future[T | None]) -> None:
    """Lets the reading end before anything else does. Whoever ends a request cancels it more than once, and what was
    left running would keep its database connection."""
    try:
        await cancelled(following)
    finally:
        if not following.cancelled():
            following.exception()
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()
