"""Probes through the API: who sees what, in pages; and probing now, by a process that watches nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import health_worlds as w
import httpx
import msgspec
import pytest

from gatewright.gatewayapi.kinds import GATEWAY
from gatewright.gatewayapi.live import Snapshot
from gatewright.model.desired import Binding, Cluster, Team
from gatewright.model.probe import ProbeResult, ProbeRun
from gatewright.server.principal import Principal
from gatewright.server.services import Services
from gatewright.store.apply import Registration


def told(hostname: str, outcome: Any = "ok", gateway: tuple[str, str] = ("shop", "web"), **more: Any) -> ProbeResult:
    return w.probe("http", hostname, outcome, gateway=gateway, **more)


def seen() -> Snapshot:
    """Team ``pay`` has one route at the Gateway of ``infra``, ``shop`` has a Gateway."""
    snapshot = w.healthy()
    w.put(snapshot, GATEWAY, w.gateway("edge", "infra"))
    parents = [{"name": "edge", "namespace": "infra"}]
    w.put(snapshot, w.HTTP_ROUTE, w.route("pay", "pay", parents=parents, hostnames=["*.pay.test", "c.pay.test"]))
    w.put(snapshot, w.HTTP_ROUTE, w.route("other", "other", parents=parents, hostnames=["other.test"]))
    infra = ("infra", "edge")
    results = (told("a.shop.test", "refused"), told("b.pay.test", gateway=infra), told("other.test", gateway=infra))
    snapshot.probes = {result.target: result for result in results}
    return snapshot


@pytest.fixture
async def seeded(services: Services) -> Services:
    known = {"east": Registration("uid-east", "https://192.0.2.1")}
    wanted = [Cluster("east"), Team("pay"), Team("shop"), Binding("pay", "east"), Binding("shop", "east")]
    async with services.clusters.database.transaction() as unit:
        await unit.fleet.apply_desired(wanted, "ann", registrations=known)
    state = services.observatory.board.begin("uid-east", "east", None)
    state.snapshot = seen()
    # as in a process that watches: what is there is shown, and nobody is asked
    services.observatory.watches_now = True
    return services


async def hostnames(api: httpx.AsyncClient, **query: str) -> list[str]:
    answer = await api.get("/probes", params=query)
    assert answer.status_code == 200, answer.text
    return [found.target.hostname for found in msgspec.json.decode(answer.content, type=list[ProbeResult])]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["b.pay.test", "other.test", "a.shop.test"]),
        ({"team": "pay"}, ["b.pay.test"]),
        ({"team": "shop"}, ["a.shop.test"]),
        ({"failing": "true"}, ["a.shop.test"]),
        ({"hostname": "Other.test."}, ["other.test"]),
        ({"cluster": "east", "team": "pay", "failing": "true"}, []),
    ],
)
async def test_probes_are_listed(
    seeded: Services, api: httpx.AsyncClient, query: Mapping[str, str], expected: list[str]
) -> None:
    assert await hostnames(api, **query) == expected


async def test_in_pages(seeded: Services, api: httpx.AsyncClient) -> None:
    first = await api.get("/probes", params={"limit": 2})
    assert len(first.json()) == 2
    assert "continue=" in first.links["next"]["url"]


@pytest.mark.parametrize("query", [{"team": "nobody"}, {"cluster": "nowhere"}])
async def test_an_unknown_name_is_not_found(seeded: Services, api: httpx.AsyncClient, query: dict[str, str]) -> None:
    assert (await api.get("/probes", params=query)).status_code == 404
    body = {"team": "nobody"} if "team" in query else {"clusters": ["nowhere"]}
    assert (await api.post("/probes/run", json=body)).status_code == 404


async def test_who_may_look_may_not_always_probe(seeded: Services, connect: Any) -> None:
    async with connect(Principal("eve", frozenset({"probe.read"}))) as client:
        assert (await client.get("/probes")).status_code == 200
        assert (await client.post("/probes/run", json={})).status_code == 403


async def test_probing_now_keeps_to_what_may_be_asked(seeded: Services, api: httpx.AsyncClient) -> None:
    """The Gateways of this cluster have an address of this machine, and that is excluded unless the user says so."""
    state = seeded.observatory.board.state("uid-east")
    assert state is not None
    for name, namespace in (("web", "shop"), ("edge", "infra")):
        live = w.gateway(name, namespace)
        live["status"]["addresses"] = [{"value": "127.0.0.1"}]
        w.put(state.snapshot, GATEWAY, live)
    answer = await api.post("/probes/run", json={"team": "pay"})
    assert answer.status_code == 200, answer.text
    run = msgspec.json.decode(answer.content, type=ProbeRun)
    assert [(r.target.hostname, r.outcome) for r in run.results] == [("c.pay.test", "excluded")]
    assert run.missing == 0
