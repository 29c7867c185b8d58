"""What the scenes look at in a cluster: the installation, our objects, other people's objects."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import urlencode

from gatewright.cli.demo.stage import Stage
from gatewright.cli.demo.world import RELEASE, TRAEFIK
from gatewright.gatewayapi.crds import CHANNEL_ANNOTATION, VERSION_ANNOTATION, is_gateway_api_crd
from gatewright.gatewayapi.marks import GATEWRIGHT, MANAGED_BY
from gatewright.model.objects import digest

SHARED: Final = "traefik"
"""The namespace that the controller needs, and that others have already."""
_CRDS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_RBAC: Final = "/apis/rbac.authorization.k8s.io/v1"
_ADMISSION: Final = "/apis/admissionregistration.k8s.io/v1"
_OURS: Final = {
    "CustomResourceDefinition": _CRDS,
    "Namespace": "/api/v1/namespaces",
    "Deployment": "/apis/apps/v1/deployments",
    "Service": "/api/v1/services",
    "ServiceAccount": "/api/v1/serviceaccounts",
    "ClusterRole": f"{_RBAC}/clusterroles",
    "ClusterRoleBinding": f"{_RBAC}/clusterrolebindings",
    "ValidatingAdmissionPolicy": f"{_ADMISSION}/validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": f"{_ADMISSION}/validatingadmissionpolicybindings",
}
GATEWAY_API: Final = "/apis/gateway.networking.k8s.io/v1"
Object = dict[str, Any]
Marks = Mapping[str, str]
"""UID and resourceVersion of objects, by kind and name: equal marks, nothing written."""


def condition(live: Object, type: str) -> str:
    """``True``, ``False``, ``Unknown``, or empty where the object does not have it."""
    conditions = cast(list[Object], live.get("status", {}).get("conditions", []))
    return next((str(c["status"]) for c in conditions if c["type"] == type), "")


def writers(live: Object) -> str:
    """Everybody who wrote the object, by field manager."""
    return ", ".join(sorted({entry["manager"] for entry in live["metadata"].get("managedFields", [])}))


async def crds(stage: Stage, cluster: str) -> dict[str, Object]:
    """The CRDs of Gateway API, by name."""
    found = await stage.see(cluster, _CRDS)
    return {crd["metadata"]["name"]: crd for crd in found["items"] if is_gateway_api_crd(crd["metadata"]["name"])}


def release(crd: Object) -> str:
    """``v1.6.1 standard``, as the annotations say."""
    annotations = crd["metadata"].get("annotations", {})
    return f"{annotations.get(VERSION_ANNOTATION, '-')} {annotations.get(CHANNEL_ANNOTATION, '-')}"


async def namespace(stage: Stage, cluster: str, name: str) -> Object:
    """Empty where there is none."""
    return await stage.see(cluster, f"/api/v1/namespaces/{name}")


async def gateway_class(stage: Stage, cluster: str) -> str:
    """The status of the condition ``Accepted`` of GatewayClass traefik."""
    return condition(await stage.see(cluster, f"{GATEWAY_API}/gatewayclasses/traefik"), "Accepted")


async def deployment(stage: Stage, cluster: str) -> Object:
    """Traefik's; empty where there is none."""
    return await stage.see(cluster, f"/apis/apps/v1/namespaces/{SHARED}/deployments/traefik")


async def foreign(stage: Stage, cluster: str) -> Marks:
    """The namespace of others and what they keep there."""
    path = f"/api/v1/namespaces/{SHARED}"
    found = {"Namespace": path, "ConfigMap": f"{path}/configmaps/billing-rates"}
    return {kind: _mark(live) for kind, path in found.items() if (live := await stage.see(cluster, path))}


async def ours(stage: Stage, cluster: str) -> Marks:
    """Everything in the cluster that carries Gatewright's label. The status of a GatewayClass is its controller's, so
    it is left out here and looked at by itself."""
    query = urlencode({"labelSelector": f"{MANAGED_BY}={GATEWRIGHT}"})
    lists = await asyncio.gather(*(stage.see(cluster, f"{path}?{query}") for path in _OURS.values()))
    return {
        f"{kind} {live['metadata']['name']}": _mark(live)
        for kind, found in zip(_OURS, lists, strict=True)
        for live in found["items"]
    }


def _mark(live: Object) -> str:
    return f"{live['metadata']['uid']} {live['metadata']['resourceVersion']}"


def changed(before: Marks, after: Marks) -> str:
    """The names of what was written in between, made or gone; empty if nothing was."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return ", ".join(sorted(names))


async def installed(stage: Stage, cluster: str, team_namespace: str) -> None:
    """Claims that the cluster has everything that ``payments`` wants there."""
    found = await crds(stage, cluster)
    wanted = stage.world.bundles.names
    good = [n for n in wanted if n in found and release(found[n]) == str(RELEASE)]
    established = [n for n in good if condition(found[n], "Established") == "True"]
    stage.check(
        "crds",
        len(established) == len(wanted),
        f"{len(established)}/{len(wanted)}",
        cluster=cluster,
        bundle=str(RELEASE),
    )
    live = await deployment(stage, cluster)
    available = condition(live, "Available")
    running = available == "True" and image(live) == f"traefik:v{TRAEFIK}"
    seen = f"{image(live)} Available={available}"
    stage.check("controller", running, seen, cluster=cluster, version=TRAEFIK)
    accepted = await gateway_class(stage, cluster)
    stage.check("accepted", accepted == "True", f"Accepted={accepted or '-'}", cluster=cluster)
    phase = (await namespace(stage, cluster, team_namespace)).get("status", {}).get("phase", "-")
    stage.check("team-namespace", phase == "Active", phase, cluster=cluster, namespace=team_namespace)


def image(deployment: Object) -> str:
    """The image of its first container; a dash where there is none."""
    return "-" if not deployment else str(deployment["spec"]["template"]["spec"]["containers"][0]["image"])


async def content(stage: Stage, cluster: str) -> str:
    """A digest of what a person would call the version: every CRD's release and spec, and the controller's image."""
    specs = {name: [release(crd), crd["spec"]] for name, crd in (await crds(stage, cluster)).items()}
    return digest({"crds": specs, "controller": image(await deployment(stage, cluster))})[:12]
