"""The watcher of one cluster: its feeds, and the snapshot that they keep current.

Kinds come and go with their CRDs while it runs: whatever changes what there is to watch (a CRD, the backends of a
route, a listener's certificate) starts and stops feeds. CRDs are watched by their metadata, because a cluster may hold
hundreds of megabytes of schemas, and those of Gateway API are then read one by one (``crds``). All that the watcher
does on a cluster is to read; everything that it learns goes to a ``Listener`` that never waits. It is composed of what
keeps the snapshot (``upkeep``), what is ours (``ours``) and who answers (``answering``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any, Final

from gatewright.background import cancelled
from gatewright.gatewayapi.kinds import CRD, GroupKind, Key
from gatewright.gatewayapi.live import Snapshot
from gatewright.gatewayapi.surroundings import Crd
from gatewright.kube.client import KubeClient
from gatewright.kube.errors import ForbiddenError
from gatewright.kube.feed import Change, Listed
from gatewright.model.errors import GatewrightError
from gatewright.model.objects import ObjectRef
from gatewright.observe.answering import Answering, AnsweringOptions
from gatewright.observe.crds import EACH_CRD, CrdReading
from gatewright.observe.feed import Feed, FeedOptions
from gatewright.observe.feeds import WRITTEN, FeedSpec, wanted_feeds
from gatewright.observe.listener import Listener
from gatewright.observe.ours import Ours
from gatewright.observe.pulse import ClusterReplacedError, Pulse, utc_now
from gatewright.observe.upkeep import Upkeep, held, shape_of

_LISTS: Final = 4
"""Lists of one cluster that may come at once: each may be as large as the client's limit, and all are in memory."""
_TOGETHER: Final = 0.02
"""Seconds in which what changes the feeds is counted as one change: lists come many at a time."""


class WatcherOptions(AnsweringOptions, frozen=True):
    """How often a watcher asks, and how patiently; ``feed``: of each of its feeds."""

    feed: FeedOptions = FeedOptions()


