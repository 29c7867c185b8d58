"""What the pages show of many clusters: rows, mappings, graphs, an installation; to each what is theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import health_worlds as w
import httpx
import msgspec
import pytest
import side_by_side

from gatewright.gatewayapi.kinds import CRD, ENDPOINT_SLICE, GATEWAY, GATEWAY_GROUP, SECRET, GroupKind
from gatewright.gatewayapi.surroundings import Names
from gatewright.kube.connection import Connection
from gatewright.model.desired import Binding, BundleName, Cluster, ControllerSpec, SkewPolicy, Stack, Team
from gatewright.model.drift import Drift
from gatewright.model.installation import ClusterInstallation, Removal
from gatewright.model.mapping import ResourceMapping
from gatewright.model.matrix import FleetRow
from gatewright.model.objects import ObjectRef
from gatewright.model.plan import ClusterPlan, Plan, Step
from gatewright.model.topology import Topology
from gatewright.observe.pulse import Pulse
from gatewright.planning.request import Record
from gatewright.server.principal import Principal
from gatewright.server.services import Services
from gatewright.store.apply import Registration
from gatewright.text import message

HTTP_ROUTE: GroupKind = (GATEWAY_GROUP, "HTTPRoute")
NAMES = ("east", "north", "west")
MEMBER = frozenset({"fleet.read", "team.read"})
ANN = Principal("ann", teams={"shop": MEMBER}, via="session", id="u-ann")


@pytest.fixture
async def fleet(services: Services, api: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """east (a route without endpoints) and west (healthy) are watched, of north nothing is known. Team shop is on east
    and west, where its namespaces are called otherwise; team other on east and north."""
    registrations = {
        name: Registration(f"uid-{name}", f"https://{name}:6443", "v1.36.0", _sealed(services, f"uid-{name}"))
        for name in NAMES
    }
    stack = Stack("shop", "edge", BundleName("v1.6.1"), ControllerSpec("traefik", "3.7.15"))
    wanted = [*map(Cluster, NAMES), Team("shop", "shop", SkewPolicy()), Team("other", "other"), stack]
    wanted += [Binding("shop", "east", "shop", "edge"), Binding("shop", "west", "store")]
    wanted += [Binding("other", "east", "other"), Binding("other", "north", "other")]
    async with services.clusters.database.transaction() as unit:
        await unit.fleet.apply_desired(wanted, "ann", registrations=registrations)
        ref = ObjectRef("apiextensions.k8s.io/v1", "CustomResourceDefinition", "gateways.gateway.networking.k8s.io")
        await unit.records.put("uid-east", Record(ref, "created", "uid-gateways", 1, "d"))
        for team in ("", "other"):
            where = ObjectRef("v1", "Service", f"s{team}", team or None)
            await unit.drifts.put("uid-east", Drift("east", where, "changed", "open", w.OLD, w.OLD, team=team))
    services.observatory.watches_now = True
    board = services.observatory.board
    for name in ("east", "west"):
        state = board.begin(f"uid-{name}", name, Pulse(state="reachable", seen_at=w.OLD))
        full = w.healthy()
        state.snapshot.objects, state.snapshot.controllers = full.objects, full.controllers
        state.snapshot.kubernetes = "v1.34.2"
        side_by_side.bundle(state.snapshot, "v1.6.1" if name == "east" else "v1.5.0")
        for crd in state.snapshot.of(CRD).values():
            key = crd.metadata.key
            uid = f"uid-{crd.metadata.name.partition('.')[0]}"
            state.snapshot.objects[CRD][key] = msgspec.structs.replace(
                crd,
                metadata=msgspec.structs.replace(crd.metadata, uid=uid),
                spec=msgspec.structs.replace(crd.spec, names=_names(crd.metadata.name)),
            )
        if name == "east":
            w.take(state.snapshot, ENDPOINT_SLICE, ("shop", "cart-1"))
            w.put(state.snapshot, GATEWAY, w.gateway("stray", "other"))
        else:
            _rename(state.snapshot, "shop", "store")
        board.synced(f"uid-{name}")
    board.settle()
    yield api
    services.observatory.watches_now = False


def _names(crd: str) -> Names:
    return Names(crd.partition(".")[0], "Gateway" if crd.startswith("gateways.") else "")


def _sealed(services: Services, uid: str) -> Any:
    secret = Connection("https://10.0.0.1:6443", token="h.eyJzdWIiOiJzeXN0ZW06c2EiLCJleHAiOjQxMDAwMDAwMDB9.s")
    return services.clusters._ring.seal(uid, secret.to_secret())  # pyright: ignore[reportPrivateUsage]


def _rename(snapshot: Any, before: str, after: str) -> None:
    """The same objects in a namespace that is called otherwise."""
    for objects in snapshot.objects.values():
        for key in [key for key in objects if key[0] == before or key == ("", before)]:
            live = objects.pop(key)
            labels = live.metadata.labels
            meta = msgspec.structs.replace(live.metadata, namespace=after if key[0] else "", name=key[1], labels=labels)
            if not key[0]:
                meta = msgspec.structs.replace(meta, name=after)
            objects[meta.key] = msgspec.structs.replace(live, metadata=meta)
    assert GATEWAY in snapshot.objects


async def read(api: httpx.AsyncClient, path: str, type: Any, **query: Any) -> Any:
    answer = await api.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=type)


# The matrix


async def test_every_cluster_has_a_row(fleet: httpx.AsyncClient) -> None:
    rows = {row.cluster: row for row in await read(fleet, "/matrix", list[FleetRow])}
    east, north, west = (rows[name] for name in NAMES)
    assert (east.state, north.state, west.state) == ("degraded", "unknown", "healthy")
    assert east.cause is not None
    assert (east.cause.code, str(east.cause.object)) == ("health.no-endpoints", "Service shop/cart")
    assert (east.bundle, east.channel, east.bundle_state) == ("v1.6.1", "standard", "uniform")
    assert (east.kubernetes, north.kubernetes) == ("v1.34.2", "v1.36.0")
    assert [(c.name, c.available) for c in east.controllers] == [("traefik", True)]
    assert (east.gateways.healthy, east.routes.degraded + east.routes.unhealthy) == (2, 1)
    assert (east.drifts, west.drifts) == (2, 0)
    assert east.teams == ("other", "shop")
    assert (north.reachability, north.teams) == ("unreachable", ("other",))
    assert west.skews[0].team == "shop"
    assert west.skews[0].message.render("zh")
    assert east.skews == ()


async def test_a_member_of_a_team_sees_its_clusters_and_no_other_name(fleet: httpx.AsyncClient, connect: Any) -> None:
    async with connect(ANN) as ann:
        for query in ({}, {"team": "shop"}):
            answer = await ann.get("/matrix", params=query)
            rows = msgspec.json.decode(answer.content, type=list[FleetRow])
            assert [row.cluster for row in rows] == ["east", "west"]
            assert [row.teams for row in rows] == [("shop",), ("shop",)]
            assert [row.drifts for row in rows] == [1, 0]
            assert rows[0].gateways.healthy == 1
            assert "other" not in answer.text
            assert "north" not in answer.text
        assert (await ann.get("/matrix", params={"team": "other"})).status_code == 404
    async with connect(Principal("ben", teams={}, via="session", id="u")) as nobody:
        assert (await nobody.get("/matrix")).status_code == 403


async def test_rows_come_in_pages_with_a_tag(fleet: httpx.AsyncClient) -> None:
    first = await fleet.get("/matrix", params={"limit": 2})
    assert [row["cluster"] for row in first.json()] == ["east", "north"]
    following = first.links["next"]["url"].removeprefix("/api/v1")
    assert [row["cluster"] for row in (await fleet.get(following)).json()] == ["west"]
    again = await fleet.get("/matrix", params={"limit": 2}, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


async def test_certificates_are_told_where_they_were_read(fleet: httpx.AsyncClient, services: Services) -> None:
    state = services.observatory.board.state("uid-west")
    assert state is not None
    w.put(
        state.snapshot,
        GATEWAY,
        w.gateway("tls", "store", w.https("a", "*.shop.test", "good"), w.https("b", "b.test", "bad")),
    )
    w.put(state.snapshot, SECRET, w.secret("good", "store", days=400))
    w.put(state.snapshot, SECRET, w.secret("bad", "store", days=-1))
    w.put(state.snapshot, SECRET, w.secret("unused", "store", days=-1))
    services.observatory.board.replaced("uid-west")
    services.observatory.board.settle()
    (row,) = [row for row in await read(fleet, "/matrix", list[FleetRow]) if row.cluster == "west"]
    assert (row.certificates.count, row.certificates.bad) == (2, 1)
    assert str(row.certificates.object) == "Secret store/bad"


async def test_the_rollout_at_work_is_told_to_those_who_know_its_team(
    fleet: httpx.AsyncClient, services: Services, connect: Any
) -> None:
    steps = (Step("check", message("planning.step-forget", cluster="east", team="other")),)
    plan = Plan("other", "install", (ClusterPlan("east", "uid-east", None, (), steps=steps * 2),))
    async with services.clusters.database.transaction() as unit:
        await unit.plans.save(plan, "ann")
        made = await unit.rollouts.create(plan, "ann")
    assert (await read(fleet, "/matrix", list[FleetRow]))[0].rollout is None
    async with services.clusters.database.transaction() as unit:
        await unit.rollouts.set_target(made.id, made.generation, "east", "running")
        await unit.rollouts.begin_step(made.id, made.generation, "east", 0)
    row = (await read(fleet, "/matrix", list[FleetRow]))[0]
    assert row.rollout is not None
    assert (row.rollout.id, row.rollout.team, row.rollout.index, row.rollout.steps) == (made.id, "other", 0, 2)
    assert row.rollout.step is not None
    async with connect(ANN) as ann:
        assert (await read(ann, "/matrix", list[FleetRow]))[0].rollout is None


# Mappings


async def test_a_resource_is_mapped_over_the_clusters_of_its_team(fleet: httpx.AsyncClient) -> None:
    rows = {(row.kind, row.name): row for row in await read(fleet, "/mappings", list[ResourceMapping], team="shop")}
    assert list(rows) == [("Namespace", "shop"), ("Gateway", "web"), ("HTTPRoute", "cart")]
    route = rows["HTTPRoute", "cart"]
    assert [(c.cluster, c.namespace, c.presence) for c in route.cells] == [
        ("east", "shop", "present"),
        ("west", "store", "present"),
    ]
    assert route.agreement == "same"
    assert route.cells[0].digest == route.cells[1].digest != ""
    assert (route.cells[0].code, route.cells[1].state) == ("health.no-endpoints", "healthy")
    assert rows["Namespace", "shop"].agreement == "same"
    assert rows["Namespace", "shop"].present == 2


async def test_differences_are_named_by_path(fleet: httpx.AsyncClient, services: Services) -> None:
    state = services.observatory.board.state("uid-west")
    assert state is not None
    w.put(state.snapshot, HTTP_ROUTE, w.route("cart", "store", hostnames=["shop.test"]))
    w.put(state.snapshot, HTTP_ROUTE, w.route("only", "store"))
    services.observatory.board.replaced("uid-west")
    services.observatory.board.settle()
    rows = {row.name: row for row in await read(fleet, "/mappings", list[ResourceMapping], team="shop")}
    assert rows["cart"].agreement == "different"
    assert [(d.path, d.values) for d in rows["cart"].differences] == [
        ("spec.hostnames", {"east": None, "west": ["shop.test"]})
    ]
    assert (rows["only"].agreement, rows["only"].present) == ("single", 1)
    assert [cell.presence for cell in rows["only"].cells] == ["absent", "present"]


async def test_what_was_not_seen_is_not_called_absent(fleet: httpx.AsyncClient, connect: Any) -> None:
    rows = await read(fleet, "/mappings", list[ResourceMapping], team="other")
    gateway = next(row for row in rows if row.kind == "Gateway")
    assert [(cell.cluster, cell.presence) for cell in gateway.cells] == [("east", "present"), ("north", "unseen")]
    first = await fleet.get("/mappings", params={"limit": 1})
    assert [row["team"] for row in first.json()] == ["other"]
    assert "next" in first.links
    async with connect(ANN) as ann:
        assert {row.team for row in await read(ann, "/mappings", list[ResourceMapping])} == {"shop"}


# Topology


async def test_the_same_route_is_found_on_other_clusters(fleet: httpx.AsyncClient, connect: Any) -> None:
    found = await read(fleet, "/topology", Topology)
    assert found.clusters == ("east", "north", "west") or found.clusters[0] == "east"
    routes = {node.cluster: node for node in found.nodes if node.layer == "route"}
    assert routes["east"].elsewhere[0].cluster == "west"
    assert routes["east"].elsewhere[0].id == routes["west"].id
    assert routes["west"].elsewhere[0].state == routes["east"].state
    one = await read(fleet, "/topology", Topology, cluster="west")
    assert {node.cluster for node in one.nodes} == {"west"}
    assert one.nodes[-2].elsewhere[0].id == ""
    async with connect(ANN) as ann:
        answer = await ann.get("/topology")
        assert "stray" not in answer.text
        assert "other/" not in answer.text
        assert (await ann.get("/topology", params={"cluster": "north"})).status_code == 404
    stray = {node.name for node in found.nodes if node.layer == "gateway"}
    assert "other/stray" in stray


async def test_a_graph_has_a_bound(fleet: httpx.AsyncClient, services: Services) -> None:
    state = services.observatory.board.state("uid-east")
    assert state is not None
    for number in range(40):
        w.put(state.snapshot, HTTP_ROUTE, w.route(f"more-{number}"))
    services.observatory.board.replaced("uid-east")
    services.observatory.board.settle()
    found = await read(fleet, "/topology", Topology, limit=20)
    assert found.cut
    assert len(found.nodes) <= 20 < found.total
    assert found.omitted > 0


# The installation


async def test_an_installation_says_what_is_there_what_is_wanted_and_whose_it_is(fleet: httpx.AsyncClient) -> None:
    found = await read(fleet, "/clusters/east/installation", ClusterInstallation)
    crds = {crd.versions.name: crd for crd in found.crds}
    gateways = crds["gateways.gateway.networking.k8s.io"]
    assert (gateways.ownership.origin, gateways.objects) == ("created", 2)
    assert gateways.ownership.written_at
    assert crds["httproutes.gateway.networking.k8s.io"].ownership.origin == "foreign"
    assert found.bundle == BundleName("v1.6.1")
    assert found.wanted.bundle == BundleName("v1.6.1")
    assert found.wanted.bundle_teams == ("shop",)
    assert [(p.controller.name, p.controller.namespace, p.teams) for p in found.wanted.controllers] == [
        ("traefik", "traefik", ("shop",))
    ]
    assert [(c.team, c.stack) for c in found.claims] == [("other", ""), ("shop", "edge")]
    assert [(c.name, c.state, c.gateways, c.controller) for c in found.classes] == [
        ("traefik", "healthy", 2, "traefik")
    ]
    assert found.controllers[0].classes == ("traefik",)
    assert found.custody.state == "observe"


async def test_a_credential_is_described_and_never_told(fleet: httpx.AsyncClient, connect: Any) -> None:
    answer = await fleet.get("/clusters/east/installation")
    found = msgspec.json.decode(answer.content, type=ClusterInstallation)
    assert found.credential is not None
    assert (found.credential.kind, found.credential.state) == ("token", "valid")
    assert found.credential.subject == "system:sa"
    assert found.credential.expires_at.startswith("2099-")
    assert found.credential.stored_at
    assert found.server == "https://east:6443"
    assert "eyJzdWIi" not in answer.text
    async with connect(ANN) as ann:
        answer = await ann.get("/clusters/east/installation")
        seen = msgspec.json.decode(answer.content, type=ClusterInstallation)
        assert (seen.credential, seen.server, seen.uid) == (None, "", "")
        assert [claim.team for claim in seen.claims] == ["shop"]
        assert '"other"' not in answer.text
        hidden, absent = [await ann.get(f"/clusters/{name}/installation") for name in ("north", "nowhere")]
        assert (hidden.status_code, absent.status_code) == (404, 404)
        assert hidden.text.replace("north", "nowhere") == absent.text


async def test_a_cluster_of_which_nothing_is_known_has_an_installation_that_is_wanted(fleet: httpx.AsyncClient) -> None:
    found = await read(fleet, "/clusters/north/installation", ClusterInstallation)
    assert (found.state, found.custody.state, found.crds) == ("unknown", "unknown", ())
    assert [claim.team for claim in found.claims] == ["other"]


async def test_a_persons_word_is_told_with_what_they_were_shown(fleet: httpx.AsyncClient) -> None:
    await fleet.put("/clusters/east/custody", json={"custody": "own", "evidence": ["CRDs of helm"]})
    found = await read(fleet, "/clusters/east/installation", ClusterInstallation)
    assert (found.custody.wish, found.custody.who, found.custody.evidence) == ("own", "ada", ["CRDs of helm"])
    await fleet.put("/clusters/east/custody", json={"custody": None})
    found = await read(fleet, "/clusters/east/installation", ClusterInstallation)
    assert found.custody.wish is None


# Removal


async def test_removal_says_what_is_in_the_way_also_where_the_cluster_does_not_answer(fleet: httpx.AsyncClient) -> None:
    found = await read(fleet, "/clusters/east/removal", Removal)
    assert not found.ready
    assert [block.code for block in found.blocks] == ["store.still-bound", "store.cluster-has-installation"]
    assert [(team.team, team.namespace) for team in found.teams] == [("other", "other"), ("shop", "shop")]
    assert found.plan is None
    assert found.error is not None
    assert (await fleet.delete("/clusters/east")).json()["code"] == found.blocks[0].code


async def test_only_those_who_may_remove_clusters_see_it(fleet: httpx.AsyncClient, connect: Any) -> None:
    async with connect(ANN) as ann:
        assert (await ann.get("/clusters/east/removal")).status_code == 403
