"""The kinds that are watched: those of Gateway API, and those that they refer to. By group and kind."""

from __future__ import annotations

from typing import Final, TypeAlias

GATEWAY_GROUP: Final = "gateway.networking.k8s.io"
X_GROUP: Final = "gateway.networking.x-k8s.io"
GroupKind: TypeAlias = tuple[str, str]
Key: TypeAlias = tuple[str, str]
"""Namespace (empty for cluster-scoped objects) and name."""


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
