"""Which clusters this worker watches: a fair share of all, taken by a lease in the database, moved when a worker dies.

Two workers that watch one cluster for a moment do no harm: watching only reads, and the state that is stored last wins.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection
from typing import Final

from gatewright.model.errors import GatewrightError
from gatewright.observe.workers import WorkerPresence
from gatewright.store.database import Database
from gatewright.store.watches import Watch

EVERY: Final = 1.0
"""Seconds between two looks at who is there."""


def fair_share(clusters: int, workers: int) -> int:
    """The most that one of ``workers`` should watch."""
    return -(-clusters // max(1, workers))


class Shares:
    """This worker's share. ``run`` keeps it; ``changed`` is called with it whenever it differs."""

    def __init__(self, database: Database, presence: WorkerPresence, changed: Callable[[frozenset[str]], None]) -> None:
        self._database = database
        self._presence = presence
        self._changed = changed
        self._mine: frozenset[str] = frozenset()

    async def run(self) -> None:
        while True:
            with contextlib.suppress(GatewrightError):
                await self.balance()
            await asyncio.sleep(EVERY)

    async def balance(self) -> frozenset[str]:
        """One look: takes what nobody watches, gives up what is beyond the share. Gives what this worker watches."""
        async with self._database.reading() as unit:
            clusters = await unit.fleet.cluster_uids()
            workers = [worker.id for worker in await unit.workers.all("watch")]
            watches = {watch.cluster_uid: watch for watch in await unit.watches.all()}
        alive = {worker for worker in workers if await self._presence.alive(worker)} | {self._presence.id}
        share = fair_share(len(clusters), len(alive))
        mine = sorted(uid for uid, watch in watches.items() if watch.worker == self._presence.id)
        surplus = mine[share:]
        free = [uid for uid in clusters if uid not in watches or watches[uid].worker not in alive]
        taken = await self._settle(surplus, free[: max(0, share - len(mine))], watches)
        found = frozenset(mine).difference(surplus).union(taken)
        if found != self._mine:
            self._mine = found
            self._changed(found)
        return found

    async def _settle(self, surplus: Collection[str], free: Collection[str], watches: dict[str, Watch]) -> set[str]:
        if not surplus and not free:
            return set()
        async with self._database.transaction() as unit:
            await unit.watches.release(self._presence.id, surplus)
            return {uid for uid in free if await unit.watches.take(uid, self._presence.id, watches.get(uid))}

    async def leave(self) -> None:
        """Gives everything up at once, so that others need not wait for our silence."""
        async with self._database.transaction() as unit:
            await unit.watches.release(self._presence.id)
