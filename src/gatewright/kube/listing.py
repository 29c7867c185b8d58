"""A whole list, page by page, within the limits of the client: no answer is endless, no token goes in circles."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import msgspec

from gatewright.kube.errors import GoneError, NotKubernetesError, TooManyObjectsError
from gatewright.kube.transport import Call, Transport, too_large

T = TypeVar("T")


class PageInfo(msgspec.Struct, frozen=True):
    """``metav1.ListMeta``."""

    next_page: str = msgspec.field(default="", name="continue")
    resource_version: str = msgspec.field(default="", name="resourceVersion")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page. ``unreadable`` names the objects that are not among ``items``."""

    info: PageInfo
    items: list[T]
    unreadable: tuple[str, ...] = ()


Decode = Callable[[bytes, int], Awaitable[Page[T]]]
"""Makes a page of a body; the number says how many objects came before it. Raises ``NotKubernetesError``."""


async def read_pages(transport: Transport, call: Call, decode: Decode[T], max_items: int) -> Page[T]:
    """All pages as one, with the resource version to watch from. A continue token that expires on the way (410)
    restarts the list once.

    Raises ``TooLargeError`` beyond ``max_list`` bytes, ``TooManyObjectsError`` beyond ``max_items`` objects,
    ``TimedOutError`` after ``list_deadline``, ``GoneError`` when the second attempt expires too, and the errors of
    the connection.
    """
    async with _Deadline(transport, call, transport.options.list_deadline):
        try:
            return await _all_pages(transport, call, decode, max_items)
        except GoneError:
            return await _all_pages(transport, call, decode, max_items)


async def _all_pages(transport: Transport, call: Call, decode: Decode[T], max_items: int) -> Page[T]:
    items: list[T] = []
    unreadable: list[str] = []
    size, version, tokens = 0, "", {""}
    page = call
    while True:
        body = (await transport.call(page)).body
        size += len(body)
        if size > transport.options.max_list:
            raise too_large(transport.request(call), transport.options.max_list)
        content = await decode(body, len(items) + len(unreadable))
        items += content.items
        unreadable += content.unreadable
        if len(items) + len(unreadable) > max_items:
            raise TooManyObjectsError(server=transport.request(call).where, object=call.subject, limit=max_items)
        version = version or content.info.resource_version
        token = content.info.next_page
        if not token:
            return Page(PageInfo(resource_version=version), items, tuple(unreadable))
        if token in tokens:
            reason = "HTTP 200, the same continue token twice"
            raise NotKubernetesError(server=transport.request(call).where, reason=reason)
        tokens.add(token)
        page = msgspec.structs.replace(call, params=(*call.params, ("continue", token)))
        # Whoever else waits for the loop comes first: a fast server must not keep it with page after page.
        await asyncio.sleep(0)


class _Deadline:
    """``asyncio.timeout`` that raises our error."""

    def __init__(self, transport: Transport, call: Call, seconds: float) -> None:
        self._transport, self._call, self._seconds = transport, call, seconds
        self._timeout = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError as late:
            raise self._transport.failure(late, self._call) from late
