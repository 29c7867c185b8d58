"""Health over the API: the fleet, a team, a cluster, findings and trees, from what the board knows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import health_worlds as w
import httpx
import msgspec
import pytest

from gatewright.gatewayapi.kinds import CRD, ENDPOINT_SLICE, GATEWAY
from gatewright.model.desired import Binding, Cluster, Team
from gatewright.model.health import WORST, ClusterHealth, Found, Health, Node, ObjectHealth, SeenObject
from gatewright.observe.pulse import Pulse
from gatewright.server.services import Services
from gatewright.store.apply import Registration


@pytest.fixture
async def fleet(services: Services, api: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """Clusters east (a route without endpoints) and west (healthy), watched; north, of which nothing is known. Team
    shop is on east, team other on west; a Gateway of team other on east is nobody's there."""
    names = ("east", "north", "west")
    registrations = {name: Registration(f"uid-{name}", f"https://{name}:6443", "v1.36.0") for name in names}
    wanted = [*map(Cluster, names), Team("shop", "shop"), Team("other", "other")]
    wanted += [Binding("shop", "east", namespace="shop"), Binding("other", "west", namespace="other")]
    async with services.clusters.database.transaction() as unit:
        await unit.fleet.apply_desired(wanted, "ann", registrations=registrations)
    services.observatory.watches_now = True
    board = services.observatory.board
    for name in ("east", "west"):
        state = board.begin(f"uid-{name}", name, Pulse(state="reachable"))
        full = w.healthy()
        state.snapshot.objects, state.snapshot.controllers = full.objects, full.controllers
        w.put(state.snapshot, CRD, {"metadata": w.meta("gateways.gateway.networking.k8s.io")})
        if name == "east":
            w.take(state.snapshot, ENDPOINT_SLICE, ("shop", "cart-1"))
            w.put(state.snapshot, GATEWAY, w.gateway("stray", "other"))
        board.synced(f"uid-{name}")
    board.settle()
    yield api
    services.observatory.watches_now = False


async def read(api: httpx.AsyncClient, path: str, type: Any, **query: Any) -> Any:
    answer = await api.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=type)


async def refused(api: httpx.AsyncClient, path: str, **query: Any) -> tuple[int, str]:
    answer = await api.get(path, params=query)
    return answer.status_code, answer.json()["code"]


async def test_the_fleet_is_rolled_up_with_what_is_not_known(fleet: httpx.AsyncClient) -> None:
    found = await read(fleet, "/health", Health)
    assert {m.cluster: m.state for m in found.members} == {"east": "degraded", "north": "unknown", "west": "healthy"}
    assert found.state == "degraded"
    assert (found.causes[0].cluster, str(found.causes[0].object)) == ("east", "Service shop/cart")
    assert all(m.causes == () for m in found.members)


async def test_a_team_sees_its_own(fleet: httpx.AsyncClient) -> None:
    found = await read(fleet, "/health", Health, team="shop")
    assert [m.cluster for m in found.members] == ["east"]
    objects = await read(fleet, "/clusters/east/objects", list[ObjectHealth], team="shop")
    assert {str(o.ref) for o in objects} == {"GatewayClass traefik", "Gateway shop/web", "HTTPRoute shop/cart"}
    everything = await read(fleet, "/clusters/east/objects", list[ObjectHealth])
    assert "Gateway other/stray" in {str(o.ref) for o in everything}
    whole = await read(fleet, "/clusters/east/health", ClusterHealth, team="shop")
    assert whole.objects.healthy + whole.objects.degraded + whole.objects.unhealthy == 3


async def test_findings_are_filtered(fleet: httpx.AsyncClient) -> None:
    found = await read(fleet, "/findings", list[Found])
    assert {f.cluster for f in found} == {"east"}
    code = found[0].finding.code
    assert await read(fleet, "/findings", list[Found], code=code, cluster="east")
    assert await read(fleet, "/findings", list[Found], code="health.none-such") == []
    assert await read(fleet, "/findings", list[Found], cluster="west") == []
    assert await read(fleet, "/findings", list[Found], team="other") == []


async def test_an_object_is_explained_in_every_cluster_that_has_it(fleet: httpx.AsyncClient) -> None:
    nodes = await read(fleet, "/explain", list[Node], kind="httproutes", name="cart")
    assert [n.cluster for n in nodes] == ["east", "west"]
    for name, kind in (("shop/cart", "httproute"), ("web", "gtw"), ("web", "gateways"), ("traefik", "gc")):
        assert await read(fleet, "/explain", list[Node], kind=kind, name=name, cluster="west")
    [whole] = await read(fleet, "/explain", list[Node], kind="cluster", name="east")
    assert whole.ref.kind == "Cluster"
    assert await read(fleet, "/explain", list[Node], kind="cluster", name="north") == []


