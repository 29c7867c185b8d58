"""A rollout on real clusters: in order, exactly once, stopped by a failure, a pause or an abort between two steps."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
from handles import ClusterFactory, ClusterHandle
from product import Product, clean, explain, lease_holder, open_product, part_of, snapshot, target_of, unique, verdicts
from proxy import Gate, faulty, writes_to

from gatewright.model.desired import ControllerSpec
from gatewright.model.rollout import Command, RolloutStatus
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
    assert after == before
    assert "Lease kube-system/gatewright" not in after


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


@contextlib.asynccontextmanager
async def stopped_in_the_middle(
    home: Path, pair: Pair, team: str, command: Literal["pause", "abort"], plural: str
) -> AsyncIterator[tuple[Product, RolloutStatus]]:
    """A rollout that got the command while it wrote objects of ``plural`` to the first cluster."""
    first, second = pair
    async with faulty(first) as proxy, open_product(home) as gatewright:
        await gatewright.register(first, connection=proxy.connection)
        await gatewright.register(second)
        await gatewright.bind(team, pair)
        held_up = Gate(lambda request: writes_to(request, plural), drop=False)
        proxy.rules.append(held_up)
        rollout = await gatewright.start(await gatewright.plan(team))
        async with asyncio.timeout(60):
            await held_up.reached.wait()
        await gatewright.rollouts.command(rollout.id, command, who="tester")
        held_up.open.set()
        yield gatewright, await gatewright.standing(rollout.id)


async def uid_of(gatewright: Product, cluster: ClusterHandle) -> str:
    return next(row.uid for row in await gatewright.clusters.registered() if row.name == cluster.name)


async def test_pause_takes_effect_between_steps_and_resume_finishes(tmp_path: Path, pair: Pair) -> None:
    first, second = pair
    team = unique()
    async with stopped_in_the_middle(tmp_path, pair, team, "pause", "namespaces") as (gatewright, status):
        assert status.state == "paused"
        assert [target.state for target in status.targets] == ["paused", "pending"]
        assert runs(status, first) == [("check", "done", 1), ("namespaces", "done", 1), ("crds", "pending", 0)]
        assert await lease_holder(first) == ""
        assert second.kubectl("get", "namespace", team, "--ignore-not-found") == ""
        refused: tuple[Command, ...] = ("pause", "retry")
        for command in refused:
            with pytest.raises(CommandNotAllowedError):
                await gatewright.rollouts.command(status.id, command, who="tester")
        await gatewright.rollouts.command(status.id, "resume", who="tester")
        ended = await gatewright.standing(status.id)
        assert ended.state == "succeeded", ended
        for cluster in pair:
            assert [(state, run) for _, state, run in runs(ended, cluster)] == [("done", 1)] * 3
            assert await lease_holder(cluster) == ""
            assert await gatewright.lock(await uid_of(gatewright, cluster)) is None


async def test_abort_leaves_a_named_state_and_lets_go(tmp_path: Path, pair: Pair) -> None:
    first, _ = pair
    team = unique()
    async with stopped_in_the_middle(tmp_path, pair, team, "abort", "namespaces") as (gatewright, status):
        assert status.state == "aborted"
        assert [target.state for target in status.targets] == ["aborted", "aborted"]
        assert runs(status, first) == [("check", "done", 1), ("namespaces", "done", 1), ("crds", "pending", 0)]
        assert await lease_holder(first) == ""
        for cluster in pair:
            assert await gatewright.lock(await uid_of(gatewright, cluster)) is None
        refused: tuple[Command, ...] = ("pause", "resume", "retry", "abort")
        for command in refused:
            with pytest.raises(CommandNotAllowedError):
                await gatewright.rollouts.command(status.id, command, who="tester")
        written = {str(record.ref) for record in await gatewright.records(await uid_of(gatewright, first))}
        fresh = await gatewright.plan(team)
        assert {n for n, v in verdicts(part_of(fresh, first)).items() if v == "unchanged"} == written
        assert written == {f"Namespace {team}"}
        assert (await gatewright.run(team)).state == "succeeded"


@pytest.mark.parametrize("command", ["pause", "abort"])
async def test_a_cluster_whose_last_step_ends_meanwhile_is_finished(
    tmp_path: Path, pair: Pair, command: Literal["pause", "abort"]
) -> None:
    first, second = pair
    stopped = stopped_in_the_middle(tmp_path, pair, unique(), command, "customresourcedefinitions")
    async with stopped as (gatewright, status):
        assert status.state == {"pause": "paused", "abort": "aborted"}[command]
        assert target_of(status, first).state == "succeeded"
        assert target_of(status, second).state == {"pause": "pending", "abort": "aborted"}[command]
        assert await gatewright.lock(await uid_of(gatewright, first)) is None
        assert await lease_holder(first) == ""


async def test_a_paused_rollout_can_be_aborted(tmp_path: Path, pair: Pair) -> None:
    first, _ = pair
    async with stopped_in_the_middle(tmp_path, pair, unique(), "pause", "namespaces") as (gatewright, status):
        aborted = await gatewright.rollouts.command(status.id, "abort", who="tester")
        assert aborted.state == "aborted"
        assert await gatewright.lock(await uid_of(gatewright, first)) is None
