"""Which cut of the map of teams, clusters, namespaces and domains would lower what ties teams to each other.

Teams are to be cut by business domain. A suggestion is only made where the map, changed and measured again, is no more
coupled than it is, and where no team ends up with a technical layer (only Gateways, or only backends).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from gatewright.gatewayapi.consistency.facts import domain_of
from gatewright.model.domains import (
    Advice,
    ClusterUse,
    DomainMap,
    DomainSpread,
    LayerNote,
    MapRow,
    PairCoupling,
    Place,
    RouteFact,
    Suggestion,
    SuggestionKind,
)
from gatewright.planning.coupling import NOBODY, Graph, Node, Tie, graph_of, route_node
from gatewright.text import Message, message

MERGE_FROM: Final = 0.25
"""From which coupling of two teams on a merger is suggested."""

_ORDER: Final[Mapping[SuggestionKind, int]] = {"merge": 0, "move": 1, "bind": 2, "split": 3, "unbind": 4}
_EXAMPLES: Final = 3


def advise(given: DomainMap) -> Advice:
    """The present map, its coupling, and suggestions, best first. The order of the input does not matter; what was not
    seen is not judged."""
    world = _World(given)
    found = [*_mergers(world), *_moves(world), *_bindings(world), *_splits(world), *_unused(world)]
    return Advice(
        rows=tuple(_rows(world)),
        coupling=world.graph.coupling,
        pairs=tuple(sorted(world.pairs, key=lambda p: (-p.coupling, p.teams))),
        clusters=tuple(_clusters(given)),
        spread=tuple(_spread(world)),
        layers=world.layers,
        suggestions=tuple(sorted(found, key=_rank)),
    )


def _rank(found: Suggestion) -> tuple[float, int, tuple[str, ...], str, str, str]:
    return (found.coupling, _ORDER[found.kind], found.teams, found.cluster, found.namespace, found.domain)


class _World:
    """The map with what every suggestion asks of it."""

    def __init__(self, given: DomainMap) -> None:
        self.given = given
        self.graph: Graph = graph_of(given)
        self.domains: dict[Node, frozenset[str]] = {
            route_node(facts.cluster, route): frozenset(map(domain_of, route.hostnames)) - {"*"}
            for facts in given.clusters
            for route in facts.routes
        }
        self.bound: frozenset[tuple[str, str]] = frozenset((b.team, b.cluster) for b in given.bindings)

    @cached_property
    def kinds(self) -> Mapping[str, Counter[str]]:
        """How many routes, Gateways and backends each team has."""
        found: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for node, owner in self.graph.owners.items():
            found[owner][node.kind] += 1
        return found

    @cached_property
    def routes_of_domains(self) -> Mapping[str, Mapping[str, list[Node]]]:
        """The routes of each domain that a team has, by team."""
        found: defaultdict[str, defaultdict[str, list[Node]]] = defaultdict(lambda: defaultdict(list))
        for node, domains in sorted(self.domains.items()):
            owner = self.graph.owners[node]
            for domain in domains if owner != NOBODY else ():
                found[domain][owner].append(node)
        return dict(sorted(found.items()))

    @cached_property
    def pairs(self) -> tuple[PairCoupling, ...]:
        return tuple(
            PairCoupling(pair, coupling, tuple(_evidence(ties, self.graph.owners, pair)))
            for pair, (coupling, ties) in self.graph.between().items()
        )

    @cached_property
    def layers(self) -> tuple[LayerNote, ...]:
        return tuple(_layers(self))

    def suggest(
        self,
        kind: SuggestionKind,
        changes: Mapping[Node, str],
        teams: tuple[str, ...],
        evidence: Sequence[Message],
        *,
        lower: bool = True,
        place: Place = ("", ""),
        domain: str = "",
        command: str = "",
        told: Mapping[str, str] | None = None,
    ) -> Iterator[Suggestion]:
        """The suggestion, if the map measured after ``changes`` allows it. ``lower``: it must be less coupled."""
        now, after = self.graph.coupling, self.graph.after(changes)
        if after > now or (lower and after == now) or self._layered(changes):
            return
        params = {"cluster": place[0] or "-", "namespace": place[1] or "-", "domain": domain or "-", **(told or {})}
        sentence = Message(f"consistency.advice-{kind}", {"before": _shown(now), "after": _shown(after), **params})
        yield Suggestion(kind, teams, sentence, tuple(evidence), after, place[0], place[1], domain, command)

    def _layered(self, changes: Mapping[Node, str]) -> bool:
        """Whether a team would be left with a layer that has none now."""
        after = {owner: Counter(kinds) for owner, kinds in self.kinds.items()}
        touched: set[str] = set()
        for node, owner in changes.items():
            after.setdefault(owner, Counter())[node.kind] += 1
            after[self.graph.owners[node]][node.kind] -= 1
            touched |= {owner, self.graph.owners[node]}
        return any(_layer(after[team]) and not _layer(self.kinds.get(team, Counter())) for team in touched - {NOBODY})


def _layer(kinds: Mapping[str, int]) -> str:
    routes, gateways, backends = (kinds.get(kind, 0) for kind in ("route", "gateway", "backend"))
    if routes or bool(gateways) == bool(backends):
        return ""
    return "entry" if gateways else "backends"


def _layers(world: _World) -> Iterator[LayerNote]:
    for team in sorted(set(world.given.teams)):
        layer = _layer(world.kinds.get(team, Counter()))
        users = {user for node in world.graph.of(team) for user in world.graph.users(node)}
        serves = tuple(sorted({world.graph.owners[user] for user in users} - {team, NOBODY}))
        if layer == "entry" and serves:
            yield LayerNote(team, "entry", serves, _layer_message("entry", team, serves))
        elif layer == "backends" and serves:
            yield LayerNote(team, "backends", serves, _layer_message("backends", team, serves))


def _layer_message(layer: str, team: str, serves: Sequence[str]) -> Message:
    return message(f"consistency.layer-{layer}", team=team, serves=_listed(serves))


def _mergers(world: _World) -> Iterator[Suggestion]:
    """Two teams that depend on each other more than on themselves. A layer that serves several teams is no half of
    one domain: it is noted, not merged."""
    wide = {note.team for note in world.layers if len(note.serves) > 1}
    for pair in world.pairs:
        one, other = pair.teams
        if pair.coupling < MERGE_FROM or wide & {one, other}:
            continue
        into, gone = (other, one) if _size(world, other) > _size(world, one) else (one, other)
        changes = dict.fromkeys(world.graph.of(gone), into)
        told = {"team": into, "other": gone, "pair": _shown(pair.coupling)}
        yield from world.suggest("merge", changes, (into, gone), pair.evidence, told=told)


def _size(world: _World, team: str) -> int:
    return world.kinds.get(team, Counter())["route"]


def _moves(world: _World) -> Iterator[Suggestion]:
    """A domain most of whose routes are one team's."""
    for domain, by_team in world.routes_of_domains.items():
        total = sum(map(len, by_team.values()))
        owner = max(sorted(by_team), key=lambda team: len(by_team[team]))
        if 2 * len(by_team[owner]) <= total:
            continue
        for team in sorted(set(by_team) - {owner}):
            routes = [node for node in by_team[team] if world.domains[node] == frozenset({domain})]
            if not routes:
                continue
            evidence = [
                message(
                    "consistency.domain-share", team=owner, count=len(by_team[owner]), total=total, domain=domain,
                    other=team, others=len(by_team[team]), examples=_listed(list(map(str, routes))),
                )
            ]  # fmt: skip
            unbound = sorted({node.cluster for node in routes if (owner, node.cluster) not in world.bound})
            if unbound:
                evidence.append(message("consistency.needs-binding", team=owner, clusters=_listed(unbound)))
            changes = dict.fromkeys(_with_exclusive(world, team, routes), owner)
            places = sorted({node.place for node in routes})
            told = {"team": owner, "other": team, "places": _listed([f"{c}/{n}" for c, n in places])}
            place = places[0] if len(places) == 1 else ("", "")
            yield from world.suggest("move", changes, (owner, team), evidence, place=place, domain=domain, told=told)


