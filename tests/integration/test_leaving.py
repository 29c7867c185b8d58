"""Leaving a cluster removes what we created, keeps what we shared or adopted, and never a CRD that has objects."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import manifests
import pytest
from handles import ClusterHandle
from product import ME, SMALL, Product, clean, explain, open_product, part_of, snapshot, unique, verdicts

from gatewright.model.desired import ControllerSpec
from gatewright.rollout.errors import PlanStoppedError
from gatewright.store.errors import ClusterHasInstallationError, UnknownBindingError

pytestmark = pytest.mark.integration

GROUP = "gateway.networking.k8s.io"
CRDS = ("gatewayclasses", "gateways", "httproutes", "referencegrants")


@pytest.fixture
async def fresh(cluster: ClusterHandle) -> AsyncIterator[ClusterHandle]:
    yield cluster
    await clean(cluster)


@pytest.fixture
async def gatewright(tmp_path: Path, fresh: ClusterHandle) -> AsyncIterator[Product]:
    async with open_product(tmp_path / "home") as product:
        await product.register(fresh)
        yield product


def route(namespace: str) -> dict[str, Any]:
    spec = {"parentRefs": [{"name": "web"}]}
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "HTTPRoute",
        "metadata": manifests.meta("shop", namespace),
        "spec": spec,
    }


def settings(namespace: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": manifests.meta("settings", namespace)}


def crds(cluster: ClusterHandle) -> set[str]:
    return {crd["spec"]["names"]["plural"] for crd in cluster.json("crd")["items"]}


def exists(cluster: ClusterHandle, namespace: str) -> bool:
    return bool(cluster.kubectl("get", "namespace", namespace, "--ignore-not-found"))


async def test_a_shared_namespace_stays_with_its_content(gatewright: Product, fresh: ClusterHandle) -> None:
    """Everything that we created goes; unbinding is refused until then, and done by the rollout's last step."""
    team, shared = unique(), unique("shared")
    fresh.kubectl("create", "namespace", shared)
    fresh.apply([settings(shared)])
    await gatewright.bind(team, [fresh], namespace=shared)
    assert (await gatewright.run(team)).state == "succeeded"
    plan = await gatewright.plan(team, action="leave")
    found = verdicts(part_of(plan, fresh))
    assert found[f"Namespace {shared}"] == "keep"
    assert {name for name, verdict in found.items() if verdict == "delete"} == {
        f"CustomResourceDefinition {plural}.{GROUP}" for plural in CRDS
    }
    status = await gatewright.standing((await gatewright.start(plan)).id)
    assert status.state == "succeeded", status
    assert crds(fresh) == set()
    assert fresh.json("configmap", "settings", "-n", shared)
    assert await gatewright.records(part_of(plan, fresh).uid) == ()
    async with gatewright.database.reading() as unit:
        with pytest.raises(UnknownBindingError):
            await unit.fleet.binding(team, fresh.name)


async def test_a_crd_with_objects_is_refused_with_how_many_and_whose(gatewright: Product, fresh: ClusterHandle) -> None:
    team = unique()
    await gatewright.bind(team, [fresh])
    assert (await gatewright.run(team)).state == "succeeded"
    fresh.kubectl("create", "namespace", other := unique("other"))
    fresh.apply([route(team), route(other)])
    before = await snapshot(fresh)
    plan = await gatewright.plan(team, action="leave")
    assert plan.outcome == "stopped"
    (blocked,) = [v for v in part_of(plan, fresh).verdicts if v.verdict == "blocked"]
    assert blocked.ref.name == f"httproutes.{GROUP}"
    assert blocked.reason.params["count"] == 2
    words = blocked.reason.render("en")
    assert f"{team} ({team}): 1" in words
    assert f"{other}: 1" in words
    assert blocked.remedy is not None
    with pytest.raises(PlanStoppedError):
        await gatewright.start(plan)
    assert await snapshot(fresh) == before
    with pytest.raises(ClusterHasInstallationError):
        async with gatewright.database.transaction() as unit:
            await unit.fleet.delete_binding(team, fresh.name, ME)
    kept = await gatewright.plan(team, action="leave", keep_crds=True)
    assert kept.outcome == "change", explain(kept)
    status = await gatewright.standing((await gatewright.start(kept)).id)
    assert status.state == "succeeded", status
    assert crds(fresh) == set(CRDS)
    assert fresh.json("httproute", "shop", "-n", other)


