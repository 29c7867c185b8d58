"""Every finding appears when its one thing is broken, names the right object and cause, and is not there before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import health_worlds as w
import pytest
from health_worlds import CLASS_KEY, GATEWAY_KEY, HTTP_ROUTE, NOW, OLD, ROUTE_KEY

from gatewright.gatewayapi.health import ObjectKey, assess
from gatewright.gatewayapi.health.rules import ALL, BY_CODE
from gatewright.gatewayapi.kinds import (
    DEPLOYMENT,
    ENDPOINT_SLICE,
    GATEWAY,
    GATEWAY_CLASS,
    LISTENER_SET,
    NAMESPACE,
    REFERENCE_GRANT,
    SECRET,
    SERVICE,
)
from gatewright.gatewayapi.live import Snapshot
from gatewright.text import LANGUAGES, templates

Break = Callable[[Snapshot], Any]
CASES: dict[str, tuple[ObjectKey, str, str, Break]] = {}
"""By the test's name: whose finding it is, its code, its severity, and what breaks the cluster."""


def case(name: str, key: ObjectKey, code: str, severity: str) -> Callable[[Break], Break]:
    def keep(breaks: Break) -> Break:
        CASES[name] = (key, code, severity, breaks)
        return breaks

    return keep


def rewritten(kind: Any, live: w.Object) -> Break:
    return lambda snapshot: w.put(snapshot, kind, live)


def unanswered(live: w.Object, **meta: Any) -> w.Object:
    """The object before any controller has seen it."""
    return {**live, "metadata": {**live["metadata"], **meta}, "status": None}


PENDING = w.condition("Accepted", "Unknown", "Pending", observedGeneration=0, lastTransitionTime="1970-01-01T00:00:00Z")
CLASS = {"metadata": w.meta("traefik"), "spec": {"controllerName": w.TRAEFIK}, "status": {"conditions": [PENDING]}}


# Classes and controllers


@case("class without controller", CLASS_KEY, "class-without-controller", "error")
def _(s: Snapshot) -> None:
    s.controllers = ()
    w.put(s, GATEWAY_CLASS, CLASS)


@case("class of a stranger", CLASS_KEY, "class-not-taken", "error")
def _(s: Snapshot) -> None:
    w.put(s, GATEWAY_CLASS, {**CLASS, "spec": {"controllerName": "example.com/mine"}})


@case("controller not seen", CLASS_KEY, "controller-not-seen", "info")
def _(s: Snapshot) -> None:
    s.controllers = ()


@case("controller down", CLASS_KEY, "controller-down", "error")
def _(s: Snapshot) -> None:
    s.controllers = (w.controller(available=False),)


@case("controller twice", CLASS_KEY, "controller-twice", "warning")
def _(s: Snapshot) -> None:
    s.controllers = (w.controller(), w.controller("second"))


@case("class shares its controller", CLASS_KEY, "class-shares-controller", "info")
def _(s: Snapshot) -> None:
    w.put(s, GATEWAY_CLASS, {**CLASS, "metadata": w.meta("edge"), "status": {"conditions": w.fine("Accepted")}})


@case("gateway of a broken class", GATEWAY_KEY, "class-broken", "error")
def _(s: Snapshot) -> None:
    s.controllers = ()
    w.put(s, GATEWAY_CLASS, CLASS)


@case("gateway of a stopped controller", GATEWAY_KEY, "class-broken", "warning")
def _(s: Snapshot) -> None:
    s.controllers = (w.controller(available=False),)


@case("class missing", GATEWAY_KEY, "class-missing", "error")
def _(s: Snapshot) -> None:
    w.take(s, GATEWAY_CLASS, ("", "traefik"))


# What controllers say


@case("class refused", CLASS_KEY, "condition", "error")
def _(s: Snapshot) -> None:
    refused = [w.condition("Accepted", "False", "InvalidParameters")]
    w.put(s, GATEWAY_CLASS, {**CLASS, "status": {"conditions": refused}})


@case("class of another version", CLASS_KEY, "condition", "warning")
def _(s: Snapshot) -> None:
    told = [*w.fine("Accepted"), w.condition("SupportedVersion", "False", "UnsupportedVersion")]
    w.put(s, GATEWAY_CLASS, {**CLASS, "status": {"conditions": told}})


@case("gateway not programmed", GATEWAY_KEY, "condition", "error")
def _(s: Snapshot) -> None:
    live = w.gateway()
    live["status"]["conditions"][1] = w.condition("Programmed", "False", "AddressNotUsable")
    w.put(s, GATEWAY, live)


