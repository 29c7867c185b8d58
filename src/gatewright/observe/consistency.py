"""Clusters side by side, from the board: versions and skew, hostnames, and advice on the map. Remembers since when
the clusters of each team differ.

What is computed over many clusters runs in a thread, on values that nobody changes, so that a large fleet delays no
other answer.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Generic, TypeVar

import structlog

from gatewright.gatewayapi.consistency.facts import facts_of
from gatewright.gatewayapi.consistency.hostnames import Served, compare_served, served_by
from gatewright.gatewayapi.consistency.matrix import matrix
from gatewright.gatewayapi.consistency.skew import exceeding, skew_of, skews_of
from gatewright.gatewayapi.live import Snapshot
from gatewright.model.desired import BundleName, Team
from gatewright.model.domains import Advice, ClusterFacts, DomainMap, HostnameComparison
from gatewright.model.errors import GatewrightError
from gatewright.model.health import Severity
from gatewright.model.versions import ClusterVersions, SkewFinding, Versions
from gatewright.observe.board import ClusterState
from gatewright.observe.directory import Directory
from gatewright.observe.observatory import Observatory
from gatewright.planning.advice import advise
from gatewright.store.unit import Unit
from gatewright.text import message

LOOK_SECONDS: Final = 15.0
EVERY: Final = 5.0
"""Seconds between two looks at the skew of the teams."""
WHO: Final = "gatewright"

T = TypeVar("T")


class _Kept(Generic[T]):
    """What was made of each cluster's snapshot, until the cluster changes."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str | None], tuple[int, T]] = {}

    async def of(self, state: ClusterState, make: Callable[[Snapshot, str | None], T], what: str | None = None) -> T:
        found = self._known.get((state.uid, what))
        if found is None or found[0] != state.revision:
            found = self._known[state.uid, what] = (state.revision, make(state.snapshot, what))
            await asyncio.sleep(0)
        return found[1]


