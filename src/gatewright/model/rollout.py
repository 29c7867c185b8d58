"""Rollout: the execution of a plan. The states that people see, and which commands are allowed in each."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from gatewright.model.errors import ErrorReport
from gatewright.model.plan import Action, StepKind
from gatewright.text import Message

RolloutState = Literal["pending", "running", "paused", "failed", "aborted", "succeeded"]
TargetState = Literal["pending", "running", "succeeded", "failed", "paused", "aborted", "skipped"]
StepState = Literal["pending", "running", "done", "failed"]
Command = Literal["pause", "resume", "abort", "retry"]
Wish = Literal["run", "pause", "abort"]

ENDED: Final[frozenset[RolloutState]] = frozenset({"aborted", "succeeded"})
ALLOWED: Final[dict[Command, frozenset[RolloutState]]] = {
    "pause": frozenset({"pending", "running"}),
    "resume": frozenset({"paused"}),
    "abort": frozenset({"pending", "running", "paused", "failed"}),
    "retry": frozenset({"failed"}),
}


class StepStatus(msgspec.Struct, frozen=True, omit_defaults=True):
    """``started_at`` and ``ended_at``: RFC 3339, UTC. ``runs`` counts how often the step was begun."""

    index: int
    kind: StepKind
    title: Message
    state: StepState = "pending"
    started_at: str | None = None
    ended_at: str | None = None
    runs: int = 0


class TargetStatus(msgspec.Struct, frozen=True, omit_defaults=True):
    """One cluster of a rollout. ``aborted`` and ``paused`` leave the cluster between two steps: ``steps`` names
    which."""

    cluster: str
    state: TargetState
    steps: tuple[StepStatus, ...] = ()
    error: ErrorReport | None = None


class CommandChoice(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether a command may be given now, and why not."""

    name: Command
    allowed: bool
    reason: Message | None = None


def choices(state: RolloutState, wish: Wish) -> tuple[CommandChoice, ...]:
    """Every command, and whether the state of a rollout allows it. What was asked for already need not be again."""
    return tuple(_choice(command, state, wish) for command in ALLOWED)


def _choice(command: Command, state: RolloutState, wish: Wish) -> CommandChoice:
    if state not in ALLOWED[command]:
        return CommandChoice(command, False, Message(f"rollout.why.{command}"))
    if state in ("pending", "running") and wish == command:
        return CommandChoice(command, False, Message("rollout.why.asked"))
    return CommandChoice(command, True)


class RolloutStatus(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rollout as people see it. ``generation`` grows with every resume, retry or takeover; a writer that holds an
    older one may not write. ``last_event``: the number of the last line of its log. ``created_by``: who approved its
    plan; ``planned_by``: who asked for it, and ``action`` what for (a plan of many clusters is megabytes).
    ``commands``: what its state allows now."""

    id: str
    team: str
    plan: str
    state: RolloutState
    wish: Wish
    generation: int
    created_at: str
    targets: tuple[TargetStatus, ...] = ()
    last_event: int = 0
    created_by: str = ""
    commands: tuple[CommandChoice, ...] = ()
    planned_by: str = ""
    action: Action = "install"


class RolloutEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a rollout's log. ``seq`` starts at 1 and has no gaps; ``cluster`` is empty for the whole rollout."""

    seq: int
    at: str
    kind: str
    message: Message
    cluster: str = ""
