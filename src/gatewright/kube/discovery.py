"""What an API server serves: one group version, or everything in two requests (aggregated discovery, KEP-3352)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Final, cast

import msgspec

from gatewright.kube.client import KubeClient
from gatewright.kube.connection import without_userinfo
from gatewright.kube.errors import NotKubernetesError
from gatewright.kube.resources import Resource

_AGGREGATED: Final = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" for version in ("v2", "v2beta1")
)


async def group_version(kube: KubeClient, group: str, version: str) -> list[Resource]:
    """The kinds of one group version. Raises ``NotServedError`` where it does not exist."""
    path = Resource(group, version, "", "", False).root
    found = _decode(kube, await kube.get_raw(path))
    entries = cast(list[dict[str, Any]], found.get("resources") or [])
    return [
        Resource(group, version, str(e["name"]), str(e["kind"]), bool(e["namespaced"]))
        for e in entries
        if "/" not in str(e["name"])
    ]


async def listable(kube: KubeClient) -> list[Resource]:
    """Every kind that can be listed, each at the version that its group prefers."""
    documents = await asyncio.gather(*(kube.get_raw(path, accept=_AGGREGATED) for path in ("/api", "/apis")))
    found: dict[tuple[str, str], Resource] = {}
    for document in documents:
        for resource in _aggregated(_decode(kube, document)):
            found.setdefault((resource.group, resource.plural), resource)
    return list(found.values())


def _aggregated(document: dict[str, Any]) -> Iterator[Resource]:
    for group in cast(list[dict[str, Any]], document.get("items") or []):
        name = str((group.get("metadata") or {}).get("name", ""))
        for version in cast(list[dict[str, Any]], group.get("versions") or []):
            for entry in cast(list[dict[str, Any]], version.get("resources") or []):
                if "list" in (entry.get("verbs") or ()):
                    kind = str(entry["responseKind"]["kind"])
                    namespaced = entry.get("scope") == "Namespaced"
                    yield Resource(name, str(version["version"]), str(entry["resource"]), kind, namespaced)


def _decode(kube: KubeClient, body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise NotKubernetesError(server=without_userinfo(kube.connection.server), reason=str(error)[:200]) from error
