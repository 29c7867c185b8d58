"""The lab's clusters are plain Kubernetes: what kubectl users expect works."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from handles import ClusterFactory, ClusterHandle, LabHandle, eventually

from gatewright.lab.releases import minors

pytestmark = pytest.mark.integration


def test_namespaces_terminate(cluster: ClusterHandle) -> None:
    cluster.kubectl("create", "namespace", "short")
    cluster.kubectl("-n", "short", "create", "configmap", "content")
    cluster.kubectl("delete", "namespace", "short", "--timeout=30s")
    assert "NotFound" in cluster.kubectl("get", "namespace", "short", check=False)


def test_dependents_of_a_deleted_owner_are_collected(cluster: ClusterHandle) -> None:
    cluster.kubectl("create", "configmap", "owner")
    uid = cluster.json("configmap", "owner")["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid}
    cluster.apply(
        [
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "child", "namespace": "default", "ownerReferences": [owner]},
            }
        ]
    )
    cluster.kubectl("delete", "configmap", "owner")
    eventually(lambda: "NotFound" in cluster.kubectl("get", "configmap", "child", check=False), what="child gone")


def test_roles_and_service_account_tokens_decide(cluster: ClusterHandle, tmp_path: Path) -> None:
    cluster.kubectl("create", "serviceaccount", "robot")
    token = cluster.kubectl("create", "token", "robot").strip()
    config = json.loads(cluster.kubectl("config", "view", "--raw", "-o", "json"))
    config["users"][0]["user"] = {"token": token}
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(config))

    def as_robot(*arguments: str) -> str:
        return cluster.kubectl(*arguments, f"--kubeconfig={file}", check=False).strip()

    assert "system:serviceaccount:default:robot" in as_robot("auth", "whoami")
    assert as_robot("auth", "can-i", "list", "pods") == "no"
    assert "Forbidden" in as_robot("get", "secrets")
    cluster.kubectl("create", "rolebinding", "robot", "--clusterrole=view", "--serviceaccount=default:robot")
    eventually(lambda: as_robot("auth", "can-i", "list", "pods") == "yes", what="the binding counts")


def test_the_admission_policy_of_gateway_api_refuses_old_crds(cluster: ClusterHandle, gateway_api: Path) -> None:
    cluster.install_gateway_api(gateway_api)
    patch = {"metadata": {"annotations": {"gateway.networking.k8s.io/bundle-version": "v1.0.0"}}}
    arguments = ("patch", "crd", "httproutes.gateway.networking.k8s.io", "--type=merge", "-p", json.dumps(patch))

    def refused() -> bool:
        return "ValidatingAdmissionPolicy" in cluster.kubectl(*arguments, "--dry-run=server", check=False)

    # a policy is compiled and enforced a moment after it was accepted
    eventually(refused, what="the policy refuses")


def test_an_api_server_comes_back_with_its_port_and_data(cluster: ClusterHandle) -> None:
    cluster.kubectl("create", "configmap", "kept")
    before = cluster.state
    cluster.kill_apiserver()
    assert not cluster.state.apiserver
    assert "refused" in cluster.kubectl("get", "configmap", "kept", check=False)
    cluster.start_apiserver()
    after = cluster.state
    assert after.apiserver
    assert (after.server, after.kubeconfig) == (before.server, before.kubeconfig)
    assert cluster.json("configmap", "kept")["metadata"]["name"] == "kept"


def test_clusters_are_different_clusters(lab: LabHandle) -> None:
    identities = {handle.json("namespace", "kube-system")["metadata"]["uid"] for handle in lab.clusters}
    assert len(identities) == len(lab.clusters)
    assert len({handle.state.address for handle in lab.clusters}) == len(lab.clusters)
    merged = {line for line in lab.state.kubeconfig.read_text().splitlines() if line.startswith("- context")}
    assert len(merged) <= len(lab.clusters)


@pytest.mark.parametrize("minor", minors()[1:])
def test_another_minor_can_be_asked_for(cluster_factory: ClusterFactory, minor: str) -> None:
    cluster = cluster_factory(kubernetes=minor)
    version = json.loads(cluster.kubectl("version", "-o", "json"))
    assert version["serverVersion"]["gitVersion"].startswith(f"v{minor}.")
    assert version["serverVersion"]["minor"] == minor.partition(".")[2]
    cluster.kubectl("create", "namespace", "short")
    cluster.kubectl("delete", "namespace", "short", "--timeout=30s")
