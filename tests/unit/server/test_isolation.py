"""A team never sees another team's names: not in answers, errors, headers, counts, events, nor in how ids go on.

Two teams share a cluster (``two_teams``); everything of the other one has a name that nothing else has. As a member of
the first, every route is asked, in both languages, and none of those names may come back. What is asked for by a name
that one may not know is answered as what does not exist.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, cast

import health_worlds as w
import httpx
import pytest
import two_teams as t
from fastapi.routing import APIRoute

from gatewright.observe.notifications.formats import outgoing
from gatewright.observe.notifications.notifier import Notifier, Pace
from gatewright.server.app import api_routes
from gatewright.server.operations import declared_of, methods_of
from gatewright.server.permissions import is_public
from gatewright.server.principal import Principal
from gatewright.server.services import Services
from gatewright.store.secrets import KeyRing
from gatewright.text import message

Connect = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
World = tuple[t.Mine, t.Others]
LANGUAGES = ("en", "zh")
QUERIES: dict[str, list[dict[str, Any]]] = {
    "/explain": [
        {"kind": "httproute", "name": "pie"},
        {"kind": "httproute", "name": "tart"},
        {"kind": "gateway", "name": "common"},
        {"kind": "gatewayclass", "name": "traefik"},
        {"kind": "cluster", "name": t.SHARED},
    ],
    "/resources": [{"kinds": "gateways"}],
    "/clusters/{name}/object": [{"kind": "Gateway", "object": "web", "namespace": "shop"}],
    "/events": [{}, {"limit": 3}, {"cluster": t.SHARED}],
    "/drifts": [{}, {"closed": "true"}, {"cluster": t.SHARED}],
    "/access": [{}],
}


@pytest.fixture
async def world(services: Services) -> AsyncIterator[World]:
    yield await t.furnish(services)
    services.observatory.watches_now = False


def reading() -> Iterator[APIRoute]:
    for route in api_routes():
        assert isinstance(route, APIRoute)
        declared = declared_of(route)
        if "GET" in methods_of(route) and not is_public(route) and declared and declared.shape != "stream":
            yield route


def paths(route: APIRoute, mine: t.Mine) -> list[str]:
    """The addresses of a route by what the first team has."""
    names = {
        "team": t.TEAM,
        "cluster": t.SHARED,
        "hash": mine.plan,
        "id": mine.rollout,
        "version": "v1.6.1",
        "kind": "Stack",
        "user": "ann",
        "name": t.STACK if "stacks" in route.path else "bell" if "notifications" in route.path else t.SHARED,
    }
    path = re.sub(r"{(\w+)}", lambda found: names[found[1]], route.path)
    return [path]


def asked(mine: t.Mine) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for route in reading():
        known = {p.alias for p in route.dependant.query_params}
        for query in QUERIES.get(route.path, [{}]):
            for path in paths(route, mine):
                found.append((path, query))
                if "team" in known:
                    found.append((path, {**query, "team": t.TEAM}))
    return found


def assert_clean(answer: httpx.Response, other: t.Others) -> None:
    told = f"{answer.text} {dict(answer.headers)}"
    for what, name in other.names().items():
        at = told.find(name)
        assert at < 0, f"{what} in {answer.request.method} {answer.request.url}: {told[max(at - 300, 0) : at + 100]}"
    assert "918273645" not in told, f"a count in {answer.request.url}"


@pytest.mark.parametrize("role", ["owner", "viewer"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_answer_has_a_name_of_another_team(connect: Connect, world: World, language: str, role: str) -> None:
    mine, other = world
    seen = 0
    async with connect(t.member(role), **{"Accept-Language": language}) as client:
        for path, query in asked(mine):
            answer = await client.get(path, params=query)
            # Nothing has a credential here: what looks at a cluster itself says so.
            assert answer.status_code in (200, 403, 404) or "no-credential" in answer.text, (path, answer.text)
            assert_clean(answer, other)
            seen += answer.status_code == 200
            for link in answer.links.values():
                assert_clean(await client.get(str(link["url"]).removeprefix("/api/v1")), other)
    assert seen > 40


async def test_the_world_has_what_must_not_be_seen(api: httpx.AsyncClient, world: World) -> None:
    """Whoever may see everything does, or the tests of this file would prove nothing."""
    mine, other = world
    told = "".join([(await api.get(path, params=query)).text for path, query in asked(mine) if "team" not in query])
    for what, name in other.names().items():
        assert name in told or what in ("plan", "delivery"), what
    assert "918273645" in told


async def test_a_member_sees_their_own(connect: Connect, world: World) -> None:
    mine, _ = world
    async with connect(t.member()) as client:

        async def names(path: str, key: str, **query: Any) -> set[str]:
            return {found[key] for found in (await client.get(path, params=query)).json()}

        assert {found["team"]["name"] for found in (await client.get("/teams")).json()} == {t.TEAM}
        assert await names("/bindings", "cluster") == {t.SHARED, t.OWN}
        assert await names("/status", "cluster") == {t.SHARED, t.OWN}
        assert {found["spec"]["name"] for found in (await client.get("/clusters")).json()} == {t.SHARED, t.OWN}
        assert await names("/rollouts", "id") == {mine.rollout}
        assert await names("/notifications", "name") == {"bell"}
        assert await names("/notifications", "team") == {t.TEAM}
        assert await names("/deliveries", "notification") == {"bell"}
        assert await names("/deliveries", "team") == {t.TEAM}
        assert mine.delivery in await names("/deliveries", "id")
        assert await names("/hostnames", "hostname") >= {"tart.example", "pie.example"}
        assert len((await client.get("/drifts")).json()) == 2
        assert (await client.get(f"/plans/{mine.plan}")).json()["hash"] == mine.plan
        told = (await client.get(f"/plans/{mine.plan}", headers={"Accept-Language": "en"})).text
        assert t.TEAM in told
        assert "observe.veil-team" in told
        objects = (await client.get(f"/clusters/{t.SHARED}/objects")).json()
        assert {o["ref"].get("namespace", "") for o in objects} == {"", "shop", "infra"}


async def test_nothing_of_mine_changes_when_others_do_more(connect: Connect, services: Services, world: World) -> None:
    """No count, no state, no tag: what others do leaves every answer as it was, byte by byte."""
    mine, other = world
    async with connect(t.member()) as client:

        async def everything() -> dict[str, tuple[str | None, str]]:
            answers = {f"{p} {q}": await client.get(p, params=q) for p, q in asked(mine)}
            return {key: (answer.headers.get("etag"), answer.text) for key, answer in answers.items()}

        before = await everything()
        await t.more(services, other)
        after = await everything()
    assert {key for key in before if before[key] != after[key]} == set()


def naming(mine: t.Mine) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Requests that name something: which of the other team's names, method, address and what is sent, with ``NAME`` in
    its place."""
    team = "apiVersion: gatewright.io/v1alpha1\nkind: Team\nmetadata: {name: NAME}\n"
    stack = (
        "apiVersion: gatewright.io/v1alpha1\nkind: Stack\nmetadata: {name: a}\n"
        "spec: {team: NAME, bundle: {version: v1.6.1}}\n"
    )
    binding = (
        "apiVersion: gatewright.io/v1alpha1\nkind: Binding\nmetadata: {}\n"
        f"spec: {{team: {t.TEAM}, cluster: NAME, namespace: shop}}\n"
    )
    bodies: dict[str, dict[str, Any]] = {
        "team": {"documents": [{"file": "a", "text": team}]},
        "stack": {"documents": [{"file": "a", "text": stack}]},
        "binding": {"documents": [{"file": "a", "text": binding}]},
    }
    found: list[tuple[str, str, str, dict[str, Any]]] = [
        ("team", "POST", "/plans", {"json": {"team": "NAME"}}),
        ("cluster", "POST", "/plans", {"json": {"team": t.TEAM, "clusters": ["NAME"]}}),
        ("plan", "POST", "/rollouts", {"json": {"plan": "NAME"}}),
        ("plan", "GET", "/plans/NAME", {}),
        ("rollout", "GET", "/rollouts/NAME", {}),
        ("rollout", "GET", "/rollouts/NAME/events", {}),
        *(("rollout", "POST", f"/rollouts/NAME/{verb}", {}) for verb in ("pause", "resume", "abort", "retry")),
        ("team", "POST", "/probes/run", {"json": {"team": "NAME"}}),
        ("cluster", "POST", "/probes/run", {"json": {"clusters": ["NAME"]}}),
        ("cluster", "POST", "/drifts/resume", {"json": {"cluster": "NAME"}}),
        ("team", "PUT", "/teams/NAME/notifications/new", {"json": {"type": "webhook", "url": "http://a.example"}}),
        *(
            ("notification", method, f"{owner}/notifications/NAME{rest}", {})
            for owner in ("", f"/teams/{t.TEAM}")
            for method, rest in (("GET", ""), ("DELETE", ""), ("POST", "/test"))
        ),
        ("team", "POST", "/teams/NAME/notifications/bell/test", {}),
        *(
            ("notification", "GET", "/deliveries", {"params": {"notification": "NAME", **of}})
            for of in ({}, {"team": t.TEAM})
        ),
        ("team", "GET", "/deliveries", {"params": {"notification": "bell", "team": "NAME"}}),
        ("delivery", "POST", "/deliveries/NAME/retry", {}),
        *(("team", "POST", path, {"json": bodies[kind]}) for path in ("/apply", "/diff") for kind in ("team", "stack")),
        *(("cluster", "POST", path, {"json": bodies["binding"]}) for path in ("/apply", "/diff")),
        ("team", "PUT", "/teams/NAME", {"json": {}}),
        ("team", "PUT", "/teams/NAME/stacks/a", {"json": {"bundle": {"version": "v1.6.1"}}}),
        ("team", "PUT", f"/teams/NAME/bindings/{t.SHARED}", {"json": {}}),
        ("cluster", "PUT", f"/teams/{t.TEAM}/bindings/NAME", {"json": {}}),
        ("cluster", "DELETE", f"/teams/{t.TEAM}/bindings/NAME", {}),
        ("stack", "GET", f"/teams/{t.TEAM}/stacks/NAME", {}),
        (
            "cluster",
            "GET",
            "/clusters/NAME/object",
            {"params": {"kind": "Gateway", "object": "web", "namespace": "shop"}},
        ),
        ("cluster", "GET", "/explain", {"params": {"kind": "cluster", "name": "NAME"}}),
        ("route", "GET", "/explain", {"params": {"kind": "httproute", "name": "NAME"}}),
        ("namespace", "GET", "/explain", {"params": {"kind": "gateway", "name": "NAME/web"}}),
        ("host", "GET", "/hostnames", {"params": {"hostname": "NAME.example"}}),
        ("host", "GET", "/probes", {"params": {"hostname": "NAME.example"}}),
    ]
    given = {path for _, _, path, _ in found}
    for route in api_routes():
        assert isinstance(route, APIRoute)
        if is_public(route):
            continue
        required = {k: v for q in QUERIES.get(route.path, [{}])[:1] for k, v in q.items() if k not in ("cluster",)}
        for param in {p.alias for p in route.dependant.query_params} & {"team", "cluster"}:
            for path in paths(route, mine):
                found.append((param, "GET", path, {"params": {**required, param: "NAME"}}))
        for method in methods_of(route) & {"GET", "DELETE"}:
            for param, template in (("team", "{team}"), ("cluster", "/clusters/{name}"), ("cluster", "{cluster}")):
                path = route.path.replace(template, re.sub(r"{\w+}", "NAME", template))
                if path != route.path and path not in given:
                    rest = {"cluster": t.SHARED, "name": t.STACK, "user": "ann", "team": t.TEAM}
                    path = re.sub(r"{(\w+)}", lambda m, rest=rest: rest[m[1]], path)
                    found.append((param, method, path, {"params": required} if method == "GET" else {}))
    return found


