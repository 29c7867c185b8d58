"""The host runtime: runs the real gateway controllers of a cluster on this machine, in place of nodes.

It watches Deployments. For one whose image is Traefik it starts that version's binary with the Deployment's
arguments and ServiceAccount, probes it, and reports the Deployment's status. It is the load balancer controller too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from gatewright.lab import deployment, traefik
from gatewright.lab.api import Api, ApiFailure, Object
from gatewright.lab.process import Child
from gatewright.lab.workload import Host, Runner

_ATTEMPTS = 20


class HostRuntime:
    """The host runtime of one cluster; ``run`` it in a task, and ``close`` it afterwards."""

    def __init__(
        self, api: Api, *, server: str, authority: Path, address: str, directory: Path, changed: Callable[[], None]
    ) -> None:
        self._api = api
        self._host = Host(api, server=server, authority=authority, address=address, directory=directory)
        self._address = address
        self._changed = changed
        self._runners: dict[tuple[str, str], Runner] = {}
        self._ending: set[Runner] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def processes(self) -> list[Child]:
        """The gateway controllers that run now."""
        return [runner.child for runner in (*self._runners.values(), *self._ending) if runner.child is not None]

    async def run(self) -> None:
        """Follow the cluster until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._api.follow("/apis/apps/v1/deployments", self._deployment))
            group.create_task(self._api.follow("/api/v1/services", self._service))

    async def close(self) -> None:
        """End every controller."""
        runners = [*self._runners.values(), *self._ending]
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(runner.close(grace=0) for runner in runners))
        self._runners.clear()

    def _deployment(self, key: tuple[str, str], found: Object | None) -> None:
        container = _known_container(found) if found else None
        runner = self._runners.get(key)
        if found is None or container is None:
            if runner is not None:
                del self._runners[key]
                self._ending.add(runner)
                self._spawn(self._end(runner))
            return
        if runner is None:
            runner = self._runners[key] = Runner(self._host, self._changed)
        runner.update(deployment.read(found, container), found.get("status") or {})

    def _service(self, key: tuple[str, str], found: Object | None) -> None:
        if found is None:
            return
        present = deployment.objects(deployment.part(deployment.part(found, "status"), "loadBalancer"), "ingress")
        addresses = [entry.get("ip") for entry in present]
        balanced = found["spec"].get("type") == "LoadBalancer"
        if balanced and addresses != [self._address]:
            self._spawn(self._publish(key, [{"ip": self._address}]))
        elif not balanced and self._address in addresses:
            self._spawn(self._publish(key, None))

    async def _publish(self, key: tuple[str, str], ingress: list[Object] | None) -> None:
        path = f"/api/v1/namespaces/{key[0]}/services/{key[1]}/status"
        for _ in range(_ATTEMPTS):
            try:
                await self._api.merge(path, {"status": {"loadBalancer": {"ingress": ingress}}})
            except ApiFailure as failure:
                if failure.status == 404:
                    return
                await asyncio.sleep(0.5)
            else:
                return

    async def _end(self, runner: Runner) -> None:
        try:
            await runner.close(grace=3)
        finally:
            self._ending.discard(runner)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _known_container(found: Object) -> Object | None:
    return next((c for c in deployment.containers(found) if traefik.is_traefik(str(c.get("image", "")))), None)
