"""An Observatory that looks often, and waiting for what it sees."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Any

from gatewright.gatewayapi.kinds import GroupKind
from gatewright.observe.board import ClusterState
from gatewright.observe.clusters import Clusters
from gatewright.observe.feed import FeedOptions
from gatewright.observe.observatory import Observatory, ObservatoryOptions
from gatewright.observe.watcher import ClusterWatcher, WatcherOptions

OFTEN = ObservatoryOptions(
    WatcherOptions(
        heartbeat=1.0, patience=5.0, identity=1.0, feed=FeedOptions(backoff=0.1, max_backoff=2.0, forbidden=1.0)
    ),
    keep=1.0,
    starting=5.0,
)
SECONDS = 60.0


@contextlib.asynccontextmanager
async def observing(clusters: Clusters, options: ObservatoryOptions = OFTEN) -> AsyncGenerator[Observatory]:
    observatory = Observatory(clusters, options)
    async with observatory.watching():
        yield observatory


async def until(holds: Callable[[], Any], what: Callable[[], object] = lambda: "", seconds: float = SECONDS) -> Any:
    """What ``holds()`` is once it is true; fails with ``what()``."""
    ends = asyncio.get_running_loop().time() + seconds
    while not (found := holds()):
        if asyncio.get_running_loop().time() > ends:
            raise AssertionError(f"not within {seconds} s: {what()}")
        await asyncio.sleep(0.05)
    return found


class Seen:
    """What an Observatory knows of one cluster."""

    def __init__(self, observatory: Observatory, uid: str) -> None:
        self.observatory, self.uid = observatory, uid

    @property
    def state(self) -> ClusterState:
        state = self.observatory.board.state(self.uid)
        assert state is not None
        return state

    @property
    def watcher(self) -> ClusterWatcher | None:
        return next((w for w in self.observatory.watchers if w.uid == self.uid), None)

    def names(self, kind: GroupKind) -> set[str]:
        """``namespace/name`` of the objects of a kind."""
        return {"/".join(filter(None, key)) for key in self.state.snapshot.of(kind)}

    def feeds(self) -> set[str]:
        """``plural.version`` of what is watched, with ``@namespace/name`` where that is not all."""
        specs = self.watcher.specs if self.watcher else ()
        scoped = ((s, f"@{s.namespace}" if s.namespace else "", f"/{s.name}" if s.name else "") for s in specs)
        return {f"{spec.resource.plural}.{spec.resource.version}{namespace}{name}" for spec, namespace, name in scoped}

    def codes(self) -> set[str]:
        """The codes of all findings."""
        return {f.code.removeprefix("health.") for health in self.state.objects.values() for f in health.findings}

    async def until(self, holds: Callable[[], Any], seconds: float = SECONDS) -> Any:
        return await until(holds, self.told, seconds)

    async def synced(self) -> None:
        """Once everything was seen since this Observatory began to look."""
        await until(lambda: (w := self.watcher) and w.synced.is_set() and self.state.synced, self.told)

    async def reaches(self, reachability: str) -> None:
        await self.until(lambda: self.state.reachability == reachability)

    def told(self) -> str:
        """For tests that fail."""
        state = self.observatory.board.state(self.uid)
        if state is None:
            return "nothing is known"
        kinds = {kind[1]: sorted(self.names(kind)) for kind in state.snapshot.objects}
        pulse = (state.reachability, state.since, state.seen_at, state.error)
        return f"{pulse} feeds {sorted(self.feeds())} objects {kinds} unread {state.snapshot.unread} {self.codes()}"
