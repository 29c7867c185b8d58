"""An OpenID provider on this machine: dex's own server, with people and groups of the lab's.

The program is Go, from ``lab/identity``. It is built once per content of that folder and kept in the cache. Its keys
are new each time it starts: to start it again at its address is how its keys are rotated.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from gatewright.lab.errors import StartFailed
from gatewright.lab.process import Child
from gatewright.lab.programs import Program, built
from gatewright.lab.toolchain import Progress
from gatewright.text import Message

PROGRAM: Final = Program("identity", "1.24", minutes=3)
_START_SECONDS: Final = 60


class LabPerson(msgspec.Struct, frozen=True):
    """Somebody who can sign in with ``name`` and ``password``; ``id`` is what makes them who they are."""

    id: str
    name: str
    password: str
    email: str = ""
    groups: tuple[str, ...] = ()


class IdentityOptions(msgspec.Struct, frozen=True):
    """What the provider knows. ``address``: host and port, port 0 takes a free one; ``redirects``: the addresses that
    it sends browsers back to."""

    client: str
    secret: str
    redirects: tuple[str, ...]
    people: tuple[LabPerson, ...]
    address: str = "127.0.0.1:0"
    token_seconds: int = 600


class IdentityProvider(msgspec.Struct, frozen=True):
    """A running provider. ``address``: to start another one in its place."""

    issuer: str
    pid: int

    @property
    def address(self) -> str:
        return self.issuer.removeprefix("http://")


class _Ready(msgspec.Struct, frozen=True):
    issuer: str


@asynccontextmanager
async def identity_provider(
    options: IdentityOptions, progress: Progress | None = None
) -> AsyncGenerator[IdentityProvider]:
    """Run a provider; it ends with the block, and with this process however that ends.

    Raises ``GoMissing`` or ``BuildFailed`` where the program must be built and cannot, ``StartFailed``.
    """
    program = await built(PROGRAM, progress or _silent)
    with tempfile.TemporaryDirectory(prefix="gatewright-identity-") as folder:
        child = await Child.start("identity", [str(program)], log=Path(folder, "identity.log"), pipe=True)
        try:
            yield IdentityProvider(await _ready(child, options), child.ref.pid)
        finally:
            await child.stop(grace=2)


def _silent(_: Message) -> None:
    """For callers who do not want to be told."""


async def _ready(child: Child, options: IdentityOptions) -> str:
    child.stdin.write(msgspec.json.encode(options) + b"\n")
    try:
        async with asyncio.timeout(_START_SECONDS):
            await child.stdin.drain()
            return msgspec.json.decode(await child.stdout.readline(), type=_Ready).issuer
    except (TimeoutError, OSError, msgspec.DecodeError) as error:
        raise StartFailed(process="identity", log=str(child.log), line=child.last_words()) from error
