"""What people see of the clusters: status, health, findings and explanations, for the fleet, a team or a cluster.

Answered from the board. A process that does not watch (a single command without a server) looks first.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Final

import msgspec

from gatewright.gatewayapi.health import explain, explain_cluster, of_namespaces, roll_up, with_findings
from gatewright.gatewayapi.kinds import GATEWAY_CLASS, GroupKind, Key
from gatewright.model.errors import NotFoundError
from gatewright.model.health import ClusterHealth, Found, Health, Node, ObjectHealth
from gatewright.model.status import ClusterStatus
from gatewright.observe.audience import Audience, Member, View, member_of, members_of
from gatewright.observe.board import Board, ClusterState, Identity, Part, health_of
from gatewright.observe.breath import Breath
from gatewright.observe.consistency import Consistency
from gatewright.observe.directory import Directory
from gatewright.observe.guests import Guests
from gatewright.observe.kinds import kind_named
from gatewright.observe.observatory import Observatory
from gatewright.observe.status import status_of

LOOK_SECONDS: Final = 15.0
FLEET: Final = "fleet"
PARTS: Final = 1024
"""How many views of one cluster are kept."""


class UnknownObjectError(NotFoundError):
    """No object of that kind and name was seen in the clusters that were asked about."""

    code: ClassVar[str] = "observe.unknown-object"


async def team_health(board: Board, directory: Directory, team: str) -> Health:
    """A team rolled up, its members with their causes; others run while many are. Raises ``UnknownTeamError``."""
    breath = Breath()
    members: list[ClusterHealth] = []
    for member in members_of(directory, team):
        members.append(_seen(board.state(member.uid), member))
        await breath.take()
    return roll_up(team, members)


class Views:
    """The views over one observatory."""

    def __init__(self, observatory: Observatory, consistency: Consistency | None = None) -> None:
        """``consistency``: who knows how the clusters of teams differ; None: that is no part of health."""
        self._observatory = observatory
        self._consistency = consistency
        self._board = observatory.board

    async def status(self, view: View = None) -> list[ClusterStatus]:
        """One row per cluster (of a view), by name; to an audience the health of its part. Raises
        ``UnknownTeamError``."""
        directory, members = await self.members(view)
        rows = [
            status_of(directory.clusters[m.uid], self._board.state(m.uid), directory.owned.get(m.uid, ()), m.binding)
            for m in members
        ]
        if not isinstance(view, Audience):
            return rows
        states = [self._health(member).state for member in members]
        return [msgspec.structs.replace(row, health=state) for row, state in zip(rows, states, strict=True)]

    async def health(self, view: View = None) -> Health:
        """A team or the fleet rolled up, with the skew of the team (of every team); the members without their causes,
        which the whole has. Raises ``UnknownTeamError``."""
        _, members = await self.members(view)
        name = view.asked if isinstance(view, Audience) else view
        rolled = roll_up(name or FLEET, [self._health(m) for m in members])
        short = tuple(msgspec.structs.replace(m, causes=()) for m in rolled.members)
        skews = await self._consistency.skews(view) if self._consistency else ()
        return with_findings(msgspec.structs.replace(rolled, members=short), [skew.finding for skew in skews])

    async def healths(self, views: Iterable[View]) -> list[Health]:
        """Each view as ``health`` has it, for lists of teams; others are answered while there are many. Raises
        ``UnknownTeamError``."""
        breath = Breath.answering()
        found: list[Health] = []
        for view in views:
            found.append(await self.health(view))
            await breath.take()
        return found

    async def cluster(self, name: str, view: View = None) -> ClusterHealth:
        """One cluster (as a team sees it), with its causes. Raises ``UnknownClusterError``, ``UnknownTeamError``,
        ``UnknownBindingError``."""
        return self._health(await self._member(name, view))

    async def objects(self, name: str, view: View = None) -> list[ObjectHealth]:
        """Every judged object of a cluster, by kind, namespace and name; none where the team is not bound to it."""
        _, members = await self.members(view, [name])
        found: Mapping[Identity, ObjectHealth] = self._objects(members[0]) if members else {}
        return [found[identity] for identity in sorted(found)]

    async def findings(self, view: View = None, names: Sequence[str] = (), code: str | None = None) -> list[Found]:
        """Every finding, by cluster, severity and object."""
        _, members = await self.members(view, names)
        found = [
            Found(member.name, finding)
            for member in members
            for health in self._objects(member).values()
            for finding in health.findings
            if code is None or finding.code == code
        ]
        return sorted(found, key=lambda f: (f.cluster, f.finding.severity, f.finding.identity))

    async def explain(
        self, kind: str, name: str, *, namespace: str | None = None, view: View = None, names: Sequence[str] = ()
    ) -> list[Node]:
        """The tree of an object in every cluster that has it; ``name`` may be ``NAMESPACE/NAME``. The kind ``cluster``
        draws a whole cluster. Raises ``UnknownKindError``, ``UnknownObjectError``, ``UnknownTeamError``,
        ``UnknownClusterError``, ``UnknownBindingError``."""
        if kind in ("cluster", "clusters"):
            member = await self._member(name, view)
            return [self._whole(member)] if self._board.state(member.uid) else []
        wanted = kind_named(kind)
        given, _, bare = name.rpartition("/")
        _, members = await self.members(view, names)
        nodes = [
            _located(explain(state.snapshot, self._objects(member), wanted, key), member.name)
            for member in members
            if (state := self._board.state(member.uid)) is not None
            for key in self._keys(member, state, wanted, namespace or given or None, bare)
        ]
        if not nodes:
            raise UnknownObjectError(kind=wanted[1], name=name[:120])
        return nodes

    def _keys(
        self, member: Member, state: ClusterState, kind: GroupKind, namespace: str | None, name: str
    ) -> Iterable[Key]:
        seen = self._objects(member)
        for key in sorted(state.snapshot.of(kind)):
            in_scope = namespace is None or key[0] == namespace or kind == GATEWAY_CLASS
            if key[1] == name and in_scope and (member.namespaces is None or (kind, key) in seen):
                yield key

    def _whole(self, member: Member) -> Node:
        state = self._board.state(member.uid)
        assert state is not None
        return _located(explain_cluster(state.snapshot, self._objects(member)), member.name)

    async def members(self, view: View, names: Sequence[str] = ()) -> tuple[Directory, list[Member]]:
        """The clusters of a view (these of them), seen. Raises ``UnknownTeamError``, ``UnknownClusterError``."""
        directory = await self._observatory.directories.read()
        members = members_of(directory, view, names)
        await self._observatory.look([m.uid for m in members], LOOK_SECONDS)
        return directory, members

    async def _member(self, name: str, view: View) -> Member:
        directory = await self._observatory.directories.read()
        member = member_of(directory, view, name)
        await self._observatory.look([member.uid], LOOK_SECONDS)
        return member

    def _objects(self, member: Member) -> Mapping[Identity, ObjectHealth]:
        state = self._board.state(member.uid)
        return {} if state is None else visible(state, member)

    def _health(self, member: Member) -> ClusterHealth:
        return _seen(self._board.state(member.uid), member)


def visible(state: ClusterState, member: Member) -> Mapping[Identity, ObjectHealth]:
    """What may be seen of a cluster: all of it, or what concerns the view; to an audience without what is others'."""
    if member.namespaces is None:
        return state.objects
    found = of_namespaces(state.objects, member.namespaces)
    if not member.guest:
        return found
    guests = Guests(state.snapshot, member.namespaces, member.closed)
    return {key: guests.told(key, health) for key, health in found.items() if key[1][0] not in member.closed}


def part_of(state: ClusterState, member: Member) -> ClusterHealth:
    """The health of what a view has of a cluster, kept until something changes."""
    if member.namespaces is None:
        return state.health or health_of(state, state.objects)
    part = _part(member, member.namespaces)
    known = state.parts.get(part)
    if known is None or known.revision != state.revision:
        if len(state.parts) >= PARTS and known is None:
            state.parts.clear()
        known = state.parts[part] = Part(state.revision, _made(member, state), functools.partial(_made, member), 0)
    known.asked = time.monotonic()
    return msgspec.structs.replace(known.health, seen_at=state.seen_at, error=state.error)


def _made(member: Member, state: ClusterState) -> ClusterHealth:
    return health_of(state, visible(state, member))


def _part(member: Member, namespaces: frozenset[str]) -> str:
    return "/".join((*sorted(namespaces), *(("", *sorted(member.closed)) if member.guest else ())))


def _seen(state: ClusterState | None, member: Member) -> ClusterHealth:
    if state is None:
        return ClusterHealth(member.name, "unknown", "unreachable", "", "")
    return part_of(state, member)


def _located(node: Node, cluster: str) -> Node:
    return msgspec.structs.replace(node, cluster=cluster)
