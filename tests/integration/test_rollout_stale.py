"""What runs is what was shown: a cluster that changed since the plan, or during the rollout, stops it unwritten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import manifests
import pytest
from aiohttp import web
from handles import ClusterHandle
from product import Product, clean, findings, open_product, part_of, snapshot, target_of, unique, verdicts
from proxy import faulty, once, writes_to

from gatewright.gatewayapi.marks import INSTALLATION
from gatewright.model.plan import Plan
from gatewright.model.rollout import RolloutStatus

pytestmark = pytest.mark.integration

GATEWAYS = "gateways.gateway.networking.k8s.io"
OLD = "v1.1.0"
"""Between this and the small bundle CRDs differ in spec."""


@pytest.fixture
async def fresh(cluster: ClusterHandle) -> AsyncIterator[ClusterHandle]:
    yield cluster
    await clean(cluster)


@pytest.fixture
async def gatewright(tmp_path: Path, fresh: ClusterHandle) -> AsyncIterator[Product]:
    async with open_product(tmp_path / "home") as product:
        yield product


async def stopped(gatewright: Product, plan: Plan) -> RolloutStatus:
    status = await gatewright.standing((await gatewright.start(plan)).id)
    assert status.state == "failed", status
    return status


def error_of(status: RolloutStatus, cluster: ClusterHandle) -> tuple[str, str]:
    error = target_of(status, cluster).error
    assert error is not None
    assert error.cluster == cluster.name
    for language in ("en", "zh"):
        assert error.remedy(language)
    return error.code, error.message("en")


async def test_a_namespace_that_another_installation_took_meanwhile(gatewright: Product, fresh: ClusterHandle) -> None:
    team = unique()
    await gatewright.register(fresh)
    await gatewright.bind(team, [fresh])
    plan = await gatewright.plan(team)
    marks = {INSTALLATION: "5a1ba9c1-other"}
    fresh.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": team, "annotations": marks}}])
    before = await snapshot(fresh)
    code, words = error_of(await stopped(gatewright, plan), fresh)
    assert code == "rollout.plan-stale"
    assert "5a1ba9c1-other" in words
    assert without_lease(await snapshot(fresh)) == before
    assert await gatewright.records(part_of(plan, fresh).uid) == ()


async def test_a_namespace_of_nobody_that_appeared_meanwhile_is_shared_only_by_a_new_plan(
    gatewright: Product, fresh: ClusterHandle
) -> None:
    team = unique()
    await gatewright.register(fresh)
    await gatewright.bind(team, [fresh])
    plan = await gatewright.plan(team)
    fresh.kubectl("create", "namespace", team)
    code, _ = error_of(await stopped(gatewright, plan), fresh)
    assert code == "rollout.plan-stale"
    again = await gatewright.plan(team)
    assert verdicts(part_of(again, fresh))[f"Namespace {team}"] == "share"
    assert (await gatewright.run(team)).state == "succeeded"


async def test_a_crd_that_was_edited_after_the_plan(gatewright: Product, fresh: ClusterHandle) -> None:
    """An update planned on one content does not run on another; what the edit changed is shown by the next plan."""
    team = unique()
    await gatewright.register(fresh)
    await gatewright.bind(team, [fresh], bundle=OLD)
    assert (await gatewright.run(team)).state == "succeeded"
    await gatewright.want(team, "v1.2.1")
    plan = await gatewright.plan(team)
    assert plan.outcome == "change"
    fresh.kubectl("label", "crd", GATEWAYS, "team=someone")
    before = await snapshot(fresh)
    code, _ = error_of(await stopped(gatewright, plan), fresh)
    assert code == "rollout.plan-stale"
    assert without_lease(await snapshot(fresh)) == without_lease(before)
    assert (await gatewright.run(team)).state == "succeeded"
    assert fresh.json("crd", GATEWAYS)["metadata"]["labels"]["team"] == "someone"


async def test_an_object_that_was_deleted_after_the_plan(gatewright: Product, fresh: ClusterHandle) -> None:
    team = unique()
    await gatewright.register(fresh)
    await gatewright.bind(team, [fresh], bundle=OLD)
    assert (await gatewright.run(team)).state == "succeeded"
    await gatewright.want(team, "v1.2.1")
    plan = await gatewright.plan(team)
    fresh.kubectl("delete", "crd", GATEWAYS)
    code, words = error_of(await stopped(gatewright, plan), fresh)
    assert code == "rollout.plan-stale"
    assert GATEWAYS in words
    assert (await gatewright.run(team)).state == "succeeded"


async def test_a_change_in_the_middle_is_found_by_the_step(gatewright: Product, fresh: ClusterHandle) -> None:
    """Between the read and the write of one object somebody edits it: the write is refused, and the step says whose."""
    team = unique()
    async with faulty(fresh) as proxy:
        await gatewright.register(fresh, connection=proxy.connection)
        await gatewright.bind(team, [fresh], bundle=OLD)
        assert (await gatewright.run(team)).state == "succeeded"
        await gatewright.want(team, "v1.2.1")

        async def edited(_: web.Request) -> None:
            fresh.kubectl("annotate", "crd", GATEWAYS, "edited=yes", "--field-manager=somebody")

        proxy.rules.append(once(lambda r: writes_to(r, "customresourcedefinitions", GATEWAYS), edited))
        status = await stopped(gatewright, await gatewright.plan(team))
        code, words = error_of(status, fresh)
        assert code == "rollout.object-moved"
        assert GATEWAYS in words
        live = fresh.json("crd", GATEWAYS)["metadata"]
        assert live["annotations"]["edited"] == "yes"
        assert live["annotations"]["gateway.networking.k8s.io/bundle-version"] == OLD
        again = await gatewright.plan(team)
        assert again.outcome == "change", findings(again)
        assert (await gatewright.run(team)).state == "succeeded"
        assert fresh.json("crd", GATEWAYS)["metadata"]["annotations"]["edited"] == "yes"


async def test_a_status_in_the_middle_is_no_reason_to_stop(gatewright: Product, fresh: ClusterHandle) -> None:
    """Controllers write statuses all the time: the write that crossed one is sent again."""
    team = unique()
    async with faulty(fresh) as proxy:
        await gatewright.register(fresh, connection=proxy.connection)
        await gatewright.bind(team, [fresh], bundle=OLD)
        assert (await gatewright.run(team)).state == "succeeded"
        await gatewright.want(team, "v1.2.1")

        async def touched(_: web.Request) -> None:
            condition = '{"type": "Tested", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}'
            patch = f'[{{"op": "add", "path": "/status/conditions/-", "value": {condition}}}]'
            fresh.kubectl("patch", "crd", GATEWAYS, "--subresource=status", "--type=json", "-p", patch)

        proxy.rules.append(once(lambda r: writes_to(r, "customresourcedefinitions", GATEWAYS), touched))
        assert (await gatewright.run(team)).state == "succeeded"
        assert (await gatewright.plan(team)).outcome == "nothing"


async def test_somebody_creates_the_object_right_before_us(gatewright: Product, fresh: ClusterHandle) -> None:
    """Not even an equal one is taken over unseen: whose it is belongs into a plan."""
    team = unique()
    async with faulty(fresh) as proxy:
        await gatewright.register(fresh, connection=proxy.connection)
        await gatewright.bind(team, [fresh])
        folder = manifests.gateway_api_crds("v1.0.0")

        async def created(_: web.Request) -> None:
            name = "gateway.networking.k8s.io_gateways.yaml"
            fresh.kubectl("apply", "--server-side", "-f", str(folder / name))

        proxy.rules.append(once(lambda r: writes_to(r, "customresourcedefinitions", GATEWAYS), created))
        code, words = error_of(await stopped(gatewright, await gatewright.plan(team)), fresh)
        assert code == "rollout.object-moved"
        assert "kubectl" in words
        managers = {
            m["manager"] for m in fresh.json("crd", GATEWAYS, "--show-managed-fields")["metadata"]["managedFields"]
        }
        assert "gatewright" not in managers
        again = await gatewright.plan(team)
        assert verdicts(part_of(again, fresh))[f"CustomResourceDefinition {GATEWAYS}"] == "share"


def without_lease(found: dict[str, str]) -> dict[str, str]:
    return {key: version for key, version in found.items() if not key.startswith("Lease ")}
