"""Records, plans, workers, states and watches: what goes in comes out, by the right key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from gatewright.model.objects import ObjectRef
from gatewright.model.plan import Plan
from gatewright.planning.plans import summary
from gatewright.planning.request import Record
from gatewright.store.clock import moment, stamp, system_clock
from gatewright.store.database import Database
from gatewright.store.errors import AmbiguousPlanError, ConcurrentChangeError, UnknownPlanError
from gatewright.store.states import States
from gatewright.store.tables import PlanRow

SERVICE = Record(ObjectRef("v1", "Service", "traefik", "gateway-system"), "created", "u1", 3, "digest")
CRD = Record(ObjectRef("apiextensions.k8s.io/v1", "CustomResourceDefinition", "x.y"), "adopted", "u2", 1, "d2")


async def test_records_are_kept_per_cluster_whatever_version_is_spoken(fleet: Database) -> None:
    async with fleet.transaction() as unit:
        await unit.records.put("uid-a", SERVICE)
        await unit.records.put("uid-a", CRD)
        await unit.records.put("uid-b", SERVICE)
        newer = msgspec.structs.replace(
            CRD, ref=msgspec.structs.replace(CRD.ref, api_version="apiextensions.k8s.io/v2")
        )
        await unit.records.put("uid-a", newer)
        assert await unit.records.of_cluster("uid-a") == (SERVICE, newer)
        assert await unit.records.get("uid-a", CRD.ref) == newer
        assert await unit.records.of_cluster("uid-b") == (SERVICE,)
        assert await unit.records.forget("uid-a", SERVICE.ref)
        assert not await unit.records.forget("uid-a", SERVICE.ref)
        assert await unit.records.of_cluster("uid-b") == (SERVICE,)
        assert await unit.records.get("uid-a", SERVICE.ref) is None


async def test_what_we_created_stays_created_until_it_is_another_object(fleet: Database) -> None:
    async with fleet.transaction() as unit:
        await unit.records.put("uid-a", SERVICE)
        await unit.records.put("uid-a", msgspec.structs.replace(SERVICE, origin="adopted", generation=4))
        assert await unit.records.of_cluster("uid-a") == (msgspec.structs.replace(SERVICE, generation=4),)
        another = msgspec.structs.replace(SERVICE, origin="adopted", uid="u9")
        await unit.records.put("uid-a", another)
        assert await unit.records.of_cluster("uid-a") == (another,)


async def test_a_record_of_an_unknown_cluster_is_refused(fleet: Database) -> None:
    with pytest.raises(ConcurrentChangeError):
        async with fleet.transaction() as unit:
            await unit.records.put("uid-z", SERVICE)


async def test_a_plan_comes_back_with_the_same_hash(fleet: Database, make_plan: Callable[..., Plan]) -> None:
    plan = make_plan("a", "b")
    async with fleet.transaction() as unit:
        saved = await unit.plans.save(plan, "ann")
        assert await unit.plans.save(plan, "bob") == saved
    async with fleet.reading() as unit:
        stored = await unit.plans.get(saved[:8])
        assert (stored.plan, stored.plan.hash, stored.requested_by) == (plan, saved, "ann")
        (outline,) = await unit.plans.outlines(team="payments")
        assert (outline.hash, outline.clusters, outline.outcome) == (saved, ("a", "b"), plan.outcome)
        assert (outline.created_at, outline.requested_by, outline.summary) == (
            stored.created_at,
            "ann",
            summary(plan),
        )
        assert sum(outline.verdicts.values()) == sum(len(c.verdicts) for c in plan.clusters)
        assert await unit.plans.outlines(team=frozenset({"orders"})) == []
        assert await unit.plans.outlines(before=(outline.created_at, outline.hash)) == []
        for wrong in (saved[:7], "0" * 64, "%" * 10, "_" * 64, ""):
            with pytest.raises(UnknownPlanError):
                await unit.plans.get(wrong)


async def test_a_start_that_fits_two_plans_is_ambiguous(fleet: Database) -> None:
    async with fleet.transaction() as unit:
        for end in "12":
            unit.session.add(
                PlanRow(hash=f"abcdef00{end}", team="t", action="install", created_at="", requested_by="", body="{}")
            )
    async with fleet.reading() as unit:
        with pytest.raises(AmbiguousPlanError):
            await unit.plans.get("abcdef00")


async def test_workers_that_are_silent_are_dead(db: Database, clock: Any) -> None:
    async with db.transaction() as unit:
        await unit.workers.register("w1", "host", 1, "100")
        await unit.workers.register("w2", "host", 2, "200")
    clock.forward(seconds=20)
    async with db.transaction() as unit:
        assert await unit.workers.beat("w2")
        assert not await unit.workers.beat("gone")
    clock.forward(seconds=20)
    async with db.transaction() as unit:
        assert [w.id for w in await unit.workers.dead(timedelta(seconds=30))] == ["w1"]
        assert [w.id for w in await unit.workers.all()] == ["w1", "w2"]
        assert await unit.workers.remove("w1")
        assert not await unit.workers.remove("w1")
        assert await unit.workers.get("w1") is None
        await unit.workers.register("w2", "host", 3, "300")
        again = await unit.workers.get("w2")
        assert again is not None
        assert (again.pid, again.pid_started, again.heartbeat_at) == (3, "300", stamp(clock()))


async def test_states_are_kept_by_cluster_and_read_since_a_moment(fleet: Database, clock: Any) -> None:
    async with fleet.transaction() as unit:
        assert await unit.states.since() == []
        assert await unit.states.put("uid-a", 1, b"a" * 1000)
    clock.forward(seconds=10)
    later = stamp(clock())
    async with fleet.transaction() as unit:
        await unit.states.put("uid-b", 1, b"b")
        await unit.states.put("uid-b", 2, b"bb")
    async with fleet.reading() as unit:
        assert [(s.cluster_uid, s.revision, s.body) for s in await unit.states.since()] == [
            ("uid-a", 1, b"a" * 1000),
            ("uid-b", 2, b"bb"),
        ]
        assert [s.cluster_uid for s in await unit.states.since(later)] == ["uid-b"]
        assert (await unit.states.heads())["uid-b"] == (2, later)
        assert [s.body for s in await unit.states.of(["uid-b", "uid-x"])] == [b"bb"]
        assert await unit.states.of([]) == []


async def test_a_state_that_would_fill_the_disk_is_not_kept(fleet: Database, clock: Any) -> None:
    async with fleet.transaction() as unit:
        assert not await States(unit.session, clock, max_body=10).put("uid-a", 1, b"x" * 11)
        assert await unit.states.since() == []


async def test_a_watch_is_taken_by_one_of_several(fleet: Database) -> None:
    async with fleet.transaction() as unit:
        assert await unit.watches.take("uid-a", "w1", None)
        assert not await unit.watches.take("uid-a", "w2", None)
        (held,) = await unit.watches.all()
        assert (held.worker, held.generation) == ("w1", 1)
        assert await unit.watches.take("uid-a", "w2", held)
        assert not await unit.watches.take("uid-a", "w3", held)
        await unit.watches.take("uid-b", "w2", None)
        await unit.watches.release("w2", ["uid-b"])
        assert [w.cluster_uid for w in await unit.watches.all()] == ["uid-a"]
        await unit.watches.release("w2")
        assert await unit.watches.all() == []


def test_moments_are_texts_in_the_order_of_time() -> None:
    now = system_clock()
    assert moment(stamp(now)) == now
    assert stamp(now) < stamp(now + timedelta(microseconds=1)) < stamp(now + timedelta(days=400))
