"""Drift as people ask about it: what differs now, and their word that a fight is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from gatewright.model.drift import ACTIVE, Drift, DriftState
from gatewright.model.errors import NotFoundError
from gatewright.store.database import Database
from gatewright.store.sql import Teams
from gatewright.text import message

_ALL: tuple[DriftState, ...] = ("open", "healing", "healed", "fought", "gone")


class NothingFoughtError(NotFoundError):
    """Healing was to go on where nothing is fought about."""

    code: ClassVar[str] = "drift.nothing-fought"


class Drifts:
    """The drifts of one installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self, team: Teams | None = None, cluster: str | None = None, *, closed: bool = False
    ) -> Sequence[Drift]:
        """What differs now, of the clusters of a team (of several), or of one cluster; ``closed``: also what did.
        Raises ``UnknownTeamError``, ``UnknownClusterError``."""
        async with self._database.reading() as unit:
            if isinstance(team, str):
                await unit.fleet.team(team)
            if cluster is not None:
                await unit.fleet.cluster(cluster)
            return await unit.drifts.all(team=team, cluster=cluster, states=_ALL if closed else ACTIVE)

    async def resume(self, cluster: str, *, who: str, teams: frozenset[str] | None = None) -> Sequence[Drift]:
        """Lets everything that is fought about on the cluster (and is of these teams) be put back again; gives it.
        Raises ``UnknownClusterError``, ``NothingFoughtError``."""
        async with self._database.transaction() as unit:
            uid = (await unit.fleet.cluster(cluster)).uid
            resumed = await unit.drifts.resume(uid, teams=teams)
            if not resumed:
                raise NothingFoughtError(cluster=cluster)
            for drift in resumed:
                told = message("drift.resumed", who=who, object=str(drift.ref), cluster=cluster)
                await unit.journal.note(
                    who, "drift.resumed", str(drift.ref), cluster=cluster, team=drift.team, message=told
                )
        return resumed
