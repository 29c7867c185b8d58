"""Continuous observation: watches this worker's share of the clusters, and keeps what it sees.

``watching()`` runs until it is left: clusters that are registered are watched, those that are removed are not, a new
credential begins anew. Without it (a single command), ``look`` watches just long enough to have seen everything once.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from typing import Final, TypeVar

import msgspec
import structlog

from gatewright.background import alongside, cancelled, enduring
from gatewright.gatewayapi.live import Touched
from gatewright.model.errors import GatewrightError
from gatewright.observe import memory
from gatewright.observe.board import Board, ClusterState, Transition
from gatewright.observe.breath import Breath
from gatewright.observe.changes import Changes
from gatewright.observe.clusters import Clusters
from gatewright.observe.directory import Directories, Directory
from gatewright.observe.pulse import Pulse
from gatewright.observe.shares import Shares
from gatewright.observe.watcher import ClusterWatcher, WatcherOptions
from gatewright.observe.workers import WorkerPresence
from gatewright.store.states import StoredState

T = TypeVar("T")
DIRECTORY: Final = 1.0
"""Seconds between two looks at what is registered."""
REJUDGE: Final = 15.0
LOOKED: Final = 2.0
"""Seconds for which a look of a single command is good enough for its next question."""
SLICE: Final = 50
"""States that are written or read together."""
STARTING: Final = 64
"""Clusters whose first look may be under way at once."""


class ObservatoryOptions(msgspec.Struct, frozen=True):
    """Seconds. ``keep``: for which a change may be unsaved; ``seen``: for which it may be unsaved when an unchanged
    cluster was last seen; ``starting``: after which a cluster that has not shown everything lets the next begin."""

    watcher: WatcherOptions = WatcherOptions()
    keep: float = 20.0
    seen: float = 300.0
    starting: float = 10.0


class Observatory:
    """The observation of one installation, in one process. A ``board.Follower``."""

    def __init__(self, clusters: Clusters, options: ObservatoryOptions | None = None) -> None:
        self.clusters = clusters
        self._database = clusters.database
        self._options = options or ObservatoryOptions()
        self.directories = Directories(clusters.database)
        self.board = Board(Changes(time.time), self)
        self._watchers: dict[str, ClusterWatcher] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._credentials: dict[str, str] = {}
        self._probed: frozenset[str] = frozenset()
        self._kubernetes: dict[str, str] = {}
        self._starting = asyncio.Semaphore(STARTING)
        self._share: frozenset[str] | None = None
        self._wake = asyncio.Event()
        self._stored: dict[str, int] = {}
        self._shown: dict[str, tuple[int, str]] = {}
        self._kept_at: dict[str, float] = {}
        self._looked: dict[str, float] = {}
        self._followers: list[Callable[[Transition], None]] = []
        self._touches: list[Callable[[Touched], None]] = []
        self._leavers: list[Callable[[str], None]] = []
        self._log = structlog.get_logger("gatewright.observe")
        self.watches_now = False

    # Following

    def on_transition(self, call: Callable[[Transition], None]) -> None:
        """``call`` hears every transition of the clusters that this worker watches. It must not wait."""
        self._followers.append(call)

    def on_touched(self, call: Callable[[Touched], None]) -> None:
        """``call`` hears of every object of ours that is there, changed or went. It must not wait."""
        self._touches.append(call)

    def on_left(self, call: Callable[[str], None]) -> None:
        """``call`` hears the UID of every cluster that this process watches no more."""
        self._leavers.append(call)

    def moved(self, transition: Transition) -> None:
        if transition.uid in self._watchers:
            for call in self._followers:
                call(transition)

    def touched(self, event: Touched) -> None:
        for call in self._touches:
            call(event)

    # Numbers of this process, for metrics

    @property
    def watchers(self) -> Sequence[ClusterWatcher]:
        return tuple(self._watchers.values())

    # Probing

    def probed(self) -> list[tuple[str, str]]:
        """UID and name of the clusters that this process watches and may probe."""
        return [(uid, watcher.snapshot.cluster) for uid, watcher in self._watchers.items() if uid in self._probed]

    def uid_of(self, cluster: str) -> str | None:
        return next((uid for uid, watcher in self._watchers.items() if watcher.snapshot.cluster == cluster), None)

    # Watching

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncGenerator[None]:
        """While open, this process watches its share of the clusters."""
        presence = WorkerPresence(self._database, "watch")
        await presence.register()
        await self._recall()
        shares = Shares(self._database, presence, self._assign)
        self.watches_now = True
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(presence.leave)
            stack.push_async_callback(shares.leave)
            stack.push_async_callback(self._stop_all)
            await shares.balance()
            for loop in (presence.beat, shares.run, self._registering, self._keeping, self._rejudging):
                task = asyncio.create_task(enduring(loop, self._stumbled))
                stack.push_async_callback(cancelled, task)
            try:
                yield
            finally:
                self.watches_now = False

    def _stumbled(self, _: Exception) -> None:
        self._log.exception("watching")

    def _assign(self, share: frozenset[str]) -> None:
        self._share = share
        self._wake.set()

    async def _registering(self) -> None:
        while True:
            try:
                await self._follow_directory(await self.directories.read())
            except GatewrightError as error:
                self._log.warning("directory", code=error.code)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DIRECTORY):
                    await self._wake.wait()
            self._wake.clear()

    async def _follow_directory(self, directory: Directory) -> None:
        share = self._share or frozenset()
        self._probed = frozenset(uid for uid, cluster in directory.clusters.items() if cluster.spec.probes)
        for uid in self.board.states().keys() - directory.clusters.keys():
            await self._stop(uid)
            self.board.forget(uid)
        for uid in self._tasks.keys() - share:
            await self._stop(uid)
        for uid, cluster in directory.clusters.items():
            grants = f"{directory.credentials.get(uid)} {cluster.name} {cluster.spec.read_secrets}"
            if uid in self._tasks and self._credentials[uid] != grants:
                await self._stop(uid)
                await self.clusters.forget_client(uid)
            if uid in share and uid not in self._tasks:
                self._credentials[uid] = grants
                self._tasks[uid] = asyncio.create_task(self._watch(uid, directory), name=f"watch {cluster.name}")
            elif uid in self._watchers:
                self._watchers[uid].own(directory.owned.get(uid, ()))
        await self._remember_versions(directory)

    async def _remember_versions(self, directory: Directory) -> None:
        """A cluster's Kubernetes is upgraded now and then: what is registered of it follows."""
        seen = {
            uid: watcher.snapshot.kubernetes for uid, watcher in self._watchers.items() if uid in directory.clusters
        }
        news = {
            uid: version
            for uid, version in seen.items()
            if version and self._kubernetes.get(uid, directory.clusters[uid].kubernetes) != version
        }
        if news:
            async with self._database.transaction() as unit:
                for uid, version in news.items():
                    await unit.fleet.set_kubernetes(uid, version)
            self._kubernetes.update(news)

    async def _watch(self, uid: str, directory: Directory) -> None:
        """Watches one cluster; what fails unexpectedly is logged and begins anew."""
        while True:
            try:
                async with self._starting:
                    watcher = await self._watcher(uid, directory)
                    running = asyncio.create_task(watcher.run(), name=f"watcher {watcher.snapshot.cluster}")
                    try:
                        await self._first_look(watcher, running)
                    except BaseException:
                        await cancelled(running)
                        raise
                try:
                    await self._told_when_synced(watcher, running)
                finally:
                    await cancelled(running)
            except GatewrightError as error:
                self._log.warning("watch", cluster=directory.clusters[uid].name, code=error.code)
            except Exception:
                self._log.exception("watch", cluster=directory.clusters[uid].name)
            self._watchers.pop(uid, None)
            await asyncio.sleep(5)

    async def _watcher(self, uid: str, directory: Directory) -> ClusterWatcher:
        cluster = directory.clusters[uid]
        known = self.board.state(uid)
        pulse = Pulse(state=known.reachability, since=known.since, seen_at=known.seen_at) if known else Pulse()
        if known is not None:
            pulse.error = known.error
        state = self.board.begin(uid, cluster.name, pulse, secrets=cluster.spec.read_secrets)
        try:
            async with self.clusters.client(cluster.name) as kube:
                client = kube
        except GatewrightError as error:
            pulse.failed(error)
            self.board.pulsed(uid)
            raise
        watcher = ClusterWatcher(
            uid,
            state.snapshot,
            client,
            self.board,
            pulse=pulse,
            owned=directory.owned.get(uid, ()),
            options=self._options.watcher,
        )
        self._watchers[uid] = watcher
        return watcher

    async def _first_look(self, watcher: ClusterWatcher, running: asyncio.Task[None]) -> None:
        async with alongside(watcher.synced.wait()) as synced:
            await asyncio.wait((synced, running), timeout=self._options.starting, return_when=asyncio.FIRST_COMPLETED)
        if watcher.synced.is_set():
            self.board.synced(watcher.uid)
        self.board.judge(watcher.uid)

    async def _told_when_synced(self, watcher: ClusterWatcher, running: asyncio.Task[None]) -> None:
        async with alongside(watcher.synced.wait()) as synced:
            await asyncio.wait((synced, running), return_when=asyncio.FIRST_COMPLETED)
            if watcher.synced.is_set():
                self.board.synced(watcher.uid)
            await running

    async def _stop(self, uid: str) -> None:
        task = self._tasks.pop(uid, None)
        watcher = self._watchers.pop(uid, None)
        if task is None:
            return
        try:
            await cancelled(task)
        finally:
            if watcher is not None:
                await self.clusters.discard(uid, watcher.kube)
            for call in self._leavers:
                call(uid)

    async def _stop_all(self) -> None:
        await cancelled(*self._tasks.values())
        with contextlib.suppress(GatewrightError):
            await self._keep(self._watchers, everything=True)
        self._tasks.clear()
        self._watchers.clear()

    # Remembering

    async def _recall(self) -> None:
        """What earlier processes and other workers saw."""
        directory = await self.directories.read()
        async with self._database.reading() as unit:
            stored = await unit.states.since()
        for found in stored:
            if found.cluster_uid in directory.clusters:
                self._show(found, directory)
                await asyncio.sleep(0)

    def _show(self, stored: StoredState, directory: Directory) -> None:
        self._shown[stored.cluster_uid] = (stored.revision, stored.stored_at)
        self._stored[stored.cluster_uid] = stored.revision
        try:
            kept = memory.decode(stored.body)
        except msgspec.DecodeError:
            return
        name = directory.clusters[stored.cluster_uid].name
        self.board.show(stored.cluster_uid, name, stored.revision, kept)

    async def _keeping(self) -> None:
        """Saves what changed here, and reads what others saved."""
        alone = self._database.embedded
        saved = asyncio.get_running_loop().time()
        while True:
            await asyncio.sleep(1.0)
            now = asyncio.get_running_loop().time()
            try:
                if not alone:
                    await self._read_others()
                if not alone or now - saved >= self._options.keep:
                    saved = now
                    await self._keep(self._watchers)
            except GatewrightError as error:
                self._log.warning("states", code=error.code)

    async def _read_others(self) -> None:
        directory = await self.directories.read()
        async with self._database.reading() as unit:
            heads = await unit.states.heads()
            others = heads.keys() & directory.clusters.keys() - self._watchers.keys()
            changed = [uid for uid in sorted(others) if self._shown.get(uid) != heads[uid]]
        for some in _slices(changed, SLICE):
            async with self._database.reading() as unit:
                stored = await unit.states.of(some)
            for found in stored:
                if found.cluster_uid not in self._watchers:
                    self._show(found, directory)
                    await asyncio.sleep(0)

    async def _keep(self, uids: Iterable[str], *, everything: bool = False) -> None:
        """Saves what changed; now and then, or with ``everything``, also when the rest was last seen."""
        changed: list[ClusterState] = []
        now = asyncio.get_running_loop().time()
        for uid in uids:
            state = self.board.state(uid)
            due = everything or now - self._kept_at.setdefault(uid, now) >= self._options.seen
            if state is not None and (due or self._stored.get(uid) != state.revision):
                changed.append(state)
        breath = Breath()
        for some in _slices(changed, SLICE):
            # As they are now: while the database works, they change.
            bodies: list[tuple[str, int, bytes]] = []
            for state in some:
                bodies.append((state.uid, state.revision, memory.encode(memory_of(state))))
                await breath.take()
            async with self._database.transaction() as unit:
                for uid, revision, body in bodies:
                    await unit.states.put(uid, revision, body)
            self._stored.update((uid, revision) for uid, revision, _ in bodies)
            self._kept_at.update((uid, now) for uid, _, _ in bodies)

    async def _rejudging(self) -> None:
        while True:
            # One after another: all at once, a large fleet would keep everyone else waiting.
            uids = list(self.board.states())
            for uid in uids:
                await asyncio.sleep(REJUDGE / len(uids))
                self.board.rejudge([uid])
            if not uids:
                await asyncio.sleep(REJUDGE)

    # Looking once

    async def remember(self, uids: Iterable[str]) -> None:
        """Judges what is new of clusters that were looked at, and saves it."""
        self.board.settle()
        await self._keep(uids)

    async def look(self, uids: Iterable[str], seconds: float) -> None:
        """Sees everything of the clusters once, each for at most ``seconds``, and remembers it. Nothing where this
        process watches already."""
        if self.watches_now:
            return
        directory = await self.directories.read()
        loop = asyncio.get_running_loop()
        recent = {uid for uid, at in self._looked.items() if loop.time() - at < LOOKED}
        wanted = [uid for uid in uids if uid in directory.clusters and uid not in recent]
        if not wanted:
            return
        await self._recall()
        await asyncio.gather(*(self._look(uid, directory, seconds) for uid in wanted))
        self.board.settle()
        await self._keep(wanted)
        self._looked.update(dict.fromkeys(wanted, loop.time()))

    async def _look(self, uid: str, directory: Directory, seconds: float) -> None:
        with contextlib.suppress(GatewrightError):
            watcher = await self._watcher(uid, directory)
            running = asyncio.create_task(watcher.run())
            ends = (running, asyncio.create_task(watcher.synced.wait()), asyncio.create_task(_refused(watcher)))
            try:
                await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
                if watcher.synced.is_set():
                    self.board.synced(uid)
                self.board.judge(uid)
            finally:
                await cancelled(*ends)
                self._watchers.pop(uid, None)


async def _refused(watcher: ClusterWatcher) -> None:
    """Until the cluster did not even say which one it is: a look that does not stay has no time to ask again."""
    while True:
        if watcher.pulse.checked_at and watcher.pulse.error is not None and not watcher.streams:
            return
        await asyncio.sleep(0.05)


def memory_of(state: ClusterState) -> memory.Memory:
    """What is stored of a state."""
    snapshot = state.snapshot
    return memory.Memory(
        kubernetes=snapshot.kubernetes,
        reachability=state.reachability,
        since=state.since,
        seen_at=state.seen_at,
        checked_at=state.checked_at,
        synced=state.synced,
        secrets_granted=snapshot.secrets_granted,
        controllers=snapshot.controllers,
        unread=[(*kind, code) for kind, code in snapshot.unread.items()],
        kinds=memory.kinds_of(snapshot),
        findings=[
            memory.Since(f.code, f.subject.identity, f.where, f.since)
            for found in state.objects.values()
            for f in found.findings
        ],
        error=state.error,
        probes=list(snapshot.probes.values()),
        listed=sorted(snapshot.listed),
    )


def _slices(found: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    return (found[start : start + size] for start in range(0, len(found), size))
