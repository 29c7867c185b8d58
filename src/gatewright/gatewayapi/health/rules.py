"""Every finding that health can give: its code, how severe it is, and what of a controller's own words it stands for.

The sentences are in ``text/health.json`` under the code; ``docs/health.md`` has the table.
"""

from __future__ import annotations

from typing import Final

import msgspec

from gatewright.model.health import HealthFinding, HealthState, Severity
from gatewright.model.objects import ObjectRef


class Rule(msgspec.Struct, frozen=True):
    """``severities``: those that it may have, the usual one first. ``accounts``: the types of conditions whose bad
    status it explains, so that the two are told as one. ``state``: what it makes of its object, where that does not
    follow from the severity. ``inherited``: it only passes on what is wrong with its cause. ``sample``: example
    parameters, for the docs and for tests of the sentences."""

    code: str
    severities: tuple[Severity, ...]
    accounts: frozenset[str] = frozenset()
    state: HealthState | None = None
    inherited: bool = False
    sample: dict[str, str | int] = {}

    def of(
        self,
        subject: ObjectRef,
        severity: Severity | None = None,
        *,
        where: str = "",
        evidence: tuple[str, ...] = (),
        cause: ObjectRef | None = None,
        **params: str | int,
    ) -> HealthFinding:
        """A finding of this rule."""
        chosen = severity or self.severities[0]
        return HealthFinding(self.code, subject, chosen, {**params}, where, evidence, cause)


def _rule(
    code: str,
    /,
    *severities: Severity,
    accounts: tuple[str, ...] = (),
    state: HealthState | None = None,
    inherited: bool = False,
    **sample: str | int,
) -> Rule:
    return Rule(f"health.{code}", severities, frozenset(accounts), state, inherited, {**sample})


def _probe(code: str, /, *severities: Severity, **sample: str | int) -> Rule:
    where: dict[str, str | int] = {"listener": "https", "hostname": "a.example.com", "address": "192.0.2.1:443"}
    return Rule(f"health.probe-{code}", severities, sample={**where, **sample})


_ATTACHED: Final = ("Accepted",)
_RESOLVED: Final = ("ResolvedRefs",)
_ALL: Final = ("Accepted", "Programmed", "ResolvedRefs")

# what controllers say
CONDITION: Final = _rule(
    "condition", "error", "warning", type="Programmed", status="False", reason="Invalid", message="Invalid listeners."
)
PENDING: Final = _rule("pending", "info", state="progressing", type="Programmed")
STALE: Final = _rule("stale", "info", "warning", state="progressing", observed=1, generation=2)
NO_STATUS: Final = _rule("no-status", "error", inherited=True, type="Accepted")
NOT_SEEN: Final = _rule("not-seen", "info", state="unknown", kind="Service", code="kube.forbidden")
DELETING: Final = _rule("deleting", "info", state="progressing", since="2026-01-01T00:00:00Z")

# classes and controllers
CLASS_WITHOUT_CONTROLLER: Final = _rule(
    "class-without-controller", "error", accounts=_ATTACHED, controller="Traefik", name="traefik.io/gateway-controller"
)
CLASS_NOT_TAKEN: Final = _rule(
    "class-not-taken", "error", accounts=_ATTACHED, name="example.com/gateway", seen="Traefik 3.7.15"
)
CONTROLLER_DOWN: Final = _rule(
    "controller-down", "error", accounts=_ATTACHED, controller="Traefik", workload="Deployment gateway-system/traefik"
)
CONTROLLER_NOT_SEEN: Final = _rule("controller-not-seen", "info", controller="Traefik")
CONTROLLER_TWICE: Final = _rule("controller-twice", "warning", controller="Traefik", workloads="a/traefik, b/traefik")
CLASS_SHARES_CONTROLLER: Final = _rule(
    "class-shares-controller", "info", name="traefik.io/gateway-controller", others="edge"
)

# Gateways and listeners
CLASS_MISSING: Final = _rule("class-missing", "error", accounts=_ALL, name="traefik")
CLASS_BROKEN: Final = _rule("class-broken", "error", "warning", accounts=_ALL, inherited=True, name="traefik")
NO_ADDRESS: Final = _rule("no-address", "warning")
CLAIMS_PROGRAMMED: Final = _rule("claims-programmed", "warning", bad="https", count=2)
PROTOCOL_CONFLICT: Final = _rule(
    "protocol-conflict",
    "error",
    accounts=(*_ALL, "Conflicted"),
    port=80,
    other="Gateway shop/web#http",
    protocols="HTTP, TCP",
)
LISTENER_DUPLICATE: Final = _rule(
    "listener-duplicate",
    "error",
    accounts=(*_ALL, "Conflicted"),
    port=80,
    hostname="*",
    other="Gateway shop/web#http",
)
TLS_OVERLAP: Final = _rule(
    "tls-overlap",
    "info",
    "warning",
    accounts=("OverlappingTLSConfig",),
    port=443,
    hostname="a.example.com",
    other="Gateway shop/web#any",
    covers="*.example.com",
)
GATEWAY_COLLISION: Final = _rule(
    "gateway-collision",
    "warning",
    "info",
    port=80,
    hostname="a.example.com",
    address="10.0.0.1",
    other="Gateway shop/web#http",
)

