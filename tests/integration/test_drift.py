"""Drift on real clusters: what others change of ours is found from the watch, named, and put back where a stack says
so; what is not ours is left alone, and a fight ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path

import pytest
from handles import ClusterFactory, ClusterHandle
from product import ME, Product, bundles, clean, open_product, unique

from gatewright.model.desired import Binding, BundleName, ControllerSpec, DriftMode, Stack, Team
from gatewright.model.drift import Drift, DriftState
from gatewright.model.events import Event
from gatewright.observe.observatory import Observatory
from gatewright.rollout.drift import DriftOptions, DriftWatch
from gatewright.rollout.planner import Planner
from gatewright.store.rollouts import DRIVEN

pytestmark = pytest.mark.integration

CRD = "httproutes.gateway.networking.k8s.io"
ALL: tuple[DriftState, ...] = ("open", "healing", "healed", "fought", "gone")
SECONDS = 120.0


@pytest.fixture(scope="module")
def made(cluster_factory: ClusterFactory) -> ClusterHandle:
    return cluster_factory()


@pytest.fixture
async def cluster(made: ClusterHandle) -> AsyncIterator[ClusterHandle]:
    yield made
    await clean(made)


@pytest.fixture
async def gatewright(tmp_path: Path, cluster: ClusterHandle) -> AsyncIterator[Product]:
    async with open_product(tmp_path / "home") as product:
        await product.register(cluster)
        yield product


@contextlib.asynccontextmanager
async def watching(product: Product) -> AsyncGenerator[DriftWatch]:
    """The watch over every cluster of the product, and drift on top of it."""
    drift = DriftWatch(product.clusters, Planner(product.clusters, bundles()), product.rollouts, DriftOptions())
    observatory = Observatory(product.clusters)
    observatory.on_touched(drift.touched)
    async with drift.working(), observatory.watching():
        await quiet(observatory)
        yield drift


async def quiet(observatory: Observatory) -> None:
    """Once everything that there is was told."""
    async with asyncio.timeout(SECONDS):
        while True:
            if observatory.watchers:
                break
            await asyncio.sleep(0.05)
        await asyncio.gather(*(watcher.synced.wait() for watcher in observatory.watchers))


async def installed(
    product: Product, cluster: ClusterHandle, mode: DriftMode, controller: ControllerSpec | None = None
) -> str:
    """A team with its installation on the cluster; gives the team."""
    team = unique()
    bundle = BundleName("v1.0.0" if controller is None else "v1.6.1")
    stack = Stack(team, "edge", bundle, controller, mode)
    async with product.database.transaction() as unit:
        await unit.fleet.apply_desired([Team(team), stack, Binding(team, cluster.name, "", "edge")], ME)
    status = await product.run(team, cluster)
    assert status.state == "succeeded", status
    return team


async def drifts(product: Product) -> list[Drift]:
    async with product.database.reading() as unit:
        return await unit.drifts.all(states=ALL)


async def events(product: Product, what: str = "drift.") -> list[Event]:
    async with product.database.reading() as unit:
        return await unit.journal.events(what_prefix=what)


async def until(product: Product, matches: Callable[[Drift], bool]) -> Drift:
    """The drift that matches, once there is one."""
    found: list[Drift] = []
    try:
        async with asyncio.timeout(SECONDS):
            while True:
                found = await drifts(product)
                if (first := next((d for d in found if matches(d)), None)) is not None:
                    return first
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{found} {[await product.rollouts.list()]}") from None


async def kubectl(cluster: ClusterHandle, *arguments: str) -> str:
    return await asyncio.to_thread(cluster.kubectl, *arguments)


async def patch(cluster: ClusterHandle, kind: str, name: str, body: object, *more: str, manager: str = "") -> None:
    who = (f"--field-manager={manager}",) if manager else ()
    await kubectl(cluster, "patch", kind, name, "--type=merge", "-p", json.dumps(body), *who, *more)


def short_names(names: list[str]) -> object:
    return {"spec": {"names": {"shortNames": names}}}


async def test_a_changed_crd_is_reported_with_its_field_and_who_did_it(
    gatewright: Product, cluster: ClusterHandle
) -> None:
    team = await installed(gatewright, cluster, "report")
    async with watching(gatewright):
        await patch(cluster, "crd", CRD, short_names(["mine"]), manager="intruder")
        drift = await until(gatewright, lambda d: d.ref.name == CRD)
        assert (drift.state, drift.kind, drift.mode) == ("open", "changed", "report")
        assert drift.manager == "intruder"
        assert any(d.path.startswith("spec.names.shortNames") for d in drift.differences)
        [event] = await events(gatewright)
        assert (event.what, event.cluster, event.severity) == ("drift.found", cluster.name, "warning")
        assert event.message is not None
        assert "intruder" in event.message.render("en")
        assert len(await gatewright.rollouts.list(team)) == 1

        # The other puts it back: nobody of ours did, and it is said so.
        await patch(cluster, "crd", CRD, short_names([]), manager="intruder")
        gone = await until(gatewright, lambda d: d.state == "gone")
        assert gone.ref.name == CRD
        assert [e.what for e in await events(gatewright)] == ["drift.found", "drift.gone"]


async def test_what_is_not_ours_is_not_drift(gatewright: Product, cluster: ClusterHandle) -> None:
    await installed(gatewright, cluster, "heal")
    async with watching(gatewright):
        await kubectl(cluster, "label", "crd", CRD, "example.com/theirs=yes")
        await kubectl(cluster, "annotate", "crd", CRD, "example.com/note=theirs")
        # What comes after on the same cluster is judged after: when it is found, the label was judged, too.
        await kubectl(cluster, "label", "crd", "gateways.gateway.networking.k8s.io", "app.kubernetes.io/managed-by-")
        await until(gatewright, lambda d: d.ref.name.startswith("gateways."))
        assert [d for d in await drifts(gatewright) if d.ref.name == CRD] == []
    assert "theirs" in await kubectl(cluster, "get", "crd", CRD, "-o", "jsonpath={.metadata.labels}")


async def test_a_changed_crd_is_healed_by_a_rollout(gatewright: Product, cluster: ClusterHandle) -> None:
    team = await installed(gatewright, cluster, "heal")
    async with watching(gatewright):
        await patch(cluster, "crd", CRD, short_names(["mine"]), manager="intruder")
        drift = await until(gatewright, lambda d: d.state == "healed")
        assert drift.manager == "intruder"
        assert (await gatewright.rollouts.show(drift.rollout)).state == "succeeded"
        assert [e.what for e in await events(gatewright)] == ["drift.found", "drift.healed"]
    assert "mine" not in await kubectl(cluster, "get", "crd", CRD, "-o", "jsonpath={.spec.names.shortNames}")
    assert len(await gatewright.rollouts.list(team)) == 2


async def test_a_deleted_crd_comes_back_and_the_loss_is_said(gatewright: Product, cluster: ClusterHandle) -> None:
    await installed(gatewright, cluster, "heal")
    async with watching(gatewright):
        await kubectl(cluster, "delete", "crd", CRD)
        drift = await until(gatewright, lambda d: d.state == "healed" and d.ref.name == CRD)
        assert drift.changers == ()
        assert {e.severity for e in await events(gatewright, "drift.found")} == {"error"}
    assert CRD in await kubectl(cluster, "get", "crd", CRD, "-o", "name")


async def test_a_namespace_that_lost_our_marks_is_reported_even_to_heal(
    gatewright: Product, cluster: ClusterHandle
) -> None:
    """Without the marks it is not ours to write: the reason is said, and nothing is forced."""
    team = await installed(gatewright, cluster, "heal")
    async with watching(gatewright):
        await kubectl(cluster, "annotate", "namespace", team, "gatewright.io/installation-", "gatewright.io/origin-")
        drift = await until(gatewright, lambda d: d.ref.kind == "Namespace" and d.why is not None)
        assert (drift.state, drift.team) == ("open", team)
        assert "metadata.annotations[gatewright.io/installation]" in {d.path for d in drift.differences}
        assert len(await gatewright.rollouts.list(team)) == 1


async def test_a_deleted_namespace_comes_back_as_soon_as_it_is_gone(
    gatewright: Product, cluster: ClusterHandle
) -> None:
    team = await installed(gatewright, cluster, "heal")
    async with watching(gatewright):
        await kubectl(cluster, "delete", "namespace", team)
        drift = await until(gatewright, lambda d: d.ref.name == team and d.state == "healed")
        assert drift.team == team
    live = json.loads(await kubectl(cluster, "get", "namespace", team, "-o", "json"))
    assert live["metadata"]["annotations"]["gatewright.io/team"] == team


async def test_the_objects_of_a_controller_are_healed_and_what_an_autoscaler_does_is_left_alone(
    gatewright: Product, cluster: ClusterHandle
) -> None:
    await installed(gatewright, cluster, "heal", ControllerSpec("traefik", "3.7.15", unique("edge")))
    ours = [record.ref for record in await gatewright.records((await gatewright.clusters.registered())[0].uid)]
    deployment = next(ref for ref in ours if ref.kind == "Deployment")
    role = next(ref for ref in ours if ref.kind == "ClusterRole")
    where = ("-n", str(deployment.namespace))
    before = json.loads(await kubectl(cluster, "get", "deployment", deployment.name, "-o", "json", *where))
    container = before["spec"]["template"]["spec"]["containers"][0]
    async with watching(gatewright):
        await kubectl(cluster, "scale", "deployment", deployment.name, "--replicas=2", *where)
        arguments = {"spec": {"template": {"spec": {"containers": [{**container, "args": ["--log.level=DEBUG"]}]}}}}
        await patch(cluster, "deployment", deployment.name, arguments, *where, manager="kubectl-edit")
        drift = await until(gatewright, lambda d: d.ref == deployment and d.state == "healed")
        assert [(c.writer, c.manager) for c in drift.changers] == [("kubectl", "kubectl-edit")]
        assert not [d for d in drift.differences if "replicas" in d.path]
        after = json.loads(await kubectl(cluster, "get", "deployment", deployment.name, "-o", "json", *where))
        assert after["spec"]["template"]["spec"]["containers"][0]["args"] == container["args"]
        assert after["spec"]["replicas"] == 2

        # A kind without a generation.
        await patch(cluster, "clusterrole", role.name, {"rules": []}, manager="intruder")
        drift = await until(gatewright, lambda d: d.ref == role and d.state == "healed")
        assert json.loads(await kubectl(cluster, "get", "clusterrole", role.name, "-o", "json"))["rules"]


async def test_a_fight_ends_and_a_person_lifts_it(gatewright: Product, cluster: ClusterHandle) -> None:
    team = await installed(gatewright, cluster, "heal")
    async with watching(gatewright):
        fighting = asyncio.create_task(_fight(cluster))
        try:
            drift = await until(gatewright, lambda d: d.state == "fought")
            assert drift.manager == "fighter"
            assert drift.why is not None
            assert "fighter" in drift.why.render("en")
            rollouts = len(await gatewright.rollouts.list(team))
            assert 2 <= rollouts - 1 <= 3
        finally:
            fighting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await fighting
        await patch(cluster, "crd", CRD, short_names(["again"]), manager="fighter")
        await until(gatewright, lambda d: any("again" in str(x.live) for x in d.differences))
        assert len(await gatewright.rollouts.list(team)) == rollouts
        assert [e.severity for e in await events(gatewright, "drift.fought")] == ["error"]

        uid = (await gatewright.clusters.registered())[0].uid
        async with gatewright.database.transaction() as unit:
            assert [d.ref.name for d in await unit.drifts.resume(uid)] == [CRD]
        await until(gatewright, lambda d: d.state == "healed")


async def _fight(cluster: ClusterHandle) -> None:
    """Takes the field back as soon as somebody else has it."""
    while True:
        names = await kubectl(cluster, "get", "crd", CRD, "-o", "jsonpath={.spec.names.shortNames}")
        if "mine" not in names:
            await patch(cluster, "crd", CRD, short_names(["mine"]), manager="fighter")
        await asyncio.sleep(0.1)


async def test_a_wish_that_nobody_rolled_out_is_not_rolled_out_by_healing(
    gatewright: Product, cluster: ClusterHandle
) -> None:
    team = await installed(gatewright, cluster, "heal")
    async with gatewright.database.transaction() as unit:
        await unit.fleet.apply_desired([Stack(team, "edge", BundleName("v1.1.0"), None, "heal")], ME)
    async with watching(gatewright):
        await patch(cluster, "crd", CRD, short_names(["mine"]), manager="intruder")
        drift = await until(gatewright, lambda d: d.why is not None)
        assert drift.ref.name == CRD
        assert [d.ref.name for d in await drifts(gatewright)] == [CRD]
        assert len(await gatewright.rollouts.list(team)) == 1


async def test_our_own_rollout_is_nobody_elses_change(gatewright: Product, cluster: ClusterHandle) -> None:
    team = await installed(gatewright, cluster, "heal")
    async with watching(gatewright):
        await gatewright.want(team, "v1.1.0")
        status = await gatewright.run(team, cluster)
        assert status.state == "succeeded"
        await kubectl(cluster, "delete", "crd", CRD)
        await until(gatewright, lambda d: d.ref.name == CRD)
        assert {d.ref.name for d in await drifts(gatewright)} == {CRD}


async def test_what_happened_while_nobody_watched_is_found_at_the_start(
    gatewright: Product, cluster: ClusterHandle
) -> None:
    await installed(gatewright, cluster, "heal")
    await kubectl(cluster, "delete", "crd", CRD)
    await patch(cluster, "crd", "gateways.gateway.networking.k8s.io", short_names(["mine"]), manager="intruder")
    async with watching(gatewright):
        await until(gatewright, lambda d: d.ref.name == CRD and d.state == "healed")
        await until(gatewright, lambda d: d.ref.name.startswith("gateways.") and d.state == "healed")


async def test_a_worker_that_dies_while_healing_is_continued(
    gatewright: Product, cluster: ClusterHandle, tmp_path: Path
) -> None:
    """The drift watch stops as soon as healing has begun; the next one ends what it began."""
    team = await installed(gatewright, cluster, "heal")
    async with watching(gatewright):
        await patch(cluster, "crd", CRD, short_names(["mine"]), manager="intruder")
        await until(gatewright, lambda d: d.state in ("healing", "healed"))
    async with watching(gatewright):
        drift = await until(gatewright, lambda d: d.state == "healed")
        status = await gatewright.rollouts.show(drift.rollout)
        assert status.state not in DRIVEN
    assert "mine" not in await kubectl(cluster, "get", "crd", CRD, "-o", "jsonpath={.spec.names.shortNames}")
    assert len(await gatewright.rollouts.list(team)) == 2
