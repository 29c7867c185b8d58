"""Whoever is in a team that was made anew under an old name finds nothing of the team that had it before.

The other team of ``two_teams``, whose every name is found nowhere else, is deleted and made anew. A member of the new
one asks every route; the administrator still finds the history.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import health_worlds as w
import httpx
import pytest
import two_teams as t
from fastapi.routing import APIRoute

from gatewright.server.app import api_routes
from gatewright.server.eventlog import EventFilter
from gatewright.server.operations import declared_of, methods_of
from gatewright.server.permissions import is_public
from gatewright.server.principal import ALL, Principal
from gatewright.server.services import Services

Connect = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
REQUIRED: dict[str, dict[str, Any]] = {
    "/explain": {"kind": "gatewayclass", "name": "traefik"},
    "/resources": {"kinds": "gateways"},
    "/clusters/{name}/object": {"kind": "Gateway", "object": "web", "namespace": "fresh"},
}
HISTORY = ("/plans", "/rollouts", "/events", "/audit", "/audit/export")


@pytest.fixture
async def former(connect: Connect, services: Services) -> AsyncIterator[t.Others]:
    """What the former team had. Its objects are gone from the clusters too."""
    _, other = await t.furnish(services)
    async with connect(Principal(other.person, ALL)) as client:
        body = {"bundle": {"version": "v1.6.1"}}
        assert (await client.put(f"/teams/{other.team}/stacks/{other.stack}", json=body)).is_success
        assert (await client.put(f"/teams/{other.team}/stacks/{other.stack}", json={"bundle": {}})).is_error
        await delete(client, other)
    async with services.database.transaction() as unit:
        # What clusters share is no team's: what differs of it still does.
        await unit.drifts.forget("uid-shared", t.CRD_REF)
    board = services.observatory.board
    for uid in ("uid-shared", "uid-own", "uid-other"):
        state = board.state(uid)
        assert state is not None
        state.snapshot.objects, state.snapshot.probes = w.healthy().objects, {}
        board.synced(uid)
    board.settle()
    yield other
    services.observatory.watches_now = False


async def delete(client: httpx.AsyncClient, other: t.Others) -> None:
    for cluster in (t.SHARED, other.cluster):
        assert (await client.delete(f"/teams/{other.team}/bindings/{cluster}")).is_success
    gone = await client.delete(f"/teams/{other.team}")
    assert gone.is_success, gone.text


async def anew(client: httpx.AsyncClient, other: t.Others) -> None:
    assert (await client.put(f"/teams/{other.team}", json={})).is_success
    path = f"/teams/{other.team}/bindings/{t.SHARED}"
    assert (await client.put(path, json={"namespace": "fresh"})).is_success


def member(other: t.Others) -> Principal:
    """An owner who may take the audit away."""
    owner = t.member("owner", other.team)
    return Principal("nina", owner.permissions, teams={other.team: owner.teams[other.team] | {"audit.export"}})


def asked(other: t.Others) -> list[tuple[str, dict[str, Any]]]:
    names = {
        "team": other.team, "cluster": t.SHARED, "hash": "f" * 64, "id": "r-ffffffff", "version": "v1.6.1",
        "kind": "Stack", "user": "nina", "name": t.SHARED,
    }  # fmt: skip
    found: list[tuple[str, dict[str, Any]]] = []
    for route in api_routes():
        assert isinstance(route, APIRoute)
        declared = declared_of(route)
        if "GET" not in methods_of(route) or is_public(route) or (declared and declared.shape == "stream"):
            continue
        path = re.sub(r"{(\w+)}", lambda param: names[param[1]], route.path)
        query = REQUIRED.get(route.path, {})
        found.append((path, query))
        if "team" in {p.alias for p in route.dependant.query_params}:
            found.append((path, {**query, "team": other.team}))
    return found


def of_the_former(other: t.Others) -> dict[str, str]:
    return {what: name for what, name in other.names().items() if what not in ("team", "shared-address")}


def assert_nothing(told: str, other: t.Others, where: object) -> None:
    for what, name in of_the_former(other).items():
        at = told.find(name)
        assert at < 0, f"{what} in {where}: {told[max(at - 300, 0) : at + 100]}"


async def test_no_route_tells_of_the_former_team(connect: Connect, api: httpx.AsyncClient, former: t.Others) -> None:
    await anew(api, former)
    told = 0
    async with connect(member(former)) as client:
        for path, query in asked(former):
            answer = await client.get(path, params=query)
            assert answer.status_code in (200, 403, 404) or "no-credential" in answer.text, (path, answer.text)
            assert_nothing(f"{answer.text} {dict(answer.headers)}", former, (path, query))
            told += answer.status_code == 200
        for path in ("/plans", "/rollouts"):
            assert (await client.get(path)).json() == []
        events = [e["what"] for e in (await client.get("/events")).json()]
        assert events == ["binding.create", "team.create"]
        entries = (await client.get("/audit")).json()
        assert [(e["what"], e["who"]) for e in entries] == [("binding.create", "ada"), ("team.create", "ada")]
        exported = await client.get("/audit/export", params={"format": "csv"})
        assert len(exported.text.splitlines()) == 3
    assert told > 40


async def test_an_administrator_finds_the_history(api: httpx.AsyncClient, former: t.Others) -> None:
    await anew(api, former)
    for path in HISTORY:
        for query in ({}, {"team": former.team}):
            told = (await api.get(path, params=query)).text
            assert former.person in told or path == "/events", path
            assert former.rollout in told or "audit" in path or path == "/plans", path
    assert (await api.get(f"/plans/{former.plan}")).json()["requested_by"] == former.person
    assert (await api.get(f"/rollouts/{former.rollout}")).json()["state"] == "aborted"
    refused = await api.post("/rollouts", json={"plan": former.plan})
    assert refused.json()["code"] == "rollout.former-team"


async def test_what_was_the_formers_is_answered_as_what_does_not_exist(
    connect: Connect, api: httpx.AsyncClient, former: t.Others
) -> None:
    await anew(api, former)
    plans = [("GET", "/plans/NAME", {}), ("GET", "/plans/SHORT", {}), ("POST", "/rollouts", {"json": {"plan": "NAME"}})]
    rollouts: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/rollouts/NAME", {}),
        ("GET", "/rollouts/NAME/events", {}),
        *(("POST", f"/rollouts/NAME/{verb}", {}) for verb in ("pause", "resume", "abort", "retry")),
    ]
    async with connect(member(former)) as client:
        for hidden, requests in ((former.plan, plans), (former.rollout, rollouts)):
            absent = hidden[:2] + "f" * (len(hidden) - 2)
            for method, path, sent in requests:
                answers: list[tuple[int, str]] = []
                for name in (hidden, absent):
                    given = {key: {"plan": name} for key in sent}
                    at = path.replace("NAME", name).replace("SHORT", name[:12])
                    answer = await client.request(method, at, **given)
                    answers.append((answer.status_code, answer.text.replace(name, "N").replace(name[:12], "N")))
                assert answers[0] == answers[1], (method, path)
                assert answers[0][0] == 404, (method, path, answers)


async def test_the_stream_begins_with_the_new_team(
    connect: Connect, services: Services, api: httpx.AsyncClient, former: t.Others
) -> None:
    await anew(api, former)
    async with services.database.transaction() as unit:
        await unit.journal.note("w", "health.team", "the-last", team=former.team)
    told = ""
    stream = ("GET", "/events/stream")
    async with (
        asyncio.timeout(60),
        connect(member(former)) as client,
        client.stream(*stream, params={"after": "0"}) as answer,
    ):
        async for line in answer.aiter_lines():
            told += line + "\n"
            if "the-last" in line:
                break
    assert re.findall(r'"what":"([\w.]+)"', told) == ["team.create", "binding.create", "health.team"]
    assert_nothing(told, former, "the stream")


async def test_a_stream_of_the_former_team_ends_with_it(services: Services, api: httpx.AsyncClient) -> None:
    await api.put("/teams/bakery", json={})
    async with services.database.reading() as unit:
        wanted = EventFilter(await unit.fleet.tenures(["bakery"]))
    following = services.events.follow(wanted, 0, poll=0.01)
    async with asyncio.timeout(60):
        assert (await anext(following)).what == "team.create"
        await api.delete("/teams/bakery")
        await api.put("/teams/bakery", json={})
        assert [event.who async for event in following] == []


async def test_a_rollout_goes_on_with_the_new_teams_own_only(
    connect: Connect, services: Services, api: httpx.AsyncClient, former: t.Others
) -> None:
    """An equal plan is another team's: its rollout is a new one."""
    await anew(api, former)
    async with services.database.transaction() as unit:
        plan = (await unit.plans.get(former.plan)).plan
        await unit.plans.save(plan, "nina")
    async with connect(member(former)) as client:
        started = await client.post("/rollouts", json={"plan": plan.hash})
        assert started.status_code == 201, started.text
        assert started.json()["id"] != former.rollout
        assert [found["id"] for found in (await client.get("/rollouts")).json()] == [started.json()["id"]]
        assert (await client.get(f"/plans/{plan.hash}")).json()["requested_by"] == "nina"
