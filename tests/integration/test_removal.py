"""What removing a cluster would do is what leaving it does: told before, the same afterwards, and written nowhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from handles import ClusterHandle
from product import ME, Product, bundles, clean, explain, open_product, part_of, snapshot, unique, verdicts

from gatewright.rollout.planner import Planner
from gatewright.rollout.removal import Removals

pytestmark = pytest.mark.integration


@pytest.fixture
async def fresh(cluster: ClusterHandle) -> AsyncIterator[ClusterHandle]:
    yield cluster
    await clean(cluster)


@pytest.fixture
async def gatewright(tmp_path: Path, fresh: ClusterHandle) -> AsyncIterator[Product]:
    async with open_product(tmp_path / "home") as product:
        await product.register(fresh)
        yield product


@pytest.fixture
def removals(gatewright: Product) -> Removals:
    return Removals(gatewright.clusters, Planner(gatewright.clusters, bundles()))


async def test_removal_tells_what_all_teams_leave_behind(
    gatewright: Product, removals: Removals, fresh: ClusterHandle
) -> None:
    one, other = sorted((unique(), unique()))
    for team in (one, other):
        await gatewright.bind(team, [fresh])
        assert (await gatewright.run(team)).state == "succeeded"
    before = await snapshot(fresh)
    told = await removals.of(fresh.name)
    assert await snapshot(fresh) == before
    assert (told.ready, told.error) == (False, None)
    assert [block.code for block in told.blocks] == ["store.still-bound", "store.cluster-has-installation"]
    assert [(team.team, team.written) for team in told.teams] == [(one, 1), (other, 1)]
    assert told.plan is not None
    promised = verdicts(told.plan)
    assert set(promised.values()) == {"delete"}
    assert told.removes == len(promised) == told.records

    assert (await gatewright.run(one, action="leave")).state == "succeeded"
    halfway = await removals.of(fresh.name)
    assert halfway.plan is not None
    assert verdicts(halfway.plan) == {k: v for k, v in promised.items() if k != f"Namespace {one}"}
    last = await gatewright.plan(other, action="leave")
    assert verdicts(part_of(last, fresh)) == verdicts(halfway.plan), explain(last)
    assert (await gatewright.standing((await gatewright.start(last)).id)).state == "succeeded"
    done = await removals.of(fresh.name)
    assert (done.ready, done.blocks, done.teams, done.records, done.removes) == (True, (), (), 0, 0)
    await gatewright.clusters.remove(fresh.name, who=ME)


async def test_what_is_kept_and_what_is_stuck_is_told(
    gatewright: Product, removals: Removals, fresh: ClusterHandle, gateway_api: Path
) -> None:
    team = unique()
    fresh.install_gateway_api(gateway_api)
    await gatewright.bind(team, [fresh], bundle="v1.6.1")
    assert (await gatewright.run(team)).state == "succeeded"
    told = await removals.of(fresh.name)
    assert told.plan is not None
    kept = {name for name, verdict in verdicts(told.plan).items() if verdict == "keep"}
    assert "CustomResourceDefinition gateways.gateway.networking.k8s.io" in kept
    assert told.keeps == len(kept)
    assert verdicts(told.plan)[f"Namespace {team}"] == "delete"
