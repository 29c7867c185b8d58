"""Writes one step of a plan to one cluster. Every write is guarded, re-checked, locked and remembered.

For each object: the guard (rollout generation, Lease) -> read it again -> is it still what the verdict was made on? ->
apply with its resourceVersion, so that nobody can come in between -> record what the write returned. An object that
already is what we want, with our marks, is done: the step was begun before. ``force`` is used only to carry out an
``update`` or ``adopt`` that a person could read in the plan, on exactly the object that the plan showed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import msgspec

from gatewright.gatewayapi.marks import TEAM
from gatewright.gatewayapi.writers import owner_of
from gatewright.kube.client import ABSENT, KubeClient
from gatewright.kube.errors import ObjectConflictError
from gatewright.kube.resources import CRDS, resource_of
from gatewright.model.errors import ClusterError
from gatewright.model.objects import Manifest, ObjectRef, part
from gatewright.model.observation import CrdObservation, NamespaceObservation, ObjectObservation
from gatewright.model.plan import ClusterPlan, ObjectVerdict, Step
from gatewright.observe import contents, decode
from gatewright.observe.survey import find
from gatewright.planning.fingerprints import Seen
from gatewright.planning.request import CRD_KIND, BundleContent, Known, Record
from gatewright.planning.staleness import unmoved
from gatewright.planning.writes import manifest_of, origin_of, surplus
from gatewright.rollout import waits
from gatewright.rollout.errors import NotEmptyError, ObjectMovedError
from gatewright.text import Message, message

TOGETHER: Final = 6
"""How many objects of one step are sent at once, where the plan allows it."""

_PAUSES: Final = (0.5, 1.0, 2.0)
"""Seconds before an object is tried again whose write was lost on the way."""


class Memory(Protocol):
    """What the writer remembers of a cluster, durably."""

    async def remember(self, record: Record, kind: str, what: Message) -> None:
        """Keeps the record, and adds an event to the rollout's log."""
        ...

    async def forget(self, ref: ObjectRef, what: Message) -> None:
        """Drops the record, and adds an event to the rollout's log."""
        ...


class Site(msgspec.Struct, frozen=True):
    """One cluster under one plan. ``guard`` raises when this process may no longer write there."""

    kube: KubeClient
    plan: ClusterPlan
    known: Known
    bundle: BundleContent | None
    memory: Memory
    guard: Callable[[], Awaitable[None]]
    deadlines: waits.Deadlines = waits.Deadlines()


async def run(site: Site, step: Step) -> None:
    """Carries out a step that writes or waits. Raises ``ClusterError``, ``ObjectMovedError``, ``NotEmptyError``."""
    match step.kind:
        case "namespaces" | "policy" | "controller":
            await _each(site, step, _apply)
        case "crds":
            await _each(site, step, _apply)
            await waits.served(site.kube, _crds(site, step), site.deadlines.served)
        case "available":
            for ref in step.refs:
                await waits.available(site.kube, ref, site.deadlines.available)
        case "accepted":
            await _each(site, step, _apply)
            for ref in step.refs:
                await waits.accepted(site.kube, ref, site.deadlines.accepted)
        case "remove":
            await _each(site, step, _remove)
        case "check" | "forget":
            raise ValueError(f"the executor's own step: {step.kind}")


def _crds(site: Site, step: Step) -> tuple[Manifest, ...]:
    assert site.bundle is not None
    return tuple(site.bundle.crds[ref.name] for ref in step.refs)


async def _each(site: Site, step: Step, one: Callable[[Site, ObjectRef], Awaitable[None]]) -> None:
    """``one`` for every object of the step, in order, or several at once where the plan allows it."""
    if not step.together:
        for ref in step.refs:
            await one(site, ref)
        return
    budget = asyncio.Semaphore(TOGETHER)

    async def within_budget(ref: ObjectRef) -> None:
        async with budget:
            await one(site, ref)

    results = await asyncio.gather(*(within_budget(ref) for ref in step.refs), return_exceptions=True)
    for result in results:  # the others were let finish: what they wrote is recorded
        if isinstance(result, BaseException):
            raise result


async def _apply(site: Site, ref: ObjectRef) -> None:
    verdict = site.plan.verdict_of(ref)
    if verdict is None or verdict.verdict not in ("create", "update", "adopt"):
        return
    await _until_settled(site, verdict, _apply_once)


async def _until_settled(
    site: Site, verdict: ObjectVerdict, once: Callable[[Site, ObjectVerdict], Awaitable[None]]
) -> None:
    """Reads and writes again where a write was lost on the way, or crossed another one: most often that one only
    touched the status (a controller's), and reading again tells; else the object is found to have moved."""
    for pause in (*_PAUSES, None):
        try:
            await once(site, verdict)
            return
        except ObjectConflictError as error:
            if pause is None:
                raise _moved(verdict.ref, await _seen(site, verdict.ref)) from error
        except ClusterError as error:
            if pause is None or not error.retryable:
                raise
            await asyncio.sleep(pause)