# certificates
CERTIFICATE_MISSING: Final = _rule("certificate-missing", "error", accounts=_ALL, secret="Secret shop/cert")
CERTIFICATE_UNUSABLE: Final = _rule(
    "certificate-unusable", "error", accounts=_ALL, secret="Secret shop/cert", problem="key-mismatch"
)
CERTIFICATE_NAME: Final = _rule(
    "certificate-name", "error", secret="Secret shop/cert", hostname="a.example.com", names="b.example.com"
)
CERTIFICATE_EXPIRED: Final = _rule(
    "certificate-expired", "error", secret="Secret shop/cert", moment="2026-01-01T00:00:00Z"
)
CERTIFICATE_NOT_YET: Final = _rule(
    "certificate-not-yet", "error", secret="Secret shop/cert", moment="2026-01-01T00:00:00Z"
)
CERTIFICATE_EXPIRES: Final = _rule(
    "certificate-expires", "info", "warning", "error", secret="Secret shop/cert", days=13, moment="2026-01-01T00:00:00Z"
)

# what probes saw
PROBE_REFUSED: Final = _probe("refused", "error", "warning")
PROBE_UNANSWERED: Final = _probe("unanswered", "error", "warning")
PROBE_TLS: Final = _probe("tls", "error", "warning")
PROBE_PROTOCOL: Final = _probe("protocol", "error", "warning")
PROBE_UNREACHABLE: Final = _probe("unreachable", "warning")
PROBE_STATUS: Final = _probe("status", "error", "warning", status=503)
PROBE_CERTIFICATE_NAME: Final = _probe("certificate-name", "error", names="b.example.com")
PROBE_CERTIFICATE_EXPIRED: Final = _probe("certificate-expired", "error", moment="2026-01-01T00:00:00Z")
PROBE_CERTIFICATE_NOT_YET: Final = _probe("certificate-not-yet", "error", moment="2026-01-01T00:00:00Z")
PROBE_CERTIFICATE_EXPIRES: Final = _probe(
    "certificate-expires", "info", "warning", "error", days=13, moment="2026-01-01T00:00:00Z"
)
PROBE_UNTRUSTED: Final = _probe("untrusted", "info", reason="self-signed certificate")

# ListenerSets
SET_NOT_ALLOWED: Final = _rule("set-not-allowed", "error", accounts=_ALL, gateway="Gateway shop/web", namespace="team")

# routes and their parents
ROUTE_WITHOUT_PARENT: Final = _rule("route-without-parent", "warning")
PARENT_MISSING: Final = _rule("parent-missing", "error", accounts=_ALL, parent="Gateway shop/web")
PARENT_KIND: Final = _rule("parent-kind", "warning", parent="Ingress shop/web")
PARENT_BROKEN: Final = _rule(
    "parent-broken", "error", "warning", accounts=_ALL, inherited=True, parent="Gateway shop/web"
)
SECTION_MISSING: Final = _rule(
    "section-missing", "error", accounts=_ALL, parent="Gateway shop/web", section="https", listeners="http"
)
PORT_MISMATCH: Final = _rule(
    "port-mismatch", "error", accounts=_ALL, parent="Gateway shop/web", port=8080, ports="80, 443"
)
KIND_NOT_ALLOWED: Final = _rule(
    "kind-not-allowed", "error", "warning", accounts=_ALL, parent="Gateway shop/web", kind="TCPRoute", kinds="HTTPRoute"
)
NAMESPACE_NOT_ALLOWED: Final = _rule(
    "namespace-not-allowed",
    "error",
    "warning",
    accounts=_ALL,
    parent="Gateway infra/web",
    namespace="shop",
    allowed="Same",
)
HOSTNAME_MISMATCH: Final = _rule(
    "hostname-mismatch",
    "error",
    "warning",
    accounts=_ALL,
    parent="Gateway shop/web",
    hostnames="a.example.com",
    listeners="*.example.org",
)
HOSTNAME_PARTIAL: Final = _rule(
    "hostname-partial", "warning", parent="Gateway shop/web", hostnames="a.example.com", listeners="*.example.org"
)

# what is referred to
GRANT_MISSING: Final = _rule(
    "grant-missing", "error", accounts=_RESOLVED, target="Service data/db", namespace="data", source="HTTPRoute shop"
)
GRANT_UNUSED: Final = _rule("grant-unused", "info", "warning", namespaces="shop")
BACKEND_MISSING: Final = _rule("backend-missing", "error", accounts=_RESOLVED, backend="Service shop/web")
BACKEND_KIND: Final = _rule("backend-kind", "error", accounts=_RESOLVED, kind="ConfigMap", name="web")
BACKEND_PORT: Final = _rule(
    "backend-port", "error", accounts=_RESOLVED, backend="Service shop/web", port=81, ports="80"
)
NO_ENDPOINTS: Final = _rule("no-endpoints", "error", "warning", "info", backend="Service shop/web", port=80, total=2)
FEW_ENDPOINTS: Final = _rule("few-endpoints", "info", "warning", backend="Service shop/web", port=80, ready=1, total=3)
RULE_WITHOUT_BACKEND: Final = _rule("rule-without-backend", "warning")

# policies and features
TARGET_MISSING: Final = _rule("target-missing", "error", accounts=_ALL, target="Service shop/web", section="-")
POLICY_CONFLICT: Final = _rule(
    "policy-conflict", "error", accounts=_ALL, target="Service shop/web", other="BackendTLSPolicy shop/a"
)
POLICY_NOT_READ: Final = _rule("policy-not-read", "info")
FEATURE_UNSUPPORTED: Final = _rule("feature-unsupported", "warning", features="HTTPRouteRetry", name="traefik")

ALL: Final[tuple[Rule, ...]] = tuple(v for v in list(globals().values()) if isinstance(v, Rule))
BY_CODE: Final = {rule.code: rule for rule in ALL}
