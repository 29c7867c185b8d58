"""The CRDs of Gateway API, read one by one: a feed shows only their metadata, because a cluster may hold hundreds of
megabytes of schemas."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final, Protocol

import msgspec

from gatewright.gatewayapi.crds import is_gateway_api_crd
from gatewright.gatewayapi.kinds import CRD, Key
from gatewright.gatewayapi.live import Snapshot
from gatewright.gatewayapi.surroundings import Crd, Owned
from gatewright.kube.client import KubeClient
from gatewright.kube.errors import ObjectNotFoundError
from gatewright.kube.resources import CRDS
from gatewright.model.errors import GatewrightError
from gatewright.observe.feed import FeedOptions
from gatewright.observe.feeds import FeedSpec
from gatewright.observe.pulse import ClusterReplacedError

EACH_CRD: Final = FeedSpec(CRDS)
"""Stands for the reading of CRDs one by one, which is no feed."""
_AT_ONCE: Final = 4


class Reader(Protocol):
    """Who is told, and knows who answers. As ``feed.Sink``, of ``EACH_CRD``."""

    def crd_read(self, key: Key, crd: Crd | None) -> None:
        """None: it is not there, or is none."""
        ...

    def crd_gone(self, key: Key) -> None: ...

    def crds_read(self) -> None:
        """All that there were to read."""
        ...

    def failed(self, spec: FeedSpec, error: GatewrightError) -> None: ...

    async def vouch(self) -> None: ...

    async def again(self) -> None: ...


class CrdReading:
    """Reads what the feed of CRDs shows, and whatever of it changes. ``run`` until cancelled."""

    def __init__(self, kube: KubeClient, snapshot: Snapshot, reader: Reader, options: FeedOptions) -> None:
        self._kube = kube
        self._snapshot = snapshot
        self._reader = reader
        self._options = options
        self._unread: dict[str, str] = {}
        """The resource version to read, by name."""
        self._wake = asyncio.Event()

    @property
    def waiting(self) -> bool:
        """Whether there is something to read."""
        return bool(self._unread)

    def listed(self, items: Iterable[Owned]) -> None:
        found = {i.metadata.name: i.metadata.resource_version for i in items if is_gateway_api_crd(i.metadata.name)}
        held = self._snapshot.objects.setdefault(CRD, {})
        for key in [key for key in held if key[1] not in found]:
            self._reader.crd_gone(key)
        self._unread = {
            name: version
            for name, version in found.items()
            if ("", name) not in held or held["", name].metadata.resource_version != version
        }
        self._wake.set()

    def changed(self, key: Key, item: Owned | None) -> None:
        """None: it is gone."""
        if not is_gateway_api_crd(key[1]):
            return
        if item is None:
            self._unread.pop(key[1], None)
            self._reader.crd_gone(key)
            return
        self._unread[key[1]] = item.metadata.resource_version
        self._wake.set()

    async def run(self) -> None:
        """Raises ``ClusterReplacedError``."""
        failures = 0
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._unread:
                some = list(self._unread.items())[:_AT_ONCE]
                failed = await asyncio.gather(*(self._follow(name, version) for name, version in some))
                error = next((error for error in failed if error is not None), None)
                if error is None:
                    failures = 0
                    continue
                failures += 1
                await asyncio.sleep(self._options.pause(error, failures))
                await self._reader.again()
            self._reader.crds_read()

    async def _follow(self, name: str, version: str) -> GatewrightError | None:
        """Reads one CRD into the snapshot; tells what failed."""
        try:
            crd = await self._crd(name)
            await self._reader.vouch()
        except ClusterReplacedError:
            raise
        except GatewrightError as error:
            if name in self._unread:
                # Behind the others: one that cannot be read does not keep them from it.
                self._unread[name] = self._unread.pop(name)
            self._reader.failed(EACH_CRD, error)
            return error
        if name not in self._unread:
            # It was deleted while it was read.
            return None
        if self._unread[name] == version:
            del self._unread[name]
        self._reader.crd_read(("", name), crd)
        return None

    async def _crd(self, name: str) -> Crd | None:
        try:
            body = await self._kube.get_raw(CRDS.path(None, name), subject=CRDS.describe(name), multiplexed=True)
            return msgspec.json.decode(body, type=Crd)
        except (ObjectNotFoundError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
