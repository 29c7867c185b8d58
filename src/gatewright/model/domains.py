"""Who serves which hostnames where: the same hostname on several clusters, and the map of teams, clusters, namespaces
and domains with what ties teams to each other.

Compared by ``gatewayapi.consistency``, judged by ``planning.advice``.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from gatewright.model.desired import Binding
from gatewright.model.objects import ObjectRef
from gatewright.text import Message


class ClusterRouting(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who serves a hostname on one cluster. ``gateways``: ``namespace/name``; ``paths``: how many different matches."""

    cluster: str
    routes: tuple[ObjectRef, ...]
    gateways: tuple[str, ...]
    paths: int


class PathDifference(msgspec.Struct, frozen=True):
    """Where clusters route one match otherwise. ``match``: kind, path, method, headers and query as one line;
    ``field``: what differs; ``values``: each cluster's, ``-`` where it has no such match."""

    match: str
    field: Literal["served", "backends", "filters", "timeouts", "retry", "session"]
    values: dict[str, str]


class HostnameComparison(msgspec.Struct, frozen=True, omit_defaults=True):
    """One hostname over the clusters. ``same``: every cluster that serves it routes it alike; ``lacking``: clusters
    that were asked about and do not serve it."""

    hostname: str
    same: bool
    clusters: tuple[ClusterRouting, ...]
    lacking: tuple[str, ...] = ()
    differences: tuple[PathDifference, ...] = ()


Place: TypeAlias = tuple[str, str]
"""A cluster and a namespace in it."""


class RouteFact(msgspec.Struct, frozen=True, order=True):
    """A route with what it points at: ``parents`` and ``backends`` as (kind, namespace, name)."""

    namespace: str
    kind: str
    name: str
    hostnames: tuple[str, ...]
    parents: tuple[tuple[str, str, str], ...]
    backends: tuple[tuple[str, str, str], ...]


class GatewayFact(msgspec.Struct, frozen=True, order=True):
    """A Gateway or a ListenerSet (``parent``: its Gateway, as namespace and name)."""

    namespace: str
    kind: str
    name: str
    parent: tuple[str, str] | None = None


class GrantFact(msgspec.Struct, frozen=True, order=True):
    """A ReferenceGrant: objects of ``sources`` (namespaces) may refer into its own."""

    namespace: str
    name: str
    sources: tuple[str, ...]


class ClusterFacts(msgspec.Struct, frozen=True):
    """What matters of one cluster for the map."""

    cluster: str
    routes: tuple[RouteFact, ...] = ()
    gateways: tuple[GatewayFact, ...] = ()
    grants: tuple[GrantFact, ...] = ()


class DomainMap(msgspec.Struct, frozen=True):
    """Everything that advice is made of. A cluster without facts was not seen: nothing is concluded about it."""

    teams: tuple[str, ...]
    bindings: tuple[Binding, ...]
    clusters: tuple[ClusterFacts, ...]


class MapRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A namespace that is a team's (or, with an empty team, nobody's that serves hostnames), and what is in it."""

    team: str
    cluster: str
    namespace: str
    domains: tuple[str, ...]
    hostnames: int
    routes: int
    gateways: int
    seen: bool = True


class ClusterUse(msgspec.Struct, frozen=True):
    """Which teams use a cluster. ``use``: one of several teams, every team, or some of them."""

    cluster: str
    teams: tuple[str, ...]
    use: Literal["one", "every", "some"]


class DomainSpread(msgspec.Struct, frozen=True):
    """A business domain whose routes belong to several teams: routes by team."""

    domain: str
    routes: dict[str, int]


class PairCoupling(msgspec.Struct, frozen=True):
    """What ties two teams: 0 nothing, 1 everything that either has. ``evidence``: the strongest ties first."""

    teams: tuple[str, str]
    coupling: float
    evidence: tuple[Message, ...]


class LayerNote(msgspec.Struct, frozen=True):
    """A team that is cut by technical layer: it has only Gateways (``entry``) or only backends (``backends``), and
    ``serves`` are the teams whose routes use them."""

    team: str
    layer: Literal["entry", "backends"]
    serves: tuple[str, ...]
    message: Message


SuggestionKind: TypeAlias = Literal["merge", "move", "bind", "unbind", "split"]


class Suggestion(msgspec.Struct, frozen=True, omit_defaults=True):
    """A change of the map. ``coupling`` is the whole map's after it, computed like the present one; it is never
    higher. ``command``: what would do it, where one command does."""

    kind: SuggestionKind
    teams: tuple[str, ...]
    message: Message
    evidence: tuple[Message, ...]
    coupling: float
    cluster: str = ""
    namespace: str = ""
    domain: str = ""
    command: str = ""


class Advice(msgspec.Struct, frozen=True):
    """The present map, its coupling (0..1; over all, and per pair of teams, strongest first), and what would lower
    it, best first. The order of the input does not matter."""

    rows: tuple[MapRow, ...]
    coupling: float
    pairs: tuple[PairCoupling, ...]
    clusters: tuple[ClusterUse, ...]
    spread: tuple[DomainSpread, ...]
    layers: tuple[LayerNote, ...]
    suggestions: tuple[Suggestion, ...]
