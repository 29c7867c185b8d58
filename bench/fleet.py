"""A lab and a Gatewright on it, for measuring: the product's own services, in this process."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import msgspec
from platformdirs import user_cache_path

from gatewright.kube import kubeconfig
from gatewright.lab import control, lab
from gatewright.lab.state import ClusterState
from gatewright.model.desired import Binding, BundleName, Desired, Stack, Team
from gatewright.observe.clusters import Clusters
from gatewright.rollout.service import Rollouts
from gatewright.store.bundles import Bundle, BundleStore
from gatewright.store.database import Database
from gatewright.store.secrets import KeyRing

TARGET = BundleName("v1.6.1")


class Measured(msgspec.Struct, frozen=True):
    """A Gatewright in a folder of its own, its team ``bench`` bound to the clusters."""

    rollouts: Rollouts
    clusters: tuple[ClusterState, ...]
    bundle: Bundle


class Pool:
    """A lab in another process, so that its load is no part of what is measured, and as many new clusters as asked for.

    Every measurement has clusters of its own: a CRD that is deleted moments after its creation can hang for minutes
    (seen on 1.36), so a cluster cannot be cleaned and used again at once.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._made = 0

    @contextlib.asynccontextmanager
    async def clusters(self, count: int) -> AsyncGenerator[tuple[ClusterState, ...]]:
        directory = Path(lab.status(self._name).directory)
        names = [f"c{self._made + index}" for index in range(count)]
        self._made += count
        for name in names:
            await control.ask(directory, control.Request("add-cluster", name))
        try:
            state = lab.status(self._name)
            await asyncio.sleep(2)  # a new API server is still busy with itself
            yield tuple(state.cluster(name) for name in names)
        finally:
            for name in names:
                await control.ask(directory, control.Request("remove-cluster", name))


@contextlib.asynccontextmanager
async def pool() -> AsyncGenerator[Pool]:
    """Starts the lab with one cluster that nothing is measured on; ends it."""
    name = f"bench{secrets.token_hex(2)}"
    command = [sys.executable, "-m", "gatewright.lab"]
    up = [*command, "up", "--name", name, "--clusters", "1", "--detach"]
    await asyncio.to_thread(subprocess.run, up, check=True, stdout=sys.stderr)
    try:
        yield Pool(name)
    finally:
        down = [*command, "down", "--name", name]
        await asyncio.to_thread(subprocess.run, down, check=True, stdout=sys.stderr)


@contextlib.asynccontextmanager
async def gatewright(clusters: Sequence[ClusterState]) -> AsyncGenerator[Measured]:
    """A Gatewright with nothing installed yet."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        async with Database.open(f"sqlite:///{home}/gatewright.db") as database:
            await database.migrate()
            known = Clusters(database, KeyRing.load(home, create=True))
            bundles = BundleStore(user_cache_path("gatewright") / "bundles")
            rollouts = Rollouts(known, bundles, f"sqlite:///{home}/engine.db")
            for cluster in clusters:
                connection = kubeconfig.load(Path(cluster.kubeconfig), trust="operator")
                await known.register(cluster.name, connection, who="bench")
            desired: list[Desired] = [Team("bench"), Stack("bench", "crds", TARGET)]
            desired += [Binding("bench", cluster.name, "bench", "crds") for cluster in clusters]
            async with database.transaction() as unit:
                await unit.fleet.apply_desired(desired, "bench")
            async with rollouts.driving():
                yield Measured(rollouts, tuple(clusters), await bundles.load(TARGET))
            await known.close()


async def install(measured: Measured, names: Sequence[str]) -> None:
    """Plans and applies until every kind is served; fails loudly if anything did not hold."""
    plan = await measured.rollouts.plan("bench", clusters=names, who="bench")
    rollout = await measured.rollouts.start(plan.hash, who="bench")
    async for _ in measured.rollouts.events(rollout.id):
        pass
    state = (await measured.rollouts.show(rollout.id)).state
    if state != "succeeded":
        raise RuntimeError(f"the rollout is {state}")
