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
from gatewright.lab import lab
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


@contextlib.asynccontextmanager
async def running_lab(clusters: int) -> AsyncGenerator[tuple[ClusterState, ...]]:
    """A lab in another process, so that its load is no part of what is measured here."""
    name = f"bench{secrets.token_hex(2)}"
    command = [sys.executable, "-m", "gatewright.lab"]
    up = [*command, "up", "--name", name, "--clusters", str(clusters), "--detach"]
    await asyncio.to_thread(subprocess.run, up, check=True, stdout=sys.stderr)
    try:
        yield lab.status(name).clusters
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
