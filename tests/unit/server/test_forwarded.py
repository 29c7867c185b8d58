"""What proxies say of a request: believed from those that the settings name, and from nobody else."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
import structlog
from people import OTHER, PASSWORD, PlainHasher, signed_in

from gatewright.server.app import create_app
from gatewright.server.services import Services, open_services
from gatewright.server.sessions import FAILURES_PER_ADDRESS
from gatewright.server.settings import Settings, from_environment

TOKEN = "gwo_" + "t" * 40
OPERATOR = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture
async def services(settings: Settings, clock: Any) -> AsyncIterator[Services]:
    async with open_services(settings, hasher=PlainHasher(), clock=clock) as opened:
        yield opened


def app_of(services: Services, **environ: str) -> Any:
    given = from_environment({"GATEWRIGHT_HOME": str(services.settings.home), **environ})
    settings = msgspec.structs.replace(services.settings, proxies=given.proxies, url=given.url)
    return create_app(dataclasses.replace(services, settings=settings), token=TOKEN)


@contextlib.asynccontextmanager
async def reaching(app: Any, address: str, said: str = "", **headers: str) -> AsyncGenerator[httpx.AsyncClient]:
    """A client whose connection comes from ``address`` and which says that it forwards for ``said``."""
    given = {**headers, "x-forwarded-for": said} if said else headers
    transport = httpx.ASGITransport(app, client=(address, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1", headers=given) as client:
        yield client


async def audited(app: Any, address: str, said: str, **headers: str) -> str:
    """The address that the audit has of a request."""
    async with reaching(app, address, said, **OPERATOR, **headers) as client:
        assert (await client.put("/teams/payments", json={})).status_code == 200
        (entry,) = (await client.get("/audit", params={"limit": 1})).json()
        assert (await client.delete("/teams/payments")).status_code == 204
    return entry["address"]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "192.0.2.7"])
async def test_nobody_is_believed_where_nothing_is_set(services: Services, address: str) -> None:
    assert await audited(app_of(services), address, "203.0.113.9") == address


@pytest.mark.parametrize(
    ("proxies", "address", "said", "told"),
    [
        ("127.0.0.1", "127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "127.0.0.2", "203.0.113.9", "127.0.0.2"),
        ("10.0.0.0/8", "10.1.2.3", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.0/8", "10.1.2.3", "198.51.100.1, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("10.0.0.0/8", "::ffff:10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.0/8", "::ffff:192.0.2.7", "203.0.113.9", "192.0.2.7"),
        ("2001:db8::/32", "2001:db8::1", "203.0.113.9", "203.0.113.9"),
        ("none", "127.0.0.1", "203.0.113.9", "127.0.0.1"),
    ],
)
async def test_a_proxy_that_is_set_is_believed_about_the_last_one_before_it(
    services: Services, proxies: str, address: str, said: str, told: str
) -> None:
    assert await audited(app_of(services, GATEWRIGHT_PROXIES=proxies), address, said) == told


async def test_nobody_escapes_the_limit_of_their_address_by_making_others_up(services: Services) -> None:
    app = app_of(services)
    for number in range(FAILURES_PER_ADDRESS):
        async with reaching(app, "127.0.0.1", f"203.0.113.{number}") as client:
            assert (await signed_in(client, f"guess{number}", OTHER)).status_code == 401
    async with reaching(app, "127.0.0.1", "203.0.113.99") as client:
        assert (await signed_in(client, "guess", OTHER)).status_code == 429


async def test_behind_a_proxy_each_browser_has_a_limit_of_its_own(services: Services) -> None:
    app = app_of(services, GATEWRIGHT_PROXIES="127.0.0.1")
    async with reaching(app, "127.0.0.1", "203.0.113.1") as guesser:
        for number in range(FAILURES_PER_ADDRESS):
            await signed_in(guesser, f"guess{number}", OTHER)
        assert (await signed_in(guesser, "guess", OTHER)).status_code == 429
    async with reaching(app, "127.0.0.1", "203.0.113.2") as neighbour:
        assert (await signed_in(neighbour, "guess", OTHER)).status_code == 401


async def test_a_proxy_s_word_of_https_counts_only_where_it_is_believed(services: Services) -> None:
    async with reaching(app_of(services), "127.0.0.1", **OPERATOR) as client:
        assert (await client.put("/users/olga", json={"password": PASSWORD})).status_code == 200
    for proxies, secure in (("127.0.0.1", True), ("none", False)):
        app = app_of(services, GATEWRIGHT_PROXIES=proxies)
        async with reaching(app, "127.0.0.1", "203.0.113.9", **{"x-forwarded-proto": "https"}) as client:
            answer = await signed_in(client, "olga")
        assert ("strict-transport-security" in answer.headers) is secure
        assert all(("Secure" in cookie) is secure for cookie in answer.headers.get_list("set-cookie"))


async def test_the_log_says_once_that_a_proxy_is_not_believed(services: Services) -> None:
    with structlog.testing.capture_logs() as lines:
        app = app_of(services, GATEWRIGHT_PROXIES="10.0.0.1")
        async with reaching(app, "10.0.0.1", "203.0.113.9") as client:
            await client.get("/session")
        async with reaching(app, "10.0.0.2") as client:
            await client.get("/session")
        assert lines == []
        for _ in range(3):
            async with reaching(app, "10.0.0.2", "203.0.113.9") as client:
                await client.get("/session")
    (line,) = lines
    assert (line["log_level"], line["address"], line["setting"]) == ("warning", "10.0.0.2", "GATEWRIGHT_PROXIES")


async def test_what_is_made_elsewhere_is_led_to_the_address_that_is_set(services: Services) -> None:
    for url, told in (("", "http://test/api/v1/"), ("https://gw.example", "https://gw.example/api/v1/")):
        async with reaching(app_of(services, GATEWRIGHT_URL=url), "127.0.0.1", **OPERATOR) as client:
            answer = await client.post("/registrations", json={"name": "shanghai"})
            assert answer.status_code == 201, answer.text
        assert told in answer.json()["command"]
