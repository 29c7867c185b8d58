"""Objects of a cluster as a watcher keeps them: the Gateway API's kinds and what they refer to, only the fields that
health, versions and drift are decided on (``apis/v1/*_types.go`` of Gateway API v1.6.1 and the core API).

The shapes are decoded straight from Kubernetes JSON; unknown fields are skipped, so every served version of a kind fits
the one shape. A ``Snapshot`` is all that is known of one cluster at one moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias, cast

import msgspec

from gatewright.model.objects import ObjectRef
from gatewright.model.observation import ControllerObservation
from gatewright.model.probe import CertificateFacts, ProbeResult, ProbeTarget

GATEWAY_GROUP: Final = "gateway.networking.k8s.io"
X_GROUP: Final = "gateway.networking.x-k8s.io"
GroupKind: TypeAlias = tuple[str, str]
Key: TypeAlias = tuple[str, str]
"""Namespace (empty for cluster-scoped objects) and name."""


class Shape(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """The base of all shapes."""


class Writer(Shape, frozen=True):
    """An entry of ``metadata.managedFields``, without the fields themselves."""

    manager: str = ""
    operation: str = ""
    subresource: str = ""
    time: str | None = None


class Meta(Shape, frozen=True):
    """``metadata``. ``generation`` is 0 for kinds that have none."""

    name: str
    namespace: str = ""
    uid: str = ""
    generation: int = 0
    resource_version: str = ""
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    labels: dict[str, str] | None = None

    @property
    def key(self) -> Key:
        return (self.namespace, self.name)


class WrittenMeta(Meta, frozen=True):
    """Metadata of what we may own: with annotations and writers."""

    annotations: dict[str, str] | None = None
    managed_fields: tuple[Writer, ...] | None = None


class Touched(msgspec.Struct, frozen=True):
    """What a watcher tells of an object of a kind that we may own: it is there (also at the first sync) or it changed;
    ``metadata`` None: it was deleted. ``cluster`` is the cluster's name, ``uid`` the cluster's UID."""

    cluster: str
    uid: str
    ref: ObjectRef
    metadata: WrittenMeta | None


class Condition(Shape, frozen=True):
    type: str
    status: str = "Unknown"
    reason: str = ""
    message: str = ""
    observed_generation: int = 0
    last_transition_time: str | None = None


Conditions: TypeAlias = tuple[Condition, ...] | None


class SecretRef(Shape, frozen=True):
    """``SecretObjectReference``, ``LocalObjectReference``, ``ObjectReference``: whatever points at an object."""

    name: str
    group: str = ""
    kind: str = "Secret"
    namespace: str = ""


class Selector(Shape, frozen=True):
    """``metav1.LabelSelector``."""

    match_labels: dict[str, str] | None = None
    match_expressions: tuple[dict[str, Any], ...] | None = None


class AllowedNamespaces(Shape, frozen=True):
    from_: str = msgspec.field(default="Same", name="from")
    selector: Selector | None = None


class RouteKind(Shape, frozen=True):
    kind: str
    group: str = GATEWAY_GROUP


class AllowedRoutes(Shape, frozen=True):
    namespaces: AllowedNamespaces | None = None
    kinds: tuple[RouteKind, ...] | None = None


class ListenerTls(Shape, frozen=True):
    mode: str = "Terminate"
    certificate_refs: tuple[SecretRef, ...] | None = None
    options: dict[str, str] | None = None
    frontend_validation: FrontendValidation | None = None


class FrontendValidation(Shape, frozen=True):
    """How client certificates are checked. ``mode``: ``AllowValidOnly`` or ``AllowInsecureFallback``."""

    ca_certificate_refs: tuple[SecretRef, ...] | None = None
    mode: str = ""


class FrontendTls(Shape, frozen=True):
    validation: FrontendValidation | None = None


class PortTls(Shape, frozen=True):
    port: int = 0
    tls: FrontendTls | None = None


class Frontends(Shape, frozen=True):
    default: FrontendTls | None = None
    per_port: tuple[PortTls, ...] | None = None


class BackendTls(Shape, frozen=True):
    client_certificate_ref: SecretRef | None = None


class GatewayTls(Shape, frozen=True):
    """``spec.tls`` of a Gateway: mutual TLS towards backends and clients."""

    backend: BackendTls | None = None
    frontend: Frontends | None = None


class Listener(Shape, frozen=True):
    """Also an entry of a ListenerSet, whose port may be absent (0)."""

    name: str
    port: int = 0
    protocol: str = ""
    hostname: str | None = None
    tls: ListenerTls | None = None
    allowed_routes: AllowedRoutes | None = None


class ListenerStatus(Shape, frozen=True):
    name: str
    attached_routes: int = 0
    supported_kinds: tuple[RouteKind, ...] | None = None
    conditions: Conditions = None


class Address(Shape, frozen=True):
    type: str | None = None
    value: str = ""


class Infrastructure(Shape, frozen=True):
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class GatewaySpec(Shape, frozen=True):
    gateway_class_name: str = ""
    listeners: tuple[Listener, ...] | None = None
    addresses: tuple[Address, ...] | None = None
    infrastructure: Infrastructure | None = None
    allowed_listeners: AllowedRoutes | None = None
    tls: GatewayTls | None = None


class GatewayStatus(Shape, frozen=True):
    addresses: tuple[Address, ...] | None = None
    conditions: Conditions = None
    listeners: tuple[ListenerStatus, ...] | None = None
    attached_listener_sets: int | None = None


class Gateway(Shape, frozen=True):
    metadata: Meta
    spec: GatewaySpec = GatewaySpec()
    status: GatewayStatus | None = None


class ParentRef(Shape, frozen=True):
    name: str
    group: str = GATEWAY_GROUP
    kind: str = "Gateway"
    namespace: str = ""
    section_name: str = ""
    port: int = 0


class ListenerSetSpec(Shape, frozen=True):
    parent_ref: ParentRef
    listeners: tuple[Listener, ...] | None = None


class ListenerSet(Shape, frozen=True):
    metadata: Meta
    spec: ListenerSetSpec
    status: GatewayStatus | None = None


class GatewayClassSpec(Shape, frozen=True):
    controller_name: str = ""


class Feature(Shape, frozen=True):
    name: str = ""


class GatewayClassStatus(Shape, frozen=True):
    """``supportedFeatures`` was a list of strings before v1.2.1, objects since: ``features`` reads both."""

    conditions: Conditions = None
    supported_features: tuple[Feature | str, ...] | None = None

    def features(self) -> frozenset[str] | None:
        """The names of what the class supports; None where it does not say."""
        if self.supported_features is None:
            return None
        return frozenset(f if isinstance(f, str) else f.name for f in self.supported_features)


class GatewayClass(Shape, frozen=True):
    metadata: WrittenMeta
    spec: GatewayClassSpec = GatewayClassSpec()
    status: GatewayClassStatus | None = None


class BackendRef(Shape, frozen=True):
    name: str
    group: str = ""
    kind: str = "Service"
    namespace: str = ""
    port: int = 0
    weight: int = 1
    filters: tuple[Filter, ...] | None = None


class Mirror(Shape, frozen=True):
    backend_ref: BackendRef
    percent: int | None = None
    fraction: dict[str, Any] | None = None


class Filter(Shape, frozen=True):
    """A route filter: its type, the backend of a mirror, and the settings by which routes are compared."""

    type: str
    request_mirror: Mirror | None = None
    extension_ref: SecretRef | None = None
    request_redirect: dict[str, Any] | None = None
    url_rewrite: dict[str, Any] | None = None
    request_header_modifier: dict[str, Any] | None = None
    response_header_modifier: dict[str, Any] | None = None
    cors: dict[str, Any] | None = None


class PathMatch(Shape, frozen=True):
    type: str = "PathPrefix"
    value: str = "/"


class MethodMatch(Shape, frozen=True):
    """``GRPCMethodMatch``."""

    type: str = "Exact"
    service: str = ""
    method: str = ""


class RouteMatch(Shape, frozen=True):
    """``method`` is a string for HTTPRoute, a match of service and method for GRPCRoute."""

    path: PathMatch | None = None
    method: str | MethodMatch | None = None
    headers: tuple[dict[str, Any], ...] | None = None
    query_params: tuple[dict[str, Any], ...] | None = None


class RouteRule(Shape, frozen=True):
    """A rule of any route kind. ``timeouts``, ``retry``, ``session_persistence``: present or not."""

    name: str | None = None
    matches: tuple[RouteMatch, ...] | None = None
    filters: tuple[Filter, ...] | None = None
    backend_refs: tuple[BackendRef, ...] | None = None
    timeouts: dict[str, Any] | None = None
    retry: dict[str, Any] | None = None
    session_persistence: dict[str, Any] | None = None


class RouteSpec(Shape, frozen=True):
    parent_refs: tuple[ParentRef, ...] | None = None
    hostnames: tuple[str, ...] | None = None
    rules: tuple[RouteRule, ...] | None = None


class RouteParentStatus(Shape, frozen=True):
    parent_ref: ParentRef
    controller_name: str = ""
    conditions: Conditions = None


class RouteStatus(Shape, frozen=True):
    parents: tuple[RouteParentStatus, ...] | None = None


class Route(Shape, frozen=True):
    """A route of any kind; which kind is the snapshot's key."""

    metadata: Meta
    spec: RouteSpec = RouteSpec()
    status: RouteStatus | None = None


