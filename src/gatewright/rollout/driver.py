"""What the engine drives, apart from the engine: its import takes as long as everything else of a short command."""

from __future__ import annotations

from typing import Protocol

import msgspec


class Assignment(msgspec.Struct, frozen=True):
    """The next thing to do in a rollout: one step on one cluster."""

    cluster: str
    step: int


class Driver(Protocol):
    """What the workflow drives. Both are idempotent and check the generation themselves."""

    async def advance(self, rollout: str, generation: int) -> Assignment | None:
        """The next assignment, or None when the rollout has ended, is paused, failed or was superseded."""
        ...

    async def perform(self, rollout: str, generation: int, assignment: Assignment) -> None:
        """Does the assignment and records its result; a failure is recorded, never raised."""
        ...
