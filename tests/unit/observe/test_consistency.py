"""The views side by side over a board, and the memory of skew: what began stays begun over a restart."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from observing import until
from side_by_side import bundle, cluster, route

from gatewright.gatewayapi.consistency.versions import versions_of
from gatewright.gatewayapi.kinds import CRD
from gatewright.gatewayapi.live import Snapshot
from gatewright.model.desired import Binding, BundleName, Cluster, SkewPolicy, Stack, Team
from gatewright.observe.board import ClusterState
from gatewright.observe.consistency import Consistency
from gatewright.observe.directory import Directories
from gatewright.observe.observatory import Observatory
from gatewright.observe.views import Views
from gatewright.store.apply import Registration
from gatewright.store.database import Database
from gatewright.store.errors import UnknownTeamError

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Board:
    """The states of a board, without anybody who watches."""

    states: dict[str, ClusterState] = field(default_factory=dict)

    def state(self, uid: str) -> ClusterState | None:
        return self.states.get(uid)

    def show(self, snapshot: Snapshot) -> None:
        uid = f"uid-{snapshot.cluster}"
        revision = self.states[uid].revision + 1 if uid in self.states else 1
        self.states[uid] = ClusterState(
            uid, snapshot.cluster, snapshot, versions=versions_of(snapshot), seen_at="now", revision=revision
        )


class Looking:
    """What the views use of an observatory."""

    def __init__(self, database: Database) -> None:
        self.board = Board()
        self.directories = Directories(database)
        self.clusters = self
        self.database = database

    async def look(self, uids: Iterable[str], seconds: float) -> None:
        """Everything is seen already."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def looking(tmp_path: Path, clock: Clock) -> AsyncIterator[Looking]:
    async with Database.open(f"sqlite:///{tmp_path / 'gw.db'}", clock=clock) as database:
        await database.migrate()
        names = ("a", "b", "c")
        registrations = {name: Registration(f"uid-{name}", f"https://{name}") for name in names}
        desired: list[Any] = [Cluster(name) for name in names]
        desired += [Team("pay", "", SkewPolicy("patch", "72h")), Team("shop")]
        desired += [Stack("pay", "edge", BundleName("v1.6.1"))]
        desired += [Binding("pay", "a", "pay", "edge"), Binding("pay", "b", "payments", "edge"), Binding("shop", "c")]
        async with database.transaction() as unit:
            await unit.fleet.apply_desired(desired, "ann", registrations=registrations)
        yield Looking(database)


def over(looking: Looking, clock: Clock) -> Consistency:
    return Consistency(cast(Observatory, looking), clock)


def show(looking: Looking, **versions: str) -> None:
    for name, version in versions.items():
        looking.board.show(bundle(cluster(name), version))


async def events(looking: Looking) -> list[tuple[str, str]]:
    async with looking.database.reading() as unit:
        found = await unit.journal.events(what_prefix="versions.")
    return [(event.what, event.severity) for event in found]


async def test_a_skew_begins_is_told_becomes_an_error_and_ends(looking: Looking, clock: Clock) -> None:
    show(looking, a="v1.6.1", b="v1.5.1", c="v1.4.1")
    first = over(looking, clock)
    await first.note()
    assert await events(looking) == [("versions.skew", "warning")]
    clock.now += timedelta(hours=71)
    again = over(looking, clock)
    await again.note()
    (found,) = (await again.versions("pay")).skews
    assert (found.finding.severity, found.finding.since) == ("warning", "2026-11-22T12:00:00Z")
    assert found.deadline == "2026-11-25T12:00:00Z"
    clock.now += timedelta(hours=1)
    await again.note()
    await again.note()
    assert await events(looking) == [("versions.skew", "warning"), ("versions.skew", "error")]
    show(looking, b="v1.6.1")
    await again.note()
    assert (await events(looking))[-1] == ("versions.level", "info")
    assert (await again.versions()).skews == ()


async def test_what_the_policy_allows_is_neither_remembered_nor_told(looking: Looking, clock: Clock) -> None:
    show(looking, a="v1.6.1", b="v1.6.0")
    await over(looking, clock).note()
    assert await events(looking) == []


