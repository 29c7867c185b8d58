"""What a lab writes down about itself, so that others can use it, and clean up after it when it was killed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import msgspec

from gatewright.lab.errors import UnknownCluster
from gatewright.lab.process import ProcessRef

Phase = Literal["starting", "ready", "stopping"]


class ClusterState(msgspec.Struct, frozen=True):
    """A cluster as others see it."""

    name: str
    index: int
    kubernetes: str
    server: str
    """URL of the API server."""
    address: str
    """Loopback address that gateways listen on."""
    kubeconfig: str
    """Path of the administrator's kubeconfig."""
    context: str
    """The name of its context there, and in the lab's merged kubeconfig."""
    kubectl: str
    """Path of a kubectl of this cluster's minor."""
    processes: tuple[ProcessRef, ...] = ()
    apiserver: bool = False
    """Whether its API server runs."""


class BackendPort(msgspec.Struct, frozen=True):
    """An echo backend: what it calls itself in its answers, and where it listens."""

    cluster: str
    name: str
    port: int


class BackendState(msgspec.Struct, frozen=True):
    """The echo backends of a lab: one address, one port per cluster and backend name."""

    address: str
    ports: tuple[BackendPort, ...]

    def port(self, cluster: str, name: str = "echo") -> int:
        """The port of the backend ``name`` of a cluster. Raises ``UnknownCluster``."""
        for entry in self.ports:
            if (entry.cluster, entry.name) == (cluster, name):
                return entry.port
        raise UnknownCluster(name=cluster)


class LabState(msgspec.Struct, frozen=True):
    """A lab, as written in its ``state.json``."""

    name: str
    directory: str
    phase: Phase
    supervisor: ProcessRef
    kubernetes: str
    clusters: tuple[ClusterState, ...] = ()
    processes: tuple[ProcessRef, ...] = ()
    """Those that belong to no cluster, or to a gateway controller."""
    backend: BackendState | None = None

    def cluster(self, name: str) -> ClusterState:
        """The cluster of that name. Raises ``UnknownCluster``."""
        for cluster in self.clusters:
            if cluster.name == name:
                return cluster
        raise UnknownCluster(name=name)

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig with a context per cluster."""
        return Path(self.directory) / "kubeconfig"

    @property
    def all_processes(self) -> tuple[ProcessRef, ...]:
        """Every child process, gateways first and etcd last: the order to end them in."""
        return (*self.processes, *(ref for cluster in self.clusters for ref in reversed(cluster.processes)))


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file so that a reader sees the old or the new content, never a part; owner only."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.touch(mode=0o600)
    temporary.write_bytes(content)
    temporary.replace(path)


def save(state: LabState) -> None:
    """Write ``state.json``."""
    write_atomically(Path(state.directory) / "state.json", msgspec.json.format(msgspec.json.encode(state)))


def load(directory: Path) -> LabState | None:
    """Read ``state.json``; ``None`` if there is none, or none that this version can read."""
    try:
        return msgspec.json.decode((directory / "state.json").read_bytes(), type=LabState)
    except (OSError, msgspec.DecodeError):
        return None
