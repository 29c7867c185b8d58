"""Objects of Gateway API as a watcher keeps them: only the fields that health, versions and drift are decided on
(``apis/v1/*_types.go`` of Gateway API v1.6.1).

The shapes are decoded straight from Kubernetes JSON; unknown fields are skipped, so every served version of a kind fits
the one shape.
"""

from __future__ import annotations

from typing import Any

import msgspec

from gatewright.gatewayapi.kinds import GATEWAY_GROUP
from gatewright.gatewayapi.metadata import Conditions, Meta, Shape, WrittenMeta


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