@case("gateway unknown for long", GATEWAY_KEY, "condition", "warning")
def _(s: Snapshot) -> None:
    live = w.gateway()
    live["status"]["conditions"][1] = {**PENDING, "type": "Programmed"}
    w.put(s, GATEWAY, live)


@case("listener in conflict", GATEWAY_KEY, "condition", "error")
def _(s: Snapshot) -> None:
    live = w.gateway()
    live["status"]["listeners"][0]["conditions"].append(w.condition("Conflicted", "True", "HostnameConflict"))
    w.put(s, GATEWAY, live)


@case("route partly invalid", ROUTE_KEY, "condition", "warning")
def _(s: Snapshot) -> None:
    told = [*w.fine("Accepted", "ResolvedRefs"), w.condition("PartiallyInvalid", "True", "UnsupportedValue")]
    w.put(s, HTTP_ROUTE, w.reported(w.route(), *told))


@case("a young gateway", GATEWAY_KEY, "pending", "info")
def _(s: Snapshot) -> None:
    w.put(s, GATEWAY, unanswered(w.gateway(), creationTimestamp=w.at(seconds=30)))


@case("a gateway at work", GATEWAY_KEY, "pending", "info")
def _(s: Snapshot) -> None:
    live = w.gateway()
    now = w.at(seconds=10)
    live["status"]["conditions"][1] = w.condition("Programmed", "False", "Pending", lastTransitionTime=now)
    w.put(s, GATEWAY, live)


@case("a status that is behind", GATEWAY_KEY, "stale", "info")
def _(s: Snapshot) -> None:
    live = w.gateway()
    w.put(s, GATEWAY, {**live, "metadata": {**live["metadata"], "generation": 2}})


@case("a status behind a stopped controller", GATEWAY_KEY, "stale", "warning")
def _(s: Snapshot) -> None:
    s.controllers = (w.controller(available=False),)
    live = w.gateway()
    w.put(s, GATEWAY, {**live, "metadata": {**live["metadata"], "generation": 2}})


@case("gateway without status", GATEWAY_KEY, "no-status", "error")
def _(s: Snapshot) -> None:
    w.put(s, GATEWAY, unanswered(w.gateway()))


@case("route without status", ROUTE_KEY, "no-status", "error")
def _(s: Snapshot) -> None:
    w.put(s, HTTP_ROUTE, w.reported(w.route()))


@case("status of another parent only", ROUTE_KEY, "no-status", "error")
def _(s: Snapshot) -> None:
    live = w.route(parents=[{"name": "web"}, {"name": "web", "sectionName": "http"}])
    live["status"]["parents"].pop()
    w.put(s, HTTP_ROUTE, live)


@case("status of an earlier controller only", ROUTE_KEY, "no-status", "error")
def _(s: Snapshot) -> None:
    live = w.route()
    live["status"]["parents"][0]["controllerName"] = "example.com/earlier"
    w.put(s, HTTP_ROUTE, live)


@case("deleting", ROUTE_KEY, "deleting", "info")
def _(s: Snapshot) -> None:
    live = w.route()
    w.put(s, HTTP_ROUTE, {**live, "metadata": {**live["metadata"], "deletionTimestamp": OLD}})


# Gateways and listeners


@case("no address", GATEWAY_KEY, "no-address", "warning")
def _(s: Snapshot) -> None:
    live = w.gateway()
    live["status"]["addresses"] = []
    w.put(s, GATEWAY, live)


@case("claims to be programmed", GATEWAY_KEY, "claims-programmed", "warning")
def _(s: Snapshot) -> None:
    live = w.gateway("web", "shop", w.listener(), w.listener("odd", 81))
    live["status"]["listeners"][1]["conditions"] = [w.condition("Accepted", "False", "PortUnavailable")]
    w.put(s, GATEWAY, live)


@case("two protocols on a port", GATEWAY_KEY, "protocol-conflict", "error")
def _(s: Snapshot) -> None:
    w.put(s, GATEWAY, w.gateway("web", "shop", w.listener(), w.listener("tcp", 80, "TCP")))


@case("the same listener twice", GATEWAY_KEY, "listener-duplicate", "error")
def _(s: Snapshot) -> None:
    w.put(s, GATEWAY, w.gateway("web", "shop", w.listener(), w.listener("again", hostname="")))


@case("a listener of the gateway in a set", (LISTENER_SET, ("shop", "more")), "listener-duplicate", "error")
def _(s: Snapshot) -> None:
    everyone = {"namespaces": {"from": "Same"}}
    w.put(s, GATEWAY, w.gateway("web", "shop", allowedListeners=everyone))
    w.put(s, LISTENER_SET, w.listener_set("more", "shop", w.listener("mine")))


