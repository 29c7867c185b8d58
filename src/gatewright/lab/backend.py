"""Real HTTP backends for routes, on an address that the API server accepts in an EndpointSlice (not loopback).

As root: a network namespace of its own, reached over a veth pair. Otherwise: this machine's own first address.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from gatewright.lab import echo
from gatewright.lab.errors import NoBackendAddress, StartFailed
from gatewright.lab.network import Claim, claim_backend, port_is_free, primary_address
from gatewright.lab.process import Child
from gatewright.lab.state import BackendPort, BackendState

_FIRST_PORT = 9001


class Backends:
    """The echo backends of a lab; ``start`` it, and ``add`` a port per cluster and name."""

    def __init__(self, lab: str, directory: Path) -> None:
        self._lab = lab
        self._log = directory / "backend.log"
        self._child: Child | None = None
        self._claim: Claim | None = None
        self._address = ""
        self._ports: list[BackendPort] = []
        self._last = _FIRST_PORT - 1
        self._asking = asyncio.Lock()

    @property
    def child(self) -> Child | None:
        """The process that serves them."""
        return self._child

    def state(self) -> BackendState | None:
        """Where they listen; ``None`` before ``start``."""
        return BackendState(self._address, tuple(self._ports)) if self._child else None

    async def start(self) -> None:
        """Start the process. Raises ``NoBackendAddress``, ``NoAddresses`` or ``StartFailed``."""
        if os.geteuid() == 0 and shutil.which("ip"):
            try:
                await self._start_in_namespace()
            except StartFailed:
                # root in a container often may not make namespaces
                await self.stop()
            else:
                return
        await self._start_on_host()

    async def add(self, cluster: str, name: str) -> None:
        """Serve one more backend. Raises ``StartFailed``."""
        assert self._child is not None
        async with self._asking:
            port = self._next_port()
            self._child.stdin.write(f"{port}={cluster}/{name}\n".encode())
            await self._expect(self._child, "ready")
        self._ports.append(BackendPort(cluster, name, port))

    def forget(self, cluster: str) -> None:
        """A cluster is gone; its ports go on listening until the lab ends, and are not used again."""
        self._ports = [entry for entry in self._ports if entry.cluster != cluster]

    async def stop(self) -> None:
        """End the process; its namespace and veth pair end with it."""
        if self._child:
            await self._child.kill()
            self._child = None
        if self._claim:
            self._claim.release()
            self._claim = None

    def _next_port(self) -> int:
        self._last += 1
        while self._claim is None and not port_is_free(self._address, self._last):
            self._last += 1
        return self._last

    async def _start_on_host(self) -> None:
        address = primary_address()
        if address is None:
            raise NoBackendAddress()
        self._address = address
        self._child = await self._spawn([address])
        await self._expect(self._child, "ready")

    async def _start_in_namespace(self) -> None:
        self._claim = claim_backend(self._lab, await _taken_networks())
        prefix = self._claim.network.rpartition(".")[0]
        gateway, self._address = f"{prefix}.1", f"{prefix}.2"
        self._child = await self._spawn(["--namespace", f"{self._address}/30", gateway, self._address])
        await self._expect(self._child, "namespace")
        pair = "gw" + prefix.replace(".", "-").removeprefix("10")
        peer = ["peer", "name", echo.INTERFACE, "netns", str(self._child.ref.pid)]
        await _ip("link", "add", pair, "type", "veth", *peer)
        await _ip("addr", "add", f"{gateway}/30", "dev", pair)
        await _ip("link", "set", pair, "up")
        self._child.stdin.write(b"\n")
        await self._expect(self._child, "ready")

    async def _spawn(self, arguments: list[str]) -> Child:
        argv = [sys.executable, "-I", str(Path(echo.__file__)), *arguments]
        return await Child.start("echo", argv, log=self._log, pipe=True)

    async def _expect(self, child: Child, word: str) -> None:
        try:
            async with asyncio.timeout(20):
                line = await child.stdout.readline()
        except TimeoutError:
            line = b""
        if line.strip() != word.encode():
            raise StartFailed(process="echo", log=str(child.log), line=child.last_words())


async def _taken_networks() -> frozenset[str]:
    """The first three numbers of every 10.x address and route that this machine has."""
    texts = [await _ip("-4", "addr"), await _ip("-4", "route")]
    return frozenset(match for text in texts for match in re.findall(r"\b(10\.\d+\.\d+)\.\d+", text))


async def _ip(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "ip", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output = (await process.communicate())[0].decode(errors="replace")
    if process.returncode != 0:
        raise StartFailed(process=f"ip {' '.join(arguments)}", log="-", line=output.strip())
    return output


def backend_objects(namespace: str, name: str, address: str, port: int) -> list[dict[str, Any]]:
    """A Service without a selector and the EndpointSlice that points it at a backend.

    The port's name is the same in both and ``ready`` is explicit: Traefik skips endpoints that say neither.
    """
    metadata = {"name": name, "namespace": namespace}
    labels = {"kubernetes.io/service-name": name, "endpointslice.kubernetes.io/managed-by": "gatewright-lab"}
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"ports": [{"name": "http", "port": port, "targetPort": port, "protocol": "TCP"}]},
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**metadata, "labels": labels},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [address], "conditions": {"ready": True, "serving": True}}],
            "ports": [{"name": "http", "port": port, "protocol": "TCP"}],
        },
    ]
