"""Several workers on one PostgreSQL share the clusters out among them, and one takes over from another."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest
import yaml
from observing import until
from postgresql_server import binaries, execute, server, url
from watching_worker import Sight

from gatewright.lab.simulator import FleetOptions, SimulatedFleet, simulated_fleet
from gatewright.observe.clusters import Clusters
from gatewright.store.database import Database
from gatewright.store.secrets import KeyRing

pytestmark = pytest.mark.integration

CLUSTERS = 30
ROUTES = 4
SECONDS = 90.0
TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    found = binaries()
    if found is None:
        pytest.skip("PostgreSQL is not installed (package: postgresql)")
    with server(found) as folder:
        execute(folder, "CREATE DATABASE gw")
        yield url(folder, "gw")


@pytest.fixture(scope="module")
def crds(gateway_api: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle's CRDs as one JSON file."""
    documents = [d for path in sorted(gateway_api.glob("*.yaml")) for d in yaml.safe_load_all(path.read_text())]
    crds = tmp_path_factory.mktemp("crds") / "crds.json"
    crds.write_text(json.dumps([d for d in documents if d and d["kind"] == "CustomResourceDefinition"]))
    return crds


@pytest.fixture
async def fleet(crds: Path) -> AsyncIterator[SimulatedFleet]:
    async with simulated_fleet(FleetOptions(crds=crds, clusters=CLUSTERS, routes=ROUTES)) as fleet:
        yield fleet


class Worker:
    """A worker process, and what it said last."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.sight = Sight()
        self._reading = asyncio.create_task(self._read())

    def __repr__(self) -> str:
        ended = self.process.returncode
        return f"Worker({len(self.sight.watching)} of {len(self.sight.reachability)}, ended {ended}, {self.sight})"

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.sight = msgspec.json.decode(line, type=Sight)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.signal(signal.SIGKILL)
        await self.process.wait()
        await self._reading


class Workers:
    def __init__(self, home: Path, database: str, fleet: SimulatedFleet) -> None:
        self._home, self._database = home, database
        self.fleet = fleet
        self.all: list[Worker] = []

    async def start(self) -> Worker:
        path = os.pathsep.join([str(TESTS / "integration"), str(TESTS / "support")])
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(TESTS / "integration" / "watching_worker.py"),
            str(self._home),
            self._database,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 20,
            env={**os.environ, "PYTHONPATH": path},
        )
        worker = Worker(process)
        self.all.append(worker)
        return worker

    def shared(self, *workers: Worker) -> bool:
        """Whether these watch every cluster once, in fair shares, and all of them know of all."""
        assert all(worker.process.returncode is None for worker in workers), workers
        watched = Counter(name for worker in workers for name in worker.sight.watching)
        most = -(-CLUSTERS // len(workers))
        return (
            watched == Counter(self.fleet.names)
            and all(len(worker.sight.watching) <= most for worker in workers)
            and all(self.knows(worker) for worker in workers)
        )

    def knows(self, worker: Worker, routes: int = ROUTES) -> bool:
        """Whether its views show every cluster as it is."""
        return worker.sight.reachability == dict.fromkeys(self.fleet.names, "reachable") and all(
            worker.sight.routes[name] >= routes for name in self.fleet.names
        )

    async def until_shared(self, *workers: Worker) -> None:
        await until(lambda: self.shared(*workers), lambda: workers, SECONDS)

    async def all_see(self, cluster: str, routes: int, *workers: Worker) -> None:
        """A change in a cluster is seen by these, whoever watches it."""
        await self.fleet.set_routes(routes, cluster)
        await until(lambda: all(w.sight.routes.get(cluster) == routes for w in workers), lambda: workers, SECONDS)


@pytest.fixture
async def workers(fleet: SimulatedFleet, postgresql: str, tmp_path: Path) -> AsyncIterator[Workers]:
    async with Database.open(postgresql) as database:
        await database.migrate()
        clusters = Clusters(database, KeyRing.load(tmp_path, create=True))
        for name in fleet.names:
            await clusters.register(name, fleet.connection(name), who="tester")
        await clusters.close()
    found = Workers(tmp_path, postgresql, fleet)
    yield found
    await asyncio.gather(*(worker.end() for worker in found.all))


async def test_clusters_are_shared_and_move(workers: Workers) -> None:
    one, two = await workers.start(), await workers.start()
    await workers.until_shared(one, two)
    assert (len(one.sight.watching), len(two.sight.watching)) == (15, 15)

    # One that joins gets its share.
    three = await workers.start()
    await workers.until_shared(one, two, three)
    assert {len(worker.sight.watching) for worker in (one, two, three)} == {10}
    for worker in (one, two, three):
        await workers.all_see(worker.sight.watching[0], ROUTES + 3, one, two, three)

    # One that sleeps is thought dead; awake again, it finds that others watch, and gets a share anew.
    three.signal(signal.SIGSTOP)
    slept = three.sight.watching
    await workers.until_shared(one, two)
    await workers.all_see(slept[0], ROUTES + 5, one, two)
    three.signal(signal.SIGCONT)
    await workers.until_shared(one, two, three)
    await workers.all_see(slept[0], ROUTES + 6, one, two, three)

    # One that is killed: its clusters are watched by the others.
    orphans = three.sight.watching
    three.signal(signal.SIGKILL)
    await workers.until_shared(one, two)
    assert set(orphans) <= {*one.sight.watching, *two.sight.watching}
    await workers.all_see(orphans[0], ROUTES + 8, one, two)

    # One that ends as it should gives up at once; the last one watches all.
    two.signal(signal.SIGINT)
    await workers.until_shared(one)
    await workers.all_see(orphans[0], ROUTES + 9, one)
    assert two.process.returncode is not None
