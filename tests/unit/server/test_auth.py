"""The operator's token, on files and on a real socket; what the operator's own process may do and a socket may not."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gatewright.server.auth import ensure_token, read_token
from gatewright.server.errors import (
    AddressError,
    FolderError,
    PortTakenError,
    TokenDamagedError,
    TokenExposedError,
)
from gatewright.server.principal import SCOPE_KEY
from gatewright.server.run import Listening, serve
from gatewright.server.settings import Settings


def test_the_token_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "token"
    token = ensure_token(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(token) > 40
    assert ensure_token(file) == token == read_token(file)


def test_tokens_differ(tmp_path: Path) -> None:
    assert ensure_token(tmp_path / "a") != ensure_token(tmp_path / "b")


def test_a_token_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    ensure_token(file)
    file.chmod(0o644)
    with pytest.raises(TokenExposedError):
        ensure_token(file)


@pytest.mark.parametrize("content", ["", "\n", "short\n"])
def test_a_token_that_could_be_guessed_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "token"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(TokenDamagedError):
        read_token(file)


def test_a_token_that_cannot_be_written_or_read(tmp_path: Path) -> None:
    with pytest.raises(FolderError):
        ensure_token(tmp_path / "absent" / "token")
    with pytest.raises(FolderError):
        read_token(tmp_path / "absent")


@pytest.fixture
async def listening(settings: Settings) -> AsyncIterator[Listening]:
    """A real server on a real socket."""
    ready: asyncio.Future[Listening] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(settings, "127.0.0.1", 0, ready.set_result))
    await asyncio.wait([serving, ready], return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        serving.result()
    yield ready.result()
    serving.cancel()
    await asyncio.wait([serving])


async def test_a_socket_needs_the_token(listening: Listening) -> None:
    token = read_token(Path(listening.token_file))
    async with httpx.AsyncClient(base_url=listening.url + "/api/v1") as client:
        for given in ("", "Bearer", f"Bearer {token}x", f"Basic {token}", token):
            answer = await client.get("/version", headers={"Authorization": given})
            assert answer.status_code == 401, given
        for name in (SCOPE_KEY, "X-" + SCOPE_KEY, "x-forwarded-user"):
            assert (await client.get("/version", headers={name: "operator"})).status_code == 401
        answer = await client.get("/version", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer.json()["who"] == "operator"
    assert "server" not in answer.headers


BAD_UPLOADS: list[tuple[dict[str, Any], str]] = [
    ({"exec": {"command": "/bin/sh", "apiVersion": "client.authentication.k8s.io/v1"}}, "kube.upload-exec"),
    ({"tokenFile": "/etc/shadow"}, "kube.upload-file"),
    ({"client-certificate": "/etc/passwd", "client-key": "/etc/passwd"}, "kube.upload-file"),
]


async def test_what_came_through_a_socket_runs_nothing_and_reads_no_file(listening: Listening, kubernetes: Any) -> None:
    token = read_token(Path(listening.token_file))
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=listening.url + "/api/v1", headers=headers) as client:
        for user, code in BAD_UPLOADS:
            body = {"name": "up", "kubeconfig": kubernetes.kubeconfig(**user)}
            answer = await client.post("/clusters", json=body)
            assert (answer.status_code, answer.json()["code"]) == (422, code)
        for source in ({"path": "/etc/passwd"}, {}, {"kubeconfig": "/etc/passwd"}):
            answer = await client.post("/clusters", json={"name": "up", **source})
            assert answer.status_code == 422, answer.text
            assert answer.json()["code"] in ("kube.upload-file", "kube.kubeconfig-kind")
        text = json.dumps({
            "apiVersion": "gatewright.io/v1alpha1",
            "kind": "Cluster",
            "metadata": {"name": "up"},
            "spec": {"kubeconfig": "/etc/passwd"},
        })  # fmt: skip
        answer = await client.post("/apply", json={"documents": [{"file": "f", "text": text}]})
        assert answer.json()["code"] == "server.cluster-manifest"
        assert kubernetes.seen == []
        good = await client.post("/clusters", json={"name": "up", "kubeconfig": kubernetes.kubeconfig()})
        assert good.status_code == 201, good.text


async def test_a_port_that_is_taken_is_named(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError) as caught:
            await serve(settings, "127.0.0.1", port, lambda _: None)
    assert str(port) in caught.value.report.message("zh")
    assert not settings.token_file.exists()


async def test_an_address_of_another_machine(settings: Settings) -> None:
    with pytest.raises(AddressError):
        await serve(settings, "192.0.2.1", 0, lambda _: None)
