"""The simulated fleet alone: its content, its faults, and its end. Needs a Go toolchain, and no network."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gatewright.kube import errors
from gatewright.kube.client import KubeClient
from gatewright.kube.resources import (
    CRDS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    GATEWAY_CLASSES,
    GATEWAYS,
    HTTP_ROUTES,
    NAMESPACES,
    REFERENCE_GRANTS,
    SERVICES,
    Resource,
)
from gatewright.kube.transport import ClientOptions
from gatewright.kube.watch import WatchEvent
from gatewright.lab import simulator
from gatewright.lab.errors import UnknownCluster
from gatewright.lab.process import is_alive, reference
from gatewright.lab.programs import digest
from gatewright.lab.simulator import Fault, FleetOptions, SimulatedFleet, simulated_fleet

ROUTES = 20


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def crd(resource: Resource, *, status: bool = True) -> dict[str, Any]:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": resource.version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": resource.plural, "kind": resource.kind, "listKind": f"{resource.kind}List"}
    return {
        "apiVersion": CRDS.api_version,
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{resource.plural}.{resource.group}"},
        "spec": {
            "group": resource.group,
            "scope": "Namespaced" if resource.namespaced else "Cluster",
            "names": {**names, "singular": resource.kind.lower()},
            "versions": [{**version, **({"subresources": {"status": {}}} if status else {})}],
        },
    }


@pytest.fixture(scope="module")
def crds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("crds") / "crds.json"
    kinds = [crd(kind) for kind in (GATEWAY_CLASSES, GATEWAYS, HTTP_ROUTES)]
    path.write_text(json.dumps([*kinds, crd(REFERENCE_GRANTS, status=False)]))
    return path


@pytest.fixture(scope="module")
async def fleet(crds: Path) -> AsyncIterator[SimulatedFleet]:
    options = FleetOptions(crds=crds, clusters=3, routes=ROUTES, gateways=2, large={"cluster-0003": 100}, history=50)
    async with simulated_fleet(options) as fleet:
        yield fleet


FIRST, SECOND, LARGE = "cluster-0001", "cluster-0002", "cluster-0003"
HASTY = ClientOptions(attempts=1)


@contextlib.asynccontextmanager
async def client(
    fleet: SimulatedFleet, name: str = FIRST, options: ClientOptions | None = None
) -> AsyncIterator[KubeClient]:
    async with KubeClient(fleet.connection(name), options=options) as kube:
        yield kube


@contextlib.asynccontextmanager
async def afflicted(fleet: SimulatedFleet, fault: Fault, options: ClientOptions = HASTY) -> AsyncIterator[KubeClient]:
    """The first cluster with a fault; when it is over the cluster answers again."""
    async with client(fleet, FIRST, options) as kube:
        await fleet.fault(fault, FIRST)
        try:
            async with client(fleet, SECOND) as other:
                assert await other.version()
            yield kube
        finally:
            await fleet.fault(None, FIRST)
    async with client(fleet) as kube:
        assert await kube.list(HTTP_ROUTES)


def names(objects: list[dict[str, Any]]) -> list[str]:
    return [o["metadata"]["name"] for o in objects]


def conditions(holder: dict[str, Any]) -> dict[str, str]:
    return {c["type"]: c["status"] for c in holder["conditions"]}


async def test_everything_is_healthy_at_the_start(fleet: SimulatedFleet) -> None:
    async with client(fleet) as kube:
        routes, gateways = await kube.list(HTTP_ROUTES), await kube.list(GATEWAYS)
        (gateway_class,) = await kube.list(GATEWAY_CLASSES)
        (controller,) = await kube.list(DEPLOYMENTS)
        services = {(o["metadata"]["namespace"], o["metadata"]["name"]) for o in await kube.list(SERVICES)}
        endpoints = await kube.list(ENDPOINT_SLICES)
        (grant,) = await kube.list(REFERENCE_GRANTS)
    assert conditions(gateway_class["status"]) == {"Accepted": "True"}
    assert conditions(controller["status"]) == {"Available": "True", "Progressing": "True"}
    assert controller["spec"]["template"]["spec"]["containers"][0]["image"] == "traefik:v3.7.15"
    assert sum(g["status"]["listeners"][0]["attachedRoutes"] for g in gateways) == len(routes) == ROUTES
    served = {(o["metadata"]["namespace"], o["metadata"]["labels"]["kubernetes.io/service-name"]) for o in endpoints}
    allowed = {f["namespace"] for f in grant["spec"]["from"]}
    for o in routes:
        (parent,) = o["status"]["parents"]
        assert conditions(parent) == {"Accepted": "True", "ResolvedRefs": "True"}
        assert parent["parentRef"] in o["spec"]["parentRefs"]
        assert parent["parentRef"]["name"] in names(gateways)
        assert {c["observedGeneration"] for c in parent["conditions"]} == {o["metadata"]["generation"]}
        for backend in (b for rule in o["spec"]["rules"] for b in rule["backendRefs"]):
            namespace = backend.get("namespace", o["metadata"]["namespace"])
            assert (namespace, backend["name"]) in services & served
            assert namespace == o["metadata"]["namespace"] or o["metadata"]["namespace"] in allowed
    assert len({o["metadata"]["namespace"] for o in routes}) == 3


async def test_clusters_are_alike_but_not_the_same(fleet: SimulatedFleet) -> None:
    identities: list[str] = []
    hostnames: list[str] = []
    for name in fleet.names:
        async with client(fleet, name) as kube:
            identities.append((await kube.get(NAMESPACES, "kube-system"))["metadata"]["uid"])
            hostnames += [h for o in await kube.list(HTTP_ROUTES) for h in o["spec"]["hostnames"]]
    assert len(set(identities)) == 3
    assert len(set(hostnames)) == 2 * ROUTES + 100
    with pytest.raises(UnknownCluster):
        fleet.connection("nowhere")
    with pytest.raises(UnknownCluster):
        await fleet.fault("hang", "nowhere")
    with pytest.raises(UnknownCluster):
        await anext(fleet.change("nowhere"))


async def test_the_same_seed_makes_the_same_fleet(crds: Path, fleet: SimulatedFleet) -> None:
    same = FleetOptions(crds=crds, clusters=1, routes=ROUTES, gateways=2)
    async with simulated_fleet(same) as again, client(again) as kube, client(fleet) as first:
        uids = [(await k.get(NAMESPACES, "kube-system"))["metadata"]["uid"] for k in (kube, first)]
    assert uids[0] == uids[1]
    async with simulated_fleet(FleetOptions(crds=crds, clusters=1, routes=1, seed=2)) as other, client(other) as kube:
        assert (await kube.get(NAMESPACES, "kube-system"))["metadata"]["uid"] != uids[0]


@pytest.mark.parametrize("http2", [True, False])
async def test_changes_are_told_and_seen(fleet: SimulatedFleet, http2: bool) -> None:
    async with client(fleet, SECOND, ClientOptions(http2=http2)) as kube:
        listed = await kube.get_raw(HTTP_ROUTES.path(), {"limit": "1"})
        start = json.loads(listed)["metadata"]["resourceVersion"]
        before = time.time_ns()
        told = [change async for change in fleet.change(SECOND, rate=100, seconds=0.3)]
        assert len(told) == 30
        assert all(before <= change.at <= time.time_ns() and change.cluster == SECOND for change in told)
        seen: list[WatchEvent] = []
        async with contextlib.aclosing(kube.watch(HTTP_ROUTES, resource_version=start)) as watch:
            async for event in watch:
                seen.append(event)
                if len(seen) == len(told):
                    break
    shown = [(e.resource_version, e.object["metadata"]["name"]) for e in seen]
    assert shown == [(change.resource_version, change.name) for change in told]
    for event, change in zip(seen, told, strict=True):
        assert conditions(event.object["status"]["parents"][0])["ResolvedRefs"] == change.status
        assert event.object["metadata"]["generation"] == 1


async def test_routes_come_and_go(fleet: SimulatedFleet) -> None:
    async with client(fleet, LARGE) as kube:
        assert len(await kube.list(HTTP_ROUTES)) == 100
        for count in (120, 3):
            await fleet.set_routes(count, LARGE)
            routes, gateways = await kube.list(HTTP_ROUTES), await kube.list(GATEWAYS)
            assert len(routes) == count
            assert sum(g["status"]["listeners"][0]["attachedRoutes"] for g in gateways) == count
            backends = {b["name"] for o in routes for rule in o["spec"]["rules"] for b in rule["backendRefs"]}
            assert backends <= set(names(await kube.list(SERVICES)))


async def test_the_history_is_bounded(fleet: SimulatedFleet) -> None:
    async with client(fleet, SECOND) as kube:
        start = json.loads(await kube.get_raw(HTTP_ROUTES.path()))["metadata"]["resourceVersion"]
        # twice the history at most is kept
        assert len([c async for c in fleet.change(SECOND, rate=500, seconds=0.3)]) == 150
        with pytest.raises(errors.GoneError):
            await anext(aiter(kube.watch(HTTP_ROUTES, resource_version=start)))
        now = json.loads(await kube.get_raw(HTTP_ROUTES.path()))["metadata"]["resourceVersion"]
        await fleet.forget(SECOND)
        with pytest.raises(errors.GoneError):
            await anext(aiter(kube.watch(HTTP_ROUTES, resource_version=now)))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("hang"), errors.TimedOutError),
        (Fault("refuse"), errors.InterruptedAnswerError),
        (Fault("drip", bytes_per_second=50), errors.TimedOutError),
        (Fault("delay", seconds=20), errors.TimedOutError),
        (Fault("unauthorized"), errors.UnauthorizedError),
        (Fault("forbidden"), errors.ForbiddenError),
        (Fault("error"), errors.ServerError),
        (Fault("invalid"), errors.NotKubernetesError),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
async def test_a_fault_of_one_cluster(fleet: SimulatedFleet, fault: Fault, error: type[Exception]) -> None:
    patience = 0.5 if error is errors.TimedOutError else 20.0
    async with afflicted(fleet, fault, ClientOptions(attempts=1, deadline=patience, read_timeout=patience)) as kube:
        with pytest.raises(error):
            await kube.list(HTTP_ROUTES)
        if fault.kind != "drip":  # a watch may take its time
            with pytest.raises(error):
                await anext(aiter(kube.watch(HTTP_ROUTES, seconds=1)))


async def test_throttling_says_when_to_come_back(fleet: SimulatedFleet) -> None:
    async with afflicted(fleet, Fault("throttle", seconds=7)) as kube:
        with pytest.raises(errors.TooManyRequestsError) as caught:
            await kube.list(HTTP_ROUTES)
        assert caught.value.retry_after == 7


async def test_a_fault_of_one_resource_and_so_many_requests(fleet: SimulatedFleet) -> None:
    async with afflicted(fleet, Fault("error", resource="httproutes", count=1)) as kube:
        assert await kube.list(GATEWAYS)
        with pytest.raises(errors.ServerError):
            await kube.list(HTTP_ROUTES)
        assert len(await kube.list(HTTP_ROUTES)) == ROUTES


async def test_gone_once(fleet: SimulatedFleet) -> None:
    async with afflicted(fleet, Fault("gone", count=1)) as kube:
        with pytest.raises(errors.GoneError):
            await anext(aiter(kube.watch(HTTP_ROUTES)))
        assert (await anext(aiter(kube.watch(HTTP_ROUTES)))).type == "ADDED"


async def test_an_endless_list(fleet: SimulatedFleet) -> None:
    async with afflicted(fleet, Fault("endless"), ClientOptions(max_list=1 << 20)) as kube:
        first = json.loads(await kube.get_raw(HTTP_ROUTES.path(), {"limit": "2"}))
        token = {"limit": "2", "continue": first["metadata"]["continue"]}
        second = json.loads(await kube.get_raw(HTTP_ROUTES.path(), token))
        assert len(second["items"]) == 2
        assert second["metadata"]["continue"]
        with pytest.raises(errors.ConnectionFailedError):
            await kube.list(HTTP_ROUTES)


async def test_a_huge_object(fleet: SimulatedFleet) -> None:
    async with afflicted(fleet, Fault("huge", mebibytes=4), ClientOptions(max_body=3 << 20, max_event=3 << 20)) as kube:
        with pytest.raises(errors.TooLargeError):
            await kube.list(HTTP_ROUTES)
        with pytest.raises(errors.TooLargeError):
            await anext(aiter(kube.watch(HTTP_ROUTES)))
    async with afflicted(fleet, Fault("huge", mebibytes=4), ClientOptions()) as kube:
        event = await anext(aiter(kube.watch(HTTP_ROUTES)))
        assert len(event.object["metadata"]["annotations"]["huge"]) == 4 << 20


async def test_open_watches_are_dropped(fleet: SimulatedFleet) -> None:
    async with client(fleet) as kube:
        watch = aiter(kube.watch(HTTP_ROUTES))
        for _ in range(ROUTES):
            assert (await anext(watch)).type == "ADDED"
        await until_watched(fleet, 1)
        await fleet.drop_watches(FIRST)
        with pytest.raises(errors.InterruptedAnswerError):
            await anext(watch)


async def test_a_hanging_cluster_silences_open_watches(fleet: SimulatedFleet) -> None:
    async with client(fleet) as kube:
        watch = aiter(kube.watch(HTTP_ROUTES))
        for _ in range(ROUTES):
            await anext(watch)
        await fleet.fault("hang", FIRST)
        following = asyncio.ensure_future(anext(watch))
        (told,) = [c async for c in fleet.change(FIRST, rate=100, seconds=0.01)]
        done, _ = await asyncio.wait([following], timeout=0.3)
        assert not done
        await fleet.fault(None, FIRST)
        assert (await following).resource_version == told.resource_version


async def test_many_watches_share_a_connection(fleet: SimulatedFleet) -> None:
    async with client(fleet) as kube, asyncio.timeout(60):
        watches = [aiter(kube.watch(HTTP_ROUTES, "team-a")) for _ in range(50)]
        firsts = await asyncio.gather(*(anext(w) for w in watches))
        assert Counter(e.type for e in firsts) == {"ADDED": 50}
        assert (await fleet.load()).watches >= 50
        await asyncio.gather(*(w.aclose() for w in watches))
    await until_watched(fleet, 0)


async def until_watched(fleet: SimulatedFleet, count: int) -> None:
    """Wait until so many watches are open: a client that is gone is noticed a moment later."""
    async with asyncio.timeout(30):
        while True:
            if (await fleet.load()).watches == count:
                return
            await asyncio.sleep(0.05)


async def test_it_ends_with_its_block(crds: Path) -> None:
    async with simulated_fleet(FleetOptions(crds=crds, clusters=1)) as fleet:
        process = reference("simulator", fleet.pid)
        assert process is not None
    assert not is_alive(process)


def test_it_ends_with_its_parent(crds: Path) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path\n"
        "from gatewright.lab.simulator import FleetOptions, simulated_fleet\n"
        "async def main():\n"
        "    async with simulated_fleet(FleetOptions(crds=Path(sys.argv[1]))) as fleet:\n"
        "        print(fleet.pid, flush=True)\n"
        "        await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(crds)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent, parent.stdout:
        process = reference("simulator", int(parent.stdout.readline()))
        assert process is not None
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait(30)
    deadline = time.monotonic() + 30
    while is_alive(process):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_program_is_built_once_per_content(tmp_path: Path) -> None:
    first, second = tmp_path / "a.go", tmp_path / "b.go"
    first.write_text("a")
    second.write_text("b")
    before = digest([first, second])
    assert before == digest([second, first])
    second.write_text("c")
    assert before != digest([first, second])
    assert {path.name for path in simulator.PROGRAM.files()} >= {"go.mod", "main.go"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"clusters": 0},
        {"routes": -1},
        {"gateways": 0},
        {"history": 0},
        {"bookmark_seconds": 0},
        {"large": {"other": 9}},
        {"large": {FIRST: -1}},
    ],
    ids=str,
)
def test_a_fleet_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="need"):
        FleetOptions(crds=Path("crds.json"), **wrong)


async def test_crds_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(simulator.StartFailed) as caught:
        async with simulated_fleet(FleetOptions(crds=tmp_path / "missing.json")):
            pass
    assert "missing.json" in str(caught.value)
