"""Keeps one Deployment's process as the Deployment asks, and its status as the process is."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import msgspec

from gatewright.lab import deployment, kubeconfig, traefik
from gatewright.lab.api import Api, ApiFailure, Object
from gatewright.lab.deployment import Probe, Progress, Workload
from gatewright.lab.errors import ControllerUnobtainable
from gatewright.lab.process import Child
from gatewright.lab.state import write_atomically
from gatewright.text import message

_TOKEN_SECONDS = 24 * 3600
_EAGER = 0.2
"""Seconds between probes until the first success."""
_STEADY = 60.0
"""Seconds after which a process that ends did not crash in a loop."""


class Host:
    """What all controllers of a cluster share: its API server, and their address on this machine."""

    def __init__(self, api: Api, *, server: str, authority: Path, address: str, directory: Path) -> None:
        self.api = api
        self.address = address
        self._server = server
        self._authority = authority
        self._directory = directory

    def folder(self, workload: Workload) -> Path:
        """Its working directory, made on first use."""
        path = self._directory / f"{workload.namespace}.{workload.name}"
        path.mkdir(parents=True, exist_ok=True)
        return path

    async def credentials(self, workload: Workload) -> Path:
        """Write a fresh token of its ServiceAccount, and the kubeconfig that names it. Raises ``ApiFailure``."""
        path = f"/api/v1/namespaces/{workload.namespace}/serviceaccounts/{workload.service_account}/token"
        ask = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}
        answer = await self.api.request("POST", path, {**ask, "spec": {"expirationSeconds": _TOKEN_SECONDS}})
        folder = self.folder(workload)
        write_atomically(folder / "token", str(answer["status"]["token"]).encode())
        content = kubeconfig.token_document(self._server, self._authority, folder / "token")
        write_atomically(folder / "kubeconfig", kubeconfig.render(content))
        return folder / "kubeconfig"

    async def ready(self, probe: Probe) -> bool:
        """One readiness probe; Kubernetes counts 200 to 399 as success."""
        url = f"{probe.scheme}://{self.address}:{probe.port}{probe.path}"
        timeout = aiohttp.ClientTimeout(total=probe.timeout)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(url, ssl=False, allow_redirects=False) as answer,
            ):
                return 200 <= answer.status < 400
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False


class Runner:
    """One Deployment. ``update`` it with what is wanted; it works in tasks of its own until ``close``."""

    def __init__(self, host: Host, changed: Callable[[], None]) -> None:
        self.child: Child | None = None
        self._host = host
        self._changed = changed
        self._wanted: Workload | None = None
        self._present: Object = {}
        self._template = ""
        self._wake = asyncio.Event()
        self._unpublished = asyncio.Event()
        self._progress = Progress()
        self._since = 0.0
        self._crashes = 0
        self._not_before = 0.0
        self._started = 0.0
        self._renew = 0.0
        self._failures = 0
        self._tasks = [asyncio.create_task(self._work()), asyncio.create_task(self._publish())]

    def update(self, wanted: Workload, present: Object) -> None:
        """Take notice of the Deployment as it is now, with its ``status``."""
        before = self._wanted
        self._wanted, self._present = wanted, present
        if before is None or (before.template, before.replicas) != (wanted.template, wanted.replicas):
            self._since = time.monotonic()
            self._crashes, self._not_before = 0, 0.0
            self._progress = msgspec.structs.replace(self._progress, updated=False, overdue=False, trouble="")
            self._wake.set()
        self._unpublished.set()

    async def close(self, *, grace: float) -> None:
        """End the process and the tasks."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stop(grace=grace)

    async def _work(self) -> None:
        while True:
            wanted = self._wanted
            if wanted is None or wanted.replicas == 0:
                await self._stop(grace=3)
                await self._pause(3600)
                continue
            await self._notice_exit()
            if self.child is None or self._template != wanted.template:
                await self._replace(wanted)
            else:
                await self._keep(wanted)
            self._check_deadline(wanted)

    async def _replace(self, wanted: Workload) -> None:
        if time.monotonic() < self._not_before:
            await self._pause(self._not_before - time.monotonic())
            return
        if not wanted.rolling:
            await self._stop(grace=3)
        try:
            program = await traefik.binary(wanted.image)
            access = await self._host.credentials(wanted)
        except (ControllerUnobtainable, ApiFailure, TimeoutError) as failure:
            self._retry_later(_explained(wanted, failure))
            return
        if wanted is not self._wanted and self._wanted and self._wanted.template != wanted.template:
            return
        await self._stop(grace=3)
        await self._start(wanted, program, access)

    async def _start(self, wanted: Workload, program: Path, access: Path) -> None:
        folder = self._host.folder(wanted)
        # neither the lab's own KUBECONFIG nor a surrounding cluster may leak in
        basics = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR", "LANG") if key in os.environ}
        self.child = await Child.start(
            "traefik",
            [str(program), *traefik.host_arguments(wanted.arguments, self._host.address)],
            log=folder / "controller.log",
            env={**basics, **wanted.environment, "KUBECONFIG": str(access)},
            cwd=folder,
        )
        self._template = wanted.template
        self._started, self._renew = time.monotonic(), time.monotonic() + _TOKEN_SECONDS / 2
        self._failures = 0
        self._report(Progress(running=True, updated=True, overdue=self._progress.overdue))
        self._changed()

    async def _keep(self, wanted: Workload) -> None:
        ready = await self._probe(wanted)
        if ready != self._progress.ready or not self._progress.updated:
            replaced = msgspec.structs.replace(self._progress, updated=True, ready=ready, trouble="", running=True)
            self._report(replaced)
        if time.monotonic() > self._renew:
            await self._renew_token(wanted)
        period = wanted.probe.period if wanted.probe else _EAGER * 25
        await self._pause(period if ready else _EAGER)

    async def _probe(self, wanted: Workload) -> bool:
        if wanted.probe is None:
            return time.monotonic() - self._started > 2 * _EAGER
        if await self._host.ready(wanted.probe):
            self._failures = 0
            return True
        self._failures += 1
        return self._progress.ready and self._failures < wanted.probe.failures

    async def _renew_token(self, wanted: Workload) -> None:
        try:
            await self._host.credentials(wanted)
        except ApiFailure:
            self._renew = time.monotonic() + 60
        else:
            self._renew = time.monotonic() + _TOKEN_SECONDS / 2

    async def _notice_exit(self) -> None:
        if self.child is None or self.child.returncode is None:
            return
        lived = time.monotonic() - self._started
        self._crashes = 0 if lived > _STEADY else self._crashes
        line, code = self.child.last_words(), self.child.returncode
        self.child, self._template = None, ""
        self._changed()
        self._retry_later(message("lab.controller-ended", status=code, line=line).render("en"), running=False)

    def _retry_later(self, trouble: str, *, running: bool | None = None) -> None:
        self._not_before = time.monotonic() + min(0.5 * 2**self._crashes, 30)
        self._crashes += 1
        still = self._progress.running and self.child is not None if running is None else running
        ready = self._progress.ready and still
        self._report(Progress(running=still, ready=ready, overdue=self._progress.overdue, trouble=trouble))

    async def _stop(self, *, grace: float) -> None:
        if self.child is None:
            return
        await (self.child.stop(grace=grace) if grace else self.child.kill())
        self.child, self._template = None, ""
        self._report(Progress(overdue=self._progress.overdue))
        self._changed()

    def _check_deadline(self, wanted: Workload) -> None:
        done = self._progress.updated and self._progress.ready
        overdue = not done and time.monotonic() - self._since > wanted.deadline
        if overdue != self._progress.overdue:
            self._report(msgspec.structs.replace(self._progress, overdue=overdue))

    def _report(self, progress: Progress) -> None:
        self._progress = progress
        self._unpublished.set()

    async def _pause(self, seconds: float) -> None:
        """Sleep, but wake for a new wish or the end of the process."""
        waits: list[asyncio.Task[object]] = [asyncio.create_task(self._wake.wait())]
        if self.child is not None:
            waits.append(asyncio.create_task(self.child.wait()))
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._wake.clear()

    async def _publish(self) -> None:
        while True:
            await self._unpublished.wait()
            self._unpublished.clear()
            wanted = self._wanted
            if wanted is None:
                continue
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            shown = deployment.status(wanted, self._progress, self._present, now)
            if not deployment.differs(shown, self._present):
                continue
            path = f"/apis/apps/v1/namespaces/{wanted.namespace}/deployments/{wanted.name}/status"
            try:
                answer = await self._host.api.merge(path, {"status": shown})
                self._present = answer.get("status") or {}
            except ApiFailure as failure:
                if failure.status != 404:
                    await asyncio.sleep(0.5)
                    self._unpublished.set()


def _explained(wanted: Workload, failure: Exception) -> str:
    if isinstance(failure, ControllerUnobtainable):
        return failure.report.message("en")
    if isinstance(failure, ApiFailure) and failure.status == 404:
        return message("lab.no-service-account", name=wanted.service_account).render("en")
    return message("lab.no-credentials", detail=str(failure)[:200]).render("en")
