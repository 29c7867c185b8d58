"""Loopback and backend subnets for labs, claimed so that two labs on one machine never share one.

A claim is a bound abstract Unix socket: it is scoped to the network namespace, exactly as the addresses are,
holds between users, and the kernel releases it when the process dies, however it dies.
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
from collections.abc import Iterator

import msgspec

from gatewright.lab.errors import NoAddresses, PortTaken

_CONTROL_OFFSET = 100
MAX_CLUSTERS = 100


class Claim:
    """A subnet that belongs to this process until ``release`` or its death."""

    def __init__(self, network: str, held: socket.socket) -> None:
        self.network = network
        self._held = held

    def __repr__(self) -> str:
        return f"Claim({self.network!r})"

    def release(self) -> None:
        """Let others have it."""
        self._held.close()


class Addresses(msgspec.Struct, frozen=True):
    """A cluster's two loopback addresses: listeners have ``data`` for themselves."""

    control: str
    data: str


def claim(network: str) -> Claim | None:
    """Claim ``network`` (any string, by convention ``127.80.3.0/24``), or ``None`` if somebody has it."""
    held = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        held.bind(f"\0gatewright-lab-{network}")
    except OSError:
        held.close()
        return None
    return Claim(network, held)


def claim_loopback(seed: str) -> Claim:
    """Claim a ``127.X.Y.0/24``, the same one for the same seed where that is free. Raises ``NoAddresses``."""
    for x, y in _candidates(seed, first=range(64, 128)):
        claimed = claim(f"127.{x}.{y}.0/24")
        if claimed:
            return claimed
    raise NoAddresses(network="127.64.0.0/10")


def claim_backend(seed: str, taken: frozenset[str]) -> Claim:
    """Claim a ``10.X.Y.0/30`` with X in 230..239 that is not in ``taken`` (``10.X.Y``). Raises ``NoAddresses``."""
    for x, y in _candidates(seed, first=range(230, 240)):
        if f"10.{x}.{y}" not in taken and (claimed := claim(f"10.{x}.{y}.0/30")):
            return claimed
    raise NoAddresses(network="10.230.0.0/12")


def cluster_addresses(network: str, index: int) -> Addresses:
    """The addresses of the cluster number ``index`` (from 0) in a lab's ``127.X.Y.0/24``.

    Raises ``NoAddresses`` for the hundred and first.
    """
    if index >= MAX_CLUSTERS:
        raise NoAddresses(network=network)
    prefix = network.rpartition(".")[0]
    return Addresses(f"{prefix}.{index + 1 + _CONTROL_OFFSET}", f"{prefix}.{index + 1}")


def free_port(address: str, preferred: int, *, attempts: int = 20) -> int:
    """``preferred``, or the first free of ``preferred + 10000, ...``. Raises ``PortTaken``."""
    for port in (preferred, *range(preferred + 10000, preferred + 10000 + attempts)):
        if port_is_free(address, port):
            return port
    raise PortTaken(address=address, port=preferred)


def port_is_free(address: str, port: int) -> bool:
    """Whether this process could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


async def listening(address: str, port: int, *, seconds: float) -> bool:
    """Whether something accepts connections there within ``seconds``."""
    deadline = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline:
        try:
            _, writer = await asyncio.open_connection(address, port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return True
    return False


def primary_address() -> str | None:
    """The address this machine would use towards others (nothing is sent), unless that is loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith("127.") else address


def _candidates(seed: str, *, first: range) -> Iterator[tuple[int, int]]:
    pairs = len(first) * 256
    start = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big")
    for offset in range(pairs):
        x, y = divmod((start + offset) % pairs, 256)
        yield first[x], y
