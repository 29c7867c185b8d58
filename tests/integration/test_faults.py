"""Faults between us and a cluster: each has a code of ours, stops or is survived, and leaves database and cluster true.

Most rollouts here write one namespace (the CRDs are there and shared), so that a fault hits exactly that write.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import manifests
import msgspec
import pytest
from aiohttp import web
from handles import ClusterFactory, ClusterHandle
from product import (
    ME,
    SMALL,
    Product,
    admin,
    explain,
    lease_holder,
    open_product,
    part_of,
    target_of,
    unique,
    verdicts,
)
from proxy import Gate, Proxy, Rule, cut, faulty, once, status, writes_to

from gatewright.kube.connection import Connection
from gatewright.kube.transport import ClientOptions
from gatewright.model.errors import ErrorReport, GatewrightError
from gatewright.model.rollout import RolloutStatus
from gatewright.observe.observatory import Observatory
from gatewright.observe.views import Views

pytestmark = pytest.mark.integration

IMPATIENT = ClientOptions(attempts=2, deadline=3, connect_timeout=2, read_timeout=2, backoff=0.05)


@pytest.fixture(scope="module")
def shared(cluster: ClusterHandle) -> ClusterHandle:
    """With CRDs that kubectl installed, so that a team's rollout writes its namespace only."""
    cluster.install_gateway_api(manifests.gateway_api_crds(SMALL))
    return cluster


@pytest.fixture
async def through(shared: ClusterHandle) -> AsyncIterator[Proxy]:
    async with faulty(shared) as proxy:
        yield proxy


@pytest.fixture
async def gatewright(tmp_path: Path, shared: ClusterHandle, through: Proxy) -> AsyncIterator[Product]:
    async with open_product(tmp_path / "home") as product:
        await product.register(shared, connection=through.connection)
        yield product


def require_told(report: ErrorReport | None, code: str, cluster: ClusterHandle) -> None:
    assert report is not None
    assert (report.code, report.cluster) == (code, cluster.name), report
    english, chinese = (f"{report.message(language)} {report.remedy(language)}" for language in ("en", "zh"))
    assert english != chinese


async def require_true(product: Product, team: str, cluster: ClusterHandle) -> None:
    """Nothing is left to do, the cluster is free, and records and cluster agree."""
    plan = await product.plan(team)
    assert plan.outcome == "nothing", explain(plan)
    uid = part_of(plan, cluster).uid
    live = cluster.json("namespace", team)["metadata"]["uid"]
    assert [(r.ref.name, r.uid) for r in await product.records(uid)] == [(team, live)]
    assert await product.lock(uid) is None
    assert await lease_holder(cluster) == ""


async def started(product: Product, cluster: ClusterHandle, team: str) -> RolloutStatus:
    await product.bind(team, [cluster])
    plan = await product.plan(team)
    assert {n for n, v in verdicts(part_of(plan, cluster)).items() if v == "create"} == {f"Namespace {team}"}
    return await product.standing((await product.start(plan)).id)


