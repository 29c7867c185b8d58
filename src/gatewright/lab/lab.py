"""A lab: named clusters on this machine, their gateway controllers and backends, owned by the process that made it.

Everything ends with that process, however it ends; what a killed lab leaves behind (a directory) is removed by
``down`` or by the next lab of that name.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
from pathlib import Path
from typing import IO

import msgspec

from gatewright.lab import kubeconfig, places, process
from gatewright.lab.backend import Backends
from gatewright.lab.binaries import binaries
from gatewright.lab.cluster import Cluster
from gatewright.lab.errors import AlreadyRunning, ClusterExists, NoBackendAddress, UnknownCluster, UnknownLab
from gatewright.lab.machine import check_disk, check_memory, check_platform
from gatewright.lab.network import Claim, claim_loopback, cluster_addresses
from gatewright.lab.process import ProcessRef
from gatewright.lab.releases import DEFAULT_MINOR
from gatewright.lab.runtime import HostRuntime
from gatewright.lab.state import ClusterState, LabState, Phase, load, save, write_atomically
from gatewright.lab.toolchain import Progress
from gatewright.text import Message, message

_STOP_SECONDS = 30


class LabOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lab to start."""

    name: str = "default"
    clusters: tuple[str, ...] = ("alpha", "beta", "gamma")
    kubernetes: str = DEFAULT_MINOR
    backends: tuple[str, ...] = ("echo",)
    """Names of the echo backends of every cluster."""


class _Member:
    """A cluster with its host runtime, whose task runs while the cluster does."""

    def __init__(self, cluster: Cluster, runtime: HostRuntime) -> None:
        self.cluster = cluster
        self.runtime = runtime
        self.task = asyncio.create_task(runtime.run(), name=f"host-runtime-{cluster.name}")
        self.task.add_done_callback(_complain)

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.runtime.close()
        await self.cluster.stop()


class Lab:
    """A running lab. Made by ``up``; ``close`` ends and removes it. Use it from the main thread's event loop."""

    def __init__(self, options: LabOptions, directory: Path, lock: IO[bytes], progress: Progress) -> None:
        self.options = options
        self.directory = directory
        self._lock = lock
        self._progress = progress
        self._phase: Phase = "starting"
        self._members: dict[str, _Member] = {}
        self._reserved: dict[str, int] = {}
        self._claim: Claim | None = None
        self._backends = Backends(options.name, directory)
        self._me = process.reference("lab", os.getpid()) or ProcessRef("lab", os.getpid(), 0)

    def __repr__(self) -> str:
        return f"Lab({self.options.name!r}, clusters={list(self._members)}, phase={self._phase!r})"

    def cluster(self, name: str) -> Cluster:
        """The running cluster of that name. Raises ``UnknownCluster``."""
        if name not in self._members:
            raise UnknownCluster(name=name)
        return self._members[name].cluster

    def state(self) -> LabState:
        """As others see it now."""
        members = sorted(self._members.values(), key=lambda member: member.cluster.index)
        controllers = [child.ref for member in members for child in member.runtime.processes()]
        backend = self._backends.child
        return LabState(
            name=self.options.name,
            directory=str(self.directory),
            phase=self._phase,
            supervisor=self._me,
            kubernetes=self.options.kubernetes,
            clusters=tuple(member.cluster.state() for member in members),
            processes=(*controllers, *([backend.ref] if backend else [])),
            backend=self._backends.state(),
        )

    async def start(self) -> None:
        """Start everything; when that fails, nothing is left. Called by ``up``."""
        try:
            await self._start()
        except BaseException:
            await self.close()
            raise

    async def add_cluster(self, name: str, *, kubernetes: str | None = None) -> ClusterState:
        """Start one more cluster. Raises ``BadName``, ``ClusterExists`` and what starting a cluster raises."""
        places.checked_name(name)
        if name in self._reserved:
            raise ClusterExists(name=name, lab=self.options.name)
        assert self._claim is not None
        index = next(i for i in range(len(self._reserved) + 1) if i not in self._reserved.values())
        self._reserved[name] = index
        try:
            return await self._add(name, index, kubernetes or self.options.kubernetes, self._claim)
        except BaseException:
            await self.remove_cluster(name)
            raise

    async def remove_cluster(self, name: str) -> None:
        """End and forget a cluster. Nothing happens if there is none."""
        member = self._members.pop(name, None)
        if member is not None:
            await member.stop()
        self._backends.forget(name)
        shutil.rmtree(self._cluster_directory(name), ignore_errors=True)
        self._reserved.pop(name, None)
        self._changed()

    async def close(self) -> None:
        """End everything and remove the lab's directory. May be called twice."""
        self._phase = "stopping"
        await asyncio.gather(*(member.stop() for member in self._members.values()), return_exceptions=True)
        self._members.clear()
        await self._backends.stop()
        if self._claim:
            self._claim.release()
        shutil.rmtree(self.directory, ignore_errors=True)
        self._lock.close()

    async def _start(self) -> None:
        self.directory.mkdir(mode=0o700)
        self._claim = claim_loopback(str(self.directory))
        self._changed()
        await binaries(self.options.kubernetes, self._progress)
        self._progress(message("lab.starting", name=self.options.name, count=len(self.options.clusters)))
        await self._start_backends()
        try:
            async with asyncio.TaskGroup() as group:
                for name in self.options.clusters:
                    group.create_task(self.add_cluster(name))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        self._phase = "ready"
        self._changed()

    async def _start_backends(self) -> None:
        try:
            await self._backends.start()
        except NoBackendAddress as failure:
            # clusters are of use without backends
            self._progress(Message(failure.report.code, {}))

    async def _add(self, name: str, index: int, minor: str, claim: Claim) -> ClusterState:
        programs = await binaries(minor, self._progress)
        if self._backends.child:
            for backend in self.options.backends:
                await self._backends.add(name, backend)
        cluster = Cluster(
            name,
            index=index,
            context=f"{self.options.name}-{name}",
            addresses=cluster_addresses(claim.network, index),
            directory=self._cluster_directory(name),
            binaries=programs,
            changed=self._changed,
        )
        try:
            await cluster.start()
        except BaseException:
            await cluster.stop()
            raise
        runtime = HostRuntime(
            cluster.api,
            server=cluster.server,
            authority=cluster.authority_file,
            address=cluster.addresses.data,
            directory=cluster.directory / "controllers",
            changed=self._changed,
        )
        self._members[name] = _Member(cluster, runtime)
        self._changed()
        self._progress(message("lab.cluster-ready", cluster=name, server=cluster.server))
        return cluster.state()

    def _cluster_directory(self, name: str) -> Path:
        return self.directory / "clusters" / name

    def _changed(self) -> None:
        if self._phase == "stopping":
            return
        state = self.state()
        save(state)
        accesses = [self._members[cluster.name].cluster.access for cluster in state.clusters]
        write_atomically(state.kubeconfig, kubeconfig.render(kubeconfig.document(accesses)))


