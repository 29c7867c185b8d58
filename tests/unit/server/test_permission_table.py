"""Every route times every role, written down: who is let in, who is refused, and for whom a thing does not exist.

The world is ``two_teams``; every address names something of the first team. A route that is not in the table fails.
"""

from __future__ import annotations

import re
from typing import Any, Final

import httpx
import pytest
import two_teams as t
from fastapi.routing import APIRoute

from gatewright.cli.transport import InProcessTransport
from gatewright.model.people import Role
from gatewright.server.app import PREFIX, api_routes, create_app
from gatewright.server.operations import methods_of
from gatewright.server.permissions import is_public
from gatewright.server.principal import Principal, operator
from gatewright.server.roles import BUILTIN, OWN, allowed
from gatewright.server.services import Services

ROLES: Final = ("anonymous", "nothing", "stranger", "viewer", "developer", "owner", "administrator")
"""Nobody; somebody whose role allows nothing; an owner of the other team; the roles of the first team; whoever has the
installation."""

TABLE: Final = """
GET /version                                 401    +    +    +    +    +    +
GET /openapi.json                            401    +    +    +    +    +    +
GET /clusters                                401  403    +    +    +    +    +
POST /clusters                               401  403  403  403  403  403    +
GET /clusters/{name}                         401  403    +    +    +    +    +
PUT /clusters/{name}/custody                 401  403  403  403  403  403    +
PUT /clusters/{name}/observation             401  403  403  403  403  403    +
PUT /clusters/{name}/credentials             401  403  403  403  403  403    +
GET /access                                  401  403  403  403  403  403    +
GET /teams                                   401  403    +    +    +    +    +
GET /teams/{team}                            401  403  404    +    +    +    +
PUT /teams/{team}                            401  403  404  403  403    +    +
DELETE /teams/{team}                         401  403  404  403  403    +    +
GET /bindings                                401  403    +    +    +    +    +
GET /teams/{team}/bindings/{cluster}         401  403  404    +    +    +    +
PUT /teams/{team}/bindings/{cluster}         401  403  403  403  403  403    +
GET /stacks                                  401  403    +    +    +    +    +
GET /teams/{team}/stacks/{name}              401  403  404    +    +    +    +
PUT /teams/{team}/stacks/{name}              401  403  404  403    +    +    +
DELETE /teams/{team}/stacks/{name}           401  403  404  403    +    +    +
POST /apply                                  401  403  404  403    +    +    +
POST /diff                                   401  403  404    +    +    +    +
GET /export                                  401  403    +    +    +    +    +
GET /bundles                                 401  403    +    +    +    +    +
GET /bundles/{version}                       401  403    +    +    +    +    +
POST /bundles/{version}/pull                 401  403  403  403  403  403    +
POST /plans                                  401  403  404  403    +    +    +
GET /plans                                   401  403    +    +    +    +    +
GET /plans/{hash}                            401  403  404    +    +    +    +
POST /rollouts                               401  403    +  403    +    +    +
GET /rollouts                                401  403    +    +    +    +    +
GET /rollouts/{id}                           401  403  404    +    +    +    +
POST /rollouts/{id}/{command}                401  403  404  403    +    +    +
GET /rollouts/{id}/events                    401  403  404    +    +    +    +
GET /status                                  401  403    +    +    +    +    +
GET /resources                               401  403  404    +    +    +    +
GET /drifts                                  401  403    +    +    +    +    +
POST /drifts/resume                          401  403  404  403    +    +    +
GET /health                                  401  403    +    +    +    +    +
GET /clusters/{name}/health                  401  403    +    +    +    +    +
GET /clusters/{name}/objects                 401  403    +    +    +    +    +
GET /findings                                401  403    +    +    +    +    +
GET /explain                                 401  403    +    +    +    +    +
GET /changes                                 401  403    +    +    +    +    +
GET /events                                  401  403    +    +    +    +    +
GET /events/stream                           401  403    +    +    +    +    +
GET /notifications                           401  403    +    +    +    +    +
GET /notifications/{name}                    401  403  403  403  403  403    +
PUT /notifications/{name}                    401  403  403  403  403  403    +
POST /notifications/{name}/test              401  403  403  403  403  403    +
DELETE /notifications/{name}                 401  403  403  403  403  403    +
GET /teams/{team}/notifications/{name}       401  403  404    +    +    +    +
PUT /teams/{team}/notifications/{name}       401  403  404  403  403    +    +
POST /teams/{team}/notifications/{name}/test 401  403  404  403  403    +    +
GET /deliveries                              401  403    +    +    +    +    +
POST /deliveries/{id}/retry                  401  403  404  403  403    +    +
GET /versions                                401  403    +    +    +    +    +
GET /hostnames                               401  403    +    +    +    +    +
GET /advice                                  401  403  403  403  403  403    +
GET /probes                                  401  403    +    +    +    +    +
POST /probes/run                             401  403  404  403    +    +    +
GET /metrics                                 401  403  403  403  403  403    +
GET /matrix                                  401  403    +    +    +    +    +
GET /mappings                                401  403    +    +    +    +    +
GET /topology                                401  403    +    +    +    +    +
GET /health/teams                            401  403    +    +    +    +    +
GET /objects                                 401  403    +    +    +    +    +
GET /clusters/{name}/object                  401  403    +    +    +    +    +
GET /clusters/{name}/installation            401  403    +    +    +    +    +
GET /clusters/{name}/removal                 401  403  403  403  403  403    +
POST /registrations                          401  403  403  403  403  403    +
GET /registrations/{id}                      401  403  403  403  403  403    +
GET /schemas                                 401    +    +    +    +    +    +
GET /schemas/{kind}                          401    +    +    +    +    +    +
DELETE /session                              401    +    +    +    +    +    +
GET /sessions                                401    +    +    +    +    +    +
DELETE /sessions                             401    +    +    +    +    +    +
DELETE /sessions/{id}                        401    +    +    +    +    +    +
PUT /me/password                             401    +    +    +    +    +    +
PUT /me/preferences                          401    +    +    +    +    +    +
GET /users                                   401  403  403  403  403  403    +
GET /users/{name}                            401  403  403  403  403  403    +
PUT /users/{name}                            401  403  403  403  403  403    +
DELETE /users/{name}                         401  403  403  403  403  403    +
PUT /users/{name}/password                   401  403  403  403  403  403    +
GET /permissions                             401  403    +  403  403    +    +
GET /roles                                   401  403    +  403  403    +    +
PUT /roles/{name}                            401  403  403  403  403  403    +
DELETE /roles/{name}                         401  403  403  403  403  403    +
GET /teams/{team}/members                    401  403  404    +    +    +    +
PUT /teams/{team}/members/{user}             401  403  404  403  403    +    +
DELETE /teams/{team}/members/{user}          401  403  404  403  403    +    +
GET /tokens                                  401    +    +    +    +    +    +
POST /tokens                                 401    +    +    +    +    +    +
DELETE /tokens/{id}                          401    +    +    +    +    +    +
GET /audit                                   401  403    +  403  403    +    +
GET /audit/export                            401  403  403  403  403  403    +
DELETE /clusters/{name}                      401  403  403  403  403  403    +
DELETE /teams/{team}/bindings/{cluster}      401  403  403  403  403  403    +
DELETE /teams/{team}/notifications/{name}    401  403  404  403  403    +    +
"""
"""Per route: ``401``, ``403``; ``404``: answered as what does not exist; ``+``: let in, whatever then becomes of it."""

