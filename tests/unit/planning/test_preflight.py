"""Each rule: it speaks when it must, is silent when it must not, and says what it found."""

from __future__ import annotations

import msgspec
import pytest

from gatewright.gatewayapi.catalogue import catalogue
from gatewright.gatewayapi.crds import CHANNEL_ANNOTATION, VERSION_ANNOTATION
from gatewright.model.desired import BundleName
from gatewright.model.observation import ControllerObservation, Metadata, MissingPermission, PolicyObservation
from gatewright.planning.preflight import RULES
from gatewright.text import templates

GATEWAYS = "gateways.gateway.networking.k8s.io"
GRPC = "grpcroutes.gateway.networking.k8s.io"


def found(made, rule):
    return [f for f in made.findings if f.code == f"preflight.{rule}"]


def block(made, rule):
    (finding,) = found(made, rule)
    assert finding.severity == "block"
    assert made.outcome == "stopped"
    return finding.message.render("en")


def traefik(version="3.7.15", namespace="kube-system", **changes):
    return msgspec.structs.replace(
        ControllerObservation("traefik", version, namespace, "traefik", f"traefik:v{version}", True), **changes
    )


def test_a_fresh_tested_cluster_has_no_findings(kit):
    assert kit.World().plan().findings == ()


def test_every_rule_has_a_name_and_words(kit):
    names = {rule.__name__.replace("_", "-") for rule in RULES}
    assert {f"preflight.{name}" for name in names} <= set(templates())
    assert all(rule.__doc__ for rule in RULES)


def test_kubernetes_below_the_floor(kit):
    assert "1.31" in block(kit.World(kubernetes="v1.30.4+k3s1").plan(), "kubernetes-floor")
    assert found(kit.World(kubernetes="v1.31.0").plan(), "kubernetes-floor") == []


def test_kubernetes_that_nobody_tested_is_a_warning(kit):
    made = kit.World(kubernetes="v1.39.0").plan()
    assert [f.severity for f in found(made, "kubernetes-untested")] == ["warn"]
    assert made.outcome == "change"


def test_the_floor_does_not_matter_where_no_crd_is_written(kit):
    world = kit.World(kubernetes="v1.24.0").foreign_crds(kit.TARGET)
    assert found(world.plan(), "kubernetes-floor") == []


def test_stored_versions_that_the_target_lacks(kit):
    old = kit.claim(bundle=BundleName("v1.2.1", "experimental"), controller=None)
    world = kit.World(claims=[old], custody="own", kubernetes="v1.29.0")
    world.foreign_crds(BundleName("v1.1.1", "experimental"))
    assert found(world.plan(), "stored-versions") == []
    world.change_crd(GRPC, stored_versions=("v1alpha2", "v1"))
    made = world.plan()
    assert "v1alpha2" in block(made, "stored-versions")
    remedy = found(made, "stored-versions")[0].remedy.render("en")
    assert '{"status":{"storedVersions":["v1"]}}' in remedy


def test_a_running_controller_that_the_target_would_starve(kit):
    claim = kit.claim(bundle=BundleName("v1.4.1"), controller=None)
    made = kit.World(claims=[claim], controllers=[traefik()]).plan()
    text = block(made, "controller-requirements")
    assert "kube-system/traefik" in text
    assert "tlsroutes.gateway.networking.k8s.io v1" in text
    assert "v1.5.0" in found(made, "controller-requirements")[0].remedy.render("en")


@pytest.mark.parametrize(
    ("version", "args", "starves"),
    [
        ("3.5.3", (), False),
        ("3.6.15", (), False),
        ("3.7.15", ("--providers.kubernetesingress=true",), False),
        ("3.7.15", ("--providers.kubernetesgateway=true",), True),
        ("9.9.9", (), False),
    ],
)
def test_only_what_a_controller_reads_counts(kit, version, args, starves):
    claim = kit.claim(bundle=BundleName("v1.4.1"), controller=None)
    made = kit.World(claims=[claim], controllers=[traefik(version, args=args)]).plan()
    assert bool(found(made, "controller-requirements")) == starves


def test_the_wanted_controller_is_checked_before_it_is_there(kit):
    made = kit.World(claims=[kit.claim(bundle=BundleName("v1.4.1"))]).plan()
    (finding,) = made.findings
    assert finding.code == "planning.clash-needs"
    assert "tlsroutes" in finding.message.render("en")


def test_a_second_deployment_of_the_same_controller(kit):
    made = kit.World(controllers=[traefik()]).plan()
    assert "kube-system/traefik" in block(made, "controller-twice")


@pytest.mark.parametrize(
    ("there", "wanted", "rule"),
    [("experimental", "standard", "channel-move"), ("standard", "experimental", "channel-move-up")],
)
def test_channels_are_not_moved_by_a_plan(kit, there, wanted, rule):
    claim = kit.claim(bundle=BundleName("v1.6.1", wanted), controller=None)
    world = kit.World(claims=[claim], custody="own", kubernetes="v1.34.0").foreign_crds(BundleName("v1.6.1", there))
    assert GATEWAYS in block(world.plan(), rule)


def test_going_back_is_refused(kit):
    claim = kit.claim(bundle=BundleName("v1.5.1"))
    world = kit.World(claims=[claim], custody="own").foreign_crds(kit.TARGET)
    assert "v1.6" in block(world.plan(), "downgrade")


def test_a_patch_release_is_not_taken_back_where_only_annotations_tell(kit):
    world = kit.World().installed()
    world.claims = [kit.claim(bundle=BundleName("v1.6.0"))]
    assert all(name in block(world.plan(), "downgrade") for name in world.crds)


