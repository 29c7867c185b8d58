"""Typed lists and watches: the objects of one kind as a caller's slim struct, and what changes among them.

A cluster may hold anything. An object that is not of the caller's shape is named, and costs neither the page nor the
watch that it comes in.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Final, Generic, TypeVar

import msgspec

from gatewright.kube.client import KubeClient
from gatewright.kube.listing import Page, PageInfo, read_pages
from gatewright.kube.queries import list_call, named, watch_call
from gatewright.kube.resources import Resource
from gatewright.kube.translate import Request, not_json
from gatewright.kube.watch import EventType, RawEvent, raw_events

T = TypeVar("T")
_UNDECODABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_AT_ONCE: Final = 1 << 20
"""Bytes that are decoded in one step of the event loop: about ten milliseconds."""


class Listed(msgspec.Struct, Generic[T], frozen=True):
    """A whole list. ``unreadable`` names objects that are not of the shape, as ``namespace/name``, ``name``, or
    ``#index`` for one without a name. ``resource_version`` is where a watch continues."""

    items: list[T]
    unreadable: tuple[str, ...]
    resource_version: str


class Change(msgspec.Struct, Generic[T], frozen=True):
    """One event. ``object`` is None for a ``BOOKMARK``, which tells only where to continue, and if ``unreadable``.

    ``namespace`` and ``name`` are there for every other event, unless the cluster sent an object without them; then
    ``resource_version`` may be empty too, and the last one that was not is where to continue.
    """

    type: EventType
    resource_version: str
    object: T | None = None
    namespace: str = ""
    name: str = ""
    unreadable: bool = False


async def list_typed(
    kube: KubeClient,
    resource: Resource,
    shape: type[T],
    *,
    namespace: str | None = None,
    name: str | None = None,
    metadata_only: bool = False,
    limit: int = 250,
    max_items: int = 50_000,
    once: bool = False,
    refine: Callable[[T], T] | None = None,
) -> Listed[T]:
    """All objects of a kind, of one namespace or of all, or the one with ``name``, in pages of ``limit``. ``refine``
    is done to each object that was decoded.

    ``once``: what fails is not asked again here.
    Raises ``TooManyObjectsError`` beyond ``max_items`` and what ``read_pages`` raises.
    """
    selector = named(name) if name else None
    call = list_call(resource, namespace, field_selector=selector, metadata_only=metadata_only, limit=limit)
    # A watcher's many first lists then cost one TLS handshake, the one that its watches need anyway.
    call = msgspec.structs.replace(call, multiplexed=True, once=once)
    decode = _PageDecoder(shape, kube.transport.request(call), refine)
    whole = await read_pages(kube.transport, call, decode, max_items)
    return Listed(whole.items, whole.unreadable, whole.info.resource_version)


async def watch_typed(
    kube: KubeClient,
    resource: Resource,
    shape: type[T],
    *,
    resource_version: str,
    namespace: str | None = None,
    name: str | None = None,
    metadata_only: bool = False,
    seconds: int = 300,
    opened: Callable[[], None] | None = None,
) -> AsyncGenerator[Change[T]]:
    """What changes after ``resource_version``, with bookmarks. Ends after about ``seconds``, or when the server likes.
    ``opened`` is called once the server has agreed to watch.

    Close it (``contextlib.aclosing``) when leaving it early. Raises what ``raw_events`` raises.
    """
    call = watch_call(
        resource,
        namespace,
        resource_version=resource_version,
        field_selector=named(name) if name else None,
        metadata_only=metadata_only,
        seconds=seconds,
    )
    decode = msgspec.json.Decoder(shape).decode
    async with aclosing(raw_events(kube.transport, call, seconds, opened)) as events:
        async for event in events:
            yield _change(event, decode)


def _change(event: RawEvent, decode: Callable[[msgspec.Raw], T]) -> Change[T]:
    key = _key(event.object)
    if event.type == "BOOKMARK":
        return Change(event.type, key.version)
    try:
        content = decode(event.object)
    except _UNDECODABLE:
        return Change(event.type, key.version, None, key.namespace, key.name, unreadable=True)
    return Change(event.type, key.version, content, key.namespace, key.name)


class _Key(msgspec.Struct, frozen=True):
    name: str = ""
    namespace: str = ""
    version: str = msgspec.field(default="", name="resourceVersion")


class _Keyed(msgspec.Struct, frozen=True):
    metadata: _Key


def _key(raw: msgspec.Raw) -> _Key:
    try:
        return msgspec.json.decode(raw, type=_Keyed).metadata
    except _UNDECODABLE:
        return _Key()


class _Typed(msgspec.Struct, Generic[T], frozen=True):
    metadata: PageInfo
    items: list[T] | None = None


class _PageDecoder(Generic[T]):
    """Pages of one shape: at once if every object is of it, else one by one."""

    def __init__(self, shape: type[T], request: Request, refine: Callable[[T], T] | None) -> None:
        self._page: msgspec.json.Decoder[_Typed[T]] = msgspec.json.Decoder(_Typed[shape])
        self._item: msgspec.json.Decoder[T] = msgspec.json.Decoder(shape)
        self._request = request
        self._refine = refine

    async def __call__(self, body: bytes, before: int) -> Page[T]:
        page = await self._decoded(body, before)
        if self._refine is None:
            return page
        return msgspec.structs.replace(page, items=[self._refine(item) for item in page.items])

    async def _decoded(self, body: bytes, before: int) -> Page[T]:
        if len(body) <= _AT_ONCE:
            try:
                whole = self._page.decode(body)
                return Page(whole.metadata, whole.items or [])
            except _UNDECODABLE:
                pass
        return await self._one_by_one(body, before)

    async def _one_by_one(self, body: bytes, before: int) -> Page[T]:
        try:
            raw: _Typed[Any] = msgspec.json.decode(body, type=_Typed[msgspec.Raw])
        except _UNDECODABLE:
            raise not_json(self._request) from None
        items: list[T] = []
        unreadable: list[str] = []
        size = 0
        for index, item in enumerate(raw.items or (), start=before):
            try:
                items.append(self._item.decode(item))
            except _UNDECODABLE:
                unreadable.append(_shown(_key(item), index))
            size += len(memoryview(item))
            if size > _AT_ONCE:
                size = 0
                await asyncio.sleep(0)
        return Page(raw.metadata, items, tuple(unreadable))


def _shown(key: _Key, index: int) -> str:
    if not key.name:
        return f"#{index}"
    return f"{key.namespace}/{key.name}" if key.namespace else key.name
