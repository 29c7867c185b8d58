"""Finds what others change of ours, from what the watchers tell, and puts it back where a stack says so.

``touched`` only remembers; one task per cluster looks, one look at a time. A look is cheap (metadata against records)
until something is suspect; then a plan is made, which is the only judge of what differs, and its verdicts become
drifts. Putting back is a rollout of such a plan, started only if it would do nothing else. What is known is in the
database before anything is done about it, so a process that dies loses nothing. While a rollout of ours works on a
cluster, what is told of it waits: those changes are ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec
import structlog

from gatewright.background import alongside
from gatewright.gatewayapi.live import Touched
from gatewright.gatewayapi.metadata import WrittenMeta
from gatewright.model.desired import BundleName
from gatewright.model.errors import GatewrightError
from gatewright.model.plan import ObjectVerdict
from gatewright.observe.clusters import Clusters
from gatewright.observe.survey import find
from gatewright.planning import episodes
from gatewright.planning.drift import Deviation, deviation, mode_of, worth_reading
from gatewright.planning.episodes import Limits
from gatewright.planning.solver import solve
from gatewright.rollout.drift_log import write
from gatewright.rollout.drift_view import DriftView, Identity, suspects_of, teams, view_of
from gatewright.rollout.errors import IdentityChangedError
from gatewright.rollout.healing import Healer
from gatewright.rollout.planner import Planner, Question
from gatewright.rollout.service import Rollouts

Judged: TypeAlias = dict[Identity, Deviation | None]


class DriftOptions(msgspec.Struct, frozen=True):
    """Seconds. ``settle``: how long changes are collected before a look; ``poll``: how often a rollout of ours is
    looked at that must end first; ``sweep``: how often the database is asked what is due; ``backoff``: the most between
    two looks at a cluster that fails. ``at_once``: how many clusters are looked at at the same time."""

    settle: float = 0.1
    poll: float = 0.1
    sweep: float = 2.0
    backoff: float = 60.0
    at_once: int = 8
    limits: Limits = Limits()


class _Site:
    """What was told of one cluster and not looked at yet. ``shapes``: what was told last of each object that is there;
    ``moved``: those told of before; ``due``: look at the open drifts whatever was told."""

    def __init__(self, name: str, uid: str) -> None:
        self.name = name
        self.uid = uid
        self.told: dict[Identity, Touched] = {}
        self.moved: set[Identity] = set()
        self.shapes: dict[Identity, int] = {}
        self.due = False
        self.failures = 0
        self.task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> bool:
        return bool(self.told) or self.due


class DriftWatch:
    """The drift of the clusters that this process watches. ``run`` until cancelled; everything else is quick and never
    waits."""

    def __init__(
        self, clusters: Clusters, planner: Planner, rollouts: Rollouts, options: DriftOptions | None = None
    ) -> None:
        self._clusters = clusters
        self._database = clusters.database
        self._planner = planner
        self._options = options or DriftOptions()
        self._sites: dict[str, _Site] = {}
        self._gate = asyncio.Semaphore(self._options.at_once)
        # At the start every cluster has something to look up; those of clusters that judge slowly must not delay it.
        self._reading = asyncio.Semaphore(self._options.at_once)
        self._healer = Healer(clusters, rollouts, self._gate, self._options.limits, self._options.poll)
        self._group: asyncio.TaskGroup | None = None
        self._log = structlog.get_logger("gatewright.drift")

    # What watchers tell

    def touched(self, event: Touched) -> None:
        """An object of a kind that we may own is there, changed, or is not there. Coalesced per object."""
        site = self._sites.setdefault(event.uid, _Site(event.cluster, event.uid))
        site.name = event.cluster
        identity = event.ref.identity
        before = site.shapes.pop(identity, None)
        if event.metadata is not None:
            shape = _shape(event.metadata)
            site.shapes[identity] = shape
            if shape == before:
                return
            if before is not None:
                site.moved.add(identity)
        site.told[identity] = event
        self._wake(site)

    def forget(self, uid: str) -> None:
        """The cluster is no longer watched by this process."""
        site = self._sites.pop(uid, None)
        if site is not None and site.task is not None:
            site.task.cancel()

    # Working

    async def run(self) -> None:
        """Looks and heals until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                for site in self._sites.values():
                    self._wake(site)
                await self._sweeping()
            finally:
                self._group = None

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncGenerator[None]:
        """While open, this process looks and heals."""
        async with alongside(self.run(), name="drift"):
            yield

    async def _sweeping(self) -> None:
        while True:
            try:
                async with self._database.reading() as unit:
                    due = await unit.drifts.due()
                for site in [self._sites[uid] for uid in due if uid in self._sites]:
                    site.due = True
                    self._wake(site)
            except Exception:  # the next sweep tries again
                self._log.exception("drift sweep failed")
            await asyncio.sleep(self._options.sweep)

    def _wake(self, site: _Site) -> None:
        if self._group is not None and site.waiting and (site.task is None or site.task.done()):
            site.task = self._group.create_task(self._work(site))

    async def _work(self, site: _Site) -> None:
        while site.waiting:
            await asyncio.sleep(self._options.settle)
            try:
                done = await self._attend(site)
                site.failures = 0
                if not done:
                    await asyncio.sleep(self._options.poll)
            except GatewrightError as error:
                self._log.info("drift not looked at", cluster=site.name, code=error.code)
                await self._back_off(site)
            except Exception:  # a bug on one cluster must not end the watch over the others
                self._log.exception("drift failed unexpectedly", cluster=site.name)
                await self._back_off(site)

    async def _back_off(self, site: _Site) -> None:
        site.failures += 1
        await asyncio.sleep(min(self._options.backoff, 2.0**site.failures) * random.uniform(0.5, 1))

    async def _attend(self, site: _Site) -> bool:
        """One look at a cluster, and what follows from it. False: not now, or the world moved meanwhile; what was told
        still waits."""
        told, moved, due = dict(site.told), frozenset(site.moved), site.due
        async with self._reading:
            view = await view_of(self._clusters, site.uid)
        if view is None:
            site.told.clear()
            site.due = False
            return True
        if view.busy:
            return False
        if await self._healer.conclude_earlier(site.name, site.uid, view):
            return False
        suspects = suspects_of(view, told, moved)
        if suspects:
            found = await self._judge(site, view, suspects)
            if not await self._keep(site, view, found):
                return False
        self._drop(site, told, due)
        if suspects:
            await self._healer.heal(site.name, site.uid)
        return True

    def _drop(self, site: _Site, told: Mapping[Identity, Touched], due: bool) -> None:
        """What was dealt with is no longer waiting, unless more was told meanwhile."""
        for identity, event in told.items():
            if site.told.get(identity) is event:
                del site.told[identity]
                site.moved.discard(identity)
        site.due = site.due and not due

    # Judging

    async def _judge(self, site: _Site, view: DriftView, suspects: frozenset[Identity]) -> Judged:
        """Every object that was judged, with what differs. Raises ``ClusterError``."""
        async with self._gate:
            verdicts, bundle = await self._verdicts(site, view, suspects)
            records = [
                record
                for identity, record in view.records.items()
                if identity in verdicts and worth_reading(record, verdicts[identity], suspects)
            ]
            async with self._clusters.client(site.name) as kube:
                lives = await asyncio.gather(*(find(kube, record.ref) for record in records))
        judged: Judged = {}
        for record, live in zip(records, lives, strict=True):
            verdict = verdicts[record.ref.identity]
            judged[record.ref.identity] = deviation(record, verdict, live, view.known.installation, bundle)
        judged.update(dict.fromkeys(suspects - view.records.keys()))
        if solve(view.known.claims).installation is not None:
            # Nobody wants these any more: there is nothing to compare them with.
            judged.update(dict.fromkeys(suspects - verdicts.keys()))
        return judged

    async def _verdicts(
        self, site: _Site, view: DriftView, suspects: frozenset[Identity]
    ) -> tuple[dict[Identity, ObjectVerdict], BundleName | None]:
        verdicts: dict[Identity, ObjectVerdict] = {}
        bundle: BundleName | None = None
        for team in teams(view, suspects):
            made = await self._planner.cluster_plan(Question(team, site.name, site.uid), permissions=False)
            if made.uid != site.uid:
                raise IdentityChangedError(cluster=site.name, found=made.uid, expected=site.uid)
            bundle = made.bundle or bundle
            for verdict in made.verdicts:
                verdicts.setdefault(verdict.ref.identity, verdict)
        return verdicts, bundle

    async def _keep(self, site: _Site, view: DriftView, judged: Judged) -> bool:
        """Writes down what was judged. False, and nothing written, if we wrote to the cluster meanwhile."""
        async with self._database.transaction() as unit:
            lock = await unit.rollouts.lock_of(site.uid)
            moved = await unit.records.of_cluster(site.uid) != view.known.records
            if moved or (lock is not None and lock.rollout != view.held):
                return False
            now = datetime.now(UTC)
            drifts = await unit.drifts.of_cluster(site.uid)
            for identity, found in judged.items():
                before = drifts.get(identity)
                if found is not None:
                    mode = mode_of(found.record, view.known.claims)
                    after = episodes.seen(before, found, site.name, mode, now, self._options.limits)
                    await write(unit, site.uid, before, after)
                elif before is not None and before.active:
                    await write(unit, site.uid, before, episodes.gone(before, now))
        return True


def _shape(metadata: WrittenMeta) -> int:
    """Equal for two states of an object that differ in nothing that could be drift: what only moves the status does
    not count. Kinds without a generation tell by the resource version."""
    writers = tuple(w for w in metadata.managed_fields or () if w.subresource != "status")
    return hash((
        metadata.uid,
        metadata.generation or metadata.resource_version,
        metadata.deletion_timestamp,
        writers if metadata.generation else (),
        tuple(sorted((metadata.labels or {}).items())),
        tuple(sorted((metadata.annotations or {}).items())),
    ))  # fmt: skip
