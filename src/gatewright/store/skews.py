"""Since when the clusters of a team differ more than the team allows. Only the moment is kept: what differs is computed
anew from what is seen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.store.clock import Clock, moment, stamp
from gatewright.store.sql import affected, insert_new, rows
from gatewright.store.tables import SkewRow


class Skews:
    """The skews of one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def since(self, team: str) -> Mapping[str, datetime]:
        """When each skew that lasts was first noted, by its key (``model.versions.Skew.key``)."""
        found = await rows(self._session, select(SkewRow).where(SkewRow.team == team))
        return {row.key: moment(row.since) for row in found}

    async def note(self, team: str, keys: Collection[str]) -> Mapping[str, datetime]:
        """Remembers the skews that there are now: one that is new begins now, one that is over is forgotten.

        Gives ``since`` of exactly these. The team must be known (the database refuses another).
        """
        gone = (SkewRow.team == team) & SkewRow.key.not_in(list(keys))
        await affected(self._session, delete(SkewRow).where(gone))
        for key in sorted(keys):
            await insert_new(self._session, SkewRow, team=team, key=key, since=stamp(self._clock()))
        return await self.since(team)