def _with_exclusive(world: _World, team: str, routes: Iterable[Node]) -> tuple[Node, ...]:
    """The routes, and what of the team only they use: backends and Gateways go with their routes."""
    moving = frozenset(routes)
    used = {node for route in moving for node in world.graph.uses(route)}
    mine = {node for node in used if world.graph.owners[node] == team and world.graph.users(node) <= moving}
    return tuple(sorted(moving | mine))


def _bindings(world: _World) -> Iterator[Suggestion]:
    """A namespace of nobody's that serves the domains of a team, on a cluster that the team is not bound to."""
    places: defaultdict[Place, list[Node]] = defaultdict(list)
    for node in sorted(world.domains):
        if world.graph.owners[node] == NOBODY:
            places[node.place].append(node)
    everything: defaultdict[Place, list[Node]] = defaultdict(list)
    for node in world.graph.of(NOBODY):
        everything[node.place].append(node)
    for place, routes in sorted(places.items()):
        served = sorted({domain for node in routes for domain in world.domains[node]})
        shares = Counter(
            {
                team: sum(len(world.routes_of_domains.get(d, {}).get(team, ())) for d in served)
                for team in sorted({t for d in served for t in world.routes_of_domains.get(d, {})})
            }
        )
        if not shares:
            continue
        team, count = max(sorted(shares.items()), key=lambda pair: pair[1])
        if 2 * count <= shares.total() or (team, place[0]) in world.bound:
            continue
        evidence = [
            message(
                "consistency.hostnames-there", team=team, cluster=place[0], namespace=place[1],
                domains=_listed(served), count=len(routes), elsewhere=count,
            )
        ]  # fmt: skip
        yield from world.suggest(
            "bind", dict.fromkeys(everything[place], team), (team,), evidence, place=place, told={"team": team},
            command=f"gatewright bind {team} {place[0]} --namespace {place[1]}",
        )  # fmt: skip