@case("names that overlap", GATEWAY_KEY, "tls-overlap", "info")
def _(s: Snapshot) -> None:
    w.put(s, SECRET, w.secret())
    w.put(s, SECRET, w.secret("one", names=("a.shop.test",)))
    w.put(s, GATEWAY, w.gateway("web", "shop", w.listener(), w.https(), w.https("a", "a.shop.test", "one")))


@case("names that overlap, which the controller says too", GATEWAY_KEY, "tls-overlap", "warning")
def _(s: Snapshot) -> None:
    CASES["names that overlap"][3](s)
    live = w.gateway("web", "shop", w.listener(), w.https(), w.https("a", "a.shop.test", "one"))
    live["status"]["listeners"][2]["conditions"].append(
        w.condition("OverlappingTLSConfig", "True", "OverlappingHostnames")
    )
    w.put(s, GATEWAY, live)


@case("a new route of a stopped controller", ROUTE_KEY, "parent-broken", "error")
def _(s: Snapshot) -> None:
    s.controllers = (w.controller(available=False),)
    w.put(s, HTTP_ROUTE, w.reported(w.route()))


@case("a route of a stopped controller", ROUTE_KEY, "parent-broken", "warning")
def _(s: Snapshot) -> None:
    s.controllers = (w.controller(available=False),)


@case("another gateway has it", (GATEWAY, ("shop", "zeta")), "gateway-collision", "warning")
def _(s: Snapshot) -> None:
    w.put(s, GATEWAY, w.gateway("web", "shop", w.listener(hostname="a.test")))
    w.put(s, GATEWAY, w.gateway("zeta", "shop", w.listener(hostname="A.test.")))


@case("another gateway has any name too", (GATEWAY, ("shop", "zeta")), "gateway-collision", "info")
def _(s: Snapshot) -> None:
    w.put(s, GATEWAY, w.gateway("zeta"))


@case("set not allowed", (LISTENER_SET, ("shop", "more")), "set-not-allowed", "error")
def _(s: Snapshot) -> None:
    w.put(s, LISTENER_SET, w.listener_set())


@case("set without gateway", (LISTENER_SET, ("shop", "more")), "parent-missing", "error")
def _(s: Snapshot) -> None:
    w.put(s, LISTENER_SET, w.listener_set(parent="gone"))


@case("set of a broken gateway", (LISTENER_SET, ("shop", "more")), "parent-broken", "error")
def _(s: Snapshot) -> None:
    live = w.gateway(allowedListeners={"namespaces": {"from": "Same"}})
    live["status"]["conditions"][1] = w.condition("Programmed", "False", "Invalid")
    w.put(s, GATEWAY, live)
    w.put(s, LISTENER_SET, w.listener_set())


# Certificates


def secured(s: Snapshot, *secrets: Any) -> None:
    w.put(s, GATEWAY, w.gateway("web", "shop", w.listener(), w.https()))
    for secret in secrets:
        w.put(s, SECRET, secret)


@case("certificate missing", GATEWAY_KEY, "certificate-missing", "error")
def _(s: Snapshot) -> None:
    secured(s)


@case("certificate unusable", GATEWAY_KEY, "certificate-unusable", "error")
def _(s: Snapshot) -> None:
    secured(s, w.secret(problem="key-mismatch"))


@case("certificate for another name", GATEWAY_KEY, "certificate-name", "error")
def _(s: Snapshot) -> None:
    secured(s, w.secret(names=("*.other.test", "a.shop.test")))


@case("certificate expired", GATEWAY_KEY, "certificate-expired", "error")
def _(s: Snapshot) -> None:
    secured(s, w.secret(days=-0.01))


@case("certificate not yet valid", GATEWAY_KEY, "certificate-not-yet", "error")
def _(s: Snapshot) -> None:
    secured(s, w.secret(began=-1))


for days, severity in ((6.9, "error"), (13.9, "warning"), (29.9, "info")):

    @case(f"certificate expires in {days} days", GATEWAY_KEY, "certificate-expires", severity)
    def _(s: Snapshot, days: float = days) -> None:
        secured(s, w.secret(days=days))


@case("certificate elsewhere", GATEWAY_KEY, "grant-missing", "error")
def _(s: Snapshot) -> None:
    w.put(s, SECRET, w.secret(namespace="other"))
    w.put(s, GATEWAY, w.gateway("web", "shop", w.listener(), w.https(namespace="other")))


# What probes saw


def probed(s: Snapshot, *results: Any) -> None:
    """A Gateway with HTTP and HTTPS, of which a TLS certificate is not known but by probes."""
    s.secrets_granted = False
    secured(s)
    for result in results:
        s.probes[result.target] = result


