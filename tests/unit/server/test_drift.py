"""Drift through the API: who sees what, and a person's word that a fight is over."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from gatewright.model.desired import Binding, BundleName, Cluster, Stack, Team
from gatewright.model.drift import Changer, Drift
from gatewright.model.objects import ObjectRef
from gatewright.server.principal import Principal
from gatewright.server.services import Services
from gatewright.store.apply import Registration
from gatewright.text import message

AT = "2026-11-22T12:00:00.000000Z"
CRD = ObjectRef("apiextensions.k8s.io/v1", "CustomResourceDefinition", "gateways.gateway.networking.k8s.io")


def drift(cluster: str, **changes: object) -> Drift:
    made = Drift(
        cluster, CRD, "changed", "open", AT, AT, changers=(Changer("kubectl", "kubectl-edit"),),
        message=message("drift.lost-crd"), due_at=AT,
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


@pytest.fixture
async def seeded(services: Services) -> Services:
    """Two clusters, a team on one of them; both drift, one is fought about."""
    known = {name: Registration(f"uid-{name}", f"https://{name}") for name in ("a", "b")}
    wanted = [Cluster("a"), Cluster("b"), Team("pay"), Team("shop"), Binding("pay", "a")]
    async with services.clusters.database.transaction() as unit:
        await unit.fleet.apply_desired(wanted, "ann", registrations=known)
        await unit.drifts.put("uid-a", drift("a", state="fought"))
        await unit.drifts.put("uid-b", drift("b"))
        gone = drift("b", ref=ObjectRef("v1", "Namespace", "x"), state="gone")
        await unit.drifts.put("uid-b", gone)
    return services


async def test_drift_is_listed_by_team_and_cluster(seeded: Services, api: httpx.AsyncClient) -> None:
    async def clusters(**query: str) -> list[str]:
        answer = await api.get("/drifts", params=query)
        assert answer.status_code == 200, answer.text
        return [found.cluster for found in msgspec.json.decode(answer.content, type=list[Drift])]

    assert await clusters() == ["a", "b"]
    assert await clusters(team="pay") == ["a"]
    assert await clusters(team="shop") == []
    assert await clusters(cluster="b") == ["b"]
    assert await clusters(cluster="b", closed="true") == ["b", "b"]


@pytest.mark.parametrize("query", [{"team": "nobody"}, {"cluster": "nowhere"}])
async def test_an_unknown_name_is_not_found(seeded: Services, api: httpx.AsyncClient, query: dict[str, str]) -> None:
    assert (await api.get("/drifts", params=query)).status_code == 404


async def test_a_fight_is_lifted_once_and_written_down(seeded: Services, api: httpx.AsyncClient) -> None:
    answer = await api.post("/drifts/resume", json={"cluster": "a"})
    assert answer.status_code == 200
    assert [found["state"] for found in answer.json()] == ["open"]
    async with seeded.clusters.database.reading() as unit:
        [event] = await unit.journal.events(what_prefix="drift.resumed")
    assert (event.who, event.cluster) == ("ada", "a")
    again = await api.post("/drifts/resume", json={"cluster": "a"})
    assert (again.status_code, again.json()["code"]) == (404, "drift.nothing-fought")
    assert (await api.post("/drifts/resume", json={"cluster": "nowhere"})).status_code == 404


async def test_only_who_may_steer_rollouts_lifts_a_fight(seeded: Services, connect: object) -> None:
    reader = Principal("eve", frozenset({"fleet.read"}))
    async with connect(reader) as client:  # type: ignore[operator]
        assert (await client.get("/drifts")).status_code == 200
        assert (await client.post("/drifts/resume", json={"cluster": "a"})).status_code == 403


async def test_a_stack_is_told_what_to_do_about_drift(seeded: Services, api: httpx.AsyncClient) -> None:
    body = {"bundle": {"version": "v1.6.1"}, "drift": "heal"}
    assert (await api.put("/teams/pay/stacks/web", json=body)).status_code == 200
    found = msgspec.json.decode((await api.get("/teams/pay/stacks/web")).content, type=Stack)
    assert found == Stack("pay", "web", BundleName("v1.6.1"), None, "heal")
    bad = await api.put("/teams/pay/stacks/web", json={**body, "drift": "maybe"})
    assert bad.status_code == 422
