"""What we created or adopted in each cluster, as our last write left it: the ground of ownership and of leaving."""

from __future__ import annotations

from typing import cast

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.objects import ObjectRef
from gatewright.model.plan import Origin
from gatewright.planning.request import Record
from gatewright.store.clock import Clock, stamp
from gatewright.store.identities import KEY, is_of, key_of
from gatewright.store.sql import affected, row, rows, upsert
from gatewright.store.tables import RecordRow


class Records:
    """The records of one transaction; clusters by their UID."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def put(self, cluster_uid: str, record: Record) -> None:
        """Remembers an object after our write succeeded. ``created`` is never weakened to ``adopted`` for the same
        UID."""
        before = await self.get(cluster_uid, record.ref)
        origin = "created" if before and before.origin == "created" and before.uid == record.uid else record.origin
        values = {
            **key_of(cluster_uid, record.ref),
            "api_version": record.ref.api_version,
            "origin": origin,
            "uid": record.uid,
            "generation": record.generation,
            "wanted": record.wanted,
            "team": record.team or None,
            "written_at": stamp(self._clock()),
        }
        await upsert(self._session, RecordRow, KEY, values)

    async def of_cluster(self, cluster_uid: str) -> tuple[Record, ...]:
        """Every record of a cluster, by identity."""
        query = select(RecordRow).where(RecordRow.cluster_id == cluster_uid)
        order = (RecordRow.api_group, RecordRow.kind, RecordRow.namespace, RecordRow.name)
        return tuple(_record(found) for found in await rows(self._session, query.order_by(*order)))

    async def written(self, cluster_uid: str) -> list[tuple[Record, str]]:
        """Every record of a cluster, with the time of our last write."""
        query = select(RecordRow).where(RecordRow.cluster_id == cluster_uid)
        return [(_record(found), found.written_at) for found in await rows(self._session, query)]

    async def refs(self) -> dict[str, tuple[ObjectRef, ...]]:
        """The objects with a record, by cluster."""
        found: dict[str, list[ObjectRef]] = {}
        for one in await rows(self._session, select(RecordRow)):
            found.setdefault(one.cluster_id, []).append(_record(one).ref)
        return {uid: tuple(refs) for uid, refs in found.items()}

    async def get(self, cluster_uid: str, ref: ObjectRef) -> Record | None:
        found = await row(self._session, select(RecordRow).where(*is_of(RecordRow, cluster_uid, ref)))
        return None if found is None else _record(found)

    async def forget(self, cluster_uid: str, ref: ObjectRef) -> bool:
        """Drops the record of an object that is gone or no longer ours; tells whether there was one."""
        return await affected(self._session, delete(RecordRow).where(*is_of(RecordRow, cluster_uid, ref))) == 1

    async def forget_team(self, cluster_uid: str, team: str) -> int:
        """Drops the records of a team's own objects on a cluster; gives how many."""
        statement = delete(RecordRow).where(RecordRow.cluster_id == cluster_uid, RecordRow.team == team)
        return await affected(self._session, statement)

    async def forget_cluster(self, cluster_uid: str) -> int:
        """Drops all records of a cluster, e.g. of one that is gone for good; gives how many."""
        return await affected(self._session, delete(RecordRow).where(RecordRow.cluster_id == cluster_uid))


def _record(row: RecordRow) -> Record:
    ref = ObjectRef(row.api_version, row.kind, row.name, row.namespace or None)
    return Record(ref, cast(Origin, row.origin), row.uid, row.generation, row.wanted, row.team or "")