for outcome, code, severity in (
    ("refused", "probe-refused", "error"),
    ("timeout", "probe-unanswered", "error"),
    ("closed", "probe-unanswered", "error"),
    ("tls", "probe-tls", "error"),
    ("protocol", "probe-protocol", "error"),
    ("unreachable", "probe-unreachable", "warning"),
    ("dns", "probe-unreachable", "warning"),
):

    @case(f"probe {outcome}", GATEWAY_KEY, code, severity)
    def _(s: Snapshot, outcome: Any = outcome) -> None:
        probed(s, w.probe("http", "a.test", outcome))

    @case(f"probe {outcome} at one of two addresses", GATEWAY_KEY, code, "warning")
    def _(s: Snapshot, outcome: Any = outcome) -> None:
        probed(s, w.probe("http", "a.test", outcome), w.probe("http", "a.test", address="10.0.0.2"))


for status, severity in ((500, "warning"), (502, "error"), (503, "error"), (504, "error")):

    @case(f"probe status {status}", GATEWAY_KEY, "probe-status", severity)
    def _(s: Snapshot, status: int = status) -> None:
        probed(s, w.probe("http", "a.test", "http", status=status))


@case("probed certificate for another name", GATEWAY_KEY, "probe-certificate-name", "error")
def _(s: Snapshot) -> None:
    probed(s, w.probe("https", "a.shop.test", certificate=w.secret(names=("b.test",)).certificate))


@case("probed certificate expired", GATEWAY_KEY, "probe-certificate-expired", "error")
def _(s: Snapshot) -> None:
    probed(s, w.probe("https", "a.shop.test", certificate=w.secret(days=-0.01).certificate))


@case("probed certificate not yet valid", GATEWAY_KEY, "probe-certificate-not-yet", "error")
def _(s: Snapshot) -> None:
    probed(s, w.probe("https", "a.shop.test", certificate=w.secret(began=-1).certificate))


@case("probed certificate not trusted", GATEWAY_KEY, "probe-untrusted", "info")
def _(s: Snapshot) -> None:
    probed(s, w.probe("https", "a.shop.test", certificate=w.secret().certificate, distrust="self-signed"))


for days, severity in ((6.9, "error"), (13.9, "warning"), (29.9, "info")):

    @case(f"probed certificate expires in {days} days", GATEWAY_KEY, "probe-certificate-expires", severity)
    def _(s: Snapshot, days: float = days) -> None:
        probed(s, w.probe("https", "a.shop.test", certificate=w.secret(days=days).certificate))


# Routes and their parents


@case("route without parent", ROUTE_KEY, "route-without-parent", "warning")
def _(s: Snapshot) -> None:
    w.put(s, HTTP_ROUTE, w.route(parents=[]))


@case("parent missing", ROUTE_KEY, "parent-missing", "error")
def _(s: Snapshot) -> None:
    w.take(s, GATEWAY, ("shop", "web"))


@case("mesh parent missing", ROUTE_KEY, "parent-missing", "error")
def _(s: Snapshot) -> None:
    w.put(s, HTTP_ROUTE, w.reported(w.route(parents=[{"group": "", "kind": "Service", "name": "gone"}])))


@case("parent of another kind", ROUTE_KEY, "parent-kind", "warning")
def _(s: Snapshot) -> None:
    w.put(s, HTTP_ROUTE, w.route(parents=[{"group": "networking.k8s.io", "kind": "Ingress", "name": "web"}]))


@case("parent broken", ROUTE_KEY, "parent-broken", "error")
def _(s: Snapshot) -> None:
    live = w.gateway()
    live["status"]["conditions"][0] = w.condition("Accepted", "False", "Invalid")
    w.put(s, GATEWAY, live)


@case("listener broken", ROUTE_KEY, "parent-broken", "error")
def _(s: Snapshot) -> None:
    live = w.gateway()
    live["status"]["listeners"][0]["conditions"] = [w.condition("Accepted", "False", "PortUnavailable")]
    w.put(s, GATEWAY, live)


@case("section missing", ROUTE_KEY, "section-missing", "error")
def _(s: Snapshot) -> None:
    w.put(s, HTTP_ROUTE, w.reported(w.route(parents=[{"name": "web", "sectionName": "https"}])))


@case("port mismatch", ROUTE_KEY, "port-mismatch", "error")
def _(s: Snapshot) -> None:
    w.put(s, HTTP_ROUTE, w.reported(w.route(parents=[{"name": "web", "port": 8080}])))


def refused(reason: str) -> w.Object:
    return w.condition("Accepted", "False", reason)


