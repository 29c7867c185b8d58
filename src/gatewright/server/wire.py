"""The edge of the API: msgspec values out as JSON, JSON in as msgspec values, both without a detour.

Answers are encoded from the values of the model as they are. Bodies are decoded into typed structs that forbid unknown
fields, so that a misspelt field is an error and not silently nothing.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar, cast

import msgspec
from fastapi import Request

from gatewright.server.errors import BodyError, BodyTooLargeError, MediaTypeError
from gatewright.server.parameters import Kubeconfig

JSON: Final = "application/json"
MAX_BODY: Final = 8 * 1024 * 1024
"""Bytes; a fleet of 1,000 clusters with their teams and bindings is under 1 MiB of manifests."""

T = TypeVar("T")


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The base of what routes read."""


class ConnectionBody(Body, frozen=True):
    """How to reach a cluster: the text of a kubeconfig and, where it has several, the context.

    From the operator's own process only: ``path`` instead of the text, and neither for their default kubeconfig.
    """

    kubeconfig: Kubeconfig | None = None
    path: str | None = None
    context: str | None = None
    insecure_skip_tls_verify: bool = False


def encoded(value: Any) -> bytes:
    """``value`` as JSON. Sets keep an order, so that equal values give equal bytes."""
    return msgspec.json.encode(value, order="deterministic")


async def body(request: Request, type: type[T]) -> T:
    """The body as ``type``; an absent body counts as ``{}``. Raises ``BodyError``, ``BodyTooLargeError`` or
    ``MediaTypeError``."""
    content = await _read(request)
    given = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if content and given != JSON:
        raise MediaTypeError(given=given[:80] or "-")
    try:
        return _decoded(content or b"{}", type)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BodyError(reason=str(error)[:300]) from error


def _decoded(content: bytes, type: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=type)
    except msgspec.ValidationError:
        return msgspec.convert(_whole(msgspec.json.decode(content)), type)


def _whole(value: Any) -> Any:
    """``value`` with integers for numbers that are ones: JSON Schema, and JavaScript, know no difference to 80.0."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_whole(item) for item in cast(list[Any], value)]
        case dict():
            return {key: _whole(item) for key, item in cast(dict[str, Any], value).items()}
        case _:
            return value


async def _read(request: Request) -> bytes:
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > MAX_BODY:
            raise BodyTooLargeError(limit=MAX_BODY // (1024 * 1024))
    return bytes(received)