async def up(options: LabOptions, progress: Progress) -> Lab:
    """Start a lab that this process owns; returns when all its clusters are ready.

    Raises ``BadName``, ``AlreadyRunning``, any ``EnvironmentFailure`` of the lab, ``UnknownKubernetes``.
    """
    check_platform()
    directory = places.lab_directory(options.name)
    places.checked_names(options.clusters)
    directory.parent.mkdir(parents=True, exist_ok=True)
    check_memory(len(options.clusters))
    check_disk(directory.parent)
    lock = (directory.parent / f".{options.name}.lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise AlreadyRunning(name=options.name) from None
    await _clean(directory)
    lab = Lab(options, directory, lock, progress)
    await lab.start()
    return lab


async def down(name: str) -> None:
    """End the lab ``name``, whoever runs it, and remove what it left. Raises ``UnknownLab``."""
    directory = places.lab_directory(name)
    if not directory.exists():
        raise UnknownLab(name=name, home=str(places.home()))
    state = load(directory)
    if state is not None:
        await process.end(state.supervisor, grace=_STOP_SECONDS)
    await _clean(directory)


def status(name: str) -> LabState:
    """What the lab wrote down; ask ``is_running`` whether that still holds. Raises ``UnknownLab``."""
    state = load(places.lab_directory(name))
    if state is None:
        raise UnknownLab(name=name, home=str(places.home()))
    return state


def is_running(state: LabState) -> bool:
    """Whether the process that owns the lab lives."""
    return process.is_alive(state.supervisor)


def labs() -> list[LabState]:
    """Every lab that has a directory here, by name."""
    folders = sorted(places.home().iterdir()) if places.home().is_dir() else []
    return [state for folder in folders if folder.is_dir() and (state := load(folder))]


async def _clean(directory: Path) -> None:
    """Remove what a killed lab left: its children died with it, unless the kernel could not tell them."""
    state = load(directory)
    await asyncio.gather(*(process.end(ref, grace=0) for ref in (state.all_processes if state else ())))
    shutil.rmtree(directory, ignore_errors=True)


def _complain(task: asyncio.Task[None]) -> None:
    failure = None if task.cancelled() else task.exception()
    if failure is not None:
        context = {"message": task.get_name(), "exception": failure}
        asyncio.get_running_loop().call_exception_handler(context)
