"""State in PostgreSQL: the real CLI, killed in the middle of a rollout, and a second one that goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from handles import ClusterHandle
from postgresql_server import binaries, execute, server, url

pytestmark = pytest.mark.integration

MANIFESTS = """
apiVersion: gatewright.io/v1alpha1
kind: Team
metadata: {name: payments}
---
apiVersion: gatewright.io/v1alpha1
kind: Stack
metadata: {name: edge}
spec: {team: payments, bundle: {version: v1.6.1, channel: standard}}
---
apiVersion: gatewright.io/v1alpha1
kind: Binding
metadata: {name: payments.one}
spec: {team: payments, cluster: one, stack: edge}
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    found = binaries()
    if found is None:
        pytest.skip("PostgreSQL is not installed (package: postgresql)")
    with server(found) as folder:
        execute(folder, "CREATE DATABASE gw")
        home = tmp_path_factory.mktemp("home")
        yield {
            **os.environ,
            "GATEWRIGHT_HOME": str(home),
            "GATEWRIGHT_DATABASE": url(folder, "gw"),
            "GATEWRIGHT_LANG": "en",
        }


def gatewright(environment: dict[str, str], *arguments: str, ok: int = 0, given: str | None = None) -> str:
    command = [sys.executable, "-m", "gatewright.cli", *arguments]
    done = subprocess.run(command, env=environment, input=given, capture_output=True, text=True, timeout=120)
    assert done.returncode == ok, done.stdout + done.stderr
    return done.stdout


def test_a_killed_cli_is_continued_by_another(environment: dict[str, str], cluster: ClusterHandle) -> None:
    gatewright(environment, "cluster", "add", "one", "--kubeconfig", str(cluster.kubeconfig))
    gatewright(environment, "apply", "-f", "-", given=MANIFESTS)
    start = [sys.executable, "-m", "gatewright.cli", "rollout", "start", "--team", "payments", "--yes"]
    first = subprocess.Popen(start, env=environment, stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    for line in first.stdout:
        if "created: CustomResourceDefinition" in line:
            break
    first.kill()
    first.wait(30)
    first.stdout.close()
    (found,) = json.loads(gatewright(environment, "rollout", "list", "-o", "json"))
    assert found["state"] == "running"
    gatewright(environment, "rollout", "watch", found["id"])
    shown = json.loads(gatewright(environment, "rollout", "show", found["id"], "-o", "json"))
    assert (shown["state"], shown["generation"]) == ("succeeded", 2)
    crds = json.loads(cluster.kubectl("get", "crd", "-o", "json"))["items"]
    ours = [crd for crd in crds if crd["metadata"]["name"].endswith("gateway.networking.k8s.io")]
    assert [crd["metadata"]["generation"] for crd in ours] == [1] * 10
    gatewright(environment, "plan", "payments", ok=3)


def test_the_state_is_in_postgresql_and_the_home_holds_no_database(environment: dict[str, str]) -> None:
    assert not list(Path(environment["GATEWRIGHT_HOME"]).glob("**/*.db"))
