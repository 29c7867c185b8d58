"""The watcher of one cluster: its feeds, and the snapshot that they keep current.

Kinds come and go with their CRDs while it runs: whatever changes what there is to watch (a CRD, the backends of a
route, a listener's certificate) starts and stops feeds. CRDs are watched by their metadata, because a cluster may hold
hundreds of megabytes of schemas, and those of Gateway API are then read one by one. All that the watcher does on a
cluster is to read; everything that it learns goes to a ``Listener`` that never waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec

from gatewright.gatewayapi.crds import is_gateway_api_crd
from gatewright.gatewayapi.live import (
    CRD,
    DEPLOYMENT,
    NAMESPACE,
    SECRET,
    SHAPES,
    Crd,
    GroupKind,
    Key,
    Owned,
    Snapshot,
    Touched,
    Workload,
    WrittenMeta,
)
from gatewright.kube.client import KubeClient
from gatewright.kube.errors import ForbiddenError, ObjectNotFoundError, UnauthorizedError
from gatewright.kube.feed import Change, Listed
from gatewright.kube.resources import CRDS
from gatewright.model.errors import GatewrightError
from gatewright.model.objects import ObjectRef
from gatewright.observe import decode
from gatewright.observe.feed import Feed, FeedOptions
from gatewright.observe.feeds import BASE, WRITTEN, FeedSpec, wanted_feeds
from gatewright.observe.pulse import ClusterReplacedError, Pulse, SlowError, utc_now
from gatewright.observe.secrets import RawSecret, facts_of
from gatewright.observe.survey import identity

_NOTHING: Final = object()
_VERSION_EVERY: Final = 30
_TOGETHER: Final = 0.02
"""Seconds in which what changes the feeds is counted as one change: lists come many at a time."""
_CRDS_AT_ONCE: Final = 4
_MOVES_FEEDS: Final = frozenset(SHAPES) - {NAMESPACE, ("", "Service"), ("discovery.k8s.io", "EndpointSlice")}


class WatcherOptions(msgspec.Struct, frozen=True):
    """``heartbeat``: seconds between two small questions; ``patience``: seconds that an answer may take; ``identity``:
    seconds until a cluster that is another one is asked again."""

    feed: FeedOptions = FeedOptions()
    heartbeat: float = 10.0
    patience: float = 6.0
    identity: float = 30.0


class Listener(Protocol):
    """Who is told what a watcher learns."""

    def changed(self, uid: str, kind: GroupKind, key: Key, before: Any, after: Any) -> None:
        """One object of the snapshot; None: not there."""
        ...

    def replaced(self, uid: str) -> None:
        """So much of the snapshot that all of it must be judged anew."""
        ...

    def pulsed(self, uid: str) -> None:
        """Reachability, or only when it was last confirmed."""
        ...

    def touched(self, event: Touched) -> None: ...


class ClusterWatcher:
    """Watches until ``run`` is cancelled. ``snapshot`` may be an earlier one: it is shown until the cluster answers."""

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
        self._kube = kube
        self._listener = listener
        self._options = options or WatcherOptions()
        self._owned = {ref.identity: ref for ref in owned}
        self._metadata: dict[tuple[str, str, str, str], WrittenMeta] = {}
        self._feeds: dict[FeedSpec, asyncio.Task[None]] = {}
        self._answered: set[FeedSpec] = set()
        self._crds: dict[str, str] = {}
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()
        self._read_crds = asyncio.Event()
        self.synced = asyncio.Event()
        """Set once everything that there is to watch was listed, or was refused."""

    def __repr__(self) -> str:
        return f"ClusterWatcher({self.snapshot.cluster!r}, {len(self._feeds)} feeds)"

    @property
    def streams(self) -> int:
        """How many watches are open."""
        return len(self._feeds)

    def own(self, refs: Iterable[ObjectRef]) -> None:
        """What is ours in the cluster from now on; whether it is there is told at once where that is known."""
        before, self._owned = self._owned, {ref.identity: ref for ref in refs}
        if before == self._owned:
            return
        if before == self._owned:
            return
        listed = {
            spec.kind for spec in self._answered if spec.kind in WRITTEN and spec.kind not in self.snapshot.unread
        }
        for key in self._owned.keys() - before.keys():
            if key in self._metadata or key[:2] in listed:
                self._touch(self._owned[key], self._metadata.get(key))
        self._moved.set()

    async def run(self) -> None:
        """Raises nothing but what cancels it."""
        while True:
            await self._identified()
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._refeeding(group), name=f"feeds {self.snapshot.cluster}")
                    group.create_task(self._reading_crds(), name=f"crds {self.snapshot.cluster}")
                    group.create_task(self._heartbeat(), name=f"pulse {self.snapshot.cluster}")
            except* ClusterReplacedError as replaced:
                self._fail(_first(replaced))
            finally:
                self._feeds.clear()

    async def _identified(self) -> None:
        """Returns once the cluster is known to be the registered one."""
        failures = 0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(self._options.patience):
                    found = await identity(self._kube, multiplexed=True)
                if found == self.uid:
                    self._beat(asyncio.get_running_loop().time() - began)
                    return
                raise ClusterReplacedError(uid=found, registered=self.uid)
            except TimeoutError:
                self._fail(SlowError(seconds=round(self._options.patience)))
            except GatewrightError as error:
                self._fail(error)
            failures += 1
            pause = min(self._options.identity, 2.0 ** min(failures, 6))
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))

    # Feeds

    async def _refeeding(self, group: asyncio.TaskGroup) -> None:
        self._moved.set()
        while True:
            await self._moved.wait()
            await asyncio.sleep(_TOGETHER)
            self._moved.clear()
            wanted = wanted_feeds(self.snapshot, self._owned.values())
            for spec in self._feeds.keys() - wanted:
                await self._stop(spec)
            for spec in sorted(wanted - self._feeds.keys()):
                if self._held(spec):
                    self.snapshot.pending.add(_scope(spec))
                feed = Feed(lambda: self._kube, spec, self._shape(spec), self, self._options.feed)
                self._feeds[spec] = group.create_task(feed.run(), name=repr(feed))
            self._settle()

    def _shape(self, spec: FeedSpec) -> type[Any]:
        if spec.kind == SECRET:
            return RawSecret
        if spec.kind == DEPLOYMENT and not spec.metadata_only:
            return Workload
        return Owned if spec.metadata_only and spec.kind != NAMESPACE else SHAPES[spec.kind]

    async def _stop(self, spec: FeedSpec) -> None:
        task = self._feeds.pop(spec)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([task])
        self._answered.discard(spec)
        self.snapshot.pending.discard(_scope(spec))
        self.snapshot.unread.pop(spec.kind, None)
        self._touch_all(spec, {})
        if self._held(spec) and not any(other.kind == spec.kind and not other.namespace for other in self._feeds):
            self._clear(spec)

    def _clear(self, spec: FeedSpec) -> None:
        objects = self.snapshot.objects.get(spec.kind, {})
        for key in [key for key in objects if spec.covers(key)]:
            del objects[key]
        self._listener.replaced(self.uid)

    def _held(self, spec: FeedSpec) -> bool:
        """Whether the snapshot holds what the feed brings."""
        return spec.kind in (SECRET, NAMESPACE) or not spec.metadata_only

    # What feeds tell

    def listed(self, spec: FeedSpec, found: Listed[Any]) -> None:
        self.relists += 1
        self._beat()
        self.snapshot.unread.pop(spec.kind, None)
        if found.unreadable:
            self.snapshot.unread[spec.kind] = "observe.unreadable"
        if spec.kind == CRD:
            self._crds_listed(found.items)
        elif self._held(spec):
            self._replace(spec, {item.metadata.key: item for item in found.items})
        self._touch_all(spec, {item.metadata.key: item.metadata for item in found.items})
        self._answered.add(spec)
        self.snapshot.pending.discard(_scope(spec))
        if spec.kind in _MOVES_FEEDS and not spec.metadata_only:
            self._moved.set()
        self._settle()

    def changed(self, spec: FeedSpec, change: Change[Any]) -> None:
        self._beat()
        self.changes += 1
        key = (change.namespace, change.name)
        item = None if change.type == "DELETED" else change.object
        if change.unreadable:
            self.snapshot.unread[spec.kind] = "observe.unreadable"
        if spec.kind == CRD:
            self._crd_changed(key, item)
        elif self._held(spec):
            self._put(spec.kind, key, None if item is None else self._kept(spec, item))
        if not change.unreadable:
            self._touch_found(spec, key, None if item is None else item.metadata)

    def alive(self, spec: FeedSpec) -> None:
        self._beat()

    def failed(self, spec: FeedSpec, error: GatewrightError) -> None:
        self._answered.add(spec)
        if isinstance(error, ForbiddenError):
            self.snapshot.pending.discard(_scope(spec))
            self.snapshot.unread[spec.kind] = error.code
            self._listener.replaced(self.uid)
            if spec in BASE:
                self._fail(error)
        elif isinstance(error, UnauthorizedError):
            self._fail(error)
        else:
            self._wake.set()
        self._settle()

    def gone(self, spec: FeedSpec) -> None:
        """The kind is not served now: asked again as soon as its CRD, or anything else, says so."""
        self._answered.add(spec)
        self.snapshot.pending.discard(_scope(spec))
        if self._held(spec):
            self._clear(spec)
        self._touch_all(spec, {})
        self._feeds.pop(spec, None)
        asyncio.get_running_loop().call_later(1.0, self._moved.set)
        self._settle()

    def _replace(self, spec: FeedSpec, items: dict[Key, Any]) -> None:
        objects = self.snapshot.objects.setdefault(spec.kind, {})
        kept = {key: self._kept(spec, item) for key, item in items.items()}
        wanted = {key: item for key, item in kept.items() if item is not None}
        gone = [key for key in objects if spec.covers(key) and key not in wanted]
        for key in gone:
            del objects[key]
        objects.update(wanted)
        self._controllers(spec.kind)
        self._listener.replaced(self.uid)

    def _kept(self, spec: FeedSpec, item: Any) -> Any:
        """What the snapshot keeps of an object; None for nothing."""
        if spec.kind == SECRET:
            return facts_of(item)
        if spec.kind == DEPLOYMENT:
            return item if decode.controllers_of(item) else None
        return item

    def _put(self, kind: GroupKind, key: Key, item: Any) -> None:
        objects = self.snapshot.objects.setdefault(kind, {})
        before = objects.get(key)
        if item is None:
            objects.pop(key, None)
        else:
            objects[key] = item
        if before is None and item is None:
            return
        self._controllers(kind)
        if kind in _MOVES_FEEDS and _generation(before) != _generation(item):
            self._moved.set()
        self._listener.changed(self.uid, kind, key, before, item)

    def _controllers(self, kind: GroupKind) -> None:
        if kind == DEPLOYMENT:
            found = (c for workload in self.snapshot.of(kind).values() for c in decode.controllers_of(workload))
            self.snapshot.controllers = tuple(sorted(found, key=lambda c: (c.namespace, c.deployment)))

    # CRDs

    def _crds_listed(self, items: Iterable[Owned]) -> None:
        found = {i.metadata.name: i.metadata.resource_version for i in items if is_gateway_api_crd(i.metadata.name)}
        held = self.snapshot.objects.setdefault(CRD, {})
        for key in [key for key in held if key[1] not in found]:
            self._put(CRD, key, None)
        self._crds = {
            name: version
            for name, version in found.items()
            if ("", name) not in held or held["", name].metadata.resource_version != version
        }
        self._read_crds.set()

    def _crd_changed(self, key: Key, item: Owned | None) -> None:
        if not is_gateway_api_crd(key[1]):
            return
        if item is None:
            self._crds.pop(key[1], None)
            self._put(CRD, key, None)
            return
        self._crds[key[1]] = item.metadata.resource_version
        self._read_crds.set()

    async def _reading_crds(self) -> None:
        while True:
            await self._read_crds.wait()
            self._read_crds.clear()
            while self._crds:
                some = list(self._crds.items())[:_CRDS_AT_ONCE]
                failures = await asyncio.gather(*(self._follow_crd(name, version) for name, version in some))
                if any(failures):
                    await asyncio.sleep(self._options.feed.backoff)
            self._settle()

    async def _follow_crd(self, name: str, version: str) -> bool:
        """Reads one CRD into the snapshot; tells whether that failed."""
        try:
            crd = await self._crd(name)
        except GatewrightError as error:
            if name in self._crds:
                # Behind the others: one that cannot be read does not keep them from it.
                self._crds[name] = self._crds.pop(name)
            self.failed(FeedSpec(CRDS), error)
            return True
        if self._crds.get(name) == version:
            del self._crds[name]
        self._put(CRD, ("", name), crd)
        self._moved.set()
        return False

    async def _crd(self, name: str) -> Crd | None:
        try:
            body = await self._kube.get_raw(CRDS.path(None, name), subject=CRDS.describe(name), multiplexed=True)
            return msgspec.json.decode(body, type=Crd)
        except (ObjectNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
            return None

    # What is ours

    def _touch_all(self, spec: FeedSpec, found: dict[Key, Any]) -> None:
        if spec.kind not in WRITTEN and not spec.metadata_only:
            return
        for key, metadata in found.items():
            self._touch_found(spec, key, metadata)
        for identity_, ref in self._owned.items():
            key = (ref.namespace or "", ref.name)
            if (ref.group, ref.kind) == spec.kind and spec.covers(key) and key not in found:
                self._metadata.pop(identity_, None)
                self._touch(ref, None)

    def _touch_found(self, spec: FeedSpec, key: Key, metadata: Any) -> None:
        if spec.kind not in WRITTEN and not spec.metadata_only:
            return
        identity_ = (*spec.kind, *key)
        if metadata is None:
            self._metadata.pop(identity_, None)
        elif spec.kind != DEPLOYMENT or key in self.snapshot.of(DEPLOYMENT):
            self._metadata[identity_] = metadata
        if identity_ in self._owned:
            self._touch(self._owned[identity_], metadata)

    def _touch(self, ref: ObjectRef, metadata: WrittenMeta | None) -> None:
        self._listener.touched(Touched(self.snapshot.cluster, self.uid, ref, metadata))

    # Whether it answers

    async def _heartbeat(self) -> None:
        beats = 0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(self._options.patience):
                    await self._ask(beats)
                self._beat(asyncio.get_running_loop().time() - began)
                beats += 1
            except TimeoutError:
                self._kube.transport.doubt()
                self._kube.transport.doubt()
                self._fail(SlowError(seconds=round(self._options.patience)))
            except ClusterReplacedError:
                raise
            except GatewrightError as error:
                self._fail(error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._options.heartbeat * random.uniform(0.9, 1.1)):
                    await self._wake.wait()
                    # A feed failed: ask soon, but not for each feed that fails.
                    await asyncio.sleep(min(1.0, self._options.heartbeat))
            self._wake.clear()

    async def _ask(self, beats: int) -> None:
        """The smallest question; now and then also for the version, which changes once in months."""
        if beats % _VERSION_EVERY == 0:
            self.snapshot.kubernetes = await self._kube.version(multiplexed=True)
            return
        found = await identity(self._kube, multiplexed=True)
        if found != self.uid:
            raise ClusterReplacedError(uid=found, registered=self.uid)

    def _beat(self, seconds: float | None = None) -> None:
        before = self.pulse.seen_at
        if self.pulse.heard(seconds) or self.pulse.seen_at != before:
            self._listener.pulsed(self.uid)

    def _fail(self, error: GatewrightError) -> None:
        error.within(self.snapshot.cluster)
        self.pulse.failed(error)
        self._listener.pulsed(self.uid)

    def _settle(self) -> None:
        if self._moved.is_set() or self._crds or self.synced.is_set():
            return
        if self._feeds and all(spec in self._answered for spec in self._feeds):
            self.synced.set()
            self._listener.replaced(self.uid)


def _first(group: BaseExceptionGroup[ClusterReplacedError]) -> ClusterReplacedError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _scope(spec: FeedSpec) -> tuple[GroupKind, Key]:
    return (spec.kind, (spec.namespace, spec.name))


def _generation(item: Any) -> object:
    """What changes when the spec does; kinds without a generation always count as changed."""
    if item is None:
        return _NOTHING
    return (item.metadata.uid, item.metadata.generation or item.metadata.resource_version)
