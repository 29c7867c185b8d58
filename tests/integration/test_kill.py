"""``kill -9`` at any moment loses no step and doubles no effect; a process that only slept writes nothing more."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from handles import ClusterFactory, ClusterHandle
from product import Product, admin, clean, explain, lease_holder, open_product, part_of, snapshot, unique
from proxy import Gate, faulty, writes_to

from gatewright.kube.client import KubeClient
from gatewright.model.desired import ControllerSpec
from gatewright.model.rollout import RolloutStatus
from gatewright.observe.survey import find
from gatewright.store.rollouts import DRIVEN

pytestmark = pytest.mark.integration

KILLS = 10


@pytest.fixture(scope="module")
def made(cluster_factory: ClusterFactory) -> list[ClusterHandle]:
    return sorted((cluster_factory(), cluster_factory()), key=lambda c: c.name)


@pytest.fixture
async def pair(made: list[ClusterHandle]) -> AsyncIterator[list[ClusterHandle]]:
    yield made
    await asyncio.gather(*(clean(cluster) for cluster in made))


class Worker:
    """A driving process of its own. Leaving the block kills it."""

    def __init__(self, home: Path) -> None:
        self._home = home

    async def __aenter__(self) -> Worker:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("worker.py")),
            str(self._home),
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self.kill()
        await self.process.communicate()

    async def says(self, word: str) -> None:
        """Waits for the word among the lines of its log."""
        assert self.process.stdout is not None
        seen: list[str] = []
        while (line := (await self.process.stdout.readline()).decode()) != f"{word}\n":
            seen.append(line)
            assert line, seen

    def kill(self) -> None:
        if self.process.returncode is None:
            os.kill(self.process.pid, signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)


async def killed_again_and_again(home: Path, product: Product, rollout: str, kills: list[float]) -> None:
    """Lets worker after worker drive the rollout, each killed after the next time, until it ends or no kill is left."""
    while kills and (await product.rollouts.show(rollout)).state in DRIVEN:
        async with Worker(home) as worker:
            await worker.says("driving")
            await asyncio.sleep(kills.pop())


async def require_whole(product: Product, cluster: ClusterHandle, uid: str) -> None:
    """What we remember is what is there, everything was written once, and nobody holds the cluster any more."""
    records = await product.records(uid)
    async with KubeClient(admin(cluster)) as kube:
        for record in records:
            live = await find(kube, record.ref)
            assert live is not None, record.ref
            assert record.origin == "created"
            assert (live["metadata"]["uid"], live["metadata"].get("generation", 0)) == (record.uid, record.generation)
            assert record.generation <= 1, record.ref
            ours = [m for m in live["metadata"]["managedFields"] if m["manager"] == "gatewright"]
            assert [m["operation"] for m in ours] == ["Apply"]
    crds = cluster.json("crd")["items"]
    assert len(crds) == 10
    assert {crd["metadata"]["generation"] for crd in crds} == {1}
    assert len(cluster.json("deployments", "-A")["items"]) == 1
    assert await product.lock(uid) is None
    assert await lease_holder(cluster) == ""


def require_done(status: RolloutStatus) -> None:
    assert status.state == "succeeded", status
    assert {step.state for target in status.targets for step in target.steps} == {"done"}
    assert {target.state for target in status.targets} == {"succeeded"}


async def test_ten_kills_at_random_moments(tmp_path: Path, pair: list[ClusterHandle]) -> None:
    """Installing on two clusters, and, if that ends before ten kills were spent, leaving them and so on."""
    seed = int(os.environ.get("GATEWRIGHT_KILL_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"GATEWRIGHT_KILL_SEED={seed}")
    rng = random.Random(seed)
    kills = [rng.uniform(0, 1.2) for _ in range(KILLS)]
    home, team = tmp_path / "home", unique("killed")
    edge = ControllerSpec("traefik", "3.7.15", unique("edge"))
    async with open_product(home, driving=False) as product:
        uids = {cluster.name: await product.register(cluster) for cluster in pair}
        installed = False
        while kills or not installed:
            if not installed:
                await product.bind(team, pair, bundle="v1.6.1", controller=edge)
            plan = await product.plan(team, action="leave" if installed else "install")
            assert plan.outcome == "change", explain(plan)
            rollout = (await product.start(plan)).id
            await killed_again_and_again(home, product, rollout, kills)
            async with Worker(home) as worker:
                await worker.says("driving")
                await worker.says("ended")
            require_done(await product.rollouts.show(rollout))
            installed = not installed
            for cluster in pair:
                if installed:
                    await require_whole(product, cluster, uids[cluster.name])
                else:
                    assert await product.records(uids[cluster.name]) == ()
                    assert cluster.json("crd")["items"] == []
        before = [await snapshot(cluster) for cluster in pair]
        fresh = await product.plan(team)
        assert fresh.outcome == "nothing", explain(fresh)
        assert [await snapshot(cluster) for cluster in pair] == before


def silence_every_worker(home: Path) -> None:
    """As if all had been silent for a long time: the ones that live beat again within two seconds."""
    database = sa.create_engine(f"sqlite:///{home / 'gatewright.db'}", connect_args={"timeout": 30})
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE workers SET heartbeat_at = '2000-01-01T00:00:00.000000Z'"))
    database.dispose()


async def test_a_worker_that_slept_is_replaced_and_writes_nothing_more(
    tmp_path: Path, pair: list[ClusterHandle]
) -> None:
    """It is stopped with a write on its way. It wakes while its successor works: that keeps the cluster, and ends."""
    cluster, _ = pair
    home, team = tmp_path / "home", unique("asleep")
    async with faulty(cluster) as proxy, open_product(home, driving=False) as asking:
        uid = await asking.register(cluster, connection=proxy.connection)
        await asking.bind(team, [cluster])
        plan = await asking.plan(team)
        first = Gate(lambda r: writes_to(r, "namespaces"), drop=True)
        proxy.rules.append(first)
        rollout = await asking.start(plan)
        async with Worker(home) as sleeper:
            await first.reached.wait()
            sleeper.signal(signal.SIGSTOP)
            proxy.rules.remove(first)
            second = Gate(lambda r: writes_to(r, "customresourcedefinitions"), drop=False)
            proxy.rules.append(second)
            silence_every_worker(home)
            async with open_product(home) as successor:
                async with asyncio.timeout(60):
                    await second.reached.wait()
                holder = await lease_holder(cluster)
                assert holder.endswith(f"{rollout.id}.2")
                first.open.set()
                sleeper.signal(signal.SIGCONT)
                await asyncio.sleep(2)
                assert await lease_holder(cluster) == holder
                second.open.set()
                status = await successor.standing(rollout.id)
                require_done(status)
                assert status.generation == 2
            written = await snapshot(cluster)
            async with asyncio.timeout(60):
                await sleeper.says("driving")
                await sleeper.says("ended")
        assert await snapshot(cluster) == written
        assert {c["metadata"]["generation"] for c in cluster.json("crd")["items"]} == {1}
        assert part_of(await asking.plan(team), cluster).outcome == "nothing"
        assert await lease_holder(cluster) == ""
        assert await asking.lock(uid) is None
