"""How many there are of what is stored: for metrics, which want no details."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.drift import ACTIVE
from gatewright.store.tables import ClusterRow, DeliveryRow, DriftRow, RolloutRow


class StoredNumbers(msgspec.Struct, frozen=True):
    """``rollouts`` and ``notifications`` by state; ``drifts`` that are not over, by the name of the cluster."""

    rollouts: Mapping[str, int]
    notifications: Mapping[str, int]
    drifts: Mapping[str, int]


async def count(session: AsyncSession) -> StoredNumbers:
    """Counts in three queries, whatever there is."""
    drifts = select(ClusterRow.name, func.count()).join(DriftRow, DriftRow.cluster_id == ClusterRow.id)
    return StoredNumbers(
        await _counts(session, select(RolloutRow.state, func.count()).group_by(RolloutRow.state)),
        await _counts(session, select(DeliveryRow.state, func.count()).group_by(DeliveryRow.state)),
        await _counts(session, drifts.where(DriftRow.state.in_(sorted(ACTIVE))).group_by(ClusterRow.name)),
    )


async def _counts(session: AsyncSession, query: Select[str, int]) -> dict[str, int]:
    return {row[0]: row[1] for row in (await session.execute(query)).all()}
