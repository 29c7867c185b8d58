"""How often somebody tried to sign in, counted in the database: by every server together, and through restarts.

An attempt is counted before its password is checked and given back when it was right, so that many at once cannot try
more than one after another could.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.store.clock import Clock, moment, stamp
from gatewright.store.sql import affected, insert_new, row
from gatewright.store.tables import AttemptRow, SetupCodeRow

WINDOW: Final = timedelta(minutes=15)


class Attempts:
    """The attempts of one transaction. A subject is a name or an address; its hash is what is kept, since people type
    passwords where a name belongs."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def take(self, subject: str, limit: int) -> int:
        """Counts one more attempt and gives 0; where there were ``limit`` within the window, the seconds to wait."""
        now, key = self._clock(), _key(subject)
        await insert_new(self._session, AttemptRow, subject=key, failures=0, since=stamp(now))
        mine = AttemptRow.subject == key
        over = update(AttemptRow).where(mine, AttemptRow.since <= stamp(now - WINDOW))
        await affected(self._session, over.values(failures=0, since=stamp(now)))
        more = update(AttemptRow).where(mine, AttemptRow.failures < limit)
        if await affected(self._session, more.values(failures=AttemptRow.failures + 1)):
            return 0
        since = await row(self._session, select(AttemptRow.since).where(mine))
        left = WINDOW if since is None else moment(since) + WINDOW - now
        return max(1, int(left.total_seconds() + 0.999))

    async def give_back(self, subject: str) -> None:
        """One attempt was none after all."""
        mine = update(AttemptRow).where(AttemptRow.subject == _key(subject), AttemptRow.failures > 0)
        await affected(self._session, mine.values(failures=AttemptRow.failures - 1))

    async def forget(self, subject: str) -> None:
        """Begins to count anew."""
        await affected(self._session, delete(AttemptRow).where(AttemptRow.subject == _key(subject)))

    async def prune(self) -> None:
        """Forgets what no longer counts, without waiting for whoever counts it anew at this moment."""
        old = select(AttemptRow.subject).where(AttemptRow.since <= stamp(self._clock() - WINDOW))
        free = old.with_for_update(skip_locked=True)
        await affected(self._session, delete(AttemptRow).where(AttemptRow.subject.in_(free.scalar_subquery())))


class SetupCodes:
    """The codes for making the first administrator, by their SHA-256."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def keep(self, hash: str) -> None:
        await insert_new(self._session, SetupCodeRow, hash=hash, created_at=stamp(self._clock()))

    async def known(self, hash: str) -> bool:
        return await row(self._session, select(SetupCodeRow.hash).where(SetupCodeRow.hash == hash)) is not None

    async def forget(self) -> None:
        """None of them is good for anything any more."""
        await affected(self._session, delete(SetupCodeRow))


def _key(subject: str) -> str:
    return hashlib.sha256(subject.encode(errors="surrogatepass")).hexdigest()
