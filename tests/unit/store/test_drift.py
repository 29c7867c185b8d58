"""Drifts in the store: the last episode of each object of each cluster."""

from __future__ import annotations

import msgspec
import pytest

from gatewright.model.desired import Stack
from gatewright.model.drift import Changer, Drift, DriftState
from gatewright.model.manifest import ManifestError, dump, parse
from gatewright.model.objects import ObjectRef
from gatewright.model.plan import FieldDifference
from gatewright.store.clock import stamp
from gatewright.store.database import Database
from gatewright.text import message

CRD = ObjectRef("apiextensions.k8s.io/v1", "CustomResourceDefinition", "gateways.gateway.networking.k8s.io")
SPACE = ObjectRef("v1", "Namespace", "payments")
AT = "2026-11-22T12:00:00.000000Z"


def drift(cluster: str = "a", ref: ObjectRef = CRD, state: DriftState = "open", **changes: object) -> Drift:
    made = Drift(
        cluster,
        ref,
        "changed",
        state,
        AT,
        AT,
        changers=(Changer("kubectl", "kubectl-edit", "Update", AT),),
        differences=(FieldDifference("spec.x", {"a": [1]}, None),),
        message=message("drift.lost-crd"),
        due_at=AT,
    )
    return msgspec.structs.replace(made, **changes)


async def test_a_drift_comes_back_as_it_was_and_is_one_per_object(fleet: Database) -> None:
    first, second = drift(), drift(state="healed")
    async with fleet.transaction() as unit:
        await unit.drifts.put("uid-a", first)
        await unit.drifts.put("uid-b", drift("b"))
        await unit.drifts.put("uid-a", second)
        assert await unit.drifts.of_cluster("uid-a") == {CRD.identity: second}
        assert await unit.drifts.of_cluster("uid-b") == {CRD.identity: drift("b")}
        assert await unit.drifts.of_cluster("uid-c") == {}


async def test_a_team_sees_its_clusters_without_the_namespaces_of_others(fleet: Database) -> None:
    async with fleet.transaction() as unit:
        await unit.drifts.put("uid-a", drift())
        await unit.drifts.put("uid-a", drift(ref=SPACE, team="payments"))
        await unit.drifts.put("uid-a", drift(ref=ObjectRef("v1", "Namespace", "other"), team="others"))
        await unit.drifts.put("uid-b", drift("b", state="gone"))
        assert {d.ref.name for d in await unit.drifts.all(team="payments")} == {CRD.name, "payments"}
        assert await unit.drifts.all(team="orders") == []
        assert len(await unit.drifts.all(cluster="a")) == 3
        assert await unit.drifts.all(cluster="b") == []
        assert len(await unit.drifts.all(cluster="b", states=("gone",))) == 1


async def test_only_what_may_be_acted_on_is_due(fleet: Database) -> None:
    async with fleet.transaction() as unit:
        await unit.drifts.put("uid-a", drift())
        await unit.drifts.put("uid-b", drift("b", due_at="2026-11-22T12:00:00.000001Z"))
        await unit.drifts.put("uid-c", drift("c", state="fought"))
        assert await unit.drifts.due() == ["uid-a"]


async def test_a_person_lifts_a_fight_and_it_is_due_at_once(fleet: Database) -> None:
    fought = drift(state="fought", attempts=(AT,) * 3, returned=2, due_at="", why=message("drift.lost-crd"))
    async with fleet.transaction() as unit:
        await unit.drifts.put("uid-a", fought)
        await unit.drifts.put("uid-a", drift(ref=SPACE))
        assert await unit.drifts.resume("uid-a", SPACE) == []
        [resumed] = await unit.drifts.resume("uid-a")
        assert (resumed.state, resumed.attempts, resumed.returned, resumed.why) == ("open", (), 0, None)
        assert "uid-a" in await unit.drifts.due()
        assert await unit.drifts.resume("uid-a") == []


async def test_a_stack_says_what_to_do_about_drift(fleet: Database) -> None:
    async with fleet.transaction() as unit:
        [web] = await unit.fleet.stacks(team="payments")
        assert web.drift == "report"
        wanted = msgspec.structs.replace(web, drift="heal")
        [change] = await unit.fleet.apply_desired([wanted], "ann")
        assert change.verb == "update"
        assert await unit.fleet.stack("payments", "web") == wanted
        assert {claim.drift for claim in await unit.fleet.claims("uid-a")} == {"heal"}
        assert wanted in [w for w in await unit.fleet.export() if isinstance(w, Stack)]


def test_moments_of_drift_are_those_of_the_store(clock: object) -> None:
    """Texts are compared, so both must write them alike."""
    from gatewright.planning import episodes

    now = clock()  # type: ignore[operator]
    assert episodes.gone(drift(), now).changed_at == stamp(now)


STACK = """
apiVersion: gatewright.io/v1alpha1
kind: Stack
metadata: {name: web}
spec: {team: payments, bundle: {version: v1.6.1}, drift: %s}
"""


def test_a_manifest_says_what_to_do_about_drift_and_comes_back_the_same() -> None:
    [found] = parse(STACK % "heal")
    assert isinstance(found.desired, Stack)
    assert found.desired.drift == "heal"
    assert [again.desired for again in parse(dump([found.desired]))] == [found.desired]
    with pytest.raises(ManifestError):
        parse(STACK % "maybe")
