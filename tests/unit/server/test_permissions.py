"""Deny by default: every route names a permission, and refuses whoever lacks it (invariant 9)."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import get_args

import httpx
import pytest
from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from gatewright.server.app import PREFIX, api_routes, create_app
from gatewright.server.permissions import is_public, permission_of, public, require, undeclared
from gatewright.server.principal import ALL, Permission, Principal
from gatewright.server.services import Services
from gatewright.server.web import WebApplication

ROUTES = [route for route in api_routes() if isinstance(route, APIRoute)]
PUBLIC = {
    "GET /session": "says whether somebody is signed in",
    "POST /session": "signing in",
    "POST /setup": "takes the set-up code instead",
    "GET /oidc/start": "signing in",
    "GET /oidc/callback": "signing in",
    "GET /registrations/{token}/script": "the secret in the path is what is asked for",
    "POST /registrations/{token}/complete": "the secret in the path is what is asked for",
}
"""The routes that are for everybody, and why."""


def requests() -> list[tuple[str, str, str]]:
    """Method, path with something in its places, and permission of every route that is not for everybody."""
    return [
        (method, re.sub(r"{\w+}", "x", route.path.replace("{command}", "pause")), str(permission_of(route)))
        for route in ROUTES
        if not is_public(route)
        for method in sorted(route.methods or ())
    ]


def test_every_route_names_a_permission_that_exists() -> None:
    assert len(ROUTES) == len(api_routes()) > 30
    assert undeclared(api_routes()) == []
    assert {permission_of(route) for route in ROUTES if not is_public(route)} == ALL == set(get_args(Permission))


def test_what_is_for_everybody_is_listed() -> None:
    found = {f"{method} {route.path}" for route in ROUTES if is_public(route) for method in route.methods or ()}
    assert found == set(PUBLIC)


def test_a_route_without_a_permission_is_found() -> None:
    router = APIRouter()

    @router.get("/open")
    async def opened() -> None: ...

    @router.get("/both")
    async def both(_: None = Depends(public()), __: Principal = Depends(require("team.read"))) -> None: ...

    assert undeclared(router.routes) == ["/open", "/both"]


async def test_the_application_has_no_other_routes(services: Services) -> None:
    app = create_app(services)
    assert set(app.openapi()["paths"]) == {PREFIX + route.path for route in ROUTES}
    *api, page = app.routes
    assert all(type(route).__name__ == "_IncludedRouter" for route in api)
    assert isinstance(page, WebApplication)


@pytest.mark.parametrize(("method", "path", "permission"), requests())
async def test_a_route_refuses_whoever_lacks_its_permission(
    connect: Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]], method: str, path: str, permission: str
) -> None:
    everything_else = Principal("eve", ALL - {permission})
    async with connect(everything_else) as client:
        answer = await client.request(method, path)
    assert answer.status_code == 403
    assert answer.json()["code"] == "server.forbidden"
    assert permission in answer.json()["message"]


async def test_a_stranger_is_refused_everywhere(services: Services) -> None:
    transport = httpx.ASGITransport(create_app(services, token="gwo_" + "t" * 40))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for method, path, _ in requests():
            answer = await client.request(method, PREFIX + path, headers={"Authorization": "Bearer wrong"})
            assert answer.status_code == 401, path
            assert answer.json()["code"] == "server.unauthenticated"
            assert answer.headers["www-authenticate"] == "Bearer"