@case("kind not allowed", ROUTE_KEY, "kind-not-allowed", "error")
def _(s: Snapshot) -> None:
    w.put(s, GATEWAY, w.gateway("web", "shop", w.listener(allowedRoutes={"kinds": [{"kind": "GRPCRoute"}]})))
    w.put(s, HTTP_ROUTE, w.reported(w.route(), refused("NotAllowedByListeners")))


@case("kind not of the protocol, though the controller took it", ROUTE_KEY, "kind-not-allowed", "warning")
def _(s: Snapshot) -> None:
    w.put(s, GATEWAY, w.gateway("web", "shop", w.listener("tcp", 90, "TCP")))


OTHER_ROUTE: ObjectKey = (HTTP_ROUTE, ("other", "cart"))


def from_other(s: Snapshot, allowed: w.Object) -> None:
    w.take(s, HTTP_ROUTE, ("shop", "cart"))
    w.put(s, GATEWAY, w.gateway("web", "shop", w.listener(allowedRoutes={"namespaces": allowed})))
    live = w.route("cart", "other", parents=[{"name": "web", "namespace": "shop"}])
    w.put(s, HTTP_ROUTE, w.reported(live, refused("NotAllowedByListeners")))
    w.put(s, SERVICE, w.service("cart", "other"))
    w.put(s, ENDPOINT_SLICE, w.endpoints("cart", "other"))


@case("namespace not allowed", OTHER_ROUTE, "namespace-not-allowed", "error")
def _(s: Snapshot) -> None:
    from_other(s, {"from": "Same"})


@case("namespace not selected", OTHER_ROUTE, "namespace-not-allowed", "error")
def _(s: Snapshot) -> None:
    expression = {"key": "team", "operator": "NotIn", "values": ["other"]}
    from_other(s, {"from": "Selector", "selector": {"matchExpressions": [expression]}})


@case("hostname mismatch", ROUTE_KEY, "hostname-mismatch", "error")
def _(s: Snapshot) -> None:
    w.put(s, GATEWAY, w.gateway("web", "shop", w.listener(hostname="*.shop.test")))
    live = w.route(hostnames=["shop.test", "a.other.test"])
    w.put(s, HTTP_ROUTE, w.reported(live, refused("NoMatchingListenerHostname")))


@case("some hostnames mismatch", ROUTE_KEY, "hostname-partial", "warning")
def _(s: Snapshot) -> None:
    w.put(s, GATEWAY, w.gateway("web", "shop", w.listener(hostname="*.shop.test")))
    w.put(s, HTTP_ROUTE, w.route(hostnames=["a.shop.test", "a.other.test"]))


# Backends


@case("backend missing", ROUTE_KEY, "backend-missing", "error")
def _(s: Snapshot) -> None:
    w.take(s, SERVICE, ("shop", "cart"))


@case("backend of another kind", ROUTE_KEY, "backend-kind", "error")
def _(s: Snapshot) -> None:
    w.put(s, HTTP_ROUTE, w.route(rules=[{"backendRefs": [{"kind": "ConfigMap", "name": "cart"}]}]))


@case("backend of a kind that the controller refuses", ROUTE_KEY, "backend-kind", "error")
def _(s: Snapshot) -> None:
    rules = [{"backendRefs": [{"group": "example.com", "kind": "Bucket", "name": "cart"}]}]
    told = [*w.fine("Accepted"), w.condition("ResolvedRefs", "False", "InvalidKind")]
    w.put(s, HTTP_ROUTE, w.reported(w.route(rules=rules), *told))


@case("backend without the port", ROUTE_KEY, "backend-port", "error")
def _(s: Snapshot) -> None:
    w.put(s, SERVICE, w.service(port=8080))


@case("no slice", ROUTE_KEY, "no-endpoints", "error")
def _(s: Snapshot) -> None:
    w.take(s, ENDPOINT_SLICE, ("shop", "cart-1"))


@case("none ready", ROUTE_KEY, "no-endpoints", "error")
def _(s: Snapshot) -> None:
    w.put(s, ENDPOINT_SLICE, w.endpoints("cart", "shop", False, False))


@case("a slice for another port", ROUTE_KEY, "no-endpoints", "error")
def _(s: Snapshot) -> None:
    w.put(s, ENDPOINT_SLICE, w.endpoints(port="grpc"))


@case("few ready", ROUTE_KEY, "few-endpoints", "warning")
def _(s: Snapshot) -> None:
    w.put(s, ENDPOINT_SLICE, w.endpoints("cart", "shop", True, False, False))


@case("most ready", ROUTE_KEY, "few-endpoints", "info")
def _(s: Snapshot) -> None:
    w.put(s, ENDPOINT_SLICE, w.endpoints("cart", "shop", True, True, None, False))


