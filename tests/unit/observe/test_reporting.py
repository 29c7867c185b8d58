"""Transitions become events once they lasted; what the database does not take is told later, and told once."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import health_worlds as w
import pytest

from gatewright.gatewayapi.kinds import CRD
from gatewright.kube.transport import ClientOptions
from gatewright.model.errors import GatewrightError
from gatewright.model.health import HealthFinding, ObjectHealth
from gatewright.model.objects import ObjectRef
from gatewright.model.status import HealthState
from gatewright.observe.board import Transition
from gatewright.observe.clusters import Clusters
from gatewright.observe.observatory import Observatory
from gatewright.observe.pulse import Pulse
from gatewright.observe.reporting import Reporter
from gatewright.store.database import Database
from gatewright.store.secrets import KeyRing

pytestmark = pytest.mark.anyio
ROUTE = ObjectRef("gateway.networking.k8s.io/v1", "HTTPRoute", "cart", "payments")
FINDING = HealthFinding("health.route-without-parent", ROUTE, "warning")


@pytest.fixture
async def observatory(small: Database, register: Any) -> AsyncIterator[Observatory]:
    await register(small, "east", payments=["east"])
    async with small.transaction() as unit:
        await unit.journal.prune(days=0)
    clusters = Clusters(small, KeyRing((b"k" * 32,)), options=ClientOptions())
    yield Observatory(clusters)
    await clusters.close()


@pytest.fixture
def reporter(observatory: Observatory) -> Reporter:
    return Reporter(observatory)


def moved(before: HealthState | None, after: HealthState | None, *, route: bool = True) -> Transition:
    found = ObjectHealth(ROUTE, after or "healthy", findings=(FINDING,) if after == "degraded" else ())
    return Transition("east", "uid-east", before, after, found if route else None)


async def told(database: Database) -> list[tuple[str, object, object]]:
    """Kind, before and after of every event of observation, oldest first."""
    async with database.reading() as unit:
        events = await unit.journal.events()
    seen = sorted(events, key=lambda e: e.id)
    return [(e.what, e.before, e.after) for e in seen if e.what.startswith(("health.", "cluster.reach"))]


async def test_what_lasted_is_told_with_its_team_and_its_reason(reporter: Reporter, small: Database) -> None:
    reporter.moved(moved("healthy", "degraded"))
    await reporter.flush()
    async with small.reading() as unit:
        [event] = [e for e in await unit.journal.events() if e.what == "health.object"]
    assert (event.team, event.cluster, event.severity) == ("payments", "east", "warning")
    assert event.message is not None
    for language in ("en", "zh"):
        assert FINDING.message.render(language) in event.message.render(language)


async def test_what_flapped_while_it_settled_is_not_told(reporter: Reporter, small: Database) -> None:
    for _ in range(3):
        reporter.moved(moved("healthy", "unhealthy"))
        reporter.moved(moved("unhealthy", "healthy"))
    await reporter.flush()
    assert await told(small) == []
    reporter.moved(moved("healthy", "progressing"))
    reporter.moved(moved("progressing", "degraded"))
    await reporter.flush()
    await reporter.flush()
    assert await told(small) == [("health.object", "healthy", "degraded")]


async def test_what_is_only_new_or_progressing_is_no_event(reporter: Reporter, small: Database) -> None:
    for before, after in ((None, "healthy"), ("healthy", "progressing"), ("progressing", "healthy"), ("healthy", None)):
        reporter.moved(moved(before, after))  # type: ignore[arg-type]
        await reporter.flush()
    assert await told(small) == []


async def test_a_cluster_that_is_not_reached_is_told_as_that_and_not_as_unknown(
    reporter: Reporter, small: Database
) -> None:
    reporter.moved(Transition("east", "uid-east", None, None, reachability=("reachable", "unreachable")))
    reporter.moved(moved("degraded", "unknown", route=False))
    await reporter.flush()
    assert await told(small) == [("cluster.reachability", "reachable", "unreachable")]


async def test_what_the_database_does_not_take_stays_to_be_told(
    reporter: Reporter, small: Database, tmp_path: Path
) -> None:
    reporter.moved(moved("healthy", "degraded"))
    with contextlib.closing(sqlite3.connect(tmp_path / "small.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(GatewrightError):
            await reporter.flush()
        other.execute("ROLLBACK")
    assert await told(small) == []
    reporter.moved(moved("degraded", "unhealthy"))
    await reporter.flush()
    await reporter.flush()
    assert await told(small) == [("health.object", "healthy", "unhealthy")]


async def test_a_team_that_is_made_anew_has_no_state_from_before(
    reporter: Reporter, observatory: Observatory, small: Database, register: Any
) -> None:
    state = observatory.board.begin("uid-east", "east", Pulse(state="reachable"))
    full = w.healthy()
    state.snapshot.objects, state.snapshot.controllers = full.objects, full.controllers
    w.put(state.snapshot, CRD, {"metadata": w.meta("gateways.gateway.networking.k8s.io")})
    w.put(state.snapshot, w.HTTP_ROUTE, w.route("cart", "payments", parents=[{"name": "gone"}]))
    observatory.board.synced("uid-east")
    observatory.board.settle()
    for anew in (False, True):
        if anew:
            async with small.transaction() as unit:
                await unit.fleet.delete_binding("payments", "east", "ann")
                await unit.fleet.delete_team("payments", "ann")
            await register(small, "east", payments=["east"])
        reporter.moved(moved("healthy", "degraded"))
        await reporter.flush()
    of_team = [(before, after) for what, before, after in await told(small) if what == "health.team"]
    assert len(of_team) == 2
    assert of_team[0] == of_team[1]
    assert of_team[0][0] is None
