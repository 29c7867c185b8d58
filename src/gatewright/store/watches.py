"""Which worker watches which cluster. A cluster changes hands by its generation, so that of two takers one wins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.store.clock import Clock, stamp
from gatewright.store.sql import affected, insert_new
from gatewright.store.tables import WatchRow


class Watch(msgspec.Struct, frozen=True):
    """``worker`` watches the cluster since ``taken_at``."""

    cluster_uid: str
    worker: str
    generation: int
    taken_at: str


class Watches:
    """The watches of one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def all(self) -> list[Watch]:
        columns = WatchRow.cluster_id, WatchRow.worker, WatchRow.generation, WatchRow.taken_at
        found = await self._session.execute(select(*columns).order_by(WatchRow.cluster_id))
        return [Watch(uid, worker, generation, taken_at) for uid, worker, generation, taken_at in found]

    async def take(self, cluster_uid: str, worker: str, held: Watch | None) -> bool:
        """Takes a cluster that nobody watches, or that ``held`` watches no more. False when another was quicker."""
        now = stamp(self._clock())
        if held is None:
            fresh = {"cluster_id": cluster_uid, "worker": worker, "generation": 1, "taken_at": now}
            return await insert_new(self._session, WatchRow, **fresh)
        unchanged = (WatchRow.cluster_id == cluster_uid) & (WatchRow.generation == held.generation)
        change = {"worker": worker, "generation": held.generation + 1, "taken_at": now}
        return await affected(self._session, update(WatchRow).where(unchanged).values(**change)) == 1

    async def release(self, worker: str, clusters: Iterable[str] | None = None) -> None:
        """Gives clusters up; None: all that the worker watches."""
        mine = WatchRow.worker == worker
        if clusters is None:
            await affected(self._session, delete(WatchRow).where(mine))
            return
        chosen: Sequence[str] = tuple(clusters)
        if chosen:
            await affected(self._session, delete(WatchRow).where(mine & WatchRow.cluster_id.in_(chosen)))
