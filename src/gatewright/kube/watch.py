"""One watch request as a stream of events (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Final, Literal, cast

import msgspec

from gatewright.kube.streaming import Body
from gatewright.kube.translate import Request, Status, from_status, not_json
from gatewright.kube.transport import Call, Transport, too_large

EventType = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
_GRACE: Final = 15.0
_TYPES: Final[frozenset[str]] = frozenset({"ADDED", "MODIFIED", "DELETED", "BOOKMARK"})


class WatchEvent(msgspec.Struct, frozen=True):
    """One change. A ``BOOKMARK``'s object has nothing but its resource version."""

    type: EventType
    object: dict[str, Any]

    @property
    def resource_version(self) -> str:
        """Where to continue after this event."""
        metadata: dict[str, Any] = self.object.get("metadata") or {}
        return str(metadata.get("resourceVersion", ""))


class RawEvent(msgspec.Struct, frozen=True):
    """One event whose object is not decoded yet."""

    type: EventType
    object: msgspec.Raw


class _Envelope(msgspec.Struct, frozen=True):
    type: str
    object: msgspec.Raw


async def watch_events(transport: Transport, call: Call, seconds: int) -> AsyncGenerator[WatchEvent]:
    """The events of one watch request. Ends when the server ends it; raises as ``raw_events``."""
    request = transport.request(call)
    async with aclosing(raw_events(transport, call, seconds)) as events:
        async for event in events:
            try:
                content = msgspec.json.decode(event.object, type=dict[str, Any])
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                raise not_json(request) from None
            yield WatchEvent(event.type, content)


async def raw_events(
    transport: Transport, call: Call, seconds: int, opened: Callable[[], None] | None = None
) -> AsyncGenerator[RawEvent]:
    """The events of one watch request, their objects as they came. Ends when the server ends it. ``opened`` is called
    once the server has agreed to it: of a quiet kind nothing else may be heard for minutes.

    Raises ``GoneError`` for a resource version that is too old, ``TooLargeError`` for an endless event,
    ``TimedOutError`` for a server that does not end the watch soon after ``seconds``, and the errors of the connection.
    """
    request = transport.request(call)
    limit = transport.options.max_event
    async with transport.stream(call, seconds + _GRACE) as body, aclosing(_lines(body, request, limit)) as lines:
        if opened is not None:
            opened()
        async for line in lines:
            yield _event(line, request)


async def _lines(body: Body, request: Request, limit: int) -> AsyncGenerator[bytes]:
    """Lines without their ends, none of more than about ``limit`` bytes, no empty ones."""
    pending: list[bytes] = []
    size = 0
    while chunk := await body.read():
        *whole, rest = chunk.split(b"\n")
        for line in whole:
            complete = b"".join((*pending, line))
            pending, size = [], 0
            if complete.strip():
                yield complete
        pending.append(rest)
        size += len(rest)
        if size > limit:
            raise too_large(request, limit)


def _event(line: bytes, request: Request) -> RawEvent:
    try:
        envelope = msgspec.json.decode(line, type=_Envelope)
        if envelope.type == "ERROR":
            status = msgspec.json.decode(envelope.object, type=Status)
            raise from_status(status.code, status, request)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise not_json(request) from None
    if envelope.type not in _TYPES:
        raise not_json(request)
    return RawEvent(cast(EventType, envelope.type), envelope.object)
