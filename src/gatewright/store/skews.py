"""Since when the clusters of a team differ more than the team allows. Only the moment is kept: what differs is computed
anew from what is seen. Every change is told to exactly one of several workers that note it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.store.clock import Clock, moment, stamp
from gatewright.store.sql import affected, insert_new, rows
from gatewright.store.tables import SkewRow


class Lasting(msgspec.Struct, frozen=True):
    """A skew that lasts; ``overdue``: that it has lasted too long was noted."""

    since: datetime
    overdue: bool = False


class Noted(msgspec.Struct, frozen=True):
    """What noting changed: the keys that began and ended by it, and all that last now."""

    lasting: Mapping[str, Lasting]
    began: frozenset[str]
    ended: frozenset[str]


class Skews:
    """The skews of one transaction, by team and by key (``model.versions.Skew.key``)."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def of(self, team: str) -> Mapping[str, Lasting]:
        """The skews of a team that last."""
        found = await rows(self._session, select(SkewRow).where(SkewRow.team == team))
        return {row.key: Lasting(moment(row.since), row.overdue) for row in found}

    async def all(self) -> Mapping[str, Mapping[str, Lasting]]:
        """``of`` every team that has any."""
        found: dict[str, dict[str, Lasting]] = {}
        for row in await rows(self._session, select(SkewRow)):
            found.setdefault(row.team, {})[row.key] = Lasting(moment(row.since), row.overdue)
        return found

    async def note(self, team: str, keys: Collection[str]) -> Noted:
        """Remembers the skews that there are now: one that is new begins now, one that is over is forgotten. The team
        must be known (the database refuses another)."""
        began = {key for key in sorted(keys) if await self._begin(team, key)}
        ended = {key for key in sorted(set(await self.of(team)) - set(keys)) if await self._end(team, key)}
        return Noted(await self.of(team), frozenset(began), frozenset(ended))

    async def mark(self, team: str, key: str, *, overdue: bool) -> bool:
        """Notes whether it has lasted too long; tells whether that is new."""
        this = (SkewRow.team == team) & (SkewRow.key == key) & (SkewRow.overdue != overdue)
        return await affected(self._session, update(SkewRow).where(this).values(overdue=overdue)) > 0

    async def _begin(self, team: str, key: str) -> bool:
        since = stamp(self._clock())
        return await insert_new(self._session, SkewRow, team=team, key=key, since=since, overdue=False)

    async def _end(self, team: str, key: str) -> bool:
        return await affected(self._session, delete(SkewRow).where(SkewRow.team == team, SkewRow.key == key)) > 0