class GrantFrom(Shape, frozen=True):
    group: str
    kind: str
    namespace: str


class GrantTo(Shape, frozen=True):
    group: str
    kind: str
    name: str | None = None


class GrantSpec(Shape, frozen=True, rename={"from_": "from"}):
    from_: tuple[GrantFrom, ...] | None = None
    to: tuple[GrantTo, ...] | None = None


class ReferenceGrant(Shape, frozen=True):
    metadata: Meta
    spec: GrantSpec = GrantSpec()


class TargetRef(Shape, frozen=True):
    name: str
    group: str = ""
    kind: str = ""
    namespace: str = ""
    section_name: str = ""


class PolicyValidation(Shape, frozen=True):
    ca_certificate_refs: tuple[SecretRef, ...] | None = None
    hostname: str = ""
    well_known_ca_certificates: str | None = msgspec.field(default=None, name="wellKnownCACertificates")


class PolicySpec(Shape, frozen=True):
    """Direct policies: ``targetRefs`` (BackendTLSPolicy v1), or the single ``targetRef`` of older ones."""

    target_refs: tuple[TargetRef, ...] | None = None
    target_ref: TargetRef | None = None
    validation: PolicyValidation | None = None

    def targets(self) -> tuple[TargetRef, ...]:
        return self.target_refs or ((self.target_ref,) if self.target_ref else ())


