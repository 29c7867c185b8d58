"""A fleet of two teams with people in all roles, and browsers for them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from people import TOKEN, Browsers, PlainHasher, make

from gatewright.server.app import create_app
from gatewright.server.services import Services, open_services
from gatewright.server.settings import Settings


@pytest.fixture
def hasher() -> PlainHasher:
    return PlainHasher()


@pytest.fixture
async def services(settings: Settings, hasher: PlainHasher, clock: Any) -> AsyncIterator[Services]:
    async with open_services(settings, hasher=hasher, clock=clock) as opened:
        yield opened


@pytest.fixture
def browser(services: Services) -> Browsers:
    """``async with browser()``: somebody who is not signed in yet, with cookies of their own."""

    app = create_app(services, token=TOKEN)

    @contextlib.asynccontextmanager
    async def opened(address: str = "192.0.2.7", **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(app, client=(address, 1234))
        base = "http://gw.test/api/v1"
        async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as client:
            yield client

    return opened


@pytest.fixture
async def people(api: httpx.AsyncClient) -> None:
    """Administrator root; in team payments owner olga, developer dev and viewer vera; nobody, who has no role."""
    for team in ("payments", "orders"):
        assert (await api.put(f"/teams/{team}", json={})).status_code == 200
    await make(api, "root", role="administrator")
    for name, role in (("olga", "owner"), ("dev", "developer"), ("vera", "viewer")):
        await make(api, name)
        answer = await api.put(f"/teams/payments/members/{name}", json={"role": role})
        assert answer.status_code == 200, answer.text
    await make(api, "nobody")
