"""What a watcher watches in a cluster: one feed per kind and scope, decided by what is there.

Cluster-wide: CRDs, Namespaces, workloads of controllers, and every Gateway API kind at the best version that its CRD
serves. Only where they are referred to: Services and EndpointSlices, by namespace; Secrets, one by one and only where
the user grants it; and each object that we wrote ourselves, by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from gatewright.gatewayapi.kinds import (
    CRD,
    DEPLOYMENT,
    GATEWAY_CLASS,
    GATEWAY_GROUP,
    NAMESPACE,
    SECRET,
    SERVICE,
    X_GROUP,
    GroupKind,
    Key,
)
from gatewright.gatewayapi.live import SHAPES, Snapshot
from gatewright.gatewayapi.metadata import Condition
from gatewright.gatewayapi.shapes import Listener
from gatewright.gatewayapi.surroundings import Crd
from gatewright.kube.resources import (
    CRDS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    NAMESPACES,
    SECRETS,
    SERVICES,
    Resource,
    resource_of,
)
from gatewright.model.objects import ObjectRef

MANY_NAMESPACES: Final = 16
"""From this many namespaces on, one feed of the whole cluster costs less than one per namespace."""
MAX_SECRETS: Final = 64
WRITTEN: Final = frozenset({CRD, NAMESPACE, DEPLOYMENT, GATEWAY_CLASS})
"""Kinds whose cluster-wide feed shows who wrote an object; what we own of other kinds is watched by name."""
_VERSIONS: Final = ("v1", "v1beta1", "v1alpha3", "v1alpha2", "v1alpha1")


class FeedSpec(msgspec.Struct, frozen=True, order=True):
    """One list-and-watch. ``namespace`` and ``name`` empty: all. ``metadata_only``: the cluster sends no more."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    metadata_only: bool = False

    @property
    def kind(self) -> GroupKind:
        return (self.resource.group, self.resource.kind)

    def covers(self, key: Key) -> bool:
        """Whether the object of that key is in the feed's scope."""
        return (not self.namespace or key[0] == self.namespace) and (not self.name or key[1] == self.name)


BASE: Final[frozenset[FeedSpec]] = frozenset({
    FeedSpec(CRDS, metadata_only=True),
    FeedSpec(NAMESPACES, metadata_only=True),
    FeedSpec(DEPLOYMENTS),
})  # fmt: skip


def wanted_feeds(snapshot: Snapshot, owned: Iterable[ObjectRef] = ()) -> frozenset[FeedSpec]:
    """Every feed that the cluster, as it is now, asks for."""
    namespaces = _namespaces_of_backends(snapshot)
    scopes: Iterable[str] = namespaces if len(namespaces) < MANY_NAMESPACES else ("",)
    found = {FeedSpec(resource, scope) for scope in scopes for resource in (SERVICES, ENDPOINT_SLICES)}
    found |= BASE
    found.update(FeedSpec(resource) for resource in _served(snapshot))
    if snapshot.secrets_granted:
        secrets = sorted(frozenset(_certificates(snapshot)))[:MAX_SECRETS]
        found.update(FeedSpec(SECRETS, namespace, name) for namespace, name in secrets)
    found.update(_owned(owned))
    return frozenset(found)


def too_many_secrets(snapshot: Snapshot) -> list[Key]:
    """What listeners refer to beyond ``MAX_SECRETS``: nobody watches them, so nothing is known of them."""
    return sorted(frozenset(_certificates(snapshot)))[MAX_SECRETS:] if snapshot.secrets_granted else []


def _served(snapshot: Snapshot) -> Iterator[Resource]:
    for crd in snapshot.of(CRD).values():
        kind = (crd.spec.group, crd.spec.names.kind)
        version = _best_version(crd)
        if kind[0] in (GATEWAY_GROUP, X_GROUP) and kind in SHAPES and version:
            yield Resource(kind[0], version, crd.spec.names.plural, kind[1], crd.spec.scope == "Namespaced")


def _best_version(crd: Crd) -> str:
    """The most stable served version; empty while the CRD is not established or going."""
    if crd.metadata.deletion_timestamp or not _established(crd.status.conditions if crd.status else None):
        return ""
    served = {version.name for version in crd.spec.versions if version.served}
    return next((v for v in _VERSIONS if v in served), next(iter(sorted(served)), ""))


def _established(conditions: Iterable[Condition] | None) -> bool:
    return any(c.type == "Established" and c.status == "True" for c in conditions or ())


def _namespaces_of_backends(snapshot: Snapshot) -> frozenset[str]:
    found: set[str] = set()
    for _, route in snapshot.routes():
        for rule in route.spec.rules or ():
            mirrors = (f.request_mirror.backend_ref for f in rule.filters or () if f.request_mirror)
            for backend in (*(rule.backend_refs or ()), *mirrors):
                if (backend.group, backend.kind) == SERVICE:
                    found.add(backend.namespace or route.metadata.namespace)
    for _, policy in snapshot.policies():
        found.update(policy.metadata.namespace for t in policy.spec.targets() if (t.group, t.kind) == SERVICE)
    return frozenset(found)


def _certificates(snapshot: Snapshot) -> Iterator[Key]:
    for gateway in snapshot.gateways().values():
        yield from _of_listeners(gateway.metadata.namespace, gateway.spec.listeners)
    for _, listener_set in snapshot.listener_sets():
        yield from _of_listeners(listener_set.metadata.namespace, listener_set.spec.listeners)


def _of_listeners(namespace: str, listeners: Iterable[Listener] | None) -> Iterator[Key]:
    for listener in listeners or ():
        for ref in (listener.tls.certificate_refs if listener.tls else None) or ():
            if (ref.group, ref.kind) == SECRET:
                yield (ref.namespace or namespace, ref.name)


def _owned(owned: Iterable[ObjectRef]) -> Iterator[FeedSpec]:
    for ref in owned:
        if (ref.group, ref.kind) in WRITTEN:
            continue
        try:
            resource = resource_of(ref.api_version, ref.kind)
        except KeyError:
            continue
        yield FeedSpec(resource, ref.namespace or "", ref.name, metadata_only=True)