def test_our_own_installation_is_not_taken_back_either(kit):
    world = kit.World().installed()
    world.claims = [kit.claim(bundle=BundleName("v1.5.1"))]
    block(world.plan(), "downgrade")


def test_crds_of_several_releases(kit):
    world = kit.World(custody="own").foreign_crds(BundleName("v1.5.1"))
    mixed = kit.World().foreign_crds(BundleName("v1.2.1")).crds[GATEWAYS]
    world.crds[GATEWAYS] = mixed
    assert "v1.2.1 standard: gateways" in block(world.plan(), "mixed-bundle")


@pytest.mark.parametrize("missing", [VERSION_ANNOTATION, CHANNEL_ANNOTATION])
def test_crds_without_annotations(kit, missing):
    world = kit.World(custody="own").foreign_crds(BundleName("v1.5.1"))
    annotations = {k: v for k, v in world.crds[GATEWAYS].metadata.annotations.items() if k != missing}
    assert GATEWAYS in block(world.change_crd(GATEWAYS, annotations=annotations).plan(), "unannotated")


def test_a_crd_whose_content_is_not_what_it_claims(kit):
    world = kit.World(custody="own").foreign_crds(BundleName("v1.5.1")).change_crd(GATEWAYS, spec_digest="0" * 64)
    assert "v1.5.1 standard" in block(world.plan(), "modified")


def test_a_crd_of_a_release_from_the_future(kit):
    world = kit.World(custody="own").foreign_crds(kit.TARGET)
    annotations = {VERSION_ANNOTATION: "v9.0.0", CHANNEL_ANNOTATION: "standard"}
    made = world.change_crd(GATEWAYS, spec_digest="0" * 64, annotations=annotations).plan()
    assert "v9.0.0" in block(made, "unknown-release")
    assert "v9.0.0" in block(made, "downgrade")


def policy(version, channel="standard", **changes):
    facts = catalogue().bundle(BundleName(version, channel))
    expressions = facts.policy_expressions
    return PolicyObservation("safe-upgrades.gateway.networking.k8s.io", Metadata("1"), expressions, **changes)


def test_an_admission_policy_that_would_refuse(kit):
    claim = kit.claim(bundle=BundleName("v1.5.1"))
    made = kit.World(claims=[claim], policies=[policy("v1.6.1")]).plan()
    assert "safe-upgrades" in block(made, "safe-upgrades")
    assert found(kit.World(policies=[policy("v1.6.1")]).plan(), "safe-upgrades") == []
    assert found(kit.World(policies=[policy("v1.5.1")]).plan(), "safe-upgrades") == []


def test_a_policy_that_is_not_bound_refuses_nothing(kit):
    claim = kit.claim(bundle=BundleName("v1.5.1"))
    assert found(kit.World(claims=[claim], policies=[policy("v1.6.1", bound=False)]).plan(), "safe-upgrades") == []


def test_a_policy_that_nobody_knows_is_a_warning(kit):
    strange = PolicyObservation("provider", Metadata("1"), ("object.metadata.name != 'x'",))
    made = kit.World(policies=[strange]).plan()
    assert [f.severity for f in found(made, "policy-unknown")] == ["warn"]


def test_missing_permissions_are_named_verb_by_verb(kit):
    missing = (
        MissingPermission("create", "", "namespaces"),
        MissingPermission("patch", "apiextensions.k8s.io", "customresourcedefinitions", name=GATEWAYS),
    )
    made = kit.World(missing=missing).plan()
    texts = [f.message.render("en") for f in found(made, "permissions")]
    assert len(texts) == 2
    assert texts[0].endswith("create namespaces")
    assert f"patch customresourcedefinitions.apiextensions.k8s.io/{GATEWAYS}" in texts[1]


def test_permissions_do_not_matter_where_nothing_is_written(kit):
    world = kit.World().installed()
    world.missing = (MissingPermission("create", "", "namespaces"),)
    assert world.plan().outcome == "nothing"


def test_crds_that_the_target_does_not_have_are_pointed_out(kit):
    extra = kit.World().foreign_crds(BundleName("v1.4.1", "experimental")).crds
    name = "xlistenersets.gateway.networking.x-k8s.io"
    world = kit.World()
    world.crds[name] = extra[name]
    made = world.plan()
    assert [f.severity for f in found(made, "orphan-crds")] == ["warn"]
    assert made.outcome == "change"


@pytest.mark.parametrize(
    ("there", "peers", "allowed", "warns"),
    [
        (None, {"b": "v1.6.1"}, "none", False),
        (None, {"b": "v1.5.1"}, "none", True),
        (None, {"b": "v1.5.1"}, "minor", False),
        (None, {"b": "v1.6.0"}, "patch", False),
        (None, {"b": "v1.6.0"}, "none", True),
        ("v1.5.1", {"b": "v1.5.1"}, "none", True),
        ("v1.5.1", {"b": "v1.6.1"}, "none", False),
        ("v1.5.1", {"b": "v1.4.1"}, "none", False),
        ("v1.5.1", {}, "none", False),
    ],
)
def test_a_plan_that_widens_the_skew_of_the_team_warns(kit, there, peers, allowed, warns):
    world = kit.World(custody="own")
    if there:
        world.foreign_crds(BundleName(there))
    made = world.plan(peers={name: BundleName(version) for name, version in peers.items()}, skew=allowed)
    assert [f.severity for f in found(made, "skew")] == (["warn"] if warns else [])
    assert made.outcome == "change"
    if warns:
        assert f"b {peers['b']} standard" in found(made, "skew")[0].message.render("en")


def test_the_skew_does_not_matter_where_no_crd_is_written(kit):
    made = kit.World().foreign_crds(kit.TARGET).plan(peers={"b": BundleName("v1.5.1")})
    assert found(made, "skew") == []
