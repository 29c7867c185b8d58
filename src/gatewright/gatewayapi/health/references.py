"""What refers to what, and whether a ReferenceGrant lets it: references from one namespace into another need one in the
namespace of the target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import msgspec

from gatewright.gatewayapi.kinds import GroupKind
from gatewright.gatewayapi.live import Snapshot
from gatewright.gatewayapi.shapes import (
    BackendRef,
    Gateway,
    Listener,
    ListenerSet,
    ReferenceGrant,
    Route,
    RouteRule,
    SecretRef,
)


class Target(msgspec.Struct, frozen=True):
    """An object that is referred to. ``path``: the field that does."""

    group: str
    kind: str
    namespace: str
    name: str
    path: str = ""

    @property
    def group_kind(self) -> GroupKind:
        return (self.group, self.kind)

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


class Backend(msgspec.Struct, frozen=True):
    """A backend of a rule. ``mirror``: it only gets copies of requests, whose answers nobody waits for."""

    target: Target
    port: int
    weight: int
    rule: int
    mirror: bool = False

    @property
    def where(self) -> str:
        return self.target.path.removeprefix("spec.")


def backends(route: Route) -> Iterator[Backend]:
    """Every backend of a route, mirrors included."""
    for index, rule in enumerate(route.spec.rules or ()):
        yield from _of_rule(route.metadata.namespace, index, rule)


def gateway_references(gateway: Gateway) -> Iterator[Target]:
    """The Secrets (and others) that a Gateway refers to."""
    namespace, tls = gateway.metadata.namespace, gateway.spec.tls
    yield from listener_references(gateway.spec.listeners, namespace)
    if tls is None:
        return
    if tls.backend and tls.backend.client_certificate_ref:
        yield _target(tls.backend.client_certificate_ref, namespace, "spec.tls.backend.clientCertificateRef")
    if tls.frontend is None:
        return
    fronts = [("default", tls.frontend.default)]
    fronts += [(f"perPort[{i}].tls", p.tls) for i, p in enumerate(tls.frontend.per_port or ())]
    for path, front in fronts:
        refs = front.validation.ca_certificate_refs if front and front.validation else None
        for i, ref in enumerate(refs or ()):
            yield _target(ref, namespace, f"spec.tls.frontend.{path}.validation.caCertificateRefs[{i}]")


def listener_references(listeners: tuple[Listener, ...] | None, namespace: str) -> Iterator[Target]:
    """What the listeners of a Gateway or ListenerSet refer to."""
    for i, listener in enumerate(listeners or ()):
        yield from certificates(listener, namespace, i)
        front = listener.tls.frontend_validation if listener.tls else None
        for j, ref in enumerate((front.ca_certificate_refs if front else None) or ()):
            yield _target(ref, namespace, f"spec.listeners[{i}].tls.frontendValidation.caCertificateRefs[{j}]")


def certificates(listener: Listener, namespace: str, index: int) -> Iterator[Target]:
    """The certificates of a listener that terminates TLS."""
    if listener.tls is None or listener.tls.mode == "Passthrough":
        return
    for j, ref in enumerate(listener.tls.certificate_refs or ()):
        yield _target(ref, namespace, f"spec.listeners[{index}].tls.certificateRefs[{j}]")


def crossing(kind: GroupKind, found: Any) -> Iterator[Target]:
    """The references of an object that leave its namespace."""
    namespace = found.metadata.namespace
    return (t for t in _references(found) if t.namespace != namespace)


def crossings(snapshot: Snapshot) -> Iterator[tuple[GroupKind, str, Target]]:
    """Every reference of the cluster that leaves its namespace: from which kind and namespace, to what."""
    for kind, objects in snapshot.objects.items():
        for found in objects.values():
            if isinstance(found, Gateway | ListenerSet | Route):
                for target in crossing(kind, found):
                    yield kind, found.metadata.namespace, target


def grants_allow(grant: ReferenceGrant, group: str, kind: str, namespace: str, target: Target) -> bool:
    """Whether a grant lets objects of a kind and namespace refer to ``target``."""
    if grant.metadata.namespace != target.namespace:
        return False
    sources = grant.spec.from_ or ()
    if not any(f.group == group and f.kind == kind and f.namespace == namespace for f in sources):
        return False
    return any(
        t.group == target.group and t.kind == target.kind and (not t.name or t.name == target.name)
        for t in grant.spec.to or ()
    )


def _references(found: Any) -> Iterator[Target]:
    if isinstance(found, Gateway):
        yield from gateway_references(found)
    elif isinstance(found, ListenerSet):
        yield from listener_references(found.spec.listeners, found.metadata.namespace)
    elif isinstance(found, Route):
        yield from (b.target for b in backends(found))


def _of_rule(namespace: str, index: int, rule: RouteRule) -> Iterator[Backend]:
    path = f"spec.rules[{index}]"
    for j, ref in enumerate(rule.backend_refs or ()):
        inner = f"{path}.backendRefs[{j}]"
        yield Backend(_target(ref, namespace, inner), ref.port, ref.weight, index)
        yield from _mirrors(ref.filters, namespace, index, inner)
    yield from _mirrors(rule.filters, namespace, index, path)


def _mirrors(filters: Any, namespace: str, index: int, path: str) -> Iterator[Backend]:
    for j, entry in enumerate(filters or ()):
        if entry.request_mirror is not None:
            ref = cast(BackendRef, entry.request_mirror.backend_ref)
            target = _target(ref, namespace, f"{path}.filters[{j}].requestMirror.backendRef")
            yield Backend(target, ref.port, ref.weight, index, mirror=True)


def _target(ref: SecretRef | BackendRef, namespace: str, path: str) -> Target:
    return Target(ref.group, ref.kind, ref.namespace or namespace, ref.name, path)
