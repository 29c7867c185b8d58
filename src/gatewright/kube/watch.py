"""One watch request as a stream of events (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final, Literal

import aiohttp
import msgspec

from gatewright.kube.translate import Status, from_status, not_json
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


class _Envelope(msgspec.Struct, frozen=True):
    type: str
    object: msgspec.Raw


async def watch_events(transport: Transport, call: Call, seconds: int) -> AsyncIterator[WatchEvent]:
    """The events of one watch request. Ends when the server ends it.

    Raises ``GoneError`` for a resource version that is too old, ``TooLargeError`` for an endless line, and the
    errors of the connection.
    """
    async with transport.stream(call, seconds + _GRACE) as content:
        async for line in _lines(transport, call, content):
            yield _event(transport, call, line)


async def _lines(transport: Transport, call: Call, content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Lines of any length up to the limit of a body (aiohttp's own reader stops at 64 KiB)."""
    limit = transport.options.max_body
    pending: list[bytes] = []
    size = 0
    try:
        async for chunk in content.iter_any():
            *whole, rest = chunk.split(b"\n")
            for line in whole:
                complete = b"".join((*pending, line))
                pending, size = [], 0
                if complete.strip():
                    yield complete
            pending.append(rest)
            size += len(rest)
            if size > limit:
                raise too_large(transport.request(call), limit)
    except (aiohttp.ClientError, OSError) as error:
        raise transport.failure(error, call) from error


def _event(transport: Transport, call: Call, line: bytes) -> WatchEvent:
    request = transport.request(call)
    try:
        envelope = msgspec.json.decode(line, type=_Envelope)
        if envelope.type == "ERROR":
            status = msgspec.json.decode(envelope.object, type=Status)
            raise from_status(status.code, status, request)
        if envelope.type not in _TYPES:
            raise not_json(request)
        return msgspec.convert({"type": envelope.type, "object": msgspec.json.decode(envelope.object)}, type=WatchEvent)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise not_json(request) from None
