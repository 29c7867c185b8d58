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
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec

from gatewright.background import cancelled
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
    Scope,
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
from gatewright.observe.feeds import BASE, WRITTEN, FeedSpec, too_many_secrets, wanted_feeds
from gatewright.observe.pulse import ClusterReplacedError, Pulse, SlowError, utc_now
from gatewright.observe.secrets import RawSecret, facts_of
from gatewright.observe.survey import identity

_NOTHING: Final = object()
_LISTS: Final = 4
"""Lists of one cluster that may come at once: each may be as large as the client's limit, and all are in memory."""
_FEW: Final = 100
"""Objects that differ after a list: more are judged quicker with everything else than one by one."""
_VERSION_EVERY: Final = 30
_EACH_CRD: Final = FeedSpec(CRDS)
"""Stands for the reading of CRDs one by one, which is no feed."""
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
        self.kube = kube
        self._listener = listener
        self._options = options or WatcherOptions()
        self._owned = {ref.identity: ref for ref in owned}
        self._metadata: dict[tuple[str, str, str, str], WrittenMeta] = {}
        self._feeds: dict[FeedSpec, asyncio.Task[None]] = {}
        self._answered: set[FeedSpec] = set()
        self._unread: dict[FeedSpec, str] = {}
        self._failing: dict[FeedSpec, int] = {}
        self._troubles: dict[FeedSpec, GatewrightError] = {}
        self._sure = asyncio.Event()
        self._doubts = 0
        self._vouching = asyncio.Lock()
        self._vouched = -1
        """The newest connection of which it is known who answers there (``Transport.opened``)."""
        self._crds: dict[str, str] = {}
        self._lists = asyncio.Semaphore(_LISTS)
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()
        self._read_crds = asyncio.Event()
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
        before, self._owned = self._owned, {ref.identity: ref for ref in refs}
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
            self._sure.set()
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._refeeding(group), name=f"feeds {self.snapshot.cluster}")
                    group.create_task(self._reading_crds(), name=f"crds {self.snapshot.cluster}")
                    group.create_task(self._heartbeat(), name=f"pulse {self.snapshot.cluster}")
            except* ClusterReplacedError as replaced:
                self._fail(_first(replaced))
            finally:
                self._feeds.clear()
                self._troubles.clear()
                self._failing.clear()

    async def _identified(self) -> None:
        """Returns once the cluster is known to be the registered one."""
        failures = 0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(self._options.patience):
                    await self._identify()
                self._beat(asyncio.get_running_loop().time() - began)
                return
            except TimeoutError:
                self._fail(SlowError(seconds=round(self._options.patience)))
            except GatewrightError as error:
                self._fail(error)
            failures += 1
            pause = min(self._options.identity, 2.0 ** min(failures, 6))
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))

    async def _identify(self) -> None:
        """Raises ``ClusterReplacedError``, and what keeps the cluster from saying which one it is."""
        newest = self.kube.transport.opened
        found = await identity(self.kube, multiplexed=True)
        if found != self.uid:
            raise ClusterReplacedError(uid=found, registered=self.uid)
        opened = self.kube.transport.opened
        # One more is the connection that the question needed.
        self._vouched = opened if opened - newest <= 1 else newest

    # Feeds

    async def _refeeding(self, group: asyncio.TaskGroup) -> None:
        self._moved.set()
        while True:
            await self._moved.wait()
            await asyncio.sleep(_TOGETHER)
            self._moved.clear()
            wanted = wanted_feeds(self.snapshot, self._owned.values())
            for spec in self._feeds.keys() - wanted:
                await self._stop(spec, wanted)
            self.snapshot.pending.update((SECRET, key) for key in too_many_secrets(self.snapshot))
            for spec in sorted(wanted - self._feeds.keys()):
                if self._held(spec) and _scope(spec) not in self.snapshot.listed:
                    self.snapshot.pending.add(_scope(spec))
                feed = Feed(lambda: self.kube, spec, self._shape(spec), self, self._options.feed, self._lists)
                self._feeds[spec] = group.create_task(feed.run(), name=repr(feed))
            self._settle()

    def _shape(self, spec: FeedSpec) -> type[Any]:
        if spec.kind == SECRET:
            return RawSecret
        if spec.kind == DEPLOYMENT and not spec.metadata_only:
            return Workload
        return Owned if spec.metadata_only and spec.kind != NAMESPACE else SHAPES[spec.kind]

    async def _stop(self, spec: FeedSpec, wanted: Collection[FeedSpec]) -> None:
        await cancelled(self._feeds.pop(spec))
        self._answered.discard(spec)
        self._unlisted(spec)
        self._recovered(spec)
        self._refuse(spec, None)
        others = [other for other in wanted if other.kind == spec.kind and self._held(other)]
        if not any(other.covers(("", "")) for other in others):
            self._touch_all(spec, {})
        if self._held(spec):
            self._clear(spec, others)

    def _clear(self, spec: FeedSpec, others: Collection[FeedSpec] = ()) -> None:
        """What only this feed has brought is not known any more."""
        objects = self.snapshot.objects.get(spec.kind, {})
        gone = [key for key in objects if spec.covers(key) and not any(other.covers(key) for other in others)]
        for key in gone:
            del objects[key]
        if gone:
            self._listener.replaced(self.uid)

    def _prune(self) -> None:
        """What an earlier process saw, and what nobody asks for any more."""
        if CRD in self.snapshot.unread:
            return
        feeds: dict[GroupKind, list[FeedSpec]] = {}
        for spec in filter(self._held, self._feeds):
            feeds.setdefault(spec.kind, []).append(spec)
        self.snapshot.listed &= {_scope(spec) for spec in self._feeds if self._held(spec)}
        for kind in self.snapshot.objects.keys() - {CRD}:
            objects = self.snapshot.objects[kind]
            for key in [key for key in objects if not any(spec.covers(key) for spec in feeds.get(kind, ()))]:
                del objects[key]

    def _unlisted(self, spec: FeedSpec) -> None:
        """Nobody looks there any more."""
        self.snapshot.pending.discard(_scope(spec))
        self.snapshot.listed.discard(_scope(spec))

    def _held(self, spec: FeedSpec) -> bool:
        """Whether the snapshot holds what the feed brings."""
        return spec.kind in (SECRET, NAMESPACE) or not spec.metadata_only

    # What feeds tell

    def listed(self, spec: FeedSpec, found: Listed[Any]) -> None:
        self.relists += 1
        self._recovered(spec)
        self._beat()
        first = _scope(spec) not in self.snapshot.listed or spec.kind in self.snapshot.unread or bool(found.unreadable)
        self._refuse(spec, "observe.unreadable" if found.unreadable else None)
        if spec.kind == CRD:
            self._crds_listed(found.items)
        elif self._held(spec):
            self._replace(spec, {item.metadata.key: item for item in found.items}, first=first)
        self._touch_all(spec, {item.metadata.key: item.metadata for item in found.items})
        self._answered.add(spec)
        self.snapshot.pending.discard(_scope(spec))
        if self._held(spec):
            self.snapshot.listed.add(_scope(spec))
        self._moved.set()

    def changed(self, spec: FeedSpec, change: Change[Any]) -> None:
        self.alive(spec)
        self.changes += 1
        key = (change.namespace, change.name)
        item = None if change.type == "DELETED" else change.object
        if change.unreadable:
            self._refuse(spec, "observe.unreadable")
        if spec.kind == CRD:
            self._crd_changed(key, item)
        elif self._held(spec):
            self._put(spec.kind, key, None if item is None else self._kept(spec, item))
        if not change.unreadable:
            self._touch_found(spec, key, None if item is None else item.metadata)

    def alive(self, spec: FeedSpec) -> None:
        self._recovered(spec)
        self._beat()

    def failed(self, spec: FeedSpec, error: GatewrightError) -> None:
        self._answered.add(spec)
        # It is kept while the trouble lasts, and its frames would keep megabytes of what was read.
        error.__traceback__ = error.__cause__ = error.__context__ = None
        error.within(self.snapshot.cluster)
        times = self._failing[spec] = self._failing.get(spec, 0) + 1
        forbidden = isinstance(error, ForbiddenError)
        if forbidden or (spec.kind == CRD and CRD not in self.snapshot.objects):
            self._refuse(spec, error.code)
            self.snapshot.pending.discard(_scope(spec))
            self._listener.replaced(self.uid)
        if (spec in BASE if forbidden else times > 1) or isinstance(error, UnauthorizedError):
            # Once may be an accident; what fails again is told, even while smaller questions are answered.
            self._troubles[spec] = error
            self._beat(partly=True)
        self._settle()

    def gone(self, spec: FeedSpec) -> None:
        """The kind is not served now: asked again as soon as its CRD, or anything else, says so."""
        self._answered.add(spec)
        self._unlisted(spec)
        self._recovered(spec)
        self._refuse(spec, None)
        if self._held(spec):
            self._clear(spec)
        self._touch_all(spec, {})
        self._feeds.pop(spec, None)
        asyncio.get_running_loop().call_later(1.0, self._moved.set)
        self._settle()

    async def vouch(self) -> None:
        while self._vouched != self.kube.transport.opened:
            async with self._vouching:
                if self._vouched != self.kube.transport.opened:
                    await self._identify()

    async def again(self) -> None:
        self._doubts += 1
        self._sure.clear()
        self._wake.set()
        await self._sure.wait()

    def _recovered(self, spec: FeedSpec) -> None:
        self._failing.pop(spec, None)
        if self._troubles.pop(spec, None) is not None and not self._troubles:
            self._wake.set()

    def _refuse(self, spec: FeedSpec, code: str | None) -> None:
        """The feed cannot read everything, for the reason with this code; None: it can. One feed is enough to leave its
        kind unread."""
        if code is None:
            self._unread.pop(spec, None)
        else:
            self._unread[spec] = code
        kinds = {other.kind: found for other, found in self._unread.items()}
        if spec.kind in kinds:
            self.snapshot.unread[spec.kind] = kinds[spec.kind]
        else:
            self.snapshot.unread.pop(spec.kind, None)

    def _replace(self, spec: FeedSpec, items: dict[Key, Any], *, first: bool) -> None:
        """``first``: nothing was known of what was listed. After that a list (after a 410) mostly brings what is there
        already, and only what differs is told."""
        objects = self.snapshot.objects.setdefault(spec.kind, {})
        kept = {key: self._kept(spec, item) for key, item in items.items()}
        wanted = {key: item for key, item in kept.items() if item is not None}
        gone = [key for key in objects if spec.covers(key) and key not in wanted]
        moved = [(key, objects[key], None) for key in gone]
        moved += [(key, objects.get(key), item) for key, item in wanted.items() if not _same(objects.get(key), item)]
        for key in gone:
            del objects[key]
        objects.update(wanted)
        self._controllers(spec.kind)
        if first or len(moved) > _FEW:
            self._listener.replaced(self.uid)
            return
        for key, before, after in moved:
            self._listener.changed(self.uid, spec.kind, key, before, after)

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
        failures = 0
        while True:
            await self._read_crds.wait()
            self._read_crds.clear()
            while self._crds:
                some = list(self._crds.items())[:_CRDS_AT_ONCE]
                failed = await asyncio.gather(*(self._follow_crd(name, version) for name, version in some))
                error = next((error for error in failed if error is not None), None)
                if error is None:
                    failures = 0
                    continue
                failures += 1
                await asyncio.sleep(self._options.feed.pause(error, failures))
                await self.again()
            self._recovered(_EACH_CRD)
            self._refuse(_EACH_CRD, None)
            self._settle()

    async def _follow_crd(self, name: str, version: str) -> GatewrightError | None:
        """Reads one CRD into the snapshot; tells what failed."""
        try:
            crd = await self._crd(name)
            await self.vouch()
        except ClusterReplacedError:
            raise
        except GatewrightError as error:
            if name in self._crds:
                # Behind the others: one that cannot be read does not keep them from it.
                self._crds[name] = self._crds.pop(name)
            self.failed(_EACH_CRD, error)
            return error
        if name not in self._crds:
            # It was deleted while it was read.
            return None
        if self._crds[name] == version:
            del self._crds[name]
        self._put(CRD, ("", name), crd)
        self._moved.set()
        return None

    async def _crd(self, name: str) -> Crd | None:
        try:
            body = await self.kube.get_raw(CRDS.path(None, name), subject=CRDS.describe(name), multiplexed=True)
            return msgspec.json.decode(body, type=Crd)
        except (ObjectNotFoundError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
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
            began, doubts = asyncio.get_running_loop().time(), self._doubts
            try:
                async with asyncio.timeout(self._options.patience):
                    await self._ask(beats)
                self._beat(asyncio.get_running_loop().time() - began)
                beats += 1
                if doubts == self._doubts:
                    self._sure.set()
            except TimeoutError:
                self.kube.transport.doubt()
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
        if beats % _VERSION_EVERY == 0 and self._sure.is_set():
            self.snapshot.kubernetes = await self.kube.version(multiplexed=True)
            return
        await self._identify()

    def _beat(self, seconds: float | None = None, *, partly: bool = False) -> None:
        before, trouble = self.pulse.seen_at, next(iter(self._troubles.values()), None)
        if trouble is None:
            changed = self.pulse.heard(seconds)
        else:
            if not partly:
                self.pulse.heard()
            changed = (partly or seconds is not None) and self.pulse.failed(trouble, partly=True)
        if changed or self.pulse.seen_at != before:
            self._listener.pulsed(self.uid)

    def _fail(self, error: GatewrightError) -> None:
        error.within(self.snapshot.cluster)
        self.pulse.failed(error)
        self._listener.pulsed(self.uid)

    def _settle(self) -> None:
        if self._moved.is_set() or self._crds or self.synced.is_set():
            return
        if self._feeds and all(spec in self._answered for spec in self._feeds):
            self._prune()
            self.synced.set()
            self._listener.replaced(self.uid)


def _first(group: BaseExceptionGroup[ClusterReplacedError]) -> ClusterReplacedError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _same(before: Any, after: Any) -> bool:
    return before is not None and before.metadata.resource_version == after.metadata.resource_version != ""


def _scope(spec: FeedSpec) -> Scope:
    return (spec.kind, (spec.namespace, spec.name))


def _generation(item: Any) -> object:
    """What changes when the spec does; kinds without a generation always count as changed."""
    if item is None:
        return _NOTHING
    return (item.metadata.uid, item.metadata.generation or item.metadata.resource_version)