@case("a mirror that is gone", ROUTE_KEY, "no-endpoints", "warning")
def _(s: Snapshot) -> None:
    mirror = {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "copy", "port": 80}}}
    w.put(s, SERVICE, w.service("copy"))
    w.put(s, HTTP_ROUTE, w.route(rules=[{"backendRefs": [{"name": "cart", "port": 80}], "filters": [mirror]}]))


@case("rule without backend", ROUTE_KEY, "rule-without-backend", "warning")
def _(s: Snapshot) -> None:
    w.put(s, HTTP_ROUTE, w.route(rules=[{"matches": [{"path": {"value": "/"}}]}]))


@case("backend elsewhere", ROUTE_KEY, "grant-missing", "error")
def _(s: Snapshot) -> None:
    w.put(s, SERVICE, w.service("cart", "other"))
    w.put(s, ENDPOINT_SLICE, w.endpoints("cart", "other"))
    rules = [{"backendRefs": [{"name": "cart", "namespace": "other", "port": 80}]}]
    told = [*w.fine("Accepted"), w.condition("ResolvedRefs", "False", "RefNotPermitted")]
    w.put(s, HTTP_ROUTE, w.reported(w.route(rules=rules), *told))


GRANT_KEY: ObjectKey = (REFERENCE_GRANT, ("other", "let"))


@case("grant unused", GRANT_KEY, "grant-unused", "info")
def _(s: Snapshot) -> None:
    w.put(s, REFERENCE_GRANT, w.grant("other", HTTP_ROUTE, "shop", "Service"))


@case("grant to all Secrets unused", GRANT_KEY, "grant-unused", "warning")
def _(s: Snapshot) -> None:
    w.put(s, REFERENCE_GRANT, w.grant("other", GATEWAY, "shop", "Secret"))


# Policies and features

POLICY_KEY: ObjectKey = (w.BACKEND_TLS, ("shop", "tls"))


@case("policy without target", POLICY_KEY, "target-missing", "error")
def _(s: Snapshot) -> None:
    w.put(s, w.BACKEND_TLS, w.policy(target="gone"))


@case("policy for a port that is not there", POLICY_KEY, "target-missing", "error")
def _(s: Snapshot) -> None:
    w.put(s, w.BACKEND_TLS, w.policy(section="https"))


@case("two policies", POLICY_KEY, "policy-conflict", "error")
def _(s: Snapshot) -> None:
    w.put(s, w.BACKEND_TLS, w.policy())
    w.put(s, w.BACKEND_TLS, w.policy("a"))


@case("policy that nobody reads", POLICY_KEY, "policy-not-read", "info")
def _(s: Snapshot) -> None:
    w.put(s, w.BACKEND_TLS, w.policy())


@case("policy refused by an ancestor", POLICY_KEY, "condition", "error")
def _(s: Snapshot) -> None:
    told = [w.condition("Accepted", "False", "Invalid")]
    ancestors = [{"ancestorRef": {"name": "web"}, "controllerName": w.TRAEFIK, "conditions": told}]
    w.put(s, w.BACKEND_TLS, {**w.policy(), "status": {"ancestors": ancestors}})


@case("feature not supported", ROUTE_KEY, "feature-unsupported", "warning")
def _(s: Snapshot) -> None:
    listed = {"conditions": w.fine("Accepted"), "supportedFeatures": [{"name": "Gateway"}, {"name": "HTTPRoute"}]}
    w.put(s, GATEWAY_CLASS, {**CLASS, "status": listed})
    w.put(s, HTTP_ROUTE, w.route(rules=[{"backendRefs": [{"name": "cart", "port": 80}], "retry": {"attempts": 2}}]))


# What cannot be read


@case("services unread", ROUTE_KEY, "not-seen", "info")
def _(s: Snapshot) -> None:
    s.unread[SERVICE] = "kube.forbidden"
    s.objects.pop(SERVICE)


@pytest.mark.parametrize("name", CASES)
def test_a_finding_appears_with_what_breaks_it(name: str) -> None:
    key, code, severity, breaks = CASES[name]
    snapshot = w.healthy()
    assert code not in w.codes(w.judge(snapshot, key)) if key in assess(snapshot, NOW) else True
    breaks(snapshot)
    health = w.judge(snapshot, key)
    assert w.codes(health).get(code) == severity, w.codes(health)
    finding = next(f for f in health.findings if f.code == f"health.{code}")
    assert finding.subject == health.ref
    assert finding.evidence or code in ("deleting", "not-seen", "parent-broken")
    for language in LANGUAGES:
        assert finding.message.render(language)
        assert finding.remedy.render(language)
    if severity != "info":
        assert health.state in ("degraded", "unhealthy", "progressing")