def _splits(world: _World) -> Iterator[Suggestion]:
    """A team with domains of different registrable names that share no route, no backend and no Gateway."""
    for team in sorted(set(world.given.teams)):
        routes = [node for node in world.graph.of(team) if node.kind == "route" and world.domains.get(node)]
        parts = sorted(_components(world, routes), key=lambda part: (-len(part[1]), part[0]))
        if len(parts) < 2 or not _unrelated([domains for domains, _ in parts]):
            continue
        changes: dict[Node, str] = {}
        for domains, nodes in parts[1:]:
            changes |= dict.fromkeys(_with_exclusive(world, team, nodes), f"{team}:{domains[0]}")
        evidence = [
            message("consistency.own-domain", domains=_listed(domains), count=len(nodes),
                    examples=_listed(list(map(str, nodes))))
            for domains, nodes in parts
        ]  # fmt: skip
        told = {"team": team, "parts": " | ".join(_listed(domains) for domains, _ in parts)}
        yield from world.suggest("split", changes, (team,), evidence, lower=False, told=told)


def _components(world: _World, routes: Sequence[Node]) -> list[tuple[tuple[str, ...], list[Node]]]:
    """The routes in groups that share no domain and nothing that they use, each with its domains."""
    parent: dict[Node | str, Node | str] = {}

    def root(item: Node | str) -> Node | str:
        while parent.setdefault(item, item) != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for route in routes:
        for item in (*sorted(world.domains[route]), *sorted(world.graph.uses(route))):
            parent[root(item)] = root(route)
    groups: defaultdict[Node | str, list[Node]] = defaultdict(list)
    for route in routes:
        groups[root(route)].append(route)
    return [(tuple(sorted({d for n in nodes for d in world.domains[n]})), nodes) for nodes in groups.values()]


def _unrelated(parts: Sequence[Sequence[str]]) -> bool:
    registrable = [{_registrable(domain) for domain in domains} for domains in parts]
    return sum(map(len, registrable)) == len(set[str]().union(*registrable))


def _registrable(domain: str) -> str:
    """The registrable domain of a business domain: where one more label in front is dropped, the first is not part
    of it."""
    return domain.partition(".")[2] if domain_of(f"x.{domain}") == domain else domain


