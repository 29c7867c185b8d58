"""Traffic as a graph: every edge has its ends, what is hidden is not there, and what is wrong shows where it is."""

from __future__ import annotations

from typing import Any

import health_worlds as w
import pytest
from health_worlds import GATEWAY_KEY, NOW
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewright.gatewayapi.health import assess, of_namespaces
from gatewright.gatewayapi.kinds import (
    ENDPOINT_SLICE,
    GATEWAY,
    GATEWAY_CLASS,
    GATEWAY_GROUP,
    NAMESPACE,
    SERVICE,
    GroupKind,
)
from gatewright.gatewayapi.live import Snapshot
from gatewright.gatewayapi.topology import LAYERS, together, topology
from gatewright.model.topology import Topology, TopologyNode

HTTP_ROUTE: GroupKind = (GATEWAY_GROUP, "HTTPRoute")
ALL = {"namespaces": {"from": "All"}}


def graph(snapshot: Snapshot, *namespaces: str, closed: tuple[str, ...] = ()) -> Topology:
    objects = assess(snapshot, NOW)
    if not namespaces:
        return topology(snapshot, objects)
    seen = {k: o for k, o in of_namespaces(objects, namespaces).items() if k[1][0] not in closed}
    return topology(snapshot, seen, namespaces=namespaces, closed=closed)


def named(found: Topology, layer: str) -> dict[str, TopologyNode]:
    return {node.name: node for node in found.nodes if node.layer == layer}


def wired(found: Topology) -> set[tuple[str, str]]:
    names = {node.id: f"{node.layer} {node.name}" for node in found.nodes}
    return {(names[edge.source], names[edge.target]) for edge in found.edges}


def test_a_healthy_cluster_is_drawn_from_left_to_right() -> None:
    found = graph(w.healthy())
    assert wired(found) == {
        ("class traefik", "gateway shop/web"),
        ("gateway shop/web", "listener http"),
        ("listener http", "route shop/cart"),
        ("route shop/cart", "backend shop/cart"),
    }
    assert {node.state for node in found.nodes} == {"healthy"}
    assert [LAYERS.index(node.layer) for node in found.nodes] == [0, 1, 2, 3, 4]
    assert {edge.state for edge in found.edges} == {"healthy"}
    backend = named(found, "backend")["shop/cart"]
    assert backend.note is not None
    assert "1" in backend.note.render("en")
    assert [(e.weight, e.port, e.mirror) for e in found.edges if e.target == backend.id] == [(1, 80, False)]


def test_a_service_without_endpoints_is_told_at_the_backend_and_the_way_to_it() -> None:
    snapshot = w.healthy()
    w.take(snapshot, ENDPOINT_SLICE, ("shop", "cart-1"))
    found = graph(snapshot)
    backend = named(found, "backend")["shop/cart"]
    (edge,) = [edge for edge in found.edges if edge.target == backend.id]
    assert backend.code == edge.code == "health.no-endpoints"
    assert backend.state == edge.state != "healthy"
    assert backend.is_cause
    assert backend.reason is not None
    assert backend.remedy is not None
    assert backend.remedy.render("zh")


def test_a_service_that_is_not_there_is_drawn_as_absent() -> None:
    snapshot = w.healthy()
    w.take(snapshot, SERVICE, ("shop", "cart"))
    backend = named(graph(snapshot), "backend")["shop/cart"]
    assert (backend.present, backend.state) == (False, "unhealthy")


def test_a_gateway_and_a_class_that_are_not_there_are_drawn_as_absent() -> None:
    snapshot = w.healthy()
    w.take(snapshot, GATEWAY, GATEWAY_KEY[1])
    found = graph(snapshot)
    assert not named(found, "gateway")["shop/web"].present
    assert ("gateway shop/web", "route shop/cart") in wired(found)
    snapshot = w.healthy()
    w.take(snapshot, GATEWAY_CLASS, ("", "traefik"))
    klass = named(graph(snapshot), "class")["traefik"]
    assert (klass.present, klass.state) == (False, "unhealthy")


def test_what_may_not_be_read_is_not_drawn_as_absent() -> None:
    snapshot = w.healthy()
    w.take(snapshot, SERVICE, ("shop", "cart"))
    snapshot.unread[SERVICE] = "kube.forbidden"
    backend = named(graph(snapshot), "backend")["shop/cart"]
    assert (backend.present, backend.state) == (True, "unknown")


