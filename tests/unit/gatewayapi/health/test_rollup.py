"""Roll-ups: states, counts, what a team sees, and the few causes that explain the most."""

from __future__ import annotations

import health_worlds as w
import msgspec
import pytest
from health_worlds import CLASS_KEY, GATEWAY_KEY, HTTP_ROUTE, NOW, ROUTE_KEY
from hypothesis import given
from hypothesis import strategies as st

from gatewright.gatewayapi.health import (
    assess,
    explain,
    explain_cluster,
    of_namespaces,
    roll_up,
    summarise,
    with_findings,
)
from gatewright.gatewayapi.kinds import GATEWAY, GATEWAY_CLASS, SECRET, SERVICE
from gatewright.gatewayapi.live import Snapshot
from gatewright.model.health import ClusterHealth, Counts, HealthFinding, HealthState, Node
from gatewright.model.objects import ObjectRef

STATES: list[HealthState] = ["healthy", "progressing", "degraded", "unhealthy", "unknown"]


def crowd(routes: int = 5) -> Snapshot:
    """A healthy cluster with several routes at its Gateway."""
    snapshot = w.healthy()
    for i in range(routes):
        w.put(snapshot, HTTP_ROUTE, w.route(f"r{i}"))
    return snapshot


def test_a_healthy_cluster() -> None:
    snapshot = crowd()
    summary = summarise(snapshot, assess(snapshot, NOW))
    assert (summary.state, summary.errors, summary.warnings, summary.causes) == ("healthy", 0, 0, ())
    assert (summary.objects, summary.gateways) == (Counts(healthy=8), Counts(healthy=1))


def test_a_cluster_without_anything_has_nothing_wrong() -> None:
    summary = summarise(Snapshot("empty"), {})
    assert (summary.state, summary.objects) == ("healthy", Counts())


def test_a_missing_gateway_explains_all_its_routes() -> None:
    snapshot = crowd()
    w.take(snapshot, GATEWAY, ("shop", "web"))
    (cause,) = summarise(snapshot, assess(snapshot, NOW)).causes
    assert (str(cause.object), cause.code, cause.explains) == ("Gateway shop/web", "health.parent-missing", 6)
    assert len(cause.affected) == 6
    assert cause.cluster == "east"


def test_a_broken_class_explains_its_gateways_and_their_routes() -> None:
    snapshot = crowd()
    w.take(snapshot, GATEWAY_CLASS, ("", "traefik"))
    w.put(snapshot, HTTP_ROUTE, w.route("odd", rules=[{"backendRefs": [{"name": "gone", "port": 80}]}]))
    first, second = summarise(snapshot, assess(snapshot, NOW)).causes
    assert (str(first.object), first.explains, first.code) == ("GatewayClass traefik", 8, "health.class-missing")
    assert (str(second.object), second.explains) == ("Service shop/gone", 1)


def test_a_class_tells_itself_what_is_wrong_with_it() -> None:
    snapshot = crowd()
    snapshot.controllers = (w.controller(available=False),)
    (cause,) = summarise(snapshot, assess(snapshot, NOW)).causes
    assert (cause.code, cause.severity) == ("health.controller-down", "error")
    assert cause.message.render("zh")


def test_what_only_passes_on_trouble_is_traced_to_its_root() -> None:
    """A Gateway is not programmed for want of a certificate: its routes wait for the Secret."""
    snapshot = crowd()
    live = w.gateway("web", "shop", w.https(hostname="*.shop.test"))
    live["status"]["listeners"][0]["conditions"] = [w.condition("Programmed", "False", "Invalid")]
    w.put(snapshot, GATEWAY, live)
    causes = {str(c.object): c.explains for c in summarise(snapshot, assess(snapshot, NOW)).causes}
    assert causes["Secret shop/cert"] >= 7
    assert "Gateway shop/web" not in causes


def test_a_team_sees_its_namespaces_and_what_they_hang_on() -> None:
    snapshot = w.healthy()
    w.put(snapshot, GATEWAY, w.gateway("far", "infra", w.listener(allowedRoutes={"namespaces": {"from": "All"}})))
    w.put(snapshot, HTTP_ROUTE, w.route("mine", "other", parents=[{"name": "far", "namespace": "infra"}]))
    objects = assess(snapshot, NOW)
    assert set(of_namespaces(objects, ["other"])) == {
        (HTTP_ROUTE, ("other", "mine")), (GATEWAY, ("infra", "far")), CLASS_KEY,
    }  # fmt: skip
    assert set(of_namespaces(objects, ["shop"])) == {ROUTE_KEY, GATEWAY_KEY, CLASS_KEY}
    assert of_namespaces(objects, []) == {}
    assert of_namespaces(objects, [""]) == {}


def member(state: HealthState, name: str = "east") -> ClusterHealth:
    return ClusterHealth(name, state, "reachable", "", "", objects=Counts(healthy=2), errors=1)


