"""Long work on the event loop lets others in between."""

from __future__ import annotations

import asyncio
import time
from typing import Final

_SECONDS: Final = 0.002
_PAUSE: Final = 0.002
"""Seconds. An answer takes several turns of the loop: without a pause, long work would cost it a piece in each."""


class Breath:
    """``await breath.take()`` in a loop over many things: others run when 2 ms have been used."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    async def take(self) -> None:
        if time.monotonic() - self._since > _SECONDS:
            await asyncio.sleep(_PAUSE)
            self._since = time.monotonic()
