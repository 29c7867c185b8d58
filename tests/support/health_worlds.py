"""Small clusters for tests of health: everything in ``healthy()`` is healthy, and a test breaks one thing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from gatewright.gatewayapi.health import ObjectKey, assess
from gatewright.gatewayapi.kinds import (
    ENDPOINT_SLICE,
    GATEWAY,
    GATEWAY_CLASS,
    GATEWAY_GROUP,
    NAMESPACE,
    SERVICE,
    GroupKind,
    Key,
)
from gatewright.gatewayapi.live import SHAPES, Snapshot, ref_of
from gatewright.gatewayapi.metadata import Meta
from gatewright.gatewayapi.surroundings import Secret
from gatewright.model.health import HealthFinding, ObjectHealth
from gatewright.model.observation import ControllerObservation
from gatewright.model.probe import CertificateFacts, Outcome, ProbeResult, ProbeTarget, Protocol, covers
from gatewright.text import message

Object = dict[str, Any]
NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
OLD = "2026-01-01T00:00:00Z"
TRAEFIK = "traefik.io/gateway-controller"
HTTP_ROUTE: GroupKind = (GATEWAY_GROUP, "HTTPRoute")
BACKEND_TLS: GroupKind = (GATEWAY_GROUP, "BackendTLSPolicy")
CLASS_KEY: ObjectKey = (GATEWAY_CLASS, ("", "traefik"))
GATEWAY_KEY: ObjectKey = (GATEWAY, ("shop", "web"))
ROUTE_KEY: ObjectKey = (HTTP_ROUTE, ("shop", "cart"))


def at(**ago: float) -> str:
    """A moment before ``NOW``."""
    return (NOW - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def meta(name: str, namespace: str = "", **more: Any) -> Object:
    return {"name": name, "namespace": namespace, "generation": 1, "creationTimestamp": OLD, **more}


def condition(kind: str, status: str = "True", reason: str = "", **more: Any) -> Object:
    moment = {"observedGeneration": 1, "lastTransitionTime": OLD}
    return {"type": kind, "status": status, "reason": reason or kind, "message": "told", **moment, **more}


def fine(*kinds: str) -> list[Object]:
    return [condition(kind) for kind in kinds]


def listener(name: str = "http", port: int = 80, protocol: str = "HTTP", **more: Any) -> Object:
    return {"name": name, "port": port, "protocol": protocol, **more}


def https(name: str = "https", hostname: str = "*.shop.test", secret: str = "cert", **more: Any) -> Object:
    tls = {"certificateRefs": [{"name": secret, **more}]}
    return listener(name, 443, "HTTPS", hostname=hostname, tls=tls)


def gateway(name: str = "web", namespace: str = "shop", *listeners: Object, **spec: Any) -> Object:
    given = list(listeners) or [listener()]
    status = [{"name": e["name"], "conditions": fine("Accepted", "Programmed", "ResolvedRefs")} for e in given]
    return {
        "metadata": meta(name, namespace),
        "spec": {"gatewayClassName": "traefik", "listeners": given, **spec},
        "status": {
            "addresses": [{"value": "10.0.0.1"}],
            "conditions": fine("Accepted", "Programmed"),
            "listeners": status,
        },
    }


def route(
    name: str = "cart", namespace: str = "shop", *, parents: Iterable[Object] = ({"name": "web"},), **spec: Any
) -> Object:
    refs = list(parents)
    reported = [
        {"parentRef": ref, "controllerName": TRAEFIK, "conditions": fine("Accepted", "ResolvedRefs")} for ref in refs
    ]
    rules = [{"backendRefs": [{"name": "cart", "port": 80}]}]
    return {
        "metadata": meta(name, namespace),
        "spec": {"parentRefs": refs, "rules": rules, **spec},
        "status": {"parents": reported},
    }


def reported(live: Object, *conditions: Object) -> Object:
    """The route with these conditions at each of its parents; none: no status at all."""
    parents = [{**p, "conditions": list(conditions)} for p in live["status"]["parents"]] if conditions else []
    return {**live, "status": {"parents": parents}}


def service(name: str = "cart", namespace: str = "shop", port: int = 80, **spec: Any) -> Object:
    return {"metadata": meta(name, namespace), "spec": {"ports": [{"name": "http", "port": port}], **spec}}


def endpoints(name: str = "cart", namespace: str = "shop", *ready: bool | None, port: str = "http") -> Object:
    labels = {"kubernetes.io/service-name": name}
    found = [{"conditions": {} if r is None else {"ready": r}} for r in ready or (True,)]
    return {
        "metadata": meta(f"{name}-1", namespace, labels=labels),
        "endpoints": found,
        "ports": [{"name": port, "port": 8080}],
    }


def grant(namespace: str, source: GroupKind, origin: str, kind: str, name: str | None = None) -> Object:
    to = {"group": "", "kind": kind} | ({"name": name} if name else {})
    spec = {"from": [{"group": source[0], "kind": source[1], "namespace": origin}], "to": [to]}
    return {"metadata": meta("let", namespace), "spec": spec}


def policy(name: str = "tls", target: str = "cart", section: str = "", **more: Any) -> Object:
    aim = {"group": "", "kind": "Service", "name": target} | ({"sectionName": section} if section else {})
    return {"metadata": meta(name, "shop", **more), "spec": {"targetRefs": [aim]}}


def listener_set(name: str = "more", namespace: str = "shop", *listeners: Object, parent: str = "web") -> Object:
    given = list(listeners) or [listener("extra", 81)]
    return {
        "metadata": meta(name, namespace),
        "spec": {"parentRef": {"name": parent, "namespace": "shop"}, "listeners": given},
        "status": {"conditions": fine("Accepted", "Programmed")},
    }


def secret(
    name: str = "cert",
    namespace: str = "shop",
    *,
    names: tuple[str, ...] = ("*.shop.test",),
    days: float = 90,
    began: float = 30,
    problem: str = "",
) -> Secret:
    """A certificate that ends in ``days`` and began ``began`` days ago."""
    facts = CertificateFacts("CN=shop", "CN=ca", names, at(days=began), at(days=-days), "d")
    return Secret(Meta(name, namespace), "kubernetes.io/tls", None if problem else facts, problem)


def probe(
    listener: str = "http",
    hostname: str = "a.shop.test",
    outcome: Outcome = "ok",
    *,
    gateway: Key = ("shop", "web"),
    address: str = "10.0.0.1",
    ago: float = 5,
    status: int | None = None,
    certificate: CertificateFacts | None = None,
    distrust: str = "",
) -> ProbeResult:
    """What a probe of a listener of ``gateway()`` came to, ``ago`` seconds before ``NOW``."""
    protocol: Protocol = "HTTPS" if "https" in listener else "HTTP"
    port = 443 if protocol == "HTTPS" else 80
    target = ProbeTarget("east", ref_of(GATEWAY, gateway), listener, protocol, address, port, hostname)
    return ProbeResult(
        target,
        at(seconds=ago),
        outcome,
        message("probe.refused", where=f"{address}:{port}"),
        status=status,
        certificate=certificate,
        trusted=None if certificate is None else not distrust,
        distrust=distrust,
        covered=None if certificate is None else covers(certificate, hostname),
    )


def controller(namespace: str = "gateway-system", *, available: bool = True) -> ControllerObservation:
    return ControllerObservation("traefik", "3.7.15", namespace, "traefik", "traefik:v3.7.15", available)


def put(snapshot: Snapshot, kind: GroupKind, live: Object | Secret) -> Key:
    """Puts an object there, or in place of the one of its name."""
    shape = live if isinstance(live, Secret) else msgspec.convert(live, SHAPES[kind])
    snapshot.objects.setdefault(kind, {})[shape.metadata.key] = shape
    return shape.metadata.key


def take(snapshot: Snapshot, kind: GroupKind, key: Key) -> None:
    del snapshot.objects[kind][key]


def healthy() -> Snapshot:
    """A class with its controller, a Gateway, a route, its Service with an endpoint."""
    snapshot = Snapshot("east", controllers=(controller(),), secrets_granted=True)
    accepted = {"conditions": fine("Accepted")}
    put(snapshot, GATEWAY_CLASS, {"metadata": meta("traefik"), "spec": {"controllerName": TRAEFIK}, "status": accepted})
    put(snapshot, GATEWAY, gateway())
    put(snapshot, HTTP_ROUTE, route())
    put(snapshot, SERVICE, service())
    put(snapshot, ENDPOINT_SLICE, endpoints())
    for name in ("shop", "other"):
        put(snapshot, NAMESPACE, {"metadata": meta(name, labels={"team": name})})
    return snapshot


def judge(snapshot: Snapshot, key: ObjectKey, now: datetime = NOW) -> ObjectHealth:
    return assess(snapshot, now)[key]


def codes(health: ObjectHealth) -> dict[str, str]:
    """The severities of findings, by code without its area."""
    return {f.code.removeprefix("health."): f.severity for f in health.findings}


def found(snapshot: Snapshot, code: str, now: datetime = NOW) -> HealthFinding:
    """The one finding of that code in a cluster."""
    (finding,) = [f for o in assess(snapshot, now).values() for f in o.findings if f.code == f"health.{code}"]
    return finding