def test_a_route_hangs_on_the_listeners_that_hear_it() -> None:
    snapshot = w.healthy()
    listeners = [w.listener("a", 80, hostname="a.test"), w.listener("b", 81, hostname="b.test"), w.listener("any", 82)]
    w.put(snapshot, GATEWAY, w.gateway("web", "shop", *listeners))
    w.put(snapshot, HTTP_ROUTE, w.route(hostnames=["b.test"]))
    ways = {one for one, other in wired(graph(snapshot)) if other == "route shop/cart"}
    assert ways == {"listener b", "listener any"}
    w.put(snapshot, HTTP_ROUTE, w.route(hostnames=["b.test"], parents=[{"name": "web", "sectionName": "b"}]))
    assert {one for one, other in wired(graph(snapshot)) if other == "route shop/cart"} == {"listener b"}


def test_a_route_that_no_listener_takes_hangs_on_its_gateway_with_the_reason() -> None:
    snapshot = w.healthy()
    w.put(snapshot, GATEWAY, w.gateway("web", "shop", w.listener("a", 80, hostname="a.test")))
    w.put(snapshot, HTTP_ROUTE, w.route(hostnames=["b.test"]))
    found = graph(snapshot)
    gateway, route = named(found, "gateway")["shop/web"], named(found, "route")["shop/cart"]
    (edge,) = [edge for edge in found.edges if edge.target == route.id]
    assert (edge.source, edge.code) == (gateway.id, "health.hostname-mismatch")


def shared() -> Snapshot:
    """A Gateway of nobody's team in ``infra`` with a listener for each team; routes of shop and other."""
    snapshot = w.healthy()
    listeners = [
        w.listener("shop", 80, hostname="shop.test", allowedRoutes=ALL),
        w.listener("other", 81, hostname="secret-of-other.test", allowedRoutes=ALL),
    ]
    w.put(snapshot, NAMESPACE, {"metadata": w.meta("infra")})
    w.put(snapshot, GATEWAY, w.gateway("edge", "infra", *listeners))
    for team in ("shop", "other"):
        parents = [{"name": "edge", "namespace": "infra", "sectionName": team}]
        w.put(snapshot, HTTP_ROUTE, w.route("front", team, parents=parents, hostnames=[f"{team}.test"]))
    w.put(snapshot, HTTP_ROUTE, w.route("front", "other", parents=parents, hostnames=["secret-of-other.test"]))
    return snapshot


def test_of_a_shared_gateway_a_team_sees_the_listeners_that_its_routes_ask_for() -> None:
    found = graph(shared(), "shop")
    assert "infra/edge" in named(found, "gateway")
    assert named(found, "listener").keys() == {"shop", "http"}
    assert "other/front" not in named(found, "route")
    assert "secret-of-other" not in str(found)
    assert named(graph(shared()), "listener").keys() == {"shop", "other", "http"}


def test_of_a_closed_namespace_nothing_is_told() -> None:
    snapshot = w.healthy()
    rules = [{"backendRefs": [{"name": "till", "namespace": "other", "port": 80}]}]
    w.put(snapshot, HTTP_ROUTE, w.route(rules=rules))
    w.put(snapshot, SERVICE, w.service("till", "other"))
    there = [n for n in graph(snapshot, "shop", closed=("other",)).nodes if n.layer == "backend"]
    w.take(snapshot, SERVICE, ("other", "till"))
    gone = [n for n in graph(snapshot, "shop", closed=("other",)).nodes if n.layer == "backend"]
    for (node,) in (there, gone):
        assert (node.name, node.ref.name, node.ref.namespace, node.note, node.present) == ("-", "-", None, None, True)
    assert there[0].id == gone[0].id


