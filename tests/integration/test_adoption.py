"""What another wrote is used, refused or, on the user's word, adopted; adopted is not created, so leaving keeps it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import manifests
import pytest
from handles import ClusterHandle
from product import ME, Product, clean, explain, open_product, part_of, snapshot, unique, verdicts

from gatewright.model.desired import Custody

pytestmark = pytest.mark.integration

GROUP = "gateway.networking.k8s.io"
OLD, NEW = "v1.0.0", "v1.1.1"
"""The new one has a CRD more: grpcroutes."""
OLD_CRDS = {
    f"CustomResourceDefinition {n}.{GROUP}" for n in ("gatewayclasses", "gateways", "httproutes", "referencegrants")
}


@pytest.fixture
async def fresh(cluster: ClusterHandle) -> AsyncIterator[ClusterHandle]:
    yield cluster
    await clean(cluster)


@pytest.fixture
async def gatewright(tmp_path: Path, fresh: ClusterHandle) -> AsyncIterator[Product]:
    async with open_product(tmp_path / "home") as product:
        await product.register(fresh)
        yield product


async def decide(gatewright: Product, cluster: ClusterHandle, custody: Custody) -> None:
    async with gatewright.database.transaction() as unit:
        await unit.fleet.set_custody(cluster.name, custody, ME)


def crd_versions(found: dict[str, str]) -> dict[str, str]:
    return {name: version for name, version in found.items() if name.startswith("CustomResourceDefinition")}


async def test_crds_of_kubectl_are_adopted_only_on_the_users_word(gatewright: Product, fresh: ClusterHandle) -> None:
    team = unique()
    fresh.install_gateway_api(manifests.gateway_api_crds(OLD))
    await gatewright.bind(team, [fresh], bundle=NEW)
    plan = await gatewright.plan(team)
    assert plan.outcome == "stopped"
    conflicts = {str(v.ref): v for v in part_of(plan, fresh).verdicts if v.verdict == "conflict"}
    assert conflicts.keys() == OLD_CRDS, explain(plan)
    for verdict in conflicts.values():
        assert verdict.owner is not None
        assert verdict.owner.writer == "kubectl"
        assert "kubectl" in verdict.reason.render("en")
        assert verdict.remedy is not None
        assert verdict.differences

    await decide(gatewright, fresh, "own")
    plan = await gatewright.plan(team)
    assert {n for n, v in verdicts(part_of(plan, fresh)).items() if v == "adopt"} == OLD_CRDS
    status = await gatewright.standing((await gatewright.start(plan)).id)
    assert status.state == "succeeded", status
    for crd in fresh.json("crd")["items"]:
        assert crd["metadata"]["annotations"][f"{GROUP}/bundle-version"] == NEW
    records = await gatewright.records(part_of(plan, fresh).uid)
    assert {str(r.ref) for r in records if r.origin == "adopted"} == OLD_CRDS
    assert {str(r.ref) for r in records if r.origin == "created"} == {
        f"Namespace {team}",
        f"CustomResourceDefinition grpcroutes.{GROUP}",
    }
    assert (await gatewright.plan(team)).outcome == "nothing"

    status = await gatewright.run(team, action="leave")
    assert status.state == "succeeded", status
    assert {f"CustomResourceDefinition {c['metadata']['name']}" for c in fresh.json("crd")["items"]} == OLD_CRDS


async def test_equal_crds_of_another_are_shared_and_never_removed(gatewright: Product, fresh: ClusterHandle) -> None:
    team = unique()
    fresh.install_gateway_api(manifests.gateway_api_crds(OLD))
    before = crd_versions(await snapshot(fresh))
    await gatewright.bind(team, [fresh], bundle=OLD)
    plan = await gatewright.plan(team)
    assert {n for n, v in verdicts(part_of(plan, fresh)).items() if v == "share"} == OLD_CRDS
    assert (await gatewright.standing((await gatewright.start(plan)).id)).state == "succeeded"
    assert (await gatewright.run(team, action="leave")).state == "succeeded"
    assert crd_versions(await snapshot(fresh)) == before


async def test_custody_observe_never_writes_crds(gatewright: Product, fresh: ClusterHandle) -> None:
    team = unique()
    await decide(gatewright, fresh, "observe")
    await gatewright.bind(team, [fresh], bundle=OLD)
    absent = await gatewright.plan(team)
    assert {n for n, v in verdicts(part_of(absent, fresh)).items() if v == "conflict"} == OLD_CRDS
    fresh.install_gateway_api(manifests.gateway_api_crds(OLD))
    before = crd_versions(await snapshot(fresh))
    assert (await gatewright.run(team)).state == "succeeded"
    await gatewright.want(team, NEW)
    differs = await gatewright.plan(team)
    assert differs.outcome == "stopped"
    assert set(verdicts(part_of(differs, fresh)).values()) <= {"conflict", "unchanged"}
    assert crd_versions(await snapshot(fresh)) == before


@pytest.mark.parametrize(
    ("plural", "manager", "writer"),
    [
        ("gatewayclasses", "argocd-controller", "argocd"),
        ("gateways", "kustomize-controller", "flux"),
        ("httproutes", "helm", "helm"),
        ("referencegrants", "work-agent", "ocm"),
    ],
)
async def test_each_writer_is_named(
    gatewright: Product, fresh: ClusterHandle, plural: str, manager: str, writer: str
) -> None:
    team = unique()
    file = manifests.gateway_api_crds(OLD) / f"{GROUP}_{plural}.yaml"
    fresh.kubectl("apply", "--server-side", f"--field-manager={manager}", "-f", str(file))
    await gatewright.bind(team, [fresh], bundle=NEW)
    part = part_of(await gatewright.plan(team), fresh)
    (verdict,) = [v for v in part.verdicts if v.verdict in ("conflict", "wait")]
    assert verdict.owner is not None
    assert verdict.owner.writer == writer
    assert manager in verdict.owner.evidence


async def test_the_release_or_application_is_named_too(gatewright: Product, fresh: ClusterHandle) -> None:
    team = unique()
    helm = {"meta.helm.sh/release-name": "edge", "meta.helm.sh/release-namespace": "infra"}
    meta = {"name": team, "annotations": helm, "labels": {"app.kubernetes.io/managed-by": "Helm"}}
    fresh.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": meta}])
    await gatewright.bind(team, [fresh], bundle=OLD)
    part = part_of(await gatewright.plan(team), fresh)
    verdict = next(v for v in part.verdicts if v.ref.kind == "Namespace")
    assert verdict.verdict == "share"
    assert str(verdict.owner) == "helm infra/edge"
    assert "infra/edge" in verdict.reason.render("zh")
