"""Sessions of browsers, by the SHA-256 of their cookie: who reads the database cannot sign in with what is there."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final, cast

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.people import Method, OpenSession
from gatewright.store.clock import Clock, moment, stamp
from gatewright.store.sql import affected, insert_new, row, rows
from gatewright.store.tables import SessionRow

IDLE: Final = timedelta(hours=12)
LONGEST: Final = timedelta(days=7)
_TOUCH_EVERY: Final = timedelta(minutes=5)
_MAX_AGENT: Final = 200


class FoundSession(msgspec.Struct, frozen=True):
    """A session that has not ended. ``due``: it is time to note that it is in use."""

    id: str
    user_id: str
    due: bool


class Sessions:
    """The sessions of one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def open(self, hash: str, user_id: str, method: Method, *, address: str, agent: str) -> str:
        """A new session; gives its id. What has ended is forgotten on the way."""
        now = self._clock()
        await affected(self._session, delete(SessionRow).where(SessionRow.idle_until <= stamp(now)))
        opened = secrets.token_hex(8)
        await insert_new(
            self._session,
            SessionRow,
            hash=hash,
            id=opened,
            user_id=user_id,
            method=method,
            created_at=stamp(now),
            seen_at=stamp(now),
            idle_until=stamp(now + IDLE),
            expires_at=stamp(now + LONGEST),
            address=address,
            agent=agent[:_MAX_AGENT],
        )
        return opened

    async def find(self, hash: str) -> FoundSession | None:
        """The session of a cookie, None where there is none or it has ended."""
        found = await row(self._session, select(SessionRow).where(SessionRow.hash == hash))
        now = self._clock()
        if found is None or stamp(now) >= found.idle_until:
            return None
        return FoundSession(found.id, found.user_id, now - moment(found.seen_at) >= _TOUCH_EVERY)

    async def touch(self, hash: str) -> None:
        """It is in use: it goes on for as long as it may."""
        now = self._clock()
        found = await row(self._session, select(SessionRow.expires_at).where(SessionRow.hash == hash))
        if found is not None:
            values = {"seen_at": stamp(now), "idle_until": min(stamp(now + IDLE), found)}
            await affected(self._session, update(SessionRow).where(SessionRow.hash == hash).values(**values))

    async def of(self, user_id: str) -> list[OpenSession]:
        """A person's sessions that have not ended, the one used last first."""
        query = select(SessionRow).where(SessionRow.user_id == user_id, SessionRow.idle_until > stamp(self._clock()))
        return [_open(r) for r in await rows(self._session, query.order_by(SessionRow.seen_at.desc(), SessionRow.id))]

    async def end(self, user_id: str, id: str) -> bool:
        """Ends one of a person's sessions; tells whether there was one."""
        mine = (SessionRow.user_id == user_id) & (SessionRow.id == id)
        return await affected(self._session, delete(SessionRow).where(mine)) == 1

    async def end_all(self, user_id: str, *, but: str = "") -> int:
        """Ends a person's sessions, except the one with the id ``but``; gives how many."""
        others = (SessionRow.user_id == user_id) & (SessionRow.id != but)
        return await affected(self._session, delete(SessionRow).where(others))


def _open(row: SessionRow) -> OpenSession:
    return OpenSession(
        row.id, cast(Method, row.method), row.created_at, row.seen_at, row.idle_until, row.address, row.agent
    )
