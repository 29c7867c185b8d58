"""One table per kind of object: what is there, whose it is, what custody says -> the verdict and its words."""

from __future__ import annotations

import msgspec
import pytest

from gatewright.gatewayapi.crds import VERSION_ANNOTATION
from gatewright.gatewayapi.manifests import render
from gatewright.gatewayapi.marks import mark
from gatewright.model.desired import BundleName
from gatewright.model.objects import ref_of
from gatewright.model.observation import Manager, Metadata, ObjectObservation

GATEWAYS = "gateways.gateway.networking.k8s.io"
OTHER = "22222222-0000-0000-0000-000000000000"


def marks(installation: str, team: str | None = None, origin: str = "created") -> dict[str, str]:
    return mark({"metadata": {}}, installation, origin, team)["metadata"]["annotations"]


def of(made, name):
    return next(v for v in made.verdicts if v.ref.name == name)


@pytest.mark.parametrize(
    ("metadata", "verdict", "key"),
    [
        (Metadata("1"), "share", "namespace-shared"),
        (Metadata("1", managers=(Manager("kubectl-create"),)), "share", "namespace-shared-owner"),
        (Metadata("1", annotations={"meta.helm.sh/release-name": "shop"}), "share", "namespace-shared-owner"),
        (Metadata("1", labels={"argocd.argoproj.io/instance": "shop"}), "share", "namespace-shared-owner"),
        (Metadata("1", annotations=marks(OTHER)), "conflict", "namespace-gatewright"),
        (Metadata("1", deleting=True), "wait", "namespace-terminating"),
    ],
)
@pytest.mark.parametrize("name", ["payments", "edge"])
def test_a_namespace_that_others_have(kit, metadata, verdict, key, name):
    found = of(kit.World().namespace(name, metadata=metadata).plan(), name)
    assert (found.verdict, found.reason.key) == (verdict, f"planning.{key}")
    assert (found.owner is None) == (key in ("namespace-shared", "namespace-terminating"))


@pytest.mark.parametrize(
    ("name", "team", "verdict"),
    [
        ("payments", "payments", "unchanged"),
        ("payments", "orders", "conflict"),
        ("payments", None, "share"),
        ("edge", None, "unchanged"),
        ("edge", "orders", "unchanged"),
    ],
)
def test_a_namespace_that_we_made(kit, name, team, verdict):
    world = kit.World().namespace(name, metadata=Metadata("1", annotations=marks(kit.US, team)))
    assert of(world.plan(), name).verdict == verdict


def test_another_teams_binding_is_a_conflict_even_before_its_namespace_exists(kit):
    found = of(kit.World(bindings={"payments": "orders"}).plan(), "payments")
    assert found.verdict == "conflict"
    assert "orders" in found.reason.render("zh")
    assert "gatewright bind payments shanghai --namespace" in found.remedy.render("en")


def test_a_namespace_may_be_the_teams_and_the_controllers_at_once(kit):
    claim = kit.claim(namespace="edge")
    world = kit.World(claims=[claim])
    made = world.plan()
    assert [v.ref.name for v in made.verdicts if v.ref.kind == "Namespace"] == ["edge"]
    world.carry_out(made)
    world.claims.append(kit.claim("orders"))
    world.bindings = {"edge": "payments"}
    assert of(world.plan("orders"), "edge").verdict == "unchanged"


@pytest.mark.parametrize(
    ("release", "custody", "verdict", "key"),
    [
        (None, None, "create", "crd-absent"),
        (None, "own", "create", "crd-absent"),
        (None, "observe", "conflict", "crd-absent-observe"),
        ("v1.6.1", None, "share", "crd-share"),
        ("v1.6.1", "own", "adopt", "crd-adopt-equal"),
        ("v1.6.1", "observe", "share", "crd-share"),
        ("v1.5.1", None, "conflict", "crd-foreign"),
        ("v1.5.1", "own", "adopt", "crd-adopt"),
        ("v1.5.1", "observe", "conflict", "crd-differs-observe"),
    ],
)
def test_a_crd_by_release_and_custody(kit, release, custody, verdict, key):
    world = kit.World(custody=custody)
    if release is not None:
        world.foreign_crds(BundleName(release))
    found = of(world.plan(), GATEWAYS)
    assert (found.verdict, found.reason.key) == (verdict, f"planning.{key}")
    if release is not None:
        assert found.owner.writer == "kubectl"


