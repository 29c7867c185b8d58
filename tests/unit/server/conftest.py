"""The application over a database of the test's own, spoken to as the operator, as a stranger, or with few rights."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from gatewright.cli.transport import InProcessTransport
from gatewright.server.app import create_app
from gatewright.server.principal import Principal, operator
from gatewright.server.services import Services, open_services
from gatewright.server.settings import Settings, from_environment

Open = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def settings(home: Path) -> Settings:
    return from_environment({"GATEWRIGHT_HOME": str(home)})


@pytest.fixture
async def services(settings: Settings) -> AsyncIterator[Services]:
    async with open_services(settings) as opened:
        yield opened


@pytest.fixture
def connect(services: Services) -> Open:
    """``async with connect(principal)``: a client of the application as that principal. One application is made for
    each ``over``: making its routes takes longer than most requests."""

    made: dict[int, tuple[Services, FastAPI]] = {}

    def application(over: Services) -> FastAPI:
        if id(over) not in made:
            made[id(over)] = over, create_app(over)
        return made[id(over)][1]

    @contextlib.asynccontextmanager
    async def opened(
        principal: Principal | None = None, over: Services = services, **headers: str
    ) -> AsyncIterator[httpx.AsyncClient]:
        transport = InProcessTransport(application(over), principal or operator("ada"))
        base = "http://test/api/v1"
        async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as client:
            yield client

    return opened


@pytest.fixture
async def api(connect: Open) -> AsyncIterator[httpx.AsyncClient]:
    async with connect() as client:
        yield client