class PolicyAncestor(Shape, frozen=True):
    ancestor_ref: ParentRef
    controller_name: str = ""
    conditions: Conditions = None


class PolicyStatus(Shape, frozen=True):
    ancestors: tuple[PolicyAncestor, ...] | None = None


class Policy(Shape, frozen=True):
    metadata: Meta
    spec: PolicySpec = PolicySpec()
    status: PolicyStatus | None = None


class CrdVersionShape(Shape, frozen=True):
    name: str
    served: bool = False
    storage: bool = False


class Names(Shape, frozen=True):
    plural: str = ""
    kind: str = ""


class CrdSpec(Shape, frozen=True):
    group: str = ""
    scope: str = ""
    names: Names = Names()
    versions: tuple[CrdVersionShape, ...] = ()


class CrdStatus(Shape, frozen=True):
    stored_versions: tuple[str, ...] | None = None
    conditions: Conditions = None


class Crd(Shape, frozen=True):
    """A CustomResourceDefinition without its schemas."""

    metadata: WrittenMeta
    spec: CrdSpec = CrdSpec()
    status: CrdStatus | None = None


class Namespace(Shape, frozen=True):
    """Labels for listeners that select namespaces; annotations and writers for those that are ours."""

    metadata: WrittenMeta


class Owned(Shape, frozen=True):
    """Any object that we wrote: whether it is still what we wrote shows in its metadata first."""

    metadata: WrittenMeta


