"""One cluster of twelve that is dead or malicious costs the others nothing, is named, and is taken back."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import yaml
from observing import OFTEN, Seen, observing, until
from product import open_product

from gatewright.lab.simulator import Fault, FleetOptions, SimulatedFleet, simulated_fleet
from gatewright.observe.changes import LiveChange
from gatewright.observe.observatory import Observatory

pytestmark = pytest.mark.integration

HTTP_ROUTE = ("gateway.networking.k8s.io", "HTTPRoute")
CLUSTERS = 12
SECONDS = 60.0
"""In which a change must be told on the busiest machine; a dead neighbour that is waited for would take longer."""
GROWTH = 300 << 20


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def crds(gateway_api: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle's CRDs as one JSON file."""
    documents = [d for path in sorted(gateway_api.glob("*.yaml")) for d in yaml.safe_load_all(path.read_text())]
    crds = tmp_path_factory.mktemp("crds") / "crds.json"
    crds.write_text(json.dumps([d for d in documents if d and d["kind"] == "CustomResourceDefinition"]))
    return crds


@pytest.fixture(scope="module")
async def fleet(crds: Path) -> AsyncIterator[SimulatedFleet]:
    async with simulated_fleet(FleetOptions(crds=crds, clusters=CLUSTERS, routes=20)) as fleet:
        yield fleet


class Watched:
    """The fleet and who watches it; the bad cluster is the first one."""

    def __init__(self, fleet: SimulatedFleet, observatory: Observatory, uids: dict[str, str]) -> None:
        self.fleet, self.observatory = fleet, observatory
        self.bad = Seen(observatory, uids[fleet.names[0]])
        self.good = {name: Seen(observatory, uids[name]) for name in fleet.names[1:]}
        self.told: dict[str, LiveChange] = {}

    async def all_is_well(self) -> None:
        everyone = [self.bad, *self.good.values()]
        for seen in everyone:
            await seen.synced()
            await seen.reaches("reachable")
            await seen.until(lambda seen=seen: not seen.state.snapshot.pending)

    async def the_others_are_told(self) -> None:
        """A change in each of the others is told to a follower."""
        following = asyncio.create_task(self._follow())
        try:
            await asyncio.sleep(0)
            wanted = set(self.good)
            changing = asyncio.create_task(self._change(wanted))
            await until(lambda: wanted <= self.told.keys(), lambda: wanted - self.told.keys(), SECONDS)
            await changing
        finally:
            following.cancel()
            self.told.clear()

    async def _follow(self) -> None:
        async for change in self.observatory.board.changes.follow():
            if change.what == "object":
                self.told[change.cluster] = change

    async def _change(self, names: set[str]) -> None:
        while names - self.told.keys():
            async for _ in self.fleet.change(*(names - self.told.keys()), rate=100, seconds=1):
                pass


@pytest.fixture
async def watched(fleet: SimulatedFleet, tmp_path: Path) -> AsyncIterator[Watched]:
    async with open_product(tmp_path / "home", driving=False) as product:
        uids = {
            name: (await product.clusters.register(name, fleet.connection(name), who="tester")).uid
            for name in fleet.names
        }
        async with observing(product.clusters, OFTEN) as observatory:
            found = Watched(fleet, observatory, uids)
            await found.all_is_well()
            yield found
            await fleet.fault(None)


