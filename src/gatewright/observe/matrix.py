"""The fleet as rows, one per cluster: made anew of a cluster only when something in it changed.

A page of a thousand clusters asks every few seconds; what is computed from a cluster's objects is kept until the board
judges that cluster again, and only what comes from elsewhere is put in each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from gatewright.gatewayapi.health.certificates import THRESHOLDS
from gatewright.gatewayapi.health.references import certificates
from gatewright.gatewayapi.health.rollup import counts
from gatewright.gatewayapi.kinds import GATEWAY, LISTENER_SET, ROUTES, SECRET, X_LISTENER_SET, Key
from gatewright.gatewayapi.live import ref_of
from gatewright.gatewayapi.surroundings import Secret
from gatewright.model.desired import RegisteredCluster
from gatewright.model.health import HealthState, ObjectHealth
from gatewright.model.matrix import CertificateTally, ClusterSkew, FleetRow
from gatewright.model.objects import ObjectRef
from gatewright.model.versions import SkewFinding
from gatewright.observe.audience import Member, View, members_of, teams_of
from gatewright.observe.board import ClusterState, Identity, health_of
from gatewright.observe.breath import Breath
from gatewright.observe.consistency import Consistency
from gatewright.observe.observatory import Observatory
from gatewright.observe.sight import Part, names, part_of, told_bindings
from gatewright.observe.status import status_of
from gatewright.observe.views import visible
from gatewright.store.ongoing import ongoing

LOOK_SECONDS: Final = 15.0
_SOON: Final = timedelta(days=max(days for days, severity in THRESHOLDS if severity != "info"))
_SETS: Final = frozenset({LISTENER_SET, X_LISTENER_SET})


class _Kept(msgspec.Struct, frozen=True):
    """A row, and what it was made from."""

    revision: int
    cluster: RegisteredCluster
    owned: Sequence[ObjectRef]
    row: FleetRow


class FleetMatrix:
    """The rows over one observatory."""

    def __init__(self, observatory: Observatory, consistency: Consistency) -> None:
        self._observatory = observatory
        self._board = observatory.board
        self._consistency = consistency
        self._kept: dict[Part, _Kept] = {}

    async def rows(self, view: View = None) -> list[FleetRow]:
        """One row per cluster of a view, by name. Raises ``UnknownTeamError``."""
        directory = await self._observatory.directories.read()
        members = members_of(directory, view)
        await self._observatory.look([m.uid for m in members], LOOK_SECONDS)
        async with self._observatory.clusters.database.reading() as unit:
            now = await ongoing(unit.session)
        skews = by_cluster(await self._consistency.skews(view))
        teams = None if view is None else frozenset(teams_of(directory, view))
        breath = Breath.answering()
        found: list[FleetRow] = []
        for member in members:
            cluster, owned = directory.clusters[member.uid], directory.owned.get(member.uid, ())
            row = _seen_now(self._row(member, cluster, owned), self._board.state(member.uid))
            rollout = now.rollouts.get(member.uid)
            drifts = now.drifts.get(member.uid, {})
            found.append(
                msgspec.structs.replace(
                    row,
                    drifts=sum(number for team, number in drifts.items() if teams is None or team in ("", *teams)),
                    rollout=rollout if rollout is not None and names(view, rollout.team) else None,
                    skews=tuple(skews.get(member.name, ())),
                    teams=tuple(binding.team for binding in told_bindings(directory, view, member.name)),
                )
            )
            await breath.take()
        self._forget(directory.clusters)
        return found

    def _row(self, member: Member, cluster: RegisteredCluster, owned: Sequence[ObjectRef]) -> FleetRow:
        state = self._board.state(member.uid)
        revision = -1 if state is None else state.revision
        key = part_of(member)
        kept = self._kept.get(key)
        if kept is None or (kept.revision, kept.cluster, kept.owned) != (revision, cluster, owned):
            kept = self._kept[key] = _Kept(revision, cluster, owned, row_of(member, cluster, state, owned))
        return kept.row

    def _forget(self, clusters: Mapping[str, RegisteredCluster]) -> None:
        for key in [key for key in self._kept if key[0] not in clusters]:
            del self._kept[key]


def row_of(
    member: Member, cluster: RegisteredCluster, state: ClusterState | None, owned: Iterable[ObjectRef]
) -> FleetRow:
    """The row of a cluster from what is known of it; what others know (rollouts, drift, skew) is not in it."""
    status = status_of(cluster, state, owned)
    row = FleetRow(
        cluster=cluster.name,
        state="unknown",
        reachability=status.reachability,
        since=status.since,
        insecure=status.insecure,
        kubernetes=status.kubernetes,
        custody=status.custody,
        owners=status.owners,
        controllers=status.controllers,
        added_at=cluster.added_at,
    )
    if state is None:
        return row
    objects = visible(state, member)
    whole = member.namespaces is None and state.health is not None
    health = state.health if whole and state.health else health_of(state, objects)
    versions = state.versions if state.seen_at else None
    return msgspec.structs.replace(
        row,
        state=health.state,
        cause=msgspec.structs.replace(health.causes[0], affected=()) if health.causes else None,
        causes=len(health.causes),
        errors=health.errors,
        warnings=health.warnings,
        gateways=health.gateways,
        routes=counts(_states(objects)),
        certificates=certificates_of(state, objects),
        bundle_state=versions.state if versions else "unknown",
        bundle=versions.claims[0].version if versions and versions.claims else "",
        channel=versions.claims[0].channel if versions and versions.claims else "",
    )


def _states(objects: Mapping[Identity, ObjectHealth]) -> Iterable[HealthState]:
    return (found.state for (kind, _), found in objects.items() if kind in ROUTES)


def certificates_of(
    state: ClusterState, objects: Mapping[Identity, ObjectHealth], now: datetime | None = None
) -> CertificateTally:
    """The certificates that the listeners of these objects refer to, of those that were read."""
    secrets: Mapping[Key, Secret] = state.snapshot.of(SECRET)
    if not secrets:
        return CertificateTally()
    used = {key: secrets[key] for key in _used(state, objects) if key in secrets}
    edge = (now or datetime.now(UTC)) + _SOON
    ends = sorted((s.certificate.not_after, key) for key, s in used.items() if s.certificate is not None)
    bad = sum(1 for s in used.values() if s.problem or s.certificate is None or _moment(s.certificate.not_after) < edge)
    soonest, key = ends[0] if ends else ("", None)
    return CertificateTally(len(used), bad, soonest, None if key is None else ref_of(SECRET, key))


def _used(state: ClusterState, objects: Mapping[Identity, ObjectHealth]) -> set[Key]:
    found: set[Key] = set()
    for kind, key in objects:
        if kind != GATEWAY and kind not in _SETS:
            continue
        live = state.snapshot.of(kind).get(key)
        for index, listener in enumerate((live.spec.listeners if live else None) or ()):
            found |= {(t.namespace, t.name) for t in certificates(listener, key[0], index) if t.group_kind == SECRET}
    return found


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def by_cluster(findings: Iterable[SkewFinding]) -> dict[str, list[ClusterSkew]]:
    """The skew of teams at the clusters that should move (at all that differ, where none is ahead)."""
    found: dict[str, list[ClusterSkew]] = {}
    for one in findings:
        told = ClusterSkew(
            one.finding.subject.name,
            one.skew.key,
            one.finding.severity,
            one.finding.message,
            one.finding.remedy,
            one.deadline,
        )
        for cluster in one.skew.behind or tuple(one.skew.versions):
            found.setdefault(cluster, []).append(told)
    return found


def _seen_now(row: FleetRow, state: ClusterState | None) -> FleetRow:
    """With what changes although nothing in the cluster does."""
    if state is None:
        return row
    return msgspec.structs.replace(
        row, reachability=state.reachability, since=state.since, seen_at=state.seen_at, error=state.error
    )