class Container(Shape, frozen=True):
    image: str = ""
    args: tuple[str, ...] | None = None


class PodSpec(Shape, frozen=True):
    containers: tuple[Container, ...] | None = None


class PodTemplate(Shape, frozen=True):
    spec: PodSpec = PodSpec()


class WorkloadSpec(Shape, frozen=True):
    replicas: int = 1
    template: PodTemplate = PodTemplate()


class WorkloadStatus(Shape, frozen=True):
    conditions: Conditions = None


class Workload(Shape, frozen=True):
    """A Deployment, as far as it may run a gateway controller."""

    metadata: WrittenMeta
    spec: WorkloadSpec = WorkloadSpec()
    status: WorkloadStatus | None = None


class ServicePort(Shape, frozen=True):
    port: int
    name: str = ""
    protocol: str = "TCP"
    app_protocol: str | None = None


class ServiceSpec(Shape, frozen=True):
    type: str = "ClusterIP"
    ports: tuple[ServicePort, ...] | None = None
    selector: dict[str, str] | None = None
    cluster_ip: str | None = msgspec.field(default=None, name="clusterIP")


class Service(Shape, frozen=True):
    metadata: Meta
    spec: ServiceSpec = ServiceSpec()


class EndpointConditions(Shape, frozen=True):
    ready: bool | None = None


class Endpoint(Shape, frozen=True):
    conditions: EndpointConditions | None = None


class EndpointPort(Shape, frozen=True):
    name: str | None = None
    port: int | None = None


class EndpointSlice(Shape, frozen=True):
    """Belongs to the Service in its label ``kubernetes.io/service-name``. ``ready`` absent means ready (KEP-752)."""

    metadata: Meta
    endpoints: tuple[Endpoint, ...] | None = None
    ports: tuple[EndpointPort, ...] | None = None

    @property
    def service(self) -> Key:
        return (self.metadata.namespace, (self.metadata.labels or {}).get("kubernetes.io/service-name", ""))

    def ready(self) -> int:
        return sum(1 for e in self.endpoints or () if e.conditions is None or e.conditions.ready is not False)


class Secret(msgspec.Struct, frozen=True, omit_defaults=True):
    """A TLS Secret after its certificate was parsed; the key is never kept. ``problem``: a code why it cannot serve
    (``type``, ``no-certificate``, ``no-key``, ``unparsable``, ``key-mismatch``)."""

    metadata: Meta
    type: str = ""
    certificate: CertificateFacts | None = None
    problem: str = ""


ROUTE_KINDS: Final = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")
POLICY_KINDS: Final[tuple[GroupKind, ...]] = (
    (GATEWAY_GROUP, "BackendTLSPolicy"),
    (GATEWAY_GROUP, "BackendLBPolicy"),
    (X_GROUP, "XBackendTrafficPolicy"),
)
CRD: Final[GroupKind] = ("apiextensions.k8s.io", "CustomResourceDefinition")
NAMESPACE: Final[GroupKind] = ("", "Namespace")
SERVICE: Final[GroupKind] = ("", "Service")
ENDPOINT_SLICE: Final[GroupKind] = ("discovery.k8s.io", "EndpointSlice")
SECRET: Final[GroupKind] = ("", "Secret")
DEPLOYMENT: Final[GroupKind] = ("apps", "Deployment")
GATEWAY_CLASS: Final[GroupKind] = (GATEWAY_GROUP, "GatewayClass")
GATEWAY: Final[GroupKind] = (GATEWAY_GROUP, "Gateway")
LISTENER_SET: Final[GroupKind] = (GATEWAY_GROUP, "ListenerSet")
X_LISTENER_SET: Final[GroupKind] = (X_GROUP, "XListenerSet")
REFERENCE_GRANT: Final[GroupKind] = (GATEWAY_GROUP, "ReferenceGrant")
ROUTES: Final[tuple[GroupKind, ...]] = tuple((GATEWAY_GROUP, kind) for kind in ROUTE_KINDS)

