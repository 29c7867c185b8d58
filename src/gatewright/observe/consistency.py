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
from typing import Final, Generic, TypeAlias, TypeVar

import structlog

from gatewright.background import alongside
from gatewright.gatewayapi.consistency.facts import facts_of
from gatewright.gatewayapi.consistency.hostnames import Served, compare_served, served_by
from gatewright.gatewayapi.consistency.matrix import matrix
from gatewright.gatewayapi.consistency.skew import exceeding, skew_of, skews_of
from gatewright.gatewayapi.live import Snapshot
from gatewright.model.desired import BundleName, Team
from gatewright.model.domains import Advice, ClusterFacts, DomainMap, HostnameComparison
from gatewright.model.errors import GatewrightError
from gatewright.model.tenure import Tenures
from gatewright.model.versions import ClusterVersions, SkewFinding, Versions
from gatewright.observe.audience import View, members_of, teams_of
from gatewright.observe.board import ClusterState
from gatewright.observe.directory import Directory
from gatewright.observe.observatory import Observatory
from gatewright.planning.advice import advise
from gatewright.store.skews import Lasting
from gatewright.store.unit import Unit
from gatewright.text import message

LOOK_SECONDS: Final = 15.0
EVERY: Final = 5.0
"""Seconds between two looks at the skew of the teams."""
WHO: Final = "gatewright"

T = TypeVar("T")
Part: TypeAlias = frozenset[str] | None
"""Namespaces of a cluster; None: all of them."""