def placed(sent: Any, name: str) -> Any:
    match sent:
        case str():
            return sent.replace("NAME", name)
        case dict():
            return {key: placed(value, name) for key, value in sent.items()}
        case list():
            return [placed(value, name) for value in sent]
        case _:
            return sent


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ["owner", "viewer"])
async def test_what_is_hidden_is_answered_as_what_does_not_exist(
    connect: Connect, world: World, language: str, role: str
) -> None:
    mine, other = world
    who = t.member(role)
    custom = {t.TEAM: who.teams[t.TEAM] | {"binding.write"}} if role == "owner" else who.teams
    async with connect(Principal("ann", who.permissions, teams=custom), **{"Accept-Language": language}) as client:
        for what, method, path, sent in naming(mine):
            hidden = getattr(other, what)
            absent = ("f" if what in ("plan", "rollout", "delivery") else "w") * len(hidden)
            absent = absent if what not in ("rollout", "delivery") else hidden[:2] + "f" * (len(hidden) - 2)
            answers: list[tuple[int, str, set[str]]] = []
            for name in (hidden, absent):
                answer = await client.request(method, path.replace("NAME", name), **placed(sent, name))
                answers.append((answer.status_code, answer.text.replace(name, "NAME"), set(answer.headers)))
                others = {key: value for key, value in other.names().items() if value not in name}
                told = answer.text.replace(name, "NAME")
                assert not any(value in told for value in others.values()), (method, path, told)
            assert answers[0] == answers[1], (method, path, sent)
            assert answers[0][0] in (200, 403, 404), (method, path, answers[0])


