"""What the shell is asked to observe and to fetch."""

from __future__ import annotations

from gatewright.model.desired import BundleName
from gatewright.planning.interests import interests_of, needed_bundles

GATEWAYS = "gateways.gateway.networking.k8s.io"


def test_installing_looks_at_the_teams_and_the_controllers_namespaces_and_objects(kit):
    asked = interests_of(kit.World().known(), "payments", "install")
    assert set(asked.namespaces) == {"payments", "edge"}
    assert {r.kind for r in asked.objects} >= {"Deployment", "GatewayClass", "ValidatingAdmissionPolicy"}
    assert not asked.count_objects
    assert asked.count_contents == ()


def test_leaving_counts_and_looks_at_all_that_we_remember(kit):
    world = kit.World().installed().leave()
    asked = interests_of(world.known(), "payments", "leave")
    assert asked.count_objects
    assert set(asked.count_contents) == {"payments", "edge"}
    kinds = ("CustomResourceDefinition", "Namespace")
    assert {r.ref for r in world.records.values() if r.ref.kind not in kinds} <= set(asked.objects)


def test_clashing_claims_leave_the_teams_own_namespace(kit):
    world = kit.World(claims=[kit.claim(), kit.claim("orders", bundle=BundleName("v1.5.1"))])
    assert interests_of(world.known(), "orders", "install").namespaces == ("orders",)
    assert needed_bundles(world.observation(), world.known()) == frozenset()


def test_a_bundle_is_fetched_while_something_of_it_is_to_do(kit):
    world = kit.World()
    assert needed_bundles(world.observation(), world.known()) == {kit.TARGET}
    world.installed()
    assert needed_bundles(world.observation(), world.known()) == frozenset()
    world.change_crd(GATEWAYS, spec_digest="0" * 64)
    assert needed_bundles(world.observation(), world.known()) == {kit.TARGET}


def test_the_release_that_a_modified_crd_claims_is_fetched_for_the_difference(kit):
    name = BundleName("v1.5.1")
    world = kit.World().foreign_crds(name).change_crd(GATEWAYS, spec_digest="0" * 64, spec={})
    assert needed_bundles(world.observation(), world.known()) == {kit.TARGET, name}
