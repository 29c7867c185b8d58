"""What an API server serves: one group version, or everything in two requests (aggregated discovery, KEP-3352)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final, TypeVar

import msgspec

from gatewright.kube.client import KubeClient
from gatewright.kube.connection import without_userinfo
from gatewright.kube.errors import NotKubernetesError
from gatewright.kube.resources import Resource

_AGGREGATED: Final = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" for version in ("v2", "v2beta1")
)
_T = TypeVar("_T")


class _Entry(msgspec.Struct, frozen=True):
    name: str
    kind: str
    namespaced: bool = False


class _ResourceList(msgspec.Struct, frozen=True):
    """``APIResourceList``."""

    resources: list[_Entry] | None = None


class _Kind(msgspec.Struct, frozen=True):
    kind: str = ""


class _Served(msgspec.Struct, frozen=True, rename="camel"):
    resource: str
    response_kind: _Kind | None = None
    scope: str = ""
    verbs: list[str] | None = None


class _Version(msgspec.Struct, frozen=True):
    version: str
    resources: list[_Served] | None = None


class _GroupMeta(msgspec.Struct, frozen=True):
    name: str = ""


class _Group(msgspec.Struct, frozen=True):
    metadata: _GroupMeta = _GroupMeta()
    versions: list[_Version] | None = None


class _GroupList(msgspec.Struct, frozen=True):
    """``APIGroupDiscoveryList``; versions in the order that the group prefers."""

    kind: str = ""
    items: list[_Group] | None = None


async def group_version(kube: KubeClient, group: str, version: str) -> list[Resource]:
    """The kinds of one group version. Raises ``NotServedError`` where it does not exist."""
    path = Resource(group, version, "", "", False).root
    found = _decode(kube, await kube.get_raw(path), _ResourceList)
    return [
        Resource(group, version, entry.name, entry.kind, entry.namespaced)
        for entry in found.resources or ()
        if "/" not in entry.name
    ]


async def listable(kube: KubeClient) -> list[Resource]:
    """Every kind that can be listed, each at the version that its group prefers (Kubernetes 1.26 and later)."""
    documents = await asyncio.gather(*(kube.get_raw(path, accept=_AGGREGATED) for path in ("/api", "/apis")))
    found: dict[tuple[str, str], Resource] = {}
    for document in documents:
        for resource in _aggregated(_decode(kube, document, _GroupList)):
            found.setdefault((resource.group, resource.plural), resource)
    return list(found.values())


def _aggregated(document: _GroupList) -> Iterator[Resource]:
    for group in document.items or ():
        for version in group.versions or ():
            for entry in version.resources or ():
                if "list" in (entry.verbs or ()):
                    kind = entry.response_kind.kind if entry.response_kind else ""
                    namespaced = entry.scope == "Namespaced"
                    yield Resource(group.metadata.name, version.version, entry.resource, kind, namespaced)


def _decode(kube: KubeClient, body: bytes, shape: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotKubernetesError(server=without_userinfo(kube.connection.server), reason=str(error)[:200]) from error
