"""When the server looks for garbage: what a thousand watches keep is none, and to walk through it takes seconds."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
from collections.abc import Generator
from pathlib import Path
from typing import Final

import msgspec

_YOUNG: Final = (2_000, 2, 1_000_000)


class Growth(msgspec.Struct, frozen=True):
    """Resident memory that is looked at every ``seconds`` may be ``factor`` times what it was after the last look
    through everything, and ``more`` bytes; ``looks`` later everything is looked through in any case."""

    seconds: float = 60.0
    looks: int = 60
    factor: float = 1.25
    more: int = 200 * 2**20


@contextlib.contextmanager
def collecting_seldom(growth: Growth = Growth()) -> Generator[None]:  # noqa: B008 - frozen
    """The interpreter would walk through everything again and again while a fleet is read or changes, and nothing else
    happens meanwhile. In here what is young is looked through as ever, and everything once an hour, or when memory
    has grown by so much that it may be garbage: each failed attempt to connect leaves a ring of frames and
    tracebacks in asyncio and aiohttp (seen on CPython 3.11: 4 GB within half an hour, of a thousand dead clusters).
    What such a look finds in use is left out of the next one, until the hour is over."""
    gc.collect()
    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(*_YOUNG)
    collecting = asyncio.create_task(_collect_at_times(growth), name="garbage")
    try:
        yield
    finally:
        collecting.cancel()
        gc.set_threshold(*before)
        gc.unfreeze()


async def _collect_at_times(growth: Growth) -> None:
    while True:
        most = _resident() * growth.factor + growth.more
        for _ in range(growth.looks):
            await asyncio.sleep(growth.seconds)
            if _resident() > most:
                break
        else:
            gc.unfreeze()
        gc.collect()
        gc.freeze()


def _resident() -> int:
    """Bytes (proc(5))."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
