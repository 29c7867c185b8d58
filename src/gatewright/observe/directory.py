"""Who is registered where: the desired state that views and watchers need, read once and again only when it changed."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import msgspec

from gatewright.model.desired import Binding, RegisteredCluster, Stack, Team
from gatewright.model.objects import ObjectRef
from gatewright.store.database import Database
from gatewright.store.errors import UnknownClusterError, UnknownTeamError
from gatewright.store.sql import nearest


class Directory(msgspec.Struct, frozen=True, dict=True):
    """``clusters`` and ``credentials`` (when each was last replaced) by UID; ``owned``: the objects with a record."""

    clusters: Mapping[str, RegisteredCluster]
    credentials: Mapping[str, str]
    owned: Mapping[str, tuple[ObjectRef, ...]]
    teams: Mapping[str, Team]
    bindings: Mapping[str, Sequence[Binding]]
    stacks: Mapping[tuple[str, str], Stack]

    def uid(self, cluster: str) -> str:
        """The UID of a cluster by its name. Raises ``UnknownClusterError``."""
        for uid, found in self.clusters.items():
            if found.name == cluster:
                return uid
        raise UnknownClusterError(cluster=cluster, nearest=nearest(cluster, [c.name for c in self.clusters.values()]))

    def team_of(self, uid: str, namespace: str) -> str:
        """The team whose namespace it is on the cluster; empty for nobody's."""
        name = self.clusters[uid].name if uid in self.clusters else ""
        return self._teams_by_namespace.get((name, namespace), "")

    @functools.cached_property
    def _teams_by_namespace(self) -> dict[tuple[str, str], str]:
        return {(b.cluster, b.namespace): team for team, bindings in self.bindings.items() for b in bindings}

    def of_team(self, team: str) -> Sequence[Binding]:
        """A team's bindings by cluster. Raises ``UnknownTeamError``."""
        if team not in self.teams:
            raise UnknownTeamError(team=team, nearest=nearest(team, list(self.teams)))
        return self.bindings.get(team, ())


class Directories:
    """The current directory. ``read`` asks the database for little more than whether anything changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._token: tuple[object, ...] | None = None
        self._kept: Directory | None = None

    async def read(self) -> Directory:
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
                self._kept = Directory(clusters, credentials, owned, teams, bindings, stacks)
                self._token = token
            return self._kept