def answers(
    code: int, reason: str, words: str = "", **headers: str
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        return status(code, reason, words, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return answer


def on_namespace(team: str) -> Callable[[web.Request], bool]:
    return lambda request: writes_to(request, "namespaces", team)


FORBIDDEN = (
    'namespaces "x" is forbidden: User "system:serviceaccount:a:b" cannot patch resource "namespaces" '
    'in API group "" at the cluster scope'
)


@pytest.mark.parametrize(
    ("http", "reason", "words", "code"),
    [
        (403, "Forbidden", FORBIDDEN, "kube.forbidden"),
        (401, "Unauthorized", "Unauthorized", "kube.unauthorized"),
        (422, "Invalid", "Namespace is invalid: metadata.labels: Invalid value", "kube.invalid"),
        (500, "InternalError", "boom", "kube.server-error"),
    ],
)
async def test_a_refused_write_stops_and_retry_finishes(
    gatewright: Product, shared: ClusterHandle, through: Proxy, http: int, reason: str, words: str, code: str
) -> None:
    team = unique()
    through.rules.append(once(on_namespace(team), answers(http, reason, words)))
    ended = await started(gatewright, shared, team)
    assert ended.state == "failed"
    require_told(target_of(ended, shared).error, code, shared)
    assert await lease_holder(shared) == ""
    assert shared.kubectl("get", "namespace", team, "--ignore-not-found") == ""
    await gatewright.rollouts.command(ended.id, "retry", who=ME)
    assert (await gatewright.standing(ended.id)).state == "succeeded"
    await require_true(gatewright, team, shared)


def makes_the_lease(request: web.Request) -> bool:
    return request.method == "POST" and request.path.endswith("/leases")


async def lost(request: web.Request, proxy: Proxy) -> web.Response:
    """The API server does it, and the answer never arrives."""
    answer = await proxy.forward(request)
    cut(request)
    return answer


@pytest.mark.parametrize("fault", ["429", "503", "dropped", "lost", "lost-lease"])
async def test_a_passing_fault_is_survived(
    gatewright: Product, shared: ClusterHandle, through: Proxy, fault: str
) -> None:
    """Asked to wait, not ready, cut off before or after the write took effect: the rollout goes on by itself."""
    team = unique()

    async def dropped(request: web.Request) -> web.Response:
        cut(request)
        return web.Response()

    rules: dict[str, Rule] = {
        "429": once(on_namespace(team), answers(429, "TooManyRequests", "wait", Retry_After="1")),
        "503": once(on_namespace(team), answers(503, "ServiceUnavailable", "apiserver is starting")),
        "dropped": once(on_namespace(team), dropped),
        "lost": once(on_namespace(team), lambda request: lost(request, through)),
        "lost-lease": once(makes_the_lease, lambda request: lost(request, through)),
    }
    through.rules.append(rules[fault])
    ended = await started(gatewright, shared, team)
    assert ended.state == "succeeded", target_of(ended, shared).error
    assert [step.runs for step in target_of(ended, shared).steps] == [1, 1]
    await require_true(gatewright, team, shared)


async def test_a_server_that_asks_for_an_hour_is_not_waited_for(
    gatewright: Product, shared: ClusterHandle, through: Proxy
) -> None:
    team = unique()
    matches = on_namespace(team)

    async def busy(request: web.Request) -> web.Response | None:
        return status(429, "TooManyRequests", "", headers={"Retry-After": "3600"}) if matches(request) else None

    through.rules.append(busy)
    ended = await started(gatewright, shared, team)
    assert ended.state == "failed"
    require_told(target_of(ended, shared).error, "kube.too-many-requests", shared)
    through.rules.remove(busy)
    await gatewright.rollouts.command(ended.id, "retry", who=ME)
    assert (await gatewright.standing(ended.id)).state == "succeeded"
    await require_true(gatewright, team, shared)


async def test_a_server_that_hangs_in_the_middle(tmp_path: Path, shared: ClusterHandle, through: Proxy) -> None:
    team = unique()
    hanging = Gate(on_namespace(team), drop=True)
    async with open_product(tmp_path / "home", options=IMPATIENT) as product:
        await product.register(shared, connection=through.connection)
        through.rules.append(hanging)
        ended = await started(product, shared, team)
        assert ended.state == "failed"
        require_told(target_of(ended, shared).error, "kube.timeout", shared)
        hanging.open.set()
        again = await product.start((await product.rollouts.show_plan(ended.plan)).plan)
        assert again.id == ended.id
        assert (await product.standing(again.id)).state == "succeeded"
        await require_true(product, team, shared)


async def test_an_admission_policy_that_denies(gatewright: Product, shared: ClusterHandle) -> None:
    team, policy = unique(), unique("no-namespace")
    shared.apply(denying(policy, team))
    for _ in range(100):
        said = shared.kubectl("create", "namespace", team, "--dry-run=server", check=False)
        if "not here" in said:
            break
        await asyncio.sleep(0.1)
    ended = await started(gatewright, shared, team)
    shared.kubectl("delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", policy)
    assert ended.state == "failed"
    error = target_of(ended, shared).error
    require_told(error, "kube.denied", shared)
    assert error is not None
    assert policy in error.message("en")
    for _ in range(100):
        if "not here" not in shared.kubectl("create", "namespace", team, "--dry-run=server", check=False):
            break
        await asyncio.sleep(0.1)
    await gatewright.rollouts.command(ended.id, "retry", who=ME)
    assert (await gatewright.standing(ended.id)).state == "succeeded"
    await require_true(gatewright, team, shared)


def denying(name: str, namespace: str) -> list[dict[str, object]]:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["namespaces"]}
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": f"object.metadata.name != '{namespace}'", "message": "not here"}],
    }
    api = "admissionregistration.k8s.io/v1"
    binding = {"policyName": name, "validationActions": ["Deny"]}
    return [
        {"apiVersion": api, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name}, "spec": spec},
        {"apiVersion": api, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name}, "spec": binding},
    ]


