"""Long work on the event loop lets others in between."""

from __future__ import annotations

import asyncio
import time
from typing import Final

_SECONDS: Final = 0.005


class Breath:
    """``await breath.take()`` in a loop over many things: others run when 5 ms have been used."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    async def take(self) -> None:
        if time.monotonic() - self._since > _SECONDS:
            await asyncio.sleep(0)
            self._since = time.monotonic()
