"""The demo's own world: a folder, three clusters, and a server, apart from everything of the user's, ended in order.

Nothing of it outlives this process: every child asks the kernel to end with it. Only the caches of binaries and bundles
are the user's.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import AsyncGenerator, Coroutine, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from gatewright.cli.demo.errors import ServerStartError
from gatewright.lab import places, traefik
from gatewright.lab.control import Answer, Request, ask
from gatewright.lab.lab import LabOptions
from gatewright.lab.network import port_is_free
from gatewright.lab.process import Child, ProcessRef
from gatewright.lab.state import LabState
from gatewright.lab.toolchain import Progress
from gatewright.model.desired import BundleName
from gatewright.model.objects import Manifest
from gatewright.server.auth import read_token
from gatewright.server.errors import PortTakenError
from gatewright.store.bundles import BundleStore
from gatewright.text import Language, message

LAB: Final = "demo"
CLUSTERS: Final = ("beijing", "shanghai", "shenzhen")
"""A, B and C. A rollout takes clusters by name, so this is also the order in which they are changed."""
RELEASE: Final = BundleName("v1.6.1")
OLD_RELEASE: Final = BundleName("v1.4.1")
TRAEFIK: Final = "3.7.15"
PORT: Final = 8770
_HOST: Final = "127.0.0.1"
_KEPT: Final = ("GATEWRIGHT_BUNDLES", "GATEWRIGHT_LAB_CACHE", "GATEWRIGHT_DEBUG")
_STOP_SECONDS: Final = 30
PROGRAM: Final = (sys.executable, "-c", "import sys; from gatewright.cli.main import main; sys.exit(main())")


class Bundles(msgspec.Struct, frozen=True):
    """The objects that the scenery needs: the old release for C, and the names of the new one's CRDs."""

    old: tuple[Manifest, ...]
    names: frozenset[str]


class World:
    """What the scenes act in. Made by ``open_world``."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = dict(environment)
        self.url = ""
        self.token = ""
        self.bundles = Bundles((), frozenset())
        self._children: list[Child] = []
        self._lab_folder = folder / "lab" / LAB

    async def lab(self) -> LabState:
        """The lab as it is now. Raises ``SupervisorLost``."""
        return await ask(self._lab_folder, Request("state"))

    async def kill_apiserver(self, cluster: str) -> None:
        """``kill -9`` of a cluster's API server."""
        await ask(self._lab_folder, Request("kill-apiserver", cluster))

    async def start_apiserver(self, cluster: str) -> None:
        """Returns when it is ready."""
        await ask(self._lab_folder, Request("start-apiserver", cluster))

    async def processes(self) -> tuple[ProcessRef, ...]:
        """Everything that runs for this world, by pid and start time."""
        return (*(await self.lab()).all_processes, *(child.ref for child in self._children))

    async def start(self, port: int, progress: Progress) -> None:
        """Raises the lab's and the bundles' errors, ``ControllerUnobtainable``, ``ServerStartError``."""
        await _together(self._start_lab(progress), traefik.binary(f"traefik:{TRAEFIK}"), self._fetch_bundles())
        lab = await self.lab()
        self.environment["KUBECONFIG"] = str(lab.kubeconfig)
        await self._start_server(port)
        self._write_environment(Path(lab.clusters[0].kubectl).parent)

    async def stop(self) -> None:
        """Ends everything and removes the folder. May be called twice."""
        while self._children:
            await self._children[-1].stop(grace=_STOP_SECONDS)
            self._children.pop()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def _start_lab(self, progress: Progress) -> None:
        options = msgspec.json.encode(LabOptions(name=LAB, clusters=CLUSTERS)).decode()
        argv = [sys.executable, "-m", "gatewright.lab.supervisor", options, "tied"]
        log = self.folder / "lab.log"
        child = await Child.start("lab", argv, log=log, env=self.environment, pipe=True)
        self._children.append(child)
        last = Answer()
        async for line in child.stdout:
            last = msgspec.json.decode(line, type=Answer)
            if last.news is not None:
                progress(last.news)
        last.result(log=log)

    async def _fetch_bundles(self) -> None:
        store = BundleStore(places.cache() / "bundles", self.environment.get("GATEWRIGHT_BUNDLES") or "go")
        new, old = await store.load(RELEASE), await store.load(OLD_RELEASE)
        self.bundles = Bundles(old.crds, frozenset(crd["metadata"]["name"] for crd in new.crds))

    async def _start_server(self, port: int) -> None:
        log = self.folder / "server.log"
        argv = [*PROGRAM, "up", "--host", _HOST, "--port", str(port), "--output", "json"]
        child = await Child.start("gatewright", argv, log=log, env=self.environment, pipe=True)
        self._children.append(child)
        told = b""
        while not told.rstrip().endswith(b"}"):
            line = await child.stdout.readline()
            if not line:
                raise ServerStartError(log=log.read_text(encoding="utf-8", errors="replace").strip()[-600:] or "-")
            told += line
        listening = msgspec.json.decode(told, type=dict[str, str])
        self.url = listening["url"]
        self.token = read_token(Path(listening["token_file"]))
        self.environment |= {"GATEWRIGHT_SERVER": self.url, "GATEWRIGHT_TOKEN": self.token}

    def _write_environment(self, kubectl: Path) -> None:
        """The file that a person sources to go on by themselves."""
        names = ("GATEWRIGHT_HOME", "GATEWRIGHT_SERVER", "GATEWRIGHT_TOKEN", "GATEWRIGHT_LAB_HOME", "KUBECONFIG")
        lines = [f"export {name}={shlex.quote(self.environment[name])}" for name in names]
        programs = f"{shlex.quote(str(Path(sys.executable).parent))}:{shlex.quote(str(kubectl))}"
        (self.folder / "env").write_text("\n".join([*lines, f'export PATH={programs}:"$PATH"', ""]), encoding="utf-8")