async def test_nothing_happened_to_the_other_team(connect: Connect, api: httpx.AsyncClient, world: World) -> None:
    mine, other = world

    async def theirs() -> list[str]:
        told = [f"/teams/{other.team}", f"/rollouts/{other.rollout}"]
        told += [f"/teams/{other.team}/notifications/{name}" for name in (other.notification, "bell")]
        return [(await api.get(path)).text for path in (*told, f"/drifts?cluster={t.SHARED}&closed=true")]

    before = await theirs()
    async with connect(t.member()) as client:
        for what, method, path, sent in naming(mine):
            name = getattr(other, what)
            if method != "GET" and what != "cluster":
                await client.request(method, path.replace("NAME", name), **placed(sent, name))
    assert await theirs() == before


async def test_a_name_that_another_team_has_is_free(connect: Connect, api: httpx.AsyncClient, world: World) -> None:
    """To make, apply and remove a notification of the same name is what it is with a name that nobody has."""
    _, other = world
    theirs = f"/teams/{other.team}/notifications/{other.notification}"
    before = (await api.get(theirs)).text
    manifest = (
        "apiVersion: gatewright.io/v1alpha1\nkind: Notification\nmetadata: {{name: {name}}}\n"
        f"spec: {{{{team: {t.TEAM}, type: webhook, minimum: error}}}}\n"
    )
    told: list[list[tuple[int, str]]] = []
    for role in ("owner", "viewer"):
        for name in (other.notification, "w" * len(other.notification)):
            sent = {"documents": [{"file": "a", "text": manifest.format(name=name)}]}
            path = f"/teams/{t.TEAM}/notifications/{name}"
            async with connect(t.member(role)) as client:
                answers = [
                    await client.post("/diff", json=sent),
                    await client.post("/apply", json=sent),
                    await client.put(path, json={"type": "webhook"}),
                    await client.put(path, json={"type": "webhook", "url": "http://a.example"}),
                    await client.post("/apply", json=sent),
                    await client.get("/notifications"),
                    await client.get("/deliveries", params={"team": t.TEAM, "notification": name}),
                    await client.delete(path),
                    await client.get("/events", params={"what": "notification.", "limit": 2}),
                ]
            told.append([(answer.status_code, _plain(answer.text.replace(name, "NAME"))) for answer in answers])
    assert told[0] == told[1]
    assert told[2][:-1] == told[3][:-1]  # the log has what the owner did
    assert [status for status, _ in told[0]] == [409, 409, 409, 200, 200, 200, 200, 204, 200]
    assert (await api.get(theirs)).text == before


