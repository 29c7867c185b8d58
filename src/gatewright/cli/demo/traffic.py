"""Scenes 9, 12 and 13: real traffic, a second team, and an API server that dies in the middle of a rollout."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from gatewright.background import alongside
from gatewright.cli.demo import look
from gatewright.cli.demo.errors import SceneryError
from gatewright.cli.demo.install import PAYMENTS, A, B, C
from gatewright.cli.demo.stage import GATEWAY_PORT, Stage
from gatewright.cli.demo.wishes import application, listed, team_file
from gatewright.cli.demo.world import CLUSTERS
from gatewright.model.errors import ClusterError, ConflictError
from gatewright.model.rollout import RolloutEvent, RolloutStatus

HOST: Final = "shop.payments.test"
ORDERS_HOST: Final = "orders.test"
ORDERS: Final[dict[str, str]] = dict.fromkeys(CLUSTERS, "orders")
MORE_PORTS: Final = (GATEWAY_PORT, 8001)


async def traffic(stage: Stage) -> None:
    """The application team uses what it got: Gateway, HTTPRoute and a backend in its namespace on each cluster."""
    for cluster in CLUSTERS:
        await serve(stage, cluster, PAYMENTS[cluster], HOST)
    await stage.gatewright("get", "gateways,httproutes", "--team", "payments", "--all-clusters")


async def serve(stage: Stage, cluster: str, namespace: str, host: str) -> None:
    """Creates an application and claims that it is programmed and answers."""
    backend = stage.lab.backend
    if backend is None:
        raise SceneryError(what="echo", why="-", cluster=cluster)
    objects = application(namespace, host, backend.address, backend.port(cluster))
    await stage.kubectl(cluster, "apply", "-f", stage.file(f"{namespace}-{cluster}.json", listed(objects)))

    async def programmed() -> bool:
        live = await stage.see(cluster, f"{look.GATEWAY_API}/namespaces/{namespace}/gateways/web")
        return look.condition(live, "Programmed") == "True"

    stage.check("programmed", await stage.eventually(programmed), "Programmed", cluster=cluster, namespace=namespace)
    await flows(stage, [cluster], host)


async def flows(stage: Stage, clusters: Sequence[str], host: str = HOST) -> None:
    """Claims that requests are answered by the right cluster's backend."""
    for cluster in clusters:
        answer = (0, "-")

        async def answered(cluster: str = cluster) -> bool:
            nonlocal answer
            answer = await stage.http(cluster, host)
            return answer == (200, cluster)

        held = await stage.eventually(answered)
        where = f"http://{stage.cluster(cluster).address}:{GATEWAY_PORT} Host: {host}"
        stage.check("answered", held, f"{where} -> {answer[0]} {answer[1]}", cluster=cluster)


async def second_team(stage: Stage) -> None:
    """Team orders shares the installation, and not the namespace of payments."""
    file = stage.file("orders.yaml", team_file("orders", {**ORDERS, A: PAYMENTS[A]}))
    refused = await stage.gatewright("apply", "-f", file, code=ConflictError.exit_code)
    named = "payments" in refused.err and A in refused.err
    stage.check("namespace-refused", named, refused.error, cluster=A, name=PAYMENTS[A], team="payments")
    await stage.gatewright("apply", "-f", stage.file("orders.yaml", team_file("orders", ORDERS)))
    marks = await stage.everywhere(lambda c: look.ours(stage, c))
    await stage.gatewright("rollout", "start", "--team", "orders", "--yes")
    now = await stage.everywhere(lambda c: look.ours(stage, c))
    for cluster, old, new in zip(CLUSTERS, marks, now, strict=True):
        changed = look.changed(old, new)
        stage.check("reused", changed == "Namespace orders", changed, cluster=cluster, name="orders")
    await serve(stage, A, ORDERS[A], ORDERS_HOST)


async def outage(stage: Stage) -> None:
    """B's API server is killed while A is being changed. The rollout stops at B, says so, and goes on later."""
    await stage.gatewright("apply", "-f", stage.file("payments.yaml", team_file("payments", PAYMENTS, MORE_PORTS)))
    before = await look.ours(stage, C)
    async with alongside(_kill_during(stage)) as killing:
        await stage.gatewright("rollout", "start", "--team", "payments", "--yes", code=ClusterError.exit_code)
        changing = await asyncio.wait_for(killing, 10)
    async with stage.api() as api:
        rollout = (await api.get("/rollouts", list[RolloutStatus], team="payments"))[0]
    states = {target.cluster: target.state for target in rollout.targets}
    error = next((target.error.code for target in rollout.targets if target.cluster == B and target.error), "-")
    stage.check("killed", changing in (A, B), f"{changing}: running", cluster=B)
    stage.check("b-reported", states[B] == "failed" and error.startswith("kube."), f"{B}: {error}", cluster=B)
    stage.check("a-finished", states[A] == "succeeded" and await _open(stage, A), f"{A}: {states[A]}", cluster=A)
    untouched = before == (now := await look.ours(stage, C))
    seen = f"{C}: {states[C]} {look.changed(before, now)}"
    stage.check("c-not-begun", states[C] == "pending" and untouched, seen, cluster=C)
    await flows(stage, CLUSTERS)
    await _return(stage, rollout.id)


async def _return(stage: Stage, rollout: str) -> None:
    marks = await look.ours(stage, A)
    await stage.world.start_apiserver(B)
    stage.check("returned", await look.namespace(stage, B, "kube-system"), "kube-system", cluster=B)
    await stage.gatewright("rollout", "retry", rollout)
    async with stage.api() as api:
        status = await api.get(f"/rollouts/{rollout}", RolloutStatus)
    opened = await stage.everywhere(lambda c: _open(stage, c))
    seen = ", ".join(f"{target.cluster}: {target.state}" for target in status.targets)
    stage.check("finished", status.state == "succeeded" and all(opened), seen)
    now = await look.ours(stage, A)
    stage.check("others-untouched", marks == now, look.changed(marks, now), clusters=A)
    await flows(stage, CLUSTERS)


async def _kill_during(stage: Stage) -> str:
    """Waits for the rollout that is about to start, and kills B's API server at its first step; gives the cluster that
    was being changed afterwards."""
    async with stage.api() as api:
        earlier = {found.id for found in await api.get("/rollouts", list[RolloutStatus])}
        started: list[str] = []
        while not started:
            await asyncio.sleep(0.05)
            found = await api.get("/rollouts", list[RolloutStatus])
            started = [status.id for status in found if status.id not in earlier]
        async for event in api.events(f"/rollouts/{started[0]}/events", RolloutEvent):
            if event.kind == "step":
                break
        await stage.world.kill_apiserver(B)
        status = await api.get(f"/rollouts/{started[0]}", RolloutStatus)
    return next((target.cluster for target in status.targets if target.state == "running"), "-")


async def _open(stage: Stage, cluster: str) -> bool:
    """Whether the running controller has the ports that the rollout brings."""
    deployment = await look.deployment(stage, cluster)
    container: dict[str, Any] = deployment["spec"]["template"]["spec"]["containers"][0]
    ports = {port["containerPort"] for port in container["ports"]}
    return set(MORE_PORTS) <= ports and look.condition(deployment, "Available") == "True"
