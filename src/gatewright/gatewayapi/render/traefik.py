"""Traefik as a Gateway API controller: the smallest set of objects that runs it with only the rights it uses."""

from __future__ import annotations

from typing import Final

from gatewright.gatewayapi.controllers import controller_named, requirements
from gatewright.gatewayapi.crds import GATEWAY_GROUP
from gatewright.model.desired import ControllerSpec
from gatewright.model.objects import JSON, Manifest

NAME: Final = "traefik"
CONTROLLER_NAME: Final = "traefik.io/gateway-controller"
PING_PORT: Final = 8080
USER: Final = 65532
_RBAC: Final = "rbac.authorization.k8s.io"
_STATUSLESS: Final = frozenset({"referencegrants"})
_FIRST_UNPRIVILEGED_PORT: Final = 1024


def render(spec: ControllerSpec) -> tuple[Manifest, ...]:
    """The objects for a complete spec, in the order to write them: rights before the workload that uses them."""
    return (
        _object("v1", "ServiceAccount", NAME, spec.namespace),
        _object(f"{_RBAC}/v1", "ClusterRole", cluster_name(spec), None, rules=list(rules(spec.version))),
        _binding(spec),
        _service(spec),
        _deployment(spec),
        _object(
            f"{GATEWAY_GROUP}/v1", "GatewayClass", spec.gateway_class, None, spec={"controllerName": CONTROLLER_NAME}
        ),
    )


def cluster_name(spec: ControllerSpec) -> str:
    """The name of what is cluster-scoped: it carries the namespace, so that two installations never share a role."""
    return f"gatewright-{NAME}-{spec.namespace}"


def rules(version: str) -> tuple[Manifest, ...]:
    """The rules of the ClusterRole for one version: reading what its informers watch, writing the status it reports."""
    kinds = sorted(name.partition(".")[0] for name, _ in requirements(NAME, version) or ())
    statuses = [f"{kind}/status" for kind in kinds if kind not in _STATUSLESS]
    return (
        _rule("", ["namespaces"], ["list", "watch"]),
        _rule("", ["configmaps", "secrets", "services"], ["get", "list", "watch"]),
        _rule("discovery.k8s.io", ["endpointslices"], ["list", "watch"]),
        _rule(GATEWAY_GROUP, kinds, ["get", "list", "watch"]),
        _rule(GATEWAY_GROUP, statuses, ["update"]),
    )


def all_rules() -> tuple[Manifest, ...]:
    """The rules of every version that can be installed."""
    return tuple(rule for version in controller_named(NAME).verified for rule in rules(version))


def arguments(spec: ControllerSpec) -> list[str]:
    """The command line. A listener's port must equal an entry point's, so a Service port is never mapped to another."""
    provider = "--providers.kubernetesgateway"
    return [
        *(f"--entrypoints.{name}.address=:{port}" for name, port in _entry_points(spec)),
        f"--entrypoints.traefik.address=:{PING_PORT}",
        "--ping=true",
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
        f"{provider}=true",
        f"{provider}.statusaddress.service.namespace={spec.namespace}",
        f"{provider}.statusaddress.service.name={NAME}",
    ]


def _entry_points(spec: ControllerSpec) -> list[tuple[str, int]]:
    return [("web" if index == 0 else f"port{port}", port) for index, port in enumerate(spec.ports)]


def _binding(spec: ControllerSpec) -> Manifest:
    role = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": cluster_name(spec)}
    subject = {"kind": "ServiceAccount", "name": NAME, "namespace": spec.namespace}
    return _object(f"{_RBAC}/v1", "ClusterRoleBinding", cluster_name(spec), None, roleRef=role, subjects=[subject])


def _service(spec: ControllerSpec) -> Manifest:
    ports = [{"name": name, "port": port, "protocol": "TCP", "targetPort": name} for name, port in _entry_points(spec)]
    return _object(
        "v1", "Service", NAME, spec.namespace, spec={"type": "LoadBalancer", "selector": _selector(), "ports": ports}
    )


def _deployment(spec: ControllerSpec) -> Manifest:
    pod: dict[str, JSON] = {
        "serviceAccountName": NAME,
        "securityContext": _pod_security(spec),
        "containers": [_container(spec)],
    }
    return _object(
        "apps/v1",
        "Deployment",
        NAME,
        spec.namespace,
        spec={
            "selector": {"matchLabels": _selector()},
            "template": {"metadata": {"labels": _labels()}, "spec": pod},
        },
    )


def _container(spec: ControllerSpec) -> Manifest:
    return {
        "name": NAME,
        "image": f"traefik:v{spec.version}",
        "args": arguments(spec),
        "ports": [
            *({"name": name, "containerPort": port, "protocol": "TCP"} for name, port in _entry_points(spec)),
            {"name": "traefik", "containerPort": PING_PORT, "protocol": "TCP"},
        ],
        "readinessProbe": {**_probe(), "periodSeconds": 5},
        "livenessProbe": {**_probe(), "periodSeconds": 10, "failureThreshold": 3},
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }


def _probe() -> Manifest:
    return {"httpGet": {"path": "/ping", "port": PING_PORT}}


def _pod_security(spec: ControllerSpec) -> Manifest:
    """Unprivileged; a port below 1024 is opened by the namespaced (safe) sysctl rather than by a capability."""
    context: dict[str, JSON] = {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    if min(spec.ports) < _FIRST_UNPRIVILEGED_PORT:
        context["sysctls"] = [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]
    return context


def _selector() -> dict[str, str]:
    return {"app.kubernetes.io/name": NAME, "app.kubernetes.io/instance": "gatewright"}


def _labels() -> dict[str, str]:
    return {**_selector(), "app.kubernetes.io/component": "gateway-controller"}


def _rule(group: str, resources: list[str], verbs: list[str]) -> Manifest:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


def _object(api: str, kind: str, name: str, namespace: str | None, /, **body: JSON) -> Manifest:
    metadata: dict[str, JSON] = {"name": name, "labels": _labels()}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **body}
