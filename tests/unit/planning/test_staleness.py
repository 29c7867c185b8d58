"""A plan that no longer holds is noticed; what is done already is not done twice."""

from __future__ import annotations

import msgspec

from gatewright.model.observation import Manager, Metadata, NamespaceObservation
from gatewright.planning.plans import plan_cluster
from gatewright.planning.staleness import moved, unmoved
from gatewright.planning.writes import manifest_of

GATEWAYS = "gateways.gateway.networking.k8s.io"


def seen_of(world, ref):
    if ref.kind == "Namespace":
        return world.namespaces.get(ref.name)
    if ref.kind == "CustomResourceDefinition":
        return world.crds.get(ref.name)
    return world.objects.get(ref.identity)


def judge(kit, made, world, ref):
    wanted = None
    if made.verdict_of(ref).verdict != "delete":
        wanted = manifest_of(made, ref, kit.content(made.bundle), kit.US)
    return unmoved(made.verdict_of(ref), seen_of(world, ref), wanted, kit.US)


def written(made):
    return [ref for step in made.steps if step.kind != "forget" for ref in step.refs]


def test_before_as_planned_and_after_done_for_every_object(kit):
    world = kit.World()
    made = world.plan()
    assert {judge(kit, made, world, ref) for ref in written(made)} == {"as-planned"}
    world.carry_out(made)
    assert {judge(kit, made, world, ref) for ref in written(made)} == {"done"}


def test_updates_and_adoptions_too(kit):
    world = kit.World(custody="own").foreign_crds(kit.TARGET).namespace("payments")
    made = world.plan()
    assert {judge(kit, made, world, ref) for ref in written(made)} == {"as-planned"}
    world.carry_out(made)
    assert {judge(kit, made, world, ref) for ref in written(made)} == {"done"}


def test_deletions(kit):
    world = kit.World().installed().leave()
    made = world.plan()
    assert {judge(kit, made, world, ref) for ref in written(made)} == {"as-planned"}
    world.carry_out(made)
    assert {judge(kit, made, world, ref) for ref in written(made)} == {"done"}


def test_somebody_made_it_first(kit):
    world = kit.World()
    made = world.plan()
    world.namespace("payments")
    (ref,) = [v.ref for v in made.verdicts if v.ref.name == "payments"]
    assert judge(kit, made, world, ref) == "moved"


def test_somebody_changed_it(kit):
    world = kit.World(custody="own").foreign_crds(kit.TARGET)
    made = world.plan()
    (ref,) = [v.ref for v in made.verdicts if v.ref.name == GATEWAYS]
    seen = world.crds[GATEWAYS]
    metadata = msgspec.structs.replace(seen.metadata, resource_version="99", generation=7)
    assert judge(kit, made, world.change_crd(GATEWAYS, metadata=metadata), ref) == "as-planned"
    assert judge(kit, made, world.change_crd(GATEWAYS, spec_digest="0" * 64), ref) == "moved"
    del world.crds[GATEWAYS]
    assert judge(kit, made, world, ref) == "moved"


def test_what_is_only_used_must_still_be_there(kit):
    made = kit.World().namespace("edge").plan()
    (verdict,) = [v for v in made.verdicts if str(v.ref) == "Namespace edge"]
    there = NamespaceObservation("edge", Metadata("1", labels={"new": "label"}))
    going = NamespaceObservation("edge", Metadata("1", deleting=True))
    assert [unmoved(verdict, seen, None, kit.US) for seen in (there, going, None)] == ["as-planned", "moved", "moved"]


def test_a_plan_holds_while_its_own_steps_are_carried_out(kit):
    for world in (kit.World(), kit.World(custody="own").foreign_crds(kit.TARGET)):
        made = world.plan()
        for steps in range(len(made.steps) + 1):
            world.carry_out(made, steps=steps) if steps == 0 else _one_more(world, made, steps)
            assert moved(made, plan_cluster(world.request())) == ()


def test_a_leaving_plan_holds_while_its_own_steps_are_carried_out(kit):
    world = kit.World().installed().leave()
    made = world.plan()
    for steps in range(1, len(made.steps)):
        _one_more(world, made, steps)
        if steps > 1:
            classes = "gatewayclasses.gateway.networking.k8s.io"
            if classes in world.crds:
                world.change_crd(classes, objects={})
        assert moved(made, plan_cluster(world.request())) == ()


def _one_more(world, made, steps):
    world.carry_out(msgspec.structs.replace(made, steps=made.steps[steps - 1 : steps]))


def test_a_world_that_moved_names_what_moved(kit):
    world = kit.World()
    made = world.plan()
    world.namespace("edge", metadata=Metadata("1", managers=(Manager("kubectl"),)), phase="terminating")
    assert [r.name for r in moved(made, plan_cluster(world.request()))] == ["edge"]


def test_a_new_blocking_finding_moves_the_plan(kit):
    world = kit.World()
    made = world.plan()
    world.kubernetes = "v1.20.0"
    assert len(moved(made, plan_cluster(world.request()))) > 1
