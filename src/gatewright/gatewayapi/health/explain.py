"""The tree of ``gatewright explain``: an object, what it hangs on and what hangs on it, with the causes marked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from gatewright.gatewayapi.conditions import place
from gatewright.gatewayapi.health.changes import backend_users
from gatewright.gatewayapi.health.references import backends
from gatewright.gatewayapi.health.rollup import key_of, root, summarise
from gatewright.gatewayapi.health.view import ObjectKey, is_set, parent_kind
from gatewright.gatewayapi.kinds import (
    ENDPOINT_SLICE,
    GATEWAY,
    GATEWAY_CLASS,
    POLICY_KINDS,
    REFERENCE_GRANT,
    ROUTES,
    SERVICE,
    GroupKind,
    Key,
)
from gatewright.gatewayapi.live import Snapshot, ref_of
from gatewright.gatewayapi.shapes import Route
from gatewright.gatewayapi.surroundings import EndpointSlice
from gatewright.model.health import HealthState, Node, ObjectHealth
from gatewright.model.objects import ObjectRef
from gatewright.text import Message, message

Objects = Mapping[ObjectKey, ObjectHealth]


def explain(snapshot: Snapshot, objects: Objects, kind: GroupKind, key: Key) -> Node:
    """The tree of one object: above it what it needs (class, parents), below what hangs on it (routes, backends).

    An object that is not there, or of a kind without health (a Service, a Secret), has a note that says so; then the
    tree shows who refers to it, or has a finding for its sake.
    """
    tree = _Tree(snapshot, objects)
    return _marked(tree.of(kind, key), causes_of(objects))


def explain_cluster(snapshot: Snapshot, objects: Objects) -> Node:
    """The tree of a whole cluster: classes, their Gateways, routes and backends; then what hangs on nothing."""
    tree = _Tree(snapshot, objects)
    summary = summarise(snapshot, objects)
    ref = ObjectRef("gatewright.io/v1alpha1", "Cluster", snapshot.cluster)
    top = Node(ref, summary.state, snapshot.cluster, children=tuple(tree.cluster()))
    return _marked(top, causes_of(objects))


class _Tree:
    """Builds nodes; the objects by what they hang on are sorted out once."""

    def __init__(self, snapshot: Snapshot, objects: Objects) -> None:
        self._snapshot, self._objects = snapshot, objects
        self._below: dict[ObjectKey, list[ObjectKey]] = defaultdict(list)
        for key, health in objects.items():
            for parent in health.parents:
                self._below[key_of(parent)].append(key)
        self._slices: dict[Key, list[EndpointSlice]] = defaultdict(list)
        for entry in snapshot.of(ENDPOINT_SLICE).values():
            self._slices[entry.service].append(entry)

    def of(self, kind: GroupKind, key: Key) -> Node:
        above = tuple(self._above(kind, key))
        below = tuple(self._hanging((kind, key), frozenset({(kind, key)})))
        node = self._node((kind, key))
        if kind in ROUTES:
            below = tuple(self._backends(kind, key))
        elif (kind, key) not in self._objects:
            below = (*below, *(self._node(user) for user in self._users(kind, key)))
        return replace(node, children=(*above, *below))

    def _users(self, kind: GroupKind, key: Key) -> list[ObjectKey]:
        """Who leads to an object that is not judged itself, or has a finding for its sake."""
        ref, callers = ref_of(kind, key), backend_users(self._snapshot, key) if kind == SERVICE else ()
        blaming = (k for k, health in self._objects.items() if any(f.cause == ref for f in health.findings))
        return [u for u in dict.fromkeys((*callers, *blaming)) if u not in self._below.get((kind, key), ())]

    def cluster(self) -> Iterator[Node]:
        """Classes (also such as are only referred to), then orphans, then grants and policies with findings."""
        roots = [k for k in self._objects if k[0] == GATEWAY_CLASS]
        roots += sorted(k for k in self._below if k not in self._objects and k[0] in (GATEWAY_CLASS, GATEWAY))
        shown: set[ObjectKey] = set()
        for key in roots:
            yield replace(self._node(key), children=tuple(self._hanging(key, frozenset({key}), shown)))
        for key, health in self._objects.items():
            lonely = key[0] in (*ROUTES, GATEWAY) or is_set(key[0])
            if (lonely and key not in shown) or (key[0] in (REFERENCE_GRANT, *POLICY_KINDS) and health.findings):
                yield self._node(key)

    def _above(self, kind: GroupKind, key: Key) -> Iterator[Node]:
        health = self._objects.get((kind, key))
        for parent in health.parents if health else ():
            found = key_of(parent)
            upper = tuple(self._above(*found)) if found[0] != kind else ()
            note = self._requested(kind, key, found)
            yield replace(self._node(found), note=note, children=upper)

    def _requested(self, kind: GroupKind, key: Key, parent: ObjectKey) -> Message | None:
        """The sections and ports by which a route asks for a parent."""
        live = self._snapshot.of(kind).get(key)
        if not isinstance(live, Route):
            return self._note(parent)
        refs = live.spec.parent_refs or ()
        same = [r for r in refs if (parent_kind(r), (r.namespace or key[0], r.name)) == parent]
        return message("health.note-parent", parents=", ".join(place(r, key[0]) for r in same))

    def _hanging(
        self, key: ObjectKey, path: frozenset[ObjectKey], shown: set[ObjectKey] | None = None
    ) -> Iterator[Node]:
        for child in sorted(self._below.get(key, ())):
            if child in path:
                continue
            if shown is not None:
                shown.add(child)
            inner = tuple(self._hanging(child, path | {child}, shown))
            if child[0] in ROUTES:
                inner = tuple(self._backends(*child))
            yield replace(self._node(child), children=inner)

    def _backends(self, kind: GroupKind, key: Key) -> Iterator[Node]:
        live = self._snapshot.of(kind).get(key)
        health = self._objects.get((kind, key))
        if not isinstance(live, Route):
            return
        for target in dict.fromkeys((b.target.group_kind, (b.target.namespace, b.target.name)) for b in backends(live)):
            ref = ref_of(*target)
            found = [f for f in health.findings if f.cause == ref] if health else []
            worst: HealthState = "healthy" if target[0] == SERVICE else "unknown"
            if any(f.severity == "error" for f in found):
                worst = "unhealthy"
            elif found:
                worst = "degraded"
            yield Node(ref, worst, self._snapshot.cluster, note=self._note(target))

    def _node(self, key: ObjectKey) -> Node:
        health = self._objects.get(key)
        if health is None:
            return Node(ref_of(*key), "unknown", self._snapshot.cluster, note=self._note(key))
        return Node(
            health.ref,
            health.state,
            self._snapshot.cluster,
            note=self._note(key),
            findings=health.findings,
            conditions=health.conditions,
        )

    def _note(self, key: ObjectKey) -> Message | None:
        kind, name = key
        live = self._snapshot.of(kind).get(name)
        if live is None:
            code = self._snapshot.unread.get(kind)
            return message("health.note-unread", code=code) if code else message("health.note-absent")
        if kind == SERVICE:
            slices = self._slices.get(name, ())
            ready, total = sum(s.ready() for s in slices), sum(len(s.endpoints or ()) for s in slices)
            return message("health.note-endpoints", ready=ready, total=total)
        if kind == GATEWAY:
            addresses = ", ".join(a.value for a in (live.status.addresses if live.status else None) or ()) or "-"
            return message("health.note-gateway", addresses=addresses, listeners=len(live.spec.listeners or ()))
        if kind == GATEWAY_CLASS:
            return message("health.note-class", name=live.spec.controller_name)
        return None


def causes_of(objects: Objects) -> frozenset[ObjectKey]:
    """What other objects' errors and warnings go back to."""
    return frozenset(
        key_of(found)
        for health in objects.values()
        for finding in health.findings
        if finding.severity != "info" and (found := root(objects, finding)) != health.ref
    )


def _marked(node: Node, causes: Iterable[ObjectKey]) -> Node:
    children = tuple(_marked(child, causes) for child in node.children)
    return replace(node, is_cause=key_of(node.ref) in causes, children=children)