SHAPES: Final[Mapping[GroupKind, type[Any]]] = {
    GATEWAY_CLASS: GatewayClass,
    GATEWAY: Gateway,
    LISTENER_SET: ListenerSet,
    X_LISTENER_SET: ListenerSet,
    REFERENCE_GRANT: ReferenceGrant,
    CRD: Crd,
    NAMESPACE: Namespace,
    SERVICE: Service,
    ENDPOINT_SLICE: EndpointSlice,
    **dict.fromkeys(ROUTES, Route),
    **dict.fromkeys(POLICY_KINDS, Policy),
}
"""The shape of every kind that is watched as it is. Secrets become ``Secret`` by parsing."""

KIND_API: Final[Mapping[GroupKind, str]] = {kind: f"{kind[0]}/v1" if kind[0] else "v1" for kind in (*SHAPES, SECRET)}


Objects: TypeAlias = dict[GroupKind, dict[Key, Any]]
Scope: TypeAlias = tuple[GroupKind, Key]


class Snapshot(msgspec.Struct):
    """What is known of one cluster. Owned and changed by its watcher; everyone else reads.

    ``objects``: by kind, then by key. ``unread``: kinds that could not be read (forbidden, not served), by kind, with
    the error's code: what cannot be seen is not reported as missing. ``secrets_granted``: the user lets us read
    Secrets here. ``controllers``: workloads that run a known gateway controller. ``listed``: what was listed, now or by
    an earlier process, by kind and scope (namespace and name, empty for all). ``pending``: what was asked for and was
    never listed: nothing of it is missing so far. ``probes``: what the last probe of each target came to.
    """

    cluster: str
    kubernetes: str = ""
    objects: Objects = msgspec.field(default_factory=lambda: Objects())
    controllers: tuple[ControllerObservation, ...] = ()
    unread: dict[GroupKind, str] = msgspec.field(default_factory=lambda: dict[GroupKind, str]())
    secrets_granted: bool = False
    listed: set[Scope] = msgspec.field(default_factory=lambda: set[Scope]())
    pending: set[Scope] = msgspec.field(default_factory=lambda: set[Scope]())
    probes: dict[ProbeTarget, ProbeResult] = msgspec.field(default_factory=lambda: dict[ProbeTarget, ProbeResult]())

    def awaits(self, kind: GroupKind, key: Key) -> bool:
        """Whether the list that would have the object has not come yet."""
        scopes = (("", ""), (key[0], ""), key)
        return bool(self.pending) and any((kind, scope) in self.pending for scope in scopes)

    def of(self, kind: GroupKind) -> Mapping[Key, Any]:
        """The objects of a kind; empty for a kind that is not there."""
        return self.objects.get(kind) or {}

    def gateways(self) -> Mapping[Key, Gateway]:
        return cast("Mapping[Key, Gateway]", self.of(GATEWAY))

    def classes(self) -> Mapping[Key, GatewayClass]:
        return cast("Mapping[Key, GatewayClass]", self.of(GATEWAY_CLASS))

    def routes(self) -> Iterator[tuple[GroupKind, Route]]:
        """Every route of every kind."""
        for kind in ROUTES:
            for route in self.of(kind).values():
                yield kind, route

    def listener_sets(self) -> Iterator[tuple[GroupKind, ListenerSet]]:
        for kind in (LISTENER_SET, X_LISTENER_SET):
            for found in self.of(kind).values():
                yield kind, found

    def policies(self) -> Iterator[tuple[GroupKind, Policy]]:
        for kind in POLICY_KINDS:
            for found in self.of(kind).values():
                yield kind, found


def ref_of(kind: GroupKind, key: Key) -> ObjectRef:
    """The object by name, at the version that people write (v1)."""
    return ObjectRef(KIND_API.get(kind, f"{kind[0]}/v1"), kind[1], key[1], key[0] or None)
