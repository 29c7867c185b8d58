"""A cluster as a value: what lives in it, how it is observed, and what carrying out a plan makes of it."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from gatewright.gatewayapi.catalogue import catalogue
from gatewright.gatewayapi.crds import CHANNEL_ANNOTATION, VERSION_ANNOTATION
from gatewright.gatewayapi.manifests import controller_refs, defaults
from gatewright.model.desired import BundleName, Claim, ControllerSpec, Custody
from gatewright.model.objects import Manifest, ObjectRef, ref_of
from gatewright.model.observation import (
    ControllerObservation,
    CrdObservation,
    CrdVersion,
    GatewayClassObservation,
    Manager,
    Metadata,
    MissingPermission,
    NamespaceObservation,
    ObjectObservation,
    Observation,
    PolicyObservation,
)
from gatewright.model.plan import STOPS, ClusterPlan
from gatewright.planning.interests import interests_of, needed_bundles
from gatewright.planning.plans import cluster_summary, plan, plan_cluster, summary
from gatewright.planning.request import CRD_KIND, BundleContent, ClusterRequest, Known, Record
from gatewright.planning.writes import manifest_of, origin_of

US = "11111111-0000-0000-0000-000000000000"
TARGET = BundleName("v1.6.1", "standard")
TRAEFIK = ControllerSpec("traefik", "3.7.15", namespace="edge", gateway_class="edge")
KUBECTL = Manager("kubectl-client-side-apply")
POLICY_KINDS = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")


def claim(team: str = "payments", **changes: Any) -> Claim:
    base = Claim(team, "shanghai", team, f"{team}.main", TARGET, TRAEFIK)
    return msgspec.structs.replace(base, **changes)


def content(name: BundleName = TARGET) -> BundleContent:
    """A bundle with the real names and facts, and next to nothing inside."""
    facts = catalogue().bundle(name)
    crds = {c.name: _crd_manifest(c.name, c.kind, c.annotated, facts.channel) for c in facts.crds}
    policy = tuple(_policy_manifest(p.ref, p.expressions) for p in facts.policy)
    return BundleContent(name, crds, policy)


def _crd_manifest(name: str, kind: str, version: str, channel: str) -> Manifest:
    annotations = {VERSION_ANNOTATION: version, CHANNEL_ANNOTATION: channel}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "description": version}}}}
    spec = {"names": {"kind": kind, "plural": name.partition(".")[0]}, "versions": [{"name": "v1", "schema": schema}]}
    metadata = {"name": name, "annotations": annotations}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": CRD_KIND, "metadata": metadata, "spec": spec}


def _policy_manifest(ref: ObjectRef, expressions: tuple[str, ...]) -> Manifest:
    spec: dict[str, Any] = {"policyName": ref.name, "validationActions": ["Deny"]}
    if ref.kind == "ValidatingAdmissionPolicy":
        spec = {"failurePolicy": "Fail", "validations": [{"expression": e} for e in expressions]}
    return {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": {"name": ref.name}, "spec": spec}


@dataclass
class World:
    """``crds``, ``namespaces``, ``objects``: what exists. ``broken``: Deployments and classes are never ready."""

    crds: dict[str, CrdObservation] = field(default_factory=dict)
    namespaces: dict[str, NamespaceObservation] = field(default_factory=dict)
    objects: dict[tuple[str, str, str, str], ObjectObservation] = field(default_factory=dict)
    controllers: list[ControllerObservation] = field(default_factory=list)
    policies: list[PolicyObservation] = field(default_factory=list)
    missing: tuple[MissingPermission, ...] = ()
    kubernetes: str = "v1.34.1"
    claims: list[Claim] = field(default_factory=lambda: [claim()])
    custody: Custody | None = None
    records: dict[tuple[str, str, str, str], Record] = field(default_factory=dict)
    bindings: dict[str, str] = field(default_factory=dict)
    leaving: Claim | None = None
    broken: bool = False
    clock: int = 0

    # What others did before us.

    def foreign_crds(self, name: BundleName, *, managers: tuple[Manager, ...] = (KUBECTL,), **changes: Any) -> World:
        """Every CRD of a release, pristine, written by another."""
        facts = catalogue().bundle(name)
        for crd in facts.crds:
            annotations = {VERSION_ANNOTATION: crd.annotated, CHANNEL_ANNOTATION: facts.channel}
            self.crds[crd.name] = msgspec.structs.replace(
                CrdObservation(
                    crd.name,
                    Metadata(f"uid-{crd.name}", "1", 1, annotations=annotations, managers=managers),
                    crd.spec,
                    tuple(CrdVersion(v.name, v.served, v.storage) for v in crd.versions),
                    (crd.storage,),
                    True,
                ),
                **changes,
            )
        return self

    def change_crd(self, name: str, *, annotations: dict[str, str] | None = None, **changes: Any) -> World:
        seen = self.crds[name]
        if annotations is not None:
            changes["metadata"] = msgspec.structs.replace(seen.metadata, annotations=annotations)
        self.crds[name] = msgspec.structs.replace(seen, **changes)
        return self

    def namespace(self, name: str, **changes: Any) -> World:
        metadata = changes.pop("metadata", None) or Metadata(f"uid-ns-{name}", "1")
        self.namespaces[name] = NamespaceObservation(name, metadata, **changes)
        return self

    def object(self, manifest: Manifest, metadata: Metadata | None = None) -> World:
        ref = ref_of(manifest)
        found = metadata or Metadata(f"uid-{ref}", "1", 1, managers=(Manager("helm"),))
        self.objects[ref.identity] = ObjectObservation(ref, found, copy.deepcopy(manifest))
        return self

    # What we see, and ask.

    def known(self) -> Known:
        return Known(US, self.custody, tuple(self.claims), self.leaving, tuple(self.records.values()))

    def observation(self, seen_at: str = "2026-01-01T00:00:00Z") -> Observation:
        return Observation(
            "shanghai",
            "uid-shanghai",
            seen_at,
            self.kubernetes,
            tuple(self.crds.values()),
            tuple(self.namespaces.values()),
            tuple(self.objects.values()),
            (*self.controllers, *self._deployed()),
            self._classes(),
            tuple(self.policies),
            self.missing,
        )

    def request(self, team: str = "payments", *, keep_crds: bool = False, **changes: Any) -> ClusterRequest:
        known = self.known()
        action = "leave" if self.leaving is not None else "install"
        observed = self.observation()
        bundles = {name: content(name) for name in needed_bundles(observed, known)}
        request = ClusterRequest(observed, known, team, action, bundles, self.bindings, keep_crds)
        return msgspec.structs.replace(request, **changes)

    def plan(self, team: str = "payments", **changes: Any) -> ClusterPlan:
        """The plan, with the promises that every plan keeps checked on the way."""
        asked = interests_of(self.known(), team, "leave" if self.leaving is not None else "install")
        made = plan_cluster(self.request(team, **changes))
        check_promises(made, self.records)
        for verdict in made.verdicts:
            if verdict.ref.kind not in (CRD_KIND, "Namespace"):
                assert verdict.ref in asked.objects
            if verdict.ref.kind == "Namespace":
                assert verdict.ref.name in asked.namespaces
        return made

    def _deployed(self) -> list[ControllerObservation]:
        found: list[ControllerObservation] = []
        for seen in self.objects.values():
            if seen.ref.kind != "Deployment":
                continue
            box = seen.content["spec"]["template"]["spec"]["containers"][0]
            version = box["image"].rpartition(":")[2].removeprefix("v")
            args = tuple(box.get("args", ()))
            where = (seen.ref.namespace or "", seen.ref.name)
            found.append(ControllerObservation("traefik", version, *where, box["image"], not self.broken, args))
        return found

    def _classes(self) -> tuple[GatewayClassObservation, ...]:
        accepted = "Unknown" if self.broken else "True"
        return tuple(
            GatewayClassObservation(o.ref.name, o.content["spec"]["controllerName"], o.metadata, accepted)
            for o in self.objects.values()
            if o.ref.kind == "GatewayClass"
        )

    # What carrying out a plan makes of it.

    def carry_out(self, made: ClusterPlan, *, steps: int | None = None) -> World:
        """Applies the plan's steps (the first ``steps``), as the rollout does, and remembers what it did."""
        assert made.outcome != "stopped"
        for step in made.steps[:steps]:
            for ref in step.refs:
                if step.kind == "remove":
                    self._remove(ref)
                elif step.kind == "forget":
                    self.records.pop(ref.identity, None)
                elif step.kind in ("namespaces", "crds", "policy", "controller", "accepted"):
                    self._write(made, ref)
        return self

    def _write(self, made: ClusterPlan, ref: ObjectRef) -> None:
        verdict = made.verdict_of(ref)
        assert verdict is not None
        if verdict.verdict not in ("create", "update", "adopt"):
            return
        self.clock += 1
        manifest = manifest_of(made, ref, content(made.bundle) if made.bundle else None, US)
        before = self._metadata(ref)
        metadata = Metadata(
            before.uid if before else f"uid-{self.clock}",
            str(self.clock + 1000),
            (before.generation if before else 0) + 1,
            {**(before.labels if before else {}), **manifest["metadata"].get("labels", {})},
            {**(before.annotations if before else {}), **manifest["metadata"].get("annotations", {})},
            (*(before.managers if before else ()), Manager("gatewright", "Apply")),
        )
        if ref.kind == CRD_KIND:
            facts = catalogue().bundle(made.bundle or TARGET).by_name[ref.name]
            versions = tuple(CrdVersion(v.name, v.served, v.storage) for v in facts.versions)
            stored = self.crds[ref.name].stored_versions if ref.name in self.crds else ()
            stored = tuple(dict.fromkeys((*stored, facts.storage)))
            counted = self.crds[ref.name].objects if ref.name in self.crds else None
            self.crds[ref.name] = CrdObservation(
                ref.name, metadata, verdict.wanted, versions, stored, True, counted, manifest["spec"]
            )
        elif ref.kind == "Namespace":
            self.namespaces[ref.name] = NamespaceObservation(ref.name, metadata)
        else:
            merged = {**manifest, "metadata": {**manifest["metadata"], "uid": metadata.uid}}
            merged["metadata"]["labels"], merged["metadata"]["annotations"] = metadata.labels, metadata.annotations
            self.objects[ref.identity] = ObjectObservation(ref, metadata, merged)
        team = manifest["metadata"].get("annotations", {}).get("gatewright.io/team", "")
        self.records[ref.identity] = Record(
            ref, origin_of(made, ref), metadata.uid, metadata.generation, verdict.wanted, team
        )

    def _metadata(self, ref: ObjectRef) -> Metadata | None:
        if ref.kind == CRD_KIND:
            return self.crds[ref.name].metadata if ref.name in self.crds else None
        found = self.objects.get(ref.identity)
        return found.metadata if found else None

    def _remove(self, ref: ObjectRef) -> None:
        record = self.records.pop(ref.identity)
        assert record.origin == "created", f"{ref} was not created by us"
        if ref.kind == CRD_KIND:
            del self.crds[ref.name]
        elif ref.kind == "Namespace":
            del self.namespaces[ref.name]
        else:
            del self.objects[ref.identity]

    def installed(self) -> World:
        """After a first installation."""
        return self.carry_out(self.plan())

    def leave(self, team: str = "payments") -> World:
        """The same world, seen with everything counted, when ``team`` leaves."""
        self.leaving = next(c for c in self.claims if c.team == team)
        self.claims = [c for c in self.claims if c.team != team]
        classes = sum(1 for o in self.objects.values() if o.ref.kind == "GatewayClass")
        for name, seen in self.crds.items():
            if seen.objects is None:
                counted = {"": classes} if name.startswith("gatewayclasses.") and classes else {}
                self.crds[name] = msgspec.structs.replace(seen, objects=counted)
        for name, seen in self.namespaces.items():
            if seen.contents is None:
                self.namespaces[name] = msgspec.structs.replace(seen, contents={})
        return self


