"""A rollout on real clusters: in order, exactly once, stopped by a failure, a pause or an abort between two steps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from handles import ClusterFactory, ClusterHandle
from product import Product, clean, explain, lease_holder, open_product, part_of, snapshot, target_of, unique

from gatewright.model.desired import ControllerSpec
from gatewright.model.rollout import RolloutStatus
from gatewright.planning.request import crd_ref
from gatewright.rollout.errors import NothingToDoError
from gatewright.rollout.waits import Deadlines
from gatewright.store.errors import CommandNotAllowedError

pytestmark = pytest.mark.integration

Pair = tuple[ClusterHandle, ClusterHandle]


@pytest.fixture(scope="module")
def made(cluster_factory: ClusterFactory) -> Pair:
    """Two clusters, in the order in which they are changed."""
    first, second = sorted((cluster_factory(), cluster_factory()), key=lambda c: c.name)
    return first, second


@pytest.fixture
async def pair(made: Pair) -> AsyncIterator[Pair]:
    yield made
    await asyncio.gather(*(clean(cluster) for cluster in made))


@pytest.fixture
async def gatewright(tmp_path: Path, pair: Pair) -> AsyncIterator[Product]:
    async with open_product(tmp_path / "home") as product:
        for cluster in pair:
            await product.register(cluster)
        yield product


def runs(status: RolloutStatus, cluster: ClusterHandle) -> list[tuple[str, str, int]]:
    return [(step.kind, step.state, step.runs) for step in target_of(status, cluster).steps]


async def test_installed_everywhere_once_and_then_there_is_nothing_to_do(gatewright: Product, pair: Pair) -> None:
    team = unique()
    await gatewright.bind(team, pair)
    plan = await gatewright.plan(team)
    started = await asyncio.gather(*(gatewright.start(plan) for _ in range(3)))
    assert len({status.id for status in started}) == 1
    status = await gatewright.standing(started[0].id)
    assert status.state == "succeeded", status
    for cluster in pair:
        assert runs(status, cluster) == [(kind, "done", 1) for kind in ("check", "namespaces", "crds")]
        assert await lease_holder(cluster) == ""
    before = [await snapshot(cluster) for cluster in pair]
    again = await gatewright.plan(team)
    assert again.outcome == "nothing", explain(again)
    assert [part.steps for part in again.clusters] == [(), ()]
    with pytest.raises(NothingToDoError):
        await gatewright.start(again)
    assert [await snapshot(cluster) for cluster in pair] == before


async def test_the_same_plan_again_after_success_writes_nothing(gatewright: Product, pair: Pair) -> None:
    """It is a rollout of its own, and every object is found as it should be."""
    first, _ = pair
    team = unique()
    await gatewright.bind(team, [first])
    plan = await gatewright.plan(team)
    one = await gatewright.standing((await gatewright.start(plan)).id)
    before = await snapshot(first)
    two = await gatewright.standing((await gatewright.start(plan)).id)
    assert (one.state, two.state) == ("succeeded", "succeeded")
    assert one.id != two.id
    after = await snapshot(first)
    lease = "Lease kube-system/gatewright"
    assert {k: v for k, v in after.items() if k != lease} == {k: v for k, v in before.items() if k != lease}


async def test_a_cluster_that_fails_stops_before_the_next_and_retry_goes_on(gatewright: Product, pair: Pair) -> None:
    first, second = pair
    team = unique()
    await gatewright.bind(team, pair)
    plan = await gatewright.plan(team)
    second.stop_apiserver()
    try:
        status = await gatewright.standing((await gatewright.start(plan)).id)
        assert status.state == "failed"
        assert [target.state for target in status.targets] == ["succeeded", "failed"]
        error = target_of(status, second).error
        assert error is not None
        assert (error.code, error.cluster) == ("kube.unreachable", second.name)
        for language in ("en", "zh"):
            assert error.message(language)
            assert error.remedy(language)
        assert await gatewright.lock(part_of(plan, second).uid) is None
    finally:
        second.start_apiserver()
    untouched = await snapshot(first)
    await gatewright.rollouts.command(status.id, "retry", who="tester")
    status = await gatewright.standing(status.id)
    assert status.state == "succeeded", status
    assert await snapshot(first) == untouched
    assert [run for _, _, run in runs(status, first)] == [1, 1, 1]
    assert [state for _, state, _ in runs(status, second)] == ["done"] * 3
    assert target_of(status, second).error is None


async def test_a_controller_that_is_not_available_in_time_stops_the_first_cluster(tmp_path: Path, pair: Pair) -> None:
    """Starting the same plan again continues it behind the finished steps; it is no second rollout."""
    first, second = pair
    team = unique()
    async with open_product(tmp_path / "home", deadlines=Deadlines(available=0)) as gatewright:
        for cluster in pair:
            await gatewright.register(cluster)
        edge = ControllerSpec("traefik", "3.7.15", unique("edge"))
        await gatewright.bind(team, pair, bundle="v1.6.1", controller=edge)
        plan = await gatewright.plan(team)
        status = await gatewright.standing((await gatewright.start(plan)).id)
        assert [target.state for target in status.targets] == ["failed", "pending"]
        error = target_of(status, first).error
        assert error is not None
        assert (error.code, error.cluster) == ("rollout.not-available", first.name)
        assert error.remedy("en")
        assert await lease_holder(first) == ""
    async with open_product(tmp_path / "home") as gatewright:
        again = await gatewright.start(plan)
        assert again.id == status.id
        ended = await gatewright.standing(again.id)
        assert ended.state == "succeeded", ended
        assert runs(ended, first) == [
            *((kind, "done", 1) for kind in ("check", "namespaces", "crds", "policy", "controller")),
            ("available", "done", 2),
            ("accepted", "done", 1),
        ]
        assert {run for _, _, run in runs(ended, second)} == {1}
        assert (await gatewright.plan(team)).outcome == "nothing"


async def test_pause_takes_effect_between_steps_and_resume_finishes(gatewright: Product, pair: Pair) -> None:
    first, second = pair
    team = unique()
    await gatewright.bind(team, pair)
    plan = await gatewright.plan(team)
    rollout = await gatewright.start(plan)
    await gatewright.reached(rollout.id, "wrote", first)
    await gatewright.rollouts.command(rollout.id, "pause", who="tester")
    status = await gatewright.standing(rollout.id)
    assert status.state == "paused"
    assert [target.state for target in status.targets] == ["paused", "pending"]
    states = [state for _, state, _ in runs(status, first)]
    assert set(states) == {"done", "pending"}
    assert states == sorted(states)
    assert await lease_holder(first) == ""
    assert second.kubectl("get", "namespace", team, "--ignore-not-found") == ""
    for command in ("pause", "retry"):
        with pytest.raises(CommandNotAllowedError):
            await gatewright.rollouts.command(rollout.id, command, who="tester")
    await gatewright.rollouts.command(rollout.id, "resume", who="tester")
    status = await gatewright.standing(rollout.id)
    assert status.state == "succeeded"
    for cluster in pair:
        assert [(state, run) for _, state, run in runs(status, cluster)] == [("done", 1)] * 3
        assert await lease_holder(cluster) == ""
        assert await gatewright.lock(part_of(plan, cluster).uid) is None


async def test_abort_leaves_a_named_state_and_lets_go(gatewright: Product, pair: Pair) -> None:
    first, _ = pair
    team = unique()
    await gatewright.bind(team, pair)
    plan = await gatewright.plan(team)
    rollout = await gatewright.start(plan)
    await gatewright.reached(rollout.id, "wrote", first)
    await gatewright.rollouts.command(rollout.id, "abort", who="tester")
    status = await gatewright.standing(rollout.id)
    assert status.state == "aborted"
    assert [target.state for target in status.targets] == ["aborted", "aborted"]
    assert {state for _, state, _ in runs(status, first)} == {"done", "pending"}
    assert await lease_holder(first) == ""
    assert [await gatewright.lock(part_of(plan, cluster).uid) for cluster in pair] == [None, None]
    for command in ("pause", "resume", "retry", "abort"):
        with pytest.raises(CommandNotAllowedError):
            await gatewright.rollouts.command(rollout.id, command, who="tester")
    written = {str(record.ref) for record in await gatewright.records(part_of(plan, first).uid)}
    fresh = await gatewright.plan(team)
    unchanged = {str(v.ref) for v in part_of(fresh, first).verdicts if v.verdict == "unchanged"}
    assert unchanged == written
    assert (await gatewright.run(team)).state == "succeeded"


async def test_a_paused_rollout_can_be_aborted(gatewright: Product, pair: Pair) -> None:
    first, _ = pair
    team = unique()
    await gatewright.bind(team, [first])
    plan = await gatewright.plan(team)
    rollout = await gatewright.start(plan)
    await gatewright.rollouts.command(rollout.id, "pause", who="tester")
    assert (await gatewright.standing(rollout.id)).state == "paused"
    aborted = await gatewright.rollouts.command(rollout.id, "abort", who="tester")
    assert aborted.state == "aborted"
    assert await gatewright.lock(part_of(plan, first).uid) is None
    assert crd_ref("gateways.gateway.networking.k8s.io") not in {
        record.ref for record in await gatewright.records(part_of(plan, first).uid)
    }
