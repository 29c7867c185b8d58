"""Installing: the founding story, the order of the steps, and what holds of every plan."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from gatewright.gatewayapi.catalogue import catalogue
from gatewright.model.desired import BundleName
from gatewright.model.observation import Manager, Metadata
from gatewright.planning.plans import plan, plan_cluster, summary


def kinds(made):
    return [s.kind for s in made.steps]


def verdicts(made):
    return {str(v.ref): v.verdict for v in made.verdicts}


def test_a_fresh_cluster_gets_everything_in_the_order_of_the_design(kit):
    made = kit.World().plan()
    assert kinds(made) == ["check", "namespaces", "crds", "policy", "controller", "available", "accepted"]
    assert {v.verdict for v in made.verdicts} == {"create"}
    crds = next(s for s in made.steps if s.kind == "crds")
    assert crds.together
    assert len(crds.refs) == 10
    policy = next(s for s in made.steps if s.kind == "policy")
    assert [r.kind for r in policy.refs] == ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]
    assert made.outcome == "change"


def test_the_second_time_there_is_nothing_to_do_and_nothing_to_fetch(kit):
    world = kit.World().installed()
    request = world.request()
    assert request.bundles == {}
    made = world.plan()
    assert made.outcome == "nothing"
    assert made.steps == ()
    assert made.manifests == ()


def test_an_unrelated_namespace_of_the_controllers_name_is_shared_and_survives_leaving(kit):
    world = kit.World().namespace("edge")
    made = world.plan()
    assert verdicts(made)["Namespace edge"] == "share"
    assert made.outcome == "change"
    world.carry_out(made).leave()
    left = world.plan()
    assert verdicts(left)["Namespace edge"] == "keep"
    world.carry_out(left)
    assert set(world.namespaces) == {"edge"}
    assert world.crds == {}
    assert world.objects == {}
    assert world.records == {}


def test_older_crds_of_kubectl_need_the_users_word(kit):
    world = kit.World().foreign_crds(BundleName("v1.5.1"))
    made = world.plan()
    assert made.outcome == "stopped"
    stop = next(v for v in made.verdicts if v.verdict == "conflict")
    assert stop.owner is not None
    assert stop.owner.writer == "kubectl"
    assert stop.remedy is not None
    assert "gatewright adopt shanghai" in stop.remedy.render("en")
    world.custody = "own"
    made = world.plan()
    assert made.outcome == "change"
    adopted = [s for s in made.steps if s.kind == "crds" and not s.together]
    assert [len(s.refs) for s in adopted] == [1] * 8
    world.carry_out(made)
    assert world.plan().outcome == "nothing"
    assert {r.origin for r in world.records.values() if r.ref.name.startswith("gateways.")} == {"adopted"}


def test_what_was_adopted_is_kept_on_leaving(kit):
    world = kit.World(custody="own").foreign_crds(BundleName("v1.5.1"))
    world.carry_out(world.plan()).leave()
    made = world.plan(keep_crds=False)
    found = {v.ref.name: v.verdict for v in made.verdicts}
    assert found["gateways.gateway.networking.k8s.io"] == "keep"
    assert found["tcproutes.gateway.networking.k8s.io"] == "delete"


def test_an_adoption_that_was_interrupted_is_no_mixed_cluster(kit):
    world = kit.World(custody="own").foreign_crds(BundleName("v1.5.1"))
    world.carry_out(world.plan(), steps=6)
    made = world.plan()
    assert made.outcome == "change"
    world.carry_out(made)
    assert world.plan().outcome == "nothing"


def test_an_adopted_object_stays_adopted_when_it_is_updated(kit):
    world = kit.World(custody="own").foreign_crds(BundleName("v1.5.1"))
    world.carry_out(world.plan())
    name = "gateways.gateway.networking.k8s.io"
    world.change_crd(name, spec_digest="0" * 64)
    made = world.plan()
    verdict = next(v for v in made.verdicts if v.ref.name == name)
    assert (verdict.verdict, verdict.origin) == ("update", "adopted")


def test_a_second_team_reuses_the_installation_and_is_refused_the_first_ones_namespace(kit):
    world = kit.World().installed()
    world.claims.append(kit.claim("orders"))
    world.bindings = {"payments": "payments"}
    made = world.plan("orders")
    assert kinds(made) == ["check", "namespaces"]
    assert [v.verdict for v in made.verdicts].count("create") == 1
    world.claims[-1] = kit.claim("orders", namespace="payments")
    made = world.plan("orders")
    assert made.outcome == "stopped"
    stop = next(v for v in made.verdicts if v.verdict == "conflict")
    assert "team payments" in stop.reason.render("en")


def test_claims_that_clash_stop_the_plan_and_name_both_teams(kit):
    world = kit.World(claims=[kit.claim(), kit.claim("orders", bundle=BundleName("v1.5.1"))])
    made = world.plan("orders")
    assert made.outcome == "stopped"
    text = made.findings[0].message.render("en")
    assert "payments" in text
    assert "orders" in text


def test_a_controller_that_is_not_ready_is_waited_for_again(kit):
    world = kit.World().installed()
    world.broken = True
    assert kinds(world.plan()) == ["check", "available", "accepted"]


def test_a_newer_release_updates_our_crds_one_by_one(kit):
    old = kit.claim(bundle=BundleName("v1.5.1"))
    world = kit.World(claims=[old]).installed()
    world.claims = [kit.claim()]
    made = world.plan()
    assert made.outcome == "change"
    assert sum(1 for v in made.verdicts if v.verdict == "update") >= 8
    world.carry_out(made)
    assert world.plan().outcome == "nothing"


def test_only_a_namespace_is_wanted_without_a_stack(kit):
    made = kit.World(claims=[kit.claim(bundle=None, controller=None, stack="")]).plan()
    assert [str(v.ref) for v in made.verdicts] == ["Namespace payments"]
    assert made.bundle is None


def test_shared_crds_get_no_policy_of_ours(kit):
    made = kit.World().foreign_crds(kit.TARGET).plan()
    assert not any(v.ref.kind.startswith("ValidatingAdmission") for v in made.verdicts)
    assert made.outcome == "change"


def test_the_plan_of_a_team_sums_up_its_clusters(kit):
    fresh, done = kit.World().plan(), kit.World().installed().plan()
    whole = plan("payments", "install", (fresh, done))
    assert whole.outcome == "change"
    assert "1 of 2" in summary(whole).render("en")
    stopped = kit.World().namespace("payments", phase="terminating").plan()
    assert plan("payments", "install", (fresh, stopped)).outcome == "stopped"


def test_content_that_was_not_fetched_is_an_error_of_the_caller(kit):
    with pytest.raises(ValueError, match="needed_bundles"):
        plan_cluster(kit.World().request(bundles={}))


# Properties

writers = st.sampled_from([(), (Manager("kubectl"),), (Manager("helm"),), (Manager("kube-controller-manager"),)])
releases = st.sampled_from([None, *(b.name for b in catalogue().bundles)])


@st.composite
def worlds(draw, kit):
    world = kit.World(custody=draw(st.sampled_from([None, "own", "observe"])))
    release = draw(releases)
    if release is not None:
        world.foreign_crds(release, managers=draw(writers))
        for name in draw(st.sets(st.sampled_from(sorted(world.crds)), max_size=3)):
            if draw(st.booleans()):
                del world.crds[name]
            else:
                world.change_crd(name, spec_digest=draw(st.sampled_from(["0" * 64, world.crds[name].spec_digest])))
    for name in draw(st.sets(st.sampled_from(["edge", "payments", "other"]))):
        world.namespace(name, metadata=Metadata(f"uid-{name}", managers=draw(writers)))
    world.kubernetes = draw(st.sampled_from(["v1.24.0", "v1.30.1", "v1.34.2+k3s1", "v1.36.0"]))
    world.claims = [kit.claim(bundle=draw(releases) or kit.TARGET)]
    return world


@st.composite
def promising(draw, kit):
    """Worlds that mostly can be planned: old CRDs come with the user's word, others equal the target."""
    world = kit.World()
    release = draw(
        st.sampled_from([None, kit.TARGET, BundleName("v1.4.1"), BundleName("v1.5.0"), BundleName("v1.5.1")])
    )
    if release is not None:
        world.foreign_crds(release, managers=draw(writers))
        world.custody = "own" if release != kit.TARGET else draw(st.sampled_from([None, "own", "observe"]))
        for name in draw(st.sets(st.sampled_from(sorted(world.crds)), max_size=3)):
            del world.crds[name]
    for name in draw(st.sets(st.sampled_from(["edge", "payments", "other"]))):
        world.namespace(name, metadata=Metadata(f"uid-{name}", managers=draw(writers)))
    if draw(st.booleans()):
        world.claims.append(kit.claim("orders"))
        world.bindings = {"orders": "orders"}
    return world


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_planning_is_deterministic_and_does_not_depend_on_any_order(kit, data):
    world = data.draw(worlds(kit))
    world.claims.append(kit.claim("orders", bundle=world.claims[0].bundle))
    first = plan_cluster(world.request())
    request = world.request()
    observed = request.observation
    shuffled = msgspec.structs.replace(
        observed,
        crds=tuple(reversed(observed.crds)),
        namespaces=tuple(reversed(observed.namespaces)),
        objects=tuple(reversed(observed.objects)),
        seen_at="2030-12-31T23:59:59Z",
    )
    known = msgspec.structs.replace(request.known, claims=tuple(reversed(request.known.claims)))
    second = plan_cluster(msgspec.structs.replace(request, observation=shuffled, known=known))
    assert plan("payments", "install", (first,)).hash == plan("payments", "install", (second,)).hash


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_what_is_carried_out_leaves_nothing_to_do_even_after_a_stop_in_the_middle(kit, data):
    world = data.draw(promising(kit))
    made = world.plan()
    event(made.outcome)
    if made.outcome == "stopped":
        return
    world.carry_out(made, steps=data.draw(st.integers(0, len(made.steps))))
    again = world.plan()
    assert again.outcome != "stopped"
    world.carry_out(again)
    assert world.plan().outcome == "nothing"


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_when_the_last_team_has_left_only_what_others_made_is_there(kit, data):
    world = data.draw(promising(kit))
    namespaces, crds = set(world.namespaces), set(world.crds)
    for team in [c.team for c in world.claims]:
        made = world.plan(team)
        event(made.outcome)
        if made.outcome == "stopped":
            return
        world.carry_out(made)
        world.bindings = {c.namespace: c.team for c in world.claims}
    for team in [c.team for c in world.claims]:
        world.leave(team).bindings.pop(team, None)
        left = world.plan(team)
        assert left.outcome == "change"
        world.carry_out(left)
        world.leaving = None
    assert set(world.namespaces) == namespaces
    assert set(world.crds) == crds
    assert not world.objects


@settings(max_examples=15, deadline=None)
@given(data=st.data(), version=st.integers(2, 10**6))
def test_the_hash_of_a_plan_does_not_move_with_times_and_resource_versions(kit, data, version):
    world = data.draw(promising(kit))
    before = plan_cluster(world.request())
    for name, seen in world.crds.items():
        metadata = msgspec.structs.replace(
            seen.metadata,
            resource_version=str(version),
            managers=(*seen.metadata.managers, Manager("kube-apiserver", "Update", "status")),
        )
        world.crds[name] = msgspec.structs.replace(seen, metadata=metadata)
    for name, seen in world.namespaces.items():
        metadata = msgspec.structs.replace(seen.metadata, resource_version=str(version))
        world.namespaces[name] = msgspec.structs.replace(seen, metadata=metadata)
    after = plan_cluster(world.request())
    assert plan("payments", "install", (before,)).hash == plan("payments", "install", (after,)).hash
