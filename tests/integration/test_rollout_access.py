"""With the rights that ``gatewright cluster access`` prints, and no more, the whole job works; what lacks is named."""

from __future__ import annotations

import asyncio
import base64
import copy
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from handles import ClusterHandle, eventually
from product import Product, admin, clean, explain, findings, open_product, part_of, snapshot, unique

from gatewright.gatewayapi.access import access_manifests
from gatewright.kube.connection import Connection
from gatewright.kube.errors import UnauthorizedError
from gatewright.model.desired import ControllerSpec
from gatewright.model.objects import Manifest
from gatewright.model.plan import ClusterPlan, Plan

pytestmark = pytest.mark.integration

ROLE = "gatewright"


@pytest.fixture
async def fresh(cluster: ClusterHandle) -> AsyncIterator[ClusterHandle]:
    yield cluster
    await clean(cluster)


@pytest.fixture
async def gatewright(tmp_path: Path) -> AsyncIterator[Product]:
    async with open_product(tmp_path / "home") as product:
        yield product


def granted(cluster: ClusterHandle, objects: list[Manifest], namespace: str) -> Connection:
    """A connection of the ServiceAccount that the objects make."""
    cluster.apply(objects)

    def token() -> str:
        secret = cluster.json("secret", "gatewright-token", "-n", namespace)
        return base64.b64decode(secret.get("data", {}).get("token", "")).decode()

    eventually(token, what="the token is issued")
    base = admin(cluster)
    return Connection(base.server, ca_data=base.ca_data, token=token())


def missing(part: ClusterPlan) -> list[str]:
    return [str(f.message.params["permission"]) for f in part.findings if f.code == "preflight.permissions"]


async def test_install_upgrade_and_leave_with_the_printed_rights(gatewright: Product, fresh: ClusterHandle) -> None:
    team, access = unique(), unique("access")
    edge = ControllerSpec("traefik", "3.6.15", unique("edge"))
    printed = access_manifests(access, allow_namespace_removal=True, controller_namespaces=[edge.namespace])
    await gatewright.register(fresh, connection=await asyncio.to_thread(granted, fresh, printed, access))
    await gatewright.bind(team, [fresh], bundle="v1.5.1", controller=edge)
    status = await gatewright.run(team)
    assert status.state == "succeeded", status
    again = await gatewright.plan(team)
    assert again.outcome == "nothing", explain(again)
    await gatewright.want(team, "v1.6.1", msgspec.structs.replace(edge, version="3.7.15"))
    status = await gatewright.run(team)
    assert status.state == "succeeded", status
    image = fresh.json("deployment", "traefik", "-n", edge.namespace)["spec"]["template"]["spec"]["containers"][0][
        "image"
    ]
    assert image.endswith(":v3.7.15")
    assert (await gatewright.plan(team)).outcome == "nothing"
    status = await gatewright.run(team, action="leave")
    assert status.state == "succeeded", status
    assert fresh.json("crd")["items"] == []
    for name in (team, edge.namespace):
        assert fresh.kubectl("get", "namespace", name, "--ignore-not-found") == ""


GATEWAYS = "gateways.gateway.networking.k8s.io"
SMALL_CRDS = [
    f"{kind}.gateway.networking.k8s.io" for kind in ("gatewayclasses", "gateways", "httproutes", "referencegrants")
]


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        (None, [("create", GATEWAYS), ("patch", GATEWAYS)]),
        ("patch", [("patch", crd) for crd in SMALL_CRDS]),
    ],
    ids=["one-object", "one-verb"],
)
async def test_the_verb_that_lacks_is_named_and_blocks(
    gatewright: Product, fresh: ClusterHandle, verb: str | None, expected: list[tuple[str, str]]
) -> None:
    """And once it is granted, the plan goes."""
    team, access = unique(), unique("access")
    printed = access_manifests(access)
    narrowed = copy.deepcopy(printed)
    role = next(o for o in narrowed if o["kind"] == "ClusterRole")
    for rule in role["rules"]:
        if "customresourcedefinitions" in rule["resources"] and "resourceNames" in rule:
            if verb is None:
                rule["resourceNames"].remove(GATEWAYS)
            else:
                rule["verbs"].remove(verb)
    connection = await asyncio.to_thread(granted, fresh, narrowed, access)
    await gatewright.register(fresh, connection=connection)
    await gatewright.bind(team, [fresh])
    before = await snapshot(fresh)
    plan = await gatewright.plan(team)
    assert plan.outcome == "stopped"
    resource = "customresourcedefinitions.apiextensions.k8s.io"
    assert sorted(missing(part_of(plan, fresh))) == [f"{verb} {resource}/{crd}" for verb, crd in expected]
    assert set(findings(plan)) == {"preflight.permissions"}
    assert await snapshot(fresh) == before
    fresh.apply(printed)
    assert (await allowed(gatewright, team)).outcome == "change"


async def allowed(gatewright: Product, team: str) -> Plan:
    """The plan once the API server has noticed the new role."""
    plan = await gatewright.plan(team)
    for _ in range(50):
        if plan.outcome != "stopped":
            break
        await asyncio.sleep(0.1)
        plan = await gatewright.plan(team)
    return plan


async def test_an_account_that_may_only_read_gets_a_plan_that_names_every_verb(
    gatewright: Product, fresh: ClusterHandle
) -> None:
    team, access = unique(), unique("access")
    objects = access_manifests(access)
    for item in objects:
        if item["kind"] == "ClusterRole":
            item["rules"] = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}]
        if item["kind"] == "Role":
            item["rules"] = []
    connection = await asyncio.to_thread(granted, fresh, objects, access)
    await gatewright.register(fresh, connection=connection)
    await gatewright.bind(team, [fresh])
    plan = await gatewright.plan(team)
    named = missing(part_of(plan, fresh))
    assert {line.partition(" ")[0] for line in named} == {"create", "patch", "update", "delete"}
    assert f"create namespaces/{team}" in named
    assert f"patch namespaces/{team}" in named
    assert "create leases.coordination.k8s.io -n kube-system" in named
    crds = [line for line in named if "customresourcedefinitions" in line]
    assert len(crds) == 2 * 4


async def test_a_token_that_is_wrong_or_was_revoked(gatewright: Product, fresh: ClusterHandle) -> None:
    base = admin(fresh)
    garbage = Connection(base.server, ca_data=base.ca_data, token="not-a-token")
    with pytest.raises(UnauthorizedError) as refusal:
        await gatewright.register(fresh, connection=garbage)
    assert refusal.value.report.cluster == fresh.name
    assert "not-a-token" not in str(refusal.value)
    assert await gatewright.clusters.registered() == []
    team, access = unique(), unique("access")
    connection = await asyncio.to_thread(granted, fresh, access_manifests(access), access)
    await gatewright.register(fresh, connection=connection)
    await gatewright.bind(team, [fresh])
    plan = await gatewright.plan(team)
    fresh.kubectl("delete", "secret", "gatewright-token", "-n", access)
    fresh.kubectl("delete", "serviceaccount", "gatewright", "-n", access)

    async def refused() -> bool:
        try:
            await gatewright.plan(team)
        except UnauthorizedError:
            return True
        return False

    for _ in range(200):
        if await refused():
            break
        await asyncio.sleep(0.1)
    status = await gatewright.standing((await gatewright.start(plan)).id)
    error = status.targets[0].error
    assert error is not None
    assert (error.code, status.state) == ("kube.unauthorized", "failed")
