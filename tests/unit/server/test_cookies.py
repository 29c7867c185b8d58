"""Cookies over HTTPS are of this host and of TLS alone; over plain HTTP they have another name, never taken for it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
from people import PASSWORD, PlainHasher, signed_in

from gatewright.server.app import create_app
from gatewright.server.services import Services, open_services
from gatewright.server.sessions import COOKIE
from gatewright.server.settings import Settings

TOKEN = "gwo_" + "t" * 40
URL = "https://gw.example"
HOST_COOKIE = f"__Host-{COOKIE}"


@pytest.fixture
async def services(settings: Settings, clock: Any) -> AsyncIterator[Services]:
    async with open_services(settings, hasher=PlainHasher(), clock=clock) as opened:
        yield opened


@contextlib.asynccontextmanager
async def browser(services: Services, scheme: str, url: str = "") -> AsyncGenerator[httpx.AsyncClient]:
    """Reaches by ``scheme`` a server whose GATEWRIGHT_URL is ``url``; olga is somebody there."""
    settings = msgspec.structs.replace(services.settings, url=url)
    app = create_app(dataclasses.replace(services, settings=settings), token=TOKEN)
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1234))
    async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://gw.test/api/v1") as client:
        headers = {"authorization": f"Bearer {TOKEN}"}
        answer = await client.put("/users/olga", json={"password": PASSWORD}, headers=headers)
        assert answer.status_code == 200, answer.text
        yield client


async def cookies_of(client: httpx.AsyncClient) -> dict[str, str]:
    """By name, what was said of each cookie when signing in."""
    answer = await signed_in(client, "olga")
    assert answer.status_code == 200, answer.text
    return {value.partition("=")[0]: value for value in answer.headers.get_list("set-cookie")}


async def state_with(client: httpx.AsyncClient, name: str, value: str) -> str:
    client.cookies.clear()
    answer = await client.get("/session", headers={"cookie": f"{name}={value}"})
    return answer.json()["state"]


@pytest.mark.parametrize(("scheme", "url"), [("https", ""), ("http", URL), ("https", URL)])
async def test_over_https_every_cookie_is_of_this_host_and_of_tls_alone(
    services: Services, scheme: str, url: str
) -> None:
    async with browser(services, scheme, url) as client:
        told = await cookies_of(client)
        assert HOST_COOKIE in told
        for name, said in told.items():
            assert name.startswith("__Host-"), name
            parts = {part.strip().lower() for part in said.split(";")[1:]}
            assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts
            assert not any(part.startswith("domain") for part in parts)
        out = await client.delete("/session", headers={"cookie": told[HOST_COOKIE].partition(";")[0]})
        assert out.status_code == 204
        assert [c.partition("=")[0] for c in out.headers.get_list("set-cookie")] == [HOST_COOKIE]
        assert "Secure" in out.headers["set-cookie"]


@pytest.mark.parametrize("url", ["", "http://gw.test"])
async def test_over_plain_http_a_browser_would_not_keep_such_a_cookie(services: Services, url: str) -> None:
    async with browser(services, "http", url) as client:
        told = await cookies_of(client)
    assert COOKIE in told
    for name, said in told.items():
        assert not name.startswith("__"), name
        assert "secure" not in said.lower()
        assert "HttpOnly" in said


async def test_neither_name_is_taken_for_the_other(services: Services) -> None:
    async with browser(services, "https") as https, browser(services, "http") as http:
        safe = (await cookies_of(https))[HOST_COOKIE].partition(";")[0].partition("=")[2]
        plain = (await cookies_of(http))[COOKIE].partition(";")[0].partition("=")[2]
        assert await state_with(https, HOST_COOKIE, safe) == "signed-in"
        assert await state_with(http, COOKIE, plain) == "signed-in"
        for value in (safe, plain):
            assert await state_with(https, COOKIE, value) != "signed-in"
            assert await state_with(http, HOST_COOKIE, value) != "signed-in"


async def test_a_plain_cookie_changes_nothing_over_https(services: Services) -> None:
    async with browser(services, "https") as https, browser(services, "http") as http:
        await cookies_of(http)
        cookie, csrf = http.cookies[COOKIE], http.headers["X-CSRF-Token"]
        headers = {"cookie": f"{COOKIE}={cookie}", "X-CSRF-Token": csrf}
        assert (await https.delete("/sessions", headers=headers)).status_code == 401


@pytest.mark.parametrize(("scheme", "url", "kept"), [("https", "", True), ("http", URL, True), ("http", "", False)])
async def test_browsers_are_told_to_stay_with_https(services: Services, scheme: str, url: str, kept: bool) -> None:
    async with browser(services, scheme, url) as client:
        for path in ("/session", "/nowhere"):
            assert ("strict-transport-security" in (await client.get(path)).headers) is kept
