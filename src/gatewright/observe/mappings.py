"""The mapping of teams' resources over their clusters (资源映射), from the board."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from gatewright.gatewayapi.consistency.hostnames import hostnames_of
from gatewright.gatewayapi.consistency.mapping import KINDS, Spec, differences, spec_of
from gatewright.gatewayapi.kinds import CRD, NAMESPACE, ROUTES, GroupKind, Key
from gatewright.model.desired import Binding
from gatewright.model.health import SEVERITIES, WORST, HealthFinding, HealthState
from gatewright.model.mapping import Agreement, CellPresence, MappingCell, ResourceMapping
from gatewright.observe.audience import View, teams_of
from gatewright.observe.board import ClusterState
from gatewright.observe.breath import Breath
from gatewright.observe.directory import Directory
from gatewright.observe.observatory import Observatory

LOOK_SECONDS: Final = 15.0
_ORDER: Final = {kind: place for place, kind in enumerate(KINDS)}


class Logical(msgspec.Struct, frozen=True):
    """A resource of a team, wherever it is; ``name`` of a Namespace: what the team calls it by default."""

    team: str
    kind: GroupKind
    name: str

    @property
    def order(self) -> tuple[str, int, str, str]:
        """Its place in the list: by team, kind and name."""
        return (self.team, _ORDER[self.kind], self.kind[0], self.name)


class Table(msgspec.Struct, frozen=True):
    """What is mapped: the resources in their order, and the clusters of each team."""

    resources: tuple[Logical, ...]
    places: Mapping[str, Sequence[tuple[str, Binding]]]


class Mappings:
    """The mappings over one observatory."""

    def __init__(self, observatory: Observatory) -> None:
        self._observatory = observatory
        self._board = observatory.board
        self._specs: dict[tuple[str, str], tuple[int, dict[tuple[GroupKind, str], Spec]]] = {}

    async def table(self, view: View = None) -> Table:
        """Everything that the teams of a view have anywhere. Raises ``UnknownTeamError``."""
        directory = await self._observatory.directories.read()
        places = {team: _places(directory, team) for team in teams_of(directory, view)}
        await self._observatory.look({uid for found in places.values() for uid, _ in found}, LOOK_SECONDS)
        breath = Breath.answering()
        found: set[Logical] = set()
        for team, bound in places.items():
            if bound:
                found.add(Logical(team, NAMESPACE, directory.teams[team].namespace))
            for uid, binding in bound:
                found.update(Logical(team, kind, name) for kind, name in self._specs_of(uid, binding.namespace))
                await breath.take()
        return Table(tuple(sorted(found, key=lambda one: one.order)), places)

    async def rows(self, table: Table, wanted: Iterable[Logical]) -> list[ResourceMapping]:
        """These resources of a table, cluster by cluster."""
        breath = Breath.answering()
        found: list[ResourceMapping] = []
        for one in wanted:
            found.append(self._row(one, table.places[one.team]))
            await breath.take()
        return found

    def _row(self, one: Logical, places: Sequence[tuple[str, Binding]]) -> ResourceMapping:
        cells = [self._cell(one, uid, binding) for uid, binding in places]
        specs = {
            binding.cluster: spec
            for uid, binding in places
            if (spec := self._specs_of(uid, binding.namespace).get(_key(one))) is not None
        }
        present = sum(1 for cell in cells if cell.presence == "present")
        told, cut = differences(specs)
        states: set[HealthState] = {cell.state for cell in cells if cell.presence == "present"}
        return ResourceMapping(
            team=one.team,
            group=one.kind[0],
            kind=one.kind[1],
            name=one.name,
            state=_worst(states),
            agreement=_agreement(present, specs),
            present=present,
            cells=tuple(cells),
            differences=told,
            cut=cut,
        )

    def _cell(self, one: Logical, uid: str, binding: Binding) -> MappingCell:
        state = self._board.state(uid)
        if state is None:
            return MappingCell(binding.cluster, binding.namespace, "unseen", "unreachable")
        is_namespace = one.kind == NAMESPACE
        key: Key = ("", binding.namespace) if is_namespace else (binding.namespace, one.name)
        live = state.snapshot.of(one.kind).get(key)
        cell = MappingCell(
            binding.cluster,
            binding.namespace,
            _presence(state, one.kind, live is not None),
            state.reachability,
            seen_at=state.seen_at,
        )
        if live is None:
            return cell
        health = state.objects.get((one.kind, key))
        unjudged: HealthState = "healthy" if is_namespace else "unknown"
        first = min(health.findings, key=_worse, default=None) if health else None
        spec = None if is_namespace else self._specs_of(uid, binding.namespace).get(_key(one))
        return msgspec.structs.replace(
            cell,
            state=health.state if health else unjudged,
            findings=len(health.findings) if health else 0,
            severity=first.severity if first else None,
            code=first.code if first else "",
            reason=first.message if first else None,
            remedy=first.remedy if first else None,
            digest=spec.digest if spec else "",
            hostnames=hostnames_of(state.snapshot, one.kind, live) if one.kind in ROUTES else (),
        )

    def _specs_of(self, uid: str, namespace: str) -> Mapping[tuple[GroupKind, str], Spec]:
        """What a namespace of a cluster has, until the cluster changes."""
        state = self._board.state(uid)
        if state is None:
            return {}
        known = self._specs.get((uid, namespace))
        if known is None or known[0] != state.revision:
            made = {
                (kind, name): spec_of(live, namespace)
                for kind in KINDS
                if kind != NAMESPACE
                for (where, name), live in state.snapshot.of(kind).items()
                if where == namespace
            }
            known = self._specs[uid, namespace] = (state.revision, made)
        return known[1]


def _places(directory: Directory, team: str) -> list[tuple[str, Binding]]:
    uids = {cluster.name: uid for uid, cluster in directory.clusters.items()}
    return [(uids[b.cluster], b) for b in directory.of_team(team) if b.cluster in uids]


def _key(one: Logical) -> tuple[GroupKind, str]:
    return (one.kind, one.name)


def _presence(state: ClusterState, kind: GroupKind, there: bool) -> CellPresence:
    if there:
        return "present"
    unread = kind in state.snapshot.unread or CRD in state.snapshot.unread or state.snapshot.awaits(kind, ("", ""))
    return "unseen" if unread or not state.seen_at else "absent"


def _agreement(present: int, specs: Mapping[str, Spec]) -> Agreement:
    if present < 2:
        return "single" if present else "none"
    return "different" if len({spec.digest for spec in specs.values()}) > 1 else "same"


def _worst(states: Collection[HealthState]) -> HealthState:
    for state in WORST:
        if state in states:
            return state
    return "unknown"


def _worse(finding: HealthFinding) -> int:
    return -SEVERITIES.index(finding.severity)