@contextlib.asynccontextmanager
async def open_world(language: Language, port: int | None, progress: Progress) -> AsyncGenerator[World]:
    """A running world; everything has ended when the block is left, however it is left.

    ``port`` of the server: None takes the usual one or, where that is taken, any. Raises ``PortTakenError`` and as
    ``World.start``.
    """
    chosen = _port(port, progress)
    folder = Path(tempfile.mkdtemp(prefix="gatewright-demo-"))
    world = World(folder, _environment(folder, language))
    try:
        await world.start(chosen, progress)
        yield world
    finally:
        await asyncio.shield(asyncio.create_task(world.stop()))


def _port(wanted: int | None, progress: Progress) -> int:
    if wanted is not None:
        if wanted and not port_is_free(_HOST, wanted):
            raise PortTakenError(address=f"{_HOST}:{wanted}", port=wanted)
        return wanted
    if port_is_free(_HOST, PORT):
        return PORT
    progress(message("demo.another-port", port=PORT))
    return 0


def _environment(folder: Path, language: Language) -> dict[str, str]:
    """Ours for every child: nothing of the user's installation, the user's caches, and no proxy on this machine."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    (places.cache() / "bundles").mkdir(parents=True, exist_ok=True)
    (home / "bundles").symlink_to(places.cache() / "bundles")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GATEWRIGHT_") or k in _KEPT}
    own = {
        "GATEWRIGHT_HOME": str(home),
        "GATEWRIGHT_LAB_HOME": str(folder / "lab"),
        "GATEWRIGHT_LANG": language,
        "GATEWRIGHT_PROBE_LOOPBACK": "1",
        "NO_PROXY": ",".join(filter(None, (os.environ.get("NO_PROXY", ""), "localhost", _HOST, "127.0.0.0/8"))),
    }
    return {**kept, **own}


async def _together(*tasks: Coroutine[Any, Any, object]) -> None:
    """All at once; the first failure ends the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for task in tasks:
                group.create_task(task)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