def resident() -> int:
    """Bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


@contextlib.asynccontextmanager
async def measured() -> AsyncIterator[list[int]]:
    """Samples of the resident size while the block runs."""
    gc.collect()
    sizes = [resident()]

    async def sample() -> None:
        while True:
            await asyncio.sleep(0.05)
            sizes.append(resident())

    task = asyncio.create_task(sample())
    try:
        yield sizes
    finally:
        task.cancel()


FAULTS: dict[str, tuple[Fault, str, set[str]]] = {
    "endless": (Fault("endless"), "slow", {"kube.too-many-objects", "kube.not-kubernetes"}),
    "huge": (Fault("huge", mebibytes=64), "slow", {"kube.too-large"}),
    "drip": (Fault("drip", bytes_per_second=100), "slow", {"observe.slow", "kube.timeout"}),
    "hang": (Fault("hang"), "slow", {"observe.slow", "kube.timeout"}),
    "invalid": (Fault("invalid"), "unreachable", {"kube.not-kubernetes"}),
    "invalid lists": (Fault("invalid", resource="httproutes"), "slow", {"kube.not-kubernetes"}),
    "error": (Fault("error"), "slow", {"kube.server-error"}),
    "throttle": (Fault("throttle", seconds=1), "slow", {"kube.too-many-requests", "observe.slow"}),
    "refuse": (Fault("refuse"), "unreachable", {"kube.unreachable", "kube.interrupted"}),
    "unauthorized": (Fault("unauthorized"), "forbidden", {"kube.unauthorized"}),
    "forbidden": (Fault("forbidden"), "forbidden", {"kube.forbidden"}),
    "too old": (Fault("gone", count=200), "reachable", set()),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_the_others_do_not_notice(watched: Watched, name: str) -> None:
    fault, reachability, codes = FAULTS[name]
    fleet, bad = watched.fleet, watched.bad
    cluster = fleet.names[0]
    routes = set(bad.names(HTTP_ROUTE))
    async with measured() as sizes:
        await fleet.fault(fault, cluster)
        # What is watched would not notice for minutes; so everything is asked for anew.
        await fleet.forget(cluster)
        await fleet.drop_watches(cluster)
        await watched.the_others_are_told()
        if codes:
            await bad.until(lambda: bad.state.error is not None and bad.state.error.code in codes)
        await bad.until(lambda: bad.state.reachability == reachability)
        # What was last seen stays.
        assert bad.names(HTTP_ROUTE) == routes
        await watched.the_others_are_told()

        before = (await fleet.load()).requests
        await asyncio.sleep(2)
        asked = (await fleet.load()).requests - before
        assert all(seen.state.reachability == "reachable" for seen in watched.good.values())
    # Twelve heartbeats a second, and what fails is asked again after a pause of up to two seconds: not in a loop.
    assert asked < 240 + (1000 if name == "endless" else 0)
    assert max(sizes) - sizes[0] < GROWTH

    await fleet.fault(None, cluster)
    await bad.reaches("reachable")
    assert bad.state.error is None
    await bad.until(lambda: not bad.state.snapshot.pending and not bad.state.snapshot.unread)
    task = asyncio.create_task(_follow_bad(watched))
    async for _ in fleet.change(cluster, rate=100, seconds=1):
        pass
    await asyncio.wait_for(task, SECONDS)


async def _follow_bad(watched: Watched) -> None:
    async for change in watched.observatory.board.changes.follow():
        if change.cluster == watched.fleet.names[0] and change.what == "object":
            return


async def test_an_object_that_is_nested_too_deeply_is_an_error_of_its_cluster_only(watched: Watched) -> None:
    """Decoding stops at about a thousand levels, for the whole page or event that the object is in."""
    fleet, bad = watched.fleet, watched.bad
    connection = fleet.connection(fleet.names[0])
    url = f"{connection.server}/apis/gateway.networking.k8s.io/v1/namespaces/shared/httproutes"
    deep = '{"a":' * 3000 + "1" + "}" * 3000
    body = (
        '{"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute",'
        f'"metadata":{{"name":"deep","namespace":"shared"}},"spec":{{"deep":{deep}}}}}'
    )
    headers = {"Authorization": f"Bearer {connection.token}", "Content-Type": "application/json"}
    context = ssl.create_default_context(cadata=connection.ca_data)
    async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(ssl=context)) as session:
        async with session.post(url, data=body) as answer:
            assert answer.status == 201, await answer.text()
        await bad.until(lambda: bad.state.error is not None and bad.state.error.code == "kube.not-kubernetes")
        assert bad.state.reachability == "slow"
        assert bad.names(HTTP_ROUTE)
        await watched.the_others_are_told()
        before = (await fleet.load()).requests
        await asyncio.sleep(3)
        assert (await fleet.load()).requests - before < 200
        async with session.delete(f"{url}/deep") as answer:
            assert answer.status == 200, await answer.text()
    await bad.reaches("reachable")
    assert bad.state.error is None
