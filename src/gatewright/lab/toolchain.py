"""Builds lab binaries with the Go toolchain from the module files in ``lab/build``, with honest progress."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from gatewright.lab.errors import BuildFailed, GoMissing, GoTooOld, TooLittleDisk
from gatewright.lab.process import Child, last_line
from gatewright.lab.releases import Release
from gatewright.text import Message, message

Progress = Callable[[Message], None]
"""Told what goes on, a sentence at a time."""

_BUILD_DISK_MB = 6000


async def build(release: Release, into: Path, progress: Progress, *, go: str | None) -> None:
    """Build every binary of ``release`` into the folder ``into`` with the program ``go`` (``None`` if there is none);
    the log stays beside it when that fails.

    Raises ``GoMissing``, ``GoTooOld``, ``TooLittleDisk`` or ``BuildFailed``.
    """
    free = shutil.disk_usage(into).free // 1_000_000
    if free < _BUILD_DISK_MB:
        raise TooLittleDisk(path=str(into), free=free, needed=_BUILD_DISK_MB)
    log = into.with_name(f"{release.name}-build.log")
    log.write_bytes(b"")
    go = await _checked_go(go, release, log)
    progress(message("lab.building", what=release.title, minutes=release.minutes))
    total = await _count_packages(go, release, log)
    await _compile(go, release, into, log, _Meter(release, total, progress))
    log.unlink()


async def _checked_go(go: str | None, release: Release, log: Path) -> str:
    needed = _needed_go(release)
    if go is None:
        raise GoMissing(what=release.title, version=needed)
    code, output = await _run([go, "version"], release, log)
    # with GOTOOLCHAIN=auto an older go fetches the one that go.mod asks for, and says so here
    if code != 0:
        raise GoTooOld(what=release.title, version=needed, found=output.strip() or last_line(log))
    return go


def _needed_go(release: Release) -> str:
    found = re.search(r"^go (\S+)", (release.sources / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    return found.group(1) if found else "-"


async def _count_packages(go: str, release: Release, log: Path) -> int:
    code, output = await _run([go, "list", "-deps", *release.packages.values()], release, log)
    if code != 0:
        raise BuildFailed(what=release.title, log=str(log), line=last_line(log))
    return len(output.splitlines())


async def _compile(go: str, release: Release, into: Path, log: Path, meter: _Meter) -> None:
    flags = ["-trimpath", "-ldflags", release.linker_flags(), "-o", f"{into}{os.sep}"]
    child = await Child.start(
        "go-build",
        # -v names each package on standard error as it is compiled: the measure of progress
        [go, "build", "-v", *flags, *release.packages.values()],
        log=log,
        env=go_environment(),
        cwd=release.sources,
    )
    try:
        while child.returncode is None:
            await asyncio.sleep(0.5)
            meter.update(log)
    finally:
        await child.stop(grace=2)
    if child.returncode != 0:
        raise BuildFailed(what=release.title, log=str(log), line=last_line(log))
    _rename_binaries(release, into)


def _rename_binaries(release: Release, into: Path) -> None:
    for name, package in release.packages.items():
        parts = [part for part in package.split("/") if not re.fullmatch(r"v\d+", part)]
        (into / parts[-1]).rename(into / name)


def go_environment(base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of a build: static, two compilers at most (each takes up to 1 GB), module files untouched."""
    return {**base, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -p=2 -buildvcs=false", "GOWORK": "off"}


async def _run(argv: list[str], release: Release, log: Path) -> tuple[int, str]:
    child = await Child.start("go", argv, log=log, env=go_environment(), cwd=release.sources, pipe=True)
    try:
        output = await child.stdout.read()
        return await child.wait(), output.decode(errors="replace")
    finally:
        await child.stop(grace=2)


class _Meter:
    """Reports at every twentieth part, with the time left at the pace so far."""

    def __init__(self, release: Release, total: int, progress: Progress) -> None:
        self._release = release
        self._total = max(total, 1)
        self._progress = progress
        self._started = time.monotonic()
        self._shown = 0

    def update(self, log: Path) -> None:
        done = log.read_bytes().count(b"\n")
        percent = min(done * 100 // self._total, 99)
        if percent < self._shown + 5:
            return
        self._shown = percent
        seconds = (time.monotonic() - self._started) * (100 - percent) / percent
        what, minutes = self._release.title, int(seconds // 60) + 1
        self._progress(message("lab.build-progress", what=what, percent=percent, minutes=minutes))
