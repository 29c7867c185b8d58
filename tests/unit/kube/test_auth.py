"""Credentials that change: token files and exec plugins (real scripts)."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from gatewright.kube import errors
from gatewright.kube.auth import ExecAuth, TokenFileAuth, authenticator
from gatewright.kube.client import KubeClient
from gatewright.kube.connection import Connection, ExecPlugin
from gatewright.kube.resources import NAMESPACES

V1 = "client.authentication.k8s.io/v1"
TOKEN = "plugin-token-0123456789"


def prints(answer: Any) -> str:
    return f"cat <<'END'\n{json.dumps(answer)}\nEND"


class Plugin:
    """A script that counts its runs and prints ``status``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = directory / "plugin.sh"

    def write(self, body: str) -> None:
        self.path.write_text(f"#!/bin/sh\necho run >> {self.directory}/runs\n{body}\n")
        self.path.chmod(0o700)

    def prints(self, status: Any, api_version: str = V1) -> None:
        self.write(prints({"apiVersion": api_version, "kind": "ExecCredential", "status": status}))

    @property
    def runs(self) -> int:
        return (self.directory / "runs").read_text().count("run")

    def auth(self, api_version: str = V1, timeout: float = 20, clock: Any = time.time, **plugin: Any) -> ExecAuth:
        spec = ExecPlugin(
            **{"command": "./plugin.sh", "directory": str(self.directory), **plugin, "api_version": api_version}
        )
        connection = Connection("https://c:6443", ca_data="CA", exec=spec)
        return ExecAuth(connection, spec, timeout=timeout, clock=clock)


def process_state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "X"


def wait_for_end(pid: int) -> None:
    while process_state(pid) not in "ZX":
        time.sleep(0.01)


@pytest.fixture
def plugin(tmp_path: Path) -> Plugin:
    return Plugin(tmp_path)


@pytest.mark.parametrize("api_version", [V1, "client.authentication.k8s.io/v1beta1"])
async def test_a_token_is_kept(plugin: Plugin, api_version: str) -> None:
    plugin.prints({"token": TOKEN}, api_version)
    auth = plugin.auth(api_version)
    assert (await auth.credential()).authorization == f"Bearer {TOKEN}"
    first = await auth.credential()
    assert plugin.runs == 1
    assert TOKEN not in repr(first)
    assert auth.reject(first)
    await auth.credential()
    assert plugin.runs == 2


async def test_an_expired_token_is_renewed(plugin: Plugin) -> None:
    now = 1_700_000_000.0
    plugin.prints({"token": TOKEN, "expirationTimestamp": "2023-11-14T23:13:20Z"})
    auth = plugin.auth(clock=lambda: now)
    await auth.credential()
    await auth.credential()
    assert plugin.runs == 1
    now += 3600
    await auth.credential()
    assert plugin.runs == 2


async def test_a_client_certificate(plugin: Plugin) -> None:
    plugin.prints({"clientCertificateData": "CERT", "clientKeyData": "KEY"})
    found = await plugin.auth().credential()
    assert (found.certificate, found.key, found.authorization) == ("CERT", "KEY", "")


async def test_what_the_plugin_is_told(plugin: Plugin) -> None:
    told = f'cd {plugin.directory}; printf "%s" "$KUBERNETES_EXEC_INFO" > info; printf "%s $1" "$EXTRA" > rest'
    plugin.write(f"{told}; cat > stdin; exit 3")
    auth = plugin.auth(args=("arg",), env=(("EXTRA", "v"),), provide_cluster_info=True, cluster_config={"a": 1})
    with pytest.raises(errors.PluginFailedError):
        await auth.credential()
    info = json.loads((plugin.directory / "info").read_text())
    assert (info["apiVersion"], info["kind"], info["spec"]["interactive"]) == (V1, "ExecCredential", False)
    assert info["spec"]["cluster"] == {
        "server": "https://c:6443",
        "certificate-authority-data": "Q0E=",
        "config": {"a": 1},
    }
    assert (plugin.directory / "rest").read_text() == "v arg"
    assert (plugin.directory / "stdin").read_text() == ""