def test_every_rule_has_a_case_and_its_sentences() -> None:
    assert {f"health.{code}" for _, code, _, _ in CASES.values()} == set(BY_CODE)
    severities = {(f"health.{code}", severity) for _, code, severity, _ in CASES.values()}
    rare = {("health.no-endpoints", "info"), ("health.hostname-mismatch", "warning")}
    rare |= {("health.namespace-not-allowed", "warning")}
    assert {(r.code, s) for r in ALL for s in r.severities} - rare == severities
    told = {k for k in templates() if k.startswith("health.") and not k.startswith("health.note-")}
    assert told == {key for r in ALL for key in (r.code, f"{r.code}.remedy")}


@pytest.mark.parametrize("rule", ALL, ids=lambda r: r.code)
def test_a_sample_fills_the_sentences(rule: Any) -> None:
    finding = rule.of(w.judge(w.healthy(), ROUTE_KEY).ref, **rule.sample)
    assert "{" not in finding.message.render("en") + finding.message.render("zh")
    assert "{" not in finding.remedy.render("en") + finding.remedy.render("zh")


def test_a_healthy_cluster_has_no_finding() -> None:
    health = assess(w.healthy(), NOW)
    assert {str(o.ref): (o.state, o.findings) for o in health.values()} == {
        str(o.ref): ("healthy", ()) for o in health.values()
    }
    assert len(health) == 3


def test_what_a_controller_says_is_evidence_of_the_finding_that_explains_it() -> None:
    key, _, _, breaks = CASES["backend elsewhere"]
    snapshot = w.healthy()
    breaks(snapshot)
    (finding,) = w.judge(snapshot, key).findings
    assert any("RefNotPermitted" in line for line in finding.evidence)
    assert finding.cause is not None
    assert str(finding.cause) == "Namespace other"