@pytest.mark.parametrize(
    ("change", "custody", "verdict", "key"),
    [
        ({"spec_digest": "0" * 64}, None, "blocked", "crd-modified"),
        ({"spec_digest": "0" * 64}, "own", "blocked", "crd-modified"),
        ({"established": False}, None, "wait", "crd-not-established"),
        ({"metadata": Metadata("1", deleting=True)}, "own", "wait", "crd-deleting"),
        ({"metadata": Metadata("1", annotations=marks(OTHER))}, None, "share", "crd-share"),
        (
            {"metadata": Metadata("1", annotations=marks(OTHER)), "spec_digest": "0" * 64},
            None,
            "blocked",
            "crd-modified",
        ),
    ],
)
def test_a_crd_in_trouble(kit, change, custody, verdict, key):
    world = kit.World(custody=custody).foreign_crds(kit.TARGET).change_crd(GATEWAYS, **change)
    found = of(world.plan(), GATEWAYS)
    assert (found.verdict, found.reason.key) == (verdict, f"planning.{key}")


def test_an_older_crd_of_another_gatewright_is_named_as_such(kit):
    world = kit.World().foreign_crds(BundleName("v1.5.1"))
    annotations = {**world.crds[GATEWAYS].metadata.annotations, **marks(OTHER)}
    found = of(world.change_crd(GATEWAYS, annotations=annotations).plan(), GATEWAYS)
    assert found.reason.key == "planning.crd-gatewright"
    assert OTHER in found.reason.render("en")


def test_drift_on_our_crd_is_put_back_and_names_the_manager(kit):
    world = kit.World().installed()
    seen = world.crds[GATEWAYS]
    metadata = msgspec.structs.replace(seen.metadata, managers=(*seen.metadata.managers, Manager("kubectl-edit")))
    spec = {**seen.spec, "scope": "Cluster"}
    world.change_crd(GATEWAYS, spec_digest="0" * 64, metadata=metadata, spec=spec)
    made = world.plan()
    found = of(made, GATEWAYS)
    assert (found.verdict, found.reason.key) == ("update", "planning.crd-drift")
    assert "kubectl-edit" in found.reason.render("en")
    assert [d.path for d in found.differences] == ["spec.scope"]
    assert made.outcome == "change"


def test_our_crd_that_is_not_served_yet_is_waited_for_by_a_step(kit):
    """A process killed right after its write leaves this for an instant; that must not stop the next plan."""
    world = kit.World().installed().change_crd(GATEWAYS, established=False)
    made = world.plan()
    assert of(made, GATEWAYS).verdict == "unchanged"
    assert [s.kind for s in made.steps] == ["check", "crds"]


def test_equal_specs_of_two_releases_still_get_the_right_annotation(kit):
    world = kit.World().installed()
    annotations = {**world.crds[GATEWAYS].metadata.annotations, VERSION_ANNOTATION: "v1.6.0"}
    assert of(world.change_crd(GATEWAYS, annotations=annotations).plan(), GATEWAYS).verdict == "update"


def test_v0_8_1_calls_itself_v0_8_0_and_is_still_recognised(kit):
    world = kit.World(claims=[kit.claim(bundle=BundleName("v0.8.1"), controller=None)], kubernetes="v1.27.0")
    world.foreign_crds(BundleName("v0.8.1"))
    assert world.crds[GATEWAYS].metadata.annotations[VERSION_ANNOTATION] == "v0.8.0"
    made = world.plan()
    assert of(made, GATEWAYS).verdict == "share"
    assert [f.code for f in made.findings if f.severity == "block"] == []


def test_a_modified_crd_shows_which_fields_differ_from_the_release_it_claims(kit):
    name = BundleName("v1.5.1")
    world = kit.World().foreign_crds(name)
    released = kit.content(name).crds[GATEWAYS]["spec"]
    world.change_crd(GATEWAYS, spec_digest="0" * 64, spec={**released, "scope": "Cluster"})
    assert [d.path for d in of(world.plan(), GATEWAYS).differences] == ["spec.scope"]


# A controller's objects


