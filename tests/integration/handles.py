"""Handles on lab clusters that run in another process, for integration tests; see ``conftest.py`` for the fixtures."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import manifests
import msgspec
import pytest

from gatewright.lab.control import Answer, Operation, Request, short_path
from gatewright.lab.lab import LabOptions
from gatewright.lab.state import ClusterState, LabState

Object = dict[str, Any]


class LabHandle:
    """A lab that runs in another process."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def state(self) -> LabState:
        return self.ask("state")

    def cluster(self, name: str) -> ClusterHandle:
        return ClusterHandle(self, name)

    @property
    def clusters(self) -> list[ClusterHandle]:
        return [self.cluster(cluster.name) for cluster in self.state.clusters]

    def ask(self, operation: Operation, cluster: str = "", kubernetes: str | None = None) -> LabState:
        request = msgspec.json.encode(Request(operation, cluster, kubernetes)) + b"\n"
        with socket.socket(socket.AF_UNIX) as connection, short_path(self.directory) as path:
            connection.settimeout(120)
            connection.connect(path)
            connection.sendall(request)
            with connection.makefile("rb") as answer:
                return msgspec.json.decode(answer.read(), type=Answer).result()


@contextlib.contextmanager
def running_lab(home: Path) -> Generator[LabHandle]:
    """A lab with no cluster yet, in a process of its own that ends with this one, also when that is killed."""
    options = LabOptions(name=f"t{secrets.token_hex(3)}", clusters=())
    content = msgspec.json.encode(options).decode()
    log = home / "supervisor.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "gatewright.lab.supervisor", content, "tied"],
            env={**os.environ, "GATEWRIGHT_LAB_HOME": str(home)},
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    assert process.stdout is not None
    with process, process.stdout:
        last = Answer()
        for line in process.stdout:
            last = msgspec.json.decode(line, type=Answer)
        try:
            yield LabHandle(Path(last.result(log=log).directory))
        finally:
            process.terminate()
        assert process.wait(60) == 0, log.read_text()


class ClusterHandle:
    """A cluster of a lab that runs in another process."""

    def __init__(self, lab: LabHandle, name: str) -> None:
        self.lab = lab
        self.name = name

    def __repr__(self) -> str:
        return f"ClusterHandle({self.name!r})"

    @property
    def state(self) -> ClusterState:
        return self.lab.state.cluster(self.name)

    @property
    def kubeconfig(self) -> Path:
        return Path(self.state.kubeconfig)

    @property
    def backend(self) -> tuple[str, int]:
        """Address and port of its echo backend."""
        backend = self.lab.state.backend
        assert backend is not None
        return backend.address, backend.port(self.name)

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """What kubectl printed; with ``check=False`` also after a failure, errors included."""
        state = self.state
        # not the user's discovery cache: addresses are used again by other clusters
        command = [
            state.kubectl,
            f"--kubeconfig={state.kubeconfig}",
            f"--cache-dir={self.lab.directory / 'kubectl' / self.name}",
        ]
        done = subprocess.run([*command, *arguments], input=stdin, capture_output=True, text=True, timeout=120)
        if check and done.returncode != 0:
            pytest.fail(f"kubectl {' '.join(arguments)} on {self.name}: {done.stderr}")
        return done.stdout if check else done.stdout + done.stderr

    def apply(self, objects: list[Object]) -> None:
        content = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        self.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=content)

    def install_gateway_api(self, folder: Path) -> None:
        self.kubectl("apply", "--server-side", "-f", str(folder))
        self.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")

    def json(self, *arguments: str) -> Object:
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def get(self, path: str = "/", *, host: str = "shop.test", port: int = manifests.PORT) -> tuple[int, Object]:
        """An HTTP request to the cluster's gateway: status (0 if nothing answers) and decoded body."""
        request = urllib.request.Request(f"http://{self.state.address}:{port}{path}", headers={"Host": host})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, {}
        except OSError:
            return 0, {}

    def stop_apiserver(self) -> None:
        self.lab.ask("stop-apiserver", self.name)

    def start_apiserver(self) -> None:
        self.lab.ask("start-apiserver", self.name)

    def kill_apiserver(self) -> None:
        self.lab.ask("kill-apiserver", self.name)


ClusterFactory = Callable[..., ClusterHandle]


def eventually(holds: Callable[[], object], *, seconds: float = 30, what: str = "") -> None:
    """Wait until ``holds()`` is true; fails with its last value."""
    deadline = time.monotonic() + seconds
    while not (value := holds()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds} s: {what} ({value!r})")
        time.sleep(0.1)
