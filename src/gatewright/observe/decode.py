"""Kubernetes JSON as the values of ``model.observation``: only the fields that decisions need."""

from __future__ import annotations

from typing import Any

import msgspec

from gatewright.gatewayapi.controllers import identify
from gatewright.gatewayapi.crds import spec_digest
from gatewright.gatewayapi.surroundings import Workload
from gatewright.model.objects import Manifest, ObjectRef, part, parts
from gatewright.model.observation import (
    ControllerObservation,
    CrdObservation,
    CrdVersion,
    GatewayClassObservation,
    Manager,
    Metadata,
    NamespaceObservation,
    ObjectObservation,
    PolicyObservation,
)


def metadata_of(live: Manifest) -> Metadata:
    """``metadata`` of any object, with the writers in the order of managedFields."""
    meta = part(live, "metadata")
    fields = parts(meta, "managedFields")
    return Metadata(
        uid=meta.get("uid", ""),
        resource_version=meta.get("resourceVersion", ""),
        generation=meta.get("generation", 0),
        labels=dict(part(meta, "labels")),
        annotations=dict(part(meta, "annotations")),
        managers=tuple(
            Manager(f.get("manager", ""), f.get("operation", "Update"), f.get("subresource", "")) for f in fields
        ),
        deleting="deletionTimestamp" in meta,
    )


def crd_of(live: Manifest) -> CrdObservation:
    """A CustomResourceDefinition read in full."""
    spec, status = live["spec"], part(live, "status")
    return CrdObservation(
        name=live["metadata"]["name"],
        metadata=metadata_of(live),
        spec_digest=spec_digest(spec),
        versions=tuple(CrdVersion(v["name"], v["served"], v["storage"]) for v in spec["versions"]),
        stored_versions=tuple(status.get("storedVersions") or ()),
        established=condition_status(status, "Established") == "True",
        spec=spec,
    )


def namespace_of(live: Manifest) -> NamespaceObservation:
    metadata = metadata_of(live)
    terminating = metadata.deleting or part(live, "status").get("phase") == "Terminating"
    return NamespaceObservation(live["metadata"]["name"], metadata, "terminating" if terminating else "active")


def object_of(ref: ObjectRef, live: Manifest) -> ObjectObservation:
    """Any other object: its content without status and without managedFields."""
    meta = {k: v for k, v in live["metadata"].items() if k != "managedFields"}
    content = {k: v for k, v in live.items() if k != "status"} | {"metadata": meta}
    return ObjectObservation(ref, metadata_of(live), content)


def controllers_of(deployment: Manifest | Workload) -> list[ControllerObservation]:
    """The known gateway controllers among the containers of a Deployment."""
    workload = deployment if isinstance(deployment, Workload) else msgspec.convert(deployment, Workload)
    meta, conditions = workload.metadata, (workload.status.conditions if workload.status else None) or ()
    # a Deployment that is scaled to zero calls itself available
    running = workload.spec.replicas > 0
    available = running and any(c.type == "Available" and c.status == "True" for c in conditions)
    return [
        ControllerObservation(
            *known, meta.namespace, meta.name, container.image, available=available, args=container.args or ()
        )
        for container in workload.spec.template.spec.containers or ()
        if (known := identify(container.image)) is not None
    ]


def gateway_class_of(live: Manifest) -> GatewayClassObservation:
    accepted = condition(part(live, "status"), "Accepted")
    return GatewayClassObservation(
        name=live["metadata"]["name"],
        controller_name=live["spec"]["controllerName"],
        metadata=metadata_of(live),
        accepted=accepted.get("status", "Unknown"),
        reason=accepted.get("reason", ""),
        observed_generation=accepted.get("observedGeneration", 0),
    )


def policy_of(live: Manifest, bound: frozenset[str]) -> PolicyObservation | None:
    """A ValidatingAdmissionPolicy that matches CRDs; None for any other. ``bound``: policies that a binding names."""
    spec = part(live, "spec")
    rules = parts(part(spec, "matchConstraints"), "resourceRules")
    if not any({"customresourcedefinitions", "*"} & set(rule.get("resources") or ()) for rule in rules):
        return None
    expressions = tuple(str(v.get("expression", "")) for v in parts(spec, "validations"))
    name = live["metadata"]["name"]
    return PolicyObservation(name, metadata_of(live), expressions, name in bound)


def condition(status: Manifest, kind: str) -> dict[str, Any]:
    """One entry of ``status.conditions``; empty where it is missing."""
    empty: dict[str, Any] = {}
    return next((c for c in parts(status, "conditions") if c.get("type") == kind), empty)


def condition_status(status: Manifest, kind: str) -> str:
    return str(condition(status, kind).get("status", "Unknown"))
