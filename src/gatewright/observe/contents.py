"""How much is in a namespace or under a CRD: counted before anything is removed, so that nothing of others is lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, Final, cast

import msgspec

from gatewright.kube.client import KubeClient
from gatewright.kube.discovery import listable
from gatewright.kube.errors import BadRequestError, ForbiddenError, ObjectNotFoundError
from gatewright.kube.resources import Resource
from gatewright.model.objects import Manifest
from gatewright.model.observation import CrdObservation

Identity = tuple[str, str, str, str]

_OF_EVERY_NAMESPACE: Final = frozenset({("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")})
_ECHOES: Final = frozenset({("", "Event"), ("events.k8s.io", "Event"), ("metrics.k8s.io", "PodMetrics")})


async def count_custom_resources(kube: KubeClient, crd: CrdObservation) -> dict[str, int]:
    """Custom resources of the CRD by namespace (``""``: cluster-scoped); empty where it serves no version."""
    served = sorted(crd.served())
    if not served:
        return {}
    plural, _, group = crd.name.partition(".")
    resource = Resource(group, served[0], plural, plural, namespaced=True)
    listed = await kube.list(resource, metadata_only=True)
    return dict(Counter(str(item["metadata"].get("namespace", "")) for item in listed))


async def count_namespace(
    kube: KubeClient, namespace: str, ours: frozenset[Identity]
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Objects in the namespace that are not ours, by ``Kind.group``, and the kinds that could not be listed.

    Not counted: what Kubernetes puts into every namespace, Events (echoes of other objects), and what descends from
    an object of ours by owner references (a Deployment's ReplicaSets and Pods).
    """
    resources = [r for r in await listable(kube) if r.namespaced and (r.group, r.kind) not in _ECHOES]
    budget = asyncio.Semaphore(8)

    async def members(resource: Resource) -> list[_Member] | None:
        async with budget:
            try:
                listed = await kube.list(resource, namespace, metadata_only=True)
            except (ForbiddenError, BadRequestError):
                return None
            except ObjectNotFoundError:
                return []
        return [_member(resource, item) for item in listed]

    found = await asyncio.gather(*(members(resource) for resource in resources))
    foreign = _foreign([member for group in found for member in group or ()], ours)
    uncounted = (_label(resource) for resource, group in zip(resources, found, strict=True) if group is None)
    return dict(Counter(member.label for member in foreign)), tuple(sorted(uncounted))


class _Member(msgspec.Struct, frozen=True):
    identity: Identity
    owners: tuple[Identity, ...]
    label: str


def _label(resource: Resource) -> str:
    return f"{resource.kind}.{resource.group}" if resource.group else resource.kind


def _member(resource: Resource, item: Manifest) -> _Member:
    meta = cast(dict[str, Any], item["metadata"])
    namespace = str(meta.get("namespace", ""))
    owners = cast(list[dict[str, Any]], meta.get("ownerReferences") or [])
    return _Member(
        identity=(resource.group, resource.kind, namespace, meta["name"]),
        owners=tuple((_group(str(o["apiVersion"])), o["kind"], namespace, o["name"]) for o in owners),
        label=_label(resource),
    )


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]


def _foreign(members: list[_Member], ours: frozenset[Identity]) -> list[_Member]:
    expected = set(ours)
    rest = [m for m in members if not _of_kubernetes(m.identity, ours)]
    while True:
        descendants = [m for m in rest if m.identity in expected or expected.intersection(m.owners)]
        if not descendants:
            return rest
        expected.update(m.identity for m in descendants)
        rest = [m for m in rest if m not in descendants]


def _of_kubernetes(identity: Identity, ours: frozenset[Identity]) -> bool:
    _, kind, namespace, name = identity
    if kind == "Endpoints":  # mirrors a Service, without an owner reference
        return ("", "Service", namespace, name) in ours
    return (kind, name) in _OF_EVERY_NAMESPACE