@pytest.mark.parametrize("hide", [True, False])
async def test_a_cluster_that_cannot_be_seen_ends_no_skew(looking: Looking, clock: Clock, hide: bool) -> None:
    show(looking, a="v1.6.1", b="v1.5.1")
    views = over(looking, clock)
    await views.note()
    if hide:
        unread = cluster("b")
        unread.unread[CRD] = "kube.forbidden"
        looking.board.show(unread)
    else:
        del looking.board.states["uid-b"]
    clock.now += timedelta(hours=80)
    await views.note()
    show(looking, b="v1.5.1")
    (found,) = (await views.versions("pay")).skews
    assert found.finding.since == "2026-11-22T12:00:00Z"
    assert found.finding.severity == "error"


async def test_a_look_without_a_server_remembers_too(looking: Looking, clock: Clock) -> None:
    show(looking, a="v1.6.1", b="v1.5.1")
    await over(looking, clock).versions("pay")
    clock.now += timedelta(hours=1)
    (found,) = (await over(looking, clock).versions("pay")).skews
    assert found.finding.since == "2026-11-22T12:00:00Z"


async def test_versions_of_a_team_are_those_of_its_clusters(looking: Looking, clock: Clock) -> None:
    show(looking, a="v1.6.1", b="v1.6.1", c="v1.4.1")
    views = over(looking, clock)
    assert [c.cluster for c in (await views.versions("pay")).clusters] == ["a", "b"]
    assert [row.cluster for row in (await views.versions()).matrix.rows] == ["a", "b", "c"]
    assert views.bundle_on("uid-c") == BundleName("v1.4.1")
    assert views.bundle_on("uid-nowhere") is None
    with pytest.raises(UnknownTeamError):
        await views.versions("nobody")


async def test_hostnames_of_a_team_are_those_of_its_namespaces(looking: Looking, clock: Clock) -> None:
    one, two = cluster("a"), cluster("b")
    route(one, "pay", "web", "Pay.example.com", backend="web")
    route(one, "other", "web", "foreign.example.com", backend="web")
    route(two, "payments", "web", "pay.example.com", backend="web")
    looking.board.show(one)
    looking.board.show(two)
    views = over(looking, clock)
    assert [(h.hostname, h.same) for h in await views.hostnames("pay")] == [("pay.example.com", True)]
    assert await views.hostnames("pay", different=True) == ()
    assert [h.hostname for h in await views.hostnames()] == ["foreign.example.com", "pay.example.com"]
    assert [h.hostname for h in await views.hostnames(hostname="PAY.example.com")] == ["pay.example.com"]
    looking.board.show(route(two, "payments", "web", "pay.example.com", backend="new"))
    assert [h.hostname for h in await views.hostnames("pay", different=True)] == ["pay.example.com"]


async def test_advice_is_about_what_was_seen(looking: Looking, clock: Clock) -> None:
    looking.board.show(route(cluster("a"), "pay", "web", "pay.example.com", backend="web"))
    looking.board.show(cluster("b"))
    found = await over(looking, clock).advice()
    assert [(row.team, row.cluster, row.seen) for row in found.rows] == [
        ("pay", "a", True), ("pay", "b", True), ("shop", "c", False),
    ]  # fmt: skip
    assert [(s.kind, s.command) for s in found.suggestions] == [("unbind", "gatewright unbind pay/b")]


async def test_skew_is_part_of_the_health_of_its_team_and_of_the_fleet(looking: Looking, clock: Clock) -> None:
    show(looking, a="v1.6.1", b="v1.5.1", c="v1.4.1")
    consistency = over(looking, clock)
    views = Views(cast(Observatory, looking), consistency)
    found = await views.health("pay")
    assert [(f.code, f.severity) for f in found.findings] == [("consistency.skew-bundle", "warning")]
    assert (found.warnings, (await views.health("shop")).findings) == (1, ())
    clock.now += timedelta(hours=73)
    overdue, fleet = await views.health("pay"), await views.health()
    assert (overdue.errors, overdue.state) == (1, "degraded")
    assert (fleet.errors, fleet.state, len(fleet.findings)) == (1, "degraded", 1)
    with pytest.raises(UnknownTeamError):
        await views.health("nobody")


async def test_while_skew_is_kept_health_takes_what_was_noted_last(looking: Looking, clock: Clock) -> None:
    show(looking, a="v1.6.1", b="v1.5.1")
    consistency = over(looking, clock)
    async with consistency.keeping(every=0.01):
        await until(lambda: consistency.noted)
        assert [f.finding.severity for f in await consistency.skews("pay")] == ["warning"]
        assert await consistency.skews("shop") == ()
    assert not consistency.noted
