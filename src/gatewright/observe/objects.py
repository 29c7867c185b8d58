"""The judged objects of many clusters in one list, and one of them as its API server has it now."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Sequence
from typing import Final, TypeAlias

import msgspec

from gatewright.gatewayapi.crds import GROUPS
from gatewright.kube.discovery import listable
from gatewright.model.health import WORST, HealthState, ObjectHealth, SeenObject
from gatewright.model.objects import Manifest, part
from gatewright.observe.audience import Audience, Member, View, member_of, members_of
from gatewright.observe.board import ClusterState
from gatewright.observe.breath import Breath
from gatewright.observe.clusters import Clusters
from gatewright.observe.kinds import kind_named
from gatewright.observe.observatory import Observatory
from gatewright.observe.views import LOOK_SECONDS, UnknownObjectError, visible

Place: TypeAlias = tuple[int, str, str, str, str]
"""Where an object is in the list: by state (worst first), cluster, kind, namespace and name."""
_RANK: Final = {state: rank for rank, state in enumerate(WORST)}
_KEPT: Final = 4
"""How many times as many as are wanted are gathered before the rest is dropped."""
_NOISE: Final = frozenset({"managedFields", "selfLink"})
_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


class Wanted(msgspec.Struct, frozen=True):
    """Which objects: of these kinds and states (none: all), with all of ``words`` (lower case) in their name,
    namespace, cluster or what is wrong with them."""

    kinds: Collection[str] = ()
    states: Collection[HealthState] = ()
    words: Sequence[str] = ()


class ObjectList:
    """The list over one observatory."""

    def __init__(self, observatory: Observatory, clusters: Clusters) -> None:
        self._observatory = observatory
        self._clusters = clusters

    async def first(
        self, view: View, names: Sequence[str], wanted: Wanted, after: Place | None, most: int
    ) -> list[SeenObject]:
        """The first ``most`` behind ``after``. Raises ``UnknownTeamError``, ``UnknownClusterError``,
        ``UnknownKindError``."""
        kinds = {kind_named(kind) for kind in wanted.kinds}
        directory = await self._observatory.directories.read()
        members = members_of(directory, view, names)
        await self._observatory.look([member.uid for member in members], LOOK_SECONDS)
        breath = Breath.answering()
        found: list[SeenObject] = []
        for member in members:
            state = self._observatory.board.state(member.uid)
            if state is not None:
                fits = (
                    SeenObject(member.name, health)
                    for health in _of(state, member)
                    if (not kinds or (health.ref.group, health.ref.kind) in kinds)
                    and (not wanted.states or health.state in wanted.states)
                    and _says(member.name, health, wanted.words)
                )
                behind = (one for one in fits if after is None or place(one) > after)
                found += behind
                if len(found) > _KEPT * most:
                    found = heapq.nsmallest(most, found, key=place)
            await breath.take()
        return heapq.nsmallest(most, found, key=place)

    async def live(self, view: View, cluster: str, kind: str, namespace: str, name: str) -> Manifest:
        """The object as its API server has it, without what is of no use to readers. To an audience what is in the
        namespaces of its teams. Raises ``UnknownObjectError``, ``UnknownKindError``, the errors of ``view`` and of
        reading from a cluster."""
        wanted = kind_named(kind)
        member = member_of(await self._observatory.directories.read(), view, cluster)
        unknown = UnknownObjectError(kind=wanted[1], name=name[:120])
        theirs = member.namespaces is not None and namespace in member.namespaces
        if wanted[0] not in GROUPS or (isinstance(view, Audience) and not theirs):
            raise unknown
        async with self._clusters.client(cluster) as kube:
            served = next((r for r in await listable(kube) if (r.group, r.kind) == wanted), None)
            if served is None or (served.namespaced and not namespace):
                raise unknown
            live = await kube.find(served, name, namespace if served.namespaced else None)
        if live is None:
            raise unknown
        return _readable(live, served.api_version, served.kind)


def place(one: SeenObject) -> Place:
    """Its place in the list."""
    ref = one.object.ref
    return (_RANK[one.object.state], one.cluster, f"{ref.kind}.{ref.group}", ref.namespace or "", ref.name)


def _of(state: ClusterState, member: Member) -> Iterator[ObjectHealth]:
    return iter(visible(state, member).values())


def _says(cluster: str, health: ObjectHealth, words: Sequence[str]) -> bool:
    if not words:
        return True
    ref = health.ref
    text = "\n".join((cluster, ref.kind, ref.namespace or "", ref.name, *(f.code for f in health.findings))).lower()
    return all(word in text for word in words)


def _readable(live: Manifest, api_version: str, kind: str) -> Manifest:
    meta = {key: value for key, value in part(live, "metadata").items() if key not in _NOISE}
    annotations = {key: value for key, value in part(meta, "annotations").items() if key != _APPLIED}
    meta.pop("annotations", None)
    if annotations:
        meta["annotations"] = annotations
    rest = {key: value for key, value in live.items() if key not in ("apiVersion", "kind", "metadata")}
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, **rest}