async def test_a_team_cannot_have_explained_what_is_not_its_own(fleet: httpx.AsyncClient) -> None:
    assert await refused(fleet, "/explain", kind="gateway", name="stray", team="shop") == (
        404,
        "observe.unknown-object",
    )
    assert await read(fleet, "/explain", list[Node], kind="gateway", name="stray")


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("/health", {"team": "nobody"}, "store.unknown-team"),
        ("/clusters/nowhere/health", {}, "store.unknown-cluster"),
        ("/clusters/west/health", {"team": "shop"}, "store.unknown-binding"),
        ("/explain", {"kind": "cluster", "name": "west", "team": "shop"}, "store.unknown-binding"),
        ("/explain", {"kind": "apple", "name": "x"}, "observe.unknown-kind"),
        ("/explain", {"kind": "gateway", "name": "none"}, "observe.unknown-object"),
        ("/findings", {"cluster": "nowhere"}, "store.unknown-cluster"),
    ],
)
async def test_what_is_not_there_is_refused(
    fleet: httpx.AsyncClient, path: str, query: dict[str, str], code: str
) -> None:
    assert await refused(fleet, path, **query) == (404, code)


async def test_changes_are_followed_from_where_a_reader_was(fleet: httpx.AsyncClient, services: Services) -> None:
    board = services.observatory.board
    of_another_process = {"Last-Event-ID": services.ids.seal("change", 1, b"past")}
    async with asyncio.timeout(30), fleet.stream("GET", "/changes", headers=of_another_process) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        first = [await anext(lines) for _ in range(3)]
        assert first[1] == "event: reset"
        board.changes.publish("cluster", "east", state="degraded")
        told = [line async for line in _until(lines, "data:")]
        assert '"cluster":"east"' in told[-1]
    bad = await fleet.get("/changes", headers={"Last-Event-ID": "nonsense"})
    assert bad.status_code == 422


async def _until(lines: AsyncIterator[str], beginning: str) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if line.startswith(beginning):
            return


async def test_every_team_is_rolled_up_by_name(fleet: httpx.AsyncClient) -> None:
    found = await read(fleet, "/health/teams", list[Health])
    assert [(one.name, one.state, one.members) for one in found] == [("other", "healthy", ()), ("shop", "degraded", ())]
    assert [str(cause.object) for cause in found[1].causes] == ["Service shop/cart"]


async def test_objects_of_all_clusters_come_the_worst_first(fleet: httpx.AsyncClient) -> None:
    found = await read(fleet, "/objects", list[SeenObject])
    ranks = [WORST.index(one.object.state) for one in found]
    assert ranks == sorted(ranks)
    assert {one.cluster for one in found} == {"east", "west"}
    single = [
        o for name in ("east", "west") for o in await read(fleet, f"/clusters/{name}/objects", list[ObjectHealth])
    ]
    assert len(found) == len(single)
    assert (found[0].cluster, str(found[0].object.ref), found[0].object.state) == (
        "east",
        "HTTPRoute shop/cart",
        "unhealthy",
    )


async def test_objects_are_filtered_where_they_are(fleet: httpx.AsyncClient) -> None:
    async def names(**query: Any) -> set[str]:
        return {f"{one.cluster} {one.object.ref}" for one in await read(fleet, "/objects", list[SeenObject], **query)}

    assert await names(kind="httproutes", state="unhealthy") == {"east HTTPRoute shop/cart"}
    assert await names(q="STRAY gateway") == {"east Gateway other/stray"}
    assert await names(q="health.no-endpoints") == {"east HTTPRoute shop/cart"}
    assert await names(cluster="west", kind=["gateway", "gatewayclass"]) == {
        "west Gateway shop/web",
        "west GatewayClass traefik",
    }
    assert await names(team="shop", kind="gateway") == {"east Gateway shop/web"}
    assert await refused(fleet, "/objects", kind="pods") == (404, "observe.unknown-kind")


async def test_objects_come_in_pages_without_gaps(fleet: httpx.AsyncClient) -> None:
    whole = await read(fleet, "/objects", list[SeenObject])
    found: list[SeenObject] = []
    answer = await fleet.get("/objects", params={"limit": 2})
    while True:
        found += msgspec.json.decode(answer.content, type=list[SeenObject])
        if "next" not in answer.links:
            break
        answer = await fleet.get(str(answer.links["next"]["url"]).removeprefix("/api/v1"))
    assert found == whole
    assert len(found) > 4


async def test_what_is_not_of_the_gateway_api_is_not_shown(fleet: httpx.AsyncClient) -> None:
    asked = {"kind": "service", "object": "cart", "namespace": "shop"}
    assert await refused(fleet, "/clusters/east/object", **asked) == (404, "observe.unknown-object")
    assert await refused(fleet, "/clusters/nowhere/object", **{**asked, "kind": "gateway"}) == (
        404,
        "store.unknown-cluster",
    )


@pytest.mark.parametrize(("field", "value"), [("object", "../x"), ("object", ""), ("namespace", "Shop")])
async def test_what_no_object_can_be_named_is_refused(fleet: httpx.AsyncClient, field: str, value: str) -> None:
    asked = {"kind": "gateway", "object": "web", "namespace": "shop", field: value}
    assert (await fleet.get("/clusters/east/object", params=asked)).status_code == 422
