"""Workers share the clusters fairly: each is watched by one, and a dead worker's clusters move."""

from __future__ import annotations

from typing import Any

import pytest

from gatewright.observe.shares import Shares, fair_share
from gatewright.observe.workers import WATCH_SILENCE, WorkerPresence
from gatewright.store.database import Database

pytestmark = pytest.mark.anyio
CLUSTERS = [f"c{number}" for number in range(7)]


class Worker:
    """One worker, each on a host of its own."""

    def __init__(self, database: Database, number: int) -> None:
        self._database = database
        self.presence = WorkerPresence(database, "watch", host=f"host-{number}")
        self.told: list[frozenset[str]] = []
        self.shares = Shares(database, self.presence, self.told.append)

    async def beat(self) -> None:
        async with self._database.transaction() as unit:
            assert await unit.workers.beat(self.presence.id)


async def start(database: Database, number: int) -> list[Worker]:
    found = [Worker(database, n) for n in range(number)]
    for worker in found:
        await worker.presence.register()
        await worker.shares.balance()
    return found


async def settled(workers: list[Worker], clusters: list[str]) -> None:
    """After a few looks each cluster has exactly one watcher, nobody has more than a fair share, and all is quiet."""
    for _ in range(4):
        for worker in workers:
            await worker.shares.balance()
    mine = [await worker.shares.balance() for worker in workers]
    assert sorted(uid for share in mine for uid in share) == sorted(f"uid-{name}" for name in clusters)
    assert max(map(len, mine)) <= fair_share(len(clusters), len(workers))
    for worker, share in zip(workers, mine, strict=True):
        assert (worker.told[-1] if worker.told else frozenset()) == share


@pytest.mark.parametrize("number", range(1, 6))
async def test_every_cluster_is_watched_by_exactly_one(both: Database, register: Any, number: int) -> None:
    await register(both, *CLUSTERS)
    await settled(await start(both, number), CLUSTERS)


async def test_clusters_that_come_and_workers_that_come_are_shared_out(both: Database, register: Any) -> None:
    [first] = await start(both, 1)
    await settled([first], [])
    await register(both, *CLUSTERS)
    await settled([first], CLUSTERS)
    second = Worker(both, 2)
    await second.presence.register()
    await settled([first, second], CLUSTERS)
    assert {len(await w.shares.balance()) for w in (first, second)} == {3, 4}


async def test_the_clusters_of_a_worker_that_fell_silent_move(both: Database, register: Any, ticker: Any) -> None:
    await register(both, *CLUSTERS)
    workers = await start(both, 3)
    await settled(workers, CLUSTERS)
    ticker.forward(seconds=WATCH_SILENCE + 1)
    for worker in workers[1:]:
        await worker.beat()
    await settled(workers[1:], CLUSTERS)


async def test_a_worker_that_leaves_gives_everything_up_at_once(both: Database, register: Any) -> None:
    await register(both, *CLUSTERS)
    workers = await start(both, 2)
    await settled(workers, CLUSTERS)
    await workers[0].shares.leave()
    await workers[0].presence.leave()
    assert await workers[1].shares.balance() == {f"uid-{name}" for name in CLUSTERS}


@pytest.mark.parametrize(("clusters", "workers", "share"), [(0, 1, 0), (7, 0, 7), (7, 3, 3), (6, 3, 2), (1, 5, 1)])
def test_a_fair_share(clusters: int, workers: int, share: int) -> None:
    assert fair_share(clusters, workers) == share
