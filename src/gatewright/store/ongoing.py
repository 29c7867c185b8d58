"""What is at work on the clusters now, in few and small queries, however long a rollout is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final, cast

import msgspec
from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.drift import ACTIVE
from gatewright.model.matrix import ClusterRollout
from gatewright.model.rollout import RolloutState, TargetState
from gatewright.store.sql import unpack
from gatewright.store.tables import DriftRow, RolloutRow, StepRow, TargetRow
from gatewright.text import Message

_OPEN: Final[tuple[RolloutState, ...]] = ("pending", "running", "paused", "failed")
_AT_WORK: Final[tuple[TargetState, ...]] = ("running", "paused", "failed")


class Ongoing(msgspec.Struct, frozen=True):
    """By the UID of the cluster: the rollout that is at work or stopped there (the newest), and how many drifts are
    open, by the team whose namespace it is (empty: the cluster's own)."""

    rollouts: Mapping[str, ClusterRollout]
    drifts: Mapping[str, Mapping[str, int]]


async def ongoing(session: AsyncSession) -> Ongoing:
    """What is at work now, over all clusters."""
    return Ongoing(await _rollouts(session), await _drifts(session))


async def _rollouts(session: AsyncSession) -> dict[str, ClusterRollout]:
    mine = and_(StepRow.rollout_id == TargetRow.rollout_id, StepRow.position == TargetRow.position)
    steps = select(func.count()).select_from(StepRow).where(mine).scalar_subquery()
    done = select(func.count()).select_from(StepRow).where(mine, StepRow.state == "done").scalar_subquery()
    query = (
        select(RolloutRow, TargetRow, steps, done)
        .join(TargetRow, TargetRow.rollout_id == RolloutRow.id)
        .where(RolloutRow.state.in_(_OPEN), TargetRow.state.in_(_AT_WORK))
        .order_by(RolloutRow.created_at, RolloutRow.id)
    )
    found = (await session.execute(query)).all()
    session.expunge_all()
    titles = await _titles(session, {rollout.id for rollout, *_ in found})
    return {
        target.cluster_id: ClusterRollout(
            rollout.id,
            rollout.team,
            cast(RolloutState, rollout.state),
            cast(TargetState, target.state),
            titles.get((rollout.id, target.position, ended)),
            ended,
            number,
        )
        for rollout, target, number, ended in found
    }


async def _titles(session: AsyncSession, ids: set[str]) -> dict[tuple[str, int, int], Message]:
    """The titles of the steps of clusters that are at work."""
    if not ids:
        return {}
    at_work = and_(TargetRow.rollout_id == StepRow.rollout_id, TargetRow.position == StepRow.position)
    query = (
        select(StepRow.rollout_id, StepRow.position, StepRow.index, StepRow.title)
        .join(TargetRow, at_work)
        .where(StepRow.rollout_id.in_(sorted(ids)), TargetRow.state.in_(_AT_WORK))
    )
    found = (await session.execute(query)).all()
    return {(rollout, position, index): unpack(title, Message) for rollout, position, index, title in found}


async def _drifts(session: AsyncSession) -> dict[str, Counter[str]]:
    query = select(DriftRow.cluster_id, DriftRow.team, func.count()).where(DriftRow.state.in_(sorted(ACTIVE)))
    found: dict[str, Counter[str]] = {}
    for uid, team, number in (await session.execute(query.group_by(DriftRow.cluster_id, DriftRow.team))).all():
        found.setdefault(uid, Counter())[team] = number
    return found
