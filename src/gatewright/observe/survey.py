"""The survey: everything that planning reads of one cluster, asked for at once, and nothing else.

An unchanged cluster is cheap to survey: a CRD whose uid and generation are those that our own last write returned
has the spec that we wrote, so a metadata-only list (20 to 50 ms) replaces a megabyte of schemas.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import msgspec

from gatewright.gatewayapi.catalogue import catalogue
from gatewright.gatewayapi.crds import is_gateway_api_crd
from gatewright.kube.client import KubeClient
from gatewright.kube.errors import ObjectNotFoundError
from gatewright.kube.resources import (
    CRDS,
    DEPLOYMENTS,
    GATEWAY_CLASSES,
    NAMESPACES,
    VALIDATING_ADMISSION_POLICIES,
    VALIDATING_ADMISSION_POLICY_BINDINGS,
    Resource,
    resource_of,
)
from gatewright.model.errors import GatewrightError
from gatewright.model.moments import rfc3339
from gatewright.model.objects import Manifest, ObjectRef
from gatewright.model.observation import (
    ControllerObservation,
    CrdObservation,
    CrdVersion,
    GatewayClassObservation,
    NamespaceObservation,
    ObjectObservation,
    Observation,
    PolicyObservation,
)
from gatewright.observe import contents, decode
from gatewright.planning.request import Interests, Known, Record, crd_ref

IDENTITY_NAMESPACE = "kube-system"


async def identity(kube: KubeClient, *, multiplexed: bool = False) -> str:
    """The cluster's identity: the UID of its ``kube-system`` namespace. ``multiplexed``: see ``transport.Call``."""
    found = await kube.get(NAMESPACES, IDENTITY_NAMESPACE, multiplexed=multiplexed)
    return str(found["metadata"]["uid"])


async def survey(kube: KubeClient, cluster: str, interests: Interests, known: Known) -> Observation:
    """Observes ``interests``. Raises ``ClusterError`` when anything that a plan needs could not be read."""
    seen_at = rfc3339(datetime.now(UTC))
    try:
        async with asyncio.TaskGroup() as group:
            uid = group.create_task(identity(kube))
            version = group.create_task(kube.version())
            crds = group.create_task(_crds(kube, interests, known))
            namespaces = group.create_task(_namespaces(kube, interests, known))
            objects = group.create_task(_objects(kube, interests.objects))
            controllers = group.create_task(_controllers(kube))
            classes = group.create_task(_gateway_classes(kube))
            policies = group.create_task(_policies(kube))
    except* GatewrightError as failed:
        raise _first(failed) from None
    return Observation(
        cluster=cluster,
        uid=uid.result(),
        seen_at=seen_at,
        kubernetes=version.result(),
        crds=crds.result(),
        namespaces=namespaces.result(),
        objects=objects.result(),
        controllers=controllers.result(),
        gateway_classes=classes.result(),
        policies=policies.result(),
    )


def _first(group: BaseExceptionGroup[GatewrightError]) -> GatewrightError:
    """One cause is enough to act on; the others are mostly the same."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


async def _crds(kube: KubeClient, interests: Interests, known: Known) -> tuple[CrdObservation, ...]:
    listed = [
        item for item in await kube.list(CRDS, metadata_only=True) if is_gateway_api_crd(item["metadata"]["name"])
    ]
    found = await asyncio.gather(*(_crd(kube, item, known) for item in listed))
    present = [crd for crd in found if crd is not None]
    if interests.count_objects:
        counts = await asyncio.gather(*(contents.count_custom_resources(kube, crd) for crd in present))
        present = [msgspec.structs.replace(crd, objects=count) for crd, count in zip(present, counts, strict=True)]
    return tuple(sorted(present, key=lambda crd: crd.name))


async def _crd(kube: KubeClient, listed: Manifest, known: Known) -> CrdObservation | None:
    name = str(listed["metadata"]["name"])
    remembered = known.record_of(crd_ref(name))
    if remembered is not None:
        untouched = _untouched(listed, remembered, known)
        if untouched is not None:
            return untouched
    live = await kube.find(CRDS, name)
    return None if live is None else decode.crd_of(live)


def _untouched(listed: Manifest, record: Record, known: Known) -> CrdObservation | None:
    """The CRD from our record and the catalogue, if it is still what we wrote *and* what is wanted now.

    When another release is wanted the CRD is read in full, because ``status.storedVersions`` then matters.
    """
    metadata = decode.metadata_of(listed)
    if (metadata.uid, metadata.generation) != (record.uid, record.generation) or metadata.deleting:
        return None
    for claim in known.claims:
        facts = None if claim.bundle is None else catalogue().bundle(claim.bundle).crd(record.ref.name)
        if facts is not None and facts.spec == record.wanted:
            versions = tuple(CrdVersion(v.name, v.served, v.storage) for v in facts.versions)
            stored = tuple(v.name for v in versions if v.storage)
            return CrdObservation(record.ref.name, metadata, record.wanted, versions, stored, established=True)
    return None


async def _namespaces(kube: KubeClient, interests: Interests, known: Known) -> tuple[NamespaceObservation, ...]:
    found = await asyncio.gather(*(kube.find(NAMESPACES, name) for name in interests.namespaces))
    present = [decode.namespace_of(live) for live in found if live is not None]
    ours = frozenset(record.ref.identity for record in known.records)
    result: list[NamespaceObservation] = []
    for namespace in present:
        if namespace.name in interests.count_contents:
            counted, uncounted = await contents.count_namespace(kube, namespace.name, ours)
            namespace = msgspec.structs.replace(namespace, contents=counted, uncounted=uncounted)
        result.append(namespace)
    return tuple(result)


async def _objects(kube: KubeClient, refs: tuple[ObjectRef, ...]) -> tuple[ObjectObservation, ...]:
    found = await asyncio.gather(*(find(kube, ref) for ref in refs))
    return tuple(decode.object_of(ref, live) for ref, live in zip(refs, found, strict=True) if live is not None)


async def find(kube: KubeClient, ref: ObjectRef) -> Manifest | None:
    """The object, or None where it, its namespace or its kind does not exist."""
    try:
        return await kube.find(resource_of(ref.api_version, ref.kind), ref.name, ref.namespace)
    except ObjectNotFoundError:
        return None


async def _controllers(kube: KubeClient) -> tuple[ControllerObservation, ...]:
    found = [c for item in await kube.list(DEPLOYMENTS) for c in decode.controllers_of(item)]
    return tuple(sorted(found, key=lambda c: (c.namespace, c.deployment)))


async def _gateway_classes(kube: KubeClient) -> tuple[GatewayClassObservation, ...]:
    listed = await list_if_served(kube, GATEWAY_CLASSES)
    return tuple(decode.gateway_class_of(item) for item in listed)


async def _policies(kube: KubeClient) -> tuple[PolicyObservation, ...]:
    policies, bindings = await asyncio.gather(
        list_if_served(kube, VALIDATING_ADMISSION_POLICIES),
        list_if_served(kube, VALIDATING_ADMISSION_POLICY_BINDINGS),
    )
    bound = frozenset(str(b["spec"].get("policyName", "")) for b in bindings)
    return tuple(p for item in policies if (p := decode.policy_of(item, bound)) is not None)


async def list_if_served(kube: KubeClient, resource: Resource) -> list[Manifest]:
    """The list, empty where the kind is not served (Kubernetes below 1.30 has no admission policies)."""
    try:
        return await kube.list(resource)
    except ObjectNotFoundError:
        return []
