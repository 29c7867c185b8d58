"""Which changes are drift, who made them, and what stacks say: from metadata, verdicts and the objects themselves."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.gatewayapi.crds import CHANNEL_ANNOTATION, VERSION_ANNOTATION, spec_digest
from gatewright.gatewayapi.marks import INSTALLATION, MANAGED_BY, ORIGIN
from gatewright.gatewayapi.metadata import Writer, WrittenMeta
from gatewright.model.desired import BundleName, Claim, ControllerSpec, DriftMode
from gatewright.model.objects import ObjectRef
from gatewright.model.plan import ClusterPlan, FieldDifference, Finding, ObjectVerdict, Verdict
from gatewright.planning.drift import (
    changers_of,
    deviation,
    losses,
    mode_of,
    obstacle,
    suspicious,
    worth_reading,
)
from gatewright.planning.request import Record, crd_ref, namespace_ref
from gatewright.planning.writes import surplus
from gatewright.text import message

US = "11111111-0000-0000-0000-000000000000"
CRD = crd_ref("gateways.gateway.networking.k8s.io")
DEPLOYMENT = ObjectRef("apps/v1", "Deployment", "traefik", "edge")
WHY = message("drift.lost-crd")
OURS = Writer("gatewright", "Apply", "", "2026-11-22T12:00:00Z")
MARKS = {"labels": {MANAGED_BY: "gatewright"}, "annotations": {INSTALLATION: US, ORIGIN: "created"}}


SPEC: dict[str, Any] = {"names": {"kind": "Gateway", "plural": "gateways"}, "versions": []}
W = spec_digest(SPEC)


def record(ref: ObjectRef = CRD, *, generation: int = 1, wanted: str = W, team: str = "") -> Record:
    return Record(ref, "created", "u1", generation, wanted, team)


def metadata(**changes: Any) -> WrittenMeta:
    return WrittenMeta(name="x", uid="u1", generation=1, managed_fields=(OURS,), **{**MARKS, **changes})


def verdict(word: Verdict, ref: ObjectRef = CRD, *paths: str, wanted: str = W) -> ObjectVerdict:
    return ObjectVerdict(ref, word, WHY, differences=tuple(FieldDifference(p, 1, 2) for p in paths), wanted=wanted)


def entry(manager: str, fields: Any, time: str = "2026-11-22T12:00:01Z", **more: str) -> dict[str, Any]:
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": fields, **more}


def live(*entries: dict[str, Any], **changes: Any) -> dict[str, Any]:
    ours = {"manager": "gatewright", "operation": "Apply", "time": OURS.time, "fieldsV1": {}}
    made = {"uid": "u1", "generation": 1, **MARKS, "managedFields": [ours, *entries], **changes}
    return {"metadata": made, "spec": SPEC}


def test_what_we_wrote_and_nobody_touched_is_not_suspicious() -> None:
    assert not suspicious(record(), metadata(), US)


@pytest.mark.parametrize(
    "seen",
    [
        None,
        msgspec.structs.replace(metadata(), uid="u2"),
        msgspec.structs.replace(metadata(), generation=2),
        msgspec.structs.replace(metadata(), deletion_timestamp="2026-11-22T12:00:00Z"),
        metadata(labels={}),
        metadata(annotations={INSTALLATION: "another"}),
    ],
)
def test_an_object_that_may_be_other_than_we_wrote_it_is_suspicious(seen: WrittenMeta | None) -> None:
    assert suspicious(record(), seen, US)


@pytest.mark.parametrize(
    ("writer", "expected"),
    [
        (Writer("helm", "Update", "", "2026-11-22T12:00:01Z"), True),
        (Writer("helm", "Update", "", "2026-11-22T11:00:01Z"), False),
        (Writer("helm", "Update", "status", "2026-11-22T12:00:01Z"), False),
        (Writer("kube-controller-manager", "Update", "", "2026-11-22T12:00:01Z"), False),
    ],
)
@pytest.mark.parametrize("generation", [0, 1])
def test_who_wrote_since_we_did_may_have_changed_it(writer: Writer, expected: bool, generation: int) -> None:
    seen = msgspec.structs.replace(metadata(), generation=generation, managed_fields=(OURS, writer))
    assert suspicious(record(generation=generation), seen, US) is expected


def test_a_namespace_must_carry_its_team() -> None:
    assert suspicious(record(namespace_ref("pay"), team="pay"), metadata(), US)


def test_an_absent_object_was_deleted_and_can_be_put_back() -> None:
    found = deviation(record(), verdict("create"), None, US)
    assert found is not None
    assert (found.kind, found.restorable, found.changers) == ("deleted", True, ())


def test_what_is_as_it_was_is_no_deviation_whoever_labelled_it() -> None:
    theirs = entry("kubectl-label", {"f:metadata": {"f:labels": {"f:theirs": {}}}})
    assert deviation(record(), verdict("unchanged"), live(theirs), US) is None


def test_a_difference_to_what_we_wrote_is_drift_and_names_who_owns_the_field() -> None:
    fields = {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"traefik"}': {"f:image": {}}}}}}}
    path = "spec.template.spec.containers[0].image"
    found = deviation(
        record(DEPLOYMENT),
        verdict("update", DEPLOYMENT, path),
        live(entry("kubectl-edit", fields), entry("vpa", {"f:metadata": {}}, "2026-11-22T12:00:09Z"), generation=2),
        US,
    )
    assert found is not None
    assert found.kind == "changed"
    assert [(c.writer, c.manager) for c in found.changers] == [("kubectl", "kubectl-edit")]
    assert found.restorable


def test_a_wish_that_changed_is_not_drift_by_itself() -> None:
    pending = verdict("update", CRD, "spec.versions[0].schema", wanted="new")
    assert deviation(record(), pending, live(), US) is None
    found = deviation(record(), pending, {**live(), "spec": {**SPEC, "conversion": {"strategy": "Webhook"}}}, US)
    assert found is not None
    assert not found.restorable


def test_a_crd_is_what_its_spec_is_whatever_a_plan_believes() -> None:
    """A plan takes a CRD whose generation is the recorded one for what we wrote, without reading it."""
    other = {**live(), "spec": {**SPEC, "names": {**SPEC["names"], "shortNames": ["mine"]}}}
    assert deviation(record(), verdict("unchanged"), other, US) is not None


def test_a_crd_that_claims_another_release_is_drift_and_shows_the_claim() -> None:
    claims = {VERSION_ANNOTATION: "v9.9.9", CHANNEL_ANNOTATION: "standard"}
    seen = live(annotations={**MARKS["annotations"], **claims})
    found = deviation(record(), verdict("update"), seen, US, BundleName("v1.6.1"))
    assert found is not None
    assert [(d.path, d.live, d.wanted) for d in found.differences] == [
        (f"metadata.annotations[{VERSION_ANNOTATION}]", "v9.9.9", "v1.6.1")
    ]


def test_with_a_changed_wish_an_object_has_drifted_if_another_owns_what_differs() -> None:
    pending = verdict("update", DEPLOYMENT, "spec.replicas", "spec.paused", wanted="new")
    assert deviation(record(DEPLOYMENT), pending, live(entry("hpa", {"f:spec": {"f:strategy": {}}})), US) is None
    assert deviation(record(DEPLOYMENT), pending, live(entry("hpa", {"f:spec": {"f:replicas": {}}})), US) is not None


def test_another_object_of_the_same_name_was_replaced() -> None:
    found = deviation(record(), verdict("unchanged"), live(uid="u2"), US)
    assert found is not None
    assert (found.kind, found.uid, found.differences) == ("replaced", "u2", ())


def test_lost_marks_are_drift_though_a_plan_has_nothing_to_write() -> None:
    found = deviation(record(), verdict("share"), live(annotations={}), US)
    assert found is not None
    assert not found.restorable
    assert [d.path for d in found.differences] == [f"metadata.annotations[{INSTALLATION}]"]


def test_a_policy_that_is_shared_because_of_a_crd_is_no_deviation_itself() -> None:
    assert deviation(record(), verdict("share"), live(), US) is None


def test_an_object_on_its_way_out_is_told_apart() -> None:
    found = deviation(record(), verdict("wait"), live(deletionTimestamp="2026-11-22T12:00:00Z"), US)
    assert found is not None
    assert found.kind == "deleting"


def test_a_removed_field_belongs_to_nobody_so_who_wrote_since_is_named() -> None:
    difference = [FieldDifference("metadata.labels[app.kubernetes.io/managed-by]", None, "gatewright")]
    old = entry("helm", {"f:spec": {}}, "2026-11-22T11:00:00Z")
    new = entry("kubectl-label", {"f:metadata": {"f:labels": {"f:x": {}}}})
    assert [c.manager for c in changers_of(live(old, new), difference)] == ["kubectl-label"]
    assert changers_of(live(old), difference) == ()


def test_neither_the_status_nor_kubernetes_itself_is_named() -> None:
    difference = [FieldDifference("spec.replicas", 1, 2)]
    fields = {"f:spec": {"f:replicas": {}}}
    found = live(entry("traefik", fields, subresource="status"), entry("kube-controller-manager", fields))
    assert changers_of(found, difference) == ()


@pytest.mark.parametrize(
    ("path", "fields", "owned"),
    [
        ("spec.args", {"f:spec": {"f:args": {}}}, True),
        ("spec.args[2]", {"f:spec": {"f:args": {}}}, True),
        ("spec.args", {"f:spec": {".": {}}}, False),
        ("metadata.labels[a.b/c]", {"f:metadata": {"f:labels": {".": {}, "f:a.b/c": {}}}}, True),
        ("metadata.labels[a.b/d]", {"f:metadata": {"f:labels": {".": {}, "f:a.b/c": {}}}}, False),
        ("spec.ports[name=web].port", {"f:spec": {"f:ports": {'k:{"port":80}': {"f:port": {}}}}}, True),
    ],
)
def test_fields_of_a_manager_cover_the_path_of_a_difference(path: str, fields: Any, owned: bool) -> None:
    older = "2026-11-22T11:00:00Z"
    assert bool(changers_of(live(entry("x", fields, older)), [FieldDifference(path, 1, 2)])) is owned


@given(st.text(max_size=40), st.recursive(st.just({}), lambda inner: st.dictionaries(st.text(max_size=6), inner)))
def test_no_path_and_no_set_of_fields_breaks_it(path: str, fields: Any) -> None:
    changers_of(live(entry("x", fields)), [FieldDifference(path, 1, 2)])


def claim(team: str, drift: DriftMode, *, controller: bool = False, bundle: bool = True) -> Claim:
    wanted = ControllerSpec("traefik", "3.7.15") if controller else None
    return Claim(team, "c", team, "s", BundleName("v1.6.1") if bundle else None, wanted, drift)


@pytest.mark.parametrize(
    ("found", "claims", "mode"),
    [
        (record(), [claim("a", "heal"), claim("b", "heal")], "heal"),
        (record(), [claim("a", "heal"), claim("b", "report")], None),
        (record(), [claim("a", "heal"), claim("b", "report", bundle=False)], "heal"),
        (record(namespace_ref("b"), team="b"), [claim("a", "heal"), claim("b", "report")], "report"),
        (record(DEPLOYMENT), [claim("a", "heal", controller=True), claim("b", "report")], "heal"),
        (record(DEPLOYMENT), [claim("b", "heal")], "report"),
        (record(), [], "report"),
    ],
)
def test_the_stacks_of_those_who_want_the_object_decide(
    found: Record, claims: list[Claim], mode: DriftMode | None
) -> None:
    assert mode_of(found, claims) == mode


def plan(*verdicts: ObjectVerdict, findings: tuple[Finding, ...] = ()) -> ClusterPlan:
    return ClusterPlan("c", "uid", None, verdicts, findings)


def why(made: ClusterPlan, *records: Record, healed: tuple[ObjectRef, ...] = (CRD,)) -> str:
    found = obstacle(made, records or (record(),), frozenset(r.identity for r in healed))
    return "" if found is None else found.key.removeprefix("drift.why-")


def test_a_plan_that_only_puts_back_may_run() -> None:
    assert why(plan(verdict("update"), verdict("unchanged", DEPLOYMENT))) == ""


def test_a_plan_that_does_more_or_is_stopped_may_not() -> None:
    new = namespace_ref("new")
    blocked = Finding("planning.x", "block", WHY, WHY)
    assert why(plan(verdict("update"), findings=(blocked,))) == "stopped"
    assert why(plan(verdict("update"), verdict("conflict", DEPLOYMENT))) == "stopped"
    assert why(plan(verdict("update"), verdict("create", new))) == "more"
    assert why(plan(verdict("update", wanted="another"))) == "more"
    assert why(plan(verdict("adopt"))) == "more"
    assert why(plan(verdict("update")), healed=()) == "reported"
    assert why(plan(verdict("unchanged"))) == "nothing"


def test_losses_are_of_what_takes_others_along() -> None:
    assert losses(record(), "deleted")
    assert losses(record(namespace_ref("a")), "replaced")
    assert not losses(record(), "changed")
    assert not losses(record(DEPLOYMENT), "deleted")


def test_what_a_plan_would_put_back_is_read_even_if_nobody_told() -> None:
    assert worth_reading(record(), verdict("update"), frozenset())
    assert not worth_reading(record(), verdict("unchanged"), frozenset())
    assert not worth_reading(record(), verdict("update", wanted="new"), frozenset())
    assert worth_reading(record(), verdict("unchanged"), frozenset({CRD.identity}))


def test_what_others_added_to_a_crd_is_removed_and_nothing_else() -> None:
    wanted: dict[str, Any] = {"spec": {"names": {"kind": "Gateway", "shortNames": ["gtw"]}, "versions": []}}
    names = {"kind": "Gateway", "singular": "gateway", "listKind": "GatewayList", "shortNames": ["x"]}
    assert surplus(wanted, {"spec": {"names": names, "versions": [1], "conversion": {"strategy": "None"}}}) is None
    theirs = {
        "names": {**names, "categories": ["mine"]},
        "conversion": {"strategy": "Webhook", "webhook": {}},
        "preserveUnknownFields": True,
    }
    assert surplus(wanted, {"spec": theirs}) == {
        "spec": {
            "names": {"categories": None},
            "conversion": {"strategy": "None", "webhook": None},
            "preserveUnknownFields": False,
        }
    }