@pytest.mark.parametrize(
    ("allowed", "fits"),
    [
        ({"from": "All"}, True),
        ({"from": "Same"}, False),
        ({"from": "Selector", "selector": {"matchLabels": {"team": "other"}}}, True),
        ({"from": "Selector", "selector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}}}, True),
        ({"from": "Selector", "selector": {"matchExpressions": [{"key": "team", "operator": "Exists"}]}}, True),
        ({"from": "Selector", "selector": {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}}, False),
        ({"from": "Selector", "selector": {"matchExpressions": [{"key": "team", "operator": "Odd"}]}}, False),
        ({"from": "Selector", "selector": {}}, True),
        ({"from": "Selector"}, False),
    ],
)
def test_namespaces_that_are_let_in(allowed: w.Object, fits: bool) -> None:
    snapshot = w.healthy()
    from_other(snapshot, allowed)
    told = {"name": "web", "namespace": "shop"}
    w.put(snapshot, HTTP_ROUTE, w.route("cart", "other", parents=[told]))
    assert ("namespace-not-allowed" not in w.codes(w.judge(snapshot, OTHER_ROUTE))) is fits


def test_an_unknown_type_or_reason_is_shown_and_is_no_error() -> None:
    snapshot = w.healthy()
    told = [w.condition("Accepted", reason="Handled"), *w.fine("ResolvedRefs"), w.condition("Ours", "False", "Odd")]
    w.put(snapshot, HTTP_ROUTE, w.reported(w.route(), *told))
    health = w.judge(snapshot, ROUTE_KEY)
    assert health.state == "healthy"
    assert [(c.type, c.reason, c.good, c.where) for c in health.conditions] == [
        ("Accepted", "Handled", True, "Gateway shop/web"),
        ("ResolvedRefs", "ResolvedRefs", True, "Gateway shop/web"),
        ("Ours", "Odd", None, "Gateway shop/web"),
    ]


@pytest.mark.parametrize("status", ["True", "False"])
def test_a_status_that_is_behind_is_never_healthy_nor_an_error(status: str) -> None:
    snapshot = w.healthy()
    live = w.reported(w.route(), w.condition("Accepted", status), w.condition("ResolvedRefs", status))
    w.put(snapshot, HTTP_ROUTE, {**live, "metadata": {**live["metadata"], "generation": 7}})
    health = w.judge(snapshot, ROUTE_KEY)
    assert health.state == "progressing"
    assert all(c.stale for c in health.conditions)


def test_one_parent_of_two_that_fails_degrades_a_route() -> None:
    snapshot = w.healthy()
    live = w.route(parents=[{"name": "web"}, {"name": "gone"}])
    live["status"]["parents"].pop()
    w.put(snapshot, HTTP_ROUTE, live)
    health = w.judge(snapshot, ROUTE_KEY)
    assert health.state == "degraded"
    assert [f.code for f in health.findings] == ["health.parent-missing"]
    w.take(snapshot, GATEWAY, ("shop", "web"))
    assert w.judge(snapshot, ROUTE_KEY).state == "unhealthy"


def test_one_listener_of_two_that_fails_degrades_a_gateway() -> None:
    snapshot = w.healthy()
    secured(snapshot)
    assert w.judge(snapshot, GATEWAY_KEY).state == "degraded"
    w.put(snapshot, GATEWAY, w.gateway("web", "shop", w.https()))
    assert w.judge(snapshot, GATEWAY_KEY).state == "unhealthy"


def test_grace_ends() -> None:
    snapshot = w.healthy()
    for seconds, code in ((59, "pending"), (61, "no-status")):
        w.put(snapshot, HTTP_ROUTE, unanswered(w.route(), creationTimestamp=w.at(seconds=seconds)))
        assert list(w.codes(w.judge(snapshot, ROUTE_KEY))) == [code]


def test_a_clock_that_is_far_ahead_gives_no_endless_grace() -> None:
    snapshot = w.healthy()
    w.put(snapshot, HTTP_ROUTE, unanswered(w.route(), creationTimestamp="2099-01-01T00:00:00Z"))
    assert list(w.codes(w.judge(snapshot, ROUTE_KEY))) == ["no-status"]


@pytest.mark.parametrize("granted", [True, False])
@pytest.mark.parametrize("unread", [True, False])
def test_nothing_is_claimed_of_secrets_that_are_not_seen(granted: bool, unread: bool) -> None:
    snapshot = w.healthy()
    secured(snapshot)
    snapshot.secrets_granted = granted
    if unread:
        snapshot.unread[SECRET] = "kube.forbidden"
    health = w.judge(snapshot, GATEWAY_KEY)
    assert ("certificate-missing" in w.codes(health)) is (granted and not unread)
    assert health.state == ("degraded" if granted and not unread else "healthy")


@pytest.mark.parametrize("kind", [SERVICE, ENDPOINT_SLICE, GATEWAY])
@pytest.mark.parametrize("how", ["unread", "pending"])
def test_what_depends_on_kinds_that_are_not_seen_is_unknown_and_not_wrong(kind: Any, how: str) -> None:
    snapshot = w.healthy()
    snapshot.objects.pop(kind)
    if how == "unread":
        snapshot.unread[kind] = "kube.forbidden"
    else:
        snapshot.pending.add((kind, ("shop", "")))
    health = w.judge(snapshot, ROUTE_KEY)
    assert (health.state, list(w.codes(health))) == ("unknown", ["not-seen"])


@pytest.mark.parametrize(
    ("kind", "break_"),
    [(GATEWAY_CLASS, "class missing"), (NAMESPACE, "namespace not selected"), (DEPLOYMENT, "class without controller")],
)
def test_an_unread_kind_makes_no_finding_of_its_absence(kind: Any, break_: str) -> None:
    key, code, _, breaks = CASES[break_]
    snapshot = w.healthy()
    breaks(snapshot)
    snapshot.objects.pop(kind, None)
    snapshot.unread[kind] = "kube.forbidden"
    assert code not in w.codes(w.judge(snapshot, key))


def test_a_service_outside_has_no_endpoints_to_judge() -> None:
    snapshot = w.healthy()
    w.put(snapshot, SERVICE, w.service(type="ExternalName"))
    w.take(snapshot, ENDPOINT_SLICE, ("shop", "cart-1"))
    assert w.judge(snapshot, ROUTE_KEY).state == "healthy"


def test_a_grant_lets_a_reference_through_and_is_then_used() -> None:
    key, _, _, breaks = CASES["backend elsewhere"]
    snapshot = w.healthy()
    breaks(snapshot)
    rules = [{"backendRefs": [{"name": "cart", "namespace": "other", "port": 80}]}]
    w.put(snapshot, HTTP_ROUTE, w.route(rules=rules))
    for name, works in (("cart", True), (None, True), ("db", False)):
        w.put(snapshot, REFERENCE_GRANT, w.grant("other", HTTP_ROUTE, "shop", "Service", name))
        assert (w.judge(snapshot, key).state == "healthy") is works
        assert ("grant-unused" in w.codes(w.judge(snapshot, GRANT_KEY))) is not works


def test_a_route_of_another_group_is_not_let_in_by_a_grant() -> None:
    snapshot = w.healthy()
    CASES["backend elsewhere"][3](snapshot)
    w.put(snapshot, REFERENCE_GRANT, w.grant("other", ("", "HTTPRoute"), "shop", "Service"))
    assert "grant-missing" in w.codes(w.judge(snapshot, ROUTE_KEY))
