"""Traffic through one cluster as a graph: GatewayClass -> Gateway -> listener -> route -> backend. Pure.

What is drawn is what ``objects`` has: the judged objects that somebody may see. Beside them there are only parts that
these name themselves: their listeners, the backends of their routes, and parents and classes that are not there at all.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from gatewright.gatewayapi.conditions import place
from gatewright.gatewayapi.consistency.hostnames import hostnames_of
from gatewright.gatewayapi.health.explain import causes_of
from gatewright.gatewayapi.health.hostnames import any_intersects
from gatewright.gatewayapi.health.listeners import Place, kinds_of, places, takes
from gatewright.gatewayapi.health.references import Backend, backends
from gatewright.gatewayapi.health.rollup import key_of
from gatewright.gatewayapi.health.selectors import matches
from gatewright.gatewayapi.health.view import ObjectKey, addresses, gateway_of, is_set, known_parent, parent_kind
from gatewright.gatewayapi.kinds import (
    ENDPOINT_SLICE,
    GATEWAY,
    GATEWAY_CLASS,
    NAMESPACE,
    ROUTES,
    SERVICE,
    GroupKind,
    Key,
)
from gatewright.gatewayapi.live import Snapshot, ref_of
from gatewright.gatewayapi.shapes import Gateway, ListenerSet, ParentRef, Route
from gatewright.gatewayapi.surroundings import EndpointSlice, Namespace
from gatewright.model.health import SEVERITIES, WORST, HealthFinding, HealthState, ObjectHealth
from gatewright.model.objects import ObjectRef
from gatewright.model.topology import Topology, TopologyEdge, TopologyLayer, TopologyNode
from gatewright.text import Message, message

Objects = Mapping[ObjectKey, ObjectHealth]
LIMIT: Final = 500
"""How many nodes are drawn where nothing else is asked for."""
LAYERS: Final[tuple[TopologyLayer, ...]] = ("class", "gateway", "listener", "route", "backend")
HIDDEN: Final = "-"
_STATES: Final[dict[str, HealthState]] = {"error": "unhealthy", "warning": "degraded", "info": "healthy"}


def topology(
    snapshot: Snapshot,
    objects: Objects,
    *,
    namespaces: Collection[str] | None = None,
    closed: Collection[str] = (),
) -> Topology:
    """The whole graph of a cluster.

    ``namespaces``: those of the team that looks. Of a Gateway elsewhere it then sees only the listeners that its own
    routes ask for: the others, and their hostnames, are other teams' business. ``closed``: namespaces of which nothing
    may be told, not even whether a backend that a route names is there.
    """
    drawn = _Drawing(snapshot, objects, None if namespaces is None else frozenset(namespaces), frozenset(closed))
    drawn.draw()
    nodes = tuple(sorted(drawn.nodes.values(), key=_order))
    return Topology(nodes, tuple(drawn.edges[pair] for pair in sorted(drawn.edges)), len(nodes))


def node_id(cluster: str, key: ObjectKey, part: str = "") -> str:
    """The id of an object's node (of a part of it), which tells nothing of its names."""
    (group, kind), (namespace, name) = key
    text = "\0".join((cluster, group, kind, namespace, name, part))
    return hashlib.blake2b(text.encode(), digest_size=9).hexdigest()


def together(graphs: Iterable[Topology], limit: int = LIMIT) -> Topology:
    """Several graphs as one of at most ``limit`` nodes: first the routes with the worst problems, each with all that it
    hangs on and leads to, then what else is wrong, then the rest. A route whose surroundings do not fit is left out."""
    nodes = {node.id: node for graph in graphs for node in graph.nodes}
    edges = [edge for graph in graphs for edge in graph.edges]
    if len(nodes) <= limit:
        return Topology(tuple(nodes.values()), tuple(edges), len(nodes))
    kept: set[str] = set()
    for unit in _units(nodes, edges):
        if len(kept | unit) <= limit:
            kept |= unit
        if len(kept) >= limit:
            break
    return Topology(
        tuple(node for node in nodes.values() if node.id in kept),
        tuple(edge for edge in edges if edge.source in kept and edge.target in kept),
        len(nodes),
        cut=True,
    )