async def test_objects_that_appear_after_the_plan_save_their_crd(gatewright: Product, fresh: ClusterHandle) -> None:
    team = unique()
    await gatewright.bind(team, [fresh])
    assert (await gatewright.run(team)).state == "succeeded"
    plan = await gatewright.plan(team, action="leave")
    fresh.apply([route("default")])
    status = await gatewright.standing((await gatewright.start(plan)).id)
    assert status.state == "failed"
    error = status.targets[0].error
    assert error is not None
    assert error.code in ("rollout.plan-stale", "rollout.not-empty")
    assert crds(fresh) == set(CRDS)
    assert fresh.json("httproute", "shop")
    fresh.kubectl("delete", "httproute", "shop")


async def test_a_namespace_that_we_created_goes_only_when_empty(gatewright: Product, fresh: ClusterHandle) -> None:
    empty, used = unique("empty"), unique("used")
    for team in (empty, used):
        await gatewright.bind(team, [fresh])
        assert (await gatewright.run(team)).state == "succeeded"
    fresh.apply([settings(used)])
    plan = await gatewright.plan(used, action="leave")
    kept = next(v for v in part_of(plan, fresh).verdicts if v.ref.name == used)
    assert (kept.verdict, kept.reason.key) == ("keep", "planning.keep-namespace-contents")
    assert "1 ConfigMap" in kept.reason.render("en")
    for team in (used, empty):
        assert (await gatewright.run(team, action="leave")).state == "succeeded"
    assert not exists(fresh, empty)
    assert fresh.json("configmap", "settings", "-n", used)
    assert crds(fresh) == set()


async def test_the_second_team_keeps_the_installation(gatewright: Product, fresh: ClusterHandle) -> None:
    """It reuses everything; when the first leaves nothing but the first's namespace goes; the last one takes it all."""
    first, second = unique("first"), unique("second")
    edge = ControllerSpec("traefik", "3.6.15", unique("edge"))
    for team in (first, second):
        await gatewright.bind(team, [fresh], bundle="v1.5.1", controller=edge)
    assert (await gatewright.run(first)).state == "succeeded"
    plan = await gatewright.plan(second)
    assert {name for name, verdict in verdicts(part_of(plan, fresh)).items() if verdict != "unchanged"} == {
        f"Namespace {second}"
    }
    assert (await gatewright.standing((await gatewright.start(plan)).id)).state == "succeeded"
    assert (await gatewright.run(first, action="leave")).state == "succeeded"
    assert not exists(fresh, first)
    assert exists(fresh, second)
    assert len(crds(fresh)) == 8
    assert fresh.json("deployment", "traefik", "-n", edge.namespace)["status"]["availableReplicas"] == 1
    assert (await gatewright.plan(second)).outcome == "nothing"
    assert (await gatewright.run(second, action="leave")).state == "succeeded"
    assert crds(fresh) == set()
    for kind in ("deployments", "validatingadmissionpolicies", "validatingadmissionpolicybindings"):
        assert fresh.json(kind, "-A")["items"] == []
    assert "traefik" not in fresh.kubectl("get", "clusterroles,clusterrolebindings", "-o", "name")
    assert not exists(fresh, edge.namespace)
    assert not exists(fresh, second)


async def test_an_object_that_another_put_in_the_place_of_ours_stays(gatewright: Product, fresh: ClusterHandle) -> None:
    team, name = unique(), f"gateways.{GROUP}"
    await gatewright.bind(team, [fresh], bundle=SMALL)
    assert (await gatewright.run(team)).state == "succeeded"
    fresh.kubectl("delete", "crd", name)
    file = manifests.gateway_api_crds(SMALL) / f"{GROUP}_gateways.yaml"
    fresh.kubectl("apply", "--server-side", "-f", str(file))
    fresh.kubectl("wait", "--for=condition=Established", f"crd/{name}", "--timeout=30s")
    status = await gatewright.run(team, action="leave")
    assert status.state == "succeeded", status
    assert crds(fresh) == {"gateways"}
