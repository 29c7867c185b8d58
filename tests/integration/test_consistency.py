"""Real clusters side by side: versions, skew over a restart, hostnames, advice, and a plan that would widen skew."""

from __future__ import annotations

from pathlib import Path

import manifests
import pytest
from handles import ClusterFactory, ClusterHandle
from product import Product, bundles, open_product

from gatewright.model.desired import BundleName
from gatewright.observe.consistency import Consistency
from gatewright.observe.observatory import Observatory
from gatewright.rollout.planner import Planner

pytestmark = pytest.mark.integration

TEAM = "payments"
HOST = "pay.example.test"


def serve(cluster: ClusterHandle, backend: str) -> None:
    """A route of the team, as anybody may write it."""
    rules = [{"backendRefs": [{"name": backend, "port": 80}]}]
    spec = {"parentRefs": [{"name": "edge"}], "hostnames": [HOST], "rules": rules}
    route = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "spec": spec}
    cluster.apply([
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": TEAM}},
        {**route, "metadata": {"name": "web", "namespace": TEAM}},
    ])  # fmt: skip


def views(product: Product) -> Consistency:
    """As a process that has just started sees it."""
    return Consistency(Observatory(product.clusters))


async def test_two_clusters_side_by_side(cluster_factory: ClusterFactory, tmp_path: Path) -> None:
    new, old = cluster_factory(), cluster_factory()
    new.install_gateway_api(manifests.gateway_api_crds())
    old.install_gateway_api(manifests.gateway_api_crds("v1.5.1"))
    serve(new, "web")
    serve(old, "legacy")
    async with open_product(tmp_path / "home", driving=False) as product:
        for cluster in (new, old):
            await product.register(cluster, custody="own")
        await product.bind(TEAM, [new, old], bundle="v1.6.1")

        found = await views(product).versions(TEAM)
        seen = {c.cluster: c for c in found.clusters}
        assert {name: (c.state, c.bundle) for name, c in seen.items()} == {
            new.name: ("uniform", BundleName("v1.6.1")),
            old.name: ("uniform", BundleName("v1.5.1")),
        }
        assert all(c.bundle in c.fits and not c.untrue and not c.orphans for c in seen.values())
        (skew,) = found.skews
        assert (skew.skew.kind, skew.skew.level, skew.skew.behind) == ("bundle", "minor", (old.name,))
        assert skew.skew.target == "v1.6.1 standard"

        again = views(product)
        assert (await again.versions(TEAM)).skews[0].finding.since == skew.finding.since

        (hostname,) = await again.hostnames(TEAM)
        (difference,) = hostname.differences
        assert (hostname.hostname, difference.field) == (HOST, "backends")
        assert difference.values == {new.name: "web:80", old.name: "legacy:80"}
        advice = await again.advice()
        assert [(row.team, row.cluster, row.routes) for row in advice.rows] == sorted(
            (TEAM, c.name, 1) for c in (new, old)
        )

        third = cluster_factory()
        await product.register(third)
        await product.bind(TEAM, [third], bundle="v1.5.1")
        planner = Planner(product.clusters, bundles(), again.bundle_on)
        plan = await planner.plan(TEAM, names=[third.name])
        (warning,) = [f for f in plan.clusters[0].findings if f.code == "preflight.skew"]
        assert warning.severity == "warn"
        assert new.name in warning.message.render("en")
        assert plan.outcome == "change"