def foreign(kit, kind, **changes):
    """One of the controller's objects as somebody else wrote it."""
    manifest = next(m for m in render(kit.TRAEFIK) if m["kind"] == kind)
    return {**manifest, **changes}


@pytest.mark.parametrize(
    ("kind", "custody", "same", "verdict"),
    [
        ("Deployment", None, True, "conflict"),
        ("Deployment", "own", True, "adopt"),
        ("Deployment", "own", False, "conflict"),
        ("ServiceAccount", None, True, "conflict"),
        ("GatewayClass", None, True, "share"),
        ("GatewayClass", "own", True, "adopt"),
        ("GatewayClass", None, False, "conflict"),
        ("GatewayClass", "own", False, "conflict"),
    ],
)
def test_an_object_that_another_wrote(kit, kind, custody, same, verdict):
    manifest = foreign(kit, kind)
    if not same:
        manifest = {
            **manifest,
            "spec": {**manifest["spec"], "controllerName": "other.io/x", "selector": {"other": "x"}},
        }
    found = next(v for v in kit.World(custody=custody).object(manifest).plan().verdicts if v.ref.kind == kind)
    assert found.verdict == verdict
    assert found.owner.writer == "helm"
    assert bool(found.differences) == (not same)


def test_drift_on_our_object_is_put_back_field_by_field(kit):
    world = kit.World().installed()
    (ref,) = [o.ref for o in world.objects.values() if o.ref.kind == "Deployment"]
    seen = world.objects[ref.identity]
    spec = msgspec.json.decode(msgspec.json.encode(seen.content))
    spec["spec"]["template"]["spec"]["containers"][0]["image"] = "traefik:v3.5.3"
    metadata = msgspec.structs.replace(seen.metadata, managers=(*seen.metadata.managers, Manager("kubectl-set")))
    world.objects[ref.identity] = ObjectObservation(ref, metadata, spec)
    found = next(v for v in world.plan().verdicts if v.ref == ref)
    assert (found.verdict, found.reason.key) == ("update", "planning.object-drift")
    assert [d.path for d in found.differences] == ["spec.template.spec.containers[0].image"]
    assert "kubectl-set" in found.reason.render("en")


def test_defaults_and_additions_of_others_are_no_drift(kit):
    world = kit.World().installed()
    (ref,) = [o.ref for o in world.objects.values() if o.ref.kind == "Deployment"]
    seen = world.objects[ref.identity]
    content = msgspec.json.decode(msgspec.json.encode(seen.content))
    content["spec"]["replicas"] = 3
    content["spec"]["template"]["spec"]["restartPolicy"] = "Always"
    content["spec"]["template"]["spec"]["containers"].insert(0, {"name": "sidecar", "image": "mesh"})
    content["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "7"
    world.objects[ref.identity] = ObjectObservation(ref, seen.metadata, content)
    assert world.plan().outcome == "nothing"


def test_what_we_no_longer_set_is_an_update_although_nothing_is_missing(kit):
    world = kit.World(
        claims=[kit.claim(), kit.claim("orders", controller=msgspec.structs.replace(kit.TRAEFIK, ports=(8000, 9000)))]
    )
    world.bindings = {"orders": "orders"}
    world.installed()
    world.claims.pop()
    found = {v.ref.kind: v.verdict for v in world.plan().verdicts}
    assert found["Deployment"] == "update"


def test_an_object_that_is_being_deleted_is_waited_for(kit):
    manifest = foreign(kit, "Service")
    found = kit.World().object(manifest, Metadata("1", deleting=True)).plan()
    assert next(v for v in found.verdicts if v.ref == ref_of(manifest)).verdict == "wait"


def test_a_policy_of_an_older_release_is_adopted_with_the_crds(kit):
    world = kit.World(custody="own").foreign_crds(BundleName("v1.5.1"))
    for manifest in kit.content(BundleName("v1.5.1")).policy:
        world.object(manifest)
    found = {v.ref.kind: v.verdict for v in world.plan().verdicts if v.ref.kind.startswith("Validating")}
    assert found["ValidatingAdmissionPolicyBinding"] == "adopt"
    # Its expressions stand for a text that no release has.
    assert found["ValidatingAdmissionPolicy"] == "conflict"
