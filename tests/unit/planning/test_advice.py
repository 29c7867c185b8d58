"""The map of teams: what ties them, and which cut would lower it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from side_by_side import cluster, gateway, grant, route

from gatewright.gatewayapi.consistency.facts import facts_of
from gatewright.model.desired import Binding
from gatewright.model.domains import ClusterFacts, DomainMap, GatewayFact, GrantFact, RouteFact
from gatewright.planning.advice import MERGE_FROM, advise
from gatewright.planning.coupling import Graph, Node, Tie, graph_of
from gatewright.text import LANGUAGES


def world(*snapshots, teams=("pay", "shop"), bindings=None):
    """Every team on every cluster, with a namespace of its name, unless ``bindings`` says otherwise."""
    if bindings is None:
        bindings = [Binding(team, snapshot.cluster, team) for team in teams for snapshot in snapshots]
    return DomainMap(tuple(teams), tuple(bindings), tuple(facts_of(snapshot) for snapshot in snapshots))


def independent(name="a"):
    """Two teams, each with a Gateway, a domain and backends of its own."""
    snapshot = cluster(name)
    for team in ("pay", "shop"):
        gateway(snapshot, team, "edge")
        route(snapshot, team, "web", f"{team}.example.com", backend="web")
    return snapshot


def of_kind(advice, kind):
    return [s for s in advice.suggestions if s.kind == kind]


def test_teams_that_share_nothing_have_no_coupling_and_get_no_advice():
    advice = advise(world(independent("a"), independent("b")))
    assert advice.coupling == 0
    assert advice.pairs == advice.suggestions == advice.layers == advice.spread == ()
    assert [(r.team, r.cluster, r.domains, r.routes, r.gateways) for r in advice.rows] == [
        ("pay", "a", ("pay.example.com",), 1, 1),
        ("pay", "b", ("pay.example.com",), 1, 1),
        ("shop", "a", ("shop.example.com",), 1, 1),
        ("shop", "b", ("shop.example.com",), 1, 1),
    ]


def test_coupling_is_the_weight_that_crosses():
    """A backend of another team (3) beside what each has within: parent 2, own hostname 3, own domain 1, twice; the
    other's backend 3."""
    snapshot = independent()
    route(snapshot, "pay", "web", "pay.example.com", backend="shop/web")
    advice = advise(world(snapshot))
    (pair,) = advice.pairs
    assert pair.teams == ("pay", "shop")
    assert advice.coupling == pair.coupling == round(3 / (3 + 6 + 9), 4)
    assert pair.evidence[0].key == "consistency.tie-backend"
    assert "a/pay/web -> a/shop/web" in pair.evidence[0].render("en")


def test_a_tie_of_many_objects_crosses_by_its_pairs():
    one, two, three = (Node("route", "a", team, "HTTPRoute", "r") for team in ("p", "q", "r"))
    tie = Tie("hostname", (one, two, three), "x.example.com")
    assert Graph([tie], {one: "p", two: "p", three: "q"}).coupling == round(2 / 3, 4)
    assert Graph([tie], {one: "p", two: "q", three: "r"}).coupling == 1
    assert Graph([tie], {one: "p", two: "p", three: "p"}).coupling == 0
    assert Graph([tie], {one: "", two: "", three: ""}).coupling == 0


def test_teams_that_depend_on_each_other_more_than_on_themselves_are_one():
    snapshot = cluster("a")
    gateway(snapshot, "shop", "edge")
    for name in ("x", "y"):
        route(snapshot, "pay", name, "buy.example.com", parent="shop/edge", backend="shop/cart")
        route(snapshot, "shop", name, "buy.example.com", backend="cart")
    advice = advise(world(snapshot))
    assert advice.pairs[0].coupling >= MERGE_FROM
    (merge,) = of_kind(advice, "merge")
    assert merge.coupling == 0
    assert merge.teams == ("pay", "shop")
    assert {m.key for m in merge.evidence} >= {"consistency.tie-backend", "consistency.tie-parent"}
    assert advice.suggestions[0] == merge


def spread_domain():
    snapshot = independent()
    for name in ("a", "b", "c"):
        route(snapshot, "pay", name, f"{name}.pay.example.com", backend=name)
    gateway(snapshot, "shop", "other")
    return route(snapshot, "shop", "stray", "old.pay.example.com", parent="other", backend="old")


