"""The scale questions of observation, on a simulated fleet (``gatewright.lab.simulator``, checked against a real API
server by ``tests/integration/test_simulator.py``) and a real Gatewright server in a process of its own.

1. Start-up: seconds until 1,000 clusters with 50 routes each are seen whole (goal 60), and the memory at rest after it
   (goal 1 GiB resident).
2. Latency: while 200 conditions change a second, milliseconds until a subscriber of ``/changes`` is told (goal: 250 at
   the 99th percentile), and whether none was lost; the same while a cluster of 2,000 routes is listed anew.
3. Views: milliseconds of the fleet's and a team's health during those changes (goal: 50 at the 99th percentile).
4. Beside it: the question "which routes are not resolved?" asked with ``kubectl`` in a loop.

``python -m bench.observation [CLUSTERS]``
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import aiohttp
from platformdirs import user_cache_path

from bench.fleet import TARGET
from gatewright.background import alongside
from gatewright.lab.simulator import FleetOptions, SimulatedFleet, simulated_fleet
from gatewright.model.desired import Binding, Desired, Team
from gatewright.observe.clusters import Clusters
from gatewright.store.bundles import Bundle, BundleStore
from gatewright.store.database import Database
from gatewright.store.secrets import KeyRing

ROUTES = 50
LARGE = 2000
RATE = 200.0
SECONDS = 30.0
TEAM = "bench"
KUBECTL_CLUSTERS = 20
FLIPPED = 0.1
"""Seconds: what is changed and changed back within the time in which changes are judged together is no change."""


class Server:
    """A running ``gatewright up``."""

    def __init__(self, url: str, token: str, pid: int, http: aiohttp.ClientSession) -> None:
        self.url = f"{url}/api/v1"
        self.pid = pid
        self.http = http
        self.headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str) -> bytes:
        async with self.http.get(f"{self.url}{path}", headers=self.headers) as answer:
            answer.raise_for_status()
            return await answer.read()

    def resident(self) -> int:
        """Bytes."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE")


def show(name: str, value: float, unit: str, goal: float, note: str = "") -> None:
    held = "held" if value <= goal else "MISSED"
    print(f"{name:<46} {value:9.1f} {unit:<4} goal {goal:7.1f}   {held}   {note}", flush=True)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


async def register(home: Path, fleet: SimulatedFleet) -> None:
    async with Database.open(f"sqlite:///{home / 'gatewright.db'}") as database:
        await database.migrate()
        clusters = Clusters(database, KeyRing.load(home, create=True))
        gate = asyncio.Semaphore(16)

        async def one(name: str) -> None:
            async with gate:
                await clusters.register(name, fleet.connection(name), who="bench")

        await asyncio.gather(*(one(name) for name in fleet.names))
        await clusters.close()
        team: list[Desired] = [Team(TEAM), *(Binding(TEAM, name, "team-a") for name in fleet.names)]
        async with database.transaction() as unit:
            await unit.fleet.apply_desired(team, "bench")