class Consistency:
    """The views side by side over one observatory."""

    def __init__(self, observatory: Observatory, clock: Callable[[], datetime] | None = None) -> None:
        self._observatory = observatory
        self._board = observatory.board
        self._clock = clock or _now
        self._served: _Kept[Served] = _Kept()
        self._facts: _Kept[ClusterFacts] = _Kept()
        self._told: dict[tuple[str, str], Severity] = {}
        self._log = structlog.get_logger("gatewright.observe")

    async def versions(self, team: str | None = None) -> Versions:
        """The versions of every cluster (of a team), and how far each team (this one) is apart. Raises
        ``UnknownTeamError``."""
        directory = await self._seen(team)
        found = self._versions(self._members(directory, team))
        teams = list(directory.teams.values()) if team is None else [directory.teams[team]]
        skews = [finding for one in teams for finding in await self._skew(directory, one)]
        made = await asyncio.to_thread(matrix, found)
        return Versions(made, tuple(found[name] for name in sorted(found)), tuple(skews))

    async def hostnames(
        self, team: str | None = None, *, hostname: str | None = None, different: bool = False
    ) -> tuple[HostnameComparison, ...]:
        """Every hostname (this one) over the clusters, or over a team's clusters and namespaces; ``different``: only
        those that are not routed alike, or not everywhere. Raises ``UnknownTeamError``."""
        directory = await self._seen(team)
        namespaces = None if team is None else {b.cluster: b.namespace for b in directory.of_team(team)}
        served = {
            state.name: await self._served.of(state, served_by, namespaces[state.name] if namespaces else None)
            for state in self._members(directory, team)
        }
        wanted = None if hostname is None else hostname.lower()
        found = await asyncio.to_thread(compare_served, served, wanted)
        return tuple(c for c in found if not different or not c.same or c.lacking)

    async def advice(self) -> Advice:
        """The map of all teams and what would lower its coupling. A cluster that was never seen whole is not judged."""
        directory = await self._seen(None)
        facts = [await self._facts.of(state, _facts_of) for state in self._members(directory, None) if state.seen_at]
        bindings = tuple(binding for found in directory.bindings.values() for binding in found)
        return await asyncio.to_thread(advise, DomainMap(tuple(directory.teams), bindings, tuple(facts)))

    def bundle_on(self, uid: str) -> BundleName | None:
        """The bundle that was last seen on a cluster, by its UID."""
        state = self._board.state(uid)
        return None if state is None or state.versions is None else state.versions.bundle

    # Remembering

    @contextlib.asynccontextmanager
    async def keeping(self, every: float = EVERY) -> AsyncGenerator[None]:
        """While open, the skew of every team is remembered from its beginning to its end, and told as events."""
        task = asyncio.create_task(self._run(every), name="skew")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _run(self, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            try:
                await self.note()
            except GatewrightError as error:
                self._log.warning("skew", code=error.code)

    async def note(self) -> None:
        """Remembers and tells what is new of every team's skew."""
        directory = await self._observatory.directories.read()
        for team in directory.teams.values():
            await self._skew(directory, team, tell=True)
            await asyncio.sleep(0)

    async def _skew(self, directory: Directory, team: Team, *, tell: bool = False) -> tuple[SkewFinding, ...]:
        members = self._members(directory, team.name)
        versions = self._versions(members)
        wanted = _wanted(directory, team.name)
        policy, now = team.skew_policy, self._clock()
        keys = {skew.key for skew in exceeding(skews_of(versions, wanted), policy)}
        database = self._observatory.clusters.database
        async with database.reading() as unit:
            since = await unit.skews.since(team.name)
        # What cannot be seen now may still differ as it did: only a whole view ends a skew.
        if len(versions) < len(directory.of_team(team.name)) or any(v.state == "unknown" for v in versions.values()):
            keys |= set(since)
        if keys != set(since):
            async with database.transaction() as unit:
                begun = await unit.skews.note(team.name, keys)
                findings = skew_of(team.name, versions, policy, begun, now, wanted)
                if tell:
                    await _tell(unit, team.name, findings, before=set(since), after=keys)
            since = begun
        findings = skew_of(team.name, versions, policy, since, now, wanted)
        if tell:
            await self._tell_overdue(team.name, findings)
        return findings

    async def _tell_overdue(self, team: str, findings: Sequence[SkewFinding]) -> None:
        """A skew that has lasted too long while this process looked on."""
        for found in findings:
            key, severity = (team, found.skew.key), found.finding.severity
            if self._told.get(key) == "warning" and severity == "error":
                async with self._observatory.clusters.database.transaction() as unit:
                    await _note(unit, team, found)
            self._told[key] = severity

    async def _seen(self, team: str | None) -> Directory:
        directory = await self._observatory.directories.read()
        uids = self._uids(directory, team)
        await self._observatory.look(uids, LOOK_SECONDS)
        return directory

    def _uids(self, directory: Directory, team: str | None) -> list[str]:
        if team is None:
            return list(directory.clusters)
        names = {binding.cluster for binding in directory.of_team(team)}
        return [uid for uid, cluster in directory.clusters.items() if cluster.name in names]

    def _members(self, directory: Directory, team: str | None) -> list[ClusterState]:
        states = [self._board.state(uid) for uid in self._uids(directory, team)]
        return sorted((state for state in states if state is not None), key=lambda state: state.name)

    def _versions(self, members: Sequence[ClusterState]) -> dict[str, ClusterVersions]:
        """Of the clusters that were ever seen."""
        return {s.name: s.versions for s in members if s.versions is not None and s.seen_at}


def _facts_of(snapshot: Snapshot, what: str | None) -> ClusterFacts:
    return facts_of(snapshot)


def _wanted(directory: Directory, team: str) -> Mapping[str, BundleName]:
    stacks = {binding.cluster: directory.stacks.get((team, binding.stack)) for binding in directory.of_team(team)}
    return {cluster: stack.bundle for cluster, stack in stacks.items() if stack is not None}


async def _tell(unit: Unit, team: str, findings: Sequence[SkewFinding], *, before: set[str], after: set[str]) -> None:
    for found in findings:
        if found.skew.key not in before:
            await _note(unit, team, found)
    for key in sorted(before - after):
        told = message("consistency.event-level", team=team, key=key)
        await unit.journal.note(WHO, "versions.level", f"{team}/{key}", key, None, team=team, message=told)


async def _note(unit: Unit, team: str, found: SkewFinding) -> None:
    finding = found.finding
    after = {"key": found.skew.key, "versions": found.skew.versions, "target": found.skew.target}
    severity = finding.severity
    await unit.journal.note(
        WHO, "versions.skew", f"{team}/{found.skew.key}", None, after, team=team, severity=severity, message=finding.message
    )


def _now() -> datetime:
    return datetime.now(UTC)