def _unused(world: _World) -> Iterator[Suggestion]:
    """A binding whose namespace has nothing of Gateway API in it or pointing into it, of a team that is used
    elsewhere (a new team has nothing yet, and that is no waste)."""
    full = {node.place for node in world.graph.owners}
    full |= {(facts.cluster, grant.namespace) for facts in world.given.clusters for grant in facts.grants}
    seen = {facts.cluster for facts in world.given.clusters}
    for binding in sorted(world.given.bindings, key=lambda b: (b.team, b.cluster)):
        place = (binding.cluster, binding.namespace or binding.team)
        if binding.cluster in seen and place not in full and world.kinds.get(binding.team):
            told = {"team": binding.team}
            yield from world.suggest(
                "unbind", {}, (binding.team,), [message("consistency.nothing-there", cluster=place[0],
                namespace=place[1])], lower=False, place=place, told=told,
                command=f"gatewright unbind {binding.team}/{binding.cluster}",
            )  # fmt: skip


def _evidence(ties: Sequence[Tie], owners: Mapping[Node, str], pair: tuple[str, str]) -> Iterator[Message]:
    """What ties two teams, the heaviest kinds first, each with its number and a few examples."""
    groups: defaultdict[tuple[str, str, str], list[Tie]] = defaultdict(list)
    for tie in ties:
        named = bool(tie.name)
        source, target = pair if named else (owners[tie.nodes[0]], owners[tie.nodes[1]])
        groups[tie.kind, source, target].append(tie)
    for (kind, source, target), found in sorted(groups.items(), key=lambda g: (-g[1][0].weight * len(g[1]), g[0])):
        examples = [tie.name or f"{tie.nodes[0]} -> {tie.nodes[1]}" for tie in found]
        params = {"team": source, "other": target, "count": len(found), "examples": _listed(examples)}
        yield Message(f"consistency.tie-{kind}", {**params})


def _rows(world: _World) -> Iterator[MapRow]:
    routes: defaultdict[Place, list[RouteFact]] = defaultdict(list)
    gateways: Counter[Place] = Counter()
    for facts in world.given.clusters:
        for route in facts.routes:
            routes[facts.cluster, route.namespace].append(route)
        gateways.update((facts.cluster, gateway.namespace) for gateway in facts.gateways)
    seen = {facts.cluster for facts in world.given.clusters}
    owned = {(b.cluster, b.namespace or b.team): b.team for b in world.given.bindings}
    foreign = {
        place: NOBODY for place, found in routes.items() if place not in owned and any(r.hostnames for r in found)
    }
    for place, team in sorted((owned | foreign).items(), key=lambda item: (item[1] == NOBODY, item[1], item[0])):
        hostnames = {hostname for route in routes[place] for hostname in route.hostnames}
        domains = tuple(sorted({domain_of(hostname) for hostname in hostnames}))
        counts = (len(hostnames), len(routes[place]), gateways[place])
        yield MapRow(team, place[0], place[1], domains, *counts, seen=place[0] in seen)


def _clusters(given: DomainMap) -> Iterator[ClusterUse]:
    teams: defaultdict[str, set[str]] = defaultdict(set)
    for binding in given.bindings:
        teams[binding.cluster].add(binding.team)
    several = len(set(given.teams)) > 1
    for cluster, users in sorted(teams.items()):
        every = users >= set(given.teams)
        use = "one" if several and len(users) == 1 else "every" if every else "some"
        yield ClusterUse(cluster, tuple(sorted(users)), use)


def _spread(world: _World) -> Iterator[DomainSpread]:
    for domain, by_team in world.routes_of_domains.items():
        if len(by_team) > 1:
            yield DomainSpread(domain, {team: len(nodes) for team, nodes in sorted(by_team.items())})


def _listed(names: Sequence[str]) -> str:
    more = f" (+{len(names) - _EXAMPLES})" if len(names) > _EXAMPLES else ""
    return ", ".join(names[:_EXAMPLES]) + more


def _shown(coupling: float) -> str:
    return f"{coupling:.2f}"
