"""Carries a rollout out, one cluster after another: the driver behind the engine.

Between two steps it looks at what people wish (pause, abort) and whether it was superseded. While a cluster is worked
on it holds the lock in the database and the Lease in the cluster; when the cluster is finished or failed it lets go of
both, when it is paused of the Lease. A failure stops before the next cluster, leaves the finished ones alone, and is
recorded with what to do next. Every look reads one cluster of the rollout, so a rollout of a thousand costs a thousand
times one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from gatewright.kube.client import KubeClient
from gatewright.model.errors import GatewrightError
from gatewright.model.objects import ObjectRef
from gatewright.model.plan import ClusterPlan, Plan
from gatewright.model.rollout import RolloutStatus, StepStatus, TargetStatus, Wish
from gatewright.observe.clusters import Clusters
from gatewright.observe.survey import identity
from gatewright.planning.request import Record
from gatewright.planning.staleness import moved
from gatewright.rollout import writer
from gatewright.rollout.driver import Assignment
from gatewright.rollout.errors import IdentityChangedError, PlanStaleError, UnexpectedFailureError
from gatewright.rollout.lease import Lease, held
from gatewright.rollout.planner import Planner, Question
from gatewright.rollout.waits import Deadlines
from gatewright.rollout.writer import Site
from gatewright.store.database import Database
from gatewright.store.errors import RolloutSupersededError
from gatewright.store.unit import Unit
from gatewright.text import Message, message

Key = tuple[str, int, str]


class _Open(msgspec.Struct, frozen=True):
    """A cluster that this process works on now; closing the stack gives up the Lease."""

    site: Site
    plan: Plan
    stack: contextlib.AsyncExitStack


class Executor:
    """The driver (``engine.Driver``). ``close`` lets go of every cluster."""

    def __init__(self, clusters: Clusters, planner: Planner, *, deadlines: Deadlines | None = None) -> None:
        self._clusters = clusters
        self._database: Database = clusters.database
        self._planner = planner
        self._deadlines = deadlines or Deadlines()
        self._open: dict[Key, _Open] = {}
        self._read: tuple[str, Plan] | None = None
        self._log = structlog.get_logger("gatewright.rollout")

    async def close(self) -> None:
        for key in list(self._open):
            await self._let_go(key)

    async def advance(self, rollout: str, generation: int) -> Assignment | None:
        """See ``engine.Driver``. Everything decided here is one transaction. What stands still has let go of its
        cluster before it is shown to stand still."""
        try:
            async with self._database.reading() as unit:
                wish = await unit.rollouts.check(rollout, generation)
            if wish != "run":
                await self._let_go_except(rollout, generation, None)
            async with self._database.transaction() as unit:
                await unit.rollouts.check(rollout, generation)
                assignment = await self._next(unit, await self._settle(unit, rollout), wish)
        except RolloutSupersededError:
            assignment = None
        await self._let_go_except(rollout, generation, None if assignment is None else assignment.cluster)
        return assignment

    async def _settle(self, unit: Unit, rollout: str) -> RolloutStatus:
        """Finishes the cluster whose last step is done, whatever people wish meanwhile: what is shown is what is."""
        status = await unit.rollouts.frontier(rollout)
        while status.targets and not _undone(status.targets[0]):
            await self._finish(unit, status, status.targets[0])
            status = await unit.rollouts.frontier(rollout)
        return status

    async def _next(self, unit: Unit, status: RolloutStatus, wish: Wish) -> Assignment | None:
        rollout, generation = status.id, status.generation
        if not status.targets:
            await unit.rollouts.set_state(rollout, generation, "succeeded")
            await unit.rollouts.append(rollout, "succeeded", message("rollout.event.succeeded"))
            return None
        target = status.targets[0]
        if wish == "abort":
            await unit.rollouts.abort_rest(rollout, generation)
            await unit.rollouts.append(rollout, "aborted", message("rollout.event.aborted"))
            return None
        if wish == "pause":
            await self._pause(unit, status, target)
            return None
        if target.state == "failed":
            await unit.rollouts.set_state(rollout, generation, "failed")
            return None
        if status.state != "running":
            await unit.rollouts.set_state(rollout, generation, "running")
        if target.state != "running":
            await unit.rollouts.set_target(rollout, generation, target.cluster, "running")
        return Assignment(target.cluster, _undone(target)[0].index)

    async def _pause(self, unit: Unit, status: RolloutStatus, target: TargetStatus) -> None:
        if target.state == "running":
            await unit.rollouts.set_target(status.id, status.generation, target.cluster, "paused")
        await unit.rollouts.set_state(status.id, status.generation, "paused")
        await unit.rollouts.append(status.id, "paused", message("rollout.event.paused"))

    async def _finish(self, unit: Unit, status: RolloutStatus, target: TargetStatus) -> None:
        uid = _part(await self._plan(unit, status.plan), target.cluster).uid
        await unit.rollouts.set_target(status.id, status.generation, target.cluster, "succeeded")
        await unit.rollouts.unlock_cluster(uid, status.id, status.generation)
        done = message("rollout.event.cluster-done", cluster=target.cluster)
        await unit.rollouts.append(status.id, "cluster-done", done, cluster=target.cluster)

    async def _plan(self, unit: Unit, hash: str) -> Plan:
        """The plan, read once: it never changes, and that of a thousand clusters is long."""
        if self._read is None or self._read[0] != hash:
            self._read = (hash, (await unit.plans.get(hash)).plan)
        return self._read[1]

    async def perform(self, rollout: str, generation: int, assignment: Assignment) -> None:
        """See ``engine.Driver``."""
        cluster, index = assignment.cluster, assignment.step
        try:
            async with self._database.transaction() as unit:
                await unit.rollouts.begin_step(rollout, generation, cluster, index)
                target = (await unit.rollouts.frontier(rollout)).targets[0]
                await unit.rollouts.append(rollout, "step", target.steps[index].title, cluster=cluster)
            await self._perform(rollout, generation, cluster, index)
            if index == len(target.steps) - 1:
                await self._let_go((rollout, generation, cluster))
            async with self._database.transaction() as unit:
                await unit.rollouts.end_step(rollout, generation, cluster, index)
        except RolloutSupersededError:
            self._log.info("rollout superseded", rollout=rollout, generation=generation)
            await self._let_go((rollout, generation, cluster))
        except GatewrightError as error:
            await self._fail(rollout, generation, assignment, error.within(cluster))
        except Exception as error:  # a bug must not leave a rollout that nobody drives
            self._log.exception("step failed unexpectedly", rollout=rollout, cluster=cluster, step=index)
            await self._fail(rollout, generation, assignment, UnexpectedFailureError(cluster=cluster, why=repr(error)))

    async def _perform(self, rollout: str, generation: int, cluster: str, index: int) -> None:
        opened = self._open.get((rollout, generation, cluster)) or await self._enter(rollout, generation, cluster)
        step = opened.site.plan.steps[index]
        match step.kind:
            case "check":
                await self._check(opened)
            case "forget":
                await self._forget(rollout, generation, opened)
            case _:
                await writer.run(opened.site, step)

    async def _fail(self, rollout: str, generation: int, assignment: Assignment, error: GatewrightError) -> None:
        cluster = assignment.cluster
        await self._let_go((rollout, generation, cluster))
        with contextlib.suppress(RolloutSupersededError):
            async with self._database.transaction() as unit:
                plan = await self._plan(unit, (await unit.rollouts.frontier(rollout)).plan)
                uid = _part(plan, cluster).uid
                await unit.rollouts.end_step(rollout, generation, cluster, assignment.step, "failed")
                await unit.rollouts.set_target(rollout, generation, cluster, "failed", error.report)
                await unit.rollouts.unlock_cluster(uid, rollout, generation)
                failed = message("rollout.event.failed", cluster=cluster, code=error.code)
                await unit.rollouts.append(rollout, "failed", failed, cluster=cluster)
                await unit.rollouts.set_state(rollout, generation, "failed")

    # One cluster

    async def _enter(self, rollout: str, generation: int, cluster: str) -> _Open:
        """Locks the cluster in the database and in itself, and makes ready to write."""
        async with self._database.transaction() as unit:
            plan = await self._plan(unit, (await unit.rollouts.frontier(rollout)).plan)
            part = _part(plan, cluster)
            await unit.rollouts.lock_cluster(part.uid, rollout, generation)
        leaving = plan.team if plan.action == "leave" else None
        known = await self._clusters.known(part.uid, leaving=leaving)
        async with contextlib.AsyncExitStack() as stack:
            kube = await stack.enter_async_context(self._clusters.client(cluster))
            await _require_identity(kube, part)
            lease = await stack.enter_async_context(held(kube, known.installation, f"{rollout}.{generation}"))
            needs_bundle = any(step.kind in ("crds", "policy") for step in part.steps) and part.bundle is not None
            bundle = await self._planner.content(part.bundle) if needs_bundle and part.bundle else None
            memory = _Memory(self._database, part.uid, cluster, rollout)
            guard = self._guard(rollout, generation, lease)
            site = Site(kube, part, known, bundle, memory, guard, self._deadlines)
            opened = _Open(site, plan, stack.pop_all())
        self._open[rollout, generation, cluster] = opened
        return opened

    def _guard(self, rollout: str, generation: int, lease: Lease) -> Callable[[], Awaitable[None]]:
        async def guard() -> None:
            lease.check()
            async with self._database.reading() as unit:
                await unit.rollouts.check(rollout, generation)

        return guard

    async def _check(self, opened: _Open) -> None:
        """Plans anew, and stops if that plan could not run or would do something that this one did not show."""
        part, plan = opened.site.plan, opened.plan
        question = Question(plan.team, part.cluster, part.uid, plan.action, plan.keep_crds)
        fresh = await self._planner.cluster_plan(question, permissions=False)
        why = _difference(part, fresh)
        if why is not None:
            raise PlanStaleError(cluster=part.cluster, why=why)

    async def _forget(self, rollout: str, generation: int, opened: _Open) -> None:
        """The binding ends. With the last claim on a cluster everything that we remember of it ends too: what was kept
        carries our marks, and without a record it is never taken for something that we may remove."""
        part, team = opened.site.plan, opened.plan.team
        refs = [ref for step in part.steps if step.kind == "forget" for ref in step.refs]
        async with self._database.transaction() as unit:
            await unit.rollouts.check(rollout, generation)
            for ref in refs:
                await unit.records.forget(part.uid, ref)
            await unit.records.forget_team(part.uid, team)
            claims = await unit.fleet.claims(part.uid)
            if all(claim.team == team for claim in claims):
                await unit.records.forget_cluster(part.uid)
            if any(claim.team == team for claim in claims):
                await unit.fleet.delete_binding(team, part.cluster, f"rollout {rollout}")

    async def _let_go_except(self, rollout: str, generation: int, cluster: str | None) -> None:
        for key in [key for key in self._open if key[:2] == (rollout, generation) and key[2] != cluster]:
            await self._let_go(key)

    async def _let_go(self, key: Key) -> None:
        opened = self._open.pop(key, None)
        if opened is not None:
            with contextlib.suppress(GatewrightError, asyncio.TimeoutError):
                await opened.stack.aclose()


class _Memory:
    """``writer.Memory`` over the store: a record and its event are one transaction each."""

    def __init__(self, database: Database, uid: str, cluster: str, rollout: str) -> None:
        self._database = database
        self._uid = uid
        self._cluster = cluster
        self._rollout = rollout

    async def remember(self, record: Record, kind: str, what: Message) -> None:
        async with self._database.transaction() as unit:
            await unit.records.put(self._uid, record)
            await unit.rollouts.append(self._rollout, kind, what, cluster=self._cluster)

    async def forget(self, ref: ObjectRef, what: Message) -> None:
        async with self._database.transaction() as unit:
            await unit.records.forget(self._uid, ref)
            await unit.rollouts.append(self._rollout, "removed", what, cluster=self._cluster)


async def _require_identity(kube: KubeClient, part: ClusterPlan) -> None:
    found = await identity(kube)
    if found != part.uid:
        raise IdentityChangedError(found=found, expected=part.uid)


def _difference(planned: ClusterPlan, fresh: ClusterPlan) -> Message | None:
    """Why the fresh plan forbids to run the planned one: it is stopped, or it would do what was not shown.

    Doing *less* is fine: what is done by now (by this rollout before a crash, or by a person) is not done again.
    """
    blocking = next((f for f in fresh.findings if f.severity == "block"), None)
    if blocking is not None:
        return blocking.message
    for ref in moved(planned, fresh):
        verdict = fresh.verdict_of(ref)
        return message("rollout.gone", object=str(ref)) if verdict is None else verdict.reason
    return None


def _undone(target: TargetStatus) -> list[StepStatus]:
    return [step for step in target.steps if step.state != "done"]


def _part(plan: Plan, cluster: str) -> ClusterPlan:
    return next(part for part in plan.clusters if part.cluster == cluster)
