"""What ties the objects of a fleet to each other, and how much of that crosses the borders between teams.

A tie has a weight and at least one object. A reference ties two; a hostname or a business domain ties all routes that
serve it. Of a tie, the share of its pairs of objects that belong to different owners crosses a border; a tie of one
object never does. The coupling of the map is the weight that crosses, divided by the weight of all ties in which a
team has a part: 0 where no team depends on another (or on what is nobody's), 1 where nothing is within a team. Of two
teams it is the weight that crosses between them, divided by that and what is within either.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from gatewright.gatewayapi.consistency.facts import domain_of
from gatewright.model.domains import ClusterFacts, DomainMap, Place, RouteFact

NodeKind: TypeAlias = Literal["route", "gateway", "backend", "place"]
TieKind: TypeAlias = Literal["backend", "hostname", "parent", "domain", "grant"]

WEIGHTS: Final[Mapping[TieKind, int]] = {"backend": 3, "hostname": 3, "parent": 2, "domain": 1, "grant": 1}
NOBODY: Final = ""

_DIGITS: Final = 4


class Node(msgspec.Struct, frozen=True, order=True):
    """An object of the map, or (``place``) a namespace as such."""

    kind: NodeKind
    cluster: str
    namespace: str
    what: str = ""
    name: str = ""

    @property
    def place(self) -> Place:
        return (self.cluster, self.namespace)

    def __str__(self) -> str:
        return f"{self.cluster}/{self.namespace}" + (f"/{self.name}" if self.name else "")


class Tie(msgspec.Struct, frozen=True, order=True):
    """``name`` is the hostname or domain. A reference goes from the first object to the second."""

    kind: TieKind
    nodes: tuple[Node, ...]
    name: str = ""

    @property
    def weight(self) -> int:
        return WEIGHTS[self.kind]


class Graph:
    """The ties of a map, with an owner for each object. Equal maps give equal graphs, whatever their order."""

    def __init__(self, ties: Iterable[Tie], owners: Mapping[Node, str]) -> None:
        self.ties: Final = tuple(sorted(set(ties)))
        self.owners: Final = dict(sorted(owners.items()))
        self._at: defaultdict[Node, list[Tie]] = defaultdict(list)
        for tie in self.ties:
            for node in tie.nodes:
                self._at[node].append(tie)
        self._crossing, self._all = self._sum(self.ties, {})

    @property
    def coupling(self) -> float:
        """The coupling of the whole map, 0..1, to four places."""
        return _ratio(self._crossing, self._all)

    def after(self, changes: Mapping[Node, str]) -> float:
        """The coupling if these objects belonged to others."""
        touched = sorted({tie for node in changes for tie in self._at[node]})
        crossing, everything = self._sum(touched, {})
        new_crossing, new_everything = self._sum(touched, changes)
        return _ratio(self._crossing - crossing + new_crossing, self._all - everything + new_everything)

    def of(self, team: str) -> tuple[Node, ...]:
        """The objects of a team."""
        return tuple(node for node, owner in self.owners.items() if owner == team)

    def users(self, node: Node) -> frozenset[Node]:
        """The objects that refer to this one."""
        return frozenset(t.nodes[0] for t in self._at[node] if len(t.nodes) == 2 and not t.name and t.nodes[1] == node)

    def uses(self, node: Node) -> frozenset[Node]:
        """The objects that this one refers to."""
        return frozenset(t.nodes[1] for t in self._at[node] if len(t.nodes) == 2 and not t.name and t.nodes[0] == node)

    def between(self) -> Mapping[tuple[str, str], tuple[float, tuple[Tie, ...]]]:
        """The coupling of every two teams that something ties, and the ties, by the teams' names in order."""
        crossing: defaultdict[tuple[str, str], float] = defaultdict(float)
        within: defaultdict[str, float] = defaultdict(float)
        ties: defaultdict[tuple[str, str], list[Tie]] = defaultdict(list)
        for tie in self.ties:
            for pair, share in self._shares(tie):
                if pair[0] == pair[1]:
                    within[pair[0]] += share * tie.weight
                elif NOBODY not in pair:
                    crossing[pair] += share * tie.weight
                    ties[pair].append(tie)
        return {
            (one, other): (_ratio(weight, weight + within[one] + within[other]), tuple(ties[one, other]))
            for (one, other), weight in sorted(crossing.items())
        }

    def _shares(self, tie: Tie) -> Iterator[tuple[tuple[str, str], float]]:
        """The pairs of owners in a tie, with their share of its pairs of objects."""
        counts = sorted(Counter(self.owners[node] for node in tie.nodes).items())
        size = len(tie.nodes)
        pairs = size * (size - 1) / 2
        for index, (owner, count) in enumerate(counts):
            same = 1.0 if size == 1 else count * (count - 1) / 2 / pairs
            if same:
                yield (owner, owner), same
            for other, others in counts[index + 1 :]:
                yield (owner, other), count * others / pairs

    def _sum(self, ties: Iterable[Tie], changes: Mapping[Node, str]) -> tuple[float, int]:
        crossing, everything = 0.0, 0
        for tie in ties:
            counts = Counter(changes.get(node) or self.owners[node] for node in tie.nodes)
            if set(counts) == {NOBODY}:
                continue
            everything += tie.weight
            size = len(tie.nodes)
            if size > 1:
                same = sum(count * (count - 1) for count in counts.values()) / (size * (size - 1))
                crossing += tie.weight * (1 - same)
        return crossing, everything


