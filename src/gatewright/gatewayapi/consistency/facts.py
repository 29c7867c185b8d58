"""What of a cluster matters for the map of teams: its routes with what they point at, its Gateways, its grants; and to
which business domain a hostname belongs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gatewright.gatewayapi.consistency.hostnames import hostnames_of
from gatewright.gatewayapi.kinds import REFERENCE_GRANT
from gatewright.gatewayapi.live import Snapshot
from gatewright.gatewayapi.shapes import Route
from gatewright.model.domains import ClusterFacts, GatewayFact, GrantFact, RouteFact

_SECOND_LEVELS: Final = frozenset({"ac", "co", "com", "edu", "gov", "mil", "net", "nom", "or", "org"})
"""Labels under which countries register names (``com.cn``, ``co.uk``): the public suffix list would tell them all."""


def facts_of(snapshot: Snapshot) -> ClusterFacts:
    """The facts, in an order that does not depend on the snapshot's."""
    routes = sorted(
        RouteFact(
            route.metadata.namespace,
            kind[1],
            route.metadata.name,
            hostnames_of(snapshot, kind, route),
            tuple(sorted(set(_parents(route)))),
            tuple(sorted(set(_backends(route)))),
        )
        for kind, route in snapshot.routes()
    )
    gateways = [GatewayFact(g.metadata.namespace, "Gateway", g.metadata.name) for g in snapshot.gateways().values()]
    for kind, found in snapshot.listener_sets():
        namespace = found.metadata.namespace
        parent = (found.spec.parent_ref.namespace or namespace, found.spec.parent_ref.name)
        gateways.append(GatewayFact(namespace, kind[1], found.metadata.name, parent))
    grants = sorted(
        GrantFact(namespace, name, tuple(sorted({source.namespace for source in grant.spec.from_ or ()})))
        for (namespace, name), grant in snapshot.of(REFERENCE_GRANT).items()
    )
    key = _gateway_key
    return ClusterFacts(snapshot.cluster, tuple(routes), tuple(sorted(gateways, key=key)), tuple(grants))


def domain_of(hostname: str) -> str:
    """The business domain of a hostname: the registrable domain with one label more, if it has one that says something
    (``api.pay.example.com.cn`` -> ``pay.example.com.cn``; ``www.pay.cn`` -> ``pay.cn``; ``*`` -> ``*``)."""
    labels = [label for label in hostname.lower().rstrip(".").split(".") if label not in ("*", "")]
    if not labels:
        return "*"
    country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVELS
    base = 3 if country else 2
    more = labels[-base - 1 : -base]
    return ".".join(([] if more in (["www"], []) else more) + labels[-base:])


def _parents(route: Route) -> Iterator[tuple[str, str, str]]:
    for parent in route.spec.parent_refs or ():
        yield (parent.kind, parent.namespace or route.metadata.namespace, parent.name)


def _backends(route: Route) -> Iterator[tuple[str, str, str]]:
    for rule in route.spec.rules or ():
        mirrored = (f.request_mirror.backend_ref for f in rule.filters or () if f.request_mirror is not None)
        for ref in (*(rule.backend_refs or ()), *mirrored):
            yield (ref.kind, ref.namespace or route.metadata.namespace, ref.name)


def _gateway_key(fact: GatewayFact) -> tuple[str, str, str]:
    return (fact.namespace, fact.kind, fact.name)