def check_promises(made: ClusterPlan, records: dict[tuple[str, str, str, str], Record]) -> None:
    """What holds of every plan: sentences in both languages, a remedy at every stop, no delete of what we did not
    create, no step in a stopped plan, one verdict per object."""
    sentences = [m for v in made.verdicts for m in (v.reason, v.remedy) if m is not None]
    sentences += [m for f in made.findings for m in (f.message, f.remedy)]
    sentences += [s.title for s in made.steps] + [cluster_summary(made)]
    sentences += [summary(plan("payments", action, (made,))) for action in ("install", "leave")]
    for sentence in sentences:
        assert sentence.render("en")
        assert sentence.render("zh")
    assert all(v.remedy is not None for v in made.verdicts if v.verdict in STOPS)
    for verdict in made.verdicts:
        if verdict.verdict == "delete":
            assert records[verdict.ref.identity].origin == "created"
    assert not (made.stopped and made.steps)
    identities = [v.ref.identity for v in made.verdicts]
    assert len(identities) == len(set(identities))


class Kit:
    """What the tests of planning build with."""

    World = World
    US = US
    TARGET = TARGET
    TRAEFIK = defaults(TRAEFIK)
    claim = staticmethod(claim)
    content = staticmethod(content)
    refs = staticmethod(lambda: controller_refs(TRAEFIK))


@pytest.fixture(scope="session")
def kit() -> type[Kit]:
    return Kit