def graph_of(given: DomainMap) -> Graph:
    """The graph of a map, everything owned by the team whose binding has its namespace."""
    teams: dict[Place, str] = {(b.cluster, b.namespace or b.team): b.team for b in given.bindings}
    ties: list[Tie] = []
    names: defaultdict[tuple[TieKind, str], set[Node]] = defaultdict(set)
    for facts in given.clusters:
        ties += _references(facts)
        for route in facts.routes:
            for hostname in route.hostnames:
                if domain_of(hostname) != "*":
                    names["hostname", hostname].add(route_node(facts.cluster, route))
                    names["domain", domain_of(hostname)].add(route_node(facts.cluster, route))
    ties += [Tie(kind, tuple(sorted(nodes)), name) for (kind, name), nodes in names.items()]
    nodes = {node for tie in ties for node in tie.nodes} | {n for facts in given.clusters for n in _objects(facts)}
    return Graph(ties, {node: teams.get(node.place, NOBODY) for node in nodes})


def route_node(cluster: str, route: RouteFact) -> Node:
    return Node("route", cluster, route.namespace, route.kind, route.name)


def _objects(facts: ClusterFacts) -> Iterator[Node]:
    yield from (route_node(facts.cluster, route) for route in facts.routes)
    yield from (Node("gateway", facts.cluster, g.namespace, g.kind, g.name) for g in facts.gateways)


def _references(facts: ClusterFacts) -> Iterator[Tie]:
    cluster = facts.cluster
    used: set[tuple[str, str]] = set()
    for route in facts.routes:
        source = route_node(cluster, route)
        for kind, namespace, name in route.parents:
            yield Tie("parent", (source, Node("gateway", cluster, namespace, kind, name)))
        for kind, namespace, name in route.backends:
            used.add((route.namespace, namespace))
            yield Tie("backend", (source, Node("backend", cluster, namespace, kind, name)))
    for found in facts.gateways:
        if found.parent is not None:
            source = Node("gateway", cluster, found.namespace, found.kind, found.name)
            yield Tie("parent", (source, Node("gateway", cluster, found.parent[0], "Gateway", found.parent[1])))
    for grant in facts.grants:
        for origin in grant.sources:
            # A grant that a reference uses would count the same dependency twice.
            if origin != grant.namespace and (origin, grant.namespace) not in used:
                yield Tie("grant", (Node("place", cluster, origin), Node("place", cluster, grant.namespace)))


def _ratio(part: float, whole: float) -> float:
    return min(1.0, max(0.0, round(part / whole, _DIGITS))) if whole > 0 else 0.0
