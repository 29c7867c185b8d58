"""A process that watches its share of the clusters: ``python watching_worker.py HOME DATABASE``.

Twice a second it says what it sees, a line of JSON: ``watching`` (names of the clusters that it watches itself) and, by
cluster and as its views tell it, ``reachability`` and ``routes`` (how many). For tests that kill it.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from pathlib import Path

import msgspec
from observing import observing

from gatewright.observe.clusters import Clusters
from gatewright.observe.views import Views
from gatewright.store.database import Database
from gatewright.store.secrets import KeyRing


class Sight(msgspec.Struct):
    watching: list[str] = []
    reachability: dict[str, str] = {}
    routes: dict[str, int] = {}


async def main(home: Path, url: str) -> None:
    async with Database.open(url) as database:
        clusters = Clusters(database, KeyRing.load(home, create=False))
        async with observing(clusters) as observatory:
            views = Views(observatory)
            while True:
                rows = await views.status()
                kinds = {row.cluster: Counter(o.ref.kind for o in await views.objects(row.cluster)) for row in rows}
                sight = Sight(
                    sorted(watcher.snapshot.cluster for watcher in observatory.watchers),
                    {row.cluster: row.reachability for row in rows},
                    {name: found["HTTPRoute"] for name, found in kinds.items()},
                )
                print(msgspec.json.encode(sight).decode(), flush=True)
                await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
