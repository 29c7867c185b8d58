"""The host runtime runs the real Traefik of a Deployment, and reports what becomes of it."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import manifests
import pytest
from handles import ClusterHandle, eventually

from gatewright.lab.process import ProcessRef, is_alive

pytestmark = pytest.mark.integration
NAMESPACE = "gateway-system"


@pytest.fixture(scope="module")
def serving(cluster: ClusterHandle, gateway_api: Path) -> ClusterHandle:
    """A cluster whose Gateway serves a route."""
    cluster.install_gateway_api(gateway_api)
    cluster.apply(manifests.controller(NAMESPACE))
    cluster.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/traefik", "--timeout=120s")
    cluster.apply(manifests.route("shop", *cluster.backend))
    eventually(lambda: cluster.get()[0] == 200, what="the route serves")
    return cluster


def traefik_processes(cluster: ClusterHandle) -> list[ProcessRef]:
    return [ref for ref in cluster.lab.state.processes if ref.role == "traefik"]


def program(ref: ProcessRef) -> str:
    return Path(f"/proc/{ref.pid}/exe").readlink().parent.name


def condition(cluster: ClusterHandle, kind: str) -> dict[str, str]:
    status = cluster.json("-n", NAMESPACE, "deployment", "traefik")["status"]
    return {entry["type"]: entry for entry in status["conditions"]}[kind]


def test_a_request_is_answered_by_the_backend(serving: ClusterHandle) -> None:
    status, body = serving.get("/orders", host="shop.test")
    assert status == 200
    assert body == {
        "cluster": serving.name,
        "backend": "echo",
        "host": "shop.test",
        "path": "/orders",
        "method": "GET",
    }
    assert serving.get(host="other.test")[0] == 404
    serving.kubectl("wait", "--for=condition=Accepted", "gatewayclass/traefik", "--timeout=30s")
    serving.kubectl("-n", "shop", "wait", "--for=condition=Programmed", "gateway/web", "--timeout=30s")
    gateway = serving.json("-n", "shop", "gateway", "web")
    assert gateway["status"]["addresses"][0]["value"] == serving.state.address


def test_the_controller_has_the_rights_of_its_service_account_only(serving: ClusterHandle) -> None:
    (ref,) = traefik_processes(serving)
    environment = Path(f"/proc/{ref.pid}/environ").read_text().split("\0")
    kubeconfig = next(entry for entry in environment if entry.startswith("KUBECONFIG=")).partition("=")[2]
    answer = json.loads(serving.kubectl("auth", "whoami", "-o", "json", f"--kubeconfig={kubeconfig}"))
    user = answer["status"]["userInfo"]["username"]
    assert user == f"system:serviceaccount:{NAMESPACE}:traefik"
    assert not [entry for entry in environment if entry.startswith("KUBERNETES_")]


def test_an_image_that_cannot_be_had_leaves_the_old_one_serving(serving: ClusterHandle) -> None:
    (before,) = traefik_processes(serving)
    serving.kubectl("-n", NAMESPACE, "set", "image", "deployment/traefik", "traefik=traefik:v9.9")
    eventually(lambda: "traefik:v9.9" in condition(serving, "Progressing")["message"], what="the image is named")
    assert condition(serving, "Available")["status"] == "True"
    assert serving.get()[0] == 200
    assert traefik_processes(serving) == [before]
    serving.apply([manifests.deployment(NAMESPACE, "3.7.15")])
    serving.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/traefik", "--timeout=60s")


def test_another_tag_is_another_process(serving: ClusterHandle) -> None:
    (before,) = traefik_processes(serving)
    assert program(before) == "3.7.15"
    serving.apply([manifests.deployment(NAMESPACE, "3.6.15")])
    serving.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/traefik", "--timeout=120s")
    (after,) = traefik_processes(serving)
    assert program(after) == "3.6.15"
    eventually(lambda: serving.get()[0] == 200, what="the old version serves")


def test_a_crash_is_reported_and_repaired(serving: ClusterHandle) -> None:
    deployment = manifests.deployment(NAMESPACE, "3.7.15")
    broken = json.loads(json.dumps(deployment).replace("--ping=true", "--no-such-flag=true"))
    serving.apply([broken])
    eventually(lambda: condition(serving, "Available")["status"] == "False", what="the crash is reported")
    assert condition(serving, "Available")["reason"] == "MinimumReplicasUnavailable"
    eventually(lambda: "no-such-flag" in condition(serving, "Available")["message"], what="with its last words")
    serving.apply([deployment])
    serving.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/traefik", "--timeout=60s")
    eventually(lambda: serving.get()[0] == 200, what="the route serves again")


def test_traffic_flows_while_the_api_server_is_away(serving: ClusterHandle) -> None:
    serving.kill_apiserver()
    assert serving.get()[0] == 200
    serving.start_apiserver()
    serving.kubectl("-n", NAMESPACE, "scale", "deployment/traefik", "--replicas=0")
    eventually(lambda: not traefik_processes(serving), what="scaled to nothing")
    assert serving.get()[0] == 0
    serving.kubectl("-n", NAMESPACE, "scale", "deployment/traefik", "--replicas=1")
    serving.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/traefik", "--timeout=60s")


def test_a_deleted_deployment_leaves_no_process(serving: ClusterHandle) -> None:
    (ref,) = traefik_processes(serving)
    # A request that is under way keeps it from ending at once.
    with socket.create_connection((serving.state.address, manifests.PORT), timeout=5) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: shop.test\r\n")
        serving.kubectl("delete", "namespace", NAMESPACE, "--timeout=60s")
        eventually(lambda: not traefik_processes(serving), what="the process is gone")
        assert not is_alive(ref)
    assert serving.get()[0] == 0