def _units(nodes: Mapping[str, TopologyNode], edges: Sequence[TopologyEdge]) -> Iterator[set[str]]:
    """What should be drawn together, the worst first: a node with everything up to its class, and of a route its
    backends."""
    above: dict[str, list[str]] = defaultdict(list)
    below: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        above[edge.target].append(edge.source)
        below[edge.source].append(edge.target)
    first: tuple[TopologyLayer, ...] = ("route", "listener", "gateway", "class", "backend")
    ranked = sorted(nodes.values(), key=lambda n: (WORST.index(n.state), first.index(n.layer), n.id))
    for node in ranked:
        unit = {node.id}
        waiting = [node.id]
        while waiting:
            for upper in above[waiting.pop()]:
                if upper not in unit:
                    unit.add(upper)
                    waiting.append(upper)
        if node.layer == "route":
            unit.update(below[node.id])
        yield unit


class _Drawing:
    """Collects the nodes by id and the edges by their ends."""

    def __init__(
        self, snapshot: Snapshot, objects: Objects, namespaces: frozenset[str] | None, closed: frozenset[str]
    ) -> None:
        self._snapshot, self._objects, self._namespaces, self._closed = snapshot, objects, namespaces, closed
        self.nodes: dict[str, TopologyNode] = {}
        self.edges: dict[tuple[str, str], TopologyEdge] = {}
        self._causes = causes_of(objects)
        self._places: dict[Key, list[Place]] = {}
        self._sets: dict[Key, list[tuple[GroupKind, ListenerSet]]] = defaultdict(list)
        for kind, entry in snapshot.listener_sets():
            if (kind, entry.metadata.key) in objects:
                self._sets[gateway_of(entry)].append((kind, entry))
        self._slices: dict[Key, list[EndpointSlice]] = defaultdict(list)
        for entry in snapshot.of(ENDPOINT_SLICE).values():
            self._slices[entry.service].append(entry)

    def draw(self) -> None:
        for kind, key in self._objects:
            if kind == GATEWAY_CLASS:
                self._object("class", (kind, key), key[1])
        for kind, key in self._objects:
            if kind == GATEWAY:
                self._gateway(key)
        for kind, key in self._objects:
            if kind in ROUTES:
                live: Route | None = self._snapshot.of(kind).get(key)
                if live is not None:
                    self._route((kind, key), live)

    # Gateways

    def _gateway(self, key: Key) -> str:
        gateway = self._snapshot.gateways().get(key)
        own = self._namespaces is None or key[0] in self._namespaces
        note = None
        if gateway is not None and own:
            shown = ", ".join(addresses(gateway)) or "-"
            note = message("health.note-gateway", addresses=shown, listeners=len(gateway.spec.listeners or ()))
        ident = self._object("gateway", (GATEWAY, key), "/".join(key), note)
        if gateway is None:
            return ident
        name = gateway.spec.gateway_class_name
        klass = (GATEWAY_CLASS, ("", name))
        if klass in self._objects or ("", name) not in self._snapshot.classes():
            upper = self._object("class", klass, name)
            blamed = [f for f in self._findings((GATEWAY, key)) if f.cause is not None and key_of(f.cause) == klass]
            self._edge(upper, ident, blamed)
        if own:
            for one in self._listeners_of(gateway):
                self._listener(ident, one)
        return ident

    def _listeners_of(self, gateway: Gateway) -> list[Place]:
        key = gateway.metadata.key
        if key not in self._places:
            self._places[key] = places(gateway, self._sets[key])
        return self._places[key]

    def _listener(self, gateway: str, one: Place) -> str:
        ident = self._id((one.kind, one.owner), one.listener.name)
        if ident in self.nodes:
            return ident
        owner = self._objects.get((one.kind, one.owner))
        findings = [f for f in (owner.findings if owner else ()) if f.where == one.where]
        bad = any(c.good is False and c.where == one.where for c in (owner.conditions if owner else ()))
        hostname = one.listener.hostname
        self._add(
            ident,
            _described(
                TopologyNode(
                    ident,
                    "listener",
                    self._snapshot.cluster,
                    ref_of(one.kind, one.owner),
                    one.listener.name,
                    "degraded" if bad else "healthy" if owner and owner.state != "unknown" else "unknown",
                    hostnames=(hostname,) if hostname else (),
                    port=one.listener.port,
                    protocol=one.listener.protocol,
                ),
                findings,
            ),
        )
        self._edge(gateway, ident, findings)
        return ident

    # Routes

    def _route(self, key: ObjectKey, route: Route) -> None:
        ident = self._object("route", key, "/".join(key[1]), hostnames=hostnames_of(self._snapshot, key[0], route))
        for parent in route.spec.parent_refs or ():
            self._parent(key, route, parent, ident)
        found: dict[ObjectKey, list[Backend]] = defaultdict(list)
        for backend in backends(route):
            found[backend.target.group_kind, (backend.target.namespace, backend.target.name)].append(backend)
        for target, several in found.items():
            self._backend(key, ident, target, several)

    def _parent(self, key: ObjectKey, route: Route, parent: ParentRef, ident: str) -> None:
        kind = parent_kind(parent)
        if not known_parent(kind) or kind == SERVICE:
            return
        owner = (parent.namespace or key[1][0], parent.name)
        where = place(parent, key[1][0])
        findings = [f for f in self._findings(key) if f.where == where]
        gateway = self._gateway_of(kind, owner)
        if gateway is None:
            return
        top = self._gateway(gateway)
        live = self._snapshot.gateways().get(gateway)
        wanted = [one for one in self._listeners_of(live) if _asked(one, (kind, owner), parent)] if live else []
        serving = [one for one in wanted if _serves(one, key, route) and self._lets_in(one, key[1][0])]
        for one in serving or (wanted if parent.section_name else ()):
            self._edge(self._listener(top, one), ident, findings)
        if not serving and not (wanted and parent.section_name):
            # It asks for this Gateway, and no listener of it takes it: the reason is in the findings.
            self._edge(top, ident, findings)

    def _lets_in(self, one: Place, namespace: str) -> bool:
        """Whether the listener takes routes of this namespace; True where that cannot be told."""
        allowed = one.listener.allowed_routes.namespaces if one.listener.allowed_routes else None
        given = allowed.from_ if allowed else "Same"
        if given == "Selector" and allowed:
            found: Namespace | None = self._snapshot.of(NAMESPACE).get(("", namespace))
            if found is None:
                return NAMESPACE in self._snapshot.unread
            labels = {"kubernetes.io/metadata.name": namespace, **(found.metadata.labels or {})}
            return matches(allowed.selector, labels)
        return given == "All" or (given == "Same" and namespace == one.owner[0])

    def _gateway_of(self, kind: tuple[str, str], owner: Key) -> Key | None:
        """The Gateway of a parent that may be drawn: it is visible, or it is not there at all, which may be told."""
        if is_set(kind):
            entry = self._snapshot.of(kind).get(owner)
            if entry is None or (kind, owner) not in self._objects:
                return None
            owner = gateway_of(entry)
        hidden = owner in self._snapshot.gateways() and (GATEWAY, owner) not in self._objects
        return None if hidden or owner[0] in self._closed else owner

    def _backend(self, route: ObjectKey, source: str, target: ObjectKey, several: Sequence[Backend]) -> None:
        ref = ref_of(*target)
        findings = [f for f in self._findings(route) if f.cause == ref or f.where in {b.where for b in several}]
        told = target[1][0] not in self._closed
        # Of what is closed each route has a node of its own, which tells neither its name nor who else leads there.
        ident = self._id(target) if told else self._id(route, several[0].where)
        live = self._snapshot.of(target[0]).get(target[1]) if told else None
        readable = told and target[0] == SERVICE and SERVICE not in self._snapshot.unread
        note = None
        if target[0] == SERVICE and live is not None:
            slices = self._slices.get(target[1], ())
            ready, total = sum(s.ready() for s in slices), sum(len(s.endpoints or ()) for s in slices)
            note = message("health.note-endpoints", ready=ready, total=total)
        before = self.nodes.get(ident)
        state: HealthState = "healthy" if live is not None else "unhealthy" if readable else "unknown"
        node = before or TopologyNode(
            ident,
            "backend",
            self._snapshot.cluster,
            ref if told else ObjectRef(ref.api_version, ref.kind, HIDDEN),
            "/".join(target[1]) if told else HIDDEN,
            state,
            present=live is not None or not readable,
            note=note,
            is_cause=told and target in self._causes,
        )
        self._add(ident, _described(node, findings))
        self._edge(
            source,
            ident,
            findings,
            weight=sum(b.weight for b in several if not b.mirror),
            port=several[0].port,
            mirror=all(b.mirror for b in several),
        )

    # Nodes and edges

    def _object(
        self,
        layer: TopologyLayer,
        key: ObjectKey,
        name: str,
        note: Message | None = None,
        hostnames: tuple[str, ...] = (),
    ) -> str:
        ident = self._id(key)
        if ident in self.nodes:
            return ident
        health = self._objects.get(key)
        node = TopologyNode(
            ident,
            layer,
            self._snapshot.cluster,
            health.ref if health else ref_of(*key),
            name,
            health.state if health else "unknown" if key[0] in self._snapshot.unread else "unhealthy",
            present=health is not None or key[0] in self._snapshot.unread,
            note=note,
            hostnames=hostnames,
            is_cause=key in self._causes,
        )
        findings = health.findings if health else ()
        described = _described(node, findings)
        # What was judged keeps its state: findings of its parts may be worse than the whole.
        self._add(ident, msgspec.structs.replace(described, state=node.state))
        return ident

    def _id(self, key: ObjectKey, part: str = "") -> str:
        return node_id(self._snapshot.cluster, key, part)

    def _add(self, ident: str, node: TopologyNode) -> None:
        self.nodes[ident] = node

    def _edge(
        self,
        source: str,
        target: str,
        findings: Sequence[HealthFinding],
        *,
        weight: int = 0,
        port: int = 0,
        mirror: bool = False,
    ) -> None:
        worst = min(findings, key=_worse, default=None)
        state = _STATES[worst.severity] if worst else "healthy"
        if worst is None and not self.nodes[source].present:
            state = "unhealthy"
        before = self.edges.get((source, target))
        if before is not None and WORST.index(before.state) <= WORST.index(state):
            return
        self.edges[source, target] = TopologyEdge(
            source,
            target,
            state,
            worst.code if worst else "",
            worst.message if worst else None,
            weight,
            port,
            mirror,
        )

    def _findings(self, key: ObjectKey) -> Sequence[HealthFinding]:
        health = self._objects.get(key)
        return health.findings if health else ()


