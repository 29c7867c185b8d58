"""Puts drift back: a rollout of a plan that does nothing else, and what came of it.

A drift is marked before the rollout starts and the rollout is durable, so whoever looks next goes on: a process that
dies in the middle loses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from gatewright.model.drift import Drift
from gatewright.model.plan import Plan
from gatewright.model.rollout import RolloutStatus
from gatewright.observe.clusters import Clusters
from gatewright.planning import episodes
from gatewright.planning.drift import obstacle
from gatewright.planning.episodes import Limits
from gatewright.rollout.drift_log import write
from gatewright.rollout.drift_view import DriftView, Identity, healable, teams, view_of
from gatewright.rollout.service import Rollouts
from gatewright.store.rollouts import DRIVEN
from gatewright.text import Message, message

WHO = "gatewright"


class Healer:
    """Heals one cluster at a time when it is asked to. ``gate`` bounds how many plans are made at once; ``poll``: how
    often, in seconds, a rollout is looked at that is to end."""

    def __init__(
        self, clusters: Clusters, rollouts: Rollouts, gate: asyncio.Semaphore, limits: Limits, poll: float
    ) -> None:
        self._clusters = clusters
        self._database = clusters.database
        self._rollouts = rollouts
        self._gate = gate
        self._limits = limits
        self._poll = poll

    async def heal(self, cluster: str, uid: str) -> None:
        """Puts back what is open and to be healed."""
        view = await view_of(self._clusters, uid)
        if view is None or view.busy:
            return
        wanted = {i: d for i, d in view.drifts.items() if d.state == "open" and d.mode == "heal"}
        if all(drift.why is not None for drift in wanted.values()):
            return
        if view.held:
            why = message("drift.why-held", cluster=cluster, rollout=view.held)
            await self._not_healed(cluster, uid, wanted, why)
            return
        for team in teams(view, frozenset(wanted)):
            async with self._gate:
                plan = await self._rollouts.plan(team, clusters=[cluster], who=WHO)
            verdicts = {v.ref.identity: v.verdict for v in plan.clusters[0].verdicts}
            mine = {i: d for i, d in wanted.items() if verdicts.get(i, "unchanged") != "unchanged"}
            if not mine:
                continue
            why = obstacle(plan.clusters[0], view.known.records, healable(view))
            wanted = {i: d for i, d in wanted.items() if i not in mine}
            if why is not None:
                await self._not_healed(cluster, uid, mine, why)
            else:
                await self._roll_out(cluster, uid, plan, mine)
        if wanted:
            await self._not_healed(cluster, uid, wanted, message("drift.why-nothing", cluster=cluster))

    async def _not_healed(self, cluster: str, uid: str, drifts: Mapping[Identity, Drift], why: Message) -> None:
        async with self._database.transaction() as unit:
            now = datetime.now(UTC)
            for before in drifts.values():
                after = episodes.not_healed(before, why, now, self._limits)
                await write(unit, uid, before, after)

    async def _roll_out(self, cluster: str, uid: str, plan: Plan, drifts: Mapping[Identity, Drift]) -> None:
        await self._mark(cluster, uid, drifts, "")
        started = await self._rollouts.start(plan.hash, who=WHO)
        await self._mark(cluster, uid, drifts, started.id)
        await self._conclude(cluster, uid, started.id)

    async def _mark(self, cluster: str, uid: str, drifts: Mapping[Identity, Drift], rollout: str) -> None:
        async with self._database.transaction() as unit:
            now = datetime.now(UTC)
            for before in drifts.values():
                await write(unit, uid, before, episodes.healing(before, now, rollout))

    async def conclude_earlier(self, cluster: str, uid: str, view: DriftView) -> bool:
        """Ends what a process before this one was healing; tells whether there was anything."""
        rollouts = {drift.rollout for drift in view.drifts.values() if drift.state == "healing"}
        for rollout in rollouts:
            await self._conclude(cluster, uid, rollout)
        return bool(rollouts)

    async def _conclude(self, cluster: str, uid: str, rollout: str) -> None:
        """Waits until the rollout stands still, and writes down what came of it."""
        status = await self._standing(rollout) if rollout else None
        async with self._database.transaction() as unit:
            now, limits = datetime.now(UTC), self._limits
            for before in (await unit.drifts.of_cluster(uid)).values():
                if before.state == "healing" and before.rollout == rollout:
                    await write(unit, uid, before, _outcome(before, status, now, limits))

    async def _standing(self, rollout: str) -> RolloutStatus:
        while True:
            status = await self._rollouts.show(rollout)
            if status.state not in DRIVEN:
                return status
            await asyncio.sleep(self._poll)


def _outcome(before: Drift, status: RolloutStatus | None, now: datetime, limits: Limits) -> Drift:
    """``status`` None: the process died before the rollout was started."""
    if status is None:
        return msgspec.structs.replace(before, state="open")
    if status.state == "succeeded":
        return episodes.healed(before, now)
    error = next((target.error for target in status.targets if target.error is not None), None)
    code = error.code if error is not None else f"rollout.{status.state}"
    why = message("drift.why-failed", cluster=before.cluster, rollout=status.id, code=code)
    return episodes.not_healed(before, why, now, limits, interfered=code in episodes.INTERFERED)
