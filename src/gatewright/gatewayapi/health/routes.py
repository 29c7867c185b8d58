"""A route of any kind: its parents (``parents.py``), and the backends of its rules."""

from __future__ import annotations

from typing import Final

from gatewright.gatewayapi.conditions import good, is_stale
from gatewright.gatewayapi.health.certificates import grant
from gatewright.gatewayapi.health.judgement import Judgement
from gatewright.gatewayapi.health.parents import Attachment
from gatewright.gatewayapi.health.references import Backend, backends
from gatewright.gatewayapi.health.rules import (
    BACKEND_KIND,
    BACKEND_MISSING,
    BACKEND_PORT,
    FEW_ENDPOINTS,
    NO_ENDPOINTS,
    ROUTE_WITHOUT_PARENT,
    RULE_WITHOUT_BACKEND,
)
from gatewright.gatewayapi.health.view import View
from gatewright.gatewayapi.kinds import ENDPOINT_SLICE, SERVICE, GroupKind
from gatewright.gatewayapi.live import ref_of
from gatewright.gatewayapi.shapes import Route, RouteRule
from gatewright.gatewayapi.surroundings import EndpointSlice, Service, ServicePort
from gatewright.model.health import ObjectHealth, Severity

_NEVER: Final = frozenset({"", "apps", "batch"})
"""Groups of which only Services can be backends."""


def route(view: View, kind: GroupKind, found: Route) -> ObjectHealth:
    """Judges a route for each requested parent, and its backends."""
    judged = Judgement(view, kind, found.metadata)
    wanted = [Attachment(judged, kind, found, ref) for ref in found.spec.parent_refs or ()]
    judged.parts(a.where for a in wanted)
    judged.parts(f"rules[{i}]" for i, _ in enumerate(found.spec.rules or ()))
    if not wanted:
        judged.add(ROUTE_WITHOUT_PARENT, evidence=("spec.parentRefs: []",))
    for attachment in wanted:
        attachment.judge()
    for backend in backends(found):
        _backend(judged, kind, found, backend)
    if kind[1] == "HTTPRoute":
        for i, rule in enumerate(found.spec.rules or ()):
            if _answers_nothing(rule):
                judged.add(RULE_WITHOUT_BACKEND, where=f"rules[{i}]", evidence=(f"spec.rules[{i}].backendRefs: []",))
    return judged.health(a.ref for a in wanted)


def _answers_nothing(rule: RouteRule) -> bool:
    answers = {"RequestRedirect", "ExtensionRef"}
    return not rule.backend_refs and not any(f.type in answers for f in rule.filters or ())


def _backend(judged: Judgement, kind: GroupKind, found: Route, backend: Backend) -> None:
    view, target = judged.view, backend.target
    if target.group_kind != SERVICE:
        _other_kind(judged, found, backend)
        return
    if not grant(judged, kind, target, backend.where):
        return
    key = (target.namespace, target.name)
    if not view.readable(SERVICE, key):
        judged.not_seen(SERVICE)
        return
    cause, evidence = ref_of(SERVICE, key), (f"{target.path}: {target}:{backend.port or '-'}",)
    service = view.service(key)
    if service is None:
        judged.add(
            BACKEND_MISSING,
            where=backend.where,
            evidence=evidence,
            cause=cause,
            backend=str(target),
        )
        return
    ports = service.spec.ports or ()
    port = next((p for p in ports if p.port == backend.port), None)
    if port is None:
        shown = ", ".join(str(p.port) for p in ports[:10]) or "-"
        judged.add(
            BACKEND_PORT,
            where=backend.where,
            evidence=(*evidence, f"{target} spec.ports: {shown}"),
            cause=cause,
            backend=str(target),
            port=backend.port or "-",
            ports=shown,
        )
    elif service.spec.type != "ExternalName":
        _endpoints(judged, backend, service, port)


def _other_kind(judged: Judgement, found: Route, backend: Backend) -> None:
    """Another kind is wrong where no controller could take it, or where this one says so."""
    target = backend.target
    if target.group in _NEVER or (not target.group.startswith("multicluster.") and _refuses_kind(found)):
        evidence = (f"{target.path}: {target.group or 'core'}/{target.kind} {target.name}",)
        judged.add(BACKEND_KIND, where=backend.where, evidence=evidence, kind=target.kind, name=target.name)


def _refuses_kind(found: Route) -> bool:
    parents = (found.status.parents if found.status else None) or ()
    said = (c for p in parents for c in p.conditions or () if not is_stale(c, found.metadata.generation))
    return any(c.type == "ResolvedRefs" and c.reason == "InvalidKind" and good(c) is False for c in said)


def _endpoints(judged: Judgement, backend: Backend, service: Service, port: ServicePort) -> None:
    view, target = judged.view, backend.target
    if not view.readable(ENDPOINT_SLICE, (target.namespace, "")):
        judged.not_seen(ENDPOINT_SLICE)
        return
    key = (target.namespace, target.name)
    slices = [s for s in view.slices.get(key, ()) if _has_port(s, port)]
    total, ready = sum(len(s.endpoints or ()) for s in slices), sum(s.ready() for s in slices)
    names = ", ".join(sorted(s.metadata.name for s in slices)[:5]) or "-"
    evidence = (f"EndpointSlices of {target} with port {port.name or port.port}: {names}", f"ready: {ready}/{total}")
    cause, shown = ref_of(SERVICE, key), str(target)
    if not ready:
        severity: Severity = "info" if not backend.weight else "warning" if backend.mirror else "error"
        judged.add(
            NO_ENDPOINTS,
            severity,
            where=backend.where,
            evidence=evidence,
            cause=cause,
            backend=shown,
            port=port.port,
            total=total,
        )
    elif ready < total:
        judged.add(
            FEW_ENDPOINTS,
            "warning" if ready * 2 < total else "info",
            where=backend.where,
            evidence=evidence,
            cause=cause,
            backend=shown,
            port=port.port,
            ready=ready,
            total=total,
        )


def _has_port(entry: EndpointSlice, port: ServicePort) -> bool:
    """A slice without ports is for all of them (discovery.k8s.io/v1); otherwise the names must be the same."""
    return not entry.ports or any((p.name or "") == port.name for p in entry.ports)
