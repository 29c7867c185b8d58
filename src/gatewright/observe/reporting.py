"""Transitions of health and reachability as events: what lasted for a moment only is not told.

Objects are told when they become bad, worse or good again; that something new is still progressing is no event. A
cluster that cannot be reached is told once, as that, and not by each of its objects.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Hashable, Iterable, Mapping
from typing import Final, Generic, TypeVar, cast

import msgspec
import structlog

from gatewright.background import alongside, enduring
from gatewright.model.errors import GatewrightError
from gatewright.model.events import Severity
from gatewright.model.health import ObjectHealth
from gatewright.model.status import HealthState, Reachability
from gatewright.observe.board import Transition
from gatewright.observe.breath import Breath
from gatewright.observe.directory import Directory
from gatewright.observe.observatory import Observatory
from gatewright.observe.views import team_health
from gatewright.store.unit import Unit
from gatewright.text import Message, message

SETTLE: Final = 2.0
"""Seconds that a state must last to be told."""
WHO: Final = "gatewright"
_BAD: Final = frozenset({"degraded", "unhealthy"})
_SEVERITY: Final[dict[HealthState, Severity]] = {"unhealthy": "error", "degraded": "warning"}
_REACHED: Final[dict[Reachability, Severity]] = {"reachable": "info", "slow": "warning"}


class _Change(msgspec.Struct, frozen=True):
    """From what to what, since it was last told."""

    cluster: str
    before: str | None
    after: str | None
    object: ObjectHealth | None = None


K = TypeVar("K", bound=Hashable)


class _Window(Generic[K]):
    """Changes that are not told yet, by what they are about: the first ``before`` and the last ``after``."""

    def __init__(self) -> None:
        self._pending: dict[K, _Change] = {}

    def add(self, key: K, change: _Change) -> None:
        earlier = self._pending.get(key)
        if earlier is not None:
            change = msgspec.structs.replace(change, before=earlier.before)
        self._pending[key] = change

    def read(self) -> dict[K, _Change]:
        return dict(self._pending)

    def told(self, changes: Mapping[K, _Change]) -> None:
        """What became of them while they were told stays to be told."""
        for key, change in changes.items():
            later = self._pending.get(key)
            if later is change:
                del self._pending[key]
            elif later is not None:
                self._pending[key] = msgspec.structs.replace(later, before=change.after)


class Reporter:
    """Writes the events of one observatory. ``reporting`` while the process watches."""

    def __init__(self, observatory: Observatory, settle: float = SETTLE) -> None:
        self._observatory = observatory
        self._settle = settle
        self._objects: _Window[tuple[str, Hashable]] = _Window()
        self._clusters: _Window[str] = _Window()
        self._reach: _Window[str] = _Window()
        self._teams: dict[tuple[str, str], HealthState] = {}
        self._log = structlog.get_logger("gatewright.observe")
        observatory.on_transition(self.moved)

    def moved(self, transition: Transition) -> None:
        """A ``board.Follower``'s; never waits."""
        if transition.reachability is not None:
            self._reach.add(transition.uid, _Change(transition.cluster, *transition.reachability))
            return
        change = _Change(transition.cluster, transition.before, transition.after, transition.object)
        if transition.object is None:
            self._clusters.add(transition.uid, change)
        else:
            self._objects.add((transition.uid, transition.object.ref.identity), change)

    @contextlib.asynccontextmanager
    async def reporting(self) -> AsyncGenerator[None]:
        async with alongside(enduring(self._run, self._stumbled), name="reporter"):
            yield

    def _stumbled(self, _: Exception) -> None:
        self._log.exception("events")

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._settle)
            try:
                await self.flush()
            except GatewrightError as error:
                self._log.warning("events", code=error.code)

    async def flush(self) -> None:
        """Writes what is pending; it stays pending when the database does not take it."""
        objects, clusters, reach = self._objects.read(), self._clusters.read(), self._reach.read()
        if not (objects or clusters or reach):
            return
        directory = await self._observatory.directories.read()
        teams = await self._team_states(directory, {uid for uid, _ in objects} | set(clusters))
        async with self._observatory.clusters.database.transaction() as unit:
            await _note_objects(unit, directory, objects)
            await _note_clusters(unit, clusters.values())
            await _note_reach(unit, reach.values())
            await self._note_teams(unit, directory, teams)
        self._objects.told(objects)
        self._clusters.told(clusters)
        self._reach.told(reach)
        self._teams |= {_tenure(directory, team): state for team, state in teams.items()}

    async def _team_states(self, directory: Directory, uids: set[str]) -> dict[str, HealthState]:
        """The state of every team that is bound to one of the clusters."""
        names = {directory.clusters[uid].name for uid in uids if uid in directory.clusters}
        return {
            team: (await team_health(self._observatory.board, directory, team)).state
            for team, bindings in directory.bindings.items()
            if names.intersection(binding.cluster for binding in bindings)
        }

    async def _note_teams(self, unit: Unit, directory: Directory, teams: Mapping[str, HealthState]) -> None:
        for team, after in teams.items():
            before = self._teams.get(_tenure(directory, team))
            if before != after and (before in _BAD or after in _BAD):
                told = message("observe.event.team", team=team, state=_state(after))
                severity = _SEVERITY.get(after, "info")
                await unit.journal.note(
                    WHO, "health.team", team, before, after, team=team, severity=severity, message=told
                )


def _tenure(directory: Directory, team: str) -> tuple[str, str]:
    """A team as long as it is there: made anew under its old name, it has no state from before."""
    return team, directory.tenures.since.get(team, "")


async def _note_objects(unit: Unit, directory: Directory, changes: Mapping[tuple[str, Hashable], _Change]) -> None:
    breath = Breath()
    for (uid, _), change in changes.items():
        await breath.take()
        if change.object is None or change.before == change.after or not _BAD & {change.before, change.after}:
            continue
        ref = change.object.ref
        finding = next((f for f in change.object.findings if f.severity != "info"), None)
        told = message(
            "observe.event.object" if finding is None or change.after not in _BAD else "observe.event.object-because",
            object=str(ref),
            cluster=change.cluster,
            state=_state(change.after),
            **({} if finding is None else {"why": finding.message}),
        )
        await unit.journal.note(
            WHO,
            "health.object",
            f"{change.cluster}/{ref}",
            change.before,
            change.after,
            cluster=change.cluster,
            team=directory.team_of(uid, ref.namespace or ""),
            severity=_SEVERITY.get(cast(HealthState, change.after), "info"),
            message=told,
        )


async def _note_clusters(unit: Unit, changes: Iterable[_Change]) -> None:
    for change in changes:
        if change.before == change.after or change.after == "unknown" or not _BAD & {change.before, change.after}:
            continue
        told = message("observe.event.cluster", cluster=change.cluster, state=_state(change.after))
        await unit.journal.note(
            WHO,
            "health.cluster",
            change.cluster,
            change.before,
            change.after,
            cluster=change.cluster,
            severity=_SEVERITY.get(cast(HealthState, change.after), "info"),
            message=told,
        )


async def _note_reach(unit: Unit, changes: Iterable[_Change]) -> None:
    for change in changes:
        if change.before == change.after:
            continue
        told = message("observe.event.reach", cluster=change.cluster, state=message(f"observe.reach.{change.after}"))
        await unit.journal.note(
            WHO,
            "cluster.reachability",
            change.cluster,
            change.before,
            change.after,
            cluster=change.cluster,
            severity=_REACHED.get(cast(Reachability, change.after), "error"),
            message=told,
        )


def _state(state: str | None) -> Message:
    return message(f"observe.state.{state or 'gone'}")
