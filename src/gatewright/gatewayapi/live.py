"""All that is known of one cluster at one moment, and what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias, cast

import msgspec

from gatewright.gatewayapi.kinds import (
    CRD,
    ENDPOINT_SLICE,
    GATEWAY,
    GATEWAY_CLASS,
    LISTENER_SET,
    NAMESPACE,
    POLICY_KINDS,
    REFERENCE_GRANT,
    ROUTES,
    SECRET,
    SERVICE,
    X_LISTENER_SET,
    GroupKind,
    Key,
)
from gatewright.gatewayapi.metadata import WrittenMeta
from gatewright.gatewayapi.shapes import Gateway, GatewayClass, ListenerSet, Policy, ReferenceGrant, Route
from gatewright.gatewayapi.surroundings import Crd, EndpointSlice, Namespace, Service
from gatewright.model.objects import ObjectRef
from gatewright.model.observation import ControllerObservation
from gatewright.model.probe import ProbeResult, ProbeTarget


class Touched(msgspec.Struct, frozen=True):
    """What a watcher tells of an object of a kind that we may own: it is there (also at the first sync) or it changed;
    ``metadata`` None: it was deleted. ``cluster`` is the cluster's name, ``uid`` the cluster's UID."""

    cluster: str
    uid: str
    ref: ObjectRef
    metadata: WrittenMeta | None


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
