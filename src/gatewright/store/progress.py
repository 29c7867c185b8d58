"""Rows of a rollout as people see it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from gatewright.model.errors import ErrorReport
from gatewright.model.plan import StepKind
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


def status_of(row: RolloutRow, targets: Iterable[TargetRow], steps: Iterable[StepRow]) -> RolloutStatus:
    """``targets`` and ``steps`` may hold those of other rollouts too; each in order."""
    mine = [s for s in steps if s.rollout_id == row.id]
    return RolloutStatus(
        row.id,
        row.team,
        row.plan_hash,
        cast(RolloutState, row.state),
        cast(Wish, row.wish),
        row.generation,
        row.created_at,
        tuple(_target(t, mine) for t in targets if t.rollout_id == row.id),
        row.last_event,
        row.created_by,
        choices(cast(RolloutState, row.state), cast(Wish, row.wish)),
    )


def _target(row: TargetRow, steps: Iterable[StepRow]) -> TargetStatus:
    return TargetStatus(
        row.cluster,
        cast(TargetState, row.state),
        tuple(_step(s) for s in steps if s.position == row.position),
        unpack_maybe(row.error, ErrorReport),
    )


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
