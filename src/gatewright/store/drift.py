"""The drift of each object of ours: its last episode, open or closed."""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.drift import ACTIVE, Drift, DriftState
from gatewright.model.objects import ObjectRef
from gatewright.store.clock import Clock, stamp
from gatewright.store.identities import KEY, is_of, key_of
from gatewright.store.sql import Teams, affected, among, pack, rows, unpack, upsert
from gatewright.store.tables import BindingRow, ClusterRow, DriftRow


class Drifts:
    """The drifts of one transaction; clusters by their UID where nothing else is said."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def put(self, cluster_uid: str, drift: Drift) -> None:
        """Replaces what was known of the object's drift."""
        values = {
            **key_of(cluster_uid, drift.ref),
            "team": drift.team,
            "state": drift.state,
            "found_at": drift.found_at,
            "due_at": drift.due_at,
            "body": pack(drift),
        }
        await upsert(self._session, DriftRow, KEY, values)

    async def of_cluster(self, cluster_uid: str) -> dict[tuple[str, str, str, str], Drift]:
        """Every drift of a cluster, by the identity of its object."""
        found = await rows(self._session, select(DriftRow).where(DriftRow.cluster_id == cluster_uid))
        return {drift.ref.identity: drift for drift in map(_drift, found)}

    async def all(
        self, *, team: Teams | None = None, cluster: str | None = None, states: Collection[DriftState] = ACTIVE
    ) -> list[Drift]:
        """The drifts in some states, the newest first; of one cluster (by name), or those that concern a team: on its
        clusters, without the namespaces of other teams."""
        query = select(DriftRow).join(ClusterRow, ClusterRow.id == DriftRow.cluster_id)
        query = query.where(DriftRow.state.in_(sorted(states)))
        if cluster is not None:
            query = query.where(ClusterRow.name == cluster)
        if team is not None:
            bound = select(BindingRow.cluster_id).where(among(BindingRow.team, team))
            query = query.where(DriftRow.cluster_id.in_(bound), (DriftRow.team == "") | among(DriftRow.team, team))
        order = (DriftRow.found_at.desc(), *(getattr(DriftRow, name) for name in KEY))
        return [_drift(found) for found in await rows(self._session, query.order_by(*order))]

    async def due(self) -> list[str]:
        """The UIDs of the clusters that have a drift to look at again by now."""
        query = select(DriftRow.cluster_id).where(
            DriftRow.state.in_(("open", "healing")), DriftRow.due_at <= stamp(self._clock())
        )
        return await rows(self._session, query.distinct())

    async def resume(
        self, cluster_uid: str, ref: ObjectRef | None = None, *, teams: Container[str] | None = None
    ) -> Sequence[Drift]:
        """Lets what is fought about be put back again (one object's, or all of the cluster's); gives them. ``teams``:
        only what is theirs."""
        now = stamp(self._clock())
        resumed: list[Drift] = []
        for drift in (await self.of_cluster(cluster_uid)).values():
            if drift.state != "fought" or (ref is not None and drift.ref.identity != ref.identity):
                continue
            if teams is not None and drift.team not in teams:
                continue
            drift = msgspec.structs.replace(drift, state="open", attempts=(), returned=0, why=None, due_at=now)
            await self.put(cluster_uid, drift)
            resumed.append(drift)
        return resumed

    async def forget(self, cluster_uid: str, ref: ObjectRef) -> None:
        """Drops what is known of an object that is no longer ours."""
        await affected(self._session, delete(DriftRow).where(*is_of(DriftRow, cluster_uid, ref)))

    async def forget_team(self, team: str) -> None:
        """Drops what is known of objects in the namespaces of a team that goes."""
        await affected(self._session, delete(DriftRow).where(DriftRow.team == team))


def _drift(row: DriftRow) -> Drift:
    return unpack(row.body, Drift)