MANIFEST: Final = (
    "apiVersion: gatewright.io/v1alpha1\nkind: Stack\nmetadata: {name: listed}\n"
    f"spec: {{team: {t.TEAM}, bundle: {{version: v1.6.1}}}}\n"
)
BODIES: Final[dict[str, Any]] = {
    "POST /plans": {"team": t.TEAM, "clusters": [t.SHARED]},
    "POST /probes/run": {"team": t.TEAM, "hostname": "nowhere.example"},
    "POST /drifts/resume": {"cluster": t.OWN},
    "PUT /notifications/{name}": {"type": "webhook"},
    "PUT /teams/{team}/notifications/{name}": {"type": "webhook"},
    "POST /apply": {"documents": [{"file": "a", "text": MANIFEST}]},
    "POST /diff": {"documents": [{"file": "a", "text": MANIFEST}]},
}
"""Of routes whose body names a team or a cluster; others get one that they cannot use."""
QUERIES: Final[dict[str, dict[str, str]]] = {
    "GET /explain": {"kind": "cluster", "name": t.SHARED},
    "GET /resources": {"kinds": "gateways", "cluster": t.OWN},
    "GET /clusters/{name}/object": {"kind": "Gateway", "object": "web", "namespace": "shop"},
    "GET /access": {},
}
LAST: Final = (
    "DELETE /notifications/{name}",
    "DELETE /teams/{team}/notifications/{name}",
    "DELETE /teams/{team}/bindings/{cluster}",
    "DELETE /clusters/{name}",
)
"""What takes something away that others are asked about."""


