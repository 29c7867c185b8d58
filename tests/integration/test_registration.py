"""A cluster is registered by the one-line script: a real server over a socket, a real kubectl, a real API server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
import yaml
from handles import ClusterFactory, ClusterHandle
from product import unique

from gatewright.kube.client import Permission
from gatewright.server.app import create_app
from gatewright.server.auth import ensure_token
from gatewright.server.services import Services, open_services
from gatewright.server.settings import from_environment

pytestmark = pytest.mark.integration


@dataclass
class Server:
    """A server that listens, and its operator."""

    services: Services
    api: httpx.AsyncClient


@pytest.fixture
def fresh(cluster_factory: ClusterFactory) -> ClusterHandle:
    return cluster_factory()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    settings = from_environment({"GATEWRIGHT_HOME": str(tmp_path / "home")})
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with open_services(settings) as services:
            token = ensure_token(settings.token_file)
            app = create_app(services, token=token)
            serving = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning"))
            # Beside the signal handlers of the test runner.
            serving.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
            task = asyncio.create_task(serving.serve(sockets=[listener]))
            base = f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
            async with httpx.AsyncClient(base_url=base, headers={"Authorization": f"Bearer {token}"}) as api:
                yield Server(services, api)
            serving.should_exit = True
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def offered(server: Server, name: str, **more: Any) -> dict[str, Any]:
    answer = await server.api.post("/registrations", json={"name": name, **more}, timeout=60)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def run(command: str, kubeconfig: Path, kubectl: str, **environ: str) -> tuple[int, str, str]:
    """The command as a person runs it, with the tools of this machine and this kubectl."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(kubeconfig.parent), "KUBECONFIG": str(kubeconfig)}
    process = await asyncio.create_subprocess_exec(
        "sh",
        "-c",
        command,
        env={**environment, "KUBECTL": kubectl, **environ},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(180):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def state(server: Server, offer: dict[str, Any]) -> dict[str, Any]:
    return (await server.api.get(f"/registrations/{offer['registration']['id']}", timeout=60)).json()


async def test_the_command_registers_the_cluster_with_the_least_rights(server: Server, fresh: ClusterHandle) -> None:
    offer = await offered(server, fresh.name)
    ended, out, err = await run(offer["command"], fresh.kubeconfig, fresh.state.kubectl)
    assert ended == 0, err
    assert out == f"Cluster {fresh.name} is registered.\n"
    assert (await state(server, offer))["state"] == "registered"
    async with server.services.clusters.client(fresh.name) as kube:
        missing = await kube.can([Permission("list", "", "namespaces"), Permission("list", "", "pods")])
    assert [permission.resource for permission in missing] == ["pods"]
    found = (await server.api.get(f"/clusters/{fresh.name}/installation", timeout=120)).json()
    assert found["credential"]["kind"] == "token"
    assert found["credential"]["subject"] == "system:serviceaccount:gatewright:gatewright"
    removal = (await server.api.get(f"/clusters/{fresh.name}/removal", timeout=120)).json()
    assert removal["ready"], removal

    # Used: the same command says so, and another one finds what the cluster is called.
    ended, out, err = await run(offer["command"], fresh.kubeconfig, fresh.state.kubectl)
    assert (ended, out) == (1, "")
    assert "used already" in err
    other = await offered(server, unique("again"))
    ended, out, err = await run(other["command"], fresh.kubeconfig, fresh.state.kubectl)
    assert (ended, out) == (1, "")
    assert fresh.name in err
    assert (await state(server, other))["error"]["code"] == "store.cluster-exists"


async def test_without_the_rights_of_an_administrator_nothing_is_changed(
    server: Server, fresh: ClusterHandle, tmp_path: Path
) -> None:
    poor = await account(fresh, tmp_path)
    offer = await offered(server, unique("poor"), namespace="gatewright-poor")
    ended, out, err = await run(offer["command"], poor, fresh.state.kubectl)
    assert (ended, out) == (1, "")
    assert "Nothing was changed" in err
    assert "clusterroles" in err
    there = await asyncio.to_thread(fresh.kubectl, "get", "namespace", "gatewright-poor", check=False)
    assert "NotFound" in there
    assert (await state(server, offer))["state"] == "started"


async def account(cluster: ClusterHandle, folder: Path) -> Path:
    """The kubeconfig of somebody who may do nothing."""
    await asyncio.to_thread(cluster.kubectl, "create", "serviceaccount", "nobody")
    token = await asyncio.to_thread(cluster.kubectl, "create", "token", "nobody")
    config = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))
    for user in config["users"]:
        user["user"] = {"token": token.strip()}
    file = folder / "poor.yaml"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    return file


async def test_without_kubectl_or_a_cluster_it_says_what_to_do(
    server: Server, fresh: ClusterHandle, tmp_path: Path
) -> None:
    offer = await offered(server, unique("lost"))
    ended, _, err = await run(offer["command"], fresh.kubeconfig, str(tmp_path / "kubectl"))
    assert ended == 1
    assert "kubectl was not found" in err
    config = yaml.safe_load(fresh.kubeconfig.read_text(encoding="utf-8"))
    for cluster in config["clusters"]:
        cluster["cluster"]["server"] = "https://127.0.0.1:9"
    (tmp_path / "lost.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    ended, _, err = await run(offer["command"], tmp_path / "lost.yaml", fresh.state.kubectl)
    assert ended == 1
    assert "does not reach a cluster" in err


async def test_an_address_that_gatewright_does_not_reach_is_told_and_may_be_given_again(
    server: Server, fresh: ClusterHandle
) -> None:
    name = unique("address")
    offer = await offered(server, name)
    wrong = {"GW_API_SERVER": "https://127.0.0.1:9"}
    ended, _, err = await run(offer["command"], fresh.kubeconfig, fresh.state.kubectl, **wrong)
    assert ended == 1
    assert "GW_API_SERVER" in err
    assert (await state(server, offer))["state"] == "failed"
    config = yaml.safe_load(fresh.kubeconfig.read_text(encoding="utf-8"))
    right = {"GW_API_SERVER": config["clusters"][0]["cluster"]["server"]}
    ended, out, err = await run(offer["command"], fresh.kubeconfig, fresh.state.kubectl, **right)
    assert ended == 0, err
    assert out == f"Cluster {name} is registered.\n"


def test_curl_is_there() -> None:
    """The command is made for it; a machine without it would not test anything here."""
    assert shutil.which("curl")
