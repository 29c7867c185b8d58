"""Kubernetes objects that integration tests apply: a real Traefik, a Gateway and a route to an echo backend."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from gatewright.lab.backend import backend_objects

Object = dict[str, Any]
PORT = 8000
_GROUP = "gateway.networking.k8s.io"


def gateway_api_crds(version: str = "v1.6.1", channel: str = "standard") -> Path:
    """The folder with the CRDs and the policy of a Gateway API release, from its Go module."""
    answer = subprocess.run(
        ["go", "mod", "download", "-json", f"sigs.k8s.io/gateway-api@{version}"],
        check=True,
        capture_output=True,
        text=True,
    )
    return Path(json.loads(answer.stdout)["Dir"]) / "config" / "crd" / channel


def meta(name: str, namespace: str | None = None) -> Object:
    return {"name": name} | ({"namespace": namespace} if namespace else {})


def controller(namespace: str, *, version: str = "3.7.15", class_name: str = "traefik") -> list[Object]:
    """Traefik as one would install it by hand: account, permissions, Deployment, Service and GatewayClass."""
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": meta(namespace)},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta("traefik", namespace)},
        _role(f"{namespace}-traefik"),
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": meta(f"{namespace}-traefik"),
            "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": f"{namespace}-traefik"},
            "subjects": [{"kind": "ServiceAccount", "name": "traefik", "namespace": namespace}],
        },
        deployment(namespace, version),
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": meta("traefik", namespace),
            "spec": {
                "type": "LoadBalancer",
                "selector": {"app": "traefik"},
                "ports": [{"name": "web", "port": PORT, "targetPort": PORT}],
            },
        },
        {
            "apiVersion": f"{_GROUP}/v1",
            "kind": "GatewayClass",
            "metadata": meta(class_name),
            "spec": {"controllerName": "traefik.io/gateway-controller"},
        },
    ]


def deployment(namespace: str, version: str) -> Object:
    arguments = [
        f"--entrypoints.web.address=:{PORT}",
        "--ping=true",
        "--providers.kubernetesgateway=true",
        "--providers.kubernetesgateway.statusaddress.service.name=traefik",
        f"--providers.kubernetesgateway.statusaddress.service.namespace={namespace}",
    ]
    container = {
        "name": "traefik",
        "image": f"docker.io/traefik:v{version}",
        "args": arguments,
        "ports": [{"name": "web", "containerPort": PORT}, {"name": "admin", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/ping", "port": "admin"}, "periodSeconds": 2},
    }
    labels = {"app": "traefik"}
    pod = {"metadata": {"labels": labels}, "spec": {"serviceAccountName": "traefik", "containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta("traefik", namespace),
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod},
    }


def route(
    namespace: str, address: str, port: int, *, class_name: str = "traefik", host: str = "shop.test"
) -> list[Object]:
    """A namespace with a Gateway, an HTTPRoute for ``host`` and the backend it leads to."""
    listener = {"name": "web", "protocol": "HTTP", "port": PORT, "allowedRoutes": {"namespaces": {"from": "Same"}}}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": meta(namespace)},
        *backend_objects(namespace, "echo", address, port),
        {
            "apiVersion": f"{_GROUP}/v1",
            "kind": "Gateway",
            "metadata": meta("web", namespace),
            "spec": {"gatewayClassName": class_name, "listeners": [listener]},
        },
        {
            "apiVersion": f"{_GROUP}/v1",
            "kind": "HTTPRoute",
            "metadata": meta("shop", namespace),
            "spec": {
                "parentRefs": [{"name": "web"}],
                "hostnames": [host],
                "rules": [{"backendRefs": [{"name": "echo", "port": port}]}],
            },
        },
    ]


_RBAC = "rbac.authorization.k8s.io"


def _role(name: str) -> Object:
    read, kinds = ["get", "list", "watch"], ["gatewayclasses", "gateways", "httproutes", "grpcroutes", "tlsroutes"]
    kinds += ["tcproutes", "udproutes", "referencegrants", "backendtlspolicies", "listenersets"]
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": meta(name),
        "rules": [
            {"apiGroups": [""], "resources": ["namespaces", "services", "secrets", "configmaps"], "verbs": read},
            {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": read},
            {"apiGroups": [_GROUP], "resources": kinds, "verbs": read},
            {"apiGroups": [_GROUP], "resources": [f"{kind}/status" for kind in kinds], "verbs": ["update"]},
        ],
    }