def test_a_domain_moves_to_the_team_that_has_most_of_it():
    advice = advise(world(spread_domain()))
    (move,) = of_kind(advice, "move")
    assert (move.teams, move.domain, move.cluster, move.namespace) == (("pay", "shop"), "pay.example.com", "a", "shop")
    assert move.coupling == 0 < advice.coupling
    assert [(s.domain, s.routes) for s in advice.spread] == [("pay.example.com", {"pay": 4, "shop": 1})]
    assert "5, of which 4 are of pay" in move.evidence[0].render("en")


def test_who_would_get_a_domain_must_be_bound_there():
    stray = route(cluster("b"), "shop", "stray", "old.pay.example.com", parent="", backend="old")
    bindings = [Binding("pay", "a", "pay"), Binding("shop", "a", "shop"), Binding("shop", "b", "shop")]
    advice = advise(world(independent("a"), stray, bindings=bindings))
    assert of_kind(advice, "move") == []
    two = route(independent("a"), "pay", "more", "x.pay.example.com", backend="web")
    (move,) = of_kind(advise(world(two, stray, bindings=bindings)), "move")
    assert [m.key for m in move.evidence] == ["consistency.domain-share", "consistency.needs-binding"]


def test_a_team_is_bound_where_its_hostnames_already_are():
    there = route(cluster("b"), "legacy", "web", "pay.example.com", backend="web")
    bindings = [Binding("pay", "a", "pay"), Binding("shop", "a", "shop")]
    advice = advise(world(independent("a"), there, bindings=bindings))
    (bind,) = of_kind(advice, "bind")
    assert (bind.teams, bind.cluster, bind.namespace) == (("pay",), "b", "legacy")
    assert bind.command == "gatewright bind pay b --namespace legacy"
    assert bind.coupling == 0 < advice.coupling
    assert advice.rows[-1].team == ""


def test_no_second_binding_on_a_cluster_is_suggested():
    snapshot = route(independent("a"), "legacy", "web", "x.pay.example.com", backend="web")
    assert of_kind(advise(world(snapshot)), "bind") == []


def test_a_binding_that_nothing_uses():
    advice = advise(world(independent("a"), cluster("b")))
    assert [(s.teams, s.cluster) for s in of_kind(advice, "unbind")] == [(("pay",), "b"), (("shop",), "b")]
    assert of_kind(advice, "unbind")[0].command == "gatewright unbind pay/b"


def test_what_was_not_seen_and_who_is_new_are_left_alone():
    bindings = [Binding("pay", "a", "pay"), Binding("pay", "dark", "pay"), Binding("new", "a", "new")]
    advice = advise(world(independent("a"), teams=("new", "pay"), bindings=bindings))
    assert of_kind(advice, "unbind") == []
    assert [r.seen for r in advice.rows if r.cluster == "dark"] == [False]


def test_a_team_with_two_unrelated_domains():
    snapshot = independent()
    gateway(snapshot, "pay", "loans")
    route(snapshot, "pay", "loans", "www.loans.cn", parent="loans", backend="loans")
    (split,) = of_kind(advise(world(snapshot)), "split")
    assert split.teams == ("pay",)
    assert {e.key for e in split.evidence} == {"consistency.own-domain"}
    assert len(split.evidence) == 2
    shared = route(snapshot, "pay", "loans", "www.loans.cn", backend="loans")
    assert of_kind(advise(world(shared)), "split") == []


def test_two_subdomains_of_one_domain_are_no_reason_to_split():
    snapshot = independent()
    gateway(snapshot, "pay", "loans")
    route(snapshot, "pay", "loans", "loans.example.com", parent="loans", backend="loans")
    assert of_kind(advise(world(snapshot)), "split") == []


def layered():
    snapshot = gateway(cluster("a"), "gates", "edge")
    for team in ("pay", "shop"):
        route(snapshot, team, "web", f"{team}.example.com", parent="gates/edge", backend="core/api")
    return snapshot


def test_teams_cut_by_technical_layer_are_named_and_not_merged_into_one_of_many():
    advice = advise(world(layered(), teams=("core", "gates", "pay", "shop")))
    assert [(n.team, n.layer, n.serves) for n in advice.layers] == [
        ("core", "backends", ("pay", "shop")),
        ("gates", "entry", ("pay", "shop")),
    ]
    assert of_kind(advice, "merge") == []


