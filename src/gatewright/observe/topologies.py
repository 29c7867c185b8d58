"""Traffic as a graph over the clusters that somebody may see, from the board."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from gatewright.gatewayapi.health.rollup import key_of
from gatewright.gatewayapi.kinds import Key
from gatewright.gatewayapi.topology import LIMIT, node_id, together, topology
from gatewright.model.health import WORST, ObjectHealth
from gatewright.model.topology import RouteElsewhere, Topology, TopologyNode
from gatewright.observe.audience import Member, View, members_of
from gatewright.observe.board import ClusterState, Identity
from gatewright.observe.breath import Breath
from gatewright.observe.directory import Directory
from gatewright.observe.observatory import Observatory
from gatewright.observe.sight import Part, part_of, told_bindings
from gatewright.observe.views import part_of as health_part
from gatewright.observe.views import visible

LOOK_SECONDS: Final = 15.0
ELSEWHERE: Final = 100
"""On how many other clusters a route is told to be."""


class _Place(msgspec.Struct, frozen=True):
    """A cluster that is looked at: what is seen there, and the teams' namespaces both ways round."""

    member: Member
    objects: Mapping[Identity, ObjectHealth]
    teams: Mapping[str, str]
    namespaces: Mapping[str, str]


class Topologies:
    """The graphs over one observatory."""

    def __init__(self, observatory: Observatory) -> None:
        self._observatory = observatory
        self._board = observatory.board
        self._drawn: dict[Part, tuple[int, Topology]] = {}

    async def of(self, view: View = None, names: Sequence[str] = (), limit: int = LIMIT) -> Topology:
        """The graph of these clusters, or of those that may be seen, the worst first, until it has ``limit`` nodes.
        Raises ``UnknownClusterError``, ``UnknownTeamError``."""
        directory = await self._observatory.directories.read()
        everywhere = members_of(directory, view)
        wanted = members_of(directory, view, names) if names else everywhere
        await self._observatory.look([m.uid for m in everywhere], LOOK_SECONDS)
        breath = Breath.answering()
        graphs: list[Topology] = []
        shown: list[str] = []
        for member in sorted(wanted, key=self._rank):
            if sum(graph.total for graph in graphs) >= limit and not names:
                break
            state = self._board.state(member.uid)
            if state is not None:
                graphs.append(self._graph(member, state))
            shown.append(member.name)
            await breath.take()
        found = together(graphs, limit)
        omitted = len(wanted) - len(shown)
        return msgspec.structs.replace(
            found,
            nodes=tuple(await self._with_elsewhere(found.nodes, self._places(directory, view, everywhere), breath)),
            cut=found.cut or omitted > 0,
            clusters=tuple(shown),
            omitted=omitted,
        )

    def _rank(self, member: Member) -> tuple[int, int, int, str]:
        """By what the view has of the cluster: the order must not tell of the rest."""
        state = self._board.state(member.uid)
        if state is None or state.health is None:
            return (WORST.index("unknown"), 0, 0, member.name)
        health = health_part(state, member)
        return (WORST.index(health.state), -health.errors, -health.warnings, member.name)

    def _graph(self, member: Member, state: ClusterState) -> Topology:
        key = part_of(member)
        known = self._drawn.get(key)
        if known is None or known[0] != state.revision:
            made = topology(state.snapshot, visible(state, member), namespaces=member.namespaces, closed=member.closed)
            known = self._drawn[key] = (state.revision, made)
        return known[1]

    async def _with_elsewhere(
        self, nodes: Sequence[TopologyNode], places: Mapping[str, _Place], breath: Breath
    ) -> list[TopologyNode]:
        """The routes with the other clusters that have the same; a team's namespace may be called otherwise there."""
        drawn = {node.id for node in nodes}
        found: list[TopologyNode] = []
        for node in nodes:
            if node.layer == "route":
                others = [
                    one
                    for place in places.values()
                    if place.member.name != node.cluster
                    and (one := _same(node, places[node.cluster], place, drawn)) is not None
                ]
                node = msgspec.structs.replace(node, elsewhere=tuple(others[:ELSEWHERE]))
                await breath.take()
            found.append(node)
        return found

    def _places(self, directory: Directory, view: View, members: Iterable[Member]) -> dict[str, _Place]:
        found: dict[str, _Place] = {}
        for member in members:
            state = self._board.state(member.uid)
            if state is not None:
                bindings = told_bindings(directory, view, member.name)
                teams = {b.namespace: b.team for b in bindings}
                found[member.name] = _Place(member, state.objects, teams, {b.team: b.namespace for b in bindings})
        return found


def _same(node: TopologyNode, here: _Place, there: _Place, drawn: set[str]) -> RouteElsewhere | None:
    kind, (namespace, name) = key_of(node.ref)
    team = here.teams.get(namespace)
    where = namespace if team is None else there.namespaces.get(team)
    if where is None or (there.member.namespaces is not None and where not in there.member.namespaces):
        return None
    key: Key = (where, name)
    health = there.objects.get((kind, key))
    if health is None:
        return None
    other = node_id(there.member.name, (kind, key))
    return RouteElsewhere(there.member.name, health.state, len(health.findings), other if other in drawn else "")