@contextlib.asynccontextmanager
async def server(home: Path) -> AsyncGenerator[Server]:
    environment = {**os.environ, "GATEWRIGHT_HOME": str(home), "GATEWRIGHT_LANG": "en"}
    log = (home / "server.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gatewright.cli", "up", "--port", "0", "-o", "json",
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=log,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        told = await asyncio.wait_for(process.stdout.readuntil(b"}"), 60)
        url = json.loads(told)["url"]
        token = (home / "operator-token").read_text().strip()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as http:
            yield Server(url, token, process.pid, http)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        log.close()


async def start_up(running: Server, clusters: int, began: float) -> None:
    while True:
        health = json.loads(await running.get("/health"))
        if sum(health["clusters"].values()) - health["clusters"].get("unknown", 0) == clusters:
            break
        if time.monotonic() - began > 300:
            raise RuntimeError(f"after 300 s: {health['clusters']}")
        await asyncio.sleep(0.5)
    show(f"start-up, {clusters} clusters x {ROUTES} routes", time.monotonic() - began, "s", 60)
    await asyncio.sleep(20)
    show("resident at rest", running.resident() / 2**20, "MiB", 1024)


async def subscribe(running: Server, seen: dict[tuple[str, str, str], list[float]], ready: asyncio.Event) -> None:
    """Collects the moment at which each object's changes arrive."""
    async with running.http.get(f"{running.url}/changes", headers=running.headers) as answer:
        answer.raise_for_status()
        ready.set()
        async for line in answer.content:
            if line.startswith(b"data: "):
                now = time.time()
                change = json.loads(line[6:])
                if change["what"] == "object":
                    ref = change["ref"]
                    seen.setdefault((change["cluster"], ref.get("namespace", ""), ref["name"]), []).append(now)


async def latency(running: Server, fleet: SimulatedFleet, name: str, disturb: bool) -> None:
    seen: dict[tuple[str, str, str], list[float]] = {}
    made: dict[tuple[str, str, str], list[float]] = {}
    ready = asyncio.Event()
    views: dict[str, list[float]] = {"/health": [], f"/health?team={TEAM}": []}
    async with contextlib.AsyncExitStack() as beside:
        await beside.enter_async_context(alongside(subscribe(running, seen, ready)))
        await ready.wait()
        await beside.enter_async_context(alongside(ask(running, views)))
        if disturb:
            await beside.enter_async_context(alongside(relist(fleet)))
        async for change in fleet.change(rate=RATE, seconds=SECONDS):
            made.setdefault((change.cluster, change.namespace, change.name), []).append(change.at / 1e9)
        await asyncio.sleep(2)
    waits = [1000 * (min(t for t in seen.get(key, ()) if t >= at) - at) for key, moments in made.items()
             for at in moments if any(t >= at for t in seen.get(key, ()))]  # fmt: skip
    total = sum(len(moments) for moments in made.values())
    back = sum(2 for moments in made.values() for at, then in itertools.pairwise(moments) if then - at < FLIPPED)
    note = f"median {percentile(waits, 0.5):.0f}, {total} changes in {SECONDS:.0f} s, {total - len(waits)} not told"
    note += f" ({back} were taken back at once)"
    show(f"a changed condition told, p99, {name}", percentile(waits, 0.99), "ms", 250, note)
    if not disturb:
        for path, times in views.items():
            note = f"median {percentile(times, 0.5):.1f}, {len(times)} asked"
            show(f"GET {path}, p99", percentile(times, 0.99), "ms", 50, note)


async def ask(running: Server, views: dict[str, list[float]]) -> None:
    while True:
        for path, times in views.items():
            began = time.perf_counter()
            await running.get(path)
            times.append(1000 * (time.perf_counter() - began))
            await asyncio.sleep(0.1)


async def relist(fleet: SimulatedFleet) -> None:
    """Makes the watcher of the large cluster list its routes anew, again and again."""
    while True:
        await fleet.forget(fleet.names[-1])
        await fleet.drop_watches(fleet.names[-1])
        await asyncio.sleep(2)


async def kubectl_loop(fleet: SimulatedFleet, folder: Path, clusters: int) -> None:
    """What people do today. Extrapolated from some of the clusters, one after another."""
    names = fleet.names[:KUBECTL_CLUSTERS]
    began = time.perf_counter()
    for name in names:
        connection = fleet.connection(name)
        (folder / "ca.crt").write_text(connection.ca_data)
        command = ["kubectl", f"--server={connection.server}", f"--token={connection.token}"]
        command += [f"--certificate-authority={folder / 'ca.crt'}", "get", "gateways,httproutes", "-A", "-o", "json"]
        await asyncio.to_thread(subprocess.run, command, check=True, stdout=subprocess.DEVNULL)
    each = (time.perf_counter() - began) / len(names)
    print(f"{'kubectl in a loop, the same question':<46} {each * clusters:9.1f} s    "
          f"({1000 * each:.0f} ms a cluster, {len(names)} asked)", flush=True)  # fmt: skip


def prepare(folder: Path, bundle: Bundle) -> tuple[Path, Path]:
    """The server's home, and the file of the CRDs that every cluster has."""
    home, crds = folder / "home", folder / "crds.json"
    home.mkdir(mode=0o700)
    crds.write_text(json.dumps(list(bundle.crds)))
    return home, crds


async def main(clusters: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bundle = await BundleStore(user_cache_path("gatewright") / "bundles").load(TARGET)
        home, crds = prepare(Path(folder), bundle)
        names = FleetOptions(crds, clusters=clusters).names
        options = FleetOptions(crds, clusters=clusters, routes=ROUTES, large={names[-1]: LARGE})
        async with simulated_fleet(options) as fleet:
            began = time.monotonic()
            await register(home, fleet)
            print(f"{'registered':<46} {time.monotonic() - began:9.1f} s", flush=True)
            began = time.monotonic()
            async with server(home) as running:
                await start_up(running, clusters, began)
                await latency(running, fleet, "calm", disturb=False)
                await latency(running, fleet, "beside a re-list", disturb=True)
            await kubectl_loop(fleet, Path(folder), clusters)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
