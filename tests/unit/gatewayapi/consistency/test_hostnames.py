"""The same hostname on several clusters: alike or not, and where not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from side_by_side import cluster, gateway, put, route

from gatewright.gatewayapi.consistency.facts import domain_of, facts_of
from gatewright.gatewayapi.consistency.hostnames import compare_hostnames
from gatewright.gatewayapi.kinds import LISTENER_SET

HTTP_ROUTE = ("gateway.networking.k8s.io", "HTTPRoute")
HOST = "shop.example.com"


def rule(*backends, path="/", filters=None, **match):
    refs = [{"name": name, "port": 80, "weight": weight} for name, weight in backends]
    return {
        "matches": [{"path": {"type": "PathPrefix", "value": path}, **match}],
        "backendRefs": refs,
        **({"filters": filters} if filters else {}),
    }


def two(first, second, **changes):
    """The comparison of the one hostname that ``a`` and ``b`` serve, each by one route with these rules."""
    snapshots = {
        "a": route(cluster("a"), "shop", "web", HOST, rules=first),
        "b": route(cluster("b"), "shop", "web", HOST, rules=second, **changes),
    }
    (found,) = compare_hostnames(snapshots)
    return found


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([rule(("web", 1))], [rule(("web", 100))]),
        ([rule(("web", 1), ("new", 1))], [rule(("new", 50), ("web", 50))]),
        ([{"backendRefs": [{"name": "web", "port": 80}]}], [rule(("web", 1))]),
        (
            [rule(("a", 1), path="/a"), rule(("b", 1), path="/b")],
            [rule(("b", 1), path="/b"), rule(("a", 1), path="/a")],
        ),
        (
            [rule(("a", 1), headers=[{"name": "X-A", "value": "1"}, {"name": "x-b", "value": "2"}])],
            [rule(("a", 1), headers=[{"name": "X-B", "value": "2"}, {"name": "x-a", "value": "1", "type": "Exact"}])],
        ),
    ],
)
def test_what_says_the_same_is_the_same(first, second):
    found = two(first, second)
    assert found.same
    assert [c.cluster for c in found.clusters] == ["a", "b"]


@pytest.mark.parametrize(
    ("second", "field", "value"),
    [
        ([rule(("web", 1), ("new", 1))], "backends", "new:80 x1, web:80 x1"),
        ([rule(("web", 0))], "backends", "web:80 x0"),
        ([rule(("other", 1))], "backends", "other:80"),
        (
            [rule(("web", 1), filters=[{"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["x"]}}])],
            "filters",
            'RequestHeaderModifier {"remove":["x"]}',
        ),
        ([{**rule(("web", 1)), "timeouts": {"request": "5s"}}], "timeouts", '{"request":"5s"}'),
    ],
)
def test_a_difference_names_match_field_and_both_values(second, field, value):
    found = two([rule(("web", 1))], second)
    (difference,) = found.differences
    assert not found.same
    assert (difference.match, difference.field) == ("HTTPRoute PathPrefix /", field)
    assert difference.values["b"] == value
    assert difference.values["a"] != value


def test_a_path_that_one_cluster_lacks():
    found = two([rule(("web", 1)), rule(("api", 1), path="/api", method="GET")], [rule(("web", 1))])
    (difference,) = found.differences
    assert difference.match == "HTTPRoute PathPrefix /api GET"
    assert difference.field == "served"
    assert difference.values == {"a": "HTTPRoute shop/web", "b": "-"}


def test_a_cluster_of_the_team_that_lacks_the_hostname():
    snapshots = {name: cluster(name) for name in "abc"}
    for name in "ab":
        route(snapshots[name], f"team-{name}", "web", HOST, backend="web")
    namespaces = {"a": "team-a", "b": "other", "gone": "x"}
    (found,) = compare_hostnames(snapshots, namespaces)
    assert found.lacking == ("b",)
    assert [c.cluster for c in found.clusters] == ["a"]
    (found,) = compare_hostnames(snapshots)
    assert found.lacking == ("c",)
    assert found.same


def test_namespaces_of_the_team_may_differ_but_foreign_backends_are_named():
    snapshots = {
        "a": route(cluster("a"), "pay", "web", HOST, backend="web"),
        "b": route(cluster("b"), "payments", "site", HOST, backend="payments/web"),
        "c": route(cluster("c"), "pay", "web", HOST, backend="common/web"),
    }
    (found,) = compare_hostnames(snapshots)
    (difference,) = found.differences
    assert difference.values == {"a": "web:80", "b": "web:80", "c": "common/web:80"}


def test_of_two_routes_with_one_match_the_oldest_counts():
    snapshot = route(cluster("a"), "shop", "young", HOST, backend="new", created="2026-02-01T00:00:00Z")
    route(snapshot, "shop", "zz-old", HOST, backend="old", created="2026-01-01T00:00:00Z")
    other = route(cluster("b"), "shop", "web", HOST, backend="old")
    (found,) = compare_hostnames({"a": snapshot, "b": other})
    assert found.same
    assert [r.name for r in found.clusters[0].routes] == ["zz-old"]


def test_a_route_without_hostnames_has_those_of_its_listeners():
    snapshot = gateway(cluster("a"), "edge", "main", "Shop.Example.com", "pay.example.com")
    route(snapshot, "edge", "all", parent="main", backend="web")
    assert [c.hostname for c in compare_hostnames({"a": snapshot})] == ["pay.example.com", "shop.example.com"]
    bare = route(cluster("b"), "edge", "all", parent="gone", backend="web")
    assert [c.hostname for c in compare_hostnames({"b": bare})] == ["*"]


def test_a_listener_set_leads_to_its_gateway():
    snapshot = gateway(cluster("a"), "edge", "main")
    spec = {"parentRef": {"name": "main", "namespace": "edge"}, "listeners": [{"name": "x", "hostname": HOST}]}
    put(snapshot, LISTENER_SET, {"metadata": {"namespace": "shop", "name": "set"}, "spec": spec})
    parents = [{"name": "set", "kind": "ListenerSet"}]
    manifest = {"metadata": {"namespace": "shop", "name": "web"}, "spec": {"parentRefs": parents, "rules": [{}]}}
    put(snapshot, HTTP_ROUTE, manifest)
    (compared,) = compare_hostnames({"a": snapshot})
    assert compared.hostname == HOST
    assert compared.clusters[0].gateways == ("edge/main",)
    assert [(g.kind, g.parent) for g in facts_of(snapshot).gateways] == [
        ("Gateway", None), ("ListenerSet", ("edge", "main")),
    ]  # fmt: skip


def test_kinds_of_routes_are_told_apart_and_layer_four_has_no_hostnames():
    snapshot = route(cluster("a"), "shop", "tls", HOST, kind="TLSRoute", backend="web")
    route(snapshot, "shop", "tcp", kind="TCPRoute", backend="db")
    grpc = [{"matches": [{"method": {"service": "s.A", "method": "B"}}], "backendRefs": [{"name": "g", "port": 1}]}]
    route(snapshot, "shop", "grpc", HOST, kind="GRPCRoute", rules=grpc)
    other = route(cluster("b"), "shop", "tls", HOST, kind="TLSRoute", backend="web")
    (found,) = compare_hostnames({"a": snapshot, "b": other})
    assert [d.match for d in found.differences] == ["GRPCRoute Exact s.A/B"]


@given(st.permutations([rule(("a", 1), path="/a"), rule(("b", 2), ("c", 1), path="/b"), rule(("d", 1), path="/c")]))
def test_the_order_of_different_rules_does_not_matter(rules):
    assert two([rule(("a", 1), path="/a"), rule(("b", 2), ("c", 1), path="/b"), rule(("d", 1), path="/c")], rules).same


@pytest.mark.parametrize(
    ("hostname", "domain"),
    [
        ("api.pay.example.com", "pay.example.com"),
        ("*.pay.example.com", "pay.example.com"),
        ("Pay.Example.com.", "pay.example.com"),
        ("example.com", "example.com"),
        ("www.example.com", "example.com"),
        ("api.pay.example.com.cn", "pay.example.com.cn"),
        ("example.com.cn", "example.com.cn"),
        ("www.pay.cn", "pay.cn"),
        ("localhost", "localhost"),
        ("*", "*"),
        ("", "*"),
    ],
)
def test_the_business_domain_of_a_hostname(hostname, domain):
    assert domain_of(hostname) == domain
    assert domain_of(domain) == domain
