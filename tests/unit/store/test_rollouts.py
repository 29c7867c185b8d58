"""Rollouts: what is recorded, who may go on (fencing), what people may ask, who holds a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gatewright.model.errors import ErrorReport
from gatewright.model.plan import ClusterPlan, Plan
from gatewright.model.rollout import RolloutState
from gatewright.store.database import Database
from gatewright.store.errors import (
    ClusterLockedError,
    CommandNotAllowedError,
    RolloutSupersededError,
    UnknownRolloutError,
)
from gatewright.text import Message

FAILURE = ErrorReport("store.unknown-team", {"team": "x", "nearest": "-"}, cluster="b")


async def test_a_rollout_has_a_target_per_cluster_and_a_row_per_step(fleet: Database, rollout: str) -> None:
    async with fleet.reading() as unit:
        status = await unit.rollouts.show(rollout)
        assert await unit.rollouts.all(team="payments") == [status]
        assert await unit.rollouts.all(states=["running"]) == []
        assert await unit.rollouts.all(team="orders") == []
    assert (status.state, status.wish, status.generation) == ("pending", "run", 1)
    assert status.created_at == "2026-11-22T12:00:00.000000Z"
    assert (status.planned_by, status.created_by, status.action) == ("ann", "ann", "install")
    assert [(t.cluster, t.state, [s.kind for s in t.steps]) for t in status.targets] == [
        (name, "pending", ["namespaces", "crds"]) for name in "abc"
    ]


async def test_a_driver_sees_the_first_unfinished_cluster_only(fleet: Database, rollout: str) -> None:
    for position, name in enumerate("abc"):
        async with fleet.transaction() as unit:
            whole = await unit.rollouts.show(rollout)
            assert (await unit.rollouts.frontier(rollout)).targets == (whole.targets[position],)
            await unit.rollouts.set_target(rollout, 1, name, "succeeded")
    async with fleet.reading() as unit:
        assert (await unit.rollouts.frontier(rollout)).targets == ()


async def test_a_cluster_without_steps_is_skipped_and_a_start_may_be_repeated(
    fleet: Database, make_plan: Callable[..., Plan]
) -> None:
    plan = Plan("payments", "install", (ClusterPlan("a", "uid-a", None, ()), *make_plan("b").clusters))
    async with fleet.transaction() as unit:
        await unit.plans.save(plan, "ann")
        first = await unit.rollouts.create(plan, "ann", id="r-1")
        assert await unit.rollouts.create(plan, "bob", id="r-1") == first
    assert [t.state for t in first.targets] == ["skipped", "pending"]


async def test_what_belongs_to_which_of_several_rollouts_and_clusters_is_kept_apart(
    fleet: Database, make_plan: Callable[..., Plan]
) -> None:
    names = ("r-1", "r-2", "r-3")
    plan = make_plan("c", "a")
    async with fleet.transaction() as unit:
        await unit.plans.save(plan, "ann")
        made = {name: await unit.rollouts.create(plan, "ann", id=name) for name in names}
        await unit.rollouts.begin_step("r-2", 1, "a", 1)
    async with fleet.reading() as unit:
        found = {one.id: one for one in await unit.rollouts.all()}
        assert [await unit.rollouts.state(name) for name in names] == ["pending"] * 3
        driven = await unit.rollouts.driven()
    assert set(found) == set(names) == {one.id for one in driven}
    assert all(not one.targets for one in driven)
    assert {name: found[name] for name in ("r-1", "r-3")} == {name: made[name] for name in ("r-1", "r-3")}
    begun = [(t.cluster, s.index) for t in found["r-2"].targets for s in t.steps if s.state == "running"]
    assert begun == [("a", 1)]
    assert [t.cluster for t in found["r-2"].targets] == ["c", "a"]


async def test_steps_count_their_runs_and_keep_their_times(fleet: Database, rollout: str, clock: Any) -> None:
    async with fleet.transaction() as unit:
        await unit.rollouts.set_state(rollout, 1, "running")
        await unit.rollouts.set_target(rollout, 1, "a", "running")
        await unit.rollouts.begin_step(rollout, 1, "a", 0)
    clock.forward(seconds=5)
    async with fleet.transaction() as unit:
        await unit.rollouts.begin_step(rollout, 1, "a", 0)
        await unit.rollouts.end_step(rollout, 1, "a", 0)
        await unit.rollouts.begin_step(rollout, 1, "a", 1)
        await unit.rollouts.end_step(rollout, 1, "a", 1, "failed")
        await unit.rollouts.set_target(rollout, 1, "a", "failed", FAILURE)
        status = await unit.rollouts.show(rollout)
    first, second = status.targets[0].steps
    assert (first.state, first.runs) == ("done", 2)
    assert (first.started_at, first.ended_at) == ("2026-11-22T12:00:00.000000Z", "2026-11-22T12:00:05.000000Z")
    assert (second.state, second.runs) == ("failed", 1)
    assert status.targets[0].error == FAILURE
    assert [t.state for t in status.targets] == ["failed", "pending", "pending"]


async def test_a_writer_with_an_older_generation_changes_nothing(fleet: Database, rollout: str) -> None:
    async with fleet.transaction() as unit:
        assert await unit.rollouts.take_over(rollout, 1) == 2
        before = await unit.rollouts.show(rollout)
    attempts = [
        lambda r: r.set_state(rollout, 1, "running"),
        lambda r: r.set_target(rollout, 1, "a", "running"),
        lambda r: r.begin_step(rollout, 1, "a", 0),
        lambda r: r.end_step(rollout, 1, "a", 0),
        lambda r: r.lock_cluster("uid-a", rollout, 1),
        lambda r: r.abort_rest(rollout, 1),
        lambda r: r.check(rollout, 1),
        lambda r: r.take_over(rollout, 1),
    ]
    for attempt in attempts:
        with pytest.raises(RolloutSupersededError) as caught:
            async with fleet.transaction() as unit:
                await attempt(unit.rollouts)
        assert caught.value.report.params["current"] == 2
    async with fleet.reading() as unit:
        assert await unit.rollouts.show(rollout) == before
        assert await unit.rollouts.check(rollout, 2) == "run"


async def test_of_several_that_take_over_one_wins(url: str, fleet: Database, rollout: str) -> None:
    async def take_over() -> str:
        async with Database.open(url) as own:
            try:
                async with own.transaction() as unit:
                    return str(await unit.rollouts.take_over(rollout, 1))
            except RolloutSupersededError:
                return "lost"

    assert sorted(await asyncio.gather(*(take_over() for _ in range(4)))) == ["2", "lost", "lost", "lost"]


async def test_an_advance_and_a_takeover_at_once_never_both_hold(url: str, fleet: Database, rollout: str) -> None:
    """Whoever commits second sees the other: a step is not begun under a generation that is over."""
    before = 0
    for generation in range(1, 6):
        async with Database.open(url) as one, Database.open(url) as two:

            async def advance(db: Database = one, generation: int = generation) -> bool:
                try:
                    async with db.transaction() as unit:
                        await unit.rollouts.begin_step(rollout, generation, "a", 0)
                        return await unit.rollouts.check(rollout, generation) == "run"
                except RolloutSupersededError:
                    return False

            async def take_over(db: Database = two, generation: int = generation) -> int:
                async with db.transaction() as unit:
                    return await unit.rollouts.take_over(rollout, generation)

            began, taken = await asyncio.gather(advance(), take_over())
            assert taken == generation + 1
            async with one.reading() as unit:
                runs = (await unit.rollouts.show(rollout)).targets[0].steps[0].runs
            assert runs == before + began
            before = runs


async def test_unknown_parts_are_refused(fleet: Database, rollout: str) -> None:
    for attempt in (
        lambda r: r.show("r-none"),
        lambda r: r.set_state("r-none", 1, "running"),
        lambda r: r.begin_step(rollout, 1, "z", 0),
        lambda r: r.begin_step(rollout, 1, "a", 9),
        lambda r: r.append("r-none", "x", Message("x")),
        lambda r: r.request("r-none", "pause"),
    ):
        with pytest.raises(UnknownRolloutError):
            async with fleet.transaction() as unit:
                await attempt(unit.rollouts)


# Commands


async def to_state(db: Database, rollout: str, state: RolloutState) -> None:
    async with db.transaction() as unit:
        await unit.rollouts.set_state(rollout, 1, state)


async def test_a_pause_is_a_wish_that_the_driver_fulfils_and_a_resume_begins_a_generation(
    fleet: Database, rollout: str
) -> None:
    await to_state(fleet, rollout, "running")
    async with fleet.transaction() as unit:
        asked = await unit.rollouts.request(rollout, "pause")
        assert (asked.state, asked.wish) == ("running", "pause")
        assert await unit.rollouts.check(rollout, 1) == "pause"
        await unit.rollouts.set_target(rollout, 1, "a", "paused")
        await unit.rollouts.set_state(rollout, 1, "paused")
        resumed = await unit.rollouts.request(rollout, "resume")
    assert (resumed.state, resumed.wish, resumed.generation) == ("pending", "run", 2)
    assert resumed.targets[0].state == "pending"


async def test_a_retry_keeps_what_is_done(fleet: Database, rollout: str) -> None:
    async with fleet.transaction() as unit:
        await unit.rollouts.set_target(rollout, 1, "a", "succeeded")
        for index in (0, 1):
            await unit.rollouts.begin_step(rollout, 1, "a", index)
            await unit.rollouts.end_step(rollout, 1, "a", index)
        await unit.rollouts.begin_step(rollout, 1, "b", 0)
        await unit.rollouts.end_step(rollout, 1, "b", 0)
        await unit.rollouts.begin_step(rollout, 1, "b", 1)
        await unit.rollouts.end_step(rollout, 1, "b", 1, "failed")
        await unit.rollouts.set_target(rollout, 1, "b", "failed", FAILURE)
        await unit.rollouts.lock_cluster("uid-b", rollout, 1)
        await unit.rollouts.set_state(rollout, 1, "failed")
        again = await unit.rollouts.request(rollout, "retry")
        lock = await unit.rollouts.lock_of("uid-b")
    assert (again.state, again.generation) == ("pending", 2)
    assert [t.state for t in again.targets] == ["succeeded", "pending", "pending"]
    assert [s.state for s in again.targets[1].steps] == ["done", "pending"]
    assert again.targets[1].error is None
    assert lock is not None
    assert lock.generation == 2


async def test_an_abort_of_a_running_rollout_is_the_drivers_to_fulfil(fleet: Database, rollout: str) -> None:
    async with fleet.transaction() as unit:
        await unit.rollouts.set_target(rollout, 1, "a", "succeeded")
        await unit.rollouts.lock_cluster("uid-b", rollout, 1)
        await unit.rollouts.set_state(rollout, 1, "running")
        assert (await unit.rollouts.request(rollout, "abort")).state == "running"
        await unit.rollouts.abort_rest(rollout, 1)
        status = await unit.rollouts.show(rollout)
        assert await unit.rollouts.lock_of("uid-b") is None
    assert status.state == "aborted"
    assert [t.state for t in status.targets] == ["succeeded", "aborted", "aborted"]


async def test_an_abort_of_one_that_stands_still_takes_effect_at_once(fleet: Database, rollout: str) -> None:
    async with fleet.transaction() as unit:
        await unit.rollouts.set_target(rollout, 1, "a", "failed", FAILURE)
        await unit.rollouts.lock_cluster("uid-a", rollout, 1)
        await unit.rollouts.set_state(rollout, 1, "failed")
        status = await unit.rollouts.request(rollout, "abort")
        assert await unit.rollouts.lock_of("uid-a") is None
    assert (status.state, status.generation) == ("aborted", 2)
    assert [t.state for t in status.targets] == ["failed", "aborted", "aborted"]
    assert status.targets[0].error == FAILURE


@pytest.mark.parametrize(
    ("state", "refused"),
    [
        ("pending", ["resume", "retry"]),
        ("running", ["resume", "retry"]),
        ("paused", ["pause", "retry"]),
        ("failed", ["pause", "resume"]),
        ("aborted", ["pause", "resume", "abort", "retry"]),
        ("succeeded", ["pause", "resume", "abort", "retry"]),
    ],
)
async def test_commands_that_the_state_forbids_are_refused(
    fleet: Database, rollout: str, state: RolloutState, refused: list[str]
) -> None:
    await to_state(fleet, rollout, state)
    for command in refused:
        with pytest.raises(CommandNotAllowedError):
            async with fleet.transaction() as unit:
                await unit.rollouts.request(rollout, command)


# Locks


async def second(db: Database, make_plan: Callable[..., Plan]) -> str:
    async with db.transaction() as unit:
        return (await unit.rollouts.create(make_plan("a", "b", "c"), "bob", id="r-second")).id


async def test_one_rollout_at_a_time_holds_a_cluster(
    fleet: Database, rollout: str, make_plan: Callable[..., Plan]
) -> None:
    other = await second(fleet, make_plan)
    async with fleet.transaction() as unit:
        await unit.rollouts.lock_cluster("uid-a", rollout, 1)
        await unit.rollouts.lock_cluster("uid-a", rollout, 1)
    with pytest.raises(ClusterLockedError) as caught:
        async with fleet.transaction() as unit:
            await unit.rollouts.lock_cluster("uid-a", other, 1)
    assert caught.value.report.owner == rollout
    async with fleet.transaction() as unit:
        await unit.rollouts.lock_cluster("uid-b", other, 1)
        assert not await unit.rollouts.unlock_cluster("uid-a", other, 1)
        assert await unit.rollouts.unlock_cluster("uid-a", rollout, 1)
        await unit.rollouts.lock_cluster("uid-a", other, 1)


async def test_of_two_rollouts_that_lock_one_cluster_at_once_one_wins(
    url: str, fleet: Database, rollout: str, make_plan: Callable[..., Plan]
) -> None:
    other = await second(fleet, make_plan)

    async def lock(id: str) -> str:
        async with Database.open(url) as own:
            try:
                async with own.transaction() as unit:
                    await unit.rollouts.lock_cluster("uid-a", id, 1)
            except ClusterLockedError:
                return "refused"
            return "locked"

    assert sorted(await asyncio.gather(lock(rollout), lock(other))) == ["locked", "refused"]


async def test_a_lock_that_an_ended_rollout_left_behind_is_free(
    fleet: Database, rollout: str, make_plan: Callable[..., Plan]
) -> None:
    other = await second(fleet, make_plan)
    async with fleet.transaction() as unit:
        await unit.rollouts.lock_cluster("uid-a", rollout, 1)
        await unit.rollouts.set_state(rollout, 1, "succeeded")
        await unit.rollouts.lock_cluster("uid-a", other, 1)
        lock = await unit.rollouts.lock_of("uid-a")
    assert lock is not None
    assert lock.rollout == other


async def test_a_writer_that_was_replaced_does_not_unlock_for_its_successor(fleet: Database, rollout: str) -> None:
    async with fleet.transaction() as unit:
        await unit.rollouts.lock_cluster("uid-a", rollout, 1)
        await unit.rollouts.take_over(rollout, 1)
        assert not await unit.rollouts.unlock_cluster("uid-a", rollout, 1)
        assert await unit.rollouts.unlock_cluster("uid-a", rollout, 2)


# The log


async def test_events_are_numbered_without_gaps_even_when_written_at_once(
    url: str, fleet: Database, rollout: str
) -> None:
    async def write(n: int) -> None:
        async with Database.open(url) as own, own.transaction() as unit:
            await unit.rollouts.append(rollout, "step", Message("store.unknown-team", {"team": f"t{n}"}), cluster="a")

    await asyncio.gather(*(write(n) for n in range(8)))
    async with fleet.reading() as unit:
        events = await unit.rollouts.events(rollout)
        assert [e.seq for e in events] == list(range(1, 9))
        assert {e.message.params["team"] for e in events} == {f"t{n}" for n in range(8)}
        assert await unit.rollouts.events(rollout, after=6) == events[6:]


async def test_each_milestone_is_one_event(fleet: Database, rollout: str) -> None:
    async def become(state: RolloutState, generation: int = 1) -> None:
        async with fleet.transaction() as unit:
            await unit.rollouts.set_state(rollout, generation, state)

    await become("running")
    async with fleet.transaction() as unit:
        await unit.rollouts.set_target(rollout, 1, "b", "failed", FAILURE)
        await unit.rollouts.set_state(rollout, 1, "failed")
    await become("failed")
    async with fleet.transaction() as unit:
        await unit.rollouts.request(rollout, "retry")
    await become("paused", 2)
    async with fleet.transaction() as unit:
        await unit.rollouts.request(rollout, "abort")
    async with fleet.reading() as unit:
        found = await unit.journal.events(what_prefix="rollout.")
    assert [(e.what, e.where, e.team, e.cluster, e.severity) for e in found] == [
        ("rollout.started", rollout, "payments", "", "info"),
        ("rollout.failed", rollout, "payments", "b", "error"),
        ("rollout.paused", rollout, "payments", "", "warning"),
        ("rollout.aborted", rollout, "payments", "", "warning"),
    ]
    assert found[1].message is not None
    assert "failed on cluster b" in found[1].message.render("en")
    assert found[1].after == {**found[0].after, "state": "failed"}  # type: ignore[dict-item]


async def test_a_writer_that_was_replaced_reaches_no_milestone(fleet: Database, rollout: str) -> None:
    async with fleet.transaction() as unit:
        await unit.rollouts.take_over(rollout, 1)
    with pytest.raises(RolloutSupersededError):
        async with fleet.transaction() as unit:
            await unit.rollouts.set_state(rollout, 1, "succeeded")
    async with fleet.reading() as unit:
        assert len(await unit.journal.events(what_prefix="rollout.")) == 1