async def _apply_once(site: Site, verdict: ObjectVerdict) -> None:
    ref = verdict.ref
    await site.guard()
    live = await find(site.kube, ref)
    seen = None if live is None else observed(ref, live)
    wanted = manifest_of(site.plan, ref, site.bundle, site.known.installation)
    state = unmoved(verdict, seen, wanted, site.known.installation)
    if state == "moved":
        raise _moved(ref, seen)
    kind, what = "already", message("rollout.event.already", object=str(ref))
    if live is None or state == "as-planned":
        live = await _send(site, verdict, wanted, live)
        kind, what = (
            "wrote",
            message("rollout.event.wrote", verdict=message(f"rollout.verdict.{verdict.verdict}"), object=str(ref)),
        )
    meta = live["metadata"]
    team = str(part(wanted["metadata"], "annotations").get(TEAM, ""))
    origin = origin_of(site.plan, ref)
    record = Record(ref, origin, meta["uid"], meta.get("generation", 0), verdict.wanted, team)
    await site.memory.remember(record, kind, what)


async def _send(site: Site, verdict: ObjectVerdict, wanted: Manifest, live: Manifest | None) -> Manifest:
    """Under a lock: only on the very object that was read, or only if there is still none."""
    meta = {} if live is None else part(live, "metadata")
    force = verdict.verdict in ("update", "adopt")
    version = meta.get("resourceVersion", ABSENT)
    applied = await site.kube.apply(
        wanted,
        force=force,
        resource_version=version,
        uid=meta.get("uid"),
        metadata_only=verdict.ref.kind == CRD_KIND,
    )
    rest = surplus(wanted, live) if live is not None and force and verdict.ref.kind == CRD_KIND else None
    if rest is None:
        return applied.object
    await site.guard()
    return await site.kube.patch(CRDS, verdict.ref.name, {"metadata": {"uid": meta.get("uid")}, **rest})


async def _remove(site: Site, ref: ObjectRef) -> None:
    verdict = site.plan.verdict_of(ref)
    if verdict is None or verdict.verdict != "delete":
        return
    await _until_settled(site, verdict, _remove_once)


async def _remove_once(site: Site, verdict: ObjectVerdict) -> None:
    ref = verdict.ref
    await site.guard()
    seen = await _seen(site, ref)
    if seen is not None:
        if not seen.metadata.deleting:
            seen = await _counted(site, ref, seen)
            if unmoved(verdict, seen, None, site.known.installation) == "moved":
                raise _moved(ref, seen)
            await _delete(site, ref, seen)
        await waits.gone(site.kube, ref, seen.metadata.uid, site.deadlines.gone)
    await site.memory.forget(ref, message("rollout.event.removed", object=str(ref)))


async def _delete(site: Site, ref: ObjectRef, seen: Seen) -> None:
    resource, metadata = resource_of(ref.api_version, ref.kind), seen.metadata
    version = metadata.resource_version
    await site.kube.delete(resource, ref.name, ref.namespace, uid=metadata.uid, resource_version=version)


async def _counted(site: Site, ref: ObjectRef, seen: Seen) -> Seen:
    """The observation with what is inside, counted at the last moment. Raises ``NotEmptyError``."""
    uncounted: tuple[str, ...] = ()
    if isinstance(seen, CrdObservation):
        counts = await contents.count_custom_resources(site.kube, seen)
        seen = msgspec.structs.replace(seen, objects=counts)
    elif isinstance(seen, NamespaceObservation):
        ours = frozenset(record.ref.identity for record in site.known.records)
        counts, uncounted = await contents.count_namespace(site.kube, ref.name, ours)
        seen = msgspec.structs.replace(seen, contents=counts, uncounted=uncounted)
    else:
        return seen
    if counts or uncounted:
        what = [*(f"{name or 'cluster'} ({count})" for name, count in sorted(counts.items())), *uncounted]
        raise NotEmptyError(object=str(ref), count=sum(counts.values()), what=", ".join(what[:10]))
    return seen


async def _seen(site: Site, ref: ObjectRef) -> Seen | None:
    live = await find(site.kube, ref)
    return None if live is None else observed(ref, live)


def observed(ref: ObjectRef, live: Manifest) -> CrdObservation | NamespaceObservation | ObjectObservation:
    """The observation of one object, as the survey makes it."""
    if ref.kind == CRD_KIND:
        return decode.crd_of(live)
    if ref.kind == "Namespace":
        return decode.namespace_of(live)
    return decode.object_of(ref, live)


def _moved(ref: ObjectRef, seen: Seen | None) -> ObjectMovedError:
    owner = None if seen is None else owner_of(seen.metadata)
    return ObjectMovedError(object=str(ref), owner=str(owner) if owner else "-")