class _Kept(Generic[T]):
    """What was made of each cluster's snapshot, until the cluster changes."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, Part], tuple[int, T]] = {}

    async def of(self, state: ClusterState, make: Callable[[Snapshot, Part], T], what: Part = None) -> T:
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
        self._noted: Mapping[str, tuple[SkewFinding, ...]] | None = None
        self._noted_of = Tenures()
        self._level: dict[str, tuple[Directory | None, Mapping[str, ClusterVersions]]] = {}
        self._uids_of: tuple[Directory | None, Mapping[str, str]] = (None, {})
        self._log = structlog.get_logger("gatewright.observe")

    async def versions(self, view: View = None) -> Versions:
        """The versions of every cluster (of a view), and how far each team (of the view) is apart. Raises
        ``UnknownTeamError``."""
        directory = await self._seen(view)
        found = self._versions(self._members(directory, view))
        teams = [directory.teams[name] for name in teams_of(directory, view)]
        lasting = await self._lasting()
        skews = [found for one in teams for found in await self._skew(directory, one, lasting.get(one.name, {}))]
        made = await asyncio.to_thread(matrix, found)
        return Versions(made, tuple(found[name] for name in sorted(found)), tuple(skews))

    async def skews(self, view: View = None) -> tuple[SkewFinding, ...]:
        """How far the clusters of each team (of a view) are apart beyond what it allows, as they are known now: while
        ``keeping``, as it was noted last. Raises ``UnknownTeamError``."""
        noted, of = self._noted, self._noted_of
        if noted is None:
            of = (await self._observatory.directories.read()).tenures
            noted = await self.note(view)
        directory = await self._observatory.directories.read()
        wanted = noted if view is None else teams_of(directory, view)
        # What was noted of a team that had the name before is not of the one that has it now.
        present = [name for name in sorted(wanted) if directory.tenures.since.get(name) == of.since.get(name)]
        return tuple(found for name in present for found in noted.get(name, ()))

    async def hostnames(
        self, view: View = None, *, hostname: str | None = None, different: bool = False
    ) -> tuple[HostnameComparison, ...]:
        """Every hostname (this one) over the clusters, or over a view's clusters and namespaces; ``different``: only
        those that are not routed alike, or not everywhere. Raises ``UnknownTeamError``."""
        directory = await self._seen(view)
        namespaces = {member.name: member.namespaces for member in members_of(directory, view)}
        served = {
            state.name: await self._served.of(state, served_by, namespaces[state.name])
            for state in self._members(directory, view)
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

    @property
    def noted(self) -> bool:
        """Whether the skew of every team was noted since ``keeping`` began."""
        return self._noted is not None

    @contextlib.asynccontextmanager
    async def keeping(self, every: float = EVERY) -> AsyncGenerator[None]:
        """While open, the skew of every team is remembered from its beginning to its end, and told as events."""
        try:
            async with alongside(self._run(every), name="skew"):
                yield
        finally:
            self._noted, self._noted_of = None, Tenures()

    async def _run(self, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            try:
                of = (await self._observatory.directories.read()).tenures
                self._noted, self._noted_of = await self.note(), of
            except GatewrightError as error:
                self._log.warning("skew", code=error.code)
            except Exception:
                # A team that was deleted meanwhile, for example; the next look begins anew.
                self._log.exception("skew")

    async def note(self, view: View = None) -> Mapping[str, tuple[SkewFinding, ...]]:
        """Remembers and tells what is new of every team's (of a view's teams') skew, and gives all of it by team.
        Raises ``UnknownTeamError``."""
        directory = await self._observatory.directories.read()
        wanted = [directory.teams[name] for name in teams_of(directory, view)]
        lasting = await self._lasting()
        found: dict[str, tuple[SkewFinding, ...]] = {}
        for one in wanted:
            found[one.name] = await self._skew(directory, one, lasting.get(one.name, {}))
            await asyncio.sleep(0)
        return found

    async def _lasting(self) -> Mapping[str, Mapping[str, Lasting]]:
        async with self._observatory.clusters.database.reading() as unit:
            return await unit.skews.all()

    async def _skew(self, directory: Directory, team: Team, lasting: Mapping[str, Lasting]) -> tuple[SkewFinding, ...]:
        """The findings of a team; what began, became overdue or ended is remembered and told."""
        versions = self._versions(self._members(directory, team.name))
        wanted = _wanted(directory, team.name)
        if not lasting and self._is_level(directory, team, versions):
            return ()
        policy, now = team.skew_policy, self._clock()
        keys = {skew.key for skew in exceeding(skews_of(versions, wanted), policy)}
        # What cannot be seen now may still differ as it did: only a whole view ends a skew.
        if len(versions) < len(directory.of_team(team.name)) or any(v.state == "unknown" for v in versions.values()):
            keys |= set(lasting)
        found = skew_of(team.name, versions, policy, _since(lasting), now, wanted)
        if not keys and not found:
            self._level[team.name] = (directory, versions)
        overdue = {f.skew.key for f in found if f.finding.severity == "error"}
        if keys == set(lasting) and all((f.skew.key in overdue) == lasting[f.skew.key].overdue for f in found):
            return found
        async with self._observatory.clusters.database.transaction() as unit:
            noted = await unit.skews.note(team.name, keys)
            found = skew_of(team.name, versions, policy, _since(noted.lasting), now, wanted)
            for finding in found:
                await _tell(unit, team.name, finding, began=finding.skew.key in noted.began)
            for key in sorted(noted.ended):
                told = message("consistency.event-level", team=team.name, key=key)
                await unit.journal.note(
                    WHO, "versions.level", f"{team.name}/{key}", key, None, team=team.name, message=told
                )
        return found

    def _is_level(self, directory: Directory, team: Team, versions: Mapping[str, ClusterVersions]) -> bool:
        """Whether nothing changed since the team's clusters were found level: a thousand need not be compared again."""
        known, before = self._level.get(team.name, (None, {}))
        return (
            known is directory
            and before.keys() == versions.keys()
            and all(before[name] is found for name, found in versions.items())
        )

    async def _seen(self, view: View) -> Directory:
        directory = await self._observatory.directories.read()
        uids = self._uids(directory, view)
        await self._observatory.look(uids, LOOK_SECONDS)
        return directory

    def _uids(self, directory: Directory, view: View) -> list[str]:
        if view is None:
            return list(directory.clusters)
        if self._uids_of[0] is not directory:
            self._uids_of = (directory, {cluster.name: uid for uid, cluster in directory.clusters.items()})
        by_name = self._uids_of[1]
        bound = {b.cluster: None for team in teams_of(directory, view) for b in directory.bindings.get(team, ())}
        return [by_name[cluster] for cluster in bound if cluster in by_name]

    def _members(self, directory: Directory, view: View) -> list[ClusterState]:
        states = [self._board.state(uid) for uid in self._uids(directory, view)]
        return sorted((state for state in states if state is not None), key=lambda state: state.name)

    def _versions(self, members: Sequence[ClusterState]) -> dict[str, ClusterVersions]:
        """Of the clusters that were ever seen."""
        return {s.name: s.versions for s in members if s.versions is not None and s.seen_at}


def _facts_of(snapshot: Snapshot, what: Part) -> ClusterFacts:
    return facts_of(snapshot)


def _wanted(directory: Directory, team: str) -> Mapping[str, BundleName]:
    stacks = {binding.cluster: directory.stacks.get((team, binding.stack)) for binding in directory.of_team(team)}
    return {cluster: stack.bundle for cluster, stack in stacks.items() if stack is not None}


def _since(lasting: Mapping[str, Lasting]) -> Mapping[str, datetime]:
    return {key: found.since for key, found in lasting.items()}


async def _tell(unit: Unit, team: str, found: SkewFinding, *, began: bool) -> None:
    """An event, if the skew is new, or if it is new that it has lasted too long."""
    finding, key = found.finding, found.skew.key
    late = await unit.skews.mark(team, key, overdue=finding.severity == "error") and finding.severity == "error"
    if began or late:
        after = {"key": key, "versions": found.skew.versions, "target": found.skew.target}
        severity = finding.severity
        subject = f"{team}/{key}"
        await unit.journal.note(
            WHO, "versions.skew", subject, None, after, team=team, severity=severity, message=finding.message
        )


def _now() -> datetime:
    return datetime.now(UTC)
