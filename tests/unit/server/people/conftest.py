"""A fleet of two teams with people in all roles, and browsers for them."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from people import TOKEN, Browsers, PlainHasher, make

from gatewright.cli.transport import InProcessTransport
from gatewright.server.app import create_app
from gatewright.server.principal import operator
from gatewright.server.services import Services, open_services
from gatewright.server.settings import Settings, from_environment

BEGINNING = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
"""When the people were made: some time before a test."""


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


@pytest.fixture(scope="session")
def inhabited(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Path:
    """A GATEWRIGHT_HOME with the ``people``, to copy: making them takes longer than most tests."""
    made = tmp_path_factory.mktemp("inhabited") / "home"
    made.mkdir(mode=0o700)
    shutil.copy(migrated, made / "gatewright.db")
    asyncio.run(_inhabit(made))
    return made


async def _inhabit(home: Path) -> None:
    settings = from_environment({"GATEWRIGHT_HOME": str(home)})
    async with open_services(settings, hasher=PlainHasher(), clock=lambda: BEGINNING) as services:
        transport = InProcessTransport(create_app(services), operator("ada"))
        async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as api:
            for team in ("payments", "orders"):
                assert (await api.put(f"/teams/{team}", json={})).status_code == 200
            await make(api, "root", role="administrator")
            for name, role in (("olga", "owner"), ("dev", "developer"), ("vera", "viewer")):
                await make(api, name)
                answer = await api.put(f"/teams/payments/members/{name}", json={"role": role})
                assert answer.status_code == 200, answer.text
            await make(api, "nobody")


@pytest.fixture
def home(request: pytest.FixtureRequest, home: Path) -> Path:
    """With the ``people``, where a test asks for them."""
    if "people" in request.fixturenames:
        shutil.copytree(request.getfixturevalue("inhabited"), home, dirs_exist_ok=True)
    return home


@pytest.fixture
def people(home: Path) -> None:
    """Administrator root; in team payments owner olga, developer dev and viewer vera; nobody, who has no role."""
