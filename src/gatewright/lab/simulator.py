"""A fleet of simulated clusters in one process: thousands to watch, and faults that real ones do not show.

The program is Go, from ``lab/simulator``: its standard library serves TLS and HTTP/2 as an API server does. It is built
once per content of that folder and kept in the cache. Its answers are checked against a real API server by the same
tests (``tests/integration/test_simulator.py``).
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import ssl
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Literal

import aiohttp
import msgspec

from gatewright.kube.connection import Connection
from gatewright.lab.certs import Authority
from gatewright.lab.errors import StartFailed, UnknownCluster
from gatewright.lab.process import Child
from gatewright.lab.programs import Program, built
from gatewright.lab.toolchain import Progress
from gatewright.text import Message

FaultKind = Literal[
    "hang",
    "refuse",
    "drip",
    "delay",
    "throttle",
    "gone",
    "endless",
    "huge",
    "invalid",
    "unauthorized",
    "forbidden",
    "error",
]
PROGRAM: Final = Program("simulator", "1.24")
_START_SECONDS: Final = 120


class FleetOptions(msgspec.Struct, frozen=True):
    """What to simulate.

    ``crds`` is a JSON file of CustomResourceDefinitions that every cluster serves. ``large`` names clusters that have
    another number of routes than the others. ``history`` is how many events of a resource can be watched from, and
    ``bookmark_seconds`` the pause between two bookmarks (an API server's is a minute).
    """

    crds: Path
    clusters: int = 3
    routes: int = 50
    gateways: int = 1
    seed: int = 1
    large: dict[str, int] = {}
    history: int = 1000
    bookmark_seconds: float = 60.0

    def __post_init__(self) -> None:
        if min(self.clusters, self.gateways, self.history) < 1 or min(self.routes, *self.large.values(), 0) < 0:
            raise ValueError("a fleet needs a cluster, a gateway and a history, and no negative number of routes")
        if self.bookmark_seconds <= 0 or not set(self.large) <= set(self.names):
            raise ValueError("bookmarks need a pause, and a large cluster must be one of the fleet's")

    @property
    def names(self) -> tuple[str, ...]:
        """The clusters: ``cluster-0001``, ..."""
        return tuple(f"cluster-{number:04}" for number in range(1, self.clusters + 1))


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """A way to misbehave, until it is cleared or has struck ``count`` requests (0: all).

    - ``hang``: accept and never answer; open watches fall silent
    - ``refuse``: close the connection without an answer; open watches are dropped
    - ``drip``: answer with ``bytes_per_second``
    - ``delay``: answer after ``seconds``
    - ``throttle``: 429 with a Retry-After of ``seconds``
    - ``gone``: 410 for a watch; give it a ``count``
    - ``endless``: lists always have another page
    - ``huge``: lists and watches bring an object of so many ``mebibytes``
    - ``invalid``: something that is no JSON
    - ``unauthorized``, ``forbidden``, ``error``: 401, 403, 500

    ``resource`` (a plural, such as ``httproutes``) limits it to requests for that resource.
    """

    kind: FaultKind
    resource: str = ""
    count: int = 0
    seconds: float = 0.0
    bytes_per_second: int = 0
    mebibytes: int = 0


class Change(msgspec.Struct, frozen=True):
    """A route whose condition ``ResolvedRefs`` became ``status``, at ``at`` (nanoseconds since 1970), just before
    any watch could see it."""

    cluster: str
    namespace: str
    name: str
    resource_version: str
    at: int
    status: str


class Load(msgspec.Struct, frozen=True):
    """What the simulator is doing: open watches, requests so far."""

    clusters: int
    watches: int
    requests: int
    pid: int


class _Order(msgspec.Struct, frozen=True, omit_defaults=True):
    clusters: tuple[str, ...] = ()
    fault: Fault | None = None
    rate: float = 0.0
    seconds: float = 0.0
    routes: int = 0


class _Ready(msgspec.Struct, frozen=True):
    port: int


class SimulatedFleet:
    """A running fleet; made by ``simulated_fleet``."""

    def __init__(self, options: FleetOptions, port: int, authority: str, token: str, pid: int) -> None:
        self.names = options.names
        self.pid = pid
        self._known = frozenset(options.names)
        self._base = f"https://127.0.0.1:{port}"
        self._authority = authority
        self._token = token
        context = ssl.create_default_context(cadata=authority)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context),
            headers={"Authorization": f"Bearer {token}"},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
        )

    def __repr__(self) -> str:
        return f"SimulatedFleet({self._base!r}, clusters={len(self.names)}, pid={self.pid})"

    async def aclose(self) -> None:
        """Close the connection to the control API."""
        await self._session.close()

    def connection(self, name: str) -> Connection:
        """How to reach a cluster. Raises ``UnknownCluster``."""
        self._check((name,))
        return Connection(f"{self._base}/clusters/{name}", ca_data=self._authority, token=self._token)

    async def fault(self, kind: Fault | FaultKind | None, *clusters: str) -> None:
        """Let clusters (none named: all) misbehave, or with ``None`` behave again. Raises ``UnknownCluster``."""
        await self._post("fault", _Order(clusters, Fault(kind) if isinstance(kind, str) else kind))

    async def drop_watches(self, *clusters: str) -> None:
        """Break every open watch off."""
        await self._post("drop", _Order(clusters))

    async def forget(self, *clusters: str) -> None:
        """Drop the history of events, as a compaction does: older resource versions are gone."""
        await self._post("forget", _Order(clusters))

    async def set_routes(self, routes: int, *clusters: str) -> None:
        """Make or delete routes, with their backends, until there are so many."""
        await self._post("routes", _Order(clusters, routes=routes))

    async def load(self) -> Load:
        """What the simulator is doing."""
        async with self._session.get(f"{self._base}/control/fleet") as answer:
            answer.raise_for_status()
            return msgspec.json.decode(await answer.read(), type=Load)

    async def change(self, *clusters: str, rate: float = 200.0, seconds: float = 1.0) -> AsyncIterator[Change]:
        """Change the condition of ``rate`` random routes a second for so many seconds; tells of each as it happens."""
        self._check(clusters)
        order = msgspec.json.encode(_Order(clusters, rate=rate, seconds=seconds))
        async with self._session.post(f"{self._base}/control/changes", data=order) as answer:
            answer.raise_for_status()
            async for line in answer.content:
                yield msgspec.json.decode(line, type=Change)

    async def _post(self, what: str, order: _Order) -> None:
        self._check(order.clusters)
        async with self._session.post(f"{self._base}/control/{what}", data=msgspec.json.encode(order)) as answer:
            answer.raise_for_status()

    def _check(self, clusters: tuple[str, ...]) -> None:
        for name in clusters:
            if name not in self._known:
                raise UnknownCluster(name=name)


@asynccontextmanager
async def simulated_fleet(options: FleetOptions, progress: Progress | None = None) -> AsyncGenerator[SimulatedFleet]:
    """Run a fleet; it ends with the block, and with this process however that ends.

    Raises ``GoMissing`` or ``BuildFailed`` where the program must be built and cannot, ``StartFailed``.
    """
    program = await built(PROGRAM, progress or _silent)
    authority = Authority.create("gatewright-simulator")
    pair = authority.server("simulator", addresses=("127.0.0.1",), hosts=("localhost",))
    token = secrets.token_urlsafe(24)
    start = {
        **msgspec.structs.asdict(options),
        "crds": str(options.crds.absolute()),
        "names": options.names,
        "certificate": pair.certificate.decode(),
        "key": pair.key.decode(),
        "token": token,
    }
    with tempfile.TemporaryDirectory(prefix="gatewright-simulator-") as folder:
        child = await Child.start("simulator", [str(program)], log=Path(folder, "simulator.log"), pipe=True)
        try:
            port = await _ready(child, start)
            async with contextlib.aclosing(
                SimulatedFleet(options, port, authority.pem.decode(), token, child.ref.pid)
            ) as fleet:
                yield fleet
        finally:
            await child.stop(grace=2)


def _silent(_: Message) -> None:
    """For callers who do not want to be told."""


async def _ready(child: Child, start: dict[str, Any]) -> int:
    child.stdin.write(msgspec.json.encode(start) + b"\n")
    try:
        async with asyncio.timeout(_START_SECONDS):
            await child.stdin.drain()
            return msgspec.json.decode(await child.stdout.readline(), type=_Ready).port
    except (TimeoutError, OSError, msgspec.DecodeError) as error:
        raise StartFailed(process="simulator", log=str(child.log), line=child.last_words()) from error
