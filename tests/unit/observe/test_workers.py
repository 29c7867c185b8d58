"""Who is alive: told at once for a process of this host that is gone, by silence for any other."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gatewright.observe.workers import SILENCE, WorkerPresence, start_time
from gatewright.store.database import Database

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(tmp_path: Path, clock: Any) -> AsyncIterator[Database]:
    async with Database.open(f"sqlite:///{tmp_path}/gw.db", clock=clock, busy_seconds=0.05) as opened:
        await opened.migrate()
        yield opened


async def add(database: Database, id: str, host: str, started: str) -> None:
    async with database.transaction() as unit:
        await unit.workers.register(id, host, 4321, started)


async def test_this_process_is_alive_and_one_that_left_is_not(database: Database) -> None:
    presence = WorkerPresence(database)
    await presence.register()
    assert await presence.alive(presence.id)
    other = WorkerPresence(database)
    assert await other.alive(presence.id)
    await presence.leave()
    assert not await other.alive(presence.id)


@pytest.mark.parametrize(("started_now", "alive"), [("77", True), ("78", False), ("", False)])
async def test_a_process_of_this_host_is_alive_while_its_pid_is_its_own(
    database: Database, started_now: str, alive: bool
) -> None:
    await add(database, "neighbour", "here", "77")
    presence = WorkerPresence(database, host="here", started=lambda _: started_now)
    assert await presence.alive("neighbour") is alive
    async with database.reading() as unit:
        assert (await unit.workers.get("neighbour") is not None) is alive


async def test_a_process_elsewhere_is_dead_once_it_was_silent(database: Database, clock: Any) -> None:
    await add(database, "far", "there", "77")
    presence = WorkerPresence(database, host="here", started=lambda _: "")
    assert await presence.alive("far")
    clock.now += timedelta(seconds=SILENCE + 1)
    assert not await presence.alive("far")


async def test_a_heart_goes_on_after_the_database_was_busy(database: Database, clock: Any, tmp_path: Path) -> None:
    presence = WorkerPresence(database)
    await presence.register()
    beating = asyncio.create_task(presence.beat(0.01))
    with contextlib.closing(sqlite3.connect(tmp_path / "gw.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await asyncio.sleep(0.3)
        other.execute("ROLLBACK")
    clock.now += timedelta(seconds=60)
    for _ in range(200):
        async with database.reading() as unit:
            found = await unit.workers.get(presence.id)
        if found is not None and found.heartbeat_at.startswith("2026-11-22T12:01:00"):
            break
        await asyncio.sleep(0.02)
    else:
        raise AssertionError("no beat after the database was busy")
    beating.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await beating


def test_the_start_time_of_a_process_that_is_not_there_is_empty() -> None:
    assert start_time(2**22 + 1) == ""
