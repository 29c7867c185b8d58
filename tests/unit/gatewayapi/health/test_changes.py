"""After any change, judging only what is affected gives what judging everything gives; so it is when time passes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import health_worlds as w
import pytest
from health_worlds import CLASS_KEY, GATEWAY_KEY, HTTP_ROUTE, NOW, ROUTE_KEY
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gatewright.gatewayapi.health import affected, assess, elapsed
from gatewright.gatewayapi.health.probes import told
from gatewright.gatewayapi.kinds import (
    CRD,
    DEPLOYMENT,
    ENDPOINT_SLICE,
    GATEWAY,
    GATEWAY_CLASS,
    GATEWAY_GROUP,
    LISTENER_SET,
    NAMESPACE,
    REFERENCE_GRANT,
    SECRET,
    SERVICE,
    GroupKind,
    Key,
)
from gatewright.gatewayapi.live import Snapshot

GRPC: GroupKind = (GATEWAY_GROUP, "GRPCRoute")
SPACES = st.sampled_from(["shop", "other"])
NAMES = st.sampled_from(["a", "b"])
HOSTS = st.sampled_from([None, "*.shop.test", "a.shop.test", "b.test"])
AGES = st.sampled_from([w.OLD, w.at(days=2), w.at(seconds=40), w.at(seconds=-20)])


def metas(name: Any = NAMES, space: Any = SPACES) -> st.SearchStrategy[w.Object]:
    generation = st.sampled_from([1, 1, 2])
    return st.builds(
        lambda n, ns, g, age: w.meta(n, ns, generation=g, creationTimestamp=age), name, space, generation, AGES
    )


CONDITIONS = st.lists(
    st.builds(
        lambda k, s, r, t: w.condition(k, s, r, lastTransitionTime=t),
        st.sampled_from(["Accepted", "Programmed", "ResolvedRefs", "Conflicted", "Odd"]),
        st.sampled_from(["True", "True", "False", "Unknown"]),
        st.sampled_from(["", "Pending", "ListenersNotValid", "InvalidKind"]),
        AGES,
    ),
    max_size=3,
)
REFS = st.builds(
    lambda kind, name, space, section, port: (
        {"kind": kind, "name": name}
        | ({"group": ""} if kind == "Service" else {})
        | ({"namespace": space} if space else {})
        | ({"sectionName": section} if section else {})
        | ({"port": port} if port else {})
    ),
    st.sampled_from(["Gateway", "Gateway", "Gateway", "ListenerSet", "Service", "Odd"]),
    NAMES,
    st.one_of(st.none(), SPACES),
    st.sampled_from(["", "", "http", "https"]),
    st.sampled_from([0, 0, 80, 443]),
)
ALLOWED = st.one_of(
    st.none(),
    st.builds(
        lambda given, label: {"namespaces": {"from": given, "selector": {"matchLabels": {"team": label}}}},
        st.sampled_from(["Same", "All", "Selector"]),
        SPACES,
    ),
)
BACKENDS = st.builds(
    lambda name, space, kind: {"name": name, "port": 80, "kind": kind} | ({"namespace": space} if space else {}),
    NAMES,
    st.one_of(st.none(), SPACES),
    st.sampled_from(["Service", "Service", "Service", "ConfigMap"]),
)


def _listener(name: str, port: int, protocol: str, host: str | None, allowed: Any, cert: str, space: Any) -> w.Object:
    live = w.listener(name, port, protocol, hostname=host, allowedRoutes=allowed)
    if protocol == "HTTPS":
        live["tls"] = {"certificateRefs": [{"name": cert} | ({"namespace": space} if space else {})]}
    return live


LISTENERS = st.lists(
    st.builds(
        _listener,
        st.sampled_from(["http", "https", "more"]),
        st.sampled_from([80, 443]),
        st.sampled_from(["HTTP", "HTTPS", "TCP"]),
        HOSTS,
        ALLOWED,
        NAMES,
        st.one_of(st.none(), SPACES),
    ),
    max_size=3,
)


def _gateway(meta: Any, listeners: Any, cls: str, conditions: Any, told: Any, allowed: Any, address: Any) -> w.Object:
    status = {
        "conditions": conditions,
        "addresses": [{"value": address}] if address else [],
        "listeners": [{"name": e["name"], "conditions": told, "attachedRoutes": len(told)} for e in listeners],
    }
    spec = {"gatewayClassName": cls, "listeners": listeners, "allowedListeners": allowed}
    return {"metadata": meta, "spec": spec, "status": status}


CLASSES = st.sampled_from(["traefik", "traefik", "edge"])
ADDRESSES = st.sampled_from(["", "10.0.0.1", "10.0.0.2"])
OBJECTS: dict[GroupKind, st.SearchStrategy[Any]] = {
    GATEWAY_CLASS: st.builds(
        lambda meta, name, told, features: {
            "metadata": meta,
            "spec": {"controllerName": name},
            "status": {"conditions": told, "supportedFeatures": features},
        },
        metas(CLASSES, st.just("")),
        st.sampled_from([w.TRAEFIK, "example.com/x"]),
        CONDITIONS,
        st.sampled_from([None, [{"name": "HTTPRoute"}, {"name": "Gateway"}]]),
    ),
    GATEWAY: st.builds(_gateway, metas(), LISTENERS, CLASSES, CONDITIONS, CONDITIONS, ALLOWED, ADDRESSES),
    LISTENER_SET: st.builds(
        lambda meta, listeners, name, space, told: {
            "metadata": meta,
            "spec": {"parentRef": {"name": name, "namespace": space}, "listeners": listeners},
            "status": {"conditions": told, "listeners": [{"name": e["name"], "conditions": told} for e in listeners]},
        },
        metas(),
        LISTENERS,
        NAMES,
        SPACES,
        CONDITIONS,
    ),
    **{
        kind: st.builds(
            lambda meta, parents, hosts, backends, told, owner: {
                "metadata": meta,
                "spec": {"parentRefs": parents, "hostnames": hosts, "rules": [{"backendRefs": backends}]},
                "status": {
                    "parents": [{"parentRef": p, "controllerName": owner, "conditions": told} for p in parents[:1]]
                },
            },
            metas(),
            st.lists(REFS, max_size=2),
            st.lists(st.sampled_from(["a.shop.test", "b.test"]), max_size=2),
            st.lists(BACKENDS, max_size=2),
            CONDITIONS,
            st.sampled_from([w.TRAEFIK, "example.com/x"]),
        )
        for kind in (HTTP_ROUTE, GRPC)
    },
    REFERENCE_GRANT: st.builds(
        lambda meta, source, origin, kind, name: {**w.grant("x", source, origin, kind, name), "metadata": meta},
        metas(),
        st.sampled_from([HTTP_ROUTE, GRPC, GATEWAY, LISTENER_SET]),
        SPACES,
        st.sampled_from(["Service", "Secret"]),
        st.one_of(st.none(), NAMES),
    ),
    w.BACKEND_TLS: st.builds(
        lambda meta, kind, name, section: {
            "metadata": meta,
            "spec": {"targetRefs": [{"group": kind[0], "kind": kind[1], "name": name, "sectionName": section}]},
        },
        metas(),
        st.sampled_from([SERVICE, SERVICE, GATEWAY, HTTP_ROUTE]),
        NAMES,
        st.sampled_from(["", "http"]),
    ),
    SERVICE: st.builds(
        lambda meta, port: {"metadata": meta, "spec": {"ports": [{"name": "http", "port": port}]}},
        metas(),
        st.sampled_from([80, 81]),
    ),
    ENDPOINT_SLICE: st.builds(
        lambda meta, name, ready: {**w.endpoints(name, "x", *ready), "metadata": {**meta, **_belongs(name)}},
        metas(),
        NAMES,
        st.lists(st.booleans(), min_size=1, max_size=2),
    ),
    NAMESPACE: st.builds(
        lambda meta, label: {"metadata": {**meta, "labels": {"team": label}}}, metas(SPACES, st.just("")), SPACES
    ),
    SECRET: st.builds(
        lambda name, space, days, problem: w.secret(name, space, days=days, problem=problem),
        NAMES,
        SPACES,
        st.sampled_from([-1.0, 6.9999, 7.0001, 40.0]),
        st.sampled_from(["", "", "unparsable"]),
    ),
}


def _belongs(name: str) -> w.Object:
    return {"labels": {"kubernetes.io/service-name": name}}


def served(days: float) -> Any:
    certificate = w.secret(days=days).certificate
    assert certificate is not None
    return replace(certificate, digest=f"{days}")


PROBES = st.builds(
    lambda listener, host, outcome, space, name, address, ago, certificate: w.probe(
        listener,
        host,
        outcome,
        gateway=(space, name),
        address=address,
        ago=ago,
        status=503 if outcome == "http" else None,
        certificate=certificate if listener == "https" else None,
    ),
    st.sampled_from(["http", "https", "shop/a/extra"]),
    st.sampled_from(["a.shop.test", "b.test"]),
    st.sampled_from(["ok", "http", "refused", "timeout"]),
    SPACES,
    NAMES,
    st.sampled_from(["10.0.0.1", "10.0.0.2"]),
    st.sampled_from([1, 200, 290, 400]),
    st.sampled_from([None, *(served(days) for days in (-1.0, 6.9999, 7.0001, 40.0))]),
)
ANY = st.sampled_from(list(OBJECTS)).flatmap(lambda kind: st.tuples(st.just(kind), OBJECTS[kind]))


def wired() -> list[tuple[GroupKind, Any]]:
    """A cluster in which everything hangs together, across two namespaces, so that any change has its consequences."""
    everyone = {"namespaces": {"from": "All"}}
    found: list[tuple[GroupKind, Any]] = []
    for name in ("traefik", "edge"):
        spec, status = {"controllerName": w.TRAEFIK}, {"conditions": w.fine("Accepted")}
        found.append((GATEWAY_CLASS, {"metadata": w.meta(name), "spec": spec, "status": status}))
    for space in ("shop", "other"):
        found.append((NAMESPACE, {"metadata": w.meta(space, labels={"team": space})}))
        found.append((REFERENCE_GRANT, _named(w.grant(space, HTTP_ROUTE, _far(space), "Service"), "a", space)))
        found.append((REFERENCE_GRANT, _named(w.grant(space, GATEWAY, _far(space), "Secret"), "b", space)))
        for name in ("a", "b"):
            owner = "traefik" if name == "a" else "edge"
            listeners = [
                w.listener(allowedRoutes=everyone, hostname=None if name == "a" else "*.shop.test"),
                {**w.https("https", "a.shop.test", name, namespace=_far(space)), "allowedRoutes": everyone},
            ]
            live = w.gateway(name, space, *listeners, allowedListeners=everyone, gatewayClassName=owner)
            parents = [{"name": name, "namespace": "shop"}, {"name": name, "kind": "ListenerSet"}]
            rules = [
                {"backendRefs": [{"name": name, "port": 80}, {"name": name, "namespace": _far(space), "port": 80}]}
            ]
            aim = {"group": "", "kind": "Service", "name": "a", "sectionName": "http"}
            if space == "other":
                aim = {"group": GATEWAY_GROUP, "kind": "Gateway", "name": name}
            found += [
                (GATEWAY, live),
                (LISTENER_SET, w.listener_set(name, space, w.listener("extra", 81), parent=name)),
                (HTTP_ROUTE, w.route(name, space, parents=parents, rules=rules)),
                (GRPC, w.route(name, space, parents=[{"name": name, "kind": "Service", "group": ""}], rules=rules)),
                (w.BACKEND_TLS, {"metadata": w.meta(name, space), "spec": {"targetRefs": [aim]}}),
                (SERVICE, w.service(name, space)),
                (ENDPOINT_SLICE, _named(w.endpoints(name, space), name, space)),
                (SECRET, w.secret(name, space, names=("a.shop.test",))),
            ]
    return found


def _named(live: w.Object, name: str, space: str) -> w.Object:
    return {**live, "metadata": {**live["metadata"], "name": name, "namespace": space}}


def _far(space: str) -> str:
    return "other" if space == "shop" else "shop"


def world(objects: list[tuple[GroupKind, Any]]) -> Snapshot:
    snapshot = Snapshot("east", controllers=(w.controller(),), secrets_granted=True)
    for kind, live in (*wired(), *objects):
        w.put(snapshot, kind, live)
    return snapshot


def change(snapshot: Snapshot, kind: GroupKind, live: Any, how: str = "put") -> tuple[Key, Any, Any]:
    """``put``: as it is; ``remove``: that it goes; ``status``: only its status, where there is one of its name."""
    known = dict(snapshot.of(kind))
    key = w.put(snapshot, kind, live)
    before, after = known.get(key), snapshot.of(kind)[key]
    if how == "remove":
        w.take(snapshot, kind, key)
    elif how == "status" and before is not None and hasattr(after, "status"):
        snapshot.objects[kind][key] = replace(before, status=after.status)
    return key, before, snapshot.of(kind).get(key)


CHANGES = st.lists(st.tuples(ANY, st.sampled_from(["put", "status", "status", "remove"])), min_size=1, max_size=4)
SEEN = st.lists(PROBES, max_size=6).map(lambda found: {result.target: result for result in found})


@settings(max_examples=50, deadline=None)
@given(st.lists(ANY, max_size=2), CHANGES, SEEN, st.booleans())
def test_judging_what_is_affected_is_enough(objects: list[Any], changes: list[Any], seen: Any, granted: bool) -> None:
    snapshot = world(objects)
    snapshot.probes, snapshot.secrets_granted = seen, granted
    health = assess(snapshot, NOW)
    for (kind, live), how in changes:
        key, before, after = change(snapshot, kind, live, how)
        only = affected(snapshot, kind, key, before, after)
        assert only is not None
        kept = {known: found for known, found in health.items() if known not in only}
        health = {**kept, **assess(snapshot, NOW, only)}
        assert health == assess(snapshot, NOW)


@settings(max_examples=40, deadline=None)
@given(SEEN, SEEN)
def test_judging_the_gateways_whose_probes_came_out_otherwise_is_enough(before: Any, after: Any) -> None:
    """What changes with every probe, its moment, is no reason to judge."""
    snapshot = world([])
    snapshot.probes = {target: replace(result, at=w.at(seconds=60)) for target, result in before.items()}
    health = assess(snapshot, NOW)
    snapshot.probes = {target: replace(result, at=w.at(seconds=30), latency_ms=7.0) for target, result in after.items()}
    ones, others = before.keys() - after.keys(), after.keys() - before.keys()
    turned = {target for target in before.keys() & after.keys() if told(before[target]) != told(after[target])}
    only = {(GATEWAY, (t.gateway.namespace or "", t.gateway.name)) for t in ones | others | turned}
    assert {**health, **assess(snapshot, NOW, only)} == assess(snapshot, NOW)


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY, min_size=2, max_size=12), st.one_of(st.integers(-90, 600), st.integers(-90, 90 * 24 * 3600)), SEEN)
def test_judging_what_time_has_changed_is_enough(objects: list[Any], seconds: int, seen: Any) -> None:
    snapshot = world(objects)
    snapshot.probes = seen
    health, later = assess(snapshot, NOW), NOW + timedelta(seconds=seconds)
    only = elapsed(snapshot, NOW, later)
    assert {**health, **assess(snapshot, later, only)} == assess(snapshot, later)


WIRED = wired()


@pytest.mark.parametrize("index", range(len(WIRED)), ids=[f"{k[1]}-{i}" for i, (k, _) in enumerate(WIRED)])
def test_judging_what_an_object_that_goes_and_returns_affects_is_enough(index: int) -> None:
    kind, live = WIRED[index]
    snapshot = world([])
    health = assess(snapshot, NOW)
    for how, content in (("remove", live), ("put", live), ("status", _refused(live)), ("put", live)):
        key, before, after = change(snapshot, kind, content, how)
        only = affected(snapshot, kind, key, before, after)
        assert only is not None
        kept = {known: found for known, found in health.items() if known not in only}
        health = {**kept, **assess(snapshot, NOW, only)}
        assert health == assess(snapshot, NOW)


def _refused(live: Any) -> Any:
    """The object with everything that its status says turned round."""
    if not isinstance(live, dict) or not live.get("status"):
        return live
    turned = json.dumps(live["status"]).replace('"status": "True"', '"status": "False"')
    return {**live, "status": json.loads(turned)}


def _status_of(live: w.Object, attached: int) -> w.Object:
    entries = [{**entry, "attachedRoutes": attached} for entry in live["status"]["listeners"]]
    return {**live, "status": {**live["status"], "listeners": entries}}


@pytest.mark.parametrize(
    ("kind", "live", "expected"),
    [
        (HTTP_ROUTE, w.reported(w.route(), w.condition("Accepted", "False", "Odd")), {ROUTE_KEY}),
        (GATEWAY, _status_of(w.gateway(), 7), {GATEWAY_KEY}),
        (ENDPOINT_SLICE, w.endpoints("cart", "shop", False), {ROUTE_KEY}),
        (SERVICE, w.service(port=81), {ROUTE_KEY}),
        (SERVICE, w.service("unrelated"), set[Any]()),
        (SECRET, w.secret("unrelated"), set[Any]()),
        (NAMESPACE, {"metadata": w.meta("shop", labels={"team": "shop"}, resourceVersion="9")}, set[Any]()),
    ],
)
def test_a_change_reaches_no_further_than_it_must(kind: GroupKind, live: Any, expected: set[Any]) -> None:
    snapshot = w.healthy()
    w.put(snapshot, GATEWAY, w.gateway("far", "other", w.listener(port=99)))
    w.put(snapshot, HTTP_ROUTE, w.route("far", "other", parents=[{"name": "far"}]))
    key, before, after = change(snapshot, kind, live)
    assert affected(snapshot, kind, key, before, after) == expected


def test_a_broken_class_reaches_what_hangs_on_it() -> None:
    snapshot = w.healthy()
    before = snapshot.of(GATEWAY_CLASS)["", "traefik"]
    w.take(snapshot, GATEWAY_CLASS, ("", "traefik"))
    assert affected(snapshot, *CLASS_KEY, before, None) == {CLASS_KEY, GATEWAY_KEY, ROUTE_KEY}


def test_kinds_that_are_nobodys_business_and_kinds_that_are_everybodys() -> None:
    snapshot = w.healthy()
    assert affected(snapshot, CRD, ("", "x"), None, object()) == frozenset()
    assert affected(snapshot, ("example.com", "Odd"), ("", "x"), None, object()) is None
    assert affected(snapshot, DEPLOYMENT, ("a", "traefik"), None, None) == frozenset()