def _plain(text: str) -> str:
    """Without moments and ids, which are never the same twice."""
    return re.sub(r'"(id|at|created_at)":"[^"]*"', "", text)


async def test_a_team_is_put_in_no_place_by_its_own_members(connect: Connect, world: World) -> None:
    """Whoever could move a binding could look into any namespace."""
    _, other = world
    who = Principal("ann", teams={t.TEAM: t.member().teams[t.TEAM] | {"binding.write"}})
    path = f"/teams/{t.TEAM}/bindings/{t.SHARED}"
    async with connect(who) as client:
        for namespace in (other.namespace, "infra"):
            refused = await client.put(path, json={"namespace": namespace, "stack": t.STACK})
            assert (refused.status_code, refused.json()["code"]) == (403, "server.forbidden")
            text = (
                "apiVersion: gatewright.io/v1alpha1\nkind: Binding\nmetadata: {}\n"
                f"spec: {{team: {t.TEAM}, cluster: {t.SHARED}, namespace: {namespace}}}\n"
            )
            for route in ("/apply", "/diff"):
                answer = await client.post(route, json={"documents": [{"file": "a", "text": text}]})
                assert answer.status_code == 403, answer.text
        assert (await client.put(path, json={"stack": ""})).json()["verb"] == "update"
        assert (await client.put(path, json={"namespace": "shop", "stack": t.STACK})).json()["verb"] == "update"


async def test_a_fight_over_what_is_shared_is_not_a_members_to_end(
    connect: Connect, api: httpx.AsyncClient, world: World
) -> None:
    async with connect(t.member("developer")) as client:
        resumed = (await client.post("/drifts/resume", json={"cluster": t.SHARED})).json()
        assert [found["team"] for found in resumed] == [t.TEAM]
        assert (await client.post("/drifts/resume", json={"cluster": t.SHARED})).status_code == 404
    states = {found.get("team", ""): found["state"] for found in (await api.get("/drifts")).json()}
    assert states[t.TEAM] == "open"
    assert {state for team, state in states.items() if team != t.TEAM} == {"fought"}


async def _told(answer: httpx.Response, until: str) -> str:
    told = ""
    async for line in answer.aiter_lines():
        told += line + "\n"
        if line.startswith("data:") and until in line:
            return told
    raise AssertionError(told)


