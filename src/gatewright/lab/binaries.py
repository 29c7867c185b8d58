"""Finds the binaries of a Kubernetes minor: here already, in the cache, downloaded, or built; whichever works first."""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from gatewright.lab import places
from gatewright.lab.download import download
from gatewright.lab.releases import ETCD, Release, kubernetes
from gatewright.lab.toolchain import Progress, build
from gatewright.text import message

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
_VERSION_ARGUMENTS = {"kubectl": ["version", "--client"]}


class Binaries(msgspec.Struct, frozen=True):
    """The programs of a cluster of one minor."""

    minor: str
    etcd: Path
    kube_apiserver: Path
    kube_controller_manager: Path
    kubectl: Path


async def binaries(minor: str, progress: Progress) -> Binaries:
    """The programs for ``minor`` (``1.36``). Raises ``UnknownKubernetes`` and what ``toolchain.build`` raises."""
    release = kubernetes(minor)
    found = {**await _obtain(ETCD, progress), **await _obtain(release, progress)}
    return Binaries(
        minor,
        etcd=found["etcd"],
        kube_apiserver=found["kube-apiserver"],
        kube_controller_manager=found["kube-controller-manager"],
        kubectl=found["kubectl"],
    )


async def _obtain(release: Release, progress: Progress) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for name in release.packages:
        path = await _on_this_machine(name, release)
        if path:
            found[name] = path
    missing = [name for name in release.packages if name not in found]
    if missing:
        folder = await _cached(release, progress)
        found |= {name: folder / name for name in missing}
    return found


async def _on_this_machine(name: str, release: Release) -> Path | None:
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    places_to_look = [str(Path(assets) / name)] if assets else []
    on_path = shutil.which(name)
    for path in [*places_to_look, *([on_path] if on_path else [])]:
        if await fits(Path(path), name, release):
            return Path(path)
    return None


async def fits(path: Path, name: str, release: Release) -> bool:
    """Whether the program at ``path`` runs here and is of the release's minor (any 3.5 or newer for etcd)."""
    try:
        process = await asyncio.create_subprocess_exec(
            path,
            *_VERSION_ARGUMENTS.get(name, ["--version"]),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return False
    output, _ = await process.communicate()
    found = _VERSION.search(output.decode(errors="replace"))
    if process.returncode != 0 or found is None:
        return False
    if release.name == "etcd":
        # what API servers of every minor here accept
        return found.group(1) == "3" and int(found.group(2)) >= 5
    return f"{found.group(1)}.{found.group(2)}" == release.name


async def _cached(release: Release, progress: Progress) -> Path:
    root = places.cache() / "lab"
    root.mkdir(parents=True, exist_ok=True)
    folder = root / release.name
    if folder.is_dir():
        return folder
    async with locked(root / f".{release.name}.lock", progress, release.title):
        if not folder.is_dir():
            await _install(release, folder, progress)
    return folder


async def _install(release: Release, folder: Path, progress: Progress) -> None:
    temporary = folder.with_name(f".{release.name}.{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        progress(message("lab.downloading", what=release.title))
        if not await download(release, temporary):
            await build(release, temporary, progress, go=shutil.which("go"))
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@asynccontextmanager
async def locked(path: Path, progress: Progress, what: str) -> AsyncGenerator[None]:
    """Hold a file lock, so that two processes do not do the same long work; tells when it has to wait."""
    with path.open("a") as file:
        told = False
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    progress(message("lab.waiting-for-other", what=what))
                told = True
                await asyncio.sleep(0.3)
        yield