NAMES = st.sampled_from(["a", "b", "c"])
SPACES = st.sampled_from(["shop", "other", "infra"])
LISTENERS = st.lists(
    st.builds(
        lambda name, port, host, allowed: w.listener(name, port, hostname=host, allowedRoutes=allowed),
        NAMES,
        st.integers(80, 82),
        st.sampled_from([None, "a.test", "*.test"]),
        st.sampled_from(
            [ALL, None, {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "shop"}}}}]
        ),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one["name"],
)
PARENTS = st.lists(
    st.builds(
        lambda name, space, section, kind: {
            "name": name,
            "namespace": space,
            "kind": kind,
            **({"sectionName": section} if section else {}),
        },
        NAMES,
        SPACES,
        st.sampled_from(["", "a", "b"]),
        st.sampled_from(["Gateway", "Gateway", "ListenerSet", "Service"]),
    ),
    max_size=3,
)
BACKENDS = st.lists(
    st.builds(lambda n, s, p: {"name": n, "namespace": s, "port": p}, NAMES, SPACES, st.integers(80, 81)), max_size=3
)
PUTS = st.lists(
    st.one_of(
        st.builds(lambda n, s, ls: (GATEWAY, w.gateway(n, s, *ls)), NAMES, SPACES, LISTENERS),
        st.builds(
            lambda n, s, ps, bs, h: (HTTP_ROUTE, w.route(n, s, parents=ps, rules=[{"backendRefs": bs}], hostnames=h)),
            NAMES,
            SPACES,
            PARENTS,
            BACKENDS,
            st.sampled_from([[], ["a.test"], ["b.test", "a.test"]]),
        ),
        st.builds(lambda n, s: (SERVICE, w.service(n, s)), NAMES, SPACES),
        st.builds(
            lambda n, s, ls, p: ((GATEWAY_GROUP, "ListenerSet"), w.listener_set(n, s, *ls, parent=p)),
            NAMES,
            SPACES,
            LISTENERS,
            NAMES,
        ),
    ),
    max_size=14,
)


def world(puts: list[tuple[GroupKind, Any]]) -> Snapshot:
    snapshot = w.healthy()
    for kind, live in puts:
        w.put(snapshot, kind, live)
    return snapshot


@settings(max_examples=120, deadline=None)
@given(PUTS)
def test_every_edge_has_its_ends_and_leads_to_the_right(puts: list[Any]) -> None:
    snapshot = world(puts)
    for found in (graph(snapshot), graph(snapshot, "shop"), graph(snapshot, "shop", closed=("other",))):
        nodes = {node.id: node for node in found.nodes}
        assert len(nodes) == len(found.nodes) == found.total
        for edge in found.edges:
            assert LAYERS.index(nodes[edge.source].layer) < LAYERS.index(nodes[edge.target].layer)
        assert len({(edge.source, edge.target) for edge in found.edges}) == len(found.edges)


@settings(max_examples=120, deadline=None)
@given(PUTS)
def test_a_node_that_is_hidden_is_not_there(puts: list[Any]) -> None:
    """Whatever a cluster has in a closed namespace, the graph of a team does not change with it."""
    snapshot = world(puts)
    found = graph(snapshot, "shop", closed=("other",))
    assert all(node.ref.namespace != "other" for node in found.nodes)
    assert "other/" not in str([node.name for node in found.nodes])
    visible = of_namespaces(assess(snapshot, NOW), ["shop"])
    for node in found.nodes:
        key = ((node.ref.group, node.ref.kind), (node.ref.namespace or "", node.ref.name))
        assert key in visible or node.layer == "backend" or not node.present


@settings(max_examples=80, deadline=None)
@given(PUTS, st.integers(1, 30))
def test_a_graph_that_is_cut_keeps_whole_ways_and_says_so(puts: list[Any], limit: int) -> None:
    whole = graph(world(puts))
    found = together([whole], limit)
    assert found.total == whole.total
    assert len(found.nodes) <= limit
    assert found.cut == (whole.total > limit)
    kept = {node.id for node in found.nodes}
    assert all(edge.source in kept and edge.target in kept for edge in found.edges)
    for edge in whole.edges:
        assert edge.target not in kept or edge.source in kept or _backend(found, edge.target)


def _backend(found: Topology, ident: str) -> bool:
    return next(node for node in found.nodes if node.id == ident).layer == "backend"


@pytest.mark.parametrize("limit", [7, 9])
def test_problems_come_first(limit: int) -> None:
    snapshot = w.healthy()
    for number in range(20):
        w.put(snapshot, HTTP_ROUTE, w.route(f"fine-{number}"))
    w.put(snapshot, HTTP_ROUTE, w.route("zz-broken", rules=[{"backendRefs": [{"name": "gone", "port": 80}]}]))
    found = together([graph(snapshot)], limit)
    assert "shop/zz-broken" in named(found, "route")
    assert "shop/gone" in named(found, "backend")
    assert len(found.nodes) == limit
