"""Plans and rollouts, as people ask for them. ``driving`` makes this process carry rollouts out.

What is asked is written down first and acted on second, so a crash in between loses nothing: whoever drives next
finds it (``_sweep``). A process that does not drive can still plan, show, and wish.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Final

import structlog

from gatewright.background import alongside
from gatewright.model.plan import STOPS, Action, Plan, PlanOutline
from gatewright.model.rollout import Command, RolloutEvent, RolloutStatus
from gatewright.model.tenure import Tenures
from gatewright.observe.clusters import Clusters
from gatewright.observe.workers import WorkerPresence
from gatewright.rollout.errors import FormerTeamError, NothingToDoError, PlanStoppedError
from gatewright.rollout.executor import Executor
from gatewright.rollout.planner import Planner, SeenBundle
from gatewright.rollout.waits import Deadlines
from gatewright.store.bundles import BundleStore
from gatewright.store.errors import CommandNotAllowedError, RolloutSupersededError, UnknownPlanError
from gatewright.store.plans import StoredPlan
from gatewright.store.rollouts import DRIVEN
from gatewright.store.sql import Whose
from gatewright.store.unit import Unit
from gatewright.text import message

if TYPE_CHECKING:
    from gatewright.rollout.engine import Engine

SWEEP: Final = 2.0
_POLL: Final = 0.05


class Rollouts:
    """The rollouts of one installation. ``engine_url``: the database of the durable engine (its own SQLite file, or
    the same PostgreSQL). ``seen``: the bundle that is known to be on a cluster, by its UID."""

    def __init__(
        self,
        clusters: Clusters,
        bundles: BundleStore,
        engine_url: str,
        *,
        deadlines: Deadlines | None = None,
        seen: SeenBundle | None = None,
    ) -> None:
        self._clusters = clusters
        self._database = clusters.database
        self._planner = Planner(clusters, bundles, seen)
        self._executor = Executor(clusters, self._planner, deadlines=deadlines)
        self._engine_url = engine_url
        self._engine: Engine | None = None
        self._log = structlog.get_logger("gatewright.rollout")

    # Plans

    async def plan(
        self,
        team: str,
        *,
        clusters: Sequence[str] = (),
        action: Action = "install",
        keep_crds: bool = False,
        who: str,
    ) -> Plan:
        """Makes a plan and keeps it by its hash. Writes nothing to any cluster. Raises as ``Planner.plan``, and
        ``FormerTeamError`` where the team was deleted meanwhile."""
        async with self._database.reading() as unit:
            asked_of = await unit.fleet.tenures([team])
        made = await self._planner.plan(team, names=clusters, action=action, keep_crds=keep_crds)
        async with self._database.transaction() as unit:
            if not asked_of.still(await unit.fleet.tenures([team])):
                raise FormerTeamError(plan=made.hash[:12], team=team)
            await unit.plans.save(made, who)
        return made

    async def show_plan(self, hash: str, *, team: Whose | None = None) -> StoredPlan:
        """By hash or by at least eight of its first characters, of these teams. Raises ``UnknownPlanError``,
        ``AmbiguousPlanError``."""
        async with self._database.reading() as unit:
            return await unit.plans.get(hash, team=team)

    async def plans(
        self, team: Whose | None = None, *, limit: int = 50, before: Sequence[str] | None = None
    ) -> Sequence[PlanOutline]:
        """Newest first, of one team or several; ``before``: only those behind this time and hash."""
        async with self._database.reading() as unit:
            return await unit.plans.outlines(team=team, limit=limit, before=before)

    # Rollouts

    async def start(self, plan_hash: str, *, who: str) -> RolloutStatus:
        """Runs exactly that plan; an unfinished rollout of it goes on instead of a second one beginning.

        Raises ``PlanStoppedError``, ``NothingToDoError``, ``UnknownPlanError``, ``FormerTeamError``.
        """
        async with self._database.transaction() as unit:
            stored = await unit.plans.get(plan_hash)
            _require_runnable(stored)
            team = await _present_team(unit, stored)
            earlier = await unit.rollouts.all(team=team, states=("pending", "running", "paused", "failed"))
            found = next((rollout for rollout in earlier if rollout.plan == stored.hash), None)
            if found is None:
                found = await unit.rollouts.create(stored.plan, who)
                started = message("rollout.event.started", plan=stored.hash[:12])
                await unit.rollouts.append(found.id, "started", started)
            else:
                before = {"state": found.state}
                if found.state in ("paused", "failed"):
                    found = await unit.rollouts.request(found.id, "resume" if found.state == "paused" else "retry")
                after = {"state": found.state, "plan": stored.hash, "requested_by": stored.requested_by}
                await unit.journal.record(who, "rollout.approve", found.id, before, after, team=found.team)
        await self._drive(found)
        return found

    async def command(self, id: str, command: Command, *, who: str) -> RolloutStatus:
        """What a person asks of a rollout. ``pause`` and ``abort`` take effect between two steps. Raises
        ``CommandNotAllowedError``, ``UnknownRolloutError``."""
        async with self._database.transaction() as unit:
            before = await unit.rollouts.show(id)
            status = await unit.rollouts.request(id, command)
            asked = message("rollout.event.asked", who=who, command=message(f"rollout.command.{command}"))
            await unit.rollouts.append(id, "asked", asked)
            if status.state == "aborted":
                # Nobody drives it who would say so.
                await unit.rollouts.append(id, "aborted", message("rollout.event.aborted"))
            states = {"state": before.state}, {"state": status.state}
            await unit.journal.record(who, f"rollout.{command}", id, *states, team=status.team)
        if status.state in DRIVEN:
            await self._drive(status)
        return status

    async def show(self, id: str, *, team: Whose | None = None) -> RolloutStatus:
        """By its id, where it is of these teams. Raises ``UnknownRolloutError``."""
        async with self._database.reading() as unit:
            return await unit.rollouts.show(id, team=team)

    async def list(
        self, team: Whose | None = None, *, limit: int = 50, before: Sequence[str] | None = None
    ) -> Sequence[RolloutStatus]:
        """Newest first, of one team or several; ``before``: only those behind this time and id."""
        async with self._database.reading() as unit:
            return await unit.rollouts.all(team=team, limit=limit, before=before)

    async def events(self, id: str, *, after: int = 0) -> AsyncGenerator[RolloutEvent]:
        """The rollout's log after line ``after``, as it grows, until nobody drives it any more."""
        while True:
            async with self._database.reading() as unit:
                driven = await unit.rollouts.state(id) in DRIVEN
                lines = await unit.rollouts.events(id, after=after)
            for line in lines:
                yield line
                after = line.seq
            if not driven and not lines:
                return
            await asyncio.sleep(_POLL)

    # Driving

    @contextlib.asynccontextmanager
    async def driving(self) -> AsyncGenerator[None]:
        """While open, this process carries rollouts out, its own and those that dead workers left behind."""
        # The engine takes a third of a second to import, which a process that only plans or looks need not pay.
        from gatewright.rollout.engine import engine

        presence = WorkerPresence(self._database)
        await presence.register()
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(presence.leave)
            stack.push_async_callback(self._executor.close)
            self._engine = await stack.enter_async_context(engine(self._engine_url, self._executor, presence.id))
            stack.callback(self._stop)
            await self._sweep(presence)
            for work in (self._sweeping(presence), presence.beat()):
                await stack.enter_async_context(alongside(work))
            yield

    def _stop(self) -> None:
        self._engine = None

    async def _drive(self, rollout: RolloutStatus) -> None:
        if self._engine is not None:
            await self._engine.start(rollout.id, rollout.generation)

    async def _sweeping(self, presence: WorkerPresence) -> None:
        while True:
            await asyncio.sleep(SWEEP)
            try:
                await self._sweep(presence)
            except Exception:  # the next sweep tries again; a rollout must not wait for a restart
                self._log.exception("sweep failed")

    async def _sweep(self, presence: WorkerPresence) -> None:
        """Every rollout that should be driven is: begun if nobody did, taken over if its driver died."""
        async with self._database.reading() as unit:
            waiting = await unit.rollouts.driven()
        for rollout in waiting:
            await self._adopt(presence, rollout)

    async def _adopt(self, presence: WorkerPresence, rollout: RolloutStatus) -> None:
        if self._engine is None:
            return
        state, worker = await self._engine.state(rollout.id, rollout.generation)
        if state == "absent":
            await self._engine.start(rollout.id, rollout.generation)
            return
        if state == "driving" and await presence.alive(worker):
            return
        with contextlib.suppress(RolloutSupersededError, CommandNotAllowedError):
            async with self._database.transaction() as unit:
                generation = await unit.rollouts.take_over(rollout.id, rollout.generation)
                told = message("rollout.event.taken-over", worker=presence.id, dead=worker)
                await unit.rollouts.append(rollout.id, "taken-over", told)
            await self._engine.drop(rollout.id, rollout.generation)
            await self._engine.start(rollout.id, generation)


async def _present_team(unit: Unit, stored: StoredPlan) -> Tenures:
    """The team that the plan was made for. Raises ``FormerTeamError`` where it is gone, whoever has its name now."""
    team = await unit.fleet.tenures([stored.plan.team])
    try:
        await unit.plans.get(stored.hash, team=team)
    except UnknownPlanError as error:
        raise FormerTeamError(plan=stored.hash[:12], team=stored.plan.team) from error
    return team


def _require_runnable(stored: StoredPlan) -> None:
    if stored.plan.outcome == "nothing":
        raise NothingToDoError(plan=stored.hash[:12])
    for cluster in stored.plan.clusters:
        if not cluster.stopped:
            continue
        verdict = next((v for v in cluster.verdicts if v.verdict in STOPS), None)
        finding = next((f for f in cluster.findings if f.severity == "block"), None)
        raise PlanStoppedError(
            cluster=cluster.cluster,
            object=str(verdict.ref) if verdict else str(finding.object or "-") if finding else "-",
            plan=stored.hash[:12],
            verdict=verdict.verdict if verdict else finding.code if finding else "-",
        )
