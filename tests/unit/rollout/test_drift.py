"""The drift watch over clusters that are fakes: what it looks at, when, how much at once, and what survives it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gatewright.gatewayapi.live import Touched
from gatewright.gatewayapi.marks import INSTALLATION, MANAGED_BY
from gatewright.gatewayapi.metadata import Writer, WrittenMeta
from gatewright.kube.errors import UnreachableError
from gatewright.model.desired import Binding, BundleName, Cluster, ControllerSpec, DriftMode, Stack, Team
from gatewright.model.drift import Drift
from gatewright.model.objects import Manifest, ObjectRef
from gatewright.model.plan import ClusterPlan, ObjectVerdict, Plan, Step
from gatewright.model.rollout import RolloutState, RolloutStatus
from gatewright.observe.clusters import Clusters
from gatewright.planning.request import Record, namespace_ref
from gatewright.rollout.drift import DriftOptions, DriftWatch
from gatewright.rollout.planner import Question
from gatewright.store.apply import Registration
from gatewright.store.database import Database
from gatewright.store.secrets import KeyRing
from gatewright.text import message

GROUP = ObjectRef("v1", "ServiceAccount", "traefik", "edge")
BUNDLE = BundleName("v1.6.1")
TRAEFIK = ControllerSpec("traefik", "3.7.15", "edge")
WHY = message("drift.lost-crd")
NAMES = tuple("abcdef")


class FakeKube:
    """Objects by name, as they are."""

    def __init__(self) -> None:
        self.objects: dict[str, Manifest] = {}

    async def find(self, resource: object, name: str, namespace: str | None = None) -> Manifest | None:
        return self.objects.get(name)


class FakeClusters(Clusters):
    """Clusters whose client is a fake."""

    kubes: dict[str, FakeKube]

    @contextlib.asynccontextmanager
    async def client(self, name: str) -> AsyncGenerator[Any]:
        yield self.kubes[name]


class FakePlanner:
    """Plans that say ``update`` of every object that is not as it was made."""

    def __init__(self, clusters: FakeClusters) -> None:
        self._clusters = clusters
        self.asked: list[str] = []
        self.now = 0
        self.most = 0
        self.failing: set[str] = set()
        self.asked_twice = asyncio.Event()
        self.hold = asyncio.Event()
        self.hold.set()

    async def cluster_plan(self, question: Question, *, permissions: bool = True) -> ClusterPlan:
        self.asked.append(question.cluster)
        if len(self.asked) == 2:
            self.asked_twice.set()
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self.hold.wait()
            await asyncio.sleep(0)
        finally:
            self.now -= 1
        if question.cluster in self.failing:
            raise UnreachableError(server="x", reason="y")
        return self.plan(question.cluster)

    def plan(self, cluster: str) -> ClusterPlan:
        live = self._clusters.kubes[cluster].objects.get("traefik")
        changed = live is None or bool(live.get("changed"))
        verdict = ObjectVerdict(
            GROUP, "create" if live is None else "update" if changed else "unchanged", WHY, wanted="w"
        )
        steps = (Step("controller", WHY, (GROUP,)),) if changed else ()
        return ClusterPlan(cluster, f"uid-{cluster}", BUNDLE, (verdict,), (), steps)


class FakeRollouts:
    """Rollouts that are over as soon as they are started, in ``ending``."""

    def __init__(self, database: Database, planner: FakePlanner, clusters: FakeClusters) -> None:
        self._database = database
        self._planner = planner
        self._clusters = clusters
        self.ending: RolloutState = "succeeded"
        self.started: list[str] = []
        self._plans: dict[str, Plan] = {}

    async def plan(self, team: str, *, clusters: list[str], who: str) -> Plan:
        plan = Plan(team, "install", (self._planner.plan(clusters[0]),))
        async with self._database.transaction() as unit:
            await unit.plans.save(plan, who)
        self._plans[plan.hash] = plan
        return plan

    async def start(self, plan_hash: str, *, who: str) -> RolloutStatus:
        async with self._database.transaction() as unit:
            made = await unit.rollouts.create(self._plans[plan_hash], who)
            await unit.rollouts.set_state(made.id, made.generation, self.ending)
        self.started.append(made.id)
        if self.ending == "succeeded":
            self._clusters.kubes[self._plans[plan_hash].clusters[0].cluster].objects["traefik"] = ours()
        return made

    async def show(self, id: str) -> RolloutStatus:
        async with self._database.reading() as unit:
            return await unit.rollouts.show(id)


INSTALLED = {"uid": ""}


def ours(*, changed: bool = False) -> Manifest:
    metadata = {
        "name": "traefik",
        "uid": "u1",
        "labels": {MANAGED_BY: "gatewright"},
        "annotations": {INSTALLATION: INSTALLED["uid"]},
        "managedFields": [{"manager": "helm" if changed else "gatewright", "time": "2026-11-22T12:00:00Z"}],
    }
    return {"metadata": metadata, "changed": changed}


class World:
    def __init__(self, database: Database, home: Path) -> None:
        self.database = database
        self.clusters = FakeClusters(database, KeyRing.load(home, create=True))
        self.clusters.kubes = {name: FakeKube() for name in NAMES}
        self.planner = FakePlanner(self.clusters)
        self.rollouts = FakeRollouts(database, self.planner, self.clusters)

    def watch(self, **options: Any) -> DriftWatch:
        given = DriftOptions(**{"settle": 0.01, "poll": 0.01, "sweep": 0.02, "backoff": 0.02, **options})
        return DriftWatch(self.clusters, self.planner, self.rollouts, given)  # type: ignore[arg-type]

    async def setup(self, mode: DriftMode) -> None:
        clusters = [Cluster(name) for name in NAMES]
        stack = Stack("pay", "web", BUNDLE, TRAEFIK, mode)
        bindings = [Binding("pay", name, stack="web") for name in NAMES]
        known = {name: Registration(f"uid-{name}", f"https://{name}") for name in NAMES}
        async with self.database.transaction() as unit:
            INSTALLED["uid"] = await unit.journal.installation_uid()
            await unit.fleet.apply_desired([*clusters, Team("pay"), stack, *bindings], "ann", registrations=known)
            for name in NAMES:
                await unit.records.put(f"uid-{name}", Record(namespace_ref("pay"), "created", "n1", 0, "n", "pay"))
                await unit.records.put(f"uid-{name}", Record(GROUP, "created", "u1", 0, "w"))
        for kube in self.clusters.kubes.values():
            kube.objects["traefik"] = ours()

    def change(self, name: str) -> Touched:
        self.clusters.kubes[name].objects["traefik"] = ours(changed=True)
        return touched(name, changed=True)

    async def drifts(self) -> list[Drift]:
        async with self.database.reading() as unit:
            return await unit.drifts.all(states=("open", "healing", "healed", "fought", "gone"))

    async def until(self, matches: Callable[[list[Drift]], bool]) -> list[Drift]:
        async with asyncio.timeout(30):
            while True:
                if matches(found := await self.drifts()):
                    return found
                await asyncio.sleep(0.01)


def _metadata(*, changed: bool) -> WrittenMeta:
    return WrittenMeta(
        name="traefik",
        uid="u1",
        resource_version="2" if changed else "1",
        labels={MANAGED_BY: "gatewright"},
        annotations={INSTALLATION: INSTALLED["uid"]},
        managed_fields=(Writer("helm" if changed else "gatewright", "Update", "", "2026-11-22T12:00:00Z"),),
    )


def touched(cluster: str, *, changed: bool = False) -> Touched:
    return Touched(cluster, f"uid-{cluster}", GROUP, _metadata(changed=changed))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with Database.open(f"sqlite:///{tmp_path / 'gw.db'}") as database:
        await database.migrate()
        made = World(database, tmp_path)
        await made.setup("report")
        yield made


@pytest.fixture
async def healing(world: World) -> World:
    async with world.database.transaction() as unit:
        await unit.fleet.apply_desired([Stack("pay", "web", BUNDLE, TRAEFIK, "heal")], "ann")
    return world


def opened(name: str) -> Callable[[list[Drift]], bool]:
    return lambda found: any(d.cluster == name and d.active for d in found)


def states(*wanted: str) -> Callable[[list[Drift]], bool]:
    return lambda found: sorted(d.state for d in found) == sorted(wanted)


async def test_what_is_as_we_wrote_it_costs_no_plan(world: World) -> None:
    watch = world.watch()
    async with watch.working():
        for name in NAMES[1:]:
            watch.touched(touched(name))
        watch.touched(world.change("a"))
        await world.until(opened("a"))
    assert set(world.planner.asked) == {"a"}


async def test_a_burst_about_one_object_is_one_look(world: World) -> None:
    watch = world.watch()
    event = world.change("a")
    for _ in range(500):
        watch.touched(event)
    async with watch.working():
        await world.until(opened("a"))
    assert world.planner.asked == ["a"]


async def test_not_more_clusters_at_once_than_said(world: World) -> None:
    watch = world.watch(at_once=2)
    world.planner.hold.clear()
    async with watch.working():
        for name in NAMES:
            watch.touched(world.change(name))
        async with asyncio.timeout(30):
            await world.planner.asked_twice.wait()
        world.planner.hold.set()
        await world.until(lambda found: len(found) == len(NAMES))
    assert world.planner.most == 2


async def test_a_cluster_that_fails_is_tried_again_and_delays_nobody(world: World) -> None:
    watch = world.watch()
    world.planner.failing = {"a"}
    async with watch.working():
        watch.touched(world.change("a"))
        watch.touched(world.change("b"))
        await world.until(opened("b"))
        assert not opened("a")(await world.drifts())
        world.planner.failing = set()
        await world.until(opened("a"))


async def test_what_our_own_rollout_does_waits_and_is_ours(world: World) -> None:
    watch = world.watch()
    plan = Plan("pay", "install", (world.planner.plan("a"),))
    async with world.database.transaction() as unit:
        await unit.plans.save(plan, "ann")
        rollout = await unit.rollouts.create(plan, "ann")
        await unit.rollouts.set_state(rollout.id, rollout.generation, "running")
        await unit.rollouts.lock_cluster("uid-a", rollout.id, rollout.generation)
    async with watch.working():
        renewed = msgspec.structs.replace(_metadata(changed=False), uid="u9")
        watch.touched(Touched("a", "uid-a", GROUP, renewed))
        watch.touched(world.change("b"))
        await world.until(opened("b"))
        assert "a" not in world.planner.asked
        world.clusters.kubes["a"].objects["traefik"]["metadata"]["uid"] = "u9"
        async with world.database.transaction() as unit:
            await unit.records.put("uid-a", Record(GROUP, "created", "u9", 0, "w"))
            await unit.rollouts.set_state(rollout.id, rollout.generation, "succeeded")
            await unit.rollouts.unlock_cluster("uid-a", rollout.id, rollout.generation)
        watch.touched(world.change("c"))
        await world.until(opened("c"))
    assert not opened("a")(await world.drifts())


async def test_a_deleted_object_is_put_back_and_its_healing_is_told(healing: World) -> None:
    watch = healing.watch()
    healing.clusters.kubes["a"].objects.clear()
    async with watch.working():
        watch.touched(Touched("a", "uid-a", GROUP, None))
        [drift] = await healing.until(states("healed"))
    assert drift.kind == "deleted"
    async with healing.database.reading() as unit:
        assert [e.what for e in await unit.journal.events(what_prefix="drift.")] == ["drift.found", "drift.healed"]


async def test_a_failed_rollout_is_told_and_not_repeated_at_once(healing: World) -> None:
    watch = healing.watch()
    healing.rollouts.ending = "failed"
    async with watch.working():
        watch.touched(healing.change("a"))
        [drift] = await healing.until(lambda found: any(d.why is not None for d in found))
        assert drift.state == "open"
        watch.touched(touched("a"))
        watch.touched(healing.change("b"))
        await healing.until(opened("b"))
    assert len(healing.rollouts.started) <= 2


async def test_healing_that_a_dead_process_began_is_ended(healing: World) -> None:
    """Marked but not started, and started but not ended: the next process ends both."""
    first = healing.watch()
    async with first.working():
        first.touched(healing.change("a"))
        await healing.until(states("healed"))
    async with healing.database.transaction() as unit:
        [drift] = (await unit.drifts.of_cluster("uid-a")).values()
        await unit.drifts.put("uid-a", msgspec.structs.replace(drift, state="healing", due_at="2026", attempts=()))
        lost = msgspec.structs.replace(drift, cluster="b", state="healing", rollout="", due_at="2026", attempts=())
        await unit.drifts.put("uid-b", lost)
    event = healing.change("b")
    second = healing.watch()
    async with second.working():
        second.touched(touched("a"))
        second.touched(event)
        await healing.until(states("healed", "healed"))


async def test_a_cluster_that_is_gone_is_forgotten(world: World) -> None:
    watch = world.watch()
    async with watch.working():
        watch.touched(Touched("z", "uid-z", GROUP, None))
        watch.touched(world.change("a"))
        await world.until(opened("a"))
    assert "z" not in world.planner.asked
