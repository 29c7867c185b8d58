"""Rows of a rollout as people see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import cast

import msgspec

from gatewright.model.errors import ErrorReport
from gatewright.model.plan import Action, StepKind
from gatewright.model.rollout import (
    RolloutEvent,
    RolloutState,
    RolloutStatus,
    StepState,
    StepStatus,
    TargetState,
    TargetStatus,
    Wish,
    choices,
)
from gatewright.store.sql import unpack, unpack_maybe
from gatewright.store.tables import RolloutEventRow, RolloutRow, StepRow, TargetRow
from gatewright.text import Message


def event_of(row: RolloutEventRow) -> RolloutEvent:
    return RolloutEvent(row.seq, row.at, row.kind, unpack(row.message, Message), row.cluster)


class PlanFacts(msgspec.Struct, frozen=True):
    """What a rollout tells of its plan."""

    planned_by: str = ""
    action: Action = "install"


def statuses_of(
    found: Iterable[RolloutRow],
    targets: Iterable[TargetRow],
    steps: Iterable[StepRow],
    plans: Mapping[str, PlanFacts] = MappingProxyType({}),
) -> list[RolloutStatus]:
    """``targets`` and ``steps``: those of all these rollouts, in order; ``plans``: by hash. One pass over each, for a
    rollout may have a thousand clusters."""
    of_target: defaultdict[tuple[str, int], list[StepStatus]] = defaultdict(list)
    for step in steps:
        of_target[step.rollout_id, step.position].append(_step(step))
    of_rollout: defaultdict[str, list[TargetStatus]] = defaultdict(list)
    for target in targets:
        mine = of_target.get((target.rollout_id, target.position), ())
        of_rollout[target.rollout_id].append(_target(target, mine))
    return [_status(row, of_rollout.get(row.id, ()), plans.get(row.plan_hash, PlanFacts())) for row in found]


def _status(row: RolloutRow, targets: Sequence[TargetStatus], plan: PlanFacts) -> RolloutStatus:
    return RolloutStatus(
        row.id,
        row.team,
        row.plan_hash,
        cast(RolloutState, row.state),
        cast(Wish, row.wish),
        row.generation,
        row.created_at,
        tuple(targets),
        row.last_event,
        row.created_by,
        choices(cast(RolloutState, row.state), cast(Wish, row.wish)),
        plan.planned_by,
        plan.action,
    )


def _target(row: TargetRow, steps: Sequence[StepStatus]) -> TargetStatus:
    return TargetStatus(row.cluster, cast(TargetState, row.state), tuple(steps), unpack_maybe(row.error, ErrorReport))


def _step(row: StepRow) -> StepStatus:
    return StepStatus(
        row.index,
        cast(StepKind, row.kind),
        unpack(row.title, Message),
        cast(StepState, row.state),
        row.started_at,
        row.ended_at,
        row.runs,
    )