@pytest.mark.parametrize(
    "body",
    [
        "echo please sign in >&2; exit 1",
        "echo no json",
        "echo '{}'",
        prints({"kind": "ExecCredential", "apiVersion": V1, "status": {}}),
        prints({"kind": "ExecCredential", "apiVersion": f"{V1}alpha1", "status": {"token": "a"}}),
        prints({"kind": "ExecCredential", "apiVersion": V1, "status": {"token": "a b"}}),
        prints({"kind": "ExecCredential", "apiVersion": V1, "status": {"token": "a", "expirationTimestamp": "soon"}}),
        "head -c 3000000 /dev/zero; sleep 30",
    ],
)
async def test_plugins_that_fail(plugin: Plugin, body: str) -> None:
    plugin.write(body)
    with pytest.raises(errors.PluginFailedError) as caught:
        await plugin.auth().credential()
    assert caught.value.report.message("zh")
    assert ("sign in" in str(caught.value)) or "sign in" not in body


async def test_a_plugin_that_hangs_is_ended_with_its_children(plugin: Plugin) -> None:
    plugin.write(f"sleep 300 & echo $! > {plugin.directory}/child; wait")
    with pytest.raises(errors.PluginFailedError):
        await plugin.auth(timeout=1).credential()
    child = int((plugin.directory / "child").read_text())
    await asyncio.to_thread(wait_for_end, child)


async def test_a_missing_plugin_says_how_to_get_it(tmp_path: Path) -> None:
    spec = ExecPlugin("no-such-plugin", V1, install_hint="brew install it")
    with pytest.raises(errors.PluginMissingError) as caught:
        await ExecAuth(Connection("https://c", exec=spec), spec).credential()
    assert "brew install it" in str(caught.value)


async def test_plugins_we_cannot_serve(plugin: Plugin) -> None:
    plugin.prints({"token": TOKEN})
    for auth in (plugin.auth("client.authentication.k8s.io/v1alpha1"), plugin.auth(interactive_mode="Always")):
        with pytest.raises(errors.PluginFailedError):
            await auth.credential()
    assert not (plugin.directory / "runs").exists(), "nothing was run"


async def test_after_a_401_the_plugin_is_asked_again_once(faults: Any, plugin: Plugin) -> None:
    plugin.prints({"token": TOKEN})
    refusal = faults.status(401, "Unauthorized")
    auth = plugin.auth()
    async with faults.serve(refusal, faults.answer(200, {"ok": 1}), refusal) as server:
        client = KubeClient(Connection(server.url), options=faults.quick, auth=auth)
        assert await client.get(NAMESPACES, "a") == {"ok": 1}
        assert plugin.runs == 2
        with pytest.raises(errors.UnauthorizedError):
            await client.get(NAMESPACES, "a")
        await client.close()
        assert len(server.seen) == 4


async def test_token_files_are_read_again(faults: Any, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("one\n")
    now = 0.0
    auth = TokenFileAuth(Connection("https://c", token_file=str(file)), clock=lambda: now)
    assert (await auth.credential()).authorization == "Bearer one"
    file.write_text("two")
    assert (await auth.credential()).authorization == "Bearer one"
    now = 61.0
    assert (await auth.credential()).authorization == "Bearer two"
    file.write_text("three")
    auth.reject(await auth.credential())
    assert (await auth.credential()).authorization == "Bearer three"


@pytest.mark.parametrize("content", [None, "", "a\nb", "\xff"])
async def test_unusable_token_files(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content.encode("latin-1"))
    with pytest.raises(errors.TokenFileError) as caught:
        await authenticator(Connection("https://c", token_file=str(file))).credential()
    assert str(file) in str(caught.value)
    assert caught.value.report.remedy("zh")


async def test_which_credential_counts() -> None:
    basic = await authenticator(Connection("https://c", username="a", password="b")).credential()
    assert basic.authorization == "Basic YTpi"
    assert (await authenticator(Connection("https://c")).credential()).authorization == ""
    spec = ExecPlugin("x", V1)
    assert (await authenticator(Connection("https://c", token="t", exec=spec)).credential()).authorization == "Bearer t"
    assert isinstance(authenticator(Connection("https://c", exec=spec)), ExecAuth)
    assert isinstance(authenticator(Connection("https://c", token="t", token_file="f")), TokenFileAuth)
