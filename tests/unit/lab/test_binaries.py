"""Binaries: downloads are verified, missing tools are named, and a version that does not fit is passed over."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from gatewright.lab import binaries, toolchain
from gatewright.lab.download import download
from gatewright.lab.errors import GoMissing, GoTooOld
from gatewright.lab.releases import ETCD, architecture, kubernetes
from gatewright.text import Message

RELEASE = kubernetes("1.36")
Serve = Callable[[dict[str, bytes]], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    runners: list[web.AppRunner] = []

    async def start(files: dict[str, bytes]) -> str:
        async def answer(request: web.Request) -> web.Response:
            body = files.get(request.path)
            return web.Response(status=404) if body is None else web.Response(body=body)

        app = web.Application()
        app.router.add_get("/{path:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        return f"http://{host}:{port}"

    yield start
    for runner in runners:
        await runner.cleanup()


def kubernetes_files(content: bytes, digest: str | None = None) -> dict[str, bytes]:
    at = f"/v{RELEASE.version}/bin/linux/{architecture()}"
    value = (digest or hashlib.sha256(content).hexdigest()).encode()
    files = {f"{at}/{name}": content for name in RELEASE.packages}
    return files | {f"{path}.sha256": value for path in files}


async def test_a_verified_download_can_be_run(serve: Serve, tmp_path: Path) -> None:
    base = await serve(kubernetes_files(b"#!/bin/sh\n"))
    assert await download(RELEASE, tmp_path, bases=(base, base))
    assert set(os.listdir(tmp_path)) == set(RELEASE.packages)
    assert (tmp_path / "kubectl").stat().st_mode & 0o111


async def test_another_digest_is_no_download(serve: Serve, tmp_path: Path) -> None:
    base = await serve(kubernetes_files(b"tampered", digest="0" * 64))
    assert not await download(RELEASE, tmp_path, bases=(base, base))


async def test_no_network_is_no_download(serve: Serve, tmp_path: Path) -> None:
    empty = await serve({})
    assert not await download(RELEASE, tmp_path, bases=(empty, empty))
    assert not await download(ETCD, tmp_path, bases=("http://127.0.0.1:1", "http://127.0.0.1:1"))


async def test_etcd_is_taken_out_of_its_archive(serve: Serve, tmp_path: Path) -> None:
    folder = f"etcd-v{ETCD.version}-linux-{architecture()}"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo(f"{folder}/etcd")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"etcd"))
    content = buffer.getvalue()
    sums = f"{hashlib.sha256(content).hexdigest()}  {folder}.tar.gz\n".encode()
    at = f"/v{ETCD.version}"
    base = await serve({f"{at}/SHA256SUMS": sums, f"{at}/{folder}.tar.gz": content})
    assert await download(ETCD, tmp_path, bases=(base, base))
    assert os.listdir(tmp_path) == ["etcd"]
    assert (tmp_path / "etcd").read_bytes() == b"etcd"


def program(path: Path, output: str, status: int = 0) -> Path:
    path.write_text(f"#!/bin/sh\necho '{output}'\nexit {status}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("output", "status", "fits"),
    [
        ("Kubernetes v1.36.9", 0, True),
        ("Kubernetes v1.35.9", 0, False),
        ("Kubernetes v1.36.9", 1, False),
        ("?", 0, False),
    ],
)
async def test_only_the_asked_minor_fits(tmp_path: Path, output: str, status: int, fits: bool) -> None:
    path = program(tmp_path / "kube-apiserver", output, status)
    assert await binaries.fits(path, "kube-apiserver", RELEASE) is fits
    assert not await binaries.fits(tmp_path / "none", "kube-apiserver", RELEASE)


async def test_a_missing_go_is_named_with_its_version(tmp_path: Path) -> None:
    told: list[Message] = []
    (tmp_path / "into").mkdir()
    with pytest.raises(GoMissing) as caught:
        await toolchain.build(RELEASE, tmp_path / "into", told.append, go=None)
    assert "1.26" in caught.value.report.remedy("en")


async def test_an_old_go_is_named_with_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "into").mkdir()
    old = program(tmp_path / "go", "go: go.mod requires go >= 1.26 (running go 1.20)", 1)
    with pytest.raises(GoTooOld) as caught:
        await toolchain.build(RELEASE, tmp_path / "into", lambda _: None, go=str(old))
    assert "running go 1.20" in caught.value.report.message("en")
