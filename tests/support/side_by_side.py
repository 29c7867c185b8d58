"""Snapshots of clusters in a few words: CRDs of a release, Gateways, routes and grants."""

from __future__ import annotations

from typing import Any

import msgspec

from gatewright.gatewayapi.catalogue import catalogue
from gatewright.gatewayapi.crds import CHANNEL_ANNOTATION, VERSION_ANNOTATION
from gatewright.gatewayapi.kinds import CRD, GATEWAY, GATEWAY_GROUP, REFERENCE_GRANT, GroupKind
from gatewright.gatewayapi.live import SHAPES, Snapshot
from gatewright.model.desired import BundleName, Channel
from gatewright.model.observation import ControllerObservation


def cluster(name: str, kubernetes: str = "v1.34.2") -> Snapshot:
    return Snapshot(name, kubernetes)


def put(snapshot: Snapshot, kind: GroupKind, manifest: dict[str, Any]) -> Snapshot:
    found = msgspec.convert(manifest, SHAPES[kind])
    snapshot.objects.setdefault(kind, {})[found.metadata.key] = found
    return snapshot


def crd(
    snapshot: Snapshot,
    release: BundleName,
    name: str,
    *,
    claims: tuple[str, str] | None = None,
    stored: tuple[str, ...] | None = None,
) -> Snapshot:
    """A CRD of a release as it would be served; ``claims``: a version and channel instead of its own ('' for none)."""
    facts = catalogue().bundle(release).by_name[name]
    annotations = dict(
        zip((VERSION_ANNOTATION, CHANNEL_ANNOTATION), claims or (facts.annotated, release.channel), strict=True)
    )
    manifest = {
        "metadata": {"name": name, "annotations": {key: value for key, value in annotations.items() if value}},
        "spec": {
            "group": facts.group,
            "versions": [{"name": v.name, "served": v.served, "storage": v.storage} for v in facts.versions],
        },
        "status": {"storedVersions": list(stored or (facts.storage,))},
    }
    return put(snapshot, CRD, manifest)


def bundle(
    snapshot: Snapshot, version: str, channel: Channel = "standard", *, claims: tuple[str, str] | None = None
) -> Snapshot:
    """All CRDs of a release; ``claims``: the version and channel that they are annotated with instead."""
    release = BundleName(version, channel)
    for facts in catalogue().bundle(release).crds:
        crd(snapshot, release, facts.name, claims=claims)
    return snapshot


def controller(snapshot: Snapshot, version: str, name: str = "traefik") -> Snapshot:
    seen = ControllerObservation(name, version, "edge", name, f"{name}:{version}", True)
    snapshot.controllers = (*snapshot.controllers, seen)
    return snapshot


def gateway(snapshot: Snapshot, namespace: str, name: str, *hostnames: str) -> Snapshot:
    listeners = [{"name": f"l{i}", "port": 80, "hostname": h} for i, h in enumerate(hostnames)]
    return put(
        snapshot, GATEWAY, {"metadata": {"namespace": namespace, "name": name}, "spec": {"listeners": listeners}}
    )


def route(
    snapshot: Snapshot,
    namespace: str,
    name: str,
    *hostnames: str,
    kind: str = "HTTPRoute",
    parent: str = "edge",
    rules: list[dict[str, Any]] | None = None,
    backend: str = "",
    created: str = "2026-01-01T00:00:00Z",
) -> Snapshot:
    """``parent`` and ``backend`` are ``name`` or ``namespace/name``; ``backend`` gives one rule for every path."""
    if rules is None:
        rules = [{"backendRefs": [{**_ref(backend), "port": 80}]}] if backend else []
    spec = {"parentRefs": [_ref(parent)] if parent else [], "hostnames": list(hostnames) or None, "rules": rules}
    metadata = {"namespace": namespace, "name": name, "creationTimestamp": created}
    return put(snapshot, (GATEWAY_GROUP, kind), {"metadata": metadata, "spec": spec})


def grant(snapshot: Snapshot, namespace: str, name: str, *sources: str) -> Snapshot:
    origins = [{"group": GATEWAY_GROUP, "kind": "HTTPRoute", "namespace": source} for source in sources]
    spec = {"from": origins, "to": [{"group": "", "kind": "Service"}]}
    return put(snapshot, REFERENCE_GRANT, {"metadata": {"namespace": namespace, "name": name}, "spec": spec})


def _ref(text: str) -> dict[str, str]:
    namespace, slash, name = text.rpartition("/")
    return {"name": name, "namespace": namespace} if slash else {"name": name}
