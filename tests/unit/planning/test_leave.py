"""Leaving: what goes, what stays and why, and what stops it."""

from __future__ import annotations

import msgspec
import pytest

from gatewright.model.desired import BundleName
from gatewright.model.observation import Metadata

GATEWAYS = "gateways.gateway.networking.k8s.io"
ROUTES = "httproutes.gateway.networking.k8s.io"
CLASSES = "gatewayclasses.gateway.networking.k8s.io"


def of(made, name):
    return next(v for v in made.verdicts if v.ref.name == name)


def key(made, name):
    return of(made, name).reason.key.removeprefix("planning.")


def test_the_last_team_takes_everything_in_reverse_order(kit):
    made = kit.World().installed().leave().plan()
    assert [s.kind for s in made.steps] == ["check", "remove", "remove", "remove", "remove", "forget"]
    controller, policy, crds, namespaces = made.steps[1:5]
    assert [r.kind for r in controller.refs] == [
        "GatewayClass", "Deployment", "Service", "ClusterRoleBinding", "ClusterRole", "ServiceAccount",
    ]  # fmt: skip
    assert [r.kind for r in policy.refs] == ["ValidatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy"]
    assert len(crds.refs) == 10
    assert {r.name for r in namespaces.refs} == {"payments", "edge"}


def test_while_others_stay_only_the_teams_namespace_goes(kit):
    world = kit.World().installed()
    world.claims.append(kit.claim("orders"))
    world.bindings = {"payments": "payments"}
    world.carry_out(world.plan("orders"))
    world.bindings = {"payments": "payments"}
    made = world.leave("orders").plan("orders")
    assert [(v.ref.name, v.verdict) for v in made.verdicts] == [("orders", "delete")]
    assert [s.kind for s in made.steps] == ["check", "remove", "forget"]
    world.carry_out(made)
    world.leaving, world.bindings = None, {}
    assert world.plan().outcome == "nothing"


def test_a_controller_that_only_the_leaver_claimed_goes_with_it(kit):
    world = kit.World().installed()
    world.claims.append(kit.claim("orders", controller=None))
    world.bindings = {"orders": "orders"}
    made = world.leave().plan()
    kinds = {v.ref.kind for v in made.verdicts if v.verdict == "delete"}
    assert "Deployment" in kinds
    assert "CustomResourceDefinition" not in kinds
    assert {v.ref.name for v in made.verdicts if v.ref.kind == "Namespace"} == {"payments", "edge"}


def test_but_not_while_gateways_of_others_need_it(kit):
    world = kit.World().installed()
    world.claims.append(kit.claim("orders", controller=None))
    world.bindings = {"orders": "orders"}
    world.change_crd(GATEWAYS, objects={"orders": 2, "payments": 1})
    made = world.leave().plan()
    (finding,) = made.findings
    assert (finding.code, finding.severity) == ("preflight.gateways-lose-controller", "block")
    assert "orders (orders): 2" in finding.message.render("en")
    assert "payments" not in finding.message.params["where"]


def test_a_crd_that_has_objects_blocks_and_says_how_many_and_whose(kit):
    world = kit.World().installed().change_crd(ROUTES, objects={"payments": 3, "shop": 1})
    made = world.leave().plan()
    assert made.outcome == "stopped"
    found = of(made, ROUTES)
    assert found.verdict == "blocked"
    text = found.reason.render("en")
    assert ": 4, in" in text
    assert "payments (payments): 3, shop: 1" in text
    assert "--keep-crds" in found.remedy.render("en")


def test_our_own_class_does_not_count_but_another_one_does(kit):
    world = kit.World().installed().leave()
    assert of(world.plan(), CLASSES).verdict == "delete"
    world.change_crd(CLASSES, objects={"": 2})
    found = of(world.plan(), CLASSES)
    assert found.verdict == "blocked"
    assert ": 1, in" in found.reason.render("en")


def test_objects_that_were_not_counted_block(kit):
    world = kit.World().installed().leave().change_crd(ROUTES, objects=None)
    assert key(world.plan(), ROUTES) == "crd-uncounted"


def test_crds_are_kept_on_request_with_their_objects_and_policy(kit):
    world = kit.World().installed().change_crd(ROUTES, objects={"payments": 3})
    made = world.leave().plan(keep_crds=True)
    assert made.outcome == "change"
    assert key(made, ROUTES) == "keep-asked"
    assert {v.verdict for v in made.verdicts if v.ref.kind.startswith("ValidatingAdmission")} == {"keep"}
    world.carry_out(made)
    assert len(world.crds) == 10
    world.leaving, world.claims = None, [kit.claim()]
    assert {v.verdict for v in world.plan().verdicts if v.ref.kind == "CustomResourceDefinition"} == {"unchanged"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"contents": {"configmaps": 2}}, "keep-namespace-contents"),
        ({"contents": None}, "keep-namespace-unproven"),
        ({"contents": {}, "uncounted": ("secrets",)}, "keep-namespace-unproven"),
        ({"contents": {}}, "delete-namespace"),
    ],
)
def test_a_namespace_of_ours_goes_only_when_it_is_proven_empty(kit, changes, reason):
    world = kit.World().installed().leave()
    world.namespaces["payments"] = msgspec.structs.replace(world.namespaces["payments"], **changes)
    made = world.plan()
    assert key(made, "payments") == reason
    assert made.outcome == "change"
    assert (of(made, "payments").remedy is not None) == reason.startswith("keep")


def test_only_the_very_object_that_we_made_is_removed(kit):
    world = kit.World().installed().leave()
    seen = world.namespaces["payments"]
    replaced = msgspec.structs.replace(seen.metadata, uid="another")
    world.namespaces["payments"] = msgspec.structs.replace(seen, metadata=replaced)
    assert key(world.plan(), "payments") == "keep-replaced"
    world.namespaces["payments"] = msgspec.structs.replace(seen, metadata=Metadata(seen.metadata.uid))
    assert key(world.plan(), "payments") == "keep-unmarked"
    world.namespaces["payments"] = seen
    world.records = {k: r for k, r in world.records.items() if r.ref.name != "payments"}
    assert key(world.plan(), "payments") == "keep-unrecorded"


def test_what_is_on_its_way_already_is_still_removed(kit):
    world = kit.World().installed().leave()
    seen = world.crds[ROUTES]
    world.change_crd(ROUTES, metadata=msgspec.structs.replace(seen.metadata, deleting=True))
    assert of(world.plan(), ROUTES).verdict == "delete"


def test_shared_crds_stay_and_say_whose_they_are(kit):
    world = kit.World().foreign_crds(kit.TARGET)
    world.carry_out(world.plan()).leave()
    made = world.plan()
    assert key(made, ROUTES) == "keep-shared"
    assert "kubectl" in of(made, ROUTES).reason.render("zh")


def test_claims_that_clash_remove_nothing(kit):
    world = kit.World().installed()
    world.claims += [kit.claim("orders"), kit.claim("shop", bundle=BundleName("v1.5.1"))]
    made = world.leave().plan()
    assert made.outcome == "stopped"
    assert made.verdicts == ()


def test_leaving_a_cluster_where_nothing_was_done_only_forgets(kit):
    made = kit.World().leave().plan()
    assert [s.kind for s in made.steps] == ["check", "forget"]
