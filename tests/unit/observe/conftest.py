"""A database of the test's own with clusters that were never connected to, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gatewright.model.desired import Binding, Cluster, Desired, Team
from gatewright.store.apply import Registration
from gatewright.store.database import Database

Register = Callable[..., Awaitable[None]]


@pytest.fixture
def ticker(clock: Any) -> Any:
    """The clock of the databases."""
    return clock


@pytest.fixture
async def both(url: str, ticker: Any) -> AsyncIterator[Database]:
    """A database of each kind."""
    async with Database.open(url, clock=ticker) as opened:
        await opened.migrate()
        yield opened


@pytest.fixture
async def small(tmp_path: Path, ticker: Any) -> AsyncIterator[Database]:
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
