"""The rules of preflight on real API servers: first the damage that a rule prevents (where cheap), then the rule."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import manifests
import pytest
from handles import ClusterFactory, ClusterHandle, eventually
from product import ME, Product, clean, explain, findings, open_product, part_of, snapshot, unique

from gatewright.model.desired import Channel, ControllerSpec, Custody
from gatewright.model.plan import Plan

pytestmark = pytest.mark.integration

GROUP = "gateway.networking.k8s.io"


@pytest.fixture
async def fresh(cluster: ClusterHandle) -> AsyncIterator[ClusterHandle]:
    yield cluster
    await clean(cluster)


@pytest.fixture
async def gatewright(tmp_path: Path) -> AsyncIterator[Product]:
    async with open_product(tmp_path / "home", driving=False) as product:
        yield product


async def planned(
    product: Product,
    cluster: ClusterHandle,
    bundle: str,
    *,
    channel: Channel = "standard",
    controller: ControllerSpec | None = None,
    custody: Custody | None = "own",
) -> Plan:
    """A new team's plan, which must not have written anything."""
    team = unique()
    await product.register(cluster, custody=custody)
    await product.bind(team, [cluster], bundle=bundle, channel=channel, controller=controller)
    before = await snapshot(cluster)
    plan = await product.plan(team)
    assert await snapshot(cluster) == before
    return plan


def require_blocked(plan: Plan, *codes: str) -> None:
    assert plan.outcome == "stopped", explain(plan)
    assert set(findings(plan)) == set(codes), explain(plan)
    assert all(part.steps == () for part in plan.clusters)
    for finding in (f for part in plan.clusters for f in part.findings):
        for language in ("en", "zh"):
            assert finding.message.render(language)
            assert finding.remedy.render(language)


def dry_run(cluster: ClusterHandle, path: Path) -> str:
    """What the API server says to it, without writing."""
    return cluster.kubectl(
        "apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", str(path), check=False
    )


def crd_file(version: str, plural: str, channel: str = "standard") -> Path:
    return manifests.gateway_api_crds(version, channel) / f"{GROUP}_{plural}.yaml"


def install(cluster: ClusterHandle, *places: Path) -> None:
    """Files, or folders of a release (some of which hold other YAML too)."""
    files = [file for place in places for file in (sorted(place.glob("gateway*.yaml")) if place.is_dir() else [place])]
    named = [f"--filename={file}" for file in files]
    cluster.kubectl("apply", "--server-side", "--force-conflicts", *named)
    cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")


async def test_kubernetes_below_the_floor(gatewright: Product, cluster_factory: ClusterFactory) -> None:
    old = cluster_factory(kubernetes="1.30")
    refusal = dry_run(old, crd_file("v1.6.1", "tlsroutes"))
    assert "isIP" in refusal
    plan = await planned(gatewright, old, "v1.6.1")
    require_blocked(plan, "preflight.kubernetes-floor")
    (finding,) = [f for f in part_of(plan, old).findings if f.severity == "block"]
    assert "1.31" in finding.message.render("en")
    assert (await again(gatewright, old, "v1.4.1")).outcome == "change"


async def test_a_stored_version_that_the_target_lacks(gatewright: Product, fresh: ClusterHandle) -> None:
    install(fresh, manifests.gateway_api_crds("v0.8.1", "experimental"))
    spec = {"parentRefs": [{"name": "web"}]}
    meta = manifests.meta("rpc", "default")
    fresh.apply([{"apiVersion": f"{GROUP}/v1alpha2", "kind": "GRPCRoute", "metadata": meta, "spec": spec}])
    assert "storedVersions" in dry_run(fresh, crd_file("v1.2.1", "grpcroutes", "experimental"))
    plan = await planned(gatewright, fresh, "v1.2.1", channel="experimental")
    require_blocked(plan, "preflight.stored-versions")
    finding = next(f for f in part_of(plan, fresh).findings if f.object and f.object.name == f"grpcroutes.{GROUP}")
    assert "v1alpha2" in finding.message.render("en")
    require_blocked(await again(gatewright, fresh, "v1.6.1"), "preflight.stored-versions", "preflight.channel-move")
    fresh.kubectl("delete", "grpcroute", "rpc")


async def again(product: Product, cluster: ClusterHandle, bundle: str) -> Plan:
    """The plan of another team for a cluster that is registered already."""
    async with product.database.reading() as unit:
        bindings = await unit.fleet.bindings(cluster=cluster.name)
    async with product.database.transaction() as unit:
        for binding in bindings:
            await unit.fleet.delete_binding(binding.team, cluster.name, ME)
    await product.bind(team := unique(), [cluster], bundle=bundle)
    return await product.plan(team)