class ClusterWatcher:
    """Watches until ``run`` is cancelled. ``snapshot`` may be an earlier one: it is shown until the cluster answers.
    A ``feed.Sink`` and a ``crds.Reader``."""

    def __init__(
        self,
        uid: str,
        snapshot: Snapshot,
        kube: KubeClient,
        listener: Listener,
        *,
        pulse: Pulse | None = None,
        owned: Iterable[ObjectRef] = (),
        options: WatcherOptions | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.uid = uid
        self.snapshot = snapshot
        self.pulse = pulse or Pulse(clock=clock)
        self.relists = 0
        self.changes = 0
        self.kube = kube
        self._listener = listener
        self._options = options or WatcherOptions()
        self._upkeep = Upkeep(uid, snapshot, listener)
        self._ours = Ours(uid, snapshot, listener, owned)
        self._answering = Answering(uid, snapshot, kube, self.pulse, listener, self._options)
        self._crds = CrdReading(kube, snapshot, self, self._options.feed)
        self._feeds: dict[FeedSpec, asyncio.Task[None]] = {}
        self._answered: set[FeedSpec] = set()
        self._whole: set[FeedSpec] = set()
        """The feeds that have shown all that there is: those that have answered may have failed."""
        self._lists = asyncio.Semaphore(_LISTS)
        self._moved = asyncio.Event()
        self.synced = asyncio.Event()
        """Set once everything that there is to watch was listed, or was refused."""

    def __repr__(self) -> str:
        return f"ClusterWatcher({self.snapshot.cluster!r}, {len(self._feeds)} feeds)"

    @property
    def specs(self) -> frozenset[FeedSpec]:
        """What is watched now."""
        return frozenset(self._feeds)

    @property
    def streams(self) -> int:
        """How many watches are open."""
        return len(self._feeds)

    def own(self, refs: Iterable[ObjectRef]) -> None:
        """What is ours in the cluster from now on; whether it is there is told at once where that is known."""
        if self._ours.own(refs, self._shown):
            self._moved.set()

    def _shown(self) -> Collection[GroupKind]:
        return {spec.kind for spec in self._whole if spec.kind in WRITTEN and spec.kind not in self.snapshot.unread}

    async def run(self) -> None:
        """Raises nothing but what cancels it."""
        while True:
            await self._answering.identified()
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._refeeding(group), name=f"feeds {self.snapshot.cluster}")
                    group.create_task(self._crds.run(), name=f"crds {self.snapshot.cluster}")
                    group.create_task(self._answering.run(), name=f"pulse {self.snapshot.cluster}")
            except* ClusterReplacedError as replaced:
                self._answering.fail(_first(replaced))
            finally:
                self._feeds.clear()
                self._answering.forget()

    # Feeds

    async def _refeeding(self, group: asyncio.TaskGroup) -> None:
        self._moved.set()
        while True:
            await self._moved.wait()
            await asyncio.sleep(_TOGETHER)
            self._moved.clear()
            wanted = wanted_feeds(self.snapshot, self._ours.refs)
            for spec in self._feeds.keys() - wanted:
                await self._stop(spec, wanted)
            new = sorted(wanted - self._feeds.keys())
            self._upkeep.awaits(new)
            for spec in new:
                feed = Feed(lambda: self.kube, spec, shape_of(spec), self, self._options.feed, self._lists)
                self._feeds[spec] = group.create_task(feed.run(), name=repr(feed))
            self._settle()

    async def _stop(self, spec: FeedSpec, wanted: Collection[FeedSpec]) -> None:
        try:
            await cancelled(self._feeds.pop(spec))
        finally:
            self._left(spec, wanted)

    def _left(self, spec: FeedSpec, wanted: Collection[FeedSpec]) -> None:
        self._answered.discard(spec)
        self._whole.discard(spec)
        self._upkeep.unlisted(spec)
        self._answering.recovered(spec)
        self._upkeep.refuse(spec, None)
        others = [other for other in wanted if other.kind == spec.kind and held(other)]
        if not any(other.covers(("", "")) for other in others):
            self._ours.listed(spec, {})
        if held(spec):
            self._upkeep.clear(spec, others)

    def _settle(self) -> None:
        if self._moved.is_set() or self._crds.waiting or self.synced.is_set():
            return
        if self._feeds and all(spec in self._answered for spec in self._feeds):
            self._upkeep.prune(self._feeds)
            self.synced.set()
            self._listener.replaced(self.uid)

    # What feeds tell

    def listed(self, spec: FeedSpec, found: Listed[Any]) -> None:
        self.relists += 1
        self._answering.recovered(spec)
        self._answering.beat()
        first = self._upkeep.first(spec) or bool(found.unreadable)
        self._upkeep.refuse(spec, "observe.unreadable" if found.unreadable else None)
        if spec.kind == CRD:
            self._crds.listed(found.items)
        elif held(spec):
            self._upkeep.replace(spec, {item.metadata.key: item for item in found.items}, first=first)
        self._ours.listed(spec, {item.metadata.key: item.metadata for item in found.items})
        self._answered.add(spec)
        self._whole.add(spec)
        self._upkeep.listed(spec)
        self._moved.set()

    def changed(self, spec: FeedSpec, change: Change[Any]) -> None:
        self.alive(spec)
        self.changes += 1
        key = (change.namespace, change.name)
        item = None if change.type == "DELETED" else change.object
        if change.unreadable:
            self._upkeep.refuse(spec, "observe.unreadable")
        if spec.kind == CRD:
            self._crds.changed(key, item)
        elif held(spec) and self._upkeep.change(spec, key, item):
            self._moved.set()
        if not change.unreadable:
            self._ours.changed(spec, key, None if item is None else item.metadata)

    def alive(self, spec: FeedSpec) -> None:
        self._answering.recovered(spec)
        self._answering.beat()

    def failed(self, spec: FeedSpec, error: GatewrightError) -> None:
        self._answered.add(spec)
        # It is kept while the trouble lasts, and its frames would keep megabytes of what was read.
        error.__traceback__ = error.__cause__ = error.__context__ = None
        error.within(self.snapshot.cluster)
        if isinstance(error, ForbiddenError) or (spec.kind == CRD and CRD not in self.snapshot.objects):
            self._upkeep.refuse(spec, error.code)
            self._listener.replaced(self.uid)
        self._answering.failed(spec, error)
        self._settle()

    def gone(self, spec: FeedSpec) -> None:
        """The kind is not served now: asked again as soon as its CRD, or anything else, says so."""
        self._answered.add(spec)
        self._whole.add(spec)
        self._upkeep.unlisted(spec)
        self._answering.recovered(spec)
        self._upkeep.refuse(spec, None)
        if held(spec):
            self._upkeep.clear(spec)
        self._ours.listed(spec, {})
        self._feeds.pop(spec, None)
        asyncio.get_running_loop().call_later(1.0, self._moved.set)
        self._settle()

    async def vouch(self) -> None:
        await self._answering.vouch()

    async def again(self) -> None:
        await self._answering.again()

    # What the reading of CRDs tells

    def crd_read(self, key: Key, crd: Crd | None) -> None:
        self._upkeep.put(CRD, key, crd)
        self._moved.set()

    def crd_gone(self, key: Key) -> None:
        if self._upkeep.put(CRD, key, None):
            self._moved.set()

    def crds_read(self) -> None:
        self._answering.recovered(EACH_CRD)
        self._upkeep.refuse(EACH_CRD, None)
        self._settle()


def _first(group: BaseExceptionGroup[ClusterReplacedError]) -> ClusterReplacedError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