def test_no_suggestion_makes_a_layer():
    """Moving shop's only route would leave it with a Gateway alone."""
    snapshot = cluster("a")
    for name in ("a", "b"):
        route(snapshot, "pay", name, f"{name}.pay.example.com", parent="shop/edge", backend=name)
    gateway(snapshot, "shop", "edge")
    route(snapshot, "shop", "stray", "old.pay.example.com", backend="old")
    assert of_kind(advise(world(snapshot)), "move") == []


def test_an_unused_grant_counts_and_a_used_one_does_not_count_twice():
    snapshot = grant(independent(), "shop", "open", "pay")
    assert advise(world(snapshot)).pairs[0].evidence[0].key == "consistency.tie-grant"
    used = route(snapshot, "pay", "web", "pay.example.com", backend="shop/web")
    assert [e.key for e in advise(world(used)).pairs[0].evidence] == ["consistency.tie-backend"]


def test_who_uses_which_cluster():
    bindings = [Binding("pay", "a", "pay"), Binding("shop", "a", "shop"), Binding("pay", "b", "pay")]
    found = advise(world(independent("a"), cluster("b"), bindings=bindings)).clusters
    assert [(c.cluster, c.teams, c.use) for c in found] == [("a", ("pay", "shop"), "every"), ("b", ("pay",), "one")]


NAMESPACES = st.sampled_from(["a", "b", "c", "none"])
HOSTNAMES = st.sampled_from(["a.x.com", "www.a.x.com", "b.x.com", "api.b.x.com", "c.cn", "y.net", "*"])
REFS = st.lists(st.tuples(NAMESPACES, st.sampled_from(["m", "n"])), max_size=2, unique=True)


@st.composite
def maps(draw: st.DrawFn) -> DomainMap:
    teams = draw(st.lists(st.sampled_from(["a", "b", "c"]), unique=True))
    clusters = ("one", "two")
    pairs = [(team, name) for team in teams for name in clusters]
    bound = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    facts: list[ClusterFacts] = []
    for name in clusters:
        routes = {
            (namespace, route_name): RouteFact(
                namespace, "HTTPRoute", route_name, tuple(sorted(draw(st.sets(HOSTNAMES, max_size=2)))),
                tuple(sorted(("Gateway", *ref) for ref in draw(REFS))),
                tuple(sorted(("Service", *ref) for ref in draw(REFS))),
            )
            for namespace, route_name in draw(st.lists(st.tuples(NAMESPACES, st.sampled_from("rst")), max_size=5))
        }  # fmt: skip
        gateways = tuple(GatewayFact(ns, "Gateway", "m") for ns in sorted(draw(st.sets(NAMESPACES, max_size=2))))
        grants = tuple(
            GrantFact(ns, "g", tuple(sorted(draw(st.sets(NAMESPACES, max_size=2)))))
            for ns in sorted(draw(st.sets(NAMESPACES, max_size=2)))
        )
        facts.append(ClusterFacts(name, tuple(routes[key] for key in sorted(routes)), gateways, grants))
    return DomainMap(tuple(teams), tuple(Binding(team, name, team) for team, name in bound), tuple(facts))


@given(maps(), st.randoms(use_true_random=False))
def test_advice_never_raises_coupling_and_order_does_not_matter(given_map: DomainMap, dice: random.Random):
    advice = advise(given_map)
    assert 0 <= advice.coupling <= 1
    assert all(0 <= pair.coupling <= 1 for pair in advice.pairs)
    assert all(0 <= s.coupling <= advice.coupling for s in advice.suggestions)
    assert [s.coupling for s in advice.suggestions] == sorted(s.coupling for s in advice.suggestions)
    shuffled = DomainMap(
        tuple(dice.sample(given_map.teams, len(given_map.teams))),
        tuple(dice.sample(given_map.bindings, len(given_map.bindings))),
        tuple(dice.sample(given_map.clusters, len(given_map.clusters))),
    )
    assert advise(shuffled) == advice
    sentences = [m for s in advice.suggestions for m in (s.message, *s.evidence)] + [n.message for n in advice.layers]
    assert all(sentence.render(language) for sentence in sentences for language in LANGUAGES)


@given(maps(), st.data())
def test_measuring_a_change_is_measuring_the_changed_map(given_map: DomainMap, data: st.DataObject):
    graph = graph_of(given_map)
    nodes = list(graph.owners)
    if not nodes:
        return
    changes = data.draw(st.dictionaries(st.sampled_from(nodes), st.sampled_from(["a", "b", "z"]), max_size=6))
    assert graph.after(changes) == pytest.approx(Graph(graph.ties, graph.owners | changes).coupling, abs=2e-4)