@pytest.mark.parametrize(
    ("states", "whole"),
    [
        ([], "healthy"),
        (["healthy", "healthy"], "healthy"),
        (["healthy", "unknown"], "unknown"),
        (["unknown", "progressing"], "progressing"),
        (["healthy", "unhealthy"], "degraded"),
        (["unhealthy", "unhealthy"], "unhealthy"),
        (["degraded", "unknown"], "degraded"),
    ],
)
def test_clusters_as_one(states: list[HealthState], whole: HealthState) -> None:
    health = roll_up("payments", [member(s) for s in states])
    assert (health.name, health.state) == ("payments", whole)
    assert (health.errors, health.objects.healthy) == (len(states), 2 * len(states))


@given(st.lists(st.sampled_from(STATES), max_size=6))
def test_a_whole_is_healthy_only_where_every_part_is(states: list[HealthState]) -> None:
    health = roll_up("fleet", [member(s) for s in states])
    assert (health.state == "healthy") == all(s == "healthy" for s in states)
    assert sum(getattr(health.clusters, s) for s in STATES) == len(states)
    if "unhealthy" in states:
        assert health.state in ("degraded", "unhealthy")


def test_the_causes_of_a_fleet_are_few_and_the_worst_first() -> None:
    members: list[ClusterHealth] = []
    for n in range(20):
        snapshot = crowd(n)
        snapshot.cluster = f"c{n}"
        w.take(snapshot, GATEWAY, ("shop", "web"))
        summary = summarise(snapshot, assess(snapshot, NOW))
        members.append(ClusterHealth(f"c{n}", summary.state, "reachable", "", "", causes=summary.causes))
    causes = roll_up("fleet", members).causes
    assert [c.explains for c in causes] == list(range(20, 10, -1))
    assert causes[0].cluster == "c19"


# The tree


def lines(node: Node, depth: int = 0) -> list[str]:
    mark = " *" if node.is_cause else ""
    own = f"{'  ' * depth}{node.state} {node.ref}{mark}"
    return [own, *(line for child in node.children for line in lines(child, depth + 1))]


def test_the_tree_of_a_gateway() -> None:
    snapshot = w.healthy()
    w.take(snapshot, SERVICE, ("shop", "cart"))
    assert lines(explain(snapshot, assess(snapshot, NOW), *GATEWAY_KEY)) == [
        "healthy Gateway shop/web",
        "  healthy GatewayClass traefik",
        "  unhealthy HTTPRoute shop/cart",
        "    unhealthy Service shop/cart *",
    ]


def test_the_tree_of_a_route_whose_gateway_is_gone() -> None:
    snapshot = w.healthy()
    w.take(snapshot, GATEWAY, ("shop", "web"))
    tree = explain(snapshot, assess(snapshot, NOW), *ROUTE_KEY)
    assert lines(tree) == [
        "unhealthy HTTPRoute shop/cart", "  unknown Gateway shop/web *", "  healthy Service shop/cart",
    ]  # fmt: skip
    assert [f.code for f in tree.findings] == ["health.parent-missing"]


def test_the_tree_of_a_service_shows_who_leads_to_it() -> None:
    snapshot = w.healthy()
    tree = explain(snapshot, assess(snapshot, NOW), SERVICE, ("shop", "cart"))
    assert [str(child.ref) for child in tree.children] == ["HTTPRoute shop/cart"]


def test_the_tree_of_a_secret_shows_what_suffers_from_it() -> None:
    snapshot = w.healthy()
    w.put(snapshot, GATEWAY, w.gateway("web", "shop", w.https(hostname="*.shop.test")))
    tree = explain(snapshot, assess(snapshot, NOW), SECRET, ("shop", "cert"))
    assert lines(tree) == ["unknown Secret shop/cert *", "  unhealthy Gateway shop/web"]


def test_the_tree_of_what_is_not_there() -> None:
    tree = explain(w.healthy(), {}, GATEWAY, ("shop", "gone"))
    assert tree.note is not None
    assert (tree.state, tree.children, tree.note.key) == ("unknown", (), "health.note-absent")


def test_the_tree_of_a_cluster_shows_every_object_once() -> None:
    snapshot = crowd()
    w.put(snapshot, HTTP_ROUTE, w.route("lost", parents=[{"name": "gone"}]))
    w.put(snapshot, HTTP_ROUTE, w.route("alone", parents=[]))
    objects = assess(snapshot, NOW)
    shown = [line.strip() for line in lines(explain_cluster(snapshot, objects))]
    for health in objects.values():
        assert sum(line.startswith(f"{health.state} {health.ref}") for line in shown) == 1, health.ref
    assert "unknown Gateway shop/gone *" in shown
    assert shown[0] == "degraded Cluster east"


def test_findings_of_a_team_itself_are_counted_and_an_error_degrades() -> None:
    fine = roll_up("pay", [])
    team = ObjectRef("gatewright.dev/v1alpha1", "Team", "pay")
    late, early = (
        HealthFinding("consistency.skew-bundle", team, "warning"),
        HealthFinding("consistency.skew-bundle", team, "error"),
    )
    warned = with_findings(fine, [late])
    assert (warned.state, warned.errors, warned.warnings, warned.findings) == (fine.state, 0, 1, (late,))
    overdue = with_findings(fine, [late, early])
    assert (overdue.state, overdue.errors, overdue.findings[0]) == ("degraded", 1, early)
    broken = msgspec.structs.replace(fine, state="unhealthy")
    assert with_findings(broken, [early]).state == "unhealthy"
    assert with_findings(fine, []) == fine
