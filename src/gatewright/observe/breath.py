"""Long work on the event loop lets others in between."""

from __future__ import annotations

import asyncio
import time
from typing import Final

_SECONDS: Final = 0.002
_PAUSE: Final = 0.002
"""Seconds. An answer takes several turns of the loop: without a pause, long work would cost it a piece in each."""
_ANSWERING: Final = 0.01
_LONG: Final = 0.05


class Breath:
    """``await breath.take()`` in a loop over many things: others run when ``seconds`` have been used. ``pause``: for
    how long at least."""

    def __init__(self, seconds: float = _SECONDS, pause: float = _PAUSE) -> None:
        self._seconds = seconds
        self._pause = pause
        self._begun = self._since = time.monotonic()

    @classmethod
    def answering(cls) -> Breath:
        """Of work that a person waits for: while it is short, others get one turn of the loop, which may be full."""
        return cls(_ANSWERING, 0)

    async def take(self) -> None:
        now = time.monotonic()
        if now - self._since > self._seconds:
            await asyncio.sleep(self._pause if now - self._begun < _LONG else max(self._pause, _PAUSE))
            self._since = time.monotonic()
