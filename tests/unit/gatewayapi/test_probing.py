"""What is probed of a cluster, from its Gateways, ListenerSets and routes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from gatewright.gatewayapi.kinds import GATEWAY, GATEWAY_GROUP, LISTENER_SET, GroupKind
from gatewright.gatewayapi.live import SHAPES, Snapshot
from gatewright.gatewayapi.probing import MADE_UP, targets_of

HTTP: GroupKind = (GATEWAY_GROUP, "HTTPRoute")
TLS: GroupKind = (GATEWAY_GROUP, "TLSRoute")


def snapshot(*objects: tuple[GroupKind, dict[str, Any]]) -> Snapshot:
    found = Snapshot("shanghai")
    for kind, content in objects:
        live = msgspec.convert(content, SHAPES[kind])
        found.objects.setdefault(kind, {})[live.metadata.key] = live
    return found


def meta(name: str, namespace: str = "shop", **more: str) -> dict[str, str]:
    return {"name": name, "namespace": namespace, **more}


def gateway(
    *listeners: dict[str, Any], addresses: Iterable[Any] = ("10.0.0.1",), **more: str
) -> tuple[GroupKind, dict[str, Any]]:
    known = [a if isinstance(a, dict) else {"type": "IPAddress", "value": a} for a in addresses]
    content = {"metadata": meta("web", **more), "spec": {"listeners": list(listeners)}, "status": {"addresses": known}}
    return GATEWAY, content


def listener(name: str = "http", port: int = 80, protocol: str = "HTTP", hostname: str | None = None) -> dict[str, Any]:
    return {"name": name, "port": port, "protocol": protocol, **({"hostname": hostname} if hostname else {})}


def route(
    *hostnames: str,
    name: str = "r",
    kind: GroupKind = HTTP,
    accepted: str = "True",
    matches: list[dict[str, Any]] | None = None,
    **parent: Any,
) -> tuple[GroupKind, dict[str, Any]]:
    wanted = {"name": "web", **parent}
    parents = [{"parentRef": wanted, "conditions": [{"type": "Accepted", "status": accepted}]}]
    rule = {"matches": matches} if matches is not None else {}
    spec = {"parentRefs": [wanted], "hostnames": list(hostnames) or None, "rules": [rule]}
    return kind, {"metadata": meta(name), "spec": spec, "status": {"parents": parents}}


def asked(*objects: tuple[GroupKind, dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Listener, hostname and path of every target."""
    return [(t.listener, t.hostname, t.path) for t in targets_of("shanghai", snapshot(*objects))]


def test_a_target_in_full() -> None:
    (found,) = targets_of("shanghai", snapshot(gateway(listener("s", 443, "HTTPS")), route("Shop.example")))
    assert (found.cluster, str(found.gateway), found.listener) == ("shanghai", "Gateway shop/web", "s")
    assert (found.protocol, found.address, found.port) == ("HTTPS", "10.0.0.1", 443)
    assert (found.hostname, found.path) == ("shop.example", "/")


def test_each_listener_by_each_hostname_at_each_address() -> None:
    both = [listener("a"), listener("b", 8080)]
    dns = {"type": "Hostname", "value": "lb.example"}
    odd = {"type": "example.com/named", "value": "x"}
    found = list(
        targets_of(
            "c", snapshot(gateway(*both, addresses=("10.0.0.1", dns, odd, dns)), route("x.example", "y.example"))
        )
    )
    assert len(found) == len(set(found)) == 8
    assert {t.address for t in found} == {"10.0.0.1", "lb.example"}


def test_the_hostname_is_what_listener_and_route_have_in_common() -> None:
    star = listener(hostname="*.shop.example")
    assert asked(gateway(star), route("a.shop.example", "b.other.example")) == [("http", "a.shop.example", "/")]
    assert asked(gateway(listener(hostname="a.shop.example")), route("*.shop.example")) == [
        ("http", "a.shop.example", "/")
    ]
    assert asked(gateway(listener(hostname="a.shop.example")), route()) == [("http", "a.shop.example", "/")]
    assert asked(gateway(listener()), route()) == [("http", "", "/")]


