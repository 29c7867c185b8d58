"""What a scene can do: run the real ``gatewright`` and ``kubectl`` before the user's eyes, look into the clusters,
ask a gateway over HTTP, and claim things.

A claim rests on what the cluster itself says, read with the lab's own client as its administrator, which shares nothing
with Gatewright's; of ``gatewright`` only exit codes, error codes and names count.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import shlex
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from gatewright.cli.client import Api, connect
from gatewright.cli.demo.errors import SceneryError
from gatewright.cli.demo.report import Check
from gatewright.cli.demo.teller import Teller
from gatewright.cli.demo.world import CLUSTERS, LAB, PROGRAM, World
from gatewright.lab.api import Api as LabApi
from gatewright.lab.api import ApiFailure
from gatewright.lab.process import Child
from gatewright.lab.state import ClusterState, LabState
from gatewright.server.settings import from_environment
from gatewright.text import Param, message

GATEWAY_PORT: Final = 8000
_PATIENCE: Final = 30.0
_HEAD: Final = 12
_EVENT: Final = re.compile(r"\d\d:\d\d:\d\d ")
Object = dict[str, Any]


class Ran(msgspec.Struct, frozen=True):
    """A command that ended: exit code, and everything it said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return f"{self.out}\n{self.err}"

    def sentence(self, word: str) -> str:
        """The first sentence with ``word`` in it, whichever way the lines were folded; empty if there is none."""
        indented = itertools.groupby(self.said.splitlines(), key=lambda line: len(line) - len(line.lstrip()))
        paragraphs = (" ".join(line.strip() for line in lines) for _, lines in indented)
        sentences = (sentence for paragraph in paragraphs for sentence in re.split(r"(?<=[.。]) ", paragraph))
        return next((sentence for sentence in sentences if word in sentence), "")[:300]

    @property
    def error(self) -> str:
        """The sentence of the error that it told; empty if it told none."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        return " ".join(lines[:2])[:300]


class Stage:
    """One per story; ``checks`` are those of the present scene."""

    def __init__(self, world: World, lab: LabState, teller: Teller) -> None:
        self.world = world
        self.lab = lab
        self.teller = teller
        self.checks: list[Check] = []
        self._runs = 0
        self._http = httpx.AsyncClient(trust_env=False, timeout=5)
        self._apis = {cluster.name: _api(cluster) for cluster in lab.clusters}

    async def close(self) -> None:
        await self._http.aclose()
        await asyncio.gather(*(api.close() for api in self._apis.values()))

    # Claims

    def check(self, key: str, held: object, seen: object = "", /, **params: Param) -> None:
        """Claims ``demo.check.KEY``; ``seen`` is the evidence."""
        found = Check(message(f"demo.check.{key}", **params), bool(held), str(seen)[:400])
        self.checks.append(found)
        self.teller.check(found)

    async def eventually(self, holds: Callable[[], Awaitable[object]], seconds: float = _PATIENCE) -> bool:
        """Whether it comes true within ``seconds``."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not await holds():
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(0.1)
        return True

    # Commands that the user sees

    async def gatewright(self, *arguments: str, code: int = 0) -> Ran:
        """Runs the command line as a user would; an exit code other than ``code`` is a claim that did not hold."""
        self.teller.command(shlex.join(["gatewright", *arguments]))
        ran = await self._run([*PROGRAM, *arguments])
        if ran.code != code:
            command = " ".join(arguments)
            self.check("exit-code", False, f"{ran.code}: {ran.error}", command=command, code=code)
        return ran

    def file(self, name: str, text: str) -> str:
        """Writes a file into the folder where commands run; gives its name."""
        (self.world.folder / name).write_text(text, encoding="utf-8")
        return name

    async def kubectl(self, cluster: str, *arguments: str) -> str:
        """Runs kubectl as the cluster's administrator would, and shows it. Raises ``SceneryError``."""
        given = ["--context", f"{LAB}-{cluster}", *arguments]
        self.teller.command(shlex.join(["kubectl", *given]))
        cache = f"--cache-dir={self.world.folder / 'kubectl' / cluster}"
        ran = await self._run([self.cluster(cluster).kubectl, cache, *given])
        if ran.code != 0:
            raise SceneryError(what=f"kubectl {' '.join(arguments)}", why=ran.err.strip()[-300:], cluster=cluster)
        return ran.out

    # Looks that the user does not see

    @contextlib.asynccontextmanager
    async def api(self) -> AsyncGenerator[Api]:
        """The demo server's API, as any client uses it."""
        async with connect(from_environment(self.world.environment), self.teller.language) as api:
            yield api

    async def see(self, cluster: str, path: str) -> Object:
        """The object, or the list, at a path of the cluster's API; empty where there is none."""
        try:
            return await self._apis[cluster].get(path)
        except ApiFailure as failure:
            if failure.status == 404:
                return {}
            raise SceneryError(what=f"GET {path}", why=str(failure)[-300:], cluster=cluster) from failure

    async def http(self, cluster: str, host: str) -> tuple[int, str]:
        """A request through the cluster's gateway: its status (0: nothing answered) and which cluster's backend."""
        try:
            answer = await self._http.get(
                f"http://{self.cluster(cluster).address}:{GATEWAY_PORT}/", headers={"Host": host}
            )
            return answer.status_code, answer.json().get("cluster", "-") if answer.status_code == 200 else "-"
        except (httpx.HTTPError, ValueError):
            return 0, "-"

    def cluster(self, name: str) -> ClusterState:
        return self.lab.cluster(name)

    async def everywhere(self, look: Callable[[str], Awaitable[Any]], clusters: Sequence[str] = CLUSTERS) -> list[Any]:
        """``look`` at each cluster, at once, in their order."""
        return await asyncio.gather(*(look(cluster) for cluster in clusters))

    # How

    async def _run(self, argv: Sequence[str]) -> Ran:
        self._runs += 1
        log = self.world.folder / f"run-{self._runs}.err"
        child = await Child.start("demo", argv, log=log, env=self.world.environment, cwd=self.world.folder, pipe=True)
        digest = _Digest(self.teller)
        try:
            child.stdin.close()
            lines: list[str] = []
            async for raw in child.stdout:
                lines.append(raw.decode(errors="replace"))
                digest.line(lines[-1])
            code = await child.wait()
        finally:
            await child.kill()
        digest.end()
        said = _taken(log)
        for line in said.splitlines()[:_HEAD]:
            self.teller.output(line)
        return Ran(code, "".join(lines), said)


class _Digest:
    """Shows of a long output the beginning and every event of a rollout, and how many lines were left out."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._shown = 0
        self._left_out = 0

    def line(self, line: str) -> None:
        event = _EVENT.match(line) is not None
        if event or self._shown < _HEAD:
            if event:
                self.end()
            self._shown += 1
            self._teller.output(line)
        else:
            self._left_out += 1

    def end(self) -> None:
        if self._left_out:
            self._teller.output(message("demo.left-out", count=self._left_out).render(self._teller.language))
        self._left_out = 0


def _taken(log: Path) -> str:
    """The text of a file, which is removed."""
    text = log.read_text(encoding="utf-8", errors="replace")
    log.unlink()
    return text


def _api(cluster: ClusterState) -> LabApi:
    """The lab's client, as the cluster's administrator."""
    pki = Path(cluster.kubeconfig).parent / "pki"
    return LabApi(cluster.server, authority=pki / "ca.crt", certificate=pki / "admin.crt", key=pki / "admin.key")
