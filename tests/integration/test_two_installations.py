"""Two installations of Gatewright on one cluster exclude each other, and each respects what the other wrote."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from handles import ClusterHandle
from product import (
    Product,
    admin,
    clean,
    explain,
    findings,
    lease_holder,
    open_product,
    part_of,
    snapshot,
    target_of,
    unique,
    verdicts,
)
from proxy import Gate, faulty, writes_to

from gatewright.kube.client import KubeClient
from gatewright.model.desired import ControllerSpec
from gatewright.rollout.lease import ClusterHeldError, held

pytestmark = pytest.mark.integration


@pytest.fixture
async def fresh(cluster: ClusterHandle) -> AsyncIterator[ClusterHandle]:
    yield cluster
    await clean(cluster)


async def installation(product: Product, uid: str) -> str:
    return (await product.clusters.known(uid)).installation


async def test_the_lease_of_another_installation_is_respected(tmp_path: Path, fresh: ClusterHandle) -> None:
    team = unique()
    async with open_product(tmp_path / "ours") as ours, KubeClient(admin(fresh)) as kube:
        await ours.register(fresh)
        await ours.bind(team, [fresh])
        plan = await ours.plan(team)
        async with held(kube, "other-installation", "r-1.1"):
            before = await snapshot(fresh)
            status = await ours.standing((await ours.start(plan)).id)
            error = target_of(status, fresh).error
            assert error is not None
            assert error.code == "rollout.cluster-held"
            assert error.owner == "other-installation/r-1.1"
            assert await snapshot(fresh) == before
        assert (await ours.standing((await ours.start(plan)).id)).state == "succeeded"
        assert await lease_holder(fresh) == ""


async def test_while_we_work_another_installation_is_kept_out(tmp_path: Path, fresh: ClusterHandle) -> None:
    team = unique()
    async with faulty(fresh) as proxy, open_product(tmp_path / "ours") as ours, KubeClient(admin(fresh)) as kube:
        uid = await ours.register(fresh, connection=proxy.connection)
        await ours.bind(team, [fresh])
        held_up = Gate(lambda request: writes_to(request, "namespaces", team), drop=False)
        proxy.rules.append(held_up)
        rollout = await ours.start(await ours.plan(team))
        async with asyncio.timeout(60):
            await held_up.reached.wait()
        with pytest.raises(ClusterHeldError) as refusal:
            async with held(kube, "other-installation", "r-1.1"):
                pass
        assert refusal.value.report.owner == f"{await installation(ours, uid)}/{rollout.id}.1"
        held_up.open.set()
        assert (await ours.standing(rollout.id)).state == "succeeded"


async def test_what_the_other_wrote_is_named_and_left_alone(tmp_path: Path, fresh: ClusterHandle) -> None:
    """Equal CRDs are shared; namespaces, other versions and controller objects are conflicts that name the other."""
    team, edge = unique("pay"), ControllerSpec("traefik", "3.6.15", unique("edge"))
    async with open_product(tmp_path / "theirs") as theirs:
        uid = await theirs.register(fresh)
        await theirs.bind(team, [fresh], bundle="v1.4.1", controller=edge)
        assert (await theirs.run(team)).state == "succeeded"
        other = await installation(theirs, uid)
    before = await snapshot(fresh)
    async with open_product(tmp_path / "ours") as ours:
        await ours.register(fresh)
        await ours.bind(team, [fresh], bundle="v1.4.1", controller=edge)
        part = part_of(plan := await ours.plan(team), fresh)
        found = verdicts(part)
        assert found[f"Namespace {team}"] == "conflict", explain(plan)
        assert found[f"Namespace {edge.namespace}"] == "conflict"
        assert found[f"Deployment {edge.namespace}/traefik"] == "conflict"
        assert found["CustomResourceDefinition gateways.gateway.networking.k8s.io"] == "share"
        for verdict in part.verdicts:
            if verdict.verdict == "conflict":
                assert verdict.owner is not None
                assert (verdict.owner.writer, verdict.owner.name) == ("gatewright", other), verdict
                assert other in verdict.reason.render("en")
                assert verdict.remedy is not None
        second = unique("second")
        await ours.bind(second, [fresh], bundle="v1.5.1", namespace=second)
        conflicted = await ours.plan(second)
        assert conflicted.outcome == "stopped", findings(conflicted)
    assert await snapshot(fresh) == before


async def test_two_rollouts_of_one_installation_take_turns(tmp_path: Path, fresh: ClusterHandle) -> None:
    """The second is told who has the cluster, and goes on when it is free."""
    first, second = unique("first"), unique("second")
    async with faulty(fresh) as proxy, open_product(tmp_path / "ours") as ours:
        await ours.register(fresh, connection=proxy.connection)
        for team in (first, second):
            await ours.bind(team, [fresh])
        plans = [await ours.plan(team) for team in (first, second)]
        held_up = Gate(lambda request: writes_to(request, "namespaces", first), drop=False)
        proxy.rules.append(held_up)
        working = await ours.start(plans[0])
        async with asyncio.timeout(60):
            await held_up.reached.wait()
        status = await ours.standing((await ours.start(plans[1])).id)
        error = target_of(status, fresh).error
        assert error is not None
        assert (error.code, error.owner) == ("store.cluster-locked", working.id)
        assert fresh.kubectl("get", "namespace", second, "--ignore-not-found") == ""
        held_up.open.set()
        assert (await ours.standing(working.id)).state == "succeeded"
        await ours.rollouts.command(status.id, "retry", who="tester")
        ended = await ours.standing(status.id)
        assert ended.state == "succeeded", target_of(ended, fresh).error
        assert (await ours.plan(second)).outcome == "nothing"
