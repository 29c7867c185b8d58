"""Waiting until a cluster has done what was written: served, available, accepted, gone. Each with a deadline.

Polling, not watching: a wait lasts seconds, and a poll of the one small answer that decides is cheaper than to
open a watch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar, Final

import msgspec

from gatewright.kube.client import KubeClient
from gatewright.kube.discovery import group_version
from gatewright.kube.errors import ObjectNotFoundError
from gatewright.kube.resources import CRDS, DEPLOYMENTS, GATEWAY_CLASSES
from gatewright.model.errors import ClusterError
from gatewright.model.objects import Manifest, ObjectRef, part
from gatewright.observe.decode import condition
from gatewright.observe.survey import find

_POLL: Final = 0.05
_SLOW_POLL: Final = 0.5


class Deadlines(msgspec.Struct, frozen=True):
    """Seconds to wait for each kind of effect before the step fails (and can be retried)."""

    served: float = 60
    available: float = 180
    accepted: float = 60
    gone: float = 120


class NotServedInTimeError(ClusterError):
    """A CRD was written, and the API server does not serve what it defines."""

    code: ClassVar[str] = "rollout.not-served"


class NotAvailableInTimeError(ClusterError):
    """The controller's Deployment did not become Available."""

    code: ClassVar[str] = "rollout.not-available"


class NotAcceptedInTimeError(ClusterError):
    """No controller accepted the GatewayClass."""

    code: ClassVar[str] = "rollout.not-accepted"


class NotGoneInTimeError(ClusterError):
    """An object was deleted and is still there, waiting for its finalizers."""

    code: ClassVar[str] = "rollout.not-gone"


async def _until(done: Callable[[], Awaitable[bool]], seconds: float, poll: float = _POLL) -> bool:
    """Whether ``done`` came true in time; it is asked at least once."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not await done():
        if loop.time() >= deadline:
            return False
        await asyncio.sleep(poll)
    return True


async def served(kube: KubeClient, crds: tuple[Manifest, ...], seconds: float) -> None:
    """Until discovery lists every served version of every CRD (the API server then answers for it).

    Raises ``NotServedInTimeError`` with the CRD's own reason (condition NamesAccepted or Established).
    """
    waiting = {_kind(crd, v["name"]): crd for crd in crds for v in crd["spec"]["versions"] if v["served"]}

    async def done() -> bool:
        versions = {(group, version) for group, version, _ in waiting}
        listed = await asyncio.gather(*(_discovered(kube, group, version) for group, version in versions))
        found = frozenset[tuple[str, str, str]]().union(*listed)
        for key in found & waiting.keys():
            del waiting[key]
        return not waiting

    if not await _until(done, seconds):
        name = str(next(iter(waiting.values()))["metadata"]["name"])
        status = part(await kube.get(CRDS, name), "status")
        why = condition(status, "NamesAccepted") or condition(status, "Established")
        raise NotServedInTimeError(
            object=f"CustomResourceDefinition {name}", seconds=int(seconds), why=str(why.get("message", "-"))
        )


def _kind(crd: Manifest, version: str) -> tuple[str, str, str]:
    return (crd["spec"]["group"], version, crd["spec"]["names"]["plural"])


async def _discovered(kube: KubeClient, group: str, version: str) -> frozenset[tuple[str, str, str]]:
    try:
        listed = await group_version(kube, group, version)
    except ObjectNotFoundError:
        return frozenset()
    return frozenset((group, version, resource.plural) for resource in listed)


async def available(kube: KubeClient, ref: ObjectRef, seconds: float) -> None:
    """Until the Deployment's status is current and Available. Raises ``NotAvailableInTimeError`` with its reason."""
    why = "-"

    async def done() -> bool:
        nonlocal why
        live = await kube.get(DEPLOYMENTS, ref.name, ref.namespace)
        status = part(live, "status")
        found = condition(status, "Available")
        why = str(found.get("message") or found.get("reason") or "no status yet")
        current = status.get("observedGeneration", 0) >= live["metadata"]["generation"]
        rolled = status.get("updatedReplicas", 0) >= live["spec"].get("replicas", 1)
        return current and rolled and found.get("status") == "True"

    if not await _until(done, seconds, _SLOW_POLL):
        raise NotAvailableInTimeError(object=str(ref), seconds=int(seconds), why=why)


async def accepted(kube: KubeClient, ref: ObjectRef, seconds: float) -> None:
    """Until the GatewayClass is Accepted at its present generation. Raises ``NotAcceptedInTimeError``."""
    why = "-"

    async def done() -> bool:
        nonlocal why
        live = await kube.get(GATEWAY_CLASSES, ref.name)
        found = condition(part(live, "status"), "Accepted")
        why = str(found.get("message") or found.get("reason") or "no status yet")
        current = found.get("observedGeneration", 0) >= live["metadata"]["generation"]
        return current and found.get("status") == "True"

    if not await _until(done, seconds, _SLOW_POLL):
        raise NotAcceptedInTimeError(object=str(ref), seconds=int(seconds), why=why)


async def gone(kube: KubeClient, ref: ObjectRef, uid: str, seconds: float) -> None:
    """Until the object with this uid is no more. Raises ``NotGoneInTimeError`` naming its finalizers."""
    finalizers = "-"

    async def done() -> bool:
        nonlocal finalizers
        live = await find(kube, ref)
        if live is None or live["metadata"]["uid"] != uid:
            return True
        names: list[str] = [
            *(live["metadata"].get("finalizers") or ()),
            *(live.get("spec", {}).get("finalizers") or ()),
        ]
        finalizers = ", ".join(names) or "-"
        return False

    if not await _until(done, seconds, 0.2):
        raise NotGoneInTimeError(object=str(ref), seconds=int(seconds), finalizers=finalizers)
