"""What probes found, as people ask for it; and probes that are made because somebody asks.

A process that watches has its results at hand and asks its own prober. One that does not (a single command without a
server) looks, probes what was not probed lately, and remembers that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from gatewright.background import alongside
from gatewright.gatewayapi.health.hostnames import covers, normal
from gatewright.gatewayapi.health.probes import is_fresh
from gatewright.gatewayapi.kinds import GATEWAY, Key
from gatewright.gatewayapi.live import Snapshot
from gatewright.gatewayapi.probing import targets_of
from gatewright.model.probe import ProbeResult, ProbeRun, ProbeTarget, fails
from gatewright.observe.audience import Member, View, visible_clusters
from gatewright.observe.board import ClusterState
from gatewright.observe.directory import Directory
from gatewright.observe.observatory import Observatory
from gatewright.observe.probes.addresses import AddressPolicy
from gatewright.observe.probes.prober import Prober, ProberOptions
from gatewright.observe.probing import Probing
from gatewright.observe.pulse import utc_now
from gatewright.observe.views import Views

SECONDS: Final = 60.0
"""How long somebody who asks waits for probes at most: the pace is kept for them too."""


class Probes:
    """The probes over one observatory."""

    def __init__(self, observatory: Observatory, views: Views, policy: AddressPolicy) -> None:
        self._observatory = observatory
        self._views = views
        self._policy = policy
        self._probing: Probing | None = None

    def attend(self, probing: Probing) -> None:
        """This process probes from now on."""
        self._probing = probing

    async def list(
        self, view: View = None, names: Sequence[str] = (), *, hostname: str | None = None, failing: bool = False
    ) -> list[ProbeResult]:
        """What the last probe of each target came to, of all clusters (or these), or what of it concerns a view. Raises
        ``UnknownTeamError``, ``UnknownClusterError``."""
        directory, members = await self._views.members(view, names)
        if not self._observatory.watches_now:
            now = utc_now()
            known = {t: r for s in self._states(members) for t, r in s.snapshot.probes.items() if is_fresh(r, now)}
            targets = self._targets(directory, members, hostname)
            await self._ask(directory, [target for target in targets if target not in known])
        found = (
            result
            for member in members
            if (state := self._observatory.board.state(member.uid)) is not None
            for result in state.snapshot.probes.values()
            if _wanted(result.target, hostname) and (not failing or fails(result, utc_now()))
            if _concerns(state.snapshot, member, result.target)
        )
        return _ordered(_told(found, directory, view))

    async def run(self, view: View = None, names: Sequence[str] = (), *, hostname: str | None = None) -> ProbeRun:
        """Probes now what ``list`` would show, as fast as the pace allows, for at most a minute. Raises as ``list``."""
        directory, members = await self._views.members(view, names)
        targets = self._targets(directory, members, hostname)
        results = await self._ask(directory, targets)
        return ProbeRun(tuple(_ordered(_told(results, directory, view))), len(targets) - len(results))

    def _states(self, members: Iterable[Member]) -> Iterator[ClusterState]:
        for member in members:
            state = self._observatory.board.state(member.uid)
            if state is not None:
                yield state

    def _targets(self, directory: Directory, members: Iterable[Member], hostname: str | None) -> Sequence[ProbeTarget]:
        """What may be probed of the clusters, and what concerns the team."""
        return [
            target
            for member in members
            if directory.clusters[member.uid].spec.probes
            if (state := self._observatory.board.state(member.uid)) is not None
            for target in targets_of(state.name, state.snapshot)
            if _wanted(target, hostname) and _concerns(state.snapshot, member, target)
        ]

    async def _ask(self, directory: Directory, targets: Sequence[ProbeTarget]) -> Sequence[ProbeResult]:
        mine = {name for _, name in self._observatory.probed()} if self._probing else set[str]()
        own = [target for target in targets if target.cluster in mine]
        others = [target for target in targets if target.cluster not in mine]
        waiting = [self._alone(directory, others)] if others else []
        if self._probing is not None and own:
            waiting.append(self._probing.now(own, SECONDS))
        return [result for results in await asyncio.gather(*waiting) for result in results]

    async def _alone(self, directory: Directory, targets: Sequence[ProbeTarget]) -> Sequence[ProbeResult]:
        """Probes of clusters that nobody probes here."""
        by_cluster: dict[str, list[ProbeTarget]] = {}
        for target in targets:
            by_cluster.setdefault(target.cluster, []).append(target)
        prober = Prober(
            by_cluster.items, lambda _: None, ProberOptions(self._policy), neighbours=lambda: self._addresses()
        )
        async with alongside(prober.run(), name="probes"):
            results = await prober.now(targets, SECONDS)
        if not self._observatory.watches_now:
            await self._remember({cluster.name: uid for uid, cluster in directory.clusters.items()}, results)
        return results

    async def _remember(self, uids: Mapping[str, str], results: Iterable[ProbeResult]) -> None:
        board, touched = self._observatory.board, set[str]()
        for result in results:
            uid = uids.get(result.target.cluster, "")
            state = board.state(uid)
            if state is not None:
                touched.add(uid)
                state.snapshot.probes[result.target] = result
                board.probed(uid, (GATEWAY, _key(result.target)))
        for uid in touched:
            state = board.state(uid)
            if state is not None:
                wanted = frozenset(targets_of(state.name, state.snapshot))
                state.snapshot.probes = {t: r for t, r in state.snapshot.probes.items() if t in wanted}
        await self._observatory.remember(touched)

    def _addresses(self) -> Iterator[tuple[str, str]]:
        """Where the Gateways of all clusters can be reached: who answers for a hostname is told by that."""
        for state in self._observatory.board.states().values():
            for gateway in state.snapshot.gateways().values():
                for address in (gateway.status.addresses if gateway.status else None) or ():
                    if address.value:
                        yield address.value, state.name


def _wanted(target: ProbeTarget, hostname: str | None) -> bool:
    return hostname is None or normal(target.hostname) == normal(hostname)


def _concerns(snapshot: Snapshot, member: Member, target: ProbeTarget) -> bool:
    """Whether a target is a view's: of a Gateway in its namespaces, or of a hostname that a route there has."""
    if member.namespaces is None:
        return True
    key = _key(target)
    if key[0] in member.namespaces:
        return True
    return any(
        covers(hostname, target.hostname)
        for namespace in member.namespaces
        for hostname in _hostnames(snapshot, namespace, key, target)
    )