def _order(node: TopologyNode) -> tuple[int, str, str]:
    """Left to right, then by name."""
    return (LAYERS.index(node.layer), node.name, node.id)


def _asked(one: Place, owner: ObjectKey, parent: ParentRef) -> bool:
    """Whether a parent reference means this listener."""
    mine = (one.kind, one.owner) == owner
    return mine and parent.section_name in ("", one.listener.name) and parent.port in (0, one.listener.port)


def _serves(one: Place, key: ObjectKey, route: Route) -> bool:
    """Whether the listener takes routes of this kind, and hears one of its hostnames."""
    if not takes(kinds_of(one.listener), key[0]):
        return False
    if key[0][1] in ("TCPRoute", "UDPRoute"):
        return True
    return any_intersects((one.listener.hostname,), route.spec.hostnames or ())


def _described(node: TopologyNode, findings: Sequence[HealthFinding]) -> TopologyNode:
    """The node with its worst finding; its state is never better than that."""
    if not findings:
        return node
    worst = min(findings, key=_worse)
    before = -SEVERITIES.index(node.severity) if node.severity else 1
    told = _worse(worst) < before
    state = min((node.state, _STATES[worst.severity]), key=WORST.index)
    return msgspec.structs.replace(
        node,
        state=state,
        findings=node.findings + len(findings),
        severity=worst.severity if told else node.severity,
        code=worst.code if told else node.code,
        reason=worst.message if told else node.reason,
        remedy=worst.remedy if told else node.remedy,
    )


def _worse(finding: HealthFinding) -> int:
    return -SEVERITIES.index(finding.severity)
