"""Where a kind lives in the Kubernetes API: group, version, plural, and the URL path of an object or a list.

The kinds that Gatewright itself uses are constants, so that they cost no request; every other kind is
found by ``KubeClient.discover``.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

import msgspec

from gatewright.model.names import InvalidNameError
from gatewright.model.objects import Manifest, ObjectRef


class Resource(msgspec.Struct, frozen=True, order=True):
    """One served kind. ``group`` is empty for the core group."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        """``v1`` or ``group/version``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def root(self) -> str:
        """The path of the group version: ``/api/v1`` or ``/apis/GROUP/VERSION``."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """The URL path of the list (no name), of an object, or of its subresource.

        Raises ``InvalidNameError`` for a name that cannot be a path segment, ``ValueError`` for an object of a
        namespaced kind without its namespace.
        """
        parts = [self.root]
        if self.namespaced and namespace:
            parts += ["namespaces", _segment(namespace, "metadata.namespace")]
        elif self.namespaced and name is not None:
            raise ValueError(f"{self.kind} {name} needs a namespace")
        parts.append(self.plural)
        if name is not None:
            parts.append(_segment(name, "metadata.name"))
        if subresource:
            parts.append(subresource)
        return "/".join(parts)

    def describe(self, name: str | None = None, namespace: str | None = None) -> str:
        """For people: ``Namespace team-a``, ``Service web/front``, ``Service`` for a list."""
        if name is None:
            return self.kind
        return f"{self.kind} {namespace}/{name}" if self.namespaced and namespace else f"{self.kind} {name}"

    def ref(self, name: str, namespace: str | None = None) -> ObjectRef:
        return ObjectRef(self.api_version, self.kind, name, namespace if self.namespaced else None)


def _segment(value: str, field: str) -> str:
    """A name as one path segment (``path.IsValidPathSegmentName``), so that no name climbs out of its list."""
    if value in ("", ".", "..") or "/" in value or "%" in value:
        raise InvalidNameError(name=value[:80], field=field)
    return quote(value, safe=":-._~")


_GATEWAY: Final = "gateway.networking.k8s.io"
_RBAC: Final = "rbac.authorization.k8s.io"

NAMESPACES: Final = Resource("", "v1", "namespaces", "Namespace", False)
NODES: Final = Resource("", "v1", "nodes", "Node", False)
SERVICES: Final = Resource("", "v1", "services", "Service", True)
SERVICE_ACCOUNTS: Final = Resource("", "v1", "serviceaccounts", "ServiceAccount", True)
SECRETS: Final = Resource("", "v1", "secrets", "Secret", True)
CONFIG_MAPS: Final = Resource("", "v1", "configmaps", "ConfigMap", True)
PODS: Final = Resource("", "v1", "pods", "Pod", True)
EVENTS: Final = Resource("", "v1", "events", "Event", True)
ENDPOINT_SLICES: Final = Resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", True)
DEPLOYMENTS: Final = Resource("apps", "v1", "deployments", "Deployment", True)
DAEMON_SETS: Final = Resource("apps", "v1", "daemonsets", "DaemonSet", True)
STATEFUL_SETS: Final = Resource("apps", "v1", "statefulsets", "StatefulSet", True)
REPLICA_SETS: Final = Resource("apps", "v1", "replicasets", "ReplicaSet", True)
JOBS: Final = Resource("batch", "v1", "jobs", "Job", True)
INGRESS_CLASSES: Final = Resource("networking.k8s.io", "v1", "ingressclasses", "IngressClass", False)
LEASES: Final = Resource("coordination.k8s.io", "v1", "leases", "Lease", True)
CRDS: Final = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", False)
CLUSTER_ROLES: Final = Resource(_RBAC, "v1", "clusterroles", "ClusterRole", False)
CLUSTER_ROLE_BINDINGS: Final = Resource(_RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", False)
ROLES: Final = Resource(_RBAC, "v1", "roles", "Role", True)
ROLE_BINDINGS: Final = Resource(_RBAC, "v1", "rolebindings", "RoleBinding", True)
VALIDATING_ADMISSION_POLICIES: Final = Resource(
    "admissionregistration.k8s.io", "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", False
)
VALIDATING_ADMISSION_POLICY_BINDINGS: Final = Resource(
    "admissionregistration.k8s.io", "v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", False
)
SELF_SUBJECT_ACCESS_REVIEWS: Final = Resource(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", False
)
SELF_SUBJECT_REVIEWS: Final = Resource("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", False)
GATEWAY_CLASSES: Final = Resource(_GATEWAY, "v1", "gatewayclasses", "GatewayClass", False)
GATEWAYS: Final = Resource(_GATEWAY, "v1", "gateways", "Gateway", True)
HTTP_ROUTES: Final = Resource(_GATEWAY, "v1", "httproutes", "HTTPRoute", True)
GRPC_ROUTES: Final = Resource(_GATEWAY, "v1", "grpcroutes", "GRPCRoute", True)
TLS_ROUTES: Final = Resource(_GATEWAY, "v1alpha2", "tlsroutes", "TLSRoute", True)
TCP_ROUTES: Final = Resource(_GATEWAY, "v1alpha2", "tcproutes", "TCPRoute", True)
UDP_ROUTES: Final = Resource(_GATEWAY, "v1alpha2", "udproutes", "UDPRoute", True)
REFERENCE_GRANTS: Final = Resource(_GATEWAY, "v1beta1", "referencegrants", "ReferenceGrant", True)

WELL_KNOWN: Final[tuple[Resource, ...]] = tuple(
    value for value in list(globals().values()) if isinstance(value, Resource)
)
_BY_KIND: Final[dict[tuple[str, str], Resource]] = {(r.group, r.kind): r for r in WELL_KNOWN}


def resource_of(api_version: str, kind: str) -> Resource:
    """The resource of a well-known kind at the version asked for; ``KeyError`` for any other kind."""
    group, _, version = api_version.rpartition("/")
    return msgspec.structs.replace(_BY_KIND[group, kind], version=version)


def resource_for(manifest: Manifest) -> Resource:
    """``resource_of`` the manifest's apiVersion and kind."""
    return resource_of(manifest["apiVersion"], manifest["kind"])