async def test_streams_tell_what_is_the_teams_own(connect: Connect, services: Services, world: World) -> None:
    mine, other = world
    board = services.observatory.board
    database = services.clusters.database
    async with asyncio.timeout(60), connect(t.member()) as client:
        async with client.stream("GET", "/events/stream", params={"after": "0"}) as answer:
            await t.more(services, other)
            async with database.transaction() as unit:
                await unit.journal.note("w", "health.team", "the-last", team=t.TEAM)
            told = await _told(answer, "the-last")
        assert "health.cluster" not in told
        log = await client.get(f"/rollouts/{mine.rollout}/events", params={"after": 0})
        start = services.ids.seal("change", *_now(board))
        async with client.stream("GET", "/changes", headers={"Last-Event-ID": start}) as answer:
            await t.more(services, other)
            board.changes.publish("cluster", other.cluster, state="degraded")
            board.changes.publish("cluster", t.SHARED, state="unhealthy")
            board.changes.publish("object", t.SHARED, _ref("shop", "last"), state="healthy")
            changes = await _told(answer, '"last"')
    assert changes.count("data:") == 1
    for name in other.names().values():
        assert name not in told + changes + log.text


def _now(board: Any) -> tuple[int, bytes]:
    epoch, _, number = board.changes._reset().id.partition(".")
    return int(number), bytes.fromhex(epoch)


def _ref(namespace: str, name: str) -> Any:
    from gatewright.model.objects import ObjectRef

    return ObjectRef("gateway.networking.k8s.io/v1", "HTTPRoute", name, namespace)


class _Post:
    """Takes letters instead of the network."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, bytes]] = []

    async def send(self, type: Any, target: Any, letter: Any) -> None:
        self.letters.append((letter.notification, outgoing(type, target, letter, 0.0).body))


async def test_a_teams_notifications_tell_of_no_other_team(services: Services, world: World) -> None:
    _, other = world
    database = services.clusters.database
    post, bell = _Post(), f"{t.TEAM}.bell"
    ring = KeyRing.load(services.settings.home, create=False)
    notifier = Notifier(database, ring, cast(Any, post), pace=Pace(settle=0.0))
    async with database.transaction() as unit:
        await unit.journal.note("w", "health.cluster", t.SHARED, cluster=t.SHARED, severity="error")
        why = message("health.parent-missing", object=f"HTTPRoute {other.namespace}/{other.route}", parent="x")
        told = message("observe.event.object-because", object="Gateway a", cluster=t.SHARED, state="", why=why)
        await unit.journal.note("w", "health.object", "common", cluster=t.SHARED, severity="error", message=told)
    async with asyncio.timeout(60):
        while not any(name == bell and b"common" in body for name, body in post.letters):
            await notifier.step()
            await notifier.idle()
            await asyncio.sleep(0.01)
    mine = b"".join(body for name, body in post.letters if name == bell).decode()
    assert "health.cluster" not in mine
    assert '"id"' not in mine
    assert not any(name in mine for name in other.names().values())


async def test_the_clusters_of_a_graph_are_in_the_order_of_what_one_sees(
    connect: Connect, services: Services, world: World
) -> None:
    """Which cluster comes first, and which are left out, would tell how others fare there."""
    _, other = world
    board = services.observatory.board
    state = board.state("uid-own")
    assert state is not None
    async with connect(t.member()) as client:
        for number in range(9):
            live = w.route(f"lost{number}", t.NAMESPACE_OF_TEAM, parents=[{"name": "gone"}])
            key = w.put(state.snapshot, w.HTTP_ROUTE, live)
            board.changed("uid-own", w.HTTP_ROUTE, key, None, state.snapshot.of(w.HTTP_ROUTE)[key])
        board.settle()
        mine = {name: (await client.get(f"/clusters/{name}/health")).json() for name in (t.OWN, t.SHARED)}
        assert mine[t.OWN]["state"] == mine[t.SHARED]["state"]
        assert mine[t.OWN]["errors"] > mine[t.SHARED]["errors"]
        for _ in range(2):
            assert (await client.get("/topology")).json()["clusters"] == [t.OWN, t.SHARED]
            for number in range(20):
                live = w.route(f"{other.route}-{number}", other.namespace, parents=[{"name": "gone"}])
                whole = board.state("uid-shared")
                assert whole is not None
                key = w.put(whole.snapshot, w.HTTP_ROUTE, live)
                board.changed("uid-shared", w.HTTP_ROUTE, key, None, whole.snapshot.of(w.HTTP_ROUTE)[key])
            board.settle()
