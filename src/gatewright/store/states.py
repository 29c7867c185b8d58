"""What the watchers last knew of each cluster, compressed: a restart begins with it, and other workers show it."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.store.clock import Clock, stamp
from gatewright.store.sql import rows, upsert
from gatewright.store.tables import ClusterStateRow

_LEVEL: Final = 1
MAX_BODY: Final = 64 << 20
"""Bytes of one state before compression: more is not kept, so that one huge cluster does not fill the disk."""


class StoredState(msgspec.Struct, frozen=True):
    """``body`` is the caller's; ``revision`` grows with each of its writes."""

    cluster_uid: str
    revision: int
    stored_at: str
    body: bytes


class States:
    """The cluster states of one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock, max_body: int = MAX_BODY) -> None:
        self._session = session
        self._clock = clock
        self._max_body = max_body

    async def put(self, cluster_uid: str, revision: int, body: bytes) -> bool:
        """Keeps ``body`` in place of the earlier one; False for one that is too large."""
        if len(body) > self._max_body:
            return False
        values = {
            "cluster_id": cluster_uid,
            "revision": revision,
            "stored_at": stamp(self._clock()),
            "body": zlib.compress(body, _LEVEL),
        }
        await upsert(self._session, ClusterStateRow, ["cluster_id"], values)
        return True

    async def since(self, stored_at: str = "") -> list[StoredState]:
        """The states that were stored at or after a moment (``store.clock.stamp``), in that order; all without one."""
        query = (
            select(ClusterStateRow).where(ClusterStateRow.stored_at >= stored_at).order_by(ClusterStateRow.stored_at)
        )
        return await self._found(query)

    async def heads(self) -> dict[str, tuple[int, str]]:
        """By cluster, the revision and ``stored_at`` of what is kept: whoever kept the two that differ knows what to
        read, whatever the clocks and the order of commits of those who wrote."""
        query = select(ClusterStateRow.cluster_id, ClusterStateRow.revision, ClusterStateRow.stored_at)
        return {uid: (revision, stored_at) for uid, revision, stored_at in await self._session.execute(query)}

    async def of(self, clusters: Collection[str]) -> list[StoredState]:
        """The states of these clusters; none for one of which nothing is kept."""
        if not clusters:
            return []
        return await self._found(select(ClusterStateRow).where(ClusterStateRow.cluster_id.in_(clusters)))

    async def _found(self, query: Select[ClusterStateRow]) -> list[StoredState]:
        return [
            StoredState(found.cluster_id, found.revision, found.stored_at, zlib.decompress(found.body))
            for found in await rows(self._session, query)
        ]
