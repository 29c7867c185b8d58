"""What changed just now, for those who follow live: numbered, kept for a while, and never in the watchers' way.

A follower that was away for too long, or that reads too slowly, is told to read everything anew (``reset``) instead of
being given a gap. Numbers begin anew with every process; the epoch before them tells one process's from another's.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Final, Literal

import msgspec

from gatewright.model.health import HealthState
from gatewright.model.objects import ObjectRef

KEPT: Final = 20_000
SLOW: Final = 5_000
"""A follower that is this many changes behind is told to read anew."""


class LiveChange(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """``what``: ``object`` (its health or a condition), ``cluster`` (its health, reachability or installation), or
    ``reset``: what was missed is unknown, read everything anew. ``id`` is ``EPOCH.NUMBER``. ``at``: Unix seconds."""

    id: str
    at: float
    what: Literal["object", "cluster", "reset"]
    cluster: str = ""
    namespace: str = ""
    ref: ObjectRef | None = None
    state: HealthState | None = None


class Changes:
    """The live changes of this process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._epoch = secrets.token_hex(4)
        self._number = 0
        self._kept: deque[LiveChange] = deque(maxlen=KEPT)
        self._news: asyncio.Event | None = None

    def publish(
        self,
        what: Literal["object", "cluster"],
        cluster: str,
        ref: ObjectRef | None = None,
        state: HealthState | None = None,
    ) -> None:
        """Tells everyone who follows."""
        self._number += 1
        namespace = (ref.namespace or "") if ref else ""
        self._kept.append(LiveChange(self._id(self._number), self._clock(), what, cluster, namespace, ref, state))
        if self._news is not None:
            self._news.set()
            self._news = None

    def _id(self, number: int) -> str:
        return f"{self._epoch}.{number}"

    async def follow(self, after: str = "") -> AsyncGenerator[LiveChange]:
        """Every change after the one with the id ``after``, or from now on, without end."""
        position = self._position(after)
        if position is None:
            # The position is that of the reset: what is published while it is being read comes after it.
            position = self._number
            yield self._reset()
        while True:
            behind = self._number - position
            if not behind:
                # Made only where somebody waits: most changes come while nobody does, when a fleet is first judged.
                self._news = self._news or asyncio.Event()
                await self._news.wait()
            elif behind > min(SLOW, len(self._kept)):
                position = self._number
                yield self._reset()
            else:
                position += 1
                yield self._kept[-behind]

    def _position(self, after: str) -> int | None:
        """Where a follower goes on; None where what it missed is not known any more."""
        if not after:
            return self._number
        epoch, _, number = after.partition(".")
        if epoch != self._epoch or not number.isdigit() or int(number) > self._number:
            return None
        return int(number) if self._number - int(number) <= len(self._kept) else None

    def _reset(self) -> LiveChange:
        return LiveChange(self._id(self._number), self._clock(), "reset")
