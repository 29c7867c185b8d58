"""What was seen in a cluster, with its time. Filled by ``observe``, judged by ``gatewayapi`` and ``planning``."""

from __future__ import annotations

from typing import Literal

import msgspec

from gatewright.model.objects import Manifest, ObjectRef

Phase = Literal["active", "terminating"]


class Manager(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of ``metadata.managedFields``: who wrote, how (``Apply`` or ``Update``), and which subresource."""

    name: str
    operation: str = "Update"
    subresource: str = ""


class Metadata(msgspec.Struct, frozen=True, omit_defaults=True):
    """The part of ``metadata`` that tells identity and ownership. ``managers`` in the order of the API."""

    uid: str
    resource_version: str = ""
    generation: int = 0
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    managers: tuple[Manager, ...] = ()
    deleting: bool = False


class CrdVersion(msgspec.Struct, frozen=True):
    name: str
    served: bool
    storage: bool


class CrdObservation(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Gateway API CRD as it is. ``spec_digest`` is ``gatewayapi.crds.spec_digest`` of its spec, the value that
    the catalogue records per release: equal digests, equal CRDs. ``objects``: how many custom resources exist,
    by namespace (``""`` for cluster-scoped); None where they were not counted (only leaving needs them).
    ``spec``: the live spec where it was read in full, for differences field by field; never stored."""

    name: str
    metadata: Metadata
    spec_digest: str
    versions: tuple[CrdVersion, ...]
    stored_versions: tuple[str, ...]
    established: bool
    objects: dict[str, int] | None = None
    spec: Manifest | None = None

    def served(self) -> frozenset[str]:
        return frozenset(v.name for v in self.versions if v.served)


class NamespaceObservation(msgspec.Struct, frozen=True, omit_defaults=True):
    """A namespace as it is. ``contents``: objects in it that are not ours, by ``kind.group``; None where not counted.
    ``uncounted``: kinds that could not be listed (forbidden), so that emptiness is not proven."""

    name: str
    metadata: Metadata
    phase: Phase = "active"
    contents: dict[str, int] | None = None
    uncounted: tuple[str, ...] = ()


class ObjectObservation(msgspec.Struct, frozen=True):
    """Any other object that a plan may write: its metadata and its whole content as the API returned it
    (without managedFields and status)."""

    ref: ObjectRef
    metadata: Metadata
    content: Manifest


class ControllerObservation(msgspec.Struct, frozen=True, omit_defaults=True):
    """A workload whose image is one of a known gateway controller. ``version`` without the leading ``v``."""

    controller: str
    version: str
    namespace: str
    deployment: str
    image: str
    available: bool
    args: tuple[str, ...] = ()


class GatewayClassObservation(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    controller_name: str
    metadata: Metadata
    accepted: str = "Unknown"
    reason: str = ""
    observed_generation: int = 0


class PolicyObservation(msgspec.Struct, frozen=True, omit_defaults=True):
    """A ValidatingAdmissionPolicy that matches CRDs, with the expressions it evaluates."""

    name: str
    metadata: Metadata
    expressions: tuple[str, ...] = ()
    bound: bool = True


class MissingPermission(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """A verb that a SelfSubjectAccessReview said no to."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        resource = f"{self.resource}.{self.group}" if self.group else self.resource
        where = f" -n {self.namespace}" if self.namespace else ""
        what = f"/{self.name}" if self.name else ""
        return f"{self.verb} {resource}{what}{where}"


class Observation(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything that planning reads of one cluster, at one time (``seen_at``: RFC 3339, UTC).

    ``namespaces`` and ``objects`` hold what exists of the names that were asked for: an asked name that is not
    there is absent. ``missing_permissions`` is filled only when the plan would write.
    """

    cluster: str
    uid: str
    seen_at: str
    kubernetes: str
    crds: tuple[CrdObservation, ...] = ()
    namespaces: tuple[NamespaceObservation, ...] = ()
    objects: tuple[ObjectObservation, ...] = ()
    controllers: tuple[ControllerObservation, ...] = ()
    gateway_classes: tuple[GatewayClassObservation, ...] = ()
    policies: tuple[PolicyObservation, ...] = ()
    missing_permissions: tuple[MissingPermission, ...] = ()
