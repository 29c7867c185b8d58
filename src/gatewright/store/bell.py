"""Rings in this process when one of its transactions has committed events, so that their readers need not wait."""

from __future__ import annotations

import asyncio
import contextlib


class Bell:
    """``ticket`` before looking, ``heard`` after finding nothing: what rang in between is not missed."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def ring(self) -> None:
        self._next.set()
        self._next = asyncio.Event()

    def ticket(self) -> asyncio.Event:
        """Is set by the next ring."""
        return self._next

    async def heard(self, ticket: asyncio.Event, seconds: float) -> None:
        """Waits until it rang since the ticket was taken, and at most ``seconds``: other processes ring elsewhere."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await ticket.wait()
