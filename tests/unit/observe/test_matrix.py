"""The rows of a thousand clusters: made anew only of what changed, and never keeping others waiting."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import health_worlds as w
import pytest
from side_by_side import bundle

from gatewright.gatewayapi.consistency.versions import versions_of
from gatewright.gatewayapi.health import assess
from gatewright.gatewayapi.kinds import SECRET
from gatewright.gatewayapi.live import ref_of
from gatewright.model.desired import Binding, Cluster, Team
from gatewright.model.errors import ErrorReport
from gatewright.model.matrix import FleetRow
from gatewright.observe.audience import Audience
from gatewright.observe.board import ClusterState, health_of
from gatewright.observe.directory import Directories
from gatewright.observe.matrix import FleetMatrix, certificates_of
from gatewright.store.apply import Registration
from gatewright.store.database import Database

MANY = 1000


class Board:
    """The states of a board, without anybody who watches."""

    def __init__(self) -> None:
        self.found: dict[str, ClusterState] = {}

    def state(self, uid: str) -> ClusterState | None:
        return self.found.get(uid)


class Looking:
    """What the matrix uses of an observatory and of the views side by side."""

    def __init__(self, database: Database) -> None:
        self.board = Board()
        self.directories = Directories(database)
        self.clusters = self
        self.database = database

    async def look(self, uids: Iterable[str], seconds: float) -> None:
        """Everything is seen already."""

    async def skews(self, view: object = None) -> tuple[()]:
        return ()


def state_of(number: int) -> ClusterState:
    snapshot = w.healthy()
    snapshot.cluster = f"c{number:04}"
    bundle(snapshot, "v1.6.1")
    state = ClusterState(
        f"uid-{number}",
        snapshot.cluster,
        snapshot,
        objects=assess(snapshot, w.NOW),
        versions=versions_of(snapshot),
        reachability="reachable",
        since=w.OLD,
        seen_at=w.OLD,
        synced=True,
        judged=True,
        revision=1,
    )
    state.health = health_of(state, state.objects)
    return state


@pytest.fixture(scope="module")
def states() -> list[ClusterState]:
    """One is made, the others are like it."""
    first = state_of(0)
    return [first, *(_like(first, number) for number in range(1, MANY))]


def _like(first: ClusterState, number: int) -> ClusterState:
    return ClusterState(
        f"uid-{number}",
        f"c{number:04}",
        first.snapshot,
        objects=first.objects,
        versions=first.versions,
        health=first.health,
        reachability="reachable",
        since=w.OLD,
        seen_at=w.OLD,
        synced=True,
        judged=True,
        revision=1,
    )


@pytest.fixture
async def looking(tmp_path: Path, migrated: Path, states: list[ClusterState]) -> AsyncIterator[Looking]:
    file = tmp_path / "gw.db"
    await asyncio.to_thread(shutil.copy, migrated, file)
    async with Database.open(f"sqlite:///{file}") as database:
        registrations = {s.name: Registration(s.uid, f"https://{s.name}") for s in states}
        bound = [Binding("shop", s.name, namespace="shop") for s in states[:100]]
        wanted: list[Any] = [*(Cluster(s.name) for s in states), Team("shop"), Team("other"), *bound]
        wanted += [Binding("other", s.name, namespace="other") for s in states[50:150]]
        async with database.transaction() as unit:
            await unit.fleet.apply_desired(wanted, "ann", registrations=registrations)
        found = Looking(database)
        found.board.found = {state.uid: state for state in states}
        yield found


@pytest.fixture
def matrix(looking: Looking) -> FleetMatrix:
    return FleetMatrix(cast(Any, looking), cast(Any, looking))


async def test_a_row_is_made_anew_only_of_a_cluster_that_changed(
    looking: Looking, matrix: FleetMatrix, states: list[ClusterState]
) -> None:
    first = await matrix.rows()
    assert [row.cluster for row in first] == sorted(state.name for state in states)
    again = await matrix.rows()
    assert all(_same(one, other) for one, other in zip(first, again, strict=True))
    states[7].revision += 1
    third = await matrix.rows()
    assert [n for n, (one, other) in enumerate(zip(again, third, strict=True)) if not _same(one, other)] == [7]


def _same(one: FleetRow, other: FleetRow) -> bool:
    """Whether a row was kept: what it is made of are the same objects."""
    assert one == other
    return one.controllers is other.controllers


async def test_what_changes_by_itself_is_shown_although_nothing_in_the_cluster_did(
    matrix: FleetMatrix, states: list[ClusterState]
) -> None:
    await matrix.rows()
    states[3].reachability, states[3].seen_at = "unreachable", "2026-11-22T13:00:00Z"
    states[3].error = ErrorReport("kube.unreachable", {})
    row = (await matrix.rows())[3]
    assert (row.reachability, row.seen_at, row.error) == ("unreachable", states[3].seen_at, states[3].error)
    states[3].reachability, states[3].error = "reachable", None


async def test_others_run_while_many_rows_are_made(matrix: FleetMatrix) -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(other())
    await matrix.rows()
    made = turns
    running.cancel()
    assert made > 5


async def test_each_audience_has_rows_of_its_own(matrix: FleetMatrix, looking: Looking) -> None:
    everything = await matrix.rows()
    shop = Audience(frozenset({"shop"}), frozenset({"shop"}))
    mine = await matrix.rows(shop)
    assert [row.cluster for row in mine] == [row.cluster for row in everything[:100]]
    assert {row.teams for row in mine} == {("shop",)}
    assert {row.teams for row in everything[50:100]} == {("other", "shop")}
    assert {row.routes.healthy for row in await matrix.rows(Audience(frozenset({"other"}), frozenset({"other"})))} == {
        0
    }
    assert {row.routes.healthy for row in mine} == {1}


async def test_a_cluster_that_is_gone_is_forgotten(matrix: FleetMatrix, looking: Looking) -> None:
    await matrix.rows()
    async with looking.database.transaction() as unit:
        await unit.fleet.delete_cluster("c0999", "ann")
    assert len(await matrix.rows()) == MANY - 1
    assert all(key[0] != "uid-999" for key in matrix._kept)  # pyright: ignore[reportPrivateUsage]


def test_certificates_are_counted_once_and_by_their_end() -> None:
    state = state_of(1)
    listeners = [w.https("a", "a.shop.test", "one"), w.https("b", "b.shop.test", "one"), w.https("c", "c.test", "two")]
    w.put(state.snapshot, ("gateway.networking.k8s.io", "Gateway"), w.gateway("tls", "shop", *listeners))
    state.objects = assess(state.snapshot, w.NOW)
    assert certificates_of(state, state.objects).count == 0
    w.put(state.snapshot, SECRET, w.secret("one", "shop", days=10))
    w.put(state.snapshot, SECRET, w.secret("two", "shop", days=100))
    found = certificates_of(state, state.objects, w.NOW.astimezone(UTC))
    assert (found.count, found.bad, found.object) == (2, 1, ref_of(SECRET, ("shop", "one")))
    assert datetime.fromisoformat(found.soonest) > w.NOW