async def test_a_controller_that_needs_more_than_the_target_serves(gatewright: Product, fresh: ClusterHandle) -> None:
    """Traefik 3.7 on CRDs of v1.4 routes nothing at all: the damage, and the two rules that name it beforehand."""
    install(fresh, manifests.gateway_api_crds("v1.4.1"))
    namespace = unique("edge")
    fresh.apply(manifests.controller(namespace, version="3.6.15"))
    await rolled_out(fresh, namespace)
    fresh.apply(manifests.route("shop", *fresh.backend))
    await asyncio.to_thread(eventually, lambda: fresh.get()[0] == 200, what="3.6 serves")

    edge = ControllerSpec("traefik", "3.7.15", namespace)
    wished = await planned(gatewright, fresh, "v1.4.1", controller=edge, custody=None)
    assert "planning.clash-needs" in findings(wished), explain(wished)

    fresh.kubectl("-n", namespace, "set", "image", "deployment/traefik", "traefik=docker.io/traefik:v3.7.15")
    await rolled_out(fresh, namespace)
    await asyncio.to_thread(eventually, lambda: fresh.get()[0] != 200, what="3.7 routes nothing on v1.4")

    found = await again(gatewright, fresh, "v1.4.1")
    require_blocked(found, "preflight.controller-requirements")
    (finding,) = [f for f in part_of(found, fresh).findings if f.severity == "block"]
    words = finding.message.render("en")
    assert "traefik 3.7.15" in words
    assert f"tlsroutes.{GROUP} v1" in words
    fresh.kubectl("delete", "namespace", "shop", "--wait=false")


async def rolled_out(cluster: ClusterHandle, namespace: str) -> None:
    await asyncio.to_thread(
        cluster.kubectl, "-n", namespace, "rollout", "status", "deployment/traefik", "--timeout=120s"
    )


async def test_a_channel_move(gatewright: Product, fresh: ClusterHandle) -> None:
    install(fresh, manifests.gateway_api_crds("v1.1.0", "experimental"))
    plan = await planned(gatewright, fresh, "v1.1.0")
    require_blocked(plan, "preflight.channel-move")


async def test_a_downgrade_and_the_policy_that_would_refuse_it(gatewright: Product, fresh: ClusterHandle) -> None:
    install(fresh, manifests.gateway_api_crds("v1.6.1"))

    def refused() -> bool:
        return "ValidatingAdmissionPolicy" in dry_run(fresh, crd_file("v1.4.1", "gateways"))

    await asyncio.to_thread(eventually, refused, what="the policy is in force")
    plan = await planned(gatewright, fresh, "v1.5.1")
    require_blocked(plan, "preflight.downgrade", "preflight.safe-upgrades")
    plan = await again(gatewright, fresh, "v1.4.1")
    require_blocked(plan, "preflight.downgrade", "preflight.safe-upgrades")
    assert "v1.6" in next(f for f in part_of(plan, fresh).findings if f.code.endswith("downgrade")).message.render("en")


async def test_mixed_unannotated_and_modified_crds(gatewright: Product, fresh: ClusterHandle) -> None:
    """One after another on the same cluster: each state has its own finding, and its remedy ends it."""
    names = ("gatewayclasses", "gateways", "httproutes", "referencegrants", "grpcroutes")
    install(fresh, *(crd_file("v1.1.1", n) for n in names[:2]), *(crd_file("v1.2.1", n) for n in names[2:]))
    plan = await planned(gatewright, fresh, "v1.3.0")
    require_blocked(plan, "preflight.mixed-bundle")
    words = next(f for f in part_of(plan, fresh).findings if f.severity == "block").message.render("en")
    assert "v1.1" in words
    assert "v1.2" in words

    install(fresh, *(crd_file("v1.2.1", n) for n in names))
    gateways = f"gateways.{GROUP}"
    assert (await again(gatewright, fresh, "v1.3.0")).outcome == "change"
    fresh.kubectl("annotate", "crd", gateways, f"{GROUP}/bundle-version-", f"{GROUP}/channel-")
    require_blocked(await again(gatewright, fresh, "v1.3.0"), "preflight.unannotated")

    install(fresh, crd_file("v1.2.1", "gateways"))
    where = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/extra"
    patch = [{"op": "add", "path": where, "value": {"type": "string"}}]
    fresh.kubectl("patch", "crd", gateways, "--type=json", "-p", json.dumps(patch), "--field-manager=hand")
    plan = await again(gatewright, fresh, "v1.3.0")
    require_blocked(plan, "preflight.modified")
    verdict = next(v for v in part_of(plan, fresh).verdicts if v.ref.name == gateways)
    assert verdict.verdict == "blocked"
    assert any("extra" in difference.path for difference in verdict.differences)


async def test_a_terminating_namespace_is_waited_for(gatewright: Product, fresh: ClusterHandle) -> None:
    team = unique()
    meta: dict[str, Any] = {**manifests.meta("held", team), "finalizers": ["example.test/held"]}
    fresh.kubectl("create", "namespace", team)
    fresh.apply([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}])
    fresh.kubectl("delete", "namespace", team, "--wait=false")
    await gatewright.register(fresh)
    await gatewright.bind(team, [fresh])
    plan = await gatewright.plan(team)
    verdict = next(v for v in part_of(plan, fresh).verdicts if v.ref.kind == "Namespace")
    assert (plan.outcome, verdict.verdict) == ("stopped", "wait")
    assert verdict.remedy is not None
    fresh.kubectl("patch", "configmap", "held", "-n", team, "-p", '{"metadata": {"finalizers": null}}')
    await asyncio.to_thread(fresh.kubectl, "wait", "--for=delete", f"namespace/{team}", "--timeout=60s")
    assert (await gatewright.plan(team)).outcome == "change"
