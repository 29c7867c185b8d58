"""Who is registered where: the desired state that views and watchers need, read once and again only when it changed."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from gatewright.model.desired import Binding, RegisteredCluster, Stack, Team
from gatewright.model.objects import ObjectRef
from gatewright.model.tenure import Tenures
from gatewright.store.database import Database
from gatewright.store.errors import UnknownClusterError, UnknownTeamError
from gatewright.store.sql import nearest

FRESH: Final = 0.5
"""Seconds after which the database is asked again though nothing was changed here: others may have."""


class Directory(msgspec.Struct, frozen=True, dict=True):
    """``clusters`` and ``credentials`` (when each was last replaced) by UID; ``owned``: the objects with a record;
    ``tenures``: since when each team is what it is."""

    clusters: Mapping[str, RegisteredCluster]
    credentials: Mapping[str, str]
    owned: Mapping[str, tuple[ObjectRef, ...]]
    teams: Mapping[str, Team]
    bindings: Mapping[str, Sequence[Binding]]
    stacks: Mapping[tuple[str, str], Stack]
    tenures: Tenures = Tenures()

    def uid(self, cluster: str) -> str:
        """The UID of a cluster by its name. Raises ``UnknownClusterError``."""
        found = self.uids.get(cluster)
        if found is None:
            raise UnknownClusterError(cluster=cluster, nearest=nearest(cluster, list(self.uids)))
        return found

    @functools.cached_property
    def uids(self) -> Mapping[str, str]:
        """By name: a list of hundreds of teams asks for each team's clusters."""
        return {cluster.name: uid for uid, cluster in self.clusters.items()}

    def team_of(self, uid: str, namespace: str) -> str:
        """The team whose namespace it is on the cluster; empty for nobody's."""
        name = self.clusters[uid].name if uid in self.clusters else ""
        return self._teams_by_namespace.get((name, namespace), "")

    @functools.cached_property
    def _teams_by_namespace(self) -> dict[tuple[str, str], str]:
        return {(b.cluster, b.namespace): team for team, bindings in self.bindings.items() for b in bindings}

    def on_cluster(self, cluster: str) -> Sequence[Binding]:
        """The bindings of every team to a cluster, by its name."""
        return self._by_cluster.get(cluster, ())

    @functools.cached_property
    def _by_cluster(self) -> dict[str, list[Binding]]:
        found: dict[str, list[Binding]] = {}
        for bindings in self.bindings.values():
            for binding in bindings:
                found.setdefault(binding.cluster, []).append(binding)
        return found

    def of_team(self, team: str) -> Sequence[Binding]:
        """A team's bindings by cluster. Raises ``UnknownTeamError``."""
        if team not in self.teams:
            raise UnknownTeamError(team=team, nearest=nearest(team, list(self.teams)))
        return self.bindings.get(team, ())


class Directories:
    """The current directory. ``read`` asks the database for little more than whether anything changed, and not even
    that while this process has changed nothing and asked a moment ago."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._token: tuple[object, ...] | None = None
        self._kept: Directory | None = None
        self._asked = (-1, 0.0)

    async def read(self) -> Directory:
        commits, asked_at = self._asked
        now = time.monotonic()
        if self._kept is not None and commits == self._database.commits and now - asked_at < FRESH:
            return self._kept
        asked = (self._database.commits, now)
        async with self._database.reading() as unit:
            token = await unit.journal.token()
            if self._kept is None or token != self._token:
                clusters = {c.uid: c for c in await unit.fleet.clusters()}
                teams = {t.name: t for t in await unit.fleet.teams()}
                bindings: dict[str, list[Binding]] = {}
                for binding in await unit.fleet.bindings():
                    bindings.setdefault(binding.team, []).append(binding)
                stacks = {(s.team, s.name): s for s in await unit.fleet.stacks()}
                owned = await unit.records.refs()
                credentials = await unit.credentials.updated()
                tenures = await unit.fleet.tenures()
                self._kept = Directory(clusters, credentials, owned, teams, bindings, stacks, tenures)
                self._token = token
            self._asked = asked
            return self._kept