def test_a_label_is_made_up_only_where_no_hostname_is_known() -> None:
    star = listener(hostname="*.shop.example")
    made_up = f"{MADE_UP}.shop.example"
    assert asked(gateway(star)) == [("http", made_up, "/")]
    assert asked(gateway(star), route()) == [("http", made_up, "/")]
    assert asked(gateway(listener()), route("*.shop.example")) == [("http", made_up, "/")]
    assert asked(gateway(star), route(name="a"), route("x.shop.example", name="b")) == [("http", "x.shop.example", "/")]


def test_a_listener_without_a_route_is_asked_too() -> None:
    assert asked(gateway(listener(hostname="a.example"))) == [("http", "a.example", "/")]
    assert asked(gateway(listener(hostname="a.example")), route("a.example", accepted="False")) == [
        ("http", "a.example", "/")
    ]


def test_routes_count_only_where_they_are_attached() -> None:
    both = [listener("a"), listener("b", 8080)]
    assert asked(gateway(*both), route("x.example", sectionName="b")) == [("a", "", "/"), ("b", "x.example", "/")]
    assert asked(gateway(*both), route("x.example", port=80)) == [("a", "x.example", "/"), ("b", "", "/")]
    assert asked(gateway(listener()), route("x.example", namespace="other")) == [("http", "", "/")]


def test_what_cannot_be_asked() -> None:
    assert asked(gateway(listener(protocol="TCP"), listener("u", protocol="UDP"), listener("x", protocol="a/b"))) == []
    assert asked(gateway(listener(), addresses=())) == []
    assert asked(gateway(listener(), deletionTimestamp="2026-01-01T00:00:00Z")) == []
    assert asked((GATEWAY, {"metadata": meta("web")})) == []


def test_a_path_that_leads_somewhere() -> None:
    def path(*matches: dict[str, Any]) -> str:
        ((_, _, found),) = asked(gateway(listener()), route("x.example", matches=list(matches)))
        return found

    orders = {"path": {"type": "PathPrefix", "value": "/orders"}}
    assert path(orders) == "/orders"
    assert path(orders, {}) == "/"
    assert path({"path": {"type": "Exact", "value": "/a"}}, orders) == "/a"
    assert path({**orders, "headers": [{"name": "a", "value": "b"}]}) == "/"
    assert path({**orders, "method": "POST"}, {"path": {"value": "/b"}, "method": "GET"}) == "/b"
    assert path({"path": {"type": "RegularExpression", "value": "/a.*"}}) == "/"


def test_a_hostname_of_several_routes_is_asked_once() -> None:
    orders = [{"path": {"type": "PathPrefix", "value": "/orders"}}]
    routes = [route("x.example", name="a", matches=orders), route("x.example", name="b")]
    assert asked(gateway(listener()), *routes) == [("http", "x.example", "/")]


def test_tls_has_no_path() -> None:
    assert asked(gateway(listener("t", 443, "TLS")), route("x.example", kind=TLS)) == [("t", "x.example", "/")]


def test_listeners_of_a_set() -> None:
    def extra(accepted: str) -> tuple[GroupKind, dict[str, Any]]:
        spec = {"parentRef": {"name": "web"}, "listeners": [listener("more", 81), listener("portless", 0)]}
        status = {"conditions": [{"type": "Accepted", "status": accepted}]}
        return LISTENER_SET, {"metadata": meta("extra"), "spec": spec, "status": status}

    kind, content = route("y.example", name="s")
    content["status"]["parents"][0]["parentRef"] = {"name": "extra", "kind": "ListenerSet"}
    assert asked(gateway(), extra("True"), (kind, content)) == [("shop/extra/more", "y.example", "/")]
    assert asked(gateway(), extra("False"), (kind, content)) == []
