"""One feed: a list, then a watch that goes on from it, for as long as the kind is there.

A watch that ends is continued from its last resource version; one that is too old (410) begins anew with a list; a
failure is waited for with a growing, jittered pause, and until the cluster is known to be the same: another one may
answer at the address, and its objects must not be mixed with what was seen. For the same reason nothing is told before
it is known who answers on the connection that it came over. A kind that is not served ends the feed.
What is listed and what changes goes to a ``Sink``, which never waits.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import aclosing
from typing import Any, Final, Protocol

import msgspec

from gatewright.gatewayapi.sharing import share
from gatewright.kube.client import KubeClient
from gatewright.kube.errors import (
    ForbiddenError,
    GoneError,
    NotKubernetesError,
    ObjectNotFoundError,
    StatusError,
    TooLargeError,
)
from gatewright.kube.feed import Change, Listed, list_typed, watch_typed
from gatewright.model.errors import GatewrightError
from gatewright.observe.feeds import FeedSpec
from gatewright.observe.pulse import ClusterReplacedError

_LASTS: Final = 2.0
"""Seconds after which a watch that the server agreed to counts as one that works, though nothing was heard in it."""


class FeedOptions(msgspec.Struct, frozen=True):
    """Seconds: ``watch`` is how long one watch request lasts (a tenth more or less, so that a thousand clusters do not
    renew at once), ``backoff`` the first pause after a failure, doubled up to ``max_backoff``; ``forbidden`` the pause
    before something that we may not read is tried again. ``max_items``: objects of one list."""

    watch: int = 300
    backoff: float = 0.5
    max_backoff: float = 30.0
    forbidden: float = 120.0
    max_items: int = 50_000

    def pause(self, error: GatewrightError | None, failures: int) -> float:
        """Seconds to wait after so many failures in a row, or what the server asks for."""
        if isinstance(error, ForbiddenError):
            return self.forbidden * random.uniform(0.9, 1.1)
        doubled = self.backoff * 2.0 ** min(failures - 1, 16)
        asked = error.retry_after if isinstance(error, StatusError) else None
        return max(min(doubled, self.max_backoff) * random.uniform(0.5, 1.0), min(asked or 0.0, self.forbidden))


class Sink(Protocol):
    """Who is told. ``listed`` replaces everything in the feed's scope."""

    def listed(self, spec: FeedSpec, found: Listed[Any]) -> None: ...

    def changed(self, spec: FeedSpec, change: Change[Any]) -> None: ...

    def alive(self, spec: FeedSpec) -> None:
        """The cluster answered."""
        ...

    def failed(self, spec: FeedSpec, error: GatewrightError) -> None: ...

    def gone(self, spec: FeedSpec) -> None:
        """The kind is not served."""
        ...

    async def vouch(self) -> None:
        """Returns once it is known that the cluster is the one that the feed began with, also on the newest connection.
        Raises ``ClusterReplacedError``, and what keeps from knowing it."""
        ...

    async def again(self) -> None:
        """Returns once it is known, anew, that the cluster is the one that the feed began with."""
        ...


class Feed:
    """``run`` until cancelled, or until the kind is gone."""

    def __init__(
        self,
        kube: Callable[[], KubeClient],
        spec: FeedSpec,
        shape: type[Any],
        sink: Sink,
        options: FeedOptions,
        lists: asyncio.Semaphore,
    ) -> None:
        """``lists``: how many lists of the cluster may come at once."""
        self._kube = kube
        self._spec = spec
        self._shape = shape
        self._sink = sink
        self._options = options
        self._lists = lists
        self._version = ""
        self._failures = 0

    def __repr__(self) -> str:
        return f"Feed({self._spec.resource.plural}, {self._spec.namespace or '*'}/{self._spec.name or '*'})"

    async def run(self) -> None:
        while True:
            try:
                if not await self._follow():
                    self._sink.gone(self._spec)
                    return
            except GoneError:
                self._version = ""
                await self._sink.again()
            except ClusterReplacedError:
                raise
            except GatewrightError as error:
                self._sink.failed(self._spec, error)
                if isinstance(error, NotKubernetesError | TooLargeError):
                    # What cannot be read in the watch would come again and again; a list may be past it.
                    self._version = ""
                self._failures += 1
                await asyncio.sleep(self._options.pause(error, self._failures))
                await self._sink.again()

    async def _follow(self) -> bool:
        """A list, where one is needed, and one watch. False: the kind is not served."""
        try:
            if not self._version:
                await self._list()
            await self._watch()
        except ObjectNotFoundError:
            await self._sink.vouch()
            return False
        return True

    async def _list(self) -> None:
        spec = self._spec
        async with self._lists:
            found = await list_typed(
                self._kube(),
                spec.resource,
                self._shape,
                namespace=spec.namespace or None,
                name=spec.name or None,
                metadata_only=spec.metadata_only,
                max_items=self._options.max_items,
                once=True,
                refine=share,
            )
            await self._sink.vouch()
        self._version, self._failures = found.resource_version, 0
        self._sink.listed(spec, found)

    async def _watch(self) -> None:
        spec = self._spec
        seconds = int(self._options.watch * random.uniform(0.9, 1.1))
        loop = asyncio.get_running_loop()
        began = loop.time()
        lasting: asyncio.TimerHandle | None = None

        def opened() -> None:
            nonlocal lasting
            lasting = loop.call_later(_LASTS, self._sink.alive, spec)

        events = watch_typed(
            self._kube(),
            spec.resource,
            self._shape,
            resource_version=self._version,
            namespace=spec.namespace or None,
            name=spec.name or None,
            metadata_only=spec.metadata_only,
            seconds=seconds,
            opened=opened,
        )
        try:
            async with aclosing(events):
                async for change in events:
                    await self._sink.vouch()
                    self._tell(change)
        finally:
            if lasting is not None:
                lasting.cancel()
        self._sink.alive(spec)
        if loop.time() - began < 1:
            # A server that ends every watch at once must not be asked a thousand times a second.
            self._failures += 1
            await asyncio.sleep(self._options.pause(None, self._failures))

    def _tell(self, change: Change[Any]) -> None:
        self._failures = 0
        self._version = change.resource_version or self._version
        if change.type == "BOOKMARK":
            self._sink.alive(self._spec)
        else:
            share(change.object)
            self._sink.changed(self._spec, change)