def routes() -> list[str]:
    """Method and path of every route that asks who comes, those that take something away at the end."""
    found = [
        f"{method} {route.path}"
        for route in api_routes()
        if isinstance(route, APIRoute) and not is_public(route)
        for method in sorted(methods_of(route))
    ]
    return sorted(found, key=lambda route: route in LAST)


def expected(role: str) -> dict[str, str]:
    rows = [line.rsplit(maxsplit=len(ROLES)) for line in TABLE.strip().splitlines()]
    column = ROLES.index(role) + 1
    return {row[0].strip(): row[column] for row in rows}


def somebody(role: str, other: t.Others) -> Principal | None:
    match role:
        case "anonymous":
            return None
        case "administrator":
            return operator("ada")
        case "nothing":
            grants = {t.TEAM: "idle"}
        case "stranger":
            grants = {other.team: "owner"}
        case _:
            assert role in BUILTIN
            grants = {t.TEAM: role}
    everywhere, teams = allowed(grants, {"idle": Role("idle", "team", ())})
    return Principal("ann", everywhere | OWN, teams=teams)


def address(route: str, mine: t.Mine) -> str:
    names = {
        "team": t.TEAM,
        "cluster": t.SHARED,
        "hash": mine.plan,
        "id": mine.delivery if "deliveries" in route else mine.rollout,
        "command": "pause",
        "version": "v0.0.1",
        "kind": "Stack",
        "user": "nobody",
        "name": t.STACK if "stacks" in route else "bell" if "notifications" in route else t.SHARED,
    }
    return PREFIX + re.sub(r"{(\w+)}", lambda found: names[found[1]], route.partition(" ")[2])


async def outcome(client: httpx.AsyncClient, route: str, mine: t.Mine) -> str:
    method = route.partition(" ")[0]
    sent: dict[str, Any] = {"params": QUERIES.get(route, {})}
    if method in ("POST", "PUT"):
        sent["json"] = BODIES.get(route, {"no such field": 1})
    async with client.stream(method, address(route, mine), **sent) as answer:
        if answer.status_code < 400:
            return "+"  # and leaves, whatever is still being sent
        await answer.aread()
        code = answer.json()["code"]
    if code in ("server.unauthenticated", "server.forbidden"):
        return str(answer.status_code)
    return "404" if code.startswith("store.unknown-") else "+"


@pytest.mark.parametrize("role", ROLES)
async def test_every_route_lets_in_whom_the_table_says(services: Services, role: str) -> None:
    mine, other = await t.furnish(services)
    who = somebody(role, other)
    app = create_app(services, token="gwo_" + "t" * 40)
    transport = httpx.ASGITransport(app) if who is None else InProcessTransport(app, who)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        found = {route: await outcome(client, route, mine) for route in routes()}
    services.observatory.watches_now = False
    assert found == expected(role)


def test_every_route_is_in_the_table() -> None:
    assert set(expected("viewer")) == set(routes())
