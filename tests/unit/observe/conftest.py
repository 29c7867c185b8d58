"""A database of the test's own with clusters that were never connected to, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from postgresql_server import binaries, execute, server
from postgresql_server import url as postgresql_url

from gatewright.model.desired import Binding, Cluster, Desired, Team
from gatewright.store.apply import Registration
from gatewright.store.database import Database

Register = Callable[..., Awaitable[None]]


class Ticker:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def ticker() -> Ticker:
    return Ticker()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The folder of the socket of a running server."""
    found = binaries()
    if found is None:
        pytest.skip("PostgreSQL is not installed (package: postgresql)")
    with server(found) as folder:
        yield str(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        path = tmp_path / "gw.db"
        shutil.copy(request.getfixturevalue("migrated"), path)
        yield f"sqlite:///{path}"
        return
    folder = request.getfixturevalue("postgresql")
    execute(folder, "CREATE DATABASE watch_gw")
    yield postgresql_url(folder, "watch_gw")
    execute(folder, "DROP DATABASE watch_gw WITH (FORCE)")


@pytest.fixture
async def both(database_url: str, ticker: Ticker) -> AsyncIterator[Database]:
    """A database of each kind."""
    async with Database.open(database_url, clock=ticker) as opened:
        await opened.migrate()
        yield opened


@pytest.fixture
async def small(tmp_path: Path, ticker: Ticker) -> AsyncIterator[Database]:
    """An SQLite database that gives up soon when it is locked."""
    async with Database.open(f"sqlite:///{tmp_path / 'small.db'}", clock=ticker, busy_seconds=0.05) as opened:
        await opened.migrate()
        yield opened


@pytest.fixture
def register() -> Register:
    """``await register(database, "a", "b", payments=["a"])``: clusters, and teams bound to some of them."""

    async def registering(database: Database, *names: str, **teams: list[str]) -> None:
        wanted: list[Desired] = [Cluster(name) for name in names]
        for team, clusters in teams.items():
            wanted += [Team(team, team), *(Binding(team, cluster, namespace=team) for cluster in clusters)]
        registrations = {name: Registration(f"uid-{name}", f"https://{name}:6443", "v1.36.0") for name in names}
        async with database.transaction() as unit:
            await unit.fleet.apply_desired(wanted, "ann", registrations=registrations)

    return registering