@contextlib.asynccontextmanager
async def mute() -> AsyncIterator[str]:
    """A server that accepts and says nothing."""
    open_ended: set[asyncio.StreamWriter] = set()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ended.add(writer)
        await reader.read()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        for writer in open_ended:
            writer.transport.abort()
        server.close()


async def test_what_cannot_be_reached_is_not_registered(
    tmp_path: Path, shared: ClusterHandle, cluster_factory: ClusterFactory
) -> None:
    """Refused, silent with and without TLS, signed by another cluster's CA: each told, nothing stored."""
    base, stranger = admin(shared), admin(cluster_factory())
    async with open_product(tmp_path / "home", driving=False, options=IMPATIENT) as product, mute() as address:
        cases: dict[str, list[Connection]] = {
            "kube.unreachable": [Connection("https://127.0.0.1:9")],
            "kube.timeout": [Connection(f"http://{address}"), Connection(f"https://{address}")],
            "kube.tls-untrusted": [msgspec.structs.replace(base, ca_data=stranger.ca_data)],
        }
        for code, connections in cases.items():
            for connection in connections:
                with pytest.raises(GatewrightError) as refusal:
                    await product.register(shared, connection=connection)
                require_told(refusal.value.report, code, shared)
        assert await product.clusters.registered() == []
        await product.register(shared)


async def test_a_dead_cluster_spoils_no_others_view(
    tmp_path: Path, shared: ClusterHandle, cluster_factory: ClusterFactory
) -> None:
    """One of two is silent: the table shows both, the plan for both says which failed, that for one goes."""
    other, team = cluster_factory(), unique()
    async with (
        faulty(other) as proxy,
        open_product(tmp_path / "home", options=IMPATIENT) as product,
    ):
        await product.register(shared)
        await product.register(other, connection=proxy.connection)
        await product.bind(team, [shared, other])

        async def never(request: web.Request) -> None:
            await asyncio.sleep(60)

        proxy.rules.append(never)
        rows = {row.cluster: row for row in await Views(Observatory(product.clusters)).status(team)}
        assert rows[shared.name].reachability == "reachable"
        assert rows[other.name].reachability in ("slow", "unreachable")
        require_told(rows[other.name].error, rows[other.name].error.code, other)  # type: ignore[union-attr]
        with pytest.raises(GatewrightError) as refusal:
            await product.plan(team)
        assert refusal.value.report.cluster == other.name
        assert (await product.run(team, shared)).state == "succeeded"


async def test_an_api_server_that_is_killed_in_the_middle(tmp_path: Path, cluster_factory: ClusterFactory) -> None:
    """Whatever step it hits: the rollout survives it, or fails and is retried; nothing is written twice."""
    cluster, team = cluster_factory(), unique()
    async with open_product(tmp_path / "home") as product:
        await product.register(cluster)
        await product.bind(team, [cluster], bundle="v1.6.1")
        rollout = await product.start(await product.plan(team))
        await product.reached(rollout.id, "wrote", cluster)
        await asyncio.to_thread(cluster.kill_apiserver)
        await asyncio.to_thread(cluster.start_apiserver)
        ended = await product.standing(rollout.id)
        if ended.state == "failed":
            error = target_of(ended, cluster).error
            assert error is not None
            assert error.code in ("kube.unreachable", "kube.interrupted", "kube.unavailable"), error
            await product.rollouts.command(rollout.id, "retry", who=ME)
            ended = await product.standing(rollout.id)
        assert ended.state == "succeeded", target_of(ended, cluster).error
        assert {crd["metadata"]["generation"] for crd in cluster.json("crd")["items"]} == {1}
        plan = await product.plan(team)
        assert plan.outcome == "nothing", explain(plan)
        records = {r.ref: r.uid for r in await product.records(part_of(plan, cluster).uid)}
        assert len(records) == len([v for v in part_of(plan, cluster).verdicts if v.verdict == "unchanged"])
        assert await lease_holder(cluster) == ""
