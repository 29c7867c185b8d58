"""The lab's own Go programs: built once per content of their sources, and kept in the cache."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

import msgspec

from gatewright.lab import places
from gatewright.lab.binaries import locked
from gatewright.lab.errors import BuildFailed, GoMissing
from gatewright.lab.process import Child, last_line
from gatewright.lab.toolchain import Progress, go_environment
from gatewright.text import message


class Program(msgspec.Struct, frozen=True):
    """A program in the folder ``name`` beside this module. ``minutes``: of a first build on two cores."""

    name: str
    go: str
    minutes: int = 1

    @property
    def sources(self) -> Path:
        """The folder of the Go program."""
        return Path(str(resources.files("gatewright.lab"))) / self.name

    def files(self) -> list[Path]:
        """What it is built from."""
        here = self.sources
        return [*here.glob("*.go"), *here.glob("go.*")]


async def built(program: Program, progress: Progress) -> Path:
    """The program for the sources as they are, from the cache or built. Raises ``GoMissing`` or ``BuildFailed``."""
    root = places.cache() / "lab"
    root.mkdir(parents=True, exist_ok=True)
    path = root / f"{program.name}-{digest(program.files())}"
    if path.is_file():
        return path
    async with locked(root / f".{program.name}.lock", progress, program.name):
        if not path.is_file():
            await _build(program, path, progress)
    return path


def digest(files: Iterable[Path]) -> str:
    """16 hexadecimal digits of the names and contents of files, whatever their order."""
    total = hashlib.sha256()
    for path in sorted(files, key=lambda path: path.name):
        total.update(f"{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()[:16]


async def _build(program: Program, path: Path, progress: Progress) -> None:
    go = shutil.which("go")
    if go is None:
        raise GoMissing(what=program.name, version=program.go)
    progress(message("lab.building", what=program.name, minutes=program.minutes))
    log, new = path.with_name(f"{program.name}-build.log"), path.with_name(f".{path.name}")
    log.write_bytes(b"")
    child = await Child.start(
        "go-build",
        [go, "build", "-trimpath", "-ldflags", "-s -w", "-o", str(new), "."],
        log=log,
        env=go_environment(),
        cwd=program.sources,
    )
    try:
        code = await child.wait()
    finally:
        await child.stop(grace=2)
    if code != 0:
        raise BuildFailed(what=program.name, log=str(log), line=last_line(log))
    new.rename(path)
    for old in path.parent.glob(f"{program.name}-????????????????"):
        if old != path:
            old.unlink(missing_ok=True)
    log.unlink()
