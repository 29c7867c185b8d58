"""Which features of Gateway API (``pkg/features`` of v1.6.1, GEP-2162) an object uses, and which its class lacks.

Only what can be read from a spec beyond doubt, and only where the class says what it supports.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gatewright.gatewayapi.health.judgement import Judgement
from gatewright.gatewayapi.health.rules import FEATURE_UNSUPPORTED
from gatewright.gatewayapi.kinds import GATEWAY_CLASS
from gatewright.gatewayapi.live import ref_of
from gatewright.gatewayapi.shapes import Filter, Gateway, GatewayClass, Route, RouteRule

_FILTERS: Final = {
    "ResponseHeaderModifier": "HTTPRouteResponseHeaderModification",
    "RequestMirror": "HTTPRouteRequestMirror",
    "CORS": "HTTPRouteCORS",
}
_REDIRECTS: Final = {
    "scheme": "HTTPRouteSchemeRedirect",
    "port": "HTTPRoutePortRedirect",
    "path": "HTTPRoutePathRedirect",
}
_STATUS: Final = {code: f"HTTPRoute{code}RedirectStatusCode" for code in (303, 307, 308)}


def unsupported(judged: Judgement, found: GatewayClass | None, used: frozenset[str], where: str = "") -> None:
    """Adds the finding for what is used and not listed. A class that lists nothing is taken to say nothing."""
    listed = found.status.features() if found and found.status else None
    if not listed or found is None or not (lacking := sorted(used - listed)):
        return
    judged.add(
        FEATURE_UNSUPPORTED,
        where=where,
        evidence=(f"GatewayClass {found.metadata.name} status.supportedFeatures: no {', '.join(lacking)}",),
        cause=ref_of(GATEWAY_CLASS, found.metadata.key),
        features=", ".join(lacking),
        name=found.metadata.name,
    )


def of_gateway(gateway: Gateway) -> frozenset[str]:
    """The features that a Gateway uses."""
    return frozenset(_of_gateway(gateway))


def of_route(kind: str, route: Route) -> frozenset[str]:
    """The features that a route uses, whatever its parents are."""
    used = {kind}
    if kind == "HTTPRoute":
        used.update(name for rule in route.spec.rules or () for name in _of_rule(rule))
        if any(ref.port for ref in route.spec.parent_refs or () if ref.kind != "Service"):
            used.add("HTTPRouteParentRefPort")
    if kind == "GRPCRoute" and any(rule.name for rule in route.spec.rules or ()):
        used.add("GRPCRouteNamedRouteRule")
    return frozenset(used)


def _of_gateway(gateway: Gateway) -> Iterator[str]:
    addresses = gateway.spec.addresses or ()
    if any(a.value for a in addresses):
        yield "GatewayStaticAddresses"
    if any(not a.value for a in addresses):
        yield "GatewayAddressEmpty"
    infrastructure = gateway.spec.infrastructure
    if infrastructure and (infrastructure.labels or infrastructure.annotations):
        yield "GatewayInfrastructurePropagation"
    frontend = gateway.spec.tls.frontend if gateway.spec.tls else None
    if frontend is None:
        return
    tls = (frontend.default, *(p.tls for p in frontend.per_port or ()))
    modes = {t.validation.mode for t in tls if t and t.validation}
    if modes:
        yield "GatewayFrontendClientCertificateValidation"
    if "AllowInsecureFallback" in modes:
        yield "GatewayFrontendClientCertificateValidationInsecureFallback"


def _of_rule(rule: RouteRule) -> Iterator[str]:
    if rule.name:
        yield "HTTPRouteNamedRouteRule"
    for match in rule.matches or ():
        if isinstance(match.method, str) and match.method:
            yield "HTTPRouteMethodMatching"
        if match.query_params:
            yield "HTTPRouteQueryParamMatching"
    timeouts = rule.timeouts or {}
    if "request" in timeouts:
        yield "HTTPRouteRequestTimeout"
    if "backendRequest" in timeouts:
        yield "HTTPRouteBackendTimeout"
    if rule.retry is not None:
        yield "HTTPRouteRetry"
    for entry in rule.filters or ():
        yield from _of_filter(entry)
    if sum(1 for f in rule.filters or () if f.type == "RequestMirror") > 1:
        yield "HTTPRouteRequestMultipleMirrors"
    if any(f.type == "RequestHeaderModifier" for b in rule.backend_refs or () for f in b.filters or ()):
        yield "HTTPRouteBackendRequestHeaderModification"


def _of_filter(entry: Filter) -> Iterator[str]:
    if entry.type in _FILTERS:
        yield _FILTERS[entry.type]
    mirror, redirect, rewrite = entry.request_mirror, entry.request_redirect or {}, entry.url_rewrite or {}
    if mirror and (mirror.percent is not None or mirror.fraction is not None):
        yield "HTTPRouteRequestPercentageMirror"
    yield from (feature for field, feature in _REDIRECTS.items() if redirect.get(field) is not None)
    if (code := redirect.get("statusCode")) in _STATUS:
        yield _STATUS[code]
    if rewrite.get("hostname"):
        yield "HTTPRouteHostRewrite"
    if rewrite.get("path"):
        yield "HTTPRoutePathRewrite"