def _hostnames(snapshot: Snapshot, namespace: str, gateway: Key, target: ProbeTarget) -> Iterator[str]:
    """The hostnames by which the routes of a namespace are reached through a Gateway. A route without any is reached
    by its listener's, which is not one of another team's routes."""
    found = snapshot.gateways().get(gateway)
    listeners = (found.spec.listeners if found else None) or ()
    own = next((entry.hostname for entry in listeners if entry.name == target.listener), None)
    for _, route in snapshot.routes():
        if route.metadata.namespace != namespace:
            continue
        if any((ref.namespace or namespace, ref.name) == gateway for ref in route.spec.parent_refs or ()):
            yield from route.spec.hostnames or ((own,) if own and not own.startswith("*") else ())
            if not route.spec.hostnames and not target.hostname:
                yield "*"


def _told(results: Iterable[ProbeResult], directory: Directory, view: View) -> Iterator[ProbeResult]:
    """Results without the names of clusters that whoever looks may not know of."""
    visible = visible_clusters(directory, view)
    for result in results:
        answering = tuple(cluster for cluster in result.answered_by if cluster in visible)
        same = len(answering) == len(result.answered_by)
        yield result if same else msgspec.structs.replace(result, answered_by=answering)


def _key(target: ProbeTarget) -> Key:
    return (target.gateway.namespace or "", target.gateway.name)


def order(result: ProbeResult) -> tuple[str, str, str, str, str, str, int, str]:
    """By cluster, Gateway, listener, hostname and address."""
    target = result.target
    where = (target.listener, target.hostname, target.address, target.port, target.path)
    return (target.cluster, *_key(target), *where)


def _ordered(results: Iterable[ProbeResult]) -> list[ProbeResult]:
    return sorted(results, key=order)
